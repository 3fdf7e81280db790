/* Dense values -> page bytes: PLAIN, DELTA_BINARY_PACKED and DELTA_BYTE_ARRAY
 * (parquet-format Encodings.md). All numbers little endian, except FIXED decimals.
 *
 * DELTA_BINARY_PACKED:
 *   varint 128 | varint 4 | varint count | zigzag first value | block...
 *   block: zigzag least delta | 4 bit widths, a byte each | 4 miniblocks of 32 (delta - least),
 *   LSB first; the last block's miniblocks without values are left out (width 0) */
#include "parquet/internal.h"

enum { BLOCK = 128, MINIBLOCKS = 4, MINIBLOCK = BLOCK / MINIBLOCKS };
enum { JULIAN_1970 = 2440588 };

/* us since 1970 -> int64 nanoseconds of the day, int32 Julian day. Days before 1970 round down, so
 * that the nanoseconds are never negative. */
void int96_encode(uint8_t *restrict out, const int64_t *restrict us, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        int64_t day = floor_div(us[i], US_PER_DAY), rest = us[i] % US_PER_DAY;
        if (rest < 0) rest += US_PER_DAY;
        put_le64(out + i * INT96_BYTES, (uint64_t)rest * 1000);
        put_le32(out + i * INT96_BYTES + 8, (uint32_t)(int32_t)(day + JULIAN_1970));
    }
}

/* The low `size` bytes, most significant first. */
void decimal_encode(uint8_t *restrict out, int size, const __int128 *restrict values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        uint8_t bytes[16];
        put_be64(bytes, (uint64_t)((unsigned __int128)values[i] >> 64));
        put_be64(bytes + 8, (uint64_t)values[i]);
        memcpy(out + i * size, bytes + 16 - size, (size_t)size);
    }
}

/* A byte per boolean -> a bit, LSB first. */
static void bits_encode(uint8_t *restrict out, const uint8_t *restrict values, int64_t count)
{
    int64_t whole = count / 8;
    for (int64_t i = 0; i < whole; i++) {
        uint64_t eight = get_le64(values + i * 8); /* gathers the low bit of each byte */
        out[i] = (uint8_t)((eight * UINT64_C(0x0102040810204080)) >> 56);
    }
    if (count % 8 == 0) return;
    uint8_t last = 0;
    for (int64_t i = whole * 8; i < count; i++) last |= (uint8_t)(values[i] << (i % 8));
    out[whole] = last;
}

size_t leaf_plain_bytes(const struct leaf *leaf)
{
    return leaf->physical == PHYSICAL_INT96   ? INT96_BYTES
           : leaf->physical == PHYSICAL_FIXED ? (size_t)leaf->type_length
                                              : (size_t)leaf->store;
}

void plain_encode(struct buffer *out, const struct leaf *leaf, const void *values, int64_t count)
{
    size_t size = (size_t)count * leaf_plain_bytes(leaf);
    if (leaf->physical == PHYSICAL_BOOLEAN) size = (size + 7) / 8;
    if (size == 0) return;
    buffer_reserve(out, size);
    uint8_t *to = (uint8_t *)out->data + out->size;
    switch (leaf->physical) {
    case PHYSICAL_BOOLEAN: bits_encode(to, values, count); break;
    case PHYSICAL_INT96: int96_encode(to, values, count); break;
    case PHYSICAL_FIXED: decimal_encode(to, leaf->type_length, values, count); break;
    default: memcpy(to, values, size);
    }
    out->size += size;
}

static uint8_t *bytes_encode(uint8_t *restrict out, const uint32_t *restrict lengths, int64_t count,
                             const char *restrict data)
{
    for (int64_t i = 0; i < count; i++) {
        uint32_t length = lengths[i];
        put_le32(out, length);
        memcpy(out + 4, data, length);
        out += 4 + (size_t)length;
        data += length;
    }
    return out;
}

void plain_encode_bytes(struct buffer *out, const uint32_t *lengths, int64_t count,
                        const char *data)
{
    size_t total = 0;
    for (int64_t i = 0; i < count; i++) total += lengths[i];
    if (count == 0) return;
    buffer_reserve(out, total + 4 * (size_t)count);
    uint8_t *end = bytes_encode((uint8_t *)out->data + out->size, lengths, count, data);
    out->size = (size_t)(end - (uint8_t *)out->data);
}

static uint8_t *put_varint(uint8_t *out, uint64_t v)
{
    for (; v >= 0x80; v >>= 7) *out++ = (uint8_t)(v | 0x80);
    *out++ = (uint8_t)v;
    return out;
}

static uint8_t *put_zigzag(uint8_t *out, int64_t v)
{
    return put_varint(out, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

/* 32 values of up to 64 bits: 4 * width bytes. */
static uint8_t *miniblock_encode(uint8_t *restrict out, const uint64_t *restrict values, int width)
{
    uint64_t pending = 0;
    int bits = 0;
    if (width == 0) return out;
    for (int i = 0; i < MINIBLOCK; i++) {
        pending |= values[i] << bits;
        bits += width;
        if (bits < 64) continue;
        put_le64(out, pending);
        out += 8;
        bits -= 64;
        pending = bits ? values[i] >> (width - bits) : 0;
    }
    if (bits) { /* 32 * width is a multiple of 32 bits */
        put_le32(out, (uint32_t)pending);
        out += 4;
    }
    return out;
}

/* The differences of values[0..count], less the least of them, which is returned; they fit the
 * column's width. any: the bits of each miniblock. `wide` and mostly `count` are constants. */
static inline __attribute__((always_inline)) int64_t
block_deltas(uint64_t *restrict deltas, uint64_t *restrict any, const void *values, int count,
             bool wide)
{
    const int64_t *restrict v64 = values;
    const int32_t *restrict v32 = values;
    int64_t least = INT64_MAX;
    for (int i = 0; i < count; i++) { /* wraps in the values' width, in which readers add */
        int64_t delta = wide ? (int64_t)((uint64_t)v64[i + 1] - (uint64_t)v64[i])
                             : (int32_t)((uint32_t)v32[i + 1] - (uint32_t)v32[i]);
        deltas[i] = (uint64_t)delta;
        least = delta < least ? delta : least;
    }
    for (int i = 0; i < count; i++) deltas[i] -= (uint64_t)least;
    for (int i = count; i < BLOCK; i++) deltas[i] = 0;
    for (int m = 0; m < MINIBLOCKS; m++) {
        uint64_t bits = 0;
        for (int i = 0; i < MINIBLOCK; i++) bits |= deltas[m * MINIBLOCK + i];
        any[m] = bits;
    }
    return least;
}

VECTORIZED static int64_t block_deltas_32(uint64_t *deltas, uint64_t *any, const int32_t *values,
                                          int count)
{
    if (count < BLOCK) return block_deltas(deltas, any, values, count, false);
    return block_deltas(deltas, any, values, BLOCK, false);
}

VECTORIZED static int64_t block_deltas_64(uint64_t *deltas, uint64_t *any, const int64_t *values,
                                          int count)
{
    if (count < BLOCK) return block_deltas(deltas, any, values, count, true);
    return block_deltas(deltas, any, values, BLOCK, true);
}

static uint8_t *block_encode(uint8_t *restrict out, const uint64_t *restrict deltas,
                             const uint64_t *restrict any, int64_t least)
{
    out = put_zigzag(out, least);
    uint8_t *widths = out;
    out += MINIBLOCKS;
    for (int m = 0; m < MINIBLOCKS; m++) {
        widths[m] = (uint8_t)bit_width(any[m]);
        out = miniblock_encode(out, deltas + m * MINIBLOCK, widths[m]);
    }
    return out;
}

static uint8_t *delta_reserve(struct buffer *out, int64_t count, size_t width)
{
    buffer_reserve(out, 40 + ((size_t)count / BLOCK + 1) * (BLOCK * width + 10 + MINIBLOCKS));
    return (uint8_t *)out->data + out->size;
}

static uint8_t *delta_header(uint8_t *to, int64_t count, int64_t first)
{
    to = put_varint(to, BLOCK);
    to = put_varint(to, MINIBLOCKS);
    to = put_varint(to, (uint64_t)count);
    return put_zigzag(to, first);
}

static inline int block_count(int64_t values)
{
    return values < BLOCK ? (int)values : BLOCK;
}

void delta_encode_32(struct buffer *out, const int32_t *values, int64_t count)
{
    uint64_t deltas[BLOCK], any[MINIBLOCKS];
    uint8_t *to = delta_reserve(out, count, 4);
    to = delta_header(to, count, count ? values[0] : 0);
    for (int64_t at = 0; at < count - 1; at += BLOCK) {
        int64_t least = block_deltas_32(deltas, any, values + at, block_count(count - 1 - at));
        to = block_encode(to, deltas, any, least);
    }
    out->size = (size_t)(to - (uint8_t *)out->data);
}

void delta_encode_64(struct buffer *out, const int64_t *values, int64_t count)
{
    uint64_t deltas[BLOCK], any[MINIBLOCKS];
    uint8_t *to = delta_reserve(out, count, 8);
    to = delta_header(to, count, count ? values[0] : 0);
    for (int64_t at = 0; at < count - 1; at += BLOCK) {
        int64_t least = block_deltas_64(deltas, any, values + at, block_count(count - 1 - at));
        to = block_encode(to, deltas, any, least);
    }
    out->size = (size_t)(to - (uint8_t *)out->data);
}

/* DELTA_BINARY_PACKED of one value, again and again. */
static void delta_encode_same(struct buffer *out, uint32_t value, int64_t count)
{
    enum { BLOCK_BYTES = 1 + MINIBLOCKS }; /* least delta 0, widths 0 */
    size_t blocks = (size_t)(count + BLOCK - 2) / BLOCK;
    uint8_t *to = delta_header(delta_reserve(out, count, 4), count, (int32_t)value);
    memset(to, 0, blocks * BLOCK_BYTES);
    out->size = (size_t)(to + blocks * BLOCK_BYTES - (uint8_t *)out->data);
}

VECTORIZED static bool all_same(const uint32_t *restrict values, int64_t count)
{
    uint32_t different = 0;
    for (int64_t i = 1; i < count; i++) different |= values[i] ^ values[0];
    return different == 0;
}

/* Spark to 3.5 misreads DELTA_LENGTH_BYTE_ARRAY, whose lengths it looks up by the row of its own batch
 * instead of the page's; DELTA_BYTE_ARRAY with empty prefixes is as small, and read right. */
void delta_encode_lengths(struct buffer *out, const uint32_t *lengths, int64_t count)
{
    delta_encode_same(out, 0, count);
    if (count && all_same(lengths, count)) delta_encode_same(out, lengths[0], count);
    else delta_encode_32(out, (const int32_t *)lengths, count);
}
