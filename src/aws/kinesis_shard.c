/* Kinesis shards: listing with filters, splitting, merging, scaling. */
#include "aws/kinesis.h"

#include <math.h>
#include <stdio.h>

typedef unsigned __int128 u128;

enum {
    LIST_SHARDS_DEFAULT = 1000,
    SCALINGS_MAX = 10, /* UpdateShardCount per stream in 24 hours */
    TARGET_SHARDS_MAX = 10000,
};

/* ---- hash keys ---- */

static u128 hash_number(struct hash_key k)
{
    return (u128)k.high << 64 | k.low;
}

char *hash_key_text(struct arena *arena, struct hash_key k)
{
    char digits[40], *at = digits + sizeof digits;
    u128 n = hash_number(k);
    do {
        *--at = (char)('0' + (int)(n % 10));
        n /= 10;
    } while (n);
    return arena_text(arena, (span){at, (size_t)(digits + sizeof digits - at)});
}

bool hash_key_parse(span text, struct hash_key *out)
{
    u128 n = 0, max = ~(u128)0;
    if (text.size == 0 || text.size > 39 || (text.size > 1 && text.data[0] == '0')) return false;
    for (size_t i = 0; i < text.size; i++) {
        unsigned digit = (unsigned)(text.data[i] - '0');
        if (digit > 9 || n > (max - digit) / 10) return false;
        n = n * 10 + digit;
    }
    *out = (struct hash_key){(uint64_t)(n >> 64), (uint64_t)n};
    return true;
}

/* ---- shards as documents ---- */

json_t *kinesis_shard_json(struct arena *arena, const struct shard *s)
{
    char starting[SEQUENCE_TEXT_MAX], ending[SEQUENCE_TEXT_MAX];
    sequence_print(starting, s->starting);
    json_t *out = json_pack("{s:s}", "ShardId", s->id);
    if (s->parent) json_object_set_new(out, "ParentShardId", json_string(s->parent));
    if (s->adjacent_parent)
        json_object_set_new(out, "AdjacentParentShardId", json_string(s->adjacent_parent));
    json_object_set_new(out, "HashKeyRange",
                        json_pack("{s:s, s:s}", "StartingHashKey", hash_key_text(arena, s->start),
                                  "EndingHashKey", hash_key_text(arena, s->end)));
    json_t *range = json_pack("{s:s}", "StartingSequenceNumber", starting);
    if (s->closed) {
        sequence_print(ending, s->ending);
        json_object_set_new(range, "EndingSequenceNumber", json_string(ending));
    }
    json_object_set_new(out, "SequenceNumberRange", range);
    return out;
}

error kinesis_shards(struct call *c, struct stream_key key, struct shard **shards, size_t *count)
{
    struct stream *stream;
    TRY(stream_open_local(c->gateway->options.streams, key, &stream));
    error e = stream_shards(stream, c->arena, shards, count);
    stream->ops->close(stream);
    return e;
}

error kinesis_find_shard(struct call *c, struct stream_key key, const char *id, struct shard *out)
{
    struct shard *shards;
    size_t count;
    TRY(kinesis_shards(c, key, &shards, &count));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(shards[i].id, id) != 0) continue;
        *out = shards[i];
        return OK;
    }
    return fail(ERR_RESOURCE_NOT_FOUND, "Shard %s in stream %s under account %s does not exist", id,
                key.name, key.account);
}

/* ---- ListShards ---- */

/* What one listing asks for; its next token carries the same. */
struct listing {
    const char *stream;
    int64_t created_us;    /* of the stream when the listing began */
    const char *filter;    /* ShardFilter.Type */
    const char *after;     /* shards with larger ids only; NULL: all */
    double time_s;         /* of AT_ and FROM_TIMESTAMP */
};

static error listing_from_token(struct call *c, const char *token, struct listing *l)
{
    static const char *const alone[] = {"StreamName", "StreamARN", "ExclusiveStartShardId",
                                        "ShardFilter", "StreamCreationTimestamp"};
    for (size_t i = 0; i < sizeof alone / sizeof *alone; i++)
        if (json_object_get(c->input, alone[i]))
            return fail(ERR_INVALID_ARGUMENT, "NextToken and %s cannot be provided together.",
                        alone[i]);
    json_t *document;
    TRY(kinesis_token_read(c, TOKEN_SHARDS, token, &document));
    l->stream = arena_text(c->arena, span_of(json_text(document, "stream")));
    l->filter = arena_text(c->arena, span_of(json_text(document, "filter")));
    l->after = arena_text(c->arena, span_of(json_text(document, "after")));
    l->created_us = json_integer_or(document, "created", 0);
    l->time_s = json_number_value(json_object_get(document, "time"));
    json_decref(document);
    return OK;
}

/* Seconds of a TIMESTAMP member: a number, or text the row has checked. */
static double timestamp_seconds(const json_t *value)
{
    int64_t us;
    if (json_is_number(value)) return json_number_value(value);
    if (json_is_string(value) && date_parse_iso8601(span_of(json_string_value(value)), &us) == OK)
        return (double)us / US_PER_SECOND;
    return 0;
}

static error listing_filter(struct call *c, struct listing *l)
{
    const json_t *filter = json_object_get(c->input, "ShardFilter");
    l->filter = filter ? json_text(filter, "Type") : "FROM_TRIM_HORIZON";
    const json_t *time = json_object_get(filter, "Timestamp");
    const char *shard = json_text(filter, "ShardId");
    bool timed = strstr(l->filter, "_TIMESTAMP") != NULL;
    if (timed && !json_is_number(time) && !json_is_string(time))
        return fail(ERR_INVALID_ARGUMENT, "ShardFilter of type %s must have a Timestamp.",
                    l->filter);
    if (!timed && time && !json_is_null(time))
        return fail(ERR_INVALID_ARGUMENT, "ShardFilter of type %s must not have a Timestamp.",
                    l->filter);
    l->time_s = timestamp_seconds(time);
    if (strcmp(l->filter, "AFTER_SHARD_ID") == 0) {
        if (!shard)
            return fail(ERR_INVALID_ARGUMENT,
                        "ShardFilter of type AFTER_SHARD_ID must have a ShardId.");
        if (!l->after || strcmp(shard, l->after) > 0) l->after = shard;
    } else if (shard) {
        return fail(ERR_INVALID_ARGUMENT, "ShardFilter of type %s must not have a ShardId.",
                    l->filter);
    }
    return OK;
}

static error listing_begin(struct call *c, struct listing *l)
{
    const char *token = json_text(c->input, "NextToken");
    *l = (struct listing){0};
    if (token) return listing_from_token(c, token, l);
    struct stream_key key;
    TRY(kinesis_key(c, &key));
    l->stream = key.name;
    l->after = json_text(c->input, "ExclusiveStartShardId");
    return listing_filter(c, l);
}

/* Whether the shard was open at the time, or (from_then) at some time since. */
static bool open_at(const struct shard *s, double time_s, bool from_then)
{
    double closed = s->closed ? (double)s->closed_us / US_PER_SECOND : INFINITY;
    if (closed <= time_s) return false;
    return from_then || (double)s->created_us / US_PER_SECOND <= time_s;
}

static bool listed(const struct listing *l, const struct shard *s, double horizon_s)
{
    if (l->after && strcmp(s->id, l->after) <= 0) return false;
    double time_s = l->time_s > horizon_s ? l->time_s : horizon_s;
    if (strcmp(l->filter, "AT_LATEST") == 0) return !s->closed;
    if (strcmp(l->filter, "AT_TRIM_HORIZON") == 0) return open_at(s, horizon_s, false);
    if (strcmp(l->filter, "AT_TIMESTAMP") == 0) return open_at(s, time_s, false);
    if (strcmp(l->filter, "FROM_TIMESTAMP") == 0) return open_at(s, time_s, true);
    return true;
}

static char *listing_token(struct call *c, const struct listing *l, const char *last)
{
    json_t *document = json_pack("{s:s, s:s, s:s, s:I, s:f}", "stream", l->stream, "filter",
                                 l->filter, "after", last, "created", (json_int_t)l->created_us,
                                 "time", l->time_s);
    return call_token_make(c, TOKEN_SHARDS, document);
}

error kinesis_same_stream(struct call *c, const struct stream_info *info)
{
    const json_t *created = json_object_get(c->input, "StreamCreationTimestamp");
    if (!json_is_number(created) && !json_is_string(created)) return OK;
    double asked = floor(timestamp_seconds(created));
    if (asked == (double)floor_div(info->created_us, US_PER_SECOND)) return OK;
    return kinesis_no_stream(c, info->name);
}

/* The stream must still be the one that a token's listing began with. */
static error listing_same_stream(struct call *c, struct listing *l, const struct stream_info *info)
{
    TRY(kinesis_same_stream(c, info));
    if (l->created_us && l->created_us != info->created_us) return kinesis_no_stream(c, l->stream);
    l->created_us = info->created_us;
    return OK;
}

static error list_shards(struct call *c)
{
    struct listing l;
    struct stream_info info;
    struct shard *shards;
    size_t count, limit = (size_t)json_integer_or(c->input, "MaxResults", LIST_SHARDS_DEFAULT);
    TRY(listing_begin(c, &l));
    struct stream_key key = {c->account, c->region, l.stream};
    TRY(stream_describe(c->gateway->options.streams, key, c->arena, &info));
    TRY(listing_same_stream(c, &l, &info));
    TRY(kinesis_shards(c, key, &shards, &count));
    int64_t horizon_us = now_us() - info.retention_hours * 3600 * (int64_t)US_PER_SECOND;
    if (horizon_us < info.created_us) horizon_us = info.created_us;
    json_t *list = json_array();
    const char *last = NULL;
    c->output = json_pack("{s:o}", "Shards", list);
    for (size_t i = 0; i < count; i++) {
        if (!listed(&l, &shards[i], (double)horizon_us / US_PER_SECOND)) continue;
        if (json_array_size(list) == limit) {
            json_object_set_new(c->output, "NextToken", json_string(listing_token(c, &l, last)));
            break;
        }
        last = shards[i].id;
        json_array_append_new(list, kinesis_shard_json(c->arena, &shards[i]));
    }
    return OK;
}

/* ---- resharding ---- */

static error split_shard(struct call *c)
{
    struct stream_key key;
    struct stream_info info;
    struct hash_key at;
    const char *text = json_text(c->input, "NewStartingHashKey");
    TRY(kinesis_describe(c, &key, &info));
    if (!hash_key_parse(span_of(text), &at))
        return fail(ERR_INVALID_ARGUMENT,
                    "NewStartingHashKey %s must be in the range: [0, 2^128-1].", text);
    if (!info.on_demand) TRY(kinesis_shard_quota(c, 1));
    return stream_split(c->gateway->options.streams, key, json_text(c->input, "ShardToSplit"), at);
}

static error merge_shards(struct call *c)
{
    struct stream_key key;
    TRY(kinesis_key(c, &key));
    return stream_merge(c->gateway->options.streams, key, json_text(c->input, "ShardToMerge"),
                        json_text(c->input, "AdjacentShardToMerge"));
}

/* The times of the last day's scalings, kept as an attribute. New reference. */
static error scalings(struct call *c, struct stream_key key, json_t **out)
{
    json_t *all;
    TRY(stream_attribute(c->gateway->options.streams, key, "scalings", &all));
    *out = json_array();
    for (size_t i = 0; i < json_array_size(all); i++) {
        json_t *time = json_array_get(all, i);
        if (now_us() - json_integer_value(time) < US_PER_DAY) json_array_append(*out, time);
    }
    json_decref(all);
    return OK;
}

static error scale(struct call *c, struct stream_key key, int target, int *current, json_t *recent)
{
    if (json_array_size(recent) >= SCALINGS_MAX)
        return fail(ERR_LIMIT_EXCEEDED,
                    "UpdateShardCount was called %d times for stream %s under account %s in the "
                    "last 24 hours, the limit.",
                    SCALINGS_MAX, key.name, c->account);
    TRY(stream_update_shard_count(c->gateway->options.streams, key, target, current));
    json_array_append_new(recent, json_integer(now_us()));
    return stream_set_attribute(c->gateway->options.streams, key, "scalings", recent);
}

static error update_shard_count(struct call *c)
{
    struct stream_key key;
    struct stream_info info;
    int64_t target = json_integer_or(c->input, "TargetShardCount", 0);
    int current = 0;
    json_t *recent;
    TRY(kinesis_describe(c, &key, &info));
    if (target > TARGET_SHARDS_MAX)
        return fail(ERR_LIMIT_EXCEEDED, "TargetShardCount %lld is larger than %d.",
                    (long long)target, TARGET_SHARDS_MAX);
    if (!info.on_demand) TRY(kinesis_shard_quota(c, target - info.open_shards));
    pthread_mutex_lock(&c->gateway->settings);
    error e = scalings(c, key, &recent);
    if (e == OK) {
        e = scale(c, key, (int)target, &current, recent);
        json_decref(recent);
    }
    pthread_mutex_unlock(&c->gateway->settings);
    TRY(e);
    c->output = json_pack("{s:s, s:i, s:I, s:s}", "StreamName", key.name, "CurrentShardCount",
                          current, "TargetShardCount", (json_int_t)target, "StreamARN", info.arn);
    return OK;
}

/* ---- rows ---- */

static const char *const filters[] = {"AFTER_SHARD_ID", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON",
                                      "AT_LATEST", "AT_TIMESTAMP", "FROM_TIMESTAMP", NULL};
static const char *const scaling_types[] = {"UNIFORM_SCALING", NULL};

static const struct member shard_filter[] = {
    ENUM_ROW("Type", MEMBER_REQUIRED, filters),
    SHARD_ID_ROW("ShardId", MEMBER_OPTIONAL),
    TIMESTAMP_ROW("Timestamp"),
    ROWS_END,
};
static const struct member list_shards_input[] = {
    STREAM_ROWS,
    NEXT_TOKEN_ROW,
    SHARD_ID_ROW("ExclusiveStartShardId", MEMBER_OPTIONAL),
    INTEGER_ROW("MaxResults", MEMBER_OPTIONAL, 1, 10000),
    TIMESTAMP_ROW("StreamCreationTimestamp"),
    STRUCTURE_ROW("ShardFilter", MEMBER_OPTIONAL, shard_filter),
    ROWS_END,
};
static const struct member split_shard_input[] = {
    STREAM_ROWS,
    SHARD_ID_ROW("ShardToSplit", MEMBER_REQUIRED),
    TOLD_ROW("NewStartingHashKey", MEMBER_REQUIRED, 0, 0, HASH_KEY_PATTERN),
    ROWS_END,
};
static const struct member merge_shards_input[] = {
    STREAM_ROWS,
    SHARD_ID_ROW("ShardToMerge", MEMBER_REQUIRED),
    SHARD_ID_ROW("AdjacentShardToMerge", MEMBER_REQUIRED),
    ROWS_END,
};
static const struct member update_shard_count_input[] = {
    STREAM_ROWS,
    INTEGER_ROW("TargetShardCount", MEMBER_REQUIRED, 1, COUNT_MAX),
    ENUM_ROW("ScalingType", MEMBER_REQUIRED, scaling_types),
    ROWS_END,
};

const struct operation kinesis_shard_operations[] = {
    {.name = "ListShards", .run = list_shards, .input = list_shards_input},
    {.name = "SplitShard", .run = split_shard, .input = split_shard_input, .note = "done at once"},
    {.name = "MergeShards", .run = merge_shards, .input = merge_shards_input,
     .note = "done at once"},
    {.name = "UpdateShardCount", .run = update_shard_count, .input = update_shard_count_input,
     .note = "done at once"},
    {0},
};
