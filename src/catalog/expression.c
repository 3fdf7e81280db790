/* In: the Expression of GetPartitions, a condition of SQL over partition keys, and the keys. Out: a
 * tree that says of a partition's values whether they match. Follows GetPartitions of the AWS Glue
 * API (2017-03-31); NULL (__HIVE_DEFAULT_PARTITION__, or a value that is not of its key's type)
 * makes a comparison unknown, as in SQL.
 *
 *   or      = and { OR and }
 *   and     = not { AND not }
 *   not     = NOT not | test
 *   test    = "(" or ")" | side ( compare side | IS [NOT] NULL
 *                               | [NOT] ( IN "(" literal {"," literal} ")"
 *                                       | BETWEEN literal AND literal | LIKE literal ) )
 *   side    = key | literal
 *   literal = 'text' | number | NULL | DATE 'text' | TIMESTAMP 'text' */
#include "catalog/catalog.h"

#include <ctype.h>

enum { DEPTH_MAX = 100, ECHO_MAX = 200 };
#define HIVE_NULL_VALUE "__HIVE_DEFAULT_PARTITION__"

/* ---- values, in the key's type ---- */

enum value_kind { VALUE_TEXT, VALUE_NUMBER, VALUE_DATE, VALUE_TIMESTAMP };

/* A decimal of any length: sign, digits before the point without leading zeros, digits behind it
 * without trailing ones. */
struct number {
    bool negative;
    span whole, fraction;
};

struct value {
    bool null;
    span text;
    struct number number;
    int64_t instant; /* date: days; timestamp: us */
};

static bool number_parse(span text, struct number *out)
{
    *out = (struct number){0};
    if (text.size && (text.data[0] == '-' || text.data[0] == '+')) {
        out->negative = text.data[0] == '-';
        text.data++, text.size--;
    }
    size_t whole = 0, at;
    while (whole < text.size && isdigit((unsigned char)text.data[whole])) whole++;
    for (at = whole < text.size && text.data[whole] == '.' ? whole + 1 : whole; at < text.size;
         at++)
        if (!isdigit((unsigned char)text.data[at])) return false;
    out->whole = (span){text.data, whole};
    if (whole < text.size) out->fraction = (span){text.data + whole + 1, text.size - whole - 1};
    if (out->whole.size + out->fraction.size == 0) return false;
    if (whole < text.size && text.data[whole] != '.') return false;
    while (out->whole.size && out->whole.data[0] == '0') out->whole.data++, out->whole.size--;
    while (out->fraction.size && out->fraction.data[out->fraction.size - 1] == '0')
        out->fraction.size--;
    if (out->whole.size + out->fraction.size == 0) out->negative = false; /* -0 is 0 */
    return true;
}

static int number_compare(const struct number *a, const struct number *b)
{
    if (a->negative != b->negative) return a->negative ? -1 : 1;
    int order = a->whole.size != b->whole.size ? (a->whole.size < b->whole.size ? -1 : 1)
                                               : span_compare(a->whole, b->whole);
    if (order == 0) order = span_compare(a->fraction, b->fraction);
    return a->negative ? -order : order;
}

/* False: the text is not of the kind. */
static bool value_parse(enum value_kind kind, span text, struct value *out)
{
    int32_t days;
    *out = (struct value){.text = text};
    switch (kind) {
    case VALUE_TEXT: return true;
    case VALUE_NUMBER: return number_parse(span_trim(text), &out->number);
    case VALUE_DATE:
        if (!cast_text_to_date(text, &days)) return false;
        out->instant = days;
        return true;
    case VALUE_TIMESTAMP: return cast_text_to_timestamp(text, &out->instant);
    }
    return false;
}

static int value_compare(enum value_kind kind, const struct value *a, const struct value *b)
{
    if (kind == VALUE_TEXT) return span_compare(a->text, b->text);
    if (kind == VALUE_NUMBER) return number_compare(&a->number, &b->number);
    return a->instant < b->instant ? -1 : a->instant > b->instant;
}

/* ---- the tree ---- */

enum truth { UNKNOWN = -1, NO, YES };
enum test { TEST_EQUAL, TEST_NOT_EQUAL, TEST_LESS, TEST_LESS_EQUAL, TEST_MORE, TEST_MORE_EQUAL,
            TEST_IN, TEST_BETWEEN, TEST_LIKE, TEST_NULL };
enum form { FORM_OR, FORM_AND, FORM_NOT, FORM_TEST };

struct expression {
    enum form form;
    const struct expression *left, *right; /* OR, AND; NOT: left */
    enum test test;
    bool negated;
    size_t key; /* which of the values */
    enum value_kind kind;
    struct value *literals;
    size_t count;
};

/* % any characters, _ one character (of UTF-8), \ takes the next as it is. */
static bool like(span text, span pattern)
{
    size_t t = 0, p = 0, star = SIZE_MAX, mark = 0;
    while (t < text.size) {
        bool quoted = p + 1 < pattern.size && pattern.data[p] == '\\';
        if (p < pattern.size && !quoted && pattern.data[p] == '%') {
            star = ++p;
            mark = t;
        } else if (p < pattern.size && !quoted && pattern.data[p] == '_') {
            for (t++, p++; t < text.size && ((unsigned char)text.data[t] & 0xc0) == 0x80;) t++;
        } else if (p < pattern.size && pattern.data[p + quoted] == text.data[t]) {
            t++, p += 1 + quoted;
        } else if (star != SIZE_MAX) {
            p = star;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.size && pattern.data[p] == '%') p++;
    return p == pattern.size;
}

static enum truth truth_not(enum truth t)
{
    return t == UNKNOWN ? UNKNOWN : t == YES ? NO : YES;
}

static enum truth test_one(const struct expression *x, enum test test, const struct value *value,
                           const struct value *literal)
{
    if (literal->null) return UNKNOWN;
    int order = value_compare(x->kind, value, literal);
    switch (test) {
    case TEST_EQUAL: return order == 0;
    case TEST_NOT_EQUAL: return order != 0;
    case TEST_LESS: return order < 0;
    case TEST_LESS_EQUAL: return order <= 0;
    case TEST_MORE: return order > 0;
    default: return order >= 0;
    }
}

static enum truth test_in(const struct expression *x, const struct value *value)
{
    enum truth any = NO;
    for (size_t i = 0; i < x->count && any != YES; i++) {
        enum truth one = test_one(x, TEST_EQUAL, value, &x->literals[i]);
        if (one != NO) any = one;
    }
    return any;
}

static enum truth both(enum truth a, enum truth b)
{
    if (a == NO || b == NO) return NO;
    return a == UNKNOWN || b == UNKNOWN ? UNKNOWN : YES;
}

static enum truth test_value(const struct expression *x, const struct value *value)
{
    if (x->test == TEST_NULL) return value->null ? YES : NO;
    if (value->null) return UNKNOWN;
    switch (x->test) {
    case TEST_IN: return test_in(x, value);
    case TEST_BETWEEN:
        return both(test_one(x, TEST_MORE_EQUAL, value, &x->literals[0]),
                    test_one(x, TEST_LESS_EQUAL, value, &x->literals[1]));
    case TEST_LIKE:
        return x->literals[0].null ? UNKNOWN : like(value->text, x->literals[0].text) ? YES : NO;
    default: return test_one(x, x->test, value, &x->literals[0]);
    }
}

static enum truth test_partition(const struct expression *x, const json_t *values)
{
    const json_t *text = json_array_get(values, x->key);
    struct value value = {.null = true};
    span s = {json_string_value(text), json_string_length(text)};
    if (s.data && !span_is(s, HIVE_NULL_VALUE) && !value_parse(x->kind, s, &value))
        value.null = true;
    enum truth t = test_value(x, &value);
    return x->negated ? truth_not(t) : t;
}

static enum truth evaluate(const struct expression *x, const json_t *values)
{
    enum truth left;
    switch (x->form) {
    case FORM_TEST: return test_partition(x, values);
    case FORM_NOT: return truth_not(evaluate(x->left, values));
    case FORM_AND:
        left = evaluate(x->left, values);
        return left == NO ? NO : both(left, evaluate(x->right, values));
    case FORM_OR:
        left = evaluate(x->left, values);
        if (left == YES) return YES;
        /* OR is AND of the opposites */
        return truth_not(both(truth_not(left), truth_not(evaluate(x->right, values))));
    }
    return UNKNOWN;
}

bool expression_matches(const struct expression *x, const json_t *values)
{
    return evaluate(x, values) == YES;
}

/* ---- tokens ---- */

enum token { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_TEXT, TOKEN_NUMBER, TOKEN_SIGN };

struct parser {
    struct arena *arena;
    const json_t *keys;
    span whole;
    size_t at;    /* behind the current token */
    size_t start; /* of the current token */
    enum token token;
    span text;    /* WORD, SIGN, NUMBER: as written; QUOTED, TEXT: without quotes */
    int depth;
};

static error refuse(const struct parser *p, const char *why)
{
    int shown = (int)(p->whole.size < ECHO_MAX ? p->whole.size : ECHO_MAX);
    return fail(ERR_INVALID_INPUT, "Unsupported expression '%.*s': %s at position %zu", shown,
                p->whole.data, why, p->start + 1);
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* Between two quotes; a doubled one stands for itself. */
static error token_quoted(struct parser *p, char quote, enum token token)
{
    char *out = arena_alloc(p->arena, p->whole.size);
    size_t size = 0;
    for (p->at++;; p->at++) {
        if (p->at == p->whole.size) return refuse(p, "a quote without its end");
        char c = p->whole.data[p->at];
        if (c == quote && p->at + 1 < p->whole.size && p->whole.data[p->at + 1] == quote) p->at++;
        else if (c == quote) break;
        out[size++] = c;
    }
    p->at++;
    p->token = token;
    p->text = (span){out, size};
    return OK;
}

static error token_sign(struct parser *p)
{
    static const char *const signs[] = {"<>", "!=", "<=", ">=", "=", "<",
                                        ">",  "(",  ")",  ",",  "-", "+"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t size = strlen(signs[i]);
        if (p->whole.size - p->at < size || memcmp(p->whole.data + p->at, signs[i], size) != 0)
            continue;
        p->token = TOKEN_SIGN;
        p->text = (span){signs[i], size};
        p->at += size;
        return OK;
    }
    return refuse(p, "an unknown sign");
}

static error next(struct parser *p)
{
    while (p->at < p->whole.size && isspace((unsigned char)p->whole.data[p->at])) p->at++;
    p->start = p->at;
    if (p->at == p->whole.size) {
        p->token = TOKEN_END;
        p->text = (span){"", 0};
        return OK;
    }
    char c = p->whole.data[p->at];
    if (c == '\'') return token_quoted(p, c, TOKEN_TEXT);
    if (c == '"' || c == '`') return token_quoted(p, c, TOKEN_QUOTED);
    if (!is_word(c) && c != '.') return token_sign(p);
    bool number = isdigit((unsigned char)c) || c == '.';
    while (p->at < p->whole.size &&
           (is_word(p->whole.data[p->at]) || (number && p->whole.data[p->at] == '.')))
        p->at++;
    p->token = number ? TOKEN_NUMBER : TOKEN_WORD;
    p->text = (span){p->whole.data + p->start, p->at - p->start};
    return OK;
}

static bool is_keyword(const struct parser *p, const char *word)
{
    return p->token == TOKEN_WORD && span_equal_nocase(p->text, span_of(word));
}

static bool is_sign(const struct parser *p, const char *sign)
{
    return p->token == TOKEN_SIGN && span_is(p->text, sign);
}

/* Steps over the token if it is this keyword or sign. */
static error take(struct parser *p, bool matches, bool *taken)
{
    *taken = matches;
    return matches ? next(p) : OK;
}

static error expect(struct parser *p, bool matches, const char *why)
{
    return matches ? next(p) : refuse(p, why);
}

/* ---- literals and keys ---- */

struct literal { bool null; span text; };

static error literal_number(struct parser *p, struct literal *out)
{
    struct number number;
    const char *sign = is_sign(p, "-") ? "-" : "";
    if (p->token == TOKEN_SIGN) TRY(next(p));
    if (p->token != TOKEN_NUMBER || !number_parse(p->text, &number))
        return refuse(p, "no number");
    const char *text = arena_printf(p->arena, "%s%.*s", sign, (int)p->text.size, p->text.data);
    *out = (struct literal){.text = span_of(text)};
    return next(p);
}

static error literal_read(struct parser *p, struct literal *out)
{
    *out = (struct literal){0};
    if (p->token == TOKEN_NUMBER || is_sign(p, "-") || is_sign(p, "+"))
        return literal_number(p, out);
    if (is_keyword(p, "NULL")) {
        out->null = true;
        return next(p);
    }
    if (is_keyword(p, "DATE") || is_keyword(p, "TIMESTAMP")) TRY(next(p));
    if (p->token != TOKEN_TEXT) return refuse(p, "no literal");
    out->text = p->text;
    return next(p);
}

/* Whether a word that could begin a literal does: DATE and TIMESTAMP may be keys too. */
static bool starts_literal(const struct parser *p)
{
    if (p->token == TOKEN_TEXT || p->token == TOKEN_NUMBER || is_keyword(p, "NULL")) return true;
    if (is_sign(p, "-") || is_sign(p, "+")) return true;
    if (!is_keyword(p, "DATE") && !is_keyword(p, "TIMESTAMP")) return false;
    size_t at = p->at;
    while (at < p->whole.size && isspace((unsigned char)p->whole.data[at])) at++;
    return at < p->whole.size && p->whole.data[at] == '\'';
}

static error key_kind(struct parser *p, const json_t *key, enum value_kind *out)
{
    const struct type *type = NULL;
    const char *text = json_text(key, "Type");
    if (text && type_parse(p->arena, span_of(text), &type) == OK) {
        switch (type->kind) {
        case TYPE_STRING: *out = VALUE_TEXT; return OK;
        case TYPE_DATE: *out = VALUE_DATE; return OK;
        case TYPE_TIMESTAMP: *out = VALUE_TIMESTAMP; return OK;
        case TYPE_TINYINT:
        case TYPE_SMALLINT:
        case TYPE_INT:
        case TYPE_BIGINT:
        case TYPE_DECIMAL: *out = VALUE_NUMBER; return OK;
        default: break;
        }
    }
    return refuse(p, "a partition key of a type that expressions do not take");
}

static error key_read(struct parser *p, struct expression *x)
{
    size_t i;
    json_t *key;
    if (p->token != TOKEN_WORD && p->token != TOKEN_QUOTED) return refuse(p, "no partition key");
    json_array_foreach(p->keys, i, key) {
        if (!span_equal_nocase(p->text, span_of(json_text(key, "Name")))) continue;
        x->key = i;
        TRY(key_kind(p, key, &x->kind));
        return next(p);
    }
    return refuse(p, "a name that is no partition key");
}

/* Puts the literal behind those the test has, in the key's type. */
static error literal_add(struct parser *p, struct expression *x, const struct literal *literal)
{
    if ((x->count & (x->count - 1)) == 0) { /* full at every power of two */
        struct value *larger = ARENA_ARRAY(p->arena, struct value, x->count ? 2 * x->count : 1);
        if (x->count) memcpy(larger, x->literals, x->count * sizeof *larger);
        x->literals = larger;
    }
    struct value *value = &x->literals[x->count++];
    if (!literal->null && !value_parse(x->kind, literal->text, value))
        return refuse(p, "before here a literal that is not of its partition key's type");
    value->null = literal->null;
    return OK;
}

static error literal_next(struct parser *p, struct expression *x)
{
    struct literal literal;
    TRY(literal_read(p, &literal));
    return literal_add(p, x, &literal);
}

/* ---- the grammar ---- */

static error parse_or(struct parser *p, struct expression **out);

static error parse_in(struct parser *p, struct expression *x)
{
    bool more = true;
    x->test = TEST_IN;
    TRY(expect(p, is_sign(p, "("), "IN takes a list in parentheses"));
    while (more) {
        TRY(literal_next(p, x));
        TRY(take(p, is_sign(p, ","), &more));
    }
    return expect(p, is_sign(p, ")"), "a list without its end");
}

static error parse_between(struct parser *p, struct expression *x)
{
    x->test = TEST_BETWEEN;
    TRY(literal_next(p, x));
    TRY(expect(p, is_keyword(p, "AND"), "BETWEEN takes two literals joined by AND"));
    return literal_next(p, x);
}

static error parse_like(struct parser *p, struct expression *x)
{
    x->test = TEST_LIKE;
    if (x->kind != VALUE_TEXT) return refuse(p, "LIKE takes partition keys of type string");
    return literal_next(p, x);
}

static error parse_null(struct parser *p, struct expression *x)
{
    x->test = TEST_NULL;
    TRY(take(p, is_keyword(p, "NOT"), &x->negated));
    return expect(p, is_keyword(p, "NULL"), "IS takes NULL or NOT NULL");
}

static const struct { const char *sign; enum test test, turned; } compares[] = {
    {"=", TEST_EQUAL, TEST_EQUAL},           {"<>", TEST_NOT_EQUAL, TEST_NOT_EQUAL},
    {"!=", TEST_NOT_EQUAL, TEST_NOT_EQUAL},  {"<", TEST_LESS, TEST_MORE},
    {"<=", TEST_LESS_EQUAL, TEST_MORE_EQUAL}, {">", TEST_MORE, TEST_LESS},
    {">=", TEST_MORE_EQUAL, TEST_LESS_EQUAL},
};

static error parse_compare(struct parser *p, struct expression *x, bool turned)
{
    for (size_t i = 0; i < sizeof compares / sizeof *compares; i++) {
        if (!is_sign(p, compares[i].sign)) continue;
        x->test = turned ? compares[i].turned : compares[i].test;
        return next(p);
    }
    return refuse(p, "no comparison");
}

/* What follows a key. */
static error parse_of_key(struct parser *p, struct expression *x)
{
    bool taken;
    TRY(take(p, is_keyword(p, "IS"), &taken));
    if (taken) return parse_null(p, x);
    TRY(take(p, is_keyword(p, "NOT"), &x->negated));
    TRY(take(p, is_keyword(p, "IN"), &taken));
    if (taken) return parse_in(p, x);
    TRY(take(p, is_keyword(p, "BETWEEN"), &taken));
    if (taken) return parse_between(p, x);
    TRY(take(p, is_keyword(p, "LIKE"), &taken));
    if (taken) return parse_like(p, x);
    if (x->negated) return refuse(p, "NOT takes IN, BETWEEN or LIKE here");
    TRY(parse_compare(p, x, false));
    return literal_next(p, x);
}

static struct expression *node_new(struct parser *p, enum form form, const struct expression *left,
                                   const struct expression *right)
{
    struct expression *x = ARENA_NEW(p->arena, struct expression);
    *x = (struct expression){.form = form, .left = left, .right = right};
    return x;
}

static error parse_test(struct parser *p, struct expression **out)
{
    bool group;
    TRY(take(p, is_sign(p, "("), &group));
    if (group) {
        TRY(parse_or(p, out));
        return expect(p, is_sign(p, ")"), "a parenthesis without its end");
    }
    *out = node_new(p, FORM_TEST, NULL, NULL);
    if (!starts_literal(p)) {
        TRY(key_read(p, *out));
        return parse_of_key(p, *out);
    }
    struct literal literal;
    TRY(literal_read(p, &literal));
    TRY(parse_compare(p, *out, true));
    TRY(key_read(p, *out));
    return literal_add(p, *out, &literal);
}

static error parse_not(struct parser *p, struct expression **out)
{
    bool not;
    if (p->depth == DEPTH_MAX) return refuse(p, "too deep");
    p->depth++;
    TRY(take(p, is_keyword(p, "NOT"), &not));
    if (not) {
        struct expression *inner;
        TRY(parse_not(p, &inner));
        *out = node_new(p, FORM_NOT, inner, NULL);
    } else {
        TRY(parse_test(p, out));
    }
    p->depth--;
    return OK;
}

static error parse_and(struct parser *p, struct expression **out)
{
    bool more;
    TRY(parse_not(p, out));
    TRY(take(p, is_keyword(p, "AND"), &more));
    while (more) {
        struct expression *right;
        TRY(parse_not(p, &right));
        *out = node_new(p, FORM_AND, *out, right);
        TRY(take(p, is_keyword(p, "AND"), &more));
    }
    return OK;
}

static error parse_or(struct parser *p, struct expression **out)
{
    bool more;
    TRY(parse_and(p, out));
    TRY(take(p, is_keyword(p, "OR"), &more));
    while (more) {
        struct expression *right;
        TRY(parse_and(p, &right));
        *out = node_new(p, FORM_OR, *out, right);
        TRY(take(p, is_keyword(p, "OR"), &more));
    }
    return OK;
}

error expression_parse(struct arena *arena, span text, const json_t *keys,
                       const struct expression **out)
{
    struct parser p = {.arena = arena, .keys = keys, .whole = text};
    struct expression *x;
    if (text.size > 4 * EXPRESSION_MAX) /* characters have up to four bytes */
        return fail(ERR_INVALID_INPUT, "an expression may have at most %d characters",
                    EXPRESSION_MAX);
    if (memchr(text.data, '\0', text.size)) return refuse(&p, "a NUL");
    TRY(next(&p));
    TRY(parse_or(&p, &x));
    if (p.token != TOKEN_END) return refuse(&p, "something behind the end");
    *out = x;
    return OK;
}
