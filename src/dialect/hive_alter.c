/* ALTER TABLE, ALTER DATABASE. */
#include "dialect/hive_internal.h"

static error unsupported(const char *what)
{
    return fail(ERR_UNSUPPORTED, "ALTER TABLE %s is not supported", what);
}

static error read_added_partitions(struct reader *r, struct hive_statement *s)
{
    struct buffer list = {0};
    error e = OK;
    s->kind = HIVE_ADD_PARTITIONS;
    clause_begin(r, "add partition statement");
    TRY(read_if(r, false, &s->lenient));
    if (!peek_is(r, 0, "PARTITION")) return nothing_matches(r);
    do {
        struct hive_partition p = {0};
        e = read_partition(r, "LOCATION PARTITION", &p);
        if (e == OK && take(r, "LOCATION")) {
            clause_begin(r, "partition location");
            e = expect_string(r, "PARTITION", &p.location);
            if (e == OK) clause_end(r);
        }
        buffer_append(&list, &p, sizeof p);
    } while (e == OK && peek_is(r, 0, "PARTITION"));
    s->partition_count = list.size / sizeof *s->partitions;
    s->partitions = arena_copy(r->arena, list.data, list.size);
    buffer_release(&list);
    if (e == OK) clause_end(r);
    return e;
}

static error read_dropped_partitions(struct reader *r, struct hive_statement *s)
{
    struct buffer list = {0};
    error e;
    s->kind = HIVE_DROP_PARTITIONS;
    clause_begin(r, "drop partition statement");
    TRY(read_if(r, true, &s->lenient));
    do {
        struct hive_partition p = {0};
        e = read_partition(r, ", IGNORE PURGE", &p);
        buffer_append(&list, &p, sizeof p);
    } while (e == OK && take(r, ","));
    s->partition_count = list.size / sizeof *s->partitions;
    s->partitions = arena_copy(r->arena, list.data, list.size);
    buffer_release(&list);
    if (e == OK) clause_end(r);
    return e;
}

static error read_new_columns(struct reader *r, struct hive_statement *s, enum hive_kind kind)
{
    s->kind = kind;
    clause_begin(r, "add column statement");
    r->at++;
    TRY(expect(r, "COLUMNS", "("));
    TRY(expect(r, "(", "name"));
    TRY(read_columns(r, &s->columns));
    TRY(expect(r, ")", "CASCADE RESTRICT"));
    if (!take(r, "CASCADE")) take(r, "RESTRICT");
    clause_end(r);
    return OK;
}

static error read_add(struct reader *r, struct hive_statement *s)
{
    if (peek_in(r, 1, "IF PARTITION")) return r->at++, read_added_partitions(r, s);
    if (peek_is(r, 1, "COLUMNS")) return read_new_columns(r, s, HIVE_ADD_COLUMNS);
    return no_alternative(r, 1);
}

static error read_drop_partition(struct reader *r, struct hive_statement *s)
{
    if (peek_in(r, 1, "IF PARTITION")) return r->at++, read_dropped_partitions(r, s);
    return no_alternative(r, 1);
}

static error read_replace(struct reader *r, struct hive_statement *s)
{
    return read_new_columns(r, s, HIVE_REPLACE_COLUMNS);
}

static error read_location(struct reader *r, struct hive_statement *s)
{
    s->kind = HIVE_SET_LOCATION;
    clause_begin(r, "alter location");
    r->at += 2;
    TRY(expect_string(r, "", &s->location));
    clause_end(r);
    return OK;
}

static error read_set(struct reader *r, struct hive_statement *s)
{
    if (peek_is(r, 1, "LOCATION")) return read_location(r, s);
    if (peek_in(r, 1, "FILEFORMAT SERDE SERDEPROPERTIES SKEWED"))
        return unsupported(arena_printf(r->arena, "SET %.*s", (int)peek(r, 1)->text.size,
                                        peek(r, 1)->text.data));
    if (!peek_is(r, 1, "TBLPROPERTIES")) return no_alternative(r, 1);
    s->kind = HIVE_SET_PROPERTIES;
    clause_begin(r, "alter properties statement");
    r->at += 2;
    TRY(read_properties(r, false, &s->properties));
    clause_end(r);
    return OK;
}

static error read_renamed_partition(struct reader *r, struct hive_statement *s,
                                    struct hive_partition *both)
{
    s->kind = HIVE_RENAME_PARTITION;
    s->partition_count = 2;
    clause_begin(r, "alter table rename partition statement");
    r->at++;
    TRY(expect(r, "TO", "PARTITION"));
    TRY(read_partition(r, "", &both[1]));
    clause_end(r);
    return OK;
}

static error read_of_partition(struct reader *r, struct hive_statement *s)
{
    struct hive_partition *both = ARENA_ARRAY(r->arena, struct hive_partition, 2);
    if (!peek_is(r, 1, "(")) return no_alternative(r, 1);
    TRY(read_partition(r, "SET RENAME ADD REPLACE CONCATENATE COMPACT CHANGE", &both[0]));
    clause_begin(r, "alter table partition statement suffix");
    s->partitions = both;
    s->partition_count = 1;
    if (peek_is(r, 0, "RENAME")) {
        TRY(read_renamed_partition(r, s, both));
    } else if (peek_is(r, 0, "SET")) {
        if (!peek_is(r, 1, "LOCATION")) return no_alternative(r, 1);
        TRY(read_location(r, s));
    } else {
        return no_alternative(r, 0);
    }
    clause_end(r);
    return OK;
}

static const struct {
    const char *word;
    error (*read)(struct reader *, struct hive_statement *);
} changes[] = {
    {"ADD", read_add},         {"DROP", read_drop_partition}, {"REPLACE", read_replace},
    {"SET", read_set},         {"PARTITION", read_of_partition},
};

static error read_change(struct reader *r, struct hive_statement *s)
{
    static const char *const others[] = {"CHANGE", "EXCHANGE", "ARCHIVE", "UNARCHIVE", "TOUCH",
                                         "CLUSTERED", "NOT", "CONCATENATE", "COMPACT", "ENABLE",
                                         "DISABLE", "UNSET", "UPDATE", "SKEWED", NULL};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        if (peek_is(r, 0, changes[i].word)) return changes[i].read(r, s);
    for (int i = 0; others[i]; i++)
        if (peek_is(r, 0, others[i])) return unsupported(others[i]);
    if (peek_is(r, 0, "RENAME") && peek_is(r, 1, "TO")) return unsupported("RENAME TO");
    return no_alternative(r, peek_is(r, 0, "RENAME"));
}

static error read_alter_database(struct reader *r, struct hive_statement *s)
{
    s->kind = HIVE_ALTER_DATABASE;
    clause_begin(r, "alter database statement");
    r->at++;
    if (!peek_name(r, 0)) return no_alternative(r, 0);
    if (!peek_is(r, 1, "SET")) return no_alternative(r, 1);
    if (peek_in(r, 2, "OWNER LOCATION"))
        return fail(ERR_UNSUPPORTED, "ALTER DATABASE SET %s is not supported",
                    peek_is(r, 2, "OWNER") ? "OWNER" : "LOCATION");
    if (!peek_is(r, 2, "DBPROPERTIES")) return no_alternative(r, 2);
    TRY(expect_name(r, &s->database));
    r->at += 2;
    TRY(read_properties(r, true, &s->properties));
    clause_end(r);
    return OK;
}

error read_alter(struct reader *r, struct hive_statement *s)
{
    clause_begin(r, "alter statement");
    if (peek_in(r, 1, "VIEW INDEX"))
        return fail(ERR_UNSUPPORTED, "ALTER %s is not supported",
                    peek_is(r, 1, "VIEW") ? "VIEW" : "INDEX");
    if (!peek_in(r, 1, "TABLE DATABASE SCHEMA")) return no_alternative(r, 1);
    r->at++;
    if (!peek_is(r, 0, "TABLE")) {
        TRY(read_alter_database(r, s));
    } else {
        r->at++;
        TRY(read_table_name(r, s));
        clause_begin(r, "alter table statement");
        TRY(read_change(r, s));
        clause_end(r);
    }
    clause_end(r);
    return OK;
}
