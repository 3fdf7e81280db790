/* What the files of batch/ share. */
#pragma once

#include "batch/batch.h"

/* Bytes of one value of the kind; 0 for bits, bytes and nested kinds. */
static inline uint8_t kind_width(enum type_kind kind)
{
    static const uint8_t widths[TYPE_KINDS] = {
        [TYPE_TINYINT] = 1, [TYPE_SMALLINT] = 2, [TYPE_INT] = 4,      [TYPE_BIGINT] = 8,
        [TYPE_FLOAT] = 4,   [TYPE_DOUBLE] = 8,   [TYPE_DECIMAL] = 16, [TYPE_DATE] = 4,
        [TYPE_TIMESTAMP] = 8,
    };
    return widths[kind];
}

static inline bool kind_has_offsets(enum type_kind kind)
{
    return (kind >= TYPE_STRING && kind <= TYPE_BINARY) || kind == TYPE_ARRAY || kind == TYPE_MAP;
}

/* Bytes of a bitmap, in whole words. */
static inline size_t bitmap_bytes(int64_t bits)
{
    return (size_t)((bits + 63) / 64 * 8);
}

static inline uint8_t *bitmap_new(struct arena *arena, int64_t bits)
{
    return arena_calloc(arena, bitmap_bytes(bits), 1);
}

/* The rows of `in` at `rows[0..count)`, in that order. */
struct column column_gather(struct arena *, const struct column *in, const uint32_t *rows,
                            int64_t count);
/* `length` NULLs of any type. */
struct column column_nulls(struct arena *, const struct type *, int64_t length);

/* The text rules of cast_parse.c and cast_print.c that only casts of columns need besides. */
bool cast_text_to_float(span, float *out);
/* 10 to the power of 0..38. */
__int128 power_of_ten(int exponent);
/* Rounds half up (away from zero) to the new scale; false when the precision does not do. */
bool decimal_rescale(__int128 unscaled, int scale, int to_precision, int to_scale, __int128 *out);
/* Never in exponent form, unlike cast_decimal_to_text. */
void decimal_print_plain(struct buffer *out, __int128 unscaled, int scale);
