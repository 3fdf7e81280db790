/* SQL over Parquet files, by libduckdb: loaded with dlopen on first use (10 ms and 13 MB that a
 * process which asks nothing does not pay), locked down to exactly the files it is given.
 *
 * This folder knows nothing of catalogs: the caller says which tables exist, with their columns,
 * partition values and files (table/ finds them). */
#pragma once

#include "batch/batch.h"

struct sql_engine;

struct sql_options {
    const char *library;      /* path of libduckdb.so; NULL: SLUICE_DUCKDB, then beside the binary
                                 and the usual places */
    size_t memory_bytes;      /* 0: 256 MiB */
    int threads;              /* 0: the machine's */
};

/* ERR_UNSUPPORTED with the command that installs it when the library is not there. */
error sql_open(const struct sql_options *, struct sql_engine **) MUST_CHECK;
void sql_close(struct sql_engine *);
/* Opens what the next query needs ahead of it. */
error sql_prepare(struct sql_engine *) MUST_CHECK;

/* Files of one partition (or of an unpartitioned table): all with the same partition values. */
struct sql_files {
    const char *const *paths;
    size_t path_count;
    const char *const *values;  /* one text per partition key; NULL entry: SQL NULL */
    bool is_counted;            /* then, for a statement that reads none of the data columns, no */
    int64_t rows;               /* file is opened: rows of all files together */
};

struct sql_table {
    const char *database, *name;
    const struct schema *schema;          /* data columns, matched to files by name; missing: NULL */
    const struct schema *partition_keys;  /* may be empty */
    const struct sql_files *files;
    size_t file_sets;
    int *held;                            /* the caller's own; not looked at here */
    int64_t text_bytes;                   /* the caller's own: read from text files */
};

/* ---- tables in memory (memory.c) ----
 * A session of its own, kept over queries, whose tables are batches of the caller. Its statements
 * are the caller's own, not a stranger's; it can read no file all the same. One thread. */
struct sql_memory;

struct sql_rows {
    const struct schema *schema;
    const struct batch *const *batches;   /* of that schema */
    size_t count;
};

error sql_memory_open(struct sql_engine *, struct sql_memory **) MUST_CHECK;
void sql_memory_close(struct sql_memory *);
/* One SELECT of DuckDB's own dialect, in which "scan"."N" is table N. All rows of the result, in
 * the arena. */
error sql_memory_query(struct sql_memory *, const char *text, const struct sql_rows *tables,
                       size_t table_count, struct arena *, struct sql_rows *out) MUST_CHECK;

/* A statement in DuckDB's SQL, which may call the functions of function.h, and what it reads: table
 * N is scan."N". */
struct sql_statement {
    const char *text;
    const struct sql_table *tables;
    size_t table_count;
    const bool *reads_columns;            /* per table: whether any data column is read, ... */
    const bool *reads_keys;               /* ... any partition key; NULL: they may be */
};

struct sql_result;

/* Runs one SELECT (or EXPLAIN of one) over exactly these tables; nothing else on the machine can be
 * read. Errors while it runs have Trino's names in front ("DIVISION_BY_ZERO: ..."). Thread: one query
 * per engine at a time, except sql_interrupt. */
error sql_query(struct sql_engine *, const struct sql_statement *,
                struct sql_result **) MUST_CHECK;
void sql_interrupt(struct sql_engine *);
/* Column names and types as catalog types; valid until close. */
const struct schema *sql_result_schema(const struct sql_result *);
/* Next rows in the arena, or NULL at the end. */
error sql_result_next(struct sql_result *, struct arena *, const struct batch **) MUST_CHECK;
void sql_result_close(struct sql_result *);
