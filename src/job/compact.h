/* What the two halves of a compaction share: its protocol (compact.c) and the merging of one
 * partition's files (compact_merge.c). Private to job/. */
#pragma once

#include "job/audit.h"
#include "job/compact_log.h"

struct unit {                        /* one partition */
    json_t *values;
    const char *bucket;
    const char *folder, *merged_folder; /* keys with their '/': where jobs write, and the other one */
    const char *location, *to;       /* in the catalog now; URL of the merged folder */
    int64_t end_us;                  /* of its ingest time */
    struct compact_log log;
    const char *state, *reason;      /* state NULL: to be compacted; reason may be NULL */
    int64_t sources, source_bytes, files, file_bytes, rows;
};

/* Staged bytes of dead compactions of the unit's folder go. */
error compact_sweep(const struct compact_options *, const struct unit *, struct arena *) MUST_CHECK;
/* What merging would make of the files: fills the unit's numbers, but for file_bytes. */
void compact_measure(const struct compact_options *, struct unit *, const struct audit *files);
/* Merges the files, whose footers have been read: the new ones are durable and invisible. */
error compact_merge(const struct compact_options *, const struct unit *, const struct audit *files,
                    struct arena *, struct data_file **merged, size_t *count) MUST_CHECK;
