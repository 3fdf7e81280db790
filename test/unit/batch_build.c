/* The builder: Arrow's layout by hand, and random rows of random types against their JSON text,
 * with rows taken back in the middle and memory kept over batches and schemas. */
#include "batch/batch.h" /* before cmocka, which makes a macro of fail */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct type *parse(struct arena *arena, const char *text)
{
    const struct type *type;
    assert_int_equal(type_parse(arena, span_of(text), &type), OK);
    return type;
}

/* The fields of a struct type as a schema. */
static const struct schema *parse_schema(struct arena *arena, const char *text)
{
    const struct type *type = parse(arena, text);
    struct schema *schema = ARENA_NEW(arena, struct schema);
    *schema = (struct schema){type->child_count, type->children};
    return schema;
}

static void lays_out_as_arrow(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct batch_builder b = {0};
    batch_begin(&b, parse_schema(&arena,
                                 "struct<i:smallint,s:string,f:boolean,l:array<int>,"
                                 "m:map<string,double>,r:struct<x:int,y:string>,d:decimal(38,0)>"));
    for (int row = 0; row < 3; row++) {
        struct builder *c = b.columns;
        if (row == 1) {
            for (int i = 0; i < 7; i++) builder_null(&c[i]);
            batch_row_done(&b);
            continue;
        }
        builder_int(&c[0], row ? -32768 : 32767);
        builder_bytes(&c[1], row ? SPAN("ccc") : SPAN("a"));
        builder_bool(&c[2], true);
        builder_list(&c[3], row);
        for (int i = 0; i < row; i++) builder_int(&c[3].children[0], i + 7);
        builder_bytes(&c[4].children[0], SPAN("k"));
        builder_double(&c[4].children[1], 0.5);
        builder_list_end(&c[4]);
        builder_struct(&c[5]);
        builder_null(&c[5].children[0]);
        builder_bytes(&c[5].children[1], SPAN("yy"));
        builder_decimal(&c[6], (__int128)1 << 100);
        batch_row_done(&b);
    }
    const struct batch *batch = batch_finish(&b, &arena);
    const struct column *c = batch->columns;
    assert_int_equal(batch->rows, 3);
    assert_null(batch->origin);
    for (int i = 0; i < 7; i++) {
        assert_int_equal(c[i].length, 3);
        assert_int_equal(c[i].null_count, 1);
        uint64_t word;
        memcpy(&word, c[i].validity, 8);
        assert_int_equal(word, 5);
    }
    const int16_t *ints = c[0].values;
    assert_true(ints[0] == 32767 && ints[1] == 0 && ints[2] == -32768);
    assert_true(span_equal((span){c[1].values, 4}, SPAN("accc")));
    assert_true(c[1].offsets[0] == 0 && c[1].offsets[1] == 1 && c[1].offsets[2] == 1 &&
                c[1].offsets[3] == 4);
    uint64_t bits;
    memcpy(&bits, c[2].values, 8);
    assert_int_equal(bits, 5);
    assert_true(c[3].offsets[1] == 0 && c[3].offsets[2] == 0 && c[3].offsets[3] == 2);
    assert_true(c[3].children[0].length == 2 && c[3].children[0].validity == NULL);
    assert_int_equal(((const int32_t *)c[3].children[0].values)[1], 8);
    assert_true(c[4].offsets[3] == 2 && c[4].children[1].length == 2);
    assert_int_equal(c[5].children[0].null_count, 3);
    assert_int_equal(c[5].children[1].null_count, 1);
    assert_true(span_is(column_span(&c[5].children[1], 2), "yy"));
    assert_true(((const __int128 *)c[6].values)[2] == (__int128)1 << 100);
    assert_int_equal((uintptr_t)c[6].values % 16, 0);
    batch_builder_release(&b);
    arena_release(&arena);
}

static void empty_batches(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct batch_builder b = {0};
    batch_begin(&b,
                parse_schema(&arena, "struct<i:int,s:string,l:array<string>,r:struct<x:boolean>>"));
    const struct batch *batch = batch_finish(&b, &arena);
    assert_int_equal(batch->rows, 0);
    assert_non_null(batch->columns[0].values);
    assert_int_equal(batch->columns[1].offsets[0], 0);
    assert_int_equal(batch->columns[2].children[0].offsets[0], 0);
    static const struct schema none;
    batch_begin(&b, &none);
    batch_row_done(&b);
    assert_int_equal(batch_finish(&b, &arena)->rows, 1);
    batch_builder_release(&b);
    batch_builder_release(&b);
    arena_release(&arena);
}

/* ---- random rows ---- */

static uint64_t seed = 7;

static uint32_t below(uint32_t limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % limit;
}

static const struct type *random_type(struct arena *arena, int depth)
{
    static const char *const plain[] = {"boolean", "tinyint",       "smallint",
                                        "int",     "bigint",        "double",
                                        "string",  "decimal(20,2)", "varchar(9)"};
    if (depth == 0 || below(3)) return parse(arena, plain[below(9)]);
    struct type *type = ARENA_NEW(arena, struct type);
    struct field *fields = ARENA_ARRAY(arena, struct field, 4);
    *type = (struct type){.kind = TYPE_ARRAY + below(3), .children = fields};
    type->child_count = type->kind == TYPE_ARRAY ? 1
                        : type->kind == TYPE_MAP ? 2
                                                 : 1 + (int)below(3);
    for (int i = 0; i < type->child_count; i++) {
        fields[i].name = arena_printf(arena, "f%d", i);
        fields[i].type =
            type->kind == TYPE_MAP && i == 0 ? type_of(TYPE_STRING) : random_type(arena, depth - 1);
    }
    return type;
}

/* Appends a value and its JSON; false when the row is to be given up here. */
static bool append_random(struct builder *b, struct buffer *json, int *budget, bool nullable)
{
    if (--*budget == 0) return false;
    if (nullable && below(4) == 0) {
        builder_null(b);
        buffer_append_text(json, "null");
        return true;
    }
    int value = (int)below(200) - 100;
    switch (b->type->kind) {
    case TYPE_BOOLEAN:
        builder_bool(b, value > 0);
        buffer_append_text(json, value > 0 ? "true" : "false");
        return true;
    case TYPE_DOUBLE:
        builder_double(b, value / 4.0);
        cast_double_to_text(json, value / 4.0);
        return true;
    case TYPE_DECIMAL:
        builder_decimal(b, (__int128)value * 100);
        buffer_printf(json, "%d.00", value);
        return true;
    case TYPE_STRING:
    case TYPE_VARCHAR: {
        char text[16];
        snprintf(text, sizeof text, "%.*s", (int)below(9), "abcdefghi");
        builder_bytes(b, span_of(text));
        buffer_printf(json, "\"%s\"", text);
        return true;
    }
    case TYPE_ARRAY:
    case TYPE_MAP: {
        bool map = b->type->kind == TYPE_MAP, known = below(2);
        int count = (int)below(4);
        if (known) builder_list(b, count);
        buffer_append_byte(json, map ? '{' : '[');
        for (int i = 0; i < count; i++) {
            if (i) buffer_append_byte(json, ',');
            if (map) {
                if (!append_random(&b->children[0], json, budget, false)) return false;
                buffer_append_byte(json, ':');
            }
            if (!append_random(&b->children[map], json, budget, true)) return false;
        }
        buffer_append_byte(json, map ? '}' : ']');
        if (!known) builder_list_end(b);
        return true;
    }
    case TYPE_STRUCT:
        builder_struct(b);
        buffer_append_byte(json, '{');
        for (int i = 0; i < b->child_count; i++) {
            buffer_printf(json, "%s\"%s\":", i ? "," : "", b->type->children[i].name);
            if (!append_random(&b->children[i], json, budget, true)) return false;
        }
        buffer_append_byte(json, '}');
        return true;
    default:
        builder_int(b, value);
        buffer_printf(json, "%d", value);
        return true;
    }
}

/* One row, or an attempt that is given up and taken back. */
static bool append_row(struct batch_builder *b, struct buffer *json)
{
    size_t start = json->size;
    int budget = below(3) == 0 ? 1 + (int)below(20) : INT32_MAX;
    buffer_append_byte(json, '{');
    for (int i = 0; i < b->column_count; i++) {
        buffer_printf(json, "%s\"%s\":", i ? "," : "", b->schema->fields[i].name);
        if (!append_random(&b->columns[i], json, &budget, true)) {
            batch_rewind(b);
            json->size = start;
            return false;
        }
    }
    buffer_append_byte(json, '}');
    if (below(6) == 0) { /* complete, but refused in the end */
        batch_rewind(b);
        json->size = start;
        return false;
    }
    batch_row_done(b);
    return true;
}

static int64_t count_nulls(const struct column *c)
{
    int64_t nulls = 0;
    for (int64_t i = 0; i < c->length; i++) nulls += !column_valid(c, i);
    return nulls;
}

static void check_counts(const struct column *c)
{
    assert_int_equal(count_nulls(c), c->null_count);
    assert_true((c->validity == NULL) == (c->null_count == 0));
    for (int i = 0; i < c->type->child_count; i++) {
        if (c->offsets) assert_int_equal(c->children[i].length, c->offsets[c->length]);
        else assert_int_equal(c->children[i].length, c->length);
        check_counts(&c->children[i]);
    }
}

static void expect_rows(const struct batch *batch, const struct buffer *json)
{
    struct buffer printed = {0};
    for (int64_t i = 0; i < batch->rows; i++) batch_print_row(&printed, batch, i);
    assert_int_equal(printed.size, json->size);
    assert_memory_equal(buffer_text(&printed), json->data ? json->data : "", json->size);
    buffer_release(&printed);
    for (int i = 0; i < batch->schema->field_count; i++) {
        assert_int_equal(batch->columns[i].length, batch->rows);
        check_counts(&batch->columns[i]);
    }
}

/* Some of the rows, and some of those: what is left is what was kept. */
static void check_select(struct arena *arena, const struct batch *batch)
{
    for (int round = 0; round < 3 && batch->rows; round++) {
        uint8_t *keep = arena_calloc(arena, (size_t)(batch->rows + 7) / 8, 1);
        struct buffer expected = {0};
        uint32_t *origin = ARENA_ARRAY(arena, uint32_t, (size_t)batch->rows);
        int64_t kept = 0;
        uint32_t odds = below(4);
        for (int64_t i = 0; i < batch->rows; i++)
            if (below(4) <= odds) {
                bit_set(keep, i);
                batch_print_row(&expected, batch, i);
                origin[kept++] = batch->origin ? batch->origin[i] : (uint32_t)i;
            }
        const struct batch *all = batch;
        batch = batch_select(arena, batch, keep);
        assert_int_equal(batch->rows, kept);
        expect_rows(batch, &expected);
        if (kept == all->rows) assert_ptr_equal(batch, all);
        else assert_memory_equal(batch->origin, origin, (size_t)kept * sizeof *origin);
        buffer_release(&expected);
    }
}

static void random_rows(void **state)
{
    (void)state;
    struct batch_builder b = {0};
    for (int round = 0; round < 300; round++) {
        struct arena arena = {0};
        struct buffer json = {0};
        struct field fields[5];
        const struct schema schema = {1 + (int)below(5), fields};
        for (int i = 0; i < schema.field_count; i++)
            fields[i] =
                (struct field){arena_printf(&arena, "c%d", i), random_type(&arena, 3), false};
        batch_begin(&b, &schema);
        for (int again = 0; again < 2; again++) {
            int64_t rows = 0;
            buffer_reset(&json);
            for (int i = (int)below(80); i > 0; i--) rows += append_row(&b, &json);
            const struct batch *batch = batch_finish(&b, &arena);
            assert_int_equal(batch->rows, rows);
            expect_rows(batch, &json);
            check_select(&arena, batch);
            batch_reset(&b);
        }
        buffer_release(&json);
        arena_release(&arena);
    }
    batch_builder_release(&b);
}

static void keeps_memory(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct batch_builder b = {0};
    const struct schema *schema = parse_schema(&arena, "struct<s:string,l:array<bigint>>");
    batch_begin(&b, schema);
    for (int i = 0; i < 10000; i++) {
        builder_bytes(&b.columns[0], SPAN("0123456789"));
        builder_list(&b.columns[1], 1);
        builder_int(&b.columns[1].children[0], i);
        batch_row_done(&b);
    }
    const struct batch *batch = batch_finish(&b, &arena);
    assert_int_equal(batch_bytes(batch), 10000 * 10 + 2 * 10001 * 4 + 10000 * 8);
    const void *text = b.columns[0].values.data, *numbers = b.columns[1].children[0].values.data;
    batch_begin(&b, schema_copy(&arena, schema));
    assert_ptr_equal(b.columns[0].values.data, text);
    assert_ptr_equal(b.columns[1].children[0].values.data, numbers);
    assert_int_equal(batch_finish(&b, &arena)->rows, 0);
    batch_builder_release(&b);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lays_out_as_arrow),
        cmocka_unit_test(empty_batches),
        cmocka_unit_test(random_rows),
        cmocka_unit_test(keeps_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
