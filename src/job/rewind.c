/* A checkpoint, shown and taken back from outside of its job.
 *
 * Taking batches back means that their records are read again, so their rows must go first:
 *
 *   plan     plan/LAST+1, created only if absent: a batch of no records, whose positions are those
 *            behind batch TO. A run that is under way, however long it sleeps, plans nothing any more,
 *            for that number is taken; a run that starts finds a plan it must not finish. Both stop.
 *            A pending batch is refused before: a run may be publishing it.
 *   claim    the folders of the files: a compaction that has merged one of them already, so that its rows
 *            cannot be told apart any more, ends the going back here, with nothing changed
 *   K = LAST .. TO+1:  its files, partitions that became empty, its plan, its commit
 *   commit   commit/LAST+1: the next run continues with batch LAST+2, from the positions behind TO
 *
 * So no number, and no name of a file, is ever used twice. A crash leaves the plan without its commit;
 * the same command goes on where it stopped. Each step may be repeated.
 * Before the fence it is checked that the stream still has the records, for they will exist nowhere
 * else. */
#include "job/compact_log.h"
#include "job/ledger.h"

/* ---- show ---- */

error job_checkpoint(struct object_store *objects, const char *url, json_t **out)
{
    struct arena arena = {0};
    struct ledger l;
    error e = ledger_open(&arena, objects, url, &l);
    if (e == OK && !l.metadata) e = fail(ERR_NOT_FOUND, "there is no checkpoint at %s", url);
    if (e == OK) {
        json_t *batches = json_array(), *positions = NULL;
        const json_t *begun = ledger_rewinding(&l);
        for (size_t i = 0; i < l.count; i++) {
            const struct ledger_batch *b = &l.batches[i];
            if (!b->plan || b->plan == begun) continue;
            positions = json_object_get(b->plan, "positions");
            json_array_append_new(batches, json_pack("{s:I, s:O, s:O?}", "batch", (json_int_t)b->number,
                                                     "plan", b->plan, "commit", b->commit));
        }
        *out = json_pack("{s:s, s:O, s:I, s:I, s:O?, s:o, s:O?}", "url", url, "metadata", l.metadata,
                         "planned", (json_int_t)(begun ? l.planned - 1 : l.planned), "committed",
                         (json_int_t)l.committed, "positions", positions, "batches", batches, "rewinding",
                         (json_t *)begun);
        ledger_close(&l);
    }
    arena_release(&arena);
    return e;
}

/* ---- is everything still there to be read again? ---- */

enum { WAIT_US = 100 * 1000 };

static error first_sequence(struct stream *stream, const char *shard, const json_t *after,
                            const char *expected)
{
    struct position position;
    struct stream_cursor *cursor;
    struct records records = {0};
    char found[SEQUENCE_TEXT_MAX] = "";
    TRY(position_read(after, &position));
    TRY(stream->ops->open_cursor(stream, shard, position, &cursor));
    error e = OK;
    for (int tries = 0; e == OK && tries < 100 && records.count == 0; tries++) {
        e = stream->ops->read(cursor, (struct read_limits){.records = 1}, &records);
        if (e == OK && records.count == 0 && records.behind_ms == 0 && !records.any) break;
        if (e == OK && !records.any) stream->ops->wait(stream, WAIT_US);
    }
    if (e == OK && records.count) sequence_print(found, records.sequence[0]);
    stream->ops->close_cursor(cursor);
    TRY(e);
    if (strcmp(found, expected) == 0) return OK;
    return fail(ERR_DATA_LOSS, "record %s is no longer in the stream", expected);
}

static error check_records(struct stream *stream, const struct ledger *l, int64_t to)
{
    json_t *seen = json_object();
    error e = OK;
    for (size_t i = 0; e == OK && i < l->count; i++) {
        size_t k;
        json_t *range;
        if (l->batches[i].number <= to) continue;
        json_array_foreach(json_object_get(l->batches[i].plan, "ranges"), k, range) {
            const char *shard = json_text(range, "shard"), *first = json_text(range, "first");
            if (e != OK || !shard || !first || json_object_get(seen, shard)) continue;
            json_object_set_new(seen, shard, json_null());
            e = first_sequence(stream, shard, json_object_get(range, "after"), first);
            if (e != OK) e = fail_context(e, "batch %lld cannot be read again: shard %s",
                                          (long long)l->batches[i].number, shard);
        }
    }
    json_decref(seen);
    return e;
}

/* ---- which batches ---- */

static int64_t batch_before(const struct ledger *l, int64_t time_us)
{
    int64_t to = l->count ? l->batches[0].number - 1 : -1;
    for (size_t i = 0; i < l->count; i++)
        if (json_integer_or(l->batches[i].plan, "wall_us", 0) <= time_us) to = l->batches[i].number;
    return to;
}

/* Whether an earlier going back took the batch. */
static bool was_taken_back(const struct ledger *l, int64_t number)
{
    for (size_t i = 0; i < l->count; i++) {
        const json_t *plan = l->batches[i].plan;
        if (json_object_get(plan, "rewind_to") && number > json_integer_or(plan, "rewind_to", 0) &&
            number <= json_integer_or(plan, "rewind_from", 0))
            return true;
    }
    return false;
}

static error check_kept(const struct ledger *l, int64_t to)
{
    if (was_taken_back(l, to)) return fail(ERR_INVALID_INPUT, "batch %lld was taken back", (long long)to);
    for (int64_t n = to < 0 ? 0 : to; n <= l->planned; n++) {
        const struct ledger_batch *b = ledger_find(l, n);
        if ((!b || !b->plan) && !was_taken_back(l, n))
            return fail(ERR_INVALID_INPUT,
                        "batch %lld is no longer in the checkpoint, which keeps the last hundred",
                        (long long)n);
    }
    return OK;
}

static void count_files(const struct ledger *l, int64_t to, int64_t *files, int64_t *rows)
{
    *files = *rows = 0;
    for (size_t i = 0; i < l->count; i++) {
        if (l->batches[i].number <= to) continue;
        size_t k;
        json_t *file;
        json_array_foreach(json_object_get(l->batches[i].plan, "files"), k, file) {
            ++*files;
            *rows += json_integer_or(file, "rows", 0);
        }
    }
}

/* The positions behind batch `to`, or where the job began. */
static const json_t *positions_behind(const struct ledger *l, int64_t to)
{
    const struct ledger_batch *b = ledger_find(l, to);
    return b ? json_object_get(b->plan, "positions") : json_object_get(l->metadata, "shards");
}

/* Rows that a compaction merged with others' cannot be taken out again. The claims also keep one that is
 * under way from planning with what is about to go. */
static error claim_files(const struct rewind_options *o, const struct ledger *l, struct arena *arena,
                         int64_t to)
{
    for (size_t i = 0; i < l->count; i++) {
        struct staged_file *files;
        const struct data_file *closed;
        size_t count;
        if (l->batches[i].number <= to || !json_object_get(l->batches[i].plan, "files")) continue;
        TRY(plan_files(arena, l->batches[i].plan, &files, &count));
        TRY(compact_claim(arena, o->objects, "rewind", files, count, &closed));
        if (closed)
            return fail(ERR_PRECONDITION,
                        "%s of batch %lld was merged with other files when its hour was compacted: the "
                        "batch cannot be taken back", closed->key, (long long)l->batches[i].number);
    }
    return OK;
}

static error begin_rewind(const struct rewind_options *o, const struct ledger *l, struct arena *arena,
                          int64_t *to)
{
    int64_t files, rows;
    if (l->planned > l->committed)
        return fail(ERR_CONFLICT,
                    "batch %lld is planned and not committed: a run may be finishing it; stop the job, "
                    "or let it finish (sluice run --drain), then go back", (long long)l->planned);
    *to = o->to_batch >= -1 ? o->to_batch : batch_before(l, o->to_us);
    if (*to >= l->planned) return OK;
    TRY(check_kept(l, *to));
    count_files(l, *to, &files, &rows);
    if (!o->remove_files)
        return fail(ERR_PRECONDITION,
                    "behind batch %lld are %lld batches with %lld files of %lld rows: their records "
                    "would be read again and these rows be there twice; --remove-files removes them",
                    (long long)*to, (long long)(l->planned - *to), (long long)files, (long long)rows);
    TRY(check_records(o->stream, l, *to));
    const struct ledger_batch *stays = ledger_find(l, *to);
    json_t *plan = json_pack("{s:i, s:I, s:I, s:I, s:I, s:O, s:I}", "version", 1, "batch",
                             (json_int_t)(l->planned + 1), "previous",
                             (json_int_t)(stays ? plan_last_with_files(stays->plan) : -1), "rewind_to", (json_int_t)*to, "rewind_from",
                             (json_int_t)l->planned, "positions", positions_behind(l, *to), "wall_us",
                             (json_int_t)now_us());
    CHECK(plan);
    error e = ledger_create(o->objects, l->bucket, ledger_key(arena, l, "plan", l->planned + 1), plan);
    json_decref(plan);
    return e == ERR_PRECONDITION ? fail(ERR_CONFLICT, "the job is running: stop it first") : e;
}

/* ---- taking a batch back ---- */

static bool take_name(void *context, json_t *document)
{
    json_t *tables = context;
    const char *location = json_text(json_object_get(document, "StorageDescriptor"), "Location");
    if (location && strncmp(location, "s3", 2) == 0)
        json_array_append_new(tables, json_pack("[s, s, s]", json_text(document, "DatabaseName"),
                                                json_text(document, "Name"), location));
    return true;
}

static error any_object(void *context, const struct object_info *object)
{
    (void)object;
    *(bool *)context = true;
    return OK;
}

static error drop_partition(const struct rewind_options *o, struct arena *arena, const char *bucket,
                            const char *key, const json_t *pairs)
{
    const char *slash = strrchr(key, '/');
    const char *folder = arena_text(arena, (span){key, slash ? (size_t)(slash - key) + 1 : 0});
    bool used = false;
    if (json_array_size(pairs) == 0) return OK;
    TRY(ledger_list(o->objects, bucket, folder, arena, any_object, &used));
    if (used) return OK;
    const char *url = arena_printf(arena, "s3://%s/%s", bucket, folder);
    json_t *values = json_array(), *tables = json_array();
    size_t i;
    json_t *pair, *table;
    json_array_foreach(pairs, i, pair) {
        json_t *value = json_array_get(pair, 1);
        json_array_append_new(values, json_is_string(value) ? json_incref(value) : json_string(HIVE_NULL));
    }
    error e = o->catalog->ops->tables(o->catalog, take_name, tables);
    json_array_foreach(tables, i, table) {
        const char *location = json_string_value(json_array_get(table, 2));
        if (e != OK || strncmp(url, location, strlen(location)) != 0) continue;
        e = o->catalog->ops->remove_partition(o->catalog, json_string_value(json_array_get(table, 0)),
                                              json_string_value(json_array_get(table, 1)), values);
    }
    json_decref(values);
    json_decref(tables);
    return e;
}

static error take_files_back(const struct rewind_options *o, struct arena *arena, const json_t *plan)
{
    size_t i;
    json_t *file;
    json_array_foreach(json_object_get(plan, "files"), i, file) {
        const char *bucket = json_text(file, "bucket"), *key = json_text(file, "key");
        if (!bucket || !key) return fail(ERR_CORRUPT, "checkpoint: a planned file without its names");
        TRY(o->objects->ops->remove(o->objects, bucket, key));
        TRY(drop_partition(o, arena, bucket, key, json_object_get(file, "partition")));
    }
    return OK;
}

struct removal {
    struct object_store *objects;
    const char *bucket;
};

static error remove_object(void *context, const struct object_info *object)
{
    struct removal *r = context;
    return r->objects->ops->remove(r->objects, r->bucket, object->key);
}

static error take_batch_back(const struct rewind_options *o, const struct ledger *l, struct arena *arena,
                             const struct ledger_batch *b)
{
    struct removal removal = {o->objects, l->bucket};
    if (b->plan) TRY(take_files_back(o, arena, b->plan));
    TRY(o->objects->ops->remove(o->objects, l->bucket, ledger_key(arena, l, "plan", b->number)));
    TRY(ledger_list(o->objects, l->bucket,
                    arena_printf(arena, "%s/", ledger_key(arena, l, "replan", b->number)), arena,
                    remove_object, &removal));
    return o->objects->ops->remove(o->objects, l->bucket, ledger_key(arena, l, "commit", b->number));
}

static error commit_rewind(const struct rewind_options *o, const struct ledger *l, struct arena *arena,
                           int64_t number, int64_t to)
{
    json_t *commit = json_pack("{s:I, s:I, s:I}", "batch", (json_int_t)number, "rewind_to", (json_int_t)to,
                               "committed_us", (json_int_t)now_us());
    error e = ledger_create(o->objects, l->bucket, ledger_key(arena, l, "commit", number), commit);
    json_decref(commit);
    return e == ERR_PRECONDITION ? OK : e; /* another one finished it */
}

static error rewind_ledger(const struct rewind_options *o, const struct ledger *l, struct arena *arena,
                           int64_t *to, int64_t *taken)
{
    const json_t *begun = ledger_rewinding(l);
    int64_t from = begun ? json_integer_or(begun, "rewind_from", l->planned - 1) : l->planned;
    *taken = 0;
    if (begun) {
        *to = json_integer_or(begun, "rewind_to", -1);
        log_line(LOG_INFO, "job", "going on to take back what lies behind batch %lld", (long long)*to);
    } else {
        TRY(begin_rewind(o, l, arena, to));
        if (*to >= l->planned) return OK;
    }
    error e = claim_files(o, l, arena, *to);
    if (e == ERR_PRECONDITION) { /* then nothing has gone yet: the plan that keeps the job out goes */
        (void)o->objects->ops->remove(o->objects, l->bucket, ledger_key(arena, l, "plan", from + 1));
        return e;
    }
    TRY(e);
    for (size_t i = l->count; i-- > 0;) {
        const struct ledger_batch *b = &l->batches[i];
        if (b->number <= *to || b->number > from) continue;
        TRY(take_batch_back(o, l, arena, b));
        ++*taken;
    }
    return commit_rewind(o, l, arena, from + 1, *to);
}

error job_rewind(const struct rewind_options *o, int64_t *to, int64_t *taken)
{
    struct arena arena = {0};
    struct ledger l;
    error e = ledger_open(&arena, o->objects, o->checkpoint, &l);
    if (e == OK && !l.metadata) e = fail(ERR_NOT_FOUND, "there is no checkpoint at %s", o->checkpoint);
    if (e == OK) {
        e = rewind_ledger(o, &l, &arena, to, taken);
        ledger_close(&l);
    }
    arena_release(&arena);
    return e;
}
