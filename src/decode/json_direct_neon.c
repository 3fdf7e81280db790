/* The direct walk with NEON, which every 64-bit ARM has, 16 bytes at a time. */
#ifdef __ARM_NEON
#include "decode/decode.h"

#include <arm_neon.h>

enum { STRIDE = 16 };

static inline uint8x16_t load(const char *p)
{
    return vld1q_u8((const uint8_t *)p);
}

/* Four bits per byte: all set or none. */
static inline uint64_t nibbles(uint8x16_t mask)
{
    return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(mask), 4)), 0);
}

static inline bool lead_equal(const char *a, const char *b, int size)
{
    for (; size > STRIDE; size -= STRIDE, a += STRIDE, b += STRIDE)
        if (nibbles(vceqq_u8(load(a), load(b))) != UINT64_MAX) return false;
    return size == 0 || ~nibbles(vceqq_u8(load(a), load(b))) << (64 - 4 * size) == 0;
}

static inline unsigned text_stop(const char *p)
{
    uint8x16_t text = load(p);
    uint8x16_t quotes = vorrq_u8(vceqq_u8(text, vdupq_n_u8('"')), vceqq_u8(text, vdupq_n_u8('\\')));
    int8x16_t value = vreinterpretq_s8_u8(text);
    uint8x16_t other = vcltq_s8(value, vdupq_n_s8(' ')); /* signed: 0x80 and up too */
    uint64_t stops = nibbles(vorrq_u8(quotes, other));
    return stops ? (unsigned)__builtin_ctzll(stops) >> 2 : STRIDE;
}

static inline void text_copy(char *to, const char *from)
{
    vst1q_u8((uint8_t *)to, load(from));
}

#include "decode/json_direct.h"

static bool anywhere(void)
{
    return true;
}

const struct direct_walk direct_neon = {"neon", anywhere, direct_fields, NULL};
#endif
