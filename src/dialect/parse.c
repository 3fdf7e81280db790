/* Tokens -> a statement: its head here, queries and expressions in the files beside. */
#include "dialect/internal.h"

#include <stdio.h>

enum { STATEMENT_MAX = 262144 };

/* ---- nodes ---- */

struct node *node_new(struct parser *p, enum node_kind kind, struct place at)
{
    struct node *n = ARENA_NEW(p->arena, struct node);
    n->kind = kind;
    n->at = at;
    n->depth = 1;
    return n;
}

static void depth_note(struct node *n, const struct node *item)
{
    if (item && item->depth >= n->depth) n->depth = item->depth + 1;
}

void node_add(struct parser *p, struct node *n, struct node *item)
{
    if ((n->count & (n->count - 1)) == 0) { /* full: the capacity is the next power of two */
        struct node **more =
            ARENA_ARRAY(p->arena, struct node *, n->count ? 2 * (size_t)n->count : 1);
        if (n->count) memcpy(more, n->items, (size_t)n->count * sizeof *more);
        n->items = more;
    }
    n->items[n->count++] = item;
    depth_note(n, item);
}

struct node *node_parts(struct parser *p, struct node *n, int count)
{
    n->parts = ARENA_ARRAY(p->arena, struct node *, (size_t)count);
    return n;
}

static int part_count(const struct node *n)
{
    switch (n->kind) {
    case NODE_QUERY:
        return QUERY_PARTS;
    case NODE_CALL:
        return CALL_PARTS;
    case NODE_SELECT:
        return SELECT_PARTS;
    case NODE_JOIN:
        return JOIN_PARTS;
    case NODE_WINDOW:
        return WINDOW_PARTS;
    default:
        return 0;
    }
}

error node_close(struct node *n)
{
    for (int i = 0; n->parts && i < part_count(n); i++) depth_note(n, n->parts[i]);
    for (int i = 0; n->kind == NODE_CASE && i < n->count; i++) depth_note(n, n->items[i]);
    if (n->depth <= DEPTH_MAX) return OK;
    return fail(ERR_LIMIT, "line %d:%d: the statement is nested more than %d deep", n->at.line,
                n->at.column, DEPTH_MAX);
}

error parser_enter(struct parser *p)
{
    if (++p->depth <= DEPTH_MAX) return OK;
    return fail(ERR_LIMIT, "line %d:%d: the statement is nested more than %d deep",
                p->token->at.line, p->token->at.column, DEPTH_MAX);
}

/* ---- tokens ---- */

static bool is_word(const struct token *t, const char *word)
{
    return t->kind == TOKEN_WORD && span_equal_nocase(span_of(t->text), span_of(word));
}

bool at_word(const struct parser *p, const char *word)
{
    return is_word(p->token, word);
}

bool at_words(const struct parser *p, const char *first, const char *second)
{
    return is_word(p->token, first) && is_word(p->token + 1, second);
}

bool at_sign(const struct parser *p, const char *sign)
{
    return p->token->kind == TOKEN_SIGN && strcmp(p->token->text, sign) == 0;
}

bool take_word(struct parser *p, const char *word)
{
    bool taken = at_word(p, word);
    p->token += taken;
    return taken;
}

bool take_sign(struct parser *p, const char *sign)
{
    bool taken = at_sign(p, sign);
    p->token += taken;
    return taken;
}

error unexpected_token(const struct parser *p, const char *expecting)
{
    span source = p->token->kind == TOKEN_END ? SPAN("<EOF>") : p->token->source;
    return fail(ERR_PARSE, "line %d:%d: mismatched input '%.*s'. Expecting: %s", p->token->at.line,
                p->token->at.column, (int)(source.size > 200 ? 200 : source.size), source.data,
                expecting);
}

error want_word(struct parser *p, const char *word)
{
    char expected[64];
    snprintf(expected, sizeof expected, "'%s'", word);
    return take_word(p, word) ? OK : unexpected_token(p, expected);
}

error want_sign(struct parser *p, const char *sign)
{
    char expected[16];
    snprintf(expected, sizeof expected, "'%s'", sign);
    return take_sign(p, sign) ? OK : unexpected_token(p, expected);
}

bool word_is_one_of(const char *word, const char *const *sorted)
{
    for (; *sorted; sorted++)
        if (span_equal_nocase(span_of(word), span_of(*sorted))) return true;
    return false;
}

bool at_identifier(const struct parser *p)
{
    return p->token->kind == TOKEN_QUOTED ||
           (p->token->kind == TOKEN_WORD && !word_is_one_of(p->token->text, p->dialect->reserved));
}

error take_identifier(struct parser *p, struct node **out)
{
    if (!at_identifier(p)) return unexpected_token(p, "<identifier>");
    *out = node_new(p, NODE_NAME, p->token->at);
    (*out)->text = p->token->text;
    (*out)->flag = p->token->kind == TOKEN_QUOTED;
    p->token++;
    return OK;
}

error parse_list(struct parser *p, struct node *into,
                 error (*item)(struct parser *, struct node **))
{
    do {
        struct node *n;
        TRY(item(p, &n));
        node_add(p, into, n);
    } while (take_sign(p, ","));
    return node_close(into);
}

error parse_name(struct parser *p, struct node **out)
{
    struct node *name = node_new(p, NODE_TABLE, p->token->at), *part;
    TRY(take_identifier(p, &part));
    name->text = part->text;
    while (take_sign(p, ".")) {
        struct node *qualifier = part;
        TRY(take_identifier(p, &part));
        node_add(p, name, qualifier);
        name->text = part->text;
    }
    *out = name;
    return OK;
}

/* ---- statements ---- */

static const char *folded(struct arena *arena, const char *text)
{
    char *copy = arena_text(arena, span_of(text));
    for (char *c = copy; *c; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c - 'A' + 'a');
    return copy;
}

static error name_of(struct parser *p, const struct node *n, struct dialect_name *out)
{
    *out = (struct dialect_name){
        .name = folded(p->arena, n->text), .line = n->at.line, .column = n->at.column};
    if (n->count > 2)
        return fail(ERR_PARSE, "line %d:%d: Too many dots in table name: %s", n->at.line,
                    n->at.column, n->text);
    if (n->count) out->database = folded(p->arena, n->items[n->count - 1]->text);
    if (n->count > 1) out->catalog = folded(p->arena, n->items[0]->text);
    return OK;
}

static error take_target(struct parser *p, struct dialect_statement *s)
{
    struct node *name;
    TRY(parse_name(p, &name));
    return name_of(p, name, &s->target);
}

static error take_text(struct parser *p, const char **out)
{
    if (p->token->kind != TOKEN_STRING) return unexpected_token(p, "<string>");
    *out = p->token++->text;
    return OK;
}

static error literal_text(struct parser *p, const struct node *n, const char **out)
{
    if (n->kind != NODE_STRING && n->kind != NODE_INTEGER && n->kind != NODE_DECIMAL &&
        n->kind != NODE_DOUBLE && n->kind != NODE_BOOLEAN && n->kind != NODE_NAME)
        return fail(ERR_PARSE, "line %d:%d: a property's value is a literal", n->at.line,
                    n->at.column);
    *out = n->kind == NODE_BOOLEAN || n->kind == NODE_NAME ? folded(p->arena, n->text) : n->text;
    return OK;
}

static error option_value(struct parser *p, struct dialect_option *o)
{
    struct node *value;
    TRY(parse_expression(p, &value));
    if (value->kind != NODE_ARRAY) return literal_text(p, value, &o->value);
    const char **values = ARENA_ARRAY(p->arena, const char *, (size_t)value->count + 1);
    o->values = values;
    o->value_count = value->count;
    for (int i = 0; i < value->count; i++) TRY(literal_text(p, value->items[i], &values[i]));
    return OK;
}

/* (name = value, ...) or, of EXPLAIN, (name value, ...) */
static error take_options(struct parser *p, struct dialect_statement *s, bool equals)
{
    struct buffer all = {0};
    error e = want_sign(p, "(");
    while (e == OK) {
        struct node *name;
        struct dialect_option o = {.line = p->token->at.line, .column = p->token->at.column};
        e = take_identifier(p, &name);
        if (e != OK) break;
        o.name = folded(p->arena, name->text);
        if (equals) e = want_sign(p, "=");
        if (e == OK) e = option_value(p, &o);
        buffer_append(&all, &o, sizeof o);
        if (!take_sign(p, ",")) break;
    }
    s->options = arena_copy(p->arena, all.data, all.size);
    s->option_count = (int)(all.size / sizeof(struct dialect_option));
    buffer_release(&all);
    TRY(e);
    return want_sign(p, ")");
}

static error take_columns(struct parser *p, struct dialect_statement *s)
{
    struct node *names = node_new(p, NODE_LIST, p->token->at);
    TRY(want_sign(p, "("));
    TRY(parse_list(p, names, take_identifier));
    TRY(want_sign(p, ")"));
    const char **columns = ARENA_ARRAY(p->arena, const char *, (size_t)names->count);
    for (int i = 0; i < names->count; i++) columns[i] = folded(p->arena, names->items[i]->text);
    s->columns = columns;
    s->column_count = names->count;
    return OK;
}

static error take_query(struct parser *p, struct dialect_statement *s)
{
    const char *start = p->token->source.data;
    struct node *query;
    TRY(parse_query(p, &query));
    span last = p->token[-1].source;
    s->query = query;
    s->query_text = arena_text(p->arena, (span){start, (size_t)(last.data + last.size - start)});
    return OK;
}

static error explain_rest(struct parser *p, struct dialect_statement *s)
{
    s->analyze = take_word(p, "ANALYZE");
    if (s->analyze) take_word(p, "VERBOSE");
    else if (at_sign(p, "(") && (is_word(p->token + 1, "TYPE") || is_word(p->token + 1, "FORMAT")))
        TRY(take_options(p, s, false));
    return take_query(p, s);
}

static error insert_rest(struct parser *p, struct dialect_statement *s)
{
    TRY(want_word(p, "INTO"));
    TRY(take_target(p, s));
    if (at_sign(p, "(") && !at_query(p)) TRY(take_columns(p, s));
    return take_query(p, s);
}

static error if_not_exists(struct parser *p, struct dialect_statement *s)
{
    if (!take_word(p, "IF")) return OK;
    TRY(want_word(p, "NOT"));
    s->if_not_exists = true;
    return want_word(p, "EXISTS");
}

static error table_rest(struct parser *p, struct dialect_statement *s)
{
    s->verb = DIALECT_CREATE_TABLE_AS;
    TRY(if_not_exists(p, s));
    TRY(take_target(p, s));
    if (at_sign(p, "(") && !at_query(p)) TRY(take_columns(p, s));
    if (take_word(p, "COMMENT")) TRY(take_text(p, &s->comment));
    if (take_word(p, "WITH")) TRY(take_options(p, s, true));
    TRY(want_word(p, "AS"));
    TRY(take_query(p, s));
    if (!take_word(p, "WITH")) return OK;
    s->no_data = take_word(p, "NO");
    return want_word(p, "DATA");
}

static error create_rest(struct parser *p, struct dialect_statement *s)
{
    if (take_word(p, "OR")) {
        TRY(want_word(p, "REPLACE"));
        s->or_replace = true;
    }
    if (!s->or_replace && take_word(p, "TABLE")) return table_rest(p, s);
    s->verb = DIALECT_CREATE_VIEW;
    TRY(want_word(p, "VIEW"));
    TRY(take_target(p, s));
    if (take_word(p, "COMMENT")) TRY(take_text(p, &s->comment));
    if (take_word(p, "SECURITY") && !take_word(p, "DEFINER")) TRY(want_word(p, "INVOKER"));
    TRY(want_word(p, "AS"));
    return take_query(p, s);
}

static error drop_rest(struct parser *p, struct dialect_statement *s)
{
    TRY(want_word(p, "VIEW"));
    if (take_word(p, "IF")) {
        TRY(want_word(p, "EXISTS"));
        s->if_exists = true;
    }
    return take_target(p, s);
}

static error unload_rest(struct parser *p, struct dialect_statement *s)
{
    TRY(want_sign(p, "("));
    TRY(take_query(p, s));
    TRY(want_sign(p, ")"));
    TRY(want_word(p, "TO"));
    TRY(take_text(p, &s->location));
    return take_word(p, "WITH") ? take_options(p, s, true) : OK;
}

static error take_prepared_name(struct parser *p, struct dialect_statement *s)
{
    struct node *name;
    TRY(take_identifier(p, &name));
    s->target = (struct dialect_name){
        .name = folded(p->arena, name->text), .line = name->at.line, .column = name->at.column};
    return OK;
}

static error statement_parse(struct parser *, struct dialect_statement *);

static error prepare_rest(struct parser *p, struct dialect_statement *s)
{
    struct dialect_statement inner = {.dialect = p->dialect};
    TRY(take_prepared_name(p, s));
    TRY(want_word(p, "FROM"));
    const char *start = p->token->source.data;
    TRY(parser_enter(p));
    TRY(statement_parse(p, &inner));
    span last = p->token[-1].source;
    s->query = inner.query;
    s->query_text = arena_text(p->arena, (span){start, (size_t)(last.data + last.size - start)});
    return OK;
}

static error execute_rest(struct parser *p, struct dialect_statement *s)
{
    struct buffer all = {0};
    TRY(take_prepared_name(p, s));
    if (!take_word(p, "USING")) return OK;
    error e = OK;
    do {
        struct node *value;
        const char *start = p->token->source.data;
        e = parse_expression(p, &value);
        span last = p->token[-1].source;
        const char *text =
            arena_text(p->arena, (span){start, (size_t)(last.data + last.size - start)});
        buffer_append(&all, &text, sizeof text);
    } while (e == OK && take_sign(p, ","));
    s->parameters = arena_copy(p->arena, all.data, all.size);
    s->parameter_count = (int)(all.size / sizeof(const char *));
    buffer_release(&all);
    return e;
}

static error deallocate_rest(struct parser *p, struct dialect_statement *s)
{
    TRY(want_word(p, "PREPARE"));
    return take_prepared_name(p, s);
}

static const struct {
    const char *word;
    enum dialect_verb verb;
    error (*rest)(struct parser *, struct dialect_statement *);
} heads[] = {
    {"EXPLAIN", DIALECT_EXPLAIN, explain_rest},
    {"INSERT", DIALECT_INSERT, insert_rest},
    {"CREATE", DIALECT_CREATE_VIEW, create_rest},
    {"DROP", DIALECT_DROP_VIEW, drop_rest},
    {"UNLOAD", DIALECT_UNLOAD, unload_rest},
    {"PREPARE", DIALECT_PREPARE, prepare_rest},
    {"EXECUTE", DIALECT_EXECUTE, execute_rest},
    {"DEALLOCATE", DIALECT_DEALLOCATE, deallocate_rest},
};

static error statement_parse(struct parser *p, struct dialect_statement *s)
{
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (take_word(p, heads[i].word)) {
            s->verb = heads[i].verb;
            return heads[i].rest(p, s);
        }
    if (!at_query(p))
        return unexpected_token(p,
                                "'CREATE', 'DEALLOCATE', 'DROP', 'EXECUTE', 'EXPLAIN', 'INSERT', "
                                "'PREPARE', 'UNLOAD', <query>");
    s->verb = DIALECT_SELECT;
    return take_query(p, s);
}

/* ---- tables named ---- */

struct scope_name {
    const char *name;
    const struct scope_name *outer;
};

static bool is_known(const struct buffer *names, const struct dialect_name *n)
{
    const struct dialect_name *all = (const void *)names->data;
    for (size_t i = 0; i < names->size / sizeof *all; i++)
        if (span_equal(span_of(all[i].name), span_of(n->name)) &&
            span_equal(span_of(all[i].database), span_of(n->database)) &&
            span_equal(span_of(all[i].catalog), span_of(n->catalog)))
            return true;
    return false;
}

static error tables_find(struct parser *, const struct node *, const struct scope_name *,
                         struct buffer *);

static error table_note(struct parser *p, const struct node *n, const struct scope_name *scope,
                        struct buffer *names)
{
    struct dialect_name name;
    for (const struct scope_name *s = scope; s && !n->count; s = s->outer)
        if (span_equal_nocase(span_of(s->name), span_of(n->text))) return OK;
    TRY(name_of(p, n, &name));
    if (!is_known(names, &name)) buffer_append(names, &name, sizeof name);
    return OK;
}

static error query_tables(struct parser *p, const struct node *n, const struct scope_name *scope,
                          struct buffer *names)
{
    const struct node *with = n->parts[QUERY_WITH];
    for (int i = 0; with && i < with->count; i++) { /* each is in sight of what comes later */
        struct scope_name *inner = ARENA_NEW(p->arena, struct scope_name);
        *inner = (struct scope_name){with->items[i]->text, scope};
        TRY(tables_find(p, with->items[i]->items[0], with->items[i]->flag ? inner : scope, names));
        scope = inner;
    }
    for (int i = QUERY_BODY; i < QUERY_PARTS; i++) TRY(tables_find(p, n->parts[i], scope, names));
    return OK;
}

static error tables_find(struct parser *p, const struct node *n, const struct scope_name *scope,
                         struct buffer *names)
{
    if (!n) return OK;
    if (n->kind == NODE_QUERY) return query_tables(p, n, scope, names);
    if (n->kind == NODE_TABLE) return table_note(p, n, scope, names);
    for (int i = 0; n->parts && i < part_count(n); i++)
        TRY(tables_find(p, n->parts[i], scope, names));
    for (int i = 0; i < n->count; i++) TRY(tables_find(p, n->items[i], scope, names));
    return OK;
}

error dialect_parse(const struct dialect *dialect, const char *given, struct arena *arena,
                    struct dialect_statement *out)
{
    struct token *tokens;
    struct buffer names = {0};
    *out = (struct dialect_statement){.dialect = dialect};
    if (strlen(given) > STATEMENT_MAX)
        return fail(ERR_LIMIT, "the statement has more than %d bytes", STATEMENT_MAX);
    if (utf8_valid_prefix(span_of(given)) != strlen(given))
        return fail(ERR_PARSE, "the statement is not valid UTF-8");
    const char *text = arena_text(arena, span_of(given));
    TRY(tokens_read(dialect, text, arena, &tokens));
    struct parser p = {.dialect = dialect, .arena = arena, .text = text, .token = tokens};
    TRY(statement_parse(&p, out));
    take_sign(&p, ";");
    if (p.token->kind != TOKEN_END) return unexpected_token(&p, "<EOF>");
    out->placeholders = p.placeholders;
    error e = tables_find(&p, out->query, NULL, &names);
    out->tables = arena_copy(arena, names.data, names.size);
    out->table_count = names.size / sizeof *out->tables;
    buffer_release(&names);
    return e;
}
