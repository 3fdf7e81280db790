/* What is durable about the compaction of one partition, in the table's bucket. Private to job/.
 *
 * Objects below compact/FOLDER/, FOLDER being where jobs write the partition's files:
 *   begun      a compaction may plan here: from now on whoever publishes files here claims first
 *   plan/K     created only if absent, by whoever comes first: by a compaction, with the files that
 *              it merges and those that take their place; or as a claim, by a job whose planned
 *              files are for this folder: then no compaction that has not seen them can plan
 *   done/K     plan K of a compaction is finished or was taken back; a finished one closes the folder
 */
#pragma once

#include "job/internal.h"

struct compact_log {
    const char *bucket;
    const char *folder;              /* key of the folder, with its '/' */
    bool begun;
    int64_t next;                    /* the first number without a plan */
    int64_t number;                  /* of `plan` */
    json_t *plan;                    /* the compaction's that closes the folder; NULL: open */
    bool done;                       /* ... and it is finished */
};

error compact_log_read(struct arena *, struct object_store *, const char *bucket, const char *folder,
                       struct compact_log *) MUST_CHECK;
void compact_log_close(struct compact_log *);
error compact_log_begin(struct arena *, struct object_store *, const struct compact_log *) MUST_CHECK;
/* As plan `log->next`; ERR_FENCED: a job has claimed the folder, or another compaction planned. */
error compact_log_plan(struct arena *, struct object_store *, struct compact_log *,
                       json_t *plan) MUST_CHECK;
/* Plan `log->number` is finished, or taken back. Again is OK. */
error compact_log_done(struct arena *, struct object_store *, const struct compact_log *,
                       bool taken_back) MUST_CHECK;

/* For who has planned to publish files (or to remove them): *closed is one whose folder a compaction has
 * planned to replace; NULL: none will that does not know `by`'s plan, which must be durable. Files of
 * folders without an ingest time are nobody's concern. */
error compact_claim(struct arena *, struct object_store *, const char *by, const struct staged_file *,
                    size_t count, const struct data_file **closed) MUST_CHECK;
