/* Objects: put, read whole or in ranges under conditions, looked at, removed. */
#include "aws/s3.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* ---- put ---- */

error s3_put_object(struct call *c, struct s3_stored *in)
{
    struct object_version v;
    s3_attributes_set_checksum(in->attributes, in->checksum, "FULL_OBJECT", in->checksum_value);
    TRY(object_upload_publish(in->upload, in->attributes, in->condition, c->arena, &v));
    s3_reply_header(c, "ETag", s3_quoted(c, v.info.etag));
    s3_reply_checksum(c, in->attributes);
    s3_reply_encryption(c, in->attributes);
    s3_reply_version(c, &v);
    s3_reply_empty(c, 200);
    return OK;
}

/* Bodies of puts stream (s3_body.c); the row is there to be named. */
static error put_object(struct call *c)
{
    (void)c;
    return fail(ERR_INTERNAL, "a put that did not stream");
}

/* ---- conditions (RFC 9110 13.2.2) ---- */

/* Whether a list of entity tags, "*" among it, has the object's. */
static bool etag_listed(const char *list, const char *etag)
{
    for (span rest = span_of(list); rest.size;) {
        const char *comma = memchr(rest.data, ',', rest.size);
        span one = {rest.data, comma ? (size_t)(comma - rest.data) : rest.size};
        rest = (span){rest.data + one.size + (comma != NULL), rest.size - one.size - (comma != NULL)};
        one = span_trim(one);
        if (span_starts(one, "W/")) one = (span){one.data + 2, one.size - 2};
        if (one.size >= 2 && one.data[0] == '"') one = (span){one.data + 1, one.size - 2};
        if (span_is(one, "*") || span_is(one, etag)) return true;
    }
    return false;
}

/* An HTTP date in whole seconds; false: not one, which is no condition. */
static bool date_read(const char *text, int64_t *seconds)
{
    static const char *const forms[] = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                                        "%a %b %d %H:%M:%S %Y", "%a, %d %b %Y %H:%M:%S %z"};
    int64_t us;
    for (size_t i = 0; text && i < sizeof forms / sizeof *forms; i++) {
        struct tm tm = {0};
        const char *end = strptime(text, forms[i], &tm);
        if (!end || *end) continue;
        *seconds = (int64_t)timegm(&tm);
        return true;
    }
    if (!text || date_parse_iso8601(span_of(text), &us) != OK) return false;
    *seconds = floor_div(us, US_PER_SECOND);
    return true;
}

static error precondition(const char *which)
{
    return fail(ERR_PRECONDITION, "%s", which);
}

struct conditions { const char *match, *none_match, *modified, *unmodified; };

static error conditions_check(struct conditions is, const struct object_version *v,
                              bool *not_modified)
{
    int64_t seconds, modified = floor_div(v->info.modified_us, US_PER_SECOND);
    *not_modified = false;
    if (is.match) {
        if (!etag_listed(is.match, v->info.etag)) return precondition("If-Match");
    } else if (date_read(is.unmodified, &seconds) && modified > seconds) {
        return precondition("If-Unmodified-Since");
    }
    if (is.none_match) *not_modified = etag_listed(is.none_match, v->info.etag);
    else if (date_read(is.modified, &seconds)) *not_modified = modified <= seconds;
    return OK;
}

error s3_conditions(struct call *c, const struct object_version *v, bool *not_modified)
{
    struct conditions is = {s3_header(c, "if-match"), s3_header(c, "if-none-match"),
                            s3_header(c, "if-modified-since"), s3_header(c, "if-unmodified-since")};
    return conditions_check(is, v, not_modified);
}

static error source_conditions(struct call *c, const struct object_version *v)
{
    bool not_modified;
    struct conditions is = {s3_header(c, "x-amz-copy-source-if-match"),
                            s3_header(c, "x-amz-copy-source-if-none-match"),
                            s3_header(c, "x-amz-copy-source-if-modified-since"),
                            s3_header(c, "x-amz-copy-source-if-unmodified-since")};
    TRY(conditions_check(is, v, &not_modified));
    return not_modified ? precondition("x-amz-copy-source-If-None-Match") : OK;
}

/* ---- ranges ---- */

/* "a-b", "a-", "-n"; several ranges or anything else is as if the header were not there. */
error s3_range_read(const char *header, int64_t size, bool *ranged, int64_t *first, int64_t *last)
{
    *ranged = false;
    if (!header || !span_starts(span_of(header), "bytes=")) return OK;
    const char *text = header + 6, *dash = strchr(text, '-');
    if (!dash || strchr(text, ',')) return OK;
    span from = span_trim((span){text, (size_t)(dash - text)}), to = span_trim(span_of(dash + 1));
    uint64_t a = 0, b = INT64_MAX;
    if ((!from.size && !to.size) || (from.size && !parse_uint64(from, &a)) ||
        (to.size && !parse_uint64(to, &b)) || (from.size && a > b))
        return OK;
    *ranged = true;
    if (from.size) {
        *first = a > INT64_MAX ? INT64_MAX : (int64_t)a;
        *last = b >= (uint64_t)size ? size - 1 : (int64_t)b;
    } else {
        *first = b >= (uint64_t)size ? 0 : size - (int64_t)b;
        *last = size - 1;
        if (b == 0) *first = size;
    }
    if (*first >= size) return fail(ERR_INVALID_RANGE, "The requested range is not satisfiable");
    return OK;
}

/* ?partNumber=: the bytes of a part of an object that was uploaded in parts. */
static error part_range(struct call *c, const struct object_version *v, bool *ranged,
                        int64_t *first, int64_t *last)
{
    int64_t number;
    TRY(s3_parameter_integer(c, "partNumber", 1, OBJECT_PARTS_MAX, 0, &number));
    if (number == 0) return OK;
    json_t *parts = json_object_get(v->attributes, "parts");
    size_t count = json_array_size(parts);
    if (number > (count ? (int64_t)count : 1))
        return fail(ERR_INVALID_RANGE, "The requested partnumber is not satisfiable");
    *ranged = v->info.size > 0;
    *first = 0;
    *last = v->info.size - 1;
    if (!count) return OK;
    for (int64_t i = 0; i + 1 < number; i++)
        *first += json_integer_value(json_array_get(parts, (size_t)i));
    *last = *first + json_integer_value(json_array_get(parts, (size_t)number - 1)) - 1;
    s3_reply_header(c, "x-amz-mp-parts-count", arena_printf(c->arena, "%zu", count));
    return OK;
}

/* ---- read ---- */

static void reply_overrides(struct call *c, const struct object_version *v)
{
    static const struct { const char *parameter, *header; } overrides[] = {
        {"response-cache-control", "Cache-Control"},
        {"response-content-disposition", "Content-Disposition"},
        {"response-content-encoding", "Content-Encoding"},
        {"response-content-language", "Content-Language"},
        {"response-expires", "Expires"},
    };
    const char *type = s3_parameter(c, "response-content-type");
    s3_reply_header(c, "Content-Type", type && *type ? type : v->info.content_type);
    for (size_t i = 0; i < sizeof overrides / sizeof *overrides; i++)
        s3_reply_header(c, overrides[i].header, s3_parameter(c, overrides[i].parameter));
}

static error missing(struct call *c, const struct object_version *v, const char *asked)
{
    s3_reply_header(c, "x-amz-delete-marker", "true");
    s3_reply_header(c, "x-amz-version-id", v->version_id);
    if (!asked) return fail(ERR_NO_SUCH_KEY, "a delete marker");
    s3_reply_header(c, "Allow", "DELETE");
    s3_reply_header(c, "Last-Modified", date_http(c->arena, v->info.modified_us));
    return fail(ERR_METHOD_NOT_ALLOWED,
                "The specified method is not allowed against this resource.");
}

/* Everything but the bytes; the span of them that is asked for. */
static error reply_object(struct call *c, const struct object_version *v, int64_t *first,
                          int64_t *length)
{
    bool not_modified, ranged = false;
    int64_t last = v->info.size - 1;
    const char *if_range = s3_header(c, "if-range");
    *first = 0;
    TRY(s3_conditions(c, v, &not_modified));
    s3_reply_header(c, "ETag", s3_quoted(c, v->info.etag));
    s3_reply_header(c, "Last-Modified", date_http(c->arena, v->info.modified_us));
    s3_reply_version(c, v);
    *length = 0;
    if (not_modified) {
        s3_reply_empty(c, 304);
        return OK;
    }
    TRY(part_range(c, v, &ranged, first, &last));
    if (!ranged && (!if_range || etag_listed(if_range, v->info.etag))) {
        error e = s3_range_read(s3_header(c, "range"), v->info.size, &ranged, first, &last);
        if (e == ERR_INVALID_RANGE)
            s3_reply_header(c, "Content-Range",
                            arena_printf(c->arena, "bytes */%lld", (long long)v->info.size));
        TRY(e);
    }
    if (!ranged) *first = 0, last = v->info.size - 1;
    *length = last - *first + 1;
    s3_reply_header(c, "Accept-Ranges", "bytes");
    reply_overrides(c, v);
    s3_reply_attributes(c, v->attributes);
    const char *mode = s3_header(c, "x-amz-checksum-mode");
    if (mode && span_equal_nocase(span_of(mode), SPAN("ENABLED")) && !ranged)
        s3_reply_checksum(c, v->attributes);
    if (ranged)
        s3_reply_header(c, "Content-Range",
                        arena_printf(c->arena, "bytes %lld-%lld/%lld", (long long)*first,
                                     (long long)last, (long long)v->info.size));
    s3_reply_empty(c, ranged ? 206 : 200);
    return OK;
}

static error get_object(struct call *c)
{
    const char *id;
    struct object_version v;
    int64_t first, length;
    int file;
    TRY(s3_version_id(c, &id));
    TRY(object_open(s3_store(c), c->s3->bucket, c->s3->key, id, c->arena, &v, &file));
    error e = v.delete_marker ? missing(c, &v, id) : reply_object(c, &v, &first, &length);
    json_decref(v.attributes);
    if (e == OK && length > 0) {
        c->reply->file = file;
        c->reply->file_offset = first;
        c->reply->file_length = length;
    } else if (file >= 0) {
        close(file);
    }
    return e;
}

static error head_object(struct call *c)
{
    const char *id;
    struct object_version v;
    int64_t first, length;
    TRY(s3_version_id(c, &id));
    TRY(object_find(s3_store(c), c->s3->bucket, c->s3->key, id, c->arena, &v));
    error e = v.delete_marker ? missing(c, &v, id) : reply_object(c, &v, &first, &length);
    json_decref(v.attributes);
    if (e == OK && c->reply->status != 304)
        s3_reply_header(c, "Content-Length", arena_printf(c->arena, "%lld", (long long)length));
    return e;
}

static error get_object_attributes(struct call *c)
{
    const char *id, *wanted = s3_header(c, "x-amz-object-attributes");
    struct object_version v;
    struct buffer out = {0};
    if (!wanted) return fail(ERR_INVALID_ARGUMENT, "x-amz-object-attributes is missing");
    TRY(s3_version_id(c, &id));
    TRY(object_find(s3_store(c), c->s3->bucket, c->s3->key, id, c->arena, &v));
    if (v.delete_marker) return missing(c, &v, id);
    s3_reply_header(c, "Last-Modified", date_http(c->arena, v.info.modified_us));
    s3_reply_version(c, &v);
    xml_open_root(&out, "GetObjectAttributesResponse", S3_NAMESPACE);
    if (strstr(wanted, "ETag")) xml_text(&out, "ETag", v.info.etag);
    if (strstr(wanted, "Checksum") && json_object_get(v.attributes, "checksum")) {
        xml_open(&out, "Checksum");
        s3_write_checksum(&out, v.attributes);
        xml_close(&out, "Checksum");
    }
    size_t parts = json_array_size(json_object_get(v.attributes, "parts"));
    if (strstr(wanted, "ObjectParts") && parts) {
        xml_open(&out, "ObjectParts");
        xml_integer(&out, "PartsCount", (int64_t)parts);
        xml_close(&out, "ObjectParts");
    }
    if (strstr(wanted, "StorageClass")) xml_text(&out, "StorageClass", v.storage_class);
    if (strstr(wanted, "ObjectSize")) xml_integer(&out, "ObjectSize", v.info.size);
    xml_close(&out, "GetObjectAttributesResponse");
    json_decref(v.attributes);
    s3_reply_xml(c, 200, &out);
    return OK;
}

/* ---- remove ---- */

static error refuse_conditional_delete(struct call *c)
{
    static const char *const names[] = {"if-match", "x-amz-if-match-last-modified-time",
                                        "x-amz-if-match-size"};
    for (int i = 0; i < 3; i++)
        if (http_header(c->http, names[i]).data)
            return fail(ERR_NOT_IMPLEMENTED, "Conditional deletes are not implemented");
    return OK;
}

static error delete_object(struct call *c)
{
    const char *id;
    struct object_version v;
    TRY(refuse_conditional_delete(c));
    TRY(s3_version_id(c, &id));
    TRY(object_remove(s3_store(c), c->s3->bucket, c->s3->key, id, c->arena, &v));
    if (v.version_id && (v.versioned || v.delete_marker || id))
        s3_reply_header(c, "x-amz-version-id", v.version_id);
    if (v.delete_marker) s3_reply_header(c, "x-amz-delete-marker", "true");
    s3_reply_empty(c, 204);
    return OK;
}

static const struct member delete_object_rows[] = {
    TEXT_ROW("Key", MEMBER_REQUIRED, 0, 0, NULL),
    TEXT_ROW("VersionId", MEMBER_OPTIONAL, 0, 0, NULL),
    TEXT_ROW("ETag", MEMBER_OPTIONAL, 0, 0, NULL),
    TEXT_ROW("LastModifiedTime", MEMBER_OPTIONAL, 0, 0, NULL),
    TEXT_ROW("Size", MEMBER_OPTIONAL, 0, 0, NULL),
    ROWS_END,
};
static const struct member delete_object_row[] = {
    STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, delete_object_rows)};
static const struct member delete_rows[] = {
    LIST_ROW("Object", MEMBER_REQUIRED, 1, 1000, delete_object_row),
    BOOLEAN_ROW("Quiet"),
    ROWS_END,
};

static error delete_named(struct call *c, const json_t *one, struct object_version *v)
{
    const char *key = json_text(one, "Key"), *id = json_text(one, "VersionId");
    if (json_text(one, "ETag") || json_text(one, "LastModifiedTime") || json_text(one, "Size"))
        return fail(ERR_NOT_IMPLEMENTED, "Conditional deletes are not implemented");
    return object_remove(s3_store(c), c->s3->bucket, key, id, c->arena, v);
}

static void delete_one(struct call *c, const json_t *one, bool quiet, struct buffer *out)
{
    const char *key = json_text(one, "Key"), *id = json_text(one, "VersionId");
    struct object_version v = {0};
    error e = delete_named(c, one, &v);
    if (e == OK && quiet) return;
    xml_open(out, e == OK ? "Deleted" : "Error");
    xml_text(out, "Key", key);
    if (id) xml_text(out, "VersionId", id);
    if (e != OK) {
        const char *name, *message;
        s3_error_words(c, e, &name, &message);
        xml_text(out, "Code", name);
        xml_text(out, "Message", message);
    } else if (v.delete_marker) {
        xml_text(out, "DeleteMarker", "true");
        xml_text(out, "DeleteMarkerVersionId", v.version_id);
    }
    xml_close(out, e == OK ? "Deleted" : "Error");
}

static bool body_is_covered(struct call *c)
{
    if (http_header(c->http, "content-md5").data || http_header(c->http, "x-amz-trailer").data)
        return true;
    for (int k = 1; k < CHECKSUM_COUNT; k++)
        if (http_header(c->http, checksum_header((enum s3_checksum)k)).data) return true;
    return false;
}

static error delete_objects(struct call *c)
{
    json_t *document, *objects;
    struct buffer out = {0};
    bool exists;
    TRY(object_bucket_exists(s3_store(c), c->s3->bucket, &exists));
    if (!exists) return fail(ERR_NO_SUCH_BUCKET, "no bucket %s", c->s3->bucket);
    if (!body_is_covered(c))
        return fail(ERR_INVALID_REQUEST, "Missing required header for this request: Content-MD5");
    TRY(protocol_xml_read(c->arena, c->http->body, "Delete", delete_rows, &document));
    objects = json_object_get(document, "Object");
    bool quiet = json_is_set(document, "Quiet");
    xml_open_root(&out, "DeleteResult", S3_NAMESPACE);
    for (size_t i = 0; i < json_array_size(objects); i++)
        delete_one(c, json_array_get(objects, i), quiet, &out);
    xml_close(&out, "DeleteResult");
    json_decref(document);
    s3_reply_xml(c, 200, &out);
    return OK;
}

/* ---- access control lists: the bucket's owner has everything ---- */

static error get_object_acl(struct call *c)
{
    const char *id;
    struct object_version v;
    struct buffer out = {0};
    TRY(s3_version_id(c, &id));
    TRY(object_find(s3_store(c), c->s3->bucket, c->s3->key, id, c->arena, &v));
    json_decref(v.attributes);
    if (v.delete_marker) return missing(c, &v, id);
    s3_reply_version(c, &v);
    s3_write_acl(c, &out);
    s3_reply_xml(c, 200, &out);
    return OK;
}

static error put_object_acl(struct call *c)
{
    const char *id;
    struct object_version v;
    TRY(s3_version_id(c, &id));
    TRY(object_find(s3_store(c), c->s3->bucket, c->s3->key, id, c->arena, &v));
    json_decref(v.attributes);
    if (v.delete_marker) return missing(c, &v, id);
    TRY(s3_acl_check(c));
    s3_reply_empty(c, 200);
    return OK;
}

const struct operation s3_object_operations[] = {
    {.name = "PutObject", .run = put_object},
    {.name = "GetObject", .run = get_object},
    {.name = "HeadObject", .run = head_object},
    {.name = "GetObjectAttributes", .run = get_object_attributes,
     .note = "part checksums are not listed"},
    {.name = "DeleteObject", .run = delete_object},
    {.name = "DeleteObjects", .run = delete_objects},
    {.name = "GetObjectAcl", .run = get_object_acl, .note = "the bucket's owner has everything"},
    {.name = "PutObjectAcl", .run = put_object_acl,
     .note = "the owner's full control alone, as buckets without ACLs do"},
    {0},
};

/* ---- sources of copies ---- */

/* [/]BUCKET/KEY[?versionId=ID], percent-encoded. */
static error source_name(struct call *c, const char **bucket, const char **key, const char **id)
{
    const char *text = s3_header(c, "x-amz-copy-source");
    if (*text == '/') text++;
    const char *mark = strstr(text, "?versionId=");
    struct buffer decoded = {0};
    error e = percent_decode(&decoded, mark ? (span){text, (size_t)(mark - text)} : span_of(text),
                             false);
    bool zero = decoded.size && memchr(decoded.data, 0, decoded.size);
    char *name = arena_text(c->arena, buffer_span(&decoded));
    buffer_release(&decoded);
    char *slash = strchr(name, '/');
    if (e != OK || zero || !slash || slash == name || !slash[1])
        return fail(ERR_INVALID_ARGUMENT, "Invalid copy source object key");
    *slash = '\0';
    *bucket = name;
    *key = slash + 1;
    *id = mark ? mark + strlen("?versionId=") : NULL;
    return *id ? s3_version_check(*id) : OK;
}

error s3_source_open(struct call *c, struct s3_source *out)
{
    const char *bucket = NULL, *key = NULL, *id = NULL;
    out->file = -1;
    TRY(source_name(c, &bucket, &key, &id));
    TRY(object_open(s3_store(c), bucket, key, id, c->arena, &out->version, &out->file));
    out->same = strcmp(bucket, c->s3->bucket) == 0 && strcmp(key, c->s3->key) == 0 && !id;
    error e = OK;
    if (out->version.delete_marker)
        e = id ? fail(ERR_INVALID_REQUEST, "The source of a copy request may not specifically refer "
                                           "to a delete marker by version id.")
               : fail(ERR_NO_SUCH_KEY, "a delete marker");
    if (e == OK) e = source_conditions(c, &out->version);
    if (e == OK && out->version.versioned)
        s3_reply_header(c, "x-amz-copy-source-version-id", out->version.version_id);
    if (e != OK) s3_source_close(out);
    return e;
}

void s3_source_close(struct s3_source *s)
{
    if (s->file >= 0) world->close(s->file);
    s->file = -1;
    json_decref(s->version.attributes);
    s->version.attributes = NULL;
}
