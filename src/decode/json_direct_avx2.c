/* The direct walk with AVX2, 32 bytes at a time. The Makefile compiles this file for such machines
 * only; it is entered after a look at the processor. */
#ifdef __AVX2__
#include "decode/decode.h"

#include <immintrin.h>

enum { STRIDE = 32 };

static inline __m256i load(const char *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

static inline uint32_t equal_bytes(const char *a, const char *b)
{
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(load(a), load(b)));
}

static inline bool lead_equal(const char *a, const char *b, int size)
{
    uint32_t differ = ~equal_bytes(a, b);
    if (__builtin_expect(size <= STRIDE, 1)) return _bzhi_u32(differ, (uint32_t)size) == 0;
    return differ == 0 &&
           _bzhi_u32(~equal_bytes(a + STRIDE, b + STRIDE), (uint32_t)(size - STRIDE)) == 0;
}

static inline unsigned text_stop(const char *p)
{
    __m256i text = load(p);
    __m256i quote = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('"'));
    __m256i backslash = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('\\'));
    __m256i other = _mm256_cmpgt_epi8(_mm256_set1_epi8(' '), text); /* signed: 0x80 and up too */
    __m256i stops = _mm256_or_si256(_mm256_or_si256(quote, backslash), other);
    return _tzcnt_u32((uint32_t)_mm256_movemask_epi8(stops));
}

static inline void text_copy(char *to, const char *from)
{
    _mm256_storeu_si256((__m256i *)(void *)to, load(from));
}

#include "decode/json_direct.h"
#include "decode/json_block.h"

static bool with_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("bmi");
}

const struct direct_walk direct_avx2 = {"avx2", with_avx2, direct_fields, direct_block};
#endif
