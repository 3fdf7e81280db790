/* In: a file. Out: its lines, by parts. */
#include "cli/ndjson.h"

#include <fcntl.h>

enum { READ_BEYOND = 4096 };

error ndjson_open(struct ndjson *n, const char *path)
{
    struct world_stat stat;
    *n = (struct ndjson){.path = path, .file = world->open(path, O_RDONLY | O_CLOEXEC, 0)};
    if (n->file < 0) return fail_errno("open %s", path);
    error e = world->stat(path, &stat) == 0 ? OK : fail_errno("stat %s", path);
    if (e == OK && !stat.is_file)
        e = fail(ERR_INVALID_INPUT, "%s is not a regular file: write the stream to one first", path);
    if (e != OK) {
        ndjson_close(n);
        return e;
    }
    n->size = stat.size;
    n->parts = (n->size + NDJSON_PART_BYTES - 1) / NDJSON_PART_BYTES;
    return OK;
}

void ndjson_close(struct ndjson *n)
{
    if (n->file >= 0) world->close(n->file);
    n->file = -1;
}

/* Appends the file's bytes from where the buffer ends, at most `more`. */
static error read_on(const struct ndjson *n, struct ndjson_part *p, size_t more)
{
    int64_t at = p->offset + (int64_t)p->bytes.size;
    if ((int64_t)more > n->size - at) more = (size_t)(n->size - at);
    buffer_reserve(&p->bytes, more);
    while (more) {
        int64_t got = world->read(n->file, p->bytes.data + p->bytes.size, more, at);
        if (got < 0) return fail_errno("read %s", n->path);
        if (got == 0) return fail(ERR_CORRUPT, "%s became shorter while it was read", n->path);
        p->bytes.size += (size_t)got;
        at += got;
        more -= (size_t)got;
    }
    return OK;
}

/* *end: behind the line that begins at `start`, newline not counted; reads on as far as needed. */
static error find_end(const struct ndjson *n, struct ndjson_part *p, size_t start, size_t *end)
{
    size_t seen = start;
    for (;;) {
        const char *newline = memchr(p->bytes.data + seen, '\n', p->bytes.size - seen);
        seen = newline ? (size_t)(newline - p->bytes.data) : p->bytes.size;
        *end = seen;
        if (newline || p->offset + (int64_t)seen == n->size) return OK;
        if (seen - start > NDJSON_LINE_MAX)
            return fail(ERR_TOO_LARGE, "%s: the line at byte %lld is longer than %d MiB", n->path,
                        (long long)(p->offset + (int64_t)start), NDJSON_LINE_MAX >> 20);
        TRY(read_on(n, p, seen - start + READ_BEYOND));
    }
}

/* Lines of [at, end), the last of which has no newline there. */
static void split(struct ndjson_part *p, size_t at, size_t end)
{
    enum { LINES_MORE = 1024 };
    const char *line = p->bytes.data + at, *stop = p->bytes.data + end;
    while (line < stop) {
        buffer_reserve(&p->lines, LINES_MORE * sizeof(span));
        span *to = (span *)(void *)(p->lines.data + p->lines.size);
        p->lines.size += lines_split(&line, stop, to, LINES_MORE) * sizeof *to;
    }
}

error ndjson_read(const struct ndjson *n, int64_t part, struct ndjson_part *p)
{
    int64_t begin = part * NDJSON_PART_BYTES;
    size_t before = part > 0; /* the byte in front tells whether a line begins here */
    buffer_reset(&p->bytes);
    buffer_reset(&p->lines);
    buffer_reserve(&p->lines, sizeof(span));
    p->offset = begin - (int64_t)before;
    TRY(read_on(n, p, before + NDJSON_PART_BYTES + READ_BEYOND));
    size_t stop = before + NDJSON_PART_BYTES, at = 0; /* lines that begin from `stop` on: another's */
    if (stop > p->bytes.size) stop = p->bytes.size;
    if (before) {
        const char *newline = memchr(p->bytes.data, '\n', stop);
        at = newline ? (size_t)(newline - p->bytes.data) + 1 : stop;
    }
    /* The last line first: it may move the bytes. */
    const char *last = at < stop ? memrchr(p->bytes.data + at, '\n', stop - 1 - at) : NULL;
    size_t end = stop;
    if (at < stop)
        TRY(find_end(n, p, last ? (size_t)(last - p->bytes.data) + 1 : at, &end));
    split(p, at, end);
    return OK;
}

void ndjson_part_release(struct ndjson_part *p)
{
    buffer_release(&p->bytes);
    buffer_release(&p->lines);
}
