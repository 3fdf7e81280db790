/* The civil-day arithmetic follows Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms".
 */
#include "base/date.h"

#include <stdio.h>
#include <time.h>

int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

int days_in_month(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

struct civil civil_from_days(int64_t days)
{
    int64_t z = days + 719468;
    int64_t era = floor_div(z, 146097);
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    return (struct civil){
        .year = year_of_era + era * 400 + (month >= 10),
        .month = (int)(month < 10 ? month + 3 : month - 9),
        .day = (int)(day_of_year - (153 * month + 2) / 5 + 1),
    };
}

struct civil civil_from_us(int64_t us)
{
    int64_t days = floor_div(us, US_PER_DAY);
    int64_t rest = us % US_PER_DAY; /* days * US_PER_DAY may lie below INT64_MIN */
    if (rest < 0) rest += US_PER_DAY;
    struct civil c = civil_from_days(days);
    c.hour = (int)(rest / 3600 / US_PER_SECOND);
    c.minute = (int)(rest / 60 / US_PER_SECOND % 60);
    c.second = (int)(rest / US_PER_SECOND % 60);
    c.us = (int)(rest % US_PER_SECOND);
    return c;
}

int64_t us_from_civil(const struct civil *c)
{
    int64_t seconds = days_from_civil(c->year, c->month, c->day) * 86400 + c->hour * 3600 +
                      c->minute * 60 + c->second;
    return seconds * US_PER_SECOND + c->us;
}

char *date_iso8601(struct arena *a, int64_t us)
{
    struct civil c = civil_from_us(us);
    return arena_printf(a, "%04lld-%02d-%02dT%02d:%02d:%02d.%03dZ", (long long)c.year, c.month,
                        c.day, c.hour, c.minute, c.second, c.us / 1000);
}

char *date_http(struct arena *a, int64_t us)
{
    static const char *const weekdays[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct civil c = civil_from_us(us);
    int64_t days = floor_div(us, US_PER_DAY);
    return arena_printf(a, "%s, %02d %s %04lld %02d:%02d:%02d GMT",
                        weekdays[days - floor_div(days, 7) * 7], c.day, months[c.month - 1],
                        (long long)c.year, c.hour, c.minute, c.second);
}

char *date_amz(struct arena *a, int64_t us)
{
    struct civil c = civil_from_us(us);
    return arena_printf(a, "%04lld%02d%02dT%02d%02d%02dZ", (long long)c.year, c.month, c.day,
                        c.hour, c.minute, c.second);
}

/* Reads exactly n digits at *at. */
static bool digits(span in, size_t *at, int n, int *out)
{
    if (in.size - *at < (size_t)n || *at > in.size) return false;
    int value = 0;
    for (int i = 0; i < n; i++) {
        char c = in.data[*at + (size_t)i];
        if (c < '0' || c > '9') return false;
        value = value * 10 + (c - '0');
    }
    *at += (size_t)n;
    *out = value;
    return true;
}

static bool literal(span in, size_t *at, const char *any_of)
{
    if (*at >= in.size || !strchr(any_of, in.data[*at]) || !in.data[*at]) return false;
    ++*at;
    return true;
}

static bool in_range(const struct civil *c)
{
    return c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= days_in_month(c->year, c->month) && c->hour < 24 && c->minute < 60 &&
           c->second < 60;
}

error date_parse_amz(span in, int64_t *us)
{
    struct civil c = {0};
    size_t at = 0;
    int year;
    bool ok = digits(in, &at, 4, &year) && digits(in, &at, 2, &c.month) &&
              digits(in, &at, 2, &c.day) && literal(in, &at, "T") && digits(in, &at, 2, &c.hour) &&
              digits(in, &at, 2, &c.minute) && digits(in, &at, 2, &c.second) &&
              literal(in, &at, "Z") && at == in.size;
    c.year = ok ? year : 0;
    if (!ok || !in_range(&c))
        return fail(ERR_PARSE, "'%.*s' is not a date of the form 20230110T060708Z",
                    (int)(in.size < 40 ? in.size : 40), in.data);
    *us = us_from_civil(&c);
    return OK;
}

error date_parse_iso8601(span in, int64_t *us)
{
    struct civil c = {0};
    size_t at = 0;
    int year = 0, offset_hours = 0, offset_minutes = 0, sign = 0;
    bool ok = digits(in, &at, 4, &year) && literal(in, &at, "-") && digits(in, &at, 2, &c.month) &&
              literal(in, &at, "-") && digits(in, &at, 2, &c.day);
    if (ok && literal(in, &at, "T ")) {
        ok = digits(in, &at, 2, &c.hour) && literal(in, &at, ":") && digits(in, &at, 2, &c.minute);
        if (ok && literal(in, &at, ":")) ok = digits(in, &at, 2, &c.second);
        if (ok && literal(in, &at, ".")) {
            int scale = 100000, digit;
            for (ok = false; digits(in, &at, 1, &digit); ok = true, scale /= 10)
                c.us += digit * scale;
        }
        if (ok && at < in.size && !literal(in, &at, "Z")) {
            sign = at < in.size && in.data[at] == '-' ? -1 : 1;
            ok = literal(in, &at, "+-") && digits(in, &at, 2, &offset_hours);
            if (ok) literal(in, &at, ":");
            ok = ok && digits(in, &at, 2, &offset_minutes) && offset_hours < 24 &&
                 offset_minutes < 60;
        }
    }
    c.year = year;
    if (!ok || at != in.size || !in_range(&c))
        return fail(ERR_PARSE, "'%.*s' is not an ISO 8601 date and time",
                    (int)(in.size < 40 ? in.size : 40), in.data);
    *us = us_from_civil(&c) -
          (int64_t)sign * (offset_hours * 3600 + offset_minutes * 60) * US_PER_SECOND;
    return OK;
}

error date_parse_http(span text, int64_t *us)
{
    enum { SIZE = 29 };
    char copy[SIZE + 1] = {0};
    struct tm t = {0};
    if (text.size == SIZE) memcpy(copy, text.data, SIZE);
    const char *end = strptime(copy, "%a, %d %b %Y %H:%M:%S GMT", &t);
    if (!end || *end)
        return fail(ERR_PARSE, "\"%.*s\" is no HTTP date", (int)(text.size < 64 ? text.size : 64),
                    text.data);
    *us = (int64_t)timegm(&t) * US_PER_SECOND;
    return OK;
}
