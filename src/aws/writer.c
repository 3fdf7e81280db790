/* Replies: the same calls write AWS JSON 1.1 or application/x-amz-cbor-1.1 (RFC 8949 heads, maps
 * and lists of indefinite length) into the request's arena. Timestamps are seconds with a
 * fraction in JSON and tag 1 with whole milliseconds in CBOR, as Kinesis sends them. */
#include "aws/internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CBOR_LIST_OPEN = 0x9f, CBOR_MAP_OPEN = 0xbf, CBOR_BREAK = 0xff,
    CBOR_FALSE = 0xf4, CBOR_TRUE = 0xf5, CBOR_NULL = 0xf6,
};

void writer_begin(struct writer *w, struct arena *arena, enum wire wire, size_t size_hint)
{
    size_t size = size_hint < 256 ? 256 : size_hint;
    char *start = arena_alloc(arena, size);
    *w = (struct writer){.arena = arena, .wire = wire, .start = start, .at = start,
                         .end = start + size};
}

static void grow(struct writer *w, size_t more)
{
    size_t used = (size_t)(w->at - w->start);
    size_t size = 2 * (size_t)(w->end - w->start) + more;
    char *start = arena_alloc(w->arena, size);
    memcpy(start, w->start, used);
    w->start = start;
    w->at = start + used;
    w->end = start + size;
}

static inline void room(struct writer *w, size_t more)
{
    if ((size_t)(w->end - w->at) < more) grow(w, more);
}

static void put_byte(struct writer *w, uint8_t byte)
{
    room(w, 1);
    *w->at++ = (char)byte;
}

static void put_bytes(struct writer *w, const void *data, size_t size)
{
    room(w, size);
    if (size) memcpy(w->at, data, size);
    w->at += size;
}

/* Between JSON values of one container. */
static inline void separate(struct writer *w)
{
    if (w->comma && w->wire == WIRE_JSON) put_byte(w, ',');
    w->comma = true;
}

static void put_head(struct writer *w, enum cbor_major major, uint64_t value)
{
    room(w, CBOR_HEAD_MAX);
    w->at += cbor_head((uint8_t *)w->at, major, value);
}

static void cbor_integer(struct writer *w, int64_t value)
{
    if (value >= 0) put_head(w, CBOR_UNSIGNED, (uint64_t)value);
    else put_head(w, CBOR_NEGATIVE, ~(uint64_t)value);
}

/* At least `digits` digits. */
static void put_decimal(struct writer *w, bool negative, uint64_t value, int digits)
{
    char text[24], *at = text + sizeof text;
    for (; value || digits > 0; value /= 10, digits--) *--at = (char)('0' + value % 10);
    if (negative) *--at = '-';
    put_bytes(w, at, (size_t)(text + sizeof text - at));
}

static void open(struct writer *w, char json, uint8_t cbor)
{
    separate(w);
    put_byte(w, w->wire == WIRE_JSON ? (uint8_t)json : cbor);
    w->comma = false;
}

static void finish(struct writer *w, char json)
{
    put_byte(w, w->wire == WIRE_JSON ? (uint8_t)json : CBOR_BREAK);
    w->comma = true;
}

void writer_map(struct writer *w) { open(w, '{', CBOR_MAP_OPEN); }
void writer_map_end(struct writer *w) { finish(w, '}'); }
void writer_list(struct writer *w) { open(w, '[', CBOR_LIST_OPEN); }
void writer_list_end(struct writer *w) { finish(w, ']'); }

static bool needs_escape(span s)
{
    for (size_t i = 0; i < s.size; i++) {
        uint8_t c = (uint8_t)s.data[i];
        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f) return true;
    }
    return false;
}

static void json_quoted(struct writer *w, span s)
{
    put_byte(w, '"');
    if (needs_escape(s)) {
        struct buffer escaped = {0};
        json_escape(&escaped, s);
        put_bytes(w, escaped.data, escaped.size);
        buffer_release(&escaped);
    } else {
        put_bytes(w, s.data, s.size);
    }
    put_byte(w, '"');
}

void writer_text(struct writer *w, span s)
{
    separate(w);
    if (w->wire == WIRE_JSON) {
        json_quoted(w, s);
        return;
    }
    put_head(w, CBOR_TEXT, s.size);
    put_bytes(w, s.data, s.size);
}

/* Without anything that JSON would escape. */
static void put_plain(struct writer *w, span s)
{
    if (w->wire == WIRE_CBOR) {
        put_head(w, CBOR_TEXT, s.size);
        put_bytes(w, s.data, s.size);
        return;
    }
    room(w, s.size + 2);
    *w->at++ = '"';
    memcpy(w->at, s.data, s.size);
    w->at += s.size;
    *w->at++ = '"';
}

void writer_plain(struct writer *w, span s)
{
    separate(w);
    put_plain(w, s);
}

static void end_name(struct writer *w)
{
    w->comma = false;
    if (w->wire == WIRE_JSON) put_byte(w, ':');
}

void writer_name(struct writer *w, const char *name)
{
    separate(w);
    put_plain(w, span_of(name));
    end_name(w);
}

void writer_blob(struct writer *w, span s)
{
    separate(w);
    if (w->wire == WIRE_CBOR) {
        put_head(w, CBOR_BYTES, s.size);
        put_bytes(w, s.data, s.size);
        return;
    }
    size_t size = base64_encoded_size(s.size);
    room(w, size + 2);
    *w->at++ = '"';
    base64_encode(w->at, s);
    w->at += size;
    *w->at++ = '"';
}

void writer_integer(struct writer *w, int64_t value)
{
    separate(w);
    if (w->wire == WIRE_CBOR) {
        cbor_integer(w, value);
        return;
    }
    put_decimal(w, value < 0, value < 0 ? -(uint64_t)value : (uint64_t)value, 1);
}

void writer_boolean(struct writer *w, bool value)
{
    separate(w);
    if (w->wire == WIRE_CBOR) put_byte(w, value ? CBOR_TRUE : CBOR_FALSE);
    else put_bytes(w, value ? "true" : "false", value ? 4 : 5);
}

void writer_time(struct writer *w, int64_t us)
{
    separate(w);
    int64_t ms = floor_div(us, US_PER_MS);
    if (w->wire == WIRE_CBOR) {
        put_head(w, CBOR_TAG, 1);
        cbor_integer(w, ms);
        return;
    }
    uint64_t size = ms < 0 ? -(uint64_t)ms : (uint64_t)ms;
    put_decimal(w, ms < 0, size / 1000, 1);
    put_byte(w, '.');
    put_decimal(w, false, size % 1000, 3);
}

static void write_object(struct writer *w, const json_t *object)
{
    const char *name;
    json_t *value;
    writer_map(w);
    json_object_foreach((json_t *)object, name, value)
    {
        writer_text(w, span_of(name)); /* a tag's key may be anything */
        end_name(w);
        writer_value(w, value);
    }
    writer_map_end(w);
}

/* A timestamp, unless it has more than milliseconds or is too large for one. */
static void write_real(struct writer *w, double value)
{
    double ms = value * 1000;
    if (w->wire == WIRE_CBOR || (ms == nearbyint(ms) && fabs(ms) < 1e15)) {
        writer_time(w, llround(ms) * US_PER_MS);
        return;
    }
    char text[40];
    snprintf(text, sizeof text, "%.15g", value);
    if (strtod(text, NULL) != value) snprintf(text, sizeof text, "%.17g", value);
    separate(w);
    put_bytes(w, text, strlen(text));
}

void writer_value(struct writer *w, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_object(w, value);
        break;
    case JSON_ARRAY:
        writer_list(w);
        for (size_t i = 0; i < json_array_size(value); i++)
            writer_value(w, json_array_get(value, i));
        writer_list_end(w);
        break;
    case JSON_STRING:
        writer_text(w, (span){json_string_value(value), json_string_length(value)});
        break;
    case JSON_INTEGER:
        writer_integer(w, json_integer_value(value));
        break;
    case JSON_REAL:
        write_real(w, json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        writer_boolean(w, json_is_true(value));
        break;
    case JSON_NULL:
        separate(w);
        if (w->wire == WIRE_CBOR) put_byte(w, CBOR_NULL);
        else put_bytes(w, "null", 4);
        break;
    }
}

char *writer_again(struct writer *w, size_t at, size_t size)
{
    separate(w);
    room(w, size);
    char *copy = w->at;
    memcpy(copy, w->start + at, size);
    w->at += size;
    return copy;
}

span writer_span(const struct writer *w)
{
    return (span){w->start, (size_t)(w->at - w->start)};
}

void writer_member_text(struct writer *w, const char *name, const char *value)
{
    writer_name(w, name);
    writer_text(w, span_of(value));
}

void writer_member_plain(struct writer *w, const char *name, span value)
{
    writer_name(w, name);
    writer_plain(w, value);
}
