/* The local object store through its door: what is put reads back, whatever its key; lists are in
 * byte order; keys cannot leave the folder; conditions and uploads hold; the disk shows what the
 * index says and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "object/object.h" /* before cmocka's own fail() */

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
    char folder[64];
    struct object_store *store;
    struct arena arena;
};

static int fixture_open(void **context)
{
    struct fixture *f = calloc(1, sizeof *f);
    strcpy(f->folder, "/tmp/sluice-object-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    assert_int_equal(object_open_local(f->folder, &f->store), OK);
    assert_int_equal(object_bucket_create(f->store, "lake", "eu-west-1"), OK);
    *context = f;
    return 0;
}

static int fixture_close(void **context)
{
    struct fixture *f = *context;
    f->store->ops->close(f->store);
    assert_int_equal(system(arena_printf(&f->arena, "rm -rf %s", f->folder)), 0);
    arena_release(&f->arena);
    free(f);
    return 0;
}

static error put(struct fixture *f, const char *key, const char *text)
{
    return f->store->ops->put(f->store, "lake", key, span_of(text), NULL,
                              (struct object_condition){0});
}

static void assert_object(struct fixture *f, const char *key, const char *text)
{
    struct buffer got = {0};
    assert_int_equal(f->store->ops->get(f->store, "lake", key, 1 << 20, &got), OK);
    assert_string_equal(buffer_text(&got), text);
    buffer_release(&got);
}

static void assert_missing(struct fixture *f, const char *key)
{
    struct buffer got = {0};
    assert_int_equal(f->store->ops->get(f->store, "lake", key, 1 << 20, &got), ERR_NO_SUCH_KEY);
    buffer_release(&got);
}

/* Files below a folder of the store as the shell sees them. */
static int file_count(struct fixture *f, const char *folder)
{
    int count = -1;
    FILE *p = popen(arena_printf(&f->arena, "find %s/%s -type f 2>/dev/null | wc -l", f->folder,
                                 folder), "r");
    assert_int_equal(fscanf(p, "%d", &count), 1);
    pclose(p);
    return count;
}

static const char *file_text(struct fixture *f, const char *path)
{
    struct buffer text = {0};
    if (file_read_whole(arena_printf(&f->arena, "%s/%s", f->folder, path), &text, 1 << 20) != OK)
        return NULL;
    const char *kept = arena_text(&f->arena, buffer_span(&text));
    buffer_release(&text);
    return kept;
}

static void test_put_get_head(void **context)
{
    struct fixture *f = *context;
    struct object_info info;
    const char *key = "t/ingest_year=2023/ingest_month=01/part 1%2f+\xc3\xa9.parquet";
    assert_int_equal(f->store->ops->put(f->store, "lake", key, SPAN("hello"), "text/plain",
                                        (struct object_condition){0}), OK);
    assert_object(f, key, "hello");
    assert_int_equal(f->store->ops->head(f->store, "lake", key, &f->arena, &info), OK);
    assert_int_equal(info.size, 5);
    assert_string_equal(info.etag, "5d41402abc4b2a76b9719d911017c592"); /* md5sum of hello */
    assert_string_equal(info.content_type, "text/plain");
    assert_true(info.modified_us > 0);
    /* people find it where they expect it */
    assert_string_equal(file_text(f, arena_printf(&f->arena, "lake/%s", key)), "hello");
    assert_missing(f, "t/ingest_year=2023");
    struct buffer got = {0};
    assert_int_equal(f->store->ops->get(f->store, "lake", key, 4, &got), ERR_TOO_LARGE);
    assert_int_equal(f->store->ops->get(f->store, "pond", key, 4, &got), ERR_NO_SUCH_BUCKET);
    assert_int_equal(put(f, "empty", ""), OK);
    assert_object(f, "empty", "");
    assert_int_equal(f->store->ops->put(f->store, "pond", key, SPAN("x"), NULL,
                                        (struct object_condition){0}), ERR_NO_SUCH_BUCKET);
    buffer_release(&got);
}

static void assert_range(struct fixture *f, int64_t offset, size_t length, const char *text)
{
    struct buffer got = {0};
    assert_int_equal(f->store->ops->get_range(f->store, "lake", "r", offset, length, &got), OK);
    assert_string_equal(buffer_text(&got), text);
    buffer_release(&got);
}

static void test_ranges(void **context)
{
    struct fixture *f = *context;
    assert_int_equal(put(f, "r", "0123456789"), OK);
    assert_range(f, 0, 3, "012");
    assert_range(f, 7, 100, "789");
    assert_range(f, -4, 2, "67");
    assert_range(f, -100, 100, "0123456789");
    assert_range(f, 10, 1, "");
    assert_range(f, INT64_MAX, SIZE_MAX, "");
    assert_range(f, INT64_MIN, 1, "0");
}

static void test_overwrite_is_whole(void **context)
{
    struct fixture *f = *context;
    const char *before, *after;
    assert_int_equal(put(f, "a/x.parquet", "one"), OK);
    assert_int_equal(f->store->ops->local_path(f->store, "lake", "a/x.parquet", &f->arena, &before), OK);
    int reader = open(before, O_RDONLY);
    assert_true(reader >= 0);
    assert_int_equal(put(f, "a/x.parquet", "two!"), OK);
    assert_object(f, "a/x.parquet", "two!");
    char bytes[8] = "";
    assert_int_equal(read(reader, bytes, sizeof bytes), 3); /* the open reader keeps its bytes */
    assert_memory_equal(bytes, "one", 3);
    close(reader);
    assert_int_equal(f->store->ops->local_path(f->store, "lake", "a/x.parquet", &f->arena, &after), OK);
    assert_string_not_equal(before, after); /* never other bytes under a path once given out */
    assert_string_equal(after + strlen(after) - 8, ".parquet");
    assert_int_equal(file_count(f, "lake"), 1);
    for (int i = 0; i < 20; i++) assert_int_equal(put(f, "a/x.parquet", "again"), OK);
    assert_int_equal(file_count(f, "lake"), 1);
    assert_int_equal(file_count(f, ".staging"), 0);
}

static void test_remove(void **context)
{
    struct fixture *f = *context;
    assert_int_equal(put(f, "d/e/f", "x"), OK);
    assert_int_equal(put(f, "d/g", "y"), OK);
    assert_int_equal(f->store->ops->remove(f->store, "lake", "d/e/f"), OK);
    assert_int_equal(f->store->ops->remove(f->store, "lake", "d/e/f"), OK);
    assert_missing(f, "d/e/f");
    assert_int_equal(file_count(f, "lake"), 1);
    assert_int_equal(access(arena_printf(&f->arena, "%s/lake/d/e", f->folder), F_OK), -1);
    assert_int_equal(put(f, "d/e", "now a file"), OK); /* the emptied folder is not in the way */
    assert_string_equal(file_text(f, "lake/d/e"), "now a file");
    assert_int_equal(f->store->ops->remove(f->store, "pond", "d"), ERR_NO_SUCH_BUCKET);
    assert_int_equal(put(f, "d/e", "again"), OK);
    assert_int_equal(f->store->ops->remove(f->store, "lake", "d/e"), OK);
    assert_int_equal(put(f, "d/e", "third"), OK);
    assert_string_equal(file_text(f, "lake/d/e"), "third");
}

static void test_hostile_keys(void **context)
{
    struct fixture *f = *context;
    char long_component[300], longest[OBJECT_KEY_MAX + 1];
    memset(long_component, 'c', 255);
    strcpy(long_component + 255, "/x");
    for (int i = 0; i < OBJECT_KEY_MAX; i++) longest[i] = i % 2 ? '/' : 'k';
    longest[OBJECT_KEY_MAX] = '\0';
    longest[OBJECT_KEY_MAX - 1] = 'k';
    const char *const keys[] = {
        "..", ".", "../x", "../../../../tmp/sluice-escaped", "/etc/passwd", "a//b", "a/./b",
        "a/../b", "/", "//", "dir/", "..%2f..%2fx", "%2e%2e/x", "a\nb", "a\tb", "\x7f",
        "a~0123456789abcdef", "a~0123456789abcdef.parquet", ".index/data.mdb", ".staging/x",
        ".keys/y", "-rf", "a b", "\xf0\x9f\x92\xa7", "con", "a\\b", "~", "g[1]", "g*", "g?", long_component, longest,
    };
    enum { N = sizeof keys / sizeof *keys };
    for (int i = 0; i < N; i++) assert_int_equal(put(f, keys[i], keys[i]), OK);
    for (int i = 0; i < N; i++) {
        const char *path;
        char real[4096];
        assert_object(f, keys[i], keys[i]);
        assert_int_equal(f->store->ops->local_path(f->store, "lake", keys[i], &f->arena, &path), OK);
        assert_non_null(realpath(path, real));
        char *root = realpath(f->folder, NULL);
        assert_memory_equal(real, root, strlen(root));
        free(root);
    }
    assert_int_equal(access("/tmp/sluice-escaped", F_OK), -1);
    struct object_info *infos;
    size_t count;
    bool more;
    assert_int_equal(f->store->ops->list(f->store, "lake", "", NULL, 1000, &f->arena, &infos, &count, &more), OK);
    assert_int_equal(count, N);
    for (size_t i = 1; i < count; i++) assert_true(strcmp(infos[i - 1].key, infos[i].key) < 0);
    for (int i = 0; i < N; i++)
        assert_int_equal(f->store->ops->remove(f->store, "lake", keys[i]), OK);
    assert_int_equal(file_count(f, "lake") + file_count(f, ".keys") + file_count(f, ".staging"), 0);

    char *too_long = memset(malloc(OBJECT_KEY_MAX + 2), 'k', OBJECT_KEY_MAX + 1);
    too_long[OBJECT_KEY_MAX + 1] = '\0';
    assert_int_equal(put(f, too_long, "x"), ERR_KEY_TOO_LONG);
    free(too_long);
    assert_int_equal(put(f, "", "x"), ERR_INVALID_ARGUMENT);
    assert_int_equal(put(f, "\xff\xfe", "x"), ERR_INVALID_ARGUMENT);
    assert_int_equal(put(f, "a\xc0\xaf..", "x"), ERR_INVALID_ARGUMENT);
}

static void test_file_and_folder_of_one_name(void **context)
{
    struct fixture *f = *context;
    assert_int_equal(put(f, "a", "file"), OK);
    assert_int_equal(put(f, "a/b", "below"), OK);
    assert_int_equal(put(f, "c/d", "below"), OK);
    assert_int_equal(put(f, "c", "file"), OK);
    assert_object(f, "a", "file");
    assert_object(f, "a/b", "below");
    assert_object(f, "c/d", "below");
    assert_object(f, "c", "file");
}

static void test_symbolic_links_are_not_followed(void **context)
{
    struct fixture *f = *context;
    char outside[] = "/tmp/sluice-outside-XXXXXX";
    assert_non_null(mkdtemp(outside));
    assert_int_equal(symlink(outside, arena_printf(&f->arena, "%s/lake/link", f->folder)), 0);
    assert_int_equal(put(f, "link/x", "inside"), OK);
    assert_object(f, "link/x", "inside");
    assert_int_equal(access(arena_printf(&f->arena, "%s/x", outside), F_OK), -1);
    /* a folder of the store replaced by a link afterwards */
    assert_int_equal(put(f, "real/x", "mine"), OK);
    assert_int_equal(system(arena_printf(&f->arena, "cd %s/lake && mv real moved && ln -s %s real "
                                         "&& echo theirs > %s/x", f->folder, outside, outside)), 0);
    struct buffer got = {0};
    assert_int_not_equal(f->store->ops->get(f->store, "lake", "real/x", 100, &got), OK);
    assert_int_equal(got.size, 0);
    buffer_release(&got);
    assert_int_equal(system(arena_printf(&f->arena, "rm -rf %s", outside)), 0);
}

static void test_foreign_file_in_the_way(void **context)
{
    struct fixture *f = *context;
    char *path = arena_printf(&f->arena, "%s/lake/note.txt", f->folder);
    assert_int_equal(file_replace(path, SPAN("a person's")), OK);
    assert_missing(f, "note.txt");
    assert_int_equal(put(f, "note.txt", "ours"), OK);
    assert_object(f, "note.txt", "ours");
    assert_string_equal(file_text(f, "lake/note.txt"), "a person's");
}

/* What an overwrite or a removal left to do is done once: a file put there afterwards stays. */
static void test_foreign_file_where_one_was(void **context)
{
    struct fixture *f = *context;
    const char *const keys[] = {"written.txt", "removed.txt"};
    for (int i = 0; i < 2; i++) assert_int_equal(put(f, keys[i], "one"), OK);
    assert_int_equal(put(f, keys[0], "two"), OK);
    assert_int_equal(f->store->ops->remove(f->store, "lake", keys[1]), OK);
    assert_int_equal(file_count(f, "lake"), 1);
    for (int i = 0; i < 2; i++) {
        char *path = arena_printf(&f->arena, "%s/lake/%s", f->folder, keys[i]);
        assert_int_equal(file_replace(path, SPAN("a person's")), OK);
    }
    assert_int_equal(put(f, "other", "three"), OK);
    for (int i = 0; i < 2; i++)
        assert_string_equal(file_text(f, arena_printf(&f->arena, "lake/%s", keys[i])), "a person's");
    assert_object(f, keys[0], "two");
    assert_missing(f, keys[1]);
}

static void test_missing_file_is_corruption(void **context)
{
    struct fixture *f = *context;
    struct buffer got = {0};
    assert_int_equal(put(f, "x", "12345"), OK);
    assert_int_equal(truncate(arena_printf(&f->arena, "%s/lake/x", f->folder), 3), 0);
    assert_int_equal(f->store->ops->get(f->store, "lake", "x", 100, &got), ERR_CORRUPT);
    assert_int_equal(unlink(arena_printf(&f->arena, "%s/lake/x", f->folder)), 0);
    assert_int_equal(f->store->ops->get(f->store, "lake", "x", 100, &got), ERR_CORRUPT);
    assert_non_null(strstr(error_text(), "missing"));
    buffer_release(&got);
}

static void test_conditions(void **context)
{
    struct fixture *f = *context;
    const struct object_condition absent = {.if_absent = true};
    const struct object_condition hello = {.if_etag = "5d41402abc4b2a76b9719d911017c592"};
    const struct object_ops *ops = f->store->ops;
    assert_int_equal(ops->put(f->store, "lake", "k", SPAN("x"), NULL, hello), ERR_NO_SUCH_KEY);
    assert_int_equal(ops->put(f->store, "lake", "k", SPAN("hello"), NULL, absent), OK);
    assert_int_equal(ops->put(f->store, "lake", "k", SPAN("again"), NULL, absent), ERR_PRECONDITION);
    assert_object(f, "k", "hello");
    assert_int_equal(ops->put(f->store, "lake", "k", SPAN("next"), NULL, hello), OK);
    assert_int_equal(ops->put(f->store, "lake", "k", SPAN("late"), NULL, hello), ERR_PRECONDITION);
    assert_object(f, "k", "next");
    assert_int_equal(file_count(f, ".staging"), 0);
}

static void test_list_pages(void **context)
{
    struct fixture *f = *context;
    char key[32];
    for (int i = 0; i < 25; i++) {
        snprintf(key, sizeof key, "p/%02d", i * 7 % 25);
        assert_int_equal(put(f, key, "x"), OK);
    }
    assert_int_equal(put(f, "q", "x"), OK);
    const char *after = NULL;
    int seen = 0;
    for (bool more = true; more;) {
        struct object_info *infos;
        size_t count;
        assert_int_equal(f->store->ops->list(f->store, "lake", "p/", after, 10, &f->arena, &infos,
                                             &count, &more), OK);
        for (size_t i = 0; i < count; i++) {
            snprintf(key, sizeof key, "p/%02d", seen++);
            assert_string_equal(infos[i].key, key);
            after = infos[i].key;
        }
    }
    assert_int_equal(seen, 25);
}

static struct upload *begin(struct fixture *f, const char *key)
{
    struct upload *u;
    assert_int_equal(f->store->ops->upload_begin(f->store, "lake", key, NULL, &u), OK);
    return u;
}

static const char *finished(struct fixture *f, const char *key, const char *text)
{
    const char *token;
    struct upload *u = begin(f, key);
    for (const char *p = text; *p; p++)
        assert_int_equal(f->store->ops->upload_write(u, (span){p, 1}), OK);
    assert_int_equal(f->store->ops->upload_finish(u, &f->arena, &token), OK);
    return token;
}

static void reopen(struct fixture *f)
{
    f->store->ops->close(f->store);
    assert_int_equal(object_open_local(f->folder, &f->store), OK);
}

static void test_upload(void **context)
{
    struct fixture *f = *context;
    const struct object_ops *ops = f->store->ops;
    const char *token = finished(f, "u/x", "hello");
    assert_missing(f, "u/x");
    assert_int_equal(file_count(f, "lake"), 0);
    reopen(f); /* by a later process, by token alone */
    assert_int_equal(ops->upload_complete(f->store, "lake", "u/y", token), ERR_NO_SUCH_UPLOAD);
    assert_int_equal(ops->upload_complete(f->store, "lake", "u/x", token), OK);
    assert_object(f, "u/x", "hello");
    assert_string_equal(file_text(f, "lake/u/x"), "hello");
    assert_int_equal(ops->upload_complete(f->store, "lake", "u/x", token), OK);
    struct object_info info;
    assert_int_equal(ops->head(f->store, "lake", "u/x", &f->arena, &info), OK);
    assert_string_equal(info.etag, "5d41402abc4b2a76b9719d911017c592");
    assert_int_equal(ops->upload_abort(f->store, "lake", "u/x", token), ERR_NO_SUCH_UPLOAD);
    assert_object(f, "u/x", "hello");
    assert_int_equal(ops->upload_complete(f->store, "lake", "u/x", "../../x"), ERR_NO_SUCH_UPLOAD);
    assert_int_equal(ops->upload_complete(f->store, "lake", "u/x",
                                          "00000000000000000000000000000000"), ERR_NO_SUCH_UPLOAD);
}

/* In pieces of odd sizes; sums to `size` bytes. */
static void write_pieces(struct fixture *f, struct upload *u, const char *bytes, size_t size)
{
    for (size_t at = 0, piece = 1; at < size; at += piece, piece = piece * 7 % 300007 + 1) {
        if (piece > size - at) piece = size - at;
        assert_int_equal(f->store->ops->upload_write(u, (span){bytes + at, piece}), OK);
    }
}

/* Behind the first half MiB bytes go another way to the file: all of them arrive, and the ETag is of
 * the form that is no MD5, the same for all who ask. */
static void test_upload_large(void **context)
{
    static const size_t sizes[] = {512 * 1024, 512 * 1024 + 1, 768 * 1024, 768 * 1024 + 4095, 5000000};
    struct fixture *f = *context;
    const struct object_ops *ops = f->store->ops;
    char *bytes = malloc(5000000);
    for (size_t i = 0; i < 5000000; i++) bytes[i] = (char)(i * 2654435761u >> 13);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct buffer got = {0};
        struct object_info info;
        const char *token;
        struct upload *u = begin(f, "u/large");
        write_pieces(f, u, bytes, sizes[i]);
        assert_int_equal(ops->upload_finish(u, &f->arena, &token), OK);
        reopen(f);
        ops = f->store->ops;
        assert_int_equal(ops->upload_complete(f->store, "lake", "u/large", token), OK);
        assert_int_equal(ops->get(f->store, "lake", "u/large", 1 << 23, &got), OK);
        assert_int_equal(got.size, sizes[i]);
        assert_memory_equal(got.data, bytes, sizes[i]);
        assert_int_equal(ops->head(f->store, "lake", "u/large", &f->arena, &info), OK);
        if (i == 0) assert_int_equal(strlen(info.etag), 32);
        else assert_string_equal(info.etag, arena_printf(&f->arena, "%s-1", token));
        buffer_release(&got);
    }
    struct upload *u = begin(f, "u/large");
    write_pieces(f, u, bytes, 2000000);
    ops->upload_abandon(u);
    assert_int_equal(file_count(f, ".staging"), 0);
    free(bytes);
}

static void test_upload_abort_and_abandon(void **context)
{
    struct fixture *f = *context;
    const char *token = finished(f, "u/x", "hello");
    assert_int_equal(f->store->ops->upload_abort(f->store, "lake", "u/x", token), OK);
    assert_int_equal(f->store->ops->upload_complete(f->store, "lake", "u/x", token), ERR_NO_SUCH_UPLOAD);
    f->store->ops->upload_abandon(begin(f, "u/z"));
    assert_int_equal(file_count(f, ".staging"), 0);
}

static void test_upload_sweep(void **context)
{
    struct fixture *f = *context;
    const struct object_ops *ops = f->store->ops;
    const char *keep[] = {finished(f, "t/job-keep", "1")};
    const char *old = finished(f, "t/job-old", "2"), *other = finished(f, "other/old", "3");
    int64_t now = now_us() + 1;
    struct upload *open_one = begin(f, "t/job-open"); /* its writer lives: never swept */
    assert_int_equal(ops->upload_sweep(f->store, "lake", "job-", 0, keep, 1), OK);
    assert_int_equal(file_count(f, ".staging"), 4);
    assert_int_equal(ops->upload_sweep(f->store, "lake", "job-", now, keep, 1), OK);
    assert_int_equal(file_count(f, ".staging"), 3);
    assert_int_equal(ops->upload_complete(f->store, "lake", "t/job-old", old), ERR_NO_SUCH_UPLOAD);
    assert_int_equal(ops->upload_complete(f->store, "lake", "t/job-keep", keep[0]), OK);
    assert_int_equal(ops->upload_complete(f->store, "lake", "other/old", other), OK);
    const char *token;
    assert_int_equal(ops->upload_write(open_one, SPAN("done")), OK);
    assert_int_equal(ops->upload_finish(open_one, &f->arena, &token), OK);
    assert_int_equal(ops->upload_complete(f->store, "lake", "t/job-open", token), OK);
    assert_object(f, "t/job-open", "done");
}

static void test_orphans_go_at_open(void **context)
{
    struct fixture *f = *context;
    char *orphan = arena_printf(&f->arena, "%s/.staging/0123456789abcdef0123456789abcdef", f->folder);
    assert_int_equal(file_replace(orphan, SPAN("left by a killed put")), OK);
    const char *token = finished(f, "u/x", "hello");
    reopen(f);
    assert_int_equal(file_count(f, ".staging"), 1);
    assert_int_equal(f->store->ops->upload_complete(f->store, "lake", "u/x", token), OK);
}

/* A process that puts small objects and dies; then what a power failure does to files that nobody
 * synced: one is empty, one has zeros, one is missing, one never reached its place. */
static void test_small_objects_survive_a_power_failure(void **context)
{
    struct fixture *f = *context;
    static const char *const keys[] = {"day=1/empty", "day=1/zeros", "missing", "staged", "gone", "0"};
    f->store->ops->close(f->store);
    pid_t child = fork();
    if (child == 0) {
        if (object_open_local(f->folder, &f->store) != OK) _exit(1);
        for (size_t i = 0; i < 6; i++)
            if (put(f, keys[i], i == 5 ? "" : keys[i]) != OK) _exit(1);
        if (put(f, "zeros", "older") != OK || put(f, "zeros", "newer") != OK) _exit(1);
        _exit(f->store->ops->remove(f->store, "lake", "gone") != OK);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    const char *damage = arena_printf(
        &f->arena,
        "cd %s/lake && : >day=1/empty && printf '\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0' >day=1/zeros && "
        "rm missing && mv staged ../.staging/ && rm ../.staging/staged && rm 0", f->folder);
    assert_int_equal(system(damage), 0);
    assert_int_equal(object_open_local(f->folder, &f->store), OK);
    for (size_t i = 0; i < 4; i++) assert_object(f, keys[i], keys[i]);
    assert_object(f, "0", "");
    assert_object(f, "zeros", "newer");
    assert_missing(f, "gone");
    assert_int_equal(file_count(f, ".staging"), 0);
    assert_int_equal(file_count(f, "lake"), 6);
}

/* The index forgets the bytes once their files are durable. */
/* A disk on which nothing can be moved, and a path cannot be seen once. */
static struct { bool stuck; const char *unseen; } disk;

static int stuck_rename(const char *from, const char *to)
{
    errno = EIO;
    return disk.stuck ? -1 : real_world.rename(from, to);
}

static int unseeing_stat(const char *path, struct world_stat *out)
{
    if (!disk.unseen || strcmp(path + strlen(path) - strlen(disk.unseen), disk.unseen) != 0) return real_world.stat(path, out);
    disk.unseen = NULL;
    errno = EIO;
    return -1;
}

/* The first version's bytes are to be moved to lake/k still; no other's may go there before. */
static void test_path_of_a_move_that_is_due(void **context)
{
    struct fixture *f = *context;
    struct world failing = real_world;
    failing.rename = stuck_rename;
    failing.stat = unseeing_stat;
    json_t *enabled = json_string("Enabled");
    assert_int_equal(object_bucket_set(f->store, "lake", "versioning", enabled), OK);
    json_decref(enabled);
    world = &failing;
    disk.stuck = true;
    assert_int_equal(put(f, "k", "first"), OK);
    disk.unseen = "/lake/k";
    assert_int_equal(put(f, "k", "second"), OK);
    disk.stuck = false;
    assert_int_equal(put(f, "other", "moves what is due"), OK);
    world = &real_world;
    assert_object(f, "k", "second");
    reopen(f);
    assert_object(f, "k", "second");
}

static void test_small_objects_become_files(void **context)
{
    struct fixture *f = *context;
    struct buffer got = {0};
    assert_int_equal(put(f, "first", "x"), OK);
    for (int i = 0; i < 64; i++)
        assert_int_equal(put(f, arena_printf(&f->arena, "more/%d", i), "y"), OK);
    assert_int_equal(unlink(arena_printf(&f->arena, "%s/lake/first", f->folder)), 0);
    reopen(f);
    assert_int_equal(f->store->ops->get(f->store, "lake", "first", 10, &got), ERR_CORRUPT);
    assert_object(f, "more/63", "y");
    buffer_release(&got);
}

static void test_buckets(void **context)
{
    struct fixture *f = *context;
    static const char *const bad[] = {
        "", "ab", "Abc", "a_b", "-abc", "abc-", "a..b", "192.168.0.1", "xn--a", "x-s3alias", ".abc",
        "abc/def", "../abc", "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(object_bucket_create(f->store, bad[i], NULL), ERR_INVALID_BUCKET_NAME);
    assert_int_equal(object_bucket_create(f->store, "lake", NULL), ERR_BUCKET_EXISTS);
    assert_int_equal(object_bucket_create(f->store, "1.a-b", NULL), OK);
    const char **names;
    int64_t *created;
    size_t count;
    bool exists;
    assert_int_equal(object_bucket_list(f->store, &f->arena, &names, &created, &count), OK);
    assert_int_equal(count, 2);
    assert_string_equal(names[0], "1.a-b");
    assert_string_equal(names[1], "lake");
    assert_true(created[1] > 0 && created[0] >= created[1]);
    assert_int_equal(put(f, "k", "x"), OK);
    finished(f, "u", "staged");
    assert_int_equal(object_bucket_delete(f->store, "lake"), ERR_BUCKET_NOT_EMPTY);
    assert_int_equal(f->store->ops->remove(f->store, "lake", "k"), OK);
    assert_int_equal(object_bucket_delete(f->store, "lake"), OK);
    assert_int_equal(object_bucket_delete(f->store, "lake"), ERR_NO_SUCH_BUCKET);
    assert_int_equal(object_bucket_exists(f->store, "lake", &exists), OK);
    assert_false(exists);
    assert_int_equal(file_count(f, ".staging"), 0);
    assert_int_equal(access(arena_printf(&f->arena, "%s/lake", f->folder), F_OK), -1);
}

/* ---- several threads on one store ---- */

enum { THREADS = 4, TURNS = 12 };

struct racer {
    struct object_store *store;
    int number, won;
    bool good;
    pthread_t thread;
};

/* All race to create a key, then overwrite and read a common one: what is read is always whole. */
static void *race(void *context)
{
    struct racer *r = context;
    const struct object_ops *ops = r->store->ops;
    struct buffer text = {0}, got = {0};
    char key[32];
    r->good = true;
    for (int i = 0; i < TURNS; i++) {
        snprintf(key, sizeof key, "once/%d", i);
        error e = ops->put(r->store, "lake", key, SPAN("x"), NULL, (struct object_condition){.if_absent = true});
        r->won += e == OK;
        r->good = r->good && (e == OK || e == ERR_PRECONDITION);
        buffer_reset(&text);
        for (int n = 0; n < 1000 + 10 * r->number; n++) buffer_append_byte(&text, (uint8_t)('a' + r->number));
        r->good = r->good && ops->put(r->store, "lake", "common", buffer_span(&text), NULL,
                                      (struct object_condition){0}) == OK;
        buffer_reset(&got);
        r->good = r->good && ops->get(r->store, "lake", "common", 1 << 20, &got) == OK;
        int number = r->good ? got.data[0] - 'a' : 0;
        r->good = r->good && got.size == 1000 + 10 * (size_t)number;
        for (size_t n = 0; r->good && n < got.size; n++) r->good = got.data[n] == got.data[0];
    }
    buffer_release(&text);
    buffer_release(&got);
    return NULL;
}

static void test_threads(void **context)
{
    struct fixture *f = *context;
    struct racer racers[THREADS];
    int won = 0;
    for (int i = 0; i < THREADS; i++) {
        racers[i] = (struct racer){.store = f->store, .number = i};
        assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(racers[i].thread, NULL);
        assert_true(racers[i].good);
        won += racers[i].won;
    }
    assert_int_equal(won, TURNS);
    assert_int_equal(file_count(f, "lake"), TURNS + 1);
    assert_int_equal(file_count(f, ".staging"), 0);
}

static void test_urls(void **context)
{
    (void)context;
    struct arena a = {0};
    const char *bucket, *key;
    assert_int_equal(object_url_parse(&a, "s3://b/k/l", &bucket, &key), OK);
    assert_string_equal(bucket, "b");
    assert_string_equal(key, "k/l");
    assert_int_equal(object_url_parse(&a, "s3a://b/", &bucket, &key), OK);
    assert_string_equal(key, "");
    assert_int_equal(object_url_parse(&a, "s3n://b", &bucket, &key), OK);
    assert_string_equal(key, "");
    assert_int_equal(object_url_parse(&a, "s3:///k", &bucket, &key), ERR_USAGE);
    assert_int_equal(object_url_parse(&a, "file:///k", &bucket, &key), ERR_USAGE);
    arena_release(&a);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(test_put_get_head),
        TEST(test_ranges),
        TEST(test_overwrite_is_whole),
        TEST(test_remove),
        TEST(test_hostile_keys),
        TEST(test_file_and_folder_of_one_name),
        TEST(test_symbolic_links_are_not_followed),
        TEST(test_foreign_file_in_the_way),
        TEST(test_foreign_file_where_one_was),
        TEST(test_missing_file_is_corruption),
        TEST(test_conditions),
        TEST(test_list_pages),
        TEST(test_upload),
        TEST(test_upload_large),
        TEST(test_upload_abort_and_abandon),
        TEST(test_upload_sweep),
        TEST(test_orphans_go_at_open),
        TEST(test_small_objects_survive_a_power_failure),
        TEST(test_path_of_a_move_that_is_due),
        TEST(test_small_objects_become_files),
        TEST(test_buckets),
        TEST(test_threads),
        cmocka_unit_test(test_urls),
    };
    return cmocka_run_group_tests_name("object_local", tests, NULL, NULL);
}
