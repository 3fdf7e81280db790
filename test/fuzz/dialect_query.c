/* Any text, in each dialect of queries: parsed and translated, or refused; never a fault. */
#include "dialect/dialect.h"

static error find(void *state, const struct dialect_name *name, struct arena *arena,
                  const struct dialect_relation **out, bool *missing_database)
{
    (void)state;
    (void)missing_database;
    static const struct field fields[] = {{"id", NULL, false}, {"s", NULL, false}};
    struct dialect_relation *r = ARENA_NEW(arena, struct dialect_relation);
    struct field *own = arena_copy(arena, fields, sizeof fields);
    struct schema *schema = ARENA_NEW(arena, struct schema);
    own[0].type = type_of(TYPE_INT);
    own[1].type = type_of(TYPE_STRING);
    *schema = (struct schema){2, own};
    *r = (struct dialect_relation){.database = "d", .name = name->name, .schema = schema,
                                   .partition_keys = schema};
    *out = r;
    return *name->name == 't' ? OK : ERR_NOT_FOUND;
}

static void understand(const struct dialect *dialect, span in)
{
    struct arena arena = {0};
    struct dialect_statement statement;
    struct dialect_query query;
    static const char *const parameters[] = {"1", "'a'", "1.5", "DATE '2020-01-01'"};
    char *text = arena_text(&arena, in);
    if (dialect_parse(dialect, text, &arena, &statement) == OK && statement.query) {
        const struct dialect_context context = {
            .find = find, .now_us = 1, .parameters = parameters,
            .parameter_count = statement.placeholders > 4 ? 4 : statement.placeholders};
        if (dialect_translate(&statement, &context, &arena, &query) == OK)
            for (int i = 0; i < query.scan_count; i++)
                dialect_may_match(&query.scans[i], (const char *const[]){"1", NULL});
    }
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const span text = {(const char *)data, size};
    understand(&dialect_trino, text);
    understand(&dialect_spark, text);
    return 0;
}
