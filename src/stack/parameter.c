/* Parameters: given texts, defaults and stored values become the values that Ref gives, checked
 * against what the template allows. */
#include "stack/internal.h"

#include <regex.h>
#include <stdlib.h>

static const struct { const char *name; bool list; } types[] = {
    {"String", false}, {"Number", false}, {"List<Number>", true}, {"CommaDelimitedList", true},
    {"List<String>", true},
};

#define STORED "AWS::SSM::Parameter::Value<"

bool template_parameter_is_stored(const char *type, bool *list)
{
    bool stored = strncmp(type, STORED, sizeof STORED - 1) == 0;
    const char *inner = stored ? type + sizeof STORED - 1 : "";
    *list = stored && (strncmp(inner, "List<", 5) == 0 || strncmp(inner, "Comma", 5) == 0);
    return stored;
}

/* AWS's own types ("AWS::EC2::VPC::Id", "List<...>") are texts here; false: no such type. */
static bool type_is_list(const char *type, bool *list)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(type, types[i].name) == 0) {
            *list = types[i].list;
            return true;
        }
    *list = strncmp(type, "List<AWS::", 10) == 0;
    return *list || strncmp(type, "AWS::", 5) == 0;
}

/* ---- constraints ---- */

static error refuse(const char *name, const json_t *parameter, const char *format, const char *more)
{
    const char *told = json_text(parameter, "ConstraintDescription");
    if (told)
        return fail(ERR_VALIDATION, "Parameter '%.255s' failed to satisfy constraint: %.500s", name, told);
    return fail(ERR_VALIDATION, "Parameter '%.255s' must %s %.500s", name, format, more);
}

static error pattern_check(const char *name, const json_t *parameter, const char *value)
{
    const char *pattern = json_text(parameter, "AllowedPattern");
    regex_t compiled;
    regmatch_t found;
    if (!pattern) return OK;
    if (regcomp(&compiled, pattern, REG_EXTENDED) != 0)
        return fail(ERR_VALIDATION, "Template error: [/Parameters/%.255s/AllowedPattern] %.300s is no "
                                    "regular expression", name, pattern);
    bool good = regexec(&compiled, value, 1, &found, 0) == 0 && found.rm_so == 0 &&
                (size_t)found.rm_eo == strlen(value);
    regfree(&compiled);
    return good ? OK : refuse(name, parameter, "match pattern", pattern);
}

static error allowed_check(struct arena *arena, const char *name, const json_t *parameter,
                           const char *value)
{
    const json_t *allowed = json_object_get(parameter, "AllowedValues");
    struct buffer told = {0};
    bool good = !allowed;
    for (size_t i = 0; !good && i < json_array_size(allowed); i++) {
        const char *one = template_text(arena, json_array_get(allowed, i));
        good = one && strcmp(one, value) == 0;
        buffer_printf(&told, "%s%.100s", i ? ", " : "", one ? one : "?");
    }
    const char *list = arena_text(arena, buffer_span(&told));
    buffer_release(&told);
    return good ? OK : refuse(name, parameter, "be one of AllowedValues:", list);
}

/* A bound of the parameter, which templates also write as text. */
static bool bound_of(struct arena *arena, const json_t *parameter, const char *name, double *out)
{
    const json_t *bound = json_object_get(parameter, name);
    const char *text = bound ? template_text(arena, bound) : NULL;
    if (text) *out = strtod(text, NULL);
    return text != NULL;
}

static error range_check(struct arena *arena, const char *name, const json_t *parameter,
                         const char *value)
{
    bool number = strstr(json_text(parameter, "Type"), "Number") != NULL;
    double bound, size = (double)utf8_count(span_of(value));
    char *end = "";
    if (number) size = strtod(value, &end);
    if (number && (*end || !*value))
        return fail(ERR_VALIDATION, "Parameter '%.255s' must be a number", name);
    const char *least = number ? "MinValue" : "MinLength", *most = number ? "MaxValue" : "MaxLength";
    if (bound_of(arena, parameter, least, &bound) && size < bound)
        return refuse(name, parameter, number ? "be a number not less than" : "contain at least",
                      arena_printf(arena, number ? "%.15g" : "%.15g characters", bound));
    if (bound_of(arena, parameter, most, &bound) && size > bound)
        return refuse(name, parameter, number ? "be a number not greater than" : "contain at most",
                      arena_printf(arena, number ? "%.15g" : "%.15g characters", bound));
    return OK;
}

static error value_check(struct arena *arena, const char *name, const json_t *parameter,
                         const char *value)
{
    TRY(pattern_check(name, parameter, value));
    TRY(allowed_check(arena, name, parameter, value));
    return range_check(arena, name, parameter, value);
}

/* ---- values ---- */

static json_t *list_of(const char *text)
{
    json_t *list = json_array();
    while (*text) {
        size_t size = strcspn(text, ",");
        json_array_append_new(list, json_from_span(span_trim((span){text, size})));
        text += size + (text[size] != '\0');
    }
    return list;
}

static error elements_check(struct arena *arena, const char *name, const json_t *parameter,
                            const json_t *value)
{
    if (!json_is_array(value)) return value_check(arena, name, parameter, json_string_value(value));
    for (size_t i = 0; i < json_array_size(value); i++)
        TRY(value_check(arena, name, parameter, json_string_value(json_array_get(value, i))));
    return OK;
}

struct reading {
    struct arena *arena;
    template_find *find;
    void *context;
};

static error parameter_read(const struct reading *r, const char *name, const json_t *parameter,
                            const json_t *given, json_t **out)
{
    const json_t *chosen = given ? given : json_object_get(parameter, "Default");
    const char *type = json_text(parameter, "Type"), *text = template_text(r->arena, chosen);
    char *found;
    bool list;
    bool stored = template_parameter_is_stored(type, &list);
    if (!text) return fail(ERR_VALIDATION, "Parameter '%.255s' must be a text", name);
    if (stored) {
        TRY(value_check(r->arena, name, parameter, text));
        TRY(r->find(r->context, text, &found));
        *out = list ? list_of(found) : json_string(found);
        return OK;
    }
    CHECK(type_is_list(type, &list));
    *out = list ? list_of(text) : json_string(text);
    error e = elements_check(r->arena, name, parameter, *out);
    if (e != OK) json_decref(*out);
    return e;
}

/* Every parameter without a default has a value, every value a parameter. */
static error names_check(const json_t *declared, const json_t *given)
{
    const char *name;
    json_t *thing;
    struct buffer missing = {0}, unknown = {0};
    json_object_foreach((json_t *)declared, name, thing)
        if (!json_object_get(given, name) && !json_object_get(thing, "Default"))
            buffer_printf(&missing, "%s%.255s", missing.size ? ", " : "", name);
    json_object_foreach((json_t *)given, name, thing)
        if (!json_object_get(declared, name))
            buffer_printf(&unknown, "%s%.255s", unknown.size ? ", " : "", name);
    error e = OK;
    if (unknown.size)
        e = fail(ERR_VALIDATION, "Parameters: [%.900s] do not exist in the template",
                 buffer_text(&unknown));
    else if (missing.size)
        e = fail(ERR_VALIDATION, "Parameters: [%.900s] must have values", buffer_text(&missing));
    buffer_release(&missing);
    buffer_release(&unknown);
    return e;
}

error template_parameters(const json_t *document, const json_t *given, template_find *find,
                          void *context, struct arena *arena, json_t **out)
{
    const json_t *declared = json_object_get(document, "Parameters");
    const struct reading r = {arena, find, context};
    const char *name;
    json_t *parameter, *value = NULL;
    TRY(names_check(declared, given));
    *out = json_object();
    json_object_foreach((json_t *)declared, name, parameter) {
        error e = parameter_read(&r, name, parameter, json_object_get(given, name), &value);
        if (e != OK) {
            json_decref(*out);
            return e;
        }
        json_object_set_new(*out, name, value);
    }
    return OK;
}
