/* The lake: objects are durable and visible at once, staged bytes are durable when they are finished,
 * and what was not finished dies with its process. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

static struct process *process_of(struct object_store *s)
{
    return ((struct sim_store *)s)->process;
}

struct sim_object *sim_object_find(const char *key)
{
    for (int i = 0; i < sim.object_count; i++)
        if (strcmp(sim.objects[i].key, key) == 0) return &sim.objects[i];
    return NULL;
}

static bool disk_is_full(void)
{
    return !sim.calm && sim.true_us < sim.full_until_us;
}

struct sim_object *sim_object_place(const char *key)
{
    struct sim_object *o = sim_object_find(key);
    if (o) return o;
    if (sim.object_count == sim.object_capacity) {
        sim.object_capacity = sim.object_capacity ? 2 * sim.object_capacity : 64;
        sim.objects = must_realloc(sim.objects, (size_t)sim.object_capacity * sizeof *sim.objects);
    }
    o = &sim.objects[sim.object_count++];
    *o = (struct sim_object){.key = arena_text(&sim.memory, span_of(key))};
    return o;
}

static error object_put(struct object_store *base, const char *bucket, const char *key, span data,
                        const char *content_type, struct object_condition condition)
{
    (void)content_type;
    enum fate fate = sim_step(process_of(base), "put", key);
    if (fate == FATE_DEAD) return sim_dead();
    if (fate == FATE_FAULT) return sim_fault();
    if (strcmp(bucket, BUCKET) != 0) sim_fail("a put into bucket %s", bucket);
    if (disk_is_full()) return fail(ERR_NO_SPACE, "no space");
    bool fenced = condition.if_absent && sim_object_find(key) && sim.plant != PLANT_NO_FENCE;
    if (!fenced) {
        struct sim_object *o = sim_object_place(key);
        o->token = "";
        o->bytes = arena_span(&sim.memory, data);
        o->synced = true;
        oracle_put(key, o->bytes);
    }
    /* A client that tries again after a lost reply finds its own object. */
    if (fate == FATE_LOST && !process_of(base)->dead && condition.if_absent && sim_chance(300))
        fenced = true;
    else if (fate == FATE_LOST)
        return sim_fault();
    return fenced ? fail(ERR_PRECONDITION, "the object exists") : OK;
}

static error object_get(struct object_store *base, const char *bucket, const char *key, size_t max,
                        struct buffer *out)
{
    (void)bucket;
    (void)max;
    enum fate fate = sim_step(process_of(base), "get", key);
    if (fate != FATE_GOOD) return fate == FATE_DEAD ? sim_dead() : sim_fault();
    const struct sim_object *o = sim_object_find(key);
    if (!o) return fail(ERR_NO_SUCH_KEY, "no object %s", key);
    buffer_append_span(out, o->bytes);
    return OK;
}

static error object_get_range(struct object_store *base, const char *bucket, const char *key,
                              int64_t offset, size_t length, struct buffer *out)
{
    (void)bucket;
    enum fate fate = sim_step(process_of(base), "get_range", key);
    if (fate != FATE_GOOD) return fate == FATE_DEAD ? sim_dead() : sim_fault();
    const struct sim_object *o = sim_object_find(key);
    if (!o) return fail(ERR_NO_SUCH_KEY, "no object %s", key);
    size_t at = offset < 0 ? o->bytes.size - (size_t)-offset : (size_t)offset;
    if (at < o->bytes.size)
        buffer_append(out, o->bytes.data + at, o->bytes.size - at < length ? o->bytes.size - at : length);
    return OK;
}

static error object_head(struct object_store *base, const char *bucket, const char *key,
                         struct arena *arena, struct object_info *out)
{
    (void)bucket;
    enum fate fate = sim_step(process_of(base), "head", key);
    if (fate != FATE_GOOD) return fate == FATE_DEAD ? sim_dead() : sim_fault();
    const struct sim_object *o = sim_object_find(key);
    if (!o) return fail(ERR_NO_SUCH_KEY, "no object %s", key);
    *out = (struct object_info){.key = arena_text(arena, span_of(key)),
                                .size = (int64_t)o->bytes.size, .etag = "", .content_type = ""};
    return OK;
}

static error object_remove_op(struct object_store *base, const char *bucket, const char *key)
{
    (void)bucket;
    enum fate fate = sim_step(process_of(base), "remove", key);
    if (fate == FATE_DEAD) return sim_dead();
    if (fate == FATE_FAULT) return sim_fault();
    struct sim_object *o = sim_object_find(key);
    if (o) *o = sim.objects[--sim.object_count];
    return fate == FATE_LOST ? sim_fault() : OK;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct object_info *)a)->key, ((const struct object_info *)b)->key);
}

static error object_list_op(struct object_store *base, const char *bucket, const char *prefix,
                            const char *after, size_t max, struct arena *arena,
                            struct object_info **out, size_t *count, bool *more)
{
    (void)bucket;
    enum fate fate = sim_step(process_of(base), "list", prefix);
    if (fate != FATE_GOOD) return fate == FATE_DEAD ? sim_dead() : sim_fault();
    *out = ARENA_ARRAY(arena, struct object_info, (size_t)sim.object_count);
    *count = 0;
    for (int i = 0; i < sim.object_count; i++) {
        const struct sim_object *o = &sim.objects[i];
        if (!span_starts(span_of(o->key), prefix) || (after && strcmp(o->key, after) <= 0)) continue;
        (*out)[(*count)++] = (struct object_info){.key = arena_text(arena, span_of(o->key)),
                                                  .size = (int64_t)o->bytes.size};
    }
    qsort(*out, *count, sizeof **out, by_key);
    if (!sim.calm && max > 3) max = 3; /* short pages */
    *more = *count > max;
    if (*more) *count = max;
    return OK;
}

/* ---- staged writing ---- */

static void upload_unlink(struct upload *u)
{
    struct upload **at = &sim.uploads;
    while (*at != u) at = &(*at)->next;
    *at = u->next;
    buffer_release(&u->bytes);
    free(u->key);
    free(u);
}

void sim_uploads_drop(const struct process *p)
{
    for (struct upload *u = sim.uploads, *next; u; u = next) {
        next = u->next;
        if (!p || (u->owner == p && !u->finished)) upload_unlink(u);
    }
}

/* Staged bytes disappear: removed by hand, expired. */
void sim_lose_staged(void)
{
    if (sim.on_disk) sim_lake_lose_staged();
    for (struct upload *u = sim.uploads, *next; u; u = next) {
        next = u->next;
        if (u->finished && sim_chance(500)) {
            sim_say("staged bytes of %s are lost (%s)", u->key, u->token);
            upload_unlink(u);
        }
    }
}

static struct upload *upload_find(const char *key, const char *token)
{
    for (struct upload *u = sim.uploads; u; u = u->next)
        if (u->finished && strcmp(u->token, token) == 0 && strcmp(u->key, key) == 0) return u;
    return NULL;
}

static error upload_begin(struct object_store *base, const char *bucket, const char *key,
                          const char *content_type, struct upload **out)
{
    (void)bucket, (void)content_type;
    enum fate fate = sim_step(process_of(base), "upload_begin", key);
    if (fate == FATE_DEAD) return sim_dead();
    if (fate != FATE_GOOD) return sim_fault();
    struct upload *u = must_calloc(1, sizeof *u);
    *u = (struct upload){.next = sim.uploads, .owner = process_of(base), .key = must_strdup(key),
                         .began_us = world->now_us()};
    snprintf(u->token, sizeof u->token, "t%d", ++sim.token_count);
    sim.uploads = u;
    *out = u;
    return OK;
}

static error upload_write(struct upload *u, span bytes)
{
    enum fate fate = sim_step(u->owner, "upload_write", u->token);
    if (fate == FATE_DEAD) return sim_dead();
    if (fate == FATE_FAULT) return sim_fault();
    if (disk_is_full()) return fail(ERR_NO_SPACE, "no space");
    buffer_append_span(&u->bytes, bytes);
    return fate == FATE_LOST ? sim_fault() : OK;
}

static error upload_finish(struct upload *u, struct arena *arena, const char **token)
{
    enum fate fate = sim_step(u->owner, "upload_finish", u->token);
    if (fate == FATE_DEAD) return sim_dead(); /* dropped when its process has ended */
    bool full = disk_is_full();
    if (fate == FATE_FAULT || full) {
        upload_unlink(u);
        return full ? fail(ERR_NO_SPACE, "no space") : sim_fault();
    }
    u->finished = true;
    *token = arena_text(arena, span_of(u->token));
    return fate == FATE_LOST ? sim_fault() : OK;
}

static void upload_abandon(struct upload *u)
{
    if (sim_step(u->owner, "upload_abandon", u->token) != FATE_DEAD) upload_unlink(u);
}

static error upload_complete(struct object_store *base, const char *bucket, const char *key,
                             const char *token)
{
    (void)bucket;
    enum fate fate = sim_step(process_of(base), "upload_complete", key);
    if (fate == FATE_DEAD) return sim_dead();
    if (fate == FATE_FAULT) return sim_fault();
    struct upload *u = upload_find(key, token);
    struct sim_object *o = sim_object_find(key);
    if (!u && !(o && strcmp(o->token, token) == 0))
        return fail(ERR_NO_SUCH_UPLOAD, "no upload %s of %s", token, key);
    if (u) {
        o = sim_object_place(key);
        o->token = arena_text(&sim.memory, span_of(token));
        o->bytes = arena_span(&sim.memory, buffer_span(&u->bytes));
        o->synced = sim.plant != PLANT_NO_SYNC;
        upload_unlink(u);
        oracle_published(key, o->bytes);
    }
    return fate == FATE_LOST ? sim_fault() : OK;
}

static error upload_abort(struct object_store *base, const char *bucket, const char *key,
                          const char *token)
{
    (void)bucket;
    enum fate fate = sim_step(process_of(base), "upload_abort", token);
    if (fate == FATE_DEAD) return sim_dead();
    if (fate == FATE_FAULT) return sim_fault();
    struct upload *u = upload_find(key, token);
    if (!u) return fail(ERR_NO_SUCH_UPLOAD, "no upload %s of %s", token, key);
    upload_unlink(u);
    return fate == FATE_LOST ? sim_fault() : OK;
}

static bool is_kept(const char *token, const char *const *keep, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(keep[i], token) == 0) return true;
    return false;
}

static error upload_sweep(struct object_store *base, const char *bucket, const char *stem,
                          int64_t before_us, const char *const *keep, size_t keep_count)
{
    (void)bucket;
    enum fate fate = sim_step(process_of(base), "upload_sweep", stem);
    if (fate == FATE_DEAD) return sim_dead();
    if (fate == FATE_FAULT) return sim_fault();
    for (struct upload *u = sim.uploads, *next; u; u = next) {
        next = u->next;
        const char *slash = strrchr(u->key, '/');
        if (u->finished && u->began_us < before_us && span_starts(span_of(slash + 1), stem) &&
            !is_kept(u->token, keep, keep_count))
            upload_unlink(u);
    }
    return fate == FATE_LOST ? sim_fault() : OK;
}

static error object_local_path(struct object_store *base, const char *bucket, const char *key,
                               struct arena *arena, const char **path)
{
    (void)bucket;
    enum fate fate = sim_step(process_of(base), "local_path", key);
    if (fate != FATE_GOOD) return fate == FATE_DEAD ? sim_dead() : sim_fault();
    *path = arena_text(arena, span_of(key)); /* for table_write_files of compact.c alone */
    return sim_object_find(key) ? OK : fail(ERR_NO_SUCH_KEY, "no object %s", key);
}

static void object_close(struct object_store *base)
{
    (void)base;
}

const struct object_ops sim_object_ops = {
    .put = object_put,
    .get = object_get,
    .get_range = object_get_range,
    .head = object_head,
    .remove = object_remove_op,
    .list = object_list_op,
    .upload_begin = upload_begin,
    .upload_write = upload_write,
    .upload_finish = upload_finish,
    .upload_abandon = upload_abandon,
    .upload_complete = upload_complete,
    .upload_abort = upload_abort,
    .upload_sweep = upload_sweep,
    .local_path = object_local_path,
    .close = object_close,
};
