/* What the Kinesis files share: operation tables, the rows nearly every operation has, and how a
 * request names its stream. Facts: Amazon Kinesis Data Streams API Reference, 2013-12-02. */
#pragma once

#include "aws/internal.h"
#include "aws/rows.h"

extern const struct operation kinesis_stream_operations[];   /* kinesis.c */
extern const struct operation kinesis_shard_operations[];    /* kinesis_shard.c */
extern const struct operation kinesis_record_operations[];   /* kinesis_record.c */
extern const struct operation kinesis_consumer_operations[]; /* kinesis_consumer.c */
extern const struct operation kinesis_setting_operations[];  /* kinesis_setting.c */
extern const struct operation kinesis_unserved_operations[]; /* kinesis.c */

/* ---- member rows, as in the service's model ---- */

#define NAME_PATTERN "[a-zA-Z0-9_.-]+"
/* Patterns that POSIX spells otherwise: as matched, as told. */
#define STREAM_ARN_PATTERN                                                                        \
    "arn:aws.*:kinesis:.*:[0-9]{12}:stream/[^[:space:]]+",                                        \
        "arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+"
#define CONSUMER_ARN_PATTERN                                                                      \
    "(arn):aws.*:kinesis:.*:[0-9]{12}:.*stream/[a-zA-Z0-9_.-]+/consumer/[a-zA-Z0-9_.-]+:[0-9]+",  \
        "^(arn):aws.*:kinesis:.*:\\d{12}:.*stream\\/[a-zA-Z0-9_.-]+\\/consumer\\/"                \
        "[a-zA-Z0-9_.-]+:[0-9]+"
#define RESOURCE_ARN_PATTERN                                                                      \
    "arn:aws.*:kinesis:.*:[0-9]{12}:.*(stream|channel|queue)/[^[:space:]]+",                      \
        "arn:aws.*:kinesis:.*:\\d{12}:.*(stream|channel|queue)/\\S+"
#define HASH_KEY_PATTERN "0|([1-9][0-9]{0,38})", "0|([1-9]\\d{0,38})"
#define SEQUENCE_PATTERN "0|([1-9][0-9]{0,128})", "0|([1-9]\\d{0,128})"

/* Text with a pattern of the pairs above. */
#define TOLD_ROW_OF(text, flag, least, most, text_pattern, text_told)                             \
    {.name = (text), .type = MEMBER_STRING, .flags = (flag), .min = (least), .max = (most),       \
     .pattern = (text_pattern), .told = (text_told)}
#define TOLD_ROW(...) TOLD_ROW_OF(__VA_ARGS__) /* lets a pair become two arguments */

#define STREAM_NAME_ROW TEXT_ROW("StreamName", MEMBER_OPTIONAL, 1, 128, NAME_PATTERN)
#define STREAM_ARN_ROW(flag) TOLD_ROW("StreamARN", flag, 1, 2048, STREAM_ARN_PATTERN)
#define STREAM_ROWS STREAM_NAME_ROW, STREAM_ARN_ROW(MEMBER_OPTIONAL)
#define SHARD_ID_ROW(text, flag) TEXT_ROW(text, flag, 1, 128, NAME_PATTERN)
#define NEXT_TOKEN_ROW TEXT_ROW("NextToken", MEMBER_OPTIONAL, 1, 1048576, NULL)
#define TAGS_ROW(flag)                                                                            \
    {.name = "Tags", .type = MEMBER_MAP, .flags = (flag), .min = 1, .max = 200,                   \
     .of = kinesis_tag_value, .keys = kinesis_tag_key}

extern const struct member kinesis_tag_key[], kinesis_tag_value[];
extern const struct member kinesis_mode_details[];

/* ---- naming streams (kinesis.c) ---- */

/* From StreamName or StreamARN (NULL: absent): one must be there; both must agree. */
error kinesis_key_of(struct call *, const char *name, const char *arn,
                     struct stream_key *) MUST_CHECK;
/* The same from the call's input. */
error kinesis_key(struct call *, struct stream_key *) MUST_CHECK;
/* The same, and the stream must exist. */
error kinesis_describe(struct call *, struct stream_key *, struct stream_info *) MUST_CHECK;
error kinesis_no_stream(struct call *, const char *name); /* words ERR_RESOURCE_NOT_FOUND */
/* stream/NAME[/consumer/CONSUMER:EPOCH] of an ARN of this account and region. */
struct kinesis_arn { const char *stream, *consumer; int64_t consumer_created_s; };
error kinesis_arn_parse(struct call *, const char *arn, struct kinesis_arn *) MUST_CHECK;
error kinesis_not_dry(const struct call *) MUST_CHECK; /* DryRun is refused, not ignored */
json_t *kinesis_mode_json(const struct stream_info *);
/* What is left of the account's shard quota must hold `more` shards. */
error kinesis_shard_quota(struct call *, int64_t more) MUST_CHECK;

/* What call_token_make() made; expired or foreign ones are refused. */
error kinesis_token_read(struct call *, enum token_use, const char *text, json_t **out) MUST_CHECK;

/* ---- shards (kinesis_shard.c) ---- */

char *hash_key_text(struct arena *, struct hash_key);
bool hash_key_parse(span decimal, struct hash_key *);
/* StreamCreationTimestamp, when given, must be the stream's: it may have been made anew. */
error kinesis_same_stream(struct call *, const struct stream_info *) MUST_CHECK;
json_t *kinesis_shard_json(struct arena *, const struct shard *);
/* All shards of the stream, in the call's arena. */
error kinesis_shards(struct call *, struct stream_key, struct shard **, size_t *count) MUST_CHECK;
/* ERR_RESOURCE_NOT_FOUND in AWS's words when there is none. */
error kinesis_find_shard(struct call *, struct stream_key, const char *id,
                         struct shard *) MUST_CHECK;

/* ---- records (kinesis_record.c) ---- */

/* A starting position as GetShardIterator and SubscribeToShard take it, checked. */
struct kinesis_start {
    const char *operation; /* for texts */
    const char *type, *sequence;
    const json_t *timestamp;
};
error kinesis_position(struct call *, struct stream_key, const char *shard_id,
                       struct kinesis_start, struct position *) MUST_CHECK;
/* The member "Records": [...]. `encrypted_since_us`: from then on records say KMS. */
void kinesis_write_records(struct writer *, const struct records *, int64_t encrypted_since_us);
size_t kinesis_records_size_hint(const struct records *);
/* The member "ChildShards" of a closed shard that is read to its end. */
error kinesis_write_children(struct call *, struct writer *, struct stream_key,
                             const char *shard_id) MUST_CHECK;
/* INT64_MAX while the stream is not encrypted. */
error kinesis_encrypted_since(struct call *, struct stream_key, int64_t *us) MUST_CHECK;

/* ---- PutRecord and PutRecords bodies (kinesis_put.c) ---- */

struct put_body {
    const char *stream_name, *stream_arn; /* NULL: absent */
    span ordering;                        /* SequenceNumberForOrdering; data NULL: absent */
    struct put_record *records;
    size_t count;
    size_t bytes;                         /* data and keys of all */
    size_t largest;                       /* data and key of the largest */
};
/* Reads and checks; errors in the words of the operation's rows. */
error kinesis_put_read(struct call *, bool many, struct put_body *) MUST_CHECK;

/* ---- consumers (kinesis_consumer.c) ---- */

struct subscriptions;
struct subscriptions *subscriptions_open(void);
void subscriptions_close(struct subscriptions *);

/* ---- settings (kinesis_setting.c) ---- */

/* Checks and merges tags into those stored under the attribute. */
error kinesis_tags_add(struct call *, struct stream_key, const char *attribute,
                       const json_t *tags) MUST_CHECK;
/* New reference: {"ShardLevelMetrics": [...]} in a list. */
error kinesis_monitoring(struct call *, struct stream_key, json_t **out) MUST_CHECK;
/* The attribute of a consumer's tags. */
char *kinesis_consumer_tags_name(struct arena *, const char *consumer);
