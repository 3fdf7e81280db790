/* Enhanced fan-out: registered consumers, and SubscribeToShard, which answers with an event stream
 * for five minutes. The server pulls the stream's bytes; each pull may wait for records. */
#include "aws/kinesis.h"

#include <stdlib.h>

enum { LIST_CONSUMERS_DEFAULT = 100 };
#define SUBSCRIPTION_LIFE_US (300 * (int64_t)US_PER_SECOND)
#define TAKEOVER_AFTER_US (5 * (int64_t)US_PER_SECOND)
#define IDLE_EVENT_EVERY_US (5 * (int64_t)US_PER_SECOND)
#define WAIT_SLICE_US (200 * (int64_t)US_PER_MS) /* how soon a closing gateway is noticed */
enum { EVENT_BYTES_MAX = 1024 * 1024, EVENT_RECORDS_MAX = 10000 };

/* ---- consumers ---- */

static json_t *consumer_json(const struct stream_consumer *s, const char *stream_arn)
{
    json_t *out = json_pack("{s:s, s:s, s:s, s:o}", "ConsumerName", s->name, "ConsumerARN", s->arn,
                            "ConsumerStatus", s->status, "ConsumerCreationTimestamp",
                            json_timestamp(s->created_us));
    if (stream_arn) json_object_set_new(out, "StreamARN", json_string(stream_arn));
    return out;
}

static error register_consumer(struct call *c)
{
    struct stream_key key;
    struct stream_consumer consumer;
    const json_t *tags = json_object_get(c->input, "Tags");
    const char *name = json_text(c->input, "ConsumerName");
    TRY(kinesis_key(c, &key));
    TRY(stream_register_consumer(c->gateway->options.streams, key, name, c->arena, &consumer));
    if (json_is_object(tags))
        TRY(kinesis_tags_add(c, key, kinesis_consumer_tags_name(c->arena, name), tags));
    c->output = json_pack("{s:o}", "Consumer", consumer_json(&consumer, NULL));
    return OK;
}

/* By name; `arn` (may be NULL) must then be the consumer's, with its time of creation. */
static error find_consumer(struct call *c, struct stream_key key, const char *name, const char *arn,
                           struct stream_consumer *out)
{
    struct stream_consumer *consumers;
    size_t count;
    TRY(stream_consumers(c->gateway->options.streams, key, c->arena, &consumers, &count));
    for (size_t i = 0; i < count; i++) {
        *out = consumers[i];
        if (strcmp(out->name, name) == 0 && (!arn || strcmp(out->arn, arn) == 0)) return OK;
    }
    return fail(ERR_RESOURCE_NOT_FOUND, "Consumer %s under stream %s not found.", name, key.name);
}

static error consumer_by_arn(struct call *c, const char *text, struct stream_key *key,
                             struct stream_consumer *out)
{
    struct kinesis_arn arn;
    TRY(kinesis_arn_parse(c, text, &arn));
    if (!arn.consumer)
        return fail(ERR_INVALID_ARGUMENT, "%s is not the ARN of a consumer.", text);
    *key = (struct stream_key){c->account, c->region, arn.stream};
    return find_consumer(c, *key, arn.consumer, text, out);
}

/* ConsumerARN, or StreamARN and ConsumerName; all that is given must agree. */
static error named_consumer(struct call *c, struct stream_key *key, struct stream_consumer *out)
{
    const char *arn = json_text(c->input, "ConsumerARN");
    const char *stream = json_text(c->input, "StreamARN");
    const char *name = json_text(c->input, "ConsumerName");
    if (!arn && (!stream || !name))
        return fail(ERR_INVALID_ARGUMENT,
                    "Must specify either ConsumerARN or both StreamARN and ConsumerName.");
    if (!arn) {
        TRY(kinesis_key(c, key));
        return find_consumer(c, *key, name, NULL, out);
    }
    TRY(consumer_by_arn(c, arn, key, out));
    struct stream_key other;
    if (stream) TRY(kinesis_key_of(c, NULL, stream, &other));
    if ((stream && strcmp(other.name, key->name) != 0) || (name && strcmp(name, out->name) != 0))
        return fail(ERR_INVALID_ARGUMENT,
                    "ConsumerARN does not agree with the given StreamARN or ConsumerName.");
    return OK;
}

static error deregister_consumer(struct call *c)
{
    struct stream_key key;
    struct stream_consumer consumer;
    struct stream_store *store = c->gateway->options.streams;
    TRY(named_consumer(c, &key, &consumer));
    TRY(stream_deregister_consumer(store, key, consumer.name));
    return stream_set_attribute(store, key, kinesis_consumer_tags_name(c->arena, consumer.name),
                                NULL);
}

static error describe_consumer(struct call *c)
{
    struct stream_key key;
    struct stream_info info;
    struct stream_consumer consumer;
    TRY(named_consumer(c, &key, &consumer));
    TRY(stream_describe(c->gateway->options.streams, key, c->arena, &info));
    c->output = json_pack("{s:o}", "ConsumerDescription", consumer_json(&consumer, info.arn));
    return OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct stream_consumer *)a)->name,
                  ((const struct stream_consumer *)b)->name);
}

static error consumers_after(struct call *c, const struct stream_key *key, const char **after)
{
    const char *token = json_text(c->input, "NextToken");
    *after = "";
    if (!token) return OK;
    json_t *document;
    TRY(kinesis_token_read(c, TOKEN_CONSUMERS, token, &document));
    error e = OK;
    if (strcmp(json_text(document, "stream"), key->name) != 0)
        e = fail(ERR_INVALID_ARGUMENT, "NextToken is invalid.");
    *after = arena_text(c->arena, span_of(json_text(document, "after")));
    json_decref(document);
    return e;
}

static error list_consumers(struct call *c)
{
    struct stream_key key;
    struct stream_info info;
    struct stream_consumer *consumers;
    const char *after, *last = NULL;
    size_t count, limit = (size_t)json_integer_or(c->input, "MaxResults", LIST_CONSUMERS_DEFAULT);
    TRY(kinesis_describe(c, &key, &info));
    TRY(kinesis_same_stream(c, &info));
    TRY(stream_consumers(c->gateway->options.streams, key, c->arena, &consumers, &count));
    TRY(consumers_after(c, &key, &after));
    if (count) qsort(consumers, count, sizeof *consumers, by_name);
    json_t *list = json_array();
    c->output = json_pack("{s:o}", "Consumers", list);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(consumers[i].name, after) <= 0) continue;
        if (json_array_size(list) == limit) {
            json_t *document = json_pack("{s:s, s:s}", "stream", key.name, "after", last);
            json_object_set_new(c->output, "NextToken",
                                json_string(call_token_make(c, TOKEN_CONSUMERS, document)));
            break;
        }
        last = consumers[i].name;
        json_array_append_new(list, consumer_json(&consumers[i], NULL));
    }
    return OK;
}

/* ---- who subscribes to what ---- */

/* One per consumer and shard; the newest owner holds it. */
struct claim {
    struct claim *next;
    char *name; /* consumer ARN, blank, shard id */
    int64_t since_us;
    uint64_t owner; /* 0: ended */
};

struct subscriptions {
    pthread_mutex_t lock;
    struct claim *first;
    uint64_t owners;
};

struct subscriptions *subscriptions_open(void)
{
    struct subscriptions *s = must_calloc(1, sizeof *s);
    CHECK(pthread_mutex_init(&s->lock, NULL) == 0);
    return s;
}

static void claim_free(struct claim *claim)
{
    free(claim->name);
    free(claim);
}

void subscriptions_close(struct subscriptions *s)
{
    if (!s) return;
    while (s->first) {
        struct claim *claim = s->first;
        s->first = claim->next;
        claim_free(claim);
    }
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* Drops what has ended and no longer forbids a new one. Locked. */
static void claims_purge(struct subscriptions *s, int64_t now)
{
    for (struct claim **p = &s->first; *p;) {
        struct claim *claim = *p;
        if (claim->owner || now - claim->since_us < TAKEOVER_AFTER_US) {
            p = &claim->next;
            continue;
        }
        *p = claim->next;
        claim_free(claim);
    }
}

static struct claim *claim_find(struct subscriptions *s, const char *name)
{
    struct claim *claim = s->first;
    while (claim && strcmp(claim->name, name) != 0) claim = claim->next;
    return claim;
}

/* The new owner's number, or 0 when the last one subscribed less than five seconds ago. */
static uint64_t claim_take(struct subscriptions *s, const char *name)
{
    uint64_t owner = 0;
    int64_t now = monotonic_us();
    pthread_mutex_lock(&s->lock);
    claims_purge(s, now);
    struct claim *claim = claim_find(s, name);
    if (!claim) {
        claim = must_calloc(1, sizeof *claim);
        *claim = (struct claim){.next = s->first, .name = must_strdup(name),
                                .since_us = now - TAKEOVER_AFTER_US};
        s->first = claim;
    }
    if (now - claim->since_us >= TAKEOVER_AFTER_US) {
        claim->since_us = now;
        owner = claim->owner = ++s->owners;
    }
    pthread_mutex_unlock(&s->lock);
    return owner;
}

static bool claim_held(struct subscriptions *s, const char *name, uint64_t owner)
{
    pthread_mutex_lock(&s->lock);
    const struct claim *claim = claim_find(s, name);
    bool held = claim && claim->owner == owner;
    pthread_mutex_unlock(&s->lock);
    return held;
}

static void claim_end(struct subscriptions *s, const char *name, uint64_t owner)
{
    pthread_mutex_lock(&s->lock);
    struct claim *claim = claim_find(s, name);
    if (claim && claim->owner == owner) claim->owner = 0;
    pthread_mutex_unlock(&s->lock);
}

/* ---- a subscription ---- */

struct subscription {
    struct gateway *gateway;
    struct call call;           /* for the functions that write; own arena and texts */
    struct arena arena;         /* of the names below, for the subscription's life */
    struct arena event;         /* of one event */
    struct stream_key key;
    const char *shard_id, *claim;
    uint64_t owner;
    struct stream *stream;
    struct stream_cursor *cursor;
    int64_t ends_us, idle_us;   /* monotonic: the end, and when an empty event is due */
    struct sequence continuation;
    struct buffer out;          /* messages not yet pulled */
    size_t pulled;
    bool last;                  /* nothing comes behind `out` */
};

static void subscription_free(struct subscription *s)
{
    if (s->owner) claim_end(s->gateway->subscriptions, s->claim, s->owner);
    if (s->cursor) s->stream->ops->close_cursor(s->cursor);
    if (s->stream) s->stream->ops->close(s->stream);
    buffer_release(&s->out);
    arena_release(&s->event);
    arena_release(&s->arena);
    free(s);
}

static void append_message(struct subscription *s, const char *kind, const char *type, span payload)
{
    event_stream_append(&s->out, kind, type, wire_content_type(s->call.wire), payload);
}

/* The error just worded, as the stream's last message. */
static void append_error(struct subscription *s, error e)
{
    struct writer w;
    writer_begin(&w, &s->event, s->call.wire, 512);
    writer_map(&w);
    writer_member_text(&w, "message", error_text());
    writer_map_end(&w);
    const char *name = error_row(e)->name;
    if (strcmp(name, "InternalFailure") == 0) name = "InternalFailureException";
    append_message(s, "exception", name, writer_span(&w));
    s->last = true;
}

static error write_event(struct subscription *s, const struct records *records)
{
    struct writer w;
    char text[SEQUENCE_TEXT_MAX];
    int64_t encrypted_since;
    TRY(kinesis_encrypted_since(&s->call, s->key, &encrypted_since));
    struct position position = s->stream->ops->position(s->cursor);
    if (position.type == POSITION_AFTER_SEQUENCE) s->continuation = position.sequence;
    if (records->any) s->continuation = records->last;
    sequence_print(text, s->continuation);
    writer_begin(&w, &s->event, s->call.wire, kinesis_records_size_hint(records));
    writer_map(&w);
    kinesis_write_records(&w, records, encrypted_since);
    writer_name(&w, "MillisBehindLatest");
    writer_integer(&w, records->behind_ms);
    if (records->shard_end) {
        TRY(kinesis_write_children(&s->call, &w, s->key, s->shard_id));
        s->last = true;
    } else {
        writer_member_text(&w, "ContinuationSequenceNumber", text);
    }
    writer_map_end(&w);
    append_message(s, "event", "SubscribeToShardEvent", writer_span(&w));
    return OK;
}

/* One event with records, the shard's end, or, when one is due, an empty event. */
static error next_event(struct subscription *s)
{
    struct read_limits limits = {
        .records = EVENT_RECORDS_MAX, .bytes = EVENT_BYTES_MAX, .raw = true};
    struct records records;
    TRY(s->stream->ops->read(s->cursor, limits, &records));
    int64_t now = monotonic_us();
    if (records.count == 0 && !records.shard_end && now < s->idle_us) return OK;
    error e = write_event(s, &records);
    s->stream->ops->release(s->cursor);
    s->idle_us = now + IDLE_EVENT_EVERY_US;
    return e;
}

static error still_mine(struct subscription *s)
{
    if (claim_held(s->gateway->subscriptions, s->claim, s->owner)) return OK;
    return fail(ERR_RESOURCE_IN_USE,
                "Another subscription of this consumer to shard %s has taken over.", s->shard_id);
}

/* Fills `out` with at least one message, or sets last. */
static void advance(struct subscription *s)
{
    buffer_reset(&s->out);
    s->pulled = 0;
    while (s->out.size == 0 && !s->last) {
        arena_reset(&s->event);
        if (monotonic_us() >= s->ends_us || s->gateway->stopping) {
            s->last = true;
            return;
        }
        error e = still_mine(s);
        if (e == OK) e = next_event(s);
        if (e == ERR_THROUGHPUT) world->sleep_us(WAIT_SLICE_US);
        else if (e != OK) append_error(s, e);
        else if (s->out.size == 0) s->stream->ops->wait(s->stream, WAIT_SLICE_US);
    }
}

static int64_t pull(void *context, char *out, size_t max)
{
    struct subscription *s = context;
    if (s->pulled == s->out.size) {
        if (s->last) return 0;
        advance(s);
    }
    size_t size = s->out.size - s->pulled;
    if (size > max) size = max;
    if (size) memcpy(out, s->out.data + s->pulled, size);
    s->pulled += size;
    return (int64_t)size;
}

static void pull_done(void *context)
{
    subscription_free(context);
}

static error subscription_open(struct call *c, struct subscription *s, const char *consumer_arn)
{
    const json_t *start = json_object_get(c->input, "StartingPosition");
    struct kinesis_start at = {
        .operation = "SubscribeToShard",
        .type = json_text(start, "Type"),
        .sequence = json_text(start, "SequenceNumber"),
        .timestamp = json_object_get(start, "Timestamp"),
    };
    struct shard shard;
    struct position position;
    TRY(kinesis_find_shard(c, s->key, s->shard_id, &shard));
    TRY(kinesis_position(c, s->key, s->shard_id, at, &position));
    TRY(stream_open_local(c->gateway->options.streams, s->key, &s->stream));
    TRY(s->stream->ops->open_cursor(s->stream, s->shard_id, position, &s->cursor));
    s->continuation = shard.starting;
    s->claim = arena_printf(&s->arena, "%s %s", consumer_arn, s->shard_id);
    s->owner = claim_take(s->gateway->subscriptions, s->claim);
    if (!s->owner)
        return fail(ERR_RESOURCE_IN_USE,
                    "Another active subscription exists for this consumer: %s:%s", s->claim,
                    "it began less than 5 seconds ago");
    return OK;
}

static char *keep(struct subscription *s, const char *text)
{
    return arena_text(&s->arena, span_of(text));
}

static error subscribe_to_shard(struct call *c)
{
    struct stream_key key;
    struct stream_consumer consumer;
    TRY(kinesis_not_dry(c));
    TRY(consumer_by_arn(c, json_text(c->input, "ConsumerARN"), &key, &consumer));
    struct subscription *s = must_calloc(1, sizeof *s);
    s->gateway = c->gateway;
    s->key = (struct stream_key){keep(s, key.account), keep(s, key.region), keep(s, key.name)};
    s->shard_id = keep(s, json_text(c->input, "ShardId"));
    s->call = (struct call){.gateway = c->gateway, .arena = &s->event, .wire = c->wire,
                            .operation = c->operation, .account = s->key.account,
                            .region = s->key.region};
    s->ends_us = monotonic_us() + SUBSCRIPTION_LIFE_US;
    error e = subscription_open(c, s, consumer.arn);
    if (e != OK) {
        subscription_free(s);
        return e;
    }
    append_message(s, "event", "initial-response",
                   c->wire == WIRE_CBOR ? SPAN("\xa0") : SPAN("{}"));
    c->reply->status = 200;
    http_reply_header(c->http, c->reply, "Content-Type", "application/vnd.amazon.eventstream");
    c->reply->pull = pull;
    c->reply->pull_done = pull_done;
    c->reply->pull_context = s;
    c->replied = true;
    return OK;
}

/* ---- rows ---- */

static const char *const position_types[] = {"AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER",
                                             "TRIM_HORIZON", "LATEST", "AT_TIMESTAMP", NULL};

#define CONSUMER_NAME_ROW(flag) TEXT_ROW("ConsumerName", flag, 1, 128, NAME_PATTERN)
#define CONSUMER_ARN_ROW(flag) TOLD_ROW("ConsumerARN", flag, 1, 2048, CONSUMER_ARN_PATTERN)

static const struct member register_input[] = {
    STREAM_ARN_ROW(MEMBER_REQUIRED),
    CONSUMER_NAME_ROW(MEMBER_REQUIRED),
    TAGS_ROW(MEMBER_OPTIONAL),
    ROWS_END,
};
static const struct member consumer_input[] = {
    STREAM_ARN_ROW(MEMBER_OPTIONAL),
    CONSUMER_NAME_ROW(MEMBER_OPTIONAL),
    CONSUMER_ARN_ROW(MEMBER_OPTIONAL),
    ROWS_END,
};
static const struct member list_consumers_input[] = {
    STREAM_ARN_ROW(MEMBER_REQUIRED),
    NEXT_TOKEN_ROW,
    INTEGER_ROW("MaxResults", MEMBER_OPTIONAL, 1, 10000),
    TIMESTAMP_ROW("StreamCreationTimestamp"),
    ROWS_END,
};
static const struct member starting_position[] = {
    ENUM_ROW("Type", MEMBER_REQUIRED, position_types),
    TOLD_ROW("SequenceNumber", MEMBER_OPTIONAL, 0, 0, SEQUENCE_PATTERN),
    TIMESTAMP_ROW("Timestamp"),
    ROWS_END,
};
static const struct member subscribe_input[] = {
    CONSUMER_ARN_ROW(MEMBER_REQUIRED),
    SHARD_ID_ROW("ShardId", MEMBER_REQUIRED),
    STRUCTURE_ROW("StartingPosition", MEMBER_REQUIRED, starting_position),
    BOOLEAN_ROW("DryRun"),
    ROWS_END,
};

const struct operation kinesis_consumer_operations[] = {
    {.name = "RegisterStreamConsumer", .run = register_consumer, .input = register_input,
     .note = "ACTIVE at once"},
    {.name = "DeregisterStreamConsumer", .run = deregister_consumer, .input = consumer_input,
     .note = "gone at once"},
    {.name = "DescribeStreamConsumer", .run = describe_consumer, .input = consumer_input},
    {.name = "ListStreamConsumers", .run = list_consumers, .input = list_consumers_input},
    {.name = "SubscribeToShard", .run = subscribe_to_shard, .input = subscribe_input,
     .note = "event stream over HTTP/1.1 and HTTP/2"},
    {0},
};
