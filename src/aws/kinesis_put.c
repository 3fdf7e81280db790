/* Bodies of PutRecord and PutRecords, read without building a document: in come JSON or CBOR
 * tokens, out come records whose keys and data point into the body or the request's arena.
 *
 * The reader accepts only what is plainly good. Anything else is read again, slowly, as a document
 * and checked against the operation's rows, so that refusals are worded in one place.
 *
 * Records of JSON as SDKs write them, data and key without escapes or anything else, are read
 * without tokens; the first that is not so and those behind it go the general way. */
#include "aws/kinesis.h"

enum {
    RECORDS_MAX = 500,
    PARTITION_KEY_MAX = 256,       /* Unicode characters */
    DATA_MAX = 10485760,           /* the largest MaxRecordSizeInKiB */
    PUT_BYTES_MAX = 10485760,      /* PutRecords: data and keys of all records */
    SEQUENCE_DIGITS_MAX = 129,
};

/* Which members have been seen: a second one is not plainly good. */
enum seen {
    SEEN_STREAM_NAME = 1, SEEN_STREAM_ARN = 2, SEEN_RECORDS = 4, SEEN_ORDERING = 8, SEEN_DATA = 16,
    SEEN_KEY = 32, SEEN_HASH = 64,
};

struct put_reader {
    struct body_reader body;
    struct put_body *out;
    unsigned seen;
    size_t capacity;
    span bad_hash; /* right by the row's pattern, but 2^128 or more */
};

static bool mark(unsigned *seen, enum seen member)
{
    bool fresh = !(*seen & member);
    *seen |= member;
    return fresh;
}

/* ---- values ---- */

/* The next value is text (an absent one for null); false: something else. */
static bool read_text(struct put_reader *r, span *out)
{
    enum json_token token = body_reader_next(&r->body);
    *out = (span){0};
    if (token == JSON_TOKEN_NULL) return true;
    return token == JSON_TOKEN_STRING && body_reader_text(&r->body, out) && out->data;
}

static bool read_name(struct put_reader *r, enum seen member, const char **out)
{
    span text;
    if (!mark(&r->seen, member) || !read_text(r, &text)) return false;
    if (!text.data) return true;
    if (text.size == 0 || text.size > 2048) return false;
    if (memchr(text.data, '\0', text.size)) return false;
    *out = arena_text(r->body.arena, text);
    return true;
}

static bool digits_good(span text, size_t most)
{
    if (text.size == 0 || text.size > most || (text.size > 1 && text.data[0] == '0')) return false;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9') return false;
    return true;
}

static bool read_key(struct put_reader *r, struct put_record *record)
{
    span key;
    if (!read_text(r, &key) || key.size == 0 || key.size > 4 * PARTITION_KEY_MAX) return false;
    record->partition_key = key;
    return utf8_count(key) <= PARTITION_KEY_MAX;
}

static bool read_data(struct put_reader *r, struct put_record *record)
{
    return body_reader_next(&r->body) == JSON_TOKEN_STRING &&
           body_reader_blob(&r->body, &record->data) && record->data.size <= DATA_MAX;
}

static bool read_hash(struct put_reader *r, struct put_record *record)
{
    span text;
    if (!read_text(r, &text)) return false;
    if (!text.data) return true;
    if (!digits_good(text, 39)) return false;
    record->has_explicit_hash = hash_key_parse(text, &record->explicit_hash);
    if (!record->has_explicit_hash && !r->bad_hash.data) r->bad_hash = text;
    return true;
}

/* ---- records ---- */

static struct put_record *record_add(struct put_reader *r)
{
    struct put_body *out = r->out;
    if (out->count == RECORDS_MAX) return NULL;
    if (out->count == r->capacity) {
        size_t capacity = r->capacity ? RECORDS_MAX : 16;
        struct put_record *grown = ARENA_ARRAY(r->body.arena, struct put_record, capacity);
        if (out->count) memcpy(grown, out->records, out->count * sizeof *grown);
        out->records = grown;
        r->capacity = capacity;
    }
    return &out->records[out->count++];
}

/* A member of a record; *mine is false when the name is not one. */
static bool record_member(struct put_reader *r, span name, struct put_record *record,
                          unsigned *seen, bool *mine)
{
    *mine = true;
    if (span_is(name, "Data")) return mark(seen, SEEN_DATA) && read_data(r, record);
    if (span_is(name, "PartitionKey")) return mark(seen, SEEN_KEY) && read_key(r, record);
    if (span_is(name, "ExplicitHashKey")) return mark(seen, SEEN_HASH) && read_hash(r, record);
    *mine = false;
    return true;
}

static void record_sized(struct put_reader *r, const struct put_record *record)
{
    size_t size = record->data.size + record->partition_key.size;
    r->out->bytes += size;
    if (size > r->out->largest) r->out->largest = size;
}

static bool record_complete(struct put_reader *r, const struct put_record *record, unsigned seen)
{
    record_sized(r, record);
    return (seen & SEEN_DATA) && (seen & SEEN_KEY);
}

static bool skip_value(struct put_reader *r)
{
    enum json_token token = body_reader_next(&r->body);
    return token != JSON_TOKEN_ERROR && body_reader_skip(&r->body, token);
}

static bool read_record(struct put_reader *r)
{
    struct put_record *record = record_add(r);
    enum json_token token;
    unsigned seen = 0;
    if (!record) return false;
    while ((token = body_reader_next(&r->body)) == JSON_TOKEN_KEY) {
        span name;
        bool mine;
        if (!body_reader_text(&r->body, &name)) return false;
        if (!record_member(r, name, record, &seen, &mine)) return false;
        if (!mine && !skip_value(r)) return false;
    }
    return token == JSON_TOKEN_OBJECT_END && record_complete(r, record, seen);
}

/* ---- plain records ---- */

struct plain {
    const char *at, *end;
    char *data; /* where data is decoded to; room for all that is left of the body */
};

static bool plain_take(struct plain *p, char c)
{
    if (p->at < p->end && *p->at == ' ') p->at++;
    if (p->at == p->end || *p->at != c) return false;
    p->at++;
    return true;
}

static bool plain_name(struct plain *p, span quoted)
{
    if ((size_t)(p->end - p->at) < quoted.size ||
        memcmp(p->at, quoted.data, quoted.size) != 0)
        return false;
    p->at += quoted.size;
    return plain_take(p, ':');
}

/* Up to the next quote; what holds escapes is refused by who looks into it. */
static bool plain_text(struct plain *p, span *out)
{
    if (!plain_take(p, '"')) return false;
    const char *quote = memchr(p->at, '"', (size_t)(p->end - p->at));
    if (!quote) return false;
    *out = (span){p->at, (size_t)(quote - p->at)};
    p->at = quote + 1;
    return true;
}

static bool plain_data(struct plain *p, struct put_record *record)
{
    span text;
    if (!plain_text(p, &text)) return false;
    record->data.data = p->data;
    if (base64_decode(p->data, &record->data.size, text) != OK) return false;
    p->data += record->data.size;
    return record->data.size <= DATA_MAX;
}

static bool plain_key(struct plain *p, struct put_record *record)
{
    if (!plain_text(p, &record->partition_key)) return false;
    span key = record->partition_key;
    bool good = key.size > 0 && key.size <= PARTITION_KEY_MAX;
    for (size_t i = 0; i < key.size; i++) {
        uint8_t c = (uint8_t)key.data[i];
        good &= c >= ' ' && c < 0x7f && c != '\\';
    }
    return good;
}

/* {"Data": base64, "PartitionKey": ASCII} in either order, with at most a blank between parts. */
static bool plain_record(struct plain *p, struct put_record *record)
{
    bool has_data = false, has_key = false;
    if (!plain_take(p, '{')) return false;
    for (int i = 0; i < 2; i++) {
        if (i && !plain_take(p, ',')) return false;
        if (p->at < p->end && *p->at == ' ') p->at++;
        if (!has_data && plain_name(p, SPAN("\"Data\""))) has_data = plain_data(p, record);
        else if (!has_key && plain_name(p, SPAN("\"PartitionKey\"")))
            has_key = plain_key(p, record);
        else return false;
    }
    return has_data && has_key && plain_take(p, '}');
}

/* All from the array's first on; what is not plain is left to the scanner. */
static void read_plain_records(struct put_reader *r)
{
    if (r->body.wire != WIRE_JSON) return;
    struct json_scanner *s = &r->body.json;
    struct plain p = {.at = s->at, .end = s->end};
    p.data = arena_alloc(r->body.arena, base64_decoded_max((size_t)(p.end - p.at)));
    while (r->out->count < RECORDS_MAX && (r->out->count == 0 || plain_take(&p, ','))) {
        struct put_record *record = record_add(r);
        if (!plain_record(&p, record)) {
            *record = (struct put_record){0};
            r->out->count--;
            return;
        }
        record_sized(r, record);
        json_scan_element_read(s, p.at);
    }
}

static bool read_records(struct put_reader *r)
{
    enum json_token token;
    if (!mark(&r->seen, SEEN_RECORDS)) return false;
    if (body_reader_next(&r->body) != JSON_TOKEN_ARRAY) return false;
    read_plain_records(r);
    while ((token = body_reader_next(&r->body)) == JSON_TOKEN_OBJECT)
        if (!read_record(r)) return false;
    return token == JSON_TOKEN_ARRAY_END && r->out->count > 0;
}

/* ---- the body ---- */

static bool read_ordering(struct put_reader *r)
{
    span text;
    if (!mark(&r->seen, SEEN_ORDERING) || !read_text(r, &text)) return false;
    if (!text.data) return true;
    r->out->ordering = text;
    return digits_good(text, SEQUENCE_DIGITS_MAX);
}

static bool body_member(struct put_reader *r, span name, struct put_record *single)
{
    bool mine;
    if (span_is(name, "StreamName")) return read_name(r, SEEN_STREAM_NAME, &r->out->stream_name);
    if (span_is(name, "StreamARN")) return read_name(r, SEEN_STREAM_ARN, &r->out->stream_arn);
    if (span_is(name, "DryRun")) return false;
    if (!single)
        return span_is(name, "Records") ? read_records(r) : skip_value(r);
    if (span_is(name, "SequenceNumberForOrdering")) return read_ordering(r);
    if (!record_member(r, name, single, &r->seen, &mine)) return false;
    return mine || skip_value(r);
}

static bool stream_name_good(const char *name)
{
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
    return size > 0 && size <= 128 && name[size] == '\0';
}

static bool read_body(struct put_reader *r, bool many)
{
    struct put_record *single = many ? NULL : record_add(r);
    enum json_token token;
    if (body_reader_next(&r->body) != JSON_TOKEN_OBJECT) return false;
    while ((token = body_reader_next(&r->body)) == JSON_TOKEN_KEY) {
        span name;
        if (!body_reader_text(&r->body, &name) || !body_member(r, name, single)) return false;
    }
    if (token != JSON_TOKEN_OBJECT_END || body_reader_next(&r->body) != JSON_TOKEN_END)
        return false;
    if (r->out->stream_name && !stream_name_good(r->out->stream_name)) return false;
    return many ? (r->seen & SEEN_RECORDS) != 0 : record_complete(r, single, r->seen);
}

/* ---- refusals ---- */

static error refuse(struct call *c)
{
    TRY(c->wire == WIRE_CBOR ? protocol_cbor_read(c->http->body, &c->input)
                             : protocol_json_read(c->http->body, &c->input));
    TRY(member_check(c->operation->input, c->input, false));
    TRY(kinesis_not_dry(c));
    const char *arn = json_text(c->input, "StreamARN");
    if (arn) {
        struct stream_key key;
        TRY(kinesis_key_of(c, json_text(c->input, "StreamName"), arn, &key));
    }
    return fail(ERR_SERIALIZATION, "The request body could not be read.");
}

static error check_sizes(struct call *c, const struct put_body *body)
{
    struct stream_key key;
    struct stream_info info;
    if (body->bytes > PUT_BYTES_MAX && body->count > 1)
        return fail(ERR_INVALID_ARGUMENT, "Records size exceeds %d MB limit",
                    PUT_BYTES_MAX / (1024 * 1024));
    if (body->largest <= 1024 * 1024) return OK; /* the smallest limit a stream may have */
    TRY(kinesis_key_of(c, body->stream_name, body->stream_arn, &key));
    TRY(stream_describe(c->gateway->options.streams, key, c->arena, &info));
    if (body->largest <= (size_t)info.max_record_kib * 1024) return OK;
    return fail(ERR_INVALID_ARGUMENT,
                "Record of %zu bytes (data and partition key) exceeds the maximum record size of "
                "%d KiB of stream %s under account %s.",
                body->largest, info.max_record_kib, key.name, c->account);
}

error kinesis_put_read(struct call *c, bool many, struct put_body *out)
{
    struct put_reader r = {.out = out};
    *out = (struct put_body){0};
    body_reader_begin(&r.body, c->arena, c->wire, c->http->body);
    if (!read_body(&r, many)) return refuse(c);
    if (r.bad_hash.data)
        return fail(ERR_INVALID_ARGUMENT,
                    "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
                    "Specified value was %.*s",
                    (int)r.bad_hash.size, r.bad_hash.data);
    return check_sizes(c, out);
}
