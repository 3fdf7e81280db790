/* REST-JSON as Lake Formation speaks it: POST /OperationName with a JSON document; errors name
 * their type in a header and in the body. */
#include "aws/internal.h"

error rest_recognise(struct call *c)
{
    span path = c->http->path;
    if (path.size && path.data[0] == '/') path.data++, path.size--;
    if (span_is(c->http->method, "POST")) c->operation = service_operation(c->service, path);
    if (!c->operation)
        return fail(ERR_UNKNOWN_OPERATION, "%s has no operation %.*s /%.*s", c->service->title,
                    (int)(c->http->method.size < 20 ? c->http->method.size : 20),
                    c->http->method.data, (int)(path.size < 200 ? path.size : 200), path.data);
    return OK;
}

/* Who is asking is refused with 403 here, where AWS JSON says 400. */
static int rest_status(error e)
{
    switch (e) {
    case ERR_MISSING_AUTH:
    case ERR_INCOMPLETE_SIGNATURE:
    case ERR_INVALID_SIGNATURE:
    case ERR_UNRECOGNIZED_CLIENT:
    case ERR_EXPIRED_TOKEN:
    case ERR_ACCESS_DENIED: return 403;
    default: return error_row(e)->status;
    }
}

void rest_reply_error(struct call *c, error e, const char *message)
{
    const char *name = error_row(e)->name;
    struct writer w;
    writer_begin(&w, c->arena, WIRE_JSON, strlen(message) + 128);
    writer_map(&w);
    writer_member_text(&w, "__type", name);
    writer_member_text(&w, "Message", message);
    writer_map_end(&w);
    http_reply_header(c->http, c->reply, "x-amzn-ErrorType", name);
    call_reply_body(c, rest_status(e), "application/json", writer_span(&w));
}
