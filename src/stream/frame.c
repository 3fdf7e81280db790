/* Frames: the stored form of a run of consecutive records of one shard that arrived together.
 *
 * Little-endian, no alignment:
 *
 *   0  u8 version 1 | u8[3] zero
 *   4  u32 count
 *   8  i64 arrival, us since 1970     one commit's records arrive at one time
 *  16  count entries of 8 bytes: u32 offset of the record in the payload | u16 key bytes | u16 zero
 *      payload: per record its partition key (UTF-8), then its data, up to the next one's offset
 *
 * The key in the table is the index of the first record; a frame is trimmed as a whole. */
#include "stream/store.h"

enum { VERSION = 1, HEADER = 16, ENTRY = 8 };

size_t frame_size(size_t count, size_t payload)
{
    return HEADER + ENTRY * count + payload;
}

void frame_begin(struct frame_writer *w, void *memory, size_t size, uint32_t count,
                 int64_t arrival_us)
{
    char *p = memory;
    memset(p, 0, 4);
    p[0] = VERSION;
    put_le32(p + 4, count);
    put_le64(p + 8, (uint64_t)arrival_us);
    w->table = p + HEADER;
    w->payload = w->table + (size_t)ENTRY * count;
    w->end = p + size;
    w->offset = 0;
}

void frame_add(struct frame_writer *w, span key, span data)
{
    CHECK(key.size <= UINT16_MAX);
    CHECK(key.size + data.size <= (size_t)(w->end - w->payload) - w->offset);
    put_le32(w->table, w->offset);
    put_le32(w->table + 4, (uint32_t)key.size);
    w->table += ENTRY;
    memcpy(w->payload + w->offset, key.data, key.size);
    w->offset += (uint32_t)key.size;
    if (data.size) memcpy(w->payload + w->offset, data.data, data.size);
    w->offset += (uint32_t)data.size;
}

void frame_finish(struct frame_writer *w)
{
    CHECK(w->table == w->payload && w->payload + w->offset == w->end);
}

error frame_decode(MDB_val key, MDB_val value, struct frame *f)
{
    const char *p = value.mv_data;
    uint32_t count = value.mv_size >= HEADER ? get_le32(p + 4) : 0;
    if (key.mv_size != sizeof(struct frame_key) || !count || p[0] != VERSION ||
        (value.mv_size - HEADER) / ENTRY < count)
        return fail(ERR_CORRUPT, "stream log: a frame of %zu bytes is damaged", value.mv_size);
    *f = (struct frame){
        .first = get_be64((const char *)key.mv_data + 8),
        .count = count,
        .arrival_us = (int64_t)get_le64(p + 8),
        .table = p + HEADER,
        .payload = {p + HEADER + (size_t)ENTRY * count,
                    value.mv_size - HEADER - (size_t)ENTRY * count},
    };
    return OK;
}

/* Whoever takes a record looks at its first bytes: those of records behind are asked for early, so
 * that not each is a wait for memory. */
static inline void fetch_ahead(const struct frame *f, uint32_t i)
{
    enum { AHEAD = 16 };
    if (i + AHEAD >= f->count) return;
    const char *entry = f->table + (size_t)ENTRY * (i + AHEAD);
    __builtin_prefetch(f->payload.data + get_le32(entry) + get_le32(entry + 4));
}

error frame_record(const struct frame *f, uint32_t i, span *key, span *data)
{
    const char *entry = f->table + (size_t)ENTRY * i;
    fetch_ahead(f, i);
    size_t start = get_le32(entry), middle = start + get_le32(entry + 4);
    size_t end = i + 1 < f->count ? get_le32(entry + ENTRY) : f->payload.size;
    if (start > middle || middle > end || end > f->payload.size)
        return fail(ERR_CORRUPT, "stream log: record %u of a frame is damaged", i);
    *key = (span){f->payload.data + start, middle - start};
    *data = (span){f->payload.data + middle, end - middle};
    return OK;
}

/* Whether the cursor's place is a frame of the shard. */
static error frame_at(const struct frame_reader *r, int code, MDB_val key, MDB_val value,
                      struct frame *f, bool *found)
{
    *found = false;
    if (code == MDB_NOTFOUND) return OK;
    if (code != MDB_SUCCESS) return store_fail(NULL, code, "read frame");
    struct shard_key shard = shard_key_of(r->stream, r->ordinal);
    if (key.mv_size < sizeof shard || memcmp(key.mv_data, shard.bytes, sizeof shard) != 0)
        return OK;
    *found = true;
    TRY(frame_decode(key, r->copies ? copies_take(r->copies, value) : value, f));
    f->stored = (span){value.mv_data, value.mv_size};
    return OK;
}

error frame_seek(const struct frame_reader *r, uint64_t index, struct frame *f, bool *found)
{
    struct frame_key wanted = frame_key_of(r->stream, r->ordinal, index);
    MDB_val key = {sizeof wanted, &wanted}, value;
    int code = mdb_cursor_get(r->at, &key, &value, MDB_SET_RANGE);
    TRY(frame_at(r, code, key, value, f, found));
    if (*found && f->first == index) return OK;
    /* the record may lie inside the frame before */
    code = mdb_cursor_get(r->at, &key, &value, code == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
    struct frame before;
    bool is_ours;
    TRY(frame_at(r, code, key, value, &before, &is_ours));
    if (is_ours && frame_last(&before) >= index) {
        *f = before;
        *found = true;
        return OK;
    }
    if (!*found) return OK;
    wanted = frame_key_of(r->stream, r->ordinal, f->first);
    key = (MDB_val){sizeof wanted, &wanted};
    code = mdb_cursor_get(r->at, &key, &value, MDB_SET_RANGE);
    return frame_at(r, code, key, value, f, found);
}

error frame_next(const struct frame_reader *r, struct frame *f, bool *found)
{
    MDB_val key, value;
    int code = mdb_cursor_get(r->at, &key, &value, MDB_NEXT);
    return frame_at(r, code, key, value, f, found);
}
