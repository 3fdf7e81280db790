/* Every walk over a record gives the same rows, reasons and offsets as the general one: plain values
 * and odd ones, keys in any order, records cut short while their text goes on behind them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include "decode/decode.h"

#include <cmocka.h>

enum { RECORDS = 400, ROUNDS = 60 };

static const char *const fields[] = {
    "a:int,b:timestamp,c:string,d:double,e:float,f:bigint,g:tinyint",
    "c:string,g:smallint,d:struct<a:int,b:array<bigint>,c:struct<d:double,e:timestamp>>,"
    "f:array<struct<a:string,b:float>>,k:map<string,int>",
    "b:date,a:boolean,c:varchar(3),d:decimal(12,3),e:binary,f:char(2)",
};

static uint32_t seed = 1;

static unsigned random_below(unsigned n)
{
    seed = seed * 1664525 + 1013904223;
    return (unsigned)(((uint64_t)seed * n) >> 32);
}

static const char *pick(const char *const *texts, unsigned count)
{
    return texts[random_below(count)];
}
#define PICK(texts) pick(texts, sizeof texts / sizeof *texts)

static void value(struct buffer *out, int depth)
{
    static const char *const plain[] = {
        "0", "7", "-1", "42", "127", "128", "65536", "2147483647", "2147483648", "-2147483648",
        "12345678", "123456789", "1234567890123456", "12345678901234567", "9223372036854775807",
        "9223372036854775808", "0.5", "-12.25", "3.14159", "0.1", "16777217.0", "123456789.123456",
        "1234567890.12345678", "-0", "-0.0", "0.0", "1e5", "1E400", "0.000001", "99999999.9999999",
        "\"\"", "\"x\"", "\"853b5596-4736-4cea-92f8-9756082a4514\"", "\"2023-01-23 11:53:23\"",
        "\"2024-02-29T23:59:59Z\"", "\"2023-02-29 00:00:00\"", "\"2023-01-23 11:53:23.123\"",
        "\"2023-01-23T11:53:23.123456Z\"", "\"2023-01-23 11:53:23.1234567\"", "\"0001-01-01 00:00:00\"",
        "\"0000-01-01 00:00:00\"", "\"2023-01-23 24:00:00\"", "\"2023-1-23 1:02:03\"",
        "\"2023-01-23 11:53:23+02:00\"", "\"2023-13-01 00:00:00\"", "\"2023-01-23\"", "\"NaN\"",
        "true", "false", "null", "\"29\"", "\"aGVsbG8=\"", "\"\\n\"", "\"a\\u00e9\"", "\"\xC3\xA9t\xC3\xA9\"",
        "\"sixty-four bytes and more of plain text, so that every stride has its end inside it.\"",
    };
    static const char *const odd[] = {
        "", "-", "01", "1.", ".5", "1e", "\"", "\"\t\"", "\"\xFF\"", "tru", "nul", "}", "\"\\x\"", "+1",
        "1x", "[", "{", "00", "-01", "1.5.5", "\"2023-01-23 11:53:23", "0x10", "1 2",
    };
    unsigned choice = random_below(40);
    if (choice == 0) buffer_append_text(out, PICK(odd));
    else if (choice < 34 || depth > 3) buffer_append_text(out, PICK(plain));
    else {
        bool object = choice < 37;
        buffer_append_byte(out, object ? '{' : '[');
        for (unsigned i = 0, count = random_below(4); i < count; i++) {
            if (i) buffer_append_byte(out, ',');
            if (object) buffer_printf(out, "\"%c\":", 'a' + (char)random_below(6));
            value(out, depth + 1);
        }
        buffer_append_byte(out, object ? '}' : ']');
    }
}

/* One shape for many records, so that walks learn it; sometimes another. */
static void record(struct buffer *out, unsigned shape)
{
    static const char *const commas[] = {",", ", ", " ,\n  "}, *const colons[] = {":", ": ", " :\t"};
    const char *comma = commas[shape % 3], *colon = colons[shape / 3 % 3];
    if (random_below(16) == 0) shape = random_below(1000);
    buffer_append_byte(out, '{');
    if (shape % 7 == 0) buffer_append_byte(out, ' ');
    for (unsigned i = 0; i < 7; i++) {
        if (random_below(24) == 0) continue; /* missing */
        if (i) buffer_append_text(out, random_below(60) ? comma : "");
        buffer_printf(out, "\"%c\"%s", 'a' + (char)((i * (1 + shape % 3) + shape) % 11), colon);
        value(out, 0);
    }
    buffer_append_text(out, random_below(60) ? "}" : "");
}

static void print_result(struct buffer *out, const struct decoded *decoded, int columns)
{
    buffer_reset(out);
    for (int64_t i = 0; i < decoded->batch->rows; i++) {
        batch_print_row(out, decoded->batch, i);
        buffer_append_byte(out, '\n');
    }
    for (size_t i = 0; i < decoded->fault_count; i++)
        buffer_printf(out, "%u %d %u %d\n", decoded->faults[i].record,
                      (int)decoded->faults[i].reason, decoded->faults[i].offset,
                      decoded->faults[i].column);
    for (int i = 0; i < columns; i++)
        buffer_printf(out, "%lld ", (long long)decoded->bad_values[i]);
}

static void decode(const char *walk, const struct schema *schema, enum decode_policy policy,
                   bool strict, const span *records, size_t count, struct buffer *out)
{
    struct arena arena = {0};
    struct decoder *decoder;
    struct decoded decoded;
    const struct decode_options options = {.policy = policy, .strict = strict, .walk = walk};
    assert_int_equal(decoder_open(&decoder, schema, &options), OK);
    assert_int_equal(decoder_run(decoder, records, count, &arena, &decoded), OK);
    print_result(out, &decoded, schema->field_count);
    decoder_close(decoder);
    arena_release(&arena);
}

static void expect_all_alike(const struct schema *schema, const span *records, size_t count)
{
    struct buffer wanted = {0}, got = {0};
    for (int choice = 0; choice < 6; choice++) {
        enum decode_policy policy = (enum decode_policy)(choice / 2);
        decode("general", schema, policy, choice % 2, records, count, &wanted);
        for (const char *const *walk = decode_walks(); *walk; walk++) {
            decode(*walk, schema, policy, choice % 2, records, count, &got);
            if (!span_equal(buffer_span(&wanted), buffer_span(&got))) {
                size_t at = 0;
                while (at < got.size && at < wanted.size && got.data[at] == wanted.data[at]) at++;
                fail_msg("%s differs under policy %d at byte %zu: %.*s, wanted %.*s", *walk,
                         (int)policy, at, (int)(got.size - at < 200 ? got.size - at : 200),
                         got.data + at, (int)(wanted.size - at < 200 ? wanted.size - at : 200),
                         wanted.data + at);
            }
        }
    }
    buffer_release(&wanted);
    buffer_release(&got);
}

static const struct schema *schema_of(struct arena *arena, const char *text)
{
    const struct type *type;
    struct schema *schema = ARENA_NEW(arena, struct schema);
    assert_int_equal(type_parse(arena, span_of(arena_printf(arena, "struct<%s>", text)), &type), OK);
    *schema = (struct schema){type->child_count, type->children};
    return schema;
}

/* Each goes on in memory with the next; one in `rare` is cut short. */
static void cut_records(const struct buffer *text, size_t starts[RECORDS + 1], span records[RECORDS],
                        unsigned rare)
{
    starts[RECORDS] = text->size;
    for (int i = 0; i < RECORDS; i++) {
        size_t size = starts[i + 1] - starts[i];
        if (random_below(rare) == 0) size = random_below((unsigned)size + 1);
        records[i] = (span){text->data + starts[i], size};
    }
}

static void random_records(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct arena arena = {0};
        struct buffer text = {0};
        size_t starts[RECORDS + 1];
        span records[RECORDS];
        unsigned shape = random_below(1000);
        for (int i = 0; i < RECORDS; i++) {
            starts[i] = text.size;
            record(&text, shape);
        }
        cut_records(&text, starts, records, 8);
        expect_all_alike(schema_of(&arena, fields[round % 3]), records, RECORDS);
        arena_release(&arena);
        buffer_release(&text);
    }
}

/* What a producer writes under each key, and once in `rare` values something else. */
static void usual_value(struct buffer *out, char key, unsigned rare)
{
    static const char *const texts[] = {
        "\"Vyaire\"", "\"\"", "\"853b5596-4736-4cea-92f8-9756082a4514\"",
        "\"more than thirty-two bytes of plain text\"", "\"\xC3\xA9t\xC3\xA9\"",
        "\"a \\\"quote\\\"\"",
    };
    if (random_below(rare) == 0) {
        value(out, 3);
    } else if (key == 'b' || key == 'e') {
        unsigned month = random_below(24) ? 1 + random_below(12) : random_below(15);
        unsigned day = 1 + random_below(random_below(9) ? 28 : 32);
        const char *end = random_below(64) ? "" : random_below(2) ? "Z" : ".25";
        buffer_printf(out, "\"%04u-%02u-%02u%s%02u:%02u:%02u%s\"", 1899 + random_below(200), month,
                      day, random_below(4) ? " " : "T", random_below(24), random_below(60),
                      random_below(60), end);
    } else if (key == 'c' || key == 'h') {
        buffer_append_text(out, texts[random_below(random_below(16) ? 4 : 6)]);
    } else if (key == 'd') {
        buffer_printf(out, "%s%u.%u", random_below(4) ? "" : "-", random_below(10000),
                      random_below(1000));
    } else {
        unsigned more = random_below(8);
        buffer_printf(out, "%u", random_below(more ? 128 : 1u << 31));
    }
}

/* Keys in one order, some of them nested, with the same bytes between all values. */
static void usual_record(struct buffer *out, unsigned shape, unsigned rare)
{
    const char *comma = shape % 2 ? ", " : ",", *colon = shape % 3 ? ": " : ":";
    buffer_append_byte(out, '{');
    for (unsigned i = 0; i < 8; i++) {
        char key = (char)('a' + (i * 3 + shape) % 8);
        buffer_printf(out, "%s\"%c\"%s", i ? comma : "", key, colon);
        if (shape % 5 == 0 && key == 'd') {
            buffer_printf(out, "{\"a\"%s", colon);
            usual_value(out, 'a', rare);
            buffer_printf(out, "%s\"c\"%s{\"e\"%s", comma, colon, colon);
            usual_value(out, 'e', rare);
            buffer_append_text(out, "}}");
        } else {
            usual_value(out, key, rare);
        }
    }
    buffer_append_text(out, shape % 4 == 1 ? "}\n" : "}");
}

/* Blocks of records that have one template, with few that have not, or many. */
static void records_alike(void **state)
{
    (void)state;
    static const unsigned rarity[] = {UINT32_MAX, 2000, 200, 20};
    for (int round = 0; round < ROUNDS; round++) {
        struct arena arena = {0};
        struct buffer text = {0};
        size_t starts[RECORDS + 1];
        span records[RECORDS];
        unsigned shape = random_below(30);
        for (int i = 0; i < RECORDS; i++) {
            if (random_below(200) == 0) shape = random_below(30);
            starts[i] = text.size;
            usual_record(&text, shape, rarity[round % 4]);
        }
        cut_records(&text, starts, records, 256);
        expect_all_alike(schema_of(&arena, fields[round % 3]), records, RECORDS);
        arena_release(&arena);
        buffer_release(&text);
    }
}

/* Every cut of a record whose shape is known, where memory goes on with the rest of it. */
static void every_cut(void **state)
{
    (void)state;
    static const char text[] =
        "{\"a\": 123456789, \"b\": \"2023-01-23 11:53:23.250\", \"c\": \"plain text \\u00e9\", \"d\": "
        "-1234.5678, \"e\": 12.5, \"f\": [1, 22, 333], \"g\": {\"h\": 1}, \"i\": \"skipped\"}";
    struct arena arena = {0};
    span records[2 * sizeof text];
    size_t count = 0;
    for (size_t cut = 0; cut < sizeof text; cut++) {
        records[count++] = (span){text, sizeof text - 1};
        records[count++] = (span){text, cut};
    }
    expect_all_alike(
        schema_of(&arena,
                  "a:int,b:timestamp,c:string,d:double,e:float,f:array<int>,g:struct<h:int>"),
        records, count);
    arena_release(&arena);
}

static void the_portable_one_is_everywhere(void **state)
{
    (void)state;
    int known = 0;
    for (const char *const *walk = decode_walks(); *walk; walk++)
        known += strcmp(*walk, "portable") == 0 || strcmp(*walk, "general") == 0;
    assert_int_equal(known, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_records),
        cmocka_unit_test(records_alike),
        cmocka_unit_test(every_cut),
        cmocka_unit_test(the_portable_one_is_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
