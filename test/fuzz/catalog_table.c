/* Any text as a Table document: parsed, its columns have names and types; refused, with words. */
#include "catalog/catalog.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct table table;
    json_t *document;
    if (json_read((span){(const char *)data, size}, &document) != OK) return 0;
    if (table_parse(&arena, document, &table) == OK) {
        CHECK(table.name);
        for (int i = 0; i < table.schema->field_count; i++)
            CHECK(*table.schema->fields[i].name && table.schema->fields[i].type);
        for (int i = 0; i < table.partition_keys->field_count; i++)
            CHECK(schema_find(table.schema, span_of(table.partition_keys->fields[i].name)) < 0);
    } else {
        CHECK(*error_text());
    }
    json_decref(document);
    arena_release(&arena);
    return 0;
}
