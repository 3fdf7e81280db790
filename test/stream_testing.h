/* What the tests of stream/ share: a store in a fresh folder, numbered records, reading a shard
 * to its end. */
#pragma once

#include "stream/stream.h" /* first: cmocka.h makes `fail` a macro */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY ((struct stream_key){"000000000000", "eu-west-1", "s"})
#define FIRST_SHARD "shardId-000000000000"

struct testing {
    char folder[64];
    struct stream_store *store;
    struct arena arena;
};

static inline void testing_remove(const char *folder)
{
    const char *files[] = {"stream.mdb", "stream.mdb-lock", "stream.wake"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        unlink(path);
    }
    rmdir(folder);
}

static inline struct testing *testing_open(void)
{
    struct testing *t = must_calloc(1, sizeof *t);
    strcpy(t->folder, "/tmp/sluice-stream-XXXXXX");
    assert_non_null(mkdtemp(t->folder));
    assert_int_equal(stream_store_open(t->folder, &t->store), OK);
    return t;
}

static inline void testing_close(struct testing *t)
{
    stream_store_close(t->store);
    testing_remove(t->folder);
    arena_release(&t->arena);
    free(t);
}

static inline struct stream *testing_stream(struct testing *t)
{
    struct stream *s;
    assert_int_equal(stream_open_local(t->store, KEY, &s), OK);
    return s;
}

/* Records "PREFIX NUMBER" under keys "PREFIX-NUMBER". */
static inline void testing_records(struct testing *t, struct put_record *records, size_t count,
                                   const char *prefix, size_t from)
{
    for (size_t i = 0; i < count; i++)
        records[i] = (struct put_record){
            .partition_key = span_of(arena_printf(&t->arena, "%s-%zu", prefix, from + i)),
            .data = span_of(arena_printf(&t->arena, "%s %zu", prefix, from + i)),
        };
}

static inline void testing_put(struct testing *t, const char *prefix, size_t from, size_t count)
{
    struct put_record records[500];
    struct put_result results[500];
    for (size_t done = 0; done < count;) {
        size_t n = count - done < 500 ? count - done : 500;
        testing_records(t, records, n, prefix, from + done);
        assert_int_equal(stream_put(t->store, KEY, records, n, results), OK);
        for (size_t i = 0; i < n; i++) assert_int_equal(results[i].code, OK);
        done += n;
    }
}

static inline size_t testing_number(span data)
{
    uint64_t number;
    const char *blank = memrchr(data.data, ' ', data.size);
    assert_non_null(blank);
    assert_true(
        parse_uint64((span){blank + 1, (size_t)(data.data + data.size - blank - 1)}, &number));
    return number;
}

static inline struct hash_key testing_hash(span key)
{
    uint8_t digest[MD5_SIZE];
    md5(digest, key);
    return (struct hash_key){get_be64(digest), get_be64(digest + 8)};
}

static inline bool testing_in_range(struct hash_key h, struct hash_key start, struct hash_key end)
{
    unsigned __int128 n = (unsigned __int128)h.high << 64 | h.low;
    return ((unsigned __int128)start.high << 64 | start.low) <= n &&
           n <= ((unsigned __int128)end.high << 64 | end.low);
}

struct testing_read {
    size_t count;
    size_t *numbers;
    struct sequence *sequences;
    int64_t *arrivals;
    span *keys;
    bool shard_end;
};

/* Everything from the position on, copied into the arena. */
static inline struct testing_read testing_read_all(struct testing *t, struct stream *s,
                                                   const char *shard, struct position position)
{
    struct testing_read all = {0};
    struct stream_cursor *c;
    struct records r;
    struct buffer numbers = {0}, sequences = {0}, arrivals = {0}, keys = {0};
    assert_int_equal(s->ops->open_cursor(s, shard, position, &c), OK);
    do {
        assert_int_equal(s->ops->read(c, (struct read_limits){.records = 333}, &r), OK);
        for (size_t i = 0; i < r.count; i++) {
            size_t number = testing_number(r.data[i]);
            span key = arena_span(&t->arena, r.partition_key[i]);
            buffer_append(&numbers, &number, sizeof number);
            buffer_append(&sequences, &r.sequence[i], sizeof r.sequence[i]);
            buffer_append(&arrivals, &r.arrival_us[i], sizeof r.arrival_us[i]);
            buffer_append(&keys, &key, sizeof key);
        }
        all.count += r.count;
        all.shard_end = r.shard_end;
    } while (r.behind_ms > 0);
    s->ops->close_cursor(c);
    all.numbers = arena_copy(&t->arena, numbers.data, numbers.size);
    all.sequences = arena_copy(&t->arena, sequences.data, sequences.size);
    all.arrivals = arena_copy(&t->arena, arrivals.data, arrivals.size);
    all.keys = arena_copy(&t->arena, keys.data, keys.size);
    buffer_release(&numbers);
    buffer_release(&sequences);
    buffer_release(&arrivals);
    buffer_release(&keys);
    return all;
}
