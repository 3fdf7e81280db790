/* aws-chunked bodies, decoded as they come: "SIZE[;chunk-signature=HEX]" CRLF bytes CRLF ..., a
 * chunk of no bytes, trailer lines, an empty line. Lines and trailers are bounded; bytes are handed
 * on as they come, before their chunk's signature is known. */
#include "aws/s3.h"

enum { LINE_MAX_BYTES = 1024, TRAILERS_MAX_BYTES = 4096, SIGNED_CHUNK_MIN = 8192,
       SIGNATURE_SIZE = 64 };
enum { AT_SIZE, AT_DATA, AT_DATA_END, AT_TRAILER, AT_END };
#define CHUNK_MAX S3_PUT_MAX

static error malformed(void)
{
    return fail(ERR_INCOMPLETE_BODY, "The request body is not in the form that Content-Encoding "
                                     "aws-chunked demands");
}

/* Cuts bytes up to LF off the input into `line`; true when it is complete, without CR LF. */
static error take_line(struct s3_chunks *s, span *in, bool *complete)
{
    const char *lf = memchr(in->data, '\n', in->size);
    size_t used = lf ? (size_t)(lf - in->data) + 1 : in->size;
    if (s->line.size + used > LINE_MAX_BYTES) return malformed();
    buffer_append(&s->line, in->data, used);
    *in = (span){in->data + used, in->size - used};
    *complete = lf != NULL;
    if (!lf) return OK;
    s->line.size--;
    if (s->line.size == 0 || s->line.data[s->line.size - 1] != '\r') return malformed();
    s->line.size--;
    return OK;
}

static error chunk_finish(struct s3_chunks *s)
{
    if (!s->chain) return OK;
    return sigv4_chain_end(s->chain, (span){s->signature, s->signature_size});
}

static error size_line(struct s3_chunks *s)
{
    span line = buffer_span(&s->line);
    uint64_t size = 0;
    size_t digits = 0;
    for (; digits < line.size; digits++) {
        const char *set = "0123456789abcdef", c = line.data[digits] | 0x20;
        const char *at = strchr(set, line.data[digits] < 'A' ? line.data[digits] : c);
        if (!at || !*at) break;
        size = size << 4 | (uint64_t)(at - set);
        if (digits >= 16 || size > CHUNK_MAX) return malformed();
    }
    if (digits == 0) return malformed();
    span extension = {line.data + digits, line.size - digits};
    s->signature_size = 0;
    if (s->signatures) {
        span name = SPAN(";chunk-signature=");
        if (extension.size != name.size + SIGNATURE_SIZE || !span_starts(extension, name.data))
            return malformed();
        memcpy(s->signature, extension.data + name.size, SIGNATURE_SIZE);
        s->signature_size = SIGNATURE_SIZE;
    } else if (extension.size && extension.data[0] != ';') {
        return malformed();
    }
    if (s->small && size)
        return fail(ERR_CHUNK_SIZE, "Only the last chunk is allowed to have a size less than 8192 "
                                    "bytes");
    s->small = s->signatures && size < SIGNED_CHUNK_MIN;
    s->left = (int64_t)size;
    s->last = size == 0;
    s->state = size ? AT_DATA : AT_TRAILER;
    return s->last ? chunk_finish(s) : OK;
}

static error trailer_line(struct s3_chunks *s)
{
    span line = buffer_span(&s->line);
    if (line.size == 0) {
        s->state = AT_END;
        bool unsigned_trailer = s->trailer && s->chain && s->signature_size == 0;
        return unsigned_trailer ? fail(ERR_INVALID_SIGNATURE, "the trailer has no signature") : OK;
    }
    const char *colon = memchr(line.data, ':', line.size);
    if (!s->trailer || !colon || s->trailers.size + line.size > TRAILERS_MAX_BYTES)
        return malformed();
    span name = span_trim((span){line.data, (size_t)(colon - line.data)});
    span value = span_trim((span){colon + 1, line.size - (size_t)(colon + 1 - line.data)});
    if (span_equal_nocase(name, SPAN("x-amz-trailer-signature"))) {
        s->signature_size = 1; /* seen */
        return s->chain ? sigv4_chain_trailer(s->chain, buffer_span(&s->trailers), value) : OK;
    }
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        buffer_append_byte(&s->trailers, (uint8_t)(c >= 'A' && c <= 'Z' ? c | 0x20 : c));
    }
    buffer_append_byte(&s->trailers, ':');
    buffer_append_span(&s->trailers, value);
    buffer_append_byte(&s->trailers, '\n');
    s->signature_size = 0;
    return OK;
}

static error feed_line(struct s3_chunks *s, span *in)
{
    bool complete = false;
    TRY(take_line(s, in, &complete));
    if (!complete) return OK;
    error e;
    if (s->state == AT_SIZE) {
        e = size_line(s);
        if (e == OK && s->last) s->signature_size = 0;
    } else if (s->state == AT_TRAILER) {
        e = trailer_line(s);
    } else {
        e = s->line.size ? malformed() : chunk_finish(s);
        s->state = AT_SIZE;
    }
    buffer_reset(&s->line);
    return e;
}

static error feed_data(struct s3_chunks *s, span *in)
{
    size_t size = in->size < (uint64_t)s->left ? in->size : (size_t)s->left;
    span bytes = {in->data, size};
    *in = (span){in->data + size, in->size - size};
    if (s->chain) sigv4_chain_data(s->chain, bytes);
    s->decoded += (int64_t)size;
    s->left -= (int64_t)size;
    if (s->left == 0) s->state = AT_DATA_END;
    return s->sink(s->context, bytes);
}

error s3_chunks_feed(struct s3_chunks *s, span in)
{
    while (in.size) {
        if (s->state == AT_END) return malformed();
        if (s->state == AT_DATA) TRY(feed_data(s, &in));
        else TRY(feed_line(s, &in));
    }
    return OK;
}

error s3_chunks_end(struct s3_chunks *s)
{
    if (s->state == AT_END) return OK;
    return fail(ERR_INCOMPLETE_BODY, "The request body terminated unexpectedly");
}

void s3_chunks_release(struct s3_chunks *s)
{
    sigv4_chain_close(s->chain);
    buffer_release(&s->line);
    buffer_release(&s->trailers);
    s->chain = NULL;
}
