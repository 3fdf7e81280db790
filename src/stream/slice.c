/* The arrays of one slice of a shard, filled record by record; aggregates are unpacked on the way.
 * Keys and data are borrowed from whoever adds them. */
#include "stream/shard.h"

#include <stdlib.h>

void slice_reset(struct slice *s)
{
    s->count = s->bytes = s->stored_bytes = 0;
    s->any = false;
    arena_reset(&s->unpacked);
}

void slice_release(struct slice *s)
{
    free(s->sequence);
    free(s->sub);
    free(s->arrival_us);
    free(s->partition_key);
    free(s->data);
    arena_release(&s->unpacked);
    *s = (struct slice){0};
}

static void slice_grow(struct slice *s)
{
    size_t n = s->capacity ? 2 * s->capacity : 512;
    s->sequence = must_realloc(s->sequence, n * sizeof *s->sequence);
    s->sub = must_realloc(s->sub, n * sizeof *s->sub);
    s->arrival_us = must_realloc(s->arrival_us, n * sizeof *s->arrival_us);
    s->partition_key = must_realloc(s->partition_key, n * sizeof *s->partition_key);
    s->data = must_realloc(s->data, n * sizeof *s->data);
    s->capacity = n;
}

static void slice_append(struct slice *s, const struct stored_record *r, uint32_t sub, span key,
                         span data)
{
    if (s->count == s->capacity) slice_grow(s);
    size_t i = s->count++;
    s->sequence[i] = r->sequence;
    s->sub[i] = sub;
    s->arrival_us[i] = r->arrival_us;
    s->partition_key[i] = key;
    s->data[i] = data;
    s->bytes += data.size;
}

void slice_add(struct slice *s, const struct stored_record *r, bool raw)
{
    struct aggregated_record *subs;
    size_t count;
    s->last = r->sequence;
    s->any = true;
    s->stored_bytes += r->data.size;
    if (raw || !aggregated_unpack(&s->unpacked, r->data, &subs, &count)) {
        slice_append(s, r, 0, r->partition_key, r->data);
        return;
    }
    for (size_t i = 0; i < count; i++)
        slice_append(s, r, (uint32_t)i, subs[i].partition_key, subs[i].data);
}

void slice_show(const struct slice *s, struct records *out)
{
    out->count = s->count;
    out->sequence = s->sequence;
    out->sub = s->sub;
    out->arrival_us = s->arrival_us;
    out->partition_key = s->partition_key;
    out->data = s->data;
    out->bytes = s->bytes;
    out->last = s->last;
    out->any = s->any;
}

bool slice_full(const struct slice *s, const struct read_limits *limits, size_t next_bytes)
{
    if (!s->any) return false;
    if (limits->records && s->count >= limits->records) return true;
    return limits->bytes && s->stored_bytes + next_bytes > limits->bytes;
}
