/* A call -> the row of the function table that fits its arguments best -> code. */
#include "dialect/internal.h"

#include <ctype.h>
#include <stdlib.h>

enum {
    VARIABLES = 26,
    ARGUMENTS_MAX = 128,
    NO_MATCH = 1 << 20,
    OTHER_LAMBDA = 1 << 10 /* the lambda takes another number of parameters */
};

struct match {
    struct analyzer *a;
    const struct dialect_type *bound[VARIABLES]; /* by letter */
};

static bool same_name(const char *a, const char *b)
{
    return span_equal_nocase(span_of(a), span_of(b));
}

static bool is_of(const struct function *f, const char *name)
{
    return same_name(f->name, name);
}

bool is_aggregate(const struct dialect *d, const char *name)
{
    for (const struct function *f = d->functions; f->name; f++)
        if (is_of(f, name)) return f->kind == FUNCTION_AGGREGATE;
    return false;
}

/* ---- parameters ---- */

static span take_word_of(const char **p)
{
    const char *start = *p;
    while (isalnum((unsigned char)**p) || **p == '_') ++*p;
    return (span){start, (size_t)(*p - start)};
}

/* Behind one parameter, whatever it is. */
static const char *skip_parameter(const char *p)
{
    int open = 0;
    for (; *p && (open || (*p != ',' && *p != ')')); p++) open += (*p == '(') - (*p == ')');
    return p;
}

static bool is_variable(span word)
{
    return word.size == 1 && word.data[0] >= 'A' && word.data[0] <= 'Z';
}

static const struct {
    const char *name;
    const struct dialect_type *type;
} named_types[] = {
    {"boolean", &type_boolean},
    {"tinyint", &type_tinyint},
    {"smallint", &type_smallint},
    {"integer", &type_integer},
    {"bigint", &type_bigint},
    {"real", &type_real},
    {"double", &type_double},
    {"varchar", &type_varchar},
    {"varbinary", &type_varbinary},
    {"date", &type_date},
    {"json", &type_json},
    {"interval_day", &type_interval_day},
    {"interval_year", &type_interval_year},
    {"uuid", &type_uuid},
    {"unknown", &type_unknown},
    {"timestamp", &type_timestamp},
    {"tz", &type_utc},
    {"local", &type_timestamp},
};

static const struct dialect_type *named(span word)
{
    for (size_t i = 0; i < sizeof named_types / sizeof *named_types; i++)
        if (span_is(word, named_types[i].name)) return named_types[i].type;
    return NULL;
}

/* How far an argument is from a plain parameter type: 0 the same, more for each step. */
static int distance(const struct analyzer *a, const struct dialect_type *from,
                    const struct dialect_type *to)
{
    struct arena *arena = a->arena;
    if (a->dialect->rules) {
        int steps = a->dialect->rules->distance(a->arena, from, to);
        return steps < 0 ? NO_MATCH : steps;
    }
    if (from->kind == DIALECT_UNKNOWN) return 1;
    if (from->kind == to->kind) return 0;
    if (is_text(from) && is_text(to)) return 1;
    if (!common_type(arena, from, to) || common_type(arena, from, to)->kind != to->kind)
        return NO_MATCH;
    return 1 + abs((int)to->kind - (int)from->kind);
}

static int unify(struct match *m, const char **p, const struct dialect_type *type)
{
    span word = take_word_of(p);
    if (is_variable(word)) {
        const struct dialect_type **slot = &m->bound[word.data[0] - 'A'];
        const struct dialect_type *both = *slot ? shared_type(m->a, *slot, type) : type;
        if (!both) return NO_MATCH;
        *slot = both;
        return 2;
    }
    if (span_is(word, "any")) return 4;
    if (span_is(word, "number")) return is_numeric(type) ? 3 : NO_MATCH;
    if (span_is(word, "row")) return type->kind == DIALECT_ROW ? 0 : NO_MATCH;
    if (span_is(word, "decimal"))
        return type->kind == DIALECT_DECIMAL ? 0 : is_integral(type) ? 4 : NO_MATCH;
    if (span_is(word, "time")) return type->kind == DIALECT_TIME ? 0 : NO_MATCH;
    if (span_is(word, "local") && type->kind == DIALECT_TIMESTAMP_TZ) return 0;
    if (span_is(word, "array") || span_is(word, "map")) {
        bool map = span_is(word, "map");
        bool null = type->kind == DIALECT_UNKNOWN;
        if (!null && type->kind != (map ? DIALECT_MAP : DIALECT_ARRAY)) return NO_MATCH;
        int cost = 0;
        for (int i = 0; i <= map; i++) { /* past "(" or "," */
            ++*p;
            cost += unify(m, p, null ? &type_unknown : type->fields[i].type);
        }
        ++*p; /* ) */
        return cost;
    }
    return distance(m->a, type, named(word));
}

/* The type a parameter stands for, given what its variables are bound to. */
static const struct dialect_type *instantiate(struct match *m, const char **p,
                                              const struct dialect_type *given)
{
    struct arena *arena = m->a->arena;
    span word = take_word_of(p);
    if (is_variable(word)) {
        const struct dialect_type *type = m->bound[word.data[0] - 'A'];
        return type ? type : &type_unknown;
    }
    if (span_is(word, "array") || span_is(word, "map")) {
        ++*p;
        const struct dialect_type *first = instantiate(m, p, NULL), *second = NULL;
        ++*p;
        if (span_is(word, "array")) return type_array(arena, first);
        second = instantiate(m, p, NULL);
        ++*p;
        return type_map(arena, first, second);
    }
    if (span_is(word, "decimal") && given && is_integral(given))
        return type_decimal(arena, decimal_digits(given), 0);
    const struct dialect_type *type = named(word);
    if (!type) return given; /* any, number, row, decimal, time */
    bool moments = type->kind == DIALECT_TIMESTAMP || type->kind == DIALECT_TIMESTAMP_TZ;
    if (given && given->kind == type->kind && (moments || is_text(type))) return given;
    if (given && moments && given->precision) /* digits stay, whatever else changes */
        return type_moment(arena, type->kind, given->precision, type->zone);
    return type;
}

static bool is_lambda_parameter(const char *p)
{
    return p[0] == 'f' && p[1] == '(';
}

/* Of f(T,U)V: how many it takes. */
static int lambda_parameters(const char *p)
{
    int count = 1;
    for (; *p && *p != ')'; p++) count += *p == ',';
    return count;
}

/* Cost of the arguments for this row; NO_MATCH if they do not fit. */
static int fit(struct match *m, const struct function *f, const struct call *c)
{
    const char *p = f->parameters, *last = p;
    int cost = 0;
    memset(m->bound, 0, sizeof m->bound);
    for (int i = 0; i < c->count; i++) {
        if (*p == '.') p = last; /* ... */
        if (!*p) return NO_MATCH;
        last = p;
        bool lambda = c->node->items[i]->kind == NODE_LAMBDA;
        if (is_lambda_parameter(p) != lambda) return NO_MATCH;
        if (lambda && lambda_parameters(p) != c->node->items[i]->count - 1) cost += OTHER_LAMBDA;
        if (lambda) p = skip_parameter(p);
        else cost += unify(m, &p, c->values[i].type);
        if (cost >= NO_MATCH) return NO_MATCH;
        if (*p == ',') p++;
    }
    return *p && *p != '.' ? NO_MATCH : cost;
}

/* ---- lambdas ---- */

error lambda_body(struct call *c, const struct node *n, const struct dialect_type *const *types,
                  const struct code *const *codes, int count, struct value *out)
{
    struct scope inner = {.outer = c->scope, .lambda = true, .count = count};
    inner.columns = ARENA_ARRAY(c->a->arena, struct attribute, (size_t)count + 1);
    if (n->kind != NODE_LAMBDA || n->count - 1 != count)
        return refuse(n, ERR_USAGE, "INVALID_PARAMETER_USAGE",
                      "Expected a lambda that takes %d argument(s) but got %d", count,
                      n->kind == NODE_LAMBDA ? n->count - 1 : 0);
    for (int i = 0; i < count; i++)
        inner.columns[i] = (struct attribute){
            .name = n->items[i + 1]->text, .type = types[i], .scan = -1, .code = codes[i]};
    return analyze(c->a, &inner, n->items[0], out);
}

/* f(T,U)V: the body is analysed with parameters of the types bound so far; V is bound by it. */
static error lambda_code(struct match *m, struct call *c, const struct node *n, const char *p,
                         struct value *out)
{
    const struct dialect_type *types[2];
    const struct code *codes[2];
    const char *names[2];
    int count = 0;
    p += 2;
    for (; *p != ')' && count < 2; p += *p == ',') {
        types[count] = instantiate(m, &p, NULL);
        names[count] = new_name(c->a, "v");
        codes[count] = code_of(c->a->arena, "%s", names[count]);
        count++;
    }
    p++;
    TRY(lambda_body(c, n, types, codes, count, out));
    if (unify(m, &(const char *){p}, out->type) >= NO_MATCH) return no_match(c);
    TRY(coerce(c->a, out, instantiate(m, &(const char *){p}, out->type)));
    out->code = count == 1
                    ? code_of(c->a->arena, "lambda %s: %c", names[0], out->code)
                    : code_of(c->a->arena, "lambda %s, %s: %c", names[0], names[1], out->code);
    return OK;
}

static error arguments_coerce(struct match *m, const struct function *f, struct call *c)
{
    const char *p = f->parameters, *last = p;
    for (int i = 0; i < c->count; i++) {
        struct value *v = &c->values[i];
        if (*p == '.') p = last;
        last = p;
        if (is_lambda_parameter(p)) {
            TRY(lambda_code(m, c, c->node->items[i], p, v));
            p = skip_parameter(p);
        } else if (strncmp(p, "local", 5) == 0 && v->type->kind == DIALECT_TIMESTAMP_TZ) {
            v->code = zoned_local(c->a->arena, v->code, v->type);
            v->type = type_moment(c->a->arena, DIALECT_TIMESTAMP, v->type->precision, NULL);
            p = skip_parameter(p);
        } else {
            const struct dialect_type *to = instantiate(m, &p, v->type);
            bool instant = strncmp(last, "tz", 2) == 0 && v->type->kind == DIALECT_TIMESTAMP_TZ;
            if (instant) v->code = zoned_instant(c->a->arena, v->code, v->type);
            else TRY(coerce(c->a, v, to));
        }
        if (*p == ',') p++;
    }
    return OK;
}

/* ---- code ---- */

struct aggregate_parts { /* what goes to @( and )@ */
    const char *distinct;
    const struct code *order, *filter, *over;
    const char *nulls;
};

const struct code *arguments_join(const struct call *c, int first)
{
    const struct code *codes[ARGUMENTS_MAX];
    for (int i = first; i < c->count; i++) codes[i - first] = c->values[i].code;
    return code_join(c->a->arena, codes, c->count > first ? c->count - first : 0, ", ");
}

static const struct code *tail_code(struct arena *arena, const struct aggregate_parts *p)
{
    return code_of(arena, "%s%c%s)%c%c", "", p->order, p->nulls, p->filter, p->over);
}

static const struct code *expand(struct call *c, const char *code,
                                 const struct aggregate_parts *parts)
{
    struct arena *arena = c->a->arena;
    struct buffer codes = {0};
    while (*code) {
        const struct code *piece;
        const char *end = code;
        if (code[0] == '$') {
            int i = code[1] - '1';
            piece = code[1] == '*'   ? arguments_join(c, 0)
                    : code[1] == '+' ? arguments_join(c, 1)
                    : code[1] == 'R' ? code_of(arena, "%s", duck_type(arena, c->out->type))
                    : code[1] == 'P' ? code_of(arena, "%d", c->values[0].type->precision)
                    : i < c->count   ? c->values[i].code
                                     : code_of(arena, "NULL");
            code += 2;
        } else if (code[0] == '@' && code[1] == '(') {
            piece = code_of(arena, "(%s", parts->distinct);
            code += 2;
        } else if (code[0] == ')' && code[1] == '@') {
            piece = tail_code(arena, parts);
            code += 2;
        } else {
            do end++;
            while (*end && *end != '$' && *end != '@' && !(end[0] == ')' && end[1] == '@'));
            piece = code_of(arena, "%s", arena_text(arena, (span){code, (size_t)(end - code)}));
            code = end;
        }
        buffer_append(&codes, &piece, sizeof piece);
    }
    const struct code *all = code_join(arena, (const struct code *const *)(void *)codes.data,
                                       (int)(codes.size / sizeof(const struct code *)), "");
    buffer_release(&codes);
    return all;
}

static const struct dialect_type *result_type(struct match *m, const struct function *f,
                                              const struct call *c)
{
    const char *p = f->result;
    struct arena *arena = m->a->arena;
    const struct dialect_type *first = c->count ? c->values[0].type : NULL;
    if (*p == '=') return c->values[p[1] - '1'].type;
    if (strncmp(p, "array(=1)", 9) == 0) return type_array(arena, first);
    if (strncmp(p, "varchar(", 8) == 0) return type_text(arena, DIALECT_VARCHAR, atoi(p + 8));
    if (strcmp(p, "varchar") == 0) return &type_varchar;
    return instantiate(m, &p, first);
}

static error aggregate_parts_of(struct call *c, const struct function *f,
                                struct aggregate_parts *parts)
{
    struct arena *arena = c->a->arena;
    const struct node *n = c->node;
    struct analyzer *a = c->a;
    const struct code *none = code_of(arena, ""), *code;
    bool outer = a->in_aggregate;
    *parts = (struct aggregate_parts){n->flag ? "DISTINCT " : "", none, none, none, ""};
    a->in_aggregate = f->kind == FUNCTION_AGGREGATE && !n->parts[CALL_OVER];
    error e = OK;
    if (n->parts[CALL_FILTER]) {
        e = analyze_boolean(a, c->scope, n->parts[CALL_FILTER], "Filter expression", &code);
        if (e == OK) parts->filter = code_of(arena, " FILTER (WHERE %c)", code);
    }
    if (e == OK && n->parts[CALL_ORDER]) {
        e = analyze_sorts(a, c->scope, n->parts[CALL_ORDER], &code);
        if (e == OK) parts->order = code_of(arena, " ORDER BY %c", code);
    }
    a->in_aggregate = outer;
    TRY(e);
    if (n->parts[CALL_NULLS] && *n->parts[CALL_NULLS]->text == 'I') parts->nulls = " IGNORE NULLS";
    if (n->parts[CALL_OVER]) {
        TRY(analyze_window(a, c->scope, n->parts[CALL_OVER], &code));
        parts->over = code_of(arena, " OVER %c", code);
    }
    return OK;
}

/* ---- calls ---- */

static error not_scalar(const struct call *c)
{
    return refuse(c->a->clause ? c->a->clause : c->node, ERR_USAGE, "EXPRESSION_NOT_SCALAR",
                  "%s cannot contain aggregations, window functions or grouping operations",
                  c->a->clause ? c->a->clause_name : "This clause");
}

static error clauses_check(const struct call *c, const struct function *f)
{
    const struct node *n = c->node;
    bool over = n->parts[CALL_OVER];
    if (f->kind == FUNCTION_WINDOW && !over)
        return refuse(n, ERR_USAGE, "MISSING_OVER", "Window function %s requires an OVER clause",
                      f->name);
    if (f->kind == FUNCTION_SCALAR && over)
        return refuse(c->a->select, ERR_USAGE, "FUNCTION_NOT_WINDOW", "Not a window function: %s",
                      f->name);
    if (f->kind == FUNCTION_SCALAR && (n->flag || n->parts[CALL_FILTER] || n->parts[CALL_ORDER]))
        return refuse(n, ERR_USAGE, "FUNCTION_NOT_AGGREGATE", "%s is not an aggregate function",
                      f->name);
    if (f->kind == FUNCTION_AGGREGATE && !over) {
        if (c->a->in_aggregate)
            return refuse(c->a->aggregate ? c->a->aggregate : n, ERR_USAGE, "NESTED_AGGREGATION",
                          "Cannot nest aggregations inside aggregation '%s'", f->name);
        if (!c->scope->grouping && !c->scope->lambda) return not_scalar(c);
    }
    if (over && !c->a->windows_allowed) return not_scalar(c);
    return OK;
}

error aggregate_give(struct call *c, const struct dialect_type *type, const char *code)
{
    static const struct function aggregate = {.kind = FUNCTION_AGGREGATE};
    struct aggregate_parts parts;
    c->out->type = type;
    TRY(aggregate_parts_of(c, &aggregate, &parts));
    c->out->code = expand(c, code, &parts);
    return OK;
}

error no_match(const struct call *c)
{
    const struct function *first = NULL;
    struct buffer expected = {0}, given = {0};
    for (const struct function *f = c->a->dialect->functions; f->name; f++)
        if (is_of(f, c->node->text)) {
            buffer_printf(&expected, "%s%s(%s)", first ? ", " : "", f->name,
                          f->parameters ? f->parameters : "...");
            first = f;
        }
    for (int i = 0; i < c->count; i++) {
        bool lambda = c->node->items[i]->kind == NODE_LAMBDA;
        buffer_printf(&given, "%s%s", i ? ", " : "",
                      lambda ? "<lambda>" : type_name(c->a->arena, c->values[i].type));
    }
    error e = refuse(c->node, ERR_USAGE, "FUNCTION_NOT_FOUND",
                     "Unexpected parameters (%s) for function %s. Expected: %s",
                     buffer_text(&given), first->name, buffer_text(&expected));
    buffer_release(&expected);
    buffer_release(&given);
    return e;
}

error call_by_row(struct call *c)
{
    struct match best_match = {.a = c->a}, m = {.a = c->a};
    const struct function *best = NULL;
    struct aggregate_parts parts;
    int lowest = NO_MATCH;
    for (const struct function *f = c->a->dialect->functions; f->name; f++) {
        if (!is_of(f, c->node->text) || !f->parameters) continue;
        int cost = fit(&m, f, c);
        if (cost >= lowest) continue;
        lowest = cost;
        best = f;
        best_match = m;
    }
    if (!best) return no_match(c);
    if (!best->code)
        return unmapped(
            c->node, arena_printf(c->a->arena, "the function %s with these arguments", best->name));
    TRY(clauses_check(c, best));
    TRY(arguments_coerce(&best_match, best, c));
    c->out->type = result_type(&best_match, best, c);
    TRY(aggregate_parts_of(c, best, &parts));
    c->out->code = expand(c, best->code, &parts);
    return OK;
}

static error arguments_analyze(struct call *c, bool aggregate)
{
    bool outer = c->a->in_aggregate, windows = c->a->windows_allowed;
    error e = OK;
    const struct node *around = c->a->aggregate;
    if (aggregate) {
        c->a->in_aggregate = true;
        c->a->aggregate = c->node;
    }
    if (aggregate) c->a->windows_allowed = false;
    for (int i = 0; i < c->count && e == OK; i++)
        if (c->node->items[i]->kind != NODE_LAMBDA && c->node->items[i]->kind != NODE_STAR)
            e = analyze(c->a, c->scope, c->node->items[i], &c->values[i]);
    c->a->in_aggregate = outer;
    c->a->aggregate = around;
    c->a->windows_allowed = windows;
    return e;
}

error analyze_call(struct analyzer *a, const struct scope *scope, const struct node *n,
                   struct value *out)
{
    const struct dialect *d = a->dialect;
    const struct function *f = d->functions;
    struct call c = {a, scope, n, NULL, n->count, out};
    while (f->name && !is_of(f, n->text)) f++;
    if (!f->name && word_is_one_of(n->text, d->refused))
        return unmapped(n, arena_printf(a->arena, "the function %s", n->text));
    if (!f->name)
        return refuse(n, ERR_USAGE, "FUNCTION_NOT_FOUND", "Function '%s' not registered", n->text);
    if (n->count > ARGUMENTS_MAX)
        return refuse(n, ERR_USAGE, "TOO_MANY_ARGUMENTS",
                      "Too many arguments for function call %s()", n->text);
    c.values = ARENA_ARRAY(a->arena, struct value, (size_t)n->count + 1);
    if (n->count == 1 && n->items[0]->kind == NODE_STAR) { /* count(*) */
        if (a->dialect->spark && same_name(n->text, "struct")) return f->rule(&c);
        if (!same_name(n->text, "count")) return no_match(&c);
        c.count = 0;
    }
    if (f->kind == FUNCTION_AGGREGATE && !n->parts[CALL_OVER]) {
        TRY(clauses_check(&c, f));
    }
    TRY(arguments_analyze(&c, f->kind == FUNCTION_AGGREGATE && !n->parts[CALL_OVER]));
    if (f->rule) return f->rule(&c);
    return call_by_row(&c);
}

/* ---- what is mapped ---- */

static bool is_mapped(const struct dialect *d, const char *name)
{
    for (const struct function *f = d->functions; f->name; f++)
        if (is_of(f, name) && (f->code || f->rule)) return true;
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void dialect_functions(const struct dialect *d,
                       void (*row)(void *context, const char *name, bool mapped), void *context)
{
    struct buffer names = {0};
    const char *last = "";
    for (const struct function *f = d->functions; f->name; f++)
        buffer_append(&names, &f->name, sizeof f->name);
    for (const char *const *r = d->refused; *r; r++) buffer_append(&names, r, sizeof *r);
    size_t count = names.size / sizeof last;
    const char **all = (const char **)(void *)names.data;
    qsort(all, count, sizeof *all, by_name);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(all[i], last) != 0) row(context, all[i], is_mapped(d, all[i]));
        last = all[i];
    }
    buffer_release(&names);
}
