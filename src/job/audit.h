/* What the files of a table say about themselves, grouped by job, checkpoint and batch. Private to
 * job/: the audit judges it, the rebuilding of a checkpoint starts from it. */
#pragma once

#include "job/ledger.h"

struct audit_file {
    const char *bucket, *key, *base;
    const char *object;              /* key of the object that holds its rows: its own, or a merged file's */
    const struct parquet_footer *footer; /* of the object; NULL: it cannot be read */
    int64_t size, modified_us;
    const uint8_t *tail;             /* MD5 of its last bytes, the footer among them: tells copies, whose
                                        ETag may be another; NULL: it was not read */
    const char *trouble;             /* why its footer cannot be read; NULL: it was */
    int64_t rows;
    const char *job, *checkpoint;    /* of the footer; NULL: it has none of the sluice.* keys */
    int64_t batch, wall_us;
    int part;                        /* of the name, -1: not a name of this batch */
    const char *suffix;              /* of the name, between batch and part: "", "-t1", "-q" */
    json_t *ranges, *counts;
    bool quarantined;                /* it lies in the job's quarantine */
    bool copy;                       /* of another file of its batch */
    bool unsettled;                  /* an unfinished compaction's: it and its copy are both there, */
    bool told;                       /* ... which was told of its object */
    bool merged;                     /* by a compaction: it stands for its sources, which follow it as
                                        files of their own, each with its key of before */
};

/* One batch, from the footers of its files and, where the checkpoint keeps it, its plan. */
struct audit_batch {
    int64_t number, wall_us;
    struct audit_file **files;
    size_t file_count;
    const json_t *plan, *commit;     /* borrowed of the ledger */
    json_t *ranges;                  /* shard -> {"after", "through", "records", "first", "last"} */
    json_t *counts;                  /* borrowed of the file that was finished last; may be NULL */
};

/* The batches of one checkpoint of one job. */
struct audit_group {
    const char *job, *checkpoint;
    const struct ledger *ledger;     /* NULL: lost, or of an earlier life of the job */
    struct audit_batch *batches;     /* by number */
    size_t batch_count;
};

struct audit {
    struct object_store *objects;
    struct arena arena;
    const char *bucket, *prefix;     /* of the table's location; the prefix ends with '/' or is "" */
    struct audit_file *files;
    size_t file_count, file_capacity;
    struct ledger *ledgers;
    size_t ledger_count;
    struct audit_group *groups;
    size_t group_count;
};

/* Reads the footers of all data files below the location. */
error audit_read_files(struct audit *, const char *location, bool quarantined) MUST_CHECK;
/* Takes the ledger, if one of its plans writes below the location or `always`. */
bool audit_take_ledger(struct audit *, struct ledger *, bool always);
/* Groups the files and adds the planned batches of the ledgers. Once, when everything was read. */
void audit_group_files(struct audit *);
void audit_release(struct audit *);

/* Where a range begins or ends, as something to compare. */
int position_compare(const json_t *a, const json_t *b);
