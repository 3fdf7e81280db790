/* In: a batch and a bit per row. Out: the batch of the rows whose bit is set, in the arena; what
 * does not change is shared with the input. And copies that share nothing. */
#include "batch/internal.h"

static void gather_validity(struct arena *arena, const struct column *in, const uint32_t *rows,
                            struct column *out)
{
    if (!in->validity) return;
    uint8_t *bits = bitmap_new(arena, out->length);
    for (int64_t i = 0; i < out->length; i++) {
        if (bit_get(in->validity, rows[i])) bit_set(bits, i);
        else out->null_count++;
    }
    if (out->null_count) out->validity = bits;
}

#define GATHER(type)                                                                  \
    do {                                                                              \
        const type *from = in->values;                                                \
        type *to = values;                                                            \
        for (int64_t i = 0; i < count; i++) to[i] = from[rows[i]];                    \
    } while (0)

static void *gather_values(struct arena *arena, const struct column *in, const uint32_t *rows,
                           int64_t count)
{
    if (in->type->kind == TYPE_BOOLEAN) {
        uint8_t *bits = bitmap_new(arena, count);
        for (int64_t i = 0; i < count; i++)
            if (bit_get(in->values, rows[i])) bit_set(bits, i);
        return bits;
    }
    int width = kind_width(in->type->kind);
    void *values = arena_alloc(arena, (size_t)count * (size_t)width);
    if (width == 1) GATHER(int8_t);
    else if (width == 2) GATHER(int16_t);
    else if (width == 4) GATHER(int32_t);
    else if (width == 8) GATHER(int64_t);
    else GATHER(__int128);
    return values;
}

static const int32_t *gather_offsets(struct arena *arena, const struct column *in,
                                     const uint32_t *rows, int64_t count)
{
    int32_t *offsets = arena_alloc(arena, (size_t)(count + 1) * sizeof *offsets);
    int64_t end = 0;
    offsets[0] = 0;
    for (int64_t i = 0; i < count; i++) {
        end += in->offsets[rows[i] + 1] - in->offsets[rows[i]];
        CHECK(end <= COLUMN_OFFSET_MAX);
        offsets[i + 1] = (int32_t)end;
    }
    return offsets;
}

static void gather_text(struct arena *arena, const struct column *in, const uint32_t *rows,
                        struct column *out)
{
    char *text = arena_alloc(arena, (size_t)out->offsets[out->length]);
    for (int64_t i = 0; i < out->length; i++) {
        span from = column_span(in, rows[i]);
        if (from.size) memcpy(text + out->offsets[i], from.data, from.size);
    }
    out->values = text;
}

static void gather_children(struct arena *arena, const struct column *in, const uint32_t *rows,
                            struct column *out)
{
    int64_t count = out->length;
    if (in->offsets) { /* the rows of the elements */
        count = out->offsets[out->length];
        uint32_t *elements = arena_alloc(arena, (size_t)count * sizeof *elements), *next = elements;
        for (int64_t i = 0; i < out->length; i++)
            for (int32_t k = in->offsets[rows[i]]; k < in->offsets[rows[i] + 1]; k++)
                *next++ = (uint32_t)k;
        rows = elements;
    }
    struct column *children = ARENA_ARRAY(arena, struct column, (size_t)in->type->child_count);
    for (int i = 0; i < in->type->child_count; i++)
        children[i] = column_gather(arena, &in->children[i], rows, count);
    out->children = children;
}

struct column column_gather(struct arena *arena, const struct column *in, const uint32_t *rows,
                            int64_t count)
{
    struct column out = {.type = in->type, .length = count};
    gather_validity(arena, in, rows, &out);
    if (in->offsets) out.offsets = gather_offsets(arena, in, rows, count);
    if (type_is_nested(in->type)) gather_children(arena, in, rows, &out);
    else if (in->offsets) gather_text(arena, in, rows, &out);
    else out.values = gather_values(arena, in, rows, count);
    return out;
}

struct column column_nulls(struct arena *arena, const struct type *type, int64_t length)
{
    struct column out = {.type = type, .length = length, .null_count = length};
    if (length) out.validity = bitmap_new(arena, length);
    if (kind_has_offsets(type->kind))
        out.offsets = ARENA_ARRAY(arena, int32_t, (size_t)(length + 1));
    if (!type_is_nested(type))
        out.values = type->kind == TYPE_BOOLEAN
                         ? bitmap_new(arena, length)
                         : arena_calloc(arena, (size_t)length, kind_width(type->kind));
    struct column *children = ARENA_ARRAY(arena, struct column, (size_t)type->child_count);
    for (int i = 0; i < type->child_count; i++)
        children[i] = column_nulls(arena, type->children[i].type,
                                   type->kind == TYPE_STRUCT ? length : 0);
    out.children = children;
    return out;
}

const struct batch *batch_select(struct arena *arena, const struct batch *in, const uint8_t *keep)
{
    CHECK(in->rows <= UINT32_MAX);
    uint32_t *rows = arena_alloc(arena, (size_t)in->rows * sizeof *rows);
    int64_t count = 0;
    for (int64_t i = 0; i < in->rows; i++) {
        rows[count] = (uint32_t)i;
        count += bit_get(keep, i);
    }
    if (count == in->rows) return in;
    struct column *columns = ARENA_ARRAY(arena, struct column, (size_t)in->schema->field_count);
    for (int i = 0; i < in->schema->field_count; i++)
        columns[i] = column_gather(arena, &in->columns[i], rows, count);
    if (in->origin) /* last: the columns needed the row numbers of `in` */
        for (int64_t i = 0; i < count; i++) rows[i] = in->origin[rows[i]];
    struct batch *out = ARENA_NEW(arena, struct batch);
    *out = (struct batch){in->schema, count, columns, rows};
    return out;
}

/* ---- copies ---- */

static void *bitmap_copy(struct arena *arena, const void *bits, int64_t length)
{
    void *copy = bitmap_new(arena, length); /* whole words, zero behind the end */
    memcpy(copy, bits, (size_t)(length + 7) / 8);
    return copy;
}

static size_t values_size(const struct column *in)
{
    switch (in->type->kind) {
    case TYPE_STRING:
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_BINARY:
        return (size_t)in->offsets[in->length];
    default:
        return (size_t)in->length * (size_t)kind_width(in->type->kind);
    }
}

static void column_copy(struct arena *arena, const struct column *in, const struct type *type,
                        struct column *out)
{
    *out = *in;
    out->type = type;
    if (in->validity) out->validity = bitmap_copy(arena, in->validity, in->length);
    if (in->offsets)
        out->offsets = arena_copy(arena, in->offsets, (size_t)(in->length + 1) * sizeof *in->offsets);
    if (in->type->kind == TYPE_BOOLEAN)
        out->values = bitmap_copy(arena, in->values, in->length);
    else if (!type_is_nested(in->type))
        out->values = arena_copy(arena, in->values, values_size(in));
    if (!in->type->child_count) return;
    struct column *children = ARENA_ARRAY(arena, struct column, (size_t)in->type->child_count);
    for (int i = 0; i < in->type->child_count; i++)
        column_copy(arena, &in->children[i], type->children[i].type, &children[i]);
    out->children = children;
}

const struct batch *batch_copy(struct arena *arena, const struct batch *in)
{
    struct batch *out = ARENA_NEW(arena, struct batch);
    struct column *columns = ARENA_ARRAY(arena, struct column, (size_t)in->schema->field_count);
    *out = *in;
    out->schema = schema_copy(arena, in->schema);
    for (int i = 0; i < in->schema->field_count; i++)
        column_copy(arena, &in->columns[i], out->schema->fields[i].type, &columns[i]);
    out->columns = columns;
    if (in->origin)
        out->origin = arena_copy(arena, in->origin, (size_t)in->rows * sizeof *in->origin);
    return out;
}
