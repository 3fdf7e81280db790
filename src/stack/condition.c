/* Conditions and rules: functions that are true or false, decided once before anything else. */
#include "stack/internal.h"

/* ---- functions ---- */

static error same(struct template_scope *s, const struct place *p, const json_t *in, bool *out)
{
    const char *text[2];
    if (json_array_size(in) != 2)
        return place_fail(s, p, "Fn::Equals must be an array with two elements");
    for (size_t i = 0; i < 2; i++) TRY(evaluate_text(s, p, json_array_get(in, i), &text[i]));
    *out = strcmp(text[0], text[1]) == 0;
    return OK;
}

/* And until one is false, Or until one is true; all are evaluated, so that errors always show. */
static error several(struct template_scope *s, const struct place *p, const json_t *in, bool all,
                     bool *out)
{
    enum { LEAST = 2, MOST = 10 };
    size_t count = json_array_size(in);
    if (count < LEAST || count > MOST)
        return place_fail(s, p, "every Fn::%s object requires a list of at least 2 and at most 10 "
                                "boolean parameters", all ? "And" : "Or");
    *out = all;
    for (size_t i = 0; i < count; i++) {
        struct place inner = {p, NULL, i};
        bool holds;
        TRY(condition_holds(s, &inner, json_array_get(in, i), &holds));
        *out = all ? *out && holds : *out || holds;
    }
    return OK;
}

static error every(struct template_scope *s, const struct place *p, const json_t *in, bool *out)
{
    return several(s, p, in, true, out);
}

static error any(struct template_scope *s, const struct place *p, const json_t *in, bool *out)
{
    return several(s, p, in, false, out);
}

static error negate(struct template_scope *s, const struct place *p, const json_t *in, bool *out)
{
    struct place inner = {p, NULL, 0};
    if (json_array_size(in) != 1)
        return place_fail(s, p, "every Fn::Not object requires one boolean parameter");
    TRY(condition_holds(s, &inner, json_array_get(in, 0), out));
    *out = !*out;
    return OK;
}

static error named(struct template_scope *s, const struct place *p, const json_t *in, bool *out)
{
    if (!json_is_string(in)) return place_fail(s, p, "every Condition must name a condition");
    return condition_named(s, p, json_string_value(in), out);
}

static bool list_has(struct arena *arena, const json_t *list, const json_t *value)
{
    const char *wanted = template_text(arena, value);
    for (size_t i = 0; wanted && i < json_array_size(list); i++) {
        const char *text = template_text(arena, json_array_get(list, i));
        if (text && strcmp(text, wanted) == 0) return true;
    }
    return false;
}

/* Both arguments of Fn::Contains and its kin; a single value stands for a list of one. */
static error two_lists(struct template_scope *s, const struct place *p, const json_t *in,
                       json_t *out[2])
{
    out[0] = out[1] = NULL;
    if (json_array_size(in) != 2) return place_fail(s, p, "the function requires two parameters");
    for (size_t i = 0; i < 2; i++) {
        json_t *value;
        error e = evaluate(s, p, json_array_get(in, i), &value);
        if (e != OK) {
            json_decref(out[0]);
            return e;
        }
        out[i] = json_is_array(value) ? value : json_array();
        if (value && out[i] != value) json_array_append_new(out[i], value);
    }
    return OK;
}

/* Every member of `left` is in `right`. */
static error within(struct template_scope *s, const struct place *p, const json_t *in, bool swap,
                    bool *out)
{
    json_t *list[2];
    TRY(two_lists(s, p, in, list));
    const json_t *left = list[swap], *right = list[!swap];
    *out = true;
    for (size_t i = 0; i < json_array_size(left); i++)
        *out = *out && list_has(s->arena, right, json_array_get(left, i));
    json_decref(list[0]);
    json_decref(list[1]);
    return OK;
}

static error contains(struct template_scope *s, const struct place *p, const json_t *in, bool *out)
{
    return within(s, p, in, true, out);
}

static error members_within(struct template_scope *s, const struct place *p, const json_t *in,
                            bool *out)
{
    return within(s, p, in, false, out);
}

static const struct {
    const char *name;
    error (*run)(struct template_scope *, const struct place *, const json_t *, bool *);
} functions[] = {
    {"Fn::Equals", same},
    {"Fn::And", every},
    {"Fn::Or", any},
    {"Fn::Not", negate},
    {"Condition", named},
    {"Fn::Contains", contains},
    {"Fn::EachMemberIn", members_within},
    {"Fn::EachMemberEquals", members_within}, /* the second is one text */
};

error condition_holds(struct template_scope *s, const struct place *p, const json_t *in, bool *out)
{
    const char *name;
    json_t *argument;
    if (json_object_size(in) == 1)
        json_object_foreach((json_t *)in, name, argument) {
            struct place inner = {p, name, 0};
            for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
                if (strcmp(name, functions[i].name) == 0)
                    return functions[i].run(s, &inner, argument, out);
        }
    return place_fail(s, p, "a condition must be one of Fn::And, Fn::Or, Fn::Not, Fn::Equals and "
                            "Condition (in rules: Fn::Contains, Fn::EachMemberIn, "
                            "Fn::EachMemberEquals too)");
}

/* ---- the template's conditions ---- */

error condition_named(struct template_scope *s, const struct place *p, const char *name, bool *out)
{
    json_t *known = json_object_get(s->conditions, name);
    const json_t *declared = json_object_get(json_object_get(s->document, "Conditions"), name);
    if (json_is_null(known))
        return place_fail(s, p, "Circular dependencies for condition %.255s", name);
    if (!declared) return place_fail(s, p, "Unresolved condition dependency %.255s", name);
    if (!known) {
        struct place root = {NULL, "/Conditions", 0}, own = {&root, name, 0};
        json_object_set_new(s->conditions, name, json_null());
        TRY(condition_holds(s, &own, declared, out));
        json_object_set_new(s->conditions, name, json_boolean(*out));
        return OK;
    }
    *out = json_is_true(known);
    return OK;
}

bool template_wants(const struct template_scope *s, const json_t *thing)
{
    const char *name = json_text(thing, "Condition");
    return !name || json_is_true(json_object_get(s->conditions, name));
}

/* ---- rules ---- */

static error assertion(struct template_scope *s, const struct place *p, const char *rule,
                       const json_t *one)
{
    struct place inner = {p, "Assert", 0};
    const char *told = json_text(one, "AssertDescription");
    bool holds;
    TRY(condition_holds(s, &inner, json_object_get(one, "Assert"), &holds));
    if (holds) return OK;
    return fail(ERR_VALIDATION, "Template error: [%.250s] Rule %.255s failed: %.400s",
                place_text(s->arena, p), rule, told ? told : "an assertion is false");
}

static error rule_decide(struct template_scope *s, const char *name, const json_t *rule)
{
    struct place root = {NULL, "/Rules", 0}, own = {&root, name, 0};
    struct place when = {&own, "RuleCondition", 0}, list = {&own, "Assertions", 0};
    const json_t *condition = json_object_get(rule, "RuleCondition");
    const json_t *assertions = json_object_get(rule, "Assertions");
    bool holds = true;
    if (condition) TRY(condition_holds(s, &when, condition, &holds));
    for (size_t i = 0; holds && i < json_array_size(assertions); i++) {
        struct place one = {&list, NULL, i};
        TRY(assertion(s, &one, name, json_array_get(assertions, i)));
    }
    return OK;
}

error template_decide(struct template_scope *s)
{
    const char *name;
    json_t *thing;
    struct place root = {NULL, "/Conditions", 0};
    json_object_foreach(json_object_get(s->document, "Conditions"), name, thing) {
        bool holds;
        TRY(condition_named(s, &root, name, &holds));
    }
    json_object_foreach(json_object_get(s->document, "Rules"), name, thing)
        TRY(rule_decide(s, name, thing));
    return OK;
}
