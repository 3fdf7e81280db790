/* Lines as records: the schema inferred from them decodes every good record without a bad value;
 * inferred again, or line by line, it does not shrink. */
#include "decode/decode.h"

static size_t split(span text, span *records, size_t max)
{
    size_t count = 0;
    while (text.size && count < max) {
        const char *end = memchr(text.data, '\n', text.size);
        size_t size = end ? (size_t)(end - text.data) : text.size;
        records[count++] = (span){text.data, size};
        text = (span){text.data + size, text.size - size};
        if (end) text.data++, text.size--;
    }
    return count;
}

/* Keys may differ in case only, and the decoder take one for the other. */
static bool may_have_capitals(span text)
{
    for (size_t i = 0; i < text.size; i++)
        if ((text.data[i] >= 'A' && text.data[i] <= 'Z') || text.data[i] == '\\') return true;
    return false;
}

static void decode(struct arena *arena, const struct schema *schema, const span *records,
                   size_t count, bool exact)
{
    struct decoder *decoder;
    struct decoded out;
    const struct decode_options options = {.policy = DECODE_INFERRED};
    CHECK(decoder_open(&decoder, schema, &options) == OK);
    CHECK(decoder_run(decoder, records, count, arena, &out) == OK);
    CHECK(out.batch->rows + (int64_t)out.fault_count == (int64_t)count);
    for (int i = 0; i < schema->field_count && exact; i++) CHECK(out.bad_values[i] == 0);
    decoder_close(decoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    span records[16];
    span text = {(const char *)data, size};
    size_t count = split(text, records, 16);
    const struct schema *whole, *again, *stepwise = NULL;
    CHECK(decode_infer(&arena, NULL, records, count, &whole) == OK);
    CHECK(decode_infer(&arena, whole, records, count, &again) == OK);
    CHECK(again->field_count >= whole->field_count);
    for (size_t i = 0; i < count; i++)
        CHECK(decode_infer(&arena, stepwise, &records[i], 1, &stepwise) == OK);
    decode(&arena, whole, records, count, !may_have_capitals(text));
    arena_release(&arena);
    return 0;
}
