/* Values -> indices of distinct values: an open-addressing table over dense values. Equal means
 * equal bits, so NaNs and zeros keep theirs. The hash is not keyed, because a replay must write the
 * same bytes; values made to collide fill a probe's length and end the dictionary instead. */
#include "parquet/internal.h"

#include <stdlib.h>

enum { SLOTS_MIN = 256, ENTRIES_MAX = 16384, BYTES_MAX = 1024 * 1024, PROBES_MAX = 128 };

#define MIX UINT64_C(0x9E3779B97F4A7C15)

static inline uint64_t load_64(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* The high bits of a product depend on all bits of the value. */
static inline uint32_t hash_word(uint64_t v)
{
    return (uint32_t)(v * MIX >> 32);
}

/* Ends are read with loads that overlap what was read before. */
static inline uint32_t hash_bytes(const char *data, uint32_t size)
{
    uint64_t h = size * MIX;
    if (size >= 8) {
        for (uint32_t at = 0; at + 8 < size; at += 8) {
            h = (h ^ load_64(data + at)) * MIX;
            h ^= h >> 29;
        }
        h ^= load_64(data + size - 8);
    } else if (size >= 4) {
        h ^= (uint64_t)get_le32(data) << 32 | get_le32(data + size - 4);
    } else if (size) {
        h ^= (uint64_t)(uint8_t)data[0] << 16 | (uint64_t)(uint8_t)data[size / 2] << 8 |
             (uint8_t)data[size - 1];
    }
    h = (h ^ h >> 32) * MIX;
    return hash_word(h ^ h >> 29);
}

/* Where a hash begins to look: its high bits. */
static inline uint32_t slot_of(const struct dictionary *d, uint32_t hash)
{
    return (uint32_t)((uint64_t)hash * d->slots >> 32);
}

static void table_grow(struct dictionary *d)
{
    uint64_t *old = d->table;
    uint32_t count = d->slots;
    d->slots = count ? count * 2 : SLOTS_MIN;
    d->table = must_calloc(d->slots, sizeof *d->table);
    for (uint32_t i = 0; i < count; i++) {
        if (!old[i]) continue;
        uint32_t at = slot_of(d, (uint32_t)(old[i] >> 32));
        while (d->table[at]) at = (at + 1) & (d->slots - 1);
        d->table[at] = old[i];
    }
    free(old);
}

/* A value seen before is mostly found here, without a hash: its entry by its low bits. An entry that
 * is another's is told by its value. */
static inline uint16_t *recent_of(struct dictionary *d, const char *v)
{
    return &d->recent[((uint8_t)v[0] | (uint32_t)(uint8_t)v[1] << 8) & (DICTIONARY_RECENT - 1)];
}

/* Puts a new value's slot at a free place; at least half of the table stays free. */
static uint64_t slot_add(struct dictionary *d, uint32_t at, uint32_t hash)
{
    uint64_t slot = d->table[at] = (uint64_t)hash << 32 | ++d->count;
    if (d->count * 2 > d->slots) table_grow(d);
    return slot;
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
    return hash_word(low ^ (high ^ high >> 29) * MIX);
}

/* As many values as are found among the recent ones, one after the other. */
static inline __attribute__((always_inline)) int64_t
add_recent(struct dictionary *d, const char *restrict values, int64_t count,
           uint32_t *restrict indices, size_t width)
{
    const char *restrict entries = d->values.data;
    const uint32_t known = d->count;
    int64_t i = 0;
    for (; i < count; i++, values += width) {
        uint32_t guess = *recent_of(d, values);
        if (guess >= known || !same(entries + guess * width, values, width)) break;
        indices[i] = guess;
    }
    return i;
}

/* `width` is a constant in each caller. */
static inline __attribute__((always_inline)) int64_t
add_fixed(struct dictionary *d, const char *values, int64_t count, uint32_t *indices, size_t width)
{
    for (int64_t i = 0; i < count; i++) {
        i += add_recent(d, values + (size_t)i * width, count - i, indices + i, width);
        if (i == count) break;
        const char *v = values + (size_t)i * width;
        uint16_t *recent = recent_of(d, v);
        uint32_t hash = hash_fixed(v, width), at = slot_of(d, hash), probes = 0;
        uint64_t slot;
        while ((slot = d->table[at]) != 0) {
            uint32_t index = (uint32_t)slot - 1;
            if (slot >> 32 == hash && same(d->values.data + index * width, v, width)) break;
            if (++probes == PROBES_MAX) return i;
            at = (at + 1) & (d->slots - 1);
        }
        if (!slot) {
            if (d->count == ENTRIES_MAX) return i;
            slot = slot_add(d, at, hash);
            buffer_append(&d->values, v, width);
        }
        indices[i] = *recent = (uint16_t)(slot - 1);
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
    if (!d->slots) table_grow(d);
    switch (d->store) {
    case STORE_4: return add_32(d, values, count, indices);
    case STORE_8: return add_64(d, values, count, indices);
    case STORE_16: return add_128(d, values, count, indices);
    default: CHECK(!"a store without a dictionary");
    }
    return 0;
}

/* The first eight bytes, zeros behind fewer, without a branch on how many there are where eight bytes
 * may be read. */
static inline uint64_t prefix_word(const char *data, uint32_t size, bool eight)
{
    uint64_t word = 0;
    if (!eight) {
        memcpy(&word, data, size < 8 ? size : 8);
        return word;
    }
    uint32_t missing = size < 8 ? 8 - size : 0;
    word = load_64(data);
    return missing == 8 ? 0 : word << 8 * missing >> 8 * missing;
}

static inline bool same_bytes(const struct dictionary *d, uint32_t index, span v, uint64_t prefix)
{
    uint32_t length = ((const uint32_t *)d->lengths.data)[index];
    if (length != v.size || ((const uint64_t *)d->prefixes.data)[index] != prefix) return false;
    uint32_t start = ((const uint32_t *)d->offsets.data)[index];
    return length <= 8 || memcmp(d->values.data + start + 8, v.data + 8, length - 8) == 0;
}

/* Appends the value as the newest entry's bytes. */
static void bytes_append(struct dictionary *d, span v, uint64_t prefix)
{
    uint32_t start = (uint32_t)d->values.size, size = (uint32_t)v.size;
    buffer_append(&d->offsets, &start, sizeof start);
    buffer_append(&d->lengths, &size, sizeof size);
    buffer_append(&d->prefixes, &prefix, sizeof prefix);
    buffer_reserve(&d->values, v.size + 1); /* never NULL, even when all are empty */
    buffer_append_span(&d->values, v);
}

int64_t dictionary_add_bytes(struct dictionary *d, const struct slice *s, int64_t from,
                             int64_t count, uint32_t *indices, size_t *bytes)
{
    const char *readable = (const char *)s->column->values + s->column->offsets[s->column->length];
    if (!d->slots) table_grow(d);
    for (int64_t i = 0; i < count; i++) {
        int64_t position = s->positions ? s->positions[from + i] : s->first + from + i;
        span v = column_span(s->column, position);
        uint64_t prefix = prefix_word(v.data, (uint32_t)v.size, readable - v.data >= 8);
        uint32_t guess = hash_word(prefix + v.size) >> 22;
        uint16_t *recent = &d->recent[guess];
        *bytes += v.size;
        if (*recent < d->count && same_bytes(d, *recent, v, prefix)) {
            indices[i] = *recent;
            continue;
        }
        uint32_t hash = hash_bytes(v.data, (uint32_t)v.size), at = slot_of(d, hash), probes = 0;
        uint64_t slot;
        while ((slot = d->table[at]) != 0) {
            if (slot >> 32 == hash && same_bytes(d, (uint32_t)slot - 1, v, prefix)) break;
            if (++probes == PROBES_MAX) return i;
            at = (at + 1) & (d->slots - 1);
        }
        if (!slot) {
            if (d->count == ENTRIES_MAX || d->values.size + v.size > BYTES_MAX) return i;
            slot = slot_add(d, at, hash);
            bytes_append(d, v, prefix);
        }
        indices[i] = *recent = (uint16_t)(slot - 1);
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
    buffer_reset(&d->prefixes);
}

void dictionary_release(struct dictionary *d)
{
    free(d->table);
    buffer_release(&d->values);
    buffer_release(&d->lengths);
    buffer_release(&d->offsets);
    buffer_release(&d->prefixes);
    *d = (struct dictionary){.store = d->store};
}

size_t dictionary_memory(const struct dictionary *d)
{
    return d->slots * sizeof *d->table + d->values.capacity + d->lengths.capacity +
           d->offsets.capacity + d->prefixes.capacity;
}
