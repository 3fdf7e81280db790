/* A batch that a program writes: its rows are kept until the window has ended, then the program is
 * called, and the tables it writes become part of the batch's plan. */
#include "job/internal.h"

#include <stdlib.h>

enum { WINDOW_BUDGETS = 4 }; /* rows kept at most, in memory budgets */

struct sink {
    struct pipeline *pipeline;
    const char *id;
    struct target target;
    const struct schema *schema;
    struct table_writer *writer;
    struct lines_writer *lines;      /* or this one */
    int64_t rows;
};

/* ---- the rows ---- */

error program_begin(struct pipeline *p)
{
    struct program_run *run = &p->program;
    buffer_reset(&run->slices);
    run->bytes = 0;
    run->rows = 0;
    run->sink_count = 0;
    if (!p->graph->source->source.schema) pipeline_forget_schema(p);
    return program_sweep(p, p->quarantine_target.bucket);
}

void program_take(struct pipeline *p, const struct batch *batch)
{
    struct program_run *run = &p->program;
    if (batch->rows == 0) return;
    const struct batch *kept = batch_copy(&p->batch_arena, batch);
    buffer_append(&run->slices, &kept, sizeof kept);
    run->bytes += batch_bytes(kept);
    run->rows += kept->rows;
}

const struct batch *program_raw(struct pipeline *p, const struct records *records)
{
    static const struct field fields[] = {
        {.name = "data"}, {.name = "streamName"}, {.name = "partitionKey"},
        {.name = "sequenceNumber"}, {.name = "approximateArrivalTimestamp"},
    };
    static const enum type_kind kinds[] = {TYPE_BINARY, TYPE_STRING, TYPE_STRING, TYPE_STRING,
                                           TYPE_TIMESTAMP};
    enum { COLUMNS = sizeof kinds / sizeof *kinds };
    struct batch_builder rows = {0};
    struct field *typed = arena_copy(&p->slice, fields, sizeof fields);
    for (int i = 0; i < COLUMNS; i++) typed[i].type = type_of(kinds[i]);
    struct schema *schema = ARENA_NEW(&p->slice, struct schema);
    *schema = (struct schema){COLUMNS, typed};
    batch_begin(&rows, schema);
    for (size_t i = 0; i < records->count; i++) {
        char sequence[SEQUENCE_TEXT_MAX];
        sequence_print(sequence, records->sequence[i]);
        builder_bytes(&rows.columns[0], records->data[i]);
        builder_bytes(&rows.columns[1], span_of(p->reader->stream->name));
        builder_bytes(&rows.columns[2], records->partition_key[i]);
        builder_bytes(&rows.columns[3], span_of(sequence));
        builder_int(&rows.columns[4], records->arrival_us[i]);
        batch_row_done(&rows);
    }
    const struct batch *copy = batch_copy(&p->slice, batch_finish(&rows, &p->slice));
    batch_builder_release(&rows);
    return copy;
}

bool program_is_full(const struct pipeline *p)
{
    return p->options->program && p->program.bytes >= WINDOW_BUDGETS * pipeline_memory(p);
}

/* Slices of a detected schema get that of the last one, which is the widest. */
static error conform_slices(struct pipeline *p, const struct batch **slices, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++)
        TRY(batch_conform(&p->batch_arena, slices[i], slices[count - 1]->schema, &slices[i]));
    for (size_t i = 0; i < count; i++) /* equal ones too, so that all are one schema */
        ((struct batch *)slices[i])->schema = slices[count - 1]->schema;
    return OK;
}

error program_run(struct pipeline *p)
{
    struct program_run *run = &p->program;
    const struct batch **slices = (const struct batch **)(void *)run->slices.data;
    size_t count = run->slices.size / sizeof *slices;
    if (run->rows) {
        TRY(conform_slices(p, slices, count));
        struct window window = {
            .batch = p->batch,
            .wall_us = p->wall_us,
            .schema = slices[0]->schema,
            .slices = slices,
            .slice_count = count,
            .rows = run->rows,
        };
        TRY(p->options->program->run(p->options->program->context, &window, p));
    }
    p->counts.written = 0;
    for (int i = 0; i < run->sink_count; i++) p->counts.written += run->sinks[i]->rows;
    p->counts.filtered = run->rows > p->counts.written ? run->rows - p->counts.written : 0;
    return OK;
}

/* ---- sinks ---- */

/* Staged bytes of dead runs of this job in a bucket, before the first of this run come. */
error program_sweep(struct pipeline *p, const char *bucket)
{
    struct object_store *objects = p->options->objects;
    if (!p->program.swept) p->program.swept = json_object();
    if (json_object_get(p->program.swept, bucket)) return OK;
    const char *stem = arena_printf(&p->batch_arena, "%s-%s-",
                                    job_safe_name(&p->batch_arena, p->options->name),
                                    p->checkpoint_id);
    TRY(objects->ops->upload_sweep(objects, bucket, stem, now_us(), NULL, 0));
    json_object_set_new(p->program.swept, bucket, json_true());
    return OK;
}

static void target_copy(struct arena *arena, const struct target *from, struct target *out)
{
    *out = *from;
    out->bucket = arena_text(arena, span_of(from->bucket));
    out->prefix = arena_text(arena, span_of(from->prefix));
    out->codec = arena_text(arena, span_of(from->codec));
    if (from->database) out->database = arena_text(arena, span_of(from->database));
    if (from->table) out->table = arena_text(arena, span_of(from->table));
    out->partition_columns = ARENA_ARRAY(arena, const char *, (size_t)from->partition_column_count);
    for (int i = 0; i < from->partition_column_count; i++)
        out->partition_columns[i] = arena_text(arena, span_of(from->partition_columns[i]));
}

static error sink_new(struct pipeline *p, const struct target *target, const struct schema *schema,
                      struct sink **out)
{
    struct arena *arena = &p->batch_arena;
    TRY(program_sweep(p, target->bucket));
    struct sink *sink = ARENA_NEW(arena, struct sink);
    *sink = (struct sink){
        .pipeline = p,
        .id = arena_printf(arena, "sink-%d", p->program.sink_count),
        .schema = schema_copy(arena, schema),
    };
    target_copy(arena, target, &sink->target);
    *out = sink;
    return OK;
}

static struct table_share sink_share(struct pipeline *p, const struct sink *sink)
{
    struct table_share share = {"", pipeline_memory(p) / 2, &sink->rows};
    if (p->program.sink_count)
        share.suffix = arena_printf(&p->batch_arena, "-t%d", p->program.sink_count);
    return share;
}

static void sink_add(struct pipeline *p, struct sink *sink)
{
    struct program_run *run = &p->program;
    run->sinks = must_realloc(run->sinks, (size_t)(run->sink_count + 1) * sizeof *run->sinks);
    run->sinks[run->sink_count++] = sink;
}

error sink_open(struct pipeline *p, const struct target *target, const struct schema *schema,
                struct sink **out)
{
    TRY(sink_new(p, target, schema, out));
    TRY(pipeline_writer(p, &(*out)->target, sink_share(p, *out), &(*out)->writer));
    sink_add(p, *out);
    return OK;
}

error sink_open_lines(struct pipeline *p, const struct target *target, const struct schema *schema,
                      const struct lines_format *format, struct sink **out)
{
    struct table_layout layout;
    TRY(sink_new(p, target, schema, out));
    pipeline_layout(p, &(*out)->target, sink_share(p, *out), &layout);
    TRY(lines_writer_open(p->options->objects, &layout, format, &(*out)->lines));
    sink_add(p, *out);
    return OK;
}

error sink_write(struct sink *sink, const struct batch *batch)
{
    sink->rows += batch->rows;
    if (batch->rows == 0) return OK;
    return sink->lines ? lines_writer_write(sink->lines, batch) : table_write(sink->writer, batch);
}

static error sink_finish(struct pipeline *p, struct sink *sink, struct buffer *staged_files)
{
    struct lines_writer *lines = sink->lines;
    struct table_writer *writer = sink->writer;
    struct data_file *files;
    size_t count;
    sink->lines = NULL;
    sink->writer = NULL;
    if (writer) return pipeline_files(p, sink->id, writer, staged_files);
    TRY(lines_writer_finish(lines, &p->batch_arena, &files, &count));
    for (size_t i = 0; i < count; i++)
        buffer_append(staged_files, &(struct staged_file){sink->id, files[i]},
                      sizeof(struct staged_file));
    return OK;
}

error program_finish(struct pipeline *p, struct buffer *staged_files)
{
    error e = OK;
    for (int i = 0; e == OK && i < p->program.sink_count; i++)
        e = sink_finish(p, p->program.sinks[i], staged_files);
    return e;
}

void program_abandon(struct pipeline *p)
{
    for (int i = 0; i < p->program.sink_count; i++) {
        if (p->program.sinks[i]->writer) table_writer_abandon(p->program.sinks[i]->writer);
        lines_writer_abandon(p->program.sinks[i]->lines);
    }
    p->program.sink_count = 0;
}

void program_release(struct pipeline *p)
{
    program_abandon(p);
    free(p->program.sinks);
    buffer_release(&p->program.slices);
    json_decref(p->program.swept);
}

/* ---- the plan's sinks ---- */

static json_t *fields_document(const struct schema *schema)
{
    json_t *list = json_array();
    struct buffer text = {0};
    for (int i = 0; i < schema->field_count; i++) {
        buffer_reset(&text);
        type_print(&text, schema->fields[i].type);
        json_array_append_new(list, json_pack("[s, o]", schema->fields[i].name,
                                              json_from_span(buffer_span(&text))));
    }
    buffer_release(&text);
    return list;
}

static json_t *sink_document(struct arena *arena, const struct sink *sink)
{
    struct table_target table;
    pipeline_table_target(arena, &sink->target, sink->schema, &table);
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:b, s:s}", "id", sink->id, "database",
                     table.database, "table", table.table, "location", table.location, "columns",
                     fields_document(table.schema), "keys", fields_document(&table.partition_keys),
                     "update", table.update_schema, "codec", table.codec);
}

json_t *program_sinks(const struct pipeline *p)
{
    struct arena arena = {0};
    json_t *list = json_array();
    for (int i = 0; i < p->program.sink_count; i++)
        if (p->program.sinks[i]->target.registers)
            json_array_append_new(list, sink_document(&arena, p->program.sinks[i]));
    arena_release(&arena);
    if (json_array_size(list)) return list;
    json_decref(list);
    return NULL;
}

static error fields_read(struct arena *arena, const json_t *list, struct schema *out)
{
    size_t count = json_array_size(list);
    struct field *fields = ARENA_ARRAY(arena, struct field, count);
    for (size_t i = 0; i < count; i++) {
        const json_t *pair = json_array_get(list, i);
        const char *type = json_string_value(json_array_get(pair, 1));
        fields[i].name = json_string_value(json_array_get(pair, 0));
        if (!fields[i].name || !type)
            return fail(ERR_CORRUPT, "checkpoint: a planned column without name or type");
        TRY(type_parse(arena, span_of(type), &fields[i].type));
    }
    *out = (struct schema){(int)count, fields};
    return OK;
}

static error register_sink(struct pipeline *p, struct arena *arena, const json_t *document,
                           const struct staged_file *files, size_t count, int *added)
{
    struct schema *columns = ARENA_NEW(arena, struct schema);
    struct table_target target = {
        .database = json_text(document, "database"),
        .table = json_text(document, "table"),
        .location = json_text(document, "location"),
        .schema = columns,
        .update_schema = json_is_set(document, "update"),
        .codec = json_text(document, "codec"),
    };
    const char *id = json_text(document, "id");
    if (!id || !target.database || !target.table || !target.location)
        return fail(ERR_CORRUPT, "checkpoint: a planned sink without its names");
    TRY(fields_read(arena, json_object_get(document, "columns"), columns));
    TRY(fields_read(arena, json_object_get(document, "keys"), &target.partition_keys));
    struct data_file *own = ARENA_ARRAY(arena, struct data_file, count);
    size_t own_count = 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(files[i].target, id) == 0) own[own_count++] = files[i].file;
    TRY(table_ensure(p->options->catalog, &target));
    return table_register(p->options->catalog, &target, own, own_count, added);
}

error program_register(struct pipeline *p, const json_t *plan, const struct staged_file *files,
                       size_t count, int *added)
{
    struct arena arena = {0};
    error e = OK;
    const json_t *sinks = json_object_get(plan, "sinks");
    for (size_t i = 0; e == OK && i < json_array_size(sinks); i++) {
        int one = 0;
        e = register_sink(p, &arena, json_array_get(sinks, i), files, count, &one);
        *added += one;
    }
    arena_release(&arena);
    return e;
}
