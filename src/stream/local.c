/* The local log's store: opens the LMDB environment once per process and folder, frames each
 * transaction, words its errors. Data directory in, struct stream_store out. */
#include "stream/store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* The map is address space, not disk or memory: the file grows with its content. 256 GiB is a
 * quarter of a percent of the 47 bits a process has and many times what one machine streams in a
 * retention. Where the address space is limited (RLIMIT_AS) less is taken, down to the minimum. */
#define MAP_BYTES ((size_t)256 << 30)
#define MAP_BYTES_MIN ((size_t)64 << 20)
enum { FORMAT = 1, READERS = 4096, TABLES = 8, DISK_FULL_BYTES = 64 * 1024 };

static pthread_mutex_t stores_lock = PTHREAD_MUTEX_INITIALIZER;
static struct stream_store *stores;

error store_fail(const struct stream_store *s, int code, const char *what)
{
    size_t map_bytes = s ? s->map_bytes : 0; /* readers of frames know no store, nor fill it */
    switch (code) {
    case MDB_SUCCESS:
        return OK;
    case MDB_MAP_FULL:
        return fail(ERR_NO_SPACE, "stream log: %s: the log is full (%zu bytes)", what, map_bytes);
    case MDB_READERS_FULL:
        return fail(ERR_UNAVAILABLE, "stream log: %s: more than %d readers", what, READERS);
    case MDB_MAP_RESIZED:
        return fail(ERR_UNAVAILABLE,
                    "stream log: %s: the log has outgrown this process's map of %zu bytes", what,
                    map_bytes);
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
        return fail(ERR_CORRUPT, "stream log: %s: %s", what, mdb_strerror(code));
    case MDB_PANIC:
        return fail(ERR_IO, "stream log: %s: an earlier write failed, open it anew", what);
    case ENOMEM:
        return fail(ERR_MEMORY, "stream log: %s: %s", what, mdb_strerror(code));
    case ENOSPC:
    case EDQUOT:
        return fail(ERR_NO_SPACE, "stream log: %s: %s", what, mdb_strerror(code));
    default:
        return fail(ERR_IO, "stream log: %s: %s", what, mdb_strerror(code));
    }
}

error store_check(const struct stream_store *s)
{
    if (s->process != getpid())
        return fail(ERR_INTERNAL, "stream log opened by process %d, used by its child %d",
                    (int)s->process, (int)getpid());
    return OK;
}

error txn_begin(struct stream_store *s, bool write, MDB_txn **out)
{
    TRY(store_check(s));
    int code = mdb_txn_begin(s->env, NULL, write ? 0 : MDB_RDONLY, out);
    if (code == MDB_READERS_FULL) { /* slots of killed processes */
        mdb_reader_check(s->env, NULL);
        code = mdb_txn_begin(s->env, NULL, write ? 0 : MDB_RDONLY, out);
    }
    return store_fail(s, code, "begin");
}

/* LMDB words the short write that fills a disk as EIO. */
static bool disk_is_full(const struct stream_store *s)
{
    mdb_filehandle_t file;
    struct statvfs disk;
    return mdb_env_get_fd(s->env, &file) == 0 && fstatvfs(file, &disk) == 0 &&
           (uint64_t)disk.f_bavail * disk.f_frsize < DISK_FULL_BYTES;
}

error txn_commit(struct stream_store *s, MDB_txn *txn)
{
    int code = mdb_txn_commit(txn);
    if (code == EIO && disk_is_full(s)) code = ENOSPC;
    TRY(store_fail(s, code, "commit"));
    wake_readers(s);
    return OK;
}

error meta_get(struct stream_store *s, MDB_txn *txn, const char *name, uint64_t *value)
{
    MDB_val key = {strlen(name), (void *)name}, data;
    int code = mdb_get(txn, s->meta, &key, &data);
    *value = 0;
    if (code == MDB_NOTFOUND) return OK;
    TRY(store_fail(s, code, name));
    if (data.mv_size != 8) return fail(ERR_CORRUPT, "stream log: %s is no number", name);
    *value = get_le64(data.mv_data);
    return OK;
}

error meta_set(struct stream_store *s, MDB_txn *txn, const char *name, uint64_t value)
{
    uint8_t bytes[8];
    put_le64(bytes, value);
    MDB_val key = {strlen(name), (void *)name}, data = {sizeof bytes, bytes};
    return store_fail(s, mdb_put(txn, s->meta, &key, &data, 0), name);
}

error meta_changed(struct stream_store *s, MDB_txn *txn)
{
    uint64_t generation;
    TRY(meta_get(s, txn, "generation", &generation));
    return meta_set(s, txn, "generation", generation + 1);
}

const char *store_shard_id(struct stream_store *s, uint32_t ordinal)
{
    CHECK(ordinal < SHARD_ORDINAL_MAX);
    pthread_mutex_lock(&s->ids_lock);
    char(**chunk)[SHARD_ID_SIZE] = &s->ids[ordinal / ID_CHUNK];
    if (!*chunk) *chunk = must_calloc(ID_CHUNK, SHARD_ID_SIZE);
    char *id = (*chunk)[ordinal % ID_CHUNK];
    if (!*id) shard_id_print(id, ordinal);
    pthread_mutex_unlock(&s->ids_lock);
    return id;
}

static error open_tables_in(struct stream_store *s, MDB_txn *txn)
{
    const struct {
        const char *name;
        MDB_dbi *table;
    } tables[] = {
        {"meta", &s->meta},     {"streams", &s->streams}, {"shards", &s->shards},
        {"frames", &s->frames}, {"doomed", &s->doomed},
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        TRY(store_fail(s, mdb_dbi_open(txn, tables[i].name, MDB_CREATE, tables[i].table),
                       tables[i].name));
    uint64_t format;
    TRY(meta_get(s, txn, "format", &format));
    if (format == FORMAT) return OK;
    if (format)
        return fail(ERR_CORRUPT, "stream log: format %" PRIu64 ", this program knows %d", format,
                    FORMAT);
    return meta_set(s, txn, "format", FORMAT);
}

static error open_tables(struct stream_store *s)
{
    MDB_txn *txn;
    TRY(txn_begin(s, true, &txn));
    error e = open_tables_in(s, txn);
    if (e != OK) {
        mdb_txn_abort(txn);
        return e;
    }
    return store_fail(s, mdb_txn_commit(txn), "commit");
}

/* After a failed mdb_env_open only closing is allowed, so each size gets an environment anew. */
static error open_environment(struct stream_store *s, const char *path, size_t wanted)
{
    int code = ENOMEM;
    for (size_t bytes = wanted; code == ENOMEM; bytes /= 2) {
        s->map_bytes = bytes;
        TRY(store_fail(s, mdb_env_create(&s->env), "create"));
        mdb_env_set_mapsize(s->env, bytes);
        mdb_env_set_maxreaders(s->env, READERS);
        mdb_env_set_maxdbs(s->env, TABLES);
        code = mdb_env_open(s->env, path, MDB_NOSUBDIR | MDB_NOTLS, 0600);
        if (code == MDB_SUCCESS) break;
        mdb_env_close(s->env);
        s->env = NULL;
        if (code == ENOMEM && bytes / 2 < MAP_BYTES_MIN)
            return fail(ERR_MEMORY,
                        "open %s: no address space for a map of %zu bytes (see ulimit -v)", path,
                        bytes);
        if (code == ENODEV) return fail(ERR_IO, "open %s: this file system cannot map files", path);
    }
    TRY(store_fail(s, code, path));
    mdb_reader_check(s->env, NULL); /* slots of processes that died */
    MDB_envinfo info;
    mdb_env_info(s->env, &info);
    s->map_bytes = info.me_mapsize;
    return OK;
}

static void store_free(struct stream_store *s)
{
    if (s->env) mdb_env_close(s->env);
    wake_close(s);
    topologies_forget(s);
    for (size_t i = 0; i < ID_CHUNKS; i++) free(s->ids[i]);
    free(s->buckets);
    arena_release(&s->work);
    pthread_mutex_destroy(&s->ids_lock);
    pthread_mutex_destroy(&s->queue_lock);
    pthread_mutex_destroy(&s->limits_lock);
    free(s);
}

static error store_make(const char *folder, const struct stat *info, size_t bytes,
                        struct stream_store **out)
{
    struct stream_store *s = must_calloc(1, sizeof *s);
    s->process = getpid();
    s->device = info->st_dev;
    s->folder = info->st_ino;
    s->opens = 1;
    pthread_mutex_init(&s->ids_lock, NULL);
    pthread_mutex_init(&s->queue_lock, NULL);
    pthread_mutex_init(&s->limits_lock, NULL);
    struct buffer path = {0};
    buffer_printf(&path, "%s/stream.mdb", folder);
    error e = open_environment(s, buffer_text(&path), bytes);
    if (e == OK) e = open_tables(s);
    if (e == OK) e = wake_open(s, folder);
    if (e == OK) e = file_sync_folder(folder); /* LMDB syncs its file, not the file's name */
    buffer_release(&path);
    if (e != OK) {
        store_free(s);
        return e;
    }
    *out = s;
    return OK;
}

static error open_shared(const char *folder, size_t bytes, struct stream_store **out)
{
    struct stat info;
    TRY(folder_make(folder));
    if (stat(folder, &info) != 0) return fail_errno("stat %s", folder);
    for (struct stream_store *s = stores; s; s = s->next) {
        /* what a parent opened is no longer usable after a fork */
        if (s->process != getpid() || s->device != info.st_dev || s->folder != info.st_ino)
            continue;
        s->opens++;
        *out = s;
        return OK;
    }
    TRY(store_make(folder, &info, bytes, out));
    (*out)->next = stores;
    stores = *out;
    return OK;
}

error stream_store_open_capped(const char *folder, size_t max_bytes, struct stream_store **out)
{
    pthread_mutex_lock(&stores_lock);
    error e = open_shared(folder, max_bytes, out);
    pthread_mutex_unlock(&stores_lock);
    return e;
}

error stream_store_open(const char *folder, struct stream_store **out)
{
    return stream_store_open_capped(folder, MAP_BYTES, out);
}

void stream_store_close(struct stream_store *s)
{
    if (!s || s->process != getpid()) return; /* the parent's locks and reader slots stay its own */
    pthread_mutex_lock(&stores_lock);
    bool last = --s->opens == 0;
    for (struct stream_store **p = &stores; last && *p; p = &(*p)->next) {
        if (*p != s) continue;
        *p = s->next;
        break;
    }
    if (last) store_free(s); /* under the lock: a second open of the file must come after */
    pthread_mutex_unlock(&stores_lock);
}

void stream_store_set_limits(struct stream_store *s, bool aws)
{
    atomic_store(&s->limited, aws);
}
