/* The gateway: in comes an HTTP request, out goes AWS's reply. call_serve() is the main path:
 * recognise, authenticate, read, check, run. Which service and operation a request names follows
 * the order X-Amz-Target, the signature's scope, S3. */
#include "aws/cloudformation.h"
#include "aws/glue.h"
#include "aws/athena_runner.h"
#include "aws/kinesis.h"
#include "aws/run.h"
#include "aws/s3.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

enum {
    BODY_MAX_PUT = 24 * 1024 * 1024, /* 10 MiB of records in base64, their keys and the syntax */
    BODY_MAX_OTHER = 2 * 1024 * 1024, /* a NextToken alone may have 1 MiB */
    REGION_MAX = 32,
};
#define WAKE_EVERY_S 2 /* for triggers of Glue; cron has minutes */
#define TRIM_EVERY_US (60 * (int64_t)US_PER_SECOND)
#define CLOSE_GRACE_US (5 * (int64_t)US_PER_SECOND)

/* ---- recognise ---- */

static error recognise_target(struct call *c, span target)
{
    const char *dot = target.size ? memchr(target.data, '.', target.size) : NULL;
    span prefix = {target.data, dot ? (size_t)(dot - target.data) : target.size};
    c->service = service_by_target(prefix);
    if (!c->service)
        return fail(ERR_UNKNOWN_OPERATION, "X-Amz-Target %.*s: no service of that name",
                    (int)(target.size < 200 ? target.size : 200), target.data);
    if (dot)
        c->operation = service_operation(
            c->service, (span){dot + 1, target.size - prefix.size - 1});
    return OK;
}

static error recognise(struct call *c, const struct sigv4_scope *scope)
{
    span target = http_header(c->http, "x-amz-target");
    if (target.data) TRY(recognise_target(c, target));
    else c->service = service_by_signing_name(scope->service.size ? scope->service : SPAN("s3"));
    if (!c->service)
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve %.*s",
                    (int)(scope->service.size < 64 ? scope->service.size : 64),
                    scope->service.data);
    bool spoken = c->service->protocol != PROTOCOL_JSON ||
                  wire_recognise(c->service, http_header(c->http, "content-type"), &c->wire);
    if (!c->service->operations)
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve %s yet", c->service->title);
    if (c->service->protocol == PROTOCOL_S3) return s3_recognise(c);
    if (c->service->protocol == PROTOCOL_QUERY) return query_recognise(c);
    if (c->service->protocol == PROTOCOL_REST_JSON) return rest_recognise(c);
    if (!target.data || !span_is(c->http->method, "POST"))
        return fail(ERR_UNKNOWN_OPERATION,
                    "%s takes POST requests that name an operation in X-Amz-Target",
                    c->service->title);
    if (!spoken)
        return fail(ERR_UNKNOWN_OPERATION, "Content-Type must be %s%s%s",
                    wire_content_type(WIRE_JSON), c->service->cbor ? " or " : "",
                    c->service->cbor ? wire_content_type(WIRE_CBOR) : "");
    return OK;
}

/* ---- authenticate ---- */

/* The session token, of the header or of a presigned query; data NULL: none. */
static error session_token(struct call *c, span *out)
{
    static const char name[] = "X-Amz-Security-Token=";
    *out = http_header(c->http, "x-amz-security-token");
    for (span rest = c->http->query; !out->data && rest.size;) {
        const char *end = memchr(rest.data, '&', rest.size);
        span field = {rest.data, end ? (size_t)(end - rest.data) : rest.size};
        rest.data += field.size + (end != NULL);
        rest.size -= field.size + (end != NULL);
        if (!span_starts(field, name)) continue;
        struct buffer text = {0};
        error e = percent_decode(&text, (span){field.data + sizeof name - 1,
                                               field.size - (sizeof name - 1)}, false);
        if (e == OK) *out = arena_span(c->arena, buffer_span(&text));
        buffer_release(&text);
        if (e != OK) return fail(ERR_INVALID_SIGNATURE, "X-Amz-Security-Token is malformed.");
    }
    return OK;
}

error call_find_key(struct call *c, span access_key, struct access_key *out)
{
    span token;
    TRY(session_token(c, &token));
    if (token.data) return session_find(c->gateway, c->arena, access_key, token, out);
    return access_keys_find(c->gateway->keys, c->arena, access_key, out);
}

static error verify(struct call *c, const struct sigv4_scope *scope)
{
    if (c->service->protocol == PROTOCOL_S3) return s3_authenticate(c);
    struct access_key key;
    TRY(call_find_key(c, scope->access_key, &key));
    uint8_t digest[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1] = {0};
    sha256(digest, c->http->body);
    hex_encode(hex, digest, sizeof digest);
    TRY(sigv4_verify(c->http, span_of(key.secret_key), hex, now_us()));
    if (!span_is(scope->service, c->service->signing_name))
        return fail(ERR_INVALID_SIGNATURE, "Credential should be scoped to correct service: '%s'.",
                    c->service->signing_name);
    c->account = key.account;
    c->principal = key.principal;
    return OK;
}

/* ---- the main path ---- */

static error admit(struct call *c)
{
    if (!c->operation) {
        span target = http_header(c->http, "x-amz-target");
        return fail(ERR_UNKNOWN_OPERATION, "%s has no operation %.*s", c->service->title,
                    (int)(target.size < 200 ? target.size : 200), target.data);
    }
    if (!c->operation->run)
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve %s of %s yet", c->operation->name,
                    c->service->title);
    return OK;
}

/* The region the signature names; names of stores hold it, so its form is checked here. */
static error take_region(struct call *c, span region)
{
    bool good = region.size <= REGION_MAX;
    for (size_t i = 0; good && i < region.size; i++)
        good = strchr("abcdefghijklmnopqrstuvwxyz0123456789-", region.data[i]) && region.data[i];
    if (!good)
        return fail(ERR_INVALID_SIGNATURE, "Credential should be scoped to a valid region.");
    if (region.size) c->region = arena_text(c->arena, region);
    return OK;
}

/* A null is an absent member or element. */
static void nulls_drop(json_t *value)
{
    const char *name;
    void *next;
    json_t *member;
    json_object_foreach_safe(value, next, name, member) {
        if (json_is_null(member)) json_object_del(value, name);
        else nulls_drop(member);
    }
    for (size_t i = json_array_size(value); i-- > 0;) {
        if (json_is_null(json_array_get(value, i))) json_array_remove(value, i);
        else nulls_drop(json_array_get(value, i));
    }
}

static error call_run(struct call *c)
{
    static const struct member none[] = {{0}};
    if (c->service->protocol == PROTOCOL_S3) return s3_run(c);
    if (!c->operation->own_input) {
        TRY(c->service->protocol == PROTOCOL_QUERY ? query_read(c)
            : c->wire == WIRE_CBOR ? protocol_cbor_read(c->http->body, &c->input)
                                   : protocol_json_read(c->http->body, &c->input));
        nulls_drop(c->input);
        TRY(member_check(c->operation->input ? c->operation->input : none, c->input, false));
    }
    return c->operation->run(c);
}

error call_operation(struct call *c, const char *service, const char *operation, json_t *input,
                     json_t **output)
{
    static const struct member none[] = {{0}};
    struct call inner = *c;
    inner.service = service_by_signing_name(span_of(service));
    inner.operation = service_operation(inner.service, span_of(operation));
    CHECK(inner.operation && inner.operation->run);
    inner.wire = WIRE_JSON;
    inner.input = input;
    inner.output = NULL;
    inner.replied = false;
    error e = member_check(inner.operation->input ? inner.operation->input : none, input, false);
    if (e == OK) e = inner.operation->run(&inner);
    if (e == OK && output) *output = json_incref(inner.output);
    json_decref(inner.output);
    json_decref(inner.input);
    return e;
}

/* All that can be decided before the body. */
static error call_admit(struct call *c)
{
    struct sigv4_scope scope = {0};
    if (sigv4_scope_parse(c->http, &scope) != OK) scope = (struct sigv4_scope){0};
    TRY(take_region(c, scope.region));
    TRY(recognise(c, &scope));
    if (c->gateway->options.auth) {
        if (c->service->protocol != PROTOCOL_S3)
            TRY(sigv4_scope_parse(c->http, &scope)); /* again, for its words */
        TRY(verify(c, &scope));
    }
    return admit(c);
}

static error call_serve(struct call *c)
{
    TRY(call_admit(c));
    return call_run(c);
}

/* ---- replies ---- */

void call_reply_body(struct call *c, int status, const char *content_type, span body)
{
    c->reply->status = status;
    c->reply->body = body;
    http_reply_header(c->http, c->reply, "Content-Type", content_type);
    c->replied = true;
}

static void reply_output(struct call *c)
{
    span body = {"", 0};
    bool rest = c->service->protocol == PROTOCOL_REST_JSON;
    if (c->service->protocol == PROTOCOL_QUERY) {
        query_reply(c);
        return;
    }
    if (rest && !c->output) c->output = json_object();
    if (c->output) {
        struct writer w;
        writer_begin(&w, c->arena, c->wire, 4096);
        writer_value(&w, c->output);
        body = writer_span(&w);
    }
    call_reply_body(c, 200, rest ? "application/json" : wire_content_type(c->wire), body);
}

/* The thread's error text; it may repeat bytes of a request that are no UTF-8, or cut some off. */
const char *call_error_text(struct arena *arena)
{
    char *text = arena_text(arena, span_of(error_text()));
    for (span rest = span_of(text); rest.size;) {
        size_t good = utf8_valid_prefix(rest);
        if (good == rest.size) break;
        text[rest.data - text + (ptrdiff_t)good] = '?';
        rest = (span){rest.data + good + 1, rest.size - good - 1};
    }
    return text;
}

static void reply_error(struct call *c, error e)
{
    if (c->service && c->service->protocol == PROTOCOL_S3) {
        s3_reply_error(c, e);
        return;
    }
    const struct error_row *row = error_row(e);
    const char *message = call_error_text(c->arena);
    if (row->status == 500)
        log_line(LOG_ERROR, "aws", "%s: %s", c->operation ? c->operation->name : "request", message);
    enum protocol protocol = c->service ? c->service->protocol : PROTOCOL_JSON;
    if (c->service && c->service->reply_error) c->service->reply_error(c, e, message);
    else if (protocol == PROTOCOL_QUERY) query_reply_error(c, e, message);
    else if (protocol == PROTOCOL_REST_JSON) rest_reply_error(c, e, message);
    else if (!c->service && !http_header(c->http, "x-amz-target").data)
        call_reply_body(c, row->status, "application/xml",
                        protocol_xml_error(c, row->name, row->status, message));
    else
        call_reply_body(c, row->status, wire_content_type(c->wire),
                        protocol_json_error(c->arena, c->wire, row->name, message));
}

static void reply_health(struct call *c)
{
    call_reply_body(c, 200, "application/json",
                    SPAN("{\"status\":\"ok\",\"version\":\"" SLUICE_VERSION "\",\"stores\":"
                         "{\"state\":\"open\",\"streams\":\"open\",\"objects\":\"open\"}}"));
}

void uuid_make(char out[37])
{
    uint8_t bytes[16];
    char hex[32];
    world->random(bytes, sizeof bytes);
    bytes[6] = (bytes[6] & 0x0f) | 0x40; /* RFC 9562, version 4 */
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    hex_encode(hex, bytes, sizeof bytes);
    for (int from = 0, to = 0; from < 32; from++) {
        if (from == 8 || from == 12 || from == 16 || from == 20) out[to++] = '-';
        out[to++] = hex[from];
    }
    out[36] = '\0';
}

static void reply_headers(struct call *c)
{
    uint8_t bytes[48];
    char *id2 = arena_calloc(c->arena, 1, base64_encoded_size(sizeof bytes) + 1);
    world->random(bytes, sizeof bytes);
    base64_encode(id2, (span){(const char *)bytes, sizeof bytes});
    http_reply_header(c->http, c->reply, "x-amzn-RequestId",
                      arena_text(c->arena, span_of(c->request_id)));
    http_reply_header(c->http, c->reply, "x-amz-id-2", id2);
    http_reply_header(c->http, c->reply, "Date", date_http(c->arena, now_us()));
}

void gateway_handle(struct gateway *gateway, struct http_request *http, struct http_reply *reply)
{
    struct call c = {.gateway = gateway, .http = http, .reply = reply, .arena = http->arena,
                     .account = gateway->account, .region = gateway->region};
    c.principal = principal_root(c.arena, c.account); /* until a signature says who */
    uuid_make(c.request_id);
    reply_headers(&c);
    if (span_is(http->method, "GET") && span_is(http->path, "/_sluice/health")) {
        reply_health(&c);
        return;
    }
    error e = call_serve(&c);
    if (e != OK) reply_error(&c, e);
    else if (!c.replied) reply_output(&c);
    json_decref(c.input);
    json_decref(c.output);
}

static void handle(void *context, struct http_request *http, struct http_reply *reply)
{
    gateway_handle(context, http, reply);
}

/* ---- bodies that stream: what S3 stores ---- */

static bool refuse(void *context, struct http_request *http, struct http_reply *reply)
{
    struct gateway *gateway = context;
    struct sigv4_scope scope;
    if (!span_is(http->method, "PUT") || http_header(http, "x-amz-target").data ||
        (sigv4_scope_parse(http, &scope) == OK && !span_is(scope.service, "s3")))
        return false;
    struct call *c = ARENA_NEW(http->arena, struct call);
    *c = (struct call){.gateway = gateway, .http = http, .reply = reply, .arena = http->arena,
                       .account = gateway->account, .region = gateway->region};
    uuid_make(c->request_id);
    error e = call_admit(c);
    if (e == OK && c->service->protocol == PROTOCOL_S3 && s3_streams(c))
        e = s3_body_open(c, (struct s3_body **)&http->user);
    if (e == OK) return false;
    reply_headers(c);
    reply_error(c, e);
    return true;
}

static bool begin(void *context, struct http_request *http, void **cookie)
{
    (void)context;
    *cookie = http->user;
    return http->user != NULL;
}

static error chunk(void *context, void *cookie, span bytes)
{
    (void)context;
    return s3_body_write(cookie, bytes);
}

static void finish(void *context, void *cookie, struct http_request *http, struct http_reply *reply)
{
    (void)context, (void)http, (void)reply;
    struct call *c = s3_body_call(cookie);
    reply_headers(c);
    error e = s3_body_finish(cookie);
    if (e != OK) reply_error(c, e);
}

static void end(void *context, void *cookie)
{
    (void)context;
    s3_body_close(cookie);
}

static size_t body_limit(void *context, const struct http_request *http)
{
    (void)context;
    span target = http_header(http, "x-amz-target");
    return span_starts(target, "Kinesis_20131202.PutRecord") ? BODY_MAX_PUT : BODY_MAX_OTHER;
}

/* ---- life ---- */

/* Waits for the next round; false: stop. */
static bool clock_wait(struct gateway *g)
{
    struct timespec until;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
    until.tv_sec += WAKE_EVERY_S;
    pthread_mutex_lock(&g->lock);
    int waited = 0;
    while (!g->stopping && waited == 0) waited = pthread_cond_timedwait(&g->wake, &g->lock, &until);
    pthread_mutex_unlock(&g->lock);
    return !g->stopping;
}

static void *clock_run(void *context)
{
    struct gateway *g = context;
    int64_t trimmed_us = monotonic_us();
    while (clock_wait(g)) {
        if (glue_triggers_fire(g, now_us()) != OK)
            log_line(LOG_ERROR, "aws", "triggers: %s", error_text());
        if (monotonic_us() - trimmed_us < TRIM_EVERY_US) continue;
        trimmed_us = monotonic_us();
        if (stream_trim(g->options.streams, now_us()) != OK)
            log_line(LOG_ERROR, "aws", "trim: %s", error_text());
    }
    return NULL;
}

static void clock_start(struct gateway *g)
{
    pthread_condattr_t monotonic;
    CHECK(pthread_condattr_init(&monotonic) == 0);
    CHECK(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_mutex_init(&g->lock, NULL) == 0 && pthread_cond_init(&g->wake, &monotonic) == 0);
    pthread_condattr_destroy(&monotonic);
    CHECK(pthread_create(&g->clock, NULL, clock_run, g) == 0);
}

static void clock_stop(struct gateway *g)
{
    pthread_mutex_lock(&g->lock);
    g->stopping = true;
    pthread_cond_broadcast(&g->wake);
    pthread_mutex_unlock(&g->lock);
    pthread_join(g->clock, NULL);
    pthread_cond_destroy(&g->wake);
    pthread_mutex_destroy(&g->lock);
}

static void gateway_free(struct gateway *g)
{
    athena_runner_close(g->queries);
    run_supervisor_close(g->runs);
    access_keys_close(g->keys);
    subscriptions_close(g->subscriptions);
    pthread_mutex_destroy(&g->settings);
    free((char *)g->account);
    free((char *)g->region);
    free(g);
}

error gateway_open(const struct gateway_options *options, struct gateway **out)
{
    struct gateway *g = must_calloc(1, sizeof *g);
    g->options = *options;
    g->account = must_strdup(options->account);
    g->region = must_strdup(options->region);
    g->keys = access_keys_open(options->state);
    g->subscriptions = subscriptions_open();
    CHECK(pthread_mutex_init(&g->settings, NULL) == 0);
    g->handler = (struct http_handler){.context = g, .body_limit = body_limit, .handle = handle,
                                       .refuse = refuse, .begin = begin, .chunk = chunk,
                                       .finish = finish, .end = end};
    error e = token_key_load(options->state, g->token_key);
    if (e == OK && options->directory) e = run_supervisor_open(&g->options, &g->runs);
    if (e == OK) e = cloudformation_recover(g);
    if (e == OK && options->directory) e = athena_runner_open(&g->options, &g->queries);
    if (e == OK)
        e = http_server_open_tls(options->listen, options->port, &g->handler, NULL, options->tls,
                                 &g->server);
    if (e != OK) {
        gateway_free(g);
        return e;
    }
    if (g->runs) run_supervisor_start(g->runs);
    if (g->queries) athena_runner_start(g->queries);
    clock_start(g);
    *out = g;
    return OK;
}

const struct http_handler *gateway_handler(const struct gateway *g)
{
    return &g->handler;
}

int gateway_port(const struct gateway *g)
{
    return http_server_port(g->server);
}

void gateway_close(struct gateway *g)
{
    if (!g) return;
    clock_stop(g); /* sets stopping: event streams end */
    http_server_close(g->server, CLOSE_GRACE_US);
    gateway_free(g);
}
