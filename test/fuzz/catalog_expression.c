/* Partition expressions: any bytes are refused or become a tree that answers; the answer of NOT (x)
 * is never the answer of x, and x AND x is x. */
#include "catalog/catalog.h"

#include <stdlib.h>

static const char keys_text[] =
    "[{\"Name\": \"y\", \"Type\": \"int\"}, {\"Name\": \"s\", \"Type\": \"string\"},"
    " {\"Name\": \"d\", \"Type\": \"date\"}, {\"Name\": \"t\", \"Type\": \"timestamp\"},"
    " {\"Name\": \"p\", \"Type\": \"decimal(10,2)\"}, {\"Name\": \"f\", \"Type\": \"double\"}]";
static const char *const partitions[] = {
    "[\"2023\", \"abc\", \"2023-07-04\", \"2023-07-04 10:30:00\", \"12.50\", \"1.5\"]",
    "[\"-07\", \"\\u00e4%_\\\\\", \"x\", \"y\", \"-0.0\", \"z\"]",
    "[\"__HIVE_DEFAULT_PARTITION__\", \"a\"]",
};

static json_t *parse(const char *text)
{
    json_t *value;
    CHECK(json_read(span_of(text), &value) == OK);
    return value;
}

static bool answer(struct arena *arena, const json_t *keys, const char *text, const json_t *values)
{
    const struct expression *x;
    CHECK(expression_parse(arena, span_of(text), keys, &x) == OK);
    return expression_matches(x, values);
}

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    const struct expression *x;
    span text = {(const char *)data, size};
    json_t *keys = parse(keys_text);
    if (expression_parse(&arena, text, keys, &x) == OK) {
        /* no NUL is part of one, and what is built around it must not reach the bounds */
        char *copy = arena_text(&arena, text);
        CHECK(strlen(copy) == size);
        bool deep = size > 1000;
        for (size_t i = 0; i < sizeof partitions / sizeof *partitions; i++) {
            json_t *values = parse(partitions[i]);
            bool yes = expression_matches(x, values);
            const char *not = arena_printf(&arena, "NOT (%s)", copy);
            const char *twice = arena_printf(&arena, "(%s) AND (%s)", copy, copy);
            const struct expression *other;
            if (!deep && expression_parse(&arena, span_of(not), keys, &other) == OK) {
                CHECK(!(yes && expression_matches(other, values)));
                CHECK(answer(&arena, keys, twice, values) == yes);
            }
            json_decref(values);
        }
    }
    json_decref(keys);
    arena_release(&arena);
    return 0;
}
