/* `sluice query-worker`: one of Athena's queries as a process of its own, started by `sluice up`.
 * The request comes on stdin, the reply goes to stdout (query/query.h says what they hold). It ends
 * with the process that started it and is bounded in memory; who started it bounds its time. */
#include "cli/internal.h"
#include "query/query.h"
#include "sql/sql.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IDLE_MAX_MS = 60 * 1000 };

struct worker_options {
    int64_t memory, parent;
    bool ready;
};

static error request_read(json_t **out)
{
    enum { REQUEST_MAX = 8 << 20 };
    struct buffer text = {0};
    ssize_t n;
    do {
        buffer_reserve(&text, 65536);
        n = read(STDIN_FILENO, text.data + text.size, 65536);
        if (n > 0) text.size += (size_t)n;
    } while ((n > 0 || (n < 0 && errno == EINTR)) && text.size < REQUEST_MAX);
    error e = json_read(buffer_span(&text), out);
    buffer_release(&text);
    return e;
}

/* The SQL engine takes most of a short query's time to open. NULL: the query will say why. */
static struct sql_engine *engine_ready(void)
{
    struct sql_engine *sql;
    if (sql_open(&(struct sql_options){0}, &sql) != OK) return NULL;
    if (sql_prepare(sql) == OK) return sql;
    sql_close(sql);
    return NULL;
}

/* One that waits ready for nothing goes, and takes nothing more from then on. */
static bool request_comes(void)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    char first;
    if (poll(&in, 1, IDLE_MAX_MS) != 0) return true;
    shutdown(STDIN_FILENO, SHUT_RD);
    return recv(STDIN_FILENO, &first, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

static int worker_run(const void *given, int count, char **arguments)
{
    (void)count;
    (void)arguments;
    const struct worker_options *options = given;
    json_t *request, *reply;
    struct rlimit limit = {(rlim_t)options->memory << 20, (rlim_t)options->memory << 20};
    (void)limit;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (options->parent && getppid() != options->parent) return STATUS_FAILED; /* it died before */
#ifndef __SANITIZE_ADDRESS__ /* whose own memory is beyond any limit */
    setrlimit(RLIMIT_DATA, &limit);
#endif
    struct sql_engine *sql = options->ready ? engine_ready() : NULL;
    if (!request_comes()) {
        sql_close(sql);
        return STATUS_OK;
    }
    error e = request_read(&request);
    if (e != OK) return command_failed(&query_worker_command, e);
    query_work(request, sql, &reply);
    print_json_line(reply);
    json_decref(reply);
    json_decref(request);
    return STATUS_OK;
}

static const struct option_row worker_options[] = {
    {.name = "memory", .type = OPTION_INTEGER, .argument = "MIB",
     .summary = "Memory of the process (default: 2048)",
     .offset = offsetof(struct worker_options, memory), .min = 64, .max = 1 << 20},
    {.name = "parent", .type = OPTION_INTEGER, .argument = "PID",
     .summary = "Who started it (default: anyone)", .offset = offsetof(struct worker_options, parent),
     .min = 1, .max = INT32_MAX},
    {.name = "ready", .type = OPTION_TRUE, .summary = "Open the SQL engine before the request comes",
     .offset = offsetof(struct worker_options, ready)},
    {0},
};

const struct command query_worker_command = {
    .name = "query-worker",
    .summary = "Run one of Athena's queries; `sluice up' starts it",
    .arguments = "",
    .description = "Reads a request as JSON from stdin and writes the reply to stdout.",
    .options = worker_options,
    .defaults = &(const struct worker_options){.memory = 2048},
    .options_size = sizeof(struct worker_options),
    .run = worker_run,
};
