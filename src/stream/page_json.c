/* The values of a reply in JSON, without a tree in between. Strings without escapes stay where they
 * are; data is decoded into the arena. What is skipped is checked only as far as that needs. */
#include "stream/page.h"

#include <math.h>
#include <stdlib.h>

enum { DEPTH_MAX = 64, NUMBER_MAX = 64 };

static char peek(struct page_reader *s) /* the next character that is no blank; NUL at the end */
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\t' || *s->at == '\r'))
        s->at++;
    return s->at < s->end ? *s->at : '\0';
}

static bool take(struct page_reader *s, char c)
{
    if (peek(s) != c) return false;
    s->at++;
    return true;
}

static bool take_word(struct page_reader *s, const char *word)
{
    size_t size = strlen(word);
    peek(s);
    if ((size_t)(s->end - s->at) < size || memcmp(s->at, word, size) != 0) return false;
    s->at += size;
    return true;
}

static bool hex4(const char *p, const char *end, uint32_t *out)
{
    uint8_t bytes[2];
    if (end - p < 4 || hex_decode(bytes, (span){p, 4}) != OK) return false;
    *out = get_be16(bytes);
    return true;
}

/* One \uXXXX, or two for a character beyond the first 65,536; *p stands behind the 'u'. */
static bool unescape_unicode(const char **p, const char *end, char **out)
{
    uint32_t c, low;
    if (!hex4(*p, end, &c)) return false;
    *p += 4;
    if (c >= 0xdc00 && c <= 0xdfff) return false;
    if (c >= 0xd800 && c <= 0xdbff) {
        if (end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u' || !hex4(*p + 2, end, &low))
            return false;
        if (low < 0xdc00 || low > 0xdfff) return false;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        *p += 6;
    }
    *out += utf8_encode(*out, c);
    return true;
}

/* `in` is the inside of a string; no escape is shorter than what it stands for. */
static bool unescape(struct page_reader *s, span in, span *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char *start = arena_alloc(s->arena, in.size), *o = start;
    const char *end = in.data + in.size;
    for (const char *p = in.data; p < end;) {
        if (*p != '\\') {
            *o++ = *p++;
            continue;
        }
        char c = p + 1 < end ? p[1] : '\0';
        const char *known = c ? strchr(from, c) : NULL;
        p += 2;
        if (known) *o++ = to[known - from];
        else if (c != 'u' || !unescape_unicode(&p, end, &o)) return false;
    }
    *out = (span){start, (size_t)(o - start)};
    return true;
}

static bool scan_string(struct page_reader *s, span *out)
{
    if (!take(s, '"')) return false;
    const char *start = s->at;
    size_t size = 0, left = (size_t)(s->end - start);
    for (;; size++) { /* a quote behind an odd number of backslashes is inside */
        const char *quote = memchr(start + size, '"', left - size);
        if (!quote) return false;
        size = (size_t)(quote - start);
        size_t backslashes = 0;
        while (backslashes < size && start[size - 1 - backslashes] == '\\') backslashes++;
        if (backslashes % 2 == 0) break;
    }
    *out = (span){start, size};
    s->at = start + size + 1;
    return !memchr(start, '\\', size) || unescape(s, *out, out);
}

/* Timestamps and counts as they usually are: at most 15 digits, some behind a point, which a
 * division rounds right. */
static bool scan_plain_number(struct page_reader *s, double *out)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    uint64_t value = 0;
    size_t digits = 0, fraction = 0;
    bool point = false;
    const char *p = s->at;
    for (; p < s->end && ((*p >= '0' && *p <= '9') || (*p == '.' && !point)); p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        if (++digits > 15 || (fraction += point) > 6) return false;
        value = value * 10 + (uint64_t)(*p - '0');
    }
    bool ends = p < s->end && (*p == ',' || *p == '}' || *p == ']');
    if (!ends || !digits || (point && !fraction)) return false;
    *out = (double)value / powers[fraction];
    s->at = p;
    return true;
}

static bool scan_number(struct page_reader *s, double *out)
{
    char text[NUMBER_MAX];
    size_t size = 0;
    peek(s);
    if (scan_plain_number(s, out)) return true;
    while (s->at < s->end && size < sizeof text - 1 && strchr("+-.0123456789eE", *s->at) && *s->at)
        text[size++] = *s->at++;
    text[size] = '\0';
    char *end;
    *out = strtod(text, &end);
    return size > 0 && *end == '\0' && isfinite(*out);
}

/* Any value; brackets are counted, not matched. */
static bool skip_value(struct page_reader *s)
{
    int depth = 0;
    do {
        span ignored;
        double number;
        char c = peek(s);
        if (c == '{' || c == '[') {
            depth++;
            s->at++;
        } else if (c == '}' || c == ']') {
            depth--;
            s->at++;
        } else if ((c == ',' || c == ':') && depth) {
            s->at++;
        } else if (c == '"') {
            if (!scan_string(s, &ignored)) return false;
        } else if (!take_word(s, "true") && !take_word(s, "false") && !take_word(s, "null") &&
                   !scan_number(s, &number)) {
            return false;
        }
    } while (depth > 0 && depth < DEPTH_MAX);
    return depth == 0;
}

static bool json_open(struct page_reader *s, bool list)
{
    return take(s, list ? '[' : '{');
}

static bool json_member(struct page_reader *s, bool first, span *name)
{
    *name = (span){0};
    return take(s, '}') || ((first || take(s, ',')) && scan_string(s, name) && take(s, ':'));
}

static bool json_element(struct page_reader *s, bool first, bool *more)
{
    *more = !take(s, ']');
    return !*more || ((first || take(s, ',')) && take(s, '{'));
}

static bool json_string_or_null(struct page_reader *s, span *out)
{
    *out = (span){0};
    return take_word(s, "null") ||
           (scan_string(s, out) && utf8_valid_prefix(*out) == out->size);
}

static bool json_number_or_null(struct page_reader *s, double *out)
{
    *out = 0;
    return take_word(s, "null") || scan_number(s, out);
}

static bool json_time(struct page_reader *s, int64_t *us)
{
    double seconds;
    return scan_number(s, &seconds) && page_time(seconds, us);
}

static bool json_blob(struct page_reader *s, span *out)
{
    span text;
    if (!scan_string(s, &text)) return false;
    return page_base64(s, text, out);
}

static bool json_end(struct page_reader *s)
{
    return peek(s) == '\0' && s->at == s->end;
}

const struct page_functions page_json = {
    .open = json_open,
    .member = json_member,
    .element = json_element,
    .text = json_string_or_null,
    .blob = json_blob,
    .time = json_time,
    .number = json_number_or_null,
    .skip = skip_value,
    .end = json_end,
};
