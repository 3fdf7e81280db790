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

static error path_read(struct call *c, struct s3_request *r)
{
    span path = c->http->path;
    if (path.size && path.data[0] == '/') path.data++, path.size--;
    const char *slash = path.size ? memchr(path.data, '/', path.size) : NULL;
    span bucket = {path.data, slash ? (size_t)(slash - path.data) : path.size};
    span key = slash ? (span){slash + 1, path.size - bucket.size - 1} : (span){0};
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

/* ---- routes ---- */

static const struct { const char *route, *operation; } routes[] = {
    {"GET /", "ListBuckets"},
    {"PUT /{Bucket}", "CreateBucket"},
    {"HEAD /{Bucket}", "HeadBucket"},
    {"DELETE /{Bucket}", "DeleteBucket"},
    {"PUT /{Bucket}/{Key+}", "PutObject"},
    {"GET /{Bucket}/{Key+}", "GetObject"},
    {"HEAD /{Bucket}/{Key+}", "HeadObject"},
    {"DELETE /{Bucket}/{Key+}", "DeleteObject"},
    {"GET /{Bucket}?list-type=2", "ListObjectsV2"},
};

/* A route is "METHOD /{Bucket}/{Key+}?a&b=c header": every part must be there. The route that
 * demands most wins. */
static bool route_parameters(const struct call *c, span list, size_t *demands)
{
    while (list.size) {
        const char *end = memchr(list.data, '&', list.size);
        span one = {list.data, end ? (size_t)(end - list.data) : list.size};
        list.data += one.size + (end != NULL);
        list.size -= one.size + (end != NULL);
        const char *sign = memchr(one.data, '=', one.size);
        span name = {one.data, sign ? (size_t)(sign - one.data) : one.size};
        const char *value = s3_parameter(c, arena_text(c->arena, name));
        if (!value) return false;
        if (sign && !span_equal((span){sign + 1, one.size - name.size - 1}, span_of(value)))
            return false;
        *demands += sign ? 2 : 1;
    }
    return true;
}

static size_t route_match(const struct call *c, const char *route)
{
    const struct s3_request *r = c->s3;
    size_t demands = 1;
    size_t size = strcspn(route, " ");
    if (!span_equal(c->http->method, (span){route, size})) return 0;
    const char *path = route + size + 1;
    size = strcspn(path, "? ");
    const char *level = !r->bucket ? "/" : !r->key ? "/{Bucket}" : "/{Bucket}/{Key+}";
    if (!span_is((span){path, size}, level)) return 0;
    const char *rest = path + size;
    if (*rest == '?') {
        size = strcspn(++rest, " ");
        if (!route_parameters(c, (span){rest, size}, &demands)) return 0;
        rest += size;
    }
    if (*rest == ' ') {
        if (!http_header(c->http, rest + 1).data) return 0;
        demands++;
    }
    return demands;
}

error s3_recognise(struct call *c)
{
    struct s3_request *r = c->s3 = ARENA_NEW(c->arena, struct s3_request);
    TRY(path_read(c, r));
    TRY(parameters_read(c, r));
    const char *name = NULL;
    for (size_t i = 0, best = 0; i < sizeof routes / sizeof *routes; i++) {
        size_t demands = route_match(c, routes[i].route);
        if (demands <= best) continue;
        best = demands;
        name = routes[i].operation;
    }
    if (!name)
        return fail(ERR_METHOD_NOT_ALLOWED,
                    "The specified method is not allowed against this resource.");
    c->operation = service_operation(c->service, span_of(name));
    CHECK(c->operation);
    return OK;
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
    {ERR_INCOMPLETE_SIGNATURE, "AuthorizationHeaderMalformed", 400, NULL},
    {ERR_NO_SUCH_BUCKET, "NoSuchBucket", 404, "The specified bucket does not exist"},
    {ERR_NO_SUCH_KEY, "NoSuchKey", 404, "The specified key does not exist."},
    {ERR_BUCKET_EXISTS, "BucketAlreadyOwnedByYou", 409,
     "Your previous request to create the named bucket succeeded and you already own it."},
    {ERR_BUCKET_NOT_EMPTY, "BucketNotEmpty", 409,
     "The bucket you tried to delete is not empty"},
    {ERR_INVALID_BUCKET_NAME, "InvalidBucketName", 400, "The specified bucket is not valid."},
    {ERR_KEY_TOO_LONG, "KeyTooLongError", 400, "Your key is too long"},
    {ERR_PRECONDITION, "PreconditionFailed", 412,
     "At least one of the pre-conditions you specified did not hold"},
    {ERR_NO_SUCH_UPLOAD, "NoSuchUpload", 404,
     "The specified upload does not exist. The upload ID may be invalid, or the upload may have "
     "been aborted or completed."},
};

void s3_reply_error(struct call *c, error e)
{
    const struct error_row *row = error_row(e);
    struct s3_error said = {e, row->name, row->status, NULL};
    for (size_t i = 0; i < sizeof s3_errors / sizeof *s3_errors; i++)
        if (s3_errors[i].e == e) said = s3_errors[i];
    const char *message = said.message ? said.message : arena_text(c->arena, span_of(error_text()));
    if (said.status == 500)
        log_line(LOG_ERROR, "aws", "%s: %s", c->operation ? c->operation->name : "S3", error_text());
    if (span_is(c->http->method, "HEAD")) s3_reply_empty(c, said.status);
    else
        call_reply_body(c, said.status, "application/xml",
                        protocol_xml_error(c, said.name, said.status, message));
}
