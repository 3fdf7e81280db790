/* SQL over Parquet files: the declared types hold whatever the files say, partitions are
 * constants, every type comes back as a batch, and nothing but the tables given can be read by
 * whatever text. The files are written by the engine itself, through a
 * session that is not locked yet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "sql/internal.h" /* before cmocka's own fail() */

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LIBRARY "deps/engine/node_modules/@duckdb/node-bindings-linux-x64/libduckdb.so"

static char folder[] = "/tmp/sluice-sql-XXXXXX";
static struct sql_engine *engine;
static struct arena arena;

static void run(const char *sql)
{
    struct session s;
    assert_int_equal(session_open(engine, &s), OK);
    if (session_run(&s, sql) != OK) fail_msg("%s: %s", sql, error_text());
    session_close(&s);
}

static const char *file(const char *name)
{
    return arena_printf(&arena, "%s/%s", folder, name);
}

static void write_file(const char *name, const char *select)
{
    run(arena_printf(&arena, "COPY (%s) TO '%s' (FORMAT parquet)", select, file(name)));
}

static int group_open(void **context)
{
    (void)context;
    assert_non_null(mkdtemp(folder));
    /* before any library is loaded, a missing one is worded */
    const struct sql_options nowhere = {.library = "/nowhere/libduckdb.so"};
    assert_int_equal(sql_open(&nowhere, &engine), ERR_UNSUPPORTED);
    assert_non_null(strstr(error_text(), "/nowhere/libduckdb.so"));
    unsetenv("SLUICE_DUCKDB");
    if (sql_open(NULL, &engine) != OK) assert_non_null(strstr(error_text(), "npm ci"));
    else sql_close(engine);
    setenv("SLUICE_DUCKDB", LIBRARY, 1);
    assert_int_equal(sql_open(NULL, &engine), OK);
    write_file("h1.parquet", "SELECT 1::BIGINT AS id, 'GE' AS maker, 7::BIGINT AS extra");
    write_file("h2.parquet", "SELECT 2::BIGINT AS \"ID\", 'Dr''a' AS maker "
                             "UNION ALL SELECT 3, NULL");
    write_file("big.parquet", "SELECT 5000000000::BIGINT AS id, 'x' AS maker");
    write_file("secret.parquet", "SELECT 'secret' AS s");
    return 0;
}

static int group_close(void **context)
{
    (void)context;
    sql_close(engine);
    assert_int_equal(system(arena_printf(&arena, "rm -rf %s", folder)), 0);
    arena_release(&arena);
    return 0;
}

/* ---- tables ---- */

static const struct schema *schema(const char *text)
{
    const struct type *type;
    assert_int_equal(type_parse(&arena, span_of(text), &type), OK);
    struct schema *s = ARENA_NEW(&arena, struct schema);
    *s = (struct schema){type->child_count, type->children};
    return s;
}

static struct sql_table ventilators(void)
{
    const char **one = ARENA_ARRAY(&arena, const char *, 1), **two = ARENA_ARRAY(&arena, const char *, 1);
    const char **first = ARENA_ARRAY(&arena, const char *, 2), **second = ARENA_ARRAY(&arena, const char *, 2);
    struct sql_files *files = ARENA_ARRAY(&arena, struct sql_files, 2);
    one[0] = file("h1.parquet"), two[0] = file("h2.parquet");
    first[0] = "2023", first[1] = "01", second[0] = "2023", second[1] = NULL;
    files[0] = (struct sql_files){.paths = one, .path_count = 1, .values = first};
    files[1] = (struct sql_files){.paths = two, .path_count = 1, .values = second};
    return (struct sql_table){
        .database = "ventilatordb", .name = "ventilators",
        .schema = schema("struct<id:int,maker:string,missing:decimal(10,2)>"),
        .partition_keys = schema("struct<year:int,month:int>"), .files = files, .file_sets = 2,
    };
}

/* The same with the rows of its files counted, so that none need be opened. */
static struct sql_table counted_ventilators(void)
{
    struct sql_table table = ventilators();
    struct sql_files *files = arena_copy(&arena, table.files, 2 * sizeof *files);
    for (int i = 0; i < 2; i++) {
        files[i].is_counted = true;
        files[i].rows = i + 1;
    }
    table.files = files;
    return table;
}

static struct sql_table plain(const char *name, const char *columns, const char *path)
{
    const char **paths = ARENA_ARRAY(&arena, const char *, 1);
    struct sql_files *files = ARENA_ARRAY(&arena, struct sql_files, 1);
    paths[0] = path;
    *files = (struct sql_files){.paths = paths, .path_count = 1};
    return (struct sql_table){.database = "ventilatordb", .name = name, .schema = schema(columns),
                              .files = files, .file_sets = path != NULL};
}

/* ---- asking ---- */

static error query(struct sql_engine *asked, const char *sql, const struct sql_table *tables,
                   size_t count, struct sql_result **out)
{
    const struct sql_statement statement = {.text = sql, .tables = tables, .table_count = count};
    return sql_query(asked, &statement, out);
}

static error rows_print(struct sql_result *result, struct buffer *out)
{
    struct arena rows = {0};
    const struct batch *batch;
    error e;
    while ((e = sql_result_next(result, &rows, &batch)) == OK && batch) {
        for (int64_t i = 0; i < batch->rows; i++) {
            batch_print_row(out, batch, i);
            buffer_append_byte(out, '\n');
        }
        arena_reset(&rows);
    }
    sql_result_close(result);
    arena_release(&rows);
    return e;
}

static error ask_tables(const char *sql, const struct sql_table *tables, size_t count,
                        struct buffer *out)
{
    struct sql_result *result;
    TRY(query(engine, sql, tables, count, &result));
    return rows_print(result, out);
}

static error ask_reading(bool columns, bool keys, const char *sql, struct buffer *out)
{
    const struct sql_table table = counted_ventilators();
    const struct sql_statement statement = {sql, &table, 1, &columns, &keys};
    struct sql_result *result;
    TRY(sql_query(engine, &statement, &result));
    return rows_print(result, out);
}

static error ask(const char *sql, struct buffer *out)
{
    const struct sql_table tables[] = {
        ventilators(),
        plain("big", "struct<id:int,maker:string>", file("big.parquet")),
        plain("empty", "struct<a:int,b:array<struct<c:date>>>", NULL),
    };
    return ask_tables(sql, tables, 3, out);
}

static void assert_rows(const char *sql, const char *expected)
{
    struct buffer out = {0};
    if (ask(sql, &out) != OK) fail_msg("%s: %s", sql, error_text());
    assert_string_equal(buffer_text(&out), expected);
    buffer_release(&out);
}

static void assert_refused(const char *sql, error code, const char *words)
{
    struct buffer out = {0};
    error e = ask(sql, &out);
    if (e != code) fail_msg("%s: error %d, not %d: %s", sql, e, code, e ? error_text() : "accepted");
    if (words && !strstr(error_text(), words)) fail_msg("%s: %s", sql, error_text());
    buffer_release(&out);
}

static void assert_type(const char *sql, const char *expected)
{
    struct sql_result *result;
    struct buffer text = {0};
    if (query(engine, sql, NULL, 0, &result) != OK) fail_msg("%s: %s", sql, error_text());
    type_print(&text, sql_result_schema(result)->fields[0].type);
    assert_string_equal(buffer_text(&text), expected);
    buffer_release(&text);
    sql_result_close(result);
}

/* ---- tests ---- */

static void test_rows_and_partitions(void **context)
{
    (void)context;
    assert_rows("SELECT * FROM scan.\"0\" ORDER BY id",
                "{\"id\":1,\"maker\":\"GE\",\"missing\":null,\"year\":2023,\"month\":1}\n"
                "{\"id\":2,\"maker\":\"Dr'a\",\"missing\":null,\"year\":2023,\"month\":null}\n"
                "{\"id\":3,\"maker\":null,\"missing\":null,\"year\":2023,\"month\":null}\n");
    assert_rows("SELECT id FROM scan.\"0\" WHERE month = 1", "{\"id\":1}\n");
    assert_rows("SELECT count(*) AS n FROM scan.\"0\" WHERE month IS NULL", "{\"n\":2}\n");
    assert_rows("SELECT month, count(*) AS n FROM scan.\"0\" GROUP BY month ORDER BY n",
                "{\"month\":1,\"n\":1}\n{\"month\":null,\"n\":2}\n");
}

static void test_partitions_are_pruned(void **context)
{
    (void)context;
    struct buffer out = {0};
    assert_int_equal(ask("EXPLAIN SELECT id FROM scan.\"0\" WHERE month = 1", &out), OK);
    const char *scan = strstr(buffer_text(&out), "Function:"); /* one line of a scan's box */
    assert_non_null(scan);
    assert_null(strstr(scan + 1, "Function:"));
    /* no partition column is read: one scan of all files */
    buffer_reset(&out);
    assert_int_equal(ask_reading(true, false, "EXPLAIN SELECT sum(id) FROM scan.\"0\"", &out), OK);
    scan = strstr(buffer_text(&out), "Function:");
    assert_non_null(scan);
    assert_null(strstr(scan + 1, "Function:"));
    buffer_release(&out);
    /* but whatever way one is named, it has its value */
    static const char *const sqls[] = {
        "SELECT count(month) AS n FROM scan.\"0\"",
        "SELECT count(v.MONTH) AS n FROM scan.\"0\" v",
        "SELECT count(\"month\") AS n FROM (SELECT * FROM scan.\"0\")",
        "SELECT count(*) AS n FROM scan.\"0\" JOIN (SELECT 1 AS month) USING (month)",
        "SELECT count(*) AS n FROM scan.\"0\" NATURAL JOIN (SELECT 1 AS month)",
        "SELECT count(t.e) AS n FROM scan.\"0\" AS t(a, b, c, d, e)",
        "SELECT count(v['month']) AS n FROM scan.\"0\" v",
        "SELECT count(v) - 2 AS n FROM scan.\"0\" v WHERE v.month = 1 OR month IS NULL",
        "SELECT count(COLUMNS('mon.*')) AS n FROM scan.\"0\"",
        "SELECT count(CASE WHEN v::VARCHAR LIKE '%''month'': 1%' THEN 1 END) AS n FROM scan.\"0\" v",
        "SELECT count(#5) AS n FROM scan.\"0\"",
    };
    for (size_t i = 0; i < sizeof sqls / sizeof *sqls; i++) assert_rows(sqls[i], "{\"n\":1}\n");
}

static void test_counted_rows(void **context)
{
    (void)context;
    struct buffer out = {0};
    assert_int_equal(ask_reading(false, true, "SELECT month, count(*) AS n FROM scan.\"0\" GROUP BY month ORDER BY n", &out), OK);
    assert_string_equal(buffer_text(&out), "{\"month\":1,\"n\":1}\n{\"month\":null,\"n\":2}\n");
    buffer_reset(&out);
    assert_int_equal(ask_reading(false, false, "SELECT count(*) AS n FROM scan.\"0\"", &out), OK);
    assert_string_equal(buffer_text(&out), "{\"n\":3}\n");
    buffer_reset(&out);
    assert_int_equal(ask_reading(false, true, "EXPLAIN SELECT count(*) FROM scan.\"0\" WHERE month = 1", &out), OK);
    assert_null(strstr(buffer_text(&out), "PARQUET"));
    buffer_release(&out);
}

/* One statement that reads; the text is judged before, this is the second lock. */
static void test_other_statements(void **context)
{
    (void)context;
    static const char *const sqls[] = {"DROP VIEW scan.\"0\"", "SELECT 1; SELECT 2", "CREATE TABLE x AS SELECT 1",
                                       "COPY (SELECT 1) TO '/tmp/sluice-evil.csv'", "SELECT ?", "", "SELEC 1",
                                       "SET lock_configuration=false", "ATTACH '/tmp/sluice-evil.db'"};
    for (size_t i = 0; i < sizeof sqls / sizeof *sqls; i++) assert_refused(sqls[i], ERR_USAGE, NULL);
    assert_int_equal(access("/tmp/sluice-evil.csv", F_OK), -1);
}

static void test_declared_types_hold(void **context)
{
    (void)context;
    assert_refused("SELECT id FROM scan.\"1\"", ERR_PARSE, "big.parquet");
    assert_refused("SELECT id FROM scan.\"1\"", ERR_PARSE, "5000000000");
    assert_rows("SELECT maker FROM scan.\"1\"", "{\"maker\":\"x\"}\n"); /* only what is read is judged */
    assert_rows("SELECT count(*) AS n FROM scan.\"1\"", "{\"n\":1}\n");
}

static void test_table_without_files(void **context)
{
    (void)context;
    struct sql_result *result;
    struct buffer text = {0};
    const struct sql_table empty = plain("empty", "struct<a:int,b:array<struct<c:date>>>", NULL);
    assert_int_equal(query(engine, "SELECT * FROM scan.\"0\"", &empty, 1, &result), OK);
    type_print(&text, sql_result_schema(result)->fields[1].type);
    assert_string_equal(buffer_text(&text), "array<struct<c:date>>");
    struct arena rows = {0};
    const struct batch *batch;
    assert_int_equal(sql_result_next(result, &rows, &batch), OK);
    assert_null(batch);
    sql_result_close(result);
    buffer_release(&text);
    assert_rows("SELECT count(*) AS n FROM scan.\"2\"", "{\"n\":0}\n");
}

static void test_nested_columns(void **context)
{
    (void)context;
    write_file("nested.parquet",
               "SELECT {'A': 5::BIGINT, 'drop': 1} AS s, MAP {'k': [1, NULL], 'l': []} AS m, "
               "[{'x': 'p'}, NULL, {'x': NULL}] AS l, '\\xC3\\xA9'::BLOB AS raw, "
               "TIMESTAMPTZ '2023-01-10 06:07:08.123456+00' AS ts, 'abcdef' AS c "
               "UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL");
    struct sql_table t = plain("n", "struct<s:struct<a:int,b:date>,m:map<string,array<bigint>>,"
                                    "l:array<struct<x:string>>,raw:string,ts:timestamp,c:varchar(3)>",
                               file("nested.parquet"));
    struct buffer out = {0};
    if (ask_tables("SELECT * FROM scan.\"0\"", &t, 1, &out) != OK) fail_msg("%s", error_text());
    assert_string_equal(buffer_text(&out),
                        "{\"s\":{\"a\":5,\"b\":null},\"m\":{\"k\":[1,null],\"l\":[]},"
                        "\"l\":[{\"x\":\"p\"},null,{\"x\":null}],\"raw\":\"\xc3\xa9\","
                        "\"ts\":\"2023-01-10 06:07:08.123456\",\"c\":\"abc\"}\n"
                        "{\"s\":null,\"m\":null,\"l\":null,\"raw\":null,\"ts\":null,\"c\":null}\n");
    buffer_release(&out);
}

static void test_result_types(void **context)
{
    (void)context;
    static const struct {
        const char *expression, *type, *row;
    } cases[] = {
        {"true", "boolean", "true"},
        {"(-128)::TINYINT", "tinyint", "-128"},
        {"(-32768)::SMALLINT", "smallint", "-32768"},
        {"2147483647", "int", "2147483647"},
        {"(-9223372036854775808)::BIGINT", "bigint", "-9223372036854775808"},
        {"255::UTINYINT", "smallint", "255"},
        {"65535::USMALLINT", "int", "65535"},
        {"4294967295::UINTEGER", "bigint", "4294967295"},
        {"18446744073709551615::UBIGINT", "decimal(20,0)", "18446744073709551615"},
        {"sum(-5::BIGINT)", "decimal(38,0)", "-5"},
        {"99999999999999999999999999999999999999::UHUGEINT", "decimal(38,0)",
         "99999999999999999999999999999999999999"},
        {"0.25::FLOAT", "float", "0.25"},
        {"1e10::DOUBLE", "double", "1.0E10"},
        {"-1.25::DECIMAL(4,2)", "decimal(4,2)", "-1.25"},
        {"-1.25::DECIMAL(9,2)", "decimal(9,2)", "-1.25"},
        {"-1.25::DECIMAL(18,2)", "decimal(18,2)", "-1.25"},
        {"-1.25::DECIMAL(38,2)", "decimal(38,2)", "-1.25"},
        {"'short'", "string", "\"short\""},
        {"'longer than twelve bytes'", "string", "\"longer than twelve bytes\""},
        {"DATE '1969-12-31'", "date", "\"1969-12-31\""},
        {"TIMESTAMP '2023-09-07 16:02:17.5'", "timestamp", "\"2023-09-07 16:02:17.5\""},
        {"TIMESTAMP_S '2023-09-07 16:02:17'", "timestamp", "\"2023-09-07 16:02:17\""},
        {"TIMESTAMP_MS '2023-09-07 16:02:17.123'", "timestamp", "\"2023-09-07 16:02:17.123\""},
        {"TIMESTAMP_NS '1969-12-31 23:59:59.999999999'", "timestamp", "\"1969-12-31 23:59:59.999999\""},
        {"TIMESTAMPTZ '2023-09-07 16:02:17+09:00'", "timestamp", "\"2023-09-07 07:02:17\""},
        {"TIME '06:07:08.5'", "string", "\"06:07:08.500\""},
        {"INTERVAL 50 HOUR", "string", "\"0 50:00:00.000\""},
        {"INTERVAL 14 MONTH", "string", "\"1-2\""},
        {"'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID", "string", "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\""},
        {"'b'::ENUM('a', 'b')", "string", "\"b\""},
        {"NULL", "int", "null"},
        {"[1, NULL, 3]", "array<int>", "[1,null,3]"},
        {"[1, 2]::INTEGER[2]", "array<int>", "[1,2]"},
        {"[[], [1], NULL]", "array<array<int>>", "[[],[1],null]"},
        {"MAP {'a': {'b': 1}}", "map<string,struct<b:int>>", "{\"a\":{\"b\":1}}"},
        {"{'a': 1, 'b': [DATE '2020-02-29']}", "struct<a:int,b:array<date>>",
         "{\"a\":1,\"b\":[\"2020-02-29\"]}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *sql = arena_printf(&arena, "SELECT %s AS x", cases[i].expression);
        assert_type(sql, cases[i].type);
        assert_rows(sql, arena_printf(&arena, "{\"x\":%s}\n", cases[i].row));
    }
    assert_type("SELECT '\\x00\\xFF'::BLOB AS x", "binary");
    assert_refused("SELECT '101'::BIT AS x", ERR_UNSUPPORTED, "cast it to varchar");
    assert_refused("SELECT 170141183460469231731687303715884105727 AS x", ERR_PARSE, "38 digits");
}

static void test_many_rows(void **context)
{
    (void)context;
    struct sql_result *result;
    struct arena rows = {0};
    const struct batch *batch;
    int64_t count = 0, sum = 0, nulls = 0, elements = 0;
    assert_int_equal(query(engine,
                               "SELECT CASE WHEN range % 7 = 0 THEN NULL ELSE range END AS r, "
                               "CASE WHEN range % 3 = 0 THEN NULL ELSE [range, range + 1] END AS l, "
                               "repeat('x', (range % 40)::INT) AS s FROM range(100000)",
                               NULL, 0, &result), OK);
    while (sql_result_next(result, &rows, &batch) == OK && batch) {
        const int64_t *values = batch->columns[0].values;
        const struct column *l = &batch->columns[1], *s = &batch->columns[2];
        for (int64_t i = 0; i < batch->rows; i++, count++) {
            sum += values[i];
            assert_int_equal(column_valid(&batch->columns[0], i), count % 7 != 0);
            assert_int_equal(l->offsets[i + 1] - l->offsets[i], count % 3 ? 2 : 0);
            if (count % 3)
                assert_int_equal(((const int64_t *)l->children[0].values)[l->offsets[i] + 1], count + 1);
            assert_int_equal(column_span(s, i).size, count % 40);
        }
        nulls += batch->columns[0].null_count;
        elements += l->children[0].length;
        arena_reset(&rows);
    }
    assert_int_equal(count, 100000);
    assert_int_equal(nulls, 14286);
    assert_int_equal(sum, 4999950000 - 7LL * (14285LL * 14286 / 2));
    assert_int_equal(elements, 133332);
    sql_result_close(result);
    arena_release(&rows);
}

/* Below the judgement of the text: the session itself is locked. */
static void test_session_is_locked(void **context)
{
    (void)context;
    struct sql_table t = plain("t", "struct<id:bigint>", file("h1.parquet"));
    struct sql_table stranger = plain("t", "struct<s:string>", "/etc/passwd");
    struct sql_table pattern = plain("t", "struct<id:bigint>", file("h[12].parquet"));
    struct buffer out = {0};
    assert_int_equal(ask_tables("SELECT * FROM scan.\"0\"", &t, 1, &out), OK);
    assert_int_not_equal(ask_tables("SELECT * FROM scan.\"0\"", &stranger, 1, &out), OK);
    assert_int_equal(ask_tables("SELECT * FROM scan.\"0\"", &pattern, 1, &out), ERR_UNSUPPORTED);
    struct sql_result *result;
    assert_int_equal(query(engine, "SELECT * FROM scan.\"0\"", &t, 1, &result), OK);
    /* the one running session is reachable through sql_interrupt's handle only; use it here */
    struct session s = {engine->duck, NULL, engine->running};
    const char *const tries[] = {
        arena_printf(&arena, "SELECT * FROM read_parquet('%s')", file("secret.parquet")),
        arena_printf(&arena, "SELECT * FROM read_parquet('%s/../%s')", folder, file("secret.parquet")),
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        arena_printf(&arena, "SELECT CASE WHEN count(*) > 0 THEN 1 ELSE error('nothing seen') END FROM "
                     "glob('%s/*') WHERE file <> '%s'", folder, file("h1.parquet")),
        "COPY (SELECT 1) TO '/tmp/sluice-evil.csv'",
        "ATTACH '/tmp/sluice-evil.db'",
        "LOAD httpfs",
        "INSTALL httpfs",
        "SET enable_external_access=true",
        "SET allowed_paths=['/etc/passwd']",
        "SET memory_limit='10GB'",
    };
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
        if (session_run(&s, tries[i]) == OK) fail_msg("%s", tries[i]);
    sql_result_close(result);
    buffer_release(&out);
}

static void test_limits(void **context)
{
    (void)context;
    struct sql_engine *small;
    struct sql_result *result;
    struct arena rows = {0};
    const struct batch *batch;
    const struct sql_options options = {.memory_bytes = 16 << 20, .threads = 1};
    assert_int_equal(sql_open(&options, &small), OK);
    error e = query(small, "SELECT max(x) AS m FROM (SELECT list(md5(range::VARCHAR)) AS x FROM range(3000000))",
                        NULL, 0, &result);
    if (e == OK) {
        e = sql_result_next(result, &rows, &batch);
        sql_result_close(result);
    }
    assert_int_equal(e, ERR_MEMORY);
    assert_int_equal(query(small, "SELECT 1 AS x", NULL, 0, &result), OK);
    sql_result_close(result);
    sql_close(small);
    arena_release(&rows);
}

static void *interrupt_later(void *stop)
{
    while (!__atomic_load_n((bool *)stop, __ATOMIC_ACQUIRE)) {
        usleep(20000);
        sql_interrupt(engine);
    }
    return NULL;
}

static void test_interrupt(void **context)
{
    (void)context;
    pthread_t thread;
    bool stop = false;
    struct buffer out = {0};
    assert_int_equal(pthread_create(&thread, NULL, interrupt_later, &stop), 0);
    error e = ask("SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = 7", &out);
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
    assert_int_equal(e, ERR_STOPPED);
    assert_rows("SELECT 1 AS x", "{\"x\":1}\n");
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_and_partitions),
        cmocka_unit_test(test_partitions_are_pruned),
        cmocka_unit_test(test_counted_rows),
        cmocka_unit_test(test_other_statements),
        cmocka_unit_test(test_declared_types_hold),
        cmocka_unit_test(test_table_without_files),
        cmocka_unit_test(test_nested_columns),
        cmocka_unit_test(test_result_types),
        cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_session_is_locked),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_interrupt),
    };
    return cmocka_run_group_tests_name("sql_engine", tests, group_open, group_close);
}
