/* XML of the S3 and Query protocols: elements of replies, errors, and documents by member rows. */
#include "aws/internal.h"

#include "base/xml.h"

/* U+FFFE and U+FFFF, which XML cannot hold. */
static bool is_noncharacter(span text, size_t at)
{
    return text.size - at >= 3 && memcmp(text.data + at, "\xef\xbf", 2) == 0 &&
           (uint8_t)text.data[at + 2] >= 0xbe;
}

/* Control characters that XML cannot hold are left out. */
static void append_escaped(struct buffer *out, span text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '&') buffer_append_text(out, "&amp;");
        else if (c == '<') buffer_append_text(out, "&lt;");
        else if (c == '>') buffer_append_text(out, "&gt;");
        else if (c == '"') buffer_append_text(out, "&quot;");
        else if (c == '\r') buffer_append_text(out, "&#13;");
        else if (is_noncharacter(text, i)) buffer_append_text(out, "\xef\xbf\xbd"), i += 2;
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

/* A path as sent may hold any byte. */
static span plain(struct arena *arena, span text)
{
    char *out = arena_text(arena, text);
    for (char *p = out; *p; p++)
        if ((uint8_t)*p >= 0x7f) *p = '?';
    return span_of(out);
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
    if (s3) append_element(&out, "Resource", plain(c->arena, c->http->path));
    if (!s3) buffer_append_text(&out, "</Error>");
    append_element(&out, "RequestId", span_of(c->request_id));
    buffer_append_text(&out, s3 ? "</Error>" : "</ErrorResponse>");
    span text = arena_span(c->arena, buffer_span(&out));
    buffer_release(&out);
    return text;
}

void xml_append(struct buffer *out, span text)
{
    append_escaped(out, text);
}

/* ---- documents by rows ---- */

static const struct member *row_named(const struct member *rows, const char *name)
{
    for (; rows->name; rows++)
        if (strcmp(rows->name, name) == 0) return rows;
    return NULL;
}

static error structure_read(const struct xml_element *, const struct member *rows, json_t **out);

static error wrong(const struct xml_element *element)
{
    return fail(ERR_SERIALIZATION, "the element %.100s is not what it should be", element->name);
}

static error value_read(const struct xml_element *element, const struct member *row, json_t **out)
{
    span text = span_of(element->value), bare = span_trim(text);
    int64_t integer;
    if (row->type == MEMBER_STRUCTURE) return structure_read(element, row->of, out);
    if (element->child) return wrong(element);
    if (row->type == MEMBER_INTEGER) {
        if (!parse_int64(bare, &integer)) return wrong(element);
        *out = json_integer(integer);
    } else if (row->type == MEMBER_BOOLEAN) {
        if (!span_is(bare, "true") && !span_is(bare, "false")) return wrong(element);
        *out = json_boolean(span_is(bare, "true"));
    } else {
        *out = json_from_span(text);
    }
    return *out ? OK : wrong(element);
}

static error member_read(const struct xml_element *element, const struct member *row,
                         json_t *object)
{
    json_t *value, *list = json_object_get(object, row->name);
    if (row->type != MEMBER_LIST) {
        if (list) return wrong(element); /* twice */
        TRY(value_read(element, row, &value));
        return json_object_set_new(object, row->name, value) == 0 ? OK : wrong(element);
    }
    if (!list) {
        list = json_array();
        CHECK(json_object_set_new(object, row->name, list) == 0);
    }
    TRY(value_read(element, row->of, &value));
    return json_array_append_new(list, value) == 0 ? OK : wrong(element);
}

static error structure_read(const struct xml_element *element, const struct member *rows,
                            json_t **out)
{
    json_t *object = json_object();
    for (const struct xml_element *child = element->child; child; child = child->next) {
        const struct member *row = row_named(rows, child->name);
        error e = row ? member_read(child, row, object) : wrong(child);
        if (e == OK) continue;
        json_decref(object);
        return e;
    }
    *out = object;
    return OK;
}

error protocol_xml_read(struct arena *arena, span body, const char *root,
                        const struct member *rows, json_t **out)
{
    const struct xml_element *element;
    TRY(xml_read(arena, body, &element));
    if (strcmp(element->name, root) != 0)
        return fail(ERR_PARSE, "the document is %.100s, not %s", element->name, root);
    TRY(structure_read(element, rows, out));
    error e = member_check(rows, *out, true);
    if (e != OK) json_decref(*out);
    return e;
}

static void value_write(struct buffer *out, const struct member *row, const char *name,
                        const json_t *value)
{
    if (row->type == MEMBER_STRUCTURE) {
        xml_open(out, name);
        protocol_xml_write(out, row->of, value);
        xml_close(out, name);
    } else if (json_is_integer(value)) {
        xml_integer(out, name, json_integer_value(value));
    } else if (json_is_boolean(value)) {
        xml_text(out, name, json_is_true(value) ? "true" : "false");
    } else if (json_is_string(value)) {
        xml_text(out, name, json_string_value(value));
    }
}

void protocol_xml_write(struct buffer *out, const struct member *rows, const json_t *object)
{
    for (const struct member *row = rows; row->name; row++) {
        const json_t *value = json_object_get(object, row->name);
        if (!value) continue;
        if (row->type != MEMBER_LIST) value_write(out, row, row->name, value);
        for (size_t i = 0; row->type == MEMBER_LIST && i < json_array_size(value); i++)
            value_write(out, row->of, row->name, json_array_get(value, i));
    }
}
