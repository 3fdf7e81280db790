/* Waking readers of all processes after a commit: a counter in a small shared file, waited on as a
 * futex. A kill at any time leaves nothing behind but a number. */
#include "stream/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { WAKE_BYTES = 4096 };

error wake_open(struct stream_store *s, const char *folder)
{
    struct buffer path = {0};
    buffer_printf(&path, "%s/stream.wake", folder);
    int file = open(buffer_text(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    void *map = MAP_FAILED;
    /* written, not only stretched: a full disk is told here, not by SIGBUS */
    if (file >= 0 && posix_fallocate(file, 0, WAKE_BYTES) == 0)
        map = mmap(NULL, WAKE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    error e = map == MAP_FAILED ? fail_errno("map %s", buffer_text(&path)) : OK;
    if (file >= 0) close(file);
    buffer_release(&path);
    if (e == OK) s->commits = map;
    return e;
}

void wake_close(struct stream_store *s)
{
    if (s->commits) munmap((void *)s->commits, WAKE_BYTES);
    s->commits = NULL;
}

void wake_readers(struct stream_store *s)
{
    if (!s->commits) return;
    atomic_fetch_add(s->commits, 1);
    syscall(SYS_futex, (void *)s->commits, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void wake_wait(struct stream_store *s, uint32_t seen, int64_t timeout_us)
{
    if (timeout_us <= 0 || atomic_load(s->commits) != seen) return;
    if (world->sleep_us != real_world.sleep_us) { /* simulated time passes only there */
        world->sleep_us(timeout_us);
        return;
    }
    struct timespec t = {timeout_us / US_PER_SECOND, timeout_us % US_PER_SECOND * 1000};
    syscall(SYS_futex, (void *)s->commits, FUTEX_WAIT, seen, &t, NULL, 0);
}
