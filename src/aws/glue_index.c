/* Partition indexes: declared, listed, ACTIVE at once. Expressions are answered without them. */
#include "aws/glue.h"

enum { PAGE = 100 };

static error create_index(struct call *c)
{
    struct catalog *catalog;
    TRY(glue_catalog(c, &catalog));
    TRY(catalog_create_index(catalog, json_text(c->input, "DatabaseName"),
                             json_text(c->input, "TableName"),
                             json_object_get(c->input, "PartitionIndex")));
    c->output = json_object();
    return OK;
}

static error get_indexes(struct call *c)
{
    struct catalog *catalog;
    struct glue_page page;
    const char *database = json_text(c->input, "DatabaseName");
    const char *table = json_text(c->input, "TableName");
    TRY(glue_catalog(c, &catalog));
    TRY(glue_page_open(c, arena_printf(c->arena, "%s %s", database, table), PAGE, &page));
    return glue_page_close(
        &page, "PartitionIndexDescriptorList",
        catalog_scan_indexes(catalog, database, table, page.after, glue_page_take, &page));
}

static error delete_index(struct call *c)
{
    struct catalog *catalog;
    TRY(glue_catalog(c, &catalog));
    TRY(catalog_delete_index(catalog, json_text(c->input, "DatabaseName"),
                             json_text(c->input, "TableName"), json_text(c->input, "IndexName")));
    c->output = json_object();
    return OK;
}

static const struct member create_index_input[] = {
    CATALOG_ROW, DATABASE_ROW, TABLE_ROW,
    STRUCTURE_ROW("PartitionIndex", MEMBER_REQUIRED, glue_partition_index), ROWS_END,
};
static const struct member get_indexes_input[] = {
    CATALOG_ROW, DATABASE_ROW, TABLE_ROW, NEXT_TOKEN, ROWS_END,
};
static const struct member delete_index_input[] = {
    CATALOG_ROW, DATABASE_ROW, TABLE_ROW, NAME_ROW("IndexName", MEMBER_REQUIRED), ROWS_END,
};

const struct operation glue_index_operations[] = {
    {.name = "CreatePartitionIndex", .run = create_index, .input = create_index_input,
     .note = "ACTIVE at once"},
    {.name = "GetPartitionIndexes", .run = get_indexes, .input = get_indexes_input},
    {.name = "DeletePartitionIndex", .run = delete_index, .input = delete_index_input},
    {0},
};
