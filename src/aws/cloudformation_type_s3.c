/* AWS::S3::Bucket and BucketPolicy over S3: each setting of a bucket is a row that says which
 * subresource it is and how its members are called in S3's XML. */
#include "aws/cloudformation.h"
#include "aws/s3.h"

static const char *target(struct resource *r, const char *query)
{
    return arena_printf(r->call->arena, "/%s%s", r->id, query);
}

/* ---- settings as XML ---- */

/* CloudFormation's names where S3's differ; "A/B" is an element within another. */
static const struct { const char *ours, *xml; } renamed[] = {
    {"ServerSideEncryptionConfiguration", "Rule"},
    {"ServerSideEncryptionByDefault", "ApplyServerSideEncryptionByDefault"},
    {"CorsRules", "CORSRule"},
    {"AllowedHeaders", "AllowedHeader"},
    {"AllowedMethods", "AllowedMethod"},
    {"AllowedOrigins", "AllowedOrigin"},
    {"ExposedHeaders", "ExposeHeader"},
    {"MaxAge", "MaxAgeSeconds"},
    {"Id", "ID"},
    {"Rules", "Rule"},
    {"ExpirationInDays", "Expiration/Days"},
    {"ExpirationDate", "Expiration/Date"},
    {"ExpiredObjectDeleteMarker", "Expiration/ExpiredObjectDeleteMarker"},
    {"Transitions", "Transition"},
    {"TransitionInDays", "Days"},
    {"TransitionDate", "Date"},
    {"NoncurrentVersionExpirationInDays", "NoncurrentVersionExpiration/NoncurrentDays"},
    {"NoncurrentVersionTransitions", "NoncurrentVersionTransition"},
};

static void write_value(struct buffer *out, const char *name, const json_t *value);

static void write_members(struct buffer *out, const json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) {
        const char *xml = name;
        for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
            if (strcmp(renamed[i].ours, name) == 0) xml = renamed[i].xml;
        write_value(out, xml, value);
    }
}

static void write_value(struct buffer *out, const char *name, const json_t *value)
{
    char outer[64];
    const char *slash = strchr(name, '/');
    for (size_t i = 0; json_is_array(value) && i < json_array_size(value); i++)
        write_value(out, name, json_array_get(value, i));
    if (json_is_array(value)) return;
    if (slash) {
        snprintf(outer, sizeof outer, "%.*s", (int)(slash - name), name);
        xml_open(out, outer);
        write_value(out, slash + 1, value);
        xml_close(out, outer);
        return;
    }
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        xml_open(out, name);
        write_members(out, value);
        xml_close(out, name);
        break;
    case JSON_INTEGER: xml_integer(out, name, json_integer_value(value)); break;
    case JSON_STRING: xml_text(out, name, json_string_value(value)); break;
    default: xml_text(out, name, json_is_true(value) ? "true" : "false"); break;
    }
}

static const struct { const char *property, *query, *root; } settings[] = {
    {"BucketEncryption", "?encryption", "ServerSideEncryptionConfiguration"},
    {"PublicAccessBlockConfiguration", "?publicAccessBlock", "PublicAccessBlockConfiguration"},
    {"OwnershipControls", "?ownershipControls", "OwnershipControls"},
    {"CorsConfiguration", "?cors", "CORSConfiguration"},
    {"LifecycleConfiguration", "?lifecycle", "LifecycleConfiguration"},
};

static error put_xml(struct resource *r, const char *query, const char *root, const json_t *value)
{
    struct buffer out = {0};
    xml_open_root(&out, root, S3_NAMESPACE);
    write_members(&out, value);
    xml_close(&out, root);
    error e = resource_s3(r, "PUT", target(r, query), arena_span(r->call->arena, buffer_span(&out)));
    buffer_release(&out);
    return e;
}

static error set_tags(struct resource *r)
{
    json_t *tags = json_object_get(r->properties, "Tags");
    if (!json_array_size(tags))
        return r->before ? resource_s3(r, "DELETE", target(r, "?tagging"), SPAN("")) : OK;
    json_t *value = json_pack("{s:{s:O}}", "TagSet", "Tag", tags);
    error e = put_xml(r, "?tagging", "Tagging", value);
    json_decref(value);
    return e;
}

static error set_versioning(struct resource *r)
{
    json_t *value = json_object_get(r->properties, "VersioningConfiguration");
    json_t *none = json_pack("{s:s}", "Status", "Suspended");
    error e = OK;
    if (value || json_object_get(r->before, "VersioningConfiguration"))
        e = put_xml(r, "?versioning", "VersioningConfiguration", value ? value : none);
    json_decref(none);
    return e;
}

static error settle(struct resource *r)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const json_t *value = json_object_get(r->properties, settings[i].property);
        if (value) TRY(put_xml(r, settings[i].query, settings[i].root, value));
        else if (json_object_get(r->before, settings[i].property))
            TRY(resource_s3(r, "DELETE", target(r, settings[i].query), SPAN("")));
    }
    TRY(set_versioning(r));
    TRY(set_tags(r));
    const char *region = r->call->region;
    resource_set(r, "Arn", "arn:aws:s3:::%s", r->id);
    resource_set(r, "DomainName", "%s.s3.amazonaws.com", r->id);
    resource_set(r, "RegionalDomainName", "%s.s3.%s.amazonaws.com", r->id, region);
    resource_set(r, "DualStackDomainName", "%s.s3.dualstack.%s.amazonaws.com", r->id, region);
    resource_set(r, "WebsiteURL", "http://%s.s3-website-%s.amazonaws.com", r->id, region);
    return OK;
}

/* ---- buckets ---- */

static error create_bucket(struct resource *r)
{
    const char *acl = resource_text(r, "AccessControl");
    if (acl && strcmp(acl, "Private") != 0)
        return fail(ERR_INVALID_REQUEST, "Bucket cannot have ACLs set with ObjectOwnership's "
                                         "BucketOwnerEnforced setting");
    TRY(resource_s3(r, "PUT", target(r, ""), SPAN("")));
    r->made = true;
    return settle(r);
}

static error remove_bucket(struct resource *r)
{
    return resource_s3(r, "DELETE", target(r, ""), SPAN(""));
}

static error read_bucket(struct resource *r)
{
    return resource_s3(r, "HEAD", target(r, ""), SPAN(""));
}

/* ---- policies of buckets ---- */

static void identify_policy(struct resource *r)
{
    r->id = resource_text(r, "Bucket");
}

static error put_policy(struct resource *r)
{
    r->made = true;
    return resource_s3(r, "PUT", target(r, "?policy"),
                       span_of(resource_document(r, json_object_get(r->properties, "PolicyDocument"))));
}

static error remove_policy(struct resource *r)
{
    return resource_s3(r, "DELETE", target(r, "?policy"), SPAN(""));
}

/* ---- rows ---- */

#define TEXT(name) TEXT_ROW(name, MEMBER_OPTIONAL, 0, 0, NULL)
static const struct member text_row[] = {TEXT(NULL)};
static const struct member tag_rows[] = {TEXT_ROW("Key", MEMBER_REQUIRED, 0, 0, NULL),
                                         TEXT_ROW("Value", MEMBER_REQUIRED, 0, 0, NULL), ROWS_END};
static const struct member tag_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, tag_rows)};
static const struct member versioning[] = {TEXT_ROW("Status", MEMBER_REQUIRED, 0, 0, NULL), ROWS_END};
static const struct member by_default[] = {TEXT_ROW("SSEAlgorithm", MEMBER_REQUIRED, 0, 0, NULL),
                                           TEXT("KMSMasterKeyID"), ROWS_END};
static const struct member encryption_rule[] = {
    STRUCTURE_ROW("ServerSideEncryptionByDefault", MEMBER_OPTIONAL, by_default),
    BOOLEAN_ROW("BucketKeyEnabled"), ROWS_END};
static const struct member encryption_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, encryption_rule)};
static const struct member encryption[] = {
    LIST_ROW("ServerSideEncryptionConfiguration", MEMBER_REQUIRED, 0, 0, encryption_row), ROWS_END};
static const struct member access_block[] = {
    BOOLEAN_ROW("BlockPublicAcls"), BOOLEAN_ROW("BlockPublicPolicy"),
    BOOLEAN_ROW("IgnorePublicAcls"), BOOLEAN_ROW("RestrictPublicBuckets"), ROWS_END};
static const struct member ownership_rule[] = {TEXT("ObjectOwnership"), ROWS_END};
static const struct member ownership_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, ownership_rule)};
static const struct member ownership[] = {LIST_ROW("Rules", MEMBER_REQUIRED, 0, 0, ownership_row),
                                          ROWS_END};
static const struct member cors_rule[] = {
    LIST_ROW("AllowedHeaders", MEMBER_OPTIONAL, 0, 0, text_row),
    LIST_ROW("AllowedMethods", MEMBER_REQUIRED, 0, 0, text_row),
    LIST_ROW("AllowedOrigins", MEMBER_REQUIRED, 0, 0, text_row),
    LIST_ROW("ExposedHeaders", MEMBER_OPTIONAL, 0, 0, text_row), TEXT("Id"),
    INTEGER_ROW("MaxAge", MEMBER_OPTIONAL, 0, 0), ROWS_END};
static const struct member cors_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, cors_rule)};
static const struct member cors[] = {LIST_ROW("CorsRules", MEMBER_REQUIRED, 0, 0, cors_row), ROWS_END};
static const struct member transition[] = {
    TEXT_ROW("StorageClass", MEMBER_REQUIRED, 0, 0, NULL), TEXT("TransitionDate"),
    INTEGER_ROW("TransitionInDays", MEMBER_OPTIONAL, 0, 0), ROWS_END};
static const struct member transition_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, transition)};
static const struct member old_expiration[] = {
    INTEGER_ROW("NoncurrentDays", MEMBER_REQUIRED, 0, 0),
    INTEGER_ROW("NewerNoncurrentVersions", MEMBER_OPTIONAL, 0, 0), ROWS_END};
static const struct member abort_upload[] = {INTEGER_ROW("DaysAfterInitiation", MEMBER_REQUIRED, 0, 0),
                                             ROWS_END};
static const struct member lifecycle_rule[] = {
    TEXT("Id"), TEXT_ROW("Status", MEMBER_REQUIRED, 0, 0, NULL), TEXT("Prefix"),
    INTEGER_ROW("ExpirationInDays", MEMBER_OPTIONAL, 0, 0), TEXT("ExpirationDate"),
    BOOLEAN_ROW("ExpiredObjectDeleteMarker"),
    LIST_ROW("Transitions", MEMBER_OPTIONAL, 0, 0, transition_row),
    INTEGER_ROW("NoncurrentVersionExpirationInDays", MEMBER_OPTIONAL, 0, 0),
    STRUCTURE_ROW("NoncurrentVersionExpiration", MEMBER_OPTIONAL, old_expiration),
    STRUCTURE_ROW("AbortIncompleteMultipartUpload", MEMBER_OPTIONAL, abort_upload), ROWS_END};
static const struct member lifecycle_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, lifecycle_rule)};
static const struct member lifecycle[] = {LIST_ROW("Rules", MEMBER_REQUIRED, 0, 0, lifecycle_row),
                                          ROWS_END};
static const struct member bucket_rows[] = {
    TEXT("BucketName"), TEXT("AccessControl"),
    STRUCTURE_ROW("VersioningConfiguration", MEMBER_OPTIONAL, versioning),
    STRUCTURE_ROW("BucketEncryption", MEMBER_OPTIONAL, encryption),
    STRUCTURE_ROW("PublicAccessBlockConfiguration", MEMBER_OPTIONAL, access_block),
    STRUCTURE_ROW("OwnershipControls", MEMBER_OPTIONAL, ownership),
    STRUCTURE_ROW("CorsConfiguration", MEMBER_OPTIONAL, cors),
    STRUCTURE_ROW("LifecycleConfiguration", MEMBER_OPTIONAL, lifecycle),
    LIST_ROW("Tags", MEMBER_OPTIONAL, 0, 0, tag_row), ROWS_END};
static const struct member policy_rows[] = {
    TEXT_ROW("Bucket", MEMBER_REQUIRED, 0, 0, NULL),
    {.name = "PolicyDocument", .type = MEMBER_ANY, .flags = MEMBER_REQUIRED}, ROWS_END};
static const char *const bucket_replaced[] = {"BucketName", NULL};
static const char *const bucket_attributes[] = {"Arn", "DomainName", "RegionalDomainName",
                                                "DualStackDomainName", "WebsiteURL", NULL};
static const char *const policy_replaced[] = {"Bucket", NULL};

const struct resource_type s3_types[] = {
    {.name = "AWS::S3::Bucket", .properties = bucket_rows, .named_by = "BucketName", .lower = true,
     .replaced_by = bucket_replaced, .attributes = bucket_attributes, .create = create_bucket,
     .update = settle, .remove = remove_bucket, .read = read_bucket},
    {.name = "AWS::S3::BucketPolicy", .properties = policy_rows, .identify = identify_policy,
     .replaced_by = policy_replaced, .create = put_policy, .update = put_policy,
     .remove = remove_policy},
    {0},
};
