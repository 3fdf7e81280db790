/* The client against the server: signatures verified on arrival, retries, time-outs, and where
 * credentials are found. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include "http/http.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const struct credentials keys = {SPAN("AKIDEXAMPLE"), SPAN("wJalrXUtnFEMIexample"),
                                        SPAN("to/ken+==")};
static struct http_server *server;
static char base_url[64];
static struct arena arena;

/* What the next requests are answered with: taken one after the other, the last one stays. */
static struct answer {
    int status;
    const char *body;
} answers[8];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of answers and last_peer */
static int answer_count;
static atomic_int answered, peers_seen;
static char last_peer[64];
static atomic_int verify_error;

static size_t body_limit(void *context, const struct http_request *r)
{
    (void)context, (void)r;
    return 16 << 20;
}

static error verify(struct http_request *r)
{
    struct sigv4_scope scope;
    uint8_t digest[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1] = {0};
    TRY(sigv4_scope_parse(r, &scope));
    sha256(digest, r->body);
    hex_encode(hex, digest, sizeof digest);
    if (!span_equal(scope.access_key, keys.access_key)) return ERR_UNRECOGNIZED_CLIENT;
    return sigv4_verify(r, keys.secret_key, hex, now_us());
}

static void note_peer(const char *peer)
{
    pthread_mutex_lock(&lock);
    if (strcmp(last_peer, peer) != 0) atomic_fetch_add(&peers_seen, 1);
    snprintf(last_peer, sizeof last_peer, "%s", peer);
    pthread_mutex_unlock(&lock);
}

static void set_answers(const struct answer *with, int count)
{
    pthread_mutex_lock(&lock);
    memcpy(answers, with, (size_t)count * sizeof *with);
    answer_count = count;
    atomic_store(&answered, 0);
    pthread_mutex_unlock(&lock);
}

static struct answer next_answer(void)
{
    pthread_mutex_lock(&lock);
    int at = atomic_fetch_add(&answered, 1), last = answer_count - 1;
    struct answer answer = answers[at < last ? at : last];
    pthread_mutex_unlock(&lock);
    return answer;
}

static void handle(void *context, struct http_request *r, struct http_reply *reply)
{
    (void)context;
    note_peer(r->peer);
    reply->status = 200;
    if (span_starts(r->path, "/echo")) {
        http_reply_header(r, reply, "X-Method", arena_text(r->arena, r->method));
        http_reply_header(r, reply, "X-Target", arena_text(r->arena, r->target));
        span type = http_header(r, "content-type"), expect = http_header(r, "expect");
        http_reply_header(r, reply, "X-Type", type.data ? arena_text(r->arena, type) : "none");
        http_reply_header(r, reply, "X-Expect", expect.data ? "yes" : "no");
        reply->body = r->body;
    } else if (span_is(r->path, "/slow")) {
        for (int i = 0; i < 500 && !http_request_cut(r); i++) real_world.sleep_us(10000);
    } else if (span_is(r->path, "/moved")) {
        reply->status = 301;
        http_reply_header(r, reply, "Location", "/echo");
    } else {
        struct answer answer = next_answer();
        reply->status = answer.status;
        reply->body = span_of(answer.body);
        if (!span_is(http_header(r, "content-type"), "application/x-amz-json-1.1") ||
            !span_is(http_header(r, "x-amz-target"), "Kinesis_20131202.ListShards"))
            reply->status = 418;
    }
    if (http_header(r, "authorization").data || span_is(r->path, "/echo/signed")) {
        error e = verify(r);
        atomic_store(&verify_error, e);
        if (e != OK) {
            reply->status = 403;
            reply->body = span_of(arena_printf(r->arena, "{\"__type\":\"%s\",\"message\":\"no\"}",
                                               error_row(e)->name));
        }
    }
}

static const struct http_handler handler = {.body_limit = body_limit, .handle = handle};

/* ---- a world whose sleeps take no time ---- */

static int64_t slept_us[16];
static int sleeps;

static void note_sleep(int64_t us)
{
    assert_true(sleeps < 16);
    slept_us[sleeps++] = us;
}

/* A thread's clock may be wrong: the client's, not the server's. */
static _Thread_local int64_t wrong_by_us;

static int64_t clock_now(void)
{
    return real_world.now_us() + wrong_by_us;
}

static struct world quick;

static int start(void **state)
{
    (void)state;
    quick = real_world;
    quick.sleep_us = note_sleep;
    quick.now_us = clock_now;
    world = &quick;
    if (http_server_open("127.0.0.1", 0, &handler, &server) != OK) return 1;
    snprintf(base_url, sizeof base_url, "http://127.0.0.1:%d", http_server_port(server));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    http_server_close(server, US_PER_SECOND);
    arena_release(&arena);
    return 0;
}

static struct http_client *client_open(void)
{
    struct http_client *c;
    assert_int_equal(http_client_open(&keys, &c), OK);
    return c;
}

static struct buffer seen; /* "name=value;" of each header of the last reply */

static void on_header(void *context, span name, span value)
{
    (void)context;
    buffer_printf(&seen, "%.*s=%.*s;", (int)name.size, name.data, (int)value.size, value.data);
}

static error call(struct http_client *c, struct http_call *with, const char *path)
{
    buffer_reset(&seen);
    with->url = arena_printf(&arena, "%s%s", base_url, path);
    with->on_header = on_header;
    return http_call(c, with);
}

/* ---- calls ---- */

static void signed_calls_verify(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "/echo/signed", "/echo/signed?b=2&a=1&uploads", "/echo/signed?x=%2F%20+&y=",
        "/echo/signed/a%20b/./c//d%2Be/", "/echo/../echo/signed", "/echo?",
    };
    static const char *const services[] = {"s3", "kinesis"};
    static const char *const methods[] = {"GET", "PUT", "POST", "DELETE", "HEAD"};
    struct http_client *c = client_open();
    const struct http_header headers[] = {{SPAN("X-Amz-Meta-A"), SPAN(" two  blanks ")},
                                          {SPAN("x-amz-empty"), SPAN("")}};
    for (size_t i = 0; i < 6 * 2 * 5; i++) {
        const char *method = methods[i % 5], *path = paths[i / 10];
        struct buffer body = {0};
        struct http_call with = {.method = method, .service = services[i / 5 % 2],
                                 .region = "eu-west-1", .headers = headers, .header_count = 2,
                                 .reply_body = &body};
        if (i % 5 == 1 || i % 5 == 2) with.body = SPAN("a body");
        assert_int_equal(call(c, &with, path), OK);
        if (with.status != 200) fail_msg("%s %s: %s", method, path, buffer_text(&body));
        assert_non_null(strstr(buffer_text(&seen), arena_printf(&arena, "X-Method=%s;", method)));
        assert_non_null(strstr(buffer_text(&seen), arena_printf(&arena, "X-Target=%s;", path)));
        if (i % 5 != 4) assert_true(span_equal(buffer_span(&body), with.body));
        buffer_release(&body);
    }
    http_client_close(c);
}

static void large_body_without_expect(void **state)
{
    (void)state;
    enum { SIZE = 8 << 20 };
    struct http_client *c = client_open();
    struct buffer body = {0};
    char *data = must_alloc(SIZE);
    for (int i = 0; i < SIZE; i++) data[i] = (char)(i * 7 / 3);
    struct http_call with = {.method = "PUT", .service = "s3", .region = "us-east-1",
                             .body = {data, SIZE}, .reply_body = &body};
    assert_int_equal(call(c, &with, "/echo/signed"), OK);
    assert_int_equal(with.status, 200);
    assert_true(span_equal(buffer_span(&body), with.body));
    assert_non_null(strstr(buffer_text(&seen), "X-Expect=no;"));
    assert_non_null(strstr(buffer_text(&seen), "X-Type=none;"));
    buffer_release(&body);
    free(data);
    http_client_close(c);
}

static void connections_are_kept(void **state)
{
    (void)state;
    struct http_client *c = client_open();
    int before = atomic_load(&peers_seen);
    for (int i = 0; i < 20; i++) {
        struct http_call with = {.method = "GET"};
        assert_int_equal(call(c, &with, "/echo"), OK);
    }
    assert_int_equal(atomic_load(&peers_seen), before + 1);
    http_client_close(c);
}

static void redirects_are_not_followed(void **state)
{
    (void)state;
    struct http_client *c = client_open();
    struct http_call with = {.method = "GET"};
    assert_int_equal(call(c, &with, "/moved"), OK);
    assert_int_equal(with.status, 301);
    http_client_close(c);
}

static void what_cannot_be_called(void **state)
{
    (void)state;
    struct http_client *c = client_open();
    static const char *const urls[] = {"ftp://h/", "h:80/", "http://", "http://u:p@h/",
                                       "http://h/a b", "http://h/#f", "http://h/\r\nX: y"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct http_call with = {.method = "GET", .url = urls[i]};
        assert_int_equal(http_call(c, &with), ERR_USAGE);
    }
    const struct http_header injected = {SPAN("a"), SPAN("b\r\nc: d")};
    struct http_call with = {.method = "GET", .headers = &injected, .header_count = 1};
    assert_int_equal(call(c, &with, "/echo"), ERR_USAGE);
    struct http_call nobody = {.method = "GET", .url = "http://127.0.0.1:1/"};
    assert_int_equal(http_call(c, &nobody), ERR_NETWORK);
    struct http_call slow = {.method = "GET", .timeout_us = 50 * US_PER_MS};
    assert_int_equal(call(c, &slow, "/slow"), ERR_TIMEOUT);
    http_client_close(c);
    const struct credentials none = {0};
    assert_int_equal(http_client_open(&none, &c), OK);
    struct http_call unsigned_call = {.method = "GET"};
    assert_int_equal(call(c, &unsigned_call, "/echo"), OK);
    struct http_call signed_call = {.method = "GET", .service = "s3", .region = "r"};
    assert_int_equal(call(c, &signed_call, "/echo"), ERR_USAGE);
    http_client_close(c);
}

/* ---- AWS JSON ---- */

static error list_shards(const struct answer *with, int count, int attempts, json_t **output)
{
    struct http_client *c = client_open();
    set_answers(with, count);
    sleeps = 0;
    json_t *input = json_pack("{s:s}", "StreamName", "s");
    error e = http_aws_json(c, base_url, "kinesis", "us-east-1", "Kinesis_20131202.ListShards",
                            input, attempts, output);
    json_decref(input);
    http_client_close(c);
    return e;
}

static void json_replies(void **state)
{
    (void)state;
    json_t *output = NULL;
    const struct answer good = {200, "{\"Shards\":[]}"}, empty = {200, ""}, broken = {200, "{"};
    assert_int_equal(list_shards(&good, 1, 0, &output), OK);
    assert_int_equal(atomic_load(&verify_error), OK);
    assert_true(json_is_array(json_object_get(output, "Shards")));
    json_decref(output);
    assert_int_equal(list_shards(&empty, 1, 0, &output), OK);
    assert_int_equal(json_object_size(output), 0);
    json_decref(output);
    assert_int_equal(list_shards(&broken, 1, 1, &output), ERR_NETWORK);
}

static void json_errors_by_name(void **state)
{
    (void)state;
    json_t *output = NULL;
    const struct {
        struct answer answer;
        error code;
        const char *text;
        int calls;
    } rows[] = {
        {{400, "{\"__type\":\"ResourceNotFoundException\",\"message\":\"no stream\"}"},
         ERR_RESOURCE_NOT_FOUND, "no stream", 1},
        {{400, "{\"__type\":\"com.amazonaws.kinesis#ExpiredIteratorException\","
               "\"Message\":\"old\"}"},
         ERR_EXPIRED_ITERATOR, "old", 1},
        {{400, "{\"__type\":\"ValidationException:http://x/\",\"message\":\"bad\"}"},
         ERR_VALIDATION, "bad", 1},
        {{400, "{\"__type\":\"ProvisionedThroughputExceededException\",\"message\":\"slow\"}"},
         ERR_THROUGHPUT, "slow", 3},
        {{400, "{\"__type\":\"NeverHeardOfException\",\"message\":\"?\"}"},
         ERR_VALIDATION, "HTTP status 400 NeverHeardOfException ?", 1},
        {{500, "{\"__type\":\"InternalFailure\"}"},
         ERR_UNAVAILABLE, "HTTP status 500 InternalFailure ", 3},
        {{503, "<html>"}, ERR_UNAVAILABLE, "HTTP status 503", 3},
        {{429, ""}, ERR_THROTTLING, "HTTP status 429", 3},
        {{501, "{}"}, ERR_NOT_IMPLEMENTED, "HTTP status 501  ", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(list_shards(&rows[i].answer, 1, 3, &output), rows[i].code);
        assert_string_equal(error_text(), rows[i].text);
        assert_int_equal(atomic_load(&answered), rows[i].calls);
        assert_int_equal(sleeps, rows[i].calls - 1);
    }
}

static void json_retries_until_it_works(void **state)
{
    (void)state;
    json_t *output = NULL;
    const struct answer rows[] = {{500, ""}, {400, "{\"__type\":\"ThrottlingException\"}"},
                                  {503, ""}, {200, "{}"}};
    assert_int_equal(list_shards(rows, 4, 0, &output), OK);
    json_decref(output);
    assert_int_equal(sleeps, 3);
    for (int i = 0; i < 3; i++)
        assert_in_range(slept_us[i], 0, 100 * US_PER_MS << i);
}

/* The service's clock is followed when a signature fails by ours, then kept. */
static void a_wrong_clock_is_noticed(void **state)
{
    (void)state;
    static const int64_t offs_s[] = {3600, -3600, 86400 * 400};
    const struct answer good = {200, "{}"};
    json_t *output = NULL;
    for (size_t i = 0; i < sizeof offs_s / sizeof *offs_s; i++) {
        wrong_by_us = offs_s[i] * US_PER_SECOND;
        error e = list_shards(&good, 1, 1, &output);
        wrong_by_us = 0;
        assert_int_equal(e, OK);
        json_decref(output);
    }
}

/* ---- where credentials are found ---- */

static void put_file(const char *path, const char *text)
{
    assert_int_equal(file_replace(path, span_of(text)), OK);
}

static void set_environment(const char *folder)
{
    static const char *const all[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                                      "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) unsetenv(all[i]);
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    setenv("HOME", folder, 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", arena_printf(&arena, "%s/credentials", folder), 1);
    setenv("AWS_CONFIG_FILE", "~/config", 1);
}

/* 200 when the credentials found sign what the server accepts. */
static int status_with_found(void)
{
    struct http_client *c;
    if (http_client_open(NULL, &c) != OK) return 0;
    struct http_call with = {.method = "GET", .service = "s3", .region = "us-east-1"};
    assert_int_equal(call(c, &with, "/echo/signed"), OK);
    http_client_close(c);
    return with.status;
}

static void credentials_found(void **state)
{
    (void)state;
    char folder[] = "/tmp/http-client-XXXXXX";
    assert_non_null(mkdtemp(folder));
    set_environment(folder);
    assert_int_equal(status_with_found(), 0);
    assert_non_null(strstr(error_text(), "no AWS credentials: set AWS_ACCESS_KEY_ID"));
    assert_non_null(strstr(error_text(), folder));

    const char *shared = arena_printf(&arena, "%s/credentials", folder);
    const char *config = arena_printf(&arena, "%s/config", folder);
    put_file(shared,
             "# comment\r\n[other]\r\naws_access_key_id = wrong\naws_secret_access_key=wrong\n"
             "[default]\n aws_session_token = nested\naws_access_key_id=AKIDEXAMPLE\n"
             "; comment = x\naws_secret_access_key =   wJalrXUtnFEMIexample  \r\n[empty]\n");
    assert_int_equal(status_with_found(), 200);
    setenv("AWS_PROFILE", "other", 1);
    assert_int_equal(status_with_found(), 403);
    setenv("AWS_PROFILE", "empty", 1);
    assert_int_equal(status_with_found(), 0);
    assert_non_null(strstr(error_text(), "profile 'empty'"));
    assert_non_null(strstr(error_text(), "lacks aws_access_key_id"));

    put_file(config, "[profile work]\naws_access_key_id=AKIDEXAMPLE\n"
                     "aws_secret_access_key=wJalrXUtnFEMIexample\n"
                     "[profile sso]\nsso_session = s\n[profile role]\nrole_arn=arn:x\n"
                     "mfa_serial=m\n"
                     "[sso-session s]\nsso_start_url=https://x\n[work]\nrole_arn=x");
    setenv("AWS_PROFILE", "work", 1);
    assert_int_equal(status_with_found(), 200);
    setenv("AWS_PROFILE", "sso", 1);
    assert_int_equal(status_with_found(), 0);
    assert_non_null(strstr(error_text(), "profile 'sso' uses AWS IAM Identity Center (SSO)"));
    setenv("AWS_PROFILE", "role", 1);
    assert_int_equal(status_with_found(), 0);
    assert_non_null(strstr(error_text(), "mfa_serial"));

    setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1); /* the environment comes first */
    assert_int_equal(status_with_found(), 0);
    assert_string_equal(error_text(), "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not");
    setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMIexample", 1);
    assert_int_equal(status_with_found(), 200);
    unlink(shared);
    unlink(config);
    rmdir(folder);
}

/* Keys replaced on disk are taken up when the old ones expire. */
static void expired_keys_are_looked_up_again(void **state)
{
    (void)state;
    char folder[] = "/tmp/http-client-XXXXXX";
    assert_non_null(mkdtemp(folder));
    set_environment(folder);
    const char *shared = arena_printf(&arena, "%s/credentials", folder);
    const char *form = "[default]\naws_access_key_id=AKIDEXAMPLE\n"
                       "aws_secret_access_key=wJalrXUtnFEMIexample\naws_session_token=%s\n";
    put_file(shared, arena_printf(&arena, form, "old"));
    struct http_client *c;
    assert_int_equal(http_client_open(NULL, &c), OK);
    const struct answer rows[] = {
        {400, "{\"__type\":\"ExpiredTokenException\",\"message\":\"expired\"}"}, {200, "{}"}};
    set_answers(rows, 2);
    json_t *input = json_object(), *output = NULL;
    assert_int_equal(http_aws_json(c, base_url, "kinesis", "us-east-1",
                                   "Kinesis_20131202.ListShards", input, 0, &output),
                     ERR_EXPIRED_TOKEN); /* nothing new on disk */
    assert_string_equal(error_text(), "expired");
    atomic_store(&answered, 0);
    put_file(shared, arena_printf(&arena, form, "new"));
    assert_int_equal(http_aws_json(c, base_url, "kinesis", "us-east-1",
                                   "Kinesis_20131202.ListShards", input, 0, &output), OK);
    json_decref(input);
    json_decref(output);
    http_client_close(c);
    unlink(shared);
    rmdir(folder);
}

static int stop_all(void **state)
{
    buffer_release(&seen);
    return stop(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signed_calls_verify),
        cmocka_unit_test(large_body_without_expect),
        cmocka_unit_test(connections_are_kept),
        cmocka_unit_test(redirects_are_not_followed),
        cmocka_unit_test(what_cannot_be_called),
        cmocka_unit_test(json_replies),
        cmocka_unit_test(json_errors_by_name),
        cmocka_unit_test(json_retries_until_it_works),
        cmocka_unit_test(a_wrong_clock_is_noticed),
        cmocka_unit_test(credentials_found),
        cmocka_unit_test(expired_keys_are_looked_up_again),
    };
    return cmocka_run_group_tests(tests, start, stop_all);
}
