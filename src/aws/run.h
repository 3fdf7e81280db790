/* Runs of Glue jobs. A run is a document (Glue's JobRun) and, while it has not ended, a process of
 * its own: `sluice run` over the same data directory. One thread, the supervisor, starts the
 * processes, watches them, tells them to stop, and writes what became of them.
 *
 *   state  glue-run          account, region, RUN ID   Glue's JobRun
 *          glue-run-process  "-", "-", RUN ID          of a run that has not ended: whose it is,
 *                                                      its process (pid and start time)
 *   DIR/runs/RUN ID/job.json, or script.py: the document that runs, fixed at the first start
 *   DIR/runs/RUN ID/status.json  what the process says of itself (cli/run.c)
 *   DIR/logs/RUN ID.out, .err    its standard output and error, kept
 *
 * A process outlives a `sluice up' that is killed and is found again by the next one. A process
 * that died, or that a `sluice up' ended when it ended itself, is started again as the same run:
 * the checkpoint makes the two one. After a FAILED run the job's MaxRetries make new attempts. */
#pragma once

#include "aws/internal.h"

#include <sys/types.h>

#define RUN_LOG_GROUP "/aws-glue/jobs"

struct run_key { const char *account, *region, *id; };

/* ---- documents (run_store.c) ---- */

error run_get(struct state *, struct run_key, json_t **) MUST_CHECK; /* ERR_NOT_FOUND */
error run_put(struct state *, struct run_key, const json_t *run) MUST_CHECK;
/* A new run without a process. */
error run_begin(struct state *, struct run_key, const json_t *run) MUST_CHECK;
error run_put_process(struct state *, struct run_key, pid_t, uint64_t start_time) MUST_CHECK;
/* The run has ended; `next`, when not NULL, begins in the same moment. */
error run_end(struct state *, struct run_key, const json_t *run, const json_t *next) MUST_CHECK;
/* Runs of an account and region, newest first, as an array; `job` NULL: of all jobs. */
error run_list(struct state *, const char *account, const char *region, const char *job,
               json_t **) MUST_CHECK;
/* Documents of glue-run-process by run id, as an object. */
error run_list_processes(struct state *, json_t **) MUST_CHECK;

/* Id of a later attempt, "jr_..._attempt_2", as a new JSON string. */
json_t *run_attempt_id(const char *id, int64_t attempt);

/* ---- arguments (run_arguments.c) ---- */

/* `over` replaces values of `base` with the same name; either may be NULL. A new object. */
json_t *run_arguments_merge(const json_t *base, const json_t *over);

/* Arguments of a run -> options of `sluice run`, appended to argv (text in the arena). What has no
 * effect, and keys that lack their dashes, are told through `log`. Of a script's arguments few are
 * options too: the script itself reads them all. */
struct run_options_list { const char *texts[24]; int count; bool script; };
error run_arguments_translate(struct arena *, const char *job, const json_t *arguments,
                              struct run_options_list *,
                              void (*log)(void *context, enum log_level, const char *text),
                              void *context) MUST_CHECK;

/* ---- processes (run_process.c) ---- */

struct run_process {
    pid_t pid;            /* 0: none */
    uint64_t start_time;  /* clock ticks after the machine's start: pid and this name a process */
    int pidfd;            /* readable when it has ended; -1: the system has none */
    bool child;           /* of this process: waited for */
};

struct run_launch {
    const char *binary;
    char *const *argv, *const *environment;
    const char *out, *err; /* files its output is appended to */
    /* Makes pid and start time durable; the process does nothing before. */
    error (*record)(void *context, pid_t, uint64_t start_time);
    void *context;
};
error run_process_start(struct run_process *, const struct run_launch *) MUST_CHECK;
/* Finds a process that another one started; false: it is gone. */
bool run_process_adopt(struct run_process *, pid_t, uint64_t start_time);
/* True once it has ended: *status is its wait status, or -1 when only its parent got to know. The
 * struct is then empty. */
bool run_process_ended(struct run_process *, int *status);
void run_process_signal(const struct run_process *, int number);

/* ---- the supervisor (run_supervisor.c); any thread ---- */

struct run_supervisor;
/* Finds the runs that have not ended; nothing is started or ended before run_supervisor_start. */
error run_supervisor_open(const struct gateway_options *, struct run_supervisor **) MUST_CHECK;
void run_supervisor_start(struct run_supervisor *);
/* Ends the processes: each finishes its batch; their runs go on with the next supervisor. */
void run_supervisor_close(struct run_supervisor *);

/* Begins a run; ERR_CONCURRENT_RUNS when the job has `most` that have not ended. */
error run_supervisor_begin(struct run_supervisor *, struct run_key, const json_t *run,
                           int64_t most) MUST_CHECK;
/* Lets a run of the job finish its batch and end. ERR_ENTITY_NOT_FOUND; ERR_INVALID_INPUT: it has
 * ended. Once more is OK. */
error run_supervisor_stop(struct run_supervisor *, struct run_key, const char *job) MUST_CHECK;
