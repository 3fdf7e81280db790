/* Hive's dialect: any bytes become a statement whose names are folded and whose types are the
 * catalog's, or are refused; comments and blanks around it change nothing. */
#include "dialect/hive.h"

#include <stdlib.h>

static void columns_check(struct arena *arena, const struct hive_columns *columns)
{
    for (size_t i = 0; i < columns->count; i++) {
        const struct type *type;
        struct buffer text = {0};
        CHECK(type_parse(arena, span_of(columns->items[i].type), &type) == OK);
        type_print(&text, type);
        CHECK(span_equal_nocase(buffer_span(&text), span_of(columns->items[i].type)));
        buffer_release(&text);
        for (const char *c = columns->items[i].name; *c; c++) CHECK(*c < 'A' || *c > 'Z');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct hive_statement s, again;
    span text = {(const char *)data, size};
    hive_is_statement(text);
    if (hive_parse(&arena, text, &s) == OK) {
        columns_check(&arena, &s.columns);
        columns_check(&arena, &s.partition_keys);
        const char *copy = arena_printf(&arena, "/* x */\n%.*s\n-- y", (int)size, (const char *)data);
        if (!memchr(data, '\0', size) && size < 100000) {
            CHECK(hive_parse(&arena, span_of(copy), &again) == OK);
            CHECK(again.kind == s.kind && again.columns.count == s.columns.count);
            CHECK(hive_is_statement(span_of(copy)));
        }
    } else {
        CHECK(strlen(error_text()) > 0);
    }
    arena_release(&arena);
    return 0;
}
