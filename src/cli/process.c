#include "cli/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child: only calls that are safe between fork and exec. */
static void become(char *const argv[], const char *log, int output, pid_t parent)
{
    int errors = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    int nothing = open("/dev/null", O_RDONLY);
    if (errors < 0 || nothing < 0) _exit(127);
    dup2(nothing, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(errors, STDERR_FILENO);
    setpgid(0, 0); /* Ctrl-C is for the parent, which ends its children */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(127); /* it died before the line above */
    execv("/proc/self/exe", argv);
    _exit(127);
}

error process_start(struct process *process, char *const argv[], const char *log)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return fail_errno("pipe");
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) become(argv, log, ends[1], parent);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return fail_errno("fork");
    }
    *process = (struct process){.pid = pid, .output = ends[0]};
    return OK;
}

/* Reads what is there into `pending`; false when nothing came in time or never will. */
static bool fill(struct process *process, int64_t timeout_us)
{
    struct pollfd wait = {.fd = process->output, .events = POLLIN};
    int ready = poll(&wait, 1, (int)((timeout_us + US_PER_MS - 1) / US_PER_MS));
    if (ready <= 0) return ready < 0 && errno == EINTR;
    enum { CHUNK = 64 * 1024 };
    buffer_reserve(&process->pending, CHUNK);
    ssize_t n = read(process->output, process->pending.data + process->pending.size, CHUNK);
    if (n < 0 && errno == EINTR) return true;
    if (n <= 0) process->ended = true;
    else process->pending.size += (size_t)n;
    return n > 0;
}

span process_line(struct process *process, int64_t timeout_us)
{
    struct buffer *pending = &process->pending;
    if (process->taken) {
        pending->size -= process->taken;
        memmove(pending->data, pending->data + process->taken, pending->size);
        process->taken = 0;
    }
    int64_t until = monotonic_us() + timeout_us;
    for (;;) {
        char *newline = pending->size ? memchr(pending->data, '\n', pending->size) : NULL;
        if (newline) {
            size_t size = (size_t)(newline - pending->data);
            process->taken = size + 1;
            return (span){pending->data, size};
        }
        int64_t left = until - monotonic_us();
        if (process->ended || (!fill(process, left > 0 ? left : 0) && left <= 0))
            return (span){0};
    }
}

static bool wait_until(pid_t pid, int64_t until, int *status)
{
    for (;;) {
        pid_t done = waitpid(pid, status, WNOHANG);
        if (done == pid || (done < 0 && errno != EINTR)) return true;
        if (monotonic_us() >= until) return false;
        world->sleep_us(5 * US_PER_MS);
    }
}

error process_stop(struct process *process, int64_t grace_us)
{
    if (!process->pid) return OK;
    int status = 0;
    bool killed = false;
    kill(process->pid, SIGTERM);
    if (!wait_until(process->pid, monotonic_us() + grace_us, &status)) {
        killed = true;
        kill(process->pid, SIGKILL);
        waitpid(process->pid, &status, 0);
    }
    close(process->output);
    buffer_release(&process->pending);
    pid_t pid = process->pid;
    *process = (struct process){0};
    if (killed) return fail(ERR_TIMEOUT, "process %ld did not end in time", (long)pid);
    if (WIFSIGNALED(status))
        return fail(ERR_INTERNAL, "process %ld was ended by signal %d", (long)pid,
                    WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return fail(ERR_INTERNAL, "process %ld ended with status %d", (long)pid,
                    WEXITSTATUS(status));
    return OK;
}
