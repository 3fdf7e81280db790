/* The AWS Query protocol (STS, IAM, CloudFormation): in come form fields such as
 * "Tags.member.1.Key=a", in the body of a POST or the query of a GET; out go XML documents. The
 * operation's member rows say which fields are lists, maps and numbers; an output document becomes
 * elements by its own shape: lists hold <member>, reals are instants. */
#include "aws/internal.h"

#include <stdlib.h>

enum { FIELDS_MAX = 10000, DEPTH_MAX = 32, NAME_BYTES_MAX = 1024 };

/* ---- fields to a tree: "a.b.1=x" is {"a": {"b": {"1": "x"}}} ---- */

static error malformed(void)
{
    return fail(ERR_SERIALIZATION, "The query string is malformed.");
}

static error decoded(struct arena *arena, span in, span *out)
{
    struct buffer text = {0};
    error e = percent_decode(&text, in, true);
    if (e == OK && (utf8_valid_prefix(buffer_span(&text)) != text.size ||
                    (text.size && memchr(text.data, 0, text.size))))
        e = malformed();
    if (e == OK) *out = arena_span(arena, buffer_span(&text));
    buffer_release(&text);
    return e == OK ? OK : malformed();
}

/* Puts the value where the name's parts lead; a part is either a value or holds parts. */
static error tree_put(json_t *tree, struct arena *arena, span name, span value)
{
    if (name.size > NAME_BYTES_MAX) return malformed();
    for (int depth = 0; depth < DEPTH_MAX; depth++) {
        const char *dot = name.size ? memchr(name.data, '.', name.size) : NULL;
        span part = {name.data, dot ? (size_t)(dot - name.data) : name.size};
        if (!part.size) return malformed();
        const char *key = arena_text(arena, part);
        json_t *next = json_object_get(tree, key);
        if (!dot) {
            if (next) return malformed();
            CHECK(json_object_set_new(tree, key, json_from_span(value)) == 0);
            return OK;
        }
        if (next && !json_is_object(next)) return malformed();
        if (!next) {
            next = json_object();
            CHECK(json_object_set_new(tree, key, next) == 0);
        }
        tree = next;
        name.data += part.size + 1;
        name.size -= part.size + 1;
    }
    return malformed();
}

static error tree_read(struct arena *arena, span form, json_t *tree)
{
    for (int count = 0; form.size; count++) {
        const char *end = memchr(form.data, '&', form.size);
        span field = {form.data, end ? (size_t)(end - form.data) : form.size};
        form.data += field.size + (end != NULL);
        form.size -= field.size + (end != NULL);
        if (!field.size) continue;
        if (count == FIELDS_MAX)
            return fail(ERR_SERIALIZATION, "A request may have %d fields.", FIELDS_MAX);
        const char *sign = memchr(field.data, '=', field.size);
        span name = {field.data, sign ? (size_t)(sign - field.data) : field.size};
        span value = sign ? (span){sign + 1, field.size - name.size - 1} : SPAN("");
        TRY(decoded(arena, name, &name));
        TRY(decoded(arena, value, &value));
        if (span_starts(name, "X-Amz-")) continue; /* a presigned GET's signature */
        TRY(tree_put(tree, arena, name, value));
    }
    return OK;
}

/* ---- the tree as the rows describe it ---- */

static error value_read(const struct member *, const json_t *, json_t **out);

static error structure_read(const struct member *rows, const json_t *tree, json_t *out)
{
    for (const struct member *m = rows; m && m->name; m++) {
        const json_t *node = json_object_get(tree, m->name);
        json_t *value;
        if (!node) continue;
        TRY(value_read(m, node, &value));
        CHECK(json_object_set_new(out, m->name, value) == 0);
    }
    return OK;
}

struct numbered { uint64_t number; const json_t *node; };

static int numbered_compare(const void *a, const void *b)
{
    uint64_t x = ((const struct numbered *)a)->number, y = ((const struct numbered *)b)->number;
    return (x > y) - (x < y);
}

/* The children "1", "2" ... of a node in their order; the caller frees them. */
static error numbered_read(const json_t *node, struct numbered **out, size_t *count)
{
    const char *key;
    json_t *child;
    struct numbered *list = must_calloc(json_object_size(node) + 1, sizeof *list);
    *count = 0;
    json_object_foreach((json_t *)node, key, child) {
        if (!parse_uint64(span_of(key), &list[*count].number)) {
            free(list);
            return malformed();
        }
        list[(*count)++].node = child;
    }
    qsort(list, *count, sizeof *list, numbered_compare);
    *out = list;
    return OK;
}

static error entry_read(const struct member *m, const json_t *entry, json_t *map)
{
    const char *key = json_text(entry, "key");
    const json_t *node = json_object_get(entry, "value");
    json_t *value;
    if (!key || !node) return malformed();
    TRY(value_read(m->of, node, &value));
    CHECK(json_object_set_new(map, key, value) == 0);
    return OK;
}

/* "Name.member.1=..", "Name.entry.1.key=.."; "Name=" is an empty one. */
static error collection_read(const struct member *m, const json_t *node, json_t *out)
{
    struct numbered *list = NULL;
    size_t count = 0;
    if (json_is_string(node)) return json_string_length(node) ? malformed() : OK;
    const json_t *inner = json_object_get(node, m->type == MEMBER_LIST ? "member" : "entry");
    if (!json_is_object(inner)) return malformed();
    TRY(numbered_read(inner, &list, &count));
    error e = OK;
    for (size_t i = 0; i < count && e == OK; i++) {
        json_t *value;
        if (m->type == MEMBER_MAP) e = entry_read(m, list[i].node, out);
        else if ((e = value_read(m->of, list[i].node, &value)) == OK)
            CHECK(json_array_append_new(out, value) == 0);
    }
    free(list);
    return e;
}

static error scalar_read(const struct member *m, const json_t *node, json_t **out)
{
    span text = {json_string_value(node), json_string_length(node)};
    int64_t number;
    char *end;
    if (!json_is_string(node)) return malformed();
    switch (m->type) {
    case MEMBER_INTEGER:
        if (!parse_int64(text, &number)) return malformed();
        *out = json_integer(number);
        return OK;
    case MEMBER_DOUBLE:
        *out = json_real(strtod(text.data, &end));
        if (*out && text.size && !*end) return OK;
        json_decref(*out);
        return malformed();
    case MEMBER_BOOLEAN:
        if (!span_is(text, "true") && !span_is(text, "false")) return malformed();
        *out = json_boolean(span_is(text, "true"));
        return OK;
    default: *out = json_incref((json_t *)node); return OK;
    }
}

static error value_read(const struct member *m, const json_t *node, json_t **out)
{
    error e;
    switch (m->type) {
    case MEMBER_LIST:
    case MEMBER_MAP:
        *out = m->type == MEMBER_LIST ? json_array() : json_object();
        e = collection_read(m, node, *out);
        break;
    case MEMBER_STRUCTURE:
        *out = json_object();
        e = json_is_object(node) ? structure_read(m->of, node, *out) : malformed();
        break;
    default: return scalar_read(m, node, out);
    }
    if (e != OK) json_decref(*out);
    return e;
}

/* ---- the request ---- */

error query_recognise(struct call *c)
{
    bool post = span_is(c->http->method, "POST");
    if (!post && !span_is(c->http->method, "GET"))
        return fail(ERR_UNKNOWN_OPERATION, "%s takes GET and POST requests with an Action",
                    c->service->title);
    c->input = json_object();
    TRY(tree_read(c->arena, post ? c->http->body : c->http->query, c->input));
    const char *action = json_text(c->input, "Action");
    const char *version = json_text(c->input, "Version");
    if (!action) return fail(ERR_MISSING_ACTION, "Request is missing Authentication or Action");
    if (version && strcmp(version, c->service->version) == 0)
        c->operation = service_operation(c->service, span_of(action));
    if (!c->operation)
        return fail(ERR_UNKNOWN_OPERATION, "Could not find operation %.200s for version %.40s",
                    action, version ? version : "NO_VERSION_SPECIFIED");
    return OK;
}

error query_read(struct call *c)
{
    json_t *input = json_object();
    error e = structure_read(c->operation->input, c->input, input);
    json_decref(c->input);
    c->input = input;
    return e;
}

/* ---- replies ---- */

static void value_print(struct arena *, struct buffer *, const char *name, const json_t *);

static void members_print(struct arena *arena, struct buffer *out, const json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) value_print(arena, out, name, value);
}

/* Whole seconds show no fraction. */
static void time_print(struct arena *arena, struct buffer *out, const char *name, double seconds)
{
    char *text = date_iso8601(arena, (int64_t)(seconds * 1000 + 0.5) * US_PER_MS);
    char *fraction = strstr(text, ".000Z");
    if (fraction) memcpy(fraction, "Z", 2);
    xml_text(out, name, text);
}

static void value_print(struct arena *arena, struct buffer *out, const char *name,
                        const json_t *value)
{
    size_t i;
    json_t *element;
    switch (json_typeof(value)) {
    case JSON_STRING: xml_text(out, name, json_string_value(value)); break;
    case JSON_INTEGER: xml_integer(out, name, json_integer_value(value)); break;
    case JSON_REAL: time_print(arena, out, name, json_real_value(value)); break;
    case JSON_TRUE:
    case JSON_FALSE: xml_text(out, name, json_is_true(value) ? "true" : "false"); break;
    case JSON_NULL: break;
    case JSON_OBJECT:
    case JSON_ARRAY:
        xml_open(out, name);
        if (json_is_object(value)) members_print(arena, out, value);
        else
            json_array_foreach(value, i, element) value_print(arena, out, "member", element);
        xml_close(out, name);
    }
}

/* <NameResponse><NameResult>..</NameResult><ResponseMetadata>..; no result where `output` is NULL. */
void query_reply(struct call *c)
{
    struct buffer out = {0};
    const char *response = arena_printf(c->arena, "%sResponse", c->operation->name);
    xml_open_root(&out, response, c->service->xml_namespace);
    if (c->output)
        value_print(c->arena, &out, arena_printf(c->arena, "%sResult", c->operation->name),
                    c->output);
    xml_open(&out, "ResponseMetadata");
    xml_text(&out, "RequestId", c->request_id);
    xml_close(&out, "ResponseMetadata");
    xml_close(&out, response);
    call_reply_body(c, 200, "text/xml", arena_span(c->arena, buffer_span(&out)));
    buffer_release(&out);
}

/* The Query services' names for what the gateway finds. */
static const struct { error e; const char *name; int status; } query_errors[] = {
    {ERR_UNKNOWN_OPERATION, "InvalidAction", 400},
    {ERR_SERIALIZATION, "MalformedQueryString", 400},
    {ERR_VALIDATION, "ValidationError", 400},
    {ERR_MISSING_AUTH, "MissingAuthenticationToken", 403},
    {ERR_INCOMPLETE_SIGNATURE, "IncompleteSignature", 400},
    {ERR_INVALID_SIGNATURE, "SignatureDoesNotMatch", 403},
    {ERR_UNRECOGNIZED_CLIENT, "InvalidClientTokenId", 403},
    {ERR_EXPIRED_TOKEN, "ExpiredToken", 403},
    {ERR_ACCESS_DENIED, "AccessDenied", 403},
    {ERR_THROTTLING, "Throttling", 400},
};

void query_reply_error(struct call *c, error e, const char *message)
{
    const struct error_row *row = error_row(e);
    const char *name = row->name;
    int status = row->status;
    for (size_t i = 0; i < sizeof query_errors / sizeof *query_errors; i++)
        if (query_errors[i].e == e) {
            name = query_errors[i].name;
            status = query_errors[i].status;
        }
    call_reply_body(c, status, "text/xml", protocol_xml_error(c, name, status, message));
}
