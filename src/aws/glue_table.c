/* Glue tables. An update replaces the whole TableInput; what it replaces becomes a version. */
#include "aws/glue.h"

enum { PAGE = 100 };

static json_t *input_copy(const json_t *input)
{
    json_t *copy = member_copy(glue_table_input, input);
    glue_fill_descriptor(copy);
    if (!json_object_get(copy, "Retention"))
        json_object_set_new(copy, "Retention", json_integer(0));
    return copy;
}

static error create_table(struct call *c)
{
    struct catalog *catalog;
    TRY(glue_catalog(c, &catalog));
    json_t *copy = input_copy(json_object_get(c->input, "TableInput"));
    error e = catalog_create_table(catalog, json_text(c->input, "DatabaseName"), copy,
                                   json_object_get(c->input, "PartitionIndexes"));
    json_decref(copy);
    if (e == OK) c->output = json_object();
    return e;
}

static error update_table(struct call *c)
{
    struct catalog *catalog;
    const json_t *input = json_object_get(c->input, "TableInput");
    TRY(glue_catalog(c, &catalog));
    json_t *copy = input_copy(input);
    error e = catalog_update_table(catalog, json_text(c->input, "DatabaseName"),
                                   json_text(input, "Name"), copy, json_text(c->input, "VersionId"),
                                   !json_is_set(c->input, "SkipArchive"));
    json_decref(copy);
    if (e == OK) c->output = json_object();
    return e;
}

/* There is no table as it was at another time. */
static error not_as_of(const struct call *c)
{
    if (!json_object_get(c->input, "QueryAsOfTime")) return OK;
    return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve QueryAsOfTime of %s",
                c->operation->name);
}

static error get_table(struct call *c)
{
    struct catalog *catalog;
    json_t *document;
    TRY(glue_catalog(c, &catalog));
    TRY(not_as_of(c));
    TRY(catalog->ops->get_table(catalog, json_text(c->input, "DatabaseName"),
                                json_text(c->input, "Name"), &document));
    c->output = json_pack("{s:o}", "Table", document);
    return OK;
}

/* ---- listing ---- */

struct listing {
    struct glue_page page;
    struct glue_pattern *pattern;
};

static bool list_one(void *context, const char *name, json_t *table)
{
    struct listing *l = context;
    if (!glue_pattern_matches(l->pattern, json_text(table, "Name"))) return true;
    return glue_page_take(&l->page, name, table);
}

static error get_tables(struct call *c)
{
    struct catalog *catalog;
    struct listing l = {0};
    const char *database = json_text(c->input, "DatabaseName");
    const char *expression = json_text(c->input, "Expression");
    TRY(glue_catalog(c, &catalog));
    TRY(not_as_of(c));
    TRY(glue_page_open(c, arena_printf(c->arena, "%s %s", database, expression ? expression : ""),
                       PAGE, &l.page));
    error e = OK;
    if (expression && *expression) e = glue_pattern_make(c, expression, &l.pattern);
    if (e == OK) e = catalog_scan_tables(catalog, database, l.page.after, list_one, &l);
    glue_pattern_free(l.pattern);
    return glue_page_close(&l.page, "TableList", e);
}

/* ---- deleting ---- */

static error delete_table(struct call *c)
{
    struct catalog *catalog;
    TRY(glue_catalog(c, &catalog));
    TRY(catalog_delete_table(catalog, json_text(c->input, "DatabaseName"),
                             json_text(c->input, "Name")));
    c->output = json_object();
    return OK;
}

static error batch_delete_table(struct call *c)
{
    struct catalog *catalog;
    const char *database = json_text(c->input, "DatabaseName");
    json_t *document, *errors = json_array(), *name;
    size_t i;
    error e = glue_catalog(c, &catalog);
    if (e == OK) e = catalog->ops->get_database(catalog, database, &document);
    if (e == OK) {
        json_decref(document);
        json_array_foreach(json_object_get(c->input, "TablesToDelete"), i, name) {
            e = catalog_delete_table(catalog, database, json_string_value(name));
            if (e != OK && error_row(e)->status == 500) break;
            if (e != OK)
                json_array_append_new(errors, json_pack("{s:O, s:o}", "TableName", name,
                                                        "ErrorDetail", glue_error_detail(e)));
            e = OK;
        }
    }
    json_t *output = json_pack("{s:o}", "Errors", errors);
    if (e == OK) c->output = output;
    else json_decref(output);
    return e;
}

/* ---- rows ---- */

static const struct member index_row[] = {
    STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, glue_partition_index)};
static const struct member create_table_input[] = {
    CATALOG_ROW, DATABASE_ROW, STRUCTURE_ROW("TableInput", MEMBER_REQUIRED, glue_table_input),
    LIST_ROW("PartitionIndexes", MEMBER_OPTIONAL, 0, 3, index_row), TRANSACTION_ROW, ROWS_END,
};
static const struct member update_table_input[] = {
    CATALOG_ROW, DATABASE_ROW, STRUCTURE_ROW("TableInput", MEMBER_REQUIRED, glue_table_input),
    BOOLEAN_ROW("SkipArchive"), TRANSACTION_ROW, NAME_ROW("VersionId", MEMBER_OPTIONAL), ROWS_END,
};
static const struct member get_table_input[] = {
    CATALOG_ROW, DATABASE_ROW, NAME_ROW("Name", MEMBER_REQUIRED), TRANSACTION_ROW,
    TIMESTAMP_ROW("QueryAsOfTime"), ROWS_END,
};
static const struct member get_tables_input[] = {
    CATALOG_ROW, DATABASE_ROW, LINE_ROW("Expression", MEMBER_OPTIONAL, 0, 2048), NEXT_TOKEN,
    MAX_RESULTS(100), TRANSACTION_ROW, TIMESTAMP_ROW("QueryAsOfTime"), ROWS_END,
};
static const struct member delete_table_input[] = {
    CATALOG_ROW, DATABASE_ROW, NAME_ROW("Name", MEMBER_REQUIRED), TRANSACTION_ROW, ROWS_END,
};
static const struct member batch_delete_table_input[] = {
    CATALOG_ROW, DATABASE_ROW, LIST_ROW("TablesToDelete", MEMBER_REQUIRED, 0, 100, glue_name),
    TRANSACTION_ROW, ROWS_END,
};

const struct operation glue_table_operations[] = {
    {.name = "CreateTable", .run = create_table, .input = create_table_input},
    {.name = "GetTable", .run = get_table, .input = get_table_input},
    {.name = "GetTables", .run = get_tables, .input = get_tables_input},
    {.name = "UpdateTable", .run = update_table, .input = update_table_input},
    {.name = "DeleteTable", .run = delete_table, .input = delete_table_input,
     .note = "its partitions and versions are gone at once"},
    {.name = "BatchDeleteTable", .run = batch_delete_table, .input = batch_delete_table_input},
    {0},
};
