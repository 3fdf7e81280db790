/* Cron expressions of AWS: the next time of each, and what is refused. */
#include "aws/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct { const char *expression, *after, *next; } good[] = {
    {"cron(0 12 * * ? *)", "2024-01-01T11:59:59Z", "2024-01-01T12:00:00.000Z"},
    {"cron(0 12 * * ? *)", "2024-01-01T12:00:00Z", "2024-01-02T12:00:00.000Z"},
    {"cron(*/15 * * * ? *)", "2024-01-01T00:00:30Z", "2024-01-01T00:15:00.000Z"},
    {"cron(5/20 8-9 * * ? *)", "2024-01-01T08:46:00Z", "2024-01-01T09:05:00.000Z"},
    {"cron(0,30 23 * * ? *)", "2024-02-28T23:30:00Z", "2024-02-29T23:00:00.000Z"},
    {"cron(15 10 ? * MON-FRI *)", "2024-01-05T10:15:00Z", "2024-01-08T10:15:00.000Z"},
    {"cron(15 10 ? * 1 *)", "2024-01-05T10:15:00Z", "2024-01-07T10:15:00.000Z"},
    {"cron(0 8 1 * ? *)", "2024-12-01T08:00:00Z", "2025-01-01T08:00:00.000Z"},
    {"cron(0 0 L * ? *)", "2024-02-01T00:00:00Z", "2024-02-29T00:00:00.000Z"},
    {"cron(0 0 15W * ? *)", "2024-06-01T00:00:00Z", "2024-06-14T00:00:00.000Z"},
    {"cron(0 0 1W * ? *)", "2024-06-01T00:00:00Z", "2024-06-03T00:00:00.000Z"},
    {"cron(0 0 ? * 6L *)", "2024-01-01T00:00:00Z", "2024-01-26T00:00:00.000Z"},
    {"cron(0 0 ? * 2#1 *)", "2024-01-02T00:00:00Z", "2024-02-05T00:00:00.000Z"},
    {"cron(0 0 ? * L *)", "2024-01-01T00:00:00Z", "2024-01-06T00:00:00.000Z"},
    {"cron(0 0 29 FEB ? *)", "2024-03-01T00:00:00Z", "2028-02-29T00:00:00.000Z"},
    {"cron(0 0 1 jan ? 2030)", "2024-03-01T00:00:00Z", "2030-01-01T00:00:00.000Z"},
    {" cron( 0  0 1 1 ? * ) ", "2024-03-01T00:00:00Z", "2025-01-01T00:00:00.000Z"},
    {"cron(0 0 1 1 ? 2020)", "2024-03-01T00:00:00Z", NULL},
    {"cron(0 0 30 2 ? *)", "2024-03-01T00:00:00Z", NULL},
};

static void next_times(void **state)
{
    struct arena arena = {0};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t after, next;
        assert_int_equal(date_parse_iso8601(span_of(good[i].after), &after), OK);
        if (schedule_next(good[i].expression, after, &next) != OK) fail_msg("%s", error_text());
        if (good[i].next) assert_string_equal(date_iso8601(&arena, next), good[i].next);
        else assert_true(next == INT64_MAX);
    }
    arena_release(&arena);
}

static void refusals(void **state)
{
    static const char *const bad[] = {
        "", "cron()", "rate(5 minutes)", "cron(0 12 * * ?)", "cron(0 12 * * ? * *)", "cron(60 12 * * ? *)",
        "cron(0 24 * * ? *)", "cron(0 12 0 * ? *)", "cron(0 12 * 13 ? *)", "cron(0 12 ? * 8 *)",
        "cron(0 12 * * * *)", "cron(0 12 ? * ? *)", "cron(? 12 * * ? *)", "cron(0/0 12 * * ? *)",
        "cron(5-1 12 * * ? *)", "cron(a 12 * * ? *)", "cron(0 12 ? FOO MON *)", "cron(0 12 ? * 2#6 *)",
        "cron(0 12 * * ? 1969)", "cron(0 12 * * ? *"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (schedule_check(bad[i]) != ERR_INVALID_INPUT) fail_msg("%s was taken", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(next_times), cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
