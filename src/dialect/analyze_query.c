/* Queries: WITH, SELECT with grouping, windows and ordering, set operations, VALUES. Every query's
 * code names its columns c0, c1, ...; what the statement calls them stays in the attributes. */
#include "dialect/internal.h"

#include <stdio.h>
#include <stdlib.h>

enum { QUERY_DEPTH_MAX = 64 };

/* A SELECT on its way from tree to code. */
struct select {
    struct analyzer *a;
    const struct node *node, *order; /* order: of the query it is the body of */
    struct relation from;
    struct scope scope;
    struct grouping grouping;
    struct buffer items;             /* struct item each */
    const struct code *where, *group, *having, *order_code;
};

struct item { const char *name; struct value value; struct attribute origin; };

static struct item *items_of(const struct select *s, int *count)
{
    *count = (int)(s->items.size / sizeof(struct item));
    return (struct item *)(void *)s->items.data;
}

/* ---- windows and ordering ---- */

/* Spark takes NULL for the smallest value, Trino puts it last. */
static bool sort_nulls_first(const struct analyzer *a, const struct node *sort)
{
    if (sort->number || !a->dialect->spark) return sort->number < 0;
    return !sort->flag;
}

static const struct code *sort_code(struct analyzer *a, const struct node *sort,
                                    const struct code *key)
{
    return code_of(a->arena, "%c %s NULLS %s", key, sort->flag ? "DESC" : "ASC",
                   sort_nulls_first(a, sort) ? "FIRST" : "LAST");
}

static error sort_check(struct analyzer *a, const struct node *n, const struct dialect_type *t)
{
    if (is_orderable(t)) return OK;
    return refuse(n, ERR_USAGE, "TYPE_MISMATCH",
                  "Type %s is not orderable, and therefore cannot be used in ORDER BY",
                  type_name(a->arena, t));
}

error analyze_sorts(struct analyzer *a, const struct scope *scope, const struct node *list,
                    const struct code **out)
{
    const struct code **codes = ARENA_ARRAY(a->arena, const struct code *, (size_t)list->count);
    for (int i = 0; i < list->count; i++) {
        struct value v;
        TRY(analyze(a, scope, list->items[i]->items[0], &v));
        TRY(sort_check(a, list->items[i], v.type));
        codes[i] = sort_code(a, list->items[i], v.code);
    }
    *out = code_join(a->arena, codes, list->count, ", ");
    return OK;
}

static error frame_bound(struct analyzer *a, const struct scope *scope, const struct node *frame,
                         const struct node *bound, const struct code **out)
{
    const char *side = bound->number < 0 ? "PRECEDING" : "FOLLOWING";
    struct value v;
    if (bound->text && *bound->text == 'C') return *out = code_of(a->arena, "CURRENT ROW"), OK;
    if (bound->text) return *out = code_of(a->arena, "UNBOUNDED %s", side), OK;
    TRY(analyze(a, scope, bound->items[0], &v));
    if (*frame->text != 'R' || frame->text[1] == 'O') {
        if (!is_integral(v.type))
            return refuse(bound->items[0], ERR_USAGE, "TYPE_MISMATCH",
                          "Window frame %s value type must be exact numeric type with scale 0 "
                          "(actual %s)", frame->text, type_name(a->arena, v.type));
        TRY(coerce(a, &v, &type_bigint));
    }
    *out = code_of(a->arena, "%c %s", v.code, side);
    return OK;
}

static error frame_code(struct analyzer *a, const struct scope *scope, const struct node *frame,
                        const struct code **out)
{
    const struct code *start, *end;
    TRY(frame_bound(a, scope, frame, frame->items[0], &start));
    if (!frame->items[1]) return *out = code_of(a->arena, " %s %c", frame->text, start), OK;
    TRY(frame_bound(a, scope, frame, frame->items[1], &end));
    *out = code_of(a->arena, " %s BETWEEN %c AND %c", frame->text, start, end);
    return OK;
}

static const struct node *named_window(const struct scope *scope, const char *name)
{
    for (; scope; scope = scope->outer)
        for (int i = 0; scope->windows && i < scope->windows->count; i++)
            if (span_equal_nocase(span_of(scope->windows->items[i]->text), span_of(name)))
                return scope->windows->items[i]->items[0];
    return NULL;
}

error analyze_window(struct analyzer *a, const struct scope *scope, const struct node *n,
                     const struct code **out)
{
    const struct node *parts[WINDOW_PARTS];
    const struct code *partition = code_of(a->arena, ""), *order = partition, *frame = partition;
    memcpy(parts, n->parts, sizeof parts);
    for (const struct node *base = n; base->text;) {
        base = named_window(scope, base->text);
        if (!base)
            return refuse(n, ERR_USAGE, "INVALID_WINDOW_REFERENCE", "Cannot resolve WINDOW name %s",
                          n->text);
        for (int i = 0; i < WINDOW_PARTS; i++)
            if (!parts[i]) parts[i] = base->parts[i];
    }
    bool windows = a->windows_allowed;
    a->windows_allowed = false;
    error e = OK;
    const struct node *by = parts[WINDOW_PARTITION];
    if (by) {
        const struct code **codes = ARENA_ARRAY(a->arena, const struct code *, (size_t)by->count);
        for (int i = 0; i < by->count && e == OK; i++) {
            struct value v;
            e = analyze(a, scope, by->items[i], &v);
            if (e == OK) codes[i] = v.type->kind == DIALECT_TIMESTAMP_TZ
                                        ? zoned_instant(a->arena, v.code, v.type) : v.code;
        }
        if (e == OK)
            partition = code_of(a->arena, "PARTITION BY %c ",
                                code_join(a->arena, codes, by->count, ", "));
    }
    if (e == OK && parts[WINDOW_ORDER]) {
        e = analyze_sorts(a, scope, parts[WINDOW_ORDER], &order);
        if (e == OK) order = code_of(a->arena, "ORDER BY %c", order);
    }
    if (e == OK && parts[WINDOW_FRAME]) e = frame_code(a, scope, parts[WINDOW_FRAME], &frame);
    a->windows_allowed = windows;
    TRY(e);
    *out = code_of(a->arena, "(%c%c%c)", partition, order, frame);
    return OK;
}

/* ---- FROM and WHERE ---- */

static error select_from(struct select *s, const struct scope *outer)
{
    struct analyzer *a = s->a;
    const struct node *from = s->node->parts[SELECT_FROM];
    for (int i = 0; from && i < from->count; i++) {
        struct relation next;
        struct relation *left = &s->from;
        TRY(analyze_relation(a, outer, from->items[i], left, &next));
        struct attribute *all = ARENA_ARRAY(a->arena, struct attribute,
                                            (size_t)(left->count + next.count) + 1);
        if (left->count) memcpy(all, left->attributes, (size_t)left->count * sizeof *all);
        if (next.count)
            memcpy(all + left->count, next.attributes, (size_t)next.count * sizeof *all);
        const struct code *code =
            left->code ? code_of(a->arena, "%c CROSS JOIN %c", left->code, next.code) : next.code;
        s->from = (struct relation){all, left->count + next.count, code};
    }
    s->scope = (struct scope){.outer = outer, .columns = s->from.attributes, .count = s->from.count,
                              .windows = s->node->parts[SELECT_WINDOWS]};
    return OK;
}

static error select_where(struct select *s)
{
    const struct node *where = s->node->parts[SELECT_WHERE];
    if (!where) return OK;
    s->a->clause = where;
    s->a->clause_name = "WHERE clause";
    TRY(analyze_boolean(s->a, &s->scope, where, "WHERE clause", &s->where));
    s->a->clause = NULL;
    predicates_note(s->a, &s->scope, where);
    return OK;
}

/* ---- GROUP BY ---- */

bool contains_aggregate(const struct analyzer *a, const struct node *n)
{
    if (!n || n->kind == NODE_QUERY) return false;
    if (n->kind == NODE_CALL) {
        if (!n->parts[CALL_OVER] && is_aggregate(a->dialect, n->text)) return true;
        if (contains_aggregate(a, n->parts[CALL_FILTER]) ||
            contains_aggregate(a, n->parts[CALL_OVER]))
            return true;
    }
    for (int i = 0; n->kind == NODE_WINDOW && i < WINDOW_PARTS; i++)
        if (contains_aggregate(a, n->parts[i])) return true;
    for (int i = 0; i < n->count; i++)
        if (contains_aggregate(a, n->items[i])) return true;
    return false;
}

static bool is_grouped(const struct select *s)
{
    const struct node *n = s->node;
    return n->parts[SELECT_GROUP] || n->parts[SELECT_HAVING] ||
           contains_aggregate(s->a, n->parts[SELECT_ITEMS]) || contains_aggregate(s->a, s->order);
}

/* A name that no column has may be an alias of the list. */
static const struct node *item_meant(struct select *s, const struct node *n)
{
    const struct node *items = s->node->parts[SELECT_ITEMS];
    const struct scope *where;
    int used;
    bool ambiguous;
    if (resolve(&s->scope, n, &used, &where, &ambiguous)) return n;
    for (int i = 0; i < items->count; i++)
        if (items->items[i]->text &&
            span_equal_nocase(span_of(items->items[i]->text), span_of(n->text)))
            return items->items[i]->items[0];
    return n;
}

/* The tree with such names replaced by what they stand for. */
static const struct node *items_meant(struct select *s, const struct node *n)
{
    if (!n || n->kind == NODE_QUERY) return n;
    if (n->kind == NODE_NAME) return item_meant(s, n);
    struct node *copy = arena_copy(s->a->arena, n, sizeof *n);
    if (n->count)
        copy->items = arena_copy(s->a->arena, n->items, (size_t)n->count * sizeof *n->items);
    for (int i = 0; i < n->count; i++)
        copy->items[i] = (struct node *)(void *)items_meant(s, n->items[i]);
    return copy;
}

/* GROUP BY 2: the second item of the list. */
static error group_expression(struct select *s, const struct node *n, const struct node **out)
{
    int64_t position;
    const struct node *items = s->node->parts[SELECT_ITEMS];
    *out = n;
    if (n->kind == NODE_NAME && s->a->dialect->spark) *out = item_meant(s, n);
    if (n->kind != NODE_INTEGER) return OK;
    if (!parse_int64(span_of(n->text), &position) || position < 1 || position > items->count)
        return refuse(n, ERR_USAGE, "INVALID_COLUMN_REFERENCE",
                      "GROUP BY position %s is not in select list", n->text);
    *out = items->items[position - 1]->items[0];
    if (contains_aggregate(s->a, *out))
        return refuse(
            n, ERR_USAGE, "EXPRESSION_NOT_SCALAR",
            "GROUP BY clause cannot contain aggregations, window functions or grouping operations");
    return OK;
}

static error group_key(struct select *s, const struct node *n, const struct code **out)
{
    struct analyzer *a = s->a;
    struct value v;
    TRY(group_expression(s, n, &n));
    if (contains_aggregate(a, n))
        return refuse(
            n, ERR_USAGE, "EXPRESSION_NOT_SCALAR",
            "GROUP BY clause cannot contain aggregations, window functions or grouping operations");
    TRY(analyze(a, &s->scope, n, &v));
    if (v.type->kind == DIALECT_TIMESTAMP_TZ && !v.type->zone)
        return unmapped(n, "GROUP BY a timestamp that has a zone of its own in every row");
    struct value *more = ARENA_ARRAY(a->arena, struct value, (size_t)s->grouping.count + 1);
    if (s->grouping.count) memcpy(more, s->grouping.keys, (size_t)s->grouping.count * sizeof *more);
    more[s->grouping.count++] = v;
    s->grouping.keys = more;
    *out = v.code;
    return OK;
}

static error group_codes(struct select *s, const struct node *g, const struct code **out)
{
    struct arena *arena = s->a->arena;
    const struct code **codes = ARENA_ARRAY(arena, const struct code *, (size_t)g->count + 1);
    for (int i = 0; i < g->count; i++) {
        const struct node *n = g->items[i];
        if (n->kind == NODE_GROUPING) TRY(group_codes(s, n, &codes[i]));
        else TRY(group_key(s, n, &codes[i]));
    }
    const struct code *joined = code_join(arena, codes, g->count, ", ");
    const char *word = !g->text ? "" : *g->text == 'S' ? "GROUPING SETS " : g->text;
    *out = g->text || g->count != 1 ? code_of(arena, "%s(%c)", word, joined) : joined;
    if (g->text) s->grouping.sets = true;
    return OK;
}

static error select_group(struct select *s)
{
    struct arena *arena = s->a->arena;
    const struct node *group = s->node->parts[SELECT_GROUP];
    if (!is_grouped(s)) return OK;
    if (group) {
        const struct code **codes = ARENA_ARRAY(arena, const struct code *, (size_t)group->count);
        for (int i = 0; i < group->count; i++) TRY(group_codes(s, group->items[i], &codes[i]));
        s->group = code_join(arena, codes, group->count, ", ");
    }
    struct scope *source = arena_copy(arena, &s->scope, sizeof s->scope);
    s->grouping.source = source;
    s->scope.grouping = &s->grouping;
    return OK;
}

static const char *source_text(const struct node *n)
{
    return n->text ? n->text : "expression";
}

/* Analyses in the grouped scope; what is neither key nor inside an aggregate is refused. */
static error grouped_value(struct select *s, const struct node *n, struct value *out)
{
    s->grouping.ungrouped = NULL;
    TRY(analyze(s->a, &s->scope, n, out));
    if (s->scope.grouping && s->grouping.ungrouped)
        return refuse(n, ERR_USAGE, "EXPRESSION_NOT_AGGREGATE",
                      "'%s' must be an aggregate expression or appear in GROUP BY clause",
                      source_text(n));
    return OK;
}

/* ---- the select list ---- */

static void item_add(struct select *s, const char *name, struct value v,
                     const struct attribute *origin)
{
    struct item item = {name, v, {.scan = -1}};
    if (origin) item.origin = *origin;
    buffer_append(&s->items, &item, sizeof item);
}

static bool is_of_relation(const struct attribute *c, const struct node *qualifier)
{
    if (!qualifier)
        return !c->relation || strncmp(c->relation, GENERATED, strlen(GENERATED)) != 0;
    if (!c->relation || !span_equal_nocase(span_of(c->relation), span_of(qualifier->text)))
        return false;
    return qualifier->kind == NODE_NAME ||
           (c->database && qualifier->items[0]->kind == NODE_NAME &&
            span_equal_nocase(span_of(c->database), span_of(qualifier->items[0]->text)));
}

/* Spark's s.*: the fields of a struct. */
static error row_expand(struct select *s, const struct node *qualifier)
{
    struct analyzer *a = s->a;
    struct value row;
    TRY(analyze(a, &s->scope, qualifier, &row));
    if (row.type->kind != DIALECT_ROW)
        return refuse(qualifier, ERR_USAGE, "CANNOT_RESOLVE_STAR_EXPAND", "%s is no struct",
                      qualifier->text);
    for (int i = 0; i < row.type->field_count; i++) {
        struct value v = {row.type->fields[i].type,
                          code_of(a->arena, "struct_extract(%c, %t)", row.code,
                                  row_field_name(a->arena, row.type, i)),
                          NULL};
        item_add(s, row.type->fields[i].name, v, NULL);
    }
    return OK;
}

static error star_expand(struct select *s, const struct node *star)
{
    const struct node *qualifier = star->count ? star->items[0] : NULL;
    int found = 0;
    if (qualifier && qualifier->kind != NODE_NAME && qualifier->kind != NODE_FIELD)
        return unmapped(star, "the fields of a row by .*");
    for (int i = 0; i < s->scope.count; i++) {
        const struct attribute *c = &s->scope.columns[i];
        if (!is_of_relation(c, qualifier)) continue;
        struct value v = {c->type, c->code, NULL};
        found++;
        attribute_read(s->a, c);
        if (s->scope.grouping) {
            bool key = false;
            for (int k = 0; k < s->grouping.count && !key; k++)
                key = s->grouping.keys[k].code == c->code;
            if (!key)
                return refuse(star, ERR_USAGE, "EXPRESSION_NOT_AGGREGATE",
                              "Column '%s' not in GROUP BY clause", c->name ? c->name : "");
        }
        item_add(s, c->name, v, c);
    }
    if (found) return OK;
    if (qualifier && s->a->dialect->spark) return row_expand(s, qualifier);
    if (qualifier)
        return refuse(star, ERR_NOT_FOUND, "TABLE_NOT_FOUND", "Unable to resolve reference %s",
                      qualifier->text);
    return refuse(star, ERR_USAGE, "COLUMN_NOT_FOUND",
                  "SELECT * not allowed from relation that has no columns");
}

static const char *a_name(struct select *s, const struct node *n)
{
    const struct dialect_rules *rules = s->a->dialect->rules;
    return rules ? rules->item_name(s->a, n) : NULL;
}

static error select_items(struct select *s)
{
    const struct node *items = s->node->parts[SELECT_ITEMS];
    for (int i = 0; i < items->count; i++) {
        const struct node *item = items->items[i], *n = item->items[0];
        struct value v;
        int used;
        const struct scope *where;
        bool ambiguous;
        if (n->kind == NODE_STAR) {
            TRY(star_expand(s, n));
            continue;
        }
        TRY(grouped_value(s, n, &v));
        const struct node *base = n;
        while (base->kind == NODE_FIELD) base = base->items[0];
        bool name = base->kind == NODE_NAME;
        const struct attribute *origin =
            name ? resolve(&s->scope, n, &used, &where, &ambiguous) : NULL;
        item_add(s, item->text ? item->text : name ? n->text : a_name(s, n), v,
                 origin && origin->type == v.type ? origin : NULL);
    }
    return OK;
}

/* ---- ORDER BY of a SELECT ---- */

static int item_named(const struct item *items, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (items[i].name && span_equal_nocase(span_of(items[i].name), span_of(name))) return i;
    return -1;
}

static error order_position(struct analyzer *a, const struct node *n, int count, int *out)
{
    int64_t position;
    (void)a;
    if (!parse_int64(span_of(n->text), &position) || position < 1 || position > count)
        return refuse(n, ERR_USAGE, "INVALID_COLUMN_REFERENCE",
                      "ORDER BY position %s is not in select list", n->text);
    *out = (int)position - 1;
    return OK;
}

/* Which item of the list the key is; -1: none. */
static error order_item(struct select *s, const struct node *n, int *out)
{
    int count;
    const struct item *items = items_of(s, &count);
    *out = -1;
    if (n->kind == NODE_INTEGER) return order_position(s->a, n, count, out);
    if (n->kind == NODE_NAME) *out = item_named(items, count, n->text);
    for (int i = 0; i < count && *out < 0; i++)
        if (items[i].value.node && same_expression(&s->scope, items[i].value.node, n)) *out = i;
    return OK;
}

/* The list's names are in sight before the source's columns. */
static struct scope order_scope(struct select *s)
{
    int count, named = 0;
    const struct item *items = items_of(s, &count);
    struct scope scope = s->scope;
    struct scope *outer = arena_copy(s->a->arena, &s->scope, sizeof s->scope);
    scope.columns = ARENA_ARRAY(s->a->arena, struct attribute, (size_t)count + 1);
    for (int i = 0; i < count; i++)
        if (items[i].name && item_named(items, count, items[i].name) == i)
            scope.columns[named++] = (struct attribute){
                .name = items[i].name, .type = items[i].value.type, .code = items[i].value.code,
                .scan = -1};
    scope.count = named;
    scope.outer = outer;
    return scope;
}

static error select_order(struct select *s)
{
    struct analyzer *a = s->a;
    if (!s->order) return OK;
    const struct code **codes = ARENA_ARRAY(a->arena, const struct code *, (size_t)s->order->count);
    struct scope sight = order_scope(s);
    struct scope *outer = (struct scope *)(void *)sight.outer;
    sight.grouping = NULL; /* names of the list are results already */
    for (int i = 0; i < s->order->count; i++) {
        const struct node *sort = s->order->items[i], *n = sort->items[0];
        struct value v;
        int item, count;
        TRY(order_item(s, n, &item));
        if (item >= 0) {
            v = items_of(s, &count)[item].value;
            codes[i] = sort_code(a, sort, code_of(a->arena, "%d", item + 1));
        } else if (s->node->flag) {
            return refuse(s->node, ERR_USAGE, "EXPRESSION_NOT_IN_DISTINCT",
                          "For SELECT DISTINCT, ORDER BY expressions must appear in select list");
        } else {
            s->grouping.ungrouped = NULL;
            if (outer->grouping && contains_aggregate(a, n)) TRY(analyze(a, outer, n, &v));
            else TRY(analyze(a, &sight, n, &v));
            if (s->grouping.ungrouped)
                return refuse(n, ERR_USAGE, "EXPRESSION_NOT_AGGREGATE",
                              "'%s' must be an aggregate expression or appear in GROUP BY clause",
                              source_text(n));
            codes[i] = sort_code(a, sort, n->kind == NODE_STRING || n->kind == NODE_NULL
                                              ? code_of(a->arena, "(%c || '')", v.code) : v.code);
        }
        TRY(sort_check(a, sort, v.type));
    }
    s->order_code = code_join(a->arena, codes, s->order->count, ", ");
    return OK;
}

/* ---- SELECT ---- */

static const struct code *select_code(struct select *s)
{
    struct arena *arena = s->a->arena;
    int count;
    const struct item *items = items_of(s, &count);
    const struct code **codes = ARENA_ARRAY(arena, const struct code *, (size_t)count);
    for (int i = 0; i < count; i++) codes[i] = code_of(arena, "%c AS c%d", items[i].value.code, i);
    const struct code *code = code_of(arena, "SELECT %s%c", s->node->flag ? "DISTINCT " : "",
                                      code_join(arena, codes, count, ", "));
    if (s->from.code) code = code_of(arena, "%c FROM %c", code, s->from.code);
    if (s->where) code = code_of(arena, "%c WHERE %c", code, s->where);
    if (s->group) code = code_of(arena, "%c GROUP BY %c", code, s->group);
    if (s->having) code = code_of(arena, "%c HAVING %c", code, s->having);
    if (s->order_code) code = code_of(arena, "%c ORDER BY %c", code, s->order_code);
    return code;
}

static error select_run(struct select *s, const struct scope *outer, struct relation *out)
{
    struct analyzer *a = s->a;
    const struct node *having = s->node->parts[SELECT_HAVING];
    TRY(select_from(s, outer));
    if (having && a->dialect->spark) having = items_meant(s, having);
    a->windows_allowed = false;
    TRY(select_where(s));
    TRY(select_group(s));
    a->windows_allowed = true;
    TRY(select_items(s));
    a->windows_allowed = false;
    if (having) {
        s->grouping.ungrouped = NULL;
        TRY(analyze_boolean(a, &s->scope, having, "HAVING clause", &s->having));
        if (s->grouping.ungrouped)
            return refuse(having, ERR_USAGE, "EXPRESSION_NOT_AGGREGATE",
                          "'%s' must be an aggregate expression or appear in GROUP BY clause",
                          source_text(having));
    }
    a->windows_allowed = true;
    TRY(select_order(s));
    int count;
    const struct item *items = items_of(s, &count);
    bool passes = !s->scope.grouping; /* conditions on the result hold for its rows' sources */
    out->count = count;
    out->attributes = ARENA_ARRAY(a->arena, struct attribute, (size_t)count + 1);
    for (int i = 0; i < count; i++) {
        if (s->node->flag && items[i].value.type->kind == DIALECT_TIMESTAMP_TZ &&
            !items[i].value.type->zone)
            return unmapped(s->node,
                            "DISTINCT of a timestamp that has a zone of its own in every row");
        out->attributes[i] = (struct attribute){
            .name = items[i].name, .type = items[i].value.type,
            .scan = passes && items[i].origin.filters ? items[i].origin.scan : -1,
            .source = items[i].origin.source, .filters = passes && items[i].origin.filters};
    }
    out->code = select_code(s);
    return OK;
}

static bool has_window(const struct node *n)
{
    if (!n || n->kind == NODE_QUERY) return false;
    if (n->kind == NODE_CALL && n->parts[CALL_OVER]) return true;
    for (int i = 0; i < n->count; i++)
        if (has_window(n->items[i])) return true;
    return false;
}

static void stop_filters(struct relation *r)
{
    for (int i = 0; i < r->count; i++) {
        r->attributes[i].filters = false;
        r->attributes[i].scan = -1;
    }
}

static error analyze_select(struct analyzer *a, const struct scope *outer, const struct node *n,
                            const struct node *order, struct relation *out)
{
    struct select s = {.a = a, .node = n, .order = order};
    bool windows = a->windows_allowed;
    const struct node *around = a->select, *clause = a->clause;
    a->select = n;
    a->clause = NULL;
    error e = select_run(&s, outer, out);
    a->windows_allowed = windows;
    a->select = around;
    a->clause = clause;
    buffer_release(&s.items);
    if (e == OK && has_window(n->parts[SELECT_ITEMS])) stop_filters(out);
    return e;
}

/* ---- set operations and VALUES ---- */

static error analyze_body(struct analyzer *a, const struct scope *outer, const struct node *n,
                          const struct node *order, struct relation *out);

/* A side with its columns in the types given. */
static error side_as(struct analyzer *a, const struct node *n, struct relation *r,
                     const struct dialect_type *const *types, const struct code **out)
{
    const char *name = new_name(a, "r");
    const struct code **codes = ARENA_ARRAY(a->arena, const struct code *, (size_t)r->count);
    bool same = true;
    for (int i = 0; i < r->count; i++) {
        const struct code *column = code_of(a->arena, "%s.c%d", name, i);
        same = same && same_type(types[i], r->attributes[i].type);
        TRY(cast_code(a, n, column, r->attributes[i].type, types[i], CAST_IMPLICIT, &column));
        codes[i] = code_of(a->arena, "%c AS c%d", column, i);
    }
    *out = same ? r->code : code_of(a->arena, "SELECT %c FROM (%c) AS %s",
                                    code_join(a->arena, codes, r->count, ", "), r->code, name);
    return OK;
}

static error analyze_set(struct analyzer *a, const struct scope *outer, const struct node *n,
                         struct relation *out)
{
    struct relation left, right;
    const struct code *x, *y;
    TRY(analyze_body(a, outer, n->items[0], NULL, &left));
    TRY(analyze_body(a, outer, n->items[1], NULL, &right));
    if (left.count != right.count)
        return refuse(n, ERR_USAGE, "TYPE_MISMATCH",
                      "%s query has different number of fields: %d, %d", n->text, left.count,
                      right.count);
    const struct dialect_type **types =
        ARENA_ARRAY(a->arena, const struct dialect_type *, (size_t)left.count);
    for (int i = 0; i < left.count; i++) {
        types[i] = shared_type(a, left.attributes[i].type, right.attributes[i].type);
        if (!types[i])
            return refuse(n, ERR_USAGE, "TYPE_MISMATCH",
                          "column %d in %s query has incompatible types: %s, %s", i + 1, n->text,
                          type_name(a->arena, left.attributes[i].type),
                          type_name(a->arena, right.attributes[i].type));
        if (types[i]->kind == DIALECT_TIMESTAMP_TZ && !types[i]->zone && !n->flag)
            return unmapped(n, "a set operation on timestamps that have zones of their own");
    }
    TRY(side_as(a, n, &left, types, &x));
    TRY(side_as(a, n, &right, types, &y));
    *out = left;
    for (int i = 0; i < left.count; i++) out->attributes[i].type = types[i];
    stop_filters(out);
    out->code = code_of(a->arena, "(%c) %s%s (%c)", x, n->text, n->flag ? " ALL" : "", y);
    return OK;
}

static error values_row(struct analyzer *a, const struct scope *outer, const struct node *row,
                        struct value **values, int *count)
{
    struct node *one[1] = {(struct node *)(void *)row};
    bool flat = row->kind == NODE_ROW;
    struct node *const *items = flat ? row->items : one;
    const struct scope sight = {.outer = outer};
    *count = flat ? row->count : 1;
    *values = ARENA_ARRAY(a->arena, struct value, (size_t)*count + 1);
    for (int i = 0; i < *count; i++) TRY(analyze(a, &sight, items[i], &(*values)[i]));
    return OK;
}

static error analyze_values(struct analyzer *a, const struct scope *outer, const struct node *n,
                            struct relation *out)
{
    struct arena *arena = a->arena;
    struct value **rows = ARENA_ARRAY(arena, struct value *, (size_t)n->count);
    const struct code **codes = ARENA_ARRAY(arena, const struct code *, (size_t)n->count);
    int width = 0, count;
    for (int r = 0; r < n->count; r++) {
        TRY(values_row(a, outer, n->items[r], &rows[r], &count));
        if (r && count != width)
            return refuse(n, ERR_USAGE, "TYPE_MISMATCH",
                          "Values rows have mismatched sizes: %d vs %d", width, count);
        width = count;
    }
    const char *name = new_name(a, "r");
    const struct code **names = ARENA_ARRAY(arena, const struct code *, (size_t)width + 1);
    const struct code **cells = ARENA_ARRAY(arena, const struct code *, (size_t)width + 1);
    struct value *column = ARENA_ARRAY(arena, struct value, (size_t)n->count);
    out->count = width;
    out->attributes = ARENA_ARRAY(arena, struct attribute, (size_t)width + 1);
    for (int i = 0; i < width; i++) {
        const struct dialect_type *type;
        for (int r = 0; r < n->count; r++) column[r] = rows[r][i];
        if (values_unify(a, column, n->count, "Values rows have mismatched types", &type) != OK)
            return refuse(n, ERR_USAGE, "TYPE_MISMATCH", "Values rows have mismatched types");
        for (int r = 0; r < n->count; r++) rows[r][i] = column[r];
        out->attributes[i] = (struct attribute){.type = type, .scan = -1};
        if (a->dialect->spark) out->attributes[i].name = arena_printf(arena, "col%d", i + 1);
        names[i] = code_of(arena, "c%d", i);
    }
    for (int r = 0; r < n->count; r++) {
        for (int i = 0; i < width; i++)
            cells[i] = rows[r][i].type->kind == DIALECT_UNKNOWN
                           ? code_of(arena, "CAST(%c AS INTEGER)", rows[r][i].code)
                           : rows[r][i].code;
        codes[r] = code_of(arena, "(%c)", code_join(arena, cells, width, ", "));
    }
    out->code = code_of(arena, "SELECT * FROM (VALUES %c) AS %s(%c)",
                        code_join(arena, codes, n->count, ", "), name,
                        code_join(arena, names, width, ", "));
    return OK;
}

/* TABLE t */
static error analyze_table(struct analyzer *a, const struct scope *outer, const struct node *n,
                           struct relation *out)
{
    struct relation r;
    int count = 0;
    TRY(analyze_relation(a, outer, n, NULL, &r));
    const struct code **codes = ARENA_ARRAY(a->arena, const struct code *, (size_t)r.count);
    for (int i = 0; i < r.count; i++) {
        attribute_read(a, &r.attributes[i]);
        codes[count] = code_of(a->arena, "%c AS c%d", r.attributes[i].code, count);
        r.attributes[count] = r.attributes[i];
        count++;
    }
    r.count = count;
    *out = r;
    out->code = code_of(a->arena, "SELECT %c FROM %c", code_join(a->arena, codes, count, ", "),
                        r.code);
    return OK;
}

static error analyze_body(struct analyzer *a, const struct scope *outer, const struct node *n,
                          const struct node *order, struct relation *out)
{
    switch (n->kind) {
    case NODE_SELECT: return analyze_select(a, outer, n, order, out);
    case NODE_SET: return analyze_set(a, outer, n, out);
    case NODE_VALUES: return analyze_values(a, outer, n, out);
    case NODE_TABLE: return analyze_table(a, outer, n, out);
    default: return analyze_query(a, outer, n, out);
    }
}

/* ORDER BY over anything but a SELECT sees the result's columns alone. */
static error order_result(struct analyzer *a, const struct node *order, struct relation *r)
{
    const char *name = new_name(a, "r");
    struct scope scope = {.count = r->count};
    const struct code **codes = ARENA_ARRAY(a->arena, const struct code *, (size_t)order->count);
    scope.columns = arena_copy(a->arena, r->attributes, (size_t)r->count * sizeof *r->attributes);
    for (int i = 0; i < r->count; i++) {
        scope.columns[i].code = code_of(a->arena, "%s.c%d", name, i);
        scope.columns[i].scan = -1;
    }
    for (int i = 0; i < order->count; i++) {
        const struct node *n = order->items[i]->items[0];
        struct value v;
        int item;
        if (n->kind == NODE_INTEGER) {
            TRY(order_position(a, n, r->count, &item));
            v = zero_value(n, r->attributes[item].type, scope.columns[item].code);
        } else {
            TRY(analyze(a, &scope, n, &v));
        }
        TRY(sort_check(a, order->items[i], v.type));
        codes[i] = sort_code(a, order->items[i], v.code);
    }
    r->code = code_of(a->arena, "SELECT * FROM (%c) AS %s ORDER BY %c", r->code, name,
                      code_join(a->arena, codes, order->count, ", "));
    return OK;
}

/* ---- WITH, LIMIT ---- */

static error with_item(struct analyzer *a, const struct scope *outer, const struct node *n,
                       const struct code **out)
{
    struct relation r;
    struct with_name *w = ARENA_NEW(a->arena, struct with_name);
    const char *name = new_name(a, "w");
    if (n->flag) return unmapped(n, "WITH RECURSIVE");
    TRY(analyze_query(a, outer, n->items[0], &r));
    if (n->count > 1 && n->count - 1 != r.count)
        return refuse(n->items[1], ERR_USAGE, "MISMATCHED_COLUMN_ALIASES",
                      "WITH column alias list has %d entries but WITH query(%s) has %d columns",
                      n->count - 1, n->text, r.count);
    for (int i = 1; i < n->count; i++) r.attributes[i - 1].name = n->items[i]->text;
    stop_filters(&r);
    *w =
        (struct with_name){n->text, r.attributes, r.count, code_of(a->arena, "%s", name), a->withs};
    a->withs = w;
    *out = code_of(a->arena, "%s AS (%c)", name, r.code);
    return OK;
}

static error limit_code(struct analyzer *a, const struct node *n, const char *word,
                        struct relation *out)
{
    struct value v;
    const struct scope none = {0};
    if (!n) return OK;
    TRY(analyze(a, &none, n, &v));
    if (!is_integral(v.type))
        return refuse(n, ERR_USAGE, "TYPE_MISMATCH", "%s must be an integer: actual type %s", word,
                      type_name(a->arena, v.type));
    out->code = code_of(a->arena, "%c %s %c", out->code, word, v.code);
    stop_filters(out);
    return OK;
}

static error query_run(struct analyzer *a, const struct scope *outer, const struct node *n,
                       struct relation *out)
{
    const struct node *with = n->parts[QUERY_WITH], *body = n->parts[QUERY_BODY];
    const struct node *order = n->parts[QUERY_ORDER];
    const struct code **withs =
        ARENA_ARRAY(a->arena, const struct code *, with ? (size_t)with->count : 1);
    for (int i = 0; with && i < with->count; i++)
        TRY(with_item(a, outer, with->items[i], &withs[i]));
    TRY(analyze_body(a, outer, body, body->kind == NODE_SELECT ? order : NULL, out));
    if (body->kind == NODE_QUERY && (order || n->parts[QUERY_LIMIT] || n->parts[QUERY_OFFSET]))
        out->code = code_of(a->arena, "SELECT * FROM (%c) AS %s", out->code, new_name(a, "r"));
    if (body->kind == NODE_SET && !order && (n->parts[QUERY_LIMIT] || n->parts[QUERY_OFFSET]))
        out->code = code_of(a->arena, "SELECT * FROM (%c) AS %s", out->code, new_name(a, "r"));
    if (order && body->kind != NODE_SELECT) TRY(order_result(a, order, out));
    TRY(limit_code(a, n->parts[QUERY_LIMIT], "LIMIT", out));
    TRY(limit_code(a, n->parts[QUERY_OFFSET], "OFFSET", out));
    if (with)
        out->code = code_of(a->arena, "WITH %c %c", code_join(a->arena, withs, with->count, ", "),
                            out->code);
    return OK;
}

error analyze_query(struct analyzer *a, const struct scope *outer, const struct node *n,
                    struct relation *out)
{
    const struct with_name *withs = a->withs;
    *out = (struct relation){0};
    if (a->depth >= QUERY_DEPTH_MAX)
        return refuse(n, ERR_LIMIT, "STATEMENT_TOO_LARGE", "queries are nested too deeply");
    if (n->kind != NODE_QUERY) return analyze_body(a, outer, n, NULL, out);
    a->depth++;
    error e = query_run(a, outer, n, out);
    a->depth--;
    a->withs = withs;
    return e;
}
