/* TLS on the server's connections by OpenSSL: 1.3 (RFC 8446) and 1.2, ALPN (RFC 7301) h2 and
 * http/1.1.
 *
 * The protocols work on sockets. For them a TLS connection is one end of a socket pair; a thread
 * that is alone with OpenSSL's state carries bytes between its other end and the wire:
 *
 *     client == TLS == wire [ tunnel ] inner -- clear: HTTP/1.1 or HTTP/2
 *
 * The end of a direction is carried like its bytes: close_notify (or the wire's end) shuts the
 * clear side for reading, its shutdown for writing sends close_notify. A direction holds one record
 * and takes the next when that is gone, so a slow side holds up the other, as on a plain socket. */
#include "http/openssl.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct openssl_library openssl;
static struct library library = LIBRARY_FILE("libssl.so.3", openssl, OPENSSL_FUNCTIONS);

error openssl_load(void)
{
    return library_load(&library);
}

struct http_tls {
    SSL_CTX *context;
};

/* ---- certificate and key ---- */

error tls_fail(const char *what)
{
    unsigned long code = openssl.ERR_peek_error();
    const char *reason = code ? openssl.ERR_reason_error_string(code) : NULL;
    error e = fail(ERR_USAGE, "%s: %s", what, reason ? reason : "not accepted");
    openssl.ERR_clear_error();
    return e;
}

static int no_passphrase(char *out, int size, int writing, void *context)
{
    (void)out, (void)size, (void)writing, (void)context;
    return -1; /* nobody sits at a server's terminal */
}

/* The server's preference; a client that offers neither is refused (RFC 7301 3.2). */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_size,
                   const unsigned char *offered, unsigned offered_size, void *context)
{
    static const unsigned char spoken[] = "\x02h2\x08http/1.1";
    (void)ssl, (void)context;
    unsigned char *chosen;
    if (openssl.SSL_select_next_proto(&chosen, out_size, spoken, sizeof spoken - 1, offered,
                              offered_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

error http_tls_open(const char *certificate_file, const char *key_file, struct http_tls **out)
{
    TRY(openssl_load());
    openssl.ERR_clear_error();
    SSL_CTX *context = openssl.SSL_CTX_new(openssl.TLS_server_method());
    CHECK(context != NULL);
    openssl.SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, NULL);
    /* Requests say their own length: an end without close_notify cuts none short unseen. */
    openssl.SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
    openssl.SSL_CTX_ctrl(context, SSL_CTRL_MODE,
                         SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                             SSL_MODE_RELEASE_BUFFERS,
                         NULL);
    openssl.SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_OFF, NULL);
    openssl.SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    openssl.SSL_CTX_set_alpn_select_cb(context, on_alpn, NULL);
    error e = OK;
    if (openssl.SSL_CTX_use_certificate_chain_file(context, certificate_file) != 1)
        e = tls_fail(certificate_file);
    else if (openssl.SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) != 1)
        e = tls_fail(key_file);
    if (e != OK) {
        openssl.SSL_CTX_free(context);
        return e;
    }
    *out = must_calloc(1, sizeof **out);
    (*out)->context = context;
    return OK;
}

void http_tls_close(struct http_tls *tls)
{
    if (!tls) return;
    openssl.SSL_CTX_free(tls->context);
    free(tls);
}

/* ---- one direction ---- */

enum { RECORD_BYTES = 16 * 1024 };

struct flow {
    char data[RECORD_BYTES];
    size_t from, to;
    bool ended;  /* nothing more comes in */
    bool closed; /* the other side knows, or wants nothing more */
};

static bool flow_empty(const struct flow *f)
{
    return f->from == f->to;
}

static void flow_took(struct flow *f, size_t size)
{
    f->from += size;
    if (f->from == f->to) f->from = f->to = 0;
}

struct tls_tunnel {
    SSL *ssl;
    int wire, inner;
    int64_t stall_us;
    int64_t sent_us;    /* the wire last took bytes, or had none to take */
    short read_wants, write_wants; /* what OpenSSL waits for on the wire */
    bool http2;
    bool inner_gone;    /* the clear end is closed */
    bool failed;
    struct flow up;     /* wire to clear */
    struct flow down;   /* clear to wire */
    pthread_t thread;
};

/* After a call that did not succeed: what the wire must do first; 0 when it never will. */
static short wanted(SSL *ssl, int result)
{
    switch (openssl.SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_READ: return POLLIN;
    case SSL_ERROR_WANT_WRITE: return POLLOUT;
    default: return 0;
    }
}

/* Each step returns whether it got anywhere. */

static bool up_read(struct tls_tunnel *t)
{
    struct flow *f = &t->up;
    if (!flow_empty(f) || f->ended) return false;
    openssl.ERR_clear_error();
    int n = openssl.SSL_read(t->ssl, f->data, RECORD_BYTES);
    if (n > 0) {
        f->to = (size_t)n;
        return true;
    }
    t->read_wants = wanted(t->ssl, n);
    if (t->read_wants) return false;
    if (openssl.SSL_get_error(t->ssl, n) == SSL_ERROR_ZERO_RETURN) f->ended = true;
    else t->failed = true;
    return true;
}

static bool up_write(struct tls_tunnel *t)
{
    struct flow *f = &t->up;
    if (flow_empty(f)) {
        if (!f->ended || f->closed) return false;
        shutdown(t->inner, SHUT_WR);
        f->closed = true;
        return true;
    }
    ssize_t n = send(t->inner, f->data + f->from, f->to - f->from, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return errno == EINTR;
    flow_took(f, n < 0 ? f->to - f->from : (size_t)n); /* nobody reads any more: dropped */
    return true;
}

static bool down_read(struct tls_tunnel *t)
{
    struct flow *f = &t->down;
    if (!flow_empty(f) || f->ended) return false;
    ssize_t n = recv(t->inner, f->data, RECORD_BYTES, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return errno == EINTR;
    if (n > 0) f->to = (size_t)n;
    else f->ended = true;
    t->sent_us = monotonic_us();
    return true;
}

static bool down_write(struct tls_tunnel *t)
{
    struct flow *f = &t->down;
    if (f->closed || (flow_empty(f) && !f->ended)) return false;
    openssl.ERR_clear_error();
    bool closing = flow_empty(f);
    int n = closing ? openssl.SSL_shutdown(t->ssl) /* 0: ours is sent, the peer's not yet seen */
                    : openssl.SSL_write(t->ssl, f->data + f->from, (int)(f->to - f->from));
    if (n < (closing ? 0 : 1)) {
        t->write_wants = wanted(t->ssl, n);
        t->failed = !t->write_wants;
        return t->failed;
    }
    t->write_wants = 0;
    t->sent_us = monotonic_us();
    if (!closing) {
        flow_took(f, (size_t)n);
        return true;
    }
    f->closed = true;
    shutdown(t->wire, SHUT_WR);
    return true;
}

/* ---- the thread ---- */

static int wait_ms(const struct tls_tunnel *t)
{
    if (!t->write_wants) return -1; /* the protocol has its own deadlines */
    int64_t left_us = t->sent_us + t->stall_us - monotonic_us();
    return left_us <= 0 ? 0 : (int)(left_us / US_PER_MS + 1);
}

/* Waits until a step may get somewhere. A descriptor that has nothing to offer is left out, for
 * POLLHUP comes unasked and again and again. */
static void tunnel_wait(struct tls_tunnel *t)
{
    bool reads = flow_empty(&t->up) && !t->up.ended;
    short wire = (short)((reads ? t->read_wants : 0) | t->write_wants);
    short inner = (short)((flow_empty(&t->up) ? 0 : POLLOUT) |
                          (flow_empty(&t->down) && !t->down.ended ? POLLIN : 0));
    struct pollfd polls[2] = {{.fd = t->wire, .events = wire},
                              {.fd = t->inner_gone && !inner ? -1 : t->inner, .events = inner}};
    int n = poll(polls, 2, wait_ms(t));
    if (n == 0) t->failed = true; /* the peer takes nothing */
    if (n <= 0) return;
    if (polls[0].revents & (POLLHUP | POLLERR) && !(wire & POLLIN)) t->failed = true; /* reset */
    if (polls[1].revents & POLLHUP) {
        t->inner_gone = true;
        flow_took(&t->up, t->up.to - t->up.from);
        t->up.ended = t->up.closed = true;
    }
}

static void *tunnel_thread(void *argument)
{
    struct tls_tunnel *t = argument;
    while (!t->failed && !(t->up.closed && t->down.closed)) {
        bool moved = up_read(t);
        moved |= up_write(t);
        moved |= !t->failed && down_read(t);
        moved |= !t->failed && down_write(t);
        if (!moved) tunnel_wait(t);
    }
    shutdown(t->inner, SHUT_RDWR);
    return NULL;
}

/* ---- open and close ---- */

static bool handshake(SSL *ssl, int wire, int64_t limit_us)
{
    int64_t deadline = monotonic_us() + limit_us;
    for (;;) {
        openssl.ERR_clear_error();
        int n = openssl.SSL_accept(ssl);
        if (n == 1) return true;
        struct pollfd p = {.fd = wire, .events = wanted(ssl, n)};
        int64_t left_us = deadline - monotonic_us();
        if (!p.events || left_us <= 0) return false;
        if (poll(&p, 1, (int)(left_us / US_PER_MS + 1)) == 0) return false;
    }
}

static bool agreed_on_http2(const SSL *ssl)
{
    const unsigned char *name;
    unsigned size;
    openssl.SSL_get0_alpn_selected(ssl, &name, &size);
    return span_is((span){(const char *)name, size}, "h2");
}

static struct tls_tunnel *tunnel_start(SSL *ssl, int wire, const struct http_limits *limits,
                                       int *clear)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) return NULL;
    struct tls_tunnel *t = must_calloc(1, sizeof *t);
    *t = (struct tls_tunnel){.ssl = ssl, .wire = wire, .inner = pair[1],
                             .stall_us = limits->stall_us, .sent_us = monotonic_us(),
                             .http2 = agreed_on_http2(ssl)};
    if (pthread_create(&t->thread, NULL, tunnel_thread, t) != 0) {
        close(pair[0]);
        close(pair[1]);
        free(t);
        return NULL;
    }
    *clear = pair[0];
    return t;
}

struct tls_tunnel *tls_tunnel_open(const struct http_tls *tls, int wire,
                                   const struct http_limits *limits, const char *peer, int *clear)
{
    SSL *ssl = openssl.SSL_new(tls->context);
    if (!ssl || openssl.SSL_set_fd(ssl, wire) != 1) {
        openssl.SSL_free(ssl);
        return NULL;
    }
    struct tls_tunnel *t = NULL;
    if (handshake(ssl, wire, limits->head_us)) {
        t = tunnel_start(ssl, wire, limits, clear);
        if (!t) log_line(LOG_WARN, "http", "%s: no descriptors or threads for a connection", peer);
    } else {
        const char *reason = openssl.ERR_reason_error_string(openssl.ERR_peek_error());
        log_line(LOG_DEBUG, "http", "%s: TLS handshake failed: %s", peer,
                 reason ? reason : "the peer went away");
    }
    if (!t) openssl.SSL_free(ssl);
    openssl.ERR_clear_error();
    return t;
}

bool tls_tunnel_is_http2(const struct tls_tunnel *t)
{
    return t->http2;
}

void tls_tunnel_close(struct tls_tunnel *t)
{
    CHECK(pthread_join(t->thread, NULL) == 0);
    close(t->inner);
    openssl.SSL_free(t->ssl);
    free(t);
}
