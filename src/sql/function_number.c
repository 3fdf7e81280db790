/* Trino's numbers: integer division that fails, decimals that keep their scale, rounding half away
 * from zero, floating point as Java has it. */
#include "sql/function.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

enum { SEQUENCE_MAX = 10000 };

static error out_of_range(const char *what)
{
    return fail(ERR_USAGE, "NUMERIC_VALUE_OUT_OF_RANGE: %s", what);
}

static error by_zero(void)
{
    return fail(ERR_USAGE, "DIVISION_BY_ZERO: Division by zero");
}

static error invalid(const char *what)
{
    return fail(ERR_USAGE, "INVALID_FUNCTION_ARGUMENT: %s", what);
}

struct range {
    int64_t min, max;
    const char *name, *java;
};
static const struct range tiny = {INT8_MIN, INT8_MAX, "tinyint", "TINYINT"},
                          small = {INT16_MIN, INT16_MAX, "smallint", "SMALLINT"},
                          integer = {INT32_MIN, INT32_MAX, "integer", "INT"},
                          bigint = {INT64_MIN, INT64_MAX, "bigint", "BIGINT"};

/* ---- integers ---- */

static error divide(const struct argument *a, struct result *r, const void *detail)
{
    const struct range *range = detail;
    if (!a[1].number) return by_zero();
    if (a[1].number == -1 && a[0].number == range->min)
        return fail(ERR_USAGE, "NUMERIC_VALUE_OUT_OF_RANGE: %s division overflow: %lld / -1",
                    range->name, (long long)range->min);
    r->number = a[0].number / a[1].number;
    return OK;
}

static error modulus(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    if (!a[1].number) return by_zero();
    r->number = a[1].number == -1 ? 0 : a[0].number % a[1].number;
    return OK;
}

static error sum_bigint(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    r->number = (int64_t)a->big;
    return r->number == a->big ? OK : out_of_range("bigint addition overflow");
}

static error round_integer(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    __int128 factor = 1, n = a[0].number;
    r->number = a[0].number;
    if (a[1].number >= 0) return OK;
    for (int64_t i = a[1].number; i < 0 && factor < (__int128)1 << 70; i++) factor *= 10;
    __int128 rounded = (n + (n < 0 ? -factor / 2 : factor / 2)) / factor * factor;
    r->number = (int64_t)rounded;
    return r->number == rounded ? OK : out_of_range("overflow of round");
}

static error subscript(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    r->number = a[0].number;
    if (!a[0].number) return invalid("SQL array indices start at 1");
    if (a[0].number < 0)
        return fail(ERR_USAGE, "INVALID_FUNCTION_ARGUMENT: Array subscript is negative: %lld",
                    (long long)a[0].number);
    if (a[0].number > a[1].number)
        return fail(ERR_USAGE,
                    "INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or "
                    "equal to array length: %lld > %lld",
                    (long long)a[0].number, (long long)a[1].number);
    return OK;
}

static error nonzero(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    r->number = a->number;
    return a->number ? OK : invalid("SQL array indices start at 1");
}

static error positive(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    r->number = a->number;
    return a->number > 0 ? OK : invalid("The limit must be greater than zero");
}

/* How many times repeat() may. */
static error repetitions(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    r->number = a->number;
    if (a->number < 0)
        return invalid("count argument of repeat function must be greater than or equal to 0");
    return a->number <= SEQUENCE_MAX
               ? OK
               : invalid("count argument of repeat function must be less than or equal to 10000");
}

/* sequence(start, stop[, step]); step 0: towards stop, if it may be left out */
static error sequence_step(const struct argument *a, struct result *r, const void *detail)
{
    int64_t start = a[0].number, stop = a[1].number, step = a[2].number;
    if (!step && detail) return invalid("step must not be zero");
    if (!step) step = start <= stop ? 1 : -1;
    if (start != stop && (step > 0) != (stop > start))
        return invalid(
            "sequence stop value should be greater than or equal to start value if step is "
            "greater than zero otherwise stop should be less than or equal to start");
    __int128 count = ((__int128)stop - start) / step + 1;
    r->number = step;
    return count <= SEQUENCE_MAX
               ? OK
               : invalid("result of sequence function must not have more than 10000 entries");
}

/* Where slice(array, start, length) begins, from 1; beyond the end when nothing is left. */
static error slice_from(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    int64_t start = a[0].number, size = a[1].number;
    if (!start) return invalid("SQL array indices start at 1");
    if (a[2].number < 0) return invalid("length must be greater than or equal to 0");
    if (start < 0) start += size + 1;
    r->number = start < 1 ? size + 1 : start;
    return OK;
}

static error trimmed(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    if (a[1].number < 0) return invalid("size must not be negative: %lld");
    if (a[1].number > a[0].number)
        return fail(ERR_USAGE,
                    "INVALID_FUNCTION_ARGUMENT: size must not exceed array cardinality "
                    "%lld: %lld",
                    (long long)a[0].number, (long long)a[1].number);
    r->number = a[0].number - a[1].number;
    return OK;
}

/* Rank of a percentile among n sorted values, from 1. */
static error rank(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    if (!(a[0].real >= 0 && a[0].real <= 1)) return invalid("percentile must be between 0 and 1");
    r->number = (int64_t)floor(a[0].real * (double)a[1].number) + 1;
    if (r->number > a[1].number) r->number = a[1].number;
    return OK;
}

static error shift_left(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    bool out = a[1].number < 0 || a[1].number > 63;
    r->number = out ? 0 : (int64_t)((uint64_t)a[0].number << a[1].number);
    return OK;
}

static error shift_right(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    bool out = a[1].number < 0 || a[1].number > 63;
    r->number = out ? 0 : (int64_t)((uint64_t)a[0].number >> a[1].number);
    return OK;
}

static error shift_arithmetic(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    bool out = a[1].number < 0 || a[1].number > 63;
    r->number = out ? (a[0].number < 0 ? -1 : 0) : a[0].number >> a[1].number;
    return OK;
}

static error bit_count(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    int64_t bits = a[1].number, v = a[0].number;
    if (bits < 2 || bits > 64)
        return invalid("Bits specified in bit_count must be between 2 and 64");
    if (bits < 64 && (v < -((int64_t)1 << (bits - 1)) || v >= (int64_t)1 << (bits - 1)))
        return invalid("Number must be representable with the bits specified");
    uint64_t mask = bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
    r->number = __builtin_popcountll((uint64_t)v & mask);
    return OK;
}

static error from_base(const struct argument *a, struct result *r, const void *detail)
{
    char text[80], *end;
    (void)detail;
    if (a[1].number < 2 || a[1].number > 36) return invalid("Radix must be between 2 and 36");
    if (a[0].text.size >= sizeof text || !a[0].text.size) return invalid("Not a valid number");
    memcpy(text, a[0].text.data, a[0].text.size);
    text[a[0].text.size] = 0;
    bool good = isalnum((unsigned char)text[text[0] == '-' || text[0] == '+']);
    r->number = strtoll(text, &end, (int)a[1].number);
    if (good && !*end) return OK;
    return fail(ERR_USAGE, "INVALID_FUNCTION_ARGUMENT: Not a valid base-%lld number: %s",
                (long long)a[1].number, text);
}

static error to_base(const struct argument *a, struct result *r, const void *detail)
{
    char text[70];
    int at = sizeof text;
    uint64_t n = a[0].number < 0 ? 0 - (uint64_t)a[0].number : (uint64_t)a[0].number;
    (void)detail;
    if (a[1].number < 2 || a[1].number > 36) return invalid("Radix must be between 2 and 36");
    do text[--at] = "0123456789abcdefghijklmnopqrstuvwxyz"[n % (uint64_t)a[1].number];
    while (n /= (uint64_t)a[1].number);
    if (a[0].number < 0) text[--at] = '-';
    result_text(r, (span){text + at, sizeof text - (size_t)at});
    return OK;
}

/* ---- decimals ---- */

typedef unsigned __int128 wide;

/* (high, low) / divisor for 256 bits by 128, bit by bit; the quotient must fit 128 bits. */
static bool divide_wide(wide high, wide low, wide divisor, wide *quotient, wide *rest)
{
    wide q = 0, rem = high;
    if (high >= divisor) return false;
    for (int i = 127; i >= 0; i--) {
        bool carry = rem >> 127;
        rem = rem << 1 | (low >> i & 1);
        q <<= 1;
        if (carry || rem >= divisor) {
            rem -= divisor;
            q |= 1;
        }
    }
    *quotient = q;
    *rest = rem;
    return true;
}

static void multiply_wide(wide a, wide b, wide *high, wide *low)
{
    wide mask = (wide)UINT64_MAX, al = a & mask, ah = a >> 64, bl = b & mask, bh = b >> 64;
    wide ll = al * bl, lh = al * bh, hl = ah * bl, hh = ah * bh;
    wide mid = (ll >> 64) + (lh & mask) + (hl & mask);
    *low = (ll & mask) | mid << 64;
    *high = hh + (lh >> 64) + (hl >> 64) + (mid >> 64);
}

static wide power_of_ten(int n)
{
    wide p = 1;
    while (n-- > 0) p *= 10;
    return p;
}

/* x / y with the larger of the two scales, half away from zero. */
static error divide_decimal(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    int scale = a[0].scale > a[1].scale ? a[0].scale : a[1].scale;
    bool negative = (a[0].big < 0) != (a[1].big < 0);
    wide x = a[0].big < 0 ? -(wide)a[0].big : (wide)a[0].big, high, low, q, rest;
    wide y = a[1].big < 0 ? -(wide)a[1].big : (wide)a[1].big;
    int shift = scale - a[0].scale + a[1].scale;
    if (!y) return by_zero();
    if (shift > 38) return out_of_range("Decimal overflow");
    multiply_wide(x, power_of_ten(shift), &high, &low);
    if (!divide_wide(high, low, y, &q, &rest) || q >> 127) return out_of_range("Decimal overflow");
    if (rest >= y - rest) q++;
    r->big = negative ? -(__int128)q : (__int128)q;
    return q < power_of_ten(38) ? OK : out_of_range("Decimal overflow");
}

/* A sum in DuckDB's 128 bits may have more than 38 digits. */
static error sum_decimal(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    r->big = a->big;
    wide size = a->big < 0 ? -(wide)a->big : (wide)a->big;
    return size < power_of_ten(38) ? OK : out_of_range("Decimal overflow");
}

static error modulus_decimal(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    int scale = a[0].scale > a[1].scale ? a[0].scale : a[1].scale;
    __int128 x, y;
    if (!a[1].big) return by_zero();
    if (__builtin_mul_overflow(a[0].big, (__int128)power_of_ten(scale - a[0].scale), &x) ||
        __builtin_mul_overflow(a[1].big, (__int128)power_of_ten(scale - a[1].scale), &y))
        return out_of_range("Decimal overflow");
    r->big = x % y;
    return OK;
}

/* ---- floating point ---- */

static double radians(double x)
{
    return x / 180 * M_PI;
}
static double degrees(double x)
{
    return x * 180 / M_PI;
}

/* The C library's may be off by the last bit, Java's is not. */
static double cube_root(double x)
{
    double r = cbrt(x);
    return r != 0 && isfinite(r) ? r - (r * r * r - x) / (3 * r * r) : r;
}

struct math {
    double (*of)(double);
};
#define MATH(name, function) static const struct math math_##name = {function}
MATH(sqrt, sqrt);
MATH(cbrt, cube_root);
MATH(exp, exp);
MATH(ln, log);
MATH(log2, log2);
MATH(log10, log10);
MATH(sin, sin);
MATH(cos, cos);
MATH(tan, tan);
MATH(asin, asin);
MATH(acos, acos);
MATH(atan, atan);
MATH(sinh, sinh);
MATH(cosh, cosh);
MATH(tanh, tanh);
MATH(degrees, degrees);
MATH(radians, radians);

static error math(const struct argument *a, struct result *r, const void *detail)
{
    r->real = ((const struct math *)detail)->of(a->real);
    return OK;
}

static error power(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    r->real = pow(a[0].real, a[1].real);
    return OK;
}

static error logarithm(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    r->real = log(a[1].real) / log(a[0].real);
    return OK;
}

static error arc(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    r->real = atan2(a[0].real, a[1].real);
    return OK;
}

static error float_modulus(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    r->real = fmod(a[0].real, a[1].real);
    return OK;
}

static error compare_double(const struct argument *a, struct result *r, const void *detail)
{
    double x = a[0].real, y = a[2].real;
    (void)detail;
    r->number = span_is(a[1].text, "=")    ? x == y
                : span_is(a[1].text, "<>") ? x != y
                : span_is(a[1].text, "<")  ? x < y
                : span_is(a[1].text, "<=") ? x <= y
                : span_is(a[1].text, ">")  ? x > y
                                           : x >= y;
    return OK;
}

static error round_double(const struct argument *a, struct result *r, const void *detail)
{
    double factor = pow(10, (double)a[1].number), scaled = a[0].real * factor;
    (void)detail;
    r->real = isfinite(scaled) ? round(scaled) / factor : a[0].real;
    return OK;
}

static error double_to_integer(const struct argument *a, struct result *r, const void *detail)
{
    const struct range *range = detail;
    double x = round(a->real);
    struct buffer text = {0};
    r->number = 0;
    if (x >= (double)range->min &&
        (range->max == INT64_MAX ? x < 9223372036854775808.0 : x <= (double)range->max)) {
        r->number = (int64_t)x;
        return OK;
    }
    cast_double_to_text(&text, a->real);
    error e =
        fail(ERR_USAGE,
             isnan(x)                  ? "INVALID_CAST_ARGUMENT: Cannot cast %s to %s"
             : range->max == INT64_MAX ? "INVALID_CAST_ARGUMENT: Unable to cast %s to %s"
                                       : "NUMERIC_VALUE_OUT_OF_RANGE: Out of range for %2$s: %1$s",
             buffer_text(&text), range->name);
    buffer_release(&text);
    return e;
}

static error to_real(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    r->real = a->real; /* beyond its range: infinite, as in Java */
    return OK;
}

static error width_bucket(const struct argument *a, struct result *r, const void *detail)
{
    double x = a[0].real, low = a[1].real, high = a[2].real, count = (double)a[3].number;
    (void)detail;
    if (a[3].number < 1) return invalid("bucketCount must be greater than 0");
    if (isnan(x)) return invalid("operand must not be NaN");
    if (!isfinite(low) || !isfinite(high)) return invalid("bounds must be finite");
    if (low == high) return invalid("bounds cannot equal each other");
    if (low < high)
        r->number = x < low     ? 0
                    : x >= high ? a[3].number + 1
                                : (int64_t)(count * (x - low) / (high - low) + 1);
    else
        r->number = x > low     ? 0
                    : x <= high ? a[3].number + 1
                                : (int64_t)(count * (low - x) / (low - high) + 1);
    return OK;
}

/* ---- from text ---- */

static error no_cast(span text, const char *type)
{
    return fail(ERR_USAGE, "INVALID_CAST_ARGUMENT: Cannot cast '%.*s' to %s",
                (int)(text.size > 200 ? 200 : text.size), text.data, type);
}

static error text_integer(const struct argument *a, struct result *r, const void *detail)
{
    const struct range *range = detail;
    span text = a->text;
    if (text.size > 1 && *text.data == '+') text = (span){text.data + 1, text.size - 1};
    if (text.size && isdigit((unsigned char)text.data[*text.data == '-' && text.size > 1]) &&
        parse_int64(text, &r->number) && r->number >= range->min && r->number <= range->max)
        return OK;
    return no_cast(a->text, range->java);
}

static error text_double(const struct argument *a, struct result *r, const void *detail)
{
    span text = span_trim(a->text);
    char copy[400], *end;
    bool good = text.size && text.size < sizeof copy;
    if (good) {
        memcpy(copy, text.data, text.size);
        copy[text.size] = 0;
        const char *first = copy + (*copy == '-' || *copy == '+');
        good = isdigit((unsigned char)*first) || *first == '.' || strcmp(first, "NaN") == 0 ||
               strcmp(first, "Infinity") == 0;
        if (copy[1] == 'x' || copy[1] == 'X' || copy[2] == 'x' || copy[2] == 'X') good = false;
    }
    r->real = good ? (detail ? (double)strtof(copy, &end) : strtod(copy, &end)) : 0;
    if (good && (*end == 'd' || *end == 'f' || *end == 'D' || *end == 'F')) end++;
    return good && !*end ? OK : no_cast(a->text, detail ? "REAL" : "DOUBLE");
}

static error text_boolean(const struct argument *a, struct result *r, const void *detail)
{
    static const char *const words[] = {"f", "false", "0", "t", "true", "1"};
    (void)detail;
    for (int i = 0; i < 6; i++)
        if (span_equal_nocase(a->text, span_of(words[i]))) {
            r->number = i > 2;
            return OK;
        }
    return no_cast(a->text, "BOOLEAN");
}

/* Java's BigDecimal: digits, a point, an exponent; blanks around are let go by Trino. */
static error text_number(const struct argument *a, struct result *r, const void *detail)
{
    span text = span_trim(a[0].text);
    size_t i = text.size && (*text.data == '-' || *text.data == '+'), digits = 0;
    (void)detail;
    for (; i < text.size && isdigit((unsigned char)text.data[i]); i++) digits++;
    if (i < text.size && text.data[i] == '.')
        for (i++; i < text.size && isdigit((unsigned char)text.data[i]); i++) digits++;
    if (digits && i < text.size && (text.data[i] == 'e' || text.data[i] == 'E')) {
        i += 1 + (i + 1 < text.size && (text.data[i + 1] == '-' || text.data[i + 1] == '+'));
        size_t start = i;
        while (i < text.size && isdigit((unsigned char)text.data[i])) i++;
        if (i == start) digits = 0;
    }
    if (!digits || i != text.size)
        return fail(ERR_USAGE,
                    "INVALID_CAST_ARGUMENT: Cannot cast VARCHAR '%.*s' to %.*s. Value is "
                    "not a number.",
                    (int)(a[0].text.size > 200 ? 200 : a[0].text.size), a[0].text.data,
                    (int)a[1].text.size, a[1].text.data);
    result_text(r, text);
    return OK;
}

#define DECIMAL(scale)                                                                             \
    {"trino_divide_decimal_" #scale, "xx>X", divide_decimal, NULL, scale},                         \
        {"trino_modulus_decimal_" #scale, "xx>X", modulus_decimal, NULL, scale},                   \
    {                                                                                              \
        "trino_sum_decimal_" #scale, "x>X", sum_decimal, NULL, scale                               \
    }
#define MATH_ROW(name)                                                                             \
    {                                                                                              \
        "trino_" #name, "d>d", math, &math_##name, 0                                               \
    }

const struct function_row number_functions[] = {
    {"trino_divide_tinyint", "ll>y", divide, &tiny, 0},
    {"trino_divide_smallint", "ll>w", divide, &small, 0},
    {"trino_divide_integer", "ll>i", divide, &integer, 0},
    {"trino_divide_bigint", "ll>l", divide, &bigint, 0},
    {"trino_modulus", "ll>l", modulus, NULL, 0},
    {"trino_sum_bigint", "h>l", sum_bigint, NULL, 0},
    {"trino_round_integer", "li>l", round_integer, NULL, 0},
    {"trino_subscript", "ll>l", subscript, NULL, 0},
    {"trino_nonzero", "l>l", nonzero, NULL, 0},
    {"trino_positive", "l>l", positive, NULL, 0},
    {"trino_repetitions", "l>l", repetitions, NULL, 0},
    {"trino_sequence_step", "lll>l", sequence_step, &bigint, 0},
    {"trino_sequence_unit", "lll>l", sequence_step, NULL, 0},
    {"trino_double_real", "d>f", to_real, NULL, 0},
    {"trino_slice_from", "lll>l", slice_from, NULL, 0},
    {"trino_trimmed", "ll>l", trimmed, NULL, 0},
    {"trino_rank", "dl>l", rank, NULL, 0},
    {"trino_shift_left", "ll>l", shift_left, NULL, 0},
    {"trino_shift_right", "ll>l", shift_right, NULL, 0},
    {"trino_shift_right_arithmetic", "ll>l", shift_arithmetic, NULL, 0},
    {"trino_bit_count", "ll>l", bit_count, NULL, 0},
    {"trino_from_base", "sl>l", from_base, NULL, 0},
    {"trino_to_base", "ll>s", to_base, NULL, 0},
    MATH_ROW(sqrt),
    MATH_ROW(cbrt),
    MATH_ROW(exp),
    MATH_ROW(ln),
    MATH_ROW(log2),
    MATH_ROW(log10),
    MATH_ROW(sin),
    MATH_ROW(cos),
    MATH_ROW(tan),
    MATH_ROW(asin),
    MATH_ROW(acos),
    MATH_ROW(atan),
    MATH_ROW(sinh),
    MATH_ROW(cosh),
    MATH_ROW(tanh),
    MATH_ROW(degrees),
    MATH_ROW(radians),
    {"trino_power", "dd>d", power, NULL, 0},
    {"trino_log", "dd>d", logarithm, NULL, 0},
    {"trino_atan2", "dd>d", arc, NULL, 0},
    {"trino_fmod", "dd>d", float_modulus, NULL, 0},
    {"trino_compare_double", "dsd>q", compare_double, NULL, 0},
    {"trino_round_double", "di>d", round_double, NULL, 0},
    {"trino_double_tinyint", "d>y", double_to_integer, &tiny, 0},
    {"trino_double_smallint", "d>w", double_to_integer, &small, 0},
    {"trino_double_integer", "d>i", double_to_integer, &integer, 0},
    {"trino_double_bigint", "d>l", double_to_integer, &bigint, 0},
    {"trino_width_bucket", "dddl>l", width_bucket, NULL, 0},
    {"trino_text_tinyint", "s>y", text_integer, &tiny, 0},
    {"trino_text_smallint", "s>w", text_integer, &small, 0},
    {"trino_text_integer", "s>i", text_integer, &integer, 0},
    {"trino_text_bigint", "s>l", text_integer, &bigint, 0},
    {"trino_text_double", "s>d", text_double, NULL, 0},
    {"trino_text_real", "s>f", text_double, &bigint, 0},
    {"trino_text_boolean", "s>q", text_boolean, NULL, 0},
    {"trino_text_number", "ss>s", text_number, NULL, 0},
    DECIMAL(0),
    DECIMAL(1),
    DECIMAL(2),
    DECIMAL(3),
    DECIMAL(4),
    DECIMAL(5),
    DECIMAL(6),
    DECIMAL(7),
    DECIMAL(8),
    DECIMAL(9),
    DECIMAL(10),
    DECIMAL(11),
    DECIMAL(12),
    DECIMAL(13),
    DECIMAL(14),
    DECIMAL(15),
    DECIMAL(16),
    DECIMAL(17),
    DECIMAL(18),
    DECIMAL(19),
    DECIMAL(20),
    DECIMAL(21),
    DECIMAL(22),
    DECIMAL(23),
    DECIMAL(24),
    DECIMAL(25),
    DECIMAL(26),
    DECIMAL(27),
    DECIMAL(28),
    DECIMAL(29),
    DECIMAL(30),
    DECIMAL(31),
    DECIMAL(32),
    DECIMAL(33),
    DECIMAL(34),
    DECIMAL(35),
    DECIMAL(36),
    DECIMAL(37),
    DECIMAL(38),
    {0},
};
