/* In: jobs of numbered tasks. Out: every task run once, by some thread. Tasks are tens of
 * microseconds and more, so one lock hands them out. */
#include "base/pool.h"

#include "base/base.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { JOBS_MAX = 16, SPINS = 2000 };

struct worker {
    struct pool *pool;
    int number;
    pthread_t thread;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work, progress; /* tasks to begin; a task done */
    struct pool_job *jobs[JOBS_MAX]; /* those with tasks to begin, oldest first */
    int job_count;
    bool closing;
    _Atomic unsigned events; /* a job began, or its last task is done */
    int threads;
    struct worker *workers; /* threads - 1 of them */
};

/* The lock is held. A job whose last task begins leaves the list. */
static int take_task(struct pool *p, int at, struct pool_job **job)
{
    *job = p->jobs[at];
    int task = (*job)->next++;
    if ((*job)->next < (*job)->count) return task;
    p->job_count--;
    for (int i = at; i < p->job_count; i++) p->jobs[i] = p->jobs[i + 1];
    return task;
}

static inline void rest(void)
{
#ifdef __x86_64__
    __builtin_ia32_pause();
#endif
}

/* Waits for an event; the lock is held before and after. The next one is mostly near, and a thread
 * that sleeps takes longer to wake, above all in virtual machines, than many a task takes. */
static void wait_event(struct pool *p, pthread_cond_t *changed)
{
    unsigned seen = p->events;
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < SPINS && p->events == seen; i++) rest();
    pthread_mutex_lock(&p->lock);
    if (p->events == seen) pthread_cond_wait(changed, &p->lock);
}

/* Runs one task without the lock. */
static void run_task(struct pool *p, struct pool_job *job, int task, int worker)
{
    pthread_mutex_unlock(&p->lock);
    job->run(job->context, task, worker);
    pthread_mutex_lock(&p->lock);
    if (++job->done < job->count) return;
    p->events++;
    pthread_cond_broadcast(&p->progress);
}

/* Newest first: what was started last is waited for first. */
static void *work(void *argument)
{
    struct worker *w = argument;
    struct pool *p = w->pool;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (!p->closing && p->job_count == 0) wait_event(p, &p->work);
        if (p->closing) break;
        struct pool_job *job;
        int task = take_task(p, p->job_count - 1, &job);
        run_task(p, job, task, w->number);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

error pool_open(struct pool **out, int threads)
{
    *out = NULL;
    if (threads < 1 || threads > POOL_THREADS_MAX)
        return fail(ERR_USAGE, "%d threads, there may be 1 to %d", threads, POOL_THREADS_MAX);
    if (threads == 1) return OK;
    struct pool *p = must_calloc(1, sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work, NULL);
    pthread_cond_init(&p->progress, NULL);
    p->workers = must_calloc((size_t)threads - 1, sizeof *p->workers);
    for (p->threads = 1; p->threads < threads; p->threads++) {
        struct worker *w = &p->workers[p->threads - 1];
        *w = (struct worker){.pool = p, .number = p->threads};
        if (pthread_create(&w->thread, NULL, work, w) == 0) continue;
        pool_close(p);
        return fail(ERR_MEMORY, "cannot start %d threads", threads);
    }
    *out = p;
    return OK;
}

void pool_close(struct pool *p)
{
    if (!p) return;
    pthread_mutex_lock(&p->lock);
    CHECK(p->job_count == 0);
    p->closing = true;
    p->events++;
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < p->threads - 1; i++) pthread_join(p->workers[i].thread, NULL);
    pthread_cond_destroy(&p->work);
    pthread_cond_destroy(&p->progress);
    pthread_mutex_destroy(&p->lock);
    free(p->workers);
    free(p);
}

int pool_threads(const struct pool *p)
{
    return p ? p->threads : 1;
}

void pool_start(struct pool *p, struct pool_job *job)
{
    job->next = job->done = 0;
    if (!p || job->count == 0) return;
    pthread_mutex_lock(&p->lock);
    CHECK(p->job_count < JOBS_MAX);
    p->jobs[p->job_count++] = job;
    p->events++;
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
}

void pool_wait(struct pool *p, struct pool_job *job)
{
    if (!p) {
        while (job->next < job->count) job->run(job->context, job->next++, 0);
        return;
    }
    pthread_mutex_lock(&p->lock);
    while (job->done < job->count) {
        int at = 0; /* its own tasks first, then others' */
        while (at < p->job_count - 1 && p->jobs[at] != job) at++;
        if (p->job_count == 0) {
            wait_event(p, &p->progress);
            continue;
        }
        struct pool_job *taken;
        int task = take_task(p, at, &taken);
        run_task(p, taken, task, 0);
    }
    pthread_mutex_unlock(&p->lock);
}
