/* Bytes as an aws-chunked body, told whole and byte by byte: both ways end alike, with the same
 * bytes and trailers. The first byte says whether signatures and trailers are expected. */
#include "aws/s3.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static error collect(void *context, span bytes)
{
    buffer_append_span(context, bytes);
    return OK;
}

static error decode(struct s3_chunks *chunks, struct buffer *out, span in, size_t step)
{
    error e = OK;
    chunks->sink = collect;
    chunks->context = out;
    while (in.size && e == OK) {
        size_t n = in.size < step ? in.size : step;
        e = s3_chunks_feed(chunks, (span){in.data, n});
        in = (span){in.data + n, in.size - n};
    }
    return e == OK ? s3_chunks_end(chunks) : e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    span in = {(const char *)data + 1, size - 1};
    struct s3_chunks a = {.signatures = data[0] & 1, .trailer = data[0] & 2}, b = a;
    struct buffer whole = {0}, pieces = {0};
    error first = decode(&a, &whole, in, in.size ? in.size : 1), second = decode(&b, &pieces, in, 1);
    CHECK(first == second);
    CHECK(first != OK || span_equal(buffer_span(&whole), buffer_span(&pieces)));
    CHECK(first != OK || (a.decoded == b.decoded && a.decoded == (int64_t)whole.size));
    CHECK(first != OK || span_equal(buffer_span(&a.trailers), buffer_span(&b.trailers)));
    s3_chunks_release(&a);
    s3_chunks_release(&b);
    buffer_release(&whole);
    buffer_release(&pieces);
    return 0;
}
