/* SQL over the tables of a data directory: what `sluice sql` and `sluice demo` ask with. */
#pragma once

#include "batch/batch.h"

struct query_engine;

/* The stores of data directory `path` and the SQL engine; the directory must exist. */
error query_open(const char *path, const char *account, const char *region,
                 struct query_engine **) MUST_CHECK;
/* The same over stores that are open already, and stay the caller's; of objects that are no files
 * here, copies are made. */
struct catalog;
struct object_store;
error query_open_over(struct catalog *, struct object_store *, bool copies,
                      struct query_engine **) MUST_CHECK;
void query_close(struct query_engine *);
/* Queries ask for the principal's Lake Formation permissions (an ARN, borrowed; NULL: no one's). */
void query_act_as(struct query_engine *, const char *principal);

/* Receives the columns once, before any rows, and then the rows, batch by batch. */
struct query_sink {
    void *context;
    void (*columns)(void *context, const struct schema *);
    void (*rows)(void *context, const struct batch *);
};

/* Runs one SELECT; names without a database belong to `database`. */
error query_run(struct query_engine *, const char *text, const char *database,
                const struct query_sink *) MUST_CHECK;
