/* Bytes as a record, and as the message of a record whose digest fits: whatever comes out lies
 * inside the input. */
#include "stream/stream.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void unpack(span record)
{
    struct arena arena = {0};
    struct aggregated_record *r;
    size_t count;
    if (aggregated_unpack(&arena, record, &r, &count)) {
        for (size_t i = 0; i < count; i++) {
            const span parts[] = {r[i].partition_key, r[i].explicit_hash_key, r[i].data};
            for (int k = 0; k < 3; k++) {
                if (!parts[k].size) continue;
                CHECK(parts[k].data >= record.data && parts[k].size <= record.size);
                CHECK(parts[k].data + parts[k].size <= record.data + record.size);
            }
        }
    }
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    span in = {(const char *)data, size};
    unpack(in);
    struct buffer sealed = {0};
    uint8_t digest[MD5_SIZE];
    md5(digest, in);
    buffer_append(&sealed, "\xf3\x89\x9a\xc2", 4);
    buffer_append(&sealed, data, size);
    buffer_append(&sealed, digest, sizeof digest);
    unpack(buffer_span(&sealed));
    buffer_release(&sealed);
    return 0;
}
