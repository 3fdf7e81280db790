/* Bytes as a reply of GetRecords: what is taken agrees with a whole JSON parser. */
#include "stream/shard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const struct page *page, const json_t *reply)
{
    const json_t *rows = json_object_get(reply, "Records");
    CHECK(json_array_size(rows) == page->count);
    for (size_t i = 0; i < page->count; i++) {
        const struct stored_record *r = &page->records[i];
        const json_t *row = json_array_get(rows, i), *key = json_object_get(row, "PartitionKey");
        span text = {json_string_value(key), json_string_length(key)};
        CHECK(span_equal(text, r->partition_key));
        struct sequence sequence;
        CHECK(sequence_parse(span_of(json_text(row, "SequenceNumber")), &sequence) == OK);
        CHECK(sequence_compare(sequence, r->sequence) == 0);
    }
    const json_t *next = json_object_get(reply, "NextShardIterator");
    CHECK(json_is_string(next) == (page->next.data != NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct page page;
    json_t *reply;
    span in = {(const char *)data, size};
    bool taken = page_parse(&arena, PAGE_JSON, in, &page) == OK;
    /* laxer than the parser in what it skips, so it may take more */
    if (json_read(in, &reply) == OK) {
        if (taken) compare(&page, reply);
        json_decref(reply);
    }
    arena_release(&arena);
    return 0;
}
