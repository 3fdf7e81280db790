/* What the files of job/ share: the checkpoint, the shard reader, the pipeline of one batch. */
#pragma once

#include "job/job.h"

/* ---- checkpoint.c: what is durable about a job's progress ----
 * Objects below the checkpoint's prefix:
 *   metadata               identity, stream, where each shard of then begins (written once)
 *   plan/NNNNNNNNNNNN      ranges, positions, files of batch N (created before anything is visible)
 *   replan/NNNNNNNNNNNN/K  takes the place of plan N: its staged files were lost and made again
 *   commit/NNNNNNNNNNNN    batch N is done, with its counts
 * Creation is conditional (If-None-Match: *), which fences a second run of the same job. */
enum { METADATA_VERSION = 2 };

struct checkpoint {
    struct object_store *objects;
    const char *bucket, *prefix;
    const char *id;                  /* 16 hex digits, part of every object's name */
    json_t *metadata;
    int64_t next;                    /* number of the next batch */
    int64_t previous;                /* of the last batch before it that has files; -1: none */
    json_t *positions;               /* shard id -> position after the last planned batch, or NULL */
    json_t *pending;                 /* plan without commit, or NULL */
    int64_t replays;                 /* how often the pending batch was made again */
};

struct checkpoint_start {            /* for the first start ever */
    const char *job, *stream;
    int64_t stream_created_us;
    /* {"shard": position} of the shards that exist now: where the job begins in each. */
    error (*first_positions)(void *context, json_t **);
    void *context;
};

/* Reads the checkpoint, or makes it. A checkpoint of another stream (or of one that was deleted and
 * made again under the same name) is refused. */
error checkpoint_open(struct arena *, struct object_store *, const char *url,
                      const struct checkpoint_start *, struct checkpoint *) MUST_CHECK;
error checkpoint_plan(struct checkpoint *, const json_t *plan) MUST_CHECK;   /* ERR_FENCED */
/* ERR_FENCED: another run has committed the pending batch. What its files should be and are not may
 * have been merged by a compaction since. */
error checkpoint_still_pending(const struct checkpoint *) MUST_CHECK;
error checkpoint_replan(struct checkpoint *, const json_t *plan) MUST_CHECK; /* ERR_FENCED */
error checkpoint_commit(struct checkpoint *, const json_t *plan, const json_t *record) MUST_CHECK;
void checkpoint_close(struct checkpoint *);

json_t *position_document(struct position);
error position_read(const json_t *, struct position *) MUST_CHECK;

/* ---- reader.c: all shards of a stream, parents before children ---- */
struct shard_reader {
    char *id, *parent, *adjacent;
    struct position after;           /* where the batch began */
    struct position position;        /* where it stands now */
    struct sequence through;         /* replay: the end of its range */
    bool bounded;                    /* replay: `through` counts */
    bool skipped;                    /* replay: not part of the plan */
    bool caught_up;                  /* the last read found nothing more */
    struct stream_cursor *cursor;
    bool out;                        /* its slice is in use */
    int64_t batch_records;
    struct sequence first, last;     /* of this batch, when batch_records > 0 */
    bool listed;
    int64_t behind_ms;
    int64_t not_before_us;           /* monotonic: a throttled shard rests */
};

struct reader {
    struct stream *stream;
    struct shard_reader *shards;
    int count, capacity;
    int turn;
    int64_t listed_us;               /* monotonic */
    bool skip_lost;                  /* go on behind a gap (--on-data-loss skip) */
    const json_t *initial;           /* shard id -> position, of the first start */
    json_t *positions;               /* shard id -> position, or NULL */
    bool restricted;                 /* replay: shards that appear meanwhile are not part of it */
    struct arena scratch;
};

error reader_open(struct reader *, struct stream *, const struct checkpoint *, bool skip_lost) MUST_CHECK;
void reader_close(struct reader *);
/* Marks the begin of a batch: ranges count from here. */
void reader_begin(struct reader *);
/* The next slice of some readable shard, in turn, of those with no slice out; valid until it is
 * released. *shard is NULL when none of them has records now. One thread at a time. */
error reader_next(struct reader *, struct read_limits, struct shard_reader **shard,
                  struct records *) MUST_CHECK;
/* Also while another thread reads the next one. */
void reader_release(struct reader *, struct shard_reader *);
bool reader_drained(const struct reader *); /* every shard is at its present end, or its range's */
/* Some range of this batch is not empty, or a place was seen to be the newest for so long that it is
 * worth keeping. */
bool reader_moved(const struct reader *);
int64_t reader_lag_ms(const struct reader *);
json_t *reader_ranges(const struct reader *);    /* [{"shard","after","through","records"}] of this batch */
json_t *reader_positions(const struct reader *); /* {"shard": position} */
/* Replay: restricts the reader to a plan's ranges. */
error reader_restrict(struct reader *, const json_t *ranges) MUST_CHECK;

/* ---- pipeline.c: slices -> staged files, for one batch ---- */
struct pipeline_counts {
    int64_t read, quarantined, filtered, written;
};

/* One table being written. The quarantine is the last one; it has no node. */
struct target_run {
    const char *id;                  /* the node's, or "quarantine" */
    struct node *node;
    const struct target *target;
    const struct schema *schema;     /* of the rows; NULL until known */
    struct table_writer *writer;
    int64_t rows;
};

/* What a program reads and writes in one batch. Rows are kept until the window has ended. */
struct program_run {
    struct buffer slices;            /* const struct batch * each, in the batch's arena */
    size_t bytes;
    int64_t rows;
    struct sink **sinks;             /* in the order they were opened */
    int sink_count;
    json_t *swept;                   /* buckets without staged bytes of dead runs, as an object */
};

struct pipeline {
    const struct job_options *options;
    struct graph *graph;
    const char *checkpoint_id;
    struct reader *reader;
    struct pool *pool;
    struct share *shares;            /* SHARES_MAX of them */
    int share_count;                 /* those that have records of the present slice */
    const struct schema *decoded_schema; /* NULL: no decoders yet */
    struct decode_options decoding;
    bool *early;                     /* per column of it: cast as it is decoded, where all texts can be */
    struct arena decoder_arena;      /* detected schemas */
    struct arena slice;
    struct arena batch_arena;
    struct target_run *targets;      /* target_count of nodes, then the quarantine */
    int target_count;
    struct target quarantine_target;
    struct arena arena;              /* the pipeline's life */
    struct batch_builder quarantine_rows;
    int64_t batch, wall_us, replay;
    int64_t previous;                /* the last batch before it that has files; set before begin */
    struct pipeline_counts counts;
    struct program_run program;
    json_t *nulled;                  /* column -> values that became NULL in this batch; a
                                        transform's as "node.column" */
    int64_t *bad_values_seen;        /* of the decoders' counters: how much is in `nulled` */
};

struct staged_file { const char *target; struct data_file file; };

error pipeline_open(struct pipeline *, const struct job_options *, struct graph *, struct reader *,
                    const char *checkpoint_id) MUST_CHECK;
void pipeline_close(struct pipeline *);
/* `replay` counts how often the batch is made: each time under other object names. */
error pipeline_begin(struct pipeline *, int64_t batch, int64_t replay, int64_t wall_us) MUST_CHECK;
/* The slice's records into batches of the targets' rows, which are written by the call that must
 * follow. Nothing borrows from the records afterwards. */
error pipeline_decode(struct pipeline *, const char *shard, const struct records *) MUST_CHECK;
error pipeline_write(struct pipeline *) MUST_CHECK;
/* All bytes durable; the files in the batch's arena (valid until the next begin). */
error pipeline_finish(struct pipeline *, struct staged_file **, size_t *count) MUST_CHECK;
void pipeline_abandon(struct pipeline *);
error pipeline_ensure_tables(struct pipeline *) MUST_CHECK;
error pipeline_register(struct pipeline *, const struct staged_file *, size_t count, int *added) MUST_CHECK;
/* A table's writer, for the pipeline's targets and a program's sinks. */
struct table_share {
    const char *suffix;              /* "", "-t1", "-q": tells the tables of a batch apart */
    size_t memory_bytes;
    const int64_t *rows;             /* of the table in this batch so far; lives as long as the writer */
};
error pipeline_writer(struct pipeline *, const struct target *, struct table_share,
                      struct table_writer **) MUST_CHECK;
void pipeline_layout(struct pipeline *, const struct target *, struct table_share,
                     struct table_layout *out); /* in the batch's arena */
/* Ends the writer, whatever happens, and appends its files (struct staged_file). */
error pipeline_files(struct pipeline *, const char *target, struct table_writer *,
                     struct buffer *) MUST_CHECK;
size_t pipeline_memory(const struct pipeline *);
/* A detected schema begins anew: it is the batch's own, so that a replay finds the same. */
void pipeline_forget_schema(struct pipeline *);
/* Catalog's view of a target: of its columns, which are data and which are keys. */
void pipeline_table_target(struct arena *, const struct target *, const struct schema *,
                           struct table_target *out);
/* Brings `nulled` up to date. */
void pipeline_collect_nulled(struct pipeline *);
const char *job_safe_name(struct arena *, const char *name); /* for object keys */

/* ---- share.c: one slice of records through decoder and graph, in shares ----
 * Each share is decoded and transformed by whatever thread of the pool comes to it. Shares are cut by
 * the records alone, so that the rows and files do not depend on the threads. */
enum { SHARE_RECORDS = 2048, SHARES_MAX = 8 };

struct share {
    struct arena arena;              /* for one slice */
    struct decoder *decoder;         /* as declared; opened when it is needed */
    struct decoder *early;           /* makes the casts of the first transform; NULL: there are none */
    int late;                        /* slices to come that `early` is not tried with */
    int64_t *bad_values;             /* per column, since the decoders were opened */
    struct records records;          /* a view: its own part of the slice */
    struct decoded decoded;
    struct node_output *outputs;     /* per node */
    uint8_t *rejected;               /* bit per record that is in quarantine instead; NULL: none */
    error failed;
    char *failure;                   /* its text, in the arena */
};

/* New decoders for the schema, which must live as long as they do. */
error shares_open(struct pipeline *, const struct schema *) MUST_CHECK;
void shares_release(struct pipeline *);
error shares_run(struct pipeline *, const struct records *) MUST_CHECK;
/* Values of a column of the decoded schema that became NULL since shares_open. */
int64_t shares_bad_values(const struct pipeline *, int column);

/* ---- program.c: a batch that a program writes ---- */
error program_begin(struct pipeline *) MUST_CHECK;
void program_take(struct pipeline *, const struct batch *);
/* Records as rows, whatever they hold. */
const struct batch *program_raw(struct pipeline *, const struct records *);
bool program_is_full(const struct pipeline *); /* the window must end now */
error program_run(struct pipeline *) MUST_CHECK;
/* Every sink's files, appended. */
error program_finish(struct pipeline *, struct buffer *staged_files) MUST_CHECK;
void program_abandon(struct pipeline *);
error program_sweep(struct pipeline *, const char *bucket) MUST_CHECK;
void program_release(struct pipeline *);
/* Sinks as part of a plan, so that whoever finishes it knows the tables; NULL: none registers. */
json_t *program_sinks(const struct pipeline *);
error program_register(struct pipeline *, const json_t *plan, const struct staged_file *,
                       size_t count, int *added) MUST_CHECK;

/* ---- plan.c: a batch's plan as a document ---- */
json_t *plan_document(struct pipeline *, const struct reader *, const struct staged_file *,
                      size_t count);
/* The newest batch up to this one that has files; -1: none. */
int64_t plan_last_with_files(const json_t *plan);
/* The same batch with other files; those of `plan` become superseded. */
json_t *plan_again(const struct pipeline *, const json_t *plan, const struct staged_file *files,
                   size_t count);
/* The detected schemas of a plan that another run made become the pipeline's. */
error plan_schemas(struct pipeline *, const json_t *plan) MUST_CHECK;
/* The files of a plan; text borrowed from it. */
error plan_files(struct arena *, const json_t *plan, struct staged_file **, size_t *count) MUST_CHECK;
/* Files of plans whose place it took: they must not be visible. */
error plan_superseded(struct arena *, const json_t *plan, struct staged_file **,
                      size_t *count) MUST_CHECK;
