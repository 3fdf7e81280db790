#include "aws/log_file.h"

#include <errno.h>
#include <fcntl.h>

enum {
    CHUNK_BYTES = 1 << 20,
    PAGE_BYTES = 1 << 20,         /* of the texts of a page */
    EVENT_BYTES = 26,             /* what CloudWatch Logs counts per event beside its text */
    SCAN_BYTES = 32 << 20,        /* looked through for one page */
    TAIL_BYTES = 64 << 10,
};

static error open_log(const char *path, int *file)
{
    *file = world->open(path, O_RDONLY | O_CLOEXEC, 0);
    if (*file >= 0) return OK;
    return errno == ENOENT ? fail(ERR_NOT_FOUND, "%s does not exist", path)
                           : fail_errno("open %s", path);
}

/* Up to `size` bytes at the offset, fewer at the file's end, appended to `out`. */
static error read_at(int file, const char *path, int64_t offset, size_t size, struct buffer *out)
{
    buffer_reserve(out, size);
    while (size) {
        int64_t n = world->read(file, out->data + out->size, size, offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("read %s", path);
        if (n == 0) break;
        out->size += (size_t)n;
        size -= (size_t)n;
        offset += n;
    }
    return OK;
}

bool log_next_line(span *rest, span *line)
{
    if (!rest->size) return false;
    const char *newline = memchr(rest->data, '\n', rest->size);
    size_t size = newline ? (size_t)(newline - rest->data) : rest->size;
    *line = (span){rest->data, size};
    rest->data += size + (newline != NULL);
    rest->size -= size + (newline != NULL);
    return true;
}

/* "2026-01-10T06:07:08.123Z INFO ..." or {"time":"2026-01-10T06:07:08.123Z",... */
static bool line_time(span line, int64_t *ms)
{
    enum { STAMP = 24 };
    static const char member[] = "{\"time\":\"";
    int64_t us;
    if (span_starts(line, member)) {
        line.data += sizeof member - 1;
        line.size -= sizeof member - 1;
    }
    if (line.size < STAMP || line.data[4] != '-' || line.data[10] != 'T' ||
        line.data[STAMP - 1] != 'Z' || date_parse_iso8601((span){line.data, STAMP}, &us) != OK)
        return false;
    *ms = floor_div(us, US_PER_MS);
    return true;
}

/* ---- pages ---- */

struct collect {
    struct arena *arena;
    const struct log_query *query;
    struct buffer events; /* of struct log_event */
    size_t bytes;
    int64_t time_ms;      /* carried from line to line */
    bool whole_chunk;     /* no page is full: the caller takes the last events */
};

static size_t count_of(const struct collect *c)
{
    return c->events.size / sizeof(struct log_event);
}

static bool is_full(const struct collect *c, size_t more)
{
    size_t count = count_of(c);
    return !c->whole_chunk && (count >= c->query->limit ||
                               (count && c->bytes + more + EVENT_BYTES > PAGE_BYTES));
}

/* An empty line is no event: a message has one character at least. */
static bool take_line(struct collect *c, int64_t offset, span line)
{
    const struct log_query *q = c->query;
    line_time(line, &c->time_ms);
    if (line.size == 0 || c->time_ms < q->start_ms || c->time_ms >= q->end_ms) return true;
    if (q->wants && !q->wants(q->context, line)) return true;
    if (is_full(c, line.size)) return false;
    struct log_event event = {offset, c->time_ms, arena_span(c->arena, line)};
    buffer_append(&c->events, &event, sizeof event);
    c->bytes += line.size + EVENT_BYTES;
    return true;
}

static void finish_page(struct collect *c, struct log_page *page)
{
    page->count = count_of(c);
    page->events = arena_copy(c->arena, c->events.data, c->events.size);
    buffer_release(&c->events);
}

/* The whole lines of a chunk; one that is longer than a chunk is cut. */
static span whole_lines(const struct buffer *chunk)
{
    const char *last = chunk->size ? memrchr(chunk->data, '\n', chunk->size) : NULL;
    if (last) return (span){chunk->data, (size_t)(last + 1 - chunk->data)};
    return (span){chunk->data, chunk->size == CHUNK_BYTES ? chunk->size : 0};
}

static error forward(struct collect *c, int file, struct log_page *page)
{
    struct buffer chunk = {0};
    error e = OK;
    for (int64_t first = page->end; e == OK && page->end - first < SCAN_BYTES;) {
        buffer_reset(&chunk);
        e = read_at(file, c->query->path, page->end, CHUNK_BYTES, &chunk);
        span lines = whole_lines(&chunk), line;
        if (e != OK || lines.size == 0) break;
        const char *end = lines.data + lines.size, *at = lines.data;
        while (log_next_line(&lines, &line)) {
            if (!take_line(c, page->end + (line.data - at), line)) {
                page->end += line.data - at;
                page->more = true;
                buffer_release(&chunk);
                return OK;
            }
        }
        page->end += end - at;
        page->more = chunk.size == CHUNK_BYTES;
    }
    buffer_release(&chunk);
    return e;
}

error log_file_forward(struct arena *arena, const struct log_query *query, int64_t offset,
                       struct log_page *page)
{
    struct collect c = {.arena = arena, .query = query, .time_ms = query->begun_ms};
    int file;
    *page = (struct log_page){.begin = offset, .end = offset};
    TRY(open_log(query->path, &file));
    error e = forward(&c, file, page);
    world->close(file);
    finish_page(&c, page);
    return e;
}

/* The last events of a chunk's worth of lines; page->begin moves to where they begin. */
static error backward_chunk(struct arena *arena, const struct log_query *query, int file,
                            struct log_page *page)
{
    struct buffer chunk = {0};
    struct collect c = {
        .arena = arena, .query = query, .time_ms = query->begun_ms, .whole_chunk = true};
    int64_t from = page->begin > CHUNK_BYTES ? page->begin - CHUNK_BYTES : 0;
    error e = read_at(file, query->path, from, (size_t)(page->begin - from), &chunk);
    span lines = buffer_span(&chunk), line;
    const char *newline = lines.size ? memchr(lines.data, '\n', lines.size) : NULL;
    if (from && newline && newline + 1 < lines.data + lines.size)
        log_next_line(&lines, &line); /* the end of a line; where it is all there is, it is taken */
    int64_t begin = from + (lines.data - chunk.data);
    while (e == OK && log_next_line(&lines, &line))
        CHECK(take_line(&c, from + (line.data - chunk.data), line));
    size_t count = count_of(&c), skip = count > query->limit ? count - query->limit : 0;
    const struct log_event *events = (const struct log_event *)c.events.data;
    page->begin = skip ? events[skip].offset : begin;
    page->count = count - skip;
    page->events = arena_copy(arena, events + skip, page->count * sizeof *events);
    buffer_release(&c.events);
    buffer_release(&chunk);
    return e;
}

/* Where the last complete line ends. */
static error complete_end(int file, const char *path, int64_t size, int64_t *out)
{
    struct buffer tail = {0};
    int64_t from = size > CHUNK_BYTES ? size - CHUNK_BYTES : 0;
    error e = read_at(file, path, from, (size_t)(size - from), &tail);
    *out = from + (int64_t)whole_lines(&tail).size;
    buffer_release(&tail);
    return e;
}

static error backward(struct arena *arena, const struct log_query *query, int file, int64_t offset,
                      struct log_page *page)
{
    struct world_stat stat;
    if (world->stat(query->path, &stat) != 0) return fail_errno("%s", query->path);
    if (offset < 0) TRY(complete_end(file, query->path, stat.size, &offset));
    *page = (struct log_page){.begin = offset, .end = offset};
    do
        TRY(backward_chunk(arena, query, file, page));
    while (page->count == 0 && page->begin > 0 && offset - page->begin < SCAN_BYTES);
    return OK;
}

error log_file_backward(struct arena *arena, const struct log_query *query, int64_t offset,
                        struct log_page *page)
{
    int file;
    TRY(open_log(query->path, &file));
    error e = backward(arena, query, file, offset, page);
    world->close(file);
    return e;
}

bool log_file_is_line(const char *path, int64_t offset)
{
    struct buffer before = {0};
    int file;
    if (offset == 0) return true;
    if (offset < 0 || open_log(path, &file) != OK) return false;
    bool is = read_at(file, path, offset - 1, 1, &before) == OK && before.size == 1 &&
              before.data[0] == '\n';
    world->close(file);
    buffer_release(&before);
    return is;
}

error log_file_info(struct arena *arena, const char *path, int64_t begun_ms, struct log_info *info)
{
    struct log_query query = {.path = path, .begun_ms = begun_ms, .end_ms = INT64_MAX,
                              .start_ms = INT64_MIN, .limit = 1};
    struct log_page first, last;
    struct world_stat stat;
    TRY(log_file_forward(arena, &query, 0, &first));
    TRY(log_file_backward(arena, &query, -1, &last));
    if (world->stat(path, &stat) != 0) return fail_errno("%s", path);
    *info = (struct log_info){
        .size = stat.size,
        .first_ms = first.count ? first.events[0].time_ms : begun_ms,
        .last_ms = last.count ? last.events[0].time_ms : begun_ms,
    };
    return OK;
}

error log_read_end(const char *path, struct buffer *out)
{
    struct world_stat stat;
    int file;
    TRY(open_log(path, &file));
    error e = world->stat(path, &stat) == 0 ? OK : fail_errno("%s", path);
    int64_t from = e == OK && stat.size > TAIL_BYTES ? stat.size - TAIL_BYTES : 0;
    if (e == OK) e = read_at(file, path, from, (size_t)(stat.size - from), out);
    world->close(file);
    return e;
}
