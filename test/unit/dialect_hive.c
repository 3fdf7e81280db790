/* Hive's dialect: what statements become, and what is said of wrong ones, against the answers of
 * Hive's own parser (test/data/hive_errors.tsv, made by tool/oracle/hive_errors.sh). */
#include "dialect/hive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- Hive's answers ---- */

static void unescape(char *text)
{
    char *out = text;
    for (const char *p = text; *p; p++)
        if (*p != '\\') *out++ = *p;
        else p++, *out++ = *p == 'n' ? '\n' : *p == 't' ? '\t' : *p;
    *out = '\0';
}

/* A line is STATEMENT <tab> Hive's answer [<tab> ours, where Athena differs from Hive]. */
static void hive_answers(void **state)
{
    (void)state;
    FILE *file = fopen("test/data/hive_errors.tsv", "r");
    char *line = NULL;
    size_t room = 0;
    int count = 0, wrong = 0;
    assert_non_null(file);
    while (getline(&line, &room, file) > 0) {
        struct arena arena = {0};
        struct hive_statement s;
        line[strcspn(line, "\n")] = '\0';
        char *answer = strchr(line, '\t');
        if (line[0] == '#' || !answer) continue;
        *answer++ = '\0';
        char *ours = strchr(answer, '\t');
        if (ours) answer = ours + 1;
        char *shown = arena_text(&arena, span_of(line));
        unescape(line);
        unescape(answer);
        const char *got = hive_parse(&arena, span_of(line), &s) == OK ? "OK" : error_text();
        if (strcmp(got, answer) != 0) {
            print_message("%s\n  expected %s\n  got      %s\n", shown, answer, got);
            wrong++;
        }
        count++;
        arena_release(&arena);
    }
    free(line);
    fclose(file);
    print_message("%d statements, %d answered otherwise\n", count, wrong);
    assert_true(count >= 200);
    assert_int_equal(wrong, 0);
}

/* ---- what statements become ---- */

static struct hive_statement parsed(struct arena *arena, const char *text)
{
    struct hive_statement s;
    if (hive_parse(arena, span_of(text), &s) != OK) fail_msg("%s: %s", text, error_text());
    return s;
}

static void the_examples_table(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct hive_statement s = parsed(
        &arena,
        "CREATE EXTERNAL TABLE IF NOT EXISTS VentilatorDB.`Ventilators_Parquet`(\n"
        "  ventilatorid integer COMMENT 'it\\'s', o struct<A:array<map<string,dec(5,2)>>,b:double precision>)\n"
        "COMMENT 'all' PARTITIONED BY (ingest_year int) CLUSTERED BY (ventilatorid) INTO 4 BUCKETS\n"
        "ROW FORMAT SERDE 'serde' WITH SERDEPROPERTIES ('a'='b', 'c'='\\u00e4\\001')\n"
        "STORED AS INPUTFORMAT 'in' OUTPUTFORMAT 'out' LOCATION 's3://b/k' TBLPROPERTIES ('p'='q');");
    assert_int_equal(s.kind, HIVE_CREATE_TABLE);
    assert_true(s.external && s.lenient);
    assert_string_equal(s.database, "ventilatordb");
    assert_string_equal(s.table, "ventilators_parquet");
    assert_int_equal(s.columns.count, 2);
    assert_string_equal(s.columns.items[0].type, "int");
    assert_string_equal(s.columns.items[0].comment, "it's");
    assert_string_equal(s.columns.items[1].type, "struct<a:array<map<string,decimal(5,2)>>,b:double>");
    assert_string_equal(s.partition_keys.items[0].name, "ingest_year");
    assert_string_equal(s.serde, "serde");
    assert_string_equal(s.serde_properties.items[1].value, "\u00e4\001");
    assert_string_equal(s.output_format, "out");
    assert_string_equal(s.location, "s3://b/k");
    assert_string_equal(s.properties.items[0].value, "q");
    assert_int_equal(s.buckets, 4);
    arena_release(&arena);
}

static void delimiters_and_partitions(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct hive_statement s = parsed(
        &arena, "create external table t (a int) row format delimited fields terminated by '\\t' escaped "
                "by '\\\\' lines terminated by '\\n' null defined as '' stored as textfile location 's3://b/'");
    assert_int_equal(s.serde_properties.count, 5);
    assert_string_equal(s.serde_properties.items[0].key, "field.delim");
    assert_string_equal(s.serde_properties.items[0].value, "\t");
    assert_string_equal(s.format, "textfile");
    s = parsed(&arena, "ALTER TABLE d.t ADD IF NOT EXISTS PARTITION (y='01', m=-2) LOCATION 'l' PARTITION (y=1)");
    assert_int_equal(s.partition_count, 2);
    assert_string_equal(s.partitions[0].items[0].value, "01");
    assert_string_equal(s.partitions[0].items[1].value, "-2");
    assert_string_equal(s.partitions[0].location, "l");
    s = parsed(&arena, "ALTER TABLE t DROP PARTITION (y<>'x'), PARTITION (y<=3)");
    assert_string_equal(s.partitions[1].items[0].operator, "<=");
    s = parsed(&arena, "SHOW TABLES IN d 'a*|b'");
    assert_string_equal(s.pattern, "a*|b");
    s = parsed(&arena, "DESCRIBE FORMATTED d.t");
    assert_true(s.formatted);
    arena_release(&arena);
}

static void whose_statement_it_is(void **state)
{
    (void)state;
    static const char *const hive[] = {"CREATE DATABASE x", " -- c\n msck repair table t", "DESC t",
                                       "CREATE EXTERNAL TABLE t (a int)", "DROP TABLE t", "TRUNCATE TABLE t"};
    static const char *const trino[] = {"SELECT 1", "CREATE TABLE t AS SELECT 1", "CREATE VIEW v AS SELECT 1",
                                        "CREATE OR REPLACE VIEW v AS SELECT 1", "DROP VIEW v", "",
                                        "CREATE TABLE t WITH (format = 'PARQUET') AS (SELECT 1)", "EXPLAIN SELECT 1"};
    for (size_t i = 0; i < sizeof hive / sizeof *hive; i++)
        if (!hive_is_statement(span_of(hive[i]))) fail_msg("not Hive's: %s", hive[i]);
    for (size_t i = 0; i < sizeof trino / sizeof *trino; i++)
        if (hive_is_statement(span_of(trino[i]))) fail_msg("Hive's: %s", trino[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hive_answers),
        cmocka_unit_test(the_examples_table),
        cmocka_unit_test(delimiters_and_partitions),
        cmocka_unit_test(whose_statement_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
