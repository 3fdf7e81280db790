/* Who sends an S3 request: Signature Version 4 in headers or in a presigned query, and the older
 * presigned query of Signature Version 2, which SDKs still make for S3. */
#include "aws/s3.h"

#include <stdlib.h>

#define SKEW_US (15 * 60 * (int64_t)US_PER_SECOND)

/* ---- payload ---- */

static const struct { const char *word; enum s3_payload payload; } payloads[] = {
    {"UNSIGNED-PAYLOAD", PAYLOAD_UNSIGNED},
    {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", PAYLOAD_CHUNKS_UNSIGNED},
    {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", PAYLOAD_CHUNKS_SIGNED},
    {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", PAYLOAD_CHUNKS_SIGNED_TRAILER},
};

error s3_payload_read(struct call *c)
{
    uint8_t digest[SHA256_SIZE];
    const char *word = s3_header(c, "x-amz-content-sha256");
    c->s3->payload = PAYLOAD_UNSIGNED;
    if (!word) return OK;
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
        if (strcmp(word, payloads[i].word) != 0) continue;
        c->s3->payload = payloads[i].payload;
        return OK;
    }
    if (span_starts(span_of(word), "STREAMING-AWS4-ECDSA-"))
        return fail(ERR_NOT_IMPLEMENTED, "Signature Version 4A is not implemented");
    if (strlen(word) != 2 * SHA256_SIZE || hex_decode(digest, span_of(word)) != OK)
        return fail(ERR_INVALID_ARGUMENT,
                    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-"
                    "TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-"
                    "PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-"
                    "ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.");
    c->s3->payload = PAYLOAD_DIGEST;
    c->s3->payload_sha256 = word;
    return OK;
}

/* ---- Signature Version 4 ---- */

static error skewed(void)
{
    return fail(ERR_TIME_SKEWED,
                "The difference between the request time and the current time is too large.");
}

static error check_skew(struct call *c)
{
    span date = http_header(c->http, "x-amz-date");
    int64_t signed_us;
    if (!date.data) date = http_header(c->http, "date");
    if (!date.data)
        return fail(ERR_ACCESS_DENIED,
                    "AWS authentication requires a valid Date or x-amz-date header");
    if (date_parse_amz(date, &signed_us) != OK) return OK; /* told by who reads it next */
    int64_t now = now_us();
    return signed_us > now + SKEW_US || signed_us < now - SKEW_US ? skewed() : OK;
}

static error authenticate_v4(struct call *c, bool presigned)
{
    struct sigv4_scope scope;
    struct access_key key;
    error e = sigv4_scope_parse(c->http, &scope);
    if (e == ERR_INCOMPLETE_SIGNATURE && presigned) return fail(ERR_AUTH_QUERY, "%s", error_text());
    TRY(e);
    if (!span_is(scope.service, "s3"))
        return fail(presigned ? ERR_AUTH_QUERY : ERR_INCOMPLETE_SIGNATURE,
                    "The authorization header is malformed; incorrect service \"%.*s\". This "
                    "endpoint belongs to \"s3\".", (int)(scope.service.size < 64 ? scope.service.size : 64),
                    scope.service.data);
    if (!presigned) TRY(check_skew(c));
    TRY(call_find_key(c, scope.access_key, &key));
    TRY(s3_payload_read(c));
    if (!presigned && !http_header(c->http, "x-amz-content-sha256").data)
        return fail(ERR_INVALID_REQUEST,
                    "Missing required header for this request: x-amz-content-sha256");
    e = sigv4_verify(c->http, span_of(key.secret_key), NULL, now_us());
    if (e == ERR_INCOMPLETE_SIGNATURE && presigned) return fail(ERR_AUTH_QUERY, "%s", error_text());
    TRY(e);
    c->account = key.account;
    c->principal = key.principal;
    c->s3->secret = key.secret_key;
    return OK;
}

/* ---- Signature Version 2, presigned ---- */

/* Parameters that are part of what is signed. */
static const char *const subresources[] = {
    "acl", "cors", "delete", "lifecycle", "location", "logging", "notification", "partNumber",
    "policy", "requestPayment", "response-cache-control", "response-content-disposition",
    "response-content-encoding", "response-content-language", "response-content-type",
    "response-expires", "tagging", "torrent", "uploadId", "uploads", "versionId", "versioning",
    "versions", "website",
};

static int header_compare(const void *a, const void *b)
{
    const struct http_header *x = a, *y = b;
    return span_compare(x->name, y->name);
}

/* x-amz- headers in lower case, sorted, those of one name joined. */
static void append_amz_headers(struct call *c, struct buffer *out)
{
    const struct http_request *r = c->http;
    struct http_header *found = ARENA_ARRAY(c->arena, struct http_header, r->header_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < r->header_count; i++) {
        char *name = arena_text(c->arena, r->headers[i].name);
        for (char *p = name; *p; p++) *p |= *p >= 'A' && *p <= 'Z' ? 0x20 : 0;
        if (strncmp(name, "x-amz-", 6) != 0) continue;
        found[count++] = (struct http_header){span_of(name), span_trim(r->headers[i].value)};
    }
    if (count) qsort(found, count, sizeof *found, header_compare);
    for (size_t i = 0; i < count; i++) {
        bool again = i && span_equal(found[i].name, found[i - 1].name);
        if (again) {
            out->size--; /* its line's end */
        } else {
            buffer_append_span(out, found[i].name);
        }
        buffer_append_byte(out, again ? ',' : ':');
        buffer_append_span(out, found[i].value);
        buffer_append_byte(out, '\n');
    }
}

static void append_resource(struct call *c, struct buffer *out)
{
    bool first = true;
    buffer_append_text(out, c->s3->resource);
    for (size_t i = 0; i < sizeof subresources / sizeof *subresources; i++) {
        const char *value = s3_parameter(c, subresources[i]);
        if (!value) continue;
        buffer_printf(out, "%c%s%s%s", first ? '?' : '&', subresources[i], *value ? "=" : "", value);
        first = false;
    }
}

static void append_header(struct call *c, struct buffer *out, const char *name)
{
    span value = http_header(c->http, name);
    if (value.data) buffer_append_span(out, span_trim(value));
    buffer_append_byte(out, '\n');
}

static error authenticate_v2(struct call *c)
{
    const char *id = s3_parameter(c, "AWSAccessKeyId"), *signature = s3_parameter(c, "Signature");
    const char *expires = s3_parameter(c, "Expires");
    struct access_key key;
    int64_t seconds;
    if (!signature || !expires)
        return fail(ERR_ACCESS_DENIED, "Query-string authentication requires the Signature, Expires "
                                       "and AWSAccessKeyId parameters");
    if (!parse_int64(span_of(expires), &seconds) || seconds < 0 || seconds > INT64_MAX / US_PER_SECOND)
        return fail(ERR_ACCESS_DENIED, "Invalid date (should be seconds since epoch): %.40s", expires);
    TRY(call_find_key(c, span_of(id), &key));
    TRY(s3_payload_read(c));
    struct buffer text = {0};
    buffer_append_span(&text, c->http->method);
    buffer_append_byte(&text, '\n');
    append_header(c, &text, "content-md5");
    append_header(c, &text, "content-type");
    buffer_printf(&text, "%s\n", expires);
    append_amz_headers(c, &text);
    append_resource(c, &text);
    uint8_t mac[SHA1_SIZE];
    char expected[32];
    hmac_sha1(mac, span_of(key.secret_key), buffer_span(&text));
    buffer_release(&text);
    base64_encode(expected, (span){(char *)mac, sizeof mac});
    if (!digest_equal((span){expected, base64_encoded_size(sizeof mac)}, span_of(signature)))
        return fail(ERR_INVALID_SIGNATURE,
                    "The request signature we calculated does not match the signature you "
                    "provided. Check your key and signing method.");
    if (now_us() > seconds * US_PER_SECOND) return fail(ERR_ACCESS_DENIED, "Request has expired");
    c->account = key.account;
    c->principal = key.principal;
    return OK;
}

error s3_authenticate(struct call *c)
{
    span authorization = http_header(c->http, "authorization");
    bool presigned = s3_parameter(c, "X-Amz-Algorithm") != NULL;
    if (authorization.data && (presigned || s3_parameter(c, "AWSAccessKeyId")))
        return fail(ERR_INVALID_ARGUMENT,
                    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
                    "Signature query string parameter or the Authorization header should be "
                    "specified");
    if (authorization.data && !span_starts(span_trim(authorization), "AWS4-HMAC-SHA256"))
        return fail(ERR_INVALID_REQUEST, "The authorization mechanism you have provided is not "
                                         "supported. Please use AWS4-HMAC-SHA256.");
    if (authorization.data || presigned) return authenticate_v4(c, presigned);
    if (s3_parameter(c, "AWSAccessKeyId")) return authenticate_v2(c);
    return fail(ERR_MISSING_AUTH, "Access Denied");
}
