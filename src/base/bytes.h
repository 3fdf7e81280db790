/* Views of bytes and a growable buffer. */
#pragma once

#include "base/error.h"

#include <stdint.h>
#include <string.h>

/* A view: owns nothing, need not end in NUL. */
typedef struct span {
    const char *data;
    size_t size;
} span;

#define SPAN(literal) ((span){(literal), sizeof(literal) - 1})

static inline span span_of(const char *text)
{
    return (span){text, text ? strlen(text) : 0};
}

static inline bool span_equal(span a, span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool span_is(span a, const char *text)
{
    return span_equal(a, span_of(text));
}

bool span_equal_nocase(span a, span b); /* ASCII only */
bool span_starts(span a, const char *prefix);
int span_compare(span a, span b); /* by bytes, shorter first */
span span_trim(span a);           /* ASCII blanks at both ends */

/* A malloc'd byte buffer that grows; zero-initialised is empty and valid.
 * Out of memory aborts: sizes from outside are checked against limits at the door. */
struct buffer {
    char *data;
    size_t size;
    size_t capacity;
};

void buffer_reserve(struct buffer *, size_t more); /* room for `more` bytes behind size */
void buffer_append(struct buffer *, const void *data, size_t size);
void buffer_append_span(struct buffer *, span);
void buffer_append_text(struct buffer *, const char *text);
void buffer_append_byte(struct buffer *, uint8_t byte);
void buffer_printf(struct buffer *, const char *format, ...) PRINTF(2, 3);
void buffer_reset(struct buffer *);   /* size 0, keeps capacity */
void buffer_release(struct buffer *); /* frees; valid and empty afterwards */
/* NUL-terminated text of the buffer (the NUL is not counted in size). */
const char *buffer_text(struct buffer *);

static inline span buffer_span(const struct buffer *b)
{
    return (span){b->data, b->size};
}

/* malloc and friends that abort when the system has no memory. */
void *must_alloc(size_t size);
void *must_calloc(size_t count, size_t size);
void *must_realloc(void *memory, size_t size);
char *must_strdup(const char *text);

/* Little- and big-endian loads and stores, any alignment. */
static inline void put_be16(void *to, uint16_t v) { v = __builtin_bswap16(v); memcpy(to, &v, 2); }
static inline void put_be32(void *to, uint32_t v) { v = __builtin_bswap32(v); memcpy(to, &v, 4); }
static inline void put_be64(void *to, uint64_t v) { v = __builtin_bswap64(v); memcpy(to, &v, 8); }
static inline void put_le32(void *to, uint32_t v) { memcpy(to, &v, 4); }
static inline void put_le64(void *to, uint64_t v) { memcpy(to, &v, 8); }
static inline uint16_t get_be16(const void *p) { uint16_t v; memcpy(&v, p, 2); return __builtin_bswap16(v); }
static inline uint32_t get_be32(const void *p) { uint32_t v; memcpy(&v, p, 4); return __builtin_bswap32(v); }
static inline uint64_t get_be64(const void *p) { uint64_t v; memcpy(&v, p, 8); return __builtin_bswap64(v); }
static inline uint32_t get_le32(const void *p) { uint32_t v; memcpy(&v, p, 4); return v; }
static inline uint64_t get_le64(const void *p) { uint64_t v; memcpy(&v, p, 8); return v; }
