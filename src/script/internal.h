/* What the files of script/ share. */
#pragma once

#include "script/python_api.h"
#include "script/script.h"
#include "sql/sql.h"

/* The script that runs: one per process, since an interpreter is. */
struct script {
    const struct script_options *options;
    const struct python *py;
    struct arena arena;              /* the script's life */

    /* while a batch loop runs */
    py_object *function;             /* called per batch; borrowed; NULL: no loop runs */
    void *thread;                    /* of the interpreter, while the engine has the floor */

    /* while a batch function runs */
    const struct window *window;     /* NULL: no batch */
    struct pipeline *pipeline;
};
extern struct script script;

/* ---- library.c ---- */
error python_load(const struct python **) MUST_CHECK;
/* Where that Python is installed, the parent of lib/: its standard library is found from there. */
const char *python_home(struct arena *);

/* ---- sources.c: the Python files of python/, in the binary ---- */
span source_find(const char *module, bool *package); /* data NULL: there is none */

/* ---- builtin.c: the module `_sluice` ---- */
error builtin_install(void) MUST_CHECK;
/* Calls the batch function of the loop that runs. */
error builtin_call_batch(const struct window *) MUST_CHECK;

/* ---- frame.c: plans to rows ----
 * A plan, as the Python side says it, is one of
 *   {"leaf": LEAF, "steps": [{"ApplyMapping": config}...]}     nodes of job documents, natively
 *   {"sql": TEXT, "tables": {NAME: plan of the first form}}    Spark SQL over these tables */
error frame_rows(struct arena *, const json_t *plan, struct sql_rows *) MUST_CHECK;
/* Without its rows. */
error frame_schema(struct arena *, const json_t *plan, const struct schema **) MUST_CHECK;
void frame_batch_end(void);          /* the batch's rows are gone */
void frame_close(void);
error frame_engine(struct sql_engine **) MUST_CHECK;

/* ---- leaf.c: rows that are there before anything is computed ----
 *   {"kind": "stream", "schema": [[NAME, TYPE]...], "json": NAME}   the batch's; schema: before there
 *                                           is one; json: each as one text, in a column of that name
 *   {"kind": "table", "database", "table"}  of the catalog
 *   {"kind": "files", "format", "paths", "schema", "options"}
 *   {"kind": "kept", "id"}                  what leaf_keep took
 * Tables and files are read once, or, with "batch", once in that batch. */
error leaf_rows(struct arena *, const json_t *leaf, bool with_rows, struct sql_rows *) MUST_CHECK;
/* Rows as JSON objects, of a schema [[NAME, TYPE]...]. */
error leaf_keep(const json_t *schema, const json_t *lines, int64_t *id) MUST_CHECK;
error leaf_schema(struct arena *, const json_t *list, const struct schema **) MUST_CHECK;
/* All of a query's result. */
error query_take(struct arena *, struct sql_result *, struct sql_rows *) MUST_CHECK;
void leaf_batch_end(void);
void leaf_close(void);

/* ---- files.c: objects of the lake as rows ---- */
/* `schema` NULL: detected. The rows live in the arena. */
struct files_request {
    const char *format;              /* parquet, json, csv */
    const json_t *paths;             /* s3:// urls of objects or folders */
    const json_t *options;           /* Spark's, lower case; NULL: none */
    const struct schema *schema;
};
error files_read(struct arena *, const struct files_request *, struct sql_rows *) MUST_CHECK;
/* One CSV text. */
error csv_rows(struct arena *, const struct files_request *, span text, struct sql_rows *) MUST_CHECK;

/* ---- spark.c: Spark SQL to DuckDB's ---- */
struct spark_table { const char *name; const struct schema *schema; };
struct spark_query {
    const char *sql;                 /* "scan"."N" is scan N */
    const int *scans;                /* of which table each is */
    int scan_count;
    const struct schema *schema;     /* of the result */
};
error spark_translate(struct arena *, const char *text, const struct spark_table *, size_t count,
                      int64_t now_us, struct spark_query *) MUST_CHECK;

/* ---- value.c: columns to Python objects ---- */
/* A new list with one tuple per row. */
py_object *value_rows(const struct sql_rows *);

/* ---- write.c: plans to tables ---- */
/* `target` is the config of an S3GlueParquetTarget node; `form`: "format" and its "options". */
error frame_write(const json_t *plan, const json_t *target, const json_t *form) MUST_CHECK;
