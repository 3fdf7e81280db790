/* GetRecords' reply: what is read from it and what is refused. */
#include "stream/shard.h"
#include "stream_testing.h"

static void reads_a_reply(void **state)
{
    (void)state;
    struct arena a = {0};
    struct page page;
    span reply = SPAN(
        " {\"ChildShards\":[{\"ShardId\":\"x\",\"ParentShards\":[\"y\"]}],\"MillisBehindLatest\":"
        "1200,"
        "\"Records\":[{\"ApproximateArrivalTimestamp\":1694102537.123,\"Data\":\"eyJ4IjoxfQ==\","
        "\"PartitionKey\":\"1\",\"SequenceNumber\":\"4956921176418345421916848489319506412928539749"
        "7136578562\"}, {\"SequenceNumber\":\"7\",\"EncryptionType\":\"KMS\",\"PartitionKey\":"
        "\"\\u00e9\\ud83d\\ude00\\\"\\\\\\/\\n\",\"Data\":\"\",\"ApproximateArrivalTimestamp\":"
        "1.694102537124E9}],\"NextShardIterator\":\"AA\\/=\"}\n");
    assert_int_equal(page_parse(&a, reply, &page), OK);
    assert_int_equal(page.count, 2);
    assert_int_equal(page.behind_ms, 1200);
    assert_true(span_is(page.next, "AA/="));
    assert_true(span_is(page.records[0].data, "{\"x\":1}"));
    assert_true(span_is(page.records[0].partition_key, "1"));
    assert_true(page.records[0].sequence.low == 0x0e636219e1008002ULL);
    assert_true(page.records[0].arrival_us == INT64_C(1694102537123000));
    assert_true(span_is(page.records[1].partition_key, "\xc3\xa9\xf0\x9f\x98\x80\"\\/\n"));
    assert_int_equal(page.records[1].data.size, 0);
    assert_true(page.records[1].arrival_us == INT64_C(1694102537124000));
    arena_release(&a);
}

static void an_ended_shard_has_no_next(void **state)
{
    (void)state;
    struct arena a = {0};
    struct page page;
    assert_int_equal(page_parse(&a, SPAN("{\"Records\":[]}"), &page), OK);
    assert_null(page.next.data);
    assert_int_equal(page_parse(&a, SPAN("{\"NextShardIterator\":null,\"Records\":[]}"), &page),
                     OK);
    assert_null(page.next.data);
    arena_release(&a);
}

static void damaged_replies_are_refused(void **state)
{
    (void)state;
    struct arena a = {0};
    struct page page;
#define RECORD(key, sequence, data)                                                                \
    "{\"Records\":[{\"PartitionKey\":\"" key "\",\"SequenceNumber\":\"" sequence                   \
    "\",\"Data\":\"" data "\"}],\"NextShardIterator\":\"i\"}"
    const span good = SPAN(RECORD("k", "1", "eA=="));
    assert_int_equal(page_parse(&a, good, &page), OK);
    for (size_t n = 0; n < good.size; n++)
        assert_int_equal(page_parse(&a, (span){good.data, n}, &page), ERR_NETWORK);
    const span bad[] = {
        SPAN(RECORD("k", "x", "eA==")),
        SPAN(RECORD("k", "1", "eA=")),
        SPAN(RECORD("\xff", "1", "")),
        SPAN(RECORD("\\ud800", "1", "")),
        SPAN(RECORD("\\x", "1", "")),
        SPAN(RECORD("\\u12", "1", "")),
        SPAN("{}"),
        SPAN("[]"),
        SPAN("null"),
        SPAN("{\"Records\":{}}"),
        SPAN("{\"Records\":[{}]}"),
        SPAN("{\"Records\":[],\"Records\":[]}"),
        SPAN("{\"Records\":[]} x"),
        SPAN("{\"Records\":[],}"),
        SPAN("{\"Records\":[],\"MillisBehindLatest\":\"0\"}"),
        SPAN("{\"x\":}}"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(page_parse(&a, bad[i], &page), ERR_NETWORK);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_reply),
        cmocka_unit_test(an_ended_shard_has_no_next),
        cmocka_unit_test(damaged_replies_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
