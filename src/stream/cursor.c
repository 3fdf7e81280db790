/* Reading the local log: struct stream over a store. Slices are copies of frames, or views into the
 * map; a read transaction is held only while a slice is out, so an idle cursor holds nothing back. */
#include "stream/store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Memory for a slice. */
struct room {
    struct slice slice;
    char *copies; /* COPIES_BYTES of frames */
};

struct local_stream {
    struct stream base;
    struct stream_store *store;
    struct stream_key key; /* own copies */
    uint32_t id;
    uint32_t seen; /* commits when wait last returned */
    _Atomic(struct room *) spare; /* no cursor's slice is in it */
};

struct local_cursor {
    struct stream_cursor base;
    uint32_t ordinal;
    uint64_t next;        /* index of the next record; 0: the trim horizon, wherever it is */
    bool at_end;          /* of a closed shard */
    struct sequence last; /* of the record before `next`, when next > 0 */
    MDB_txn *txn;         /* while a slice is out */
    struct slice slice;
    struct room *room;          /* lent while a job's slice is out; NULL: none */
    struct frame_copies copies; /* into the room */
    const char *mapped, *mapped_end; /* the part of the map that the slice was read from */
    uintptr_t seen, seen_end;        /* between which the map lies, by all slices of the cursor */
};

static struct local_stream *stream_of(const struct stream_cursor *c)
{
    return (struct local_stream *)c->stream;
}

/* ---- shards ---- */

static struct shard shard_show(struct stream_store *s, const struct shard_row *row)
{
    return (struct shard){
        .id = store_shard_id(s, row->ordinal),
        .parent = row->parent == NO_SHARD ? NULL : store_shard_id(s, row->parent),
        .adjacent_parent = row->adjacent == NO_SHARD ? NULL : store_shard_id(s, row->adjacent),
        .start = row->start,
        .end = row->end,
        .starting = shard_starting(row),
        .ending = row->closed ? shard_ending(row) : (struct sequence){0},
        .closed = row->closed,
        .created_us = row->created_us,
        .closed_us = row->closed ? row->closed_us : 0,
    };
}

static error local_shards(struct stream *base, struct arena *a, struct shard **out, size_t *count)
{
    struct local_stream *stream = (struct local_stream *)base;
    MDB_txn *txn;
    struct shard_set set = {0};
    TRY(txn_begin(stream->store, false, &txn));
    error e = shard_rows(stream->store, txn, stream->id, &set);
    mdb_txn_abort(txn);
    if (e == OK && set.count == 0) e = fail_no_stream(stream->key); /* deleted */
    if (e == OK) {
        *out = ARENA_ARRAY(a, struct shard, set.count);
        *count = set.count;
        for (size_t i = 0; i < set.count; i++) (*out)[i] = shard_show(stream->store, &set.rows[i]);
    }
    shard_set_release(&set);
    return e;
}

/* ---- opening at a position ---- */

static error fail_sequence(struct stream_key key, const char *shard, struct sequence sequence,
                           const char *why)
{
    char text[SEQUENCE_TEXT_MAX];
    sequence_print(text, sequence);
    return fail(ERR_INVALID_ARGUMENT,
                "StartingSequenceNumber %s used in GetShardIterator on shard %s in stream %s under "
                "account %s is invalid%s.",
                text, shard, key.name, key.account, why);
}

/* Sequence number to index, which its bits hold; refused when it cannot be of this shard. */
static error place_of_sequence(const struct local_stream *stream, const struct shard_row *row,
                               struct sequence sequence, uint64_t *index)
{
    struct sequence_parts parts;
    const char *shard = store_shard_id(stream->store, row->ordinal);
    if (!sequence_split(sequence, &parts)) return fail_sequence(stream->key, shard, sequence, "");
    if (parts.ordinal != row->ordinal)
        return fail(ERR_INVALID_ARGUMENT,
                    "Invalid StartingSequenceNumber. It encodes shardId-%012" PRIu32
                    ", while it was used in a call to a shard with %s",
                    parts.ordinal, shard);
    if (parts.created_s != row->created_s)
        return fail_sequence(stream->key, shard, sequence,
                             " because it did not come from this stream");
    if (parts.index >= row->next_index && !(row->closed && parts.index == SEQUENCE_INDEX_END))
        return fail_sequence(stream->key, shard, sequence, "");
    *index = parts.index;
    return OK;
}

static error place_of_timestamp(const struct frame_reader *frames, const struct shard_row *row,
                                int64_t timestamp_us, uint64_t *index)
{
    int64_t now = now_us();
    if (timestamp_us > now)
        return fail(ERR_INVALID_ARGUMENT,
                    "The timestampInMillis parameter cannot be greater than the "
                    "currentTimestampInMillis. timestampInMillis: %" PRId64
                    ", currentTimestampInMillis: %" PRId64,
                    timestamp_us / US_PER_MS, now / US_PER_MS);
    uint64_t low = 1, high = row->next_index; /* the answer lies in [low, high] */
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        struct frame f;
        bool found;
        TRY(frame_seek(frames, middle, &f, &found));
        if (found && f.arrival_us < timestamp_us) low = frame_last(&f) + 1;
        else high = middle;
    }
    *index = low;
    return OK;
}

/* The sequence number of the record before `next`, whose time part is known as long as it is
 * there; for comparisons the time part does not matter. */
static error last_of_place(const struct frame_reader *frames, const struct shard_row *row,
                           struct local_cursor *c)
{
    struct frame f;
    bool found = false;
    if (c->next == 0) return OK;
    if (c->next == 1) {
        c->last = shard_starting(row);
        return OK;
    }
    TRY(frame_seek(frames, c->next - 1, &f, &found));
    int64_t arrival =
        found && f.first < c->next ? f.arrival_us : (int64_t)row->created_s * US_PER_SECOND;
    c->last = shard_sequence(row, c->next - 1, arrival);
    return OK;
}

static error cursor_place(const struct frame_reader *frames, const struct local_stream *stream,
                          const struct shard_row *row, struct position position,
                          struct local_cursor *c)
{
    uint64_t index = 0;
    switch (position.type) {
    case POSITION_TRIM_HORIZON:
        break;
    case POSITION_LATEST:
        index = row->next_index;
        break;
    case POSITION_SHARD_END:
        c->at_end = true;
        break;
    case POSITION_AT_TIMESTAMP:
        TRY(place_of_timestamp(frames, row, position.timestamp_us, &index));
        break;
    case POSITION_AT_SEQUENCE:
    case POSITION_AFTER_SEQUENCE:
        TRY(place_of_sequence(stream, row, position.sequence, &index));
        if (index == SEQUENCE_INDEX_END) index = row->next_index;
        else if (position.type == POSITION_AFTER_SEQUENCE || index == 0) index++;
        break;
    default:
        return fail(ERR_INVALID_ARGUMENT, "unknown position type %d", (int)position.type);
    }
    c->next = index;
    return last_of_place(frames, row, c);
}

static error cursor_row(const struct local_stream *stream, MDB_txn *txn, const char *shard,
                        struct shard_row *row)
{
    uint32_t ordinal;
    bool found = false;
    if (shard_id_parse(shard, &ordinal))
        TRY(shard_row_get(stream->store, txn, stream->id, ordinal, row, &found));
    return found ? OK : fail_no_shard(stream->key, shard);
}

static error local_open_cursor(struct stream *base, const char *shard, struct position position,
                               struct stream_cursor **out)
{
    struct local_stream *stream = (struct local_stream *)base;
    MDB_txn *txn;
    MDB_cursor *frames;
    struct shard_row row;
    TRY(txn_begin(stream->store, false, &txn));
    struct local_cursor *c = must_calloc(1, sizeof *c);
    error e = cursor_row(stream, txn, shard, &row);
    if (e == OK)
        e = store_fail(stream->store, mdb_cursor_open(txn, stream->store->frames, &frames), "read");
    if (e == OK) {
        e = cursor_place(&(struct frame_reader){frames, stream->id, row.ordinal, NULL}, stream, &row,
                         position, c);
        mdb_cursor_close(frames);
    }
    mdb_txn_abort(txn);
    if (e != OK) {
        free(c);
        return e;
    }
    c->base.stream = base;
    c->ordinal = row.ordinal;
    *out = &c->base;
    return OK;
}

/* ---- reading ---- */

/* A job's slices are copies: pages of the map would be looked for one by one, and for each shard
 * again, where the frames of several lie between one another. Few slices are out at a time, so rooms
 * go from cursor to cursor. */
static void room_lend(struct local_cursor *c)
{
    c->room = atomic_exchange(&stream_of(&c->base)->spare, NULL);
    if (!c->room) {
        c->room = must_calloc(1, sizeof *c->room);
        c->room->copies = must_realloc(NULL, COPIES_BYTES);
    }
    c->slice = c->room->slice;
    c->copies = (struct frame_copies){.bytes = c->room->copies};
}

static void room_free(struct room *room)
{
    if (!room) return;
    slice_release(&room->slice);
    free(room->copies);
    free(room);
}

static void room_return(struct local_cursor *c)
{
    c->room->slice = c->slice;
    c->slice = (struct slice){0};
    room_free(atomic_exchange(&stream_of(&c->base)->spare, c->room));
    c->room = NULL;
}

/* Pages that were read leave this process's memory (they stay in the system's cache): a job that
 * goes through a large log keeps only its slices resident. A fault may bring along all that the cache
 * holds in one piece with its page (a large folio), so that much around the slice leaves too, where this
 * cursor has seen the map reach that far. */
static void unmap_slice(struct local_cursor *c)
{
    enum { FOLIO_MAX = 2 * 1024 * 1024 };
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), around = FOLIO_MAX;
    uintptr_t begin = (uintptr_t)c->mapped, end = (uintptr_t)c->mapped_end;
    if (!c->mapped) return;
    if (!c->seen || begin < c->seen) c->seen = begin;
    if (end > c->seen_end) c->seen_end = end;
    begin &= ~(around - 1);
    end = (end + around - 1) & ~(around - 1);
    if (begin < c->seen) begin = (c->seen + page - 1) & ~(page - 1);
    if (end > c->seen_end) end = c->seen_end & ~(page - 1);
    if (begin < end) madvise((void *)begin, end - begin, MADV_DONTNEED);
    c->mapped = c->mapped_end = NULL;
}

static void local_release(struct stream_cursor *base)
{
    struct local_cursor *c = (struct local_cursor *)base;
    if (c->txn && stream_of(base)->store->process == getpid()) mdb_txn_abort(c->txn);
    c->txn = NULL;
    unmap_slice(c);
    slice_reset(&c->slice);
    if (c->room) room_return(c);
}

static void local_close_cursor(struct stream_cursor *base)
{
    struct local_cursor *c = (struct local_cursor *)base;
    local_release(base);
    slice_release(&c->slice);
    free(c);
}

static struct position local_position(const struct stream_cursor *base)
{
    const struct local_cursor *c = (const struct local_cursor *)base;
    if (c->at_end) return (struct position){.type = POSITION_SHARD_END};
    if (c->next == 0) return (struct position){.type = POSITION_TRIM_HORIZON};
    return (struct position){.type = POSITION_AFTER_SEQUENCE, .sequence = c->last};
}

/* The records that were to come next have left the log: from `next` to before `oldest`. */
static error cursor_lost(struct local_cursor *c, const struct shard_row *row, uint64_t oldest)
{
    char text[SEQUENCE_TEXT_MAX];
    sequence_print(text, c->last);
    uint64_t lost = oldest - c->next;
    c->next = oldest;
    c->last = shard_sequence(row, oldest - 1, (int64_t)row->created_s * US_PER_SECOND);
    return fail(ERR_DATA_LOSS,
                "%" PRIu64 " records of shard %s after sequence number %s were removed by the "
                "stream's retention before they were read",
                lost, store_shard_id(stream_of(&c->base)->store, row->ordinal), text);
}

/* Adds the frame's records from `next` on; false when a limit says stop. */
static error cursor_add_frame(struct local_cursor *c, const struct shard_row *row,
                              const struct frame *f, const struct read_limits *limits, bool *more)
{
    if (c->next < f->first)
        return fail(ERR_CORRUPT, "stream log: record %" PRIu64 " of a shard is missing", c->next);
    struct stored_record r = {
        .sequence = shard_sequence(row, c->next, f->arrival_us),
        .arrival_us = f->arrival_us,
    };
    for (uint64_t i = c->next - f->first; i < f->count; i++) {
        TRY(frame_record(f, (uint32_t)i, &r.partition_key, &r.data));
        *more = !slice_full(&c->slice, limits, r.data.size) &&
                !(limits->through && sequence_compare(r.sequence, *limits->through) > 0);
        if (!*more) return OK;
        slice_add(&c->slice, &r, limits->raw);
        c->next++;
        c->last = r.sequence;
        r.sequence = sequence_next(r.sequence);
    }
    return OK;
}

static error cursor_read(struct local_cursor *c, MDB_cursor *frames, const struct shard_row *row,
                         const struct read_limits *limits, int64_t *pending_us)
{
    const struct local_stream *stream = stream_of(&c->base);
    struct frame_reader reader = {frames, stream->id, row->ordinal, NULL};
    struct frame f;
    bool found, more = true;
    TRY(frame_seek(&reader, c->next ? c->next : 1, &f, &found));
    uint64_t oldest = found ? f.first : row->next_index;
    if (c->next < oldest) {
        if (c->next && !limits->raw) return cursor_lost(c, row, oldest);
        c->next = oldest;
        c->last = shard_sequence(row, oldest - 1, (int64_t)row->created_s * US_PER_SECOND);
    }
    if (found && !limits->raw) {
        room_lend(c);
        if (copies_begin(&c->copies, stream->store, &f)) reader.copies = &c->copies;
    }
    while (found && more) {
        const char *stored_end = f.stored.data + f.stored.size;
        if (!limits->raw && (!c->mapped || f.stored.data < c->mapped)) c->mapped = f.stored.data;
        if (!limits->raw && stored_end > c->mapped_end) c->mapped_end = stored_end;
        TRY(cursor_add_frame(c, row, &f, limits, &more));
        *pending_us = f.arrival_us;
        if (more) TRY(frame_next(&reader, &f, &found));
    }
    return OK;
}

static error read_in(struct local_cursor *c, struct read_limits limits, struct records *out)
{
    struct local_stream *stream = stream_of(&c->base);
    struct stream_store *s = stream->store;
    struct shard_row row;
    MDB_cursor *frames;
    int64_t pending_us = 0;
    TRY(cursor_row(stream, c->txn, store_shard_id(s, c->ordinal), &row));
    if (!limit_take_read(s, stream->id, c->ordinal))
        return fail(ERR_THROUGHPUT, "Rate exceeded for shard %s in stream %s under account %s.",
                    store_shard_id(s, c->ordinal), stream->key.name, stream->key.account);
    TRY(store_fail(s, mdb_cursor_open(c->txn, s->frames, &frames), "read"));
    error e = cursor_read(c, frames, &row, &limits, &pending_us);
    mdb_cursor_close(frames);
    TRY(e);
    limit_charge_read(s, stream->id, c->ordinal, c->slice.bytes);
    slice_show(&c->slice, out);
    if (c->next < row.next_index) {
        int64_t behind = (now_us() - pending_us) / US_PER_MS;
        out->behind_ms = behind > 0 ? behind : 1;
    } else if (row.closed) {
        c->at_end = out->shard_end = true;
    }
    return OK;
}

static error local_read(struct stream_cursor *base, struct read_limits limits, struct records *out)
{
    struct local_cursor *c = (struct local_cursor *)base;
    *out = (struct records){0};
    local_release(base);
    if (c->at_end) {
        out->shard_end = true;
        return OK;
    }
    TRY(txn_begin(stream_of(base)->store, false, &c->txn));
    error e = read_in(c, limits, out);
    if (e != OK || c->slice.count == 0) { /* nothing borrowed: nothing to hold */
        mdb_txn_abort(c->txn);
        c->txn = NULL;
    }
    return e;
}

/* ---- the stream ---- */

static void local_wait(struct stream *base, int64_t timeout_us)
{
    struct local_stream *stream = (struct local_stream *)base;
    wake_wait(stream->store, stream->seen, timeout_us);
    stream->seen = atomic_load(stream->store->commits);
}

static error local_put(struct stream *base, const struct put_record *records, size_t count,
                       struct put_result *results)
{
    struct local_stream *stream = (struct local_stream *)base;
    return stream_put(stream->store, stream->key, records, count, results);
}

static void local_close(struct stream *base)
{
    struct local_stream *stream = (struct local_stream *)base;
    free((char *)stream->key.account);
    free((char *)stream->key.region);
    free((char *)stream->key.name);
    room_free(stream->spare);
    free(stream);
}

static const struct stream_ops local_ops = {
    .shards = local_shards,
    .open_cursor = local_open_cursor,
    .read = local_read,
    .close_cursor = local_close_cursor,
    .release = local_release,
    .position = local_position,
    .wait = local_wait,
    .put = local_put,
    .close = local_close,
};

error stream_open_local(struct stream_store *s, struct stream_key key, struct stream **out)
{
    MDB_txn *txn;
    json_t *document;
    uint32_t id;
    uint32_t seen = atomic_load(s->commits);
    TRY(txn_begin(s, false, &txn));
    error e = document_get(s, txn, key, &document, &id);
    mdb_txn_abort(txn);
    TRY(e);
    struct local_stream *stream = must_calloc(1, sizeof *stream);
    *stream = (struct local_stream){
        .base = {.ops = &local_ops, .created_us = json_integer_or(document, "created_us", 0)},
        .store = s,
        .key = {must_strdup(key.account), must_strdup(key.region), must_strdup(key.name)},
        .id = id,
        .seen = seen,
    };
    stream->base.name = stream->key.name;
    json_decref(document);
    *out = &stream->base;
    return OK;
}
