#include "base/world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_us(clockid_t clock)
{
    struct timespec t;
    CHECK(clock_gettime(clock, &t) == 0);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t real_now_us(void)
{
    return clock_us(CLOCK_REALTIME);
}

static int64_t real_monotonic_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

static void real_sleep_us(int64_t us)
{
    if (us <= 0) return;
    struct timespec t = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&t, NULL); /* a signal may cut it short; callers look again */
}

static void real_random(void *out, size_t size)
{
    for (size_t got = 0; got < size;) {
        ssize_t n = getrandom((char *)out + got, size - got, 0);
        CHECK(n > 0 || errno == EINTR);
        if (n > 0) got += (size_t)n;
    }
}

static int real_open(const char *path, int flags, unsigned mode)
{
    return open(path, flags | O_CLOEXEC, mode);
}

static int64_t real_write(int file, const void *data, size_t size, int64_t offset)
{
    return pwrite(file, data, size, offset);
}

static int64_t real_read(int file, void *data, size_t size, int64_t offset)
{
    return pread(file, data, size, offset);
}

static int real_mkdir(const char *path, unsigned mode)
{
    return mkdir(path, mode);
}

static int real_stat(const char *path, struct world_stat *out)
{
    struct stat st;
    if (lstat(path, &st) != 0) return -1;
    *out = (struct world_stat){
        .is_file = S_ISREG(st.st_mode),
        .is_folder = S_ISDIR(st.st_mode),
        .size = st.st_size,
        .modified_us = (int64_t)st.st_mtim.tv_sec * 1000000 + st.st_mtim.tv_nsec / 1000,
    };
    return 0;
}

/* For kernels and sandboxes without openat2: one component at a time, none of them a link. */
static int open_stepwise(int folder, const char *path, int flags)
{
    char name[256];
    for (;;) {
        size_t size = strcspn(path, "/");
        bool last = path[size] == '\0';
        if (size == 0 || size >= sizeof name || (size <= 2 && strspn(path, ".") >= size)) {
            close(folder);
            errno = EXDEV;
            return -1;
        }
        memcpy(name, path, size);
        name[size] = '\0';
        int next = openat(folder, name, (last ? flags : O_PATH | O_DIRECTORY) | O_NOFOLLOW | O_CLOEXEC);
        int number = errno;
        close(folder);
        errno = number;
        if (next < 0 || last) return next;
        folder = next;
        path += size + 1;
    }
}

static int real_open_beneath(const char *folder, const char *path, int flags)
{
    int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) return -1;
    struct open_how how = {
        .flags = (uint64_t)flags | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    int file = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
    if (file < 0 && (errno == ENOSYS || errno == EPERM)) return open_stepwise(root, path, flags);
    int number = errno;
    close(root);
    errno = number;
    return file;
}

static void real_write_out(int file, int64_t offset, int64_t size)
{
    (void)sync_file_range(file, offset, size, SYNC_FILE_RANGE_WRITE); /* an error shows at the sync */
}

static int real_direct(int file, bool on)
{
    int flags = fcntl(file, F_GETFL);
    return flags < 0 ? -1 : fcntl(file, F_SETFL, on ? flags | O_DIRECT : flags & ~O_DIRECT);
}

static int real_lock(int file)
{
    return flock(file, LOCK_EX | LOCK_NB);
}

static int real_list(const char *folder, void (*each)(void *context, const char *name),
                     void *context)
{
    DIR *dir = opendir(folder);
    if (!dir) return -1;
    for (struct dirent *entry; (errno = 0, entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            each(context, entry->d_name);
    int number = errno;
    closedir(dir);
    errno = number;
    return number ? -1 : 0;
}

const struct world real_world = {
    .now_us = real_now_us,
    .monotonic_us = real_monotonic_us,
    .sleep_us = real_sleep_us,
    .random = real_random,
    .open = real_open,
    .write = real_write,
    .read = real_read,
    .sync = fdatasync,
    .write_out = real_write_out,
    .direct = real_direct,
    .close = close,
    .rename = rename,
    .unlink = unlink,
    .mkdir = real_mkdir,
    .rmdir = rmdir,
    .stat = real_stat,
    .open_beneath = real_open_beneath,
    .lock = real_lock,
    .list = real_list,
};

const struct world *world = &real_world;

error file_write_all(int file, const char *path, span data, int64_t offset)
{
    while (data.size) {
        int64_t n = world->write(file, data.data, data.size, offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("write %s", path);
        data.data += n;
        data.size -= (size_t)n;
        offset += n;
    }
    return OK;
}

error file_read_whole(const char *path, struct buffer *out, size_t max)
{
    int file = world->open(path, O_RDONLY, 0);
    if (file < 0) return fail_errno("open %s", path);
    error e = OK;
    for (int64_t offset = 0;;) {
        buffer_reserve(out, 64 * 1024);
        int64_t n = world->read(file, out->data + out->size, 64 * 1024, offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) e = fail_errno("read %s", path);
        if (n <= 0) break;
        out->size += (size_t)n;
        offset += n;
        if (out->size > max) {
            e = fail(ERR_TOO_LARGE, "%s: larger than %zu bytes", path, max);
            break;
        }
    }
    world->close(file);
    return e;
}

error file_sync_folder(const char *folder)
{
    int file = world->open(folder, O_RDONLY | O_DIRECTORY, 0);
    if (file < 0) return fail_errno("open %s", folder);
    error e = world->sync(file) == 0 ? OK : fail_errno("sync %s", folder);
    world->close(file);
    return e;
}

static error replace_with(const char *path, const char *temporary, const char *folder, span data)
{
    int file = world->open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0) return fail_errno("create %s", temporary);
    error e = file_write_all(file, temporary, data, 0);
    if (e == OK && world->sync(file) != 0) e = fail_errno("sync %s", temporary);
    if (world->close(file) != 0 && e == OK) e = fail_errno("close %s", temporary);
    if (e == OK && world->rename(temporary, path) != 0) e = fail_errno("rename to %s", path);
    if (e != OK) {
        world->unlink(temporary);
        return e;
    }
    return file_sync_folder(folder);
}

error file_replace(const char *path, span data)
{
    struct buffer temporary = {0}, folder = {0};
    uint64_t unique;
    world->random(&unique, sizeof unique);
    const char *slash = strrchr(path, '/');
    if (slash) buffer_append(&folder, path, (size_t)(slash - path) + 1);
    else buffer_append_text(&folder, ".");
    buffer_printf(&temporary, "%s.%016llx.tmp", path, (unsigned long long)unique);
    error e = replace_with(path, buffer_text(&temporary), buffer_text(&folder), data);
    buffer_release(&temporary);
    buffer_release(&folder);
    return e;
}

error folder_make(const char *path)
{
    struct buffer part = {0};
    error e = OK;
    for (const char *p = path; e == OK; p++) {
        if ((*p == '/' || *p == '\0') && part.size) {
            if (world->mkdir(buffer_text(&part), 0700) != 0 && errno != EEXIST)
                e = fail_errno("create folder %s", buffer_text(&part));
        }
        if (*p == '\0') break;
        buffer_append_byte(&part, (uint8_t)*p);
    }
    buffer_release(&part);
    return e;
}
