/* Conditions on partition keys, kept so that a partition's values can tell whether any of its rows
 * may be in the result. Logic has three values and a fourth case, "cannot tell": a set of what may
 * come out is carried instead of a value. */
#include "dialect/internal.h"

#include <stdio.h>

enum { MAY_TRUE = 1, MAY_FALSE = 2, MAY_NULL = 4, MAY_ANY = 7 };

/* ---- making ---- */

struct source {
    struct analyzer *a;
    const struct scope *scope;
    int scan, columns;
};

static bool constant_of(const struct node *n, struct constant *out)
{
    struct civil c = {0};
    int year, end = 0;
    bool negative = n->kind == NODE_UNARY && *n->text == '-';
    if (negative) n = n->items[0];
    *out = (struct constant){.text = n->text};
    if (n->kind == NODE_INTEGER && parse_int64(span_of(n->text), &out->number)) {
        out->kind = DIALECT_BIGINT;
        if (negative) out->number = -out->number;
        return true;
    }
    if (negative) return false;
    out->kind = DIALECT_VARCHAR;
    if (n->kind == NODE_STRING) return true;
    out->kind = DIALECT_DATE;
    if (n->kind != NODE_TYPED || !span_equal_nocase(span_of(n->items[0]->text), SPAN("date")) ||
        sscanf(n->text, "%4d-%2d-%2d%n", &year, &c.month, &c.day, &end) != 3 || n->text[end])
        return false;
    out->number = days_from_civil(year, c.month, c.day);
    return true;
}

static int key_of(const struct source *s, const struct node *n)
{
    int used;
    const struct scope *where;
    bool ambiguous;
    if (n->kind != NODE_NAME && n->kind != NODE_FIELD) return -1;
    const struct attribute *c = resolve(s->scope, n, &used, &where, &ambiguous);
    if (!c || ambiguous || where != s->scope || !c->filters || c->scan != s->scan) return -1;
    return c->source - s->columns;
}

static bool compare_make(const struct source *s, const struct node *key, const char *sign,
                         const struct node *value, struct predicate *out)
{
    out->key = key_of(s, key);
    out->sign = sign;
    out->kind = PREDICATE_COMPARE;
    return out->key >= 0 && constant_of(value, &out->constant);
}

static const char *turned(const char *sign)
{
    static const char *const pairs[][2] = {{"<", ">"}, {"<=", ">="}, {">", "<"}, {">=", "<="}};
    for (size_t i = 0; i < 4; i++)
        if (strcmp(pairs[i][0], sign) == 0) return pairs[i][1];
    return sign;
}

static void make(const struct source *, const struct node *, struct predicate *);

static void parts_make(const struct source *s, const struct node *n, struct predicate *out)
{
    out->parts = ARENA_ARRAY(s->a->arena, struct predicate, (size_t)n->count);
    out->count = n->count;
    for (int i = 0; i < n->count; i++) make(s, n->items[i], &out->parts[i]);
}

/* value IN (...), value BETWEEN low AND high: comparisons with each */
static void list_make(const struct source *s, const struct node *n, struct predicate *out)
{
    bool between = n->kind == NODE_BETWEEN;
    struct predicate *all = ARENA_NEW(s->a->arena, struct predicate);
    all->kind = between ? PREDICATE_ALL : PREDICATE_SOME;
    all->count = n->count - 1;
    all->parts = ARENA_ARRAY(s->a->arena, struct predicate, (size_t)n->count);
    for (int i = 1; i < n->count; i++)
        if (!compare_make(s, n->items[0],
                          !between ? "="
                          : i == 1 ? ">="
                                   : "<=",
                          n->items[i], &all->parts[i - 1]))
            all->parts[i - 1].kind = PREDICATE_ANYTHING;
    *out = *all;
    if (!n->flag) return;
    *out = (struct predicate){.kind = PREDICATE_NOT, .parts = all, .count = 1};
}

static void make(const struct source *s, const struct node *n, struct predicate *out)
{
    *out = (struct predicate){.kind = PREDICATE_ANYTHING};
    switch (n->kind) {
    case NODE_AND:
    case NODE_OR:
    case NODE_NOT:
        out->kind = n->kind == NODE_AND  ? PREDICATE_ALL
                    : n->kind == NODE_OR ? PREDICATE_SOME
                                         : PREDICATE_NOT;
        parts_make(s, n, out);
        break;
    case NODE_COMPARE:
        if (compare_make(s, n->items[0], n->text, n->items[1], out)) break;
        if (!compare_make(s, n->items[1], turned(n->text), n->items[0], out))
            out->kind = PREDICATE_ANYTHING;
        break;
    case NODE_IN:
    case NODE_BETWEEN:
        list_make(s, n, out);
        break;
    case NODE_IS_NULL:
        out->key = key_of(s, n->items[0]);
        out->kind = out->key < 0 ? PREDICATE_ANYTHING : PREDICATE_NULL;
        out->sign = n->flag ? "<>" : "=";
        break;
    default:
        break;
    }
}

void predicates_note(struct analyzer *a, const struct scope *scope, const struct node *condition)
{
    struct scan_state **scans = (struct scan_state **)(void *)a->scans.data;
    int count = (int)(a->scans.size / sizeof *scans);
    for (int i = 0; i < count; i++) {
        bool here = false;
        for (int k = 0; k < scope->count && !here; k++)
            here = scope->columns[k].filters && scope->columns[k].scan == i;
        if (!here) continue;
        struct source s = {a, scope, i, scans[i]->scan.relation->schema->field_count};
        struct predicate p;
        make(&s, condition, &p);
        buffer_append(&scans[i]->predicates, &p, sizeof p);
    }
}

/* ---- asking ---- */

static int sign_holds(const char *sign, int order)
{
    bool holds = *sign == '='              ? order == 0
                 : strcmp(sign, "<>") == 0 ? order != 0
                 : *sign == '<'            ? order < 0 || (order == 0 && sign[1])
                                           : order > 0 || (order == 0 && sign[1]);
    return holds ? MAY_TRUE : MAY_FALSE;
}

static int compare_values(const struct predicate *p, const struct type *type, const char *value)
{
    int64_t number;
    int year, month, day, end = 0;
    switch (type->kind) {
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
        if (p->constant.kind != DIALECT_BIGINT || !parse_int64(span_of(value), &number))
            return MAY_ANY;
        break;
    case TYPE_DATE:
        if (p->constant.kind != DIALECT_DATE ||
            sscanf(value, "%4d-%2d-%2d%n", &year, &month, &day, &end) != 3 || value[end])
            return MAY_ANY;
        number = days_from_civil(year, month, day);
        break;
    case TYPE_STRING:
        if (p->constant.kind != DIALECT_VARCHAR) return MAY_ANY;
        return sign_holds(p->sign, span_compare(span_of(value), span_of(p->constant.text)));
    default:
        return MAY_ANY;
    }
    return sign_holds(p->sign, (number > p->constant.number) - (number < p->constant.number));
}

static int combine(bool all, int a, int b)
{
    int strong = all ? MAY_FALSE : MAY_TRUE, weak = all ? MAY_TRUE : MAY_FALSE, out = 0;
    if ((a | b) & strong) out |= strong;
    if (a & b & weak) out |= weak;
    if ((a & MAY_NULL && b & (MAY_NULL | weak)) || (b & MAY_NULL && a & weak)) out |= MAY_NULL;
    return out;
}

static int outcome(const struct predicate *p, const struct schema *keys, const char *const *values)
{
    int result;
    switch (p->kind) {
    case PREDICATE_COMPARE:
        return values[p->key] ? compare_values(p, keys->fields[p->key].type, values[p->key])
                              : MAY_NULL;
    case PREDICATE_NULL:
        return !values[p->key] == (*p->sign == '=') ? MAY_TRUE : MAY_FALSE;
    case PREDICATE_ALL:
    case PREDICATE_SOME:
        result = p->kind == PREDICATE_ALL ? MAY_TRUE : MAY_FALSE;
        for (int i = 0; i < p->count; i++)
            result = combine(p->kind == PREDICATE_ALL, result, outcome(&p->parts[i], keys, values));
        return result;
    case PREDICATE_NOT:
        result = outcome(&p->parts[0], keys, values);
        return (result & MAY_NULL) | (result & MAY_TRUE ? MAY_FALSE : 0) |
               (result & MAY_FALSE ? MAY_TRUE : 0);
    default:
        return MAY_ANY;
    }
}

bool dialect_may_match(const struct dialect_scan *scan, const char *const *values)
{
    for (size_t i = 0; i < scan->predicate_count; i++)
        if (!(outcome(&scan->predicates[i], scan->relation->partition_keys, values) & MAY_TRUE))
            return false;
    return true;
}

bool dialect_must_match(const struct dialect_scan *scan, const char *const *values)
{
    for (size_t i = 0; i < scan->predicate_count; i++)
        if (outcome(&scan->predicates[i], scan->relation->partition_keys, values) != MAY_TRUE)
            return false;
    return true;
}

static bool is_equality(const struct predicate *p, int key)
{
    return p->kind == PREDICATE_COMPARE && p->key == key && strcmp(p->sign, "=") == 0;
}

static const char *constant_text(struct arena *arena, const struct constant *c)
{
    if (c->kind == DIALECT_BIGINT) return arena_printf(arena, "%lld", (long long)c->number);
    return arena_text(arena, span_of(c->text));
}

/* One of these must be true, and each says = to the key: those, else NULL. */
static const struct predicate *equalities(const struct predicate *p, int key, int *count)
{
    const struct predicate *found = NULL;
    *count = 1;
    if (is_equality(p, key)) return p;
    if (p->kind == PREDICATE_ALL)
        for (int i = 0; i < p->count && !found; i++) found = equalities(&p->parts[i], key, count);
    if (p->kind != PREDICATE_SOME) return found;
    for (int i = 0; i < p->count; i++)
        if (!is_equality(&p->parts[i], key)) return NULL;
    *count = p->count;
    return p->count ? p->parts : NULL;
}

bool dialect_key_values(const struct dialect_scan *scan, int key, struct arena *arena,
                        const char *const **out, size_t *count)
{
    const struct predicate *found = NULL;
    int found_count = 0;
    for (size_t i = 0; i < scan->predicate_count && !found; i++)
        found = equalities(&scan->predicates[i], key, &found_count);
    if (!found) return false;
    const char **values = ARENA_ARRAY(arena, const char *, (size_t)found_count);
    for (int k = 0; k < found_count; k++) values[k] = constant_text(arena, &found[k].constant);
    *out = values;
    *count = (size_t)found_count;
    return true;
}
