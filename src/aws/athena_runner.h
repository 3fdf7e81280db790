/* Queries of Athena. A query is a document and, while it runs, a process of its own: `sluice
 * query-worker` (query/query.h). A few run at once, the others wait in line.
 *
 *   state  athena-query       account, region, ID     {"Execution": Athena's QueryExecution,
 *                                                      "Principal"?, "Token"?, "Columns"?,
 *                                                      "Relations"?, "Header"?, "Updated"?, "Rows"?}
 *          athena-history     account, region, WORKGROUP/NEWEST FIRST/ID   {}
 *          athena-token       account, region, PRINCIPAL/TOKEN   {"Id", "Digest"}
 *          athena-unfinished  "-", "-", ID            {"Account", "Region"}: one that has not ended
 *
 * Every state is durable before it is told. A query that a dead gateway left has FAILED when the
 * next one starts: whether its statement took effect cannot be told, so it is not run again. */
#pragma once

#include "aws/internal.h"

struct query_key { const char *account, *region, *id; };

/* ---- documents (athena_store.c) ---- */

error query_get(struct state_txn *, struct query_key, json_t **) MUST_CHECK; /* ERR_NOT_FOUND */
error query_put(struct state_txn *, struct query_key, const json_t *) MUST_CHECK;
struct state_key query_token_key(struct query_key, const char *token);
/* A new query, in its work group's history; unless it has ended already, among the unfinished. What
 * is older than 45 days is forgotten meanwhile. */
error query_begin(struct state_txn *, struct query_key, const json_t *) MUST_CHECK;
/* QUEUED or RUNNING -> the state; false: it has ended. */
bool query_change(json_t *document, const char *state, const char *reason);
error query_finish(struct state_txn *, struct query_key, const json_t *) MUST_CHECK;
const char *query_state(const json_t *document);
/* Documents of athena-unfinished by id. */
error query_unfinished(struct state *, json_t **) MUST_CHECK;

/* ---- the runner (athena_runner.c); any thread ---- */

struct athena_runner;
error athena_runner_open(const struct gateway_options *, struct athena_runner **) MUST_CHECK;
void athena_runner_start(struct athena_runner *);
/* Ends the processes; their queries have FAILED. */
void athena_runner_close(struct athena_runner *);

/* Runs a query whose document is QUEUED. */
void athena_runner_begin(struct athena_runner *, struct query_key);
bool athena_runner_full(struct athena_runner *); /* the line is as long as it may be */
/* After the document says CANCELLED: ends its process. */
void athena_runner_stop(struct athena_runner *, const char *id);

/* ---- processes (athena_process.c) ---- */

struct query_process { int pid, socket; };
/* `ready`: it opens the SQL engine before its request comes. */
error query_process_start(const char *binary, bool ready, struct query_process *) MUST_CHECK;
/* An error ends it. */
error query_process_send(struct query_process *, span request) MUST_CHECK;
/* Until it has replied, or the time is over (ERR_TIMEOUT): then, or when it is killed, it has no
 * reply. ERR_STOPPED: it died without one. */
error query_process_wait(struct query_process *, int64_t until_us, json_t **reply) MUST_CHECK;
void query_process_end(struct query_process *);
