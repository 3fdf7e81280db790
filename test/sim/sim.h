/* The simulated world around the real engine (src/job): one stream, one lake, one catalog, one clock,
 * and processes that run job_run on them until they are killed. All of it is driven by one seeded
 * generator in one thread, so that a seed replays to the byte.
 *
 *   world.c    generator, clock, faults; every call of an engine passes sim_step
 *   process.c  a job_run on a stack of its own; kills, and switches between two runs
 *   stream.c object.c catalog.c   the back ends, as the doors of src/ name them
 *   disk.c     the real local store on a disk that fails and loses what was not synced
 *   lake.c     the same under jobs
 *   admin.c    batches taken back and quarantined records requeued, meanwhile
 *   compact.c  files merged, meanwhile
 *   rows.c     a small Parquet reader of its own
 *   oracle.c   what must be true at every step and at the end
 *   main.c     what happens in a seed; the command line */
#pragma once

#include "job/internal.h"

#include <ucontext.h>

enum { SHARDS_MAX = 24, PROCESSES_MAX = 2, KINDS = 3, TARGETS_MAX = 2 };
#define BUCKET "lake"
#define JOB "sim"

/* A record as its producer knows it: where it is and what must become of it. */
struct sim_record {
    int shard, stored;           /* place: index of the stored record in its shard */
    uint32_t sub;
    int64_t arrival_us;
    enum decode_reason reason;   /* DECODED: one row */
    bool long_key;               /* no object's key can hold its kind: quarantined, with a reason of its own */
    span key;                    /* its own, but for a copy: that of its record */
    int copy_of, copies;         /* requeued: of which record, else -1; how often it was */
    int64_t id, n;               /* the row: n < 0 is NULL */
    int kind;
    span data;
    int rows[TARGETS_MAX], faults; /* how often the oracle found it */
};

struct sim_shard {
    char id[SHARD_ID_SIZE];
    int parent, adjacent;        /* -1: none */
    bool closed, expired;
    int *stored;                 /* first sim_record of each stored record */
    int count, capacity;
    int trimmed;                 /* stored records that have left */
    int first_seen;              /* stored records when the job was first started */
    int begin;                   /* stored records that the job does not read: they came before it */
    int committed;               /* stored records that a committed batch covers */
    bool committed_end;
};

struct sim_object {
    char *key, *token;           /* token "": put at once */
    span bytes;
    bool synced;                 /* false only under the plant no-sync */
};

struct upload {
    struct upload *next;
    struct process *owner;
    char *key;
    char token[20];
    struct buffer bytes;
    int64_t began_us;
    bool finished;
};

struct sim_store { struct object_store base; struct process *process; };
struct sim_catalog { struct catalog base; struct process *process; };
struct sim_stream { struct stream base; struct process *process; };

enum work { WORK_JOB, WORK_REWIND, WORK_REQUEUE, WORK_COMPACT };

struct process {
    int number;
    enum work work;
    int64_t rewind_to;           /* of WORK_REWIND */
    bool alive, dead;            /* dead: killed, job_run has not returned yet */
    bool overlapped;             /* another run was alive at some time of its life */
    error result;
    char text[256];
    long ops, kill_at;           /* kill_at 0: never */
    int nap;                     /* turns for which it is not resumed */
    int began_at[SHARDS_MAX];    /* stored records at its start: draining covers them */
    ucontext_t context;
    char *stack;
    atomic_bool stop;
    struct job_options options;
    struct sim_store store;
    struct sim_catalog catalog;
};

enum start { START_TRIM_HORIZON, START_LATEST, START_TIMESTAMP };
enum plant { PLANT_NONE, PLANT_NO_SYNC, PLANT_NO_FENCE, PLANT_FORGET_SHARDS };

struct sim {
    uint64_t seed, random;
    bool trace, calm, failed;
    char failure[512];
    enum plant plant;
    struct arena memory;         /* the seed's life */

    int64_t true_us, skew_us, full_until_us;
    int fault_permille, switch_permille, empty_permille;
    bool loses_staged, overlaps, overlap_now, duel, contest, trims, overtrims, jumps;
    bool lost, told;             /* records left unread; a run said so */
    int layout;                  /* of the first target: 0 by hour, 1 by hour and kind, 2 by kind */
    int targets;
    bool detected;               /* the job finds its schema in the records */
    bool admin, rewound;         /* batches are taken back, records requeued; some were taken back */
    bool compacts;               /* files of hours that are over are merged, also by two at once */
    bool on_disk;                /* the lake is the real local store on a disk that fails */
    bool remote;                 /* the stream tells times, not places, and when it was read to its end */
    enum start start;
    int64_t start_us, started_us; /* of START_TIMESTAMP; when the first run began, 0: not yet */
    bool begun;                  /* the checkpoint says where each shard begins */
    int window_s;
    int64_t clock_calls;

    struct sim_shard shards[SHARDS_MAX];
    int shard_count;
    struct sim_record *records;
    int record_count, record_capacity;

    struct sim_object *objects;
    int object_count, object_capacity;
    struct upload *uploads;
    int token_count;
    json_t *contents;            /* every key ever published -> digest of its rows */
    json_t *plans, *commits;     /* every document ever made durable, by number */

    json_t *database_tables;     /* table -> document */
    json_t *partitions;          /* table -> location -> values */

    struct process processes[PROCESSES_MAX], *current;
    ucontext_t scheduler;
    int process_count;           /* ever */
    long steps, kills, faults, batches, replays;
};
extern struct sim sim;

/* ---- world.c ---- */
extern const struct world sim_world;
uint64_t sim_random(void);
int sim_below(int n);            /* 0 .. n - 1 */
bool sim_chance(int permille);
void sim_say(const char *format, ...) PRINTF(1, 2);  /* a line of the trace */
void sim_fail(const char *format, ...) PRINTF(1, 2); /* the seed fails; the first words count */

/* Each call of a back end asks once. DEAD: no effect, return sim_dead(). FAULT: no effect, return
 * sim_fault(). LOST: the effect, then sim_fault(). */
enum fate { FATE_GOOD, FATE_FAULT, FATE_LOST, FATE_DEAD };
enum fate sim_step(struct process *, const char *what, const char *name);
error sim_fault(void);
error sim_dead(void);
void sim_kill(struct process *);

/* ---- process.c ---- */
void process_start(struct process *, enum work, const json_t *document);
void process_resume(struct process *);
void process_yield(struct process *);
void processes_release(void);

/* ---- stream.c ---- */
error sim_stream_open(void *process, const struct source *, struct stream **);
void sim_produce(void);
void sim_reshard(void);
void sim_trim(void);
int sim_shard_find(const char *id); /* -1 */
int sim_stored_before(int shard, int64_t time_us); /* records that arrived earlier */

/* ---- object.c, catalog.c ---- */
extern const struct object_ops sim_object_ops;
extern const struct catalog_ops sim_catalog_ops;
struct sim_object *sim_object_find(const char *key);
struct sim_object *sim_object_place(const char *key); /* found, or new */
void sim_lose_staged(void);
void sim_uploads_drop(const struct process *); /* what it did not finish; NULL: all */
void sim_catalog_reset(void);

/* ---- disk.c ---- */
void disk_story(void);
/* For lake.c: whether faults come, and whether the process that calls is dead. */
struct disk_mood { bool wild, dead; };
struct disk_mood disk_calm(void);            /* no faults; returns what was */
void disk_mood_set(struct disk_mood);
void disk_begin(void);
void disk_end(void);
void disk_process(bool dead);                /* the next calls are of one that is (not) dead */
bool disk_died(void);
void disk_die_at(long calls);                /* 0: never */
void disk_settle(bool cut);                  /* the power goes, or some time passes */
int disk_files_staged(void);
error disk_store_open(struct object_store **);

/* ---- lake.c ---- */
extern const struct object_ops sim_lake_ops;
void sim_lake_begin(void);
error sim_lake_open(void);                   /* by the process that runs */
void sim_lake_close(bool killed);
void sim_lake_power(void);
void sim_lake_lose_staged(void);
void sim_lake_load(void);
void sim_lake_end(void);

/* ---- admin.c ---- */
error admin_rewind(struct process *);
error admin_requeue(struct process *);
void admin_check(const struct process *);    /* of one that has ended */
bool admin_alive(void);

/* ---- compact.c ---- */
error compact_work(struct process *);
void compact_check(const struct process *);  /* of one that has ended */

/* ---- rows.c ---- */
struct row_column { const char *name; bool is_int, optional; int64_t *ints; span *texts; bool *nulls; };
/* Reads the named columns; false: the file lacks one or is not well-formed. */
bool rows_read(struct arena *, span file, struct row_column *, int count, int64_t *rows);

/* ---- oracle.c ---- */
void oracle_published(const char *key, span bytes);
void oracle_swapped(const char *from, const char *to); /* locations of a partition */
void oracle_put(const char *key, span bytes);  /* a document of the checkpoint */
/* The records in visible quarantine files. */
void oracle_quarantined(void (*each)(struct sim_record *, const char *key, void *context), void *context);
void oracle_finish(void);
