/* Bytes as a request to a gateway over stores in a temporary folder:
 *
 *   METHOD PATH[?QUERY] LF  (NAME: VALUE LF)...  LF  BODY
 *
 * A first byte '!' asks the gateway that verifies signatures. Whatever comes in, an answer goes out
 * that is well formed in the protocol its Content-Type names. */
#include "aws/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADERS_MAX = 32 };

static char folder[64];
static struct state *state;
static struct stream_store *streams;
static struct object_store *objects;
static struct gateway *plain, *verifying;

static void end(void)
{
    char command[128];
    gateway_close(plain);
    gateway_close(verifying);
    objects->ops->close(objects);
    stream_store_close(streams);
    state_close(state);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    CHECK(system(command) == 0);
}

static void begin(void)
{
    if (plain) return;
    log_set_level(LOG_ERROR);
    snprintf(folder, sizeof folder, "%s/sluice-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    CHECK(mkdtemp(folder));
    CHECK(state_open(folder, &state) == OK && stream_store_open(folder, &streams) == OK);
    CHECK(object_open_local(folder, &objects) == OK);
    struct gateway_options options = {.listen = "127.0.0.1", .account = "123456789012",
                                      .region = "us-east-1", .state = state, .streams = streams,
                                      .objects = objects};
    CHECK(gateway_open(&options, &plain) == OK);
    options.auth = true;
    CHECK(gateway_open(&options, &verifying) == OK);
    struct stream_key key = {"123456789012", "us-east-1", "s"};
    CHECK(stream_create(streams, key, 1, false) == OK);
    atexit(end);
}

/* Cuts the next line off. */
static span take_line(span *rest)
{
    const char *lf = rest->size ? memchr(rest->data, '\n', rest->size) : NULL;
    span line = {rest->data, lf ? (size_t)(lf - rest->data) : rest->size};
    size_t used = lf ? line.size + 1 : line.size;
    *rest = (span){rest->data + used, rest->size - used};
    return line;
}

static void split(span text, char at, span *before, span *after)
{
    const char *found = text.size ? memchr(text.data, at, text.size) : NULL;
    size_t size = found ? (size_t)(found - text.data) : text.size;
    *before = (span){text.data, size};
    *after = found ? (span){found + 1, text.size - size - 1} : (span){"", 0};
}

static void read_request(span in, struct http_request *http, struct http_header *headers)
{
    span line = take_line(&in);
    split(line, ' ', &http->method, &http->target);
    split(http->target, '?', &http->path, &http->query);
    while (in.size && http->header_count < HEADERS_MAX) {
        line = take_line(&in);
        if (line.size == 0) break;
        struct http_header *h = &headers[http->header_count++];
        split(line, ':', &h->name, &h->value);
        h->value = span_trim(h->value);
    }
    http->headers = headers;
    http->body = in;
}

static span content_type(const struct http_reply *reply)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (span_is(reply->headers[i].name, "Content-Type")) return reply->headers[i].value;
    return (span){0};
}

/* Replies of the JSON protocol; an S3 object may hold anything. */
static void check_document(const struct http_reply *reply)
{
    json_t *document = NULL;
    span type = content_type(reply), body = reply->body;
    if (span_is(type, wire_content_type(WIRE_CBOR)))
        CHECK(protocol_cbor_read(body, &document) == OK);
    else if (!span_is(type, "application/xml"))
        CHECK(protocol_json_read(body, &document) == OK);
    json_decref(document);
}

static void check_reply(const struct http_request *http, struct http_reply *reply)
{
    CHECK(reply->status >= 200 && reply->status < 600);
    if (reply->pull) {
        char message[256];
        CHECK(reply->pull(reply->pull_context, message, sizeof message) >= 0);
        reply->pull_done(reply->pull_context);
    } else if (http_header(http, "x-amz-target").data) {
        check_document(reply);
    }
    if (reply->file >= 0) close(reply->file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    begin();
    span in = {(const char *)data, size};
    bool verify = size > 0 && data[0] == '!';
    if (verify) in = (span){in.data + 1, in.size - 1};
    struct arena arena = {0};
    struct http_header headers[HEADERS_MAX];
    struct http_request http = {.arena = &arena, .peer = "127.0.0.1:1"};
    struct http_reply reply = {.status = 500, .file = -1};
    read_request(in, &http, headers);
    gateway_handle(verify ? verifying : plain, &http, &reply);
    check_reply(&http, &reply);
    arena_release(&arena);
    return 0;
}
