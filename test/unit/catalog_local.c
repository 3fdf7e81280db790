/* The local catalog through its door: Glue's objects read back as they were set, with Glue's rules
 * for names, versions, partitions and refusals; table documents parse to schemas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "catalog/catalog.h" /* before cmocka's own fail() */
#include "state/state.h"

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

struct fixture {
    char folder[64];
    struct state *state;
    struct catalog *catalog;
};

static int fixture_open(void **context)
{
    struct fixture *f = calloc(1, sizeof *f);
    strcpy(f->folder, "/tmp/sluice-catalog-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    assert_int_equal(state_open(f->folder, &f->state), OK);
    assert_int_equal(catalog_open_local(f->state, "123456789012", "eu-west-1", &f->catalog), OK);
    *context = f;
    return 0;
}

static int fixture_close(void **context)
{
    struct fixture *f = *context;
    char command[128];
    f->catalog->ops->close(f->catalog);
    state_close(f->state);
    snprintf(command, sizeof command, "rm -rf %s", f->folder);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static json_t *parse(const char *text)
{
    json_t *value;
    assert_int_equal(json_read(span_of(text), &value), OK);
    return value;
}

static error create_database(struct fixture *f, const char *text)
{
    json_t *input = parse(text);
    error e = f->catalog->ops->create_database(f->catalog, input);
    json_decref(input);
    return e;
}

static error create_table(struct fixture *f, const char *database, const char *text)
{
    json_t *input = parse(text);
    error e = f->catalog->ops->create_table(f->catalog, database, input);
    json_decref(input);
    return e;
}

static bool append_name(void *context, const char *name, json_t *document)
{
    (void)name;
    buffer_printf(context, "%s ", json_text(document, "Name"));
    return true;
}

/* The names of a database's tables (NULL: of the databases), each with a blank. */
static void assert_listed(struct fixture *f, const char *database, const char *expected)
{
    struct buffer names = {0};
    error e = database ? catalog_scan_tables(f->catalog, database, NULL, append_name, &names)
                       : catalog_scan_databases(f->catalog, NULL, append_name, &names);
    assert_int_equal(e, OK);
    assert_string_equal(buffer_text(&names), expected);
    buffer_release(&names);
}

static error change(struct fixture *f, enum partition_change what, const char *text)
{
    json_t *items = parse(text);
    error e = catalog_change_partitions(f->catalog, "db", "Ventilators", what, items, NULL, NULL);
    json_decref(items);
    return e;
}

static error add(struct fixture *f, const char *table, const char *text, int *added, int *existed)
{
    json_t *inputs = parse(text);
    error e = f->catalog->ops->add_partitions(f->catalog, "db", table, inputs, added, existed);
    json_decref(inputs);
    return e;
}

static const char ventilators[] =
    "{\"Name\": \"Ventilators\", \"TableType\": \"EXTERNAL_TABLE\", \"Odd\": [1, 2.5, null],"
    " \"Parameters\": {\"classification\": \"parquet\"},"
    " \"PartitionKeys\": [{\"Name\": \"year\", \"Type\": \"int\"}, {\"Name\": \"site\", \"Type\": \"string\"}],"
    " \"StorageDescriptor\": {\"Location\": \"s3://lake/v/\", \"InputFormat\": \"in\","
    " \"SerdeInfo\": {\"SerializationLibrary\": \"serde\"}, \"Parameters\": {\"k\": \"v\"},"
    " \"Columns\": [{\"Name\": \"id\", \"Type\": \"bigint\", \"Comment\": \"c\"},"
    "               {\"Name\": \"Tags\", \"Type\": \"array<struct<a:int,b:decimal(10,2)>>\"}]}}";

static void with_table(struct fixture *f)
{
    assert_int_equal(create_database(f, "{\"Name\": \"DB\"}"), OK);
    assert_int_equal(create_table(f, "Db", ventilators), OK);
}

static void test_database(void **context)
{
    struct fixture *f = *context;
    json_t *document;
    assert_int_equal(create_database(f, "{\"Name\": \"VentDB\", \"LocationUri\": \"s3://x\"}"), OK);
    assert_int_equal(create_database(f, "{\"Name\": \"ventdb\"}"), ERR_ALREADY_EXISTS);
    assert_string_equal(error_text(), "Database already exists.");
    assert_int_equal(create_database(f, "{}"), ERR_INVALID_INPUT);
    assert_int_equal(create_database(f, "{\"Name\": \"a\\nb\"}"), ERR_INVALID_INPUT);
    assert_int_equal(f->catalog->ops->get_database(f->catalog, "VENTDB", &document), OK);
    assert_string_equal(json_text(document, "Name"), "ventdb");
    assert_string_equal(json_text(document, "LocationUri"), "s3://x");
    assert_string_equal(json_text(document, "CatalogId"), "123456789012");
    double created = json_number_value(json_object_get(document, "CreateTime"));
    assert_true(created > 1e9);
    json_decref(document);
    json_t *input = parse("{\"Name\": \"ventdb\", \"Description\": \"d\"}");
    assert_int_equal(catalog_update_database(f->catalog, "ventdb", input), OK);
    assert_int_equal(catalog_update_database(f->catalog, "other", input), ERR_INVALID_INPUT);
    json_decref(input);
    assert_int_equal(f->catalog->ops->get_database(f->catalog, "ventdb", &document), OK);
    assert_null(json_text(document, "LocationUri")); /* replaced whole */
    assert_true(json_number_value(json_object_get(document, "CreateTime")) == created);
    json_decref(document);
    assert_int_equal(f->catalog->ops->get_database(f->catalog, "none", &document), ERR_ENTITY_NOT_FOUND);
    assert_string_equal(error_text(), "Database none not found.");
}

static void test_table(void **context)
{
    struct fixture *f = *context;
    json_t *document, *input;
    with_table(f);
    assert_int_equal(create_table(f, "db", ventilators), ERR_ALREADY_EXISTS);
    assert_string_equal(error_text(), "Table already exists.");
    assert_int_equal(create_table(f, "nodb", ventilators), ERR_ENTITY_NOT_FOUND);
    assert_string_equal(error_text(), "Database nodb not found.");
    assert_int_equal(f->catalog->ops->get_table(f->catalog, "DB", "VENTILATORS", &document), OK);
    assert_string_equal(json_text(document, "Name"), "ventilators");
    assert_string_equal(json_text(document, "DatabaseName"), "db");
    assert_string_equal(json_text(document, "VersionId"), "0");
    assert_string_equal(json_text(document, "CreatedBy"), "arn:aws:iam::123456789012:root");
    input = parse(ventilators);
    const char *name;
    json_t *value;
    json_object_foreach(input, name, value) /* whatever was set reads back */
        if (strcmp(name, "Name") != 0)
            assert_true(json_equal(value, json_object_get(document, name)));
    json_object_del(input, "Parameters");
    assert_int_equal(f->catalog->ops->update_table(f->catalog, "db", "ventilators", input), OK);
    json_t *updated;
    assert_int_equal(f->catalog->ops->get_table(f->catalog, "db", "ventilators", &updated), OK);
    assert_string_equal(json_text(updated, "VersionId"), "1");
    assert_null(json_object_get(updated, "Parameters"));
    assert_true(json_equal(json_object_get(updated, "CreateTime"), json_object_get(document, "CreateTime")));
    assert_int_equal(f->catalog->ops->update_table(f->catalog, "db", "other", input), ERR_INVALID_INPUT);
    json_object_del(input, "Name");
    assert_int_equal(f->catalog->ops->update_table(f->catalog, "db", "other", input), ERR_ENTITY_NOT_FOUND);
    assert_string_equal(error_text(), "Table other not found.");
    json_decref(updated);
    json_decref(document);
    json_decref(input);
}

struct seen {
    struct buffer values;
    int stop_at, count;
};

static bool see(void *context, json_t *partition)
{
    struct seen *s = context;
    size_t i;
    json_t *value;
    assert_string_equal(json_text(partition, "TableName"), "ventilators");
    json_array_foreach(json_object_get(partition, "Values"), i, value)
        buffer_printf(&s->values, "%s ", json_string_value(value));
    return ++s->count != s->stop_at;
}

static bool wants_2024(void *context, const json_t *values)
{
    (void)context;
    return strcmp(json_string_value(json_array_get(values, 0)), "2024") == 0;
}

static void assert_partitions(struct fixture *f, int stop_at, const char *expected)
{
    struct seen s = {.stop_at = stop_at};
    assert_int_equal(f->catalog->ops->partitions(f->catalog, "db", "Ventilators", NULL, see, &s), OK);
    assert_string_equal(buffer_text(&s.values), expected);
    buffer_release(&s.values);
}

static void test_partitions(void **context)
{
    struct fixture *f = *context;
    int added = -1, existed = -1;
    with_table(f);
    assert_int_equal(add(f, "ventilators",
                         "[{\"Values\": [\"2024\", \"b/c\"]}, {\"Values\": [\"2023\", \"a\"]},"
                         " {\"Values\": [\"2023\", \"a\"]}]", &added, &existed), OK);
    assert_int_equal(added, 2);
    assert_int_equal(existed, 1);
    assert_partitions(f, 0, "2023 a 2024 b/c ");
    assert_partitions(f, 1, "2023 a ");
    struct seen some = {0};
    assert_int_equal(f->catalog->ops->partitions(f->catalog, "db", "Ventilators", wants_2024, see,
                                                 &some),
                     OK);
    assert_string_equal(buffer_text(&some.values), "2024 b/c ");
    buffer_release(&some.values);
    assert_int_equal(add(f, "ventilators", "[{\"Values\": [\"2025\"]}]", NULL, NULL), ERR_INVALID_INPUT);
    assert_string_equal(error_text(),
                        "The number of partition keys do not match the number of partition values");
    assert_int_equal(add(f, "ventilators", "[{\"Values\": [\"2025\", \"\"]}]", NULL, NULL), ERR_INVALID_INPUT);
    assert_int_equal(add(f, "ventilators", "[{\"Values\": [\"2025\", 1]}]", NULL, NULL), ERR_INVALID_INPUT);
    assert_int_equal(add(f, "ventilators", "[{}]", NULL, NULL), ERR_INVALID_INPUT);
    assert_int_equal(add(f, "none", "[]", NULL, NULL), ERR_ENTITY_NOT_FOUND);
    /* all or nothing */
    assert_int_equal(add(f, "ventilators", "[{\"Values\": [\"2026\", \"x\"]}, {\"Values\": []}]", NULL, NULL),
                     ERR_INVALID_INPUT);
    assert_partitions(f, 0, "2023 a 2024 b/c ");
}

static void test_value_trap(void **context)
{
    struct fixture *f = *context;
    int added, existed;
    with_table(f);
    assert_int_equal(add(f, "ventilators", "[{\"Values\": [\"01\", \"01\"]}]", NULL, NULL), OK);
    assert_int_equal(add(f, "ventilators", "[{\"Values\": [\"1\", \"01\"]}]", NULL, NULL), ERR_ALREADY_EXISTS);
    assert_non_null(strstr(error_text(), "[1, 01]"));
    assert_non_null(strstr(error_text(), "[01, 01]"));
    /* the same text again is no twin, and text keys are compared as text */
    assert_int_equal(add(f, "ventilators", "[{\"Values\": [\"01\", \"01\"]}, {\"Values\": [\"01\", \"1\"]}]",
                         &added, &existed), OK);
    assert_int_equal(added, 1);
    assert_int_equal(existed, 1);
    assert_int_equal(add(f, "ventilators", "[{\"Values\": [\"5\", \"x\"]}, {\"Values\": [\"+05\", \"x\"]}]",
                         NULL, NULL), ERR_ALREADY_EXISTS);
    assert_int_equal(add(f, "ventilators", "[{\"Values\": [\"__HIVE_DEFAULT_PARTITION__\", \"x\"]}]",
                         NULL, NULL), OK);
    assert_int_equal(change(f, PARTITION_DELETE, "[{\"Values\": [\"01\", \"01\"]}]"), OK);
    assert_int_equal(change(f, PARTITION_DELETE, "[{\"Values\": [\"01\", \"01\"]}]"), ERR_ENTITY_NOT_FOUND);
    assert_int_equal(add(f, "ventilators", "[{\"Values\": [\"1\", \"01\"]}]", NULL, NULL), OK);
    /* Glue's own operations take both */
    assert_int_equal(change(f, PARTITION_CREATE, "[{\"Values\": [\"001\", \"01\"]}]"), OK);
    assert_int_equal(change(f, PARTITION_DELETE, "[{\"Values\": [\"1\", \"01\"]}]"), OK);
    assert_int_equal(add(f, "ventilators", "[{\"Values\": [\"1\", \"01\"]}]", NULL, NULL), ERR_ALREADY_EXISTS);
}

static void test_partition_update(void **context)
{
    struct fixture *f = *context;
    with_table(f);
    static const char rename_it[] =
        "[{\"PartitionValueList\": [\"2023\", \"a\"],"
        "  \"PartitionInput\": {\"Values\": [\"2024\", \"a\"], \"Parameters\": {\"n\": \"1\"}}}]";
    assert_int_equal(add(f, "ventilators", "[{\"Values\": [\"2023\", \"a\"]}, {\"Values\": [\"2025\", \"a\"]}]",
                         NULL, NULL), OK);
    assert_int_equal(change(f, PARTITION_UPDATE, rename_it), OK);
    assert_partitions(f, 0, "2024 a 2025 a ");
    assert_int_equal(change(f, PARTITION_UPDATE, rename_it), ERR_ENTITY_NOT_FOUND);
    assert_int_equal(change(f, PARTITION_UPDATE,
                            "[{\"PartitionValueList\": [\"2024\", \"a\"], \"PartitionInput\": "
                            "{\"Values\": [\"2025\", \"a\"]}}]"), ERR_ALREADY_EXISTS);
    assert_partitions(f, 0, "2024 a 2025 a ");
    /* all or nothing without an outcome */
    assert_int_equal(change(f, PARTITION_CREATE, "[{\"Values\": [\"1\", \"x\"]}, {\"Values\": [\"2024\", \"a\"]}]"),
                     ERR_ALREADY_EXISTS);
    assert_partitions(f, 0, "2024 a 2025 a ");
}

static void count_outcome(void *context, const json_t *item, error e, json_t *document)
{
    int *counts = context; /* done, exists, invalid, documents */
    assert_non_null(json_object_get(item, "Values"));
    counts[0] += e == OK;
    counts[1] += e == ERR_ALREADY_EXISTS;
    counts[2] += e == ERR_INVALID_INPUT;
    counts[3] += document != NULL;
}

static void test_partition_outcomes(void **context)
{
    struct fixture *f = *context;
    int counts[4] = {0};
    with_table(f);
    json_t *items = parse("[{\"Values\": [\"1\", \"a\"]}, {\"Values\": [\"1\", \"a\"]}, {\"Values\": [\"1\"]},"
                          " {\"Values\": [\"2\", \"a\"]}]");
    assert_int_equal(catalog_change_partitions(f->catalog, "db", "ventilators", PARTITION_CREATE, items,
                                               count_outcome, counts), OK);
    assert_int_equal(counts[0], 2);
    assert_int_equal(counts[1], 1);
    assert_int_equal(counts[2], 1);
    assert_int_equal(catalog_change_partitions(f->catalog, "db", "ventilators", PARTITION_GET, items,
                                               count_outcome, counts), OK);
    assert_int_equal(counts[3], 3);
    json_decref(items);
}

static bool append_values(void *context, const char *name, json_t *partition)
{
    (void)name;
    size_t i;
    json_t *value;
    json_array_foreach(json_object_get(partition, "Values"), i, value)
        buffer_printf(context, "%s ", json_string_value(value));
    return true;
}

static void assert_found(struct fixture *f, const char *expression, const char *expected)
{
    struct buffer found = {0};
    struct partition_filter filter = {.expression = expression};
    assert_int_equal(catalog_scan_partitions(f->catalog, "db", "ventilators", &filter, NULL,
                                             append_values, &found), OK);
    assert_string_equal(buffer_text(&found), expected);
    buffer_release(&found);
}

static void test_partition_filter(void **context)
{
    struct fixture *f = *context;
    with_table(f);
    assert_int_equal(add(f, "ventilators",
                         "[{\"Values\": [\"01\", \"a\"]}, {\"Values\": [\"2\", \"b\"]}, {\"Values\": [\"10\", \"c\"]},"
                         " {\"Values\": [\"__HIVE_DEFAULT_PARTITION__\", \"d\"]}]", NULL, NULL), OK);
    assert_found(f, "YEAR >= 2 AND site <> 'b'", "10 c ");
    assert_found(f, "year = '1'", "01 a ");
    assert_found(f, "year IS NULL", "__HIVE_DEFAULT_PARTITION__ d ");
    struct buffer all = {0};
    for (int segment = 0; segment < 3; segment++) {
        struct partition_filter filter = {.segment = segment, .segments = 3};
        assert_int_equal(catalog_scan_partitions(f->catalog, "db", "ventilators", &filter, NULL,
                                                 append_values, &all), OK);
    }
    assert_int_equal(all.size, strlen("01 a 2 b 10 c __HIVE_DEFAULT_PARTITION__ d "));
    buffer_release(&all);
    /* keys of another type: values stay, their meaning changes */
    json_t *table;
    assert_int_equal(f->catalog->ops->get_table(f->catalog, "db", "ventilators", &table), OK);
    json_object_set_new(json_array_get(json_object_get(table, "PartitionKeys"), 0), "Type",
                        json_string("string"));
    assert_int_equal(f->catalog->ops->update_table(f->catalog, "db", "ventilators", table), OK);
    assert_found(f, "year < '1'", "01 a ");
    json_array_remove(json_object_get(table, "PartitionKeys"), 0);
    assert_int_equal(f->catalog->ops->update_table(f->catalog, "db", "ventilators", table), ERR_INVALID_INPUT);
    json_decref(table);
}

struct paging { const char *after; char name[16384]; int count; };

static bool take_one(void *context, const char *name, json_t *partition)
{
    struct paging *p = context;
    (void)partition;
    assert_true(strlen(name) < sizeof p->name);
    strcpy(p->name, name);
    p->count++;
    return false;
}

/* Names that the store hashes are found and listed one by one like all others. */
static void test_long_values(void **context)
{
    struct fixture *f = *context;
    struct buffer text = {0}, value = {0};
    with_table(f);
    for (int i = 0; i < 1023; i++) buffer_append_text(&value, "\u00e4");
    buffer_append_text(&text, "[");
    for (int i = 0; i < 5; i++)
        buffer_printf(&text, "%s{\"Values\": [\"7\", \"%s%d\"]}", i ? "," : "", buffer_text(&value), i);
    buffer_append_text(&text, "]");
    assert_int_equal(change(f, PARTITION_CREATE, buffer_text(&text)), OK);
    assert_int_equal(change(f, PARTITION_CREATE, buffer_text(&text)), ERR_ALREADY_EXISTS);
    struct paging *p = must_calloc(1, sizeof *p);
    const struct partition_filter seven = {.expression = "year = 7 and site like '%_'"};
    for (int before = -1; before != p->count;) {
        before = p->count;
        assert_int_equal(catalog_scan_partitions(f->catalog, "db", "ventilators", &seven,
                                                 before ? p->name : NULL, take_one, p), OK);
    }
    assert_int_equal(p->count, 5);
    buffer_append_text(&value, "xx"); /* 1,025 characters */
    buffer_reset(&text);
    buffer_printf(&text, "[{\"Values\": [\"7\", \"%s\"]}]", buffer_text(&value));
    assert_int_equal(change(f, PARTITION_CREATE, buffer_text(&text)), ERR_INVALID_INPUT);
    assert_int_equal(catalog_delete_table(f->catalog, "db", "ventilators"), OK);
    assert_int_equal(create_table(f, "db", ventilators), OK);
    assert_found(f, NULL, "");
    free(p);
    buffer_release(&text);
    buffer_release(&value);
}

/* What hangs on a table goes with it; all or nothing is made. */
static bool count_all(void *count, const char *name, json_t *document)
{
    (void)name;
    (void)document;
    ++*(int *)count;
    return true;
}

static void take_statistics(void *context, const json_t *item, error e, json_t *document)
{
    (void)item;
    (void)document;
    ((int *)context)[e == OK]++;
}

static void test_attached(void **context)
{
    struct fixture *f = *context;
    int count = 0, outcomes[2] = {0};
    json_t *good = parse("[{\"IndexName\": \"i\", \"Keys\": [\"YEAR\"]}]");
    json_t *bad = parse("[{\"IndexName\": \"i\", \"Keys\": [\"year\"]}, {\"IndexName\": \"j\", \"Keys\": [\"id\"]}]");
    json_t *input = parse(ventilators), *statistics = parse("[{\"ColumnName\": \"ID\", \"n\": 1}]");
    json_t *names = parse("[\"id\", \"tags\"]");
    const struct statistics_of of = {"db", "ventilators", NULL};
    assert_int_equal(create_database(f, "{\"Name\": \"db\"}"), OK);
    assert_int_equal(catalog_create_table(f->catalog, "db", input, bad), ERR_INVALID_INPUT);
    assert_listed(f, "db", "");
    for (int round = 0; round < 2; round++) {
        assert_int_equal(catalog_create_table(f->catalog, "db", input, good), OK);
        count = 0;
        assert_int_equal(catalog_scan_indexes(f->catalog, "db", "ventilators", NULL, count_all, &count), OK);
        assert_int_equal(count, 1);
        outcomes[0] = outcomes[1] = 0;
        assert_int_equal(catalog_get_statistics(f->catalog, &of, names, take_statistics, outcomes), OK);
        assert_int_equal(outcomes[1], 0);
        assert_int_equal(catalog_put_statistics(f->catalog, &of, statistics, take_statistics, outcomes), OK);
        assert_int_equal(catalog_get_statistics(f->catalog, &of, names, take_statistics, outcomes), OK);
        assert_int_equal(outcomes[1], 2);
        assert_int_equal(catalog_delete_table(f->catalog, "db", "ventilators"), OK);
    }
    json_decref(good);
    json_decref(bad);
    json_decref(input);
    json_decref(statistics);
    json_decref(names);
}

static bool append_version(void *context, const char *name, json_t *table)
{
    (void)name;
    buffer_printf(context, "%s ", json_text(table, "VersionId"));
    return true;
}

static void test_versions(void **context)
{
    struct fixture *f = *context;
    struct buffer seen = {0};
    json_t *input = parse("{\"Name\": \"ventilators\", \"Description\": \"second\"}"), *version;
    with_table(f);
    assert_int_equal(catalog_update_table(f->catalog, "db", "ventilators", input, "0", true), OK);
    assert_int_equal(catalog_update_table(f->catalog, "db", "ventilators", input, "0", true),
                     ERR_CONCURRENT_MODIFICATION);
    assert_int_equal(catalog_update_table(f->catalog, "db", "ventilators", input, NULL, false), OK);
    assert_int_equal(catalog_scan_versions(f->catalog, "db", "ventilators", NULL, append_version, &seen), OK);
    assert_string_equal(buffer_text(&seen), "2 0 ");
    assert_int_equal(catalog_get_version(f->catalog, "db", "ventilators", "0", &version), OK);
    assert_null(json_text(version, "Description"));
    json_decref(version);
    assert_int_equal(catalog_get_version(f->catalog, "db", "ventilators", "1", &version), ERR_ENTITY_NOT_FOUND);
    assert_int_equal(catalog_get_version(f->catalog, "db", "ventilators", "x", &version), ERR_INVALID_INPUT);
    assert_int_equal(catalog_get_version(f->catalog, "db", "ventilators", NULL, &version), OK);
    assert_string_equal(json_text(version, "Description"), "second");
    json_decref(version);
    assert_int_equal(catalog_delete_version(f->catalog, "db", "ventilators", "2"), ERR_INVALID_INPUT);
    assert_int_equal(catalog_delete_version(f->catalog, "db", "ventilators", "0"), OK);
    assert_int_equal(catalog_delete_version(f->catalog, "db", "ventilators", "0"), ERR_ENTITY_NOT_FOUND);
    buffer_release(&seen);
    json_decref(input);
}

static void test_delete_and_list(void **context)
{
    struct fixture *f = *context;
    with_table(f);
    assert_int_equal(create_table(f, "db", "{\"Name\": \"b\"}"), OK);
    assert_int_equal(create_database(f, "{\"Name\": \"db2\"}"), OK);
    assert_int_equal(create_table(f, "db2", "{\"Name\": \"c\"}"), OK);
    assert_int_equal(add(f, "ventilators", "[{\"Values\": [\"1\", \"a\"]}]", NULL, NULL), OK);
    assert_listed(f, "DB", "b ventilators ");
    assert_int_equal(catalog_delete_table(f->catalog, "db", "ventilators"), OK);
    assert_int_equal(catalog_delete_table(f->catalog, "db", "ventilators"), ERR_ENTITY_NOT_FOUND);
    assert_int_equal(create_table(f, "db", ventilators), OK); /* reusable at once, and empty */
    assert_partitions(f, 0, "");
    assert_int_equal(add(f, "ventilators", "[{\"Values\": [\"01\", \"a\"]}]", NULL, NULL), OK);
    assert_int_equal(catalog_delete_database(f->catalog, "db"), OK);
    assert_int_equal(catalog_scan_tables(f->catalog, "db", NULL, append_name, NULL), ERR_ENTITY_NOT_FOUND);
    assert_listed(f, NULL, "db2 ");
    assert_listed(f, "db2", "c ");
}

static void test_regions_are_apart(void **context)
{
    struct fixture *f = *context;
    struct catalog *other;
    json_t *document;
    with_table(f);
    assert_int_equal(catalog_open_local(f->state, "123456789012", "us-east-1", &other), OK);
    assert_int_equal(other->ops->get_table(other, "db", "ventilators", &document), ERR_ENTITY_NOT_FOUND);
    other->ops->close(other);
}

static void test_table_parse(void **context)
{
    struct fixture *f = *context;
    struct arena a = {0};
    struct table table;
    struct buffer text = {0};
    json_t *document;
    with_table(f);
    assert_int_equal(f->catalog->ops->get_table(f->catalog, "db", "ventilators", &document), OK);
    assert_int_equal(table_parse(&a, document, &table), OK);
    assert_string_equal(table.database, "db");
    assert_string_equal(table.location, "s3://lake/v/");
    assert_string_equal(table.serde, "serde");
    assert_string_equal(json_text(table.descriptor_parameters, "k"), "v");
    assert_int_equal(table.schema->field_count, 2);
    assert_int_equal(table.partition_keys->field_count, 2);
    assert_int_equal(table.partition_keys->fields[0].type->kind, TYPE_INT);
    type_print(&text, table.schema->fields[1].type);
    assert_string_equal(buffer_text(&text), "array<struct<a:int,b:decimal(10,2)>>");
    json_decref(document);

    document = parse("{\"Name\": \"t\", \"DatabaseName\": \"d\", \"StorageDescriptor\": "
                     "{\"Columns\": [{\"Name\": \"x\", \"Type\": \"arry<int>\"}]}}");
    assert_int_not_equal(table_parse(&a, document, &table), OK);
    assert_non_null(strstr(error_text(), "table d.t: column x of type arry<int>"));
    json_decref(document);
    document = parse("{\"Name\": \"t\", \"PartitionKeys\": [{\"Name\": \"X\", \"Type\": \"int\"}], "
                     "\"StorageDescriptor\": {\"Columns\": [{\"Name\": \"x\", \"Type\": \"int\"}]}}");
    assert_int_equal(table_parse(&a, document, &table), ERR_INVALID_INPUT);
    json_decref(document);
    document = parse("{\"Name\": \"stream\"}");
    assert_int_equal(table_parse(&a, document, &table), OK);
    assert_int_equal(table.schema->field_count, 0);
    assert_null(table.location);
    json_decref(document);
    buffer_release(&text);
    arena_release(&a);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(test_database),   TEST(test_table),
        TEST(test_partitions), TEST(test_value_trap),
        TEST(test_partition_update), TEST(test_partition_outcomes), TEST(test_partition_filter),
        TEST(test_versions), TEST(test_long_values), TEST(test_attached), TEST(test_delete_and_list),
        TEST(test_regions_are_apart), TEST(test_table_parse),
    };
    return cmocka_run_group_tests_name("catalog_local", tests, NULL, NULL);
}
