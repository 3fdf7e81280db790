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

static inline bool kind_is_text(enum type_kind kind)
{
    return kind >= TYPE_STRING && kind <= TYPE_VARCHAR;
}

/* Bytes of a bitmap, in whole words. */
static inline size_t bitmap_bytes(int64_t bits)
{
    return (size_t)((bits + 63) / 64 * 8);
}
