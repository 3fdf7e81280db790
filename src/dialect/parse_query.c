/* Tokens -> queries: WITH, SELECT, set operations, VALUES, relations, windows. */
#include "dialect/spark.h"

#include <stdlib.h>

static error parse_body(struct parser *, struct node **);
static error parse_relation(struct parser *, struct node **);

bool at_query(const struct parser *p)
{
    struct parser ahead = *p;
    while (take_sign(&ahead, "(")) {}
    return at_word(&ahead, "SELECT") || at_word(&ahead, "WITH") || at_word(&ahead, "VALUES") ||
           at_word(&ahead, "TABLE");
}

static error in_parentheses(struct parser *p, struct node *into,
                            error (*item)(struct parser *, struct node **))
{
    TRY(want_sign(p, "("));
    TRY(parse_list(p, into, item));
    return want_sign(p, ")");
}

/* At a name that may be an alias: words of clauses that are not reserved begin those clauses. */
static bool at_alias(const struct parser *p)
{
    const struct token *next = p->token + 1;
    bool number = next->kind == TOKEN_INTEGER || (next->kind == TOKEN_SIGN && *next->text == '?');
    if (!at_identifier(p)) return false;
    if (at_word(p, "LIMIT")) return !number && !at_words(p, "LIMIT", "ALL");
    if (at_word(p, "OFFSET")) return !number;
    if (at_word(p, "FETCH")) return !at_words(p, "FETCH", "FIRST") && !at_words(p, "FETCH", "NEXT");
    if (at_word(p, "WINDOW"))
        return !((next->kind == TOKEN_WORD || next->kind == TOKEN_QUOTED) &&
                 next[1].kind == TOKEN_WORD &&
                 span_equal_nocase(span_of(next[1].text), SPAN("AS")));
    return !at_word(p, "TABLESAMPLE");
}

/* ---- ordering and windows ---- */

error parse_sort(struct parser *p, struct node **out)
{
    struct node *sort = node_new(p, NODE_SORT, p->token->at), *value;
    TRY(parse_expression(p, &value));
    node_add(p, sort, value);
    if (take_word(p, "DESC")) sort->flag = true;
    else take_word(p, "ASC");
    if (take_word(p, "NULLS")) {
        sort->number = at_word(p, "FIRST") ? -1 : 1;
        if (!take_word(p, "FIRST") && !take_word(p, "LAST"))
            return unexpected_token(p, "'FIRST', 'LAST'");
    }
    *out = sort;
    return OK;
}

static error parse_bound(struct parser *p, struct node **out)
{
    struct node *bound = node_new(p, NODE_BOUND, p->token->at), *value;
    *out = bound;
    if (at_words(p, "CURRENT", "ROW")) {
        p->token += 2;
        bound->text = "CURRENT";
        return OK;
    }
    if (take_word(p, "UNBOUNDED")) {
        bound->text = "UNBOUNDED";
    } else {
        TRY(parse_expression(p, &value));
        node_add(p, bound, value);
    }
    bound->number = at_word(p, "PRECEDING") ? -1 : 1;
    if (take_word(p, "PRECEDING") || take_word(p, "FOLLOWING")) return OK;
    return unexpected_token(p, "'FOLLOWING', 'PRECEDING'");
}

static error parse_frame(struct parser *p, struct node **out)
{
    static const char *const units[] = {"ROWS", "RANGE", "GROUPS"};
    *out = NULL;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!at_word(p, units[i])) continue;
        struct node *frame = node_new(p, NODE_FRAME, p->token->at), *bound;
        frame->text = units[i];
        p->token++;
        bool between = take_word(p, "BETWEEN");
        TRY(parse_bound(p, &bound));
        node_add(p, frame, bound);
        bound = NULL;
        if (between) {
            TRY(want_word(p, "AND"));
            TRY(parse_bound(p, &bound));
        }
        node_add(p, frame, bound);
        *out = frame;
        return OK;
    }
    return OK;
}

/* What stands between the parentheses of OVER (...) and WINDOW w AS (...). */
error parse_window(struct parser *p, struct node **out)
{
    struct node *w = node_parts(p, node_new(p, NODE_WINDOW, p->token->at), WINDOW_PARTS), *base;
    *out = w;
    TRY(want_sign(p, "("));
    if (at_identifier(p) && !at_words(p, "PARTITION", "BY") && !at_word(p, "ROWS") &&
        !at_word(p, "RANGE") && !at_word(p, "GROUPS")) {
        TRY(take_identifier(p, &base));
        w->text = base->text;
    }
    if (take_word(p, "PARTITION")) {
        TRY(want_word(p, "BY"));
        w->parts[WINDOW_PARTITION] = node_new(p, NODE_LIST, p->token->at);
        TRY(parse_list(p, w->parts[WINDOW_PARTITION], parse_expression));
    }
    if (take_word(p, "ORDER")) {
        TRY(want_word(p, "BY"));
        w->parts[WINDOW_ORDER] = node_new(p, NODE_LIST, p->token->at);
        TRY(parse_list(p, w->parts[WINDOW_ORDER], parse_sort));
    }
    TRY(parse_frame(p, &w->parts[WINDOW_FRAME]));
    return want_sign(p, ")");
}

/* ---- SELECT ---- */

static error parse_item(struct parser *p, struct node **out)
{
    struct node *item = node_new(p, NODE_ITEM, p->token->at), *value, *name;
    *out = item;
    if (at_sign(p, "*")) {
        value = node_new(p, NODE_STAR, p->token++->at);
        node_add(p, item, value);
        return OK;
    }
    TRY(parse_expression(p, &value));
    node_add(p, item, value);
    if (value->kind == NODE_STAR) return OK;
    if (take_word(p, "AS") || at_alias(p)) {
        TRY(take_identifier(p, &name));
        item->text = name->text;
    }
    return node_close(item);
}

static error parse_grouping_set(struct parser *p, struct node **out)
{
    if (!at_sign(p, "(")) return parse_expression(p, out);
    struct node *set = node_new(p, NODE_GROUPING, p->token->at);
    *out = set;
    p->token++;
    if (take_sign(p, ")")) return OK;
    TRY(parse_list(p, set, parse_expression));
    return want_sign(p, ")");
}

static error parse_grouping(struct parser *p, struct node **out)
{
    struct node *g = node_new(p, NODE_GROUPING, p->token->at), *value;
    *out = g;
    if (at_word(p, "ROLLUP") || at_word(p, "CUBE")) {
        g->text = at_word(p, "CUBE") ? "CUBE" : "ROLLUP";
        p->token++;
        return in_parentheses(p, g, parse_grouping_set);
    }
    if (at_words(p, "GROUPING", "SETS")) {
        p->token += 2;
        g->text = "SETS";
        return in_parentheses(p, g, parse_grouping_set);
    }
    if (at_sign(p, "(") && p->token[1].kind == TOKEN_SIGN && strcmp(p->token[1].text, ")") == 0) {
        p->token += 2;
        return OK;
    }
    TRY(parse_expression(p, &value));
    if (value->kind == NODE_ROW && value->flag) *g = (struct node){
        .kind = NODE_GROUPING, .at = g->at, .items = value->items, .count = value->count,
        .depth = value->depth};
    else node_add(p, g, value);
    return OK;
}

static error parse_named_window(struct parser *p, struct node **out)
{
    struct node *item = node_new(p, NODE_ITEM, p->token->at), *name, *window;
    TRY(take_identifier(p, &name));
    TRY(want_word(p, "AS"));
    TRY(parse_window(p, &window));
    item->text = name->text;
    node_add(p, item, window);
    *out = item;
    return OK;
}

static error parse_clause(struct parser *p, struct node *select, int part,
                          error (*item)(struct parser *, struct node **))
{
    select->parts[part] = node_new(p, NODE_LIST, p->token->at);
    TRY(parse_list(p, select->parts[part], item));
    return OK;
}

static error parse_select(struct parser *p, struct node **out)
{
    struct node *s = node_parts(p, node_new(p, NODE_SELECT, p->token->at), SELECT_PARTS);
    *out = s;
    TRY(want_word(p, "SELECT"));
    s->flag = take_word(p, "DISTINCT");
    if (!s->flag) take_word(p, "ALL");
    TRY(parse_clause(p, s, SELECT_ITEMS, parse_item));
    if (take_word(p, "FROM")) TRY(parse_clause(p, s, SELECT_FROM, parse_relation));
    if (p->dialect->spark) TRY(spark_parse_lateral_views(p, s));
    if (take_word(p, "WHERE")) TRY(parse_expression(p, &s->parts[SELECT_WHERE]));
    if (take_word(p, "GROUP")) {
        TRY(want_word(p, "BY"));
        if (take_word(p, "DISTINCT"))
            return fail(ERR_UNSUPPORTED,
                        "NOT_SUPPORTED: line %d:%d: GROUP BY DISTINCT is not mapped",
                        p->token->at.line, p->token->at.column);
        take_word(p, "ALL");
        TRY(parse_clause(p, s, SELECT_GROUP, parse_grouping));
    }
    if (take_word(p, "HAVING")) TRY(parse_expression(p, &s->parts[SELECT_HAVING]));
    if (take_word(p, "WINDOW")) TRY(parse_clause(p, s, SELECT_WINDOWS, parse_named_window));
    if (p->dialect->spark) spark_select_desugar(p, s);
    return node_close(s);
}

/* ---- queries ---- */

static error parse_primary(struct parser *p, struct node **out)
{
    struct place at = p->token->at;
    if (at_word(p, "SELECT")) return parse_select(p, out);
    if (take_word(p, "VALUES")) {
        *out = node_new(p, NODE_VALUES, at);
        return parse_list(p, *out, parse_expression);
    }
    if (take_word(p, "TABLE")) return parse_name(p, out);
    if (!take_sign(p, "(")) return unexpected_token(p, "'(', 'SELECT', 'TABLE', 'VALUES'");
    TRY(parse_query(p, out));
    return want_sign(p, ")");
}

/* One level of set operations; INTERSECT binds closer. */
static error parse_sets(struct parser *p, bool intersect, struct node **out)
{
    TRY(intersect ? parse_primary(p, out) : parse_sets(p, true, out));
    for (;;) {
        const char *word = intersect             ? (at_word(p, "INTERSECT") ? "INTERSECT" : NULL)
                           : at_word(p, "UNION") ? "UNION"
                           : at_word(p, "EXCEPT") || (p->dialect->spark && at_word(p, "MINUS"))
                               ? "EXCEPT"
                               : NULL;
        if (!word) return OK;
        struct node *set = node_new(p, NODE_SET, p->token++->at), *right;
        set->text = word;
        set->flag = take_word(p, "ALL");
        if (!set->flag) take_word(p, "DISTINCT");
        TRY(intersect ? parse_primary(p, &right) : parse_sets(p, true, &right));
        node_add(p, set, *out);
        node_add(p, set, right);
        TRY(node_close(set));
        *out = set;
    }
}

static error parse_body(struct parser *p, struct node **out)
{
    return parse_sets(p, false, out);
}

static error parse_with_item(struct parser *p, struct node **out)
{
    struct node *item = node_new(p, NODE_WITH_ITEM, p->token->at), *name, *query;
    struct node *columns = node_new(p, NODE_LIST, p->token->at);
    TRY(take_identifier(p, &name));
    item->text = name->text;
    if (at_sign(p, "(")) TRY(in_parentheses(p, columns, take_identifier));
    TRY(want_word(p, "AS"));
    TRY(want_sign(p, "("));
    TRY(parse_query(p, &query));
    TRY(want_sign(p, ")"));
    node_add(p, item, query);
    for (int i = 0; i < columns->count; i++) node_add(p, item, columns->items[i]);
    *out = item;
    return OK;
}

static error parse_with(struct parser *p, struct node **out)
{
    *out = NULL;
    if (!take_word(p, "WITH")) return OK;
    bool recursive = take_word(p, "RECURSIVE");
    struct node *with = node_new(p, NODE_LIST, p->token->at);
    TRY(parse_list(p, with, parse_with_item));
    for (int i = 0; i < with->count; i++) with->items[i]->flag = recursive;
    *out = with;
    return OK;
}

/* A number or ?, of OFFSET, LIMIT and FETCH. */
static error parse_row_count(struct parser *p, struct node **out)
{
    if (p->token->kind != TOKEN_INTEGER && !at_sign(p, "?"))
        return unexpected_token(p, "'ALL', '?', <integer>");
    return parse_expression(p, out);
}

static error parse_limits(struct parser *p, struct node *query)
{
    struct place at = p->token->at;
    if (p->dialect->spark && take_word(p, "LIMIT")) {
        if (!take_word(p, "ALL")) TRY(parse_row_count(p, &query->parts[QUERY_LIMIT]));
        return take_word(p, "OFFSET") ? parse_row_count(p, &query->parts[QUERY_OFFSET]) : OK;
    }
    if (take_word(p, "OFFSET")) {
        TRY(parse_row_count(p, &query->parts[QUERY_OFFSET]));
        if (!take_word(p, "ROW")) take_word(p, "ROWS");
    }
    if (take_word(p, "LIMIT"))
        return take_word(p, "ALL") ? OK : parse_row_count(p, &query->parts[QUERY_LIMIT]);
    if (!take_word(p, "FETCH")) return OK;
    if (!take_word(p, "FIRST")) TRY(want_word(p, "NEXT"));
    if (at_word(p, "ROW") || at_word(p, "ROWS")) { /* FETCH FIRST ROW: one */
        query->parts[QUERY_LIMIT] = node_new(p, NODE_INTEGER, at);
        query->parts[QUERY_LIMIT]->text = "1";
    } else {
        TRY(parse_row_count(p, &query->parts[QUERY_LIMIT]));
    }
    if (!take_word(p, "ROW")) TRY(want_word(p, "ROWS"));
    if (take_word(p, "ONLY")) return OK;
    return fail(ERR_UNSUPPORTED,
                "NOT_SUPPORTED: line %d:%d: FETCH FIRST ... WITH TIES is not mapped", at.line,
                at.column);
}

error parse_query(struct parser *p, struct node **out)
{
    struct node *q = node_parts(p, node_new(p, NODE_QUERY, p->token->at), QUERY_PARTS);
    *out = q;
    TRY(parser_enter(p));
    TRY(parse_with(p, &q->parts[QUERY_WITH]));
    TRY(parse_body(p, &q->parts[QUERY_BODY]));
    if (take_word(p, "ORDER")) {
        TRY(want_word(p, "BY"));
        q->parts[QUERY_ORDER] = node_new(p, NODE_LIST, p->token->at);
        TRY(parse_list(p, q->parts[QUERY_ORDER], parse_sort));
    }
    TRY(parse_limits(p, q));
    p->depth--;
    return node_close(q);
}

/* ---- relations ---- */

static error parse_unnest(struct parser *p, struct node **out)
{
    struct node *unnest = node_new(p, NODE_UNNEST, p->token->at);
    *out = unnest;
    TRY(want_word(p, "UNNEST"));
    TRY(in_parentheses(p, unnest, parse_expression));
    if (!take_word(p, "WITH")) return OK;
    unnest->flag = true;
    return want_word(p, "ORDINALITY");
}

/* At "(": whether a query stands in it. ((SELECT ...) JOIN ...) is a relation, ((SELECT ...) UNION
 * ...) and ((SELECT ...)) are queries: what follows the inner parenthesis tells. */
static bool is_subquery(const struct parser *p)
{
    static const char *const follow[] = {"EXCEPT", "FETCH", "INTERSECT", "LIMIT", "OFFSET",
                                         "ORDER",  "UNION", NULL};
    const struct token *t = p->token + 1;
    int open = 0;
    if (!at_query(p)) return false;
    if (t->kind != TOKEN_SIGN) return true;
    do {
        if (t->kind == TOKEN_SIGN) open += (*t->text == '(') - (*t->text == ')');
        t++;
    } while (open && t->kind != TOKEN_END);
    if (t->kind == TOKEN_WORD) return word_is_one_of(t->text, follow);
    return t->kind == TOKEN_SIGN && *t->text == ')';
}

/* VALUES (...), (...) without parentheses; range(n) */
static error parse_spark_relation(struct parser *p, struct node **out)
{
    struct place at = p->token->at;
    struct node *values;
    if (at_word(p, "RANGE")) {
        if (p->token[1].kind != TOKEN_SIGN || *p->token[1].text != '(') return parse_name(p, out);
        *out = node_new(p, NODE_UNNEST, at);
        (*out)->text = "range";
        p->token++;
        return in_parentheses(p, *out, parse_expression);
    }
    p->token++;
    values = node_new(p, NODE_VALUES, at);
    TRY(parse_list(p, values, parse_expression));
    struct node *query = node_parts(p, node_new(p, NODE_QUERY, at), QUERY_PARTS);
    query->parts[QUERY_BODY] = values;
    *out = node_new(p, NODE_SUBQUERY, at);
    node_add(p, *out, query);
    return node_close(*out);
}

static error parse_relation_primary(struct parser *p, struct node **out)
{
    struct node *query;
    struct place at = p->token->at;
    if (at_word(p, "UNNEST")) return parse_unnest(p, out);
    bool lateral = at_word(p, "LATERAL") && p->token[1].kind == TOKEN_SIGN;
    p->token += lateral;
    if (at_word(p, "TABLE") || at_word(p, "JSON_TABLE") || at_word(p, "MATCH_RECOGNIZE"))
        return fail(ERR_UNSUPPORTED, "NOT_SUPPORTED: line %d:%d: table functions are not mapped",
                    at.line, at.column);
    if (p->dialect->spark && (at_word(p, "VALUES") || at_word(p, "RANGE")))
        return parse_spark_relation(p, out);
    if (!at_sign(p, "(")) return parse_name(p, out);
    if (!is_subquery(p)) {
        p->token++;
        TRY(parse_relation(p, out));
        return want_sign(p, ")");
    }
    p->token++;
    TRY(parse_query(p, &query));
    *out = node_new(p, NODE_SUBQUERY, at);
    (*out)->flag = lateral;
    node_add(p, *out, query);
    return want_sign(p, ")");
}

static error parse_aliased(struct parser *p, struct node **out)
{
    struct node *relation, *name, *columns;
    TRY(parse_relation_primary(p, &relation));
    *out = relation;
    if (p->dialect->spark && (at_word(p, "PIVOT") || at_word(p, "UNPIVOT")))
        return fail(ERR_UNSUPPORTED, "NOT_SUPPORTED: line %d:%d: %s is not mapped",
                    p->token->at.line, p->token->at.column, p->token->text);
    if (at_word(p, "TABLESAMPLE"))
        return fail(ERR_UNSUPPORTED, "NOT_SUPPORTED: line %d:%d: TABLESAMPLE is not mapped",
                    p->token->at.line, p->token->at.column);
    if (at_word(p, "MATCH_RECOGNIZE"))
        return fail(ERR_UNSUPPORTED, "NOT_SUPPORTED: line %d:%d: MATCH_RECOGNIZE is not mapped",
                    p->token->at.line, p->token->at.column);
    if (!take_word(p, "AS") && !at_alias(p)) return OK;
    struct node *alias = node_new(p, NODE_ALIAS, p->token->at);
    TRY(take_identifier(p, &name));
    alias->text = name->text;
    node_add(p, alias, relation);
    if (at_sign(p, "(")) {
        columns = node_new(p, NODE_LIST, p->token->at);
        TRY(in_parentheses(p, columns, take_identifier));
        for (int i = 0; i < columns->count; i++) node_add(p, alias, columns->items[i]);
    }
    if (at_word(p, "TABLESAMPLE"))
        return fail(ERR_UNSUPPORTED, "NOT_SUPPORTED: line %d:%d: TABLESAMPLE is not mapped",
                    p->token->at.line, p->token->at.column);
    *out = alias;
    return OK;
}

static error parse_join_rest(struct parser *p, struct node *join, bool natural)
{
    bool cross = strcmp(join->text, "CROSS") == 0;
    TRY(want_word(p, "JOIN"));
    /* of a chain of ONs the innermost belongs to the last JOIN */
    TRY(cross || natural ? parse_aliased(p, &join->parts[JOIN_RIGHT])
                         : parse_relation(p, &join->parts[JOIN_RIGHT]));
    if (cross || natural) return OK;
    if (take_word(p, "ON")) return parse_expression(p, &join->parts[JOIN_ON]);
    if (p->dialect->spark && !at_word(p, "USING")) { /* each with each */
        join->parts[JOIN_ON] = node_new(p, NODE_BOOLEAN, join->at);
        join->parts[JOIN_ON]->text = "true";
        return OK;
    }
    if (!take_word(p, "USING")) return unexpected_token(p, "'ON', 'USING'");
    join->parts[JOIN_USING] = node_new(p, NODE_LIST, p->token->at);
    return in_parentheses(p, join->parts[JOIN_USING], take_identifier);
}

static const char *take_join(struct parser *p)
{
    static const char *const outer[] = {"LEFT", "RIGHT", "FULL"};
    if (take_word(p, "CROSS")) return "CROSS";
    if (take_word(p, "INNER") || at_word(p, "JOIN")) return "INNER";
    if (p->dialect->spark) {
        bool left = at_words(p, "LEFT", "SEMI") || at_words(p, "LEFT", "ANTI");
        p->token += left;
        if (take_word(p, "SEMI")) return "SEMI";
        if (take_word(p, "ANTI")) return "ANTI";
    }
    for (size_t i = 0; i < sizeof outer / sizeof *outer; i++)
        if (take_word(p, outer[i])) {
            take_word(p, "OUTER");
            return outer[i];
        }
    return NULL;
}

static error parse_relation(struct parser *p, struct node **out)
{
    TRY(parser_enter(p));
    TRY(parse_aliased(p, out));
    for (;;) {
        struct place at = p->token->at;
        bool natural = take_word(p, "NATURAL");
        const char *kind = take_join(p);
        if (!kind) {
            p->depth--;
            return natural ? unexpected_token(p, "'JOIN'") : OK;
        }
        struct node *join = node_parts(p, node_new(p, NODE_JOIN, at), JOIN_PARTS);
        join->text = kind;
        join->flag = natural;
        join->parts[JOIN_LEFT] = *out;
        TRY(parse_join_rest(p, join, natural));
        TRY(node_close(join));
        *out = join;
    }
}
