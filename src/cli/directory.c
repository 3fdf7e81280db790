/* The data directory: where it is, who has it, and the credentials file in it.
 *
 *   DIR/lock         process id of the `sluice up` that serves it; flock'ed while that lives
 *   DIR/credentials  the default access key, as an AWS shared credentials file
 *   DIR/endpoint.json  where that listens, as `sluice up --json` says it
 *   DIR/state, DIR/streams, DIR/objects  the stores */
#include "cli/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

const char default_account[] = "123456789012";

const char *default_region(void)
{
    static const char *const names[] = {"AWS_REGION", "AWS_DEFAULT_REGION"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *region = getenv(names[i]);
        if (region && *region) return region;
    }
    return "us-east-1";
}

static const char *user_directory(struct arena *arena)
{
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (data && *data == '/') return arena_printf(arena, "%s/sluice", data);
    if (home && *home == '/') return arena_printf(arena, "%s/.local/share/sluice", home);
    return NULL;
}

error directory_path(struct arena *arena, const char *given, const char **out)
{
    const char *path = given ? given : user_directory(arena);
    if (!path) return fail(ERR_USAGE, "neither XDG_DATA_HOME nor HOME is set: give --dir");
    if (*path != '/') {
        char *here = getcwd(NULL, 0);
        if (!here) return fail_errno("current folder");
        path = arena_printf(arena, "%s/%s", here, path);
        free(here);
    }
    *out = path;
    return OK;
}

static error lock_refused(const char *path, int file)
{
    char owner[32] = "";
    ssize_t n = pread(file, owner, sizeof owner - 1, 0);
    owner[strcspn(owner, "\n")] = '\0';
    return fail(ERR_EXISTS, "%s is in use by another `sluice up' (process %s)", path,
                n > 0 ? owner : "unknown");
}

/* Others look whether the lock is free by taking it for a moment: one refusal says nothing. */
static bool lock_take(int file)
{
    enum { TRIES = 10, PAUSE_MS = 20 };
    for (int i = 0; i < TRIES; i++) {
        if (flock(file, LOCK_EX | LOCK_NB) == 0) return true;
        if (errno != EWOULDBLOCK) return false;
        world->sleep_us(PAUSE_MS * US_PER_MS);
    }
    errno = EWOULDBLOCK;
    return false;
}

error directory_lock(const char *path, struct directory_lock *lock)
{
    TRY(folder_make(path));
    struct arena arena = {0};
    const char *name = arena_printf(&arena, "%s/lock", path);
    error e = OK;
    int file = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        e = fail_errno("open %s", name);
    } else if (!lock_take(file)) {
        e = errno == EWOULDBLOCK ? lock_refused(path, file) : fail_errno("lock %s", name);
    } else {
        char *pid = arena_printf(&arena, "%ld\n", (long)getpid());
        if (ftruncate(file, 0) != 0) e = fail_errno("truncate %s", name);
        else e = file_write_all(file, name, span_of(pid), 0);
    }
    arena_release(&arena);
    if (e != OK && file >= 0) close(file);
    if (e == OK) lock->file = file;
    return e;
}

void directory_unlock(struct directory_lock *lock)
{
    close(lock->file);
    lock->file = -1;
}

static bool directory_is_served(struct arena *arena, const char *path)
{
    int file = open(arena_printf(arena, "%s/lock", path), O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    bool served = flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(file);
    return served;
}

error endpoint_write(const char *path, const json_t *ready)
{
    struct arena arena = {0};
    struct buffer text = {0};
    json_print_pretty(&text, ready);
    buffer_append_byte(&text, '\n');
    error e = file_replace(arena_printf(&arena, "%s/endpoint.json", path), buffer_span(&text));
    buffer_release(&text);
    arena_release(&arena);
    return e;
}

void endpoint_remove(const char *path)
{
    struct arena arena = {0};
    const char *file = arena_printf(&arena, "%s/endpoint.json", path);
    if (unlink(file) != 0 && errno != ENOENT)
        log_line(LOG_WARN, "up", "remove %s: %s", file, strerror(errno));
    arena_release(&arena);
}

/* What the file says, when the process that wrote it lives. */
static bool endpoint_look(const char *file, json_t **ready)
{
    enum { MAX_BYTES = 64 * 1024 };
    struct buffer text = {0};
    bool read = file_read_whole(file, &text, MAX_BYTES) == OK &&
                json_read(buffer_span(&text), ready) == OK;
    buffer_release(&text);
    if (!read) return false;
    pid_t pid = (pid_t)json_integer_or(*ready, "pid", 0);
    if (pid > 0 && (kill(pid, 0) == 0 || errno == EPERM)) return true;
    json_decref(*ready);
    return false;
}

error endpoint_read(struct arena *arena, const char *path, json_t **ready)
{
    enum { LOOK_MS = 50, START_MS = 1500, READY_MS = 10000 };
    const char *file = arena_printf(arena, "%s/endpoint.json", path);
    bool served = false;
    for (int waited_ms = 0; waited_ms < (served ? READY_MS : START_MS); waited_ms += LOOK_MS) {
        served = directory_is_served(arena, path);
        if (served && endpoint_look(file, ready)) return OK;
        world->sleep_us(LOOK_MS * US_PER_MS); /* the line before this one may have started it */
    }
    return served ? fail(ERR_TIMEOUT, "the `sluice up' of %s does not become ready", path)
                  : fail(ERR_NOT_FOUND, "no `sluice up' serves %s", path);
}

enum { CREDENTIALS_MAX_BYTES = 64 * 1024 };

static const char access_key_name[] = "aws_access_key_id";
static const char secret_key_name[] = "aws_secret_access_key";

error credentials_write(const char *path, const char *access_key, const char *secret_key,
                        bool *written)
{
    struct arena arena = {0};
    const char *file = arena_printf(&arena, "%s/credentials", path);
    const char *text = arena_printf(&arena, "[default]\n%s = %s\n%s = %s\n", access_key_name,
                                    access_key, secret_key_name, secret_key);
    struct buffer old = {0};
    bool same = access(file, F_OK) == 0 &&
                file_read_whole(file, &old, CREDENTIALS_MAX_BYTES) == OK &&
                span_is(buffer_span(&old), text);
    error e = same ? OK : file_replace(file, span_of(text));
    *written = !same;
    buffer_release(&old);
    arena_release(&arena);
    return e;
}

/* Value of "name = value" of the file's only section, NULL when absent. */
static const char *credentials_value(struct arena *arena, span text, const char *name)
{
    while (text.size) {
        const char *end = memchr(text.data, '\n', text.size);
        size_t size = end ? (size_t)(end - text.data) : text.size;
        span line = {text.data, size};
        text.data += size + (end != NULL);
        text.size -= size + (end != NULL);
        const char *equals = memchr(line.data, '=', line.size);
        if (!equals) continue;
        span key = span_trim((span){line.data, (size_t)(equals - line.data)});
        span value = {equals + 1, (size_t)(line.data + line.size - equals - 1)};
        if (span_is(key, name)) return arena_text(arena, span_trim(value));
    }
    return NULL;
}

error credentials_read(struct arena *arena, const char *path, const char **access_key,
                       const char **secret_key)
{
    const char *file = arena_printf(arena, "%s/credentials", path);
    struct buffer text = {0};
    error e = file_read_whole(file, &text, CREDENTIALS_MAX_BYTES);
    if (e == OK) {
        *access_key = credentials_value(arena, buffer_span(&text), access_key_name);
        *secret_key = credentials_value(arena, buffer_span(&text), secret_key_name);
        if (!*access_key || !*secret_key) e = fail(ERR_PARSE, "%s: no access key in it", file);
    }
    buffer_release(&text);
    return e;
}
