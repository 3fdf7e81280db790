/* Bytes as application/x-amz-cbor-1.1. What reads as a document can be skipped token by token, and
 * written as CBOR it reads as the same document again. */
#include "aws/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has_real(const json_t *value)
{
    const char *name;
    json_t *member;
    size_t i;
    json_object_foreach((json_t *)value, name, member) if (has_real(member)) return true;
    json_array_foreach(value, i, member) if (has_real(member)) return true;
    return json_is_real(value);
}

static void skip_all(struct arena *arena, span in)
{
    struct body_reader reader;
    body_reader_begin(&reader, arena, WIRE_CBOR, in);
    CHECK(body_reader_skip(&reader, body_reader_next(&reader)));
    CHECK(body_reader_next(&reader) == JSON_TOKEN_END);
}

static void write_and_read(struct arena *arena, const json_t *document)
{
    struct writer w;
    json_t *again;
    writer_begin(&w, arena, WIRE_CBOR, 0);
    writer_value(&w, document);
    CHECK(protocol_cbor_read(writer_span(&w), &again) == OK);
    CHECK(json_equal(document, again));
    json_decref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    span in = {(const char *)data, size};
    struct arena arena = {0};
    json_t *document = NULL;
    if (protocol_cbor_read(in, &document) == OK && size) {
        skip_all(&arena, in);
        if (!has_real(document)) write_and_read(&arena, document); /* reals are written as times */
    }
    json_decref(document);
    arena_release(&arena);
    return 0;
}
