/* Glue partitions. A batch answers with what was refused, item by item, and does the rest in one
 * transaction. */
#include "aws/glue.h"

#include <stdio.h>

enum { PAGE = 1000 };

/* Copies of what the rows know of a PartitionInput. */
static json_t *input_copy(const json_t *input)
{
    json_t *copy = member_copy(glue_partition_input, input);
    glue_fill_descriptor(copy);
    return copy;
}

static error change(struct call *c, enum partition_change what, const json_t *items,
                    partition_outcome *outcome, void *context)
{
    struct catalog *catalog;
    TRY(glue_catalog(c, &catalog));
    return catalog_change_partitions(catalog, json_text(c->input, "DatabaseName"),
                                     json_text(c->input, "TableName"), what, items, outcome,
                                     context);
}

/* One item, whose refusal is the operation's; steals it. */
static error change_one(struct call *c, enum partition_change what, json_t *item)
{
    json_t *items = json_pack("[o]", item);
    error e = change(c, what, items, NULL, NULL);
    json_decref(items);
    if (e == OK) c->output = json_object();
    return e;
}

/* What was refused of a batch. */
struct refusals {
    json_t *list;
    const char *member, *values; /* the values' names in the reply and in the item */
};

static void refuse_one(void *context, const json_t *item, error e, json_t *document)
{
    struct refusals *r = context;
    (void)document;
    if (e == OK) return;
    json_t *values = json_object_get(item, r->values);
    json_array_append_new(r->list, json_pack("{s:o, s:o}", r->member,
                                             values ? json_incref(values) : json_array(),
                                             "ErrorDetail", glue_error_detail(e)));
}

static error change_batch(struct call *c, enum partition_change what, const json_t *items,
                          const char *member, const char *values)
{
    struct refusals r = {json_array(), member, values};
    error e = change(c, what, items, refuse_one, &r);
    if (e == OK) c->output = json_pack("{s:O}", "Errors", r.list);
    json_decref(r.list);
    return e;
}

/* ---- creating ---- */

static error create_partition(struct call *c)
{
    return change_one(c, PARTITION_CREATE, input_copy(json_object_get(c->input, "PartitionInput")));
}

static error batch_create_partition(struct call *c)
{
    json_t *items = json_array(), *input;
    size_t i;
    json_array_foreach(json_object_get(c->input, "PartitionInputList"), i, input)
        json_array_append_new(items, input_copy(input));
    error e = change_batch(c, PARTITION_CREATE, items, "PartitionValues", "Values");
    json_decref(items);
    return e;
}

/* ---- updating ---- */

static json_t *update_item(const json_t *entry)
{
    return json_pack("{s:O, s:o}", "PartitionValueList",
                     json_object_get(entry, "PartitionValueList"), "PartitionInput",
                     input_copy(json_object_get(entry, "PartitionInput")));
}

static error update_partition(struct call *c)
{
    return change_one(c, PARTITION_UPDATE, update_item(c->input));
}

static error batch_update_partition(struct call *c)
{
    json_t *items = json_array(), *entry;
    size_t i;
    json_array_foreach(json_object_get(c->input, "Entries"), i, entry)
        json_array_append_new(items, update_item(entry));
    error e = change_batch(c, PARTITION_UPDATE, items, "PartitionValueList", "PartitionValueList");
    json_decref(items);
    return e;
}

/* ---- deleting ---- */

static json_t *values_item(struct call *c)
{
    return json_pack("{s:O}", "Values", json_object_get(c->input, "PartitionValues"));
}

static error delete_partition(struct call *c)
{
    return change_one(c, PARTITION_DELETE, values_item(c));
}

static error batch_delete_partition(struct call *c)
{
    return change_batch(c, PARTITION_DELETE, json_object_get(c->input, "PartitionsToDelete"),
                        "PartitionValues", "Values");
}

/* ---- reading ---- */

/* Of several: those that are not there are left out. */
struct found {
    json_t *list;
    error e; /* of a single one */
    char words[1024];
};

static void take_one(void *context, const json_t *item, error e, json_t *document)
{
    struct found *f = context;
    (void)item;
    f->e = e;
    if (e == OK) json_array_append(f->list, document);
    else snprintf(f->words, sizeof f->words, "%s", error_text());
}

static error get_partition(struct call *c)
{
    struct found f = {.list = json_array()};
    json_t *items = json_pack("[o]", values_item(c));
    error e = change(c, PARTITION_GET, items, take_one, &f);
    if (e == OK && f.e != OK) e = fail(f.e, "%s", f.words);
    if (e == OK) c->output = json_pack("{s:O}", "Partition", json_array_get(f.list, 0));
    json_decref(items);
    json_decref(f.list);
    return e;
}

static error batch_get_partition(struct call *c)
{
    struct found f = {.list = json_array()};
    error e = change(c, PARTITION_GET, json_object_get(c->input, "PartitionsToGet"), take_one, &f);
    if (e == OK) c->output = json_pack("{s:O, s:[]}", "Partitions", f.list, "UnprocessedKeys");
    json_decref(f.list);
    return e;
}

/* ---- listing ---- */

struct listing {
    struct glue_page page;
    bool without_columns;
};

static bool list_one(void *context, const char *name, json_t *partition)
{
    struct listing *l = context;
    if (l->without_columns)
        json_object_del(json_object_get(partition, "StorageDescriptor"), "Columns");
    return glue_page_take(&l->page, name, partition);
}

static error filter_read(struct call *c, struct partition_filter *filter)
{
    const json_t *segment = json_object_get(c->input, "Segment");
    *filter = (struct partition_filter){
        .expression = json_text(c->input, "Expression"),
        .segment = (int)json_integer_or(segment, "SegmentNumber", 0),
        .segments = (int)json_integer_or(segment, "TotalSegments", 0)};
    if (filter->segments && filter->segment >= filter->segments)
        return fail(ERR_INVALID_INPUT, "SegmentNumber must be less than TotalSegments.");
    if (json_object_get(c->input, "QueryAsOfTime"))
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve QueryAsOfTime of GetPartitions");
    return OK;
}

static error get_partitions(struct call *c)
{
    struct catalog *catalog;
    struct partition_filter filter;
    struct listing l = {.without_columns = json_is_set(c->input, "ExcludeColumnSchema")};
    const char *database = json_text(c->input, "DatabaseName");
    const char *table = json_text(c->input, "TableName");
    TRY(glue_catalog(c, &catalog));
    TRY(filter_read(c, &filter));
    const char *scope = arena_printf(c->arena, "%s %s %d/%d %s", database, table, filter.segment,
                                     filter.segments, filter.expression ? filter.expression : "");
    TRY(glue_page_open(c, scope, PAGE, &l.page));
    return glue_page_close(&l.page, "Partitions",
                           catalog_scan_partitions(catalog, database, table, &filter, l.page.after,
                                                   list_one, &l));
}

/* ---- rows ---- */

#define PARTITION_ROWS CATALOG_ROW, DATABASE_ROW, TABLE_ROW
#define BOUNDED_VALUES_ROW                                                                        \
    LIST_ROW("PartitionValueList", MEMBER_REQUIRED, 0, 100, glue_partition_value)
#define INPUT_ROW STRUCTURE_ROW("PartitionInput", MEMBER_REQUIRED, glue_partition_input)

static const struct member input_row[] = {
    STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, glue_partition_input)};
static const struct member value_list[] = {VALUES_ROW("Values"), ROWS_END};
static const struct member value_list_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, value_list)};
static const struct member update_entry[] = {BOUNDED_VALUES_ROW, INPUT_ROW, ROWS_END};
static const struct member update_entry_row[] = {
    STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, update_entry)};
static const struct member segment[] = {
    INTEGER_ROW("SegmentNumber", MEMBER_REQUIRED, 0, COUNT_MAX),
    INTEGER_ROW("TotalSegments", MEMBER_REQUIRED, 1, 10), ROWS_END,
};

static const struct member create_partition_input[] = {PARTITION_ROWS, INPUT_ROW, ROWS_END};
static const struct member batch_create_partition_input[] = {
    PARTITION_ROWS, LIST_ROW("PartitionInputList", MEMBER_REQUIRED, 0, 100, input_row), ROWS_END,
};
static const struct member update_partition_input[] = {
    PARTITION_ROWS, BOUNDED_VALUES_ROW, INPUT_ROW, ROWS_END,
};
static const struct member batch_update_partition_input[] = {
    PARTITION_ROWS, LIST_ROW("Entries", MEMBER_REQUIRED, 1, 100, update_entry_row), ROWS_END,
};
static const struct member values_input[] = {
    PARTITION_ROWS, VALUES_ROW("PartitionValues"), ROWS_END,
};
static const struct member batch_delete_partition_input[] = {
    PARTITION_ROWS,
    LIST_ROW("PartitionsToDelete", MEMBER_REQUIRED, 0, 25, value_list_row),
    ROWS_END,
};
static const struct member batch_get_partition_input[] = {
    PARTITION_ROWS, LIST_ROW("PartitionsToGet", MEMBER_REQUIRED, 0, 1000, value_list_row), ROWS_END,
};
static const struct member get_partitions_input[] = {
    PARTITION_ROWS,
    LINES_ROW("Expression", MEMBER_OPTIONAL, 0, 2048),
    NEXT_TOKEN,
    STRUCTURE_ROW("Segment", MEMBER_OPTIONAL, segment),
    MAX_RESULTS(1000),
    BOOLEAN_ROW("ExcludeColumnSchema"),
    TRANSACTION_ROW,
    TIMESTAMP_ROW("QueryAsOfTime"),
    ROWS_END,
};

const struct operation glue_partition_operations[] = {
    {.name = "CreatePartition", .run = create_partition, .input = create_partition_input},
    {.name = "BatchCreatePartition", .run = batch_create_partition,
     .input = batch_create_partition_input},
    {.name = "GetPartition", .run = get_partition, .input = values_input},
    {.name = "GetPartitions", .run = get_partitions, .input = get_partitions_input},
    {.name = "BatchGetPartition", .run = batch_get_partition, .input = batch_get_partition_input},
    {.name = "UpdatePartition", .run = update_partition, .input = update_partition_input},
    {.name = "BatchUpdatePartition", .run = batch_update_partition,
     .input = batch_update_partition_input},
    {.name = "DeletePartition", .run = delete_partition, .input = values_input},
    {.name = "BatchDeletePartition", .run = batch_delete_partition,
     .input = batch_delete_partition_input},
    {0},
};
