/* Any bytes as CSV: rows under every choice of header and types; as many rows with types as without. */
#include "script/internal.h"

static int64_t rows_of(span text, bool header, bool infer, const struct schema *schema)
{
    struct arena arena = {0};
    struct sql_rows rows = {0};
    json_t *options = json_pack("{s:s, s:s, s:s}", "header", header ? "true" : "false", "inferschema",
                                infer ? "true" : "false", "sep", text.size % 2 ? "," : ";");
    struct files_request request = {.format = "csv", .options = options, .schema = schema};
    error e = csv_rows(&arena, &request, text, &rows);
    int64_t count = e == OK ? rows.batches[0]->rows : -1;
    for (int64_t i = 0; i < count; i++) {
        struct buffer line = {0};
        batch_print_row(&line, rows.batches[0], i);
        buffer_release(&line);
    }
    json_decref(options);
    arena_release(&arena);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct field fields[] = {{.name = "a", .type = type_of(TYPE_INT)},
                                   {.name = "b", .type = type_of(TYPE_STRING)}};
    const struct schema schema = {2, fields};
    span text = {(const char *)data, size};
    if (size > 65536) return 0;
    int64_t plain = rows_of(text, false, false, NULL);
    CHECK(rows_of(text, false, true, NULL) == plain);
    CHECK(rows_of(text, true, true, NULL) <= plain);
    CHECK(rows_of(text, false, false, &schema) >= 0 || plain < 0);
    return 0;
}
