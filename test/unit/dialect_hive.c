/* Hive's dialect: what statements become, and what is said of wrong ones, against the answers of
 * Hive's own parser (test/data/hive_errors.tsv, made by tool/oracle/hive_errors.sh). */
#include "dialect/hive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- Hive's answers ---- */

static void unescape(char *text)
{
    char *out = text;
    for (const char *p = text; *p; p++)
        if (*p != '\\') *out++ = *p;
        else p++, *out++ = *p == 'n' ? '\n' : *p == 't' ? '\t' : *p;
    *out = '\0';
}

/* A line is STATEMENT <tab> Hive's answer [<tab> ours, where Athena differs from Hive]. */
static void hive_answers(void **state)
{
    (void)state;
    FILE *file = fopen("test/data/hive_errors.tsv", "r");
    char *line = NULL;
    size_t room = 0;
    int count = 0, wrong = 0;
    assert_non_null(file);
    while (getline(&line, &room, file) > 0) {
        struct arena arena = {0};
        struct hive_statement s;
        line[strcspn(line, "\n")] = '\0';
        char *answer = strchr(line, '\t');
        if (line[0] == '#' || !answer) continue;
        *answer++ = '\0';
        char *ours = strchr(answer, '\t');
        if (ours) answer = ours + 1;
        char *shown = arena_text(&arena, span_of(line));
        unescape(line);
        unescape(answer);
        const char *got = hive_parse(&arena, span_of(line), &s) == OK ? "OK" : error_text();
        if (strcmp(got, answer) != 0) {
            print_message("%s\n  expected %s\n  got      %s\n", shown, answer, got);
            wrong++;
        }
        count++;
        arena_release(&arena);
    }
    free(line);
    fclose(file);
    print_message("%d statements, %d answered otherwise\n", count, wrong);
    assert_true(count >= 200);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hive_answers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
