/* A record:
 *
 *   {"ventilatorid": 29, "eventtime": "2023-09-07 16:02:17", "serialnumber": "<random UUID>",
 *    "pressurecontrol": 26, "o2stats": 91, "minutevolume": 5, "manufacturer": "GE"}
 *
 * ventilatorid 1..50, eventtime any second of 2023 (UTC), pressurecontrol 3..40, o2stats 90..100,
 * minutevolume 2..10. Randomness is counted, not stepped: value k of record i is a hash of seed, i
 * and k, so records can be made in any order and by any number of producers. */
#include "cli/ventilator.h"

static const char *const manufacturers[] = {"3M", "GE", "Vyaire", "Getinge"};

/* SplitMix64's output function: a bijection of 64 bits with good avalanche. */
static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

struct draws {
    uint64_t base, count;
};

static uint64_t draw(struct draws *draws)
{
    return mix(draws->base + draws->count++ * 0xd1342543de82ef95u);
}

/* first..last, by scaling 32 bits: uniform to one part in 2^26 or better */
static int draw_between(struct draws *draws, int first, int last)
{
    uint64_t range = (uint64_t)(last - first) + 1;
    return first + (int)((draw(draws) >> 32) * range >> 32);
}

/* Version 4, variant 1 (RFC 9562). */
static void append_uuid(struct buffer *out, struct draws *draws)
{
    uint64_t high = (draw(draws) & ~0xf000ull) | 0x4000;
    uint64_t low = (draw(draws) >> 2) | 0x8000000000000000u;
    buffer_printf(out, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(high >> 32),
                  (unsigned)(high >> 16 & 0xffff), (unsigned)(high & 0xffff),
                  (unsigned)(low >> 48), (unsigned long long)(low & 0xffffffffffffu));
}

static int append_record(struct buffer *out, struct draws *draws)
{
    enum { SECONDS_OF_2023 = 365 * 86400 };
    int64_t start = days_from_civil(2023, 1, 1) * US_PER_DAY;
    int id = draw_between(draws, 1, 50);
    struct civil at =
        civil_from_us(start + (int64_t)draw_between(draws, 0, SECONDS_OF_2023 - 1) * US_PER_SECOND);
    buffer_printf(out, "{\"ventilatorid\": %d, \"eventtime\": \"%04d-%02d-%02d %02d:%02d:%02d\", ",
                  id, (int)at.year, at.month, at.day, at.hour, at.minute, at.second);
    buffer_append_text(out, "\"serialnumber\": \"");
    append_uuid(out, draws);
    int pressure = draw_between(draws, 3, 40), o2 = draw_between(draws, 90, 100);
    int volume = draw_between(draws, 2, 10);
    buffer_printf(out,
                  "\", \"pressurecontrol\": %d, \"o2stats\": %d, \"minutevolume\": %d, "
                  "\"manufacturer\": \"%s\"}",
                  pressure, o2, volume, manufacturers[draw_between(draws, 0, 3)]);
    return id;
}

/* Breaks the record that starts at `start` so that no reader of JSON objects may accept it. */
static void break_record(struct buffer *out, size_t start, struct draws *draws)
{
    size_t size = out->size - start;
    switch (draw_between(draws, 0, 4)) {
    case 0: /* cut somewhere inside */
        out->size = start + (size_t)draw_between(draws, 1, (int)size - 1);
        break;
    case 1: /* another document behind it */
        buffer_append_text(out, " {}");
        break;
    case 2: /* not an object */
        out->size = start;
        buffer_append_text(out, "[\"offline\"]");
        break;
    case 3: /* not JSON */
        out->size = start;
        buffer_append_text(out, "ventilator offline");
        break;
    case 4: /* not UTF-8: a lone continuation byte inside the last text */
        out->data[out->size - 3] = (char)0x80;
        break;
    }
}

struct ventilator_record ventilator_record(const struct ventilator_series *series, uint64_t index,
                                           struct buffer *out)
{
    struct draws draws = {.base = mix(mix(series->seed) ^ index)};
    size_t start = out->size;
    double dice = (double)(draw(&draws) >> 11) * 0x1p-53 * 100;
    struct ventilator_record record = {
        .id = append_record(out, &draws),
        .malformed = dice < series->malformed_percent,
    };
    if (record.malformed) break_record(out, start, &draws);
    buffer_append_byte(out, '\n');
    return record;
}
