/* The remote object store needs a server that stands above it in the layers: this program drives it
 * against the endpoint of its first argument, in the bucket of its second, with the keys of the AWS
 * environment, and prints TAP. */
#include "http/http.h"
#include "object/object.h"

#include <stdio.h>
#include <stdlib.h>

static struct object_store *store;
static const struct object_ops *ops;
static const char *bucket;
static struct arena arena;
static int count, failed;

static void ok(bool good, const char *name)
{
    printf("%s %d - %s\n", good ? "ok" : "not ok", ++count, name);
    if (!good) printf("# last error: %s\n", error_text());
    failed += !good;
}

static void is(error got, error expected, const char *name)
{
    ok(got == expected, name);
    if (got != expected)
        printf("# got %s, expected %s\n", got ? error_row(got)->code : "OK",
               expected ? error_row(expected)->code : "OK");
}

static const struct object_condition always = {0}, if_absent = {.if_absent = true};

static error put(const char *key, const char *text, struct object_condition condition)
{
    return ops->put(store, bucket, key, span_of(text), "text/plain", condition);
}

static bool holds(const char *key, span data)
{
    struct buffer out = {0};
    buffer_append_text(&out, "before");
    error e = ops->get(store, bucket, key, 1 << 30, &out);
    bool same = e == OK && out.size == data.size + 6 && memcmp(out.data, "before", 6) == 0 &&
                (data.size == 0 || memcmp(out.data + 6, data.data, data.size) == 0);
    buffer_release(&out);
    return same;
}

static void puts_and_gets(void)
{
    struct buffer out = {0};
    struct object_info info;
    is(put("a/b", "hello", always), OK, "put");
    ok(holds("a/b", SPAN("hello")), "get appends what was put");
    is(put("a/b", "hello again", always), OK, "put over it");
    ok(holds("a/b", SPAN("hello again")), "the last one counts");
    is(put("empty", "", always), OK, "put nothing");
    ok(holds("empty", SPAN("")), "get nothing");
    is(ops->head(store, bucket, "a/b", &arena, &info), OK, "head");
    ok(info.size == 11 && strcmp(info.content_type, "text/plain") == 0 &&
           strcmp(info.etag, "44997f87b891f89472b7f2bbe4e000c3") == 0 &&
           info.modified_us > now_us() - 3600 * (int64_t)US_PER_SECOND,
       "head tells size, type, ETag and time");
    is(ops->get(store, bucket, "none", 100, &out), ERR_NO_SUCH_KEY, "get of a missing key");
    is(ops->head(store, bucket, "none", &arena, &info), ERR_NO_SUCH_KEY, "head of a missing key");
    ok(out.size == 0, "a failed get leaves the buffer");
    is(ops->get(store, bucket, "a/b", 10, &out), ERR_TOO_LARGE, "get of more than wanted");
    is(ops->get(store, "no-such-bucket-here", "a/b", 10, &out), ERR_NO_SUCH_BUCKET,
       "get of a missing bucket");
    is(ops->remove(store, bucket, "a/b"), OK, "remove");
    is(ops->remove(store, bucket, "a/b"), OK, "remove what is gone");
    is(ops->get(store, bucket, "a/b", 100, &out), ERR_NO_SUCH_KEY, "it is gone");
    is(ops->local_path(store, bucket, "empty", &arena, &(const char *){0}), ERR_UNSUPPORTED,
       "no local path");
    buffer_release(&out);
}

static bool range_is(int64_t offset, size_t length, const char *expected)
{
    struct buffer out = {0};
    error e = ops->get_range(store, bucket, "digits", offset, length, &out);
    bool same = e == OK && span_is(buffer_span(&out), expected);
    if (!same) printf("# range %lld+%zu: %s\n", (long long)offset, length, buffer_text(&out));
    buffer_release(&out);
    return same;
}

static void ranges(void)
{
    struct buffer out = {0};
    is(put("digits", "0123456789", always), OK, "put digits");
    ok(range_is(0, 3, "012") && range_is(7, 3, "789"), "ranges");
    ok(range_is(8, 100, "89") && range_is(10, 5, "") && range_is(50, 5, ""), "beyond the end");
    ok(range_is(-4, 4, "6789") && range_is(-4, 2, "67") && range_is(-40, 40, "0123456789"),
       "from the end");
    ok(range_is(3, 0, ""), "of no length");
    is(ops->get_range(store, bucket, "none", 0, 5, &out), ERR_NO_SUCH_KEY, "of a missing key");
    buffer_release(&out);
}

static void conditions(void)
{
    struct object_info info;
    is(put("once", "1", if_absent), OK, "put if absent");
    is(put("once", "2", if_absent), ERR_PRECONDITION, "again: refused");
    ok(holds("once", SPAN("1")), "the first one stays");
    is(ops->head(store, bucket, "once", &arena, &info), OK, "its ETag");
    const struct object_condition same = {.if_etag = info.etag};
    const struct object_condition other = {.if_etag = "00000000000000000000000000000000"};
    is(put("once", "3", other), ERR_PRECONDITION, "put if another ETag: refused");
    is(put("once", "4", same), OK, "put if this ETag");
    is(put("once", "5", same), ERR_PRECONDITION, "the ETag is another now");
    ok(holds("once", SPAN("4")), "one change was made");
    bool exact = true;
    for (int i = 0; i < 40; i++) { /* a lost reply must not look like another writer */
        const char *key = arena_printf(&arena, "once/%d", i);
        exact = exact && put(key, key, if_absent) == OK && holds(key, span_of(key));
    }
    ok(exact, "40 puts if absent all succeed");
}

static const char *const odd_keys[] = {
    "odd/ blanks  and\ttabs", "odd/%2F%percent+plus", "odd/&<>\"'xml", "odd//double//slash/",
    "odd/./dot/../dots", "odd/\xc3\xa4\xe2\x82\xac\xf0\x9f\x9a\xb0", "odd/?query=1&b#hash",
    "odd/=+;:@$,!*()[]{}|\\^`~",
};
enum { ODD_KEYS = sizeof odd_keys / sizeof *odd_keys };

static void lists(void)
{
    struct object_info *infos;
    size_t found;
    bool more, good = true;
    for (size_t i = 0; i < ODD_KEYS; i++)
        good = good && put(odd_keys[i], odd_keys[i], always) == OK &&
               holds(odd_keys[i], span_of(odd_keys[i]));
    ok(good, "keys of odd characters");
    is(ops->list(store, bucket, "odd/", NULL, 100, &arena, &infos, &found, &more), OK, "list");
    ok(found == ODD_KEYS && !more, "all of them");
    for (size_t i = 0; i < ODD_KEYS; i++) {
        bool there = false;
        for (size_t k = 0; k < found; k++)
            there |= strcmp(infos[k].key, odd_keys[i]) == 0 &&
                     infos[k].size == (int64_t)strlen(odd_keys[i]) && strlen(infos[k].etag) == 32;
        good = good && there;
    }
    for (size_t k = 1; k < found; k++) good = good && strcmp(infos[k - 1].key, infos[k].key) < 0;
    ok(good, "each as it was put, in byte order");
    const char *after = NULL;
    size_t all = 0;
    do { /* in pages, each behind the last key of the one before */
        is(ops->list(store, bucket, "odd/", after, 3, &arena, &infos, &found, &more), OK, "a page");
        all += found;
        after = found ? infos[found - 1].key : NULL;
    } while (more && found && all <= ODD_KEYS);
    ok(all == ODD_KEYS, "pages cover everything once");
    is(ops->list(store, bucket, "nothing/", NULL, 3, &arena, &infos, &found, &more), OK,
       "list of nothing");
    ok(found == 0 && !more, "is empty");
}

/* ---- staged writing ---- */

static char *big;
enum { BIG = 12 << 20 };

static error stage(const char *key, span bytes, size_t piece, const char **token)
{
    struct upload *u;
    TRY(ops->upload_begin(store, bucket, key, "application/x-test", &u));
    for (size_t at = 0; at < bytes.size; at += piece) {
        size_t n = bytes.size - at < piece ? bytes.size - at : piece;
        error e = ops->upload_write(u, (span){bytes.data + at, n});
        if (e != OK) {
            ops->upload_abandon(u);
            return e;
        }
    }
    return ops->upload_finish(u, &arena, token);
}

static void uploads(void)
{
    struct object_info info;
    const char *small = "", *large = "", *other = "";
    is(stage("staged/small", SPAN("small"), 2, &small), OK, "stage a small one");
    is(stage("staged/large", (span){big, BIG}, 1 << 20, &large), OK, "stage a large one");
    is(ops->head(store, bucket, "staged/small", &arena, &info), ERR_NO_SUCH_KEY, "invisible");
    is(ops->upload_complete(store, bucket, "staged/small", small), OK, "complete");
    ok(holds("staged/small", SPAN("small")), "visible");
    is(ops->upload_complete(store, bucket, "staged/small", small), OK, "complete again");
    is(ops->upload_complete(store, bucket, "staged/large", large), OK, "complete the large one");
    ok(holds("staged/large", (span){big, BIG}), "all its bytes are there");
    is(ops->head(store, bucket, "staged/large", &arena, &info), OK, "head");
    ok(info.size == BIG && strcmp(info.content_type, "application/x-test") == 0, "size and type");
    is(stage("staged/small", SPAN("other"), 5, &other), OK, "stage over it");
    is(ops->upload_complete(store, bucket, "staged/small", other), OK, "complete that");
    is(ops->upload_complete(store, bucket, "staged/small", small), ERR_NO_SUCH_UPLOAD,
       "the first one is neither staged nor there any more");
    ok(holds("staged/small", SPAN("other")), "the second one stays");
    is(stage("staged/gone", SPAN("gone"), 5, &other), OK, "stage for nothing");
    is(ops->upload_abort(store, bucket, "staged/gone", other), OK, "abort");
    error e = ops->upload_abort(store, bucket, "staged/gone", other);
    ok(e == OK || e == ERR_NO_SUCH_UPLOAD, "abort again");
    is(ops->upload_complete(store, bucket, "staged/gone", other), ERR_NO_SUCH_UPLOAD,
       "complete what was aborted");
    is(ops->upload_complete(store, bucket, "staged/gone", "no token"), ERR_NO_SUCH_UPLOAD,
       "a token that is none");
    bool exact = true;
    for (int i = 0; i < 20; i++) {
        const char *key = arena_printf(&arena, "staged/many/%d", i);
        exact = exact && stage(key, span_of(key), 3, &other) == OK &&
                ops->upload_complete(store, bucket, key, other) == OK && holds(key, span_of(key));
    }
    ok(exact, "20 of them, one after the other");
}

static void sweeps(void)
{
    const char *kept = "", *taken = "", *other = "";
    struct upload *open;
    is(stage("sweep/deep/job-1-kept", SPAN("k"), 1, &kept), OK, "stage one to keep");
    is(stage("sweep/job-1-taken", SPAN("t"), 1, &taken), OK, "stage one to sweep");
    is(stage("sweep/job-1-/other", SPAN("o"), 1, &other), OK, "stage one of another");
    is(ops->upload_begin(store, bucket, "job-1-open", NULL, &open), OK, "begin one");
    is(ops->upload_write(open, (span){big, BIG}), OK, "write two parts of it");
    const int64_t later = now_us() + 3600 * (int64_t)US_PER_SECOND;
    is(ops->upload_sweep(store, bucket, "job-1-", 0, NULL, 0), OK, "sweep what is older than all");
    is(ops->upload_sweep(store, bucket, "job-1-", later, &kept, 1), OK, "sweep");
    is(ops->upload_complete(store, bucket, "sweep/deep/job-1-kept", kept), OK, "kept");
    is(ops->upload_complete(store, bucket, "sweep/job-1-/other", other), OK, "another's stays");
    is(ops->upload_complete(store, bucket, "sweep/job-1-taken", taken), ERR_NO_SUCH_UPLOAD,
       "swept");
    is(ops->upload_write(open, (span){big, BIG}), ERR_FENCED, "the open one says that");
    ops->upload_abandon(open);
}

int main(int argc, char **argv)
{
    struct http_client *client;
    if (argc < 3) return 64;
    bucket = argv[2];
    big = must_alloc(BIG);
    for (int i = 0; i < BIG; i++) big[i] = (char)(i * 7 / 3 + i / 4096);
    error e = http_client_open(NULL, &client);
    if (e == OK) e = object_open_s3(client, argv[1], "us-east-1", &store);
    if (e != OK) {
        printf("Bail out! %s\n", error_text());
        return 1;
    }
    ops = store->ops;
    puts_and_gets();
    ranges();
    conditions();
    lists();
    uploads();
    sweeps();
    printf("1..%d\n", count);
    ops->close(store);
    http_client_close(client);
    arena_release(&arena);
    free(big);
    return failed != 0;
}
