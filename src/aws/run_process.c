/* Processes of runs: started behind a gate that opens once they are on record, found again by pid
 * and start time, and waited for through a pidfd where the system has them (Linux 5.3). */
#include "aws/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_NOT_STARTED = 127, FIRST_OTHER_FILE = 3, FILES_MAX = 4096 };

/* ---- starting ---- */

/* In the child: only calls that are safe between fork and exec. */
static void become(const struct run_launch *launch, int gate)
{
    char open_gate;
    sigset_t none;
    sigemptyset(&none);
    setsid(); /* Ctrl-C is for `sluice up', which ends its runs */
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (read(gate, &open_gate, 1) != 1) _exit(EXIT_NOT_STARTED); /* the supervisor died */
    int in = open("/dev/null", O_RDONLY);
    int out = open(launch->out, O_WRONLY | O_CREAT | O_APPEND, 0600);
    int err = open(launch->err, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (in < 0 || out < 0 || err < 0) _exit(EXIT_NOT_STARTED);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    if (syscall(SYS_close_range, FIRST_OTHER_FILE, ~0U, 0) != 0)
        for (int file = FIRST_OTHER_FILE; file < FILES_MAX; file++) close(file);
    execve(launch->binary, launch->argv, launch->environment);
    _exit(EXIT_NOT_STARTED);
}

/* State letter and start time (fields 3 and 22 of proc(5)'s stat); false: no such process. */
static bool process_stat(pid_t pid, char *state, uint64_t *start_time)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    ssize_t n = read(file, text, sizeof text - 1);
    close(file);
    if (n <= 0) return false;
    text[n] = '\0';
    const char *at = strrchr(text, ')'); /* the name before may hold anything */
    unsigned long long started;
    if (!at || sscanf(at + 1,
                      " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d "
                      "%llu",
                      state, &started) != 2)
        return false;
    *start_time = started;
    return true;
}

static void forget(struct run_process *p)
{
    if (p->pidfd >= 0) close(p->pidfd);
    *p = (struct run_process){.pidfd = -1};
}

static error open_gate(struct run_process *p, const struct run_launch *launch, int gate)
{
    char state;
    if (!process_stat(p->pid, &state, &p->start_time))
        return fail(ERR_INTERNAL, "process %ld has no entry in /proc", (long)p->pid);
    TRY(launch->record(launch->context, p->pid, p->start_time));
    while (write(gate, "", 1) != 1)
        if (errno != EINTR) return fail_errno("start process %ld", (long)p->pid);
    return OK;
}

error run_process_start(struct run_process *p, const struct run_launch *launch)
{
    int gate[2];
    if (pipe2(gate, O_CLOEXEC) != 0) return fail_errno("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        close(gate[1]); /* else it would wait for itself */
        become(launch, gate[0]);
    }
    close(gate[0]);
    if (pid < 0) {
        close(gate[1]);
        return fail_errno("fork");
    }
    *p = (struct run_process){.pid = pid, .pidfd = pidfd_open(pid, 0), .child = true};
    error e = open_gate(p, launch, gate[1]);
    close(gate[1]);
    if (e == OK) return OK;
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    forget(p);
    return e;
}

/* ---- watching ---- */

static bool is_alive(pid_t pid, uint64_t start_time)
{
    char state;
    uint64_t started;
    return process_stat(pid, &state, &started) && started == start_time && state != 'Z' &&
           state != 'X';
}

bool run_process_adopt(struct run_process *p, pid_t pid, uint64_t start_time)
{
    *p = (struct run_process){.pidfd = -1};
    if (pid <= 0) return false;
    int pidfd = pidfd_open(pid, 0); /* first: what is looked at then is what it names */
    *p = (struct run_process){.pid = pid, .start_time = start_time, .pidfd = pidfd};
    if (is_alive(pid, start_time)) return true;
    forget(p);
    return false;
}

bool run_process_ended(struct run_process *p, int *status)
{
    *status = -1;
    if (p->child) {
        pid_t done;
        while ((done = waitpid(p->pid, status, WNOHANG)) < 0 && errno == EINTR) {}
        if (done == 0) return false;
        if (done < 0) *status = -1;
    } else if (is_alive(p->pid, p->start_time)) {
        return false;
    }
    forget(p);
    return true;
}

void run_process_signal(const struct run_process *p, int number)
{
    if (p->pidfd >= 0) pidfd_send_signal(p->pidfd, number, NULL, 0);
    else if (p->child || is_alive(p->pid, p->start_time)) kill(p->pid, number);
}
