/* AWS's limits per shard (Kinesis quotas): 1 MiB and 1000 records a second in, 2 MiB and 5 reads a
 * second out. Token buckets that hold one second's worth, refilled by the monotonic clock; kept in
 * memory by the process that was told to limit. */
#include "stream/store.h"

#include <stdlib.h>

enum { PUT_BYTES, PUT_RECORDS, READ_BYTES, READ_CALLS, LIMITS };

static const int64_t per_second[LIMITS] = {
    [PUT_BYTES] = 1024 * 1024,
    [PUT_RECORDS] = 1000,
    [READ_BYTES] = 2 * 1024 * 1024,
    [READ_CALLS] = 5,
};

/* Tokens in millionths, so that a microsecond's refill is exact. */
struct bucket {
    uint32_t stream, ordinal;
    int64_t filled_us;
    int64_t tokens[LIMITS];
};

static void bucket_refill(struct bucket *b)
{
    int64_t now = monotonic_us(), elapsed = now - b->filled_us;
    /* a read may have overdrawn by 10 MB, which takes seconds: nothing owes more than a minute */
    if (elapsed > 60 * US_PER_SECOND) elapsed = 60 * US_PER_SECOND;
    b->filled_us = now;
    for (int i = 0; i < LIMITS; i++) {
        int64_t full = per_second[i] * US_PER_SECOND;
        b->tokens[i] += per_second[i] * elapsed;
        if (b->tokens[i] > full) b->tokens[i] = full;
    }
}

/* Sorted by stream and ordinal. */
static struct bucket *bucket_get(struct stream_store *s, uint32_t stream, uint32_t ordinal)
{
    uint64_t wanted = (uint64_t)stream << 32 | ordinal;
    size_t low = 0, high = s->bucket_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct bucket *b = &s->buckets[middle];
        if (((uint64_t)b->stream << 32 | b->ordinal) < wanted) low = middle + 1;
        else high = middle;
    }
    struct bucket *b = s->buckets ? &s->buckets[low] : NULL;
    if (low < s->bucket_count && b->stream == stream && b->ordinal == ordinal) return b;
    if (s->bucket_count == s->bucket_capacity) {
        s->bucket_capacity = s->bucket_capacity ? 2 * s->bucket_capacity : 64;
        s->buckets = must_realloc(s->buckets, s->bucket_capacity * sizeof *s->buckets);
    }
    b = &s->buckets[low];
    memmove(b + 1, b, (s->bucket_count++ - low) * sizeof *b);
    *b = (struct bucket){.stream = stream, .ordinal = ordinal, .filled_us = monotonic_us()};
    for (int i = 0; i < LIMITS; i++) b->tokens[i] = per_second[i] * US_PER_SECOND;
    return b;
}

bool limit_take_put(struct stream_store *s, uint32_t stream, uint32_t ordinal, size_t bytes)
{
    if (!atomic_load_explicit(&s->limited, memory_order_relaxed)) return true;
    pthread_mutex_lock(&s->limits_lock);
    struct bucket *b = bucket_get(s, stream, ordinal);
    bucket_refill(b);
    int64_t need = (int64_t)bytes * US_PER_SECOND;
    int64_t full = per_second[PUT_BYTES] * US_PER_SECOND;
    /* a record larger than a second's worth passes a full bucket and overdraws it */
    bool good = b->tokens[PUT_RECORDS] >= US_PER_SECOND &&
                b->tokens[PUT_BYTES] >= (need < full ? need : full);
    if (good) {
        b->tokens[PUT_RECORDS] -= US_PER_SECOND;
        b->tokens[PUT_BYTES] -= need;
    }
    pthread_mutex_unlock(&s->limits_lock);
    return good;
}

bool limit_take_read(struct stream_store *s, uint32_t stream, uint32_t ordinal)
{
    if (!atomic_load_explicit(&s->limited, memory_order_relaxed)) return true;
    pthread_mutex_lock(&s->limits_lock);
    struct bucket *b = bucket_get(s, stream, ordinal);
    bucket_refill(b);
    bool good = b->tokens[READ_CALLS] >= US_PER_SECOND && b->tokens[READ_BYTES] > 0;
    if (good) b->tokens[READ_CALLS] -= US_PER_SECOND;
    pthread_mutex_unlock(&s->limits_lock);
    return good;
}

/* One answer may carry 10 MB: the bucket goes below zero and refuses until it has caught up. */
void limit_charge_read(struct stream_store *s, uint32_t stream, uint32_t ordinal, size_t bytes)
{
    if (!atomic_load_explicit(&s->limited, memory_order_relaxed)) return;
    pthread_mutex_lock(&s->limits_lock);
    bucket_get(s, stream, ordinal)->tokens[READ_BYTES] -= (int64_t)bytes * US_PER_SECOND;
    pthread_mutex_unlock(&s->limits_lock);
}
