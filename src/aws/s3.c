/* S3's own way through the gateway: in comes an HTTP request whose path, host, query and headers
 * name bucket, key and operation; out goes the reply or an error in S3's words. */
#include "aws/s3.h"

#define XML_HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

/* ---- naming ---- */

static error decode(struct arena *arena, span in, bool plus_is_space, const char **out)
{
    struct buffer decoded = {0};
    error e = percent_decode(&decoded, in, plus_is_space);
    if (e == OK && decoded.size && memchr(decoded.data, 0, decoded.size))
        e = fail(ERR_INVALID_URI, "a zero byte");
    if (e == OK && utf8_valid_prefix(buffer_span(&decoded)) != decoded.size)
        e = fail(ERR_INVALID_URI, "not UTF-8");
    *out = e == OK ? arena_text(arena, buffer_span(&decoded)) : NULL;
    buffer_release(&decoded);
    return e == OK ? OK : fail(ERR_INVALID_URI, "Couldn't parse the specified URI.");
}

static error parameters_read(struct call *c, struct s3_request *r)
{
    enum { PARAMETERS_MAX = 100 };
    span rest = c->http->query;
    r->parameters = ARENA_ARRAY(c->arena, struct s3_parameter, PARAMETERS_MAX);
    while (rest.size) {
        const char *end = memchr(rest.data, '&', rest.size);
        span field = {rest.data, end ? (size_t)(end - rest.data) : rest.size};
        rest.data += field.size + (end != NULL);
        rest.size -= field.size + (end != NULL);
        if (!field.size) continue;
        if (r->parameter_count == PARAMETERS_MAX)
            return fail(ERR_INVALID_URI, "a query of more than %d parameters", PARAMETERS_MAX);
        const char *sign = memchr(field.data, '=', field.size);
        span name = {field.data, sign ? (size_t)(sign - field.data) : field.size};
        span value = sign ? (span){sign + 1, field.size - name.size - 1} : SPAN("");
        struct s3_parameter *p = &r->parameters[r->parameter_count++];
        TRY(decode(c->arena, name, true, &p->name));
        TRY(decode(c->arena, value, true, &p->value));
    }
    return OK;
}

/* BUCKET of "BUCKET.localhost:4566" and the like; empty when the host names none. */
static span host_bucket(span host)
{
    static const char *const suffixes[] = {".localhost", ".127.0.0.1", ".s3.amazonaws.com"};
    const char *colon = host.size ? memchr(host.data, ':', host.size) : NULL;
    if (colon) host.size = (size_t)(colon - host.data);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        span suffix = span_of(suffixes[i]);
        if (host.size > suffix.size &&
            span_equal_nocase((span){host.data + host.size - suffix.size, suffix.size}, suffix))
            return (span){host.data, host.size - suffix.size};
    }
    /* BUCKET.s3.REGION.amazonaws.com */
    span tail = SPAN(".amazonaws.com");
    for (size_t i = 1; host.size > tail.size && i + 4 < host.size - tail.size; i++)
        if (span_starts((span){host.data + i, host.size - i}, ".s3.") &&
            span_is((span){host.data + host.size - tail.size, tail.size}, ".amazonaws.com"))
            return (span){host.data, i};
    return (span){0};
}

/* By path or by virtual host; a "s3" alone in front of a suffix is no bucket's name. */
static error path_read(struct call *c, struct s3_request *r)
{
    span path = c->http->path, bucket = host_bucket(http_header(c->http, "host"));
    if (span_is(bucket, "s3")) bucket = (span){0};
    r->resource = bucket.size ? arena_printf(c->arena, "/%.*s%.*s", (int)bucket.size, bucket.data,
                                             (int)path.size, path.data)
                              : arena_text(c->arena, path);
    if (path.size && path.data[0] == '/') path.data++, path.size--;
    span key = path;
    if (!bucket.size) {
        const char *slash = path.size ? memchr(path.data, '/', path.size) : NULL;
        bucket = (span){path.data, slash ? (size_t)(slash - path.data) : path.size};
        key = slash ? (span){slash + 1, path.size - bucket.size - 1} : (span){0};
    }
    if (bucket.size) TRY(decode(c->arena, bucket, false, &r->bucket));
    if (key.size) TRY(decode(c->arena, key, false, &r->key));
    return OK;
}

const char *s3_parameter(const struct call *c, const char *name)
{
    const struct s3_request *r = c->s3;
    for (size_t i = 0; i < r->parameter_count; i++)
        if (strcmp(r->parameters[i].name, name) == 0) return r->parameters[i].value;
    return NULL;
}

const char *s3_header(const struct call *c, const char *name)
{
    span value = http_header(c->http, name);
    return value.data ? arena_text(c->arena, span_trim(value)) : NULL;
}

error s3_parameter_integer(const struct call *c, const char *name, int64_t least, int64_t most,
                           int64_t otherwise, int64_t *out)
{
    const char *text = s3_parameter(c, name);
    *out = otherwise;
    if (!text || !*text) return OK;
    if (!parse_int64(span_of(text), out))
        return fail(ERR_INVALID_ARGUMENT, "Provided %s not an integer or within integer range", name);
    if (*out < least || *out > most)
        return fail(ERR_INVALID_ARGUMENT, "Argument %s must be an integer between %lld and %lld",
                    name, (long long)least, (long long)most);
    return OK;
}

error s3_version_check(const char *id)
{
    enum { VERSION_ID_LENGTH = 32 };
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-";
    bool good = strlen(id) == VERSION_ID_LENGTH && strspn(id, letters) == VERSION_ID_LENGTH;
    if (!*id) return fail(ERR_INVALID_ARGUMENT, "Version id cannot be the empty string");
    return good || strcmp(id, "null") == 0
               ? OK
               : fail(ERR_INVALID_ARGUMENT, "Invalid version id specified");
}

error s3_version_id(const struct call *c, const char **out)
{
    *out = s3_parameter(c, "versionId");
    return *out ? s3_version_check(*out) : OK;
}

struct object_store *s3_store(const struct call *c)
{
    return c->gateway->options.objects;
}

/* ---- the way of a request ---- */

error s3_recognise(struct call *c)
{
    c->s3 = ARENA_NEW(c->arena, struct s3_request);
    c->s3->resource = arena_text(c->arena, c->http->path);
    TRY(path_read(c, c->s3));
    TRY(parameters_read(c, c->s3));
    const char *name = s3_route(c);
    if (!name)
        return fail(ERR_METHOD_NOT_ALLOWED,
                    "The specified method is not allowed against this resource.");
    c->operation = service_operation(c->service, span_of(name));
    CHECK(c->operation);
    return c->gateway->options.auth ? OK : s3_payload_read(c);
}

error s3_owner_check(struct call *c)
{
    static const char *const names[] = {"x-amz-expected-bucket-owner",
                                        "x-amz-source-expected-bucket-owner"};
    for (int i = 0; i < 2; i++) {
        span owner = http_header(c->http, names[i]);
        if (owner.data && !span_is(span_trim(owner), c->account))
            return fail(ERR_ACCESS_DENIED, "Access Denied");
    }
    return OK;
}

error s3_run(struct call *c)
{
    TRY(s3_owner_check(c));
    TRY(s3_body_check(c));
    s3_reply_header(c, "x-amz-request-id", c->request_id);
    return c->operation->run(c);
}

/* ---- replies ---- */

void s3_reply_header(struct call *c, const char *name, const char *value)
{
    if (value) http_reply_header(c->http, c->reply, name, value);
}

void s3_reply_empty(struct call *c, int status)
{
    c->reply->status = status;
    c->replied = true;
}

void s3_reply_xml(struct call *c, int status, struct buffer *xml)
{
    struct buffer out = {0};
    buffer_append_text(&out, XML_HEAD);
    buffer_append_span(&out, buffer_span(xml));
    call_reply_body(c, status, "application/xml", arena_span(c->arena, buffer_span(&out)));
    buffer_release(&out);
    buffer_release(xml);
}

const char *s3_quoted(struct call *c, const char *etag)
{
    return arena_printf(c->arena, "\"%s\"", etag);
}

const char *s3_owner(struct call *c)
{
    uint8_t digest[SHA256_SIZE];
    char *hex = arena_calloc(c->arena, 1, 2 * SHA256_SIZE + 1);
    sha256(digest, span_of(c->account));
    hex_encode(hex, digest, sizeof digest);
    return hex;
}

void s3_write_owner(struct call *c, struct buffer *out, const char *element)
{
    xml_open(out, element);
    xml_text(out, "ID", s3_owner(c));
    xml_text(out, "DisplayName", c->account);
    xml_close(out, element);
}

#define MALFORMED_XML                                                                             \
    "The XML you provided was not well-formed or did not validate against our published schema"

/* Errors that other doors word in their own way. */
static const struct s3_error {
    error e;
    const char *name;
    int status;
    const char *message; /* NULL: the thread's own text */
} s3_errors[] = {
    {ERR_INTERNAL, "InternalError", 500, "We encountered an internal error. Please try again."},
    {ERR_IO, "InternalError", 500, "We encountered an internal error. Please try again."},
    {ERR_CORRUPT, "InternalError", 500, "We encountered an internal error. Please try again."},
    {ERR_NO_SPACE, "InternalError", 500, "We encountered an internal error. Please try again."},
    {ERR_INVALID_ARGUMENT, "InvalidArgument", 400, NULL},
    {ERR_MISSING_AUTH, "AccessDenied", 403, "Access Denied"},
    {ERR_ACCESS_DENIED, "AccessDenied", 403, NULL},
    {ERR_UNRECOGNIZED_CLIENT, "InvalidAccessKeyId", 403,
     "The AWS Access Key Id you provided does not exist in our records."},
    {ERR_INVALID_SIGNATURE, "SignatureDoesNotMatch", 403, NULL},
    {ERR_EXPIRED_TOKEN, "ExpiredToken", 400, NULL},
    {ERR_NOT_IMPLEMENTED, "NotImplemented", 501, NULL},
    {ERR_UNSUPPORTED, "NotImplemented", 501, NULL},
    {ERR_VALIDATION, "MalformedXML", 400, MALFORMED_XML},
    {ERR_SERIALIZATION, "MalformedXML", 400, MALFORMED_XML},
    {ERR_PARSE, "MalformedXML", 400, MALFORMED_XML},
    {ERR_CONFLICT, "OperationAborted", 409,
     "A conflicting conditional operation is currently in progress against this resource. Please "
     "try again."},
    {ERR_INCOMPLETE_SIGNATURE, "AuthorizationHeaderMalformed", 400, NULL},
    {ERR_NO_SUCH_BUCKET, "NoSuchBucket", 404, "The specified bucket does not exist"},
    {ERR_NO_SUCH_KEY, "NoSuchKey", 404, "The specified key does not exist."},
    {ERR_BUCKET_EXISTS, "BucketAlreadyOwnedByYou", 409,
     "Your previous request to create the named bucket succeeded and you already own it."},
    {ERR_BUCKET_NOT_EMPTY, "BucketNotEmpty", 409, "The bucket you tried to delete is not empty"},
    {ERR_INVALID_BUCKET_NAME, "InvalidBucketName", 400, "The specified bucket is not valid."},
    {ERR_KEY_TOO_LONG, "KeyTooLongError", 400, "Your key is too long"},
    {ERR_PRECONDITION, "PreconditionFailed", 412,
     "At least one of the pre-conditions you specified did not hold"},
    {ERR_NO_SUCH_UPLOAD, "NoSuchUpload", 404,
     "The specified upload does not exist. The upload ID may be invalid, or the upload may have "
     "been aborted or completed."},
};

int s3_error_words(struct call *c, error e, const char **name, const char **message)
{
    const struct error_row *row = error_row(e);
    struct s3_error said = {e, row->name, row->status, NULL};
    for (size_t i = 0; i < sizeof s3_errors / sizeof *s3_errors; i++)
        if (s3_errors[i].e == e) said = s3_errors[i];
    *name = said.name;
    *message = said.message ? said.message : call_error_text(c->arena);
    if (said.status == 500)
        log_line(LOG_ERROR, "aws", "%s: %s", c->operation ? c->operation->name : "S3", error_text());
    return said.status;
}

void s3_reply_error(struct call *c, error e)
{
    const char *name, *message;
    int status = s3_error_words(c, e, &name, &message);
    c->reply->body = (span){0};
    s3_reply_header(c, "x-amz-request-id", c->request_id);
    if (span_is(c->http->method, "HEAD")) s3_reply_empty(c, status);
    else
        call_reply_body(c, status, "application/xml",
                        protocol_xml_error(c, name, status, message));
}
