/* In: a JSON value. Out: the same value as compact JSON text, for a string column that meets an
 * object or an array. Written as Jackson's generator does, which is what Spark stores: duplicate
 * keys stay, escapes are resolved and written again, characters beyond the basic plane escaped. */
#include "decode/internal.h"

#include <math.h>

void json_copy_number(const struct number *n, struct buffer *out)
{
    if (n->integer && n->digits == 0) {
        buffer_append_byte(out, '0'); /* -0 is an integer, and has no sign */
    } else if (n->integer) {
        buffer_append_span(out, n->text);
    } else {
        double value = number_to_double(n);
        bool quoted = !isfinite(value);
        if (quoted) buffer_append_byte(out, '"');
        cast_double_to_text(out, value);
        if (quoted) buffer_append_byte(out, '"');
    }
}

/* The \uXXXX pair of a character beyond U+FFFF, from its four bytes of UTF-8. */
static void copy_supplementary(struct buffer *out, const uint8_t *p)
{
    uint32_t point = (uint32_t)(p[0] & 7) << 18 | (uint32_t)(p[1] & 63) << 12 |
                     (uint32_t)(p[2] & 63) << 6 | (uint32_t)(p[3] & 63);
    point -= 0x10000;
    buffer_printf(out, "\\u%04X\\u%04X", 0xD800 | point >> 10, 0xDC00 | (point & 0x3FF));
}

static void copy_control(struct buffer *out, uint8_t c)
{
    static const char letters[] = "btn?fr"; /* \b is 8 */
    if (c >= '\b' && c <= '\r' && c != '\v') buffer_printf(out, "\\%c", letters[c - '\b']);
    else buffer_printf(out, "\\u%04X", c);
}

/* Text as the inside of a JSON string. */
static void copy_text(struct buffer *out, span text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = (uint8_t)text.data[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c < 0xF0) continue;
        buffer_append(out, text.data + from, i - from);
        if (c >= 0xF0) {
            copy_supplementary(out, (const uint8_t *)text.data + i);
            i += 3;
        } else if (c < 0x20) {
            copy_control(out, c);
        } else {
            buffer_append_byte(out, '\\');
            buffer_append_byte(out, c);
        }
        from = i + 1;
    }
    buffer_append(out, text.data + from, text.size - from);
}

/* A string token, quotes included. */
static void copy_string(struct buffer *out, span raw, bool escaped)
{
    buffer_append_byte(out, '"');
    if (escaped) {
        struct buffer plain = {0};
        buffer_reserve(&plain, raw.size);
        CHECK(json_unescape(raw, plain.data, &plain.size));
        copy_text(out, buffer_span(&plain));
        buffer_release(&plain);
    } else {
        copy_text(out, raw);
    }
    buffer_append_byte(out, '"');
}

static void copy_number(struct json_scanner *s, bool literal, struct buffer *out)
{
    struct number number;
    struct json_scanner again = {.at = s->text.data, .end = s->text.data + s->text.size};
    if (literal) {
        buffer_append_span(out, s->text);
        return;
    }
    CHECK(scan_number(&again, again.at, &number) != NULL);
    json_copy_number(&number, out);
}

static void copy_token(struct json_scanner *s, enum json_token token, bool literal,
                       struct buffer *out)
{
    switch (token) {
    case JSON_TOKEN_OBJECT: buffer_append_byte(out, '{'); break;
    case JSON_TOKEN_OBJECT_END: buffer_append_byte(out, '}'); break;
    case JSON_TOKEN_ARRAY: buffer_append_byte(out, '['); break;
    case JSON_TOKEN_ARRAY_END: buffer_append_byte(out, ']'); break;
    case JSON_TOKEN_KEY:
        copy_string(out, s->text, s->escaped);
        buffer_append_byte(out, ':');
        break;
    case JSON_TOKEN_STRING: copy_string(out, s->text, s->escaped); break;
    case JSON_TOKEN_NUMBER: copy_number(s, literal, out); break;
    case JSON_TOKEN_TRUE: buffer_append_text(out, "true"); break;
    case JSON_TOKEN_FALSE: buffer_append_text(out, "false"); break;
    case JSON_TOKEN_NULL: buffer_append_text(out, "null"); break;
    default: CHECK(!"a token of a value");
    }
}

const char *json_copy_value(struct json_scanner *s, const char *p, bool literal, struct buffer *out)
{
    int outside = s->depth;
    bool comma = false;
    s->at = p;
    s->state = SCAN_VALUE;
    do {
        enum json_token token = json_scan_next(s);
        if (token == JSON_TOKEN_ERROR) return NULL;
        bool ends = token == JSON_TOKEN_OBJECT_END || token == JSON_TOKEN_ARRAY_END;
        bool begins = token == JSON_TOKEN_OBJECT || token == JSON_TOKEN_ARRAY;
        if (comma && !ends) buffer_append_byte(out, ',');
        copy_token(s, token, literal, out);
        comma = !begins && token != JSON_TOKEN_KEY;
    } while (s->depth > outside);
    return s->at;
}
