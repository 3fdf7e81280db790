/* Column statistics of Glue tables and partitions: what was put is given back. */
#include "aws/glue.h"

static const struct member column_statistics[];

static error place_read(struct call *c, struct catalog **catalog, struct statistics_of *of)
{
    TRY(glue_catalog(c, catalog));
    *of = (struct statistics_of){json_text(c->input, "DatabaseName"),
                                 json_text(c->input, "TableName"),
                                 json_object_get(c->input, "PartitionValues")};
    return OK;
}

struct outcome { json_t *found, *errors; };

static void take_one(void *context, const json_t *name, error e, json_t *document)
{
    struct outcome *o = context;
    if (e == OK) json_array_append(o->found, document);
    else json_array_append_new(o->errors, json_pack("{s:O, s:o}", "ColumnName", name, "Error",
                                                    glue_error_detail(e)));
}

static error get_statistics(struct call *c)
{
    struct catalog *catalog;
    struct statistics_of of;
    TRY(place_read(c, &catalog, &of));
    struct outcome o = {json_array(), json_array()};
    error e = catalog_get_statistics(catalog, &of, json_object_get(c->input, "ColumnNames"),
                                     take_one, &o);
    json_t *output = json_pack("{s:o, s:o}", "ColumnStatisticsList", o.found, "Errors", o.errors);
    if (e == OK) c->output = output;
    else json_decref(output);
    return e;
}

static void refuse_one(void *errors, const json_t *statistics, error e, json_t *document)
{
    (void)document;
    if (e == OK) return;
    json_array_append_new(errors, json_pack("{s:O, s:o}", "ColumnStatistics", statistics, "Error",
                                            glue_error_detail(e)));
}

static error update_statistics(struct call *c)
{
    struct catalog *catalog;
    struct statistics_of of;
    json_t *list = json_array(), *errors = json_array(), *item;
    size_t i;
    error e = place_read(c, &catalog, &of);
    json_array_foreach(json_object_get(c->input, "ColumnStatisticsList"), i, item)
        json_array_append_new(list, member_copy(column_statistics, item));
    if (e == OK) e = catalog_put_statistics(catalog, &of, list, refuse_one, errors);
    if (e == OK) c->output = json_pack("{s:O}", "Errors", errors);
    json_decref(list);
    json_decref(errors);
    return e;
}

static error delete_statistics(struct call *c)
{
    struct catalog *catalog;
    struct statistics_of of;
    TRY(place_read(c, &catalog, &of));
    TRY(catalog_delete_statistics(catalog, &of, json_text(c->input, "ColumnName")));
    c->output = json_object();
    return OK;
}

/* ---- rows ---- */

#define COUNT_ROW(text) INTEGER_ROW(text, MEMBER_REQUIRED, 0, 9223372036854775807.0)
#define LENGTH_ROW                                                                                 \
    {                                                                                              \
        .name = "AverageLength", .type = MEMBER_DOUBLE, .flags = MEMBER_REQUIRED, .min = 0,        \
        .max = 1e308                                                                               \
    }
#define NULLS_AND_DISTINCT COUNT_ROW("NumberOfNulls"), COUNT_ROW("NumberOfDistinctValues")

static const char *const types[] = {"BOOLEAN", "DATE", "DECIMAL", "DOUBLE", "LONG", "STRING",
                                    "BINARY", NULL};
static const struct member boolean_data[] = {
    COUNT_ROW("NumberOfTrues"), COUNT_ROW("NumberOfFalses"), COUNT_ROW("NumberOfNulls"), ROWS_END,
};
static const struct member date_data[] = {
    TIMESTAMP_ROW("MinimumValue"), TIMESTAMP_ROW("MaximumValue"), NULLS_AND_DISTINCT, ROWS_END,
};
static const struct member decimal_number[] = {
    {.name = "UnscaledValue", .type = MEMBER_BLOB, .flags = MEMBER_REQUIRED},
    INTEGER_ROW("Scale", MEMBER_REQUIRED, 0, 0), ROWS_END,
};
static const struct member decimal_data[] = {
    STRUCTURE_ROW("MinimumValue", MEMBER_OPTIONAL, decimal_number),
    STRUCTURE_ROW("MaximumValue", MEMBER_OPTIONAL, decimal_number), NULLS_AND_DISTINCT, ROWS_END,
};
static const struct member double_data[] = {
    {.name = "MinimumValue", .type = MEMBER_DOUBLE},
    {.name = "MaximumValue", .type = MEMBER_DOUBLE},
    NULLS_AND_DISTINCT,
    ROWS_END,
};
static const struct member long_data[] = {
    INTEGER_ROW("MinimumValue", MEMBER_OPTIONAL, 0, 0),
    INTEGER_ROW("MaximumValue", MEMBER_OPTIONAL, 0, 0), NULLS_AND_DISTINCT, ROWS_END,
};
static const struct member string_data[] = {
    COUNT_ROW("MaximumLength"), LENGTH_ROW, NULLS_AND_DISTINCT, ROWS_END,
};
static const struct member binary_data[] = {
    COUNT_ROW("MaximumLength"), LENGTH_ROW, COUNT_ROW("NumberOfNulls"), ROWS_END,
};
static const struct member statistics_data[] = {
    ENUM_ROW("Type", MEMBER_REQUIRED, types),
    STRUCTURE_ROW("BooleanColumnStatisticsData", MEMBER_OPTIONAL, boolean_data),
    STRUCTURE_ROW("DateColumnStatisticsData", MEMBER_OPTIONAL, date_data),
    STRUCTURE_ROW("DecimalColumnStatisticsData", MEMBER_OPTIONAL, decimal_data),
    STRUCTURE_ROW("DoubleColumnStatisticsData", MEMBER_OPTIONAL, double_data),
    STRUCTURE_ROW("LongColumnStatisticsData", MEMBER_OPTIONAL, long_data),
    STRUCTURE_ROW("StringColumnStatisticsData", MEMBER_OPTIONAL, string_data),
    STRUCTURE_ROW("BinaryColumnStatisticsData", MEMBER_OPTIONAL, binary_data),
    ROWS_END,
};
static const struct member column_statistics[] = {
    NAME_ROW("ColumnName", MEMBER_REQUIRED), LINE_ROW("ColumnType", MEMBER_REQUIRED, 0, 20000),
    {.name = "AnalyzedTime", .type = MEMBER_TIMESTAMP, .flags = MEMBER_REQUIRED},
    STRUCTURE_ROW("StatisticsData", MEMBER_REQUIRED, statistics_data), ROWS_END,
};
static const struct member statistics_row[] = {
    STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, column_statistics)};

#define OF_TABLE CATALOG_ROW, DATABASE_ROW, TABLE_ROW
#define OF_PARTITION OF_TABLE, VALUES_ROW("PartitionValues")
#define NAMES LIST_ROW("ColumnNames", MEMBER_REQUIRED, 0, 100, glue_name)
#define STATISTICS LIST_ROW("ColumnStatisticsList", MEMBER_REQUIRED, 0, 25, statistics_row)
#define COLUMN NAME_ROW("ColumnName", MEMBER_REQUIRED)

static const struct member get_of_table[] = {OF_TABLE, NAMES, ROWS_END};
static const struct member get_of_partition[] = {OF_PARTITION, NAMES, ROWS_END};
static const struct member update_of_table[] = {OF_TABLE, STATISTICS, ROWS_END};
static const struct member update_of_partition[] = {OF_PARTITION, STATISTICS, ROWS_END};
static const struct member delete_of_table[] = {OF_TABLE, COLUMN, ROWS_END};
static const struct member delete_of_partition[] = {OF_PARTITION, COLUMN, ROWS_END};

const struct operation glue_statistics_operations[] = {
    {.name = "GetColumnStatisticsForTable", .run = get_statistics, .input = get_of_table},
    {.name = "GetColumnStatisticsForPartition", .run = get_statistics, .input = get_of_partition},
    {.name = "UpdateColumnStatisticsForTable", .run = update_statistics, .input = update_of_table,
     .note = "stored; queries do not use them"},
    {.name = "UpdateColumnStatisticsForPartition", .run = update_statistics,
     .input = update_of_partition, .note = "stored; queries do not use them"},
    {.name = "DeleteColumnStatisticsForTable", .run = delete_statistics, .input = delete_of_table},
    {.name = "DeleteColumnStatisticsForPartition", .run = delete_statistics,
     .input = delete_of_partition},
    {0},
};
