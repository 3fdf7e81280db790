/* In: SQL text of a stranger. Out: the tables it reads, if it is one reading statement; otherwise
 * a refusal. Judged on the syntax tree that the engine's own parser gives (json_serialize_sql), so
 * that what is judged is what runs: SELECT, WITH, VALUES, and EXPLAIN of these. */
#include "sql/internal.h"

#include <ctype.h>

/* Functions in FROM that read nothing but their arguments. */
static const char *const table_functions[] = {"unnest", "range", "generate_series", "json_each",
                                              "json_tree", NULL};
/* Functions that tell about the process rather than about data. */
static const char *const refused_functions[] = {"current_setting", "getenv", "getvariable",
                                                "write_log", NULL};

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (span_equal_nocase(span_of(name), span_of(*names))) return true;
    return false;
}

/* ---- first words ---- */

static const char *skip_blanks(const char *p)
{
    for (;;) {
        if (isspace((unsigned char)*p)) {
            p++;
        } else if (p[0] == '-' && p[1] == '-') {
            p += strcspn(p, "\n");
        } else if (p[0] == '/' && p[1] == '*') {
            const char *end = strstr(p + 2, "*/");
            if (!end) return p;
            p = end + 2;
        } else {
            return p;
        }
    }
}

static span word_at(const char *p)
{
    size_t size = 0;
    while (isalpha((unsigned char)p[size]) || p[size] == '_') size++;
    return (span){p, size};
}

static bool word_take(const char **p, const char *word)
{
    const char *at = skip_blanks(*p);
    span found = word_at(at);
    if (!span_equal_nocase(found, span_of(word))) return false;
    *p = at + found.size;
    return true;
}

/* ---- the tree ---- */

struct walk {
    struct arena *arena;
    struct buffer names;  /* struct sql_name each */
    struct buffer scope;  /* const char * each: WITH names in sight */
    struct buffer words;  /* const char * each */
    struct buffer rows;   /* const char * each: what tables are called, ... */
    struct buffer columns; /* ... and what is referred to: a table's name means its whole row */
    bool has_star;
};

static bool is_listed(const struct buffer *list, const char *name)
{
    const char *const *names = (const char *const *)(const void *)list->data;
    for (size_t i = 0; i < list->size / sizeof *names; i++)
        if (span_equal_nocase(span_of(names[i]), span_of(name))) return true;
    return false;
}

static void list_add(struct buffer *list, const char *name)
{
    buffer_append(list, &name, sizeof name);
}

static const char *text_or_empty(const json_t *object, const char *member)
{
    const char *text = json_text(object, member);
    return text ? text : "";
}

static error table_take(struct walk *w, const json_t *node)
{
    const char *catalog = text_or_empty(node, "catalog_name");
    const char *schema = text_or_empty(node, "schema_name");
    const char *name = text_or_empty(node, "table_name");
    if (*catalog && !span_equal_nocase(span_of(catalog), SPAN("awsdatacatalog")))
        return fail(ERR_NOT_FOUND, "CATALOG_NOT_FOUND: Catalog '%s' does not exist", catalog);
    if (!*schema && is_listed(&w->scope, name)) return OK;
    const struct sql_name *known = (const struct sql_name *)(const void *)w->names.data;
    for (size_t i = 0; i < w->names.size / sizeof *known; i++)
        if (span_equal_nocase(span_of(known[i].database), span_of(*schema ? schema : NULL)) &&
            !known[i].database == !*schema &&
            span_equal_nocase(span_of(known[i].table), span_of(name)))
            return OK;
    struct sql_name taken = {*schema ? arena_text(w->arena, span_of(schema)) : NULL,
                             arena_text(w->arena, span_of(name))};
    buffer_append(&w->names, &taken, sizeof taken);
    return OK;
}

/* Whether columns are meant that the node does not name. */
static bool means_more(const json_t *node)
{
    const char *class = text_or_empty(node, "class");
    return strcmp(class, "STAR") == 0 || strcmp(class, "POSITIONAL_REFERENCE") == 0 ||
           strcmp(text_or_empty(node, "ref_type"), "NATURAL") == 0 ||
           strstr(text_or_empty(node, "type"), "PIVOT") ||
           json_array_size(json_object_get(node, "column_name_alias")) > 0;
}

static void references_note(struct walk *w, const json_t *node)
{
    const json_t *names = json_object_get(node, "column_names");
    const json_t *last = json_array_get(names, json_array_size(names) - 1);
    if (json_is_string(last)) list_add(&w->columns, json_string_value(last));
    if (!json_object_get(node, "class")) { /* no expression: a table, a subquery */
        list_add(&w->rows, text_or_empty(node, "alias"));
        list_add(&w->rows, text_or_empty(node, "table_name"));
    }
    w->has_star = w->has_star || means_more(node);
}

static error node_check(struct walk *w, const json_t *node)
{
    const char *type = text_or_empty(node, "type");
    references_note(w, node);
    if (strcmp(type, "BASE_TABLE") == 0) return table_take(w, node);
    if (strcmp(type, "SHOW_REF") == 0)
        return fail(ERR_USAGE, "SHOW, DESCRIBE and SUMMARIZE are no part of a SELECT");
    if (strcmp(type, "TABLE_FUNCTION") == 0) {
        const char *name = text_or_empty(json_object_get(node, "function"), "function_name");
        if (!is_one_of(name, table_functions))
            return fail(ERR_USAGE, "the table function %s is refused: a query reads only tables",
                        name);
    }
    if (strcmp(text_or_empty(node, "class"), "FUNCTION") == 0 &&
        is_one_of(text_or_empty(node, "function_name"), refused_functions))
        return fail(ERR_USAGE, "the function %s is refused", text_or_empty(node, "function_name"));
    return OK;
}

static error walk_any(struct walk *, const json_t *);

/* A WITH name is in sight of what comes after it, and of itself when it is recursive. */
static error walk_with(struct walk *w, const json_t *map)
{
    size_t i;
    json_t *item;
    json_array_foreach(map, i, item) {
        const char *name = text_or_empty(item, "key");
        const json_t *value = json_object_get(item, "value");
        const json_t *query = json_object_get(json_object_get(value, "query"), "node");
        bool recursive = strcmp(text_or_empty(query, "type"), "RECURSIVE_CTE_NODE") == 0;
        if (recursive) list_add(&w->scope, name);
        TRY(walk_any(w, value));
        if (!recursive) list_add(&w->scope, name);
    }
    return OK;
}

static error walk_object(struct walk *w, const json_t *object)
{
    size_t scope = w->scope.size;
    const char *name;
    json_t *member;
    TRY(walk_with(w, json_object_get(json_object_get(object, "cte_map"), "map")));
    TRY(node_check(w, object));
    json_object_foreach((json_t *)object, name, member)
        if (strcmp(name, "cte_map") != 0) TRY(walk_any(w, member));
    w->scope.size = scope;
    return OK;
}

static error walk_any(struct walk *w, const json_t *value)
{
    size_t i;
    json_t *element;
    if (json_is_object(value)) return walk_object(w, value);
    if (json_is_string(value))
        list_add(&w->words, arena_text(w->arena, span_of(json_string_value(value))));
    json_array_foreach(value, i, element) TRY(walk_any(w, element));
    return OK;
}

/* ---- names of result columns ---- */

/* Which items of the outermost list have no name of their own. NULL when stars make positions
 * unknown. */
static void items_look(struct arena *arena, const json_t *node, struct statement *out)
{
    while (strcmp(text_or_empty(node, "type"), "SET_OPERATION_NODE") == 0) {
        const json_t *left = json_object_get(node, "left");
        node = left ? left : json_array_get(json_object_get(node, "children"), 0);
    }
    const json_t *list = json_object_get(node, "select_list");
    const json_t *from = json_object_get(node, "from_table");
    size_t i;
    json_t *item;
    if (strcmp(text_or_empty(from, "alias"), "valueslist") == 0) /* the parser's name for VALUES */
        list = json_array_get(json_object_get(from, "values"), 0);
    bool *unnamed = ARENA_ARRAY(arena, bool, json_array_size(list));
    json_array_foreach(list, i, item) {
        const char *class = text_or_empty(item, "class");
        if (strcmp(class, "STAR") == 0) return;
        unnamed[i] = !*text_or_empty(item, "alias") && strcmp(class, "COLUMN_REF") != 0;
    }
    out->unnamed = unnamed;
    out->item_count = json_array_size(list);
}

/* ---- reading ---- */

static error tree_judge(const json_t *tree, const char *text, struct arena *arena,
                        struct statement *out)
{
    const json_t *statements = json_object_get(tree, "statements");
    if (json_is_set(tree, "error")) {
        span word = word_at(skip_blanks(text));
        if (strcmp(text_or_empty(tree, "error_type"), "not implemented") == 0)
            return fail(ERR_USAGE,
                        "%.*s is refused: a query is one SELECT, WITH, VALUES or EXPLAIN",
                        (int)word.size, word.data);
        return duck_fail_text(text_or_empty(tree, "error_message"));
    }
    if (json_array_size(statements) != 1)
        return fail(ERR_USAGE, "a query is one SELECT, WITH, VALUES or EXPLAIN, not %zu",
                    json_array_size(statements));
    struct walk w = {.arena = arena};
    error e = walk_any(&w, statements);
    out->table_count = w.names.size / sizeof *out->tables;
    out->tables = arena_copy(arena, w.names.data, w.names.size);
    out->word_count = w.words.size / sizeof *out->words;
    out->words = arena_copy(arena, w.words.data, w.words.size);
    out->has_star = w.has_star;
    const char *const *columns = (const char *const *)(const void *)w.columns.data;
    for (size_t i = 0; i < w.columns.size / sizeof *columns && !out->has_star; i++)
        out->has_star = is_listed(&w.rows, columns[i]);
    buffer_release(&w.names);
    buffer_release(&w.words);
    buffer_release(&w.rows);
    buffer_release(&w.columns);
    buffer_release(&w.scope);
    if (e == OK && !out->explains)
        items_look(arena, json_object_get(json_array_get(statements, 0), "node"), out);
    return e;
}

static error tree_read(struct sql_engine *engine, const char *text, json_t **out)
{
    struct buffer sql = {0}, reply = {0};
    json_error_t problem;
    buffer_append_text(&sql, "SELECT json_serialize_sql(");
    quote_text(&sql, text);
    buffer_append_byte(&sql, ')');
    error e = engine->parser.database ? OK : session_open(engine, &engine->parser);
    if (e == OK) e = session_text(&engine->parser, buffer_text(&sql), &reply);
    if (e == OK) {
        /* positions may be 2^64-1, "unknown" */
        *out = json_loadb(reply.data, reply.size, JSON_DECODE_INT_AS_REAL, &problem);
        if (!*out) e = fail(ERR_LIMIT, "the statement is too deep: %s", problem.text);
    }
    buffer_release(&sql);
    buffer_release(&reply);
    return e;
}

error statement_read(struct sql_engine *engine, const char *text, struct arena *arena,
                     struct statement *out)
{
    json_t *tree;
    *out = (struct statement){0};
    bool analyzes = false;
    if (utf8_valid_prefix(span_of(text)) != strlen(text))
        return fail(ERR_USAGE, "the statement is not valid UTF-8");
    out->explains = word_take(&text, "EXPLAIN");
    if (out->explains) analyzes = word_take(&text, "ANALYZE");
    TRY(tree_read(engine, text, &tree));
    error e = tree_judge(tree, text, arena, out);
    json_decref(tree);
    out->text = out->explains
                    ? arena_printf(arena, "EXPLAIN %s%s", analyzes ? "ANALYZE " : "", text)
                    : arena_text(arena, span_of(text));
    return e;
}

error sql_tables(struct sql_engine *engine, const char *text, struct arena *arena,
                 struct sql_name **out, size_t *count)
{
    struct statement s;
    TRY(statement_read(engine, text, arena, &s));
    *out = arena_copy(arena, s.tables, s.table_count * sizeof *s.tables);
    *count = s.table_count;
    return OK;
}
