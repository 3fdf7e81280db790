/* Plans to tables: within a batch to a sink of it, which the batch's commit publishes. */
#include "script/internal.h"

#include <strings.h>

/* The target that a node of a job document would be; without partition keys it has none. */
static error target_open(struct arena *arena, const json_t *config, const struct schema *schema,
                         struct target *out)
{
    bool known;
    struct node input = {.id = "frame", .schema = schema}, *inputs[] = {&input};
    struct node node = {
        .type = node_type_find("S3GlueParquetTarget", &known),
        .id = "write",
        .config = (json_t *)config,
        .inputs = inputs,
        .input_count = 1,
    };
    struct node_context context = {
        .arena = arena,
        .catalog = script.options->job.catalog,
        .timestamps = script.options->job.timestamps,
    };
    TRY(node_open(&node, &context));
    *out = node.target;
    if (out->ingest_keys && json_array_size(json_object_get(config, "PartitionKeys")))
        return fail(ERR_USAGE, "a partition key is no column of the frame: add the ingest_ columns "
                               "with add_ingestion_time_columns");
    if (json_array_size(json_object_get(config, "PartitionKeys")) == 0) out->ingest_keys = 0;
    return OK;
}

static bool option_is(const json_t *options, const char *name, const char *value)
{
    const char *text = json_text(options, name);
    return text && strcasecmp(text, value) == 0;
}

static error sink_for(const json_t *form, const json_t *config, const struct target *target,
                      const struct schema *schema, struct sink **out)
{
    const char *name = json_text(form, "format");
    const json_t *options = json_object_get(form, "options");
    const char *separator = json_text(options, "sep"), *codec = json_text(config, "Compression");
    struct lines_format format = {
        .csv = strcmp(name, "csv") == 0,
        .header = option_is(options, "header", "true"),
        .separator = separator && *separator ? *separator : ',',
    };
    if (strcmp(name, "parquet") == 0) return sink_open(script.pipeline, target, schema, out);
    if (!format.csv && strcmp(name, "json") != 0)
        return fail(ERR_UNSUPPORTED, "writing files of the format %s: parquet, json and csv are written",
                    name);
    if (codec && strcasecmp(codec, "none") != 0 && strcasecmp(codec, "uncompressed") != 0)
        return fail(ERR_UNSUPPORTED, "writing %s files with the compression %s: they are written plain",
                    name, codec);
    return sink_open_lines(script.pipeline, target, schema, &format, out);
}

static error write_rows(struct arena *arena, const json_t *plan, const json_t *config,
                        const json_t *form)
{
    struct sql_rows rows;
    struct target target;
    struct sink *sink;
    TRY(frame_rows(arena, plan, &rows));
    TRY(target_open(arena, config, rows.schema, &target));
    TRY(sink_for(form, config, &target, rows.schema, &sink));
    for (size_t i = 0; i < rows.count; i++) TRY(sink_write(sink, rows.batches[i]));
    return OK;
}

error frame_write(const json_t *plan, const json_t *target, const json_t *form)
{
    struct arena arena = {0};
    if (!script.pipeline)
        return fail(ERR_UNSUPPORTED, "a write outside of a batch function: write in the function "
                                     "that forEachBatch calls");
    error e = write_rows(&arena, plan, target, form);
    arena_release(&arena);
    return e;
}
