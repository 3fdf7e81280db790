/* Which operation a request names: method, bucket and key, parameters of the query, headers. */
#include "aws/s3.h"

/* "METHOD /{Bucket}/{Key+}?a&b=c header": every part must be there, and the route that demands
 * most wins. */
static const struct { const char *route, *operation; } routes[] = {
    {"GET /", "ListBuckets"},
    {"PUT /{Bucket}", "CreateBucket"},
    {"HEAD /{Bucket}", "HeadBucket"},
    {"DELETE /{Bucket}", "DeleteBucket"},
    {"GET /{Bucket}", "ListObjects"},
    {"GET /{Bucket}?list-type=2", "ListObjectsV2"},
    {"GET /{Bucket}?versions", "ListObjectVersions"},
    {"GET /{Bucket}?uploads", "ListMultipartUploads"},
    {"GET /{Bucket}?location", "GetBucketLocation"},
    {"POST /{Bucket}?delete", "DeleteObjects"},

    {"GET /{Bucket}?tagging", "GetBucketTagging"},
    {"PUT /{Bucket}?tagging", "PutBucketTagging"},
    {"DELETE /{Bucket}?tagging", "DeleteBucketTagging"},
    {"GET /{Bucket}?versioning", "GetBucketVersioning"},
    {"PUT /{Bucket}?versioning", "PutBucketVersioning"},
    {"GET /{Bucket}?policy", "GetBucketPolicy"},
    {"PUT /{Bucket}?policy", "PutBucketPolicy"},
    {"DELETE /{Bucket}?policy", "DeleteBucketPolicy"},
    {"GET /{Bucket}?policyStatus", "GetBucketPolicyStatus"},
    {"GET /{Bucket}?encryption", "GetBucketEncryption"},
    {"PUT /{Bucket}?encryption", "PutBucketEncryption"},
    {"DELETE /{Bucket}?encryption", "DeleteBucketEncryption"},
    {"GET /{Bucket}?publicAccessBlock", "GetPublicAccessBlock"},
    {"PUT /{Bucket}?publicAccessBlock", "PutPublicAccessBlock"},
    {"DELETE /{Bucket}?publicAccessBlock", "DeletePublicAccessBlock"},
    {"GET /{Bucket}?cors", "GetBucketCors"},
    {"PUT /{Bucket}?cors", "PutBucketCors"},
    {"DELETE /{Bucket}?cors", "DeleteBucketCors"},
    {"GET /{Bucket}?lifecycle", "GetBucketLifecycleConfiguration"},
    {"PUT /{Bucket}?lifecycle", "PutBucketLifecycleConfiguration"},
    {"DELETE /{Bucket}?lifecycle", "DeleteBucketLifecycle"},
    {"GET /{Bucket}?ownershipControls", "GetBucketOwnershipControls"},
    {"PUT /{Bucket}?ownershipControls", "PutBucketOwnershipControls"},
    {"DELETE /{Bucket}?ownershipControls", "DeleteBucketOwnershipControls"},
    {"GET /{Bucket}?acl", "GetBucketAcl"},
    {"PUT /{Bucket}?acl", "PutBucketAcl"},

    {"PUT /{Bucket}/{Key+}", "PutObject"},
    {"GET /{Bucket}/{Key+}", "GetObject"},
    {"HEAD /{Bucket}/{Key+}", "HeadObject"},
    {"DELETE /{Bucket}/{Key+}", "DeleteObject"},
    {"PUT /{Bucket}/{Key+} x-amz-copy-source", "CopyObject"},
    {"GET /{Bucket}/{Key+}?attributes", "GetObjectAttributes"},
    {"GET /{Bucket}/{Key+}?tagging", "GetObjectTagging"},
    {"PUT /{Bucket}/{Key+}?tagging", "PutObjectTagging"},
    {"DELETE /{Bucket}/{Key+}?tagging", "DeleteObjectTagging"},
    {"GET /{Bucket}/{Key+}?acl", "GetObjectAcl"},
    {"PUT /{Bucket}/{Key+}?acl", "PutObjectAcl"},

    {"POST /{Bucket}/{Key+}?uploads", "CreateMultipartUpload"},
    {"PUT /{Bucket}/{Key+}?partNumber&uploadId", "UploadPart"},
    {"PUT /{Bucket}/{Key+}?partNumber&uploadId x-amz-copy-source", "UploadPartCopy"},
    {"POST /{Bucket}/{Key+}?uploadId", "CompleteMultipartUpload"},
    {"DELETE /{Bucket}/{Key+}?uploadId", "AbortMultipartUpload"},
    {"GET /{Bucket}/{Key+}?uploadId", "ListParts"},

    {"GET /{Bucket}?accelerate", "GetBucketAccelerateConfiguration"},
    {"PUT /{Bucket}?accelerate", "PutBucketAccelerateConfiguration"},
    {"GET /{Bucket}?analytics&id", "GetBucketAnalyticsConfiguration"},
    {"GET /{Bucket}?analytics", "ListBucketAnalyticsConfigurations"},
    {"PUT /{Bucket}?analytics", "PutBucketAnalyticsConfiguration"},
    {"DELETE /{Bucket}?analytics", "DeleteBucketAnalyticsConfiguration"},
    {"GET /{Bucket}?intelligent-tiering&id", "GetBucketIntelligentTieringConfiguration"},
    {"GET /{Bucket}?intelligent-tiering", "ListBucketIntelligentTieringConfigurations"},
    {"PUT /{Bucket}?intelligent-tiering", "PutBucketIntelligentTieringConfiguration"},
    {"DELETE /{Bucket}?intelligent-tiering", "DeleteBucketIntelligentTieringConfiguration"},
    {"GET /{Bucket}?inventory&id", "GetBucketInventoryConfiguration"},
    {"GET /{Bucket}?inventory", "ListBucketInventoryConfigurations"},
    {"PUT /{Bucket}?inventory", "PutBucketInventoryConfiguration"},
    {"DELETE /{Bucket}?inventory", "DeleteBucketInventoryConfiguration"},
    {"GET /{Bucket}?logging", "GetBucketLogging"},
    {"PUT /{Bucket}?logging", "PutBucketLogging"},
    {"GET /{Bucket}?metrics&id", "GetBucketMetricsConfiguration"},
    {"GET /{Bucket}?metrics", "ListBucketMetricsConfigurations"},
    {"PUT /{Bucket}?metrics", "PutBucketMetricsConfiguration"},
    {"DELETE /{Bucket}?metrics", "DeleteBucketMetricsConfiguration"},
    {"GET /{Bucket}?notification", "GetBucketNotificationConfiguration"},
    {"PUT /{Bucket}?notification", "PutBucketNotificationConfiguration"},
    {"GET /{Bucket}?replication", "GetBucketReplication"},
    {"PUT /{Bucket}?replication", "PutBucketReplication"},
    {"DELETE /{Bucket}?replication", "DeleteBucketReplication"},
    {"GET /{Bucket}?requestPayment", "GetBucketRequestPayment"},
    {"PUT /{Bucket}?requestPayment", "PutBucketRequestPayment"},
    {"GET /{Bucket}?website", "GetBucketWebsite"},
    {"PUT /{Bucket}?website", "PutBucketWebsite"},
    {"DELETE /{Bucket}?website", "DeleteBucketWebsite"},
    {"GET /{Bucket}?object-lock", "GetObjectLockConfiguration"},
    {"PUT /{Bucket}?object-lock", "PutObjectLockConfiguration"},
    {"GET /{Bucket}/{Key+}?legal-hold", "GetObjectLegalHold"},
    {"PUT /{Bucket}/{Key+}?legal-hold", "PutObjectLegalHold"},
    {"GET /{Bucket}/{Key+}?retention", "GetObjectRetention"},
    {"PUT /{Bucket}/{Key+}?retention", "PutObjectRetention"},
    {"GET /{Bucket}/{Key+}?torrent", "GetObjectTorrent"},
    {"POST /{Bucket}/{Key+}?restore", "RestoreObject"},
    {"POST /{Bucket}/{Key+}?select&select-type=2", "SelectObjectContent"},
    {"PUT /{Bucket}/{Key+}?renameObject", "RenameObject"},
};

const struct operation s3_unserved_operations[] = {
    {.name = "GetBucketPolicyStatus"},
    {.name = "GetBucketAccelerateConfiguration"},
    {.name = "PutBucketAccelerateConfiguration"},
    {.name = "GetBucketAnalyticsConfiguration"},
    {.name = "ListBucketAnalyticsConfigurations"},
    {.name = "PutBucketAnalyticsConfiguration"},
    {.name = "DeleteBucketAnalyticsConfiguration"},
    {.name = "GetBucketIntelligentTieringConfiguration"},
    {.name = "ListBucketIntelligentTieringConfigurations"},
    {.name = "PutBucketIntelligentTieringConfiguration"},
    {.name = "DeleteBucketIntelligentTieringConfiguration"},
    {.name = "GetBucketInventoryConfiguration"},
    {.name = "ListBucketInventoryConfigurations"},
    {.name = "PutBucketInventoryConfiguration"},
    {.name = "DeleteBucketInventoryConfiguration"},
    {.name = "GetBucketLogging"},
    {.name = "PutBucketLogging"},
    {.name = "GetBucketMetricsConfiguration"},
    {.name = "ListBucketMetricsConfigurations"},
    {.name = "PutBucketMetricsConfiguration"},
    {.name = "DeleteBucketMetricsConfiguration"},
    {.name = "GetBucketNotificationConfiguration"},
    {.name = "PutBucketNotificationConfiguration"},
    {.name = "GetBucketReplication"},
    {.name = "PutBucketReplication"},
    {.name = "DeleteBucketReplication"},
    {.name = "GetBucketRequestPayment"},
    {.name = "PutBucketRequestPayment"},
    {.name = "GetBucketWebsite"},
    {.name = "PutBucketWebsite"},
    {.name = "DeleteBucketWebsite"},
    {.name = "GetObjectLockConfiguration"},
    {.name = "PutObjectLockConfiguration"},
    {.name = "GetObjectLegalHold"},
    {.name = "PutObjectLegalHold"},
    {.name = "GetObjectRetention"},
    {.name = "PutObjectRetention"},
    {.name = "GetObjectTorrent"},
    {.name = "RestoreObject"},
    {.name = "SelectObjectContent"},
    {.name = "RenameObject"},
    {0},
};

/* Cuts the part in front of the separator off the list. */
static span take(span *list, char separator)
{
    const char *end = list->size ? memchr(list->data, separator, list->size) : NULL;
    span part = {list->data, end ? (size_t)(end - list->data) : list->size};
    list->data += part.size + (end != NULL);
    list->size -= part.size + (end != NULL);
    return part;
}

static const char *parameter_of(const struct s3_request *r, span name)
{
    for (size_t i = 0; i < r->parameter_count; i++)
        if (span_is(name, r->parameters[i].name)) return r->parameters[i].value;
    return NULL;
}

static bool parameters_match(const struct s3_request *r, span list, size_t *demands)
{
    while (list.size) {
        span one = take(&list, '&');
        span name = take(&one, '=');
        const char *value = parameter_of(r, name);
        if (!value || (one.size && !span_is(one, value))) return false;
        *demands += one.size ? 2 : 1;
    }
    return true;
}

/* How much the route demands, or 0: the request does not meet it. */
static size_t route_match(const struct call *c, const char *text)
{
    const struct s3_request *r = c->s3;
    size_t demands = 1;
    span route = span_of(text);
    span method = take(&route, ' '), target = take(&route, ' ');
    span path = take(&target, '?');
    const char *level = !r->bucket ? "/" : !r->key ? "/{Bucket}" : "/{Bucket}/{Key+}";
    if (!span_equal(method, c->http->method) || !span_is(path, level)) return 0;
    if (!parameters_match(r, target, &demands)) return 0;
    if (route.size) {
        if (!http_header(c->http, route.data).data) return 0; /* the route's last part */
        demands++;
    }
    return demands;
}

const char *s3_route(const struct call *c)
{
    const char *name = NULL;
    size_t best = 0;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        size_t demands = route_match(c, routes[i].route);
        if (demands <= best) continue;
        best = demands;
        name = routes[i].operation;
    }
    return name;
}
