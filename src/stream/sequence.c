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

/* Eight digits in one word: neighbours are joined to pairs, fours and eight. */
static bool parse_eight(const char *p, uint64_t *out)
{
    uint64_t v = get_le64(p);
    uint64_t low = v & UINT64_C(0x0f0f0f0f0f0f0f0f), high = v & UINT64_C(0xf0f0f0f0f0f0f0f0);
    uint64_t carried = (low + UINT64_C(0x0606060606060606)) & UINT64_C(0xf0f0f0f0f0f0f0f0);
    if (high != UINT64_C(0x3030303030303030) || carried) return false;
    v = low * 10 + (low >> 8);
    v = (v & UINT64_C(0x00ff00ff00ff00ff)) * 100 + (v >> 16 & UINT64_C(0x00ff00ff00ff00ff));
    *out = (v & 0xffff) * 10000 + (v >> 32 & 0xffff);
    return true;
}

/* Sixteen digits at a time, and what is left of them by ones. */
static bool parse_digits(span decimal, struct sequence *s)
{
    size_t i = 0;
    for (; decimal.size - i >= 16; i += 16) {
        uint64_t first, second;
        if (!parse_eight(decimal.data + i, &first) || !parse_eight(decimal.data + i + 8, &second))
            return false;
        if (!push(s, UINT64_C(10000000000000000), first * 100000000 + second)) return false;
    }
    while (i < decimal.size) {
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

/* ---- printing: four groups of sixteen digits, the lowest first ---- */

enum { GROUPS = 4, GROUP_DIGITS = 16, RECENT = 8 };
#define PRINT_UNIT UINT64_C(10000000000000000) /* 10^16 */

struct decimal {
    uint64_t groups[GROUPS];
};

static uint64_t divide(uint64_t limbs[3])
{
    unsigned __int128 rest = 0;
    for (int i = 0; i < 3; i++) {
        rest = rest << 64 | limbs[i];
        limbs[i] = (uint64_t)(rest / PRINT_UNIT);
        rest %= PRINT_UNIT;
    }
    return (uint64_t)rest;
}

static struct decimal decimal_of(struct sequence s)
{
    uint64_t limbs[3] = {s.high, s.middle, s.low};
    struct decimal d;
    for (int i = 0; i < GROUPS; i++) d.groups[i] = divide(limbs);
    return d;
}

/* Plus 2^80: the number of the record behind, when both arrived in the same second. Returns how many
 * groups have changed. */
static int decimal_step(struct decimal *d)
{
    static const uint64_t step[GROUPS] = {UINT64_C(9614629174706176), 120892581};
    uint64_t carry = 0;
    int changed = 0;
    for (int i = 0; i < GROUPS && (step[i] || carry); i++) {
        uint64_t sum = d->groups[i] + step[i] + carry;
        carry = sum >= PRINT_UNIT;
        d->groups[i] = carry ? sum - PRINT_UNIT : sum;
        changed = i + 1;
    }
    return changed;
}

/* Eight digits, two, four and eight lanes at a time. */
static void print_eight(char *out, uint32_t value)
{
    uint64_t v = value / 10000 | (uint64_t)(value % 10000) << 32;
    uint64_t hundreds = v * 10486 >> 20 & UINT64_C(0x0000007f0000007f);
    v = hundreds | (v - hundreds * 100) << 16;
    uint64_t tens = v * 103 >> 10 & UINT64_C(0x000f000f000f000f);
    v = tens | (v - tens * 10) << 8;
    put_le64(out, v + UINT64_C(0x3030303030303030));
}

/* A number printed before, of a shard; no digits: none. */
struct printed {
    struct sequence sequence;
    struct decimal decimal;
    char digits[GROUPS * GROUP_DIGITS];
};

/* Records are printed shard by shard in their order mostly, so a number is seldom divided, and its
 * first half seldom printed. */
static void print_next(struct printed *before, struct sequence s)
{
    struct sequence next = sequence_next(before->sequence);
    int changed = GROUPS;
    if (before->digits[0] && sequence_compare(s, next) == 0 && next.high >= before->sequence.high)
        changed = decimal_step(&before->decimal);
    else before->decimal = decimal_of(s);
    before->sequence = s;
    char *p = before->digits + sizeof before->digits;
    for (int i = 0; i < changed; i++) {
        p -= GROUP_DIGITS;
        print_eight(p, (uint32_t)(before->decimal.groups[i] / 100000000));
        print_eight(p + 8, (uint32_t)(before->decimal.groups[i] % 100000000));
    }
}

size_t sequence_print(char out[SEQUENCE_TEXT_MAX], struct sequence s)
{
    static _Thread_local struct printed recent[RECENT];
    struct printed *slot = &recent[s.low >> 4 & (RECENT - 1)]; /* by the shard's ordinal */
    print_next(slot, s);
    const char *p = slot->digits, *end = p + sizeof slot->digits;
    while (p < end - 1 && *p == '0') p++;
    memcpy(out, p, (size_t)(end - p));
    out[end - p] = '\0';
    return (size_t)(end - p);
}
