/* Lists: objects (both versions of the operation), versions, uploads under way. */
#include "aws/s3.h"

/* What all lists are asked with. */
struct listing {
    const char *prefix, *delimiter;
    bool url;              /* encoding-type=url */
    int64_t max;
    struct object_page page;
};

static error listing_read(struct call *c, const char *max_name, struct listing *l)
{
    const char *encoding = s3_parameter(c, "encoding-type");
    const char *delimiter = s3_parameter(c, "delimiter");
    l->prefix = s3_parameter(c, "prefix");
    if (!l->prefix) l->prefix = "";
    l->delimiter = delimiter && *delimiter ? delimiter : NULL;
    if (encoding && strcmp(encoding, "url") != 0)
        return fail(ERR_INVALID_ARGUMENT, "Invalid Encoding Method specified in Request");
    l->url = encoding != NULL;
    TRY(s3_parameter_integer(c, max_name, 0, INT32_MAX, S3_PAGE_MAX, &l->max));
    if (l->max > S3_PAGE_MAX) l->max = S3_PAGE_MAX;
    return OK;
}

/* A key or part of one, encoded when that was asked for. */
static void write_name(struct buffer *out, const struct listing *l, const char *element,
                       const char *name)
{
    struct buffer encoded = {0};
    if (l->url) percent_encode(&encoded, span_of(name), true);
    xml_text(out, element, l->url ? buffer_text(&encoded) : name);
    buffer_release(&encoded);
}

static void write_head(struct call *c, struct buffer *out, const struct listing *l)
{
    xml_text(out, "Name", c->s3->bucket);
    write_name(out, l, "Prefix", l->prefix);
    if (l->delimiter) write_name(out, l, "Delimiter", l->delimiter);
    if (l->url) xml_text(out, "EncodingType", "url");
    xml_text(out, "IsTruncated", l->page.more ? "true" : "false");
}

static void write_prefixes(struct buffer *out, const struct listing *l)
{
    for (size_t i = 0; i < l->page.count; i++) {
        if (!l->page.items[i].prefix) continue;
        xml_open(out, "CommonPrefixes");
        write_name(out, l, "Prefix", l->page.items[i].prefix);
        xml_close(out, "CommonPrefixes");
    }
}

static void write_object(struct call *c, struct buffer *out, const struct listing *l,
                         const struct object_version *v, bool owner)
{
    write_name(out, l, "Key", v->info.key);
    xml_text(out, "LastModified", date_iso8601(c->arena, v->info.modified_us));
    xml_text(out, "ETag", s3_quoted(c, v->info.etag));
    xml_integer(out, "Size", v->info.size);
    if (owner) s3_write_owner(c, out, "Owner");
    xml_text(out, "StorageClass", v->storage_class);
}

static void write_contents(struct call *c, struct buffer *out, const struct listing *l, bool owner)
{
    for (size_t i = 0; i < l->page.count; i++) {
        if (l->page.items[i].prefix) continue;
        xml_open(out, "Contents");
        write_object(c, out, l, &l->page.items[i].version, owner);
        xml_close(out, "Contents");
    }
}

/* Where the next page goes on: the last item of this one. */
static const char *last_name(const struct object_page *page)
{
    if (!page->count) return "";
    const struct object_item *last = &page->items[page->count - 1];
    return last->prefix ? last->prefix : last->version.info.key;
}

static error list_page(struct call *c, enum object_listing what, struct listing *l,
                       const char *after, const char *after_version)
{
    struct object_query query = {l->prefix, l->delimiter, after, after_version, (size_t)l->max,
                                 false};
    return object_list(s3_store(c), what, c->s3->bucket, &query, c->arena, &l->page);
}

static error list_objects(struct call *c)
{
    struct listing l = {0};
    struct buffer out = {0};
    const char *marker = s3_parameter(c, "marker");
    TRY(listing_read(c, "max-keys", &l));
    TRY(list_page(c, LIST_OBJECTS, &l, marker, NULL));
    xml_open_root(&out, "ListBucketResult", S3_NAMESPACE);
    write_head(c, &out, &l);
    write_name(&out, &l, "Marker", marker ? marker : "");
    xml_integer(&out, "MaxKeys", l.max);
    if (l.page.more && l.delimiter) write_name(&out, &l, "NextMarker", last_name(&l.page));
    write_contents(c, &out, &l, true);
    write_prefixes(&out, &l);
    xml_close(&out, "ListBucketResult");
    s3_reply_xml(c, 200, &out);
    return OK;
}

/* A continuation token is the last name in base64, nothing secret. */
static error token_read(struct call *c, const char *token, const char **after)
{
    struct buffer name = {0};
    size_t size = 0;
    buffer_reserve(&name, base64_decoded_max(strlen(token)) + 1);
    error e = base64_decode(name.data, &size, span_of(token));
    bool good = e == OK && size > 0 && size <= OBJECT_KEY_MAX + 64 && !memchr(name.data, 0, size) &&
                utf8_valid_prefix((span){name.data, size}) == size;
    if (good) *after = arena_text(c->arena, (span){name.data, size});
    buffer_release(&name);
    return good ? OK : fail(ERR_INVALID_ARGUMENT, "The continuation token provided is incorrect");
}

static const char *token_make(struct call *c, const char *name)
{
    span text = span_of(name);
    char *out = arena_calloc(c->arena, 1, base64_encoded_size(text.size) + 1);
    base64_encode(out, text);
    return out;
}

static error list_objects_v2(struct call *c)
{
    struct listing l = {0};
    struct buffer out = {0};
    const char *start = s3_parameter(c, "start-after"), *after = start;
    const char *token = s3_parameter(c, "continuation-token");
    const char *owner = s3_parameter(c, "fetch-owner");
    TRY(listing_read(c, "max-keys", &l));
    if (token) TRY(token_read(c, token, &after));
    TRY(list_page(c, LIST_OBJECTS, &l, after, NULL));
    xml_open_root(&out, "ListBucketResult", S3_NAMESPACE);
    write_head(c, &out, &l);
    xml_integer(&out, "MaxKeys", l.max);
    xml_integer(&out, "KeyCount", (int64_t)l.page.count);
    if (token) xml_text(&out, "ContinuationToken", token);
    if (l.page.more && l.page.count)
        xml_text(&out, "NextContinuationToken", token_make(c, last_name(&l.page)));
    if (start) write_name(&out, &l, "StartAfter", start);
    write_contents(c, &out, &l, owner && strcmp(owner, "true") == 0);
    write_prefixes(&out, &l);
    xml_close(&out, "ListBucketResult");
    s3_reply_xml(c, 200, &out);
    return OK;
}

static void write_version(struct call *c, struct buffer *out, const struct listing *l,
                          const struct object_version *v)
{
    xml_open(out, v->delete_marker ? "DeleteMarker" : "Version");
    if (v->delete_marker) {
        write_name(out, l, "Key", v->info.key);
        xml_text(out, "LastModified", date_iso8601(c->arena, v->info.modified_us));
        s3_write_owner(c, out, "Owner");
    } else {
        write_object(c, out, l, v, true);
    }
    xml_text(out, "VersionId", v->version_id);
    xml_text(out, "IsLatest", v->latest ? "true" : "false");
    xml_close(out, v->delete_marker ? "DeleteMarker" : "Version");
}

static error list_object_versions(struct call *c)
{
    struct listing l = {0};
    struct buffer out = {0};
    const char *marker = s3_parameter(c, "key-marker"), *id = s3_parameter(c, "version-id-marker");
    if (id && *id && !(marker && *marker))
        return fail(ERR_INVALID_ARGUMENT,
                    "A version-id marker cannot be specified without a key marker.");
    TRY(listing_read(c, "max-keys", &l));
    TRY(list_page(c, LIST_VERSIONS, &l, marker, id && *id ? id : NULL));
    xml_open_root(&out, "ListVersionsResult", S3_NAMESPACE);
    write_head(c, &out, &l);
    write_name(&out, &l, "KeyMarker", marker ? marker : "");
    xml_text(&out, "VersionIdMarker", id ? id : "");
    xml_integer(&out, "MaxKeys", l.max);
    if (l.page.more && l.page.count) {
        const struct object_item *last = &l.page.items[l.page.count - 1];
        write_name(&out, &l, "NextKeyMarker", last_name(&l.page));
        if (!last->prefix) xml_text(&out, "NextVersionIdMarker", last->version.version_id);
    }
    for (size_t i = 0; i < l.page.count; i++)
        if (!l.page.items[i].prefix) write_version(c, &out, &l, &l.page.items[i].version);
    write_prefixes(&out, &l);
    xml_close(&out, "ListVersionsResult");
    s3_reply_xml(c, 200, &out);
    return OK;
}

static void write_upload(struct call *c, struct buffer *out, const struct listing *l,
                         const struct object_version *v)
{
    xml_open(out, "Upload");
    write_name(out, l, "Key", v->info.key);
    xml_text(out, "UploadId", v->version_id);
    s3_write_owner(c, out, "Initiator");
    s3_write_owner(c, out, "Owner");
    xml_text(out, "StorageClass", "STANDARD");
    xml_text(out, "Initiated", date_iso8601(c->arena, v->info.modified_us));
    xml_close(out, "Upload");
}

static error list_multipart_uploads(struct call *c)
{
    struct listing l = {0};
    struct buffer out = {0};
    const char *marker = s3_parameter(c, "key-marker"), *id = s3_parameter(c, "upload-id-marker");
    if (!marker || !*marker) id = NULL; /* as AWS: it counts together with a key alone */
    TRY(listing_read(c, "max-uploads", &l));
    TRY(list_page(c, LIST_UPLOADS, &l, marker, id && *id ? id : NULL));
    xml_open_root(&out, "ListMultipartUploadsResult", S3_NAMESPACE);
    xml_text(&out, "Bucket", c->s3->bucket);
    write_name(&out, &l, "KeyMarker", marker ? marker : "");
    xml_text(&out, "UploadIdMarker", id ? id : "");
    if (l.page.more && l.page.count) {
        const struct object_item *last = &l.page.items[l.page.count - 1];
        write_name(&out, &l, "NextKeyMarker", last_name(&l.page));
        if (!last->prefix) xml_text(&out, "NextUploadIdMarker", last->version.version_id);
    }
    write_name(&out, &l, "Prefix", l.prefix);
    if (l.delimiter) write_name(&out, &l, "Delimiter", l.delimiter);
    if (l.url) xml_text(&out, "EncodingType", "url");
    xml_integer(&out, "MaxUploads", l.max);
    xml_text(&out, "IsTruncated", l.page.more ? "true" : "false");
    for (size_t i = 0; i < l.page.count; i++)
        if (!l.page.items[i].prefix) write_upload(c, &out, &l, &l.page.items[i].version);
    write_prefixes(&out, &l);
    xml_close(&out, "ListMultipartUploadsResult");
    s3_reply_xml(c, 200, &out);
    return OK;
}

const struct operation s3_list_operations[] = {
    {.name = "ListObjects", .run = list_objects},
    {.name = "ListObjectsV2", .run = list_objects_v2},
    {.name = "ListObjectVersions", .run = list_object_versions},
    {.name = "ListMultipartUploads", .run = list_multipart_uploads},
    {0},
};
