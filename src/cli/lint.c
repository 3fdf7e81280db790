/* `sluice lint`: a table against its files, partitions and jobs, as Athena would read it. */
#include "cli/stores.h"
#include "query/lint.h"

#include <stddef.h>

struct lint_options {
    struct store_choice stores;
    const char *job;
    bool json;
};

/* ---- jobs: those of the state, or the one document given ---- */

static bool take_job(void *jobs, const char *name, json_t *document)
{
    (void)name;
    json_array_append(jobs, document);
    return true;
}

static error jobs_read(const struct lint_options *options, const struct stores *stores,
                       json_t *jobs)
{
    enum { DOCUMENT_MAX = 16 << 20 };
    struct state_txn *txn;
    struct buffer text = {0};
    json_t *job;
    if (options->job) {
        TRY(file_read_whole(options->job, &text, DOCUMENT_MAX));
        error e = json_read(buffer_span(&text), &job);
        buffer_release(&text);
        if (e != OK) return fail_context(e, "%s", options->job);
        json_array_append_new(jobs, job);
        return OK;
    }
    if (!stores->state) return OK; /* remote: the catalog and the files alone */
    TRY(state_begin(stores->state, false, &txn));
    error e =
        state_scan(txn, (struct state_key){options->stores.account, stores->region, "glue-job", ""},
                   NULL, take_job, jobs);
    state_abort(txn);
    return e;
}

/* ---- printing ---- */

static void print_finding(const json_t *f)
{
    printf("%s%s%s: %s\n", bold(stdout), json_text(f, "severity"), plain(stdout),
           json_text(f, "text"));
    if (json_text(f, "fix_table")) printf("    table:  %s\n", json_text(f, "fix_table"));
    if (json_text(f, "fix_writer")) printf("    writer: %s\n", json_text(f, "fix_writer"));
}

static void print_report(const json_t *report)
{
    size_t i;
    json_t *f;
    const json_t *findings = json_object_get(report, "findings");
    printf("%s%s.%s%s: %s files, %s partitions\n", bold(stdout), json_text(report, "database"),
           json_text(report, "table"), plain(stdout), grouped(json_integer_or(report, "files", 0)),
           grouped(json_integer_or(report, "partitions", 0)));
    json_array_foreach(findings, i, f) print_finding(f);
    if (json_is_set(report, "clean")) puts("clean: Athena reads it as it is written");
}

/* ---- the command ---- */

static error lint_table(const struct lint_options *options, struct stores *stores,
                        const char *database, const char *table, json_t **report)
{
    json_t *jobs = json_array();
    error e = stores_open(&options->stores, stores);
    if (e == OK) e = jobs_read(options, stores, jobs);
    if (e == OK) e = query_lint(stores->catalog, stores->objects, jobs, database, table, report);
    json_decref(jobs);
    return e;
}

static int lint_run(const void *given, int count, char **arguments)
{
    (void)count;
    const struct lint_options *options = given;
    struct arena arena = {0};
    const char *database, *table;
    if (!table_name_split(&arena, arguments[0], &database, &table))
        return usage_error(&lint_command, "'%s' is not of the form DATABASE.TABLE", arguments[0]);
    struct stores stores;
    json_t *report = NULL;
    int status = STATUS_OK;
    error e = lint_table(options, &stores, database, table, &report);
    if (e != OK) {
        status = command_failed(&lint_command, e);
    } else {
        if (options->json) print_json_line(report);
        else print_report(report);
        if (!json_is_set(report, "clean")) status = STATUS_DATA;
    }
    arena_release(&arena);
    json_decref(report);
    stores_close(&stores);
    return status;
}

#define OFFSET(member) offsetof(struct lint_options, member)

static const struct option_row lint_options_table[] = {
    STORE_OPTIONS(OFFSET(stores)),
    {.name = "job",
     .type = OPTION_STRING,
     .argument = "FILE",
     .summary = "A job's document to look at (default: the jobs of the data directory)",
     .offset = OFFSET(job)},
    {.name = "json", .type = OPTION_TRUE, .summary = JSON_SUMMARY, .offset = OFFSET(json)},
    {0},
};

const struct command lint_command = {
    .name = "lint",
    .summary = "Find what Athena would trip over in a table",
    .arguments = "DATABASE.TABLE",
    .arguments_min = 1,
    .arguments_max = 1,
    .description =
        "Compares the table in the catalog with the footers of its files, its partitions and the "
        "mappings of the jobs that write it: types that do not meet (a long under an integer), "
        "columns that are missing, renamed or spelled otherwise, decimals that do not fit, "
        "partitions that are one number twice, that hold no file or that nobody registered. Each "
        "finding comes with the fix for the table and for the writer.\n\n"
        "Ends with status 0 when there is nothing to mend, with 2 when there is.",
    .examples =
        "  sluice lint ventilatordb.ventilators_parquet\n"
        "  sluice lint ventilatordb.ventilators_parquet --job example/ventilators/job.json\n",
    .options = lint_options_table,
    .defaults = &(const struct lint_options){.stores = {.account = default_account}},
    .options_size = sizeof(struct lint_options),
    .run = lint_run,
};
