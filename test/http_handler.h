/* The handler that the tests of http/ serve: a route per way to answer. */
#pragma once

#include "http/http.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ECHO_MAX = 4 << 20, SMALL_MAX = 10 };

static sem_t entered, released; /* /block posts the first and waits for the second */
static atomic_int begun, finished, ended, pulls_open;
static char data_file[64];      /* holds DATA_BYTES of data_at() */
enum { DATA_BYTES = 300000 };

static char data_at(int64_t position)
{
    return (char)('a' + position % 26 + (position / 26 % 2 ? -32 : 0));
}

static bool sem_wait_ms(sem_t *semaphore, int ms)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000L;
    if (t.tv_nsec >= 1000000000) t.tv_sec++, t.tv_nsec -= 1000000000;
    return sem_timedwait(semaphore, &t) == 0;
}

static size_t route_body_limit(void *context, const struct http_request *r)
{
    (void)context;
    return span_starts(r->path, "/small") ? SMALL_MAX : ECHO_MAX;
}

static bool route_refuse(void *context, struct http_request *r, struct http_reply *reply)
{
    (void)context;
    if (!span_is(r->path, "/refused")) return false;
    reply->status = 403;
    reply->body = SPAN("refused");
    return true;
}

/* Pulls `left` bytes of data_at(); cuts when `fail_at` is reached; each piece waits for `released`
 * when `gated`. */
struct pull {
    const struct http_request *request;
    int64_t at, left, fail_at;
    bool gated;
};

static bool gate_opens(const struct http_request *r)
{
    for (int i = 0; i < 100 && !http_request_cut(r); i++)
        if (sem_wait_ms(&released, 100)) return true;
    return false;
}

static int64_t pull_data(void *context, char *out, size_t max)
{
    struct pull *p = context;
    if (p->fail_at && p->at >= p->fail_at) return -1;
    if (p->gated && p->left && !gate_opens(p->request)) return -1;
    size_t n = max < 5000 ? max : 5000;
    if (p->gated && n > 4) n = 4;
    if ((int64_t)n > p->left) n = (size_t)p->left;
    for (size_t i = 0; i < n; i++) out[i] = data_at(p->at++);
    p->left -= (int64_t)n;
    return (int64_t)n;
}

static void pull_done(void *context)
{
    (void)context;
    atomic_fetch_sub(&pulls_open, 1);
}

static int64_t query_number(const struct http_request *r, const char *name)
{
    char text[256];
    snprintf(text, sizeof text, "%.*s", (int)r->query.size, r->query.data);
    const char *at = strstr(text, name);
    return at ? atoll(at + strlen(name) + 1) : 0;
}

static void reply_pull(struct http_request *r, struct http_reply *reply)
{
    struct pull *p = ARENA_NEW(r->arena, struct pull);
    p->request = r;
    p->left = query_number(r, "bytes");
    p->fail_at = query_number(r, "fail");
    p->gated = query_number(r, "gated");
    if (query_number(r, "sized"))
        http_reply_header(r, reply, "Content-Length",
                          arena_printf(r->arena, "%lld", (long long)p->left));
    reply->pull = pull_data;
    reply->pull_done = pull_done;
    reply->pull_context = p;
    atomic_fetch_add(&pulls_open, 1);
}

static void reply_info(struct http_request *r, struct http_reply *reply)
{
    span host = http_header(r, "host");
    reply->body = span_of(arena_printf(
        r->arena, "%.*s|%.*s|%.*s|%.*s|%.*s", (int)r->method.size, r->method.data,
        (int)r->target.size, r->target.data, (int)r->path.size, r->path.data, (int)r->query.size,
        r->query.data, (int)host.size, host.data ? host.data : ""));
}

static void route_handle(void *context, struct http_request *r, struct http_reply *reply)
{
    (void)context;
    reply->status = 200;
    http_reply_header(r, reply, "X-Test", "yes");
    if (span_is(r->path, "/block")) {
        sem_post(&entered);
        reply->status = sem_wait_ms(&released, 10000) ? 200 : 500;
        reply->body = SPAN("released");
    } else if (span_is(r->path, "/until-cut")) {
        sem_post(&entered);
        for (int i = 0; i < 1000 && !http_request_cut(r); i++) real_world.sleep_us(10000);
        reply->status = http_request_cut(r) ? 200 : 500;
        sem_post(&released);
    } else if (span_is(r->path, "/pull")) {
        reply_pull(r, reply);
    } else if (span_is(r->path, "/file")) {
        reply->status = 206;
        reply->file = open(data_file, O_RDONLY | O_CLOEXEC);
        reply->file_offset = query_number(r, "from");
        reply->file_length = query_number(r, "bytes");
    } else if (span_is(r->path, "/headers")) {
        http_reply_header(r, reply, "X-Empty", "");
        http_reply_header(r, reply, "X-Split", "a\r\nsplit: b");
    } else if (span_is(r->path, "/nothing")) {
        reply->status = 204;
    } else if (span_is(r->path, "/object") && span_is(r->method, "HEAD")) {
        http_reply_header(r, reply, "Content-Length", "123456");
    } else if (span_is(r->path, "/info") || span_starts(r->path, "/info/")) {
        reply_info(r, reply);
    } else {
        reply->body = r->body;
    }
}

/* ---- uploads: counts bytes; "/upload/bad" fails its second chunk ---- */

struct upload {
    uint64_t bytes;
    uint32_t crc;
    bool bad;
    int chunks;
};

static bool upload_begin(void *context, struct http_request *r, void **cookie)
{
    (void)context;
    if (!span_starts(r->path, "/upload")) return false;
    struct upload *u = must_calloc(1, sizeof *u);
    u->bad = span_is(r->path, "/upload/bad");
    *cookie = u;
    atomic_fetch_add(&begun, 1);
    return true;
}

static error upload_chunk(void *context, void *cookie, span bytes)
{
    (void)context;
    struct upload *u = cookie;
    u->bytes += bytes.size;
    u->crc = crc32_of(u->crc, bytes);
    return u->bad && ++u->chunks == 2 ? ERR_LIMIT : OK;
}

static void upload_finish(void *context, void *cookie, struct http_request *r,
                          struct http_reply *reply)
{
    (void)context;
    struct upload *u = cookie;
    atomic_fetch_add(&finished, 1);
    reply->status = u->bad ? 400 : 200;
    reply->body = span_of(arena_printf(r->arena, "%llu %08x chunks failed %d",
                                       (unsigned long long)u->bytes, u->crc, u->bad));
    if (u->bad) reply->body = SPAN("bad");
}

static void upload_end(void *context, void *cookie)
{
    (void)context;
    free(cookie);
    atomic_fetch_add(&ended, 1);
}

static const struct http_handler routes = {
    .body_limit = route_body_limit,
    .handle = route_handle,
    .begin = upload_begin,
    .chunk = upload_chunk,
    .finish = upload_finish,
    .end = upload_end,
    .refuse = route_refuse,
};

static void handler_open(void)
{
    sem_init(&entered, 0, 0);
    sem_init(&released, 0, 0);
    snprintf(data_file, sizeof data_file, "/tmp/http-test-XXXXXX");
    int file = mkstemp(data_file);
    CHECK(file >= 0);
    for (int64_t i = 0; i < DATA_BYTES; i++) {
        static char block[DATA_BYTES];
        block[i] = data_at(i);
        if (i == DATA_BYTES - 1) CHECK(write(file, block, sizeof block) == DATA_BYTES);
    }
    close(file);
}

static void handler_close(void)
{
    unlink(data_file);
    sem_destroy(&entered);
    sem_destroy(&released);
}
