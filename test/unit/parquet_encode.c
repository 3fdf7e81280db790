/* Thrift, levels and encodings against bytes derived by hand from the specifications. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include "batch/batch.h"
#include "parquet/internal.h"

#include <cmocka.h>
#include <zstd.h>

#define BYTES(...) ((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})

static void expect(const struct buffer *got, const uint8_t *want, size_t size)
{
    assert_int_equal(got->size, size);
    assert_memory_equal(got->data, want, size);
}

/* ---- Thrift ---- */

static void thrift_writes_compact_fields(void **state)
{
    struct buffer out = {0};
    struct thrift_out t;
    (void)state;
    thrift_open(&t, &out);
    thrift_i32(&t, 1, -1);
    thrift_bool(&t, 3, true);
    thrift_i64(&t, 20, 300);
    thrift_binary(&t, 21, SPAN("ab"));
    thrift_struct_begin(&t, 22);
    thrift_int(&t, 1, THRIFT_BYTE, 16);
    thrift_struct_end(&t);
    thrift_list(&t, 23, THRIFT_I32, 2);
    thrift_item_int(&t, 1);
    thrift_item_int(&t, 64);
    thrift_close(&t);
    expect(&out, BYTES(0x15, 0x01, 0x21, 0x06, 0x28, 0xD8, 0x04, 0x18, 2, 'a', 'b', 0x1C, 0x13, 16,
                       0, 0x19, 0x25, 2, 0x80, 1, 0));
    buffer_release(&out);
}

static void thrift_list_of_fifteen_has_a_long_header(void **state)
{
    struct buffer out = {0};
    struct thrift_out t;
    (void)state;
    thrift_open(&t, &out);
    thrift_list(&t, 1, THRIFT_TRUE, 15);
    expect(&out, BYTES(0x19, 0xF1, 15));
    buffer_release(&out);
}

static struct thrift_in input(const uint8_t *bytes, size_t size)
{
    return (struct thrift_in){.at = bytes, .end = bytes + size};
}

static void thrift_reads_what_it_knows_and_skips_the_rest(void **state)
{
    (void)state;
    struct thrift_in in =
        input(BYTES(0x15, 0x01,                            /* 1: i32 -1 */
                    0x1B, 1, 0x8C, 1, 'k', 0x15, 2, 0,     /* 2: map of a struct */
                    0x1A, 0x21, 1, 2,                      /* 3: set of two booleans */
                    0x17, 1, 2, 3, 4, 5, 6, 7, 8,          /* 4: double */
                    0x18, 2, 'a', 'b', 0));                /* 5: binary */
    int64_t one = 0;
    span five = {0};
    for (struct thrift_field f = {0}; thrift_next(&in, &f);) {
        if (f.id == 1) one = thrift_read_int(&in, f);
        else if (f.id == 5) five = thrift_read_binary(&in, f);
        else thrift_skip(&in, f.type);
    }
    assert_false(in.bad);
    assert_int_equal(one, -1);
    assert_true(span_is(five, "ab"));
    assert_ptr_equal(in.at, in.end);
}

static void thrift_refuses_what_is_cut_or_too_long(void **state)
{
    (void)state;
    static const uint8_t text[] = {0x18, 5, 'a'}, list[] = {0x19, 0xF5, 0xFF, 0xFF, 0xFF, 0x7F, 1};
    static const uint8_t endless[] = {0x15, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                      0xFF, 0xFF, 0xFF, 0xFF, 0x01};
    struct thrift_field f = {0};
    struct thrift_in in = input(text, sizeof text);
    assert_true(thrift_next(&in, &f));
    thrift_read_binary(&in, f);
    assert_true(in.bad);
    in = input(list, sizeof list);
    f = (struct thrift_field){0};
    assert_true(thrift_next(&in, &f));
    assert_int_equal(thrift_read_list(&in, f, THRIFT_I32, 1), 0);
    assert_true(in.bad);
    in = input(endless, sizeof endless);
    f = (struct thrift_field){0};
    assert_true(thrift_next(&in, &f));
    thrift_read_int(&in, f);
    assert_true(in.bad);
}

static void thrift_skip_is_bounded_in_depth(void **state)
{
    (void)state;
    uint8_t deep[10000];
    memset(deep, 0x1C, sizeof deep); /* a struct in a struct in a struct */
    struct thrift_in in = input(deep, sizeof deep);
    thrift_skip(&in, THRIFT_STRUCT);
    assert_true(in.bad);
}

/* ---- hybrid ---- */

static void hybrid(struct buffer *out, const uint16_t *values, int64_t count, int width)
{
    buffer_reset(out);
    buffer_reserve(out, hybrid_bound(count, width));
    uint8_t *end = hybrid_encode_indices((uint8_t *)out->data, values, count, width);
    out->size = (size_t)((char *)end - out->data);
    assert_true(out->size <= hybrid_bound(count, width));
}

static void hybrid_packs_the_example_of_the_specification(void **state)
{
    struct buffer out = {0};
    const uint16_t values[] = {0, 1, 2, 3, 4, 5, 6, 7};
    (void)state;
    hybrid(&out, values, 8, 3);
    expect(&out, BYTES(0x03, 0x88, 0xC6, 0xFA));
    buffer_release(&out);
}

static void hybrid_turns_repeats_into_runs(void **state)
{
    struct buffer out = {0};
    uint16_t values[119];
    (void)state;
    for (int i = 0; i < 119; i++) values[i] = i < 3 ? (uint16_t)i : i < 103 ? 300 : 1;
    hybrid(&out, values, 119, 9);
    /* 0 1 2 and five 300 fill a literal; 95 times 300; 16 times 1 */
    expect(&out, BYTES(0x03, 0x00, 0x02, 0x08, 0x60, 0xC9, 0x92, 0x25, 0x4B, 0x96, 0xBE, 0x01, 0x2C,
                       0x01, 0x20, 0x01, 0x00));
    buffer_release(&out);
}

static void hybrid_fills_the_last_group_with_zeros(void **state)
{
    struct buffer out = {0};
    const uint16_t values[] = {1, 0, 1};
    (void)state;
    hybrid(&out, values, 3, 1);
    expect(&out, BYTES(0x03, 0x05));
    hybrid(&out, values, 0, 1);
    assert_int_equal(out.size, 0);
    buffer_release(&out);
}

/* Bit i of value v of a literal is bit v * width + i. */
static void hybrid_packs_values_of_any_width(void **state)
{
    enum { COUNT = 29 };
    struct buffer out = {0};
    (void)state;
    for (int width = 1; width <= 16; width++) {
        uint16_t values[COUNT];
        for (int i = 0; i < COUNT; i++)
            values[i] = (uint16_t)((uint32_t)(i + 1) * 40503u % (1u << width));
        values[0] = (uint16_t)((1u << width) - 1);
        hybrid(&out, values, COUNT, width);
        assert_int_equal(out.size, 1 + 4 * width);
        assert_int_equal((uint8_t)out.data[0], 4 << 1 | 1);
        for (int bit = 0; bit < COUNT * width; bit++)
            assert_int_equal(bit_get((const uint8_t *)out.data + 1, bit),
                             values[bit / width] >> (bit % width) & 1);
    }
    buffer_release(&out);
}

/* ---- PLAIN ---- */

static void int96_is_nanoseconds_and_julian_day(void **state)
{
    (void)state;
    const int64_t us[] = {0, -1, INT64_MIN};
    uint8_t out[36];
    int96_encode(out, us, 3);
    assert_memory_equal(out, ((uint8_t[]){0, 0, 0, 0, 0, 0, 0, 0, 0x8C, 0x3D, 0x25, 0}), 12);
    assert_int_equal(get_le64(out + 12), INT64_C(86399999999000));
    assert_int_equal(get_le32(out + 20), 2440587);
    assert_int_equal(get_le64(out + 24), INT64_C(71945224192000)); /* -106751992 days and this */
    assert_int_equal((int32_t)get_le32(out + 32), -106751992 + 2440588);
}

static void decimals_are_the_shortest_big_endian(void **state)
{
    (void)state;
    assert_int_equal(decimal_bytes(1), 1);
    assert_int_equal(decimal_bytes(2), 1);
    assert_int_equal(decimal_bytes(3), 2);
    assert_int_equal(decimal_bytes(9), 4);
    assert_int_equal(decimal_bytes(18), 8);
    assert_int_equal(decimal_bytes(19), 9);
    assert_int_equal(decimal_bytes(38), 16);
    uint8_t out[18];
    const __int128 values[] = {-2, ((__int128)1 << 64) + 5};
    decimal_encode(out, 9, values, 2);
    assert_memory_equal(out, ((uint8_t[]){0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE,
                                          1, 0, 0, 0, 0, 0, 0, 0, 5}), 18);
}

static void booleans_are_bits(void **state)
{
    struct buffer out = {0};
    const struct leaf leaf = {.physical = PHYSICAL_BOOLEAN, .store = STORE_1};
    const uint8_t values[] = {1, 0, 0, 0, 0, 0, 1, 1, 0, 1, 1};
    (void)state;
    plain_encode(&out, &leaf, values, 11);
    expect(&out, BYTES(0xC1, 0x06));
    buffer_release(&out);
}

static void strings_have_their_length_in_front(void **state)
{
    struct buffer out = {0};
    const uint32_t lengths[] = {2, 0, 1};
    (void)state;
    plain_encode_bytes(&out, lengths, 3, "abc");
    expect(&out, BYTES(2, 0, 0, 0, 'a', 'b', 0, 0, 0, 0, 1, 0, 0, 0, 'c'));
    buffer_release(&out);
}

/* ---- DELTA_BINARY_PACKED ---- */

static void delta_encodes_the_examples_of_the_specification(void **state)
{
    struct buffer out = {0};
    const int32_t rising[] = {1, 2, 3, 4, 5}, falling[] = {7, 5, 3, 1, 2, 3, 4, 5};
    (void)state;
    delta_encode_32(&out, rising, 5);
    expect(&out, BYTES(0x80, 1, 4, 5, 2, 2, 0, 0, 0, 0));
    buffer_reset(&out);
    delta_encode_32(&out, falling, 8);
    expect(&out, BYTES(0x80, 1, 4, 8, 14, 3, 2, 0, 0, 0, 0xC0, 0x3F, 0, 0, 0, 0, 0, 0));
    buffer_release(&out);
}

static void delta_wraps_at_the_type_s_ends(void **state)
{
    struct buffer out = {0};
    const int32_t narrow[] = {INT32_MIN, INT32_MAX};
    const int64_t wide[] = {INT64_MAX, INT64_MIN, INT64_MAX};
    (void)state;
    delta_encode_32(&out, narrow, 2); /* the difference is -1 in 32 bits */
    expect(&out, BYTES(0x80, 1, 4, 2, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 1, 0, 0, 0, 0));
    buffer_reset(&out);
    delta_encode_64(&out, wide, 3); /* +1, -1: least -1, then 2, 0 in two bits */
    expect(&out, BYTES(0x80, 1, 4, 3, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 1, 2,
                       0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0));
    buffer_release(&out);
}

static void delta_of_one_value_has_no_block(void **state)
{
    struct buffer out = {0};
    const int64_t one[] = {-3};
    (void)state;
    delta_encode_64(&out, one, 1);
    expect(&out, BYTES(0x80, 1, 4, 1, 5));
    buffer_release(&out);
}

/* ---- levels ---- */

struct expected {
    int64_t entries;
    const char *repetition, *definition; /* digits */
    int64_t values;
};

static void expect_slice(const struct slice *s, struct expected want)
{
    assert_int_equal(s->entries, want.entries);
    assert_int_equal(s->values, want.values);
    for (int64_t i = 0; i < want.entries; i++) {
        assert_int_equal(s->repetition[i], want.repetition[i] - '0');
        assert_int_equal(s->definition[i], want.definition[i] - '0');
    }
}

static struct schema schema_of(struct arena *a, const char *type)
{
    struct field *f = ARENA_NEW(a, struct field);
    assert_int_equal(type_parse(a, span_of(type), &f->type), OK);
    f->name = "c";
    return (struct schema){1, f};
}

static void levels_of_nested_lists(void **state)
{
    struct arena a = {0};
    struct schema schema = schema_of(&a, "array<array<int>>");
    struct batch_builder b = {0};
    struct layout layout;
    struct workspace w = {0};
    struct slice s;
    (void)state;
    batch_begin(&b, &schema);
    struct builder *outer = &b.columns[0], *inner = &outer->children[0], *leaf = inner->children;
    builder_list(outer, 3); /* [[1, NULL], [], NULL] */
    builder_list(inner, 2);
    builder_int(leaf, 1);
    builder_null(leaf);
    builder_list(inner, 0);
    builder_null(inner);
    batch_row_done(&b);
    builder_null(outer); /* NULL */
    batch_row_done(&b);
    builder_list(outer, 0); /* [] */
    batch_row_done(&b);
    builder_list(outer, 2); /* [[2], [3]] */
    builder_list(inner, 1);
    builder_int(leaf, 2);
    builder_list(inner, 1);
    builder_int(leaf, 3);
    batch_row_done(&b);
    const struct batch *batch = batch_finish(&b, &a);
    assert_int_equal(layout_make(&layout, &a, &schema, PARQUET_INT96), OK);
    assert_int_equal(layout.leaf_count, 1);
    assert_int_equal(layout.leaves[0].max_definition, 5);
    assert_int_equal(layout.leaves[0].max_repetition, 2);
    assert_int_equal(shred(&w, &layout.leaves[0], batch, 0, 4, &s), OK);
    expect_slice(&s, (struct expected){8, "02110001", "54320155", 3});
    assert_int_equal(s.positions[2], 3);
    assert_int_equal(shred(&w, &layout.leaves[0], batch, 2, 1, &s), OK); /* part of the rows */
    expect_slice(&s, (struct expected){1, "0", "1", 0});
    for (int i = 0; i < 2; i++) {
        buffer_release(&w.levels[i].repetition);
        buffer_release(&w.levels[i].definition);
        buffer_release(&w.levels[i].position);
    }
    buffer_release(&w.positions);
    batch_builder_release(&b);
    arena_release(&a);
}

/* ---- statistics ---- */

static void cut(const char *type, span value, span want_min, span want_max, bool known)
{
    struct arena a = {0};
    struct schema schema = schema_of(&a, type);
    const struct leaf leaf = {.type = schema.fields[0].type, .physical = PHYSICAL_BYTE_ARRAY};
    uint32_t length = (uint32_t)value.size;
    struct bounds b = bounds_of_bytes(&leaf, &length, 1, value.data);
    assert_int_equal(b.state == BOUNDS_KNOWN, known);
    assert_true(span_equal(((span){(char *)b.min, b.min_size}), want_min));
    if (known) assert_true(span_equal(((span){(char *)b.max, b.max_size}), want_max));
    arena_release(&a);
}

static void long_strings_are_cut_between_characters(void **state)
{
    (void)state;
    char text[72], low[72], high[72];
    memset(text, 'a', 70);
    memset(low, 'a', 64);
    memset(high, 'a', 63);
    high[63] = 'b';
    cut("string", (span){text, 64}, (span){low, 64}, (span){low, 64}, true);
    cut("string", (span){text, 65}, (span){low, 64}, (span){high, 64}, true);
    /* a character across the end is left out; U+D7FF is followed by U+E000 */
    memcpy(text + 60, "\xED\x9F\xBF\xED\x9F\xBF", 6);
    memcpy(high, text, 60);
    memcpy(high + 60, "\xEE\x80\x80", 3);
    cut("string", (span){text, 66}, (span){text, 63}, (span){high, 63}, true);
    /* the greatest character cannot be raised: the one before it is */
    memcpy(text + 60, "\xF4\x8F\xBF\xBF", 4);
    memset(high, 'a', 59);
    high[59] = 'b';
    cut("string", (span){text, 70}, (span){text, 64}, (span){high, 60}, true);
    memset(text, 0xFF, 70);
    cut("binary", (span){text, 70}, (span){text, 64}, (span){NULL, 0}, false);
}

static void zeros_widen_and_nan_forbids_bounds(void **state)
{
    (void)state;
    const struct leaf leaf = {.type = type_of(TYPE_DOUBLE), .physical = PHYSICAL_DOUBLE};
    const double zeros[] = {0.0, -0.0}, nan[] = {1, __builtin_nan(""), 2};
    struct bounds b = bounds_of(&leaf, zeros, 1);
    assert_int_equal(get_le64(b.min), UINT64_C(1) << 63);
    assert_int_equal(get_le64(b.max), 0);
    b = bounds_of(&leaf, zeros + 1, 1);
    assert_int_equal(get_le64(b.min), UINT64_C(1) << 63);
    assert_int_equal(get_le64(b.max), 0);
    b = bounds_of(&leaf, nan, 3);
    assert_int_equal(b.state, BOUNDS_UNKNOWN);
}

static void decimal_bounds_order_by_sign(void **state)
{
    struct arena a = {0};
    struct schema schema = schema_of(&a, "decimal(20,0)");
    struct layout layout;
    (void)state;
    assert_int_equal(layout_make(&layout, &a, &schema, PARQUET_INT96), OK);
    const __int128 values[] = {5, -7, 300};
    struct bounds b = bounds_of(layout.leaves, values, 3), more = bounds_of(layout.leaves, values, 1);
    assert_int_equal(b.min[8], 0xF9);
    assert_int_equal(b.max[7], 1);
    bounds_merge(layout.leaves, &more, &b);
    assert_memory_equal(more.min, b.min, 9);
    assert_memory_equal(more.max, b.max, 9);
    arena_release(&a);
}

/* ---- dictionary ---- */

static void dictionary_knows_values_by_their_bits(void **state)
{
    (void)state;
    const struct leaf leaf = {.physical = PHYSICAL_DOUBLE, .store = STORE_8};
    struct dictionary d = {.leaf = &leaf};
    const double values[] = {0.0, -0.0, 0.0, __builtin_nan("1"), __builtin_nan("2")};
    struct bounds bounds = bounds_of(&leaf, values, 5);
    uint16_t indices[5];
    assert_int_equal(dictionary_add(&d, values, 5, &bounds, indices), 5);
    assert_memory_equal(indices, ((uint16_t[]){0, 1, 0, 2, 3}), sizeof indices);
    assert_int_equal(d.count, 4);
    dictionary_reset(&d);
    assert_int_equal(dictionary_add(&d, values + 1, 1, &bounds, indices), 1);
    assert_int_equal(indices[0], 0);
    dictionary_release(&d);
}

static void dictionary_ends_when_it_is_full(void **state)
{
    (void)state;
    const struct leaf leaf = {.physical = PHYSICAL_INT32, .store = STORE_4};
    struct dictionary d = {.leaf = &leaf};
    static int32_t values[20000];
    static uint16_t indices[20000];
    for (int i = 0; i < 20000; i++) values[i] = i;
    struct bounds bounds = bounds_of(&leaf, values, 20000);
    int64_t done = dictionary_add(&d, values, 20000, &bounds, indices);
    assert_in_range(done, 1000, 19999);
    assert_int_equal(d.count, done);
    for (int i = 0; i < done; i++) assert_int_equal(indices[i], i);
    for (int64_t at = done / 100 * 100; at < 20000; at += 100) { /* the same, close together */
        bounds = bounds_of(&leaf, values + at, 100);
        int64_t more = at + 100 <= done ? 100 : at < done ? done - at : 0;
        assert_int_equal(dictionary_add(&d, values + at, 100, &bounds, indices), more);
    }
    dictionary_release(&d);
}

/* Slices of integers near one another and far apart: one value has one index. */
static void dictionary_gives_integers_one_index(void **state)
{
    (void)state;
    const struct leaf leaf = {.physical = PHYSICAL_INT64, .store = STORE_8};
    struct dictionary d = {.leaf = &leaf};
    const int64_t slices[][4] = {
        {7, 9, 7, 8},
        {INT64_MIN, INT64_MAX, 8, 7},
        {INT64_MAX, INT64_MAX - 2, INT64_MAX - 2, INT64_MAX},
        {INT64_MIN, INT64_MIN + 1, INT64_MIN, INT64_MIN + 1},
        {-2, 2000, 9, 8},
        {-1025, -1, -2, 8},
    };
    int64_t seen[24];
    uint16_t count = 0, indices[4];
    for (int round = 0; round < 2; round++, count = 0) {
        for (size_t i = 0; i < sizeof slices / sizeof *slices; i++) {
            struct bounds bounds = bounds_of(&leaf, slices[i], 4);
            assert_int_equal(dictionary_add(&d, slices[i], 4, &bounds, indices), 4);
            for (int k = 0; k < 4; k++) {
                uint16_t index = 0;
                while (index < count && seen[index] != slices[i][k]) index++;
                if (index == count) seen[count++] = slices[i][k];
                assert_int_equal(indices[k], index);
            }
        }
        assert_int_equal(d.count, count);
        assert_memory_equal(d.values.data, seen, count * sizeof *seen);
        dictionary_reset(&d);
    }
    dictionary_release(&d);
}

/* ---- codec ---- */

static void light_zstd_of_ids_is_no_larger(void **state)
{
    enum { IDS = 64 * 1024 };
    (void)state;
    struct compressor *c;
    struct buffer out = {0};
    static char ids[IDS], back[IDS];
    uint64_t random = 1;
    for (int i = 0; i < IDS; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        ids[i] = "0123456789abcdef"[random >> 60];
    }
    assert_int_equal(compressor_open(&c, PARQUET_ZSTD, 3), OK);
    assert_false(compressor_has_light(c));
    compressor_close(c);
    assert_int_equal(compressor_open(&c, PARQUET_ZSTD, 0), OK);
    assert_true(compressor_has_light(c));
    size_t sizes[2];
    for (int light = 0; light < 2; light++) {
        assert_int_equal(compressor_run(c, &out, (span){ids, IDS}, light), OK);
        assert_int_equal(ZSTD_decompress(back, IDS, out.data, out.size), IDS);
        assert_memory_equal(back, ids, IDS);
        sizes[light] = out.size;
    }
    assert_true(sizes[1] <= sizes[0]);
    buffer_release(&out);
    compressor_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thrift_writes_compact_fields),
        cmocka_unit_test(thrift_list_of_fifteen_has_a_long_header),
        cmocka_unit_test(thrift_reads_what_it_knows_and_skips_the_rest),
        cmocka_unit_test(thrift_refuses_what_is_cut_or_too_long),
        cmocka_unit_test(thrift_skip_is_bounded_in_depth),
        cmocka_unit_test(hybrid_packs_the_example_of_the_specification),
        cmocka_unit_test(hybrid_turns_repeats_into_runs),
        cmocka_unit_test(hybrid_fills_the_last_group_with_zeros),
        cmocka_unit_test(hybrid_packs_values_of_any_width),
        cmocka_unit_test(int96_is_nanoseconds_and_julian_day),
        cmocka_unit_test(decimals_are_the_shortest_big_endian),
        cmocka_unit_test(booleans_are_bits),
        cmocka_unit_test(strings_have_their_length_in_front),
        cmocka_unit_test(delta_encodes_the_examples_of_the_specification),
        cmocka_unit_test(delta_wraps_at_the_type_s_ends),
        cmocka_unit_test(delta_of_one_value_has_no_block),
        cmocka_unit_test(levels_of_nested_lists),
        cmocka_unit_test(long_strings_are_cut_between_characters),
        cmocka_unit_test(zeros_widen_and_nan_forbids_bounds),
        cmocka_unit_test(decimal_bounds_order_by_sign),
        cmocka_unit_test(dictionary_knows_values_by_their_bits),
        cmocka_unit_test(dictionary_ends_when_it_is_full),
        cmocka_unit_test(dictionary_gives_integers_one_index),
        cmocka_unit_test(light_zstd_of_ids_is_no_larger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
