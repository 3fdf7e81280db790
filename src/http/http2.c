/* HTTP/2 with prior knowledge (RFC 9113 3.3) by nghttp2.
 *
 * The connection's thread owns the nghttp2 session and the socket: it reads, writes, answers PING
 * and counts windows, and never blocks on anything else. Each request has a worker thread, which
 * owns the exchange from its start to its end and may block in the handler. Between the two stand
 * the fields of `struct stream` marked shared, under the session's lock; a worker wakes the
 * connection by its eventfd, the connection a worker by the stream's condition.
 *
 * Flow control is passed on: a stream's window grows again when its worker takes the bytes, and a
 * worker that pulls its reply waits while the peer's window is shut. */
#include "http/internal.h"

#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    STREAMS_MAX = 100,            /* at once per connection, as announced */
    WORKERS_MAX = 2000,           /* in the process */
    STREAM_WINDOW_BYTES = 256 * 1024,
    CONNECTION_WINDOW_BYTES = 1024 * 1024,
    READ_BYTES = 64 * 1024,
    WRITE_BYTES = 64 * 1024,
    PULL_BYTES = 64 * 1024,       /* a worker's piece; at most two wait in a stream */
    LOOK_MS = 1000,               /* how often deadlines are looked at */
};

static atomic_int workers;

struct session {
    struct connection *connection;
    nghttp2_session *h2;
    pthread_mutex_t lock;
    int wake;
    struct stream *streams;       /* all that are not freed */
    int stream_count;
    struct buffer output;         /* serialized, not yet sent */
    size_t output_sent;
    int64_t idle_since_us;        /* the last stream's end */
    int64_t head_since_us;        /* a head is being received, of head_id; 0: none */
    int32_t head_id;
    int64_t written_us;           /* the socket last took bytes */
    bool going_away;
};

struct stream {
    struct session *session;
    int32_t id;
    struct stream *next, *previous;
    struct http_exchange exchange; /* the worker's, from its start on */
    pthread_t worker;
    pthread_cond_t changed;
    /* of the connection's thread */
    bool has_worker, submitted, deferred, sent;
    size_t body_sent;
    int64_t active_us;            /* the peer last moved bytes of the stream */
    /* shared */
    struct buffer in;             /* of the body, not yet taken */
    size_t taken;                 /* by the worker, not yet given back to the window */
    bool in_end;                  /* the request is complete */
    bool discard;                 /* the worker wants no more of the body */
    bool want_continue;           /* 100 Continue is due */
    bool closed;                  /* nothing more goes to or comes from the peer */
    bool ready;                   /* the reply's head stands; it and `fields` are read-only */
    bool done;                    /* the worker is at its end */
    nghttp2_nv *fields;
    size_t field_count;
    bool has_body;
    struct buffer out;            /* pulled, not yet framed, from out_framed on */
    size_t out_framed;
    bool out_end, out_failed;
};

static void session_wake(struct session *s)
{
    uint64_t one = 1;
    while (write(s->wake, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

/* ---- worker ---- */

/* Waits for bytes of the body and swaps them into `piece`; false at its end or the stream's. */
static bool worker_take(struct stream *stream, struct buffer *piece)
{
    struct session *s = stream->session;
    buffer_reset(piece);
    pthread_mutex_lock(&s->lock);
    while (!stream->in.size && !stream->in_end && !stream->closed)
        pthread_cond_wait(&stream->changed, &s->lock);
    if (!stream->closed && stream->in.size) {
        struct buffer swapped = stream->in;
        stream->in = *piece;
        *piece = swapped;
        stream->taken += piece->size;
        session_wake(s);
    }
    pthread_mutex_unlock(&s->lock);
    return piece->size > 0;
}

static void worker_read_body(struct stream *stream)
{
    struct session *s = stream->session;
    struct http_exchange *x = &stream->exchange;
    struct buffer piece = {0};
    if (!x->answered && http_header(&x->request, "expect").data) {
        pthread_mutex_lock(&s->lock);
        stream->want_continue = !stream->in_end;
        session_wake(s);
        pthread_mutex_unlock(&s->lock);
    }
    while (!x->answered && worker_take(stream, &piece)) exchange_body(x, buffer_span(&piece));
    buffer_release(&piece);
    pthread_mutex_lock(&s->lock);
    stream->discard = true;
    stream->taken += stream->in.size;
    buffer_release(&stream->in);
    pthread_mutex_unlock(&s->lock);
}

static nghttp2_nv field_of(span name, span value)
{
    return (nghttp2_nv){(uint8_t *)name.data, (uint8_t *)value.data, name.size, value.size,
                        NGHTTP2_NV_FLAG_NONE};
}

static span lower(struct arena *arena, span name)
{
    char *text = arena_text(arena, name);
    for (size_t i = 0; i < name.size; i++)
        if (text[i] >= 'A' && text[i] <= 'Z') text[i] |= 0x20;
    return (span){text, name.size};
}

/* The reply's head as HTTP/2 fields: names in lower case, none about the connection. */
static void worker_word_head(struct stream *stream)
{
    struct http_exchange *x = &stream->exchange;
    struct http_reply *reply = &x->reply;
    struct arena *arena = &x->arena;
    nghttp2_nv *fields = ARENA_ARRAY(arena, nghttp2_nv, reply->header_count + 3);
    size_t n = 0;
    fields[n++] = field_of(SPAN(":status"), span_of(arena_printf(arena, "%d", reply->status)));
    fields[n++] = field_of(SPAN("date"), span_of(date_http(arena, now_us())));
    int64_t length = exchange_reply_length(x);
    bool bodiless = reply->status == 204 || reply->status == 304;
    if (length >= 0 && !bodiless)
        fields[n++] = field_of(SPAN("content-length"),
                               span_of(arena_printf(arena, "%lld", (long long)length)));
    for (size_t i = 0; i < reply->header_count; i++)
        if (exchange_header_is_sent(&reply->headers[i]))
            fields[n++] = field_of(lower(arena, reply->headers[i].name), reply->headers[i].value);
    stream->fields = fields;
    stream->field_count = n;
    stream->has_body = length != 0 && !bodiless && !span_is(x->request.method, "HEAD");
}

/* One piece of the reply; false at its end. */
static bool worker_pull_one(struct stream *stream, char *piece)
{
    struct session *s = stream->session;
    struct http_reply *reply = &stream->exchange.reply;
    pthread_mutex_lock(&s->lock);
    while (stream->out.size - stream->out_framed >= PULL_BYTES && !stream->closed)
        pthread_cond_wait(&stream->changed, &s->lock);
    bool closed = stream->closed;
    pthread_mutex_unlock(&s->lock);
    if (closed) return false;
    int64_t n = reply->pull(reply->pull_context, piece, PULL_BYTES);
    CHECK(n <= PULL_BYTES);
    pthread_mutex_lock(&s->lock);
    if (n > 0) buffer_append(&stream->out, piece, (size_t)n);
    stream->out_end = n == 0;
    stream->out_failed = n < 0;
    session_wake(s);
    pthread_mutex_unlock(&s->lock);
    return n > 0;
}

static void worker_reply(struct stream *stream)
{
    struct session *s = stream->session;
    exchange_finish(&stream->exchange);
    worker_word_head(stream);
    pthread_mutex_lock(&s->lock);
    stream->ready = true;
    session_wake(s);
    pthread_mutex_unlock(&s->lock);
    if (stream->exchange.reply.pull && stream->has_body) {
        char *piece = must_alloc(PULL_BYTES);
        while (worker_pull_one(stream, piece)) {
        }
        free(piece);
    }
    pthread_mutex_lock(&s->lock); /* body and file are read from the exchange until then */
    while (!stream->closed) pthread_cond_wait(&stream->changed, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

static void *worker_thread(void *argument)
{
    struct stream *stream = argument;
    struct session *s = stream->session;
    exchange_start(&stream->exchange);
    worker_read_body(stream);
    pthread_mutex_lock(&s->lock);
    bool cut = stream->closed && !stream->in_end; /* an upload that was not completed */
    pthread_mutex_unlock(&s->lock);
    if (!cut) worker_reply(stream);
    exchange_end(&stream->exchange);
    atomic_fetch_sub(&workers, 1);
    pthread_mutex_lock(&s->lock);
    stream->done = true;
    session_wake(s);
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* ---- streams, in the connection's thread ---- */

static struct stream *stream_open(struct session *s, int32_t id)
{
    struct stream *stream = must_calloc(1, sizeof *stream);
    stream->session = s;
    stream->id = id;
    stream->active_us = monotonic_us();
    pthread_cond_init(&stream->changed, NULL);
    exchange_open(&stream->exchange, s->connection);
    stream->exchange.request.http2 = true;
    stream->next = s->streams;
    if (s->streams) s->streams->previous = stream;
    s->streams = stream;
    s->stream_count++;
    return stream;
}

static void stream_free(struct stream *stream)
{
    struct session *s = stream->session;
    if (stream->has_worker) CHECK(pthread_join(stream->worker, NULL) == 0);
    if (stream->previous) stream->previous->next = stream->next;
    else s->streams = stream->next;
    if (stream->next) stream->next->previous = stream->previous;
    s->stream_count--;
    s->idle_since_us = monotonic_us();
    exchange_close(&stream->exchange);
    buffer_release(&stream->in);
    buffer_release(&stream->out);
    pthread_cond_destroy(&stream->changed);
    free(stream);
}

static void stream_close(struct stream *stream)
{
    pthread_mutex_lock(&stream->session->lock);
    stream->closed = true;
    pthread_cond_signal(&stream->changed);
    pthread_mutex_unlock(&stream->session->lock);
    atomic_store(&stream->exchange.gone, true);
}

/* The head is complete. Streams the peer has reset count as long as their workers live. */
static int stream_start(struct session *s, struct stream *stream)
{
    bool room = s->stream_count <= STREAMS_MAX && atomic_fetch_add(&workers, 1) < WORKERS_MAX;
    if (room && pthread_create(&stream->worker, NULL, worker_thread, stream) == 0) {
        stream->has_worker = true;
        return 0;
    }
    if (s->stream_count <= STREAMS_MAX) atomic_fetch_sub(&workers, 1);
    return nghttp2_submit_rst_stream(s->h2, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_REFUSED_STREAM);
}

/* ---- what nghttp2 tells ---- */

static int on_begin_headers(nghttp2_session *h2, const nghttp2_frame *frame, void *context)
{
    struct session *s = context;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    s->head_since_us = monotonic_us();
    s->head_id = frame->hd.stream_id;
    return nghttp2_session_set_stream_user_data(h2, frame->hd.stream_id,
                                                stream_open(s, frame->hd.stream_id));
}

static int on_header(nghttp2_session *h2, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_size, const uint8_t *value, size_t value_size, uint8_t flags,
                     void *context)
{
    (void)flags, (void)context;
    struct stream *stream = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);
    if (!stream || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    struct http_exchange *x = &stream->exchange;
    span n = {(const char *)name, name_size}, v = {(const char *)value, value_size};
    if (span_is(n, ":method")) exchange_method(x, v);
    else if (span_is(n, ":path")) exchange_target(x, v);
    else if (!span_is(n, ":scheme")) exchange_header(x, n, v);
    return 0;
}

static void stream_request_complete(struct stream *stream)
{
    pthread_mutex_lock(&stream->session->lock);
    stream->in_end = true;
    pthread_cond_signal(&stream->changed);
    pthread_mutex_unlock(&stream->session->lock);
}

static int on_frame(nghttp2_session *h2, const nghttp2_frame *frame, void *context)
{
    struct session *s = context;
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    struct stream *stream = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);
    if (!stream) return 0;
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) stream_request_complete(stream);
    if (frame->hd.type == NGHTTP2_DATA || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    s->head_since_us = 0;
    return stream_start(s, stream);
}

static int on_data(nghttp2_session *h2, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t size, void *context)
{
    (void)flags;
    struct session *s = context;
    struct stream *stream = nghttp2_session_get_stream_user_data(h2, id);
    if (nghttp2_session_consume_connection(h2, size) != 0) return NGHTTP2_ERR_CALLBACK_FAILURE;
    if (!stream) return 0;
    stream->active_us = monotonic_us();
    pthread_mutex_lock(&s->lock);
    if (stream->discard) stream->taken += size;
    else buffer_append(&stream->in, data, size);
    pthread_cond_signal(&stream->changed);
    pthread_mutex_unlock(&s->lock);
    return 0;
}

static int on_stream_close(nghttp2_session *h2, int32_t id, uint32_t code, void *context)
{
    (void)code, (void)context;
    struct stream *stream = nghttp2_session_get_stream_user_data(h2, id);
    if (!stream) return 0;
    if (stream->session->head_id == id) stream->session->head_since_us = 0;
    nghttp2_session_set_stream_user_data(h2, id, NULL);
    stream_close(stream);
    return 0;
}

/* A reply that ends before its request: the peer need not send the rest (RFC 9113 8.1). */
static int on_frame_sent(nghttp2_session *h2, const nghttp2_frame *frame, void *context)
{
    (void)context;
    bool end = frame->hd.flags & NGHTTP2_FLAG_END_STREAM &&
               (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS);
    struct stream *stream =
        end ? nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id) : NULL;
    if (!stream) return 0;
    stream->sent = true;
    pthread_mutex_lock(&stream->session->lock);
    bool complete = stream->in_end;
    pthread_mutex_unlock(&stream->session->lock);
    return complete ? 0
                    : nghttp2_submit_rst_stream(h2, NGHTTP2_FLAG_NONE, stream->id,
                                                NGHTTP2_NO_ERROR);
}

/* ---- the reply's body ---- */

static ssize_t read_pulled(struct stream *stream, uint8_t *out, size_t max, uint32_t *flags)
{
    pthread_mutex_lock(&stream->session->lock);
    size_t n = stream->out.size - stream->out_framed;
    bool end = stream->out_end, failed = stream->out_failed;
    if (n > max) n = max;
    if (n) {
        memcpy(out, stream->out.data + stream->out_framed, n);
        stream->out_framed += n;
        if (stream->out_framed == stream->out.size) {
            buffer_reset(&stream->out);
            stream->out_framed = 0;
        }
        pthread_cond_signal(&stream->changed);
    }
    pthread_mutex_unlock(&stream->session->lock);
    if (n) return (ssize_t)n;
    if (failed) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (end) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        return 0;
    }
    stream->deferred = true;
    return NGHTTP2_ERR_DEFERRED;
}

static ssize_t on_read(nghttp2_session *h2, int32_t id, uint8_t *out, size_t max, uint32_t *flags,
                       nghttp2_data_source *source, void *context)
{
    (void)h2, (void)id, (void)context;
    struct stream *stream = source->ptr;
    const struct http_reply *reply = &stream->exchange.reply;
    stream->active_us = monotonic_us();
    if (reply->pull) return read_pulled(stream, out, max, flags);
    size_t total = reply->file >= 0 ? (size_t)reply->file_length : reply->body.size;
    size_t n = total - stream->body_sent;
    if (n > max) n = max;
    if (reply->file >= 0) {
        ssize_t got = pread(reply->file, out, n, reply->file_offset + (off_t)stream->body_sent);
        if (got <= 0) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        n = (size_t)got;
    } else {
        memcpy(out, reply->body.data + stream->body_sent, n);
    }
    stream->body_sent += n;
    if (stream->body_sent == total) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

/* ---- the connection's loop ---- */

/* What a stream's worker left for the connection to do. */
struct chores {
    size_t taken;
    bool want_continue, ready, more, done;
};

static struct chores chores_take(struct stream *stream)
{
    pthread_mutex_lock(&stream->session->lock);
    struct chores c = {
        .taken = stream->taken,
        .want_continue = stream->want_continue && !stream->closed,
        .ready = stream->ready && !stream->closed,
        .more = stream->out.size > stream->out_framed || stream->out_end || stream->out_failed,
        .done = stream->closed && (stream->done || !stream->has_worker),
    };
    stream->taken = 0;
    stream->want_continue = false;
    pthread_mutex_unlock(&stream->session->lock);
    return c;
}

static int stream_serve(struct session *s, struct stream *stream)
{
    struct chores c = chores_take(stream);
    int failed = 0;
    if (c.done) {
        stream_free(stream);
        return 0;
    }
    if (c.taken) {
        stream->active_us = monotonic_us();
        failed |= nghttp2_session_consume_stream(s->h2, stream->id, c.taken);
    }
    if (c.want_continue && !c.ready) {
        nghttp2_nv status = field_of(SPAN(":status"), SPAN("100"));
        failed |= nghttp2_submit_headers(s->h2, NGHTTP2_FLAG_NONE, stream->id, NULL, &status, 1,
                                         NULL) < 0;
    }
    if (c.ready && !stream->submitted) {
        nghttp2_data_provider body = {{.ptr = stream}, on_read};
        stream->submitted = true;
        stream->active_us = monotonic_us();
        failed |= nghttp2_submit_response(s->h2, stream->id, stream->fields, stream->field_count,
                                          stream->has_body ? &body : NULL);
    }
    if (c.more && stream->deferred) {
        stream->deferred = false;
        stream->active_us = monotonic_us();
        failed |= nghttp2_session_resume_data(s->h2, stream->id);
    }
    return failed;
}

/* The peer owes bytes of the body, or room for the reply. */
static bool stream_stalled(struct stream *stream, int64_t now)
{
    if (now - stream->active_us < stream->session->connection->limits->stall_us) return false;
    pthread_mutex_lock(&stream->session->lock);
    bool owes_body = !stream->in_end && !stream->in.size && !stream->closed;
    pthread_mutex_unlock(&stream->session->lock);
    return owes_body || (stream->submitted && !stream->deferred && !stream->sent);
}

static void streams_serve(struct session *s)
{
    int64_t now = monotonic_us();
    for (struct stream *stream = s->streams, *next; stream; stream = next) {
        next = stream->next;
        bool stalled = stream_stalled(stream, now);
        if (stalled)
            nghttp2_submit_rst_stream(s->h2, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_CANCEL);
        if (stream_serve(s, stream) != 0)
            log_line(LOG_DEBUG, "http", "HTTP/2 stream ended while it was answered");
    }
}

/* Sends what the session has, as far as the socket takes it. */
static bool session_write(struct session *s)
{
    for (;;) {
        while (s->output.size - s->output_sent < WRITE_BYTES) {
            const uint8_t *data;
            ssize_t n = nghttp2_session_mem_send(s->h2, &data);
            if (n < 0) return false;
            if (n == 0) break;
            buffer_append(&s->output, data, (size_t)n);
        }
        if (s->output.size == s->output_sent) return true;
        ssize_t n = send(s->connection->socket, s->output.data + s->output_sent,
                         s->output.size - s->output_sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno == EAGAIN;
        s->written_us = monotonic_us();
        s->output_sent += (size_t)n;
        if (s->output_sent == s->output.size) {
            buffer_reset(&s->output);
            s->output_sent = 0;
        }
    }
}

static bool session_read(struct session *s)
{
    uint8_t data[READ_BYTES];
    ssize_t n = recv(s->connection->socket, data, sizeof data, MSG_DONTWAIT);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    return n > 0 && nghttp2_session_mem_recv(s->h2, data, (size_t)n) == n;
}

static void session_go_away(struct session *s, uint32_t code)
{
    if (s->going_away) return;
    s->going_away = true;
    nghttp2_submit_goaway(s->h2, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(s->h2), code, NULL, 0);
}

/* False when the connection has to be cut. */
static bool session_check_deadlines(struct session *s)
{
    const struct http_limits *limits = s->connection->limits;
    int64_t now = monotonic_us();
    if (connection_closing(s->connection)) session_go_away(s, NGHTTP2_NO_ERROR);
    if (!s->streams && now - s->idle_since_us > limits->idle_us)
        session_go_away(s, NGHTTP2_NO_ERROR);
    if (s->head_since_us && now - s->head_since_us > limits->head_us)
        nghttp2_session_terminate_session(s->h2, NGHTTP2_ENHANCE_YOUR_CALM);
    return s->output.size == s->output_sent || now - s->written_us < limits->stall_us;
}

static int look_ms(const struct session *s)
{
    const struct http_limits *l = s->connection->limits;
    int64_t least = l->idle_us < l->head_us ? l->idle_us : l->head_us;
    if (l->stall_us < least) least = l->stall_us;
    int64_t ms = least / (4 * US_PER_MS);
    return ms > LOOK_MS ? LOOK_MS : ms < 10 ? 10 : (int)ms;
}

static void session_run(struct session *s)
{
    for (;;) {
        streams_serve(s);
        if (!session_check_deadlines(s) || !session_write(s)) return;
        bool pending = s->output.size > s->output_sent;
        if (!nghttp2_session_want_read(s->h2) && !nghttp2_session_want_write(s->h2) && !pending)
            return;
        if (s->going_away && !s->streams && !pending) return;
        struct pollfd polls[2] = {
            {.fd = s->connection->socket, .events = POLLIN | (pending ? POLLOUT : 0)},
            {.fd = s->wake, .events = POLLIN},
        };
        if (poll(polls, 2, look_ms(s)) < 0 && errno != EINTR) return;
        uint64_t count;
        if (polls[1].revents && read(s->wake, &count, sizeof count) < 0 && errno != EAGAIN) return;
        if (!pending) s->written_us = monotonic_us();
        if (polls[0].revents & (POLLIN | POLLHUP | POLLERR) && !session_read(s)) {
            session_write(s); /* a GOAWAY that says what was wrong */
            return;
        }
    }
}

static error session_open(struct session *s)
{
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *option;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) return ERR_MEMORY;
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
    error e = nghttp2_option_new(&option) == 0 ? OK : ERR_MEMORY;
    if (e == OK) {
        nghttp2_option_set_no_auto_window_update(option, 1);
        e = nghttp2_session_server_new2(&s->h2, callbacks, s, option) == 0 ? OK : ERR_MEMORY;
        nghttp2_option_del(option);
    }
    nghttp2_session_callbacks_del(callbacks);
    if (e != OK) return e;
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS_MAX},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW_BYTES},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP_HEADERS_MAX_BYTES},
    };
    bool ok = nghttp2_submit_settings(s->h2, NGHTTP2_FLAG_NONE, settings, 3) == 0 &&
              nghttp2_session_set_local_window_size(s->h2, NGHTTP2_FLAG_NONE, 0,
                                                    CONNECTION_WINDOW_BYTES) == 0;
    return ok ? OK : ERR_MEMORY;
}

void http2_serve(struct connection *c)
{
    struct session s = {.connection = c, .idle_since_us = monotonic_us()};
    s.written_us = s.idle_since_us;
    s.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s.wake < 0) {
        log_line(LOG_WARN, "http", "%s: no descriptor for a connection", c->peer);
        return;
    }
    pthread_mutex_init(&s.lock, NULL);
    atomic_store(&c->busy, true); /* woken, not shut down, when the server closes */
    connection_set_wake(c, s.wake);
    if (session_open(&s) == OK) session_run(&s);
    connection_set_wake(c, -1);
    nghttp2_session_del(s.h2);
    shutdown(c->socket, SHUT_WR);
    for (struct stream *stream = s.streams; stream; stream = stream->next) stream_close(stream);
    while (s.streams) stream_free(s.streams); /* waits for handlers still inside */
    atomic_store(&c->busy, false);
    close(s.wake);
    buffer_release(&s.output);
    pthread_mutex_destroy(&s.lock);
}
