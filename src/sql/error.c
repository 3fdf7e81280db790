/* DuckDB's errors in Trino's words: functions of ours bring the name along, for the engine's own
 * the first row of the table that is found in the text tells it. */
#include "sql/internal.h"

#include <ctype.h>
#include <stdio.h>

static error code_of(enum duck_error_type type)
{
    switch (type) {
    case DUCK_ERROR_OUT_OF_RANGE:
    case DUCK_ERROR_CONVERSION:
        return ERR_PARSE;
    case DUCK_ERROR_NOT_IMPLEMENTED:
        return ERR_UNSUPPORTED;
    case DUCK_ERROR_IO:
        return ERR_IO;
    case DUCK_ERROR_INTERRUPT:
        return ERR_STOPPED;
    case DUCK_ERROR_FATAL:
    case DUCK_ERROR_INTERNAL:
        return ERR_INTERNAL;
    case DUCK_ERROR_OUT_OF_MEMORY:
        return ERR_MEMORY;
    case DUCK_ERROR_PERMISSION:
        return ERR_ACCESS_DENIED;
    }
    return ERR_USAGE;
}

static const struct {
    const char *found, *name, *text;
} known[] = {
    {"More than one row returned by a subquery", "SUBQUERY_MULTIPLE_ROWS",
     "Scalar sub-query has returned multiple rows"},
    {"can't be cast because the value is out of range", "NUMERIC_VALUE_OUT_OF_RANGE", NULL},
    {"Casting value", "INVALID_CAST_ARGUMENT", NULL},
    {"Could not cast value", "INVALID_CAST_ARGUMENT", NULL},
    {"Map keys must be unique", "INVALID_FUNCTION_ARGUMENT", "Duplicate map keys are not allowed"},
    {"Map keys can not be NULL", "INVALID_FUNCTION_ARGUMENT", "map key cannot be null"},
    {"Division by zero", "DIVISION_BY_ZERO", "Division by zero"},
    {"Unknown TimeZone", "INVALID_FUNCTION_ARGUMENT", NULL},
    {"Overflow", "NUMERIC_VALUE_OUT_OF_RANGE", NULL},
    {"Out of Range Error", "NUMERIC_VALUE_OUT_OF_RANGE", NULL},
    {"Conversion Error", "INVALID_CAST_ARGUMENT", NULL},
    {"Out of Memory Error", "EXCEEDED_LOCAL_MEMORY_LIMIT", NULL},
    {"INTERRUPT Error", "USER_CANCELED", NULL},
};

/* "Invalid Input Error: DIVISION_BY_ZERO: ..." -> from the name on */
static const char *named(const char *text)
{
    const char *start = strstr(text, "Error: ");
    const char *p = start ? start + 7 : text;
    size_t size = 0;
    while (isupper((unsigned char)p[size]) || p[size] == '_' || isdigit((unsigned char)p[size]))
        size++;
    return size > 5 && p[size] == ':' ? p : NULL;
}

error duck_fail_text(const char *text)
{
    const char *own = text ? named(text) : NULL;
    if (text && strstr(text, "INTERRUPT Error")) /* while it was prepared */
        return fail(ERR_STOPPED, "USER_CANCELED: %s", text);
    return fail(ERR_USAGE, "%s", own ? own : text ? text : "the SQL engine gave no reason");
}

/* The text between two others; size 0: not there. */
static span between(const char *text, const char *before, const char *after)
{
    const char *start = strstr(text, before);
    if (!start) return (span){0};
    start += strlen(before);
    const char *end = strstr(start, after);
    return (span){start, end ? (size_t)(end - start) : 0};
}

/* A value of a file that is none of the declared type: file, column and value, without the rest. */
static error file_fail(error code, const char *text)
{
    span file = between(text, "reading file \"", "\""),
         column = between(text, "cast column \"", "\"");
    const char *types = strstr(text, " from type ");
    span type = types ? between(types, " to ", ": : ") : (span){0},
         reason = between(text, ": : ", "\n");
    if (!file.size || !column.size || !type.size) return OK;
    if (!reason.size) reason = span_of(strstr(text, ": : ") + 4);
    return fail(code,
                "HIVE_BAD_DATA: Field %.*s in parquet file %.*s holds a value that is no %.*s, "
                "the type defined in table schema: %.*s",
                (int)column.size, column.data, (int)file.size, file.data, (int)type.size, type.data,
                (int)reason.size, reason.data);
}

error duck_fail(const struct duck *duck, struct duck_result *result)
{
    const char *text = duck->result_error(result);
    error code = code_of(duck->result_error_type(result));
    if (!text) return fail(code, "the SQL engine gave no reason");
    error e = file_fail(code, text);
    if (e != OK) return e;
    if (named(text)) return fail(ERR_USAGE, "%s", named(text));
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strstr(text, known[i].found))
            return fail(code, "%s: %s", known[i].name, known[i].text ? known[i].text : text);
    return fail(code, "%s", text);
}
