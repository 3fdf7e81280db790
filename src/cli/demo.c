/* `sluice demo`: the whole river once, with the real processes: endpoints, the deployment of the
 * stacks, a streaming job, a producer over HTTP, SQL at the end; and the proof that every record arrived exactly once. */
#include "cli/demo.h"
#include "cli/internal.h"
#include "cli/print.h"
#include "cli/process.h"
#include "cli/producer.h"
#include "query/query.h"

#include "http/http.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    START_US = 20 * US_PER_SECOND, /* for the endpoints to be ready */
    STALL_US = 60 * US_PER_SECOND, /* without a committed batch: given up */
    GRACE_US = 30 * US_PER_SECOND,
};

struct demo_options {
    int64_t records;
    double window;
    const char *keep, *example;
    bool json;
};

struct demo {
    const struct demo_options *options;
    struct arena arena;
    struct demo_place place;
    struct process up, deploy, run;
    struct producer producer;
    int64_t started_us, deploy_us, put_us, behind_us; /* when it began; how long each took */
    int stacks;                                       /* deployed */
    /* of the job's reports */
    int64_t batches, read, written, quarantined, files, bytes;
    /* of the table */
    int64_t rows, distinct;
};

static volatile int stopped;

static void stop(int number)
{
    (void)number;
    stopped = 1;
}

/* ---- the job's reports ---- */

static error take_report(struct demo *demo, span line)
{
    json_t *report;
    TRY(json_read(line, &report));
    demo->batches++;
    demo->read += json_integer_or(report, "read", 0);
    demo->written += json_integer_or(report, "written", 0);
    demo->quarantined += json_integer_or(report, "quarantined", 0);
    demo->files += json_integer_or(report, "files", 0);
    demo->bytes += json_integer_or(report, "bytes", 0);
    json_decref(report);
    return OK;
}

static error take_reports(struct demo *demo, int64_t timeout_us)
{
    for (span line; (line = process_line(&demo->run, timeout_us)).data; timeout_us = 0)
        TRY(take_report(demo, line));
    if (demo->run.ended) {
        error e = process_stop(&demo->run, GRACE_US); /* tells how it ended */
        return e != OK ? fail_context(e, "the job") : fail(ERR_INTERNAL, "the job ended early");
    }
    progress("records in %s   rows out %s   files %s   lag %s records",
             grouped(demo->producer.acknowledged), grouped(demo->written), grouped(demo->files),
             grouped(demo->producer.acknowledged - demo->read));
    return stopped ? fail(ERR_STOPPED, "stopped") : OK;
}

/* ---- the steps ---- */

static error start_up(struct demo *demo)
{
    char *argv[] = {"sluice", "up", "--port", "0", "--json", "--region", "us-east-1",
                    "--log-level", "warn", "--dir", (char *)demo->place.directory, NULL};
    TRY(process_start(&demo->up, argv, demo->place.log));
    span line = process_line(&demo->up, START_US);
    if (!line.data) return fail(ERR_TIMEOUT, "the endpoints did not become ready");
    json_t *ready;
    TRY(json_read(line, &ready));
    demo->producer.endpoint_url =
        arena_text(&demo->arena, span_of(json_text(ready, "endpoint")));
    json_decref(ready);
    return endpoint_client(&demo->arena, demo->producer.endpoint_url, demo->place.directory,
                           &demo->producer.endpoint_url, &demo->producer.client);
}

/* A line of `sluice deploy --json`: an event, or what a stack has come to. */
static error take_event(struct demo *demo, span line)
{
    json_t *event;
    TRY(json_read(line, &event));
    demo->stacks += json_object_get(event, "StackStatus") != NULL;
    progress("stack %d of %d   %s", demo->stacks + 1, PROJECT_STACKS, json_text(event, "Stack"));
    json_decref(event);
    return OK;
}

static error deploy_stacks(struct demo *demo)
{
    char *argv[] = {"sluice", "deploy", "--all", "--json", "--region", "us-east-1", "--file",
                    demo->place.context, "--endpoint-url", (char *)demo->producer.endpoint_url,
                    "--dir", (char *)demo->place.directory, NULL};
    int64_t started_us = monotonic_us();
    error e = process_start(&demo->deploy, argv, demo->place.log);
    while (e == OK && !demo->deploy.ended) {
        span line = process_line(&demo->deploy, US_PER_SECOND / 10);
        if (line.data) e = take_event(demo, line);
        if (e == OK && stopped) e = fail(ERR_STOPPED, "stopped");
    }
    progress_end();
    if (e != OK) return e;
    demo->deploy_us = monotonic_us() - started_us;
    e = process_stop(&demo->deploy, GRACE_US); /* tells how it ended */
    return e != OK ? fail_context(e, "the deployment") : OK;
}

static error start_run(struct demo *demo)
{
    char *argv[] = {"sluice", "run", demo->place.job, "--json", "--region", "us-east-1",
                    "--window", arena_printf(&demo->arena, "%g", demo->options->window),
                    "--dir", (char *)demo->place.directory, NULL};
    return process_start(&demo->run, argv, demo->place.log);
}

static error put_records(struct demo *demo)
{
    int64_t started_us = monotonic_us();
    for (int64_t left; (left = demo->options->records - (int64_t)demo->producer.next) > 0;) {
        TRY(producer_put(&demo->producer, left < PRODUCER_BATCH_MAX ? (int)left : PRODUCER_BATCH_MAX,
                         &stopped));
        TRY(take_reports(demo, 0));
    }
    demo->put_us = monotonic_us() - started_us;
    return OK;
}

static error await_commits(struct demo *demo)
{
    int64_t started_us = monotonic_us(), moved_us = started_us, batches = demo->batches;
    while (demo->read < demo->producer.acknowledged) {
        TRY(take_reports(demo, US_PER_SECOND / 10));
        if (demo->batches != batches) moved_us = monotonic_us();
        batches = demo->batches;
        if (monotonic_us() - moved_us > STALL_US)
            return fail(ERR_TIMEOUT, "the job has read %lld of %lld records and does not go on",
                        (long long)demo->read, (long long)demo->producer.acknowledged);
    }
    demo->behind_us = monotonic_us() - started_us;
    return process_stop(&demo->run, GRACE_US);
}

/* ---- the questions ---- */

static void ignore_columns(void *context, const struct query_columns *columns)
{
    (void)context, (void)columns;
}

static void take_counts(void *context, const struct batch *batch)
{
    struct demo *demo = context;
    demo->rows = ((const int64_t *)batch->columns[0].values)[0];
    demo->distinct = ((const int64_t *)batch->columns[1].values)[0];
}

static void open_printer(void *context, const struct query_columns *columns)
{
    *(struct printer **)context = printer_open(PRINT_TABLE, columns->schema);
}

static void print_rows(void *context, const struct batch *batch)
{
    printer_add(*(struct printer **)context, batch);
}

static error ask(struct demo *demo, struct query_engine *engine)
{
    const char *table = demo->place.lake_table;
    char *counts = arena_printf(
        &demo->arena,
        "SELECT CAST(COUNT(*) AS BIGINT), CAST(COUNT(DISTINCT serialnumber) AS BIGINT) FROM %s",
        table);
    char *averages = arena_printf(
        &demo->arena,
        "SELECT manufacturer, COUNT(*) AS records, ROUND(AVG(o2stats), 2) AS o2stats,\n"
        "       ROUND(AVG(pressurecontrol), 2) AS pressurecontrol\n"
        "FROM %s GROUP BY manufacturer ORDER BY manufacturer",
        table);
    const char *database = demo->place.project.database;
    TRY(query_run(engine, &(struct query_request){.text = counts, .database = database},
                  &(struct query_sink){demo, ignore_columns, take_counts}, NULL, NULL));
    if (demo->options->json) return OK;
    printf("\n%s%s%s\n\n", bold(stdout), averages, plain(stdout));
    struct printer *printer = NULL;
    error e = query_run(engine, &(struct query_request){.text = averages, .database = database},
                        &(struct query_sink){&printer, open_printer, print_rows}, NULL, NULL);
    if (printer) printer_close(printer);
    return e;
}

static error ask_table(struct demo *demo)
{
    struct query_engine *engine;
    TRY(query_open(demo->place.directory, default_account, "us-east-1", &engine));
    error e = ask(demo, engine);
    query_close(engine);
    return e;
}

/* ---- what is told ---- */

static double seconds(int64_t us)
{
    return (double)us / US_PER_SECOND;
}

static void tell_start(const struct demo *demo)
{
    if (demo->options->json) return;
    printf("%s records of ventilators, from stream to SQL\n\n", grouped(demo->options->records));
    printf("  endpoints  %s, data in %s\n", demo->producer.endpoint_url,
           demo->place.directory);
    printf("  stacks     %d of %s deployed in %.1f s\n", demo->stacks, demo->place.context,
           seconds(demo->deploy_us));
    printf("  job        %s, a micro-batch every %g s\n", demo->place.job, demo->options->window);
    fflush(stdout);
}

static void tell_flow(const struct demo *demo)
{
    if (demo->options->json) return;
    printf("  put        %s records acknowledged in %.1f s (%s/s)\n",
           grouped(demo->producer.acknowledged), seconds(demo->put_us),
           grouped((int64_t)((double)demo->producer.acknowledged / seconds(demo->put_us))));
    printf("  committed  %s rows in %s micro-batch%s and %s file%s, %.1f MB of Parquet; the last "
           "%.1f s after the last record\n",
           grouped(demo->written), grouped(demo->batches), demo->batches == 1 ? "" : "es",
           grouped(demo->files), demo->files == 1 ? "" : "s", (double)demo->bytes / 1e6,
           seconds(demo->behind_us));
    fflush(stdout);
}

static bool exactly_once(const struct demo *demo)
{
    return demo->rows == demo->producer.acknowledged && demo->distinct == demo->rows &&
           demo->rows == demo->options->records;
}

static void tell_end(const struct demo *demo)
{
    const struct demo_place *place = &demo->place;
    printf("\n%s: %s records acknowledged, %s rows in the table, %s distinct serial numbers\n",
           exactly_once(demo) ? "Exactly once" : "NOT exactly once",
           grouped(demo->producer.acknowledged), grouped(demo->rows), grouped(demo->distinct));
    printf("Took %.1f s.\n", seconds(monotonic_us() - demo->started_us));
    if (place->temporary) {
        printf("\nThe data is removed now; keep it with --keep DIR and go on from there.\n");
        return;
    }
    printf("\nParquet files: %s\n", place->files);
    printf("Try next:\n"
           "  %s sql --dir %s \"SELECT * FROM %s LIMIT 5\"\n"
           "  %s up --dir %s\n",
           place->binary, place->directory, place->lake_table, place->binary, place->directory);
}

static void tell_json(const struct demo *demo)
{
    json_t *line = json_pack(
        "{s:I, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:s, s:b}", "records",
        (json_int_t)demo->options->records, "stacks", demo->stacks, "acknowledged",
        (json_int_t)demo->producer.acknowledged, "rows", (json_int_t)demo->rows, "distinct",
        (json_int_t)demo->distinct, "quarantined", (json_int_t)demo->quarantined, "batches",
        (json_int_t)demo->batches, "files", (json_int_t)demo->files, "deploy_seconds",
        seconds(demo->deploy_us), "put_seconds", seconds(demo->put_us), "behind_seconds", seconds(demo->behind_us), "seconds",
        seconds(monotonic_us() - demo->started_us), "directory", demo->place.directory,
        "exactly_once", exactly_once(demo));
    print_json_line(line);
    json_decref(line);
}

/* ---- the command ---- */

static error play(struct demo *demo)
{
    TRY(demo_place_open(&demo->arena, demo->options->keep, demo->options->example, &demo->place));
    TRY(start_up(demo));
    TRY(deploy_stacks(demo));
    TRY(demo_place_create(&demo->place, demo->producer.client, demo->producer.endpoint_url));
    demo->producer.stream = demo->place.project.stream;
    tell_start(demo);
    TRY(start_run(demo));
    error e = put_records(demo);
    if (e == OK) e = await_commits(demo);
    progress_end();
    if (e != OK) return e;
    tell_flow(demo);
    TRY(ask_table(demo));
    if (demo->options->json) tell_json(demo);
    else tell_end(demo);
    return OK;
}

/* Ends the children, whatever happened; the first error is the one that is told. */
static error end_children(struct demo *demo, error e)
{
    char *words = e == OK ? NULL : must_strdup(error_text());
    error deploy = process_stop(&demo->deploy, GRACE_US), run = process_stop(&demo->run, GRACE_US);
    error up = process_stop(&demo->up, GRACE_US);
    if (e != OK) fail(e, "%s", words);
    free(words);
    return e != OK ? e : deploy != OK ? deploy : run != OK ? run : up;
}

static int demo_run(const void *given, int count, char **arguments)
{
    (void)count, (void)arguments;
    struct demo demo = {
        .options = given,
        .producer = {.region = "us-east-1", .series = {.seed = 1}},
        .started_us = monotonic_us(),
    };
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    error e = end_children(&demo, play(&demo));
    if (demo.producer.client) http_client_close(demo.producer.client);
    int status = e != OK ? command_failed(&demo_command, e)
                 : exactly_once(&demo) ? STATUS_OK
                                       : STATUS_DATA;
    demo_place_close(&demo.place, e != OK && e != ERR_STOPPED);
    arena_release(&demo.arena);
    return status;
}

#define OFFSET(member) offsetof(struct demo_options, member)

static const struct option_row demo_options[] = {
    {.name = "records", .type = OPTION_INTEGER, .argument = "COUNT",
     .summary = "Records to put (default: 100000)", .offset = OFFSET(records), .min = 1,
     .max = 1e9},
    {.name = "window", .type = OPTION_DECIMAL, .argument = "SECONDS",
     .summary = "Length of a micro-batch (default: 1)", .offset = OFFSET(window), .min = 0.05,
     .max = 3600},
    {.name = "keep", .type = OPTION_STRING, .argument = "DIR",
     .summary = "Use this new or empty data directory and leave it (default: a temporary one)",
     .offset = OFFSET(keep)},
    {.name = "example", .type = OPTION_STRING, .argument = "DIR",
     .summary = "Folder of cdk.context.json, lake-table.json and job.json (default: the shipped "
                "example/ventilators)",
     .offset = OFFSET(example)},
    {.name = "json", .type = OPTION_TRUE, .summary = "One JSON line on stdout with the counts",
     .offset = OFFSET(json)},
    {0},
};

const struct command demo_command = {
    .name = "demo",
    .summary = "Show the whole way from a stream to SQL",
    .arguments = "",
    .description =
        "Serves the endpoints on a free port, deploys the example's six stacks, makes the lake's "
        "table, runs the example's job as a process of its own, puts records over HTTP, and asks the "
        "table with SQL. Ends with status 0 only when every record that was put is in the table "
        "exactly once, and with status 2 when not.",
    .examples = "  sluice demo\n"
                "  sluice demo --records 1000000 --keep /tmp/lake\n",
    .options = demo_options,
    .defaults = &(const struct demo_options){.records = 100000, .window = 1},
    .options_size = sizeof(struct demo_options),
    .run = demo_run,
};
