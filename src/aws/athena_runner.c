/* A few threads, each with one query's process at a time; a line of those that wait. */
#include "aws/athena_runner.h"

#include <signal.h>
#include <stdlib.h>

enum { THREADS = 4, LINE_MAX = 1000 };
/* Athena's service quotas: 30 minutes for DML, 600 for DDL. */
#define DML_US (30 * 60 * (int64_t)US_PER_SECOND)
#define DDL_US (600 * 60 * (int64_t)US_PER_SECOND)

struct waiting {
    struct waiting *next;
    char *account, *region, *id;
    int pid;      /* of its process; 0: none */
    bool running, stopped;
};

struct athena_runner {
    struct state *state;
    struct object_store *objects;
    char *directory, *binary;
    pthread_t threads[THREADS];
    int started;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    struct waiting *line; /* in order; those that run are among them */
    int length;
    bool closing;
    struct query_process spare; /* waits ready for the next query of data; pid 0: none */
};

static struct query_key key_of(const struct waiting *w)
{
    return (struct query_key){w->account, w->region, w->id};
}

/* ---- one query ---- */

static json_t *worker_request(const struct athena_runner *r, const struct waiting *w,
                              const json_t *document)
{
    const json_t *x = json_object_get(document, "Execution");
    return json_pack("{s:s, s:s, s:s, s:O*, s:s, s:s, s:s*, s:O*, s:s, s:s*, s:O*}", "Directory",
                     r->directory, "Account", w->account, "Region", w->region, "Principal",
                     json_object_get(document, "Principal"), "Id", w->id, "Query",
                     json_text(x, "Query"), "Database",
                     json_text(json_object_get(x, "QueryExecutionContext"), "Database"),
                     "Parameters", json_object_get(x, "ExecutionParameters"), "WorkGroup",
                     json_text(x, "WorkGroup"), "Output", json_text(document, "Output"),
                     "BytesMost", json_object_get(document, "BytesMost"));
}

static int64_t us_since(const json_t *status, const char *member)
{
    const json_t *then = json_object_get(status, member);
    return now_us() - (int64_t)(json_number_value(then) * US_PER_SECOND);
}

static void set_statistics(json_t *document, const json_t *reply)
{
    json_t *x = json_object_get(document, "Execution");
    int64_t total = us_since(json_object_get(x, "Status"), "SubmissionDateTime") / US_PER_MS;
    int64_t engine = json_integer_or(reply, "EngineMs", 0);
    int64_t queue = json_integer_or(document, "QueueMs", 0);
    json_t *s = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:{s:b}}", "EngineExecutionTimeInMillis",
                          (json_int_t)engine, "DataScannedInBytes",
                          (json_int_t)json_integer_or(reply, "Scanned", 0),
                          "TotalExecutionTimeInMillis", (json_int_t)total,
                          "QueryQueueTimeInMillis", (json_int_t)queue,
                          "QueryPlanningTimeInMillis", (json_int_t)0,
                          "ServiceProcessingTimeInMillis",
                          (json_int_t)(total > engine + queue ? total - engine - queue : 0),
                          "ResultReuseInformation", "ReusedPreviousResult", 0);
    if (json_object_get(reply, "Manifest"))
        json_object_set(s, "DataManifestLocation", json_object_get(reply, "Manifest"));
    json_object_set_new(x, "Statistics", s);
}

/* What the process said -> the document. */
static void take_reply(json_t *document, const json_t *reply)
{
    static const char *const kept[] = {"Columns", "Relations", "Header", "Updated", "Rows"};
    json_t *x = json_object_get(document, "Execution");
    if (!query_change(document, json_text(reply, "State"), json_text(reply, "Reason"))) return;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (json_object_get(reply, kept[i]))
            json_object_set(document, kept[i], json_object_get(reply, kept[i]));
    set_statistics(document, reply);
    if (json_text(reply, "Output"))
        json_object_set(json_object_get(x, "ResultConfiguration"), "OutputLocation",
                        json_object_get(reply, "Output"));
    if (strcmp(json_text(reply, "State"), "FAILED") != 0) return;
    json_object_set_new(json_object_get(x, "Status"), "AthenaError",
                        json_pack("{s:O, s:O, s:O, s:O}", "ErrorCategory",
                                  json_object_get(reply, "Category"), "ErrorType",
                                  json_object_get(reply, "Type"), "Retryable",
                                  json_object_get(reply, "Retryable"), "ErrorMessage",
                                  json_object_get(reply, "Reason")));
}

/* A reply for a process that gave none. */
static json_t *no_reply(error e)
{
    const char *text = e == ERR_TIMEOUT   ? "Query timeout"
                       : e == ERR_STOPPED ? "GENERIC_INTERNAL_ERROR: the query's process ended (it "
                                            "may have needed more memory than a query may have)"
                                          : "GENERIC_INTERNAL_ERROR: the query's process could not be "
                                            "run";
    if (e != ERR_TIMEOUT && e != ERR_STOPPED) log_line(LOG_ERROR, "athena", "%s", error_text());
    return json_pack("{s:s, s:s, s:i, s:i, s:b}", "State", "FAILED", "Reason", text, "Category",
                     e == ERR_TIMEOUT ? 2 : 1, "Type", e == ERR_TIMEOUT ? 1100 : 233, "Retryable",
                     e != ERR_TIMEOUT);
}

static bool is_data(const json_t *document)
{
    const char *type = json_text(json_object_get(document, "Execution"), "StatementType");
    return type && strcmp(type, "DML") == 0;
}

/* ---- the spare: the SQL engine opens while nobody waits ---- */

static bool spare_take(struct athena_runner *r, struct query_process *out)
{
    pthread_mutex_lock(&r->lock);
    *out = r->spare;
    r->spare = (struct query_process){0};
    pthread_mutex_unlock(&r->lock);
    return out->pid != 0;
}

static void spare_make(struct athena_runner *r)
{
    struct query_process made;
    pthread_mutex_lock(&r->lock);
    bool wanted = !r->closing && !r->spare.pid;
    pthread_mutex_unlock(&r->lock);
    if (!wanted || query_process_start(r->binary, true, &made) != OK) return;
    pthread_mutex_lock(&r->lock);
    bool taken = !r->closing && !r->spare.pid; /* another query may have made one meanwhile */
    if (taken) r->spare = made;
    pthread_mutex_unlock(&r->lock);
    if (!taken) query_process_end(&made);
}

/* A process that has the request. One that waited may have gone: it does not wait for ever. */
static error process_take(struct athena_runner *r, bool data, span request,
                          struct query_process *out)
{
    if (data && spare_take(r, out) && query_process_send(out, request) == OK) return OK;
    TRY(query_process_start(r->binary, data, out));
    return query_process_send(out, request);
}

static error process_run(struct athena_runner *r, struct waiting *w, const json_t *document,
                         json_t **reply)
{
    struct buffer text = {0};
    struct query_process process;
    bool data = is_data(document);
    json_t *request = worker_request(r, w, document);
    json_print(&text, request);
    json_decref(request);
    error e = process_take(r, data, buffer_span(&text), &process);
    buffer_release(&text);
    if (e != OK) return e;
    pthread_mutex_lock(&r->lock);
    w->pid = process.pid;
    if (w->stopped || r->closing) kill(process.pid, SIGKILL);
    pthread_mutex_unlock(&r->lock);
    return query_process_wait(&process, monotonic_us() + (data ? DML_US : DDL_US), reply);
}

/* QUEUED -> RUNNING; ERR_STOPPED: it has been cancelled. */
static error query_start(struct athena_runner *r, struct waiting *w, json_t **document)
{
    struct state_txn *txn;
    TRY(state_begin(r->state, true, &txn));
    error e = query_get(txn, key_of(w), document);
    if (e == OK) {
        const json_t *status =
            json_object_get(json_object_get(*document, "Execution"), "Status");
        json_object_set_new(*document, "QueueMs",
                            json_integer(us_since(status, "SubmissionDateTime") / US_PER_MS));
        if (!query_change(*document, "RUNNING", NULL)) e = ERR_STOPPED;
        else e = query_put(txn, key_of(w), *document);
    }
    if (e == OK) return state_commit(txn);
    state_abort(txn);
    return e;
}

static error query_end(struct athena_runner *r, struct waiting *w, const json_t *reply)
{
    struct state_txn *txn;
    json_t *document;
    TRY(state_begin(r->state, true, &txn));
    error e = query_get(txn, key_of(w), &document);
    if (e == OK) {
        take_reply(document, reply);
        e = query_finish(txn, key_of(w), document);
        json_decref(document);
    }
    if (e == OK) return state_commit(txn);
    state_abort(txn);
    return e;
}

/* What a query that ended before its end has staged. The names of its objects begin with its id. */
static void staged_sweep(struct athena_runner *r, const char *id)
{
    struct arena arena = {0};
    const char **buckets;
    int64_t *created;
    size_t count = 0;
    error e = object_bucket_list(r->objects, &arena, &buckets, &created, &count);
    for (size_t i = 0; i < count && e == OK; i++)
        e = r->objects->ops->upload_sweep(r->objects, buckets[i], id, INT64_MAX, NULL, 0);
    if (e != OK) log_line(LOG_WARN, "athena", "staged bytes of query %s: %s", id, error_text());
    arena_release(&arena);
}

static void run_one(struct athena_runner *r, struct waiting *w)
{
    json_t *document = NULL, *reply = NULL;
    error e = query_start(r, w, &document);
    if (e == OK) e = process_run(r, w, document, &reply);
    if (e != OK) {
        reply = no_reply(e);
        staged_sweep(r, w->id);
    }
    pthread_mutex_lock(&r->lock);
    w->pid = 0;
    bool closing = r->closing;
    pthread_mutex_unlock(&r->lock);
    /* what a closing gateway leaves unfinished, the next one ends */
    if (!closing && query_end(r, w, reply) != OK)
        log_line(LOG_ERROR, "athena", "query %s: its end cannot be written: %s", w->id,
                 error_text());
    if (document && is_data(document)) spare_make(r);
    json_decref(document);
    json_decref(reply);
}

/* ---- the line ---- */

static void waiting_free(struct waiting *w)
{
    free(w->account);
    free(w->region);
    free(w->id);
    free(w);
}

static void line_drop(struct athena_runner *r, struct waiting *w)
{
    struct waiting **link = &r->line;
    while (*link != w) link = &(*link)->next;
    *link = w->next;
    r->length--;
    waiting_free(w);
}

static void *work(void *context)
{
    struct athena_runner *r = context;
    pthread_mutex_lock(&r->lock);
    while (!r->closing) {
        struct waiting *w = r->line;
        while (w && w->running) w = w->next;
        if (!w) {
            pthread_cond_wait(&r->wake, &r->lock);
            continue;
        }
        w->running = true;
        pthread_mutex_unlock(&r->lock);
        run_one(r, w);
        pthread_mutex_lock(&r->lock);
        line_drop(r, w);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

void athena_runner_begin(struct athena_runner *r, struct query_key k)
{
    struct waiting *w = must_calloc(1, sizeof *w);
    *w = (struct waiting){.account = must_strdup(k.account), .region = must_strdup(k.region),
                          .id = must_strdup(k.id)};
    pthread_mutex_lock(&r->lock);
    struct waiting **link = &r->line;
    while (*link) link = &(*link)->next;
    *link = w;
    r->length++;
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->lock);
}

bool athena_runner_full(struct athena_runner *r)
{
    pthread_mutex_lock(&r->lock);
    bool full = r->length >= LINE_MAX;
    pthread_mutex_unlock(&r->lock);
    return full;
}

void athena_runner_stop(struct athena_runner *r, const char *id)
{
    pthread_mutex_lock(&r->lock);
    for (struct waiting *w = r->line; w; w = w->next) {
        if (strcmp(w->id, id) != 0) continue;
        w->stopped = true;
        if (w->pid) kill(w->pid, SIGKILL);
    }
    pthread_mutex_unlock(&r->lock);
}

/* ---- opening ---- */

static error fail_left(struct athena_runner *r, struct query_key k)
{
    struct state_txn *txn;
    json_t *document;
    json_t *reply = json_pack(
        "{s:s, s:s, s:i, s:i, s:b}", "State", "FAILED", "Reason",
        "GENERIC_INTERNAL_ERROR: the service ended while the query ran; its statement may or may "
        "not have taken effect", "Category", 1, "Type", 233, "Retryable", 1);
    error e = state_begin(r->state, true, &txn);
    if (e == OK) {
        e = query_get(txn, k, &document);
        if (e == OK) {
            take_reply(document, reply);
            e = query_finish(txn, k, document);
            json_decref(document);
        }
        if (e == OK) e = state_commit(txn);
        else state_abort(txn);
    }
    json_decref(reply);
    return e;
}

static error fail_all_left(struct athena_runner *r)
{
    json_t *left, *whose;
    const char *id;
    error e = query_unfinished(r->state, &left);
    if (e != OK) return e;
    json_object_foreach(left, id, whose)
        if (e == OK) {
            staged_sweep(r, id);
            e = fail_left(r, (struct query_key){json_text(whose, "Account"),
                                                json_text(whose, "Region"), id});
        }
    json_decref(left);
    return e;
}

error athena_runner_open(const struct gateway_options *options, struct athena_runner **out)
{
    struct athena_runner *r = must_calloc(1, sizeof *r);
    r->state = options->state;
    r->objects = options->objects;
    r->directory = must_strdup(options->directory);
    r->binary = must_strdup(options->run_binary ? options->run_binary : "/proc/self/exe");
    CHECK(pthread_mutex_init(&r->lock, NULL) == 0 && pthread_cond_init(&r->wake, NULL) == 0);
    error e = fail_all_left(r);
    if (e == OK) *out = r;
    else athena_runner_close(r);
    return e;
}

void athena_runner_start(struct athena_runner *r)
{
    for (; r->started < THREADS; r->started++)
        CHECK(pthread_create(&r->threads[r->started], NULL, work, r) == 0);
}

void athena_runner_close(struct athena_runner *r)
{
    if (!r) return;
    pthread_mutex_lock(&r->lock);
    r->closing = true;
    for (struct waiting *w = r->line; w; w = w->next)
        if (w->pid) kill(w->pid, SIGKILL);
    pthread_cond_broadcast(&r->wake);
    pthread_mutex_unlock(&r->lock);
    while (r->started) pthread_join(r->threads[--r->started], NULL);
    while (r->line) line_drop(r, r->line);
    if (r->spare.pid) query_process_end(&r->spare);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->wake);
    free(r->directory);
    free(r->binary);
    free(r);
}
