#include "base/text.h"

#include <ctype.h>

void hex_encode(char *out, const void *data, size_t size)
{
    const uint8_t *p = data;
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = "0123456789abcdef"[p[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[p[i] & 15];
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

error hex_decode(void *out, span in)
{
    if (in.size % 2) return fail(ERR_PARSE, "hexadecimal text of odd length %zu", in.size);
    for (size_t i = 0; i < in.size; i += 2) {
        int high = hex_value(in.data[i]), low = hex_value(in.data[i + 1]);
        if (high < 0 || low < 0) return fail(ERR_PARSE, "not hexadecimal at offset %zu", i);
        ((uint8_t *)out)[i / 2] = (uint8_t)(high << 4 | low);
    }
    return OK;
}

void percent_encode(struct buffer *out, span in, bool keep_slash)
{
    for (size_t i = 0; i < in.size; i++) {
        uint8_t c = (uint8_t)in.data[i];
        bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '.' || c == '_' || c == '~' || (c == '/' && keep_slash);
        if (plain) {
            buffer_append_byte(out, c);
        } else {
            const char escape[3] = {'%', "0123456789ABCDEF"[c >> 4], "0123456789ABCDEF"[c & 15]};
            buffer_append(out, escape, 3);
        }
    }
}

error percent_decode(struct buffer *out, span in, bool plus_is_space)
{
    for (size_t i = 0; i < in.size; i++) {
        char c = in.data[i];
        if (c == '%') {
            int high = i + 2 < in.size ? hex_value(in.data[i + 1]) : -1;
            int low = i + 2 < in.size ? hex_value(in.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return fail(ERR_PARSE, "malformed percent escape at offset %zu", i);
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        buffer_append_byte(out, (uint8_t)c);
    }
    return OK;
}

size_t utf8_valid_prefix(span in)
{
    const uint8_t *p = (const uint8_t *)in.data;
    size_t i = 0;
    while (i < in.size) {
        uint64_t eight;
        while (i + 8 <= in.size && (memcpy(&eight, p + i, 8), (eight & 0x8080808080808080u) == 0))
            i += 8;
        if (i >= in.size) break;
        uint8_t c = p[i];
        size_t left = in.size - i;
        if (c < 0x80) {
            i++;
            continue;
        }
        size_t need = c >= 0xC2 && c <= 0xDF   ? 2
                      : (c & 0xF0) == 0xE0     ? 3
                      : c >= 0xF0 && c <= 0xF4 ? 4
                                               : 0;
        if (need == 0 || left < need) return i;
        for (size_t k = 1; k < need; k++)
            if ((p[i + k] & 0xC0) != 0x80) return i;
        bool overlong = (c == 0xE0 && p[i + 1] < 0xA0) || (c == 0xF0 && p[i + 1] < 0x90);
        bool surrogate = c == 0xED && p[i + 1] >= 0xA0;
        bool beyond = c == 0xF4 && p[i + 1] >= 0x90;
        if (overlong || surrogate || beyond) return i;
        i += need;
    }
    return in.size;
}

size_t utf8_count(span in)
{
    size_t count = 0;
    for (size_t i = 0; i < in.size; i++) count += ((uint8_t)in.data[i] & 0xC0) != 0x80;
    return count;
}

size_t utf8_encode(char out[4], uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 63));
        out[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 63));
    out[2] = (char)(0x80 | (c >> 6 & 63));
    out[3] = (char)(0x80 | (c & 63));
    return 4;
}

bool parse_uint64(span in, uint64_t *out)
{
    if (in.size == 0) return false;
    uint64_t value = 0;
    for (size_t i = 0; i < in.size; i++) {
        unsigned digit = (unsigned char)in.data[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *out = value;
    return true;
}

bool parse_int64(span in, int64_t *out)
{
    bool negative = in.size && in.data[0] == '-';
    uint64_t value;
    if (!parse_uint64(negative ? (span){in.data + 1, in.size - 1} : in, &value)) return false;
    if (value > (uint64_t)INT64_MAX + negative) return false;
    *out = negative ? (int64_t)-value : (int64_t)value;
    return true;
}

void json_escape(struct buffer *out, span in)
{
    for (size_t i = 0; i < in.size; i++) {
        uint8_t c = (uint8_t)in.data[i];
        if (c == '"' || c == '\\') buffer_append_byte(out, '\\'), buffer_append_byte(out, c);
        else if (c == '\n') buffer_append_text(out, "\\n");
        else if (c == '\r') buffer_append_text(out, "\\r");
        else if (c == '\t') buffer_append_text(out, "\\t");
        else if (c < 0x20) buffer_printf(out, "\\u%04x", c);
        else buffer_append_byte(out, c);
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t text_distance(const char *a, const char *b)
{
    enum { LONGEST = 31 };
    size_t rows[LONGEST + 2][LONGEST + 2];
    size_t m = strlen(a), n = strlen(b);
    if (m > LONGEST || n > LONGEST) return LONGEST;
    for (size_t i = 0; i <= m; i++) rows[i][0] = i;
    for (size_t j = 0; j <= n; j++) rows[0][j] = j;
    for (size_t i = 1; i <= m; i++) {
        for (size_t j = 1; j <= n; j++) {
            size_t change = rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            rows[i][j] = least(change, least(rows[i - 1][j], rows[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                rows[i][j] = least(rows[i][j], rows[i - 2][j - 2] + 1);
        }
    }
    return rows[m][n];
}

static size_t skip_marks(const char *text)
{
    return strspn(text, "-_ ");
}

bool text_nearly_equal(const char *a, const char *b)
{
    for (;; a++, b++) {
        a += skip_marks(a), b += skip_marks(b);
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b)) return false;
        if (!*a) return true;
    }
}
