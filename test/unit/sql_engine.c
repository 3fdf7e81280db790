/* SQL over Parquet files: the declared types hold whatever the files say, partitions are
 * constants, names resolve as in Athena, every type comes back as a batch, and nothing but the
 * tables given can be read by whatever text. The files are written by the engine itself, through a
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
    files[0] = (struct sql_files){one, 1, first};
    files[1] = (struct sql_files){two, 1, second};
    return (struct sql_table){
        .database = "ventilatordb", .name = "ventilators",
        .schema = schema("struct<id:int,maker:string,missing:decimal(10,2)>"),
        .partition_keys = schema("struct<year:int,month:int>"), .files = files, .file_sets = 2,
    };
}

static struct sql_table plain(const char *name, const char *columns, const char *path)
{
    const char **paths = ARENA_ARRAY(&arena, const char *, 1);
    struct sql_files *files = ARENA_ARRAY(&arena, struct sql_files, 1);
    paths[0] = path;
    *files = (struct sql_files){paths, 1, NULL};
    return (struct sql_table){.database = "ventilatordb", .name = name, .schema = schema(columns),
                              .files = files, .file_sets = path != NULL};
}

/* ---- asking ---- */

static error ask_tables(const char *sql, const struct sql_table *tables, size_t count,
                        const char *database, struct buffer *out)
{
    struct sql_result *result;
    struct arena rows = {0};
    const struct batch *batch;
    TRY(sql_query(engine, sql, tables, count, database, &result));
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

static error ask(const char *sql, struct buffer *out)
{
    const struct sql_table tables[] = {
        ventilators(),
        plain("big", "struct<id:int,maker:string>", file("big.parquet")),
        plain("empty", "struct<a:int,b:array<struct<c:date>>>", NULL),
    };
    return ask_tables(sql, tables, 3, "ventilatordb", out);
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
    if (sql_query(engine, sql, NULL, 0, NULL, &result) != OK) fail_msg("%s: %s", sql, error_text());
    type_print(&text, sql_result_schema(result)->fields[0].type);
    assert_string_equal(buffer_text(&text), expected);
    buffer_release(&text);
    sql_result_close(result);
}

/* ---- tests ---- */

static void test_rows_and_partitions(void **context)
{
    (void)context;
    assert_rows("SELECT * FROM ventilators ORDER BY id",
                "{\"id\":1,\"maker\":\"GE\",\"missing\":null,\"year\":2023,\"month\":1}\n"
                "{\"id\":2,\"maker\":\"Dr'a\",\"missing\":null,\"year\":2023,\"month\":null}\n"
                "{\"id\":3,\"maker\":null,\"missing\":null,\"year\":2023,\"month\":null}\n");
    assert_rows("SELECT id FROM ventilators WHERE month = 1", "{\"id\":1}\n");
    assert_rows("SELECT count(*) AS n FROM ventilators WHERE month IS NULL", "{\"n\":2}\n");
    assert_rows("SELECT month, count(*) AS n FROM ventilators GROUP BY month ORDER BY n",
                "{\"month\":1,\"n\":1}\n{\"month\":null,\"n\":2}\n");
}

static void test_partitions_are_pruned(void **context)
{
    (void)context;
    struct buffer out = {0};
    assert_int_equal(ask("EXPLAIN SELECT id FROM ventilators WHERE month = 1", &out), OK);
    const char *scan = strstr(buffer_text(&out), "Function:"); /* one line of a scan's box */
    assert_non_null(scan);
    assert_null(strstr(scan + 1, "Function:"));
    /* no partition column is named: one scan of all files */
    buffer_reset(&out);
    assert_int_equal(ask("EXPLAIN SELECT sum(id) FROM ventilators", &out), OK);
    scan = strstr(buffer_text(&out), "Function:");
    assert_non_null(scan);
    assert_null(strstr(scan + 1, "Function:"));
    buffer_release(&out);
    /* but whatever way one is named, it has its value */
    static const char *const sqls[] = {
        "SELECT count(month) AS n FROM ventilators",
        "SELECT count(v.MONTH) AS n FROM ventilators v",
        "SELECT count(\"month\") AS n FROM (SELECT * FROM ventilators)",
        "SELECT count(*) AS n FROM ventilators JOIN (SELECT 1 AS month) USING (month)",
        "SELECT count(*) AS n FROM ventilators NATURAL JOIN (SELECT 1 AS month)",
        "SELECT count(t.e) AS n FROM ventilators AS t(a, b, c, d, e)",
        "SELECT count(v['month']) AS n FROM ventilators v",
        "SELECT count(v) - 2 AS n FROM ventilators v WHERE v.month = 1 OR month IS NULL",
        "SELECT count(COLUMNS('mon.*')) AS n FROM ventilators",
        "SELECT count(CASE WHEN v::VARCHAR LIKE '%''month'': 1%' THEN 1 END) AS n FROM ventilators v",
        "SELECT count(#5) AS n FROM ventilators",
    };
    for (size_t i = 0; i < sizeof sqls / sizeof *sqls; i++) assert_rows(sqls[i], "{\"n\":1}\n");
}

static void test_names(void **context)
{
    (void)context;
    static const char *const froms[] = {
        "ventilators", "VENTILATORS", "ventilatordb.ventilators", "\"VentilatorDB\".\"Ventilators\"",
        "AwsDataCatalog.ventilatordb.ventilators", "awsdatacatalog.VENTILATORDB.ventilators v",
    };
    for (size_t i = 0; i < sizeof froms / sizeof *froms; i++)
        assert_rows(arena_printf(&arena, "SELECT count(*) AS n FROM %s", froms[i]), "{\"n\":3}\n");
    assert_rows("WITH t AS (SELECT id FROM ventilators), u AS (SELECT id + 1 AS id FROM t) "
                "SELECT t.id FROM t JOIN u ON t.id = u.id ORDER BY 1", "{\"id\":2}\n{\"id\":3}\n");
    assert_rows("SELECT a.id FROM ventilators a JOIN ventilatordb.ventilators b ON a.id = b.id "
                "WHERE a.id IN (SELECT id FROM ventilators WHERE maker = 'GE')", "{\"id\":1}\n");
    assert_refused("SELECT * FROM ventilator", ERR_NOT_FOUND,
                   "Table 'awsdatacatalog.ventilatordb.ventilator' does not exist");
    assert_refused("SELECT * FROM other.ventilators", ERR_NOT_FOUND, "other.ventilators");
    assert_refused("SELECT * FROM memory.ventilatordb.ventilators", ERR_NOT_FOUND, "Catalog 'memory'");
    assert_refused("SELECT nothing FROM ventilators", ERR_USAGE, "nothing");
}

static void test_same_name_in_two_databases(void **context)
{
    (void)context;
    struct buffer out = {0};
    struct sql_table tables[] = {plain("t", "struct<id:bigint>", file("h1.parquet")),
                                 plain("t", "struct<id:bigint>", file("h2.parquet"))};
    tables[1].database = "second";
    assert_int_equal(ask_tables("SELECT (SELECT count(*) FROM t) AS a, (SELECT count(*) FROM "
                                "ventilatordb.t) AS b", tables, 2, "second", &out), OK);
    assert_string_equal(buffer_text(&out), "{\"a\":2,\"b\":1}\n");
    buffer_release(&out);
}

static void test_declared_types_hold(void **context)
{
    (void)context;
    assert_refused("SELECT id FROM big", ERR_PARSE, "big.parquet");
    assert_refused("SELECT id FROM big", ERR_PARSE, "5000000000");
    assert_rows("SELECT maker FROM big", "{\"maker\":\"x\"}\n"); /* only what is read is judged */
    assert_rows("SELECT count(*) AS n FROM big", "{\"n\":1}\n");
}

static void test_table_without_files(void **context)
{
    (void)context;
    struct sql_result *result;
    struct buffer text = {0};
    const struct sql_table empty = plain("empty", "struct<a:int,b:array<struct<c:date>>>", NULL);
    assert_int_equal(sql_query(engine, "SELECT * FROM empty", &empty, 1, "ventilatordb", &result), OK);
    type_print(&text, sql_result_schema(result)->fields[1].type);
    assert_string_equal(buffer_text(&text), "array<struct<c:date>>");
    struct arena rows = {0};
    const struct batch *batch;
    assert_int_equal(sql_result_next(result, &rows, &batch), OK);
    assert_null(batch);
    sql_result_close(result);
    buffer_release(&text);
    assert_rows("SELECT count(*) AS n FROM empty", "{\"n\":0}\n");
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
    if (ask_tables("SELECT * FROM n", &t, 1, "ventilatordb", &out) != OK) fail_msg("%s", error_text());
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
    assert_int_equal(sql_query(engine,
                               "SELECT CASE WHEN range % 7 = 0 THEN NULL ELSE range END AS r, "
                               "CASE WHEN range % 3 = 0 THEN NULL ELSE [range, range + 1] END AS l, "
                               "repeat('x', (range % 40)::INT) AS s FROM range(100000)",
                               NULL, 0, NULL, &result), OK);
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

static void test_unnamed_columns(void **context)
{
    (void)context;
    assert_rows("SELECT COUNT(*) FROM ventilatordb.ventilators", "{\"_col0\":3}\n");
    assert_rows("SELECT id, 1, id + 1 AS n, upper('a') FROM ventilators WHERE id = 1",
                "{\"id\":1,\"_col1\":1,\"n\":2,\"_col3\":\"A\"}\n");
    assert_rows("VALUES (1, 'a')", "{\"_col0\":1,\"_col1\":\"a\"}\n");
    assert_rows("SELECT x + 1 FROM (VALUES (1)) t(x)", "{\"_col0\":2}\n");
    assert_rows("SELECT 1 UNION ALL SELECT 2 AS b ORDER BY 1", "{\"_col0\":1}\n{\"_col0\":2}\n");
}

static void test_hostile_statements(void **context)
{
    (void)context;
    const char *secret = file("secret.parquet");
    const char *const refused[] = {
        "COPY (SELECT 1) TO '/tmp/sluice-evil.csv'",
        arena_printf(&arena, "COPY (SELECT 1) TO '%s' (USE_TMP_FILE false)", file("h1.parquet")),
        "COPY ventilators FROM '/etc/passwd'",
        "ATTACH '/tmp/sluice-evil.db'",
        "DETACH awsdatacatalog",
        "INSTALL httpfs",
        "LOAD '/tmp/evil.duckdb_extension'",
        "PRAGMA database_list",
        "CALL pragma_version()",
        "SET enable_external_access=true",
        "RESET enable_external_access",
        "SET lock_configuration=false",
        "CREATE TABLE x AS SELECT 1",
        "DROP VIEW ventilators",
        "INSERT INTO ventilators VALUES (1)",
        "DELETE FROM ventilators",
        "UPDATE ventilators SET id = 1",
        "EXPORT DATABASE '/tmp/sluice-evil'",
        "CREATE MACRO f(x) AS x",
        "CREATE SECRET (TYPE s3)",
        "USE memory",
        "BEGIN",
        "CHECKPOINT",
        "SHOW TABLES",
        "DESCRIBE ventilators",
        "SUMMARIZE ventilators",
        "PREPARE p AS SELECT 1",
        "SELECT 1; SELECT 2",
        "SELECT 1; COPY (SELECT 1) TO '/tmp/sluice-evil.csv'",
        "EXPLAIN COPY (SELECT 1) TO '/tmp/sluice-evil.csv'",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/sluice-evil.csv'",
        "EXPLAIN ANALYZE SELECT 1; DROP VIEW ventilators",
        "/* SELECT */ COPY (SELECT 1) TO '/tmp/sluice-evil.csv' -- SELECT",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/etc/passwd')",
        "SELECT * FROM READ_JSON('/etc/passwd')",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM parquet_metadata('/etc/passwd')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_views()",
        "SELECT * FROM pragma_database_list()",
        "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')",
        "SELECT * FROM query_table('ventilators')",
        "SELECT * FROM json_execute_serialized_sql('{}')",
        "SELECT (SELECT content FROM read_text('/etc/passwd'))",
        "SELECT 1 WHERE EXISTS (SELECT * FROM glob('/etc/*'))",
        "WITH t AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM t",
        "WITH t AS MATERIALIZED (SELECT * FROM glob('/*')) SELECT 1",
        "SELECT * FROM ventilators, LATERAL (SELECT * FROM glob('/*'))",
        "SELECT * FROM (SHOW TABLES)",
        "SELECT * FROM (DESCRIBE SELECT 1)",
        "FROM read_text('/etc/passwd')",
        "SELECT [x FOR x IN (SELECT content FROM read_text('/etc/passwd'))]",
        "SELECT current_setting('allowed_paths')",
        "SELECT getenv('HOME')",
        "SELECT ?",
        "SELECT $1",
        "",
        ";",
        "-- nothing",
        "/* open",
        "SELECT",
        "SELEC 1",
        "SELECT '\xff'",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct buffer out = {0};
        error e = ask(refused[i], &out);
        if (e != ERR_USAGE)
            fail_msg("%s: %s", refused[i], e == OK ? "accepted" : error_text());
        buffer_release(&out);
    }
    const char *const not_tables[] = {
        "SELECT * FROM '/etc/passwd'",
        arena_printf(&arena, "SELECT * FROM '%s'", secret),
        arena_printf(&arena, "SELECT * FROM \"%s\"", secret),
        arena_printf(&arena, "SELECT * FROM '%s'", file("h1.parquet")),
        arena_printf(&arena, "SELECT * FROM '%s/*.parquet'", folder),
        "SELECT * FROM sqlite_master",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM pg_catalog.pg_class",
        "SELECT * FROM 's3://bucket/x.parquet'",
        "WITH x AS (SELECT 1) SELECT * FROM main.x",
        "WITH t AS (SELECT * FROM t) SELECT * FROM t",
    };
    for (size_t i = 0; i < sizeof not_tables / sizeof *not_tables; i++)
        assert_refused(not_tables[i], ERR_NOT_FOUND, NULL);
    assert_int_equal(access("/tmp/sluice-evil.csv", F_OK), -1);
    assert_rows("SELECT count(*) AS n FROM ventilators", "{\"n\":3}\n"); /* nothing was harmed */
}

/* Below the judgement of the text: the session itself is locked. */
static void test_session_is_locked(void **context)
{
    (void)context;
    struct sql_table t = plain("t", "struct<id:bigint>", file("h1.parquet"));
    struct sql_table stranger = plain("t", "struct<s:string>", "/etc/passwd");
    struct sql_table pattern = plain("t", "struct<id:bigint>", file("h[12].parquet"));
    struct buffer out = {0};
    assert_int_equal(ask_tables("SELECT * FROM t", &t, 1, "ventilatordb", &out), OK);
    assert_int_not_equal(ask_tables("SELECT * FROM t", &stranger, 1, "ventilatordb", &out), OK);
    assert_int_equal(ask_tables("SELECT * FROM t", &pattern, 1, "ventilatordb", &out), ERR_UNSUPPORTED);
    struct sql_result *result;
    assert_int_equal(sql_query(engine, "SELECT * FROM t", &t, 1, "ventilatordb", &result), OK);
    /* the one running session is reachable through sql_interrupt's handle only; use it here */
    struct session s = {engine->duck, NULL, engine->running};
    const char *const tries[] = {
        arena_printf(&arena, "SELECT * FROM read_parquet('%s')", file("secret.parquet")),
        arena_printf(&arena, "SELECT * FROM read_parquet('%s/../%s')", folder, file("secret.parquet")),
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        arena_printf(&arena, "SELECT * FROM glob('%s/*')", folder),
        "COPY (SELECT 1) TO '/tmp/sluice-evil.csv'",
        "ATTACH '/tmp/sluice-evil.db'",
        "LOAD httpfs",
        "INSTALL httpfs",
        "SET enable_external_access=true",
        "SET allowed_paths=['/etc/passwd']",
        "SET memory_limit='10GB'",
    };
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
        if (session_run(&s, tries[i]) == OK) {
            struct buffer seen = {0};
            /* glob may answer, but only with what is allowed */
            assert_int_equal(session_text(&s, arena_printf(&arena, "SELECT count(*)::VARCHAR FROM (%s) "
                                          "WHERE file <> '%s'", tries[i], file("h1.parquet")), &seen), OK);
            assert_string_equal(buffer_text(&seen), "0");
            buffer_release(&seen);
        }
    sql_result_close(result);
    buffer_release(&out);
}

static void test_tables_of_a_statement(void **context)
{
    (void)context;
    struct sql_name *names;
    size_t count;
    assert_int_equal(sql_tables(engine, "WITH t AS (SELECT * FROM db.t), r AS (SELECT * FROM t) "
                                "SELECT * FROM T, r, Other WHERE x IN (SELECT y FROM other) "
                                "OR EXISTS (SELECT 1 FROM AwsDataCatalog.a.b)", &arena, &names, &count), OK);
    assert_int_equal(count, 3);
    assert_string_equal(names[0].database, "db");
    assert_string_equal(names[0].table, "t");
    assert_null(names[1].database);
    assert_string_equal(names[1].table, "Other");
    assert_string_equal(names[2].database, "a");
    assert_string_equal(names[2].table, "b");
    assert_int_equal(sql_tables(engine, "explain analyze select * from x", &arena, &names, &count), OK);
    assert_int_equal(count, 1);
    assert_int_equal(sql_tables(engine, "WITH RECURSIVE r AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM r "
                                "WHERE x < 3) SELECT * FROM r", &arena, &names, &count), OK);
    assert_int_equal(count, 0);
    assert_int_equal(sql_tables(engine, "DROP TABLE x", &arena, &names, &count), ERR_USAGE);
    assert_non_null(strstr(error_text(), "DROP"));
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
    error e = sql_query(small, "SELECT max(x) AS m FROM (SELECT list(md5(range::VARCHAR)) AS x FROM range(3000000))",
                        NULL, 0, NULL, &result);
    if (e == OK) {
        e = sql_result_next(result, &rows, &batch);
        sql_result_close(result);
    }
    assert_int_equal(e, ERR_MEMORY);
    assert_int_equal(sql_query(small, "SELECT 1 AS x", NULL, 0, NULL, &result), OK);
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
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_same_name_in_two_databases),
        cmocka_unit_test(test_declared_types_hold),
        cmocka_unit_test(test_table_without_files),
        cmocka_unit_test(test_nested_columns),
        cmocka_unit_test(test_result_types),
        cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_unnamed_columns),
        cmocka_unit_test(test_hostile_statements),
        cmocka_unit_test(test_session_is_locked),
        cmocka_unit_test(test_tables_of_a_statement),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_interrupt),
    };
    return cmocka_run_group_tests_name("sql_engine", tests, group_open, group_close);
}
