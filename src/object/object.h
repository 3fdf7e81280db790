/* Bytes at rest under bucket and key, over two back ends with one set of functions: the local
 * object store (files plus an index) and a remote S3 endpoint. A put is all or nothing and durable
 * when the call returns. */
#pragma once

#include "base/base.h"

enum { OBJECT_KEY_MAX = 1024 };

struct object_store;
struct upload; /* bytes on their way; invisible until completed; one owner thread */

struct object_info {
    const char *key;
    int64_t size;
    int64_t modified_us;
    const char *etag;          /* without quotes */
    const char *content_type;  /* head: as it was put; list: NULL */
    const char *path;          /* list of a local store: where the bytes are; NULL: local_path
                                  tells */
};

/* When to refuse a put: both NULL means never. */
struct object_condition {
    bool if_absent;            /* If-None-Match: * -> ERR_PRECONDITION when the key exists */
    const char *if_etag;       /* If-Match */
};

struct object_ops {
    error (*put)(struct object_store *, const char *bucket, const char *key, span data,
                 const char *content_type, struct object_condition);
    /* Whole object into the buffer; ERR_NO_SUCH_KEY. */
    error (*get)(struct object_store *, const char *bucket, const char *key, size_t max, struct buffer *out);
    /* `length` bytes at `offset`, fewer where the object ends; offset < 0 counts from the end (a
     * footer's tail). */
    error (*get_range)(struct object_store *, const char *bucket, const char *key, int64_t offset,
                       size_t length, struct buffer *out);
    error (*head)(struct object_store *, const char *bucket, const char *key, struct arena *, struct object_info *);
    error (*remove)(struct object_store *, const char *bucket, const char *key); /* absent is OK */
    /* Keys with the prefix in byte order, after `after` (NULL: from the first). */
    error (*list)(struct object_store *, const char *bucket, const char *prefix, const char *after,
                  size_t max, struct arena *, struct object_info **out, size_t *count, bool *more);

    /* Staged writing: begin, write..., finish (all bytes durable, still invisible), then complete
     * (visible; idempotent: completing what was completed is OK) or abort. The token names the
     * staged bytes across a crash: a later process can complete or abort by token alone. */
    error (*upload_begin)(struct object_store *, const char *bucket, const char *key,
                          const char *content_type, struct upload **);
    error (*upload_write)(struct upload *, span bytes);
    error (*upload_finish)(struct upload *, struct arena *, const char **token); /* frees the upload */
    void (*upload_abandon)(struct upload *);                                     /* frees, removes */
    /* ERR_NO_SUCH_UPLOAD: neither staged nor completed. */
    error (*upload_complete)(struct object_store *, const char *bucket, const char *key, const char *token);
    error (*upload_abort)(struct object_store *, const char *bucket, const char *key, const char *token);
    /* Aborts staged bytes in the bucket whose base name (the key behind its last '/') starts with
     * the stem, that began before `before_us` (orphans of dead runs) and whose token is not in
     * `keep`. */
    error (*upload_sweep)(struct object_store *, const char *bucket, const char *stem,
                          int64_t before_us, const char *const *keep, size_t keep_count);
    /* Path of a file that holds exactly the object's bytes, or ERR_UNSUPPORTED (remote). */
    error (*local_path)(struct object_store *, const char *bucket, const char *key, struct arena *, const char **path);
    void (*close)(struct object_store *);
};

struct object_store {
    const struct object_ops *ops;
};

/* s3://bucket/key (also s3a://, s3n://). The key may be empty. Text lives in the arena. */
error object_url_parse(struct arena *, const char *url, const char **bucket, const char **key) MUST_CHECK;
/* ERR_INVALID_BUCKET_NAME by the rules of S3. */
error bucket_name_check(const char *bucket) MUST_CHECK;

/* ---- local (object/local.c) ----
 * Objects are plain files under folder/BUCKET/KEY wherever a key is a safe path, so that people
 * and other programs can read them; an overwritten key moves to KEY~<hex> (before the extension),
 * and keys that are no safe path live under folder/.keys. local_path tells. Several processes may
 * share a folder. An If-None-Match or If-Match is decided in the transaction that makes the object
 * visible. */
error object_open_local(const char *folder, struct object_store **) MUST_CHECK;
error object_bucket_create(struct object_store *, const char *bucket, const char *region) MUST_CHECK;
error object_bucket_delete(struct object_store *, const char *bucket) MUST_CHECK;
error object_bucket_exists(struct object_store *, const char *bucket, bool *) MUST_CHECK;
error object_bucket_list(struct object_store *, struct arena *, const char ***names, int64_t **created_us, size_t *count) MUST_CHECK;

/* ---- what S3 keeps besides (local store only) ----
 * Attributes are a JSON object that the caller stores with a version, upload or part and gets back
 * as it is. */

/* One version of an object. Texts live in the arena; attributes are a new reference where they are
 * said to come, else NULL. */
struct object_version {
    struct object_info info;
    const char *version_id;    /* "null": put without versioning */
    bool versioned;            /* its id is not "null" */
    bool latest, delete_marker;
    const char *storage_class; /* the attribute "class"; "STANDARD" without one */
    json_t *attributes;
};

/* The bucket's document: "region", "created", "versioning" ("Enabled", "Suspended") and whatever
 * else is set. A new reference. */
error object_bucket_get(struct object_store *, const char *bucket, json_t **) MUST_CHECK;
error object_bucket_set(struct object_store *, const char *bucket, const char *name,
                        json_t *value /* NULL removes it */) MUST_CHECK;

/* The ETag will be the bytes' MD5 however many they are. Without that, the one of a large object is
 * its token and "-1", as those of multipart uploads are. Before the first byte. */
void object_upload_keep_md5(struct upload *);
/* Ends the bytes of an upload: their ETag, and their number. */
const char *object_upload_etag(struct upload *);
int64_t object_upload_size(const struct upload *);
/* Makes the upload the object at once, durable and visible. Frees the upload, whatever happens. */
error object_upload_publish(struct upload *, json_t *attributes, struct object_condition,
                            struct arena *, struct object_version *) MUST_CHECK;

/* A version by id, or the newest (`version_id` NULL), which may be a delete marker; with
 * attributes. ERR_NO_SUCH_KEY, ERR_NO_SUCH_VERSION. */
error object_find(struct object_store *, const char *bucket, const char *key,
                  const char *version_id, struct arena *, struct object_version *) MUST_CHECK;
/* The same, and its bytes opened (-1 for a delete marker); the file holds exactly them. */
error object_open(struct object_store *, const char *bucket, const char *key,
                  const char *version_id, struct arena *, struct object_version *,
                  int *file) MUST_CHECK;
/* Without an id as a bucket's versioning wants it: the object goes, or a delete marker is put in
 * front. With one, exactly that version goes. Tells the marker made or the version removed;
 * version_id NULL: nothing of both. */
error object_remove(struct object_store *, const char *bucket, const char *key,
                    const char *version_id, struct arena *, struct object_version *) MUST_CHECK;
/* Sets one attribute of a version (NULL removes it). */
error object_describe(struct object_store *, const char *bucket, const char *key,
                      const char *version_id, const char *name, json_t *value, struct arena *,
                      struct object_version *) MUST_CHECK;

enum object_listing { LIST_OBJECTS, LIST_VERSIONS, LIST_UPLOADS };
struct object_query {
    const char *prefix;        /* "" : any */
    const char *delimiter;     /* NULL: none */
    const char *after;         /* key or common prefix; NULL: from the first */
    const char *after_version; /* versions, uploads: behind this one of the key `after` */
    size_t max;
    bool paths;                /* objects: say where the bytes are, as object_info has it */
};
struct object_item {
    const char *prefix;            /* a common prefix; else NULL */
    struct object_version version; /* of uploads: key, beginning, id */
};
struct object_page { struct object_item *items; size_t count; bool more; };
error object_list(struct object_store *, enum object_listing, const char *bucket,
                  const struct object_query *, struct arena *, struct object_page *) MUST_CHECK;

enum { OBJECT_PARTS_MAX = 10000 };
struct object_part {
    int number;                /* 1 .. OBJECT_PARTS_MAX */
    int64_t size, modified_us;
    const char *etag, *token;  /* the token is the store's own */
    json_t *attributes;
};
struct object_parts {
    struct object_part *parts;
    size_t count;
    bool more;
    json_t *attributes;        /* of the upload */
    const char *content_type;
};
error object_multipart_create(struct object_store *, const char *bucket, const char *key,
                              const char *content_type, json_t *attributes, struct arena *,
                              const char **id) MUST_CHECK;
/* Attributes of an upload under way, a new reference; ERR_NO_SUCH_UPLOAD. */
error object_multipart_find(struct object_store *, const char *bucket, const char *key,
                            const char *id, json_t **attributes) MUST_CHECK;
/* Keeps the bytes as a part, replacing one of the same number. Frees the upload, whatever happens. */
error object_part_put(struct upload *, const char *id, int number, json_t *attributes,
                      int64_t *modified_us) MUST_CHECK;
/* Parts behind the number `after`. */
error object_multipart_parts(struct object_store *, const char *bucket, const char *key,
                             const char *id, int after, size_t max, struct arena *,
                             struct object_parts *) MUST_CHECK;
void object_parts_release(struct object_parts *);

struct object_completion {
    const char *id;
    const struct object_part *parts; /* as listed, in the order of the object */
    size_t count;
    const char *content_type, *etag;
    json_t *attributes;              /* borrowed */
    struct object_condition condition;
    void (*observe)(void *context, span bytes); /* sees all bytes in order; may be NULL */
    /* After the last byte, before anything is visible; may refuse or change attributes. */
    error (*ready)(void *context, struct object_completion *);
    void *context;
};
/* ERR_NO_SUCH_UPLOAD; ERR_CONFLICT: a part was uploaded again meanwhile. */
error object_multipart_complete(struct object_store *, const char *bucket, const char *key,
                                struct object_completion *, struct arena *,
                                struct object_version *) MUST_CHECK;
error object_multipart_abort(struct object_store *, const char *bucket, const char *key,
                             const char *id) MUST_CHECK;

/* ---- copies (object/copies.c) ----
 * `from`, which is borrowed, for those who need files: local_path makes a copy of the object in a
 * temporary folder that closing removes. Has list, local_path and close alone. */
error object_open_copies(struct object_store *from, struct object_store **) MUST_CHECK;

/* ---- remote (object/s3.c): Amazon S3 or anything that speaks its API ----
 * A bucket is a host at AWS, the first part of the path elsewhere. Staged bytes are multipart
 * uploads; at most 5 MiB of each file being written are in memory (more beyond 1,000 parts). The
 * client is borrowed; one thread uses both. */
struct http_client;
error object_open_s3(struct http_client *, const char *endpoint_url, const char *region,
                     struct object_store **) MUST_CHECK;
