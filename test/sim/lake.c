/* Jobs over the real local store on the disk that fails (disk.c): one handle, as of one server, that is
 * opened by the first process of a life and closed when none is left, or when the power goes. Between
 * calls processes interleave, die and lose replies as over the simulated lake; inside of a call the disk
 * fails, fills up, or the process dies. What became of a call the oracle sees in the store itself. */
#include "sim.h"

#include <stdlib.h>

static struct object_store *store; /* NULL: closed */

/* ---- a look without faults, at any time ---- */

static bool look(const char *key, struct buffer *out)
{
    struct disk_mood before = disk_calm();
    error e = store->ops->get(store, BUCKET, key, 64 << 20, out);
    disk_mood_set(before);
    if (e != OK && e != ERR_NO_SUCH_KEY) sim_fail("the lake does not give %s: %s", key, error_text());
    return e == OK;
}

/* ---- each call ---- */

static struct process *caller(void)
{
    CHECK(sim.current);
    return sim.current;
}

static enum fate step(const char *what, const char *name)
{
    enum fate fate = sim_step(caller(), what, name);
    disk_process(caller()->dead && fate == FATE_DEAD);
    return fate;
}

/* A call that was made: its process may have died in it, or its reply be lost. */
static error ended(enum fate fate, error e)
{
    if (disk_died()) sim_kill(caller());
    if (caller()->dead) return sim_dead();
    return fate == FATE_LOST && e == OK ? sim_fault() : e;
}

/* Calls `told` when the object has come, or has other bytes than before. */
static void tell(const char *key, bool there, struct buffer *before, void (*told)(const char *, span))
{
    struct buffer now = {0};
    if (look(key, &now) && (!there || !span_equal(buffer_span(&now), buffer_span(before))))
        told(key, arena_span(&sim.memory, buffer_span(&now)));
    buffer_release(&now);
    buffer_release(before);
}

static error lake_put(struct object_store *base, const char *bucket, const char *key, span data,
                      const char *type, struct object_condition condition)
{
    (void)base;
    struct buffer before = {0};
    enum fate fate = step("put", key);
    if (fate == FATE_DEAD) return sim_dead();
    if (fate == FATE_FAULT) return sim_fault();
    bool there = look(key, &before);
    error e = ended(fate, store->ops->put(store, bucket, key, data, type, condition));
    tell(key, there, &before, oracle_put);
    return e;
}

static error lake_get(struct object_store *base, const char *bucket, const char *key, size_t max,
                      struct buffer *out)
{
    (void)base;
    enum fate fate = step("get", key);
    if (fate != FATE_GOOD) return fate == FATE_DEAD ? sim_dead() : sim_fault();
    return ended(fate, store->ops->get(store, bucket, key, max, out));
}

static error lake_head(struct object_store *base, const char *bucket, const char *key,
                       struct arena *arena, struct object_info *out)
{
    (void)base;
    enum fate fate = step("head", key);
    if (fate != FATE_GOOD) return fate == FATE_DEAD ? sim_dead() : sim_fault();
    return ended(fate, store->ops->head(store, bucket, key, arena, out));
}

static error lake_remove(struct object_store *base, const char *bucket, const char *key)
{
    (void)base;
    enum fate fate = step("remove", key);
    if (fate == FATE_DEAD) return sim_dead();
    if (fate == FATE_FAULT) return sim_fault();
    error e = store->ops->remove(store, bucket, key);
    return ended(fate, e);
}

static error lake_list(struct object_store *base, const char *bucket, const char *prefix,
                       const char *after, size_t max, struct arena *arena, struct object_info **out,
                       size_t *count, bool *more)
{
    (void)base;
    enum fate fate = step("list", prefix);
    if (fate != FATE_GOOD) return fate == FATE_DEAD ? sim_dead() : sim_fault();
    if (!sim.calm && max > 3) max = 3; /* short pages */
    return ended(fate, store->ops->list(store, bucket, prefix, after, max, arena, out, count, more));
}

static error lake_upload_begin(struct object_store *base, const char *bucket, const char *key,
                               const char *type, struct upload **out)
{
    (void)base;
    enum fate fate = step("upload_begin", key);
    if (fate != FATE_GOOD) return fate == FATE_DEAD ? sim_dead() : sim_fault();
    error e = store->ops->upload_begin(store, bucket, key, type, out);
    bool begun = e == OK;
    e = ended(fate, e);
    if (begun && e != OK) store->ops->upload_abandon(*out); /* nobody else frees it */
    return e;
}

static error lake_upload_write(struct upload *u, span bytes)
{
    enum fate fate = step("upload_write", "");
    if (fate == FATE_DEAD) return sim_dead();
    if (fate == FATE_FAULT) return sim_fault();
    return ended(fate, store->ops->upload_write(u, bytes));
}

static error lake_upload_finish(struct upload *u, struct arena *arena, const char **token)
{
    enum fate fate = step("upload_finish", "");
    if (fate == FATE_GOOD || fate == FATE_LOST)
        return ended(fate, store->ops->upload_finish(u, arena, token));
    store->ops->upload_abandon(u); /* of a dead process: the file stays */
    return fate == FATE_DEAD ? sim_dead() : sim_fault();
}

static void lake_upload_abandon(struct upload *u)
{
    if (!u) return;
    enum fate fate = step("upload_abandon", "");
    store->ops->upload_abandon(u);
    error ignored = ended(fate, OK);
    (void)ignored;
}

static error lake_upload_complete(struct object_store *base, const char *bucket, const char *key,
                                  const char *token)
{
    (void)base;
    struct buffer before = {0};
    enum fate fate = step("upload_complete", key);
    if (fate == FATE_DEAD) return sim_dead();
    if (fate == FATE_FAULT) return sim_fault();
    bool there = look(key, &before);
    error e = ended(fate, store->ops->upload_complete(store, bucket, key, token));
    tell(key, there, &before, oracle_published);
    return e;
}

static error lake_upload_abort(struct object_store *base, const char *bucket, const char *key,
                               const char *token)
{
    (void)base;
    enum fate fate = step("upload_abort", key);
    if (fate == FATE_DEAD) return sim_dead();
    if (fate == FATE_FAULT) return sim_fault();
    return ended(fate, store->ops->upload_abort(store, bucket, key, token));
}

static error lake_upload_sweep(struct object_store *base, const char *bucket, const char *stem,
                               int64_t before_us, const char *const *keep, size_t keep_count)
{
    (void)base;
    enum fate fate = step("upload_sweep", stem);
    if (fate == FATE_DEAD) return sim_dead();
    if (fate == FATE_FAULT) return sim_fault();
    return ended(fate, store->ops->upload_sweep(store, bucket, stem, before_us, keep, keep_count));
}

static void lake_close_op(struct object_store *base)
{
    (void)base;
}

const struct object_ops sim_lake_ops = {
    .put = lake_put,
    .get = lake_get,
    .head = lake_head,
    .remove = lake_remove,
    .list = lake_list,
    .upload_begin = lake_upload_begin,
    .upload_write = lake_upload_write,
    .upload_finish = lake_upload_finish,
    .upload_abandon = lake_upload_abandon,
    .upload_complete = lake_upload_complete,
    .upload_abort = lake_upload_abort,
    .upload_sweep = lake_upload_sweep,
    .close = lake_close_op,
};

/* ---- lives of the store ---- */

error sim_lake_open(void)
{
    if (store) return OK;
    disk_process(false);
    error e = disk_store_open(&store);
    if (e != OK) store = NULL;
    if (disk_died()) sim_kill(caller());
    return caller()->dead ? sim_dead() : e;
}

void sim_lake_close(bool killed)
{
    if (!store) return;
    disk_process(killed);
    store->ops->close(store);
    store = NULL;
    disk_process(false);
}

void sim_lake_begin(void)
{
    disk_begin();
    struct disk_mood before = disk_calm();
    CHECK(disk_store_open(&store) == OK && object_bucket_create(store, BUCKET, "us-east-1") == OK);
    store->ops->close(store);
    store = NULL;
    disk_settle(false);
    disk_mood_set(before);
}

/* The power goes: every process dies where it is. */
void sim_lake_power(void)
{
    for (int i = 0; i < PROCESSES_MAX; i++)
        if (sim.processes[i].alive && !sim.processes[i].dead) sim_kill(&sim.processes[i]);
    for (int i = 0; i < PROCESSES_MAX; i++)
        while (sim.processes[i].alive) process_resume(&sim.processes[i]);
    sim_lake_close(true);
    disk_settle(true);
}

void sim_lake_lose_staged(void)
{
    if (!store || !sim_chance(500)) return;
    struct disk_mood before = disk_calm();
    sim_say("all staged bytes are lost");
    error e = store->ops->upload_sweep(store, BUCKET, JOB "-", INT64_MAX, NULL, 0);
    if (e != OK) sim_fail("the lake does not sweep: %s", error_text());
    disk_mood_set(before);
}

static void object_load(const char *key)
{
    struct buffer bytes = {0};
    if (look(key, &bytes)) {
        struct sim_object *o = sim_object_place(key);
        o->token = "";
        o->synced = true;
        o->bytes = arena_span(&sim.memory, buffer_span(&bytes));
    }
    buffer_release(&bytes);
}

/* The objects as they are now become those of the simulated lake. */
void sim_lake_load(void)
{
    struct arena arena = {0};
    struct disk_mood before = disk_calm();
    bool more = true, open = store != NULL;
    const char *after = NULL;
    sim.object_count = 0;
    if (!open && disk_store_open(&store) != OK) {
        sim_fail("the lake does not open: %s", error_text());
        more = false;
    }
    if (more && !open && !sim.told && disk_files_staged()) sim_fail("%d orphans are left", disk_files_staged());
    while (more && !sim.failed) {
        struct object_info *infos;
        size_t count;
        if (store->ops->list(store, BUCKET, "", after, 1000, &arena, &infos, &count, &more) != OK) {
            sim_fail("the lake does not list: %s", error_text());
            break;
        }
        for (size_t i = 0; i < count; i++) object_load(after = infos[i].key);
    }
    if (!open) sim_lake_close(false);
    disk_mood_set(before);
    arena_release(&arena);
}

void sim_lake_end(void)
{
    struct disk_mood ignored = disk_calm();
    (void)ignored;
    sim_lake_close(false);
    disk_end();
}
