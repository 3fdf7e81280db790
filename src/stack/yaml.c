/* YAML 1.1 as CloudFormation reads it: no aliases, short tags for functions. In: text. Out: a
 * document like JSON's. Facts: User Guide, "Template formats"; the events are libyaml's. */
#include "stack/internal.h"

#include <math.h>
#include <stdlib.h>
#include <yaml.h>

struct yaml {
    yaml_parser_t parser;
    yaml_event_t event;
    bool held; /* the event must be deleted */
    int depth;
};

static error problem(const struct yaml *y, const yaml_mark_t *mark, const char *words)
{
    (void)y;
    return fail(ERR_VALIDATION, "Template format error: YAML not well-formed. (line %zu, column %zu): %s",
                mark->line + 1, mark->column + 1, words);
}

static error next(struct yaml *y)
{
    if (y->held) yaml_event_delete(&y->event);
    y->held = yaml_parser_parse(&y->parser, &y->event) != 0;
    if (y->held) return OK;
    bool known = y->parser.error == YAML_SCANNER_ERROR || y->parser.error == YAML_PARSER_ERROR;
    yaml_mark_t mark = known ? y->parser.problem_mark : y->parser.mark;
    return problem(y, &mark, y->parser.problem ? y->parser.problem : "no YAML");
}

/* ---- scalars ---- */

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0) return true;
    return false;
}

/* Whole numbers without leading zeros, decimals; everything else that is plain stays text. */
static json_t *number_of(const char *text, size_t size)
{
    const char *digits = text + (*text == '-' || *text == '+');
    size_t count = strspn(digits, "0123456789");
    int64_t whole;
    char *end;
    if (!count || (digits[0] == '0' && count > 1)) return NULL;
    if (!digits[count])
        return *text != '+' && parse_int64((span){text, size}, &whole) ? json_integer(whole) : NULL;
    if (digits[count] != '.' && digits[count] != 'e' && digits[count] != 'E') return NULL;
    if (strspn(text, "0123456789.eE+-") != size) return NULL;
    double real = strtod(text, &end);
    return *end || !isfinite(real) ? NULL : json_real(real);
}

static json_t *plain_of(const char *text, size_t size)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const yes[] = {"true", "True", "TRUE", NULL};
    static const char *const no[] = {"false", "False", "FALSE", NULL};
    if (is_one_of(text, nulls)) return json_null();
    if (is_one_of(text, yes)) return json_true();
    if (is_one_of(text, no)) return json_false();
    return number_of(text, size);
}

static error scalar(struct yaml *y, bool as_text, json_t **out)
{
    const char *text = (const char *)y->event.data.scalar.value;
    size_t size = y->event.data.scalar.length;
    if (memchr(text, 0, size)) return problem(y, &y->event.start_mark, "a zero byte");
    *out = !as_text && y->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? plain_of(text, size)
                                                                             : NULL;
    if (!*out) *out = json_stringn(text, size);
    return *out ? OK : problem(y, &y->event.start_mark, "no UTF-8");
}

/* ---- tags ---- */

static const char *const short_functions[] = {
    "And", "Base64", "Cidr", "Equals", "FindInMap", "GetAZs", "GetAtt", "If", "ImportValue", "Join",
    "Not", "Or", "Select", "Split", "Sub", "Transform", "Contains", "EachMemberEquals",
    "EachMemberIn", "RefAll", "ValueOf", "ValueOfAll", "Length", "ToJsonString", NULL};

/* The long name of a short tag; "": the tag says nothing that counts. */
static error tag_read(struct yaml *y, const yaml_char_t *tag, char name[64], bool *is_text)
{
    const char *text = (const char *)tag;
    name[0] = '\0';
    if (!text || strcmp(text, "!") == 0) return OK;
    *is_text = strcmp(text, "tag:yaml.org,2002:str") == 0;
    if (*is_text) return OK;
    if (strcmp(text, "!Ref") == 0 || strcmp(text, "!Condition") == 0) strcpy(name, text + 1);
    else if (text[0] == '!' && is_one_of(text + 1, short_functions))
        snprintf(name, 64, "Fn::%s", text + 1);
    if (name[0]) return OK;
    char words[128];
    snprintf(words, sizeof words, "unsupported tag %.80s", text);
    return problem(y, &y->event.start_mark, words);
}

/* "!GetAtt A.b.c" is {"Fn::GetAtt": ["A", "b.c"]}. */
static json_t *function_of(const char *name, json_t *argument)
{
    const char *text = json_string_value(argument);
    const char *dot = text ? strchr(text, '.') : NULL;
    if (strcmp(name, "Fn::GetAtt") == 0 && dot) {
        json_t *list = json_array();
        json_array_append_new(list, json_stringn(text, (size_t)(dot - text)));
        json_array_append_new(list, json_string(dot + 1));
        json_decref(argument);
        argument = list;
    }
    json_t *out = json_object();
    json_object_set_new(out, name, argument);
    return out;
}

/* ---- nodes ---- */

static error node(struct yaml *y, json_t **out);

static error sequence(struct yaml *y, json_t *list)
{
    for (;;) {
        json_t *element;
        TRY(next(y));
        if (y->event.type == YAML_SEQUENCE_END_EVENT) return OK;
        TRY(node(y, &element));
        json_array_append_new(list, element);
    }
}

static error mapping(struct yaml *y, json_t *map)
{
    for (;;) {
        json_t *key, *value;
        TRY(next(y));
        if (y->event.type == YAML_MAPPING_END_EVENT) return OK;
        yaml_mark_t mark = y->event.start_mark;
        if (y->event.type != YAML_SCALAR_EVENT) return problem(y, &mark, "a key must be text");
        TRY(scalar(y, true, &key));
        error e = next(y);
        if (e == OK && json_object_get(map, json_string_value(key)))
            e = problem(y, &mark, "a key stands twice");
        if (e == OK) e = node(y, &value);
        if (e == OK) json_object_set_new(map, json_string_value(key), value);
        json_decref(key);
        TRY(e);
    }
}

static error collection(struct yaml *y, bool is_list, json_t **out)
{
    if (++y->depth > TEMPLATE_DEPTH_MAX)
        return problem(y, &y->event.start_mark, "nested too deep");
    *out = is_list ? json_array() : json_object();
    error e = is_list ? sequence(y, *out) : mapping(y, *out);
    y->depth--;
    if (e != OK) json_decref(*out);
    return e;
}

/* The value that begins with the event at hand. */
static error node(struct yaml *y, json_t **out)
{
    char name[64];
    bool is_text = false;
    switch (y->event.type) {
    case YAML_SCALAR_EVENT:
        TRY(tag_read(y, y->event.data.scalar.tag, name, &is_text));
        TRY(scalar(y, is_text || name[0], out));
        break;
    case YAML_SEQUENCE_START_EVENT:
        TRY(tag_read(y, y->event.data.sequence_start.tag, name, &is_text));
        TRY(collection(y, true, out));
        break;
    case YAML_MAPPING_START_EVENT:
        TRY(tag_read(y, y->event.data.mapping_start.tag, name, &is_text));
        TRY(collection(y, false, out));
        break;
    case YAML_ALIAS_EVENT: return problem(y, &y->event.start_mark, "aliases are not allowed");
    default: return problem(y, &y->event.start_mark, "no value");
    }
    if (name[0]) *out = function_of(name, *out);
    return OK;
}

static error document(struct yaml *y, json_t **out)
{
    TRY(next(y)); /* stream start */
    TRY(next(y));
    if (y->event.type != YAML_DOCUMENT_START_EVENT)
        return problem(y, &y->event.start_mark, "no document");
    TRY(next(y));
    TRY(node(y, out));
    error e = next(y); /* document end */
    if (e == OK) e = next(y);
    if (e == OK && y->event.type != YAML_STREAM_END_EVENT)
        e = problem(y, &y->event.start_mark, "more than one document");
    if (e != OK) json_decref(*out);
    return e;
}

error yaml_read(span text, json_t **out)
{
    struct yaml y = {.depth = 0};
    if (!yaml_parser_initialize(&y.parser)) return fail(ERR_MEMORY, "YAML: no memory");
    yaml_parser_set_input_string(&y.parser, (const unsigned char *)(text.size ? text.data : ""),
                                 text.size);
    yaml_parser_set_encoding(&y.parser, YAML_UTF8_ENCODING);
    error e = document(&y, out);
    if (y.held) yaml_event_delete(&y.event);
    yaml_parser_delete(&y.parser);
    return e;
}
