/* A file's tail of any bytes: an error or a footer, never a fault. The tail is wrapped so that its
 * metadata is always reached: input is the metadata alone, or a whole tail when it ends in PAR1. */
#include "parquet/parquet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_tail(struct arena *arena, span tail)
{
    struct parquet_footer *footer;
    size_t need = 0;
    int64_t rows;
    if (parquet_footer_rows(tail, (int64_t)tail.size + 100000, &rows, &need) == OK) CHECK(rows >= 0);
    error e = parquet_footer_read(arena, tail, (int64_t)tail.size + 100000, &footer, &need);
    if (e == ERR_TOO_LARGE) CHECK(need > tail.size);
    if (e != OK) return;
    CHECK(footer->rows >= 0);
    for (int i = 0; i < footer->group_count; i++)
        for (int k = 0; k < footer->groups[i].chunk_count; k++)
            CHECK(footer->groups[i].chunks[k].path.data);
    (void)parquet_footer_value(footer, "key");
    struct buffer text = {0};
    for (int i = 0; footer->schema && i < footer->schema->field_count; i++)
        type_print(&text, footer->schema->fields[i].type);
    buffer_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct buffer tail = {0};
    uint8_t length[4];
    put_le32(length, (uint32_t)size);
    buffer_append(&tail, data, size);
    if (size < 4 || memcmp(data + size - 4, "PAR1", 4) != 0) {
        buffer_append(&tail, length, sizeof length);
        buffer_append(&tail, "PAR1", 4);
    }
    read_tail(&arena, buffer_span(&tail));
    buffer_release(&tail);
    arena_release(&arena);
    return 0;
}
