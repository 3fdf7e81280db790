/* The history of a work group: newest first, and forgotten after 45 days with all that hangs on it. */
#include "aws/athena.h" /* before cmocka, which makes a macro of fail */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define DAY_US (24 * 60 * 60 * (int64_t)US_PER_SECOND)
static struct world fake;
static int64_t wall = INT64_C(1700000000000000);
static int64_t fake_now(void) { return wall; }

static struct query_key key(const char *id)
{
    return (struct query_key){"123456789012", "us-east-1", id};
}

static void begin(struct state *state, const char *id)
{
    struct state_txn *txn;
    json_t *token = json_object();
    json_t *document = json_pack("{s:{s:s, s:{s:s}}, s:s}", "Execution", "WorkGroup", "primary",
                                 "Status", "State", "SUCCEEDED", "Token", id);
    assert_int_equal(state_begin(state, true, &txn), OK);
    assert_int_equal(state_put(txn, query_token_key(key(id), id), token), OK);
    assert_int_equal(query_begin(txn, key(id), document), OK);
    assert_int_equal(state_commit(txn), OK);
    json_decref(document);
    json_decref(token);
}

static bool collect(void *context, const char *name, json_t *document)
{
    struct buffer *out = context;
    (void)document;
    buffer_printf(out, "%s ", strrchr(name, '/') + 1);
    return true;
}

static void expect(struct state *state, const char *history)
{
    struct state_txn *txn;
    struct buffer out = {0};
    assert_int_equal(state_begin(state, false, &txn), OK);
    assert_int_equal(state_scan(txn, (struct state_key){"123456789012", "us-east-1",
                                                        "athena-history", "primary/"},
                                NULL, collect, &out), OK);
    state_abort(txn);
    assert_string_equal(buffer_text(&out), history);
    buffer_release(&out);
}

static void forgotten_after_45_days(void **unused)
{
    (void)unused;
    char folder[] = "/tmp/sluice-history-XXXXXX";
    struct state *state;
    struct state_txn *txn;
    json_t *document;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(state_open(folder, &state), OK);
    begin(state, "first");
    wall += DAY_US;
    begin(state, "second");
    wall += 44 * DAY_US - 1;
    begin(state, "third");
    expect(state, "third second first ");
    wall += 2;
    begin(state, "fourth");
    expect(state, "fourth third second ");
    assert_int_equal(state_begin(state, false, &txn), OK);
    assert_int_equal(query_get(txn, key("first"), &document), ERR_NOT_FOUND);
    assert_int_equal(state_get(txn, query_token_key(key("first"), "first"), &document),
                     ERR_NOT_FOUND);
    assert_int_equal(query_get(txn, key("second"), &document), OK);
    json_decref(document);
    state_abort(txn);
    state_close(state);
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(forgotten_after_45_days)};
    fake = real_world;
    fake.now_us = fake_now;
    world = &fake;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
