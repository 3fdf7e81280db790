/* Documents of runs: in go Glue's JobRun documents, out come they by id or by job, newest first. */
#include "aws/run.h"

#include <stdlib.h>

static struct state_key document_key(struct run_key k)
{
    return (struct state_key){k.account, k.region, "glue-run", k.id};
}

static struct state_key process_key(const char *id)
{
    return (struct state_key){"-", "-", "glue-run-process", id};
}

error run_get(struct state *state, struct run_key k, json_t **out)
{
    return state_get_one(state, document_key(k), out);
}

error run_put(struct state *state, struct run_key k, const json_t *run)
{
    return state_put_one(state, document_key(k), run);
}

static error put_process(struct state_txn *txn, struct run_key k, pid_t pid, uint64_t start_time)
{
    json_t *process = json_pack("{s:s, s:s, s:I, s:I}", "Account", k.account, "Region", k.region,
                                "Pid", (json_int_t)pid, "StartTime", (json_int_t)start_time);
    error e = state_put(txn, process_key(k.id), process);
    json_decref(process);
    return e;
}

static error put_new(struct state_txn *txn, struct run_key k, const json_t *run)
{
    TRY(state_put(txn, document_key(k), run));
    return put_process(txn, k, 0, 0);
}

static error commit(struct state_txn *txn, error e)
{
    if (e == OK) return state_commit(txn);
    state_abort(txn);
    return e;
}

error run_begin(struct state *state, struct run_key k, const json_t *run)
{
    struct state_txn *txn;
    TRY(state_begin(state, true, &txn));
    return commit(txn, put_new(txn, k, run));
}

error run_put_process(struct state *state, struct run_key k, pid_t pid, uint64_t start_time)
{
    struct state_txn *txn;
    TRY(state_begin(state, true, &txn));
    return commit(txn, put_process(txn, k, pid, start_time));
}

static error put_end(struct state_txn *txn, struct run_key k, const json_t *run, const json_t *next)
{
    TRY(state_put(txn, document_key(k), run));
    error e = state_delete(txn, process_key(k.id));
    if (e != OK && e != ERR_NOT_FOUND) return e;
    if (!next) return OK;
    return put_new(txn, (struct run_key){k.account, k.region, json_text(next, "Id")}, next);
}

error run_end(struct state *state, struct run_key k, const json_t *run, const json_t *next)
{
    struct state_txn *txn;
    TRY(state_begin(state, true, &txn));
    return commit(txn, put_end(txn, k, run, next));
}

json_t *run_attempt_id(const char *id, int64_t attempt)
{
    static const char mark[] = "_attempt_";
    const char *end = strstr(id, mark);
    int size = end ? (int)(end - id) : (int)strlen(id);
    return json_sprintf("%.*s%s%lld", size, id, mark, (long long)attempt);
}

/* ---- lists ---- */

struct selection { const char *job; json_t *runs; };

static bool select_run(void *context, const char *id, json_t *run)
{
    struct selection *s = context;
    const char *job = json_text(run, "JobName");
    (void)id;
    if (!s->job || (job && strcmp(job, s->job) == 0)) json_array_append(s->runs, run);
    return true;
}

static double started(const json_t *run)
{
    return json_number_value(json_object_get(run, "StartedOn"));
}

static int newest_first(const void *a, const void *b)
{
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    if (started(x) != started(y)) return started(x) < started(y) ? 1 : -1;
    return strcmp(json_text(y, "Id"), json_text(x, "Id"));
}

static json_t *sorted(json_t *runs)
{
    size_t count = json_array_size(runs);
    json_t **rows = must_calloc(count + 1, sizeof *rows);
    for (size_t i = 0; i < count; i++) rows[i] = json_array_get(runs, i);
    qsort(rows, count, sizeof *rows, newest_first);
    json_t *out = json_array();
    for (size_t i = 0; i < count; i++) json_array_append(out, rows[i]);
    free(rows);
    json_decref(runs);
    return out;
}

error run_list(struct state *state, const char *account, const char *region, const char *job,
               json_t **out)
{
    struct state_txn *txn;
    struct selection selection = {job, NULL};
    TRY(state_begin(state, false, &txn));
    selection.runs = json_array();
    error e = state_scan(txn, document_key((struct run_key){account, region, ""}), NULL, select_run,
                         &selection);
    state_abort(txn);
    *out = sorted(selection.runs);
    if (e != OK) json_decref(*out);
    return e;
}

static bool add_process(void *context, const char *id, json_t *process)
{
    json_object_set(context, id, process);
    return true;
}

error run_list_processes(struct state *state, json_t **out)
{
    struct state_txn *txn;
    TRY(state_begin(state, false, &txn));
    *out = json_object();
    error e = state_scan(txn, process_key(""), NULL, add_process, *out);
    state_abort(txn);
    if (e != OK) json_decref(*out);
    return e;
}
