#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK_MIN = 16 * 1024, BLOCK_MAX = 1024 * 1024, ALIGN = 16 };

struct arena_block {
    struct arena_block *next;
    size_t capacity, used;
    _Alignas(ALIGN) char data[];
};

static struct arena_block *block_new(struct arena *a, size_t size)
{
    size_t capacity = a->held < BLOCK_MIN ? BLOCK_MIN : a->held < BLOCK_MAX ? a->held : BLOCK_MAX;
    if (capacity < size) capacity = size;
    struct arena_block *block = must_alloc(sizeof *block + capacity);
    *block = (struct arena_block){.capacity = capacity};
    a->held += capacity;
    return block;
}

void *arena_alloc(struct arena *a, size_t size)
{
    CHECK(size <= SIZE_MAX / 2);
    size = (size + ALIGN - 1) / ALIGN * ALIGN;
    struct arena_block *block = a->current;
    while (block && block->capacity - block->used < size) { /* later blocks are empty after a reset */
        if (!block->next) break;
        block = block->next;
    }
    if (!block || block->capacity - block->used < size) {
        struct arena_block *fresh = block_new(a, size);
        if (block) block->next = fresh;
        else a->first = fresh;
        block = fresh;
    }
    a->current = block;
    void *memory = block->data + block->used;
    block->used += size;
    a->used += size;
    return memory;
}

void *arena_calloc(struct arena *a, size_t count, size_t size)
{
    CHECK(size == 0 || count <= SIZE_MAX / 2 / size);
    void *memory = arena_alloc(a, count * size);
    memset(memory, 0, count * size);
    return memory;
}

void *arena_copy(struct arena *a, const void *data, size_t size)
{
    void *memory = arena_alloc(a, size);
    if (size) memcpy(memory, data, size);
    return memory;
}

char *arena_text(struct arena *a, span s)
{
    char *text = arena_alloc(a, s.size + 1);
    if (s.size) memcpy(text, s.data, s.size);
    text[s.size] = '\0';
    return text;
}

span arena_span(struct arena *a, span s)
{
    return (span){arena_text(a, s), s.size};
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    CHECK(n >= 0);
    char *text = arena_alloc(a, (size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}

void arena_reset(struct arena *a)
{
    for (struct arena_block *block = a->first; block; block = block->next) block->used = 0;
    a->current = a->first;
    a->used = 0;
}

void arena_release(struct arena *a)
{
    for (struct arena_block *block = a->first, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    *a = (struct arena){0};
}
