/* Trino's functions of text and bytes, by characters (code points), not bytes. */
#include "sql/function.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEXT_MAX = 16 << 20 };

static error invalid(const char *what)
{
    return fail(ERR_USAGE, "INVALID_FUNCTION_ARGUMENT: %s", what);
}

/* ---- characters ---- */

static size_t character_size(const char *p)
{
    unsigned char c = (unsigned char)*p;
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* Bytes of the first `count` characters. */
static size_t prefix_size(span text, int64_t count)
{
    size_t at = 0;
    for (; count > 0 && at < text.size; count--) at += character_size(text.data + at);
    return at < text.size ? at : text.size;
}

static uint32_t decode(const char *p)
{
    const unsigned char *c = (const unsigned char *)p;
    switch (character_size(p)) {
    case 1:
        return c[0];
    case 2:
        return (uint32_t)(c[0] & 0x1f) << 6 | (c[1] & 0x3f);
    case 3:
        return (uint32_t)(c[0] & 0xf) << 12 | (uint32_t)(c[1] & 0x3f) << 6 | (c[2] & 0x3f);
    default:
        return (uint32_t)(c[0] & 7) << 18 | (uint32_t)(c[1] & 0x3f) << 12 |
               (uint32_t)(c[2] & 0x3f) << 6 | (c[3] & 0x3f);
    }
}

static uint32_t *characters(struct arena *arena, span text, size_t *count)
{
    uint32_t *all = ARENA_ARRAY(arena, uint32_t, text.size + 1);
    *count = 0;
    for (size_t at = 0; at < text.size; at += character_size(text.data + at))
        all[(*count)++] = decode(text.data + at);
    return all;
}

static error reverse(const struct argument *a, struct result *r, const void *detail)
{
    span text = a->text;
    (void)detail;
    buffer_reserve(&r->text, text.size);
    r->text.size = text.size;
    for (size_t at = 0, size; at < text.size; at += size) {
        size = character_size(text.data + at);
        memcpy(r->text.data + text.size - at - size, text.data + at, size);
    }
    return OK;
}

static bool is_blank(uint32_t c)
{
    return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x1f) || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a && c != 0x2007) || c == 0x2028 || c == 0x2029 ||
           c == 0x205f || c == 0x3000;
}

enum { TRIM_LEFT = 1, TRIM_RIGHT = 2 };
static const int trim_left = TRIM_LEFT, trim_right = TRIM_RIGHT, trim_both = 3;

static error trim(const struct argument *a, struct result *r, const void *detail)
{
    int sides = *(const int *)detail;
    span text = a->text;
    while (sides & TRIM_LEFT && text.size && is_blank(decode(text.data))) {
        size_t size = character_size(text.data);
        text = (span){text.data + size, text.size - size};
    }
    while (sides & TRIM_RIGHT && text.size) {
        size_t at = text.size - 1;
        while (at && ((unsigned char)text.data[at] & 0xc0) == 0x80) at--;
        if (!is_blank(decode(text.data + at))) break;
        text.size = at;
    }
    result_text(r, text);
    return OK;
}

/* substr(text, start[, length]): start from 1, negative from the end */
static error substring(const struct argument *a, struct result *r, const void *detail)
{
    int64_t start = a[1].number, length = detail ? a[2].number : INT64_MAX;
    int64_t count = (int64_t)utf8_count(a->text);
    if (start < 0) start += count + 1;
    if (start < 1 || start > count || length <= 0) return OK;
    size_t from = prefix_size(a->text, start - 1);
    span rest = {a->text.data + from, a->text.size - from};
    result_text(r, (span){rest.data, prefix_size(rest, length)});
    return OK;
}

static const char *find(span text, span part)
{
    return part.size ? memmem(text.data, text.size, part.data, part.size) : NULL;
}

static span after(span text, const char *p)
{
    return (span){p, text.size - (size_t)(p - text.data)};
}

static error replace(const struct argument *a, struct result *r, const void *detail)
{
    span text = a[0].text, part = a[1].text;
    const char *at;
    (void)detail;
    if (!part.size) { /* between all characters */
        result_text(r, a[2].text);
        for (size_t i = 0, size; i < text.size; i += size) {
            size = character_size(text.data + i);
            result_text(r, (span){text.data + i, size});
            result_text(r, a[2].text);
        }
        return OK;
    }
    while ((at = find(text, part))) {
        result_text(r, (span){text.data, (size_t)(at - text.data)});
        result_text(r, a[2].text);
        text = after(text, at + part.size);
    }
    result_text(r, text);
    return OK;
}

/* The place of the nth occurrence, from the end if negative; 0: none */
static error position(const struct argument *a, struct result *r, const void *detail)
{
    span text = a[0].text, part = a[1].text;
    int64_t instance = a[2].number;
    (void)detail;
    if (!instance) return invalid("'instance' must be a positive or negative number.");
    r->number = part.size ? 0 : 1;
    if (!part.size || part.size > text.size) return OK;
    size_t last = text.size - part.size;
    for (size_t i = 0; i <= last; i++) {
        size_t at = instance > 0 ? i : last - i;
        if (memcmp(text.data + at, part.data, part.size) != 0) continue;
        instance += instance > 0 ? -1 : 1;
        if (instance) continue;
        r->number = (int64_t)utf8_count((span){text.data, at}) + 1;
        return OK;
    }
    return OK;
}

static error split(const struct argument *a, struct result *r, const void *detail)
{
    span text = a[0].text;
    int64_t limit = a[2].number;
    const char *at;
    (void)detail;
    if (!a[1].text.size) return invalid("The delimiter may not be the empty string");
    while ((limit < 0 || --limit) && (at = find(text, a[1].text))) {
        result_item(r, (span){text.data, (size_t)(at - text.data)});
        text = after(text, at + a[1].text.size);
    }
    result_item(r, text);
    return OK;
}

static error split_part(const struct argument *a, struct result *r, const void *detail)
{
    span text = a[0].text, part = a[1].text;
    int64_t index = a[2].number;
    const char *at;
    (void)detail;
    if (index < 1) return invalid("Index must be greater than zero");
    if (!part.size) { /* one character each */
        for (; --index && text.size; text = after(text, text.data + character_size(text.data))) {
        }
        if (!text.size) return no_result(r);
        result_text(r, (span){text.data, character_size(text.data)});
        return OK;
    }
    for (; (at = find(text, part)); text = after(text, at + part.size))
        if (--index == 0) {
            result_text(r, (span){text.data, (size_t)(at - text.data)});
            return OK;
        }
    if (index > 1) return no_result(r);
    result_text(r, text);
    return OK;
}

/* Keys, then values. */
static error split_to_map(const struct argument *a, struct result *r, const void *detail)
{
    span entries[1024];
    size_t count = 0;
    (void)detail;
    if (!a[1].text.size || !a[2].text.size)
        return invalid("entryDelimiter and keyValueDelimiter must not be empty");
    for (int values = 0; values < 2; values++) {
        span text = a[0].text;
        while (text.size) {
            const char *end = find(text, a[1].text);
            span entry = {text.data, end ? (size_t)(end - text.data) : text.size};
            const char *equal = find(entry, a[2].text);
            if (!equal)
                return invalid("Key-value delimiter must appear exactly once in each entry");
            span key = {entry.data, (size_t)(equal - entry.data)};
            span value = after(entry, equal + a[2].text.size);
            if (find(value, a[2].text))
                return invalid("Key-value delimiter must appear exactly once in each entry");
            for (size_t i = 0; i < count && !values; i++)
                if (span_equal(entries[i], key)) return invalid("Duplicate keys are not allowed");
            if (!values && count < 1024) entries[count++] = key;
            result_item(r, values ? value : key);
            text = end ? after(text, end + a[1].text.size) : (span){0};
        }
    }
    return OK;
}

static const bool pads_left = true;

static error pad(const struct argument *a, struct result *r, const void *detail)
{
    int64_t size = a[1].number, count = (int64_t)utf8_count(a[0].text);
    if (size < 0 || size > TEXT_MAX)
        return invalid("Target length must be in the range [0..2147483647]");
    if (!a[2].text.size) return invalid("Padding string must not be empty");
    if (size <= count) {
        result_text(r, (span){a[0].text.data, prefix_size(a[0].text, size)});
        return OK;
    }
    int64_t unit = (int64_t)utf8_count(a[2].text), missing = size - count;
    if (!detail) result_text(r, a[0].text);
    for (; missing > 0; missing -= unit)
        result_text(r, (span){a[2].text.data, prefix_size(a[2].text, missing)});
    if (detail) result_text(r, a[0].text);
    return OK;
}

static error character(const struct argument *a, struct result *r, const void *detail)
{
    char bytes[4];
    (void)detail;
    if (a->number < 0 || a->number > 0x10ffff || (a->number >= 0xd800 && a->number < 0xe000))
        return fail(ERR_USAGE, "INVALID_FUNCTION_ARGUMENT: Not a valid Unicode code point: %lld",
                    (long long)a->number);
    size_t size = utf8_encode(bytes, (uint32_t)a->number);
    result_text(r, (span){bytes, size});
    return OK;
}

static error code_point(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    if (!a->text.size || character_size(a->text.data) != a->text.size)
        return invalid("Input string must be a single character string");
    r->number = decode(a->text.data);
    return OK;
}

static error levenshtein(const struct argument *a, struct result *r, const void *detail)
{
    struct arena arena = {0};
    size_t n, m;
    (void)detail;
    uint32_t *x = characters(&arena, a[0].text, &n), *y = characters(&arena, a[1].text, &m);
    if (n && m && n > 1000000 / m) {
        arena_release(&arena);
        return invalid("The combined inputs for Levenshtein distance are too large");
    }
    size_t *row = ARENA_ARRAY(&arena, size_t, m + 1);
    for (size_t k = 0; k <= m; k++) row[k] = k;
    for (size_t i = 1; i <= n; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t k = 1; k <= m; k++) {
            size_t change = corner + (x[i - 1] != y[k - 1]);
            corner = row[k];
            size_t least = row[k] < row[k - 1] ? row[k] + 1 : row[k - 1] + 1;
            row[k] = least < change ? least : change;
        }
    }
    r->number = (int64_t)row[m];
    arena_release(&arena);
    return OK;
}

static error hamming(const struct argument *a, struct result *r, const void *detail)
{
    struct arena arena = {0};
    size_t n, m;
    (void)detail;
    uint32_t *x = characters(&arena, a[0].text, &n), *y = characters(&arena, a[1].text, &m);
    r->number = 0;
    for (size_t i = 0; i < n && n == m; i++) r->number += x[i] != y[i];
    arena_release(&arena);
    return n == m ? OK
                  : invalid(
                        "The input strings to hamming_distance function must have the same length");
}

/* ---- LIKE with an escape ---- */

static bool like_match(span text, const char *p, const char *end, char escape)
{
    const char *star = NULL, *mark = NULL, *t = text.data, *stop = t + text.size;
    while (t < stop || p < end) {
        bool literal = p < end && *p == escape && p + 1 < end;
        if (p < end && *p == '%' && *p != escape) {
            star = ++p;
            mark = t;
        } else if (t < stop && p < end && !literal && *p == '_') {
            t += character_size(t);
            p++;
        } else if (t < stop && p < end && p[literal] == *t) {
            t++;
            p += 1 + literal;
        } else if (star && mark < stop) {
            mark += character_size(mark);
            t = mark;
            p = star;
        } else {
            return false;
        }
    }
    return true;
}

static error like(const struct argument *a, struct result *r, const void *detail)
{
    span p = a[1].text, escape = a[2].text;
    (void)detail;
    if (escape.size != 1) return invalid("Escape string must be a single character");
    for (size_t i = 0; i < p.size; i++) {
        if (p.data[i] != *escape.data) continue;
        if (++i >= p.size || (p.data[i] != '%' && p.data[i] != '_' && p.data[i] != *escape.data))
            return invalid(
                "Escape character must be followed by '%', '_' or the escape character itself");
    }
    r->number = like_match(a[0].text, p.data, p.data + p.size, *escape.data);
    return OK;
}

/* ---- regular expressions: Java's, where RE2 has the same ---- */

static error no_regexp(span pattern, const char *what)
{
    return fail(ERR_USAGE, "NOT_SUPPORTED: the regular expression %.*s has %s, which is not mapped",
                (int)(pattern.size > 200 ? 200 : pattern.size), pattern.data, what);
}

static error regexp(const struct argument *a, struct result *r, const void *detail)
{
    span p = a->text;
    bool class = false;
    int open = 0;
    (void)detail;
    for (size_t i = 0; i < p.size; i++) {
        char c = p.data[i], next = i + 1 < p.size ? p.data[i + 1] : 0,
             third = i + 2 < p.size ? p.data[i + 2] : 0;
        if (c == '\\') {
            if (isdigit((unsigned char)next) && next != '0' && !class)
                return no_regexp(p, "a back reference");
            if (strchr("GZhHRXk", next) && next) return no_regexp(p, "an escape of Java's alone");
            i++;
        } else if (class) {
            if (c == '&' && next == '&') return no_regexp(p, "an intersection of classes");
            if (c == '[' && next != ':') return no_regexp(p, "a class within a class");
            class = c != ']';
        } else if (c == '[') {
            class = true;
            if (next == '^') i++;
            if (i + 1 < p.size && p.data[i + 1] == ']') i++;
        } else if (c == ')') {
            if (--open < 0) return invalid("Unmatched closing ')' in a regular expression");
        } else if (c == '(' && ++open && next == '?') {
            if (third == '=' || third == '!' || third == '>')
                return no_regexp(p, "a look-ahead or an atomic group");
            if (third == '<' && i + 3 < p.size && (p.data[i + 3] == '=' || p.data[i + 3] == '!'))
                return no_regexp(p, "a look-behind");
        } else if ((c == '*' || c == '+' || c == '?' || c == '}') && next == '+') {
            return no_regexp(p, "a possessive quantifier");
        }
    }
    if (open || class) return invalid("unmatched parenthesis or bracket in a regular expression");
    result_text(r, p);
    return OK;
}

/* $1 becomes \1, \$ a dollar. */
static error regexp_replacement(const struct argument *a, struct result *r, const void *detail)
{
    span p = a->text;
    (void)detail;
    for (size_t i = 0; i < p.size; i++) {
        char c = p.data[i], next = i + 1 < p.size ? p.data[i + 1] : 0;
        if (c == '\\') {
            if (!next) return invalid("Illegal replacement sequence");
            if (next == '\\') result_text(r, SPAN("\\\\"));
            else result_text(r, (span){p.data + i + 1, 1});
            i++;
        } else if (c == '$') {
            if (!isdigit((unsigned char)next))
                return no_regexp(p, "a named group in the replacement");
            if (i + 2 < p.size && isdigit((unsigned char)p.data[i + 2]))
                return no_regexp(p, "a digit behind a group");
            result_text(r, SPAN("\\"));
            result_text(r, (span){p.data + i + 1, 1});
            i++;
        } else {
            result_text(r, (span){p.data + i, 1});
        }
    }
    return OK;
}

/* ---- bytes ---- */

static error from_hex(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    buffer_reserve(&r->text, a->text.size / 2 + 1);
    if (a->text.size % 2 || hex_decode(r->text.data, a->text) != OK)
        return invalid("Invalid hex string");
    r->text.size = a->text.size / 2;
    return OK;
}

static error from_base64(const struct argument *a, struct result *r, const void *detail)
{
    size_t size = 0;
    (void)detail;
    buffer_reserve(&r->text, base64_decoded_max(a->text.size) + 1);
    if (base64_decode(r->text.data, &size, a->text) != OK) return invalid("Invalid base64 string");
    r->text.size = size;
    return OK;
}

/* What is no UTF-8 becomes U+FFFD. */
static error from_utf8(const struct argument *a, struct result *r, const void *detail)
{
    span text = a->text;
    (void)detail;
    while (text.size) {
        size_t good = utf8_valid_prefix(text);
        result_text(r, (span){text.data, good});
        text = after(text, text.data + good);
        if (!text.size) break;
        result_text(r, SPAN("\xef\xbf\xbd"));
        text = after(text, text.data + 1);
    }
    return OK;
}

static error checksum(const struct argument *a, struct result *r, const void *detail)
{
    uint32_t crc = UINT32_MAX;
    (void)detail;
    for (size_t i = 0; i < a->text.size; i++) {
        crc ^= (unsigned char)a->text.data[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
    }
    r->number = (int64_t)(crc ^ UINT32_MAX);
    return OK;
}

/* ---- URLs (RFC 3986) ---- */

struct url {
    span protocol, host, port, path, query, fragment;
};

static span cut(span *rest, const char *stops)
{
    size_t size = 0;
    while (size < rest->size && !strchr(stops, rest->data[size])) size++;
    span part = {rest->data, size};
    *rest = after(*rest, rest->data + size);
    return part;
}

static bool url_read(span text, struct url *u)
{
    *u = (struct url){0};
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] <= ' ' || strchr("\"<>\\^`{|}", text.data[i])) return false;
    span rest = text, first = cut(&rest, ":/?#");
    if (rest.size && *rest.data == ':') {
        u->protocol = first;
        rest = after(rest, rest.data + 1);
    } else {
        rest = text;
    }
    if (span_starts(rest, "//")) {
        rest = after(rest, rest.data + 2);
        span authority = cut(&rest, "/?#");
        const char *at = memrchr(authority.data, '@', authority.size);
        if (at) authority = after(authority, at + 1);
        u->host = *authority.data == '[' ? cut(&authority, "]") : cut(&authority, ":");
        if (authority.size && *authority.data == ']') {
            u->host.size++;
            authority = after(authority, authority.data + 1);
        }
        if (authority.size > 1) u->port = after(authority, authority.data + 1);
    }
    u->path = cut(&rest, "?#");
    if (rest.size && *rest.data == '?') {
        rest = after(rest, rest.data + 1);
        u->query = cut(&rest, "#");
    }
    if (rest.size) u->fragment = after(rest, rest.data + 1);
    return true;
}

static error url_part(const struct argument *a, struct result *r, const void *detail)
{
    struct url u;
    (void)detail;
    if (!url_read(a[0].text, &u)) return no_result(r);
    span part = span_is(a[1].text, "protocol") ? u.protocol
                : span_is(a[1].text, "host")   ? u.host
                : span_is(a[1].text, "port")   ? u.port
                : span_is(a[1].text, "path")   ? u.path
                : span_is(a[1].text, "query")  ? u.query
                                               : u.fragment;
    if (span_is(a[1].text, "port") && !part.size) return no_result(r);
    if (percent_decode(&r->text, part, false) != OK) result_text(r, part);
    return OK;
}

static error url_parameter(const struct argument *a, struct result *r, const void *detail)
{
    struct url u;
    (void)detail;
    if (!url_read(a[0].text, &u)) return no_result(r);
    for (span rest = u.query; rest.size;) {
        span pair = cut(&rest, "&"), name = cut(&pair, "=");
        if (rest.size) rest = after(rest, rest.data + 1);
        if (!span_equal(name, a[1].text)) continue;
        if (pair.size) pair = after(pair, pair.data + 1);
        return percent_decode(&r->text, pair, true) == OK ? OK : no_result(r);
    }
    return no_result(r);
}

/* application/x-www-form-urlencoded, as Guava's form escaper */
static error url_encode(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    for (size_t i = 0; i < a->text.size; i++) {
        unsigned char c = (unsigned char)a->text.data[i];
        if (isalnum(c) || strchr("-_.*", c)) buffer_append_byte(&r->text, c);
        else if (c == ' ') buffer_append_byte(&r->text, '+');
        else buffer_printf(&r->text, "%%%02X", c);
    }
    return OK;
}

static error url_decode(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    return percent_decode(&r->text, a->text, true) == OK ? OK
                                                         : invalid("malformed escape in a URL");
}

/* ---- text of values ---- */

/* 1.0E0: Java's digits with an exponent always */
static void scientific(struct buffer *out, bool single, double value)
{
    struct buffer java = {0};
    if (single) cast_float_to_text(&java, (float)value);
    else cast_double_to_text(&java, value);
    const char *text = buffer_text(&java), *p = text + (*text == '-');
    if (!isdigit((unsigned char)*p) || strchr(text, 'E')) {
        buffer_append_text(out, text);
        buffer_release(&java);
        return;
    }
    char digits[64];
    int count = 0, exponent = -1, point = (int)strcspn(p, ".");
    for (const char *c = p; *c; c++)
        if (*c != '.') {
            if (count == 0 && *c == '0') continue; /* zeros in front */
            if (count == 0)
                exponent = c - p < point ? point - (int)(c - p) - 1 : point - (int)(c - p);
            if (count < 63) digits[count++] = *c;
        }
    while (count > 1 && digits[count - 1] == '0') count--;
    if (!count) buffer_append_text(out, *text == '-' ? "-0E0" : "0E0");
    else
        buffer_printf(out, "%s%c.%.*sE%d", *text == '-' ? "-" : "", digits[0],
                      count > 1 ? count - 1 : 1, count > 1 ? digits + 1 : "0", exponent);
    buffer_release(&java);
}

static error double_text(const struct argument *a, struct result *r, const void *detail)
{
    scientific(&r->text, detail != NULL, a->real);
    return OK;
}

static error fit_text(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    result_text(r, a[0].text);
    if ((int64_t)utf8_count(a[0].text) <= a[1].number) return OK;
    return fail(ERR_USAGE, "INVALID_CAST_ARGUMENT: Value %.*s cannot be represented as %.*s",
                (int)a[0].text.size, a[0].text.data, (int)a[2].text.size, a[2].text.data);
}

static error failure(const struct argument *a, struct result *r, const void *detail)
{
    (void)r;
    (void)detail;
    return fail(ERR_USAGE, "%.*s", (int)a->text.size, a->text.data);
}

/* ---- format(): %s %d %x %f %e with flags - 0 , + and width ---- */

struct directive {
    bool left, zero, comma, plus;
    int width, precision;
    char letter;
};

static bool directive_read(const char **p, const char *end, struct directive *d)
{
    *d = (struct directive){.precision = -1};
    for (; *p < end && strchr("-0,+", **p); ++*p) {
        d->left = d->left || **p == '-';
        d->zero = d->zero || **p == '0';
        d->comma = d->comma || **p == ',';
        d->plus = d->plus || **p == '+';
    }
    while (*p < end && isdigit((unsigned char)**p) && d->width < 10000)
        d->width = d->width * 10 + (*(*p)++ - '0');
    if (*p < end && **p == '.') {
        d->precision = 0;
        for (++*p; *p < end && isdigit((unsigned char)**p) && d->precision < 1000; ++*p)
            d->precision = d->precision * 10 + (**p - '0');
    }
    if (*p >= end) return false;
    d->letter = *(*p)++;
    return strchr("sdxXfeE", d->letter) != NULL;
}

static void grouped(struct buffer *out, const char *number)
{
    size_t whole = strspn(number + (*number == '-'), "0123456789");
    const char *p = number;
    if (*p == '-') buffer_append_byte(out, (uint8_t)*p++);
    for (size_t i = 0; i < whole; i++) {
        if (i && (whole - i) % 3 == 0) buffer_append_byte(out, ',');
        buffer_append_byte(out, (uint8_t)p[i]);
    }
    buffer_append_text(out, p + whole);
}

static error directive_print(struct buffer *out, const struct directive *d, span given)
{
    char kind = *given.data, number[512];
    span text = {given.data + 1, given.size - 1};
    bool real = strchr("feE", d->letter), whole = strchr("dxX", d->letter);
    if (text.size > 300 && d->letter != 's') return invalid("a number is too long for format");
    if ((real && kind != 'f') || (whole && kind != 'i'))
        return fail(
            ERR_USAGE,
            "INVALID_FUNCTION_ARGUMENT: Invalid format string: %%%c does not take this type",
            d->letter);
    if (d->letter == 's') {
        if (d->precision >= 0) text.size = prefix_size(text, d->precision);
        buffer_append_span(out, text);
        return OK;
    }
    snprintf(number, sizeof number, "%.*s", (int)text.size, text.data);
    if (real) {
        char copy[400];
        memcpy(copy, number, sizeof copy);
        copy[sizeof copy - 1] = 0;
        int precision = d->precision < 0 ? 6 : d->precision > 60 ? 60 : d->precision;
        snprintf(number, sizeof number, d->letter == 'f' ? "%.*f" : "%.*e", precision,
                 strtod(copy, NULL));
    } else if (d->letter != 'd') {
        snprintf(number, sizeof number, d->letter == 'x' ? "%llx" : "%llX",
                 strtoll(number, NULL, 10));
    }
    if (d->plus && *number != '-') buffer_append_byte(out, '+');
    if (d->comma) grouped(out, number);
    else buffer_append_text(out, number);
    return OK;
}

static error format(const struct argument *a, struct result *r, const void *detail)
{
    const char *p = a[0].text.data, *end = p + a[0].text.size;
    struct buffer piece = {0};
    size_t next = 0;
    error e = OK;
    (void)detail;
    while (p < end && e == OK) {
        struct directive d;
        if (*p != '%') {
            buffer_append_byte(&r->text, (uint8_t)*p++);
            continue;
        }
        p++;
        if (p < end && (*p == '%' || *p == 'n')) {
            buffer_append_byte(&r->text, *p++ == 'n' ? '\n' : '%');
            continue;
        }
        if (!directive_read(&p, end, &d))
            e = fail(ERR_USAGE, "NOT_SUPPORTED: this format string is not mapped");
        else if (next >= a[1].count) e = invalid("Invalid format string: too few arguments");
        if (e != OK) break;
        buffer_reset(&piece);
        span given = a[1].texts[next++];
        if (!given.data) buffer_append_text(&piece, "null");
        else e = directive_print(&piece, &d, given);
        int64_t missing = d.width - (int64_t)utf8_count(buffer_span(&piece));
        bool signed_zero = d.zero && piece.size && strchr("+-", *piece.data);
        if (signed_zero) buffer_append_byte(&r->text, (uint8_t)*piece.data);
        for (; !d.left && missing > 0; missing--) buffer_append_byte(&r->text, d.zero ? '0' : ' ');
        buffer_append(&r->text, piece.data + signed_zero, piece.size - signed_zero);
        for (; d.left && missing > 0; missing--) buffer_append_byte(&r->text, ' ');
    }
    buffer_release(&piece);
    return e;
}

/* ---- three-valued any and all ---- */

static const bool is_all = true;

static error quantify(const struct argument *a, struct result *r, const void *detail)
{
    bool null = false;
    r->number = detail != NULL;
    for (size_t i = 0; i < a->count; i++) {
        if (a->truths[i] < 0) null = true;
        else if (a->truths[i] != (detail != NULL)) {
            r->number = a->truths[i];
            return OK;
        }
    }
    return null ? no_result(r) : OK;
}

const struct function_row text_functions[] = {
    {"trino_reverse", "s>s", reverse, NULL, 0},
    {"trino_trim", "s>s", trim, &trim_both, 0},
    {"trino_ltrim", "s>s", trim, &trim_left, 0},
    {"trino_rtrim", "s>s", trim, &trim_right, 0},
    {"trino_substr", "sl>s", substring, NULL, 0},
    {"trino_substr", "sll>s", substring, &is_all, 0},
    {"trino_replace", "sss>s", replace, NULL, 0},
    {"trino_strpos", "ssl>l", position, NULL, 0},
    {"trino_split", "ssl>S", split, NULL, 0},
    {"trino_split_part", "ssl>s", split_part, NULL, 0},
    {"trino_split_to_map", "sss>S", split_to_map, NULL, 0},
    {"trino_lpad", "sls>s", pad, &pads_left, 0},
    {"trino_rpad", "sls>s", pad, NULL, 0},
    {"trino_chr", "l>s", character, NULL, 0},
    {"trino_codepoint", "s>i", code_point, NULL, 0},
    {"trino_levenshtein", "ss>l", levenshtein, NULL, 0},
    {"trino_hamming", "ss>l", hamming, NULL, 0},
    {"trino_like", "sss>q", like, NULL, 0},
    {"trino_regexp", "s>s", regexp, NULL, 0},
    {"trino_regexp_replacement", "s>s", regexp_replacement, NULL, 0},
    {"trino_from_hex", "s>b", from_hex, NULL, 0},
    {"trino_from_base64", "s>b", from_base64, NULL, 0},
    {"trino_from_utf8", "b>s", from_utf8, NULL, 0},
    {"trino_crc32", "b>l", checksum, NULL, 0},
    {"trino_url_part", "ss>s", url_part, NULL, 0},
    {"trino_url_parameter", "ss>s", url_parameter, NULL, 0},
    {"trino_url_encode", "s>s", url_encode, NULL, 0},
    {"trino_url_decode", "s>s", url_decode, NULL, 0},
    {"trino_double_text", "d>s", double_text, NULL, 0},
    {"trino_real_text", "f>s", double_text, &is_all, 0},
    {"trino_fit_text", "sls>s", fit_text, NULL, 0},
    {"trino_fail", "s>s", failure, NULL, 0},
    {"trino_format", "sS>s", format, NULL, 0},
    {"trino_all", "Q>q", quantify, &is_all, 0},
    {"trino_any", "Q>q", quantify, NULL, 0},
    {0},
};
