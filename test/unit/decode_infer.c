/* Inference: the narrowest schema that holds the records, widened batch by batch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/decode.h" /* before cmocka's own fail() */

#include <cmocka.h>

enum { RECORDS_MAX = 8 };

struct example {
    const char *so_far; /* fields, or NULL */
    const char *records[RECORDS_MAX];
    const char *fields;
};

static void infer_one(const struct example *e)
{
    struct arena arena = {0};
    struct schema before;
    const struct schema *after;
    const struct type *type;
    span records[RECORDS_MAX];
    size_t count = 0;
    struct buffer text = {0};
    for (; count < RECORDS_MAX && e->records[count]; count++)
        records[count] = span_of(e->records[count]);
    if (e->so_far) {
        assert_int_equal(
            type_parse(&arena, span_of(arena_printf(&arena, "struct<%s>", e->so_far)), &type), OK);
        before = (struct schema){type->child_count, type->children};
    }
    assert_int_equal(decode_infer(&arena, e->so_far ? &before : NULL, records, count, &after), OK);
    type_print(&text, &(struct type){.kind = TYPE_STRUCT,
                                     .child_count = after->field_count,
                                     .children = after->fields});
    char *wanted = arena_printf(&arena, "struct<%s>", e->fields);
    assert_string_equal(buffer_text(&text), wanted);
    buffer_release(&text);
    arena_release(&arena);
}

static void infer_all(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) infer_one(&examples[i]);
}
#define INFER_ALL(examples) infer_all(examples, sizeof(examples) / sizeof *(examples))

static void scalars(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {NULL, {"{\"a\":1,\"b\":1.5,\"c\":true,\"d\":\"x\"}"}, "a:int,b:double,c:boolean,d:string"},
        {NULL, {"{\"a\":2147483647,\"b\":-2147483648}"}, "a:int,b:int"},
        {NULL, {"{\"a\":2147483648,\"b\":-2147483649}"}, "a:bigint,b:bigint"},
        {NULL, {"{\"a\":9223372036854775807,\"b\":9223372036854775808}"}, "a:bigint,b:double"},
        {NULL, {"{\"a\":1e2,\"b\":1E2,\"c\":1.0}"}, "a:double,b:double,c:double"},
        {NULL, {"{\"a\":\"2023-09-07 16:02:17\"}"}, "a:string"},
        {NULL, {"{\"a\":null}"}, ""},
        {NULL, {"{}"}, ""},
        {NULL, {NULL}, ""},
        {NULL, {"{\"VentilatorId\":1,\"\\u00e9\":2}"}, "VentilatorId:int,\xC3\xA9:int"},
    };
    INFER_ALL(examples);
}

static void widening(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {NULL, {"{\"a\":1}", "{\"a\":3000000000}"}, "a:bigint"},
        {NULL, {"{\"a\":3000000000}", "{\"a\":1}"}, "a:bigint"},
        {NULL, {"{\"a\":3000000000}", "{\"a\":0.5}"}, "a:double"},
        {NULL, {"{\"a\":0.5}", "{\"a\":1}"}, "a:double"},
        {NULL, {"{\"a\":1}", "{\"a\":\"x\"}"}, "a:string"},
        {NULL, {"{\"a\":\"x\"}", "{\"a\":1}"}, "a:string"},
        {NULL, {"{\"a\":true}", "{\"a\":1}"}, "a:string"},
        {NULL, {"{\"a\":{\"b\":1}}", "{\"a\":1}"}, "a:string"},
        {NULL, {"{\"a\":[1]}", "{\"a\":{\"b\":1}}"}, "a:string"},
        {NULL, {"{\"a\":\"x\"}", "{\"a\":[{\"b\":1}]}"}, "a:string"},
        {NULL, {"{\"a\":null}", "{\"b\":1}", "{\"a\":1}"}, "a:int,b:int"},
        {NULL, {"{\"a\":1}", "{\"a\":null}"}, "a:int"},
        {NULL, {"{\"a\":1,\"b\":2}", "{\"c\":3,\"b\":2.5,\"a\":1}"}, "a:int,b:double,c:int"},
        {NULL, {"{\"a\":1,\"a\":\"x\"}"}, "a:string"},
    };
    INFER_ALL(examples);
}

static void nesting(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {NULL, {"{\"a\":{\"b\":1,\"c\":{\"d\":\"x\"}}}"}, "a:struct<b:int,c:struct<d:string>>"},
        {NULL, {"{\"a\":{\"b\":1}}", "{\"a\":{\"c\":2}}"}, "a:struct<b:int,c:int>"},
        {NULL, {"{\"a\":[1,2.5,null]}"}, "a:array<double>"},
        {NULL, {"{\"a\":[{\"b\":1},{\"c\":true}]}"}, "a:array<struct<b:int,c:boolean>>"},
        {NULL, {"{\"a\":[1,\"x\"]}"}, "a:array<string>"},
        {NULL, {"{\"a\":[[1],[2.5]]}"}, "a:array<array<double>>"},
        {NULL, {"{\"a\":[],\"b\":{},\"c\":[null],\"d\":{\"e\":null},\"f\":[{}]}"}, ""},
        {NULL,
         {"{\"a\":[],\"b\":{}}", "{\"a\":[1],\"b\":{\"c\":1}}"},
         "a:array<int>,b:struct<c:int>"},
    };
    INFER_ALL(examples);
}

static void what_was_known_stays(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"z:int,a:bigint", {"{\"a\":1,\"b\":2}"}, "z:int,a:bigint,b:int"},
        {"a:int", {"{\"a\":1.5}"}, "a:double"},
        {"a:struct<b:int>", {"{\"a\":{\"c\":1}}"}, "a:struct<b:int,c:int>"},
        {"a:array<int>", {"{\"a\":[3000000000]}"}, "a:array<bigint>"},
        {"a:array<int>", {"{\"a\":\"x\"}"}, "a:string"},
        {"a:timestamp,b:decimal(5,2),c:map<string,int>",
         {"{\"a\":\"x\",\"b\":1,\"c\":{\"k\":1}}"},
         "a:timestamp,b:decimal(5,2),c:map<string,int>"},
        {"a:int", {NULL}, "a:int"},
    };
    INFER_ALL(examples);
}

static void broken_records_count_for_nothing(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {NULL, {"{\"a\":1,\"b\":", "{\"a\":\"x\"}}", "[{\"c\":1}]", "", "7", "{\"d\":1}"}, "d:int"},
        {NULL, {"{\"a\":\"\xFF\"}", "{\"a\\u0000\":1}", "{\"a\":1}"}, "a:int"},
    };
    INFER_ALL(examples);
}

static void bounds(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct buffer text = {0};
    const struct schema *schema;
    span record;
    /* deeper than types go: text */
    buffer_append_text(&text, "{\"a\":");
    for (int i = 0; i < 100; i++) buffer_append_text(&text, "[");
    buffer_append_text(&text, "1");
    for (int i = 0; i < 100; i++) buffer_append_text(&text, "]");
    buffer_append_text(&text, "}");
    record = buffer_span(&text);
    assert_int_equal(decode_infer(&arena, NULL, &record, 1, &schema), OK);
    int depth = 0;
    const struct type *type = schema->fields[0].type;
    for (; type->kind == TYPE_ARRAY; type = type->children[0].type) depth++;
    assert_int_equal(type->kind, TYPE_STRING);
    assert_true(depth > 50 && depth < TYPE_DEPTH_MAX);
    /* more fields than a schema may have */
    for (int fields = TYPE_FIELDS_MAX; fields <= TYPE_FIELDS_MAX + 1; fields++) {
        buffer_reset(&text);
        for (int i = 0; i < fields; i++) buffer_printf(&text, "%c\"f%d\":0", i ? ',' : '{', i);
        buffer_append_text(&text, "}");
        record = buffer_span(&text);
        assert_int_equal(decode_infer(&arena, NULL, &record, 1, &schema),
                         fields > TYPE_FIELDS_MAX ? ERR_LIMIT : OK);
    }
    buffer_release(&text);
    arena_release(&arena);
}

/* What was inferred from records takes every value of them. */
static void inferred_schema_holds_its_records(void **state)
{
    (void)state;
    static const span records[] = {
        SPAN("{\"id\":1,\"mag\":1,\"place\":null,\"at\":{\"lat\":1.5,\"lon\":2},\"tags\":[]}"),
        SPAN("{\"id\":3000000000,\"mag\":0.25,\"place\":\"x\",\"tags\":[\"a\",1,true]}"),
        SPAN("{\"id\":null,\"place\":{\"b\":[1]},\"at\":{\"depth\":[1,2.5]},\"new\":true}"),
    };
    struct arena arena = {0};
    const struct schema *schema = NULL;
    struct decoder *decoder;
    struct decoded out;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(decode_infer(&arena, schema, &records[i], 1, &schema), OK);
    const struct decode_options options = {.policy = DECODE_INFERRED, .strict = true};
    assert_int_equal(decoder_open(&decoder, schema, &options), OK);
    assert_int_equal(decoder_run(decoder, records, 3, &arena, &out), OK);
    assert_int_equal(out.fault_count, 0);
    assert_int_equal(out.batch->rows, 3);
    decoder_close(decoder);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars),
        cmocka_unit_test(widening),
        cmocka_unit_test(nesting),
        cmocka_unit_test(what_was_known_stays),
        cmocka_unit_test(broken_records_count_for_nothing),
        cmocka_unit_test(bounds),
        cmocka_unit_test(inferred_schema_holds_its_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
