/* `sluice sql`: one statement over the tables of a data directory, printed. */
#include "cli/internal.h"
#include "cli/print.h"
#include "query/query.h"

#include <stddef.h>

struct sql_command_options {
    const char *dir, *database, *region, *account, *principal;
    bool csv, json;
};

struct output {
    enum print_format format;
    struct printer *printer;
};

static void start_output(void *context, const struct query_columns *columns)
{
    struct output *output = context;
    output->printer = printer_open(output->format, columns->schema);
}

static void add_output(void *context, const struct batch *batch)
{
    struct output *output = context;
    printer_add(output->printer, batch);
}

static error run_statement(const struct sql_command_options *options, struct arena *arena,
                           const char *text, struct output *output)
{
    const char *path;
    struct query_engine *engine;
    TRY(directory_path(arena, options->dir, &path));
    TRY(query_open(path, options->account, options->region ? options->region : default_region(),
                   &engine));
    query_act_as(engine, options->principal);
    struct query_sink sink = {output, start_output, add_output};
    struct query_request request = {.text = text, .database = options->database};
    error e = query_run(engine, &request, &sink, NULL, NULL);
    query_close(engine);
    return e;
}

static int sql_run(const void *given, int count, char **arguments)
{
    (void)count;
    const struct sql_command_options *options = given;
    if (options->csv && options->json)
        return usage_error(&sql_command, "either --csv or --json");
    struct output output = {.format = options->csv    ? PRINT_CSV
                                      : options->json ? PRINT_JSON
                                                      : PRINT_TABLE};
    struct arena arena = {0};
    error e = run_statement(options, &arena, arguments[0], &output);
    if (output.printer) {
        int64_t rows = printer_close(output.printer);
        if (e == OK && output.format == PRINT_TABLE)
            printf("(%s row%s)\n", grouped(rows), rows == 1 ? "" : "s");
    }
    arena_release(&arena);
    return e == OK ? STATUS_OK : command_failed(&sql_command, e);
}

#define OFFSET(member) offsetof(struct sql_command_options, member)

static const struct option_row sql_options[] = {
    {.name = "dir", .type = OPTION_STRING, .argument = "DIR", .summary = DIR_SUMMARY,
     .offset = OFFSET(dir)},
    {.name = "database", .type = OPTION_STRING, .argument = "NAME",
     .summary = "Database of tables named without one (default: default)",
     .offset = OFFSET(database)},
    {.name = "csv", .type = OPTION_TRUE, .summary = "Print CSV with a header line",
     .offset = OFFSET(csv)},
    {.name = "json", .type = OPTION_TRUE, .summary = "Print one JSON object per row",
     .offset = OFFSET(json)},
    {.name = "region", .type = OPTION_STRING, .argument = "REGION",
     .summary = "Region of the catalog (default: $AWS_REGION, $AWS_DEFAULT_REGION or us-east-1)",
     .offset = OFFSET(region)},
    {.name = "account", .type = OPTION_STRING, .argument = "DIGITS",
     .summary = "Account of the catalog (default: 123456789012)", .offset = OFFSET(account)},
    {.name = "principal", .type = OPTION_STRING, .argument = "ARN",
     .summary = "User or role whose Lake Formation permissions count (default: no permission is "
                "asked for)",
     .offset = OFFSET(principal)},
    {0},
};

const struct command sql_command = {
    .name = "sql",
    .summary = "Query the tables of a data directory",
    .arguments = "QUERY",
    .arguments_min = 1,
    .arguments_max = 1,
    .description =
        "Runs one statement as Athena would: a query in Trino's dialect, or DDL in Hive's. What is "
        "not mapped is refused by name (`sluice help --compatibility' lists the functions). Prints "
        "the rows: as a table in which an "
        "absent value reads NULL, as CSV, or as JSON lines. Reads the data directory itself, "
        "whether or not a `sluice up' serves it. Nothing but the files of the tables that the "
        "query names can be read.",
    .examples = "  sluice sql \"SELECT COUNT(*) FROM ventilatordb.ventilators_parquet\"\n"
                "  sluice sql --database ventilatordb --csv \\\n"
                "      \"SELECT manufacturer, AVG(o2stats) FROM ventilators_parquet GROUP BY 1\"\n",
    .options = sql_options,
    .defaults = &(const struct sql_command_options){
        .database = "default", .account = default_account},
    .options_size = sizeof(struct sql_command_options),
    .run = sql_run,
};
