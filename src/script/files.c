/* Objects of the lake as rows: Parquet by the SQL engine, JSON lines by the decoder, CSV by a reader
 * of its own (RFC 4180; a text column per field, cast to the schema's types). */
#include "script/internal.h"

#include <ctype.h>
#include <strings.h>

enum { OBJECT_MAX = 512 << 20, TAIL_BYTES = 64 << 10, LIST_PAGE = 1000 };

struct object_ref { const char *bucket, *key; int64_t size; };

/* ---- which objects ---- */

static bool is_data(const struct object_info *info)
{
    const char *slash = strrchr(info->key, '/'), *base = slash ? slash + 1 : info->key;
    return info->size > 0 && *base && *base != '_' && *base != '.';
}

static error list_path(struct arena *arena, const char *url, struct buffer *refs)
{
    struct object_store *objects = script.options->job.objects;
    const char *bucket, *key, *after = NULL;
    TRY(object_url_parse(arena, url, &bucket, &key));
    if (strpbrk(key, "*?[{"))
        return fail(ERR_UNSUPPORTED, "a pattern in the path %s: name folders or objects", url);
    size_t length = strlen(key);
    for (bool more = true; more;) {
        struct object_info *page;
        size_t found;
        TRY(objects->ops->list(objects, bucket, key, after, LIST_PAGE, arena, &page, &found, &more));
        for (size_t i = 0; i < found; i++) {
            char next = page[i].key[length];
            bool below = length == 0 || key[length - 1] == '/' || next == '/' || next == '\0';
            after = page[i].key;
            if (below && is_data(&page[i]))
                buffer_append(refs, &(struct object_ref){bucket, page[i].key, page[i].size},
                              sizeof(struct object_ref));
        }
        if (found == 0) break;
    }
    return OK;
}

static error list_paths(struct arena *arena, const json_t *paths, struct object_ref **out,
                        size_t *count)
{
    struct buffer refs = {0};
    error e = OK;
    for (size_t i = 0; e == OK && i < json_array_size(paths); i++)
        e = list_path(arena, json_string_value(json_array_get(paths, i)), &refs);
    *count = refs.size / sizeof **out;
    *out = arena_copy(arena, refs.data, refs.size);
    buffer_release(&refs);
    if (e == OK && *count == 0)
        e = fail(ERR_NOT_FOUND, "[PATH_NOT_FOUND] Path does not exist: %s",
                 json_string_value(json_array_get(paths, 0)));
    return e;
}

/* ---- Parquet ---- */

static error footer_schema(struct arena *arena, const struct object_ref *ref,
                           const struct schema **out)
{
    struct object_store *objects = script.options->job.objects;
    struct parquet_footer *footer;
    struct buffer tail = {0};
    size_t need = TAIL_BYTES;
    error e;
    do {
        buffer_reset(&tail);
        e = objects->ops->get_range(objects, ref->bucket, ref->key, -(int64_t)need, need, &tail);
        if (e == OK)
            e = parquet_footer_read(arena, arena_span(arena, buffer_span(&tail)), ref->size, &footer,
                                    &need);
    } while (e == ERR_TOO_LARGE && need <= (size_t)ref->size);
    buffer_release(&tail);
    if (e == OK && !footer->schema)
        e = fail(ERR_UNSUPPORTED, "s3://%s/%s has columns of types that the catalog lacks",
                 ref->bucket, ref->key);
    if (e == OK) *out = footer->schema;
    return e;
}

/* "k=v" folders of a key, below its first ones: values by name, as texts. */
static int key_partitions(struct arena *arena, const char *key, struct partition_value *out, int most)
{
    int count = 0;
    for (const char *slash; (slash = strchr(key, '/')) && count < most; key = slash + 1) {
        const char *equals = memchr(key, '=', (size_t)(slash - key));
        if (!equals || equals == key) continue;
        out[count].key = arena_text(arena, (span){key, (size_t)(equals - key)});
        out[count].value = arena_text(arena, (span){equals + 1, (size_t)(slash - equals) - 1});
        if (strcmp(out[count].value, HIVE_NULL) == 0) out[count].value = NULL;
        count++;
    }
    return count;
}

/* Spark reads a partition's folders as whole numbers where all are. */
static enum type_kind partition_kind(struct arena *arena, const struct object_ref *refs,
                                     size_t count, int at)
{
    enum { MOST = 16 };
    struct partition_value values[MOST];
    bool whole = true, small = true;
    int64_t number;
    for (size_t i = 0; i < count; i++) {
        int found = key_partitions(arena, refs[i].key, values, MOST);
        if (at >= found || !values[at].value) continue;
        whole = whole && parse_int64(span_of(values[at].value), &number);
        small = small && whole && number >= INT32_MIN && number <= INT32_MAX;
    }
    return small ? TYPE_INT : whole ? TYPE_BIGINT : TYPE_STRING;
}

static error parquet_rows(struct arena *arena, const struct files_request *request,
                          const struct object_ref *refs, size_t count, struct sql_rows *out)
{
    enum { MOST = 16 };
    struct object_store *objects = script.options->job.objects;
    struct partition_value values[MOST];
    struct sql_table table = {.database = "lake", .name = "files", .schema = request->schema};
    struct sql_files *sets = ARENA_ARRAY(arena, struct sql_files, count);
    struct sql_engine *engine;
    struct sql_result *result;
    int keys = key_partitions(arena, refs[0].key, values, MOST);
    struct field *fields = ARENA_ARRAY(arena, struct field, (size_t)keys);
    for (int k = 0; k < keys; k++)
        fields[k] = (struct field){.name = values[k].key,
                                   .type = type_of(partition_kind(arena, refs, count, k))};
    if (!table.schema) TRY(footer_schema(arena, &refs[0], &table.schema));
    for (size_t i = 0; i < count; i++) {
        const char **path = ARENA_NEW(arena, const char *);
        const char **texts = ARENA_ARRAY(arena, const char *, (size_t)keys);
        TRY(objects->ops->local_path(objects, refs[i].bucket, refs[i].key, arena, path));
        if (key_partitions(arena, refs[i].key, values, MOST) != keys)
            return fail(ERR_UNSUPPORTED, "s3://%s/%s is partitioned in another way than the files "
                        "beside it", refs[i].bucket, refs[i].key);
        for (int k = 0; k < keys; k++) texts[k] = values[k].value;
        sets[i] = (struct sql_files){.paths = path, .path_count = 1, .values = texts};
    }
    struct schema partition_keys = {keys, fields};
    table.partition_keys = &partition_keys;
    table.files = sets;
    table.file_sets = count;
    TRY(frame_engine(&engine));
    const struct sql_statement all = {
        .text = "SELECT * FROM scan.\"0\"", .tables = &table, .table_count = 1};
    TRY(sql_query(engine, &all, &result));
    error e = query_take(arena, result, out);
    sql_result_close(result);
    return e;
}

/* ---- texts ---- */

static error whole_object(const struct object_ref *ref, struct buffer *out)
{
    struct object_store *objects = script.options->job.objects;
    return objects->ops->get(objects, ref->bucket, ref->key, OBJECT_MAX, out);
}

static const char *option(const struct files_request *request, const char *name, const char *otherwise)
{
    const char *value = json_text(request->options, name);
    return value ? value : otherwise;
}

static void one_batch(struct arena *arena, const struct batch *batch, const struct schema *schema,
                      struct sql_rows *out)
{
    const struct batch **one = ARENA_NEW(arena, const struct batch *);
    *one = batch;
    *out = (struct sql_rows){schema, one, 1};
}

/* JSON lines; an object over several lines is not read. */
static error json_rows(struct arena *arena, const struct files_request *request, span text,
                       struct sql_rows *out)
{
    struct buffer lines = {0};
    struct decoder *decoder;
    struct decoded decoded;
    const struct schema *schema = request->schema;
    if (strcmp(option(request, "multiline", "false"), "true") == 0)
        return fail(ERR_UNSUPPORTED, "spark.read.json with multiLine: one object per line is read");
    for (span rest = text; rest.size;) {
        const char *end = memchr(rest.data, '\n', rest.size);
        size_t size = end ? (size_t)(end - rest.data) : rest.size;
        span line = span_trim((span){rest.data, size});
        if (line.size) buffer_append(&lines, &line, sizeof line);
        size += end != NULL;
        rest = (span){rest.data + size, rest.size - size};
    }
    const span *records = (const span *)(const void *)lines.data;
    size_t count = lines.size / sizeof *records;
    error e = schema ? OK : decode_infer(arena, NULL, records, count, &schema);
    if (e == OK) {
        enum decode_policy policy = request->schema ? DECODE_PERMISSIVE : DECODE_INFERRED;
        e = decoder_open(&decoder, schema, &(struct decode_options){.policy = policy});
    }
    if (e == OK) {
        e = decoder_run(decoder, records, count, arena, &decoded);
        if (e == OK && decoded.fault_count)
            log_line(LOG_WARN, "script", "%zu lines are no JSON objects and are left out",
                     decoded.fault_count);
        if (e == OK) {
            const struct batch *copy = batch_copy(arena, decoded.batch);
            one_batch(arena, copy, copy->schema, out);
        }
        decoder_close(decoder);
    }
    buffer_release(&lines);
    return e;
}

/* ---- CSV ---- */

struct csv {
    span rest;
    char separator, quote, escape;
    struct buffer field;
    bool quoted;                     /* the field just read was */
};

/* The next field into csv->field; false: it was the last of its line. */
static bool csv_field(struct csv *csv)
{
    const char *p = csv->rest.data, *end = p + csv->rest.size;
    bool more = false;
    buffer_reset(&csv->field);
    csv->quoted = p < end && *p == csv->quote;
    bool inside = csv->quoted;
    if (inside) p++;
    for (; p < end; p++) {
        if (inside && *p == csv->escape && csv->escape != csv->quote && p + 1 < end) {
            buffer_append_byte(&csv->field, (uint8_t)*++p);
        } else if (inside && *p == csv->quote) {
            if (p + 1 < end && p[1] == csv->quote) buffer_append_byte(&csv->field, (uint8_t)*p++);
            else inside = false;
        } else if (!inside && *p == csv->separator) {
            more = true;
            break;
        } else if (!inside && *p == '\n') {
            break;
        } else if (inside || *p != '\r' || (p + 1 < end && p[1] != '\n')) {
            buffer_append_byte(&csv->field, (uint8_t)*p);
        }
    }
    if (p < end) p++;
    csv->rest = (span){p, (size_t)(end - p)};
    return more;
}

static struct csv csv_open(const struct files_request *request, span text)
{
    const char *separator = option(request, "sep", option(request, "delimiter", ","));
    return (struct csv){
        .rest = text,
        .separator = strcmp(separator, "\\t") == 0 ? '\t' : *separator,
        .quote = *option(request, "quote", "\""),
        .escape = *option(request, "escape", "\\"),
    };
}

/* Names from the first line, or _c0, _c1...; all texts. */
static const struct schema *csv_header(struct arena *arena, struct csv *csv, bool header)
{
    struct buffer names = {0};
    struct csv first = *csv;
    first.field = (struct buffer){0};
    bool more = first.rest.size > 0;
    while (more) {
        more = csv_field(&first);
        int at = (int)(names.size / sizeof(struct field));
        const char *name = header ? arena_text(arena, buffer_span(&first.field))
                                  : arena_printf(arena, "_c%d", at);
        buffer_append(&names, &(struct field){.name = name, .type = type_of(TYPE_STRING)},
                      sizeof(struct field));
    }
    if (header) csv->rest = first.rest;
    struct schema *schema = ARENA_NEW(arena, struct schema);
    *schema = (struct schema){(int)(names.size / sizeof(struct field)),
                              arena_copy(arena, names.data, names.size)};
    buffer_release(&names);
    buffer_release(&first.field);
    return schema;
}

static void csv_row(struct csv *csv, struct batch_builder *rows, const char *null)
{
    bool more = true;
    for (int i = 0; i < rows->column_count; i++) {
        if (!more) {
            builder_null(&rows->columns[i]);
            continue;
        }
        more = csv_field(csv);
        span value = buffer_span(&csv->field);
        if (!csv->quoted && span_is(value, null)) builder_null(&rows->columns[i]);
        else builder_bytes(&rows->columns[i], value);
    }
    while (more) more = csv_field(csv); /* fields that no column takes */
    batch_row_done(rows);
}

/* The narrowest of Spark's types that takes every value of the text column. */
static error csv_infer(struct arena *arena, const struct column *column, const struct type **out)
{
    static const enum type_kind kinds[] = {TYPE_INT, TYPE_BIGINT, TYPE_DOUBLE, TYPE_TIMESTAMP,
                                           TYPE_BOOLEAN};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const struct column *cast;
        struct cast_report report = {0};
        bool fits = true;
        TRY(column_cast(arena, column, type_of(kinds[k]), &cast, &report));
        for (int64_t i = 0; i < column->length && fits && kinds[k] <= TYPE_BIGINT; i++)
            fits = !memchr(column_span(column, i).data, '.', column_span(column, i).size);
        for (int64_t i = 0; i < column->length && fits && kinds[k] == TYPE_BOOLEAN; i++)
            fits = !column_valid(column, i) || column_span(column, i).size > 3; /* true, false */
        *out = type_of(kinds[k]);
        if (report.failures == 0 && fits && column->null_count < column->length) return OK;
    }
    *out = type_of(TYPE_STRING);
    return OK;
}

static error csv_types(struct arena *arena, const struct files_request *request,
                       const struct batch *texts, const struct schema **out)
{
    struct field *fields = ARENA_ARRAY(arena, struct field, (size_t)texts->schema->field_count);
    struct schema *schema = ARENA_NEW(arena, struct schema);
    bool infer = strcmp(option(request, "inferschema", "false"), "true") == 0;
    *schema = (struct schema){texts->schema->field_count, fields};
    for (int i = 0; i < schema->field_count; i++) {
        fields[i] = texts->schema->fields[i];
        if (infer) TRY(csv_infer(arena, &texts->columns[i], &fields[i].type));
    }
    *out = schema;
    return OK;
}

error csv_rows(struct arena *arena, const struct files_request *request, span text,
               struct sql_rows *out)
{
    struct csv csv = csv_open(request, text);
    struct batch_builder rows = {0};
    bool header = strcmp(option(request, "header", "false"), "true") == 0;
    const struct schema *names = csv_header(arena, &csv, header), *types = request->schema;
    const struct batch *texts, *typed;
    if (types) { /* by position, as Spark does */
        struct field *fields = ARENA_ARRAY(arena, struct field, (size_t)types->field_count);
        for (int i = 0; i < types->field_count; i++)
            fields[i] = (struct field){.name = types->fields[i].name, .type = type_of(TYPE_STRING)};
        struct schema *named = ARENA_NEW(arena, struct schema);
        *named = (struct schema){types->field_count, fields};
        names = named;
    }
    batch_begin(&rows, names);
    while (csv.rest.size) {
        if (*csv.rest.data == '\n' || (csv.rest.size > 1 && memcmp(csv.rest.data, "\r\n", 2) == 0))
            csv_field(&csv); /* an empty line */
        else csv_row(&csv, &rows, option(request, "nullvalue", ""));
    }
    texts = batch_copy(arena, batch_finish(&rows, arena));
    batch_builder_release(&rows);
    buffer_release(&csv.field);
    if (!types) TRY(csv_types(arena, request, texts, &types));
    TRY(batch_conform(arena, texts, types, &typed));
    one_batch(arena, typed, types, out);
    return OK;
}

/* ---- all of them ---- */

/* A header comes once per object: each is read by itself, under the types of the first. */
static error text_rows(struct arena *arena, const struct files_request *given,
                       const struct object_ref *refs, size_t count, struct sql_rows *out)
{
    struct files_request request = *given;
    bool csv = strcmp(given->format, "csv") == 0;
    const struct batch **batches = ARENA_ARRAY(arena, const struct batch *, count);
    struct buffer text = {0};
    error e = OK;
    for (size_t i = 0; e == OK && i < count; i++) {
        if (csv) buffer_reset(&text);
        e = whole_object(&refs[i], &text);
        if (e == OK && !csv && text.size && text.data[text.size - 1] != '\n')
            buffer_append_byte(&text, '\n');
        if (e == OK && csv) {
            e = csv_rows(arena, &request, buffer_span(&text), out);
            batches[i] = e == OK ? out->batches[0] : NULL;
            request.schema = out->schema;
        }
    }
    if (e == OK && csv) *out = (struct sql_rows){request.schema, batches, count};
    else if (e == OK) e = json_rows(arena, &request, buffer_span(&text), out);
    buffer_release(&text);
    return e;
}

error files_read(struct arena *arena, const struct files_request *request, struct sql_rows *out)
{
    struct object_ref *refs;
    size_t count;
    TRY(list_paths(arena, request->paths, &refs, &count));
    if (strcmp(request->format, "parquet") == 0)
        return parquet_rows(arena, request, refs, count, out);
    if (strcmp(request->format, "csv") != 0 && strcmp(request->format, "json") != 0)
        return fail(ERR_UNSUPPORTED, "reading files of the format %s: parquet, json and csv are read",
                    request->format);
    return text_rows(arena, request, refs, count, out);
}
