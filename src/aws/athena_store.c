/* Documents of queries. */
#include "aws/athena_runner.h"

static const char kind_query[] = "athena-query", kind_history[] = "athena-history",
                  kind_unfinished[] = "athena-unfinished";

enum { FORGET_AT_ONCE = 20 };
#define HISTORY_US (45 * 24 * 60 * 60 * (int64_t)US_PER_SECOND) /* as Athena keeps it */

static struct state_key key_of(struct query_key k)
{
    return (struct state_key){k.account, k.region, kind_query, k.id};
}

struct state_key query_token_key(struct query_key k, const char *token)
{
    return (struct state_key){k.account, k.region, "athena-token", token};
}

error query_get(struct state_txn *txn, struct query_key k, json_t **out)
{
    return state_get(txn, key_of(k), out);
}

error query_put(struct state_txn *txn, struct query_key k, const json_t *document)
{
    return state_put(txn, key_of(k), document);
}

const char *query_state(const json_t *document)
{
    return json_text(json_object_get(json_object_get(document, "Execution"), "Status"), "State");
}

static bool has_ended(const char *state)
{
    return strcmp(state, "QUEUED") != 0 && strcmp(state, "RUNNING") != 0;
}

bool query_change(json_t *document, const char *state, const char *reason)
{
    json_t *status = json_object_get(json_object_get(document, "Execution"), "Status");
    if (has_ended(json_text(status, "State"))) return false;
    json_object_set_new(status, "State", json_string(state));
    if (reason) json_object_set_new(status, "StateChangeReason", json_string(reason));
    if (has_ended(state))
        json_object_set_new(status, "CompletionDateTime", json_timestamp(now_us()));
    return true;
}

/* ---- the history's end ---- */

struct forgetting {
    struct state_txn *txn;
    struct query_key of;
    int left;
    error e;
};

static error gone(error e)
{
    return e == ERR_NOT_FOUND ? OK : e;
}

/* A query with its result's place, its token and its line of the history. */
static error query_forget(struct state_txn *txn, struct query_key k, const char *place)
{
    json_t *document;
    error e = query_get(txn, k, &document);
    if (e == OK) {
        const char *token = json_text(document, "Token");
        if (token) e = gone(state_delete(txn, query_token_key(k, token)));
        if (e == OK) e = state_delete(txn, key_of(k));
        json_decref(document);
    }
    TRY(gone(e));
    return gone(state_delete(txn, (struct state_key){k.account, k.region, kind_history, place}));
}

static bool forget_one(void *context, const char *place, json_t *nothing)
{
    struct forgetting *f = context;
    (void)nothing;
    f->e = query_forget(f->txn,
                        (struct query_key){f->of.account, f->of.region, strrchr(place, '/') + 1},
                        place);
    return f->e == OK && --f->left > 0;
}

static const char *history_place(struct arena *arena, const char *group, int64_t us)
{
    return arena_printf(arena, "%s/%020lld/", group, (long long)(INT64_MAX - us));
}

/* Of a work group's queries that are too old a few at a time: each new one takes more than one. */
static error history_forget(struct state_txn *txn, struct query_key k, const char *group,
                            struct arena *arena)
{
    struct forgetting f = {.txn = txn, .of = k, .left = FORGET_AT_ONCE};
    const char *prefix = arena_printf(arena, "%s/", group);
    const char *after = history_place(arena, group, now_us() - HISTORY_US);
    TRY(state_scan(txn, (struct state_key){k.account, k.region, kind_history, prefix}, after,
                   forget_one, &f));
    return f.e;
}

error query_begin(struct state_txn *txn, struct query_key k, const json_t *document)
{
    struct arena arena = {0};
    json_t *nothing = json_object();
    json_t *whose = json_pack("{s:s, s:s}", "Account", k.account, "Region", k.region);
    const char *group = json_text(json_object_get(document, "Execution"), "WorkGroup");
    const char *place = arena_printf(&arena, "%s%s", history_place(&arena, group, now_us()), k.id);
    error e = history_forget(txn, k, group, &arena);
    if (e == OK) e = query_put(txn, k, document);
    if (e == OK)
        e = state_put(txn, (struct state_key){k.account, k.region, kind_history, place}, nothing);
    if (e == OK && !has_ended(query_state(document)))
        e = state_put(txn, (struct state_key){"-", "-", kind_unfinished, k.id}, whose);
    json_decref(nothing);
    json_decref(whose);
    arena_release(&arena);
    return e;
}

error query_finish(struct state_txn *txn, struct query_key k, const json_t *document)
{
    TRY(query_put(txn, k, document));
    error e = state_delete(txn, (struct state_key){"-", "-", kind_unfinished, k.id});
    return e == ERR_NOT_FOUND ? OK : e;
}

static bool take_one(void *context, const char *name, json_t *document)
{
    json_object_set(context, name, document);
    return true;
}

error query_unfinished(struct state *state, json_t **out)
{
    struct state_txn *txn;
    TRY(state_begin(state, false, &txn));
    *out = json_object();
    error e = state_scan(txn, (struct state_key){"-", "-", kind_unfinished, ""}, NULL, take_one,
                         *out);
    state_abort(txn);
    if (e != OK) json_decref(*out);
    return e;
}
