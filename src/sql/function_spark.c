/* Kernels of spark_...: numbers that wrap, casts that give NULL, text counted as Spark counts it.
 * Rules: Apache Spark 3.5 with spark.sql.ansi.enabled=false and session zone UTC. */
#include "sql/function.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

/* ---- numbers ---- */

struct width { int bits; };
static const struct width byte_wide = {8}, short_wide = {16}, int_wide = {32}, long_wide = {64};

static int64_t lowest(const struct width *w)
{
    return w->bits == 64 ? INT64_MIN : -((int64_t)1 << (w->bits - 1));
}

static int64_t highest(const struct width *w)
{
    return w->bits == 64 ? INT64_MAX : ((int64_t)1 << (w->bits - 1)) - 1;
}

/* The low bits, as Java's narrowing casts keep them. */
static error wrap(const struct argument *a, struct result *r, const void *detail)
{
    const struct width *w = detail;
    int shift = 64 - w->bits;
    r->number = (int64_t)((uint64_t)a->number << shift) >> shift;
    return OK;
}

static error add(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    r->number = (int64_t)((uint64_t)a[0].number + (uint64_t)a[1].number);
    return OK;
}

static error subtract(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    r->number = (int64_t)((uint64_t)a[0].number - (uint64_t)a[1].number);
    return OK;
}

static error multiply(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    r->number = (int64_t)((uint64_t)a[0].number * (uint64_t)a[1].number);
    return OK;
}

/* Quotient towards zero; by zero: NULL. */
static error divide(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    if (!a[1].number) return no_result(r);
    r->number =
        a[1].number == -1 ? (int64_t)(0 - (uint64_t)a[0].number) : a[0].number / a[1].number;
    return OK;
}

static error modulus(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    if (!a[1].number) return no_result(r);
    r->number = a[1].number == -1 ? 0 : a[0].number % a[1].number;
    return OK;
}

static error float_modulus(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    if (a[1].real == 0) return no_result(r);
    r->real = fmod(a[0].real, a[1].real);
    return OK;
}

/* Of a sum kept in 128 bits: what 64 bits would have held. */
static error sum_wrap(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    r->number = (int64_t)(uint64_t)(unsigned __int128)a->big;
    return OK;
}

/* Java: not-a-number is 0, what is too large the largest; narrow types go by way of int. */
static error double_to_integer(const struct argument *a, struct result *r, const void *detail)
{
    const struct width *w = detail, *by = w->bits < 32 ? &int_wide : w;
    double v = a->real;
    r->number = isnan(v)                       ? 0
                : v <= (double)lowest(by)      ? lowest(by)
                : v >= (double)highest(by)     ? highest(by)
                                               : (int64_t)v;
    int shift = 64 - w->bits;
    r->number = (int64_t)((uint64_t)r->number << shift) >> shift;
    return OK;
}

/* Half away from zero, of the shortest decimal form; `to_even`: half to the even digit. */
static bool to_even = true;

static error round_double(const struct argument *a, struct result *r, const void *detail)
{
    double v = a[0].real;
    struct buffer text = {0};
    int digits = (int)a[1].number;
    r->real = v;
    if (!isfinite(v) || digits > 17 || fabs(v) >= 1e20 || digits < -18) return OK;
    long double scale = powl(10, digits), scaled, whole;
    cast_double_to_text(&text, v);
    scaled = strtold(buffer_text(&text), NULL) * scale;
    buffer_release(&text);
    whole = truncl(scaled);
    long double rest = fabsl(scaled - whole), near = 1e-9L;
    bool up = detail && fabsl(rest - 0.5L) < near ? fmodl(whole, 2) != 0 : rest > 0.5L - near;
    if (up) whole += scaled < 0 ? -1 : 1;
    r->real = (double)(whole / scale);
    return OK;
}

static error round_integer(const struct argument *a, struct result *r, const void *detail)
{
    int64_t unit = 1, digits = -a[1].number;
    (void)detail;
    r->number = a[0].number;
    if (digits <= 0) return OK;
    if (digits > 18) return r->number = 0, OK;
    while (digits--) unit *= 10;
    int64_t rest = a[0].number % unit;
    r->number = a[0].number - rest;
    if (llabs(rest) * 2 >= unit) r->number += rest < 0 ? -unit : unit;
    return OK;
}

static error to_binary_digits(const struct argument *a, struct result *r, const void *detail)
{
    char digits[65], *p = digits + 64;
    uint64_t v = (uint64_t)a->number;
    (void)detail;
    *p = 0;
    do *--p = (char)('0' + (v & 1)); while (v >>= 1);
    result_text(r, span_of(p));
    return OK;
}

static error to_hex_digits(const struct argument *a, struct result *r, const void *detail)
{
    char digits[24];
    (void)detail;
    snprintf(digits, sizeof digits, "%llX", (unsigned long long)a->number);
    result_text(r, span_of(digits));
    return OK;
}

/* ---- casts from and to text ---- */

static error text_integer(const struct argument *a, struct result *r, const void *detail)
{
    if (!cast_text_to_int(a->text, lowest(detail), highest(detail), &r->number))
        return no_result(r);
    return OK;
}

static error text_double(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    if (!cast_text_to_double(a->text, &r->real)) return no_result(r);
    return OK;
}

static error text_boolean(const struct argument *a, struct result *r, const void *detail)
{
    bool truth;
    (void)detail;
    if (!cast_text_to_bool(a->text, &truth)) return no_result(r);
    r->number = truth;
    return OK;
}

static error text_date(const struct argument *a, struct result *r, const void *detail)
{
    int32_t days;
    (void)detail;
    if (!cast_text_to_date(a->text, &days)) return no_result(r);
    r->number = days;
    return OK;
}

static error text_timestamp(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    if (!cast_text_to_timestamp(a->text, &r->number)) return no_result(r);
    return OK;
}

/* The decimal as text that DuckDB's CAST reads; the scale is an argument, so that one row serves.
 */
static error text_decimal(const struct argument *a, struct result *r, const void *detail)
{
    __int128 unscaled;
    (void)detail;
    if (!cast_text_to_decimal(a[0].text, (int)a[1].number, (int)a[2].number, &unscaled))
        return no_result(r);
    cast_decimal_to_text(&r->text, unscaled, (int)a[2].number);
    return OK;
}

static error double_text(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    cast_double_to_text(&r->text, a->real);
    return OK;
}

static error float_text(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    cast_float_to_text(&r->text, (float)a->real);
    return OK;
}

static error timestamp_text(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    cast_timestamp_to_text(&r->text, a->number);
    return OK;
}

/* ---- text ---- */

static size_t character_bytes(const char *p, const char *end)
{
    size_t n = 1;
    while (p + n < end && ((unsigned char)p[n] & 0xc0) == 0x80) n++;
    return n;
}

/* The part from character `from` (0...) of `count` characters. */
static span characters(span s, int64_t from, int64_t count)
{
    const char *p = s.data, *end = s.data + s.size, *start;
    for (; from > 0 && p < end; from--) p += character_bytes(p, end);
    for (start = p; count > 0 && p < end; count--) p += character_bytes(p, end);
    return (span){start, (size_t)(p - start)};
}

/* From 1; 0 is 1 too; negative: from the end. */
static error substring(const struct argument *a, struct result *r, const void *detail)
{
    int64_t size = (int64_t)utf8_count(a[0].text), from = a[1].number, count = a[2].number, end;
    (void)detail;
    from = from > 0 ? from - 1 : from < 0 ? size + from : 0;
    if (__builtin_add_overflow(from, count, &end)) end = count < 0 ? -1 : INT64_MAX;
    if (from < 0) from = 0;
    if (end > from) result_text(r, characters(a[0].text, from, end - from));
    return OK;
}

static const char *find(span text, span part)
{
    if (!part.size) return text.data;
    return text.size < part.size ? NULL : memmem(text.data, text.size, part.data, part.size);
}

/* Before the count-th delimiter; negative: behind the count-th from the end. */
static error substring_index(const struct argument *a, struct result *r, const void *detail)
{
    span s = a[0].text, by = a[1].text;
    int64_t count = a[2].number, found = 0, skip;
    (void)detail;
    if (!by.size || !count) return OK;
    span rest = s;
    for (const char *p; (p = find(rest, by)); found++)
        rest = (span){p + by.size, (size_t)(s.data + s.size - p) - by.size};
    skip = count > 0 ? count : found + count + 1;
    if ((count > 0 && found < count) || (count < 0 && skip <= 0)) return result_text(r, s), OK;
    rest = s;
    for (int64_t i = 0; i < skip; i++) {
        const char *p = find(rest, by);
        if (count > 0 && i == skip - 1)
            return result_text(r, (span){s.data, (size_t)(p - s.data)}), OK;
        rest = (span){p + by.size, (size_t)(s.data + s.size - p) - by.size};
    }
    result_text(r, rest);
    return OK;
}

/* Where `part` is in `text` from character `from` on; 0: nowhere. */
static error locate(const struct argument *a, struct result *r, const void *detail)
{
    span part = a[0].text, text = a[1].text;
    int64_t from = a[2].number;
    (void)detail;
    r->number = 0;
    if (from < 1) return OK;
    span rest = characters(text, from - 1, INT64_MAX);
    const char *p = find(rest, part);
    if (p) r->number = (int64_t)utf8_count((span){text.data, (size_t)(p - text.data)}) + 1;
    return OK;
}

/* Each word's first letter large, the others small; words are parted by blanks. */
static error initcap(const struct argument *a, struct result *r, const void *detail)
{
    bool first = true;
    (void)detail;
    for (size_t i = 0; i < a->text.size; i++) {
        unsigned char c = (unsigned char)a->text.data[i];
        buffer_append_byte(&r->text, (uint8_t)(c >= 0x80 ? c : first ? toupper(c) : tolower(c)));
        first = c == ' ';
    }
    return OK;
}

/* Java's replacement text ($1, \$) as RE2 writes it (\1, $). */
static error replacement(const struct argument *a, struct result *r, const void *detail)
{
    span s = a->text;
    (void)detail;
    for (size_t i = 0; i < s.size; i++) {
        char c = s.data[i];
        if (c == '$' && i + 1 < s.size && isdigit((unsigned char)s.data[i + 1])) c = '\\';
        else if (c == '\\' && i + 1 < s.size) c = s.data[++i];
        if (c == '\\' && s.data[i] == '\\') buffer_append_byte(&r->text, '\\');
        buffer_append_byte(&r->text, (uint8_t)c);
    }
    return OK;
}

/* Which item of a list parted by commas it is, from 1; 0: none. */
static error find_in_set(const struct argument *a, struct result *r, const void *detail)
{
    span part = a[0].text, rest = a[1].text;
    (void)detail;
    r->number = 0;
    if (memchr(part.data, ',', part.size)) return OK;
    for (int64_t i = 1;; i++) {
        const char *comma = memchr(rest.data, ',', rest.size);
        span item = {rest.data, comma ? (size_t)(comma - rest.data) : rest.size};
        if (span_equal(item, part)) return r->number = i, OK;
        if (!comma) return OK;
        rest = (span){comma + 1, rest.size - item.size - 1};
    }
}

static error split_part(const struct argument *a, struct result *r, const void *detail)
{
    span s = a[0].text, by = a[1].text, rest = s;
    int64_t want = a[2].number, count = 1;
    (void)detail;
    if (!want) return fail(ERR_USAGE, "INVALID_INDEX_OF_ZERO: the index of split_part is 0");
    if (!by.size) return want == 1 || want == -1 ? (result_text(r, s), OK) : OK;
    for (const char *p; (p = find(rest, by)); count++)
        rest = (span){p + by.size, (size_t)(s.data + s.size - p) - by.size};
    if (want < 0) want = count + want + 1;
    if (want < 1 || want > count) return OK;
    rest = s;
    for (int64_t i = 1;; i++) {
        const char *p = find(rest, by);
        span part = {rest.data, p ? (size_t)(p - rest.data) : rest.size};
        if (i == want) return result_text(r, part), OK;
        rest = (span){p + by.size, (size_t)(s.data + s.size - p) - by.size};
    }
}

const struct function_row spark_functions_of_sql[] = {
    {"spark_tinyint", "l>y", wrap, &byte_wide, 0},
    {"spark_smallint", "l>w", wrap, &short_wide, 0},
    {"spark_integer", "l>i", wrap, &int_wide, 0},
    {"spark_add", "ll>l", add, NULL, 0},
    {"spark_subtract", "ll>l", subtract, NULL, 0},
    {"spark_multiply", "ll>l", multiply, NULL, 0},
    {"spark_div", "ll>l", divide, NULL, 0},
    {"spark_modulus", "ll>l", modulus, NULL, 0},
    {"spark_fmod", "dd>d", float_modulus, NULL, 0},
    {"spark_sum", "h>l", sum_wrap, NULL, 0},
    {"spark_double_tinyint", "d>y", double_to_integer, &byte_wide, 0},
    {"spark_double_smallint", "d>w", double_to_integer, &short_wide, 0},
    {"spark_double_integer", "d>i", double_to_integer, &int_wide, 0},
    {"spark_double_bigint", "d>l", double_to_integer, &long_wide, 0},
    {"spark_round", "di>d", round_double, NULL, 0},
    {"spark_bround", "di>d", round_double, &to_even, 0},
    {"spark_round_bigint", "li>l", round_integer, NULL, 0},
    {"spark_bin", "l>s", to_binary_digits, NULL, 0},
    {"spark_hex", "l>s", to_hex_digits, NULL, 0},
    {"spark_text_tinyint", "s>y", text_integer, &byte_wide, 0},
    {"spark_text_smallint", "s>w", text_integer, &short_wide, 0},
    {"spark_text_integer", "s>i", text_integer, &int_wide, 0},
    {"spark_text_bigint", "s>l", text_integer, &long_wide, 0},
    {"spark_text_double", "s>d", text_double, NULL, 0},
    {"spark_text_real", "s>f", text_double, NULL, 0},
    {"spark_text_boolean", "s>q", text_boolean, NULL, 0},
    {"spark_text_date", "s>D", text_date, NULL, 0},
    {"spark_text_timestamp", "s>t", text_timestamp, NULL, 0},
    {"spark_text_decimal", "sii>s", text_decimal, NULL, 0},
    {"spark_double_text", "d>s", double_text, NULL, 0},
    {"spark_real_text", "f>s", float_text, NULL, 0},
    {"spark_timestamp_text", "t>s", timestamp_text, NULL, 0},
    {"spark_substring", "sll>s", substring, NULL, 0},
    {"spark_substring_index", "ssl>s", substring_index, NULL, 0},
    {"spark_locate", "ssl>i", locate, NULL, 0},
    {"spark_initcap", "s>s", initcap, NULL, 0},
    {"spark_replacement", "s>s", replacement, NULL, 0},
    {"spark_find_in_set", "ss>i", find_in_set, NULL, 0},
    {"spark_split_part", "ssi>s", split_part, NULL, 0},
    {0},
};
