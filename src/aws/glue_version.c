/* Versions of Glue tables. */
#include "aws/glue.h"

enum { PAGE = 100 };

static json_t *version_json(json_t *table)
{
    return json_pack("{s:O, s:O}", "Table", table, "VersionId",
                     json_object_get(table, "VersionId"));
}

static error get_version(struct call *c)
{
    struct catalog *catalog;
    json_t *table;
    TRY(glue_catalog(c, &catalog));
    TRY(catalog_get_version(catalog, json_text(c->input, "DatabaseName"),
                            json_text(c->input, "TableName"), json_text(c->input, "VersionId"),
                            &table));
    c->output = json_pack("{s:o}", "TableVersion", version_json(table));
    json_decref(table);
    return OK;
}

static bool list_one(void *page, const char *name, json_t *table)
{
    json_t *version = version_json(table);
    bool more = glue_page_take(page, name, version);
    json_decref(version);
    return more;
}

static error get_versions(struct call *c)
{
    struct catalog *catalog;
    struct glue_page page;
    const char *database = json_text(c->input, "DatabaseName");
    const char *table = json_text(c->input, "TableName");
    TRY(glue_catalog(c, &catalog));
    TRY(glue_page_open(c, arena_printf(c->arena, "%s %s", database, table), PAGE, &page));
    return glue_page_close(
        &page, "TableVersions",
        catalog_scan_versions(catalog, database, table, page.after, list_one, &page));
}

static error delete_version(struct call *c)
{
    struct catalog *catalog;
    TRY(glue_catalog(c, &catalog));
    TRY(catalog_delete_version(catalog, json_text(c->input, "DatabaseName"),
                               json_text(c->input, "TableName"), json_text(c->input, "VersionId")));
    c->output = json_object();
    return OK;
}

static error delete_versions(struct call *c, struct catalog *catalog, json_t *errors)
{
    size_t i;
    json_t *version;
    const char *table = json_text(c->input, "TableName");
    json_array_foreach(json_object_get(c->input, "VersionIds"), i, version) {
        error e = catalog_delete_version(catalog, json_text(c->input, "DatabaseName"), table,
                                         json_string_value(version));
        if (e != OK && error_row(e)->status == 500) return e;
        if (e != OK)
            json_array_append_new(errors,
                                  json_pack("{s:s, s:O, s:o}", "TableName", table, "VersionId",
                                            version, "ErrorDetail", glue_error_detail(e)));
    }
    return OK;
}

static error batch_delete_version(struct call *c)
{
    struct catalog *catalog;
    json_t *document;
    TRY(glue_catalog(c, &catalog));
    TRY(catalog->ops->get_table(catalog, json_text(c->input, "DatabaseName"),
                                json_text(c->input, "TableName"), &document));
    json_decref(document);
    json_t *errors = json_array();
    error e = delete_versions(c, catalog, errors);
    if (e == OK) c->output = json_pack("{s:O}", "Errors", errors);
    json_decref(errors);
    return e;
}

/* ---- rows ---- */

static const struct member get_version_input[] = {
    CATALOG_ROW, DATABASE_ROW, TABLE_ROW, NAME_ROW("VersionId", MEMBER_OPTIONAL), ROWS_END,
};
static const struct member get_versions_input[] = {
    CATALOG_ROW, DATABASE_ROW, TABLE_ROW, NEXT_TOKEN, MAX_RESULTS(100), ROWS_END,
};
static const struct member delete_version_input[] = {
    CATALOG_ROW, DATABASE_ROW, TABLE_ROW, NAME_ROW("VersionId", MEMBER_REQUIRED), ROWS_END,
};
static const struct member batch_delete_version_input[] = {
    CATALOG_ROW, DATABASE_ROW, TABLE_ROW,
    LIST_ROW("VersionIds", MEMBER_REQUIRED, 0, 100, glue_name),
    ROWS_END,
};

const struct operation glue_version_operations[] = {
    {.name = "GetTableVersion", .run = get_version, .input = get_version_input},
    {.name = "GetTableVersions", .run = get_versions, .input = get_versions_input},
    {.name = "DeleteTableVersion", .run = delete_version, .input = delete_version_input,
     .note = "the current version stays"},
    {.name = "BatchDeleteTableVersion", .run = batch_delete_version,
     .input = batch_delete_version_input},
    {0},
};
