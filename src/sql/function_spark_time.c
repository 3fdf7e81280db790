/* Kernels of spark_...: java.time's patterns as Spark 3 uses them (date_format, to_timestamp with a
 * pattern), and zone offsets. Only English names, UTC and fixed offsets. Source: Spark's
 * documentation, "Datetime Patterns for Formatting and Parsing". */
#include "sql/function.h"

#include <ctype.h>
#include <strings.h>

static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July",
                                     "August", "September", "October", "November", "December"};
static const char *const days[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
                                   "Saturday", "Sunday"};

static int weekday(const struct civil *c) /* 0: Monday */
{
    int64_t day = days_from_civil(c->year, c->month, c->day) + 3;
    return (int)(day - floor_div(day, 7) * 7);
}

static int day_of_year(const struct civil *c)
{
    return (int)(days_from_civil(c->year, c->month, c->day) - days_from_civil(c->year, 1, 1)) + 1;
}

static error no_pattern(char letter)
{
    return fail(ERR_UNSUPPORTED, "NOT_SUPPORTED: the letter %c of a time pattern is not mapped",
                letter);
}

/* ---- a pattern, piece by piece ---- */

struct piece {
    char letter;
    int count;
    span literal;
}; /* letter 0: the literal; count 0: the end */

static bool piece_next(span *pattern, struct piece *piece)
{
    const char *p = pattern->data, *end = p + pattern->size;
    *piece = (struct piece){0};
    if (p == end) return false;
    if (isalpha((unsigned char)*p)) {
        piece->letter = *p;
        while (p < end && *p == piece->letter) p++, piece->count++;
    } else if (*p == '\'' && p + 1 < end && p[1] == '\'') {
        piece->literal = (span){p, 1};
        p += 2;
    } else if (*p == '\'') {
        const char *start = ++p;
        while (p < end && *p != '\'') p++;
        piece->literal = (span){start, (size_t)(p - start)};
        p += p < end;
    } else {
        piece->literal = (span){p++, 1};
        if (*piece->literal.data == '[' || *piece->literal.data == ']') piece->literal.size = 0;
    }
    *pattern = (span){p, (size_t)(end - p)};
    return true;
}

/* ---- printing ---- */

static void offset_print(struct buffer *out, char letter, int count)
{
    if (letter == 'X' || (letter == 'Z' && count == 5)) buffer_append_text(out, "Z");
    else if (letter == 'z' || letter == 'V') buffer_append_text(out, "UTC");
    else if (letter == 'O') buffer_append_text(out, "GMT");
    else
        buffer_append_text(out, letter == 'x' && count == 1   ? "+00"
                                : count == 3 && letter == 'x' ? "+00:00"
                                                              : "+0000");
}

static error piece_print(struct buffer *out, const struct piece *p, const struct civil *c)
{
    int hour12 = c->hour % 12;
    switch (p->letter) {
    case 'y':
    case 'u':
        if (p->count == 2) buffer_printf(out, "%02d", (int)(c->year % 100));
        else buffer_printf(out, "%0*lld", p->count, (long long)c->year);
        return OK;
    case 'M':
    case 'L':
        if (p->count == 3) buffer_printf(out, "%.3s", months[c->month - 1]);
        else if (p->count > 3) buffer_append_text(out, months[c->month - 1]);
        else buffer_printf(out, "%0*d", p->count, c->month);
        return OK;
    case 'd': buffer_printf(out, "%0*d", p->count, c->day); return OK;
    case 'D': buffer_printf(out, "%0*d", p->count, day_of_year(c)); return OK;
    case 'Q':
    case 'q': buffer_printf(out, "%0*d", p->count, (c->month + 2) / 3); return OK;
    case 'E':
        if (p->count <= 3) buffer_printf(out, "%.3s", days[weekday(c)]);
        else buffer_append_text(out, days[weekday(c)]);
        return OK;
    case 'a': buffer_append_text(out, c->hour < 12 ? "AM" : "PM"); return OK;
    case 'H': buffer_printf(out, "%0*d", p->count, c->hour); return OK;
    case 'k': buffer_printf(out, "%0*d", p->count, c->hour ? c->hour : 24); return OK;
    case 'h': buffer_printf(out, "%0*d", p->count, hour12 ? hour12 : 12); return OK;
    case 'K': buffer_printf(out, "%0*d", p->count, hour12); return OK;
    case 'm': buffer_printf(out, "%0*d", p->count, c->minute); return OK;
    case 's': buffer_printf(out, "%0*d", p->count, c->second); return OK;
    case 'S': {
        char digits[16];
        snprintf(digits, sizeof digits, "%06d000", c->us);
        buffer_printf(out, "%.*s", p->count, digits);
        return OK;
    }
    case 'X':
    case 'x':
    case 'Z':
    case 'z':
    case 'V':
    case 'O': offset_print(out, p->letter, p->count); return OK;
    default: return no_pattern(p->letter);
    }
}

static error date_format(const struct argument *a, struct result *r, const void *detail)
{
    struct civil c = civil_from_us(a[0].number);
    span pattern = a[1].text;
    struct piece piece;
    (void)detail;
    while (piece_next(&pattern, &piece)) {
        if (piece.letter) TRY(piece_print(&r->text, &piece, &c));
        else buffer_append_span(&r->text, piece.literal);
    }
    return OK;
}

/* ---- parsing ---- */

struct reading {
    const char *p, *end;
    struct civil c;
    int offset_minutes, hour12, half; /* -1: not given; half 0: AM, 1: PM */
    int day_of_year;
};

static bool digits_take(struct reading *r, int least, int most, int *out)
{
    int count = 0, number = 0;
    for (; r->p < r->end && count < most && isdigit((unsigned char)*r->p); count++)
        number = number * 10 + (*r->p++ - '0');
    *out = number;
    return count >= least;
}

static bool name_take(struct reading *r, const char *const *names, int count, bool whole, int *out)
{
    for (int i = 0; i < count; i++) {
        size_t size = whole ? strlen(names[i]) : 3;
        if ((size_t)(r->end - r->p) < size || strncmp(r->p, names[i], size) != 0) continue;
        r->p += size;
        *out = i;
        return true;
    }
    return false;
}

static bool offset_take(struct reading *r, char letter)
{
    int hours, minutes = 0;
    if (r->p < r->end && *r->p == 'Z' && letter != 'x') return r->p++, r->offset_minutes = 0, true;
    if (r->end - r->p >= 3 && (strncmp(r->p, "UTC", 3) == 0 || strncmp(r->p, "GMT", 3) == 0)) {
        r->p += 3;
        r->offset_minutes = 0;
        if (r->p == r->end || (*r->p != '+' && *r->p != '-')) return true;
    }
    if (r->p == r->end || (*r->p != '+' && *r->p != '-')) return false;
    int sign = *r->p++ == '-' ? -1 : 1;
    if (!digits_take(r, 1, 2, &hours)) return false;
    if (r->p < r->end && *r->p == ':') r->p++;
    if (r->p < r->end && isdigit((unsigned char)*r->p) && !digits_take(r, 2, 2, &minutes))
        return false;
    r->offset_minutes = sign * (hours * 60 + minutes);
    return hours <= 18 && minutes < 60;
}

static bool fraction_take(struct reading *r, int most)
{
    int count = 0, unit = 100000;
    for (r->c.us = 0; r->p < r->end && count < most && isdigit((unsigned char)*r->p);
         count++, unit /= 10)
        r->c.us += (*r->p++ - '0') * unit;
    return count > 0;
}

/* `adjacent`: a digit follows in the pattern, so that a number has just its width. */
static bool piece_take(struct reading *r, const struct piece *p, bool adjacent, bool *known)
{
    int most = adjacent || p->count > 1 ? p->count : 19, number;
    struct civil *c = &r->c;
    if (most > 9) most = 9;
    switch (p->letter) {
    case 'y':
    case 'u':
        if (!digits_take(r, p->count < 4 ? p->count : 4,
                         p->count == 2   ? 2
                         : adjacent      ? p->count
                         : p->count == 4 ? 4
                                         : 9,
                         &number))
            return false;
        c->year = p->count == 2 ? 2000 + number : number;
        return true;
    case 'M':
    case 'L':
        if (p->count >= 3) {
            if (!name_take(r, months, 12, p->count > 3, &number)) return false;
            c->month = number + 1;
            return true;
        }
        return digits_take(r, p->count, p->count == 1 && !adjacent ? 2 : p->count, &c->month);
    case 'd': return digits_take(r, p->count, p->count == 1 && !adjacent ? 2 : p->count, &c->day);
    case 'D': return digits_take(r, p->count, 3, &r->day_of_year);
    case 'H':
    case 'k':
        if (!digits_take(r, p->count, p->count == 1 && !adjacent ? 2 : p->count, &c->hour))
            return false;
        if (p->letter == 'k' && c->hour == 24) c->hour = 0;
        return true;
    case 'h':
    case 'K':
        if (!digits_take(r, p->count, p->count == 1 && !adjacent ? 2 : p->count, &r->hour12))
            return false;
        if (r->hour12 > 12 || (p->letter == 'h' && r->hour12 < 1)) return false;
        return true;
    case 'm':
        return digits_take(r, p->count, p->count == 1 && !adjacent ? 2 : p->count, &c->minute);
    case 's':
        return digits_take(r, p->count, p->count == 1 && !adjacent ? 2 : p->count, &c->second);
    case 'S': return fraction_take(r, p->count);
    case 'a': {
        static const char *const halves[] = {"AM", "PM"};
        if (r->end - r->p < 2) return false;
        r->half = strncasecmp(r->p, halves[0], 2) == 0   ? 0
                  : strncasecmp(r->p, halves[1], 2) == 0 ? 1
                                                         : -1;
        r->p += 2;
        return r->half >= 0;
    }
    case 'E': return name_take(r, days, 7, p->count > 3, &number);
    case 'X':
    case 'x':
    case 'Z':
    case 'z':
    case 'V':
    case 'O': return offset_take(r, p->letter);
    default: return *known = false;
    }
}

static bool reading_us(struct reading *r, int64_t *us)
{
    struct civil *c = &r->c;
    if (r->hour12 >= 0) c->hour = r->hour12 % 12 + (r->half > 0 ? 12 : 0);
    if (c->month < 1 || c->month > 12 || c->day < 1 || c->day > days_in_month(c->year, c->month) ||
        c->hour > 23 || c->minute > 59 || c->second > 59)
        return false;
    *us = us_from_civil(c) - (int64_t)r->offset_minutes * 60 * US_PER_SECOND;
    if (r->day_of_year > 0) *us += (int64_t)(r->day_of_year - 1) * US_PER_DAY;
    return true;
}

/* What does not fit the pattern is NULL. */
static error parse_timestamp(const struct argument *a, struct result *r, const void *detail)
{
    struct reading in = {.p = a[0].text.data, .end = a[0].text.data + a[0].text.size,
                         .c = {.year = 1970, .month = 1, .day = 1}, .hour12 = -1, .half = -1};
    span pattern = a[1].text;
    struct piece piece;
    bool known = true, fits = true;
    (void)detail;
    while (fits && piece_next(&pattern, &piece)) {
        if (piece.letter) {
            bool adjacent = pattern.size && strchr("yuMLdDHhKkmsS", *pattern.data) &&
                            isalpha((unsigned char)*pattern.data);
            fits = piece_take(&in, &piece, adjacent, &known);
            if (!known) return no_pattern(piece.letter);
        } else {
            fits = (size_t)(in.end - in.p) >= piece.literal.size &&
                   memcmp(in.p, piece.literal.data, piece.literal.size) == 0;
            if (fits) in.p += piece.literal.size;
        }
    }
    if (!fits || in.p != in.end || !reading_us(&in, &r->number)) return no_result(r);
    return OK;
}

/* "+03:00", "UTC" -> minutes; regions are refused, for their rules are the machine's. */
static error zone_minutes(const struct argument *a, struct result *r, const void *detail)
{
    struct reading in = {.p = a->text.data, .end = a->text.data + a->text.size};
    (void)detail;
    if (!offset_take(&in, 'X') || in.p != in.end)
        return fail(
            ERR_UNSUPPORTED,
            "NOT_SUPPORTED: the time zone %.*s is not mapped: only UTC and offsets like +03:00",
            (int)a->text.size, a->text.data);
    r->number = in.offset_minutes;
    return OK;
}

/* Of the same day of the month, or both their last: a whole number; else by days of 31. */
static error months_between(const struct argument *a, struct result *r, const void *detail)
{
    struct civil x = civil_from_us(a[0].number), y = civil_from_us(a[1].number);
    double whole = (double)((x.year - y.year) * 12 + (x.month - y.month));
    (void)detail;
    bool last = x.day == days_in_month(x.year, x.month) && y.day == days_in_month(y.year, y.month);
    r->real = whole;
    if (x.day == y.day || last) return OK;
    int64_t us_x = a[0].number - floor_div(a[0].number, US_PER_DAY) * US_PER_DAY;
    int64_t us_y = a[1].number - floor_div(a[1].number, US_PER_DAY) * US_PER_DAY;
    double seconds = (double)(x.day - y.day) * 86400 + (double)((us_x - us_y) / US_PER_SECOND);
    double months_apart = whole + seconds / (31.0 * 86400);
    r->real = (double)(int64_t)(months_apart * 1e8 + (months_apart < 0 ? -0.5 : 0.5)) / 1e8;
    return OK;
}

/* The first such weekday behind the day: Mo, Mon, Monday... */
static error next_day(const struct argument *a, struct result *r, const void *detail)
{
    span name = a[1].text;
    struct civil c = civil_from_days(a[0].number);
    (void)detail;
    for (int i = 0; i < 7; i++) {
        size_t size = strlen(days[i]);
        if ((name.size != 2 && name.size != 3 && name.size != size) ||
            strncasecmp(name.data, days[i], name.size) != 0)
            continue;
        int ahead = (i - weekday(&c) + 7) % 7;
        r->number = a[0].number + (ahead ? ahead : 7);
        return OK;
    }
    return no_result(r);
}

const struct function_row spark_time_functions[] = {
    {"spark_date_format", "ts>s", date_format, NULL, 0},
    {"spark_parse_timestamp", "ss>t", parse_timestamp, NULL, 0},
    {"spark_zone_minutes", "s>i", zone_minutes, NULL, 0},
    {"spark_months_between", "tt>d", months_between, NULL, 0},
    {"spark_next_day", "Ds>D", next_day, NULL, 0},
    {0},
};
