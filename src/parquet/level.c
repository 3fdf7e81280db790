/* Small integers -> the RLE / bit-packing hybrid (parquet-format Encodings.md, "RLE"): repetition
 * and definition levels, dictionary indices, booleans.
 *
 *   run      varint(count << 1)       | value in ceil(width / 8) bytes, little endian
 *   literal  varint(groups << 1 | 1)  | groups of 8 values, width bits each, LSB first */
#include "parquet/internal.h"

int bit_width(uint64_t max)
{
    return max ? 64 - __builtin_clzll(max) : 0;
}

/* Eight values cost at most the header and value of a run, or their bits and a header; a group is
 * stored with GROUP_STORE bytes. */
enum { GROUP_STORE = 16 };

size_t hybrid_bound(int64_t count, int width)
{
    return ((size_t)count / 8 + 2) * (size_t)(width + 5) + GROUP_STORE;
}

static uint8_t *put_varint(uint8_t *out, uint64_t v)
{
    for (; v >= 0x80; v >>= 7) *out++ = (uint8_t)(v | 0x80);
    *out++ = (uint8_t)v;
    return out;
}

uint8_t *hybrid_encode_run(uint8_t *out, uint32_t value, int64_t count, int width)
{
    out = put_varint(out, (uint64_t)count << 1);
    for (int bits = 0; bits < width; bits += 8) *out++ = (uint8_t)(value >> bits);
    return out;
}

/* A shorter run costs more than its bits when it breaks a literal in two. */
static int64_t run_min(int width)
{
    return width == 1 ? 32 : width == 2 ? 16 : 8;
}

/* One body for both element types: `wide`, two bytes and not one, is a constant in each caller. */
static inline __attribute__((always_inline)) uint32_t load(const void *values, int64_t i, bool wide)
{
    return wide ? ((const uint16_t *)values)[i] : ((const uint8_t *)values)[i];
}

/* Four values of `width` bits, each in 16 bits -> one behind the other. */
static inline uint64_t pack_four(uint64_t v, int width)
{
    uint64_t low = v & UINT64_C(0x0000FFFF0000FFFF), high = v ^ low;
    v = low | high >> (16 - width);
    return (uint32_t)v | v >> 32 << 2 * width;
}

/* Eight values of at most 8 bits, each in a byte; the same. */
static inline uint64_t pack_eight(uint64_t v, int width)
{
    uint64_t low = v & UINT64_C(0x00FF00FF00FF00FF), high = v ^ low;
    return pack_four(low | high >> (8 - width), 2 * width);
}

/* Groups of eight values of at most 15 bits: `width` bytes each. */
static inline __attribute__((always_inline)) uint8_t *
groups_pack(uint8_t *restrict out, const void *restrict values, int64_t count, int width, bool wide)
{
    const char *restrict from = values;
    if (!wide) {
        for (; count >= 8; count -= 8, from += 8, out += width)
            put_le64(out, pack_eight(get_le64(from), width));
        return out;
    }
    int half = 4 * width;
    for (; count >= 8; count -= 8, from += 16, out += width) {
        uint64_t low = pack_four(get_le64(from), width);
        uint64_t high = pack_four(get_le64(from + 8), width);
        put_le64(out, low | high << half);
        put_le64(out + 8, high >> (64 - half));
    }
    return out;
}

/* Any width, and the last group, which is filled with zeros. */
static inline __attribute__((always_inline)) uint8_t *
values_pack(uint8_t *restrict out, const void *restrict values, int64_t from, int64_t to, int width,
            bool wide)
{
    uint64_t pending = 0;
    int bits = 0;
    for (int64_t i = from; i < to; i++) {
        pending |= (uint64_t)load(values, i, wide) << bits;
        for (bits += width; bits >= 8; bits -= 8) {
            *out++ = (uint8_t)pending;
            pending >>= 8;
        }
    }
    int64_t missing = -(to - from) & 7;
    for (int64_t left = bits + missing * width; left > 0; left -= 8) {
        *out++ = (uint8_t)pending;
        pending >>= 8;
    }
    return out;
}

static inline __attribute__((always_inline)) uint8_t *
literal_encode(uint8_t *restrict out, const void *restrict values, int64_t from, int64_t to,
               int width, bool wide)
{
    if (from == to) return out;
    out = put_varint(out, (uint64_t)(to - from + 7) / 8 << 1 | 1);
    if (width < 16) {
        const char *first = (const char *)values + (wide ? 2 : 1) * from;
        out = groups_pack(out, first, to - from, width, wide);
        from = to - (to - from) % 8;
    }
    return values_pack(out, values, from, to, width, wide);
}

static inline __attribute__((always_inline)) bool group_is_one(const void *values, int64_t at,
                                                               bool wide)
{
    const char *p = (const char *)values + (wide ? 2 : 1) * at;
    uint64_t word = get_le64(p);
    if (!wide) return word == (uint8_t)*p * UINT64_C(0x0101010101010101);
    return ((word ^ get_le64(p + 8)) | (word ^ (word << 16 | word >> 48))) == 0;
}

/* Looks for runs where a group begins: a literal holds whole groups. */
static inline __attribute__((always_inline)) uint8_t *
hybrid_encode(uint8_t *out, const void *values, int64_t count, int width, bool wide)
{
    int64_t literal = 0, at = 0, enough = run_min(width);
    while (count - at >= 8) {
        if (!group_is_one(values, at, wide)) {
            at += 8;
            continue;
        }
        uint32_t value = load(values, at, wide);
        int64_t end = at + 8;
        while (end < count && load(values, end, wide) == value) end++;
        if (end - at < enough) {
            at += 8;
            continue;
        }
        out = literal_encode(out, values, literal, at, width, wide);
        out = hybrid_encode_run(out, value, end - at, width);
        at = literal = end;
    }
    return literal_encode(out, values, literal, count, width, wide);
}

uint8_t *hybrid_encode_levels(uint8_t *out, const uint8_t *levels, int64_t count, int width)
{
    return hybrid_encode(out, levels, count, width, false);
}

uint8_t *hybrid_encode_indices(uint8_t *out, const uint16_t *indices, int64_t count, int width)
{
    return hybrid_encode(out, indices, count, width, true);
}
