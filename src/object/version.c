/* Versions: what a bucket keeps of an object that is overwritten or removed ("Using versioning in
 * S3 buckets"). The newest version of every key is its entry of kind "object", a delete marker
 * too; older ones are of kind "version", named KEY 0x01 ORDER, where ORDER sorts the newest first
 * and is the version's id, or ends in "null" for the one that was put without versioning. */
#include "object/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

enum { NULL_ORDER_SIZE = 16 + 4 };

struct state_key version_state_key(const char *bucket, const char *name)
{
    return (struct state_key){"version", bucket, "", name};
}

enum versioning bucket_versioning(const json_t *bucket)
{
    const char *text = json_text(bucket, "versioning");
    if (!text) return VERSIONING_NEVER;
    return strcmp(text, "Enabled") == 0 ? VERSIONING_ENABLED : VERSIONING_SUSPENDED;
}

const char *entry_version(const json_t *entry)
{
    const char *id = json_text(entry, "version");
    return id ? id : "null";
}

void version_id_make(char id[VERSION_ID_SIZE + 1], int64_t modified_us, const char *token)
{
    snprintf(id, VERSION_ID_SIZE + 1, "%016llx%.16s", (unsigned long long)(INT64_MAX - modified_us),
             token);
}

int64_t version_time(const struct entry *old)
{
    int64_t now = now_us();
    return old->document && now <= old->modified_us ? old->modified_us + 1 : now;
}

/* ---- older versions of one key ---- */

static void name_start(struct buffer *name, const char *key)
{
    buffer_reset(name);
    buffer_printf(name, "%s\x01", key);
}

static void name_of(struct buffer *name, const char *key, const json_t *entry)
{
    const char *id = json_text(entry, "version");
    name_start(name, key);
    if (id) buffer_append_text(name, id);
    else
        buffer_printf(name, "%016llxnull",
                      (unsigned long long)(INT64_MAX - json_integer_or(entry, "modified", 0)));
}

struct version_scan {
    const char *key;
    bool (*each)(void *context, const char *name, json_t *entry);
    void *context;
};

/* Keys may hold 0x01 themselves: the entry says whose it is. */
static bool version_look(void *context, const char *name, json_t *entry)
{
    struct version_scan *s = context;
    const char *key = json_text(entry, "key");
    return !key || strcmp(key, s->key) != 0 || s->each(s->context, name, entry);
}

error version_scan(struct state_txn *t, const char *bucket, const char *key,
                   bool (*each)(void *context, const char *name, json_t *entry), void *context)
{
    struct version_scan s = {key, each, context};
    struct buffer prefix = {0};
    name_start(&prefix, key);
    error e = state_scan(t, version_state_key(bucket, buffer_text(&prefix)), NULL, version_look, &s);
    buffer_release(&prefix);
    return e;
}

struct version_search {
    const char *id; /* NULL: the newest */
    char *name;
    json_t *entry;
};

static bool version_search_look(void *context, const char *name, json_t *entry)
{
    struct version_search *s = context;
    if (s->id && strcmp(entry_version(entry), s->id) != 0) return true;
    s->name = must_strdup(name);
    s->entry = json_incref(entry);
    return false;
}

/* An older version by id, or the newest of them; entry NULL: none. */
static error version_search(struct state_txn *t, const char *bucket, const char *key,
                            const char *id, struct version_search *out)
{
    *out = (struct version_search){.id = id};
    return version_scan(t, bucket, key, version_search_look, out);
}

static void version_search_end(struct version_search *s)
{
    json_decref(s->entry);
    free(s->name);
}

/* ---- changes, inside a write transaction ---- */

error entry_drop(struct state_txn *t, const json_t *entry, bool *file_work)
{
    const char *token = json_text(entry, "token"), *path = json_text(entry, "path");
    if (json_is_set(entry, "marker") || !token || !path) return OK;
    *file_work = true;
    TRY(young_forget(t, token));
    return todo_add(t, token, path, TODO_DROP);
}

static error version_keep(struct state_txn *t, const char *bucket, const char *key, json_t *entry)
{
    struct buffer name = {0};
    name_of(&name, key, entry);
    CHECK(json_object_set_new(entry, "key", json_string(key)) == 0);
    error e = state_put(t, version_state_key(bucket, buffer_text(&name)), entry);
    buffer_release(&name);
    return e;
}

static error version_null_drop(struct state_txn *t, const char *bucket, const char *key,
                               bool *file_work)
{
    struct version_search found;
    TRY(version_search(t, bucket, key, "null", &found));
    error e = OK;
    if (found.entry) {
        e = state_delete(t, version_state_key(bucket, found.name));
        if (e == OK) e = entry_drop(t, found.entry, file_work);
    }
    version_search_end(&found);
    return e;
}

error version_retire(struct state_txn *t, const char *bucket, const char *key,
                     enum versioning versioning, const struct entry *old, bool *file_work)
{
    bool is_null = strcmp(entry_version(old->document), "null") == 0;
    if (versioning == VERSIONING_SUSPENDED && !(old->document && is_null))
        TRY(version_null_drop(t, bucket, key, file_work));
    if (!old->document) return OK;
    if (versioning == VERSIONING_ENABLED || !is_null)
        return version_keep(t, bucket, key, old->document);
    return entry_drop(t, old->document, file_work);
}

/* A delete marker becomes the newest version. */
static error marker_put(struct state_txn *t, const char *bucket, const char *key,
                        enum versioning versioning, const struct entry *old, bool *file_work,
                        json_t **out)
{
    uint8_t random[TOKEN_SIZE / 2];
    char token[TOKEN_SIZE + 1] = {0}, id[VERSION_ID_SIZE + 1];
    int64_t modified_us = version_time(old);
    TRY(version_retire(t, bucket, key, versioning, old, file_work));
    world->random(random, sizeof random);
    hex_encode(token, random, sizeof random);
    *out = json_pack("{s:b, s:s, s:I, s:I}", "marker", 1, "etag", "", "size", (json_int_t)0,
                     "modified", (json_int_t)modified_us);
    CHECK(*out);
    if (versioning == VERSIONING_ENABLED) {
        version_id_make(id, modified_us, token);
        CHECK(json_object_set_new(*out, "version", json_string(id)) == 0);
    }
    return state_put(t, object_state_key(bucket, key), *out);
}

error version_remove(struct local *l, struct state_txn *t, const char *bucket, const char *key,
                     bool *file_work, json_t **out)
{
    struct entry old;
    json_t *document;
    *out = NULL;
    TRY(bucket_read(t, bucket, &document));
    enum versioning versioning = bucket_versioning(document);
    json_decref(document);
    struct todo_outcome todos;
    TRY(todo_finish(l, t, false, &todos));
    TRY(entry_read_any(t, bucket, key, &old));
    error e = OK;
    if (versioning != VERSIONING_NEVER) {
        e = marker_put(t, bucket, key, versioning, &old, file_work, out);
    } else if (old.document) {
        e = state_delete(t, object_state_key(bucket, key));
        if (e == OK) e = entry_drop(t, old.document, file_work);
    }
    entry_release(&old);
    return e;
}

/* The newest of the older versions, if there is one, is the object now. */
static error version_promote(struct state_txn *t, const char *bucket, const char *key)
{
    struct version_search newest;
    TRY(version_search(t, bucket, key, NULL, &newest));
    error e = OK;
    if (newest.entry) {
        e = state_delete(t, version_state_key(bucket, newest.name));
        if (e == OK) e = state_put(t, object_state_key(bucket, key), newest.entry);
    } else {
        e = state_delete(t, object_state_key(bucket, key));
    }
    version_search_end(&newest);
    return e;
}

static error version_erase(struct local *l, struct state_txn *t, const char *bucket,
                           const char *key, const char *id, bool *file_work, json_t **out)
{
    struct entry current;
    struct version_search found;
    struct todo_outcome todos;
    TRY(todo_finish(l, t, false, &todos));
    TRY(entry_read_any(t, bucket, key, &current));
    if (current.document && strcmp(entry_version(current.document), id) == 0) {
        *out = json_incref(current.document);
        entry_release(&current);
        TRY(version_promote(t, bucket, key));
        return entry_drop(t, *out, file_work);
    }
    entry_release(&current);
    TRY(version_search(t, bucket, key, id, &found));
    error e = OK;
    if (found.entry) {
        *out = json_incref(found.entry);
        e = state_delete(t, version_state_key(bucket, found.name));
        if (e == OK) e = entry_drop(t, *out, file_work);
    }
    version_search_end(&found);
    return e;
}

/* ---- reading ---- */

static error version_find(struct state_txn *t, const char *bucket, const char *key, const char *id,
                          struct entry *out, bool *latest)
{
    TRY(bucket_require(t, bucket));
    TRY(entry_read_any(t, bucket, key, out));
    *latest = true;
    if (!id && out->document) return OK;
    if (!id) return fail(ERR_NO_SUCH_KEY, "The specified key does not exist: %s", key);
    if (out->document && strcmp(entry_version(out->document), id) == 0) return OK;
    entry_release(out);
    struct version_search found;
    TRY(version_search(t, bucket, key, id, &found));
    error e = found.entry ? entry_from(json_incref(found.entry), bucket, key, out)
                          : fail(ERR_NO_SUCH_VERSION, "The specified version does not exist.");
    version_search_end(&found);
    *latest = false;
    return e;
}

void version_fill(struct arena *arena, const char *key, json_t *entry, bool latest,
                  struct object_version *out)
{
    const char *type = json_text(entry, "type"), *etag = json_text(entry, "etag");
    const char *class = json_text(json_object_get(entry, "attributes"), "class");
    *out = (struct object_version){
        .info = {.key = arena_text(arena, span_of(key)),
                 .size = json_integer_or(entry, "size", 0),
                 .modified_us = json_integer_or(entry, "modified", 0),
                 .etag = arena_text(arena, span_of(etag ? etag : "")),
                 .content_type = type ? arena_text(arena, span_of(type)) : NULL},
        .version_id = arena_text(arena, span_of(entry_version(entry))),
        .latest = latest,
        .delete_marker = json_is_set(entry, "marker"),
        .storage_class = class ? arena_text(arena, span_of(class)) : "STANDARD",
        .versioned = json_text(entry, "version") != NULL,
        .attributes = json_object_get(entry, "attributes"),
    };
}

error version_pick(struct arena *arena, const char *key, span entry, struct object_version *out)
{
    enum { SIZE, MODIFIED, ETAG, PATH, VERSION, MARKER, ATTRIBUTES, COUNT };
    struct json_pick at[COUNT] = {
        [SIZE] = {.name = SPAN("size")},     [MODIFIED] = {.name = SPAN("modified")},
        [ETAG] = {.name = SPAN("etag")},     [PATH] = {.name = SPAN("path")},
        [MARKER] = {.name = SPAN("marker")}, [VERSION] = {.name = SPAN("version")},
        [ATTRIBUTES] = {.name = SPAN("attributes")},
    };
    struct json_pick class = {.name = SPAN("class")};
    TRY(json_pick(entry, at, COUNT));
    if (at[ATTRIBUTES].value.data) TRY(json_pick(at[ATTRIBUTES].value, &class, 1));
    const char *etag = json_picked_text(arena, at[ETAG].value);
    const char *id = json_picked_text(arena, at[VERSION].value);
    const char *kept_class = json_picked_text(arena, class.value);
    *out = (struct object_version){
        .info = {.key = arena_text(arena, span_of(key)),
                 .size = json_picked_integer(at[SIZE].value, 0),
                 .modified_us = json_picked_integer(at[MODIFIED].value, 0),
                 .etag = etag ? etag : "",
                 .path = json_picked_text(arena, at[PATH].value)},
        .version_id = id ? id : "null",
        .versioned = id != NULL,
        .delete_marker = json_picked_set(at[MARKER].value),
        .storage_class = kept_class ? kept_class : "STANDARD",
    };
    return OK;
}

static error find_once(struct local *l, const char *bucket, const char *key, const char *id,
                       struct entry *entry, bool *latest)
{
    struct state_txn *t;
    TRY(state_begin(l->index, false, &t));
    error e = version_find(t, bucket, key, id, entry, latest);
    state_abort(t);
    return e;
}

/* The attributes outlive the entry's document. */
static void version_take(struct arena *arena, const char *key, struct entry *entry, bool latest,
                         struct object_version *out)
{
    version_fill(arena, key, entry->document, latest, out);
    json_incref(out->attributes);
    entry_release(entry);
}

error object_find(struct object_store *s, const char *bucket, const char *key, const char *id,
                  struct arena *arena, struct object_version *out)
{
    struct entry entry;
    bool latest;
    TRY(find_once(local_of(s), bucket, key, id, &entry, &latest));
    version_take(arena, key, &entry, latest, out);
    return OK;
}

error object_open(struct object_store *s, const char *bucket, const char *key, const char *id,
                  struct arena *arena, struct object_version *out, int *file)
{
    enum { TRIES = 8 };
    struct entry entry;
    bool latest;
    *file = -1;
    /* Overwritten or moved into place between the two steps: then look again. */
    for (int i = 0; i < TRIES; i++) {
        TRY(find_once(local_of(s), bucket, key, id, &entry, &latest));
        bool marker = json_is_set(entry.document, "marker");
        if (!marker) *file = entry_open(local_of(s), &entry);
        if (marker || *file >= 0) {
            version_take(arena, key, &entry, latest, out);
            return OK;
        }
        error e = errno == ENOENT ? OK : fail_errno("open object %s", key);
        entry_release(&entry);
        TRY(e);
    }
    return fail(ERR_CORRUPT, "the file of object %s in bucket %s is missing", key, bucket);
}

/* ---- removing and describing ---- */

static error remove_run(struct local *l, const char *bucket, const char *key, const char *id,
                        json_t **out)
{
    bool file_work = false;
    struct state_txn *t;
    *out = NULL;
    TRY(state_begin(l->index, true, &t));
    error e = bucket_require(t, bucket);
    if (e == OK)
        e = id ? version_erase(l, t, bucket, key, id, &file_work, out)
               : version_remove(l, t, bucket, key, &file_work, out);
    if (e != OK) {
        state_abort(t);
        return e;
    }
    TRY(state_commit(t));
    if (file_work) todo_settle(l, false);
    return OK;
}

error object_remove(struct object_store *s, const char *bucket, const char *key, const char *id,
                    struct arena *arena, struct object_version *out)
{
    json_t *entry;
    *out = (struct object_version){0};
    error e = object_key_check(key);
    if (e == OK) e = remove_run(local_of(s), bucket, key, id, &entry);
    if (e == OK && entry) version_fill(arena, key, entry, !id, out);
    out->attributes = NULL;
    if (e == OK) json_decref(entry);
    return e;
}

static error describe_in(struct state_txn *t, const char *bucket, const char *key, const char *id,
                         const char *name, json_t *value, struct entry *entry)
{
    bool latest;
    TRY(version_find(t, bucket, key, id, entry, &latest));
    if (json_is_set(entry->document, "marker"))
        return fail(ERR_METHOD_NOT_ALLOWED,
                    "The specified method is not allowed against this resource.");
    json_t *attributes = json_object_get(entry->document, "attributes");
    if (!attributes) {
        attributes = json_object();
        CHECK(json_object_set_new(entry->document, "attributes", attributes) == 0);
    }
    if (value) CHECK(json_object_set(attributes, name, value) == 0);
    else json_object_del(attributes, name);
    struct buffer stored = {0};
    name_of(&stored, key, entry->document);
    error e = state_put(t, latest ? object_state_key(bucket, key)
                                  : version_state_key(bucket, buffer_text(&stored)),
                        entry->document);
    buffer_release(&stored);
    return e;
}

error object_describe(struct object_store *s, const char *bucket, const char *key, const char *id,
                      const char *name, json_t *value, struct arena *arena,
                      struct object_version *out)
{
    struct entry entry = {0};
    struct state_txn *t;
    TRY(state_begin(local_of(s)->index, true, &t));
    error e = describe_in(t, bucket, key, id, name, value, &entry);
    if (e == OK) e = state_commit(t);
    else state_abort(t);
    if (e == OK) version_fill(arena, key, entry.document, !id, out);
    if (e == OK) out->attributes = NULL;
    entry_release(&entry);
    return e;
}

/* ---- what a bucket is set to ---- */

error object_bucket_get(struct object_store *s, const char *bucket, json_t **out)
{
    struct state_txn *t;
    TRY(state_begin(local_of(s)->index, false, &t));
    error e = bucket_read(t, bucket, out);
    state_abort(t);
    return e;
}

error object_bucket_set(struct object_store *s, const char *bucket, const char *name, json_t *value)
{
    json_t *document = NULL;
    struct state_txn *t;
    TRY(state_begin(local_of(s)->index, true, &t));
    error e = bucket_read(t, bucket, &document);
    if (e == OK) {
        if (value) CHECK(json_object_set(document, name, value) == 0);
        else json_object_del(document, name);
        e = state_put(t, record_key("bucket", bucket), document);
    }
    json_decref(document);
    if (e == OK) return state_commit(t);
    state_abort(t);
    return e;
}
