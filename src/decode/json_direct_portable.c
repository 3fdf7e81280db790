/* The direct walk in plain C, eight bytes at a time; the twin that the others are compared with. */
#include "decode/scan.h"

enum { STRIDE = 8 };

static inline bool lead_equal(const char *a, const char *b, int size)
{
    for (; size > 8; size -= 8, a += 8, b += 8)
        if (get_le64(a) != get_le64(b)) return false;
    return size == 0 || (get_le64(a) ^ get_le64(b)) << (64 - 8 * size) == 0;
}

static inline unsigned text_stop(const char *p)
{
    uint64_t stops = scan_stops(get_le64(p));
    return stops ? (unsigned)__builtin_ctzll(stops) >> 3 : STRIDE;
}

static inline void text_copy(char *to, const char *from)
{
    memcpy(to, from, STRIDE);
}

#include "decode/json_direct.h"

static bool anywhere(void)
{
    return true;
}

const struct direct_walk direct_portable = {"portable", anywhere, direct_fields, NULL};
