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
