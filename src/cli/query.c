/* A statement's text -> the tables it names -> their files, from catalog and object store -> rows. */
#include "cli/query.h"

#include "catalog/catalog.h"
#include "object/object.h"
#include "sql/sql.h"
#include "state/state.h"
#include "table/table.h"

#include <stdlib.h>
#include <unistd.h>

struct query_engine {
    struct state *state;
    struct object_store *objects, *own_objects; /* own ones are closed with the engine */
    struct catalog *catalog, *own_catalog;
    struct sql_engine *sql;
};

static error open_parts(struct query_engine *engine, struct arena *arena, const char *path,
                        const char *account, const char *region)
{
    const char *state = arena_printf(arena, "%s/state", path);
    if (access(state, F_OK) != 0)
        return fail(ERR_NOT_FOUND, "%s holds no tables (no `sluice up' has served it yet)", path);
    TRY(state_open(state, &engine->state));
    TRY(catalog_open_local(engine->state, account, region, &engine->own_catalog));
    TRY(object_open_local(arena_printf(arena, "%s/objects", path), &engine->own_objects));
    engine->catalog = engine->own_catalog;
    engine->objects = engine->own_objects;
    return sql_open(&(struct sql_options){0}, &engine->sql);
}

error query_open(const char *path, const char *account, const char *region,
                 struct query_engine **out)
{
    struct query_engine *engine = must_calloc(1, sizeof *engine);
    struct arena arena = {0};
    error e = open_parts(engine, &arena, path, account, region);
    arena_release(&arena);
    if (e == OK) *out = engine;
    else query_close(engine);
    return e;
}

error query_open_over(struct catalog *catalog, struct object_store *objects, bool copies,
                      struct query_engine **out)
{
    struct query_engine *engine = must_calloc(1, sizeof *engine);
    engine->catalog = catalog;
    error e = copies ? object_open_copies(objects, &engine->own_objects) : OK;
    engine->objects = engine->own_objects ? engine->own_objects : objects;
    if (e == OK) e = sql_open(&(struct sql_options){0}, &engine->sql);
    if (e == OK) *out = engine;
    else query_close(engine);
    return e;
}

void query_close(struct query_engine *engine)
{
    if (engine->sql) sql_close(engine->sql);
    if (engine->own_objects) engine->own_objects->ops->close(engine->own_objects);
    if (engine->own_catalog) engine->own_catalog->ops->close(engine->own_catalog);
    if (engine->state) state_close(engine->state);
    free(engine);
}

void query_act_as(struct query_engine *engine, const char *principal)
{
    catalog_act_as(engine->catalog, principal);
}

static error find_tables(struct query_engine *engine, struct arena *arena, const char *text,
                         const char *database, struct sql_table **tables, size_t *count)
{
    struct sql_name *names;
    TRY(sql_tables(engine->sql, text, arena, &names, count));
    *tables = ARENA_ARRAY(arena, struct sql_table, *count + 1);
    for (size_t i = 0; i < *count; i++) {
        const char *in = names[i].database ? names[i].database : database;
        TRY(catalog_require(engine->catalog, PERMISSION_SELECT, in, names[i].table));
        TRY(table_scan(engine->catalog, engine->objects, arena, in, names[i].table, &(*tables)[i]));
    }
    return OK;
}

static error send_rows(struct sql_result *result, const struct query_sink *sink)
{
    struct arena arena = {0};
    const struct batch *batch;
    error e;
    sink->columns(sink->context, sql_result_schema(result));
    while ((e = sql_result_next(result, &arena, &batch)) == OK && batch) {
        sink->rows(sink->context, batch);
        arena_reset(&arena);
    }
    arena_release(&arena);
    return e;
}

error query_run(struct query_engine *engine, const char *text, const char *database,
                const struct query_sink *sink)
{
    struct arena arena = {0};
    struct sql_table *tables;
    struct sql_result *result;
    size_t count;
    error e = find_tables(engine, &arena, text, database, &tables, &count);
    if (e == OK) e = sql_query(engine->sql, text, tables, count, database, &result);
    if (e == OK) {
        e = send_rows(result, sink);
        sql_result_close(result);
    }
    arena_release(&arena);
    return e;
}
