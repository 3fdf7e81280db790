/* The remote catalog needs a server that stands above it in the layers: this program drives it
 * against the endpoint of its first argument, in the database of its second, with the keys of the
 * AWS environment, and prints TAP. */
#include "catalog/catalog.h"
#include "http/http.h"

#include <stdio.h>

static struct catalog *catalog;
static const struct catalog_ops *ops;
static const char *database;
static int count, failed;

static void ok(bool good, const char *name)
{
    printf("%s %d - %s\n", good ? "ok" : "not ok", ++count, name);
    if (!good) printf("# last error: %s\n", error_text());
    failed += !good;
}

static void is(error got, error expected, const char *name)
{
    ok(got == expected, name);
    if (got != expected)
        printf("# got %s, expected %s\n", got ? error_row(got)->code : "OK",
               expected ? error_row(expected)->code : "OK");
}

static json_t *table_input(const char *name, const char *description)
{
    return json_pack("{s:s, s:s, s:{s:[{s:s, s:s}], s:s}, s:[{s:s, s:s}, {s:s, s:s}]}", "Name",
                     name, "Description", description, "StorageDescriptor", "Columns", "Name", "c",
                     "Type", "string", "Location", "s3://lake/t/", "PartitionKeys", "Name", "year",
                     "Type", "int", "Name", "place", "Type", "string");
}

static error with_input(error (*change)(struct catalog *, const char *, const json_t *),
                        json_t *input)
{
    error e = change(catalog, database, input);
    json_decref(input);
    return e;
}

/* ---- databases and tables ---- */

static error create_database(void)
{
    json_t *input = json_pack("{s:s, s:s}", "Name", database, "Description", "a database");
    error e = ops->create_database(catalog, input);
    json_decref(input);
    return e;
}

/* After a lost reply a creation finds its own work there: callers take both as done. */
static void created(error e, const char *name)
{
    ok(e == OK || e == ERR_ALREADY_EXISTS, name);
}

static void tables(void)
{
    json_t *out = NULL;
    is(ops->get_database(catalog, "none", &out), ERR_ENTITY_NOT_FOUND, "no such database");
    created(create_database(), "create a database");
    is(create_database(), ERR_ALREADY_EXISTS, "again: refused");
    is(ops->get_database(catalog, database, &out), OK, "get it");
    ok(strcmp(json_text(out, "Description"), "a database") == 0, "as it was created");
    json_decref(out);
    is(ops->get_table(catalog, database, "t", &out), ERR_ENTITY_NOT_FOUND, "no such table");
    created(with_input(ops->create_table, table_input("t", "one")), "create a table");
    is(with_input(ops->create_table, table_input("t", "one")), ERR_ALREADY_EXISTS,
       "again: refused");
    json_t *input = table_input("t", "two");
    is(ops->update_table(catalog, database, "t", input), OK, "update it");
    json_decref(input);
    is(ops->get_table(catalog, database, "t", &out), OK, "get it");
    ok(strcmp(json_text(out, "Description"), "two") == 0 &&
           strcmp(json_text(out, "Name"), "t") == 0, "as it was updated");
    json_decref(out);
}

/* ---- partitions ---- */

static json_t *partition(const char *year, const char *place)
{
    return json_pack("{s:[s, s], s:{s:[{s:s, s:s}], s:s}}", "Values", year, place,
                     "StorageDescriptor", "Columns", "Name", "c", "Type", "string", "Location",
                     "s3://lake/t/p/");
}

static error add(json_t *inputs, int *added, int *existed)
{
    *added = *existed = -1;
    error e = ops->add_partitions(catalog, database, "t", inputs, added, existed);
    json_decref(inputs);
    return e;
}

struct seen {
    int count, stop_at;
    bool sorted;
    char last[64];
};

static bool nothing(void *context, const json_t *values)
{
    (void)context;
    return !json_is_array(values);
}

static bool see(void *context, json_t *document)
{
    struct seen *s = context;
    char text[64];
    const json_t *values = json_object_get(document, "Values");
    snprintf(text, sizeof text, "%s %s", json_string_value(json_array_get(values, 0)),
             json_string_value(json_array_get(values, 1)));
    s->sorted = s->sorted && strcmp(s->last, text) < 0;
    memcpy(s->last, text, sizeof text);
    return ++s->count != s->stop_at;
}

static void partitions(bool calm)
{
    enum { MANY = 1234 };
    int added, existed;
    json_t *inputs = json_array();
    for (int i = 0; i < MANY; i++) {
        char place[16];
        snprintf(place, sizeof place, "p%d", i);
        json_array_append_new(inputs, partition("2023", place));
    }
    is(add(json_incref(inputs), &added, &existed), OK, "add many partitions");
    ok(added + existed == MANY && (added == MANY || !calm), "all are new");
    is(add(inputs, &added, &existed), OK, "add them again");
    ok(added == 0 && existed == MANY, "all are there");
    is(add(json_pack("[o, o]", partition("2023", "p1"), partition("2024", "p1")), &added,
           &existed), OK, "one old and one new");
    ok(added + existed == 2 && (added == 1 || !calm), "are told apart");
    is(add(json_pack("[o]", partition("02024", "p1")), &added, &existed), ERR_ALREADY_EXISTS,
       "the same year in other digits: refused");
    is(add(json_pack("[o, o]", partition("7", "x"), partition("07", "x")), &added, &existed),
       ERR_ALREADY_EXISTS, "also within one call");
    is(add(json_pack("[o]", partition("2024", "01")), &added, &existed), OK, "texts are texts");
    is(add(json_pack("[o]", partition("2024", "1")), &added, &existed), OK,
       "whatever digits they hold");
    struct seen seen = {.sorted = true};
    is(ops->partitions(catalog, database, "t", NULL, see, &seen), OK, "read all partitions");
    ok(seen.count == MANY + 3 && seen.sorted, "each once, in order of their values");
    seen = (struct seen){.sorted = true, .stop_at = 5};
    is(ops->partitions(catalog, database, "t", NULL, see, &seen), OK, "read a few");
    ok(seen.count == 5, "and no more");
    seen = (struct seen){.sorted = true};
    is(ops->partitions(catalog, database, "t", nothing, see, &seen), OK, "read none");
    ok(seen.count == 0, "none that is not wanted");
    is(ops->partitions(catalog, database, "none", NULL, see, &seen), ERR_ENTITY_NOT_FOUND,
       "of no table");
    is(ops->add_partitions(catalog, database, "none", NULL, &added, &existed), ERR_INVALID_INPUT,
       "no list of partitions");
}

int main(int argc, char **argv)
{
    struct http_client *client;
    if (argc < 3) return 64;
    database = argv[2];
    error e = http_client_open(NULL, &client);
    if (e == OK) e = catalog_open_glue(client, argv[1], "us-east-1", &catalog);
    if (e != OK) {
        printf("Bail out! %s\n", error_text());
        return 1;
    }
    ops = catalog->ops;
    tables();
    partitions(strcmp(database, "plain") == 0);
    printf("1..%d\n", count);
    ops->close(catalog);
    http_client_close(client);
    return failed != 0;
}
