/* Rows as columns, in Apache Arrow's physical layout (Arrow columnar format 1.4), and the builder
 * that fills them. A batch is built by one thread and immutable once finished; it borrows from its
 * arena (and, for strings decoded without a copy, nothing else: string bytes are always its own).
 *
 *   kind                   values                      offsets
 *   BOOLEAN                bits, LSB first             -
 *   TINYINT SMALLINT INT   int8 / int16 / int32        -
 *   BIGINT                 int64                       -
 *   FLOAT DOUBLE           float / double              -
 *   DECIMAL                __int128, unscaled          -
 *   DATE                   int32 days since 1970       -
 *   TIMESTAMP              int64 us since 1970, UTC    -
 *   STRING CHAR VARCHAR    UTF-8 bytes                 int32[length + 1]
 *   BINARY                 bytes                       int32[length + 1]
 *   ARRAY                  children[0] = element       int32[length + 1]
 *   MAP                    children[0] = key, [1] = value (parallel)  int32[length + 1]
 *   STRUCT                 children = fields, same length             -
 *
 * validity: bit i set means row i is not NULL; the pointer is NULL when there are no NULLs.
 * Under a NULL the value is zero, the offsets do not advance, struct children are NULL too.
 * values and offsets are never NULL pointers where the kind has them, and aligned to their width;
 * offsets[0] is 0; bitmaps may be read in whole 8-byte words, bits behind the length are zero. */
#pragma once

#include "batch/type.h"

struct column {
    const struct type *type;
    int64_t length;
    int64_t null_count;
    const uint8_t *validity;  /* NULL: all valid */
    const int32_t *offsets;
    const void *values;
    const struct column *children; /* type->child_count of them */
};

struct batch {
    const struct schema *schema;
    int64_t rows;
    const struct column *columns; /* schema->field_count of them */
    const uint32_t *origin;       /* row -> index of its record in the slice it was decoded from;
                                     NULL: row i came from record i */
};

static inline bool bit_get(const uint8_t *bits, int64_t i) { return bits[i >> 3] >> (i & 7) & 1; }
static inline void bit_set(uint8_t *bits, int64_t i) { bits[i >> 3] |= (uint8_t)(1u << (i & 7)); }
static inline bool column_valid(const struct column *c, int64_t i)
{
    return !c->validity || bit_get(c->validity, i);
}
/* String or binary value at i (empty under a NULL). */
static inline span column_span(const struct column *c, int64_t i)
{
    int32_t start = c->offsets[i];
    return (span){(const char *)c->values + start, (size_t)(c->offsets[i + 1] - start)};
}

/* ---- building ------------------------------------------------------------------------------
 * begin -> (one append per value, in row order, depth first) -> finish. A struct's or list's
 * parent is appended first, then its children:
 *   struct: builder_struct(b), then one append on each child builder
 *   list:   builder_list(b, n), then n appends on child 0 (map: and n on child 1)
 * builder_null on a struct appends NULL to all its children; on a list nothing below.
 * A row that turns out bad is taken back with batch_rewind. */
struct builder {
    const struct type *type;
    int64_t length, null_count;
    struct buffer validity; /* bits; covers the rows up to the last NULL, ones behind it */
    struct buffer offsets, values;
    struct builder *children;
    int child_count;
    enum type_kind kind; /* of the buffers, which outlive `type` */
    uint8_t width;       /* bytes per value; 0: bits, bytes or children */
};

struct batch_builder {
    const struct schema *schema;
    struct builder *columns;
    int column_count;
    int64_t rows;
};

/* A zero-initialised batch_builder is valid. The buffers are malloc'd and kept from batch to batch
 * (fresh pages are slow), also over a changed schema where the types are alike. */
void batch_begin(struct batch_builder *, const struct schema *);
void batch_builder_release(struct batch_builder *);
void builder_null(struct builder *);
static inline void builder_bool(struct builder *, bool);
/* TINYINT..BIGINT, DATE, TIMESTAMP; the value must fit. */
static inline void builder_int(struct builder *, int64_t);
static inline void builder_double(struct builder *, double); /* FLOAT, DOUBLE */
static inline void builder_decimal(struct builder *, __int128 unscaled);
static inline void builder_bytes(struct builder *, span); /* STRING CHAR VARCHAR BINARY */
static inline void builder_struct(struct builder *);
static inline void builder_list(struct builder *, int64_t elements); /* ARRAY, MAP */
/* For lists whose size is known only at the end: append elements, end. */
void builder_list_end(struct builder *); /* closes a list of all elements since the last one */
/* Call after all columns got their value of the row. */
static inline void batch_row_done(struct batch_builder *b) { b->rows++; }
/* Drops whatever was appended since `rows` complete rows. */
void batch_rewind(struct batch_builder *);
/* A view over the builder's memory: valid until the next batch_begin/reset. No copy. Checks that
 * every column got a value for every row. */
const struct batch *batch_finish(struct batch_builder *, struct arena *);
void batch_reset(struct batch_builder *); /* zero rows, keeps memory */

/* A column holds at most this many text bytes or list elements (offsets are int32): callers bound
 * the records of one batch so that it is never reached (checked, as our own fault). */
#define COLUMN_OFFSET_MAX INT32_MAX

/* Bytes of the batch's values, for budgets. */
size_t batch_bytes(const struct batch *);

/* ---- whole-batch operations (results in the arena; inputs untouched, shared where equal) ---- */

/* Rows whose bit in keep is set, in order. origin is composed. */
const struct batch *batch_select(struct arena *, const struct batch *, const uint8_t *keep);
/* A batch of its own, with its schema: nothing is shared with the input. */
const struct batch *batch_copy(struct arena *, const struct batch *);
/* Row as one JSON object text, for debugging, tests and quarantine reports. */
void batch_print_row(struct buffer *out, const struct batch *, int64_t row);
/* Any value as JSON (used by casts of nested values to string too). */
void column_print_json(struct buffer *out, const struct column *, int64_t row);

/* ---- casts ----------------------------------------------------------------------------------
 * Spark's non-ANSI cast (Spark SQL 3.5, Cast.scala; string forms of timestamps as in
 * SparkDateTimeUtils.stringToTimestamp), session zone UTC: a value that cannot be converted becomes
 * NULL, and its bit in `failed` is set (NULL in is NULL out, not a failure). On purpose different
 * from Spark, which test/unit/batch_cast.c compares with:
 *   - a number that does not fit its target is a failure; Spark wraps or saturates it
 *     (and makes 0 of NaN)
 *   - a time without a date, and a zone that is a region ("Europe/Berlin") fail: their values
 *     depend on the day, or on the machine's time zone files, and a replay must give the same
 *   - bytes that are not UTF-8 do not become text; digits of other scripts are no digits
 *   - CHAR(n) and VARCHAR(n) cut to n characters; Spark ignores n here
 *   - nested values become JSON text; Spark's own form cannot be read back
 *   - float and double print the shortest digits, as Java does from version 19 on
 *   - struct to struct goes by field name (Spark: by position); a field the source lacks is NULL
 *   - a map with a key that fails is NULL; pairs of types without a cast fail every value. */
struct cast_report {
    int64_t failures; /* values that became NULL */
    uint8_t *failed;  /* bit per row (of nested values: anything within), or NULL for none */
};
/* May return `in` itself (same type). Struct to struct by field name, list and map by element.
 * ERR_LIMIT when text would outgrow a column. */
error column_cast(struct arena *, const struct column *in, const struct type *to,
                  const struct column **out, struct cast_report *) MUST_CHECK;
/* The same rows in another schema: columns by name (ignoring case), cast to its types; those that
 * are missing are NULL. May return `in` itself. */
error batch_conform(struct arena *, const struct batch *in, const struct schema *to,
                    const struct batch **out) MUST_CHECK;
/* Whether any value of the one type may become one of the other (for checks before a run). */
bool cast_exists(const struct type *from, const struct type *to);
/* The scalar rules the decoder shares; false: does not convert. Input is trimmed inside. */
bool cast_text_to_int(span, int64_t min, int64_t max, int64_t *out);
bool cast_text_to_double(span, double *out);
bool cast_text_to_decimal(span, int precision, int scale, __int128 *out);
bool cast_text_to_bool(span, bool *out);
bool cast_text_to_timestamp(span, int64_t *us);
bool cast_text_to_date(span, int32_t *days);
void cast_double_to_text(struct buffer *out, double); /* Java's Double.toString: 1.0E10, 0.1 */
void cast_float_to_text(struct buffer *out, float);
/* As BigDecimal.toString: exponent form below 10^-6 ("1E-7", zero of scale 10: "0E-10"). */
void cast_decimal_to_text(struct buffer *out, __int128 unscaled, int scale);
void cast_timestamp_to_text(struct buffer *out, int64_t us); /* 2023-09-07 16:02:17[.5], UTC */
void cast_date_to_text(struct buffer *out, int32_t days);

#include "batch/build.h"
