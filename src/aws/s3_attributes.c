/* What is kept with an object besides its bytes: content headers, the user's metadata, tags,
 * checksums. In the object's index entry they are
 *   {"headers": {name: value}, "metadata": {name: value}, "tags": [{"Key", "Value"}],
 *    "checksum": {"algorithm", "type", "value"}, "parts": [size, ...], "upload": id} */
#include "aws/s3.h"

#include <stdio.h>
#include <strings.h>

enum { METADATA_MAX_BYTES = 2048, TAG_KEY_MAX = 128, TAG_VALUE_MAX = 256 };

/* Kept as they come and given back with the object. Content-Type is the store's own. */
static const char *const kept_headers[] = {
    "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires",
    "x-amz-website-redirect-location", "x-amz-storage-class", "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
};

/* Headers that ask for what is not there. */
static const char *const refused_headers[] = {
    "x-amz-server-side-encryption-customer-algorithm", "x-amz-server-side-encryption-customer-key",
    "x-amz-copy-source-server-side-encryption-customer-algorithm", "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date", "x-amz-object-lock-legal-hold",
    "x-amz-write-offset-bytes", "x-amz-server-side-encryption-context",
};

static const char *const grant_headers[] = {
    "x-amz-grant-full-control", "x-amz-grant-read", "x-amz-grant-read-acp", "x-amz-grant-write",
    "x-amz-grant-write-acp",
};

static const char *const storage_classes[] = {
    "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING",
    "GLACIER_IR",
};

static error refuse_headers(struct call *c)
{
    for (size_t i = 0; i < sizeof refused_headers / sizeof *refused_headers; i++)
        if (http_header(c->http, refused_headers[i]).data)
            return fail(ERR_NOT_IMPLEMENTED, "A header you provided implies functionality that is "
                                             "not implemented: %s", refused_headers[i]);
    for (size_t i = 0; i < sizeof grant_headers / sizeof *grant_headers; i++)
        if (http_header(c->http, grant_headers[i]).data)
            return fail(ERR_ACL_NOT_SUPPORTED, "The bucket does not allow ACLs");
    const char *acl = s3_header(c, "x-amz-acl");
    if (acl && strcmp(acl, "private") != 0 && strcmp(acl, "bucket-owner-full-control") != 0)
        return fail(ERR_ACL_NOT_SUPPORTED, "The bucket does not allow ACLs");
    const char *sse = s3_header(c, "x-amz-server-side-encryption");
    if (sse && strcmp(sse, "AES256") != 0 && strcmp(sse, "aws:kms") != 0 &&
        strcmp(sse, "aws:kms:dsse") != 0)
        return fail(ERR_INVALID_ARGUMENT, "The encryption method specified is not supported");
    return OK;
}

/* "aws-chunked" says how the body was sent, not what the object is. */
static const char *content_encoding(struct call *c, const char *value)
{
    struct buffer out = {0};
    for (span rest = span_of(value); rest.size;) {
        const char *comma = memchr(rest.data, ',', rest.size);
        span one = {rest.data, comma ? (size_t)(comma - rest.data) : rest.size};
        rest = (span){rest.data + one.size + (comma != NULL), rest.size - one.size - (comma != NULL)};
        one = span_trim(one);
        if (!one.size || span_equal_nocase(one, SPAN("aws-chunked"))) continue;
        if (out.size) buffer_append_byte(&out, ',');
        buffer_append_span(&out, one);
    }
    const char *text = out.size ? arena_text(c->arena, buffer_span(&out)) : NULL;
    buffer_release(&out);
    return text;
}

/* A zero byte could be written but not read again. */
static error set_text(json_t *object, const char *name, span value)
{
    bool zero = value.size && memchr(value.data, 0, value.size);
    json_t *text = zero ? NULL : json_from_span(value);
    if (!text || json_object_set_new(object, name, text) != 0)
        return fail(ERR_INVALID_ARGUMENT, "Metadata and headers must be valid UTF-8: %.80s", name);
    return OK;
}

static error read_headers(struct call *c, json_t *headers)
{
    for (size_t i = 0; i < sizeof kept_headers / sizeof *kept_headers; i++) {
        const char *value = s3_header(c, kept_headers[i]);
        if (value && strcmp(kept_headers[i], "Content-Encoding") == 0)
            value = content_encoding(c, value);
        if (value && *value) TRY(set_text(headers, kept_headers[i], span_of(value)));
    }
    const char *class = json_text(headers, "x-amz-storage-class");
    bool known = !class;
    for (size_t i = 0; !known && i < sizeof storage_classes / sizeof *storage_classes; i++)
        known = strcmp(class, storage_classes[i]) == 0;
    if (!known)
        return fail(ERR_STORAGE_CLASS, "The storage class you specified is not valid");
    if (class && strcmp(class, "STANDARD") == 0) json_object_del(headers, "x-amz-storage-class");
    return OK;
}

static error read_metadata(struct call *c, json_t *metadata)
{
    size_t total = 0;
    for (size_t i = 0; i < c->http->header_count; i++) {
        span name = c->http->headers[i].name, value = span_trim(c->http->headers[i].value);
        span prefix = SPAN("x-amz-meta-");
        if (name.size <= prefix.size || !span_equal_nocase((span){name.data, prefix.size}, prefix))
            continue;
        char *key = arena_text(c->arena, (span){name.data + prefix.size, name.size - prefix.size});
        for (char *p = key; *p; p++) *p |= *p >= 'A' && *p <= 'Z' ? 0x20 : 0;
        total += strlen(key) + value.size;
        if (total > METADATA_MAX_BYTES)
            return fail(ERR_METADATA_TOO_LARGE,
                        "Your metadata headers exceed the maximum allowed metadata size");
        const char *old = json_text(metadata, key);
        if (old) value = span_of(arena_printf(c->arena, "%s,%.*s", old, (int)value.size, value.data));
        TRY(set_text(metadata, key, value));
    }
    return OK;
}

/* ---- tags ---- */

error s3_tags_check(const json_t *tags, size_t most)
{
    size_t count = json_array_size(tags);
    if (count > most)
        return most == S3_TAGS_MAX ? fail(ERR_BAD_REQUEST, "Object tags cannot be greater than %zu", most)
                                   : fail(ERR_INVALID_TAG, "Bucket tag count cannot be greater than %zu", most);
    for (size_t i = 0; i < count; i++) {
        const char *key = json_text(json_array_get(tags, i), "Key");
        const char *value = json_text(json_array_get(tags, i), "Value");
        if (!key || !*key || utf8_count(span_of(key)) > TAG_KEY_MAX)
            return fail(ERR_INVALID_TAG, "The TagKey you have provided is invalid");
        if (!value || utf8_count(span_of(value)) > TAG_VALUE_MAX)
            return fail(ERR_INVALID_TAG, "The TagValue you have provided is invalid");
        if (strncmp(key, "aws:", 4) == 0)
            return fail(ERR_INVALID_TAG, "System tags cannot be added/updated by requester");
        for (size_t j = 0; j < i; j++)
            if (strcmp(json_text(json_array_get(tags, j), "Key"), key) == 0)
                return fail(ERR_INVALID_TAG, "Cannot provide multiple Tags with the same key");
    }
    return OK;
}

/* x-amz-tagging: a query string. */
static error read_tags(struct call *c, json_t **out)
{
    const char *text = s3_header(c, "x-amz-tagging");
    *out = NULL;
    if (!text || !*text) return OK;
    json_t *tags = json_array();
    struct buffer part = {0};
    error e = OK;
    for (span rest = span_of(text); rest.size && e == OK;) {
        const char *end = memchr(rest.data, '&', rest.size);
        span one = {rest.data, end ? (size_t)(end - rest.data) : rest.size};
        rest = (span){rest.data + one.size + (end != NULL), rest.size - one.size - (end != NULL)};
        const char *sign = memchr(one.data, '=', one.size);
        span halves[] = {{one.data, sign ? (size_t)(sign - one.data) : one.size}, {"", 0}};
        if (sign) halves[1] = (span){sign + 1, one.size - halves[0].size - 1};
        json_t *tag = json_object();
        json_array_append_new(tags, tag);
        for (int i = 0; i < 2 && e == OK; i++) {
            buffer_reset(&part);
            e = percent_decode(&part, halves[i], true);
            if (e == OK) e = set_text(tag, i ? "Value" : "Key", buffer_span(&part));
        }
    }
    buffer_release(&part);
    if (e != OK)
        e = fail(ERR_INVALID_ARGUMENT, "The header 'x-amz-tagging' shall be encoded as UTF-8 then "
                                       "URLEncoded URL query parameters without tag name duplicates.");
    if (e == OK) e = s3_tags_check(tags, S3_TAGS_MAX);
    if (e == OK) *out = tags;
    else json_decref(tags);
    return e;
}

error s3_attributes_read(struct call *c, json_t **out)
{
    json_t *headers = json_object(), *metadata = json_object(), *tags = NULL;
    error e = refuse_headers(c);
    if (e == OK) e = read_headers(c, headers);
    if (e == OK) e = read_metadata(c, metadata);
    if (e == OK) e = read_tags(c, &tags);
    if (e != OK) {
        json_decref(headers);
        json_decref(metadata);
        return e;
    }
    *out = json_object();
    if (json_object_size(headers)) json_object_set(*out, "headers", headers);
    json_t *class = json_object_get(headers, "x-amz-storage-class");
    if (class) json_object_set(*out, "class", class);
    if (json_object_size(metadata)) json_object_set(*out, "metadata", metadata);
    if (tags) json_object_set(*out, "tags", tags);
    json_decref(headers);
    json_decref(metadata);
    json_decref(tags);
    return OK;
}

error s3_put_condition(struct call *c, struct object_condition *out)
{
    const char *none = s3_header(c, "if-none-match"), *match = s3_header(c, "if-match");
    *out = (struct object_condition){0};
    if (none && strcmp(none, "*") != 0)
        return fail(ERR_NOT_IMPLEMENTED,
                    "A header you provided implies functionality that is not implemented");
    out->if_absent = none != NULL;
    if (match) {
        span text = span_of(match);
        if (text.size >= 2 && text.data[0] == '"' && text.data[text.size - 1] == '"')
            text = (span){text.data + 1, text.size - 2};
        out->if_etag = arena_text(c->arena, text);
    }
    return OK;
}

/* ---- checksums ---- */

void s3_attributes_set_checksum(json_t *attributes, enum s3_checksum kind, const char *type,
                                const char *value)
{
    if (!kind) return;
    json_t *checksum = json_pack("{s:s, s:s, s:s}", "algorithm", checksum_name(kind), "type", type,
                                 "value", value);
    CHECK(checksum && json_object_set_new(attributes, "checksum", checksum) == 0);
}

void s3_reply_checksum(struct call *c, const json_t *attributes)
{
    const json_t *checksum = json_object_get(attributes, "checksum");
    const char *algorithm = json_text(checksum, "algorithm");
    enum s3_checksum kind = algorithm ? checksum_by_name(algorithm) : CHECKSUM_NONE;
    if (!kind) return;
    s3_reply_header(c, checksum_header(kind), json_text(checksum, "value"));
    s3_reply_header(c, "x-amz-checksum-type", json_text(checksum, "type"));
}

void s3_write_checksum(struct buffer *out, const json_t *attributes)
{
    const json_t *checksum = json_object_get(attributes, "checksum");
    const char *algorithm = json_text(checksum, "algorithm");
    enum s3_checksum kind = algorithm ? checksum_by_name(algorithm) : CHECKSUM_NONE;
    if (!kind) return;
    xml_text(out, checksum_element(kind), json_text(checksum, "value"));
    xml_text(out, "ChecksumType", json_text(checksum, "type"));
}

/* ---- replies ---- */

void s3_reply_encryption(struct call *c, const json_t *attributes)
{
    json_t *headers = json_object_get(attributes, "headers");
    const char *name;
    json_t *value;
    json_object_foreach(headers, name, value)
        if (strncmp(name, "x-amz-server-side-", 18) == 0)
            s3_reply_header(c, name, json_string_value(value));
}

void s3_reply_attributes(struct call *c, const json_t *attributes)
{
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(attributes, "headers"), name, value) {
        char parameter[64];
        snprintf(parameter, sizeof parameter, "response-%s", name);
        for (char *p = parameter; *p; p++) *p |= *p >= 'A' && *p <= 'Z' ? 0x20 : 0;
        if (!s3_parameter(c, parameter)) s3_reply_header(c, name, json_string_value(value));
    }
    json_object_foreach(json_object_get(attributes, "metadata"), name, value)
        s3_reply_header(c, arena_printf(c->arena, "x-amz-meta-%s", name), json_string_value(value));
    size_t tags = json_array_size(json_object_get(attributes, "tags"));
    if (tags) s3_reply_header(c, "x-amz-tagging-count", arena_printf(c->arena, "%zu", tags));
}

void s3_reply_version(struct call *c, const struct object_version *v)
{
    if (v->version_id && v->versioned) s3_reply_header(c, "x-amz-version-id", v->version_id);
}

/* ---- tags of objects ---- */

static const struct member tag_rows[] = {
    TEXT_ROW("Key", MEMBER_REQUIRED, 0, 0, NULL),
    TEXT_ROW("Value", MEMBER_REQUIRED, 0, 0, NULL),
    ROWS_END,
};
static const struct member tag_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, tag_rows)};
static const struct member tag_set_rows[] = {
    LIST_ROW("Tag", MEMBER_OPTIONAL, 0, 0, tag_row),
    ROWS_END,
};
const struct member s3_tagging_rows[] = {
    STRUCTURE_ROW("TagSet", MEMBER_REQUIRED, tag_set_rows),
    ROWS_END,
};

static error get_object_tagging(struct call *c)
{
    const char *id;
    struct object_version v;
    struct buffer out = {0};
    TRY(s3_version_id(c, &id));
    TRY(object_find(s3_store(c), c->s3->bucket, c->s3->key, id, c->arena, &v));
    json_t *tags = json_object_get(v.attributes, "tags");
    json_t *document = json_pack("{s:{s:o}}", "TagSet", "Tag", tags ? json_incref(tags) : json_array());
    if (v.delete_marker) {
        json_decref(document);
        json_decref(v.attributes);
        return fail(ERR_METHOD_NOT_ALLOWED,
                    "The specified method is not allowed against this resource.");
    }
    s3_reply_version(c, &v);
    xml_open_root(&out, "Tagging", S3_NAMESPACE);
    if (tags) protocol_xml_write(&out, s3_tagging_rows, document);
    else buffer_append_text(&out, "<TagSet></TagSet>");
    xml_close(&out, "Tagging");
    json_decref(document);
    json_decref(v.attributes);
    s3_reply_xml(c, 200, &out);
    return OK;
}

static error describe_tags(struct call *c, json_t *tags, int status)
{
    const char *id;
    struct object_version v;
    TRY(s3_version_id(c, &id));
    TRY(object_describe(s3_store(c), c->s3->bucket, c->s3->key, id, "tags", tags, c->arena, &v));
    s3_reply_version(c, &v);
    s3_reply_empty(c, status);
    return OK;
}

static error put_object_tagging(struct call *c)
{
    json_t *document;
    TRY(protocol_xml_read(c->arena, c->http->body, "Tagging", s3_tagging_rows, &document));
    json_t *tags = json_object_get(json_object_get(document, "TagSet"), "Tag");
    error e = s3_tags_check(tags, S3_TAGS_MAX);
    if (e == OK) e = describe_tags(c, tags, 200);
    json_decref(document);
    return e;
}

static error delete_object_tagging(struct call *c)
{
    return describe_tags(c, NULL, 204);
}

const struct operation s3_tagging_operations[] = {
    {.name = "GetObjectTagging", .run = get_object_tagging},
    {.name = "PutObjectTagging", .run = put_object_tagging},
    {.name = "DeleteObjectTagging", .run = delete_object_tagging},
    {0},
};
