/* Shards without storage: ids, hash ranges, the row kept for each, and what split, merge and
 * uniform scaling do to a stream's set of shards (Kinesis API: SplitShard, MergeShards,
 * UpdateShardCount). */
#include "stream/shard.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define HASH_MAX (~(u128)0)

void hash_print(char out[HASH_TEXT_MAX], struct hash_key key)
{
    char digits[HASH_TEXT_MAX];
    int size = 0;
    u128 n = hash_number(key);
    do {
        digits[size++] = (char)('0' + (int)(n % 10));
        n /= 10;
    } while (n);
    for (int i = 0; i < size; i++) out[i] = digits[size - 1 - i];
    out[size] = '\0';
}

bool hash_parse(span decimal, struct hash_key *out)
{
    u128 n = 0;
    for (size_t i = 0; i < decimal.size; i++) {
        unsigned digit = (unsigned)(unsigned char)decimal.data[i] - '0';
        if (digit > 9 || n > (HASH_MAX - digit) / 10) return false;
        n = n * 10 + digit;
    }
    *out = hash_of_number(n);
    return decimal.size > 0;
}

void hash_partition_keys(struct hash_key *out, const span *partition_keys, size_t count)
{
    uint8_t digests[MD5_LANES][MD5_SIZE];
    md5_lanes(digests, partition_keys, count);
    for (size_t i = 0; i < count; i++)
        out[i] = (struct hash_key){get_be64(digests[i]), get_be64(digests[i] + 8)};
}

struct hash_key hash_part_start(size_t i, size_t count)
{
    /* floor(2^128 / count), which has one bit too many for count 1 */
    u128 width = HASH_MAX / count + (HASH_MAX % count == count - 1);
    return hash_of_number(i == 0 ? 0 : width * i);
}

static struct hash_key hash_part_end(size_t i, size_t count)
{
    if (i + 1 == count) return hash_of_number(HASH_MAX);
    return hash_of_number(hash_number(hash_part_start(i + 1, count)) - 1);
}

void shard_id_print(char out[SHARD_ID_SIZE], uint32_t ordinal)
{
    snprintf(out, SHARD_ID_SIZE, "shardId-%012" PRIu32, ordinal);
}

bool shard_id_parse(const char *id, uint32_t *ordinal)
{
    uint64_t n;
    const char prefix[] = "shardId-";
    if (strncmp(id, prefix, sizeof prefix - 1) != 0) return false;
    span digits = span_of(id + sizeof prefix - 1);
    if (digits.size != 12 || !parse_uint64(digits, &n) || n >= SHARD_ORDINAL_MAX) return false;
    *ordinal = (uint32_t)n;
    return true;
}

static uint64_t seconds(int64_t us)
{
    return us > 0 ? (uint64_t)us / US_PER_SECOND : 0;
}

struct sequence shard_sequence(const struct shard_row *row, uint64_t index, int64_t arrival_us)
{
    return sequence_make((struct sequence_parts){
        .created_s = row->created_s,
        .index = index,
        .time_s = seconds(arrival_us),
        .ordinal = row->ordinal,
    });
}

struct sequence shard_starting(const struct shard_row *row)
{
    return shard_sequence(row, 0, (int64_t)row->created_s * US_PER_SECOND);
}

struct sequence shard_ending(const struct shard_row *row)
{
    return shard_sequence(row, SEQUENCE_INDEX_END, row->closed_us);
}

/* A shard's row, little-endian:
 *
 *   0 version 1 | 1 closed | 2 zero u16 | 4 parent u32 | 8 adjacent u32 | 12 start low, high u64
 *   28 end low, high u64 | 44 created_s u64 | 52 closed_us i64 | 60 next_index u64 | 68 last_us i64
 *   76 created_us i64
 */
enum { ROW_VERSION = 1 };

void shard_row_encode(uint8_t out[SHARD_ROW_SIZE], const struct shard_row *row)
{
    memset(out, 0, 4);
    out[0] = ROW_VERSION;
    out[1] = row->closed;
    put_le32(out + 4, row->parent);
    put_le32(out + 8, row->adjacent);
    put_le64(out + 12, row->start.low);
    put_le64(out + 20, row->start.high);
    put_le64(out + 28, row->end.low);
    put_le64(out + 36, row->end.high);
    put_le64(out + 44, row->created_s);
    put_le64(out + 52, (uint64_t)row->closed_us);
    put_le64(out + 60, row->next_index);
    put_le64(out + 68, (uint64_t)row->last_us);
    put_le64(out + 76, (uint64_t)row->created_us);
}

error shard_row_decode(span in, uint32_t ordinal, struct shard_row *row)
{
    const char *p = in.data;
    if (in.size != SHARD_ROW_SIZE || p[0] != ROW_VERSION)
        return fail(ERR_CORRUPT, "stream log: shard row of %zu bytes, version %d", in.size,
                    in.size ? p[0] : 0);
    *row = (struct shard_row){
        .ordinal = ordinal,
        .closed = p[1] != 0,
        .parent = get_le32(p + 4),
        .adjacent = get_le32(p + 8),
        .start = {.low = get_le64(p + 12), .high = get_le64(p + 20)},
        .end = {.low = get_le64(p + 28), .high = get_le64(p + 36)},
        .created_s = get_le64(p + 44),
        .closed_us = (int64_t)get_le64(p + 52),
        .next_index = get_le64(p + 60),
        .last_us = (int64_t)get_le64(p + 68),
        .created_us = (int64_t)get_le64(p + 76),
    };
    return OK;
}

void shard_set_release(struct shard_set *set)
{
    free(set->rows);
    *set = (struct shard_set){0};
}

struct shard_row *shard_set_find(struct shard_set *set, uint32_t ordinal)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->rows[i].ordinal == ordinal) return &set->rows[i];
    return NULL;
}

size_t shard_set_open(const struct shard_set *set)
{
    size_t open = 0;
    for (size_t i = 0; i < set->count; i++) open += !set->rows[i].closed;
    return open;
}

static error set_add(struct shard_set *set, struct shard_row row)
{
    if (set->next_ordinal >= SHARD_ORDINAL_MAX)
        return fail(ERR_LIMIT_EXCEEDED, "The stream has had %d shards and cannot have more.",
                    SHARD_ORDINAL_MAX);
    if (set->count == set->capacity) {
        set->capacity = set->capacity ? 2 * set->capacity : 16;
        set->rows = must_realloc(set->rows, set->capacity * sizeof *set->rows);
    }
    row.ordinal = set->next_ordinal++;
    row.next_index = 1;
    set->rows[set->count++] = row;
    return OK;
}

error shard_set_begin(struct shard_set *set, size_t count, int64_t now_us)
{
    for (size_t i = 0; i < count; i++)
        TRY(set_add(set, (struct shard_row){
                             .parent = NO_SHARD,
                             .adjacent = NO_SHARD,
                             .start = hash_part_start(i, count),
                             .end = hash_part_end(i, count),
                             .created_s = seconds(now_us),
                             .created_us = now_us,
                         }));
    return OK;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* A child's sequence numbers and arrivals are above its parent's, whatever the clock says. */
static struct shard_row child_of(const struct shard_row *parent, int64_t now_us)
{
    uint64_t now_s = seconds(now_us);
    return (struct shard_row){
        .parent = parent->ordinal,
        .adjacent = NO_SHARD,
        .created_s = now_s > parent->created_s ? now_s : parent->created_s + 1,
        .created_us = later(now_us, parent->last_us),
        .last_us = parent->last_us,
        .start = parent->start,
        .end = parent->end,
    };
}

static void set_close(struct shard_row *row, int64_t now_us)
{
    row->closed = true;
    row->closed_us = later(now_us, row->last_us);
}

error shard_set_split(struct shard_set *set, uint32_t ordinal, struct hash_key at, int64_t now_us)
{
    struct shard_row *parent = shard_set_find(set, ordinal);
    CHECK(parent && !parent->closed);
    struct shard_row low = child_of(parent, now_us), high = low;
    CHECK(hash_number(at) > hash_number(parent->start));
    CHECK(hash_number(at) <= hash_number(parent->end));
    low.end = hash_of_number(hash_number(at) - 1);
    high.start = at;
    set_close(parent, now_us);
    TRY(set_add(set, low));
    return set_add(set, high);
}

bool shard_touches(const struct shard_row *low, const struct shard_row *high)
{
    return hash_number(low->end) != HASH_MAX &&
           hash_number(low->end) + 1 == hash_number(high->start);
}

error shard_set_merge(struct shard_set *set, uint32_t parent, uint32_t adjacent, int64_t now_us)
{
    struct shard_row *a = shard_set_find(set, parent), *b = shard_set_find(set, adjacent);
    CHECK(a && b && !a->closed && !b->closed && (shard_touches(a, b) || shard_touches(b, a)));
    struct shard_row child = child_of(a, now_us), other = child_of(b, now_us);
    child.adjacent = adjacent;
    child.last_us = later(child.last_us, other.last_us);
    if (other.created_s > child.created_s) child.created_s = other.created_s;
    child.created_us = later(child.created_us, other.created_us);
    if (shard_touches(a, b)) child.end = b->end;
    else child.start = b->start;
    set_close(a, now_us);
    set_close(b, now_us);
    return set_add(set, child);
}

/* The open shard that holds the key. */
static struct shard_row *set_holder(struct shard_set *set, struct hash_key key)
{
    for (size_t i = 0; i < set->count; i++) {
        struct shard_row *row = &set->rows[i];
        if (!row->closed && hash_number(row->start) <= hash_number(key) &&
            hash_number(key) <= hash_number(row->end))
            return row;
    }
    CHECK(!"open shards cover the key space");
    return NULL;
}

/* Cuts at every wanted boundary that is none yet, then joins what lies between two boundaries. */
error shard_set_uniform(struct shard_set *set, size_t target, int64_t now_us)
{
    for (size_t i = 1; i < target; i++) {
        struct hash_key at = hash_part_start(i, target);
        struct shard_row *row = set_holder(set, at);
        if (hash_number(row->start) != hash_number(at))
            TRY(shard_set_split(set, row->ordinal, at, now_us));
    }
    for (size_t i = 0; i < target; i++) {
        struct hash_key start = hash_part_start(i, target), end = hash_part_end(i, target);
        for (;;) {
            struct shard_row *row = set_holder(set, start);
            if (hash_number(row->end) == hash_number(end)) break;
            struct hash_key next = hash_of_number(hash_number(row->end) + 1);
            uint32_t low = row->ordinal, high = set_holder(set, next)->ordinal;
            TRY(shard_set_merge(set, low, high, now_us));
        }
    }
    return OK;
}
