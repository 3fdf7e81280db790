/* Names of things: databases, tables and partitions in the Glue Data Catalog's shapes, over two
 * back ends with one set of functions: the local catalog (documents) and a remote Glue endpoint.
 * Objects are JSON in Glue's own member names (Database, Table, Partition of the Glue API
 * 2017-03-31), so that whatever was set reads back. Database and table names fold to lower case. */
#pragma once

#include "base/base.h"
#include "batch/batch.h"
#include "catalog/grant.h"

struct catalog;

struct catalog_ops {
    error (*get_database)(struct catalog *, const char *database, json_t **out);
    error (*get_table)(struct catalog *, const char *database, const char *table, json_t **out);
    /* Glue's TableInput / PartitionInput; ERR_ALREADY_EXISTS, ERR_ENTITY_NOT_FOUND. */
    error (*create_database)(struct catalog *, const json_t *input);
    error (*create_table)(struct catalog *, const char *database, const json_t *input);
    error (*update_table)(struct catalog *, const char *database, const char *table, const json_t *input);
    /* At once and atomic; existing ones are left alone and counted. A partition whose values
     * equal an existing one's as numbers but not as text ("1", "01" under an int key) would read
     * the same rows twice: ERR_ALREADY_EXISTS. */
    error (*add_partitions)(struct catalog *, const char *database, const char *table,
                            const json_t *inputs, int *added, int *existed);
    /* All partitions, in order of their values; calls `each` until it returns false. The document
     * is borrowed. */
    error (*partitions)(struct catalog *, const char *database, const char *table,
                        bool (*each)(void *context, json_t *partition), void *context);
    void (*close)(struct catalog *);
};

struct catalog {
    const struct catalog_ops *ops;
};

struct state;
error catalog_open_local(struct state *, const char *account, const char *region, struct catalog **) MUST_CHECK;
/* The same in the arena, for one call: nothing to close; the texts are borrowed. */
struct catalog *catalog_local_in(struct arena *, struct state *, const char *account,
                                 const char *region);
/* Local only, for the doors. */
error catalog_delete_table(struct catalog *, const char *database, const char *table) MUST_CHECK;
error catalog_delete_database(struct catalog *, const char *database) MUST_CHECK;
error catalog_list_databases(struct catalog *, json_t **array) MUST_CHECK;
error catalog_list_tables(struct catalog *, const char *database, json_t **array) MUST_CHECK;
error catalog_update_database(struct catalog *, const char *database, const json_t *input) MUST_CHECK;
/* Values: an array of texts, one per partition key. */
error catalog_get_partition(struct catalog *, const char *database, const char *table,
                            const json_t *values, json_t **out) MUST_CHECK;
error catalog_delete_partition(struct catalog *, const char *database, const char *table,
                               const json_t *values) MUST_CHECK;
/* Replaces it whole; the input's Values may differ (a rename). */
error catalog_update_partition(struct catalog *, const char *database, const char *table,
                               const json_t *values, const json_t *input) MUST_CHECK;

/* Remote (catalog/glue.c): the AWS Glue Data Catalog or anything that speaks its API. The client is
 * borrowed; one thread uses both. */
struct http_client;
error catalog_open_glue(struct http_client *, const char *endpoint_url, const char *region,
                        struct catalog **) MUST_CHECK;

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
