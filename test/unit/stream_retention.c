/* What passes with time, under a clock of the test's own: retention, expiry of shards, data loss,
 * timestamps as positions, AWS's limits, a wall clock that goes back. */
#include "stream_testing.h"

#define HOUR ((int64_t)3600 * US_PER_SECOND)
static int64_t wall, steady;

static int64_t fake_now(void)
{
    return wall;
}
static int64_t fake_monotonic(void)
{
    return steady;
}
static struct world fake;

static void pass(int64_t us)
{
    wall += us;
    steady += us;
}

static int setup(void **state)
{
    fake = real_world;
    fake.now_us = fake_now;
    fake.monotonic_us = fake_monotonic;
    wall = INT64_C(1700000000000000);
    steady = 1000;
    world = &fake;
    *state = testing_open();
    return 0;
}

static int teardown(void **state)
{
    testing_close(*state);
    world = &real_world;
    return 0;
}

static void old_records_go(void **state)
{
    struct testing *t = *state;
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    testing_put(t, "a", 0, 1200);
    pass(10 * HOUR);
    testing_put(t, "a", 1200, 300);
    struct stream *s = testing_stream(t);
    assert_int_equal(stream_trim(t->store, wall), OK);
    assert_int_equal(testing_read_all(t, s, FIRST_SHARD, (struct position){0}).count, 1500);
    pass(14 * HOUR + 1);
    assert_int_equal(stream_trim(t->store, wall), OK);
    struct testing_read r = testing_read_all(t, s, FIRST_SHARD, (struct position){0});
    assert_int_equal(r.count, 300);
    assert_int_equal(r.numbers[0], 1200);
    /* a longer retention keeps them, but brings none back */
    assert_int_equal(stream_set_retention(t->store, KEY, 48), OK);
    pass(20 * HOUR);
    assert_int_equal(stream_trim(t->store, wall), OK);
    assert_int_equal(testing_read_all(t, s, FIRST_SHARD, (struct position){0}).count, 300);
    pass(48 * HOUR);
    assert_int_equal(stream_trim(t->store, wall), OK);
    assert_int_equal(testing_read_all(t, s, FIRST_SHARD, (struct position){0}).count, 0);
    /* numbers go on behind what is gone */
    testing_put(t, "a", 1500, 1);
    struct testing_read after = testing_read_all(t, s, FIRST_SHARD, (struct position){0});
    assert_true(sequence_compare(r.sequences[299], after.sequences[0]) < 0);
    s->ops->close(s);
}

static void raising_the_retention_revives_nothing(void **state)
{
    struct testing *t = *state;
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    testing_put(t, "a", 0, 10);
    pass(30 * HOUR); /* expired, though no trim has run */
    assert_int_equal(stream_set_retention(t->store, KEY, 100), OK);
    struct stream *s = testing_stream(t);
    assert_int_equal(testing_read_all(t, s, FIRST_SHARD, (struct position){0}).count, 0);
    s->ops->close(s);
}

static void closed_shards_expire(void **state)
{
    struct testing *t = *state;
    struct shard *shards;
    size_t count;
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    testing_put(t, "a", 0, 100);
    pass(HOUR);
    assert_int_equal(stream_split(t->store, KEY, FIRST_SHARD, (struct hash_key){1, 0}), OK);
    struct stream *s = testing_stream(t);
    pass(23 * HOUR + 1);
    assert_int_equal(stream_trim(t->store, wall), OK);
    assert_int_equal(stream_shards(s, &t->arena, &shards, &count), OK);
    assert_int_equal(count, 3); /* empty now, but its end is not old enough */
    pass(HOUR);
    assert_int_equal(stream_trim(t->store, wall), OK);
    assert_int_equal(stream_shards(s, &t->arena, &shards, &count), OK);
    assert_int_equal(count, 2);
    assert_string_equal(shards[0].id, "shardId-000000000001");
    assert_string_equal(shards[0].parent, FIRST_SHARD);
    struct stream_cursor *c;
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, (struct position){0}, &c),
                     ERR_RESOURCE_NOT_FOUND);
    /* the next ids go on */
    assert_int_equal(stream_split(t->store, KEY, "shardId-000000000002", (struct hash_key){9, 0}),
                     OK);
    assert_int_equal(stream_shards(s, &t->arena, &shards, &count), OK);
    assert_string_equal(shards[3].id, "shardId-000000000004");
    s->ops->close(s);
}

static void loss_is_told_once(void **state)
{
    struct testing *t = *state;
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    testing_put(t, "a", 0, 1000);
    struct stream *s = testing_stream(t);
    struct stream_cursor *c, *raw, *horizon;
    struct records r;
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, (struct position){0}, &c), OK);
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, (struct position){0}, &horizon), OK);
    assert_int_equal(s->ops->read(c, (struct read_limits){.records = 100}, &r), OK);
    struct position place = s->ops->position(c);
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, place, &raw), OK);
    s->ops->release(c);
    pass(25 * HOUR);
    testing_put(t, "a", 1000, 5);
    assert_int_equal(stream_trim(t->store, wall), OK);
    assert_int_equal(s->ops->read(c, (struct read_limits){0}, &r), ERR_DATA_LOSS);
    assert_memory_equal(error_text(), "900 records of shard", 20);
    assert_int_equal(s->ops->read(c, (struct read_limits){0}, &r), OK);
    assert_int_equal(r.count, 5);
    assert_int_equal(s->ops->read(raw, (struct read_limits){.raw = true}, &r), OK);
    assert_int_equal(r.count, 5);
    assert_int_equal(s->ops->read(horizon, (struct read_limits){0}, &r), OK);
    assert_int_equal(r.count, 5);
    s->ops->close_cursor(c);
    s->ops->close_cursor(raw);
    s->ops->close_cursor(horizon);
    /* all gone, also for a place that was stored */
    pass(25 * HOUR);
    assert_int_equal(stream_trim(t->store, wall), OK);
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, place, &c), OK);
    assert_int_equal(s->ops->read(c, (struct read_limits){0}, &r), ERR_DATA_LOSS);
    assert_int_equal(s->ops->read(c, (struct read_limits){0}, &r), OK);
    assert_int_equal(r.count, 0);
    place = s->ops->position(c);
    s->ops->close_cursor(c);
    /* nothing lost: behind the last record */
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, place, &c), OK);
    assert_int_equal(s->ops->read(c, (struct read_limits){0}, &r), OK);
    s->ops->close_cursor(c);
    s->ops->close(s);
}

static void timestamps_find_the_first_record(void **state)
{
    struct testing *t = *state;
    int64_t start = wall;
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    for (size_t i = 0; i < 300; i++, pass(US_PER_SECOND)) testing_put(t, "a", i * 3, 3);
    struct stream *s = testing_stream(t);
    const struct {
        int64_t at;
        size_t first;
    } cases[] = {
        {start - HOUR, 0},
        {start, 0},
        {start + 1, 3},
        {start + 150 * US_PER_SECOND, 450},
        {start + 150 * US_PER_SECOND - 1, 450},
        {start + 299 * US_PER_SECOND, 897},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct position p = {.type = POSITION_AT_TIMESTAMP, .timestamp_us = cases[i].at};
        struct testing_read r = testing_read_all(t, s, FIRST_SHARD, p);
        assert_int_equal(r.count, 900 - cases[i].first);
        assert_int_equal(r.numbers[0], cases[i].first);
    }
    struct position p = {.type = POSITION_AT_TIMESTAMP, .timestamp_us = wall};
    assert_int_equal(testing_read_all(t, s, FIRST_SHARD, p).count, 0);
    struct stream_cursor *c;
    p.timestamp_us = wall + 1;
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, p, &c), ERR_INVALID_ARGUMENT);
    s->ops->close(s);
}

static void a_clock_that_goes_back(void **state)
{
    struct testing *t = *state;
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    testing_put(t, "a", 0, 10);
    wall -= 5 * HOUR;
    testing_put(t, "a", 10, 10);
    assert_int_equal(stream_split(t->store, KEY, FIRST_SHARD, (struct hash_key){1ULL << 63, 0}),
                     OK);
    testing_put(t, "a", 20, 200);
    struct stream *s = testing_stream(t);
    struct shard *shards;
    size_t count;
    assert_int_equal(stream_shards(s, &t->arena, &shards, &count), OK);
    struct testing_read r = testing_read_all(t, s, FIRST_SHARD, (struct position){0});
    for (size_t i = 1; i < r.count; i++)
        assert_true(sequence_compare(r.sequences[i - 1], r.sequences[i]) < 0);
    for (size_t i = 1; i < 3; i++) {
        assert_true(sequence_compare(shards[0].ending, shards[i].starting) < 0);
        struct testing_read child = testing_read_all(t, s, shards[i].id, (struct position){0});
        assert_true(sequence_compare(r.sequences[r.count - 1], child.sequences[0]) < 0);
    }
    s->ops->close(s);
}

static void lag_is_measured(void **state)
{
    struct testing *t = *state;
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    testing_put(t, "a", 0, 500);
    pass(7 * US_PER_SECOND);
    struct stream *s = testing_stream(t);
    struct stream_cursor *c;
    struct records r;
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, (struct position){0}, &c), OK);
    assert_int_equal(s->ops->read(c, (struct read_limits){.records = 499}, &r), OK);
    assert_int_equal(r.behind_ms, 7000);
    assert_int_equal(s->ops->read(c, (struct read_limits){.records = 499}, &r), OK);
    assert_int_equal(r.behind_ms, 0);
    s->ops->close_cursor(c);
    s->ops->close(s);
}

static size_t put_until_refused(struct testing *t, size_t size, size_t count)
{
    struct put_record *r = must_calloc(count, sizeof *r);
    struct put_result *results = must_calloc(count, sizeof *results);
    char *data = must_calloc(1, size);
    size_t good = 0;
    for (size_t i = 0; i < count; i++)
        r[i] = (struct put_record){.partition_key = SPAN("k"), .data = {data, size}};
    assert_int_equal(stream_put(t->store, KEY, r, count, results), OK);
    for (size_t i = 0; i < count; i++) {
        assert_true(results[i].code == OK || results[i].code == ERR_THROUGHPUT);
        assert_string_equal(results[i].shard_id, FIRST_SHARD);
        good += results[i].code == OK;
    }
    free(r);
    free(results);
    free(data);
    return good;
}

static void limits_as_aws(void **state)
{
    struct testing *t = *state;
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    assert_int_equal(put_until_refused(t, 1, 3000), 3000); /* off by default */
    stream_store_set_limits(t->store, true);
    assert_int_equal(put_until_refused(t, 1, 1500), 1000);
    assert_int_equal(put_until_refused(t, 1, 10), 0);
    pass(US_PER_SECOND / 2);
    assert_int_equal(put_until_refused(t, 1, 1500), 500);
    pass(10 * US_PER_SECOND);
    assert_int_equal(put_until_refused(t, 100 * 1024 - 1, 20), 10); /* 1 MiB a second */
    stream_store_set_limits(t->store, false);
    assert_int_equal(put_until_refused(t, 100 * 1024 - 1, 200), 200);
    stream_store_set_limits(t->store, true);
    pass(10 * US_PER_SECOND);

    struct stream *s = testing_stream(t);
    struct stream_cursor *c;
    struct records r;
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, (struct position){0}, &c), OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(s->ops->read(c, (struct read_limits){.records = 1}, &r), OK);
    assert_int_equal(s->ops->read(c, (struct read_limits){.records = 1}, &r), ERR_THROUGHPUT);
    assert_string_equal(error_text(), "Rate exceeded for shard shardId-000000000000 in stream s "
                                      "under account 000000000000.");
    pass(US_PER_SECOND);
    assert_int_equal(s->ops->read(c, (struct read_limits){.bytes = 10000000}, &r), OK);
    assert_true(r.bytes > 9000000);
    for (int i = 0; i < 3; i++) { /* 10 MB cost five seconds */
        pass(US_PER_SECOND);
        assert_int_equal(s->ops->read(c, (struct read_limits){.records = 1}, &r), ERR_THROUGHPUT);
    }
    pass(2 * US_PER_SECOND);
    assert_int_equal(s->ops->read(c, (struct read_limits){.records = 1}, &r), OK);
    assert_int_equal(r.count, 1);
    s->ops->close_cursor(c);
    s->ops->close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(old_records_go, setup, teardown),
        cmocka_unit_test_setup_teardown(raising_the_retention_revives_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(closed_shards_expire, setup, teardown),
        cmocka_unit_test_setup_teardown(loss_is_told_once, setup, teardown),
        cmocka_unit_test_setup_teardown(timestamps_find_the_first_record, setup, teardown),
        cmocka_unit_test_setup_teardown(a_clock_that_goes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(lag_is_measured, setup, teardown),
        cmocka_unit_test_setup_teardown(limits_as_aws, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
