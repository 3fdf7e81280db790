/* Member rows that several Glue operations share, as in the service's model. */
#include "aws/glue.h"

const struct member glue_name[] = {NAME_ROW(NULL, MEMBER_OPTIONAL)};
const struct member glue_location[] = {LINES_ROW(NULL, MEMBER_OPTIONAL, 0, 2056)};
const struct member glue_parameter_key[] = {NAME_ROW(NULL, MEMBER_OPTIONAL)};
const struct member glue_parameter_value[] = {{.type = MEMBER_STRING, .max = 512000}};
const struct member glue_tag_key[] = {{.type = MEMBER_STRING, .min = 1, .max = 128}};
const struct member glue_tag_value[] = {{.type = MEMBER_STRING, .min = 0, .max = 256}};
static const struct member text[] = {{.type = MEMBER_STRING}};

/* ---- databases ---- */

static const char *const permissions[] = {
    "ALL", "SELECT", "ALTER", "DROP", "DELETE", "INSERT", "CREATE_DATABASE", "CREATE_TABLE",
    "DATA_LOCATION_ACCESS", NULL};
static const struct member permission[] = {{.type = MEMBER_STRING, .values = permissions}};
static const struct member principal[] = {
    TEXT_ROW("DataLakePrincipalIdentifier", MEMBER_OPTIONAL, 1, 255, NULL), ROWS_END,
};
static const struct member principal_permissions[] = {
    STRUCTURE_ROW("Principal", MEMBER_OPTIONAL, principal),
    LIST_ROW("Permissions", MEMBER_OPTIONAL, 0, 0, permission),
    ROWS_END,
};
static const struct member principal_permissions_row[] = {
    STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, principal_permissions)};
static const struct member database_identifier[] = {
    CATALOG_ROW, NAME_ROW("DatabaseName", MEMBER_OPTIONAL), ROWS_END,
};
const struct member glue_database_input[] = {
    NAME_ROW("Name", MEMBER_REQUIRED),
    DESCRIPTION_ROW,
    LINES_ROW("LocationUri", MEMBER_OPTIONAL, 1, 1024),
    PARAMETERS_ROW,
    LIST_ROW("CreateTableDefaultPermissions", MEMBER_OPTIONAL, 0, 0, principal_permissions_row),
    STRUCTURE_ROW("TargetDatabase", MEMBER_OPTIONAL, database_identifier),
    ROWS_END,
};

/* ---- tables ---- */

static const struct member column[] = {
    NAME_ROW("Name", MEMBER_REQUIRED),
    LINE_ROW("Type", MEMBER_OPTIONAL, 0, 131072),
    LINE_ROW("Comment", MEMBER_OPTIONAL, 0, 255),
    PARAMETERS_ROW,
    ROWS_END,
};
static const struct member column_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, column)};
static const struct member serde_info[] = {
    NAME_ROW("Name", MEMBER_OPTIONAL), NAME_ROW("SerializationLibrary", MEMBER_OPTIONAL),
    PARAMETERS_ROW, ROWS_END,
};
static const struct member order[] = {
    NAME_ROW("Column", MEMBER_REQUIRED), INTEGER_ROW("SortOrder", MEMBER_REQUIRED, 0, 1), ROWS_END,
};
static const struct member order_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, order)};
static const struct member skewed_info[] = {
    LIST_ROW("SkewedColumnNames", MEMBER_OPTIONAL, 0, 0, glue_name),
    LIST_ROW("SkewedColumnValues", MEMBER_OPTIONAL, 0, 0, text),
    {.name = "SkewedColumnValueLocationMaps", .type = MEMBER_MAP, .of = text, .keys = text},
    ROWS_END,
};
#define SCHEMA_NAME_ROW(text)                                                                     \
    {.name = (text), .type = MEMBER_STRING, .min = 1, .max = 255,                                 \
     .pattern = "[a-zA-Z0-9_$#.-]+", .told = "[a-zA-Z0-9-_$#.]+"}
static const struct member schema_id[] = {
    TEXT_ROW("SchemaArn", MEMBER_OPTIONAL, 1, 10240, "arn:(aws|aws-us-gov|aws-cn):glue:.*"),
    SCHEMA_NAME_ROW("SchemaName"),
    SCHEMA_NAME_ROW("RegistryName"),
    ROWS_END,
};
static const struct member schema_reference[] = {
    STRUCTURE_ROW("SchemaId", MEMBER_OPTIONAL, schema_id),
    TEXT_ROW("SchemaVersionId", MEMBER_OPTIONAL, 36, 36,
             "[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}"),
    INTEGER_ROW("SchemaVersionNumber", MEMBER_OPTIONAL, 1, 100000),
    ROWS_END,
};
static const struct member storage_descriptor[] = {
    LIST_ROW("Columns", MEMBER_OPTIONAL, 0, 0, column_row),
    LINES_ROW("Location", MEMBER_OPTIONAL, 0, 2056),
    LIST_ROW("AdditionalLocations", MEMBER_OPTIONAL, 0, 0, glue_location),
    LINE_ROW("InputFormat", MEMBER_OPTIONAL, 0, 128),
    LINE_ROW("OutputFormat", MEMBER_OPTIONAL, 0, 128),
    BOOLEAN_ROW("Compressed"),
    INTEGER_ROW("NumberOfBuckets", MEMBER_OPTIONAL, 0, 0),
    STRUCTURE_ROW("SerdeInfo", MEMBER_OPTIONAL, serde_info),
    LIST_ROW("BucketColumns", MEMBER_OPTIONAL, 0, 0, glue_name),
    LIST_ROW("SortColumns", MEMBER_OPTIONAL, 0, 0, order_row),
    PARAMETERS_ROW,
    STRUCTURE_ROW("SkewedInfo", MEMBER_OPTIONAL, skewed_info),
    BOOLEAN_ROW("StoredAsSubDirectories"),
    STRUCTURE_ROW("SchemaReference", MEMBER_OPTIONAL, schema_reference),
    ROWS_END,
};
static const struct member table_identifier[] = {
    CATALOG_ROW, NAME_ROW("DatabaseName", MEMBER_OPTIONAL), NAME_ROW("Name", MEMBER_OPTIONAL),
    ROWS_END,
};
const struct member glue_table_input[] = {
    NAME_ROW("Name", MEMBER_REQUIRED),
    DESCRIPTION_ROW,
    NAME_ROW("Owner", MEMBER_OPTIONAL),
    TIMESTAMP_ROW("LastAccessTime"),
    TIMESTAMP_ROW("LastAnalyzedTime"),
    INTEGER_ROW("Retention", MEMBER_OPTIONAL, 0, COUNT_MAX),
    STRUCTURE_ROW("StorageDescriptor", MEMBER_OPTIONAL, storage_descriptor),
    LIST_ROW("PartitionKeys", MEMBER_OPTIONAL, 0, 0, column_row),
    TEXT_ROW("ViewOriginalText", MEMBER_OPTIONAL, 0, 409600, NULL),
    TEXT_ROW("ViewExpandedText", MEMBER_OPTIONAL, 0, 409600, NULL),
    TEXT_ROW("TableType", MEMBER_OPTIONAL, 0, 255, NULL),
    PARAMETERS_ROW,
    STRUCTURE_ROW("TargetTable", MEMBER_OPTIONAL, table_identifier),
    ROWS_END,
};
const struct member glue_partition_value[] = {{.type = MEMBER_STRING, .max = 1024}};
const struct member glue_partition_input[] = {
    LIST_ROW("Values", MEMBER_OPTIONAL, 0, 0, glue_partition_value),
    TIMESTAMP_ROW("LastAccessTime"),
    STRUCTURE_ROW("StorageDescriptor", MEMBER_OPTIONAL, storage_descriptor),
    PARAMETERS_ROW,
    TIMESTAMP_ROW("LastAnalyzedTime"),
    ROWS_END,
};
const struct member glue_partition_index[] = {
    LIST_ROW("Keys", MEMBER_REQUIRED, 1, 0, glue_name),
    NAME_ROW("IndexName", MEMBER_REQUIRED),
    ROWS_END,
};
