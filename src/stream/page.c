/* GetRecords' reply, the hot one of the remote back end: JSON text in, records out, without a tree
 * in between. Strings without escapes stay where they are; data is decoded into the arena.
 *
 *   {"Records": [{"SequenceNumber": text, "ApproximateArrivalTimestamp": seconds, "Data": base64,
 *                 "PartitionKey": text, ...} ...],
 *    "NextShardIterator": text or null, "MillisBehindLatest": number, ...}
 *
 * Members come in any order and unknown ones are skipped, checked only as far as that needs. What
 * is malformed counts as the network's fault: the page is asked for again. */
#include "stream/shard.h"

#include <math.h>
#include <stdlib.h>

enum { DEPTH_MAX = 64, NUMBER_MAX = 64 };

struct scan {
    const char *at, *end;
    struct arena *arena;
};

static char peek(struct scan *s) /* the next character that is no blank; NUL at the end */
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\t' || *s->at == '\r'))
        s->at++;
    return s->at < s->end ? *s->at : '\0';
}

static bool take(struct scan *s, char c)
{
    if (peek(s) != c) return false;
    s->at++;
    return true;
}

static bool take_word(struct scan *s, const char *word)
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
static bool unescape(struct scan *s, span in, span *out)
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

static bool scan_string(struct scan *s, span *out)
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
static bool scan_plain_number(struct scan *s, double *out)
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

static bool scan_number(struct scan *s, double *out)
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
static bool skip_value(struct scan *s)
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

/* The next member's name; false at the object's end, which is taken, or at a fault (*good). */
static bool next_member(struct scan *s, bool first, span *name, bool *good)
{
    if (take(s, '}')) return false;
    *good = (first || take(s, ',')) && scan_string(s, name) && take(s, ':');
    return *good;
}

static bool scan_data(struct scan *s, span *out)
{
    span text;
    if (!scan_string(s, &text)) return false;
    char *bytes = arena_alloc(s->arena, base64_decoded_max(text.size));
    *out = (span){bytes, 0};
    return base64_decode(bytes, &out->size, text) == OK;
}

static bool scan_record(struct scan *s, struct stored_record *r)
{
    span name, text;
    bool good = true, has_data = false, has_key = false, has_sequence = false;
    double seconds;
    *r = (struct stored_record){.arrival_us = 0};
    if (!take(s, '{')) return false;
    for (bool first = true; next_member(s, first, &name, &good); first = false) {
        if (span_is(name, "Data")) {
            good = has_data = scan_data(s, &r->data);
        } else if (span_is(name, "PartitionKey")) {
            good = has_key = scan_string(s, &r->partition_key) &&
                             utf8_valid_prefix(r->partition_key) == r->partition_key.size;
        } else if (span_is(name, "SequenceNumber")) {
            good = has_sequence = scan_string(s, &text) && sequence_parse(text, &r->sequence) == OK;
        } else if (span_is(name, "ApproximateArrivalTimestamp")) {
            good = scan_number(s, &seconds) && fabs(seconds) < 1e12;
            if (good) r->arrival_us = llround(seconds * 1000) * US_PER_MS;
        } else {
            good = skip_value(s);
        }
        if (!good) return false;
    }
    return good && has_data && has_key && has_sequence;
}

static bool scan_records(struct scan *s, struct page *page)
{
    size_t capacity = 0;
    if (!take(s, '[')) return false;
    if (take(s, ']')) return true;
    do {
        if (page->count == capacity) {
            capacity = capacity ? 4 * capacity : 256;
            struct stored_record *more = ARENA_ARRAY(s->arena, struct stored_record, capacity);
            if (page->count) memcpy(more, page->records, page->count * sizeof *more);
            page->records = more;
        }
        if (!scan_record(s, &page->records[page->count])) return false;
        page->count++;
    } while (take(s, ','));
    return take(s, ']');
}

static bool scan_page(struct scan *s, struct page *page)
{
    span name;
    bool good = true, has_records = false;
    double behind;
    if (!take(s, '{')) return false;
    for (bool first = true; next_member(s, first, &name, &good); first = false) {
        if (span_is(name, "Records")) {
            if (has_records) return false;
            good = has_records = scan_records(s, page);
        } else if (span_is(name, "NextShardIterator")) {
            page->next = (span){0};
            good = take_word(s, "null") || scan_string(s, &page->next);
        } else if (span_is(name, "MillisBehindLatest")) {
            behind = 0;
            good = take_word(s, "null") || (scan_number(s, &behind) && fabs(behind) < 1e15);
            page->behind_ms = good ? (int64_t)behind : 0;
        } else {
            good = skip_value(s);
        }
        if (!good) return false;
    }
    return good && has_records && peek(s) == '\0' && s->at == s->end;
}

error page_parse(struct arena *a, span reply, struct page *page)
{
    struct scan s = {reply.data, reply.data + reply.size, a};
    *page = (struct page){0};
    if (reply.size && scan_page(&s, page)) return OK;
    *page = (struct page){0};
    return fail(ERR_NETWORK, "GetRecords: the reply of %zu bytes is damaged near byte %zu",
                reply.size, (size_t)(s.at - reply.data));
}
