/* Listing the objects of a bucket. */
#include "aws/s3.h"

static error list_objects_v2(struct call *c)
{
    struct object_store *s = c->gateway->options.objects;
    const char *prefix = s3_parameter(c, "prefix"), *after = s3_parameter(c, "start-after");
    const char *token = s3_parameter(c, "continuation-token");
    struct object_info *infos;
    size_t count;
    bool more;
    TRY(s->ops->list(s, c->s3->bucket, prefix ? prefix : "", token ? token : after, 1000, c->arena,
                     &infos, &count, &more));
    struct buffer out = {0};
    xml_open_root(&out, "ListBucketResult", S3_NAMESPACE);
    xml_text(&out, "Name", c->s3->bucket);
    xml_text(&out, "Prefix", prefix ? prefix : "");
    xml_integer(&out, "KeyCount", (int64_t)count);
    xml_integer(&out, "MaxKeys", 1000);
    xml_text(&out, "IsTruncated", more ? "true" : "false");
    if (more) xml_text(&out, "NextContinuationToken", infos[count - 1].key);
    for (size_t i = 0; i < count; i++) {
        xml_open(&out, "Contents");
        xml_text(&out, "Key", infos[i].key);
        xml_text(&out, "LastModified", date_iso8601(c->arena, infos[i].modified_us));
        xml_text(&out, "ETag", arena_printf(c->arena, "\"%s\"", infos[i].etag));
        xml_integer(&out, "Size", infos[i].size);
        xml_text(&out, "StorageClass", "STANDARD");
        xml_close(&out, "Contents");
    }
    xml_close(&out, "ListBucketResult");
    s3_reply_xml(c, 200, &out);
    return OK;
}

const struct operation s3_list_operations[] = {
    {.name = "ListObjectsV2", .run = list_objects_v2},
    {0},
};
