/* Spark's syntax where it is not Trino's: types, generators (explode and its like) and time
 * windows, which become relations of FROM, and the names of columns without alias. */
#include "dialect/spark.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- types ---- */

/* `int`, `decimal(10,2)`, `struct<a: int>`: the text as it stands, for the catalog's type parser.
 */
error spark_parse_type(struct parser *p, struct node **out)
{
    struct node *type = node_new(p, NODE_TYPE, p->token->at);
    const char *start = p->token->source.data, *end = start;
    int open = 0;
    if (p->token->kind != TOKEN_WORD) return unexpected_token(p, "a type");
    do {
        const struct token *t = p->token++;
        end = t->source.data + t->source.size;
        for (size_t i = 0; t->kind == TOKEN_SIGN && i < t->source.size; i++) {
            char c = t->source.data[i];
            open += (c == '<' || c == '(') - (c == '>' || c == ')');
        }
    } while (p->token->kind != TOKEN_END && (open > 0 || at_sign(p, "<") || at_sign(p, "(")));
    if (open) return unexpected_token(p, "the end of a type");
    type->text = arena_text(p->arena, (span){start, (size_t)(end - start)});
    *out = type;
    return OK;
}

error spark_type_from_node(struct analyzer *a, const struct node *n,
                           const struct dialect_type **out)
{
    const struct type *type;
    if (span_equal_nocase(span_of(n->text), SPAN("binary"))) return *out = &type_varbinary, OK;
    if (type_parse(a->arena, span_of(n->text), &type) != OK)
        return refuse(n, ERR_USAGE, "UNSUPPORTED_DATATYPE", "unsupported data type %s", n->text);
    *out = dialect_type_of(a->arena, type);
    return OK;
}

/* Where the field that begins at p ends: at a comma outside of < > and ( ). */
static const char *field_end(const char *p)
{
    for (int open = 0; *p && (open || *p != ','); p++)
        open += (*p == '<' || *p == '(') - (*p == '>' || *p == ')');
    return p;
}

static void field_append(struct buffer *out, span field)
{
    field = span_trim(field);
    size_t name = 0;
    bool quoted = field.size && *field.data == '`';
    do name++;
    while (name < field.size &&
           (quoted ? field.data[name] != '`'
                   : !isspace((unsigned char)field.data[name]) && field.data[name] != ':'));
    name += quoted && name < field.size;
    span type = span_trim((span){field.data + name, field.size - name});
    if (type.size && *type.data == ':') type = span_trim((span){type.data + 1, type.size - 1});
    const char *const tails[] = {" comment ", " not null"};
    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; i + strlen(tails[t]) <= type.size; i++)
            if (span_equal_nocase((span){type.data + i, strlen(tails[t])}, span_of(tails[t])))
                type.size = i;
    buffer_append_span(out, (span){field.data, name});
    buffer_append_byte(out, ':');
    buffer_append_span(out, type);
}

const char *spark_schema_text(struct arena *arena, const char *ddl)
{
    struct buffer out = {0};
    buffer_append_text(&out, "struct<");
    for (const char *p = ddl, *end; *p; p = *end ? end + 1 : end) {
        end = field_end(p);
        if (p != ddl) buffer_append_byte(&out, ',');
        field_append(&out, (span){p, (size_t)(end - p)});
    }
    buffer_append_byte(&out, '>');
    const char *text = arena_text(arena, buffer_span(&out));
    buffer_release(&out);
    return text;
}

/* ---- intervals: 1 hour 30 minutes, '1' day, '1-2' year to month ---- */

static const char *unit_take(struct parser *p)
{
    static const char *const units[] = {"YEAR", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND"};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        span word = span_of(p->token->text);
        bool plural = word.size == strlen(units[i]) + 1 && (word.data[word.size - 1] | 32) == 's';
        if (p->token->kind == TOKEN_WORD &&
            span_equal_nocase((span){word.data, word.size - plural}, span_of(units[i])))
            return p->token++, units[i];
    }
    return NULL;
}

static error interval_part(struct parser *p, struct node **out)
{
    struct node *n = node_new(p, NODE_INTERVAL, p->token->at),
                *name = node_new(p, NODE_NAME, p->token->at);
    bool number = p->token->kind == TOKEN_INTEGER || p->token->kind == TOKEN_DECIMAL ||
                  p->token->kind == TOKEN_STRING;
    n->flag = take_sign(p, "-");
    if (n->flag) number = true;
    if (!number) return unexpected_token(p, "a number");
    n->text = p->token++->text;
    name->text = unit_take(p);
    if (!name->text) return unexpected_token(p, "a unit of time");
    if (*name->text == 'W') {
        name->text = "DAY";
        n->text = arena_printf(p->arena, "%d", 7 * atoi(n->text));
    }
    node_add(p, n, name);
    if (take_word(p, "TO")) {
        struct node *to = node_new(p, NODE_NAME, p->token->at);
        to->text = unit_take(p);
        if (!to->text) return unexpected_token(p, "a unit of time");
        node_add(p, n, to);
    }
    *out = n;
    return node_close(n);
}

/* Behind INTERVAL; several parts are their sum. */
error spark_parse_interval(struct parser *p, struct node **out)
{
    struct node *next;
    TRY(interval_part(p, out));
    while (p->token->kind == TOKEN_INTEGER ||
           (p->token->kind == TOKEN_STRING && p->token[1].kind == TOKEN_WORD)) {
        TRY(interval_part(p, &next));
        struct node *sum = node_new(p, NODE_ARITHMETIC, (*out)->at);
        sum->text = "+";
        node_add(p, sum, *out);
        node_add(p, sum, next);
        TRY(node_close(sum));
        *out = sum;
    }
    return OK;
}

bool spark_is_whole_days(const struct node *n)
{
    if (!n) return false;
    if (n->kind == NODE_ARITHMETIC)
        return spark_is_whole_days(n->items[0]) && spark_is_whole_days(n->items[1]);
    return n->kind == NODE_INTERVAL && n->count == 1 && *n->items[0]->text == 'D';
}

/* ---- generators ---- */

static const char *const generators[] = {"explode", "explode_outer", "inline", "inline_outer",
                                         "posexplode", "posexplode_outer", "stack", NULL};

bool spark_is_generator(const struct node *n)
{
    if (n->kind != NODE_CALL) return false;
    for (const char *const *g = generators; *g; g++)
        if (span_equal_nocase(span_of(n->text), span_of(*g))) return true;
    return false;
}

/* FROM so far, LATERAL generator alias(names...) */
static void generator_join(struct parser *p, struct node *select, struct node *call,
                           const char *alias, struct node *const *names, int count, bool outer)
{
    struct node *unnest = node_new(p, NODE_UNNEST, call->at),
                *named = node_new(p, NODE_ALIAS, call->at);
    struct node *from = select->parts[SELECT_FROM];
    unnest->text = call->text;
    unnest->number = outer || strstr(call->text, "_outer") || strstr(call->text, "_OUTER");
    for (int i = 0; i < call->count; i++) node_add(p, unnest, call->items[i]);
    named->text = alias;
    node_add(p, named, unnest);
    for (int i = 0; i < count; i++) node_add(p, named, names[i]);
    if (!from || !from->count) {
        select->parts[SELECT_FROM] = node_new(p, NODE_LIST, call->at);
        node_add(p, select->parts[SELECT_FROM], named);
        return;
    }
    struct node *join = node_parts(p, node_new(p, NODE_JOIN, call->at), JOIN_PARTS);
    join->text = unnest->number ? "LEFT" : "CROSS";
    join->parts[JOIN_LEFT] = from->items[from->count - 1];
    join->parts[JOIN_RIGHT] = named;
    if (unnest->number) {
        join->parts[JOIN_ON] = node_new(p, NODE_BOOLEAN, call->at);
        join->parts[JOIN_ON]->text = "true";
    }
    from->items[from->count - 1] = join;
}

/* LATERAL VIEW [OUTER] generator(...) alias [AS a, b] */
error spark_parse_lateral_views(struct parser *p, struct node *select)
{
    while (at_words(p, "LATERAL", "VIEW")) {
        struct node *call, *alias, *names = node_new(p, NODE_LIST, p->token->at);
        p->token += 2;
        bool outer = take_word(p, "OUTER");
        TRY(parse_expression(p, &call));
        if (!spark_is_generator(call))
            return unexpected_token(p, "explode, posexplode, inline or stack");
        const char *name =
            arena_printf(p->arena, "lateral view %d:%d", call->at.line, call->at.column);
        if (!at_word(p, "AS")) {
            TRY(take_identifier(p, &alias));
            name = alias->text;
        }
        if (take_word(p, "AS")) TRY(parse_list(p, names, take_identifier));
        generator_join(p, select, call, name, names->items, names->count, outer);
    }
    return OK;
}

/* The item `explode(x) AS a` is all columns of a lateral generator. */
static void item_desugar(struct parser *p, struct node *select, struct node *item)
{
    struct node *call = item->items[0], *star = node_new(p, NODE_STAR, call->at);
    struct node *qualifier = node_new(p, NODE_NAME, call->at),
                *names[1] = {node_new(p, NODE_NAME, call->at)};
    qualifier->text = arena_printf(p->arena, GENERATED "%d:%d", call->at.line, call->at.column);
    names[0]->text = item->text;
    generator_join(p, select, call, qualifier->text, names, item->text != NULL, false);
    node_add(p, star, qualifier);
    item->items[0] = star;
    item->text = NULL;
}

/* ---- time windows ---- */

static bool is_window(const struct node *n)
{
    return n->kind == NODE_CALL && n->count >= 2 && !n->parts[CALL_OVER] &&
           span_equal_nocase(span_of(n->text), SPAN("window"));
}

/* Each window(...) below becomes the column `window` of a generator; the first is `found`. */
static void windows_replace(struct node *n, struct node **found)
{
    if (!n) return;
    if (is_window(n)) {
        if (!*found) {
            *found = n;
            return;
        }
        n->kind = NODE_NAME;
        n->text = "window";
        n->count = 0;
        return;
    }
    for (int i = 0; i < n->count; i++) windows_replace(n->items[i], found);
}

static void window_desugar(struct parser *p, struct node *select)
{
    struct node *found = NULL, *name = node_new(p, NODE_NAME, select->at);
    windows_replace(select->parts[SELECT_GROUP], &found);
    windows_replace(select->parts[SELECT_ITEMS], &found);
    if (!found) return;
    struct node *call = node_parts(p, node_new(p, NODE_CALL, found->at), CALL_PARTS);
    call->text = "window";
    for (int i = 0; i < found->count; i++) node_add(p, call, found->items[i]);
    found->kind = NODE_NAME;
    found->text = "window";
    found->count = 0;
    name->text = "window";
    generator_join(p, select, call, GENERATED "time window", &name, 1, false);
}

/* After a SELECT's clauses: what is no expression in its lists goes to FROM. */
void spark_select_desugar(struct parser *p, struct node *select)
{
    struct node *items = select->parts[SELECT_ITEMS];
    for (int i = 0; i < items->count; i++)
        if (spark_is_generator(items->items[i]->items[0])) item_desugar(p, select, items->items[i]);
    window_desugar(p, select);
}

/* ---- names of columns ---- */

static void name_append(struct buffer *out, struct analyzer *a, const struct node *n);

static void names_append(struct buffer *out, struct analyzer *a, struct node *const *items,
                         int count)
{
    for (int i = 0; i < count; i++) {
        if (i) buffer_append_text(out, ", ");
        name_append(out, a, items[i]);
    }
}

static void upper_append(struct buffer *out, const char *text)
{
    for (; *text; text++) buffer_append_byte(out, (uint8_t)toupper((unsigned char)*text));
}

static void lower_append(struct buffer *out, const char *text)
{
    for (; *text; text++) buffer_append_byte(out, (uint8_t)tolower((unsigned char)*text));
}

static void infix_append(struct buffer *out, struct analyzer *a, const struct node *n,
                         const char *word)
{
    buffer_append_byte(out, '(');
    for (int i = 0; i < n->count; i++) {
        if (i) buffer_printf(out, " %s ", word);
        name_append(out, a, n->items[i]);
    }
    buffer_append_byte(out, ')');
}

static bool is_edge(const struct node *n) /* first(x, true) is first(x) */
{
    return span_equal_nocase(span_of(n->text), SPAN("first")) ||
           span_equal_nocase(span_of(n->text), SPAN("last"));
}

/* Calls that Spark prints otherwise than they were written. */
static bool special_append(struct buffer *out, struct analyzer *a, const struct node *n)
{
    static const struct { const char *name, *before, *between, *after;
    } forms[] = {
        {"div", "(", " div ", ")"},
        {"if", "(IF(", ", ", "))"},
        {"rlike", "RLIKE(", ", ", ")"},
        {"isnull", "(", "", " IS NULL)"},
        {"isnotnull", "(", "", " IS NOT NULL)"},
        {"bitwise_and", "(", " & ", ")"},
        {"bitwise_or", "(", " | ", ")"},
        {"bitwise_xor", "(", " ^ ", ")"},
        {"bitwise_not", "~", "", ""},
        {"int", "", "", ""},
        {"bigint", "", "", ""},
        {"double", "", "", ""},
        {"string", "", "", ""},
        {"date", "", "", ""},
        {"timestamp", "", "", ""},
        {"boolean", "", "", ""},
        {"float", "", "", ""},
        {"decimal", "", "", ""},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (!span_equal_nocase(span_of(forms[i].name), span_of(n->text))) continue;
        buffer_append_text(out, forms[i].before);
        for (int k = 0; k < n->count; k++) {
            if (k) buffer_append_text(out, forms[i].between);
            name_append(out, a, n->items[k]);
        }
        buffer_append_text(out, forms[i].after);
        return true;
    }
    return false;
}

static void call_append(struct buffer *out, struct analyzer *a, const struct node *n)
{
    if (special_append(out, a, n)) return;
    lower_append(out, n->text);
    buffer_append_byte(out, '(');
    if (n->flag) buffer_append_text(out, "DISTINCT ");
    if (n->count == 1 && n->items[0]->kind == NODE_STAR &&
        span_equal_nocase(span_of(n->text), SPAN("count")))
        buffer_append_byte(out, '1');
    else
        names_append(out, a, n->items,
                     n->count - (n->count == 2 && n->items[1]->kind == NODE_BOOLEAN && is_edge(n)));
    buffer_append_byte(out, ')');
    if (n->parts[CALL_FILTER]) {
        buffer_append_text(out, " FILTER (WHERE ");
        name_append(out, a, n->parts[CALL_FILTER]);
        buffer_append_byte(out, ')');
    }
}

static void suffixed_append(struct buffer *out, const struct node *n)
{
    bool real = *n->items[0]->text == 'd' && n->items[0]->text[1] == 'o';
    double value;
    if (real && cast_text_to_double(span_of(n->text), &value)) cast_double_to_text(out, value);
    else if (*n->items[0]->text == 'f' && cast_text_to_double(span_of(n->text), &value))
        cast_float_to_text(out, (float)value);
    else buffer_append_text(out, n->text);
}

static void case_append(struct buffer *out, struct analyzer *a, const struct node *n)
{
    buffer_append_text(out, "CASE");
    for (int i = 2; i + 1 < n->count; i += 2) {
        buffer_append_text(out, " WHEN ");
        if (n->items[0]) {
            buffer_append_byte(out, '(');
            name_append(out, a, n->items[0]);
            buffer_append_text(out, " = ");
        }
        name_append(out, a, n->items[i]);
        buffer_append_text(out, n->items[0] ? ") THEN " : " THEN ");
        name_append(out, a, n->items[i + 1]);
    }
    if (n->items[1]) {
        buffer_append_text(out, " ELSE ");
        name_append(out, a, n->items[1]);
    }
    buffer_append_text(out, " END");
}

static void cast_append(struct buffer *out, struct analyzer *a, const struct node *n)
{
    const struct dialect_type *type;
    bool nested = strchr(n->items[1]->text, '<'); /* such a cast has its value's name */
    if (nested) {
        name_append(out, a, n->items[0]);
        return;
    }
    buffer_append_text(out, n->flag ? "TRY_CAST(" : "CAST(");
    name_append(out, a, n->items[0]);
    buffer_append_text(out, " AS ");
    upper_append(out, spark_type_from_node(a, n->items[1], &type) == OK
                          ? spark_type_name(a->arena, type)
                          : n->items[1]->text);
    buffer_append_byte(out, ')');
}

static void name_append(struct buffer *out, struct analyzer *a, const struct node *n)
{
    if (!n) return;
    switch (n->kind) {
    case NODE_NULL: buffer_append_text(out, "NULL"); return;
    case NODE_BOOLEAN: lower_append(out, n->text); return;
    case NODE_TYPED:
        if (n->flag) suffixed_append(out, n); /* 1L, 1.5D */
        else {
            upper_append(out, n->items[0]->text);
            buffer_printf(out, " '%s'", n->text);
        }
        return;
    case NODE_FIELD:
        name_append(out, a, n->items[0]);
        buffer_printf(out, ".%s", n->text);
        return;
    case NODE_CALL: call_append(out, a, n); return;
    case NODE_UNARY: {
        const struct node *inner = n->items[0];
        bool literal = inner->kind == NODE_INTEGER || inner->kind == NODE_DECIMAL ||
                       inner->kind == NODE_DOUBLE || inner->kind == NODE_TYPED;
        buffer_append_text(out, literal ? n->text : "(");
        if (!literal) buffer_printf(out, "%s ", n->text);
        name_append(out, a, inner);
        if (!literal) buffer_append_byte(out, ')');
        return;
    }
    case NODE_ARITHMETIC:
    case NODE_COMPARE: infix_append(out, a, n, n->text); return;
    case NODE_DISTINCT: infix_append(out, a, n, "<=>"); return;
    case NODE_AND: infix_append(out, a, n, "AND"); return;
    case NODE_OR: infix_append(out, a, n, "OR"); return;
    case NODE_NOT:
        buffer_append_text(out, "(NOT ");
        name_append(out, a, n->items[0]);
        buffer_append_byte(out, ')');
        return;
    case NODE_IS_NULL:
        buffer_append_byte(out, '(');
        name_append(out, a, n->items[0]);
        buffer_printf(out, " IS %sNULL)", n->flag ? "NOT " : "");
        return;
    case NODE_IN:
        if (n->flag) buffer_append_text(out, "(NOT ");
        buffer_append_byte(out, '(');
        name_append(out, a, n->items[0]);
        buffer_append_text(out, " IN (");
        names_append(out, a, n->items + 1, n->count - 1);
        buffer_append_text(out, n->flag ? ")))" : "))");
        return;
    case NODE_BETWEEN:
        buffer_append_text(out, n->flag ? "(NOT ((" : "((");
        name_append(out, a, n->items[0]);
        buffer_append_text(out, " >= ");
        name_append(out, a, n->items[1]);
        buffer_append_text(out, ") AND (");
        name_append(out, a, n->items[0]);
        buffer_append_text(out, " <= ");
        name_append(out, a, n->items[2]);
        buffer_append_text(out, n->flag ? ")))" : "))");
        return;
    case NODE_LIKE:
        if (n->flag) buffer_append_text(out, "(NOT ");
        name_append(out, a, n->items[0]);
        buffer_append_text(out, " LIKE ");
        name_append(out, a, n->items[1]);
        if (n->flag) buffer_append_byte(out, ')');
        return;
    case NODE_CASE: case_append(out, a, n); return;
    case NODE_CAST: cast_append(out, a, n); return;
    case NODE_SUBSCRIPT:
        name_append(out, a, n->items[0]);
        buffer_append_byte(out, '[');
        name_append(out, a, n->items[1]);
        buffer_append_byte(out, ']');
        return;
    case NODE_ITEM: name_append(out, a, n->items[0]); buffer_printf(out, " AS %s", n->text); return;
    default: buffer_append_text(out, n->text ? n->text : "expression"); return;
    }
}

const char *spark_item_name(struct analyzer *a, const struct node *n)
{
    struct buffer out = {0};
    bool column =
        n->kind == NODE_CAST && (n->items[0]->kind == NODE_NAME || n->items[0]->kind == NODE_FIELD);
    if (column) return n->items[0]->text;
    name_append(&out, a, n);
    const char *name = arena_text(a->arena, buffer_span(&out));
    buffer_release(&out);
    return name;
}
