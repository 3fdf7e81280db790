/* Spark SQL to DuckDB's, word by word: quoting, literals, casts and the names of functions. The two
 * dialects agree on the rest of what plans say. */
#include "script/internal.h"

#include <ctype.h>
#include <strings.h>

/* Functions of Spark that DuckDB has under another name or not at all. */
const char spark_setup[] =
    "CREATE MACRO explode_outer(x) AS unnest(CASE WHEN x IS NULL OR len(x) = 0 THEN [NULL] ELSE x END);"
    "CREATE MACRO spark_concat(a) AS a, (a, b) AS a || b, (a, b, c) AS a || b || c, "
    "(a, b, c, d) AS a || b || c || d, (a, b, c, d, e) AS a || b || c || d || e;"
    "CREATE MACRO spark_size(x) AS CASE WHEN x IS NULL THEN -1 ELSE len(x) END;"
    "CREATE MACRO spark_to_timestamp(x) AS try_cast(x AS TIMESTAMP);"
    "CREATE MACRO spark_to_date(x) AS try_cast(x AS DATE);"
    ""
    ""
    "CREATE MACRO nvl(x, y) AS coalesce(x, y);"
    "CREATE MACRO spark_round(x) AS round(x), (x, n) AS round(x, n);"
    "CREATE MACRO get_json_object(x, p) AS json_extract_string(x, p);"
    "CREATE MACRO rlike(x, p) AS regexp_matches(x, p);"
    "CREATE MACRO date_add(d, n) AS CAST(CAST(d AS DATE) + CAST(n AS INTEGER) AS DATE);"
    "CREATE MACRO date_sub(d, n) AS CAST(CAST(d AS DATE) - CAST(n AS INTEGER) AS DATE);"
    "CREATE MACRO datediff(a, b) AS CAST(CAST(a AS DATE) - CAST(b AS DATE) AS INTEGER);"
    "CREATE MACRO unix_timestamp(x) AS CAST(floor(epoch(CAST(x AS TIMESTAMP))) AS BIGINT);"
    "CREATE MACRO element_at_1(x, i) AS x[i];";

static const struct { const char *spark, *duck; } functions[] = {
    {"explode", "unnest"}, {"concat", "spark_concat"}, {"size", "spark_size"},
    {"to_timestamp", "spark_to_timestamp"}, {"to_date", "spark_to_date"}, {"collect_list", "list"},
    {"collect_set", "list_distinct_of"}, {"struct", "struct_pack"}, {"array", "list_value"},
    {"array_contains", "list_contains"}, {"named_struct", "struct_pack"}, {"ucase", "upper"},
    {"lcase", "lower"}, {"substr", "substring"}, {"element_at", "list_extract"}, {"mean", "avg"},
    {"unbase64", "from_base64"}, {"sha1", "sha1"},
};

struct rewriting {
    struct arena *arena;
    const struct spark_table *tables;
    size_t table_count;
    int64_t now_us;
    const char *at;
    struct buffer out;
};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (c & 0x80);
}

static void name_add(struct rewriting *r, span name)
{
    for (size_t i = 0; i < r->table_count; i++)
        if (span_is(name, r->tables[i].name)) {
            buffer_printf(&r->out, "scan.\"%zu\"", i);
            return;
        }
    buffer_append_byte(&r->out, '"');
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '"') buffer_append_byte(&r->out, '"');
        buffer_append_byte(&r->out, (uint8_t)name.data[i]);
    }
    buffer_append_byte(&r->out, '"');
}

static error quoted_name(struct rewriting *r)
{
    struct buffer name = {0};
    for (r->at++; *r->at; r->at++) {
        if (*r->at == '`' && *++r->at != '`') break;
        buffer_append_byte(&name, (uint8_t)*r->at);
    }
    name_add(r, buffer_span(&name));
    buffer_release(&name);
    return OK;
}

/* 'it\'s' and "text": Spark's escapes become the characters. */
static void text_add(struct rewriting *r)
{
    char quote = *r->at++;
    buffer_append_byte(&r->out, '\'');
    for (; *r->at && *r->at != quote; r->at++) {
        char c = *r->at;
        if (c == '\\' && r->at[1]) {
            c = *++r->at;
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
        }
        if (c == '\'') buffer_append_byte(&r->out, '\'');
        buffer_append_byte(&r->out, (uint8_t)c);
    }
    if (*r->at) r->at++;
    buffer_append_byte(&r->out, '\'');
}

static void number_add(struct rewriting *r)
{
    const char *start = r->at;
    while (isdigit((unsigned char)*r->at) || *r->at == '.') r->at++;
    if ((*r->at == 'e' || *r->at == 'E') && (isdigit((unsigned char)r->at[1]) || r->at[1] == '-')) {
        r->at += 2;
        while (isdigit((unsigned char)*r->at)) r->at++;
    }
    span digits = {start, (size_t)(r->at - start)};
    const char *type = NULL;
    if (strncasecmp(r->at, "BD", 2) == 0) r->at += 2;
    else if (*r->at == 'L' || *r->at == 'D') type = *r->at++ == 'L' ? "BIGINT" : "DOUBLE";
    if (type) buffer_printf(&r->out, "CAST(%.*s AS %s)", (int)digits.size, digits.data, type);
    else buffer_append_span(&r->out, digits);
}

static void type_add(struct buffer *out, const struct type *type)
{
    static const char *const names[TYPE_KINDS] = {
        [TYPE_BOOLEAN] = "BOOLEAN", [TYPE_TINYINT] = "TINYINT", [TYPE_SMALLINT] = "SMALLINT",
        [TYPE_INT] = "INTEGER",     [TYPE_BIGINT] = "BIGINT",   [TYPE_FLOAT] = "FLOAT",
        [TYPE_DOUBLE] = "DOUBLE",   [TYPE_STRING] = "VARCHAR",  [TYPE_CHAR] = "VARCHAR",
        [TYPE_VARCHAR] = "VARCHAR", [TYPE_BINARY] = "BLOB",     [TYPE_DATE] = "DATE",
        [TYPE_TIMESTAMP] = "TIMESTAMP",
    };
    if (type->kind == TYPE_DECIMAL) {
        buffer_printf(out, "DECIMAL(%d,%d)", type->precision, type->scale);
    } else if (type->kind == TYPE_ARRAY) {
        type_add(out, type->children[0].type);
        buffer_append_text(out, "[]");
    } else if (type->kind == TYPE_MAP) {
        buffer_append_text(out, "MAP(");
        type_add(out, type->children[0].type);
        buffer_append_byte(out, ',');
        type_add(out, type->children[1].type);
        buffer_append_byte(out, ')');
    } else if (type->kind == TYPE_STRUCT) {
        for (int i = 0; i < type->child_count; i++) {
            buffer_printf(out, "%s\"%s\" ", i ? ", " : "STRUCT(", type->children[i].name);
            type_add(out, type->children[i].type);
        }
        buffer_append_byte(out, ')');
    } else {
        buffer_append_text(out, names[type->kind]);
    }
}

static error rewrite(struct rewriting *, char until);

/* CAST(x AS type): what does not convert is NULL. */
static error cast_add(struct rewriting *r)
{
    const struct type *type;
    buffer_append_text(&r->out, "TRY_CAST(");
    TRY(rewrite(r, 'A')); /* up to AS */
    const char *start = r->at;
    for (int depth = 0; *r->at && (depth || *r->at != ')'); r->at++)
        depth += (*r->at == '(') - (*r->at == ')');
    TRY(type_parse(r->arena, span_trim((span){start, (size_t)(r->at - start)}), &type));
    buffer_append_text(&r->out, " AS ");
    type_add(&r->out, type);
    return OK;
}

static error word_add(struct rewriting *r)
{
    const char *start = r->at;
    while (is_word(*r->at)) r->at++;
    span word = {start, (size_t)(r->at - start)};
    const char *next = r->at;
    while (isspace((unsigned char)*next)) next++;
    if (*next != '(') {
        static const char *const joins[] = {"SEMI", "ANTI"};
        for (size_t i = 0; i < 2; i++)
            if (span_equal_nocase(word, SPAN("LEFT")) && strncasecmp(next, joins[i], 4) == 0) return OK;
        for (size_t i = 0; i < r->table_count; i++)
            if (span_is(word, r->tables[i].name)) {
                name_add(r, word);
                return OK;
            }
        buffer_append_span(&r->out, word);
        return OK;
    }
    if (span_equal_nocase(word, SPAN("CAST"))) {
        r->at = next + 1;
        return cast_add(r);
    }
    if (span_equal_nocase(word, SPAN("from_json")))
        return fail(ERR_UNSUPPORTED, "from_json is not supported yet");
    if (span_equal_nocase(word, SPAN("current_timestamp")) || span_equal_nocase(word, SPAN("now"))) {
        buffer_printf(&r->out, "make_timestamp(%lld", (long long)r->now_us);
        r->at = next + 1;
        return OK;
    }
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (span_equal_nocase(word, span_of(functions[i].spark))) word = span_of(functions[i].duck);
    buffer_append_span(&r->out, word);
    return OK;
}

/* Until the text's end; 'A': until the word AS of the parenthesis that is open. */
static error rewrite(struct rewriting *r, char until)
{
    int depth = 0;
    while (*r->at) {
        char c = *r->at;
        if (until && depth == 0 && strncasecmp(r->at, "AS", 2) == 0 && !is_word(r->at[2]) &&
            !is_word(r->at[-1])) {
            r->at += 2;
            return OK;
        }
        depth += (c == '(') - (c == ')');
        if (c == '`') TRY(quoted_name(r));
        else if (c == '\'' || c == '"') text_add(r);
        else if (isdigit((unsigned char)c)) number_add(r);
        else if (is_word(c)) TRY(word_add(r));
        else if (strncmp(r->at, "<=>", 3) == 0) {
            buffer_append_text(&r->out, " IS NOT DISTINCT FROM ");
            r->at += 3;
        } else if (strncmp(r->at, "==", 2) == 0) {
            buffer_append_byte(&r->out, '=');
            r->at += 2;
        } else {
            buffer_append_byte(&r->out, (uint8_t)c);
            r->at++;
        }
    }
    return OK;
}

error spark_translate(struct arena *arena, const char *text, const struct spark_table *tables,
                      size_t count, int64_t now_us, struct spark_query *out)
{
    struct rewriting r = {.arena = arena, .tables = tables, .table_count = count, .now_us = now_us,
                          .at = text};
    error e = rewrite(&r, '\0');
    int *scans = ARENA_ARRAY(arena, int, count);
    for (size_t i = 0; i < count; i++) scans[i] = (int)i;
    *out = (struct spark_query){.sql = arena_text(arena, buffer_span(&r.out)), .scans = scans,
                                .scan_count = (int)count};
    buffer_release(&r.out);
    return e;
}
