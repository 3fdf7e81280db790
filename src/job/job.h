/* A job: a graph of nodes fed by one stream, run in micro-batches that are committed exactly once.
 *
 * Each batch:  read -> decode -> apply -> stage   (during the window; nothing visible)
 *              plan      ranges and staged files, durable before the first file becomes visible
 *              publish   files become visible (idempotent)
 *              register  partitions in the catalog (idempotent)
 *              commit    this far
 * A crash before the plan leaves staged bytes that the next run removes; after it, the next run
 * publishes what was staged, or, when those bytes are gone, reads the planned ranges again.
 * ARCHITECTURE.md has the protocol step by step. */
#pragma once

#include "node/node.h"

#include <stdatomic.h>

/* ---- document ---- */
enum { GRAPH_NODES_MAX = 256 };

struct graph {
    struct node *nodes;         /* in topological order: inputs before consumers */
    int count;
    struct node *source;        /* exactly one */
};

/* Reads a job document: the input of glue:CreateJob (Name, DefaultArguments,
 * CodeGenConfigurationNodes, ...) or only its CodeGenConfigurationNodes. Borrows from it. */
error graph_read(struct arena *, const json_t *document, struct graph *) MUST_CHECK;
error graph_open(struct graph *, struct node_context *) MUST_CHECK;
/* The graph of a program: a source alone. */
error graph_read_source(struct arena *, const json_t *document, struct graph *) MUST_CHECK;

/* ---- running ---- */
struct batch_report {
    const char *job;
    int64_t batch;
    int64_t wall_us;
    int64_t read, written, quarantined, filtered;
    int64_t nulled;             /* values that did not fit their column and became NULL, */
    const json_t *nulled_columns; /* by column; borrowed for the call */
    int files;
    int64_t bytes;              /* of the files */
    int partitions_added;
    int64_t lag_ms;
    int64_t commit_us;          /* from the window's end to the commit */
    bool recovered;             /* finished for a run that died */
};

/* ---- a program in the place of transforms and targets (program.c) ---- */

/* All rows of a batch, once its window has ended; valid during the call. */
struct window {
    int64_t batch, wall_us;
    const struct schema *schema;         /* of every slice; of a detected one: the batch's own */
    const struct batch *const *slices;
    size_t slice_count;
    int64_t rows;
};

struct pipeline; /* of the batch */
struct sink;

struct job_program {
    /* Called once for a batch that has rows. What it writes to sinks is staged, and published with
     * the batch. It is called again, under the same wall time, when the attempt fails, or when
     * staged bytes get lost: then it must write the same again. */
    error (*run)(void *context, const struct window *, struct pipeline *);
    void *context;
    bool raw;   /* its rows are the records as they are: data, streamName, partitionKey,
                   sequenceNumber, approximateArrivalTimestamp */
};

/* A table that the program writes in this batch; the order of the calls names its objects. The
 * target and the schema are copied. */
error sink_open(struct pipeline *, const struct target *, const struct schema *,
                struct sink **) MUST_CHECK;
/* The same as texts instead of Parquet. */
error sink_open_lines(struct pipeline *, const struct target *, const struct schema *,
                      const struct lines_format *, struct sink **) MUST_CHECK;
error sink_write(struct sink *, const struct batch *) MUST_CHECK;

struct job_options {
    const char *name;
    const char *checkpoint;     /* s3://bucket/prefix; NULL: s3://TARGET'S BUCKET/cp/NAME; a
                                   program's must be given */
    size_t memory_bytes;        /* 0: 64 MiB */
    size_t record_bytes_max;    /* 0: 10 MiB */
    bool strict_casts;
    enum parquet_timestamps timestamps;
    bool parquet_delta;           /* delta encodings are allowed (--parquet-compat 2.0) */
    int threads;                  /* that decode and encode; 0: one */
    size_t file_bytes;            /* a target's file is finished beyond it; 0: 512 MiB */
    int files_max;                /* ... unless the batch has so many of that target; 0: no limit */
    int64_t window_us;          /* -1: the source's */
    bool skip_lost;             /* go on behind records that expired unread, instead of failing */
    bool drain;                 /* end when every shard is read to its present end */
    int retries;                /* of a failing batch; Glue's batchMaxRetries */
    atomic_bool *stop;          /* set by a signal: finish the window, commit, return OK */
    const struct job_program *program; /* NULL: the graph says it all */
    struct catalog *catalog;
    struct object_store *objects;
    error (*open_stream)(void *context, const struct source *, struct stream **);
    void (*on_batch)(void *context, const struct batch_report *);
    void *context;
};

/* Runs until stopped or drained. */
error job_run(const json_t *document, const struct job_options *) MUST_CHECK;

/* ---- auditing (audit.c) ---- */
struct audit_options {
    struct catalog *catalog;
    struct object_store *objects;
    const char *database, *table;
    const char *job;            /* the one that may write the table; NULL: those with checkpoints */
    const char *checkpoint;     /* s3://bucket/prefix; NULL: those below cp/ of the table's bucket */
};

/* Whether the table holds every record of its jobs' ranges exactly once, as far as footers, catalog
 * and checkpoints say. A new document: "clean", "files", "rows", "jobs" with their "shards", and
 * "problems" with "kind" and "text". */
error job_audit(const struct audit_options *, json_t **report) MUST_CHECK;

/* ---- few large files in the place of many small ones (compact.c) ---- */
struct compact_options {
    struct catalog *catalog;
    struct object_store *objects;
    struct sql_engine *engine;
    const char *database, *table;
    const json_t *partition;    /* {"year": "2023", ...}: only partitions with these values; may be NULL */
    const char *checkpoint;     /* s3://bucket/prefix of one more than those below cp/; NULL: none */
    int64_t closed_for_us;      /* since the partition's ingest time ended */
    int64_t grace_us;           /* for readers that were told the old folder, before its files go */
    size_t file_bytes;          /* what a merged file's sources have together, at most */
    size_t memory_bytes;        /* of open row groups */
    bool delta;                 /* delta encodings are allowed */
    bool dry_run;
};

/* Merges the files of closed partitions and swaps them in the catalog. Repeating it goes on where one
 * died; jobs may run meanwhile. A new document: "partitions", each with "values", "state" (compacted,
 * nothing, open, skipped, refused; to do and unfinished of a dry run), "reason", and numbers of files,
 * bytes and rows. */
error job_compact(const struct compact_options *, json_t **report) MUST_CHECK;

/* ---- checkpoints, from outside (rewind.c) ---- */
/* What a checkpoint says: "metadata", "positions", "batches" with plan and commit. */
error job_checkpoint(struct object_store *, const char *url, json_t **) MUST_CHECK;

struct rewind_options {
    struct catalog *catalog;
    struct object_store *objects;
    struct stream *stream;      /* the job's: it must still have the records */
    const char *checkpoint;
    int64_t to_batch;           /* the last that stays; -1: none; less: as to_us says */
    int64_t to_us;              /* batches that began later are taken back */
    bool remove_files;          /* without it rows would be there twice: refused */
};
/* Takes the later batches back, files and partitions first; the job must not run, and cannot while
 * this is unfinished. Repeating it finishes it. Tells the batch it went to and how many it took. */
error job_rewind(const struct rewind_options *, int64_t *to, int64_t *taken) MUST_CHECK;

/* ---- a lost checkpoint (rebuild.c) ---- */
struct rebuild_options {
    struct catalog *catalog;
    struct object_store *objects;
    const json_t *document;     /* the job's */
    const char *name;
    const char *checkpoint;     /* where: as in job_options */
    error (*open_stream)(void *context, const struct source *, struct stream **);
    void *context;
};
/* Makes the job's checkpoint again from the footers of its files; the job must not run. Refused where
 * there is a checkpoint. A new document: "rebuilt", "batch", "positions", and "problems" with "kind"
 * and "text" that kept it from being rebuilt. Repeating it finishes an interrupted one. */
error job_rebuild(const struct rebuild_options *, json_t **report) MUST_CHECK;

/* ---- quarantined records, back into their stream (requeue.c) ---- */
struct requeue_row {
    span shard, sequence;       /* with sub_sequence: which record it is */
    int64_t sub_sequence;
    span partition_key, data;
    bool selected;              /* the others are known, and stay */
};

struct requeue_options {
    struct object_store *objects;
    struct stream *stream;
    bool take_over;             /* a run that left the journal open is dead */
    int64_t settle_us;          /* when what was sent has arrived or never will; 0: at once (local) */
    const char *journal;        /* s3://bucket/prefix/ of the quarantine table */
    const struct requeue_row *rows; /* the whole quarantine */
    size_t count;
};

struct requeue_report {
    int64_t sent, before;       /* now, and by earlier runs */
    int64_t found;              /* of a run that died: in the stream already */
    int64_t refused;            /* by the stream's limits: to be sent another time */
};

/* Puts each selected record once, over any number of runs; one at a time. */
error job_requeue(const struct requeue_options *, struct requeue_report *) MUST_CHECK;
