/* Trino's dialect without an engine: statements' heads and what they name, what is refused, the
 * positions of errors, which partitions a query's conditions leave, and that no argument of a
 * function stands twice in its code. What statements answer: test/conformance/trino_select.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "dialect/internal.h" /* before cmocka's own fail() */

#include <cmocka.h>

#include <stdlib.h>

static struct arena arena;

static int group_close(void **context)
{
    (void)context;
    arena_release(&arena);
    return 0;
}

static struct dialect_statement parsed(const char *text)
{
    struct dialect_statement s;
    if (dialect_parse(&dialect_trino, text, &arena, &s) != OK) fail_msg("%s: %s", text, error_text());
    return s;
}

static const struct schema *schema(const char *text)
{
    const struct type *type;
    assert_int_equal(type_parse(&arena, span_of(text), &type), OK);
    struct schema *s = ARENA_NEW(&arena, struct schema);
    *s = (struct schema){type->child_count, type->children};
    return s;
}

static error find(void *state, const struct dialect_name *name, struct arena *a,
                  const struct dialect_relation **out, bool *missing_database)
{
    (void)state;
    struct dialect_relation *r = ARENA_NEW(a, struct dialect_relation);
    *missing_database = strcmp(name->database, "lake") != 0;
    r->database = "lake";
    r->name = name->name;
    r->schema = schema("struct<id:int,maker:string,o2:double>");
    r->partition_keys = schema("struct<year:int,month:int,site:string,day:date>");
    if (strcmp(name->name, "recent") == 0) r->view = "SELECT * FROM readings WHERE year = 2023";
    *out = r;
    bool known = strcmp(name->name, "readings") == 0 || r->view;
    return known && !*missing_database ? OK : ERR_NOT_FOUND;
}

static error translated(const char *text, struct dialect_query *out)
{
    struct dialect_statement s;
    const struct dialect_context context = {.database = "lake", .find = find};
    TRY(dialect_parse(&dialect_trino, text, &arena, &s));
    if (s.verb != DIALECT_SELECT && s.verb != DIALECT_EXPLAIN)
        return refuse(NULL, ERR_USAGE, "NOT_SUPPORTED", "no query");
    return dialect_translate(&s, &context, &arena, out);
}

/* ---- heads ---- */

static void test_heads(void **context)
{
    (void)context;
    struct dialect_statement s = parsed("INSERT INTO Lake.T (A, b) SELECT * FROM db.x, X WHERE 1 IN (SELECT y FROM x);");
    assert_int_equal(s.verb, DIALECT_INSERT);
    assert_string_equal(s.target.database, "lake");
    assert_string_equal(s.target.name, "t");
    assert_int_equal(s.column_count, 2);
    assert_string_equal(s.columns[0], "a");
    assert_int_equal(s.table_count, 2);
    assert_string_equal(s.tables[0].database, "db");
    assert_string_equal(s.query_text, "SELECT * FROM db.x, X WHERE 1 IN (SELECT y FROM x)");
    s = parsed("CREATE TABLE IF NOT EXISTS t COMMENT 'c' WITH (format = 'PARQUET', bucket_count = 3, "
               "partitioned_by = ARRAY['a', 'b']) AS SELECT 1 AS a WITH NO DATA");
    assert_int_equal(s.verb, DIALECT_CREATE_TABLE_AS);
    assert_true(s.if_not_exists && s.no_data);
    assert_int_equal(s.option_count, 3);
    assert_string_equal(s.options[0].value, "PARQUET");
    assert_string_equal(s.options[1].value, "3");
    assert_int_equal(s.options[2].value_count, 2);
    assert_string_equal(s.options[2].values[1], "b");
    assert_string_equal(s.query_text, "SELECT 1 AS a");
    s = parsed("UNLOAD (SELECT 1) TO 's3://b/x/' WITH (format = 'ORC')");
    assert_int_equal(s.verb, DIALECT_UNLOAD);
    assert_string_equal(s.location, "s3://b/x/");
    s = parsed("create or replace view v as values 1");
    assert_int_equal(s.verb, DIALECT_CREATE_VIEW);
    assert_true(s.or_replace);
    s = parsed("DROP VIEW IF EXISTS a.v");
    assert_true(s.verb == DIALECT_DROP_VIEW && s.if_exists);
    s = parsed("PREPARE p FROM INSERT INTO t SELECT ? + ?");
    assert_int_equal(s.placeholders, 2);
    assert_string_equal(s.query_text, "INSERT INTO t SELECT ? + ?");
    s = parsed("EXECUTE p USING 1, 'a''b'");
    assert_int_equal(s.parameter_count, 2);
    assert_string_equal(s.parameters[1], "'a''b'");
    s = parsed("DEALLOCATE PREPARE p");
    assert_string_equal(s.target.name, "p");
    s = parsed("EXPLAIN (FORMAT TEXT, TYPE LOGICAL) SELECT 1");
    assert_int_equal(s.option_count, 2);
    s = parsed("EXPLAIN ANALYZE SELECT 1");
    assert_true(s.analyze);
}

static void test_tables_named(void **context)
{
    (void)context;
    struct dialect_statement s = parsed("WITH t AS (SELECT * FROM db.t), r AS (SELECT * FROM t) SELECT * FROM T, r, "
                                        "Other WHERE x IN (SELECT y FROM other) OR EXISTS (SELECT 1 FROM AwsDataCatalog.a.b)");
    assert_int_equal(s.table_count, 3);
    assert_string_equal(s.tables[0].name, "t");
    assert_string_equal(s.tables[1].name, "other");
    assert_string_equal(s.tables[2].catalog, "awsdatacatalog");
}

/* ---- what is refused ---- */

static void test_hostile_statements(void **context)
{
    (void)context;
    const char *const refused[] = {
        "COPY (SELECT 1) TO '/tmp/sluice-evil.csv'",
        "COPY readings FROM '/etc/passwd'",
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
        "DROP VIEW readings",
        "INSERT INTO readings VALUES (1)",
        "DELETE FROM readings",
        "UPDATE readings SET id = 1",
        "EXPORT DATABASE '/tmp/sluice-evil'",
        "CREATE MACRO f(x) AS x",
        "CREATE SECRET (TYPE s3)",
        "USE memory",
        "BEGIN",
        "CHECKPOINT",
        "SHOW TABLES",
        "DESCRIBE readings",
        "SUMMARIZE readings",
        "PREPARE p AS SELECT 1",
        "SELECT 1; SELECT 2",
        "SELECT 1; COPY (SELECT 1) TO '/tmp/sluice-evil.csv'",
        "EXPLAIN COPY (SELECT 1) TO '/tmp/sluice-evil.csv'",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/sluice-evil.csv'",
        "EXPLAIN ANALYZE SELECT 1; DROP VIEW readings",
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
        "SELECT * FROM query_table('readings')",
        "SELECT * FROM json_execute_serialized_sql('{}')",
        "SELECT (SELECT content FROM read_text('/etc/passwd'))",
        "SELECT 1 WHERE EXISTS (SELECT * FROM glob('/etc/*'))",
        "WITH t AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM t",
        "WITH t AS MATERIALIZED (SELECT * FROM glob('/*')) SELECT 1",
        "SELECT * FROM readings, LATERAL (SELECT * FROM glob('/*'))",
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
            "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM \"/etc/passwd\"",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM pg_catalog.pg_class",
        "SELECT * FROM memory.lake.readings",
        "SELECT read_text('/etc/passwd')",
        "SELECT trino_fail('x')",
        "SELECT error('x')",
        "SELECT \"$path\" FROM readings",
        "SELECT id::varchar FROM readings",
        "SELECT #1 FROM readings",
        "SELECT {'a': 1}",
        "SELECT [1]",
        "SELECT COLUMNS('x') FROM readings",
        "SELECT * EXCLUDE (id) FROM readings",
        "WITH t AS (SELECT * FROM t) SELECT * FROM t",
        "SELECT id FROM readings QUALIFY row_number() OVER () = 1",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct dialect_query q;
        if (translated(refused[i], &q) == OK) fail_msg("%s: accepted: %s", refused[i], q.sql);
    }
}

static void assert_error(const char *text, const char *words)
{
    struct dialect_query q;
    if (translated(text, &q) == OK) fail_msg("%s: accepted", text);
    if (!strstr(error_text(), words)) fail_msg("%s: %s", text, error_text());
}

static void test_errors_say_where(void **context)
{
    (void)context;
    assert_error("SELECT id\n  FROM readings\n WHERE maker = 1", "TYPE_MISMATCH: line 3:14: Cannot apply operator: varchar = integer");
    assert_error("SELECT 'ä', nosuch FROM readings", "COLUMN_NOT_FOUND: line 1:13: Column 'nosuch'");
    assert_error("SELECT * FROM lake.x", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.lake.x' does not exist");
    assert_error("SELECT * FROM x.y", "SCHEMA_NOT_FOUND: line 1:15: Schema 'x' does not exist");
    assert_error("SELECT nosuch(1)", "FUNCTION_NOT_FOUND: line 1:8: Function 'nosuch' not registered");
    assert_error("SELECT xxhash64(x'')", "NOT_SUPPORTED: line 1:8: the function xxhash64 is not mapped");
    assert_error("SELECT id maker o2 FROM readings", "line 1:17: mismatched input 'o2'. Expecting: <EOF>");
    assert_error("SELECT `id` FROM readings", "line 1:8: backquoted identifiers are not supported; use double quotes");
    char deep[3000] = "SELECT ";
    memset(deep + 7, '(', 2000);
    assert_error(deep, "nested more than");
    memset(deep + 7, '-', 2000);
    deep[2007] = 0;
    assert_error(deep, "<EOF>"); /* -- begins a comment */
}

/* ---- partitions ---- */

static bool leaves(const char *where, const char *year, const char *month, const char *site, const char *day)
{
    struct dialect_query q;
    const char *const values[] = {year, month, site, day};
    const char *text = arena_printf(&arena, "SELECT count(*) FROM %s", where);
    if (translated(text, &q) != OK) fail_msg("%s: %s", text, error_text());
    return dialect_may_match(&q.scans[0], values);
}

static void test_pruning(void **context)
{
    (void)context;
    static const struct { const char *from; bool left; } cases[] = {
        {"readings", true},
        {"readings WHERE year = 2023", true},
        {"readings WHERE year = 2024", false},
        {"readings WHERE 2024 > year AND month <= 1", true},
        {"readings WHERE month = 1", true}, /* the text is 01 */
        {"readings WHERE month IN (2, 3)", false},
        {"readings WHERE month NOT IN (2, 3)", true},
        {"readings WHERE month BETWEEN 2 AND 5", false},
        {"readings WHERE NOT month BETWEEN 2 AND 5", true},
        {"readings WHERE site = 'x'", false},
        {"readings WHERE site > 'a'", true},
        {"readings WHERE site LIKE 'x%'", true}, /* cannot tell */
        {"readings WHERE year = 2024 OR id = 1", true},
        {"readings WHERE year = 2024 OR month = 7", false},
        {"readings WHERE (year = 2024 AND id = 1) OR month = 7", false},
        {"readings WHERE day >= DATE '2023-02-01'", false},
        {"readings WHERE day = DATE '2023-01-10'", true},
        {"readings WHERE year IS NULL", false},
        {"readings WHERE site IS NOT NULL", true},
        {"readings WHERE year + 0 = 2024", true},
        {"readings r WHERE r.year = 2024", false},
        {"readings AS r(a, b, c, d, e, f, g) WHERE d = 2024", false},
        {"recent WHERE month = 2", false},
        {"recent WHERE month = 1", true},
        {"(SELECT year AS y, id FROM readings) WHERE y = 2024", false},
        {"(SELECT year AS y FROM readings LIMIT 5) WHERE y = 2024", true},
        {"(SELECT year, count(*) AS n FROM readings GROUP BY year) WHERE year = 2024", true},
        {"readings r LEFT JOIN readings s ON r.id = s.id WHERE r.year = 2024", false},
        {"readings r RIGHT JOIN readings s ON r.id = s.id WHERE r.year IS NULL", true},
        {"readings r FULL JOIN readings s ON r.id = s.id WHERE r.year IS NULL", true},
        {"readings r, readings s WHERE s.year = 2024", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (leaves(cases[i].from, "2023", "01", "berlin", "2023-01-10") != cases[i].left)
            fail_msg("%s: %s", cases[i].from, cases[i].left ? "dropped" : "kept");
    assert_false(leaves("readings WHERE year = 2023", NULL, "1", "x", "2023-01-10"));
    assert_true(leaves("readings WHERE year IS NULL", NULL, "1", "x", "2023-01-10"));
    assert_true(leaves("readings WHERE year = 2023", "not a number", "1", "x", "2023-01-10"));
}

static void test_columns_read(void **context)
{
    (void)context;
    struct dialect_query q;
    assert_int_equal(translated("SELECT count(*), max(month) FROM readings WHERE maker = 'GE'", &q), OK);
    assert_int_equal(q.scan_count, 1);
    assert_true(!q.scans[0].columns[0] && q.scans[0].columns[1] && !q.scans[0].columns[2]);
    assert_true(!q.scans[0].keys[0] && q.scans[0].keys[1]);
    assert_int_equal(translated("SELECT * FROM recent", &q), OK);
    assert_true(q.scans[0].columns[0] && q.scans[0].columns[2] && q.scans[0].keys[3]);
}

static void test_parameters(void **context)
{
    (void)context;
    struct dialect_statement s = parsed("SELECT ? + 1, ?");
    const char *const values[] = {"41", "'it''s'"};
    struct dialect_context c = {.find = find, .parameters = values, .parameter_count = 2};
    struct dialect_query q;
    assert_int_equal(dialect_translate(&s, &c, &arena, &q), OK);
    assert_int_equal(q.columns[0].type->kind, DIALECT_INTEGER);
    assert_string_equal(type_name(&arena, q.columns[1].type), "varchar(4)");
    c.parameter_count = 1;
    assert_int_equal(dialect_translate(&s, &c, &arena, &q), ERR_USAGE);
    const char *const bad[] = {"1, 2", "(SELECT 1)) --"};
    c.parameters = bad;
    c.parameter_count = 2;
    assert_int_not_equal(dialect_translate(&s, &c, &arena, &q), OK);
}

/* An argument that stood twice in its code would be computed twice, and nested calls would grow
 * without bound. */
static void test_arguments_stand_once(void **context)
{
    (void)context;
    for (const struct function *f = trino_functions; f->name; f++)
        for (char i = '1'; f->code && i <= '9'; i++) {
            const char mark[] = {'$', i, 0};
            const char *at = strstr(f->code, mark);
            if (at && strstr(at + 1, mark)) fail_msg("%s(%s): %s", f->name, f->parameters, f->code);
        }
}

static void test_functions_listed(void **context);
static int listed, mapped;
static void count_function(void *context, const char *name, bool is_mapped)
{
    (void)context;
    assert_true(*name);
    listed++;
    mapped += is_mapped;
}

static void test_functions_listed(void **context)
{
    (void)context;
    dialect_functions(&dialect_trino, count_function, NULL);
    assert_true(mapped > 200 && listed > mapped + 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_tables_named),
        cmocka_unit_test(test_hostile_statements),
        cmocka_unit_test(test_errors_say_where),
        cmocka_unit_test(test_pruning),
        cmocka_unit_test(test_columns_read),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_arguments_stand_once),
        cmocka_unit_test(test_functions_listed),
    };
    return cmocka_run_group_tests_name("dialect_trino", tests, NULL, group_close);
}
