/* Values -> indices of distinct values: an open-addressing table over dense values. Equal means
 * equal bits, so NaNs and zeros keep theirs. The hash is not keyed, because a replay must write the
 * same bytes; values made to collide fill a probe's length and end the dictionary instead. */
#include "parquet/internal.h"

#include <stdlib.h>

enum { SLOTS_MIN = 256, ENTRIES_MAX = 16384, BYTES_MAX = 1024 * 1024, PROBES_MAX = 128 };

#define MIX UINT64_C(0x9E3779B97F4A7C15)

static inline uint32_t hash_word(uint64_t v)
{
    v *= MIX;
    v ^= v >> 32;
    v *= MIX;
    return (uint32_t)(v >> 32);
}

static inline uint32_t hash_bytes(const char *data, uint32_t size)
{
    uint64_t h = size * MIX, word;
    for (; size >= 8; size -= 8, data += 8) {
        memcpy(&word, data, 8);
        h = (h ^ word) * MIX;
        h ^= h >> 29;
    }
    word = 0;
    for (uint32_t i = 0; i < size; i++) word |= (uint64_t)(uint8_t)data[i] << (8 * i);
    return hash_word(h ^ word);
}

static void table_grow(struct dictionary *d)
{
    uint32_t slots = d->slots ? d->slots * 2 : SLOTS_MIN, mask = slots - 1;
    uint64_t *table = must_calloc(slots, sizeof *table);
    for (uint32_t i = 0; i < d->slots; i++) {
        if (!d->table[i]) continue;
        uint32_t at = (uint32_t)(d->table[i] >> 32) & mask;
        while (table[at]) at = (at + 1) & mask;
        table[at] = d->table[i];
    }
    free(d->table);
    d->table = table;
    d->slots = slots;
}

static inline bool room_make(struct dictionary *d)
{
    if (d->count == ENTRIES_MAX) return false;
    if (d->count * 2 >= d->slots) table_grow(d);
    return true;
}

static inline __attribute__((always_inline)) bool same(const char *a, const char *b, size_t width)
{
    return memcmp(a, b, width) == 0;
}

static inline __attribute__((always_inline)) uint32_t hash_fixed(const char *v, size_t width)
{
    uint64_t low = 0, high = 0;
    memcpy(&low, v, width < 8 ? width : 8);
    if (width == 16) memcpy(&high, v + 8, 8);
    return hash_word(low ^ high * MIX);
}

/* `width` is a constant in each caller. */
static inline __attribute__((always_inline)) int64_t
add_fixed(struct dictionary *d, const char *values, int64_t count, uint32_t *indices, size_t width)
{
    for (int64_t i = 0; i < count; i++) {
        const char *v = values + (size_t)i * width;
        if (!room_make(d)) return i;
        uint32_t hash = hash_fixed(v, width), mask = d->slots - 1, at = hash & mask, probes = 0;
        uint64_t slot;
        while ((slot = d->table[at]) != 0) {
            uint32_t index = (uint32_t)slot - 1;
            if (slot >> 32 == hash && same(d->values.data + index * width, v, width)) break;
            if (++probes == PROBES_MAX) return i;
            at = (at + 1) & mask;
        }
        if (!slot) {
            slot = d->table[at] = (uint64_t)hash << 32 | ++d->count;
            buffer_append(&d->values, v, width);
        }
        indices[i] = (uint32_t)slot - 1;
    }
    return count;
}

static int64_t add_32(struct dictionary *d, const char *values, int64_t count, uint32_t *indices)
{
    return add_fixed(d, values, count, indices, 4);
}

static int64_t add_64(struct dictionary *d, const char *values, int64_t count, uint32_t *indices)
{
    return add_fixed(d, values, count, indices, 8);
}

static int64_t add_128(struct dictionary *d, const char *values, int64_t count, uint32_t *indices)
{
    return add_fixed(d, values, count, indices, 16);
}

int64_t dictionary_add(struct dictionary *d, const void *values, int64_t count, uint32_t *indices)
{
    switch (d->store) {
    case STORE_4: return add_32(d, values, count, indices);
    case STORE_8: return add_64(d, values, count, indices);
    case STORE_16: return add_128(d, values, count, indices);
    default: CHECK(!"a store without a dictionary");
    }
    return 0;
}

static inline bool same_bytes(const struct dictionary *d, uint32_t index, span v)
{
    uint32_t start = ((const uint32_t *)d->offsets.data)[index];
    uint32_t length = ((const uint32_t *)d->lengths.data)[index];
    return length == v.size && (length == 0 || memcmp(d->values.data + start, v.data, length) == 0);
}

int64_t dictionary_add_bytes(struct dictionary *d, const struct slice *s, int64_t from,
                             int64_t count, uint32_t *indices, size_t *bytes)
{
    for (int64_t i = 0; i < count; i++) {
        int64_t position = s->positions ? s->positions[from + i] : s->first + from + i;
        span v = column_span(s->column, position);
        if (!room_make(d)) return i;
        uint32_t size = (uint32_t)v.size, hash = hash_bytes(v.data, size), mask = d->slots - 1;
        uint32_t at = hash & mask, probes = 0;
        uint64_t slot;
        while ((slot = d->table[at]) != 0) {
            if (slot >> 32 == hash && same_bytes(d, (uint32_t)slot - 1, v)) break;
            if (++probes == PROBES_MAX) return i;
            at = (at + 1) & mask;
        }
        if (!slot) {
            if (d->values.size + v.size > BYTES_MAX) return i;
            uint32_t start = (uint32_t)d->values.size;
            slot = d->table[at] = (uint64_t)hash << 32 | ++d->count;
            buffer_append(&d->offsets, &start, sizeof start);
            buffer_append(&d->lengths, &size, sizeof size);
            buffer_reserve(&d->values, v.size + 1); /* never NULL, even when all are empty */
            buffer_append_span(&d->values, v);
        }
        indices[i] = (uint32_t)slot - 1;
        *bytes += v.size;
    }
    return count;
}

size_t dictionary_bytes(const struct dictionary *d, const struct leaf *leaf)
{
    if (d->store == STORE_BYTES) return d->values.size + d->count * sizeof(uint32_t);
    return d->count * leaf_plain_bytes(leaf);
}

void dictionary_reset(struct dictionary *d)
{
    if (d->count) memset(d->table, 0, d->slots * sizeof *d->table);
    d->count = 0;
    buffer_reset(&d->values);
    buffer_reset(&d->lengths);
    buffer_reset(&d->offsets);
}

void dictionary_release(struct dictionary *d)
{
    free(d->table);
    buffer_release(&d->values);
    buffer_release(&d->lengths);
    buffer_release(&d->offsets);
    *d = (struct dictionary){.store = d->store};
}

size_t dictionary_memory(const struct dictionary *d)
{
    return d->slots * sizeof *d->table + d->values.capacity + d->lengths.capacity +
           d->offsets.capacity;
}
