/* `sluice compact`: the small files of a table's closed partitions become few large ones. */
#include "cli/stores.h"

#include "sql/sql.h"

#include <stddef.h>

struct compact_command_options {
    struct store_choice stores;
    const char *partition, *checkpoint;
    int64_t closed_for, target_mib, grace;
    int compat;
    bool dry_run, json;
};

/* "year=2023,month=01" -> {"year": "2023", "month": "01"}. */
static error partition_parse(const char *text, json_t **out)
{
    *out = json_object();
    for (span rest = span_of(text ? text : ""); rest.size;) {
        const char *comma = memchr(rest.data, ',', rest.size);
        span pair = {rest.data, comma ? (size_t)(comma - rest.data) : rest.size};
        const char *equals = memchr(pair.data, '=', pair.size);
        if (!equals || equals == pair.data)
            return fail(ERR_USAGE, "--partition '%s': '%.*s' is not of the form KEY=VALUE", text,
                        (int)pair.size, pair.data);
        size_t key = (size_t)(equals - pair.data);
        json_object_setn_new(*out, pair.data, key,
                             json_from_span((span){equals + 1, pair.size - key - 1}));
        rest = comma ? (span){comma + 1, rest.size - pair.size - 1} : (span){"", 0};
    }
    return OK;
}

/* ---- for people ---- */

static void print_partition(const json_t *p)
{
    const char *reason = json_text(p, "reason"), *state = json_text(p, "state");
    int64_t before = json_integer_or(p, "files_before", 0), after = json_integer_or(p, "files_after", 0);
    size_t i;
    json_t *value;
    json_array_foreach(json_object_get(p, "values"), i, value)
        printf(i ? "/%s" : "%s", json_string_value(value));
    printf("  %s%s%s", bold(stdout), state, plain(stdout));
    if (reason) printf(": %s", reason);
    else
        printf(": %s files of %s bytes -> %s of %s, %s rows", grouped(before),
               grouped(json_integer_or(p, "bytes_before", 0)), grouped(after),
               json_integer_or(p, "bytes_after", 0) ? grouped(json_integer_or(p, "bytes_after", 0)) : "?",
               grouped(json_integer_or(p, "rows", 0)));
    putchar('\n');
}

static bool is_state(const json_t *partition, const char *state)
{
    return strcmp(json_text(partition, "state"), state) == 0;
}

/* Partitions of which there is something to say; returns whether one was refused. */
static bool print_report(const json_t *report, bool json, bool named)
{
    int64_t compacted = 0, quiet = 0;
    bool refused = false;
    size_t i;
    json_t *p;
    json_array_foreach(json_object_get(report, "partitions"), i, p) {
        refused |= is_state(p, "refused");
        compacted += is_state(p, "compacted");
        if (json) continue;
        if (!named && is_state(p, "nothing")) quiet++;
        else print_partition(p);
    }
    if (json) print_json_line(report);
    else printf("%s partitions compacted, nothing to do in %s\n", grouped(compacted), grouped(quiet));
    return refused;
}

/* ---- the command ---- */

static error compact_stores(const struct compact_command_options *o, struct stores *s,
                            struct compact_options *compact, json_t **report)
{
    enum { ENGINE_BYTES = 256 << 20 };
    TRY(stores_open(&o->stores, s));
    compact->catalog = s->catalog;
    compact->objects = s->objects;
    TRY(sql_open(&(struct sql_options){.memory_bytes = ENGINE_BYTES, .threads = 1}, &compact->engine));
    return job_compact(compact, report);
}

static int compact_run(const void *given, int count, char **arguments)
{
    (void)count;
    const struct compact_command_options *o = given;
    struct arena arena = {0};
    struct stores stores = {0};
    json_t *partition = NULL, *report = NULL;
    const char *database, *table;
    if (!table_name_split(&arena, arguments[0], &database, &table))
        return usage_error(&compact_command, "'%s' is not of the form DATABASE.TABLE", arguments[0]);
    error e = partition_parse(o->partition, &partition);
    struct compact_options compact = {
        .database = database,
        .table = table,
        .partition = partition,
        .checkpoint = o->checkpoint,
        .closed_for_us = o->closed_for * 60 * US_PER_SECOND,
        .grace_us = o->grace * US_PER_SECOND,
        .file_bytes = (size_t)o->target_mib << 20,
        .memory_bytes = (size_t)64 << 20,
        .delta = o->compat == COMPAT_2_0,
        .dry_run = o->dry_run,
    };
    if (e == ERR_USAGE) {
        json_decref(partition);
        arena_release(&arena);
        return usage_error(&compact_command, "%s", error_text());
    }
    e = compact_stores(o, &stores, &compact, &report);
    int status = e != OK ? command_failed(&compact_command, e)
                         : print_report(report, o->json, o->partition) ? STATUS_DATA : STATUS_OK;
    json_decref(report);
    json_decref(partition);
    sql_close(compact.engine);
    stores_close(&stores);
    arena_release(&arena);
    return status;
}

#define OFFSET(member) offsetof(struct compact_command_options, member)

static const struct option_row compact_options[] = {
    STORE_OPTIONS(OFFSET(stores)),
    {.name = "partition", .type = OPTION_STRING, .argument = "KEY=VALUE,...",
     .summary = "Only partitions with these values: year=2023,month=01 or ingest_year=2023,... "
                "(default: all that are closed)",
     .offset = OFFSET(partition)},
    {.name = "closed-for", .type = OPTION_INTEGER, .argument = "MINUTES",
     .summary = "How long ago a partition's ingest time must have ended (default: 10)",
     .offset = OFFSET(closed_for), .min = 0, .max = 5256000},
    {.name = "target-size", .type = OPTION_INTEGER, .argument = "MIB",
     .summary = "Files are merged up to this size together (default: 256)",
     .offset = OFFSET(target_mib), .min = 1, .max = 65536},
    {.name = "grace", .type = OPTION_INTEGER, .argument = "SECONDS",
     .summary = "How long the old files stay behind the swap for queries that were planned before it "
                "(default: 60)",
     .offset = OFFSET(grace), .min = 0, .max = 86400},
    {.name = "parquet-compat", .type = OPTION_ONE_OF, .argument = "LEVEL",
     .summary = PARQUET_COMPAT_SUMMARY, .offset = OFFSET(compat), .choices = parquet_compat_levels},
    {.name = "checkpoint", .type = OPTION_STRING, .argument = "S3-URL",
     .summary = "Checkpoint of a job that writes the table and keeps it elsewhere than below cp/ in the "
                "table's bucket",
     .offset = OFFSET(checkpoint)},
    {.name = "dry-run", .type = OPTION_TRUE, .summary = "Tell what would be done, and do nothing",
     .offset = OFFSET(dry_run)},
    {.name = "json", .type = OPTION_TRUE, .summary = JSON_SUMMARY, .offset = OFFSET(json)},
    {0},
};

const struct command compact_command = {
    .name = "compact",
    .summary = "Merge the small files of closed partitions into few large ones",
    .arguments = "DATABASE.TABLE",
    .arguments_min = 1,
    .arguments_max = 1,
    .description =
        "A partition is closed when its ingest time (ingest_year ... ingest_hour) has passed and no "
        "planned batch of a job still has files for it. Its files are merged, in the order of batches, "
        "into a folder that reads as the same partition (ingest_hour=0%31 beside ingest_hour=01), "
        "and the partition's location in the catalog changes to it at once: a query that asks the "
        "catalog sees either the old files or the new ones. The old ones stay for --grace seconds; who "
        "reads the plain path meanwhile sees these rows twice. Then they are removed.\n\n"
        "Jobs may run meanwhile: a batch that comes late for a compacted hour goes into the present one. "
        "The footers of the new files say what those of the old ones said, so that sluice audit and "
        "checkpoint rebuild read the table as before; batches that were merged can no longer be taken "
        "back (checkpoint rewind).\n\n"
        "Interrupted, the same command goes on where it stopped. Exit status 2: a partition was "
        "refused, each with its reason.",
    .examples = "  sluice compact ventilatordb.ventilators_parquet\n"
                "  sluice compact --partition year=2023,month=01,day=10,hour=06 --dry-run "
                "ventilatordb.ventilators_parquet\n"
                "  sluice compact --remote --region eu-central-1 ventilatordb.ventilators_parquet\n",
    .options = compact_options,
    .defaults = &(const struct compact_command_options){.stores.account = default_account,
                                                        .closed_for = 10,
                                                        .target_mib = 256,
                                                        .grace = 60,
                                                        .compat = COMPAT_2_0},
    .options_size = sizeof(struct compact_command_options),
    .run = compact_run,
};
