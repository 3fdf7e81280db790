/* Bytes as an S3 request to a gateway over an object store in a temporary folder:
 *
 *   METHOD TARGET LF  (NAME: VALUE LF)...  LF  BODY
 *
 * A first byte '!' asks the gateway that verifies signatures. The body comes as the server brings
 * it: streamed in pieces where the operation wants that. Whatever comes in, an answer goes out, its
 * XML is well formed, and no file appears outside the store. */
#include "aws/s3.h"
#include "base/xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADERS_MAX = 32, PIECE = 7 };

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

static const char *part(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK(folder_make(path) == OK);
    return path;
}

static void begin(void)
{
    if (plain) return;
    log_set_level(LOG_ERROR);
    snprintf(folder, sizeof folder, "%s/sluice-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    CHECK(mkdtemp(folder));
    CHECK(state_open(part("state"), &state) == OK);
    CHECK(stream_store_open(part("streams"), &streams) == OK);
    CHECK(object_open_local(part("objects"), &objects) == OK);
    struct gateway_options options = {.listen = "127.0.0.1", .account = "123456789012",
                                      .region = "us-east-1", .state = state, .streams = streams,
                                      .objects = objects};
    CHECK(gateway_open(&options, &plain) == OK);
    options.auth = true;
    CHECK(gateway_open(&options, &verifying) == OK);
    CHECK(object_bucket_create(objects, "bbb", "us-east-1") == OK);
    CHECK(objects->ops->put(objects, "bbb", "k", SPAN("0123456789"), "text/plain",
                            (struct object_condition){0}) == OK);
    atexit(end);
}

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

static void serve(struct gateway *g, struct http_request *http, struct http_reply *reply)
{
    const struct http_handler *h = gateway_handler(g);
    span body = http->body;
    void *cookie = NULL;
    if (h->refuse(h->context, http, reply)) return;
    if (!h->begin(h->context, http, &cookie)) {
        h->handle(h->context, http, reply);
        return;
    }
    error e = OK;
    while (body.size && e == OK) {
        size_t n = body.size < PIECE ? body.size : PIECE;
        e = h->chunk(h->context, cookie, (span){body.data, n});
        body = (span){body.data + n, body.size - n};
    }
    h->finish(h->context, cookie, http, reply);
    h->end(h->context, cookie);
}

static void check_reply(struct arena *arena, struct http_reply *reply)
{
    const struct xml_element *root;
    CHECK(reply->status >= 200 && reply->status < 600);
    if (span_starts(reply->body, "<?xml")) CHECK(xml_read(arena, reply->body, &root) == OK);
    if (reply->file >= 0) close(reply->file);
}

static void check_folder(void *context, const char *name)
{
    (void)context;
    CHECK(strcmp(name, "state") == 0 || strcmp(name, "streams") == 0 || strcmp(name, "objects") == 0);
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
    serve(verify ? verifying : plain, &http, &reply);
    check_reply(&arena, &reply);
    world->list(folder, check_folder, NULL);
    arena_release(&arena);
    return 0;
}
