/* The direct walk with masks of AVX-512 (BW, VL), 32 bytes at a time: loads of twice that would mostly
 * cross the ends of cache lines. The Makefile compiles this file for such machines only; it is entered
 * after a look at the processor. */
#ifdef __AVX512BW__
#include "decode/decode.h"

#include <immintrin.h>

enum { STRIDE = 32 };

static inline __m256i load(const char *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

static inline bool lead_equal(const char *a, const char *b, int size)
{
    __mmask32 behind = _bzhi_u32(UINT32_MAX, (uint32_t)size); /* all, when it is more */
    if (_mm256_mask_cmpneq_epi8_mask(behind, load(a), load(b))) return false;
    if (__builtin_expect(size <= STRIDE, 1)) return true;
    behind = _bzhi_u32(UINT32_MAX, (uint32_t)(size - STRIDE));
    return _mm256_mask_cmpneq_epi8_mask(behind, load(a + STRIDE), load(b + STRIDE)) == 0;
}

static inline unsigned text_stop(const char *p)
{
    __m256i text = load(p);
    __mmask32 stops = _mm256_cmpeq_epi8_mask(text, _mm256_set1_epi8('"')) |
                      _mm256_cmpeq_epi8_mask(text, _mm256_set1_epi8('\\')) |
                      _mm256_cmplt_epi8_mask(text, _mm256_set1_epi8(' ')); /* signed: 0x80 too */
    return _tzcnt_u32(stops);
}

static inline void text_copy(char *to, const char *from)
{
    _mm256_storeu_si256((__m256i *)(void *)to, load(from));
}

#include "decode/json_direct.h"
#include "decode/json_block.h"

static bool with_avx512(void)
{
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("bmi");
}

const struct direct_walk direct_avx512 = {"avx512", with_avx512, direct_fields, direct_block};
#endif
