/* Inside decode/: the steps of the scanner over bytes, inline for the walk over a record.
 *
 * A step takes the cursor and returns the cursor behind what it read, or NULL after noting the
 * reason and the place in the scanner. Nothing is read at or behind `end`. Grammar: RFC 8259. */
#pragma once

#include "decode/decode.h"

/* A JSON number taken apart while it is scanned: +-digits * 10^exponent. */
struct number {
    span text;
    uint64_t digits;  /* the first 19 significant ones */
    int64_t exponent; /* of `digits` */
    bool negative;
    bool integer; /* neither fraction nor exponent in the text */
    bool exact;   /* no digit but zeros was left out */
};

/* What may come next. */
enum scan_state {
    SCAN_START,
    SCAN_VALUE,
    SCAN_FIRST_KEY,
    SCAN_FIRST_ELEMENT,
    SCAN_NEXT,
    SCAN_DONE,
    SCAN_FAILED
};

/* Notes why and where; always NULL. */
const char *scan_fail(struct json_scanner *, enum decode_reason, const char *at);
/* The byte at `at` (or the end) does not continue the document: says which reason that is. */
const char *scan_unexpected(struct json_scanner *, const char *at);

static inline const char *scan_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) p++;
    return p;
}

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

/* High bit of each byte that ends a run of plain ASCII: quote, backslash, control, above 0x7F. Bits
 * above the lowest one set may be false, so callers look at that one only. */
static inline uint64_t scan_stops(uint64_t eight)
{
    const uint64_t ones = 0x0101010101010101u, high = ones << 7;
    uint64_t quote = eight ^ ones * '"', backslash = eight ^ ones * '\\';
    uint64_t below = (eight - ones * 0x20) & ~eight;
    return (((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | below | eight) & high;
}

/* From the first byte that is not plain ASCII (or near the end) to the closing quote. */
const char *scan_string_rest(struct json_scanner *, const char *p, const char *start);

/* From behind the opening quote to behind the closing one; sets text and escaped. */
static inline const char *scan_string(struct json_scanner *s, const char *p)
{
    const char *start = p;
    for (; s->end - p >= 8; p += 8) {
        uint64_t stops = scan_stops(get_le64(p));
        if (!stops) continue;
        p += __builtin_ctzll(stops) >> 3;
        if (*p != '"') break;
        s->text = (span){start, (size_t)(p - start)};
        s->escaped = false;
        return p + 1;
    }
    return scan_string_rest(s, p, start);
}

/* Any number, from its first byte. */
const char *scan_number_rest(struct json_scanner *, const char *p, struct number *);

/* From '-' or a digit to the first byte behind the literal. Short integers here, others apart. */
static inline const char *scan_number(struct json_scanner *s, const char *p, struct number *n)
{
    const char *start = p, *end = s->end;
    n->negative = *p == '-';
    p += n->negative;
    const char *first = p;
    uint64_t digits = 0;
    while (p < end && is_digit(*p)) digits = digits * 10 + (uint64_t)(*p++ - '0');
    size_t count = (size_t)(p - first);
    bool longer = p < end && (*p == '.' || (*p | 0x20) == 'e');
    if (count == 0 || count > 19 || longer || (*first == '0' && count > 1))
        return scan_number_rest(s, start, n);
    n->text = (span){start, (size_t)(p - start)};
    n->digits = digits;
    n->exponent = 0;
    n->integer = n->exact = true;
    return p;
}

/* true, false or null from its first letter. */
const char *scan_literal(struct json_scanner *, const char *p, const char *literal, size_t size);

/* Enters a container whose bracket is at p; leaves it behind the closing one. */
static inline const char *scan_open(struct json_scanner *s, const char *p, bool object)
{
    if (s->depth == DECODE_DEPTH_MAX) return scan_fail(s, DECODE_TOO_DEEP, p);
    uint64_t bit = (uint64_t)1 << (s->depth & 63), *word = &s->in_object[s->depth >> 6];
    *word = object ? *word | bit : *word & ~bit;
    s->depth++;
    return p + 1;
}

static inline bool scan_in_object(const struct json_scanner *s)
{
    return s->in_object[(s->depth - 1) >> 6] >> ((s->depth - 1) & 63) & 1;
}

/* Skips the value that begins at p (blanks in front are not allowed). */
const char *scan_skip_value(struct json_scanner *, const char *p);
/* The document has ended at p: only blanks may follow. */
const char *scan_document_end(struct json_scanner *, const char *p);
