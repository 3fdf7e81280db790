/* HTTP/1.1 (RFC 9112) by libmicrohttpd.
 *
 * Each connection has a daemon of its own that never listens and is driven by the connection's
 * thread, so a handler that blocks holds up nobody else, and nothing is shared between
 * connections. The library gets a copy of the descriptor; it may close that one when it likes.
 *
 * Timeouts: the library counts seconds without socket activity and would also count the time a
 * handler takes, so its clock is off while we are inside a handler and started anew behind it.
 * The time for a head is ours: a peer that sends a header line now and then is active to it.
 *
 * Memory: once it has served a request a daemon holds all its pool. A connection that has nothing
 * to do for a second gives the daemon up and waits for bytes without one. */
#include "http/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    /* Head (target, headers and the library's list of them) and the buffer of the reply. */
    POOL_BYTES = 192 * 1024,
    PULL_BLOCK_BYTES = 64 * 1024,
    /* A body that nobody wants is read to its end when it is small, which keeps the connection. */
    DISCARD_MAX_BYTES = 64 * 1024,
    /* Over the limit in mid-upload: the reply can only follow the body's end. */
    OVERRUN_MAX_BYTES = 64 * 1024 * 1024,
    REST_AFTER_US = US_PER_SECOND,
};

#define MHD_FUNCTIONS(F)                                                                           \
    F(MHD_start_daemon) F(MHD_stop_daemon) F(MHD_add_connection) F(MHD_run_wait)                   \
    F(MHD_get_timeout) F(MHD_get_daemon_info) F(MHD_get_connection_info)                           \
    F(MHD_set_connection_option) F(MHD_get_connection_values_n)                 \
    F(MHD_create_response_from_buffer) F(MHD_create_response_from_callback)                        \
    F(MHD_create_response_from_fd_at_offset64) F(MHD_add_response_header)                          \
    F(MHD_queue_response) F(MHD_destroy_response)
LIBRARY_TABLE(mhd_library, MHD_FUNCTIONS);
static struct mhd_library mhd;
static struct library library = LIBRARY_FILE("libmicrohttpd.so.12", mhd, MHD_FUNCTIONS);

error http1_ready(void)
{
    return library_load(&library);
}

struct http1 {
    struct connection *connection;
    struct MHD_Connection *http;
    struct http_exchange exchange;
    bool closed;
    bool head_seen; /* the handler's first call of this request has been */
    bool replied;   /* the reply is with the library */
    int64_t deadline_us; /* for the head; 0: none */
    int64_t rest_us;     /* when to do without a daemon; 0: not to be thought of */
    bool resting;
    int spare;           /* of one that rests: a socket for the library to shut down */
    /* whether the library holds bytes of a request to come is told by what it has read */
    uint64_t read_before, consumed;
    bool countable; /* no body so far without its length */
    unsigned stall_seconds;
};

static void set_timeout(struct http1 *h, unsigned seconds)
{
    mhd.MHD_set_connection_option(h->http, MHD_CONNECTION_OPTION_TIMEOUT, seconds);
}

/* Going through zero makes the library take the present as the last activity. */
static void restart_timeout(struct http1 *h)
{
    set_timeout(h, 0);
    set_timeout(h, h->stall_seconds);
}

static ssize_t on_pull(void *context, uint64_t position, char *out, size_t max)
{
    (void)position;
    struct http1 *h = context;
    struct http_reply *reply = &h->exchange.reply;
    set_timeout(h, 0);
    int64_t n = reply->pull(reply->pull_context, out, max);
    set_timeout(h, h->stall_seconds);
    if (n < 0) return MHD_CONTENT_READER_END_WITH_ERROR;
    return n == 0 ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)n;
}

/* Never asked for: the reply to HEAD has a length and no body. */
static ssize_t on_no_body(void *context, uint64_t position, char *out, size_t max)
{
    (void)context, (void)position, (void)out, (void)max;
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

static struct MHD_Response *response_of(struct http1 *h)
{
    struct http_reply *reply = &h->exchange.reply;
    int64_t length = exchange_reply_length(&h->exchange);
    bool head = span_is(h->exchange.request.method, "HEAD");
    if (head && length < 0) length = 0; /* 0.9.75 sends a last chunk after a chunked HEAD */
    uint64_t size = length < 0 ? MHD_SIZE_UNKNOWN : (uint64_t)length;
    if (reply->pull && !head)
        return mhd.MHD_create_response_from_callback(size, PULL_BLOCK_BYTES, on_pull, h, NULL);
    if (reply->file >= 0) {
        int file = reply->file;
        reply->file = -1; /* the library closes it */
        return mhd.MHD_create_response_from_fd_at_offset64(size, file,
                                                           (uint64_t)reply->file_offset);
    }
    if (reply->body.size)
        return mhd.MHD_create_response_from_buffer(reply->body.size, (void *)reply->body.data,
                                               MHD_RESPMEM_PERSISTENT);
    if (size)
        return mhd.MHD_create_response_from_callback(size, 1024, on_no_body, NULL, NULL);
    return mhd.MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result respond(struct http1 *h)
{
    struct http_exchange *x = &h->exchange;
    struct MHD_Response *response = response_of(h);
    if (!response) return MHD_NO;
    for (size_t i = 0; i < x->reply.header_count; i++) {
        struct http_header *header = &x->reply.headers[i];
        /* The library takes no empty value; a blank one means the same. */
        const char *value = header->value.size ? header->value.data : " ";
        if (exchange_header_is_sent(header))
            mhd.MHD_add_response_header(response, header->name.data, value);
    }
    if (connection_closing(h->connection))
        mhd.MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    h->replied = true;
    enum MHD_Result result = mhd.MHD_queue_response(h->http, (unsigned)x->reply.status, response);
    mhd.MHD_destroy_response(response);
    restart_timeout(h);
    return result;
}

/* ---- the library's callbacks ---- */

static enum MHD_Result on_header(void *context, enum MHD_ValueKind kind, const char *name,
                                 size_t name_size, const char *value, size_t value_size)
{
    (void)kind;
    exchange_header(context, (span){name, name_size}, (span){value ? value : "", value_size});
    return MHD_YES;
}

/* A reply before the body ends the connection, for the rest of the body is not read. */
static bool answer_before_body(const struct http_exchange *x)
{
    if (!x->answered || !exchange_wants_body(x)) return false;
    uint64_t declared;
    span length = http_header(&x->request, "content-length");
    return http_header(&x->request, "expect").data || !parse_uint64(length, &declared) ||
           declared > DISCARD_MAX_BYTES;
}

/* The library's bytes of this request, for take_rest(). */
static void count_request(struct http1 *h)
{
    uint64_t body = 0;
    span length = http_header(&h->exchange.request, "content-length");
    const union MHD_ConnectionInfo *head =
        mhd.MHD_get_connection_info(h->http, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    h->countable = h->countable && head &&
                   !http_header(&h->exchange.request, "transfer-encoding").data &&
                   (!length.data || parse_uint64(length, &body));
    if (head) h->consumed += head->header_size + body;
}

static enum MHD_Result on_head(struct http1 *h, const char *method)
{
    struct http_exchange *x = &h->exchange;
    h->head_seen = true;
    h->deadline_us = h->rest_us = 0;
    exchange_method(x, span_of(method));
    mhd.MHD_get_connection_values_n(h->http, MHD_HEADER_KIND, on_header, x);
    count_request(h);
    exchange_start(x);
    if (answer_before_body(x)) return respond(h);
    restart_timeout(h);
    return MHD_YES;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *http, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state)
{
    (void)http, (void)url, (void)version, (void)state;
    struct http1 *h = context;
    struct http_exchange *x = &h->exchange;
    set_timeout(h, 0);
    if (!h->head_seen) return on_head(h, method);
    if (*upload_size) {
        exchange_body(x, (span){upload, *upload_size});
        *upload_size = 0;
        restart_timeout(h);
        bool overrun = x->answered && x->received > x->body_limit + OVERRUN_MAX_BYTES;
        return overrun ? MHD_NO : MHD_YES;
    }
    exchange_finish(x);
    return respond(h);
}

/* The target as sent: the library's own notion of it is decoded and cut in parts. */
static void *on_target(void *context, const char *target, struct MHD_Connection *http)
{
    struct http1 *h = context;
    h->http = http;
    exchange_end(&h->exchange); /* one whose head was refused by the library never completed */
    exchange_open(&h->exchange, h->connection);
    exchange_target(&h->exchange, span_of(target));
    h->head_seen = h->replied = false;
    h->deadline_us = monotonic_us() + h->connection->limits->head_us;
    atomic_store(&h->connection->busy, true);
    return NULL;
}

static void on_completed(void *context, struct MHD_Connection *http, void **state,
                         enum MHD_RequestTerminationCode why)
{
    (void)http, (void)state, (void)why;
    struct http1 *h = context;
    exchange_end(&h->exchange);
    int64_t now = monotonic_us();
    h->deadline_us = now + h->connection->limits->idle_us;
    h->rest_us = now + REST_AFTER_US;
    atomic_store(&h->connection->busy, false);
}

static void on_connection(void *context, struct MHD_Connection *http, void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
    (void)socket_context;
    struct http1 *h = context;
    h->http = http;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) h->closed = true;
}

static size_t unescape_nothing(void *context, struct MHD_Connection *http, char *text)
{
    (void)context, (void)http;
    return strlen(text);
}

static void on_log(void *context, const char *format, va_list arguments)
{
    (void)context;
    char line[512];
    vsnprintf(line, sizeof line, format, arguments);
    line[strcspn(line, "\n")] = '\0';
    log_line(LOG_DEBUG, "http", "%s", line);
}

/* ---- */

static struct MHD_Daemon *daemon_start(struct http1 *h)
{
    return mhd.MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, h,
        MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_BYTES,
        MHD_OPTION_CONNECTION_LIMIT, 1u,
        MHD_OPTION_CONNECTION_TIMEOUT, 0u,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, h,
        MHD_OPTION_UNESCAPE_CALLBACK, unescape_nothing, NULL,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
        MHD_OPTION_END);
}

/* The library waits by edges and misses the peer's half-close when it comes together with the
 * last bytes. Nothing more can come then: it is over unless a reply is under way. */
static bool peer_ended(const struct http1 *h, struct MHD_Daemon *daemon)
{
    char byte;
    MHD_UNSIGNED_LONG_LONG wait_ms;
    if (atomic_load(&h->connection->busy) && h->replied) return false;
    if (mhd.MHD_get_timeout(daemon, &wait_ms) == MHD_YES && wait_ms == 0)
        return false; /* it has work */
    return recv(h->connection->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* Bytes that the library has read from the socket, but for a constant. */
static bool bytes_read(int socket, uint64_t *out)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    int waiting = 0;
    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        size < offsetof(struct tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received ||
        ioctl(socket, FIONREAD, &waiting) != 0)
        return false; /* the end of a TLS tunnel, for one */
    *out = info.tcpi_bytes_received - (uint64_t)waiting;
    return true;
}

/* Idle, and nothing of what comes next is with the library. */
static bool take_rest(struct http1 *h)
{
    uint64_t read;
    h->rest_us = 0;
    if (atomic_load(&h->connection->busy) || !h->countable ||
        !bytes_read(h->connection->socket, &read) || read != h->read_before + h->consumed)
        return false;
    h->spare = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    h->resting = h->spare >= 0;
    return h->resting;
}

static void drive(struct http1 *h, struct MHD_Daemon *daemon)
{
    while (!h->closed && !peer_ended(h, daemon)) {
        int32_t wait_ms = -1;
        if (connection_closing(h->connection) && !atomic_load(&h->connection->busy)) return;
        if (h->deadline_us) {
            int64_t now = monotonic_us(), until = h->deadline_us;
            if (until <= now || (h->rest_us && h->rest_us <= now && take_rest(h))) return;
            if (h->rest_us && h->rest_us < until) until = h->rest_us;
            wait_ms = (int32_t)((until - now) / US_PER_MS + 1);
        }
        if (mhd.MHD_run_wait(daemon, wait_ms) != MHD_YES) return;
    }
}

/* When the library ends it shuts down the connection that it has, and insists on taking it out of
 * its epoll set; it gets another to do that to. */
static void keep_connection(struct http1 *h, struct MHD_Daemon *daemon, int copy)
{
    const union MHD_DaemonInfo *info = mhd.MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct epoll_event nothing = {0};
    CHECK(info && epoll_ctl(info->epoll_fd, EPOLL_CTL_DEL, copy, NULL) == 0);
    CHECK(dup3(h->spare, copy, O_CLOEXEC) == copy);
    CHECK(epoll_ctl(info->epoll_fd, EPOLL_CTL_ADD, copy, &nothing) == 0);
    close(h->spare);
}

/* Requests, until the connection is over or has come to rest. */
static void serve_awake(struct http1 *h)
{
    struct connection *c = h->connection;
    struct MHD_Daemon *daemon = daemon_start(h);
    int copy = fcntl(c->socket, F_DUPFD_CLOEXEC, 0);
    struct sockaddr_storage peer = {0};
    socklen_t length = sizeof peer;
    getpeername(c->socket, (struct sockaddr *)&peer, &length);
    h->consumed = 0;
    h->countable = bytes_read(c->socket, &h->read_before);
    h->closed = h->resting = false;
    if (daemon && copy >= 0 &&
        mhd.MHD_add_connection(daemon, copy, (struct sockaddr *)&peer, length) == MHD_YES) {
        drive(h, daemon);
        if (h->resting) keep_connection(h, daemon, copy);
    } else {
        log_line(LOG_WARN, "http", "%s: no descriptors or memory for a connection", c->peer);
        if (copy >= 0 && !daemon) close(copy); /* else closed by MHD_add_connection */
    }
    if (daemon) mhd.MHD_stop_daemon(daemon);
    exchange_close(&h->exchange);
}

/* Until there are bytes; false: the time is over, or the connection. */
static bool rest(const struct http1 *h)
{
    struct pollfd p = {.fd = h->connection->socket, .events = POLLIN};
    for (;;) {
        int64_t left_us = h->deadline_us - monotonic_us();
        if (left_us <= 0 || connection_closing(h->connection)) return false;
        int ready = poll(&p, 1, (int)(left_us / US_PER_MS + 1));
        char byte;
        if (ready > 0) return recv(p.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
        if (ready < 0 && errno != EINTR) return false;
    }
}

void http1_serve(struct connection *c)
{
    struct http1 h = {.connection = c};
    h.stall_seconds = (unsigned)((c->limits->stall_us + US_PER_SECOND - 1) / US_PER_SECOND);
    h.deadline_us = monotonic_us() + c->limits->idle_us;
    do {
        serve_awake(&h);
    } while (h.resting && rest(&h));
    atomic_store(&c->busy, false);
}
