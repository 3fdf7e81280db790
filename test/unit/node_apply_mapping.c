/* ApplyMapping through its type row: mapping documents over batches, compared as JSON rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "node/node.h"

#include <cmocka.h>
#include <stdlib.h>

struct fixture {
    struct arena arena;
    struct decoder *decoder;
    struct node source, node;
    struct node *inputs[1];
    struct node_output out;
    json_t *config;
};

static const struct schema *schema_of(struct arena *arena, const char *struct_text)
{
    const struct type *type;
    assert_int_equal(type_parse(arena, span_of(struct_text), &type), OK);
    struct schema *schema = ARENA_NEW(arena, struct schema);
    *schema = (struct schema){type->child_count, type->children};
    return schema;
}

/* Decodes the documents with the schema, maps them, leaves the result in f->out. */
static error map(struct fixture *f, const char *schema, const char *mapping, bool strict,
                 const char *const *documents, size_t count)
{
    f->source.schema = schema_of(&f->arena, schema);
    f->inputs[0] = &f->source;
    char *text = arena_printf(&f->arena, "{\"Name\":\"m\",\"Inputs\":[\"s\"],\"Mapping\":%s}", mapping);
    assert_int_equal(json_read(span_of(text), &f->config), OK);
    f->node = (struct node){.type = &node_apply_mapping, .id = "m", .config = f->config,
                            .inputs = f->inputs, .input_count = 1};
    struct node_context context = {.arena = &f->arena, .strict_casts = strict};
    TRY(node_open(&f->node, &context));
    if (count == 0) return OK;
    span records[16];
    for (size_t i = 0; i < count; i++) records[i] = span_of(documents[i]);
    struct decode_options options = {.policy = DECODE_PERMISSIVE};
    struct decoded decoded;
    assert_int_equal(decoder_open(&f->decoder, f->source.schema, &options), OK);
    assert_int_equal(decoder_run(f->decoder, records, count, &f->arena, &decoded), OK);
    assert_int_equal(decoded.fault_count, 0);
    return f->node.type->apply(&f->node, decoded.batch, &f->arena, &f->out);
}

static void assert_row(struct fixture *f, int64_t row, const char *expected)
{
    struct buffer text = {0};
    batch_print_row(&text, f->out.batch, row);
    assert_string_equal(buffer_text(&text), expected);
    buffer_release(&text);
}

static int set_up(void **state)
{
    *state = must_calloc(1, sizeof(struct fixture));
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    if (f->decoder) decoder_close(f->decoder);
    json_decref(f->config);
    arena_release(&f->arena);
    free(f);
    return 0;
}

#define ITEM(from, from_type, to, to_type) \
    "{\"FromPath\":" from ",\"FromType\":\"" from_type "\",\"ToKey\":\"" to "\",\"ToType\":\"" to_type "\"}"

static void test_picks_renames_casts(void **state)
{
    const char *documents[] = {"{\"id\":7,\"when\":\"2023-09-07 16:02:17\",\"other\":1}",
                               "{\"id\":8,\"when\":\"not a time\"}"};
    assert_int_equal(map(*state, "struct<id:int,when:string,other:int>",
                         "[" ITEM("[\"WHEN\"]", "string", "at", "timestamp") ","
                             ITEM("[\"id\"]", "int", "id", "long") "]",
                         false, documents, 2), OK);
    struct fixture *f = *state;
    assert_int_equal(f->node.schema->field_count, 2);
    assert_string_equal(f->node.schema->fields[0].name, "at");
    assert_int_equal(f->node.schema->fields[1].type->kind, TYPE_BIGINT);
    assert_row(f, 0, "{\"at\":\"2023-09-07 16:02:17\",\"id\":7}");
    assert_row(f, 1, "{\"at\":null,\"id\":8}");
    assert_int_equal(f->out.cast_failures[0], 1);
    assert_int_equal(f->out.fault_count, 0);
}

static void test_nests_and_flattens(void **state)
{
    const char *documents[] = {"{\"a\":{\"b\":{\"c\":5}},\"d\":\"x\"}", "{\"a\":null,\"d\":\"y\"}"};
    assert_int_equal(map(*state, "struct<a:struct<b:struct<c:int>>,d:string>",
                         "[" ITEM("[\"a\",\"b\",\"c\"]", "int", "flat", "int") ","
                             ITEM("[\"d\"]", "string", "out.inner.d", "string") ","
                             ITEM("[\"d\"]", "string", "`dotted.name`", "string") "]",
                         false, documents, 2), OK);
    assert_row(*state, 0, "{\"flat\":5,\"out\":{\"inner\":{\"d\":\"x\"}},\"dotted.name\":\"x\"}");
    assert_row(*state, 1, "{\"flat\":null,\"out\":{\"inner\":{\"d\":\"y\"}},\"dotted.name\":\"y\"}");
}

static void test_children_of_struct_and_dropped(void **state)
{
    const char *documents[] = {"{\"p\":{\"x\":\"1\",\"y\":2,\"z\":3}}", "{\"p\":null}"};
    assert_int_equal(map(*state, "struct<p:struct<x:string,y:int,z:int>>",
                         "[{\"FromPath\":[\"p\"],\"FromType\":\"struct\",\"ToKey\":\"q\",\"ToType\":\"struct\","
                         "\"Children\":[" ITEM("[\"x\"]", "string", "n", "int") ","
                         "{\"FromPath\":[\"y\"],\"Dropped\":true}," ITEM("[\"z\"]", "int", "z", "string") "]}]",
                         false, documents, 2), OK);
    assert_row(*state, 0, "{\"q\":{\"n\":1,\"z\":\"3\"}}");
    assert_row(*state, 1, "{\"q\":null}");
}

static void test_children_of_array(void **state)
{
    const char *documents[] = {"{\"l\":[{\"a\":\"1\",\"b\":2},null,{\"a\":\"x\",\"b\":4}]}", "{\"l\":[]}",
                               "{\"l\":null}"};
    assert_int_equal(map(*state, "struct<l:array<struct<a:string,b:int>>>",
                         "[{\"FromPath\":[\"l\"],\"FromType\":\"array\",\"ToKey\":\"l\",\"ToType\":\"array\","
                         "\"Children\":[" ITEM("[\"a\"]", "string", "n", "int") "]}]",
                         true, documents, 3), OK);
    struct fixture *f = *state;
    assert_int_equal(f->out.fault_count, 1); /* "x" is no number: strict */
    assert_int_equal(f->out.faults[0].record, 0);
    assert_string_equal(f->out.faults[0].column, "l");
    assert_int_equal(f->out.batch->rows, 2);
    assert_row(f, 0, "{\"l\":[]}");
    assert_row(f, 1, "{\"l\":null}");
}

static void test_missing_field_is_null(void **state)
{
    const char *documents[] = {"{\"a\":1}"};
    assert_int_equal(map(*state, "struct<a:int>",
                         "[" ITEM("[\"a\"]", "int", "a", "int") ","
                             ITEM("[\"gone\"]", "int", "gone", "array<int>") "]",
                         false, documents, 1), OK);
    assert_row(*state, 0, "{\"a\":1,\"gone\":null}");
}

static void test_strict_reports_records(void **state)
{
    const char *documents[] = {"{\"a\":\"1\"}", "{\"a\":\"one\"}", "{\"a\":\"3\"}", "{\"a\":\"\"}"};
    assert_int_equal(map(*state, "struct<a:string>", "[" ITEM("[\"a\"]", "string", "n", "int") "]", true,
                         documents, 4), OK);
    struct fixture *f = *state;
    assert_int_equal(f->out.batch->rows, 2);
    assert_int_equal(f->out.fault_count, 2);
    assert_int_equal(f->out.faults[0].record, 1);
    assert_int_equal(f->out.faults[1].record, 3);
    assert_int_equal(f->out.batch->origin[1], 2);
    assert_row(f, 1, "{\"n\":3}");
}

static void test_refusals(void **state)
{
    static const struct { const char *mapping, *expected; } cases[] = {
        {"[]", "every field is dropped"},
        {"[" ITEM("[\"a\"]", "int", "x", "int") "," ITEM("[\"b\"]", "int", "X", "int") "]",
         "two mappings write the field 'X'"},
        {"[" ITEM("[\"a\"]", "int", "x", "integr") "]", "integr"},
        {"[{\"ToKey\":\"x\"}]", "without FromPath"},
        {"[{\"FromPath\":[\"a\"],\"ToKey\":\"x\",\"Typo\":1}]", "typo"},
        {"[{\"FromPath\":[\"a\"],\"ToKey\":\"x..y\"}]", "empty name"},
        {"[{\"FromPath\":[\"a\"],\"ToKey\":\"x\",\"Children\":[{\"FromPath\":[\"b\"]}]}]", "no struct"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture *f = *state;
        json_decref(f->config);
        f->config = NULL;
        error e = map(f, "struct<a:int,b:int>", cases[i].mapping, false, NULL, 0);
        assert_int_not_equal(e, OK);
        if (!strstr(error_text(), cases[i].expected))
            fail_msg("expected '%s' in '%s'", cases[i].expected, error_text());
    }
}

/* The fields a detected source must decode, from FromPath and FromType. */
static void test_wants(void **state)
{
    struct fixture *f = *state;
    const char *text =
        "{\"Mapping\":[" ITEM("[\"p\",\"x\"]", "double", "x", "int") "," ITEM("[\"p\",\"y\"]", "string", "y", "string")
        "," ITEM("[\"id\"]", "long", "id", "long") "]}";
    assert_int_equal(json_read(span_of(text), &f->config), OK);
    struct node node = {.type = &node_apply_mapping, .config = f->config};
    const struct schema *schema;
    assert_int_equal(node_apply_mapping.wants(&node, &f->arena, &schema), OK);
    struct type type = {.kind = TYPE_STRUCT, .child_count = schema->field_count, .children = schema->fields};
    struct buffer printed = {0};
    type_print(&printed, &type);
    assert_string_equal(buffer_text(&printed), "struct<p:struct<x:double,y:string>,id:bigint>");
    buffer_release(&printed);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_picks_renames_casts), TEST(test_nests_and_flattens),
        TEST(test_children_of_struct_and_dropped), TEST(test_children_of_array),
        TEST(test_missing_field_is_null), TEST(test_strict_reports_records),
        TEST(test_refusals), TEST(test_wants),
    };
    return cmocka_run_group_tests_name("node_apply_mapping", tests, NULL, NULL);
}
