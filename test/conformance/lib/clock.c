/* Preloaded into a process: its wall clock stands SLUICE_TEST_CLOCK seconds later (or earlier), until the
 * monotonic clock has come to SLUICE_TEST_CLOCK_UNTIL. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *out)
{
    int result = (int)syscall(SYS_clock_gettime, clock, out);
    const char *seconds = getenv("SLUICE_TEST_CLOCK"), *until = getenv("SLUICE_TEST_CLOCK_UNTIL");
    struct timespec now;
    if (result != 0 || clock != CLOCK_REALTIME || !seconds) return result;
    if (until && syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now) == 0 && now.tv_sec >= atol(until)) return 0;
    out->tv_sec += atol(seconds);
    return 0;
}
