/* Writers of the object store are killed (SIGKILL) at random moments, two at a time, over and
 * over. Whatever they were told is done must be there afterwards; the one operation each was in
 * may have happened or not, but nothing in between; index and disk must agree to the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "object/object.h" /* before cmocka's own fail() */

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 120, WRITERS = 2, KEYS = 5, TOKEN_BYTES = 32, BODY_MAX = 40000 };

/* What a writer says on its pipe, before (begun) and after (done) each operation. */
struct message {
    enum { PUT, FINISH, COMPLETE, REMOVE } operation;
    bool done;
    int key;
    uint32_t value; /* names the bytes */
    char token[TOKEN_BYTES + 1];
};

/* What the parent knows of one key of one writer. */
struct known {
    uint32_t value; /* 0: absent */
};

static const char *key_name(int writer, int key, char out[64])
{
    static const char *const forms[KEYS] = {"w%d/day=01/part.parquet", "w%d/plain", "w%d//odd",
                                            "w%d/plain/below", "w%d/dir/"};
    snprintf(out, 64, forms[key], writer);
    return out;
}

static void body(uint32_t value, struct buffer *out)
{
    buffer_reset(out);
    uint32_t x = value * 2654435761u | 1;
    for (size_t n = x % BODY_MAX; out->size < n;) {
        x = x * 1664525u + 1013904223u;
        buffer_append(out, &x, sizeof x);
    }
    buffer_append(out, &value, sizeof value);
}

/* ---- the writer ---- */

static void say(int pipe_end, const struct message *m)
{
    if (write(pipe_end, m, sizeof *m) != sizeof *m) _exit(2);
}

static void must(error e)
{
    if (e == OK) return;
    fprintf(stderr, "writer: %s\n", error_text());
    _exit(3);
}

static void writer_upload(struct object_store *s, int out, struct message *m, const char *key,
                          span bytes)
{
    struct upload *u;
    struct arena arena = {0};
    const char *token;
    must(s->ops->upload_begin(s, "lake", key, NULL, &u));
    must(s->ops->upload_write(u, bytes));
    must(s->ops->upload_finish(u, &arena, &token));
    memcpy(m->token, token, TOKEN_BYTES);
    m->done = true;
    say(out, m);
    m->operation = COMPLETE;
    m->done = false;
    say(out, m);
    must(s->ops->upload_complete(s, "lake", key, token));
    arena_release(&arena);
}

static void writer_run(const char *folder, int writer, int out, uint32_t seed)
{
    struct object_store *s;
    struct buffer bytes = {0};
    char name[64];
    must(object_open_local(folder, &s));
    for (uint32_t value = seed;; value++) {
        uint32_t dice = value * 2246822519u >> 16;
        struct message m = {.key = (int)(dice % KEYS), .value = value};
        const char *key = key_name(writer, m.key, name);
        m.operation = dice / KEYS % 5 == 0 ? REMOVE : dice / KEYS % 2 ? PUT : FINISH;
        body(value, &bytes);
        say(out, &m);
        if (m.operation == REMOVE) must(s->ops->remove(s, "lake", key));
        else if (m.operation == PUT)
            must(s->ops->put(s, "lake", key, buffer_span(&bytes), NULL, (struct object_condition){0}));
        else writer_upload(s, out, &m, key, buffer_span(&bytes));
        m.done = true;
        say(out, &m);
    }
}

/* ---- the judge ---- */

static void known_apply(struct known *k, const struct message *m)
{
    switch (m->operation) {
    case PUT:
    case COMPLETE:
        k->value = m->value;
        break;
    case REMOVE:
        k->value = 0;
        break;
    case FINISH:
        break;
    }
}

static bool object_is(struct object_store *s, const char *key, uint32_t value)
{
    struct buffer got = {0}, expected = {0}, file = {0};
    struct arena arena = {0};
    struct object_info info;
    const char *path;
    error e = s->ops->get(s, "lake", key, 1 << 20, &got);
    bool same = e == ERR_NO_SUCH_KEY && value == 0;
    assert_true(e == OK || e == ERR_NO_SUCH_KEY);
    if (e == OK && value) {
        body(value, &expected);
        same = span_equal(buffer_span(&got), buffer_span(&expected));
        assert_int_equal(s->ops->head(s, "lake", key, &arena, &info), OK);
        assert_int_equal(info.size, got.size);
        uint8_t digest[MD5_SIZE];
        char hex[2 * MD5_SIZE];
        md5(digest, buffer_span(&got));
        hex_encode(hex, digest, sizeof digest);
        assert_memory_equal(info.etag, hex, sizeof hex);
        assert_int_equal(s->ops->local_path(s, "lake", key, &arena, &path), OK);
        assert_int_equal(file_read_whole(path, &file, 1 << 20), OK);
        assert_true(span_equal(buffer_span(&file), buffer_span(&got)));
        assert_null(strstr(path, ".staging"));
    }
    buffer_release(&got);
    buffer_release(&expected);
    buffer_release(&file);
    arena_release(&arena);
    return same;
}

static int files_below(const char *folder)
{
    char command[256];
    int count = -1;
    snprintf(command, sizeof command, "cd %s && find lake .keys .staging -type f 2>/dev/null | wc -l",
             folder);
    FILE *p = popen(command, "r");
    assert_int_equal(fscanf(p, "%d", &count), 1);
    pclose(p);
    return count;
}

/* The operation a writer died in happened wholly or not at all. */
static void judge_last(struct object_store *s, const char *key, struct known *k,
                       const struct message *last)
{
    if (last->operation == (last->done ? FINISH : COMPLETE)) {
        /* what was finished can be completed; repeating that finishes it wherever it was cut */
        struct message complete = *last;
        complete.operation = COMPLETE;
        assert_int_equal(s->ops->upload_complete(s, "lake", key, last->token), OK);
        assert_int_equal(s->ops->upload_complete(s, "lake", key, last->token), OK);
        known_apply(k, &complete);
    } else if (last->done) {
        return;
    } else if (last->operation != FINISH) {
        struct known after = *k;
        known_apply(&after, last);
        if (object_is(s, key, after.value)) *k = after;
    }
}

static void judge(const char *folder, struct known known[WRITERS][KEYS],
                  const struct message last[WRITERS])
{
    struct object_store *s;
    struct arena arena = {0};
    struct object_info *infos;
    size_t count, expected = 0;
    bool more;
    char name[64];
    assert_int_equal(object_open_local(folder, &s), OK);
    for (int w = 0; w < WRITERS; w++) {
        for (int i = 0; i < KEYS; i++) {
            const char *key = key_name(w, i, name);
            struct known *k = &known[w][i];
            if (last[w].value && last[w].key == i) judge_last(s, key, k, &last[w]);
            if (!object_is(s, key, k->value))
                fail_msg("%s is not value %u", key, k->value);
            expected += k->value != 0;
        }
    }
    assert_int_equal(s->ops->list(s, "lake", "", NULL, 100, &arena, &infos, &count, &more), OK);
    assert_int_equal(count, expected);
    /* an upload that was cut in its finish may have been recorded: its run sweeps it */
    assert_int_equal(s->ops->upload_sweep(s, "lake", "", INT64_MAX, NULL, 0), OK);
    assert_int_equal(files_below(folder), (int)expected);
    arena_release(&arena);
    s->ops->close(s);
}

struct writer {
    pid_t process;
    int pipe_end;
    struct message last;
};

/* Takes the writer's next message; false at its end. */
static bool writer_hear(struct writer *w, struct known known[KEYS], int *operations)
{
    struct message m;
    if (read(w->pipe_end, &m, sizeof m) != sizeof m) return false;
    if (m.done) known_apply(&known[m.key], &m);
    *operations += m.done;
    w->last = m;
    return true;
}

static void writer_start(const char *folder, int number, uint32_t seed, struct writer *w)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    *w = (struct writer){.process = fork(), .pipe_end = ends[0]};
    assert_true(w->process >= 0);
    if (w->process == 0) writer_run(folder, number, ends[1], seed);
    close(ends[1]);
}

/* Both are killed after some messages of the first, so that a slow machine gets as far, and some
 * microseconds more, so that it is anywhere in an operation. */
static void round_run(const char *folder, uint32_t seed, struct known known[WRITERS][KEYS],
                      int *operations)
{
    struct writer writers[WRITERS];
    struct message last[WRITERS];
    for (int w = 0; w < WRITERS; w++) writer_start(folder, w, seed + 1, &writers[w]);
    for (uint32_t n = seed / 100000 * 7 % 24; n > 0; n--)
        assert_true(writer_hear(&writers[0], known[0], operations));
    usleep(seed * 7919u % 3000);
    for (int w = 0; w < WRITERS; w++) kill(writers[w].process, SIGKILL);
    for (int w = 0; w < WRITERS; w++) {
        int status;
        assert_int_equal(waitpid(writers[w].process, &status, 0), writers[w].process);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        while (writer_hear(&writers[w], known[w], operations)) continue;
        close(writers[w].pipe_end);
        last[w] = writers[w].last;
    }
    judge(folder, known, last);
}

static void test_kill_at_random(void **context)
{
    (void)context;
    char folder[64], command[128];
    struct known known[WRITERS][KEYS] = {0};
    struct object_store *s;
    int operations = 0;
    /* processes die here, not the machine: where there is a file system in memory it will do */
    snprintf(folder, sizeof folder, "%s/sluice-object-crash-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(object_open_local(folder, &s), OK);
    assert_int_equal(object_bucket_create(s, "lake", NULL), OK);
    s->ops->close(s);
    for (uint32_t i = 0; i < ROUNDS; i++) round_run(folder, i * 100000, known, &operations);
    print_message("# %d operations acknowledged in %d rounds\n", operations, ROUNDS);
    assert_true(operations > ROUNDS);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kill_at_random)};
    return cmocka_run_group_tests_name("object_crash", tests, NULL, NULL);
}
