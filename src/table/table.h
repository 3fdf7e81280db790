/* Tables in a lake: batches -> Hive-partitioned Parquet objects, staged until published; the names
 * of those objects and partitions in the catalog; and the way back, from a name to the files that
 * hold it.
 *
 * Layout (Hive): s3://BUCKET/PREFIX/key=value/.../STEM-NNNNN.CODEC.parquet
 * A value's text is escaped as Hive does (FileUtils.escapePathName: control characters and
 * " # % ' * / : = ? \ { [ ] ^ as %XX); NULL and "" are __HIVE_DEFAULT_PARTITION__. */
#pragma once

#include "catalog/catalog.h"
#include "object/object.h"
#include "parquet/parquet.h"
#include "sql/sql.h"

/* ---- Hive paths ---- */
#define HIVE_NULL "__HIVE_DEFAULT_PARTITION__"
void hive_escape(struct buffer *out, span value);
/* "key=value/" appended; value data NULL: SQL NULL. */
void hive_append(struct buffer *path, const char *key, span value);

/* ---- writing ----
 * A writer belongs to one micro-batch and one thread. Rows go to one open file per partition;
 * beyond the memory budget the fullest row group is closed early, beyond TABLE_OPEN_MAX partitions
 * the least recently used file is finished. Nothing is visible before table_publish. */
enum { TABLE_OPEN_MAX = 128 };

struct partition_value { const char *key; const char *value; /* NULL: SQL NULL */ };

struct table_layout {
    const char *bucket;
    const char *prefix;                 /* without slashes at its ends; may be empty */
    const struct partition_value *fixed; /* leading folders, the same for every row (ingest_*) */
    int fixed_count;
    const char *const *partition_columns; /* columns of the batch that become folders */
    int partition_column_count;
    const char *stem;                   /* begins the object names; unique to job and batch */
    size_t name_room;                   /* of a key's bytes what any object's name may take */
    struct parquet_options parquet;
    size_t memory_bytes;                /* budget of all open files */
    size_t file_bytes;                  /* a file is finished beyond it; 0: 512 MiB */
    int files_max;                      /* ... unless there are so many; 0: no limit. More partitions
                                           make more files in any case */
    /* Asked for the footer's key-value pairs whenever a file is finished. */
    void (*footer)(void *context, struct arena *, struct parquet_key_value **, size_t *count);
    void *footer_context;
};

/* A staged or published file, copied into the plan. */
struct data_file {
    const char *bucket, *key, *token;
    struct partition_value *partition;  /* fixed and column values, in order */
    int partition_count;
    int64_t rows, bytes;
};

struct table_writer;
error table_writer_open(struct object_store *, const struct table_layout *, struct table_writer **) MUST_CHECK;
/* The schema may change from call to call; files of the old schema are finished then. */
error table_write(struct table_writer *, const struct batch *) MUST_CHECK;
/* The same for several of one schema, which the Parquet options' pool then shares out better. */
error table_write_all(struct table_writer *, const struct batch *const *, size_t count) MUST_CHECK;
/* The rows whose folder leaves an object's name no room in a key of OBJECT_KEY_MAX bytes. The same rows
 * whenever they are asked for: the stem does not count, but `name_room`. */
struct table_long_row { int64_t row; const char *column; /* with the longest value */ };
size_t table_long_rows(const struct table_writer *, const struct batch *, struct arena *,
                       struct table_long_row **);
/* Finishes the open files: what is written next begins new ones. */
error table_writer_cut(struct table_writer *) MUST_CHECK;
/* All rows of these Parquet files, in their order, over a query of the engine; every file's columns
 * must be those of the schema. Memory: the engine's and the writer's. Tells how many rows there were. */
error table_write_files(struct table_writer *, struct sql_engine *, const struct schema *,
                        const char *const *paths, size_t count, int64_t *rows) MUST_CHECK;
size_t table_writer_memory(const struct table_writer *);
int64_t table_writer_rows(const struct table_writer *);
int64_t table_writer_bytes(const struct table_writer *); /* encoded so far */
/* Finishes every file: all bytes durable, still invisible. Frees the writer, whatever happens;
 * on an error everything staged is removed. The list lives in the arena. */
error table_writer_finish(struct table_writer *, struct arena *, struct data_file **files,
                          size_t *count) MUST_CHECK;
void table_writer_abandon(struct table_writer *);

/* The same for rows as texts (lines.c): JSON lines, or CSV; one object per partition. */
struct lines_format { bool csv, header; char separator; };
struct lines_writer;
error lines_writer_open(struct object_store *, const struct table_layout *, const struct lines_format *,
                        struct lines_writer **) MUST_CHECK;
error lines_writer_write(struct lines_writer *, const struct batch *) MUST_CHECK;
error lines_writer_finish(struct lines_writer *, struct arena *, struct data_file **files,
                          size_t *count) MUST_CHECK;
void lines_writer_abandon(struct lines_writer *);

/* The codec that the name of a writer's file tells. */
enum parquet_codec table_codec_of(const char *key);

/* Makes one staged file visible; again is OK. ERR_NO_SUCH_UPLOAD: its bytes are gone. */
error table_publish(struct object_store *, const struct data_file *) MUST_CHECK;
error table_discard(struct object_store *, const struct data_file *) MUST_CHECK;

/* ---- catalog ---- */
struct table_target {
    const char *database, *table;
    const char *location;               /* s3://bucket/prefix/ */
    const struct schema *schema;        /* data columns */
    struct schema partition_keys;
    bool update_schema;                 /* UPDATE_IN_DATABASE: create the table, add new columns */
    const char *codec;                  /* for the table's parameters */
};
/* Creates the table or, when allowed, adds columns it lacks; with neither, a difference is logged. */
error table_ensure(struct catalog *, const struct table_target *) MUST_CHECK;
/* Registers the partitions of these files (those without partition values need none). */
error table_register(struct catalog *, const struct table_target *, const struct data_file *,
                     size_t count, int *added) MUST_CHECK;

/* TableInput of a Table, a new reference: what an update may carry; the rest is the catalog's own. */
json_t *table_input_of(const json_t *table);

/* ---- reading ---- */
/* Which partitions a reader wants, by their values (per key; NULL: SQL NULL). */
struct table_filter {
    bool (*wants)(void *context, const char *const *values);
    /* The values of which a key must be one; false: any. For keys whose values nobody lists. */
    bool (*values)(void *context, int key, struct arena *, const char *const **out, size_t *count);
    void *context;
};

/* A catalog table and the files that hold it now, for sql_query. Objects whose base name starts
 * with '_' or '.' and zero-byte markers are not data. Partitioned tables show registered
 * partitions only, as Athena does. `filter` may be NULL: all of them. */
error table_scan(struct catalog *, struct object_store *, struct arena *, const char *database,
                 const char *table, const struct table_filter *, struct sql_table *out) MUST_CHECK;
/* Closes what was opened for the scan: rows of text files, read into files without a name. */
void table_release(struct sql_table *);
