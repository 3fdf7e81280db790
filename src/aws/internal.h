/* What the files of aws/ share: one call on its way through the gateway, the tables of services
 * and operations, and the readers and writers of the two forms of the AWS JSON protocol. */
#pragma once

#include "aws/aws.h"
#include "decode/decode.h"
#include "http/http.h"
#include "object/object.h"
#include "state/state.h"
#include "stream/stream.h"

#include <pthread.h>

/* ---- tables ---- */

enum protocol {
    PROTOCOL_JSON,      /* AWS JSON 1.1: POST / with X-Amz-Target; Kinesis also as CBOR */
    PROTOCOL_REST_JSON, /* the path names the operation */
    PROTOCOL_QUERY,     /* form body with Action=, replies in XML */
    PROTOCOL_S3,        /* REST with XML */
};

/* The two forms of PROTOCOL_JSON. */
enum wire { WIRE_JSON, WIRE_CBOR };

struct call;

/* Who calls: the root user, a user, or a session of a role. */
struct principal {
    const char *arn; /* "arn:aws:iam::123456789012:root", "...:assumed-role/NAME/SESSION" */
    const char *id;  /* GetCallerIdentity's UserId */
    const char *iam_arn; /* what grants name: a session's role, else `arn` */
};

struct operation {
    const char *name;
    error (*run)(struct call *);  /* NULL: AWS has it, Sluice does not serve it */
    const struct member *input;   /* rows ended by a NULL name; NULL: no members */
    bool own_input;               /* hot path: `run` reads the body itself */
    const char *note;             /* for COMPATIBILITY.md; may be NULL */
};

struct service {
    const char *title;
    const char *target;           /* before the '.' in X-Amz-Target; NULL: none */
    const char *signing_name;
    enum protocol protocol;
    bool cbor;                    /* speaks application/x-amz-cbor-1.1 as well */
    const struct operation *const *operations; /* tables, NULL at the end; NULL: not served */
    void (*print_more)(struct buffer *); /* for COMPATIBILITY.md; may be NULL */
    const char *version, *xml_namespace; /* Query: the Version asked for; of replies */
    /* Words an error in the service's own shape; NULL: as its protocol does. */
    void (*reply_error)(struct call *, error, const char *message);
};

extern const struct service services[]; /* ended by a NULL title */
const struct service *service_by_target(span prefix);
const struct service *service_by_signing_name(span name);
const struct operation *service_operation(const struct service *, span name);

/* ---- one call ---- */

struct call {
    struct gateway *gateway;
    struct http_request *http;
    struct http_reply *reply;
    struct arena *arena;          /* the request's */
    const struct service *service; /* NULL until recognised */
    const struct operation *operation;
    enum wire wire;
    const char *account, *region;
    struct principal principal;   /* who calls */
    struct s3_request *s3;        /* what an S3 request names; NULL for other services */
    json_t *input;                /* owned by the gateway; NULL for own_input operations */
    json_t *output;               /* set by `run`; NULL: an empty reply. Reals are timestamps. */
    bool replied;                 /* `run` filled the reply itself */
    char request_id[37];
};

struct access_keys;
struct subscriptions;
struct run_supervisor;
struct athena_runner;

struct gateway {
    struct gateway_options options;
    const char *account, *region; /* own copies of the options' texts */
    struct http_handler handler;
    struct http_server *server;
    struct access_keys *keys;
    struct subscriptions *subscriptions;
    struct run_supervisor *runs;  /* NULL: none */
    struct athena_runner *queries; /* NULL: none */
    uint8_t token_key[SHA256_SIZE]; /* seals iterators and tokens; lives in the state store */
    pthread_mutex_t settings;       /* held while a setting is read, changed and written */
    pthread_t clock;                /* what is done by the clock: trimming, triggers */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    _Atomic bool stopping;
};

/* Runs another operation as the caller. Steals the input; `output` may be NULL, else gets a new
 * reference. Not for S3. */
error call_operation(struct call *, const char *service, const char *operation, json_t *input,
                     json_t **output) MUST_CHECK;
/* Gives the body and its content type; adds nothing else. */
void call_reply_body(struct call *, int status, const char *content_type, span body);
/* The thread's error text as UTF-8. */
const char *call_error_text(struct arena *);
/* A fresh random UUID. */
void uuid_make(char out[37]);
/* Answers one request; what the server calls. */
void gateway_handle(struct gateway *, struct http_request *, struct http_reply *);
/* All that the server calls. */
const struct http_handler *gateway_handler(const struct gateway *);

/* ---- access keys (access_key.c) ---- */

struct access_keys; /* those seen so far, kept in memory; any thread */
struct access_key { /* texts live as long as the gateway, or the arena of the search */
    const char *access_key, *secret_key, *account;
    struct principal principal;
};
struct access_keys *access_keys_open(struct state *);
void access_keys_close(struct access_keys *);
/* ERR_UNRECOGNIZED_CLIENT when the data directory does not know it, or it is inactive. */
error access_keys_find(struct access_keys *, struct arena *, span access_key,
                       struct access_key *) MUST_CHECK;
/* The key a call is signed with; temporary credentials bring their token. */
error call_find_key(struct call *, span access_key, struct access_key *) MUST_CHECK;
/* Fresh texts of a key's form, in the arena. */
const char *access_key_random(struct arena *, const char *prefix);
const char *secret_key_random(struct arena *);
/* The root user of an account. */
struct principal principal_root(struct arena *, const char *account);

/* ---- temporary credentials (session.c): nothing is kept, the token carries all ---- */

struct session {
    const char *access_key, *secret_key, *token;
    int64_t expiry_us;
};
/* Credentials of the principal for so long. */
void session_issue(struct call *, const struct principal *, int64_t seconds, struct session *);
/* Whose key it is; ERR_UNRECOGNIZED_CLIENT, ERR_EXPIRED_TOKEN. */
error session_find(struct gateway *, struct arena *, span access_key, span token,
                   struct access_key *) MUST_CHECK;

/* ---- sealed tokens (token.c) ---- */

enum token_use { TOKEN_SHARD_ITERATOR = 1, TOKEN_SHARDS, TOKEN_STREAMS, TOKEN_CONSUMERS, TOKEN_GLUE, TOKEN_ATHENA,
                 TOKEN_SESSION = 16, TOKEN_PERMISSIONS, TOKEN_PARAMETERS, TOKEN_IAM,
                 TOKEN_LOGS, TOKEN_STACKS };
enum { TOKEN_LIFE_MS = 300000, TOKEN_KEY_SIZE = SHA256_SIZE };

/* The data directory's key for tokens, made on first use. */
error token_key_load(struct state *, uint8_t key[TOKEN_KEY_SIZE]) MUST_CHECK;
/* Text of a token that carries `payload`, stamped with the time; cannot be forged or changed. */
char *token_seal(struct arena *, const uint8_t key[TOKEN_KEY_SIZE], enum token_use, int64_t now_us,
                 span payload);
/* False when it is not one of ours for this use; the age is the caller's to judge. */
bool token_open(struct arena *, const uint8_t key[TOKEN_KEY_SIZE], enum token_use, span text,
                int64_t *sealed_us, span *payload);
/* Tokens that carry a small document, for the call's account and region alone. `make` steals the
 * document; `read` gives a new reference, or false: not one of ours. */
char *call_token_make(struct call *, enum token_use, json_t *document);
bool call_token_read(struct call *, enum token_use, const char *text, int64_t *sealed_us,
                     json_t **out);

/* ---- writing replies (writer.c): one set of calls, JSON or CBOR ---- */

struct writer {
    struct arena *arena;
    enum wire wire;
    char *start, *at, *end;
    bool comma; /* JSON: a value stands before in this container */
};

void writer_begin(struct writer *, struct arena *, enum wire, size_t size_hint);
void writer_map(struct writer *);
void writer_map_end(struct writer *);
void writer_list(struct writer *);
void writer_list_end(struct writer *);
void writer_name(struct writer *, const char *name);
void writer_text(struct writer *, span utf8);
void writer_plain(struct writer *, span ascii); /* our own: nothing in it to be escaped */
void writer_blob(struct writer *, span bytes);       /* base64 or a byte string */
void writer_integer(struct writer *, int64_t);
void writer_boolean(struct writer *, bool);
void writer_time(struct writer *, int64_t us);       /* seconds, or tagged milliseconds */
void writer_value(struct writer *, const json_t *);  /* reals are timestamps */
/* The value that was written from `at` on once more, `size` bytes, which the caller may change. */
char *writer_again(struct writer *, size_t at, size_t size);
span writer_span(const struct writer *);
void writer_member_text(struct writer *, const char *name, const char *value);
void writer_member_plain(struct writer *, const char *name, span ascii);

/* ---- reading bodies ---- */

const char *wire_content_type(enum wire);
/* False when the service does not speak the Content-Type. */
bool wire_recognise(const struct service *, span content_type, enum wire *);

error protocol_json_read(span body, json_t **out) MUST_CHECK; /* protocol_json.c */
error protocol_cbor_read(span body, json_t **out) MUST_CHECK;
/* Which operation a request names, its input, its replies: Query (protocol_query.c). */
error query_recognise(struct call *) MUST_CHECK; /* input: the fields as a tree */
error query_read(struct call *) MUST_CHECK;      /* input: as the operation's rows say */
void query_reply(struct call *);
void query_reply_error(struct call *, error, const char *message);
/* REST-JSON (protocol_rest.c). */
error rest_recognise(struct call *) MUST_CHECK;
void rest_reply_error(struct call *, error, const char *message);
/* {"__type":..,"message":..} */
span protocol_json_error(struct arena *, enum wire, const char *name, const char *message);
/* <Error> of S3 or <ErrorResponse> of the Query services (protocol_xml.c). */
span protocol_xml_error(struct call *, const char *name, int status, const char *message);

/* Elements of a reply in XML; names are plain ASCII, texts are escaped (protocol_xml.c). */
#define S3_NAMESPACE "http://s3.amazonaws.com/doc/2006-03-01/"
void xml_open_root(struct buffer *, const char *name, const char *namespace);
void xml_open(struct buffer *, const char *name);
void xml_close(struct buffer *, const char *name);
void xml_text(struct buffer *, const char *name, const char *text);
void xml_integer(struct buffer *, const char *name, int64_t);
void xml_append(struct buffer *, span text); /* escaped */
/* A document whose elements are named like the rows; a list is its element, repeated. Unknown
 * elements are refused. ERR_PARSE, ERR_SERIALIZATION, ERR_VALIDATION. */
error protocol_xml_read(struct arena *, span body, const char *root, const struct member *rows,
                        json_t **out) MUST_CHECK;
/* The members of the object as elements, in the order of the rows. */
void protocol_xml_write(struct buffer *, const struct member *rows, const json_t *object);

/* One pull reader over either form. */
struct body_reader {
    enum wire wire;
    struct arena *arena;
    struct json_scanner json;
    struct cbor_reader cbor;
};
void body_reader_begin(struct body_reader *, struct arena *, enum wire, span body);
enum json_token body_reader_next(struct body_reader *);
bool body_reader_skip(struct body_reader *, enum json_token first);
/* Of the KEY or STRING just read, escapes resolved; false: not text. */
bool body_reader_text(struct body_reader *, span *out);
/* Of the STRING just read, as a blob: base64 text in JSON, a byte string in CBOR. */
bool body_reader_blob(struct body_reader *, span *out);

/* ---- event streams (event_stream.c) ---- */

/* Appends one message of application/vnd.amazon.eventstream. `kind` is "event" or "exception". */
void event_stream_append(struct buffer *out, const char *kind, const char *type,
                         const char *content_type, span payload);
