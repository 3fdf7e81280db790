/* Type text of the catalog: what is read, how it prints, what is refused and where. */
#include "batch/batch.h" /* before cmocka, which makes a macro of fail */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct arena arena;

static void expect(const char *text, const char *printed)
{
    const struct type *type, *again;
    struct buffer out = {0};
    assert_int_equal(type_parse(&arena, span_of(text), &type), OK);
    type_print(&out, type);
    assert_string_equal(buffer_text(&out), printed);
    assert_int_equal(type_parse(&arena, buffer_span(&out), &again), OK);
    assert_true(type_equal(type, again) && type_equal(type, type_copy(&arena, type)));
    buffer_release(&out);
}

static void reads_and_prints(void **state)
{
    (void)state;
    static const char *const same[] = {
        "boolean",
        "tinyint",
        "smallint",
        "int",
        "bigint",
        "float",
        "double",
        "decimal(38,38)",
        "decimal(1,0)",
        "string",
        "char(255)",
        "varchar(65535)",
        "binary",
        "date",
        "timestamp",
        "array<array<int>>",
        "map<string,map<int,date>>",
        "struct<a:int>",
        "struct<a:int,b:array<string>,c:map<bigint,struct<d:decimal(10,2)>>>",
        "struct<int:int>",
        "struct<\xC3\xA9:int>",
        "struct<a.b:int,@x-y/z:int>",
        "struct<`a b`:int>",
        "struct<```,:`:int>"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) expect(same[i], same[i]);
    static const char *const other[][2] = {
        {" INT ", "int"},
        {"Integer", "int"},
        {"long", "bigint"},
        {"short", "smallint"},
        {"byte", "tinyint"},
        {"real", "float"},
        {"double  PRECISION", "double"},
        {"decimal", "decimal(10,0)"},
        {"decimal(5)", "decimal(5,0)"},
        {"numeric(5,1)", "decimal(5,1)"},
        {"dec ( 5 , 1 )", "decimal(5,1)"},
        {"char", "varchar(65535)"},
        {"varchar", "varchar(65535)"},
        {"Struct < A : INT , `b` : Array < Long > >", "struct<A:int,b:array<bigint>>"},
        {"\tmap\n<string ,\rint>", "map<string,int>"}};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) expect(other[i][0], other[i][1]);
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *told;
        error code;
    } bad[] = {
        {"", "type: type name expected at position 0, text ends", ERR_PARSE},
        {"integr", "type: type name expected at position 0, found 'integr'", ERR_PARSE},
        {"array<>", "type: type name expected at position 6, found '>'", ERR_PARSE},
        {"array", "type: '<' expected at position 5, text ends", ERR_PARSE},
        {"array<int", "type: '>' expected at position 9, text ends", ERR_PARSE},
        {"int int", "type: end of the type expected at position 4, found 'int'", ERR_PARSE},
        {"array<int>>", "type: end of the type expected at position 10, found '>'", ERR_PARSE},
        {"map<string>", "type: ',' expected at position 10, found '>'", ERR_PARSE},
        {"map<array<int>,int>", "type: map key at position 4 must be primitive", ERR_PARSE},
        {"struct<>", "type: field name expected at position 7, found '>'", ERR_PARSE},
        {"struct<a>", "type: ':' expected at position 8, found '>'", ERR_PARSE},
        {"struct<a:int,>", "type: field name expected at position 13, found '>'", ERR_PARSE},
        {"struct<`a:int>",
         "type: closing back-tick of the name expected at position 8, found 'a:int>'", ERR_PARSE},
        {"struct<``:int>", "type: field name expected at position 9, found ':int>'", ERR_PARSE},
        {"struct<a:int,A:int>", "type: struct has two fields 'A'", ERR_PARSE},
        {"struct<\xFF:int>", "type: field name at position 7 is not valid UTF-8", ERR_PARSE},
        {"decimal(0)", "type: precision at position 8 must be from 1 to 38", ERR_PARSE},
        {"decimal(39)", "type: precision at position 8 must be from 1 to 38", ERR_PARSE},
        {"decimal(99999999999999999999)", "type: precision at position 8 must be from 1 to 38",
         ERR_PARSE},
        {"decimal(5,6)", "type: scale at position 10 must be from 0 to 5", ERR_PARSE},
        {"decimal()", "type: precision expected at position 8, found ')'", ERR_PARSE},
        {"decimal(5,-1)", "type: scale expected at position 10, found '-1)'", ERR_PARSE},
        {"char(256)", "type: length at position 5 must be from 1 to 255", ERR_PARSE},
        {"varchar(65536)", "type: length at position 8 must be from 1 to 65535", ERR_PARSE},
        {"varchar(0)", "type: length at position 8 must be from 1 to 65535", ERR_PARSE},
        {"uniontype<int,string>", "type: uniontype at position 0 is not supported",
         ERR_UNSUPPORTED},
    };
    const struct type *type;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(type_parse(&arena, span_of(bad[i].text), &type), bad[i].code);
        assert_string_equal(error_text(), bad[i].told);
    }
    assert_int_equal(type_parse(&arena, SPAN("struct<a\0b:int>"), &type), ERR_PARSE);
    assert_int_equal(type_parse(&arena, SPAN("struct<`a\0b`:int>"), &type), ERR_PARSE);
}

static void limits(void **state)
{
    (void)state;
    struct buffer text = {0};
    const struct type *type;
    for (int depth = TYPE_DEPTH_MAX; depth <= TYPE_DEPTH_MAX + 1; depth++) {
        buffer_reset(&text);
        for (int i = 0; i < depth; i++) buffer_append_text(&text, "array<");
        buffer_append_text(&text, "int");
        for (int i = 0; i < depth; i++) buffer_append_text(&text, ">");
        assert_int_equal(type_parse(&arena, buffer_span(&text), &type),
                         depth > TYPE_DEPTH_MAX ? ERR_LIMIT : OK);
    }
    for (int count = TYPE_FIELDS_MAX; count <= TYPE_FIELDS_MAX + 1; count++) {
        buffer_reset(&text);
        buffer_append_text(&text, "struct<");
        for (int i = 0; i < count; i++) buffer_printf(&text, "%sf%d:int", i ? "," : "", i);
        buffer_append_text(&text, ">");
        assert_int_equal(type_parse(&arena, buffer_span(&text), &type),
                         count > TYPE_FIELDS_MAX ? ERR_LIMIT : OK);
    }
    assert_int_equal(type->kind, TYPE_STRUCT);
    buffer_reset(&text);
    buffer_append_text(&text, "int");
    while (text.size < 131072) buffer_append_byte(&text, ' ');
    assert_int_equal(type_parse(&arena, buffer_span(&text), &type), OK);
    buffer_append_byte(&text, ' ');
    assert_int_equal(type_parse(&arena, buffer_span(&text), &type), ERR_LIMIT);
    buffer_release(&text);
}

static void compares(void **state)
{
    (void)state;
    static const char *const all[] = {
        "int",           "decimal(5,1)",  "decimal(5,2)",  "decimal(6,1)",       "char(3)",
        "varchar(3)",    "varchar(4)",    "array<int>",    "array<bigint>",      "map<int,int>",
        "struct<a:int>", "struct<b:int>", "struct<A:int>", "struct<a:int,b:int>"};
    enum { COUNT = sizeof all / sizeof *all };
    const struct type *types[COUNT];
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(type_parse(&arena, span_of(all[i]), &types[i]), OK);
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < COUNT; k++) assert_int_equal(type_equal(types[i], types[k]), i == k);
    assert_true(type_equal(type_of(TYPE_INT), types[0]));
    assert_true(types[9]->children[0].required && !types[9]->children[1].required);
    assert_string_equal(types[9]->children[0].name, "key");
}

static void finds_fields(void **state)
{
    (void)state;
    const struct field fields[] = {{"Abc", type_of(TYPE_INT), false},
                                   {"abc", type_of(TYPE_STRING), false},
                                   {"xyz", type_of(TYPE_DATE), true}};
    const struct schema schema = {3, fields};
    assert_int_equal(schema_find(&schema, SPAN("abc")), 1);
    assert_int_equal(schema_find(&schema, SPAN("Abc")), 0);
    assert_int_equal(schema_find(&schema, SPAN("ABC")), 0);
    assert_int_equal(schema_find(&schema, SPAN("XYZ")), 2);
    assert_int_equal(schema_find(&schema, SPAN("xy")), -1);
    struct schema *copy = schema_copy(&arena, &schema);
    assert_true(schema_equal(copy, &schema) && copy->fields[2].name != fields[2].name);
    copy->field_count = 2;
    assert_false(schema_equal(copy, &schema));
}

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_prints), cmocka_unit_test(refuses), cmocka_unit_test(limits),
        cmocka_unit_test(compares), cmocka_unit_test(finds_fields),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
