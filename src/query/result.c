#include "query/result.h"

#include <stdlib.h>

enum { FLUSH_BYTES = 1 << 20 };

/* ---- writing ---- */

static void keep_failure(struct result_file *f, error e)
{
    if (e == OK || f->failure != OK) return;
    f->failure = e;
    f->reason = must_strdup(error_text());
}

static error begin(struct result_file *f)
{
    if (f->upload) return OK;
    TRY(object_url_parse(f->arena, f->location, &f->bucket, &f->key));
    return f->objects->ops->upload_begin(f->objects, f->bucket, f->key, "application/octet-stream",
                                         &f->upload);
}

static error flush(struct result_file *f)
{
    TRY(begin(f));
    if (f->text.size) TRY(f->objects->ops->upload_write(f->upload, buffer_span(&f->text)));
    f->bytes += (int64_t)f->text.size;
    buffer_reset(&f->text);
    return OK;
}

/* ---- rows ---- */

static void quote(struct buffer *out, span text)
{
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"') buffer_append_byte(out, '"');
        buffer_append_byte(out, (uint8_t)text.data[i]);
    }
    buffer_append_byte(out, '"');
}

static json_t *column_info(const struct query_column *c)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s, s:b}", "CatalogName", "hive",
                     "SchemaName", "", "TableName", "", "Name", c->name, "Label", c->name, "Type",
                     c->type, "Precision", c->precision, "Scale", c->scale, "Nullable", "UNKNOWN",
                     "CaseSensitive", c->case_sensitive);
}

static void take_columns(void *context, const struct query_columns *columns)
{
    struct result_file *f = context;
    f->columns = json_array();
    for (int i = 0; i < columns->told_count; i++) {
        json_array_append_new(f->columns, column_info(&columns->told[i]));
        if (!f->csv && !f->header) continue;
        if (i) buffer_append_byte(&f->text, ',');
        if (f->csv) quote(&f->text, span_of(columns->told[i].name));
        else buffer_append_text(&f->text, columns->told[i].name);
    }
    if (f->csv) buffer_append_byte(&f->text, '\n');
}

static void csv_row(struct result_file *f, const struct batch *batch, int64_t row,
                    struct buffer *cell)
{
    for (int i = 0; i < batch->schema->field_count; i++) {
        if (i) buffer_append_byte(&f->text, ',');
        if (!column_valid(&batch->columns[i], row)) continue;
        buffer_reset(cell);
        query_print_value(cell, &batch->columns[i], row);
        quote(&f->text, buffer_span(cell));
    }
    buffer_append_byte(&f->text, '\n');
}

static void text_row(struct result_file *f, const struct batch *batch, int64_t row)
{
    if (f->rows || f->header) buffer_append_byte(&f->text, '\n');
    for (int i = 0; i < batch->schema->field_count; i++) {
        if (i) buffer_append_byte(&f->text, '\t');
        if (column_valid(&batch->columns[i], row))
            query_print_value(&f->text, &batch->columns[i], row);
    }
}

static void take_rows(void *context, const struct batch *batch)
{
    struct result_file *f = context;
    struct buffer cell = {0};
    for (int64_t row = 0; row < batch->rows && f->failure == OK; row++) {
        if (f->csv) csv_row(f, batch, row, &cell);
        else text_row(f, batch, row);
        f->rows++;
        if (f->text.size >= FLUSH_BYTES) keep_failure(f, flush(f));
    }
    buffer_release(&cell);
}

struct query_sink result_sink(struct result_file *f)
{
    return (struct query_sink){f, take_columns, take_rows};
}

/* ---- metadata ---- */

static void put_number(struct buffer *out, int field, uint64_t value)
{
    buffer_append_byte(out, (uint8_t)(field << 3));
    for (; value >= 0x80; value >>= 7) buffer_append_byte(out, (uint8_t)(value | 0x80));
    buffer_append_byte(out, (uint8_t)value);
}

static void put_bytes(struct buffer *out, int field, span bytes)
{
    put_number(out, field, bytes.size);
    size_t tag = out->size; /* the number's tag is of another kind */
    for (uint64_t size = bytes.size; size >= 0x80; size >>= 7) tag--;
    out->data[tag - 2] |= 2;
    buffer_append_span(out, bytes);
}

static void put_column(struct buffer *out, const json_t *c)
{
    struct buffer column = {0};
    enum { NULLABLE_UNKNOWN = 3 };
    put_bytes(&column, 1, span_of(json_text(c, "CatalogName")));
    put_bytes(&column, 4, span_of(json_text(c, "Name")));
    put_bytes(&column, 5, span_of(json_text(c, "Label")));
    put_bytes(&column, 6, span_of(json_text(c, "Type")));
    put_number(&column, 7, (uint64_t)json_integer_or(c, "Precision", 0));
    put_number(&column, 8, (uint64_t)json_integer_or(c, "Scale", 0));
    put_number(&column, 9, NULLABLE_UNKNOWN);
    put_number(&column, 10, json_is_set(c, "CaseSensitive"));
    put_bytes(out, 4, buffer_span(&column));
    buffer_release(&column);
}

static error metadata_put(struct result_file *f, const char *id, const char *update,
                          int64_t updated)
{
    struct buffer out = {0};
    const char *bucket, *key;
    put_bytes(&out, 1, span_of(id));
    if (update) {
        put_bytes(&out, 2, span_of(update));
        put_number(&out, 3, (uint64_t)updated);
    }
    for (size_t i = 0; i < json_array_size(f->columns); i++)
        put_column(&out, json_array_get(f->columns, i));
    error e = object_url_parse(f->arena, f->location, &bucket, &key);
    if (e == OK)
        e = f->objects->ops->put(f->objects, bucket, arena_printf(f->arena, "%s.metadata", key),
                                 buffer_span(&out), "application/octet-stream",
                                 (struct object_condition){0});
    buffer_release(&out);
    return e;
}

/* ---- the end ---- */

static error file_publish(struct result_file *f)
{
    const char *token;
    TRY(flush(f));
    struct upload *upload = f->upload;
    f->upload = NULL;
    TRY(f->objects->ops->upload_finish(upload, f->arena, &token));
    return f->objects->ops->upload_complete(f->objects, f->bucket, f->key, token);
}

error result_publish(struct result_file *f, const char *id, const char *update, int64_t updated)
{
    if (f->failure != OK) return fail(f->failure, "%s", f->reason);
    if (!f->location) return OK;
    if (!update) TRY(file_publish(f));
    return f->columns || update ? metadata_put(f, id, update, updated) : OK;
}

void result_release(struct result_file *f)
{
    if (f->upload) f->objects->ops->upload_abandon(f->upload);
    buffer_release(&f->text);
    json_decref(f->columns);
    free(f->reason);
}
