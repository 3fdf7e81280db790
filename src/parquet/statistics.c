/* Values -> least and greatest, in physical encoding (parquet.thrift, Statistics and ColumnOrder:
 * signed numbers, unsigned bytes). NaN among the values: no bounds, since readers disagree on its
 * order. A zero bound is -0.0 below and +0.0 above, so that either zero is inside. Long byte strings
 * are cut: the least to a prefix, the greatest to a prefix raised by one. */
#include "parquet/internal.h"

bool leaf_has_bounds(const struct leaf *leaf)
{
    return leaf->physical != PHYSICAL_INT96; /* its order is undefined */
}

static struct bounds bounds_make(const void *min, const void *max, uint8_t size)
{
    struct bounds b = {.state = BOUNDS_KNOWN, .min_size = size, .max_size = size};
    memcpy(b.min, min, size);
    memcpy(b.max, max, size);
    return b;
}

#define MIN_MAX(type)                                                                              \
    const type *restrict v = values;                                                               \
    type min = v[0], max = v[0];                                                                   \
    for (int64_t i = 1; i < count; i++) {                                                          \
        min = v[i] < min ? v[i] : min;                                                             \
        max = v[i] > max ? v[i] : max;                                                             \
    }

VECTORIZED static struct bounds bounds_of_8(const void *values, int64_t count)
{
    MIN_MAX(uint8_t)
    return bounds_make(&min, &max, sizeof min);
}

VECTORIZED static struct bounds bounds_of_32(const void *values, int64_t count)
{
    MIN_MAX(int32_t)
    return bounds_make(&min, &max, sizeof min);
}

VECTORIZED static struct bounds bounds_of_64(const void *values, int64_t count)
{
    MIN_MAX(int64_t)
    return bounds_make(&min, &max, sizeof min);
}

static struct bounds bounds_of_decimal(const void *values, int64_t count, int size)
{
    MIN_MAX(__int128)
    uint8_t least[16], most[16];
    decimal_encode(least, size, &min, 1);
    decimal_encode(most, size, &max, 1);
    return bounds_make(least, most, (uint8_t)size);
}

/* By the floats' bits as integers: those of negative ones turned around, they order as the floats do,
 * zeros by their signs. Above infinity's are NaNs. */
#define FLOAT_MIN_MAX(word, greatest, infinity)                                                    \
    const word *restrict v = values;                                                               \
    word min = (greatest), max = -(greatest)-1, size = 0, zero = 0, minus_zero = -(greatest)-1;    \
    for (int64_t i = 0; i < count; i++) {                                                          \
        word magnitude = v[i] & (greatest), order = v[i] < 0 ? v[i] ^ (greatest) : v[i];           \
        size = magnitude > size ? magnitude : size;                                                \
        min = order < min ? order : min;                                                           \
        max = order > max ? order : max;                                                           \
    }                                                                                              \
    if (size > (infinity)) return (struct bounds){.state = BOUNDS_UNKNOWN};                        \
    min = min < 0 ? min ^ (greatest) : min;                                                        \
    max = max < 0 ? max ^ (greatest) : max;                                                        \
    return bounds_make(min == zero ? &minus_zero : &min, max == minus_zero ? &zero : &max,         \
                       sizeof min)

VECTORIZED static struct bounds bounds_of_float(const void *values, int64_t count)
{
    FLOAT_MIN_MAX(int32_t, INT32_MAX, INT32_C(0x7F800000));
}

VECTORIZED static struct bounds bounds_of_double(const void *values, int64_t count)
{
    FLOAT_MIN_MAX(int64_t, INT64_MAX, INT64_C(0x7FF0000000000000));
}

struct bounds bounds_of(const struct leaf *leaf, const void *values, int64_t count)
{
    if (!leaf_has_bounds(leaf)) return (struct bounds){.state = BOUNDS_UNKNOWN};
    if (count == 0) return (struct bounds){.state = BOUNDS_EMPTY};
    switch (leaf->physical) {
    case PHYSICAL_BOOLEAN: return bounds_of_8(values, count);
    case PHYSICAL_INT32: return bounds_of_32(values, count);
    case PHYSICAL_FLOAT: return bounds_of_float(values, count);
    case PHYSICAL_DOUBLE: return bounds_of_double(values, count);
    case PHYSICAL_FIXED: return bounds_of_decimal(values, count, leaf->type_length);
    default: return bounds_of_64(values, count);
    }
}

bool bounds_integers(const struct leaf *leaf, const struct bounds *b, int64_t *min, int64_t *max)
{
    bool narrow = leaf->physical == PHYSICAL_INT32, wide = leaf->physical == PHYSICAL_INT64;
    if (b->state != BOUNDS_KNOWN || (!narrow && !wide)) return false;
    *min = narrow ? (int32_t)get_le32(b->min) : (int64_t)get_le64(b->min);
    *max = narrow ? (int32_t)get_le32(b->max) : (int64_t)get_le64(b->max);
    return true;
}

/* ---- byte strings ---- */

/* The first eight bytes as a number: orders like the bytes, except that equal means unknown. */
static inline uint64_t prefix_of(const char *data, uint32_t length)
{
    if (length >= 8) return get_be64(data);
    uint64_t v = 0;
    for (uint32_t i = 0; i < length; i++) v |= (uint64_t)(uint8_t)data[i] << (56 - 8 * i);
    return v;
}

static bool is_text(const struct leaf *leaf)
{
    return leaf->type->kind != TYPE_BINARY;
}

/* Bytes of `v` that fit, at a character's end when it is text; 0 when text is not UTF-8. */
static size_t cut(const struct leaf *leaf, span v)
{
    span head = {v.data, STATISTIC_MAX};
    return is_text(leaf) ? utf8_valid_prefix(head) : head.size;
}

/* Raises the last byte that can be raised and drops what follows; 0: none can. */
static size_t raise_bytes(uint8_t *v, size_t size)
{
    while (size && v[size - 1] == 0xFF) size--;
    if (size) v[size - 1]++;
    return size;
}

static uint32_t character_at(const uint8_t *v, size_t size)
{
    uint32_t c = size == 1 ? v[0] : size == 2 ? v[0] & 0x1F : size == 3 ? v[0] & 0x0F : v[0] & 7;
    for (size_t i = 1; i < size; i++) c = c << 6 | (v[i] & 0x3F);
    return c;
}

/* The same by characters, so that the bound stays UTF-8 (which orders as its code points do). */
static size_t raise_text(uint8_t *v, size_t size)
{
    while (size) {
        size_t start = size - 1;
        while ((v[start] & 0xC0) == 0x80) start--;
        uint32_t c = character_at(v + start, size - start) + 1;
        if (c == 0xD800) c = 0xE000;
        char raised[4];
        size_t n = c <= 0x10FFFF ? utf8_encode(raised, c) : STATISTIC_MAX + 1;
        size = start;
        if (start + n > STATISTIC_MAX) continue;
        memcpy(v + start, raised, n);
        return start + n;
    }
    return 0;
}

static struct bounds bounds_of_spans(const struct leaf *leaf, span min, span max)
{
    struct bounds b = {.state = BOUNDS_KNOWN};
    b.min_cut = min.size > STATISTIC_MAX;
    b.max_cut = max.size > STATISTIC_MAX;
    b.min_size = (uint8_t)(b.min_cut ? cut(leaf, min) : min.size);
    b.max_size = (uint8_t)(b.max_cut ? cut(leaf, max) : max.size);
    memcpy(b.min, min.data, b.min_size);
    memcpy(b.max, max.data, b.max_size);
    if (b.max_cut) {
        size_t n = is_text(leaf) ? raise_text(b.max, b.max_size) : raise_bytes(b.max, b.max_size);
        b.max_size = (uint8_t)n;
        if (n == 0) b.state = BOUNDS_UNKNOWN;
    }
    return b;
}

struct bounds bounds_of_bytes(const struct leaf *leaf, const uint32_t *lengths, int64_t count,
                              const char *data)
{
    if (count == 0) return (struct bounds){.state = BOUNDS_EMPTY};
    span min = {data, lengths[0]}, max = min;
    uint64_t least = prefix_of(data, lengths[0]), most = least;
    for (int64_t i = 0; i < count; data += lengths[i++]) {
        span v = {data, lengths[i]};
        uint64_t prefix = prefix_of(data, lengths[i]);
        if (__builtin_expect(prefix <= least, 0) &&
            (prefix < least || span_compare(v, min) < 0)) {
            min = v;
            least = prefix;
        }
        if (__builtin_expect(prefix >= most, 0) && (prefix > most || span_compare(v, max) > 0)) {
            max = v;
            most = prefix;
        }
    }
    return bounds_of_spans(leaf, min, max);
}

/* ---- order ---- */

#define COMPARE(type)                                                                              \
    type x, y;                                                                                     \
    memcpy(&x, a, sizeof x);                                                                       \
    memcpy(&y, b, sizeof y);                                                                       \
    return (x > y) - (x < y)

static int compare_32(const uint8_t *a, const uint8_t *b)
{
    COMPARE(int32_t);
}

static int compare_64(const uint8_t *a, const uint8_t *b)
{
    COMPARE(int64_t);
}

static int compare_float(const uint8_t *a, const uint8_t *b)
{
    COMPARE(float);
}

static int compare_double(const uint8_t *a, const uint8_t *b)
{
    COMPARE(double);
}

int bound_compare(const struct leaf *leaf, const uint8_t *a, size_t a_size, const uint8_t *b,
                  size_t b_size)
{
    span x = {(const char *)a, a_size}, y = {(const char *)b, b_size};
    switch (leaf->physical) {
    case PHYSICAL_INT32: return compare_32(a, b);
    case PHYSICAL_INT64: return compare_64(a, b);
    case PHYSICAL_FLOAT: return compare_float(a, b);
    case PHYSICAL_DOUBLE: return compare_double(a, b);
    case PHYSICAL_FIXED: /* the sign is in the first byte */
        if (a[0] != b[0]) return (int8_t)a[0] < (int8_t)b[0] ? -1 : 1;
        return span_compare(x, y);
    default: return span_compare(x, y);
    }
}

void bounds_merge(const struct leaf *leaf, struct bounds *into, const struct bounds *more)
{
    if (more->state == BOUNDS_EMPTY || into->state == BOUNDS_UNKNOWN) return;
    if (into->state == BOUNDS_EMPTY || more->state == BOUNDS_UNKNOWN) {
        *into = *more;
        return;
    }
    if (bound_compare(leaf, more->min, more->min_size, into->min, into->min_size) < 0) {
        memcpy(into->min, more->min, more->min_size);
        into->min_size = more->min_size;
        into->min_cut = more->min_cut;
    }
    if (bound_compare(leaf, more->max, more->max_size, into->max, into->max_size) > 0) {
        memcpy(into->max, more->max, more->max_size);
        into->max_size = more->max_size;
        into->max_cut = more->max_cut;
    }
}
