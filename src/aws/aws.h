/* The AWS doors: one gateway in front of the stores. A request is recognised (service, operation),
 * its signature verified, its input parsed and checked against the operation's member rows, the
 * operation's function called, and the reply or error worded in the service's own protocol. */
#pragma once

#include "base/base.h"

struct http_tls;
struct stream_store;
struct object_store;
struct state;

struct gateway_options {
    const char *listen;          /* "127.0.0.1" */
    int port;                    /* 0: any free one */
    const struct http_tls *tls;  /* serves https too; outlives the gateway; NULL: http alone */
    bool auth;                   /* verify signatures */
    const char *account;         /* "123456789012" */
    const char *region;          /* default region when a request names none */
    struct state *state;         /* documents: access keys, and what later services keep */
    struct stream_store *streams;
    struct object_store *objects;
    /* Runs of jobs are processes over a data directory (aws/run.h). */
    const char *directory;       /* of the stores above; NULL: this gateway runs no jobs */
    const char *run_binary;      /* has the command `run'; NULL: this program */
    bool fail_dead_runs;         /* a run whose process died has failed; else it is started again */
};

struct gateway;
/* Serving when it returns; the stores must outlive it. */
error gateway_open(const struct gateway_options *, struct gateway **) MUST_CHECK;
int gateway_port(const struct gateway *);
/* Lets requests in flight finish for a few seconds at most. */
void gateway_close(struct gateway *);

/* Access keys known to a data directory (kind "access-key"): the default pair is made on first use. */
error access_key_default(struct state *, const char *account, struct arena *, const char **access_key,
                         const char **secret_key) MUST_CHECK;

/* Names of all operations with their status, as Markdown (COMPATIBILITY.md). */
void gateway_print_compatibility(struct buffer *out);
