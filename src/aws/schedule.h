/* When a schedule comes next: AWS's cron expressions, in UTC.
 *
 *   cron(Minutes Hours Day-of-month Month Day-of-week Year)
 *
 * with  * ? , - /  in every field, names (JAN, SUN), L and nW in Day-of-month, nL and n#k in
 * Day-of-week (1 is Sunday); one of the two days must be "?". Facts: AWS Glue Developer Guide,
 * "Time-based schedules for jobs and crawlers". */
#pragma once

#include "base/base.h"
#include "base/date.h"

/* ERR_INVALID_INPUT says which field is wrong. */
error schedule_check(const char *expression) MUST_CHECK;
/* The first minute behind `after_us` that the schedule names; INT64_MAX: it never comes again. */
error schedule_next(const char *expression, int64_t after_us, int64_t *out) MUST_CHECK;
