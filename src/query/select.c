/* SELECT: the tables a statement names -> their files, from catalog and object store -> rows. */
#include "query/internal.h"

static error find_tables(struct run *run, struct sql_table **tables, size_t *count)
{
    struct query_engine *engine = run->engine;
    struct sql_name *names;
    TRY(sql_tables(engine->sql, run->request->text, run->arena, &names, count));
    *tables = ARENA_ARRAY(run->arena, struct sql_table, *count + 1);
    for (size_t i = 0; i < *count; i++) {
        const char *in = names[i].database ? names[i].database : run->database;
        TRY(catalog_require(engine->catalog, PERMISSION_SELECT, in, names[i].table));
        TRY(table_scan(engine->catalog, engine->objects, run->arena, in, names[i].table,
                       &(*tables)[i]));
    }
    return OK;
}

/* ---- columns as Athena tells of them ---- */

static const struct { const char *name; int precision; } told_types[TYPE_KINDS] = {
    [TYPE_BOOLEAN] = {"boolean", 0},    [TYPE_TINYINT] = {"tinyint", 3},
    [TYPE_SMALLINT] = {"smallint", 5},  [TYPE_INT] = {"integer", 10},
    [TYPE_BIGINT] = {"bigint", 19},     [TYPE_FLOAT] = {"float", 17},
    [TYPE_DOUBLE] = {"double", 17},     [TYPE_DECIMAL] = {"decimal", 0},
    [TYPE_STRING] = {"varchar", INT32_MAX}, [TYPE_CHAR] = {"char", 0},
    [TYPE_VARCHAR] = {"varchar", 0},    [TYPE_BINARY] = {"varbinary", 1073741824},
    [TYPE_DATE] = {"date", 0},          [TYPE_TIMESTAMP] = {"timestamp", 3},
    [TYPE_ARRAY] = {"array", 0},        [TYPE_MAP] = {"map", 0},
    [TYPE_STRUCT] = {"row", 0},
};

static struct query_column column_told(const struct field *f)
{
    enum type_kind kind = f->type->kind;
    bool text = kind == TYPE_STRING || kind == TYPE_CHAR || kind == TYPE_VARCHAR;
    int precision = told_types[kind].precision;
    if (kind == TYPE_DECIMAL) precision = f->type->precision;
    if (kind == TYPE_CHAR || kind == TYPE_VARCHAR) precision = f->type->length;
    return (struct query_column){.name = f->name, .type = told_types[kind].name,
                                 .precision = precision,
                                 .scale = kind == TYPE_DECIMAL ? f->type->scale : 0,
                                 .case_sensitive = text};
}

static void columns_send(struct run *run, const struct schema *schema)
{
    struct query_column *told =
        ARENA_ARRAY(run->arena, struct query_column, (size_t)schema->field_count + 1);
    for (int i = 0; i < schema->field_count; i++) told[i] = column_told(&schema->fields[i]);
    struct query_columns columns = {schema, told, schema->field_count};
    run->sink->columns(run->sink->context, &columns);
}

static error rows_send(struct run *run, struct sql_result *result)
{
    struct arena arena = {0};
    const struct batch *batch;
    error e;
    columns_send(run, sql_result_schema(result));
    while ((e = sql_result_next(result, &arena, &batch)) == OK && batch) {
        run->sink->rows(run->sink->context, batch);
        arena_reset(&arena);
    }
    arena_release(&arena);
    return e;
}

error select_run(struct run *run)
{
    struct sql_table *tables = NULL;
    struct sql_result *result;
    size_t count = 0;
    error e = find_tables(run, &tables, &count);
    if (e == OK)
        e = sql_query(run->engine->sql, run->request->text, tables, count, run->database, &result);
    if (e == OK) {
        e = rows_send(run, result);
        sql_result_close(result);
    }
    for (size_t i = 0; i < count; i++) table_release(&tables[i]);
    return e;
}
