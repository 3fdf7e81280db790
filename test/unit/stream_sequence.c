/* Sequence numbers as decimal text of 192 bits. */
#include "stream_testing.h"

static struct sequence parse(const char *text)
{
    struct sequence s;
    assert_int_equal(sequence_parse(span_of(text), &s), OK);
    return s;
}

static void round_trip(void **state)
{
    (void)state;
    const char *texts[] = {
        "0",
        "1",
        "9",
        "10",
        "18446744073709551615",
        "18446744073709551616",
        "999999999999999999",
        "1000000000000000000",
        "100000000000000000000000000000000000",
        "49569211764183454219168484893195064129285397497136578562",
        "6277101735386680763835789423207666416102355444464034512895", /* 2^192 - 1 */
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char out[SEQUENCE_TEXT_MAX];
        sequence_print(out, parse(texts[i]));
        assert_string_equal(out, texts[i]);
    }
}

/* Neighbours of a shard are printed from one another: as a lone number is, whatever came before. */
static void neighbours(void **state)
{
    (void)state;
    struct sequence starts[] = {
        parse("49569211764183454219168484893195064129285397497136578562"),
        parse("6277101735386680763835789423207666416102355444464034512895"),
        {0, 0x10000, 0}, {0, 0, 2}, {0, UINT64_MAX, 2}, {UINT64_MAX, UINT64_MAX, 2}, {1, UINT64_MAX << 16, 2}};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        struct sequence s = starts[i];
        for (int step = 0; step < 70; step++) {
            char out[SEQUENCE_TEXT_MAX];
            size_t digits = sequence_print(out, s);
            assert_int_equal(digits, strlen(out));
            struct sequence back = parse(out);
            assert_int_equal(sequence_compare(back, s), 0);
            if (step % 7 == 6) s.low += 1ULL << 36; /* a second later */
            uint64_t before = s.middle;
            s.middle += 1 << 16;
            s.high += s.middle < before;
        }
    }
}

static void words_are_exact(void **state)
{
    (void)state;
    struct sequence s = parse("18446744073709551616");
    assert_true(s.high == 0 && s.middle == 1 && s.low == 0);
    s = parse("49569211764183454219168484893195064129285397497136578562");
    assert_true(s.high == 0x020586d7045e244cULL && s.middle == 0x077692759ad83374ULL &&
                s.low == 0x0e636219e1008002ULL);
}

static void compare_by_value_not_text(void **state)
{
    (void)state;
    assert_true(sequence_compare(parse("9"), parse("10")) < 0);
    assert_true(sequence_compare(parse("18446744073709551616"), parse("18446744073709551615")) > 0);
    assert_int_equal(sequence_compare(parse("42"), parse("42")), 0);
}

static void refused(void **state)
{
    (void)state;
    const char *texts[] = {"",
                           "-1",
                           "+1",
                           " 1",
                           "1 ",
                           "01",
                           "00",
                           "1e5",
                           "0x10",
                           "1.0",
                           "LATEST",
                           "6277101735386680763835789423207666416102355444464034512896",
                           "99999999999999999999999999999999999999999999999999999999999999999999"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct sequence s;
        assert_int_equal(sequence_parse(span_of(texts[i]), &s), ERR_INVALID_ARGUMENT);
    }
}

/* The numbers the log gives have 56 digits and start with 49, as the service's do. */
static void of_the_log(void **state)
{
    (void)state;
    struct testing *t = testing_open();
    assert_int_equal(stream_create(t->store, KEY, 17, false), OK);
    struct put_record r = {.partition_key = SPAN("k"),
                           .data = SPAN("x"),
                           .has_explicit_hash = true,
                           .explicit_hash = {UINT64_MAX, UINT64_MAX}};
    struct put_result result;
    char text[SEQUENCE_TEXT_MAX];
    assert_int_equal(stream_put(t->store, KEY, &r, 1, &result), OK);
    assert_string_equal(result.shard_id, "shardId-000000000016");
    sequence_print(text, result.sequence);
    assert_int_equal(strlen(text), 56);
    assert_memory_equal(text, "49", 2);
    testing_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(neighbours), cmocka_unit_test(words_are_exact),
        cmocka_unit_test(compare_by_value_not_text),
        cmocka_unit_test(refused),
        cmocka_unit_test(of_the_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
