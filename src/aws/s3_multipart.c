/* Multipart uploads: created, filled part by part, listed, completed or aborted. An upload's
 * attributes are those of the object to be, and {"sum": {"algorithm", "type"}} when its parts have
 * checksums. */
#include "aws/s3.h"

#include <strings.h>

static error parameter_number(struct call *c, int64_t *number)
{
    const char *text = s3_parameter(c, "partNumber");
    if (!text || !parse_int64(span_of(text), number) || *number < 1 || *number > OBJECT_PARTS_MAX)
        return fail(ERR_INVALID_ARGUMENT,
                    "Part number must be an integer between 1 and %d, inclusive", OBJECT_PARTS_MAX);
    return OK;
}

/* ---- create ---- */

static error sum_read(struct call *c, json_t *attributes)
{
    const char *name = s3_header(c, "x-amz-checksum-algorithm");
    const char *type = s3_header(c, "x-amz-checksum-type");
    enum s3_checksum kind = name ? checksum_by_name(name) : CHECKSUM_NONE;
    if (name && !kind)
        return fail(ERR_INVALID_REQUEST, "Checksum algorithm provided is unsupported. Please try "
                                         "again with any of the valid types: [CRC32, CRC32C, "
                                         "CRC64NVME, SHA1, SHA256]");
    if (type && !kind)
        return fail(ERR_INVALID_REQUEST, "The x-amz-checksum-type header can only be used with the "
                                         "x-amz-checksum-algorithm header.");
    if (!kind) return OK;
    if (!type) type = kind == CHECKSUM_CRC64NVME ? "FULL_OBJECT" : "COMPOSITE";
    bool full = strcmp(type, "FULL_OBJECT") == 0;
    if ((!full && strcmp(type, "COMPOSITE") != 0) || (full && !checksum_is_crc(kind)) ||
        (!full && kind == CHECKSUM_CRC64NVME))
        return fail(ERR_INVALID_REQUEST, "The %s checksum type cannot be used with the %s checksum "
                                         "algorithm.", type, checksum_name(kind));
    json_object_set_new(attributes, "sum",
                        json_pack("{s:s, s:s}", "algorithm", checksum_name(kind), "type", type));
    s3_reply_header(c, "x-amz-checksum-algorithm", checksum_name(kind));
    s3_reply_header(c, "x-amz-checksum-type", full ? "FULL_OBJECT" : "COMPOSITE");
    return OK;
}

static error create_multipart_upload(struct call *c)
{
    json_t *attributes;
    const char *id;
    TRY(s3_attributes_read(c, &attributes));
    error e = sum_read(c, attributes);
    if (e == OK)
        e = object_multipart_create(s3_store(c), c->s3->bucket, c->s3->key,
                                    s3_header(c, "content-type"), attributes, c->arena, &id);
    if (e == OK) {
        struct buffer out = {0};
        s3_reply_encryption(c, attributes);
        xml_open_root(&out, "InitiateMultipartUploadResult", S3_NAMESPACE);
        xml_text(&out, "Bucket", c->s3->bucket);
        xml_text(&out, "Key", c->s3->key);
        xml_text(&out, "UploadId", id);
        xml_close(&out, "InitiateMultipartUploadResult");
        s3_reply_xml(c, 200, &out);
    }
    json_decref(attributes);
    return e;
}

/* ---- parts ---- */

static enum s3_checksum sum_kind(const json_t *attributes)
{
    const char *name = json_text(json_object_get(attributes, "sum"), "algorithm");
    return name ? checksum_by_name(name) : CHECKSUM_NONE;
}

static bool sum_is_full(const json_t *attributes)
{
    const char *type = json_text(json_object_get(attributes, "sum"), "type");
    return type && strcmp(type, "FULL_OBJECT") == 0;
}

error s3_upload_checksum(struct call *c, enum s3_checksum *out)
{
    json_t *attributes;
    TRY(object_multipart_find(s3_store(c), c->s3->bucket, c->s3->key, s3_parameter(c, "uploadId"),
                              &attributes));
    *out = sum_kind(attributes);
    json_decref(attributes);
    return OK;
}

error s3_upload_part_admit(struct call *c)
{
    int64_t number;
    enum s3_checksum kind;
    struct s3_expected said;
    TRY(parameter_number(c, &number));
    TRY(s3_upload_checksum(c, &kind));
    TRY(s3_checksum_expected(c, &said));
    if (kind && said.kind && said.kind != kind)
        return fail(ERR_INVALID_REQUEST,
                    "Checksum Type mismatch occurred, expected checksum Type: %s, actual checksum "
                    "Type: %s", checksum_name(kind), checksum_name(said.kind));
    return OK;
}

error s3_upload_part(struct call *c, struct s3_stored *in)
{
    int64_t number = 0, modified_us;
    CHECK(parse_int64(span_of(s3_parameter(c, "partNumber")), &number)); /* was admitted */
    const char *etag = s3_quoted(c, object_upload_etag(in->upload));
    s3_attributes_set_checksum(in->attributes, in->checksum, "FULL_OBJECT", in->checksum_value);
    TRY(object_part_put(in->upload, s3_parameter(c, "uploadId"), (int)number, in->attributes,
                        &modified_us));
    s3_reply_header(c, "ETag", etag);
    if (in->checksum) s3_reply_header(c, checksum_header(in->checksum), in->checksum_value);
    s3_reply_empty(c, 200);
    return OK;
}

static error upload_part(struct call *c)
{
    (void)c;
    return fail(ERR_INTERNAL, "a part that did not stream");
}

static const char *part_checksum(const struct object_part *part, enum s3_checksum kind)
{
    const json_t *checksum = json_object_get(part->attributes, "checksum");
    const char *name = json_text(checksum, "algorithm");
    return name && checksum_by_name(name) == kind ? json_text(checksum, "value") : NULL;
}

static error list_parts(struct call *c)
{
    int64_t marker, max;
    struct object_parts parts;
    struct buffer out = {0};
    TRY(s3_parameter_integer(c, "part-number-marker", 0, INT32_MAX, 0, &marker));
    TRY(s3_parameter_integer(c, "max-parts", 0, INT32_MAX, S3_PAGE_MAX, &max));
    if (max > S3_PAGE_MAX) max = S3_PAGE_MAX;
    if (marker > OBJECT_PARTS_MAX) marker = OBJECT_PARTS_MAX;
    TRY(object_multipart_parts(s3_store(c), c->s3->bucket, c->s3->key, s3_parameter(c, "uploadId"),
                               (int)marker, (size_t)max, c->arena, &parts));
    enum s3_checksum kind = sum_kind(parts.attributes);
    xml_open_root(&out, "ListPartsResult", S3_NAMESPACE);
    xml_text(&out, "Bucket", c->s3->bucket);
    xml_text(&out, "Key", c->s3->key);
    xml_text(&out, "UploadId", s3_parameter(c, "uploadId"));
    s3_write_owner(c, &out, "Initiator");
    s3_write_owner(c, &out, "Owner");
    xml_text(&out, "StorageClass", "STANDARD");
    if (kind) xml_text(&out, "ChecksumAlgorithm", checksum_name(kind));
    xml_integer(&out, "PartNumberMarker", marker);
    if (parts.count) xml_integer(&out, "NextPartNumberMarker", parts.parts[parts.count - 1].number);
    xml_integer(&out, "MaxParts", max);
    xml_text(&out, "IsTruncated", parts.more ? "true" : "false");
    for (size_t i = 0; i < parts.count; i++) {
        const struct object_part *p = &parts.parts[i];
        xml_open(&out, "Part");
        xml_integer(&out, "PartNumber", p->number);
        xml_text(&out, "LastModified", date_iso8601(c->arena, p->modified_us));
        xml_text(&out, "ETag", s3_quoted(c, p->etag));
        xml_integer(&out, "Size", p->size);
        const char *sum = kind ? part_checksum(p, kind) : NULL;
        if (sum) xml_text(&out, checksum_element(kind), sum);
        xml_close(&out, "Part");
    }
    xml_close(&out, "ListPartsResult");
    object_parts_release(&parts);
    s3_reply_xml(c, 200, &out);
    return OK;
}

/* ---- complete ---- */

static const struct member part_rows[] = {
    INTEGER_ROW("PartNumber", MEMBER_REQUIRED, INT32_MIN, INT32_MAX),
    TEXT_ROW("ETag", MEMBER_REQUIRED, 0, 0, NULL),
    TEXT_ROW("ChecksumCRC32", MEMBER_OPTIONAL, 0, 0, NULL),
    TEXT_ROW("ChecksumCRC32C", MEMBER_OPTIONAL, 0, 0, NULL),
    TEXT_ROW("ChecksumCRC64NVME", MEMBER_OPTIONAL, 0, 0, NULL),
    TEXT_ROW("ChecksumSHA1", MEMBER_OPTIONAL, 0, 0, NULL),
    TEXT_ROW("ChecksumSHA256", MEMBER_OPTIONAL, 0, 0, NULL),
    ROWS_END,
};
static const struct member part_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, part_rows)};
static const struct member complete_rows[] = {
    LIST_ROW("Part", MEMBER_REQUIRED, 1, OBJECT_PARTS_MAX, part_row),
    ROWS_END,
};

struct completing {
    struct call *call;
    struct object_parts all;       /* as they are kept */
    struct object_part *chosen;
    size_t count;
    enum s3_checksum kind;
    bool full;
    struct s3_sum sum;
    const char *checksum;          /* of the object */
};

static error invalid_part(void)
{
    return fail(ERR_INVALID_PART,
                "One or more of the specified parts could not be found. The part may not have been "
                "uploaded, or the specified entity tag may not match the part's entity tag.");
}

static span unquoted(const char *etag)
{
    span text = span_of(etag);
    if (text.size >= 2 && text.data[0] == '"' && text.data[text.size - 1] == '"')
        text = (span){text.data + 1, text.size - 2};
    return text;
}

/* The kept part a listed one means. Both lists are sorted: `at` only goes on. */
static error part_choose(struct completing *w, const json_t *listed, size_t *at,
                         struct object_part *out)
{
    int64_t number = json_integer_or(listed, "PartNumber", 0);
    while (*at < w->all.count && w->all.parts[*at].number < number) ++*at;
    if (*at == w->all.count || w->all.parts[*at].number != number) return invalid_part();
    *out = w->all.parts[*at];
    if (!span_is(unquoted(json_text(listed, "ETag")), out->etag)) return invalid_part();
    for (int k = 1; k < CHECKSUM_COUNT; k++) {
        const char *said = json_text(listed, checksum_element((enum s3_checksum)k));
        const char *kept = part_checksum(out, (enum s3_checksum)k);
        if (said && (!kept || strcmp(said, kept) != 0)) return invalid_part();
    }
    return OK;
}

static error parts_choose(struct completing *w, const json_t *list)
{
    size_t at = 0;
    int64_t last = 0;
    w->count = json_array_size(list);
    w->chosen = ARENA_ARRAY(w->call->arena, struct object_part, w->count);
    for (size_t i = 0; i < w->count; i++) {
        int64_t number = json_integer_or(json_array_get(list, i), "PartNumber", 0);
        if (number < 1 || number > OBJECT_PARTS_MAX)
            return fail(ERR_INVALID_ARGUMENT, "PartNumber must be >= 1");
        if (number <= last)
            return fail(ERR_INVALID_PART_ORDER,
                        "The list of parts was not in ascending order. Parts must be ordered by "
                        "part number.");
        last = number;
    }
    for (size_t i = 0; i < w->count; i++)
        TRY(part_choose(w, json_array_get(list, i), &at, &w->chosen[i]));
    for (size_t i = 0; i + 1 < w->count; i++)
        if (w->chosen[i].size < S3_PART_MIN)
            return fail(ERR_ENTITY_TOO_SMALL,
                        "Your proposed upload is smaller than the minimum allowed size");
    return OK;
}

/* MD5 of the parts' MD5s, and how many they are. */
static error etag_make(struct completing *w, const char **out)
{
    struct digest *digest = digest_open(DIGEST_MD5);
    uint8_t md5_value[SHA256_SIZE];
    char hex[2 * MD5_SIZE + 1] = {0};
    error e = OK;
    for (size_t i = 0; i < w->count; i++) {
        if (e == OK) e = hex_decode(md5_value, span_of(w->chosen[i].etag));
        digest_update(digest, (span){(char *)md5_value, MD5_SIZE});
    }
    digest_close(digest, md5_value);
    hex_encode(hex, md5_value, MD5_SIZE);
    *out = arena_printf(w->call->arena, "%s-%zu", hex, w->count);
    return e;
}

/* Checksum of the parts' checksums; without one of a part there is none. */
static void composite_make(struct completing *w)
{
    char text[CHECKSUM_TEXT_MAX];
    uint8_t value[CHECKSUM_TEXT_MAX];
    size_t size;
    struct s3_sum sum;
    bool complete = true;
    s3_sum_open(&sum, w->kind);
    for (size_t i = 0; i < w->count; i++) {
        const char *part = part_checksum(&w->chosen[i], w->kind);
        if (part && base64_decode(value, &size, span_of(part)) == OK)
            s3_sum_add(&sum, (span){(char *)value, size});
        else complete = false;
    }
    s3_sum_close(&sum, text);
    if (complete) w->checksum = arena_printf(w->call->arena, "%s-%zu", text, w->count);
}

static void on_bytes(void *context, span bytes)
{
    struct completing *w = context;
    s3_sum_add(&w->sum, bytes);
}

static error check_object(struct completing *w)
{
    const char *size = s3_header(w->call, "x-amz-mp-object-size");
    int64_t said, total = 0;
    for (size_t i = 0; i < w->count; i++) total += w->chosen[i].size;
    if (size && (!parse_int64(span_of(size), &said) || said != total))
        return fail(ERR_INVALID_REQUEST,
                    "The provided 'x-amz-mp-object-size' header value does not match what was computed.");
    const char *expected = w->kind ? s3_header(w->call, checksum_header(w->kind)) : NULL;
    if (expected && (!w->checksum || strncmp(expected, w->checksum, strlen(expected)) != 0))
        return fail(ERR_BAD_DIGEST, "The %s you specified did not match the calculated checksum.",
                    checksum_name(w->kind));
    return OK;
}

/* All bytes have been seen, nothing is visible yet. */
static error on_ready(void *context, struct object_completion *completion)
{
    struct completing *w = context;
    char text[CHECKSUM_TEXT_MAX];
    if (w->kind && w->full) {
        s3_sum_close(&w->sum, text);
        w->sum.kind = CHECKSUM_NONE;
        w->checksum = arena_text(w->call->arena, span_of(text));
    }
    TRY(check_object(w));
    if (w->checksum)
        s3_attributes_set_checksum(completion->attributes, w->kind,
                                   w->full ? "FULL_OBJECT" : "COMPOSITE", w->checksum);
    return OK;
}

static void reply_completed(struct call *c, const struct object_version *v,
                            const json_t *attributes)
{
    struct buffer out = {0};
    span host = http_header(c->http, "host");
    if (utf8_valid_prefix(host) != host.size) host = (span){0};
    s3_reply_version(c, v);
    s3_reply_encryption(c, attributes);
    xml_open_root(&out, "CompleteMultipartUploadResult", S3_NAMESPACE);
    xml_text(&out, "Location", arena_printf(c->arena, "http://%.*s%s", (int)host.size,
                                            host.size ? host.data : "", c->s3->resource));
    xml_text(&out, "Bucket", c->s3->bucket);
    xml_text(&out, "Key", c->s3->key);
    xml_text(&out, "ETag", s3_quoted(c, v->info.etag));
    s3_write_checksum(&out, attributes);
    xml_close(&out, "CompleteMultipartUploadResult");
    s3_reply_xml(c, 200, &out);
}

/* The object's attributes: the upload's, with what tells parts and upload. */
static json_t *object_attributes(const struct completing *w, const char *id)
{
    json_t *attributes = json_copy(w->all.attributes), *sizes = json_array();
    json_object_del(attributes, "sum");
    for (size_t i = 0; i < w->count; i++)
        json_array_append_new(sizes, json_integer(w->chosen[i].size));
    json_object_set_new(attributes, "parts", sizes);
    json_object_set_new(attributes, "upload", json_string(id));
    return attributes;
}

static error complete_run(struct completing *w, const json_t *list, const char *id)
{
    struct call *c = w->call;
    struct object_version v;
    struct object_completion completion = {
        .id = id, .content_type = w->all.content_type, .observe = on_bytes, .ready = on_ready,
        .context = w,
    };
    TRY(s3_put_condition(c, &completion.condition));
    TRY(parts_choose(w, list));
    TRY(etag_make(w, &completion.etag));
    w->kind = sum_kind(w->all.attributes);
    w->full = sum_is_full(w->all.attributes);
    if (w->kind && !w->full) composite_make(w);
    s3_sum_open(&w->sum, w->full ? w->kind : CHECKSUM_NONE);
    completion.parts = w->chosen;
    completion.count = w->count;
    completion.attributes = object_attributes(w, id);
    error e = object_multipart_complete(s3_store(c), c->s3->bucket, c->s3->key, &completion,
                                        c->arena, &v);
    if (e == OK) reply_completed(c, &v, completion.attributes);
    json_decref(completion.attributes);
    return e;
}

/* Completing again what was completed gives the same answer: the first may have been lost. */
static error completed_before(struct call *c, const char *id)
{
    struct object_version v;
    if (object_find(s3_store(c), c->s3->bucket, c->s3->key, NULL, c->arena, &v) == OK) {
        const char *upload = json_text(v.attributes, "upload");
        bool same = upload && strcmp(upload, id) == 0;
        if (same) reply_completed(c, &v, v.attributes);
        json_decref(v.attributes);
        if (same) return OK;
    }
    return fail(ERR_NO_SUCH_UPLOAD, "no upload %.64s", id);
}

static error complete_multipart_upload(struct call *c)
{
    const char *id = s3_parameter(c, "uploadId");
    struct completing w = {.call = c};
    json_t *document;
    TRY(protocol_xml_read(c->arena, c->http->body, "CompleteMultipartUpload", complete_rows, &document));
    error e = object_multipart_parts(s3_store(c), c->s3->bucket, c->s3->key, id, 0,
                                     OBJECT_PARTS_MAX, c->arena, &w.all);
    if (e == OK) {
        e = complete_run(&w, json_object_get(document, "Part"), id);
        object_parts_release(&w.all);
    } else if (e == ERR_NO_SUCH_UPLOAD) {
        e = completed_before(c, id);
    }
    json_decref(document);
    return e;
}

static error abort_multipart_upload(struct call *c)
{
    TRY(object_multipart_abort(s3_store(c), c->s3->bucket, c->s3->key,
                               s3_parameter(c, "uploadId")));
    s3_reply_empty(c, 204);
    return OK;
}

const struct operation s3_multipart_operations[] = {
    {.name = "CreateMultipartUpload", .run = create_multipart_upload},
    {.name = "UploadPart", .run = upload_part},
    {.name = "ListParts", .run = list_parts},
    {.name = "CompleteMultipartUpload", .run = complete_multipart_upload},
    {.name = "AbortMultipartUpload", .run = abort_multipart_upload},
    {0},
};
