/* In: values. Out: their text as Spark's cast to string gives it: Double.toString and
 * BigDecimal.toString of Java for the numbers, ISO-like dates. */
#include "batch/internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- float and double ----------------------------------------------------------------------
 * The shortest digits (at least two, of those the closest) that read back as the same value, as
 * Java 19 and later print them; older ones sometimes print a digit more. */

struct digits {
    uint64_t value; /* `count` decimal digits, no zero at the end unless count is 1 */
    int count;
    int exponent;   /* of the first digit: d.ddd x 10^exponent */
};

static bool reads_back(double value, bool single, uint64_t digits, int count, int exponent)
{
    char text[48];
    snprintf(text, sizeof text, "%llue%d", (unsigned long long)digits, exponent - count + 1);
    return single ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value;
}

/* The closest `count` digits, or the next above where the value is a power of two (the interval
 * that reads back is half as wide below it, so the closest may lie outside and the next within). */
static bool try_digits(double value, bool single, int count, struct digits *out)
{
    char text[48];
    snprintf(text, sizeof text, "%.*e", count - 1, value);
    uint64_t digits = 0;
    const char *c = text;
    for (; *c != 'e'; c++)
        if (*c != '.') digits = digits * 10 + (uint64_t)(*c - '0');
    int exponent = atoi(c + 1), binary;
    if (!reads_back(value, single, digits, count, exponent)) {
        if (frexp(value, &binary) != 0.5 || !reads_back(value, single, digits + 1, count, exponent))
            return false;
        digits++;
    }
    for (; count > 1 && digits % 10 == 0; count--) digits /= 10;
    *out = (struct digits){digits, count, exponent};
    return true;
}

/* Most values of this world: at most six places behind the point. Both parts of the quotient are
 * exact, so it is rounded as reading the digits would be, and no other so short reads back. */
static bool few_digits(double value, bool single, struct digits *out)
{
    double unit = 1;
    for (int places = 0; places <= 6; places++, unit *= 10) {
        if (value * unit >= (single ? 1e6 : 1e15)) return false;
        uint64_t digits = (uint64_t)(value * unit + 0.5);
        bool same = single ? (float)digits / (float)unit == (float)value
                           : (double)digits / unit == value;
        if (!same) continue;
        int count = 0;
        for (uint64_t rest = digits; rest; rest /= 10) count++;
        int exponent = count - 1 - places;
        for (; count > 1 && digits % 10 == 0; count--) digits /= 10;
        *out = (struct digits){digits, count, exponent};
        return true;
    }
    return false;
}

/* Every decimal of 15 (float: 6) digits reads back in the normal range, so shorter ones need no
 * trial there: they end in zeros. */
static struct digits shortest_digits(double value, bool single)
{
    bool normal = value >= (single ? 0x1p-126 : 0x1p-1022);
    int count = !normal ? 2 : single ? 6 : 15;
    struct digits out;
    if (few_digits(value, single, &out)) return out;
    while (!try_digits(value, single, count, &out)) count++;
    return out;
}

/* Java: plain from 10^-3 up to 10^7, else d.dddE±n; a digit on each side of the point. */
static void print_digits(struct buffer *out, struct digits d)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)d.value);
    if (d.exponent >= -3 && d.exponent < 0) {
        buffer_append(out, "0.00", (size_t)(1 - d.exponent));
        buffer_append_text(out, text);
    } else if (d.exponent >= 0 && d.exponent < 7) {
        int before = d.exponent + 1;
        for (int i = 0; i < before; i++)
            buffer_append_byte(out, i < d.count ? (uint8_t)text[i] : '0');
        buffer_append_byte(out, '.');
        buffer_append_text(out, d.count > before ? text + before : "0");
    } else {
        buffer_printf(out, "%c.%sE%d", text[0], d.count > 1 ? text + 1 : "0", d.exponent);
    }
}

static void print_real(struct buffer *out, double value, bool single)
{
    if (isnan(value)) {
        buffer_append_text(out, "NaN");
        return;
    }
    if (signbit(value)) buffer_append_byte(out, '-');
    value = fabs(value);
    if (isinf(value)) buffer_append_text(out, "Infinity");
    else if (value < 1e7 && value == floor(value)) buffer_printf(out, "%d.0", (int)value);
    else print_digits(out, shortest_digits(value, single));
}

void cast_double_to_text(struct buffer *out, double value)
{
    print_real(out, value, false);
}

void cast_float_to_text(struct buffer *out, float value)
{
    print_real(out, (double)value, true);
}

/* ---- decimal ---- */

/* Digits of |unscaled| at the end of text, returns their start. */
static char *decimal_digits(char text[48], __int128 unscaled)
{
    unsigned __int128 rest =
        unscaled < 0 ? -(unsigned __int128)unscaled : (unsigned __int128)unscaled;
    char *at = text + 47;
    *at = '\0';
    for (; rest > UINT64_MAX; rest /= 10) *--at = (char)('0' + (int)(rest % 10));
    uint64_t narrow = (uint64_t)rest; /* divides much faster */
    do *--at = (char)('0' + (int)(narrow % 10));
    while (narrow /= 10);
    return at;
}

static void print_plain(struct buffer *out, const char *digits, int scale)
{
    int count = (int)strlen(digits), before = count - scale;
    if (before > 0) buffer_append(out, digits, (size_t)before);
    else buffer_append_byte(out, '0');
    if (scale == 0) return;
    buffer_append_byte(out, '.');
    for (int i = before; i < 0; i++) buffer_append_byte(out, '0');
    buffer_append_text(out, before > 0 ? digits + before : digits);
}

void decimal_print_plain(struct buffer *out, __int128 unscaled, int scale)
{
    char text[48];
    if (unscaled < 0) buffer_append_byte(out, '-');
    print_plain(out, decimal_digits(text, unscaled), scale);
}

/* BigDecimal.toString: exponent form when the first digit stands behind the sixth place. */
void cast_decimal_to_text(struct buffer *out, __int128 unscaled, int scale)
{
    char text[48];
    const char *digits = decimal_digits(text, unscaled);
    int exponent = (int)strlen(digits) - 1 - scale;
    if (unscaled < 0) buffer_append_byte(out, '-');
    if (exponent >= -6) print_plain(out, digits, scale);
    else buffer_printf(out, digits[1] ? "%c.%sE%d" : "%c%sE%d", digits[0], digits + 1, exponent);
}

/* ---- date and timestamp ---- */

static char *put_two(char *to, int value, char behind)
{
    to[0] = (char)('0' + value / 10);
    to[1] = (char)('0' + value % 10);
    to[2] = behind;
    return to + 3;
}

/* ISO: four digits, a sign in front of what does not fit them. */
static void print_year(struct buffer *out, int64_t year)
{
    if (year >= 0 && year <= 9999) {
        char text[5];
        put_two(text, (int)(year / 100), 0);
        put_two(text + 2, (int)(year % 100), '-');
        buffer_append(out, text, 5);
    } else {
        buffer_printf(out, "%c%04lld-", year < 0 ? '-' : '+', (long long)(year < 0 ? -year : year));
    }
}

static char *put_day(char *to, const struct civil *c, char behind)
{
    return put_two(put_two(to, c->month, '-'), c->day, behind);
}

void cast_timestamp_to_text(struct buffer *out, int64_t us)
{
    struct civil c = civil_from_us(us);
    print_year(out, c.year);
    char text[24], *at = put_day(text, &c, ' ');
    at = put_two(at, c.hour, ':');
    at = put_two(at, c.minute, ':');
    at = put_two(at, c.second, '.');
    if (c.us == 0) at--;
    for (int rest = c.us, unit = 100000; rest; rest %= unit, unit /= 10)
        *at++ = (char)('0' + rest / unit);
    buffer_append(out, text, (size_t)(at - text));
}

void cast_date_to_text(struct buffer *out, int32_t days)
{
    struct civil c = civil_from_days(days);
    print_year(out, c.year);
    char text[6];
    put_day(text, &c, 0);
    buffer_append(out, text, 5);
}
