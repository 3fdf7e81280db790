/* Tokens -> expressions, by precedence: OR, AND, NOT, predicates, + - ||, * / %, signs, AT TIME
 * ZONE and what follows a primary (subscript, field). */
#include "dialect/spark.h"

#include <stdio.h>
#include <stdlib.h>

static error parse_value(struct parser *, struct node **);
static error parse_type(struct parser *, struct node **);

static error not_mapped(struct place at, const char *what)
{
    return fail(ERR_UNSUPPORTED, "NOT_SUPPORTED: line %d:%d: %s is not mapped", at.line, at.column,
                what);
}

static struct node *call_node(struct parser *p, struct place at, const char *name)
{
    struct node *call = node_parts(p, node_new(p, NODE_CALL, at), CALL_PARTS);
    call->text = name;
    return call;
}

static struct node *pair(struct parser *p, enum node_kind kind, struct place at, const char *text,
                         struct node *a, struct node *b)
{
    struct node *n = node_new(p, kind, at);
    n->text = text;
    node_add(p, n, a);
    node_add(p, n, b);
    return n;
}

static struct node *leaf(struct parser *p, enum node_kind kind)
{
    struct node *n = node_new(p, kind, p->token->at);
    n->text = p->token->text;
    p->token++;
    return n;
}

/* ---- types ---- */

/* row(a integer, integer): a name is there if a type follows it */
static error parse_row_field(struct parser *p, struct node *type)
{
    struct node *name = NULL, *inner;
    const struct token *next = p->token + 1;
    bool named = p->token->kind == TOKEN_QUOTED ||
                 (at_identifier(p) && (next->kind == TOKEN_WORD || next->kind == TOKEN_QUOTED) &&
                  !at_words(p, "double", "precision") &&
                  !((at_word(p, "time") || at_word(p, "timestamp")) &&
                    (span_equal_nocase(span_of(next->text), SPAN("with")) ||
                     span_equal_nocase(span_of(next->text), SPAN("without")))));
    if (named) TRY(take_identifier(p, &name));
    TRY(parse_type(p, &inner));
    node_add(p, type, name);
    node_add(p, type, inner);
    return OK;
}

static error parse_type_parameters(struct parser *p, struct node *type)
{
    struct node *inner;
    const char *close = at_sign(p, "<") ? ">" : ")";
    bool row = span_equal_nocase(span_of(type->text), SPAN("row"));
    p->token++;
    do {
        if (row) {
            TRY(parse_row_field(p, type));
        } else if (p->token->kind == TOKEN_INTEGER) {
            node_add(p, type, leaf(p, NODE_INTEGER));
        } else {
            TRY(parse_type(p, &inner));
            node_add(p, type, inner);
        }
    } while (take_sign(p, ","));
    return want_sign(p, close);
}

static error parse_type(struct parser *p, struct node **out)
{
    if (p->dialect->spark) return spark_parse_type(p, out);
    struct node *type = node_new(p, NODE_TYPE, p->token->at), *name;
    TRY(parser_enter(p));
    if (at_word(p, "INTERVAL")) return not_mapped(type->at, "a cast to an interval");
    TRY(take_identifier(p, &name));
    type->text = name->text;
    if (span_equal_nocase(span_of(type->text), SPAN("double"))) take_word(p, "PRECISION");
    if (at_sign(p, "(") || at_sign(p, "<")) TRY(parse_type_parameters(p, type));
    if (at_words(p, "WITH", "TIME") || at_words(p, "WITHOUT", "TIME")) {
        type->flag = at_word(p, "WITH");
        p->token += 2;
        TRY(want_word(p, "ZONE"));
    }
    while (take_word(p, "ARRAY")) { /* integer ARRAY */
        struct node *array = node_new(p, NODE_TYPE, type->at);
        array->text = "array";
        node_add(p, array, type);
        TRY(node_close(array));
        type = array;
    }
    p->depth--;
    *out = type;
    return node_close(type);
}

/* ---- calls ---- */

static error parse_lambda(struct parser *p, struct node **out)
{
    struct node *lambda = node_new(p, NODE_LAMBDA, p->token->at), *name, *body;
    struct node *names = node_new(p, NODE_LIST, p->token->at);
    if (take_sign(p, "(")) {
        if (!at_sign(p, ")")) TRY(parse_list(p, names, take_identifier));
        TRY(want_sign(p, ")"));
    } else {
        TRY(take_identifier(p, &name));
        node_add(p, names, name);
    }
    TRY(want_sign(p, "->"));
    TRY(parse_expression(p, &body));
    node_add(p, lambda, body);
    for (int i = 0; i < names->count; i++) node_add(p, lambda, names->items[i]);
    *out = lambda;
    return node_close(lambda);
}

/* x -> ..., (x, y) -> ..., () -> ... */
static bool at_lambda(const struct parser *p)
{
    struct parser ahead = *p;
    if (at_identifier(&ahead)) {
        ahead.token++;
        return at_sign(&ahead, "->");
    }
    if (!take_sign(&ahead, "(")) return false;
    while (at_identifier(&ahead)) {
        ahead.token++;
        if (!take_sign(&ahead, ",")) break;
    }
    return take_sign(&ahead, ")") && at_sign(&ahead, "->");
}

/* Spark: struct(a AS b, *) */
static error parse_argument(struct parser *p, struct node **out)
{
    if (at_lambda(p)) return parse_lambda(p, out);
    if (p->dialect->spark && at_sign(p, "*"))
        return *out = node_new(p, NODE_STAR, p->token++->at), OK;
    TRY(parse_expression(p, out));
    if (!p->dialect->spark || !take_word(p, "AS")) return OK;
    struct node *item = node_new(p, NODE_ITEM, (*out)->at), *name;
    TRY(take_identifier(p, &name));
    item->text = name->text;
    node_add(p, item, *out);
    *out = item;
    return node_close(item);
}

static error parse_over(struct parser *p, struct node *call)
{
    struct node *name;
    if (at_sign(p, "(")) return parse_window(p, &call->parts[CALL_OVER]);
    struct place at = p->token->at;
    TRY(take_identifier(p, &name));
    call->parts[CALL_OVER] = node_parts(p, node_new(p, NODE_WINDOW, at), WINDOW_PARTS);
    call->parts[CALL_OVER]->text = name->text;
    call->parts[CALL_OVER]->flag = true; /* the window itself, not one made from it */
    return OK;
}

static error parse_nulls(struct parser *p, struct node *call)
{
    if (!at_words(p, "IGNORE", "NULLS") && !at_words(p, "RESPECT", "NULLS")) return OK;
    call->parts[CALL_NULLS] = node_new(p, NODE_NAME, p->token->at);
    call->parts[CALL_NULLS]->text = at_word(p, "IGNORE") ? "IGNORE" : "RESPECT";
    p->token += 2;
    return OK;
}

static error parse_call_tail(struct parser *p, struct node *call)
{
    TRY(parse_nulls(p, call));
    if (at_word(p, "FILTER") && p->token[1].kind == TOKEN_SIGN) {
        p->token++;
        TRY(want_sign(p, "("));
        TRY(want_word(p, "WHERE"));
        TRY(parse_expression(p, &call->parts[CALL_FILTER]));
        TRY(want_sign(p, ")"));
    }
    TRY(parse_nulls(p, call));
    if (take_word(p, "OVER")) TRY(parse_over(p, call));
    return node_close(call);
}

static error parse_call_order(struct parser *p, struct node *call)
{
    TRY(want_word(p, "BY"));
    call->parts[CALL_ORDER] = node_new(p, NODE_LIST, p->token->at);
    return parse_list(p, call->parts[CALL_ORDER], parse_sort);
}

/* Behind "name(". */
static error parse_call(struct parser *p, struct node *call)
{
    if (at_sign(p, "*")) {
        node_add(p, call, node_new(p, NODE_STAR, p->token++->at));
    } else if (!at_sign(p, ")")) {
        call->flag = take_word(p, "DISTINCT");
        if (!call->flag) take_word(p, "ALL");
        TRY(parse_list(p, call, parse_argument));
        if (take_word(p, "ORDER")) TRY(parse_call_order(p, call));
    }
    TRY(want_sign(p, ")"));
    return parse_call_tail(p, call);
}

/* LISTAGG(x [, separator]) WITHIN GROUP (ORDER BY ...) */
static error parse_listagg(struct parser *p, struct node *call)
{
    call->flag = take_word(p, "DISTINCT");
    TRY(parse_list(p, call, parse_expression));
    if (at_word(p, "ON")) return not_mapped(p->token->at, "LISTAGG ... ON OVERFLOW");
    TRY(want_sign(p, ")"));
    TRY(want_word(p, "WITHIN"));
    TRY(want_word(p, "GROUP"));
    TRY(want_sign(p, "("));
    TRY(want_word(p, "ORDER"));
    TRY(parse_call_order(p, call));
    TRY(want_sign(p, ")"));
    return parse_call_tail(p, call);
}

/* ---- forms that look like calls but have words inside ---- */

static error parse_cast(struct parser *p, struct node *call)
{
    struct node *value, *type;
    call->kind = NODE_CAST;
    call->flag = span_equal_nocase(span_of(call->text), SPAN("try_cast"));
    TRY(parse_expression(p, &value));
    TRY(want_word(p, "AS"));
    TRY(parse_type(p, &type));
    node_add(p, call, value);
    node_add(p, call, type);
    call->parts = NULL;
    return want_sign(p, ")");
}

/* EXTRACT(field FROM x) is date_part('field', x). */
static error parse_spark_extract(struct parser *p, struct node *call)
{
    struct node *field, *value;
    TRY(take_identifier(p, &field));
    field->kind = NODE_STRING;
    TRY(want_word(p, "FROM"));
    TRY(parse_expression(p, &value));
    call->text = "date_part";
    node_add(p, call, field);
    node_add(p, call, value);
    return want_sign(p, ")");
}

static error parse_extract(struct parser *p, struct node *call)
{
    static const char *const fields[][2] = {
        {"year", "year"}, {"quarter", "quarter"}, {"month", "month"}, {"week", "week"},
        {"day", "day"}, {"day_of_month", "day"}, {"day_of_week", "day_of_week"},
        {"dow", "day_of_week"}, {"day_of_year", "day_of_year"}, {"doy", "day_of_year"},
        {"year_of_week", "year_of_week"}, {"yow", "year_of_week"}, {"hour", "hour"},
        {"minute", "minute"}, {"second", "second"}, {"timezone_hour", "timezone_hour"},
        {"timezone_minute", "timezone_minute"},
    };
    struct node *field, *value;
    if (p->dialect->spark) return parse_spark_extract(p, call);
    size_t i = 0, count = sizeof fields / sizeof *fields;
    TRY(take_identifier(p, &field));
    while (i < count && !span_equal_nocase(span_of(fields[i][0]), span_of(field->text))) i++;
    if (i == count)
        return fail(ERR_PARSE, "line %d:%d: Invalid EXTRACT field: %s", call->at.line,
                    call->at.column, field->text);
    TRY(want_word(p, "FROM"));
    TRY(parse_expression(p, &value));
    call->text = fields[i][1];
    node_add(p, call, value);
    return want_sign(p, ")");
}

static error parse_substring(struct parser *p, struct node *call)
{
    struct node *n;
    call->text = "substring";
    TRY(parse_argument(p, &n));
    node_add(p, call, n);
    if (!take_word(p, "FROM")) {
        while (take_sign(p, ",")) {
            TRY(parse_expression(p, &n));
            node_add(p, call, n);
        }
        return want_sign(p, ")");
    }
    TRY(parse_expression(p, &n));
    node_add(p, call, n);
    if (take_word(p, "FOR")) {
        TRY(parse_expression(p, &n));
        node_add(p, call, n);
    }
    return want_sign(p, ")");
}

/* TRIM([LEADING|TRAILING|BOTH] [chars] [FROM] text), TRIM(text, chars) */
static error parse_trim(struct parser *p, struct node *call)
{
    static const char *const words[][2] = {
        {"BOTH", "trim"}, {"LEADING", "ltrim"}, {"TRAILING", "rtrim"}};
    struct node *chars = NULL, *text;
    bool worded = false;
    for (size_t i = 0; i < 3 && !worded; i++)
        if ((worded = take_word(p, words[i][0]))) call->text = words[i][1];
    if (!worded || !at_word(p, "FROM")) TRY(parse_expression(p, &chars));
    if (take_word(p, "FROM")) {
        TRY(parse_expression(p, &text));
        call->number = 1; /* the text comes first, whatever the dialect */
        node_add(p, call, text);
        if (chars) node_add(p, call, chars);
    } else {
        node_add(p, call, chars);
        if (!worded && take_sign(p, ",")) {
            TRY(parse_expression(p, &text));
            node_add(p, call, text);
        }
    }
    return want_sign(p, ")");
}

static error parse_position(struct parser *p, struct node *call)
{
    struct node *part, *text;
    TRY(parse_value(p, &part));
    TRY(want_word(p, "IN"));
    TRY(parse_value(p, &text));
    call->text = "strpos";
    node_add(p, call, text);
    node_add(p, call, part);
    return want_sign(p, ")");
}

/* OVERLAY(text PLACING part FROM start [FOR length]) */
static error parse_overlay(struct parser *p, struct node *call)
{
    static const char *const words[] = {"PLACING", "FROM", "FOR"};
    struct node *part;
    TRY(parse_expression(p, &part));
    node_add(p, call, part);
    for (int i = 0; i < 3; i++) {
        if (!take_word(p, words[i]) && !take_sign(p, ",")) break;
        TRY(parse_expression(p, &part));
        node_add(p, call, part);
    }
    return want_sign(p, ")");
}

static error parse_normalize(struct parser *p, struct node *call)
{
    struct node *value;
    call->text = "normalize";
    TRY(parse_expression(p, &value));
    node_add(p, call, value);
    if (take_sign(p, ",")) {
        struct node *form = leaf(p, NODE_STRING);
        node_add(p, call, form);
    }
    return want_sign(p, ")");
}

static const struct {
    const char *word;
    error (*parse)(struct parser *, struct node *);
} forms[] = {
    {"CAST", parse_cast},         {"TRY_CAST", parse_cast}, {"EXTRACT", parse_extract},
    {"SUBSTRING", parse_substring}, {"TRIM", parse_trim},   {"POSITION", parse_position},
    {"NORMALIZE", parse_normalize}, {"OVERLAY", parse_overlay}, {"LISTAGG", parse_listagg},
};

/* Calls without parentheses. */
static const char *const bare_calls[] = {
    "CURRENT_CATALOG", "CURRENT_DATE", "CURRENT_PATH", "CURRENT_ROLE", "CURRENT_SCHEMA",
    "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER", "LOCALTIME", "LOCALTIMESTAMP", NULL};

static error parse_bare_call(struct parser *p, struct node **out)
{
    *out = call_node(p, p->token->at, p->token->text);
    p->token++;
    if (p->dialect->spark && at_sign(p, "(")) return p->token++, want_sign(p, ")");
    if (!at_sign(p, "(") || !(p->token[1].kind == TOKEN_INTEGER)) return OK;
    p->token++;
    node_add(p, *out, leaf(p, NODE_INTEGER));
    return want_sign(p, ")");
}

/* ---- primaries ---- */

static error parse_case(struct parser *p, struct node **out)
{
    struct node *n = node_new(p, NODE_CASE, p->token->at), *a = NULL;
    *out = n;
    TRY(want_word(p, "CASE"));
    if (!at_word(p, "WHEN")) TRY(parse_expression(p, &a));
    node_add(p, n, a);
    node_add(p, n, NULL);
    if (!at_word(p, "WHEN")) return unexpected_token(p, "'WHEN'");
    while (take_word(p, "WHEN")) {
        TRY(parse_expression(p, &a));
        node_add(p, n, a);
        TRY(want_word(p, "THEN"));
        TRY(parse_expression(p, &a));
        node_add(p, n, a);
    }
    if (take_word(p, "ELSE")) TRY(parse_expression(p, &n->items[1]));
    TRY(want_word(p, "END"));
    return node_close(n);
}

static error parse_interval(struct parser *p, struct node **out)
{
    static const char *const units[] = {"DAY", "HOUR", "MINUTE", "MONTH", "SECOND", "YEAR", NULL};
    struct node *n = node_new(p, NODE_INTERVAL, p->token->at);
    *out = n;
    p->token++;
    if (p->dialect->spark) return spark_parse_interval(p, out);
    if (at_sign(p, "-")) n->flag = true;
    if (at_sign(p, "-") || at_sign(p, "+")) p->token++;
    if (p->token->kind != TOKEN_STRING) return unexpected_token(p, "'+', '-', <string>");
    n->text = p->token++->text;
    do {
        if (p->token->kind != TOKEN_WORD || !word_is_one_of(p->token->text, units))
            return unexpected_token(p, "'DAY', 'HOUR', 'MINUTE', 'MONTH', 'SECOND', 'YEAR'");
        node_add(p, n, leaf(p, NODE_NAME));
    } while (n->count < 2 && take_word(p, "TO"));
    return OK;
}

/* DATE '...', TIMESTAMP '...', DECIMAL '...': a type's name before a text. */
static error parse_typed(struct parser *p, struct node **out)
{
    struct node *type, *n = node_new(p, NODE_TYPED, p->token->at);
    TRY(parse_type(p, &type));
    node_add(p, n, type);
    n->text = p->token->text;
    if (p->token->kind != TOKEN_STRING) return unexpected_token(p, "<string>");
    p->token++;
    *out = n;
    return OK;
}

static bool at_typed(const struct parser *p)
{
    return p->token->kind == TOKEN_WORD && at_identifier(p) &&
           (p->token[1].kind == TOKEN_STRING || (at_words(p, "DOUBLE", "PRECISION") &&
                                                 p->token[2].kind == TOKEN_STRING));
}

static error parse_parenthesised(struct parser *p, struct node **out)
{
    struct place at = p->token->at;
    struct node *query;
    if (at_query(p)) {
        p->token++;
        TRY(parse_query(p, &query));
        *out = node_new(p, NODE_SCALAR, at);
        node_add(p, *out, query);
        return want_sign(p, ")");
    }
    p->token++;
    TRY(parse_expression(p, out));
    if (!at_sign(p, ",")) return want_sign(p, ")");
    struct node *row = node_new(p, NODE_ROW, at);
    row->flag = true;
    node_add(p, row, *out);
    p->token++;
    TRY(parse_list(p, row, parse_expression));
    *out = row;
    return want_sign(p, ")");
}

static error parse_bracketed(struct parser *p, struct node *into, const char *close)
{
    p->token += 2;
    if (!at_sign(p, close)) TRY(parse_list(p, into, parse_expression));
    return want_sign(p, close);
}

/* The word that dateadd, datediff and their like begin with: HOUR, ... */
static error parse_unit(struct parser *p, struct node *call)
{
    static const char *const calls[] = {"DATEADD",      "DATEDIFF",      "DATE_ADD", "DATE_DIFF",
                                        "TIMESTAMPADD", "TIMESTAMPDIFF", NULL};
    static const char *const units[] = {"DAY",    "HOUR",  "MICROSECOND", "MILLISECOND",
                                        "MINUTE", "MONTH", "QUARTER",     "SECOND",
                                        "WEEK",   "YEAR",  NULL};
    bool unit = p->token->kind == TOKEN_WORD && p->token[1].kind == TOKEN_SIGN &&
                *p->token[1].text == ',' && word_is_one_of(call->text, calls) &&
                word_is_one_of(p->token->text, units);
    if (!unit) return OK;
    node_add(p, call, leaf(p, NODE_STRING));
    return want_sign(p, ",");
}

static error parse_named(struct parser *p, struct node **out)
{
    struct node *name;
    struct place at = p->token->at;
    const char *text = p->token->text;
    bool opens = p->token[1].kind == TOKEN_SIGN && *p->token[1].text == '(';
    for (size_t i = 0; opens && i < sizeof forms / sizeof *forms; i++)
        if (at_word(p, forms[i].word)) {
            p->token += 2;
            *out = call_node(p, at, text);
            TRY(forms[i].parse(p, *out));
            return node_close(*out);
        }
    bool word = p->dialect->spark && (at_word(p, "LEFT") || at_word(p, "RIGHT") ||
                                      at_word(p, "WINDOW") || at_word(p, "EXISTS"));
    if (word && !opens && at_word(p, "WINDOW"))
        return *out = leaf(p, NODE_NAME), OK; /* of a time window */
    if (opens && (at_identifier(p) || at_word(p, "GROUPING") || word)) {
        p->token += 2;
        *out = call_node(p, at, text);
        if (p->dialect->spark) TRY(parse_unit(p, *out));
        return parse_call(p, *out);
    }
    TRY(take_identifier(p, &name));
    *out = name;
    return OK;
}

static error parse_word(struct parser *p, struct node **out)
{
    struct place at = p->token->at;
    if (at_word(p, "NULL")) return *out = leaf(p, NODE_NULL), OK;
    if (at_word(p, "TRUE") || at_word(p, "FALSE")) return *out = leaf(p, NODE_BOOLEAN), OK;
    if (at_word(p, "CASE")) return parse_case(p, out);
    if (at_word(p, "EXISTS")) {
        const struct token *start = p->token++;
        if (p->dialect->spark && !at_query(p)) return p->token = start, parse_named(p, out);
        if (!at_query(p)) return unexpected_token(p, "'(' <query>");
        struct node *query;
        TRY(want_sign(p, "("));
        TRY(parse_query(p, &query));
        *out = node_new(p, NODE_EXISTS, at);
        node_add(p, *out, query);
        return want_sign(p, ")");
    }
    bool sign = p->token[1].kind == TOKEN_SIGN;
    if (at_word(p, "ARRAY") && sign && *p->token[1].text == '[') {
        *out = node_new(p, NODE_ARRAY, at);
        return parse_bracketed(p, *out, "]");
    }
    if (at_word(p, "ROW") && sign && *p->token[1].text == '(') {
        *out = node_new(p, NODE_ROW, at);
        return parse_bracketed(p, *out, ")");
    }
    const struct token *next = p->token + 1;
    if (at_word(p, "INTERVAL") &&
        ((p->dialect->spark && (next->kind == TOKEN_INTEGER || next->kind == TOKEN_DECIMAL)) ||
         next->kind == TOKEN_STRING || (next->kind == TOKEN_SIGN && next[1].kind == TOKEN_STRING)))
        return parse_interval(p, out);
    if (word_is_one_of(p->token->text, bare_calls)) return parse_bare_call(p, out);
    if (at_typed(p)) return parse_typed(p, out);
    return parse_named(p, out);
}

/* 1L: BIGINT '1' */
static error parse_suffixed(struct parser *p, struct node **out)
{
    static const struct { char letter; const char *type; } types[] = {
        {'l', "bigint"}, {'s', "smallint"}, {'y', "tinyint"}, {'f', "float"}, {'d', "double"}};
    struct node *n = node_new(p, NODE_TYPED, p->token->at),
                *type = node_new(p, NODE_TYPE, p->token->at);
    span digits = span_of(p->token++->text);
    char last = (char)(digits.data[--digits.size] | 32);
    bool decimal = digits.size && (digits.data[digits.size - 1] | 32) == 'b' && last == 'd';
    digits.size -= decimal;
    type->text = "decimal";
    for (size_t i = 0; i < sizeof types / sizeof *types && !decimal; i++)
        if (types[i].letter == last) type->text = types[i].type;
    n->text = arena_text(p->arena, digits);
    n->flag = true;
    node_add(p, n, type);
    *out = n;
    return OK;
}

static error parse_atom(struct parser *p, struct node **out)
{
    switch (p->token->kind) {
    case TOKEN_INTEGER: return *out = leaf(p, NODE_INTEGER), OK;
    case TOKEN_DECIMAL: return *out = leaf(p, NODE_DECIMAL), OK;
    case TOKEN_DOUBLE:  return *out = leaf(p, NODE_DOUBLE), OK;
    case TOKEN_SUFFIXED: return parse_suffixed(p, out);
    case TOKEN_STRING:  return *out = leaf(p, NODE_STRING), OK;
    case TOKEN_BYTES:   return *out = leaf(p, NODE_BYTES), OK;
    case TOKEN_QUOTED:  return parse_named(p, out);
    case TOKEN_WORD:    return parse_word(p, out);
    default:            break;
    }
    if (at_sign(p, "(")) return parse_parenthesised(p, out);
    if (!at_sign(p, "?")) return unexpected_token(p, "<expression>");
    *out = leaf(p, NODE_PARAMETER);
    (*out)->number = p->placeholders++;
    return OK;
}

static error parse_postfix(struct parser *p, struct node **out)
{
    struct node *index, *name;
    TRY(parse_atom(p, out));
    for (;;) {
        if (take_sign(p, "[")) {
            TRY(parse_value(p, &index));
            TRY(want_sign(p, "]"));
            *out = pair(p, NODE_SUBSCRIPT, (*out)->at, NULL, *out, index);
        } else if (at_sign(p, ".")) {
            p->token++;
            struct node *n;
            if (at_sign(p, "*")) {
                p->token++;
                n = node_new(p, NODE_STAR, (*out)->at);
            } else {
                if (p->dialect->spark && p->token->kind == TOKEN_WORD)
                    name = leaf(p, NODE_NAME); /* t.end */
                else TRY(take_identifier(p, &name));
                n = node_new(p, NODE_FIELD, (*out)->at);
                n->text = name->text;
            }
            node_add(p, n, *out);
            *out = n;
        } else {
            return node_close(*out);
        }
        TRY(node_close(*out));
    }
}

/* ---- operators ---- */

static error parse_zoned(struct parser *p, struct node **out)
{
    struct node *zone;
    TRY(parse_postfix(p, out));
    while (at_words(p, "AT", "TIME")) {
        struct place at = p->token->at;
        p->token += 2;
        TRY(want_word(p, "ZONE"));
        TRY(parse_postfix(p, &zone));
        *out = pair(p, NODE_AT_ZONE, at, NULL, *out, zone);
        TRY(node_close(*out));
    }
    return OK;
}

static error parse_signed(struct parser *p, struct node **out)
{
    if (p->dialect->spark && at_sign(p, "~")) {
        struct node *inner;
        *out = call_node(p, p->token++->at, "bitwise_not");
        TRY(parse_signed(p, &inner));
        node_add(p, *out, inner);
        return node_close(*out);
    }
    if (!at_sign(p, "-") && !at_sign(p, "+")) return parse_zoned(p, out);
    struct node *n = node_new(p, NODE_UNARY, p->token->at), *value;
    n->text = p->token++->text;
    TRY(parser_enter(p));
    TRY(parse_signed(p, &value));
    p->depth--;
    node_add(p, n, value);
    *out = n;
    return node_close(n);
}

static bool at_one_of(const struct parser *p, const char *const *signs)
{
    for (; *signs; signs++)
        if (at_sign(p, *signs)) return true;
    return false;
}

static error call_of_two(struct parser *p, struct place at, const char *name, struct node *right,
                         struct node **out)
{
    struct node *call = call_node(p, at, name);
    node_add(p, call, *out);
    node_add(p, call, right);
    *out = call;
    return node_close(call);
}

static error parse_product(struct parser *p, struct node **out)
{
    static const char *const signs[] = {"*", "/", "%", NULL};
    struct node *right;
    TRY(parse_signed(p, out));
    while (at_one_of(p, signs) || (p->dialect->spark && at_word(p, "DIV"))) {
        const struct token *sign = p->token++;
        TRY(parse_signed(p, &right));
        if (sign->kind == TOKEN_WORD) {
            TRY(call_of_two(p, sign->at, "div", right, out));
            continue;
        }
        *out = pair(p, NODE_ARITHMETIC, sign->at, sign->text, *out, right);
        TRY(node_close(*out));
    }
    return OK;
}

static error parse_sum(struct parser *p, struct node **out)
{
    static const char *const signs[] = {"+", "-", NULL};
    struct node *right;
    TRY(parse_product(p, out));
    while (at_one_of(p, signs)) {
        const struct token *sign = p->token++;
        TRY(parse_product(p, &right));
        *out = pair(p, NODE_ARITHMETIC, sign->at, sign->text, *out, right);
        TRY(node_close(*out));
    }
    return OK;
}

/* Concatenation binds least of the value operators; a chain of it is one node. */
static error parse_value(struct parser *p, struct node **out)
{
    static const char *const spark_signs[] = {"&", "^", "|", "||", NULL};
    struct node *right;
    TRY(parse_sum(p, out));
    while (p->dialect->spark && at_one_of(p, spark_signs)) {
        const struct token *sign = p->token++;
        TRY(parse_sum(p, &right));
        TRY(call_of_two(p, sign->at,
                        *sign->text == '&'   ? "bitwise_and"
                        : *sign->text == '^' ? "bitwise_xor"
                        : sign->text[1]      ? "concat"
                                             : "bitwise_or",
                        right, out));
    }
    if (!at_sign(p, "||")) return OK;
    struct node *chain = node_new(p, NODE_ARITHMETIC, p->token->at);
    chain->text = "||";
    node_add(p, chain, *out);
    while (take_sign(p, "||")) {
        TRY(parse_sum(p, &right));
        node_add(p, chain, right);
    }
    *out = chain;
    return node_close(chain);
}

static error parse_in(struct parser *p, struct node *value, struct place at, bool negated,
                      struct node **out)
{
    struct node *n = node_new(p, NODE_IN, at), *query;
    TRY(want_sign(p, "("));
    node_add(p, n, value);
    n->flag = negated;
    *out = n;
    if (at_query(p) && !at_sign(p, "(")) {
        TRY(parse_query(p, &query));
        n->kind = NODE_IN_QUERY;
        node_add(p, n, query);
    } else {
        TRY(parse_list(p, n, parse_expression));
    }
    return want_sign(p, ")");
}

static error parse_compared(struct parser *p, struct node **out)
{
    const struct token *sign = p->token++;
    struct node *right;
    if (at_word(p, "ALL") || at_word(p, "ANY") || at_word(p, "SOME")) {
        bool all = at_word(p, "ALL");
        p->token++;
        TRY(want_sign(p, "("));
        TRY(parse_query(p, &right));
        TRY(want_sign(p, ")"));
        *out = pair(p, NODE_QUANTIFIED, sign->at, sign->text, *out, right);
        (*out)->number = all;
        return OK;
    }
    TRY(parse_value(p, &right));
    *out = pair(p, NODE_COMPARE, sign->at, sign->text, *out, right);
    return OK;
}

/* IS [NOT] NULL, IS [NOT] DISTINCT FROM */
static error parse_is(struct parser *p, struct node **out)
{
    struct place at = p->token++->at;
    bool negated = take_word(p, "NOT");
    struct node *n, *right;
    if (take_word(p, "NULL")) {
        n = node_new(p, NODE_IS_NULL, at);
        node_add(p, n, *out);
    } else {
        if (!take_word(p, "DISTINCT")) return unexpected_token(p, "'DISTINCT', 'NOT', 'NULL'");
        TRY(want_word(p, "FROM"));
        TRY(parse_value(p, &right));
        n = pair(p, NODE_DISTINCT, at, NULL, *out, right);
    }
    n->flag = negated;
    *out = n;
    return OK;
}

static error parse_between(struct parser *p, struct place at, struct node **out)
{
    struct node *low, *high, *n;
    TRY(parse_value(p, &low));
    TRY(want_word(p, "AND"));
    TRY(parse_value(p, &high));
    n = pair(p, NODE_BETWEEN, at, NULL, *out, low);
    node_add(p, n, high);
    *out = n;
    return OK;
}

static error parse_like(struct parser *p, struct place at, struct node **out)
{
    struct node *pattern, *escape, *n;
    TRY(parse_value(p, &pattern));
    n = pair(p, NODE_LIKE, at, NULL, *out, pattern);
    if (take_word(p, "ESCAPE")) {
        TRY(parse_value(p, &escape));
        node_add(p, n, escape);
    } else if (p->dialect->spark) {
        escape = node_new(p, NODE_STRING, at);
        escape->text = "\\";
        node_add(p, n, escape);
    }
    *out = n;
    return OK;
}

/* <=>, [NOT] RLIKE, [NOT] ILIKE */
static error parse_spark_predicate(struct parser *p, struct node **out, bool *matched)
{
    const struct token *start = p->token;
    struct node *right;
    *matched = true;
    if (take_sign(p, "<=>")) {
        TRY(parse_value(p, &right));
        *out = pair(p, NODE_DISTINCT, start->at, NULL, *out, right);
        (*out)->flag = true;
        return node_close(*out);
    }
    bool negated = take_word(p, "NOT");
    bool regular = take_word(p, "RLIKE") || take_word(p, "REGEXP");
    if (!regular && !take_word(p, "ILIKE")) {
        p->token = start;
        *matched = false;
        return OK;
    }
    TRY(parse_value(p, &right));
    TRY(call_of_two(p, start->at, regular ? "rlike" : "ilike", right, out));
    if (!negated) return OK;
    struct node *not = node_new(p, NODE_NOT, start->at);
    node_add(p, not, *out);
    *out = not;
    return node_close(not);
}

static error parse_predicate(struct parser *p, struct node **out)
{
    static const char *const comparisons[] = {"=", "<>", "<", "<=", ">", ">=", NULL};
    TRY(parse_value(p, out));
    for (;;) {
        struct place at = p->token->at;
        bool matched = false;
        if (p->dialect->spark) TRY(parse_spark_predicate(p, out, &matched));
        if (matched) continue;
        if (at_one_of(p, comparisons)) {
            TRY(parse_compared(p, out));
        } else if (at_word(p, "IS")) {
            TRY(parse_is(p, out));
        } else {
            const struct token *start = p->token;
            bool negated = take_word(p, "NOT");
            if (take_word(p, "BETWEEN")) TRY(parse_between(p, at, out));
            else if (take_word(p, "LIKE")) TRY(parse_like(p, at, out));
            else if (take_word(p, "IN")) TRY(parse_in(p, *out, at, negated, out));
            else return p->token = start, OK;
            (*out)->flag = negated;
        }
        TRY(node_close(*out));
    }
}

static error parse_not(struct parser *p, struct node **out)
{
    if (!at_word(p, "NOT") && !at_sign(p, "!")) return parse_predicate(p, out);
    struct node *n = node_new(p, NODE_NOT, p->token++->at), *value;
    TRY(parser_enter(p));
    TRY(parse_not(p, &value));
    p->depth--;
    node_add(p, n, value);
    *out = n;
    return node_close(n);
}

/* Operands of AND and OR lie side by side, so that long conditions are not deep ones. */
static error parse_junction(struct parser *p, enum node_kind kind, const char *word,
                            error (*operand)(struct parser *, struct node **), struct node **out)
{
    struct node *next;
    TRY(operand(p, out));
    if (!at_word(p, word)) return OK;
    struct node *n = node_new(p, kind, (*out)->at);
    node_add(p, n, *out);
    while (take_word(p, word)) {
        TRY(operand(p, &next));
        node_add(p, n, next);
    }
    *out = n;
    return node_close(n);
}

static error parse_and(struct parser *p, struct node **out)
{
    return parse_junction(p, NODE_AND, "AND", parse_not, out);
}

error parse_expression(struct parser *p, struct node **out)
{
    TRY(parser_enter(p));
    TRY(parse_junction(p, NODE_OR, "OR", parse_and, out));
    p->depth--;
    return OK;
}
