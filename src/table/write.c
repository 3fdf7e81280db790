/* Batches -> staged Parquet objects, one open file per partition.
 *
 * In: batches of any schema; out: data files whose bytes are durable but invisible. The writer
 * owns everything in between and removes what it staged when it is abandoned. */
#include "table/internal.h"

#include <stdlib.h>

enum { FILE_BYTES_DEFAULT = 512 << 20 };

struct open_file {
    const struct object_ops *ops;
    char *folder;                      /* "a=1/b=2/", the file's identity among the open ones */
    struct partition_value *partition; /* in the writer's arena */
    const char *key;
    struct upload *upload;
    struct parquet_writer *parquet;
    int64_t rows;
    int64_t sink_bytes;
    uint64_t used;                     /* tick of the last write */
};

struct table_writer {
    struct object_store *objects;
    struct table_layout layout;
    struct arena arena;                /* names and finished files */
    struct arena scratch;              /* one table_write call */
    const struct schema *schema;       /* of the batches, in the arena */
    struct schema file_schema;         /* without the partition columns */
    int *file_columns;                 /* file column -> batch column */
    int *partition_columns;            /* partition column -> batch column */
    struct open_file *open[TABLE_OPEN_MAX];
    int open_count;
    struct data_file *finished;
    size_t finished_count, finished_capacity;
    int parts;                         /* numbers the object names */
    int64_t rows, bytes;
    uint64_t tick;
};

error table_writer_open(struct object_store *objects, const struct table_layout *layout,
                        struct table_writer **out)
{
    struct table_writer *w = must_calloc(1, sizeof *w);
    w->objects = objects;
    w->layout = *layout;
    if (!w->layout.file_bytes) w->layout.file_bytes = FILE_BYTES_DEFAULT;
    *out = w;
    return OK;
}

int64_t table_writer_rows(const struct table_writer *w)
{
    return w->rows;
}

int64_t table_writer_bytes(const struct table_writer *w)
{
    int64_t bytes = w->bytes;
    for (int i = 0; i < w->open_count; i++) bytes += w->open[i]->sink_bytes;
    return bytes;
}

size_t table_writer_memory(const struct table_writer *w)
{
    size_t bytes = w->arena.held + w->scratch.held;
    for (int i = 0; i < w->open_count; i++) bytes += parquet_memory(w->open[i]->parquet);
    return bytes;
}

static error sink_write(void *context, span bytes)
{
    struct open_file *file = context;
    file->sink_bytes += (int64_t)bytes.size;
    return file->ops->upload_write(file->upload, bytes);
}

static void open_file_free(struct open_file *file)
{
    free(file->folder);
    free(file);
}

static void remove_open(struct table_writer *w, int index)
{
    w->open[index] = w->open[--w->open_count];
}

/* Footer, then durable bytes; the file moves to the finished list. */
static error file_finish(struct table_writer *w, int index)
{
    struct open_file *file = w->open[index];
    remove_open(w, index);
    struct parquet_key_value *pairs = NULL;
    size_t pair_count = 0;
    if (w->layout.footer) w->layout.footer(w->layout.footer_context, &w->arena, &pairs, &pair_count);
    int64_t rows = 0, bytes = 0;
    error e = parquet_close(file->parquet, pairs, pair_count, &rows, &bytes);
    const char *token = NULL;
    if (e == OK) e = w->objects->ops->upload_finish(file->upload, &w->arena, &token);
    else w->objects->ops->upload_abandon(file->upload);
    if (e == OK) {
        if (w->finished_count == w->finished_capacity) {
            w->finished_capacity = w->finished_capacity ? 2 * w->finished_capacity : 16;
            w->finished = must_realloc(w->finished, w->finished_capacity * sizeof *w->finished);
        }
        w->finished[w->finished_count++] = (struct data_file){
            .bucket = w->layout.bucket,
            .key = file->key,
            .token = token,
            .partition = file->partition,
            .partition_count = w->layout.fixed_count + w->layout.partition_column_count,
            .rows = rows,
            .bytes = bytes,
        };
        w->bytes += bytes;
    }
    open_file_free(file);
    return e;
}

static error finish_all_open(struct table_writer *w)
{
    error first = OK;
    while (w->open_count) {
        error e = file_finish(w, w->open_count - 1);
        if (first == OK) first = e;
    }
    return first;
}

error table_writer_cut(struct table_writer *w)
{
    return finish_all_open(w);
}

static const char *const codec_names[] = {"", ".snappy", ".gz", ".zstd", ".lz4"};

static const char *codec_name(enum parquet_codec codec)
{
    return codec_names[codec];
}

enum parquet_codec table_codec_of(const char *key)
{
    const char *end = key + strlen(key) - strlen(".parquet");
    for (int i = 1; i < (int)(sizeof codec_names / sizeof *codec_names); i++) {
        size_t size = strlen(codec_names[i]);
        if (end - key > (ptrdiff_t)size && strncmp(end - size, codec_names[i], size) == 0)
            return (enum parquet_codec)i;
    }
    return PARQUET_NONE;
}

error table_partition_too_long(const char *folder)
{
    return fail(ERR_KEY_TOO_LONG, "the values of partition %.100s... are too long for an object's key: "
                "%zu bytes of folders, and a key has at most %d with the object's name", folder,
                strlen(folder), OBJECT_KEY_MAX);
}

static error file_open(struct table_writer *w, const char *folder,
                       const struct partition_value *partition, struct open_file **out)
{
    const struct table_layout *layout = &w->layout;
    int values = layout->fixed_count + layout->partition_column_count;
    struct open_file *file = must_calloc(1, sizeof *file);
    file->ops = w->objects->ops;
    file->folder = must_strdup(folder);
    file->partition = ARENA_ARRAY(&w->arena, struct partition_value, (size_t)values);
    for (int i = 0; i < values; i++) {
        file->partition[i].key = partition[i].key;
        file->partition[i].value =
            partition[i].value ? arena_text(&w->arena, span_of(partition[i].value)) : NULL;
    }
    file->key = arena_printf(&w->arena, "%s%s%s%s-%05d%s.parquet", layout->prefix,
                             layout->prefix[0] ? "/" : "", folder, layout->stem, w->parts++,
                             codec_name(layout->parquet.codec));
    error e = w->objects->ops->upload_begin(w->objects, layout->bucket, file->key,
                                            "application/vnd.apache.parquet", &file->upload);
    if (e == ERR_KEY_TOO_LONG) e = table_partition_too_long(folder);
    if (e == OK) {
        struct parquet_sink sink = {.context = file, .write = sink_write};
        e = parquet_open(&file->parquet, &w->file_schema, &layout->parquet, sink);
        if (e != OK) w->objects->ops->upload_abandon(file->upload);
    }
    if (e != OK) {
        open_file_free(file);
        return e;
    }
    *out = w->open[w->open_count++] = file;
    return OK;
}

static struct open_file *file_find(struct table_writer *w, const char *folder)
{
    for (int i = 0; i < w->open_count; i++)
        if (strcmp(w->open[i]->folder, folder) == 0) return w->open[i];
    return NULL;
}

static int least_recently_used(const struct table_writer *w)
{
    int oldest = 0;
    for (int i = 1; i < w->open_count; i++)
        if (w->open[i]->used < w->open[oldest]->used) oldest = i;
    return oldest;
}

/* Closes row groups, fullest first, until the open files fit the budget again. */
static error keep_budget(struct table_writer *w)
{
    while (w->open_count && table_writer_memory(w) > w->layout.memory_bytes) {
        struct open_file *fullest = w->open[0];
        for (int i = 1; i < w->open_count; i++)
            if (parquet_memory(w->open[i]->parquet) > parquet_memory(fullest->parquet))
                fullest = w->open[i];
        size_t before = parquet_memory(fullest->parquet);
        TRY(parquet_flush(fullest->parquet));
        if (parquet_memory(fullest->parquet) >= before) break; /* nothing left to let go */
    }
    return OK;
}

static error write_rows(struct table_writer *w, const char *folder,
                        const struct partition_value *partition, const struct batch *const *rows,
                        size_t count)
{
    struct open_file *file = file_find(w, folder);
    if (!file) {
        if (w->open_count == TABLE_OPEN_MAX) TRY(file_finish(w, least_recently_used(w)));
        TRY(file_open(w, folder, partition, &file));
    }
    file->used = ++w->tick;
    for (size_t i = 0; i < count; i++) file->rows += rows[i]->rows;
    TRY(parquet_write_all(file->parquet, rows, count));
    if ((size_t)file->sink_bytes + parquet_memory(file->parquet) <= w->layout.file_bytes) return OK;
    if (w->layout.files_max && w->parts >= w->layout.files_max) return OK;
    for (int i = 0; i < w->open_count; i++)
        if (w->open[i] == file) return file_finish(w, i);
    return OK;
}

/* Another schema: the open files end, columns are resolved anew. */
static error schema_changed(struct table_writer *w, const struct schema *schema)
{
    TRY(finish_all_open(w));
    const struct table_layout *layout = &w->layout;
    w->schema = schema_copy(&w->arena, schema);
    w->partition_columns = ARENA_ARRAY(&w->arena, int, (size_t)layout->partition_column_count);
    for (int i = 0; i < layout->partition_column_count; i++) {
        const char *name = layout->partition_columns[i];
        int column = schema_find(schema, span_of(name));
        if (column < 0)
            return fail(ERR_INVALID_INPUT, "partition key '%s' is not a column of the target", name);
        if (type_is_nested(schema->fields[column].type) ||
            schema->fields[column].type->kind == TYPE_BINARY)
            return fail(ERR_INVALID_INPUT, "partition key '%s' cannot be of a nested or binary type",
                        name);
        w->partition_columns[i] = column;
    }
    struct field *fields = ARENA_ARRAY(&w->arena, struct field, (size_t)schema->field_count);
    w->file_columns = ARENA_ARRAY(&w->arena, int, (size_t)schema->field_count);
    int kept = 0;
    for (int i = 0; i < schema->field_count; i++) {
        bool is_partition = false;
        for (int p = 0; p < layout->partition_column_count; p++)
            is_partition |= w->partition_columns[p] == i;
        if (is_partition) continue;
        fields[kept] = w->schema->fields[i];
        w->file_columns[kept++] = i;
    }
    if (kept == 0)
        return fail(ERR_INVALID_INPUT, "every column is a partition key: no column is left to write");
    w->file_schema = (struct schema){kept, fields};
    return OK;
}

/* Zero bytes, which neither a folder's name nor the catalog can have, become U+FFFD: cut off there,
 * the value would be another one, whose rows nobody could then ask for. */
static void append_visible(struct buffer *out, span text)
{
    for (const char *zero; text.size && (zero = memchr(text.data, 0, text.size));) {
        size_t before = (size_t)(zero - text.data);
        buffer_append(out, text.data, before);
        buffer_append_text(out, "\xEF\xBF\xBD");
        text = (span){zero + 1, text.size - before - 1};
    }
    buffer_append_span(out, text);
}

/* The folder text of a partition value: as Spark prints it. */
static void value_text(struct buffer *out, const struct column *c, int64_t row)
{
    switch (c->type->kind) {
    case TYPE_STRING:
    case TYPE_CHAR:
    case TYPE_VARCHAR: append_visible(out, column_span(c, row)); break;
    case TYPE_DATE: cast_date_to_text(out, ((const int32_t *)c->values)[row]); break;
    case TYPE_TIMESTAMP: cast_timestamp_to_text(out, ((const int64_t *)c->values)[row]); break;
    default: column_print_json(out, c, row); break; /* numbers and booleans */
    }
}

/* ---- rows whose folders are too long ---- */

enum { PLAIN_TEXT_MAX = 64, ESCAPED = 3 }; /* bytes: of a number, a time or NULL; of a text's byte */

/* The columns that become folders; false: they cannot, as the writer will say. */
static bool partition_columns_find(const struct table_layout *layout, const struct batch *batch,
                                   const struct column **out)
{
    for (int i = 0; i < layout->partition_column_count; i++) {
        int at = schema_find(batch->schema, span_of(layout->partition_columns[i]));
        if (at < 0 || type_is_nested(batch->columns[at].type)) return false;
        out[i] = &batch->columns[at];
    }
    return true;
}

/* Bytes that the folders of a row may take; 0: not even the shortest fit. */
static size_t folders_room(const struct table_layout *layout)
{
    struct buffer fixed = {0}, shortest = {0};
    for (int i = 0; i < layout->fixed_count; i++)
        hive_append(&fixed, layout->fixed[i].key, span_of(layout->fixed[i].value));
    for (int i = 0; i < layout->partition_column_count; i++)
        hive_append(&shortest, layout->partition_columns[i], SPAN(""));
    size_t taken = strlen(layout->prefix) + 1 + fixed.size + layout->name_room;
    size_t room = taken + shortest.size <= OBJECT_KEY_MAX ? OBJECT_KEY_MAX - taken : 0;
    buffer_release(&fixed);
    buffer_release(&shortest);
    return room;
}

/* At least as many bytes as the folders of the row take. */
static size_t folders_bound(const struct table_layout *layout, const struct column *const *columns,
                            int64_t row)
{
    size_t size = 0;
    for (int i = 0; i < layout->partition_column_count; i++) {
        bool text = kind_is_text(columns[i]->type->kind) && column_valid(columns[i], row);
        size += ESCAPED * strlen(layout->partition_columns[i]) + PLAIN_TEXT_MAX;
        if (text) size += ESCAPED * column_span(columns[i], row).size;
    }
    return size;
}

static size_t folders_size(const struct table_layout *layout, const struct column *const *columns,
                           int64_t row, const char **longest)
{
    struct buffer path = {0}, text = {0};
    size_t most = 0;
    for (int i = 0; i < layout->partition_column_count; i++) {
        size_t before = path.size;
        buffer_reset(&text);
        if (column_valid(columns[i], row)) value_text(&text, columns[i], row);
        hive_append(&path, layout->partition_columns[i], buffer_span(&text));
        if (path.size - before <= most) continue;
        most = path.size - before;
        *longest = layout->partition_columns[i];
    }
    size_t size = path.size;
    buffer_release(&path);
    buffer_release(&text);
    return size;
}

size_t table_long_rows(const struct table_writer *w, const struct batch *batch, struct arena *arena,
                       struct table_long_row **out)
{
    const struct table_layout *layout = &w->layout;
    const struct column **columns =
        ARENA_ARRAY(arena, const struct column *, (size_t)layout->partition_column_count);
    struct buffer rows = {0};
    size_t room = layout->partition_column_count ? folders_room(layout) : 0;
    if (room == 0 || !partition_columns_find(layout, batch, columns)) return 0;
    for (int64_t row = 0; row < batch->rows; row++) {
        struct table_long_row found = {.row = row};
        if (folders_bound(layout, columns, row) <= room) continue;
        if (folders_size(layout, columns, row, &found.column) <= room) continue;
        buffer_append(&rows, &found, sizeof found);
    }
    *out = arena_copy(arena, rows.data, rows.size);
    size_t count = rows.size / sizeof **out;
    buffer_release(&rows);
    return count;
}

/* ---- rows by folder ---- */

struct group {
    const char *folder;
    struct partition_value *partition;
    uint8_t *keep;
};

/* Row r's partition values -> folder path in `path`, values in `values` (scratch arena). */
static void row_partition(struct table_writer *w, const struct batch *batch, int64_t row,
                          struct buffer *path, struct partition_value *values)
{
    struct buffer text = {0};
    for (int i = 0; i < w->layout.partition_column_count; i++) {
        const struct column *c = &batch->columns[w->partition_columns[i]];
        buffer_reset(&text);
        if (column_valid(c, row)) value_text(&text, c, row);
        hive_append(path, w->layout.partition_columns[i], buffer_span(&text));
        values[i].key = w->layout.partition_columns[i];
        values[i].value = text.size ? arena_text(&w->scratch, buffer_span(&text)) : NULL;
    }
    buffer_release(&text);
}

static struct group *group_of(struct table_writer *w, struct group **groups, size_t *count,
                              size_t *capacity, const char *folder, int64_t rows,
                              const struct partition_value *partition)
{
    for (size_t i = *count; i-- > 0;) /* the latest first: rows come in runs */
        if (strcmp((*groups)[i].folder, folder) == 0) return &(*groups)[i];
    if (*count == *capacity) {
        size_t larger = *capacity ? 2 * *capacity : 16;
        struct group *moved = ARENA_ARRAY(&w->scratch, struct group, larger);
        if (*count) memcpy(moved, *groups, *count * sizeof **groups);
        *groups = moved;
        *capacity = larger;
    }
    int values = w->layout.fixed_count + w->layout.partition_column_count;
    struct group *group = &(*groups)[(*count)++];
    group->folder = arena_text(&w->scratch, span_of(folder));
    group->partition =
        arena_copy(&w->scratch, partition, (size_t)values * sizeof *partition);
    group->keep = arena_calloc(&w->scratch, (size_t)(rows + 7) / 8, 1);
    return group;
}

/* The batch without the columns that become folders. */
static const struct batch *project(struct table_writer *w, const struct batch *batch)
{
    struct column *columns =
        ARENA_ARRAY(&w->scratch, struct column, (size_t)w->file_schema.field_count);
    for (int i = 0; i < w->file_schema.field_count; i++)
        columns[i] = batch->columns[w->file_columns[i]];
    struct batch *projected = ARENA_NEW(&w->scratch, struct batch);
    *projected = (struct batch){
        .schema = &w->file_schema, .rows = batch->rows, .columns = columns};
    return projected;
}

/* Rows go to the folder of their own values, below `path`. */
static error write_groups(struct table_writer *w, struct buffer *path,
                          struct partition_value *values, const struct batch *batch)
{
    struct group *groups = NULL;
    size_t count = 0, capacity = 0, base = path->size;
    const struct batch *projected = project(w, batch);
    for (int64_t row = 0; row < batch->rows; row++) {
        path->size = base;
        row_partition(w, batch, row, path, values + w->layout.fixed_count);
        bit_set(group_of(w, &groups, &count, &capacity, buffer_text(path), batch->rows, values)->keep,
                row);
    }
    path->size = base;
    for (size_t i = 0; i < count; i++) {
        const struct batch *rows = batch_select(&w->scratch, projected, groups[i].keep);
        TRY(write_rows(w, groups[i].folder, groups[i].partition, &rows, 1));
    }
    return OK;
}

static error write_batches(struct table_writer *w, struct buffer *path,
                           const struct batch *const *batches, size_t count)
{
    const struct table_layout *layout = &w->layout;
    size_t keys = (size_t)(layout->fixed_count + layout->partition_column_count);
    struct partition_value *values = ARENA_ARRAY(&w->scratch, struct partition_value, keys);
    for (int i = 0; i < layout->fixed_count; i++) {
        values[i] = layout->fixed[i];
        hive_append(path, values[i].key, span_of(values[i].value));
    }
    if (layout->partition_column_count == 0) {
        const struct batch **projected = ARENA_ARRAY(&w->scratch, const struct batch *, count);
        for (size_t i = 0; i < count; i++) projected[i] = project(w, batches[i]);
        return write_rows(w, buffer_text(path), values, projected, count);
    }
    for (size_t i = 0; i < count; i++) TRY(write_groups(w, path, values, batches[i]));
    return OK;
}

error table_write_all(struct table_writer *w, const struct batch *const *batches, size_t count)
{
    int64_t rows = 0;
    for (size_t i = 0; i < count; i++) rows += batches[i]->rows;
    if (rows == 0) return OK;
    const struct schema *schema = batches[0]->schema;
    if (!w->schema || !schema_equal(w->schema, schema)) TRY(schema_changed(w, schema));
    struct buffer path = {0};
    error e = write_batches(w, &path, batches, count);
    buffer_release(&path);
    arena_reset(&w->scratch);
    if (e != OK) return e;
    w->rows += rows;
    return keep_budget(w);
}

error table_write(struct table_writer *w, const struct batch *batch)
{
    return table_write_all(w, &batch, 1);
}

static void writer_free(struct table_writer *w)
{
    arena_release(&w->arena);
    arena_release(&w->scratch);
    free(w->finished);
    free(w);
}

void table_writer_abandon(struct table_writer *w)
{
    if (!w) return;
    for (int i = 0; i < w->open_count; i++) {
        parquet_abandon(w->open[i]->parquet);
        w->objects->ops->upload_abandon(w->open[i]->upload);
        open_file_free(w->open[i]);
    }
    for (size_t i = 0; i < w->finished_count; i++) {
        error ignored = table_discard(w->objects, &w->finished[i]); /* swept at the next start */
        (void)ignored;
    }
    writer_free(w);
}

static void data_file_copy(struct arena *a, struct data_file *to, const struct data_file *from)
{
    *to = *from;
    to->bucket = arena_text(a, span_of(from->bucket));
    to->key = arena_text(a, span_of(from->key));
    to->token = arena_text(a, span_of(from->token));
    to->partition = ARENA_ARRAY(a, struct partition_value, (size_t)from->partition_count);
    for (int i = 0; i < from->partition_count; i++) {
        to->partition[i].key = arena_text(a, span_of(from->partition[i].key));
        to->partition[i].value =
            from->partition[i].value ? arena_text(a, span_of(from->partition[i].value)) : NULL;
    }
}

error table_writer_finish(struct table_writer *w, struct arena *arena, struct data_file **files,
                          size_t *count)
{
    error e = finish_all_open(w);
    if (e != OK) {
        table_writer_abandon(w);
        return e;
    }
    *count = w->finished_count;
    *files = ARENA_ARRAY(arena, struct data_file, w->finished_count);
    for (size_t i = 0; i < w->finished_count; i++)
        data_file_copy(arena, &(*files)[i], &w->finished[i]);
    writer_free(w);
    return OK;
}

error table_publish(struct object_store *objects, const struct data_file *file)
{
    return objects->ops->upload_complete(objects, file->bucket, file->key, file->token);
}

error table_discard(struct object_store *objects, const struct data_file *file)
{
    return objects->ops->upload_abort(objects, file->bucket, file->key, file->token);
}
