/* Objects of another store as files of this machine: what asks for a path gets a copy, made once,
 * in a folder that goes with the store. Reading alone. */
#include "object/object.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { PIECE_BYTES = 8 << 20 };

struct copies {
    struct object_store store; /* first: the door's handle */
    struct object_store *from;
    char *folder;
    int64_t count;
};

static struct copies *copies_of(struct object_store *s)
{
    return (struct copies *)s;
}

static error copies_list(struct object_store *s, const char *bucket, const char *prefix,
                         const char *after, size_t max, struct arena *arena,
                         struct object_info **out, size_t *count, bool *more)
{
    struct object_store *from = copies_of(s)->from;
    return from->ops->list(from, bucket, prefix, after, max, arena, out, count, more);
}

static error copy_bytes(struct object_store *from, const char *bucket, const char *key, int file,
                        const char *path)
{
    struct buffer piece = {0};
    error e = OK;
    for (int64_t at = 0; e == OK; at += (int64_t)piece.size) {
        buffer_reset(&piece);
        e = from->ops->get_range(from, bucket, key, at, PIECE_BYTES, &piece);
        if (e == OK) e = file_write_all(file, path, buffer_span(&piece), at);
        if (piece.size < PIECE_BYTES) break;
    }
    buffer_release(&piece);
    return e;
}

static error copies_local_path(struct object_store *s, const char *bucket, const char *key,
                               struct arena *arena, const char **path)
{
    struct copies *c = copies_of(s);
    char *name = arena_printf(arena, "%s/%lld.parquet", c->folder, (long long)c->count);
    int file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return fail_errno("create %s", name);
    c->count++;
    error e = copy_bytes(c->from, bucket, key, file, name);
    if (close(file) != 0 && e == OK) e = fail_errno("write %s", name);
    *path = name;
    return e;
}

static void copies_close(struct object_store *s)
{
    struct copies *c = copies_of(s);
    struct arena arena = {0};
    for (int64_t i = 0; i < c->count; i++)
        unlink(arena_printf(&arena, "%s/%lld.parquet", c->folder, (long long)i));
    if (rmdir(c->folder) != 0)
        log_line(LOG_WARN, "object", "remove %s: %s", c->folder, strerror(errno));
    arena_release(&arena);
    free(c->folder);
    free(c);
}

static const struct object_ops copies_ops = {
    .list = copies_list,
    .local_path = copies_local_path,
    .close = copies_close,
};

error object_open_copies(struct object_store *from, struct object_store **out)
{
    struct arena arena = {0};
    const char *temporary = getenv("TMPDIR");
    char *folder = arena_printf(&arena, "%s/sluice-XXXXXX",
                                temporary && *temporary ? temporary : "/tmp");
    error e = mkdtemp(folder) ? OK : fail_errno("make a folder %s", folder);
    if (e == OK) {
        struct copies *c = must_calloc(1, sizeof *c);
        *c = (struct copies){{&copies_ops}, from, must_strdup(folder), 0};
        *out = &c->store;
    }
    arena_release(&arena);
    return e;
}
