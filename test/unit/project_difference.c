/* What differs between two templates, and which of it replaces a resource. */
#include "project/project.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static json_t *parse(const char *text)
{
    json_t *value;
    assert_int_equal(json_read(span_of(text), &value), OK);
    return value;
}

/* "~Resources.B:Properties.Name!" a line; '!' where it replaces. */
static void note(void *context, const struct difference *d)
{
    buffer_printf(context, "%c%s.%s:%s%s\n", d->mark, d->section, d->name, d->path,
                  d->replaces ? "!" : "");
    assert_true((d->mark == '+') == !d->before && (d->mark == '-') == !d->after);
}

static void check(const char *before, const char *after, const char *expected)
{
    struct buffer found = {0};
    json_t *deployed = before ? parse(before) : NULL, *wanted = parse(after);
    int count = project_compare(deployed, wanted, note, &found), lines = 0;
    assert_string_equal(buffer_text(&found), expected);
    for (size_t i = 0; i < found.size; i++) lines += found.data[i] == '\n';
    assert_int_equal(count, lines);
    json_decref(deployed);
    json_decref(wanted);
    buffer_release(&found);
}

#define STREAM(properties) \
    "{\"Resources\": {\"S\": {\"Type\": \"AWS::Kinesis::Stream\", \"Properties\": " properties "}}}"

static void properties_differ_by_their_paths(void **state)
{
    (void)state;
    check(STREAM("{\"Name\": \"a\"}"), STREAM("{\"Name\": \"a\"}"), "");
    check(STREAM("{\"Name\": \"a\"}"), STREAM("{\"Name\": \"b\"}"),
          "~Resources.S:Properties.Name!\n");
    check(STREAM("{\"Name\": \"a\"}"), STREAM("{}"), "-Resources.S:Properties.Name!\n");
    check(STREAM("{\"N\": {\"a\": 1, \"b\": 2}}"), STREAM("{\"N\": {\"a\": 1, \"b\": 3, \"c\": 4}}"),
          "~Resources.S:Properties.N.b\n+Resources.S:Properties.N.c\n");
    check(STREAM("{\"N\": {\"Ref\": \"A\"}}"), STREAM("{\"N\": {\"Fn::Sub\": \"A\"}}"),
          "~Resources.S:Properties.N\n");
    check(STREAM("{\"NameX\": \"a\"}"), STREAM("{\"NameX\": \"b\"}"),
          "~Resources.S:Properties.NameX\n");
    check(STREAM("{\"N\": 1}"), STREAM("{\"N\": \"1\"}"), "~Resources.S:Properties.N\n");
}

static void lists_differ_where_they_do(void **state)
{
    (void)state;
    check(STREAM("{\"L\": [1, 2]}"), STREAM("{\"L\": [1, 2, 3]}"), "+Resources.S:Properties.L[2]\n");
    check(STREAM("{\"L\": [1, 2, 3]}"), STREAM("{\"L\": [2, 3]}"), "-Resources.S:Properties.L[0]\n");
    check(STREAM("{\"L\": [1, 2, 3]}"), STREAM("{\"L\": [1, 9, 3]}"), "~Resources.S:Properties.L[1]\n");
    check(STREAM("{\"L\": [1, 2, 3]}"), STREAM("{\"L\": [1, 8, 9, 3]}"),
          "-Resources.S:Properties.L[1]\n+Resources.S:Properties.L[1]\n+Resources.S:Properties.L[2]\n");
    check(STREAM("{\"L\": [{\"a\": 1}]}"), STREAM("{\"L\": [{\"a\": 2}]}"),
          "~Resources.S:Properties.L[0].a\n");
    check(STREAM("{\"L\": []}"), STREAM("{\"L\": {}}"), "~Resources.S:Properties.L\n");
}

static void entries_and_sections_come_and_go(void **state)
{
    (void)state;
    check(NULL, "{\"Resources\": {\"A\": {\"Type\": \"T\"}}, \"Outputs\": {\"O\": {\"Value\": 1}}}",
          "+Resources.A:\n+Outputs.O:\n");
    check("{\"Resources\": {\"A\": {\"Type\": \"T\"}}, \"Outputs\": {\"O\": {\"Value\": 1}}}",
          "{\"Resources\": {\"B\": {\"Type\": \"T\"}}}",
          "+Resources.B:\n-Resources.A:\n-Outputs.O:\n");
    check("{\"Description\": \"a\", \"Resources\": {}}", "{\"Description\": \"b\", \"Resources\": {}}",
          "~Description.Description:\n");
}

static void the_cdks_statistics_do_not_count(void **state)
{
    (void)state;
    check("{\"Resources\": {\"CDKMetadata\": {\"Type\": \"AWS::CDK::Metadata\"}},"
          " \"Conditions\": {\"CDKMetadataAvailable\": {\"Fn::Or\": []}}}",
          "{\"Resources\": {}}", "");
    check("{\"Conditions\": {\"CDKMetadataAvailable\": 1, \"X\": 1}}", "{}", "-Conditions.X:\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(properties_differ_by_their_paths),
        cmocka_unit_test(lists_differ_where_they_do),
        cmocka_unit_test(entries_and_sections_come_and_go),
        cmocka_unit_test(the_cdks_statistics_do_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
