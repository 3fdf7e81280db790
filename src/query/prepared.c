/* PREPARE, EXECUTE and DEALLOCATE: statements kept with a work group, the same that Athena's API
 * keeps (state: athena-prepared, WORKGROUP/NAME). */
#include "query/internal.h"

static struct state_key key_of(struct run *run, const char *name)
{
    const char *group = run->request->work_group ? run->request->work_group : "primary";
    return (struct state_key){run->engine->account, run->engine->region, "athena-prepared",
                              arena_printf(run->arena, "%s/%s", group, name)};
}

error prepare(struct run *run, const struct dialect_statement *s)
{
    const char *group = run->request->work_group ? run->request->work_group : "primary";
    json_t *document = json_pack("{s:s, s:s, s:s, s:o}", "StatementName", s->target.name,
                                 "QueryStatement", s->query_text, "WorkGroupName", group,
                                 "LastModifiedTime", json_timestamp(now_us()));
    error e = state_put_one(run->engine->state, key_of(run, s->target.name), document);
    json_decref(document);
    return e;
}

error execute(struct run *run, const struct dialect_statement *s)
{
    json_t *document;
    error e = state_get_one(run->engine->state, key_of(run, s->target.name), &document);
    if (e == ERR_NOT_FOUND)
        return fail(e, "NOT_FOUND: Prepared statement not found: %s", s->target.name);
    if (e != OK) return e;
    struct query_request request = *run->request;
    struct run inner = *run;
    request.text = arena_text(run->arena, span_of(json_text(document, "QueryStatement")));
    request.parameters = s->parameters;
    request.parameter_count = (size_t)s->parameter_count;
    inner.request = &request;
    json_decref(document);
    return trino_run(&inner);
}

error deallocate(struct run *run, const struct dialect_statement *s)
{
    struct state_txn *txn;
    TRY(state_begin(run->engine->state, true, &txn));
    error e = state_delete(txn, key_of(run, s->target.name));
    if (e == OK) return state_commit(txn);
    state_abort(txn);
    return e == ERR_NOT_FOUND
               ? fail(e, "NOT_FOUND: Prepared statement not found: %s", s->target.name)
               : e;
}
