/* A file of lines read in parts that need each other for nothing: part k holds the lines that begin
 * in its stretch of NDJSON_PART_BYTES, whole, also where the last one ends behind it. */
#pragma once

#include "base/base.h"

enum { NDJSON_PART_BYTES = 128 * 1024, NDJSON_LINE_MAX = 256 * 1024 * 1024 };

struct ndjson {
    const char *path;
    int file;
    int64_t size; /* as it was opened */
    int64_t parts;
};

struct ndjson_part {
    struct buffer bytes; /* and what is read into it next time */
    struct buffer lines; /* span each: without the newline; empty ones are left out */
    int64_t offset;      /* of bytes in the file */
};

error ndjson_open(struct ndjson *, const char *path) MUST_CHECK;
void ndjson_close(struct ndjson *);
/* Any thread; the part's memory is used again. */
error ndjson_read(const struct ndjson *, int64_t part, struct ndjson_part *) MUST_CHECK;
void ndjson_part_release(struct ndjson_part *);

static inline const span *ndjson_lines(const struct ndjson_part *part)
{
    return (const span *)(const void *)part->lines.data;
}

static inline size_t ndjson_count(const struct ndjson_part *part)
{
    return part->lines.size / sizeof(span);
}
