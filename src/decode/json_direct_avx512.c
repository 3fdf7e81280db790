/* The direct walk with AVX-512 (BW), 64 bytes at a time. The Makefile compiles this file for such
 * machines only; it is entered after a look at the processor. */
#ifdef __AVX512BW__
#include "decode/decode.h"

#include <immintrin.h>

enum { STRIDE = 64 };

static inline __m512i load(const char *p)
{
    return _mm512_loadu_si512((const void *)p);
}

static inline bool lead_equal(const char *a, const char *b, int size)
{
    __mmask64 behind = _bzhi_u64(UINT64_MAX, (uint64_t)size);
    return _mm512_mask_cmpneq_epi8_mask(behind, load(a), load(b)) == 0;
}

static inline unsigned text_stop(const char *p)
{
    __m512i text = load(p);
    __mmask64 stops = _mm512_cmpeq_epi8_mask(text, _mm512_set1_epi8('"')) |
                      _mm512_cmpeq_epi8_mask(text, _mm512_set1_epi8('\\')) |
                      _mm512_cmplt_epi8_mask(text, _mm512_set1_epi8(' ')); /* signed: 0x80 too */
    return (unsigned)_tzcnt_u64(stops);
}

static inline void text_copy(char *to, const char *from)
{
    _mm512_storeu_si512(to, load(from));
}

#include "decode/json_direct.h"

static bool with_avx512(void)
{
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("bmi");
}

const struct direct_walk direct_avx512 = {"avx512", with_avx512, direct_fields};
#endif
