/* Reading tokens as Hive's parser does, errors and repairs included. */
#include "dialect/hive_internal.h"

#include <ctype.h>

/* Words that name nothing unless they stand in back-ticks (nonReserved of IdentifiersParser.g are
 * the others), in order. */
static const char *const reserved[] = {
    "ALL", "ALTER", "AND", "ARRAY", "AS", "AUTHORIZATION", "BETWEEN", "BIGINT", "BINARY", "BOOLEAN",
    "BOTH", "BY", "CASE", "CAST", "CHAR", "COLUMN", "COMMIT", "CONF", "CONSTRAINT", "CREATE",
    "CROSS", "CUBE", "CURRENT", "CURRENT_DATE", "CURRENT_TIMESTAMP", "CURSOR", "DATABASE", "DATE",
    "DECIMAL", "DELETE", "DESCRIBE", "DISTINCT", "DIV", "DOUBLE", "DROP", "ELSE", "END", "EXCEPT",
    "EXCHANGE", "EXISTS", "EXTENDED", "EXTERNAL", "EXTRACT", "FALSE", "FETCH", "FLOAT", "FLOOR",
    "FOLLOWING", "FOR", "FOREIGN", "FROM", "FULL", "FUNCTION", "GRANT", "GROUP", "GROUPING",
    "HAVING", "IF", "IMPORT", "IN", "INNER", "INSERT", "INT", "INTEGER", "INTERSECT", "INTERVAL",
    "INTO", "IS", "JOIN", "LATERAL", "LEFT", "LESS", "LIKE", "LOCAL", "MACRO", "MAP", "MINUS",
    "MORE", "NONE", "NOT", "NULL", "OF", "ON", "ONLY", "OR", "ORDER", "OUT", "OUTER", "OVER",
    "PARTIALSCAN", "PARTITION", "PERCENT", "PRECEDING", "PRECISION", "PRESERVE", "PRIMARY",
    "PROCEDURE", "RANGE", "READS", "REDUCE", "REFERENCES", "REGEXP", "REVOKE", "RIGHT", "RLIKE",
    "ROLLBACK", "ROLLUP", "ROW", "ROWS", "SELECT", "SET", "SMALLINT", "START", "TABLE",
    "TABLESAMPLE", "THEN", "TIMESTAMP", "TO", "TRANSFORM", "TRIGGER", "TRUE", "TRUNCATE",
    "UNBOUNDED", "UNION", "UNIQUEJOIN", "UPDATE", "USER", "USING", "VALUES", "VARCHAR", "WHEN",
    "WHERE", "WINDOW", "WITH",
};

/* ---- looking ---- */

const struct token *peek(const struct reader *r, size_t k)
{
    return &r->tokens[r->at + k < r->count ? r->at + k : r->count];
}

static bool token_is(const struct token *t, const char *word)
{
    return (t->kind == TOKEN_WORD || t->kind == TOKEN_OTHER) &&
           span_equal_nocase(t->text, span_of(word));
}

bool peek_is(const struct reader *r, size_t k, const char *word)
{
    return token_is(peek(r, k), word);
}

static bool is_name(const struct token *t)
{
    if (t->kind != TOKEN_WORD) return t->kind == TOKEN_QUOTED;
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (token_is(t, reserved[i])) return false;
    return true;
}

bool peek_name(const struct reader *r, size_t k)
{
    return is_name(peek(r, k));
}

static bool token_matches(const struct token *t, span item)
{
    if (span_is(item, "name")) return is_name(t);
    if (span_is(item, "string")) return t->kind == TOKEN_STRING;
    if (span_is(item, "number")) return t->kind == TOKEN_NUMBER;
    if (span_is(item, "end")) return t->kind == TOKEN_END;
    return (t->kind == TOKEN_WORD || t->kind == TOKEN_OTHER) && span_equal_nocase(t->text, item);
}

bool peek_in(const struct reader *r, size_t k, const char *set)
{
    for (const char *end; *set; set = *end ? end + 1 : end) {
        end = strchr(set, ' ');
        if (!end) end = set + strlen(set);
        if (token_matches(peek(r, k), (span){set, (size_t)(end - set)})) return true;
    }
    return false;
}

/* ---- errors ---- */

/* What Hive calls a token that it misses. */
static const char *told(const char *word)
{
    static const char *const names[][2] = {{"EXISTS", "KW_EXISTS"},
                                           {"string", "StringLiteral"},
                                           {"number", "Number"},
                                           {"DBPROPERTIES", "KW_DBPROPERTIES"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(word, names[i][0]) == 0) return names[i][1];
    return word;
}

static const char *shown(const struct reader *r, const struct token *t)
{
    bool quoted = t->kind == TOKEN_QUOTED;
    return arena_printf(r->arena, "%.*s", (int)t->text.size - 2 * quoted, t->text.data + quoted);
}

/* The last token read and the clause, as they are when the parser has stopped. */
static error stop(struct reader *r, const struct token *at, const char *what, bool near)
{
    if (r->repaired) at = r->repaired_at, what = r->repaired, near = true;
    const char *last = r->at ? shown(r, &r->tokens[r->at - 1]) : NULL;
    const char *clause = r->depth ? r->clauses[r->depth - 1] : NULL;
    return fail(ERR_USAGE, "FAILED: ParseException line %d:%d %s%s%s%s%s%s", at->line, at->column,
                what, near && last ? " near '" : "", near && last ? last : "",
                near && last ? "'" : "", clause ? " in " : "", clause ? clause : "");
}

error no_alternative(struct reader *r, size_t ahead)
{
    const char *what = arena_printf(r->arena, "cannot recognize input near '%s' '%s' '%s'",
                                    shown(r, peek(r, 0)), shown(r, peek(r, 1)),
                                    shown(r, peek(r, 2)));
    return stop(r, peek(r, ahead), what, false);
}

error nothing_matches(struct reader *r)
{
    const char *what = arena_printf(r->arena, "required (...)+ loop did not match anything at "
                                              "input '%s'", shown(r, peek(r, 0)));
    return stop(r, peek(r, 0), what, false);
}

error mismatch(struct reader *r, const char *expected)
{
    const char *what = arena_printf(r->arena, "mismatched input '%s' expecting %s",
                                    shown(r, peek(r, 0)), told(expected));
    return stop(r, peek(r, 0), what, strcmp(expected, "set null") != 0);
}

/* The first repair is the one that is told. */
static void repair(struct reader *r, const char *format, const char *a, const char *b)
{
    if (r->repaired) return;
    r->repaired = arena_printf(r->arena, format, a, b);
    r->repaired_at = peek(r, 0);
}

/* ---- reading ---- */

void clause_begin(struct reader *r, const char *clause)
{
    CHECK(r->depth < CLAUSE_DEPTH);
    r->clauses[r->depth++] = clause;
}

void clause_end(struct reader *r)
{
    r->depth--;
}

bool take(struct reader *r, const char *word)
{
    bool there = peek_is(r, 0, word);
    r->at += there;
    return there;
}

/* The token that must come, or NULL when its absence was repaired. */
static error expect_token(struct reader *r, const char *word, const char *follow,
                          const struct token **out)
{
    bool extra = !peek_in(r, 0, word) && peek_in(r, 1, word);
    *out = NULL;
    if (extra) {
        repair(r, "extraneous input '%s' expecting %s", shown(r, peek(r, 0)), told(word));
        r->at++;
    } else if (!peek_in(r, 0, word)) {
        if (!peek_in(r, 0, follow)) return mismatch(r, word); /* at the end nothing is missing */
        repair(r, "missing %s at '%s'", told(word), shown(r, peek(r, 0)));
        return OK;
    }
    *out = peek(r, 0);
    r->at++;
    return OK;
}

error expect(struct reader *r, const char *word, const char *follow)
{
    const struct token *t;
    return expect_token(r, word, follow, &t);
}

error expect_string(struct reader *r, const char *follow, const char **out)
{
    const struct token *t;
    TRY(expect_token(r, "string", follow, &t));
    *out = t ? token_string(r->arena, t) : "";
    return OK;
}

error expect_number(struct reader *r, const char *follow, int64_t *out)
{
    const struct token *t;
    TRY(expect_token(r, "number", follow, &t));
    *out = 0;
    if (t && !parse_int64(t->text, out))
        return fail(ERR_USAGE, "FAILED: ParseException line %d:%d %s is no integer", t->line,
                    t->column, shown(r, t));
    return OK;
}

error expect_name(struct reader *r, const char **out)
{
    if (!peek_name(r, 0)) return no_alternative(r, 0);
    *out = token_name(r->arena, peek(r, 0));
    r->at++;
    return OK;
}

error expect_end(struct reader *r)
{
    if (peek(r, 0)->kind != TOKEN_END) {
        bool extra = peek(r, 1)->kind == TOKEN_END;
        const char *text = shown(r, peek(r, 0));
        repair(r, extra ? "extraneous input '%s' expecting %s" : "missing %2$s at '%1$s'", text,
               "EOF");
        r->at += extra;
    }
    if (!r->repaired) return OK;
    if (peek(r, 0)->kind == TOKEN_END) r->at = r->count + 1;
    r->depth = 0;
    return stop(r, peek(r, 0), NULL, true);
}

/* ---- clauses that several statements have ---- */

error read_table_name(struct reader *r, struct hive_statement *s)
{
    clause_begin(r, "table name");
    if (!peek_name(r, 0)) return no_alternative(r, 0);
    bool qualified = peek_is(r, 1, ".");
    if (peek(r, 1)->kind == TOKEN_STRING ||
        (peek(r, 1)->kind == TOKEN_OTHER && !peek_in(r, 1, ". , ( )")))
        return no_alternative(r, 1);
    if (qualified && !peek_name(r, 2)) return no_alternative(r, 2);
    if (qualified) {
        TRY(expect_name(r, &s->database));
        r->at++;
    }
    TRY(expect_name(r, &s->table));
    clause_end(r);
    return OK;
}

error read_if(struct reader *r, bool exists, bool *out)
{
    if (!peek_is(r, 0, "IF")) return OK;
    clause_begin(r, exists ? "if exists clause" : "if not exists clause");
    r->at++;
    if (!exists) TRY(expect(r, "NOT", "EXISTS"));
    TRY(expect(r, "EXISTS", "name PARTITION"));
    *out = true;
    clause_end(r);
    return OK;
}

static error read_property(struct reader *r, struct hive_property *p)
{
    clause_begin(r, "specifying key/value property");
    TRY(expect_string(r, "=", &p->key));
    TRY(expect(r, "=", "string"));
    TRY(expect_string(r, ", )", &p->value));
    clause_end(r);
    return OK;
}

/* All pairs, or, of a table, keys alone, which set nothing. */
static error read_property_list(struct reader *r, bool keys, struct buffer *out)
{
    if (keys && peek(r, 0)->kind != TOKEN_STRING) return no_alternative(r, 0);
    bool pairs = !keys || peek_is(r, 1, "=");
    if (!pairs && !peek_in(r, 1, ", )")) return no_alternative(r, 1);
    do {
        struct hive_property p = {0};
        if (pairs) TRY(read_property(r, &p));
        else TRY(expect_string(r, ", )", &p.key));
        if (pairs) buffer_append(out, &p, sizeof p);
    } while (take(r, ","));
    return OK;
}

error read_properties(struct reader *r, bool of_database, struct hive_properties *out)
{
    struct buffer list = {0};
    clause_begin(r, of_database ? "dbproperties" : "table properties");
    TRY(expect(r, "(", "string"));
    clause_begin(r, of_database ? "dbproperties list" : "table properties list");
    error e = read_property_list(r, !of_database, &list);
    out->count = list.size / sizeof *out->items;
    out->items = list.size ? arena_copy(r->arena, list.data, list.size) : NULL;
    buffer_release(&list);
    TRY(e);
    clause_end(r);
    TRY(expect(r, ")", "LOCATION STORED TBLPROPERTIES AS"));
    clause_end(r);
    return OK;
}

/* A literal, or the text of one. */
static error read_constant(struct reader *r, const char **out)
{
    const struct token *t = peek(r, 0);
    size_t sign = peek_is(r, 0, "-") || peek_is(r, 0, "+");
    clause_begin(r, "constant");
    if (t->kind == TOKEN_STRING) *out = token_string(r->arena, t);
    else if (peek(r, sign)->kind == TOKEN_NUMBER)
        *out = arena_printf(r->arena, "%s%s", sign && peek_is(r, 0, "-") ? "-" : "",
                            shown(r, peek(r, sign)));
    else if (peek_in(r, 0, "TRUE FALSE")) *out = token_name(r->arena, t);
    else if (peek_is(r, 0, "NULL")) *out = NULL;
    else if (peek_is(r, 0, "DATE") && peek(r, 1)->kind == TOKEN_STRING)
        *out = token_string(r->arena, peek(r, sign = 1));
    else return no_alternative(r, sign);
    r->at += sign + 1;
    clause_end(r);
    return OK;
}

static error read_conditions(struct reader *r, struct buffer *list)
{
    static const char *const operators[] = {"=", "==", "<>", "!=", "<=", ">=", "<", ">", NULL};
    bool drops = strcmp(r->clauses[r->depth - 1], "drop partition statement") == 0;
    do {
        struct hive_condition c = {0};
        TRY(expect_name(r, &c.column));
        for (int i = 0; !c.operator && operators[i] && (drops || i < 2); i++)
            if (take(r, operators[i])) c.operator = i < 2 ? "=" : operators[i];
        if (drops && !c.operator) return mismatch(r, "set null");
        if (c.operator) TRY(read_constant(r, &c.value));
        buffer_append(list, &c, sizeof c);
    } while (take(r, ","));
    return OK;
}

error read_partition(struct reader *r, const char *follow, struct hive_partition *out)
{
    struct buffer list = {0};
    TRY(expect(r, "PARTITION", "("));
    TRY(expect(r, "(", "name"));
    error e = read_conditions(r, &list);
    out->count = list.size / sizeof *out->items;
    out->items = list.size ? arena_copy(r->arena, list.data, list.size) : NULL;
    buffer_release(&list);
    TRY(e);
    return expect(r, ")", follow);
}
