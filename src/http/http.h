/* HTTP on both sides and AWS Signature Version 4.
 *
 * Server: one port; each accepted connection is sniffed: the HTTP/2 preface (RFC 9113 3.4) goes to
 * nghttp2, a TLS ClientHello to OpenSSL (refused when the server has no certificate; ALPN says which
 * of the two protocols comes through), everything else to libmicrohttpd (HTTP/1.1, RFC 9112). A connection has a thread of its own, so a handler may block (group commit,
 * long polls, event streams). Client: libcurl, HTTP/1.1. */
#pragma once

#include "base/base.h"

enum {
    HTTP_HEADERS_MAX_BYTES = 64 * 1024,
    HTTP_TARGET_MAX_BYTES = 16 * 1024,
};

struct http_header { span name, value; }; /* names as sent; compare ignoring case */

struct http_request {
    span method;
    span target;                  /* as sent: path and query, still encoded */
    span path, query;             /* parts of target; query without '?' */
    const struct http_header *headers;
    size_t header_count;
    bool http2;
    const char *peer;             /* "127.0.0.1:51234" */
    struct arena *arena;          /* the request's; reset after the reply (and its pull_done) */
    span body;                    /* complete, for handlers without a body sink */
    const struct http_exchange *exchange; /* the server's own; NULL in requests made by hand */
    void *user;                   /* the handler's own, from `refuse` to `end` */
};

/* Value of the first header with the name, ignoring case; data NULL when absent. Over HTTP/2
 * "host" answers :authority. */
span http_header(const struct http_request *, const char *name);

/* True once nobody waits for the reply: the peer has gone, reset the stream, or the server closes.
 * For handlers and pulls that block long, from their own thread; they should look every second. */
bool http_request_cut(const struct http_request *);

/* What a handler answers. Comes in zeroed, with file -1; fill status, headers, and one of: body
 * (memory from the request's arena or static), file (sent from offset, length; closed by the
 * server), or pull (called until it returns 0; may block; negative cuts the connection; never asks
 * for more than `max` bytes, so a longer message is handed out in pieces). Content-Length, Date and
 * Connection are the server's business; a handler's Content-Length counts where no body says it:
 * for replies to HEAD, and for a pull (which without one is sent chunked). */
struct http_reply {
    int status;
    struct http_header *headers;
    size_t header_count, header_capacity;
    span body;
    int file;                     /* -1: none */
    int64_t file_offset, file_length;
    int64_t (*pull)(void *context, char *out, size_t max);
    void (*pull_done)(void *context); /* always called once when pull is set */
    void *pull_context;
};

void http_reply_header(struct http_request *, struct http_reply *, const char *name,
                       const char *value);

struct http_handler {
    void *context;
    /* Whole-body requests. The largest accepted body for a request, decided from its headers;
     * larger ones get 413. */
    size_t (*body_limit)(void *context, const struct http_request *);
    void (*handle)(void *context, struct http_request *, struct http_reply *);
    /* Streaming uploads: when `begin` returns true the body goes to `chunk` piece by piece and
     * `finish` instead of `handle` is called at its end. May be NULL. `cookie` is kept per request.
     * After a chunk failed the rest of the body is discarded; `finish` still words the reply. An
     * upload cut by the peer gets no `finish`. `end` is always called once after begin returned
     * true, after the reply was sent. */
    bool (*begin)(void *context, struct http_request *, void **cookie);
    error (*chunk)(void *context, void *cookie, span bytes);
    void (*finish)(void *context, void *cookie, struct http_request *, struct http_reply *);
    void (*end)(void *context, void *cookie);
    /* Asked first, when the head is complete: true means the reply stands already and the body is
     * not wanted (no 100 Continue). May be NULL. */
    bool (*refuse)(void *context, struct http_request *, struct http_reply *);
};

/* Bounds against clients that are slow, idle or too many. 0 takes the default. */
struct http_limits {
    int connections;  /* at once, 1,000; one more gets 503 */
    int64_t idle_us;  /* between requests, 75 s */
    int64_t head_us;  /* from a request's first line to the end of its headers, 20 s */
    int64_t stall_us; /* no byte moves within a body or reply, 75 s; HTTP/1.1 rounds up to seconds */
};

struct http_server;
/* `listen` is an address ("127.0.0.1", "::1"); port 0 picks a free one. */
error http_server_open(const char *listen, int port, const struct http_handler *,
                       struct http_server **) MUST_CHECK;
error http_server_open_limited(const char *listen, int port, const struct http_handler *,
                               const struct http_limits *, struct http_server **) MUST_CHECK;
/* The same with TLS beside plain connections on the port; `tls` must outlive the server. */
struct http_tls;
error http_server_open_tls(const char *listen, int port, const struct http_handler *,
                           const struct http_limits *, const struct http_tls *,
                           struct http_server **) MUST_CHECK;
int http_server_port(const struct http_server *);
/* Stops accepting, lets requests in flight finish (at most `grace_us`), joins every thread. Then
 * waits for handlers that are still inside: they see http_request_cut(). */
void http_server_close(struct http_server *, int64_t grace_us);

/* A server's certificate chain and key, PEM files; ERR_USAGE says what is wrong with which. */
error http_tls_open(const char *certificate_file, const char *key_file,
                    struct http_tls **) MUST_CHECK;
void http_tls_close(struct http_tls *);
/* Makes a certificate for 127.0.0.1, ::1 and localhost, good for ten years, with its key, and the
 * authority to be trusted by clients. The files are readable by their owner only. */
error http_tls_make(const char *authority_file, const char *certificate_file,
                    const char *key_file) MUST_CHECK;

/* ---- Signature Version 4 (AWS General Reference, "Signing AWS API requests") ---- */
struct credentials {
    span access_key, secret_key, session_token; /* token data NULL: none */
};

struct sigv4_scope { span access_key, date, region, service; }; /* of the Authorization header or query */

/* Parses who signed; ERR_MISSING_AUTH, ERR_INCOMPLETE_SIGNATURE. The spans point into the request
 * or its arena. */
error sigv4_scope_parse(const struct http_request *, struct sigv4_scope *) MUST_CHECK;
/* Verifies the request against the secret, at now_us (tolerates 15 minutes of skew; presigned
 * queries by their own expiry). `payload_sha256` is the hex digest of the body, or NULL to take the
 * x-amz-content-sha256 header's word (the caller then compares the body itself). A seed signature
 * (STREAMING-...) is verified as such; the chunks are the caller's.
 * ERR_INVALID_SIGNATURE names what differs, as AWS does; a presigned query past its expiry is
 * ERR_ACCESS_DENIED "Request has expired". */
error sigv4_verify(const struct http_request *, span secret_key, const char *payload_sha256,
                   int64_t now_us) MUST_CHECK;

/* The signatures of a body sent in chunks (STREAMING-AWS4-HMAC-SHA256-PAYLOAD and -TRAILER): each
 * covers the one before, the first that of the request, which was verified. */
struct sigv4_chain;
error sigv4_chain_open(const struct http_request *, span secret_key,
                       struct sigv4_chain **) MUST_CHECK;
void sigv4_chain_close(struct sigv4_chain *);
void sigv4_chain_data(struct sigv4_chain *, span bytes); /* of the chunk under way */
/* The chunk's end: ERR_INVALID_SIGNATURE when its bytes do not have the signature. */
error sigv4_chain_end(struct sigv4_chain *, span signature) MUST_CHECK;
/* The trailer, as lines "name:value\n". */
error sigv4_chain_trailer(struct sigv4_chain *, span lines, span signature) MUST_CHECK;

/* ---- client ---- */
struct http_client;
/* Credentials from where AWS SDKs take them, in their order: environment variables, a web identity
 * token, the profile's keys or role, the container's endpoint, the instance's metadata; taken anew
 * before they expire. ERR_USAGE says where it looked. `override` is copied and may be NULL; one
 * without an access key makes a client for unsigned calls. Thread: one at a time per client. */
error http_client_open(const struct credentials *override, struct http_client **) MUST_CHECK;
/* Another client with the same keys, for calls beside this one's. */
error http_client_twin(const struct http_client *, struct http_client **) MUST_CHECK;
void http_client_close(struct http_client *);
/* The service's clock as of the last reply, in whole seconds; 0: the reply did not say. */
int64_t http_client_told_us(const struct http_client *);

struct http_call {
    const char *method, *url;
    const char *service, *region;     /* for the signature; service NULL: unsigned */
    const struct http_header *headers;
    size_t header_count;
    span body;
    int64_t timeout_us;               /* 0: 30 s */
    bool unrepeated;                  /* a kept connection that breaks is no reason to send again */
    /* out */
    int status;
    struct buffer *reply_body;        /* appended */
    void (*on_header)(void *context, span name, span value); /* may be NULL */
    void *context;
};
/* Signs, sends, receives. OK means an HTTP status came back; ERR_NETWORK, ERR_TIMEOUT else. */
error http_call(struct http_client *, struct http_call *) MUST_CHECK;

/* Calls until `judge` is content: it turns a reply into OK or a worded error. Errors are retried by
 * their class with jittered backoff, at most `attempts` times (0: 5); reply_body is emptied before
 * each. Keys that expired are looked up again, and where a signature fails because this machine's
 * clock is wrong, the service's is followed; neither counts as an attempt. Any try may have had its
 * effect though its reply was lost. */
error http_call_retried(struct http_client *, struct http_call *, int attempts,
                        error (*judge)(void *context, const struct http_call *),
                        void *context) MUST_CHECK;

/* The error of an AWS reply by its status and the name it gives (NULL: none). */
error http_aws_error(int status, const char *name);
/* The same of a JSON protocol's error reply in either form, worded with its message. */
error http_json_error(int status, span reply);
error http_cbor_error(int status, span reply);

/* An AWS JSON 1.1 operation: POST / with X-Amz-Target (`target` NULL: REST, the URL's path is the
 * operation); parses the reply; an error reply becomes
 * the error of its name with AWS's message. Retries by the error's class with jittered backoff,
 * at most `attempts` times (0: 5). */
error http_aws_json(struct http_client *, const char *endpoint_url, const char *service,
                    const char *region, const char *target, const json_t *input, int attempts,
                    json_t **output) MUST_CHECK;

/* An AWS Query operation (query.c): POST of a form, XML back; *result is the ...Result element, NULL
 * when the reply has none; it lives in the arena. An error reply becomes the error of its name with
 * AWS's message; retried like http_aws_json. */
struct http_aws_service {
    const char *name, *version, *url, *region; /* "cloudformation", "2010-05-15" */
};
struct http_member { const char *name, *value; }; /* name NULL ends a list; value NULL: left out */
error http_aws_query(struct http_client *, struct arena *, const struct http_aws_service *,
                     const char *action, const struct http_member *members,
                     const struct xml_element **result) MUST_CHECK;

/* ---- where AWS is (endpoint.c) ---- */
/* AWS_REGION, AWS_DEFAULT_REGION or the profile's; NULL when nobody says. */
const char *http_aws_region(struct arena *);
/* What somebody set for the service ("s3"): AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or the profile's
 * endpoint_url, unless AWS_IGNORE_CONFIGURED_ENDPOINT_URLS; NULL when nobody did. */
const char *http_aws_endpoint_set(struct arena *, const char *service);
/* AWS's own: "https://s3.eu-west-1.amazonaws.com"; AWS_USE_FIPS_ENDPOINT is honoured. */
const char *http_aws_endpoint(struct arena *, const char *service, const char *region);
/* Whether the URL's host is one of AWS's. */
bool http_is_aws(const char *url);
