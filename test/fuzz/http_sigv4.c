/* Bytes to a request: lines of method, target, headers; then verified. What parses must parse the
 * same again, and no made-up signature may pass. */
#include "http/http.h"

#include <stdlib.h>

enum { HEADERS_MAX = 64 };
static const int64_t NOW_US = 1673330828 * (int64_t)US_PER_SECOND; /* 20230110T060708Z */

static span line_next(span *text)
{
    const char *end = text->size ? memchr(text->data, '\n', text->size) : NULL;
    span line = {text->data, end ? (size_t)(end - text->data) : text->size};
    size_t used = line.size + (end != NULL);
    text->data += used;
    text->size -= used;
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct http_header headers[HEADERS_MAX];
    span text = {size ? (const char *)data : "", size};
    struct http_request r = {.headers = headers, .arena = &arena};
    span first = line_next(&text);
    r.http2 = first.size && first.data[0] == '2';
    r.method = first;
    r.target = line_next(&text);
    const char *mark = r.target.size ? memchr(r.target.data, '?', r.target.size) : NULL;
    r.path = mark ? (span){r.target.data, (size_t)(mark - r.target.data)} : r.target;
    r.query = mark ? (span){mark + 1, r.target.size - r.path.size - 1} : SPAN("");
    while (text.size && r.header_count < HEADERS_MAX) {
        span line = line_next(&text);
        const char *colon = line.size ? memchr(line.data + 1, ':', line.size - 1) : NULL;
        if (!colon) continue;
        headers[r.header_count++] = (struct http_header){
            {line.data, (size_t)(colon - line.data)},
            {colon + 1, line.size - (size_t)(colon + 1 - line.data)}};
    }
    struct sigv4_scope scope = {0}, again = {0};
    error e = sigv4_scope_parse(&r, &scope);
    CHECK(e == sigv4_scope_parse(&r, &again));
    CHECK(e != OK || (span_equal(scope.access_key, again.access_key) &&
                      span_equal(scope.service, again.service)));
    /* A secret that no input can know. */
    const span secret = SPAN("\x01\xfe this secret is signed with by nobody \x02");
    const char *digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    CHECK(sigv4_verify(&r, secret, digest, NOW_US) != OK);
    CHECK(sigv4_verify(&r, secret, NULL, NOW_US) != OK);
    arena_release(&arena);
    return 0;
}
