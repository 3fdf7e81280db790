/* In: one JSON scalar and a column's builder. Out: the value appended, or "does not fit".
 * One table per policy says what each column type takes:
 *   PERMISSIVE  Spark 3.1 - 3.5 from_json (JacksonParser.makeConverter)
 *   INFERRED    the JSON value's own type (bigint, double, boolean, string), then Spark's cast;
 *               integers and decimals come from the literal, so nothing is rounded on the way
 *   OPENX       the primitive object inspectors of the OpenX JSON SerDe
 * A value outside its column's range does not fit, under every policy (Spark would wrap). */
#include "decode/internal.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- numbers ---- */

bool number_to_int(const struct number *n, int64_t min, int64_t max, int64_t *out)
{
    if (!n->integer || !n->exact || n->exponent != 0) return false;
    if (n->digits > (uint64_t)INT64_MAX + n->negative) return false;
    int64_t value = n->negative ? (int64_t)-n->digits : (int64_t)n->digits;
    if (value < min || value > max) return false;
    *out = value;
    return true;
}

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", NULL);
    CHECK(c_locale != NULL);
}

enum {
    DIGITS_MAX = 770, /* no more than 767 digits decide how a double rounds; then a sticky one */
    EXPONENT_BEYOND = 99999 /* every double is 0 or infinite here, whatever its digits */
};

/* The literal as digits and exponent, short enough to be bounded and exact enough to round right.
 * n->exponent counts from the 19th digit when there are more. */
static void number_text(const struct number *n, char out[DIGITS_MAX + 32])
{
    int64_t exponent = n->exponent;
    size_t size = 0, seen = 0;
    bool sticky = false;
    if (n->exact) {
        size = (size_t)sprintf(out, "%llu", (unsigned long long)n->digits);
    } else {
        for (size_t i = 0; i < n->text.size && (n->text.data[i] | 0x20) != 'e'; i++) {
            char c = n->text.data[i];
            if (!is_digit(c) || (seen == 0 && c == '0')) continue;
            seen++;
            if (size < DIGITS_MAX) out[size++] = c;
            else sticky |= c != '0';
        }
        exponent -= (int64_t)size - 19;
        if (sticky) {
            out[size++] = '1';
            exponent--;
        }
    }
    if (exponent > EXPONENT_BEYOND) exponent = EXPONENT_BEYOND;
    if (exponent < -EXPONENT_BEYOND) exponent = -EXPONENT_BEYOND;
    sprintf(out + size, "e%d", (int)exponent);
}

/* Powers of ten that a double holds exactly. */
static const double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
enum { TEN_MAX = 22, FIVE_MAX = 27 };
/* Those of five that 63 bits hold. */
/* clang-format off */
static const uint64_t powers_of_five[FIVE_MAX + 1] = {
    1u, 5u, 25u, 125u, 625u, 3125u, 15625u, 78125u, 390625u, 1953125u, 9765625u, 48828125u,
    244140625u, 1220703125u, 6103515625u, 30517578125u, 152587890625u, 762939453125u,
    3814697265625u, 19073486328125u, 95367431640625u, 476837158203125u, 2384185791015625u,
    11920928955078125u, 59604644775390625u, 298023223876953125u, 1490116119384765625u,
    7450580596923828125u,
};
/* clang-format on */

/* m * 2^exponent (plus something smaller when sticky) to `bits` bits, half to even. The callers'
 * range keeps it normal. When sticky, m has more than 64 bits. */
static double round_bits(unsigned __int128 m, bool sticky, int exponent, int bits)
{
    uint64_t high = (uint64_t)(m >> 64);
    if (high) {
        int drop = 64 - __builtin_clzll(high);
        sticky |= (m & (((unsigned __int128)1 << drop) - 1)) != 0;
        m >>= drop;
        exponent += drop;
    }
    uint64_t top = (uint64_t)m;
    int zeros = __builtin_clzll(top), drop = 64 - bits;
    top <<= zeros;
    uint64_t rest = top << bits, half = (uint64_t)1 << 63;
    top >>= drop;
    top += rest > half || (rest == half && (sticky || (top & 1)));
    return ldexp((double)top, exponent - zeros + drop);
}

/* digits * 10^exponent as digits * 5^e * 2^e, exact in 128 bits until it is rounded. */
static double round_number(const struct number *n, int bits)
{
    int e = (int)n->exponent;
    if (n->digits == 0) return 0;
    if (e >= 0) return round_bits((unsigned __int128)n->digits * powers_of_five[e], false, e, bits);
    int zeros = __builtin_clzll(n->digits);
    unsigned __int128 numerator = (unsigned __int128)(n->digits << zeros) << 64;
    unsigned __int128 quotient = numerator / powers_of_five[-e];
    bool sticky = quotient * powers_of_five[-e] != numerator;
    return round_bits(quotient, sticky, e - zeros - 64, bits);
}

/* Jackson reads the literal -0 as the integer zero, which has no sign; -0.0 keeps it. */
static bool number_signed(const struct number *n)
{
    return n->negative && !(n->integer && n->digits == 0);
}

double number_to_double(const struct number *n)
{
    double value;
    if (n->exact && n->digits <= (uint64_t)1 << 53 && n->exponent >= -TEN_MAX &&
        n->exponent <= TEN_MAX) {
        /* both operands are exact, so one rounding: the right one (Clinger 1990) */
        value = (double)n->digits;
        value = n->exponent < 0 ? value / powers_of_ten[-n->exponent]
                                : value * powers_of_ten[n->exponent];
    } else if (n->exact && n->exponent >= -FIVE_MAX && n->exponent <= FIVE_MAX) {
        value = round_number(n, 53);
    } else {
        char text[DIGITS_MAX + 32];
        pthread_once(&c_locale_once, make_c_locale);
        number_text(n, text);
        value = strtod_l(text, NULL, c_locale);
    }
    return number_signed(n) ? -value : value;
}

float number_to_float(const struct number *n)
{
    float value;
    if (n->exact && n->exponent >= -FIVE_MAX && n->exponent <= FIVE_MAX) {
        value = (float)round_number(n, 24); /* no second rounding: it is a float or infinite */
    } else {
        char text[DIGITS_MAX + 32];
        pthread_once(&c_locale_once, make_c_locale);
        number_text(n, text);
        value = strtof_l(text, NULL, c_locale);
    }
    return number_signed(n) ? -value : value;
}

/* ---- what every policy shares ---- */

struct range integer_range(enum type_kind kind)
{
    static const struct range ranges[] = {[TYPE_TINYINT] = {INT8_MIN, INT8_MAX},
                                          [TYPE_SMALLINT] = {INT16_MIN, INT16_MAX},
                                          [TYPE_INT] = {INT32_MIN, INT32_MAX},
                                          [TYPE_BIGINT] = {INT64_MIN, INT64_MAX}};
    return ranges[kind];
}

static bool append_in_range(struct builder *to, int64_t value)
{
    struct range range = integer_range(to->kind);
    if (value < range.min || value > range.max) return false;
    builder_int(to, value);
    return true;
}

static bool append_timestamp(struct builder *to, int64_t count, int64_t us_each)
{
    int64_t us;
    if (__builtin_mul_overflow(count, us_each, &us)) return false;
    builder_int(to, us);
    return true;
}

static bool text_to_string(struct builder *to, span text, struct buffer *scratch)
{
    (void)scratch;
    builder_bytes(to, text);
    return true;
}

static bool text_to_timestamp(struct builder *to, span text, struct buffer *scratch)
{
    int64_t us;
    (void)scratch;
    if (!cast_text_to_timestamp(text, &us)) return false;
    builder_int(to, us);
    return true;
}

/* Base64 with padding; blanks between groups of four are allowed (MIME). */
static bool text_from_base64(struct builder *to, span text, struct buffer *scratch)
{
    char *p;
    size_t size = 0;
    buffer_reset(scratch);
    buffer_reserve(scratch, text.size + 1);
    p = scratch->data;
    for (size_t i = 0; i < text.size; i++) {
        if ((uint8_t)text.data[i] > ' ') p[size++] = text.data[i];
        else if (size % 4 != 0) return false;
    }
    if (base64_decode(p, &size, (span){p, size}) != OK) return false; /* in place: it shrinks */
    builder_bytes(to, (span){p, size});
    return true;
}

static bool number_to_integer(struct builder *to, const struct number *n, struct buffer *scratch)
{
    int64_t value;
    struct range range = integer_range(to->kind);
    (void)scratch;
    if (!number_to_int(n, range.min, range.max, &value)) return false;
    builder_int(to, value);
    return true;
}

static bool number_to_real(struct builder *to, const struct number *n, struct buffer *scratch)
{
    (void)scratch;
    builder_double(to, to->kind == TYPE_FLOAT ? (double)number_to_float(n) : number_to_double(n));
    return true;
}

static bool number_to_decimal(struct builder *to, const struct number *n, struct buffer *scratch)
{
    __int128 unscaled;
    (void)scratch;
    if (!cast_text_to_decimal(n->text, to->type->precision, to->type->scale, &unscaled))
        return false;
    builder_decimal(to, unscaled);
    return true;
}

static bool number_to_string(struct builder *to, const struct number *n, struct buffer *scratch)
{
    buffer_reset(scratch);
    json_copy_number(n, scratch);
    return text_to_string(to, buffer_span(scratch), scratch);
}

static bool boolean_to_boolean(struct builder *to, bool value)
{
    builder_bool(to, value);
    return true;
}

static bool boolean_to_string(struct builder *to, bool value)
{
    builder_bytes(to, value ? SPAN("true") : SPAN("false"));
    return true;
}

/* ---- PERMISSIVE ---- */

/* Besides numbers only the spellings that JSON has no literal for. */
static bool permissive_text_to_real(struct builder *to, span text, struct buffer *scratch)
{
    (void)scratch;
    if (span_is(text, "NaN")) builder_double(to, NAN);
    else if (span_is(text, "Infinity") || span_is(text, "+Infinity") || span_is(text, "+INF"))
        builder_double(to, INFINITY);
    else if (span_is(text, "-Infinity") || span_is(text, "-INF")) builder_double(to, -INFINITY);
    else return false;
    return true;
}

/* BigDecimal of the text without its thousands commas; unlike a cast, blanks are not trimmed. */
static bool permissive_text_to_decimal(struct builder *to, span text, struct buffer *scratch)
{
    __int128 unscaled;
    buffer_reset(scratch);
    for (size_t i = 0; i < text.size; i++) {
        if ((uint8_t)text.data[i] <= ' ') return false;
        if (text.data[i] != ',') buffer_append_byte(scratch, (uint8_t)text.data[i]);
    }
    if (!cast_text_to_decimal(buffer_span(scratch), to->type->precision, to->type->scale,
                              &unscaled))
        return false;
    builder_decimal(to, unscaled);
    return true;
}

/* Spark drops every "GMT" before it reads a date or time. */
static span without_gmt(span text, struct buffer *scratch)
{
    if (!memmem(text.data, text.size, "GMT", 3)) return text;
    buffer_reset(scratch);
    while (text.size) {
        size_t skip = span_starts(text, "GMT") ? 3 : 0;
        if (!skip) buffer_append_byte(scratch, (uint8_t)*text.data);
        text.data += skip ? skip : 1;
        text.size -= skip ? skip : 1;
    }
    return buffer_span(scratch);
}

static bool permissive_text_to_timestamp(struct builder *to, span text, struct buffer *scratch)
{
    return text_to_timestamp(to, text, scratch) ||
           text_to_timestamp(to, without_gmt(text, scratch), scratch);
}

/* A date, or (as Spark 1.5 wrote them) the days since 1970 as text. */
static bool permissive_text_to_date(struct builder *to, span text, struct buffer *scratch)
{
    int32_t days;
    int64_t number;
    bool plus = text.size > 1 && text.data[0] == '+' && text.data[1] != '-';
    if (cast_text_to_date(text, &days) || cast_text_to_date(without_gmt(text, scratch), &days))
        builder_int(to, days);
    else if (parse_int64(plus ? (span){text.data + 1, text.size - 1} : text, &number) &&
             number >= INT32_MIN && number <= INT32_MAX)
        builder_int(to, number);
    else return false;
    return true;
}

static bool permissive_number_to_timestamp(struct builder *to, const struct number *n,
                                           struct buffer *scratch)
{
    int64_t seconds;
    (void)scratch;
    return number_to_int(n, INT64_MIN, INT64_MAX, &seconds) &&
           append_timestamp(to, seconds, US_PER_SECOND);
}

static const struct conversion permissive[] = {
    /*                  text                          number                          boolean */
    [TYPE_BOOLEAN] = {NULL, NULL, boolean_to_boolean},
    [TYPE_TINYINT] = {NULL, number_to_integer, NULL},
    [TYPE_SMALLINT] = {NULL, number_to_integer, NULL},
    [TYPE_INT] = {NULL, number_to_integer, NULL},
    [TYPE_BIGINT] = {NULL, number_to_integer, NULL},
    [TYPE_FLOAT] = {permissive_text_to_real, number_to_real, NULL},
    [TYPE_DOUBLE] = {permissive_text_to_real, number_to_real, NULL},
    [TYPE_DECIMAL] = {permissive_text_to_decimal, number_to_decimal, NULL},
    [TYPE_STRING] = {text_to_string, number_to_string, boolean_to_string},
    [TYPE_CHAR] = {text_to_string, number_to_string, boolean_to_string},
    [TYPE_VARCHAR] = {text_to_string, number_to_string, boolean_to_string},
    [TYPE_BINARY] = {text_from_base64, NULL, NULL},
    [TYPE_DATE] = {permissive_text_to_date, NULL, NULL},
    [TYPE_TIMESTAMP] = {permissive_text_to_timestamp, permissive_number_to_timestamp, NULL},
};

/* ---- INFERRED: Spark's casts ---- */

static bool cast_text_boolean(struct builder *to, span text, struct buffer *scratch)
{
    bool value;
    (void)scratch;
    if (!cast_text_to_bool(text, &value)) return false;
    builder_bool(to, value);
    return true;
}

static bool cast_text_integer(struct builder *to, span text, struct buffer *scratch)
{
    int64_t value;
    struct range range = integer_range(to->kind);
    (void)scratch;
    if (!cast_text_to_int(text, range.min, range.max, &value)) return false;
    builder_int(to, value);
    return true;
}

/* Text that is a JSON number is rounded once, to the column's own width. */
static bool cast_text_real(struct builder *to, span text, struct buffer *scratch)
{
    double value;
    struct number number;
    struct json_scanner s = {.at = text.data, .start = text.data, .end = text.data + text.size};
    bool single =
        to->kind == TYPE_FLOAT && text.size && (is_digit(*text.data) || *text.data == '-');
    if (single && scan_number(&s, text.data, &number) == s.end && number.digits)
        return number_to_real(to, &number, scratch);
    if (!cast_text_to_double(text, &value)) return false;
    builder_double(to, value);
    return true;
}

static bool cast_text_decimal(struct builder *to, span text, struct buffer *scratch)
{
    __int128 unscaled;
    (void)scratch;
    if (!cast_text_to_decimal(text, to->type->precision, to->type->scale, &unscaled)) return false;
    builder_decimal(to, unscaled);
    return true;
}

static bool cast_text_date(struct builder *to, span text, struct buffer *scratch)
{
    int32_t days;
    (void)scratch;
    if (!cast_text_to_date(text, &days)) return false;
    builder_int(to, days);
    return true;
}

static bool cast_number_boolean(struct builder *to, const struct number *n, struct buffer *scratch)
{
    (void)scratch;
    builder_bool(to, number_to_double(n) != 0);
    return true;
}

/* The whole part of a double that lies inside (-2^63, 2^63). */
static bool double_whole(double value, int64_t *out)
{
    if (!(value > -0x1p63 && value < 0x1p63)) return false;
    *out = (int64_t)value;
    return true;
}

/* A fraction is cut. */
static bool cast_number_integer(struct builder *to, const struct number *n, struct buffer *scratch)
{
    int64_t value;
    if (n->integer) return number_to_integer(to, n, scratch);
    return double_whole(number_to_double(n), &value) && append_in_range(to, value);
}

/* Seconds; microseconds are cut. */
static bool cast_number_timestamp(struct builder *to, const struct number *n,
                                  struct buffer *scratch)
{
    int64_t us;
    if (n->integer) return permissive_number_to_timestamp(to, n, scratch);
    if (!double_whole(number_to_double(n) * (double)US_PER_SECOND, &us)) return false;
    builder_int(to, us);
    return true;
}

/* Big endian: four bytes where an int holds it, else eight. */
static bool cast_number_binary(struct builder *to, const struct number *n, struct buffer *scratch)
{
    int64_t value;
    char bytes[8];
    (void)scratch;
    if (!number_to_int(n, INT64_MIN, INT64_MAX, &value)) return false;
    size_t skip = value >= INT32_MIN && value <= INT32_MAX ? 4 : 0;
    put_be64(bytes, (uint64_t)value);
    builder_bytes(to, (span){bytes + skip, sizeof bytes - skip});
    return true;
}

static bool cast_boolean_integer(struct builder *to, bool value)
{
    builder_int(to, value);
    return true;
}

static bool cast_boolean_real(struct builder *to, bool value)
{
    builder_double(to, value);
    return true;
}

static bool cast_boolean_decimal(struct builder *to, bool value)
{
    __int128 unscaled;
    if (!cast_text_to_decimal(value ? SPAN("1") : SPAN("0"), to->type->precision, to->type->scale,
                              &unscaled))
        return false;
    builder_decimal(to, unscaled);
    return true;
}

static const struct conversion inferred[] = {
    [TYPE_BOOLEAN] = {cast_text_boolean, cast_number_boolean, boolean_to_boolean},
    [TYPE_TINYINT] = {cast_text_integer, cast_number_integer, cast_boolean_integer},
    [TYPE_SMALLINT] = {cast_text_integer, cast_number_integer, cast_boolean_integer},
    [TYPE_INT] = {cast_text_integer, cast_number_integer, cast_boolean_integer},
    [TYPE_BIGINT] = {cast_text_integer, cast_number_integer, cast_boolean_integer},
    [TYPE_FLOAT] = {cast_text_real, number_to_real, cast_boolean_real},
    [TYPE_DOUBLE] = {cast_text_real, number_to_real, cast_boolean_real},
    [TYPE_DECIMAL] = {cast_text_decimal, number_to_decimal, cast_boolean_decimal},
    [TYPE_STRING] = {text_to_string, number_to_string, boolean_to_string},
    [TYPE_CHAR] = {text_to_string, number_to_string, boolean_to_string},
    [TYPE_VARCHAR] = {text_to_string, number_to_string, boolean_to_string},
    [TYPE_BINARY] = {text_to_string, cast_number_binary, NULL},
    [TYPE_DATE] = {cast_text_date, NULL, NULL},
    /* true is 1 microsecond */
    [TYPE_TIMESTAMP] = {text_to_timestamp, cast_number_timestamp, cast_boolean_integer},
};

/* ---- OPENX ---- */

/* Any text but "true" is false. */
static bool openx_text_to_boolean(struct builder *to, span text, struct buffer *scratch)
{
    (void)scratch;
    builder_bool(to, span_equal_nocase(text, SPAN("true")));
    return true;
}

static bool parse_hex(span text, int64_t *out)
{
    uint64_t value = 0;
    if (text.size == 0 || text.size > 16) return false;
    for (size_t i = 0; i < text.size; i++) {
        char c = (char)(text.data[i] | 0x20);
        if (!is_digit(text.data[i]) && (c < 'a' || c > 'f')) return false;
        value = value << 4 | (uint64_t)(is_digit(text.data[i]) ? text.data[i] - '0' : c - 'a' + 10);
    }
    *out = (int64_t)value;
    return value <= INT64_MAX;
}

/* Java's parseInt and the like (no blanks, no fraction), or hexadecimal behind 0x. */
static bool openx_text_to_integer(struct builder *to, span text, struct buffer *scratch)
{
    int64_t value;
    (void)scratch;
    if (span_starts(text, "0x") || span_starts(text, "0X")) {
        if (!parse_hex((span){text.data + 2, text.size - 2}, &value)) return false;
    } else {
        bool plus = text.size > 1 && text.data[0] == '+' && text.data[1] != '-';
        if (!parse_int64(plus ? (span){text.data + 1, text.size - 1} : text, &value)) return false;
    }
    return append_in_range(to, value);
}

static bool openx_text_to_date(struct builder *to, span text, struct buffer *scratch)
{
    int dashes = 0;
    for (size_t i = 0; i < text.size; i++) {
        dashes += text.data[i] == '-';
        if (text.data[i] != '-' && !is_digit(text.data[i])) return false;
    }
    return dashes == 2 && text.size <= sizeof "yyyy-mm-dd" - 1 && cast_text_date(to, text, scratch);
}

/* Seconds with a fraction as text; cut to microseconds by the caller's choice of digits. */
static bool openx_seconds(struct builder *to, span text)
{
    __int128 us;
    if (!cast_text_to_decimal(text, 24, 6, &us)) return false;
    if (us < INT64_MIN || us > INT64_MAX) return false;
    builder_int(to, (int64_t)us);
    return true;
}

/* Whole numbers of 13 digits and more are milliseconds, shorter ones seconds. */
static bool openx_whole(struct builder *to, span text)
{
    int64_t value;
    size_t digits = text.size - (text.data[0] == '-');
    if (!parse_int64(text, &value)) return false;
    return append_timestamp(to, value, digits >= 13 ? US_PER_MS : US_PER_SECOND);
}

/* With ':' a timestamp text (which begins with a date), else a number of (milli)seconds. */
static bool openx_text_to_timestamp(struct builder *to, span text, struct buffer *scratch)
{
    if (text.size == 0) return false;
    if (memchr(text.data, ':', text.size)) {
        const char *colon = memchr(text.data, ':', text.size);
        return memchr(text.data + 1, '-', (size_t)(colon - text.data)) != NULL &&
               text_to_timestamp(to, text, scratch);
    }
    if (memchr(text.data, '.', text.size)) return openx_seconds(to, text);
    return openx_whole(to, text);
}

static bool openx_number_to_timestamp(struct builder *to, const struct number *n,
                                      struct buffer *scratch)
{
    (void)scratch;
    return n->integer ? openx_whole(to, n->text) : openx_seconds(to, n->text);
}

static bool openx_number_to_string(struct builder *to, const struct number *n,
                                   struct buffer *scratch)
{
    return text_to_string(to, n->text, scratch);
}

static const struct conversion openx[] = {
    [TYPE_BOOLEAN] = {openx_text_to_boolean, NULL, boolean_to_boolean},
    [TYPE_TINYINT] = {openx_text_to_integer, cast_number_integer, NULL},
    [TYPE_SMALLINT] = {openx_text_to_integer, cast_number_integer, NULL},
    [TYPE_INT] = {openx_text_to_integer, cast_number_integer, NULL},
    [TYPE_BIGINT] = {openx_text_to_integer, cast_number_integer, NULL},
    [TYPE_FLOAT] = {cast_text_real, number_to_real, NULL},
    [TYPE_DOUBLE] = {cast_text_real, number_to_real, NULL},
    [TYPE_DECIMAL] = {cast_text_decimal, number_to_decimal, NULL},
    [TYPE_STRING] = {text_to_string, openx_number_to_string, boolean_to_string},
    [TYPE_CHAR] = {text_to_string, openx_number_to_string, boolean_to_string},
    [TYPE_VARCHAR] = {text_to_string, openx_number_to_string, boolean_to_string},
    [TYPE_BINARY] = {text_from_base64, NULL, NULL},
    [TYPE_DATE] = {openx_text_to_date, NULL, NULL},
    [TYPE_TIMESTAMP] = {openx_text_to_timestamp, openx_number_to_timestamp, NULL},
};

const struct conversion *conversion_of(enum decode_policy policy, enum type_kind kind)
{
    static const struct conversion *const tables[] = {permissive, inferred, openx};
    CHECK((unsigned)policy <= DECODE_OPENX && kind < TYPE_ARRAY);
    return &tables[policy][kind];
}

const struct conversion *conversion_from_text(enum type_kind kind)
{
    static const struct conversion timestamp = {text_to_timestamp, NULL, NULL};
    CHECK(kind == TYPE_TIMESTAMP);
    return &timestamp;
}

enum direct direct_of(const struct conversion *c)
{
    if (c->number == number_to_integer || c->number == cast_number_integer) return DIRECT_INTEGER;
    if (c->number == number_to_real) return DIRECT_REAL;
    if (c->text == text_to_string) return DIRECT_TEXT;
    if (c->text == text_to_timestamp || c->text == permissive_text_to_timestamp ||
        c->text == openx_text_to_timestamp)
        return DIRECT_TIMESTAMP;
    return DIRECT_NONE;
}
