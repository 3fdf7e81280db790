/* The remote back end against an HTTP endpoint that answers from a local log, with faults on
 * order: paging, renewal of iterators, throttling, damaged replies, loss. */
#include "http/http.h"
#include "stream_testing.h"

#include <stdatomic.h>

struct endpoint {
    struct testing *testing;
    struct http_server *server;
    struct http_client *client;
    char url[64];
    atomic_int expire, throttle, garbage; /* so many next GetRecords fail that way */
    atomic_int get_records, get_iterators;
    _Atomic(const char *) throttled_shard;
    atomic_bool no_cbor; /* as emulators that read every body as JSON */
    atomic_int refused;  /* so many were */
    atomic_bool outage; /* of ListShards */
    atomic_bool forget; /* AT_ and AFTER_SEQUENCE_NUMBER silently become TRIM_HORIZON */
    _Atomic(const char *) oldest; /* where TRIM_HORIZON is; NULL: at the first record */
    char oldest_text[SEQUENCE_TEXT_MAX];
};

static void set_oldest(struct endpoint *p, struct sequence sequence)
{
    sequence_print(p->oldest_text, sequence);
    atomic_store(&p->oldest, p->oldest_text);
}

static json_t *hash_json(struct hash_key key)
{
    unsigned __int128 n = (unsigned __int128)key.high << 64 | key.low;
    char text[40], *at = text + sizeof text;
    do *--at = (char)('0' + (int)(n % 10));
    while (n /= 10);
    return json_stringn(at, (size_t)(text + sizeof text - at));
}

static json_t *shard_json(const struct shard *s)
{
    char starting[SEQUENCE_TEXT_MAX], ending[SEQUENCE_TEXT_MAX];
    sequence_print(starting, s->starting);
    sequence_print(ending, s->ending);
    json_t *range = json_pack("{s:s}", "StartingSequenceNumber", starting);
    if (s->closed) json_object_set_new(range, "EndingSequenceNumber", json_string(ending));
    json_t *out = json_pack("{s:s,s:{s:o,s:o},s:o}", "ShardId", s->id, "HashKeyRange",
                            "StartingHashKey", hash_json(s->start), "EndingHashKey",
                            hash_json(s->end), "SequenceNumberRange", range);
    if (s->parent) json_object_set_new(out, "ParentShardId", json_string(s->parent));
    return out;
}

/* One shard per page. */
static error list_shards(struct endpoint *p, const json_t *in, json_t **out)
{
    if (p->outage) return (fail)(ERR_UNAVAILABLE, "down");
    struct arena arena = {0};
    struct stream *s = testing_stream(p->testing);
    struct shard *shards;
    size_t count;
    const char *token = json_text(in, "NextToken");
    size_t at = token ? strtoul(token, NULL, 10) : 0;
    if (token) assert_null(json_object_get(in, "StreamName"));
    assert_int_equal(stream_shards(s, &arena, &shards, &count), OK);
    *out = json_pack("{s:[o]}", "Shards", shard_json(&shards[at]));
    if (at + 1 < count) json_object_set_new(*out, "NextToken", json_sprintf("%zu", at + 1));
    s->ops->close(s);
    arena_release(&arena);
    return OK;
}

static error get_iterator(struct endpoint *p, const json_t *in, json_t **out)
{
    const char *type = json_text(in, "ShardIteratorType"),
               *sequence = json_text(in, "StartingSequenceNumber");
    double time = json_number_value(json_object_get(in, "Timestamp"));
    atomic_fetch_add(&p->get_iterators, 1);
    if (p->forget && sequence) type = "TRIM_HORIZON";
    const char *oldest = atomic_load(&p->oldest);
    if (oldest && strcmp(type, "TRIM_HORIZON") == 0) {
        type = "AT_SEQUENCE_NUMBER";
        sequence = oldest;
    }
    *out = json_pack("{s:o}", "ShardIterator",
                     json_sprintf("%s %s %s %.3f", json_text(in, "ShardId"), type,
                                  sequence ? sequence : "0", time));
    return OK;
}

static error position_of(const char *type, const char *sequence, double time, struct position *p)
{
    *p = (struct position){.timestamp_us = (int64_t)(time * 1000 + 0.5) * 1000};
    if (strcmp(type, "LATEST") == 0) p->type = POSITION_LATEST;
    if (strcmp(type, "AT_TIMESTAMP") == 0) p->type = POSITION_AT_TIMESTAMP;
    if (strcmp(type, "AT_SEQUENCE_NUMBER") == 0) p->type = POSITION_AT_SEQUENCE;
    if (strcmp(type, "AFTER_SEQUENCE_NUMBER") == 0) p->type = POSITION_AFTER_SEQUENCE;
    return sequence_parse(span_of(sequence), &p->sequence);
}

static json_t *records_json(const struct records *r)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < r->count; i++) {
        char sequence[SEQUENCE_TEXT_MAX];
        char *data = must_alloc(base64_encoded_size(r->data[i].size) + 1);
        base64_encode(data, r->data[i]);
        sequence_print(sequence, r->sequence[i]);
        json_array_append_new(rows, json_pack("{s:s,s:o,s:s#,s:o}", "SequenceNumber", sequence,
                                              "ApproximateArrivalTimestamp",
                                              json_timestamp(r->arrival_us[i]), "Data", data,
                                              base64_encoded_size(r->data[i].size), "PartitionKey",
                                              json_from_span(r->partition_key[i])));
        free(data);
    }
    return rows;
}

static bool taken(atomic_int *faults)
{
    int n = atomic_load(faults);
    return n > 0 && atomic_fetch_sub(faults, 1) > 0;
}

static error get_records(struct endpoint *p, const json_t *in, json_t **out)
{
    char shard[64], type[64], sequence[64], next[SEQUENCE_TEXT_MAX];
    double time;
    struct position position;
    struct stream_cursor *c;
    struct records r;
    atomic_fetch_add(&p->get_records, 1);
    assert_int_equal(
        sscanf(json_text(in, "ShardIterator"), "%63s %63s %63s %lf", shard, type, sequence, &time),
        4);
    if (taken(&p->expire)) return (fail)(ERR_EXPIRED_ITERATOR, "Iterator expired.");
    const char *troubled = atomic_load(&p->throttled_shard);
    if (troubled && strcmp(troubled, shard) == 0)
        return (fail)(ERR_THROUGHPUT, "Rate exceeded for shard");
    if (taken(&p->throttle)) return (fail)(ERR_THROUGHPUT, "Rate exceeded for shard");
    TRY(position_of(type, sequence, time, &position));
    struct stream *s = testing_stream(p->testing);
    struct read_limits limits = {.records = (size_t)json_integer_or(in, "Limit", 10000),
                                 .raw = true};
    error e = s->ops->open_cursor(s, shard, position, &c);
    if (e == OK) {
        assert_int_equal(s->ops->read(c, limits, &r), OK);
        *out = json_pack("{s:o,s:I}", "Records", records_json(&r), "MillisBehindLatest",
                         (json_int_t)r.behind_ms);
        struct position after = s->ops->position(c);
        sequence_print(next, after.sequence);
        if (after.type == POSITION_TRIM_HORIZON)
            json_object_set_new(*out, "NextShardIterator",
                                json_sprintf("%s TRIM_HORIZON 0 0", shard));
        else if (after.type == POSITION_AFTER_SEQUENCE)
            json_object_set_new(*out, "NextShardIterator",
                                json_sprintf("%s AFTER_SEQUENCE_NUMBER %s 0", shard, next));
        s->ops->close_cursor(c);
    }
    s->ops->close(s);
    return e;
}

static error describe(struct endpoint *p, const json_t *in, json_t **out)
{
    struct stream_info info;
    struct arena arena = {0};
    const char *arn = json_text(in, "StreamARN"), *name = json_text(in, "StreamName");
    assert_true((arn != NULL) != (name != NULL));
    error e = stream_describe(p->testing->store, KEY, &arena, &info);
    if (e == OK)
        *out = json_pack("{s:{s:s,s:o,s:i}}", "StreamDescriptionSummary", "StreamName", "s",
                         "StreamCreationTimestamp", json_timestamp(info.created_us),
                         "RetentionPeriodHours", info.retention_hours);
    arena_release(&arena);
    return e;
}

static error answer(struct endpoint *p, span target, const json_t *in, json_t **out)
{
    if (span_is(target, "Kinesis_20131202.DescribeStreamSummary")) return describe(p, in, out);
    if (span_is(target, "Kinesis_20131202.ListShards")) return list_shards(p, in, out);
    if (span_is(target, "Kinesis_20131202.GetShardIterator")) return get_iterator(p, in, out);
    if (span_is(target, "Kinesis_20131202.GetRecords")) return get_records(p, in, out);
    return (fail)(ERR_UNKNOWN_OPERATION, "no such operation");
}

/* ---- replies in CBOR ---- */

static void cbor_string(struct buffer *out, enum cbor_major major, span text)
{
    uint8_t head[CBOR_HEAD_MAX];
    buffer_append(out, head, cbor_head(head, major, text.size));
    buffer_append_span(out, text);
}

static void cbor_value(struct buffer *out, const char *name, const json_t *value)
{
    uint8_t head[CBOR_HEAD_MAX];
    const json_t *inner;
    const char *key;
    size_t i;
    if (json_is_object(value)) {
        buffer_append(out, "\xbf", 1);
        json_object_foreach((json_t *)value, key, inner)
        {
            cbor_string(out, CBOR_TEXT, span_of(key));
            cbor_value(out, key, inner);
        }
        buffer_append(out, "\xff", 1);
    } else if (json_is_array(value)) {
        buffer_append(out, head, cbor_head(head, 4, json_array_size(value)));
        json_array_foreach(value, i, inner) cbor_value(out, "", inner);
    } else if (json_is_string(value) && strcmp(name, "Data") == 0) {
        char data[1024];
        size_t size;
        span text = {json_string_value(value), json_string_length(value)};
        assert_true(base64_decoded_max(text.size) <= sizeof data);
        assert_int_equal(base64_decode(data, &size, text), OK);
        cbor_string(out, CBOR_BYTES, (span){data, size});
    } else if (json_is_string(value)) {
        cbor_string(out, CBOR_TEXT, (span){json_string_value(value), json_string_length(value)});
    } else if (json_is_integer(value)) {
        buffer_append(out, head, cbor_head(head, CBOR_UNSIGNED, (uint64_t)json_integer_value(value)));
    } else {
        buffer_append(out, head, cbor_head(head, CBOR_TAG, 1));
        double ms = json_number_value(value) * 1000 + 0.5;
        buffer_append(out, head, cbor_head(head, CBOR_UNSIGNED, (uint64_t)ms));
    }
}

static void handle(void *context, struct http_request *request, struct http_reply *reply)
{
    struct endpoint *p = context;
    json_t *in = NULL, *out = NULL;
    struct buffer body = {0};
    bool cbor = span_is(http_header(request, "content-type"), CBOR_CONTENT_TYPE);
    bool refused = cbor && p->no_cbor;
    if (refused) atomic_fetch_add(&p->refused, 1);
    else if (cbor) assert_int_equal(cbor_read(request->body, &in), OK);
    else assert_int_equal(json_read(request->body, &in), OK);
    error e = refused ? (fail)(ERR_SERIALIZATION, "Invalid JSON")
                      : answer(p, http_header(request, "x-amz-target"), in, &out);
    if (e != OK)
        out = json_pack("{s:s,s:s}", "__type", error_row(e)->name, "message", error_text());
    reply->status = e == OK ? 200 : error_row(e)->status;
    cbor = cbor && !refused;
    http_reply_header(request, reply, "Content-Type",
                      cbor ? CBOR_CONTENT_TYPE : "application/x-amz-json-1.1");
    if (cbor) cbor_value(&body, "", out);
    else json_print(&body, out);
    reply->body = arena_span(request->arena, buffer_span(&body));
    if (json_object_get(out, "Records") && taken(&p->garbage)) reply->body.size /= 2;
    buffer_release(&body);
    json_decref(in);
    json_decref(out);
}

static size_t body_limit(void *context, const struct http_request *request)
{
    (void)context;
    (void)request;
    return 1 << 20;
}

static int setup(void **state)
{
    struct endpoint *p = must_calloc(1, sizeof *p);
    struct http_handler handler = {.context = p, .body_limit = body_limit, .handle = handle};
    struct credentials keys = {.access_key = SPAN("AKIDEXAMPLE"), .secret_key = SPAN("secret")};
    p->testing = testing_open();
    assert_int_equal(stream_create(p->testing->store, KEY, 2, false), OK);
    assert_int_equal(http_server_open("127.0.0.1", 0, &handler, &p->server), OK);
    assert_int_equal(http_client_open(&keys, &p->client), OK);
    snprintf(p->url, sizeof p->url, "http://127.0.0.1:%d", http_server_port(p->server));
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct endpoint *p = *state;
    http_client_close(p->client);
    http_server_close(p->server, US_PER_SECOND);
    testing_close(p->testing);
    free(p);
    return 0;
}

static struct stream *remote(struct endpoint *p, const char *name)
{
    struct stream *s;
    assert_int_equal(stream_open_kinesis(p->client, p->url, "eu-west-1", name, &s), OK);
    return s;
}

/* Numbers of the first shard's half of the keys, put with an explicit hash. */
static void put_first(struct endpoint *p, size_t from, size_t count, struct put_result *results)
{
    struct put_record r[500];
    testing_records(p->testing, r, count, "r", from);
    for (size_t i = 0; i < count; i++) r[i].has_explicit_hash = true;
    assert_int_equal(stream_put(p->testing->store, KEY, r, count, results), OK);
}

/* Reads until caught up; numbers must follow one another from `next`. */
static size_t read_on(struct stream *s, struct stream_cursor *c, size_t next, size_t page)
{
    struct records r;
    do {
        assert_int_equal(s->ops->read(c, (struct read_limits){.records = page, .bytes = 900}, &r),
                         OK);
        for (size_t i = 0; i < r.count; i++) assert_int_equal(testing_number(r.data[i]), next++);
        if (!r.any && r.behind_ms) s->ops->wait(s, 5000);
    } while (r.behind_ms > 0);
    return next;
}

static void the_same_as_local(void **state)
{
    struct endpoint *p = *state;
    struct shard *here, *there;
    size_t count_here, count_there;
    testing_put(p->testing, "k", 0, 1000);
    struct stream *local = testing_stream(p->testing);
    const char *names[] = {"s", "arn:aws:kinesis:eu-west-1:000000000000:stream/s"};
    for (int n = 0; n < 2; n++) {
        struct stream *s = remote(p, names[n]);
        assert_string_equal(s->name, "s");
        assert_int_equal(s->created_us / 1000, local->created_us / 1000);
        assert_int_equal(stream_shards(local, &p->testing->arena, &here, &count_here), OK);
        assert_int_equal(stream_shards(s, &p->testing->arena, &there, &count_there), OK);
        assert_int_equal(count_here, count_there);
        for (size_t i = 0; i < count_here; i++) {
            assert_string_equal(here[i].id, there[i].id);
            assert_int_equal(sequence_compare(here[i].starting, there[i].starting), 0);
            assert_true(here[i].end.high == there[i].end.high &&
                        here[i].end.low == there[i].end.low);
            struct testing_read a =
                testing_read_all(p->testing, local, here[i].id, (struct position){0});
            struct testing_read b =
                testing_read_all(p->testing, s, here[i].id, (struct position){0});
            assert_int_equal(a.count, b.count);
            for (size_t k = 0; k < a.count; k++) {
                assert_int_equal(a.numbers[k], b.numbers[k]);
                assert_int_equal(a.arrivals[k] / US_PER_MS, b.arrivals[k] / US_PER_MS);
                assert_true(span_equal(a.keys[k], b.keys[k]));
                assert_int_equal(sequence_compare(a.sequences[k], b.sequences[k]), 0);
            }
        }
        s->ops->close(s);
    }
    local->ops->close(local);
    struct stream *s;
    assert_int_equal(stream_delete(p->testing->store, KEY), OK);
    assert_int_equal(stream_open_kinesis(p->client, p->url, "eu-west-1", "s", &s),
                     ERR_RESOURCE_NOT_FOUND);
    assert_int_equal(stream_open_kinesis(p->client, p->url, "eu-west-1", "arn:aws:kinesis", &s),
                     ERR_USAGE);
}

static void faults_pass(void **state)
{
    struct endpoint *p = *state;
    struct put_result results[500];
    struct stream *s = remote(p, "s");
    struct stream_cursor *c;
    put_first(p, 0, 400, results);
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, (struct position){0}, &c), OK);
    atomic_int *const faults[] = {&p->expire, &p->throttle, &p->garbage};
    size_t next = 0;
    for (size_t i = 0; i < 3; i++) {
        *faults[i] = i == 0 ? 1 : 2;
        struct records r = {0};
        bool rested = false; /* nothing now, but not caught up */
        while (atomic_load(faults[i]) > 0 || !r.any) { /* a page may lie ready from before */
            assert_int_equal(s->ops->read(c, (struct read_limits){.records = 50}, &r), OK);
            for (size_t k = 0; k < r.count; k++)
                assert_int_equal(testing_number(r.data[k]), next++);
            if (!r.any && r.behind_ms > 0) rested = true;
            s->ops->wait(s, 5000);
        }
        if (i) assert_true(rested);
    }
    assert_int_equal(read_on(s, c, next, 37), 400);
    s->ops->close_cursor(c);
    s->ops->close(s);
}

static void faults_pass_in_json(void **state)
{
    struct endpoint *p = *state;
    p->no_cbor = true;
    faults_pass(state);
    assert_int_equal(p->refused, 2); /* the first time an expired iterator hid that JSON is read */
}

static void one_shards_trouble_is_its_own(void **state)
{
    struct endpoint *p = *state;
    struct stream *s = remote(p, "s");
    struct stream_cursor *sick, *well;
    struct records r;
    testing_put(p->testing, "k", 0, 300);
    p->throttled_shard = FIRST_SHARD;
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, (struct position){0}, &sick), OK);
    assert_int_equal(s->ops->open_cursor(s, "shardId-000000000001", (struct position){0}, &well),
                     OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(s->ops->read(sick, (struct read_limits){0}, &r), OK);
        assert_false(r.any);
        assert_true(r.behind_ms > 0);
        assert_int_equal(s->ops->read(well, (struct read_limits){.records = 20}, &r), OK);
        assert_int_equal(r.count, 20);
    }
    assert_true(p->get_records <= 5); /* the sick one rests between attempts */
    s->ops->close_cursor(sick);
    s->ops->close_cursor(well);
    s->ops->close(s);
}

static void through_and_limits_hold_back(void **state)
{
    struct endpoint *p = *state;
    struct put_result results[100];
    struct stream *s = remote(p, "s");
    struct stream_cursor *c;
    struct records r;
    put_first(p, 0, 100, results);
    struct position after = {.type = POSITION_AFTER_SEQUENCE, .sequence = results[9].sequence};
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, after, &c), OK);
    struct read_limits limits = {.through = &results[49].sequence};
    size_t next = 10;
    do {
        assert_int_equal(s->ops->read(c, limits, &r), OK);
        for (size_t i = 0; i < r.count; i++) assert_int_equal(testing_number(r.data[i]), next++);
    } while (next < 50);
    assert_int_equal(next, 50);
    assert_int_equal(sequence_compare(r.last, results[49].sequence), 0);
    assert_int_equal(s->ops->read(c, limits, &r), OK);
    assert_false(r.any);
    assert_true(r.behind_ms > 0);
    struct position place = s->ops->position(c);
    assert_int_equal(place.type, POSITION_AFTER_SEQUENCE);
    assert_int_equal(sequence_compare(place.sequence, results[49].sequence), 0);
    assert_int_equal(read_on(s, c, 50, 7), 100);
    s->ops->close_cursor(c);
    s->ops->close(s);
}

static void lost_places_are_told_once(void **state)
{
    struct endpoint *p = *state;
    struct put_result results[100];
    struct stream *s = remote(p, "s");
    struct stream_cursor *c;
    struct records r;
    put_first(p, 0, 100, results);
    p->forget = true; /* as the service does when the place has left the retention */
    struct position after = {.type = POSITION_AFTER_SEQUENCE, .sequence = results[9].sequence};
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, after, &c), OK);
    assert_int_equal(s->ops->read(c, (struct read_limits){.records = 5}, &r), ERR_DATA_LOSS);
    assert_int_equal(read_on(s, c, 0, 5), 100);
    s->ops->close_cursor(c);
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, after, &c), OK);
    assert_int_equal(s->ops->read(c, (struct read_limits){.raw = true}, &r), OK);
    assert_int_equal(testing_number(r.data[0]), 0);
    s->ops->close_cursor(c);
    s->ops->close(s);
}

#define HOUR_US (3600 * (int64_t)US_PER_SECOND)

/* Nothing lay behind the place an hour ago: what came since is there, though the place has expired. */
static void an_idle_shard_is_not_lost(void **state)
{
    struct endpoint *p = *state;
    struct put_result results[100];
    struct stream *s = remote(p, "s");
    struct stream_cursor *c;
    struct records r;
    put_first(p, 0, 100, results);
    p->forget = true;
    set_oldest(p, results[50].sequence);
    struct position after = {.type = POSITION_AFTER_SEQUENCE, .sequence = results[9].sequence,
                             .seen_us = now_us() - 23 * HOUR_US};
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, after, &c), OK);
    assert_int_equal(read_on(s, c, 50, 7), 100);
    assert_in_range(now_us() - s->ops->position(c).seen_us, 0, 5 * US_PER_SECOND);
    s->ops->close_cursor(c);
    after.seen_us = now_us() - 24 * HOUR_US;
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, after, &c), OK);
    assert_int_equal(s->ops->read(c, (struct read_limits){.records = 5}, &r), ERR_DATA_LOSS);
    s->ops->close_cursor(c);
    s->ops->close(s);
}

/* A replay whose records have all left does not wait for them. */
static void a_range_that_is_gone_ends(void **state)
{
    struct endpoint *p = *state;
    struct put_result results[100];
    struct stream *s = remote(p, "s");
    struct stream_cursor *c;
    struct records r;
    put_first(p, 0, 100, results);
    set_oldest(p, results[50].sequence);
    assert_int_equal(
        s->ops->open_cursor(s, FIRST_SHARD, (struct position){.type = POSITION_TRIM_HORIZON}, &c), OK);
    assert_int_equal(s->ops->read(c, (struct read_limits){.through = &results[9].sequence}, &r), OK);
    assert_int_equal(r.count, 0);
    struct position place = s->ops->position(c);
    assert_int_equal(place.type, POSITION_AFTER_SEQUENCE);
    assert_true(sequence_compare(place.sequence, results[9].sequence) >= 0);
    s->ops->close_cursor(c);
    s->ops->close(s);
}

static atomic_llong clock_off_us; /* of this process */

static int64_t told_now(void)
{
    return real_world.now_us() + atomic_load(&clock_off_us);
}

/* The service tells its own time; places are asked for by it. */
static void a_wrong_clock_is_known(void **state)
{
    struct endpoint *p = *state;
    struct stream *s = remote(p, "s");
    struct stream_cursor *c;
    for (int i = 0; i < 2; i++) {
        if (i) atomic_store(&clock_off_us, 600 * (long long)US_PER_SECOND);
        assert_int_equal(
            s->ops->open_cursor(s, FIRST_SHARD, (struct position){.type = POSITION_LATEST}, &c), OK);
        atomic_store(&clock_off_us, 0);
        struct position place = s->ops->position(c);
        assert_int_equal(place.type, POSITION_AT_TIMESTAMP);
        assert_in_range(real_world.now_us() - place.timestamp_us, 0, (i ? 3 : 1) * US_PER_SECOND);
        s->ops->close_cursor(c);
    }
    s->ops->close(s);
}

/* A time that the service's clock has not reached yet is waited for; one far off is refused. */
static void a_time_about_to_come_is_waited_for(void **state)
{
    struct endpoint *p = *state;
    struct stream *s = remote(p, "s");
    struct stream_cursor *c;
    struct records r;
    struct position soon = {.type = POSITION_AT_TIMESTAMP, .timestamp_us = now_us() + US_PER_SECOND};
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, soon, &c), OK);
    assert_int_equal(s->ops->read(c, (struct read_limits){0}, &r), OK);
    assert_true(r.count == 0 && r.behind_ms > 0);
    s->ops->close_cursor(c);
    soon.timestamp_us += HOUR_US;
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, soon, &c), OK);
    assert_int_equal(s->ops->read(c, (struct read_limits){0}, &r), ERR_INVALID_ARGUMENT);
    s->ops->close_cursor(c);
    s->ops->close(s);
}

static void latest_is_fixed_when_opened(void **state)
{
    struct endpoint *p = *state;
    struct put_result results[10];
    struct stream *s = remote(p, "s");
    struct stream_cursor *c;
    struct records r;
    assert_int_equal(
        s->ops->open_cursor(s, FIRST_SHARD, (struct position){.type = POSITION_LATEST}, &c), OK);
    assert_int_equal(s->ops->read(c, (struct read_limits){0}, &r), OK);
    assert_int_equal(r.count, 0);
    put_first(p, 0, 10, results);
    p->expire = 1; /* asking for LATEST again would skip the ten */
    assert_int_equal(read_on(s, c, 0, 3), 10);
    s->ops->close_cursor(c);
    s->ops->close(s);
}

static void an_outage_keeps_the_known_shards(void **state)
{
    struct endpoint *p = *state;
    struct stream *s = remote(p, "s");
    struct shard *before, *during;
    size_t count, again;
    p->outage = true;
    assert_int_equal(stream_shards(s, &p->testing->arena, &before, &count), ERR_UNAVAILABLE);
    p->outage = false;
    assert_int_equal(stream_merge(p->testing->store, KEY, FIRST_SHARD, "shardId-000000000001"), OK);
    assert_int_equal(stream_shards(s, &p->testing->arena, &before, &count), OK);
    p->outage = true;
    assert_int_equal(stream_shards(s, &p->testing->arena, &during, &again), OK);
    assert_int_equal(count, 3);
    assert_int_equal(again, 3);
    for (size_t i = 0; i < 3; i++) assert_string_equal(before[i].id, during[i].id);
    assert_string_equal(during[2].parent, FIRST_SHARD);
    s->ops->close(s);
}

static void closed_shards_end(void **state)
{
    struct endpoint *p = *state;
    struct put_result results[10];
    struct stream *s = remote(p, "s");
    struct stream_cursor *c;
    struct records r;
    put_first(p, 0, 10, results);
    assert_int_equal(stream_merge(p->testing->store, KEY, FIRST_SHARD, "shardId-000000000001"), OK);
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, (struct position){0}, &c), OK);
    size_t next = 0;
    do {
        assert_int_equal(s->ops->read(c, (struct read_limits){.bytes = 12}, &r), OK);
        for (size_t i = 0; i < r.count; i++) assert_int_equal(testing_number(r.data[i]), next++);
        if (next < 10) assert_false(r.shard_end);
    } while (!r.shard_end);
    assert_int_equal(next, 10);
    assert_int_equal(s->ops->position(c).type, POSITION_SHARD_END);
    s->ops->close_cursor(c);
    assert_int_equal(s->ops->open_cursor(s, "shardId-000000000009", (struct position){0}, &c),
                     ERR_RESOURCE_NOT_FOUND);
    s->ops->close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_same_as_local, setup, teardown),
        cmocka_unit_test_setup_teardown(faults_pass, setup, teardown),
        cmocka_unit_test_setup_teardown(faults_pass_in_json, setup, teardown),
        cmocka_unit_test_setup_teardown(one_shards_trouble_is_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(through_and_limits_hold_back, setup, teardown),
        cmocka_unit_test_setup_teardown(lost_places_are_told_once, setup, teardown),
        cmocka_unit_test_setup_teardown(an_idle_shard_is_not_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(a_range_that_is_gone_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wrong_clock_is_known, setup, teardown),
        cmocka_unit_test_setup_teardown(a_time_about_to_come_is_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(latest_is_fixed_when_opened, setup, teardown),
        cmocka_unit_test_setup_teardown(an_outage_keeps_the_known_shards, setup, teardown),
        cmocka_unit_test_setup_teardown(closed_shards_end, setup, teardown),
    };
    static struct world told; /* before any thread starts */
    told = real_world;
    told.now_us = told_now;
    world = &told;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
