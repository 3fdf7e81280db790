/* Hive's dialect, in which Athena takes its DDL and most of its utility statements: text -> one
 * statement, or Hive's own words for what is wrong with it ("FAILED: ParseException line 1:8 ...").
 *
 * Grammar: Apache Hive 2.3 (HiveParser.g), of which Athena's DDL is a part; checked against Hive's
 * parser itself (tool/oracle/hive_errors.sh). What Hive has and Athena refuses is refused by name.
 */
#pragma once

#include "batch/batch.h"

enum hive_kind {
    HIVE_CREATE_DATABASE,
    HIVE_DROP_DATABASE,
    HIVE_ALTER_DATABASE,   /* SET DBPROPERTIES */
    HIVE_CREATE_TABLE,
    HIVE_DROP_TABLE,
    HIVE_REPAIR_TABLE,     /* MSCK */
    HIVE_ADD_PARTITIONS,
    HIVE_DROP_PARTITIONS,
    HIVE_RENAME_PARTITION, /* partitions[0] to partitions[1] */
    HIVE_SET_LOCATION,     /* of the table, or of partitions[0] */
    HIVE_SET_PROPERTIES,
    HIVE_ADD_COLUMNS,
    HIVE_REPLACE_COLUMNS,
    HIVE_SHOW_DATABASES,
    HIVE_SHOW_TABLES,
    HIVE_SHOW_VIEWS,
    HIVE_SHOW_PARTITIONS,  /* those of partitions[0], where given */
    HIVE_SHOW_COLUMNS,
    HIVE_SHOW_CREATE_TABLE,
    HIVE_SHOW_CREATE_VIEW,
    HIVE_SHOW_PROPERTIES,
    HIVE_DESCRIBE,
};

struct hive_column {
    const char *name;    /* lower case */
    const char *type;    /* catalog text: "struct<a:int>" */
    const char *comment; /* NULL: none */
};
struct hive_columns { const struct hive_column *items; size_t count; };

struct hive_property { const char *key, *value; /* NULL: not given */ };
struct hive_properties { const struct hive_property *items; size_t count; };

/* PARTITION (c='v', ...) [LOCATION '...']; values as texts, the quotes gone. */
struct hive_condition { const char *column, *operator, *value; };
struct hive_partition {
    const struct hive_condition *items;
    size_t count;
    const char *location;
};

/* Members that the statement does not say are NULL, 0 or false. */
struct hive_statement {
    enum hive_kind kind;
    const char *database, *table;  /* lower case; the table's, or the database alone */
    bool lenient;                  /* IF EXISTS, IF NOT EXISTS */
    bool external;
    bool cascade;
    const char *comment, *location;
    struct hive_properties properties;       /* TBLPROPERTIES, DBPROPERTIES */
    struct hive_columns columns, partition_keys;
    const char *format;            /* STORED AS word, lower case */
    const char *serde, *input_format, *output_format;
    struct hive_properties serde_properties; /* of DELIMITED too: "field.delim" ... */
    const char *const *bucket_columns;
    size_t bucket_column_count;
    int64_t buckets;
    const struct hive_partition *partitions;
    size_t partition_count;
    const char *pattern;           /* LIKE of SHOW */
    const char *property;          /* SHOW TBLPROPERTIES t ('key') */
    const char *column;            /* DESCRIBE t column */
    bool extended, formatted;
};

/* Whether the statement is one of Hive's dialect: told by its first words. CREATE TABLE with AS
 * SELECT, CREATE VIEW and all that reads or writes rows are Trino's. */
bool hive_is_statement(span text);

/* One statement, with or without a final ';'. ERR_USAGE in Hive's words; ERR_UNSUPPORTED names a
 * statement that Athena has not. Everything lives in the arena. */
error hive_parse(struct arena *, span text, struct hive_statement *out) MUST_CHECK;
