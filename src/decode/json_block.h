/* In: records that may be alike (json_template.h). Out: the values of those that are, column by
 * column. The body of the block walk, included behind json_direct.h by the forms that gain by it.
 *
 * All records of a block go over one lead, or one value, before any goes on: no step of a loop waits
 * for the one before it. */
#include "decode/json_template.h"

enum { TIME_BYTES = 21 }; /* "yyyy-mm-dd hh:mm:ss" with its quotes */

/* Over the lead of value k; how many records in a row have it, with something behind. */
static size_t block_leads(struct block *b, int k, size_t n)
{
    const char *lead = b->template.leads[k];
    const int32_t size = b->template.lead_size[k];
    const char **at = b->at;
    for (size_t r = 0; r < n; r++) {
        const char *p = at[r];
        if (!lead_equal(p, lead, size)) return r;
        at[r] = p += size;
        if (p >= b->end[r]) return r;
    }
    return n;
}

/* How many records in a row end with the tail. */
static size_t block_tails(const struct block *b, size_t n)
{
    const char *tail = b->template.leads[b->template.count];
    const int32_t size = b->template.lead_size[b->template.count];
    size_t r = 0;
    while (r < n && b->end[r] - b->at[r] == size && lead_equal(b->at[r], tail, size)) r++;
    return r;
}

/* All records stand behind their values now. */
static void block_step(struct block *b)
{
    const char **at = b->at;
    b->at = b->after;
    b->after = at;
}

/* ---- value k of records 0 .. n - 1; how many of them in a row are taken ----
 *
 * The loops of a type take blocks in which every value has the plainest form, and say false
 * otherwise, having appended and moved nothing. */

static size_t block_values(struct block *b, struct walk *w, int k, size_t n)
{
    const struct slot *slot = &b->template.slots[k];
    for (size_t r = 0; r < n; r++) {
        const char *p = b->at[r], *after = NULL;
        w->scanner.end = b->end[r];
        if (slot->to) after = direct_value(w, slot->node, slot->to, p);
        else if (*p == '"') after = direct_skip(w, p);
        if (!after) after = block_walk(b, w, k, r, p);
        if (!after) return r;
        b->at[r] = after;
    }
    return n;
}

/* words: eight bytes of digits' values each, the last digit highest. */
static bool block_digits(const struct block *b, size_t n, uint64_t *words)
{
    const char *const *at = b->at, **after = b->after;
    unsigned odd = 0;
    for (size_t r = 0; r < n; r++) {
        const char *p = at[r];
        uint64_t v;
        unsigned count = digits_at(p, &v);
        words[r] = v << (-8 * count & 63);
        odd |= count - 1 >= 7;
        odd |= ((v & 0xFF) - 1) >> 31 & (count - 1); /* a leading zero */
        after[r] = p + count;
    }
    return odd == 0;
}

static bool block_integers(struct block *b, int k, size_t n, struct builder *to)
{
    uint64_t words[BLOCK_RECORDS], beyond = 0;
    const uint64_t max = (uint64_t)b->template.slots[k].node->max;
    if (!block_digits(b, n, words)) return false;
    for (size_t r = 0; r < n; r++) {
        uint64_t v = words[r];
        v = (v * 10 + (v >> 8)) & UINT64_C(0x00FF00FF00FF00FF);
        v = (v * 100 + (v >> 16)) & UINT64_C(0x0000FFFF0000FFFF);
        v = (v * 10000 + (v >> 32)) & UINT32_MAX;
        beyond |= max - v; /* the highest bit: v is more */
        words[r] = v;
    }
    if (beyond >> 63) return false;
    builder_ints(to, words, n);
    block_step(b);
    return true;
}

static bool block_texts(struct block *b, size_t n, struct builder *to)
{
    const char *const *at = b->at, **after = b->after;
    size_t bytes = 0;
    for (size_t r = 0; r < n; r++) {
        const char *p = at[r], *stop = text_end(p + 1, b->end[r]);
        if (*p != '"' || stop >= b->end[r] || *stop != '"') return false;
        bytes += (size_t)(stop - p);
        after[r] = stop + 1;
    }
    char *into = builder_room(&to->values, bytes + STRIDE), *const start = to->values.data;
    CHECK(to->values.size + bytes <= COLUMN_OFFSET_MAX);
    int32_t *ends = (int32_t *)(void *)builder_room(&to->offsets, n * sizeof *ends);
    for (size_t r = 0; r < n; r++) {
        const char *text = at[r] + 1;
        size_t size = (size_t)(after[r] - 1 - text);
        text_put(into, text, size);
        into += size;
        ends[r] = (int32_t)(into - start);
    }
    to->values.size = (size_t)(into - start);
    to->offsets.size += n * sizeof *ends;
    to->length += (int64_t)n;
    block_step(b);
    return true;
}

#ifdef __SSE4_1__
static inline __m128i load_times(const char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* "yyyy-mm-dd hh:mm:ss", or with T, as numbers: century, year of it, month, day, hour, minute,
 * second. The day may be one that its month has not. */
static bool block_times(const struct block *b, size_t n, uint16_t parts[][8])
{
    const __m128i form = load_times("0000-00-00 00:00");
    const __m128i marks =
        _mm_setr_epi8(0, 0, 0, 0, -1, 0, 0, -1, 0, 0, (char)~('T' ^ ' '), 0, 0, -1, 0, 0);
    const __m128i digits = _mm_setr_epi8(0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, -1, -1, -1, -1);
    const __m128i tens = _mm_set1_epi16(1 << 8 | 10);
    const __m128i least = _mm_setr_epi16(0, 0, 1, 1, 0, 0, 0, 0);
    const __m128i most = _mm_setr_epi16(99, 99, 12, 31, 23, 59, 59, 0);
    __m128i odd = _mm_setzero_si128();
    uint32_t odd_ends = 0;
    for (size_t r = 0; r < n; r++) {
        const char *p = b->at[r];
        uint32_t end = get_le32(p + 17); /* :ss" */
        odd_ends |= (uint32_t)(b->end[r] - p < TIME_BYTES) | (uint32_t)(*p ^ '"') |
                    ((end ^ ((uint32_t)'"' << 24 | ':')) & 0xFF0000FF);
        __m128i text = _mm_xor_si128(load_times(p + 1), form);
        odd = _mm_or_si128(odd, _mm_and_si128(text, marks));
        __m128i values = _mm_shuffle_epi8(text, digits);
        values = _mm_insert_epi16(values, (int)(end >> 8 & 0xFFFF) ^ ('0' << 8 | '0'), 6);
        odd = _mm_or_si128(odd, _mm_subs_epu8(values, _mm_set1_epi8(9)));
        values = _mm_maddubs_epi16(values, tens);
        odd = _mm_or_si128(odd, _mm_subs_epu16(values, most));
        odd = _mm_or_si128(odd, _mm_subs_epu16(least, values));
        _mm_storeu_si128((__m128i *)(void *)parts[r], values);
    }
    return odd_ends == 0 && _mm_testz_si128(odd, odd);
}
#else
static bool block_times(const struct block *b, size_t n, uint16_t parts[][8])
{
    (void)b, (void)n, (void)parts;
    return false; /* one by one */
}
#endif

static bool block_timestamps(struct block *b, struct calendar *calendar, size_t n,
                             struct builder *to)
{
    uint16_t parts[BLOCK_RECORDS][8];
    uint64_t times[BLOCK_RECORDS];
    if (!block_times(b, n, parts)) return false;
    for (size_t r = 0; r < n; r++) {
        const uint16_t *part = parts[r];
        unsigned year = part[0] * 100u + part[1];
        if (__builtin_expect(calendar->year != year, 0)) calendar_set(calendar, year);
        if (part[3] > calendar->length[part[2]]) return false;
        int64_t days = calendar->before[part[2]] + part[3];
        int64_t seconds = days * 86400 + part[4] * 3600 + part[5] * 60 + part[6];
        times[r] = (uint64_t)(seconds * US_PER_SECOND);
    }
    builder_ints(to, times, n);
    for (size_t r = 0; r < n; r++) b->at[r] += TIME_BYTES;
    return true;
}

static size_t block_column(struct block *b, struct walk *w, int k, size_t n)
{
    struct builder *to = b->template.slots[k].to;
    bool plain = false;
    switch (b->template.slots[k].direct) {
    case DIRECT_INTEGER: plain = block_integers(b, k, n, to); break;
    case DIRECT_TIMESTAMP: plain = block_timestamps(b, &w->calendar, n, to); break;
    case DIRECT_TEXT: plain = block_texts(b, n, to); break;
    default: break; /* one by one */
    }
    return plain ? n : block_values(b, w, k, n);
}

static size_t direct_block(struct block *b, struct walk *w, size_t n)
{
    for (int k = 0; k < b->template.count && n; k++) {
        n = block_leads(b, k, n);
        n = block_column(b, w, k, n);
    }
    return block_tails(b, n);
}
