/* Resource types: the table of tables, properties in the shape of a type's rows, and how a step
 * calls the operations of the other services. */
#include "aws/cloudformation.h"
#include "aws/s3.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct resource_type *const tables[] = {kinesis_types, s3_types,   iam_types,
                                                     glue_types,    lake_types, athena_types,
                                                     other_types};
enum { TABLES = sizeof tables / sizeof *tables };

const struct resource_type *resource_type_find(const char *name)
{
    for (int i = 0; i < TABLES; i++)
        for (const struct resource_type *t = tables[i]; t->name; t++)
            if (strcmp(t->name, name) == 0) return t;
    return NULL;
}

const char *resource_type_names(struct arena *arena)
{
    struct buffer text = {0};
    for (int i = 0; i < TABLES; i++)
        for (const struct resource_type *t = tables[i]; t->name; t++)
            buffer_printf(&text, "%s%s", text.size ? ", " : "", t->name);
    const char *out = arena_text(arena, buffer_span(&text));
    buffer_release(&text);
    return out;
}

static const struct member *rows_of(const struct resource_type *type)
{
    if (type->properties) return type->properties;
    const struct service *service = service_by_signing_name(span_of(type->like_service));
    return service_operation(service, span_of(type->like))->input;
}

void resource_types_print(struct buffer *out)
{
    buffer_append_text(out, "| resource type | properties | replaced when these change | notes |\n"
                            "|---|---|---|---|\n");
    for (int i = 0; i < TABLES; i++)
        for (const struct resource_type *t = tables[i]; t->name; t++) {
            buffer_printf(out, "| %s | ", t->name);
            for (const struct member *m = rows_of(t); m->name; m++)
                buffer_printf(out, "%s%s", m == rows_of(t) ? "" : ", ", m->name);
            buffer_append_text(out, t->update ? " | " : " | any");
            for (const char *const *name = t->replaced_by; name && *name; name++)
                buffer_printf(out, "%s%s", name == t->replaced_by ? "" : ", ", *name);
            buffer_printf(out, " | %s |\n", t->note ? t->note : "");
        }
    buffer_append_byte(out, '\n');
}

/* ---- properties in the shape of rows ---- */

struct shaping {
    struct arena *arena;
    const char *logical, *named_by;
};

static error shape(const struct shaping *, const char *path, const struct member *, const json_t *,
                   json_t **out);

static error invalid(const struct shaping *s, const char *format, const char *path, const char *what)
{
    char words[600];
    snprintf(words, sizeof words, format, path, what);
    return fail(ERR_INVALID_REQUEST, "Properties validation failed for resource %.255s with message:\n%s",
                s->logical, words);
}

static const struct member *row_of(const struct member *rows, const char *name)
{
    for (; rows->name; rows++)
        if (strcmp(rows->name, name) == 0) return rows;
    return NULL;
}

/* A resource without a name gets one. */
static bool is_name(const struct shaping *s, const char *path)
{
    char *dotted = arena_text(s->arena, span_of(path + 1));
    for (char *p = dotted; *p; p++)
        if (*p == '/') *p = '.';
    return s->named_by && strcmp(s->named_by, dotted) == 0;
}

static error shape_members(const struct shaping *s, const char *path, const struct member *rows,
                           const json_t *in, json_t *out)
{
    const char *name;
    json_t *value, *member;
    json_object_foreach((json_t *)in, name, value) {
        const struct member *row = row_of(rows, name);
        if (!row) return invalid(s, "#%s: extraneous key [%s] is not permitted", path, name);
        TRY(shape(s, arena_printf(s->arena, "%s/%s", path, name), row, value, &member));
        json_object_set_new(out, name, member);
    }
    for (; rows->name; rows++)
        if (rows->flags & MEMBER_REQUIRED && !json_object_get(in, rows->name) &&
            !is_name(s, arena_printf(s->arena, "%s/%s", path, rows->name)))
            return invalid(s, "#%s: required key [%s] not found", path, rows->name);
    return OK;
}

static error shape_values(const struct shaping *s, const char *path, const struct member *row,
                          const json_t *in, json_t *out)
{
    const char *name;
    json_t *value, *member;
    size_t i;
    json_object_foreach((json_t *)in, name, value) {
        TRY(shape(s, arena_printf(s->arena, "%s/%s", path, name), row, value, &member));
        json_object_set_new(out, name, member);
    }
    json_array_foreach(in, i, value) {
        TRY(shape(s, arena_printf(s->arena, "%s/%zu", path, i), row, value, &member));
        json_array_append_new(out, member);
    }
    return OK;
}

static error shape_scalar(const struct shaping *s, const char *path, const struct member *row,
                          const json_t *in, json_t **out)
{
    static const char *const names[] = {"String", "Integer", "Number", "Boolean", "String"};
    const char *text = template_text(s->arena, in);
    int64_t number;
    char *end;
    bool yes = text && strcmp(text, "true") == 0;
    switch (text ? row->type : MEMBER_ANY) {
    case MEMBER_STRING:
    case MEMBER_TIMESTAMP: *out = json_string(text); return OK;
    case MEMBER_INTEGER:
        if (!parse_int64(span_of(text), &number)) break;
        *out = json_integer(number);
        return OK;
    case MEMBER_DOUBLE:
        *out = json_real(strtod(text, &end));
        if (*out && *text && !*end) return OK;
        json_decref(*out);
        break;
    case MEMBER_BOOLEAN:
        if (!yes && strcmp(text, "false") != 0) break;
        *out = json_boolean(yes);
        return OK;
    default: break;
    }
    return invalid(s, "#%s: expected type: %s", path,
                   row->type <= MEMBER_TIMESTAMP ? names[row->type] : "String");
}

static error shape(const struct shaping *s, const char *path, const struct member *row,
                   const json_t *in, json_t **out)
{
    bool list = row->type == MEMBER_LIST, any = row->type == MEMBER_ANY;
    if (any || (row->type == MEMBER_STRUCTURE && !row->of)) {
        *out = json_deep_copy(in);
        return OK;
    }
    if (!list && row->type != MEMBER_MAP && row->type != MEMBER_STRUCTURE)
        return shape_scalar(s, path, row, in, out);
    if (list ? !json_is_array(in) : !json_is_object(in))
        return invalid(s, "#%s: expected type: %s", path, list ? "JSONArray" : "JSONObject");
    *out = list ? json_array() : json_object();
    error e = row->type == MEMBER_STRUCTURE ? shape_members(s, path, row->of, in, *out)
                                            : shape_values(s, path, row->of, in, *out);
    if (e != OK) json_decref(*out);
    return e;
}

error resource_properties(struct arena *arena, const struct resource_type *type, const char *logical,
                          const json_t *properties, json_t **out)
{
    const struct shaping s = {arena, logical, type->named_by};
    *out = json_object();
    error e = shape_members(&s, "", rows_of(type), properties, *out);
    if (e != OK) json_decref(*out);
    return e;
}

/* ---- names ---- */

/* The member that a dotted name means. */
static json_t *member_at(const json_t *object, const char *dotted)
{
    const char *dot = strchr(dotted, '.');
    char first[64];
    if (!dot) return json_object_get(object, dotted);
    snprintf(first, sizeof first, "%.*s", (int)(dot - dotted), dotted);
    return member_at(json_object_get(object, first), dot + 1);
}

static const char *made_up_name(struct resource *r)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    uint8_t random[12];
    char end[sizeof random + 1] = {0};
    world->random(random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++) end[i] = letters[random[i] % (sizeof letters - 1)];
    char *name = arena_printf(r->call->arena, "%.24s-%.24s-%s", r->stack_name, r->logical, end);
    if (r->type->lower)
        for (char *p = name; *p; p++) *p = (char)tolower((unsigned char)*p);
    return name;
}

void resource_name(struct resource *r)
{
    const json_t *named = r->type->named_by ? member_at(r->properties, r->type->named_by) : NULL;
    r->id = json_is_string(named) ? arena_text(r->call->arena, span_of(json_string_value(named)))
                                  : made_up_name(r);
    if (r->type->identify) r->type->identify(r);
}

/* ---- differences ---- */

static bool differs(const json_t *before, const json_t *after, const char *dotted)
{
    const json_t *a = member_at(before, dotted), *b = member_at(after, dotted);
    return a && b ? !json_equal(a, b) : a != b;
}

enum change resource_change(const struct resource_type *type, const json_t *before,
                            const json_t *after)
{
    if (json_equal(before, after)) return CHANGE_NONE;
    if (!type->update) return CHANGE_REPLACE;
    for (const char *const *name = type->replaced_by; name && *name; name++)
        if (differs(before, after, *name)) return CHANGE_REPLACE;
    return CHANGE_UPDATE;
}

bool resource_replaced_by(const struct resource_type *type, const char *property)
{
    for (const char *const *name = type->replaced_by; name && *name; name++)
        if (strcmp(*name, property) == 0) return true;
    return false;
}

bool resource_changed(const struct resource *r, const char *property)
{
    return differs(r->before, r->properties, property);
}

/* ---- calling operations ---- */

error resource_call(struct resource *r, const char *service, const char *operation, json_t *input,
                    json_t **output)
{
    return call_operation(r->call, service, operation, input, output);
}

error resource_s3(struct resource *r, const char *method, const char *target, span body)
{
    const char *query = strchr(target, '?');
    struct http_request http = {
        .method = span_of(method), .target = span_of(target),
        .path = {target, query ? (size_t)(query - target) : strlen(target)},
        .query = span_of(query ? query + 1 : ""), .arena = r->call->arena, .body = body};
    struct http_reply reply = {.file = -1};
    struct call inner = *r->call;
    inner.http = &http;
    inner.reply = &reply;
    inner.service = service_by_signing_name(SPAN("s3"));
    inner.input = inner.output = NULL;
    TRY(s3_recognise(&inner));
    TRY(s3_payload_read(&inner));
    error e = s3_run(&inner);
    json_decref(inner.input);
    json_decref(inner.output);
    return e;
}

/* ---- what the types' functions use ---- */

void resource_set(struct resource *r, const char *attribute, const char *format, ...)
{
    char text[2048];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    json_object_set_new(r->attributes, attribute, json_string(text));
}

const char *resource_text(const struct resource *r, const char *property)
{
    return json_text(r->properties, property);
}

json_t *resource_tags(const json_t *tags)
{
    json_t *out = json_object();
    if (json_is_object(tags)) json_object_update(out, (json_t *)tags);
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const json_t *tag = json_array_get(tags, i);
        json_object_set(out, json_text(tag, "Key"), json_object_get(tag, "Value"));
    }
    return out;
}

json_t *resource_tags_gone(const struct resource *r)
{
    json_t *before = resource_tags(json_object_get(r->before, "Tags")), *value, *out = json_array();
    json_t *after = resource_tags(json_object_get(r->properties, "Tags"));
    const char *key;
    json_object_foreach(before, key, value)
        if (!json_object_get(after, key)) json_array_append_new(out, json_string(key));
    json_decref(before);
    json_decref(after);
    return out;
}

const char *resource_document(struct resource *r, const json_t *document)
{
    struct buffer text = {0};
    if (json_is_string(document)) return json_string_value(document);
    json_print(&text, document);
    const char *out = arena_text(r->call->arena, buffer_span(&text));
    buffer_release(&text);
    return out;
}

static const char *handler_code(error e)
{
    static const struct { error e; const char *code; } rows[] = {
        {ERR_ALREADY_EXISTS, "AlreadyExists"}, {ERR_ENTITY_EXISTS, "AlreadyExists"},
        {ERR_RESOURCE_IN_USE, "AlreadyExists"}, {ERR_BUCKET_EXISTS, "AlreadyExists"},
        {ERR_PARAMETER_EXISTS, "AlreadyExists"}, {ERR_ACCESS_DENIED, "AccessDenied"},
        {ERR_LIMIT, "ServiceLimitExceeded"}, {ERR_LIMIT_EXCEEDED, "ServiceLimitExceeded"},
        {ERR_RESOURCE_LIMIT, "ServiceLimitExceeded"}, {ERR_IAM_LIMIT, "ServiceLimitExceeded"},
        {ERR_BUCKET_NOT_EMPTY, "ResourceConflict"}, {ERR_DELETE_CONFLICT, "ResourceConflict"},
        {ERR_CONCURRENT_MODIFICATION, "ResourceConflict"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].e == e) return rows[i].code;
    return resource_is_gone(e) ? "NotFound" : error_row(e)->status >= 500 ? "InternalFailure"
                                                                          : "InvalidRequest";
}

/* "S3" of "AWS::S3::Bucket". */
static span service_of(const struct resource_type *type)
{
    const char *start = strstr(type->name, "::") + 2;
    return (span){start, (size_t)(strstr(start, "::") - start)};
}

const char *resource_reason(const struct resource *r, error e)
{
    struct arena *arena = r->call->arena;
    span service = service_of(r->type);
    const char *words = call_error_text(arena), *more = "";
    if (e == ERR_VALIDATION && (strncmp(words, "Template", 8) == 0 || strncmp(words, "No export", 9) == 0 ||
                                strncmp(words, "CloudFormation cannot", 21) == 0))
        return words;
    if (e == ERR_INVALID_REQUEST && strncmp(words, "Properties validation", 21) == 0) return words;
    if (e == ERR_BUCKET_NOT_EMPTY)
        more = arena_printf(arena, ". To empty it: aws s3 rm s3://%s --recursive", r->id);
    return arena_printf(arena, "Resource handler returned message: \"%s%s (Service: %.*s, Status Code: "
                               "%d, Request ID: %s)\" (RequestToken: %s, HandlerErrorCode: %s)",
                        words, more, (int)service.size, service.data, error_row(e)->status,
                        r->call->request_id, r->call->request_id, handler_code(e));
}

bool resource_is_gone(error e)
{
    switch (e) {
    case ERR_NOT_FOUND:
    case ERR_RESOURCE_NOT_FOUND:
    case ERR_ENTITY_NOT_FOUND:
    case ERR_NO_SUCH_ENTITY:
    case ERR_PARAMETER_NOT_FOUND:
    case ERR_NO_SUCH_BUCKET:
    case ERR_NO_SUCH_POLICY: return true;
    default: return false;
    }
}
