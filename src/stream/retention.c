/* What ends: frames older than their stream's retention, closed shards that held only such, and the
 * frames of deleted streams. Bounded transactions, so that puts get in between; every step may be
 * interrupted and is taken up by the next call. */
#include "stream/store.h"

/* Deletes frames of one shard that arrived before `horizon_us`, at most *budget. *empty tells
 * whether none is left. */
static error trim_frames(struct stream_store *s, MDB_cursor *cursor, uint32_t stream,
                         uint32_t ordinal, int64_t horizon_us, int *budget, bool *empty)
{
    const struct frame_reader frames = {cursor, stream, ordinal, NULL};
    struct frame f;
    bool found;
    TRY(frame_seek(&frames, 0, &f, &found));
    while (found && f.arrival_us<horizon_us && * budget> 0) {
        TRY(store_fail(s, mdb_cursor_del(cursor, 0), "trim"));
        --*budget;
        /* after a deletion the cursor already stands at the next one, which NEXT then yields */
        TRY(frame_next(&frames, &f, &found));
    }
    *empty = !found;
    return OK;
}

static error trim_shards(struct stream_store *s, MDB_txn *txn, uint32_t stream, int64_t horizon_us,
                         const struct shard_set *set, int *budget)
{
    MDB_cursor *cursor;
    TRY(store_fail(s, mdb_cursor_open(txn, s->frames, &cursor), "trim"));
    error e = OK;
    for (size_t i = 0; e == OK && i<set->count && * budget> 0; i++) {
        const struct shard_row *row = &set->rows[i];
        bool empty;
        e = trim_frames(s, cursor, stream, row->ordinal, horizon_us, budget, &empty);
        if (e != OK || !empty || !row->closed || row->closed_us >= horizon_us) continue;
        struct shard_key k = shard_key_of(stream, row->ordinal);
        MDB_val key = {sizeof k, &k};
        e = store_fail(s, mdb_del(txn, s->shards, &key, NULL), "trim");
    }
    mdb_cursor_close(cursor);
    return e;
}

error trim_stream(struct stream_store *s, uint32_t stream, int64_t horizon_us)
{
    for (bool more = true; more;) {
        MDB_txn *txn;
        TRY(txn_begin(s, true, &txn));
        int budget = FRAMES_PER_TRIM;
        struct shard_set set = {0};
        error e = shard_rows(s, txn, stream, &set);
        if (e == OK) e = trim_shards(s, txn, stream, horizon_us, &set, &budget);
        shard_set_release(&set);
        if (e != OK) {
            mdb_txn_abort(txn);
            return e;
        }
        TRY(store_fail(s, mdb_txn_commit(txn), "trim"));
        more = budget == 0;
    }
    return OK;
}

/* Frees up to FRAMES_PER_TRIM frames of one deleted stream; the row goes with the last. */
static error collect_some(struct stream_store *s, MDB_txn *txn, uint32_t stream, MDB_val doomed_key)
{
    MDB_cursor *cursor;
    TRY(store_fail(s, mdb_cursor_open(txn, s->frames, &cursor), "delete"));
    struct frame_key start = frame_key_of(stream, 0, 0);
    MDB_val key = {sizeof start, &start}, value;
    int code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    int budget = FRAMES_PER_TRIM;
    while (code == MDB_SUCCESS && budget && memcmp(key.mv_data, start.bytes, 4) == 0) {
        code = mdb_cursor_del(cursor, 0);
        if (code == MDB_SUCCESS) code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
        budget--;
    }
    mdb_cursor_close(cursor);
    if (code != MDB_NOTFOUND) TRY(store_fail(s, code, "delete"));
    if (budget == 0) return OK;
    return store_fail(s, mdb_del(txn, s->doomed, &doomed_key, NULL), "delete");
}

/* The first deleted stream whose frames are not freed yet. */
static error doomed_first(struct stream_store *s, MDB_txn *txn, uint8_t out[4], bool *found)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    TRY(store_fail(s, mdb_cursor_open(txn, s->doomed, &cursor), "delete"));
    int code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    *found = code == MDB_SUCCESS && key.mv_size == 4;
    if (*found) memcpy(out, key.mv_data, 4);
    mdb_cursor_close(cursor);
    return code == MDB_NOTFOUND ? OK : store_fail(s, code, "delete");
}

error collect_doomed(struct stream_store *s)
{
    for (bool found = true; found;) {
        MDB_txn *txn;
        uint8_t id[4];
        TRY(txn_begin(s, true, &txn));
        error e = doomed_first(s, txn, id, &found);
        if (e == OK && found) e = collect_some(s, txn, get_be32(id), (MDB_val){sizeof id, id});
        if (e != OK || !found) {
            mdb_txn_abort(txn);
            TRY(e);
            continue;
        }
        TRY(store_fail(s, mdb_txn_commit(txn), "delete"));
    }
    return OK;
}

struct retained {
    uint32_t stream;
    int64_t retention_us;
};

static error retained_streams(struct stream_store *s, MDB_txn *txn, struct buffer *out)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    TRY(store_fail(s, mdb_cursor_open(txn, s->streams, &cursor), "trim"));
    error e = OK;
    int code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    for (; e == OK && code == MDB_SUCCESS; code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        json_t *document;
        e = json_read((span){value.mv_data, value.mv_size}, &document);
        if (e != OK) break;
        struct retained r = {
            .stream = (uint32_t)json_integer_or(document, "id", 0),
            .retention_us = json_integer_or(document, "retention_hours", 24) * 3600 * US_PER_SECOND,
        };
        buffer_append(out, &r, sizeof r);
        json_decref(document);
    }
    mdb_cursor_close(cursor);
    return e != OK || code == MDB_NOTFOUND ? e : store_fail(s, code, "trim");
}

error stream_trim(struct stream_store *s, int64_t now)
{
    MDB_txn *txn;
    struct buffer streams = {0};
    TRY(collect_doomed(s));
    TRY(txn_begin(s, false, &txn));
    error e = retained_streams(s, txn, &streams);
    mdb_txn_abort(txn);
    for (size_t at = 0; e == OK && at < streams.size; at += sizeof(struct retained)) {
        struct retained r;
        memcpy(&r, streams.data + at, sizeof r);
        e = trim_stream(s, r.stream, now - r.retention_us);
    }
    buffer_release(&streams);
    return e;
}
