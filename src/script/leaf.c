/* Leaves of plans: the batch's rows, tables and files of the lake, rows that a script made. */
#include "script/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* Rows that are kept: of a table or files, by the leaf's text; of values, by number. */
struct kept {
    struct kept *next;
    char *key;
    bool of_batch;                   /* gone with it */
    struct arena arena;
    struct sql_rows rows;
};
static struct kept *kept_first;
static int64_t kept_count;

static struct kept *kept_find(const char *key)
{
    struct kept *k = kept_first;
    while (k && strcmp(k->key, key) != 0) k = k->next;
    return k;
}

static struct kept *kept_new(const char *key, bool of_batch)
{
    struct kept *k = must_calloc(1, sizeof *k);
    *k = (struct kept){.next = kept_first, .key = must_strdup(key), .of_batch = of_batch};
    return kept_first = k;
}

static void kept_drop(bool all)
{
    for (struct kept **link = &kept_first; *link;) {
        struct kept *k = *link;
        if (!all && !k->of_batch) {
            link = &k->next;
            continue;
        }
        *link = k->next;
        arena_release(&k->arena);
        free(k->key);
        free(k);
    }
}

void leaf_batch_end(void)
{
    kept_drop(false);
}

void leaf_close(void)
{
    kept_drop(true);
}

/* ---- schemas ---- */

error leaf_schema(struct arena *arena, const json_t *list, const struct schema **out)
{
    size_t count = json_array_size(list);
    struct field *fields = ARENA_ARRAY(arena, struct field, count);
    for (size_t i = 0; i < count; i++) {
        const json_t *pair = json_array_get(list, i);
        fields[i].name = arena_text(arena, span_of(json_string_value(json_array_get(pair, 0))));
        error e = type_parse(arena, span_of(json_string_value(json_array_get(pair, 1))),
                             &fields[i].type);
        if (e != OK) return fail_context(e, "column %s", fields[i].name);
    }
    struct schema *schema = ARENA_NEW(arena, struct schema);
    *schema = (struct schema){(int)count, fields};
    *out = schema;
    return OK;
}

static const struct schema *schema_of_one(struct arena *arena, const char *name, enum type_kind kind)
{
    struct field *field = ARENA_NEW(arena, struct field);
    struct schema *schema = ARENA_NEW(arena, struct schema);
    *field = (struct field){.name = arena_text(arena, span_of(name)), .type = type_of(kind)};
    *schema = (struct schema){1, field};
    return schema;
}

/* ---- the batch ---- */

/* Each row as a JSON object: what Glue's frame has instead of detected columns. */
static void rows_as_json(struct arena *arena, const char *name, struct sql_rows *rows)
{
    const struct schema *schema = schema_of_one(arena, name, TYPE_STRING);
    const struct batch **out = ARENA_ARRAY(arena, const struct batch *, rows->count);
    struct batch_builder builder = {0};
    struct buffer text = {0};
    for (size_t b = 0; b < rows->count; b++) {
        batch_begin(&builder, schema);
        for (int64_t i = 0; i < rows->batches[b]->rows; i++) {
            buffer_reset(&text);
            batch_print_row(&text, rows->batches[b], i);
            builder_bytes(&builder.columns[0], buffer_span(&text));
            batch_row_done(&builder);
        }
        out[b] = batch_copy(arena, batch_finish(&builder, arena));
    }
    batch_builder_release(&builder);
    buffer_release(&text);
    *rows = (struct sql_rows){schema, out, rows->count};
}

static error stream_rows(struct arena *arena, const json_t *leaf, bool with_rows,
                         struct sql_rows *out)
{
    const struct window *window = script.window;
    const char *json = json_text(leaf, "json");
    *out = (struct sql_rows){0};
    if (window) {
        *out = (struct sql_rows){window->schema, window->slices, window->slice_count};
    } else {
        const json_t *schema = json_object_get(leaf, "schema");
        if (with_rows)
            return fail(ERR_USAGE, "a streaming frame has rows only within its batch function: "
                                   "queries with streaming sources must be executed with "
                                   "writeStream.start() or forEachBatch");
        if (!schema && !json)
            return fail(ERR_USAGE, "the stream's columns are detected batch by batch: they are known "
                                   "within the batch function");
        if (schema) TRY(leaf_schema(arena, schema, &out->schema));
    }
    if (json) rows_as_json(arena, json, out);
    return OK;
}

/* ---- tables and files ---- */

error query_take(struct arena *arena, struct sql_result *result, struct sql_rows *out)
{
    struct buffer batches = {0};
    const struct batch *batch = NULL;
    error e;
    out->schema = schema_copy(arena, sql_result_schema(result));
    while ((e = sql_result_next(result, arena, &batch)) == OK && batch) {
        ((struct batch *)batch)->schema = out->schema;
        buffer_append(&batches, &batch, sizeof batch);
    }
    out->count = batches.size / sizeof batch;
    out->batches = arena_copy(arena, batches.data, batches.size);
    buffer_release(&batches);
    return e;
}

static error table_rows(struct arena *arena, const json_t *leaf, struct sql_rows *out)
{
    const char *database = json_text(leaf, "database"), *name = json_text(leaf, "table");
    struct sql_engine *engine;
    struct sql_table table;
    struct sql_result *result;
    const struct job_options *job = &script.options->job;
    TRY(frame_engine(&engine));
    TRY(table_scan(job->catalog, job->objects, arena, database, name, NULL, &table));
    const struct sql_statement all = {
        .text = "SELECT * FROM scan.\"0\"", .tables = &table, .table_count = 1};
    error e = sql_query(engine, &all, &result);
    if (e == OK) {
        e = query_take(arena, result, out);
        sql_result_close(result);
    }
    table_release(&table);
    return e;
}

static error file_rows(struct arena *arena, const json_t *leaf, struct sql_rows *out)
{
    const json_t *schema = json_object_get(leaf, "schema");
    struct files_request request = {
        .format = json_text(leaf, "format"),
        .paths = json_object_get(leaf, "paths"),
        .options = json_object_get(leaf, "options"),
    };
    if (json_is_array(schema)) TRY(leaf_schema(arena, schema, &request.schema));
    return files_read(arena, &request, out);
}

static error read_once(const json_t *leaf, const char *kind, struct sql_rows *out)
{
    struct buffer key = {0};
    json_print(&key, leaf);
    struct kept *kept = kept_find(buffer_text(&key));
    error e = OK;
    if (!kept) {
        kept = kept_new(buffer_text(&key), json_object_get(leaf, "batch") != NULL);
        e = strcmp(kind, "table") == 0 ? table_rows(&kept->arena, leaf, &kept->rows)
                                       : file_rows(&kept->arena, leaf, &kept->rows);
        if (e != OK) kept->key[0] = '\0'; /* the next one reads again */
    }
    *out = kept->rows;
    buffer_release(&key);
    return e;
}

/* ---- values ---- */

error leaf_keep(const json_t *schema, const json_t *lines, int64_t *id)
{
    char key[32];
    struct decoder *decoder;
    struct decoded decoded;
    size_t count = json_array_size(lines);
    *id = ++kept_count;
    snprintf(key, sizeof key, "kept %lld", (long long)*id);
    struct kept *kept = kept_new(key, script.window != NULL);
    TRY(leaf_schema(&kept->arena, schema, &kept->rows.schema));
    span *texts = ARENA_ARRAY(&kept->arena, span, count);
    for (size_t i = 0; i < count; i++)
        texts[i] = span_of(json_string_value(json_array_get(lines, i)));
    TRY(decoder_open(&decoder, kept->rows.schema, &(struct decode_options){.policy = DECODE_PERMISSIVE}));
    error e = decoder_run(decoder, texts, count, &kept->arena, &decoded);
    if (e == OK && decoded.fault_count)
        e = fail(ERR_USAGE, "createDataFrame: row %u is not of the schema",
                 decoded.faults[0].record + 1);
    if (e == OK) {
        const struct batch **one = ARENA_NEW(&kept->arena, const struct batch *);
        *one = batch_copy(&kept->arena, decoded.batch);
        kept->rows.schema = (*one)->schema;
        kept->rows.batches = one;
        kept->rows.count = 1;
    }
    decoder_close(decoder);
    return e;
}

static error kept_rows(const json_t *leaf, struct sql_rows *out)
{
    char key[32];
    snprintf(key, sizeof key, "kept %lld", (long long)json_integer_or(leaf, "id", 0));
    const struct kept *kept = kept_find(key);
    if (!kept)
        return fail(ERR_USAGE, "a frame made of values in another batch: its rows are gone");
    *out = kept->rows;
    return OK;
}

/* ---- all of them ---- */

error leaf_rows(struct arena *arena, const json_t *leaf, bool with_rows, struct sql_rows *out)
{
    const char *kind = json_text(leaf, "kind");
    if (!kind) return fail(ERR_INTERNAL, "a plan without a leaf");
    if (strcmp(kind, "stream") == 0) return stream_rows(arena, leaf, with_rows, out);
    if (strcmp(kind, "kept") == 0) return kept_rows(leaf, out);
    return read_once(leaf, kind, out);
}
