/* Objects below a location -> their footers -> groups of batches (see audit.h). Reads the tails of
 * files alone. */
#include "job/audit.h"

#include <stdlib.h>

enum { TAIL_BYTES = 64 << 10 };

/* ---- one file ---- */

static const char *footer_text(struct audit *a, const struct parquet_footer *footer, const char *key)
{
    span value = parquet_footer_value(footer, key);
    return value.data ? arena_text(&a->arena, value) : NULL;
}

/* The footer of a file, whose length is known only when its end was read. */
static error read_footer(struct audit *a, struct audit_file *f, struct parquet_footer **out)
{
    struct buffer tail = {0};
    size_t want = f->size < TAIL_BYTES ? (size_t)f->size : TAIL_BYTES, need = 0;
    error e = OK;
    for (int round = 0; round < 2; round++) {
        buffer_reset(&tail);
        e = a->objects->ops->get_range(a->objects, f->bucket, f->key, -(int64_t)want, want, &tail);
        if (e == OK && tail.size != want)
            e = fail(ERR_CORRUPT, "it has fewer bytes than the object's size");
        if (e == OK)
            e = parquet_footer_read(&a->arena, arena_span(&a->arena, buffer_span(&tail)), f->size, out,
                                    &need);
        if (e != ERR_TOO_LARGE || need > (size_t)f->size) break;
        want = need;
    }
    uint8_t digest[MD5_SIZE];
    md5(digest, buffer_span(&tail));
    if (e == OK) f->tail = arena_copy(&a->arena, digest, sizeof digest);
    buffer_release(&tail);
    return e;
}

/* JOB-CHECKPOINT-BATCH[SUFFIX]-PART.codec.parquet; part -1: another name. */
static void read_name(struct audit *a, struct audit_file *f)
{
    f->part = -1;
    f->suffix = "";
    const char *stem = arena_printf(&a->arena, "%s-%s-%012lld", job_safe_name(&a->arena, f->job),
                                    f->checkpoint, (long long)f->batch);
    size_t length = strlen(stem);
    const char *dot = strchr(f->base + (strlen(f->base) > length ? length : 0), '.');
    if (strncmp(f->base, stem, length) != 0 || !dot) return;
    const char *dash = dot;
    while (dash > f->base + length && *dash != '-') dash--;
    int64_t part;
    if (*dash != '-' || !parse_int64((span){dash + 1, (size_t)(dot - dash - 1)}, &part)) return;
    if (part < 0 || part > INT32_MAX) return;
    f->part = (int)part;
    f->suffix = arena_text(&a->arena, (span){f->base + length, (size_t)(dash - f->base) - length});
}

static error check_ranges(const struct audit_file *f)
{
    if (!json_is_array(f->ranges)) return fail(ERR_CORRUPT, "its sluice.ranges is no list");
    size_t i;
    json_t *range;
    json_array_foreach(f->ranges, i, range) {
        struct position ignored;
        if (!json_text(range, "shard")) return fail(ERR_CORRUPT, "a range without a shard");
        TRY(position_read(json_object_get(range, "after"), &ignored));
        TRY(position_read(json_object_get(range, "through"), &ignored));
    }
    return OK;
}

static error read_keys(struct audit *a, struct audit_file *f, const struct parquet_footer *footer)
{
    const char *job = footer_text(a, footer, "sluice.job");
    const char *checkpoint = footer_text(a, footer, "sluice.checkpoint");
    span batch = parquet_footer_value(footer, "sluice.batch");
    span ranges = parquet_footer_value(footer, "sluice.ranges");
    span wall = parquet_footer_value(footer, "sluice.wall_time");
    span counts = parquet_footer_value(footer, "sluice.counts");
    f->rows = footer->rows;
    if (!job && !checkpoint && !batch.data) return OK;
    if (!job || !checkpoint || !parse_int64(batch, &f->batch) || f->batch < 0)
        return fail(ERR_CORRUPT, "its sluice.* keys are incomplete");
    TRY(json_read(ranges, &f->ranges));
    TRY(check_ranges(f));
    if (wall.data) TRY(date_parse_iso8601(wall, &f->wall_us));
    if (counts.data) TRY(json_read(counts, &f->counts));
    f->job = job;
    f->checkpoint = checkpoint;
    read_name(a, f);
    return OK;
}

static bool worth_stopping(error e)
{
    return e == ERR_NETWORK || e == ERR_TIMEOUT || e == ERR_UNAVAILABLE || e == ERR_ACCESS_DENIED;
}

static struct audit_file *add_entry(struct audit *a, struct audit_file file)
{
    if (a->file_count == a->file_capacity) {
        a->file_capacity = a->file_capacity ? 2 * a->file_capacity : 256;
        a->files = must_realloc(a->files, a->file_capacity * sizeof *a->files);
    }
    a->files[a->file_count] = file;
    return &a->files[a->file_count++];
}

/* One source of a merged file: what its own footer said. */
static error read_source(struct audit *a, struct audit_file *f, const char *folder, const json_t *source)
{
    const char *name = json_text(source, "name");
    const char *job = json_text(source, "job"), *checkpoint = json_text(source, "checkpoint");
    f->batch = json_integer_or(source, "batch", -1);
    f->rows = json_integer_or(source, "rows", -1);
    f->size = json_integer_or(source, "bytes", -1);
    f->wall_us = json_integer_or(source, "wall_us", 0);
    f->ranges = json_incref(json_object_get(source, "ranges"));
    f->counts = json_incref(json_object_get(source, "counts"));
    if (!name || !job || !checkpoint || f->batch < 0 || f->rows < 0 || f->size < 0)
        return fail(ERR_CORRUPT, "its sluice.merged lacks what a source must say");
    TRY(check_ranges(f));
    f->key = arena_printf(&a->arena, "%s%s", folder, name);
    f->base = f->key + strlen(folder);
    f->job = arena_text(&a->arena, span_of(job));
    f->checkpoint = arena_text(&a->arena, span_of(checkpoint));
    read_name(a, f);
    return OK;
}

static error read_sources(struct audit *a, size_t at, const json_t *merged)
{
    const char *folder = json_text(merged, "folder");
    int64_t rows = 0;
    size_t i;
    json_t *source;
    if (!folder) return fail(ERR_CORRUPT, "its sluice.merged does not say of which folder");
    json_array_foreach(json_object_get(merged, "sources"), i, source) {
        struct audit_file *f = add_entry(a, (struct audit_file){.suffix = "", .part = -1});
        const struct audit_file *of = &a->files[at];
        f->bucket = of->bucket;
        f->object = of->key;
        f->modified_us = of->modified_us;
        f->quarantined = of->quarantined;
        TRY(read_source(a, f, folder, source));
        rows += f->rows;
    }
    if (rows == a->files[at].rows) return OK;
    return fail(ERR_CORRUPT, "it has %lld rows, its sources had %lld", (long long)a->files[at].rows,
                (long long)rows);
}

/* The object at `at` as the files whose rows it holds. */
static error read_merged(struct audit *a, size_t at, span text)
{
    json_t *merged;
    size_t count = a->file_count;
    a->files[at].rows = a->files[at].footer->rows;
    TRY(json_read(text, &merged));
    error e = read_sources(a, at, merged);
    json_decref(merged);
    a->files[at].merged = e == OK;
    while (e != OK && a->file_count > count) {
        struct audit_file *f = &a->files[--a->file_count];
        json_decref(f->ranges);
        json_decref(f->counts);
    }
    return e;
}

static error read_file(struct audit *a, struct audit_file *f)
{
    struct parquet_footer *footer = NULL;
    size_t at = (size_t)(f - a->files);
    error e = read_footer(a, f, &footer);
    span merged = {NULL, 0};
    if (e == OK) {
        f->footer = footer;
        merged = parquet_footer_value(footer, "sluice.merged");
        e = merged.data ? read_merged(a, at, merged) : read_keys(a, f, footer);
    }
    if (e == OK || worth_stopping(e)) return e;
    f = &a->files[at];
    f->trouble = arena_text(&a->arena, span_of(error_text()));
    f->job = f->checkpoint = NULL;
    return OK;
}

/* ---- all files of a location ---- */

struct listing {
    struct audit *audit;
    const char *bucket;
    bool quarantined;
};

static error take_object(void *context, const struct object_info *object)
{
    struct listing *listing = context;
    struct audit *a = listing->audit;
    const char *slash = strrchr(object->key, '/'), *base = slash ? slash + 1 : object->key;
    if (object->size == 0 || !*base || *base == '_' || *base == '.') return OK; /* no data, as in SQL */
    return read_file(a, add_entry(a, (struct audit_file){.bucket = listing->bucket,
                                                         .key = object->key,
                                                         .object = object->key,
                                                         .base = base,
                                                         .size = object->size,
                                                         .modified_us = object->modified_us,
                                                         .part = -1,
                                                         .suffix = "",
                                                         .quarantined = listing->quarantined}));
}

error audit_read_files(struct audit *a, const char *location, bool quarantined)
{
    const char *bucket, *key;
    TRY(object_url_parse(&a->arena, location, &bucket, &key));
    size_t length = strlen(key);
    if (length && key[length - 1] != '/') key = arena_printf(&a->arena, "%s/", key);
    if (!a->bucket) {
        a->bucket = bucket;
        a->prefix = key;
    }
    struct listing listing = {a, bucket, quarantined};
    return ledger_list(a->objects, bucket, key, &a->arena, take_object, &listing);
}

/* ---- ledgers ---- */

static bool plan_writes_here(const struct audit *a, const json_t *plan)
{
    size_t i;
    json_t *file;
    json_array_foreach(json_object_get(plan, "files"), i, file) {
        const char *bucket = json_text(file, "bucket"), *key = json_text(file, "key");
        if (bucket && key && strcmp(bucket, a->bucket) == 0 &&
            strncmp(key, a->prefix, strlen(a->prefix)) == 0)
            return true;
    }
    return false;
}

bool audit_take_ledger(struct audit *a, struct ledger *ledger, bool always)
{
    bool here = always;
    for (size_t i = 0; !here && i < ledger->count; i++)
        here = plan_writes_here(a, ledger->batches[i].plan);
    if (!ledger->metadata || !here) return false;
    a->ledgers = must_realloc(a->ledgers, (a->ledger_count + 1) * sizeof *a->ledgers);
    a->ledgers[a->ledger_count++] = *ledger;
    return true;
}

/* ---- groups ---- */

int position_compare(const json_t *a, const json_t *b)
{
    struct position p, q; /* what cannot be read is a beginning */
    if (position_read(a, &p) != OK) p.type = POSITION_TRIM_HORIZON;
    if (position_read(b, &q) != OK) q.type = POSITION_TRIM_HORIZON;
    int rank_p = p.type == POSITION_SHARD_END ? 2 : p.type == POSITION_AFTER_SEQUENCE;
    int rank_q = q.type == POSITION_SHARD_END ? 2 : q.type == POSITION_AFTER_SEQUENCE;
    if (rank_p != rank_q) return rank_p - rank_q;
    return rank_p == 1 ? sequence_compare(p.sequence, q.sequence) : 0;
}

static struct audit_group *group_of(struct audit *a, const char *job, const char *checkpoint)
{
    for (size_t i = 0; i < a->group_count; i++)
        if (strcmp(a->groups[i].job, job) == 0 && strcmp(a->groups[i].checkpoint, checkpoint) == 0)
            return &a->groups[i];
    a->groups = must_realloc(a->groups, (a->group_count + 1) * sizeof *a->groups);
    struct audit_group *g = &a->groups[a->group_count++];
    *g = (struct audit_group){.job = job, .checkpoint = checkpoint};
    return g;
}

static struct audit_batch *batch_of(struct audit_group *g, int64_t number)
{
    for (size_t i = g->batch_count; i-- > 0;)
        if (g->batches[i].number == number) return &g->batches[i];
    g->batches = must_realloc(g->batches, (g->batch_count + 1) * sizeof *g->batches);
    struct audit_batch *b = &g->batches[g->batch_count++];
    *b = (struct audit_batch){.number = number, .ranges = json_object()};
    return b;
}

/* A file that was finished early knows less of its batch than the last one. */
static void add_range(struct audit_batch *b, const json_t *range)
{
    const char *shard = json_text(range, "shard");
    json_t *known = json_object_get(b->ranges, shard);
    if (!known || position_compare(json_object_get(range, "through"),
                                   json_object_get(known, "through")) > 0)
        json_object_set_new(b->ranges, shard, json_deep_copy(range));
}

static int64_t count_of(const json_t *counts, const char *name)
{
    return json_integer_or(counts, name, 0);
}

static void add_file(struct audit_batch *b, struct audit_file *f)
{
    b->files = must_realloc(b->files, (b->file_count + 1) * sizeof *b->files);
    b->files[b->file_count++] = f;
    b->wall_us = f->wall_us;
    size_t i;
    json_t *range;
    json_array_foreach(f->ranges, i, range) add_range(b, range);
    if (f->counts && (!b->counts || count_of(f->counts, "read") > count_of(b->counts, "read")))
        b->counts = f->counts;
}

static int by_number(const void *a, const void *b)
{
    const struct audit_batch *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

static int by_name(const void *a, const void *b)
{
    const struct audit_group *x = a, *y = b;
    int order = strcmp(x->job, y->job);
    return order ? order : strcmp(x->checkpoint, y->checkpoint);
}

static void add_ledger(struct audit *a, const struct ledger *l)
{
    struct audit_group *g = group_of(a, l->job, l->id);
    g->ledger = l;
    for (size_t i = 0; i < l->count; i++) {
        const struct ledger_batch *entry = &l->batches[i];
        if (!json_object_get(entry->plan, "ranges")) continue; /* a commit alone, or a fence */
        struct audit_batch *b = batch_of(g, entry->number);
        b->plan = entry->plan;
        b->commit = entry->commit;
        b->wall_us = json_integer_or(entry->plan, "wall_us", 0);
    }
}

void audit_group_files(struct audit *a)
{
    for (size_t i = 0; i < a->file_count; i++) {
        struct audit_file *f = &a->files[i];
        if (f->job) add_file(batch_of(group_of(a, f->job, f->checkpoint), f->batch), f);
    }
    for (size_t i = 0; i < a->ledger_count; i++) add_ledger(a, &a->ledgers[i]);
    for (size_t i = 0; i < a->group_count; i++)
        qsort(a->groups[i].batches, a->groups[i].batch_count, sizeof *a->groups[i].batches, by_number);
    if (a->group_count) qsort(a->groups, a->group_count, sizeof *a->groups, by_name);
}

void audit_release(struct audit *a)
{
    for (size_t i = 0; i < a->file_count; i++) {
        json_decref(a->files[i].ranges);
        json_decref(a->files[i].counts);
    }
    for (size_t i = 0; i < a->group_count; i++) {
        for (size_t k = 0; k < a->groups[i].batch_count; k++) {
            free(a->groups[i].batches[k].files);
            json_decref(a->groups[i].batches[k].ranges);
        }
        free(a->groups[i].batches);
    }
    for (size_t i = 0; i < a->ledger_count; i++) ledger_close(&a->ledgers[i]);
    free(a->files);
    free(a->groups);
    free(a->ledgers);
    arena_release(&a->arena);
}
