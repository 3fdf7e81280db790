/* `sluice audit`: does a table hold every record exactly once? What job_audit found, for people or
 * as JSON. */
#include "cli/stores.h"

#include <stddef.h>

struct audit_command_options {
    struct store_choice stores;
    const char *job, *checkpoint;
    bool json;
};

/* ---- for people ---- */

static int shard_width(const json_t *shards)
{
    size_t i;
    json_t *shard;
    int width = 5;
    json_array_foreach(shards, i, shard) {
        int length = (int)strlen(json_text(shard, "shard"));
        if (length > width) width = length;
    }
    return width;
}

static void print_shards(const json_t *shards)
{
    size_t i;
    json_t *shard;
    if (json_array_size(shards) == 0) return;
    int width = shard_width(shards);
    printf("  %-*s  %8s  %12s  %-56s  %-56s  %s\n", width, "shard", "batches", "records", "first", "last",
           "ranges");
    json_array_foreach(shards, i, shard) {
        const char *first = json_text(shard, "first"), *last = json_text(shard, "last");
        int64_t gaps = json_integer_or(shard, "gaps", 0), overlaps = json_integer_or(shard, "overlaps", 0);
        printf("  %-*s  %8s  %12s  %-56s  %-56s  ", width, json_text(shard, "shard"),
               grouped(json_integer_or(shard, "batches", 0)), grouped(json_integer_or(shard, "records", 0)),
               first ? first : "-", last ? last : "-");
        if (gaps || overlaps)
            printf("%s gap%s, %s overlap%s\n", grouped(gaps), gaps == 1 ? "" : "s", grouped(overlaps),
                   overlaps == 1 ? "" : "s");
        else
            puts("contiguous");
    }
}

static void print_job(const json_t *job)
{
    const char *url = json_text(job, "checkpoint_url");
    printf("\njob %s, checkpoint %s (%s)\n", json_text(job, "job"), json_text(job, "checkpoint"),
           url ? url : "gone: judged by footers alone");
    printf("  %s batches up to %s: %s records read, %s rows, %s quarantined\n",
           grouped(json_integer_or(job, "batches", 0)), grouped(json_integer_or(job, "last_batch", 0)),
           grouped(json_integer_or(job, "records", 0)), grouped(json_integer_or(job, "rows", 0)),
           grouped(json_integer_or(job, "quarantined", 0)));
    if (json_is_integer(json_object_get(job, "pending_batch")))
        printf("  batch %s is planned and not committed yet: the job's next run finishes it\n",
               grouped(json_integer_or(job, "pending_batch", 0)));
    print_shards(json_object_get(job, "shards"));
}

static void print_audit(const json_t *report)
{
    size_t i;
    json_t *entry;
    const json_t *problems = json_object_get(report, "problems");
    printf("%s%s.%s%s at %s: %s files, %s rows, %s partitions\n", bold(stdout),
           json_text(report, "database"), json_text(report, "table"), plain(stdout),
           json_text(report, "location"), grouped(json_integer_or(report, "files", 0)),
           grouped(json_integer_or(report, "rows", 0)), grouped(json_integer_or(report, "partitions", 0)));
    json_array_foreach(json_object_get(report, "jobs"), i, entry) print_job(entry);
    putchar('\n');
    json_array_foreach(problems, i, entry)
        printf("%s%s%s: %s\n", bold(stdout), json_text(entry, "kind"), plain(stdout),
               json_text(entry, "text"));
    if (json_array_size(problems) == 0) puts("clean: every record of these ranges is here exactly once");
    else printf("%s problem%s\n", grouped((int64_t)json_array_size(problems)),
                json_array_size(problems) == 1 ? "" : "s");
}

/* ---- the command ---- */

static int audit_run(const void *given, int count, char **arguments)
{
    (void)count;
    const struct audit_command_options *options = given;
    struct arena arena = {0};
    struct audit_options audit = {.job = options->job, .checkpoint = options->checkpoint};
    if (!table_name_split(&arena, arguments[0], &audit.database, &audit.table))
        return usage_error(&audit_command, "'%s' is not of the form DATABASE.TABLE", arguments[0]);
    struct stores stores;
    json_t *report = NULL;
    error e = stores_open(&options->stores, &stores);
    audit.catalog = stores.catalog;
    audit.objects = stores.objects;
    if (e == OK) e = job_audit(&audit, &report);
    int status = STATUS_OK;
    if (e != OK) {
        status = command_failed(&audit_command, e);
    } else {
        if (options->json) print_json_line(report);
        else print_audit(report);
        if (!json_is_set(report, "clean")) status = STATUS_DATA;
    }
    json_decref(report);
    stores_close(&stores);
    arena_release(&arena);
    return status;
}

#define OFFSET(member) offsetof(struct audit_command_options, member)

static const struct option_row audit_options[] = {
    STORE_OPTIONS(OFFSET(stores)),
    {.name = "json", .type = OPTION_TRUE, .summary = JSON_SUMMARY, .offset = OFFSET(json)},
    {.name = "job", .type = OPTION_STRING, .argument = "NAME",
     .summary = "The one job whose files may be in the table (default: every job that has a "
                "checkpoint and plans with files in it)",
     .offset = OFFSET(job)},
    {.name = "checkpoint", .type = OPTION_STRING, .argument = "S3-URL",
     .summary = "The job's checkpoint (default: all below cp/ in the table's bucket)",
     .offset = OFFSET(checkpoint)},
    {0},
};

const struct command audit_command = {
    .name = "audit",
    .summary = "Prove that a table holds every record exactly once",
    .arguments = "DATABASE.TABLE",
    .arguments_min = 1,
    .arguments_max = 1,
    .description =
        "Reads the footers of a table's files, its partitions and the checkpoints of the jobs that "
        "write it, and checks that the ranges of each shard follow each other without gap and "
        "overlap, that each batch has the files and rows that were planned, that no file is "
        "missing, damaged, there twice or of another job, and that the catalog has every folder. "
        "The rows themselves are not read. A job may run meanwhile.\n\n"
        "A checkpoint keeps the last hundred batches; older ones are judged by the footers alone. "
        "Exit status 0: clean; 2: problems, each told; 1: the audit failed.",
    .examples = "  sluice audit ventilatordb.ventilators_parquet\n"
                "  sluice audit --json ventilatordb.ventilators_parquet | jq .problems\n"
                "  sluice audit --remote --region eu-central-1 ventilatordb.ventilators_parquet\n",
    .options = audit_options,
    .defaults = &(const struct audit_command_options){.stores.account = default_account},
    .options_size = sizeof(struct audit_command_options),
    .run = audit_run,
};
