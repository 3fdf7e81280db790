/* A table, judged by what is written in its files' footers, the catalog and the checkpoints that
 * still exist: is every record of the stream's ranges in it exactly once?
 *
 * What proves it, per job and checkpoint:
 * - per shard the ranges of the batches follow each other, each from where the last one ended: a
 *   record in two ranges would be twice in the table, one in none is missing;
 * - a batch's files are those of its plan, with the plan's rows; where the plan is gone (a
 *   checkpoint keeps the last hundred), their numbers are without a gap, and
 *   read = rows + quarantined + filtered of the counts in the footers; of a script's tables, whose rows
 *   are no records, and of several targets: rows = the rows that were written;
 * - each file is there once, under the name that its footer says;
 * - the catalog has the folders of all files.
 *
 * The order of reading lets a job go on meanwhile: checkpoints, files, catalog. Batches that were
 * planned after the first are left out, a pending one may lack files. */
#include "job/audit.h"

#include <stdlib.h>

struct judge {
    struct audit audit;
    const struct audit_options *options;
    json_t *problems, *jobs;
    bool is_quarantine;              /* batches without bad records have no file in it */
    int partition_keys;
};

static void problem(struct judge *j, const char *kind, json_t *where /* stolen; may be NULL */,
                    const char *format, ...) PRINTF(4, 5);

static void problem(struct judge *j, const char *kind, json_t *where, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    char *text = NULL;
    CHECK(vasprintf(&text, format, list) >= 0);
    va_end(list);
    json_t *entry = json_pack("{s:s}", "kind", kind);
    if (where) json_object_update(entry, where);
    json_decref(where);
    json_object_set_new(entry, "text", json_from_span(span_of(text)));
    json_array_append_new(j->problems, entry);
    free(text);
}

static json_t *at_file(const struct audit_file *f)
{
    return json_pack("{s:s, s:s}", "bucket", f->bucket, "key", f->key);
}

static json_t *at_batch(const struct audit_group *g, const struct audit_batch *b)
{
    return json_pack("{s:s, s:s, s:I}", "job", g->job, "checkpoint", g->checkpoint, "batch",
                     (json_int_t)b->number);
}

/* ---- files ---- */

static bool in_location(const struct judge *j, const char *bucket, const char *key)
{
    const struct audit *a = &j->audit;
    return bucket && key && strcmp(bucket, a->bucket) == 0 &&
           strncmp(key, a->prefix, strlen(a->prefix)) == 0;
}

static const json_t *planned_file(const struct audit_batch *b, const struct audit_file *f)
{
    size_t i;
    json_t *file;
    json_array_foreach(json_object_get(b->plan, "files"), i, file) {
        const char *key = json_text(file, "key"), *bucket = json_text(file, "bucket");
        if (key && bucket && strcmp(key, f->key) == 0 && strcmp(bucket, f->bucket) == 0) return file;
    }
    return NULL;
}

/* The better name for the original: planned, then named as its footer says, then the first. */
static int originality(const struct audit_batch *b, const struct audit_file *f)
{
    return (planned_file(b, f) ? 2 : 0) + (f->part >= 0 ? 1 : 0);
}

static bool is_source(const struct audit_file *f)
{
    return strcmp(f->object, f->key) != 0;
}

/* A file and the one that it was merged into are both there: then one of the two is in the catalog. */
static bool is_unfinished(struct judge *j, const struct audit_batch *b, struct audit_file *f,
                          struct audit_file *g)
{
    if (is_source(f) == is_source(g) || strcmp(f->key, g->key) != 0) return false;
    struct audit_file *original = is_source(f) ? g : f, *merged = is_source(f) ? f : g;
    original->copy = merged->unsettled = original->unsettled = true;
    for (size_t i = 0; i < j->audit.file_count; i++) { /* once for all its sources */
        struct audit_file *other = &j->audit.files[i];
        if (other != merged && other->told && strcmp(other->object, merged->object) == 0) return true;
    }
    merged->told = true;
    problem(j, "unfinished compaction", at_file(original),
            "%s and files that were merged into it are both there (batch %lld of job %s): run `sluice "
            "compact' again", merged->object, (long long)b->number, merged->job);
    return true;
}

static void find_copies(struct judge *j, struct audit_batch *b)
{
    for (size_t i = 0; i < b->file_count; i++) {
        struct audit_file *f = b->files[i];
        for (size_t k = 0; k < i && !f->copy; k++) {
            struct audit_file *g = b->files[k];
            bool alike = f->size == g->size && f->tail && g->tail && !memcmp(f->tail, g->tail, MD5_SIZE);
            bool same = alike || strcmp(f->base, g->base) == 0;
            if (!same || g->copy || is_unfinished(j, b, f, g)) continue;
            bool later = originality(b, f) <= originality(b, g);
            struct audit_file *copy = later ? f : g, *original = later ? g : f;
            copy->copy = true;
            problem(j, "duplicate file", at_file(copy), "a copy of %s: its %lld rows are there twice",
                    original->key, (long long)copy->rows);
        }
    }
}

static void judge_names(struct judge *j, const struct audit_batch *b)
{
    for (size_t i = 0; i < b->file_count; i++) {
        struct audit_file *f = b->files[i];
        if (f->part < 0 && !f->copy)
            problem(j, "renamed file", at_file(f), "its footer says batch %lld of job %s, its name does not",
                    (long long)f->batch, f->job);
    }
}

/* Without a plan: parts of a name are numbered from 0. */
static void judge_parts(struct judge *j, const struct audit_group *g, const struct audit_batch *b)
{
    for (size_t i = 0; i < b->file_count; i++) {
        const struct audit_file *f = b->files[i];
        if (f->part <= 0 || f->copy) continue;
        bool before = false;
        for (size_t k = 0; k < b->file_count && !before; k++)
            before = b->files[k]->part == f->part - 1 && strcmp(b->files[k]->suffix, f->suffix) == 0;
        if (!before)
            problem(j, "missing file", at_batch(g, b), "part %d of batch %lld is missing: part %d is %s",
                    f->part - 1, (long long)b->number, f->part, f->key);
    }
}

static const struct audit_file *file_at(const struct judge *j, const char *bucket, const char *key)
{
    for (size_t i = 0; i < j->audit.file_count; i++) {
        const struct audit_file *f = &j->audit.files[i];
        if (strcmp(f->key, key) == 0 && strcmp(f->bucket, bucket) == 0) return f;
    }
    return NULL;
}

/* The plan's files must be there, whole; returns whether they are. */
static bool judge_planned(struct judge *j, const struct audit_group *g, const struct audit_batch *b)
{
    bool whole = true;
    size_t i;
    json_t *planned;
    json_array_foreach(json_object_get(b->plan, "files"), i, planned) {
        const char *bucket = json_text(planned, "bucket"), *key = json_text(planned, "key");
        if (!in_location(j, bucket, key)) continue;
        const struct audit_file *f = file_at(j, bucket, key);
        int64_t rows = json_integer_or(planned, "rows", -1), bytes = json_integer_or(planned, "bytes", -1);
        if (f && f->trouble) {
            whole = false;
        } else if (!f || !f->job) {
            whole = false;
            json_t *where = at_batch(g, b);
            json_object_set_new(where, "key", json_string(key));
            problem(j, "missing file", where, "%s of batch %lld is missing: %lld rows", key,
                    (long long)b->number, (long long)rows);
        } else if (f->rows != rows || f->size != bytes) {
            whole = false;
            problem(j, "wrong file", at_file(f), "%lld rows in %lld bytes, planned were %lld in %lld",
                    (long long)f->rows, (long long)f->size, (long long)rows, (long long)bytes);
        }
    }
    return whole;
}

static void judge_unplanned(struct judge *j, const struct audit_batch *b)
{
    for (size_t i = 0; i < b->file_count; i++) {
        const struct audit_file *f = b->files[i];
        if (!f->quarantined && !f->copy && f->part >= 0 && !planned_file(b, f))
            problem(j, "foreign file", at_file(f), "batch %lld of job %s was planned without this file",
                    (long long)b->number, f->job);
    }
}

/* ---- counts ---- */

static int64_t rows_of(const struct audit_batch *b, bool quarantined)
{
    int64_t rows = 0;
    for (size_t i = 0; i < b->file_count; i++)
        if (b->files[i]->quarantined == quarantined && !b->files[i]->copy) rows += b->files[i]->rows;
    return rows;
}

static int64_t planned_rows(const struct judge *j, const struct audit_batch *b)
{
    int64_t rows = 0;
    size_t i;
    json_t *file;
    json_array_foreach(json_object_get(b->plan, "files"), i, file)
        if (in_location(j, json_text(file, "bucket"), json_text(file, "key")))
            rows += json_integer_or(file, "rows", 0);
    return rows;
}

static int64_t range_records(const struct audit_batch *b)
{
    int64_t records = 0;
    const char *shard;
    json_t *range;
    json_object_foreach(b->ranges, shard, range) records += json_integer_or(range, "records", 0);
    return records;
}

static int target_count(const struct audit_batch *b)
{
    const char *first = NULL;
    size_t i;
    json_t *file;
    json_array_foreach(json_object_get(b->plan, "files"), i, file) {
        const char *target = json_text(file, "target");
        if (!target || strcmp(target, "quarantine") == 0) continue;
        if (first && strcmp(first, target) != 0) return 2;
        first = target;
    }
    return 1;
}

/* With a plan: its files' rows, its own sums, and the run's record of the batch. */
static void judge_planned_counts(struct judge *j, const struct audit_group *g,
                                 const struct audit_batch *b)
{
    static const char *const names[] = {"read", "written", "quarantined", "filtered"};
    const json_t *counts = json_object_get(b->plan, "counts");
    int64_t c[4], rows = rows_of(b, false), planned = planned_rows(j, b);
    for (int i = 0; i < 4; i++) {
        c[i] = json_integer_or(counts, names[i], 0);
        if (b->commit && json_integer_or(b->commit, names[i], 0) != c[i])
            problem(j, "wrong count", at_batch(g, b), "batch %lld was planned with %lld records %s, "
                    "committed with %lld", (long long)b->number, (long long)c[i], names[i],
                    (long long)json_integer_or(b->commit, names[i], 0));
    }
    if (rows != planned)
        problem(j, "wrong count", at_batch(g, b), "batch %lld has %lld rows, planned were %lld",
                (long long)b->number, (long long)rows, (long long)planned);
    if (range_records(b) != c[0])
        problem(j, "wrong count", at_batch(g, b), "the ranges of batch %lld hold %lld records, it read %lld",
                (long long)b->number, (long long)range_records(b), (long long)c[0]);
    if (target_count(b) == 1 && c[0] != c[1] + c[2] + c[3])
        problem(j, "wrong count", at_batch(g, b),
                "batch %lld: %lld records read, but %lld written, %lld quarantined, %lld filtered",
                (long long)b->number, (long long)c[0], (long long)c[1], (long long)c[2], (long long)c[3]);
}

/* Rows of the table's files with the same suffix as `of`, and the most that their footers say. */
static int64_t rows_beside(const struct audit_batch *b, const struct audit_file *of, int64_t *said)
{
    int64_t rows = 0;
    *said = -1;
    for (size_t i = 0; i < b->file_count; i++) {
        const struct audit_file *f = b->files[i];
        if (f->quarantined || f->copy || f->part < 0 || strcmp(f->suffix, of->suffix) != 0) continue;
        int64_t counted = json_integer_or(f->counts, "rows", -1);
        if (counted > *said) *said = counted;
        rows += f->rows;
    }
    return rows;
}

/* Of each table that a program wrote in the batch, or of each target: as many rows as were written. */
static void judge_written_rows(struct judge *j, const struct audit_group *g,
                               const struct audit_batch *b)
{
    json_t *seen = json_object();
    for (size_t i = 0; i < b->file_count; i++) {
        const struct audit_file *f = b->files[i];
        int64_t said;
        if (f->quarantined || f->copy || f->part < 0 || json_object_get(seen, f->suffix)) continue;
        json_object_set_new(seen, f->suffix, json_true());
        int64_t rows = rows_beside(b, f, &said);
        if (said >= 0 && rows != said)
            problem(j, "wrong count", at_batch(g, b), "batch %lld wrote %lld rows as %s...%s, there are %lld",
                    (long long)b->number, (long long)said, f->job, f->suffix, (long long)rows);
    }
    json_decref(seen);
}

/* Without one: the counts that the last finished file of the batch carries. */
static void judge_footer_counts(struct judge *j, const struct audit_group *g,
                                const struct audit_batch *b)
{
    if (!b->counts || json_integer_or(b->counts, "targets", 0) != 1) {
        judge_written_rows(j, g, b);
        return;
    }
    int64_t read = range_records(b), filtered = json_integer_or(b->counts, "filtered", 0);
    int64_t rows = rows_of(b, false), quarantined = rows_of(b, true);
    if (json_integer_or(b->counts, "read", 0) == read && read != rows + quarantined + filtered)
        problem(j, "wrong count", at_batch(g, b),
                "batch %lld: %lld records in its ranges, but %lld rows, %lld quarantined, %lld filtered",
                (long long)b->number, (long long)read, (long long)rows, (long long)quarantined,
                (long long)filtered);
}

/* ---- ranges ---- */

static const char *position_words(struct arena *arena, const json_t *position)
{
    const char *sequence = json_text(position, "sequence");
    if (sequence) return sequence;
    const char *type = json_text(position, "type");
    return arena_text(arena, span_of(type ? type : "?"));
}

/* Footers may know a part of a batch; the plan knows all of it. */
static void use_planned_ranges(struct judge *j, const struct audit_group *g, struct audit_batch *b)
{
    json_t *planned = json_object();
    size_t i;
    json_t *range;
    json_array_foreach(json_object_get(b->plan, "ranges"), i, range)
        if (json_text(range, "shard"))
            json_object_set(planned, json_text(range, "shard"), range);
    const char *shard;
    json_object_foreach(b->ranges, shard, range) {
        const json_t *of = json_object_get(planned, shard);
        if (!of || !json_equal(json_object_get(of, "after"), json_object_get(range, "after")) ||
            position_compare(json_object_get(range, "through"), json_object_get(of, "through")) > 0)
            problem(j, "wrong range", at_batch(g, b),
                    "a footer of batch %lld has another range of shard %s than its plan",
                    (long long)b->number, shard);
    }
    json_decref(b->ranges);
    b->ranges = planned;
}

struct chain {                       /* of one shard */
    const json_t *through;
    int64_t batch, batches, records;
    const char *first, *last;        /* sequence numbers */
    int gaps, overlaps;
};

static void judge_link(struct judge *j, const struct audit_group *g, const struct audit_batch *b,
                       const char *shard, const json_t *range, struct chain *c)
{
    struct arena *arena = &j->audit.arena;
    const json_t *after = json_object_get(range, "after");
    json_t *start = json_pack("{s:s}", "type", "TRIM_HORIZON");
    int order = position_compare(after, c->through ? c->through : start);
    json_decref(start);
    json_t *where = order ? at_batch(g, b) : NULL;
    if (order) {
        json_object_set_new(where, "shard", json_string(shard));
        json_object_set_new(where, "expected", c->through ? json_deep_copy(c->through)
                                                          : json_string("the shard's beginning"));
        json_object_set_new(where, "found", json_deep_copy(after));
    }
    if (order > 0) {
        c->gaps++;
        problem(j, "gap", where, "shard %s: records after %s, up to %s, are in no batch (before batch %lld)",
                shard, c->through ? position_words(arena, c->through) : "the beginning",
                position_words(arena, after), (long long)b->number);
    } else if (order < 0) {
        c->overlaps++;
        problem(j, "overlap", where,
                "shard %s: records after %s, up to %s, are in batch %lld and again in batch %lld", shard,
                position_words(arena, after), position_words(arena, c->through), (long long)c->batch,
                (long long)b->number);
    }
    const json_t *through = json_object_get(range, "through");
    if (!c->through || position_compare(through, c->through) > 0) {
        c->through = through;
        c->batch = b->number;
    }
    c->batches++;
    c->records += json_integer_or(range, "records", 0);
    const char *first = json_text(range, "first"), *last = json_text(range, "last");
    if (first && !c->first) c->first = first;
    if (last) c->last = last;
}

static json_t *judge_shard(struct judge *j, const struct audit_group *g, const char *shard)
{
    struct chain c = {0};
    for (size_t i = 0; i < g->batch_count; i++) {
        const json_t *range = json_object_get(g->batches[i].ranges, shard);
        if (range) judge_link(j, g, &g->batches[i], shard, range, &c);
    }
    return json_pack("{s:s, s:I, s:I, s:s?, s:s?, s:i, s:i, s:O}", "shard", shard, "batches",
                     (json_int_t)c.batches, "records", (json_int_t)c.records, "first", c.first, "last",
                     c.last, "gaps", c.gaps, "overlaps", c.overlaps, "through", c.through);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *judge_shards(struct judge *j, const struct audit_group *g)
{
    json_t *all = json_object(), *out = json_array();
    for (size_t i = 0; i < g->batch_count; i++) {
        const char *shard;
        json_t *range;
        json_object_foreach(g->batches[i].ranges, shard, range)
            json_object_set_new(all, shard, json_null());
    }
    size_t count = json_object_size(all), at = 0;
    const char **shards = ARENA_ARRAY(&j->audit.arena, const char *, count), *shard;
    json_t *ignored;
    json_object_foreach(all, shard, ignored) shards[at++] = shard;
    if (count) qsort(shards, count, sizeof *shards, by_text);
    for (size_t i = 0; i < count; i++) json_array_append_new(out, judge_shard(j, g, shards[i]));
    json_decref(all);
    return out;
}

/* ---- one job ---- */

/* Planned while the audit runs: more of it may be there than was read. */
static bool is_newer(const struct audit_group *g, const struct audit_batch *b)
{
    return g->ledger && !b->plan && b->number > g->ledger->planned;
}

static bool is_pending(const struct audit_batch *b)
{
    return b->plan && !b->commit;
}

static void judge_batch(struct judge *j, struct audit_group *g, struct audit_batch *b)
{
    find_copies(j, b);
    judge_names(j, b);
    if (b->plan) use_planned_ranges(j, g, b);
    if (is_pending(b)) return;
    if (!b->plan) {
        judge_parts(j, g, b);
        if (!j->is_quarantine) judge_footer_counts(j, g, b);
        return;
    }
    /* A batch that was read again after its staged bytes were lost may be cut into other files. */
    bool again = json_is_set(b->commit, "recovered") && rows_of(b, false) == planned_rows(j, b);
    if (!again) {
        judge_unplanned(j, b);
        if (!judge_planned(j, g, b)) return;
    }
    judge_planned_counts(j, g, b);
}

static bool has_files(const struct audit_batch *b)
{
    return b->file_count || json_array_size(json_object_get(b->plan, "files"));
}

/* Each batch with files names the one before it; the others, and those taken back, leave no trace. */
static void judge_numbers(struct judge *j, const struct audit_group *g)
{
    int64_t last = -1;
    for (size_t i = 0; i < g->batch_count; i++) {
        const struct audit_batch *b = &g->batches[i];
        const json_t *says = b->plan ? b->plan : b->counts;
        int64_t previous = json_integer_or(says, "previous", last);
        bool program = json_integer_or(b->counts, "targets", 1) == 0; /* its batches write here or there */
        if (!has_files(b)) continue;
        if (previous > last && !program)
            problem(j, "missing batch",
                    json_pack("{s:s, s:s, s:I, s:I}", "job", g->job, "checkpoint", g->checkpoint, "first",
                              (json_int_t)(last + 1), "last", (json_int_t)previous),
                    "job %s: nothing is there of batch %lld, which comes before batch %lld", g->job,
                    (long long)previous, (long long)b->number);
        if (previous < last)
            problem(j, "foreign batch", at_batch(g, b),
                    "job %s: batch %lld comes after batch %lld, but files of batch %lld are there", g->job,
                    (long long)b->number, (long long)previous, (long long)last);
        last = b->number;
    }
}

static json_t *job_document(struct judge *j, const struct audit_group *g)
{
    int64_t rows = 0, quarantined = 0, records = 0, files = 0, pending = -1;
    for (size_t i = 0; i < g->batch_count; i++) {
        const struct audit_batch *b = &g->batches[i];
        rows += rows_of(b, false);
        quarantined += rows_of(b, true);
        records += range_records(b);
        files += (int64_t)b->file_count;
        if (is_pending(b)) pending = b->number;
    }
    json_t *out = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "job", g->job, "checkpoint",
                            g->checkpoint, "batches", (json_int_t)g->batch_count, "last_batch",
                            (json_int_t)(g->batch_count ? g->batches[g->batch_count - 1].number : -1),
                            "files", (json_int_t)files, "records", (json_int_t)records, "rows",
                            (json_int_t)rows, "quarantined", (json_int_t)quarantined);
    json_object_set_new(out, "pending_batch", pending >= 0 ? json_integer(pending) : json_null());
    json_object_set_new(out, "checkpoint_url",
                        g->ledger ? json_string(arena_printf(&j->audit.arena, "s3://%s/%s",
                                                             g->ledger->bucket, g->ledger->prefix))
                                  : json_null());
    return out;
}

static void judge_group(struct judge *j, struct audit_group *g)
{
    while (g->batch_count && is_newer(g, &g->batches[g->batch_count - 1])) {
        struct audit_batch *b = &g->batches[--g->batch_count];
        free(b->files);
        json_decref(b->ranges);
    }
    for (size_t i = 0; i < g->batch_count; i++) judge_batch(j, g, &g->batches[i]);
    if (g->ledger && ledger_rewinding(g->ledger))
        problem(j, "unfinished rewind", json_pack("{s:s}", "job", g->job),
                "batches of job %s are being taken back: run `sluice checkpoint rewind' again", g->job);
    json_t *document = job_document(j, g);
    if (!j->is_quarantine) {
        judge_numbers(j, g);
        json_object_set_new(document, "shards", judge_shards(j, g));
    }
    json_array_append_new(j->jobs, document);
}

/* A job that is not the table's: another than asked for; or without a checkpoint where others have
 * theirs, and not an earlier life of one of them. */
static bool is_foreign(const struct judge *j, const struct audit_group *g)
{
    if (j->options->job) return strcmp(g->job, j->options->job) != 0;
    bool others = false;
    for (size_t i = 0; i < j->audit.ledger_count; i++) {
        if (strcmp(j->audit.ledgers[i].job, g->job) == 0) return false;
        others = true;
    }
    return others;
}

static void tell_foreign(struct judge *j, const struct audit_group *g)
{
    for (size_t i = 0; i < g->batch_count; i++)
        for (size_t k = 0; k < g->batches[i].file_count; k++)
            if (!g->batches[i].files[k]->quarantined)
                problem(j, "foreign file", at_file(g->batches[i].files[k]),
                        "it is batch %lld of job %s, which does not write this table",
                        (long long)g->batches[i].number, g->job);
}

/* A job that started over with a new checkpoint, but not with an empty table, has read records
 * twice: then what it read of a shard under one checkpoint meets what it read under the other. */
static void judge_lives(struct judge *j, const json_t *one, const json_t *other)
{
    size_t i, k;
    json_t *a, *b;
    json_array_foreach(json_object_get(one, "shards"), i, a) {
        json_array_foreach(json_object_get(other, "shards"), k, b) {
            struct sequence first[2], last[2];
            if (strcmp(json_text(a, "shard"), json_text(b, "shard")) != 0) continue;
            if (!json_text(a, "first") || !json_text(b, "first") ||
                sequence_parse(span_of(json_text(a, "first")), &first[0]) != OK ||
                sequence_parse(span_of(json_text(a, "last")), &last[0]) != OK ||
                sequence_parse(span_of(json_text(b, "first")), &first[1]) != OK ||
                sequence_parse(span_of(json_text(b, "last")), &last[1]) != OK)
                continue;
            if (sequence_compare(first[0], last[1]) <= 0 && sequence_compare(first[1], last[0]) <= 0)
                problem(j, "overlap", json_pack("{s:O, s:O}", "job", json_object_get(one, "job"), "shard",
                                                json_object_get(a, "shard")),
                        "shard %s was read by job %s under checkpoint %s and again under %s",
                        json_text(a, "shard"), json_text(one, "job"), json_text(one, "checkpoint"),
                        json_text(other, "checkpoint"));
        }
    }
}

static void judge_all_lives(struct judge *j)
{
    for (size_t i = 0; i < json_array_size(j->jobs); i++)
        for (size_t k = 0; k < i; k++) {
            const json_t *a = json_array_get(j->jobs, i), *b = json_array_get(j->jobs, k);
            if (strcmp(json_text(a, "job"), json_text(b, "job")) == 0) judge_lives(j, b, a);
        }
}

/* ---- catalog ---- */

static const char *folder_of(struct arena *arena, const struct audit_file *f)
{
    const char *slash = strrchr(f->object, '/');
    return arena_printf(arena, "s3://%s/%.*s", f->bucket, slash ? (int)(slash - f->object) + 1 : 0,
                        f->object);
}

static const char *location_of(struct arena *arena, const char *location)
{
    const char *bucket, *key;
    if (object_url_parse(arena, location, &bucket, &key) != OK) return location;
    size_t length = strlen(key);
    return arena_printf(arena, "s3://%s/%s%s", bucket, key, length && key[length - 1] != '/' ? "/" : "");
}

static bool take_partition(void *context, json_t *partition)
{
    json_t *locations = context;
    const char *location = json_text(json_object_get(partition, "StorageDescriptor"), "Location");
    json_object_set(locations, location ? location : "", json_object_get(partition, "Values"));
    return true;
}

static bool of_pending(const struct judge *j, const struct audit_file *f)
{
    for (size_t i = 0; f->job && i < j->audit.group_count; i++) {
        const struct audit_group *g = &j->audit.groups[i];
        if (strcmp(g->checkpoint, f->checkpoint) != 0 || !g->ledger) continue;
        const struct ledger_batch *b = ledger_find(g->ledger, f->batch);
        return f->batch > g->ledger->planned || (b && b->plan && !b->commit);
    }
    return false;
}

static error judge_catalog(struct judge *j, int64_t *partitions)
{
    struct arena *arena = &j->audit.arena;
    json_t *raw = json_object(), *registered = json_object(), *folders = json_object();
    const struct audit_options *o = j->options;
    error e = o->catalog->ops->partitions(o->catalog, o->database, o->table, NULL, take_partition,
                                          raw);
    const char *location;
    json_t *values;
    json_object_foreach(raw, location, values)
        json_object_set(registered, location_of(arena, location), values);
    for (size_t i = 0; e == OK && i < j->audit.file_count; i++) {
        const struct audit_file *f = &j->audit.files[i];
        if (!in_location(j, f->bucket, f->key)) continue;
        const char *folder = folder_of(arena, f);
        if (!json_object_get(registered, folder) && !json_object_get(folders, folder) &&
            !of_pending(j, f) && !f->unsettled && !f->merged)
            problem(j, "unregistered folder", json_pack("{s:s}", "location", folder),
                    "%s has data but is no partition of the table: queries do not see it", folder);
        json_object_set_new(folders, folder, json_null());
    }
    json_object_foreach(registered, location, values)
        if (e == OK && !json_object_get(folders, location))
            problem(j, "empty partition", json_pack("{s:s, s:O}", "location", location, "values", values),
                    "partition %s has no data", location);
    *partitions = (int64_t)json_object_size(registered);
    json_decref(raw);
    json_decref(registered);
    json_decref(folders);
    return e;
}

/* ---- reading ---- */

static error take_checkpoint(void *context, struct ledger *ledger)
{
    if (!audit_take_ledger(context, ledger, false)) ledger_close(ledger);
    return OK;
}

static error read_ledgers(struct judge *j)
{
    struct audit *a = &j->audit;
    if (j->options->checkpoint) {
        struct ledger ledger;
        TRY(ledger_open(&a->arena, a->objects, j->options->checkpoint, &ledger));
        if (!ledger.metadata)
            return fail(ERR_NOT_FOUND, "there is no checkpoint at %s", j->options->checkpoint);
        audit_take_ledger(a, &ledger, true);
        return OK;
    }
    return ledger_each(&a->arena, a->objects, a->bucket, take_checkpoint, a);
}

/* The quarantined records of the jobs that write the table are part of what they read. */
static error read_quarantines(struct judge *j)
{
    struct audit *a = &j->audit;
    json_t *jobs = json_object();
    for (size_t i = 0; i < a->ledger_count; i++)
        json_object_set_new(jobs, a->ledgers[i].job, json_null());
    for (size_t i = 0; i < a->file_count; i++)
        if (a->files[i].job) json_object_set_new(jobs, a->files[i].job, json_null());
    error e = OK;
    const char *job;
    json_t *ignored;
    json_object_foreach(jobs, job, ignored)
        if (e == OK)
            e = audit_read_files(a, arena_printf(&a->arena, "s3://%s/quarantine/%s/", a->bucket,
                                                 job_safe_name(&a->arena, job)), true);
    json_decref(jobs);
    return e;
}

static error read_all(struct judge *j, const char *location)
{
    struct audit *a = &j->audit;
    const char *key;
    TRY(object_url_parse(&a->arena, location, &a->bucket, &key));
    size_t length = strlen(key);
    a->prefix = length && key[length - 1] != '/' ? arena_printf(&a->arena, "%s/", key) : key;
    j->is_quarantine = strncmp(a->prefix, "quarantine/", strlen("quarantine/")) == 0;
    TRY(read_ledgers(j));
    TRY(audit_read_files(a, location, false));
    if (!j->is_quarantine) TRY(read_quarantines(j));
    audit_group_files(a);
    return OK;
}

static void judge_files(struct judge *j)
{
    for (size_t i = 0; i < j->audit.file_count; i++) {
        const struct audit_file *f = &j->audit.files[i];
        if (f->trouble)
            problem(j, "damaged file", at_file(f), "%s: %s", f->key, f->trouble);
        else if (!f->job && !f->merged)
            problem(j, "foreign file", at_file(f), "%s was not written by a job (no sluice.* keys)", f->key);
    }
}

static json_t *report_document(const struct judge *j, const char *location, int64_t partitions)
{
    int64_t files = 0, rows = 0, bytes = 0;
    for (size_t i = 0; i < j->audit.file_count; i++) {
        const struct audit_file *f = &j->audit.files[i];
        if (!in_location(j, f->bucket, f->key) || is_source(f)) continue;
        files++;
        rows += f->rows;
        bytes += f->size;
    }
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:b, s:O, s:O}", "database",
                     j->options->database, "table", j->options->table, "location", location, "files",
                     (json_int_t)files, "rows", (json_int_t)rows, "bytes", (json_int_t)bytes,
                     "partitions", (json_int_t)partitions, "clean", json_array_size(j->problems) == 0,
                     "jobs", j->jobs, "problems", j->problems);
}

static error judge_table(struct judge *j, const struct table *table, json_t **out)
{
    if (!table->location || strncmp(table->location, "s3", 2) != 0)
        return fail(ERR_INVALID_INPUT, "table %s.%s is not in the lake", j->options->database,
                    j->options->table);
    TRY(read_all(j, table->location));
    judge_files(j);
    for (size_t i = 0; i < j->audit.group_count; i++) {
        if (is_foreign(j, &j->audit.groups[i])) tell_foreign(j, &j->audit.groups[i]);
        else judge_group(j, &j->audit.groups[i]);
    }
    judge_all_lives(j);
    int64_t partitions = 0;
    if (table->partition_keys->field_count) TRY(judge_catalog(j, &partitions));
    *out = report_document(j, table->location, partitions);
    return OK;
}

error job_audit(const struct audit_options *options, json_t **out)
{
    json_t *document;
    TRY(options->catalog->ops->get_table(options->catalog, options->database, options->table, &document));
    struct judge j = {.audit = {.objects = options->objects}, .options = options,
                      .problems = json_array(), .jobs = json_array()};
    struct table table;
    error e = table_parse(&j.audit.arena, document, &table);
    if (e == OK) e = judge_table(&j, &table, out);
    audit_release(&j.audit);
    json_decref(j.problems);
    json_decref(j.jobs);
    json_decref(document);
    return e;
}
