/* Spans, buffers, arenas, error texts. */
#include "base/base.h" /* before cmocka, which makes a macro of fail */

static error fail_with(const char *text)
{
    return fail(ERR_LIMIT, "%s", text);
}

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void spans(void **state)
{
    (void)state;
    assert_true(span_equal((span){NULL, 0}, SPAN("")));
    assert_true(span_is(SPAN("abc"), "abc") && !span_is(SPAN("abcd"), "abc"));
    assert_true(span_equal_nocase(SPAN("AbC9_"), SPAN("aBc9_")));
    assert_false(span_equal_nocase(SPAN("\xC3\x89"), SPAN("\xC3\xA9")));
    assert_true(span_starts(SPAN("abc"), "ab") && !span_starts(SPAN("a"), "ab"));
    assert_true(span_compare(SPAN("a"), SPAN("ab")) < 0 && span_compare(SPAN("b"), SPAN("ab")) > 0);
    assert_true(span_compare(SPAN("\xff"), SPAN("a")) > 0);
    assert_int_equal(span_compare((span){NULL, 0}, SPAN("")), 0);
    assert_true(span_is(span_trim(SPAN(" \t\r\n a b \v\f")), "a b"));
    assert_int_equal(span_trim(SPAN("  ")).size, 0);
}

static void buffers(void **state)
{
    (void)state;
    struct buffer b = {0};
    assert_string_equal(buffer_text(&b), "");
    for (int i = 0; i < 1000; i++) buffer_printf(&b, "%d,", i);
    assert_int_equal(b.size, 3890);
    assert_true(span_starts(buffer_span(&b), "0,1,2,"));
    const char *held = b.data;
    buffer_reset(&b);
    buffer_append(&b, NULL, 0);
    buffer_append_span(&b, SPAN("x\0y"));
    buffer_append_byte(&b, 0xFF);
    assert_ptr_equal(b.data, held);
    assert_true(span_equal(buffer_span(&b), SPAN("x\0y\xFF")));
    buffer_release(&b);
    assert_true(b.data == NULL && b.size == 0 && b.capacity == 0);
    uint8_t bytes[8];
    put_be64(bytes, 0x0102030405060708);
    assert_true(bytes[0] == 1 && get_be64(bytes) == 0x0102030405060708 &&
                get_be16(bytes) == 0x0102);
    put_le32(bytes, 0x0A0B0C0D);
    assert_true(bytes[0] == 0x0D && get_le32(bytes) == 0x0A0B0C0D && get_be32(bytes) == 0x0D0C0B0A);
}

static void arenas(void **state)
{
    (void)state;
    struct arena a = {0};
    size_t held = 0;
    for (int round = 0; round < 3; round++) { /* the blocks of the first round serve all */
        for (size_t i = 1; i < 3000; i += 7) {
            uint8_t *p = arena_alloc(&a, i);
            assert_int_equal((uintptr_t)p % 16, 0);
            memset(p, 0xEE, i);
        }
        uint8_t *zeroed = arena_calloc(&a, 100, 3);
        for (int i = 0; i < 300; i++) assert_int_equal(zeroed[i], 0);
        assert_string_equal(arena_text(&a, SPAN("text")), "text");
        assert_string_equal(arena_text(&a, (span){NULL, 0}), "");
        assert_string_equal(arena_printf(&a, "%s-%d", "x", 7), "x-7");
        span copy = arena_span(&a, SPAN("ab"));
        assert_true(span_is(copy, "ab") && copy.data[2] == '\0');
        if (round) assert_int_equal(a.held, held);
        held = a.held;
        arena_reset(&a);
        assert_int_equal(a.used, 0);
    }
    void *big = arena_alloc(&a, 5 << 20);
    memset(big, 1, 5 << 20);
    arena_release(&a);
    assert_int_equal(a.held, 0);
}

static void errors(void **state)
{
    (void)state;
    assert_int_equal(fail_with("plain"), ERR_LIMIT);
    assert_string_equal(error_text(), "plain");
    assert_int_equal(fail_with(error_text()), ERR_LIMIT); /* may repeat itself */
    assert_string_equal(error_text(), "plain");
    assert_int_equal(fail_context(ERR_IO, "file %d", 3), ERR_IO);
    assert_string_equal(error_text(), "file 3: plain");
    errno = ENOSPC;
    assert_int_equal(fail_errno("write %s", "/x"), ERR_NO_SPACE);
    assert_string_equal(error_text(), "write /x: No space left on device");
    errno = ENOENT;
    assert_int_equal(fail_errno("open"), ERR_NOT_FOUND);
    char longer[3000];
    for (size_t shift = 0; shift < 3; shift++) { /* cut, but at a whole character */
        memset(longer, 'a', shift);
        for (size_t i = shift; i + 3 < sizeof longer; i += 3) memcpy(longer + i, "\xE2\x82\xAC", 4);
        fail_with(longer);
        assert_in_range(strlen(error_text()), 1019, 1023);
        assert_int_equal(utf8_valid_prefix(span_of(error_text())), strlen(error_text()));
    }
    assert_string_equal(error_row(ERR_EXPIRED_ITERATOR)->name, "ExpiredIteratorException");
    assert_int_equal(error_row(ERR_EXPIRED_ITERATOR)->retry, RETRY_REFRESH);
    assert_int_equal(error_by_name("ExpiredIteratorException"), ERR_EXPIRED_ITERATOR);
    assert_int_equal(error_by_name("ResourceNotFoundException"), ERR_RESOURCE_NOT_FOUND);
    assert_int_equal(error_by_name("no such"), ERR_INTERNAL);
}

static void json(void **state)
{
    (void)state;
    json_t *value;
    struct buffer out = {0};
    assert_int_equal(
        json_read(SPAN("{\"b\":1694102537.123,\"a\":9223372036854775807,\"c\":[true,null]}"),
                  &value),
        OK);
    json_print(&out, value);
    assert_string_equal(buffer_text(&out),
                        "{\"b\":1694102537.123,\"a\":9223372036854775807,\"c\":[true,null]}");
    assert_int_equal(json_integer_or(value, "a", 0), INT64_MAX);
    assert_int_equal(json_integer_or(value, "b", 7), 7);
    assert_null(json_text(value, "a"));
    json_decref(value);
    static const char *const bad[] = {"",         "{",    "{}x", "{\"a\":1,\"a\":2}",
                                      "\"\xff\"", "[1,]", "NaN"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(json_read(span_of(bad[i]), &value), ERR_PARSE);
    json_t *time = json_timestamp(1694102537123456);
    buffer_reset(&out);
    json_print(&out, time);
    assert_string_equal(buffer_text(&out), "1694102537.123");
    json_decref(time);
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans), cmocka_unit_test(buffers), cmocka_unit_test(arenas),
        cmocka_unit_test(errors), cmocka_unit_test(json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
