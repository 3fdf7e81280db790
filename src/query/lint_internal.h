#pragma once

#include "query/lint.h"
#include "parquet/parquet.h"
#include "table/table.h"

struct lint {
    struct catalog *catalog;
    struct object_store *objects;
    struct arena *arena;
    const json_t *document;
    const struct table *table;
    json_t *findings;
    json_t *told;       /* kinds and columns already told: one finding for many files */
    int64_t files, partitions;
};

enum severity { LINT_ERROR, LINT_WARNING, LINT_NOTE };
struct finding {
    enum severity severity;
    const char *kind, *column, *text, *fix_table, *fix_writer;
};
/* Tells a finding of a kind and a column once. Texts are copied. */
void lint_tell(struct lint *, struct finding);

/* Whether Athena's reader refuses files of one type under a declared one, whatever the values. */
bool type_is_incompatible(const struct type *written, const struct type *declared);
/* How a column of files of one type reads under a declared one (lint_type.c). */
void lint_types(struct lint *, const char *column, const struct type *written,
                const struct type *declared, const char *where);
/* Whether values outside the declared integer are in the file now. */
void lint_range(struct lint *, const struct field *declared, const struct parquet_footer *,
                const char *where);
