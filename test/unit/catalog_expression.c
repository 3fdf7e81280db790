/* Partition expressions: what they accept, what they refuse, and which partitions match. */
#include "catalog/catalog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const char keys_text[] =
    "[{\"Name\": \"year\", \"Type\": \"int\"}, {\"Name\": \"site\", \"Type\": \"string\"},"
    " {\"Name\": \"day\", \"Type\": \"date\"}, {\"Name\": \"at\", \"Type\": \"timestamp\"},"
    " {\"Name\": \"price\", \"Type\": \"decimal(10,2)\"}, {\"Name\": \"ratio\", \"Type\": \"double\"},"
    " {\"Name\": \"date\", \"Type\": \"string\"}, {\"Name\": \"odd name\", \"Type\": \"bigint\"}]";
static const char values_text[] =
    "[\"02023\", \"Köln's\", \"2023-07-04\", \"2023-07-04 10:30:00\", \"12.50\", \"1.5\", \"x\","
    " \"__HIVE_DEFAULT_PARTITION__\"]";

static json_t *parse(const char *text)
{
    json_t *value;
    assert_int_equal(json_read(span_of(text), &value), OK);
    return value;
}

/* 1, 0, or -1: refused. */
static int ask_of(const char *expression, const char *values)
{
    struct arena arena = {0};
    const struct expression *x;
    json_t *keys = parse(keys_text), *partition = parse(values);
    error e = expression_parse(&arena, span_of(expression), keys, &x);
    int answer = e == OK ? expression_matches(x, partition) : -1;
    if (e != OK) assert_int_equal(e, ERR_INVALID_INPUT);
    json_decref(keys);
    json_decref(partition);
    arena_release(&arena);
    return answer;
}

struct question { const char *expression; int answer; };

static void assert_answers(const struct question *questions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int answer = ask_of(questions[i].expression, values_text);
        if (answer != questions[i].answer)
            fail_msg("%s: %d instead of %d (%s)", questions[i].expression, answer,
                     questions[i].answer, error_text());
    }
}
#define ASSERT_ANSWERS(questions) assert_answers(questions, sizeof(questions) / sizeof *(questions))

static void test_numbers(void **state)
{
    (void)state;
    static const struct question questions[] = {
        {"year = 2023", 1}, {"year = '2023'", 1}, {"year=02023", 1}, {"YEAR = +2023", 1},
        {"year = 2023.0", 1}, {"year = 2023.5", 0}, {"year < 2023.5", 1}, {"year <> 2023", 0},
        {"year != 2022", 1}, {"year > -5", 1}, {"year > 99999999999999999999999999", 0},
        {"year < 99999999999999999999999999", 1}, {"year >= 2023 and year <= 2023", 1},
        {"2022 < year", 1}, {"2024 <= year", 0}, {"2023=year", 1}, {"year in (1, 2023, 3)", 1},
        {"year in (1)", 0}, {"year not in (1, 2)", 1}, {"year between 2000 and 2023", 1},
        {"year not between 2000 and 2023", 0}, {"price = 12.5", 1}, {"price = 12.500", 1},
        {"price > 12.49", 1}, {"price < 12.5000001", 1}, {"price > -.5", 1}, {"year = -0", 0},
    };
    ASSERT_ANSWERS(questions);
    assert_int_equal(ask_of("year = 0", "[\"-0\"]"), 1);
    assert_int_equal(ask_of("year < -1", "[\"-2\"]"), 1);
    assert_int_equal(ask_of("year < -10", "[\"-2\"]"), 0);
}

static void test_texts(void **state)
{
    (void)state;
    static const struct question questions[] = {
        {"site = 'Köln''s'", 1}, {"site = 'köln''s'", 0}, {"site >= 'K'", 1}, {"site like 'K%'", 1},
        {"site like 'K_ln%'", 1}, {"site like '%''s'", 1}, {"site like 'K__ln''s'", 0},
        {"site not like 'A%'", 1}, {"site like '%'", 1}, {"site like ''", 0}, {"site like 'K\\%'", 0},
        {"\"site\" > 'A' AND `site` < 'Z'", 1}, {"date = 'x'", 1}, {"\"odd name\" is null", 1},
        {"site = 5", 0}, {"site in ('a', 'Köln''s')", 1},
    };
    ASSERT_ANSWERS(questions);
    assert_int_equal(ask_of("site like '100\\%'", "[\"1\", \"100%\"]"), 1);
    assert_int_equal(ask_of("site like '100\\%'", "[\"1\", \"100x\"]"), 0);
    assert_int_equal(ask_of("site like '%a%b%c'", "[\"1\", \"xxaxxbxbxc\"]"), 1);
}

static void test_times(void **state)
{
    (void)state;
    static const struct question questions[] = {
        {"day = '2023-07-04'", 1}, {"day > DATE '2023-07-03'", 1}, {"day < '2023-07-04'", 0},
        {"day between '2023-01-01' and '2023-12-31'", 1}, {"at = '2023-07-04 10:30:00'", 1},
        {"at >= TIMESTAMP '2023-07-04 10:00:00'", 1}, {"at = '2023-07-04T10:30:00Z'", 1},
        {"day = 'yesterday'", -1}, {"at = 'noon'", -1},
    };
    ASSERT_ANSWERS(questions);
}

static void test_logic(void **state)
{
    (void)state;
    static const struct question questions[] = {
        {"year = 1 or year = 2023 and site = 'no'", 0}, {"(year = 1 or year = 2023) and site <> 'no'", 1},
        {"not year = 1", 1}, {"not not year = 1", 0}, {"not (year = 1 or site = 'a')", 1},
        {"year is not null", 1}, {"year is null", 0}, {"\"odd name\" is not null", 0},
        /* NULL: neither it nor its opposite */
        {"\"odd name\" = 1", 0}, {"not \"odd name\" = 1", 0}, {"\"odd name\" not in (1)", 0},
        {"\"odd name\" = 1 or year = 2023", 1}, {"\"odd name\" = 1 and year = 2023", 0},
        {"year = NULL", 0}, {"not year = NULL", 0}, {"year in (1, NULL)", 0}, {"year not in (1, NULL)", 0},
        {"year not in (2023, NULL)", 0}, {"year between 1 and null", 0}, {"year between 3000 and null", 0},
        {"not (year between 3000 and null)", 1},
        {"((((year = 2023))))", 1}, {" \t\n year\r=\n2023 ", 1},
    };
    ASSERT_ANSWERS(questions);
    assert_int_equal(ask_of("year = 1 or not year = 1", "[\"many\"]"), 0); /* not of its type: NULL */
    assert_int_equal(ask_of("year is null", "[\"many\"]"), 1);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct question questions[] = {
        {"", -1}, {" ", -1}, {"year", -1}, {"year =", -1}, {"= 5", -1}, {"year = 'x", -1},
        {"year = 5 5", -1}, {"year == 5", -1}, {"year = abc", -1}, {"month = 5", -1}, {"year = 'x'", -1},
        {"year like '2%'", -1}, {"ratio = 1.5", -1}, {"year in ()", -1}, {"year in (1", -1},
        {"year in 1", -1}, {"year between 1", -1}, {"year between 1 or 2", -1}, {"(year = 1", -1},
        {"year = 1)", -1}, {"year is 5", -1}, {"year not 5", -1}, {"year = 1 and", -1}, {"and", -1},
        {"year = site", -1}, {"1 = 1", -1}, {"year + 1 = 2", -1}, {"year = 1; drop", -1},
        {"upper(site) = 'A'", -1}, {"year = 1.2.3", -1}, {"year = 1e5", -1}, {"year = --5", -1},
        {"year = .", -1}, {"year != not 5", -1},
    };
    ASSERT_ANSWERS(questions);
    ask_of("year = 5 5", values_text);
    assert_string_equal(error_text(), "Unsupported expression 'year = 5 5': something behind the end "
                                      "at position 10");
}

static void test_bounds(void **state)
{
    (void)state;
    struct buffer text = {0};
    for (int i = 0; i < 99; i++) buffer_append_text(&text, "(");
    buffer_append_text(&text, "year = 2023");
    for (int i = 0; i < 99; i++) buffer_append_text(&text, ")");
    assert_int_equal(ask_of(buffer_text(&text), values_text), 1);
    buffer_reset(&text);
    for (int i = 0; i < 500; i++) buffer_append_text(&text, "(");
    assert_int_equal(ask_of(buffer_text(&text), values_text), -1);
    buffer_reset(&text);
    for (int i = 0; i < 500; i++) buffer_append_text(&text, "not ");
    assert_int_equal(ask_of(buffer_text(&text), values_text), -1);
    buffer_reset(&text);
    buffer_append_text(&text, "year in (0");
    for (int i = 1; i < 1000; i++) buffer_printf(&text, ",%d", i + 1100);
    buffer_append_text(&text, ")");
    assert_int_equal(ask_of(buffer_text(&text), values_text), 1);
    for (int i = 0; i < 1000; i++) buffer_append_text(&text, "          ");
    assert_int_equal(ask_of(buffer_text(&text), values_text), -1);
    buffer_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_texts),    cmocka_unit_test(test_times),
        cmocka_unit_test(test_logic),   cmocka_unit_test(test_refusals), cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests_name("catalog_expression", tests, NULL, NULL);
}
