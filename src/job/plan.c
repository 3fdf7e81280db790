/* The plan of a batch as a document: what recovery needs to finish it without its process.
 *
 *   { "version": 1, "job", "checkpoint", "batch", "wall_us",
 *     "previous":  the last batch before it that has files, -1: none
 *     "ranges":    [ {"shard", "after": position, "through": position, "records", "first", "last"} ],
 *     "positions": { shard: position after this batch },
 *     "counts":    { "read", "written", "quarantined", "filtered" },
 *     "nulled":    { column: values that became NULL },
 *     "sinks":     [ tables a program wrote: {"id", "database", "table", "location", ...} ],
 *     "files":     [ {"target", "bucket", "key", "token", "rows", "bytes", "partition": [[key, value]]} ],
 *     "schemas":   { target: [[column, type]] }, of a source whose schema is detected
 *     "superseded": files of the plans whose place this one took (after a replay) } */
#include "job/internal.h"

enum { PLAN_VERSION = 1 };

static json_t *file_document(const struct staged_file *staged)
{
    const struct data_file *file = &staged->file;
    json_t *partition = json_array();
    for (int i = 0; i < file->partition_count; i++)
        json_array_append_new(partition, json_pack("[s, s?]", file->partition[i].key,
                                                   file->partition[i].value));
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:o}", "target", staged->target, "bucket",
                     file->bucket, "key", file->key, "token", file->token, "rows",
                     (json_int_t)file->rows, "bytes", (json_int_t)file->bytes, "partition", partition);
}

static json_t *files_document(const struct staged_file *files, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) json_array_append_new(list, file_document(&files[i]));
    return list;
}

static json_t *schema_document(const struct schema *schema)
{
    json_t *columns = json_array();
    struct buffer type = {0};
    for (int i = 0; i < schema->field_count; i++) {
        buffer_reset(&type);
        type_print(&type, schema->fields[i].type);
        json_array_append_new(columns, json_pack("[s, s]", schema->fields[i].name, buffer_text(&type)));
    }
    buffer_release(&type);
    return columns;
}

/* What is known from the records alone: whoever finishes the batch has not seen them. */
static json_t *schemas_document(const struct pipeline *p)
{
    if (p->graph->source->source.schema) return NULL;
    json_t *schemas = json_object();
    for (int i = 0; i < p->target_count; i++)
        if (p->targets[i].schema)
            json_object_set_new(schemas, p->targets[i].id, schema_document(p->targets[i].schema));
    return schemas;
}

static error schema_read(struct arena *arena, const json_t *columns, const struct schema **out)
{
    struct schema *schema = ARENA_NEW(arena, struct schema);
    size_t count = json_array_size(columns);
    struct field *fields = ARENA_ARRAY(arena, struct field, count);
    for (size_t i = 0; i < count; i++) {
        const json_t *column = json_array_get(columns, i);
        const char *name = json_string_value(json_array_get(column, 0));
        const char *type = json_string_value(json_array_get(column, 1));
        if (!name || !type) return fail(ERR_CORRUPT, "checkpoint: a planned column without name or type");
        fields[i].name = arena_text(arena, span_of(name));
        TRY(type_parse(arena, span_of(type), &fields[i].type));
    }
    *schema = (struct schema){(int)count, fields};
    *out = schema;
    return OK;
}

error plan_schemas(struct pipeline *p, const json_t *plan)
{
    const json_t *schemas = json_object_get(plan, "schemas");
    for (int i = 0; i < p->target_count; i++) {
        const json_t *columns = json_object_get(schemas, p->targets[i].id);
        if (columns) TRY(schema_read(&p->decoder_arena, columns, &p->targets[i].schema));
    }
    return OK;
}

int64_t plan_last_with_files(const json_t *plan)
{
    const char *name = json_array_size(json_object_get(plan, "files")) ? "batch" : "previous";
    return json_integer_or(plan, name, -1);
}

json_t *plan_document(struct pipeline *p, const struct reader *reader,
                      const struct staged_file *files, size_t count)
{
    const struct pipeline_counts *c = &p->counts;
    pipeline_collect_nulled(p);
    return json_pack("{s:i, s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:{s:I, s:I, s:I, s:I}, s:O, s:o*, s:o, s:o*}",
                     "version", PLAN_VERSION, "job", p->options->name, "checkpoint", p->checkpoint_id,
                     "batch", (json_int_t)p->batch, "previous", (json_int_t)p->previous, "wall_us",
                     (json_int_t)p->wall_us,
                     "ranges", reader_ranges(reader), "positions", reader_positions(reader),
                     "counts", "read", (json_int_t)c->read, "written", (json_int_t)c->written,
                     "quarantined", (json_int_t)c->quarantined, "filtered", (json_int_t)c->filtered,
                     "nulled", p->nulled, "sinks", program_sinks(p),
                     "files", files_document(files, count), "schemas", schemas_document(p));
}

json_t *plan_again(const struct pipeline *p, const json_t *plan, const struct staged_file *files,
                   size_t count)
{
    json_t *again = json_copy((json_t *)plan);
    json_t *superseded = json_array(), *old = json_object_get(plan, "superseded");
    if (old) json_array_extend(superseded, old);
    json_array_extend(superseded, json_object_get(plan, "files"));
    json_object_set_new(again, "superseded", superseded);
    json_object_set_new(again, "wall_us", json_integer(p->wall_us));
    json_object_set_new(again, "files", files_document(files, count));
    json_t *schemas = schemas_document(p), *sinks = program_sinks(p);
    if (schemas) json_object_set_new(again, "schemas", schemas);
    if (sinks) json_object_set_new(again, "sinks", sinks);
    return again;
}

static error file_read(struct arena *arena, const json_t *document, struct staged_file *out)
{
    const json_t *partition = json_object_get(document, "partition");
    *out = (struct staged_file){
        .target = json_text(document, "target"),
        .file = {.bucket = json_text(document, "bucket"),
                 .key = json_text(document, "key"),
                 .token = json_text(document, "token"),
                 .rows = json_integer_or(document, "rows", 0),
                 .bytes = json_integer_or(document, "bytes", 0),
                 .partition_count = (int)json_array_size(partition)},
    };
    out->file.partition =
        ARENA_ARRAY(arena, struct partition_value, (size_t)out->file.partition_count);
    bool good = out->target && out->file.bucket && out->file.key && out->file.token;
    for (int i = 0; i < out->file.partition_count; i++) {
        const json_t *pair = json_array_get(partition, (size_t)i);
        out->file.partition[i].key = json_string_value(json_array_get(pair, 0));
        out->file.partition[i].value = json_string_value(json_array_get(pair, 1));
        good = good && out->file.partition[i].key;
    }
    return good ? OK : fail(ERR_CORRUPT, "checkpoint: a planned file without its names");
}

static error files_read(struct arena *arena, const json_t *plan, const char *member,
                        struct staged_file **out, size_t *count)
{
    if (json_integer_or(plan, "version", 0) != PLAN_VERSION)
        return fail(ERR_CORRUPT, "checkpoint: the plan is not of this version");
    const json_t *list = json_object_get(plan, member);
    *count = json_array_size(list);
    *out = ARENA_ARRAY(arena, struct staged_file, *count);
    for (size_t i = 0; i < *count; i++) TRY(file_read(arena, json_array_get(list, i), &(*out)[i]));
    return OK;
}

error plan_files(struct arena *arena, const json_t *plan, struct staged_file **out, size_t *count)
{
    return files_read(arena, plan, "files", out, count);
}

error plan_superseded(struct arena *arena, const json_t *plan, struct staged_file **out,
                      size_t *count)
{
    return files_read(arena, plan, "superseded", out, count);
}
