/* What a statement is, told by its words, and what kind of failure an error is in Athena. */
#include "query/internal.h"

#include <ctype.h>

/* ---- statements ---- */

/* The next word, upper case, in a small buffer; comments and blanks are skipped. */
static span word_next(span *rest, char out[32])
{
    const char *p = rest->data, *end = p + rest->size;
    for (;;) {
        while (p < end && (isspace((unsigned char)*p) || *p == '(')) p++;
        if (end - p >= 2 && p[0] == '-' && p[1] == '-') {
            while (p < end && *p != '\n') p++;
        } else if (end - p >= 2 && p[0] == '/' && p[1] == '*') {
            const char *close = memmem(p + 2, (size_t)(end - p - 2), "*/", 2);
            p = close ? close + 2 : end;
        } else {
            break;
        }
    }
    size_t size = 0;
    while (p < end && (isalnum((unsigned char)*p) || *p == '_') && size < 31)
        out[size++] = (char)toupper((unsigned char)*p++);
    out[size] = '\0';
    *rest = (span){p, (size_t)(end - p)};
    return (span){out, size};
}

enum gives { LINES, ROWS, PLAN, FILES };
static const struct {
    const char *first, *second; /* NULL: any */
    enum query_class class;
    const char *substatement;
    enum gives gives;
} kinds[] = {
    {"SELECT", NULL, QUERY_DML, "SELECT", ROWS},
    {"WITH", NULL, QUERY_DML, "SELECT", ROWS},
    {"VALUES", NULL, QUERY_DML, "SELECT", ROWS},
    {"TABLE", NULL, QUERY_DML, "SELECT", ROWS},
    {"EXECUTE", NULL, QUERY_DML, "SELECT", ROWS},
    {"EXPLAIN", NULL, QUERY_DML, "EXPLAIN", PLAN},
    {"INSERT", NULL, QUERY_DML, "INSERT", FILES},
    {"UNLOAD", NULL, QUERY_DML, "UNLOAD", FILES},
    {"CREATE", "VIEW", QUERY_DDL, "CREATE_VIEW", LINES},
    {"CREATE", "OR", QUERY_DDL, "CREATE_VIEW", LINES},
    {"CREATE", "DATABASE", QUERY_DDL, "CREATE_DATABASE", LINES},
    {"CREATE", "SCHEMA", QUERY_DDL, "CREATE_DATABASE", LINES},
    {"CREATE", NULL, QUERY_DDL, "CREATE_TABLE", LINES},
    {"DROP", "VIEW", QUERY_DDL, "DROP_VIEW", LINES},
    {"DROP", "TABLE", QUERY_DDL, "DROP_TABLE", LINES},
    {"DROP", NULL, QUERY_DDL, "DROP_DATABASE", LINES},
    {"SHOW", "DATABASES", QUERY_UTILITY, "SHOW_DATABASES", LINES},
    {"SHOW", "SCHEMAS", QUERY_UTILITY, "SHOW_DATABASES", LINES},
    {"SHOW", "TABLES", QUERY_UTILITY, "SHOW_TABLES", LINES},
    {"SHOW", "VIEWS", QUERY_UTILITY, "SHOW_VIEWS", LINES},
    {"SHOW", "PARTITIONS", QUERY_UTILITY, "SHOW_PARTITIONS", LINES},
    {"SHOW", "COLUMNS", QUERY_UTILITY, "SHOW_COLUMNS", LINES},
    {"SHOW", "TBLPROPERTIES", QUERY_UTILITY, "SHOW_TBLPROPERTIES", LINES},
    {"SHOW", "CREATE", QUERY_UTILITY, "SHOW_CREATE_TABLE", LINES},
    {"SHOW", NULL, QUERY_UTILITY, NULL, LINES},
    {"DESCRIBE", NULL, QUERY_UTILITY, "DESCRIBE_TABLE", LINES},
    {"DESC", NULL, QUERY_UTILITY, "DESCRIBE_TABLE", LINES},
    {"MSCK", NULL, QUERY_DDL, "MSCK_REPAIR_TABLE", LINES},
    {"ALTER", NULL, QUERY_DDL, NULL, LINES},
};

/* What an ALTER TABLE changes, as Athena calls it. */
static const char *alter_told(span text)
{
    static const char *const told[] = {
        [HIVE_ADD_COLUMNS] = "ALTER_TABLE_ADD_COLUMN",
        [HIVE_REPLACE_COLUMNS] = "ALTER_TABLE_REPLACE_COLUMN",
        [HIVE_ADD_PARTITIONS] = "ALTER_TABLE_ADD_PARTITION",
        [HIVE_DROP_PARTITIONS] = "ALTER_TABLE_DROP_PARTITION",
        [HIVE_SET_PROPERTIES] = "ALTER_TABLE_PROPERTIES",
        [HIVE_SET_LOCATION] = "ALTER_TABLE_SET_LOCATION",
    };
    struct arena arena = {0};
    struct hive_statement s;
    bool good = hive_parse(&arena, text, &s) == OK;
    arena_release(&arena);
    return good && s.kind < sizeof told / sizeof *told ? told[s.kind] : NULL;
}

void query_kind_of(span text, struct query_kind *out)
{
    char first[32], second[32];
    const span whole = text;
    word_next(&text, first);
    span rest = text;
    word_next(&rest, second);
    *out = (struct query_kind){.class = QUERY_DDL};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(first, kinds[i].first) != 0) continue;
        if (kinds[i].second && strcmp(second, kinds[i].second) != 0) continue;
        *out = (struct query_kind){.class = kinds[i].class,
                                   .substatement = kinds[i].substatement,
                                   .has_header = kinds[i].gives == ROWS || kinds[i].gives == PLAN,
                                   .plan = kinds[i].gives == PLAN,
                                   .writes = kinds[i].gives == FILES};
        break;
    }
    out->hive = hive_is_statement(whole);
    if (strcmp(first, "CREATE") == 0 && !out->hive && strcmp(second, "TABLE") == 0) {
        out->substatement = "CREATE_TABLE_AS_SELECT";
        out->writes = true;
    }
    if (strcmp(first, "ALTER") == 0) out->substatement = alter_told(whole);
}

/* ---- failures ---- */

static const struct { const char *text; int category, type; } failures[] = {
    {"FAILED: ParseException", 2, 1006},
    {"Insufficient", 2, 1500},
    {"Access Denied", 2, 1501},
    {"TABLE_NOT_FOUND", 2, 1110},
    {"Table not found", 2, 1110},
    {"SCHEMA_NOT_FOUND", 2, 1004},
    {"COLUMN_NOT_FOUND", 2, 1006},
    {"SYNTAX_ERROR", 2, 1006},
    {"TYPE_MISMATCH", 2, 1006},
    {"mismatched input", 2, 1006},
    {"HIVE_BAD_DATA", 2, 1001},
    {"HIVE_PARTITION_SCHEMA_MISMATCH", 2, 1004},
    {"HIVE_CANNOT_OPEN_SPLIT", 2, 1001},
    {"HIVE_CURSOR_ERROR", 2, 1001},
    {"GENERIC_INTERNAL_ERROR", 2, 1001},
    {"INVALID_CAST_ARGUMENT", 2, 1001},
    {"DIVISION_BY_ZERO", 2, 1001},
    {"NUMERIC_VALUE_OUT_OF_RANGE", 2, 1001},
    {"INVALID_VIEW", 2, 1004},
    {"s3://", 2, 1109},
    {"FAILED: SemanticException", 2, 1003},
    {"FAILED: Execution Error", 2, 1003},
    {"EXCEEDED_TIME_LIMIT", 2, 1100},
};

struct query_failure query_judge(error e, const char *text)
{
    switch (e) {
    case ERR_UNSUPPORTED: return (struct query_failure){2, 1200, false};
    case ERR_ACCESS_DENIED: return (struct query_failure){2, 1500, false};
    case ERR_INTERNAL:
    case ERR_IO:
    case ERR_NO_SPACE:
    case ERR_CORRUPT: return (struct query_failure){1, 233, true};
    default: break;
    }
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
        if (strstr(text, failures[i].text))
            return (struct query_failure){failures[i].category, failures[i].type, false};
    return (struct query_failure){2, 1100, false};
}
