/* Settings of Kinesis streams: retention, mode, record size, throughput, encryption, monitoring,
 * tags. All but the retention are attributes of the stream, kept and returned as given. */
#include "aws/kinesis.h"

#include <stdlib.h>

enum {
    RETENTION_HOURS_MIN = 24, RETENTION_HOURS_MAX = 8760,
    TAGS_MAX = 50, /* per resource */
    TAG_KEY_MAX = 128,
};

static error set(struct call *c, struct stream_key key, const char *name, const json_t *value)
{
    return stream_set_attribute(c->gateway->options.streams, key, name, value);
}

/* ---- retention ---- */

static error retention_bounds(int64_t hours)
{
    if (hours < RETENTION_HOURS_MIN)
        return fail(ERR_INVALID_ARGUMENT,
                    "Minimum allowed retention period is %d hours. Requested retention period "
                    "(%lld hours) is too short.",
                    RETENTION_HOURS_MIN, (long long)hours);
    if (hours > RETENTION_HOURS_MAX)
        return fail(ERR_INVALID_ARGUMENT,
                    "Maximum allowed retention period is %d hours. Requested retention period "
                    "(%lld hours) is too long.",
                    RETENTION_HOURS_MAX, (long long)hours);
    return OK;
}

static error increase_retention(struct call *c)
{
    struct stream_key key;
    struct stream_info info;
    int64_t hours = json_integer_or(c->input, "RetentionPeriodHours", 0);
    TRY(kinesis_describe(c, &key, &info));
    TRY(retention_bounds(hours));
    if (hours < info.retention_hours)
        return fail(ERR_INVALID_ARGUMENT,
                    "Requested retention period (%lld hours) for the stream %s can not be shorter "
                    "than existing retention period (%d hours). Use DecreaseRetentionPeriod API.",
                    (long long)hours, key.name, info.retention_hours);
    return stream_set_retention(c->gateway->options.streams, key, (int)hours);
}

static error decrease_retention(struct call *c)
{
    struct stream_key key;
    struct stream_info info;
    int64_t hours = json_integer_or(c->input, "RetentionPeriodHours", 0);
    TRY(kinesis_describe(c, &key, &info));
    TRY(retention_bounds(hours));
    if (hours > info.retention_hours)
        return fail(ERR_INVALID_ARGUMENT,
                    "Requested retention period (%lld hours) for the stream %s can not be longer "
                    "than existing retention period (%d hours). Use IncreaseRetentionPeriod API.",
                    (long long)hours, key.name, info.retention_hours);
    return stream_set_retention(c->gateway->options.streams, key, (int)hours);
}

/* ---- mode, record size, throughput ---- */

static error update_stream_mode(struct call *c)
{
    struct stream_key key;
    struct stream_info info;
    TRY(kinesis_describe(c, &key, &info));
    const json_t *details = json_object_get(c->input, "StreamModeDetails");
    const json_t *warm = json_object_get(c->input, "WarmThroughputMiBps");
    if (json_is_integer(warm)) TRY(set(c, key, "warm_throughput", warm));
    return set(c, key, "mode", json_object_get(details, "StreamMode"));
}

static error update_max_record_size(struct call *c)
{
    struct stream_key key;
    TRY(kinesis_key(c, &key));
    return set(c, key, "max_record_kib", json_object_get(c->input, "MaxRecordSizeInKiB"));
}

static error update_warm_throughput(struct call *c)
{
    struct stream_key key;
    struct stream_info info;
    json_t *warm = json_object_get(c->input, "WarmThroughputMiBps");
    TRY(kinesis_describe(c, &key, &info));
    if (!info.on_demand)
        return fail(ERR_VALIDATION, "Stream %s under account %s is not in On-Demand mode.",
                    key.name, c->account);
    TRY(set(c, key, "warm_throughput", warm));
    c->output = json_pack("{s:s, s:s, s:{s:O, s:O}}", "StreamARN", info.arn, "StreamName", key.name,
                          "WarmThroughput", "TargetMiBps", warm, "CurrentMiBps", warm);
    return OK;
}

/* ---- encryption ---- */

error kinesis_encrypted_since(struct call *c, struct stream_key key, int64_t *us)
{
    json_t *encryption;
    *us = INT64_MAX;
    TRY(stream_attribute(c->gateway->options.streams, key, "encryption", &encryption));
    if (encryption) *us = json_integer_or(encryption, "since_us", 0);
    json_decref(encryption);
    return OK;
}

static error encryption_input(struct call *c, struct stream_key *key)
{
    const char *type = json_text(c->input, "EncryptionType");
    TRY(kinesis_key(c, key));
    if (strcmp(type, "KMS") == 0) return OK;
    return fail(ERR_INVALID_ARGUMENT, "EncryptionType %s is not valid for %s: it must be KMS.",
                type, c->operation->name);
}

static error start_encryption(struct call *c)
{
    struct stream_key key;
    int64_t since;
    TRY(encryption_input(c, &key));
    TRY(kinesis_encrypted_since(c, key, &since));
    if (since == INT64_MAX) since = now_us(); /* another key: records stay encrypted */
    json_t *encryption = json_pack("{s:s, s:s, s:I}", "type", "KMS", "key_id",
                                   json_text(c->input, "KeyId"), "since_us", (json_int_t)since);
    error e = set(c, key, "encryption", encryption);
    json_decref(encryption);
    return e;
}

static error stop_encryption(struct call *c)
{
    struct stream_key key;
    TRY(encryption_input(c, &key));
    return set(c, key, "encryption", NULL);
}

/* ---- monitoring ---- */

static const char *const metrics[] = {
    "IncomingBytes", "IncomingRecords", "OutgoingBytes", "OutgoingRecords",
    "WriteProvisionedThroughputExceeded", "ReadProvisionedThroughputExceeded",
    "IteratorAgeMilliseconds", "ALL", NULL,
};

static bool list_has(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *member = json_string_value(json_array_get(list, i)); /* NULL: null */
        if (member && strcmp(member, text) == 0) return true;
    }
    return false;
}

static error monitored(struct call *c, struct stream_key key, json_t **out)
{
    TRY(stream_attribute(c->gateway->options.streams, key, "monitoring", out));
    if (!*out) *out = json_array();
    return OK;
}

error kinesis_monitoring(struct call *c, struct stream_key key, json_t **out)
{
    json_t *list;
    TRY(monitored(c, key, &list));
    *out = json_pack("[{s:o}]", "ShardLevelMetrics", list);
    return OK;
}

/* The metrics that are on afterwards, in their usual order. New reference. */
static json_t *monitoring_after(const json_t *before, const json_t *asked, bool enable)
{
    json_t *after = json_array();
    for (size_t i = 0; strcmp(metrics[i], "ALL") != 0; i++) {
        bool named = list_has(asked, metrics[i]) || list_has(asked, "ALL");
        if (named ? enable : list_has(before, metrics[i]))
            json_array_append_new(after, json_string(metrics[i]));
    }
    return after;
}

static error change_monitoring(struct call *c, bool enable)
{
    struct stream_key key;
    struct stream_info info;
    json_t *before;
    TRY(kinesis_describe(c, &key, &info));
    pthread_mutex_lock(&c->gateway->settings);
    error e = monitored(c, key, &before);
    if (e == OK) {
        json_t *after =
            monitoring_after(before, json_object_get(c->input, "ShardLevelMetrics"), enable);
        e = set(c, key, "monitoring", after);
        c->output = json_pack("{s:s, s:o, s:o, s:s}", "StreamName", key.name,
                              "CurrentShardLevelMetrics", before, "DesiredShardLevelMetrics", after,
                              "StreamARN", info.arn);
    }
    pthread_mutex_unlock(&c->gateway->settings);
    return e;
}

static error enable_monitoring(struct call *c) { return change_monitoring(c, true); }
static error disable_monitoring(struct call *c) { return change_monitoring(c, false); }

/* ---- tags ---- */

/* AWS takes letters, digits and blanks of all scripts, and these signs. */
static bool tag_characters_good(const char *text)
{
    for (; *text; text++) {
        uint8_t c = (uint8_t)*text;
        bool letter = c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      (c >= '0' && c <= '9');
        if (!letter && !strchr(" _./=+-%@:", c)) return false;
    }
    return true;
}

static error tag_check(const char *key, const char *value)
{
    if (tag_characters_good(key) && tag_characters_good(value)) return OK;
    return fail(ERR_INVALID_ARGUMENT,
                "Some tags contain invalid characters. Valid characters: Unicode letters, digits, "
                "white space, _ . / = + - %% @.");
}

static error tags_get(struct call *c, struct stream_key key, const char *attribute, json_t **out)
{
    TRY(stream_attribute(c->gateway->options.streams, key, attribute, out));
    if (!*out) *out = json_object();
    return OK;
}

static error tags_merge(struct call *c, struct stream_key key, json_t *all, const json_t *added)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)added, name, value)
    {
        if (json_is_null(value)) continue;
        TRY(tag_check(name, json_string_value(value)));
        json_object_set(all, name, value);
    }
    if (json_object_size(all) <= TAGS_MAX) return OK;
    return fail(ERR_INVALID_ARGUMENT,
                "Failed to add tags to stream %s under account %s because a given stream cannot "
                "have more than %d tags associated with it.",
                key.name, c->account, TAGS_MAX);
}

static error tags_add(struct call *c, struct stream_key key, const char *attribute,
                      const json_t *tags)
{
    json_t *all;
    TRY(tags_get(c, key, attribute, &all));
    error e = tags_merge(c, key, all, tags);
    if (e == OK) e = set(c, key, attribute, all);
    json_decref(all);
    return e;
}

error kinesis_tags_add(struct call *c, struct stream_key key, const char *attribute,
                       const json_t *tags)
{
    pthread_mutex_lock(&c->gateway->settings);
    error e = tags_add(c, key, attribute, tags);
    pthread_mutex_unlock(&c->gateway->settings);
    return e;
}

static error tags_delete(struct call *c, struct stream_key key, const char *attribute,
                         const json_t *keys)
{
    json_t *all;
    TRY(tags_get(c, key, attribute, &all));
    for (size_t i = 0; i < json_array_size(keys); i++) {
        const char *tag = json_string_value(json_array_get(keys, i)); /* NULL: null */
        if (tag) json_object_del(all, tag);
    }
    error e = set(c, key, attribute, all);
    json_decref(all);
    return e;
}

static error tags_remove(struct call *c, struct stream_key key, const char *attribute,
                         const json_t *keys)
{
    pthread_mutex_lock(&c->gateway->settings);
    error e = tags_delete(c, key, attribute, keys);
    pthread_mutex_unlock(&c->gateway->settings);
    return e;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Tags in the order of their keys, after `after`, at most `limit`. */
static json_t *tags_page(struct arena *arena, const json_t *all, const char *after, size_t limit,
                         bool *more)
{
    size_t count = 0, n = json_object_size(all);
    const char **keys = ARENA_ARRAY(arena, const char *, n), *name;
    json_t *value, *list = json_array();
    json_object_foreach((json_t *)all, name, value) keys[count++] = name;
    if (count) qsort(keys, count, sizeof *keys, by_text);
    *more = false;
    for (size_t i = 0; i < count && !*more; i++) {
        if (after && strcmp(keys[i], after) <= 0) continue;
        *more = json_array_size(list) == limit;
        if (!*more)
            json_array_append_new(list, json_pack("{s:s, s:O}", "Key", keys[i], "Value",
                                                  json_object_get(all, keys[i])));
    }
    return list;
}

static error add_tags_to_stream(struct call *c)
{
    struct stream_key key;
    TRY(kinesis_key(c, &key));
    return kinesis_tags_add(c, key, "tags", json_object_get(c->input, "Tags"));
}

static error remove_tags_from_stream(struct call *c)
{
    struct stream_key key;
    TRY(kinesis_key(c, &key));
    return tags_remove(c, key, "tags", json_object_get(c->input, "TagKeys"));
}

static error list_tags_for_stream(struct call *c)
{
    struct stream_key key;
    struct stream_info info;
    json_t *all;
    bool more;
    TRY(kinesis_describe(c, &key, &info));
    TRY(tags_get(c, key, "tags", &all));
    json_t *list = tags_page(c->arena, all, json_text(c->input, "ExclusiveStartTagKey"),
                             (size_t)json_integer_or(c->input, "Limit", TAGS_MAX), &more);
    json_decref(all);
    c->output = json_pack("{s:o, s:b}", "Tags", list, "HasMoreTags", more);
    return OK;
}

/* ---- tags by ARN: of a stream or of one of its consumers ---- */

char *kinesis_consumer_tags_name(struct arena *arena, const char *consumer)
{
    return arena_printf(arena, "consumer-tags:%s", consumer);
}

static error consumer_exists(struct call *c, struct stream_key key, const char *name)
{
    struct stream_consumer *consumers;
    size_t count;
    TRY(stream_consumers(c->gateway->options.streams, key, c->arena, &consumers, &count));
    for (size_t i = 0; i < count; i++)
        if (strcmp(consumers[i].name, name) == 0) return OK;
    return fail(ERR_RESOURCE_NOT_FOUND, "Consumer %s under stream %s not found.", name, key.name);
}

static error resource(struct call *c, struct stream_key *key, const char **attribute)
{
    struct kinesis_arn arn;
    struct stream_info info;
    const char *text = json_text(c->input, "ResourceARN");
    TRY(kinesis_arn_parse(c, text, &arn));
    *key = (struct stream_key){c->account, c->region, arn.stream};
    *attribute = arn.consumer ? kinesis_consumer_tags_name(c->arena, arn.consumer) : "tags";
    TRY(stream_describe(c->gateway->options.streams, *key, c->arena, &info));
    return arn.consumer ? consumer_exists(c, *key, arn.consumer) : OK;
}

static error tag_resource(struct call *c)
{
    struct stream_key key;
    const char *attribute;
    TRY(resource(c, &key, &attribute));
    return kinesis_tags_add(c, key, attribute, json_object_get(c->input, "Tags"));
}

static error untag_resource(struct call *c)
{
    struct stream_key key;
    const char *attribute;
    TRY(resource(c, &key, &attribute));
    return tags_remove(c, key, attribute, json_object_get(c->input, "TagKeys"));
}

static error list_tags_for_resource(struct call *c)
{
    struct stream_key key;
    const char *attribute;
    json_t *all;
    bool more;
    TRY(resource(c, &key, &attribute));
    TRY(tags_get(c, key, attribute, &all));
    c->output = json_pack("{s:o}", "Tags", tags_page(c->arena, all, NULL, TAGS_MAX, &more));
    json_decref(all);
    return OK;
}

/* ---- rows ---- */

static const char *const encryption_types[] = {"NONE", "KMS", NULL};
static const struct member metric[] = {ENUM_ROW("member", MEMBER_OPTIONAL, metrics)};
const struct member kinesis_tag_key[] = {TEXT_ROW("member", MEMBER_OPTIONAL, 1, TAG_KEY_MAX, NULL)};
const struct member kinesis_tag_value[] = {TEXT_ROW("value", MEMBER_OPTIONAL, 0, 256, NULL)};

#define RESOURCE_ROW TOLD_ROW("ResourceARN", MEMBER_REQUIRED, 1, 2048, RESOURCE_ARN_PATTERN)
#define TAG_KEYS_ROW LIST_ROW("TagKeys", MEMBER_REQUIRED, 1, 50, kinesis_tag_key)

static const struct member retention_input[] = {
    STREAM_ROWS,
    INTEGER_ROW("RetentionPeriodHours", MEMBER_REQUIRED, INT32_MIN, COUNT_MAX),
    ROWS_END,
};
static const struct member update_stream_mode_input[] = {
    STREAM_ARN_ROW(MEMBER_REQUIRED),
    STRUCTURE_ROW("StreamModeDetails", MEMBER_REQUIRED, kinesis_mode_details),
    INTEGER_ROW("WarmThroughputMiBps", MEMBER_OPTIONAL, 0, COUNT_MAX),
    ROWS_END,
};
static const struct member update_max_record_size_input[] = {
    STREAM_ARN_ROW(MEMBER_OPTIONAL),
    INTEGER_ROW("MaxRecordSizeInKiB", MEMBER_REQUIRED, 1024, 10240),
    ROWS_END,
};
static const struct member update_warm_throughput_input[] = {
    STREAM_ROWS,
    INTEGER_ROW("WarmThroughputMiBps", MEMBER_REQUIRED, 0, COUNT_MAX),
    ROWS_END,
};
static const struct member encryption_rows[] = {
    STREAM_ROWS,
    ENUM_ROW("EncryptionType", MEMBER_REQUIRED, encryption_types),
    TEXT_ROW("KeyId", MEMBER_REQUIRED, 1, 2048, NULL),
    ROWS_END,
};
static const struct member monitoring_input[] = {
    STREAM_ROWS, LIST_ROW("ShardLevelMetrics", MEMBER_REQUIRED, 1, 7, metric), ROWS_END,
};
static const struct member add_tags_input[] = {STREAM_ROWS, TAGS_ROW(MEMBER_REQUIRED), ROWS_END};
static const struct member remove_tags_input[] = {STREAM_ROWS, TAG_KEYS_ROW, ROWS_END};
static const struct member list_tags_input[] = {
    STREAM_ROWS,
    TEXT_ROW("ExclusiveStartTagKey", MEMBER_OPTIONAL, 1, TAG_KEY_MAX, NULL),
    INTEGER_ROW("Limit", MEMBER_OPTIONAL, 1, 50),
    ROWS_END,
};
static const struct member tag_resource_input[] = {RESOURCE_ROW, TAGS_ROW(MEMBER_REQUIRED),
                                                   ROWS_END};
static const struct member untag_resource_input[] = {RESOURCE_ROW, TAG_KEYS_ROW, ROWS_END};
static const struct member resource_input[] = {RESOURCE_ROW, ROWS_END};

const struct operation kinesis_setting_operations[] = {
    {.name = "IncreaseStreamRetentionPeriod", .run = increase_retention, .input = retention_input},
    {.name = "DecreaseStreamRetentionPeriod", .run = decrease_retention, .input = retention_input},
    {.name = "UpdateStreamMode", .run = update_stream_mode, .input = update_stream_mode_input},
    {.name = "UpdateMaxRecordSize", .run = update_max_record_size,
     .input = update_max_record_size_input},
    {.name = "UpdateStreamWarmThroughput", .run = update_warm_throughput,
     .input = update_warm_throughput_input,
     .note = "kept and returned; nothing is throttled by it"},
    {.name = "StartStreamEncryption", .run = start_encryption, .input = encryption_rows,
     .note = "kept and returned; bytes at rest stay as they are"},
    {.name = "StopStreamEncryption", .run = stop_encryption, .input = encryption_rows},
    {.name = "EnableEnhancedMonitoring", .run = enable_monitoring, .input = monitoring_input,
     .note = "kept and returned; no metrics are published"},
    {.name = "DisableEnhancedMonitoring", .run = disable_monitoring, .input = monitoring_input},
    {.name = "AddTagsToStream", .run = add_tags_to_stream, .input = add_tags_input},
    {.name = "RemoveTagsFromStream", .run = remove_tags_from_stream, .input = remove_tags_input},
    {.name = "ListTagsForStream", .run = list_tags_for_stream, .input = list_tags_input},
    {.name = "TagResource", .run = tag_resource, .input = tag_resource_input},
    {.name = "UntagResource", .run = untag_resource, .input = untag_resource_input},
    {.name = "ListTagsForResource", .run = list_tags_for_resource, .input = resource_input},
    {0},
};
