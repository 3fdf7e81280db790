/* Writing: bytes are staged in a file of their own, synced, and made the object by one commit of
 * the index. The protocol is described in internal.h. */
#include "object/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

static bool token_is_valid(const char *token)
{
    return strlen(token) == TOKEN_SIZE && strspn(token, "0123456789abcdef") == TOKEN_SIZE;
}

/* ---- staged files ---- */

void upload_free(struct upload *u)
{
    uint8_t ignored[SHA256_SIZE];
    if (u->digest) digest_apart_close(u->digest, ignored);
    if (u->behind && behind_close(u->behind) != OK) log_line(LOG_WARN, "object", "%s", error_text());
    if (u->file >= 0) world->close(u->file);
    buffer_release(&u->bytes);
    free(u->bucket);
    free(u->key);
    free(u->type);
    json_decref(u->attributes);
    free(u);
}

void staged_remove(const struct local *l, const char *token)
{
    struct buffer path = {0};
    world->unlink(staging_full(l, token, &path));
    buffer_release(&path);
}

/* A collector may see the file before it is locked and take it for an orphan: then another name is
 * tried. */
error staged_create(const struct local *l, char token[TOKEN_SIZE + 1], int *file)
{
    enum { TRIES = 16 };
    struct buffer path = {0};
    struct world_stat st;
    error e = OK;
    *file = -1;
    for (int i = 0; e == OK && *file < 0 && i < TRIES; i++) {
        uint8_t random[TOKEN_SIZE / 2];
        world->random(random, sizeof random);
        hex_encode(token, random, sizeof random);
        token[TOKEN_SIZE] = '\0';
        const char *name = staging_full(l, token, &path);
        *file = world->open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
        if (*file < 0) {
            e = fail_errno("create %s", name);
        } else if (world->lock(*file) != 0 || world->stat(name, &st) != 0) {
            world->close(*file);
            *file = -1;
        }
    }
    if (e == OK && *file < 0) e = fail(ERR_IO, "cannot lock a file in %s/.staging", l->folder);
    buffer_release(&path);
    return e;
}

static error stage_open(struct local *l, const char *bucket, const char *key, const char *type,
                        struct upload **out)
{
    struct state_txn *t;
    TRY(object_key_check(key));
    TRY(state_begin(l->index, false, &t));
    error e = bucket_require(t, bucket);
    state_abort(t);
    TRY(e);
    struct upload *u = must_calloc(1, sizeof *u);
    u->local = l;
    u->bucket = must_strdup(bucket);
    u->key = must_strdup(key);
    u->type = must_strdup(type ? type : "binary/octet-stream");
    u->began_us = now_us();
    e = staged_create(l, u->token, &u->file);
    if (e != OK) {
        upload_free(u);
        return e;
    }
    u->digest = digest_apart_open(DIGEST_MD5);
    *out = u;
    return OK;
}

/* What is written leaves for the disk meanwhile, so that the sync at the end has little to do. */
error stage_append(struct upload *u, span bytes)
{
    enum { LEAVE_BYTES = 1 << 20 };
    TRY(file_write_all(u->file, u->token, bytes, u->size));
    u->size += (int64_t)bytes.size;
    if (u->size - u->left_bytes >= LEAVE_BYTES) {
        world->write_out(u->file, u->left_bytes, u->size - u->left_bytes);
        u->left_bytes = u->size;
    }
    return OK;
}

static error stage_write(struct upload *u, span bytes)
{
    TRY(stage_append(u, bytes));
    if (u->size <= YOUNG_BYTES_MAX) buffer_append_span(&u->bytes, bytes);
    digest_apart_update(u->digest, bytes);
    return OK;
}

void object_upload_keep_md5(struct upload *u)
{
    u->keeps_md5 = true;
}

/* What comes behind the first LARGE_BYTES of a large object: no MD5, no copy in the system's cache. */
static error stage_write_large(struct upload *u, span bytes)
{
    uint8_t ignored[SHA256_SIZE];
    if (u->digest) {
        digest_apart_close(u->digest, ignored);
        u->digest = NULL;
        snprintf(u->etag, sizeof u->etag, "%s-1", u->token);
        u->behind = behind_open(u->file, u->token, u->size);
    }
    if (!u->behind) return stage_append(u, bytes);
    u->size += (int64_t)bytes.size;
    return behind_write(u->behind, bytes);
}

const char *object_upload_etag(struct upload *u)
{
    uint8_t md5[SHA256_SIZE];
    if (u->digest) {
        digest_apart_close(u->digest, md5);
        u->digest = NULL;
        hex_encode(u->etag, md5, MD5_SIZE);
    }
    return u->etag;
}

int64_t object_upload_size(const struct upload *u)
{
    return u->size;
}

/* All bytes and the file's name are durable afterwards. */
error stage_sync(struct upload *u)
{
    struct buffer folder = {0};
    struct behind *behind = u->behind;
    u->behind = NULL;
    object_upload_etag(u);
    if (behind) TRY(behind_close(behind));
    if (world->sync(u->file) != 0) return fail_errno("sync staged object %s", u->key);
    error e = file_sync_folder(place_full(u->local, ".staging", &folder));
    buffer_release(&folder);
    return e;
}

/* Small enough to become durable with the commit that makes it the object. */
static bool stage_is_small(const struct upload *u)
{
    return u->size <= YOUNG_BYTES_MAX && (int64_t)u->bytes.size == u->size;
}

static error stage_finish(struct upload *u)
{
    if (!stage_is_small(u)) return stage_sync(u);
    object_upload_etag(u);
    return OK;
}

/* ---- making staged bytes the object ---- */

static error condition_check(const struct entry *old, struct object_condition condition)
{
    bool exists = old->document && !json_is_set(old->document, "marker");
    if (condition.if_absent && exists)
        return fail(ERR_PRECONDITION, "the object exists (If-None-Match)");
    if (!condition.if_etag) return OK;
    if (!exists) return fail(ERR_NO_SUCH_KEY, "The specified key does not exist (If-Match)");
    if (strcmp(condition.if_etag, old->etag) != 0)
        return fail(ERR_PRECONDITION, "the object's ETag is %s, not %s (If-Match)", old->etag,
                    condition.if_etag);
    return OK;
}

static error object_write(struct state_txn *t, struct publication *p, enum versioning versioning,
                          const struct entry *old)
{
    const struct staged *staged = &p->staged;
    int64_t modified_us = version_time(old);
    p->document =
        json_pack("{s:s, s:s, s:I, s:s, s:I, s:s}", "path", buffer_text(&p->path), "token",
                  staged->token, "size", (json_int_t)staged->size, "etag", staged->etag, "modified",
                  (json_int_t)modified_us, "type", staged->type);
    if (!p->document) return fail(ERR_INVALID_ARGUMENT, "the content type is not valid UTF-8");
    if (versioning == VERSIONING_ENABLED) {
        char id[VERSION_ID_SIZE + 1];
        version_id_make(id, modified_us, staged->token);
        CHECK(json_object_set_new(p->document, "version", json_string(id)) == 0);
    }
    if (staged->attributes)
        CHECK(json_object_set(p->document, "attributes", staged->attributes) == 0);
    return state_put(t, object_state_key(p->bucket, p->key), p->document);
}

error publish_in(struct local *l, struct state_txn *t, struct publication *p)
{
    struct entry old;
    json_t *bucket;
    struct todo_outcome todos;
    TRY(todo_finish(l, t, false, &todos));
    TRY(bucket_read(t, p->bucket, &bucket));
    enum versioning versioning = bucket_versioning(bucket);
    json_decref(bucket);
    TRY(entry_read_any(t, p->bucket, p->key, &old));
    error e = condition_check(&old, p->condition);
    if (e == OK) {
        place_choose(l, p->bucket, p->key, p->staged.token, todos.left, &p->path);
        e = object_write(t, p, versioning, &old);
    }
    if (e == OK)
        e = todo_add(t, p->staged.token, buffer_text(&p->path),
                     p->bytes.data ? TODO_MOVE_YOUNG : TODO_MOVE);
    if (e == OK && p->bytes.data)
        e = young_add(t, p->staged.token, buffer_text(&p->path), p->bytes);
    if (e == OK) e = version_retire(t, p->bucket, p->key, versioning, &old, &p->file_work);
    entry_release(&old);
    return e;
}

void publish_settle(struct local *l, struct publication *p)
{
    if (place_move(l, p->staged.token, buffer_text(&p->path)) != OK)
        log_line(LOG_WARN, "object", "left for later: %s", error_text());
    if (p->file_work) todo_settle(l, false);
    if (p->bytes.data) young_count(l);
}

void publication_release(struct publication *p)
{
    buffer_release(&p->path);
    json_decref(p->document);
}

static error publish(struct upload *u, struct object_condition condition, json_t **document)
{
    struct publication p = {.bucket = u->bucket, .key = u->key, .condition = condition,
                            .staged = {u->token, u->size, u->etag, u->type, u->attributes}};
    if (stage_is_small(u)) p.bytes = u->size ? buffer_span(&u->bytes) : SPAN("");
    struct state_txn *t;
    TRY(state_begin(u->local->index, true, &t));
    error e = publish_in(u->local, t, &p);
    if (e == OK) e = state_commit(t);
    else state_abort(t);
    if (e == OK) publish_settle(u->local, &p);
    if (e == OK && document) *document = json_incref(p.document);
    publication_release(&p);
    return e;
}

error object_upload_publish(struct upload *u, json_t *attributes, struct object_condition condition,
                            struct arena *arena, struct object_version *out)
{
    json_t *document = NULL;
    u->attributes = json_incref(attributes);
    error e = stage_finish(u);
    if (e == OK) e = publish(u, condition, &document);
    if (e == OK) {
        version_fill(arena, u->key, document, true, out);
        out->attributes = NULL;
        upload_free(u);
    } else {
        local_upload_abandon(u);
    }
    json_decref(document);
    return e;
}

error local_put(struct object_store *s, const char *bucket, const char *key, span data,
                const char *content_type, struct object_condition condition)
{
    struct upload *u;
    TRY(stage_open(local_of(s), bucket, key, content_type, &u));
    error e = stage_write(u, data);
    if (e == OK) e = stage_finish(u);
    if (e == OK) e = publish(u, condition, NULL);
    if (e == OK) upload_free(u);
    else local_upload_abandon(u);
    return e;
}

/* ---- uploads ---- */

error local_upload_begin(struct object_store *s, const char *bucket, const char *key,
                         const char *content_type, struct upload **out)
{
    return stage_open(local_of(s), bucket, key, content_type, out);
}

error local_upload_write(struct upload *u, span bytes)
{
    enum { LARGE_BYTES = 512 * 1024 };
    size_t room = u->size < LARGE_BYTES ? (size_t)(LARGE_BYTES - u->size) : 0;
    if (u->keeps_md5 || bytes.size <= room) return stage_write(u, bytes);
    if (room) TRY(stage_write(u, (span){bytes.data, room}));
    return stage_write_large(u, (span){bytes.data + room, bytes.size - room});
}

void local_upload_abandon(struct upload *u)
{
    if (!u) return;
    staged_remove(u->local, u->token);
    upload_free(u);
}

error local_upload_finish(struct upload *u, struct arena *arena, const char **token)
{
    json_t *record = NULL;
    error e = stage_sync(u);
    if (e == OK) {
        record = json_pack("{s:s, s:s, s:I, s:s, s:s, s:I}", "bucket", u->bucket, "key", u->key,
                           "size", (json_int_t)u->size, "etag", u->etag, "type", u->type, "began",
                           (json_int_t)u->began_us);
        e = record ? state_put_one(u->local->index, record_key("upload", u->token), record)
                   : fail(ERR_INVALID_ARGUMENT, "the content type is not valid UTF-8");
    }
    json_decref(record);
    if (e != OK) {
        local_upload_abandon(u);
        return e;
    }
    *token = arena_text(arena, span_of(u->token));
    upload_free(u);
    return OK;
}

/* The record of staged bytes for this very key; a new reference. */
static error upload_record(struct state_txn *t, const char *bucket, const char *key,
                           const char *token, json_t **out)
{
    if (token_is_valid(token)) {
        error e = state_get(t, record_key("upload", token), out);
        if (e != OK && e != ERR_NOT_FOUND) return e;
        if (e == OK) {
            const char *b = json_text(*out, "bucket"), *k = json_text(*out, "key");
            if (b && k && strcmp(b, bucket) == 0 && strcmp(k, key) == 0) return OK;
            json_decref(*out);
        }
    }
    return fail(ERR_NO_SUCH_UPLOAD, "The specified upload does not exist: %.64s", token);
}

static bool was_completed(struct state_txn *t, const char *bucket, const char *key,
                          const char *token)
{
    struct entry entry;
    if (entry_read(t, bucket, key, &entry) != OK) return false;
    bool same = strcmp(entry.token, token) == 0;
    entry_release(&entry);
    return same;
}

/* Somebody may have removed the file by hand. */
static error staged_check(const struct local *l, const char *token, int64_t size)
{
    struct buffer path = {0};
    struct world_stat st = {0};
    bool there = world->stat(staging_full(l, token, &path), &st) == 0;
    error e = there || errno == ENOENT ? OK : fail_errno("look at %s", path.data);
    buffer_release(&path);
    if (e != OK || (there && st.is_file && st.size == size)) return e;
    return fail(ERR_NO_SUCH_UPLOAD, "the staged bytes of upload %s are gone", token);
}

static error complete_in(struct local *l, struct state_txn *t, const char *token,
                         struct publication *p)
{
    json_t *record;
    struct todo_outcome todos;
    error e = upload_record(t, p->bucket, p->key, token, &record);
    if (e == ERR_NO_SUCH_UPLOAD && was_completed(t, p->bucket, p->key, token))
        return todo_finish(l, t, false, &todos);
    TRY(e);
    p->staged = (struct staged){token, json_integer_or(record, "size", 0),
                                json_text(record, "etag"), json_text(record, "type"), NULL};
    if (!p->staged.etag || !p->staged.type)
        e = fail(ERR_CORRUPT, "object index: incomplete record of upload %s", token);
    else
        e = staged_check(l, token, p->staged.size);
    if (e == OK) e = publish_in(l, t, p);
    if (e == OK) e = state_delete(t, record_key("upload", token));
    json_decref(record);
    return e;
}

error local_upload_complete(struct object_store *s, const char *bucket, const char *key,
                            const char *token)
{
    struct local *l = local_of(s);
    struct publication p = {.bucket = bucket, .key = key};
    struct state_txn *t;
    TRY(state_begin(l->index, true, &t));
    error e = complete_in(l, t, token, &p);
    if (e == OK) e = state_commit(t);
    else state_abort(t);
    if (e == OK && p.path.size) publish_settle(l, &p);
    publication_release(&p);
    return e;
}

error local_upload_abort(struct object_store *s, const char *bucket, const char *key,
                         const char *token)
{
    struct local *l = local_of(s);
    json_t *record;
    struct state_txn *t;
    TRY(state_begin(l->index, true, &t));
    error e = upload_record(t, bucket, key, token, &record);
    if (e == OK) {
        json_decref(record);
        e = state_delete(t, record_key("upload", token));
    }
    if (e != OK) {
        state_abort(t);
        return e;
    }
    TRY(state_commit(t));
    staged_remove(l, token); /* without its record an orphan, should this process die here */
    return OK;
}

/* ---- what dead processes left ---- */

struct sweep {
    struct arena arena;
    const char *bucket, *stem;
    int64_t before_us;
    const char *const *keep;
    size_t keep_count;
    struct buffer tokens; /* const char * each */
};

static bool sweep_look(void *context, const char *token, json_t *record)
{
    struct sweep *s = context;
    const char *bucket = json_text(record, "bucket"), *key = json_text(record, "key");
    if (!bucket || !key || strcmp(bucket, s->bucket) != 0 ||
        json_integer_or(record, "began", 0) >= s->before_us)
        return true;
    const char *slash = strrchr(key, '/');
    if (!span_starts(span_of(slash ? slash + 1 : key), s->stem)) return true;
    for (size_t i = 0; i < s->keep_count; i++)
        if (strcmp(s->keep[i], token) == 0) return true;
    const char *kept = arena_text(&s->arena, span_of(token));
    buffer_append(&s->tokens, &kept, sizeof kept);
    return true;
}

static error sweep_in(struct state_txn *t, struct sweep *s)
{
    TRY(state_scan(t, record_key("upload", ""), NULL, sweep_look, s));
    const char **tokens = (const char **)(void *)s->tokens.data;
    for (size_t i = 0; i < s->tokens.size / sizeof *tokens; i++)
        TRY(state_delete(t, record_key("upload", tokens[i])));
    return OK;
}

error local_upload_sweep(struct object_store *store, const char *bucket, const char *stem,
                         int64_t before_us, const char *const *keep, size_t keep_count)
{
    struct local *l = local_of(store);
    struct sweep s = {.bucket = bucket, .stem = stem, .before_us = before_us, .keep = keep,
                      .keep_count = keep_count};
    struct state_txn *t;
    TRY(state_begin(l->index, true, &t));
    error e = sweep_in(t, &s);
    if (e == OK) e = state_commit(t);
    else state_abort(t);
    const char **tokens = (const char **)(void *)s.tokens.data;
    for (size_t i = 0; e == OK && i < s.tokens.size / sizeof *tokens; i++)
        staged_remove(l, tokens[i]);
    buffer_release(&s.tokens);
    arena_release(&s.arena);
    return e == OK ? stage_collect(l) : e;
}

struct collection {
    struct local *local;
    error e;
};

static error token_is_recorded(struct local *l, const char *token, bool *recorded)
{
    static const char *const kinds[] = {"upload", "todo", "held", "young"};
    *recorded = false;
    for (int i = 0; i < 4 && !*recorded; i++) {
        json_t *document;
        error e = state_get_one(l->index, record_key(kinds[i], token), &document);
        if (e != OK && e != ERR_NOT_FOUND) return e;
        *recorded = e == OK;
        if (e == OK) json_decref(document);
    }
    return OK;
}

/* The lock first: whoever held it has committed its record, or died, when the records are read. */
static void collect_one(void *context, const char *name)
{
    struct collection *c = context;
    struct buffer path = {0};
    bool recorded = true;
    if (c->e != OK || !token_is_valid(name)) return;
    int file = world->open(staging_full(c->local, name, &path), O_RDWR | O_NOFOLLOW, 0);
    if (file >= 0 && world->lock(file) == 0) {
        c->e = token_is_recorded(c->local, name, &recorded);
        if (c->e == OK && !recorded) world->unlink(buffer_text(&path));
    }
    if (file >= 0) world->close(file);
    buffer_release(&path);
}

error stage_collect(struct local *l)
{
    struct collection c = {.local = l};
    struct buffer path = {0};
    if (world->list(place_full(l, ".staging", &path), collect_one, &c) != 0)
        c.e = fail_errno("list %s", path.data);
    buffer_release(&path);
    return c.e;
}
