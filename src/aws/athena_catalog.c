/* Data catalogs (there is one: AwsDataCatalog, which is Glue's) and what Athena tells of its
 * databases and tables. */
#include "aws/athena.h"

#include <stdio.h>

enum { CATALOG_PAGE = 50 };
#define CATALOG "AwsDataCatalog"

static bool is_catalog(const char *name)
{
    return span_equal_nocase(span_of(name), SPAN(CATALOG));
}

static error catalog_of(struct call *c, struct catalog **out)
{
    const char *name = json_text(c->input, "CatalogName");
    if (!is_catalog(name)) return fail(ERR_METADATA, "Catalog %s is not found", name);
    return glue_catalog(c, out);
}

static error get_data_catalog(struct call *c)
{
    const char *name = json_text(c->input, "Name");
    if (!is_catalog(name)) return fail(ERR_ATHENA_INPUT, "Data catalog %s was not found", name);
    c->output =
        json_pack("{s:{s:s, s:s, s:s, s:{s:s}}}", "DataCatalog", "Name", CATALOG, "Description", "",
                  "Type", "GLUE", "Parameters", "catalog-id", c->account);
    return OK;
}

static error list_data_catalogs(struct call *c)
{
    c->output = json_pack("{s:[{s:s, s:s}]}", "DataCatalogsSummary", "CatalogName", CATALOG, "Type",
                          "GLUE");
    return OK;
}

/* The catalog's errors, as Athena passes them on. */
static error metadata_error(error e)
{
    if (e != ERR_ENTITY_NOT_FOUND && e != ERR_ACCESS_DENIED && e != ERR_INVALID_INPUT) return e;
    char text[700];
    snprintf(text, sizeof text, "%s", error_text());
    return fail(ERR_METADATA, "%s (Service: AmazonDataCatalog; Status Code: 400; Error Code: %s)",
                text, error_row(e)->name);
}

/* ---- databases ---- */

static json_t *database_told(const json_t *document)
{
    return json_pack("{s:O, s:O*, s:O*}", "Name", json_object_get(document, "Name"), "Description",
                     json_object_get(document, "Description"), "Parameters",
                     json_object_get(document, "Parameters"));
}

static error get_database(struct call *c)
{
    struct catalog *catalog;
    json_t *document;
    TRY(catalog_of(c, &catalog));
    error e = catalog->ops->get_database(catalog, json_text(c->input, "DatabaseName"), &document);
    if (e != OK) return metadata_error(e);
    c->output = json_pack("{s:o}", "Database", database_told(document));
    json_decref(document);
    return OK;
}

static bool take_database(void *page, const char *name, json_t *document)
{
    json_t *told = database_told(document);
    bool more = glue_page_take(page, name, told);
    json_decref(told);
    return more;
}

static error list_databases(struct call *c)
{
    struct catalog *catalog;
    struct glue_page page;
    TRY(catalog_of(c, &catalog));
    TRY(glue_page_open(c, "", CATALOG_PAGE, &page));
    return glue_page_close(&page, "DatabaseList",
                           catalog_scan_databases(catalog, page.after, take_database, &page));
}

/* ---- tables ---- */

static json_t *columns_told(const json_t *columns)
{
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const json_t *column = json_array_get(columns, i);
        json_array_append_new(list, json_pack("{s:O, s:O*, s:O*}", "Name",
                                              json_object_get(column, "Name"), "Type",
                                              json_object_get(column, "Type"), "Comment",
                                              json_object_get(column, "Comment")));
    }
    return list;
}

static json_t *table_told(const json_t *table)
{
    static const char *const times[] = {"CreateTime", "LastAccessTime"};
    const json_t *descriptor = json_object_get(table, "StorageDescriptor");
    const json_t *serde = json_object_get(descriptor, "SerdeInfo"), *value;
    json_t *parameters = json_copy(json_object_get(table, "Parameters"));
    const char *const placed[][2] = {
        {"location", json_text(descriptor, "Location")},
        {"inputformat", json_text(descriptor, "InputFormat")},
        {"outputformat", json_text(descriptor, "OutputFormat")},
        {"serde.serialization.lib", json_text(serde, "SerializationLibrary")}};
    if (!parameters) parameters = json_object();
    for (size_t i = 0; i < sizeof placed / sizeof *placed; i++)
        if (placed[i][1]) json_object_set_new(parameters, placed[i][0], json_string(placed[i][1]));
    json_t *told = json_pack("{s:O, s:O*, s:o, s:o, s:o}", "Name", json_object_get(table, "Name"),
                             "TableType", json_object_get(table, "TableType"), "Columns",
                             columns_told(json_object_get(descriptor, "Columns")), "PartitionKeys",
                             columns_told(json_object_get(table, "PartitionKeys")), "Parameters",
                             parameters);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if ((value = json_object_get(table, times[i])))
            json_object_set(told, times[i], (json_t *)(uintptr_t)value);
    return told;
}

static error get_table_metadata(struct call *c)
{
    struct catalog *catalog;
    json_t *document;
    TRY(catalog_of(c, &catalog));
    error e = catalog->ops->get_table(catalog, json_text(c->input, "DatabaseName"),
                                      json_text(c->input, "TableName"), &document);
    if (e != OK) return metadata_error(e);
    c->output = json_pack("{s:o}", "TableMetadata", table_told(document));
    json_decref(document);
    return OK;
}

struct tables { struct glue_page page; struct glue_pattern *pattern; };

static bool take_table(void *context, const char *name, json_t *document)
{
    struct tables *t = context;
    if (!glue_pattern_matches(t->pattern, json_text(document, "Name"))) return true;
    json_t *told = table_told(document);
    bool more = glue_page_take(&t->page, name, told);
    json_decref(told);
    return more;
}

static error list_table_metadata(struct call *c)
{
    struct catalog *catalog;
    struct tables t = {0};
    const char *database = json_text(c->input, "DatabaseName");
    const char *expression = json_text(c->input, "Expression");
    TRY(catalog_of(c, &catalog));
    if (expression && *expression) TRY(glue_pattern_make(c, expression, &t.pattern));
    error e = glue_page_open(c, database, CATALOG_PAGE, &t.page);
    if (e == OK) {
        e = catalog_scan_tables(catalog, database, t.page.after, take_table, &t);
        e = glue_page_close(&t.page, "TableMetadataList", e == OK ? OK : metadata_error(e));
    }
    glue_pattern_free(t.pattern);
    return e;
}

/* ---- rows ---- */

#define NAME_OF(text) TEXT_ROW(text, MEMBER_REQUIRED, 1, 128, NULL)
#define IN_WORKGROUP WORKGROUP_ROW(MEMBER_OPTIONAL)
static const struct member catalog_rows[] = {
    CATALOG_NAME_ROW("Name", MEMBER_REQUIRED), IN_WORKGROUP, ROWS_END,
};
static const struct member catalogs_rows[] = {
    ATHENA_TOKEN_ROW, PAGE_ROW(2, 50), IN_WORKGROUP, ROWS_END,
};
static const struct member database_rows[] = {
    CATALOG_NAME_ROW("CatalogName", MEMBER_REQUIRED), NAME_OF("DatabaseName"), IN_WORKGROUP,
    ROWS_END,
};
static const struct member databases_rows[] = {
    CATALOG_NAME_ROW("CatalogName", MEMBER_REQUIRED), ATHENA_TOKEN_ROW, PAGE_ROW(1, 50),
    IN_WORKGROUP, ROWS_END,
};
static const struct member table_rows[] = {
    CATALOG_NAME_ROW("CatalogName", MEMBER_REQUIRED), NAME_OF("DatabaseName"), NAME_OF("TableName"),
    IN_WORKGROUP, ROWS_END,
};
static const struct member tables_rows[] = {
    CATALOG_NAME_ROW("CatalogName", MEMBER_REQUIRED), NAME_OF("DatabaseName"),
    TEXT_ROW("Expression", MEMBER_OPTIONAL, 0, 256, NULL), ATHENA_TOKEN_ROW, PAGE_ROW(1, 50),
    IN_WORKGROUP, ROWS_END,
};

const struct operation athena_catalog_operations[] = {
    {.name = "GetDataCatalog", .run = get_data_catalog, .input = catalog_rows,
     .note = "AwsDataCatalog alone"},
    {.name = "ListDataCatalogs", .run = list_data_catalogs, .input = catalogs_rows},
    {.name = "GetDatabase", .run = get_database, .input = database_rows},
    {.name = "ListDatabases", .run = list_databases, .input = databases_rows},
    {.name = "GetTableMetadata", .run = get_table_metadata, .input = table_rows},
    {.name = "ListTableMetadata", .run = list_table_metadata, .input = tables_rows},
    {0},
};
