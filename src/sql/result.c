/* In: a running query. Out: its rows as batches, one per chunk of the engine (at most 2,048 rows),
 * as they are computed: no more of the result is held than the engine's own buffers. */
#include "sql/internal.h"

#include <stdlib.h>

struct sql_result {
    struct sql_engine *engine;
    struct session session;
    duck_prepared prepared;
    struct duck_result result;
    struct arena arena; /* schema, readers */
    struct schema schema;
    struct reader *readers;
    bool executed, done;
};

static error schema_read(struct sql_result *r)
{
    const struct duck *duck = r->session.duck;
    r->schema.field_count = (int)duck->column_count(&r->result);
    struct field *fields = ARENA_ARRAY(&r->arena, struct field, (size_t)r->schema.field_count);
    r->readers = ARENA_ARRAY(&r->arena, struct reader, (size_t)r->schema.field_count);
    r->schema.fields = fields;
    for (int i = 0; i < r->schema.field_count; i++) {
        const char *name = duck->column_name(&r->result, (duck_index)i);
        fields[i].name = arena_text(&r->arena, span_of(name ? name : ""));
        duck_logical_type type = duck->column_logical_type(&r->result, (duck_index)i);
        error e = reader_make(duck, type, &r->arena, &r->readers[i]);
        duck->destroy_logical_type(&type);
        if (e != OK) return fail_context(e, "column %s", fields[i].name);
        fields[i].type = r->readers[i].type;
    }
    return OK;
}

static error result_start(struct sql_result *r)
{
    const struct duck *duck = r->session.duck;
    enum duck_state state = duck->execute_prepared_streaming(r->prepared, &r->result);
    r->executed = true;
    if (state != DUCK_SUCCESS) return duck_fail(duck, &r->result);
    return schema_read(r);
}

error result_open(struct sql_engine *engine, struct session *session, duck_prepared prepared,
                  struct sql_result **out)
{
    struct sql_result *r = must_calloc(1, sizeof *r);
    r->engine = engine;
    r->session = *session;
    r->prepared = prepared;
    error e = result_start(r);
    if (e != OK) {
        sql_result_close(r);
        return e;
    }
    *out = r;
    return OK;
}

const struct schema *sql_result_schema(const struct sql_result *r)
{
    return &r->schema;
}

static error chunk_read(struct sql_result *r, duck_chunk chunk, struct arena *arena,
                        const struct batch **out)
{
    const struct duck *duck = r->session.duck;
    int64_t rows = (int64_t)duck->data_chunk_get_size(chunk);
    struct column *columns = ARENA_ARRAY(arena, struct column, (size_t)r->schema.field_count);
    for (int i = 0; i < r->schema.field_count; i++) {
        duck_vector vector = duck->data_chunk_get_vector(chunk, (duck_index)i);
        error e = reader_read(duck, &r->readers[i], vector, NULL, rows, arena, &columns[i]);
        if (e != OK) return fail_context(e, "column %s", r->schema.fields[i].name);
    }
    struct batch *batch = ARENA_NEW(arena, struct batch);
    *batch = (struct batch){.schema = &r->schema, .rows = rows, .columns = columns};
    *out = batch;
    return OK;
}

error sql_result_next(struct sql_result *r, struct arena *arena, const struct batch **out)
{
    const struct duck *duck = r->session.duck;
    *out = NULL;
    while (!r->done) {
        duck_chunk chunk = duck->fetch_chunk(r->result);
        if (!chunk) { /* the end, or an error on the way */
            r->done = true;
            return duck->result_error(&r->result) ? duck_fail(duck, &r->result) : OK;
        }
        bool empty = duck->data_chunk_get_size(chunk) == 0;
        error e = empty ? OK : chunk_read(r, chunk, arena, out);
        duck->destroy_data_chunk(&chunk);
        if (e != OK) r->done = true;
        if (!empty) return e;
    }
    return OK;
}

void sql_result_close(struct sql_result *r)
{
    if (!r) return;
    pthread_mutex_lock(&r->engine->lock);
    r->engine->running = NULL;
    pthread_mutex_unlock(&r->engine->lock);
    if (r->executed) r->session.duck->destroy_result(&r->result);
    r->session.duck->destroy_prepare(&r->prepared);
    session_close(&r->session);
    arena_release(&r->arena);
    free(r);
}
