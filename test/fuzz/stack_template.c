/* Any bytes as a template: parsed, checked, put in order, its conditions decided and everything that
 * can be evaluated evaluated, once as a plan and once as if all resources existed. */
#include "stack/stack.h"

static error stored(void *context, const char *name, char **value)
{
    *value = arena_text(context, span_of(name));
    return OK;
}

static error imported(struct template_scope *s, const char *name, json_t **out)
{
    (void)s;
    *out = json_string(name);
    return OK;
}

static void evaluate(struct template_scope *s, const char *section, const char *member)
{
    const char *name;
    json_t *thing, *value;
    json_object_foreach(json_object_get(s->document, section), name, thing) {
        const json_t *inner = json_object_get(thing, member);
        if (inner && template_wants(s, thing) && template_evaluate(s, "/", inner, &value) == OK)
            json_decref(value);
    }
}

static void run(struct arena *arena, const json_t *document, json_t *parameters, bool planning)
{
    struct template_scope s = {
        .arena = arena, .document = document, .parameters = parameters, .planning = planning,
        .pseudo = json_pack("{s:s}", "AWS::Region", "eu-west-1"), .conditions = json_object(),
        .import = imported};
    json_t *records = json_object(), *resource;
    const char *name;
    json_object_foreach(json_object_get(document, "Resources"), name, resource)
        json_object_set_new(records, name, json_pack("{s:s, s:{s:s}}", "PhysicalId", name, "Attributes",
                                                     "Arn", "arn"));
    if (!planning) s.resources = records;
    if (template_decide(&s) == OK) {
        evaluate(&s, "Resources", "Properties");
        evaluate(&s, "Outputs", "Value");
    }
    json_decref(records);
    json_decref(s.pseudo);
    json_decref(s.conditions);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    json_t *document, *parameters;
    if (template_parse((span){(const char *)data, size}, &document) != OK) return 0;
    if (template_check(document) == OK &&
        template_parameters(document, NULL, stored, &arena, &arena, &parameters) == OK) {
        run(&arena, document, parameters, true);
        run(&arena, document, parameters, false);
        json_decref(parameters);
    }
    json_decref(document);
    arena_release(&arena);
    return 0;
}
