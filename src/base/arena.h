/* Memory with one lifetime: a micro-batch or a request. Allocations are never freed alone; the
 * arena is reset (keeps its blocks) or released whole. One owner thread at a time. */
#pragma once

#include "base/bytes.h"

struct arena_block;

/* Zero-initialised is empty and valid. */
struct arena {
    struct arena_block *first, *current;
    size_t used;  /* bytes handed out since the last reset */
    size_t held;  /* bytes of all blocks */
};

void *arena_alloc(struct arena *, size_t size);              /* 16-byte aligned, not zeroed */
void *arena_calloc(struct arena *, size_t count, size_t size); /* zeroed */
void *arena_copy(struct arena *, const void *data, size_t size);
char *arena_text(struct arena *, span); /* copy with a final NUL */
span arena_span(struct arena *, span);  /* copy (a NUL follows, not counted) */
char *arena_printf(struct arena *, const char *format, ...) PRINTF(2, 3);
void arena_reset(struct arena *);
void arena_release(struct arena *);

#define ARENA_NEW(arena, type) ((type *)arena_calloc((arena), 1, sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_calloc((arena), (count), sizeof(type)))
