/* The rows of Parquet files, through the SQL engine, into a writer: many files become one. The values
 * stay what they are: the columns are read in the types that the files themselves declare. */
#include "table/table.h"

static error rows_write(struct table_writer *w, const struct schema *schema, struct sql_result *result,
                        int64_t *rows)
{
    struct arena arena = {0};
    const struct batch *batch = NULL;
    error e = schema_equal(schema, sql_result_schema(result))
                  ? OK
                  : fail(ERR_UNSUPPORTED, "the SQL engine reads these files with other types than theirs");
    do {
        arena_reset(&arena);
        if (e == OK) e = sql_result_next(result, &arena, &batch);
        if (e != OK || !batch) break;
        *rows += batch->rows;
        e = table_write(w, batch);
    } while (e == OK);
    arena_release(&arena);
    return e;
}

error table_write_files(struct table_writer *w, struct sql_engine *engine, const struct schema *schema,
                        const char *const *paths, size_t count, int64_t *rows)
{
    struct sql_files files = {.paths = paths, .path_count = count};
    struct sql_table table = {.database = "", .name = "files", .schema = schema, .files = &files,
                              .file_sets = 1};
    struct sql_statement statement = {.text = "SELECT * FROM scan.\"0\"", .tables = &table,
                                      .table_count = 1};
    struct sql_result *result;
    *rows = 0;
    TRY(sql_query(engine, &statement, &result));
    error e = rows_write(w, schema, result, rows);
    sql_result_close(result);
    return e;
}
