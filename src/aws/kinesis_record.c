/* Kinesis records: put, iterators, get. The hot path: bodies are read by kinesis_put.c and replies
 * are written straight from the log's map into the request's arena. */
#include "aws/kinesis.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

enum {
    GET_RECORDS_MAX = 10000,
    GET_BYTES_MAX = 10 * 1024 * 1024, /* of data in one answer */
    RECORD_OVERHEAD = 256,            /* names, numbers and syntax of one record in a reply */
};

/* ---- put ---- */

static error rate_exceeded(struct call *c, const struct stream_key *key, const char *shard)
{
    return fail(ERR_THROUGHPUT, "Rate exceeded for shard %s in stream %s under account %s.", shard,
                key->name, c->account);
}

static void reply_written(struct call *c, const struct writer *w)
{
    call_reply_body(c, 200, wire_content_type(c->wire), writer_span(w));
}

static void write_put_refusal(struct call *c, struct writer *w, const struct stream_key *key,
                              const struct put_result *result)
{
    if (result->code == ERR_THROUGHPUT) (void)rate_exceeded(c, key, result->shard_id);
    else (void)fail(result->code, "Internal Service Failure");
    writer_member_text(w, "ErrorCode", error_row(result->code)->name);
    writer_member_text(w, "ErrorMessage", error_text());
}

/* A result in the reply: the others differ from it in shard and number alone, so they are its copies.
 * Offsets from the reply's and from the result's start. */
struct put_row {
    size_t at, size; /* 0: none yet */
    size_t shard, number, digits;
};

static void write_first_row(struct writer *w, const char *shard_id, span number,
                            struct put_row *row)
{
    size_t quote = w->wire == WIRE_JSON;
    writer_map(w);
    row->at = writer_span(w).size - 1;
    writer_member_plain(w, "ShardId", span_of(shard_id));
    row->shard = writer_span(w).size - quote - (SHARD_ID_SIZE - 1) - row->at;
    writer_member_plain(w, "SequenceNumber", number);
    row->number = writer_span(w).size - quote - number.size - row->at;
    row->digits = number.size;
    writer_map_end(w);
    row->size = writer_span(w).size - row->at;
}

static void write_put_row(struct call *c, struct writer *w, const struct stream_key *key,
                          const struct put_result *result, struct put_row *row)
{
    char text[SEQUENCE_TEXT_MAX];
    if (result->code != OK) {
        writer_map(w);
        write_put_refusal(c, w, key, result);
        writer_map_end(w);
        return;
    }
    span number = {text, sequence_print(text, result->sequence)};
    if (!row->size || row->digits != number.size) {
        write_first_row(w, result->shard_id, number, row);
        return;
    }
    char *copy = writer_again(w, row->at, row->size);
    memcpy(copy + row->shard, result->shard_id, SHARD_ID_SIZE - 1);
    memcpy(copy + row->number, number.data, number.size);
}

/* Encrypted streams say so in replies. */
static error write_encryption(struct call *c, struct writer *w, struct stream_key key)
{
    int64_t since;
    TRY(kinesis_encrypted_since(c, key, &since));
    if (since != INT64_MAX) writer_member_text(w, "EncryptionType", "KMS");
    return OK;
}

/* A number no earlier record can have; the log's numbers grow, so the next is larger than any
 * that it gave out. */
static error check_ordering(struct call *c, const struct put_body *body,
                            const struct stream_key *key)
{
    struct sequence sequence;
    if (!body->ordering.data || sequence_parse(body->ordering, &sequence) == OK) return OK;
    return fail(
        ERR_INVALID_ARGUMENT,
        "ExclusiveMinimumSequenceNumber %.*s used in PutRecord on stream %s under account %s "
        "is invalid.",
        (int)body->ordering.size, body->ordering.data, key->name, c->account);
}

static error put_record(struct call *c)
{
    struct put_body body;
    struct stream_key key;
    struct put_result result = {0};
    struct writer w;
    TRY(kinesis_put_read(c, false, &body));
    TRY(kinesis_key_of(c, body.stream_name, body.stream_arn, &key));
    TRY(check_ordering(c, &body, &key));
    TRY(stream_put(c->gateway->options.streams, key, body.records, 1, &result));
    if (result.code == ERR_THROUGHPUT) return rate_exceeded(c, &key, result.shard_id);
    if (result.code != OK) return fail(result.code, "Internal Service Failure");
    char number[SEQUENCE_TEXT_MAX];
    size_t digits = sequence_print(number, result.sequence);
    writer_begin(&w, c->arena, c->wire, RECORD_OVERHEAD);
    writer_map(&w);
    writer_member_plain(&w, "ShardId", span_of(result.shard_id));
    writer_member_plain(&w, "SequenceNumber", (span){number, digits});
    TRY(write_encryption(c, &w, key));
    writer_map_end(&w);
    reply_written(c, &w);
    return OK;
}

static error put_records(struct call *c)
{
    struct put_body body;
    struct stream_key key;
    struct writer w;
    int64_t failed = 0;
    TRY(kinesis_put_read(c, true, &body));
    TRY(kinesis_key_of(c, body.stream_name, body.stream_arn, &key));
    struct put_result *results = ARENA_ARRAY(c->arena, struct put_result, body.count);
    TRY(stream_put(c->gateway->options.streams, key, body.records, body.count, results));
    for (size_t i = 0; i < body.count; i++) failed += results[i].code != OK;
    writer_begin(&w, c->arena, c->wire, RECORD_OVERHEAD * (body.count + 1));
    writer_map(&w);
    writer_name(&w, "FailedRecordCount");
    writer_integer(&w, failed);
    writer_name(&w, "Records");
    writer_list(&w);
    struct put_row row = {0};
    for (size_t i = 0; i < body.count; i++) write_put_row(c, &w, &key, &results[i], &row);
    writer_list_end(&w);
    TRY(write_encryption(c, &w, key));
    writer_map_end(&w);
    reply_written(c, &w);
    return OK;
}

/* ---- starting positions ---- */

static error position_text(const struct kinesis_start *start, bool sequenced)
{
    return fail(ERR_INVALID_ARGUMENT,
                "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER, and "
                "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no "
                "StartingSequenceNumber. Request specified %s and %s.",
                start->type,
                sequenced ? "also a StartingSequenceNumber" : "no StartingSequenceNumber");
}

static error position_sequence(struct call *c, struct stream_key key, const char *shard_id,
                               const struct kinesis_start *start, struct position *out)
{
    if (!start->sequence) return position_text(start, false);
    out->type = strcmp(start->type, "AT_SEQUENCE_NUMBER") == 0 ? POSITION_AT_SEQUENCE
                                                               : POSITION_AFTER_SEQUENCE;
    if (sequence_parse(span_of(start->sequence), &out->sequence) == OK) return OK;
    return fail(ERR_INVALID_ARGUMENT,
                "StartingSequenceNumber %s used in %s on shard %s in stream %s under account %s is "
                "invalid.",
                start->sequence, start->operation, shard_id, key.name, c->account);
}

static error position_time(const struct kinesis_start *start, struct position *out)
{
    const json_t *time = start->timestamp;
    if (!json_is_number(time) && !json_is_string(time))
        return fail(ERR_INVALID_ARGUMENT,
                    "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
                    "Current request has no timestamp parameter.");
    if (json_is_string(time)) {
        TRY(date_parse_iso8601(span_of(json_string_value(time)), &out->timestamp_us));
    } else {
        double seconds = json_number_value(time);
        if (!(seconds >= 0)) seconds = 0;        /* before the trim horizon either way */
        if (seconds > 9e12) seconds = 9e12;      /* refused as future, without overflow */
        out->timestamp_us = llround(seconds * 1000) * US_PER_MS;
    }
    out->type = POSITION_AT_TIMESTAMP;
    int64_t now = now_us();
    if (out->timestamp_us <= now) return OK;
    return fail(ERR_INVALID_ARGUMENT,
                "The timestampInMillis parameter cannot be greater than the "
                "currentTimestampInMillis. timestampInMillis: %lld, currentTimestampInMillis: %lld",
                (long long)(out->timestamp_us / US_PER_MS), (long long)(now / US_PER_MS));
}

error kinesis_position(struct call *c, struct stream_key key, const char *shard_id,
                       struct kinesis_start start, struct position *out)
{
    *out = (struct position){0};
    if (strstr(start.type, "SEQUENCE_NUMBER"))
        return position_sequence(c, key, shard_id, &start, out);
    if (start.sequence) return position_text(&start, true);
    if (strcmp(start.type, "AT_TIMESTAMP") == 0) return position_time(&start, out);
    out->type = strcmp(start.type, "LATEST") == 0 ? POSITION_LATEST : POSITION_TRIM_HORIZON;
    return OK;
}

/* ---- iterators ---- */

/* What a shard iterator says. As a token's payload:
 *   stream created, us 8 BE | position 1 | sequence 24 BE | account NUL region NUL stream NUL shard
 * A position is TRIM_HORIZON, AFTER_SEQUENCE or SHARD_END: others were resolved when it was made,
 * so that nothing is lost between GetShardIterator and the first GetRecords. */
struct iterator {
    struct stream_key key;
    const char *shard_id;
    int64_t created_us;
    struct position position;
};
enum { ITERATOR_HEAD = 33 };

static char *iterator_seal(struct call *c, const struct iterator *it)
{
    uint8_t head[ITERATOR_HEAD];
    struct buffer payload = {0};
    put_be64(head, (uint64_t)it->created_us);
    head[8] = (uint8_t)it->position.type;
    put_be64(head + 9, it->position.sequence.high);
    put_be64(head + 17, it->position.sequence.middle);
    put_be64(head + 25, it->position.sequence.low);
    buffer_append(&payload, head, sizeof head);
    buffer_append(&payload, it->key.account, strlen(it->key.account) + 1);
    buffer_append(&payload, it->key.region, strlen(it->key.region) + 1);
    buffer_append(&payload, it->key.name, strlen(it->key.name) + 1);
    buffer_append_text(&payload, it->shard_id);
    char *text = token_seal(c->arena, c->gateway->token_key, TOKEN_SHARD_ITERATOR, now_us(),
                            buffer_span(&payload));
    buffer_release(&payload);
    return text;
}

/* "Tue Jan 10 06:07:08 UTC 2023" */
static char *clock_text(struct arena *arena, int64_t us)
{
    time_t seconds = (time_t)floor_div(us, US_PER_SECOND);
    struct tm parts;
    char *text = arena_alloc(arena, 40);
    gmtime_r(&seconds, &parts);
    strftime(text, 40, "%a %b %d %H:%M:%S UTC %Y", &parts);
    return text;
}

static const char *take_text(span *rest)
{
    const char *text = rest->data, *nul = memchr(rest->data, '\0', rest->size);
    CHECK(nul); /* the payload is sealed: only we wrote it */
    rest->size -= (size_t)(nul + 1 - rest->data);
    rest->data = nul + 1;
    return text;
}

static error iterator_open(struct call *c, const char *text, struct iterator *it)
{
    span payload;
    int64_t sealed_us, now = now_us();
    if (!token_open(c->arena, c->gateway->token_key, TOKEN_SHARD_ITERATOR, span_of(text),
                    &sealed_us, &payload))
        return fail(ERR_INVALID_ARGUMENT, "Invalid ShardIterator.");
    CHECK(payload.size > ITERATOR_HEAD);
    const char *head = payload.data;
    *it = (struct iterator){
        .created_us = (int64_t)get_be64(head),
        .position = {.type = (enum position_type)head[8],
                     .sequence = {get_be64(head + 9), get_be64(head + 17), get_be64(head + 25)}},
    };
    payload = (span){head + ITERATOR_HEAD, payload.size - ITERATOR_HEAD};
    it->key.account = take_text(&payload);
    it->key.region = take_text(&payload);
    it->key.name = take_text(&payload);
    it->shard_id = arena_text(c->arena, payload);
    if (strcmp(it->key.account, c->account) != 0 || strcmp(it->key.region, c->region) != 0)
        return fail(ERR_INVALID_ARGUMENT, "Invalid ShardIterator.");
    if (now - sealed_us <= TOKEN_LIFE_MS * (int64_t)US_PER_MS) return OK;
    return fail(ERR_EXPIRED_ITERATOR,
                "Iterator expired. The iterator was created at time %s while right now it is %s "
                "which is further in the future than the tolerated delay of %d milliseconds.",
                clock_text(c->arena, sealed_us), clock_text(c->arena, now), TOKEN_LIFE_MS);
}

static error resolve(struct stream *stream, const char *shard_id, struct position *position)
{
    struct stream_cursor *cursor;
    TRY(stream->ops->open_cursor(stream, shard_id, *position, &cursor));
    *position = stream->ops->position(cursor);
    stream->ops->close_cursor(cursor);
    return OK;
}

static error get_shard_iterator(struct call *c)
{
    struct iterator it = {.shard_id = json_text(c->input, "ShardId")};
    struct kinesis_start start = {
        .operation = "GetShardIterator",
        .type = json_text(c->input, "ShardIteratorType"),
        .sequence = json_text(c->input, "StartingSequenceNumber"),
        .timestamp = json_object_get(c->input, "Timestamp"),
    };
    struct stream *stream;
    TRY(kinesis_not_dry(c));
    TRY(kinesis_key(c, &it.key));
    TRY(stream_open_local(c->gateway->options.streams, it.key, &stream));
    it.created_us = stream->created_us;
    error e = kinesis_position(c, it.key, it.shard_id, start, &it.position);
    if (e == OK) e = resolve(stream, it.shard_id, &it.position);
    stream->ops->close(stream);
    if (e != OK) return e;
    c->output = json_pack("{s:s}", "ShardIterator", iterator_seal(c, &it));
    return OK;
}

/* ---- get ---- */

size_t kinesis_records_size_hint(const struct records *records)
{
    return base64_encoded_size(records->bytes) + (records->count + 4) * RECORD_OVERHEAD * 2;
}

void kinesis_write_records(struct writer *w, const struct records *records,
                           int64_t encrypted_since_us)
{
    char text[SEQUENCE_TEXT_MAX];
    writer_name(w, "Records");
    writer_list(w);
    for (size_t i = 0; i < records->count; i++) {
        writer_map(w);
        size_t digits = sequence_print(text, records->sequence[i]);
        writer_member_plain(w, "SequenceNumber", (span){text, digits});
        writer_name(w, "ApproximateArrivalTimestamp");
        writer_time(w, records->arrival_us[i]);
        writer_name(w, "Data");
        writer_blob(w, records->data[i]);
        writer_name(w, "PartitionKey");
        writer_text(w, records->partition_key[i]);
        if (records->arrival_us[i] >= encrypted_since_us)
            writer_member_text(w, "EncryptionType", "KMS");
        writer_map_end(w);
    }
    writer_list_end(w);
}

static void write_child(struct call *c, struct writer *w, const struct shard *child)
{
    writer_map(w);
    writer_member_text(w, "ShardId", child->id);
    writer_name(w, "ParentShards");
    writer_list(w);
    writer_text(w, span_of(child->parent));
    if (child->adjacent_parent) writer_text(w, span_of(child->adjacent_parent));
    writer_list_end(w);
    writer_name(w, "HashKeyRange");
    writer_map(w);
    writer_member_text(w, "StartingHashKey", hash_key_text(c->arena, child->start));
    writer_member_text(w, "EndingHashKey", hash_key_text(c->arena, child->end));
    writer_map_end(w);
    writer_map_end(w);
}

error kinesis_write_children(struct call *c, struct writer *w, struct stream_key key,
                             const char *shard_id)
{
    struct shard *shards;
    size_t count;
    TRY(kinesis_shards(c, key, &shards, &count));
    writer_name(w, "ChildShards");
    writer_list(w);
    for (size_t i = 0; i < count; i++) {
        const struct shard *s = &shards[i];
        bool child = (s->parent && strcmp(s->parent, shard_id) == 0) ||
                     (s->adjacent_parent && strcmp(s->adjacent_parent, shard_id) == 0);
        if (child) write_child(c, w, s);
    }
    writer_list_end(w);
    return OK;
}

/* Reads one page and writes the reply while the slice is still the cursor's. */
static error get_page(struct call *c, struct iterator *it, struct stream_cursor *cursor,
                      size_t limit)
{
    const struct stream_ops *ops = cursor->stream->ops;
    struct read_limits limits = {.records = limit, .bytes = GET_BYTES_MAX, .raw = true};
    struct records records;
    struct writer w;
    int64_t encrypted_since;
    TRY(kinesis_encrypted_since(c, it->key, &encrypted_since));
    TRY(ops->read(cursor, limits, &records));
    writer_begin(&w, c->arena, c->wire, kinesis_records_size_hint(&records));
    writer_map(&w);
    kinesis_write_records(&w, &records, encrypted_since);
    writer_name(&w, "MillisBehindLatest");
    writer_integer(&w, records.behind_ms);
    if (records.shard_end) {
        TRY(kinesis_write_children(c, &w, it->key, it->shard_id));
    } else {
        it->position = ops->position(cursor);
        writer_member_text(&w, "NextShardIterator", iterator_seal(c, it));
    }
    writer_map_end(&w);
    reply_written(c, &w);
    return OK;
}

/* StreamARN is not needed, but must agree. */
static error check_arn(struct call *c, const struct iterator *it)
{
    struct stream_key key;
    const char *arn = json_text(c->input, "StreamARN");
    if (!arn) return OK;
    TRY(kinesis_key_of(c, NULL, arn, &key));
    if (strcmp(key.name, it->key.name) == 0) return OK;
    return fail(ERR_INVALID_ARGUMENT, "The ShardIterator does not belong to stream %s.", key.name);
}

static error get_records(struct call *c)
{
    struct iterator it;
    struct stream *stream;
    struct stream_cursor *cursor;
    TRY(kinesis_not_dry(c));
    TRY(iterator_open(c, json_text(c->input, "ShardIterator"), &it));
    TRY(check_arn(c, &it));
    TRY(stream_open_local(c->gateway->options.streams, it.key, &stream));
    error e = stream->created_us == it.created_us
                  ? OK
                  : fail(ERR_INVALID_ARGUMENT, "Invalid ShardIterator.");
    if (e == OK) e = stream->ops->open_cursor(stream, it.shard_id, it.position, &cursor);
    if (e == OK) {
        size_t limit = (size_t)json_integer_or(c->input, "Limit", GET_RECORDS_MAX);
        e = get_page(c, &it, cursor, limit);
        stream->ops->close_cursor(cursor);
    }
    stream->ops->close(stream);
    return e;
}

/* ---- rows ---- */

static const char *const iterator_types[] = {"AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER",
                                             "TRIM_HORIZON", "LATEST", "AT_TIMESTAMP", NULL};

#define RECORD_ROWS                                                                               \
    {.name = "Data", .type = MEMBER_BLOB, .flags = MEMBER_REQUIRED, .min = 0, .max = 10485760},   \
        TOLD_ROW("ExplicitHashKey", MEMBER_OPTIONAL, 0, 0, HASH_KEY_PATTERN),                     \
        TEXT_ROW("PartitionKey", MEMBER_REQUIRED, 1, 256, NULL)

static const struct member put_record_input[] = {
    STREAM_ROWS,
    RECORD_ROWS,
    TOLD_ROW("SequenceNumberForOrdering", MEMBER_OPTIONAL, 0, 0, SEQUENCE_PATTERN),
    BOOLEAN_ROW("DryRun"),
    ROWS_END,
};
static const struct member records_entry_rows[] = {RECORD_ROWS, ROWS_END};
static const struct member records_entry[] = {
    STRUCTURE_ROW("member", MEMBER_OPTIONAL, records_entry_rows),
};
static const struct member put_records_input[] = {
    STREAM_ROWS,
    LIST_ROW("Records", MEMBER_REQUIRED, 1, 500, records_entry),
    BOOLEAN_ROW("DryRun"),
    ROWS_END,
};
static const struct member get_shard_iterator_input[] = {
    STREAM_ROWS,
    SHARD_ID_ROW("ShardId", MEMBER_REQUIRED),
    ENUM_ROW("ShardIteratorType", MEMBER_REQUIRED, iterator_types),
    TOLD_ROW("StartingSequenceNumber", MEMBER_OPTIONAL, 0, 0, SEQUENCE_PATTERN),
    TIMESTAMP_ROW("Timestamp"),
    BOOLEAN_ROW("DryRun"),
    ROWS_END,
};
static const struct member get_records_input[] = {
    TEXT_ROW("ShardIterator", MEMBER_REQUIRED, 1, 512, NULL),
    INTEGER_ROW("Limit", MEMBER_OPTIONAL, 1, 10000),
    STREAM_ARN_ROW(MEMBER_OPTIONAL),
    BOOLEAN_ROW("DryRun"),
    ROWS_END,
};

const struct operation kinesis_record_operations[] = {
    {.name = "PutRecord", .run = put_record, .input = put_record_input, .own_input = true,
     .note = "durable when it answers"},
    {.name = "PutRecords", .run = put_records, .input = put_records_input, .own_input = true,
     .note = "durable when it answers; all records of a call are appended in order"},
    {.name = "GetShardIterator", .run = get_shard_iterator, .input = get_shard_iterator_input},
    {.name = "GetRecords", .run = get_records, .input = get_records_input},
    {0},
};
