/* Part of the door batch/batch.h: the appends, inline because each runs once per value. They do not
 * touch validity: rows count as valid until builder_null clears their bit. */
#pragma once

#include "batch/batch.h"

/* Room for `size` bytes behind the buffer's end. */
static inline char *builder_room(struct buffer *b, size_t size)
{
    if (__builtin_expect(b->capacity - b->size < size, 0)) buffer_reserve(b, size);
    return b->data + b->size;
}

static inline void builder_offset(struct builder *b, size_t end)
{
    CHECK(end <= COLUMN_OFFSET_MAX);
    int32_t offset = (int32_t)end;
    memcpy(builder_room(&b->offsets, sizeof offset), &offset, sizeof offset);
    b->offsets.size += sizeof offset;
}

static inline void builder_bool(struct builder *b, bool value)
{
    int bit = (int)(b->length & 7);
    if (bit == 0) {
        *builder_room(&b->values, 1) = 0;
        b->values.size++;
    }
    b->values.data[b->values.size - 1] |= (char)(value << bit);
    b->length++;
}

/* Little endian: the low `width` bytes of the word are the narrower integer. */
static inline void builder_int(struct builder *b, int64_t value)
{
    memcpy(builder_room(&b->values, sizeof value), &value, sizeof value);
    b->values.size += b->width;
    b->length++;
}

/* Many at once; the values must fit. */
static inline void builder_ints(struct builder *b, const uint64_t *values, size_t count)
{
    char *to = builder_room(&b->values, count * sizeof *values);
    switch (b->width) {
    case 4:
        for (size_t i = 0; i < count; i++) {
            int32_t value = (int32_t)values[i];
            memcpy(to + i * sizeof value, &value, sizeof value);
        }
        break;
    case 8: memcpy(to, values, count * sizeof *values); break;
    default:
        for (size_t i = 0; i < count; i++) memcpy(to + i * b->width, &values[i], sizeof *values);
    }
    b->values.size += count * b->width;
    b->length += (int64_t)count;
}

static inline void builder_double(struct builder *b, double value)
{
    char *to = builder_room(&b->values, sizeof value);
    if (b->width == sizeof(float)) {
        float narrow = (float)value;
        memcpy(to, &narrow, sizeof narrow);
    } else {
        memcpy(to, &value, sizeof value);
    }
    b->values.size += b->width;
    b->length++;
}

static inline void builder_decimal(struct builder *b, __int128 unscaled)
{
    memcpy(builder_room(&b->values, sizeof unscaled), &unscaled, sizeof unscaled);
    b->values.size += sizeof unscaled;
    b->length++;
}

static inline void builder_bytes(struct builder *b, span text)
{
    if (text.size) memcpy(builder_room(&b->values, text.size), text.data, text.size);
    b->values.size += text.size;
    builder_offset(b, b->values.size);
    b->length++;
}

static inline void builder_struct(struct builder *b)
{
    b->length++;
}

static inline void builder_list(struct builder *b, int64_t elements)
{
    int32_t last;
    memcpy(&last, b->offsets.data + b->offsets.size - sizeof last, sizeof last);
    CHECK(elements >= 0 && elements <= COLUMN_OFFSET_MAX);
    builder_offset(b, (size_t)last + (size_t)elements);
    b->length++;
}
