/* Child processes of the same binary, whose standard output is read line by line. A child never
 * outlives the thread that started it. */
#pragma once

#include "base/base.h"

#include <sys/types.h>

struct process {
    pid_t pid;             /* 0: not running */
    int output;            /* the read end of its stdout */
    struct buffer pending; /* read; the first `taken` bytes were returned by the last call */
    size_t taken;
    bool ended;            /* stdout is at its end */
};

/* Runs this binary; argv[0] is replaced, argv ends with NULL. Its stderr is appended to file `log`. */
error process_start(struct process *, char *const argv[], const char *log) MUST_CHECK;
/* The next line without its newline, valid until the next call; data NULL when none came within
 * `timeout_us` or the output has ended. */
span process_line(struct process *, int64_t timeout_us);
/* SIGTERM, then SIGKILL after `grace_us`; OK when the process ended with status 0. Releases
 * everything; a process that is not running is OK. */
error process_stop(struct process *, int64_t grace_us) MUST_CHECK;
