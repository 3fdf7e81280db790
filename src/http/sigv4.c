/* AWS Signature Version 4: the canonical form of a request, verifying and signing over it.
 *
 * In: a request, from outside (verify) or ours (sign). Out: an error in AWS's words, or the
 * headers that sign. Follows the AWS IAM guide, "Create a signed AWS API request". */
#include "http/internal.h"

#include <stdlib.h>

enum {
    SKEW_US_MINUTES = 15,
    PRESIGN_MAX_SECONDS = 7 * 24 * 3600,
    QUERY_FIELDS_MAX = 1000,
    CACHED_KEYS = 4,
};

#define ALGORITHM "AWS4-HMAC-SHA256"
#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* Bytes of a text from outside that an error message repeats. */
static int shown(span text)
{
    return (int)(text.size < 300 ? text.size : 300);
}

/* ---- canonical form ---- */

static int field_compare(const void *a, const void *b)
{
    const struct http_header *x = a, *y = b;
    int order = span_compare(x->name, y->name);
    return order ? order : span_compare(x->value, y->value);
}

/* Encoded once more after decoding; what does not decode stands for itself. */
static span reencode(struct arena *arena, span in)
{
    struct buffer decoded = {0}, encoded = {0};
    bool ok = percent_decode(&decoded, in, false) == OK;
    percent_encode(&encoded, ok ? buffer_span(&decoded) : in, false);
    span out = arena_span(arena, buffer_span(&encoded));
    buffer_release(&decoded);
    buffer_release(&encoded);
    return out;
}

/* Splits "a=b&c" at '&' and '='; the first field off `query`. */
static bool query_next(span *query, span *name, span *value)
{
    while (query->size && query->data[0] == '&') query->data++, query->size--;
    if (!query->size) return false;
    const char *end = memchr(query->data, '&', query->size);
    span field = {query->data, end ? (size_t)(end - query->data) : query->size};
    const char *sign = memchr(field.data, '=', field.size);
    *name = (span){field.data, sign ? (size_t)(sign - field.data) : field.size};
    *value = sign ? (span){sign + 1, field.size - name->size - 1} : SPAN("");
    query->data += field.size;
    query->size -= field.size;
    return true;
}

/* A presigned query holds its own signature, which is no part of what is signed. */
static error canonical_query(struct buffer *out, struct arena *arena, span query, bool presigned)
{
    size_t count = 0, capacity = 1;
    for (size_t i = 0; i < query.size; i++) capacity += query.data[i] == '&';
    if (capacity > QUERY_FIELDS_MAX)
        return fail(ERR_LIMIT, "query of %zu fields, limit %d", capacity, QUERY_FIELDS_MAX);
    struct http_header *fields = ARENA_ARRAY(arena, struct http_header, capacity);
    span name, value;
    while (query_next(&query, &name, &value)) {
        name = reencode(arena, name);
        if (!presigned || !span_is(name, "X-Amz-Signature"))
            fields[count++] = (struct http_header){name, reencode(arena, value)};
    }
    qsort(fields, count, sizeof *fields, field_compare);
    for (size_t i = 0; i < count; i++) {
        if (i) buffer_append_byte(out, '&');
        buffer_append_span(out, fields[i].name);
        buffer_append_byte(out, '=');
        buffer_append_span(out, fields[i].value);
    }
    return OK;
}

/* S3 takes the path as sent. Others remove dot segments and empty ones (RFC 3986 5.2.4) and
 * encode what was sent once more. */
static void canonical_path(struct buffer *out, span path, bool s3)
{
    if (s3) {
        buffer_append_span(out, path);
        return;
    }
    struct buffer normal = {0};
    bool slash = false; /* the last segment leaves its slash */
    for (size_t i = 0; i < path.size;) {
        size_t start = i + (path.data[i] == '/');
        const char *next = memchr(path.data + start, '/', path.size - start);
        size_t end = next ? (size_t)(next - path.data) : path.size;
        span segment = {path.data + start, end - start};
        slash = segment.size == 0 || span_is(segment, ".") || span_is(segment, "..");
        if (span_is(segment, "..")) {
            while (normal.size && normal.data[--normal.size] != '/') {
            }
        } else if (!slash) {
            buffer_append_byte(&normal, '/');
            buffer_append_span(&normal, segment);
        }
        i = end;
    }
    if (slash || normal.size == 0) buffer_append_byte(&normal, '/');
    percent_encode(out, buffer_span(&normal), true);
    buffer_release(&normal);
}

/* Trimmed, runs of blanks as one. */
static void append_header_value(struct buffer *out, span value)
{
    value = span_trim(value);
    for (size_t i = 0; i < value.size; i++) {
        char c = value.data[i] == '\t' ? ' ' : value.data[i];
        if (c != ' ' || out->data[out->size - 1] != ' ') buffer_append_byte(out, (uint8_t)c);
    }
}

static bool append_header(struct buffer *out, const struct http_request *r, span name)
{
    bool found = false;
    buffer_append_span(out, name);
    for (size_t i = 0; i < r->header_count; i++) {
        if (!span_equal_nocase(r->headers[i].name, name)) continue;
        buffer_append_byte(out, found ? ',' : ':');
        append_header_value(out, r->headers[i].value);
        found = true;
    }
    if (!found && span_is(name, "host")) { /* ":authority" over HTTP/2 */
        span host = http_header(r, "host");
        found = host.data;
        buffer_append_byte(out, ':');
        if (found) append_header_value(out, host);
    }
    buffer_append_byte(out, '\n');
    return found;
}

static bool list_next(span *list, char separator, span *item)
{
    if (!list->data) return false;
    const char *end = list->size ? memchr(list->data, separator, list->size) : NULL;
    *item = (span){list->data, end ? (size_t)(end - list->data) : list->size};
    *list = end ? (span){end + 1, list->size - item->size - 1} : (span){0};
    return true;
}

/* What both sides agree on before they compute a signature. */
struct signature {
    struct sigv4_scope scope;
    span algorithm;
    span signed_headers; /* "host;x-amz-date" */
    span signature;      /* hexadecimal */
    span date;           /* 20230110T060708Z */
    span payload;        /* last line of the canonical request */
    span expires;        /* presigned: seconds as text */
    bool presigned;
};

static error canonical_request(struct buffer *out, const struct http_request *r,
                               const struct signature *s)
{
    buffer_append_span(out, r->method);
    buffer_append_byte(out, '\n');
    canonical_path(out, r->path, span_is(s->scope.service, "s3"));
    buffer_append_byte(out, '\n');
    TRY(canonical_query(out, r->arena, r->query, s->presigned));
    buffer_append_byte(out, '\n');
    span names = s->signed_headers, name, last = SPAN("");
    for (; list_next(&names, ';', &name); last = name) {
        /* Sorted, so no header can be named twice (and a long one be copied many times). */
        if (span_compare(last, name) >= 0)
            return fail(ERR_INVALID_SIGNATURE, "SignedHeaders must be in sorted order: '%.*s'",
                        shown(s->signed_headers), s->signed_headers.data);
        if (!append_header(out, r, name))
            return fail(ERR_INVALID_SIGNATURE,
                        "The request lacks the header '%.*s' that its SignedHeaders name.",
                        shown(name), name.data);
    }
    buffer_append_byte(out, '\n');
    buffer_append_span(out, s->signed_headers);
    buffer_append_byte(out, '\n');
    buffer_append_span(out, s->payload);
    return OK;
}

/* ---- keys ---- */

static void derive_key(uint8_t key[SHA256_SIZE], span secret, const struct sigv4_scope *scope)
{
    struct buffer start = {0};
    buffer_append_text(&start, "AWS4");
    buffer_append_span(&start, secret);
    hmac_sha256(key, buffer_span(&start), scope->date);
    memset(start.data, 0, start.size);
    buffer_release(&start);
    const span rest[] = {scope->region, scope->service, SPAN("aws4_request")};
    for (int i = 0; i < 3; i++) {
        uint8_t next[SHA256_SIZE];
        hmac_sha256(next, (span){(char *)key, SHA256_SIZE}, rest[i]);
        memcpy(key, next, sizeof next);
    }
}

/* A key holds for a day, a region and a service: most requests of a thread use few. */
void sigv4_key(uint8_t key[SHA256_SIZE], span secret, const struct sigv4_scope *scope)
{
    enum { ID_MAX = 192 };
    static _Thread_local struct {
        char id[ID_MAX]; /* secret, date, region, service */
        size_t size;
        uint8_t key[SHA256_SIZE];
    } cache[CACHED_KEYS];
    static _Thread_local unsigned next;

    const span parts[] = {secret, scope->date, scope->region, scope->service};
    size_t size = 4;
    for (int i = 0; i < 4; i++) size += parts[i].size;
    if (size > ID_MAX) {
        derive_key(key, secret, scope);
        return;
    }
    char id[ID_MAX], *at = id;
    for (int i = 0; i < 4; i++) {
        if (parts[i].size) memcpy(at, parts[i].data, parts[i].size);
        at += parts[i].size;
        *at++ = '\0';
    }
    for (int i = 0; i < CACHED_KEYS; i++) {
        if (digest_equal((span){cache[i].id, cache[i].size}, (span){id, size})) {
            memcpy(key, cache[i].key, SHA256_SIZE);
            return;
        }
    }
    derive_key(key, secret, scope);
    unsigned slot = next++ % CACHED_KEYS;
    memcpy(cache[slot].id, id, size);
    cache[slot].size = size;
    memcpy(cache[slot].key, key, SHA256_SIZE);
}

static void signature_compute(char hex[SIGV4_HEX_SIZE], span canonical, span secret,
                              const struct signature *s)
{
    uint8_t digest[SHA256_SIZE], key[SHA256_SIZE];
    char canonical_hex[SIGV4_HEX_SIZE];
    struct buffer text = {0};
    sha256(digest, canonical);
    hex_encode(canonical_hex, digest, sizeof digest);
    buffer_append_text(&text, ALGORITHM "\n");
    buffer_append_span(&text, s->date);
    buffer_append_byte(&text, '\n');
    const span scope[] = {s->scope.date, s->scope.region, s->scope.service};
    for (int i = 0; i < 3; i++) {
        buffer_append_span(&text, scope[i]);
        buffer_append_byte(&text, '/');
    }
    buffer_append_text(&text, "aws4_request\n");
    buffer_append(&text, canonical_hex, sizeof canonical_hex);
    sigv4_key(key, secret, &s->scope);
    hmac_sha256(digest, (span){(char *)key, sizeof key}, buffer_span(&text));
    hex_encode(hex, digest, sizeof digest);
    buffer_release(&text);
}

/* ---- reading a signature ---- */

static error credential_parse(span credential, struct sigv4_scope *scope)
{
    /* From the end: an access key might hold a slash, the rest does not. */
    span parts[4];
    span left = credential;
    for (int i = 3; i >= 0; i--) {
        size_t at = left.size;
        while (at && left.data[at - 1] != '/') at--;
        if (at == 0)
            return fail(ERR_INCOMPLETE_SIGNATURE,
                        "Credential must have exactly 5 slash-delimited elements, e.g. "
                        "keyid/date/region/service/term, got '%.*s'",
                        shown(credential), credential.data);
        parts[i] = (span){left.data + at, left.size - at};
        left.size = at - 1;
    }
    if (!span_is(parts[3], "aws4_request"))
        return fail(ERR_INCOMPLETE_SIGNATURE,
                    "Credential should be scoped with a valid terminator: 'aws4_request', not "
                    "'%.*s'.", shown(parts[3]), parts[3].data);
    *scope = (struct sigv4_scope){left, parts[0], parts[1], parts[2]};
    return OK;
}

static span algorithm_of(span authorization)
{
    size_t size = 0;
    while (size < authorization.size && authorization.data[size] != ' ') size++;
    return (span){authorization.data, size};
}

/* Names every part that is missing, as AWS does. */
static error header_incomplete(span authorization, bool credential, bool signature,
                               bool signed_headers, bool date)
{
    return fail(ERR_INCOMPLETE_SIGNATURE, "%s%s%s%sAuthorization=%.*s",
                credential ? "" : "Authorization header requires 'Credential' parameter. ",
                signature ? "" : "Authorization header requires 'Signature' parameter. ",
                signed_headers ? "" : "Authorization header requires 'SignedHeaders' parameter. ",
                date ? "" : "Authorization header requires existence of either a 'X-Amz-Date' or a "
                            "'Date' header. ",
                shown(algorithm_of(authorization)), authorization.data);
}

static error header_parse(const struct http_request *r, span authorization, struct signature *s)
{
    span credential = {0}, item;
    s->algorithm = algorithm_of(authorization);
    if (!span_is(s->algorithm, ALGORITHM))
        return fail(ERR_INCOMPLETE_SIGNATURE, "Unsupported AWS 'algorithm': '%.*s'.",
                    shown(s->algorithm), s->algorithm.data);
    span list = {authorization.data + s->algorithm.size,
                 authorization.size - s->algorithm.size};
    while (list_next(&list, ',', &item)) {
        item = span_trim(item);
        const char *sign = item.size ? memchr(item.data, '=', item.size) : NULL;
        if (!sign) continue;
        span name = span_trim((span){item.data, (size_t)(sign - item.data)});
        span value = span_trim((span){sign + 1, item.size - (size_t)(sign + 1 - item.data)});
        if (span_is(name, "Credential")) credential = value;
        else if (span_is(name, "SignedHeaders")) s->signed_headers = value;
        else if (span_is(name, "Signature")) s->signature = value;
    }
    s->date = http_header(r, "x-amz-date");
    if (!s->date.data) s->date = http_header(r, "date");
    if (!credential.size || !s->signature.size || !s->signed_headers.size || !s->date.size)
        return header_incomplete(authorization, credential.size, s->signature.size,
                                 s->signed_headers.size, s->date.size);
    return credential_parse(credential, &s->scope);
}

static span query_value(const struct http_request *r, const char *wanted)
{
    span query = r->query, name, value;
    while (query_next(&query, &name, &value)) {
        if (!span_equal_nocase(name, span_of(wanted))) continue;
        struct buffer decoded = {0};
        span out = percent_decode(&decoded, value, false) == OK
                       ? arena_span(r->arena, buffer_span(&decoded)) : value;
        buffer_release(&decoded);
        return out;
    }
    return (span){0};
}

static error presigned_parse(const struct http_request *r, span algorithm, struct signature *s)
{
    s->presigned = true;
    s->algorithm = algorithm;
    if (!span_is(algorithm, ALGORITHM))
        return fail(ERR_INCOMPLETE_SIGNATURE, "Unsupported AWS 'algorithm': '%.*s'.",
                    shown(algorithm), algorithm.data);
    span credential = query_value(r, "X-Amz-Credential");
    const struct { const char *name; span *to; } needed[] = {
        {"X-Amz-Credential", &credential},     {"X-Amz-Signature", &s->signature},
        {"X-Amz-SignedHeaders", &s->signed_headers}, {"X-Amz-Date", &s->date},
        {"X-Amz-Expires", &s->expires},
    };
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        *needed[i].to = query_value(r, needed[i].name);
        if (!needed[i].to->size)
            return fail(ERR_INCOMPLETE_SIGNATURE,
                        "AWS query-string parameters must include '%s'. Re-examine the "
                        "query-string parameters.", needed[i].name);
    }
    return credential_parse(credential, &s->scope);
}

static error signature_parse(const struct http_request *r, struct signature *s)
{
    span authorization = http_header(r, "authorization");
    if (authorization.data) return header_parse(r, span_trim(authorization), s);
    span algorithm = query_value(r, "X-Amz-Algorithm");
    if (algorithm.data) return presigned_parse(r, algorithm, s);
    return fail(ERR_MISSING_AUTH, "Missing Authentication Token");
}

error sigv4_scope_parse(const struct http_request *r, struct sigv4_scope *scope)
{
    struct signature s = {0};
    TRY(signature_parse(r, &s));
    *scope = s.scope;
    return OK;
}

error sigv4_seed_parse(const struct http_request *r, struct sigv4_scope *scope, span *date,
                       span *signature)
{
    struct signature s = {0};
    TRY(signature_parse(r, &s));
    *scope = s.scope;
    *date = s.date;
    *signature = s.signature;
    return OK;
}

/* ---- verify ---- */

static error check_date(const struct http_request *r, const struct signature *s, int64_t now)
{
    int64_t signed_at, skew = SKEW_US_MINUTES * 60 * (int64_t)US_PER_SECOND, seconds;
    if (date_parse_amz(s->date, &signed_at) != OK || s->date.size < 8)
        return fail(ERR_INCOMPLETE_SIGNATURE,
                    "Date must be in ISO-8601 'basic format'. Got '%.*s'. See "
                    "http://en.wikipedia.org/wiki/ISO_8601", shown(s->date), s->date.data);
    if (!span_equal(s->scope.date, (span){s->date.data, 8}))
        return fail(ERR_INVALID_SIGNATURE,
                    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of "
                    "date from HTTP: '%.*s' != '%.8s', from '%.*s'.",
                    shown(s->scope.date), s->scope.date.data, s->date.data, shown(s->date),
                    s->date.data);
    if (signed_at > now + skew)
        return fail(ERR_INVALID_SIGNATURE,
                    "Signature not yet current: %.*s is still later than %s (%s + 15 min.)",
                    shown(s->date), s->date.data, date_amz(r->arena, now + skew),
                    date_amz(r->arena, now));
    if (s->presigned) {
        if (!parse_int64(s->expires, &seconds) || seconds < 1 || seconds > PRESIGN_MAX_SECONDS)
            return fail(ERR_INCOMPLETE_SIGNATURE,
                        "X-Amz-Expires must be a number of seconds from 1 to %d, got '%.*s'",
                        PRESIGN_MAX_SECONDS, shown(s->expires), s->expires.data);
        if (now > signed_at + seconds * US_PER_SECOND)
            return fail(ERR_ACCESS_DENIED, "Request has expired");
    } else if (signed_at < now - skew) {
        return fail(ERR_INVALID_SIGNATURE,
                    "Signature expired: %.*s is now earlier than %s (%s - 15 min.)",
                    shown(s->date), s->date.data, date_amz(r->arena, now - skew),
                    date_amz(r->arena, now));
    }
    return OK;
}

static error check_signed_host(const struct signature *s)
{
    span names = s->signed_headers, name;
    while (list_next(&names, ';', &name))
        if (span_is(name, "host") || span_is(name, ":authority")) return OK;
    return fail(ERR_INVALID_SIGNATURE,
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
}

static bool is_sha256_hex(span text)
{
    uint8_t digest[SHA256_SIZE];
    return text.size == SIGV4_HEX_SIZE && hex_decode(digest, text) == OK;
}

/* The line that stands for the body: the header's word, else the body's digest. */
static error payload_line(const struct http_request *r, const char *body_sha256,
                          struct signature *s)
{
    span word = http_header(r, "x-amz-content-sha256");
    if (!word.data && s->presigned) word = query_value(r, "X-Amz-Content-Sha256");
    if (!word.data && s->presigned && span_is(s->scope.service, "s3"))
        word = SPAN("UNSIGNED-PAYLOAD");
    if (!word.data) {
        s->payload = span_of(body_sha256 ? body_sha256 : "");
        return body_sha256 ? OK
                           : fail(ERR_INCOMPLETE_SIGNATURE,
                                  "Missing required header for this request: x-amz-content-sha256");
    }
    s->payload = word;
    if (span_is(word, "UNSIGNED-PAYLOAD") || span_starts(word, "STREAMING-")) return OK;
    if (!is_sha256_hex(word))
        return fail(ERR_INVALID_SIGNATURE,
                    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-"
                    "TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-"
                    "PAYLOAD-TRAILER or a valid sha256 value.");
    if (body_sha256 && !span_equal_nocase(word, span_of(body_sha256)))
        return fail(ERR_INVALID_SIGNATURE,
                    "The provided 'x-amz-content-sha256' header does not match what was computed.");
    return OK;
}

error sigv4_verify(const struct http_request *r, span secret_key, const char *payload_sha256,
                   int64_t now)
{
    struct signature s = {0};
    TRY(signature_parse(r, &s));
    TRY(check_signed_host(&s));
    TRY(check_date(r, &s, now));
    TRY(payload_line(r, payload_sha256, &s));
    struct buffer canonical = {0};
    error e = canonical_request(&canonical, r, &s);
    if (e == OK) {
        char expected[SIGV4_HEX_SIZE];
        signature_compute(expected, buffer_span(&canonical), secret_key, &s);
        if (!digest_equal((span){expected, sizeof expected}, s.signature))
            e = fail(ERR_INVALID_SIGNATURE,
                     "The request signature we calculated does not match the signature you "
                     "provided. Check your AWS Secret Access Key and signing method. Consult the "
                     "service documentation for details.");
    }
    buffer_release(&canonical);
    return e;
}

/* ---- sign ---- */

static void header_add(struct http_request *r, const char *name, span value)
{
    struct http_header *headers = ARENA_ARRAY(r->arena, struct http_header, r->header_count + 1);
    if (r->header_count) memcpy(headers, r->headers, r->header_count * sizeof *headers);
    headers[r->header_count++] = (struct http_header){span_of(name), value};
    r->headers = headers;
}

/* Every header's name in lower case, sorted, once. */
static span signed_names(const struct http_request *r)
{
    struct http_header *names = ARENA_ARRAY(r->arena, struct http_header, r->header_count);
    for (size_t i = 0; i < r->header_count; i++) {
        char *name = arena_text(r->arena, r->headers[i].name);
        for (char *p = name; *p; p++) *p |= *p >= 'A' && *p <= 'Z' ? 0x20 : 0;
        names[i].name = span_of(name);
    }
    qsort(names, r->header_count, sizeof *names, field_compare);
    struct buffer list = {0};
    for (size_t i = 0; i < r->header_count; i++) {
        if (i && span_equal(names[i].name, names[i - 1].name)) continue;
        if (i) buffer_append_byte(&list, ';');
        buffer_append_span(&list, names[i].name);
    }
    span out = arena_span(r->arena, buffer_span(&list));
    buffer_release(&list);
    return out;
}

error sigv4_sign(struct http_request *r, const struct sigv4_signing *with)
{
    const struct credentials *c = with->credentials;
    uint8_t digest[SHA256_SIZE];
    char hex[SIGV4_HEX_SIZE];
    sha256(digest, r->body);
    hex_encode(hex, digest, sizeof digest);
    struct signature s = {.date = span_of(date_amz(r->arena, with->now_us))};
    s.scope = (struct sigv4_scope){c->access_key, {s.date.data, 8}, with->region, with->service};
    s.payload = arena_span(r->arena, (span){hex, sizeof hex});
    header_add(r, "x-amz-date", s.date);
    header_add(r, "x-amz-content-sha256", s.payload);
    if (c->session_token.data) header_add(r, "x-amz-security-token", c->session_token);
    s.signed_headers = signed_names(r);

    struct buffer canonical = {0};
    error e = canonical_request(&canonical, r, &s);
    if (e == OK) signature_compute(hex, buffer_span(&canonical), c->secret_key, &s);
    buffer_release(&canonical);
    TRY(e);
    header_add(r, "authorization",
               span_of(arena_printf(r->arena,
                                    ALGORITHM " Credential=%.*s/%.*s/%.*s/%.*s/aws4_request, "
                                              "SignedHeaders=%.*s, Signature=%.64s",
                                    (int)c->access_key.size, c->access_key.data, 8, s.date.data,
                                    (int)with->region.size, with->region.data,
                                    (int)with->service.size, with->service.data,
                                    (int)s.signed_headers.size, s.signed_headers.data, hex)));
    return OK;
}
