/* Calendar arithmetic against the C library, date texts of AWS and HTTP. */
#include "base/base.h" /* before cmocka, which makes a macro of fail */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static void agrees_with_gmtime(void **state)
{
    (void)state;
    uint64_t random = 42;
    for (int i = 0; i < 200000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        int64_t seconds = (int64_t)(random >> 20) % 300000000000 - 62135596800;
        time_t t = (time_t)seconds;
        struct tm tm;
        gmtime_r(&t, &tm);
        struct civil c = civil_from_us(seconds * US_PER_SECOND + 7);
        assert_true(c.year == tm.tm_year + 1900 && c.month == tm.tm_mon + 1 &&
                    c.day == tm.tm_mday && c.hour == tm.tm_hour && c.minute == tm.tm_min &&
                    c.second == tm.tm_sec && c.us == 7);
        assert_int_equal(us_from_civil(&c), seconds * US_PER_SECOND + 7);
        assert_int_equal(days_from_civil(c.year, c.month, c.day), floor_div(seconds, 86400));
    }
}

static void holds_every_instant(void **state)
{
    (void)state;
    static const int64_t instants[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX};
    for (size_t i = 0; i < sizeof instants / sizeof *instants; i++) {
        struct civil c = civil_from_us(instants[i]);
        __int128 back = (__int128)days_from_civil(c.year, c.month, c.day) * US_PER_DAY +
                        (c.hour * 3600 + c.minute * 60 + c.second) * (int64_t)US_PER_SECOND + c.us;
        assert_true(back == instants[i]);
    }
    for (int64_t days = -1000000; days < 4000000; days += 97) {
        struct civil c = civil_from_days(days);
        assert_int_equal(days_from_civil(c.year, c.month, c.day), days);
        assert_true(c.day >= 1 && c.day <= days_in_month(c.year, c.month) && c.hour == 0);
    }
    assert_int_equal(days_in_month(1900, 2), 28);
    assert_int_equal(days_in_month(2000, 2), 29);
    assert_int_equal(days_in_month(-4, 2), 29);
}

static void prints(void **state)
{
    (void)state;
    struct arena a = {0};
    const int64_t us = 1673330828123456;
    assert_string_equal(date_iso8601(&a, us), "2023-01-10T06:07:08.123Z");
    assert_string_equal(date_http(&a, us), "Tue, 10 Jan 2023 06:07:08 GMT");
    assert_string_equal(date_amz(&a, us), "20230110T060708Z");
    assert_string_equal(date_http(&a, -1), "Wed, 31 Dec 1969 23:59:59 GMT");
    assert_string_equal(date_iso8601(&a, -1), "1969-12-31T23:59:59.999Z");
    arena_release(&a);
}

static void parses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } good[] = {
        {"2023-01-10", 1673308800000000},
        {"2023-01-10T06:07", 1673330820000000},
        {"2023-01-10 06:07:08", 1673330828000000},
        {"2023-01-10T06:07:08Z", 1673330828000000},
        {"2023-01-10T06:07:08.1234567Z", 1673330828123456},
        {"2023-01-10T06:07:08.5+01:30", 1673325428500000},
        {"2023-01-10T06:07:08-0130", 1673336228000000},
        {"1969-12-31T23:59:59.999999Z", -1},
    };
    static const char *const bad[] = {"",
                                      "2023",
                                      "2023-1-10",
                                      "2023-01-10T",
                                      "2023-01-10T06",
                                      "2023-01-10T06:07:",
                                      "2023-01-10T06:07:08.",
                                      "2023-01-10T06:07:08.Z",
                                      "2023-02-29",
                                      "2023-13-01",
                                      "2023-00-01",
                                      "2023-01-00",
                                      "2023-01-10T24:00",
                                      "2023-01-10T06:60",
                                      "2023-01-10T06:07:60",
                                      "2023-01-10T06:07:08Zx",
                                      "2023-01-10T06:07:08+1",
                                      "2023-01-10T06:07:08+24:00",
                                      "2023-01-10T06:07:08+01:60",
                                      "2023-01-10T06:07:08+",
                                      " 2023-01-10",
                                      "2023-01-10Z",
                                      "x"};
    int64_t us;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        us = 0;
        assert_int_equal(date_parse_iso8601(span_of(good[i].text), &us), OK);
        assert_int_equal(us, good[i].us);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(date_parse_iso8601(span_of(bad[i]), &us), ERR_PARSE);
    assert_int_equal(date_parse_amz(SPAN("20230110T060708Z"), &us), OK);
    assert_int_equal(us, 1673330828000000);
    static const char *const bad_amz[] = {"",
                                          "20230110T060708",
                                          "20230110060708Z",
                                          "20230230T060708Z",
                                          "20230110T250708Z",
                                          "20230110T060708ZZ",
                                          "2023011T060708Z"};
    for (size_t i = 0; i < sizeof bad_amz / sizeof *bad_amz; i++)
        assert_int_equal(date_parse_amz(span_of(bad_amz[i]), &us), ERR_PARSE);
}

static void parses_http(void **state)
{
    (void)state;
    struct arena a = {0};
    static const int64_t seconds[] = {0, 1673330828, 951782400, 253402300799};
    static const char *const bad[] = {"", "Tue, 10 Jan 2023 06:07:08", "2023-01-10T06:07:08Z",
                                      "Tue, 10 Jan 2023 06:07:08 GMTx",
                                      "Tue, 32 Jan 2023 06:07:08 GMT"};
    int64_t us;
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        const char *text = date_http(&a, seconds[i] * US_PER_SECOND);
        assert_int_equal(date_parse_http(span_of(text), &us), OK);
        assert_int_equal(us, seconds[i] * US_PER_SECOND);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(date_parse_http(span_of(bad[i]), &us), ERR_PARSE);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_gmtime),
        cmocka_unit_test(holds_every_instant),
        cmocka_unit_test(prints),
        cmocka_unit_test(parses),
        cmocka_unit_test(parses_http),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
