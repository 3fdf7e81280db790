/* The table of node types: a new node is one file and one row. */
#include "node/node.h"

static const struct node_type *const types[] = {
    &node_catalog_kinesis_source,
    &node_direct_kinesis_source,
    &node_apply_mapping,
    &node_s3_glue_parquet_target,
};

/* Glue's other node kinds, to tell "not here yet" from a typo. */
static const char *const glue_only[] = {
    "AthenaConnectorSource", "JDBCConnectorSource", "SparkConnectorSource", "CatalogSource",
    "RedshiftSource", "S3CatalogSource", "S3CsvSource", "S3JsonSource", "S3ParquetSource",
    "RelationalCatalogSource", "DynamoDBCatalogSource", "JDBCConnectorTarget",
    "SparkConnectorTarget", "CatalogTarget", "RedshiftTarget", "S3CatalogTarget", "S3DirectTarget",
    "SelectFields", "DropFields", "RenameField", "Spigot", "Join", "SplitFields",
    "SelectFromCollection", "FillMissingValues", "Filter", "CustomCode", "SparkSQL",
    "DirectKafkaSource", "CatalogKafkaSource", "DropNullFields", "Merge", "Union", "PIIDetection",
    "Aggregate", "DropDuplicates", "GovernedCatalogTarget", "GovernedCatalogSource",
    "MicrosoftSQLServerCatalogSource", "MySQLCatalogSource", "OracleSQLCatalogSource",
    "PostgreSQLCatalogSource", "MicrosoftSQLServerCatalogTarget", "MySQLCatalogTarget",
    "OracleSQLCatalogTarget", "PostgreSQLCatalogTarget", "Route", "DynamicTransform",
    "EvaluateDataQuality", "EvaluateDataQualityMultiFrame", "S3CatalogHudiSource",
    "CatalogHudiSource", "S3HudiSource", "S3HudiCatalogTarget", "S3HudiDirectTarget",
    "DirectJDBCSource", "S3CatalogDeltaSource", "CatalogDeltaSource", "S3DeltaSource",
    "S3DeltaCatalogTarget", "S3DeltaDirectTarget", "AmazonRedshiftSource", "AmazonRedshiftTarget",
    "Recipe", "SnowflakeSource", "SnowflakeTarget", "ConnectorDataSource", "ConnectorDataTarget",
    "S3CatalogIcebergSource", "CatalogIcebergSource", "S3IcebergCatalogTarget",
    "S3IcebergDirectTarget", "S3ExcelSource", "S3HyperDirectTarget", "DynamoDBELTConnectorSource",
};

const char *const ingest_key_names[INGEST_KEYS_MAX] = {"ingest_year", "ingest_month", "ingest_day",
                                                       "ingest_hour", "ingest_minute"};

void ingest_key_values(struct arena *arena, int64_t wall_us, const char *out[INGEST_KEYS_MAX])
{
    struct civil c = civil_from_us(wall_us);
    out[0] = arena_printf(arena, "%04lld", (long long)c.year);
    out[1] = arena_printf(arena, "%02d", c.month);
    out[2] = arena_printf(arena, "%02d", c.day);
    out[3] = arena_printf(arena, "%02d", c.hour);
    out[4] = arena_printf(arena, "%02d", c.minute);
}

const struct node_type *node_type_find(const char *name, bool *known)
{
    *known = true;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i]->name, name) == 0) return types[i];
    for (size_t i = 0; i < sizeof glue_only / sizeof *glue_only; i++)
        if (strcmp(glue_only[i], name) == 0) return NULL;
    *known = false;
    return NULL;
}

error node_open(struct node *node, struct node_context *context)
{
    error e = OK;
    if (node->input_count != node->type->inputs)
        e = fail(ERR_INVALID_INPUT, "takes %d inputs, has %d", node->type->inputs, node->input_count);
    if (e == OK) e = member_check(node->type->members, node->config, true);
    node->strict_casts = context->strict_casts;
    if (e == OK) e = node->type->open(node, context);
    if (e != OK) return fail_context(e, "node '%s' (%s)", node->id, node->type->name);
    return OK;
}
