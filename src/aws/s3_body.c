/* Bodies of PutObject and UploadPart on their way to the store: decoded, summed up and staged as
 * they come, in constant memory; kept only when everything the request says of them holds. */
#include "aws/s3.h"

struct s3_body {
    struct call *call;
    struct upload *upload;
    struct s3_chunks chunks;
    bool chunked;
    struct digest *sha256;      /* of PAYLOAD_DIGEST */
    struct s3_expected expected;
    struct s3_sum sum;
    uint8_t md5[MD5_SIZE];
    bool has_md5;
    int64_t announced;          /* bytes after decoding */
    struct s3_stored stored;
    error failed;
    const char *text;           /* of `failed` */
};

bool s3_streams(const struct call *c)
{
    return strcmp(c->operation->name, "PutObject") == 0 ||
           strcmp(c->operation->name, "UploadPart") == 0;
}

struct call *s3_body_call(struct s3_body *b)
{
    return b->call;
}

/* ---- what the headers announce ---- */

static error read_length(struct call *c, bool chunked, int64_t *out)
{
    const char *name = chunked ? "x-amz-decoded-content-length" : "content-length";
    const char *text = s3_header(c, name);
    if (!text) return fail(ERR_MISSING_LENGTH, "You must provide the Content-Length HTTP header.");
    if (!parse_int64(span_of(text), out) || *out < 0)
        return fail(ERR_INVALID_ARGUMENT, "%s is not a number of bytes", name);
    if (*out > S3_PUT_MAX)
        return fail(ERR_ENTITY_TOO_LARGE, "Your proposed upload exceeds the maximum allowed size");
    return OK;
}

static error read_md5(struct call *c, uint8_t out[MD5_SIZE], bool *present)
{
    const char *text = s3_header(c, "content-md5");
    uint8_t value[64];
    size_t size = 0;
    *present = text != NULL;
    if (!text) return OK;
    if (strlen(text) != base64_encoded_size(MD5_SIZE) ||
        base64_decode(value, &size, span_of(text)) != OK || size != MD5_SIZE)
        return fail(ERR_INVALID_DIGEST, "The Content-MD5 you specified was invalid.");
    memcpy(out, value, MD5_SIZE);
    return OK;
}

static bool payload_is_chunked(enum s3_payload payload)
{
    return payload >= PAYLOAD_CHUNKS_UNSIGNED;
}

/* ---- bytes ---- */

static error body_take(void *context, span bytes)
{
    struct s3_body *b = context;
    if (object_upload_size(b->upload) + (int64_t)bytes.size > b->announced)
        return fail(ERR_INCOMPLETE_BODY, "The request body is longer than announced");
    if (b->sha256) digest_update(b->sha256, bytes);
    s3_sum_add(&b->sum, bytes);
    return s3_store(b->call)->ops->upload_write(b->upload, bytes);
}

static void chunks_prepare(struct s3_chunks *chunks, enum s3_payload payload)
{
    chunks->signatures =
        payload == PAYLOAD_CHUNKS_SIGNED || payload == PAYLOAD_CHUNKS_SIGNED_TRAILER;
    chunks->trailer =
        payload == PAYLOAD_CHUNKS_UNSIGNED || payload == PAYLOAD_CHUNKS_SIGNED_TRAILER;
}

static error chunks_sign(struct call *c, struct s3_chunks *chunks)
{
    if (!chunks->signatures || !c->s3->secret) return OK;
    return sigv4_chain_open(c->http, span_of(c->s3->secret), &chunks->chain);
}

static error body_prepare(struct s3_body *b)
{
    struct call *c = b->call;
    b->chunked = payload_is_chunked(c->s3->payload);
    TRY(s3_owner_check(c));
    TRY(read_length(c, b->chunked, &b->announced));
    TRY(read_md5(c, b->md5, &b->has_md5));
    TRY(s3_checksum_expected(c, &b->expected));
    if (strcmp(c->operation->name, "PutObject") == 0) {
        TRY(s3_put_condition(c, &b->stored.condition));
        TRY(s3_attributes_read(c, &b->stored.attributes));
    } else {
        TRY(s3_upload_part_admit(c));
        b->stored.attributes = json_object();
    }
    chunks_prepare(&b->chunks, c->s3->payload);
    b->chunks.sink = body_take;
    b->chunks.context = b;
    TRY(chunks_sign(c, &b->chunks));
    if (c->s3->payload == PAYLOAD_DIGEST) b->sha256 = digest_open(DIGEST_SHA256);
    s3_sum_open(&b->sum, b->expected.kind);
    TRY(s3_store(c)->ops->upload_begin(s3_store(c), c->s3->bucket, c->s3->key,
                                       s3_header(c, "content-type"), &b->upload));
    object_upload_keep_md5(b->upload);
    return OK;
}

error s3_body_open(struct call *c, struct s3_body **out)
{
    struct s3_body *b = ARENA_NEW(c->arena, struct s3_body);
    b->call = c;
    error e = body_prepare(b);
    if (e != OK) {
        s3_body_close(b);
        return e;
    }
    *out = b;
    return OK;
}

error s3_body_write(struct s3_body *b, span bytes)
{
    error e = b->chunked ? s3_chunks_feed(&b->chunks, bytes) : body_take(b, bytes);
    if (e != OK) {
        b->failed = e;
        b->text = arena_text(b->call->arena, span_of(error_text()));
    }
    return e;
}

/* ---- the end ---- */

static error check_sha256(struct call *c, struct digest *digest)
{
    uint8_t value[SHA256_SIZE];
    char hex[2 * SHA256_SIZE];
    digest_close(digest, value);
    hex_encode(hex, value, sizeof value);
    if (span_equal_nocase((span){hex, sizeof hex}, span_of(c->s3->payload_sha256))) return OK;
    return fail(ERR_CONTENT_SHA256,
                "The provided 'x-amz-content-sha256' header does not match what was computed.");
}

static error bad_digest(const char *what)
{
    return fail(ERR_BAD_DIGEST, "The %s you specified did not match the calculated checksum.", what);
}

/* The value of a trailer line, in the arena; NULL: none such. */
static const char *trailer_value(struct call *c, const struct s3_chunks *chunks, const char *name)
{
    span rest = buffer_span(&chunks->trailers);
    while (rest.size) {
        const char *end = memchr(rest.data, '\n', rest.size);
        span line = {rest.data, (size_t)(end - rest.data)};
        rest = (span){end + 1, rest.size - line.size - 1};
        size_t size = strlen(name);
        if (line.size > size && line.data[size] == ':' && memcmp(line.data, name, size) == 0)
            return arena_text(c->arena, (span){line.data + size + 1, line.size - size - 1});
    }
    return NULL;
}

static error check_checksum(struct call *c, const struct s3_expected *expected,
                            const struct s3_chunks *chunks, const char *computed)
{
    const char *value = expected->value;
    if (expected->trailer) {
        value = trailer_value(c, chunks, checksum_header(expected->kind));
        if (!value || !checksum_is_well_formed(expected->kind, value))
            return fail(ERR_INVALID_REQUEST, "Value for %s trailing header is invalid.",
                        checksum_header(expected->kind));
    }
    if (!value || strcmp(value, computed) == 0) return OK;
    return bad_digest(checksum_name(expected->kind));
}

static error body_check(struct s3_body *b)
{
    struct call *c = b->call;
    char computed[CHECKSUM_TEXT_MAX], md5_hex[2 * MD5_SIZE];
    if (b->chunked) TRY(s3_chunks_end(&b->chunks));
    if (object_upload_size(b->upload) != b->announced)
        return fail(ERR_INCOMPLETE_BODY, "You did not provide the number of bytes specified by the "
                                         "Content-Length HTTP header");
    if (b->sha256) {
        struct digest *digest = b->sha256;
        b->sha256 = NULL;
        TRY(check_sha256(c, digest));
    }
    hex_encode(md5_hex, b->md5, sizeof b->md5);
    if (b->has_md5 && !span_is((span){md5_hex, sizeof md5_hex}, object_upload_etag(b->upload)))
        return fail(ERR_BAD_DIGEST, "The Content-MD5 you specified did not match what we received.");
    if (!b->expected.kind) return OK;
    enum s3_checksum kind = b->sum.kind;
    s3_sum_close(&b->sum, computed);
    b->sum.kind = CHECKSUM_NONE;
    /* A presigned query may hold the checksum of nothing; only headers count. */
    TRY(check_checksum(c, &b->expected, &b->chunks, computed));
    b->stored.checksum = kind;
    b->stored.checksum_value = arena_text(c->arena, span_of(computed));
    return OK;
}

error s3_body_finish(struct s3_body *b)
{
    struct call *c = b->call;
    if (b->failed) return fail(b->failed, "%s", b->text);
    TRY(body_check(b));
    s3_reply_header(c, "x-amz-request-id", c->request_id);
    b->stored.upload = b->upload;
    b->upload = NULL;
    return strcmp(c->operation->name, "PutObject") == 0 ? s3_put_object(c, &b->stored)
                                                        : s3_upload_part(c, &b->stored);
}

void s3_body_close(struct s3_body *b)
{
    uint8_t ignored[SHA256_SIZE];
    char text[CHECKSUM_TEXT_MAX];
    if (!b) return;
    if (b->upload) s3_store(b->call)->ops->upload_abandon(b->upload);
    if (b->sha256) digest_close(b->sha256, ignored);
    if (b->sum.digest) s3_sum_close(&b->sum, text);
    s3_chunks_release(&b->chunks);
    json_decref(b->stored.attributes);
    *b = (struct s3_body){.call = b->call};
}

/* ---- bodies that came whole ---- */

static error buffer_take(void *context, span bytes)
{
    buffer_append_span(context, bytes);
    return OK;
}

/* Replaces the request's body by what its chunks hold. */
static error unchunk(struct call *c, struct s3_chunks *chunks)
{
    struct buffer body = {0};
    chunks_prepare(chunks, c->s3->payload);
    chunks->sink = buffer_take;
    chunks->context = &body;
    error e = chunks_sign(c, chunks);
    if (e == OK) e = s3_chunks_feed(chunks, c->http->body);
    if (e == OK) e = s3_chunks_end(chunks);
    if (e == OK) c->http->body = arena_span(c->arena, buffer_span(&body));
    buffer_release(&body);
    return e;
}

static error whole_check(struct call *c, const struct s3_chunks *chunks)
{
    struct s3_expected expected;
    uint8_t md5_said[MD5_SIZE], md5_is[MD5_SIZE];
    char computed[CHECKSUM_TEXT_MAX];
    bool has_md5;
    if (c->s3->payload == PAYLOAD_DIGEST) {
        struct digest *digest = digest_open(DIGEST_SHA256);
        digest_update(digest, c->http->body);
        TRY(check_sha256(c, digest));
    }
    TRY(read_md5(c, md5_said, &has_md5));
    md5(md5_is, c->http->body);
    if (has_md5 && memcmp(md5_said, md5_is, MD5_SIZE) != 0)
        return fail(ERR_BAD_DIGEST, "The Content-MD5 you specified did not match what we received.");
    /* Where the body is the object's list of parts, the headers speak of the object. */
    if (strcmp(c->operation->name, "CompleteMultipartUpload") == 0 || !c->http->body.size) return OK;
    TRY(s3_checksum_expected(c, &expected));
    if (!expected.kind) return OK;
    struct s3_sum sum;
    s3_sum_open(&sum, expected.kind);
    s3_sum_add(&sum, c->http->body);
    s3_sum_close(&sum, computed);
    return check_checksum(c, &expected, chunks, computed);
}

error s3_body_check(struct call *c)
{
    struct s3_chunks chunks = {0};
    error e = payload_is_chunked(c->s3->payload) && c->http->body.size ? unchunk(c, &chunks) : OK;
    if (e == OK) e = whole_check(c, &chunks);
    s3_chunks_release(&chunks);
    return e;
}
