/* The listening socket, one thread per connection, and their end.
 *
 * The acceptor thread takes connections and joins the threads of those that ended. A connection's
 * thread looks at the first bytes without consuming them, hands the socket to the protocol, and
 * closes it at last: with unread input a plain close() would send RST and the peer might never see
 * the reply (RFC 9112 9.6), so what still comes is read and dropped for a moment. */
#include "http/internal.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 1000,
    DESCRIPTORS_PER_CONNECTION = 5, /* the socket, libmicrohttpd's copy, its epoll, TLS: a pair */
    DESCRIPTORS_SPARE = 100,        /* for everybody else in the process */
    LINGER_MS = 1000,
    BACKLOG = 1024,
};

struct http_server {
    struct http_handler handler;
    struct http_limits limits;
    const struct http_tls *tls; /* NULL: plain only */
    int listener, port;
    int stop; /* eventfd: the acceptor ends */
    pthread_t acceptor;
    atomic_bool closing;
    pthread_mutex_t lock;
    pthread_cond_t ended; /* a connection left the list */
    struct connection *live, *finished;
    int live_count;
};

bool connection_closing(const struct connection *c)
{
    return atomic_load(&c->server->closing);
}

void connection_set_wake(struct connection *c, int eventfd)
{
    pthread_mutex_lock(&c->server->lock);
    c->wake = eventfd;
    pthread_mutex_unlock(&c->server->lock);
}

static void event_set(int event)
{
    uint64_t one = 1;
    while (write(event, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

/* ---- a connection's thread ---- */

static const char http2_preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
enum { PREFACE_SIZE = sizeof http2_preface - 1 };

enum protocol { PROTOCOL_NONE, PROTOCOL_HTTP1, PROTOCOL_HTTP2, PROTOCOL_TLS };

static enum protocol protocol_of(const uint8_t *head, size_t size, bool *undecided)
{
    *undecided = false;
    if (size == 0) return PROTOCOL_NONE;
    if (head[0] == 0x16) { /* TLS record of type handshake, version 3.x (RFC 8446 5.1) */
        *undecided = size == 1;
        return size == 1 || head[1] != 0x03 ? PROTOCOL_HTTP1 : PROTOCOL_TLS;
    }
    if (memcmp(head, http2_preface, size) != 0) return PROTOCOL_HTTP1;
    *undecided = size < PREFACE_SIZE;
    return *undecided ? PROTOCOL_HTTP1 : PROTOCOL_HTTP2;
}

static int milliseconds_until(int64_t deadline_us)
{
    int64_t left = deadline_us - monotonic_us();
    return left <= 0 ? 0 : (int)(left / US_PER_MS + 1);
}

/* Waits for enough bytes to tell. SO_RCVLOWAT keeps poll() from waking for bytes already seen. */
static enum protocol connection_sniff(struct connection *c)
{
    uint8_t head[PREFACE_SIZE];
    int64_t deadline = monotonic_us() + c->limits->idle_us;
    int low_water = 1;
    enum protocol protocol = PROTOCOL_NONE;
    for (bool undecided = true; undecided;) {
        struct pollfd p = {.fd = c->socket, .events = POLLIN};
        int n = poll(&p, 1, milliseconds_until(deadline));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return PROTOCOL_NONE;
        ssize_t got = recv(c->socket, head, sizeof head, MSG_PEEK | MSG_DONTWAIT);
        if (got <= 0) return PROTOCOL_NONE;
        if (got < low_water) break; /* the peer ended early: an HTTP/1.1 parser says why */
        protocol = protocol_of(head, (size_t)got, &undecided);
        if (low_water == 1) deadline = monotonic_us() + c->limits->head_us;
        if (undecided) low_water = (int)got + 1;
        setsockopt(c->socket, SOL_SOCKET, SO_RCVLOWAT, &low_water, sizeof low_water);
    }
    low_water = 1;
    setsockopt(c->socket, SOL_SOCKET, SO_RCVLOWAT, &low_water, sizeof low_water);
    return protocol;
}

static void send_refusal(int socket, const char *status, const char *text)
{
    char reply[512];
    int size = snprintf(reply, sizeof reply,
                        "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n"
                        "Connection: close\r\n\r\n%s",
                        status, strlen(text), text);
    /* A fresh socket's buffer takes it; when not, the peer sees the close. */
    if (send(socket, reply, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        log_line(LOG_DEBUG, "http", "refusal not sent: %s", strerror(errno));
}

static void connection_linger(struct connection *c)
{
    char dropped[16 * 1024];
    shutdown(c->socket, SHUT_WR);
    int64_t deadline = monotonic_us() + LINGER_MS * US_PER_MS;
    for (;;) {
        struct pollfd p = {.fd = c->socket, .events = POLLIN};
        int ready = poll(&p, 1, connection_closing(c) ? 0 : milliseconds_until(deadline));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return;
        ssize_t n = recv(c->socket, dropped, sizeof dropped, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) return;
    }
}

static void list_remove(struct connection **list, struct connection *c)
{
    if (c->previous) c->previous->next = c->next;
    else *list = c->next;
    if (c->next) c->next->previous = c->previous;
}

static void list_add(struct connection **list, struct connection *c)
{
    c->previous = NULL;
    c->next = *list;
    if (*list) (*list)->previous = c;
    *list = c;
}

/* The protocol is the one that the handshake agreed on. */
static void connection_serve_tls(struct connection *c)
{
    struct http_server *s = c->server;
    if (!s->tls) {
        send_refusal(c->socket, "400 Bad Request",
                     "TLS is not configured on this port; use http://\n");
        return;
    }
    int clear;
    struct tls_tunnel *tunnel = tls_tunnel_open(s->tls, c->wire, c->limits, c->peer, &clear);
    if (!tunnel) return;
    pthread_mutex_lock(&s->lock);
    c->socket = clear;
    pthread_mutex_unlock(&s->lock);
    if (tls_tunnel_is_http2(tunnel)) http2_serve(c);
    else http1_serve(c);
    connection_linger(c);
    pthread_mutex_lock(&s->lock);
    close(clear);
    c->socket = c->wire;
    pthread_mutex_unlock(&s->lock);
    tls_tunnel_close(tunnel);
}

static void connection_serve(struct connection *c)
{
    switch (connection_sniff(c)) {
    case PROTOCOL_NONE: break;
    case PROTOCOL_HTTP1: http1_serve(c); break;
    case PROTOCOL_HTTP2: http2_serve(c); break;
    case PROTOCOL_TLS: connection_serve_tls(c); break;
    }
}

static void *connection_thread(void *argument)
{
    struct connection *c = argument;
    struct http_server *s = c->server;
    connection_serve(c);
    connection_linger(c);
    pthread_mutex_lock(&s->lock);
    close(c->wire); /* under the lock: http_server_close() shuts down only open sockets */
    list_remove(&s->live, c);
    list_add(&s->finished, c);
    s->live_count--;
    pthread_cond_signal(&s->ended);
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* ---- the acceptor ---- */

static void join_finished(struct http_server *s)
{
    pthread_mutex_lock(&s->lock);
    struct connection *c = s->finished;
    s->finished = NULL;
    pthread_mutex_unlock(&s->lock);
    while (c) {
        struct connection *next = c->next;
        CHECK(pthread_join(c->thread, NULL) == 0);
        free(c);
        c = next;
    }
}

static void peer_print(char *out, size_t size, const struct sockaddr_storage *address,
                       socklen_t length)
{
    char host[48] = "?", port[8] = "0";
    getnameinfo((const struct sockaddr *)address, length, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(out, size, address->ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static void connection_start(struct http_server *s, int socket,
                             const struct sockaddr_storage *address, socklen_t length)
{
    struct connection *c = must_calloc(1, sizeof *c);
    *c = (struct connection){.server = s, .handler = &s->handler, .limits = &s->limits,
                             .socket = socket, .wire = socket, .wake = -1};
    peer_print(c->peer, sizeof c->peer, address, length);
    int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

    pthread_mutex_lock(&s->lock);
    bool started = s->live_count < s->limits.connections &&
                   pthread_create(&c->thread, NULL, connection_thread, c) == 0;
    if (started) {
        list_add(&s->live, c);
        s->live_count++;
    }
    pthread_mutex_unlock(&s->lock);
    if (started) return;
    send_refusal(socket, "503 Service Unavailable", "too many connections\n");
    close(socket);
    free(c);
}

static void *acceptor_thread(void *argument)
{
    struct http_server *s = argument;
    for (;;) {
        struct pollfd polls[2] = {{.fd = s->stop, .events = POLLIN},
                                  {.fd = s->listener, .events = POLLIN}};
        if (poll(polls, 2, -1) < 0 && errno == EINTR) continue;
        if (polls[0].revents) return NULL;
        join_finished(s);
        struct sockaddr_storage address;
        socklen_t length = sizeof address;
        int socket = accept4(s->listener, (struct sockaddr *)&address, &length,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket >= 0) {
            connection_start(s, socket, &address, length);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            log_line(LOG_WARN, "http", "cannot accept: %s", strerror(errno));
            poll(polls, 1, 100); /* others may end meanwhile */
        }
    }
}

/* ---- open and close ---- */

static error listener_open(const char *listen_on, int port, int *listener, int *bound)
{
    char service[8];
    snprintf(service, sizeof service, "%d", port);
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (port < 0 || port > 65535 || getaddrinfo(listen_on, service, &hints, &found) != 0)
        return fail(ERR_USAGE, "listen address \"%s\" port %d: not an IP address and port",
                    listen_on, port);
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
              bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0 &&
              getsockname(fd, (struct sockaddr *)&name, &length) == 0;
    error e = ok ? OK : fail_errno("listen on %s port %d", listen_on, port);
    freeaddrinfo(found);
    if (e != OK) {
        if (fd >= 0) close(fd);
        return e == ERR_NOT_FOUND ? ERR_IO : e;
    }
    *listener = fd;
    *bound = ntohs(name.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&name)->sin6_port
                                              : ((struct sockaddr_in *)&name)->sin_port);
    return OK;
}

/* Connections that the process's descriptors allow; the soft limit is raised as far as needed. */
static int connections_allowed(int wanted)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return wanted;
    rlim_t need = (rlim_t)wanted * DESCRIPTORS_PER_CONNECTION + DESCRIPTORS_SPARE;
    if (files.rlim_cur < need) {
        files.rlim_cur = files.rlim_max < need ? files.rlim_max : need;
        setrlimit(RLIMIT_NOFILE, &files);
        getrlimit(RLIMIT_NOFILE, &files);
    }
    if (files.rlim_cur >= need) return wanted;
    int fit = ((int)files.rlim_cur - DESCRIPTORS_SPARE) / DESCRIPTORS_PER_CONNECTION;
    return fit < 8 ? 8 : fit;
}

static struct http_limits limits_complete(const struct http_limits *given)
{
    struct http_limits l = given ? *given : (struct http_limits){0};
    if (l.connections <= 0) l.connections = CONNECTIONS_MAX;
    if (l.idle_us <= 0) l.idle_us = 75 * (int64_t)US_PER_SECOND;
    if (l.head_us <= 0) l.head_us = 20 * (int64_t)US_PER_SECOND;
    if (l.stall_us <= 0) l.stall_us = 75 * (int64_t)US_PER_SECOND;
    l.connections = connections_allowed(l.connections);
    return l;
}

error http_server_open_tls(const char *listen_on, int port, const struct http_handler *handler,
                           const struct http_limits *limits, const struct http_tls *tls,
                           struct http_server **out)
{
    int listener = -1, bound = 0;
    TRY(http1_ready());
    TRY(listener_open(listen_on, port, &listener, &bound));
    int stop = eventfd(0, EFD_CLOEXEC);
    if (stop < 0) {
        error e = fail_errno("listen on %s port %d", listen_on, port);
        close(listener);
        return e;
    }
    struct http_server *s = must_calloc(1, sizeof *s);
    s->handler = *handler;
    s->limits = limits_complete(limits);
    s->tls = tls;
    s->listener = listener;
    s->port = bound;
    s->stop = stop;
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&s->ended, &attributes);
    pthread_condattr_destroy(&attributes);

    /* The threads inherit the mask: a peer that has gone must not end the process, and signals
     * belong to the main thread. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int created = pthread_create(&s->acceptor, NULL, acceptor_thread, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    CHECK(created == 0);
    *out = s;
    return OK;
}

error http_server_open(const char *listen_on, int port, const struct http_handler *handler,
                       struct http_server **out)
{
    return http_server_open_tls(listen_on, port, handler, NULL, NULL, out);
}

error http_server_open_limited(const char *listen_on, int port, const struct http_handler *handler,
                               const struct http_limits *limits, struct http_server **out)
{
    return http_server_open_tls(listen_on, port, handler, limits, NULL, out);
}

int http_server_port(const struct http_server *s)
{
    return s->port;
}

static struct timespec monotonic_after(int64_t us)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += us / US_PER_SECOND;
    t.tv_nsec += us % US_PER_SECOND * 1000;
    if (t.tv_nsec >= 1000000000) t.tv_sec++, t.tv_nsec -= 1000000000;
    return t;
}

void http_server_close(struct http_server *s, int64_t grace_us)
{
    if (!s) return;
    event_set(s->stop);
    CHECK(pthread_join(s->acceptor, NULL) == 0);
    close(s->listener);
    close(s->stop);

    atomic_store(&s->closing, true);
    struct timespec deadline = monotonic_after(grace_us);
    pthread_mutex_lock(&s->lock);
    for (struct connection *c = s->live; c; c = c->next) {
        if (!atomic_load(&c->busy)) shutdown(c->socket, SHUT_RD); /* an idle one reads the end */
        if (c->wake >= 0) event_set(c->wake);
    }
    while (s->live_count &&
           pthread_cond_timedwait(&s->ended, &s->lock, &deadline) != ETIMEDOUT) {
    }
    for (struct connection *c = s->live; c; c = c->next) {
        shutdown(c->socket, SHUT_RDWR);
        shutdown(c->wire, SHUT_RDWR);
        if (c->wake >= 0) event_set(c->wake);
    }
    while (s->live_count) pthread_cond_wait(&s->ended, &s->lock);
    pthread_mutex_unlock(&s->lock);

    join_finished(s);
    pthread_cond_destroy(&s->ended);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
