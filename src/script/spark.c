/* A plan's Spark SQL -> DuckDB's, by the dialect (dialect/spark.h), over the plan's tables. */
#include "script/internal.h"

#include "dialect/dialect.h"

#include <strings.h>

struct sight { const struct spark_table *tables; size_t count; };

static int table_named(const struct sight *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcasecmp(s->tables[i].name, name) == 0) return (int)i;
    return -1;
}

static error find(void *state, const struct dialect_name *name, struct arena *arena,
                  const struct dialect_relation **out, bool *missing_database)
{
    const struct sight *s = state;
    int i = table_named(s, name->name);
    *missing_database = false;
    if (i < 0) return ERR_NOT_FOUND;
    struct dialect_relation *r = ARENA_NEW(arena, struct dialect_relation);
    *r = (struct dialect_relation){.database = name->database, .name = s->tables[i].name,
                                   .schema = s->tables[i].schema};
    *out = r;
    return OK;
}

/* What the catalog has no type for is a string: the type of NULL, intervals. */
static error schema_of(struct arena *arena, const struct dialect_query *q, const struct schema **out)
{
    struct field *fields = ARENA_ARRAY(arena, struct field, (size_t)q->column_count + 1);
    for (int i = 0; i < q->column_count; i++) {
        fields[i].name = q->columns[i].name;
        if (dialect_type_catalog(arena, q->columns[i].type, &fields[i].type) != OK)
            fields[i].type = type_of(TYPE_STRING);
    }
    struct schema *schema = ARENA_NEW(arena, struct schema);
    *schema = (struct schema){q->column_count, fields};
    *out = schema;
    return OK;
}

error spark_translate(struct arena *arena, const char *text, const struct spark_table *tables,
                      size_t count, int64_t now_us, struct spark_query *out)
{
    struct sight sight = {tables, count};
    const struct dialect_context context = {.find = find, .state = &sight, .now_us = now_us};
    struct dialect_statement statement;
    struct dialect_query query;
    TRY(dialect_parse(&dialect_spark, text, arena, &statement));
    TRY(dialect_translate(&statement, &context, arena, &query));
    int *scans = ARENA_ARRAY(arena, int, (size_t)query.scan_count + 1);
    for (int i = 0; i < query.scan_count; i++)
        scans[i] = table_named(&sight, query.scans[i].relation->name);
    *out = (struct spark_query){.sql = query.sql, .scans = scans, .scan_count = query.scan_count};
    return schema_of(arena, &query, &out->schema);
}
