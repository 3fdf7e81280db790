/* What a bucket is set to: checked, stored in its document, given back. Versioning is done by the
 * store; tags, ownership, policy and the rest are kept for who reads them. Each setting is a row;
 * rows of members are named like the XML elements. */
#include "aws/s3.h"

/* ---- shapes ---- */

static const char *const on_off[] = {"Enabled", "Suspended", NULL};
static const char *const enabled[] = {"Enabled", "Disabled", NULL};
static const char *const algorithms[] = {"AES256", "aws:fsx", "aws:kms", "aws:kms:dsse", NULL};
static const char *const ownerships[] = {"BucketOwnerPreferred", "ObjectWriter",
                                         "BucketOwnerEnforced", NULL};
static const char *const classes[] = {"GLACIER", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING",
                                      "DEEP_ARCHIVE", "GLACIER_IR", NULL};

static const struct member text_row[] = {TEXT_ROW(NULL, MEMBER_OPTIONAL, 0, 0, NULL)};

static const struct member versioning_rows[] = {
    ENUM_ROW("Status", MEMBER_REQUIRED, on_off),
    ENUM_ROW("MfaDelete", MEMBER_OPTIONAL, enabled),
    ROWS_END,
};

static const struct member default_encryption_rows[] = {
    ENUM_ROW("SSEAlgorithm", MEMBER_REQUIRED, algorithms),
    TEXT_ROW("KMSMasterKeyID", MEMBER_OPTIONAL, 0, 0, NULL),
    ROWS_END,
};
static const struct member encryption_rule_rows[] = {
    STRUCTURE_ROW("ApplyServerSideEncryptionByDefault", MEMBER_OPTIONAL, default_encryption_rows),
    BOOLEAN_ROW("BucketKeyEnabled"),
    ROWS_END,
};
static const struct member encryption_rule[] = {
    STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, encryption_rule_rows)};
static const struct member encryption_rows[] = {
    LIST_ROW("Rule", MEMBER_REQUIRED, 1, 1, encryption_rule),
    ROWS_END,
};

static const struct member access_block_rows[] = {
    BOOLEAN_ROW("BlockPublicAcls"),   BOOLEAN_ROW("IgnorePublicAcls"),
    BOOLEAN_ROW("BlockPublicPolicy"), BOOLEAN_ROW("RestrictPublicBuckets"),
    ROWS_END,
};

static const struct member cors_rule_rows[] = {
    TEXT_ROW("ID", MEMBER_OPTIONAL, 0, 255, NULL),
    LIST_ROW("AllowedHeader", MEMBER_OPTIONAL, 0, 0, text_row),
    LIST_ROW("AllowedMethod", MEMBER_REQUIRED, 1, 100, text_row),
    LIST_ROW("AllowedOrigin", MEMBER_REQUIRED, 1, 1000, text_row),
    LIST_ROW("ExposeHeader", MEMBER_OPTIONAL, 0, 0, text_row),
    INTEGER_ROW("MaxAgeSeconds", MEMBER_OPTIONAL, 0, INT32_MAX),
    ROWS_END,
};
static const struct member cors_rule[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, cors_rule_rows)};
static const struct member cors_rows[] = {
    LIST_ROW("CORSRule", MEMBER_REQUIRED, 1, 100, cors_rule),
    ROWS_END,
};

static const struct member ownership_rule_rows[] = {
    ENUM_ROW("ObjectOwnership", MEMBER_REQUIRED, ownerships),
    ROWS_END,
};
static const struct member ownership_rule[] = {
    STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, ownership_rule_rows)};
static const struct member ownership_rows[] = {
    LIST_ROW("Rule", MEMBER_REQUIRED, 1, 1, ownership_rule),
    ROWS_END,
};

static const struct member tag_rows[] = {
    TEXT_ROW("Key", MEMBER_REQUIRED, 0, 0, NULL),
    TEXT_ROW("Value", MEMBER_REQUIRED, 0, 0, NULL),
    ROWS_END,
};
static const struct member tag_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, tag_rows)};
#define SIZE_ROWS                                                                                 \
    INTEGER_ROW("ObjectSizeGreaterThan", MEMBER_OPTIONAL, 0, 1e15),                               \
        INTEGER_ROW("ObjectSizeLessThan", MEMBER_OPTIONAL, 0, 1e15)
static const struct member and_rows[] = {
    TEXT_ROW("Prefix", MEMBER_OPTIONAL, 0, 0, NULL),
    LIST_ROW("Tag", MEMBER_OPTIONAL, 0, 0, tag_row),
    SIZE_ROWS,
    ROWS_END,
};
static const struct member filter_rows[] = {
    TEXT_ROW("Prefix", MEMBER_OPTIONAL, 0, 0, NULL),
    STRUCTURE_ROW("Tag", MEMBER_OPTIONAL, tag_rows),
    SIZE_ROWS,
    STRUCTURE_ROW("And", MEMBER_OPTIONAL, and_rows),
    ROWS_END,
};
static const struct member expiration_rows[] = {
    TEXT_ROW("Date", MEMBER_OPTIONAL, 0, 0, NULL),
    INTEGER_ROW("Days", MEMBER_OPTIONAL, 1, INT32_MAX),
    BOOLEAN_ROW("ExpiredObjectDeleteMarker"),
    ROWS_END,
};
static const struct member transition_rows[] = {
    TEXT_ROW("Date", MEMBER_OPTIONAL, 0, 0, NULL),
    INTEGER_ROW("Days", MEMBER_OPTIONAL, 0, INT32_MAX),
    ENUM_ROW("StorageClass", MEMBER_REQUIRED, classes),
    ROWS_END,
};
static const struct member transition[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, transition_rows)};
static const struct member old_transition_rows[] = {
    INTEGER_ROW("NoncurrentDays", MEMBER_OPTIONAL, 0, INT32_MAX),
    ENUM_ROW("StorageClass", MEMBER_REQUIRED, classes),
    INTEGER_ROW("NewerNoncurrentVersions", MEMBER_OPTIONAL, 1, 100),
    ROWS_END,
};
static const struct member old_transition[] = {
    STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, old_transition_rows)};
static const struct member old_expiration_rows[] = {
    INTEGER_ROW("NoncurrentDays", MEMBER_OPTIONAL, 1, INT32_MAX),
    INTEGER_ROW("NewerNoncurrentVersions", MEMBER_OPTIONAL, 1, 100),
    ROWS_END,
};
static const struct member abort_rows[] = {
    INTEGER_ROW("DaysAfterInitiation", MEMBER_OPTIONAL, 1, INT32_MAX),
    ROWS_END,
};
static const struct member lifecycle_rule_rows[] = {
    STRUCTURE_ROW("Expiration", MEMBER_OPTIONAL, expiration_rows),
    TEXT_ROW("ID", MEMBER_OPTIONAL, 0, 255, NULL),
    TEXT_ROW("Prefix", MEMBER_OPTIONAL, 0, 0, NULL),
    STRUCTURE_ROW("Filter", MEMBER_OPTIONAL, filter_rows),
    ENUM_ROW("Status", MEMBER_REQUIRED, enabled),
    LIST_ROW("Transition", MEMBER_OPTIONAL, 0, 0, transition),
    LIST_ROW("NoncurrentVersionTransition", MEMBER_OPTIONAL, 0, 0, old_transition),
    STRUCTURE_ROW("NoncurrentVersionExpiration", MEMBER_OPTIONAL, old_expiration_rows),
    STRUCTURE_ROW("AbortIncompleteMultipartUpload", MEMBER_OPTIONAL, abort_rows),
    ROWS_END,
};
static const struct member lifecycle_rule[] = {
    STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, lifecycle_rule_rows)};
static const struct member lifecycle_rows[] = {
    LIST_ROW("Rule", MEMBER_REQUIRED, 1, 1000, lifecycle_rule),
    ROWS_END,
};

/* ---- checks beyond shapes ---- */

static error check_tags(struct call *c, const json_t *document)
{
    (void)c;
    return s3_tags_check(json_object_get(json_object_get(document, "TagSet"), "Tag"),
                         S3_BUCKET_TAGS_MAX);
}

static error check_cors(struct call *c, const json_t *document)
{
    static const char *const methods[] = {"GET", "PUT", "POST", "DELETE", "HEAD"};
    const json_t *rules = json_object_get(document, "CORSRule");
    (void)c;
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *list = json_object_get(json_array_get(rules, i), "AllowedMethod");
        for (size_t j = 0; j < json_array_size(list); j++) {
            const char *method = json_string_value(json_array_get(list, j));
            bool known = false;
            for (size_t m = 0; m < sizeof methods / sizeof *methods; m++)
                known = known || strcmp(method, methods[m]) == 0;
            if (!known)
                return fail(ERR_INVALID_REQUEST, "Found unsupported HTTP method in CORS config. "
                                                 "Unsupported method is %.40s", method);
        }
    }
    return OK;
}

static error check_lifecycle(struct call *c, const json_t *document)
{
    static const char *const actions[] = {"Expiration", "Transition", "NoncurrentVersionTransition",
                                          "NoncurrentVersionExpiration",
                                          "AbortIncompleteMultipartUpload"};
    const json_t *rules = json_object_get(document, "Rule");
    (void)c;
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        const char *id = json_text(rule, "ID");
        bool acts = false;
        for (size_t a = 0; a < sizeof actions / sizeof *actions; a++)
            acts = acts || json_object_get(rule, actions[a]);
        if (!acts)
            return fail(ERR_INVALID_REQUEST, "At least one action needs to be specified in a rule");
        for (size_t j = 0; id && j < i; j++) {
            const char *other = json_text(json_array_get(rules, j), "ID");
            if (other && strcmp(other, id) == 0)
                return fail(ERR_INVALID_ARGUMENT, "Rule ID must be unique. Found same ID for more "
                                                  "than one rule");
        }
    }
    return OK;
}

static error check_versioning(struct call *c, const json_t *document)
{
    const char *mfa = json_text(document, "MfaDelete");
    (void)c;
    if (mfa && strcmp(mfa, "Enabled") == 0)
        return fail(ERR_NOT_IMPLEMENTED, "MFA delete is not implemented");
    return OK;
}

/* ---- the settings ---- */

static const struct setting {
    const char *get, *put, *delete; /* operations */
    const char *member;             /* of the bucket's document */
    const char *root;
    const struct member *rows;
    error (*check)(struct call *, const json_t *);
    int put_status;
    error missing;
    const char *text;               /* of `missing` */
} settings[] = {
    {"GetBucketTagging", "PutBucketTagging", "DeleteBucketTagging", "tagging", "Tagging",
     s3_tagging_rows, check_tags, 204, ERR_NO_SUCH_TAG_SET, "The TagSet does not exist"},
    {"GetBucketEncryption", "PutBucketEncryption", "DeleteBucketEncryption", "encryption",
     "ServerSideEncryptionConfiguration", encryption_rows, NULL, 200, ERR_NO_SUCH_ENCRYPTION,
     "The server side encryption configuration was not found"},
    {"GetPublicAccessBlock", "PutPublicAccessBlock", "DeletePublicAccessBlock", "access-block",
     "PublicAccessBlockConfiguration", access_block_rows, NULL, 200, ERR_NO_SUCH_ACCESS_BLOCK,
     "The public access block configuration was not found"},
    {"GetBucketCors", "PutBucketCors", "DeleteBucketCors", "cors", "CORSConfiguration", cors_rows,
     check_cors, 200, ERR_NO_SUCH_CORS, "The CORS configuration does not exist"},
    {"GetBucketLifecycleConfiguration", "PutBucketLifecycleConfiguration", "DeleteBucketLifecycle",
     "lifecycle", "LifecycleConfiguration", lifecycle_rows, check_lifecycle, 200,
     ERR_NO_SUCH_LIFECYCLE, "The lifecycle configuration does not exist"},
    {"GetBucketOwnershipControls", "PutBucketOwnershipControls", "DeleteBucketOwnershipControls",
     "ownership", "OwnershipControls", ownership_rows, NULL, 200, ERR_NO_SUCH_OWNERSHIP,
     "The bucket ownership controls were not found"},
};

static const struct setting *setting_of(const struct call *c)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const char *const names[] = {settings[i].get, settings[i].put, settings[i].delete};
        for (int n = 0; n < 3; n++)
            if (strcmp(names[n], c->operation->name) == 0) return &settings[i];
    }
    CHECK(false);
    return NULL;
}

static error get_setting(struct call *c)
{
    const struct setting *s = setting_of(c);
    struct buffer out = {0};
    json_t *document;
    TRY(object_bucket_get(s3_store(c), c->s3->bucket, &document));
    const json_t *value = json_object_get(document, s->member);
    if (!value) {
        json_decref(document);
        return fail(s->missing, "%s", s->text);
    }
    xml_open_root(&out, s->root, S3_NAMESPACE);
    protocol_xml_write(&out, s->rows, value);
    xml_close(&out, s->root);
    json_decref(document);
    s3_reply_xml(c, 200, &out);
    return OK;
}

static error put_setting(struct call *c)
{
    const struct setting *s = setting_of(c);
    json_t *value;
    TRY(protocol_xml_read(c->arena, c->http->body, s->root, s->rows, &value));
    error e = s->check ? s->check(c, value) : OK;
    if (e == OK) e = object_bucket_set(s3_store(c), c->s3->bucket, s->member, value);
    json_decref(value);
    TRY(e);
    s3_reply_empty(c, s->put_status);
    return OK;
}

static error delete_setting(struct call *c)
{
    TRY(object_bucket_set(s3_store(c), c->s3->bucket, setting_of(c)->member, NULL));
    s3_reply_empty(c, 204);
    return OK;
}

/* ---- versioning ---- */

static error get_versioning(struct call *c)
{
    struct buffer out = {0};
    json_t *document;
    TRY(object_bucket_get(s3_store(c), c->s3->bucket, &document));
    const char *status = json_text(document, "versioning");
    xml_open_root(&out, "VersioningConfiguration", S3_NAMESPACE);
    if (status) xml_text(&out, "Status", status);
    xml_close(&out, "VersioningConfiguration");
    json_decref(document);
    s3_reply_xml(c, 200, &out);
    return OK;
}

static error put_versioning(struct call *c)
{
    json_t *value;
    TRY(protocol_xml_read(c->arena, c->http->body, "VersioningConfiguration", versioning_rows, &value));
    error e = check_versioning(c, value);
    if (e == OK)
        e = object_bucket_set(s3_store(c), c->s3->bucket, "versioning",
                              json_object_get(value, "Status"));
    json_decref(value);
    TRY(e);
    s3_reply_empty(c, 200);
    return OK;
}

/* ---- policy: a JSON document ---- */

static error get_policy(struct call *c)
{
    json_t *document;
    TRY(object_bucket_get(s3_store(c), c->s3->bucket, &document));
    const char *policy = json_text(document, "policy");
    const char *text = policy ? arena_text(c->arena, span_of(policy)) : NULL;
    json_decref(document);
    if (!text) return fail(ERR_NO_SUCH_POLICY, "The bucket policy does not exist");
    call_reply_body(c, 200, "application/json", span_of(text));
    return OK;
}

static error policy_check(span text)
{
    enum { POLICY_MAX_BYTES = 20 * 1024 };
    json_t *policy;
    if (text.size > POLICY_MAX_BYTES)
        return fail(ERR_BUCKET_POLICY, "Normalized policy document exceeds the maximum allowed size");
    if (json_read(text, &policy) != OK)
        return fail(ERR_BUCKET_POLICY, "Policies must be valid JSON and the first byte must be '{'");
    const json_t *statement = json_object_get(policy, "Statement");
    bool good = json_is_object(policy) && (json_is_array(statement) || json_is_object(statement));
    size_t count = json_is_array(statement) ? json_array_size(statement) : 1;
    for (size_t i = 0; good && i < count; i++) {
        const json_t *one = json_is_array(statement) ? json_array_get(statement, i) : statement;
        const char *effect = json_text(one, "Effect");
        good = effect && (strcmp(effect, "Allow") == 0 || strcmp(effect, "Deny") == 0) &&
               (json_object_get(one, "Principal") || json_object_get(one, "NotPrincipal")) &&
               (json_object_get(one, "Action") || json_object_get(one, "NotAction")) &&
               (json_object_get(one, "Resource") || json_object_get(one, "NotResource"));
    }
    json_decref(policy);
    return good ? OK : fail(ERR_BUCKET_POLICY, "Missing required field in a statement: Effect, Principal, "
                                        "Action or Resource");
}

static error put_policy(struct call *c)
{
    TRY(policy_check(c->http->body));
    json_t *text = json_from_span(c->http->body);
    error e = text ? object_bucket_set(s3_store(c), c->s3->bucket, "policy", text)
                   : fail(ERR_BUCKET_POLICY, "Policies must be valid JSON");
    json_decref(text);
    TRY(e);
    s3_reply_empty(c, 204);
    return OK;
}

static error delete_policy(struct call *c)
{
    TRY(object_bucket_set(s3_store(c), c->s3->bucket, "policy", NULL));
    s3_reply_empty(c, 204);
    return OK;
}

/* ---- access control lists ---- */

void s3_write_acl(struct call *c, struct buffer *out)
{
    xml_open_root(out, "AccessControlPolicy", S3_NAMESPACE);
    s3_write_owner(c, out, "Owner");
    xml_open(out, "AccessControlList");
    xml_open(out, "Grant");
    buffer_append_text(out, "<Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
                            "xsi:type=\"CanonicalUser\">");
    xml_text(out, "ID", s3_owner(c));
    xml_text(out, "DisplayName", c->account);
    xml_close(out, "Grantee");
    xml_text(out, "Permission", "FULL_CONTROL");
    xml_close(out, "Grant");
    xml_close(out, "AccessControlList");
    xml_close(out, "AccessControlPolicy");
}

static const struct member owner_rows[] = {
    TEXT_ROW("ID", MEMBER_OPTIONAL, 0, 0, NULL),
    TEXT_ROW("DisplayName", MEMBER_OPTIONAL, 0, 0, NULL),
    ROWS_END,
};
static const struct member grantee_rows[] = {
    TEXT_ROW("ID", MEMBER_OPTIONAL, 0, 0, NULL),
    TEXT_ROW("DisplayName", MEMBER_OPTIONAL, 0, 0, NULL),
    TEXT_ROW("EmailAddress", MEMBER_OPTIONAL, 0, 0, NULL),
    TEXT_ROW("URI", MEMBER_OPTIONAL, 0, 0, NULL),
    ROWS_END,
};
static const struct member grant_rows[] = {
    STRUCTURE_ROW("Grantee", MEMBER_REQUIRED, grantee_rows),
    TEXT_ROW("Permission", MEMBER_REQUIRED, 0, 0, NULL),
    ROWS_END,
};
static const struct member grant_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, grant_rows)};
static const struct member grant_list_rows[] = {
    LIST_ROW("Grant", MEMBER_OPTIONAL, 0, 100, grant_row),
    ROWS_END,
};
static const struct member acl_rows[] = {
    STRUCTURE_ROW("Owner", MEMBER_OPTIONAL, owner_rows),
    STRUCTURE_ROW("AccessControlList", MEMBER_REQUIRED, grant_list_rows),
    ROWS_END,
};

/* Whether the list says no more than that the owner has everything. */
static bool acl_is_the_owners(struct call *c, const json_t *acl)
{
    const json_t *grants = json_object_get(json_object_get(acl, "AccessControlList"), "Grant");
    bool plain = json_array_size(grants) > 0;
    for (size_t i = 0; plain && i < json_array_size(grants); i++) {
        const json_t *grant = json_array_get(grants, i);
        const char *id = json_text(json_object_get(grant, "Grantee"), "ID");
        plain = id && strcmp(id, s3_owner(c)) == 0 &&
                strcmp(json_text(grant, "Permission"), "FULL_CONTROL") == 0;
    }
    return plain;
}

error s3_acl_check(struct call *c)
{
    const char *canned = s3_header(c, "x-amz-acl");
    bool plain = canned && (strcmp(canned, "private") == 0 ||
                            strcmp(canned, "bucket-owner-full-control") == 0);
    if (!canned && c->http->body.size) {
        json_t *acl;
        TRY(protocol_xml_read(c->arena, c->http->body, "AccessControlPolicy", acl_rows, &acl));
        plain = acl_is_the_owners(c, acl);
        json_decref(acl);
    }
    return plain ? OK : fail(ERR_ACL_NOT_SUPPORTED, "The bucket does not allow ACLs");
}

static error get_acl(struct call *c)
{
    struct buffer out = {0};
    json_t *document;
    TRY(object_bucket_get(s3_store(c), c->s3->bucket, &document));
    json_decref(document);
    s3_write_acl(c, &out);
    s3_reply_xml(c, 200, &out);
    return OK;
}

static error put_acl(struct call *c)
{
    json_t *document;
    TRY(object_bucket_get(s3_store(c), c->s3->bucket, &document));
    json_decref(document);
    TRY(s3_acl_check(c));
    s3_reply_empty(c, 200);
    return OK;
}

#define KEPT "stored and returned, not acted upon"

const struct operation s3_setting_operations[] = {
    {.name = "GetBucketVersioning", .run = get_versioning},
    {.name = "PutBucketVersioning", .run = put_versioning, .note = "without MFA delete"},
    {.name = "GetBucketTagging", .run = get_setting},
    {.name = "PutBucketTagging", .run = put_setting},
    {.name = "DeleteBucketTagging", .run = delete_setting},
    {.name = "GetBucketPolicy", .run = get_policy},
    {.name = "PutBucketPolicy", .run = put_policy, .note = KEPT},
    {.name = "DeleteBucketPolicy", .run = delete_policy},
    {.name = "GetBucketEncryption", .run = get_setting},
    {.name = "PutBucketEncryption", .run = put_setting, .note = KEPT},
    {.name = "DeleteBucketEncryption", .run = delete_setting},
    {.name = "GetPublicAccessBlock", .run = get_setting},
    {.name = "PutPublicAccessBlock", .run = put_setting, .note = KEPT},
    {.name = "DeletePublicAccessBlock", .run = delete_setting},
    {.name = "GetBucketCors", .run = get_setting},
    {.name = "PutBucketCors", .run = put_setting, .note = KEPT},
    {.name = "DeleteBucketCors", .run = delete_setting},
    {.name = "GetBucketLifecycleConfiguration", .run = get_setting},
    {.name = "PutBucketLifecycleConfiguration", .run = put_setting, .note = KEPT},
    {.name = "DeleteBucketLifecycle", .run = delete_setting},
    {.name = "GetBucketOwnershipControls", .run = get_setting},
    {.name = "PutBucketOwnershipControls", .run = put_setting, .note = KEPT},
    {.name = "DeleteBucketOwnershipControls", .run = delete_setting},
    {.name = "GetBucketAcl", .run = get_acl, .note = "the bucket's owner has everything"},
    {.name = "PutBucketAcl", .run = put_acl,
     .note = "the owner's full control alone, as buckets without ACLs do"},
    {0},
};
