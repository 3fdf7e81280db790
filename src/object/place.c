/* Where an object's file stands. A key that is a safe path keeps it (people and other programs
 * read the folders); every other key stands under .keys by its SHA-256. Nothing here follows a
 * symbolic link: a component that is not a real folder sends the object to .keys. */
#include "object/internal.h"

#include <errno.h>
#include <stdlib.h>

enum {
    COMPONENT_MAX = 200, /* below every file system's 255, with room for "~<hex>" */
    VARIANT_DIGITS = 16,
    MOVE_TRIES = 16,     /* another process may remove an empty folder while we fill it */
};

const char *place_full(const struct local *l, const char *path, struct buffer *out)
{
    buffer_reset(out);
    buffer_printf(out, "%s/%s", l->folder, path);
    return buffer_text(out);
}

const char *staging_full(const struct local *l, const char *token, struct buffer *out)
{
    buffer_reset(out);
    buffer_printf(out, "%s/.staging/%s", l->folder, token);
    return buffer_text(out);
}

/* "~" and 16 hexadecimal digits: what an overwritten key's file is called. */
static bool has_variant_mark(span name)
{
    for (size_t i = 0; i + VARIANT_DIGITS < name.size; i++)
        if (name.data[i] == '~' &&
            strspn(name.data + i + 1, "0123456789abcdef") >= VARIANT_DIGITS)
            return true;
    return false;
}

static bool component_is_safe(span name)
{
    if (name.size == 0 || name.size > COMPONENT_MAX) return false;
    if (span_is(name, ".") || span_is(name, "..") || has_variant_mark(name)) return false;
    for (size_t i = 0; i < name.size; i++) {
        if ((uint8_t)name.data[i] < 0x20 || name.data[i] == 0x7f) return false;
        if (strchr("*?[", name.data[i])) return false; /* others' globs would mean other files */
    }
    return true;
}

static bool key_is_path(const char *key)
{
    for (const char *p = key;; p++) {
        size_t size = strcspn(p, "/");
        if (!component_is_safe((span){p, size})) return false;
        p += size;
        if (*p == '\0') return true;
    }
}

enum obstacle place_look(const struct local *l, const char *path)
{
    struct buffer part = {0};
    struct world_stat st;
    enum obstacle found = PATH_FREE;
    for (const char *slash = strchr(path, '/');; slash = strchr(slash + 1, '/')) {
        buffer_reset(&part);
        buffer_printf(&part, "%s/%.*s", l->folder,
                      (int)(slash ? (size_t)(slash - path) : strlen(path)), path);
        if (world->stat(buffer_text(&part), &st) != 0) {
            found = errno == ENOENT ? PATH_FREE : PATH_UNSEEN;
            break;
        }
        if (slash) found = st.is_folder ? PATH_FREE : PATH_BLOCKED;
        else found = st.is_folder ? PATH_BLOCKED : PATH_TAKEN;
        if (!slash || found != PATH_FREE) break;
    }
    buffer_release(&part);
    return found;
}

/* data/a.parquet -> data/a~0123456789abcdef.parquet: still found by a glob on the extension. */
static void variant_name(const char *path, const char *token, struct buffer *out)
{
    const char *name = strrchr(path, '/') + 1, *dot = strrchr(name, '.');
    if (!dot || dot == name) dot = name + strlen(name);
    buffer_reset(out);
    buffer_append(out, path, (size_t)(dot - path));
    buffer_printf(out, "~%.*s%s", VARIANT_DIGITS, token, dot);
}

void place_choose(const struct local *l, const char *bucket, const char *key, const char *token,
                  bool apart, struct buffer *path)
{
    buffer_reset(path);
    buffer_printf(path, "%s/%s", bucket, key);
    enum obstacle found =
        !apart && key_is_path(key) ? place_look(l, buffer_text(path)) : PATH_BLOCKED;
    if (found == PATH_FREE) return;
    if (found == PATH_TAKEN) {
        char *plain = must_strdup(buffer_text(path));
        variant_name(plain, token, path);
        free(plain);
        return;
    }
    uint8_t hash[SHA256_SIZE];
    char hex[2 * SHA256_SIZE];
    sha256(hash, span_of(key));
    hex_encode(hex, hash, sizeof hash);
    buffer_reset(path);
    buffer_printf(path, ".keys/%s/%.2s/%.*s~%.*s", bucket, hex, (int)sizeof hex, hex,
                  VARIANT_DIGITS, token);
}

static error parent_make(const struct local *l, const char *path)
{
    struct buffer parent = {0};
    buffer_printf(&parent, "%s/%.*s", l->folder, (int)(strrchr(path, '/') - path), path);
    error e = folder_make(buffer_text(&parent));
    buffer_release(&parent);
    return e;
}

static error move_try(const struct local *l, const char *from, const char *to, const char *path,
                      bool *again)
{
    struct world_stat st;
    *again = world->stat(from, &st) == 0;
    if (!*again && errno != ENOENT) return fail_errno("look at %s", from);
    if (!*again) return OK; /* it was moved, or dropped, before or by another */
    TRY(parent_make(l, path));
    if (world->rename(from, to) != 0)
        return errno == ENOENT ? OK : fail_errno("rename %s to %s", from, to);
    *again = false;
    return OK;
}

error place_move(const struct local *l, const char *token, const char *path)
{
    struct buffer from = {0}, to = {0};
    bool again = true;
    error e = OK;
    staging_full(l, token, &from);
    place_full(l, path, &to);
    for (int i = 0; e == OK && again && i < MOVE_TRIES; i++)
        e = move_try(l, from.data, to.data, path, &again);
    if (e == OK && again) e = fail(ERR_IO, "rename %s to %s: no folder", from.data, to.data);
    buffer_release(&from);
    buffer_release(&to);
    return e;
}

/* `synced` holds NUL-ended texts, one after the other. */
static error folder_sync_once(const char *folder, struct buffer *synced)
{
    size_t size = strlen(folder) + 1;
    for (size_t at = 0; at < synced->size; at += strlen(synced->data + at) + 1)
        if (strcmp(synced->data + at, folder) == 0) return OK;
    TRY(file_sync_folder(folder));
    buffer_append(synced, folder, size);
    return OK;
}

error place_sync(const struct local *l, const char *path, struct buffer *synced)
{
    struct buffer part = {0};
    error e = folder_sync_once(l->folder, synced);
    for (const char *slash = strchr(path, '/'); slash && e == OK; slash = strchr(slash + 1, '/')) {
        buffer_reset(&part);
        buffer_printf(&part, "%s/%.*s", l->folder, (int)(slash - path), path);
        e = folder_sync_once(buffer_text(&part), synced);
    }
    buffer_release(&part);
    return e;
}

/* Staged bytes first: the process that wants to move them may still be about to, and then must
 * find nothing to move once the path has been cleared. Bytes that were still staged never came to
 * the path: what is there belongs to the object that took their place. */
bool place_drop(const struct local *l, const char *token, const char *path)
{
    struct buffer full = {0};
    bool staged = world->unlink(staging_full(l, token, &full)) == 0;
    place_full(l, path, &full);
    if (!staged) world->unlink(full.data);
    /* Folders that this emptied go too, but not the bucket's own. */
    size_t keep = strlen(l->folder) + 1 + strcspn(path, "/");
    for (char *slash; (slash = strrchr(full.data, '/')) && (size_t)(slash - full.data) > keep;) {
        *slash = '\0';
        if (world->rmdir(full.data) != 0) break;
    }
    buffer_release(&full);
    return staged;
}
