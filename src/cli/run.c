/* `sluice run`: one streaming job as one process, over the stores of a data directory, or over the
 * APIs of AWS: Kinesis for the source, S3 for files and checkpoint, Glue for the catalog. */
#include "cli/stores.h"

#include "script/script.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

struct run_options {
    struct store_choice stores;
    const char *name, *checkpoint, *status, *role;
    double window;
    int64_t memory_mib, record_max_bytes;
    int timestamps, parquet_compat, on_data_loss;
    int64_t threads, file_mib, files_max;
    bool drain, strict_casts, json;
};

enum { DATA_LOSS_FAIL, DATA_LOSS_SKIP };
enum { BATCH_RETRIES = 3 }; /* Glue's batchMaxRetries */
#define SCRIPT_ENDING ".py"

struct runner {
    const struct run_options *options;
    struct arena arena;
    struct stores stores;
    json_t *document;
    int64_t read, written, quarantined, filtered;
};

static atomic_bool stopped;

static void stop(int number)
{
    (void)number;
    atomic_store(&stopped, true);
}

/* ---- the status file ---- */

/* All or nothing, so that whoever reads it never finds half of it. */
static error status_write(const struct run_options *options, const char *state, const char *message)
{
    if (!options->status) return OK;
    struct buffer text = {0};
    json_t *status = json_pack("{s:s, s:I, s:s*}", "state", state, "pid", (json_int_t)getpid(),
                               "error", message);
    json_print(&text, status);
    error e = file_replace(options->status, buffer_span(&text));
    buffer_release(&text);
    json_decref(status);
    return e;
}

static void status_end(const struct run_options *options, error e)
{
    char *message = e == OK ? NULL : must_strdup(error_text());
    const char *state = e != OK ? "FAILED" : atomic_load(&stopped) ? "STOPPED" : "SUCCEEDED";
    if (status_write(options, state, message) != OK)
        log_line(LOG_ERROR, "run", "%s", error_text());
    if (message) fail(e, "%s", message);
    free(message);
}

/* ---- the source ---- */

static error open_stream(void *context, const struct source *source, struct stream **out)
{
    struct runner *runner = context;
    TRY(status_write(runner->options, "RUNNING", NULL)); /* the document is read and good */
    return stores_source(&runner->stores, source, out);
}

/* ---- reports ---- */

static void print_report(const struct batch_report *report)
{
    struct arena arena = {0};
    json_t *line = json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:I, s:i, s:I, s:I, s:b}", "time",
        date_iso8601(&arena, now_us()), "job", report->job, "batch", (json_int_t)report->batch,
        "read", (json_int_t)report->read, "written",
        (json_int_t)report->written, "quarantined", (json_int_t)report->quarantined, "filtered",
        (json_int_t)report->filtered, "nulled", (json_int_t)report->nulled, "files",
        report->files, "bytes", (json_int_t)report->bytes, "partitions_added",
        report->partitions_added, "lag_ms", (json_int_t)report->lag_ms, "commit_us",
        (json_int_t)report->commit_us, "recovered", report->recovered);
    json_object_set(line, "nulled_columns", (json_t *)report->nulled_columns);
    print_json_line(line);
    json_decref(line);
    arena_release(&arena);
}

static void take_report(void *context, const struct batch_report *report)
{
    struct runner *runner = context;
    runner->read += report->read;
    runner->written += report->written;
    runner->quarantined += report->quarantined;
    runner->filtered += report->filtered;
    if (runner->options->json) print_report(report);
    if (runner->options->status)
        log_line(LOG_INFO, "run", "batch %lld: %lld records, %lld rows written, %lld quarantined, "
                 "%.1f s behind", (long long)report->batch, (long long)report->read,
                 (long long)report->written, (long long)report->quarantined,
                 (double)report->lag_ms / 1000);
    progress("batch %s: %s rows written, %s quarantined, %.1f s behind", grouped(report->batch),
             grouped(runner->written), grouped(runner->quarantined),
             (double)report->lag_ms / 1000);
}

/* ---- the run ---- */

static error read_document(struct runner *runner, const char *path)
{
    enum { DOCUMENT_MAX_BYTES = 16 * 1024 * 1024 };
    struct buffer text = {0};
    error e = file_read_whole(path, &text, DOCUMENT_MAX_BYTES);
    if (e == OK) e = json_read(buffer_span(&text), &runner->document);
    buffer_release(&text);
    return e == ERR_PARSE ? fail_context(e, "%s", path) : e;
}

/* The ARN of whom the job acts as: the command line's word, or the document's Role, which may be a
 * name; NULL: no one. */
static const char *acting_role(struct runner *runner)
{
    const char *role = runner->options->role;
    if (!role) role = json_text(runner->document, "Role");
    if (!role || !*role || strncmp(role, "arn:", 4) == 0) return role;
    return arena_printf(&runner->arena, "arn:aws:iam::%s:role/%s", runner->options->stores.account, role);
}

static void close_runner(struct runner *runner)
{
    stores_close(&runner->stores);
    json_decref(runner->document);
    arena_release(&runner->arena);
}

/* The document's own name, else the file's without folder and ending. */
static const char *job_name(struct runner *runner, const char *path)
{
    if (runner->options->name) return runner->options->name;
    const char *name = json_text(runner->document, "Name");
    if (name) return name;
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    size_t size = dot && dot != base ? (size_t)(dot - base) : strlen(base);
    return arena_text(&runner->arena, (span){base, size});
}

static int default_threads(void)
{
    enum { MOST = 4 };
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : online > MOST ? MOST : (int)online;
}

static struct job_options job_options_of(struct runner *runner, const char *path)
{
    const struct run_options *options = runner->options;
    return (struct job_options){
        .name = job_name(runner, path),
        .checkpoint = options->checkpoint,
        .memory_bytes = (size_t)options->memory_mib << 20,
        .record_bytes_max = (size_t)options->record_max_bytes,
        .strict_casts = options->strict_casts,
        .timestamps = (enum parquet_timestamps)options->timestamps,
        .parquet_delta = options->parquet_compat == COMPAT_2_0,
        .file_bytes = (size_t)options->file_mib << 20,
        .files_max = (int)options->files_max,
        .threads = options->threads ? (int)options->threads : default_threads(),
        .window_us = options->window < 0 ? -1 : (int64_t)(options->window * US_PER_SECOND),
        .skip_lost = options->on_data_loss == DATA_LOSS_SKIP,
        .drain = options->drain,
        .retries = BATCH_RETRIES,
        .stop = &stopped,
        .catalog = runner->stores.catalog,
        .objects = runner->stores.objects,
        .open_stream = open_stream,
        .on_batch = take_report,
        .context = runner,
    };
}

static error run_script(struct runner *runner, int count, char **arguments)
{
    struct script_options script = {
        .path = arguments[0],
        .argument_count = count - 1,
        .arguments = arguments + 1,
        .job = job_options_of(runner, arguments[0]),
        .region = runner->stores.region,
        .account = runner->options->stores.account,
    };
    TRY(status_write(runner->options, "RUNNING", NULL));
    return script_run(&script);
}

static bool is_script(const char *path)
{
    size_t size = strlen(path), end = strlen(SCRIPT_ENDING);
    return size > end && strcmp(path + size - end, SCRIPT_ENDING) == 0;
}

static error run_job(struct runner *runner, int count, char **arguments)
{
    bool script = is_script(arguments[0]);
    error e = script ? OK : read_document(runner, arguments[0]);
    if (e == OK) e = stores_open(&runner->options->stores, &runner->stores);
    if (e != OK) return e;
    if (runner->stores.state) catalog_act_as(runner->stores.catalog, acting_role(runner));
    struct job_options job = job_options_of(runner, arguments[0]);
    e = script ? run_script(runner, count, arguments) : job_run(runner->document, &job);
    progress_end();
    return e;
}

static int run_run(const void *given, int count, char **arguments)
{
    const struct run_options *options = given;
    struct runner runner = {.options = options};
    /* A second signal ends the process at once; what was not committed is read again. */
    struct sigaction action = {.sa_handler = stop, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    error e = run_job(&runner, count, arguments);
    status_end(options, e);
    int status = e == OK ? STATUS_OK : command_failed(&run_command, e);
    if (!options->json && (e == OK || runner.read))
        printf("%s records read: %s rows written, %s filtered, %s quarantined\n",
               grouped(runner.read), grouped(runner.written), grouped(runner.filtered),
               grouped(runner.quarantined));
    close_runner(&runner);
    return status;
}

#define OFFSET(member) offsetof(struct run_options, member)

static const struct option_row run_options[] = {
    STORE_OPTIONS(OFFSET(stores)),
    {.name = "window", .type = OPTION_DECIMAL, .argument = "SECONDS",
     .summary = "Length of a micro-batch (default: the source's WindowSize)",
     .offset = OFFSET(window), .max = 86400},
    {.name = "on-data-loss", .type = OPTION_ONE_OF, .argument = "fail|skip",
     .summary = "What to do when records expired before they were read (default: fail)",
     .offset = OFFSET(on_data_loss), .choices = (const char *const[]){"fail", "skip", NULL}},
    {.name = "drain", .type = OPTION_TRUE,
     .summary = "End when every shard is read to its present end", .offset = OFFSET(drain)},
    {.name = "strict-casts", .type = OPTION_TRUE,
     .summary = "Quarantine a record when a value of it does not fit its column, instead of "
                "making the value NULL",
     .offset = OFFSET(strict_casts)},
    {.name = "threads", .type = OPTION_INTEGER, .argument = "COUNT",
     .summary = "Threads that decode and encode; the rows are the same with any number (default: "
                "the processors', at most 4)",
     .offset = OFFSET(threads), .min = 1, .max = POOL_THREADS_MAX},
    {.name = "file-size", .type = OPTION_INTEGER, .argument = "MIB",
     .summary = "A batch's file that has grown so large is finished and another begun (default: 512)",
     .offset = OFFSET(file_mib), .min = 1, .max = 65536},
    {.name = "max-files-per-window", .type = OPTION_INTEGER, .argument = "COUNT",
     .summary = "Files grow beyond --file-size when a target has so many in a window; partitions "
                "have files of their own (default: no limit)",
     .offset = OFFSET(files_max), .min = 1, .max = 1000000},
    {.name = "parquet-compat", .type = OPTION_ONE_OF, .argument = "1.0|2.0",
     .summary = PARQUET_COMPAT_SUMMARY,
     .offset = OFFSET(parquet_compat), .choices = parquet_compat_levels},
    {.name = "timestamps", .type = OPTION_ONE_OF, .argument = "int96|int64",
     .summary = "How Parquet keeps timestamps: as Spark does, or in microseconds (default: int96)",
     .offset = OFFSET(timestamps), .choices = (const char *const[]){"int96", "int64", NULL}},
    {.name = "checkpoint", .type = OPTION_STRING, .argument = "S3-URL",
     .summary = "Where the job keeps how far it came (default: cp/NAME in the target's bucket)",
     .offset = OFFSET(checkpoint)},
    {.name = "name", .type = OPTION_STRING, .argument = "NAME",
     .summary = "The job's name (default: the document's, else the file's)",
     .offset = OFFSET(name)},
    {.name = "memory", .type = OPTION_INTEGER, .argument = "MIB",
     .summary = "Memory for a micro-batch (default: 64)", .offset = OFFSET(memory_mib), .min = 1,
     .max = 1 << 20},
    {.name = "record-max", .type = OPTION_INTEGER, .argument = "BYTES",
     .summary = "Larger records go to quarantine (default: 10485760, the most a stream takes)",
     .offset = OFFSET(record_max_bytes), .min = 1, .max = 1 << 30},
    {.name = "role", .type = OPTION_STRING, .argument = "ARN",
     .summary = "Role whose Lake Formation permissions count (default: the document's Role; "
                "without one no permission is asked for)",
     .offset = OFFSET(role)},
    {.name = "status", .type = OPTION_STRING, .argument = "FILE",
     .summary = "Keep the state of this run in FILE, as JSON: RUNNING, then SUCCEEDED, STOPPED or "
                "FAILED with its error; and log every batch (default: no file)",
     .offset = OFFSET(status)},
    {.name = "json", .type = OPTION_TRUE,
     .summary = "One JSON line on stdout per committed batch: time, job, batch, read, written, "
                "quarantined, filtered, nulled, files, bytes, partitions_added, lag_ms, "
                "commit_us, recovered, nulled_columns",
     .offset = OFFSET(json)},
    {0},
};

const struct command run_command = {
    .name = "run",
    .summary = "Run a streaming job",
    .arguments = "JOB.json|SCRIPT.py...",
    .arguments_min = 1,
    .arguments_max = 1,
    .rest = SCRIPT_ENDING,
    .description =
        "Runs a job document of AWS Glue (the input of CreateJob with CodeGenConfigurationNodes, "
        "or only those) over the streams, catalog and objects of a data directory: micro-batch by "
        "micro-batch, each committed exactly once, until SIGTERM or SIGINT, which finish the batch "
        "at hand. A run that was killed is finished by the next one.\n\n"
        "With --remote the same document runs over Amazon Kinesis, S3 and Glue, or anything that "
        "speaks their APIs. The checkpoint lies in the target's bucket; of two runs of one job the "
        "second to plan a batch is refused by S3's conditional writes.\n\n"
        "A Glue script (PySpark, awsglue) runs the same way on the same engine, without Spark, as "
        "one of Glue's would; what stands behind its name are the script's own arguments.",
    .examples = "  sluice run example/ventilators/job.json --window 1\n"
                "  sluice run job.json --dir /tmp/lake --drain --json\n"
                "  sluice run job.json --remote --region eu-central-1\n",
    .options = run_options,
    .defaults = &(const struct run_options){
        .window = -1,
        .memory_mib = 64,
        .parquet_compat = COMPAT_2_0,
        .stores.account = default_account},
    .options_size = sizeof(struct run_options),
    .run = run_run,
};
