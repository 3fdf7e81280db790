/* In: records that may be alike (json_template.h). Out: the values of those that are, column by
 * column. The body of the block walk, included behind json_direct.h by the forms that gain by it.
 *
 * The loops over a column know where its values are, so none waits for the one before it. */
#include "decode/json_template.h"

/* Behind the value at p as it looks; its column finds out what it is. */
static INLINE const char *value_end(enum direct direct, const char *p, const char *end, bool *odd)
{
    if (direct == DIRECT_INTEGER) {
        uint64_t values;
        unsigned count = digits_at(p, &values);
        if (__builtin_expect(count - 1 < 7, 1)) return p + count;
    } else if (*p == '"') {
        if (direct == DIRECT_TIMESTAMP && end - p > 20 && p[20] == '"') return p + 21;
        const char *stop = text_end(p + 1, end);
        if (__builtin_expect(stop < end && *stop == '"', 1)) return stop + 1;
    }
    *odd = true;
    return block_scalar_end(p, end);
}

/* A value that costs as much to find the end of as to parse. */
static INLINE const char *value_now(struct block *b, struct walk *w, int k, size_t r, const char *p)
{
    const struct slot *slot = &b->template.slots[k];
    const char *end = b->record[r] + b->size[r], *after = NULL;
    if (slot->direct == DIRECT_REAL) after = direct_real(slot->node, end, slot->to, p);
    return after ? after : block_walk(b, w, k, r, p);
}

/* Record r has the template's leads, with a value behind each. */
static INLINE bool block_match(struct block *b, struct walk *w, size_t r)
{
    const struct template *t = &b->template;
    const char *const start = b->record[r], *const end = start + b->size[r], *p = start;
    for (int k = 0; k < t->count; k++) {
        if (!lead_equal(p, t->leads[k], t->lead_size[k])) return false;
        p += t->lead_size[k];
        if (p >= end) return false;
        const enum direct direct = t->slots[k].direct;
        const char *after = t->slots[k].now ? value_now(b, w, k, r, p)
                                            : value_end(direct, p, end, &b->odd[k]);
        if (!after) return false;
        b->extents[k][r] = (struct extent){(uint16_t)(p - start), (uint16_t)(after - p)};
        p = after;
    }
    int32_t tail = t->lead_size[t->count];
    return end - p == tail && lead_equal(p, t->leads[t->count], tail);
}

/* ---- value k of records 0 .. n - 1; how many of them in a row are taken ----
 *
 * The loops of a type take blocks in which every value has the plainest form, and say false
 * otherwise, having appended nothing. */

static size_t block_values(struct block *b, struct walk *w, int k, size_t n)
{
    const struct slot *slot = &b->template.slots[k];
    for (size_t r = 0; r < n; r++) {
        const char *p = b->record[r] + b->extents[k][r].begin;
        w->scanner.end = b->record[r] + b->size[r];
        const char *after = slot->to ? direct_value(w, slot->node, slot->to, p) : NULL;
        if (!after) after = block_walk(b, w, k, r, p);
        if (after != p + b->extents[k][r].size) return r;
    }
    return n;
}

/* words: eight bytes of digits' values each, the last digit highest. */
static bool block_digits(const struct block *b, int k, size_t n, uint64_t *words)
{
    unsigned odd = 0;
    for (size_t r = 0; r < n; r++) {
        const struct extent value = b->extents[k][r];
        uint64_t v = get_le64(b->record[r] + value.begin) ^ EACH_BYTE * '0';
        words[r] = v << (-8 * value.size & 63);
        odd |= (value.size - 1u) & ~7u;
        odd |= ((v & 0xFF) - 1) >> 31 & (value.size - 1u); /* a leading zero */
    }
    return odd == 0;
}

static bool block_integers(const struct block *b, int k, size_t n, struct builder *to)
{
    uint64_t words[BLOCK_RECORDS], other = 0, beyond = 0;
    const uint64_t max = (uint64_t)b->template.slots[k].node->max;
    if (!block_digits(b, k, n, words)) return false;
    for (size_t r = 0; r < n; r++) {
        uint64_t v = words[r];
        other |= (v + EACH_BYTE * 0x76) | v;
        v = (v * 10 + (v >> 8)) & UINT64_C(0x00FF00FF00FF00FF);
        v = (v * 100 + (v >> 16)) & UINT64_C(0x0000FFFF0000FFFF);
        v = (v * 10000 + (v >> 32)) & UINT32_MAX;
        beyond |= max - v; /* the highest bit: v is more */
        words[r] = v;
    }
    if ((other & EACH_BYTE * 0x80) || beyond >> 63) return false;
    builder_ints(to, words, n);
    return true;
}

static bool block_texts(const struct block *b, int k, size_t n, struct builder *to)
{
    size_t bytes = 0;
    for (size_t r = 0; r < n; r++) bytes += b->extents[k][r].size;
    char *into = builder_room(&to->values, bytes + STRIDE), *const start = to->values.data;
    CHECK(to->values.size + bytes <= COLUMN_OFFSET_MAX);
    int32_t *ends = (int32_t *)(void *)builder_room(&to->offsets, n * sizeof *ends);
    for (size_t r = 0; r < n; r++) {
        const struct extent value = b->extents[k][r];
        const char *p = b->record[r] + value.begin + 1;
        unsigned size = value.size - 2u;
        text_put(into, p, size);
        into += size;
        ends[r] = (int32_t)(into - start);
    }
    to->values.size = (size_t)(into - start);
    to->offsets.size += n * sizeof *ends;
    to->length += (int64_t)n;
    return true;
}

#ifdef __SSE4_1__
static inline __m128i load_times(const char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* "yyyy-mm-dd hh:mm:ss", or with T, as numbers: century, year of it, month, day, hour, minute,
 * second. The day may be one that its month has not. */
static bool block_times(const struct block *b, int k, size_t n, uint16_t parts[][8])
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
        const char *p = b->record[r] + b->extents[k][r].begin;
        uint32_t end = get_le32(p + 17); /* :ss" */
        odd_ends |= (uint32_t)(b->extents[k][r].size ^ 21) | (uint32_t)(*p ^ '"') |
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
static bool block_times(const struct block *b, int k, size_t n, uint16_t parts[][8])
{
    (void)b, (void)k, (void)n, (void)parts;
    return false; /* one by one */
}
#endif

static bool block_timestamps(const struct block *b, struct calendar *calendar, int k, size_t n,
                             struct builder *to)
{
    uint16_t parts[BLOCK_RECORDS][8];
    uint64_t times[BLOCK_RECORDS];
    if (!block_times(b, k, n, parts)) return false;
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
    return true;
}

static size_t block_column(struct block *b, struct walk *w, int k, size_t n)
{
    struct builder *to = b->template.slots[k].to;
    bool plain = !b->odd[k];
    if (b->template.slots[k].now) return n;
    switch (b->template.slots[k].direct) {
    case DIRECT_INTEGER: plain = plain && block_integers(b, k, n, to); break;
    case DIRECT_TIMESTAMP: plain = plain && block_timestamps(b, &w->calendar, k, n, to); break;
    case DIRECT_TEXT: plain = plain && block_texts(b, k, n, to); break;
    case DIRECT_SKIP: break; /* plain text, which no column takes */
    default: plain = false;
    }
    return plain ? n : block_values(b, w, k, n);
}

static size_t direct_block(struct block *b, struct walk *w, size_t n)
{
    size_t alike = 0;
    memset(b->odd, 0, sizeof b->odd);
    while (alike < n && block_match(b, w, alike)) alike++;
    for (int k = 0; k < b->template.count && alike; k++) alike = block_column(b, w, k, alike);
    return alike;
}
