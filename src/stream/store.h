/* What the files of the local log share: the store, its tables and its transactions.
 *
 * One LMDB file `stream.mdb` per folder, five tables:
 *
 *   meta     "format", "generation", "next_id"  numbers, u64 little-endian
 *   streams  account NUL region NUL name        JSON: id, created_us, retention, attributes ...
 *   shards   stream u32 BE, ordinal u32 BE      a row (drawn in shard.c)
 *   frames   stream u32 BE, ordinal u32 BE, first record's index u64 BE: a frame (drawn in frame.c)
 *   doomed   stream u32 BE                      deleted stream whose frames are still to be freed
 *
 * `generation` grows with every change of a stream's open shards: a writer's cached ranges are good
 * while it stands. Names lead to an id at the door; below it only ids are used, so a deleted and
 * re-created stream never meets its old records. */
#pragma once

#include "stream/shard.h"

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

enum {
    ID_CHUNK = 1024,
    ID_CHUNKS = SHARD_ORDINAL_MAX / ID_CHUNK,
    DOCUMENT_KEY_MAX = 500, /* LMDB's limit is 511 */
    FRAMES_PER_TRIM = 4096, /* freed in one transaction: puts wait no longer than that takes */
    COPIES_BYTES = 4 << 20, /* of frames in a slice */
};

struct put_call;
struct topology;
struct bucket;

struct stream_store {
    struct stream_store *next; /* of the process's open stores */
    unsigned opens;
    pid_t process;
    dev_t device;
    ino_t folder;
    size_t map_bytes;
    MDB_env *env;
    MDB_dbi meta, streams, shards, frames, doomed;

    _Atomic uint32_t *commits; /* shared by processes: counts commits, a futex (wake.c) */

    pthread_mutex_t ids_lock;
    char (*ids[ID_CHUNKS])[SHARD_ID_SIZE];

    /* group commit (append.c): `queue_lock` guards the queue, the leader owns the rest */
    pthread_mutex_t queue_lock;
    struct put_call *queue_first, *queue_last;
    bool leading;
    struct arena work;
    struct topology *topologies;
    uint64_t topology_generation;

    /* per-shard limits (limits.c) */
    _Atomic bool limited;
    pthread_mutex_t limits_lock;
    struct bucket *buckets;
    size_t bucket_count, bucket_capacity;
};

/* Interned text of a shard's id, valid as long as the store is open. */
const char *store_shard_id(struct stream_store *, uint32_t ordinal);
/* ERR_INTERNAL in a process that did not open it. */
error store_check(const struct stream_store *) MUST_CHECK;
/* Words an LMDB result; `what` says what was tried. */
error store_fail(const struct stream_store *, int code, const char *what);

/* ---- transactions ---- */
error txn_begin(struct stream_store *, bool write, MDB_txn **) MUST_CHECK;
/* Ends it whatever happens; after OK the change is durable and readers have been woken. */
error txn_commit(struct stream_store *, MDB_txn *) MUST_CHECK;
error meta_get(struct stream_store *, MDB_txn *, const char *name, uint64_t *value) MUST_CHECK;
error meta_set(struct stream_store *, MDB_txn *, const char *name, uint64_t value) MUST_CHECK;
error meta_changed(struct stream_store *, MDB_txn *) MUST_CHECK; /* generation + 1 */

/* ---- keys ---- */
struct shard_key {
    uint8_t bytes[8];
};
struct frame_key {
    uint8_t bytes[16];
};
static inline struct shard_key shard_key_of(uint32_t stream, uint32_t ordinal)
{
    struct shard_key k;
    put_be32(k.bytes, stream);
    put_be32(k.bytes + 4, ordinal);
    return k;
}
static inline struct frame_key frame_key_of(uint32_t stream, uint32_t ordinal, uint64_t index)
{
    struct frame_key k;
    put_be32(k.bytes, stream);
    put_be32(k.bytes + 4, ordinal);
    put_be64(k.bytes + 8, index);
    return k;
}

/* ---- documents and shard rows (meta.c) ---- */
error fail_no_stream(struct stream_key);
error fail_no_shard(struct stream_key, const char *shard);
/* The stream's document, a new reference; its id. */
error document_get(struct stream_store *, MDB_txn *, struct stream_key, json_t **,
                   uint32_t *id) MUST_CHECK;
error document_put(struct stream_store *, MDB_txn *, struct stream_key, const json_t *) MUST_CHECK;
error shard_row_get(struct stream_store *, MDB_txn *, uint32_t stream, uint32_t ordinal,
                    struct shard_row *, bool *found) MUST_CHECK;
error shard_row_put(struct stream_store *, MDB_txn *, uint32_t stream,
                    const struct shard_row *) MUST_CHECK;
/* All rows of the stream, by ordinal; next_ordinal is left alone. */
error shard_rows(struct stream_store *, MDB_txn *, uint32_t stream, struct shard_set *) MUST_CHECK;

/* ---- frames (frame.c) ---- */
struct frame {
    uint64_t first; /* index of its first record */
    uint32_t count;
    int64_t arrival_us; /* of all its records */
    const char *table;
    span payload;
    span stored; /* in the map, which may be elsewhere */
};
size_t frame_size(size_t count, size_t payload); /* bytes of a frame; payload: keys and data */
struct frame_writer {
    char *table, *payload, *end;
    uint32_t offset;
};
void frame_begin(struct frame_writer *, void *memory, size_t size, uint32_t count,
                 int64_t arrival_us);
void frame_add(struct frame_writer *, span key, span data);
void frame_finish(struct frame_writer *);
/* Borrows from the map. ERR_CORRUPT when the value is no frame. */
error frame_decode(MDB_val key, MDB_val value, struct frame *) MUST_CHECK;
error frame_record(const struct frame *, uint32_t i, span *key, span *data) MUST_CHECK;
static inline uint64_t frame_last(const struct frame *f)
{
    return f->first + f->count - 1;
}
/* A place among the frames of a shard. */
struct frame_reader {
    MDB_cursor *at;
    uint32_t stream, ordinal;
    struct frame_copies *copies; /* NULL: frames are borrowed from the map */
};
/* The first frame of the shard whose last record's index is at least `index`. */
error frame_seek(const struct frame_reader *, uint64_t index, struct frame *,
                 bool *found) MUST_CHECK;
error frame_next(const struct frame_reader *, struct frame *, bool *found) MUST_CHECK;

/* ---- frames read from the log's file (copies.c) ---- */
struct frame_copies {
    char *bytes; /* COPIES_BYTES of them */
    size_t used;
    const char *map; /* where the file begins in memory */
    int file;
};
/* Finds the file behind the map by a frame that was borrowed from it. False: it is not sure where. */
bool copies_begin(struct frame_copies *, const struct stream_store *, const struct frame *);
/* The value's copy; the value itself when there is no room, or a large one gains nothing. */
MDB_val copies_take(struct frame_copies *, MDB_val value);

/* ---- limits (limits.c) ---- */
bool limit_take_put(struct stream_store *, uint32_t stream, uint32_t ordinal, size_t bytes);
bool limit_take_read(struct stream_store *, uint32_t stream, uint32_t ordinal);
void limit_charge_read(struct stream_store *, uint32_t stream, uint32_t ordinal, size_t bytes);

/* ---- retention (retention.c) ---- */
error trim_stream(struct stream_store *, uint32_t stream, int64_t horizon_us) MUST_CHECK;
error collect_doomed(struct stream_store *) MUST_CHECK;

/* ---- append.c ---- */
void topologies_forget(struct stream_store *);

/* ---- waking readers of all processes (wake.c) ---- */
error wake_open(struct stream_store *, const char *folder) MUST_CHECK;
void wake_close(struct stream_store *);
void wake_readers(struct stream_store *);
/* Returns when the count differs from `seen`, or after the timeout. */
void wake_wait(struct stream_store *, uint32_t seen, int64_t timeout_us);
