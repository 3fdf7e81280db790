/* The local log through its door: streams, puts, reads at every position, attributes. */
#include "stream_testing.h"

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

static void put_then_read_in_order(void **state)
{
    struct testing *t = *state;
    assert_int_equal(stream_create(t->store, KEY, 3, false), OK);
    testing_put(t, "a", 0, 2000);
    struct stream *s = testing_stream(t);
    struct shard *shards;
    size_t count, total = 0;
    assert_int_equal(stream_shards(s, &t->arena, &shards, &count), OK);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        struct testing_read r = testing_read_all(t, s, shards[i].id, (struct position){0});
        assert_true(r.count > 100);
        total += r.count;
        for (size_t k = 0; k < r.count; k++) {
            struct hash_key h = testing_hash(r.keys[k]);
            assert_true(testing_in_range(h, shards[i].start, shards[i].end));
            assert_true(sequence_compare(shards[i].starting, r.sequences[k]) < 0);
            if (k) {
                assert_true(r.numbers[k - 1] < r.numbers[k]);
                assert_true(sequence_compare(r.sequences[k - 1], r.sequences[k]) < 0);
            }
        }
    }
    assert_int_equal(total, 2000);
    s->ops->close(s);
}

static void results_name_what_is_read(void **state)
{
    struct testing *t = *state;
    assert_int_equal(stream_create(t->store, KEY, 2, false), OK);
    struct put_record records[64];
    struct put_result results[64];
    testing_records(t, records, 64, "r", 0);
    assert_int_equal(stream_put(t->store, KEY, records, 64, results), OK);
    struct stream *s = testing_stream(t);
    for (size_t i = 0; i < 64; i++) {
        assert_int_equal(results[i].code, OK);
        struct stream_cursor *c;
        struct records out;
        struct position at = {.type = POSITION_AT_SEQUENCE, .sequence = results[i].sequence};
        assert_int_equal(s->ops->open_cursor(s, results[i].shard_id, at, &c), OK);
        assert_int_equal(s->ops->read(c, (struct read_limits){.records = 1}, &out), OK);
        assert_int_equal(out.count, 1);
        assert_true(span_equal(out.data[0], records[i].data));
        assert_true(span_equal(out.partition_key[0], records[i].partition_key));
        assert_int_equal(sequence_compare(out.sequence[0], results[i].sequence), 0);
        s->ops->close_cursor(c);
    }
    s->ops->close(s);
}

static void explicit_hash_routes(void **state)
{
    struct testing *t = *state;
    assert_int_equal(stream_create(t->store, KEY, 4, false), OK);
    struct put_record r[3] = {
        {.partition_key = SPAN("k"), .data = SPAN("x"), .has_explicit_hash = true},
        {.partition_key = SPAN("k"),
         .data = SPAN("y"),
         .has_explicit_hash = true,
         .explicit_hash = {UINT64_MAX, UINT64_MAX}},
        /* MD5("1") = c4ca...: the last quarter */
        {.partition_key = SPAN("1"), .data = SPAN("z")},
    };
    struct put_result results[3];
    assert_int_equal(stream_put(t->store, KEY, r, 3, results), OK);
    assert_string_equal(results[0].shard_id, "shardId-000000000000");
    assert_string_equal(results[1].shard_id, "shardId-000000000003");
    assert_string_equal(results[2].shard_id, "shardId-000000000003");
}

static void empty_and_large_data(void **state)
{
    struct testing *t = *state;
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    size_t size = 10 * 1024 * 1024;
    char *large = must_alloc(size);
    for (size_t i = 0; i < size; i++) large[i] = (char)(i * 7);
    struct put_record r[3] = {
        {.partition_key = SPAN("a"), .data = {large, size}},
        {.partition_key = SPAN("b")},
        {.partition_key = SPAN("c"), .data = SPAN("last")},
    };
    struct put_result results[3];
    assert_int_equal(stream_put(t->store, KEY, r, 3, results), OK);
    struct stream *s = testing_stream(t);
    struct stream_cursor *c;
    struct records out;
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, (struct position){0}, &c), OK);
    /* more than the byte limit comes alone, but comes */
    assert_int_equal(s->ops->read(c, (struct read_limits){.bytes = 1000}, &out), OK);
    assert_int_equal(out.count, 1);
    assert_true(span_equal(out.data[0], (span){large, size}));
    assert_true(out.behind_ms > 0);
    assert_int_equal(s->ops->read(c, (struct read_limits){0}, &out), OK);
    assert_int_equal(out.count, 2);
    assert_int_equal(out.data[0].size, 0);
    assert_true(span_is(out.data[1], "last"));
    assert_int_equal(out.bytes, 4);
    assert_int_equal(out.behind_ms, 0);
    s->ops->close_cursor(c);
    s->ops->close(s);
    free(large);
}

static void limits_cut_and_nothing_is_lost(void **state)
{
    struct testing *t = *state;
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    testing_put(t, "k", 0, 1000);
    struct stream *s = testing_stream(t);
    struct stream_cursor *c;
    struct records out;
    size_t next = 0;
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, (struct position){0}, &c), OK);
    do {
        struct read_limits limits = {.records = 1 + next % 37, .bytes = 1 + next % 911};
        assert_int_equal(s->ops->read(c, limits, &out), OK);
        assert_true(out.count > 0 && out.count <= limits.records);
        assert_true(out.count == 1 || out.bytes <= limits.bytes);
        for (size_t i = 0; i < out.count; i++)
            assert_int_equal(testing_number(out.data[i]), next++);
    } while (out.behind_ms > 0);
    assert_int_equal(next, 1000);
    s->ops->close_cursor(c);
    s->ops->close(s);
}

/* Frames of two shards between one another, some too large to be copied, and more of them in a slice
 * than the copies have room for: what stands where makes no difference. */
static void copied_and_borrowed_frames(void **state)
{
    enum { PUTS = 60, EACH = 100, SIZE = 1000, LARGE = 300 * 1024 };
    struct testing *t = *state;
    assert_int_equal(stream_create(t->store, KEY, 2, false), OK);
    char *text = must_alloc(LARGE);
    for (int put = 0; put < PUTS; put++) {
        struct put_record r[EACH];
        struct put_result results[EACH];
        memset(text, 'a' + put % 26, LARGE);
        for (int i = 0; i < EACH; i++)
            r[i] = (struct put_record){.partition_key = SPAN("k"),
                                       .data = {text, (size_t)(put % 3 ? SIZE + i : i)},
                                       .has_explicit_hash = true,
                                       .explicit_hash = {i % 2 ? UINT64_MAX : 0, 0}};
        if (put % 7 == 0) r[0].data.size = LARGE;
        assert_int_equal(stream_put(t->store, KEY, r, EACH, results), OK);
    }
    struct stream *s = testing_stream(t);
    struct stream_cursor *c[2];
    size_t next[2] = {0};
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, (struct position){0}, &c[0]), OK);
    assert_int_equal(s->ops->open_cursor(s, "shardId-000000000001", (struct position){0}, &c[1]), OK);
    for (int turn = 0; next[0] + next[1] < PUTS * EACH; turn++) {
        struct records out;
        size_t *at = &next[turn % 2];
        struct read_limits limits = {.records = turn < 20 ? 77 : 0};
        assert_int_equal(s->ops->read(c[turn % 2], limits, &out), OK);
        for (size_t k = 0; k < out.count; k++, ++*at) {
            int put = (int)(*at / (EACH / 2)), i = (int)(*at % (EACH / 2)) * 2 + turn % 2;
            size_t size = (size_t)(put % 3 ? SIZE + i : i);
            if (put % 7 == 0 && i == 0) size = LARGE;
            memset(text, 'a' + put % 26, LARGE);
            assert_true(span_equal(out.data[k], (span){text, size}));
            assert_true(span_is(out.partition_key[k], "k"));
        }
        s->ops->release(c[turn % 2]);
    }
    s->ops->close_cursor(c[0]);
    s->ops->close_cursor(c[1]);
    s->ops->close(s);
    free(text);
}

static void through_bounds_a_replay(void **state)
{
    struct testing *t = *state;
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    struct put_record records[100];
    struct put_result results[100];
    testing_records(t, records, 100, "r", 0);
    assert_int_equal(stream_put(t->store, KEY, records, 100, results), OK);
    struct stream *s = testing_stream(t);
    struct stream_cursor *c;
    struct records out;
    struct position after = {.type = POSITION_AFTER_SEQUENCE, .sequence = results[9].sequence};
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, after, &c), OK);
    struct read_limits limits = {.through = &results[49].sequence};
    assert_int_equal(s->ops->read(c, limits, &out), OK);
    assert_int_equal(out.count, 40);
    assert_int_equal(testing_number(out.data[0]), 10);
    assert_int_equal(sequence_compare(out.last, results[49].sequence), 0);
    assert_int_equal(s->ops->read(c, limits, &out), OK);
    assert_int_equal(out.count, 0);
    assert_false(out.any);
    assert_int_equal(s->ops->read(c, (struct read_limits){0}, &out), OK);
    assert_int_equal(out.count, 50);
    s->ops->close_cursor(c);
    s->ops->close(s);
}

static void positions_and_their_texts(void **state)
{
    struct testing *t = *state;
    assert_int_equal(stream_create(t->store, KEY, 2, false), OK);
    struct put_record records[50];
    struct put_result results[50];
    testing_records(t, records, 50, "r", 0);
    assert_int_equal(stream_put(t->store, KEY, records, 50, results), OK);
    struct stream *s = testing_stream(t);
    struct stream_cursor *c;
    struct records out;
    /* LATEST sees only what comes later, and its position says so */
    assert_int_equal(
        s->ops->open_cursor(s, FIRST_SHARD, (struct position){.type = POSITION_LATEST}, &c), OK);
    assert_int_equal(s->ops->read(c, (struct read_limits){0}, &out), OK);
    assert_int_equal(out.count, 0);
    struct position place = s->ops->position(c);
    assert_int_equal(place.type, POSITION_AFTER_SEQUENCE);
    struct put_record late = {
        .partition_key = SPAN("x"), .data = SPAN("late"), .has_explicit_hash = true};
    struct put_result result;
    assert_int_equal(stream_put(t->store, KEY, &late, 1, &result), OK);
    assert_true(sequence_compare(place.sequence, result.sequence) < 0);
    s->ops->close_cursor(c);
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, place, &c), OK);
    assert_int_equal(s->ops->read(c, (struct read_limits){0}, &out), OK);
    assert_int_equal(out.count, 1);
    assert_true(span_is(out.data[0], "late"));
    place = s->ops->position(c);
    assert_int_equal(sequence_compare(place.sequence, result.sequence), 0);
    s->ops->close_cursor(c);

    assert_int_equal(
        s->ops->open_cursor(s, FIRST_SHARD, (struct position){.type = POSITION_SHARD_END}, &c), OK);
    assert_int_equal(s->ops->read(c, (struct read_limits){0}, &out), OK);
    assert_true(out.shard_end);
    s->ops->close_cursor(c);

    struct position wrong = {.type = POSITION_AT_SEQUENCE, .sequence = result.sequence};
    assert_int_equal(s->ops->open_cursor(s, "shardId-000000000001", wrong, &c),
                     ERR_INVALID_ARGUMENT);
    assert_string_equal(error_text(),
                        "Invalid StartingSequenceNumber. It encodes shardId-000000000000, while it "
                        "was used in a call to a shard with shardId-000000000001");
    wrong.sequence.high += UINT64_C(1) << 20; /* another creation time */
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, wrong, &c), ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(error_text(), "is invalid because it did not come from this stream."));
    wrong.sequence = result.sequence;
    wrong.sequence.middle += UINT64_C(1) << 16; /* the index after the last */
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, wrong, &c), ERR_INVALID_ARGUMENT);
    wrong.sequence = (struct sequence){0, 0, 7};
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, wrong, &c), ERR_INVALID_ARGUMENT);
    assert_string_equal(error_text(),
                        "StartingSequenceNumber 7 used in GetShardIterator on shard "
                        "shardId-000000000000 in stream s under account 000000000000 is invalid.");
    assert_int_equal(s->ops->open_cursor(s, "shardId-000000000009", (struct position){0}, &c),
                     ERR_RESOURCE_NOT_FOUND);
    assert_string_equal(error_text(), "Shard shardId-000000000009 in stream s under account "
                                      "000000000000 does not exist");
    s->ops->close(s);
}

static void slices_stay_valid_until_released(void **state)
{
    struct testing *t = *state;
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    testing_put(t, "k", 0, 500);
    struct stream *s = testing_stream(t);
    struct stream_cursor *c;
    struct records out;
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, (struct position){0}, &c), OK);
    assert_int_equal(s->ops->read(c, (struct read_limits){0}, &out), OK);
    assert_int_equal(out.count, 500);
    assert_int_equal(stream_delete(t->store, KEY), OK); /* frees the pages, but not under us */
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    testing_put(t, "other", 1000000, 3000);
    for (size_t i = 0; i < out.count; i++) assert_int_equal(testing_number(out.data[i]), i);
    s->ops->release(c);
    assert_int_equal(s->ops->read(c, (struct read_limits){0}, &out), ERR_RESOURCE_NOT_FOUND);
    s->ops->close_cursor(c);
    s->ops->close(s);
}

static void names_attributes_consumers(void **state)
{
    struct testing *t = *state;
    struct stream_info info;
    assert_int_equal(stream_describe(t->store, KEY, &t->arena, &info), ERR_RESOURCE_NOT_FOUND);
    assert_string_equal(error_text(), "Stream s under account 000000000000 not found.");
    assert_int_equal(stream_create(t->store, KEY, 0, true), OK);
    assert_int_equal(stream_create(t->store, KEY, 1, false), ERR_RESOURCE_IN_USE);
    assert_string_equal(error_text(), "Stream s under account 000000000000 already exists.");
    assert_int_equal(stream_describe(t->store, KEY, &t->arena, &info), OK);
    assert_int_equal(info.open_shards, 4);
    assert_true(info.on_demand);
    assert_int_equal(info.retention_hours, 24);
    assert_int_equal(info.max_record_kib, 1024);
    assert_string_equal(info.status, "ACTIVE");
    assert_string_equal(info.encryption_type, "NONE");
    assert_string_equal(info.arn, "arn:aws:kinesis:eu-west-1:000000000000:stream/s");

    json_t *value = json_pack("{s:s,s:s}", "type", "KMS", "key_id", "alias/aws/kinesis");
    assert_int_equal(stream_set_attribute(t->store, KEY, "encryption", value), OK);
    json_decref(value);
    assert_int_equal(stream_set_retention(t->store, KEY, 48), OK);
    assert_int_equal(stream_describe(t->store, KEY, &t->arena, &info), OK);
    assert_string_equal(info.encryption_type, "KMS");
    assert_string_equal(info.key_id, "alias/aws/kinesis");
    assert_int_equal(info.retention_hours, 48);
    assert_int_equal(stream_attribute(t->store, KEY, "encryption", &value), OK);
    assert_string_equal(json_text(value, "type"), "KMS");
    json_decref(value);
    assert_int_equal(stream_set_attribute(t->store, KEY, "encryption", NULL), OK);
    assert_int_equal(stream_attribute(t->store, KEY, "encryption", &value), OK);
    assert_null(value);

    struct stream_consumer consumer, *consumers;
    size_t count;
    assert_int_equal(stream_register_consumer(t->store, KEY, "c1", &t->arena, &consumer), OK);
    assert_int_equal(stream_register_consumer(t->store, KEY, "c1", &t->arena, &consumer),
                     ERR_RESOURCE_IN_USE);
    assert_int_equal(stream_consumers(t->store, KEY, &t->arena, &consumers, &count), OK);
    assert_int_equal(count, 1);
    assert_string_equal(consumers[0].arn, consumer.arn);
    assert_non_null(strstr(consumer.arn, ":stream/s/consumer/c1:"));
    assert_int_equal(stream_deregister_consumer(t->store, KEY, "c1"), OK);
    assert_int_equal(stream_deregister_consumer(t->store, KEY, "c1"), ERR_RESOURCE_NOT_FOUND);
}

static void listing_pages_by_account_and_region(void **state)
{
    struct testing *t = *state;
    const char *names[] = {"b", "a", "c", "a.b", "a-b"};
    for (size_t i = 0; i < 5; i++) {
        struct stream_key key = KEY, other = KEY;
        key.name = other.name = names[i];
        other.region = "eu-west-10";
        assert_int_equal(stream_create(t->store, key, 1, false), OK);
        if (i < 2) assert_int_equal(stream_create(t->store, other, 1, false), OK);
    }
    const char **out;
    size_t count;
    bool more;
    assert_int_equal(
        stream_list(t->store, KEY.account, KEY.region, NULL, 3, &t->arena, &out, &count, &more),
        OK);
    assert_int_equal(count, 3);
    assert_true(more);
    assert_string_equal(out[0], "a");
    assert_string_equal(out[1], "a-b");
    assert_string_equal(out[2], "a.b");
    assert_int_equal(
        stream_list(t->store, KEY.account, KEY.region, out[2], 3, &t->arena, &out, &count, &more),
        OK);
    assert_int_equal(count, 2);
    assert_false(more);
    assert_string_equal(out[0], "b");
    assert_string_equal(out[1], "c");
}

static void a_recreated_stream_is_another(void **state)
{
    struct testing *t = *state;
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    testing_put(t, "k", 0, 10);
    struct stream *before = testing_stream(t);
    assert_int_equal(stream_delete(t->store, KEY), OK);
    struct put_record r = {.partition_key = SPAN("k"), .data = SPAN("x")};
    struct put_result result;
    assert_int_equal(stream_put(t->store, KEY, &r, 1, &result), ERR_RESOURCE_NOT_FOUND);
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    struct stream *after = testing_stream(t);
    assert_true(before->created_us < after->created_us);
    struct testing_read all = testing_read_all(t, after, FIRST_SHARD, (struct position){0});
    assert_int_equal(all.count, 0);
    struct shard *shards;
    size_t count;
    assert_int_equal(stream_shards(before, &t->arena, &shards, &count), ERR_RESOURCE_NOT_FOUND);
    before->ops->close(before);
    after->ops->close(after);
}

static void a_store_opens_again_with_all_records(void **state)
{
    struct testing *t = *state;
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    testing_put(t, "k", 0, 700);
    struct stream_store *shared;
    assert_int_equal(stream_store_open(t->folder, &shared), OK);
    assert_ptr_equal(shared, t->store);
    stream_store_close(shared);
    stream_store_close(t->store);
    assert_int_equal(stream_store_open(t->folder, &t->store), OK);
    testing_put(t, "k", 700, 300);
    struct stream *s = testing_stream(t);
    struct testing_read all = testing_read_all(t, s, FIRST_SHARD, (struct position){0});
    assert_int_equal(all.count, 1000);
    for (size_t i = 0; i < 1000; i++) assert_int_equal(all.numbers[i], i);
    s->ops->close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(put_then_read_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(results_name_what_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(explicit_hash_routes, setup, teardown),
        cmocka_unit_test_setup_teardown(empty_and_large_data, setup, teardown),
        cmocka_unit_test_setup_teardown(limits_cut_and_nothing_is_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(copied_and_borrowed_frames, setup, teardown),
        cmocka_unit_test_setup_teardown(through_bounds_a_replay, setup, teardown),
        cmocka_unit_test_setup_teardown(positions_and_their_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(slices_stay_valid_until_released, setup, teardown),
        cmocka_unit_test_setup_teardown(names_attributes_consumers, setup, teardown),
        cmocka_unit_test_setup_teardown(listing_pages_by_account_and_region, setup, teardown),
        cmocka_unit_test_setup_teardown(a_recreated_stream_is_another, setup, teardown),
        cmocka_unit_test_setup_teardown(a_store_opens_again_with_all_records, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
