/* What Athena would trip over, found before it happens: a catalog table against the files that hold
 * it, its partitions and the jobs that write it. */
#pragma once

#include "catalog/catalog.h"
#include "object/object.h"

/* One table. The report:
 *   {"database", "table", "files", "partitions", "clean": bool, "findings": [
 *      {"severity": "error" | "warning" | "note", "kind", "column"?, "text",
 *       "fix_table"?: a statement or a change, "fix_writer"?: a change to who writes}]}
 * error: a query fails or counts wrongly now; warning: it can; note: worth knowing.
 * `jobs`: documents of Glue jobs; those that write the table are looked at. */
error query_lint(struct catalog *, struct object_store *, const json_t *jobs, const char *database,
                 const char *table, json_t **report) MUST_CHECK;
