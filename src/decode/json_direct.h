/* In: a record whose keys stand as they stood in the record before. Out: its values, parsed straight
 * into their columns. The body of the direct walk, included once per machine form, which defines
 *
 *   STRIDE                         bytes that the two below look at and copy at a time, at most 64
 *   bool lead_equal(a, b, size)    the first size bytes, at most 64, are equal; 64 may be read
 *   unsigned text_stop(p)          of STRIDE bytes, the first that ends a run of plain ASCII (quote,
 *                                  backslash, control, above 0x7F); STRIDE: none
 *   void text_copy(to, from)       STRIDE bytes
 *
 * Each step takes the plain form of a value and checks every byte of it. What is not plain (another
 * key, an escape, a longer number, a fault) goes to the general walk from the same place, so that
 * values, reasons and offsets are the same. RECORD_PADDING bytes behind the record's end may be read,
 * but what they hold must never matter: a key may be taken there, no value is. */
#include "decode/json_walk.h"

#define INLINE inline __attribute__((always_inline))

static walk_object_fn direct_fields;

/* Up to the first byte that is not plain ASCII; at or behind `end` when there is none. */
static inline const char *text_end(const char *p, const char *end)
{
    for (;; p += STRIDE) {
        unsigned stop = text_stop(p);
        if (__builtin_expect(stop < STRIDE, 1)) return p + stop;
        if (p + STRIDE >= end) return end;
    }
}

/* Writes up to STRIDE bytes behind the text, and STRIDE where it has none. */
static INLINE void text_put(char *to, const char *text, size_t size)
{
    text_copy(to, text);
    for (size_t at = STRIDE; at < size; at += STRIDE) text_copy(to + at, text + at);
}

/* ---- values: behind the value, or NULL when it is not plain or does not fit ---- */

static INLINE const char *direct_text(const char *end, struct builder *to, const char *p)
{
    if (*p != '"') return NULL;
    const char *text = p + 1, *stop = text_end(text, end);
    if (stop >= end || *stop != '"') return NULL;
    size_t size = (size_t)(stop - text);
    char *room = builder_room(&to->values, size + STRIDE);
    text_put(room, text, size);
    to->values.size += size;
    builder_offset(to, to->values.size);
    to->length++;
    return stop + 1;
}

#define EACH_BYTE UINT64_C(0x0101010101010101)

/* The digits that begin at p, at most 8, as the low bytes' values; the rest of the word is not
 * theirs. Returns how many; 8 may mean more. */
static inline unsigned digits_at(const char *p, uint64_t *values)
{
    uint64_t v = get_le64(p) ^ EACH_BYTE * '0';
    uint64_t other = ((v + EACH_BYTE * 0x76) | v) & EACH_BYTE * 0x80;
    *values = v;
    return other ? (unsigned)__builtin_ctzll(other) >> 3 : 8;
}

/* The number that the lowest `count` digit values make, 1 to 8 of them. */
static inline uint64_t digits_number(uint64_t values, unsigned count)
{
    const uint64_t low = UINT64_C(0x000000FF000000FF);
    uint64_t v = values << (64 - 8 * count);
    v = v * 10 + (v >> 8); /* pairs, in every second byte */
    v = (v & low) * (100 + (UINT64_C(1000000) << 32)) +
        ((v >> 16) & low) * (1 + (UINT64_C(10000) << 32));
    return v >> 32;
}

/* A run of digits of at most 16; *number is theirs. Returns their count, 0: none, 17: more. */
static inline unsigned digit_run(const char *p, uint64_t *number)
{
    uint64_t values, more;
    unsigned count = digits_at(p, &values), rest;
    if (count == 0) return 0;
    *number = digits_number(values, count);
    if (count < 8) return count;
    rest = digits_at(p + 8, &values);
    if (rest == 0) return 8;
    if (rest == 8 && (digits_at(p + 16, &more) != 0)) return 17;
    static const uint64_t tens[] = {1,      10,      100,      1000,     10000,
                                    100000, 1000000, 10000000, 100000000};
    *number = *number * tens[rest] + digits_number(values, rest);
    return 8 + rest;
}

/* The number may end in front of c: there is no fraction and no exponent. */
static inline bool number_ends(char c)
{
    return __builtin_expect(c <= ',', 1) || c == '}' || c == ']';
}

/* Negative ones, and those of more than three digits. */
static __attribute__((noinline)) const char *longer_integer(const struct walk_node *n,
                                                            const char *end, struct builder *to,
                                                            const char *p)
{
    bool negative = *p == '-';
    p += negative;
    uint64_t number = 0;
    unsigned count = digit_run(p, &number);
    if (count - 1 >= 16 || (*p == '0' && count > 1)) return NULL;
    p += count;
    if (p >= end || !number_ends(*p)) return NULL;
    int64_t value = negative ? -(int64_t)number : (int64_t)number;
    if (value < n->min || value > n->max) return NULL;
    builder_int(to, value);
    return p;
}

static INLINE const char *direct_integer(const struct walk_node *n, const char *end,
                                         struct builder *to, const char *p)
{
    const uint32_t ones = (uint32_t)EACH_BYTE;
    uint32_t v = get_le32(p) ^ ones * '0', other = ((v + ones * 0x76) | v) & ones * 0x80;
    if (!other || (other & 0xFF)) return longer_integer(n, end, to, p);
    unsigned bits = (unsigned)__builtin_ctz(other) - 7; /* of one to three digits */
    p += bits >> 3;
    uint32_t digits = v << (24 - bits); /* the last of them in byte 2 */
    uint32_t number = (digits & 0xFF) * 100 + (digits >> 8 & 0xFF) * 10 + (digits >> 16 & 0xFF);
    if ((v & 0xFF) == 0 && bits > 8) return NULL; /* a leading zero */
    if (p >= end || !number_ends(*p) || (int64_t)number > n->max) return NULL;
    builder_int(to, number);
    return p;
}

/* Digits over a power of ten, both exact in the column's width, so that one division rounds right; NULL
 * where they are not, and for -0. */
static INLINE const char *append_real(const struct walk_node *n, struct builder *to, const char *p,
                                      uint64_t digits, unsigned behind, bool negative)
{
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7, 1e8,
                                  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16};
    double value = (double)(int64_t)digits / tens[behind];
    if (n->kind == TYPE_FLOAT) {
        if (digits >= 1 << 24 || behind > 10) return NULL;
        value = (double)((float)digits / (float)tens[behind]);
    }
    if (negative && digits == 0) return NULL;
    builder_double(to, negative ? -value : value);
    return p;
}

static const uint64_t whole_tens[] = {
    UINT64_C(1),          UINT64_C(10),           UINT64_C(100),
    UINT64_C(1000),       UINT64_C(10000),        UINT64_C(100000),
    UINT64_C(1000000),    UINT64_C(10000000),     UINT64_C(100000000),
    UINT64_C(1000000000), UINT64_C(10000000000),  UINT64_C(100000000000),
    UINT64_C(1000000000000), UINT64_C(10000000000000), UINT64_C(100000000000000)};

/* Up to 15 digits, with a point or without. */
static __attribute__((noinline)) const char *longer_real(const struct walk_node *n, const char *end,
                                                         struct builder *to, const char *p)
{
    bool negative = *p == '-';
    uint64_t whole = 0, fraction = 0;
    p += negative;
    unsigned count = digit_run(p, &whole), behind = 0;
    if (count == 0 || count > 15 || (*p == '0' && count > 1)) return NULL;
    p += count;
    if (*p == '.') {
        behind = digit_run(p + 1, &fraction);
        if (behind == 0 || count + behind > 15) return NULL;
        p += 1 + behind;
    }
    if (p >= end || !number_ends(*p)) return NULL;
    return append_real(n, to, p, whole * whole_tens[behind] + fraction, behind, negative);
}

/* One to seven digits on either side of a point here. */
static INLINE const char *direct_real(const struct walk_node *n, const char *end,
                                      struct builder *to, const char *p)
{
    bool negative = *p == '-';
    const char *q = p + negative;
    uint64_t whole, fraction;
    unsigned count = digits_at(q, &whole), behind = digits_at(q + count + 1, &fraction);
    if (count - 1 >= 7 || behind - 1 >= 7 || q[count] != '.') return longer_real(n, end, to, p);
    if ((whole & 0xFF) == 0 && count > 1) return NULL; /* a leading zero */
    q += count + 1 + behind;
    if (q >= end || !number_ends(*q)) return NULL;
    uint64_t digits = digits_number(whole, count) * whole_tens[behind] +
                      digits_number(fraction, behind);
    return append_real(n, to, q, digits, behind, negative);
}

/* High bits of the bytes at p that are not as they should be: digits, where `marks` has a zero byte,
 * else its byte. *v: digit values, 0 at marks. Adding 0x76 to a digit's value or 0x7F to a mark's
 * difference reaches the high bit when it should not be. */
static inline uint64_t digits_and_marks(const char *p, uint64_t marks, uint64_t *v)
{
    uint64_t at_marks = ((marks + EACH_BYTE * 0x7F) & EACH_BYTE * 0x80) >> 7; /* 1 in those bytes */
    *v = get_le64(p) ^ (marks | (EACH_BYTE - at_marks) * '0');
    return ((*v + EACH_BYTE * 0x76 + at_marks * 9) | *v) & EACH_BYTE * 0x80;
}

/* Byte i: the number of the digits i and i + 1. */
static inline uint64_t digit_pairs(uint64_t v)
{
    return v * 10 + (v >> 8);
}

/* Behind ".123" of at most six digits, as microseconds; NULL: not that. */
static inline const char *direct_fraction(const char *p, int64_t *us)
{
    static const int32_t scale[7] = {0, 100000, 10000, 1000, 100, 10, 1};
    uint64_t values;
    unsigned count = digits_at(p + 1, &values);
    if (count == 0 || count > 6) return NULL;
    *us = (int64_t)digits_number(values, count) * scale[count];
    return p + 1 + count;
}

static INLINE const char *direct_timestamp(struct calendar *calendar, const char *end,
                                           struct builder *to, const char *p)
{
    enum { SIZE = 19 }; /* yyyy-mm-dd hh:mm:ss */
    const uint64_t dashes = (uint64_t)'-' << 32 | (uint64_t)'-' << 56;
    const uint64_t colons = (uint64_t)':' << 16 | (uint64_t)':' << 40;
    uint64_t date, time;
    if (*p != '"' || end - p < SIZE + 2) return NULL;
    p++;
    uint64_t other = digits_and_marks(p, dashes, &date);
    other |= digits_and_marks(p + 11, colons, &time);
    unsigned tens = (uint8_t)p[8] - '0', ones = (uint8_t)p[9] - '0';
    if (other || tens > 9 || ones > 9 || (p[10] != ' ' && p[10] != 'T')) return NULL;
    date = digit_pairs(date);
    time = digit_pairs(time);
    unsigned year = (unsigned)(date & 0xFF) * 100 + (unsigned)(date >> 16 & 0xFF);
    unsigned hour = time & 0xFF, minute = time >> 24 & 0xFF, second = time >> 48 & 0xFF;
    unsigned month = date >> 40 & 0xF, day = tens * 10 + ones;
    int64_t us = 0;
    if (hour > 23 || minute > 59 || second > 59 || (date >> 40 & 0xFF) > 12) return NULL;
    if (__builtin_expect(calendar->year != year, 0)) calendar_set(calendar, year);
    if (day - 1 >= calendar->length[month]) return NULL;
    p += SIZE;
    if (*p == '.' && !(p = direct_fraction(p, &us))) return NULL;
    if (*p == 'Z') p++;
    if (p >= end || *p != '"') return NULL;
    int64_t days = calendar->before[month] + (int64_t)day;
    builder_int(to, us + US_PER_SECOND * (days * 86400 + hour * 3600 + minute * 60 + second));
    return p + 1;
}

/* The plain values. */
static INLINE const char *direct_value(struct walk *w, const struct walk_node *n,
                                       struct builder *to, const char *p)
{
    const char *const end = w->scanner.end;
    switch (n->direct) {
    case DIRECT_INTEGER: return direct_integer(n, end, to, p);
    case DIRECT_TEXT: return direct_text(end, to, p);
    case DIRECT_TIMESTAMP: return direct_timestamp(&w->calendar, end, to, p);
    case DIRECT_REAL: return direct_real(n, end, to, p);
    default: return NULL;
    }
}

static const char *direct_array(struct walk *, struct walk_node *, struct builder *, const char *p);

/* Over a value that no field takes. */
static const char *direct_skip(struct walk *w, const char *p)
{
    const char *end = w->scanner.end;
    if (*p == '"' && p < end) {
        const char *stop = text_end(p + 1, end);
        if (stop < end && *stop == '"') return stop + 1;
    }
    return scan_skip_value(&w->scanner, p);
}

/* Any other value, blanks in front of it included. */
static __attribute__((noinline)) const char *other_value(struct walk *w, struct walk_node *n,
                                                         struct builder *to, const char *p)
{
    const char *end = w->scanner.end;
    if (p > end) p = end;
    p = scan_blanks(p, end);
    char c = p < end ? *p : '\0';
    if (n->direct == DIRECT_SKIP) return direct_skip(w, p);
    if (n->direct == DIRECT_ARRAY && c == '[') return direct_array(w, n, to, p);
    if (n->direct != DIRECT_STRUCT || c != '{') return walk_value(w, n, to, p);
    builder_struct(to);
    return direct_fields(w, n, to->children, p);
}

static const char *direct_array(struct walk *w, struct walk_node *n, struct builder *to,
                                const char *p)
{
    struct json_scanner *s = &w->scanner;
    struct walk_node *element = &n->children[0];
    if (!(p = scan_open(s, p, false))) return NULL;
    p = scan_blanks(p, s->end);
    bool more = p == s->end || *p != ']';
    while (more) {
        if (!walk_count_cells(w, element, p)) return NULL;
        const char *after = direct_value(w, element, &to->children[0], p);
        p = after ? after : other_value(w, element, &to->children[0], p);
        if (!p || !(p = walk_comma(w, p, ']', &more))) return NULL;
    }
    s->depth--;
    builder_list_end(to);
    return p + 1;
}

/* ---- objects ---- */

/* Where a walk over an object's keys stands. */
struct place {
    struct step step;
    int found; /* keys of fields so far */
    int count; /* keys so far, those of them in `order` that fit */
};

/* As many keys as stand in the order of the object before; each is another, so none is there twice.
 */
static inline const char *walk_ordered(struct walk *w, struct walk_node *n, struct builder *fields,
                                       const char *p, int *keys)
{
    struct key *const *begin = n->keys.order, *const *const end = begin + n->keys.order_count;
    struct key *const *order = begin;
    bool top = w->scanner.depth == 1;
    for (int first = 1; order < end; order++, first = 0) {
        struct key *key = *order;
        int32_t size = key->lead_size[first];
        if (!lead_equal(p, key->lead, size)) break;
        struct builder *to = (struct builder *)(void *)((char *)fields + key->at);
        const char *after = direct_value(w, key->node, to, p + size);
        if (__builtin_expect(!after, 0)) {
            if (top) w->column = key->field;
            after = other_value(w, key->node, to, p + size);
            if (!after) return NULL;
        }
        p = after;
    }
    *keys = (int)(order - begin);
    return p;
}

/* Takes the keys of the order's beginning as read. */
static void order_taken(struct walk_node *n, struct place *place, int keys)
{
    *place = (struct place){.step = {.first = keys == 0, .previous = n->keys.list}, .count = keys};
    if (keys) place->step.previous = n->keys.order[keys - 1];
    for (int i = 0; i < keys; i++) {
        int field = n->keys.order[i]->field;
        if (field == KEY_UNMAPPED) continue;
        n->seen[field] = n->object;
        place->found++;
    }
}

/* One key and its value, by whatever steps it takes; *more is false at the closing brace. */
static const char *walk_one(struct walk *w, struct walk_node *n, struct builder *fields,
                            struct place *place, const char *p, bool *more)
{
    bool top = w->scanner.depth == 1;
    p = walk_to_value(w, n, &place->step, p, more);
    if (!p || !*more) return p;
    struct key *key = place->step.key;
    if (place->count < KEYS_ORDER_MAX) n->keys.order[place->count] = key;
    place->count += key ? 1 : KEYS_ORDER_MAX + 1; /* not remembered: no order */
    int field = key ? key->field : KEY_UNMAPPED;
    if (top) w->column = field;
    if (field == KEY_UNMAPPED) return direct_skip(w, p);
    if (n->seen[field] == n->object) return scan_fail(&w->scanner, DECODE_DUPLICATE_KEY, p);
    n->seen[field] = n->object;
    place->found++;
    const char *after = direct_value(w, key->node, &fields[field], p);
    return after ? after : other_value(w, key->node, &fields[field], p);
}

/* Each lead of the order is known to stand where it does: in front of all others or behind one. */
static void order_learn(struct keys *keys, const struct place *place)
{
    if (place->count > KEYS_ORDER_MAX) return;
    for (int i = 0; i < place->count; i++)
        if (keys->order[i]->lead_size[i == 0] == LEAD_NONE) return;
    keys->order_count = place->count;
    keys->order_fields = place->found;
}

static const char *direct_fields(struct walk *w, struct walk_node *n, struct builder *fields,
                                 const char *p)
{
    struct json_scanner *s = &w->scanner;
    struct keys *keys = &n->keys;
    struct place place;
    int ordered;
    bool more = true;
    if (!(p = scan_open(s, p, true))) return NULL;
    if (!(p = walk_ordered(w, n, fields, p, &ordered))) return NULL;
    if (ordered == keys->order_count && keys->order_fields == n->child_count && p < s->end &&
        *p == '}') {
        s->depth--;
        return p + 1;
    }
    walk_object_begin(n);
    order_taken(n, &place, ordered);
    keys->order_count = keys->order_fields = 0; /* until this object has been walked to its end */
    while (more)
        if (!(p = walk_one(w, n, fields, &place, p, &more))) return NULL;
    s->depth--;
    order_learn(keys, &place);
    if (place.found < n->child_count) walk_fill_missing(n, fields);
    return p + 1;
}
