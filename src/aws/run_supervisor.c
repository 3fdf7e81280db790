/* The supervisor of runs: one thread that brings each run's process and its document together.
 * step() is one look at one run; whatever cannot be written down is tried again at the
 * next look. */
#include "aws/log_file.h"
#include "aws/run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    DOCUMENT_MAX_BYTES = 16 << 20,
    STATUS_MAX_BYTES = 64 << 10,
    CRASHES_MAX = 5, /* in a row; then the run has failed */
};
#define STOP_GRACE_US (60 * (int64_t)US_PER_SECOND)  /* for the batch at hand */
#define CLOSE_GRACE_US (15 * (int64_t)US_PER_SECOND) /* the same, when `sluice up' ends */
#define STEADY_US (60 * (int64_t)US_PER_SECOND)      /* who lived so long is in no crash loop */
#define LOOK_STARTING_MS 50
#define LOOK_MS 1000

struct supervised {
    struct supervised *next;
    char *account, *region, *id, *job;
    json_t *run;                /* Glue's JobRun, as it is stored */
    struct run_process process;
    bool exited;                /* the process ended and its end is not written down yet */
    int exit_status;            /* wait status; -1: not known */
    bool stop_sent, kill_sent;
    int64_t kill_at_us;         /* monotonic, once stop_sent */
    int64_t begun_us;           /* monotonic: when the process began */
    int64_t start_at_us;        /* monotonic: not before */
    int crashes;
    bool gone;                  /* nothing more to do */
};

struct run_supervisor {
    struct state *state;
    struct object_store *objects;
    char *directory, *binary;
    bool fail_dead;
    pthread_t thread;
    bool started;
    int wake;                   /* eventfd */
    pthread_mutex_t lock;       /* of what follows */
    struct supervised *runs;
    bool closing;
    int64_t close_by_us;        /* monotonic, once closing */
};

static struct run_key key_of(const struct supervised *r)
{
    return (struct run_key){r->account, r->region, r->id};
}

static const char *state_of(const struct supervised *r)
{
    const char *state = json_text(r->run, "JobRunState");
    return state ? state : "";
}

static bool in_state(const struct supervised *r, const char *state)
{
    return strcmp(state_of(r), state) == 0;
}

static void wake(struct run_supervisor *s)
{
    uint64_t one = 1;
    while (write(s->wake, &one, sizeof one) < 0 && errno == EINTR) {}
}

/* ---- places ---- */

static const char *run_file(struct arena *arena, const struct run_supervisor *s,
                            const struct supervised *r, const char *name)
{
    return arena_printf(arena, "%s/runs/%s%s%s", s->directory, r->id, *name ? "/" : "", name);
}

static const char *log_path(struct arena *arena, const struct run_supervisor *s,
                            const struct supervised *r, const char *ending)
{
    return arena_printf(arena, "%s/logs/%s%s", s->directory, r->id, ending);
}

struct run_log { const struct run_supervisor *supervisor; const struct supervised *run; };

/* A line of our own in the run's log, in the form of base/log.h. */
static void run_log(void *context, enum log_level level, const char *text)
{
    const struct run_log *log = context;
    struct arena arena = {0};
    const char *path = log_path(&arena, log->supervisor, log->run, ".err");
    char *line = arena_printf(&arena, "%s %s run: %s\n", date_iso8601(&arena, now_us()),
                              level == LOG_ERROR ? "ERROR" : level == LOG_WARN ? "WARN" : "INFO",
                              text);
    FILE *file = fopen(path, "ae");
    if (!file || fputs(line, file) < 0)
        log_line(LOG_WARN, "runs", "%s: cannot be written: %s", path, text);
    if (file) fclose(file);
    arena_release(&arena);
}

static void note(const struct run_supervisor *s, const struct supervised *r, enum log_level level,
                 const char *format, ...) PRINTF(4, 5);

static void note(const struct run_supervisor *s, const struct supervised *r, enum log_level level,
                 const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    run_log(&(struct run_log){s, r}, level, text);
    log_line(level, "runs", "%s of job %s: %s", r->id, r->job, text);
}

static void remove_files(const struct run_supervisor *s, const struct supervised *r)
{
    static const char *const names[] = {"job.json", "script.py", "status.json"};
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        world->unlink(run_file(&arena, s, r, names[i]));
    world->rmdir(run_file(&arena, s, r, ""));
    arena_release(&arena);
}

/* ---- the list ---- */

/* Takes over nothing. */
static struct supervised *add_run(struct run_supervisor *s, struct run_key k, const json_t *run)
{
    struct supervised *r = must_calloc(1, sizeof *r);
    const char *job = json_text(run, "JobName");
    *r = (struct supervised){
        .next = s->runs,
        .account = must_strdup(k.account),
        .region = must_strdup(k.region),
        .id = must_strdup(k.id),
        .job = must_strdup(job ? job : ""),
        .run = json_deep_copy(run),
        .process.pidfd = -1,
    };
    return s->runs = r;
}

static void free_run(struct supervised *r)
{
    if (r->process.pidfd >= 0) close(r->process.pidfd);
    free(r->account);
    free(r->region);
    free(r->id);
    free(r->job);
    json_decref(r->run);
    free(r);
}

static void drop_gone(struct run_supervisor *s)
{
    for (struct supervised **link = &s->runs; *link;) {
        struct supervised *r = *link;
        if (!r->gone) {
            link = &r->next;
            continue;
        }
        *link = r->next;
        free_run(r);
    }
}

/* ---- changing the document ---- */

/* A copy of the run in another state, at this time. */
static json_t *changed(const struct supervised *r, const char *state)
{
    json_t *run = json_deep_copy(r->run);
    json_object_set_new(run, "JobRunState", json_string(state));
    json_object_set_new(run, "LastModifiedOn", json_timestamp(now_us()));
    return run;
}

static error set_state(struct run_supervisor *s, struct supervised *r, const char *state)
{
    json_t *run = changed(r, state);
    error e = run_put(s->state, key_of(r), run);
    if (e != OK) {
        json_decref(run);
        return e;
    }
    json_decref(r->run);
    r->run = run;
    return OK;
}

static int64_t started_us(const struct supervised *r)
{
    return (int64_t)(json_number_value(json_object_get(r->run, "StartedOn")) * US_PER_SECOND);
}

/* The next attempt when the job allows one more; NULL: none. */
static json_t *next_attempt(struct run_supervisor *s, const struct supervised *r)
{
    static const char *const fresh[] = {"CompletedOn", "ErrorMessage", "ExecutionTime"};
    json_t *job;
    if (state_get_one(s->state, (struct state_key){r->account, r->region, "glue-job", r->job},
                      &job) != OK)
        return NULL; /* the job was deleted */
    int64_t most = json_integer_or(job, "MaxRetries", 0);
    int64_t attempt = json_integer_or(r->run, "Attempt", 0) + 1;
    json_decref(job);
    if (attempt > most) return NULL;
    json_t *run = changed(r, "STARTING");
    for (size_t i = 0; i < sizeof fresh / sizeof *fresh; i++) json_object_del(run, fresh[i]);
    json_object_set_new(run, "Id", run_attempt_id(r->id, attempt));
    json_object_set_new(run, "Attempt", json_integer(attempt));
    json_object_set_new(run, "PreviousRunId", json_string(r->id));
    json_object_set_new(run, "StartedOn", json_timestamp(now_us()));
    return run;
}

/* The run has come to its end. `message` NULL: nothing to tell. */
static error end_run(struct run_supervisor *s, struct supervised *r, const char *state,
                     const char *message)
{
    bool failed = strcmp(state, "FAILED") == 0;
    json_t *run = changed(r, state), *next = failed ? next_attempt(s, r) : NULL;
    json_object_set_new(run, "CompletedOn", json_timestamp(now_us()));
    json_object_set_new(run, "ExecutionTime",
                        json_integer((now_us() - started_us(r)) / US_PER_SECOND));
    if (message) json_object_set_new(run, "ErrorMessage", json_string(message));
    note(s, r, failed ? LOG_ERROR : LOG_INFO, "%s%s%s", state, message ? ": " : "",
         message ? message : ""); /* first: who sees the end finds all of the log */
    error e = run_end(s->state, key_of(r), run, next);
    if (e == OK) {
        remove_files(s, r);
        r->gone = true;
        if (next) add_run(s, (struct run_key){r->account, r->region, json_text(next, "Id")}, next);
    }
    json_decref(run);
    json_decref(next);
    return e;
}

/* ---- starting ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcasecmp(text + n - m, end) == 0;
}

struct kept_document { struct buffer text; const char *name; };

/* A job document or a Python script. */
static error read_script(struct run_supervisor *s, struct arena *arena, const char *url,
                         struct buffer *out, const char **name)
{
    const char *bucket, *key;
    *name = ends_with(url, ".py") ? "script.py" : "job.json";
    if (!ends_with(url, ".py") && !ends_with(url, ".json"))
        return fail(ERR_UNSUPPORTED,
                    "Command.ScriptLocation is %s: only Python scripts (.py) and job documents "
                    "(.json) are run", url);
    TRY(object_url_parse(arena, url, &bucket, &key));
    return s->objects->ops->get(s->objects, bucket, key, DOCUMENT_MAX_BYTES, out);
}

/* What the job says: its own nodes, else what its script location names; and the name to keep it
 * under. */
static error job_document(struct run_supervisor *s, struct supervised *r, struct arena *arena,
                          const json_t *job, struct kept_document *out)
{
    out->name = "job.json";
    const json_t *nodes = json_object_get(job, "CodeGenConfigurationNodes");
    if (json_object_size(nodes)) {
        json_t *document =
            json_pack("{s:s, s:O}", "Name", r->job, "CodeGenConfigurationNodes", nodes);
        json_print(&out->text, document);
        json_decref(document);
        return OK;
    }
    const char *script = json_text(json_object_get(job, "Command"), "ScriptLocation");
    if (!script)
        return fail(ERR_INVALID_INPUT, "job %s has neither CodeGenConfigurationNodes nor a "
                    "Command.ScriptLocation", r->job);
    error e = read_script(s, arena, script, &out->text, &out->name);
    return e == OK || e == ERR_UNSUPPORTED ? e
                                           : fail_context(e, "Command.ScriptLocation %s", script);
}

static bool is_kept(struct run_supervisor *s, struct supervised *r, struct arena *arena,
                    const char *name, const char **path)
{
    struct world_stat stat;
    *path = run_file(arena, s, r, name);
    return world->stat(*path, &stat) == 0;
}

/* Once per run: a restarted process goes on with the same document. */
static error keep_document(struct run_supervisor *s, struct supervised *r, struct arena *arena,
                           const char **path)
{
    json_t *job;
    if (is_kept(s, r, arena, "job.json", path) || is_kept(s, r, arena, "script.py", path)) return OK;
    error e = state_get_one(s->state, (struct state_key){r->account, r->region, "glue-job", r->job},
                            &job);
    if (e == ERR_NOT_FOUND)
        return fail(ERR_ENTITY_NOT_FOUND, "job %s does not exist any more", r->job);
    if (e != OK) return e;
    struct kept_document document = {0};
    e = job_document(s, r, arena, job, &document);
    *path = run_file(arena, s, r, document.name);
    if (e == OK) e = file_replace(*path, buffer_span(&document.text));
    buffer_release(&document.text);
    json_decref(job);
    return e;
}

/* Where this `sluice up' listens, for the AWS clients of scripts; NULL: not known. */
static const char *own_endpoint(struct run_supervisor *s, struct arena *arena)
{
    struct buffer text = {0};
    json_t *ready = NULL;
    const char *endpoint = NULL;
    const char *path = arena_printf(arena, "%s/endpoint.json", s->directory);
    if (file_read_whole(path, &text, STATUS_MAX_BYTES) == OK &&
        json_read(buffer_span(&text), &ready) == OK && json_text(ready, "endpoint"))
        endpoint = arena_text(arena, span_of(json_text(ready, "endpoint")));
    buffer_release(&text);
    json_decref(ready);
    return endpoint;
}

/* A clean environment: where to find things, and the identity for remote streams. */
static char *const *environment(struct run_supervisor *s, const struct supervised *r,
                               struct arena *arena)
{
    static const char *const kept[] = {
        "PATH", "HOME", "TMPDIR", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
        "SLUICE_DUCKDB", "SLUICE_PYTHON",
    };
    enum { COUNT = sizeof kept / sizeof *kept };
    char **out = ARENA_ARRAY(arena, char *, COUNT + 5);
    int count = 0;
    const char *endpoint = own_endpoint(s, arena);
    if (endpoint) out[count++] = arena_printf(arena, "AWS_ENDPOINT_URL=%s", endpoint);
    out[count++] = arena_printf(arena, "AWS_DEFAULT_REGION=%s", r->region);
    for (int i = 0; i < COUNT; i++) {
        const char *value = getenv(kept[i]);
        if (value) out[count++] = arena_printf(arena, "%s=%s", kept[i], value);
    }
    if (!getenv("AWS_ACCESS_KEY_ID") && !getenv("AWS_PROFILE") &&
        !getenv("AWS_SHARED_CREDENTIALS_FILE"))
        out[count++] =
            arena_printf(arena, "AWS_SHARED_CREDENTIALS_FILE=%s/credentials", s->directory);
    return out;
}

/* The words of a script: its arguments as Glue gives them, and who it is. */
static int script_words(struct supervised *r, const char **argv)
{
    const char *const own[] = {"--JOB_NAME", r->job, "--JOB_RUN_ID", r->id, "--JOB_ID", r->job};
    enum { OWN = sizeof own / sizeof *own };
    int count = 0;
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(r->run, "Arguments"), key, value)
    {
        argv[count++] = key;
        argv[count++] = json_string_value(value);
    }
    for (int i = 0; i < OWN; i++) argv[count++] = own[i];
    return count;
}

static error command_line(struct run_supervisor *s, struct supervised *r, struct arena *arena,
                          const char *document, char *const **out)
{
    struct run_options_list list = {.script = ends_with(document, ".py")};
    const char *const fixed[] = {
        "sluice",
        "run",
        "--json",
        arena_printf(arena, "--dir=%s", s->directory),
        arena_printf(arena, "--status=%s", run_file(arena, s, r, "status.json")),
        arena_printf(arena, "--name=%s", r->job),
        arena_printf(arena, "--account=%s", r->account),
        arena_printf(arena, "--region=%s", r->region),
    };
    enum { FIXED = sizeof fixed / sizeof *fixed };
    TRY(run_arguments_translate(arena, r->job, json_object_get(r->run, "Arguments"), &list, run_log,
                                &(struct run_log){s, r}));
    enum { OWN_WORDS = 6 };
    size_t words = 2 * json_object_size(json_object_get(r->run, "Arguments")) + OWN_WORDS;
    const char **argv = ARENA_ARRAY(arena, const char *, (size_t)(FIXED + list.count + 2) + words + 1);
    int count = 0;
    for (int i = 0; i < FIXED; i++) argv[count++] = fixed[i];
    for (int i = 0; i < list.count; i++) argv[count++] = list.texts[i];
    argv[count++] = document;
    if (list.script) script_words(r, argv + count);
    *out = (char *const *)argv;
    return OK;
}

struct record { struct run_supervisor *supervisor; struct supervised *run; };

static error record_process(void *context, pid_t pid, uint64_t start_time)
{
    struct record *record = context;
    return run_put_process(record->supervisor->state, key_of(record->run), pid, start_time);
}

static error prepare(struct run_supervisor *s, struct supervised *r, struct arena *arena,
                     struct run_launch *launch)
{
    const char *document;
    struct record *record = ARENA_NEW(arena, struct record);
    *record = (struct record){s, r};
    TRY(folder_make(arena_printf(arena, "%s/logs", s->directory)));
    TRY(folder_make(run_file(arena, s, r, "")));
    note(s, r, LOG_INFO, "starting");
    TRY(keep_document(s, r, arena, &document));
    *launch = (struct run_launch){
        .binary = s->binary,
        .environment = environment(s, r, arena),
        .out = log_path(arena, s, r, ".out"),
        .err = log_path(arena, s, r, ".err"),
        .record = record_process,
        .context = record,
    };
    TRY(command_line(s, r, arena, document, &launch->argv));
    world->unlink(run_file(arena, s, r, "status.json"));
    return OK;
}

/* What keeps a process from starting fails the run: the document, an argument, the machine. */
static error start_run(struct run_supervisor *s, struct supervised *r)
{
    struct arena arena = {0};
    struct run_launch launch;
    error e = prepare(s, r, &arena, &launch);
    if (e == OK) e = run_process_start(&r->process, &launch);
    r->begun_us = monotonic_us();
    r->stop_sent = r->kill_sent = false;
    if (e != OK) e = end_run(s, r, "FAILED", arena_text(&arena, span_of(error_text())));
    arena_release(&arena);
    return e;
}

/* ---- watching ---- */

/* What the process said last of itself; an empty object when nothing. */
static json_t *read_status(struct run_supervisor *s, const struct supervised *r)
{
    struct arena arena = {0};
    struct buffer text = {0};
    json_t *status = NULL;
    if (file_read_whole(run_file(&arena, s, r, "status.json"), &text, STATUS_MAX_BYTES) != OK ||
        json_read(buffer_span(&text), &status) != OK)
        status = NULL;
    buffer_release(&text);
    arena_release(&arena);
    return status ? status : json_object();
}

static bool is_overdue(const struct supervised *r)
{
    int64_t minutes = json_integer_or(r->run, "Timeout", 0);
    return minutes > 0 && now_us() - started_us(r) >= minutes * 60 * US_PER_SECOND;
}

static error watch_starting(struct run_supervisor *s, struct supervised *r)
{
    json_t *status = read_status(s, r);
    const char *state = json_text(status, "state");
    error e = state && strcmp(state, "RUNNING") == 0 ? set_state(s, r, "RUNNING") : OK;
    json_decref(status);
    return e;
}

static error watch(struct run_supervisor *s, struct supervised *r)
{
    if (in_state(r, "STARTING")) TRY(watch_starting(s, r));
    int64_t now = monotonic_us();
    if (!r->stop_sent && (in_state(r, "STOPPING") || is_overdue(r) || s->closing)) {
        run_process_signal(&r->process, SIGTERM);
        r->stop_sent = true;
        r->kill_at_us = now + STOP_GRACE_US;
    }
    bool late = r->stop_sent && (now >= r->kill_at_us || (s->closing && now >= s->close_by_us));
    if (late && !r->kill_sent) {
        note(s, r, LOG_WARN, "the batch at hand took too long to finish: ending the process");
        run_process_signal(&r->process, SIGKILL);
        r->kill_sent = true;
    }
    return OK;
}

/* ---- ends ---- */

/* The last thing the process said when it did not get as far as a status: its own last line of
 * error, else the last line of all. In the arena; "" when it said nothing. */
static const char *last_words(struct run_supervisor *s, const struct supervised *r,
                              struct arena *arena)
{
    struct buffer text = {0};
    const char *words = "";
    if (log_read_end(log_path(arena, s, r, ".err"), &text) == OK)
        for (span rest = buffer_span(&text), line; log_next_line(&rest, &line);)
            if (line.size && !memmem(line.data, line.size, " INFO run: ", 11) && /* run_log's */
                (span_starts(line, "sluice run: ") || !span_starts(span_of(words), "sluice run: ")))
                words = arena_text(arena, line);
    buffer_release(&text);
    return words;
}

static const char *how_it_ended(struct arena *arena, int status)
{
    if (status == -1) return "the process is gone";
    if (WIFSIGNALED(status))
        return arena_printf(arena, "the process was ended by signal %d", WTERMSIG(status));
    return arena_printf(arena, "the process ended with status %d", WEXITSTATUS(status));
}

/* It ended without having come to an end: it is started again, or the run has failed. */
static error died(struct run_supervisor *s, struct supervised *r, bool told, const char *how)
{
    static const int64_t pauses_us[] = {0, 1000000, 2000000, 5000000, 5000000};
    if (s->closing && !s->fail_dead) {
        r->gone = true; /* the next supervisor starts it */
        return OK;
    }
    if (s->fail_dead) return end_run(s, r, s->closing && told ? "STOPPED" : "FAILED", how);
    if (monotonic_us() - r->begun_us >= STEADY_US) r->crashes = 0;
    if (r->crashes == CRASHES_MAX) return end_run(s, r, "FAILED", how);
    r->start_at_us = monotonic_us() + pauses_us[r->crashes++];
    r->exited = false;
    note(s, r, LOG_WARN, "%s: starting it again from its checkpoint", how);
    return OK;
}

static error conclude_as(struct run_supervisor *s, struct supervised *r, const char *state,
                         const char *message, struct arena *arena)
{
    bool refused = !*state && r->exit_status != -1 && WIFEXITED(r->exit_status) &&
                   WEXITSTATUS(r->exit_status) != 0;
    if (strcmp(state, "FAILED") == 0) return end_run(s, r, "FAILED", message);
    if (in_state(r, "STOPPING")) return end_run(s, r, "STOPPED", NULL);
    if (strcmp(state, "SUCCEEDED") == 0) return end_run(s, r, "SUCCEEDED", NULL);
    if (is_overdue(r)) return end_run(s, r, "TIMEOUT", "Job run exceeded its timeout");
    const char *how = how_it_ended(arena, r->exit_status);
    if (refused) {
        const char *words = last_words(s, r, arena);
        return end_run(s, r, "FAILED", *words ? words : how);
    }
    return died(s, r, strcmp(state, "STOPPED") == 0, how);
}

static error conclude(struct run_supervisor *s, struct supervised *r)
{
    struct arena arena = {0};
    json_t *status = read_status(s, r);
    const char *state = json_text(status, "state"), *message = json_text(status, "error");
    bool final = state && strcmp(state, "RUNNING") != 0;
    error e = conclude_as(s, r, final ? state : "", message, &arena);
    json_decref(status);
    arena_release(&arena);
    return e;
}

/* ---- the thread ---- */

static error look(struct run_supervisor *s, struct supervised *r)
{
    if (r->process.pid) {
        if (!run_process_ended(&r->process, &r->exit_status)) return watch(s, r);
        r->exited = true;
    }
    if (r->exited) return conclude(s, r);
    if (s->closing) r->gone = true; /* between two processes: the next supervisor starts it */
    else if (in_state(r, "STOPPING")) return end_run(s, r, "STOPPED", NULL);
    else if (is_overdue(r)) return end_run(s, r, "TIMEOUT", "Job run exceeded its timeout");
    else if (monotonic_us() >= r->start_at_us) return start_run(s, r);
    return OK;
}

static void step(struct run_supervisor *s, struct supervised *r)
{
    if (look(s, r) != OK) log_line(LOG_ERROR, "runs", "%s: %s", r->id, error_text());
}

/* What to wait for, and how long; the caller frees. Between looks the lock is free. */
static struct pollfd *waits(struct run_supervisor *s, nfds_t *count, int *timeout_ms)
{
    size_t runs = 0;
    for (struct supervised *r = s->runs; r; r = r->next) runs++;
    struct pollfd *files = must_calloc(runs + 1, sizeof *files);
    files[0] = (struct pollfd){.fd = s->wake, .events = POLLIN};
    *count = 1;
    *timeout_ms = runs ? LOOK_MS : -1;
    for (struct supervised *r = s->runs; r; r = r->next) {
        if (r->process.pidfd >= 0)
            files[(*count)++] = (struct pollfd){.fd = r->process.pidfd, .events = POLLIN};
        if (r->process.pidfd < 0 || in_state(r, "STARTING")) *timeout_ms = LOOK_STARTING_MS;
    }
    return files;
}

static void *supervise(void *context)
{
    struct run_supervisor *s = context;
    for (bool done = false; !done;) {
        nfds_t count;
        int timeout_ms;
        uint64_t ignored;
        pthread_mutex_lock(&s->lock);
        for (struct supervised *r = s->runs; r; r = r->next)
            if (!r->gone) step(s, r);
        drop_gone(s);
        done = s->closing && !s->runs;
        struct pollfd *files = waits(s, &count, &timeout_ms);
        pthread_mutex_unlock(&s->lock);
        if (!done && poll(files, count, timeout_ms) > 0 && files[0].revents)
            while (read(s->wake, &ignored, sizeof ignored) < 0 && errno == EINTR) {}
        free(files);
    }
    return NULL;
}

/* ---- the door ---- */

static void find_process(struct supervised *r, const json_t *process)
{
    pid_t pid = (pid_t)json_integer_or(process, "Pid", 0);
    if (pid == 0) return; /* it never had one */
    r->exited = !run_process_adopt(&r->process, pid,
                                   (uint64_t)json_integer_or(process, "StartTime", 0));
    r->exit_status = -1;
    r->begun_us = monotonic_us();
    /* A second SIGTERM would cut the batch short; if the first was never sent, the grace ends
     * it. */
    r->stop_sent = in_state(r, "STOPPING");
    r->kill_at_us = monotonic_us() + STOP_GRACE_US;
}

static error find_runs(struct run_supervisor *s)
{
    json_t *processes, *process, *run;
    const char *id;
    TRY(run_list_processes(s->state, &processes));
    json_object_foreach(processes, id, process)
    {
        struct run_key k = {json_text(process, "Account"), json_text(process, "Region"), id};
        if (!k.account || !k.region || run_get(s->state, k, &run) != OK) {
            log_line(LOG_ERROR, "runs", "%s has a process and no document", id);
            continue;
        }
        find_process(add_run(s, k, run), process);
        json_decref(run);
    }
    json_decref(processes);
    return OK;
}

static void supervisor_free(struct run_supervisor *s)
{
    while (s->runs) {
        struct supervised *r = s->runs;
        s->runs = r->next;
        free_run(r);
    }
    if (s->wake >= 0) close(s->wake);
    pthread_mutex_destroy(&s->lock);
    free(s->directory);
    free(s->binary);
    free(s);
}

error run_supervisor_open(const struct gateway_options *options, struct run_supervisor **out)
{
    struct run_supervisor *s = must_calloc(1, sizeof *s);
    *s = (struct run_supervisor){
        .state = options->state,
        .objects = options->objects,
        .directory = must_strdup(options->directory),
        .binary = must_strdup(options->run_binary ? options->run_binary : "/proc/self/exe"),
        .fail_dead = options->fail_dead_runs,
        .wake = eventfd(0, EFD_CLOEXEC),
    };
    CHECK(pthread_mutex_init(&s->lock, NULL) == 0);
    error e = s->wake < 0 ? fail_errno("eventfd") : find_runs(s);
    if (e == OK) *out = s;
    else supervisor_free(s);
    return e;
}

void run_supervisor_start(struct run_supervisor *s)
{
    CHECK(pthread_create(&s->thread, NULL, supervise, s) == 0);
    s->started = true;
}

void run_supervisor_close(struct run_supervisor *s)
{
    if (!s) return;
    if (s->started) {
        pthread_mutex_lock(&s->lock);
        s->closing = true;
        s->close_by_us = monotonic_us() + CLOSE_GRACE_US;
        pthread_mutex_unlock(&s->lock);
        wake(s);
        pthread_join(s->thread, NULL);
    }
    supervisor_free(s);
}

error run_supervisor_begin(struct run_supervisor *s, struct run_key k, const json_t *run,
                           int64_t most)
{
    const char *job = json_text(run, "JobName");
    int64_t count = 0;
    pthread_mutex_lock(&s->lock);
    for (struct supervised *r = s->runs; r; r = r->next)
        count += !r->gone && strcmp(r->job, job) == 0 && strcmp(r->account, k.account) == 0 &&
                 strcmp(r->region, k.region) == 0;
    error e = count >= most ? fail(ERR_CONCURRENT_RUNS, "Concurrent runs exceeded for %s", job)
                            : run_begin(s->state, k, run);
    if (e == OK) add_run(s, k, run);
    pthread_mutex_unlock(&s->lock);
    if (e == OK) wake(s);
    return e;
}

static struct supervised *find_run(struct run_supervisor *s, struct run_key k, const char *job)
{
    for (struct supervised *r = s->runs; r; r = r->next)
        if (!r->gone && strcmp(r->id, k.id) == 0 && strcmp(r->job, job) == 0 &&
            strcmp(r->account, k.account) == 0 && strcmp(r->region, k.region) == 0)
            return r;
    return NULL;
}

static error why_not_stopped(struct run_supervisor *s, struct run_key k, const char *job)
{
    json_t *run = NULL;
    error e = run_get(s->state, k, &run);
    if (e != OK && e != ERR_NOT_FOUND) return e;
    const char *name = json_text(run, "JobName");
    if (name && strcmp(name, job) == 0)
        e = fail(ERR_INVALID_INPUT, "Job run %s is in state %s and cannot be stopped", k.id,
                 json_text(run, "JobRunState"));
    else
        e = fail(ERR_ENTITY_NOT_FOUND, "Job run %s of job %s not found", k.id, job);
    json_decref(run);
    return e;
}

error run_supervisor_stop(struct run_supervisor *s, struct run_key k, const char *job)
{
    pthread_mutex_lock(&s->lock);
    struct supervised *r = find_run(s, k, job);
    error e = !r ? why_not_stopped(s, k, job)
              : in_state(r, "STOPPING") ? OK
                                        : set_state(s, r, "STOPPING");
    pthread_mutex_unlock(&s->lock);
    if (e == OK) wake(s);
    return e;
}
