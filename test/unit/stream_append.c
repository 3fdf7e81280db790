/* Concurrent puts: each caller's records once and in its order; the log full or the disk full. */
#include "stream_testing.h"

#include <pthread.h>
#include <sys/mount.h>

enum { THREADS = 8, PUTS = 30, PER_PUT = 40 };

struct worker {
    struct testing *t;
    int number;
    size_t put; /* acknowledged */
    error code; /* of the first put that failed */
    pthread_t thread;
};

static void *work(void *context)
{
    struct worker *w = context;
    struct arena arena = {0};
    char key[16];
    snprintf(key, sizeof key, "%d", w->number);
    for (int i = 0; i < PUTS; i++) {
        struct put_record records[PER_PUT];
        struct put_result results[PER_PUT];
        for (size_t k = 0; k < PER_PUT; k++)
            records[k] = (struct put_record){
                .partition_key = span_of(key),
                .data = span_of(arena_printf(&arena, "w %zu", w->put + k)),
            };
        w->code = stream_put(w->t->store, KEY, records, PER_PUT, results);
        if (w->code != OK) break;
        w->put += PER_PUT;
        arena_reset(&arena);
    }
    arena_release(&arena);
    return NULL;
}

static void concurrent_callers_keep_their_order(void **state)
{
    (void)state;
    struct testing *t = testing_open();
    struct worker workers[THREADS];
    assert_int_equal(stream_create(t->store, KEY, 2, false), OK);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.t = t, .number = i};
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    /* the ranges change under the writers */
    int current;
    assert_int_equal(stream_update_shard_count(t->store, KEY, 3, &current), OK);
    assert_int_equal(stream_update_shard_count(t->store, KEY, 6, &current), OK);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        assert_int_equal(workers[i].code, OK);
    }
    struct stream *s = testing_stream(t);
    struct shard *shards;
    size_t count, seen[THREADS] = {0};
    assert_int_equal(stream_shards(s, &t->arena, &shards, &count), OK);
    for (size_t i = 0; i < count; i++) {
        struct testing_read r = testing_read_all(t, s, shards[i].id, (struct position){0});
        for (size_t k = 0; k < r.count; k++)
            assert_int_equal(r.numbers[k], seen[r.keys[k].data[0] - '0']++);
    }
    for (int i = 0; i < THREADS; i++) assert_int_equal(seen[i], PUTS * PER_PUT);
    s->ops->close(s);
    testing_close(t);
}

static void one_callers_fault_is_its_own(void **state)
{
    (void)state;
    struct testing *t = testing_open();
    struct put_record r = {.partition_key = SPAN("k"), .data = SPAN("n 1")};
    struct put_result result;
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    struct stream_key other = KEY;
    other.name = "none";
    assert_int_equal(stream_put(t->store, other, &r, 1, &result), ERR_RESOURCE_NOT_FOUND);
    assert_string_equal(error_text(), "Stream none under account 000000000000 not found.");
    assert_int_equal(stream_put(t->store, KEY, &r, 1, &result), OK);
    testing_close(t);
}

/* Puts until the store refuses; everything acknowledged before must be there, and after trimming
 * there must be room again. */
static void fill(struct testing *t)
{
    static char data[50000];
    size_t acknowledged = 0;
    error e = OK;
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    while (e == OK) {
        struct put_record r[4];
        struct put_result results[4];
        for (size_t i = 0; i < 4; i++) {
            int size = snprintf(data, 64, "%060d", 0);
            memset(data + size, 'x', sizeof data - (size_t)size);
            snprintf(data + sizeof data - 12, 12, " %010zu", acknowledged + i);
            r[i] = (struct put_record){
                .partition_key = SPAN("k"),
                .data = {arena_copy(&t->arena, data, sizeof data - 1), sizeof data - 1}};
        }
        e = stream_put(t->store, KEY, r, 4, results);
        if (e == OK) acknowledged += 4;
        arena_reset(&t->arena);
        assert_true(acknowledged < 4000);
    }
    assert_int_equal(e, ERR_NO_SPACE);
    assert_true(acknowledged > 0);
    struct stream *s = testing_stream(t);
    struct testing_read all = testing_read_all(t, s, FIRST_SHARD, (struct position){0});
    assert_int_equal(all.count, acknowledged);
    for (size_t i = 0; i < all.count; i++) assert_int_equal(all.numbers[i], i);
    s->ops->close(s);
    struct put_record small = {.partition_key = SPAN("k"), .data = SPAN("n 1")};
    struct put_result result;
    assert_int_equal(stream_trim(t->store, now_us() + 25 * 3600 * (int64_t)US_PER_SECOND), OK);
    assert_int_equal(stream_put(t->store, KEY, &small, 1, &result), OK);
}

static struct testing *open_capped(const char *folder, size_t bytes)
{
    struct testing *t = must_calloc(1, sizeof *t);
    snprintf(t->folder, sizeof t->folder, "%s", folder);
    assert_int_equal(stream_store_open_capped(t->folder, bytes, &t->store), OK);
    return t;
}

static void a_full_log_refuses_and_keeps_all(void **state)
{
    (void)state;
    char folder[] = "/tmp/sluice-stream-XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct testing *t = open_capped(folder, (size_t)8 << 20);
    fill(t);
    testing_close(t);
}

static void a_full_disk_refuses_and_keeps_all(void **state)
{
    (void)state;
    char folder[] = "/tmp/sluice-stream-XXXXXX";
    assert_non_null(mkdtemp(folder));
    if (mount("none", folder, "tmpfs", 0, "size=6m") != 0) {
        rmdir(folder);
        skip(); /* needs root */
    }
    struct testing *t = open_capped(folder, (size_t)1 << 30);
    fill(t);
    stream_store_close(t->store);
    assert_int_equal(umount(folder), 0);
    rmdir(folder);
    arena_release(&t->arena);
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(concurrent_callers_keep_their_order),
        cmocka_unit_test(one_callers_fault_is_its_own),
        cmocka_unit_test(a_full_log_refuses_and_keeps_all),
        cmocka_unit_test(a_full_disk_refuses_and_keeps_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
