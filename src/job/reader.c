/* All shards of a stream as one source of slices: round robin, parents before their children, with
 * the position of each for the plan. */
#include "job/internal.h"

#include <stdlib.h>

enum { LIST_INTERVAL_US = 1000 * 1000, THROTTLED_REST_US = 200 * 1000 };
#define SEEN_INTERVAL_US (3600 * (int64_t)US_PER_SECOND)

static struct shard_reader *find_shard(const struct reader *r, const char *id)
{
    for (int i = 0; id && i < r->count; i++)
        if (strcmp(r->shards[i].id, id) == 0) return &r->shards[i];
    return NULL;
}

/* A shard that existed at the first start begins where that found it; one that came later is a child
 * and is read whole. */
static error add_shard(struct reader *r, const struct shard *shard)
{
    struct shard_reader fresh = {
        .id = must_strdup(shard->id),
        .parent = shard->parent ? must_strdup(shard->parent) : NULL,
        .adjacent = shard->adjacent_parent ? must_strdup(shard->adjacent_parent) : NULL,
        .position = {.type = POSITION_TRIM_HORIZON},
    };
    const json_t *stored = json_object_get(r->positions, shard->id);
    error e = OK;
    if (!stored) stored = json_object_get(r->initial, shard->id);
    if (stored) e = position_read(stored, &fresh.position);
    if (e != OK) {
        free(fresh.id);
        free(fresh.parent);
        free(fresh.adjacent);
        return e;
    }
    fresh.after = fresh.position;
    fresh.skipped = r->restricted;
    if (r->count == r->capacity) {
        r->capacity = r->capacity ? 2 * r->capacity : 16;
        r->shards = must_realloc(r->shards, (size_t)r->capacity * sizeof *r->shards);
    }
    r->shards[r->count++] = fresh;
    return OK;
}

static void shard_free(struct reader *r, struct shard_reader *shard)
{
    if (shard->cursor) r->stream->ops->close_cursor(shard->cursor);
    free(shard->id);
    free(shard->parent);
    free(shard->adjacent);
}

static bool moved(const struct shard_reader *shard)
{
    return shard->position.type != shard->after.type ||
           sequence_compare(shard->position.sequence, shard->after.sequence) != 0;
}

/* A shard that was read to its end and no longer exists needs no position any more. */
static void forget_expired(struct reader *r)
{
    int kept = 0;
    for (int i = 0; i < r->count; i++) {
        struct shard_reader *shard = &r->shards[i];
        if (!shard->listed && shard->position.type == POSITION_SHARD_END && !moved(shard))
            shard_free(r, shard);
        else
            r->shards[kept++] = *shard;
    }
    r->count = kept;
}

static error list_shards(struct reader *r)
{
    struct shard *shards;
    size_t count;
    arena_reset(&r->scratch);
    TRY(stream_shards(r->stream, &r->scratch, &shards, &count));
    for (int i = 0; i < r->count; i++) r->shards[i].listed = false;
    for (size_t i = 0; i < count; i++) {
        if (!find_shard(r, shards[i].id)) TRY(add_shard(r, &shards[i]));
        find_shard(r, shards[i].id)->listed = true;
    }
    forget_expired(r);
    r->listed_us = monotonic_us();
    return OK;
}

static error shard_lost(const struct reader *r, const char *id)
{
    if (!r->skip_lost)
        return fail(ERR_DATA_LOSS, "shard %s expired before all its records were read", id);
    log_line(LOG_ERROR, "job", "shard %s expired before all its records were read", id);
    return OK;
}

/* Shards that the checkpoint left unfinished and that no longer exist. */
static error check_expired(const struct reader *r)
{
    const char *id;
    json_t *stored;
    json_object_foreach(r->positions, id, stored) {
        struct position position;
        TRY(position_read(stored, &position));
        if (position.type != POSITION_SHARD_END && !find_shard(r, id)) TRY(shard_lost(r, id));
    }
    if (r->positions) return OK; /* else nothing was ever planned */
    json_object_foreach((json_t *)r->initial, id, stored)
        if (!find_shard(r, id)) TRY(shard_lost(r, id));
    return OK;
}

error reader_open(struct reader *r, struct stream *stream, const struct checkpoint *cp, bool skip_lost)
{
    *r = (struct reader){.stream = stream, .skip_lost = skip_lost,
                          .positions = json_incref(cp->positions)};
    r->initial = json_object_get(cp->metadata, "shards");
    TRY(list_shards(r));
    return check_expired(r);
}

void reader_close(struct reader *r)
{
    for (int i = 0; i < r->count; i++) shard_free(r, &r->shards[i]);
    free(r->shards);
    json_decref(r->positions);
    arena_release(&r->scratch);
    *r = (struct reader){0};
}

/* A batch that moved was committed; after one that did not, what was seen still counts from before. */
void reader_begin(struct reader *r)
{
    bool committed = reader_moved(r);
    for (int i = 0; i < r->count; i++) {
        if (committed) r->shards[i].after = r->shards[i].position;
        r->shards[i].batch_records = 0;
    }
}

error reader_restrict(struct reader *r, const json_t *ranges)
{
    r->restricted = true;
    for (int i = 0; i < r->count; i++) r->shards[i].skipped = true;
    size_t i;
    json_t *range;
    json_array_foreach(ranges, i, range) {
        const char *id = json_text(range, "shard");
        struct shard_reader *shard = find_shard(r, id);
        if (!shard && json_integer_or(range, "records", 0) == 0) continue; /* only its end was read */
        if (!shard)
            return fail(ERR_DATA_LOSS,
                        "the planned records of shard %s are gone: the shard expired before they were "
                        "committed", id ? id : "");
        struct position through;
        TRY(position_read(json_object_get(range, "after"), &shard->position));
        TRY(position_read(json_object_get(range, "through"), &through));
        shard->skipped = false;
        shard->after = shard->position;
        shard->bounded = through.type == POSITION_AFTER_SEQUENCE;
        shard->through = through.sequence;
    }
    return OK;
}

/* Everything of the shard that this reader may read has been read. */
static bool finished(const struct shard_reader *shard)
{
    if (shard->skipped || shard->position.type == POSITION_SHARD_END) return true;
    return shard->bounded && shard->position.type == POSITION_AFTER_SEQUENCE &&
           sequence_compare(shard->position.sequence, shard->through) >= 0;
}

static bool parent_done(const struct reader *r, const char *id)
{
    const struct shard_reader *parent = find_shard(r, id);
    return !parent || parent->skipped || parent->position.type == POSITION_SHARD_END;
}

static bool readable(const struct reader *r, const struct shard_reader *shard)
{
    return !finished(shard) && shard->not_before_us <= monotonic_us() &&
           parent_done(r, shard->parent) && parent_done(r, shard->adjacent);
}

void reader_release(struct reader *r, struct shard_reader *shard)
{
    r->stream->ops->release(shard->cursor);
    shard->out = false;
}

/* Reads one shard; *records may come back empty. */
static error read_shard(struct reader *r, struct shard_reader *shard, struct read_limits limits,
                        struct records *records)
{
    *records = (struct records){0};
    error e = OK;
    if (!shard->cursor)
        e = r->stream->ops->open_cursor(r->stream, shard->id, shard->position, &shard->cursor);
    if (shard->bounded) limits.through = &shard->through;
    if (e == OK) e = r->stream->ops->read(shard->cursor, limits, records);
    if (e == ERR_RESOURCE_NOT_FOUND) {
        TRY(shard_lost(r, shard->id));
        shard->position = (struct position){.type = POSITION_SHARD_END};
        return OK;
    }
    if (e == ERR_THROUGHPUT || e == ERR_LIMIT_EXCEEDED) {
        shard->not_before_us = monotonic_us() + THROTTLED_REST_US;
        shard->caught_up = false;
        return OK;
    }
    if (e == ERR_DATA_LOSS && r->skip_lost) {
        log_line(LOG_ERROR, "job", "records lost, going on behind them: %s", error_text());
        return OK;
    }
    if (e != OK) return fail_context(e, "shard %s", shard->id);
    shard->out = true;
    shard->behind_ms = records->behind_ms;
    shard->caught_up = !records->any && records->behind_ms == 0;
    if (records->any)
        shard->position = (struct position){.type = POSITION_AFTER_SEQUENCE, .sequence = records->last,
                                            .seen_us = records->seen_us};
    else if (records->seen_us)
        shard->position.seen_us = records->seen_us;
    else if (shard->bounded) /* retention may have moved it behind the range's end */
        shard->position = r->stream->ops->position(shard->cursor);
    if (records->count) {
        if (shard->batch_records == 0) shard->first = records->sequence[0];
        shard->last = records->sequence[records->count - 1];
        shard->batch_records += (int64_t)records->count;
    }
    return OK;
}

static bool slice_out(const struct reader *r)
{
    for (int i = 0; i < r->count; i++)
        if (r->shards[i].out) return true;
    return false;
}

error reader_next(struct reader *r, struct read_limits limits, struct shard_reader **out,
                  struct records *records)
{
    *out = NULL;
    if (monotonic_us() - r->listed_us >= LIST_INTERVAL_US) {
        if (slice_out(r)) return OK; /* shards come and go while none is in use */
        TRY(list_shards(r));
    }
    for (int tried = 0; tried < r->count; tried++) {
        r->turn = (r->turn + 1) % r->count;
        struct shard_reader *shard = &r->shards[r->turn];
        if (shard->out || !readable(r, shard)) continue;
        TRY(read_shard(r, shard, limits, records));
        if (records->shard_end) {
            shard->position = (struct position){.type = POSITION_SHARD_END};
            r->listed_us = INT64_MIN / 2; /* look for its children */
        }
        if (records->count) {
            *out = shard;
            return OK;
        }
        if (shard->out) reader_release(r, shard);
        if (records->shard_end) return reader_next(r, limits, out, records);
    }
    return OK;
}

bool reader_drained(const struct reader *r)
{
    for (int i = 0; i < r->count; i++)
        if (!finished(&r->shards[i]) && !r->shards[i].caught_up) return false;
    return true;
}

/* An idle shard's last record may expire: then the time since when nothing was behind it counts. */
static bool seen_for_long(const struct shard_reader *shard)
{
    return shard->position.type == POSITION_AFTER_SEQUENCE &&
           shard->position.seen_us - shard->after.seen_us >= SEEN_INTERVAL_US;
}

bool reader_moved(const struct reader *r)
{
    for (int i = 0; i < r->count; i++)
        if (moved(&r->shards[i]) || seen_for_long(&r->shards[i])) return true;
    return false;
}

int64_t reader_lag_ms(const struct reader *r)
{
    int64_t lag = 0;
    for (int i = 0; i < r->count; i++)
        if (!finished(&r->shards[i]) && r->shards[i].behind_ms > lag) lag = r->shards[i].behind_ms;
    return lag;
}

json_t *reader_ranges(const struct reader *r)
{
    json_t *ranges = json_array();
    for (int i = 0; i < r->count; i++) {
        const struct shard_reader *shard = &r->shards[i];
        if (shard->skipped || !moved(shard)) continue;
        json_t *range = json_pack("{s:s, s:o, s:o, s:I}", "shard", shard->id, "after",
                                  position_document(shard->after), "through",
                                  position_document(shard->position), "records",
                                  (json_int_t)shard->batch_records);
        if (shard->batch_records) {
            char first[SEQUENCE_TEXT_MAX], last[SEQUENCE_TEXT_MAX];
            sequence_print(first, shard->first);
            sequence_print(last, shard->last);
            json_object_set_new(range, "first", json_string(first));
            json_object_set_new(range, "last", json_string(last));
        }
        json_array_append_new(ranges, range);
    }
    return ranges;
}

json_t *reader_positions(const struct reader *r)
{
    json_t *positions = json_object();
    for (int i = 0; i < r->count; i++)
        json_object_set_new(positions, r->shards[i].id, position_document(r->shards[i].position));
    return positions;
}
