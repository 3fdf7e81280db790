/* SELECT and EXPLAIN: a statement in Trino's dialect -> DuckDB's SQL over the files of its tables
 * -> rows. */
#include "query/internal.h"

/* ---- a selection ---- */

/* The engine's plan has a column in front that says what kind of plan it is: left out. */
static void schema_name(struct run *run, struct selection *s)
{
    const struct schema *given = sql_result_schema(s->result);
    int count = s->plan ? 1 : given->field_count;
    struct field *fields = ARENA_ARRAY(run->arena, struct field, (size_t)count + 1);
    for (int i = 0; i < count; i++) {
        fields[i] = given->fields[s->plan ? given->field_count - 1 : i];
        fields[i].name = s->query.columns[i].name;
    }
    s->schema = (struct schema){count, fields};
}

static void plan_column(struct arena *arena, struct dialect_query *query)
{
    static const struct dialect_type text = {.kind = DIALECT_VARCHAR, .length = DIALECT_UNBOUNDED};
    struct dialect_column *column = ARENA_NEW(arena, struct dialect_column);
    *column = (struct dialect_column){"Query Plan", &text};
    query->columns = column;
    query->column_count = 1;
}

/* SELECT count(*): what the footers say, when each partition is wanted wholly. */
static bool rows_counted(const struct selection *s, int64_t *rows)
{
    const struct sql_table *table = &s->sql.tables[0];
    *rows = 0;
    if (!s->query.counts || s->plan) return false;
    for (size_t i = 0; i < table->file_sets; i++) {
        const struct sql_files *files = &table->files[i];
        if (!files->is_counted || !dialect_must_match(&s->query.scans[0], files->values))
            return false;
        *rows += files->rows;
    }
    return true;
}

static const struct batch *count_batch(struct run *run, struct selection *s, int64_t rows)
{
    struct field *field = ARENA_NEW(run->arena, struct field);
    struct column *column = ARENA_NEW(run->arena, struct column);
    struct batch *batch = ARENA_NEW(run->arena, struct batch);
    *field = (struct field){.name = s->query.columns[0].name, .type = type_of(TYPE_BIGINT)};
    s->schema = (struct schema){1, field};
    *column = (struct column){.type = field->type, .length = 1,
                              .values = arena_copy(run->arena, &rows, sizeof rows)};
    *batch = (struct batch){.schema = &s->schema, .rows = 1, .columns = column};
    return batch;
}

error selection_open(struct run *run, const struct dialect_statement *statement,
                     struct selection *out)
{
    struct dialect_context context = {.database = run->database,
                                      .find = relation_find,
                                      .state = run,
                                      .parameters = run->request->parameters,
                                      .parameter_count = (int)run->request->parameter_count,
                                      .query_id = run->request->id,
                                      .stored = statement->verb != DIALECT_SELECT &&
                                                statement->verb != DIALECT_EXPLAIN};
    *out = (struct selection){0};
    TRY(dialect_translate(statement, &context, run->arena, &out->query));
    TRY(scans_open(run, &out->query, &out->sql));
    out->plan = statement->verb == DIALECT_EXPLAIN;
    if (out->plan)
        out->sql.text = arena_printf(run->arena, "EXPLAIN %s%s",
                                     statement->analyze ? "ANALYZE " : "", out->query.sql);
    int64_t rows;
    if (rows_counted(out, &rows)) {
        out->counted = count_batch(run, out, rows);
        return OK;
    }
    TRY(engine_needed(run->engine));
    TRY(sql_query(run->engine->sql, &out->sql, &out->result));
    if (out->plan) plan_column(run->arena, &out->query);
    schema_name(run, out);
    return OK;
}

void selection_close(struct selection *s)
{
    struct sql_table *tables = (struct sql_table *)(void *)s->sql.tables; /* made by scans_open */
    if (s->result) sql_result_close(s->result);
    for (size_t i = 0; i < s->sql.table_count; i++) table_release(&tables[i]);
}

error selection_next(struct selection *s, struct arena *arena, const struct batch **out)
{
    const struct batch *batch = s->counted;
    s->counted = NULL;
    *out = batch;
    if (batch || !s->result) return OK;
    TRY(sql_result_next(s->result, arena, &batch));
    *out = batch;
    if (!batch) return OK;
    struct batch *named = arena_copy(arena, batch, sizeof *batch);
    named->schema = &s->schema;
    if (s->plan) named->columns += sql_result_schema(s->result)->field_count - 1;
    *out = named;
    return OK;
}

/* ---- columns as Athena tells of them ---- */

static const struct {
    const char *name;
    int precision;
} told_types[DIALECT_KINDS] = {
    [DIALECT_UNKNOWN] = {"unknown", 0},
    [DIALECT_BOOLEAN] = {"boolean", 0},
    [DIALECT_TINYINT] = {"tinyint", 3},
    [DIALECT_SMALLINT] = {"smallint", 5},
    [DIALECT_INTEGER] = {"integer", 10},
    [DIALECT_BIGINT] = {"bigint", 19},
    [DIALECT_REAL] = {"float", 17},
    [DIALECT_DOUBLE] = {"double", 17},
    [DIALECT_DECIMAL] = {"decimal", 0},
    [DIALECT_VARCHAR] = {"varchar", INT32_MAX},
    [DIALECT_CHAR] = {"char", 0},
    [DIALECT_VARBINARY] = {"varbinary", 1073741824},
    [DIALECT_DATE] = {"date", 0},
    [DIALECT_TIME] = {"time", 3},
    [DIALECT_TIMESTAMP] = {"timestamp", 3},
    [DIALECT_TIMESTAMP_TZ] = {"timestamp with time zone", 3},
    [DIALECT_INTERVAL_DAY] = {"interval day to second", 0},
    [DIALECT_INTERVAL_YEAR] = {"interval year to month", 0},
    [DIALECT_JSON] = {"json", 0},
    [DIALECT_UUID] = {"uuid", 0},
    [DIALECT_ARRAY] = {"array", 0},
    [DIALECT_MAP] = {"map", 0},
    [DIALECT_ROW] = {"row", 0},
};

static struct query_column column_told(const struct dialect_column *c)
{
    const struct dialect_type *t = c->type;
    bool text = t->kind == DIALECT_VARCHAR || t->kind == DIALECT_CHAR;
    int precision = told_types[t->kind].precision;
    if (t->kind == DIALECT_DECIMAL) precision = t->precision;
    if (text && t->length != DIALECT_UNBOUNDED) precision = t->length;
    return (struct query_column){.name = c->name,
                                 .type = told_types[t->kind].name,
                                 .precision = precision,
                                 .scale = t->kind == DIALECT_DECIMAL ? t->scale : 0,
                                 .case_sensitive = text};
}

static void columns_send(struct run *run, const struct selection *s)
{
    int count = s->query.column_count;
    struct query_column *told = ARENA_ARRAY(run->arena, struct query_column, (size_t)count + 1);
    for (int i = 0; i < count; i++) told[i] = column_told(&s->query.columns[i]);
    struct query_columns columns = {&s->schema, told, count};
    run->sink->columns(run->sink->context, &columns);
}

static error rows_send(struct run *run, struct selection *s)
{
    struct arena arena = {0};
    const struct batch *batch;
    error e;
    columns_send(run, s);
    while ((e = selection_next(s, &arena, &batch)) == OK && batch) {
        run->sink->rows(run->sink->context, batch);
        arena_reset(&arena);
    }
    arena_release(&arena);
    return e;
}

error select_rows(struct run *run, const struct dialect_statement *statement)
{
    struct selection selection = {0};
    error e = selection_open(run, statement, &selection);
    if (e == OK) e = rows_send(run, &selection);
    selection_close(&selection);
    return e;
}
