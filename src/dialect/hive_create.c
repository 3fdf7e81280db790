/* CREATE DATABASE and CREATE EXTERNAL TABLE. */
#include "dialect/hive_internal.h"

#include <ctype.h>

#define AFTER_COLUMNS "COMMENT PARTITIONED " AFTER_PARTITIONS
#define AFTER_PARTITIONS "CLUSTERED SKEWED ROW STORED LOCATION TBLPROPERTIES AS"
#define AFTER_ROW_FORMAT "STORED LOCATION TBLPROPERTIES AS"

/* ---- databases ---- */

static error read_database(struct reader *r, struct hive_statement *s)
{
    s->kind = HIVE_CREATE_DATABASE;
    clause_begin(r, "create database statement");
    TRY(read_if(r, false, &s->lenient));
    TRY(expect_name(r, &s->database));
    if (take(r, "COMMENT")) {
        clause_begin(r, "database's comment");
        TRY(expect_string(r, "LOCATION WITH", &s->comment));
        clause_end(r);
    }
    if (take(r, "LOCATION")) {
        clause_begin(r, "database location specification");
        TRY(expect_string(r, "WITH", &s->location));
        clause_end(r);
    }
    if (take(r, "WITH")) {
        TRY(expect(r, "DBPROPERTIES", "("));
        TRY(read_properties(r, true, &s->properties));
    }
    clause_end(r);
    return OK;
}

/* ---- tables ---- */

static error read_column(struct reader *r, const char *clause, struct hive_column *c)
{
    clause_begin(r, clause);
    TRY(expect_name(r, &c->name));
    clause_end(r);
    TRY(read_type(r, &c->type));
    if (!take(r, "COMMENT")) return OK;
    clause_begin(r, "column specification");
    TRY(expect_string(r, ", )", &c->comment));
    clause_end(r);
    return OK;
}

static error read_list(struct reader *r, const char *clause, struct hive_columns *out)
{
    struct buffer list = {0};
    error e;
    do {
        struct hive_column c = {0};
        e = read_column(r, clause, &c);
        buffer_append(&list, &c, sizeof c);
    } while (e == OK && take(r, ","));
    out->count = list.size / sizeof *out->items;
    out->items = arena_copy(r->arena, list.data, list.size);
    buffer_release(&list);
    return e;
}

error read_columns(struct reader *r, struct hive_columns *out)
{
    return read_list(r, "column specification", out);
}

static error read_partition_keys(struct reader *r, struct hive_statement *s)
{
    clause_begin(r, "table partition specification");
    TRY(expect(r, "BY", "("));
    TRY(expect(r, "(", "name"));
    TRY(read_columns(r, &s->partition_keys));
    TRY(expect(r, ")", AFTER_PARTITIONS));
    clause_end(r);
    return OK;
}

static error read_buckets(struct reader *r, struct hive_statement *s)
{
    struct buffer list = {0};
    const char *name;
    error e;
    clause_begin(r, "table buckets specification");
    TRY(expect(r, "BY", "("));
    TRY(expect(r, "(", "name"));
    clause_begin(r, "column name list");
    do {
        clause_begin(r, "column name");
        e = expect_name(r, &name);
        if (e == OK) buffer_append(&list, &name, sizeof name), clause_end(r);
    } while (e == OK && take(r, ","));
    s->bucket_column_count = list.size / sizeof name;
    s->bucket_columns = arena_copy(r->arena, list.data, list.size);
    buffer_release(&list);
    TRY(e);
    clause_end(r);
    TRY(expect(r, ")", "SORTED INTO"));
    if (peek_is(r, 0, "SORTED"))
        return fail(ERR_UNSUPPORTED, "SORTED BY is not supported (line %d:%d)", peek(r, 0)->line,
                    peek(r, 0)->column);
    TRY(expect(r, "INTO", "number"));
    TRY(expect_number(r, "BUCKETS", &s->buckets));
    TRY(expect(r, "BUCKETS", "ROW STORED LOCATION TBLPROPERTIES AS"));
    clause_end(r);
    return OK;
}

/* ---- row format ---- */

struct delimiter {
    const char *words[3], *last; /* in front of the text; the third may be NULL */
    const char *clause;
    const char *properties[2];
};

static const struct delimiter delimiters[] = {
    {{"FIELDS", "TERMINATED"}, "BY", "table row format's field separator",
     {"field.delim", "serialization.format"}},
    {{"COLLECTION", "ITEMS", "TERMINATED"}, "BY", "table row format's column separator",
     {"colelction.delim"}}, /* so spelled by Hive */
    {{"MAP", "KEYS", "TERMINATED"}, "BY", "table row format's map key separator",
     {"mapkey.delim"}},
    {{"LINES", "TERMINATED"}, "BY", "table row format's line separator", {"line.delim"}},
    {{"NULL", "DEFINED"}, "AS", "table row format's null value", {"serialization.null.format"}},
};

static void add_property(struct buffer *list, const char *key, const char *value)
{
    struct hive_property p = {key, value};
    if (key) buffer_append(list, &p, sizeof p);
}

static error read_delimiter(struct reader *r, const struct delimiter *d, struct buffer *list)
{
    const char *text;
    const char *const next[] = {d->words[1], d->words[2] ? d->words[2] : d->last,
                                d->words[2] ? d->last : NULL};
    clause_begin(r, d->clause);
    r->at++;
    for (int i = 0; i < 3 && next[i]; i++)
        TRY(expect(r, next[i], i < 2 && next[i + 1] ? next[i + 1] : "string"));
    TRY(expect_string(r, "ESCAPED COLLECTION MAP LINES NULL " AFTER_ROW_FORMAT, &text));
    for (int i = 0; i < 2; i++) add_property(list, d->properties[i], text);
    if (d == delimiters && take(r, "ESCAPED")) {
        TRY(expect(r, "BY", "string"));
        TRY(expect_string(r, "COLLECTION MAP LINES NULL " AFTER_ROW_FORMAT, &text));
        add_property(list, "escape.delim", text);
    }
    clause_end(r);
    return OK;
}

static error read_delimited(struct reader *r, struct hive_statement *s)
{
    struct buffer list = {0};
    error e = OK;
    clause_begin(r, "serde properties");
    for (size_t i = 0; e == OK && i < sizeof delimiters / sizeof *delimiters; i++)
        if (peek_is(r, 0, delimiters[i].words[0]) &&
            (!peek_is(r, 0, "MAP") || peek_is(r, 1, "KEYS")))
            e = read_delimiter(r, &delimiters[i], &list);
    s->serde_properties.count = list.size / sizeof *s->serde_properties.items;
    s->serde_properties.items = arena_copy(r->arena, list.data, list.size);
    buffer_release(&list);
    if (e == OK) clause_end(r);
    return e;
}

static error read_serde(struct reader *r, struct hive_statement *s)
{
    clause_begin(r, "serde format specification");
    TRY(expect_string(r, "WITH " AFTER_ROW_FORMAT, &s->serde));
    if (take(r, "WITH")) {
        TRY(expect(r, "SERDEPROPERTIES", "("));
        TRY(read_properties(r, false, &s->serde_properties));
    }
    clause_end(r);
    return OK;
}

static error read_row_format(struct reader *r, struct hive_statement *s)
{
    clause_begin(r, "table row format specification");
    if (!peek_is(r, 1, "FORMAT")) return no_alternative(r, 1);
    if (!peek_in(r, 2, "SERDE DELIMITED")) return no_alternative(r, 2);
    bool delimited = peek_is(r, 2, "DELIMITED");
    r->at += 3;
    TRY(delimited ? read_delimited(r, s) : read_serde(r, s));
    clause_end(r);
    return OK;
}

/* ---- the rest ---- */

static error read_file_format(struct reader *r, struct hive_statement *s)
{
    clause_begin(r, "table file format specification");
    if (!peek_is(r, 1, "AS")) return no_alternative(r, 1);
    if (peek_is(r, 2, "INPUTFORMAT")) {
        r->at += 3;
        TRY(expect_string(r, "OUTPUTFORMAT", &s->input_format));
        TRY(expect(r, "OUTPUTFORMAT", "string"));
        TRY(expect_string(r, "LOCATION TBLPROPERTIES AS", &s->output_format));
    } else {
        if (!peek_name(r, 2)) return no_alternative(r, 2);
        r->at += 2;
        TRY(expect_name(r, &s->format));
    }
    clause_end(r);
    return OK;
}

static error read_clauses(struct reader *r, struct hive_statement *s)
{
    if (take(r, "COMMENT")) {
        clause_begin(r, "table's comment");
        TRY(expect_string(r, "PARTITIONED " AFTER_PARTITIONS, &s->comment));
        clause_end(r);
    }
    if (take(r, "PARTITIONED")) TRY(read_partition_keys(r, s));
    if (take(r, "CLUSTERED")) TRY(read_buckets(r, s));
    if (peek_is(r, 0, "SKEWED"))
        return fail(ERR_UNSUPPORTED, "SKEWED BY is not supported (line %d:%d)", peek(r, 0)->line,
                    peek(r, 0)->column);
    if (peek_is(r, 0, "ROW")) TRY(read_row_format(r, s));
    if (peek_is(r, 0, "STORED")) TRY(read_file_format(r, s));
    if (peek_is(r, 0, "WITH") && peek_is(r, 1, "SERDEPROPERTIES")) { /* Athena's place for it */
        r->at += 2;
        TRY(read_properties(r, false, &s->serde_properties));
    }
    if (take(r, "LOCATION")) {
        clause_begin(r, "table location specification");
        TRY(expect_string(r, "TBLPROPERTIES AS", &s->location));
        clause_end(r);
    }
    return take(r, "TBLPROPERTIES") ? read_properties(r, false, &s->properties) : OK;
}

static error read_table(struct reader *r, struct hive_statement *s)
{
    s->kind = HIVE_CREATE_TABLE;
    clause_begin(r, "create table statement");
    s->external = take(r, "EXTERNAL");
    TRY(expect(r, "TABLE", "IF name"));
    TRY(read_if(r, false, &s->lenient));
    TRY(read_table_name(r, s));
    if (peek_is(r, 0, "LIKE")) return fail(ERR_UNSUPPORTED, "CREATE TABLE LIKE is not supported");
    if (!peek_in(r, 0, "( " AFTER_COLUMNS) && peek(r, 0)->kind != TOKEN_END)
        return no_alternative(r, 0);
    if (take(r, "(")) {
        TRY(read_list(r, "column name or primary key or foreign key", &s->columns));
        TRY(expect(r, ")", AFTER_COLUMNS));
    }
    TRY(read_clauses(r, s));
    clause_end(r);
    return OK;
}

error read_create(struct reader *r, struct hive_statement *s)
{
    static const char *const others[] = {"FUNCTION", "INDEX", "ROLE", "MACRO", "TEMPORARY",
                                         "MATERIALIZED", "RESOURCE", NULL};
    if (peek_in(r, 1, "DATABASE SCHEMA")) return r->at += 2, read_database(r, s);
    if (peek_in(r, 1, "TABLE EXTERNAL")) return r->at++, read_table(r, s);
    for (int i = 0; others[i]; i++)
        if (peek_is(r, 1, others[i]))
            return fail(ERR_UNSUPPORTED, "CREATE %s is not supported", others[i]);
    return no_alternative(r, 1);
}
