/* Templates against data files: broken ones and the error that names the place; expressions and
 * their values; YAML and the JSON that it means. */
#include "stack/stack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- a scope with everything in it ---- */

static error stored(void *context, const char *name, char **value)
{
    struct arena *arena = context;
    if (strcmp(name, "/stored") != 0)
        return (fail)(ERR_VALIDATION, "Unable to fetch parameters [%s] from parameter store", name);
    *value = arena_text(arena, SPAN("kept"));
    return OK;
}

static error imported(struct template_scope *s, const char *name, json_t **out)
{
    (void)s;
    if (strcmp(name, "other:name") != 0) return (fail)(ERR_VALIDATION, "No export named %s found", name);
    *out = json_string("theirs");
    return OK;
}

static json_t *records(const json_t *document)
{
    const char *name;
    json_t *resource, *out = json_object();
    json_object_foreach(json_object_get(document, "Resources"), name, resource)
        json_object_set_new(out, name, json_pack("{s:s+, s:{s:s}}", "PhysicalId", "id-", name,
                                                 "Attributes", "Arn", "arn:of:it"));
    return out;
}

static struct template_scope scope_make(struct arena *arena, const json_t *document)
{
    return (struct template_scope){
        .arena = arena, .document = document, .conditions = json_object(), .resources = records(document),
        .pseudo = json_pack("{s:s, s:s, s:s, s:[s]}", "AWS::Region", "eu-west-1", "AWS::AccountId",
                            "123456789012", "AWS::Partition", "aws", "AWS::NotificationARNs", "arn"),
        .import = imported};
}

static void scope_free(struct template_scope *s)
{
    json_decref(s->parameters);
    json_decref(s->pseudo);
    json_decref(s->conditions);
    json_decref((json_t *)s->resources);
}

/* Everything of the template that can be evaluated. */
static error evaluate_all(struct template_scope *s)
{
    const char *name;
    json_t *thing, *value;
    TRY(template_decide(s));
    json_object_foreach(json_object_get(s->document, "Resources"), name, thing) {
        const json_t *properties = json_object_get(thing, "Properties");
        if (!properties || !template_wants(s, thing)) continue;
        TRY(template_evaluate(s, arena_printf(s->arena, "/Resources/%s/Properties", name), properties,
                              &value));
        json_decref(value);
    }
    json_object_foreach(json_object_get(s->document, "Outputs"), name, thing) {
        TRY(template_evaluate(s, arena_printf(s->arena, "/Outputs/%s/Value", name),
                              json_object_get(thing, "Value"), &value));
        bool text = value && template_text(s->arena, value);
        json_decref(value);
        if (!text) return (fail)(ERR_VALIDATION, "[/Outputs/%s/Value] must be a text", name);
    }
    return OK;
}

static error whole(struct arena *arena, span text, const json_t *given)
{
    json_t *document;
    TRY(template_parse(text, &document));
    struct template_scope s = scope_make(arena, document);
    error e = template_check(document);
    if (e == OK) e = template_parameters(document, given, stored, arena, arena, &s.parameters);
    if (e != OK) s.parameters = NULL;
    else e = evaluate_all(&s);
    scope_free(&s);
    json_decref(document);
    return e;
}

/* ---- data files: one JSON object in a line ---- */

static void each_line(const char *path, void (*run)(struct arena *, const json_t *line))
{
    struct buffer file = {0};
    struct arena arena = {0};
    size_t count = 0;
    assert_int_equal(file_read_whole(path, &file, 1 << 20), OK);
    for (const char *at = buffer_text(&file); *at;) {
        size_t size = strcspn(at, "\n");
        json_t *line;
        assert_int_equal(json_read((span){at, size}, &line), OK);
        run(&arena, line);
        json_decref(line);
        arena_reset(&arena);
        count++;
        at += size + (at[size] == '\n');
    }
    print_message("%zu lines of %s\n", count, path);
    buffer_release(&file);
    arena_release(&arena);
}

static void broken(struct arena *arena, const json_t *line)
{
    const json_t *template = json_object_get(line, "template");
    struct buffer text = {0};
    if (json_is_string(template)) buffer_append_text(&text, json_string_value(template));
    else json_print(&text, template);
    error e = whole(arena, buffer_span(&text), json_object_get(line, "parameters"));
    buffer_release(&text);
    const char *got = e == OK ? "nothing" : error_text(), *want = json_text(line, "error");
    if (getenv("STACK_TEMPLATE_PRINT")) printf("%s\t%s\n", json_text(line, "why"), got);
    else if (strcmp(got, want) != 0) fail_msg("%s: %s instead of %s", json_text(line, "why"), got, want);
    if (e != OK) assert_int_equal(e, ERR_VALIDATION);
}

static void broken_templates_name_the_place(void **state)
{
    (void)state;
    each_line("test/data/stack/broken.jsonl", broken);
}

/* The expression as a property of a template that has something of everything. */
static const char around[] =
    "Parameters: {Name: {Type: String, Default: one}, List: {Type: CommaDelimitedList, Default: 'a, b'},"
    "  Stored: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /stored}}\n"
    "Mappings: {Map: {eu-west-1: {key: value, list: [x, y]}}}\n"
    "Conditions:\n"
    "  Yes: !Equals [!Ref 'AWS::Region', eu-west-1]\n"
    "  No: !Not [{Condition: Yes}]\n"
    "  Both: !And [{Condition: Yes}, !Or [{Condition: No}, !Equals ['1', 1]]]\n"
    "Rules: {Region: {RuleCondition: !Equals [a, a], Assertions: [{Assert: !Contains [[one, two], !Ref Name]}]}}\n"
    "Resources: {Other: {Type: AWS::S3::Bucket}, It: {Type: AWS::S3::Bucket}}\n";

static void expression(struct arena *arena, const json_t *line)
{
    json_t *document, *value = NULL;
    const json_t *want = json_object_get(line, "value");
    assert_int_equal(template_parse(SPAN(around), &document), OK);
    json_object_set_new(json_object_get(json_object_get(document, "Resources"), "It"), "Properties",
                        json_pack("{s:O}", "P", json_object_get(line, "expression")));
    assert_int_equal(template_check(document), OK);
    struct template_scope s = scope_make(arena, document);
    assert_int_equal(template_parameters(document, NULL, stored, arena, arena, &s.parameters), OK);
    assert_int_equal(template_decide(&s), OK);
    error e = template_evaluate(&s, "/Resources/It/Properties/P", json_object_get(line, "expression"),
                                &value);
    if (e != OK) fail_msg("%s", error_text());
    if (want ? !value || !json_equal(value, want) : value != NULL) {
        struct buffer text = {0};
        if (value) json_print(&text, value);
        fail_msg("%s", buffer_text(&text));
    }
    json_decref(value);
    scope_free(&s);
    json_decref(document);
}

static void expressions_have_values(void **state)
{
    (void)state;
    each_line("test/data/stack/expression.jsonl", expression);
}

static void yaml(struct arena *arena, const json_t *line)
{
    json_t *document;
    const char *text = json_text(line, "yaml");
    (void)arena;
    if (template_parse(span_of(text), &document) != OK) fail_msg("%s: %s", text, error_text());
    if (!json_equal(document, json_object_get(line, "json"))) {
        struct buffer printed = {0};
        json_print(&printed, document);
        fail_msg("%s is %s", text, buffer_text(&printed));
    }
    json_decref(document);
}

static void yaml_is_the_same_as_json(void **state)
{
    (void)state;
    each_line("test/data/stack/yaml.jsonl", yaml);
}

static void order_follows_references(void **state)
{
    static const char text[] = "Resources:\n"
                               "  A: {Type: T, DependsOn: [C], Properties: {x: !Ref B}}\n"
                               "  B: {Type: T, Properties: {x: !Sub '${D.Arn} ${!E}'}}\n"
                               "  C: {Type: T}\n"
                               "  D: {Type: T, Properties: {x: !GetAtt E.Arn.more}}\n"
                               "  E: {Type: T}\n";
    static const char *const want[] = {"C", "E", "D", "B", "A"};
    struct arena arena = {0};
    json_t *document;
    const char **names;
    size_t count;
    (void)state;
    assert_int_equal(template_parse(SPAN(text), &document), OK);
    assert_int_equal(template_order(document, &arena, &names, &count), OK);
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++) assert_string_equal(names[i], want[i]);
    json_decref(document);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_templates_name_the_place),
        cmocka_unit_test(expressions_have_values),
        cmocka_unit_test(yaml_is_the_same_as_json),
        cmocka_unit_test(order_follows_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
