/* Several processes on one log: a writer killed in the middle of puts, wake-ups, fork. */
#include "stream_testing.h"

#include <signal.h>
#include <sys/wait.h>

enum { PER_PUT = 100, KILLS = 6, PUTS_BEFORE_KILL = 20 };

static error put_numbers(struct stream_store *store, size_t from)
{
    struct arena arena = {0};
    struct put_record r[PER_PUT];
    struct put_result results[PER_PUT];
    for (size_t i = 0; i < PER_PUT; i++)
        r[i] = (struct put_record){.partition_key = SPAN("k"),
                                   .data = span_of(arena_printf(&arena, "n %zu", from + i))};
    error e = stream_put(store, KEY, r, PER_PUT, results);
    arena_release(&arena);
    return e;
}

/* Puts for ever and tells through the pipe up to where the log has acknowledged. */
static void writer(const char *folder, size_t next, int out)
{
    struct stream_store *store;
    if (stream_store_open(folder, &store) != OK) _exit(1);
    for (;;) {
        if (put_numbers(store, next) != OK) _exit(2);
        next += PER_PUT;
        if (write(out, &next, sizeof next) != sizeof next) _exit(3);
    }
}

/* Reads all there is; numbers must follow one another. */
static size_t read_on(struct stream *s, struct stream_cursor *c, size_t next)
{
    struct records r;
    do {
        assert_int_equal(s->ops->read(c, (struct read_limits){.records = 77}, &r), OK);
        for (size_t i = 0; i < r.count; i++) assert_int_equal(testing_number(r.data[i]), next++);
    } while (r.behind_ms > 0);
    s->ops->release(c);
    return next;
}

static void a_killed_writer_loses_nothing(void **state)
{
    (void)state;
    struct testing *t = testing_open();
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    struct stream *s = testing_stream(t);
    struct stream_cursor *c;
    size_t seen = 0, acknowledged = 0;
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, (struct position){0}, &c), OK);
    for (int i = 0; i < KILLS; i++) {
        int pipes[2];
        assert_int_equal(pipe(pipes), 0);
        pid_t child = fork();
        if (child == 0) writer(t->folder, seen, pipes[1]);
        close(pipes[1]);
        for (int k = 0; k < PUTS_BEFORE_KILL; k++) {
            assert_int_equal(read(pipes[0], &acknowledged, sizeof acknowledged),
                             sizeof acknowledged);
            if (k % 4 == 0) seen = read_on(s, c, seen);
        }
        usleep((unsigned)(i * 137)); /* somewhere inside a put */
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(pipes[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) continue;
        close(pipes[0]);
        /* killed between the commit and telling the readers: the next writer tells them */
        assert_int_equal(stream_trim(t->store, now_us()), OK);
        seen = read_on(s, c, seen);
        /* a put that was not acknowledged is there as a whole or not at all */
        assert_true(seen == acknowledged || seen == acknowledged + PER_PUT);
        /* and this process can write at once, though the other died as the writer */
        assert_int_equal(put_numbers(t->store, seen), OK);
        seen = read_on(s, c, seen);
    }
    s->ops->close_cursor(c);
    struct testing_read all = testing_read_all(t, s, FIRST_SHARD, (struct position){0});
    assert_int_equal(all.count, seen);
    s->ops->close(s);
    testing_close(t);
}

/* The wait is long; the test is over at once when another process's put ends it. */
static void a_put_wakes_other_processes(void **state)
{
    (void)state;
    struct testing *t = testing_open();
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    struct stream *s = testing_stream(t);
    struct stream_cursor *c;
    size_t seen = 0;
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, (struct position){0}, &c), OK);
    for (int i = 0; i < 3; i++) {
        pid_t child = fork();
        if (child == 0) {
            struct stream_store *store;
            if (stream_store_open(t->folder, &store) != OK) _exit(1);
            usleep(20000);
            _exit(put_numbers(store, seen) == OK ? 0 : 2);
        }
        for (size_t before = seen; seen == before; seen = read_on(s, c, seen))
            s->ops->wait(s, 600 * (int64_t)US_PER_SECOND);
        int status;
        waitpid(child, &status, 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(seen, 3 * PER_PUT);
    s->ops->close_cursor(c);
    s->ops->close(s);
    testing_close(t);
}

static void a_child_must_open_its_own(void **state)
{
    (void)state;
    struct testing *t = testing_open();
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    assert_int_equal(put_numbers(t->store, 0), OK);
    struct stream *s = testing_stream(t);
    struct stream_cursor *c;
    struct records r;
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, (struct position){0}, &c), OK);
    assert_int_equal(s->ops->read(c, (struct read_limits){.records = 10}, &r), OK);
    pid_t child = fork();
    if (child == 0) {
        struct stream_store *own;
        if (put_numbers(t->store, 0) != ERR_INTERNAL) _exit(1);
        if (s->ops->read(c, (struct read_limits){0}, &r) != ERR_INTERNAL) _exit(2);
        s->ops->close_cursor(c);
        stream_store_close(t->store); /* leaves the parent's locks alone */
        if (stream_store_open(t->folder, &own) != OK || own == t->store) _exit(3);
        if (put_numbers(own, PER_PUT) != OK) _exit(4);
        stream_store_close(own);
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(testing_number(r.data[9]), 9); /* the slice still stands */
    assert_int_equal(read_on(s, c, 10), 2 * PER_PUT);
    s->ops->close_cursor(c);
    s->ops->close(s);
    testing_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_writer_loses_nothing),
        cmocka_unit_test(a_put_wakes_other_processes),
        cmocka_unit_test(a_child_must_open_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
