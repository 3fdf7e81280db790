/* The HTTP client: libcurl, HTTP/1.1 (the HTTP/2 of 7.88 breaks on a connection's second request),
 * signed by sigv4.c. One handle per client keeps connections alive between calls. */
#include "http/curl.h"
#include "http/internal.h"

#include <stdlib.h>

enum {
    TIMEOUT_US = 30 * US_PER_SECOND,
    CONNECT_TIMEOUT_MS = 10000,
    REPLY_MAX_BYTES = 1 << 30,
    BUFFER_BYTES = 512 * 1024, /* of a read or write: libcurl's own 16 KiB cost a poll each */
    ATTEMPTS = 5,
    BACKOFF_FIRST_US = 100 * US_PER_MS,
    BACKOFF_MAX_US = 20 * US_PER_SECOND,
    REFRESH_AHEAD_US = 300 * US_PER_SECOND,
    REFRESH_RETRY_US = 30 * US_PER_SECOND,
    SKEW_US = 240 * US_PER_SECOND, /* services tolerate 5 to 15 minutes */
};

struct http_client {
    CURL *curl;
    struct arena keys;      /* the credentials' memory */
    struct arena arena;     /* of one call */
    struct credentials credentials;
    bool own_credentials;   /* found, not given: looked up again when they expire */
    int64_t expires_us;     /* 0: never */
    int64_t look_again_us;
    int64_t ahead_us;       /* the services' clock before ours, where ours is wrong */
    int64_t server_us;      /* their clock as of the last reply; 0: not told */
    struct buffer reply;    /* of http_aws_json */
};

static span credential_copy(struct arena *arena, span text)
{
    return text.data ? arena_span(arena, text) : (span){0};
}

/* Newly found keys replace those at hand. */
static error credentials_take(struct http_client *c)
{
    struct arena arena = {0};
    struct found_credentials found = {0};
    error e = credentials_find(c, &arena, &found);
    if (e != OK) {
        arena_release(&arena);
        return e;
    }
    arena_release(&c->keys);
    c->keys = arena;
    c->credentials = found.credentials;
    c->expires_us = found.expires_us;
    int64_t left = found.expires_us - (now_us() + c->ahead_us);
    c->look_again_us =
        found.expires_us - (left > 2 * (int64_t)REFRESH_AHEAD_US ? REFRESH_AHEAD_US : left / 2);
    return OK;
}

/* Keys that expire are replaced in time; while the old ones hold, a failure to do so passes. */
static error credentials_current(struct http_client *c)
{
    int64_t now = now_us() + c->ahead_us;
    if (!c->own_credentials || !c->expires_us || now < c->look_again_us) return OK;
    error e = credentials_take(c);
    if (e == OK) return OK;
    if (now >= c->expires_us) return fail_context(e, "the AWS credentials have expired");
    log_line(LOG_WARN, "http", "new AWS credentials: %s", error_text());
    c->look_again_us = now + REFRESH_RETRY_US;
    return OK;
}

error http_client_open(const struct credentials *override, struct http_client **out)
{
    TRY(curl_library_load());
    struct http_client *c = must_calloc(1, sizeof *c);
    error e = OK;
    if (override) {
        c->credentials.access_key = credential_copy(&c->keys, override->access_key);
        c->credentials.secret_key = credential_copy(&c->keys, override->secret_key);
        c->credentials.session_token = credential_copy(&c->keys, override->session_token);
    } else {
        c->own_credentials = true;
    }
    if (!(c->curl = libcurl.curl_easy_init())) e = fail(ERR_MEMORY, "no HTTP client handle");
    if (e == OK && !override) e = credentials_take(c);
    if (e != OK) {
        http_client_close(c);
        return e;
    }
    *out = c;
    return OK;
}

error http_client_twin(const struct http_client *c, struct http_client **out)
{
    TRY(http_client_open(c->own_credentials ? NULL : &c->credentials, out));
    (*out)->ahead_us = c->ahead_us;
    return OK;
}

void http_client_close(struct http_client *c)
{
    if (!c) return;
    if (c->curl) libcurl.curl_easy_cleanup(c->curl);
    buffer_release(&c->reply);
    arena_release(&c->arena);
    arena_release(&c->keys);
    free(c);
}

/* ---- one call ---- */

struct transfer {
    struct http_client *client;
    struct http_call *call;
    struct buffer *body;
    size_t body_start;
    bool too_large;
};

int64_t http_client_told_us(const struct http_client *c)
{
    return c->server_us;
}

static size_t on_body(char *data, size_t one, size_t size, void *context)
{
    (void)one;
    struct transfer *t = context;
    if (!t->body) return size;
    t->too_large = size > REPLY_MAX_BYTES - (t->body->size - t->body_start);
    if (t->too_large) return 0;
    buffer_append(t->body, data, size);
    return size;
}

static size_t on_header_line(char *data, size_t one, size_t size, void *context)
{
    (void)one;
    struct transfer *t = context;
    const char *colon = memchr(data, ':', size);
    if (!colon) return size;
    span name = span_trim((span){data, (size_t)(colon - data)});
    span value = span_trim((span){colon + 1, size - (size_t)(colon + 1 - data)});
    if (span_equal_nocase(name, SPAN("date")) &&
        date_parse_http(value, &t->client->server_us) != OK)
        t->client->server_us = 0;
    if (t->call->on_header) t->call->on_header(t->call->context, name, value);
    return size;
}

/* "http://host:port/path?query" to host and target. */
static error url_split(struct http_request *r, const char *url, span *host)
{
    const char *authority = strstr(url, "://");
    bool known = span_starts(span_of(url), "http://") || span_starts(span_of(url), "https://");
    if (!authority || !known || strpbrk(url, " \t\r\n#"))
        return fail(ERR_USAGE, "\"%s\" is not an http or https address", url);
    authority += 3;
    size_t size = strcspn(authority, "/?");
    if (size == 0 || memchr(authority, '@', size))
        return fail(ERR_USAGE, "\"%s\" names no host, or a user besides it", url);
    *host = (span){authority, size};
    const char *target = authority + size;
    size_t path = strcspn(target, "?");
    r->target = span_of(target);
    r->path = path ? (span){target, path} : SPAN("/");
    r->query = target[path] ? span_of(target + path + 1) : SPAN("");
    return OK;
}

static error call_prepare(struct http_client *c, const struct http_call *call,
                          const struct credentials *credentials, struct http_request *r)
{
    span host;
    *r = (struct http_request){.method = span_of(call->method), .arena = &c->arena,
                               .body = call->body.data ? call->body : SPAN("")};
    TRY(url_split(r, call->url, &host));
    struct http_header *headers = ARENA_ARRAY(r->arena, struct http_header, call->header_count + 1);
    for (size_t i = 0; i < call->header_count; i++) {
        headers[i] = call->headers[i];
        if (memchr(headers[i].value.data, '\n', headers[i].value.size) ||
            memchr(headers[i].value.data, '\r', headers[i].value.size))
            return fail(ERR_USAGE, "line break in the value of header %.*s",
                        (int)headers[i].name.size, headers[i].name.data);
    }
    headers[call->header_count] = (struct http_header){SPAN("host"), host};
    r->headers = headers;
    r->header_count = call->header_count + 1;
    if (!call->service) return OK;
    if (!credentials->access_key.data)
        return fail(ERR_USAGE, "no AWS credentials to sign a call of %s with", call->service);
    const struct sigv4_signing with = {credentials, span_of(call->region),
                                       span_of(call->service),
                                       now_us() + c->ahead_us};
    return sigv4_sign(r, &with);
}

static struct curl_slist *header_list(const struct http_request *r)
{
    struct curl_slist *list = NULL;
    for (size_t i = 0; i < r->header_count; i++) {
        const struct http_header *h = &r->headers[i];
        /* "Name;" is libcurl's way to send a header without a value */
        const char *line = h->value.size
                               ? arena_printf(r->arena, "%.*s: %.*s", (int)h->name.size,
                                              h->name.data, (int)h->value.size, h->value.data)
                               : arena_printf(r->arena, "%.*s;", (int)h->name.size, h->name.data);
        CHECK((list = libcurl.curl_slist_append(list, line)));
    }
    /* "Name:" takes away what libcurl would add */
    CHECK((list = libcurl.curl_slist_append(list, "Expect:")));
    if (!http_header(r, "content-type").data)
        CHECK((list = libcurl.curl_slist_append(list, "Content-Type:")));
    return list;
}

static void set_method(CURL *curl, const struct http_request *r, const char *method)
{
    if (strcmp(method, "HEAD") == 0) {
        libcurl.curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    } else if (strcmp(method, "GET") == 0 && !r->body.size) {
        libcurl.curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    } else {
        libcurl.curl_easy_setopt(curl, CURLOPT_POST, 1L);
        libcurl.curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.size);
        libcurl.curl_easy_setopt(curl, CURLOPT_POSTFIELDS, r->body.data);
        libcurl.curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    }
}

static error curl_error(CURLcode code, const struct http_call *call, const struct transfer *t,
                        const char *text)
{
    const char *words = text[0] ? text : libcurl.curl_easy_strerror(code);
    if (t->too_large)
        return fail(ERR_TOO_LARGE, "%s: reply larger than %d bytes", call->url, REPLY_MAX_BYTES);
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return fail(ERR_TIMEOUT, "%s: %s", call->url, words);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE: return fail(ERR_UNSUPPORTED, "%s: %s", call->url, words);
    case CURLE_URL_MALFORMAT: return fail(ERR_USAGE, "%s: %s", call->url, words);
    case CURLE_OUT_OF_MEMORY: return fail(ERR_MEMORY, "%s: %s", call->url, words);
    default: return fail(ERR_NETWORK, "%s: %s", call->url, words);
    }
}

/* As the AWS tools: a bundle of one's own for hosts with private certificates. */
static void set_trust(CURL *curl)
{
    const char *bundle = environment("AWS_CA_BUNDLE");
    libcurl.curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    libcurl.curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    if (bundle) libcurl.curl_easy_setopt(curl, CURLOPT_CAINFO, bundle);
}

static error call_perform(struct http_client *c, struct http_call *call,
                          const struct http_request *r, bool direct)
{
    CURL *curl = c->curl;
    char text[CURL_ERROR_SIZE] = "";
    struct transfer t = {.client = c, .call = call, .body = call->reply_body,
                         .body_start = call->reply_body ? call->reply_body->size : 0};
    int64_t timeout_us = call->timeout_us > 0 ? call->timeout_us : TIMEOUT_US;
    struct curl_slist *headers = header_list(r);
    libcurl.curl_easy_reset(curl); /* options only: connections stay */
    libcurl.curl_easy_setopt(curl, CURLOPT_URL, call->url);
    libcurl.curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L); /* the path was signed as it is */
    libcurl.curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    libcurl.curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    libcurl.curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    libcurl.curl_easy_setopt(curl, CURLOPT_USERAGENT, "sluice/" SLUICE_VERSION);
    libcurl.curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    libcurl.curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    libcurl.curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    libcurl.curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, (long)BUFFER_BYTES);
    libcurl.curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, (long)BUFFER_BYTES);
    libcurl.curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    if (direct) libcurl.curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    /* libcurl sends again, unasked, what a kept connection lost: of a new one nothing. */
    if (call->unrepeated) libcurl.curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
    set_trust(curl);
    libcurl.curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                             (long)((timeout_us + US_PER_MS - 1) / US_PER_MS));
    libcurl.curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    libcurl.curl_easy_setopt(curl, CURLOPT_WRITEDATA, &t);
    libcurl.curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header_line);
    libcurl.curl_easy_setopt(curl, CURLOPT_HEADERDATA, &t);
    libcurl.curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, text);
    set_method(curl, r, call->method);
    CURLcode code = libcurl.curl_easy_perform(curl);
    long status = 0;
    libcurl.curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    libcurl.curl_slist_free_all(headers);
    if (code != CURLE_OK) {
        if (t.body) t.body->size = t.body_start; /* half a reply is none */
        return curl_error(code, call, &t, text);
    }
    call->status = (int)status;
    return OK;
}

error client_call(struct http_client *c, struct http_call *call,
                  const struct credentials *credentials, bool direct)
{
    struct http_request r;
    call->status = 0;
    c->server_us = 0;
    error e = call_prepare(c, call, credentials, &r);
    if (e == OK) e = call_perform(c, call, &r, direct);
    arena_reset(&c->arena);
    return e;
}

error http_call(struct http_client *c, struct http_call *call)
{
    if (call->service) TRY(credentials_current(c));
    return client_call(c, call, &c->credentials, false);
}

/* ---- calls that are tried again ---- */

/* Full jitter: a random part of a time that doubles, so that many clients spread. */
void client_backoff(int attempt)
{
    int64_t most = BACKOFF_MAX_US;
    if (attempt < 8 && (int64_t)BACKOFF_FIRST_US << attempt < most)
        most = (int64_t)BACKOFF_FIRST_US << attempt;
    uint64_t random;
    world->random(&random, sizeof random);
    world->sleep_us((int64_t)(random % (uint64_t)most));
}

static void keys_name(struct buffer *out, const struct credentials *c)
{
    buffer_append_span(out, c->access_key);
    buffer_append_byte(out, '\n');
    buffer_append_span(out, c->session_token);
}

/* The service says that the keys have expired: are there others by now? Those of a profile may be
 * replaced on disk while a job runs. */
static bool credentials_renewed(struct http_client *c)
{
    if (!c->own_credentials) return false;
    struct buffer before = {0}, after = {0};
    char *text = must_strdup(error_text());
    keys_name(&before, &c->credentials);
    bool found = credentials_take(c) == OK;
    keys_name(&after, &c->credentials);
    bool renewed = found && !span_equal(buffer_span(&before), buffer_span(&after));
    buffer_release(&before);
    buffer_release(&after);
    fail(ERR_EXPIRED_TOKEN, "%s", text); /* the search may have worded another one */
    free(text);
    return renewed;
}

/* A signature refused by a service whose clock is far from ours: it is followed from now on. */
static bool clock_followed(struct http_client *c)
{
    int64_t off_us = c->server_us - (now_us() + c->ahead_us);
    if (!c->server_us || (off_us < SKEW_US && off_us > -SKEW_US)) return false;
    c->ahead_us += off_us;
    log_line(LOG_WARN, "http", "this machine's clock is %lld s off: following the services'",
             (long long)(-c->ahead_us / US_PER_SECOND));
    return true;
}

error http_call_retried(struct http_client *c, struct http_call *call, int attempts,
                        error (*judge)(void *context, const struct http_call *), void *context)
{
    size_t start = call->reply_body ? call->reply_body->size : 0;
    bool renewed = false, followed = false;
    error e = OK;
    for (int attempt = 0; attempt < (attempts > 0 ? attempts : ATTEMPTS);) {
        if (call->reply_body) call->reply_body->size = start;
        e = http_call(c, call);
        if (e == OK) e = judge(context, call);
        if (e == ERR_EXPIRED_TOKEN && !renewed && credentials_renewed(c)) {
            renewed = true;
            continue;
        }
        if (e == ERR_INVALID_SIGNATURE && !followed && clock_followed(c)) {
            followed = true;
            continue;
        }
        if (e == OK || error_row(e)->retry != RETRY_BACKOFF) break;
        if (++attempt < (attempts > 0 ? attempts : ATTEMPTS)) client_backoff(attempt - 1);
    }
    return e;
}

/* ---- AWS JSON ---- */

struct json_call {
    struct http_client *client;
    json_t **output;
};

static error json_judge(void *context, const struct http_call *call)
{
    struct json_call *j = context;
    struct http_client *c = j->client;
    if (call->status < 200 || call->status > 299)
        return http_json_error(call->status, buffer_span(&c->reply));
    *j->output = c->reply.size ? NULL : json_object();
    if (*j->output) return OK;
    error e = json_read(buffer_span(&c->reply), j->output);
    return e == OK ? OK : fail_context(ERR_NETWORK, "reply of %s", call->url);
}

error http_aws_json(struct http_client *c, const char *endpoint_url, const char *service,
                    const char *region, const char *target, const json_t *input, int attempts,
                    json_t **output)
{
    struct buffer body = {0};
    json_print(&body, input);
    const struct http_header headers[] = {
        {SPAN("content-type"), span_of(target ? "application/x-amz-json-1.1" : "application/json")},
        {SPAN("x-amz-target"), span_of(target)},
    };
    struct http_call call = {.method = "POST", .url = endpoint_url, .service = service,
                             .region = region, .headers = headers, .header_count = target ? 2 : 1,
                             .body = buffer_span(&body), .reply_body = &c->reply};
    struct json_call j = {c, output};
    buffer_reset(&c->reply);
    error e = http_call_retried(c, &call, attempts, json_judge, &j);
    buffer_release(&body);
    return e;
}
