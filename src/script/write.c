/* Plans to tables: within a batch to a sink of it, which the batch's commit publishes. */
#include "script/internal.h"

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

static error write_rows(struct arena *arena, const json_t *plan, const json_t *config)
{
    struct sql_rows rows;
    struct target target;
    struct sink *sink;
    TRY(frame_rows(arena, plan, &rows));
    TRY(target_open(arena, config, rows.schema, &target));
    TRY(sink_open(script.pipeline, &target, rows.schema, &sink));
    for (size_t i = 0; i < rows.count; i++) TRY(sink_write(sink, rows.batches[i]));
    return OK;
}

error frame_write(const json_t *plan, const json_t *target, const json_t *form)
{
    struct arena arena = {0};
    const char *format = json_text(form, "format");
    if (!format || (strcmp(format, "parquet") != 0 && strcmp(format, "glueparquet") != 0))
        return fail(ERR_UNSUPPORTED, "writing %s: write parquet", format ? format : "");
    if (!script.pipeline)
        return fail(ERR_UNSUPPORTED, "a write outside of a batch function: write in the function "
                                     "that forEachBatch calls");
    error e = write_rows(&arena, plan, target);
    arena_release(&arena);
    return e;
}
