/* In: bytes. Out: JSON tokens (RFC 8259, strict), or the reason and place of the first fault.
 * Strings are checked as they are scanned: UTF-8 (RFC 3629), no control characters, escapes well
 * formed, surrogates in pairs; so a token's text can be unescaped later without failing. */
#include "decode/scan.h"

const char *decode_reason_text(enum decode_reason reason)
{
    static const char *const texts[DECODE_REASONS] = {
        [DECODED] = "decoded",
        [DECODE_EMPTY] = "empty record",
        [DECODE_NOT_OBJECT] = "not a JSON object",
        [DECODE_MALFORMED] = "malformed JSON",
        [DECODE_TRUNCATED] = "truncated JSON",
        [DECODE_TRAILING] = "data behind the JSON document",
        [DECODE_INVALID_UTF8] = "invalid UTF-8",
        [DECODE_TOO_DEEP] = "JSON nested too deep",
        [DECODE_TOO_LARGE] = "record too large",
        [DECODE_DUPLICATE_KEY] = "duplicate key",
        [DECODE_BAD_VALUE] = "value does not fit its column",
    };
    CHECK((unsigned)reason < DECODE_REASONS);
    return texts[reason];
}

const char *scan_fail(struct json_scanner *s, enum decode_reason reason, const char *at)
{
    s->reason = reason;
    s->at = at;
    s->state = SCAN_FAILED;
    return NULL;
}

enum { UTF8_INVALID = 0, UTF8_CUT = -1 };

/* Bytes of the sequence that starts with p[0] >= 0x80, UTF8_INVALID, or UTF8_CUT when the input
 * ends inside a sequence that is valid so far (RFC 3629, section 4). */
static int utf8_step(const char *p, const char *end)
{
    uint8_t first = (uint8_t)*p, low = 0x80, high = 0xBF;
    int need;
    if (first >= 0xC2 && first <= 0xDF) need = 2;
    else if ((first & 0xF0) == 0xE0) need = 3;
    else if (first >= 0xF0 && first <= 0xF4) need = 4;
    else return UTF8_INVALID;
    if (first == 0xE0) low = 0xA0;
    else if (first == 0xED) high = 0x9F;
    else if (first == 0xF0) low = 0x90;
    else if (first == 0xF4) high = 0x8F;
    for (int i = 1; i < need; i++) {
        if (p + i == end) return UTF8_CUT;
        uint8_t byte = (uint8_t)p[i];
        if (byte < low || byte > high) return UTF8_INVALID;
        low = 0x80;
        high = 0xBF;
    }
    return need;
}

const char *scan_unexpected(struct json_scanner *s, const char *at)
{
    if (at >= s->end) return scan_fail(s, DECODE_TRUNCATED, s->end);
    bool invalid = (uint8_t)*at >= 0x80 && utf8_step(at, s->end) == UTF8_INVALID;
    return scan_fail(s, invalid ? DECODE_INVALID_UTF8 : DECODE_MALFORMED, at);
}

/* ---- strings ---- */

static int hex_digit(char c)
{
    if (is_digit(c)) return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits of \uXXXX at p; NULL after a fault. */
static const char *scan_hex4(struct json_scanner *s, const char *p, uint32_t *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++, p++) {
        int digit = p < s->end ? hex_digit(*p) : -1;
        if (digit < 0) return scan_unexpected(s, p);
        *unit = *unit << 4 | (uint32_t)digit;
    }
    return p;
}

static bool is_high_surrogate(uint32_t unit)
{
    return (unit & 0xFC00) == 0xD800;
}

static bool is_low_surrogate(uint32_t unit)
{
    return (unit & 0xFC00) == 0xDC00;
}

/* From the backslash to behind the escape; a surrogate pair is one escape. */
static const char *scan_escape(struct json_scanner *s, const char *p)
{
    const char *start = p++;
    if (p == s->end) return scan_unexpected(s, p);
    if (*p != 'u') {
        bool known = *p != '\0' && strchr("\"\\/bfnrt", *p);
        return known ? p + 1 : scan_unexpected(s, p);
    }
    uint32_t unit;
    p = scan_hex4(s, p + 1, &unit);
    if (!p || (unit & 0xF800) != 0xD800) return p;
    if (!is_high_surrogate(unit)) return scan_fail(s, DECODE_MALFORMED, start);
    for (const char *want = "\\u"; *want; want++, p++) {
        if (p == s->end) return scan_unexpected(s, p);
        if (*p != *want) return scan_fail(s, DECODE_MALFORMED, start);
    }
    p = scan_hex4(s, p, &unit);
    if (p && !is_low_surrogate(unit)) return scan_fail(s, DECODE_MALFORMED, start);
    return p;
}

static const char *scan_ascii_run(const char *p, const char *end)
{
    for (; end - p >= 8; p += 8) {
        uint64_t stops = scan_stops(get_le64(p));
        if (stops) return p + (__builtin_ctzll(stops) >> 3);
    }
    while (p < end && (uint8_t)*p >= 0x20 && (uint8_t)*p < 0x80 && *p != '"' && *p != '\\') p++;
    return p;
}

const char *scan_string_rest(struct json_scanner *s, const char *p, const char *start)
{
    s->escaped = false;
    while ((p = scan_ascii_run(p, s->end)) < s->end) {
        if (*p == '"') {
            s->text = (span){start, (size_t)(p - start)};
            return p + 1;
        }
        if (*p == '\\') {
            s->escaped = true;
            p = scan_escape(s, p);
            if (!p) return NULL;
        } else if ((uint8_t)*p >= 0x80) {
            int size = utf8_step(p, s->end);
            if (size == UTF8_INVALID) return scan_fail(s, DECODE_INVALID_UTF8, p);
            if (size == UTF8_CUT) return scan_fail(s, DECODE_TRUNCATED, s->end);
            p += size;
        } else {
            return scan_unexpected(s, p);
        }
    }
    return scan_unexpected(s, p);
}

/* One \u escape (p behind the 'u'), with its second half when it is a high surrogate. */
static const char *unescape_unit(const char *p, const char *end, char *out, size_t *size)
{
    uint32_t unit[2] = {0, 0};
    int units = 1;
    for (int k = 0; k < units; k++) {
        if (k == 1 && (end - p < 2 || *p++ != '\\' || *p++ != 'u')) return NULL;
        if (end - p < 4) return NULL;
        for (int i = 0; i < 4; i++) {
            int digit = hex_digit(*p++);
            if (digit < 0) return NULL;
            unit[k] = unit[k] << 4 | (uint32_t)digit;
        }
        if (k == 0 && is_low_surrogate(unit[0])) return NULL;
        if (k == 0 && is_high_surrogate(unit[0])) units = 2;
        if (k == 1 && !is_low_surrogate(unit[1])) return NULL;
    }
    uint32_t point = units == 1 ? unit[0] : 0x10000 + ((unit[0] & 0x3FF) << 10 | (unit[1] & 0x3FF));
    *size += utf8_encode(out + *size, point);
    return p;
}

bool json_unescape(span raw, char *out, size_t *out_size)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *p = raw.data, *end = p + raw.size;
    size_t size = 0;
    while (p < end) {
        const char *stop = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((stop ? stop : end) - p);
        memmove(out + size, p, plain);
        size += plain;
        p += plain;
        if (!stop) break;
        if (end - p < 2) return false;
        if (p[1] == 'u') {
            p = unescape_unit(p + 2, end, out, &size);
            if (!p) return false;
            continue;
        }
        const char *known = p[1] ? strchr(from, p[1]) : NULL;
        if (!known) return false;
        out[size++] = to[known - from];
        p += 2;
    }
    *out_size = size;
    return true;
}

/* ---- numbers and literals ---- */

/* Adds the digits at p; the point stands in front of them when `fraction`. */
static const char *number_digits(struct number *n, const char *p, const char *end, bool fraction)
{
    const uint64_t full = 1000000000000000000u; /* 19 digits from here on */
    for (; p < end && is_digit(*p); p++) {
        if (n->digits < full) {
            n->digits = n->digits * 10 + (uint64_t)(*p - '0');
            n->exponent -= fraction;
        } else {
            n->exact &= *p == '0';
            n->exponent += !fraction;
        }
    }
    return p;
}

/* [+-]digits behind an 'e'; beyond any use the value stays at a bound. */
static const char *number_exponent(struct json_scanner *s, const char *p, struct number *n)
{
    const int64_t bound = (int64_t)1 << 40;
    bool negative = p < s->end && *p == '-';
    if (p < s->end && (*p == '-' || *p == '+')) p++;
    if (p == s->end || !is_digit(*p)) return scan_unexpected(s, p);
    int64_t value = 0;
    for (; p < s->end && is_digit(*p); p++)
        if (value < bound) value = value * 10 + (*p - '0');
    n->exponent += negative ? -value : value;
    return p;
}

const char *scan_number_rest(struct json_scanner *s, const char *p, struct number *n)
{
    const char *start = p, *end = s->end;
    *n = (struct number){.negative = *p == '-', .integer = true, .exact = true};
    p += n->negative;
    if (p == end || !is_digit(*p)) return scan_unexpected(s, p);
    if (*p == '0' && end - p > 1 && is_digit(p[1])) return scan_unexpected(s, p + 1);
    p = number_digits(n, p, end, false);
    if (p < end && *p == '.') {
        n->integer = false;
        p++;
        if (p == end || !is_digit(*p)) return scan_unexpected(s, p);
        p = number_digits(n, p, end, true);
    }
    if (p < end && (*p | 0x20) == 'e') {
        n->integer = false;
        p = number_exponent(s, p + 1, n);
        if (!p) return NULL;
    }
    n->text = (span){start, (size_t)(p - start)};
    return p;
}

const char *scan_literal(struct json_scanner *s, const char *p, const char *literal, size_t size)
{
    if ((size_t)(s->end - p) >= size && memcmp(p, literal, size) == 0) return p + size;
    while (p < s->end && *p == *literal) p++, literal++;
    return scan_unexpected(s, p);
}

/* ---- the scanner ---- */

void json_scan_begin(struct json_scanner *s, span text)
{
    const char *data = text.data ? text.data : "";
    *s = (struct json_scanner){.at = data, .start = data, .end = data + text.size};
}

/* The walk and the scanner meet here: p goes back into the scanner with what may follow. */
static enum json_token take(struct json_scanner *s, const char *p, enum json_token token,
                            enum scan_state next)
{
    if (!p) return JSON_TOKEN_ERROR;
    s->at = p;
    s->state = (uint8_t)next;
    return token;
}

static enum json_token next_value(struct json_scanner *s, const char *p)
{
    struct number number;
    enum scan_state after = s->depth ? SCAN_NEXT : SCAN_DONE;
    switch (p < s->end ? *p : '\0') {
    case '{': return take(s, scan_open(s, p, true), JSON_TOKEN_OBJECT, SCAN_FIRST_KEY);
    case '[': return take(s, scan_open(s, p, false), JSON_TOKEN_ARRAY, SCAN_FIRST_ELEMENT);
    case '"': return take(s, scan_string(s, p + 1), JSON_TOKEN_STRING, after);
    case 't': return take(s, scan_literal(s, p, "true", 4), JSON_TOKEN_TRUE, after);
    case 'f': return take(s, scan_literal(s, p, "false", 5), JSON_TOKEN_FALSE, after);
    case 'n': return take(s, scan_literal(s, p, "null", 4), JSON_TOKEN_NULL, after);
    default: break;
    }
    if (p == s->end || (*p != '-' && !is_digit(*p)))
        return take(s, scan_unexpected(s, p), JSON_TOKEN_ERROR, SCAN_FAILED);
    p = scan_number(s, p, &number);
    if (p) s->text = number.text;
    return take(s, p, JSON_TOKEN_NUMBER, after);
}

static enum json_token next_key(struct json_scanner *s, const char *p)
{
    if (p == s->end || *p != '"')
        return take(s, scan_unexpected(s, p), JSON_TOKEN_ERROR, SCAN_FAILED);
    p = scan_string(s, p + 1);
    if (!p) return JSON_TOKEN_ERROR;
    p = scan_blanks(p, s->end);
    if (p == s->end || *p != ':')
        return take(s, scan_unexpected(s, p), JSON_TOKEN_ERROR, SCAN_FAILED);
    return take(s, p + 1, JSON_TOKEN_KEY, SCAN_VALUE);
}

static enum json_token close_container(struct json_scanner *s, const char *p, bool object)
{
    s->depth--;
    return take(s, p + 1, object ? JSON_TOKEN_OBJECT_END : JSON_TOKEN_ARRAY_END,
                s->depth ? SCAN_NEXT : SCAN_DONE);
}

enum json_token json_scan_next(struct json_scanner *s)
{
    if (s->state == SCAN_FAILED) return JSON_TOKEN_ERROR;
    const char *p = scan_blanks(s->at, s->end);
    char c = p < s->end ? *p : '\0';
    bool object;
    switch (s->state) {
    case SCAN_START:
        if (p == s->end) scan_fail(s, DECODE_EMPTY, p);
        return p == s->end ? JSON_TOKEN_ERROR : next_value(s, p);
    case SCAN_VALUE: return next_value(s, p);
    case SCAN_FIRST_KEY: return c == '}' ? close_container(s, p, true) : next_key(s, p);
    case SCAN_FIRST_ELEMENT: return c == ']' ? close_container(s, p, false) : next_value(s, p);
    case SCAN_DONE: return take(s, scan_document_end(s, p), JSON_TOKEN_END, SCAN_DONE);
    default: break;
    }
    object = scan_in_object(s);
    if (c == (object ? '}' : ']')) return close_container(s, p, object);
    if (c != ',') return take(s, scan_unexpected(s, p), JSON_TOKEN_ERROR, SCAN_FAILED);
    p = scan_blanks(p + 1, s->end);
    return object ? next_key(s, p) : next_value(s, p);
}

bool json_scan_skip(struct json_scanner *s, enum json_token first)
{
    if (first == JSON_TOKEN_ERROR) return false;
    if (first != JSON_TOKEN_OBJECT && first != JSON_TOKEN_ARRAY) return true;
    int outside = s->depth - 1;
    while (s->depth > outside)
        if (json_scan_next(s) == JSON_TOKEN_ERROR) return false;
    return true;
}

void json_scan_element_read(struct json_scanner *s, const char *at)
{
    CHECK(s->depth > 0 && !scan_in_object(s));
    s->at = at;
    s->state = SCAN_NEXT;
}

const char *scan_skip_value(struct json_scanner *s, const char *p)
{
    s->at = p;
    s->state = SCAN_VALUE;
    return json_scan_skip(s, json_scan_next(s)) ? s->at : NULL;
}

const char *scan_document_end(struct json_scanner *s, const char *p)
{
    p = scan_blanks(p, s->end);
    if (p == s->end) return p;
    scan_unexpected(s, p);
    return scan_fail(s, s->reason == DECODE_INVALID_UTF8 ? s->reason : DECODE_TRAILING, p);
}
