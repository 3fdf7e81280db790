/* Glue tables. */
#include "aws/glue.h"

static error create_table(struct call *c)
{
    struct catalog *catalog;
    TRY(glue_catalog(c, &catalog));
    json_t *input = member_copy(glue_table_input, json_object_get(c->input, "TableInput"));
    error e = catalog->ops->create_table(catalog, json_text(c->input, "DatabaseName"), input);
    json_decref(input);
    return e;
}

static error get_table(struct call *c)
{
    struct catalog *catalog;
    json_t *document;
    TRY(glue_catalog(c, &catalog));
    TRY(catalog->ops->get_table(catalog, json_text(c->input, "DatabaseName"),
                                json_text(c->input, "Name"), &document));
    c->output = json_pack("{s:o}", "Table", document);
    return OK;
}

static error get_tables(struct call *c)
{
    struct catalog *catalog;
    json_t *list;
    TRY(glue_catalog(c, &catalog));
    TRY(catalog_list_tables(catalog, json_text(c->input, "DatabaseName"), &list));
    c->output = json_pack("{s:o}", "TableList", list);
    return OK;
}

static error delete_table(struct call *c)
{
    struct catalog *catalog;
    TRY(glue_catalog(c, &catalog));
    return catalog_delete_table(catalog, json_text(c->input, "DatabaseName"),
                                json_text(c->input, "Name"));
}

/* ---- rows ---- */

static const struct member index_row[] = {
    STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, glue_partition_index)};
static const struct member create_table_input[] = {
    CATALOG_ROW, DATABASE_ROW, STRUCTURE_ROW("TableInput", MEMBER_REQUIRED, glue_table_input),
    LIST_ROW("PartitionIndexes", MEMBER_OPTIONAL, 0, 3, index_row), TRANSACTION_ROW, ROWS_END,
};
static const struct member get_table_input[] = {
    CATALOG_ROW, DATABASE_ROW, NAME_ROW("Name", MEMBER_REQUIRED), TRANSACTION_ROW,
    TIMESTAMP_ROW("QueryAsOfTime"), ROWS_END,
};
static const struct member get_tables_input[] = {
    CATALOG_ROW, DATABASE_ROW, LINE_ROW("Expression", MEMBER_OPTIONAL, 0, 2048),
    PLAIN_ROW("NextToken"), INTEGER_ROW("MaxResults", MEMBER_OPTIONAL, 1, 100), TRANSACTION_ROW,
    TIMESTAMP_ROW("QueryAsOfTime"), ROWS_END,
};
static const struct member delete_table_input[] = {
    CATALOG_ROW, DATABASE_ROW, NAME_ROW("Name", MEMBER_REQUIRED), TRANSACTION_ROW, ROWS_END,
};

const struct operation glue_table_operations[] = {
    {.name = "CreateTable", .run = create_table, .input = create_table_input},
    {.name = "GetTable", .run = get_table, .input = get_table_input},
    {.name = "GetTables", .run = get_tables, .input = get_tables_input},
    {.name = "DeleteTable", .run = delete_table, .input = delete_table_input},
    {0},
};
