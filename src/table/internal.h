/* What the files of table/ share. */
#pragma once

#include "table/table.h"

/* ---- write.c ---- */

/* ERR_KEY_TOO_LONG of an object in this folder, in words that help. */
error table_partition_too_long(const char *folder) MUST_CHECK;

/* ---- text.c: tables of text files ---- */

/* What the SerDe and its properties say of a table's files. */
struct text_format {
    bool json;              /* a JSON document per line (OpenX JSON SerDe), else delimited fields */
    bool quoted;            /* OpenCSVSerDe: quotes, and a value that does not fit is an error */
    bool ignore_malformed;  /* JSON: a line that is none is a row of NULLs */
    char delimiter, quote, escape; /* escape 0: none */
    const char *null_text;  /* delimited: the text that stands for NULL */
    int64_t header_lines;
};
/* *out NULL: the files are Parquet. ERR_UNSUPPORTED names what cannot be read exactly. */
error text_format_of(struct arena *, const json_t *document, const struct table *,
                     const struct text_format **out) MUST_CHECK;
/* The set's files as one Parquet file without a name, open until table_release; adds the bytes
 * read. */
error text_read(struct arena *, const struct table *, const struct text_format *,
                struct sql_files *set, int *file, int64_t *bytes) MUST_CHECK;

/* ---- projection.c: partitions that table properties describe ---- */

struct projected_partition { const char *const *values; const char *location; };
/* *enabled false: the table's partitions are in the catalog. ERR_INVALID_INPUT in Athena's words for
 * properties that describe none. */
error projection_list(struct arena *, const json_t *document, const struct table *,
                      const struct table_filter *, bool *enabled, struct projected_partition **out,
                      size_t *count) MUST_CHECK;
