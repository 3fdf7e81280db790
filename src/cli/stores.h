/* The stores that a command works over, and the options that choose them. */
#pragma once

#include "cli/internal.h"

#include "http/http.h"
#include "job/job.h"
#include "state/state.h"

/* A member of a command's options; STORE_OPTIONS are its rows. */
struct store_choice {
    const char *dir, *endpoint_url, *region, *account;
    bool remote;
};

struct stores {
    const struct store_choice *choice;
    struct arena arena;
    const char *region;
    const char *path;           /* of the data directory; NULL: remote */
    struct catalog *catalog;
    struct object_store *objects;
    struct stream_store *streams; /* opened with the first local stream */
    struct http_client *client; /* of remote stores, or of a stream that lies elsewhere */
    struct state *state;
};

/* "DATABASE.TABLE"; false: it is not of that form. The database is in the arena, the table in `name`. */
bool table_name_split(struct arena *, const char *name, const char **database, const char **table);

bool stores_are_remote(const struct store_choice *);
/* Close it also when this fails. */
error stores_open(const struct store_choice *, struct stores *) MUST_CHECK;
void stores_close(struct stores *);
/* A stream by name or ARN; `endpoint` is where a document says that it lies (NULL: nowhere else). */
error stores_stream(struct stores *, const char *stream, const char *endpoint,
                    struct stream **) MUST_CHECK;
/* The same of a job's source; the context is the struct stores. */
error stores_source(void *stores, const struct source *, struct stream **) MUST_CHECK;

#define STORE_OPTIONS(at)                                                                       \
    {.name = "dir", .type = OPTION_STRING, .argument = "DIR", .summary = DIR_SUMMARY,           \
     .offset = (at) + offsetof(struct store_choice, dir)},                                      \
    {.name = "remote", .type = OPTION_TRUE, .summary = REMOTE_SUMMARY,                          \
     .offset = (at) + offsetof(struct store_choice, remote)},                                   \
    {.name = "endpoint-url", .type = OPTION_STRING, .argument = "URL",                          \
     .summary = ENDPOINT_SUMMARY, .offset = (at) + offsetof(struct store_choice, endpoint_url)}, \
    {.name = "region", .type = OPTION_STRING, .argument = "REGION",                             \
     .summary = STREAM_REGION_SUMMARY, .offset = (at) + offsetof(struct store_choice, region)},  \
    {.name = "account", .type = OPTION_STRING, .argument = "DIGITS",                            \
     .summary = STREAM_ACCOUNT_SUMMARY, .offset = (at) + offsetof(struct store_choice, account)}
#define REMOTE_SUMMARY                                                                         \
    "Over Kinesis, S3 and Glue, at AWS or at --endpoint-url, with the usual AWS credentials, " \
    "instead of a data directory"
#define ENDPOINT_SUMMARY                                                                   \
    "Endpoint of remote services (default: $AWS_ENDPOINT_URL_KINESIS, _S3, _GLUE, "        \
    "$AWS_ENDPOINT_URL, the profile's, else AWS's own); implies --remote unless --dir is " \
    "given: then the stream alone lies there"
