/* Batches -> a Parquet file, streamed: pages are encoded as batches come and leave with their row
 * group; only the footer waits for the end. And the footer reader, for audits, counts and pruning.
 *
 * Format: apache/parquet-format 2.10 (parquet.thrift, Encodings.md, PageIndex.md); Thrift compact
 * protocol. Types as Spark 3 writes them (writeLegacyFormat=false): byte/short as INT32 with INT_8
 * and INT_16, decimal by precision INT32 / INT64 / FIXED_LEN_BYTE_ARRAY, 3-level LIST and MAP,
 * timestamps INT96 (default) or INT64 TIMESTAMP(MICROS, UTC). Columns are OPTIONAL, map keys
 * REQUIRED. Data pages v1 (most readable everywhere) or v2, with checksums.
 * Per column chunk: a dictionary while it is smaller than the values, then PLAIN or a delta encoding
 * (option); the codec only where it saves an eighth of the first page. Least and greatest values,
 * NULL counts and page indexes everywhere but for INT96 and where there are NaNs.
 *
 * File:  "PAR1" | row group 0: [column chunk: dictionary page? data page...]... | row group 1 ... |
 *        column indexes | offset indexes | FileMetaData (Thrift) | u32 LE its length | "PAR1" */
#pragma once

#include "batch/batch.h"

enum parquet_codec { PARQUET_NONE, PARQUET_SNAPPY, PARQUET_GZIP, PARQUET_ZSTD, PARQUET_LZ4_RAW };
enum parquet_timestamps { PARQUET_INT96, PARQUET_INT64_MICROS };

struct parquet_options {
    enum parquet_codec codec;            /* default PARQUET_SNAPPY */
    int level;                           /* zstd, gzip; 0: the codec's default here (1) */
    enum parquet_timestamps timestamps;
    size_t row_group_bytes;              /* encoded bytes after which a row group is closed; 0: 4 MiB,
                                            and 128 KiB a column when that is more */
    size_t page_bytes;                   /* 0: 256 KiB before compression */
    int64_t page_rows;                   /* 0: 20,000 */
    bool delta;                          /* DELTA_BINARY_PACKED / DELTA_BYTE_ARRAY where smaller */
    bool data_page_v2;
    struct pool *pool;                   /* columns are encoded by its threads; NULL: by the caller */
};

struct parquet_sink {
    void *context;
    error (*write)(void *context, span bytes); /* in file order; must take all */
};

struct parquet_key_value { span key, value; };

struct parquet_writer;

error parquet_open(struct parquet_writer **, const struct schema *, const struct parquet_options *,
                   struct parquet_sink) MUST_CHECK;
/* The batch must have the writer's schema; it may be reused as soon as the call returns. After a
 * failure (of the sink, of a value without a form in the file) every later call fails. */
error parquet_write(struct parquet_writer *, const struct batch *) MUST_CHECK;
/* The same for several, one behind the other; the more rows at once, the better a pool shares the
 * work. The file's bytes depend on which batches come together, never on the pool. Thread: that which
 * owns the pool. */
error parquet_write_all(struct parquet_writer *, const struct batch *const *, size_t count) MUST_CHECK;
/* Bytes held in memory now (encoded pages, open pages and scratch, as allocated), for the caller's
 * budget. At most about twice row_group_bytes and what one batch makes of a column. */
size_t parquet_memory(const struct parquet_writer *);
/* Closes the current row group early (a no-op when it has no rows) and gives its memory back, where
 * a group closed by its size keeps memory for the next. */
error parquet_flush(struct parquet_writer *) MUST_CHECK;
/* Writes what is left and the footer with these key-value pairs, then frees the writer, whatever
 * happens. `rows` and `bytes` may be NULL. */
error parquet_close(struct parquet_writer *, const struct parquet_key_value *, size_t count,
                    int64_t *rows, int64_t *bytes) MUST_CHECK;
void parquet_abandon(struct parquet_writer *);

/* ---- footer ---- */
struct parquet_chunk {
    span path;                   /* dotted path in the schema */
    int64_t values, nulls;       /* nulls -1 when unknown */
    int64_t file_offset, compressed_bytes, uncompressed_bytes;
    enum parquet_codec codec;
    bool is_int96;               /* timestamps in the old form */
    uint32_t encodings;          /* bit per Encoding number */
    span min, max;               /* physical encoding, data NULL when absent */
};

struct parquet_group {
    int64_t rows, bytes;
    int chunk_count;
    const struct parquet_chunk *chunks;
};

struct parquet_footer {
    int64_t rows;
    span created_by;
    const struct schema *schema; /* as far as it maps back to catalog types, else NULL */
    int group_count;
    const struct parquet_group *groups;
    int key_value_count;
    const struct parquet_key_value *key_values;
};

/* Reads a footer from the file's tail (any number of last bytes; ERR_TOO_LARGE with *need set when
 * more of them are wanted). All memory in the arena; every length is checked; hostile input is
 * ERR_CORRUPT, never a fault. */
error parquet_footer_read(struct arena *, span tail, int64_t file_size, struct parquet_footer **out,
                          size_t *need) MUST_CHECK;
/* Its number of rows alone, for counting: nothing behind it is looked at. */
error parquet_footer_rows(span tail, int64_t file_size, int64_t *rows, size_t *need) MUST_CHECK;
span parquet_footer_value(const struct parquet_footer *, const char *key); /* data NULL: absent */
