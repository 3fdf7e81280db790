/* Documents: what is put reads back, also from another process; scans are in byte order for short
 * and for hashed names; transactions are all or nothing; faults are worded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "state/state.h" /* before cmocka's own fail() */

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
    char folder[64];
    struct state *state;
};

static int fixture_open(void **context)
{
    struct fixture *f = calloc(1, sizeof *f);
    strcpy(f->folder, "/tmp/sluice-state-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    assert_int_equal(state_open(f->folder, &f->state), OK);
    *context = f;
    return 0;
}

static int fixture_close(void **context)
{
    struct fixture *f = *context;
    char command[128];
    state_close(f->state);
    snprintf(command, sizeof command, "rm -rf %s", f->folder);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static struct state_key key(const char *name)
{
    return (struct state_key){"000000000000", "eu-west-1", "thing", name};
}

static void put(struct state *s, struct state_key k, const char *text)
{
    json_t *document;
    assert_int_equal(json_read(span_of(text), &document), OK);
    assert_int_equal(state_put_one(s, k, document), OK);
    json_decref(document);
}

static void assert_document(struct state *s, struct state_key k, const char *expected)
{
    json_t *document;
    struct buffer text = {0};
    assert_int_equal(state_get_one(s, k, &document), OK);
    json_print(&text, document);
    assert_string_equal(buffer_text(&text), expected);
    buffer_release(&text);
    json_decref(document);
}

static void test_put_get_delete(void **context)
{
    struct fixture *f = *context;
    json_t *document;
    assert_int_equal(state_get_one(f->state, key("a"), &document), ERR_NOT_FOUND);
    put(f->state, key("a"), "{\"x\": 1694102537.123, \"t\": \"\\u00e9\"}");
    assert_document(f->state, key("a"), "{\"x\":1694102537.123,\"t\":\"\xc3\xa9\"}");
    put(f->state, key("a"), "{\"y\":9007199254740993}");
    assert_document(f->state, key("a"), "{\"y\":9007199254740993}");
    struct state_key other = key("a");
    other.region = "us-east-1";
    assert_int_equal(state_get_one(f->state, other, &document), ERR_NOT_FOUND);
    struct state_txn *t;
    assert_int_equal(state_begin(f->state, true, &t), OK);
    assert_int_equal(state_delete(t, key("a")), OK);
    assert_int_equal(state_delete(t, key("a")), ERR_NOT_FOUND);
    assert_int_equal(state_commit(t), OK);
    assert_int_equal(state_get_one(f->state, key("a"), &document), ERR_NOT_FOUND);
}

static void test_what_cannot_be_read_again_is_refused(void **context)
{
    struct fixture *f = *context;
    json_t *document = json_pack("{s:o}", "t", json_from_span((span){"a\0b", 3})), *read;
    assert_int_equal(state_put_one(f->state, key("a"), document), ERR_INVALID_INPUT);
    assert_int_equal(state_get_one(f->state, key("a"), &read), ERR_NOT_FOUND);
    json_decref(document);
    put(f->state, key("a"), "{\"t\":\"a\\\\u0000b\"}"); /* a backslash and letters */
    assert_document(f->state, key("a"), "{\"t\":\"a\\\\u0000b\"}");
}

static void test_abort_leaves_nothing(void **context)
{
    struct fixture *f = *context;
    struct state_txn *t;
    json_t *document = json_object(), *read;
    assert_int_equal(state_begin(f->state, true, &t), OK);
    assert_int_equal(state_put(t, key("a"), document), OK);
    assert_int_equal(state_get(t, key("a"), &read), OK); /* a transaction sees its own writes */
    json_decref(read);
    state_abort(t);
    assert_int_equal(state_get_one(f->state, key("a"), &read), ERR_NOT_FOUND);
    json_decref(document);
}

struct seen {
    struct buffer names;
    int count, stop_at;
    struct state_txn *delete_in;
    struct state_key scope;
};

static bool see(void *context, const char *name, json_t *document)
{
    struct seen *s = context;
    assert_true(json_is_object(document));
    buffer_printf(&s->names, "%s|", name);
    if (s->delete_in) {
        struct state_key k = s->scope;
        k.name = name;
        assert_int_equal(state_delete(s->delete_in, k), OK);
    }
    return ++s->count != s->stop_at;
}

static void assert_scan(struct fixture *f, const char *prefix, const char *after, int stop_at,
                        const char *expected)
{
    struct state_txn *t;
    struct seen s = {.stop_at = stop_at};
    assert_int_equal(state_begin(f->state, false, &t), OK);
    assert_int_equal(state_scan(t, key(prefix), after, see, &s), OK);
    state_abort(t);
    assert_string_equal(buffer_text(&s.names), expected);
    buffer_release(&s.names);
}

static void test_scan_order(void **context)
{
    struct fixture *f = *context;
    const char *const names[] = {"b", "a/2", "a/10", "a", "\xc3\xa9", "a/", "B", "a/1"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) put(f->state, key(names[i]), "{}");
    struct state_key other = key("a/0");
    other.kind = "thin";
    put(f->state, other, "{}");
    other.kind = "thing2";
    put(f->state, other, "{}");
    assert_scan(f, "", NULL, 0, "B|a|a/|a/1|a/10|a/2|b|\xc3\xa9|");
    assert_scan(f, NULL, "a/10", 0, "a/2|b|\xc3\xa9|");
    assert_scan(f, "a/", NULL, 0, "a/|a/1|a/10|a/2|");
    assert_scan(f, "a/", "a/1", 0, "a/10|a/2|");
    assert_scan(f, "a/", "b", 0, "");
    assert_scan(f, "a/", "A", 2, "a/|a/1|");
    assert_scan(f, "c", NULL, 0, "");
}

static void test_long_names(void **context)
{
    struct fixture *f = *context;
    enum { N = 20 };
    char name[N][1200];
    struct buffer expected = {0};
    for (int i = 0; i < N; i++) { /* two heads of ten names each, put in reverse */
        memset(name[i], i < N / 2 ? 'x' : 'y', 900);
        snprintf(name[i] + 900, 200, "/%02d", i);
        buffer_printf(&expected, "%s|", name[i]);
    }
    for (int i = N - 1; i >= 0; i--) {
        char text[32];
        snprintf(text, sizeof text, "{\"i\":%d}", i);
        put(f->state, key(name[i]), text);
    }
    for (int i = 0; i < N; i++) {
        char text[32];
        snprintf(text, sizeof text, "{\"i\":%d}", i);
        assert_document(f->state, key(name[i]), text);
    }
    assert_scan(f, "", NULL, 0, buffer_text(&expected));
    assert_scan(f, "x", name[7], 0,
                (buffer_reset(&expected), buffer_printf(&expected, "%s|%s|", name[8], name[9]),
                 buffer_text(&expected)));
    name[3][902] = '\0'; /* a prefix longer than any key of the store: ".../0" */
    char prefix[1200];
    strcpy(prefix, name[3]);
    struct seen s = {0};
    struct state_txn *t;
    assert_int_equal(state_begin(f->state, false, &t), OK);
    assert_int_equal(state_scan(t, key(prefix), NULL, see, &s), OK);
    state_abort(t);
    assert_int_equal(s.count, N / 2);
    buffer_release(&s.names);
    buffer_release(&expected);
}

static void test_boundary_of_hashing(void **context)
{
    struct fixture *f = *context;
    char name[1024], text[32];
    for (size_t n = 440; n < 520; n++) { /* with the scope: both sides of STATE_KEY_MAX */
        memset(name, 'k', n);
        name[n] = '\0';
        snprintf(text, sizeof text, "{\"n\":%zu}", n);
        put(f->state, key(name), text);
    }
    struct seen s = {0};
    struct state_txn *t;
    assert_int_equal(state_begin(f->state, false, &t), OK);
    assert_int_equal(state_scan(t, key("k"), NULL, see, &s), OK);
    state_abort(t);
    assert_int_equal(s.count, 80);
    const char *at = buffer_text(&s.names);
    for (size_t n = 440; n < 520; n++) {
        size_t length = strcspn(at, "|");
        assert_int_equal(length, n);
        at += length + 1;
    }
    buffer_release(&s.names);
    struct state_key k = key("x");
    memset(name, 'a', 300);
    name[300] = '\0';
    k.account = name;
    json_t *document = json_object();
    assert_int_equal(state_put_one(f->state, k, document), ERR_LIMIT);
    json_decref(document);
}

static void test_delete_while_scanning(void **context)
{
    struct fixture *f = *context;
    char name[1024];
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "n%03d", i);
        if (i % 3 == 0) memset(name + 4, 'l', 600), name[604] = '\0';
        put(f->state, key(name), "{}");
    }
    struct seen s = {.scope = key(NULL)};
    assert_int_equal(state_begin(f->state, true, &s.delete_in), OK);
    assert_int_equal(state_scan(s.delete_in, key("n"), NULL, see, &s), OK);
    assert_int_equal(state_commit(s.delete_in), OK);
    assert_int_equal(s.count, 300);
    buffer_release(&s.names);
    assert_scan(f, "", NULL, 0, "");
}

static void test_other_process_sees_it(void **context)
{
    struct fixture *f = *context;
    put(f->state, key("mine"), "{\"v\":1}");
    state_close(f->state); /* an environment must not be carried across fork */
    pid_t child = fork();
    if (child == 0) {
        struct state *s;
        json_t *document;
        bool good = state_open(f->folder, &s) == OK &&
                    state_get_one(s, key("mine"), &document) == OK &&
                    state_put_one(s, key("theirs"), document) == OK;
        _exit(good ? 0 : 1); /* no close: as a killed process would leave it */
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(state_open(f->folder, &f->state), OK);
    assert_document(f->state, key("theirs"), "{\"v\":1}");
}

static void test_open_twice_shares(void **context)
{
    struct fixture *f = *context;
    struct state *again;
    char path[96];
    snprintf(path, sizeof path, "%s/.", f->folder);
    assert_int_equal(state_open(path, &again), OK);
    put(again, key("a"), "{}");
    state_close(again);
    assert_document(f->state, key("a"), "{}");
}

static void test_faults_are_worded(void **context)
{
    (void)context;
    struct state *s;
    assert_int_not_equal(state_open("/proc/nowhere/state", &s), OK);
    char folder[] = "/tmp/sluice-state-bad-XXXXXX", path[96], command[128];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/data.mdb", folder);
    char junk[16384];
    memset(junk, 'j', sizeof junk);
    assert_int_equal(file_replace(path, (span){junk, sizeof junk}), OK);
    assert_int_equal(state_open(folder, &s), ERR_CORRUPT);
    assert_non_null(strstr(error_text(), folder));
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(test_put_get_delete),       TEST(test_abort_leaves_nothing),
        TEST(test_scan_order),           TEST(test_long_names),
        TEST(test_boundary_of_hashing),  TEST(test_delete_while_scanning),
        TEST(test_other_process_sees_it), TEST(test_open_twice_shares),
        TEST(test_what_cannot_be_read_again_is_refused),
        cmocka_unit_test(test_faults_are_worded),
    };
    return cmocka_run_group_tests_name("state_documents", tests, NULL, NULL);
}
