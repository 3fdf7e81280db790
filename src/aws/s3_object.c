/* Objects: put, read, looked at, removed. */
#include "aws/s3.h"

static error put_object(struct call *c)
{
    struct object_store *s = c->gateway->options.objects;
    struct object_info info;
    TRY(s->ops->put(s, c->s3->bucket, c->s3->key, c->http->body, s3_header(c, "content-type"),
                    (struct object_condition){0}));
    TRY(s->ops->head(s, c->s3->bucket, c->s3->key, c->arena, &info));
    s3_reply_header(c, "ETag", arena_printf(c->arena, "\"%s\"", info.etag));
    s3_reply_empty(c, 200);
    return OK;
}

static error object_head(struct call *c, struct object_info *info)
{
    struct object_store *s = c->gateway->options.objects;
    TRY(s->ops->head(s, c->s3->bucket, c->s3->key, c->arena, info));
    s3_reply_header(c, "ETag", arena_printf(c->arena, "\"%s\"", info->etag));
    s3_reply_header(c, "Last-Modified", date_http(c->arena, info->modified_us));
    s3_reply_header(c, "Accept-Ranges", "bytes");
    s3_reply_header(c, "Content-Type", info->content_type);
    return OK;
}

static error head_object(struct call *c)
{
    struct object_info info;
    TRY(object_head(c, &info));
    s3_reply_header(c, "Content-Length", arena_printf(c->arena, "%lld", (long long)info.size));
    s3_reply_empty(c, 200);
    return OK;
}

static error get_object(struct call *c)
{
    struct object_store *s = c->gateway->options.objects;
    struct object_info info;
    struct buffer body = {0};
    TRY(object_head(c, &info));
    error e = s->ops->get(s, c->s3->bucket, c->s3->key, (size_t)1 << 30, &body);
    c->reply->body = arena_span(c->arena, buffer_span(&body));
    buffer_release(&body);
    TRY(e);
    s3_reply_empty(c, 200);
    return OK;
}

static error delete_object(struct call *c)
{
    struct object_store *s = c->gateway->options.objects;
    TRY(s->ops->remove(s, c->s3->bucket, c->s3->key));
    s3_reply_empty(c, 204);
    return OK;
}

const struct operation s3_object_operations[] = {
    {.name = "PutObject", .run = put_object},
    {.name = "GetObject", .run = get_object},
    {.name = "HeadObject", .run = head_object},
    {.name = "DeleteObject", .run = delete_object},
    {0},
};
