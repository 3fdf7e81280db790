/* Finding Glue tables: the regular expression of GetTables, and SearchTables.
 *
 * SearchTables compares as Glue says: a filter's value must be one of the words of the member it
 * names, words being cut at punctuation; a search text must stand somewhere in the table's names,
 * texts or columns, or, in double quotes, be one of them whole. */
#include "aws/glue.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>

enum { PAGE = 100, REPEAT_MAX = 100 };

/* ---- patterns ---- */

struct glue_pattern { regex_t compiled; };

static error refuse(const char *expression)
{
    return fail(ERR_INVALID_INPUT, "Unsupported expression '%.200s'", expression);
}

/* Compiled repetitions multiply: one, and a small one, may stand in an expression. */
static bool is_affordable(const char *expression)
{
    int repeats = 0;
    for (const char *p = expression; *p; p++) {
        if (*p == '\\' && p[1]) {
            p++;
            if (isdigit((unsigned char)*p)) return false; /* a back reference */
        } else if (*p == '{') {
            for (const char *digits = p + 1; isdigit((unsigned char)*digits) || *digits == ',';) {
                if (strtol(digits, NULL, 10) > REPEAT_MAX) return false;
                while (isdigit((unsigned char)*digits)) digits++;
                if (*digits == ',') digits++;
            }
            if (++repeats > 1) return false;
        }
    }
    return true;
}

/* Java's \d and \D; the rest that names have is the same in POSIX. */
static void translate(struct buffer *out, const char *expression)
{
    for (const char *p = expression; *p; p++) {
        if (*p != '\\' || !p[1]) buffer_append_byte(out, (uint8_t)*p);
        else if (*++p == 'd') buffer_append_text(out, "[0-9]");
        else if (*p == 'D') buffer_append_text(out, "[^0-9]");
        else buffer_printf(out, "\\%c", *p);
    }
}

error glue_pattern_make(struct call *c, const char *expression, struct glue_pattern **out)
{
    struct buffer text = {0};
    (void)c;
    if (!is_affordable(expression)) return refuse(expression);
    buffer_append_text(&text, "^(");
    translate(&text, expression);
    buffer_append_text(&text, ")$");
    struct glue_pattern *pattern = must_calloc(1, sizeof *pattern);
    int code = regcomp(&pattern->compiled, buffer_text(&text), REG_EXTENDED | REG_NOSUB);
    buffer_release(&text);
    if (code != 0) {
        free(pattern);
        return refuse(expression);
    }
    *out = pattern;
    return OK;
}

bool glue_pattern_matches(const struct glue_pattern *pattern, const char *name)
{
    return !pattern || regexec(&pattern->compiled, name, 0, NULL, 0) == 0;
}

void glue_pattern_free(struct glue_pattern *pattern)
{
    if (!pattern) return;
    regfree(&pattern->compiled);
    free(pattern);
}

/* ---- SearchTables ---- */

static bool is_cut(char c)
{
    return c == '\0' || isspace((unsigned char)c) || (ispunct((unsigned char)c) && c != '_');
}

/* Whether one of the words of the text is the value. */
static bool has_word(const char *text, const char *value)
{
    size_t size = strlen(value);
    if (strcasecmp(text, value) == 0) return true;
    for (const char *word = text; *word;) {
        size_t length = 0;
        while (!is_cut(word[length])) length++;
        if (length == size && strncasecmp(word, value, size) == 0) return true;
        word += length;
        if (*word) word++;
    }
    return false;
}

static bool filter_matches(const json_t *table, const json_t *filter)
{
    const char *key = json_text(filter, "Key"), *value = json_text(filter, "Value");
    const char *text = key ? json_text(table, key) : NULL;
    if (!text && key) text = json_text(json_object_get(table, "Parameters"), key);
    return !value || (text && has_word(text, value));
}

/* The search text: in quotes the whole text must be equal. */
static bool text_matches(const char *text, const char *search)
{
    size_t size = strlen(search);
    if (size >= 2 && search[0] == '"' && search[size - 1] == '"')
        return strlen(text) == size - 2 && strncasecmp(text, search + 1, size - 2) == 0;
    return strcasestr(text, search) != NULL;
}

static bool columns_match(const json_t *columns, const char *search)
{
    static const char *const members[] = {"Name", "Type", "Comment"};
    size_t i;
    json_t *column;
    json_array_foreach(columns, i, column)
        for (size_t m = 0; m < sizeof members / sizeof *members; m++) {
            const char *text = json_text(column, members[m]);
            if (text && text_matches(text, search)) return true;
        }
    return false;
}

static bool table_matches(const json_t *table, const char *search)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)table, name, value)
        if (json_is_string(value) && text_matches(json_string_value(value), search)) return true;
    json_object_foreach(json_object_get(table, "Parameters"), name, value)
        if (text_matches(json_string_value(value), search)) return true;
    return columns_match(json_object_get(table, "PartitionKeys"), search) ||
           columns_match(json_object_get(json_object_get(table, "StorageDescriptor"), "Columns"),
                         search);
}

struct search {
    struct glue_page page;
    const char *text;
    const json_t *filters;
};

static bool search_one(void *context, const char *name, json_t *table)
{
    struct search *s = context;
    size_t i;
    json_t *filter;
    json_array_foreach(s->filters, i, filter)
        if (!filter_matches(table, filter)) return true;
    if (s->text && *s->text && !table_matches(table, s->text)) return true;
    return glue_page_take(&s->page, name, table);
}

static error search_check(struct call *c)
{
    size_t i;
    json_t *filter;
    if (json_array_size(json_object_get(c->input, "SortCriteria")))
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve SortCriteria of SearchTables");
    json_array_foreach(json_object_get(c->input, "Filters"), i, filter) {
        const char *key = json_text(filter, "Key");
        size_t size = key ? strlen(key) : 0;
        if (size >= 4 && strcmp(key + size - 4, "Time") == 0)
            return fail(ERR_NOT_IMPLEMENTED,
                        "Sluice does not serve filters of SearchTables by time");
    }
    return OK;
}

static error search_tables(struct call *c)
{
    struct catalog *catalog;
    const char *share = json_text(c->input, "ResourceShareType");
    struct search s = {.text = json_text(c->input, "SearchText"),
                       .filters = json_object_get(c->input, "Filters")};
    struct buffer scope = {0};
    TRY(glue_catalog(c, &catalog));
    TRY(search_check(c));
    buffer_append_text(&scope, s.text ? s.text : "");
    if (s.filters) json_print(&scope, s.filters);
    error e = glue_page_open(c, arena_text(c->arena, buffer_span(&scope)), PAGE, &s.page);
    buffer_release(&scope);
    if (e != OK) return e;
    if (!share || strcmp(share, "FOREIGN") != 0) /* no other account shares tables */
        e = catalog_scan_all_tables(catalog, s.page.after, search_one, &s);
    return glue_page_close(&s.page, "TableList", e);
}

/* ---- rows ---- */

static const char *const comparators[] = {"EQUALS", "GREATER_THAN", "LESS_THAN",
                                          "GREATER_THAN_EQUALS", "LESS_THAN_EQUALS", NULL};
static const char *const orders[] = {"ASC", "DESC", NULL};
static const char *const share_types[] = {"FOREIGN", "ALL", NULL};
static const struct member predicate[] = {
    TEXT_ROW("Key", MEMBER_OPTIONAL, 0, 1024, NULL),
    TEXT_ROW("Value", MEMBER_OPTIONAL, 0, 1024, NULL),
    ENUM_ROW("Comparator", MEMBER_OPTIONAL, comparators),
    ROWS_END,
};
static const struct member predicate_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, predicate)};
static const struct member criterion[] = {
    TEXT_ROW("FieldName", MEMBER_OPTIONAL, 0, 1024, NULL),
    ENUM_ROW("Sort", MEMBER_OPTIONAL, orders),
    ROWS_END,
};
static const struct member criterion_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, criterion)};
static const struct member search_tables_input[] = {
    CATALOG_ROW,
    NEXT_TOKEN,
    LIST_ROW("Filters", MEMBER_OPTIONAL, 0, 0, predicate_row),
    TEXT_ROW("SearchText", MEMBER_OPTIONAL, 0, 1024, NULL),
    LIST_ROW("SortCriteria", MEMBER_OPTIONAL, 0, 1, criterion_row),
    MAX_RESULTS(1000),
    ENUM_ROW("ResourceShareType", MEMBER_OPTIONAL, share_types),
    ROWS_END,
};

const struct operation glue_search_operations[] = {
    {.name = "SearchTables", .run = search_tables, .input = search_tables_input,
     .note = "without SortCriteria and filters by time"},
    {0},
};
