/* Tables in memory: columns of every kind go to the SQL engine and come back as they were, over chunk
 * and batch borders; a session forgets its tables between queries and can read no file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "sql/internal.h" /* before cmocka's own fail() */

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#define LIBRARY "deps/engine/node_modules/@duckdb/node-bindings-linux-x64/libduckdb.so"
enum { ROWS = 5000 };

static struct sql_engine *engine;
static struct sql_memory *memory;
static struct arena arena;
static struct batch_builder builder;

static int group_open(void **context)
{
    (void)context;
    setenv("SLUICE_DUCKDB", LIBRARY, 1);
    assert_int_equal(sql_open(NULL, &engine), OK);
    return sql_memory_open(engine, &memory) == OK ? 0 : -1;
}

static int group_close(void **context)
{
    (void)context;
    sql_memory_close(memory);
    sql_close(engine);
    batch_builder_release(&builder);
    arena_release(&arena);
    return 0;
}

static const struct schema *schema_of(const char *text)
{
    const struct type *type;
    assert_int_equal(type_parse(&arena, span_of(text), &type), OK);
    struct schema *schema = ARENA_NEW(&arena, struct schema);
    *schema = (struct schema){type->child_count, type->children};
    return schema;
}

/* A value of any type that says which row it is of; every seventh is NULL. */
static void append(struct builder *b, int64_t n)
{
    char text[32];
    int64_t length = n % 4;
    if (n % 7 == 3) {
        builder_null(b);
        return;
    }
    switch (b->type->kind) {
    case TYPE_BOOLEAN: builder_bool(b, n % 2); break;
    case TYPE_TINYINT: builder_int(b, n % 100); break;
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_DATE: builder_int(b, n % 30000 - 100); break;
    case TYPE_BIGINT:
    case TYPE_TIMESTAMP: builder_int(b, n * 1000003 - 7); break;
    case TYPE_FLOAT:
    case TYPE_DOUBLE: builder_double(b, (double)n / 8); break;
    case TYPE_DECIMAL: builder_decimal(b, n % 1000 - 500); break;
    case TYPE_STRUCT:
        builder_struct(b);
        for (int i = 0; i < b->child_count; i++) append(&b->children[i], n + i);
        break;
    case TYPE_ARRAY:
    case TYPE_MAP:
        builder_list(b, length);
        for (int64_t k = 0; k < length; k++)
            for (int i = 0; i < b->child_count; i++) /* keys are never NULL */
                append(&b->children[i], b->type->kind == TYPE_MAP && i == 0 ? 7 * (10 * n + k) : n + k);
        break;
    default:
        snprintf(text, sizeof text, n % 2 ? "%lld" : "a text of some length %lld", (long long)n);
        builder_bytes(b, span_of(text));
    }
}

static struct sql_rows rows_of(const struct schema *schema, const int *sizes, size_t count)
{
    const struct batch **batches = ARENA_ARRAY(&arena, const struct batch *, count);
    int64_t n = 0;
    for (size_t b = 0; b < count; b++) {
        batch_begin(&builder, schema);
        for (int i = 0; i < sizes[b]; i++, n++) {
            for (int c = 0; c < schema->field_count; c++) append(&builder.columns[c], n + c);
            batch_row_done(&builder);
        }
        batches[b] = batch_copy(&arena, batch_finish(&builder, &arena));
    }
    return (struct sql_rows){schema, batches, count};
}

static void rows_print(struct buffer *out, const struct sql_rows *rows)
{
    for (size_t b = 0; b < rows->count; b++)
        for (int64_t i = 0; i < rows->batches[b]->rows; i++) {
            batch_print_row(out, rows->batches[b], i);
            buffer_append_byte(out, '\n');
        }
}

static void every_kind_comes_back(void **context)
{
    (void)context;
    const struct schema *schema = schema_of(
        "struct<q:boolean,a:tinyint,b:smallint,c:int,d:bigint,e:float,f:double,g:decimal(4,1),"
        "h:decimal(9,2),i:decimal(18,3),j:decimal(38,4),k:string,l:binary,m:date,n:timestamp,"
        "o:array<string>,p:struct<x:int,y:array<struct<z:bigint>>>,r:map<string,double>>");
    const int sizes[] = {1, 0, 2047, ROWS, 2048};
    struct sql_rows in = rows_of(schema, sizes, 5), out;
    struct buffer before = {0}, after = {0};
    if (sql_memory_query(memory, "SELECT * FROM scan.\"0\"", &in, 1, &arena, &out) != OK)
        fail_msg("%s", error_text());
    rows_print(&before, &in);
    rows_print(&after, &out);
    assert_int_equal(before.size, after.size);
    assert_memory_equal(before.data, after.data, before.size);
    for (int i = 0; i < schema->field_count; i++)
        assert_true(type_equal(schema->fields[i].type, out.schema->fields[i].type));
    buffer_release(&before);
    buffer_release(&after);
}

static int64_t number(const char *sql, const struct sql_rows *tables, size_t count)
{
    struct sql_rows out;
    if (sql_memory_query(memory, sql, tables, count, &arena, &out) != OK) fail_msg("%s", error_text());
    assert_int_equal(out.count, 1);
    return ((const int64_t *)out.batches[0]->columns[0].values)[0];
}

static void tables_change_with_the_query(void **context)
{
    (void)context;
    const struct schema *one = schema_of("struct<x:bigint>"), *other = schema_of("struct<y:string,x:bigint>");
    const int sizes[] = {10, 20}, empty[] = {0};
    struct sql_rows both[] = {rows_of(one, sizes, 2), rows_of(other, sizes, 1)}, none = rows_of(one, empty, 1);
    assert_int_equal(number("SELECT count(*) FROM scan.\"0\"", both, 2), 30);
    assert_int_equal(number("SELECT count(*) FROM scan.\"0\" JOIN scan.\"1\" ON true", both, 2), 300);
    assert_int_equal(number("SELECT count(y) FROM scan.\"0\"", &both[1], 1), 9);
    assert_int_equal(number("SELECT count(*) FROM scan.\"0\"", &none, 1), 0);
}

static void no_file_is_read(void **context)
{
    (void)context;
    struct sql_rows out;
    assert_int_not_equal(sql_memory_query(memory, "SELECT * FROM read_text('/etc/hostname')", NULL, 0, &arena, &out), OK);
    assert_int_not_equal(sql_memory_query(memory, "SET enable_external_access=true", NULL, 0, &arena, &out), OK);
}

static void a_batch_takes_another_schema(void **context)
{
    (void)context;
    const int sizes[] = {9};
    struct sql_rows in = rows_of(schema_of("struct<a:int,b:string>"), sizes, 1);
    const struct schema *to = schema_of("struct<B:string,c:double,A:bigint>");
    const struct batch *out;
    assert_int_equal(batch_conform(&arena, in.batches[0], to, &out), OK);
    struct buffer text = {0};
    batch_print_row(&text, out, 1);
    assert_string_equal(buffer_text(&text), "{\"B\":\"a text of some length 2\",\"c\":null,\"A\":-99}");
    buffer_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_comes_back), cmocka_unit_test(tables_change_with_the_query),
        cmocka_unit_test(no_file_is_read), cmocka_unit_test(a_batch_takes_another_schema)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, group_open, group_close);
}
