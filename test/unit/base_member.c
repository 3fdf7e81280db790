/* member_check: AWS's words for what is wrong with an input. */
#include "base/base.h" /* before cmocka, which makes a macro of fail */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const types[] = {"LATEST", "TRIM_HORIZON", NULL};
static const struct member tag = {.name = "member", .type = MEMBER_STRING, .min = 1, .max = 5};
static const struct member tag_value = {.name = "value", .type = MEMBER_STRING, .max = 4};
static const struct member record_rows[] = {
    {.name = "Data", .type = MEMBER_BLOB, .flags = MEMBER_REQUIRED, .min = 0, .max = 4},
    {.name = "PartitionKey", .type = MEMBER_STRING, .flags = MEMBER_REQUIRED, .min = 1, .max = 8},
    {0}};
static const struct member record = {.name = "member", .type = MEMBER_STRUCTURE, .of = record_rows};
static const struct member number = {.name = "value", .type = MEMBER_INTEGER, .min = 1, .max = 9};
static const struct member child;
static const struct member child_rows[] = {
    {.name = "Children", .type = MEMBER_LIST, .of = &child}, {0}};
static const struct member child = {.name = "member", .type = MEMBER_STRUCTURE, .of = child_rows};
static const struct member rows[] = {
    {.name = "StreamName", .type = MEMBER_STRING, .flags = MEMBER_REQUIRED, .min = 1, .max = 8,
     .pattern = "^[a-zA-Z0-9_.-]+$"},
    {.name = "Limit", .type = MEMBER_INTEGER, .min = 1, .max = 10000},
    {.name = "Ratio", .type = MEMBER_DOUBLE, .min = -0.5, .max = 0.5},
    {.name = "Type", .type = MEMBER_STRING, .values = types},
    {.name = "On", .type = MEMBER_BOOLEAN},
    {.name = "Since", .type = MEMBER_TIMESTAMP},
    {.name = "Records", .type = MEMBER_LIST, .min = 1, .max = 2, .of = &record},
    {.name = "TagKeys", .type = MEMBER_LIST, .of = &tag},
    {.name = "Tags", .type = MEMBER_MAP, .max = 2, .of = &tag_value},
    {.name = "Counts", .type = MEMBER_MAP, .of = &number},
    {.name = "Anything", .type = MEMBER_ANY},
    {.name = "Object", .type = MEMBER_STRUCTURE},
    {.name = "Mapping", .type = MEMBER_LIST, .of = &child},
    {0},
};

static void expect(const char *input, bool strict, error code, const char *text)
{
    json_t *value;
    assert_int_equal(json_read(span_of(input), &value), OK);
    assert_int_equal(member_check(rows, value, strict), code);
    if (text) assert_string_equal(error_text(), text);
    json_decref(value);
}

#define ONE "1 validation error detected: "
#define TWO "2 validation errors detected: "
#define FAILED " failed to satisfy constraint: "

static void accepts(void **state)
{
    (void)state;
    expect(
        "{\"StreamName\":\"a.B-_9\",\"Limit\":10000,\"Ratio\":0.5,\"Type\":\"LATEST\",\"On\":false,"
        "\"Since\":1694102537.123,\"Records\":[{\"Data\":\"AAECAw==\",\"PartitionKey\":\"k\"}],"
        "\"TagKeys\":[\"a\"],\"Tags\":{\"k\":\"\"},\"Counts\":{\"k\":9},\"Anything\":[null],"
        "\"Object\":{\"x\":[]},\"Mapping\":[{\"Children\":[{}]}]}",
        true, OK, NULL);
    expect("{\"StreamName\":\"a\",\"Unknown\":1,\"Limit\":null,\"Since\":\"2023-09-07T16:02:17Z\"}",
           false, OK, NULL);
    expect("{\"StreamName\":\"a\",\"Ratio\":-0.5,\"Tags\":{\"k\":null}}", true, OK, NULL);
}

static void names_constraints(void **state)
{
    (void)state;
    expect("{}", false, ERR_VALIDATION,
           ONE "Value null at 'streamName'" FAILED "Member must not be null");
    expect("{\"StreamName\":null}", false, ERR_VALIDATION,
           ONE "Value null at 'streamName'" FAILED "Member must not be null");
    expect("{\"StreamName\":\"\"}", false, ERR_VALIDATION,
           TWO "Value '' at 'streamName'" FAILED
               "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value '' at "
               "'streamName'" FAILED "Member must have length greater than or equal to 1");
    expect("{\"StreamName\":\"a b\"}", false, ERR_VALIDATION,
           ONE "Value 'a b' at 'streamName'" FAILED
               "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
    expect("{\"StreamName\":\"123456789\",\"Limit\":10001}", false, ERR_VALIDATION,
           TWO "Value '123456789' at 'streamName'" FAILED
               "Member must have length less than or equal to 8; Value '10001' at 'limit'" FAILED
               "Member must have value less than or equal to 10000");
    expect("{\"StreamName\":\"a\",\"Limit\":0}", false, ERR_VALIDATION,
           ONE "Value '0' at 'limit'" FAILED "Member must have value greater than or equal to 1");
    expect("{\"StreamName\":\"a\",\"Ratio\":0.75}", false, ERR_VALIDATION,
           ONE "Value '0.75' at 'ratio'" FAILED "Member must have value less than or equal to 0.5");
    expect("{\"StreamName\":\"a\",\"Type\":\"latest\"}", false, ERR_VALIDATION,
           ONE "Value 'latest' at 'type'" FAILED
               "Member must satisfy enum value set: [LATEST, TRIM_HORIZON]");
}

static void names_elements(void **state)
{
    (void)state;
    expect("{\"StreamName\":\"a\",\"Records\":[]}", false, ERR_VALIDATION,
           ONE "Value '[]' at 'records'" FAILED
               "Member must have length greater than or equal to 1");
    expect("{\"StreamName\":\"a\",\"Records\":[{\"Data\":\"\",\"PartitionKey\":\"k\"},{}]}", false,
           ERR_VALIDATION,
           TWO "Value null at 'records.2.member.data'" FAILED
               "Member must not be null; Value null at 'records.2.member.partitionKey'" FAILED
               "Member must not be null");
    expect("{\"StreamName\":\"a\",\"Records\":[{\"Data\":\"AAECAwQ=\",\"PartitionKey\":\"k\"}]}",
           false, ERR_VALIDATION,
           ONE
           "Value 'java.nio.HeapByteBuffer[pos=0 lim=5 cap=5]' at 'records.1.member.data'" FAILED
           "Member must have length less than or equal to 4");
    expect("{\"StreamName\":\"a\",\"TagKeys\":[\"\",\"ab\",\"\"]}", false, ERR_VALIDATION,
           ONE "Value '[, ab, ]' at 'tagKeys'" FAILED
               "Member must satisfy constraint: [Member must have length less than or equal to 5, "
               "Member must have length greater than or equal to 1]");
    expect("{\"StreamName\":\"a\",\"Tags\":{\"k\":\"12345\"}}", false, ERR_VALIDATION,
           ONE
           "Value '{k=12345}' at 'tags'" FAILED
           "Map value must satisfy constraint: [Member must have length less than or equal to 4, "
           "Member must have length greater than or equal to 0]");
    expect("{\"StreamName\":\"a\",\"Counts\":{\"Key\":10}}", false, ERR_VALIDATION,
           ONE "Value '10' at 'counts.Key.value'" FAILED
               "Member must have value less than or equal to 9");
    expect("{\"StreamName\":\"a\",\"Records\":[null]}", false, ERR_VALIDATION,
           ONE "Value null at 'records.1.member'" FAILED "Member must not be null");
}

static void refuses_kinds(void **state)
{
    (void)state;
    expect("{\"StreamName\":7}", false, ERR_SERIALIZATION,
           "NUMBER_VALUE can not be converted to a String");
    expect("{\"StreamName\":true}", false, ERR_SERIALIZATION,
           "TRUE_VALUE can not be converted to a String");
    expect("{\"StreamName\":[]}", false, ERR_SERIALIZATION,
           "Start of list found where not expected");
    expect("{\"StreamName\":{}}", false, ERR_SERIALIZATION,
           "Start of structure or map found where not expected.");
    expect("{\"Limit\":\"7\"}", false, ERR_SERIALIZATION,
           "STRING_VALUE can not be converted to an Integer");
    expect("{\"StreamName\":\"a\",\"Limit\":1.5}", false, ERR_SERIALIZATION,
           "NUMBER_VALUE can not be converted to an Integer");
    expect("{\"StreamName\":\"a\",\"On\":\"true\"}", false, ERR_SERIALIZATION,
           "STRING_VALUE can not be converted to a Boolean");
    expect("{\"StreamName\":\"a\",\"Records\":\"x\"}", false, ERR_SERIALIZATION,
           "Unexpected field type");
    expect("{\"StreamName\":\"a\",\"Tags\":[]}", false, ERR_SERIALIZATION,
           "Start of list found where not expected");
    expect("{\"StreamName\":\"a\",\"Since\":\"yesterday\"}", false, ERR_SERIALIZATION,
           "STRING_VALUE can not be converted to a Timestamp");
    expect("{\"StreamName\":\"a\",\"Records\":[{\"Data\":\"A\"}]}", false, ERR_SERIALIZATION,
           "STRING_VALUE can not be converted to a Blob");
    expect("{\"StreamName\":\"a\",\"TagKeys\":[1]}", false, ERR_SERIALIZATION,
           "NUMBER_VALUE can not be converted to a String");
    expect("{\"StreamName\":\"a\",\"Object\":1}", false, ERR_SERIALIZATION,
           "Unexpected field type");
    assert_int_equal(member_check(rows, NULL, false), ERR_SERIALIZATION);
}

static void strict_refuses_unknown(void **state)
{
    (void)state;
    expect("{\"StreamName\":\"a\",\"Limits\":3}", true, ERR_VALIDATION,
           ONE "Value '3' at 'limits'" FAILED "Member is not known");
    expect("{\"StreamName\":\"a\",\"Records\":[{\"Data\":\"\",\"PartitionKey\":\"k\",\"x\":1}]}",
           true, ERR_VALIDATION,
           ONE "Value '1' at 'records.1.member.x'" FAILED "Member is not known");
}

/* Text that hostile input grows: the message stays bounded and valid UTF-8. */
static void stays_bounded(void **state)
{
    (void)state;
    struct buffer text = {0};
    buffer_append_text(&text, "{\"StreamName\":\"");
    for (int i = 0; i < 5000; i++) buffer_append_text(&text, "\xC3\xA9");
    buffer_append_text(&text, "\",\"Type\":\"");
    for (int i = 0; i < 5001; i++) buffer_append_text(&text, "x\xE2\x82\xAC");
    buffer_append_text(&text, "\"}");
    json_t *value;
    assert_int_equal(json_read(buffer_span(&text), &value), OK);
    assert_int_equal(member_check(rows, value, false), ERR_VALIDATION);
    span told = span_of(error_text());
    assert_int_equal(utf8_valid_prefix(told), told.size);
    assert_true(span_starts(told, TWO "Value '\xC3\xA9"));
    assert_non_null(strstr(error_text(), "less than or equal to 8"));
    json_decref(value);

    buffer_reset(&text);
    buffer_append_text(&text, "{\"StreamName\":\"a\",\"Mapping\":[");
    for (int i = 0; i < 900; i++) buffer_append_text(&text, "{\"Children\":[");
    for (int i = 0; i < 900; i++) buffer_append_text(&text, "]}");
    buffer_append_text(&text, "]}");
    assert_int_equal(json_read(buffer_span(&text), &value), OK);
    assert_int_equal(member_check(rows, value, true), ERR_SERIALIZATION);
    json_decref(value);
    buffer_release(&text);
}

static void *check_many(void *wrong)
{
    for (int i = 0; i < 200; i++) {
        char pattern[4] = {(char)('a' + i % 20), '+', 0};
        const struct member many[] = {{.name = "X", .type = MEMBER_STRING, .pattern = pattern},
                                      {0}};
        json_t *good = json_pack("{s:s%}", "X", pattern, 1), *bad = json_pack("{s:s}", "X", "Z");
        if (member_check(many, good, false) != OK) ++*(int *)wrong;
        if (member_check(many, bad, false) != ERR_VALIDATION) ++*(int *)wrong;
        json_decref(good);
        json_decref(bad);
    }
    return NULL;
}

static void shares_patterns_between_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    int wrong[4] = {0};
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, check_many, &wrong[i]);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(wrong[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts),
        cmocka_unit_test(names_constraints),
        cmocka_unit_test(names_elements),
        cmocka_unit_test(refuses_kinds),
        cmocka_unit_test(strict_refuses_unknown),
        cmocka_unit_test(stays_bounded),
        cmocka_unit_test(shares_patterns_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
