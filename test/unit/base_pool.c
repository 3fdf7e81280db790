/* Pools: every task once, whatever runs it; jobs that overlap. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/base.h"

#include <cmocka.h>

enum { TASKS = 1000, THREADS = 4 };

struct counting {
    int runs[TASKS];
    int64_t by_worker[THREADS]; /* each worker writes its own */
};

static void count(void *context, int task, int worker)
{
    struct counting *c = context;
    c->runs[task]++;
    c->by_worker[worker] += task;
}

static void check(const struct counting *c)
{
    int64_t sum = 0;
    for (int i = 0; i < TASKS; i++) assert_int_equal(c->runs[i], 1);
    for (int i = 0; i < THREADS; i++) sum += c->by_worker[i];
    assert_int_equal(sum, TASKS * (TASKS - 1) / 2);
}

static void every_task_runs_once(void **state)
{
    (void)state;
    for (int threads = 1; threads <= THREADS; threads++) {
        struct pool *pool;
        assert_int_equal(pool_open(&pool, threads), OK);
        assert_int_equal(pool_threads(pool), threads);
        for (int round = 0; round < 20; round++) {
            struct counting c = {0};
            pool_run(pool, &(struct pool_job){.run = count, .context = &c, .count = TASKS});
            check(&c);
        }
        pool_run(pool, &(struct pool_job){.run = count, .count = 0});
        pool_close(pool);
    }
}

static void jobs_overlap(void **state)
{
    (void)state;
    for (int threads = 1; threads <= THREADS; threads++) {
        struct pool *pool;
        assert_int_equal(pool_open(&pool, threads), OK);
        struct counting first = {0};
        struct pool_job job = {.run = count, .context = &first, .count = TASKS};
        pool_start(pool, &job);
        for (int round = 0; round < 5; round++) {
            struct counting second = {0};
            pool_run(pool, &(struct pool_job){.run = count, .context = &second, .count = TASKS});
            check(&second);
        }
        pool_wait(pool, &job);
        check(&first);
        pool_wait(pool, &job); /* again is nothing */
        pool_close(pool);
    }
}

static void too_many_or_too_few_threads(void **state)
{
    (void)state;
    struct pool *pool;
    assert_int_equal(pool_open(&pool, 0), ERR_USAGE);
    assert_int_equal(pool_open(&pool, POOL_THREADS_MAX + 1), ERR_USAGE);
    assert_null(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once),
        cmocka_unit_test(jobs_overlap),
        cmocka_unit_test(too_many_or_too_few_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
