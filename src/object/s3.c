/* The remote object store: Amazon S3 (API 2006-03-01), or anything that speaks it, as struct
 * object_ops.
 *
 * - Every call is tried again where that may help. A conditional put whose reply was lost meets its
 *   own object then: puts and uploads carry a random mark in their metadata that tells.
 * - Staged bytes are a multipart upload, also small ones: it is invisible until completed, and
 *   whoever has its token can complete it. It begins with its first full part, so at most a part
 *   (5 MiB) is in memory for each file being written.
 * - The token: "MARK ID ETAG ETAG...", the ETags of the parts in order. */
#include "http/http.h"
#include "object/internal.h"

#include <stdlib.h>

enum {
    ATTEMPTS = 8,
    TIMEOUT_US = 60 * US_PER_SECOND,
    PAGE = 1000,
    HEADERS_MAX = 4,
    PART_BYTES = 5 << 20,       /* S3's least, but for the last part */
    PARTS_BEFORE_LARGER = 1000, /* then parts double, as S3 takes 10,000 of them */
    MARK_BYTES = 16,
};

#define MARK_HEADER "x-amz-meta-sluice-token"

struct remote {
    struct object_store store; /* first: the door's handle */
    struct http_client *client;
    char *endpoint, *region;
};

static struct remote *remote_of(struct object_store *s)
{
    return (struct remote *)s;
}

/* ---- one request ---- */

struct request {
    struct remote *remote;
    struct arena *arena;
    const char *method, *bucket, *key;
    const char *query; /* encoded, without '?'; NULL: none */
    struct http_header headers[HEADERS_MAX];
    size_t header_count;
    span body;
    struct buffer *reply; /* appended, or left as it was when the request fails */
    /* out */
    size_t reply_start;
    int status;
    const char *etag, *mark, *type, *region, *modified;
    int64_t size;
};

static const char *encoded(struct arena *arena, const char *text, bool keep_slash)
{
    struct buffer out = {0};
    percent_encode(&out, span_of(text), keep_slash);
    const char *kept = arena_text(arena, buffer_span(&out));
    buffer_release(&out);
    return kept;
}

/* At AWS a bucket is a host, unless its dots would break the certificate's wildcard. Elsewhere it
 * is the path's first part: no names have to be set up for it. */
static const char *request_url(const struct request *q)
{
    const char *endpoint = q->remote->endpoint, *scheme = strstr(endpoint, "://");
    const char *path = arena_printf(q->arena, "/%s", q->key ? encoded(q->arena, q->key, true) : "");
    const char *query = q->query ? arena_printf(q->arena, "?%s", q->query) : "";
    if (http_is_aws(endpoint) && !strchr(q->bucket, '.') && bucket_name_check(q->bucket) == OK)
        return arena_printf(q->arena, "%.*s%s.%s%s%s", (int)(scheme + 3 - endpoint), endpoint,
                            q->bucket, scheme + 3, path, query);
    return arena_printf(q->arena, "%s/%s%s%s", endpoint, encoded(q->arena, q->bucket, false), path,
                        query);
}

static span unquoted(span text)
{
    if (text.size >= 2 && text.data[0] == '"' && text.data[text.size - 1] == '"')
        return (span){text.data + 1, text.size - 2};
    return text;
}

static void on_header(void *context, span name, span value)
{
    struct request *q = context;
    const struct {
        const char *name, **to;
    } texts[] = {
        {"etag", &q->etag},           {MARK_HEADER, &q->mark},
        {"content-type", &q->type},   {"x-amz-bucket-region", &q->region},
        {"last-modified", &q->modified},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (span_equal_nocase(name, span_of(texts[i].name)))
            *texts[i].to = arena_text(q->arena, unquoted(value));
    if (span_equal_nocase(name, SPAN("content-length"))) (void)parse_int64(value, &q->size);
}

/* What S3 alone says, and what a status means where the reply has no body to say it. */
static const struct {
    const char *name;
    int status;
    error e;
} s3_errors[] = {
    {"OperationAborted", 409, ERR_CONCURRENT_MODIFICATION},
    {"ConditionalRequestConflict", 409, ERR_CONCURRENT_MODIFICATION},
    {"PreconditionFailed", 412, ERR_PRECONDITION},
    {"InvalidArgument", 400, ERR_INVALID_ARGUMENT},
    {"InvalidPart", 400, ERR_NO_SUCH_UPLOAD}, /* what was staged is not all there */
};

static error error_of(const struct request *q, const char *name)
{
    if (!name && q->status == 404) return q->key ? ERR_NO_SUCH_KEY : ERR_NO_SUCH_BUCKET;
    for (size_t i = 0; i < sizeof s3_errors / sizeof *s3_errors; i++)
        if (name ? strcmp(s3_errors[i].name, name) == 0 : s3_errors[i].status == q->status)
            return s3_errors[i].e;
    error e = http_aws_error(q->status == 200 ? 400 : q->status, name);
    /* A 200 that turned out to be none: the request was good. */
    return q->status == 200 && e == ERR_VALIDATION ? ERR_UNAVAILABLE : e;
}

static error fail_reply(const struct request *q, const struct xml_element *root)
{
    const char *name = xml_child_value(root, "Code"), *text = xml_child_value(root, "Message");
    error e = error_of(q, name);
    const char *where = arena_printf(q->arena, "%s s3://%s/%s", q->method, q->bucket,
                                     q->key ? q->key : "");
    if (!name) return fail(e, "%s: HTTP status %d", where, q->status);
    return fail(e, "%s: %s: %s", where, name, text ? text : "");
}

static error judge(void *context, const struct http_call *call)
{
    struct request *q = context;
    q->status = call->status;
    const struct xml_element *root = NULL;
    span body = {q->reply->data + q->reply_start, q->reply->size - q->reply_start};
    bool good = q->status >= 200 && q->status <= 299;
    if (good && strcmp(q->method, "POST") != 0) return OK;
    bool read = body.size && xml_read(q->arena, body, &root) == OK;
    if (!good) return fail_reply(q, read ? root : NULL);
    /* A completion is answered before it is done: its 200 may hold an error, or break off. */
    if (read) return strcmp(root->name, "Error") == 0 ? fail_reply(q, root) : OK;
    return fail(ERR_NETWORK, "%s s3://%s/%s: the reply is no XML", q->method, q->bucket, q->key);
}

static error request_send(struct request *q)
{
    struct http_call call = {.method = q->method, .url = request_url(q), .service = "s3",
                             .region = q->remote->region, .headers = q->headers,
                             .header_count = q->header_count, .body = q->body,
                             .timeout_us = TIMEOUT_US, .reply_body = q->reply,
                             .on_header = on_header, .context = q};
    q->reply_start = q->reply->size;
    error e = http_call_retried(q->remote->client, &call, ATTEMPTS, judge, q);
    if (e != OK) q->reply->size = q->reply_start;
    return e;
}

/* A bucket may be in another region than the job: S3 says in which. */
static error request_run(struct request *q)
{
    struct remote *r = q->remote;
    struct buffer ignored = {0};
    bool wanted = q->reply != NULL;
    if (!wanted) q->reply = &ignored;
    error e = request_send(q);
    bool elsewhere = e != OK && q->region && (q->status == 301 || q->status == 307 ||
                                              q->status == 400) &&
                     http_is_aws(r->endpoint) && strcmp(q->region, r->region) != 0;
    if (elsewhere) {
        free(r->region);
        free(r->endpoint);
        r->region = must_strdup(q->region);
        r->endpoint = must_strdup(http_aws_endpoint(q->arena, "s3", r->region));
        e = request_send(q);
    }
    if (!wanted) q->reply = NULL;
    buffer_release(&ignored);
    return e;
}

static void request_header(struct request *q, const char *name, const char *value)
{
    CHECK(q->header_count < HEADERS_MAX);
    q->headers[q->header_count++] = (struct http_header){span_of(name), span_of(value)};
}

static const char *mark_make(struct arena *arena)
{
    uint8_t random[MARK_BYTES];
    char *mark = arena_calloc(arena, 1, 2 * MARK_BYTES + 1);
    world->random(random, sizeof random);
    hex_encode(mark, random, sizeof random);
    return mark;
}

/* Whether what stands under the key is what was sent with the mark. */
static bool key_has_mark(struct remote *r, struct arena *arena, const char *bucket,
                         const char *key, const char *mark)
{
    struct request q = {.remote = r, .arena = arena, .method = "HEAD", .bucket = bucket,
                        .key = key};
    return request_run(&q) == OK && q.mark && strcmp(q.mark, mark) == 0;
}

/* ---- put, get, head, remove ---- */

static error put_in(struct remote *r, struct arena *arena, const char *bucket, const char *key,
                    span data, const char *content_type, struct object_condition condition)
{
    const char *mark = mark_make(arena);
    struct request q = {.remote = r, .arena = arena, .method = "PUT", .bucket = bucket,
                        .key = key, .body = data};
    request_header(&q, "content-type", content_type ? content_type : "binary/octet-stream");
    request_header(&q, MARK_HEADER, mark);
    if (condition.if_absent) request_header(&q, "if-none-match", "*");
    if (condition.if_etag)
        request_header(&q, "if-match", arena_printf(arena, "\"%s\"", condition.if_etag));
    error e = request_run(&q);
    if (e != ERR_PRECONDITION) return e;
    /* Also libcurl may have sent it twice, where a kept connection had died. */
    if (key_has_mark(r, arena, bucket, key, mark)) return OK;
    return fail(ERR_PRECONDITION, "s3://%s/%s: %s", bucket, key,
                condition.if_absent ? "the object exists (If-None-Match)"
                                    : "the object has another ETag (If-Match)");
}

static error remote_put(struct object_store *s, const char *bucket, const char *key, span data,
                        const char *content_type, struct object_condition condition)
{
    struct arena arena = {0};
    error e = object_key_check(key);
    if (e == OK) e = put_in(remote_of(s), &arena, bucket, key, data, content_type, condition);
    arena_release(&arena);
    return e;
}

static error remote_get(struct object_store *s, const char *bucket, const char *key, size_t max,
                        struct buffer *out)
{
    struct arena arena = {0};
    struct request q = {.remote = remote_of(s), .arena = &arena, .method = "GET",
                        .bucket = bucket, .key = key, .reply = out};
    error e = request_run(&q);
    size_t size = out->size - q.reply_start;
    if (e == OK && size > max) {
        out->size = q.reply_start;
        e = fail(ERR_TOO_LARGE, "s3://%s/%s has %zu bytes, limit %zu", bucket, key, size, max);
    }
    arena_release(&arena);
    return e;
}

static error remote_get_range(struct object_store *s, const char *bucket, const char *key,
                              int64_t offset, size_t length, struct buffer *out)
{
    struct arena arena = {0};
    struct request q = {.remote = remote_of(s), .arena = &arena, .method = "GET",
                        .bucket = bucket, .key = key, .reply = out};
    if (length == 0) {
        q.method = "HEAD";
    } else if (offset < 0) { /* the tail from there; what is beyond `length` is cut off */
        request_header(&q, "range", arena_printf(&arena, "bytes=%lld", (long long)offset));
    } else {
        request_header(&q, "range",
                       arena_printf(&arena, "bytes=%lld-%lld", (long long)offset,
                                    (long long)(offset + (int64_t)length - 1)));
    }
    error e = request_run(&q);
    if (e != OK && q.status == 416) e = OK; /* nothing there */
    if (e == OK && q.status == 200 && length)
        e = fail(ERR_UNSUPPORTED, "s3://%s/%s: the endpoint ignores ranges", bucket, key);
    size_t got = out->size - q.reply_start;
    if (e != OK) out->size = q.reply_start;
    else if (got > length) out->size = q.reply_start + length;
    arena_release(&arena);
    return e;
}

static error remote_head(struct object_store *s, const char *bucket, const char *key,
                         struct arena *arena, struct object_info *out)
{
    struct request q = {.remote = remote_of(s), .arena = arena, .method = "HEAD",
                        .bucket = bucket, .key = key};
    int64_t modified_us = 0;
    TRY(request_run(&q));
    if (q.modified) TRY(date_parse_http(span_of(q.modified), &modified_us));
    *out = (struct object_info){.key = arena_text(arena, span_of(key)), .size = q.size,
                                .modified_us = modified_us,
                                .etag = q.etag ? q.etag : "", .content_type = q.type};
    return OK;
}

static error remote_remove(struct object_store *s, const char *bucket, const char *key)
{
    struct arena arena = {0};
    struct request q = {.remote = remote_of(s), .arena = &arena, .method = "DELETE",
                        .bucket = bucket, .key = key};
    error e = request_run(&q);
    arena_release(&arena);
    return e == ERR_NO_SUCH_KEY ? OK : e;
}

/* ---- lists ---- */

/* Keys come percent-encoded where asked for, so that any byte survives XML. */
static error listed_text(struct arena *arena, bool url, const char *text, const char **out)
{
    struct buffer decoded = {0};
    error e = text ? OK : fail(ERR_NETWORK, "a list without keys");
    *out = text;
    if (e == OK && url) {
        e = percent_decode(&decoded, span_of(text), true);
        if (e == OK) *out = arena_text(arena, buffer_span(&decoded));
        else e = fail_context(ERR_NETWORK, "a key of a list");
    }
    buffer_release(&decoded);
    return e;
}

static bool list_is_encoded(const struct xml_element *root)
{
    const char *type = xml_child_value(root, "EncodingType");
    return type && strcmp(type, "url") == 0;
}

static bool list_goes_on(const struct xml_element *root)
{
    const char *more = xml_child_value(root, "IsTruncated");
    return more && strcmp(more, "true") == 0;
}

static error list_fetch(struct remote *r, struct arena *arena, const char *bucket,
                        const char *query, const struct xml_element **root)
{
    struct buffer body = {0};
    struct request q = {.remote = r, .arena = arena, .method = "GET", .bucket = bucket,
                        .query = query, .reply = &body};
    error e = request_run(&q);
    if (e == OK && xml_read(arena, buffer_span(&body), root) != OK)
        e = fail(ERR_NETWORK, "list of bucket %s: %s", bucket, error_text());
    buffer_release(&body);
    return e;
}

static error listed_object(struct arena *arena, const struct xml_element *row, bool url,
                           struct object_info *out)
{
    const char *size = xml_child_value(row, "Size"), *etag = xml_child_value(row, "ETag");
    const char *modified = xml_child_value(row, "LastModified");
    *out = (struct object_info){0};
    TRY(listed_text(arena, url, xml_child_value(row, "Key"), &out->key));
    if (!size || !parse_int64(span_of(size), &out->size) || !modified ||
        date_parse_iso8601(span_of(modified), &out->modified_us) != OK)
        return fail(ERR_NETWORK, "key %s of a list has no size or time", out->key);
    out->etag = arena_text(arena, unquoted(span_of(etag ? etag : "")));
    return OK;
}

static error remote_list(struct object_store *s, const char *bucket, const char *prefix,
                         const char *after, size_t max, struct arena *arena,
                         struct object_info **out, size_t *count, bool *more)
{
    const struct xml_element *root;
    const char *query = arena_printf(arena, "list-type=2&encoding-type=url&max-keys=%zu&prefix=%s",
                                     max < PAGE ? max : PAGE,
                                     encoded(arena, prefix ? prefix : "", false));
    if (after)
        query = arena_printf(arena, "%s&start-after=%s", query, encoded(arena, after, false));
    TRY(list_fetch(remote_of(s), arena, bucket, query, &root));
    const struct xml_element *first = xml_child(root, "Contents");
    *count = 0;
    for (const struct xml_element *row = first; row; row = xml_again(row)) ++*count;
    *out = ARENA_ARRAY(arena, struct object_info, *count);
    size_t i = 0;
    for (const struct xml_element *row = first; row; row = xml_again(row))
        TRY(listed_object(arena, row, list_is_encoded(root), &(*out)[i++]));
    *more = list_goes_on(root) && *count > 0;
    return OK;
}

/* ---- staged writing ---- */

struct remote_upload {
    struct remote *remote;
    struct arena arena;
    const char *bucket, *key, *type, *mark;
    const char *id;      /* NULL: not begun over there */
    struct buffer part;  /* bytes of the next part */
    struct buffer etags; /* " ETAG" of each part sent */
    int parts;
};

static struct remote_upload *upload_of(struct upload *u)
{
    return (struct remote_upload *)u;
}

static const char *upload_query(struct arena *arena, const char *id)
{
    return arena_printf(arena, "uploadId=%s", encoded(arena, id, false));
}

static error remote_upload_begin(struct object_store *s, const char *bucket, const char *key,
                                 const char *content_type, struct upload **out)
{
    TRY(object_key_check(key));
    struct remote_upload *u = must_calloc(1, sizeof *u);
    u->remote = remote_of(s);
    u->bucket = arena_text(&u->arena, span_of(bucket));
    u->key = arena_text(&u->arena, span_of(key));
    u->type = arena_text(&u->arena, span_of(content_type ? content_type : "binary/octet-stream"));
    u->mark = mark_make(&u->arena);
    *out = (struct upload *)u;
    return OK;
}

static error upload_create(struct remote_upload *u)
{
    struct buffer body = {0};
    const struct xml_element *root = NULL;
    struct request q = {.remote = u->remote, .arena = &u->arena, .method = "POST",
                        .bucket = u->bucket, .key = u->key, .query = "uploads", .reply = &body};
    request_header(&q, "content-type", u->type);
    request_header(&q, MARK_HEADER, u->mark);
    error e = request_run(&q);
    if (e == OK) e = xml_read(&u->arena, buffer_span(&body), &root);
    buffer_release(&body);
    TRY(e);
    u->id = xml_child_value(root, "UploadId");
    if (u->id && *u->id && !strpbrk(u->id, " \t\r\n")) return OK;
    u->id = NULL;
    return fail(ERR_NETWORK, "s3://%s/%s: an upload without id", u->bucket, u->key);
}

/* Nobody but another run of the job, or a rule of the bucket, takes an upload away. */
static error fail_taken(const struct remote_upload *u)
{
    return fail(ERR_FENCED,
                "the staged upload of s3://%s/%s was aborted from outside: by another run of this "
                "job, or by a rule of the bucket; this run stops, nothing of its batch is visible",
                u->bucket, u->key);
}

static error part_send(struct remote_upload *u)
{
    struct arena arena = {0};
    if (!u->id) TRY(upload_create(u));
    struct request q = {.remote = u->remote, .arena = &arena, .method = "PUT",
                        .bucket = u->bucket, .key = u->key, .body = buffer_span(&u->part)};
    q.query = arena_printf(&arena, "partNumber=%d&%s", u->parts + 1, upload_query(&arena, u->id));
    error e = request_run(&q);
    if (e == ERR_NO_SUCH_UPLOAD) e = fail_taken(u);
    if (e == OK && (!q.etag || !*q.etag || strpbrk(q.etag, " \t\r\n<>&\"")))
        e = fail(ERR_NETWORK, "s3://%s/%s: a part without ETag", u->bucket, u->key);
    if (e == OK) {
        buffer_printf(&u->etags, " %s", q.etag);
        buffer_reset(&u->part);
        u->parts++;
    }
    arena_release(&arena);
    return e;
}

static error remote_upload_write(struct upload *opaque, span bytes)
{
    struct remote_upload *u = upload_of(opaque);
    while (bytes.size) {
        size_t full = (size_t)PART_BYTES << (u->parts / PARTS_BEFORE_LARGER);
        size_t room = full - u->part.size, n = bytes.size < room ? bytes.size : room;
        buffer_append(&u->part, bytes.data, n);
        bytes = (span){bytes.data + n, bytes.size - n};
        if (u->part.size == full) TRY(part_send(u));
    }
    return OK;
}

static void remote_upload_free(struct remote_upload *u)
{
    buffer_release(&u->part);
    buffer_release(&u->etags);
    arena_release(&u->arena);
    free(u);
}

static error upload_delete(struct remote *r, const char *bucket, const char *key, const char *id)
{
    struct arena arena = {0};
    struct request q = {.remote = r, .arena = &arena, .method = "DELETE", .bucket = bucket,
                        .key = key, .query = upload_query(&arena, id)};
    error e = request_run(&q);
    if (e == ERR_NO_SUCH_KEY) e = fail(ERR_NO_SUCH_UPLOAD, "%s", error_text());
    arena_release(&arena);
    return e;
}

static void remote_upload_abandon(struct upload *opaque)
{
    struct remote_upload *u = upload_of(opaque);
    if (!u) return;
    if (u->id && upload_delete(u->remote, u->bucket, u->key, u->id) != OK)
        log_line(LOG_INFO, "object", "left for the next start to remove: %s", error_text());
    remote_upload_free(u);
}

static error remote_upload_finish(struct upload *opaque, struct arena *arena, const char **token)
{
    struct remote_upload *u = upload_of(opaque);
    error e = u->part.size || !u->parts ? part_send(u) : OK;
    if (e != OK) {
        remote_upload_abandon(opaque);
        return e;
    }
    *token = arena_printf(arena, "%s %s%s", u->mark, u->id, buffer_text(&u->etags));
    remote_upload_free(u);
    return OK;
}

struct token {
    const char *mark, *id;
    span etags; /* separated by blanks */
};

static error token_read(struct arena *arena, const char *text, struct token *out)
{
    char *mark = arena_text(arena, span_of(text)), *id = strchr(mark, ' ');
    char *etags = id ? strchr(id + 1, ' ') : NULL;
    if (!etags || id == mark || etags == id + 1 || !etags[1])
        return fail(ERR_NO_SUCH_UPLOAD, "\"%.64s\" names no upload of S3", text);
    *id++ = *etags++ = '\0';
    *out = (struct token){mark, id, span_of(etags)};
    return OK;
}

static span completion_body(struct arena *arena, span etags)
{
    struct buffer body = {0};
    int number = 1;
    buffer_append_text(&body, "<CompleteMultipartUpload "
                              "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    while (etags.size) {
        const char *end = memchr(etags.data, ' ', etags.size);
        size_t size = end ? (size_t)(end - etags.data) : etags.size;
        buffer_printf(&body, "<Part><ETag>%.*s</ETag><PartNumber>%d</PartNumber></Part>",
                      (int)size, etags.data, number++);
        size += end != NULL;
        etags = (span){etags.data + size, etags.size - size};
    }
    buffer_append_text(&body, "</CompleteMultipartUpload>");
    span kept = arena_span(arena, buffer_span(&body));
    buffer_release(&body);
    return kept;
}

static error complete_in(struct remote *r, struct arena *arena, const char *bucket,
                         const char *key, const char *token)
{
    struct token t;
    TRY(token_read(arena, token, &t));
    struct request q = {.remote = r, .arena = arena, .method = "POST", .bucket = bucket,
                        .key = key, .query = upload_query(arena, t.id),
                        .body = completion_body(arena, t.etags)};
    request_header(&q, "content-type", "application/xml");
    error e = request_run(&q);
    if (e != ERR_NO_SUCH_UPLOAD && e != ERR_NO_SUCH_KEY) return e;
    if (key_has_mark(r, arena, bucket, key, t.mark)) return OK; /* it was completed before */
    return fail(ERR_NO_SUCH_UPLOAD, "the staged upload of s3://%s/%s is gone", bucket, key);
}

static error remote_upload_complete(struct object_store *s, const char *bucket, const char *key,
                                    const char *token)
{
    struct arena arena = {0};
    error e = complete_in(remote_of(s), &arena, bucket, key, token);
    arena_release(&arena);
    return e;
}

static error remote_upload_abort(struct object_store *s, const char *bucket, const char *key,
                                 const char *token)
{
    struct arena arena = {0};
    struct token t;
    error e = token_read(&arena, token, &t);
    if (e == OK) e = upload_delete(remote_of(s), bucket, key, t.id);
    arena_release(&arena);
    return e;
}

/* ---- what dead runs left ---- */

struct sweep {
    struct remote *remote;
    struct arena arena; /* of one page */
    const char *bucket, *stem;
    int64_t before_us;
    const char *const *keep; /* upload ids */
    size_t keep_count;
    const char *key_marker, *id_marker;
};

static bool sweep_wants(const struct sweep *s, const char *key, const char *id, int64_t began_us)
{
    const char *slash = strrchr(key, '/');
    if (began_us >= s->before_us || !span_starts(span_of(slash ? slash + 1 : key), s->stem))
        return false;
    for (size_t i = 0; i < s->keep_count; i++)
        if (strcmp(s->keep[i], id) == 0) return false;
    return true;
}

static error sweep_one(struct sweep *s, const struct xml_element *row, bool url)
{
    const char *key, *id = xml_child_value(row, "UploadId");
    const char *began = xml_child_value(row, "Initiated");
    int64_t began_us = 0;
    TRY(listed_text(&s->arena, url, xml_child_value(row, "Key"), &key));
    if (!id || !began || date_parse_iso8601(span_of(began), &began_us) != OK)
        return fail(ERR_NETWORK, "uploads of bucket %s: one without id or time", s->bucket);
    if (!sweep_wants(s, key, id, began_us)) return OK;
    error e = upload_delete(s->remote, s->bucket, key, id);
    return e == ERR_NO_SUCH_UPLOAD ? OK : e;
}

static error sweep_page(struct sweep *s, bool *more)
{
    const struct xml_element *root;
    const char *query = arena_printf(&s->arena, "uploads=&encoding-type=url&max-uploads=%d", PAGE);
    if (s->key_marker)
        query = arena_printf(&s->arena, "%s&key-marker=%s&upload-id-marker=%s", query,
                             encoded(&s->arena, s->key_marker, false),
                             encoded(&s->arena, s->id_marker, false));
    TRY(list_fetch(s->remote, &s->arena, s->bucket, query, &root));
    bool url = list_is_encoded(root);
    for (const struct xml_element *row = xml_child(root, "Upload"); row; row = xml_again(row))
        TRY(sweep_one(s, row, url));
    *more = list_goes_on(root);
    if (!*more) return OK;
    s->id_marker = xml_child_value(root, "NextUploadIdMarker");
    if (!s->id_marker) s->id_marker = "";
    return listed_text(&s->arena, url, xml_child_value(root, "NextKeyMarker"), &s->key_marker);
}

static error remote_upload_sweep(struct object_store *store, const char *bucket, const char *stem,
                                 int64_t before_us, const char *const *keep, size_t keep_count)
{
    struct sweep s = {.remote = remote_of(store), .bucket = bucket, .stem = stem,
                      .before_us = before_us};
    const char **ids = ARENA_ARRAY(&s.arena, const char *, keep_count);
    for (size_t i = 0; i < keep_count; i++) {
        struct token t;
        if (token_read(&s.arena, keep[i], &t) == OK) ids[s.keep_count++] = t.id;
    }
    s.keep = ids;
    error e = OK;
    for (bool more = true; e == OK && more;) e = sweep_page(&s, &more);
    arena_release(&s.arena);
    return e;
}

/* ---- opening ---- */

static error remote_local_path(struct object_store *s, const char *bucket, const char *key,
                               struct arena *arena, const char **path)
{
    (void)s, (void)arena, (void)path;
    return fail(ERR_UNSUPPORTED, "s3://%s/%s is not on this machine", bucket, key);
}

static void remote_close(struct object_store *s)
{
    struct remote *r = remote_of(s);
    free(r->endpoint);
    free(r->region);
    free(r);
}

static const struct object_ops remote_ops = {
    .put = remote_put,
    .get = remote_get,
    .get_range = remote_get_range,
    .head = remote_head,
    .remove = remote_remove,
    .list = remote_list,
    .upload_begin = remote_upload_begin,
    .upload_write = remote_upload_write,
    .upload_finish = remote_upload_finish,
    .upload_abandon = remote_upload_abandon,
    .upload_complete = remote_upload_complete,
    .upload_abort = remote_upload_abort,
    .upload_sweep = remote_upload_sweep,
    .local_path = remote_local_path,
    .close = remote_close,
};

error object_open_s3(struct http_client *client, const char *endpoint_url, const char *region,
                     struct object_store **out)
{
    size_t size = strlen(endpoint_url);
    while (size && endpoint_url[size - 1] == '/') size--;
    if (!strstr(endpoint_url, "://"))
        return fail(ERR_USAGE, "\"%s\" is not an http or https address", endpoint_url);
    struct remote *r = must_calloc(1, sizeof *r);
    r->store.ops = &remote_ops;
    r->client = client;
    r->endpoint = must_strdup(endpoint_url);
    r->endpoint[size] = '\0';
    r->region = must_strdup(region);
    *out = &r->store;
    return OK;
}
