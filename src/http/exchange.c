/* One request and its reply, between a protocol (HTTP/1.1, HTTP/2) and the handler.
 *
 * In: the head, then the body's pieces, from one thread at a time. Out: a filled http_reply that
 * the protocol sends. Limits that hold for every protocol are checked here. */
#include "http/internal.h"

#include <poll.h>
#include <unistd.h>

enum { BODY_KEEP_BYTES = 1 << 20 }; /* capacity kept for the next request of a connection */

void exchange_open(struct http_exchange *x, struct connection *connection)
{
    struct arena arena = x->arena;
    struct buffer body = x->body;
    *x = (struct http_exchange){.connection = connection, .arena = arena, .body = body};
    x->reply.file = -1;
    x->request.arena = &x->arena;
    x->request.peer = connection->peer;
    x->request.exchange = x;
}

/* Path and query of origin-form and absolute-form targets (RFC 9112 3.2). */
static void target_split(struct http_request *r)
{
    span rest = r->target;
    if (span_starts(rest, "http://") || span_starts(rest, "https://")) {
        const char *authority = (const char *)memchr(rest.data, ':', rest.size) + 3;
        size_t left = rest.size - (size_t)(authority - rest.data), skip = 0;
        while (skip < left && authority[skip] != '/' && authority[skip] != '?') skip++;
        rest = (span){authority + skip, left - skip};
    }
    const char *mark = rest.size ? memchr(rest.data, '?', rest.size) : NULL;
    size_t path_size = mark ? (size_t)(mark - rest.data) : rest.size;
    r->path = path_size ? (span){rest.data, path_size} : SPAN("/");
    r->query = mark ? (span){mark + 1, rest.size - path_size - 1} : SPAN("");
}

void exchange_method(struct http_exchange *x, span method)
{
    x->request.method = arena_span(&x->arena, method);
}

void exchange_target(struct http_exchange *x, span target)
{
    x->request.target = arena_span(&x->arena, target);
    target_split(&x->request);
}

void exchange_header(struct http_exchange *x, span name, span value)
{
    struct http_request *r = &x->request;
    x->header_bytes += name.size + value.size + 4; /* ": " and CRLF */
    if (x->header_bytes > HTTP_HEADERS_MAX_BYTES || r->header_count >= HEADERS_MAX_COUNT) {
        x->header_bytes = HTTP_HEADERS_MAX_BYTES + 1; /* exchange_start refuses */
        return;
    }
    struct http_header *headers = (struct http_header *)r->headers;
    if (r->header_count == x->header_capacity) {
        x->header_capacity = x->header_capacity ? 2 * x->header_capacity : 32;
        headers = ARENA_ARRAY(&x->arena, struct http_header, x->header_capacity);
        if (r->header_count) memcpy(headers, r->headers, r->header_count * sizeof *headers);
        r->headers = headers;
    }
    headers[r->header_count++] =
        (struct http_header){arena_span(&x->arena, name), arena_span(&x->arena, value)};
}

static const char *status_text(int status)
{
    switch (status) {
    case 400: return "malformed request";
    case 413: return "the body is larger than this operation takes";
    case 414: return "the request target is longer than 16 KiB";
    case 431: return "the headers are larger than 64 KiB or more than 512";
    default: return "no answer";
    }
}

void exchange_answer(struct http_exchange *x, int status, const char *text)
{
    x->reply.status = status;
    x->reply.header_count = 0;
    http_reply_header(&x->request, &x->reply, "Content-Type", "text/plain");
    x->reply.body = span_of(arena_printf(&x->arena, "%s\n", text ? text : status_text(status)));
    x->answered = true;
}

bool exchange_wants_body(const struct http_exchange *x)
{
    span length = http_header(&x->request, "content-length");
    return (length.data && !span_is(length, "0")) ||
           http_header(&x->request, "transfer-encoding").data;
}

static bool target_is_text(span target)
{
    for (size_t i = 0; i < target.size; i++)
        if ((uint8_t)target.data[i] <= ' ' || target.data[i] == 0x7f) return false;
    return target.size > 0;
}

void exchange_start(struct http_exchange *x)
{
    const struct http_handler *h = x->connection->handler;
    struct http_request *r = &x->request;
    uint64_t declared = 0;
    span length = http_header(r, "content-length");

    if (x->header_bytes > HTTP_HEADERS_MAX_BYTES) {
        exchange_answer(x, 431, NULL);
    } else if (r->target.size > HTTP_TARGET_MAX_BYTES) {
        exchange_answer(x, 414, NULL);
    } else if (!target_is_text(r->target) || (length.data && !parse_uint64(length, &declared))) {
        exchange_answer(x, 400, NULL);
    } else if (h->refuse && h->refuse(h->context, r, &x->reply)) {
        x->answered = true;
        CHECK(x->reply.status >= 200 && x->reply.status <= 599);
    } else if (h->begin && h->begin(h->context, r, &x->cookie)) {
        x->streaming = true;
    } else {
        x->body_limit = h->body_limit ? h->body_limit(h->context, r) : 0;
        if (declared > x->body_limit) exchange_answer(x, 413, NULL);
    }
}

void exchange_body(struct http_exchange *x, span bytes)
{
    const struct http_handler *h = x->connection->handler;
    x->received += bytes.size;
    if (x->answered || x->chunk_failed) return;
    if (x->streaming) {
        x->chunk_failed = h->chunk(h->context, x->cookie, bytes) != OK;
    } else if (bytes.size > x->body_limit - x->body.size) {
        exchange_answer(x, 413, NULL);
    } else {
        buffer_append_span(&x->body, bytes);
    }
}

void exchange_finish(struct http_exchange *x)
{
    const struct http_handler *h = x->connection->handler;
    if (x->answered) return;
    x->request.body = x->body.size ? buffer_span(&x->body) : SPAN("");
    if (x->streaming) h->finish(h->context, x->cookie, &x->request, &x->reply);
    else h->handle(h->context, &x->request, &x->reply);
    x->answered = true;
    CHECK(x->reply.status >= 200 && x->reply.status <= 599);
}

/* RFC 9110 5.6.2 and 5.5: what a line break in a value would let through is another header. */
static bool header_is_text(const struct http_header *header)
{
    for (size_t i = 0; i < header->name.size; i++) {
        uint8_t c = (uint8_t)header->name.data[i];
        if (c <= ' ' || c >= 0x7f || c == ':') return false;
    }
    for (size_t i = 0; i < header->value.size; i++) {
        uint8_t c = (uint8_t)header->value.data[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) return false;
    }
    return header->name.size > 0;
}

bool exchange_header_is_sent(const struct http_header *header)
{
    static const char *const ours[] = {"content-length", "date", "connection", "keep-alive",
                                       "transfer-encoding", "upgrade"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (span_equal_nocase(header->name, span_of(ours[i]))) return false;
    if (header_is_text(header)) return true;
    log_line(LOG_WARN, "http", "reply header left out: its name or value is not a header's text");
    return false;
}

int64_t exchange_reply_length(const struct http_exchange *x)
{
    const struct http_reply *reply = &x->reply;
    int64_t length;
    if (reply->body.size) return (int64_t)reply->body.size;
    if (reply->file >= 0) return reply->file_length;
    for (size_t i = 0; i < reply->header_count; i++)
        if (span_equal_nocase(reply->headers[i].name, SPAN("content-length")) &&
            parse_int64(reply->headers[i].value, &length) && length >= 0)
            return reply->pull || span_is(x->request.method, "HEAD") ? length : 0;
    return reply->pull ? -1 : 0;
}

void exchange_end(struct http_exchange *x)
{
    if (!x->connection || x->ended) return;
    x->ended = true;
    const struct http_handler *h = x->connection->handler;
    if (x->reply.pull && x->reply.pull_done) x->reply.pull_done(x->reply.pull_context);
    if (x->reply.file >= 0) close(x->reply.file);
    x->reply.file = -1;
    if (x->streaming) h->end(h->context, x->cookie);
    buffer_reset(&x->body);
    if (x->body.capacity > BODY_KEEP_BYTES) buffer_release(&x->body);
    arena_reset(&x->arena);
}

void exchange_close(struct http_exchange *x)
{
    exchange_end(x);
    buffer_release(&x->body);
    arena_release(&x->arena);
}

/* ---- for handlers ---- */

span http_header(const struct http_request *r, const char *name)
{
    span wanted = span_of(name);
    for (size_t i = 0; i < r->header_count; i++)
        if (span_equal_nocase(r->headers[i].name, wanted)) return r->headers[i].value;
    if (r->http2 && span_equal_nocase(wanted, SPAN("host"))) return http_header(r, ":authority");
    return (span){0};
}

bool http_request_cut(const struct http_request *r)
{
    const struct http_exchange *x = r->exchange;
    if (!x) return false;
    if (atomic_load(&x->gone) || connection_closing(x->connection)) return true;
    struct pollfd peer = {.fd = x->connection->socket}; /* POLLHUP, POLLERR come unasked */
    return poll(&peer, 1, 0) > 0 && (peer.revents & (POLLHUP | POLLERR));
}

void http_reply_header(struct http_request *r, struct http_reply *reply, const char *name,
                       const char *value)
{
    if (reply->header_count == reply->header_capacity) {
        size_t capacity = reply->header_capacity ? 2 * reply->header_capacity : 16;
        struct http_header *headers = ARENA_ARRAY(r->arena, struct http_header, capacity);
        if (reply->header_count)
            memcpy(headers, reply->headers, reply->header_count * sizeof *headers);
        reply->headers = headers;
        reply->header_capacity = capacity;
    }
    reply->headers[reply->header_count++] = (struct http_header){
        arena_span(r->arena, span_of(name)), arena_span(r->arena, span_of(value))};
}
