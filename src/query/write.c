/* CREATE TABLE AS, INSERT INTO and UNLOAD: the rows of a query become files of a table or folder.
 *
 * Files are staged until the query has ended, then published; the table or its partitions are made
 * after them. Whatever fails before leaves nothing behind. */
#include "query/internal.h"

#include <stdio.h>
#include <strings.h>

enum { PARTITIONS_MAX = 100, LIST_ONE = 1 };

struct write {
    struct run *run;
    const struct dialect_statement *statement;
    const char *database, *table; /* NULL: UNLOAD */
    const char *location;         /* s3://BUCKET/FOLDER/ */
    const char *bucket, *prefix;
    enum parquet_codec codec;
    enum { WRITE_PARQUET, WRITE_JSON, WRITE_TEXT } format;
    uint8_t delimiter;           /* WRITE_TEXT */
    const char **partitioned_by; /* column names of the query */
    int partition_count;
    struct schema schema; /* the rows as they are written, partition columns last */
    int *columns;         /* written column -> the query's column; -1: NULL */
    struct data_file *files;
    size_t file_count;
};

/* ---- options: WITH (...) ---- */

static const struct dialect_option *option(const struct write *w, const char *name)
{
    for (int i = 0; i < w->statement->option_count; i++)
        if (strcmp(w->statement->options[i].name, name) == 0) return &w->statement->options[i];
    return NULL;
}

static error known_check(const struct write *w, const char *const *known)
{
    for (int i = 0; i < w->statement->option_count; i++) {
        const struct dialect_option *o = &w->statement->options[i];
        bool good = false;
        for (int k = 0; known[k]; k++) good = good || strcmp(o->name, known[k]) == 0;
        if (!good)
            return fail(ERR_UNSUPPORTED,
                        "INVALID_TABLE_PROPERTY: line %d:%d: property '%s' is not "
                        "supported",
                        o->line, o->column, o->name);
    }
    return OK;
}

/* UNLOAD and CREATE TABLE AS write text as well: not compressed, in one file. */
static error text_format(struct write *w, const char *format)
{
    const char *property = w->table ? "write_compression" : "compression";
    const struct dialect_option *codec = option(w, property), *by = option(w, "partitioned_by");
    const struct dialect_option *delimiter = option(w, "field_delimiter");
    if (by || !codec || !codec->value || strcasecmp(codec->value, "none") != 0)
        return fail(ERR_UNSUPPORTED,
                    "NOT_SUPPORTED: %s is written without compression and partitions: say "
                    "%s = 'NONE'",
                    format, property);
    if (delimiter && (!delimiter->value || strlen(delimiter->value) != 1))
        return fail(ERR_USAGE, "INVALID_PROPERTY: line %d:%d: field_delimiter is one character",
                    delimiter->line, delimiter->column);
    w->format = strcasecmp(format, "json") == 0 ? WRITE_JSON : WRITE_TEXT;
    w->delimiter = delimiter ? (uint8_t)delimiter->value[0] : '\001';
    return OK;
}

static error format_check(struct write *w)
{
    const struct dialect_option *format = option(w, "format"), *type = option(w, "table_type");
    bool text =
        format && format->value &&
        (strcasecmp(format->value, "json") == 0 || strcasecmp(format->value, "textfile") == 0);
    if (type && (!type->value || strcasecmp(type->value, "hive") != 0))
        return fail(ERR_UNSUPPORTED,
                    "NOT_SUPPORTED: line %d:%d: table_type '%s' is not supported: HIVE "
                    "is",
                    type->line, type->column, type->value ? type->value : "");
    if (text) return text_format(w, format->value);
    const struct dialect_option *delimiter = option(w, "field_delimiter");
    if (delimiter)
        return fail(ERR_USAGE,
                    "INVALID_TABLE_PROPERTY: line %d:%d: field_delimiter is of TEXTFILE alone",
                    delimiter->line, delimiter->column);
    if (format && (!format->value || strcasecmp(format->value, "parquet") != 0))
        return fail(ERR_UNSUPPORTED,
                    "NOT_SUPPORTED: line %d:%d: format '%s' is not written: PARQUET, JSON, "
                    "TEXTFILE are",
                    format->line, format->column, format->value ? format->value : "");
    return OK;
}

static error codec_read(struct write *w)
{
    static const struct {
        const char *name;
        enum parquet_codec codec;
    } codecs[] = {{"none", PARQUET_NONE},
                  {"snappy", PARQUET_SNAPPY},
                  {"gzip", PARQUET_GZIP},
                  {"zstd", PARQUET_ZSTD}};
    const struct dialect_option *o = option(w, "write_compression");
    if (!o) o = option(w, "parquet_compression");
    if (!o) o = option(w, "compression");
    w->codec = PARQUET_GZIP; /* Athena's default for Parquet */
    for (size_t i = 0; o && o->value && i < sizeof codecs / sizeof *codecs; i++)
        if (strcasecmp(o->value, codecs[i].name) == 0) {
            w->codec = codecs[i].codec;
            return OK;
        }
    return !o ? OK
              : fail(ERR_UNSUPPORTED,
                     "INVALID_TABLE_PROPERTY: line %d:%d: compression '%s' is not "
                     "written: NONE, SNAPPY, GZIP, ZSTD are",
                     o->line, o->column, o->value ? o->value : "");
}

static error partitions_read(struct write *w)
{
    const struct dialect_option *o = option(w, "partitioned_by");
    if (!o) return OK;
    if (o->value)
        return fail(ERR_USAGE,
                    "INVALID_TABLE_PROPERTY: line %d:%d: partitioned_by is a list: "
                    "ARRAY['column']",
                    o->line, o->column);
    w->partition_count = o->value_count;
    w->partitioned_by = ARENA_ARRAY(w->run->arena, const char *, (size_t)o->value_count + 1);
    for (int i = 0; i < o->value_count; i++) {
        char *name = arena_text(w->run->arena, span_of(o->values[i]));
        for (char *c = name; *c; c++) *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
        w->partitioned_by[i] = name;
    }
    return OK;
}

/* ---- places ---- */

static error location_take(struct write *w, const char *location)
{
    struct run *run = w->run;
    const char *key;
    TRY(location_check(run, location));
    TRY(object_url_parse(run->arena, location, &w->bucket, &key));
    size_t size = strlen(key);
    while (size && key[size - 1] == '/') size--;
    w->prefix = arena_text(run->arena, (span){key, size});
    w->location = arena_printf(run->arena, "s3://%s/%s%s", w->bucket, w->prefix, size ? "/" : "");
    return OK;
}

static error empty_check(const struct write *w)
{
    struct object_store *objects = w->run->engine->objects;
    struct object_info *page;
    size_t count;
    bool more;
    const char *folder = *w->prefix ? arena_printf(w->run->arena, "%s/", w->prefix) : "";
    TRY(objects->ops->list(objects, w->bucket, folder, NULL, LIST_ONE, w->run->arena, &page, &count,
                           &more));
    return count == 0 ? OK
                      : fail(ERR_USAGE,
                             "HIVE_PATH_ALREADY_EXISTS: Target directory already exists: %s. "
                             "You may need to manually clean the data at location '%s' before "
                             "retrying.",
                             w->location, w->location);
}

/* ---- the schema of the rows ---- */

/* As the query gives its columns; those that partition must be its last. */
static error schema_of_query(struct write *w, const struct selection *s)
{
    struct arena *arena = w->run->arena;
    int count = s->query.column_count;
    struct field *fields = ARENA_ARRAY(arena, struct field, (size_t)count + 1);
    w->columns = ARENA_ARRAY(arena, int, (size_t)count + 1);
    for (int i = 0; i < count; i++) {
        const char *given =
            w->statement->column_count ? w->statement->columns[i] : s->query.columns[i].name;
        char *name = arena_text(arena, span_of(given));
        for (char *c = name; *c; c++) *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
        for (int k = 0; k < i; k++)
            if (strcmp(fields[k].name, name) == 0)
                return fail(ERR_USAGE,
                            "DUPLICATE_COLUMN_NAME: Column name '%s' specified more than "
                            "once",
                            name);
        fields[i].name = name;
        w->columns[i] = i;
        TRY(dialect_type_catalog(arena, s->query.columns[i].type, &fields[i].type));
    }
    for (int i = 0; i < w->partition_count; i++) {
        int at = count - w->partition_count + i;
        if (at < 0 || strcmp(fields[at].name, w->partitioned_by[i]) != 0)
            return fail(ERR_USAGE,
                        "INVALID_TABLE_PROPERTY: Partition keys must be the last columns in "
                        "the table and in the same order as the table properties: [%s]",
                        w->partitioned_by[i]);
    }
    if (count == w->partition_count)
        return fail(ERR_USAGE, "INVALID_TABLE_PROPERTY: Table contains only partition columns");
    w->schema = (struct schema){count, fields};
    return OK;
}

/* ---- rows ---- */

/* Nothing but NULLs, in the layout of batch/. */
static void column_null(struct arena *arena, const struct type *type, int64_t rows,
                        struct column *out)
{
    enum { WIDEST = 16 };
    size_t count = (size_t)rows;
    struct column *children = ARENA_ARRAY(arena, struct column, (size_t)type->child_count + 1);
    for (int i = 0; i < type->child_count; i++)
        column_null(arena, type->children[i].type, type->kind == TYPE_STRUCT ? rows : 0,
                    &children[i]);
    *out = (struct column){.type = type,
                           .length = rows,
                           .null_count = rows,
                           .validity = arena_calloc(arena, count / 8 + WIDEST, 1),
                           .offsets = arena_calloc(arena, count + 1, sizeof *out->offsets),
                           .values = arena_calloc(arena, count + 1, WIDEST),
                           .children = children};
}

static error rows_shape(struct write *w, struct arena *arena, const struct batch *in,
                        const struct batch **out)
{
    struct batch *batch = ARENA_NEW(arena, struct batch);
    struct column *columns = ARENA_ARRAY(arena, struct column, (size_t)w->schema.field_count + 1);
    for (int i = 0; i < w->schema.field_count; i++) {
        const struct field *f = &w->schema.fields[i];
        const struct column *c = &columns[i];
        struct cast_report report = {0};
        if (w->columns[i] < 0) column_null(arena, f->type, in->rows, &columns[i]);
        else TRY(column_cast(arena, &in->columns[w->columns[i]], f->type, &c, &report));
        if (report.failures)
            return fail(ERR_PARSE, "NUMERIC_VALUE_OUT_OF_RANGE: a value does not fit column %s",
                        f->name);
        columns[i] = *c;
    }
    *batch = (struct batch){.schema = &w->schema, .rows = in->rows, .columns = columns};
    *out = batch;
    return OK;
}

static error rows_write(struct write *w, struct selection *s, struct table_writer *writer)
{
    struct arena arena = {0};
    const struct batch *batch, *shaped = NULL;
    error e;
    while ((e = selection_next(s, &arena, &batch)) == OK && batch) {
        e = rows_shape(w, &arena, batch, &shaped);
        if (e == OK) e = table_write(writer, shaped);
        if (e != OK) break;
        arena_reset(&arena);
    }
    arena_release(&arena);
    return e;
}

static error partitions_check(const struct write *w)
{
    json_t *seen = json_object();
    for (size_t i = 0; i < w->file_count; i++) {
        const char *slash = strrchr(w->files[i].key, '/');
        const char *folder = arena_text(
            w->run->arena, (span){w->files[i].key, slash ? (size_t)(slash - w->files[i].key) : 0});
        json_object_set_new(seen, folder, json_true());
    }
    size_t count = json_object_size(seen);
    json_decref(seen);
    return count <= PARTITIONS_MAX
               ? OK
               : fail(ERR_LIMIT,
                      "HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of %d open writers for "
                      "partitions/buckets",
                      PARTITIONS_MAX);
}

/* Removes every file, staged or visible, and gives the error its text back. */
static error discard(struct write *w, error e)
{
    char text[900];
    struct object_store *objects = w->run->engine->objects;
    snprintf(text, sizeof text, "%s", error_text());
    for (size_t i = 0; i < w->file_count; i++) {
        const struct data_file *f = &w->files[i];
        if (table_discard(objects, f) != OK ||
            objects->ops->remove(objects, f->bucket, f->key) != OK)
            log_line(LOG_WARN, "query", "s3://%s/%s: %s", f->bucket, f->key, error_text());
    }
    return fail(e, "%s", text);
}

/* ---- text: JSON lines, or values between delimiters ---- */

static void text_row(const struct write *w, const struct batch *batch, int64_t row,
                     struct buffer *out)
{
    for (int i = 0; w->format == WRITE_TEXT && i < batch->schema->field_count; i++) {
        if (i) buffer_append_byte(out, w->delimiter);
        if (column_valid(&batch->columns[i], row)) query_print_value(out, &batch->columns[i], row);
        else buffer_append_text(out, "\\N");
    }
    if (w->format == WRITE_JSON) batch_print_row(out, batch, row);
    buffer_append_byte(out, '\n');
}

static error text_write(struct write *w, struct selection *s, struct upload *upload)
{
    struct arena arena = {0};
    struct buffer text = {0};
    const struct batch *batch, *shaped = NULL;
    error e;
    while ((e = selection_next(s, &arena, &batch)) == OK && batch) {
        e = rows_shape(w, &arena, batch, &shaped);
        for (int64_t row = 0; e == OK && row < shaped->rows; row++) text_row(w, shaped, row, &text);
        if (e == OK && text.size)
            e = w->run->engine->objects->ops->upload_write(upload, buffer_span(&text));
        if (e != OK) break;
        w->run->outcome->updated += shaped->rows;
        buffer_reset(&text);
        arena_reset(&arena);
    }
    buffer_release(&text);
    arena_release(&arena);
    return e;
}

static error text_stage(struct write *w, struct selection *s)
{
    const struct object_ops *ops = w->run->engine->objects->ops;
    struct upload *upload;
    const char *id = w->run->request->id ? w->run->request->id : "query";
    struct data_file *file = ARENA_NEW(w->run->arena, struct data_file);
    file->bucket = w->bucket;
    file->key = arena_printf(w->run->arena, "%s%s%s_%lld", w->prefix, *w->prefix ? "/" : "", id,
                             (long long)now_us());
    w->run->outcome->updated = 0;
    TRY(ops->upload_begin(w->run->engine->objects, w->bucket, file->key, "application/octet-stream",
                          &upload));
    error e = text_write(w, s, upload);
    if (e != OK) {
        ops->upload_abandon(upload);
        return e;
    }
    w->files = file;
    w->file_count = 1;
    return ops->upload_finish(upload, w->run->arena, &file->token);
}

/* The query's rows in staged files. */
static error stage(struct write *w, struct selection *s)
{
    struct table_writer *writer;
    const char *id = w->run->request->id ? w->run->request->id : "query";
    struct table_layout layout = {
        .bucket = w->bucket,
        .prefix = w->prefix,
        .partition_columns = w->partitioned_by,
        .partition_column_count = w->partition_count,
        .stem = arena_printf(w->run->arena, "%s_%lld", id, (long long)now_us()),
        .parquet = {.codec = w->codec, .timestamps = PARQUET_INT96},
        .memory_bytes = (size_t)128 << 20};
    TRY(table_writer_open(w->run->engine->objects, &layout, &writer));
    error e = rows_write(w, s, writer);
    w->run->outcome->updated = table_writer_rows(writer);
    if (e != OK) {
        table_writer_abandon(writer);
        return e;
    }
    TRY(table_writer_finish(writer, w->run->arena, &w->files, &w->file_count));
    e = partitions_check(w);
    return e == OK ? OK : discard(w, e);
}

static error rows_stage(struct write *w, struct selection *s)
{
    return w->format == WRITE_PARQUET ? stage(w, s) : text_stage(w, s);
}

static error publish(struct write *w)
{
    const char **names = ARENA_ARRAY(w->run->arena, const char *, w->file_count + 1);
    for (size_t i = 0; i < w->file_count; i++) {
        TRY(table_publish(w->run->engine->objects, &w->files[i]));
        names[i] = arena_printf(w->run->arena, "s3://%s/%s", w->files[i].bucket, w->files[i].key);
    }
    w->run->outcome->files = names;
    w->run->outcome->file_count = w->file_count;
    return OK;
}

/* ---- partitions of the files ---- */

static void added_one(void *context, const json_t *item, error e, json_t *document)
{
    (void)item;
    (void)document;
    if (e != OK && e != ERR_ALREADY_EXISTS) *(error *)context = e;
}

static error partitions_register(struct write *w, const json_t *table)
{
    json_t *inputs = json_array(), *seen = json_object();
    error one = OK, e = OK;
    for (size_t i = 0; w->partition_count && i < w->file_count; i++) {
        const struct data_file *f = &w->files[i];
        const char *slash = strrchr(f->key, '/');
        const char *folder = arena_printf(w->run->arena, "s3://%s/%.*s", f->bucket,
                                          (int)(slash ? slash + 1 - f->key : 0), f->key);
        if (json_object_get(seen, folder)) continue;
        json_object_set_new(seen, folder, json_true());
        json_t *values = json_array();
        for (int k = 0; k < f->partition_count; k++)
            json_array_append_new(
                values, json_string(f->partition[k].value ? f->partition[k].value : HIVE_NULL));
        json_array_append_new(inputs, partition_input(table, values, folder));
    }
    if (json_array_size(inputs)) {
        e = catalog_change_partitions(w->run->engine->catalog, w->database, w->table,
                                      PARTITION_CREATE, inputs, added_one, &one);
        if (e == OK) e = one;
        if (e != OK) e = catalog_error(e, w->database, w->table);
    }
    json_decref(inputs);
    json_decref(seen);
    return e;
}

/* ---- CREATE TABLE AS ---- */

static json_t *columns_document(const struct field *fields, int count)
{
    json_t *list = json_array();
    struct buffer type = {0};
    for (int i = 0; i < count; i++) {
        buffer_reset(&type);
        type_print(&type, fields[i].type);
        json_array_append_new(
            list, json_pack("{s:s, s:s}", "Name", fields[i].name, "Type", buffer_text(&type)));
    }
    buffer_release(&type);
    return list;
}

static const struct {
    const char *classification, *stored_as, *serde; /* NULL: the format's own */
} table_formats[] = {
    [WRITE_PARQUET] = {"parquet", "parquet", NULL},
    [WRITE_JSON] = {"json", "textfile", "org.apache.hive.hcatalog.data.JsonSerDe"},
    [WRITE_TEXT] = {"csv", "textfile", NULL},
};

static json_t *serde_parameters(const struct write *w)
{
    if (w->format != WRITE_TEXT) return json_pack("{s:s}", "serialization.format", "1");
    const char delimiter[] = {(char)w->delimiter, '\0'};
    return json_pack("{s:s, s:s}", "field.delim", delimiter, "serialization.format", delimiter);
}

static json_t *table_input(const struct write *w)
{
    int data = w->schema.field_count - w->partition_count;
    const struct table_format *format = table_format_find(table_formats[w->format].stored_as);
    const char *serde = table_formats[w->format].serde;
    return json_pack(
        "{s:s, s:s*, s:s, s:s, s:{s:s, s:s, s:o}, s:o, s:{s:o, s:s, s:s, s:s, s:b, s:i, s:{s:s, "
        "s:o}}}",
        "Name", w->table, "Description", w->statement->comment, "Owner", "hadoop", "TableType",
        "EXTERNAL_TABLE", "Parameters", "EXTERNAL", "TRUE", "classification",
        table_formats[w->format].classification, "transient_lastDdlTime",
        json_sprintf("%lld", (long long)(now_us() / US_PER_SECOND)), "PartitionKeys",
        columns_document(w->schema.fields + data, w->partition_count), "StorageDescriptor",
        "Columns", columns_document(w->schema.fields, data), "Location", w->location, "InputFormat",
        format->input, "OutputFormat", format->output, "Compressed", 0, "NumberOfBuckets", -1,
        "SerdeInfo", "SerializationLibrary", serde ? serde : format->serde, "Parameters",
        serde_parameters(w));
}

static error table_make(struct write *w)
{
    struct catalog *catalog = w->run->engine->catalog;
    json_t *input = table_input(w);
    error e = catalog->ops->create_table(catalog, w->database, input);
    if (e != OK) e = catalog_error(e, w->database, w->table);
    if (e == OK) e = partitions_register(w, input);
    json_decref(input);
    return e;
}

static error absent_check(struct write *w, bool *there)
{
    json_t *document;
    struct catalog *catalog = w->run->engine->catalog;
    error e = catalog->ops->get_table(catalog, w->database, w->table, &document);
    *there = e == OK;
    if (e == ERR_ENTITY_NOT_FOUND) return OK;
    if (e != OK) return catalog_error(e, w->database, w->table);
    json_decref(document);
    if (w->statement->if_not_exists) return OK;
    return fail(ERR_ALREADY_EXISTS,
                "TABLE_ALREADY_EXISTS: line 1:1: Destination table "
                "'awsdatacatalog.%s.%s' already exists",
                w->database, w->table);
}

static error ctas_prepare(struct write *w)
{
    static const char *const known[] = {"format",
                                        "external_location",
                                        "partitioned_by",
                                        "table_type",
                                        "write_compression",
                                        "parquet_compression",
                                        "is_external",
                                        "field_delimiter",
                                        NULL};
    struct run *run = w->run;
    const struct dialect_option *place = option(w, "external_location");
    TRY(known_check(w, known));
    TRY(format_check(w));
    if (w->format == WRITE_PARQUET) TRY(codec_read(w));
    TRY(partitions_read(w));
    const char *output = run->request->output;
    if (!place && !output)
        return fail(ERR_USAGE, "INVALID_TABLE_PROPERTY: there is no place for the table: WITH "
                               "(external_location = 's3://BUCKET/FOLDER/')");
    TRY(location_take(w, place ? place->value
                               : arena_printf(run->arena, "%s%stables/%s/", output,
                                              output[strlen(output) - 1] == '/' ? "" : "/",
                                              run->request->id)));
    TRY(empty_check(w));
    error e = catalog_require_target(run->engine->catalog, w->database, w->table, w->location);
    return e == OK ? OK : catalog_error(e, w->database, w->table);
}

/* Nothing is left of a table that could not be made. */
static error visible(struct write *w, error (*last)(struct write *))
{
    error e = publish(w);
    if (e == OK) e = last(w);
    return e == OK ? OK : discard(w, e);
}

static error rows_told(struct run *run)
{
    static const struct query_column told = {.name = "rows", .type = "bigint", .precision = 19};
    static const struct schema none = {0};
    struct query_columns columns = {&none, &told, 1};
    run->sink->columns(run->sink->context, &columns);
    return OK;
}

error create_table_as(struct run *run, const struct dialect_statement *statement)
{
    struct write w = {.run = run,
                      .statement = statement,
                      .table = statement->target.name,
                      .database =
                          statement->target.database ? statement->target.database : run->database};
    struct selection s = {0};
    bool there;
    TRY(absent_check(&w, &there));
    run->outcome->updated = 0;
    if (there) return rows_told(run);
    TRY(ctas_prepare(&w));
    error e = selection_open(run, statement, &s);
    if (e == OK) e = schema_of_query(&w, &s);
    if (e == OK && !statement->no_data) e = rows_stage(&w, &s);
    selection_close(&s);
    if (e == OK) e = visible(&w, table_make);
    return e == OK ? rows_told(run) : e;
}

/* ---- INSERT INTO ---- */

static bool may_become(const struct type *from, const struct type *to)
{
    bool texts = from->kind >= TYPE_STRING && from->kind <= TYPE_VARCHAR &&
                 to->kind >= TYPE_STRING && to->kind <= TYPE_VARCHAR;
    bool integers = from->kind >= TYPE_TINYINT && from->kind <= TYPE_BIGINT &&
                    to->kind >= TYPE_TINYINT && to->kind <= TYPE_BIGINT;
    bool numbers = from->kind <= TYPE_DECIMAL && from->kind >= TYPE_TINYINT &&
                   (to->kind == TYPE_DOUBLE || to->kind == TYPE_FLOAT || to->kind == TYPE_DECIMAL);
    return type_equal(from, to) || texts || integers || numbers ||
           (from->kind == to->kind && from->kind >= TYPE_ARRAY);
}

/* Which of the query's columns each of the table's gets; -1: NULL. */
static error columns_match(struct write *w, const struct selection *s)
{
    const struct dialect_statement *d = w->statement;
    int named = d->column_count ? d->column_count : w->schema.field_count;
    if (named != s->query.column_count)
        return fail(ERR_USAGE,
                    "TYPE_MISMATCH: Insert query has mismatched column types: Table has %d "
                    "columns, the query %d",
                    named, s->query.column_count);
    for (int i = 0; i < w->schema.field_count; i++) w->columns[i] = d->column_count ? -1 : i;
    for (int i = 0; i < d->column_count; i++) {
        int at = schema_find(&w->schema, span_of(d->columns[i]));
        if (at < 0)
            return fail(ERR_USAGE,
                        "COLUMN_NOT_FOUND: Insert column name does not exist in target table: "
                        "%s",
                        d->columns[i]);
        w->columns[at] = i;
    }
    for (int i = 0; i < w->schema.field_count; i++) {
        const struct type *type;
        if (w->columns[i] < 0 || s->query.columns[w->columns[i]].type->kind == DIALECT_UNKNOWN)
            continue;
        TRY(dialect_type_catalog(w->run->arena, s->query.columns[w->columns[i]].type, &type));
        if (!may_become(type, w->schema.fields[i].type))
            return fail(ERR_USAGE,
                        "TYPE_MISMATCH: Insert query has mismatched column types: column %s",
                        w->schema.fields[i].name);
    }
    return OK;
}

static error insert_target(struct write *w, const json_t *document)
{
    struct arena *arena = w->run->arena;
    struct table table;
    const char *type = json_text(document, "TableType");
    if (type && strcmp(type, "VIRTUAL_VIEW") == 0)
        return fail(ERR_UNSUPPORTED, "NOT_SUPPORTED: Inserting into views is not supported");
    TRY(table_parse(arena, document, &table));
    if (table.serde && !strstr(table.serde, "ParquetHiveSerDe"))
        return fail(ERR_UNSUPPORTED,
                    "NOT_SUPPORTED: INSERT INTO writes Parquet; the table's SerDe is %s",
                    table.serde);
    const json_t *buckets =
        json_object_get(json_object_get(document, "StorageDescriptor"), "BucketColumns");
    if (json_array_size(buckets))
        return fail(ERR_UNSUPPORTED, "NOT_SUPPORTED: INSERT INTO bucketed tables is not supported");
    int data = table.schema->field_count, keys = table.partition_keys->field_count;
    struct field *fields = ARENA_ARRAY(arena, struct field, (size_t)(data + keys) + 1);
    if (data) memcpy(fields, table.schema->fields, (size_t)data * sizeof *fields);
    if (keys) memcpy(fields + data, table.partition_keys->fields, (size_t)keys * sizeof *fields);
    w->schema = (struct schema){data + keys, fields};
    w->columns = ARENA_ARRAY(arena, int, (size_t)(data + keys) + 1);
    w->partition_count = keys;
    w->partitioned_by = ARENA_ARRAY(arena, const char *, (size_t)keys + 1);
    for (int i = 0; i < keys; i++) w->partitioned_by[i] = fields[data + i].name;
    w->codec = PARQUET_GZIP;
    if (!table.location)
        return fail(ERR_USAGE, "table %s.%s has no location", w->database, w->table);
    return location_take(w, table.location);
}

error insert_into(struct run *run, const struct dialect_statement *statement)
{
    struct write w = {.run = run,
                      .statement = statement,
                      .table = statement->target.name,
                      .database =
                          statement->target.database ? statement->target.database : run->database};
    struct catalog *catalog = run->engine->catalog;
    struct selection s = {0};
    json_t *document;
    error e = catalog->ops->get_table(catalog, w.database, w.table, &document);
    if (e == ERR_ENTITY_NOT_FOUND)
        return fail(e, "TABLE_NOT_FOUND: line %d:%d: Table 'awsdatacatalog.%s.%s' does not exist",
                    statement->target.line, statement->target.column, w.database, w.table);
    if (e != OK) return catalog_error(e, w.database, w.table);
    e = insert_target(&w, document);
    if (e == OK) {
        e = catalog_require(catalog, PERMISSION_INSERT, w.database, w.table);
        if (e != OK) e = catalog_error(e, w.database, w.table);
    }
    if (e == OK) e = selection_open(run, statement, &s);
    if (e == OK) e = columns_match(&w, &s);
    if (e == OK) e = stage(&w, &s);
    selection_close(&s);
    if (e == OK) e = publish(&w);
    if (e == OK) e = partitions_register(&w, document);
    json_decref(document);
    return e == OK ? rows_told(run) : e;
}

/* ---- UNLOAD ---- */

static error nothing(struct write *w)
{
    (void)w;
    return OK;
}

error unload(struct run *run, const struct dialect_statement *statement)
{
    static const char *const known[] = {"format", "compression", "partitioned_by",
                                        "field_delimiter", NULL};
    struct write w = {.run = run, .statement = statement};
    struct selection s = {0};
    TRY(known_check(&w, known));
    if (!option(&w, "format"))
        return fail(ERR_USAGE, "INVALID_PROPERTY: UNLOAD needs WITH (format = 'PARQUET')");
    TRY(format_check(&w));
    if (w.format == WRITE_PARQUET) TRY(codec_read(&w));
    TRY(partitions_read(&w));
    TRY(location_take(&w, statement->location));
    TRY(empty_check(&w));
    error e = selection_open(run, statement, &s);
    if (e == OK) e = schema_of_query(&w, &s);
    if (e == OK) e = rows_stage(&w, &s);
    selection_close(&s);
    if (e == OK) e = visible(&w, nothing);
    return e == OK ? rows_told(run) : e;
}
