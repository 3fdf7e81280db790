/* Decimals: an unscaled __int128 and the scale of its type. */
#include "batch/internal.h"

__int128 power_of_ten(int exponent)
{
    CHECK(exponent >= 0 && exponent <= 38);
    static const uint64_t small[] = {
        1u,
        10u,
        100u,
        1000u,
        10000u,
        100000u,
        1000000u,
        10000000u,
        100000000u,
        1000000000u,
        10000000000u,
        100000000000u,
        1000000000000u,
        10000000000000u,
        100000000000000u,
        1000000000000000u,
        10000000000000000u,
        100000000000000000u,
        1000000000000000000u,
        10000000000000000000u,
    };
    return exponent < 20 ? (__int128)small[exponent] : (__int128)small[19] * small[exponent - 19];
}

bool decimal_rescale(__int128 unscaled, int scale, int to_precision, int to_scale, __int128 *out)
{
    if (to_scale >= scale) {
        if (__builtin_mul_overflow(unscaled, power_of_ten(to_scale - scale), out)) return false;
    } else {
        __int128 unit = power_of_ten(scale - to_scale), rest = unscaled % unit;
        unsigned __int128 twice = 2 * (unsigned __int128)(rest < 0 ? -rest : rest);
        *out = unscaled / unit;
        if (twice >= (unsigned __int128)unit) *out += unscaled < 0 ? -1 : 1;
    }
    __int128 limit = power_of_ten(to_precision);
    return *out > -limit && *out < limit;
}
