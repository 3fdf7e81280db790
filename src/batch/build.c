/* In: values, one append each (build.h holds the frequent ones). Out: a batch over the builder's
 * buffers, in Arrow's layout (batch.h). Rows count as valid until builder_null clears their bit,
 * so the bitmap exists only up to the last NULL; batch_finish extends it to the length. */
#include "batch/internal.h"

#include <stdlib.h>

static void builder_release(struct builder *b)
{
    for (int i = 0; i < b->child_count; i++) builder_release(&b->children[i]);
    free(b->children);
    buffer_release(&b->validity);
    buffer_release(&b->offsets);
    buffer_release(&b->values);
}

static void builder_reset(struct builder *b)
{
    b->length = b->null_count = 0;
    b->validity.size = b->values.size = 0;
    b->offsets.size = kind_has_offsets(b->kind) ? sizeof(int32_t) : 0;
    for (int i = 0; i < b->child_count; i++) builder_reset(&b->children[i]);
}

/* Empty columns have buffers too: views over them never point nowhere. */
static void builder_begin(struct builder *b, const struct type *type)
{
    if (b->kind != type->kind || b->child_count != type->child_count || b->values.capacity == 0) {
        builder_release(b);
        *b = (struct builder){.kind = type->kind,
                              .width = kind_width(type->kind),
                              .child_count = type->child_count};
        b->children = must_calloc((size_t)type->child_count, sizeof *b->children);
        buffer_reserve(&b->values, 1);
        if (kind_has_offsets(type->kind)) {
            buffer_reserve(&b->offsets, sizeof(int32_t));
            memset(b->offsets.data, 0, sizeof(int32_t));
        }
    }
    b->type = type;
    for (int i = 0; i < type->child_count; i++)
        builder_begin(&b->children[i], type->children[i].type);
}

void batch_begin(struct batch_builder *b, const struct schema *schema)
{
    if (b->column_count != schema->field_count) {
        batch_builder_release(b);
        b->column_count = schema->field_count;
        b->columns = must_calloc((size_t)schema->field_count, sizeof *b->columns);
    }
    b->schema = schema;
    for (int i = 0; i < schema->field_count; i++)
        builder_begin(&b->columns[i], schema->fields[i].type);
    batch_reset(b);
}

void batch_builder_release(struct batch_builder *b)
{
    for (int i = 0; i < b->column_count; i++) builder_release(&b->columns[i]);
    free(b->columns);
    *b = (struct batch_builder){0};
}

void batch_reset(struct batch_builder *b)
{
    b->rows = 0;
    for (int i = 0; i < b->column_count; i++) builder_reset(&b->columns[i]);
}

/* Extends the bitmap with ones to whole words around bit `length - 1`. */
static void validity_cover(struct builder *b, int64_t length)
{
    size_t size = bitmap_bytes(length);
    if (b->validity.size >= size) return;
    size_t more = size - b->validity.size;
    buffer_reserve(&b->validity, more);
    memset(b->validity.data + b->validity.size, 0xFF, more);
    b->validity.size = size;
}

static int32_t offset_at(const struct builder *b, int64_t i)
{
    int32_t offset;
    memcpy(&offset, b->offsets.data + (size_t)i * sizeof offset, sizeof offset);
    return offset;
}

void builder_null(struct builder *b)
{
    int64_t i = b->length;
    validity_cover(b, i + 1);
    b->validity.data[i >> 3] &= (char)~(1 << (i & 7));
    b->null_count++;
    if (b->kind == TYPE_BOOLEAN) {
        builder_bool(b, false);
    } else if (b->kind == TYPE_STRUCT) {
        for (int k = 0; k < b->child_count; k++) builder_null(&b->children[k]);
        b->length++;
    } else if (kind_has_offsets(b->kind)) {
        builder_offset(b, (size_t)offset_at(b, i));
        b->length++;
    } else {
        memset(builder_room(&b->values, b->width), 0, b->width);
        b->values.size += b->width;
        b->length++;
    }
}

void builder_list_end(struct builder *b)
{
    builder_offset(b, (size_t)b->children[0].length);
    b->length++;
}

/* Back to the first `length` values; what lies below follows from the offsets. */
static void builder_rewind(struct builder *b, int64_t length)
{
    CHECK(length <= b->length);
    if (b->length == length && b->child_count == 0) return; /* a list still open has elements */
    uint8_t *validity = (uint8_t *)b->validity.data;
    int64_t covered = (int64_t)b->validity.size * 8;
    for (int64_t i = length; i < b->length && i < covered; i++) {
        b->null_count -= !bit_get(validity, i);
        bit_set(validity, i);
    }
    b->length = length;
    int64_t below = length;
    if (kind_has_offsets(b->kind)) {
        below = offset_at(b, length);
        b->offsets.size = (size_t)(length + 1) * sizeof(int32_t);
        b->values.size = type_is_nested(b->type) ? 0 : (size_t)below;
    } else if (b->kind == TYPE_BOOLEAN) {
        b->values.size = (size_t)(length + 7) / 8;
        if (length & 7) b->values.data[length >> 3] &= (char)((1 << (length & 7)) - 1);
    } else {
        b->values.size = (size_t)length * b->width;
    }
    for (int i = 0; i < b->child_count; i++) builder_rewind(&b->children[i], below);
}

void batch_rewind(struct batch_builder *b)
{
    for (int i = 0; i < b->column_count; i++) builder_rewind(&b->columns[i], b->rows);
}

/* Zeroes the bits behind `length` up to a whole word. */
static void bitmap_close(struct buffer *bits, int64_t length)
{
    size_t size = bitmap_bytes(length);
    if (bits->size < size) {
        buffer_reserve(bits, size - bits->size);
        memset(bits->data + bits->size, 0, size - bits->size);
    }
    for (size_t i = (size_t)(length + 7) / 8; i < size; i++) bits->data[i] = 0;
    if (length & 7) bits->data[length >> 3] &= (char)((1 << (length & 7)) - 1);
}

static void column_finish(struct builder *b, struct arena *arena, int64_t length,
                          struct column *out)
{
    CHECK(b->length == length);
    if (b->null_count) {
        validity_cover(b, length);
        bitmap_close(&b->validity, length);
    }
    if (b->kind == TYPE_BOOLEAN) bitmap_close(&b->values, length);
    struct column *children = NULL;
    if (b->child_count) {
        children = ARENA_ARRAY(arena, struct column, (size_t)b->child_count);
        int64_t below = b->kind == TYPE_STRUCT ? length : offset_at(b, length);
        for (int i = 0; i < b->child_count; i++)
            column_finish(&b->children[i], arena, below, &children[i]);
    }
    *out = (struct column){
        .type = b->type,
        .length = length,
        .null_count = b->null_count,
        .validity = b->null_count ? (const uint8_t *)b->validity.data : NULL,
        .offsets = kind_has_offsets(b->kind) ? (const int32_t *)b->offsets.data : NULL,
        .values = type_is_nested(b->type) ? NULL : b->values.data,
        .children = children,
    };
}

const struct batch *batch_finish(struct batch_builder *b, struct arena *arena)
{
    struct column *columns = ARENA_ARRAY(arena, struct column, (size_t)b->column_count);
    for (int i = 0; i < b->column_count; i++)
        column_finish(&b->columns[i], arena, b->rows, &columns[i]);
    struct batch *batch = ARENA_NEW(arena, struct batch);
    *batch = (struct batch){.schema = b->schema, .rows = b->rows, .columns = columns};
    return batch;
}

static size_t column_bytes(const struct column *c)
{
    size_t bytes = c->validity ? bitmap_bytes(c->length) : 0;
    if (c->offsets) bytes += (size_t)(c->length + 1) * sizeof(int32_t);
    if (c->type->kind == TYPE_BOOLEAN) bytes += bitmap_bytes(c->length);
    else if (!type_is_nested(c->type) && c->offsets) bytes += (size_t)c->offsets[c->length];
    else bytes += (size_t)c->length * kind_width(c->type->kind);
    for (int i = 0; i < c->type->child_count; i++) bytes += column_bytes(&c->children[i]);
    return bytes;
}

size_t batch_bytes(const struct batch *batch)
{
    size_t bytes = 0;
    for (int i = 0; i < batch->schema->field_count; i++) bytes += column_bytes(&batch->columns[i]);
    return bytes;
}
