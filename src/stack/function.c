/* Intrinsic functions: values of a template without Ref and Fn::. The main path is evaluate(); each
 * function is a row of a table and a function below it. */
#include "stack/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- places ---- */

static void place_print(struct buffer *out, const struct place *p)
{
    if (p->up) place_print(out, p->up);
    if (!p->name) buffer_printf(out, "/%zu", p->index);
    else if (p->up) buffer_printf(out, "/%.255s", p->name);
    else buffer_append_text(out, p->name); /* the root is a path */
}

const char *place_text(struct arena *arena, const struct place *p)
{
    struct buffer text = {0};
    place_print(&text, p);
    const char *out = arena_text(arena, buffer_span(&text));
    buffer_release(&text);
    return out;
}

error place_fail(struct template_scope *s, const struct place *p, const char *format, ...)
{
    char words[700];
    va_list list;
    va_start(list, format);
    vsnprintf(words, sizeof words, format, list);
    va_end(list);
    return fail(ERR_VALIDATION, "Template error: [%.250s] %s", place_text(s->arena, p), words);
}

/* ---- scalars ---- */

const char *template_text(struct arena *arena, const json_t *scalar)
{
    switch (json_typeof(scalar)) {
    case JSON_STRING: return arena_text(arena, (span){json_string_value(scalar), json_string_length(scalar)});
    case JSON_INTEGER: return arena_printf(arena, "%lld", (long long)json_integer_value(scalar));
    case JSON_REAL: return arena_printf(arena, "%.15g", json_real_value(scalar));
    case JSON_TRUE: return "true";
    case JSON_FALSE: return "false";
    default: return NULL;
    }
}

error evaluate_text(struct template_scope *s, const struct place *p, const json_t *in,
                    const char **out)
{
    json_t *value;
    TRY(evaluate(s, p, in, &value));
    *out = value ? template_text(s->arena, value) : NULL;
    json_decref(value);
    return *out ? OK : place_fail(s, p, "the value must be a text");
}

error evaluate_list(struct template_scope *s, const struct place *p, const json_t *in, json_t **out)
{
    TRY(evaluate(s, p, in, out));
    if (*out && s->planning && json_is_string(*out) &&
        strstr(json_string_value(*out), TEMPLATE_UNKNOWN)) {
        json_t *list = json_array();
        json_array_append_new(list, *out);
        *out = list;
    }
    if (json_is_array(*out)) return OK;
    json_decref(*out);
    return place_fail(s, p, "the value must be a list");
}

static bool is_unknown(const struct template_scope *s, const char *text)
{
    return s->planning && strstr(text, TEMPLATE_UNKNOWN);
}

static json_t *unknown(void)
{
    return json_string(TEMPLATE_UNKNOWN);
}

/* ---- references ---- */

static error no_resource(struct template_scope *s, const struct place *p, const char *id)
{
    return place_fail(s, p, "Unresolved resource dependencies [%.255s] in the %s block of the "
                            "template", id,
                      strncmp(place_text(s->arena, p), "/Outputs", 8) == 0 ? "Outputs" : "Resources");
}

/* The resource's record; NULL: not known yet, which is fine while planning. */
static error resource_of(struct template_scope *s, const struct place *p, const char *id,
                         const json_t **out)
{
    const json_t *declared = json_object_get(json_object_get(s->document, "Resources"), id);
    if (!declared || !template_wants(s, declared)) return no_resource(s, p, id);
    *out = json_object_get(s->resources, id);
    if (*out && json_text(*out, "PhysicalId")) return OK;
    *out = NULL;
    return s->planning ? OK : no_resource(s, p, id);
}

static error reference(struct template_scope *s, const struct place *p, const char *id, json_t **out)
{
    const json_t *record;
    if (strcmp(id, "AWS::NoValue") == 0) {
        *out = NULL;
        return OK;
    }
    json_t *found = json_object_get(s->pseudo, id);
    if (!found) found = json_object_get(s->parameters, id);
    if (!found) {
        TRY(resource_of(s, p, id, &record));
        found = record ? json_object_get(record, "PhysicalId") : NULL;
    }
    *out = found ? json_incref(found) : unknown();
    return OK;
}

static error attribute(struct template_scope *s, const struct place *p, const char *id,
                       const char *name, json_t **out)
{
    const json_t *record;
    TRY(resource_of(s, p, id, &record));
    if (!record) {
        *out = unknown();
        return OK;
    }
    json_t *found = json_object_get(json_object_get(record, "Attributes"), name);
    if (!found)
        return place_fail(s, p, "resource %.255s does not support attribute type %.255s in "
                                "Fn::GetAtt", id, name);
    *out = json_incref(found);
    return OK;
}

static error run_ref(struct template_scope *s, const struct place *p, const json_t *in, json_t **out)
{
    if (!json_is_string(in)) return place_fail(s, p, "every Ref object must have a single String value.");
    return reference(s, p, json_string_value(in), out);
}

static error run_get_att(struct template_scope *s, const struct place *p, const json_t *in,
                         json_t **out)
{
    const char *id = json_string_value(in), *dot = id ? strchr(id, '.') : NULL, *name;
    if (dot)
        return attribute(s, p, arena_text(s->arena, (span){id, (size_t)(dot - id)}), dot + 1, out);
    if (json_array_size(in) != 2 || !json_is_string(json_array_get(in, 0)))
        return place_fail(s, p, "every Fn::GetAtt object requires two non-empty parameters, the "
                                "resource name and the resource attribute");
    TRY(evaluate_text(s, p, json_array_get(in, 1), &name));
    return attribute(s, p, json_string_value(json_array_get(in, 0)), name, out);
}

static error run_import(struct template_scope *s, const struct place *p, const json_t *in,
                        json_t **out)
{
    const char *name;
    TRY(evaluate_text(s, p, in, &name));
    if (!s->import) return place_fail(s, p, "Fn::ImportValue cannot be used here");
    if (is_unknown(s, name)) {
        *out = unknown();
        return OK;
    }
    return s->import(s, name, out);
}

/* ---- texts ---- */

static error run_join(struct template_scope *s, const struct place *p, const json_t *in, json_t **out)
{
    struct buffer text = {0};
    const char *delimiter, *part;
    json_t *list;
    if (json_array_size(in) != 2 || !json_is_string(json_array_get(in, 0)))
        return place_fail(s, p, "every Fn::Join object requires two parameters, (1) a string "
                                "delimiter and (2) a list of strings to be joined or a function that "
                                "returns a list of strings (such as Fn::GetAZs) to be joined.");
    delimiter = json_string_value(json_array_get(in, 0));
    TRY(evaluate_list(s, p, json_array_get(in, 1), &list));
    error e = OK;
    for (size_t i = 0; e == OK && i < json_array_size(list); i++) {
        part = template_text(s->arena, json_array_get(list, i));
        if (!part) e = place_fail(s, p, "every element of the list of Fn::Join must be a text");
        else buffer_printf(&text, "%s%s", i ? delimiter : "", part);
    }
    json_decref(list);
    if (e == OK) *out = json_from_span(buffer_span(&text));
    buffer_release(&text);
    return e;
}

bool template_sub_next(struct arena *arena, span *rest, span *before, span *name)
{
    struct buffer text = {0};
    const char *at = rest->data, *end = rest->data + rest->size;
    bool found = false;
    while (at < end && !found) {
        const char *close = end - at > 2 && at[0] == '$' && at[1] == '{'
                                ? memchr(at, '}', (size_t)(end - at)) : NULL;
        if (!close) buffer_append_byte(&text, (uint8_t)*at++);
        else if (at[2] == '!') {
            buffer_append_text(&text, "${");
            buffer_append(&text, at + 3, (size_t)(close + 1 - (at + 3)));
            at = close + 1;
        } else {
            *name = span_trim((span){at + 2, (size_t)(close - at - 2)});
            at = close + 1;
            found = true;
        }
    }
    *before = arena_span(arena, buffer_span(&text));
    buffer_release(&text);
    *rest = (span){at, (size_t)(end - at)};
    return found;
}

static error sub_variable(struct template_scope *s, const struct place *p, span name,
                          const json_t *variables, const char **text)
{
    const char *id = arena_text(s->arena, name), *dot = strchr(id, '.');
    json_t *value = json_object_get(variables, id);
    if (value) return evaluate_text(s, p, value, text);
    error e = dot ? attribute(s, p, arena_text(s->arena, (span){id, (size_t)(dot - id)}), dot + 1,
                              &value)
                  : reference(s, p, id, &value);
    TRY(e);
    *text = value ? template_text(s->arena, value) : NULL;
    json_decref(value);
    return *text ? OK : place_fail(s, p, "${%.255s} of Fn::Sub must be a text", id);
}

static error sub(struct template_scope *s, const struct place *p, span rest,
                 const json_t *variables, struct buffer *text)
{
    span before, name;
    const char *value;
    while (template_sub_next(s->arena, &rest, &before, &name)) {
        buffer_append_span(text, before);
        TRY(sub_variable(s, p, name, variables, &value));
        buffer_append_text(text, value);
    }
    buffer_append_span(text, before);
    return OK;
}

static error run_sub(struct template_scope *s, const struct place *p, const json_t *in, json_t **out)
{
    const json_t *format = in, *variables = NULL;
    if (json_array_size(in) == 2) {
        format = json_array_get(in, 0);
        variables = json_array_get(in, 1);
    }
    if (!json_is_string(format) || (variables && !json_is_object(variables)))
        return place_fail(s, p, "One or more Fn::Sub intrinsic functions don't specify expected "
                                "arguments. Specify a string as first argument, and an optional "
                                "second argument to specify a mapping of values to replace in the "
                                "string");
    struct buffer text = {0};
    error e = sub(s, p, (span){json_string_value(format), json_string_length(format)}, variables,
                  &text);
    if (e == OK) *out = json_from_span(buffer_span(&text));
    buffer_release(&text);
    return e;
}

static error run_split(struct template_scope *s, const struct place *p, const json_t *in,
                       json_t **out)
{
    const char *delimiter = json_string_value(json_array_get(in, 0)), *text;
    if (json_array_size(in) != 2 || !delimiter || !*delimiter)
        return place_fail(s, p, "every Fn::Split object requires two parameters, (1) a string "
                                "delimiter and (2) a string to be split or a function that returns a "
                                "string to be split.");
    TRY(evaluate_text(s, p, json_array_get(in, 1), &text));
    *out = json_array();
    for (const char *end; (end = strstr(text, delimiter)); text = end + strlen(delimiter))
        json_array_append_new(*out, json_stringn(text, (size_t)(end - text)));
    json_array_append_new(*out, json_string(text));
    return OK;
}

static error run_base64(struct template_scope *s, const struct place *p, const json_t *in,
                        json_t **out)
{
    const char *text;
    TRY(evaluate_text(s, p, in, &text));
    if (is_unknown(s, text)) {
        *out = unknown();
        return OK;
    }
    char *encoded = arena_calloc(s->arena, 1, base64_encoded_size(strlen(text)) + 1);
    base64_encode(encoded, span_of(text));
    *out = json_string(encoded);
    return OK;
}

/* ---- choosing ---- */

static error run_select(struct template_scope *s, const struct place *p, const json_t *in,
                        json_t **out)
{
    const char *text;
    int64_t index;
    json_t *list;
    if (json_array_size(in) != 2)
        return place_fail(s, p, "every Fn::Select object requires two non-null parameters, the index "
                                "and the list of objects");
    TRY(evaluate_text(s, p, json_array_get(in, 0), &text));
    TRY(evaluate_list(s, p, json_array_get(in, 1), &list));
    bool number = parse_int64(span_of(text), &index);
    json_t *chosen = number && index >= 0 ? json_array_get(list, (size_t)index) : NULL;
    const char *first = json_string_value(json_array_get(list, 0));
    *out = chosen ? json_incref(chosen) : first && is_unknown(s, first) ? unknown() : NULL;
    json_decref(list);
    return *out ? OK : place_fail(s, p, "Fn::Select cannot select nonexistent value at index %.40s", text);
}

static error run_if(struct template_scope *s, const struct place *p, const json_t *in, json_t **out)
{
    bool holds;
    const char *name = json_string_value(json_array_get(in, 0));
    if (json_array_size(in) != 3 || !name)
        return place_fail(s, p, "Fn::If requires a list argument with the first element being a "
                                "condition");
    TRY(condition_named(s, p, name, &holds));
    struct place inner = {p, NULL, holds ? 1 : 2};
    return evaluate(s, &inner, json_array_get(in, inner.index), out);
}

static error run_find_in_map(struct template_scope *s, const struct place *p, const json_t *in,
                             json_t **out)
{
    const char *name[3];
    if (json_array_size(in) != 3)
        return place_fail(s, p, "every Fn::FindInMap object requires three parameters, the map name, "
                                "map key and the attribute for return value");
    for (size_t i = 0; i < 3; i++) TRY(evaluate_text(s, p, json_array_get(in, i), &name[i]));
    json_t *found = json_object_get(s->document, "Mappings");
    for (size_t i = 0; i < 3; i++) found = json_object_get(found, name[i]);
    if (!found)
        return place_fail(s, p, "Unable to get mapping for %.100s::%.100s::%.100s", name[0], name[1],
                          name[2]);
    *out = json_incref(found);
    return OK;
}

static error run_get_azs(struct template_scope *s, const struct place *p, const json_t *in,
                         json_t **out)
{
    const char *region;
    TRY(evaluate_text(s, p, in, &region));
    if (!*region) region = json_text(s->pseudo, "AWS::Region");
    *out = json_array();
    for (char zone = 'a'; zone <= 'c'; zone++)
        json_array_append_new(*out, json_string(arena_printf(s->arena, "%s%c", region, zone)));
    return OK;
}

static error run_cidr(struct template_scope *s, const struct place *p, const json_t *in, json_t **out)
{
    const char *block, *text;
    int64_t count, bits = 8;
    size_t size = json_array_size(in);
    if (size != 2 && size != 3)
        return place_fail(s, p, "every Fn::Cidr object requires two or three parameters, the block, "
                                "the count and the bits");
    TRY(evaluate_text(s, p, json_array_get(in, 0), &block));
    TRY(evaluate_text(s, p, json_array_get(in, 1), &text));
    bool good = parse_int64(span_of(text), &count);
    if (size == 3) {
        TRY(evaluate_text(s, p, json_array_get(in, 2), &text));
        good = good && parse_int64(span_of(text), &bits);
    }
    if (!good) return place_fail(s, p, "count and bits of Fn::Cidr must be numbers");
    return cidr_split(s, p, block, count, bits, out);
}

/* ---- dispatch ---- */

/* A truth as a value: condition functions outside of Conditions. */
static error run_truth(struct template_scope *s, const struct place *p, const json_t *in,
                       json_t **out)
{
    (void)in, (void)out;
    return place_fail(s, p, "condition functions may stand in Conditions and Rules alone");
}

static error run_transform(struct template_scope *s, const struct place *p, const json_t *in,
                           json_t **out)
{
    (void)in, (void)out;
    return place_fail(s, p, "Sluice does not serve transforms and macros");
}

static const struct function {
    const char *name;
    error (*run)(struct template_scope *, const struct place *, const json_t *, json_t **);
} functions[] = {
    {"Ref", run_ref},
    {"Fn::GetAtt", run_get_att},
    {"Fn::ImportValue", run_import},
    {"Fn::Join", run_join},
    {"Fn::Sub", run_sub},
    {"Fn::Split", run_split},
    {"Fn::Base64", run_base64},
    {"Fn::Select", run_select},
    {"Fn::If", run_if},
    {"Fn::FindInMap", run_find_in_map},
    {"Fn::GetAZs", run_get_azs},
    {"Fn::Cidr", run_cidr},
    {"Fn::Equals", run_truth},
    {"Fn::And", run_truth},
    {"Fn::Or", run_truth},
    {"Fn::Not", run_truth},
    {"Fn::Transform", run_transform},
    {"Fn::ForEach", run_transform},
    {"Fn::Length", run_transform},
    {"Fn::ToJsonString", run_transform},
};

const char *template_function(const json_t *object, json_t **argument)
{
    const char *name;
    json_t *value;
    if (json_object_size(object) != 1) return NULL;
    json_object_foreach((json_t *)object, name, value) {
        *argument = value;
        if (strcmp(name, "Ref") == 0 || strncmp(name, "Fn::", 4) == 0) return name;
    }
    return NULL;
}

static error call(struct template_scope *s, const struct place *up, const char *name,
                  const json_t *argument, json_t **out)
{
    struct place p = {up, name, 0};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcmp(name, functions[i].name) == 0) return functions[i].run(s, &p, argument, out);
    return place_fail(s, up, "%.100s is no function of templates", name);
}

/* ---- values ---- */

static error evaluate_members(struct template_scope *s, const struct place *p, const json_t *in,
                              json_t *out)
{
    const char *name;
    json_t *member, *value;
    json_object_foreach((json_t *)in, name, member) {
        struct place inner = {p, name, 0};
        TRY(evaluate(s, &inner, member, &value));
        if (value) json_object_set_new(out, name, value);
    }
    return OK;
}

static error evaluate_elements(struct template_scope *s, const struct place *p, const json_t *in,
                               json_t *out)
{
    json_t *value;
    for (size_t i = 0; i < json_array_size(in); i++) {
        struct place inner = {p, NULL, i};
        TRY(evaluate(s, &inner, json_array_get(in, i), &value));
        if (value) json_array_append_new(out, value);
    }
    return OK;
}

error evaluate(struct template_scope *s, const struct place *p, const json_t *in, json_t **out)
{
    json_t *argument;
    const char *name = json_is_object(in) ? template_function(in, &argument) : NULL;
    if (name) return call(s, p, name, argument, out);
    if (json_is_null(in)) return place_fail(s, p, "'null' values are not allowed in templates");
    if (!json_is_object(in) && !json_is_array(in)) {
        *out = json_incref((json_t *)in);
        return OK;
    }
    *out = json_is_object(in) ? json_object() : json_array();
    error e = json_is_object(in) ? evaluate_members(s, p, in, *out)
                                 : evaluate_elements(s, p, in, *out);
    if (e != OK) json_decref(*out);
    return e;
}

error template_evaluate(struct template_scope *s, const char *path, const json_t *value,
                        json_t **out)
{
    struct place root = {NULL, path, 0};
    return evaluate(s, &root, value, out);
}
