/* Record bytes -> columns.
 *
 * One record is one JSON document (RFC 8259; one trailing newline and blanks are ignored, a UTF-8
 * BOM is not a document). A record that is not is refused with a reason and leaves no row; a value
 * that does not fit its column becomes NULL and is counted. Nothing is dropped in silence.
 *
 * Three policies say how a JSON value meets a column's type:
 *   PERMISSIVE  Spark's from_json with a declared schema (Glue streaming, catalog schema)
 *   INFERRED    the value's own JSON type, then Spark's cast to the column's type (Glue's
 *               detected schema followed by a mapping)
 *   OPENX       the OpenX JSON SerDe (Athena reading JSON tables)
 * Literals keep their text until the target type is known: 64-bit integers and decimals are exact. */
#pragma once

#include "batch/batch.h"

enum decode_policy { DECODE_PERMISSIVE, DECODE_INFERRED, DECODE_OPENX };

enum { DECODE_DEPTH_MAX = 128 };

/* Why a record went to quarantine; texts by decode_reason_text(). */
enum decode_reason {
    DECODED,
    DECODE_EMPTY,            /* no bytes, or blanks only */
    DECODE_NOT_OBJECT,       /* a document, but not an object (OPENX: nor an array, by position) */
    DECODE_MALFORMED,        /* syntax; `offset` says where */
    DECODE_TRUNCATED,        /* ends inside a document */
    DECODE_TRAILING,         /* another document or garbage behind the first */
    DECODE_INVALID_UTF8,
    DECODE_TOO_DEEP,         /* more than DECODE_DEPTH_MAX levels */
    DECODE_TOO_LARGE,        /* above the job's record limit, or lists of more than 2^24 values */
    DECODE_DUPLICATE_KEY,    /* OPENX only: same key twice after case folding */
    DECODE_BAD_VALUE,        /* strict casts: a value does not fit its column */
    DECODE_REASONS
};
const char *decode_reason_text(enum decode_reason); /* "malformed JSON" ... */

struct decode_options {
    enum decode_policy policy;
    bool strict;              /* a value that does not fit quarantines its record */
    size_t record_bytes_max;  /* 0: no limit */
    /* Per top-level column; NULL: none. Only text fits it, and becomes what the text's cast to the
     * column's type is (batch.h). TIMESTAMP columns alone. */
    const bool *from_text;
    const char *walk;         /* for tests: one of decode_walks(); NULL: the fastest one */
};

/* The ways to walk a record that this machine has, fastest first; NULL ends them. They differ in
 * nothing but speed. Thread: any, first call by one. */
const char *const *decode_walks(void);

struct decode_fault {
    uint32_t record;            /* index in the input */
    enum decode_reason reason;
    uint32_t offset;            /* byte in the record where it was found */
    int column;                 /* top-level column for BAD_VALUE, else -1 */
};

/* Kept across batches: builders, scratch, counters. One per thread. */
struct decoder;

error decoder_open(struct decoder **, const struct schema *, const struct decode_options *) MUST_CHECK;
void decoder_close(struct decoder *);
const int64_t *decoder_bad_values(const struct decoder *); /* as `decoded` has them */

struct decoded {
    const struct batch *batch;          /* valid until the next decoder_run; origin maps rows to records */
    const struct decode_fault *faults;  /* records that left no row, in order */
    size_t fault_count;
    const int64_t *bad_values;          /* per top-level column: values that became NULL since open */
};

/* Decodes `count` records into at most `count` rows, in order. Of equal keys the last one counts.
 * A map's entry whose key does not fit its type is left out and counted as a bad value. More than
 * 512 MiB of records at once is ERR_LIMIT. Thread: the decoder's owner. */
error decoder_run(struct decoder *, const span *records, size_t count, struct arena *,
                  struct decoded *out) MUST_CHECK;

/* ---- inference ----
 * Widens `schema` (may be NULL at first) so that it holds the records' fields: integers int then
 * bigint, numbers double, true/false boolean, text string, objects struct, arrays array; int|bigint
 * widen, number|double widen, anything else with text becomes string; null alone (and an empty
 * object or array) stays out until a value comes. Integers beyond bigint are doubles. Fields of
 * types inference would not choose keep them. New fields go to the end. Records that do not parse
 * are skipped (decode will fault them). More than TYPE_FIELDS_MAX fields: ERR_LIMIT. The result
 * lives in the arena. */
error decode_infer(struct arena *, const struct schema *so_far, const span *records, size_t count,
                   const struct schema **out) MUST_CHECK;

/* ---- the scanner, for other readers of JSON bytes on the hot path (PutRecords bodies) ----
 * A pull scanner over one buffer; strings come raw with an `escaped` mark. */
struct json_scanner {
    const char *at, *end, *start;
    enum decode_reason reason;      /* after JSON_TOKEN_ERROR */
    span text;                      /* KEY, STRING (without quotes, raw), NUMBER (literal) */
    bool escaped;                   /* text holds backslash escapes: see json_unescape */
    int depth;
    uint64_t in_object[DECODE_DEPTH_MAX / 64]; /* bit per level: object or array */
    uint8_t state;                  /* what may come next */
};

void json_scan_begin(struct json_scanner *, span text);
enum json_token json_scan_next(struct json_scanner *);
/* Skips the value whose first token was just returned (a container to its end). False: error. */
bool json_scan_skip(struct json_scanner *, enum json_token first);
/* The caller has read an element of the array the scanner stands in by itself, up to `at`. */
void json_scan_element_read(struct json_scanner *, const char *at);
/* Resolves escapes of a string token into out (at most raw.size bytes; out may be raw.data);
 * strings without escapes may be used as they are. False: a malformed escape or a lone surrogate,
 * which the scanner has refused already. */
bool json_unescape(span raw, char *out, size_t *size);
