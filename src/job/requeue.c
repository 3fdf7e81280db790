/* Quarantined records -> back into their stream, each once.
 *
 * A journal lies beside the quarantine's files, under names that no reader takes for data:
 *
 *   _requeue-N-intent   which records go next, their digests, and where each shard of the stream ended
 *   (put)               one call; a local log takes all of them or none
 *   _requeue-N-done     which records went
 *
 * Both are created only if absent. An intent without its end means a death around the put: what the
 * stream holds behind the intent's positions says which records went, found by partition key and
 * bytes. So a record goes once, whatever dies; unless, between that death and the next run, somebody
 * else puts the very same bytes under the same key: that record is then taken for ours. What a
 * producer sent twice, because its first answer was lost, is two records, here as everywhere.
 *
 * Over the network an intent without its end may also be of a run that lives: somebody must say that
 * it is dead (take_over). What was sent before may still be on its way, so the stream is read only
 * when that has settled. */
#include "job/ledger.h"

enum { CHUNK_RECORDS = 500, CHUNK_BYTES = 4 << 20, WAIT_US = 50 * 1000 };
#define RECENT_US (60 * (int64_t)US_PER_SECOND)

struct requeue {
    const struct requeue_options *options;
    struct requeue_report *report;
    struct arena arena;
    const char *bucket, *prefix; /* of the journal's objects */
    json_t *sent;                /* identity -> true */
    int64_t next;
    json_t *open;                /* an intent without its end, or NULL */
};

static const char *identity(struct arena *arena, const struct requeue_row *row)
{
    return arena_printf(arena, "%.*s/%.*s/%lld", (int)row->shard.size, row->shard.data,
                        (int)row->sequence.size, row->sequence.data, (long long)row->sub_sequence);
}

static const char *journal_key(struct requeue *q, int64_t number, const char *kind)
{
    return arena_printf(&q->arena, "%s_requeue-%012lld-%s", q->prefix, (long long)number, kind);
}

/* ---- the journal ---- */

static error read_entry(void *context, const struct object_info *object)
{
    struct requeue *q = context;
    const char *text = object->key + strlen(q->prefix) + strlen("_requeue-"), *dash = strchr(text, '-');
    int64_t number;
    json_t *document, *id;
    size_t i;
    if (!dash || !parse_int64((span){text, (size_t)(dash - text)}, &number))
        return fail(ERR_CORRUPT, "s3://%s/%s is no entry of a requeue's journal", q->bucket, object->key);
    TRY(ledger_read(q->options->objects, q->bucket, object->key, &document));
    if (number >= q->next) q->next = number + 1;
    if (strcmp(dash, "-done") == 0) { /* sorts before its intent */
        json_array_foreach(json_object_get(document, "records"), i, id)
            if (json_is_string(id)) json_object_set_new(q->sent, json_string_value(id), json_true());
        json_object_set_new(document, "number", json_integer(number));
        json_decref(q->open);
        q->open = document;
        return OK;
    }
    bool ended = q->open && json_integer_or(q->open, "number", -1) == number;
    json_decref(q->open);
    q->open = NULL;
    if (ended) {
        json_decref(document);
        return OK;
    }
    json_object_set_new(document, "number", json_integer(number));
    q->open = document;
    return OK;
}

static error write_done(struct requeue *q, int64_t number, const json_t *ids)
{
    json_t *document = json_pack("{s:O}", "records", (json_t *)ids);
    error e = ledger_create(q->options->objects, q->bucket, journal_key(q, number, "done"), document);
    json_decref(document);
    size_t i;
    json_t *id;
    json_array_foreach(ids, i, id)
        json_object_set_new(q->sent, json_string_value(id), json_true());
    return e;
}

/* ---- where the stream ends ---- */

/* The next records; *more is false at the shard's present end. */
static error read_more(struct stream_cursor *cursor, struct records *records, bool *more)
{
    const struct stream_ops *ops = cursor->stream->ops;
    TRY(ops->read(cursor, (struct read_limits){.records = 1000}, records));
    *more = !records->shard_end && (records->any || records->behind_ms > 0);
    if (*more && !records->any) ops->wait(cursor->stream, WAIT_US);
    return OK;
}

/* A service does not say where a shard ends: its last records before `out`, a time, do. */
static error end_by_reading(struct stream *stream, const char *shard, struct position *out)
{
    struct stream_cursor *cursor;
    struct records records;
    struct position recent = *out;
    recent.timestamp_us -= RECENT_US;
    TRY(stream->ops->open_cursor(stream, shard, recent, &cursor));
    error e = OK;
    for (bool more = true; e == OK && more;) e = read_more(cursor, &records, &more);
    *out = stream->ops->position(cursor);
    stream->ops->close_cursor(cursor);
    return e;
}

static error shard_end(struct stream *stream, const char *shard, struct position *out)
{
    struct stream_cursor *cursor;
    TRY(stream->ops->open_cursor(stream, shard, (struct position){.type = POSITION_LATEST}, &cursor));
    *out = stream->ops->position(cursor);
    stream->ops->close_cursor(cursor);
    return out->type == POSITION_AT_TIMESTAMP ? end_by_reading(stream, shard, out) : OK;
}

static error stream_ends(struct requeue *q, json_t **out)
{
    struct stream *stream = q->options->stream;
    struct shard *shards;
    size_t count;
    TRY(stream_shards(stream, &q->arena, &shards, &count));
    *out = json_object();
    for (size_t i = 0; i < count; i++) {
        struct position end;
        error e = shard_end(stream, shards[i].id, &end);
        if (e != OK) {
            json_decref(*out);
            return e;
        }
        json_object_set_new(*out, shards[i].id, position_document(end));
    }
    return OK;
}

static const char *digest_of(struct arena *arena, span partition_key, span data)
{
    struct buffer bytes = {0};
    uint8_t sum[SHA256_SIZE];
    char *hex = arena_calloc(arena, 1, 2 * SHA256_SIZE + 1);
    buffer_printf(&bytes, "%zu:", partition_key.size);
    buffer_append_span(&bytes, partition_key);
    buffer_append_span(&bytes, data);
    sha256(sum, buffer_span(&bytes));
    hex_encode(hex, sum, sizeof sum);
    buffer_release(&bytes);
    return hex;
}

/* Counts the records of a shard behind a position, by their digest. */
static error count_shard(struct requeue *q, const char *shard, struct position from, json_t *counts)
{
    struct stream *stream = q->options->stream;
    struct stream_cursor *cursor;
    struct records records;
    TRY(stream->ops->open_cursor(stream, shard, from, &cursor));
    error e = OK;
    for (bool more = true; e == OK && more;) {
        e = read_more(cursor, &records, &more);
        for (size_t i = 0; e == OK && i < records.count; i++) {
            const char *digest = digest_of(&q->arena, records.partition_key[i], records.data[i]);
            json_object_set_new(counts, digest, json_integer(json_integer_or(counts, digest, 0) + 1));
        }
    }
    stream->ops->close_cursor(cursor);
    return e;
}

static error count_behind(struct requeue *q, const json_t *ends, json_t *counts)
{
    struct shard *shards;
    size_t count;
    TRY(stream_shards(q->options->stream, &q->arena, &shards, &count));
    for (size_t i = 0; i < count; i++) {
        struct position from = {.type = POSITION_TRIM_HORIZON}; /* a shard made since */
        const json_t *end = json_object_get(ends, shards[i].id);
        if (end) TRY(position_read(end, &from));
        if (from.type != POSITION_SHARD_END) TRY(count_shard(q, shards[i].id, from, counts));
    }
    return OK;
}

/* Which records of the open intent are among those counted. */
static error find_went(struct requeue *q, json_t *counts, json_t *went)
{
    size_t i;
    json_t *id;
    const json_t *digests = json_object_get(q->open, "digests");
    json_array_foreach(json_object_get(q->open, "records"), i, id) {
        const char *digest = json_string_value(json_array_get(digests, i));
        if (!digest || !json_is_string(id))
            return fail(ERR_CORRUPT, "a requeue's journal has an intent without its records");
        int64_t left = json_integer_or(counts, digest, 0);
        if (left <= 0) continue;
        json_object_set_new(counts, digest, json_integer(left - 1));
        json_array_append(went, id);
    }
    return OK;
}

/* Ends an intent whose put had no answer. It says itself what its records were: meanwhile their
 * batch may have been taken back, and the quarantine not have them. */
static error resolve(struct requeue *q, int64_t *found)
{
    if (q->options->settle_us) world->sleep_us(q->options->settle_us);
    json_t *counts = json_object(), *went = json_array();
    error e = count_behind(q, json_object_get(q->open, "ends"), counts);
    if (e == OK) e = find_went(q, counts, went);
    if (e == OK) {
        *found = (int64_t)json_array_size(went);
        e = write_done(q, json_integer_or(q->open, "number", 0), went);
    }
    json_decref(counts);
    json_decref(went);
    return e;
}

/* ---- one chunk ---- */

struct chunk {
    const struct requeue_row *rows[CHUNK_RECORDS];
    size_t count, bytes;
};

static error put_chunk(struct requeue *q, const struct chunk *chunk, json_t *went)
{
    struct put_record *records = ARENA_ARRAY(&q->arena, struct put_record, chunk->count);
    struct put_result *results = ARENA_ARRAY(&q->arena, struct put_result, chunk->count);
    for (size_t i = 0; i < chunk->count; i++)
        records[i] = (struct put_record){.partition_key = chunk->rows[i]->partition_key,
                                         .data = chunk->rows[i]->data};
    struct stream *stream = q->options->stream;
    TRY(stream->ops->put(stream, records, chunk->count, results));
    for (size_t i = 0; i < chunk->count; i++) {
        if (results[i].code == OK)
            json_array_append_new(went, json_string(identity(&q->arena, chunk->rows[i])));
        else
            q->report->refused++;
    }
    return OK;
}

/* The network failed around our own put. */
static error put_unanswered(struct requeue *q, const struct chunk *chunk, json_t *intent, int64_t number)
{
    int64_t found;
    log_line(LOG_WARN, "requeue", "a put had no answer, looking into the stream: %s", error_text());
    json_decref(q->open);
    q->open = json_incref(intent);
    json_object_set_new(q->open, "number", json_integer(number));
    TRY(resolve(q, &found));
    q->report->sent += found;
    q->report->refused += (int64_t)chunk->count - found;
    return OK;
}

static error write_intent(struct requeue *q, const struct chunk *chunk, int64_t number, json_t **out)
{
    json_t *ends, *ids = json_array(), *digests = json_array();
    error e = stream_ends(q, &ends);
    for (size_t i = 0; e == OK && i < chunk->count; i++) {
        const struct requeue_row *row = chunk->rows[i];
        json_array_append_new(ids, json_string(identity(&q->arena, row)));
        json_array_append_new(digests, json_string(digest_of(&q->arena, row->partition_key, row->data)));
    }
    *out = e == OK ? json_pack("{s:O, s:O, s:o}", "records", ids, "digests", digests, "ends", ends) : NULL;
    json_decref(ids);
    json_decref(digests);
    TRY(e);
    e = ledger_create(q->options->objects, q->bucket, journal_key(q, number, "intent"), *out);
    return e == ERR_PRECONDITION ? fail(ERR_CONFLICT, "another requeue of this table is running") : e;
}

static error send_chunk(struct requeue *q, const struct chunk *chunk)
{
    json_t *intent, *went = json_array();
    int64_t number = q->next++;
    error e = write_intent(q, chunk, number, &intent);
    bool intended = e == OK;
    if (e == OK) e = put_chunk(q, chunk, went);
    if (intended && q->options->settle_us && error_row(e)->retry == RETRY_BACKOFF) {
        e = put_unanswered(q, chunk, intent, number);
    } else if (e == OK) {
        e = write_done(q, number, went);
        if (e == OK) q->report->sent += (int64_t)json_array_size(went);
    }
    json_decref(intent);
    json_decref(went);
    return e;
}

static error send_all(struct requeue *q)
{
    struct chunk chunk = {0};
    for (size_t i = 0; i < q->options->count; i++) {
        const struct requeue_row *row = &q->options->rows[i];
        if (!row->selected) continue;
        if (json_object_get(q->sent, identity(&q->arena, row))) {
            q->report->before++;
            continue;
        }
        if (chunk.count == CHUNK_RECORDS || chunk.bytes + row->data.size > CHUNK_BYTES) {
            if (chunk.count) TRY(send_chunk(q, &chunk));
            chunk.count = chunk.bytes = 0;
        }
        chunk.rows[chunk.count++] = row;
        chunk.bytes += row->data.size;
    }
    return chunk.count ? send_chunk(q, &chunk) : OK;
}

static error run_requeue(struct requeue *q)
{
    const struct requeue_options *o = q->options;
    TRY(object_url_parse(&q->arena, o->journal, &q->bucket, &q->prefix));
    TRY(ledger_list(o->objects, q->bucket, arena_printf(&q->arena, "%s_requeue-", q->prefix), &q->arena,
                    read_entry, q));
    bool left_open = q->open && json_object_get(q->open, "ends");
    if (left_open && !o->take_over)
        return fail(ERR_CONFLICT, "another requeue of this table is running, or died: when it is dead, "
                                  "--take-over finishes what it began");
    if (left_open) TRY(resolve(q, &q->report->found));
    return send_all(q);
}

error job_requeue(const struct requeue_options *options, struct requeue_report *report)
{
    *report = (struct requeue_report){0};
    struct requeue q = {.options = options, .report = report, .sent = json_object()};
    error e = run_requeue(&q);
    json_decref(q.sent);
    json_decref(q.open);
    arena_release(&q.arena);
    return e;
}
