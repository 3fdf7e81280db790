/* What the files of http/ share. */
#pragma once

#include "http/http.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- server.c: connections and their threads ---- */

/* One accepted socket and its thread. Sockets are closed by server.c alone: protocol code may
 * shut it down but works on it only until its serve function returns. */
struct connection {
    struct http_server *server;
    const struct http_handler *handler;
    const struct http_limits *limits;
    int socket;                   /* what the protocol works on: the wire, or a tunnel's end */
    int wire;                     /* as accepted */
    int wake;                     /* eventfd of an HTTP/2 session, or -1; under the server's lock */
    atomic_bool busy;             /* a request is being read or answered */
    char peer[64];
    pthread_t thread;
    struct connection *next, *previous;
};

bool connection_closing(const struct connection *); /* finish what is in flight, take no more */
void connection_set_wake(struct connection *, int eventfd);

error http1_ready(void) MUST_CHECK; /* before the first connection: loads the library */
void http1_serve(struct connection *);
void http2_serve(struct connection *);

/* ---- exchange.c: one request and its reply, whatever the protocol ---- */
enum { HEADERS_MAX_COUNT = 512 };

struct http_exchange {
    struct http_request request;  /* its headers grow in the arena */
    struct http_reply reply;
    struct arena arena;
    struct connection *connection;
    size_t header_capacity, header_bytes;
    struct buffer body;
    size_t body_limit;
    uint64_t received;            /* bytes of the body so far */
    bool answered;                /* the reply stands */
    bool streaming;               /* begin returned true */
    bool chunk_failed;
    bool ended;
    void *cookie;
    atomic_bool gone;             /* the peer does not want the reply any more */
};

void exchange_open(struct http_exchange *, struct connection *);
void exchange_method(struct http_exchange *, span);
void exchange_target(struct http_exchange *, span);
void exchange_header(struct http_exchange *, span name, span value); /* copies */
bool exchange_wants_body(const struct http_exchange *); /* a body is announced */
/* The head is complete. After it the exchange may be answered already. */
void exchange_start(struct http_exchange *);
void exchange_body(struct http_exchange *, span bytes);
void exchange_finish(struct http_exchange *);
/* A reply of the server's own. */
void exchange_answer(struct http_exchange *, int status, const char *text);
/* Bytes of the reply's body when known, else -1. */
int64_t exchange_reply_length(const struct http_exchange *);
/* False for reply headers that the protocol writes itself, and for text that is no header's. */
bool exchange_header_is_sent(const struct http_header *);
/* Ends the request: pull_done, end, file. The exchange can be opened again. Idempotent. */
void exchange_end(struct http_exchange *);
void exchange_close(struct http_exchange *); /* frees */

/* ---- tls.c ---- */
/* Words OpenSSL's last error about `what`; ERR_USAGE. */
error tls_fail(const char *what);
struct tls_tunnel;
/* The handshake, within the limit for a head; then `clear` is a socket with what goes through the
 * TLS connection, carried by a thread. NULL when it failed; the wire stays the caller's. */
struct tls_tunnel *tls_tunnel_open(const struct http_tls *, int wire, const struct http_limits *,
                                   const char *peer, int *clear);
bool tls_tunnel_is_http2(const struct tls_tunnel *); /* by ALPN */
/* After the clear end was closed: waits until the rest is sent or the peer has stalled. */
void tls_tunnel_close(struct tls_tunnel *);

/* ---- sigv4.c ---- */
enum { SIGV4_HEX_SIZE = 2 * SHA256_SIZE };

/* The key that signs for a day, a region and a service; kept for the next request. */
void sigv4_key(uint8_t key[SHA256_SIZE], span secret, const struct sigv4_scope *);
/* Scope, date and signature as the request names them. */
error sigv4_seed_parse(const struct http_request *, struct sigv4_scope *, span *date,
                       span *signature) MUST_CHECK;

/* Appends what a client adds to `headers` (x-amz-date, x-amz-content-sha256, the session token,
 * authorization) to sign the request, whose headers hold at least host. All are signed. */
struct sigv4_signing {
    const struct credentials *credentials;
    span region, service;
    int64_t now_us;
};
error sigv4_sign(struct http_request *, const struct sigv4_signing *) MUST_CHECK;

/* ---- client.c ---- */
/* One call, signed with these credentials when it names a service. `direct`: past any proxy. */
error client_call(struct http_client *, struct http_call *, const struct credentials *,
                  bool direct) MUST_CHECK;
void client_backoff(int attempt);

/* ---- profile.c: the shared config and credentials files ---- */
struct settings {
    struct http_header *rows;
    size_t count;
};

struct profile {
    const char *name, *shared_path, *config_path;
    bool found;
    struct settings shared, config; /* of the credentials file, of the config file */
};

const char *environment(const char *name); /* NULL when unset or empty */
/* The named profile, or AWS_PROFILE's (NULL). A file that is not there says nothing. */
error profile_load(struct arena *, const char *name, struct profile *) MUST_CHECK;
/* NUL-terminated value of a setting, or NULL; the credentials file comes first. */
const char *profile_value(const struct profile *, const char *name);
/* The profile's own keys; false when it has none. */
bool profile_keys(const struct profile *, struct credentials *);

/* ---- credentials.c ---- */
struct found_credentials {
    struct credentials credentials; /* in the arena */
    int64_t expires_us;             /* 0: never */
};
/* Everywhere an AWS SDK looks, in its order. */
error credentials_find(struct http_client *, struct arena *, struct found_credentials *) MUST_CHECK;

/* ---- credentials_remote.c: services that hand out keys ---- */
/* ERR_NOT_FOUND: the environment names no such service. */
error credentials_container(struct http_client *, struct arena *,
                            struct found_credentials *) MUST_CHECK;
error credentials_instance(struct http_client *, struct arena *,
                           struct found_credentials *) MUST_CHECK;
struct role {
    const char *arn, *session, *external_id, *region; /* the last three may be NULL */
    const char *token_file;           /* web identity, else NULL */
    const struct credentials *caller; /* without a token file: who assumes the role */
};
error credentials_assume(struct http_client *, struct arena *, const struct role *,
                         struct found_credentials *) MUST_CHECK;
