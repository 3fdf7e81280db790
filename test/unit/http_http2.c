/* The HTTP/2 server, frame by frame (RFC 9113), and the bytes a real client sent.
 *
 * With the argument "serve" it serves the routes of http_handler.h on a free port, which it prints,
 * until its input ends: test/conformance/http2_client.mjs runs it so. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include "http_handler.h"

#include <arpa/inet.h>
#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <sys/socket.h>

#include <cmocka.h>

enum { WAIT_MS = 10000 };
enum { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE,
       CONTINUATION };
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4 };

static struct http_server *server;

struct peer {
    int socket;
    struct buffer in;
    size_t at;
    nghttp2_hd_inflater *inflater;
    bool silent; /* does not acknowledge settings */
};

struct frame {
    int type, flags;
    uint32_t stream;
    span payload; /* into the peer's buffer, until the next frame */
};

static void peer_send(struct peer *p, const void *data, size_t size)
{
    while (size) {
        ssize_t n = send(p->socket, data, size, MSG_NOSIGNAL);
        if (n < 0) fail_msg("the server closed the connection");
        data = (const char *)data + n;
        size -= (size_t)n;
    }
}

static struct peer peer_connect(struct http_server *to)
{
    struct peer p = {.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)http_server_port(to)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(p.socket, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(nghttp2_hd_inflate_new(&p.inflater), 0);
    return p;
}

static void peer_close(struct peer *p)
{
    close(p->socket);
    buffer_release(&p->in);
    nghttp2_hd_inflate_del(p->inflater);
}

static void send_frame(struct peer *p, int type, int flags, uint32_t stream, const void *payload,
                       size_t size)
{
    uint8_t head[9] = {(uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size, (uint8_t)type,
                       (uint8_t)flags};
    put_be32(head + 5, stream);
    peer_send(p, head, sizeof head);
    peer_send(p, payload, size);
}

/* The server may have closed meanwhile: what it sent before still counts. */
static void acknowledge(struct peer *p)
{
    const char frame[9] = {0, 0, 0, SETTINGS, ACK};
    (void)!send(p->socket, frame, sizeof frame, MSG_NOSIGNAL);
}

/* The preface and SETTINGS with the window for the server's replies. */
static struct peer peer_start(struct http_server *to, uint32_t window)
{
    struct peer p = peer_connect(to);
    uint8_t setting[6] = {0, 4};
    put_be32(setting + 2, window);
    peer_send(&p, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
    send_frame(&p, SETTINGS, 0, 0, setting, sizeof setting);
    return p;
}

/* False at the end of the connection. Settings are acknowledged, so that they hold. */
static bool receive(struct peer *p, struct frame *f)
{
    for (;;) {
        const uint8_t *head = (const uint8_t *)p->in.data + p->at;
        size_t have = p->in.size - p->at;
        size_t size = have < 9 ? 0 : (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
        if (have >= 9 && have >= 9 + size) {
            *f = (struct frame){head[3], head[4], get_be32(head + 5),
                                {(const char *)head + 9, size}};
            p->at += 9 + size;
            if (f->type == SETTINGS && !(f->flags & ACK) && !p->silent) acknowledge(p);
            return true;
        }
        struct pollfd ready = {.fd = p->socket, .events = POLLIN};
        if (poll(&ready, 1, WAIT_MS) != 1) fail_msg("nothing received in %d ms", WAIT_MS);
        buffer_reserve(&p->in, 65536);
        ssize_t n = recv(p->socket, p->in.data + p->in.size, 65536, 0);
        if (n <= 0) return false;
        p->in.size += (size_t)n;
    }
}

/* The next frame of the type, passing over others. */
static struct frame await(struct peer *p, int type, uint32_t stream)
{
    struct frame f;
    do {
        if (!receive(p, &f)) fail_msg("closed while waiting for a frame of type %d", type);
        if (f.type == HEADERS && type != HEADERS) /* keeps the compression state */
            fail_msg("unexpected HEADERS");
    } while (f.type != type || f.stream != stream || (type == SETTINGS && f.flags & ACK));
    return f;
}

static void append_field(struct buffer *block, const char *name, const char *value)
{
    assert_true(strlen(name) < 127 && strlen(value) < 127);
    buffer_append_byte(block, 0); /* literal without indexing, new name (RFC 7541 6.2.2) */
    buffer_append_byte(block, (uint8_t)strlen(name));
    buffer_append_text(block, name);
    buffer_append_byte(block, (uint8_t)strlen(value));
    buffer_append_text(block, value);
}

static struct buffer head_of(const char *method, const char *path)
{
    struct buffer block = {0};
    append_field(&block, ":method", method);
    append_field(&block, ":scheme", "http");
    append_field(&block, ":path", path);
    append_field(&block, ":authority", "h:1");
    return block;
}

static void request(struct peer *p, uint32_t stream, const char *method, const char *path,
                    int flags)
{
    struct buffer block = head_of(method, path);
    send_frame(p, HEADERS, END_HEADERS | flags, stream, block.data, block.size);
    buffer_release(&block);
}

static int status_of(struct peer *p, const struct frame *f)
{
    const uint8_t *in = (const uint8_t *)f->payload.data;
    size_t left = f->payload.size;
    int status = 0, flags = 0;
    while (!(flags & NGHTTP2_HD_INFLATE_FINAL)) {
        nghttp2_nv field;
        ssize_t n = nghttp2_hd_inflate_hd2(p->inflater, &field, &flags, in, left, 1);
        assert_true(n >= 0);
        in += n;
        left -= (size_t)n;
        if (flags & NGHTTP2_HD_INFLATE_EMIT && field.namelen == 7 &&
            memcmp(field.name, ":status", 7) == 0)
            status = atoi((const char *)field.value);
    }
    nghttp2_hd_inflate_end_headers(p->inflater);
    return status;
}

/* Reads until the stream's reply is complete. */
static void expect(struct peer *p, uint32_t stream, int status, const char *body)
{
    struct buffer got = {0};
    struct frame f;
    int seen = 0;
    do {
        if (!receive(p, &f)) fail_msg("closed before the reply of stream %u", stream);
        if (f.type == HEADERS && f.stream == stream) seen = status_of(p, &f);
        if (f.type == DATA && f.stream == stream) buffer_append_span(&got, f.payload);
        if (f.type == RST_STREAM) fail_msg("stream %u was reset", f.stream);
    } while (f.stream != stream || !(f.flags & END_STREAM) || f.type == SETTINGS);
    assert_int_equal(seen, status);
    if (body) assert_string_equal(buffer_text(&got), body);
    buffer_release(&got);
}

static void expect_reset(struct peer *p, uint32_t stream, uint32_t code)
{
    struct frame f;
    do {
        if (!receive(p, &f)) fail_msg("closed before the reset of stream %u", stream);
    } while (f.type != RST_STREAM || f.stream != stream);
    assert_int_equal(get_be32(f.payload.data), code);
}

static void expect_ping(struct peer *p)
{
    send_frame(p, PING, 0, 0, "12345678", 8);
    struct frame f = await(p, PING, 0);
    assert_int_equal(f.flags, ACK);
    assert_true(span_is(f.payload, "12345678"));
}

static void expect_closed(struct peer *p)
{
    struct frame f;
    while (receive(p, &f)) {
    }
}

/* ---- */

static struct buffer client_bytes(void)
{
    struct buffer hex = {0}, bytes = {0};
    assert_int_equal(file_read_whole("test/data/http2_js_kinesis_client.hex", &hex, 1 << 20), OK);
    size_t size = 0;
    for (size_t i = 0; i < hex.size; i++)
        if (hex.data[i] != '\n') hex.data[size++] = hex.data[i];
    buffer_reserve(&bytes, size / 2);
    assert_int_equal(hex_decode(bytes.data, (span){hex.data, size}), OK);
    bytes.size = size / 2;
    buffer_release(&hex);
    return bytes;
}

static const char client_body[] =
    "{\"Records\":[{\"Data\":\"aGVsbG8=\",\"PartitionKey\":\"a\"}],"
    "\"StreamName\":\"ventilatorstream\"}";

/* SETTINGS, HEADERS with Huffman codes, DATA, and a GOAWAY before the reply. */
static void recorded_client_is_answered(void **state)
{
    (void)state;
    struct buffer bytes = client_bytes();
    for (size_t step = 1; step <= bytes.size; step += bytes.size - 1) { /* singly, and at once */
        struct peer p = peer_connect(server);
        p.silent = true; /* the recording holds the acknowledgement */
        int on = 1;
        setsockopt(p.socket, 6, 1, &on, sizeof on); /* TCP_NODELAY */
        for (size_t at = 0; at < bytes.size; at += step) peer_send(&p, bytes.data + at, step);
        struct frame f;
        assert_true(receive(&p, &f));
        assert_int_equal(f.type, SETTINGS);
        struct buffer got = {0};
        int status = 0;
        do {
            assert_true(receive(&p, &f));
            if (f.type == HEADERS) status = status_of(&p, &f);
            if (f.type == DATA) buffer_append_span(&got, f.payload);
        } while (f.type != DATA || !(f.flags & END_STREAM));
        assert_int_equal(status, 200);
        assert_string_equal(buffer_text(&got), client_body);
        buffer_release(&got);
        expect_closed(&p); /* the client has said GOAWAY */
        peer_close(&p);
    }
    buffer_release(&bytes);
}

static void pseudo_fields_become_the_request(void **state)
{
    (void)state;
    struct peer p = peer_start(server, 65535);
    request(&p, 1, "DELETE", "/info/a%2Fb//.?x=%20&y", END_STREAM);
    expect(&p, 1, 200, "DELETE|/info/a%2Fb//.?x=%20&y|/info/a%2Fb//.|x=%20&y|h:1");
    request(&p, 3, "HEAD", "/object", END_STREAM);
    expect(&p, 3, 200, "");
    request(&p, 5, "GET", "/nothing", END_STREAM);
    expect(&p, 5, 204, "");
    peer_close(&p);
}

static void blocked_stream_blocks_nothing_else(void **state)
{
    (void)state;
    struct peer p = peer_start(server, 65535);
    request(&p, 1, "GET", "/block", END_STREAM);
    assert_true(sem_wait_ms(&entered, WAIT_MS));
    expect_ping(&p);
    for (uint32_t stream = 3; stream < 43; stream += 2) {
        request(&p, stream, "GET", "/info", END_STREAM);
        expect(&p, stream, 200, "GET|/info|/info||h:1");
    }
    sem_post(&released);
    expect(&p, 1, 200, "released");
    peer_close(&p);
}

static void ping_during_a_long_reply(void **state)
{
    (void)state;
    struct peer p = peer_start(server, 65535);
    request(&p, 1, "GET", "/pull?bytes=12&gated=1", END_STREAM);
    struct frame f;
    do assert_true(receive(&p, &f));
    while (f.type != HEADERS);
    assert_int_equal(status_of(&p, &f), 200);
    for (int piece = 0; piece < 3; piece++) {
        expect_ping(&p);
        sem_post(&released);
        f = await(&p, DATA, 1);
        assert_int_equal(f.payload.size, 4);
    }
    f = await(&p, DATA, 1);
    assert_int_equal(f.flags, END_STREAM);
    peer_close(&p);
}

static void window_of_the_peer_is_respected(void **state)
{
    (void)state;
    static const char *const paths[] = {"/pull?bytes=25", "/file?from=0&bytes=25"};
    for (int i = 0; i < 2; i++) {
        struct peer p = peer_start(server, 10);
        struct frame f;
        uint8_t more[4];
        put_be32(more, 10);
        request(&p, 1, "GET", paths[i], END_STREAM);
        do assert_true(receive(&p, &f));
        while (f.type != HEADERS);
        for (size_t left = 25; left;) {
            size_t expected = left < 10 ? left : 10;
            f = await(&p, DATA, 1);
            assert_int_equal(f.payload.size, expected);
            left -= expected;
            send_frame(&p, PING, 0, 0, "12345678", 8);
            assert_true(receive(&p, &f)); /* nothing but the PING's answer comes */
            if (left == 0 && f.type == DATA) assert_true(receive(&p, &f));
            assert_int_equal(f.type, PING);
            send_frame(&p, WINDOW_UPDATE, 0, 1, more, 4);
        }
        peer_close(&p);
    }
}

static void windows_of_uploads_grow_again(void **state)
{
    (void)state;
    enum { SIZE = 16384, FRAMES = 64 }; /* 1 MiB: four times a stream's window */
    struct peer p = peer_start(server, 65535);
    char data[SIZE];
    memset(data, 'x', sizeof data);
    int64_t window = 65535; /* the protocol's, then the server's word */
    request(&p, 1, "PUT", "/upload", 0);
    for (int sent = 0; sent < FRAMES;) {
        if (window >= SIZE) {
            send_frame(&p, DATA, ++sent == FRAMES ? END_STREAM : 0, 1, data, SIZE);
            window -= SIZE;
            continue;
        }
        struct frame f;
        assert_true(receive(&p, &f));
        if (f.type == WINDOW_UPDATE && f.stream == 1) window += get_be32(f.payload.data);
        if (f.type == SETTINGS && !(f.flags & ACK)) window += 256 * 1024 - 65535;
    }
    expect(&p, 1, 200, NULL);
    peer_close(&p);
}

static void early_refusals(void **state)
{
    (void)state;
    struct peer p = peer_start(server, 65535);
    struct buffer head = head_of("PUT", "/small");
    append_field(&head, "content-length", "11");
    send_frame(&p, HEADERS, END_HEADERS, 1, head.data, head.size);
    expect(&p, 1, 413, NULL);
    expect_reset(&p, 1, NGHTTP2_NO_ERROR);
    request(&p, 3, "PUT", "/refused", 0);
    expect(&p, 3, 403, "refused");
    expect_reset(&p, 3, NGHTTP2_NO_ERROR);
    request(&p, 5, "PUT", "/small", 0); /* no length said */
    send_frame(&p, DATA, 0, 5, "12345678901", 11);
    expect(&p, 5, 413, NULL);
    expect_reset(&p, 5, NGHTTP2_NO_ERROR);
    buffer_release(&head);
    head = head_of("PUT", "/echo");
    append_field(&head, "expect", "100-continue");
    send_frame(&p, HEADERS, END_HEADERS, 7, head.data, head.size);
    struct frame f;
    do assert_true(receive(&p, &f));
    while (f.type != HEADERS);
    assert_int_equal(status_of(&p, &f), 100);
    send_frame(&p, DATA, END_STREAM, 7, "body", 4);
    expect(&p, 7, 200, "body");
    buffer_release(&head);
    peer_close(&p);
}

static void large_heads_get_431(void **state)
{
    (void)state;
    struct peer p = peer_start(server, 65535);
    struct buffer head = head_of("GET", "/info");
    char value[126];
    memset(value, 'v', sizeof value);
    value[125] = '\0';
    while (head.size < 80000) append_field(&head, "name", value);
    send_frame(&p, HEADERS, END_STREAM, 1, head.data, 16000);
    for (size_t at = 16000; at < head.size; at += 16000) {
        size_t n = head.size - at < 16000 ? head.size - at : 16000;
        send_frame(&p, CONTINUATION, at + n == head.size ? END_HEADERS : 0, 1, head.data + at, n);
    }
    expect(&p, 1, 431, NULL);
    request(&p, 3, "GET", "/info", END_STREAM);
    expect(&p, 3, 200, NULL);
    buffer_release(&head);
    peer_close(&p);
}

static void reset_reaches_the_handler(void **state)
{
    (void)state;
    struct peer p = peer_start(server, 65535);
    request(&p, 1, "GET", "/until-cut", END_STREAM);
    assert_true(sem_wait_ms(&entered, WAIT_MS));
    uint8_t code[4];
    put_be32(code, NGHTTP2_CANCEL);
    send_frame(&p, RST_STREAM, 0, 1, code, 4);
    assert_true(sem_wait_ms(&released, WAIT_MS));
    request(&p, 3, "GET", "/info", END_STREAM);
    expect(&p, 3, 200, NULL);
    peer_close(&p);
}

static void wait_for(atomic_int *counter, int value)
{
    for (int i = 0; i < 1000 && atomic_load(counter) != value; i++) real_world.sleep_us(10000);
    assert_int_equal(atomic_load(counter), value);
}

static void cut_transfers_end(void **state)
{
    (void)state;
    int begins = atomic_load(&begun), ends = atomic_load(&ended), done = atomic_load(&finished);
    struct peer p = peer_start(server, 10);
    request(&p, 1, "PUT", "/upload", 0);
    send_frame(&p, DATA, 0, 1, "part", 4);
    request(&p, 3, "GET", "/pull?bytes=100000000", END_STREAM);
    wait_for(&begun, begins + 1);
    wait_for(&pulls_open, 1);
    peer_close(&p);
    wait_for(&ended, ends + 1);
    wait_for(&pulls_open, 0);
    assert_int_equal(atomic_load(&finished), done);
}

static void failed_pull_resets(void **state)
{
    (void)state;
    struct peer p = peer_start(server, 65535);
    request(&p, 1, "GET", "/pull?bytes=30000&fail=20000", END_STREAM);
    expect_reset(&p, 1, NGHTTP2_INTERNAL_ERROR);
    peer_close(&p);
}

/* Each stream that is reset at once costs a thread until its handler notices. */
static void rapid_resets_are_bounded(void **state)
{
    (void)state;
    struct peer p = peer_start(server, 65535);
    uint8_t code[4];
    put_be32(code, NGHTTP2_CANCEL);
    struct buffer burst = {0};
    struct buffer head = head_of("GET", "/info");
    for (uint32_t stream = 1; stream < 1000; stream += 2) {
        uint8_t h[9] = {0, 0, (uint8_t)head.size, HEADERS, END_STREAM | END_HEADERS};
        uint8_t r[13] = {0, 0, 4, RST_STREAM};
        put_be32(h + 5, stream);
        put_be32(r + 5, stream);
        put_be32(r + 9, NGHTTP2_CANCEL);
        buffer_append(&burst, h, 9);
        buffer_append_span(&burst, buffer_span(&head));
        buffer_append(&burst, r, 13);
    }
    peer_send(&p, burst.data, burst.size);
    peer_close(&p);
    buffer_release(&burst);
    buffer_release(&head);
    p = peer_start(server, 65535);
    request(&p, 1, "GET", "/info", END_STREAM);
    expect(&p, 1, 200, NULL);
    peer_close(&p);
}

static void faults_get_goaway(void **state)
{
    (void)state;
    struct peer p = peer_start(server, 65535);
    send_frame(&p, DATA, 0, 0, "x", 1); /* DATA must belong to a stream */
    struct frame f = await(&p, GOAWAY, 0);
    assert_int_equal(get_be32(f.payload.data + 4), NGHTTP2_PROTOCOL_ERROR);
    expect_closed(&p);
    peer_close(&p);
}

static void slow_peers(void **state)
{
    (void)state;
    struct http_limits limits = {.idle_us = 800 * US_PER_MS, .head_us = 800 * US_PER_MS,
                                 .stall_us = 800 * US_PER_MS};
    struct http_server *s;
    assert_int_equal(http_server_open_limited("127.0.0.1", 0, &routes, &limits, &s), OK);
    struct peer idle = peer_start(s, 65535), body = peer_start(s, 65535), window = peer_start(s, 5),
                head = peer_start(s, 65535), working = peer_start(s, 65535);
    request(&body, 1, "PUT", "/echo", 0);
    send_frame(&body, DATA, 0, 1, "part", 4);
    request(&window, 1, "GET", "/pull?bytes=100", END_STREAM);
    struct buffer block = head_of("GET", "/info");
    head.silent = true; /* no frame may come within a head */
    send_frame(&head, HEADERS, END_STREAM, 1, block.data, block.size); /* END_HEADERS is to come */
    request(&working, 1, "GET", "/block", END_STREAM);
    struct frame f = await(&idle, GOAWAY, 0);
    assert_int_equal(get_be32(f.payload.data + 4), NGHTTP2_NO_ERROR);
    expect_closed(&idle);
    f = await(&head, GOAWAY, 0);
    assert_int_equal(get_be32(f.payload.data + 4), NGHTTP2_ENHANCE_YOUR_CALM);
    expect_reset(&body, 1, NGHTTP2_CANCEL);
    expect_reset(&window, 1, NGHTTP2_CANCEL);
    assert_true(sem_wait_ms(&entered, WAIT_MS)); /* a handler may take longer */
    sem_post(&released);
    expect(&working, 1, 200, "released");
    struct peer *all[] = {&idle, &body, &window, &head, &working};
    for (int i = 0; i < 5; i++) peer_close(all[i]);
    buffer_release(&block);
    http_server_close(s, US_PER_SECOND);
}

static void *close_server(void *argument)
{
    http_server_close(argument, 10 * US_PER_SECOND);
    return NULL;
}

static void close_says_goaway_and_finishes(void **state)
{
    (void)state;
    struct http_server *s;
    assert_int_equal(http_server_open("127.0.0.1", 0, &routes, &s), OK);
    struct peer busy = peer_start(s, 65535), idle = peer_start(s, 65535);
    request(&busy, 1, "GET", "/block", END_STREAM);
    assert_true(sem_wait_ms(&entered, WAIT_MS));
    expect_ping(&idle);
    pthread_t closer;
    assert_int_equal(pthread_create(&closer, NULL, close_server, s), 0);
    await(&idle, GOAWAY, 0);
    expect_closed(&idle);
    struct frame f = await(&busy, GOAWAY, 0);
    assert_int_equal(get_be32(f.payload.data), 1); /* stream 1 will be answered */
    sem_post(&released);
    expect(&busy, 1, 200, "released");
    expect_closed(&busy);
    pthread_join(closer, NULL);
    peer_close(&busy);
    peer_close(&idle);
}

static void close_cuts_after_its_grace(void **state)
{
    (void)state;
    struct http_server *s;
    assert_int_equal(http_server_open("127.0.0.1", 0, &routes, &s), OK);
    struct peer p = peer_start(s, 10);
    request(&p, 1, "GET", "/pull?bytes=100000000", END_STREAM);
    request(&p, 3, "GET", "/until-cut", END_STREAM);
    request(&p, 5, "PUT", "/upload", 0);
    assert_true(sem_wait_ms(&entered, WAIT_MS));
    wait_for(&pulls_open, 1);
    http_server_close(s, 50 * US_PER_MS);
    assert_int_equal(atomic_load(&pulls_open), 0);
    assert_true(sem_wait_ms(&released, 0));
    peer_close(&p);
}

/* With a certificate in the folder. */
static error tls_in(const char *folder, struct http_tls **tls)
{
    char names[3][256];
    static const char *const parts[3] = {"ca", "certificate", "key"};
    for (int i = 0; i < 3; i++) snprintf(names[i], sizeof names[i], "%s/%s.pem", folder, parts[i]);
    TRY(http_tls_make(names[0], names[1], names[2]));
    return http_tls_open(names[1], names[2], tls);
}

/* Prints the port and serves until the input ends; over TLS too when a folder is given, which
 * then holds ca.pem. */
static int serve(const char *tls_folder)
{
    struct http_tls *tls = NULL;
    handler_open();
    error e = tls_folder ? tls_in(tls_folder, &tls) : OK;
    if (e == OK) e = http_server_open_tls("127.0.0.1", 0, &routes, NULL, tls, &server);
    if (e != OK) {
        fprintf(stderr, "%s\n", error_text());
        return 1;
    }
    printf("%d\n", http_server_port(server));
    fflush(stdout);
    while (getchar() != EOF) {
    }
    http_server_close(server, US_PER_SECOND);
    http_tls_close(tls);
    handler_close();
    return 0;
}

static int open_all(void **state)
{
    (void)state;
    handler_open();
    return http_server_open("127.0.0.1", 0, &routes, &server);
}

static int close_all(void **state)
{
    (void)state;
    http_server_close(server, US_PER_SECOND);
    handler_close();
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_client_is_answered),
        cmocka_unit_test(pseudo_fields_become_the_request),
        cmocka_unit_test(blocked_stream_blocks_nothing_else),
        cmocka_unit_test(ping_during_a_long_reply),
        cmocka_unit_test(window_of_the_peer_is_respected),
        cmocka_unit_test(windows_of_uploads_grow_again),
        cmocka_unit_test(early_refusals),
        cmocka_unit_test(large_heads_get_431),
        cmocka_unit_test(reset_reaches_the_handler),
        cmocka_unit_test(cut_transfers_end),
        cmocka_unit_test(failed_pull_resets),
        cmocka_unit_test(rapid_resets_are_bounded),
        cmocka_unit_test(faults_get_goaway),
        cmocka_unit_test(slow_peers),
        cmocka_unit_test(close_says_goaway_and_finishes),
        cmocka_unit_test(close_cuts_after_its_grace),
    };
    if (argc > 1 && strcmp(argv[1], "serve") == 0) return serve(argc > 2 ? argv[2] : NULL);
    return cmocka_run_group_tests(tests, open_all, close_all);
}
