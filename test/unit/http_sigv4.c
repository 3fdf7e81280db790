/* Signature Version 4 against requests that real clients signed.
 *
 * test/data/sigv4_traces.jsonl: recorded from the AWS CLI, boto3, the AWS SDK for JavaScript and
 * the CDK CLI. test/data/sigv4_vectors.jsonl: corner cases of the canonical form, signed by
 * botocore. Each line: method, target, http2, headers, payload (the body's SHA-256 when known). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include "http/http.h"

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

enum { FILE_MAX = 8 << 20, HEADERS_MAX = 64 };

struct vector {
    struct http_request request;
    struct http_header headers[HEADERS_MAX];
    const char *client, *payload;
    int64_t signed_at;
};

static struct arena arena;

static span secret_of(span access_key)
{
    if (span_is(access_key, "AKIDEXAMPLE")) return SPAN("wJalrXUtnFEMIexample");
    assert_true(span_is(access_key, "ASIAEXAMPLEEXAMPLE01"));
    return SPAN("assumedsecret");
}

static void set_target(struct http_request *r, span target)
{
    const char *mark = memchr(target.data, '?', target.size);
    r->target = target;
    r->path = mark ? (span){target.data, (size_t)(mark - target.data)} : target;
    r->query = mark ? (span){mark + 1, target.size - r->path.size - 1} : SPAN("");
}

static span text_copy(const json_t *value)
{
    return arena_span(&arena, span_of(json_string_value(value)));
}

static void vector_read(struct vector *v, span line)
{
    json_t *row, *header;
    size_t i;
    assert_int_equal(json_read(line, &row), OK);
    memset(v, 0, sizeof *v);
    v->client = arena_text(&arena, span_of(json_text(row, "client")));
    if (json_text(row, "payload"))
        v->payload = arena_text(&arena, span_of(json_text(row, "payload")));
    v->request.method = text_copy(json_object_get(row, "method"));
    v->request.http2 = json_is_set(row, "http2");
    v->request.headers = v->headers;
    v->request.arena = &arena;
    set_target(&v->request, text_copy(json_object_get(row, "target")));
    json_array_foreach(json_object_get(row, "headers"), i, header) {
        assert_true(i < HEADERS_MAX);
        v->headers[i].name = text_copy(json_array_get(header, 0));
        v->headers[i].value = text_copy(json_array_get(header, 1));
        v->request.header_count++;
    }
    json_decref(row);
    span date = http_header(&v->request, "x-amz-date");
    const char *in_query = strstr(v->request.target.data, "X-Amz-Date=");
    if (!date.data && in_query) date = (span){in_query + 11, 16};
    assert_int_equal(date_parse_amz(date, &v->signed_at), OK);
}

static error verify_at(const struct vector *v, int64_t now)
{
    struct sigv4_scope scope;
    error e = sigv4_scope_parse(&v->request, &scope);
    if (e != OK) return e;
    return sigv4_verify(&v->request, secret_of(scope.access_key), v->payload, now);
}

static error verify(const struct vector *v)
{
    return verify_at(v, v->signed_at + US_PER_SECOND);
}

static void changed_must_fail(struct vector *v, span *part, const char *what)
{
    if (!part->size) return;
    span before = *part;
    char *copy = arena_text(&arena, before);
    copy[before.size / 2] = copy[before.size / 2] == 'q' ? 'r' : 'q';
    part->data = copy;
    if (verify(v) == OK) fail_msg("%s: a changed %s passes", v->client, what);
    *part = before;
}

static bool is_signed(const struct vector *v, span name)
{
    span authorization = http_header(&v->request, "authorization");
    if (!authorization.data) return span_equal_nocase(name, SPAN("host"));
    if (span_equal_nocase(name, SPAN("authorization"))) return true;
    const char *list = strstr(authorization.data, "SignedHeaders=") + 14;
    char wanted[256];
    size_t size = 0;
    for (; size < name.size && size < 255; size++) wanted[size] = (char)(name.data[size] | 0x20);
    wanted[size] = '\0';
    const char *found = strstr(list, wanted);
    return found && found < strchr(list, ',') && strchr("=;", found[-1]) &&
           strchr(";,", found[size]);
}

static void tamper(struct vector *v)
{
    struct http_request *r = &v->request;
    span method = r->method, target = r->target;
    changed_must_fail(v, &r->method, "method");
    changed_must_fail(v, &r->path, "path");
    r->method = method;
    for (size_t i = 0; i < r->header_count; i++) {
        if (!is_signed(v, r->headers[i].name)) continue;
        changed_must_fail(v, &v->headers[i].value, r->headers[i].name.data);
        span name = v->headers[i].name;
        v->headers[i].name = SPAN("other-name");
        if (verify(v) == OK) fail_msg("%s: passes without %s", v->client, name.data);
        v->headers[i].name = name;
    }
    set_target(r, span_of(arena_printf(&arena, "%s%ctampered=1", target.data,
                                       strchr(target.data, '?') ? '&' : '?')));
    if (verify(v) == OK) fail_msg("%s: passes with more in its query", v->client);
    set_target(r, target);
    if (sigv4_verify(r, SPAN("other"), v->payload, v->signed_at) != ERR_INVALID_SIGNATURE)
        fail_msg("%s: passes with another secret", v->client);
    /* A body whose digest counts must be the one that was signed. */
    span word = http_header(r, "x-amz-content-sha256");
    bool digest_counts = word.data ? word.size == 64 : http_header(r, "authorization").data != NULL;
    if (digest_counts &&
        sigv4_verify(r, SPAN("wJalrXUtnFEMIexample"),
                     "0000000000000000000000000000000000000000000000000000000000000000",
                     v->signed_at) != ERR_INVALID_SIGNATURE)
        fail_msg("%s: passes with another body", v->client);
    if (verify(v) != OK) fail_msg("%s: the test did not restore it", v->client);
}

static void verify_file(const char *path, size_t least)
{
    struct buffer text = {0};
    size_t count = 0;
    assert_int_equal(file_read_whole(path, &text, FILE_MAX), OK);
    for (size_t at = 0; at < text.size; count++) {
        struct vector v;
        const char *end = memchr(text.data + at, '\n', text.size - at);
        span line = {text.data + at, (size_t)(end - text.data) - at};
        vector_read(&v, line);
        if (verify(&v) != OK) fail_msg("%s: %s", v.client, error_text());
        tamper(&v);
        arena_reset(&arena);
        at += line.size + 1;
    }
    assert_true(count >= least);
    buffer_release(&text);
}

static void traces_of_real_clients(void **state)
{
    (void)state;
    const char *more = getenv("SIGV4_TRACES"); /* another file of the same form */
    verify_file(more ? more : "test/data/sigv4_traces.jsonl", 100);
}

static void corner_cases_signed_by_botocore(void **state)
{
    (void)state;
    verify_file("test/data/sigv4_vectors.jsonl", 25);
}

/* ---- words ---- */

#define KEY SPAN("wJalrXUtnFEMIexample")
#define DATE "20230110T060708Z"
static const int64_t DATE_US = 1673330828 * (int64_t)US_PER_SECOND;
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define AUTH "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20230110/us-east-1/kinesis/aws4_request, "

static void expect(const char *authorization, const char *date, int64_t now, error code,
                   const char *words)
{
    struct http_header headers[3] = {{SPAN("host"), SPAN("h")}};
    struct http_request r = {.method = SPAN("GET"), .headers = headers, .header_count = 1,
                             .arena = &arena};
    set_target(&r, SPAN("/"));
    if (authorization)
        headers[r.header_count++] =
            (struct http_header){SPAN("authorization"), span_of(authorization)};
    if (date) headers[r.header_count++] = (struct http_header){SPAN("x-amz-date"), span_of(date)};
    assert_int_equal(sigv4_verify(&r, KEY, EMPTY, now), code);
    assert_string_equal(error_text(), words);
    arena_reset(&arena);
}

static void words_of_refusals(void **state)
{
    (void)state;
    const char *good = AUTH "SignedHeaders=host;x-amz-date, Signature=00";
    expect(NULL, DATE, DATE_US, ERR_MISSING_AUTH, "Missing Authentication Token");
    expect(AUTH "SignedHeaders=host", DATE, DATE_US, ERR_INCOMPLETE_SIGNATURE,
           "Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256");
    expect("AWS4-HMAC-SHA256", NULL, DATE_US, ERR_INCOMPLETE_SIGNATURE,
           "Authorization header requires 'Credential' parameter. Authorization header requires "
           "'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. "
           "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
           "Authorization=AWS4-HMAC-SHA256");
    expect("Basic dXNlcjpwYXNz", DATE, DATE_US, ERR_INCOMPLETE_SIGNATURE,
           "Unsupported AWS 'algorithm': 'Basic'.");
    expect("AWS4-HMAC-SHA256 Credential=AKID/20230110/us-east-1, SignedHeaders=host, Signature=0",
           DATE, DATE_US, ERR_INCOMPLETE_SIGNATURE,
           "Credential must have exactly 5 slash-delimited elements, e.g. "
           "keyid/date/region/service/term, got 'AKID/20230110/us-east-1'");
    expect(AUTH "SignedHeaders=x-amz-date, Signature=00", DATE, DATE_US, ERR_INVALID_SIGNATURE,
           "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    expect(good, "20230111T000000Z", DATE_US, ERR_INVALID_SIGNATURE,
           "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
           "HTTP: '20230110' != '20230111', from '20230111T000000Z'.");
    expect(good, "Tue, 10 Jan", DATE_US, ERR_INCOMPLETE_SIGNATURE,
           "Date must be in ISO-8601 'basic format'. Got 'Tue, 10 Jan'. See "
           "http://en.wikipedia.org/wiki/ISO_8601");
    expect(AUTH "SignedHeaders=host;host, Signature=00", DATE, DATE_US, ERR_INVALID_SIGNATURE,
           "SignedHeaders must be in sorted order: 'host;host'");
    expect(good, DATE, DATE_US, ERR_INVALID_SIGNATURE,
           "The request signature we calculated does not match the signature you provided. Check "
           "your AWS Secret Access Key and signing method. Consult the service documentation for "
           "details.");
}

static void skew_of_fifteen_minutes(void **state)
{
    (void)state;
    const char *good = AUTH "SignedHeaders=host;x-amz-date, Signature=00";
    const int64_t minute = 60 * (int64_t)US_PER_SECOND;
    expect(good, DATE, DATE_US + 20 * minute, ERR_INVALID_SIGNATURE,
           "Signature expired: 20230110T060708Z is now earlier than 20230110T061208Z "
           "(20230110T062708Z - 15 min.)");
    expect(good, DATE, DATE_US - 20 * minute, ERR_INVALID_SIGNATURE,
           "Signature not yet current: 20230110T060708Z is still later than 20230110T060208Z "
           "(20230110T054708Z + 15 min.)");
    expect(good, DATE, DATE_US + 15 * minute, ERR_INVALID_SIGNATURE, /* at the edge: looked at */
           "The request signature we calculated does not match the signature you provided. Check "
           "your AWS Secret Access Key and signing method. Consult the service documentation for "
           "details.");
}

static void presigned_queries_expire(void **state)
{
    (void)state;
    struct buffer text = {0};
    struct vector v;
    size_t seen = 0;
    assert_int_equal(file_read_whole("test/data/sigv4_vectors.jsonl", &text, FILE_MAX), OK);
    for (char *line = strtok(text.data, "\n"); line && line < text.data + text.size;
         line = strtok(NULL, "\n")) {
        if (!strstr(line, "X-Amz-Expires=900")) continue;
        vector_read(&v, span_of(line));
        assert_int_equal(verify_at(&v, v.signed_at + 900 * (int64_t)US_PER_SECOND), OK);
        assert_int_equal(verify_at(&v, v.signed_at + 901 * (int64_t)US_PER_SECOND),
                         ERR_ACCESS_DENIED);
        assert_string_equal(error_text(), "Request has expired");
        assert_int_equal(verify_at(&v, v.signed_at - 16 * 60 * (int64_t)US_PER_SECOND),
                         ERR_INVALID_SIGNATURE);
        seen++;
    }
    assert_true(seen >= 4);
    buffer_release(&text);
    arena_reset(&arena);
}

static void bad_digest_words_are_refused(void **state)
{
    (void)state;
    struct http_header headers[] = {
        {SPAN("host"), SPAN("h")},
        {SPAN("x-amz-date"), SPAN(DATE)},
        {SPAN("authorization"), SPAN(AUTH "SignedHeaders=host, Signature=0")},
        {SPAN("x-amz-content-sha256"), SPAN("cafe")},
    };
    struct http_request r = {.method = SPAN("GET"), .headers = headers, .header_count = 4,
                             .arena = &arena};
    set_target(&r, SPAN("/"));
    assert_int_equal(sigv4_verify(&r, KEY, EMPTY, DATE_US), ERR_INVALID_SIGNATURE);
    assert_true(span_starts(span_of(error_text()), "x-amz-content-sha256 must be"));
    r.header_count = 3; /* neither header nor digest: nothing says what was signed */
    assert_int_equal(sigv4_verify(&r, KEY, NULL, DATE_US), ERR_INCOMPLETE_SIGNATURE);
    arena_reset(&arena);
}

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traces_of_real_clients),
        cmocka_unit_test(corner_cases_signed_by_botocore),
        cmocka_unit_test(words_of_refusals),
        cmocka_unit_test(skew_of_fifteen_minutes),
        cmocka_unit_test(presigned_queries_expire),
        cmocka_unit_test(bad_digest_words_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
