/* Copies inside the store: whole objects, and ranges as parts of an upload. */
#include "aws/s3.h"

#include <errno.h>
#include <stdlib.h>

enum { COPY_BYTES = 1 << 20 };

error s3_source_copy(struct call *c, const struct s3_source *source, int64_t offset, int64_t length,
                     struct upload *to, struct s3_sum *sum)
{
    char *block = must_alloc(COPY_BYTES);
    error e = OK;
    while (length && e == OK) {
        size_t want = length < COPY_BYTES ? (size_t)length : COPY_BYTES;
        int64_t n = world->read(source->file, block, want, offset);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            e = n < 0 ? fail_errno("read the source of a copy")
                      : fail(ERR_CORRUPT, "the source of a copy is shorter than it was put");
            break;
        }
        span bytes = {block, (size_t)n};
        s3_sum_add(sum, bytes);
        e = s3_store(c)->ops->upload_write(to, bytes);
        offset += n;
        length -= n;
    }
    free(block);
    return e;
}

static error directive(struct call *c, const char *header, bool *replace)
{
    const char *text = s3_header(c, header);
    *replace = text && strcmp(text, "REPLACE") == 0;
    if (!text || *replace || strcmp(text, "COPY") == 0) return OK;
    return fail(ERR_INVALID_ARGUMENT, "Unknown metadata directive.");
}

static void carry(json_t *to, const json_t *from, const char *name)
{
    json_t *value = json_object_get(from, name);
    if (value) json_object_set(to, name, value);
}

/* The copy's attributes: the source's, or the request's where a directive says so. */
static error copy_attributes(struct call *c, const struct s3_source *source, bool *changed,
                             bool *replaced, json_t **out)
{
    bool metadata, tags;
    TRY(directive(c, "x-amz-metadata-directive", &metadata));
    TRY(directive(c, "x-amz-tagging-directive", &tags));
    TRY(s3_attributes_read(c, out));
    *replaced = metadata;
    *changed = metadata || json_object_size(json_object_get(*out, "headers")) > 0 ||
               http_header(c->http, "x-amz-storage-class").data;
    const json_t *old = source->version.attributes;
    if (!metadata) {
        json_t *mine = json_object_get(*out, "headers"), *kept;
        kept = json_deep_copy(json_object_get(old, "headers"));
        if (kept) {
            json_object_del(kept, "x-amz-storage-class"); /* a copy's is its own */
            if (mine) json_object_update(kept, mine);
            json_object_set_new(*out, "headers", kept);
        }
        json_object_del(*out, "metadata");
        carry(*out, old, "metadata");
    }
    if (!tags) {
        json_object_del(*out, "tags");
        carry(*out, old, "tags");
    }
    return OK;
}

static error copy_run(struct call *c, struct s3_source *source, json_t *attributes,
                      bool new_type, struct object_version *v)
{
    struct upload *u;
    struct s3_sum sum;
    struct object_condition condition;
    char text[CHECKSUM_TEXT_MAX];
    const json_t *old = json_object_get(source->version.attributes, "checksum");
    const char *wanted = s3_header(c, "x-amz-checksum-algorithm");
    if (!wanted) wanted = json_text(old, "algorithm");
    enum s3_checksum kind = wanted ? checksum_by_name(wanted) : CHECKSUM_NONE;
    if (wanted && !kind)
        return fail(ERR_INVALID_REQUEST, "Checksum algorithm provided is unsupported.");
    TRY(s3_put_condition(c, &condition));
    const char *type = new_type ? s3_header(c, "content-type") : source->version.info.content_type;
    TRY(s3_store(c)->ops->upload_begin(s3_store(c), c->s3->bucket, c->s3->key, type, &u));
    object_upload_keep_md5(u);
    s3_sum_open(&sum, kind);
    error e = s3_source_copy(c, source, 0, source->version.info.size, u, &sum);
    s3_sum_close(&sum, text);
    if (e != OK) {
        s3_store(c)->ops->upload_abandon(u);
        return e;
    }
    s3_attributes_set_checksum(attributes, kind, "FULL_OBJECT", text);
    return object_upload_publish(u, attributes, condition, c->arena, v);
}

static error copy_object(struct call *c)
{
    struct s3_source source = {0};
    struct object_version v;
    json_t *attributes = NULL;
    bool changed, replaced;
    TRY(s3_source_open(c, &source));
    error e = copy_attributes(c, &source, &changed, &replaced, &attributes);
    if (e == OK && source.same && !changed)
        e = fail(ERR_INVALID_REQUEST,
                 "This copy request is illegal because it is trying to copy an object to itself "
                 "without changing the object's metadata, storage class, website redirect location "
                 "or encryption attributes.");
    if (e == OK && source.version.info.size > S3_PUT_MAX)
        e = fail(ERR_INVALID_REQUEST, "The specified copy source is larger than the maximum "
                                      "allowable size for a copy source: 5368709120");
    if (e == OK) e = copy_run(c, &source, attributes, replaced, &v);
    s3_source_close(&source);
    if (e == OK) {
        struct buffer out = {0};
        s3_reply_encryption(c, attributes);
        s3_reply_version(c, &v);
        xml_open_root(&out, "CopyObjectResult", S3_NAMESPACE);
        xml_text(&out, "ETag", s3_quoted(c, v.info.etag));
        xml_text(&out, "LastModified", date_iso8601(c->arena, v.info.modified_us));
        s3_write_checksum(&out, attributes);
        xml_close(&out, "CopyObjectResult");
        s3_reply_xml(c, 200, &out);
    }
    json_decref(attributes);
    return e;
}

/* ---- parts ---- */

static error part_range(struct call *c, int64_t size, int64_t *first, int64_t *length)
{
    const char *header = s3_header(c, "x-amz-copy-source-range");
    bool ranged;
    int64_t last;
    *first = 0;
    *length = size;
    if (!header) return OK;
    error e = s3_range_read(header, size, &ranged, first, &last);
    const char *dash = strchr(header, '-');
    int64_t said;
    if (e != OK || !ranged || !dash || !parse_int64(span_trim(span_of(dash + 1)), &said) ||
        header[6] == '-')
        return fail(ERR_INVALID_ARGUMENT, "The x-amz-copy-source-range value must be of the form "
                                          "bytes=first-last where first and last are the zero-based "
                                          "offsets of the first and last bytes to copy");
    if (said >= size)
        return fail(ERR_INVALID_ARGUMENT, "Range specified is not valid for source object of size: "
                                          "%lld", (long long)size);
    *length = last - *first + 1;
    return OK;
}

static error upload_part_copy_from(struct call *c, struct s3_source *source)
{
    int64_t first, length, number, modified_us;
    struct upload *u;
    struct s3_sum sum;
    struct s3_stored stored = {0};
    char text[CHECKSUM_TEXT_MAX];
    TRY(part_range(c, source->version.info.size, &first, &length));
    if (length > S3_PUT_MAX)
        return fail(ERR_INVALID_REQUEST, "The specified copy source is larger than the maximum "
                                         "allowable size for a copy source: 5368709120");
    TRY(s3_parameter_integer(c, "partNumber", 1, OBJECT_PARTS_MAX, 0, &number));
    TRY(s3_upload_checksum(c, &stored.checksum));
    TRY(s3_store(c)->ops->upload_begin(s3_store(c), c->s3->bucket, c->s3->key, NULL, &u));
    object_upload_keep_md5(u);
    s3_sum_open(&sum, stored.checksum);
    error e = s3_source_copy(c, source, first, length, u, &sum);
    s3_sum_close(&sum, text);
    if (e != OK) {
        s3_store(c)->ops->upload_abandon(u);
        return e;
    }
    json_t *attributes = json_object();
    s3_attributes_set_checksum(attributes, stored.checksum, "FULL_OBJECT", text);
    const char *etag = s3_quoted(c, object_upload_etag(u));
    e = object_part_put(u, s3_parameter(c, "uploadId"), (int)number, attributes, &modified_us);
    if (e == OK) {
        struct buffer out = {0};
        xml_open_root(&out, "CopyPartResult", S3_NAMESPACE);
        xml_text(&out, "LastModified", date_iso8601(c->arena, modified_us));
        xml_text(&out, "ETag", etag);
        if (stored.checksum) xml_text(&out, checksum_element(stored.checksum), text);
        xml_close(&out, "CopyPartResult");
        s3_reply_xml(c, 200, &out);
    }
    json_decref(attributes);
    return e;
}

static error upload_part_copy(struct call *c)
{
    struct s3_source source = {0};
    TRY(s3_upload_part_admit(c));
    TRY(s3_source_open(c, &source));
    error e = upload_part_copy_from(c, &source);
    s3_source_close(&source);
    return e;
}

const struct operation s3_copy_operations[] = {
    {.name = "CopyObject", .run = copy_object},
    {.name = "UploadPartCopy", .run = upload_part_copy},
    {0},
};
