/* CatalogKinesisSource and DirectKinesisSource: where the records come from, from which position,
 * in which windows, and how their bytes become columns.
 * Options: AWS Glue developer guide, "Kinesis connections"; members: Glue API, KinesisStreamingSourceOptions. */
#include "node/node.h"

#include <strings.h>

static const struct member streaming_options[] = {
    {.name = "EndpointUrl", .type = MEMBER_STRING, .max = 400000},
    {.name = "StreamName", .type = MEMBER_STRING, .max = 400000},
    {.name = "Classification", .type = MEMBER_STRING, .max = 400000},
    {.name = "Delimiter", .type = MEMBER_STRING, .max = 400000},
    {.name = "StartingPosition", .type = MEMBER_STRING},
    {.name = "StartingTimestamp", .type = MEMBER_TIMESTAMP},
    {.name = "MaxFetchTimeInMs", .type = MEMBER_INTEGER},
    {.name = "MaxFetchRecordsPerShard", .type = MEMBER_INTEGER},
    {.name = "MaxRecordPerRead", .type = MEMBER_INTEGER},
    {.name = "AddIdleTimeBetweenReads", .type = MEMBER_BOOLEAN},
    {.name = "IdleTimeBetweenReadsInMs", .type = MEMBER_INTEGER},
    {.name = "DescribeShardInterval", .type = MEMBER_INTEGER},
    {.name = "NumRetries", .type = MEMBER_INTEGER},
    {.name = "RetryIntervalMs", .type = MEMBER_INTEGER},
    {.name = "MaxRetryIntervalMs", .type = MEMBER_INTEGER},
    {.name = "AvoidEmptyBatches", .type = MEMBER_BOOLEAN},
    {.name = "StreamArn", .type = MEMBER_STRING},
    {.name = "RoleArn", .type = MEMBER_STRING},
    {.name = "RoleSessionName", .type = MEMBER_STRING},
    {.name = "AddRecordTimestamp", .type = MEMBER_STRING},
    {.name = "EmitConsumerLagMetrics", .type = MEMBER_STRING},
    {.name = "FanoutConsumerARN", .type = MEMBER_STRING},
    {0},
};

/* Accepted for compatibility; Sluice reads during the whole window and retries on its own terms. */
static const char *const tuning_options[] = {
    "MaxFetchTimeInMs", "MaxFetchRecordsPerShard", "MaxRecordPerRead", "AddIdleTimeBetweenReads",
    "IdleTimeBetweenReadsInMs", "DescribeShardInterval", "NumRetries", "RetryIntervalMs",
    "MaxRetryIntervalMs", "AvoidEmptyBatches", "EmitConsumerLagMetrics",
};

/* Options that would change which records are read: refused until they are honoured. */
static const char *const refused_options[] = {"RoleArn", "RoleSessionName", "FanoutConsumerARN"};

static const struct member preview_options[] = {
    {.name = "PollingTime", .type = MEMBER_INTEGER, .min = 10, .max = 9e15},
    {.name = "RecordPollingLimit", .type = MEMBER_INTEGER, .min = 1, .max = 9e15},
    {0},
};

#define COMMON_MEMBERS                                                                   \
    {.name = "Name", .type = MEMBER_STRING, .flags = MEMBER_REQUIRED, .max = 255},       \
    {.name = "WindowSize", .type = MEMBER_INTEGER, .min = 0, .max = 86400},              \
    {.name = "DetectSchema", .type = MEMBER_BOOLEAN},                                    \
    {.name = "StreamingOptions", .type = MEMBER_STRUCTURE, .of = streaming_options},     \
    {.name = "DataPreviewOptions", .type = MEMBER_STRUCTURE, .of = preview_options}

static const struct member catalog_members[] = {
    COMMON_MEMBERS,
    {.name = "Database", .type = MEMBER_STRING, .flags = MEMBER_REQUIRED, .min = 1, .max = 255},
    {.name = "Table", .type = MEMBER_STRING, .flags = MEMBER_REQUIRED, .min = 1, .max = 255},
    {0},
};

static const struct member direct_members[] = {COMMON_MEMBERS, {0}};

enum { WINDOW_DEFAULT_S = 100 }; /* the console's */

/* StartingPosition -> position. */
static error starting_position(const json_t *options, struct position *out)
{
    const char *text = json_text(options, "StartingPosition");
    const json_t *when = json_object_get(options, "StartingTimestamp");
    if (!text) text = "latest";
    if (strcasecmp(text, "trim_horizon") == 0 || strcasecmp(text, "earliest") == 0) {
        *out = (struct position){.type = POSITION_TRIM_HORIZON};
    } else if (strcasecmp(text, "latest") == 0) {
        *out = (struct position){.type = POSITION_LATEST};
    } else if (strcasecmp(text, "timestamp") == 0 || strcasecmp(text, "at_timestamp") == 0) {
        if (!when)
            return fail(ERR_INVALID_INPUT, "StartingPosition '%s' needs StartingTimestamp", text);
        *out = (struct position){.type = POSITION_AT_TIMESTAMP};
        if (json_is_string(when))
            return date_parse_iso8601(span_of(json_string_value(when)), &out->timestamp_us);
        out->timestamp_us = (int64_t)(json_number_value(when) * US_PER_SECOND);
    } else {
        *out = (struct position){.type = POSITION_AT_TIMESTAMP};
        if (date_parse_iso8601(span_of(text), &out->timestamp_us) != OK)
            return fail(ERR_INVALID_INPUT,
                        "StartingPosition '%s' is none of latest, trim_horizon, earliest, timestamp "
                        "and no time of the form yyyy-mm-ddTHH:MM:SSZ", text);
    }
    return OK;
}

static error check_classification(const char *classification)
{
    if (!classification || strcasecmp(classification, "json") == 0) return OK;
    return fail(ERR_UNSUPPORTED, "records of classification '%s' cannot be read; only json can",
                classification);
}

static void log_ignored(const struct node *node, const json_t *options)
{
    for (size_t i = 0; i < sizeof tuning_options / sizeof *tuning_options; i++)
        if (json_object_get(options, tuning_options[i]))
            log_line(LOG_INFO, "job", "node '%s': option %s has no effect here", node->id,
                     tuning_options[i]);
}

static error open_options(struct node *node)
{
    const json_t *options = json_object_get(node->config, "StreamingOptions");
    struct source *source = &node->source;
    for (size_t i = 0; i < sizeof refused_options / sizeof *refused_options; i++)
        if (json_object_get(options, refused_options[i]))
            return fail(ERR_UNSUPPORTED, "option %s is not supported", refused_options[i]);
    log_ignored(node, options);
    TRY(check_classification(json_text(options, "Classification")));
    TRY(starting_position(options, &source->starting));
    const char *stamp = json_text(options, "AddRecordTimestamp");
    source->record_timestamp = stamp && strcasecmp(stamp, "true") == 0;
    source->endpoint_url = json_text(options, "EndpointUrl");
    source->window_us =
        json_integer_or(node->config, "WindowSize", WINDOW_DEFAULT_S) * US_PER_SECOND;
    const char *arn = json_text(options, "StreamArn");
    if (!arn) arn = json_text(options, "StreamName");
    if (arn) source->stream = arn;
    if (!source->stream)
        return fail(ERR_INVALID_INPUT, "names no stream: give StreamArn or StreamName");
    return OK;
}

/* Adds the fields of `from` that `into` lacks. */
static struct schema *schema_union(struct arena *arena, const struct schema *into,
                                   const struct schema *from)
{
    int count = into ? into->field_count : 0;
    struct field *fields = ARENA_ARRAY(arena, struct field, (size_t)(count + from->field_count));
    if (count) memcpy(fields, into->fields, (size_t)count * sizeof *fields);
    struct schema *merged = ARENA_NEW(arena, struct schema);
    *merged = (struct schema){count, fields};
    for (int i = 0; i < from->field_count; i++)
        if (schema_find(merged, span_of(from->fields[i].name)) < 0)
            fields[merged->field_count++] = from->fields[i];
    return merged;
}

/* A detected schema: the fields the consumers read, as far as every one of them says which. */
static error detected_schema(struct node *node, struct arena *arena, const struct schema **out)
{
    const struct schema *wanted = NULL;
    for (int i = 0; i < node->consumer_count; i++) {
        const struct node *consumer = node->consumers[i];
        if (!consumer->type->wants) {
            *out = NULL;
            return OK;
        }
        const struct schema *one;
        TRY(consumer->type->wants(consumer, arena, &one));
        wanted = schema_union(arena, wanted, one);
    }
    *out = wanted;
    return OK;
}

static error finish_schema(struct node *node, struct node_context *context,
                           const struct schema *declared)
{
    struct source *source = &node->source;
    source->policy = declared ? DECODE_PERMISSIVE : DECODE_INFERRED;
    if (!declared) TRY(detected_schema(node, context->arena, &declared));
    source->schema = declared;
    node->schema = declared;
    if (declared && source->record_timestamp) {
        struct field *field = ARENA_NEW(context->arena, struct field);
        *field = (struct field){.name = "__src_timestamp", .type = type_of(TYPE_TIMESTAMP)};
        node->schema = schema_union(context->arena, declared, &(struct schema){1, field});
    }
    return OK;
}

static error open_direct(struct node *node, struct node_context *context)
{
    TRY(open_options(node));
    return finish_schema(node, context, NULL);
}

/* The catalog table of a stream: streamARN (or streamName and endpointUrl) and typeOfData stand in
 * the descriptor's parameters, the classification in either parameter map. */
static error open_catalog(struct node *node, struct node_context *context)
{
    const char *database = json_text(node->config, "Database");
    const char *name = json_text(node->config, "Table");
    json_t *document;
    TRY(context->catalog->ops->get_table(context->catalog, database, name, &document));
    struct table table;
    error e = table_parse(context->arena, document, &table);
    if (e == OK) {
        const json_t *parameters = table.descriptor_parameters;
        const char *kind = json_text(parameters, "typeOfData");
        if (!kind || strcasecmp(kind, "kinesis") != 0)
            e = fail(ERR_INVALID_INPUT, "table %s.%s is not a Kinesis stream (typeOfData is '%s')",
                     database, name, kind ? kind : "");
        const char *stream = json_text(parameters, "streamARN");
        if (!stream) stream = json_text(parameters, "streamName");
        if (stream) node->source.stream = arena_text(context->arena, span_of(stream));
        const char *format = json_text(table.parameters, "classification");
        if (!format) format = json_text(parameters, "classification");
        if (e == OK) e = check_classification(format);
    }
    if (e == OK) e = open_options(node);
    if (e == OK)
        e = finish_schema(node, context,
                          json_is_set(node->config, "DetectSchema") ? NULL : table.schema);
    json_decref(document);
    return e;
}

const struct node_type node_catalog_kinesis_source = {
    .name = "CatalogKinesisSource",
    .role = NODE_SOURCE,
    .members = catalog_members,
    .open = open_catalog,
};

const struct node_type node_direct_kinesis_source = {
    .name = "DirectKinesisSource",
    .role = NODE_SOURCE,
    .members = direct_members,
    .open = open_direct,
};
