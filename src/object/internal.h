/* What the files of the local object store share.
 *
 * On disk:   folder/.index/        documents: the truth about keys (state/)
 *            folder/.staging/T     bytes on their way, named by token (32 hexadecimal digits)
 *            folder/.keys/...      objects whose key is no safe path
 *            folder/BUCKET/KEY     all others
 *
 * In the index (account, region, name -> document):
 *   bucket, -, BUCKET      region, created
 *   object, BUCKET, KEY    path, token, size, etag, modified, type
 *   upload, -, T           bucket, key, size, etag, began, type: staged, durable, not visible
 *   todo, -, T             path, drop: the file work a commit has left to do
 *
 * A put stages its bytes as T and syncs them; one index commit then makes them the object, with
 * path P chosen so that nothing stands there; then T is renamed to P. Until that rename (its
 * process may have died) readers find the bytes at T: the index never describes bytes that are
 * not there. The todo record has the next writer finish the rename, or the removal of an
 * overwritten or deleted object's file, under the index's write lock; a rename is synced before
 * its record goes. A file in .staging that no record names and no process has locked is an
 * orphan. */
#pragma once

#include "object/object.h"
#include "state/state.h"

enum { TOKEN_SIZE = 32 };

struct local {
    struct object_store store; /* first: the door's handle */
    char *folder;
    struct state *index;
};

static inline struct local *local_of(struct object_store *s) { return (struct local *)s; }

/* An object's index document, read. Texts are borrowed from `document`. */
struct entry {
    json_t *document;
    const char *path, *token, *etag, *type;
    int64_t size, modified_us;
};

struct staged {
    const char *token;
    int64_t size;
    const char *etag, *type;
};

/* ---- object.c ---- */
error bucket_name_check(const char *bucket) MUST_CHECK;
error object_key_check(const char *key) MUST_CHECK;

/* ---- place.c: keys as paths, and the moves between them; paths are relative to the folder ---- */
/* A path for a new object at which nothing stands. Under the index's write lock. */
void place_choose(const struct local *, const char *bucket, const char *key, const char *token,
                  struct buffer *path);
error place_move(const struct local *, const char *token, const char *path) MUST_CHECK;
/* Makes moves durable: syncs the folders from the store down to the path's, but for those that
 * `synced`, the list of this round, has already. */
error place_sync(const struct local *, const char *path, struct buffer *synced) MUST_CHECK;
void place_drop(const struct local *, const char *token, const char *path);
const char *place_full(const struct local *, const char *path, struct buffer *out);
const char *staging_full(const struct local *, const char *token, struct buffer *out);

/* ---- local.c ---- */
struct state_key object_state_key(const char *bucket, const char *key);
struct state_key record_key(const char *kind, const char *name);
error bucket_require(struct state_txn *, const char *bucket) MUST_CHECK;
error entry_read(struct state_txn *, const char *bucket, const char *key,
                 struct entry *) MUST_CHECK;
void entry_release(struct entry *);
/* Finishes the file work that earlier commits have left; inside a write transaction. Without
 * `all`, the records of few moves stay until there are more. */
error todo_finish(struct local *, struct state_txn *, bool all) MUST_CHECK;
error todo_add(struct state_txn *, const char *token, const char *path, bool drop) MUST_CHECK;
void todo_settle(struct local *, bool all);

/* ---- stage.c ---- */
error local_put(struct object_store *, const char *bucket, const char *key, span data,
                const char *content_type, struct object_condition);
error local_upload_begin(struct object_store *, const char *bucket, const char *key,
                         const char *content_type, struct upload **);
error local_upload_write(struct upload *, span bytes);
error local_upload_finish(struct upload *, struct arena *, const char **token);
void local_upload_abandon(struct upload *);
error local_upload_complete(struct object_store *, const char *bucket, const char *key,
                            const char *token);
error local_upload_abort(struct object_store *, const char *bucket, const char *key,
                         const char *token);
error local_upload_sweep(struct object_store *, const char *bucket, const char *stem,
                         int64_t before_us, const char *const *keep, size_t keep_count);
/* Removes staged files of processes that died before a record named them. */
error stage_collect(struct local *) MUST_CHECK;
