/* What runs of jobs stand on: processes behind a gate, found again and waited for; arguments as
 * options; log files as pages of events. The runs themselves are in test/conformance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/log_file.h" /* before cmocka's own fail() */
#include "aws/run.h"

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/sluice-run-XXXXXX";

static int open_folder(void **context)
{
    (void)context;
    return mkdtemp(folder) ? 0 : -1;
}

static int close_folder(void **context)
{
    char command[64];
    (void)context;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static const char *file_in(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void assert_file(const char *name, const char *text)
{
    struct buffer got = {0};
    assert_int_equal(file_read_whole(file_in(name), &got, 1 << 20), OK);
    assert_string_equal(buffer_text(&got), text);
    buffer_release(&got);
}

/* ---- processes ---- */

struct recorded { pid_t pid; uint64_t start_time; bool refuse; };

static error record(void *context, pid_t pid, uint64_t start_time)
{
    struct recorded *r = context;
    r->pid = pid;
    r->start_time = start_time;
    usleep(20000); /* a process that did not wait would have written */
    CHECK(access(file_in("out"), F_OK) != 0);
    return r->refuse ? ERR_IO : OK;
}

static error start(struct run_process *p, struct recorded *recorded, char *script)
{
    char out[160], err[160];
    snprintf(out, sizeof out, "%s/out", folder);
    snprintf(err, sizeof err, "%s/err", folder);
    unlink(out);
    struct run_launch launch = {
        .binary = "/bin/sh", .out = out, .err = err, .record = record, .context = recorded,
        .argv = (char *const[]){"sh", "-c", script, NULL},
        .environment = (char *const[]){"ONLY=this", NULL}};
    return run_process_start(p, &launch);
}

static int wait_for(struct run_process *p)
{
    int status;
    for (int i = 0; i < 2000; i++) {
        if (run_process_ended(p, &status)) return status;
        usleep(5000);
    }
    abort();
}

static void test_process_runs(void **context)
{
    struct run_process p;
    struct recorded recorded = {0};
    (void)context;
    assert_int_equal(start(&p, &recorded, "echo $ONLY; set -- /proc/$$/fd/*; echo $#; exit 7"), OK);
    assert_int_equal(recorded.pid, p.pid);
    assert_true(recorded.start_time > 0);
    int status = wait_for(&p);
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_int_equal(p.pid, 0);
    assert_int_equal(p.pidfd, -1);
    assert_file("out", "this\n4\n"); /* its three and the folder it reads: nothing of ours */
}

static void test_process_waits_for_its_record(void **context)
{
    struct run_process p;
    struct recorded recorded = {.refuse = true};
    (void)context;
    assert_int_equal(start(&p, &recorded, "echo ran"), ERR_IO);
    assert_true(access(file_in("out"), F_OK) != 0);
    assert_int_equal(waitpid(recorded.pid, NULL, WNOHANG), -1); /* no zombie */
}

static void test_process_is_found_again(void **context)
{
    struct run_process p, again;
    struct recorded recorded = {0};
    int status;
    (void)context;
    assert_int_equal(start(&p, &recorded, "exec sleep 30"), OK);
    assert_false(
        run_process_adopt(&again, recorded.pid, recorded.start_time + 1)); /* pid used anew */
    assert_false(run_process_adopt(&again, 0, 0));
    assert_true(run_process_adopt(&again, recorded.pid, recorded.start_time));
    assert_false(run_process_ended(&again, &status));
    run_process_signal(&again, SIGTERM);
    while (!run_process_ended(&again, &status)) usleep(1000); /* a zombie has ended too */
    assert_int_equal(status, -1);
    status = wait_for(&p);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    assert_false(run_process_adopt(&again, recorded.pid, recorded.start_time));
}

/* ---- arguments ---- */

static void keep_line(void *context, enum log_level level, const char *text)
{
    buffer_printf(context, "%d %s\n", (int)level, text);
}

static void assert_translates(const char *arguments, const char *options, const char *said)
{
    struct arena arena = {0};
    struct buffer lines = {0}, joined = {0};
    struct run_options_list list = {0};
    json_t *document;
    assert_int_equal(json_read(span_of(arguments), &document), OK);
    error e = run_arguments_translate(&arena, "job", document, &list, keep_line, &lines);
    for (int i = 0; i < list.count; i++)
        buffer_printf(&joined, "%s%s", i ? " " : "", list.texts[i]);
    assert_string_equal(e == OK ? buffer_text(&joined) : error_text(), options);
    if (said) assert_string_equal(buffer_text(&lines), said);
    json_decref(document);
    buffer_release(&lines);
    buffer_release(&joined);
    arena_release(&arena);
}

static void test_arguments(void **context)
{
    (void)context;
    assert_translates("{}", "", "");
    assert_translates("{\"--window\": \"100 seconds\"}", "--window=100.000000", "");
    assert_translates("{\"--windowSize\": \"2 minutes\"}", "--window=120.000000", "");
    assert_translates("{\"--window-size\": \"9\", \"--windowsize\": \"2\"}", "--window=2.000000",
                      NULL);
    assert_translates("{\"--TempDir\": \"s3://b/t/\"}", "--checkpoint=s3://b/t/job/checkpoint", "");
    assert_translates("{\"--TempDir\": \"s3://b/t\", \"--checkpoint\": \"s3://b/c\"}",
                      "--checkpoint=s3://b/c", "");
    assert_translates("{\"--strict_casts\": \"true\", \"--drain\": \"false\"}", "--strict-casts",
                      "");
    assert_translates("{\"--drain\": \"maybe\"}", "argument --drain: 'maybe' is not true or false",
                      NULL);
    assert_translates("{\"--window\": \"-1\"}",
                      "argument --window: '-1' is not a length of time like \"100 seconds\"", NULL);
    assert_translates(
        "{\"window\": \"1\", \"--x\": \"--dir=/\", \"--conf\": \"y\"}", "--window=1.000000",
        "1 argument 'window' lacks its dashes: taken as --window, which AWS Glue would "
        "not do\n2 arguments without effect here: --conf\n"
        "1 unknown arguments, without effect: --x\n");
    assert_translates("{\"window\": \"1\", \"--window\": \"2\"}", "--window=2.000000", NULL);
    assert_translates("{\"--memory\": \"64 --dir=/etc\"}", "--memory=64 --dir=/etc",
                      ""); /* one word */
}

/* ---- log files ---- */

static struct log_query query_of(size_t limit)
{
    return (struct log_query){
        .path = file_in("log"), .end_ms = INT64_MAX, .begun_ms = 5, .limit = limit};
}

static void write_log(span text)
{
    assert_int_equal(file_replace(file_in("log"), text), OK);
}

static void assert_event(const struct log_page *page, size_t i, int64_t time_ms, const char *text)
{
    assert_true(i < page->count);
    assert_int_equal(page->events[i].time_ms, time_ms);
    assert_int_equal(page->events[i].text.size, strlen(text));
    assert_memory_equal(page->events[i].text.data, text, strlen(text));
}

static void test_log_lines(void **context)
{
    struct arena arena = {0};
    struct log_page page;
    struct log_query query = query_of(100);
    (void)context;
    write_log(SPAN("first\n1970-01-01T00:00:01.000Z INFO a: b\n\n  more\n"
                   "{\"time\":\"1970-01-01T00:00:02.000Z\",\"x\":1}\nhalf a li"));
    assert_int_equal(log_file_forward(&arena, &query, 0, &page), OK);
    assert_int_equal(page.count, 4);
    assert_event(&page, 0, 5, "first");
    assert_event(&page, 1, 1000, "1970-01-01T00:00:01.000Z INFO a: b");
    assert_event(&page, 2, 1000, "  more");
    assert_event(&page, 3, 2000, "{\"time\":\"1970-01-01T00:00:02.000Z\",\"x\":1}");
    assert_false(page.more);
    int64_t end = page.end;
    assert_int_equal(log_file_forward(&arena, &query, end, &page), OK);
    assert_int_equal(page.count, 0);
    assert_int_equal(page.end, end); /* until the line is complete */
    query.limit = 2;
    assert_int_equal(log_file_backward(&arena, &query, -1, &page), OK);
    assert_event(&page, 0, 1000, "  more");
    assert_int_equal(page.end, end);
    assert_int_equal(log_file_backward(&arena, &query, page.begin, &page), OK);
    assert_event(&page, 0, 5, "first");
    assert_int_equal(page.begin, 0);
    query.start_ms = 1000;
    query.end_ms = 2000;
    query.limit = 100;
    assert_int_equal(log_file_forward(&arena, &query, 0, &page), OK);
    assert_int_equal(page.count, 2);
    assert_true(log_file_is_line(query.path, 6));
    assert_false(log_file_is_line(query.path, 5));
    assert_false(log_file_is_line(query.path, -1));
    assert_int_equal(log_file_forward(&arena, &(struct log_query){.path = "/nowhere"}, 0, &page),
                     ERR_NOT_FOUND);
    arena_release(&arena);
}

/* Many chunks of lines, and one line that is longer than a chunk: every page leads on. */
static void test_log_pages(void **context)
{
    struct arena arena = {0};
    struct buffer text = {0};
    struct log_page page = {0};
    struct log_query query = query_of(7000);
    size_t lines = 60000, forward = 0, backward = 0, bytes = 0;
    (void)context;
    for (size_t i = 0; i < lines; i++) buffer_printf(&text, "line %zu %s\n", i, "................");
    size_t plain = text.size;
    for (size_t i = 0; i < 3000000; i++) buffer_append_byte(&text, 'x');
    buffer_append_text(&text, "\nend\n");
    write_log(buffer_span(&text));
    do {
        int64_t from = page.end;
        assert_int_equal(log_file_forward(&arena, &query, from, &page), OK);
        assert_true(page.end > from || page.count == 0);
        for (size_t i = 0; i < page.count; i++) {
            forward += page.events[i].offset < (int64_t)plain;
            bytes += page.events[i].text.size;
        }
    } while (page.count);
    assert_int_equal(page.end, text.size);
    assert_int_equal(forward, lines);
    assert_int_equal(bytes, text.size - lines - 2); /* all but the newlines */
    bytes = 0;
    for (int64_t at = -1; at != 0; at = page.begin) {
        assert_int_equal(log_file_backward(&arena, &query, at, &page), OK);
        assert_true(at < 0 || page.begin < at);
        for (size_t i = 0; i < page.count; i++) {
            backward += page.events[i].offset < (int64_t)plain;
            bytes += page.events[i].text.size;
        }
        arena_reset(&arena);
    }
    assert_int_equal(backward, lines);
    assert_int_equal(bytes, text.size - lines - 2);
    buffer_release(&text);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_process_runs),
        cmocka_unit_test(test_process_waits_for_its_record),
        cmocka_unit_test(test_process_is_found_again),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_log_lines),
        cmocka_unit_test(test_log_pages),
    };
    return cmocka_run_group_tests_name("aws_run", tests, open_folder, close_folder);
}
