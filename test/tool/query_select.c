/* Translates and runs statements of Trino's dialect, for test/conformance/trino_select.py, or, with
 * --spark, of Spark's, for spark_select.py: its rows are CAST(value AS STRING), binary in hex.
 * In: JSON lines {"table": name, "sql": query} (a view for what follows) and {"sql": statement}.
 * Out: one JSON line per statement: columns with types and rows as Athena prints values, or the
 * error's text; with -v also DuckDB's SQL. */
#include "dialect/dialect.h"
#include "query/query.h"
#include "sql/sql.h"

#include <stdio.h>
#include <stdlib.h>

struct views { struct arena arena; json_t *queries; };

static error find(void *state, const struct dialect_name *name, struct arena *arena,
                  const struct dialect_relation **out, bool *missing_database)
{
    struct views *v = state;
    const char *query = json_text(v->queries, name->name);
    *missing_database = strcmp(name->database, "default") != 0;
    if (*missing_database || !query) return ERR_NOT_FOUND;
    struct dialect_relation *r = ARENA_NEW(arena, struct dialect_relation);
    *r = (struct dialect_relation){.database = "default", .name = name->name, .view = query};
    *out = r;
    return OK;
}

static void rows_add(json_t *rows, const struct batch *batch)
{
    struct buffer text = {0};
    for (int64_t i = 0; i < batch->rows; i++) {
        json_t *row = json_array();
        for (int c = 0; c < batch->schema->field_count; c++) {
            const struct column *column = &batch->columns[c];
            buffer_reset(&text);
            bool null = !column_valid(column, i);
            if (!null) query_print_value(&text, column, i);
            json_array_append_new(row, null ? json_null() : json_stringn(buffer_text(&text), text.size));
        }
        json_array_append_new(rows, row);
    }
    buffer_release(&text);
}

static void type_add(struct buffer *out, const struct dialect *dialect, const struct dialect_type *t)
{
    struct arena arena = {0};
    const struct type *type;
    if (dialect == &dialect_trino) dialect_type_print(out, t);
    else if (t->kind == DIALECT_UNKNOWN) buffer_append_text(out, "void");
    else if (dialect_type_catalog(&arena, t, &type) == OK) type_print(out, type);
    else dialect_type_print(out, t);
    arena_release(&arena);
}

static void columns_add(json_t *out, const struct dialect *dialect, const struct dialect_query *q)
{
    json_t *columns = json_array();
    struct buffer type = {0};
    for (int i = 0; i < q->column_count; i++) {
        buffer_reset(&type);
        type_add(&type, dialect, q->columns[i].type);
        json_array_append_new(columns, json_pack("[ss]", q->columns[i].name, buffer_text(&type)));
    }
    buffer_release(&type);
    json_object_set_new(out, "columns", columns);
}

static error translated(const struct dialect *dialect, struct views *v, const char *sql,
                        struct arena *arena, struct dialect_query *out)
{
    struct dialect_statement statement;
    const struct dialect_context context = {.find = find, .state = v,
                                            .now_us = 1700000000123456};
    TRY(dialect_parse(dialect, sql, arena, &statement));
    return dialect_translate(&statement, &context, arena, out);
}

/* The statement's columns as text, for the catalog's types lose nothing by it. */
static const char *as_text(struct arena *arena, const char *sql, const struct dialect_query *q)
{
    struct buffer out = {0}, names = {0};
    for (int i = 0; i < q->column_count; i++) {
        const char *form = q->columns[i].type->kind == DIALECT_VARBINARY ? "%shex(c%d)" : "%sCAST(c%d AS STRING)";
        buffer_printf(&out, form, i ? ", " : "SELECT ", i);
        buffer_printf(&names, "%sc%d", i ? ", " : "", i);
    }
    buffer_printf(&out, " FROM (%s) AS q(%s)", sql, buffer_text(&names));
    const char *text = arena_text(arena, buffer_span(&out));
    buffer_release(&out);
    buffer_release(&names);
    return text;
}

static error run(const struct dialect *dialect, struct sql_engine *engine, struct views *v, const char *sql, bool verbose,
                 struct arena *arena, json_t *out)
{
    struct dialect_query query;
    struct sql_result *result;
    TRY(translated(dialect, v, sql, arena, &query));
    if (verbose) json_object_set_new(out, "duckdb", json_string(query.sql));
    columns_add(out, dialect, &query);
    if (dialect == &dialect_spark)
        TRY(translated(dialect, v, as_text(arena, sql, &query), arena, &query));
    const struct sql_statement given = {.text = query.sql};
    TRY(sql_query(engine, &given, &result));
    json_t *rows = json_array();
    json_object_set_new(out, "rows", rows);
    const struct batch *batch;
    error e;
    while ((e = sql_result_next(result, arena, &batch)) == OK && batch) rows_add(rows, batch);
    sql_result_close(result);
    return e;
}

int main(int count, char **arguments)
{
    struct views v = {.queries = json_object()};
    struct sql_engine *engine;
    char *line = NULL;
    size_t capacity = 0;
    bool verbose = count > 1 && strcmp(arguments[count - 1], "-v") == 0;
    bool spark = count > 1 && strcmp(arguments[1], "--spark") == 0;
    if (sql_open(&(struct sql_options){.threads = spark ? 1 : 2}, &engine) != OK) return fprintf(stderr, "%s\n", error_text()), 1;
    while (getline(&line, &capacity, stdin) > 0) {
        json_t *in = json_loads(line, 0, NULL), *out = json_object();
        const char *sql = json_text(in, "sql"), *table = json_text(in, "table");
        struct arena arena = {0};
        if (table) {
            json_object_set_new(v.queries, table, json_string(sql));
        } else {
            json_object_set_new(out, "sql", json_string(sql));
            error e = run(spark ? &dialect_spark : &dialect_trino, engine, &v, sql, verbose, &arena, out);
            if (e != OK) json_object_set_new(out, "error", json_string(error_text()));
            char *text = json_dumps(out, JSON_COMPACT);
            puts(text);
            fflush(stdout);
            free(text);
        }
        arena_release(&arena);
        json_decref(out);
        json_decref(in);
    }
    free(line);
    json_decref(v.queries);
    sql_close(engine);
    return 0;
}
