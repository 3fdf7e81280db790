/* A query's process: a request through a socket, a reply back. */
#include "aws/athena_runner.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { REPLY_MAX = 8 << 20 };

static error spawn(const char *binary, bool ready, int socket, int *pid)
{
    char parent[16];
    char *const argv[] = {"sluice", "query-worker", "--parent", parent, ready ? "--ready" : NULL,
                          NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    pid_t child;
    snprintf(parent, sizeof parent, "%d", (int)getpid());
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, socket, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, socket, STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    errno = posix_spawn(&child, binary, &files, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    *pid = child;
    return errno ? fail_errno("start %s", binary) : OK;
}

static error send_all(int socket, span bytes)
{
    while (bytes.size) {
        ssize_t n = send(socket, bytes.data, bytes.size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("send a query to its process");
        bytes = (span){bytes.data + n, bytes.size - (size_t)n};
    }
    return shutdown(socket, SHUT_WR) == 0 ? OK : fail_errno("shutdown");
}

void query_process_end(struct query_process *p)
{
    kill(p->pid, SIGKILL);
    while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR) {}
    close(p->socket);
}

error query_process_start(const char *binary, bool ready, struct query_process *p)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fail_errno("socketpair");
    p->socket = ends[0];
    error e = spawn(binary, ready, ends[1], &p->pid);
    close(ends[1]);
    if (e != OK) close(ends[0]);
    return e;
}

error query_process_send(struct query_process *p, span request)
{
    error e = send_all(p->socket, request);
    if (e != OK) query_process_end(p);
    return e;
}

/* All that the process says until it ends. */
static error reply_read(struct query_process *p, int64_t until_us, struct buffer *text)
{
    for (;;) {
        int64_t left = until_us - monotonic_us();
        struct pollfd ready = {.fd = p->socket, .events = POLLIN};
        if (left <= 0) return fail(ERR_TIMEOUT, "Query timeout");
        int n = poll(&ready, 1, left > INT32_MAX ? INT32_MAX / 1000 : (int)(left / 1000) + 1);
        if (n < 0 && errno != EINTR) return fail_errno("poll");
        if (n <= 0) continue;
        buffer_reserve(text, 65536);
        ssize_t got = read(p->socket, text->data + text->size, 65536);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return OK;
        text->size += (size_t)got;
        if (text->size > REPLY_MAX) return fail(ERR_INTERNAL, "the query's process says too much");
    }
}

error query_process_wait(struct query_process *p, int64_t until_us, json_t **reply)
{
    struct buffer text = {0};
    error e = reply_read(p, until_us, &text);
    query_process_end(p);
    if (e == OK && json_read(buffer_span(&text), reply) != OK)
        e = fail(ERR_STOPPED, "the query's process died");
    buffer_release(&text);
    return e;
}
