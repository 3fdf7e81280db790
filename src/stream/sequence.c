/* Sequence numbers: 192-bit integers as decimal text, and the layout the local log gives them.
 *
 * 47 hexadecimal digits, most significant first (as observed of the service; nothing outside the
 * local log may look inside, remote numbers are opaque):
 *
 *   digits  1          9            1             16       2       9          8            1
 *   field   2 | shard created, s | nibble | record index | 00 | record, s | shard ordinal | 2
 *   bits  187..184   183..148     147..144    143..80    79..72  71..36       35..4       3..0
 *
 * `nibble` is the low digit of the ordinal. The index stands above the time, so numbers of a shard
 * grow with every record whatever the clock does. */
#include "stream/shard.h"

enum { TOP = 2, VERSION = 2, TIME_BITS = 36 };
#define GROUP_UNIT UINT64_C(1000000000000000000) /* 10^18 */
#define TIME_MASK ((UINT64_C(1) << TIME_BITS) - 1)

struct sequence sequence_make(struct sequence_parts p)
{
    uint64_t created = p.created_s & TIME_MASK, time = p.time_s & TIME_MASK;
    return (struct sequence){
        .high =
            (uint64_t)TOP << 56 | created << 20 | (uint64_t)(p.ordinal & 15) << 16 | p.index >> 48,
        .middle = p.index << 16 | time >> 28,
        .low = time << 36 | (uint64_t)p.ordinal << 4 | VERSION,
    };
}

bool sequence_split(struct sequence s, struct sequence_parts *out)
{
    struct sequence_parts p = {
        .created_s = s.high >> 20 & TIME_MASK,
        .index = s.high << 48 | s.middle >> 16,
        .time_s = (s.middle & 0xff) << 28 | s.low >> 36,
        .ordinal = (uint32_t)(s.low >> 4),
    };
    *out = p;
    return sequence_compare(sequence_make(p), s) == 0;
}

/* value = value * unit + more; false on overflow. */
static bool push(struct sequence *s, uint64_t unit, uint64_t more)
{
    unsigned __int128 t = (unsigned __int128)s->low * unit + more;
    s->low = (uint64_t)t;
    t = (unsigned __int128)s->middle * unit + (uint64_t)(t >> 64);
    s->middle = (uint64_t)t;
    t = (unsigned __int128)s->high * unit + (uint64_t)(t >> 64);
    s->high = (uint64_t)t;
    return t >> 64 == 0;
}

/* Eighteen digits at a time. */
static bool parse_digits(span decimal, struct sequence *s)
{
    for (size_t i = 0; i < decimal.size;) {
        uint64_t unit = 1, group = 0;
        for (; i < decimal.size && unit < GROUP_UNIT; i++, unit *= 10) {
            unsigned digit = (unsigned)(unsigned char)decimal.data[i] - '0';
            if (digit > 9) return false;
            group = group * 10 + digit;
        }
        if (!push(s, unit, group)) return false;
    }
    return true;
}

error sequence_parse(span decimal, struct sequence *out)
{
    struct sequence s = {0};
    bool good = decimal.size > 0 && (decimal.size == 1 || decimal.data[0] != '0');
    if (!good || !parse_digits(decimal, &s))
        return fail(ERR_INVALID_ARGUMENT, "Sequence number %.*s is invalid.",
                    (int)(decimal.size > 129 ? 129 : decimal.size), decimal.data);
    *out = s;
    return OK;
}

/* Divides by 10^9, returns the remainder: the lowest nine digits. Limbs from the top; those above
 * `top` are zero already. */
static uint32_t pop_digits(uint32_t limbs[6], int *top)
{
    uint64_t rest = 0;
    for (int i = *top; i < 6; i++) {
        rest = rest << 32 | limbs[i];
        limbs[i] = (uint32_t)(rest / 1000000000);
        rest %= 1000000000;
    }
    while (*top < 6 && limbs[*top] == 0) ++*top;
    return (uint32_t)rest;
}

void sequence_print(char out[SEQUENCE_TEXT_MAX], struct sequence s)
{
    uint32_t limbs[6] = {(uint32_t)(s.high >> 32),   (uint32_t)s.high,
                         (uint32_t)(s.middle >> 32), (uint32_t)s.middle,
                         (uint32_t)(s.low >> 32),    (uint32_t)s.low};
    char digits[7 * 9]; /* 2^192 has 58 */
    char *end = digits + sizeof digits, *p = end;
    for (int top = 0; top < 6;) {
        uint32_t group = pop_digits(limbs, &top);
        for (int i = 0; i < 9; i++, group /= 10) *--p = (char)('0' + group % 10);
    }
    while (p < end - 1 && *p == '0') p++;
    memcpy(out, p, (size_t)(end - p));
    out[end - p] = '\0';
}
