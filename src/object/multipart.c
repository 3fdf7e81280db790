/* Multipart uploads ("Uploading and copying objects using multipart upload"): parts are staged
 * files that the index names; completing writes them into one staged file, which then becomes the
 * object like any other.
 *
 * In the index:  multipart, BUCKET, KEY 0x01 ID   key, id, began, type, attributes
 *                part, ID, NUMBER (5 digits)      token, size, etag, modified, attributes
 *                held, -, T                       keeps the staged file of a part */
#include "object/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

enum { UPLOAD_ID_SIZE = 48, NUMBER_SIZE = 5, COPY_BYTES = 1 << 20 };

struct state_key multipart_state_key(const char *bucket, const char *name)
{
    return (struct state_key){"multipart", bucket, "", name};
}

static struct state_key part_state_key(const char *id, const char *number)
{
    return (struct state_key){"part", id, "", number};
}

static bool id_is_valid(const char *id)
{
    return strlen(id) == UPLOAD_ID_SIZE && strspn(id, "0123456789abcdef") == UPLOAD_ID_SIZE;
}

/* ---- the record of an upload ---- */

static error record_get(struct state_txn *t, const char *bucket, const char *key, const char *id,
                        json_t **out)
{
    TRY(bucket_require(t, bucket));
    TRY(object_key_check(key));
    error e = ERR_NOT_FOUND;
    if (id_is_valid(id)) {
        struct buffer name = {0};
        buffer_printf(&name, "%s\x01%s", key, id);
        e = state_get(t, multipart_state_key(bucket, buffer_text(&name)), out);
        buffer_release(&name);
    }
    return e == ERR_NOT_FOUND ? fail(ERR_NO_SUCH_UPLOAD, "no upload %.64s", id) : e;
}

static error record_put(struct state_txn *t, const char *bucket, const char *key, const char *id,
                        const json_t *record)
{
    struct buffer name = {0};
    buffer_printf(&name, "%s\x01%s", key, id);
    struct state_key at = multipart_state_key(bucket, buffer_text(&name));
    error e = record ? state_put(t, at, record) : state_delete(t, at);
    buffer_release(&name);
    return e;
}

error object_multipart_create(struct object_store *s, const char *bucket, const char *key,
                              const char *content_type, json_t *attributes, struct arena *arena,
                              const char **id)
{
    uint8_t random[16];
    char hex[2 * sizeof random];
    struct state_txn *t;
    int64_t now = now_us();
    world->random(random, sizeof random);
    hex_encode(hex, random, sizeof random);
    *id = arena_printf(arena, "%016llx%.32s", (unsigned long long)now, hex);
    TRY(object_key_check(key));
    json_t *record = json_pack("{s:s, s:s, s:I, s:s, s:O}", "key", key, "id", *id, "began",
                               (json_int_t)now, "type",
                               content_type ? content_type : "binary/octet-stream", "attributes",
                               attributes);
    if (!record) return fail(ERR_INVALID_ARGUMENT, "the content type is not valid UTF-8");
    error e = state_begin(local_of(s)->index, true, &t);
    if (e == OK) {
        e = bucket_require(t, bucket);
        if (e == OK) e = record_put(t, bucket, key, *id, record);
        if (e == OK) e = state_commit(t);
        else state_abort(t);
    }
    json_decref(record);
    return e;
}

error object_multipart_find(struct object_store *s, const char *bucket, const char *key,
                            const char *id, json_t **attributes)
{
    struct state_txn *t;
    json_t *record;
    TRY(state_begin(local_of(s)->index, false, &t));
    error e = record_get(t, bucket, key, id, &record);
    state_abort(t);
    TRY(e);
    *attributes = json_incref(json_object_get(record, "attributes"));
    json_decref(record);
    return OK;
}

/* ---- parts ---- */

static error part_release(struct state_txn *t, const json_t *part, struct buffer *tokens)
{
    const char *token = json_text(part, "token");
    if (!token || strlen(token) != TOKEN_SIZE) return OK;
    buffer_append(tokens, token, TOKEN_SIZE + 1);
    error e = state_delete(t, record_key("held", token));
    return e == ERR_NOT_FOUND ? OK : e;
}

/* Files that no record names any more: removed, or collected after a crash. */
void tokens_remove(const struct local *l, struct buffer *tokens)
{
    for (size_t at = 0; at < tokens->size; at += TOKEN_SIZE + 1)
        staged_remove(l, tokens->data + at);
    buffer_release(tokens);
}

static error part_put_in(struct state_txn *t, const struct upload *u, const char *id, int number,
                         const json_t *part, struct buffer *replaced)
{
    char name[NUMBER_SIZE + 1];
    json_t *record, *old;
    snprintf(name, sizeof name, "%0*d", NUMBER_SIZE, number);
    TRY(record_get(t, u->bucket, u->key, id, &record));
    json_decref(record);
    error e = state_get(t, part_state_key(id, name), &old);
    if (e == OK) {
        e = part_release(t, old, replaced);
        json_decref(old);
    } else if (e == ERR_NOT_FOUND) {
        e = OK;
    }
    TRY(e);
    TRY(state_put(t, part_state_key(id, name), part));
    json_t *holder = json_pack("{s:s}", "upload", id);
    CHECK(holder);
    e = state_put(t, record_key("held", u->token), holder);
    json_decref(holder);
    return e;
}

error object_part_put(struct upload *u, const char *id, int number, json_t *attributes,
                      int64_t *modified_us)
{
    struct local *l = u->local;
    struct buffer replaced = {0};
    struct state_txn *t = NULL;
    *modified_us = now_us();
    error e = stage_sync(u);
    json_t *part = json_pack("{s:s, s:I, s:s, s:I, s:O}", "token", u->token, "size",
                             (json_int_t)u->size, "etag", u->etag, "modified",
                             (json_int_t)*modified_us, "attributes", attributes);
    CHECK(part);
    if (e == OK) e = state_begin(l->index, true, &t);
    if (e == OK) {
        e = part_put_in(t, u, id, number, part, &replaced);
        if (e == OK) e = state_commit(t);
        else state_abort(t);
    }
    json_decref(part);
    if (e == OK) {
        upload_free(u);
        tokens_remove(l, &replaced);
    } else {
        local_upload_abandon(u);
        buffer_release(&replaced);
    }
    return e;
}

struct part_walk {
    struct arena *arena;
    struct buffer parts; /* struct object_part each */
    size_t max;
    bool more;
};

static bool part_look(void *context, const char *number, json_t *part)
{
    struct part_walk *w = context;
    int64_t n;
    const char *token = json_text(part, "token"), *etag = json_text(part, "etag");
    if (!parse_int64(span_of(number), &n) || !token || !etag) return true;
    if (w->parts.size / sizeof(struct object_part) == w->max) {
        w->more = true;
        return false;
    }
    struct object_part out = {
        .number = (int)n,
        .size = json_integer_or(part, "size", 0),
        .modified_us = json_integer_or(part, "modified", 0),
        .etag = arena_text(w->arena, span_of(etag)),
        .token = arena_text(w->arena, span_of(token)),
        .attributes = json_incref(json_object_get(part, "attributes")),
    };
    buffer_append(&w->parts, &out, sizeof out);
    return true;
}

error object_multipart_parts(struct object_store *s, const char *bucket, const char *key,
                             const char *id, int after, size_t max, struct arena *arena,
                             struct object_parts *out)
{
    struct part_walk w = {.arena = arena, .max = max};
    char name[NUMBER_SIZE + 8];
    struct state_txn *t;
    json_t *record = NULL;
    *out = (struct object_parts){0};
    snprintf(name, sizeof name, "%0*d", NUMBER_SIZE, after);
    TRY(state_begin(local_of(s)->index, false, &t));
    error e = record_get(t, bucket, key, id, &record);
    if (e == OK) e = state_scan(t, part_state_key(id, ""), after ? name : NULL, part_look, &w);
    state_abort(t);
    out->parts = arena_copy(arena, w.parts.data, w.parts.size);
    out->count = w.parts.size / sizeof *out->parts;
    out->more = w.more;
    if (record) {
        out->attributes = json_incref(json_object_get(record, "attributes"));
        const char *type = json_text(record, "type");
        out->content_type = arena_text(arena, span_of(type ? type : ""));
    }
    json_decref(record);
    buffer_release(&w.parts);
    if (e != OK) object_parts_release(out);
    return e;
}

void object_parts_release(struct object_parts *p)
{
    for (size_t i = 0; i < p->count; i++) json_decref(p->parts[i].attributes);
    json_decref(p->attributes);
    *p = (struct object_parts){0};
}

/* ---- the end of an upload ---- */

struct ending {
    struct buffer *tokens, names; /* names: text after text */
    struct state_txn *txn;
    error e;
};

static bool ending_look(void *context, const char *number, json_t *part)
{
    struct ending *end = context;
    buffer_append(&end->names, number, strlen(number) + 1);
    end->e = part_release(end->txn, part, end->tokens);
    return end->e == OK;
}

/* Forgets the upload; the files of `tokens` may be removed once that is committed. */
static error upload_forget(struct state_txn *t, const char *bucket, const char *key, const char *id,
                           struct buffer *tokens)
{
    struct ending end = {.tokens = tokens, .txn = t};
    error e = state_scan(t, part_state_key(id, ""), NULL, ending_look, &end);
    if (e == OK) e = end.e;
    for (size_t at = 0; e == OK && at < end.names.size; at += strlen(end.names.data + at) + 1)
        e = state_delete(t, part_state_key(id, end.names.data + at));
    buffer_release(&end.names);
    return e == OK ? record_put(t, bucket, key, id, NULL) : e;
}

struct bucket_ending {
    struct buffer uploads; /* key, id: text after text */
};

static bool bucket_ending_look(void *context, const char *name, json_t *record)
{
    struct bucket_ending *end = context;
    const char *key = json_text(record, "key"), *id = json_text(record, "id");
    (void)name;
    if (!key || !id) return true;
    buffer_append(&end->uploads, key, strlen(key) + 1);
    buffer_append(&end->uploads, id, strlen(id) + 1);
    return true;
}

error multipart_forget_all(struct state_txn *t, const char *bucket, struct buffer *tokens)
{
    struct bucket_ending end = {0};
    error e = state_scan(t, multipart_state_key(bucket, ""), NULL, bucket_ending_look, &end);
    for (size_t at = 0; e == OK && at < end.uploads.size;) {
        const char *key = end.uploads.data + at, *id = key + strlen(key) + 1;
        at += strlen(key) + 1 + strlen(id) + 1;
        e = upload_forget(t, bucket, key, id, tokens);
    }
    buffer_release(&end.uploads);
    return e;
}

error object_multipart_abort(struct object_store *s, const char *bucket, const char *key,
                             const char *id)
{
    struct local *l = local_of(s);
    struct buffer tokens = {0};
    struct state_txn *t;
    json_t *record;
    TRY(state_begin(l->index, true, &t));
    error e = record_get(t, bucket, key, id, &record);
    if (e == OK) {
        json_decref(record);
        e = upload_forget(t, bucket, key, id, &tokens);
    }
    if (e == OK) e = state_commit(t);
    else state_abort(t);
    if (e == OK) tokens_remove(l, &tokens);
    buffer_release(&tokens);
    return e;
}

/* ---- completing ---- */

static error part_copy(struct upload *to, const struct object_part *part, char *block,
                       void (*observe)(void *, span), void *context)
{
    struct buffer path = {0};
    int file = world->open(staging_full(to->local, part->token, &path), O_RDONLY | O_NOFOLLOW, 0);
    buffer_release(&path);
    if (file < 0)
        return errno == ENOENT ? fail(ERR_NO_SUCH_UPLOAD, "a part has gone")
                               : fail_errno("open part %d", part->number);
    error e = OK;
    for (int64_t at = 0; e == OK && at < part->size;) {
        int64_t left = part->size - at;
        int64_t n = world->read(file, block, left < COPY_BYTES ? (size_t)left : COPY_BYTES, at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) e = fail_errno("read part %d", part->number);
        else if (n == 0) e = fail(ERR_CORRUPT, "part %d is shorter than it was put", part->number);
        else {
            span bytes = {block, (size_t)n};
            if (observe) observe(context, bytes);
            e = stage_append(to, bytes);
            at += n;
        }
    }
    world->close(file);
    return e;
}

/* The parts must still be those that were copied. */
static error parts_hold(struct state_txn *t, const struct object_completion *c)
{
    for (size_t i = 0; i < c->count; i++) {
        char name[NUMBER_SIZE + 1];
        json_t *part;
        snprintf(name, sizeof name, "%0*d", NUMBER_SIZE, c->parts[i].number);
        error e = state_get(t, part_state_key(c->id, name), &part);
        if (e != OK && e != ERR_NOT_FOUND) return e;
        const char *token = e == OK ? json_text(part, "token") : NULL;
        bool same = token && strcmp(token, c->parts[i].token) == 0;
        if (e == OK) json_decref(part);
        if (!same) return fail(ERR_CONFLICT, "part %d was uploaded again meanwhile", c->parts[i].number);
    }
    return OK;
}

static error complete_in(struct state_txn *t, struct upload *u, const struct object_completion *c,
                         struct publication *p, struct buffer *tokens)
{
    json_t *record;
    TRY(record_get(t, u->bucket, u->key, c->id, &record));
    json_decref(record);
    TRY(parts_hold(t, c));
    TRY(publish_in(u->local, t, p));
    return upload_forget(t, u->bucket, u->key, c->id, tokens);
}

/* All of it or nothing: the upload is gone in the transaction that makes the object visible. */
static error complete_publish(struct upload *u, const struct object_completion *c,
                              struct arena *arena, struct object_version *out)
{
    struct buffer tokens = {0};
    struct state_txn *t;
    struct publication p = {.bucket = u->bucket, .key = u->key, .condition = c->condition,
                            .staged = {u->token, u->size, c->etag, u->type, c->attributes}};
    TRY(state_begin(u->local->index, true, &t));
    error e = complete_in(t, u, c, &p, &tokens);
    if (e == OK) e = state_commit(t);
    else state_abort(t);
    if (e == OK) {
        publish_settle(u->local, &p);
        tokens_remove(u->local, &tokens);
        version_fill(arena, u->key, p.document, true, out);
        out->attributes = NULL;
    }
    publication_release(&p);
    buffer_release(&tokens);
    return e;
}

error object_multipart_complete(struct object_store *s, const char *bucket, const char *key,
                                struct object_completion *c, struct arena *arena,
                                struct object_version *out)
{
    struct upload *u;
    TRY(local_upload_begin(s, bucket, key, c->content_type, &u));
    char *block = must_alloc(COPY_BYTES);
    error e = OK;
    for (size_t i = 0; e == OK && i < c->count; i++)
        e = part_copy(u, &c->parts[i], block, c->observe, c->context);
    free(block);
    if (e == OK) e = stage_sync(u);
    if (e == OK && c->ready) e = c->ready(c->context, c);
    if (e == OK) e = complete_publish(u, c, arena, out);
    if (e == OK) upload_free(u);
    else local_upload_abandon(u);
    return e;
}
