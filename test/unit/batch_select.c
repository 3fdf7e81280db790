/* Selecting rows and printing them: every kind once, by hand (batch_build.c does it at random). */
#include "batch/batch.h" /* before cmocka, which makes a macro of fail */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct arena arena;
static struct batch_builder builder;

enum { ROWS = 4 };

/* Row 2 is all NULL. */
static const struct batch *every_kind(void)
{
    const struct type *type;
    assert_int_equal(
        type_parse(
            &arena,
            SPAN("struct<b:boolean,i1:tinyint,i2:smallint,i4:int,i8:bigint,f:float,d:double,"
                 "n:decimal(38,10),s:string,c:char(3),v:varchar(5),x:binary,t:date,u:timestamp,"
                 "l:array<int>,m:map<int,string>,r:struct<`a\"b`:int>>"),
            &type),
        OK);
    struct schema *schema = ARENA_NEW(&arena, struct schema);
    *schema = (struct schema){type->child_count, type->children};
    batch_begin(&builder, schema);
    for (int row = 0; row < ROWS; row++) {
        struct builder *c = builder.columns;
        if (row == 2) {
            for (int i = 0; i < builder.column_count; i++) builder_null(&c[i]);
            batch_row_done(&builder);
            continue;
        }
        builder_bool(c++, row == 0);
        builder_int(c++, -row);
        builder_int(c++, row * 1000);
        builder_int(c++, row * -100000);
        builder_int(c++, row ? INT64_MIN + row : INT64_MAX);
        builder_double(c++, row == 3 ? NAN : 0.1);
        builder_double(c++, row == 3 ? -INFINITY : row == 1 ? 1e10 : 0.1);
        builder_decimal(c++, row == 3 ? 1 : -(__int128)row * 10000000000);
        builder_bytes(c++, row ? SPAN("q\"\\\n\x01\xC3\xA9") : SPAN(""));
        builder_bytes(c++, SPAN("abc"));
        builder_bytes(c++, SPAN("v"));
        builder_bytes(c++, (span){"\x00\xFF\x80z", (size_t)row});
        builder_int(c++, row - 1);
        builder_int(c++, row * 1500000 - 1);
        builder_list(c, row);
        for (int i = 0; i < row; i++) builder_int(&c->children[0], i);
        c++;
        builder_list(c, row == 1);
        if (row == 1) builder_int(&c->children[0], 7), builder_null(&c->children[1]);
        c++;
        builder_struct(c);
        builder_int(&c->children[0], row);
        batch_row_done(&builder);
    }
    return batch_finish(&builder, &arena);
}

static void expect_row(const struct batch *batch, int64_t row, const char *json)
{
    struct buffer out = {0};
    batch_print_row(&out, batch, row);
    assert_string_equal(buffer_text(&out), json);
    buffer_release(&out);
}

static const char *const json[ROWS] = {
    "{\"b\":true,\"i1\":0,\"i2\":0,\"i4\":0,\"i8\":9223372036854775807,\"f\":0.1,\"d\":0.1,"
    "\"n\":0.0000000000,\"s\":\"\",\"c\":\"abc\",\"v\":\"v\",\"x\":\"\",\"t\":\"1969-12-31\","
    "\"u\":\"1969-12-31 23:59:59.999999\",\"l\":[],\"m\":{},\"r\":{\"a\\\"b\":0}}",
    "{\"b\":false,\"i1\":-1,\"i2\":1000,\"i4\":-100000,\"i8\":-9223372036854775807,\"f\":0.1,"
    "\"d\":1.0E10,\"n\":-1.0000000000,\"s\":\"q\\\"\\\\\\n\\u0001\xC3\xA9\",\"c\":\"abc\",\"v\":"
    "\"v\","
    "\"x\":\"AA==\",\"t\":\"1970-01-01\",\"u\":\"1970-01-01 00:00:01.499999\",\"l\":[0],"
    "\"m\":{\"7\":null},\"r\":{\"a\\\"b\":1}}",
    "{\"b\":null,\"i1\":null,\"i2\":null,\"i4\":null,\"i8\":null,\"f\":null,\"d\":null,\"n\":null,"
    "\"s\":null,\"c\":null,\"v\":null,\"x\":null,\"t\":null,\"u\":null,\"l\":null,\"m\":null,\"r\":"
    "null}",
    "{\"b\":false,\"i1\":-3,\"i2\":3000,\"i4\":-300000,\"i8\":-9223372036854775805,\"f\":\"NaN\","
    "\"d\":\"-Infinity\",\"n\":0.0000000001,\"s\":\"q\\\"\\\\\\n\\u0001\xC3\xA9\",\"c\":\"abc\","
    "\"v\":\"v\",\"x\":\"AP+A\",\"t\":\"1970-01-03\",\"u\":\"1970-01-01 00:00:04.499999\","
    "\"l\":[0,1,2],\"m\":{},\"r\":{\"a\\\"b\":3}}",
};

static void prints_every_kind(void **state)
{
    (void)state;
    const struct batch *batch = every_kind();
    for (int i = 0; i < ROWS; i++) {
        expect_row(batch, i, json[i]);
        json_t *value;
        assert_int_equal(json_read(span_of(json[i]), &value), OK);
        json_decref(value);
    }
}

static void selects_every_set(void **state)
{
    (void)state;
    const struct batch *batch = every_kind();
    for (uint8_t keep = 0; keep < 1 << ROWS; keep++) {
        const struct batch *out = batch_select(&arena, batch, &keep);
        assert_int_equal(out->rows, __builtin_popcount(keep));
        assert_ptr_equal(out->schema, batch->schema);
        int64_t at = 0;
        for (uint32_t row = 0; row < ROWS; row++) {
            if (!(keep >> row & 1)) continue;
            assert_int_equal(out->origin ? out->origin[at] : row, row);
            expect_row(out, at++, json[row]);
        }
        for (int i = 0; i < batch->schema->field_count; i++) {
            const struct column *c = &out->columns[i];
            assert_int_equal(c->null_count, keep >> 2 & 1);
            assert_true((c->validity != NULL) == (keep >> 2 & 1));
            if (c->offsets) assert_int_equal(c->offsets[0], 0);
        }
    }
}

static void composes_origin(void **state)
{
    (void)state;
    static const uint32_t origin[ROWS] = {10, 20, 20, 30};
    struct batch batch = *every_kind();
    batch.origin = origin;
    uint8_t keep = 0xE;
    const struct batch *three = batch_select(&arena, &batch, &keep);
    assert_true(three->origin[0] == 20 && three->origin[1] == 20 && three->origin[2] == 30);
    keep = 5;
    const struct batch *two = batch_select(&arena, three, &keep);
    assert_true(two->origin[0] == 20 && two->origin[1] == 30);
    expect_row(two, 1, json[3]);
    keep = 0xFF;
    assert_ptr_equal(batch_select(&arena, two, &keep), two);
}

static int release(void **state)
{
    (void)state;
    batch_builder_release(&builder);
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_every_kind),
        cmocka_unit_test(selects_every_set),
        cmocka_unit_test(composes_origin),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
