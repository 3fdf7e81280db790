/* One statement over the tables of a data directory, in the two dialects of Athena: what `sluice
 * sql`, `sluice demo` and Athena's door ask with.
 *
 *   SELECT, WITH, VALUES, EXPLAIN   -> dialect/ and sql/: rows
 *   DDL and utility statements      -> catalog/ and object/: lines, or nothing
 *   CREATE TABLE AS, INSERT, UNLOAD -> rows written by table/: files
 *
 * Errors have Athena's words; query_judge() says which of its categories they are. */
#pragma once

#include "batch/batch.h"

struct query_engine;

/* The stores of data directory `path` and the SQL engine; the directory must exist. */
error query_open(const char *path, const char *account, const char *region,
                 struct query_engine **) MUST_CHECK;
/* The same over stores that are open already, and stay the caller's; of objects that are no files
 * here, copies are made. Queries alone can be run. */
struct catalog;
struct object_store;
error query_open_over(struct catalog *, struct object_store *, bool copies,
                      struct query_engine **) MUST_CHECK;
void query_close(struct query_engine *);
/* Queries ask for the principal's Lake Formation permissions (an ARN, borrowed; NULL: no one's). */
void query_act_as(struct query_engine *, const char *principal);

/* ---- what a statement is, by its words ---- */

enum query_class { QUERY_DDL, QUERY_DML, QUERY_UTILITY };

struct query_kind {
    enum query_class class;      /* Athena's StatementType */
    const char *substatement;    /* SubstatementType; NULL: not told */
    bool hive;                   /* in Hive's dialect, else Trino's */
    bool has_header;             /* results begin with the columns' names */
    bool writes;                 /* rows into files */
    bool plan;                   /* EXPLAIN: lines under one header */
};
void query_kind_of(span text, struct query_kind *out);
/* ERR_PARSE in Trino's words for a text that is no statement of its dialect: Athena refuses it before
 * there is a query. Statements of Hive's dialect are told when they run. */
error query_check(const char *text) MUST_CHECK;

/* ---- running ---- */

/* As Athena tells of a result's column. */
struct query_column {
    const char *name, *type; /* "varchar" */
    int precision, scale;
    bool case_sensitive;
};
/* `told` are the columns of the result's metadata; a line of DESCRIBE is one text, told as three. */
struct query_columns {
    const struct schema *schema;
    const struct query_column *told;
    int told_count;
};

/* Receives the columns once, before any rows, and then the rows, batch by batch. */
struct query_sink {
    void *context;
    void (*columns)(void *context, const struct query_columns *);
    void (*rows)(void *context, const struct batch *);
};

struct query_request {
    const char *text;
    const char *database;            /* of names without one; NULL: "default" */
    const char *const *parameters;   /* literals for ? */
    size_t parameter_count;
    const char *work_group;          /* whose prepared statements EXECUTE finds; NULL: "primary" */
    const char *output;              /* s3:// folder, for tables without a place; NULL: none */
    const char *id;                  /* of the query, for names of files; its bytes are counted */
    int64_t bytes_most;              /* that it may scan; 0: any */
    json_t *relations;               /* gets [database, name, digest] of each that is read, as
                                        query_relation_digest has it; NULL: not wanted */
};

struct query_outcome {
    int64_t scanned_bytes;
    int64_t updated;                 /* rows written; -1: the statement writes none */
    const char *const *files;        /* s3:// names of the objects written */
    size_t file_count;
};

/* Runs one statement. `outcome` (its texts in the arena) may be NULL. */
error query_run(struct query_engine *, const struct query_request *, const struct query_sink *,
                struct arena *, struct query_outcome *) MUST_CHECK;
/* Of a table's or view's definition, as the catalog's principal sees it: a result that stands on
 * relations whose digests are the same may be used again. */
error query_relation_digest(struct catalog *, const char *database, const char *name, struct arena *,
                            const char **digest) MUST_CHECK;
/* From another thread or a signal handler: the running statement ends with ERR_STOPPED. */
void query_interrupt(struct query_engine *);

/* ---- judging an error ---- */

struct query_failure {
    int category; /* 1 system, 2 user, 3 other */
    int type;     /* Athena's ErrorType */
    bool retryable;
};
struct query_failure query_judge(error, const char *text);

/* A value as Athena writes it in results: [1, 2], {a=1}, 2023-01-01 00:00:00.000. Not for NULL. */
void query_print_value(struct buffer *out, const struct column *, int64_t row);

/* ---- a statement as a process of its own (work.c) ----
 * What the gateway starts for each of Athena's queries: the results go to objects, the reply says
 * how it went. Request and reply are JSON:
 *
 *   request  {"Directory", "Account", "Region", "Principal"?, "Id", "Query", "Database"?,
 *             "Parameters"?: [...], "WorkGroup", "Output"?: "s3://BUCKET/FOLDER/",
 *             "BytesMost"?: integer}
 *   reply    {"State": "SUCCEEDED" | "FAILED", "Reason"?, "Category"?, "Type"?, "Retryable"?,
 *             "Columns": [ColumnInfo...], "Relations": [[database, name, digest]...], "Header": bool, "Rows", "Updated"?, "Scanned",
 *             "Output"?, "Manifest"?, "EngineMs"}
 */
struct sql_engine;
/* `ready` (NULL: none) is closed with the query. */
void query_work(const json_t *request, struct sql_engine *ready, json_t **reply);
