/* One SQL dialect understood: text -> tokens -> syntax tree -> names and types -> DuckDB's SQL.
 *
 *   dialect_parse      text -> statement: its kind, target, options, the query inside, tables named
 *   dialect_translate  statement -> DuckDB's SQL, result columns with their types, scans
 *
 * Pure: no catalog, no engine. Whoever translates hands in the tables by a callback. What a dialect
 * does not map is refused by name, never passed through. Positions in errors are line:column, both
 * from 1. The functions `trino_...` that translated SQL calls are registered by sql/.
 *
 * Source of Trino's rules: its documentation of types, functions and SQL statements; the words of
 * its errors: the analyser's own, checked in test/data/trino_select.jsonl. */
#pragma once

#include "batch/batch.h"

struct dialect; /* lexical rules, coercions and functions of one SQL */
extern const struct dialect dialect_trino, dialect_spark;

/* ---- types ---- */

enum dialect_kind {
    DIALECT_UNKNOWN, /* the type of NULL */
    DIALECT_BOOLEAN,
    DIALECT_TINYINT,
    DIALECT_SMALLINT,
    DIALECT_INTEGER,
    DIALECT_BIGINT,
    DIALECT_REAL,
    DIALECT_DOUBLE,
    DIALECT_DECIMAL,
    DIALECT_VARCHAR,
    DIALECT_CHAR,
    DIALECT_VARBINARY,
    DIALECT_DATE,
    DIALECT_TIME,
    DIALECT_TIMESTAMP,
    DIALECT_TIMESTAMP_TZ,
    DIALECT_INTERVAL_DAY,
    DIALECT_INTERVAL_YEAR,
    DIALECT_JSON,
    DIALECT_UUID,
    DIALECT_ARRAY,   /* fields[0] */
    DIALECT_MAP,     /* fields[0]: key, fields[1]: value */
    DIALECT_ROW,
    DIALECT_KINDS
};

enum { DIALECT_UNBOUNDED = -1 };

struct dialect_type;
struct dialect_field { const char *name; const struct dialect_type *type; }; /* name NULL: none */

struct dialect_type {
    enum dialect_kind kind;
    int precision;          /* decimal digits; fraction digits of time and timestamps */
    int scale;              /* decimal */
    int length;             /* char, varchar: characters; DIALECT_UNBOUNDED */
    const char *zone;       /* timestamp with time zone: of every value; NULL: a zone per value */
    int field_count;
    const struct dialect_field *fields;
};

/* As the dialect writes it: varchar(3), decimal(5,2), timestamp(3) with time zone, row(a integer). */
void dialect_type_print(struct buffer *out, const struct dialect_type *);
/* int -> integer, string -> varchar, struct -> row... Lives in the arena. */
const struct dialect_type *dialect_type_of(struct arena *, const struct type *);
/* The catalog's type for a table made from a query; ERR_UNSUPPORTED for types it cannot hold. */
error dialect_type_catalog(struct arena *, const struct dialect_type *,
                           const struct type **out) MUST_CHECK;

/* ---- statements ---- */

enum dialect_verb {
    DIALECT_SELECT,             /* SELECT, WITH, VALUES, TABLE, parenthesised */
    DIALECT_EXPLAIN,
    DIALECT_INSERT,
    DIALECT_CREATE_TABLE_AS,
    DIALECT_UNLOAD,
    DIALECT_CREATE_VIEW,
    DIALECT_DROP_VIEW,
    DIALECT_PREPARE,
    DIALECT_EXECUTE,
    DIALECT_DEALLOCATE,
};

struct dialect_name {
    const char *catalog, *database; /* NULL: not given; all folded to lower case */
    const char *name;
    int line, column;
};

/* name = value of WITH (...) or of EXPLAIN (...): a literal, or ARRAY['a', 'b'] */
struct dialect_option {
    const char *name;       /* lower case */
    const char *value;      /* text of the literal, unquoted; NULL for an array */
    const char *const *values; /* the array's texts */
    int value_count;
    int line, column;
};

struct node;

struct dialect_statement {
    const struct dialect *dialect;
    enum dialect_verb verb;
    struct dialect_name target;     /* INSERT, CREATE TABLE AS, views: the table; PREPARE, EXECUTE,
                                       DEALLOCATE: .name */
    bool or_replace, if_exists, if_not_exists; /* CREATE OR REPLACE; DROP IF EXISTS; CREATE IF NOT */
    bool analyze;                   /* EXPLAIN ANALYZE */
    bool no_data;                   /* CREATE TABLE AS ... WITH NO DATA */
    const struct dialect_option *options;
    int option_count;
    const char *const *columns;     /* INSERT INTO t (columns), CREATE TABLE t (columns) AS */
    int column_count;
    const char *location;           /* UNLOAD (...) TO 'location' */
    const char *comment;            /* CREATE VIEW ... COMMENT; CREATE TABLE ... COMMENT */
    const struct node *query;       /* what is read; NULL: nothing is */
    const char *query_text;         /* its source text (PREPARE: the statement's, any kind) */
    const char *const *parameters;  /* EXECUTE ... USING: source texts of the expressions */
    int parameter_count;
    int placeholders;               /* number of ? in the query */
    const struct dialect_name *tables; /* tables (or views) that the query names, each once */
    size_t table_count;
};

/* ERR_PARSE: "line 1:8: mismatched input 'x'. Expecting: ..."; ERR_UNSUPPORTED names what is not
 * mapped. Everything lives in the arena; `text` is copied. At most 262,144 bytes. A trailing
 * semicolon is accepted. */
error dialect_parse(const struct dialect *, const char *text, struct arena *,
                    struct dialect_statement *out) MUST_CHECK;

/* ---- translating ---- */

/* A table or a view as the caller knows it. */
struct dialect_relation {
    const char *database, *name;
    const struct schema *schema;         /* data columns */
    const struct schema *partition_keys; /* may be NULL or empty */
    const char *view;                    /* a view's query in the dialect; NULL: a table */
    const char *view_database;           /* where the view's names without database lie */
    const char *view_row;                /* its columns when it was made, as a query: SELECT CAST(NULL
                                            AS type) AS "name", ...; NULL: not known */
};

/* What the caller knows; all borrowed for the length of the call. */
struct dialect_context {
    const char *database;                /* of names without one; NULL: "default" */
    /* ERR_NOT_FOUND with *missing_database set when it is the database that is not there; any
     * other error is passed on as it is. Called once per table named, also by views. */
    error (*find)(void *state, const struct dialect_name *, struct arena *,
                  const struct dialect_relation **out, bool *missing_database);
    void *state;
    const char *const *parameters;       /* for ?: SQL literals, as text */
    int parameter_count;
    int64_t now_us;                      /* of current_timestamp and the like; 0: the clock's */
    const char *query_id;
    bool stored;                         /* rows go to files: no value becomes text for showing */
};

struct dialect_column { const char *name; const struct dialect_type *type; };

/* One reading of a table (a table named twice is scanned twice). */
struct dialect_scan {
    const struct dialect_relation *relation;
    const bool *columns;                 /* per data column: whether the query reads it */
    const bool *keys;                    /* per partition key */
    const struct predicate *predicates;  /* see dialect_may_match */
    size_t predicate_count;
};

struct dialect_query {
    const char *sql;                     /* DuckDB's; scan N reads the relation "scan"."N" (0...) */
    const struct dialect_column *columns;
    int column_count;
    const struct dialect_scan *scans;
    int scan_count;
    bool counts;                         /* SELECT count(*) of the one scan: where dialect_must_match
                                            holds for every partition, the number of its rows */
};

/* Types without a counterpart in the catalog (time, intervals, timestamp with time zone or of other
 * than three digits, json, uuid) arrive as text, as the dialect prints them, unless they are to be
 * stored; the column's type says what they are.
 * Errors: ERR_USAGE with the dialect's own code in front ("TYPE_MISMATCH: line 1:30: ..."),
 * ERR_NOT_FOUND (TABLE_NOT_FOUND, SCHEMA_NOT_FOUND), ERR_UNSUPPORTED for what is not mapped. */
error dialect_translate(const struct dialect_statement *, const struct dialect_context *,
                        struct arena *, struct dialect_query *out) MUST_CHECK;

/* Whether a row of a partition with these values (texts, per partition key; NULL: SQL NULL) can
 * satisfy the query: false only when it surely cannot. */
bool dialect_may_match(const struct dialect_scan *, const char *const *values);
/* Whether every row of the partition surely satisfies the conditions. */
bool dialect_must_match(const struct dialect_scan *, const char *const *values);
/* The texts of which a partition key must be one, when the query says so by = or IN with literals
 * (ANDed with whatever else); false: it does not. */
bool dialect_key_values(const struct dialect_scan *, int key, struct arena *,
                        const char *const **out, size_t *count);

/* ---- what is mapped ---- */

/* Calls with every function the dialect knows by name: mapped, or refused. Sorted by name. */
void dialect_functions(const struct dialect *, void (*row)(void *context, const char *name,
                                                           bool mapped), void *context);
