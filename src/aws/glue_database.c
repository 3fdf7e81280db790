/* Glue databases. */
#include "aws/glue.h"

static error create_database(struct call *c)
{
    struct catalog *catalog;
    TRY(glue_catalog(c, &catalog));
    json_t *input = member_copy(glue_database_input, json_object_get(c->input, "DatabaseInput"));
    error e = catalog->ops->create_database(catalog, input);
    json_decref(input);
    return e;
}

static error get_database(struct call *c)
{
    struct catalog *catalog;
    json_t *document;
    TRY(glue_catalog(c, &catalog));
    TRY(catalog->ops->get_database(catalog, json_text(c->input, "Name"), &document));
    c->output = json_pack("{s:o}", "Database", document);
    return OK;
}

static error get_databases(struct call *c)
{
    struct catalog *catalog;
    json_t *list;
    TRY(glue_catalog(c, &catalog));
    TRY(catalog_list_databases(catalog, &list));
    c->output = json_pack("{s:o}", "DatabaseList", list);
    return OK;
}

static error delete_database(struct call *c)
{
    struct catalog *catalog;
    TRY(glue_catalog(c, &catalog));
    return catalog_delete_database(catalog, json_text(c->input, "Name"));
}

/* ---- rows ---- */

static const char *const share_types[] = {"FOREIGN", "ALL", NULL};

static const struct member create_database_input[] = {
    CATALOG_ROW, STRUCTURE_ROW("DatabaseInput", MEMBER_REQUIRED, glue_database_input),
    TAGS_ROW_OF("Tags", MEMBER_OPTIONAL), ROWS_END,
};
static const struct member database_input[] = {
    CATALOG_ROW, NAME_ROW("Name", MEMBER_REQUIRED), ROWS_END,
};
static const struct member get_databases_input[] = {
    CATALOG_ROW,
    PLAIN_ROW("NextToken"),
    INTEGER_ROW("MaxResults", MEMBER_OPTIONAL, 1, 100),
    ENUM_ROW("ResourceShareType", MEMBER_OPTIONAL, share_types),
    ROWS_END,
};

const struct operation glue_database_operations[] = {
    {.name = "CreateDatabase", .run = create_database, .input = create_database_input},
    {.name = "GetDatabase", .run = get_database, .input = database_input},
    {.name = "GetDatabases", .run = get_databases, .input = get_databases_input},
    {.name = "DeleteDatabase", .run = delete_database, .input = database_input},
    {0},
};
