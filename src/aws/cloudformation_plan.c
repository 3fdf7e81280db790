/* Plans: a stack's template with its values over what exists; its outputs; what it would change. */
#include "aws/cloudformation.h"

/* ---- scope ---- */

static error import(struct template_scope *scope, const char *name, json_t **out)
{
    struct plan *p = scope->context;
    json_t *export;
    error e = stack_kept(p->stack->call, "cfn-export", name, &export);
    if (e == ERR_NOT_FOUND)
        return fail(ERR_VALIDATION, "No export named %.255s found. Rollback requested by user.", name);
    if (e != OK) return e;
    *out = json_incref(json_object_get(export, "Value"));
    json_decref(export);
    json_object_set_new(p->imports, name, json_true());
    return OK;
}

static json_t *pseudo_parameters(const struct stack *s)
{
    const struct call *c = s->call;
    json_t *arns = json_object_get(s->document, "NotificationARNs");
    json_t *out = json_pack("{s:s, s:s, s:s, s:s, s:O, s:O}", "AWS::AccountId", c->account,
                            "AWS::Region", c->region, "AWS::Partition", "aws", "AWS::URLSuffix",
                            "amazonaws.com", "AWS::StackName",
                            json_object_get(s->document, "StackName"), "AWS::StackId",
                            json_object_get(s->document, "StackId"));
    json_object_set_new(out, "AWS::NotificationARNs", arns ? json_incref(arns) : json_array());
    return out;
}

error plan_open(struct stack *s, bool planning, struct plan *p)
{
    *p = (struct plan){.stack = s, .imports = json_object()};
    error e = template_parse(span_of(json_text(s->document, "Template")), &p->document);
    if (e != OK) {
        json_decref(p->imports);
        *p = (struct plan){0};
        return e;
    }
    p->scope = (struct template_scope){
        .arena = s->call->arena, .document = p->document,
        .parameters = json_object_get(s->document, "Values"), .pseudo = pseudo_parameters(s),
        .conditions = json_object(), .resources = json_object_get(s->document, "Resources"),
        .planning = planning, .import = import, .context = p};
    e = template_decide(&p->scope);
    if (e == OK) e = template_order(p->document, s->call->arena, &p->order, &p->count);
    if (e != OK) plan_close(p);
    return e;
}

void plan_close(struct plan *p)
{
    json_decref(p->document);
    json_decref(p->imports);
    json_decref(p->scope.pseudo);
    json_decref(p->scope.conditions);
    *p = (struct plan){0};
}

/* ---- dynamic references: "{{resolve:ssm:NAME:VERSION}}" within texts ---- */

static error parameter_of(struct plan *p, span reference, const char **value)
{
    static const char ssm[] = "{{resolve:ssm:";
    struct call *c = p->stack->call;
    json_t *output;
    if (!span_starts(reference, ssm))
        return fail(ERR_VALIDATION, "Template error: Sluice does not serve the dynamic reference %.*s",
                    (int)(reference.size < 200 ? reference.size : 200), reference.data);
    size_t head = sizeof ssm - 1;
    const char *name = arena_text(c->arena, (span){reference.data + head, reference.size - head - 2});
    TRY(call_operation(c, "ssm", "GetParameter", json_pack("{s:s}", "Name", name), &output));
    const char *text = json_text(json_object_get(output, "Parameter"), "Value");
    *value = arena_text(c->arena, span_of(text));
    json_decref(output);
    return OK;
}

static error text_resolve(struct plan *p, const char *text, struct buffer *out)
{
    const char *start, *end, *value = NULL;
    while ((start = strstr(text, "{{resolve:")) && (end = strstr(start, "}}"))) {
        TRY(parameter_of(p, (span){start, (size_t)(end + 2 - start)}, &value));
        buffer_append(out, text, (size_t)(start - text));
        buffer_append_text(out, value);
        text = end + 2;
    }
    buffer_append_text(out, text);
    return OK;
}

/* The value with every reference replaced, in place; `value` itself may become another. */
static error resolve(struct plan *p, json_t **value)
{
    const char *name, *text = json_string_value(*value);
    json_t *inner;
    void *next;
    if (text && strstr(text, "{{resolve:")) {
        struct buffer out = {0};
        error e = text_resolve(p, text, &out);
        json_decref(*value);
        *value = e == OK ? json_from_span(buffer_span(&out)) : json_null();
        buffer_release(&out);
        return e;
    }
    json_object_foreach_safe(*value, next, name, inner) {
        inner = json_incref(inner);
        error e = resolve(p, &inner);
        json_object_set_new(*value, name, inner);
        TRY(e);
    }
    for (size_t i = 0; i < json_array_size(*value); i++) {
        inner = json_incref(json_array_get(*value, i));
        error e = resolve(p, &inner);
        json_array_set_new(*value, i, inner);
        TRY(e);
    }
    return OK;
}

const json_t *plan_resource(const struct plan *p, const char *logical)
{
    const json_t *declared = json_object_get(json_object_get(p->document, "Resources"), logical);
    return declared && template_wants(&p->scope, declared) ? declared : NULL;
}

error plan_properties(struct plan *p, const char *logical, json_t **out)
{
    const json_t *declared = plan_resource(p, logical);
    const struct resource_type *type = resource_type_find(json_text(declared, "Type"));
    const char *path = arena_printf(p->scope.arena, "/Resources/%s/Properties", logical);
    json_t *given = json_object_get(declared, "Properties"), *value = NULL;
    if (given) TRY(template_evaluate(&p->scope, path, given, &value));
    if (!value) value = json_object();
    error e = resolve(p, &value);
    if (e == OK) e = resource_properties(p->scope.arena, type, logical, value, out);
    json_decref(value);
    return e;
}

/* ---- outputs ---- */

static error output_text(struct plan *p, const char *path, const json_t *value, const char **text)
{
    json_t *out;
    TRY(template_evaluate(&p->scope, path, value, &out));
    *text = out ? template_text(p->scope.arena, out) : NULL;
    json_decref(out);
    return *text ? OK : fail(ERR_VALIDATION, "Template format error: [%.300s] Output is malformed: the "
                                             "value must be a text", path);
}

static error output_one(struct plan *p, const char *name, const json_t *output, json_t *list)
{
    const char *path = arena_printf(p->scope.arena, "/Outputs/%s", name), *text, *export = NULL;
    json_t *description = json_object_get(output, "Description");
    TRY(output_text(p, arena_printf(p->scope.arena, "%s/Value", path),
                    json_object_get(output, "Value"), &text));
    const json_t *named = json_object_get(json_object_get(output, "Export"), "Name");
    if (named) TRY(output_text(p, arena_printf(p->scope.arena, "%s/Export/Name", path), named, &export));
    json_t *shown = json_pack("{s:s, s:s}", "OutputKey", name, "OutputValue", text);
    if (description) json_object_set(shown, "Description", description);
    if (export) json_object_set_new(shown, "ExportName", json_string(export));
    json_array_append_new(list, shown);
    return OK;
}

error plan_outputs(struct plan *p, json_t **out)
{
    const char *name;
    json_t *output;
    *out = json_array();
    json_object_foreach(json_object_get(p->document, "Outputs"), name, output) {
        if (!template_wants(&p->scope, output)) continue;
        error e = output_one(p, name, output, *out);
        if (e != OK) {
            json_decref(*out);
            return e;
        }
    }
    return OK;
}

/* ---- changes ---- */

struct comparing {
    struct plan *plan;
    json_t *resources; /* records, without those that will be replaced: what is known for sure */
    json_t *changes;
};

static json_t *printed(const json_t *value)
{
    struct buffer text = {0};
    json_print(&text, value);
    json_t *out = json_is_string(value) ? json_incref((json_t *)value)
                                        : json_from_span(buffer_span(&text));
    buffer_release(&text);
    return out;
}

static json_t *context_of(const json_t *properties)
{
    struct buffer text = {0};
    json_t *wrapped = json_pack("{s:O}", "Properties", (json_t *)properties);
    json_print(&text, wrapped);
    json_t *out = json_from_span(buffer_span(&text));
    json_decref(wrapped);
    buffer_release(&text);
    return out;
}

static void change_add(struct comparing *x, const char *action, const char *logical,
                       const char *type, const char *physical, json_t *more)
{
    json_t *change = json_pack("{s:s, s:s, s:s}", "Action", action, "LogicalResourceId", logical,
                               "ResourceType", type);
    if (physical) json_object_set_new(change, "PhysicalResourceId", json_string(physical));
    json_object_update(change, more);
    json_decref(more);
    json_array_append_new(x->changes, json_pack("{s:s, s:o}", "Type", "Resource", "ResourceChange",
                                                change));
}

/* One property that differs. */
static json_t *detail(struct call *c, const struct resource_type *type, const char *name,
                      json_t *before, json_t *after)
{
    bool replaces = !type->update || resource_replaced_by(type, name);
    json_t *target = json_pack("{s:s, s:s, s:s, s:s, s:s}", "Attribute", "Properties", "Name", name,
                               "RequiresRecreation", replaces ? "Always" : "Never", "Path",
                               arena_printf(c->arena, "/Properties/%s", name), "AttributeChangeType",
                               !before ? "Add" : !after ? "Remove" : "Modify");
    if (before) json_object_set_new(target, "BeforeValue", printed(before));
    if (after) json_object_set_new(target, "AfterValue", printed(after));
    return json_pack("{s:o, s:s, s:s}", "Target", target, "Evaluation", "Static", "ChangeSource",
                     "DirectModification");
}

static json_t *details(struct call *c, const struct resource_type *type, const json_t *before,
                       const json_t *after)
{
    const char *name;
    json_t *value, *list = json_array();
    json_object_foreach((json_t *)after, name, value) {
        json_t *old = json_object_get(before, name);
        if (!old || !json_equal(old, value))
            json_array_append_new(list, detail(c, type, name, old, value));
    }
    json_object_foreach((json_t *)before, name, value)
        if (!json_object_get(after, name))
            json_array_append_new(list, detail(c, type, name, value, NULL));
    return list;
}

static error compare_one(struct comparing *x, const char *logical)
{
    struct call *c = x->plan->stack->call;
    const json_t *declared = plan_resource(x->plan, logical);
    const json_t *record = json_object_get(x->resources, logical);
    const char *physical = json_text(record, "PhysicalId");
    json_t *after;
    if (!declared) return OK;
    const struct resource_type *type = resource_type_find(json_text(declared, "Type"));
    TRY(plan_properties(x->plan, logical, &after));
    const json_t *before = json_object_get(record, "Properties");
    if (!physical) {
        change_add(x, "Add", logical, type->name, NULL,
                   json_pack("{s:[], s:[], s:o}", "Scope", "Details", "AfterContext", context_of(after)));
        json_decref(after);
        return OK;
    }
    enum change change = resource_change(type, before, after);
    bool replaced = change == CHANGE_REPLACE;
    if (change != CHANGE_NONE)
        change_add(x, "Modify", logical, type->name, physical,
                   json_pack("{s:s, s:[s], s:o, s:o, s:o}", "Replacement", replaced ? "True" : "False",
                             "Scope", "Properties", "Details", details(c, type, before, after),
                             "BeforeContext", context_of(before), "AfterContext", context_of(after)));
    json_decref(after);
    if (replaced) json_object_del(x->resources, logical);
    return OK;
}

static void compare_gone(struct comparing *x, const json_t *records)
{
    const char *logical;
    json_t *record;
    json_object_foreach((json_t *)records, logical, record)
        if (!plan_resource(x->plan, logical) && json_text(record, "PhysicalId"))
            change_add(x, "Remove", logical, json_text(record, "Type"), json_text(record, "PhysicalId"),
                       json_pack("{s:[], s:[], s:s, s:o}", "Scope", "Details", "PolicyAction",
                                 json_is_set(record, "Retain") ? "Retain" : "Delete",
                                 "BeforeContext", context_of(json_object_get(record, "Properties"))));
}

/* Whether more than properties differs: attributes of resources, outputs, values of parameters. */
static error other_changes(struct plan *p, const json_t *before, bool *out)
{
    json_t *old;
    const json_t *now = p->stack->document;
    static const char *const kept[] = {"Tags", "Values", "NotificationARNs"};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        const json_t *a = json_object_get(before, kept[i]), *b = json_object_get(now, kept[i]);
        if (a && b ? !json_equal(a, b) : json_array_size(a) + json_array_size(b) != 0) *out = true;
    }
    TRY(template_parse(span_of(json_text(before, "Template")), &old));
    if (!json_equal(json_object_get(old, "Resources"), json_object_get(p->document, "Resources")))
        *out = true;
    const json_t *a = json_object_get(old, "Outputs"), *b = json_object_get(p->document, "Outputs");
    if (json_object_size(a) + json_object_size(b) && (!a || !b || !json_equal(a, b))) *out = true;
    json_decref(old);
    return OK;
}

static error compare(struct plan *p, const json_t *before, json_t *changes, bool *other)
{
    json_t *records = json_object_get(p->stack->document, "Resources");
    struct comparing x = {p, json_copy(records), changes};
    p->scope.resources = x.resources;
    error e = OK;
    for (size_t i = 0; i < p->count && e == OK; i++) e = compare_one(&x, p->order[i]);
    if (e == OK) compare_gone(&x, records);
    if (e == OK && json_text(before, "Template")) e = other_changes(p, before, other);
    json_decref(x.resources);
    return e;
}

error plan_changes(struct stack *s, const json_t *before, json_t **out, bool *other)
{
    struct plan p;
    TRY(plan_open(s, true, &p));
    *other = false;
    *out = json_array();
    error e = compare(&p, before, *out, other);
    plan_close(&p);
    if (e != OK) json_decref(*out);
    return e;
}
