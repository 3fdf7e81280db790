/* Keys that services hand out: a web identity, an assumed role, a container, an instance; found in
 * the SDKs' order, renewed in time. Each service is a server of this program. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include "http/http.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct http_server *server;
static char base_url[64], folder[] = "/tmp/http-credentials-XXXXXX";
static struct arena arena;
static atomic_int handed_out, life_s, failures; /* keys so far; their life; 500s to answer first */
static atomic_bool is_instance;

/* ---- the services ---- */

static size_t body_limit(void *context, const struct http_request *r)
{
    (void)context, (void)r;
    return 1 << 20;
}

static const char *expiration(struct arena *a)
{
    return date_iso8601(a, now_us() + (int64_t)atomic_load(&life_s) * US_PER_SECOND);
}

static void reply_json(struct http_request *r, struct http_reply *reply, const char *who)
{
    reply->body = span_of(arena_printf(
        r->arena, "{\"Code\":\"Success\",\"AccessKeyId\":\"AK%s%d\",\"SecretAccessKey\":\"secret\","
                  "\"Token\":\"to/ken=\",\"Expiration\":\"%s\"}",
        who, atomic_fetch_add(&handed_out, 1) + 1, expiration(r->arena)));
}

/* Form fields in the order the client sends them. */
static bool has(const struct http_request *r, const char *part)
{
    return strstr(arena_text(r->arena, r->body), part) != NULL;
}

static void reply_sts(struct http_request *r, struct http_reply *reply)
{
    const char *action = NULL;
    struct sigv4_scope scope;
    bool is_signed = http_header(r, "authorization").data != NULL;
    if (has(r, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15") &&
        has(r, "&WebIdentityToken=web%2Ftoken") && !is_signed)
        action = "AssumeRoleWithWebIdentity";
    if (has(r, "Action=AssumeRole&Version=2011-06-15") && is_signed &&
        has(r, "&ExternalId=out%20side") && has(r, "&RoleSessionName=mine") &&
        sigv4_scope_parse(r, &scope) == OK && span_is(scope.access_key, "AKSOURCE") &&
        span_is(scope.service, "sts") && span_is(scope.region, "eu-west-1"))
        action = "AssumeRole";
    if (!action || !has(r, "&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fjob")) {
        reply->status = 403;
        reply->body = SPAN("<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
                           "<Error><Type>Sender</Type><Code>AccessDenied</Code>"
                           "<Message>not you</Message></Error></ErrorResponse>");
        return;
    }
    reply->body = span_of(arena_printf(
        r->arena,
        "<%sResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><%sResult><Credentials>"
        "<AccessKeyId>AKROLE%d</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>"
        "<SessionToken>to/ken=</SessionToken><Expiration>%s</Expiration></Credentials></%sResult>"
        "<ResponseMetadata/></%sResponse>",
        action, action, atomic_fetch_add(&handed_out, 1) + 1, expiration(r->arena), action,
        action));
}

static void reply_instance(struct http_request *r, struct http_reply *reply)
{
    if (!atomic_load(&is_instance)) {
        reply->status = 404;
    } else if (span_is(r->path, "/latest/api/token")) {
        bool good = span_is(r->method, "PUT") &&
                    span_is(http_header(r, "x-aws-ec2-metadata-token-ttl-seconds"), "21600");
        reply->status = good ? 200 : 400;
        reply->body = SPAN("metadata token");
    } else if (!span_is(http_header(r, "x-aws-ec2-metadata-token"), "metadata token")) {
        reply->status = 401;
    } else if (span_is(r->path, "/latest/meta-data/iam/security-credentials/")) {
        reply->body = SPAN("role\n");
    } else {
        reply->status = span_is(r->path, "/latest/meta-data/iam/security-credentials/role") ? 200
                                                                                           : 404;
        reply_json(r, reply, "INSTANCE");
    }
}

/* Who signed: the body of the reply to any other call. */
static void handle(void *context, struct http_request *r, struct http_reply *reply)
{
    (void)context;
    struct sigv4_scope scope;
    reply->status = 200;
    if (span_is(r->path, "/who")) {
        if (sigv4_scope_parse(r, &scope) == OK) reply->body = scope.access_key;
    } else if (atomic_load(&failures) > 0) {
        atomic_fetch_sub(&failures, 1);
        reply->status = 500;
    } else if (span_is(r->path, "/container")) {
        bool good = span_is(http_header(r, "authorization"), "container token");
        reply->status = good ? 200 : 403;
        if (good) reply_json(r, reply, "CONTAINER");
    } else if (span_starts(r->path, "/latest/")) {
        reply_instance(r, reply);
    } else {
        reply_sts(r, reply);
    }
}

static const struct http_handler handler = {.body_limit = body_limit, .handle = handle};

/* ---- a world whose clock jumps and whose sleeps take no time ---- */

static struct world quick;
static _Atomic int64_t ahead_us;

static int64_t clock_now(void)
{
    return real_world.now_us() + atomic_load(&ahead_us);
}

static void no_sleep(int64_t us)
{
    (void)us;
}

static int start(void **state)
{
    (void)state;
    quick = real_world;
    quick.sleep_us = no_sleep;
    quick.now_us = clock_now;
    world = &quick;
    if (!mkdtemp(folder) || http_server_open("127.0.0.1", 0, &handler, &server) != OK) return 1;
    snprintf(base_url, sizeof base_url, "http://127.0.0.1:%d", http_server_port(server));
    return 0;
}

static void put_file(const char *name, const char *text)
{
    assert_int_equal(file_replace(arena_printf(&arena, "%s/%s", folder, name), span_of(text)), OK);
}

/* Nothing is set but what keeps a test on this machine. */
static int clear(void **state)
{
    static const char *const all[] = {
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_FIPS_ENDPOINT"};
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) unsetenv(all[i]);
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", arena_printf(&arena, "%s/credentials", folder), 1);
    setenv("AWS_CONFIG_FILE", arena_printf(&arena, "%s/config", folder), 1);
    setenv("AWS_ENDPOINT_URL_STS", base_url, 1);
    put_file("credentials", "");
    put_file("config", "");
    atomic_store(&handed_out, 0);
    atomic_store(&life_s, 3600);
    atomic_store(&failures, 0);
    atomic_store(&ahead_us, 0);
    atomic_store(&is_instance, true);
    return 0;
}

static const char *who(struct http_client *c)
{
    struct buffer body = {0};
    struct http_call call = {.method = "GET", .service = "s3", .region = "us-east-1",
                             .reply_body = &body};
    call.url = arena_printf(&arena, "%s/who", base_url);
    error e = http_call(c, &call);
    const char *name = e == OK ? arena_text(&arena, buffer_span(&body)) : error_text();
    buffer_release(&body);
    return name;
}

/* The access key a new client uses, or why it has none. */
static const char *found(void)
{
    struct http_client *c;
    if (http_client_open(NULL, &c) != OK) return error_text();
    const char *name = who(c);
    http_client_close(c);
    return name;
}

static void assert_says(const char *text, const char *part)
{
    if (!strstr(text, part)) fail_msg("\"%s\" lacks \"%s\"", text, part);
}

/* ---- tests ---- */

static void a_web_identity(void **state)
{
    (void)state;
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", arena_printf(&arena, "%s/token", folder), 1);
    assert_says(found(), "AWS_ROLE_ARN is not");
    setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/job", 1);
    assert_says(found(), "/token");
    put_file("token", "web/token\n");
    atomic_store(&failures, 2);
    assert_string_equal(found(), "AKROLE1");
    setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/other", 1);
    assert_says(found(), "AccessDenied: not you");
    setenv("AWS_ACCESS_KEY_ID", "AKENV", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    assert_string_equal(found(), "AKENV");
}

static void a_profiles_role(void **state)
{
    (void)state;
    const char *role = "[default]\nrole_arn = arn:aws:iam::123456789012:role/job\n"
                       "region=eu-west-1\n"
                       "external_id = out side\nrole_session_name = mine\n%s";
    put_file("config", arena_printf(&arena, role, "source_profile = base\n"));
    assert_says(found(), "source_profile 'base' has no keys");
    put_file("credentials", "[base]\naws_access_key_id = AKSOURCE\naws_secret_access_key = s\n");
    assert_string_equal(found(), "AKROLE1");
    put_file("config", arena_printf(&arena, role, "credential_source = Environment\n"));
    assert_says(found(), "credential_source that gives keys (Environment)");
    put_file("config", arena_printf(&arena, role, "mfa_serial = x\nsource_profile = base\n"));
    assert_says(found(), "mfa_serial");
}

static void a_container(void **state)
{
    (void)state;
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", arena_printf(&arena, "%s/container", base_url),
           1);
    assert_says(found(), "HTTP status 403");
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "container token", 1);
    assert_string_equal(found(), "AKCONTAINER1");
    put_file("container", "container token\n");
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "wrong", 1);
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", arena_printf(&arena, "%s/container", folder),
           1);
    assert_string_equal(found(), "AKCONTAINER2");
    static const char *const others[] = {"http://example.com/", "http://127.0.0.1.example.com/",
                                         "http://169.254.170.2@example.com/", "ftp://localhost/"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", others[i], 1);
        assert_says(found(), "neither https nor an address");
    }
}

static void an_instance(void **state)
{
    (void)state;
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", arena_printf(&arena, "%s/", base_url), 1);
    assert_says(found(), "no AWS credentials");
    setenv("AWS_EC2_METADATA_DISABLED", "false", 1);
    atomic_store(&failures, 1);
    assert_string_equal(found(), "AKINSTANCE1");
    atomic_store(&is_instance, false);
    assert_says(found(), "no AWS credentials");
    put_file("config", "[default]\nregion = eu-west-1\n"); /* no keys: not the end of the search */
    atomic_store(&is_instance, true);
    assert_string_equal(found(), "AKINSTANCE2");
    setenv("AWS_PROFILE", "nobody", 1);
    assert_says(found(), "no AWS profile 'nobody'");
}

static void keys_are_renewed_in_time(void **state)
{
    (void)state;
    struct http_client *c;
    setenv("AWS_EC2_METADATA_DISABLED", "false", 1);
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", base_url, 1);
    assert_int_equal(http_client_open(NULL, &c), OK);
    assert_string_equal(who(c), "AKINSTANCE1");
    atomic_store(&ahead_us, 3200 * (int64_t)US_PER_SECOND);
    assert_string_equal(who(c), "AKINSTANCE1");
    atomic_store(&ahead_us, 3400 * (int64_t)US_PER_SECOND);
    assert_string_equal(who(c), "AKINSTANCE2");
    /* The service is away: the old keys serve as long as they hold, and no longer. */
    atomic_store(&is_instance, false);
    atomic_store(&ahead_us, (3400 + 3400) * (int64_t)US_PER_SECOND);
    assert_string_equal(who(c), "AKINSTANCE2");
    atomic_store(&ahead_us, (3400 + 3700) * (int64_t)US_PER_SECOND);
    assert_says(who(c), "the AWS credentials have expired: no AWS credentials");
    atomic_store(&is_instance, true);
    assert_string_equal(who(c), "AKINSTANCE3");
    http_client_close(c);
}

static void regions_and_endpoints(void **state)
{
    (void)state;
    assert_null(http_aws_region(&arena));
    assert_null(http_aws_endpoint_set(&arena, "s3"));
    put_file("config", "[default]\nregion = eu-west-1\nendpoint_url = http://of-profile\n");
    assert_string_equal(http_aws_region(&arena), "eu-west-1");
    assert_string_equal(http_aws_endpoint_set(&arena, "s3"), "http://of-profile");
    setenv("AWS_DEFAULT_REGION", "us-west-2", 1);
    assert_string_equal(http_aws_region(&arena), "us-west-2");
    setenv("AWS_REGION", "us-west-1", 1);
    assert_string_equal(http_aws_region(&arena), "us-west-1");
    setenv("AWS_ENDPOINT_URL", "http://all", 1);
    assert_string_equal(http_aws_endpoint_set(&arena, "s3"), "http://all");
    setenv("AWS_ENDPOINT_URL_S3", "http://s3", 1);
    assert_string_equal(http_aws_endpoint_set(&arena, "s3"), "http://s3");
    assert_string_equal(http_aws_endpoint_set(&arena, "glue"), "http://all");
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
    assert_null(http_aws_endpoint_set(&arena, "s3"));
    assert_string_equal(http_aws_endpoint(&arena, "s3", "eu-west-1"),
                        "https://s3.eu-west-1.amazonaws.com");
    assert_string_equal(http_aws_endpoint(&arena, "glue", "cn-north-1"),
                        "https://glue.cn-north-1.amazonaws.com.cn");
    setenv("AWS_USE_FIPS_ENDPOINT", "true", 1);
    assert_string_equal(http_aws_endpoint(&arena, "kinesis", "us-gov-west-1"),
                        "https://kinesis-fips.us-gov-west-1.amazonaws.com");
    assert_true(http_is_aws("https://s3.eu-west-1.amazonaws.com/"));
    assert_true(http_is_aws("https://kinesis.cn-north-1.amazonaws.com.cn:443"));
    assert_false(http_is_aws("https://amazonaws.com.example.org/"));
    assert_false(http_is_aws("http://127.0.0.1:4566/x.amazonaws.com"));
}

static int stop(void **state)
{
    static const char *const files[] = {"credentials", "config", "token", "container"};
    (void)state;
    http_server_close(server, US_PER_SECOND);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        unlink(arena_printf(&arena, "%s/%s", folder, files[i]));
    rmdir(folder);
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_web_identity, clear),
        cmocka_unit_test_setup(a_profiles_role, clear),
        cmocka_unit_test_setup(a_container, clear),
        cmocka_unit_test_setup(an_instance, clear),
        cmocka_unit_test_setup(keys_are_renewed_in_time, clear),
        cmocka_unit_test_setup(regions_and_endpoints, clear),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
