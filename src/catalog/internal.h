/* What the files of the local catalog share: one operation as a transaction, the names of its
 * documents, and the documents themselves.
 *
 *   glue-database         DB                     the Database object
 *   glue-table            DB/TABLE               the Table object
 *   glue-table-version    DB/TABLE/N             an earlier Table object; N counts down, so that
 *                                                the newest comes first
 *   glue-partition        DB/TABLE/V1/V2...      the Partition object
 *   glue-partition-typed  DB/TABLE/C1/C2...//V1/V2...   {"Values": [...]} of a partition; C are
 *                                                its values, integer keys read as numbers
 *   glue-partition-index  DB/TABLE/INDEX         the PartitionIndexDescriptor object
 *   glue-statistics       DB/TABLE/[V1/V2.../]COLUMN    the ColumnStatistics object
 *   glue-function         DB/FUNCTION            the UserDefinedFunction object
 *
 * Names are percent-encoded, so that '/' separates. */
#pragma once

#include "catalog/catalog.h"
#include "state/state.h"

struct local {
    struct catalog catalog; /* first: the door's handle */
    struct state *state;
    const char *account, *region;
    const char *principal; /* whose permissions count; NULL: no one's. Borrowed */
    bool borrowed; /* of an arena: close frees nothing */
};

/* One operation: a transaction and the memory for its names. */
struct call {
    struct local *local;
    struct state_txn *txn;
    struct arena arena;
    unsigned need; /* permissions of which one must be held on the table that is read: to begin
                      with DESCRIBE, in a writing operation ALTER */
};

extern const char kind_database[], kind_table[], kind_version[], kind_partition[], kind_typed[],
    kind_index[], kind_statistics[], kind_function[];

/* ---- one operation (local.c) ---- */

error call_begin(struct call *, struct catalog *, bool write) MUST_CHECK;
/* Ends the call: commits when all went well. */
error call_end(struct call *, error) MUST_CHECK;
struct state_key key_of(const struct call *, const char *kind, const char *name);
error catalog_document_put(struct call *, const char *kind, const char *path,
                           json_t *document) MUST_CHECK;
/* All whose path starts with the prefix. */
error documents_delete(struct call *, const char *kind, const char *prefix) MUST_CHECK;
error documents_scan(struct call *, const char *kind, const char *prefix, const char *after,
                     catalog_each *, void *context) MUST_CHECK;

extern const struct catalog_ops local_ops;

/* ---- permissions (guard.c) ---- */

/* ERR_ACCESS_DENIED unless the handle's principal holds one of them; 0 asks for none. */
error guard(struct call *, unsigned permissions, const char *database,
            const char *table) MUST_CHECK;
/* The place of a new table's data, when it is registered. */
error guard_location(struct call *, const json_t *table_input) MUST_CHECK;
/* After creating: what the defaults and the creator get. */
error guard_created(struct call *, const char *database, const char *table,
                    const json_t *database_document) MUST_CHECK;
/* A database that says nothing of its tables' permissions takes the account's default. */
error guard_table_defaults(struct call *, json_t *database) MUST_CHECK;
/* Takes the columns away that the principal may not select. */
error guard_columns(struct call *, json_t *table) MUST_CHECK;
/* Databases or tables, but for those the principal may not see. */
error guard_scan(struct call *, bool tables, const char *prefix, const char *after, catalog_each *,
                 void *context) MUST_CHECK;

/* ---- names (local.c) ---- */

/* Lower case, checked; `what` is for the words. */
error name_fold(struct call *, const char *what, const char *name, const char **out) MUST_CHECK;
/* "a", "b" -> "a/b", each encoded; `open_end` adds a '/'; b may be NULL. */
const char *path_of(struct call *, const char *a, const char *b, bool open_end);

struct table_name {
    const char *database, *table;
    const char *path;   /* DB/TABLE */
    const char *prefix; /* DB/TABLE/ */
};
error table_name_fold(struct call *, const char *database, const char *table,
                      struct table_name *out) MUST_CHECK;

/* ---- documents (local.c) ---- */

error database_read(struct call *, const char *database, json_t **out) MUST_CHECK;
error database_require(struct call *, const char *database) MUST_CHECK;
error table_read(struct call *, const struct table_name *, json_t **out) MUST_CHECK;
error table_require(struct call *, const struct table_name *) MUST_CHECK;
/* A copy of the input's members. */
error input_copy(const json_t *input, json_t **out) MUST_CHECK;
static inline void member_set(json_t *object, const char *member, json_t *value) /* steals it */
{
    CHECK(json_object_set_new(object, member, value) == 0);
}
static inline void member_set_text(json_t *object, const char *member, const char *text)
{
    member_set(object, member, json_string(text));
}
/* The member of the document that is replaced lives on. */
static inline void member_keep(json_t *document, const json_t *old, const char *member)
{
    json_t *value = json_object_get(old, member);
    if (value) CHECK(json_object_set(document, member, value) == 0);
}
/* An update names its object twice; the names must agree. */
error same_name_check(struct call *, const char *what, const char *name,
                      const json_t *input) MUST_CHECK;

/* ---- the functions of struct catalog_ops (local_table.c, local_partition.c) ---- */

error local_get_table(struct catalog *, const char *database, const char *table, json_t **out);
error local_create_table(struct catalog *, const char *database, const json_t *input);
error local_update_table(struct catalog *, const char *database, const char *table,
                         const json_t *input);
error local_add_partitions(struct catalog *, const char *database, const char *table,
                           const json_t *inputs, int *added, int *existed);
error local_move_partition(struct catalog *, const char *database, const char *table,
                           const json_t *values, const char *from, const char *to);
error local_partitions(struct catalog *, const char *database, const char *table,
                       partition_wanted *, bool (*each)(void *context, json_t *partition), void *context);

/* ---- partition indexes (local_attached.c) ---- */

error index_create(struct call *, const char *database, const char *table,
                   const json_t *index) MUST_CHECK;

/* ---- partitions (local_partition.c), for those who hang documents on them ---- */

struct partition_name {
    const char *path;  /* DB/TABLE/values as they are */
    const char *typed; /* DB/TABLE/values, integer keys as numbers, and "//" */
    const char *own;   /* the same and the values as they are */
    const char *shown; /* "2023, 01": for messages */
};
error partition_name_of(struct call *, const struct table_name *, const json_t *keys,
                        const json_t *values, struct partition_name *out) MUST_CHECK;
error partition_require(struct call *, const struct partition_name *) MUST_CHECK;
/* After the table's PartitionKeys were replaced: existing partitions must have a value per key. */
error partitions_retype(struct call *, const struct table_name *, const json_t *old,
                        const json_t *new) MUST_CHECK;
