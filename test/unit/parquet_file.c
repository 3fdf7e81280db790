/* The writer through its door, read back by the footer reader and by walking pages and indexes.
 * That values come back is judged by other readers: test/conformance/parquet_readers.mjs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include "batch/batch.h"
#include "parquet/internal.h"

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static error to_buffer(void *context, span bytes)
{
    buffer_append_span(context, bytes);
    return OK;
}

struct scene { /* a schema, rows for it and the file made of them */
    struct arena arena;
    struct schema schema;
    struct batch_builder builder;
    struct buffer file;
    struct parquet_writer *writer;
};

static void scene_open(struct scene *s, struct parquet_options options, int count,
                       const char *const *types)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j",
                                        "k", "l", "m", "n", "o", "p", "q", "r", "s", "t"};
    *s = (struct scene){0};
    struct field *f = ARENA_ARRAY(&s->arena, struct field, (size_t)count);
    for (int i = 0; i < count; i++) {
        assert_int_equal(type_parse(&s->arena, span_of(types[i]), &f[i].type), OK);
        f[i].name = names[i];
    }
    s->schema = (struct schema){count, f};
    batch_begin(&s->builder, &s->schema);
    assert_int_equal(parquet_open(&s->writer, &s->schema, &options,
                                  (struct parquet_sink){&s->file, to_buffer}), OK);
}

static void scene_write(struct scene *s)
{
    const struct batch *b = batch_finish(&s->builder, &s->arena);
    assert_int_equal(parquet_write(s->writer, b), OK);
    batch_reset(&s->builder);
}

static const struct parquet_footer *scene_close(struct scene *s)
{
    struct parquet_footer *footer;
    size_t need = 0;
    int64_t rows, bytes;
    assert_int_equal(parquet_close(s->writer, NULL, 0, &rows, &bytes), OK);
    assert_int_equal(bytes, s->file.size);
    if (parquet_footer_read(&s->arena, buffer_span(&s->file), bytes, &footer, &need) != OK)
        fail_msg("%s", error_text());
    assert_int_equal(footer->rows, rows);
    return footer;
}

static void scene_release(struct scene *s)
{
    batch_builder_release(&s->builder);
    buffer_release(&s->file);
    arena_release(&s->arena);
}

static void ints(struct scene *s, int64_t from, int64_t count, uint64_t step)
{
    for (int64_t i = 0; i < count; i++) {
        builder_int(&s->builder.columns[0], (int64_t)((uint64_t)from + (uint64_t)i * step));
        batch_row_done(&s->builder);
    }
}

/* ---- schema ---- */

static void schema_maps_back_to_catalog_types(void **state)
{
    static const char *const types[] = {
        "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal(9,2)",
        "decimal(18,0)", "decimal(38,38)", "string", "binary", "date", "timestamp",
        "array<array<string>>", "map<string,struct<x:int,y:array<map<int,date>>>>",
        "struct<a:struct<b:decimal(10,1)>>"};
    enum { COUNT = sizeof types / sizeof *types };
    (void)state;
    for (int timestamps = 0; timestamps < 2; timestamps++) {
        struct scene s;
        struct buffer text = {0};
        scene_open(&s, (struct parquet_options){.timestamps = timestamps}, COUNT, types);
        const struct parquet_footer *f = scene_close(&s);
        assert_non_null(f->schema);
        assert_int_equal(f->schema->field_count, COUNT);
        for (int i = 0; i < COUNT; i++) {
            buffer_reset(&text);
            type_print(&text, f->schema->fields[i].type);
            assert_string_equal(buffer_text(&text), types[i]);
            assert_string_equal(f->schema->fields[i].name, s.schema.fields[i].name);
        }
        buffer_release(&text);
        scene_release(&s);
    }
}

static void char_and_varchar_are_strings_in_the_file(void **state)
{
    struct scene s;
    (void)state;
    scene_open(&s, (struct parquet_options){0}, 2, (const char *const[]){"char(3)", "varchar(9)"});
    const struct parquet_footer *f = scene_close(&s);
    assert_int_equal(f->schema->fields[0].type->kind, TYPE_STRING);
    assert_int_equal(f->schema->fields[1].type->kind, TYPE_STRING);
    scene_release(&s);
}

/* ---- footer ---- */

static void empty_file_has_a_footer(void **state)
{
    struct scene s;
    (void)state;
    scene_open(&s, (struct parquet_options){0}, 1, (const char *const[]){"int"});
    scene_write(&s); /* no rows */
    const struct parquet_footer *f = scene_close(&s);
    assert_int_equal(f->rows, 0);
    assert_int_equal(f->group_count, 0);
    assert_memory_equal(s.file.data, "PAR1", 4);
    assert_true(span_starts(f->created_by, "sluice version "));
    scene_release(&s);
}

static void key_values_are_kept(void **state)
{
    struct scene s;
    struct parquet_footer *f;
    size_t need;
    const struct parquet_key_value pairs[] = {{SPAN("k"), SPAN("v\0w")}, {SPAN("empty"), SPAN("")}};
    (void)state;
    scene_open(&s, (struct parquet_options){0}, 1, (const char *const[]){"int"});
    assert_int_equal(parquet_close(s.writer, pairs, 2, NULL, NULL), OK);
    assert_int_equal(parquet_footer_read(&s.arena, buffer_span(&s.file), (int64_t)s.file.size, &f,
                                         &need), OK);
    assert_true(span_equal(parquet_footer_value(f, "k"), SPAN("v\0w")));
    assert_non_null(parquet_footer_value(f, "empty").data);
    assert_null(parquet_footer_value(f, "other").data);
    scene_release(&s);
}

static void footer_asks_for_a_longer_tail(void **state)
{
    struct scene s;
    struct parquet_footer *f;
    size_t need = 0;
    (void)state;
    scene_open(&s, (struct parquet_options){0}, 1, (const char *const[]){"int"});
    ints(&s, 0, 10, 1);
    scene_write(&s);
    assert_int_equal(parquet_close(s.writer, NULL, 0, NULL, NULL), OK);
    const char *end = s.file.data + s.file.size;
    int64_t size = (int64_t)s.file.size;
    assert_int_equal(parquet_footer_read(&s.arena, (span){end - 4, 4}, size, &f, &need),
                     ERR_TOO_LARGE);
    assert_int_equal(need, 8);
    assert_int_equal(parquet_footer_read(&s.arena, (span){end - 8, 8}, size, &f, &need),
                     ERR_TOO_LARGE);
    assert_int_equal(need, get_le32(end - 8) + 8);
    assert_int_equal(parquet_footer_read(&s.arena, (span){end - need, need}, size, &f, &need), OK);
    assert_int_equal(f->rows, 10);
    scene_release(&s);
}

/* Every cut and every changed byte gives an error or a footer, never a fault. */
static void damaged_footers_are_refused(void **state)
{
    struct scene s;
    struct parquet_footer *f;
    size_t need;
    (void)state;
    scene_open(&s, (struct parquet_options){0}, 2,
               (const char *const[]){"int", "map<string,array<decimal(20,3)>>"});
    for (int i = 0; i < 20; i++) {
        builder_int(&s.builder.columns[0], i);
        builder_null(&s.builder.columns[1]);
        batch_row_done(&s.builder);
    }
    scene_write(&s);
    assert_int_equal(parquet_close(s.writer, NULL, 0, NULL, NULL), OK);
    size_t size = s.file.size, footer = get_le32(s.file.data + size - 8);
    struct arena a = {0};
    for (size_t cut = 1; cut < footer; cut++) { /* the footer's first bytes alone */
        struct buffer file = {0};
        uint8_t tail[4];
        put_le32(tail, (uint32_t)(footer - cut));
        buffer_append(&file, s.file.data, size - 8 - cut);
        buffer_append(&file, tail, 4);
        buffer_append(&file, "PAR1", 4);
        assert_int_equal(parquet_footer_read(&a, buffer_span(&file), (int64_t)file.size, &f, &need),
                         ERR_CORRUPT);
        buffer_release(&file);
        arena_reset(&a);
    }
    for (size_t at = size - 8 - footer; at < size; at++)
        for (int bit = 0; bit < 8; bit++) {
            s.file.data[at] ^= (char)(1 << bit);
            (void)!parquet_footer_read(&a, buffer_span(&s.file), (int64_t)size, &f, &need);
            s.file.data[at] ^= (char)(1 << bit);
            arena_reset(&a);
        }
    s.file.data[size - 1] = 'E';
    assert_int_equal(parquet_footer_read(&a, buffer_span(&s.file), (int64_t)size, &f, &need),
                     ERR_UNSUPPORTED);
    s.file.data[size - 1] = 'X';
    assert_int_equal(parquet_footer_read(&a, buffer_span(&s.file), (int64_t)size, &f, &need),
                     ERR_CORRUPT);
    assert_int_equal(parquet_footer_read(&a, (span){"PAR1", 4}, 4, &f, &need), ERR_CORRUPT);
    arena_release(&a);
    scene_release(&s);
}

/* ---- row groups, statistics ---- */

static void row_groups_close_by_encoded_bytes(void **state)
{
    struct scene s;
    (void)state;
    scene_open(&s, (struct parquet_options){.row_group_bytes = 64 * 1024}, 1,
               (const char *const[]){"bigint"});
    ints(&s, 0, 100000, UINT64_C(0x9E3779B97F4A7C15)); /* no two alike: 800,000 bytes */
    scene_write(&s);
    assert_in_range(s.file.size, 600 * 1024, 800 * 1024); /* most groups have left already */
    const struct parquet_footer *f = scene_close(&s);
    assert_in_range(f->group_count, 8, 13);
    for (int i = 0; i + 1 < f->group_count; i++) {
        assert_in_range(f->groups[i].chunks[0].compressed_bytes, 64 * 1024, 100 * 1024);
        assert_int_equal(f->groups[i].chunks[0].values, f->groups[i].rows);
    }
    scene_release(&s);
}

static void statistics_hold_least_greatest_and_nulls(void **state)
{
    struct scene s;
    (void)state;
    scene_open(&s, (struct parquet_options){.timestamps = PARQUET_INT96}, 5,
               (const char *const[]){"int", "string", "double", "timestamp", "array<date>"});
    struct builder *c = s.builder.columns;
    for (int i = 0; i < 4; i++) {
        if (i == 2) builder_null(&c[0]);
        else builder_int(&c[0], 5 - 3 * i);
        builder_bytes(&c[1], i == 1 ? SPAN("z\xC3\xA9") : SPAN("mm"));
        builder_double(&c[2], i == 3 ? (double)NAN : i);
        builder_int(&c[3], i);
        builder_list(&c[4], i == 1 ? 2 : 0);
        if (i == 1) builder_int(&c[4].children[0], 7);
        if (i == 1) builder_null(&c[4].children[0]);
        batch_row_done(&s.builder);
    }
    scene_write(&s);
    const struct parquet_chunk *k = scene_close(&s)->groups[0].chunks;
    assert_int_equal(k[0].nulls, 1);
    assert_int_equal((int32_t)get_le32(k[0].min.data), -4);
    assert_int_equal((int32_t)get_le32(k[0].max.data), 5);
    assert_true(span_is(k[1].min, "mm"));
    assert_true(span_is(k[1].max, "z\xC3\xA9"));
    assert_null(k[2].min.data); /* NaN */
    assert_null(k[3].max.data); /* INT96 */
    assert_true(span_is(k[4].path, "e.list.element"));
    assert_int_equal(k[4].values, 5);
    assert_int_equal(k[4].nulls, 4);
    assert_int_equal((int32_t)get_le32(k[4].min.data), 7);
    scene_release(&s);
}

static bool encoded(const struct parquet_chunk *k, enum encoding e)
{
    return k->encodings >> e & 1;
}

static void encoding_follows_the_values(void **state)
{
    (void)state;
    for (int v2 = 0; v2 < 2; v2++) {
        struct scene s;
        enum encoding dictionary = v2 ? ENCODING_RLE_DICTIONARY : ENCODING_PLAIN_DICTIONARY;
        scene_open(&s, (struct parquet_options){.delta = true, .data_page_v2 = v2}, 3,
                   (const char *const[]){"bigint", "int", "string"});
        struct builder *c = s.builder.columns;
        for (int i = 0; i < 30000; i++) {
            char text[32];
            builder_int(&c[0], i * 5);
            builder_int(&c[1], i < 25000 ? i % 3 : i * 7919); /* friendly, then hostile */
            builder_bytes(&c[2], (span){text, (size_t)snprintf(text, sizeof text, "id-%d", i)});
            batch_row_done(&s.builder);
        }
        scene_write(&s);
        const struct parquet_chunk *k = scene_close(&s)->groups[0].chunks;
        assert_true(encoded(&k[0], ENCODING_DELTA_BINARY_PACKED));
        assert_false(encoded(&k[0], dictionary));
        assert_true(encoded(&k[1], dictionary));
        assert_true(encoded(&k[2], ENCODING_DELTA_BYTE_ARRAY));
        assert_in_range(k[0].compressed_bytes, 100, 3000);
        scene_release(&s);
    }
}

static void values_past_a_dictionary_go_plain(void **state)
{
    enum { SIZE = 600 * 1024 };
    struct scene s;
    static char text[SIZE];
    (void)state;
    scene_open(&s, (struct parquet_options){.codec = PARQUET_NONE}, 1,
               (const char *const[]){"string"});
    for (int i = 0; i < 4; i++) { /* the second does not fit beside the first */
        memset(text, 'a' + i, SIZE);
        builder_bytes(&s.builder.columns[0], (span){text, SIZE});
        batch_row_done(&s.builder);
        scene_write(&s);
    }
    const struct parquet_chunk *k = scene_close(&s)->groups[0].chunks;
    assert_false(encoded(k, ENCODING_PLAIN_DICTIONARY));
    assert_true(encoded(k, ENCODING_PLAIN));
    assert_int_equal(k->values, 4);
    assert_in_range(k->compressed_bytes, 4 * SIZE, 4 * SIZE + 200);
    assert_int_equal(k->min.size, STATISTIC_MAX);
    assert_int_equal(k->max.data[STATISTIC_MAX - 1], 'e');
    scene_release(&s);
}

static void codec_is_left_out_where_it_does_not_pay(void **state)
{
    struct scene s;
    uint64_t x = 1;
    (void)state;
    scene_open(&s, (struct parquet_options){.codec = PARQUET_ZSTD}, 2,
               (const char *const[]){"bigint", "string"});
    for (int i = 0; i < 5000; i++) {
        x = x * UINT64_C(6364136223846793005) + 1442695040888963407;
        builder_int(&s.builder.columns[0], (int64_t)(x ^ x >> 31));
        char text[64];
        builder_bytes(&s.builder.columns[1],
                      (span){text, (size_t)snprintf(text, sizeof text, "the same words and %d", i)});
        batch_row_done(&s.builder);
    }
    scene_write(&s);
    const struct parquet_chunk *k = scene_close(&s)->groups[0].chunks;
    assert_int_equal(k[0].codec, PARQUET_NONE);
    assert_int_equal(k[1].codec, PARQUET_ZSTD);
    assert_true(k[1].compressed_bytes < k[1].uncompressed_bytes / 2);
    scene_release(&s);
}

/* ---- memory, failures ---- */

static void memory_is_told_and_given_back(void **state)
{
    struct scene s;
    (void)state;
    scene_open(&s, (struct parquet_options){.codec = PARQUET_NONE}, 1,
               (const char *const[]){"bigint"});
    size_t empty = parquet_memory(s.writer);
    ints(&s, 0, 200000, UINT64_C(0x9E3779B97F4A7C15));
    scene_write(&s);
    assert_int_equal(s.file.size, 0);
    assert_true(parquet_memory(s.writer) > empty + 1600000);
    assert_int_equal(parquet_flush(s.writer), OK);
    assert_true(s.file.size > 1600000);
    assert_true(parquet_memory(s.writer) < empty + 100000);
    size_t size = s.file.size;
    assert_int_equal(parquet_flush(s.writer), OK); /* nothing left */
    assert_int_equal(s.file.size, size);
    assert_int_equal(scene_close(&s)->group_count, 1);
    scene_release(&s);
}

static error refuse(void *context, span bytes)
{
    (void)bytes;
    return ++*(int *)context > 1 ? (fail)(ERR_NO_SPACE, "the disk is full") : OK;
}

static void failed_sink_ends_the_file(void **state)
{
    struct scene s;
    struct parquet_writer *w;
    int calls = 0;
    const struct parquet_options o = {0};
    (void)state;
    scene_open(&s, o, 1, (const char *const[]){"int"});
    assert_int_equal(parquet_open(&w, &s.schema, &o, (struct parquet_sink){&calls, refuse}), OK);
    ints(&s, 0, 10, 1);
    const struct batch *b = batch_finish(&s.builder, &s.arena);
    assert_int_equal(parquet_write(w, b), OK);
    assert_int_equal(parquet_flush(w), ERR_NO_SPACE);
    assert_int_equal(parquet_write(w, b), ERR_NO_SPACE);
    assert_int_equal(parquet_close(w, NULL, 0, NULL, NULL), ERR_NO_SPACE);
    assert_int_equal(calls, 2);
    parquet_abandon(s.writer);
    scene_release(&s);
}

static void wrong_input_is_refused(void **state)
{
    struct scene s, other;
    struct parquet_writer *w;
    struct parquet_options o = {0};
    const struct parquet_sink sink = {&s.file, to_buffer};
    (void)state;
    scene_open(&s, o, 1, (const char *const[]){"map<int,int>"});
    scene_open(&other, o, 1, (const char *const[]){"int"});
    ints(&other, 0, 1, 1);
    assert_int_equal(parquet_write(s.writer, batch_finish(&other.builder, &other.arena)),
                     ERR_USAGE);
    assert_int_equal(parquet_open(&w, &(struct schema){0}, &o, sink), ERR_USAGE);
    o.codec = PARQUET_GZIP;
    o.level = 10;
    assert_int_equal(parquet_open(&w, &s.schema, &o, sink), ERR_USAGE);
    builder_list(&s.builder.columns[0], 1);
    builder_null(&s.builder.columns[0].children[0]); /* a key */
    builder_int(&s.builder.columns[0].children[1], 1);
    batch_row_done(&s.builder);
    assert_int_equal(parquet_write(s.writer, batch_finish(&s.builder, &s.arena)), ERR_CORRUPT);
    parquet_abandon(s.writer);
    parquet_abandon(other.writer);
    scene_release(&s);
    scene_release(&other);
}

/* The same batches give the same bytes; reuse from group to group leaves no trace. */
static void bytes_depend_on_batches_alone(void **state)
{
    struct scene s[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        scene_open(&s[i], (struct parquet_options){.row_group_bytes = 3000, .page_rows = 100}, 1,
                   (const char *const[]){"int"});
        for (int round = 0; round < 20; round++) {
            ints(&s[i], round, 1000, (uint64_t)(round % 3 * 7919));
            scene_write(&s[i]);
        }
        scene_close(&s[i]);
    }
    assert_int_equal(s[0].file.size, s[1].file.size);
    assert_memory_equal(s[0].file.data, s[1].file.data, s[0].file.size);
    scene_release(&s[0]);
    scene_release(&s[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schema_maps_back_to_catalog_types),
        cmocka_unit_test(char_and_varchar_are_strings_in_the_file),
        cmocka_unit_test(empty_file_has_a_footer),
        cmocka_unit_test(key_values_are_kept),
        cmocka_unit_test(footer_asks_for_a_longer_tail),
        cmocka_unit_test(damaged_footers_are_refused),
        cmocka_unit_test(row_groups_close_by_encoded_bytes),
        cmocka_unit_test(statistics_hold_least_greatest_and_nulls),
        cmocka_unit_test(encoding_follows_the_values),
        cmocka_unit_test(values_past_a_dictionary_go_plain),
        cmocka_unit_test(codec_is_left_out_where_it_does_not_pay),
        cmocka_unit_test(memory_is_told_and_given_back),
        cmocka_unit_test(failed_sink_ends_the_file),
        cmocka_unit_test(wrong_input_is_refused),
        cmocka_unit_test(bytes_depend_on_batches_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
