/* SHOW, DESCRIBE, DROP and MSCK. */
#include "dialect/hive_internal.h"

/* ---- DROP ---- */

static error read_drop_database(struct reader *r, struct hive_statement *s)
{
    s->kind = HIVE_DROP_DATABASE;
    clause_begin(r, "drop database statement");
    r->at += 2;
    TRY(read_if(r, true, &s->lenient));
    TRY(expect_name(r, &s->database));
    s->cascade = take(r, "CASCADE");
    if (!s->cascade) take(r, "RESTRICT");
    clause_end(r);
    return OK;
}

static error read_drop_table(struct reader *r, struct hive_statement *s)
{
    s->kind = HIVE_DROP_TABLE;
    clause_begin(r, "drop statement");
    r->at += 2;
    TRY(read_if(r, true, &s->lenient));
    TRY(read_table_name(r, s));
    take(r, "PURGE");
    clause_end(r);
    return OK;
}

error read_drop(struct reader *r, struct hive_statement *s)
{
    static const char *const others[] = {"FUNCTION", "INDEX", "ROLE", "MACRO", "TEMPORARY", NULL};
    if (peek_in(r, 1, "DATABASE SCHEMA")) return read_drop_database(r, s);
    if (peek_is(r, 1, "TABLE")) return read_drop_table(r, s);
    for (int i = 0; others[i]; i++)
        if (peek_is(r, 1, others[i]))
            return fail(ERR_UNSUPPORTED, "DROP %s is not supported", others[i]);
    return no_alternative(r, 1);
}

/* ---- MSCK ---- */

error read_repair(struct reader *r, struct hive_statement *s)
{
    s->kind = HIVE_REPAIR_TABLE;
    clause_begin(r, "metastore check statement");
    r->at++;
    take(r, "REPAIR");
    if (take(r, "TABLE")) TRY(read_table_name(r, s));
    clause_end(r);
    return OK;
}

/* ---- SHOW ---- */

/* A name or a text that filters, after LIKE where the statement wants it. */
static error read_pattern(struct reader *r, struct hive_statement *s)
{
    clause_begin(r, "identifier for show statement");
    if (peek(r, 0)->kind == TOKEN_STRING) {
        s->pattern = token_string(r->arena, peek(r, 0));
        r->at++;
    } else {
        TRY(expect_name(r, &s->pattern));
    }
    clause_end(r);
    return OK;
}

static error show_databases(struct reader *r, struct hive_statement *s)
{
    return take(r, "LIKE") ? read_pattern(r, s) : OK;
}

static error show_tables(struct reader *r, struct hive_statement *s)
{
    if (take(r, "FROM") || take(r, "IN")) TRY(expect_name(r, &s->database));
    if (take(r, "LIKE") || peek_in(r, 0, "name string")) return read_pattern(r, s);
    return OK;
}

static error show_partitions(struct reader *r, struct hive_statement *s)
{
    struct hive_partition *p = ARENA_NEW(r->arena, struct hive_partition);
    TRY(read_table_name(r, s));
    if (!peek_is(r, 0, "PARTITION")) return OK;
    TRY(read_partition(r, "", p));
    s->partitions = p;
    s->partition_count = 1;
    return OK;
}

static error show_columns(struct reader *r, struct hive_statement *s)
{
    if (!take(r, "FROM") && !take(r, "IN")) return no_alternative(r, 0);
    TRY(read_table_name(r, s));
    return take(r, "FROM") || take(r, "IN") ? expect_name(r, &s->database) : OK;
}

static error show_create(struct reader *r, struct hive_statement *s)
{
    if (take(r, "VIEW")) s->kind = HIVE_SHOW_CREATE_VIEW; /* Athena's own */
    else if (!take(r, "TABLE")) return no_alternative(r, 0);
    return read_table_name(r, s);
}

static error show_properties(struct reader *r, struct hive_statement *s)
{
    TRY(read_table_name(r, s));
    if (!take(r, "(")) return OK;
    TRY(expect_string(r, ")", &s->property));
    return expect(r, ")", "");
}

static const struct {
    const char *word;
    enum hive_kind kind;
    error (*read)(struct reader *, struct hive_statement *);
} shows[] = {
    {"DATABASES", HIVE_SHOW_DATABASES, show_databases},
    {"SCHEMAS", HIVE_SHOW_DATABASES, show_databases},
    {"TABLES", HIVE_SHOW_TABLES, show_tables},
    {"VIEWS", HIVE_SHOW_VIEWS, show_tables},
    {"PARTITIONS", HIVE_SHOW_PARTITIONS, show_partitions},
    {"COLUMNS", HIVE_SHOW_COLUMNS, show_columns},
    {"CREATE", HIVE_SHOW_CREATE_TABLE, show_create},
    {"TBLPROPERTIES", HIVE_SHOW_PROPERTIES, show_properties},
};

error read_show(struct reader *r, struct hive_statement *s)
{
    static const char *const others[] = {"FUNCTIONS", "LOCKS", "INDEX", "INDEXES", "COMPACTIONS",
                                         "TRANSACTIONS", "CONF", "ROLES", "GRANT", "CURRENT",
                                         "PRINCIPALS", "ROLE", NULL};
    for (size_t i = 0; i < sizeof shows / sizeof *shows; i++) {
        if (!peek_is(r, 1, shows[i].word)) continue;
        s->kind = shows[i].kind;
        clause_begin(r, "show statement");
        r->at += 2;
        TRY(shows[i].read(r, s));
        clause_end(r);
        return OK;
    }
    for (int i = 0; others[i]; i++)
        if (peek_is(r, 1, others[i]))
            return fail(ERR_UNSUPPORTED, "SHOW %s is not supported", others[i]);
    return no_alternative(r, 1);
}

/* ---- DESCRIBE ---- */

error read_describe(struct reader *r, struct hive_statement *s)
{
    s->kind = HIVE_DESCRIBE;
    clause_begin(r, "describe statement");
    r->at++;
    if (peek_in(r, 0, "DATABASE SCHEMA FUNCTION"))
        return fail(ERR_UNSUPPORTED, "DESCRIBE %.*s is not supported",
                    (int)peek(r, 0)->text.size, peek(r, 0)->text.data);
    s->extended = take(r, "EXTENDED");
    s->formatted = !s->extended && peek_is(r, 0, "FORMATTED") && peek_name(r, 1);
    r->at += s->formatted;
    if (!s->extended && !peek_name(r, 0)) return no_alternative(r, 0);
    TRY(read_table_name(r, s));
    if (peek_is(r, 0, "PARTITION")) {
        struct hive_partition *p = ARENA_NEW(r->arena, struct hive_partition);
        clause_begin(r, "specifying table partitions columnName");
        TRY(read_partition(r, "name", p));
        clause_end(r);
        s->partitions = p;
        s->partition_count = 1;
    }
    if (peek_name(r, 0)) TRY(expect_name(r, &s->column));
    clause_end(r);
    return OK;
}
