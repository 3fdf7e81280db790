/* The local object store: buckets and objects as the index tells them. The protocol between index
 * and files is described in internal.h; what writes is in stage.c. */
#include "object/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

struct state_key record_key(const char *kind, const char *name)
{
    return (struct state_key){kind, "", "", name};
}

struct state_key object_state_key(const char *bucket, const char *key)
{
    return (struct state_key){"object", bucket, "", key};
}

/* ---- index entries ---- */

error bucket_read(struct state_txn *t, const char *bucket, json_t **out)
{
    TRY(bucket_name_check(bucket));
    error e = state_get(t, record_key("bucket", bucket), out);
    if (e == ERR_NOT_FOUND)
        return fail(ERR_NO_SUCH_BUCKET, "The specified bucket does not exist: %s", bucket);
    return e;
}

error bucket_require(struct state_txn *t, const char *bucket)
{
    json_t *document;
    TRY(bucket_read(t, bucket, &document));
    json_decref(document);
    return OK;
}

error entry_from(json_t *document, const char *bucket, const char *key, struct entry *out)
{
    *out = (struct entry){
        .document = document,
        .path = json_text(document, "path"),
        .token = json_text(document, "token"),
        .etag = json_text(document, "etag"),
        .type = json_text(document, "type"),
        .size = json_integer_or(document, "size", -1),
        .modified_us = json_integer_or(document, "modified", 0),
    };
    if (json_is_set(document, "marker")) return OK;
    if (out->path && out->token && out->etag && out->size >= 0) return OK;
    entry_release(out);
    return fail(ERR_CORRUPT, "object index: incomplete entry of %s in %s", key, bucket);
}

error entry_read_any(struct state_txn *t, const char *bucket, const char *key, struct entry *out)
{
    json_t *document;
    *out = (struct entry){0};
    TRY(object_key_check(key));
    error e = state_get(t, object_state_key(bucket, key), &document);
    if (e == ERR_NOT_FOUND) return OK;
    return e == OK ? entry_from(document, bucket, key, out) : e;
}

error entry_read(struct state_txn *t, const char *bucket, const char *key, struct entry *out)
{
    TRY(entry_read_any(t, bucket, key, out));
    if (out->document && !json_is_set(out->document, "marker")) return OK;
    entry_release(out);
    return fail(ERR_NO_SUCH_KEY, "The specified key does not exist: %s", key);
}

void entry_release(struct entry *e)
{
    json_decref(e->document);
    *e = (struct entry){0};
}

/* ---- file work left by commits ---- */

struct todo {
    const char *token, *path;
    bool drop, young;
};

struct todo_list {
    struct arena *arena;
    struct buffer todos; /* struct todo each */
    bool more;           /* than are done at once */
};

static bool todo_collect(void *context, const char *token, json_t *document)
{
    enum { AT_ONCE = 256 }; /* the rest is the next writer's */
    struct todo_list *list = context;
    const char *path = json_text(document, "path");
    if (!path || !strchr(path, '/')) return true;
    struct todo todo = {arena_text(list->arena, span_of(token)),
                        arena_text(list->arena, span_of(path)), json_is_set(document, "drop"),
                        json_is_set(document, "young")};
    list->more = list->todos.size == AT_ONCE * sizeof todo;
    if (!list->more) buffer_append(&list->todos, &todo, sizeof todo);
    return !list->more;
}

/* Once in this process, while the record of a drop waits for another commit to go with: the path
 * may be someone's by then, if only of a file put there by hand. */
static void drop_once(struct local *l, const struct todo *todo, struct todo_outcome *outcome)
{
    for (int i = 0; i < DROPPED_MAX; i++)
        if (strcmp(l->dropped[i], todo->token) == 0) return;
    if (place_drop(l, todo->token, todo->path)) outcome->pressing = true;
    snprintf(l->dropped[l->dropped_next++ % DROPPED_MAX], TOKEN_SIZE + 1, "%s", todo->token);
}

/* The file work itself. What fails is left for the next: the object stays readable where it is
 * staged. */
static bool todo_do(struct local *l, const struct todo *todo, struct todo_outcome *outcome)
{
    if (todo->drop) drop_once(l, todo, outcome);
    else if (place_move(l, todo->token, todo->path) != OK) {
        log_line(LOG_WARN, "object", "left for later: %s", error_text());
        return false;
    }
    return true;
}

/* A move's record may go once its rename is durable; a small object's is without (young.c). */
static bool todo_sync(struct local *l, const struct todo *todo, struct buffer *synced)
{
    if (todo->drop || todo->young) return true;
    error e = place_sync(l, todo->path, synced);
    return e == OK || e == ERR_NOT_FOUND; /* not found: someone removed the folder by hand */
}

static error todos_finish(struct local *l, struct state_txn *t, const struct todo *todos,
                          size_t count, bool sync, struct todo_outcome *outcome)
{
    struct buffer synced = {0};
    struct arena arena = {0};
    bool *done = ARENA_ARRAY(&arena, bool, count);
    error e = OK;
    for (size_t i = 0; i < count; i++) done[i] = todo_do(l, &todos[i], outcome);
    for (size_t i = 0; i < count; i++) { /* looked at last: a drop may have cleared the way */
        enum obstacle found = done[i] ? PATH_TAKEN : place_look(l, todos[i].path);
        outcome->left |= found != PATH_TAKEN && found != PATH_BLOCKED;
    }
    for (size_t i = 0; i < count && e == OK; i++)
        if (done[i] && (todos[i].drop || todos[i].young || sync) && todo_sync(l, &todos[i], &synced))
            e = state_delete(t, record_key("todo", todos[i].token));
    buffer_release(&synced);
    arena_release(&arena);
    return e;
}

/* Syncing folders costs flushes of the disk, so that is done for many moves together. */
error todo_finish(struct local *l, struct state_txn *t, bool all, struct todo_outcome *outcome)
{
    enum { SYNC_AT = DROPPED_MAX };
    struct arena arena = {0};
    struct todo_list list = {.arena = &arena};
    error e = state_scan(t, record_key("todo", ""), NULL, todo_collect, &list);
    size_t count = list.todos.size / sizeof(struct todo);
    *outcome = (struct todo_outcome){.left = list.more, .pressing = all || count >= SYNC_AT};
    if (e == OK)
        e = todos_finish(l, t, (const struct todo *)(const void *)list.todos.data, count,
                         outcome->pressing, outcome);
    buffer_release(&list.todos);
    arena_release(&arena);
    return e;
}

error todo_add(struct state_txn *t, const char *token, const char *path, enum todo_kind kind)
{
    json_t *document = json_pack("{s:s}", "path", path);
    CHECK(document);
    if (kind != TODO_MOVE)
        json_object_set_new(document, kind == TODO_DROP ? "drop" : "young", json_true());
    error e = state_put(t, record_key("todo", token), document);
    json_decref(document);
    return e;
}

void todo_settle(struct local *l, bool all)
{
    struct state_txn *t;
    error e = state_begin(l->index, true, &t);
    if (e == OK) {
        struct todo_outcome outcome;
        e = todo_finish(l, t, all, &outcome);
        if (e == OK && outcome.pressing) e = state_commit(t);
        else state_abort(t);
    }
    if (e != OK) log_line(LOG_WARN, "object", "left for later: %s", error_text());
}

/* A power failure may bring back what stood at a path before the move to it: nobody must read that. */
static error move_check(const struct local *l, const struct todo *todo)
{
    struct buffer path = {0};
    struct world_stat st;
    bool staged = world->stat(staging_full(l, todo->token, &path), &st) == 0 || errno != ENOENT;
    enum obstacle found = staged ? place_look(l, todo->path) : PATH_FREE;
    buffer_release(&path);
    if (found != PATH_TAKEN && found != PATH_UNSEEN) return OK;
    return fail(ERR_IO, "the object at %s/%s could not be moved there", l->folder, todo->path);
}

/* At open, when all has been done that could be. */
static error moves_check(struct local *l)
{
    struct arena arena = {0};
    struct todo_list list = {.arena = &arena};
    struct state_txn *t;
    TRY(state_begin(l->index, false, &t));
    error e = state_scan(t, record_key("todo", ""), NULL, todo_collect, &list);
    state_abort(t);
    const struct todo *todos = (const struct todo *)(const void *)list.todos.data;
    for (size_t i = 0; e == OK && i < list.todos.size / sizeof *todos; i++)
        if (!todos[i].drop) e = move_check(l, &todos[i]);
    buffer_release(&list.todos);
    arena_release(&arena);
    return e;
}

/* ---- reading ---- */

/* The entry as it is now. */
static error entry_find(struct local *l, const char *bucket, const char *key, struct entry *out)
{
    struct state_txn *t;
    TRY(state_begin(l->index, false, &t));
    error e = bucket_require(t, bucket);
    if (e == OK) e = entry_read(t, bucket, key, out);
    state_abort(t);
    return e;
}

/* Something else may stand in the way of the path, or at it: a file or folder put there by hand, or
 * one that came back when the power went before its removal was durable. */
static bool is_folder(const struct local *l, const char *path)
{
    struct buffer full = {0};
    struct world_stat st;
    bool found = world->stat(place_full(l, path, &full), &st) == 0 && st.is_folder;
    buffer_release(&full);
    return found;
}

int entry_open(struct local *l, const struct entry *entry)
{
    char staged[sizeof ".staging/" + TOKEN_SIZE];
    int file = world->open_beneath(l->folder, entry->path, O_RDONLY);
    if (file >= 0 && is_folder(l, entry->path)) {
        world->close(file);
        file = -1;
        errno = ENOTDIR;
    }
    if (file >= 0 || (errno != ENOENT && errno != ENOTDIR)) return file;
    if (strlen(entry->token) != TOKEN_SIZE) return -1;
    strcpy(staged, ".staging/");
    strcat(staged, entry->token);
    return world->open_beneath(l->folder, staged, O_RDONLY);
}

/* Opens the object's file. Between reading the entry and opening its file the object may be
 * overwritten or moved into place; then the entry is read again. */
static error object_open_file(struct local *l, const char *bucket, const char *key,
                              struct entry *entry, int *file)
{
    enum { SAME_MAX = 3 };
    char last[TOKEN_SIZE + 1] = "";
    for (int same = 0; same < SAME_MAX;) {
        TRY(entry_find(l, bucket, key, entry));
        *file = entry_open(l, entry);
        if (*file >= 0) return OK;
        error e = errno == ENOENT ? OK : fail_errno("open %s/%s", l->folder, entry->path);
        same = strcmp(last, entry->token) == 0 ? same + 1 : 0;
        snprintf(last, sizeof last, "%s", entry->token);
        entry_release(entry);
        TRY(e);
    }
    return fail(ERR_CORRUPT, "the file of object %s in bucket %s is missing", key, bucket);
}

static error file_read(int file, const char *key, int64_t offset, size_t length, struct buffer *out)
{
    buffer_reserve(out, length);
    while (length) {
        int64_t n = world->read(file, out->data + out->size, length, offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("read object %s", key);
        if (n == 0)
            return fail(ERR_CORRUPT, "the file of object %s is shorter than it was put", key);
        out->size += (size_t)n;
        offset += n;
        length -= (size_t)n;
    }
    return OK;
}

static error local_get(struct object_store *s, const char *bucket, const char *key, size_t max,
                       struct buffer *out)
{
    struct entry entry;
    int file;
    TRY(object_open_file(local_of(s), bucket, key, &entry, &file));
    error e = (uint64_t)entry.size > max
                  ? fail(ERR_TOO_LARGE, "object %s has %lld bytes, more than %zu", key,
                         (long long)entry.size, max)
                  : file_read(file, key, 0, (size_t)entry.size, out);
    world->close(file);
    entry_release(&entry);
    return e;
}

static error local_get_range(struct object_store *s, const char *bucket, const char *key,
                             int64_t offset, size_t length, struct buffer *out)
{
    struct entry entry;
    int file;
    TRY(object_open_file(local_of(s), bucket, key, &entry, &file));
    if (offset < 0) offset = entry.size + offset > 0 ? entry.size + offset : 0;
    if (offset > entry.size) offset = entry.size;
    if (length > (uint64_t)(entry.size - offset)) length = (size_t)(entry.size - offset);
    error e = file_read(file, key, offset, length, out);
    world->close(file);
    entry_release(&entry);
    return e;
}

static error local_head(struct object_store *s, const char *bucket, const char *key,
                        struct arena *arena, struct object_info *out)
{
    struct entry entry;
    TRY(entry_find(local_of(s), bucket, key, &entry));
    *out = (struct object_info){
        .key = arena_text(arena, span_of(key)),
        .size = entry.size,
        .modified_us = entry.modified_us,
        .etag = arena_text(arena, span_of(entry.etag)),
        .content_type = arena_text(arena, span_of(entry.type)),
    };
    entry_release(&entry);
    return OK;
}

static error local_list(struct object_store *s, const char *bucket, const char *prefix,
                        const char *after, size_t max, struct arena *arena,
                        struct object_info **out, size_t *count, bool *more)
{
    struct object_query query = {.prefix = prefix ? prefix : "", .after = after, .max = max,
                                 .paths = true};
    struct object_page page;
    TRY(object_list(s, LIST_OBJECTS, bucket, &query, arena, &page));
    *out = ARENA_ARRAY(arena, struct object_info, page.count);
    for (size_t i = 0; i < page.count; i++) (*out)[i] = page.items[i].version.info;
    *count = page.count;
    *more = page.more;
    return OK;
}

static error local_path(struct object_store *s, const char *bucket, const char *key,
                        struct arena *arena, const char **path)
{
    struct local *l = local_of(s);
    struct entry entry;
    int file;
    struct world_stat st;
    TRY(object_open_file(l, bucket, key, &entry, &file));
    world->close(file);
    *path = arena_printf(arena, "%s/%s", l->folder, entry.path);
    /* Not moved into place yet, by a process that died perhaps: do it, or name it as it is. */
    if ((world->stat(*path, &st) != 0 || !st.is_file) &&
        place_move(l, entry.token, entry.path) != OK)
        *path = arena_printf(arena, "%s/.staging/%s", l->folder, entry.token);
    entry_release(&entry);
    return OK;
}

static error local_remove(struct object_store *s, const char *bucket, const char *key)
{
    struct arena arena = {0};
    struct object_version removed;
    error e = object_remove(s, bucket, key, NULL, &arena, &removed);
    arena_release(&arena);
    return e;
}

/* ---- buckets ---- */

static error bucket_create_in(struct state_txn *t, const char *bucket, const char *region)
{
    error e = bucket_require(t, bucket);
    if (e == OK)
        return fail(ERR_BUCKET_EXISTS, "Your previous request to create the named bucket succeeded "
                                       "and you already own it: %s", bucket);
    if (e != ERR_NO_SUCH_BUCKET) return e;
    json_t *document = json_pack("{s:s, s:I}", "region", region ? region : "", "created",
                                 (json_int_t)now_us());
    CHECK(document);
    e = state_put(t, record_key("bucket", bucket), document);
    json_decref(document);
    return e;
}

error object_bucket_create(struct object_store *s, const char *bucket, const char *region)
{
    struct local *l = local_of(s);
    struct buffer path = {0};
    struct state_txn *t;
    TRY(state_begin(l->index, true, &t));
    error e = bucket_create_in(t, bucket, region);
    if (e == OK) e = folder_make(place_full(l, bucket, &path));
    buffer_release(&path);
    if (e == OK) return state_commit(t);
    state_abort(t);
    return e;
}

static bool stop_at_first(void *found, const char *name, json_t *document)
{
    (void)name, (void)document;
    *(bool *)found = true;
    return false;
}

static error bucket_delete_in(struct local *l, struct state_txn *t, const char *bucket,
                              struct buffer *tokens)
{
    bool found = false;
    TRY(bucket_require(t, bucket));
    struct todo_outcome todos;
    TRY(todo_finish(l, t, true, &todos));
    TRY(state_scan(t, object_state_key(bucket, ""), NULL, stop_at_first, &found));
    if (found) /* older versions always have a newest one among the objects */
        return fail(ERR_BUCKET_NOT_EMPTY, "The bucket you tried to delete is not empty: %s",
                    bucket);
    TRY(multipart_forget_all(t, bucket, tokens));
    return state_delete(t, record_key("bucket", bucket));
}

error object_bucket_delete(struct object_store *s, const char *bucket)
{
    struct local *l = local_of(s);
    struct buffer path = {0}, tokens = {0};
    struct state_txn *t;
    TRY(state_begin(l->index, true, &t));
    error e = bucket_delete_in(l, t, bucket, &tokens);
    if (e != OK) {
        buffer_release(&tokens);
        state_abort(t);
        return e;
    }
    world->rmdir(place_full(l, bucket, &path)); /* stays when people keep files in it */
    buffer_release(&path);
    e = state_commit(t);
    if (e == OK) tokens_remove(l, &tokens);
    buffer_release(&tokens);
    TRY(e);
    /* Uploads into it can complete no more. */
    return local_upload_sweep(s, bucket, "", INT64_MAX, NULL, 0);
}

error object_bucket_exists(struct object_store *s, const char *bucket, bool *exists)
{
    struct state_txn *t;
    TRY(state_begin(local_of(s)->index, false, &t));
    error e = bucket_require(t, bucket);
    state_abort(t);
    *exists = e == OK;
    return e == ERR_NO_SUCH_BUCKET ? OK : e;
}

struct bucket_list {
    struct arena *arena;
    struct buffer names, created;
};

static bool bucket_list_add(void *context, const char *name, json_t *document)
{
    struct bucket_list *list = context;
    const char *kept = arena_text(list->arena, span_of(name));
    int64_t created = json_integer_or(document, "created", 0);
    buffer_append(&list->names, &kept, sizeof kept);
    buffer_append(&list->created, &created, sizeof created);
    return true;
}

error object_bucket_list(struct object_store *s, struct arena *arena, const char ***names,
                         int64_t **created_us, size_t *count)
{
    struct bucket_list list = {.arena = arena};
    struct state_txn *t;
    TRY(state_begin(local_of(s)->index, false, &t));
    error e = state_scan(t, record_key("bucket", ""), NULL, bucket_list_add, &list);
    state_abort(t);
    if (e == OK) {
        *names = arena_copy(arena, list.names.data, list.names.size);
        *created_us = arena_copy(arena, list.created.data, list.created.size);
        *count = list.created.size / sizeof **created_us;
    }
    buffer_release(&list.names);
    buffer_release(&list.created);
    return e;
}

/* ---- opening ---- */

static void local_close(struct object_store *s)
{
    struct local *l = local_of(s);
    if (atomic_load(&l->young)) young_settle(l);
    state_close(l->index);
    free(l->folder);
    free(l);
}

static const struct object_ops local_ops = {
    .put = local_put,
    .get = local_get,
    .get_range = local_get_range,
    .head = local_head,
    .remove = local_remove,
    .list = local_list,
    .upload_begin = local_upload_begin,
    .upload_write = local_upload_write,
    .upload_finish = local_upload_finish,
    .upload_abandon = local_upload_abandon,
    .upload_complete = local_upload_complete,
    .upload_abort = local_upload_abort,
    .upload_sweep = local_upload_sweep,
    .local_path = local_path,
    .close = local_close,
};

static error local_prepare(struct local *l)
{
    struct buffer path = {0};
    error e = folder_make(place_full(l, ".staging", &path));
    char *real = e == OK ? realpath(l->folder, NULL) : NULL;
    if (real) { /* local_path's answers stay right when the process changes its folder */
        free(l->folder);
        l->folder = real;
    }
    if (e == OK) e = file_sync_folder(l->folder);
    if (e == OK) e = state_open(place_full(l, ".index", &path), &l->index);
    buffer_release(&path);
    if (e != OK) return e;
    TRY(young_recover(l));
    todo_settle(l, true);
    TRY(moves_check(l));
    return stage_collect(l);
}

error object_open_local(const char *folder, struct object_store **out)
{
    struct local *l = must_calloc(1, sizeof *l);
    l->store.ops = &local_ops;
    l->folder = must_strdup(folder);
    error e = local_prepare(l);
    if (e != OK) {
        local_close(&l->store);
        return e;
    }
    *out = &l->store;
    return OK;
}
