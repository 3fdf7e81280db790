/* Bytes as a reply of GetRecords in CBOR: what is taken agrees with the whole document. */
#include "stream/shard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const struct page *page, const json_t *reply)
{
    const json_t *rows = json_object_get(reply, "Records");
    CHECK(json_array_size(rows) == page->count);
    for (size_t i = 0; i < page->count; i++) {
        const struct stored_record *r = &page->records[i];
        const json_t *row = json_array_get(rows, i);
        const json_t *key = json_object_get(row, "PartitionKey"),
                     *base64 = json_object_get(row, "Data");
        span text = {json_string_value(key), json_string_length(key)};
        CHECK(span_equal(text, r->partition_key));
        CHECK(base64_encoded_size(r->data.size) == json_string_length(base64));
    }
    const json_t *next = json_object_get(reply, "NextShardIterator");
    CHECK(json_is_string(next) == (page->next.data != NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct page page;
    json_t *reply = NULL;
    span in = {(const char *)data, size};
    bool taken = page_parse(&arena, PAGE_CBOR, in, &page) == OK;
    /* a document takes no member twice and no NUL in a text, which a page may */
    if (taken && cbor_read(in, &reply) == OK) compare(&page, reply);
    json_decref(reply);
    arena_release(&arena);
    return 0;
}
