/* What the Glue files share: operation tables, the rows that many operations have, the catalog of
 * a call, and its pages. Facts: AWS Glue Web API Reference, 2017-03-31.
 *
 * Objects are stored as the catalog's documents: what the input rows know is kept and reads back. */
#pragma once

#include "aws/internal.h"
#include "aws/rows.h"
#include "catalog/catalog.h"

extern const struct operation glue_database_operations[]; /* glue_database.c */
extern const struct operation glue_table_operations[];    /* glue_table.c */

/* ---- member rows, as in the service's model ---- */

/* One line of text: no control characters but the tabulator. */
#define LINE_PATTERN "[^\001-\010\012-\037]*"
#define LINE_TOLD "[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\t]*"
#define LINES_PATTERN "[^\001-\010\013\014\016-\037]*"
#define LINES_TOLD "[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\r\\n\\t]*"

#define LINE_ROW(text, flag, least, most)                                                         \
    {.name = (text), .type = MEMBER_STRING, .flags = (flag), .min = (least), .max = (most),       \
     .pattern = LINE_PATTERN, .told = LINE_TOLD}
#define LINES_ROW(text, flag, least, most)                                                        \
    {.name = (text), .type = MEMBER_STRING, .flags = (flag), .min = (least), .max = (most),       \
     .pattern = LINES_PATTERN, .told = LINES_TOLD}
#define NAME_ROW(text, flag) LINE_ROW(text, flag, 1, 255)
#define DESCRIPTION_ROW LINES_ROW("Description", MEMBER_OPTIONAL, 0, 2048)
#define PLAIN_ROW(text) {.name = (text), .type = MEMBER_STRING}
#define CATALOG_ROW NAME_ROW("CatalogId", MEMBER_OPTIONAL)
#define DATABASE_ROW NAME_ROW("DatabaseName", MEMBER_REQUIRED)
#define TABLE_ROW NAME_ROW("TableName", MEMBER_REQUIRED)
#define TRANSACTION_ROW                                                                           \
    {.name = "TransactionId", .type = MEMBER_STRING, .min = 1, .max = 255,                        \
     .pattern = "[^\001-\040\177$+<=>^`|~]*", .told = "[\\p{L}\\p{N}\\p{P}]*"}
#define PARAMETERS_ROW                                                                            \
    {.name = "Parameters", .type = MEMBER_MAP, .of = glue_parameter_value,                        \
     .keys = glue_parameter_key}
#define TAGS_ROW_OF(text, flag)                                                                   \
    {.name = (text), .type = MEMBER_MAP, .flags = (flag), .min = 0, .max = 50,                    \
     .of = glue_tag_value, .keys = glue_tag_key}

extern const struct member glue_name[];            /* one row: an element that is a name */
extern const struct member glue_location[];        /* one row */
extern const struct member glue_parameter_key[], glue_parameter_value[]; /* one row each */
extern const struct member glue_tag_key[], glue_tag_value[];             /* one row each */
extern const struct member glue_database_input[];
extern const struct member glue_table_input[];
extern const struct member glue_partition_index[];

/* ---- one call (glue.c) ---- */

/* The catalog of the call's account and region, in the call's arena: nothing to close. Refuses the
 * CatalogId of another account and TransactionId. */
error glue_catalog(struct call *, struct catalog **) MUST_CHECK;
