/* AWS Query operations, as a client calls them: a form goes out, XML comes back (STS, IAM,
 * CloudFormation). */
#include "http/http.h"

struct query_call {
    struct arena *arena;
    const char *action;
    struct buffer reply;
    const struct xml_element *result;
};

/* <ErrorResponse><Error><Code/><Message/></Error></ErrorResponse> */
static error fail_reply(const struct query_call *q, int status)
{
    const struct xml_element *root = NULL;
    bool read = xml_read(q->arena, buffer_span(&q->reply), &root) == OK;
    const struct xml_element *told = read ? xml_child(root, "Error") : NULL;
    const char *name = xml_child_value(told, "Code"), *text = xml_child_value(told, "Message");
    error e = http_aws_error(status, name);
    if (text && *text) return fail(e, "%s", text);
    return fail(e, "%s: HTTP status %d%s%s", q->action, status, name ? " " : "", name ? name : "");
}

static error judge(void *context, const struct http_call *call)
{
    struct query_call *q = context;
    const struct xml_element *root;
    if (call->status < 200 || call->status > 299) return fail_reply(q, call->status);
    if (!q->reply.size) return OK;
    if (xml_read(q->arena, buffer_span(&q->reply), &root) != OK)
        return fail_context(ERR_NETWORK, "reply of %s", q->action);
    q->result = xml_child(root, arena_printf(q->arena, "%sResult", q->action));
    return OK;
}

static void append_member(struct buffer *body, const char *name, const char *value)
{
    if (!value) return;
    if (body->size) buffer_append_byte(body, '&');
    percent_encode(body, span_of(name), false);
    buffer_append_byte(body, '=');
    percent_encode(body, span_of(value), false);
}

error http_aws_query(struct http_client *client, struct arena *arena,
                     const struct http_aws_service *service, const char *action,
                     const struct http_member *members, const struct xml_element **result)
{
    static const struct http_header headers[] = {
        {SPAN("content-type"), SPAN("application/x-www-form-urlencoded; charset=utf-8")},
    };
    struct query_call q = {.arena = arena, .action = action};
    struct buffer body = {0};
    append_member(&body, "Action", action);
    append_member(&body, "Version", service->version);
    for (; members->name; members++) append_member(&body, members->name, members->value);
    struct http_call call = {.method = "POST", .url = service->url, .service = service->name,
                             .region = service->region, .headers = headers, .header_count = 1,
                             .body = buffer_span(&body), .reply_body = &q.reply};
    error e = http_call_retried(client, &call, 0, judge, &q);
    if (e == OK && result) *result = q.result;
    buffer_release(&q.reply);
    buffer_release(&body);
    return e;
}
