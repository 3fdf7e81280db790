/* User-defined functions of Glue databases: what was put is given back. */
#include "aws/glue.h"

enum { PAGE = 100 };

static const struct member function_rows[];

static error put(struct call *c, bool create)
{
    struct catalog *catalog;
    const char *database = json_text(c->input, "DatabaseName");
    TRY(glue_catalog(c, &catalog));
    json_t *input = member_copy(function_rows, json_object_get(c->input, "FunctionInput"));
    error e = create ? catalog_create_function(catalog, database, input)
                     : catalog_update_function(catalog, database,
                                               json_text(c->input, "FunctionName"), input);
    json_decref(input);
    if (e == OK) c->output = json_object();
    return e;
}

static error create_function(struct call *c) { return put(c, true); }
static error update_function(struct call *c) { return put(c, false); }

static error get_function(struct call *c)
{
    struct catalog *catalog;
    json_t *document;
    TRY(glue_catalog(c, &catalog));
    TRY(catalog_get_function(catalog, json_text(c->input, "DatabaseName"),
                             json_text(c->input, "FunctionName"), &document));
    c->output = json_pack("{s:o}", "UserDefinedFunction", document);
    return OK;
}

static error delete_function(struct call *c)
{
    struct catalog *catalog;
    TRY(glue_catalog(c, &catalog));
    TRY(catalog_delete_function(catalog, json_text(c->input, "DatabaseName"),
                                json_text(c->input, "FunctionName")));
    c->output = json_object();
    return OK;
}

/* As Hive's patterns: '*' is any text, '|' stands between alternatives. */
static bool pattern_matches(const char *pattern, size_t size, const char *name)
{
    if (size == 0) return *name == '\0';
    if (*pattern == '*') {
        for (;; name++) {
            if (pattern_matches(pattern + 1, size - 1, name)) return true;
            if (*name == '\0') return false;
        }
    }
    char wanted = *pattern >= 'A' && *pattern <= 'Z' ? (char)(*pattern + 32) : *pattern;
    return wanted == *name && pattern_matches(pattern + 1, size - 1, name + 1);
}

static bool matches(const char *pattern, const char *name)
{
    for (;;) {
        size_t size = strcspn(pattern, "|");
        if (pattern_matches(pattern, size, name)) return true;
        if (pattern[size] == '\0') return false;
        pattern += size + 1;
    }
}

struct listing {
    struct glue_page page;
    const char *pattern;
};

static bool list_one(void *context, const char *name, json_t *function)
{
    struct listing *l = context;
    if (!matches(l->pattern, json_text(function, "FunctionName"))) return true;
    return glue_page_take(&l->page, name, function);
}

/* Each '*' may try every place: two of them side by side say no more than one. */
static const char *stars_joined(struct call *c, const char *pattern)
{
    char *out = arena_text(c->arena, span_of(pattern)), *to = out;
    for (const char *p = pattern; *p; p++)
        if (*p != '*' || to == out || to[-1] != '*') *to++ = *p;
    *to = '\0';
    return out;
}

static error get_functions(struct call *c)
{
    enum { STARS_MAX = 5 };
    struct catalog *catalog;
    struct listing l = {.pattern = stars_joined(c, json_text(c->input, "Pattern"))};
    const char *database = json_text(c->input, "DatabaseName");
    int stars = 0;
    for (const char *p = l.pattern; *p; p++) stars += *p == '*';
    if (stars > STARS_MAX)
        return fail(ERR_INVALID_INPUT, "A pattern may have at most %d times '*'.", STARS_MAX);
    TRY(glue_catalog(c, &catalog));
    TRY(glue_page_open(c, arena_printf(c->arena, "%s %s", database ? database : "", l.pattern),
                       PAGE, &l.page));
    return glue_page_close(&l.page, "UserDefinedFunctions",
                           catalog_scan_functions(catalog, database, l.page.after, list_one, &l));
}

/* ---- rows ---- */

static const char *const owner_types[] = {"USER", "ROLE", "GROUP", NULL};
static const char *const resource_types[] = {"JAR", "FILE", "ARCHIVE", NULL};
static const struct member resource_uri[] = {
    ENUM_ROW("ResourceType", MEMBER_OPTIONAL, resource_types),
    LINES_ROW("Uri", MEMBER_OPTIONAL, 1, 1024), ROWS_END,
};
static const struct member resource_uri_row[] = {
    STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, resource_uri)};
static const struct member function_rows[] = {
    NAME_ROW("FunctionName", MEMBER_OPTIONAL), NAME_ROW("ClassName", MEMBER_OPTIONAL),
    NAME_ROW("OwnerName", MEMBER_OPTIONAL), ENUM_ROW("OwnerType", MEMBER_OPTIONAL, owner_types),
    LIST_ROW("ResourceUris", MEMBER_OPTIONAL, 0, 1000, resource_uri_row), ROWS_END,
};

#define FUNCTION_ROW NAME_ROW("FunctionName", MEMBER_REQUIRED)
#define FUNCTION_INPUT STRUCTURE_ROW("FunctionInput", MEMBER_REQUIRED, function_rows)

static const struct member create_input[] = {CATALOG_ROW, DATABASE_ROW, FUNCTION_INPUT, ROWS_END};
static const struct member update_input[] = {
    CATALOG_ROW, DATABASE_ROW, FUNCTION_ROW, FUNCTION_INPUT, ROWS_END,
};
static const struct member function_input[] = {CATALOG_ROW, DATABASE_ROW, FUNCTION_ROW, ROWS_END};
static const struct member get_functions_input[] = {
    CATALOG_ROW, NAME_ROW("DatabaseName", MEMBER_OPTIONAL), NAME_ROW("Pattern", MEMBER_REQUIRED),
    NEXT_TOKEN, MAX_RESULTS(100), ROWS_END,
};

const struct operation glue_function_operations[] = {
    {.name = "CreateUserDefinedFunction", .run = create_function, .input = create_input,
     .note = "stored; queries do not call them"},
    {.name = "UpdateUserDefinedFunction", .run = update_function, .input = update_input},
    {.name = "GetUserDefinedFunction", .run = get_function, .input = function_input},
    {.name = "GetUserDefinedFunctions", .run = get_functions, .input = get_functions_input},
    {.name = "DeleteUserDefinedFunction", .run = delete_function, .input = function_input},
    {0},
};
