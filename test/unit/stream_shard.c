/* Shards: ranges at creation, split, merge, scaling; order of a key across reshards. */
#include "stream_testing.h"

typedef unsigned __int128 u128;

static u128 number(struct hash_key k)
{
    return (u128)k.high << 64 | k.low;
}

static struct hash_key key_of(u128 n)
{
    return (struct hash_key){(uint64_t)(n >> 64), (uint64_t)n};
}

static int setup(void **state)
{
    *state = testing_open();
    return 0;
}

static int teardown(void **state)
{
    testing_close(*state);
    return 0;
}

static size_t list(struct testing *t, struct shard **shards)
{
    size_t count;
    struct stream *s = testing_stream(t);
    assert_int_equal(stream_shards(s, &t->arena, shards, &count), OK);
    s->ops->close(s);
    return count;
}

static int by_start(const void *a, const void *b)
{
    u128 x = number(((const struct shard *)a)->start), y = number(((const struct shard *)b)->start);
    return x < y ? -1 : x > y;
}

/* Open shards cover the key space without gap or overlap; returns how many there are. */
static size_t check_cover(struct testing *t)
{
    struct shard *all, open[256];
    size_t count = list(t, &all), n = 0;
    for (size_t i = 0; i < count; i++)
        if (!all[i].closed) open[n++] = all[i];
    qsort(open, n, sizeof *open, by_start);
    assert_true(number(open[0].start) == 0);
    for (size_t i = 1; i < n; i++)
        assert_true(number(open[i - 1].end) + 1 == number(open[i].start));
    assert_true(number(open[n - 1].end) == ~(u128)0);
    return n;
}

static void creation_ranges(void **state)
{
    struct testing *t = *state;
    const int counts[] = {1, 2, 3, 7, 64, 200};
    for (size_t k = 0; k < 6; k++) {
        struct shard *shards;
        int n = counts[k];
        assert_int_equal(stream_create(t->store, KEY, n, false), OK);
        assert_int_equal(list(t, &shards), n);
        assert_int_equal(check_cover(t), n);
        for (int i = 0; n > 1 && i < n; i++) {
            u128 width = ~(u128)0 / (unsigned)n + (~(u128)0 % (unsigned)n == (unsigned)n - 1);
            assert_true(number(shards[i].start) == width * (unsigned)i);
            assert_false(shards[i].closed);
            assert_null(shards[i].parent);
        }
        assert_int_equal(stream_delete(t->store, KEY), OK);
    }
}

static void split_closes_the_parent(void **state)
{
    struct testing *t = *state;
    struct shard *s;
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    testing_put(t, "a", 0, 100);
    assert_int_equal(stream_split(t->store, KEY, FIRST_SHARD, key_of((u128)1 << 127)), OK);
    assert_int_equal(list(t, &s), 3);
    assert_int_equal(check_cover(t), 2);
    assert_true(s[0].closed);
    assert_true(sequence_compare(s[0].starting, s[0].ending) < 0);
    assert_true(s[0].closed_us >= s[0].created_us);
    for (int i = 1; i < 3; i++) {
        assert_string_equal(s[i].parent, FIRST_SHARD);
        assert_null(s[i].adjacent_parent);
        assert_true(sequence_compare(s[0].ending, s[i].starting) < 0);
    }
    assert_true(number(s[1].end) + 1 == (u128)1 << 127);
    assert_true(number(s[2].start) == (u128)1 << 127);
    struct stream *stream = testing_stream(t);
    struct testing_read all = testing_read_all(t, stream, FIRST_SHARD, (struct position){0});
    assert_int_equal(all.count, 100);
    assert_true(all.shard_end);
    /* behind the ending number there is only the end */
    struct position after = {.type = POSITION_AFTER_SEQUENCE, .sequence = s[0].ending};
    all = testing_read_all(t, stream, FIRST_SHARD, after);
    assert_int_equal(all.count, 0);
    assert_true(all.shard_end);
    stream->ops->close(stream);
}

static void split_refusals(void **state)
{
    struct testing *t = *state;
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    const u128 bad[] = {0, 1, ~(u128)0};
    for (int i = 0; i < 3; i++)
        assert_int_equal(stream_split(t->store, KEY, FIRST_SHARD, key_of(bad[i])),
                         ERR_INVALID_ARGUMENT);
    assert_string_equal(error_text(),
                        "NewStartingHashKey 340282366920938463463374607431768211455 used in "
                        "SplitShard() on shard shardId-000000000000 in stream s under account "
                        "000000000000 is not both greater than one plus the shard's "
                        "StartingHashKey 0 and less than the shard's EndingHashKey "
                        "340282366920938463463374607431768211455.");
    assert_int_equal(stream_split(t->store, KEY, "shardId-000000000005", key_of(2)),
                     ERR_RESOURCE_NOT_FOUND);
    assert_int_equal(stream_split(t->store, KEY, "nonsense", key_of(2)), ERR_RESOURCE_NOT_FOUND);
    assert_int_equal(stream_split(t->store, KEY, FIRST_SHARD, key_of(2)), OK);
    assert_int_equal(stream_split(t->store, KEY, FIRST_SHARD, key_of(7)), ERR_INVALID_ARGUMENT);
    /* 0..1 is too narrow, 2..max-1 the rest */
    assert_int_equal(stream_split(t->store, KEY, "shardId-000000000001", key_of(1)),
                     ERR_INVALID_ARGUMENT);
    assert_int_equal(check_cover(t), 2);
}

static void merge_either_way(void **state)
{
    struct testing *t = *state;
    struct shard *s;
    assert_int_equal(stream_create(t->store, KEY, 3, false), OK);
    assert_int_equal(stream_merge(t->store, KEY, "shardId-000000000000", "shardId-000000000002"),
                     ERR_INVALID_ARGUMENT);
    assert_int_equal(stream_merge(t->store, KEY, "shardId-000000000001", "shardId-000000000001"),
                     ERR_INVALID_ARGUMENT);
    assert_int_equal(stream_merge(t->store, KEY, "shardId-000000000001", "shardId-000000000000"),
                     OK);
    assert_int_equal(list(t, &s), 4);
    assert_int_equal(check_cover(t), 2);
    assert_true(s[0].closed && s[1].closed);
    assert_string_equal(s[3].parent, "shardId-000000000001");
    assert_string_equal(s[3].adjacent_parent, "shardId-000000000000");
    assert_true(number(s[3].start) == 0);
    assert_true(number(s[3].end) == number(s[1].end));
    assert_int_equal(stream_merge(t->store, KEY, "shardId-000000000003", "shardId-000000000002"),
                     OK);
    assert_int_equal(check_cover(t), 1);
}

static void uniform_scaling(void **state)
{
    struct testing *t = *state;
    int current, steps[] = {6, 12, 7, 4, 8, 5, 3, 2, 1, 2};
    assert_int_equal(stream_create(t->store, KEY, 3, false), OK);
    assert_int_equal(stream_update_shard_count(t->store, KEY, 7, &current), ERR_LIMIT_EXCEEDED);
    assert_int_equal(stream_update_shard_count(t->store, KEY, 1, &current), ERR_LIMIT_EXCEEDED);
    assert_int_equal(stream_update_shard_count(t->store, KEY, 0, &current), ERR_VALIDATION);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(stream_update_shard_count(t->store, KEY, steps[i], &current), OK);
        assert_int_equal(current, i ? steps[i - 1] : 3);
        assert_int_equal(check_cover(t), steps[i]);
        struct shard *s;
        size_t count = list(t, &s);
        u128 width = ~(u128)0 / (unsigned)steps[i];
        for (size_t k = 0; k < count; k++) {
            if (s[k].closed || steps[i] == 1) continue;
            assert_true(number(s[k].end) - number(s[k].start) <= width + (unsigned)steps[i]);
            assert_true(number(s[k].end) - number(s[k].start) >= width - 1);
        }
    }
}

static void on_demand_is_not_resharded_by_hand(void **state)
{
    struct testing *t = *state;
    int current;
    assert_int_equal(stream_create(t->store, KEY, 0, true), OK);
    assert_int_equal(stream_split(t->store, KEY, FIRST_SHARD, key_of(99)), ERR_VALIDATION);
    assert_int_equal(stream_merge(t->store, KEY, FIRST_SHARD, "shardId-000000000001"),
                     ERR_VALIDATION);
    assert_int_equal(stream_update_shard_count(t->store, KEY, 8, &current), ERR_VALIDATION);
}

static struct shard *find(struct shard *s, size_t count, const char *id)
{
    for (size_t i = 0; id && i < count; i++)
        if (strcmp(s[i].id, id) == 0) return &s[i];
    return NULL;
}

/* Numbers of one key, read parents first, come in the order they were put. */
static void a_key_keeps_its_order(void **state)
{
    struct testing *t = *state;
    const int targets[] = {2, 4, 3, 6, 3, 2};
    int current;
    size_t next = 0;
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    for (int i = 0; i < 7; i++) {
        for (int k = 0; k < 50; k++, next++) {
            struct put_record r[8];
            struct put_result results[8];
            for (int j = 0; j < 8; j++)
                r[j] = (struct put_record){
                    .partition_key = span_of(arena_printf(&t->arena, "%d", j)),
                    .data = span_of(arena_printf(&t->arena, "n %zu", next)),
                };
            assert_int_equal(stream_put(t->store, KEY, r, 8, results), OK);
        }
        if (i < 6)
            assert_int_equal(stream_update_shard_count(t->store, KEY, targets[i], &current), OK);
    }
    struct shard *shards;
    size_t count = list(t, &shards), expected[8] = {0};
    struct stream *s = testing_stream(t);
    struct sequence last[8] = {{0, 0, 0}};
    for (size_t i = 0; i < count; i++) {
        /* the listing has parents first */
        if (shards[i].parent) assert_true(find(shards, count, shards[i].parent) < &shards[i]);
        struct testing_read r = testing_read_all(t, s, shards[i].id, (struct position){0});
        assert_int_equal(r.shard_end, shards[i].closed);
        for (size_t k = 0; k < r.count; k++) {
            int key = r.keys[k].data[0] - '0';
            assert_int_equal(r.numbers[k], expected[key]++);
            assert_true(sequence_compare(last[key], r.sequences[k]) < 0);
            last[key] = r.sequences[k];
        }
    }
    for (int j = 0; j < 8; j++) assert_int_equal(expected[j], next);
    s->ops->close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(creation_ranges, setup, teardown),
        cmocka_unit_test_setup_teardown(split_closes_the_parent, setup, teardown),
        cmocka_unit_test_setup_teardown(split_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(merge_either_way, setup, teardown),
        cmocka_unit_test_setup_teardown(uniform_scaling, setup, teardown),
        cmocka_unit_test_setup_teardown(on_demand_is_not_resharded_by_hand, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_keeps_its_order, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
