/* Trino's dates and times: texts of each precision, MySQL's and Joda's patterns, ISO 8601, and
 * timestamps that carry their own zone, packed in 64 bits: milliseconds, then 12 bits of the offset
 * in minutes plus 2048 (0 is UTC). */
#include "sql/function.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { OFFSET_BITS = 12, OFFSET_ZERO = 2048, DIGITS_MAX = 6 };

static const char *const month_names[] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};
static const char *const day_names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sunday"};

static error invalid(const char *what)
{
    return fail(ERR_USAGE, "INVALID_FUNCTION_ARGUMENT: %s", what);
}

static error no_cast(span text, const char *type)
{
    return fail(ERR_USAGE, "INVALID_CAST_ARGUMENT: Value cannot be cast to %s: %.*s", type,
                (int)(text.size > 200 ? 200 : text.size), text.data);
}

/* ---- rounding and texts ---- */

static int64_t round_to(int64_t us, int64_t digits)
{
    int64_t unit = 1;
    for (int64_t i = digits; i < DIGITS_MAX; i++) unit *= 10;
    return floor_div(us + unit / 2, unit) * unit;
}

static error round_timestamp(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    r->number = round_to(a[0].number, a[1].number);
    return OK;
}

static error round_time(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    r->number = round_to(a[0].number, a[1].number) % US_PER_DAY;
    return OK;
}

static void clock_print(struct buffer *out, int64_t us, int digits)
{
    buffer_printf(out, "%02d:%02d:%02d", (int)(us / 3600000000), (int)(us / 60000000 % 60),
                  (int)(us / 1000000 % 60));
    if (digits) {
        char fraction[16];
        snprintf(fraction, sizeof fraction, "%06d", (int)(us % 1000000));
        buffer_printf(out, ".%.*s", digits, fraction);
    }
}

static void local_print(struct buffer *out, int64_t us, int digits)
{
    struct civil c = civil_from_us(us);
    buffer_printf(out, "%04lld-%02d-%02d ", (long long)c.year, c.month, c.day);
    clock_print(out, us - floor_div(us, US_PER_DAY) * US_PER_DAY, digits);
}

static error timestamp_text(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    local_print(&r->text, a[0].number, (int)a[1].number);
    return OK;
}

static error time_text(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    clock_print(&r->text, a[0].number, (int)a[1].number);
    return OK;
}

static void offset_print(struct buffer *out, int minutes)
{
    int size = minutes < 0 ? -minutes : minutes;
    buffer_printf(out, "%c%02d:%02d", minutes < 0 ? '-' : '+', size / 60, size % 60);
}

static error offset_text(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    if (!a->number) result_text(r, SPAN("Z"));
    else offset_print(&r->text, (int)a->number);
    return OK;
}

/* ---- reading ---- */

struct reader_of_text {
    const char *p, *end;
};

static bool number_take(struct reader_of_text *t, int most, int *out)
{
    int digits = 0;
    for (*out = 0; t->p < t->end && isdigit((unsigned char)*t->p) && digits < most;
         t->p++, digits++)
        *out = *out * 10 + (*t->p - '0');
    return digits > 0;
}

static bool byte_take(struct reader_of_text *t, char c)
{
    if (t->p >= t->end || *t->p != c) return false;
    t->p++;
    return true;
}

static bool date_take(struct reader_of_text *t, struct civil *c)
{
    int year;
    bool negative = byte_take(t, '-');
    if (!number_take(t, 6, &year) || !byte_take(t, '-') || !number_take(t, 2, &c->month) ||
        !byte_take(t, '-') || !number_take(t, 2, &c->day))
        return false;
    c->year = negative ? -year : year;
    return c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= days_in_month(c->year, c->month);
}

/* More digits than six are rounded. */
static void fraction_take(struct reader_of_text *t, struct civil *c)
{
    int scale = 1000000;
    bool up = false;
    for (int i = 0; t->p < t->end && isdigit((unsigned char)*t->p); t->p++, i++) {
        if (i == DIGITS_MAX) up = *t->p >= '5';
        else if (i < DIGITS_MAX) c->us += (*t->p - '0') * (scale /= 10);
    }
    c->us += up;
}

static bool clock_take(struct reader_of_text *t, struct civil *c)
{
    if (!number_take(t, 2, &c->hour) || !byte_take(t, ':') || !number_take(t, 2, &c->minute))
        return false;
    if (byte_take(t, ':')) {
        if (!number_take(t, 2, &c->second)) return false;
        if (byte_take(t, '.')) fraction_take(t, c);
    }
    return c->hour < 24 && c->minute < 60 && c->second < 60;
}

/* +02:00, +0200, +02, Z, UTC */
static bool zone_take(struct reader_of_text *t, int *minutes)
{
    int hours, rest = 0;
    *minutes = 0;
    if (byte_take(t, 'Z')) return true;
    if (t->end - t->p >= 3 && memcmp(t->p, "UTC", 3) == 0) {
        t->p += 3;
        return true;
    }
    bool negative = t->p < t->end && *t->p == '-';
    if (!negative && (t->p >= t->end || *t->p != '+')) return false;
    t->p++;
    if (!number_take(t, 2, &hours)) return false;
    byte_take(t, ':');
    if (t->p < t->end && !number_take(t, 2, &rest)) return false;
    *minutes = (hours * 60 + rest) * (negative ? -1 : 1);
    return hours <= 14 && rest < 60;
}

static error text_date(const struct argument *a, struct result *r, const void *detail)
{
    span text = span_trim(a->text);
    struct reader_of_text t = {text.data, text.data + text.size};
    struct civil c = {0};
    (void)detail;
    if (!date_take(&t, &c) || t.p != t.end) return no_cast(a->text, "date");
    r->number = days_from_civil(c.year, c.month, c.day);
    return OK;
}

static error text_timestamp(const struct argument *a, struct result *r, const void *detail)
{
    span text = span_trim(a[0].text);
    struct reader_of_text t = {text.data, text.data + text.size};
    struct civil c = {0};
    (void)detail;
    bool good = date_take(&t, &c);
    if (good && t.p < t.end && (byte_take(&t, ' ') || byte_take(&t, 'T')))
        good = clock_take(&t, &c);
    if (!good || t.p != t.end) return no_cast(a[0].text, "timestamp");
    r->number = round_to(us_from_civil(&c), a[1].number);
    return OK;
}

static error text_time(const struct argument *a, struct result *r, const void *detail)
{
    struct reader_of_text t = {a[0].text.data, a[0].text.data + a[0].text.size};
    struct civil c = {.year = 1970, .month = 1, .day = 1};
    (void)detail;
    if (!clock_take(&t, &c) || t.p != t.end) return no_cast(a[0].text, "time");
    r->number = round_to(us_from_civil(&c), a[1].number) % US_PER_DAY;
    return OK;
}

/* ---- packed: an instant and its zone ---- */

static int64_t pack(int64_t us, int minutes)
{
    int64_t ms = floor_div(us, US_PER_MS);
    return (int64_t)((uint64_t)ms << OFFSET_BITS) | (minutes + OFFSET_ZERO);
}

static int64_t packed_us(int64_t packed)
{
    return (packed >> OFFSET_BITS) * US_PER_MS;
}

static int packed_minutes(int64_t packed)
{
    return (int)(packed & ((1 << OFFSET_BITS) - 1)) - OFFSET_ZERO;
}

static error pack_zone(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    r->number = pack(a[0].number, (int)a[1].number);
    return OK;
}

static error packed_instant(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    r->number = packed_us(a->number);
    return OK;
}

static error packed_local(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    r->number = packed_us(a->number) + (int64_t)packed_minutes(a->number) * 60 * US_PER_SECOND;
    return OK;
}

static error packed_text(const struct argument *a, struct result *r, const void *detail)
{
    int minutes = packed_minutes(a->number);
    (void)detail;
    local_print(&r->text, packed_us(a->number) + (int64_t)minutes * 60 * US_PER_SECOND, 3);
    result_text(r, SPAN(" "));
    if (minutes) offset_print(&r->text, minutes);
    else result_text(r, SPAN("UTC"));
    return OK;
}

static error packed_add(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    if (a[1].interval.months)
        return fail(
            ERR_USAGE,
            "NOT_SUPPORTED: months after a timestamp that has a zone of its own are not mapped");
    r->number = pack(packed_us(a[0].number) + a[1].interval.days * US_PER_DAY + a[1].interval.us,
                     packed_minutes(a[0].number));
    return OK;
}

static error text_packed(const struct argument *a, struct result *r, const void *detail)
{
    span text = span_trim(a->text);
    struct reader_of_text t = {text.data, text.data + text.size};
    struct civil c = {0};
    int minutes = 0;
    (void)detail;
    bool good = date_take(&t, &c);
    if (good && byte_take(&t, ' ') && t.p < t.end && isdigit((unsigned char)*t.p))
        good = clock_take(&t, &c);
    byte_take(&t, ' ');
    if (good && t.p < t.end && isalpha((unsigned char)*t.p) && *t.p != 'Z' &&
        !span_starts((span){t.p, (size_t)(t.end - t.p)}, "UTC"))
        return fail(ERR_USAGE,
                    "NOT_SUPPORTED: a cast of text with a region as its zone is not mapped: %.*s",
                    (int)text.size, text.data);
    if (good && t.p < t.end) good = zone_take(&t, &minutes);
    if (!good || t.p != t.end) return no_cast(a->text, "timestamp with time zone");
    r->number = pack(us_from_civil(&c) - (int64_t)minutes * 60 * US_PER_SECOND, minutes);
    return OK;
}

/* yyyy-MM-dd[THH[:mm[:ss[.f]]][zone]], without month or day: the first */
static error from_iso8601(const struct argument *a, struct result *r, const void *detail)
{
    struct reader_of_text t = {a->text.data, a->text.data + a->text.size};
    struct civil c = {.month = 1, .day = 1};
    int year, minutes = 0;
    (void)detail;
    bool good = number_take(&t, 4, &year);
    c.year = year;
    if (good && byte_take(&t, '-')) {
        good = number_take(&t, 2, &c.month);
        if (good && byte_take(&t, '-')) good = number_take(&t, 2, &c.day);
    }
    good = good && c.month >= 1 && c.month <= 12 && c.day >= 1 &&
           c.day <= days_in_month(c.year, c.month);
    if (good && byte_take(&t, 'T') && t.p < t.end && isdigit((unsigned char)*t.p)) {
        good = number_take(&t, 2, &c.hour);
        if (good && byte_take(&t, ':')) {
            good = number_take(&t, 2, &c.minute);
            if (good && byte_take(&t, ':')) {
                good = number_take(&t, 2, &c.second);
                if (byte_take(&t, '.') || byte_take(&t, ',')) {
                    fraction_take(&t, &c);
                    c.us -= c.us % US_PER_MS;
                }
            }
        }
        good = good && c.hour < 24 && c.minute < 60 && c.second < 60;
    }
    if (good && t.p < t.end) good = zone_take(&t, &minutes);
    if (!good || t.p != t.end)
        return fail(ERR_USAGE, "INVALID_FUNCTION_ARGUMENT: Invalid format: \"%.*s\"",
                    (int)a->text.size, a->text.data);
    r->number = pack(us_from_civil(&c) - (int64_t)minutes * 60 * US_PER_SECOND, minutes);
    return OK;
}

static error from_iso8601_date(const struct argument *a, struct result *r, const void *detail)
{
    struct reader_of_text t = {a->text.data, a->text.data + a->text.size};
    struct civil c = {0};
    (void)detail;
    if (!date_take(&t, &c) || t.p != t.end)
        return fail(ERR_USAGE, "INVALID_FUNCTION_ARGUMENT: Invalid format: \"%.*s\"",
                    (int)a->text.size, a->text.data);
    r->number = days_from_civil(c.year, c.month, c.day);
    return OK;
}

static error from_unixtime(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    if (!(fabs(a->real) < 1e13)) return invalid("Invalid unix time");
    r->number = (int64_t)floor(a->real * 1000 + 0.5) * US_PER_MS;
    return OK;
}

static error to_unixtime(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    r->real = (double)a->number / US_PER_SECOND;
    return OK;
}

/* ---- intervals ---- */

static int64_t interval_us(const struct duck_interval *v)
{
    return v->days * US_PER_DAY + v->us;
}

static error interval_day_text(const struct argument *a, struct result *r, const void *detail)
{
    int64_t us = interval_us(&a->interval);
    (void)detail;
    if (us < 0) {
        buffer_append_byte(&r->text, '-');
        us = -us;
    }
    buffer_printf(&r->text, "%lld ", (long long)(us / US_PER_DAY));
    clock_print(&r->text, us % US_PER_DAY, 3);
    return OK;
}

static error interval_year_text(const struct argument *a, struct result *r, const void *detail)
{
    int months = a->interval.months, size = months < 0 ? -months : months;
    (void)detail;
    buffer_printf(&r->text, "%s%d-%d", months < 0 ? "-" : "", size / 12, size % 12);
    return OK;
}

static error scale_day(const struct argument *a, struct result *r, const void *detail)
{
    double ms = (double)interval_us(&a[0].interval) / US_PER_MS;
    (void)detail;
    if (!a[2].number && a[1].real == 0)
        return fail(ERR_USAGE, "DIVISION_BY_ZERO: Division by zero");
    ms = a[2].number ? ms * a[1].real : ms / a[1].real;
    if (!(fabs(ms) < 9e15)) return fail(ERR_USAGE, "NUMERIC_VALUE_OUT_OF_RANGE: interval overflow");
    r->interval = (struct duck_interval){0, 0, (int64_t)ms * US_PER_MS};
    return OK;
}

static error scale_year(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    if (!a[2].number && a[1].real == 0)
        return fail(ERR_USAGE, "DIVISION_BY_ZERO: Division by zero");
    double months =
        a[2].number ? a[0].interval.months * a[1].real : a[0].interval.months / a[1].real;
    if (!(fabs(months) < INT32_MAX))
        return fail(ERR_USAGE, "NUMERIC_VALUE_OUT_OF_RANGE: interval overflow");
    r->interval = (struct duck_interval){(int32_t)months, 0, 0};
    return OK;
}

static error whole_days(const struct argument *a, struct result *r, const void *detail)
{
    int64_t us = interval_us(&a->interval);
    (void)detail;
    if (us % US_PER_DAY) return invalid("Cannot add hour, minutes or seconds to a date");
    r->interval = (struct duck_interval){0, (int32_t)(us / US_PER_DAY), 0};
    return OK;
}

static error interval_part(const struct argument *a, struct result *r, const void *detail)
{
    int64_t us = interval_us(&a[0].interval);
    (void)detail;
    r->number = span_is(a[1].text, "day")      ? us / US_PER_DAY
                : span_is(a[1].text, "hour")   ? us % US_PER_DAY / 3600000000
                : span_is(a[1].text, "minute") ? us % 3600000000 / 60000000
                                               : us % 60000000 / 1000000;
    return OK;
}

static error interval_ms(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    r->number = interval_us(&a->interval) / US_PER_MS;
    return OK;
}

static error interval_years(const struct argument *a, struct result *r, const void *detail)
{
    r->number = detail ? a->interval.months % 12 : a->interval.months / 12;
    return OK;
}

static error parse_duration(const struct argument *a, struct result *r, const void *detail)
{
    static const struct {
        const char *unit;
        double us;
    } units[] = {{"ns", 0.001}, {"us", 1},    {"ms", 1e3},   {"s", 1e6},
                 {"m", 6e7},    {"h", 3.6e9}, {"d", 8.64e10}};
    char text[64], *end;
    span given = span_trim(a->text);
    (void)detail;
    if (given.size && given.size < sizeof text && isdigit((unsigned char)*given.data)) {
        memcpy(text, given.data, given.size);
        text[given.size] = 0;
        double number = strtod(text, &end);
        while (*end == ' ') end++;
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            if (strcmp(end, units[i].unit) == 0 && number * units[i].us < 9e18) {
                r->interval = (struct duck_interval){
                    0, 0, (int64_t)round(number * units[i].us / 1000) * 1000};
                return OK;
            }
    }
    return fail(ERR_USAGE,
                "INVALID_FUNCTION_ARGUMENT: duration is not a valid data duration string: %.*s",
                (int)given.size, given.data);
}

/* ---- calendar ---- */

static int weekday(int64_t days) /* 0: Monday */
{
    return (int)(((days + 3) % 7 + 7) % 7);
}

static int day_of_year(const struct civil *c)
{
    return (int)(days_from_civil(c->year, c->month, c->day) - days_from_civil(c->year, 1, 1)) + 1;
}

static int iso_week(const struct civil *c, int64_t *year)
{
    int64_t days = days_from_civil(c->year, c->month, c->day), thursday = days - weekday(days) + 3;
    *year = civil_from_days(thursday).year;
    return (int)((thursday - days_from_civil(*year, 1, 1)) / 7) + 1;
}

/* ---- MySQL's patterns: date_format, date_parse ---- */

static error no_pattern(char letter)
{
    return fail(ERR_USAGE, "INVALID_FUNCTION_ARGUMENT: %%%c not supported in date format string",
                letter);
}

static error mysql_print(struct buffer *out, char letter, const struct civil *c)
{
    int64_t year, days = days_from_civil(c->year, c->month, c->day);
    int half = c->hour % 12 ? c->hour % 12 : 12;
    switch (letter) {
    case 'Y':
        buffer_printf(out, "%04lld", (long long)c->year);
        return OK;
    case 'y':
        buffer_printf(out, "%02lld", (long long)(c->year % 100));
        return OK;
    case 'm':
        buffer_printf(out, "%02d", c->month);
        return OK;
    case 'c':
        buffer_printf(out, "%d", c->month);
        return OK;
    case 'd':
        buffer_printf(out, "%02d", c->day);
        return OK;
    case 'e':
        buffer_printf(out, "%d", c->day);
        return OK;
    case 'H':
        buffer_printf(out, "%02d", c->hour);
        return OK;
    case 'k':
        buffer_printf(out, "%d", c->hour);
        return OK;
    case 'h':
    case 'I':
        buffer_printf(out, "%02d", half);
        return OK;
    case 'l':
        buffer_printf(out, "%d", half);
        return OK;
    case 'i':
        buffer_printf(out, "%02d", c->minute);
        return OK;
    case 's':
    case 'S':
        buffer_printf(out, "%02d", c->second);
        return OK;
    case 'f':
        buffer_printf(out, "%06d", c->us);
        return OK;
    case 'p':
        buffer_append_text(out, c->hour < 12 ? "AM" : "PM");
        return OK;
    case 'M':
        buffer_append_text(out, month_names[c->month - 1]);
        return OK;
    case 'b':
        buffer_printf(out, "%.3s", month_names[c->month - 1]);
        return OK;
    case 'W':
        buffer_append_text(out, day_names[weekday(days)]);
        return OK;
    case 'a':
        buffer_printf(out, "%.3s", day_names[weekday(days)]);
        return OK;
    case 'j':
        buffer_printf(out, "%03d", day_of_year(c));
        return OK;
    case 'v':
        buffer_printf(out, "%02d", iso_week(c, &year));
        return OK;
    case 'x':
        iso_week(c, &year);
        buffer_printf(out, "%04lld", (long long)year);
        return OK;
    case 'T':
        buffer_printf(out, "%02d:%02d:%02d", c->hour, c->minute, c->second);
        return OK;
    case 'r':
        buffer_printf(out, "%02d:%02d:%02d %s", half, c->minute, c->second,
                      c->hour < 12 ? "AM" : "PM");
        return OK;
    case '%':
        buffer_append_byte(out, '%');
        return OK;
    case 'D':
    case 'U':
    case 'u':
    case 'V':
    case 'X':
    case 'w':
        return no_pattern(letter);
    default:
        buffer_append_byte(out, (uint8_t)letter);
        return OK;
    }
}

static error date_format(const struct argument *a, struct result *r, const void *detail)
{
    struct civil c = civil_from_us(a[0].number);
    span f = a[1].text;
    (void)detail;
    for (size_t i = 0; i < f.size; i++) {
        if (f.data[i] != '%' || i + 1 == f.size) buffer_append_byte(&r->text, (uint8_t)f.data[i]);
        else TRY(mysql_print(&r->text, f.data[++i], &c));
    }
    return OK;
}

static bool name_take(struct reader_of_text *t, const char *const *names, int count, int *out)
{
    for (int i = 0; i < count; i++)
        for (size_t size = strlen(names[i]);; size = 3) {
            if ((size_t)(t->end - t->p) >= size &&
                span_equal_nocase((span){t->p, size}, (span){names[i], size})) {
                t->p += size;
                *out = i;
                return true;
            }
            if (size == 3) break;
        }
    return false;
}

/* What a pattern's letter reads goes here. */
struct parsed {
    struct civil c;
    int half, day_of_year, minutes;
    bool pm, is_half, zoned;
};

static bool mysql_take(struct reader_of_text *t, char letter, struct parsed *d)
{
    int number;
    switch (letter) {
    case 'Y':
        if (!number_take(t, 4, &number)) return false;
        d->c.year = number;
        return true;
    case 'y':
        if (!number_take(t, 2, &number)) return false;
        d->c.year = number + (number < 70 ? 2000 : 1900);
        return true;
    case 'm':
    case 'c':
        return number_take(t, 2, &d->c.month);
    case 'd':
    case 'e':
        return number_take(t, 2, &d->c.day);
    case 'H':
    case 'k':
        return number_take(t, 2, &d->c.hour);
    case 'h':
    case 'I':
    case 'l':
        d->is_half = true;
        return number_take(t, 2, &d->half) && d->half >= 1 && d->half <= 12;
    case 'i':
        return number_take(t, 2, &d->c.minute);
    case 's':
    case 'S':
        return number_take(t, 2, &d->c.second);
    case 'f':
        if (t->p >= t->end || !isdigit((unsigned char)*t->p)) return false;
        fraction_take(t, &d->c);
        d->c.us -= d->c.us % US_PER_MS;
        return true;
    case 'p': {
        static const char *const halves[] = {"AM ", "PM "};
        for (int i = 0; i < 2; i++)
            if (t->end - t->p >= 2 && span_equal_nocase((span){t->p, 2}, (span){halves[i], 2})) {
                d->pm = i == 1;
                t->p += 2;
                return true;
            }
        return false;
    }
    case 'M':
    case 'b':
        return name_take(t, month_names, 12, &number) && (d->c.month = number + 1);
    case 'W':
    case 'a':
        return name_take(t, day_names, 7, &number);
    case 'j':
        return number_take(t, 3, &d->day_of_year);
    case 'T':
        return mysql_take(t, 'H', d) && byte_take(t, ':') && mysql_take(t, 'i', d) &&
               byte_take(t, ':') && mysql_take(t, 's', d);
    case 'r':
        return mysql_take(t, 'h', d) && byte_take(t, ':') && mysql_take(t, 'i', d) &&
               byte_take(t, ':') && mysql_take(t, 's', d) && byte_take(t, ' ') &&
               mysql_take(t, 'p', d);
    default:
        return byte_take(t, letter);
    }
}

static bool parsed_us(struct parsed *d, int64_t *us)
{
    if (d->is_half) d->c.hour = d->half % 12 + (d->pm ? 12 : 0);
    if (d->c.month < 1 || d->c.month > 12 || d->c.day < 1 ||
        d->c.day > days_in_month(d->c.year, d->c.month) || d->c.hour > 23 || d->c.minute > 59 ||
        d->c.second > 59)
        return false;
    *us = us_from_civil(&d->c);
    if (d->day_of_year)
        *us = (days_from_civil(d->c.year, 1, 1) + d->day_of_year - 1) * US_PER_DAY +
              (*us - floor_div(*us, US_PER_DAY) * US_PER_DAY);
    return true;
}

static error no_parse(span text)
{
    return fail(ERR_USAGE, "INVALID_FUNCTION_ARGUMENT: Invalid format: \"%.*s\"",
                (int)(text.size > 200 ? 200 : text.size), text.data);
}

static error date_parse(const struct argument *a, struct result *r, const void *detail)
{
    span f = a[1].text;
    struct reader_of_text t = {a[0].text.data, a[0].text.data + a[0].text.size};
    struct parsed d = {.c = {.year = 1970, .month = 1, .day = 1}};
    (void)detail;
    for (size_t i = 0; i < f.size; i++) {
        if (f.data[i] != '%' || i + 1 == f.size) {
            if (!byte_take(&t, f.data[i])) return no_parse(a[0].text);
            continue;
        }
        char letter = f.data[++i];
        if (strchr("DUuVXwxv", letter)) return no_pattern(letter);
        if (!mysql_take(&t, letter, &d)) return no_parse(a[0].text);
    }
    return t.p == t.end && parsed_us(&d, &r->number) ? OK : no_parse(a[0].text);
}

/* ---- Joda's patterns: format_datetime, parse_datetime ---- */

static error joda_print(struct buffer *out, char letter, int count, const struct civil *c)
{
    int64_t year, days = days_from_civil(c->year, c->month, c->day);
    char fraction[16];
    switch (letter) {
    case 'y':
    case 'Y':
        if (count == 2) buffer_printf(out, "%02lld", (long long)(c->year % 100));
        else buffer_printf(out, "%0*lld", count, (long long)c->year);
        return OK;
    case 'x':
        iso_week(c, &year);
        buffer_printf(out, "%0*lld", count, (long long)year);
        return OK;
    case 'M':
        if (count >= 4) buffer_append_text(out, month_names[c->month - 1]);
        else if (count == 3) buffer_printf(out, "%.3s", month_names[c->month - 1]);
        else buffer_printf(out, "%0*d", count, c->month);
        return OK;
    case 'E':
        buffer_printf(out, "%.*s", count >= 4 ? 9 : 3, day_names[weekday(days)]);
        return OK;
    case 'd':
        buffer_printf(out, "%0*d", count, c->day);
        return OK;
    case 'e':
        buffer_printf(out, "%0*d", count, weekday(days) + 1);
        return OK;
    case 'D':
        buffer_printf(out, "%0*d", count, day_of_year(c));
        return OK;
    case 'w':
        buffer_printf(out, "%0*d", count, iso_week(c, &year));
        return OK;
    case 'H':
        buffer_printf(out, "%0*d", count, c->hour);
        return OK;
    case 'k':
        buffer_printf(out, "%0*d", count, c->hour ? c->hour : 24);
        return OK;
    case 'K':
        buffer_printf(out, "%0*d", count, c->hour % 12);
        return OK;
    case 'h':
        buffer_printf(out, "%0*d", count, c->hour % 12 ? c->hour % 12 : 12);
        return OK;
    case 'm':
        buffer_printf(out, "%0*d", count, c->minute);
        return OK;
    case 's':
        buffer_printf(out, "%0*d", count, c->second);
        return OK;
    case 'a':
        buffer_append_text(out, c->hour < 12 ? "AM" : "PM");
        return OK;
    case 'S':
        snprintf(fraction, sizeof fraction, "%03d000000", c->us / US_PER_MS);
        buffer_printf(out, "%.*s", count > 9 ? 9 : count, fraction);
        return OK;
    default:
        return fail(ERR_USAGE, "NOT_SUPPORTED: the letter %c of a date pattern is not mapped",
                    letter);
    }
}

static bool joda_take(struct reader_of_text *t, char letter, int count, bool next_digit,
                      struct parsed *d)
{
    int number, most = next_digit ? count : 9;
    switch (letter) {
    case 'y':
    case 'Y':
        if (!number_take(t, next_digit ? count : 9, &number)) return false;
        d->c.year = count == 2 && number < 100 ? number + (number < 50 ? 2000 : 1900) : number;
        return true;
    case 'M':
        if (count < 3) return number_take(t, next_digit ? most : 2, &d->c.month);
        return name_take(t, month_names, 12, &number) && (d->c.month = number + 1);
    case 'E':
        return name_take(t, day_names, 7, &number);
    case 'd':
        return number_take(t, 2, &d->c.day);
    case 'D':
        return number_take(t, 3, &d->day_of_year);
    case 'H':
        return number_take(t, 2, &d->c.hour);
    case 'h':
        d->is_half = true;
        return number_take(t, 2, &d->half) && d->half >= 1 && d->half <= 12;
    case 'm':
        return number_take(t, 2, &d->c.minute);
    case 's':
        return number_take(t, 2, &d->c.second);
    case 'a':
        return mysql_take(t, 'p', d);
    case 'S':
        if (t->p >= t->end || !isdigit((unsigned char)*t->p)) return false;
        fraction_take(t, &d->c);
        d->c.us -= d->c.us % US_PER_MS;
        return true;
    case 'Z':
        d->zoned = true;
        return zone_take(t, &d->minutes);
    default:
        return false;
    }
}

static error datetime_walk(span f, struct buffer *out, const struct civil *c,
                           struct reader_of_text *t, struct parsed *d, span text)
{
    for (size_t i = 0; i < f.size;) {
        char letter = f.data[i];
        if (letter == '\'') { /* quoted text; '' is a quote */
            bool quote = i + 1 < f.size && f.data[i + 1] == '\'';
            size_t end = i + 1;
            while (!quote && end < f.size && f.data[end] != '\'') end++;
            span literal = quote ? SPAN("'") : (span){f.data + i + 1, end - i - 1};
            if (out) buffer_append_span(out, literal);
            for (size_t k = 0; t && k < literal.size; k++)
                if (!byte_take(t, literal.data[k])) return no_parse(text);
            i = quote ? i + 2 : end + 1;
            continue;
        }
        if (!isalpha((unsigned char)letter)) {
            if (out) buffer_append_byte(out, (uint8_t)letter);
            else if (!byte_take(t, letter)) return no_parse(text);
            i++;
            continue;
        }
        int count = 0;
        while (i < f.size && f.data[i] == letter && count < 30) i++, count++;
        bool next_digit = i < f.size && strchr("yYMdDHhmsSkK", f.data[i]);
        if (out) TRY(joda_print(out, letter, count, c));
        else if (!strchr("yYMEdDHhmsaSZ", letter))
            return fail(ERR_USAGE, "NOT_SUPPORTED: the letter %c of a date pattern is not mapped",
                        letter);
        else if (!joda_take(t, letter, count, next_digit, d)) return no_parse(text);
    }
    return OK;
}

static error format_datetime(const struct argument *a, struct result *r, const void *detail)
{
    struct civil c = civil_from_us(a[0].number);
    (void)detail;
    return datetime_walk(a[1].text, &r->text, &c, NULL, NULL, a[1].text);
}

static error parse_datetime(const struct argument *a, struct result *r, const void *detail)
{
    struct reader_of_text t = {a[0].text.data, a[0].text.data + a[0].text.size};
    struct parsed d = {.c = {.year = 1970, .month = 1, .day = 1}};
    int64_t us;
    (void)detail;
    TRY(datetime_walk(a[1].text, NULL, NULL, &t, &d, a[0].text));
    if (t.p != t.end || !parsed_us(&d, &us)) return no_parse(a[0].text);
    r->number = pack(us - (int64_t)d.minutes * 60 * US_PER_SECOND, d.minutes);
    return OK;
}

static const bool months_left = true;

const struct function_row time_functions[] = {
    {"trino_round_timestamp", "ti>t", round_timestamp, NULL, 0},
    {"trino_round_time", "mi>m", round_time, NULL, 0},
    {"trino_timestamp_text", "ti>s", timestamp_text, NULL, 0},
    {"trino_time_text", "mi>s", time_text, NULL, 0},
    {"trino_offset_text", "l>s", offset_text, NULL, 0},
    {"trino_text_date", "s>D", text_date, NULL, 0},
    {"trino_text_timestamp", "si>t", text_timestamp, NULL, 0},
    {"trino_text_time", "si>m", text_time, NULL, 0},
    {"trino_text_packed", "s>l", text_packed, NULL, 0},
    {"trino_pack", "zi>l", pack_zone, NULL, 0},
    {"trino_packed_instant", "l>z", packed_instant, NULL, 0},
    {"trino_packed_local", "l>t", packed_local, NULL, 0},
    {"trino_packed_text", "l>s", packed_text, NULL, 0},
    {"trino_packed_add", "lv>l", packed_add, NULL, 0},
    {"trino_from_iso8601", "s>l", from_iso8601, NULL, 0},
    {"trino_from_iso8601_date", "s>D", from_iso8601_date, NULL, 0},
    {"trino_from_unixtime", "d>z", from_unixtime, NULL, 0},
    {"trino_to_unixtime", "l>d", to_unixtime, NULL, 0},
    {"trino_interval_day_text", "v>s", interval_day_text, NULL, 0},
    {"trino_interval_year_text", "v>s", interval_year_text, NULL, 0},
    {"trino_scale_interval_day", "vdq>v", scale_day, NULL, 0},
    {"trino_scale_interval_year", "vdq>v", scale_year, NULL, 0},
    {"trino_whole_days", "v>v", whole_days, NULL, 0},
    {"trino_interval_part", "vs>l", interval_part, NULL, 0},
    {"trino_interval_ms", "v>l", interval_ms, NULL, 0},
    {"trino_interval_years", "v>l", interval_years, NULL, 0},
    {"trino_interval_months", "v>l", interval_years, &months_left, 0},
    {"trino_parse_duration", "s>v", parse_duration, NULL, 0},
    {"trino_date_format", "ts>s", date_format, NULL, 0},
    {"trino_date_parse", "ss>t", date_parse, NULL, 0},
    {"trino_format_datetime", "ts>s", format_datetime, NULL, 0},
    {"trino_parse_datetime", "ss>l", parse_datetime, NULL, 0},
    {0},
};
