/* What the files of sql/ share. */
#pragma once

#include "sql/duckdb_api.h"
#include "sql/sql.h"

#include <pthread.h>

/* One in-memory database, opened for one query and locked before that runs. */
struct session {
    const struct duck *duck;
    duck_database database;
    duck_connection connection;
};

struct sql_engine {
    const struct duck *duck;
    struct sql_options options;
    struct session ready;    /* of the next query; database NULL: to be opened */
    pthread_mutex_t lock;    /* guards running */
    duck_connection running; /* what sql_interrupt stops */
};

/* ---- library.c ---- */
error duck_load(const char *path, const struct duck **out) MUST_CHECK;

/* ---- engine.c ---- */
error session_open(const struct sql_engine *, struct session *) MUST_CHECK;
void session_close(struct session *);
error session_run(struct session *, const char *sql) MUST_CHECK;

/* ---- error.c ---- */
error duck_fail(const struct duck *, struct duck_result *);
error duck_fail_text(const char *text);

/* ---- view.c: statements that set a session up ---- */
void quote_name(struct buffer *out, const char *name);
void quote_text(struct buffer *out, const char *text);
/* scan."index". What is not read (data columns, partition keys) need not be right. */
void view_create(struct buffer *out, size_t index, const struct sql_table *, bool columns,
                 bool keys);
/* Whether the view gives as many rows as its files hold, without opening one. */
bool view_is_counted(const struct sql_table *, bool columns);

/* ---- result.c ---- */
/* Takes over session and prepared statement, whatever happens. */
error result_open(struct sql_engine *, struct session *, duck_prepared,
                  struct sql_result **) MUST_CHECK;

/* ---- vector_write.c: columns to DuckDB's vectors ---- */
duck_logical_type logical_make(const struct duck *, const struct type *); /* to be destroyed */
/* Rows [first, first + count) of the column. Texts and bytes are copied. */
error vector_write(const struct duck *, const struct column *, int64_t first, int64_t count,
                   duck_vector) MUST_CHECK;

/* ---- vector.c: DuckDB's vectors to columns ---- */
struct reader {
    enum duck_type id;
    enum duck_type internal;  /* DECIMAL, ENUM */
    const struct type *type;
    uint64_t array_size;
    const span *labels;       /* ENUM */
    uint32_t label_count;
    const struct reader *children;
};
error reader_make(const struct duck *, duck_logical_type, struct arena *,
                  struct reader *) MUST_CHECK;
/* Rows of the vector by index (-1: NULL); rows NULL: 0, 1, 2... */
error reader_read(const struct duck *, const struct reader *, duck_vector, const int64_t *rows,
                  int64_t count, struct arena *, struct column *out) MUST_CHECK;
