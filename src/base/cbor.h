/* application/x-amz-cbor-1.1, the binary form of AWS JSON 1.1 (RFC 8949): byte strings stand for base64
 * text, and times are tag 1 with whole milliseconds. libcbor behind the reader. */
#pragma once

#include "base/arena.h"
#include "base/json.h"

#define CBOR_CONTENT_TYPE "application/x-amz-cbor-1.1"

/* A pull scanner of CBOR (RFC 8949) that speaks the JSON scanner's tokens. */
enum { CBOR_DEPTH_MAX = 32 };
struct cbor_reader {
    const char *at, *end;
    int depth;
    struct {
        bool map;
        bool value_next;     /* map: the next item is a value */
        bool indefinite;
        uint64_t left;       /* items (pairs count two) still to come when definite */
    } levels[CBOR_DEPTH_MAX];
    struct arena *arena;     /* strings in chunks are joined here */
    bool done;               /* the root value is complete */
    /* of the last token */
    span text;               /* KEY, STRING */
    bool bytes;              /* STRING: a byte string */
    bool integral;           /* NUMBER: `integer`, else `real` */
    bool time;               /* NUMBER: tagged as time (tag 1) */
    int64_t integer;
    double real;
};
void cbor_reader_begin(struct cbor_reader *, struct arena *, span body);
enum json_token cbor_reader_next(struct cbor_reader *);
/* Skips the value whose first token was just returned (a container to its end). False: error. */
bool cbor_reader_skip(struct cbor_reader *, enum json_token first);

/* A whole body as if it had been JSON: byte strings become base64 text, times become seconds. New
 * reference; ERR_SERIALIZATION when it is no object or malformed. */
error cbor_read(span body, json_t **out) MUST_CHECK;
/* Appends a flat object of texts and counts, as requests are. */
void cbor_print(struct buffer *, const json_t *object);

enum cbor_major {
    CBOR_UNSIGNED = 0, CBOR_NEGATIVE = 1, CBOR_BYTES = 2, CBOR_TEXT = 3, CBOR_MAP = 5, CBOR_TAG = 6
};
enum { CBOR_HEAD_MAX = 9 };

/* An item's head, in the fewest bytes; how many they are. */
static inline size_t cbor_head(uint8_t out[CBOR_HEAD_MAX], enum cbor_major major, uint64_t value)
{
    uint8_t high = (uint8_t)(major << 5);
    if (value < 24) {
        out[0] = (uint8_t)(high | value);
        return 1;
    }
    if (value <= UINT8_MAX) {
        out[0] = high | 24;
        out[1] = (uint8_t)value;
        return 2;
    }
    if (value <= UINT16_MAX) {
        out[0] = high | 25;
        put_be16(out + 1, (uint16_t)value);
        return 3;
    }
    if (value <= UINT32_MAX) {
        out[0] = high | 26;
        put_be32(out + 1, (uint32_t)value);
        return 5;
    }
    out[0] = high | 27;
    put_be64(out + 1, value);
    return CBOR_HEAD_MAX;
}
