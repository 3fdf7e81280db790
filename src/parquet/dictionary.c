/* Values -> indices of distinct values: an open-addressing table over dense values. Equal means
 * equal bits, so NaNs and zeros keep theirs. The hash is not keyed, because a replay must write the
 * same bytes; values made to collide fill a probe's length and end the dictionary instead. */
#include "parquet/internal.h"

#include <stdlib.h>

enum { SLOTS_MIN = 256, ENTRIES_MAX = 16384, BYTES_MAX = 1024 * 1024, PROBES_MAX = 128 };
enum { UNKNOWN = UINT16_MAX }; /* no index */

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

/* Puts a new value's slot at a free place; at least half of the table stays free. */
static uint64_t slot_add(struct dictionary *d, uint32_t at, uint32_t hash)
{
    uint64_t slot = d->table[at] = (uint64_t)hash << 32 | ++d->count;
    if (d->count * 2 > d->slots) table_grow(d);
    return slot;
}

/* ---- values of one width, a constant in each caller ---- */

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

/* The value's index; UNKNOWN: it is new and there is no room. */
static inline __attribute__((always_inline)) uint16_t find_fixed(struct dictionary *d,
                                                                 const char *v, size_t width)
{
    uint32_t hash = hash_fixed(v, width), at = slot_of(d, hash), probes = 0;
    uint64_t slot;
    while ((slot = d->table[at]) != 0) {
        uint32_t index = (uint32_t)slot - 1;
        if (slot >> 32 == hash && same(d->values.data + index * width, v, width)) break;
        if (++probes == PROBES_MAX) return UNKNOWN;
        at = (at + 1) & (d->slots - 1);
    }
    if (!slot) {
        if (d->count == ENTRIES_MAX) return UNKNOWN;
        slot = slot_add(d, at, hash);
        buffer_append(&d->values, v, width);
    }
    return (uint16_t)(slot - 1);
}

/* A value seen before is mostly found here, without a hash: its entry by its low bits. An entry that
 * is another's is told by its value. */
static inline uint16_t *guess_of(struct dictionary *d, const char *v)
{
    return &d->known[((uint8_t)v[0] | (uint32_t)(uint8_t)v[1] << 8) & (DICTIONARY_KNOWN - 1)];
}

/* As many values as are guessed, one after the other. */
static inline __attribute__((always_inline)) int64_t
add_guessed(struct dictionary *d, const char *restrict values, int64_t count,
            uint16_t *restrict indices, size_t width)
{
    const char *restrict entries = d->values.data;
    const uint32_t entry_count = d->count;
    int64_t i = 0;
    for (; i < count; i++, values += width) {
        uint16_t guess = *guess_of(d, values);
        if (guess >= entry_count || !same(entries + guess * width, values, width)) break;
        indices[i] = guess;
    }
    return i;
}

static inline __attribute__((always_inline)) int64_t
add_fixed(struct dictionary *d, const char *values, int64_t count, uint16_t *indices, size_t width)
{
    for (int64_t i = 0; i < count; i++) {
        i += add_guessed(d, values + (size_t)i * width, count - i, indices + i, width);
        if (i == count) break;
        const char *v = values + (size_t)i * width;
        uint16_t *guess = guess_of(d, v); /* in the dictionary itself: it does not move */
        indices[i] = *guess = find_fixed(d, v, width);
        if (indices[i] == UNKNOWN) return i;
    }
    return count;
}

/* ---- integers that lie close together: entries by the distance from the window's begin ---- */

/* Whether all values between the bounds are in the window; it is laid anew around them if it can. */
static bool window_holds(struct dictionary *d, const struct bounds *b)
{
    int64_t min, max;
    if (!bounds_integers(d->leaf, b, &min, &max)) return false;
    uint64_t low = (uint64_t)min - d->window, high = (uint64_t)max - d->window;
    uint64_t range = (uint64_t)max - (uint64_t)min;
    if (d->windowed && range < DICTIONARY_KNOWN && low <= high && high < DICTIONARY_KNOWN)
        return true;
    d->windowed = range < DICTIONARY_KNOWN;
    if (!d->windowed) return false;
    d->window = (uint64_t)min - (DICTIONARY_KNOWN - range) / 2;
    memset(d->known, 0xFF, sizeof d->known);
    return true;
}

static inline __attribute__((always_inline)) uint64_t distance(uint64_t window, const char *v,
                                                               size_t width)
{
    return width == 4 ? get_le32(v) - (uint32_t)window : get_le64(v) - window;
}

/* Looks all up at once, and those that are new once more. */
static inline __attribute__((always_inline)) int64_t
add_near(struct dictionary *d, const char *restrict values, int64_t count,
         uint16_t *restrict indices, size_t width)
{
    uint16_t any = 0, *restrict known = d->known;
    uint64_t window = d->window;
#pragma GCC unroll 4
    for (int64_t i = 0; i < count; i++) {
        uint16_t index = known[distance(window, values + (size_t)i * width, width)];
        indices[i] = index;
        any |= index;
    }
    if (any < ENTRIES_MAX) return count;
    for (int64_t i = 0; i < count; i++) {
        if (indices[i] != UNKNOWN) continue;
        const char *v = values + (size_t)i * width;
        uint16_t *index = &known[distance(window, v, width)];
        if (*index == UNKNOWN) *index = find_fixed(d, v, width);
        indices[i] = *index;
        if (indices[i] == UNKNOWN) return i;
    }
    return count;
}

int64_t dictionary_add(struct dictionary *d, const void *values, int64_t count,
                       const struct bounds *bounds, uint16_t *indices)
{
    if (!d->slots) table_grow(d);
    bool near = window_holds(d, bounds);
    switch (d->leaf->store) {
    case STORE_4:
        return near ? add_near(d, values, count, indices, 4)
                    : add_fixed(d, values, count, indices, 4);
    case STORE_8:
        return near ? add_near(d, values, count, indices, 8)
                    : add_fixed(d, values, count, indices, 8);
    case STORE_16: return add_fixed(d, values, count, indices, 16);
    default: CHECK(!"a store without a dictionary");
    }
    return 0;
}

/* ---- byte strings ---- */

/* `eight`: that many bytes may be read, whatever the size. No branch on the size, which is mostly as
 * hard to foretell as the value. */
static inline struct text_ends ends_of(const char *data, uint32_t size, bool eight)
{
    static const uint64_t masks[] = {0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFF,
                                     0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFF, UINT64_MAX};
    uint64_t word = 0;
    if (!eight) {
        memcpy(&word, data, size < 8 ? size : 8);
        return (struct text_ends){word, word, size};
    }
    uint64_t mask = masks[size < 8 ? size : 8];
    uint32_t last = size < 8 ? 0 : size - 8;
    return (struct text_ends){load_64(data) & mask, load_64(data + last) & mask, size};
}

static inline bool same_bytes(const struct dictionary *d, uint32_t index, const char *data,
                              struct text_ends v)
{
    const struct text_entry *e = (const struct text_entry *)(const void *)d->entries.data + index;
    const struct text_ends *known = &e->ends;
    if ((known->prefix ^ v.prefix) | (known->suffix ^ v.suffix) | (known->size ^ v.size))
        return false;
    return v.size <= 16 || memcmp(d->values.data + e->start + 8, data + 8, v.size - 16) == 0;
}

static inline uint16_t *guess_of_bytes(struct dictionary *d, struct text_ends v)
{
    return &d->known[(uint64_t)hash_word(v.prefix + v.size) * DICTIONARY_KNOWN >> 32];
}

/* Appends the value as the newest entry's bytes. */
static void bytes_append(struct dictionary *d, span v, struct text_ends ends)
{
    struct text_entry e = {ends, (uint32_t)d->values.size};
    buffer_append(&d->entries, &e, sizeof e);
    buffer_append(&d->lengths, &ends.size, sizeof ends.size);
    buffer_reserve(&d->values, v.size + 1); /* never NULL, even when all are empty */
    buffer_append_span(&d->values, v);
}

static uint16_t find_bytes(struct dictionary *d, span v, struct text_ends ends)
{
    uint32_t hash = hash_bytes(v.data, ends.size), at = slot_of(d, hash), probes = 0;
    uint64_t slot;
    while ((slot = d->table[at]) != 0) {
        if (slot >> 32 == hash && same_bytes(d, (uint32_t)slot - 1, v.data, ends)) break;
        if (++probes == PROBES_MAX) return UNKNOWN;
        at = (at + 1) & (d->slots - 1);
    }
    if (!slot) {
        if (d->count == ENTRIES_MAX || d->values.size + v.size > BYTES_MAX) return UNKNOWN;
        slot = slot_add(d, at, hash);
        bytes_append(d, v, ends);
    }
    return (uint16_t)(slot - 1);
}

/* As many values as are guessed, one after the other; behind each eight bytes may be read. */
static inline __attribute__((always_inline)) int64_t
add_guessed_bytes(struct dictionary *d, const struct slice *s, int64_t from, int64_t count,
                  uint16_t *restrict indices)
{
    const char *restrict bytes = s->column->values;
    const int32_t *restrict offsets = s->column->offsets;
    const int32_t *restrict positions = s->positions ? s->positions + from : NULL;
    const int64_t first = s->first + from;
    const uint32_t entry_count = d->count;
    int64_t i = 0;
    for (; i < count; i++) {
        int64_t at = positions ? positions[i] : first + i;
        const char *data = bytes + offsets[at];
        uint32_t size = (uint32_t)(offsets[at + 1] - offsets[at]);
        struct text_ends ends = ends_of(data, size, true);
        uint16_t guess = *guess_of_bytes(d, ends);
        if (guess >= entry_count || !same_bytes(d, guess, data, ends)) break;
        indices[i] = guess;
    }
    return i;
}

/* How many of the values, from the first, have eight readable bytes at their begin. */
static int64_t count_readable(const struct slice *s, int64_t from, int64_t count)
{
    const int32_t *offsets = s->column->offsets;
    int32_t end = offsets[s->column->length];
    while (count && end - offsets[slice_position(s, from + count - 1)] < 8) count--;
    return count;
}

int64_t dictionary_add_bytes(struct dictionary *d, const struct slice *s, int64_t from,
                             int64_t count, uint16_t *indices)
{
    int64_t readable = count_readable(s, from, count);
    if (!d->slots) table_grow(d);
    for (int64_t i = 0; i < count; i++) {
        if (i < readable) i += add_guessed_bytes(d, s, from + i, readable - i, indices + i);
        if (i == count) break;
        span v = column_span(s->column, slice_position(s, from + i));
        struct text_ends ends = ends_of(v.data, (uint32_t)v.size, i < readable);
        uint16_t *guess = guess_of_bytes(d, ends);
        indices[i] = *guess = find_bytes(d, v, ends);
        if (indices[i] == UNKNOWN) return i;
    }
    return count;
}

size_t dictionary_bytes(const struct dictionary *d)
{
    if (d->leaf->store == STORE_BYTES) return d->values.size + d->count * sizeof(uint32_t);
    return d->count * leaf_plain_bytes(d->leaf);
}

void dictionary_reset(struct dictionary *d)
{
    if (d->count) memset(d->table, 0, d->slots * sizeof *d->table);
    d->count = 0;
    d->windowed = false;
    buffer_reset(&d->values);
    buffer_reset(&d->lengths);
    buffer_reset(&d->entries);
}

void dictionary_release(struct dictionary *d)
{
    free(d->table);
    buffer_release(&d->values);
    buffer_release(&d->lengths);
    buffer_release(&d->entries);
    *d = (struct dictionary){.leaf = d->leaf};
}

size_t dictionary_memory(const struct dictionary *d)
{
    return d->slots * sizeof *d->table + d->values.capacity + d->lengths.capacity +
           d->entries.capacity;
}
