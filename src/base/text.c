#include "base/text.h"

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_encoded_size(size_t size)
{
    return (size + 2) / 3 * 4;
}

void base64_encode(char *out, span in)
{
    const uint8_t *p = (const uint8_t *)in.data;
    size_t left = in.size;
    for (; left >= 3; left -= 3, p += 3, out += 4) {
        uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        out[0] = base64_digits[v >> 18];
        out[1] = base64_digits[v >> 12 & 63];
        out[2] = base64_digits[v >> 6 & 63];
        out[3] = base64_digits[v & 63];
    }
    if (left == 0) return;
    uint32_t v = (uint32_t)p[0] << 16 | (left == 2 ? (uint32_t)p[1] << 8 : 0);
    out[0] = base64_digits[v >> 18];
    out[1] = base64_digits[v >> 12 & 63];
    out[2] = left == 2 ? base64_digits[v >> 6 & 63] : '=';
    out[3] = '=';
}

size_t base64_decoded_max(size_t size)
{
    return size / 4 * 3;
}

/* Value + 1 of each base64 digit; 0 for all other bytes. */
static const uint8_t base64_values[256] = {
    ['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6, ['G'] = 7, ['H'] = 8,
    ['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23,
    ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30,
    ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37,
    ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44,
    ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49, ['x'] = 50, ['y'] = 51,
    ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58,
    ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

error base64_decode(void *out_bytes, size_t *size, span in)
{
    const uint8_t *p = (const uint8_t *)in.data;
    uint8_t *out = out_bytes, *start = out_bytes;
    if (in.size % 4 != 0)
        return fail(ERR_PARSE, "base64 of %zu characters: not a multiple of 4", in.size);
    for (size_t i = 0; i < in.size; i += 4, p += 4) {
        bool last = i + 4 == in.size;
        /* 255 for what is no digit */
        uint8_t a = (uint8_t)(base64_values[p[0]] - 1), b = (uint8_t)(base64_values[p[1]] - 1);
        uint8_t c = (uint8_t)(base64_values[p[2]] - 1), d = (uint8_t)(base64_values[p[3]] - 1);
        if ((a | b | c | d) < 64) {
            out[0] = (uint8_t)(a << 2 | b >> 4);
            out[1] = (uint8_t)(b << 4 | c >> 2);
            out[2] = (uint8_t)(c << 6 | d);
            out += 3;
        } else if (last && a < 64 && b < 64 && p[3] == '=' && c < 64 && (c & 3) == 0) {
            *out++ = (uint8_t)(a << 2 | b >> 4);
            *out++ = (uint8_t)(b << 4 | c >> 2);
        } else if (last && a < 64 && b < 64 && (b & 15) == 0 && p[2] == '=' && p[3] == '=') {
            *out++ = (uint8_t)(a << 2 | b >> 4);
        } else {
            return fail(ERR_PARSE, "base64: illegal character near offset %zu", i);
        }
    }
    *size = (size_t)(out - start);
    return OK;
}

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
