/* Records in shards, in Kinesis's terms (Amazon Kinesis Data Streams API 2013-12-02), over two
 * back ends with one set of functions: the local log (LMDB) and a remote Kinesis endpoint. */
#pragma once

#include "base/base.h"

/* 186-bit sequence numbers as AWS prints them: decimal, compared as integers. */
struct sequence {
    uint64_t high, middle, low; /* 192 bits, big-endian order of words */
};
enum { SEQUENCE_TEXT_MAX = 60 };
static inline int sequence_compare(struct sequence a, struct sequence b)
{
    if (a.high != b.high) return a.high < b.high ? -1 : 1;
    if (a.middle != b.middle) return a.middle < b.middle ? -1 : 1;
    return a.low < b.low ? -1 : a.low > b.low;
}
/* Of the record behind, when both arrived in the same second. */
static inline struct sequence sequence_next(struct sequence s)
{
    s.middle += UINT64_C(1) << 16;
    s.high += s.middle < UINT64_C(1) << 16;
    return s;
}
error sequence_parse(span decimal, struct sequence *) MUST_CHECK;
/* NUL-terminated; returns the digits. */
size_t sequence_print(char out[SEQUENCE_TEXT_MAX], struct sequence);

enum { SHARD_ID_SIZE = 21 }; /* "shardId-000000000000" and NUL; remote ids may be up to 128 */

struct hash_key {
    uint64_t high, low;
}; /* 128-bit */

struct shard {
    const char *id;
    const char *parent, *adjacent_parent; /* NULL: none */
    struct hash_key start, end;           /* inclusive */
    struct sequence starting;
    struct sequence ending; /* only when closed */
    bool closed;
    int64_t created_us, closed_us; /* 0: unknown (remote), not closed */
};

enum position_type {
    POSITION_TRIM_HORIZON,
    POSITION_LATEST,
    POSITION_AT_TIMESTAMP,
    POSITION_AT_SEQUENCE,
    POSITION_AFTER_SEQUENCE,
    POSITION_SHARD_END, /* everything read, shard closed */
};

struct position {
    enum position_type type;
    struct sequence sequence; /* AT_ and AFTER_SEQUENCE */
    int64_t timestamp_us;     /* AT_TIMESTAMP */
    /* When nothing lay behind it, by the stream's clock; 0: not known. A remote place that has left
     * the retention is judged by it; a local log knows by itself. */
    int64_t seen_us;
};

/* A slice of one shard's records, as parallel arrays. Borrowed from the cursor, the log's map or a
 * reply body: valid until the cursor's next read, rewind or close. KPL-aggregated records are already
 * unpacked: sub-records share sequence and arrival, `sub` counts them from 0. */
struct records {
    size_t count;
    const struct sequence *sequence;
    const uint32_t *sub;
    const int64_t *arrival_us;
    const span *partition_key;
    const span *data;
    size_t bytes;         /* of all data */
    int64_t behind_ms;    /* MillisBehindLatest after this slice */
    int64_t seen_us;      /* of the position behind it */
    bool shard_end;       /* the shard is closed and this was its last slice */
    struct sequence last; /* of the last stored record read (when count > 0 or skipped) */
    bool any;             /* false: no record was consumed, `last` says nothing */
};

struct read_limits {
    size_t records; /* soft: an aggregate is never cut; 0: no limit */
    size_t bytes;   /* of data; at least one record comes; 0: no limit */
    /* Replay: stop behind this sequence number; NULL: no bound. */
    const struct sequence *through;
    /* As GetRecords answers: aggregates stay packed, and a place older than the oldest record goes
     * on at the oldest record. Otherwise such a gap is ERR_DATA_LOSS, told once: the cursor then
     * stands behind the gap and may go on. */
    bool raw;
};

struct put_record {
    span partition_key; /* 1..256 Unicode characters, checked by the door */
    bool has_explicit_hash;
    struct hash_key explicit_hash;
    span data;
};

struct put_result {
    const char *shard_id; /* valid as long as the store is open; NULL of a remote one */
    struct sequence sequence;
    error code; /* OK or ERR_THROUGHPUT */
};

struct stream; /* an open stream of either kind */

/* A place in one shard; one owner thread. Each back end has more behind it. */
struct stream_cursor {
    struct stream *stream;
};

/* What both back ends provide. */
struct stream_ops {
    /* All shards not yet expired, parents before children, in the arena. */
    error (*shards)(struct stream *, struct arena *, struct shard **out, size_t *count);
    error (*open_cursor)(struct stream *, const char *shard_id, struct position,
                         struct stream_cursor **out);
    /* May return no records though data follows (behind_ms > 0 then). Never blocks for data. */
    error (*read)(struct stream_cursor *, struct read_limits, struct records *out);
    void (*close_cursor)(struct stream_cursor *);
    /* Lets go of the last slice, which ends its validity; the place stays. Call it when the slice
     * is used up and no read follows at once: a slice held long lets the local log's file grow. */
    void (*release)(struct stream_cursor *);
    /* Where the next read goes on, in a form open_cursor takes. A local cursor has turned LATEST
     * and AT_TIMESTAMP into AFTER_SEQUENCE at once; a remote one when it has read a record, until
     * when LATEST is the time at which it was opened, by the service's clock. */
    struct position (*position)(const struct stream_cursor *);
    /* Waits until data may have come, at most `timeout_us`; local streams wake early, also when
     * another process puts. One thread waits on a stream. */
    void (*wait)(struct stream *, int64_t timeout_us);
    /* Appends, at most 500 records; results in input order, those refused with their own code. A local
     * log takes all of them or fails; after a remote failure any of them may be in the stream. */
    error (*put)(struct stream *, const struct put_record *, size_t count, struct put_result *);
    void (*close)(struct stream *);
};

struct stream {
    const struct stream_ops *ops;
    const char *name;
    int64_t created_us; /* tells a re-created stream of the same name */
};

static inline error MUST_CHECK stream_shards(struct stream *s, struct arena *a, struct shard **out,
                                             size_t *n)
{
    return s->ops->shards(s, a, out, n);
}

/* ---- KPL aggregation (stream/aggregated.c) ----
 * magic F3 89 9A C2 | protobuf AggregatedRecord | MD5 of the protobuf part.
 * Anything that does not check out is one plain record. */
struct aggregated_record {
    span partition_key, explicit_hash_key, data;
};
bool aggregated_unpack(struct arena *, span record, struct aggregated_record **out, size_t *count);

/* ---- the local log (stream/local.c on LMDB; drawn there) ----
 * One environment per data directory, shared by the server and job processes (LMDB's one writer,
 * many readers). Record bytes are read straight from the map, or copied from its file (copies.c). */
struct stream_store;

struct stream_info {
    const char *name;
    const char *arn;
    const char *status; /* ACTIVE ... */
    bool on_demand;
    int open_shards;
    int retention_hours;
    int64_t created_us;
    int max_record_kib;
    const char *encryption_type, *key_id; /* NONE or KMS */
    int consumers;
};

struct stream_consumer {
    const char *name, *arn, *status;
    int64_t created_us;
};

/* A second open of the same folder in a process shares the first; a store must not be used across
 * fork: the child opens its own. Everything is safe to call from any thread. */
error stream_store_open(const char *folder, struct stream_store **) MUST_CHECK;
/* The same with a ceiling on the log's size: a put beyond it answers ERR_NO_SPACE. */
error stream_store_open_capped(const char *folder, size_t max_bytes,
                               struct stream_store **) MUST_CHECK;
void stream_store_close(struct stream_store *);
/* AWS's per-shard limits (1 MB/s and 1000 records/s in, 2 MB/s and 5 reads/s out); default off. */
void stream_store_set_limits(struct stream_store *, bool aws);

/* Each change is durable when the call returns, and done: AWS's CREATING, UPDATING and DELETING
 * last no time here. `account` and `region` scope all names. Errors carry AWS's codes and texts. */
struct stream_key {
    const char *account, *region, *name;
};
error stream_create(struct stream_store *, struct stream_key, int shards,
                    bool on_demand) MUST_CHECK;
error stream_delete(struct stream_store *, struct stream_key) MUST_CHECK;
error stream_describe(struct stream_store *, struct stream_key, struct arena *,
                      struct stream_info *) MUST_CHECK;
/* Names in order, after `after` (NULL: from the first), at most `max`. */
error stream_list(struct stream_store *, const char *account, const char *region, const char *after,
                  size_t max, struct arena *, const char ***names, size_t *count,
                  bool *more) MUST_CHECK;
error stream_set_retention(struct stream_store *, struct stream_key, int hours) MUST_CHECK;
/* Other attributes that are stored and returned as given (value NULL: removed; *out is NULL when
 * never set). stream_describe reads: "mode" ("PROVISIONED" or "ON_DEMAND"), "encryption"
 * ({"type": "KMS", "key_id": ...}), "max_record_kib" (integer). */
error stream_set_attribute(struct stream_store *, struct stream_key, const char *name,
                           const json_t *value) MUST_CHECK;
error stream_attribute(struct stream_store *, struct stream_key, const char *name,
                       json_t **out) MUST_CHECK;
error stream_split(struct stream_store *, struct stream_key, const char *shard,
                   struct hash_key at) MUST_CHECK;
error stream_merge(struct stream_store *, struct stream_key, const char *shard,
                   const char *adjacent) MUST_CHECK;
error stream_update_shard_count(struct stream_store *, struct stream_key, int target,
                                int *current) MUST_CHECK;
/* Appends and returns when all are durable: concurrent callers share one commit. Results in input
 * order; records refused by a limit have their own code. */
error stream_put(struct stream_store *, struct stream_key, const struct put_record *, size_t count,
                 struct put_result *results) MUST_CHECK;
error stream_register_consumer(struct stream_store *, struct stream_key, const char *consumer,
                               struct arena *, struct stream_consumer *) MUST_CHECK;
error stream_deregister_consumer(struct stream_store *, struct stream_key,
                                 const char *consumer) MUST_CHECK;
error stream_consumers(struct stream_store *, struct stream_key, struct arena *,
                       struct stream_consumer **, size_t *count) MUST_CHECK;
/* Drops records older than each stream's retention and shards that held only such, and frees what
 * deleted streams left behind; called by the server from time to time. */
error stream_trim(struct stream_store *, int64_t now_us) MUST_CHECK;

/* Opens for reading; close with ->ops->close. */
error stream_open_local(struct stream_store *, struct stream_key, struct stream **) MUST_CHECK;

/* ---- remote (stream/kinesis.c): the same over HTTP, against AWS or anything that speaks it ----
 */
struct http_client;
error stream_open_kinesis(struct http_client *, const char *endpoint_url, const char *region,
                          const char *stream_name_or_arn, struct stream **) MUST_CHECK;
