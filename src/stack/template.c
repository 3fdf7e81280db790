/* Text to document, and everything about a template that can be checked before its parameters are
 * known. */
#include "stack/internal.h"

#include <ctype.h>

enum { DESCRIPTION_MAX = 1024 };

/* ---- text ---- */

static error depth_check(const json_t *value, int depth)
{
    const char *name;
    json_t *inner;
    size_t i;
    if (depth > TEMPLATE_DEPTH_MAX)
        return fail(ERR_VALIDATION, "Template format error: nested deeper than %d levels",
                    TEMPLATE_DEPTH_MAX);
    json_object_foreach((json_t *)value, name, inner) TRY(depth_check(inner, depth + 1));
    json_array_foreach(value, i, inner) TRY(depth_check(inner, depth + 1));
    return OK;
}

error template_parse(span text, json_t **out)
{
    span trimmed = span_trim(text);
    if (utf8_valid_prefix(text) != text.size)
        return fail(ERR_VALIDATION, "Template format error: the template is no UTF-8");
    bool json = trimmed.size && trimmed.data[0] == '{';
    error e = json ? json_read(text, out) : yaml_read(text, out);
    if (e == ERR_PARSE) {
        char words[200];
        snprintf(words, sizeof words, "%s", error_text());
        return fail(ERR_VALIDATION, "Template format error: JSON not well-formed. %s",
                    words + strlen("JSON: "));
    }
    if (e == OK && !json_is_object(*out))
        e = fail(ERR_VALIDATION, "Template format error: unsupported structure.");
    else if (e == OK) e = depth_check(*out, 0);
    else return e;
    if (e != OK) json_decref(*out);
    return e;
}

/* ---- shapes ---- */

struct shape { const char *name; char kind; }; /* o object, s string, l list, a any, d DependsOn */

static bool kind_is(const json_t *value, char kind)
{
    switch (kind) {
    case 'o': return json_is_object(value);
    case 's': return json_is_string(value);
    case 'l': return json_is_array(value);
    case 'v': return !json_is_object(value) && !json_is_array(value) && !json_is_null(value);
    case 'd': return json_is_string(value) || json_is_array(value);
    default: return !json_is_null(value);
    }
}

static const char *kind_words(char kind)
{
    switch (kind) {
    case 'o': return "an object";
    case 's': return "a string";
    case 'l': return "a list";
    case 'v': return "a string or a number";
    case 'd': return "a string or a list of strings";
    default: return "a value";
    }
}

static error shape_check(const char *path, const json_t *thing, const struct shape *rows,
                         const char *unknown)
{
    const char *name;
    json_t *value;
    if (!json_is_object(thing))
        return fail(ERR_VALIDATION, "Template format error: [%.300s] must be an object", path);
    json_object_foreach((json_t *)thing, name, value) {
        const struct shape *row = rows;
        while (row->name && strcmp(row->name, name) != 0) row++;
        if (!row->name)
            return fail(ERR_VALIDATION, "Template format error: [%.300s] %s [%.255s]", path, unknown,
                        name);
        if (!kind_is(value, row->kind))
            return fail(ERR_VALIDATION, "Template format error: [%.300s%s%.255s] must be %s", path,
                        path[1] ? "/" : "", name, kind_words(row->kind));
    }
    return OK;
}

static bool is_logical_id(const char *name)
{
    size_t size = 0;
    while (isalnum((unsigned char)name[size])) size++;
    return size && size <= 255 && !name[size];
}

/* Every member of a section: its name and its shape. */
static error members_check(struct arena *arena, const json_t *document, const char *section,
                           const struct shape *rows, const char *unknown, size_t most)
{
    const char *name;
    json_t *thing;
    const json_t *all = json_object_get(document, section);
    if (json_object_size(all) > most)
        return fail(ERR_VALIDATION, "Template format error: Number of %s, %zu, is greater than "
                                    "maximum allowed, %zu", section, json_object_size(all), most);
    json_object_foreach((json_t *)all, name, thing) {
        const char *path = arena_printf(arena, "/%s/%.255s", section, name);
        if (!is_logical_id(name))
            return fail(ERR_VALIDATION, "Template format error: [%.300s] %.*s name %.255s is non "
                                        "alphanumeric.", path, (int)strlen(section) - 1, section,
                        name);
        TRY(shape_check(path, thing, rows, unknown));
    }
    return OK;
}

static const struct shape sections[] = {
    {"AWSTemplateFormatVersion", 's'}, {"Description", 's'}, {"Metadata", 'o'}, {"Parameters", 'o'},
    {"Rules", 'o'}, {"Mappings", 'o'}, {"Conditions", 'o'}, {"Transform", 'a'}, {"Resources", 'o'},
    {"Outputs", 'o'}, {"Hooks", 'o'}, {0}};
static const struct shape parameter_rows[] = {
    {"Type", 's'}, {"Default", 'v'}, {"Description", 's'}, {"AllowedValues", 'l'},
    {"AllowedPattern", 's'}, {"ConstraintDescription", 's'}, {"NoEcho", 'v'}, {"MinLength", 'v'},
    {"MaxLength", 'v'}, {"MinValue", 'v'}, {"MaxValue", 'v'}, {0}};
static const struct shape resource_rows[] = {
    {"Type", 's'}, {"Properties", 'o'}, {"DependsOn", 'd'}, {"Metadata", 'o'}, {"Condition", 's'},
    {"DeletionPolicy", 's'}, {"UpdateReplacePolicy", 's'}, {"CreationPolicy", 'o'},
    {"UpdatePolicy", 'o'}, {0}};
static const struct shape output_rows[] = {
    {"Value", 'a'}, {"Description", 's'}, {"Export", 'o'}, {"Condition", 's'}, {0}};
static const struct shape rule_rows[] = {{"RuleCondition", 'o'}, {"Assertions", 'l'}, {0}};

/* ---- sections ---- */

static error header_check(const json_t *document)
{
    const char *version = json_text(document, "AWSTemplateFormatVersion");
    const char *description = json_text(document, "Description");
    TRY(shape_check("/", document, sections, "Invalid template property or properties"));
    if (version && strcmp(version, "2010-09-09") != 0)
        return fail(ERR_VALIDATION, "Template format error: [/AWSTemplateFormatVersion] Invalid "
                                    "template version %.40s: the only one is 2010-09-09", version);
    if (description && strlen(description) > DESCRIPTION_MAX)
        return fail(ERR_VALIDATION, "Template format error: [/Description] 'Description' length is "
                                    "greater than %d.", DESCRIPTION_MAX);
    if (json_object_get(document, "Transform"))
        return fail(ERR_VALIDATION, "Template format error: [/Transform] Sluice does not serve "
                                    "transforms and macros");
    if (json_object_get(document, "Hooks"))
        return fail(ERR_VALIDATION, "Template format error: [/Hooks] Sluice does not serve hooks");
    if (!json_object_size(json_object_get(document, "Resources")))
        return fail(ERR_VALIDATION, "Template format error: [/Resources] At least one Resources "
                                    "member must be defined.");
    return OK;
}

static bool is_parameter_type(const char *type)
{
    static const char *const plain[] = {"String", "Number", "CommaDelimitedList", "List<Number>",
                                        "List<String>"};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (strcmp(type, plain[i]) == 0) return true;
    return strncmp(type, "AWS::", 5) == 0 || strncmp(type, "List<AWS::", 10) == 0;
}

static error parameters_check(const json_t *document)
{
    const char *name;
    json_t *parameter;
    json_object_foreach(json_object_get(document, "Parameters"), name, parameter) {
        const char *type = json_text(parameter, "Type");
        if (!type)
            return fail(ERR_VALIDATION, "Template format error: [/Parameters/%.255s] Every Parameters "
                                        "object must contain a Type member.", name);
        if (!is_parameter_type(type))
            return fail(ERR_VALIDATION, "Template format error: [/Parameters/%.255s/Type] "
                                        "Unrecognized parameter type: %.100s", name, type);
    }
    return OK;
}

static error mappings_check(const json_t *document)
{
    const char *map, *key, *name;
    json_t *keys, *names, *value;
    json_object_foreach(json_object_get(document, "Mappings"), map, keys) {
        if (!json_is_object(keys))
            return fail(ERR_VALIDATION, "Template format error: [/Mappings/%.255s] Every Mappings "
                                        "member must be a map", map);
        json_object_foreach(keys, key, names) {
            if (!json_is_object(names))
                return fail(ERR_VALIDATION, "Template format error: [/Mappings/%.255s/%.255s] Every "
                                            "Mappings attribute must be a map", map, key);
            json_object_foreach(names, name, value)
                if (json_is_object(value) || json_is_null(value))
                    return fail(ERR_VALIDATION, "Template format error: [/Mappings/%.200s/%.200s/"
                                                "%.200s] Every Mappings attribute must be a String or "
                                                "a List.", map, key, name);
        }
    }
    return OK;
}

static error policy_check(const char *id, const json_t *resource, const char *name)
{
    static const char *const policies[] = {"Delete", "Retain", "Snapshot", "RetainExceptOnCreate"};
    const char *policy = json_text(resource, name);
    bool update = strcmp(name, "UpdateReplacePolicy") == 0;
    if (!policy) return OK;
    for (size_t i = 0; i < sizeof policies / sizeof *policies - update; i++)
        if (strcmp(policy, policies[i]) == 0) {
            if (strcmp(policy, "Snapshot") != 0) return OK;
            return fail(ERR_VALIDATION, "Template error: [/Resources/%.255s/%s] resource type %.100s "
                                        "does not support %s Snapshot", id, name,
                        json_text(resource, "Type"), name);
        }
    return fail(ERR_VALIDATION, "Template format error: [/Resources/%.255s/%s] Unrecognized %s "
                                "%.60s", id, name, name, policy);
}

static error resources_check(const json_t *document)
{
    const char *id;
    json_t *resource;
    json_object_foreach(json_object_get(document, "Resources"), id, resource) {
        if (!json_text(resource, "Type"))
            return fail(ERR_VALIDATION, "Template format error: [/Resources/%.255s] Every Resources "
                                        "object must contain a Type member.", id);
        if (json_object_get(resource, "CreationPolicy") || json_object_get(resource, "UpdatePolicy"))
            return fail(ERR_VALIDATION, "Template format error: [/Resources/%.255s] Sluice serves no "
                                        "resource type with a CreationPolicy or an UpdatePolicy", id);
        TRY(policy_check(id, resource, "DeletionPolicy"));
        TRY(policy_check(id, resource, "UpdateReplacePolicy"));
    }
    return OK;
}

static error outputs_check(const json_t *document)
{
    const char *name;
    json_t *output;
    json_object_foreach(json_object_get(document, "Outputs"), name, output) {
        const json_t *export = json_object_get(output, "Export");
        if (!json_object_get(output, "Value"))
            return fail(ERR_VALIDATION, "Template format error: [/Outputs/%.255s] Every Outputs member "
                                        "must contain a Value object", name);
        if (export && (json_object_size(export) != 1 || !json_object_get(export, "Name")))
            return fail(ERR_VALIDATION, "Template format error: [/Outputs/%.255s/Export] Export must "
                                        "contain a Name and nothing else", name);
    }
    return OK;
}

/* ---- references ---- */

struct checking {
    struct arena *arena;
    const json_t *document;
    const char *block;
    struct buffer missing; /* "A, B" */
    char first[300];       /* where the first of them stands */
};

static bool is_pseudo(const char *name)
{
    static const char *const names[] = {"AccountId", "NotificationARNs", "NoValue", "Partition",
                                        "Region", "StackId", "StackName", "URLSuffix"};
    if (strncmp(name, "AWS::", 5) != 0) return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name + 5, names[i]) == 0) return true;
    return false;
}

static error target(void *context, const char *path, const char *id, const char *attribute)
{
    struct checking *c = context;
    bool parameter = !attribute &&
                     (is_pseudo(id) || json_object_get(json_object_get(c->document, "Parameters"), id));
    if (parameter || json_object_get(json_object_get(c->document, "Resources"), id)) return OK;
    if (!c->missing.size) snprintf(c->first, sizeof c->first, "%s", path);
    buffer_printf(&c->missing, "%s%.255s", c->missing.size ? ", " : "", id);
    return OK;
}

/* Conditions and rules are decided before there are resources. */
static error parameter_target(void *context, const char *path, const char *id, const char *attribute)
{
    struct checking *c = context;
    if (!attribute && (is_pseudo(id) || json_object_get(json_object_get(c->document, "Parameters"), id)))
        return OK;
    return fail(ERR_VALIDATION, "Template format error: [%.300s] Unresolved dependencies [%.255s]. Cannot "
                                "reference resources in the %s block of the template", path, id, c->block);
}

static error decided_check(struct arena *arena, const json_t *document, const char *block)
{
    struct checking c = {.arena = arena, .document = document, .block = block};
    const json_t *all = json_object_get(document, block);
    return all ? template_references(arena, arena_printf(arena, "/%s", block), all, parameter_target, &c)
               : OK;
}

static error depends_check(struct checking *c, const char *id, const json_t *resource)
{
    const json_t *depends = json_object_get(resource, "DependsOn");
    const char *path = arena_printf(c->arena, "/Resources/%.255s/DependsOn", id);
    if (json_is_string(depends)) return target(c, path, json_string_value(depends), "");
    for (size_t i = 0; i < json_array_size(depends); i++) {
        const char *name = json_string_value(json_array_get(depends, i));
        if (!name)
            return fail(ERR_VALIDATION, "Template format error: [%.300s] Every DependsOn value must be "
                                        "a string.", path);
        TRY(target(c, path, name, ""));
    }
    return OK;
}

static error condition_check(const struct checking *c, const char *name, const json_t *thing)
{
    const char *condition = json_text(thing, "Condition");
    if (!condition || json_object_get(json_object_get(c->document, "Conditions"), condition))
        return OK;
    return fail(ERR_VALIDATION, "Template format error: [/%s/%.255s/Condition] Unresolved condition "
                                "dependency %.255s in the %s block of the template", c->block, name,
                condition, c->block);
}

static error things_check(struct checking *c)
{
    const char *name;
    json_t *thing;
    bool resources = strcmp(c->block, "Resources") == 0;
    json_object_foreach(json_object_get(c->document, c->block), name, thing) {
        const char *member = resources ? "Properties" : "Value";
        TRY(condition_check(c, name, thing));
        if (resources) TRY(depends_check(c, name, thing));
        TRY(template_references(c->arena, arena_printf(c->arena, "/%s/%s/%s", c->block, name, member),
                                json_object_get(thing, member), target, c));
    }
    if (!c->missing.size) return OK;
    return fail(ERR_VALIDATION, "Template format error: [%.300s] Unresolved resource dependencies "
                                "[%.500s] in the %s block of the template", c->first,
                buffer_text(&c->missing), c->block);
}

static error references_check(struct arena *arena, const json_t *document)
{
    static const char *const blocks[] = {"Resources", "Outputs"};
    const char **names;
    size_t count;
    TRY(decided_check(arena, document, "Conditions"));
    TRY(decided_check(arena, document, "Rules"));
    for (int i = 0; i < 2; i++) {
        struct checking c = {.arena = arena, .document = document, .block = blocks[i]};
        error e = things_check(&c);
        buffer_release(&c.missing);
        TRY(e);
    }
    return template_order(document, arena, &names, &count);
}

static error check_in(struct arena *arena, const json_t *d)
{
    static const char invalid[] = "Invalid template resource property";
    TRY(header_check(d));
    TRY(members_check(arena, d, "Parameters", parameter_rows, "Invalid template parameter property",
                      TEMPLATE_PARAMETERS_MAX));
    TRY(members_check(arena, d, "Resources", resource_rows, invalid, TEMPLATE_RESOURCES_MAX));
    TRY(members_check(arena, d, "Outputs", output_rows, "Invalid template output property",
                      TEMPLATE_OUTPUTS_MAX));
    TRY(members_check(arena, d, "Rules", rule_rows, "Invalid template rule property",
                      TEMPLATE_RESOURCES_MAX));
    TRY(parameters_check(d));
    TRY(mappings_check(d));
    TRY(resources_check(d));
    TRY(outputs_check(d));
    return references_check(arena, d);
}

error template_check(const json_t *document)
{
    struct arena arena = {0};
    error e = check_in(&arena, document);
    arena_release(&arena);
    return e;
}
