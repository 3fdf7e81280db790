/* What the local log's files share that knows nothing of storage: the parts of a sequence number,
 * a shard's row, hash ranges, and the slice of records a cursor hands out. */
#pragma once

#include "stream/stream.h"

typedef unsigned __int128 u128;

static inline u128 hash_number(struct hash_key k)
{
    return (u128)k.high << 64 | k.low;
}

static inline struct hash_key hash_of_number(u128 n)
{
    return (struct hash_key){(uint64_t)(n >> 64), (uint64_t)n};
}

enum { HASH_TEXT_MAX = 40 };
void hash_print(char out[HASH_TEXT_MAX], struct hash_key);
bool hash_parse(span decimal, struct hash_key *);          /* 0 .. 2^128-1 */
/* MD5, big-endian; of at most MD5_LANES keys. */
void hash_partition_keys(struct hash_key *out, const span *partition_keys, size_t count);

/* ---- sequence numbers (layout drawn in sequence.c) ---- */
struct sequence_parts {
    uint64_t created_s; /* of the shard */
    uint64_t index;     /* of the record in its shard: the first is 1, no gaps */
    uint64_t time_s;    /* of the record */
    uint32_t ordinal;   /* of the shard */
};
/* Index of a closed shard's EndingSequenceNumber: behind every record. */
#define SEQUENCE_INDEX_END UINT64_C(0x7fffffffffffffff)

struct sequence sequence_make(struct sequence_parts);
bool sequence_split(struct sequence, struct sequence_parts *); /* false: not of this layout */

/* ---- shards ---- */
#define NO_SHARD UINT32_MAX
enum { SHARD_ORDINAL_MAX = 1 << 20 }; /* shards of one stream, over its life */

struct shard_row {
    uint32_t ordinal;
    uint32_t parent, adjacent; /* NO_SHARD: none */
    struct hash_key start, end;
    uint64_t created_s; /* as its sequence numbers say: later than its parents' */
    int64_t created_us;
    bool closed;
    int64_t closed_us;
    uint64_t next_index; /* of the next record */
    int64_t last_us;     /* arrival of the last record; arrivals never go back */
};

enum { SHARD_ROW_SIZE = 84 };
void shard_row_encode(uint8_t out[SHARD_ROW_SIZE], const struct shard_row *);
error shard_row_decode(span in, uint32_t ordinal, struct shard_row *) MUST_CHECK;

void shard_id_print(char out[SHARD_ID_SIZE], uint32_t ordinal);
bool shard_id_parse(const char *id, uint32_t *ordinal);

struct sequence shard_starting(const struct shard_row *);
struct sequence shard_ending(const struct shard_row *);
struct sequence shard_sequence(const struct shard_row *, uint64_t index, int64_t arrival_us);

/* A stream's shards while they change; rows grow at the end in the order of creation. */
struct shard_set {
    struct shard_row *rows;
    size_t count, capacity;
    uint32_t next_ordinal;
};
void shard_set_release(struct shard_set *);
struct shard_row *shard_set_find(struct shard_set *, uint32_t ordinal); /* NULL: none */
size_t shard_set_open(const struct shard_set *);
/* `count` new shards over the whole key space. */
error shard_set_begin(struct shard_set *, size_t count, int64_t now_us) MUST_CHECK;
/* Any boundary inside the range (start < at <= end); the caller checks AWS's narrower rule. */
error shard_set_split(struct shard_set *, uint32_t ordinal, struct hash_key at,
                      int64_t now_us) MUST_CHECK;
/* The ranges must touch, `low` below `high`; `parent` is either of them, the one named first. */
error shard_set_merge(struct shard_set *, uint32_t parent, uint32_t adjacent,
                      int64_t now_us) MUST_CHECK;
bool shard_touches(const struct shard_row *, const struct shard_row *);
/* To `target` shards of equal width by splits and merges. */
error shard_set_uniform(struct shard_set *, size_t target, int64_t now_us) MUST_CHECK;
/* First key of part `i` of `count` equal parts (i < count). */
struct hash_key hash_part_start(size_t i, size_t count);

/* ---- slices: the arrays behind struct records (slice.c) ---- */
struct slice {
    size_t count, capacity, bytes;
    size_t stored_bytes; /* of the stored records' data, aggregates as they are */
    struct sequence *sequence;
    uint32_t *sub;
    int64_t *arrival_us;
    span *partition_key, *data;
    struct arena unpacked; /* tables of aggregates; data stays where it was */
    struct sequence last;
    bool any;
};
struct stored_record {
    struct sequence sequence;
    int64_t arrival_us;
    span partition_key, data;
};
void slice_reset(struct slice *);
void slice_release(struct slice *);
/* Adds one stored record: unpacked unless raw. All sub-records are kept, also those whose own hash
 * lies outside the shard: aggregation libraries route by the first key, and an acknowledged record
 * is never dropped (the Kinesis Producer Library may send such a one again after a reshard). */
void slice_add(struct slice *, const struct stored_record *, bool raw);
/* Fills the arrays, count, bytes, last and any of *out. */
void slice_show(const struct slice *, struct records *out);
/* Whether no further record should be added. */
bool slice_full(const struct slice *, const struct read_limits *, size_t next_bytes);

/* ---- a reply of GetRecords (page.c) ---- */
struct page {
    struct stored_record *records;
    size_t count;
    span next; /* iterator; data NULL: none, the shard ends here */
    int64_t behind_ms;
};
enum page_form { PAGE_JSON, PAGE_CBOR };
/* Spans point into the reply and the arena: of CBOR all data does into the reply. ERR_NETWORK when it
 * is no such reply. */
error page_parse(struct arena *, enum page_form, span reply, struct page *) MUST_CHECK;
