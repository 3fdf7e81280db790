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
    assert_int_equal(page_parse(&a, PAGE_JSON, reply, &page), OK);
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
    assert_int_equal(page_parse(&a, PAGE_JSON, SPAN("{\"Records\":[]}"), &page), OK);
    assert_null(page.next.data);
    assert_int_equal(page_parse(&a, PAGE_JSON, SPAN("{\"NextShardIterator\":null,\"Records\":[]}"), &page),
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
    assert_int_equal(page_parse(&a, PAGE_JSON, good, &page), OK);
    for (size_t n = 0; n < good.size; n++)
        assert_int_equal(page_parse(&a, PAGE_JSON, (span){good.data, n}, &page), ERR_NETWORK);
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
        assert_int_equal(page_parse(&a, PAGE_JSON, bad[i], &page), ERR_NETWORK);
    arena_release(&a);
}

/* {"Records": [{"Data": `data`, "PartitionKey": "k", "SequenceNumber": "7",
 *               "ApproximateArrivalTimestamp": `time`}], "NextShardIterator": `next`} */
#define CBOR_PAGE(data, time, next)                                                                \
    "\xbf\x67Records\x9f\xa4\x64" "Data" data "\x6cPartitionKey\x61k\x6eSequenceNumber\x61" "7"         \
    "\x78\x1b" "ApproximateArrivalTimestamp" time "\xff\x71NextShardIterator" next "\xff"
#define CBOR_BYTES_X "\x43" "a\x00" "b"
#define CBOR_TIME "\xc1\x1b\x00\x00\x01\x8a\x70\x61\x49\x43" /* tag 1, whole milliseconds */

static void reads_cbor(void **state)
{
    (void)state;
    struct arena a = {0};
    struct page page;
    const span reply = SPAN(CBOR_PAGE(CBOR_BYTES_X, CBOR_TIME, "\x62" "AA"));
    assert_int_equal(page_parse(&a, PAGE_CBOR, reply, &page), OK);
    assert_int_equal(page.count, 1);
    assert_true(span_equal(page.records[0].data, SPAN("a\0b")));
    assert_true(page.records[0].data.data > reply.data && /* where it stands */
                page.records[0].data.data < reply.data + reply.size);
    assert_true(span_is(page.records[0].partition_key, "k"));
    assert_true(page.records[0].sequence.low == 7);
    assert_true(page.records[0].arrival_us == INT64_C(0x18a70614943) * 1000);
    assert_true(span_is(page.next, "AA"));
    /* an emulator's: base64 text, a time in seconds, chunks */
    assert_int_equal(page_parse(&a, PAGE_CBOR,
                                SPAN(CBOR_PAGE("\x64" "eA==", "\xfb\x3f\xf8\0\0\0\0\0\0",
                                               "\x7f\x61" "A\x61" "B\xff")),
                                &page),
                     OK);
    assert_true(span_is(page.records[0].data, "x"));
    assert_true(page.records[0].arrival_us == 1500000);
    assert_true(span_is(page.next, "AB"));
    assert_int_equal(page_parse(&a, PAGE_CBOR, SPAN(CBOR_PAGE(CBOR_BYTES_X, "\0", "\xf6")), &page), OK);
    assert_null(page.next.data);
    arena_release(&a);
}

static void damaged_cbor_is_refused(void **state)
{
    (void)state;
    struct arena a = {0};
    struct page page;
    const span good = SPAN(CBOR_PAGE(CBOR_BYTES_X, CBOR_TIME, "\x62" "AA"));
    for (size_t n = 0; n < good.size; n++)
        assert_int_equal(page_parse(&a, PAGE_CBOR, (span){good.data, n}, &page), ERR_NETWORK);
    const span bad[] = {
        SPAN(CBOR_PAGE("\x01", CBOR_TIME, "\xf6")),              /* data that is a number */
        SPAN(CBOR_PAGE("\x64" "eA=x", CBOR_TIME, "\xf6")),       /* text that is no base64 */
        SPAN(CBOR_PAGE("\x5a\xff\xff\xff\xff" "x", CBOR_TIME, "\xf6")), /* 4 GiB of data */
        SPAN(CBOR_PAGE(CBOR_BYTES_X, "\x61" "1", "\xf6")),       /* a time that is text */
        SPAN(CBOR_PAGE(CBOR_BYTES_X, "\xfb\x7f\xf0\0\0\0\0\0\0", "\xf6")), /* infinity */
        SPAN(CBOR_PAGE(CBOR_BYTES_X, CBOR_TIME, "\x42" "AA")),    /* an iterator of bytes */
        SPAN(CBOR_PAGE(CBOR_BYTES_X, CBOR_TIME, "\xf6") "\xf6"),  /* more behind it */
        SPAN("\xa0"),
        SPAN("\x80"),
        SPAN("\xa1\x67Records\xa0"),
        SPAN("\xa1\x67Records\x9b\x7f\xff\xff\xff\xff\xff\xff\xff"), /* a list of 2^63 */
        SPAN("\xa1\x67Records\x81\xa0"),
        SPAN("\xa2\x67Records\x80\x67Records\x80"),
        SPAN("{\"Records\":[]}"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(page_parse(&a, PAGE_CBOR, bad[i], &page), ERR_NETWORK);
    char deep[4096];
    memset(deep, 0x81, sizeof deep);
    memcpy(deep, "\xa1\x61x", 3);
    assert_int_equal(page_parse(&a, PAGE_CBOR, (span){deep, sizeof deep}, &page), ERR_NETWORK);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_reply),
        cmocka_unit_test(an_ended_shard_has_no_next),
        cmocka_unit_test(damaged_replies_are_refused),
        cmocka_unit_test(reads_cbor),
        cmocka_unit_test(damaged_cbor_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
