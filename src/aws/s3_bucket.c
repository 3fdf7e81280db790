/* Buckets: made, looked at, listed, removed. */
#include "aws/s3.h"

static const struct member create_rows[] = {
    TEXT_ROW("LocationConstraint", MEMBER_OPTIONAL, 0, 64, NULL),
    ROWS_END,
};

/* The region a bucket is made in: as asked, else the request's. The endpoint of us-east-1 makes
 * buckets everywhere, others only at home. */
static error bucket_region(struct call *c, const char **region)
{
    json_t *document;
    *region = c->region;
    if (!span_trim(c->http->body).size) return OK;
    TRY(protocol_xml_read(c->arena, c->http->body, "CreateBucketConfiguration", create_rows, &document));
    const char *asked = json_text(document, "LocationConstraint");
    if (asked && *asked) *region = arena_text(c->arena, span_of(asked));
    json_decref(document);
    if (strcmp(*region, "EU") == 0) *region = "eu-west-1";
    if (strcmp(*region, c->region) == 0 || strcmp(c->region, "us-east-1") == 0) return OK;
    return fail(ERR_LOCATION_CONSTRAINT, "The %s location constraint is incompatible for the region "
                                         "specific endpoint this request was sent to.", *region);
}

static error refuse_headers(struct call *c)
{
    const char *lock = s3_header(c, "x-amz-bucket-object-lock-enabled");
    const char *acl = s3_header(c, "x-amz-acl"), *owner = s3_header(c, "x-amz-object-ownership");
    if (lock && strcmp(lock, "true") == 0)
        return fail(ERR_NOT_IMPLEMENTED, "Object lock is not implemented");
    if (acl && strcmp(acl, "private") != 0)
        return fail(ERR_INVALID_REQUEST, "Bucket cannot have ACLs set with ObjectOwnership's "
                                         "BucketOwnerEnforced setting");
    if (owner && strcmp(owner, "BucketOwnerEnforced") != 0)
        return fail(ERR_NOT_IMPLEMENTED, "Buckets with access control lists are not implemented");
    return OK;
}

/* Making one's own bucket once more is no error in us-east-1, by tradition. */
static error create_bucket(struct call *c)
{
    const char *region;
    TRY(refuse_headers(c));
    TRY(bucket_region(c, &region));
    error e = object_bucket_create(s3_store(c), c->s3->bucket, region);
    if (e != ERR_BUCKET_EXISTS || strcmp(region, "us-east-1") != 0) TRY(e);
    s3_reply_header(c, "Location", arena_printf(c->arena, "/%s", c->s3->bucket));
    s3_reply_empty(c, 200);
    return OK;
}

static error head_bucket(struct call *c)
{
    json_t *document;
    TRY(object_bucket_get(s3_store(c), c->s3->bucket, &document));
    const char *region = json_text(document, "region");
    s3_reply_header(c, "x-amz-bucket-region", region && *region ? region : c->region);
    json_decref(document);
    s3_reply_empty(c, 200);
    return OK;
}

static error get_bucket_location(struct call *c)
{
    struct buffer out = {0};
    json_t *document;
    TRY(object_bucket_get(s3_store(c), c->s3->bucket, &document));
    const char *region = json_text(document, "region");
    xml_open_root(&out, "LocationConstraint", S3_NAMESPACE);
    if (region && strcmp(region, "us-east-1") != 0) xml_append(&out, span_of(region));
    xml_close(&out, "LocationConstraint");
    json_decref(document);
    s3_reply_xml(c, 200, &out);
    return OK;
}

static error delete_bucket(struct call *c)
{
    TRY(object_bucket_delete(s3_store(c), c->s3->bucket));
    s3_reply_empty(c, 204);
    return OK;
}

static error list_buckets(struct call *c)
{
    enum { BUCKETS_MAX = 10000 };
    const char **names, *prefix = s3_parameter(c, "prefix"), *last = NULL;
    const char *token = s3_parameter(c, "continuation-token");
    int64_t *created_us, max;
    size_t count, given = 0, i;
    struct buffer out = {0};
    TRY(s3_parameter_integer(c, "max-buckets", 1, BUCKETS_MAX, BUCKETS_MAX, &max));
    TRY(object_bucket_list(s3_store(c), c->arena, &names, &created_us, &count));
    xml_open_root(&out, "ListAllMyBucketsResult", S3_NAMESPACE);
    s3_write_owner(c, &out, "Owner");
    xml_open(&out, "Buckets");
    for (i = 0; i < count; i++) {
        if (prefix && !span_starts(span_of(names[i]), prefix)) continue;
        if (token && strcmp(names[i], token) <= 0) continue;
        if (given == (size_t)max) break;
        given++;
        last = names[i];
        xml_open(&out, "Bucket");
        xml_text(&out, "Name", names[i]);
        xml_text(&out, "CreationDate", date_iso8601(c->arena, created_us[i]));
        xml_close(&out, "Bucket");
    }
    xml_close(&out, "Buckets");
    if (i < count && last) xml_text(&out, "ContinuationToken", last);
    if (prefix) xml_text(&out, "Prefix", prefix);
    xml_close(&out, "ListAllMyBucketsResult");
    s3_reply_xml(c, 200, &out);
    return OK;
}

const struct operation s3_bucket_operations[] = {
    {.name = "ListBuckets", .run = list_buckets},
    {.name = "CreateBucket", .run = create_bucket},
    {.name = "HeadBucket", .run = head_bucket},
    {.name = "GetBucketLocation", .run = get_bucket_location},
    {.name = "DeleteBucket", .run = delete_bucket},
    {0},
};
