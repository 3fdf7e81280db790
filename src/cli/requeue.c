/* `sluice requeue`: rows of a quarantine table, chosen by SQL, back into the stream they came from. */
#include "cli/stores.h"
#include "query/query.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

struct requeue_command_options {
    struct store_choice stores;
    const char *where, *stream_name;
    bool take_over, json;
};

enum { SETTLE_US = 5 * US_PER_SECOND }; /* what a network may still hold of a dead run */

/* ---- reading the quarantine ---- */

enum { C_JOB, C_SHARD, C_SEQUENCE, C_SUB, C_KEY, C_DATA, C_SELECTED };

struct rows {
    struct arena arena;
    struct requeue_row *rows;
    size_t count, capacity;
    const char *job; /* of the rows */
    bool mixed;      /* of more than one job */
};

static void ignore_columns(void *context, const struct query_columns *columns)
{
    (void)context, (void)columns;
}

static span text_of(struct rows *rows, const struct batch *batch, int column, int64_t row)
{
    return arena_span(&rows->arena, column_span(&batch->columns[column], row));
}

static void take_rows(void *context, const struct batch *batch)
{
    struct rows *rows = context;
    for (int64_t i = 0; i < batch->rows; i++) {
        if (rows->count == rows->capacity) {
            rows->capacity = rows->capacity ? 2 * rows->capacity : 1024;
            rows->rows = must_realloc(rows->rows, rows->capacity * sizeof *rows->rows);
        }
        span job = column_span(&batch->columns[C_JOB], i);
        if (!rows->job) rows->job = arena_text(&rows->arena, job);
        rows->mixed |= !span_is(job, rows->job);
        rows->rows[rows->count++] = (struct requeue_row){
            .shard = text_of(rows, batch, C_SHARD, i),
            .sequence = text_of(rows, batch, C_SEQUENCE, i),
            .sub_sequence = ((const int32_t *)batch->columns[C_SUB].values)[i],
            .partition_key = text_of(rows, batch, C_KEY, i),
            .data = text_of(rows, batch, C_DATA, i),
            .selected = bit_get(batch->columns[C_SELECTED].values, i),
        };
    }
}

/* Every row, and whether it is chosen: a run that died may have sent others. */
static error read_rows(const struct requeue_command_options *o, struct arena *arena, struct stores *s,
                       const char *database, const char *table, struct rows *rows)
{
    struct query_engine *engine;
    const char *text = arena_printf(
        arena,
        "SELECT DISTINCT job, shard, sequence_number, CAST(sub_sequence_number AS INTEGER), "
        "partition_key, data, COALESCE(CAST((%s) AS BOOLEAN), FALSE) FROM \"%s\".\"%s\" "
        "ORDER BY 2, 3, 4", o->where ? o->where : "TRUE", database, table);
    TRY(query_open_over(s->catalog, s->objects, !s->path, &engine));
    struct query_sink sink = {rows, ignore_columns, take_rows};
    struct query_request request = {.text = text, .database = database};
    error e = query_run(engine, &request, &sink, NULL, NULL);
    query_close(engine);
    return e;
}

/* ---- sending ---- */

static error table_location(struct stores *s, struct arena *arena, const char *database,
                            const char *table, const char **out)
{
    json_t *document;
    TRY(s->catalog->ops->get_table(s->catalog, database, table, &document));
    const char *location = json_text(json_object_get(document, "StorageDescriptor"), "Location");
    size_t length = location ? strlen(location) : 0;
    error e = length ? OK : fail(ERR_INVALID_INPUT, "table %s.%s has no location", database, table);
    if (e == OK) *out = arena_printf(arena, "%s%s", location, location[length - 1] == '/' ? "" : "/");
    json_decref(document);
    return e;
}

/* The stream of the job that quarantined the rows, as its checkpoint names it. */
static error stream_of(const struct requeue_command_options *o, struct stores *s, struct arena *arena,
                       const struct rows *rows, const char *location, const char **out)
{
    const char *bucket, *key;
    json_t *document;
    *out = o->stream_name;
    if (*out) return OK;
    if (rows->mixed) return fail(ERR_USAGE, "the table has records of several jobs: give --stream-name");
    TRY(object_url_parse(arena, location, &bucket, &key));
    error e = job_checkpoint(s->objects, arena_printf(arena, "s3://%s/cp/%s", bucket, rows->job), &document);
    if (e != OK) return fail_context(e, "which stream? give --stream-name");
    const char *name = json_text(json_object_get(document, "metadata"), "stream");
    if (name) *out = arena_text(arena, span_of(name));
    json_decref(document);
    return name ? OK : fail(ERR_CORRUPT, "the checkpoint of job %s names no stream", rows->job);
}

static error send_rows(const struct requeue_command_options *o, struct arena *arena, struct stores *s,
                       const char *database, const char *table, const struct rows *rows,
                       struct requeue_report *report)
{
    struct requeue_options requeue = {.objects = s->objects, .rows = rows->rows, .count = rows->count,
                                      .take_over = s->path || o->take_over,
                                      .settle_us = s->path ? 0 : SETTLE_US};
    const char *stream;
    TRY(table_location(s, arena, database, table, &requeue.journal));
    if (rows->count == 0) return OK;
    TRY(stream_of(o, s, arena, rows, requeue.journal, &stream));
    TRY(stores_stream(s, stream, NULL, &requeue.stream));
    error e = job_requeue(&requeue, report);
    requeue.stream->ops->close(requeue.stream);
    return e;
}

/* One requeue at a time in a data directory; the lock ends with the process. Over the network the
 * journal alone keeps two apart. */
static error lock_requeue(struct stores *s, int *file)
{
    if (!s->path) return OK;
    const char *name = arena_printf(&s->arena, "%s/requeue.lock", s->path);
    *file = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*file < 0) return fail_errno("open %s", name);
    return flock(*file, LOCK_EX | LOCK_NB) == 0
               ? OK
               : fail(ERR_CONFLICT, "another `sluice requeue' is running over %s", s->path);
}

static error requeue(const struct requeue_command_options *o, struct arena *arena,
                     const char *database, const char *table, struct rows *rows,
                     struct requeue_report *report)
{
    struct stores s;
    int lock = -1;
    error e = stores_open(&o->stores, &s);
    if (e == OK) e = lock_requeue(&s, &lock);
    if (e == OK) e = read_rows(o, arena, &s, database, table, rows);
    if (e == OK) e = send_rows(o, arena, &s, database, table, rows, report);
    stores_close(&s);
    if (lock >= 0) close(lock);
    return e;
}

static void print_report(const struct requeue_command_options *o, const struct requeue_report *r)
{
    if (o->json) {
        json_t *line = json_pack("{s:I, s:I, s:I, s:I}", "sent", (json_int_t)r->sent, "sent_before",
                                 (json_int_t)r->before, "found", (json_int_t)r->found, "refused",
                                 (json_int_t)r->refused);
        print_json_line(line);
        json_decref(line);
        return;
    }
    printf("%s records put back into the stream; %s were before", grouped(r->sent), grouped(r->before));
    if (r->refused) printf("; %s not taken by the stream: run it again", grouped(r->refused));
    putchar('\n');
}

static int requeue_run(const void *given, int count, char **arguments)
{
    (void)count;
    const struct requeue_command_options *o = given;
    struct arena arena = {0};
    const char *database, *table;
    if (strchr(arguments[0], '"') || !table_name_split(&arena, arguments[0], &database, &table))
        return usage_error(&requeue_command, "'%s' is not of the form DATABASE.TABLE", arguments[0]);
    struct rows rows = {0};
    struct requeue_report report = {0};
    error e = requeue(o, &arena, database, table, &rows, &report);
    if (e == OK) print_report(o, &report);
    int status = e != OK ? command_failed(&requeue_command, e) : report.refused ? STATUS_DATA : STATUS_OK;
    free(rows.rows);
    arena_release(&rows.arena);
    arena_release(&arena);
    return status;
}

#define OFFSET(member) offsetof(struct requeue_command_options, member)

static const struct option_row requeue_options[] = {
    STORE_OPTIONS(OFFSET(stores)),
    {.name = "where", .type = OPTION_STRING, .argument = "CONDITION",
     .summary = "Which rows, in SQL over the table's columns (default: all)", .offset = OFFSET(where)},
    {.name = "stream-name", .type = OPTION_STRING, .argument = "NAME",
     .summary = "The stream (default: the one that the job's checkpoint names)",
     .offset = OFFSET(stream_name)},
    {.name = "json", .type = OPTION_TRUE, .summary = JSON_SUMMARY, .offset = OFFSET(json)},
    {.name = "take-over", .type = OPTION_TRUE,
     .summary = "Over remote stores: the run that left the journal open is dead, and what it sent has "
                "arrived", .offset = OFFSET(take_over)},
    {0},
};

const struct command requeue_command = {
    .name = "requeue",
    .summary = "Put quarantined records back into their stream, once",
    .arguments = "DATABASE.TABLE",
    .arguments_min = 1,
    .arguments_max = 1,
    .description =
        "After the job or the schema was mended: puts the bytes of the table's rows back into the "
        "stream, under their own partition keys, so that the job reads them again. The rows stay as "
        "they are; a journal beside the table's files says which went, so that each goes once, over "
        "any number of runs, whatever dies meanwhile. A record that fails again is a new row.\n\n"
        "After a death in the middle of a put the stream itself tells which records went, by "
        "partition key and bytes: a producer that puts the very same between that death and the "
        "next run is taken for this command.",
    .examples = "  sluice requeue ventilatordb.ventilators_parquet_quarantine\n"
                "  sluice requeue db.t_quarantine --where \"reason = 'bad value' AND column_name = 'o2stats'\"\n",
    .options = requeue_options,
    .defaults = &(const struct requeue_command_options){.stores.account = default_account},
    .options_size = sizeof(struct requeue_command_options),
    .run = requeue_run,
};
