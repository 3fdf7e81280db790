/* Lines of random text, found in blocks and one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/base.h"

#include <cmocka.h>

static uint32_t seed = 7;

static unsigned random_below(unsigned n)
{
    seed = seed * 1664525 + 1013904223;
    return (unsigned)(((uint64_t)seed * n) >> 32);
}

/* The count of lines and the bytes in them, by a loop over bytes. */
static void expect_lines(const char *text, size_t size, size_t most)
{
    span *lines = must_calloc(most, sizeof *lines);
    const char *p = text, *end = text + size, *line = text;
    while (p < end) {
        const char *before = p;
        size_t count = lines_split(&p, end, lines, most);
        assert_true(p > before && p <= end);
        for (size_t i = 0; i < count; i++) {
            while (*line == '\n') line++;
            const char *stop = line;
            while (stop < end && *stop != '\n') stop++;
            assert_ptr_equal(lines[i].data, line);
            assert_int_equal(lines[i].size, stop - line);
            line = stop;
        }
    }
    while (line < end) assert_int_equal(*line++, '\n');
    free(lines);
}

static void random_lines(void **state)
{
    (void)state;
    for (int round = 0; round < 2000; round++) {
        size_t size = random_below(700);
        char *text = must_alloc(size + 1);
        unsigned rare = 1 + random_below(round % 2 ? 4 : 90);
        for (size_t i = 0; i < size; i++) text[i] = random_below(rare) ? 'a' : '\n';
        char *exact = realloc(text, size ? size : 1); /* a read behind it is seen */
        expect_lines(exact, size, 1 + random_below(20));
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
