#include "base/lines.h"

#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>

/* Newlines among the 64 bytes at p, by bit. */
__attribute__((target("avx2"))) static uint64_t newlines_avx2(const char *p)
{
    const __m256i newline = _mm256_set1_epi8('\n');
    __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
    uint32_t first = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, newline));
    uint32_t second = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, newline));
    return first | (uint64_t)second << 32;
}
#endif

static inline size_t add_line(span *lines, size_t count, const char *line, const char *end)
{
    lines[count] = (span){line, (size_t)(end - line)};
    return count + (end > line);
}

/* By single lines. */
static size_t split_plain(const char **text, const char *end, span *lines, size_t most)
{
    size_t count = 0;
    while (*text < end && count < most) {
        const char *newline = memchr(*text, '\n', (size_t)(end - *text));
        count = add_line(lines, count, *text, newline ? newline : end);
        *text = newline ? newline + 1 : end;
    }
    return count;
}

#ifdef __x86_64__
/* Whole blocks of 64 bytes; the line that goes beyond them is left. */
__attribute__((target("avx2"))) static size_t split_blocks(const char **text, const char *end,
                                                           span *lines, size_t most)
{
    const char *line = *text, *p = line;
    size_t count = 0;
    for (; end - p >= 64; p += 64)
        for (uint64_t mask = newlines_avx2(p); mask; mask &= mask - 1) {
            const char *newline = p + __builtin_ctzll(mask);
            count = add_line(lines, count, line, newline);
            line = newline + 1;
            if (count < most) continue;
            *text = line;
            return count;
        }
    *text = line;
    return count;
}
#endif

size_t lines_split(const char **text, const char *end, span *lines, size_t most)
{
    size_t count = 0;
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2")) count = split_blocks(text, end, lines, most);
#endif
    return count + split_plain(text, end, lines + count, most - count);
}
