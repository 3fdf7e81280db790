/* In: text. Out: the value Spark's non-ANSI cast reads from it (UTF8String.toLong, Cast,
 * Decimal.fromString, SparkDateTimeUtils), or false where that gives NULL. Two forms that Spark
 * takes are refused, because their value depends on the day or on the machine's time zone files:
 * a time without a date, and a zone that is a region ("Europe/Berlin"). */
#include "batch/internal.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Java's String.trim. */
static span trim_java(span s)
{
    while (s.size && (uint8_t)s.data[0] <= ' ') s.data++, s.size--;
    while (s.size && (uint8_t)s.data[s.size - 1] <= ' ') s.size--;
    return s;
}

/* UTF8String.trimAll: white space and control characters. */
static span trim_all(span s)
{
    while (s.size && ((uint8_t)s.data[0] <= ' ' || s.data[0] == 0x7F)) s.data++, s.size--;
    while (s.size && ((uint8_t)s.data[s.size - 1] <= ' ' || s.data[s.size - 1] == 0x7F)) s.size--;
    return s;
}

/* ---- integers and booleans ---- */

bool cast_text_to_int(span in, int64_t min, int64_t max, int64_t *out)
{
    in = trim_all(in);
    const char *at = in.data, *end = in.data + in.size;
    bool negative = in.size && *at == '-';
    if (in.size && (negative || *at == '+')) at++;
    if (at == end) return false;
    int64_t value = 0; /* negative, whose range is the wider one */
    for (; at < end && is_digit(*at); at++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, *at - '0', &value))
            return false;
    if (at < end && *at == '.') /* the fraction is cut */
        for (at++; at < end && is_digit(*at);) at++;
    if (at < end || (!negative && value == INT64_MIN)) return false;
    *out = negative ? value : -value;
    return *out >= min && *out <= max;
}

bool cast_text_to_bool(span in, bool *out)
{
    static const char *const words[][5] = {{"f", "false", "n", "no", "0"},
                                           {"t", "true", "y", "yes", "1"}};
    in = trim_all(in);
    for (int value = 0; value < 2; value++)
        for (int i = 0; i < 5; i++)
            if (span_equal_nocase(in, span_of(words[value][i]))) {
                *out = value;
                return true;
            }
    return false;
}

/* ---- numbers with a fraction ---- */

/* A decimal number: sign, digits with a point among or beside them, exponent. */
struct number {
    bool negative;
    const char *digits;      /* the first that is not zero, up to... */
    const char *digits_end;  /* ...the last one; a point may lie between */
    int64_t count;           /* of the digits in between, 0 for zero */
    int64_t fraction;        /* digits behind the point, of all */
    int64_t exponent;        /* as written, at most +-10^11 */
    const char *end;         /* of the number in the text */
};

enum { EXPONENT_CAP = 1000000000 };

static bool scan_exponent(const char *at, const char *end, struct number *out)
{
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    if (at == end || !is_digit(*at)) return false;
    for (; at < end && is_digit(*at); at++)
        if (out->exponent < (int64_t)EXPONENT_CAP * 10)
            out->exponent = out->exponent * 10 + (*at - '0');
    if (negative) out->exponent = -out->exponent;
    out->end = at;
    return true;
}

static bool scan_number(span in, struct number *out)
{
    const char *at = in.data, *end = in.data + in.size;
    *out = (struct number){.negative = in.size && *at == '-'};
    if (in.size && (*at == '-' || *at == '+')) at++;
    bool point = false, any = false;
    for (; at < end && (is_digit(*at) || (*at == '.' && !point)); at++) {
        if (*at == '.') {
            point = true;
            continue;
        }
        any = true;
        out->fraction += point;
        if (!out->digits && *at == '0') continue;
        if (!out->digits) out->digits = at;
        out->count++;
        out->digits_end = at + 1;
    }
    if (!any) return false;
    out->end = at;
    return at == end || (*at != 'e' && *at != 'E') || scan_exponent(at + 1, end, out);
}

/* Exact when the digits fit 2^53 and the power of ten is itself exact (Clinger's fast path). */
static bool number_exact(const struct number *n, double *out)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    int64_t exponent = n->exponent - n->fraction;
    if (n->count > 15 || exponent < -22 || exponent > 22) return false;
    int64_t value = 0;
    for (const char *at = n->digits; at < n->digits_end; at++)
        if (*at != '.') value = value * 10 + (*at - '0');
    double magnitude = exponent < 0 ? (double)value / powers[-exponent]
                                    : (double)value * powers[exponent];
    *out = n->negative ? -magnitude : magnitude;
    return true;
}

/* Java's hexadecimal form needs a binary exponent: 0x1.8p1. The sign is gone already. */
static bool is_hexadecimal(span in)
{
    size_t at = 2, digits = 0, points = 0;
    if (in.size < 3 || in.data[0] != '0' || (in.data[1] | 32) != 'x') return false;
    for (; at < in.size; at++) {
        char c = in.data[at];
        bool hex = is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f');
        if (!hex && (c != '.' || points++)) break;
        digits += hex;
    }
    if (!digits || at >= in.size || (in.data[at] | 32) != 'p') return false;
    at++;
    if (at < in.size && (in.data[at] == '-' || in.data[at] == '+')) at++;
    size_t start = at;
    while (at < in.size && is_digit(in.data[at])) at++;
    return at == in.size && at > start;
}

/* The C library rounds correctly; it wants a NUL behind the text. */
static double read_real(span in, bool single)
{
    char small[64], *text = in.size < sizeof small ? small : must_alloc(in.size + 1);
    memcpy(text, in.data, in.size);
    text[in.size] = '\0';
    double value = single ? (double)strtof(text, NULL) : strtod(text, NULL);
    if (text != small) free(text);
    return value;
}

static bool read_word(span in, double *out)
{
    bool sign = in.size && (in.data[0] == '-' || in.data[0] == '+');
    span word = sign ? (span){in.data + 1, in.size - 1} : in;
    if (span_equal_nocase(word, SPAN("inf")) || span_equal_nocase(word, SPAN("infinity")))
        *out = in.data[0] == '-' ? -INFINITY : INFINITY;
    else if (span_is(word, "NaN") || (!sign && span_equal_nocase(word, SPAN("nan"))))
        *out = NAN;
    else
        return false;
    return true;
}

static bool text_to_real(span in, bool single, double *out)
{
    in = trim_java(in);
    if (read_word(in, out)) return true;
    struct number n;
    bool suffix = in.size && strchr("fFdD", in.data[in.size - 1]) && in.data[in.size - 1];
    if (scan_number(in, &n) && (n.end == in.data + in.size ||
                                (suffix && n.end == in.data + in.size - 1))) {
        if (n.count == 0) *out = n.negative ? -0.0 : 0.0;
        else if (single || !number_exact(&n, out))
            *out = read_real((span){in.data, (size_t)(n.end - in.data)}, single);
        return true;
    }
    if (suffix) in.size--;
    size_t sign = in.size && (in.data[0] == '-' || in.data[0] == '+');
    if (!is_hexadecimal((span){in.data + sign, in.size - sign})) return false;
    *out = read_real(in, single);
    return true;
}

bool cast_text_to_double(span in, double *out)
{
    return text_to_real(in, false, out);
}

bool cast_text_to_float(span in, float *out)
{
    double value;
    if (!text_to_real(in, true, &value)) return false;
    *out = (float)value;
    return true;
}

/* Rounds half up at the scale: the first digit left out decides. */
static bool number_to_decimal(const struct number *n, int precision, int scale, __int128 *out)
{
    /* digits in front of the place 10^-scale: those written, then zeros */
    int64_t kept = n->count - n->fraction + n->exponent + scale;
    __int128 value = 0;
    if (n->count == 0 || kept < 0) {
        *out = 0;
        return true;
    }
    if (kept > precision) return false;
    const char *at = n->digits;
    for (int64_t i = 0; i <= kept; i++) {
        if (i < n->count && *at == '.') at++;
        int digit = i < n->count ? *at++ - '0' : 0;
        if (i < kept) value = value * 10 + digit;
        else value += digit >= 5;
    }
    if (value >= power_of_ten(precision)) return false;
    *out = n->negative ? -value : value;
    return true;
}

bool cast_text_to_decimal(span in, int precision, int scale, __int128 *out)
{
    in = trim_java(in);
    struct number n;
    if (!scan_number(in, &n) || n.end != in.data + in.size) return false;
    int64_t own_scale = n.fraction - n.exponent, digits = n.count ? n.count : 1;
    if (own_scale > INT32_MAX || own_scale < INT32_MIN || digits - own_scale > 38) return false;
    return number_to_decimal(&n, precision, scale, out);
}

/* ---- zones ---- */

static bool two_digits(const char *at, int max, int *out)
{
    if (!is_digit(at[0]) || !is_digit(at[1])) return false;
    *out = (at[0] - '0') * 10 + (at[1] - '0');
    return *out <= max;
}

/* Java's ZoneOffset.of (+hh, +hhmm, +hh:mm, +hhmmss, +hh:mm:ss, also +h) after Spark put the
 * missing zeros of +h: and :m in. At most 18 hours. */
static bool parse_offset(span in, int *seconds)
{
    char text[12];
    size_t size = 0;
    if (in.size < 2 || in.size > 9 || (in.data[0] != '+' && in.data[0] != '-')) return false;
    for (size_t i = 0; i < in.size; i++) {
        bool hour = i == 1 && (in.size == 2 || in.data[2] == ':');
        bool minute = i == in.size - 1 && i >= 3 && in.data[i - 1] == ':' && size == 4;
        if (hour || minute) text[size++] = '0';
        text[size++] = in.data[i];
        if (size > 9) return false;
    }
    bool colons = size == 6 || size == 9;
    int step = colons ? 3 : 2, hours = 0, minutes = 0, rest = 0;
    if (size != 3 && size != 5 && size != 7 && !colons) return false;
    if (colons && (text[3] != ':' || (size == 9 && text[6] != ':'))) return false;
    if (!two_digits(text + 1, 18, &hours)) return false;
    if (size > 3 && !two_digits(text + 1 + step, 59, &minutes)) return false;
    if (size > 6 && !two_digits(text + 1 + 2 * step, 59, &rest)) return false;
    *seconds = (hours * 60 + minutes) * 60 + rest;
    if (*seconds > 18 * 3600) return false;
    if (text[0] == '-') *seconds = -*seconds;
    return true;
}

static bool parse_zone(span in, int *seconds)
{
    static const struct {
        const char *name;
        int hours;
    } fixed[] = {{"Z", 0},       {"UTC", 0},     {"GMT", 0},    {"UT", 0},       {"EST", -5},
                 {"MST", -7},    {"HST", -10},   {"GMT0", 0},   {"UCT", 0},      {"Zulu", 0},
                 {"Universal", 0}, {"Greenwich", 0}, {"Etc/UTC", 0}, {"Etc/GMT", 0}};
    in = trim_java(in);
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (span_is(in, fixed[i].name)) {
            *seconds = fixed[i].hours * 3600;
            return true;
        }
    size_t prefix = span_starts(in, "UTC") || span_starts(in, "GMT") ? 3
                    : span_starts(in, "UT")                          ? 2
                                                                     : 0;
    return parse_offset((span){in.data + prefix, in.size - prefix}, seconds);
}

/* ---- timestamps and dates ---- */

static bool civil_valid(const struct civil *c)
{
    return c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= days_in_month(c->year, c->month) && c->hour <= 23 && c->minute <= 59 &&
           c->second <= 59;
}

/* The common shape, "2023-09-07 16:02:17" (or T), without the general walk. */
static bool parse_plain(span in, struct civil *c)
{
    const char *t = in.data;
    int century, year;
    if (in.size != 19 || t[4] != '-' || t[7] != '-' || (t[10] != ' ' && t[10] != 'T') ||
        t[13] != ':' || t[16] != ':')
        return false;
    bool ok = two_digits(t, 99, &century) && two_digits(t + 2, 99, &year) &&
              two_digits(t + 5, 99, &c->month) && two_digits(t + 8, 99, &c->day) &&
              two_digits(t + 11, 99, &c->hour) && two_digits(t + 14, 99, &c->minute) &&
              two_digits(t + 17, 99, &c->second);
    c->year = ok ? century * 100 + year : 0;
    c->us = 0;
    return ok;
}

/* Reads min..max digits. */
static bool take_digits(const char **at, const char *end, int min, int max, int *out)
{
    int count = 0;
    for (*out = 0; *at < end && is_digit(**at); ++*at, count++) {
        if (count == max) return false;
        *out = *out * 10 + (**at - '0');
    }
    return count >= min;
}

static bool take_char(const char **at, const char *end, const char *any_of)
{
    if (*at == end || !**at || !strchr(any_of, **at)) return false;
    ++*at;
    return true;
}

/* [+-]y{4,max}[-m[m][-d[d]]]; leaves *at behind, and says whether the day was there. */
static bool take_date(const char **at, const char *end, int year_digits, struct civil *c, bool *day)
{
    bool negative = *at < end && **at == '-';
    int year;
    take_char(at, end, "+-");
    *day = false;
    if (!take_digits(at, end, 4, year_digits, &year)) return false;
    c->year = negative ? -(int64_t)year : year;
    if (!take_char(at, end, "-")) return true;
    if (!take_digits(at, end, 1, 2, &c->month)) return false;
    if (!take_char(at, end, "-")) return true;
    *day = true;
    return take_digits(at, end, 1, 2, &c->day);
}

/* Digits behind the sixth are cut. */
static void take_fraction(const char **at, const char *end, int *us)
{
    for (int unit = 100000; *at < end && is_digit(**at); ++*at, unit /= 10)
        *us += (**at - '0') * unit;
}

/* h[h][:m[m][:s[s][.fraction][zone]]] */
static bool take_time(const char **at, const char *end, struct civil *c, int *zone)
{
    if (!take_digits(at, end, 1, 2, &c->hour)) return false;
    if (!take_char(at, end, ":")) return true;
    if (!take_digits(at, end, 1, 2, &c->minute)) return false;
    if (!take_char(at, end, ":")) return true;
    if (!take_digits(at, end, 1, 2, &c->second)) return false;
    if (take_char(at, end, ".")) take_fraction(at, end, &c->us);
    if (*at == end) return true;
    span rest = {*at, (size_t)(end - *at)};
    *at = end;
    return parse_zone(rest, zone);
}

bool cast_text_to_timestamp(span in, int64_t *us)
{
    in = trim_all(in);
    struct civil c = {.month = 1, .day = 1};
    int zone = 0;
    if (!parse_plain(in, &c)) {
        const char *at = in.data, *end = in.data + in.size;
        bool day;
        c = (struct civil){.month = 1, .day = 1};
        if (!take_date(&at, end, 6, &c, &day)) return false;
        if (day && at < end && (!take_char(&at, end, " T") || !take_time(&at, end, &c, &zone)))
            return false;
        if (at != end) return false;
    }
    if (!civil_valid(&c)) return false;
    int64_t seconds = days_from_civil(c.year, c.month, c.day) * 86400 + c.hour * 3600 +
                      c.minute * 60 + c.second - zone;
    __int128 total = (__int128)seconds * US_PER_SECOND + c.us;
    if (total < INT64_MIN || total > INT64_MAX) return false;
    *us = (int64_t)total;
    return true;
}

bool cast_text_to_date(span in, int32_t *days)
{
    in = trim_all(in);
    const char *at = in.data, *end = in.data + in.size;
    struct civil c = {.month = 1, .day = 1};
    bool day;
    if (!take_date(&at, end, 7, &c, &day)) return false;
    if (at < end && (!day || (*at != ' ' && *at != 'T')))
        return false; /* what follows is ignored */
    if (!civil_valid(&c)) return false;
    int64_t value = days_from_civil(c.year, c.month, c.day);
    if (value < INT32_MIN || value > INT32_MAX) return false;
    *days = (int32_t)value;
    return true;
}
