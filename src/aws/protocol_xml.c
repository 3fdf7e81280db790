/* Errors of the XML protocols: S3's <Error> and the Query services' <ErrorResponse>. */
#include "aws/internal.h"

static void append_escaped(struct buffer *out, span text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '&') buffer_append_text(out, "&amp;");
        else if (c == '<') buffer_append_text(out, "&lt;");
        else if (c == '>') buffer_append_text(out, "&gt;");
        else if (c == '"') buffer_append_text(out, "&quot;");
        else if ((uint8_t)c >= 0x20 || c == '\t' || c == '\n') buffer_append_byte(out, (uint8_t)c);
    }
}

static void append_element(struct buffer *out, const char *name, span text)
{
    buffer_printf(out, "<%s>", name);
    append_escaped(out, text);
    buffer_printf(out, "</%s>", name);
}

void xml_open_root(struct buffer *out, const char *name, const char *namespace)
{
    buffer_printf(out, "<%s xmlns=\"%s\">", name, namespace);
}

void xml_open(struct buffer *out, const char *name)
{
    buffer_printf(out, "<%s>", name);
}

void xml_close(struct buffer *out, const char *name)
{
    buffer_printf(out, "</%s>", name);
}

void xml_text(struct buffer *out, const char *name, const char *text)
{
    append_element(out, name, span_of(text));
}

void xml_integer(struct buffer *out, const char *name, int64_t value)
{
    buffer_printf(out, "<%s>%lld</%s>", name, (long long)value, name);
}

span protocol_xml_error(struct call *c, const char *name, int status, const char *message)
{
    bool s3 = !c->service || c->service->protocol == PROTOCOL_S3;
    struct buffer out = {0};
    buffer_append_text(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    buffer_append_text(&out, s3 ? "<Error>" : "<ErrorResponse><Error>");
    if (!s3) append_element(&out, "Type", span_of(status < 500 ? "Sender" : "Receiver"));
    append_element(&out, "Code", span_of(name));
    append_element(&out, "Message", span_of(message));
    if (s3) append_element(&out, "Resource", c->http->path);
    if (!s3) buffer_append_text(&out, "</Error>");
    append_element(&out, "RequestId", span_of(c->request_id));
    buffer_append_text(&out, s3 ? "</Error>" : "</ErrorResponse>");
    span text = arena_span(c->arena, buffer_span(&out));
    buffer_release(&out);
    return text;
}
