/* KPL aggregates made by hand: unpacking, what is refused, and what a reader gets of them. */
#include "stream_testing.h"

static void varint(struct buffer *b, uint64_t v)
{
    for (; v >= 0x80; v >>= 7) buffer_append_byte(b, (uint8_t)(v | 0x80));
    buffer_append_byte(b, (uint8_t)v);
}

static void bytes_field(struct buffer *b, int number, span bytes)
{
    varint(b, (uint64_t)number << 3 | 2);
    varint(b, bytes.size);
    buffer_append_span(b, bytes);
}

static void number_field(struct buffer *b, int number, uint64_t value)
{
    varint(b, (uint64_t)number << 3);
    varint(b, value);
}

static span record_of(struct arena *a, uint64_t key, int64_t hash, span data)
{
    struct buffer b = {0};
    number_field(&b, 1, key);
    if (hash >= 0) number_field(&b, 2, (uint64_t)hash);
    bytes_field(&b, 3, data);
    span out = arena_span(a, buffer_span(&b));
    buffer_release(&b);
    return out;
}

static span sealed(struct arena *a, struct buffer *message)
{
    struct buffer b = {0};
    uint8_t digest[MD5_SIZE];
    md5(digest, buffer_span(message));
    buffer_append(&b, "\xf3\x89\x9a\xc2", 4);
    buffer_append_span(&b, buffer_span(message));
    buffer_append(&b, digest, sizeof digest);
    span out = arena_span(a, buffer_span(&b));
    buffer_release(&b);
    buffer_release(message);
    return out;
}

/* Keys "a" and "b", one explicit hash "0", three records. */
static span example(struct arena *a)
{
    struct buffer m = {0};
    bytes_field(&m, 1, SPAN("a"));
    bytes_field(&m, 1, SPAN("b"));
    bytes_field(&m, 2, SPAN("0"));
    bytes_field(&m, 3, record_of(a, 0, -1, SPAN("n 1")));
    bytes_field(&m, 3, record_of(a, 1, 0, SPAN("n 2")));
    bytes_field(&m, 3, record_of(a, 0, -1, SPAN("")));
    return sealed(a, &m);
}

static void unpacks(void **state)
{
    (void)state;
    struct arena a = {0};
    struct aggregated_record *r;
    size_t count;
    assert_true(aggregated_unpack(&a, example(&a), &r, &count));
    assert_int_equal(count, 3);
    assert_true(span_is(r[0].partition_key, "a") && span_is(r[0].data, "n 1"));
    assert_int_equal(r[0].explicit_hash_key.size, 0);
    assert_true(span_is(r[1].partition_key, "b") && span_is(r[1].explicit_hash_key, "0"));
    assert_int_equal(r[2].data.size, 0);
    arena_release(&a);
}

static void order_unknown_fields_and_tags_do_not_matter(void **state)
{
    (void)state;
    struct arena a = {0};
    struct buffer m = {0}, tagged = {0};
    buffer_append_span(&tagged, record_of(&a, 0, -1, SPAN("x")));
    bytes_field(&tagged, 4, SPAN("\x0a\x01k\x12\x01v"));
    number_field(&m, 9, 77);
    bytes_field(&m, 3, buffer_span(&tagged)); /* before the table it refers to */
    bytes_field(&m, 1, SPAN("late"));
    buffer_append(&m,
                  "\x3d"
                  "abcd",
                  5); /* field 7, 32 bits */
    buffer_append(&m,
                  "\x41"
                  "abcdefgh",
                  9); /* field 8, 64 bits */
    struct aggregated_record *r;
    size_t count;
    assert_true(aggregated_unpack(&a, sealed(&a, &m), &r, &count));
    assert_int_equal(count, 1);
    assert_true(span_is(r[0].partition_key, "late") && span_is(r[0].data, "x"));
    buffer_release(&tagged);
    arena_release(&a);
}

static void every_cut_and_flip_is_a_plain_record(void **state)
{
    (void)state;
    struct arena a = {0};
    struct aggregated_record *r;
    size_t count;
    span good = example(&a);
    for (size_t n = 0; n < good.size; n++)
        assert_false(aggregated_unpack(&a, (span){good.data, n}, &r, &count));
    char *copy = arena_copy(&a, good.data, good.size);
    for (size_t i = 0; i < good.size; i++) {
        copy[i] ^= 0x10;
        assert_false(aggregated_unpack(&a, (span){copy, good.size}, &r, &count));
        copy[i] ^= 0x10;
    }
    arena_release(&a);
}

/* The digest fits but the message does not. */
static void damaged_messages_are_plain_records(void **state)
{
    (void)state;
    struct arena a = {0};
    struct aggregated_record *r;
    size_t count;
    const span bodies[] = {
        record_of(&a, 1, -1, SPAN("key index beyond the table")),
        record_of(&a, UINT64_MAX, -1, SPAN("far beyond")),
        record_of(&a, 0, 0, SPAN("no hash table")),
        SPAN("\x08\x00"),                                         /* no data */
        SPAN("\x1a\x01x"),                                        /* no key */
        SPAN("\x08\x00\x1a\x05x"),                                /* data cut */
        SPAN("\x08\x80"),                                         /* varint cut */
        SPAN("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), /* varint too long */
        SPAN("\x0b\x0c"),                                         /* group */
        SPAN("\x00\x00"),                                         /* field 0 */
        SPAN("\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),     /* length overflows */
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct buffer m = {0};
        bytes_field(&m, 1, SPAN("a"));
        bytes_field(&m, 3, bodies[i]);
        assert_false(aggregated_unpack(&a, sealed(&a, &m), &r, &count));
    }
    struct buffer m = {0};
    number_field(&m, 3, 5); /* records as a number */
    assert_false(aggregated_unpack(&a, sealed(&a, &m), &r, &count));
    arena_release(&a);
}

static void an_empty_aggregate_has_no_records(void **state)
{
    (void)state;
    struct arena a = {0};
    struct buffer m = {0};
    struct aggregated_record *r;
    size_t count;
    assert_true(aggregated_unpack(&a, sealed(&a, &m), &r, &count));
    assert_int_equal(count, 0);
    arena_release(&a);
}

static void reader_unpacks_unless_raw(void **state)
{
    (void)state;
    struct testing *t = testing_open();
    assert_int_equal(stream_create(t->store, KEY, 1, false), OK);
    struct put_record p[2] = {{.partition_key = SPAN("outer"), .data = example(&t->arena)},
                              {.partition_key = SPAN("plain"), .data = SPAN("n 9")}};
    struct put_result results[2];
    assert_int_equal(stream_put(t->store, KEY, p, 2, results), OK);
    struct stream *s = testing_stream(t);
    struct stream_cursor *c;
    struct records r;
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, (struct position){0}, &c), OK);
    /* the limit cuts behind the whole aggregate */
    assert_int_equal(s->ops->read(c, (struct read_limits){.records = 1}, &r), OK);
    assert_int_equal(r.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(r.sub[i], i);
        assert_int_equal(sequence_compare(r.sequence[i], results[0].sequence), 0);
    }
    assert_true(span_is(r.partition_key[1], "b") && span_is(r.data[1], "n 2"));
    assert_int_equal(r.bytes, 6);
    assert_int_equal(s->ops->read(c, (struct read_limits){.records = 1}, &r), OK);
    assert_int_equal(r.count, 1);
    assert_int_equal(r.sub[0], 0);
    assert_true(span_is(r.partition_key[0], "plain"));
    s->ops->close_cursor(c);
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, (struct position){0}, &c), OK);
    assert_int_equal(s->ops->read(c, (struct read_limits){.raw = true}, &r), OK);
    assert_int_equal(r.count, 2);
    assert_true(span_is(r.partition_key[0], "outer"));
    assert_true(span_equal(r.data[0], p[0].data));
    s->ops->close_cursor(c);
    s->ops->close(s);
    testing_close(t);
}

/* MD5("a") = 0cc1..., MD5("b") = 92eb...: of two shards the lower holds "a" and hash "0". Whatever
 * shard the aggregate went to, every sub-record is delivered. */
static void foreign_sub_records_are_kept(void **state)
{
    (void)state;
    struct testing *t = testing_open();
    assert_int_equal(stream_create(t->store, KEY, 2, false), OK);
    struct buffer m = {0};
    bytes_field(&m, 1, SPAN("a"));
    bytes_field(&m, 1, SPAN("b"));
    bytes_field(&m, 2, SPAN("340282366920938463463374607431768211455"));
    bytes_field(&m, 3, record_of(&t->arena, 0, -1, SPAN("low")));
    bytes_field(&m, 3, record_of(&t->arena, 1, -1, SPAN("high by key")));
    bytes_field(&m, 3, record_of(&t->arena, 0, 0, SPAN("high by explicit hash")));
    struct put_record p[2] = {{.partition_key = SPAN("a"), .data = sealed(&t->arena, &m)}};
    p[1] = p[0];
    p[1].has_explicit_hash = true;
    p[1].explicit_hash = (struct hash_key){UINT64_MAX, 0};
    struct put_result results[2];
    assert_int_equal(stream_put(t->store, KEY, p, 2, results), OK);
    struct stream *s = testing_stream(t);
    struct stream_cursor *c;
    struct records r;
    assert_int_equal(s->ops->open_cursor(s, FIRST_SHARD, (struct position){0}, &c), OK);
    assert_int_equal(s->ops->read(c, (struct read_limits){0}, &r), OK);
    assert_int_equal(r.count, 3);
    assert_true(span_is(r.data[0], "low"));
    assert_int_equal(r.sub[2], 2);
    s->ops->close_cursor(c);
    assert_int_equal(s->ops->open_cursor(s, "shardId-000000000001", (struct position){0}, &c), OK);
    assert_int_equal(s->ops->read(c, (struct read_limits){0}, &r), OK);
    assert_int_equal(r.count, 3);
    assert_true(span_is(r.data[1], "high by key"));
    assert_true(span_is(r.data[2], "high by explicit hash"));
    assert_true(r.any);
    s->ops->close_cursor(c);
    s->ops->close(s);
    testing_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unpacks),
        cmocka_unit_test(order_unknown_fields_and_tags_do_not_matter),
        cmocka_unit_test(every_cut_and_flip_is_a_plain_record),
        cmocka_unit_test(damaged_messages_are_plain_records),
        cmocka_unit_test(an_empty_aggregate_has_no_records),
        cmocka_unit_test(reader_unpacks_unless_raw),
        cmocka_unit_test(foreign_sub_records_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
