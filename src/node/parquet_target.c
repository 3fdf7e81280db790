/* S3GlueParquetTarget: where the rows go, in which folders, and whether the catalog hears of it.
 * In a streaming job Glue lays S3 targets out by ingest time (ingest_year/month/day/hour) when no
 * partition keys are named; with keys, the ingest_* ones are taken from the batch's wall time. */
#include "node/node.h"

#include <strings.h>

static const struct member path_element = {.type = MEMBER_STRING};
static const struct member partition_key = {.type = MEMBER_LIST, .of = &path_element};
static const struct member input = {.type = MEMBER_STRING};

static const char *const update_behaviors[] = {"UPDATE_IN_DATABASE", "LOG", NULL};

static const struct member schema_change_policy[] = {
    {.name = "EnableUpdateCatalog", .type = MEMBER_BOOLEAN},
    {.name = "UpdateBehavior", .type = MEMBER_STRING, .values = update_behaviors},
    {.name = "Table", .type = MEMBER_STRING, .max = 255},
    {.name = "Database", .type = MEMBER_STRING, .max = 255},
    {0},
};

static const struct member data_quality[] = {
    {.name = "IsEnabled", .type = MEMBER_BOOLEAN},
    {.name = "EvaluationContext", .type = MEMBER_STRING},
    {0},
};

static const struct member members[] = {
    {.name = "Name", .type = MEMBER_STRING, .flags = MEMBER_REQUIRED, .max = 255},
    {.name = "Inputs", .type = MEMBER_LIST, .flags = MEMBER_REQUIRED, .of = &input, .min = 1, .max = 1},
    {.name = "Path", .type = MEMBER_STRING, .flags = MEMBER_REQUIRED, .min = 1, .max = 400000},
    {.name = "PartitionKeys", .type = MEMBER_LIST, .of = &partition_key},
    {.name = "Compression", .type = MEMBER_STRING},
    {.name = "NumberTargetPartitions", .type = MEMBER_STRING},
    {.name = "SchemaChangePolicy", .type = MEMBER_STRUCTURE, .of = schema_change_policy},
    {.name = "AutoDataQuality", .type = MEMBER_STRUCTURE, .of = data_quality},
    {0},
};

/* Glue's names, and zstd, which its enumeration lacks. */
static error codec_parse(const char *text, struct parquet_options *options, const char **name)
{
    static const struct { const char *name; enum parquet_codec codec; } codecs[] = {
        {"snappy", PARQUET_SNAPPY}, {"gzip", PARQUET_GZIP}, {"zstd", PARQUET_ZSTD},
        {"none", PARQUET_NONE}, {"uncompressed", PARQUET_NONE}, {"lz4", PARQUET_LZ4_RAW},
    };
    if (!text) text = "snappy";
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
        if (strcasecmp(codecs[i].name, text) != 0) continue;
        options->codec = codecs[i].codec;
        *name = codecs[i].name;
        return OK;
    }
    return fail(ERR_UNSUPPORTED, "Compression '%s' is not supported: use snappy, gzip, zstd, lz4 or none",
                text);
}

static int ingest_key(const char *name)
{
    for (int i = 0; i < INGEST_KEYS_MAX; i++)
        if (strcasecmp(ingest_key_names[i], name) == 0) return i;
    return -1;
}

static error partition_keys(struct node *node, struct node_context *context)
{
    struct target *target = &node->target;
    const json_t *keys = json_object_get(node->config, "PartitionKeys");
    size_t count = json_array_size(keys);
    if (count == 0) {
        target->ingest_keys = 4; /* to the hour */
        return OK;
    }
    target->partition_columns = ARENA_ARRAY(context->arena, const char *, count);
    for (size_t i = 0; i < count; i++) {
        const json_t *path = json_array_get(keys, i);
        const char *name = json_string_value(json_array_get(path, 0));
        if (json_array_size(path) != 1 || !name)
            return fail(ERR_INVALID_INPUT, "partition key %zu is not one top-level column", i + 1);
        bool is_column = node->schema && schema_find(node->schema, span_of(name)) >= 0;
        if (!is_column && ingest_key(name) >= 0) {
            if (ingest_key(name) != (int)i || target->partition_column_count)
                return fail(ERR_INVALID_INPUT, "ingest-time keys must lead, in the order ingest_year, "
                                               "ingest_month, ingest_day, ingest_hour, ingest_minute");
            target->ingest_keys++;
        } else if (node->schema && !is_column) {
            return fail(ERR_INVALID_INPUT, "partition key '%s' is not a column of the input", name);
        } else {
            target->partition_columns[target->partition_column_count++] = name;
        }
    }
    return OK;
}

static error open_catalog_policy(struct node *node)
{
    struct target *target = &node->target;
    const json_t *policy = json_object_get(node->config, "SchemaChangePolicy");
    target->registers = json_is_set(policy, "EnableUpdateCatalog");
    if (!target->registers) return OK;
    target->database = json_text(policy, "Database");
    target->table = json_text(policy, "Table");
    if (!target->database || !target->table)
        return fail(ERR_INVALID_INPUT, "EnableUpdateCatalog needs Database and Table");
    const char *behavior = json_text(policy, "UpdateBehavior");
    target->update_schema = !behavior || strcmp(behavior, "UPDATE_IN_DATABASE") == 0;
    return OK;
}

static error open_target(struct node *node, struct node_context *context)
{
    struct target *target = &node->target;
    node->schema = node->inputs[0]->schema;
    const char *key;
    TRY(object_url_parse(context->arena, json_text(node->config, "Path"), &target->bucket, &key));
    size_t length = strlen(key);
    while (length && key[length - 1] == '/') length--;
    target->prefix = arena_text(context->arena, (span){key, length});
    TRY(codec_parse(json_text(node->config, "Compression"), &target->parquet, &target->codec));
    target->parquet.timestamps = context->timestamps;
    if (json_is_set(json_object_get(node->config, "AutoDataQuality"), "IsEnabled"))
        return fail(ERR_UNSUPPORTED, "AutoDataQuality is not supported");
    if (json_object_get(node->config, "NumberTargetPartitions"))
        log_line(LOG_INFO, "job", "node '%s': NumberTargetPartitions has no effect here", node->id);
    TRY(partition_keys(node, context));
    TRY(open_catalog_policy(node));
    return catalog_require_target(context->catalog, target->database, target->table,
                                  json_text(node->config, "Path"));
}

const struct node_type node_s3_glue_parquet_target = {
    .name = "S3GlueParquetTarget",
    .role = NODE_TARGET,
    .inputs = 1,
    .members = members,
    .open = open_target,
};
