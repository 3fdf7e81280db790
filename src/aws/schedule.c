/* Cron expressions: each field is a set of numbers, days besides have rules of the calendar. The
 * next time is found day by day. */
#include "aws/schedule.h"

#include <ctype.h>
#include <stdlib.h>

enum { MINUTE, HOUR, DAY, MONTH, WEEKDAY, YEAR, FIELDS };
enum { YEAR_FIRST = 1970, YEAR_LAST = 2199, VALUES_MAX = YEAR_LAST + 1 };

static const struct field {
    const char *name;
    int least, most;
    const char *names; /* three letters each, from `least` on; NULL: none */
} fields[FIELDS] = {
    {"Minutes", 0, 59, NULL},
    {"Hours", 0, 23, NULL},
    {"Day-of-month", 1, 31, NULL},
    {"Month", 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"},
    {"Day-of-week", 1, 7, "SUNMONTUEWEDTHUFRISAT"},
    {"Year", YEAR_FIRST, YEAR_LAST, NULL},
};

struct schedule {
    bool has[FIELDS][VALUES_MAX];
    bool any_day, any_weekday; /* "?" */
    bool last_day;             /* L */
    int workday;               /* nW: the weekday nearest to the nth; 0: none */
    int last_weekday;          /* nL: the last of its kind in the month; 0: none */
    int nth_weekday, nth;      /* n#k */
};

/* ---- reading ---- */

static error wrong(const struct field *f, span text)
{
    return fail(ERR_INVALID_INPUT, "Invalid cron expression: %.*s is no %s", (int)(text.size < 60 ? text.size : 60),
                text.data, f->name);
}

static bool number_of(const struct field *f, span text, int *out)
{
    int64_t number;
    for (int i = 0; f->names && text.size == 3 && i <= f->most - f->least; i++)
        if (span_equal_nocase(text, (span){f->names + 3 * i, 3})) {
            *out = f->least + i;
            return true;
        }
    if (!text.size || text.size > 4 || !parse_int64(text, &number)) return false;
    *out = (int)number;
    return number >= f->least && number <= f->most;
}

static span cut(span *rest, char separator)
{
    const char *end = rest->size ? memchr(rest->data, separator, rest->size) : NULL;
    span part = {rest->data, end ? (size_t)(end - rest->data) : rest->size};
    rest->data += part.size + (end != NULL);
    rest->size -= part.size + (end != NULL);
    return part;
}

/* "a", "a-b", "*", each perhaps with "/step". */
static error range_read(struct schedule *s, int field, span text)
{
    const struct field *f = &fields[field];
    span rest = text, range = cut(&rest, '/');
    int64_t step = 1;
    int from, to;
    bool stepped = range.size != text.size;
    if (stepped && (!parse_int64(rest, &step) || step < 1 || step > f->most)) return wrong(f, text);
    if (span_is(range, "*")) from = f->least, to = f->most;
    else {
        span first = cut(&range, '-');
        bool single = !range.size;
        if (!number_of(f, first, &from) || (!single && !number_of(f, range, &to))) return wrong(f, text);
        if (single) to = stepped ? f->most : from;
        if (to < from) return wrong(f, text);
    }
    for (int i = from; i <= to; i += (int)step) s->has[field][i] = true;
    return OK;
}

/* L, nW, nL, n#k; *taken: it was one of them. */
static error day_rule_read(struct schedule *s, int field, span text, bool *taken)
{
    const struct field *f = &fields[field];
    span rest = text, number = cut(&rest, '#');
    char last = text.size ? text.data[text.size - 1] : '\0';
    span head = {text.data, text.size ? text.size - 1 : 0};
    int value;
    *taken = true;
    if (field == DAY && span_is(text, "L")) s->last_day = true;
    else if (field == WEEKDAY && span_is(text, "L")) s->has[WEEKDAY][7] = true;
    else if (field == DAY && last == 'W' && number_of(f, head, &value)) s->workday = value;
    else if (field == WEEKDAY && last == 'L' && number_of(f, head, &value)) s->last_weekday = value;
    else if (field == WEEKDAY && rest.size == 1 && rest.data[0] >= '1' && rest.data[0] <= '5' &&
             number_of(f, number, &value)) {
        s->nth_weekday = value;
        s->nth = rest.data[0] - '0';
    } else *taken = false;
    return OK;
}

static error field_read(struct schedule *s, int field, span text)
{
    const struct field *f = &fields[field];
    bool taken;
    if (span_is(text, "?")) {
        if (field != DAY && field != WEEKDAY) return wrong(f, text);
        *(field == DAY ? &s->any_day : &s->any_weekday) = true;
        return OK;
    }
    while (text.size) {
        span one = cut(&text, ',');
        TRY(day_rule_read(s, field, one, &taken));
        if (!taken) TRY(range_read(s, field, one));
    }
    return OK;
}

static error schedule_read(const char *expression, struct schedule *s)
{
    span text = span_trim(span_of(expression));
    if (!span_starts(text, "cron(") || text.data[text.size - 1] != ')')
        return fail(ERR_INVALID_INPUT, "Invalid cron expression: %.100s is not cron(Minutes Hours "
                                       "Day-of-month Month Day-of-week Year)", expression);
    span rest = span_trim((span){text.data + 5, text.size - 6});
    *s = (struct schedule){0};
    for (int i = 0; i < FIELDS; i++) {
        span field = cut(&rest, ' ');
        rest = span_trim(rest);
        if (!field.size)
            return fail(ERR_INVALID_INPUT, "Invalid cron expression: it has %d fields instead of six", i);
        TRY(field_read(s, i, field));
    }
    if (rest.size)
        return fail(ERR_INVALID_INPUT, "Invalid cron expression: it has more than six fields");
    if (s->any_day == s->any_weekday)
        return fail(ERR_INVALID_INPUT, "Invalid cron expression: one of Day-of-month and Day-of-week must "
                                       "be ?, and not both");
    return OK;
}

error schedule_check(const char *expression)
{
    struct schedule *s = must_alloc(sizeof *s);
    error e = schedule_read(expression, s);
    free(s);
    return e;
}

/* ---- days ---- */

static int weekday_of(int64_t days) /* 1: Sunday; 1970-01-01 was a Thursday */
{
    return (int)((days % 7 + 7 + 4) % 7) + 1;
}

/* The working day nearest to the nth of the month, within the month. */
static int workday_of(int64_t year, int month, int day)
{
    int most = days_in_month(year, month);
    if (day > most) day = most;
    int weekday = weekday_of(days_from_civil(year, month, day));
    if (weekday == 7) return day > 1 ? day - 1 : day + 2;
    if (weekday == 1) return day < most ? day + 1 : day - 2;
    return day;
}

static bool day_matches(const struct schedule *s, int64_t days)
{
    struct civil c = civil_from_days(days);
    int most = days_in_month(c.year, c.month), weekday = weekday_of(days);
    if (c.year > YEAR_LAST || !s->has[YEAR][c.year] || !s->has[MONTH][c.month]) return false;
    if (s->any_weekday)
        return s->has[DAY][c.day] || (s->last_day && c.day == most) ||
               (s->workday && c.day == workday_of(c.year, c.month, s->workday));
    return s->has[WEEKDAY][weekday] || (s->last_weekday == weekday && c.day + 7 > most) ||
           (s->nth_weekday == weekday && (c.day + 6) / 7 == s->nth);
}

/* Of the day, the first minute not before `from`; -1: none. */
static int minute_of_day(const struct schedule *s, int from)
{
    for (int minute = from; minute < 24 * 60; minute++)
        if (s->has[HOUR][minute / 60] && s->has[MINUTE][minute % 60]) return minute;
    return -1;
}

error schedule_next(const char *expression, int64_t after_us, int64_t *out)
{
    enum { DAYS_MAX = 366 * 28 }; /* the calendar has come round */
    struct schedule *s = must_alloc(sizeof *s);
    error e = schedule_read(expression, s);
    int64_t minute_us = 60 * (int64_t)US_PER_SECOND, next = floor_div(after_us, minute_us) + 1;
    int64_t day = floor_div(next, 24 * 60);
    *out = INT64_MAX;
    for (int i = 0; e == OK && i < DAYS_MAX && *out == INT64_MAX; i++, day++) {
        int from = i == 0 ? (int)(next - day * 24 * 60) : 0;
        int minute = day_matches(s, day) ? minute_of_day(s, from) : -1;
        if (minute >= 0) *out = (day * 24 * 60 + minute) * minute_us;
    }
    free(s);
    return e;
}
