/* A few threads that work through the tasks of a job together with the thread that started it.
 *
 * Tasks of a job share nothing that one of them writes, so what they make does not depend on which
 * thread runs which, or when. A job may be started, others be run meanwhile, and waited for later.
 * One thread (the pool's owner) starts and waits; tasks do neither. */
#pragma once

#include "base/error.h"

#include <stdbool.h>

enum { POOL_THREADS_MAX = 64 };

struct pool; /* NULL is a pool of one thread: the owner runs everything when it waits */

struct pool_job {
    void (*run)(void *context, int task, int worker); /* worker: 0 .. pool_threads - 1 */
    void *context;
    int count;      /* of tasks; they begin in order */
    int next, done; /* the pool's */
};

/* `threads` counts the owner; at most POOL_THREADS_MAX. One thread: *out is NULL. */
error pool_open(struct pool **out, int threads) MUST_CHECK;
void pool_close(struct pool *);
int pool_threads(const struct pool *);

/* The job must stay where it is until it has been waited for. */
void pool_start(struct pool *, struct pool_job *);
/* Helps until every task of the job is done. */
void pool_wait(struct pool *, struct pool_job *);
static inline void pool_run(struct pool *pool, struct pool_job *job)
{
    pool_start(pool, job);
    pool_wait(pool, job);
}
