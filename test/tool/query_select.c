/* Translates and runs statements of Trino's dialect, for test/conformance/trino_select.py.
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

static void columns_add(json_t *out, const struct dialect_query *q)
{
    json_t *columns = json_array();
    struct buffer type = {0};
    for (int i = 0; i < q->column_count; i++) {
        buffer_reset(&type);
        dialect_type_print(&type, q->columns[i].type);
        json_array_append_new(columns, json_pack("[ss]", q->columns[i].name, buffer_text(&type)));
    }
    buffer_release(&type);
    json_object_set_new(out, "columns", columns);
}

static error run(struct sql_engine *engine, struct views *v, const char *sql, bool verbose,
                 struct arena *arena, json_t *out)
{
    struct dialect_statement statement;
    struct dialect_query query;
    struct sql_result *result;
    const struct dialect_context context = {.find = find, .state = v,
                                            .now_us = 1700000000123456};
    TRY(dialect_parse(&dialect_trino, sql, arena, &statement));
    TRY(dialect_translate(&statement, &context, arena, &query));
    if (verbose) json_object_set_new(out, "duckdb", json_string(query.sql));
    columns_add(out, &query);
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
    bool verbose = count > 1 && strcmp(arguments[1], "-v") == 0;
    if (sql_open(&(struct sql_options){.threads = 2}, &engine) != OK) return fprintf(stderr, "%s\n", error_text()), 1;
    while (getline(&line, &capacity, stdin) > 0) {
        json_t *in = json_loads(line, 0, NULL), *out = json_object();
        const char *sql = json_text(in, "sql"), *table = json_text(in, "table");
        struct arena arena = {0};
        if (table) {
            json_object_set_new(v.queries, table, json_string(sql));
        } else {
            json_object_set_new(out, "sql", json_string(sql));
            error e = run(engine, &v, sql, verbose, &arena, out);
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
