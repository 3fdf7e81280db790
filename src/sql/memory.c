/* Tables in memory: batches of the caller as tables of a session that is kept over queries. A table
 * is a table function, sluice_rows(N), below the view "scan"."N". */
#include "sql/function.h"

#include <stdlib.h>

struct sql_memory {
    struct sql_engine *engine;
    struct session session;
    const struct sql_rows *tables; /* of the query that runs */
    size_t table_count;
};

/* ---- the table function ---- */

/* What a scan of one table stands at. */
struct scan {
    const struct sql_rows *rows;
    const struct duck *duck;
    duck_index *columns;           /* those that are read */
    duck_index column_count;
    size_t batch;
    int64_t row;
};

struct binding { const struct sql_memory *memory; const struct sql_rows *rows; };

static void rows_bind(duck_bind_info info)
{
    /* the one function of all sessions: which one asks, its extra info tells */
    const struct duck *duck;
    if (duck_load(NULL, &duck) != OK) return;
    const struct sql_memory *memory = duck->bind_get_extra_info(info);
    duck_value value = duck->bind_get_parameter(info, 0);
    int64_t at = duck->get_int64(value);
    duck->destroy_value(&value);
    if (at < 0 || (size_t)at >= memory->table_count) {
        duck->bind_set_error(info, "there is no such table");
        return;
    }
    struct binding *binding = must_calloc(1, sizeof *binding);
    *binding = (struct binding){memory, &memory->tables[at]};
    const struct schema *schema = binding->rows->schema;
    for (int i = 0; i < schema->field_count; i++) {
        duck_logical_type type = logical_make(duck, schema->fields[i].type);
        duck->bind_add_result_column(info, schema->fields[i].name, type);
        duck->destroy_logical_type(&type);
    }
    duck->bind_set_bind_data(info, binding, free);
}

static void scan_free(void *data)
{
    struct scan *scan = data;
    free(scan->columns);
    free(scan);
}

static void rows_init(duck_init_info info)
{
    const struct duck *duck;
    if (duck_load(NULL, &duck) != OK) return;
    const struct binding *binding = duck->init_get_bind_data(info);
    struct scan *scan = must_calloc(1, sizeof *scan);
    *scan = (struct scan){.rows = binding->rows, .duck = duck,
                          .column_count = duck->init_get_column_count(info)};
    scan->columns = must_calloc(scan->column_count + 1, sizeof *scan->columns);
    for (duck_index i = 0; i < scan->column_count; i++)
        scan->columns[i] = duck->init_get_column_index(info, i);
    duck->init_set_init_data(info, scan, scan_free);
}

static void rows_next(duck_function_info info, duck_chunk chunk)
{
    const struct duck *duck;
    if (duck_load(NULL, &duck) != OK) return;
    struct scan *scan = duck->function_get_init_data(info);
    const struct sql_rows *rows = scan->rows;
    while (scan->batch < rows->count && scan->row == rows->batches[scan->batch]->rows) {
        scan->batch++;
        scan->row = 0;
    }
    if (scan->batch == rows->count) {
        duck->data_chunk_set_size(chunk, 0);
        return;
    }
    const struct batch *batch = rows->batches[scan->batch];
    int64_t count = batch->rows - scan->row, most = (int64_t)duck->vector_size();
    if (count > most) count = most;
    for (duck_index i = 0; i < scan->column_count; i++) {
        if (scan->columns[i] >= (duck_index)rows->schema->field_count) continue; /* row ids */
        if (vector_write(duck, &batch->columns[scan->columns[i]], scan->row, count,
                         duck->data_chunk_get_vector(chunk, i)) != OK)
            check_failed("memory for a chunk", __FILE__, __LINE__);
    }
    duck->data_chunk_set_size(chunk, (duck_index)count);
    scan->row += count;
}

static error function_register(struct sql_memory *memory)
{
    const struct duck *duck = memory->engine->duck;
    duck_table_function function = duck->create_table_function();
    duck_logical_type bigint = duck->create_logical_type(DUCK_BIGINT);
    duck->table_function_set_name(function, "sluice_rows");
    duck->table_function_add_parameter(function, bigint);
    duck->table_function_set_extra_info(function, memory, NULL);
    duck->table_function_set_bind(function, rows_bind);
    duck->table_function_set_init(function, rows_init);
    duck->table_function_set_function(function, rows_next);
    duck->table_function_supports_projection_pushdown(function, true);
    bool good = duck->register_table_function(memory->session.connection, function) == DUCK_SUCCESS;
    duck->destroy_logical_type(&bigint);
    duck->destroy_table_function(&function);
    return good ? OK : fail(ERR_INTERNAL, "the SQL engine took no table function");
}

/* ---- sessions ---- */

error sql_memory_open(struct sql_engine *engine, struct sql_memory **out)
{
    struct sql_memory *memory = must_calloc(1, sizeof *memory);
    memory->engine = engine;
    error e = session_open(engine, &memory->session);
    if (e == OK) e = functions_register(engine->duck, memory->session.connection);
    if (e == OK) e = function_register(memory);
    if (e == OK)
        e = session_run(&memory->session, "SET TimeZone='UTC'; SET enable_external_access=false;"
                                          "SET threads=1; CREATE SCHEMA scan;"
                                          "SET lock_configuration=true;");
    if (e == OK) *out = memory;
    else sql_memory_close(memory);
    return e;
}

void sql_memory_close(struct sql_memory *memory)
{
    if (!memory) return;
    session_close(&memory->session);
    free(memory);
}

static error views_create(struct sql_memory *memory)
{
    struct buffer text = {0};
    for (size_t i = 0; i < memory->table_count; i++)
        buffer_printf(&text, "CREATE OR REPLACE VIEW scan.\"%zu\" AS SELECT * FROM sluice_rows(%zu);", i,
                      i);
    error e = text.size ? session_run(&memory->session, buffer_text(&text)) : OK;
    buffer_release(&text);
    return e;
}

/* ---- results ---- */

struct taking {
    const struct duck *duck;
    struct arena *arena;
    struct reader *readers;
    struct schema *schema;
    struct buffer batches; /* const struct batch * each */
};

static error schema_take(struct taking *t, struct duck_result *result)
{
    int count = (int)t->duck->column_count(result);
    struct field *fields = ARENA_ARRAY(t->arena, struct field, (size_t)count);
    t->readers = ARENA_ARRAY(t->arena, struct reader, (size_t)count);
    t->schema = ARENA_NEW(t->arena, struct schema);
    *t->schema = (struct schema){count, fields};
    for (int i = 0; i < count; i++) {
        fields[i].name =
            arena_text(t->arena, span_of(t->duck->column_name(result, (duck_index)i)));
        duck_logical_type type = t->duck->column_logical_type(result, (duck_index)i);
        error e = reader_make(t->duck, type, t->arena, &t->readers[i]);
        t->duck->destroy_logical_type(&type);
        if (e != OK) return fail_context(e, "column %s", fields[i].name);
        fields[i].type = t->readers[i].type;
    }
    return OK;
}

static error chunk_take(struct taking *t, duck_chunk chunk)
{
    int64_t rows = (int64_t)t->duck->data_chunk_get_size(chunk);
    struct column *columns = ARENA_ARRAY(t->arena, struct column, (size_t)t->schema->field_count);
    for (int i = 0; i < t->schema->field_count; i++)
        TRY(reader_read(t->duck, &t->readers[i], t->duck->data_chunk_get_vector(chunk, (duck_index)i),
                        NULL, rows, t->arena, &columns[i]));
    struct batch *batch = ARENA_NEW(t->arena, struct batch);
    *batch = (struct batch){.schema = t->schema, .rows = rows, .columns = columns};
    if (rows) buffer_append(&t->batches, &batch, sizeof batch);
    return OK;
}

static error result_take(struct taking *t, struct duck_result *result)
{
    TRY(schema_take(t, result));
    for (;;) {
        duck_chunk chunk = t->duck->fetch_chunk(*result);
        if (!chunk) return t->duck->result_error(result) ? duck_fail(t->duck, result) : OK;
        error e = chunk_take(t, chunk);
        t->duck->destroy_data_chunk(&chunk);
        if (e != OK) return e;
    }
}

error sql_memory_query(struct sql_memory *memory, const char *text, const struct sql_rows *tables,
                       size_t table_count, struct arena *arena, struct sql_rows *out)
{
    const struct duck *duck = memory->engine->duck;
    struct taking taking = {.duck = duck, .arena = arena};
    struct duck_result result;
    memory->tables = tables;
    memory->table_count = table_count;
    TRY(views_create(memory));
    bool good = duck->query(memory->session.connection, text, &result) == DUCK_SUCCESS;
    error e = good ? result_take(&taking, &result) : duck_fail(duck, &result);
    duck->destroy_result(&result);
    *out = (struct sql_rows){
        .schema = taking.schema,
        .batches = arena_copy(arena, taking.batches.data, taking.batches.size),
        .count = taking.batches.size / sizeof *out->batches,
    };
    buffer_release(&taking.batches);
    return e;
}
