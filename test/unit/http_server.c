/* The HTTP/1.1 server over real sockets on the loopback address.
 *
 * http_tls.c is this file again with OVER_TLS: every test holds for a TLS connection too. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include "http_handler.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cmocka.h>

#ifdef OVER_TLS
#include <openssl/err.h>
#include <openssl/ssl.h>
#else
typedef void SSL;
#endif

enum { WAIT_MS = 10000 };

static struct http_server *server;
static struct http_tls *tls; /* of every server here; NULL: plain */

/* ---- a client of bytes ---- */

struct peer {
    int socket;
    SSL *ssl; /* NULL: plain */
    struct buffer in; /* received, not yet looked at, from `at` on */
    size_t at;
};

#ifdef OVER_TLS
static SSL_CTX *client_context;

/* The handshake, with the server's certificate verified; `protocols` as ALPN writes them. */
static void peer_secure(struct peer *p, const char *protocols)
{
    p->ssl = SSL_new(client_context);
    SSL_set_alpn_protos(p->ssl, (const unsigned char *)protocols, (unsigned)strlen(protocols));
    SSL_set_fd(p->ssl, p->socket);
    SSL_set1_host(p->ssl, "localhost");
    ERR_clear_error();
    if (SSL_connect(p->ssl) != 1) fail_msg("%s", ERR_reason_error_string(ERR_peek_error()));
}

static ssize_t peer_write(struct peer *p, const void *data, size_t size)
{
    ERR_clear_error();
    return p->ssl ? SSL_write(p->ssl, data, (int)size) : send(p->socket, data, size, MSG_NOSIGNAL);
}

static ssize_t peer_read(struct peer *p, void *data, int size)
{
    ERR_clear_error();
    return p->ssl ? SSL_read(p->ssl, data, size) : recv(p->socket, data, (size_t)size, 0);
}

static bool peer_has_bytes(const struct peer *p)
{
    return p->ssl && SSL_pending(p->ssl) > 0;
}

static void peer_end(struct peer *p)
{
    if (p->ssl) assert_int_equal(SSL_shutdown(p->ssl), 0);
    else shutdown(p->socket, SHUT_WR);
}

static void peer_free(struct peer *p)
{
    SSL_free(p->ssl);
}
#else
static void peer_secure(struct peer *p, const char *protocols)
{
    (void)p, (void)protocols;
}

static ssize_t peer_write(struct peer *p, const void *data, size_t size)
{
    return send(p->socket, data, size, MSG_NOSIGNAL);
}

static ssize_t peer_read(struct peer *p, void *data, int size)
{
    return recv(p->socket, data, (size_t)size, 0);
}

static bool peer_has_bytes(const struct peer *p)
{
    (void)p;
    return false;
}

static void peer_end(struct peer *p)
{
    shutdown(p->socket, SHUT_WR);
}

static void peer_free(struct peer *p)
{
    (void)p;
}
#endif

static struct peer peer_connect(struct http_server *to)
{
    struct peer p = {.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)http_server_port(to)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(p.socket, (struct sockaddr *)&address, sizeof address), 0);
    if (tls) peer_secure(&p, "\x08http/1.1");
    return p;
}

/* Without TLS whatever the others have. */
static struct peer peer_connect_plain(struct http_server *to)
{
    struct http_tls *kept = tls;
    tls = NULL;
    struct peer p = peer_connect(to);
    tls = kept;
    return p;
}

static void peer_close(struct peer *p)
{
    peer_free(p);
    close(p->socket);
    buffer_release(&p->in);
}

/* False when the server has closed meanwhile. */
static bool peer_send(struct peer *p, const void *data, size_t size)
{
    while (size) {
        ssize_t n = peer_write(p, data, size);
        if (n <= 0) return false;
        data = (const char *)data + n;
        size -= (size_t)n;
    }
    return true;
}

static void say(struct peer *p, const char *text)
{
    assert_true(peer_send(p, text, strlen(text)));
}

/* More bytes; false at the end of the connection. */
static bool peer_receive(struct peer *p)
{
    struct pollfd ready = {.fd = p->socket, .events = POLLIN};
    if (!peer_has_bytes(p) && poll(&ready, 1, WAIT_MS) != 1) fail_msg("nothing received in %d ms", WAIT_MS);
    buffer_reserve(&p->in, 65536);
    ssize_t n = peer_read(p, p->in.data + p->in.size, 65536);
    if (n > 0) p->in.size += (size_t)n;
    return n > 0;
}

static void expect_closed(struct peer *p)
{
    while (peer_receive(p)) {
    }
    assert_int_equal(p->in.size - p->at, 0);
}

/* One line without its CRLF. */
static char *read_line(struct peer *p)
{
    for (;;) {
        char *start = p->in.data + p->at;
        char *end = p->in.size > p->at ? memmem(start, p->in.size - p->at, "\r\n", 2) : NULL;
        if (end) {
            *end = '\0';
            p->at = (size_t)(end + 2 - p->in.data);
            return start;
        }
        if (!peer_receive(p)) fail_msg("connection closed within a head");
    }
}

struct answer {
    int status;
    bool close, chunked, cut;
    int64_t length; /* of the header; -1: none */
    struct buffer body;
};

static void read_bytes(struct peer *p, struct answer *a, size_t size)
{
    while (p->in.size - p->at < size && !a->cut) a->cut = !peer_receive(p);
    if (p->in.size - p->at < size) size = p->in.size - p->at;
    buffer_append(&a->body, p->in.data + p->at, size);
    p->at += size;
}

static void read_chunks(struct peer *p, struct answer *a)
{
    for (;;) {
        while (!memmem(p->in.data + p->at, p->in.size - p->at, "\r\n", 2)) {
            if (!peer_receive(p)) {
                a->cut = true;
                return;
            }
        }
        size_t size = strtoul(read_line(p), NULL, 16);
        if (size) read_bytes(p, a, size);
        if (a->cut) return;
        assert_string_equal(read_line(p), "");
        if (!size) return;
    }
}

static struct answer read_answer_to(struct peer *p, bool head)
{
    struct answer a = {.length = -1};
    assert_int_equal(sscanf(read_line(p), "HTTP/1.1 %d", &a.status), 1);
    for (char *line; *(line = read_line(p));) {
        long long length;
        if (sscanf(line, "Content-Length: %lld", &length) == 1) a.length = length;
        if (strcasecmp(line, "Transfer-Encoding: chunked") == 0) a.chunked = true;
        if (strcasecmp(line, "Connection: close") == 0) a.close = true;
    }
    if (head || a.status < 200 || a.status == 204) return a;
    if (a.chunked) read_chunks(p, &a);
    else if (a.length >= 0) read_bytes(p, &a, (size_t)a.length);
    return a;
}

static struct answer read_answer(struct peer *p)
{
    return read_answer_to(p, false);
}

/* Reads an answer and compares. */
static void expect(struct peer *p, int status, const char *body)
{
    struct answer a = read_answer(p);
    assert_int_equal(a.status, status);
    if (body) assert_string_equal(buffer_text(&a.body), body);
    assert_false(a.cut);
    buffer_release(&a.body);
}

static void once(struct http_server *to, const char *request, int status, const char *body)
{
    struct peer p = peer_connect(to);
    say(&p, request);
    expect(&p, status, body);
    peer_close(&p);
}

/* ---- requests ---- */

static void keep_alive_and_raw_target(void **state)
{
    (void)state;
    struct peer p = peer_connect(server);
    for (int i = 0; i < 3; i++) {
        say(&p, "GET /info/a%2Fb%20c+d//./e?x=%2B+1&y&=z HTTP/1.1\r\nHost: h\r\n\r\n");
        expect(&p, 200,
               "GET|/info/a%2Fb%20c+d//./e?x=%2B+1&y&=z|/info/a%2Fb%20c+d//./e|x=%2B+1&y&=z|h");
    }
    say(&p, "DELETE http://other:1/info?q HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(&p, 200, "DELETE|http://other:1/info?q|/info|q|h");
    peer_close(&p);
}

static void pipelined(void **state)
{
    (void)state;
    struct peer p = peer_connect(server);
    say(&p, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\none"
            "GET /info HTTP/1.1\r\nHost: h\r\n\r\n"
            "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nthree");
    expect(&p, 200, "one");
    expect(&p, 200, "GET|/info|/info||h");
    expect(&p, 200, "three");
    peer_close(&p);
}

static void chunked_bodies(void **state)
{
    (void)state;
    struct peer p = peer_connect(server);
    say(&p, "PUT /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    say(&p, "6;extension=1\r\n world\r\n0\r\nTrailer: x\r\n\r\n");
    expect(&p, 200, "hello world");
    say(&p, "PUT /small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
            "6\r\n123456\r\n6\r\n123456\r\n0\r\n\r\n");
    expect(&p, 413, NULL);
    say(&p, "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n"); /* the connection lives on */
    expect(&p, 200, "");
    peer_close(&p);
}

static void continue_comes_at_once(void **state)
{
    (void)state;
    struct peer p = peer_connect(server);
    say(&p, "PUT /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    expect(&p, 100, NULL);
    say(&p, "body");
    expect(&p, 200, "body");
    peer_close(&p);
}

static void early_refusal_instead_of_continue(void **state)
{
    (void)state;
    once(server, "PUT /small HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                 "Content-Length: 11\r\n\r\n", 413, NULL);
    once(server, "PUT /refused HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                 "Content-Length: 5\r\n\r\n", 403, "refused");
    /* Without Expect a small body is read and the connection kept. */
    struct peer p = peer_connect(server);
    say(&p, "PUT /refused HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n12345");
    expect(&p, 403, "refused");
    say(&p, "GET /info HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(&p, 200, "GET|/info|/info||h");
    peer_close(&p);
}

/* The reply arrives although most of the body was never read. */
static void large_unwanted_body(void **state)
{
    (void)state;
    struct peer p = peer_connect(server);
    say(&p, "PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\n");
    char *zeros = must_calloc(1, 300000);
    peer_send(&p, zeros, 300000);
    free(zeros);
    struct answer a = read_answer(&p);
    assert_int_equal(a.status, 413);
    assert_true(a.close);
    buffer_release(&a.body);
    peer_close(&p);
}

static void limits_of_heads(void **state)
{
    (void)state;
    struct buffer text = {0};
    buffer_append_text(&text, "GET /info HTTP/1.1\r\nHost: h\r\nLong: ");
    for (int i = 0; i < 60000; i++) buffer_append_byte(&text, 'x');
    buffer_append_text(&text, "\r\n\r\n");
    once(server, buffer_text(&text), 200, "GET|/info|/info||h");
    buffer_reset(&text);
    buffer_append_text(&text, "GET /info HTTP/1.1\r\nHost: h\r\nLong: ");
    for (int i = 0; i < 66000; i++) buffer_append_byte(&text, 'x');
    buffer_append_text(&text, "\r\n\r\n");
    once(server, buffer_text(&text), 431, NULL);
    buffer_reset(&text);
    buffer_append_text(&text, "GET /info HTTP/1.1\r\nHost: h\r\n");
    for (int i = 0; i < 600; i++) buffer_printf(&text, "h%d: 1\r\n", i);
    buffer_append_text(&text, "\r\n");
    once(server, buffer_text(&text), 431, NULL);
    buffer_reset(&text);
    buffer_append_text(&text, "GET /info?");
    for (int i = 0; i < HTTP_TARGET_MAX_BYTES; i++) buffer_append_byte(&text, 'x');
    buffer_append_text(&text, " HTTP/1.1\r\nHost: h\r\n\r\n");
    once(server, buffer_text(&text), 414, NULL);
    buffer_release(&text);
}

static void head_without_end_gets_431(void **state)
{
    (void)state;
    struct peer p = peer_connect(server);
    say(&p, "GET /info HTTP/1.1\r\nHost: h\r\nLong: ");
    char piece[10000];
    memset(piece, 'x', sizeof piece);
    for (int i = 0; i < 50 && peer_send(&p, piece, sizeof piece); i++) {
    }
    struct answer a = read_answer(&p);
    assert_int_equal(a.status, 431);
    buffer_release(&a.body);
    peer_close(&p);
}

static void malformed_requests(void **state)
{
    (void)state;
    const char *bad[] = {
        "GET /info HTTP/1.1\r\n\r\n",                                     /* no Host */
        "PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        "PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",                               /* nearly a preface */
        "\x16\x02\x01 GET / HTTP/1.1\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct peer p = peer_connect(server);
        say(&p, bad[i]);
        peer_end(&p);
        while (peer_receive(&p)) {
        }
        bool refused = p.in.size == 0 || span_starts(buffer_span(&p.in), "HTTP/1.1 400") ||
                       span_starts(buffer_span(&p.in), "HTTP/1.1 505");
        if (!refused) fail_msg("%s answered %.30s", bad[i], buffer_text(&p.in));
        peer_close(&p);
    }
}

static void tls_is_told_off(void **state)
{
    (void)state;
    struct http_server *s;
    assert_int_equal(http_server_open("127.0.0.1", 0, &routes, &s), OK);
    struct peer p = peer_connect_plain(s);
    const char hello[] = "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00";
    assert_true(peer_send(&p, hello, 10));
    expect(&p, 400, "TLS is not configured on this port; use http://\n");
    expect_closed(&p);
    peer_close(&p);
    http_server_close(s, US_PER_SECOND);
}

static void half_closed_client_is_answered(void **state)
{
    (void)state;
    struct peer p = peer_connect(server);
    say(&p, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nhalf");
    peer_end(&p);
    expect(&p, 200, "half");
    expect_closed(&p);
    peer_close(&p);
}

/* A request cut in its body ends at once, refused or not. */
static void half_closed_within_a_body(void **state)
{
    (void)state;
    static const char *const paths[] = {"/echo", "/small", "/refused", "/upload"};
    for (int i = 0; i < 4; i++) {
        struct peer p = peer_connect(server);
        char text[256];
        snprintf(text, sizeof text, "PUT %s HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\npart",
                 paths[i]);
        say(&p, text);
        peer_end(&p);
        expect_closed(&p);
        peer_close(&p);
    }
}

/* ---- replies ---- */

static void headers_of_replies(void **state)
{
    (void)state;
    struct peer p = peer_connect(server);
    say(&p, "GET /headers HTTP/1.1\r\nHost: h\r\n\r\n");
    bool test = false, empty = false;
    for (char *line; *(line = read_line(&p));) {
        test |= strcmp(line, "X-Test: yes") == 0;
        empty |= strncmp(line, "X-Empty:", 8) == 0 && strspn(line + 8, " ") == strlen(line + 8);
        assert_null(strstr(line, "split")); /* a line break in a value leaves it out */
    }
    assert_true(test);
    assert_true(empty);
    peer_close(&p);
}

static void replies_without_body(void **state)
{
    (void)state;
    struct peer p = peer_connect(server);
    say(&p, "HEAD /info HTTP/1.1\r\nHost: h\r\n\r\n");
    struct answer a = read_answer_to(&p, true);
    assert_int_equal(a.length, strlen("HEAD|/info|/info||h"));
    say(&p, "HEAD /object HTTP/1.1\r\nHost: h\r\n\r\n");
    a = read_answer_to(&p, true);
    assert_int_equal(a.status, 200);
    assert_int_equal(a.length, 123456);
    say(&p, "HEAD /pull?bytes=10 HTTP/1.1\r\nHost: h\r\n\r\n");
    a = read_answer_to(&p, true);
    assert_int_equal(a.status, 200);
    say(&p, "HEAD /file?bytes=17 HTTP/1.1\r\nHost: h\r\n\r\n");
    a = read_answer_to(&p, true);
    assert_int_equal(a.length, 17);
    say(&p, "GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(&p, 204, NULL);
    say(&p, "GET /info HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(&p, 200, "GET|/info|/info||h");
    peer_close(&p);
}

static void expect_data(struct buffer *body, int64_t from, int64_t bytes)
{
    assert_int_equal(body->size, bytes);
    for (int64_t i = 0; i < bytes; i++)
        if (body->data[i] != data_at(from + i)) fail_msg("byte %lld differs", (long long)i);
    buffer_release(body);
}

static void pulled_replies(void **state)
{
    (void)state;
    struct peer p = peer_connect(server);
    say(&p, "GET /pull?bytes=3000000 HTTP/1.1\r\nHost: h\r\n\r\n");
    struct answer a = read_answer(&p);
    assert_true(a.chunked);
    expect_data(&a.body, 0, 3000000);
    say(&p, "GET /pull?bytes=100000&sized=1 HTTP/1.1\r\nHost: h\r\n\r\n");
    a = read_answer(&p);
    assert_int_equal(a.length, 100000);
    expect_data(&a.body, 0, 100000);
    say(&p, "GET /pull?bytes=0 HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(&p, 200, "");
    say(&p, "GET /pull?bytes=3000000&fail=20000 HTTP/1.1\r\nHost: h\r\n\r\n");
    a = read_answer(&p);
    assert_true(a.cut);
    assert_true(a.body.size < 3000000);
    buffer_release(&a.body);
    peer_close(&p);
}

/* What is pulled goes out at once, not when a buffer is full. */
static void pulled_pieces_are_not_held_back(void **state)
{
    (void)state;
    struct peer p = peer_connect(server);
    say(&p, "GET /pull?bytes=8&gated=1 HTTP/1.1\r\nHost: h\r\n\r\n");
    while (*read_line(&p)) {
    }
    sem_post(&released);
    assert_string_equal(read_line(&p), "4");
    assert_string_equal(read_line(&p), "abcd");
    sem_post(&released);
    assert_string_equal(read_line(&p), "4");
    assert_string_equal(read_line(&p), "efgh");
    assert_string_equal(read_line(&p), "0");
    peer_close(&p);
}

static void files_by_range(void **state)
{
    (void)state;
    struct peer p = peer_connect(server);
    say(&p, "GET /file?from=0&bytes=300000 HTTP/1.1\r\nHost: h\r\n\r\n");
    struct answer a = read_answer(&p);
    assert_int_equal(a.status, 206);
    expect_data(&a.body, 0, DATA_BYTES);
    say(&p, "GET /file?from=1234&bytes=100001 HTTP/1.1\r\nHost: h\r\n\r\n");
    a = read_answer(&p);
    expect_data(&a.body, 1234, 100001);
    say(&p, "GET /file?from=7&bytes=0 HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(&p, 206, "");
    peer_close(&p);
}

/* ---- uploads ---- */

static void wait_for(atomic_int *counter, int value)
{
    for (int i = 0; i < 1000 && atomic_load(counter) != value; i++) real_world.sleep_us(10000);
    assert_int_equal(atomic_load(counter), value);
}

static void streamed_upload(void **state)
{
    (void)state;
    enum { SIZE = 3000000 };
    int ends = atomic_load(&ended);
    char *data = must_alloc(SIZE);
    for (int i = 0; i < SIZE; i++) data[i] = data_at(i);
    char words[64];
    snprintf(words, sizeof words, "%d %08x chunks failed 0", SIZE,
             crc32_of(0, (span){data, SIZE}));
    struct peer p = peer_connect(server);
    say(&p, "PUT /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n"
            "Expect: 100-continue\r\n\r\n");
    expect(&p, 100, NULL);
    assert_true(peer_send(&p, data, SIZE));
    expect(&p, 200, words);
    say(&p, "PUT /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    expect(&p, 200, "0 00000000 chunks failed 0");
    say(&p, "PUT /upload/bad HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n");
    assert_true(peer_send(&p, data, SIZE));
    expect(&p, 400, "bad");
    peer_close(&p);
    wait_for(&ended, ends + 3);
    free(data);
}

static void upload_cut_by_the_peer(void **state)
{
    (void)state;
    int begins = atomic_load(&begun), ends = atomic_load(&ended), done = atomic_load(&finished);
    struct peer p = peer_connect(server);
    say(&p, "PUT /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\npart");
    wait_for(&begun, begins + 1);
    peer_close(&p);
    wait_for(&ended, ends + 1);
    assert_int_equal(atomic_load(&finished), done);
}

/* ---- several connections ---- */

static void blocked_handler_blocks_nobody_else(void **state)
{
    (void)state;
    struct peer blocked[8];
    for (int i = 0; i < 8; i++) {
        blocked[i] = peer_connect(server);
        say(&blocked[i], "GET /block HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    for (int i = 0; i < 8; i++) assert_true(sem_wait_ms(&entered, WAIT_MS));
    for (int i = 0; i < 20; i++)
        once(server, "GET /info HTTP/1.1\r\nHost: h\r\n\r\n", 200, "GET|/info|/info||h");
    for (int i = 0; i < 8; i++) sem_post(&released);
    for (int i = 0; i < 8; i++) {
        expect(&blocked[i], 200, "released");
        peer_close(&blocked[i]);
    }
}

static void handler_sees_that_the_peer_has_gone(void **state)
{
    (void)state;
    struct peer p = peer_connect(server);
    say(&p, "GET /until-cut HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(sem_wait_ms(&entered, WAIT_MS));
    struct linger reset = {.l_onoff = 1};
    setsockopt(p.socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    peer_close(&p);
    assert_true(sem_wait_ms(&released, WAIT_MS));
}

static void too_many_connections(void **state)
{
    (void)state;
    struct http_limits limits = {.connections = 2};
    struct http_server *s;
    assert_int_equal(http_server_open_tls("127.0.0.1", 0, &routes, &limits, tls, &s), OK);
    struct peer a = peer_connect(s), b = peer_connect(s);
    say(&a, "GET /info HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(&a, 200, NULL);
    say(&b, "GET /info HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(&b, 200, NULL);
    struct peer c = peer_connect_plain(s); /* refused before anybody looks what it speaks */
    expect(&c, 503, "too many connections\n");
    peer_close(&c);
    peer_close(&a);
    for (int i = 0; i < 200; i++) { /* room again once the server has seen the end */
        struct peer d = peer_connect_plain(s);
        peer_send(&d, "GET /info HTTP/1.1\r\nHost: h\r\n\r\n", 31);
        struct answer answer = {0};
        if (peer_receive(&d)) answer = read_answer(&d);
        buffer_release(&answer.body);
        peer_close(&d);
        if (answer.status == 200) break;
        assert_true(i < 199);
        real_world.sleep_us(10000);
    }
    peer_close(&b);
    http_server_close(s, US_PER_SECOND);
}

/* ---- slow clients ---- */

static void slow_clients_are_cut(void **state)
{
    (void)state;
    struct http_limits limits = {.idle_us = 800 * US_PER_MS, .head_us = 800 * US_PER_MS,
                                 .stall_us = US_PER_SECOND};
    struct http_server *s;
    assert_int_equal(http_server_open_tls("127.0.0.1", 0, &routes, &limits, tls, &s), OK);
    struct peer silent = peer_connect(s), idle = peer_connect(s), head = peer_connect(s),
                body = peer_connect(s), preface = peer_connect_plain(s),
                working = peer_connect(s);
    say(&idle, "GET /info HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(&idle, 200, NULL);
    say(&body, "PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\npart");
    say(&preface, "PRI * HTTP/2.0\r\n");
    say(&working, "GET /block HTTP/1.1\r\nHost: h\r\n\r\n");
    say(&head, "GET /info HTTP/1.1\r\nHost: h\r\n");
    for (int i = 0; i < 100; i++) { /* a line now and then does not help */
        if (!peer_send(&head, "A: b\r\n", 6)) break;
        real_world.sleep_us(20000);
        assert_true(i < 99);
    }
    expect_closed(&silent);
    expect_closed(&idle);
    expect_closed(&preface);
    expect_closed(&body);
    /* A handler may take longer than any of these. */
    assert_true(sem_wait_ms(&entered, WAIT_MS));
    sem_post(&released);
    expect(&working, 200, "released");
    struct peer *all[] = {&silent, &idle, &head, &body, &preface, &working};
    for (int i = 0; i < 6; i++) peer_close(all[i]);
    http_server_close(s, US_PER_SECOND);
}

static void reader_that_stalls_is_cut(void **state)
{
    (void)state;
    struct http_limits limits = {.stall_us = US_PER_SECOND};
    struct http_server *s;
    assert_int_equal(http_server_open_tls("127.0.0.1", 0, &routes, &limits, tls, &s), OK);
    struct peer p = peer_connect(s);
    say(&p, "GET /pull?bytes=100000000 HTTP/1.1\r\nHost: h\r\n\r\n");
    wait_for(&pulls_open, 1);
    wait_for(&pulls_open, 0);
    peer_close(&p);
    http_server_close(s, US_PER_SECOND);
}

/* ---- the end ---- */

static void *close_server(void *argument)
{
    http_server_close(argument, 10 * US_PER_SECOND);
    return NULL;
}

static void close_lets_requests_finish(void **state)
{
    (void)state;
    struct http_server *s;
    assert_int_equal(http_server_open_tls("127.0.0.1", 0, &routes, NULL, tls, &s), OK);
    struct peer idle = peer_connect(s), busy = peer_connect(s), fresh = peer_connect(s);
    say(&idle, "GET /info HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(&idle, 200, NULL);
    say(&busy, "GET /block HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(sem_wait_ms(&entered, WAIT_MS));
    pthread_t closer;
    assert_int_equal(pthread_create(&closer, NULL, close_server, s), 0);
    expect_closed(&idle);
    expect_closed(&fresh);
    sem_post(&released);
    struct answer a = read_answer(&busy);
    assert_int_equal(a.status, 200);
    assert_true(a.close);
    assert_string_equal(buffer_text(&a.body), "released");
    buffer_release(&a.body);
    pthread_join(closer, NULL);
    peer_close(&idle);
    peer_close(&busy);
    peer_close(&fresh);
}

static void close_cuts_after_its_grace(void **state)
{
    (void)state;
    struct http_server *s;
    assert_int_equal(http_server_open_tls("127.0.0.1", 0, &routes, NULL, tls, &s), OK);
    struct peer waiting = peer_connect(s), uploading = peer_connect(s), reading = peer_connect(s);
    int begins = atomic_load(&begun), ends = atomic_load(&ended);
    say(&waiting, "GET /until-cut HTTP/1.1\r\nHost: h\r\n\r\n");
    say(&uploading, "PUT /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\npart");
    say(&reading, "GET /pull?bytes=100000000 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(sem_wait_ms(&entered, WAIT_MS));
    wait_for(&begun, begins + 1);
    wait_for(&pulls_open, 1);
    http_server_close(s, 50 * US_PER_MS);
    assert_int_equal(atomic_load(&ended), ends + 1);
    assert_int_equal(atomic_load(&pulls_open), 0);
    assert_true(sem_wait_ms(&released, 0)); /* the waiting handler saw the end */
    peer_close(&waiting);
    peer_close(&uploading);
    peer_close(&reading);
}

static void listen_errors(void **state)
{
    (void)state;
    struct http_server *s;
    assert_int_equal(http_server_open("localhost", 0, &routes, &s), ERR_USAGE);
    assert_int_equal(http_server_open("127.0.0.1", 70000, &routes, &s), ERR_USAGE);
    assert_int_equal(http_server_open("127.0.0.1", http_server_port(server), &routes, &s), ERR_IO);
    assert_non_null(strstr(error_text(), "Address already in use"));
}

/* ---- TLS alone ---- */

#ifdef OVER_TLS
static void plain_on_the_same_port(void **state)
{
    (void)state;
    struct peer p = peer_connect_plain(server);
    say(&p, "GET /info HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(&p, 200, "GET|/info|/info||h");
    peer_close(&p);
}

static void protocol_is_negotiated(void **state)
{
    (void)state;
    static const struct { const char *offered, *chosen; } rows[] = {
        {"\x08http/1.1\x02h2", "h2"}, {"\x08http/1.0\x08http/1.1", "http/1.1"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct peer p = peer_connect_plain(server);
        peer_secure(&p, rows[i].offered);
        const unsigned char *name;
        unsigned size;
        SSL_get0_alpn_selected(p.ssl, &name, &size);
        assert_true(span_is((span){(const char *)name, size}, rows[i].chosen));
        peer_close(&p);
    }
    struct peer p = peer_connect_plain(server);
    p.ssl = SSL_new(client_context);
    SSL_set_alpn_protos(p.ssl, (const unsigned char *)"\x04" "smtp", 5);
    SSL_set_fd(p.ssl, p.socket);
    assert_int_equal(SSL_connect(p.ssl), -1);
    assert_int_equal(ERR_GET_REASON(ERR_peek_error()), SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);
    peer_close(&p);
}

/* Many clients never say close_notify. */
static void end_of_the_wire_is_an_end(void **state)
{
    (void)state;
    struct peer p = peer_connect(server);
    say(&p, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nhalf");
    shutdown(p.socket, SHUT_WR);
    expect(&p, 200, "half");
    expect_closed(&p);
    peer_close(&p);
}

static void what_is_no_tls_ends(void **state)
{
    (void)state;
    struct peer p = peer_connect_plain(server);
    assert_true(peer_send(&p, "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", 10));
    while (peer_receive(&p)) { /* an alert */
    }
    assert_int_equal(p.in.data[0], 0x15);
    peer_close(&p);
    p = peer_connect(server); /* garbage where a record should be */
    assert_int_equal(send(p.socket, "garbage garbage", 15, MSG_NOSIGNAL), 15);
    expect_closed(&p);
    peer_close(&p);
}

/* The server is long done with the connection when the client has read its reply. */
static void rest_of_a_reply_outlives_the_connection(void **state)
{
    (void)state;
    struct peer p = peer_connect(server);
    say(&p, "GET /file?from=0&bytes=300000 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    assert_true(peer_receive(&p));
    for (int i = 0; i < 30; i++) { /* two seconds at a trickle */
        real_world.sleep_us(70 * US_PER_MS);
        if (p.in.size < 200000) assert_true(peer_receive(&p));
    }
    struct answer a = read_answer(&p);
    expect_data(&a.body, 0, DATA_BYTES);
    expect_closed(&p);
    peer_close(&p);
}

/* Bytes that the kernel's buffers cannot hold, in both directions at once. */
static void echo_of_megabytes(void **state)
{
    (void)state;
    struct buffer request = {0};
    buffer_printf(&request, "PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", ECHO_MAX);
    for (int i = 0; i < ECHO_MAX; i++) buffer_append_byte(&request, (uint8_t)data_at(i));
    struct peer p = peer_connect(server);
    for (int i = 0; i < 3; i++) {
        assert_true(peer_send(&p, request.data, request.size));
        struct answer a = read_answer(&p);
        assert_int_equal(a.status, 200);
        expect_data(&a.body, 0, ECHO_MAX);
    }
    peer_close(&p);
    buffer_release(&request);
}
static char folder[] = "/tmp/http-tls-XXXXXX";
static char files[3][64];

static void certificate_files(void **state)
{
    (void)state;
    struct http_tls *t;
    for (int i = 0; i < 3; i++) {
        struct stat s;
        assert_int_equal(stat(files[i], &s), 0);
        assert_int_equal(s.st_mode & 0777, 0600);
    }
    assert_int_equal(http_tls_open(files[0], files[2], &t), ERR_USAGE); /* another's key */
    assert_non_null(strstr(error_text(), "key values mismatch"));
    assert_int_equal(http_tls_open(files[2], files[2], &t), ERR_USAGE);
    assert_int_equal(http_tls_open("/none", files[2], &t), ERR_USAGE);
    assert_non_null(strstr(error_text(), "/none: "));
}

static void tls_setup(void)
{
    static const char *const names[3] = {"ca", "certificate", "key"};
    signal(SIGPIPE, SIG_IGN); /* SSL_write() knows no MSG_NOSIGNAL */
    CHECK(mkdtemp(folder) != NULL);
    for (int i = 0; i < 3; i++)
        snprintf(files[i], sizeof files[i], "%s/%s.pem", folder, names[i]);
    CHECK(http_tls_make(files[0], files[1], files[2]) == OK);
    CHECK(http_tls_open(files[1], files[2], &tls) == OK);
    client_context = SSL_CTX_new(TLS_client_method());
    CHECK(SSL_CTX_load_verify_locations(client_context, files[0], NULL) == 1);
    SSL_CTX_set_verify(client_context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_options(client_context, SSL_OP_IGNORE_UNEXPECTED_EOF);
}

static void tls_teardown(void)
{
    http_tls_close(tls);
    SSL_CTX_free(client_context);
    for (int i = 0; i < 3; i++) unlink(files[i]);
    rmdir(folder);
}
#else
static void tls_setup(void)
{
}

static void tls_teardown(void)
{
}
#endif

static int open_all(void **state)
{
    (void)state;
    handler_open();
    tls_setup();
    return http_server_open_tls("127.0.0.1", 0, &routes, NULL, tls, &server);
}

static int close_all(void **state)
{
    (void)state;
    http_server_close(server, US_PER_SECOND);
    handler_close();
    tls_teardown();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keep_alive_and_raw_target),
        cmocka_unit_test(pipelined),
        cmocka_unit_test(chunked_bodies),
        cmocka_unit_test(continue_comes_at_once),
        cmocka_unit_test(early_refusal_instead_of_continue),
        cmocka_unit_test(large_unwanted_body),
        cmocka_unit_test(limits_of_heads),
        cmocka_unit_test(head_without_end_gets_431),
        cmocka_unit_test(malformed_requests),
        cmocka_unit_test(tls_is_told_off),
        cmocka_unit_test(half_closed_client_is_answered),
        cmocka_unit_test(half_closed_within_a_body),
        cmocka_unit_test(headers_of_replies),
        cmocka_unit_test(replies_without_body),
        cmocka_unit_test(pulled_replies),
        cmocka_unit_test(pulled_pieces_are_not_held_back),
        cmocka_unit_test(files_by_range),
        cmocka_unit_test(streamed_upload),
        cmocka_unit_test(upload_cut_by_the_peer),
        cmocka_unit_test(blocked_handler_blocks_nobody_else),
        cmocka_unit_test(handler_sees_that_the_peer_has_gone),
        cmocka_unit_test(too_many_connections),
        cmocka_unit_test(slow_clients_are_cut),
        cmocka_unit_test(reader_that_stalls_is_cut),
        cmocka_unit_test(close_lets_requests_finish),
        cmocka_unit_test(close_cuts_after_its_grace),
        cmocka_unit_test(listen_errors),
#ifdef OVER_TLS
        cmocka_unit_test(plain_on_the_same_port),
        cmocka_unit_test(protocol_is_negotiated),
        cmocka_unit_test(end_of_the_wire_is_an_end),
        cmocka_unit_test(what_is_no_tls_ends),
        cmocka_unit_test(rest_of_a_reply_outlives_the_connection),
        cmocka_unit_test(echo_of_megabytes),
        cmocka_unit_test(certificate_files),
#endif
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
