/* Glue databases. */
#include "aws/glue.h"

enum { PAGE = 100 };

static const char *tags_of(struct call *c, const char *database)
{
    char *name = arena_printf(c->arena, "database/%s", database);
    for (char *p = name; *p; p++) /* as the catalog folds it */
        if (*p >= 'A' && *p <= 'Z') *p = (char)(*p + 32);
    return name;
}

/* The tags of a database that is new, or gone: NULL. */
static error tags_replace(struct call *c, const char *database, const json_t *tags)
{
    struct state_txn *txn;
    const char *resource = tags_of(c, database);
    TRY(glue_begin(c, true, &txn));
    error e = glue_tags_drop(c, txn, resource);
    if (e == OK) e = glue_tags_add(c, txn, resource, tags);
    return glue_end(txn, e);
}

static error create_database(struct call *c)
{
    struct catalog *catalog;
    const json_t *input = json_object_get(c->input, "DatabaseInput");
    TRY(glue_catalog(c, &catalog));
    json_t *copy = member_copy(glue_database_input, input);
    error e = catalog->ops->create_database(catalog, copy);
    json_decref(copy);
    if (e != OK) return e;
    TRY(tags_replace(c, json_text(input, "Name"), json_object_get(c->input, "Tags")));
    c->output = json_object();
    return OK;
}

static error update_database(struct call *c)
{
    struct catalog *catalog;
    TRY(glue_catalog(c, &catalog));
    json_t *copy = member_copy(glue_database_input, json_object_get(c->input, "DatabaseInput"));
    error e = catalog_update_database(catalog, json_text(c->input, "Name"), copy);
    json_decref(copy);
    if (e == OK) c->output = json_object();
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

/* FOREIGN asks for those that other accounts share: there are none. */
static error get_databases(struct call *c)
{
    struct catalog *catalog;
    struct glue_page page;
    const char *share = json_text(c->input, "ResourceShareType");
    TRY(glue_catalog(c, &catalog));
    TRY(glue_page_open(c, "", PAGE, &page));
    error e = OK;
    if (!share || strcmp(share, "FOREIGN") != 0)
        e = catalog_scan_databases(catalog, page.after, glue_page_take, &page);
    return glue_page_close(&page, "DatabaseList", e);
}

static error delete_database(struct call *c)
{
    struct catalog *catalog;
    const char *name = json_text(c->input, "Name");
    TRY(glue_catalog(c, &catalog));
    TRY(catalog_delete_database(catalog, name));
    TRY(tags_replace(c, name, NULL));
    c->output = json_object();
    return OK;
}

/* ---- rows ---- */

static const char *const share_types[] = {"FOREIGN", "ALL", NULL};

static const struct member create_database_input[] = {
    CATALOG_ROW, STRUCTURE_ROW("DatabaseInput", MEMBER_REQUIRED, glue_database_input),
    TAGS_ROW_OF("Tags", MEMBER_OPTIONAL), ROWS_END,
};
static const struct member update_database_input[] = {
    CATALOG_ROW, NAME_ROW("Name", MEMBER_REQUIRED),
    STRUCTURE_ROW("DatabaseInput", MEMBER_REQUIRED, glue_database_input), ROWS_END,
};
static const struct member database_input[] = {
    CATALOG_ROW, NAME_ROW("Name", MEMBER_REQUIRED), ROWS_END,
};
static const struct member get_databases_input[] = {
    CATALOG_ROW,      NEXT_TOKEN,
    MAX_RESULTS(100), ENUM_ROW("ResourceShareType", MEMBER_OPTIONAL, share_types),
    ROWS_END,
};

const struct operation glue_database_operations[] = {
    {.name = "CreateDatabase", .run = create_database, .input = create_database_input},
    {.name = "GetDatabase", .run = get_database, .input = database_input},
    {.name = "GetDatabases", .run = get_databases, .input = get_databases_input},
    {.name = "UpdateDatabase", .run = update_database, .input = update_database_input},
    {.name = "DeleteDatabase", .run = delete_database, .input = database_input,
     .note = "its tables are gone at once"},
    {0},
};
