/* What the files of the local object store share.
 *
 * On disk:   folder/.index/        documents: the truth about keys (state/)
 *            folder/.staging/T     bytes on their way, named by token (32 hexadecimal digits)
 *            folder/.keys/...      objects whose key is no safe path
 *            folder/BUCKET/KEY     all others
 *
 * In the index (account, region, name -> document):
 *   bucket, -, BUCKET      region, created; what it is set to, "versioning" among it
 *   object, BUCKET, KEY    path, token, size, etag, modified, type; version, attributes;
 *                          marker: a delete marker, without bytes
 *   upload, -, T           bucket, key, size, etag, began, type: staged, durable, not visible
 *   todo, -, T             path; drop, young: the file work a commit has left to do
 *   young, -, T            path, bytes: a small object whose file is not durable yet (young.c)
 *   version, BUCKET, ...   older versions (version.c)
 *   multipart, part, held  multipart uploads (multipart.c)
 *
 * A put stages its bytes as T and syncs them; one index commit then makes them the object, with
 * path P chosen so that nothing stands there; then T is renamed to P. Until that rename (its
 * process may have died) readers find the bytes at T: the index never describes bytes that are
 * not there. The todo record has the next writer finish the rename, or the removal of an
 * overwritten or deleted object's file, under the index's write lock; a rename is synced before
 * its record goes. The one who overwrites or deletes removes the file himself, under that lock; the
 * record of it goes with the next commit. A small object's bytes are in its young record instead, and its file is synced
 * later with many others. A file in .staging that no record names and no process has locked is an
 * orphan. */
#pragma once

#include "object/object.h"
#include "state/state.h"

#include <stdatomic.h>

enum { TOKEN_SIZE = 32, DROPPED_MAX = 32 };

struct local {
    struct object_store store; /* first: the door's handle */
    char *folder;
    struct state *index;
    atomic_int young; /* small objects put since files were synced last */
    /* drops whose files this process has removed, the last of them; under the index's write lock */
    char dropped[DROPPED_MAX][TOKEN_SIZE + 1];
    unsigned dropped_next;
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
    json_t *attributes; /* borrowed; may be NULL */
};

/* Bytes on their way. */
struct upload {
    struct local *local;
    char *bucket, *key, *type;
    json_t *attributes;
    char token[TOKEN_SIZE + 1];
    char etag[2 * MD5_SIZE + 3]; /* once the bytes have ended */
    int file;                    /* locked: others know that its writer lives */
    int64_t size, began_us;
    int64_t left_bytes;          /* that are on their way to the disk */
    bool keeps_md5;              /* however many they are */
    struct digest_apart *digest; /* NULL: the ETag is known, or there will be none of its own */
    struct behind *behind;       /* writes what comes now; NULL: nobody does */
    struct buffer bytes;         /* all of them while they are few */
};

/* Staged bytes that a transaction makes the object. */
struct publication {
    const char *bucket, *key;
    struct staged staged;
    struct object_condition condition;
    span bytes;       /* data NULL: they are durable where they are staged */
    /* out */
    struct buffer path;
    json_t *document; /* the new entry */
    bool file_work;   /* the commit left files to remove */
};

/* ---- object.c ---- */
error object_key_check(const char *key) MUST_CHECK;

/* ---- place.c: keys as paths, and the moves between them; paths are relative to the folder ---- */
/* What stands at the path (a file) or in its way (a file for a folder, a folder for a file). */
enum obstacle { PATH_FREE, PATH_TAKEN, PATH_BLOCKED, PATH_UNSEEN };
enum obstacle place_look(const struct local *, const char *path);
/* A path for a new object at which nothing stands. Under the index's write lock. `apart`: below .keys,
 * for earlier objects may be on their way to where nothing stands yet. */
void place_choose(const struct local *, const char *bucket, const char *key, const char *token,
                  bool apart, struct buffer *path);
error place_move(const struct local *, const char *token, const char *path) MUST_CHECK;
/* Makes moves durable: syncs the folders from the store down to the path's, but for those that
 * `synced`, the list of this round, has already. */
error place_sync(const struct local *, const char *path, struct buffer *synced) MUST_CHECK;
/* True: the bytes were still where they were staged; doing it again would then remove what is at the
 * path. */
bool place_drop(const struct local *, const char *token, const char *path);
const char *place_full(const struct local *, const char *path, struct buffer *out);
const char *staging_full(const struct local *, const char *token, struct buffer *out);

/* ---- local.c ---- */
struct state_key object_state_key(const char *bucket, const char *key);
struct state_key record_key(const char *kind, const char *name);
error bucket_require(struct state_txn *, const char *bucket) MUST_CHECK;
error bucket_read(struct state_txn *, const char *bucket, json_t **out) MUST_CHECK;
/* Takes over the reference to the document. */
error entry_from(json_t *document, const char *bucket, const char *key, struct entry *) MUST_CHECK;
/* The newest version whatever it is; document NULL: there is none. */
error entry_read_any(struct state_txn *, const char *bucket, const char *key, struct entry *) MUST_CHECK;
int entry_open(struct local *, const struct entry *);
/* ERR_NO_SUCH_KEY also when the newest version is a delete marker. */
error entry_read(struct state_txn *, const char *bucket, const char *key,
                 struct entry *) MUST_CHECK;
void entry_release(struct entry *);
/* Finishes the file work that earlier commits have left; inside a write transaction. Without
 * `all`, the records of few moves stay until there are more. */
struct todo_outcome {
    bool left;     /* some could not be done */
    bool pressing; /* the records that went should be gone for good soon; else any later commit will do */
};
error todo_finish(struct local *, struct state_txn *, bool all, struct todo_outcome *) MUST_CHECK;
enum todo_kind { TODO_MOVE, TODO_MOVE_YOUNG, TODO_DROP };
error todo_add(struct state_txn *, const char *token, const char *path,
               enum todo_kind) MUST_CHECK;
/* Right away, without a commit when the records may wait for the next. */
void todo_settle(struct local *, bool all);

/* ---- behind.c: the bytes of a large file, written beside the caller and past the system's cache ---- */
struct behind;
enum { BEHIND_ALIGN = 4096 };
/* `offset` is a multiple of BEHIND_ALIGN. NULL: it cannot be; write them as ever. */
struct behind *behind_open(int file, const char *name, int64_t offset);
/* Copies; an error may be that of an earlier write. Thread: one. */
error behind_write(struct behind *, span) MUST_CHECK;
/* All bytes are in the file afterwards, not durable. Frees. */
error behind_close(struct behind *) MUST_CHECK;

/* ---- young.c ---- */
enum { YOUNG_BYTES_MAX = 16 * 1024 };
/* Inside a write transaction: the object's bytes are durable with it, and forgotten. */
error young_add(struct state_txn *, const char *token, const char *path, span bytes) MUST_CHECK;
error young_forget(struct state_txn *, const char *token) MUST_CHECK;
/* After a put: when there are many, their files become durable and the index forgets the bytes. */
void young_count(struct local *);
void young_settle(struct local *);
/* At open: files that are not as they were put are written anew. */
error young_recover(struct local *) MUST_CHECK;

/* ---- version.c ---- */
enum { VERSION_ID_SIZE = 32 };
enum versioning { VERSIONING_NEVER, VERSIONING_SUSPENDED, VERSIONING_ENABLED };
struct state_key version_state_key(const char *bucket, const char *name);
enum versioning bucket_versioning(const json_t *bucket);
const char *entry_version(const json_t *entry); /* "null" without one */
void version_id_make(char id[VERSION_ID_SIZE + 1], int64_t modified_us, const char *token);
/* The time of a version that follows `old`: versions of a key never share one. */
int64_t version_time(const struct entry *old);
/* Older versions of the key, newest first. */
error version_scan(struct state_txn *, const char *bucket, const char *key,
                   bool (*each)(void *context, const char *name, json_t *entry),
                   void *context) MUST_CHECK;
/* Inside a write transaction: what becomes of `old` when a new version takes its place. */
error version_retire(struct state_txn *, const char *bucket, const char *key, enum versioning,
                     const struct entry *old, bool *file_work) MUST_CHECK;
/* Inside a write transaction: removes the object, or puts a delete marker (`out`: it) in front. */
error version_remove(struct local *, struct state_txn *, const char *bucket, const char *key,
                     bool *file_work, json_t **out) MUST_CHECK;
error entry_drop(struct state_txn *, const json_t *entry, bool *file_work) MUST_CHECK;
/* Attributes stay borrowed from the entry. */
void version_fill(struct arena *, const char *key, json_t *entry, bool latest,
                  struct object_version *out);

/* The same for a listing, of the entry's text: path as it is kept, neither type nor attributes. */
error version_pick(struct arena *, const char *key, span entry, struct object_version *out) MUST_CHECK;

/* ---- multipart.c ---- */
struct state_key multipart_state_key(const char *bucket, const char *name);
/* Inside a write transaction: forgets the uploads of a bucket; `tokens` gets what may be removed
 * after the commit. */
error multipart_forget_all(struct state_txn *, const char *bucket, struct buffer *tokens) MUST_CHECK;
void tokens_remove(const struct local *, struct buffer *tokens); /* releases the list */

/* ---- stage.c ---- */
void upload_free(struct upload *);
/* A new file in .staging, locked: others know that its writer lives. */
error staged_create(const struct local *, char token[TOKEN_SIZE + 1], int *file) MUST_CHECK;
void staged_remove(const struct local *, const char *token);
/* Bytes that count for no ETag. */
error stage_append(struct upload *, span bytes) MUST_CHECK;
/* All bytes and the file's name are durable afterwards. */
error stage_sync(struct upload *) MUST_CHECK;
/* Inside the write transaction: the object is `staged` from the commit on. */
error publish_in(struct local *, struct state_txn *, struct publication *) MUST_CHECK;
/* After the commit nothing may fail any more: what cannot be done now is in the todo records. */
void publish_settle(struct local *, struct publication *);
void publication_release(struct publication *);
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
