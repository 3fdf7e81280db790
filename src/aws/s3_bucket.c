/* Buckets: made, looked at, listed, removed. */
#include "aws/s3.h"

static error create_bucket(struct call *c)
{
    TRY(object_bucket_create(c->gateway->options.objects, c->s3->bucket, c->region));
    s3_reply_header(c, "Location", arena_printf(c->arena, "/%s", c->s3->bucket));
    s3_reply_empty(c, 200);
    return OK;
}

static error bucket_must_exist(struct call *c)
{
    bool exists;
    TRY(object_bucket_exists(c->gateway->options.objects, c->s3->bucket, &exists));
    return exists ? OK : fail(ERR_NO_SUCH_BUCKET, "no bucket %s", c->s3->bucket);
}

static error head_bucket(struct call *c)
{
    TRY(bucket_must_exist(c));
    s3_reply_header(c, "x-amz-bucket-region", c->region);
    s3_reply_empty(c, 200);
    return OK;
}

static error delete_bucket(struct call *c)
{
    TRY(object_bucket_delete(c->gateway->options.objects, c->s3->bucket));
    s3_reply_empty(c, 204);
    return OK;
}

static error list_buckets(struct call *c)
{
    const char **names;
    int64_t *created_us;
    size_t count;
    struct buffer out = {0};
    TRY(object_bucket_list(c->gateway->options.objects, c->arena, &names, &created_us, &count));
    xml_open_root(&out, "ListAllMyBucketsResult", S3_NAMESPACE);
    xml_open(&out, "Buckets");
    for (size_t i = 0; i < count; i++) {
        xml_open(&out, "Bucket");
        xml_text(&out, "Name", names[i]);
        xml_text(&out, "CreationDate", date_iso8601(c->arena, created_us[i]));
        xml_close(&out, "Bucket");
    }
    xml_close(&out, "Buckets");
    xml_close(&out, "ListAllMyBucketsResult");
    s3_reply_xml(c, 200, &out);
    return OK;
}

const struct operation s3_bucket_operations[] = {
    {.name = "ListBuckets", .run = list_buckets},
    {.name = "CreateBucket", .run = create_bucket},
    {.name = "HeadBucket", .run = head_bucket},
    {.name = "DeleteBucket", .run = delete_bucket},
    {0},
};
