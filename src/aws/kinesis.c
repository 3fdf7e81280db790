/* Kinesis streams: create, delete, describe, list; and how requests name a stream. */
#include "aws/kinesis.h"

#include <stdlib.h>

enum {
    DESCRIBE_SHARDS_DEFAULT = 100, LIST_STREAMS_DEFAULT = 100,
    ON_DEMAND_SHARDS = 4,        /* what an on-demand stream starts with */
    ACCOUNT_SHARDS_MAX = 500,    /* quota of provisioned shards in a large region */
    ACCOUNT_ON_DEMAND_MAX = 50,  /* quota of on-demand streams */
};

/* ---- naming ---- */

error kinesis_no_stream(struct call *c, const char *name)
{
    return fail(ERR_RESOURCE_NOT_FOUND, "Stream %s under account %s not found.", name, c->account);
}

/* Cuts `text` at the next `separator`; NULL when there is none. */
static char *cut(char **text, char separator)
{
    char *part = *text, *at = strchr(part, separator);
    if (!at) return NULL;
    *at = '\0';
    *text = at + 1;
    return part;
}

static bool stream_name_good(const char *name)
{
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
    return size > 0 && size <= 128 && name[size] == '\0';
}

static bool consumer_parse(char *text, struct kinesis_arn *out)
{
    if (strncmp(text, "consumer/", 9) != 0) return false;
    text += 9;
    out->consumer = cut(&text, ':');
    return out->consumer && stream_name_good(out->consumer) &&
           parse_int64(span_of(text), &out->consumer_created_s);
}

error kinesis_arn_parse(struct call *c, const char *arn, struct kinesis_arn *out)
{
    char *rest = arena_text(c->arena, span_of(arn));
    *out = (struct kinesis_arn){0};
    const char *prefix = cut(&rest, ':'), *partition = prefix ? cut(&rest, ':') : NULL;
    const char *service = partition ? cut(&rest, ':') : NULL;
    const char *region = service ? cut(&rest, ':') : NULL;
    const char *account = region ? cut(&rest, ':') : NULL;
    bool good = account && strcmp(prefix, "arn") == 0 && strncmp(partition, "aws", 3) == 0 &&
                strcmp(service, "kinesis") == 0 && strncmp(rest, "stream/", 7) == 0;
    if (good) {
        rest += 7;
        char *slash = strchr(rest, '/');
        if (slash) *slash = '\0';
        out->stream = rest;
        good = stream_name_good(rest) && (!slash || consumer_parse(slash + 1, out));
    }
    if (!good) return fail(ERR_INVALID_ARGUMENT, "%s is not the ARN of a stream or consumer.", arn);
    if (strcmp(account, c->account) != 0 || strcmp(region, c->region) != 0)
        return fail(ERR_RESOURCE_NOT_FOUND, "Stream %s under account %s not found.", out->stream,
                    account);
    return OK;
}

error kinesis_key_of(struct call *c, const char *name, const char *arn, struct stream_key *key)
{
    *key = (struct stream_key){c->account, c->region, name};
    if (!name && !arn)
        return fail(ERR_INVALID_ARGUMENT, "Must specify either StreamName or StreamARN.");
    if (!arn) return OK;
    struct kinesis_arn parts;
    TRY(kinesis_arn_parse(c, arn, &parts));
    if (parts.consumer)
        return fail(ERR_INVALID_ARGUMENT, "%s is not the ARN of a stream.", arn);
    if (name && strcmp(name, parts.stream) != 0)
        return fail(ERR_INVALID_ARGUMENT, "StreamName %s and StreamARN %s name different streams.",
                    name, arn);
    key->name = parts.stream;
    return OK;
}

error kinesis_key(struct call *c, struct stream_key *key)
{
    return kinesis_key_of(c, json_text(c->input, "StreamName"), json_text(c->input, "StreamARN"),
                          key);
}

error kinesis_describe(struct call *c, struct stream_key *key, struct stream_info *info)
{
    TRY(kinesis_key(c, key));
    return stream_describe(c->gateway->options.streams, *key, c->arena, info);
}

error kinesis_not_dry(const struct call *c)
{
    if (!json_is_set(c->input, "DryRun")) return OK;
    return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve DryRun of %s yet", c->operation->name);
}

/* ---- next tokens ---- */

error kinesis_token_read(struct call *c, enum token_use use, const char *text, json_t **out)
{
    int64_t sealed_us;
    if (!call_token_read(c, use, text, &sealed_us, out))
        return fail(ERR_INVALID_ARGUMENT, "NextToken is invalid.");
    if (now_us() - sealed_us <= TOKEN_LIFE_MS * (int64_t)US_PER_MS) return OK;
    json_decref(*out);
    return fail(ERR_EXPIRED_NEXT_TOKEN, "NextToken has expired: it was valid for %d milliseconds.",
                TOKEN_LIFE_MS);
}

/* ---- quotas ---- */

struct account_use { int64_t shards, on_demand; };

static error account_use(struct call *c, struct account_use *use)
{
    struct stream_store *store = c->gateway->options.streams;
    const char *after = NULL;
    bool more = true;
    *use = (struct account_use){0};
    while (more) {
        const char **names;
        size_t count;
        TRY(stream_list(store, c->account, c->region, after, 1000, c->arena, &names, &count,
                        &more));
        for (size_t i = 0; i < count; i++) {
            struct stream_info info;
            struct stream_key key = {c->account, c->region, names[i]};
            error e = stream_describe(store, key, c->arena, &info);
            if (e == ERR_RESOURCE_NOT_FOUND) continue; /* deleted meanwhile */
            if (e != OK) return e;
            if (info.on_demand) use->on_demand++;
            else use->shards += info.open_shards;
        }
        if (count) after = names[count - 1];
        else more = false;
    }
    return OK;
}

static error quota_exceeded(struct call *c, int64_t now, int64_t more)
{
    return fail(ERR_LIMIT_EXCEEDED,
                "This request would exceed the shard limit for the account %s in %s. Current shard "
                "count for the account: %lld. Limit: %d. Number of additional shards that would "
                "have resulted from this request: %lld. Refer to the AWS Service Limits page "
                "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for "
                "current limits and how to request higher limits.",
                c->account, c->region, (long long)now, ACCOUNT_SHARDS_MAX, (long long)more);
}

error kinesis_shard_quota(struct call *c, int64_t more)
{
    struct account_use use;
    TRY(account_use(c, &use));
    return use.shards + more > ACCOUNT_SHARDS_MAX ? quota_exceeded(c, use.shards, more) : OK;
}

static error on_demand_quota(struct call *c)
{
    struct account_use use;
    TRY(account_use(c, &use));
    if (use.on_demand < ACCOUNT_ON_DEMAND_MAX) return OK;
    return fail(ERR_LIMIT_EXCEEDED, "Account %s has %d on-demand streams in %s, the limit.",
                c->account, ACCOUNT_ON_DEMAND_MAX, c->region);
}

static error describe_limits(struct call *c)
{
    struct account_use use;
    TRY(account_use(c, &use));
    c->output = json_pack("{s:i, s:I, s:I, s:i}", "ShardLimit", ACCOUNT_SHARDS_MAX,
                          "OpenShardCount", (json_int_t)use.shards, "OnDemandStreamCount",
                          (json_int_t)use.on_demand, "OnDemandStreamCountLimit",
                          ACCOUNT_ON_DEMAND_MAX);
    return OK;
}

static error describe_account_settings(struct call *c)
{
    c->output = json_pack("{s:{s:s}}", "MinimumThroughputBillingCommitment", "Status", "DISABLED");
    return OK;
}

/* ---- create and delete ---- */

static bool is_on_demand(const json_t *input)
{
    const char *mode = json_text(json_object_get(input, "StreamModeDetails"), "StreamMode");
    return mode && strcmp(mode, "ON_DEMAND") == 0;
}

/* Sizes and quotas. */
static error create_check(struct call *c, bool on_demand, int64_t shards)
{
    const char *strategy = json_text(c->input, "RecordDistributionStrategy");
    if (strategy && strcmp(strategy, "AUTO") == 0)
        return fail(ERR_NOT_IMPLEMENTED,
                    "Sluice does not serve RecordDistributionStrategy AUTO of CreateStream yet");
    if (on_demand && json_object_get(c->input, "ShardCount"))
        return fail(ERR_VALIDATION, "ShardCount must not be given for a stream of mode ON_DEMAND.");
    if (on_demand) return on_demand_quota(c);
    if (shards == 0)
        return fail(ERR_VALIDATION,
                    "1 validation error detected: Value null at 'shardCount' failed "
                    "to satisfy constraint: Member must not be null");
    return kinesis_shard_quota(c, shards);
}

/* Settings given at creation; they hold before any record comes, as the caller waits. */
static error create_settings(struct call *c, struct stream_key key)
{
    static const char *const given[] = {"MaxRecordSizeInKiB", "WarmThroughputMiBps"};
    static const char *const attributes[] = {"max_record_kib", "warm_throughput"};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        const json_t *value = json_object_get(c->input, given[i]);
        if (json_is_integer(value))
            TRY(stream_set_attribute(c->gateway->options.streams, key, attributes[i], value));
    }
    const json_t *tags = json_object_get(c->input, "Tags");
    return json_is_object(tags) ? kinesis_tags_add(c, key, "tags", tags) : OK;
}

static error create_stream(struct call *c)
{
    struct stream_store *store = c->gateway->options.streams;
    struct stream_key key = {c->account, c->region, json_text(c->input, "StreamName")};
    struct stream_info info;
    bool on_demand = is_on_demand(c->input);
    int64_t shards = json_integer_or(c->input, "ShardCount", 0);
    if (stream_describe(store, key, c->arena, &info) == OK)
        return fail(ERR_RESOURCE_IN_USE, "Stream %s under account %s already exists.", key.name,
                    c->account);
    TRY(create_check(c, on_demand, shards));
    TRY(stream_create(store, key, on_demand ? ON_DEMAND_SHARDS : (int)shards, on_demand));
    error e = create_settings(c, key);
    if (e == OK) return OK;
    /* all or nothing: a stream without its settings is not what was asked for */
    char *words = arena_text(c->arena, span_of(error_text()));
    if (stream_delete(store, key) != OK)
        log_line(LOG_WARN, "aws", "%s: %s", key.name, error_text());
    return fail(e, "%s", words);
}

static error delete_stream(struct call *c)
{
    struct stream_store *store = c->gateway->options.streams;
    struct stream_key key;
    struct stream_info info;
    TRY(kinesis_describe(c, &key, &info));
    if (info.consumers && !json_is_set(c->input, "EnforceConsumerDeletion"))
        return fail(ERR_RESOURCE_IN_USE,
                    "Stream %s under account %s has consumers registered. Set "
                    "EnforceConsumerDeletion to delete them with the stream.",
                    key.name, c->account);
    struct stream_consumer *consumers;
    size_t count;
    TRY(stream_consumers(store, key, c->arena, &consumers, &count));
    for (size_t i = 0; i < count; i++)
        TRY(stream_deregister_consumer(store, key, consumers[i].name));
    return stream_delete(store, key);
}

/* ---- describe ---- */

json_t *kinesis_mode_json(const struct stream_info *info)
{
    return json_pack("{s:s}", "StreamMode", info->on_demand ? "ON_DEMAND" : "PROVISIONED");
}

/* What both descriptions say. */
static error description(struct call *c, struct stream_key key, const struct stream_info *info,
                         json_t **out)
{
    json_t *monitoring;
    TRY(kinesis_monitoring(c, key, &monitoring));
    *out = json_pack("{s:s, s:s, s:s, s:o, s:i, s:o, s:o, s:s}", "StreamName", info->name,
                     "StreamARN", info->arn, "StreamStatus", info->status, "StreamModeDetails",
                     kinesis_mode_json(info), "RetentionPeriodHours", info->retention_hours,
                     "StreamCreationTimestamp", json_timestamp(info->created_us),
                     "EnhancedMonitoring", monitoring, "EncryptionType", info->encryption_type);
    if (info->key_id) json_object_set_new(*out, "KeyId", json_string(info->key_id));
    return OK;
}

static error describe_stream(struct call *c)
{
    struct stream_key key;
    struct stream_info info;
    struct shard *shards;
    size_t count, listed = 0;
    json_t *output;
    TRY(kinesis_describe(c, &key, &info));
    TRY(kinesis_shards(c, key, &shards, &count));
    TRY(description(c, key, &info, &output));
    size_t limit = (size_t)json_integer_or(c->input, "Limit", DESCRIBE_SHARDS_DEFAULT);
    const char *after = json_text(c->input, "ExclusiveStartShardId");
    bool more = false;
    json_t *list = json_array();
    for (size_t i = 0; i < count && !more; i++) {
        if (after && strcmp(shards[i].id, after) <= 0) continue;
        more = listed++ == limit;
        if (!more) json_array_append_new(list, kinesis_shard_json(c->arena, &shards[i]));
    }
    json_object_set_new(output, "Shards", list);
    json_object_set_new(output, "HasMoreShards", json_boolean(more));
    c->output = json_pack("{s:o}", "StreamDescription", output);
    return OK;
}

static error describe_stream_summary(struct call *c)
{
    struct stream_key key;
    struct stream_info info;
    json_t *output, *warm;
    TRY(kinesis_describe(c, &key, &info));
    TRY(stream_attribute(c->gateway->options.streams, key, "warm_throughput", &warm));
    error e = description(c, key, &info, &output);
    if (e != OK) {
        json_decref(warm);
        return e;
    }
    json_object_set_new(output, "OpenShardCount", json_integer(info.open_shards));
    json_object_set_new(output, "ConsumerCount", json_integer(info.consumers));
    json_object_set_new(output, "MaxRecordSizeInKiB", json_integer(info.max_record_kib));
    if (warm)
        json_object_set_new(output, "WarmThroughput",
                            json_pack("{s:O, s:O}", "TargetMiBps", warm, "CurrentMiBps", warm));
    json_decref(warm);
    c->output = json_pack("{s:o}", "StreamDescriptionSummary", output);
    return OK;
}

/* ---- list ---- */

/* The name after which the page starts; NULL: the first page. */
static error list_start(struct call *c, const char **after)
{
    const char *token = json_text(c->input, "NextToken");
    *after = json_text(c->input, "ExclusiveStartStreamName");
    if (!token) return OK;
    if (*after)
        return fail(ERR_INVALID_ARGUMENT,
                    "NextToken and ExclusiveStartStreamName cannot be given together.");
    json_t *document;
    TRY(kinesis_token_read(c, TOKEN_STREAMS, token, &document));
    *after = arena_text(c->arena, span_of(json_text(document, "after")));
    json_decref(document);
    return OK;
}

static json_t *summary_json(const struct stream_info *info)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "StreamName", info->name, "StreamARN", info->arn,
                     "StreamStatus", info->status, "StreamModeDetails", kinesis_mode_json(info),
                     "StreamCreationTimestamp", json_timestamp(info->created_us));
}

static error list_streams(struct call *c)
{
    const char *after, **names;
    size_t count, limit = (size_t)json_integer_or(c->input, "Limit", LIST_STREAMS_DEFAULT);
    bool more;
    TRY(list_start(c, &after));
    TRY(stream_list(c->gateway->options.streams, c->account, c->region, after, limit, c->arena,
                    &names, &count, &more));
    json_t *list = json_array(), *summaries = json_array();
    for (size_t i = 0; i < count; i++) {
        struct stream_info info;
        struct stream_key key = {c->account, c->region, names[i]};
        if (stream_describe(c->gateway->options.streams, key, c->arena, &info) != OK) continue;
        json_array_append_new(list, json_string(names[i]));
        json_array_append_new(summaries, summary_json(&info));
    }
    c->output = json_pack("{s:o, s:b, s:o}", "StreamNames", list, "HasMoreStreams", more,
                          "StreamSummaries", summaries);
    if (more && count) {
        json_t *document = json_pack("{s:s}", "after", names[count - 1]);
        json_object_set_new(c->output, "NextToken",
                            json_string(call_token_make(c, TOKEN_STREAMS, document)));
    }
    return OK;
}

/* ---- rows ---- */

static const char *const modes[] = {"PROVISIONED", "ON_DEMAND", NULL};
static const char *const strategies[] = {"AUTO", "USER_PARTITION_KEY", NULL};

const struct member kinesis_mode_details[] = {ENUM_ROW("StreamMode", MEMBER_REQUIRED, modes),
                                              ROWS_END};

static const struct member create_stream_input[] = {
    TEXT_ROW("StreamName", MEMBER_REQUIRED, 1, 128, NAME_PATTERN),
    INTEGER_ROW("ShardCount", MEMBER_OPTIONAL, 1, COUNT_MAX),
    STRUCTURE_ROW("StreamModeDetails", MEMBER_OPTIONAL, kinesis_mode_details),
    TAGS_ROW(MEMBER_OPTIONAL),
    INTEGER_ROW("WarmThroughputMiBps", MEMBER_OPTIONAL, 0, COUNT_MAX),
    INTEGER_ROW("MaxRecordSizeInKiB", MEMBER_OPTIONAL, 1024, 10240),
    ENUM_ROW("RecordDistributionStrategy", MEMBER_OPTIONAL, strategies),
    ROWS_END,
};
static const struct member delete_stream_input[] = {
    STREAM_ROWS, BOOLEAN_ROW("EnforceConsumerDeletion"), ROWS_END,
};
static const struct member describe_stream_input[] = {
    STREAM_ROWS,
    INTEGER_ROW("Limit", MEMBER_OPTIONAL, 1, 10000),
    SHARD_ID_ROW("ExclusiveStartShardId", MEMBER_OPTIONAL),
    ROWS_END,
};
static const struct member stream_input[] = {STREAM_ROWS, ROWS_END};
static const struct member list_streams_input[] = {
    INTEGER_ROW("Limit", MEMBER_OPTIONAL, 1, 10000),
    TEXT_ROW("ExclusiveStartStreamName", MEMBER_OPTIONAL, 1, 128, NAME_PATTERN),
    NEXT_TOKEN_ROW,
    ROWS_END,
};

const struct operation kinesis_stream_operations[] = {
    {.name = "CreateStream", .run = create_stream, .input = create_stream_input,
     .note = "ACTIVE at once; on-demand streams have four shards and do not scale"},
    {.name = "DeleteStream", .run = delete_stream, .input = delete_stream_input,
     .note = "gone at once"},
    {.name = "DescribeStream", .run = describe_stream, .input = describe_stream_input},
    {.name = "DescribeStreamSummary", .run = describe_stream_summary, .input = stream_input},
    {.name = "ListStreams", .run = list_streams, .input = list_streams_input},
    {.name = "DescribeLimits", .run = describe_limits},
    {.name = "DescribeAccountSettings", .run = describe_account_settings,
     .note = "always DISABLED"},
    {0},
};

const struct operation kinesis_unserved_operations[] = {
    {.name = "PutResourcePolicy"},
    {.name = "GetResourcePolicy"},
    {.name = "DeleteResourcePolicy"},
    {.name = "UpdateAccountSettings"},
    {.name = "UpdateStreamRecordDistributionStrategy"},
    {.name = "CreateChannel"},
    {.name = "DeleteChannel"},
    {.name = "DescribeChannel"},
    {.name = "ListChannels"},
    {.name = "UpdateChannel"},
    {.name = "CreateQueue"},
    {.name = "DeleteQueue"},
    {.name = "DescribeQueue"},
    {.name = "ListQueues"},
    {.name = "UpdateQueue"},
    {.name = "ReceiveQueueRecords"},
    {.name = "AcknowledgeQueueRecords"},
    {.name = "UpdateQueueRecordsVisibility"},
    {.name = "ReceiveDeadLetterQueueRecords"},
    {.name = "AcknowledgeDeadLetterQueueRecords"},
    {.name = "RestoreDeadLetterQueueRecords"},
    {.name = "UpdateDeadLetterQueueRecordsVisibility"},
    {0},
};
