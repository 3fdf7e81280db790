/* application/vnd.amazon.eventstream: in come payloads, out go framed messages. All integers are
 * big-endian:
 *
 *   total length 4 | headers length 4 | CRC-32 of these 8 bytes 4 |
 *   headers: (name length 1 | name | type 7 = text | value length 2 | value) ... |
 *   payload | CRC-32 of everything before 4
 */
#include "aws/internal.h"

enum { PRELUDE_SIZE = 8, CRC_SIZE = 4, HEADER_TEXT = 7 };

static void append_header(struct buffer *out, const char *name, const char *value)
{
    uint8_t length[2];
    buffer_append_byte(out, (uint8_t)strlen(name));
    buffer_append_text(out, name);
    buffer_append_byte(out, HEADER_TEXT);
    put_be16(length, (uint16_t)strlen(value));
    buffer_append(out, length, sizeof length);
    buffer_append_text(out, value);
}

static void append_crc(struct buffer *out, size_t start)
{
    uint8_t crc[CRC_SIZE];
    put_be32(crc, crc32_of(0, (span){out->data + start, out->size - start}));
    buffer_append(out, crc, sizeof crc);
}

void event_stream_append(struct buffer *out, const char *kind, const char *type,
                         const char *content_type, span payload)
{
    size_t start = out->size;
    struct buffer headers = {0};
    append_header(&headers, ":message-type", kind);
    append_header(&headers, strcmp(kind, "exception") == 0 ? ":exception-type" : ":event-type",
                  type);
    append_header(&headers, ":content-type", content_type);

    uint8_t prelude[PRELUDE_SIZE];
    size_t total = PRELUDE_SIZE + CRC_SIZE + headers.size + payload.size + CRC_SIZE;
    put_be32(prelude, (uint32_t)total);
    put_be32(prelude + 4, (uint32_t)headers.size);
    buffer_reserve(out, total);
    buffer_append(out, prelude, sizeof prelude);
    append_crc(out, start);
    buffer_append_span(out, buffer_span(&headers));
    buffer_append_span(out, payload);
    append_crc(out, start);
    buffer_release(&headers);
}
