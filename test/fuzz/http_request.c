/* Bytes of a peer to the real server over a loopback connection, HTTP/1.1 or HTTP/2 as they are
 * sniffed: whatever comes, the server answers or closes, and every request that began ends. */
#include "http/http.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static atomic_int open_uploads;

static size_t body_limit(void *context, const struct http_request *r)
{
    (void)context;
    return r->path.size * 10;
}

static void handle(void *context, struct http_request *r, struct http_reply *reply)
{
    (void)context;
    CHECK(r->path.size && r->target.size && r->body.size <= r->path.size * 10);
    span host = http_header(r, "host");
    reply->status = 200;
    http_reply_header(r, reply, "X-Host", host.data ? arena_text(r->arena, host) : "");
    reply->body = r->body;
}

static bool begin(void *context, struct http_request *r, void **cookie)
{
    (void)context, (void)cookie;
    if (!span_is(r->method, "PUT")) return false;
    atomic_fetch_add(&open_uploads, 1);
    return true;
}

static error chunk(void *context, void *cookie, span bytes)
{
    (void)context, (void)cookie;
    return bytes.data[0] == '!' ? ERR_LIMIT : OK;
}

static void finish(void *context, void *cookie, struct http_request *r, struct http_reply *reply)
{
    (void)cookie;
    handle(context, r, reply);
}

static void end(void *context, void *cookie)
{
    (void)context, (void)cookie;
    atomic_fetch_sub(&open_uploads, 1);
}

static struct http_server *server_once(void)
{
    static struct http_server *server;
    static const struct http_handler handler = {.body_limit = body_limit, .handle = handle,
                                                .begin = begin, .chunk = chunk, .finish = finish,
                                                .end = end};
    static const struct http_limits limits = {.idle_us = 2 * US_PER_SECOND,
                                              .head_us = 2 * US_PER_SECOND,
                                              .stall_us = 2 * US_PER_SECOND};
    if (!server)
        CHECK(http_server_open_limited("127.0.0.1", 0, &handler, &limits, &server) == OK);
    return server;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int port = http_server_port(server_once());
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(peer >= 0 && connect(peer, (struct sockaddr *)&address, sizeof address) == 0);
    while (size) {
        ssize_t n = send(peer, data, size, MSG_NOSIGNAL);
        if (n < 0) break;
        data += n;
        size -= (size_t)n;
    }
    shutdown(peer, SHUT_WR);
    char dropped[65536];
    struct pollfd ready = {.fd = peer, .events = POLLIN};
    do CHECK(poll(&ready, 1, 60000) == 1); /* a server that neither answers nor closes hangs */
    while (recv(peer, dropped, sizeof dropped, 0) > 0);
    struct linger reset = {.l_onoff = 1}; /* leaves no TIME_WAIT behind */
    setsockopt(peer, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(peer);
    for (int i = 0; i < 1000 && atomic_load(&open_uploads); i++) real_world.sleep_us(1000);
    CHECK(atomic_load(&open_uploads) == 0);
    return 0;
}
