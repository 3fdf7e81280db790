/* What the files of http/ share. */
#pragma once

#include "http/http.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- server.c: connections and their threads ---- */

/* One accepted socket and its thread. The socket is closed by server.c alone: protocol code may
 * shut it down but works on it only until its serve function returns. */
struct connection {
    struct http_server *server;
    const struct http_handler *handler;
    const struct http_limits *limits;
    int socket;
    int wake;                     /* eventfd of an HTTP/2 session, or -1; under the server's lock */
    atomic_bool busy;             /* a request is being read or answered */
    char peer[64];
    pthread_t thread;
    struct connection *next, *previous;
};

bool connection_closing(const struct connection *); /* finish what is in flight, take no more */
void connection_set_wake(struct connection *, int eventfd);

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

/* ---- credentials.c ---- */
/* Environment, then the profile's section in the shared files; spans into the arena. */
error credentials_find(struct arena *, struct credentials *) MUST_CHECK;
