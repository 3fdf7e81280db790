/* Type text: whatever parses prints as text that parses to the same type. */
#include "batch/batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct buffer text = {0};
    const struct type *type, *again;
    if (type_parse(&arena, (span){(const char *)data, size}, &type) == OK) {
        type_print(&text, type);
        CHECK(type_parse(&arena, buffer_span(&text), &again) == OK);
        CHECK(type_equal(type, again));
    } else {
        span told = span_of(error_text());
        CHECK(utf8_valid_prefix(told) == told.size);
    }
    buffer_release(&text);
    arena_release(&arena);
    return 0;
}
