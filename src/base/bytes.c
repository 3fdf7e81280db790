#include "base/bytes.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool span_equal_nocase(span a, span b)
{
    if (a.size != b.size) return false;
    for (size_t i = 0; i < a.size; i++)
        if (tolower((unsigned char)a.data[i]) != tolower((unsigned char)b.data[i])) return false;
    return true;
}

bool span_starts(span a, const char *prefix)
{
    size_t n = strlen(prefix);
    return a.size >= n && memcmp(a.data, prefix, n) == 0;
}

int span_compare(span a, span b)
{
    size_t n = a.size < b.size ? a.size : b.size;
    int order = n ? memcmp(a.data, b.data, n) : 0;
    if (order != 0) return order;
    return a.size < b.size ? -1 : a.size > b.size;
}

span span_trim(span a)
{
    while (a.size && isspace((unsigned char)a.data[0])) a.data++, a.size--;
    while (a.size && isspace((unsigned char)a.data[a.size - 1])) a.size--;
    return a;
}

void buffer_reserve(struct buffer *b, size_t more)
{
    CHECK(more <= SIZE_MAX / 2 - b->size);
    if (b->capacity - b->size >= more) return;
    size_t capacity = b->capacity ? b->capacity * 2 : 256;
    if (capacity < b->size + more) capacity = b->size + more;
    b->data = must_realloc(b->data, capacity);
    b->capacity = capacity;
}

void buffer_append(struct buffer *b, const void *data, size_t size)
{
    if (size == 0) return;
    buffer_reserve(b, size);
    memcpy(b->data + b->size, data, size);
    b->size += size;
}

void buffer_append_span(struct buffer *b, span s)
{
    buffer_append(b, s.data, s.size);
}

void buffer_append_text(struct buffer *b, const char *text)
{
    buffer_append(b, text, strlen(text));
}

void buffer_append_byte(struct buffer *b, uint8_t byte)
{
    buffer_append(b, &byte, 1);
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    CHECK(n >= 0);
    buffer_reserve(b, (size_t)n + 1);
    vsnprintf(b->data + b->size, (size_t)n + 1, format, again);
    b->size += (size_t)n;
    va_end(again);
    va_end(args);
}

void buffer_reset(struct buffer *b)
{
    b->size = 0;
}

void buffer_release(struct buffer *b)
{
    free(b->data);
    *b = (struct buffer){0};
}

const char *buffer_text(struct buffer *b)
{
    buffer_reserve(b, 1);
    b->data[b->size] = '\0';
    return b->data;
}

static void *or_abort(void *memory, size_t size)
{
    if (memory || size == 0) return memory;
    fprintf(stderr, "sluice: out of memory (%zu bytes wanted)\n", size);
    abort();
}

void *must_alloc(size_t size)
{
    return or_abort(malloc(size ? size : 1), size);
}

void *must_calloc(size_t count, size_t size)
{
    return or_abort(calloc(count ? count : 1, size ? size : 1), count);
}

void *must_realloc(void *memory, size_t size)
{
    return or_abort(realloc(memory, size ? size : 1), size);
}

char *must_strdup(const char *text)
{
    return or_abort(strdup(text), strlen(text));
}
