/* `sluice checkpoint`: how far a job is, for people and as JSON; the way back; and a lost one again. */
#include "cli/stores.h"

#include <stddef.h>

struct checkpoint_options {
    struct store_choice stores;
    const char *to_time, *checkpoint, *name;
    int64_t to_batch;
    bool json, remove_files;
};

enum { TO_BATCH_UNSET = -2 };

/* An s3:// URL as it is; else the one bucket that has cp/JOB. */
static error find_checkpoint(struct stores *s, struct arena *arena, const char *given, const char **url)
{
    const char **buckets, *found = NULL;
    int64_t *created;
    size_t count;
    if (strstr(given, "://")) {
        *url = given;
        return OK;
    }
    if (!s->path)
        return fail(ERR_USAGE, "over remote stores a checkpoint is named by its URL: s3://BUCKET/cp/%s",
                    given);
    TRY(object_bucket_list(s->objects, arena, &buckets, &created, &count));
    for (size_t i = 0; i < count; i++) {
        struct object_info info;
        const char *key = arena_printf(arena, "cp/%s/metadata", given);
        error e = s->objects->ops->head(s->objects, buckets[i], key, arena, &info);
        if (e == ERR_NO_SUCH_KEY) continue;
        TRY(e);
        if (found)
            return fail(ERR_USAGE, "buckets %s and %s have a checkpoint of job '%s': give its s3:// URL",
                        found, buckets[i], given);
        found = buckets[i];
    }
    if (!found) return fail(ERR_NOT_FOUND, "no bucket has a checkpoint of job '%s' below cp/", given);
    *url = arena_printf(arena, "s3://%s/cp/%s", found, given);
    return OK;
}

/* ---- show ---- */

static void print_position(const char *shard, const json_t *position)
{
    const char *sequence = json_text(position, "sequence");
    printf("  %s  %s%s%s\n", shard, json_text(position, "type"), sequence ? " " : "",
           sequence ? sequence : "");
}

static void print_batch(struct arena *arena, const json_t *entry)
{
    const json_t *plan = json_object_get(entry, "plan"), *counts = json_object_get(plan, "counts");
    if (json_object_get(plan, "rewind_to")) {
        printf("  %8lld  %s  back to what lies behind batch %lld\n",
               (long long)json_integer_or(entry, "batch", 0),
               date_iso8601(arena, json_integer_or(plan, "wall_us", 0)),
               (long long)json_integer_or(plan, "rewind_to", -1));
        return;
    }
    printf("  %8lld  %s  %12s  %12s  %12s  %6zu  %s\n", (long long)json_integer_or(entry, "batch", 0),
           date_iso8601(arena, json_integer_or(plan, "wall_us", 0)),
           grouped(json_integer_or(counts, "read", 0)), grouped(json_integer_or(counts, "written", 0)),
           grouped(json_integer_or(counts, "quarantined", 0)),
           json_array_size(json_object_get(plan, "files")),
           json_is_object(json_object_get(entry, "commit")) ? "committed" : "pending");
}

static void print_checkpoint(struct arena *arena, const json_t *document)
{
    enum { LAST = 10 };
    const json_t *metadata = json_object_get(document, "metadata");
    const json_t *batches = json_object_get(document, "batches");
    printf("%s%s%s: job %s, checkpoint %s, stream %s\n", bold(stdout), json_text(document, "url"),
           plain(stdout), json_text(metadata, "job"), json_text(metadata, "id"),
           json_text(metadata, "stream"));
    const json_t *fence = json_object_get(document, "rewinding");
    if (json_is_object(fence))
        printf("batches behind %lld are being taken back: run `sluice checkpoint rewind' again\n",
               (long long)json_integer_or(fence, "rewind_to", -1));
    const char *shard;
    json_t *position;
    puts("\npositions");
    if (!json_is_object(json_object_get(document, "positions"))) puts("  none: nothing was planned yet");
    json_object_foreach(json_object_get(document, "positions"), shard, position)
        print_position(shard, position);
    size_t count = json_array_size(batches);
    if (count == 0) return;
    printf("\n  %8s  %-24s  %12s  %12s  %12s  %6s\n", "batch", "began", "read", "written", "quarantined",
           "files");
    for (size_t i = count > LAST ? count - LAST : 0; i < count; i++)
        print_batch(arena, json_array_get(batches, i));
}

/* ---- rewind ---- */

static error rewind_job(const struct checkpoint_options *o, struct stores *s, struct arena *arena,
                        const char *url)
{
    json_t *document;
    struct stream *stream;
    struct rewind_options rewind = {.catalog = s->catalog, .objects = s->objects, .checkpoint = url,
                                    .to_batch = o->to_batch, .remove_files = o->remove_files};
    int64_t to, taken;
    if (o->to_time) TRY(date_parse_iso8601(span_of(o->to_time), &rewind.to_us));
    TRY(job_checkpoint(s->objects, url, &document));
    const char *name = json_text(json_object_get(document, "metadata"), "stream");
    name = arena_text(arena, span_of(name ? name : ""));
    json_decref(document);
    TRY(stores_stream(s, name, NULL, &stream));
    rewind.stream = stream;
    error e = job_rewind(&rewind, &to, &taken);
    stream->ops->close(stream);
    TRY(e);
    if (taken) printf("%s batches taken back; ", grouped(taken));
    printf("the job goes on behind batch %lld\n", (long long)to);
    return OK;
}

/* ---- rebuild ---- */

static const char *job_name(const struct checkpoint_options *o, struct arena *arena,
                            const json_t *document, const char *path)
{
    const char *name = o->name ? o->name : json_text(document, "Name");
    if (name) return name;
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    return arena_text(arena, (span){base, dot && dot != base ? (size_t)(dot - base) : strlen(base)});
}

static void print_rebuilt(const json_t *report)
{
    size_t i;
    const char *shard;
    json_t *entry;
    json_array_foreach(json_object_get(report, "problems"), i, entry)
        printf("%s%s%s: %s\n", bold(stdout), json_text(entry, "kind"), plain(stdout),
               json_text(entry, "text"));
    if (!json_is_set(report, "rebuilt")) {
        puts("nothing was rebuilt: what the footers say does not prove where the job stopped");
        return;
    }
    printf("%s: job %s goes on behind batch %lld\n", json_text(report, "url"), json_text(report, "job"),
           (long long)json_integer_or(report, "batch", 0));
    json_object_foreach(json_object_get(report, "positions"), shard, entry) print_position(shard, entry);
}

static error rebuild_job(const struct checkpoint_options *o, struct stores *s, struct arena *arena,
                         const char *path, bool *rebuilt)
{
    enum { DOCUMENT_MAX_BYTES = 16 << 20 };
    struct buffer text = {0};
    json_t *document = NULL, *report = NULL;
    size_t size = strlen(path);
    if (size > 3 && strcmp(path + size - 3, ".py") == 0)
        return fail(ERR_UNSUPPORTED, "%s is a script: the footers of one table do not prove what a batch "
                    "wrote to others, so its checkpoint is not rebuilt", path);
    error e = file_read_whole(path, &text, DOCUMENT_MAX_BYTES);
    if (e == OK) e = json_read(buffer_span(&text), &document);
    buffer_release(&text);
    if (e == ERR_PARSE) e = fail_context(e, "%s", path);
    if (e == OK) {
        struct rebuild_options rebuild = {.catalog = s->catalog, .objects = s->objects,
                                          .document = document, .checkpoint = o->checkpoint,
                                          .name = job_name(o, arena, document, path),
                                          .open_stream = stores_source, .context = s};
        e = job_rebuild(&rebuild, &report);
    }
    if (e == OK) {
        *rebuilt = json_is_set(report, "rebuilt");
        if (o->json) print_json_line(report);
        else print_rebuilt(report);
    }
    json_decref(report);
    json_decref(document);
    return e;
}

/* ---- the command ---- */

static error run_action(const struct checkpoint_options *o, struct stores *s, struct arena *arena,
                        char **arguments, bool *good)
{
    const char *url = NULL;
    json_t *document;
    TRY(stores_open(&o->stores, s));
    if (strcmp(arguments[0], "rebuild") == 0) return rebuild_job(o, s, arena, arguments[1], good);
    TRY(find_checkpoint(s, arena, arguments[1], &url));
    if (strcmp(arguments[0], "rewind") == 0) return rewind_job(o, s, arena, url);
    TRY(job_checkpoint(s->objects, url, &document));
    if (strcmp(arguments[0], "export") == 0 || o->json) print_json_line(document);
    else print_checkpoint(arena, document);
    json_decref(document);
    return OK;
}

static int checkpoint_run(const void *given, int count, char **arguments)
{
    (void)count;
    const struct checkpoint_options *o = given;
    bool rewind = strcmp(arguments[0], "rewind") == 0, good = true;
    if (!rewind && strcmp(arguments[0], "rebuild") != 0 && strcmp(arguments[0], "show") != 0 &&
        strcmp(arguments[0], "export") != 0)
        return usage_error(&checkpoint_command, "'%s' is none of: show, export, rewind, rebuild",
                           arguments[0]);
    if (rewind && (o->to_batch == TO_BATCH_UNSET) == !o->to_time)
        return usage_error(&checkpoint_command, "rewind needs either --to-batch or --to-time");
    struct arena arena = {0};
    struct stores stores;
    error e = run_action(o, &stores, &arena, arguments, &good);
    int status = e != OK ? command_failed(&checkpoint_command, e) : good ? STATUS_OK : STATUS_DATA;
    stores_close(&stores);
    arena_release(&arena);
    return status;
}

#define OFFSET(member) offsetof(struct checkpoint_options, member)

static const struct option_row checkpoint_options[] = {
    STORE_OPTIONS(OFFSET(stores)),
    {.name = "json", .type = OPTION_TRUE, .summary = JSON_SUMMARY, .offset = OFFSET(json)},
    {.name = "to-batch", .type = OPTION_INTEGER, .argument = "N",
     .summary = "rewind: the last batch that stays; -1: none", .offset = OFFSET(to_batch), .min = -1,
     .max = 999999999999},
    {.name = "to-time", .type = OPTION_STRING, .argument = "TIME",
     .summary = "rewind: batches that began later go (2023-01-10T06:07:08Z)",
     .offset = OFFSET(to_time)},
    {.name = "remove-files", .type = OPTION_TRUE,
     .summary = "rewind: remove the files and partitions of the batches that go; without it their "
                "rows would be there twice, and nothing is done",
     .offset = OFFSET(remove_files)},
    {.name = "checkpoint", .type = OPTION_STRING, .argument = "S3-URL",
     .summary = "rebuild: where the checkpoint was (default: cp/NAME in the target's bucket)",
     .offset = OFFSET(checkpoint)},
    {.name = "name", .type = OPTION_STRING, .argument = "NAME",
     .summary = "rebuild: the job's name (default: the document's, else the file's)",
     .offset = OFFSET(name)},
    {0},
};

const struct command checkpoint_command = {
    .name = "checkpoint",
    .summary = "Show how far a job is, take its last batches back, or rebuild what was lost",
    .arguments = "show|export|rewind JOB-OR-URL | rebuild JOB.json",
    .arguments_min = 2,
    .arguments_max = 2,
    .description =
        "JOB-OR-URL is a job's name, whose checkpoint lies below cp/ in one of the buckets, or the "
        "checkpoint's s3:// URL; over remote stores it is the URL.\n\n"
        "show: identity, stream, the position of each shard, the last batches. export: all of it as "
        "JSON. rewind: takes the batches behind --to-batch or --to-time back, so that the job reads "
        "their records again. That is exactly once only if their rows go: --remove-files removes "
        "their files, and the partitions that become empty, from the lake and the catalog. It is "
        "refused when the stream no longer has the records, when a batch is pending, or when the "
        "job runs; interrupted, the same command finishes it, and no run starts before.\n\n"
        "rebuild: makes a lost checkpoint again from the footers of the job's files, so that the job "
        "goes on behind them exactly once; the job must not run. It is refused where a checkpoint is; "
        "when the audit finds gaps, overlaps or missing files, they are listed, and the exit status "
        "is 2. A script's checkpoint is not rebuilt: the footers of one table do not prove what a "
        "batch wrote to others.",
    .examples = "  sluice checkpoint show ventilators_to_lake\n"
                "  sluice checkpoint rewind ventilators_to_lake --to-batch 41 --remove-files\n"
                "  sluice checkpoint rebuild job.json\n",
    .options = checkpoint_options,
    .defaults = &(const struct checkpoint_options){.stores.account = default_account,
                                                   .to_batch = TO_BATCH_UNSET},
    .options_size = sizeof(struct checkpoint_options),
    .run = checkpoint_run,
};
