/* Calendar arithmetic (proleptic Gregorian, UTC) and the date texts of AWS and HTTP.
 * Instants are microseconds since 1970-01-01T00:00:00Z. */
#pragma once

#include "base/arena.h"

enum { US_PER_MS = 1000, US_PER_SECOND = 1000000 };
#define US_PER_DAY ((int64_t)86400 * US_PER_SECOND)

struct civil {
    int64_t year;
    int month, day;            /* 1..12, 1..31 */
    int hour, minute, second;  /* 0..23, 0..59, 0..59 */
    int us;                    /* 0..999999 */
};

int64_t days_from_civil(int64_t year, int month, int day); /* days since 1970-01-01 */
int days_in_month(int64_t year, int month);
struct civil civil_from_days(int64_t days); /* midnight */
struct civil civil_from_us(int64_t us);
int64_t us_from_civil(const struct civil *);

/* Floor division: us of before 1970 belongs to the earlier day or second. */
static inline int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a ^ b) < 0);
}

char *date_iso8601(struct arena *, int64_t us);  /* 2023-01-10T06:07:08.123Z */
char *date_http(struct arena *, int64_t us);     /* Tue, 10 Jan 2023 06:07:08 GMT (RFC 7231) */
char *date_amz(struct arena *, int64_t us);      /* 20230110T060708Z */
error date_parse_amz(span, int64_t *us) MUST_CHECK;
error date_parse_http(span, int64_t *us) MUST_CHECK; /* the form that date_http writes */
/* 2023-01-10[T| ]06:07[:08[.123]][Z|+hh:mm] */
error date_parse_iso8601(span, int64_t *us) MUST_CHECK;
