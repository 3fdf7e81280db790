/* Lines of log files as events with a time: in go a file that only grows and an offset in it, out
 * come events and the offsets before and behind them. */
#pragma once

#include "base/base.h"

struct log_event {
    int64_t offset;  /* of its line in the file */
    int64_t time_ms; /* of the line, else of the nearest one before it that has a time */
    span text;       /* without the newline; in the arena */
};

struct log_query {
    const char *path;
    int64_t start_ms, end_ms;  /* from start up to, without, end */
    int64_t begun_ms;          /* time of lines before the first that has one */
    size_t limit;              /* events of a page; its texts stay under 1 MiB, as AWS's do */
    bool (*wants)(const void *context, span text); /* NULL: all */
    const void *context;
};

struct log_page {
    struct log_event *events;  /* in the file's order */
    size_t count;
    int64_t begin, end;        /* the page before ends at `begin`, the one behind begins at `end` */
    bool more;                 /* forward: lines were left */
};

/* The lines from `offset` on. A line that is not complete yet is no event. ERR_NOT_FOUND: no
 * file. */
error log_file_forward(struct arena *, const struct log_query *, int64_t offset,
                       struct log_page *) MUST_CHECK;
/* The lines before `offset`; offset < 0: the last ones. */
error log_file_backward(struct arena *, const struct log_query *, int64_t offset,
                        struct log_page *) MUST_CHECK;
/* Whether a line begins at the offset. */
bool log_file_is_line(const char *path, int64_t offset);

struct log_info { int64_t size, first_ms, last_ms; };
error log_file_info(struct arena *, const char *path, int64_t begun_ms,
                    struct log_info *) MUST_CHECK;

/* The end of the file, some 64 KiB. */
error log_read_end(const char *path, struct buffer *out) MUST_CHECK;
/* Takes the next line off `rest`, without its newline; false: none is left. */
bool log_next_line(span *rest, span *line);
