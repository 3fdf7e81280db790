/* Rows as texts in objects: JSON lines as Spark's writer makes them (NULL fields left out, times in ISO
 * 8601), or CSV. One object per partition, staged until published, like Parquet files. */
#include "table/internal.h"

#include <stdlib.h>

enum { FLUSH_BYTES = 1 << 20 };

struct text_object {
    struct text_object *next;
    char *folder;
    const char *key;
    struct partition_value *partition;
    struct upload *upload;
    struct buffer text;
    int64_t rows, bytes;
};

struct lines_writer {
    struct object_store *objects;
    struct table_layout layout;
    struct lines_format format;
    struct arena arena;          /* the writer's life */
    struct text_object *first;
    int parts;
};

/* ---- values ---- */

static void json_value(struct buffer *out, const struct column *c, int64_t row);

static void json_fields(struct buffer *out, const struct field *fields, const struct column *columns,
                        int count, const bool *skip, int64_t row)
{
    size_t start = out->size;
    for (int i = 0; i < count; i++) {
        if ((skip && skip[i]) || !column_valid(&columns[i], row)) continue;
        buffer_append_text(out, out->size > start ? ",\"" : "\"");
        json_escape(out, span_of(fields[i].name));
        buffer_append_text(out, "\":");
        json_value(out, &columns[i], row);
    }
}

static void json_list(struct buffer *out, const struct column *c, int64_t row)
{
    bool map = c->type->kind == TYPE_MAP;
    for (int64_t i = c->offsets[row]; i < c->offsets[row + 1]; i++) {
        if (i > c->offsets[row]) buffer_append_byte(out, ',');
        if (map) {
            bool quoted = kind_is_text(c->children[0].type->kind);
            if (!quoted) buffer_append_byte(out, '"');
            json_value(out, &c->children[0], i);
            buffer_append_text(out, quoted ? ":" : "\":");
        }
        json_value(out, &c->children[map], i);
    }
}

static void time_print(struct buffer *out, int64_t us)
{
    struct arena scratch = {0};
    buffer_append_text(out, date_iso8601(&scratch, us));
    arena_release(&scratch);
}

static void json_value(struct buffer *out, const struct column *c, int64_t row)
{
    if (!column_valid(c, row)) {
        buffer_append_text(out, "null");
        return;
    }
    switch (c->type->kind) {
    case TYPE_STRUCT:
        buffer_append_byte(out, '{');
        json_fields(out, c->type->children, c->children, c->type->child_count, NULL, row);
        buffer_append_byte(out, '}');
        break;
    case TYPE_ARRAY:
        buffer_append_byte(out, '[');
        json_list(out, c, row);
        buffer_append_byte(out, ']');
        break;
    case TYPE_MAP:
        buffer_append_byte(out, '{');
        json_list(out, c, row);
        buffer_append_byte(out, '}');
        break;
    case TYPE_TIMESTAMP:
        buffer_append_byte(out, '"');
        time_print(out, ((const int64_t *)c->values)[row]);
        buffer_append_byte(out, '"');
        break;
    default:
        column_print_json(out, c, row);
    }
}

/* A text is quoted when it holds what parts fields or lines, or nothing at all. */
static void csv_text(struct buffer *out, const struct lines_format *format, span text)
{
    bool quoted = text.size == 0;
    for (size_t i = 0; i < text.size && !quoted; i++)
        quoted = text.data[i] == format->separator || text.data[i] == '"' || text.data[i] == '\n' ||
                 text.data[i] == '\r';
    if (!quoted) {
        buffer_append_span(out, text);
        return;
    }
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"') buffer_append_byte(out, '\\');
        buffer_append_byte(out, (uint8_t)text.data[i]);
    }
    buffer_append_byte(out, '"');
}

static void csv_value(struct buffer *out, const struct lines_format *format, const struct column *c,
                      int64_t row)
{
    struct buffer text = {0};
    if (!column_valid(c, row)) return;
    if (kind_is_text(c->type->kind)) {
        csv_text(out, format, column_span(c, row));
        return;
    }
    if (c->type->kind == TYPE_TIMESTAMP) time_print(&text, ((const int64_t *)c->values)[row]);
    else column_print_json(&text, c, row);
    span plain = buffer_span(&text); /* dates come in quotes */
    if (plain.size > 1 && plain.data[0] == '"') plain = (span){plain.data + 1, plain.size - 2};
    buffer_append_span(out, plain);
    buffer_release(&text);
}

/* ---- objects ---- */

static error text_object_open(struct lines_writer *w, const char *folder,
                         const struct partition_value *partition, struct text_object **out)
{
    const struct table_layout *layout = &w->layout;
    int values = layout->fixed_count + layout->partition_column_count;
    struct text_object *object = must_calloc(1, sizeof *object);
    *object = (struct text_object){.next = w->first, .folder = must_strdup(folder)};
    object->partition = ARENA_ARRAY(&w->arena, struct partition_value, (size_t)values);
    for (int i = 0; i < values; i++) {
        object->partition[i].key = partition[i].key;
        if (partition[i].value)
            object->partition[i].value = arena_text(&w->arena, span_of(partition[i].value));
    }
    object->key = arena_printf(&w->arena, "%s%s%s%s-%05d.%s", layout->prefix,
                               layout->prefix[0] ? "/" : "", folder, layout->stem, w->parts++,
                               w->format.csv ? "csv" : "json");
    error e = w->objects->ops->upload_begin(w->objects, layout->bucket, object->key,
                                            w->format.csv ? "text/csv" : "application/json",
                                            &object->upload);
    if (e == ERR_KEY_TOO_LONG) e = table_partition_too_long(folder);
    if (e != OK) {
        free(object->folder);
        free(object);
        return e;
    }
    *out = w->first = object;
    return OK;
}

static error text_object_flush(struct lines_writer *w, struct text_object *object)
{
    object->bytes += (int64_t)object->text.size;
    error e = w->objects->ops->upload_write(object->upload, buffer_span(&object->text));
    buffer_reset(&object->text);
    return e;
}

static error text_object_of(struct lines_writer *w, const char *folder,
                       const struct partition_value *partition, struct text_object **out)
{
    int open = 0;
    for (struct text_object *o = w->first; o; o = o->next, open++)
        if (strcmp(o->folder, folder) == 0) {
            *out = o;
            return OK;
        }
    if (open == TABLE_OPEN_MAX)
        return fail(ERR_LIMIT, "a batch writes more than %d partitions of text files", TABLE_OPEN_MAX);
    return text_object_open(w, folder, partition, out);
}

/* ---- rows ---- */

static void header_print(struct lines_writer *w, const struct batch *batch, const bool *keys,
                         struct buffer *out)
{
    bool first = true;
    for (int i = 0; i < batch->schema->field_count; i++) {
        if (keys[i]) continue;
        if (!first) buffer_append_byte(out, (uint8_t)w->format.separator);
        csv_text(out, &w->format, span_of(batch->schema->fields[i].name));
        first = false;
    }
    buffer_append_byte(out, '\n');
}

static void row_print(struct lines_writer *w, const struct batch *batch, const bool *keys, int64_t row,
                      struct buffer *out)
{
    if (!w->format.csv) {
        buffer_append_byte(out, '{');
        json_fields(out, batch->schema->fields, batch->columns, batch->schema->field_count, keys, row);
        buffer_append_text(out, "}\n");
        return;
    }
    bool first = true;
    for (int i = 0; i < batch->schema->field_count; i++) {
        if (keys[i]) continue;
        if (!first) buffer_append_byte(out, (uint8_t)w->format.separator);
        csv_value(out, &w->format, &batch->columns[i], row);
        first = false;
    }
    buffer_append_byte(out, '\n');
}

/* Texts of the partition columns, per row; NULL is SQL NULL. */
static error key_texts(struct arena *arena, const struct table_layout *layout, const struct batch *batch,
                       bool *keys, const struct column ***out)
{
    *out = ARENA_ARRAY(arena, const struct column *, (size_t)layout->partition_column_count);
    for (int k = 0; k < layout->partition_column_count; k++) {
        struct cast_report report = {0};
        int at = schema_find(batch->schema, span_of(layout->partition_columns[k]));
        if (at < 0)
            return fail(ERR_INVALID_INPUT, "partition key '%s' is not a column",
                        layout->partition_columns[k]);
        keys[at] = true;
        TRY(column_cast(arena, &batch->columns[at], type_of(TYPE_STRING), &(*out)[k], &report));
    }
    return OK;
}

static error row_write(struct lines_writer *w, struct arena *scratch, const struct batch *batch,
                       const bool *keys, const struct column *const *texts, int64_t row)
{
    const struct table_layout *layout = &w->layout;
    struct partition_value *values = ARENA_ARRAY(
        scratch, struct partition_value, (size_t)(layout->fixed_count + layout->partition_column_count));
    struct buffer folder = {0};
    struct text_object *object = NULL;
    int count = 0;
    for (; count < layout->fixed_count; count++) {
        values[count] = layout->fixed[count];
        hive_append(&folder, values[count].key, span_of(values[count].value));
    }
    for (int k = 0; k < layout->partition_column_count; k++, count++) {
        bool valid = column_valid(texts[k], row) && column_span(texts[k], row).size;
        values[count].key = layout->partition_columns[k];
        values[count].value = valid ? arena_text(scratch, column_span(texts[k], row)) : NULL;
        hive_append(&folder, values[count].key, span_of(values[count].value));
    }
    error e = text_object_of(w, buffer_text(&folder), values, &object);
    buffer_release(&folder);
    if (e != OK) return e;
    if (object->rows == 0 && w->format.csv && w->format.header)
        header_print(w, batch, keys, &object->text);
    row_print(w, batch, keys, row, &object->text);
    object->rows++;
    return object->text.size >= FLUSH_BYTES ? text_object_flush(w, object) : OK;
}

/* ---- the writer ---- */

error lines_writer_open(struct object_store *objects, const struct table_layout *layout,
                        const struct lines_format *format, struct lines_writer **out)
{
    struct lines_writer *w = must_calloc(1, sizeof *w);
    *w = (struct lines_writer){.objects = objects, .layout = *layout, .format = *format};
    *out = w;
    return OK;
}

error lines_writer_write(struct lines_writer *w, const struct batch *batch)
{
    struct arena scratch = {0};
    const struct column **texts;
    bool *keys = ARENA_ARRAY(&scratch, bool, (size_t)batch->schema->field_count);
    error e = key_texts(&scratch, &w->layout, batch, keys, &texts);
    for (int i = 0; e == OK && w->format.csv && i < batch->schema->field_count; i++)
        if (!keys[i] && type_is_nested(batch->schema->fields[i].type))
            e = fail(ERR_UNSUPPORTED, "column '%s' is nested: CSV has no form for it",
                     batch->schema->fields[i].name);
    for (int64_t row = 0; e == OK && row < batch->rows; row++)
        e = row_write(w, &scratch, batch, keys, texts, row);
    arena_release(&scratch);
    return e;
}

static void text_object_free(struct text_object *object)
{
    buffer_release(&object->text);
    free(object->folder);
    free(object);
}

void lines_writer_abandon(struct lines_writer *w)
{
    if (!w) return;
    for (struct text_object *object = w->first, *next; object; object = next) {
        next = object->next;
        if (object->upload) w->objects->ops->upload_abandon(object->upload);
        text_object_free(object);
    }
    arena_release(&w->arena);
    free(w);
}

error lines_writer_finish(struct lines_writer *w, struct arena *arena, struct data_file **files,
                          size_t *count)
{
    int values = w->layout.fixed_count + w->layout.partition_column_count;
    error e = OK;
    *count = 0;
    *files = ARENA_ARRAY(arena, struct data_file, (size_t)w->parts);
    for (struct text_object *object = w->first; e == OK && object; object = object->next) {
        struct data_file *file = &(*files)[(*count)++];
        e = text_object_flush(w, object);
        if (e != OK) break;
        *file = (struct data_file){
            .bucket = arena_text(arena, span_of(w->layout.bucket)),
            .key = arena_text(arena, span_of(object->key)),
            .partition = ARENA_ARRAY(arena, struct partition_value, (size_t)values),
            .partition_count = values,
            .rows = object->rows,
            .bytes = object->bytes,
        };
        for (int i = 0; i < values; i++) {
            file->partition[i].key = arena_text(arena, span_of(object->partition[i].key));
            if (object->partition[i].value)
                file->partition[i].value = arena_text(arena, span_of(object->partition[i].value));
        }
        e = w->objects->ops->upload_finish(object->upload, arena, &file->token);
        object->upload = NULL; /* freed, whatever happened */
    }
    for (size_t i = 0; e != OK && i < *count; i++)
        if ((*files)[i].token && table_discard(w->objects, &(*files)[i]) != OK)
            log_line(LOG_WARN, "table", "%s", error_text());
    lines_writer_abandon(w);
    return e;
}
