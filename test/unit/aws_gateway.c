/* The gateway through its door: keys that stay, clients at the same time on several threads, an
 * event stream open while it closes; and the frames of event streams byte by byte. What each
 * operation answers is in test/wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/internal.h" /* before cmocka's own fail() */

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { CLIENTS = 4, ROUNDS = 25 };

struct fixture {
    char folder[64];
    struct arena arena;
    struct state *state;
    struct stream_store *streams;
    struct gateway *gateway;
    struct credentials credentials;
    char url[64];
};

static int fixture_open(void **context)
{
    struct fixture *f = calloc(1, sizeof *f);
    const char *access_key, *secret_key;
    strcpy(f->folder, "/tmp/sluice-aws-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    assert_int_equal(state_open(f->folder, &f->state), OK);
    assert_int_equal(stream_store_open(f->folder, &f->streams), OK);
    assert_int_equal(
        access_key_default(f->state, "123456789012", &f->arena, &access_key, &secret_key), OK);
    f->credentials = (struct credentials){span_of(access_key), span_of(secret_key), {0}};
    struct gateway_options options = {.listen = "127.0.0.1",
                                      .auth = true,
                                      .account = "123456789012",
                                      .region = "us-east-1",
                                      .state = f->state,
                                      .streams = f->streams};
    assert_int_equal(gateway_open(&options, &f->gateway), OK);
    snprintf(f->url, sizeof f->url, "http://127.0.0.1:%d", gateway_port(f->gateway));
    *context = f;
    return 0;
}

static int fixture_close(void **context)
{
    struct fixture *f = *context;
    char command[128];
    gateway_close(f->gateway);
    stream_store_close(f->streams);
    state_close(f->state);
    arena_release(&f->arena);
    snprintf(command, sizeof command, "rm -rf %s", f->folder);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

/* One signed operation; CHECKs, as it is called on other threads too. */
static json_t *ask(struct fixture *f, struct http_client *client, const char *operation,
                   json_t *input)
{
    char target[80];
    json_t *output = NULL;
    snprintf(target, sizeof target, "Kinesis_20131202.%s", operation);
    error e = http_aws_json(client, f->url, "kinesis", "us-east-1", target, input, 1, &output);
    if (e != OK) fprintf(stderr, "%s: %s\n", operation, error_text());
    CHECK(e == OK);
    json_decref(input);
    return output;
}

static void create(struct fixture *f, const char *name)
{
    struct http_client *client;
    assert_int_equal(http_client_open(&f->credentials, &client), OK);
    json_decref(ask(f, client, "CreateStream",
                    json_pack("{s:s, s:i}", "StreamName", name, "ShardCount", 1)));
    http_client_close(client);
}

static void the_default_key_stays(void **context)
{
    struct fixture *f = *context;
    const char *access_key, *secret_key;
    assert_int_equal(
        access_key_default(f->state, "123456789012", &f->arena, &access_key, &secret_key), OK);
    assert_string_equal(access_key, f->credentials.access_key.data);
    assert_string_equal(secret_key, f->credentials.secret_key.data);
    assert_int_equal(strlen(access_key), 20);
    assert_memory_equal(access_key, "AKIA", 4);
    assert_int_equal(strlen(secret_key), 40);
    assert_int_equal(
        access_key_default(f->state, "210987654321", &f->arena, &access_key, &secret_key), OK);
    assert_string_not_equal(access_key, f->credentials.access_key.data);
}

struct client {
    struct fixture *fixture;
    int number, seen;
};

/* Puts its own records and reads all of them back, with tags changed in between. */
static void *client_run(void *context)
{
    struct client *c = context;
    struct http_client *http;
    char name[16];
    CHECK(http_client_open(&c->fixture->credentials, &http) == OK);
    snprintf(name, sizeof name, "c%d", c->number);
    for (int i = 0; i < ROUNDS; i++) {
        json_decref(ask(c->fixture, http, "PutRecord",
                        json_pack("{s:s, s:s, s:s}", "StreamName", "busy", "Data", "AAEC",
                                  "PartitionKey", name)));
        json_decref(ask(c->fixture, http, "AddTagsToStream",
                        json_pack("{s:s, s:{s:s}}", "StreamName", "busy", "Tags", name, "x")));
    }
    json_t *iterator = ask(c->fixture, http, "GetShardIterator",
                           json_pack("{s:s, s:s, s:s}", "StreamName", "busy", "ShardId",
                                     "shardId-000000000000", "ShardIteratorType", "TRIM_HORIZON"));
    json_t *page = ask(c->fixture, http, "GetRecords",
                       json_pack("{s:s}", "ShardIterator", json_text(iterator, "ShardIterator")));
    json_t *records = json_object_get(page, "Records"), *record;
    size_t i;
    json_array_foreach(records, i, record) {
        c->seen += strcmp(json_text(record, "PartitionKey"), name) == 0;
        CHECK(strcmp(json_text(record, "Data"), "AAEC") == 0);
    }
    json_decref(iterator);
    json_decref(page);
    http_client_close(http);
    return NULL;
}

static void clients_at_the_same_time(void **context)
{
    struct fixture *f = *context;
    pthread_t threads[CLIENTS];
    struct client clients[CLIENTS];
    create(f, "busy");
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){f, i, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, client_run, &clients[i]), 0);
    }
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(clients[i].seen, ROUNDS); /* its own were there before it read */
    }
    json_t *tags;
    struct stream_key key = {"123456789012", "us-east-1", "busy"};
    assert_int_equal(stream_attribute(f->streams, key, "tags", &tags), OK);
    assert_int_equal(json_object_size(tags), CLIENTS); /* none was lost to another's change */
    json_decref(tags);
}

struct subscriber {
    struct fixture *fixture;
    char *input;
    struct buffer reply;
    int status;
    _Atomic bool begun;
};

static void subscriber_header(void *context, span name, span value)
{
    struct subscriber *s = context;
    if (span_equal_nocase(name, SPAN("content-type")) &&
        span_is(value, "application/vnd.amazon.eventstream"))
        s->begun = true;
}

static void *subscriber_run(void *context)
{
    struct subscriber *s = context;
    struct http_client *http;
    struct http_header headers[] = {
        {SPAN("Content-Type"), SPAN("application/x-amz-json-1.1")},
        {SPAN("X-Amz-Target"), SPAN("Kinesis_20131202.SubscribeToShard")},
    };
    struct http_call call = {
        .method = "POST", .url = s->fixture->url, .service = "kinesis", .region = "us-east-1",
        .headers = headers, .header_count = 2, .body = span_of(s->input),
        .timeout_us = 60 * US_PER_SECOND, .reply_body = &s->reply,
        .on_header = subscriber_header, .context = s,
    };
    CHECK(http_client_open(&s->fixture->credentials, &http) == OK);
    CHECK(http_call(http, &call) == OK);
    s->status = call.status;
    http_client_close(http);
    return NULL;
}

static void closing_ends_event_streams(void **context)
{
    struct fixture *f = *context;
    pthread_t thread;
    struct stream_consumer consumer;
    struct stream_key key = {"123456789012", "us-east-1", "pushed"};
    struct subscriber s = {.fixture = f};
    create(f, "pushed");
    assert_int_equal(stream_register_consumer(f->streams, key, "app", &f->arena, &consumer), OK);
    s.input = arena_printf(&f->arena,
                           "{\"ConsumerARN\":\"%s\",\"ShardId\":\"shardId-000000000000\","
                           "\"StartingPosition\":{\"Type\":\"TRIM_HORIZON\"}}",
                           consumer.arn);
    assert_int_equal(pthread_create(&thread, NULL, subscriber_run, &s), 0);
    while (!s.begun) world->sleep_us(1000);
    gateway_close(f->gateway);
    f->gateway = NULL;
    pthread_join(thread, NULL);
    assert_int_equal(s.status, 200);
    assert_true(s.reply.size >= 114); /* the initial response at least */
    buffer_release(&s.reply);
}

/* The frame a recorded exchange with an SDK began with. */
static void an_event_frame_byte_by_byte(void **context)
{
    (void)context;
    static const char recorded[] =
        "0000007200000060ab820d9e0d3a6d6573736167652d747970650700056576656e740b3a6576656e742d7479"
        "7065070010696e697469616c2d726573706f6e73650d3a636f6e74656e742d7479706507001a6170706c6963"
        "6174696f6e2f782d616d7a2d6a736f6e2d312e317b7de16e66e4";
    struct buffer out = {0};
    char hex[sizeof recorded] = {0};
    event_stream_append(&out, "event", "initial-response", wire_content_type(WIRE_JSON),
                        SPAN("{}"));
    assert_int_equal(out.size, (sizeof recorded - 1) / 2);
    hex_encode(hex, out.data, out.size);
    assert_string_equal(hex, recorded);
    buffer_release(&out);
}

static void tokens_are_not_forged(void **context)
{
    (void)context;
    struct arena arena = {0};
    uint8_t key[TOKEN_KEY_SIZE] = {1}, other[TOKEN_KEY_SIZE] = {2};
    span payload;
    int64_t when;
    char *text = token_seal(&arena, key, TOKEN_SHARDS, 1234567, SPAN("payload"));
    assert_true(token_open(&arena, key, TOKEN_SHARDS, span_of(text), &when, &payload));
    assert_true(span_is(payload, "payload") && when == 1234567);
    assert_false(token_open(&arena, other, TOKEN_SHARDS, span_of(text), &when, &payload));
    assert_false(token_open(&arena, key, TOKEN_STREAMS, span_of(text), &when, &payload));
    for (char *c = text; *c && *c != '='; c++) {
        char was = *c;
        *c = was == 'A' ? 'B' : 'A';
        assert_false(token_open(&arena, key, TOKEN_SHARDS, span_of(text), &when, &payload));
        *c = was;
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_default_key_stays, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(clients_at_the_same_time, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(closing_ends_event_streams, fixture_open, fixture_close),
        cmocka_unit_test(an_event_frame_byte_by_byte),
        cmocka_unit_test(tokens_are_not_forged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
