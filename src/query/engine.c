/* The stores of a data directory, and the way of a statement to who runs it. */
#include "query/internal.h"

#include <stdlib.h>
#include <unistd.h>

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
    engine->directory = must_strdup(path);
    engine->account = must_strdup(account);
    engine->region = must_strdup(region);
    return OK;
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
    free(engine->directory);
    free(engine->account);
    free(engine->region);
    free(engine);
}

void query_act_as(struct query_engine *engine, const char *principal)
{
    catalog_act_as(engine->catalog, principal);
}

void query_interrupt(struct query_engine *engine)
{
    if (engine->sql) sql_interrupt(engine->sql);
}

error engine_needed(struct query_engine *engine)
{
    return engine->sql ? OK : sql_open(&(struct sql_options){0}, &engine->sql);
}

error query_run(struct query_engine *engine, const struct query_request *request,
                const struct query_sink *sink, struct arena *arena, struct query_outcome *outcome)
{
    struct query_outcome ignored;
    struct arena own = {0};
    struct query_kind kind;
    struct run run = {.engine = engine, .request = request, .sink = sink,
                      .outcome = outcome ? outcome : &ignored, .arena = arena ? arena : &own,
                      .database = request->database ? request->database : "default"};
    *run.outcome = (struct query_outcome){.updated = -1};
    query_kind_of(span_of(request->text), &kind);
    error e;
    if (kind.hive && !engine->state) {
        e = fail(ERR_UNSUPPORTED, "only a query can be run over stores that are not a data "
                                  "directory's");
    } else if (kind.hive) {
        e = hive_run(&run);
    } else {
        e = trino_run(&run);
    }
    arena_release(&own);
    return e == OK || !engine->directory ? e : locations_told(engine->directory, e);
}
