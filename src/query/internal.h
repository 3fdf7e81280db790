/* What the files of query/ share: a statement on its way. */
#pragma once

#include "catalog/catalog.h"
#include "dialect/dialect.h"
#include "dialect/hive.h"
#include "object/object.h"
#include "parquet/parquet.h"
#include "query/query.h"
#include "sql/sql.h"
#include "state/state.h"
#include "table/table.h"

struct query_engine {
    struct state *state; /* NULL: over stores of others */
    char *directory;     /* NULL with it */
    char *account, *region;
    struct object_store *objects, *own_objects; /* own ones are closed with the engine */
    struct catalog *catalog, *own_catalog;
    struct sql_engine *sql;
};

/* Opens the SQL engine, for those that run SQL: DDL and counts do not pay for it. */
error engine_needed(struct query_engine *) MUST_CHECK;

/* told.c: the error of before, which failed with `e`, with names of the lake for paths below the data
 * directory. */
error locations_told(const char *directory, error e);

/* What Hive calls a format of files; by the word of STORED AS, NULL: there is none (table.c). */
struct table_format {
    const char *word, *input, *output, *serde;
};
const struct table_format *table_format_find(const char *word);

struct run {
    struct query_engine *engine;
    const struct query_request *request;
    const struct query_sink *sink;
    struct query_outcome *outcome;
    struct arena *arena;
    const char *database; /* of names without one */
};

/* ---- statements of Trino's dialect ---- */
error trino_run(struct run *) MUST_CHECK; /* trino.c: the table of statements */

typedef error trino_action(struct run *, const struct dialect_statement *);
trino_action select_rows;                            /* select.c: SELECT, EXPLAIN */
trino_action create_table_as, insert_into, unload;   /* write.c */
trino_action create_view, drop_view;                 /* view.c */
trino_action prepare, execute, deallocate;           /* prepared.c */

/* A statement's query, translated, over the files it reads: rows to the sink (for statements that
 * show them) or to whoever asked. */
struct selection {
    struct dialect_query query;
    struct schema schema;         /* the columns' names, and types as rows have them */
    bool plan;                    /* EXPLAIN: one column of text */
    struct sql_statement sql;     /* what runs, over which files */
    struct sql_result *result;
    const struct batch *counted;  /* the whole result, when footers tell it: no engine runs */
};
/* To be closed, whatever happens. */
error selection_open(struct run *, const struct dialect_statement *,
                     struct selection *) MUST_CHECK;
void selection_close(struct selection *);
/* The next rows under the columns' names, or NULL at the end. */
error selection_next(struct selection *, struct arena *, const struct batch **) MUST_CHECK;

/* ---- scan.c ---- */

/* The tables of a translated query with the files that its conditions leave. */
error scans_open(struct run *, const struct dialect_query *,
                 struct sql_statement *out) MUST_CHECK;
/* A view's ViewOriginalText -> its query and the database of its names. */
error view_read(struct arena *, const char *text, struct dialect_relation *) MUST_CHECK;
/* What dialect_translate asks for names: the catalog, by the caller's permissions. */
error relation_find(void *run, const struct dialect_name *, struct arena *,
                    const struct dialect_relation **out, bool *missing_database);

/* ---- DDL and utility statements ---- */
error hive_run(struct run *) MUST_CHECK; /* hive.c: the table of statements */

typedef error hive_action(struct run *, const struct hive_statement *);
hive_action create_database, drop_database, alter_database;         /* database.c */
hive_action create_table, drop_table, set_properties, set_location, /* table.c */
    add_columns, replace_columns;
hive_action add_partitions, drop_partitions, rename_partition, show_partitions; /* partition.c */
hive_action repair_table;                                           /* repair.c */
hive_action show_databases, show_tables, show_views, show_columns, show_properties, describe;
hive_action show_create_table, show_create_view;                    /* show_create.c */

/* ---- names and words (hive.c) ---- */

/* The database a statement's table is in. */
const char *database_of(const struct run *, const struct hive_statement *);
/* "FAILED: Execution Error, return code 1 from ...DDLTask. " and the text. */
error execution_error(error, const char *format, ...) PRINTF(2, 3);
/* The catalog's error in the words of Hive's DDL task, or as it is. */
error catalog_error(error, const char *database, const char *table);
/* The table's document, which the caller frees; SemanticException 10001 when there is none. */
error table_document(struct run *, const struct hive_statement *, json_t **out) MUST_CHECK;
/* Whether the caller may put data of tables there. */
error location_check(struct run *, const char *location) MUST_CHECK;

/* ---- lines (lines.c): the result of utility statements ---- */

struct lines {
    struct run *run;
    struct buffer text; /* each line ends in NUL */
    size_t count;
};
void lines_add(struct lines *, const char *format, ...) PRINTF(2, 3);
/* Sends them under the columns' names (NULL at the end) and frees them. */
void lines_send(struct lines *, const char *const *columns);

/* ---- partitions (partition.c) ---- */

/* Values of all keys, in their order. */
error partition_values(struct run *, const json_t *table, const struct hive_partition *,
                       json_t **out) MUST_CHECK;
/* Catalog's expression for c = 'v' AND ... */
error partition_expression(struct run *, const json_t *table, const struct hive_partition *,
                           const char **out) MUST_CHECK;
/* PartitionInput: the table's descriptor at the location. Steals the values. */
json_t *partition_input(const json_t *table, json_t *values, const char *location);
/* "k=v/k2=v2" of a table's keys. */
const char *partition_name(struct arena *, const json_t *table, const json_t *values);
