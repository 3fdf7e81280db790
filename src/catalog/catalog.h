/* Names of things: databases, tables and partitions in the Glue Data Catalog's shapes, over two
 * back ends with one set of functions: the local catalog (documents) and a remote Glue endpoint.
 * Objects are JSON in Glue's own member names (Database, Table, Partition of the Glue API
 * 2017-03-31), so that whatever was set reads back. Database and table names fold to lower case. */
#pragma once

#include "base/base.h"
#include "batch/batch.h"
#include "catalog/grant.h"

struct catalog;

typedef bool partition_wanted(void *context, const json_t *values);

struct catalog_ops {
    error (*get_database)(struct catalog *, const char *database, json_t **out);
    error (*get_table)(struct catalog *, const char *database, const char *table, json_t **out);
    /* Glue's DatabaseInput, TableInput, PartitionInput; ERR_ALREADY_EXISTS,
     * ERR_ENTITY_NOT_FOUND. */
    error (*create_database)(struct catalog *, const json_t *input);
    error (*create_table)(struct catalog *, const char *database, const json_t *input);
    error (*update_table)(struct catalog *, const char *database, const char *table,
                          const json_t *input);
    /* At once and atomic; existing ones are left alone and counted. A partition whose values
     * equal an existing one's as numbers but not as text ("1", "01" under an int key) would read
     * the same rows twice: ERR_ALREADY_EXISTS. */
    error (*add_partitions)(struct catalog *, const char *database, const char *table,
                            const json_t *inputs, int *added, int *existed);
    /* All partitions, or those whose Values `wants` says (NULL: all), in order of their values; calls
     * `each` until it returns false. The document is borrowed. What is not wanted is not read where
     * it need not be: of a hundred thousand partitions a query mostly wants a few. */
    error (*partitions)(struct catalog *, const char *database, const char *table,
                        partition_wanted *wants, bool (*each)(void *context, json_t *partition),
                        void *context);
    /* All tables of all databases, until `each` returns false; the document is borrowed. */
    error (*tables)(struct catalog *, bool (*each)(void *context, json_t *table), void *context);
    /* By its values; one that is not there is OK. */
    error (*remove_partition)(struct catalog *, const char *database, const char *table,
                              const json_t *values);
    /* Its location becomes `to`, at once, if it is `from`; all else stays. There already is OK;
     * ERR_CONFLICT: it is somewhere else. */
    error (*move_partition)(struct catalog *, const char *database, const char *table,
                            const json_t *values, const char *from, const char *to);
    void (*close)(struct catalog *);
};

struct catalog {
    const struct catalog_ops *ops;
};

struct state;
error catalog_open_local(struct state *, const char *account, const char *region,
                         struct catalog **) MUST_CHECK;
/* From now on the handle acts as the principal (a user's or role's ARN, borrowed; NULL: no one),
 * and what Lake Formation's permissions do not give it is ERR_ACCESS_DENIED. A remote catalog knows
 * its caller itself: not for those. */
void catalog_act_as(struct catalog *, const char *principal);
/* Whether the principal of a local handle may do that with the rows of a table (bits of enum
 * permission, one suffices). */
error catalog_require(struct catalog *, unsigned permissions, const char *database,
                      const char *table) MUST_CHECK;
/* Whether it may write rows to the location and have the table (NULL: none), which may still be to
 * create, hear of them. */
error catalog_require_target(struct catalog *, const char *database, const char *table,
                             const char *location) MUST_CHECK;
/* The same in the arena, for one call: nothing to close; the texts are borrowed. */
struct catalog *catalog_local_in(struct arena *, struct state *, const char *account,
                                 const char *region);

/* ---- the local catalog's other operations, for the doors ---- */

/* Listings call `each` in order of names until it returns false; `name` is where a later listing
 * goes on (`after`; NULL: from the start). The document is borrowed; `each` must not call the
 * catalog. */
typedef bool catalog_each(void *context, const char *name, json_t *document);

error catalog_update_database(struct catalog *, const char *database,
                              const json_t *input) MUST_CHECK;
/* With its tables and functions, and all that hangs on them. */
error catalog_delete_database(struct catalog *, const char *database) MUST_CHECK;
error catalog_scan_databases(struct catalog *, const char *after, catalog_each *,
                             void *context) MUST_CHECK;

/* With its partition indexes (a list of PartitionIndex, or NULL): all or nothing. */
error catalog_create_table(struct catalog *, const char *database, const json_t *input,
                           const json_t *indexes) MUST_CHECK;
/* ops->update_table keeps the replaced Table as a version. Here `archive` decides; `version`, when
 * not NULL, must be the table's current one, else ERR_CONCURRENT_MODIFICATION. */
error catalog_update_table(struct catalog *, const char *database, const char *table,
                           const json_t *input, const char *version, bool archive) MUST_CHECK;
error catalog_delete_table(struct catalog *, const char *database, const char *table) MUST_CHECK;
error catalog_scan_tables(struct catalog *, const char *database, const char *after, catalog_each *,
                          void *context) MUST_CHECK;
/* Of all databases, in order of database and table. */
error catalog_scan_all_tables(struct catalog *, const char *after, catalog_each *,
                              void *context) MUST_CHECK;

/* Versions: documents are Tables; NULL is the current one, which cannot be deleted. */
error catalog_get_version(struct catalog *, const char *database, const char *table,
                          const char *version, json_t **out) MUST_CHECK;
error catalog_delete_version(struct catalog *, const char *database, const char *table,
                             const char *version) MUST_CHECK;
/* Newest first, the current one among them. */
error catalog_scan_versions(struct catalog *, const char *database, const char *table,
                            const char *after, catalog_each *, void *context) MUST_CHECK;

/* ---- partitions, as Glue's operations change them ---- */

enum partition_change {
    PARTITION_CREATE, /* item: PartitionInput */
    PARTITION_UPDATE, /* item: {PartitionValueList, PartitionInput}; the values may change */
    PARTITION_DELETE, /* item: {Values} */
    PARTITION_GET,    /* item: {Values} */
};
/* What became of one item: `e` with its error text, or OK and (PARTITION_GET) the document. */
typedef void partition_outcome(void *context, const json_t *item, error e, json_t *document);
/* All items in one transaction. An item that is refused changes nothing and is told; without
 * `outcome` its error ends the whole and nothing is changed. As in Glue, partitions whose values
 * are equal only as numbers are two. */
error catalog_change_partitions(struct catalog *, const char *database, const char *table,
                                enum partition_change, const json_t *items, partition_outcome *,
                                void *context) MUST_CHECK;

struct partition_filter {
    const char *expression;  /* NULL or "": all */
    int segment, segments;   /* of `segments` parts of the table the one; 0 segments: the whole */
};
error catalog_scan_partitions(struct catalog *, const char *database, const char *table,
                              const struct partition_filter *, const char *after, catalog_each *,
                              void *context) MUST_CHECK;

/* ---- what hangs on tables, partitions and databases ---- */

/* PartitionIndex in, PartitionIndexDescriptor out; at most three per table, ACTIVE at once. */
error catalog_create_index(struct catalog *, const char *database, const char *table,
                           const json_t *index) MUST_CHECK;
error catalog_delete_index(struct catalog *, const char *database, const char *table,
                           const char *index) MUST_CHECK;
error catalog_scan_indexes(struct catalog *, const char *database, const char *table,
                           const char *after, catalog_each *, void *context) MUST_CHECK;

/* ColumnStatistics of a table, or of the partition with the values (NULL: the table). */
struct statistics_of { const char *database, *table; const json_t *values; };
typedef void statistics_outcome(void *context, const json_t *item, error e, json_t *document);
/* Stores each of the list; those of columns that the table lacks are refused. */
error catalog_put_statistics(struct catalog *, const struct statistics_of *, const json_t *list,
                             statistics_outcome *, void *context) MUST_CHECK;
/* One outcome per column name. */
error catalog_get_statistics(struct catalog *, const struct statistics_of *, const json_t *names,
                             statistics_outcome *, void *context) MUST_CHECK;
error catalog_delete_statistics(struct catalog *, const struct statistics_of *,
                                const char *column) MUST_CHECK;

/* UserDefinedFunctionInput in, UserDefinedFunction out. */
error catalog_create_function(struct catalog *, const char *database,
                              const json_t *input) MUST_CHECK;
error catalog_update_function(struct catalog *, const char *database, const char *function,
                              const json_t *input) MUST_CHECK;
error catalog_get_function(struct catalog *, const char *database, const char *function,
                           json_t **out) MUST_CHECK;
error catalog_delete_function(struct catalog *, const char *database,
                              const char *function) MUST_CHECK;
/* `database` NULL: of all. */
error catalog_scan_functions(struct catalog *, const char *database, const char *after,
                             catalog_each *, void *context) MUST_CHECK;

/* ---- partition expressions (GetPartitions) ----
 * A condition of SQL over partition keys: = <> != < <= > >=, AND, OR, NOT, [NOT] IN (...),
 * [NOT] BETWEEN, [NOT] LIKE, IS [NOT] NULL, parentheses; a key on one side, literals on the other.
 * Values are compared in the key's type: string, date, timestamp, decimal and the integers. */
struct expression;
enum { EXPRESSION_MAX = 2048 };
/* `keys`: the table's PartitionKeys. Errors are ERR_INVALID_INPUT and name the position. */
error expression_parse(struct arena *, span text, const json_t *keys,
                       const struct expression **out) MUST_CHECK;
/* `values`: the partition's Values. As in SQL, a comparison with NULL is not true. */
bool expression_matches(const struct expression *, const json_t *values);

/* Remote (catalog/glue.c): the AWS Glue Data Catalog or anything that speaks its API. The client is
 * borrowed; one thread uses both. */
struct http_client;
error catalog_open_glue(struct http_client *, const char *endpoint_url, const char *region,
                        struct catalog **) MUST_CHECK;

/* ---- what both back ends do with a Partition document ---- */
/* Its PartitionInput with the location `to`; *input NULL: it is there already. As move_partition. */
error partition_moved(const json_t *partition, const char *from, const char *to,
                      json_t **input) MUST_CHECK;

/* ---- reading a table document ---- */
struct table {
    const char *database, *name;
    const char *location;         /* StorageDescriptor.Location */
    const char *input_format, *serde;
    const struct schema *schema;  /* StorageDescriptor.Columns */
    const struct schema *partition_keys;
    const json_t *parameters, *descriptor_parameters; /* borrowed from the document */
};
/* Everything in the arena; the document must outlive it. Errors name column and type text. */
error table_parse(struct arena *, const json_t *document, struct table *) MUST_CHECK;
