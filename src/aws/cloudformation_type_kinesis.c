/* AWS::Kinesis::Stream over the operations of Kinesis. */
#include "aws/cloudformation.h"

enum { RETENTION_HOURS = 24 };

static json_t *named(const struct resource *r)
{
    return json_pack("{s:s}", "StreamName", r->id);
}

static error run(struct resource *r, const char *operation, json_t *input)
{
    return resource_call(r, "kinesis", operation, input, NULL);
}

static error read_stream(struct resource *r)
{
    return run(r, "DescribeStreamSummary", named(r));
}

static error summary(struct resource *r, json_t **out)
{
    json_t *output;
    TRY(resource_call(r, "kinesis", "DescribeStreamSummary", named(r), &output));
    *out = json_incref(json_object_get(output, "StreamDescriptionSummary"));
    json_decref(output);
    return OK;
}

static const char *mode_of(const json_t *properties)
{
    const char *mode = json_text(json_object_get(properties, "StreamModeDetails"), "StreamMode");
    return mode ? mode : json_object_get(properties, "ShardCount") ? "PROVISIONED" : "ON_DEMAND";
}

static error set_retention(struct resource *r, int64_t now)
{
    int64_t hours = json_integer_or(r->properties, "RetentionPeriodHours", RETENTION_HOURS);
    json_t *input = named(r);
    json_object_set_new(input, "RetentionPeriodHours", json_integer(hours));
    if (hours != now)
        return run(r, hours > now ? "IncreaseStreamRetentionPeriod" : "DecreaseStreamRetentionPeriod",
                   input);
    json_decref(input);
    return OK;
}

static error set_encryption(struct resource *r, const char *now)
{
    const json_t *wanted = json_object_get(r->properties, "StreamEncryption");
    bool encrypted = now && strcmp(now, "KMS") == 0;
    if (!wanted && !encrypted) return OK;
    json_t *input = named(r);
    if (wanted) json_object_update(input, (json_t *)wanted);
    else json_object_update(input, json_object_get(r->before, "StreamEncryption"));
    return run(r, wanted ? "StartStreamEncryption" : "StopStreamEncryption", input);
}

static error set_mode(struct resource *r, const char *arn, const char *now)
{
    if (strcmp(mode_of(r->properties), now) == 0) return OK;
    return run(r, "UpdateStreamMode",
               json_pack("{s:s, s:{s:s}}", "StreamARN", arn, "StreamModeDetails", "StreamMode",
                         mode_of(r->properties)));
}

static error set_shards(struct resource *r, int64_t now)
{
    int64_t wanted = json_integer_or(r->properties, "ShardCount", now);
    if (wanted == now || strcmp(mode_of(r->properties), "PROVISIONED") != 0) return OK;
    json_t *input = named(r);
    json_object_set_new(input, "TargetShardCount", json_integer(wanted));
    json_object_set_new(input, "ScalingType", json_string("UNIFORM_SCALING"));
    return run(r, "UpdateShardCount", input);
}

static error set_tags(struct resource *r)
{
    json_t *gone = resource_tags_gone(r), *input = named(r);
    json_t *tags = resource_tags(json_object_get(r->properties, "Tags"));
    error e = OK;
    json_object_set(input, "TagKeys", gone);
    if (json_array_size(gone)) e = run(r, "RemoveTagsFromStream", json_incref(input));
    json_decref(input);
    json_decref(gone);
    input = named(r);
    json_object_set(input, "Tags", tags);
    if (e == OK && json_object_size(tags)) e = run(r, "AddTagsToStream", json_incref(input));
    json_decref(input);
    json_decref(tags);
    return e;
}

/* Towards the properties from whatever the stream is now. */
static error settle(struct resource *r)
{
    json_t *now;
    TRY(summary(r, &now));
    const char *arn = arena_text(r->call->arena, span_of(json_text(now, "StreamARN")));
    error e = set_mode(r, arn, json_text(json_object_get(now, "StreamModeDetails"), "StreamMode"));
    if (e == OK) e = set_shards(r, json_integer_or(now, "OpenShardCount", 1));
    if (e == OK) e = set_retention(r, json_integer_or(now, "RetentionPeriodHours", 0));
    if (e == OK) e = set_encryption(r, json_text(now, "EncryptionType"));
    json_decref(now);
    if (e == OK) e = set_tags(r);
    if (e == OK) resource_set(r, "Arn", "%s", arn);
    return e;
}

static error create_stream(struct resource *r)
{
    json_t *input = named(r), *shards = json_object_get(r->properties, "ShardCount");
    bool provisioned = strcmp(mode_of(r->properties), "PROVISIONED") == 0;
    json_object_set_new(input, "StreamModeDetails",
                        json_pack("{s:s}", "StreamMode", mode_of(r->properties)));
    if (shards && provisioned) json_object_set(input, "ShardCount", shards);
    TRY(run(r, "CreateStream", input));
    r->made = true;
    return settle(r);
}

static error remove_stream(struct resource *r)
{
    json_t *input = named(r);
    json_object_set_new(input, "EnforceConsumerDeletion", json_true());
    return run(r, "DeleteStream", input);
}

/* ---- rows ---- */

static const struct member mode_rows[] = {TEXT_ROW("StreamMode", MEMBER_REQUIRED, 0, 0, NULL), ROWS_END};
static const struct member encryption_rows[] = {
    TEXT_ROW("EncryptionType", MEMBER_REQUIRED, 0, 0, NULL),
    TEXT_ROW("KeyId", MEMBER_REQUIRED, 0, 0, NULL), ROWS_END};
static const struct member tag_rows[] = {TEXT_ROW("Key", MEMBER_REQUIRED, 0, 0, NULL),
                                         TEXT_ROW("Value", MEMBER_REQUIRED, 0, 0, NULL), ROWS_END};
static const struct member tag_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, tag_rows)};
static const struct member stream_rows[] = {
    TEXT_ROW("Name", MEMBER_OPTIONAL, 0, 0, NULL),
    INTEGER_ROW("RetentionPeriodHours", MEMBER_OPTIONAL, 0, 0),
    INTEGER_ROW("ShardCount", MEMBER_OPTIONAL, 0, 0),
    STRUCTURE_ROW("StreamModeDetails", MEMBER_OPTIONAL, mode_rows),
    STRUCTURE_ROW("StreamEncryption", MEMBER_OPTIONAL, encryption_rows),
    LIST_ROW("Tags", MEMBER_OPTIONAL, 0, 0, tag_row),
    ROWS_END};
static const char *const stream_replaced[] = {"Name", NULL};
static const char *const stream_attributes[] = {"Arn", NULL};

const struct resource_type kinesis_types[] = {
    {.name = "AWS::Kinesis::Stream", .properties = stream_rows, .named_by = "Name",
     .replaced_by = stream_replaced, .attributes = stream_attributes, .create = create_stream,
     .update = settle, .remove = remove_stream, .read = read_stream},
    {0},
};
