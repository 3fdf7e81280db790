/* In: rows that describe the members of a JSON object, and the object. Out: OK, or AWS's words for
 * what is wrong with it. Follows the validation of the AWS JSON protocols: a value of another kind
 * ends the check at once, all violated constraints are collected and told together.
 *
 * Paths start with lower-case letters and name elements "records.1.member.data", the values of a
 * map "tags.key.value". Constraints of strings within lists and maps are told of the whole, as AWS
 * does: "Value '[]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint:
 * [Member must have length less than or equal to 128, ...]". */
#include "base/member.h"

#include "base/date.h"
#include "base/text.h"

#include <math.h>
#include <regex.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    MESSAGE_MAX = 1000, /* an error's text holds 1,023 bytes */
    VALUE_MAX = 300,    /* bytes of a value that a message repeats */
    VIOLATIONS_MAX = 10,
    DEPTH_MAX = 100,    /* rows may contain themselves (Children of a mapping) */
    PATTERNS_MAX = 4096
};

struct check {
    bool strict;
    int violations; /* the first VIOLATIONS_MAX of them are in message */
    int depth;
    struct buffer path, message;
};

/* ---- patterns: compiled once per process and kept ---- */

struct pattern {
    struct pattern *next;
    const char *text;
    regex_t compiled;
};

static struct pattern *_Atomic patterns[64];
static _Atomic int pattern_count;

static struct pattern *_Atomic *pattern_bucket(const char *text)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *c = text; *c; c++) hash = (hash ^ (uint8_t)*c) * 16777619u;
    return &patterns[hash % (sizeof patterns / sizeof *patterns)];
}

/* Entries are only ever put in front, so readers need no lock; two threads may both add one. */
static const regex_t *pattern_get(const char *text)
{
    struct pattern *_Atomic *bucket = pattern_bucket(text);
    struct pattern *head = *bucket;
    for (struct pattern *p = head; p; p = p->next)
        if (strcmp(p->text, text) == 0) return &p->compiled;
    CHECK(pattern_count++ < PATTERNS_MAX); /* patterns come from rows, never from input */
    struct pattern *fresh = must_calloc(1, sizeof *fresh);
    fresh->text = must_strdup(text);
    CHECK(regcomp(&fresh->compiled, text, REG_EXTENDED) == 0);
    fresh->next = head;
    while (!atomic_compare_exchange_weak(bucket, &fresh->next, fresh)) {
    }
    return &fresh->compiled;
}

/* The whole text matches, with anchors in the row or without. */
static bool pattern_matches(const char *pattern, span text)
{
    regmatch_t match;
    if (memchr(text.data, '\0', text.size)) return false;
    return regexec(pattern_get(pattern), text.data, 1, &match, 0) == 0 && match.rm_so == 0 &&
           (size_t)match.rm_eo == text.size;
}

/* ---- words ---- */

static void print_value(struct buffer *out, const json_t *value, int depth);

static void print_elements(struct buffer *out, const json_t *value, int depth)
{
    const char *key, *separator = "";
    json_t *element;
    size_t i;
    if (json_is_array(value)) {
        json_array_foreach(value, i, element) {
            buffer_append_text(out, separator);
            print_value(out, element, depth + 1);
            separator = ", ";
            if (out->size > VALUE_MAX) return;
        }
    } else {
        json_object_foreach((json_t *)value, key, element) {
            buffer_append_text(out, separator);
            buffer_append_text(out, key);
            buffer_append_byte(out, '=');
            print_value(out, element, depth + 1);
            separator = ", ";
            if (out->size > VALUE_MAX) return;
        }
    }
}

/* As Java prints strings, numbers, lists and maps. */
static void print_value(struct buffer *out, const json_t *value, int depth)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        buffer_append(out, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER: buffer_printf(out, "%lld", (long long)json_integer_value(value)); break;
    case JSON_REAL: buffer_printf(out, "%.15g", json_real_value(value)); break;
    case JSON_TRUE: buffer_append_text(out, "true"); break;
    case JSON_FALSE: buffer_append_text(out, "false"); break;
    case JSON_NULL: buffer_append_text(out, "null"); break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        buffer_append_byte(out, json_is_array(value) ? '[' : '{');
        if (depth < 4) print_elements(out, value, depth);
        else buffer_append_text(out, "...");
        buffer_append_byte(out, json_is_array(value) ? ']' : '}');
    }
}

/* Cuts at a whole character. */
static void append_at_most(struct buffer *out, span text, size_t most)
{
    span cut = {text.data, text.size < most ? text.size : most};
    if (cut.size < text.size) cut.size = utf8_valid_prefix(cut);
    buffer_append_span(out, cut);
    if (cut.size < text.size) buffer_append_text(out, "...");
}

/* One more violation: "Value 'x' at 'path' failed to satisfy constraint: ..." */
static void violate(struct check *c, const json_t *value, const char *format, ...) PRINTF(3, 4);

static void violate(struct check *c, const json_t *value, const char *format, ...)
{
    struct buffer text = {0};
    char constraint[MESSAGE_MAX];
    va_list args;
    if (c->violations++ >= VIOLATIONS_MAX) return;
    va_start(args, format);
    vsnprintf(constraint, sizeof constraint, format, args);
    va_end(args);
    if (value) print_value(&text, value, 0);
    if (c->message.size) buffer_append_text(&c->message, "; ");
    buffer_append_text(&c->message, value ? "Value '" : "Value null");
    append_at_most(&c->message, buffer_span(&text), VALUE_MAX);
    buffer_printf(&c->message, "%s at '%s' failed to satisfy constraint: %s", value ? "'" : "",
                  buffer_text(&c->path), constraint);
    buffer_release(&text);
}

static size_t path_push(struct check *c, const char *name)
{
    size_t before = c->path.size;
    if (before) buffer_append_byte(&c->path, '.');
    size_t start = c->path.size;
    append_at_most(&c->path, span_of(name), VALUE_MAX);
    if (c->path.size > start && c->path.data[start] >= 'A' && c->path.data[start] <= 'Z')
        c->path.data[start] |= 0x20;
    return before;
}

static void path_pop(struct check *c, size_t before)
{
    c->path.size = before;
}

/* ---- kinds ---- */

static error wrong_kind(const json_t *value, const char *wanted)
{
    static const char *const scalar[] = {
        [JSON_STRING] = "STRING_VALUE", [JSON_INTEGER] = "NUMBER_VALUE",
        [JSON_REAL] = "NUMBER_VALUE",   [JSON_TRUE] = "TRUE_VALUE",
        [JSON_FALSE] = "FALSE_VALUE",
    };
    if (json_is_array(value))
        return fail(ERR_SERIALIZATION, "Start of list found where not expected");
    if (json_is_object(value))
        return fail(ERR_SERIALIZATION, "Start of structure or map found where not expected.");
    if (!wanted) return fail(ERR_SERIALIZATION, "Unexpected field type");
    return fail(ERR_SERIALIZATION, "%s can not be converted to %s", scalar[json_typeof(value)],
                wanted);
}

static bool bounded(const struct member *m)
{
    return m->min != 0 || m->max != 0;
}

static void check_length(struct check *c, const struct member *m, const json_t *value,
                         size_t length)
{
    if (!bounded(m)) return;
    if ((double)length < m->min)
        violate(c, value, "Member must have length greater than or equal to %.0f", m->min);
    if (m->max != 0 && (double)length > m->max)
        violate(c, value, "Member must have length less than or equal to %.0f", m->max);
}

static bool enumerated(const struct member *m, span text)
{
    for (const char *const *v = m->values; *v; v++)
        if (span_is(text, *v)) return true;
    return false;
}

static void print_enum_rule(struct buffer *out, const struct member *m)
{
    buffer_append_text(out, "Member must satisfy enum value set: [");
    for (const char *const *v = m->values; *v; v++)
        buffer_printf(out, "%s%s", v == m->values ? "" : ", ", *v);
    buffer_append_byte(out, ']');
}

static void print_pattern_rule(struct buffer *out, const struct member *m)
{
    span shown = span_of(m->told ? m->told : m->pattern); /* AWS's patterns have no anchors */
    if (shown.size && shown.data[0] == '^') shown.data++, shown.size--;
    if (shown.size && shown.data[shown.size - 1] == '$') shown.size--;
    buffer_append_text(out, "Member must satisfy regular expression pattern: ");
    buffer_append_span(out, shown);
}

static void violate_rule(struct check *c, const struct member *m, const json_t *value,
                         void (*print)(struct buffer *, const struct member *))
{
    struct buffer rule = {0};
    print(&rule, m);
    violate(c, value, "%s", buffer_text(&rule));
    buffer_release(&rule);
}

static error check_string(struct check *c, const struct member *m, const json_t *value)
{
    if (!json_is_string(value)) return wrong_kind(value, "a String");
    span text = {json_string_value(value), json_string_length(value)};
    size_t length = utf8_count(text);
    bool too_long = m->max != 0 && (double)length > m->max; /* spares the pattern huge texts */
    if (m->values && !enumerated(m, text)) violate_rule(c, m, value, print_enum_rule);
    if (m->pattern && !too_long && !pattern_matches(m->pattern, text))
        violate_rule(c, m, value, print_pattern_rule);
    check_length(c, m, value, length);
    return OK;
}

static error check_number(struct check *c, const struct member *m, const json_t *value)
{
    if (m->type == MEMBER_INTEGER && !json_is_integer(value))
        return wrong_kind(value, "an Integer");
    if (!json_is_number(value)) return wrong_kind(value, "a Double");
    double number = json_number_value(value);
    if (!bounded(m)) return OK;
    if (number < m->min)
        violate(c, value, "Member must have value greater than or equal to %.15g", m->min);
    if (number > m->max)
        violate(c, value, "Member must have value less than or equal to %.15g", m->max);
    return OK;
}

static error check_timestamp(const json_t *value)
{
    int64_t us;
    if (json_is_number(value)) return OK;
    if (!json_is_string(value)) return wrong_kind(value, "a Timestamp");
    span text = {json_string_value(value), json_string_length(value)};
    if (date_parse_iso8601(text, &us) != OK)
        return fail(ERR_SERIALIZATION, "STRING_VALUE can not be converted to a Timestamp");
    return OK;
}

/* AWS prints a blob as the Java buffer that holds it. */
static error check_blob(struct check *c, const struct member *m, const json_t *value)
{
    if (!json_is_string(value)) return wrong_kind(value, "a Blob");
    span text = {json_string_value(value), json_string_length(value)};
    uint8_t *bytes = must_alloc(base64_decoded_max(text.size));
    size_t size;
    error bad = base64_decode(bytes, &size, text);
    free(bytes);
    if (bad) return fail(ERR_SERIALIZATION, "STRING_VALUE can not be converted to a Blob");
    char shown[96];
    snprintf(shown, sizeof shown, "java.nio.HeapByteBuffer[pos=0 lim=%zu cap=%zu]", size, size);
    json_t *name = json_string(shown);
    check_length(c, m, name, size);
    json_decref(name);
    return OK;
}

static error check_value(struct check *, const struct member *, const json_t *);

/* All constraints of a string, as they stand in brackets. */
static void print_rules(struct buffer *out, const struct member *m)
{
    size_t start = out->size;
    if (m->values) print_enum_rule(out, m);
    if (m->max != 0)
        buffer_printf(out, "%sMember must have length less than or equal to %.0f",
                      out->size > start ? ", " : "", m->max);
    if (bounded(m))
        buffer_printf(out, "%sMember must have length greater than or equal to %.0f",
                      out->size > start ? ", " : "", m->min);
    if (m->pattern) {
        if (out->size > start) buffer_append_text(out, ", ");
        print_pattern_rule(out, m);
    }
}

/* Strings within a list or a map: their constraints in brackets, once for the whole. */
static error check_inner(struct check *c, const struct member *m, const json_t *whole,
                         const json_t *element, bool *told)
{
    struct check inner = {.strict = c->strict, .depth = c->depth};
    error result = check_value(&inner, m, element);
    buffer_release(&inner.message);
    buffer_release(&inner.path);
    if (result != OK || inner.violations == 0 || *told) return result;
    *told = true;
    struct buffer rules = {0};
    print_rules(&rules, m);
    violate(c, whole, "%s must satisfy constraint: [%s]",
            json_is_object(whole) ? "Map value" : "Member", buffer_text(&rules));
    buffer_release(&rules);
    return OK;
}

static error check_list(struct check *c, const struct member *m, const json_t *value)
{
    json_t *element;
    size_t i;
    bool told = false;
    if (!json_is_array(value)) return wrong_kind(value, NULL);
    check_length(c, m, value, json_array_size(value));
    if (!m->of) return OK;
    json_array_foreach(value, i, element) {
        if (m->of->type == MEMBER_STRING && !json_is_null(element)) {
            TRY(check_inner(c, m->of, value, element, &told));
            continue;
        }
        char name[32];
        snprintf(name, sizeof name, "%zu.member", i + 1);
        size_t before = path_push(c, name);
        error result = OK;
        if (json_is_null(element)) violate(c, NULL, "Member must not be null");
        else result = check_value(c, m->of, element);
        path_pop(c, before);
        TRY(result);
    }
    return OK;
}

/* Keys are told as AWS tells them: "Map keys must satisfy constraint: [...]". */
static void check_keys(struct check *c, const struct member *m, const json_t *map)
{
    const char *key;
    json_t *element;
    json_object_foreach((json_t *)map, key, element) {
        struct check inner = {.strict = c->strict, .depth = c->depth};
        json_t *text = json_string(key);
        CHECK(text && check_string(&inner, m->keys, text) == OK);
        json_decref(text);
        buffer_release(&inner.message);
        buffer_release(&inner.path);
        if (inner.violations == 0) continue;
        struct buffer rules = {0};
        print_rules(&rules, m->keys);
        violate(c, map, "Map keys must satisfy constraint: [%s]", buffer_text(&rules));
        buffer_release(&rules);
        return;
    }
}

static error check_map(struct check *c, const struct member *m, const json_t *value)
{
    const char *key;
    json_t *element;
    bool told = false;
    if (!json_is_object(value)) return wrong_kind(value, NULL);
    check_length(c, m, value, json_object_size(value));
    if (m->keys) check_keys(c, m, value);
    if (!m->of) return OK;
    json_object_foreach((json_t *)value, key, element) {
        if (json_is_null(element)) continue;
        if (m->of->type == MEMBER_STRING) {
            TRY(check_inner(c, m->of, value, element, &told));
            continue;
        }
        size_t before = c->path.size;
        if (before) buffer_append_byte(&c->path, '.');
        append_at_most(&c->path, span_of(key), VALUE_MAX);
        buffer_append_text(&c->path, ".value");
        error result = check_value(c, m->of, element);
        path_pop(c, before);
        TRY(result);
    }
    return OK;
}

static const struct member *find_member(const struct member *members, const char *name)
{
    for (const struct member *m = members; m->name; m++)
        if (strcmp(m->name, name) == 0) return m;
    return NULL;
}

static void check_unknown(struct check *c, const struct member *members, const json_t *value)
{
    const char *key;
    json_t *element;
    json_object_foreach((json_t *)value, key, element) {
        if (find_member(members, key)) continue;
        size_t before = path_push(c, key);
        violate(c, element, "Member is not known");
        path_pop(c, before);
    }
}

static error check_structure(struct check *c, const struct member *members, const json_t *value)
{
    if (!json_is_object(value)) return wrong_kind(value, NULL);
    if (!members) return OK;
    for (const struct member *m = members; m->name; m++) {
        const json_t *element = json_object_get(value, m->name);
        size_t before = path_push(c, m->name);
        error result = OK;
        if (element && !json_is_null(element)) result = check_value(c, m, element);
        else if (m->flags & MEMBER_REQUIRED) violate(c, NULL, "Member must not be null");
        path_pop(c, before);
        TRY(result);
    }
    if (c->strict) check_unknown(c, members, value);
    return OK;
}

static error check_kind(struct check *c, const struct member *m, const json_t *value)
{
    switch (m->type) {
    case MEMBER_STRING: return check_string(c, m, value);
    case MEMBER_INTEGER:
    case MEMBER_DOUBLE: return check_number(c, m, value);
    case MEMBER_BOOLEAN: return json_is_boolean(value) ? OK : wrong_kind(value, "a Boolean");
    case MEMBER_TIMESTAMP: return check_timestamp(value);
    case MEMBER_BLOB: return check_blob(c, m, value);
    case MEMBER_LIST: return check_list(c, m, value);
    case MEMBER_MAP: return check_map(c, m, value);
    case MEMBER_STRUCTURE: return check_structure(c, m->of, value);
    case MEMBER_ANY: return OK;
    }
    return OK;
}

static error check_value(struct check *c, const struct member *m, const json_t *value)
{
    if (++c->depth > DEPTH_MAX)
        return fail(ERR_SERIALIZATION, "Input is nested deeper than %d levels", DEPTH_MAX);
    error result = check_kind(c, m, value);
    c->depth--;
    return result;
}

error member_check(const struct member *members, const json_t *input, bool strict)
{
    struct check c = {.strict = strict};
    error result = check_structure(&c, members, input);
    if (result == OK && c.violations) {
        struct buffer text = {0};
        append_at_most(&text, buffer_span(&c.message), MESSAGE_MAX - 60);
        result = fail(ERR_VALIDATION, "%d validation error%s detected: %s", c.violations,
                      c.violations == 1 ? "" : "s", buffer_text(&text));
        buffer_release(&text);
    }
    buffer_release(&c.path);
    buffer_release(&c.message);
    return result;
}

/* ---- copying what the rows know ---- */

static json_t *copy_timestamp(const json_t *value)
{
    int64_t us;
    if (json_is_number(value)) return json_timestamp(llround(json_number_value(value) * 1e6));
    span text = {json_string_value(value), json_string_length(value)};
    return date_parse_iso8601(text, &us) == OK ? json_timestamp(us) : json_null();
}

static json_t *copy_value(const struct member *m, const json_t *value)
{
    const char *key;
    json_t *element;
    size_t i;
    if (m->type == MEMBER_TIMESTAMP) return copy_timestamp(value);
    if (m->type == MEMBER_STRUCTURE && m->of) return member_copy(m->of, value);
    if (m->of && json_is_array(value)) {
        json_t *list = json_array();
        json_array_foreach(value, i, element)
            if (!json_is_null(element)) json_array_append_new(list, copy_value(m->of, element));
        return list;
    }
    if (m->of && json_is_object(value)) {
        json_t *map = json_object();
        json_object_foreach((json_t *)value, key, element)
            if (!json_is_null(element)) json_object_set_new(map, key, copy_value(m->of, element));
        return map;
    }
    return json_deep_copy(value);
}

json_t *member_copy(const struct member *members, const json_t *input)
{
    json_t *copy = json_object();
    for (const struct member *m = members; m->name; m++) {
        const json_t *value = json_object_get(input, m->name);
        if (value && !json_is_null(value)) json_object_set_new(copy, m->name, copy_value(m, value));
    }
    return copy;
}
