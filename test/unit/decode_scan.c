/* The JSON scanner: tokens, reasons and offsets of refusal, unescaping; and its verdict on a
 * torture corpus compared with jansson's, an independent parser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "decode/decode.h"

#include <cmocka.h>

/* One letter per token, so that a document's tokens compare as a text. */
static const char letters[] = "!.{}[]k\"0tfn";

static void scan_all(span text, struct buffer *out, struct json_scanner *s)
{
    enum json_token token;
    buffer_reset(out);
    json_scan_begin(s, text);
    do {
        token = json_scan_next(s);
        buffer_append_byte(out, (uint8_t)letters[token]);
    } while (token != JSON_TOKEN_ERROR && token != JSON_TOKEN_END);
}

/* Scans an exact-size copy, so that a sanitizer sees any read behind the end. */
static enum decode_reason verdict(span text, uint32_t *offset)
{
    struct json_scanner s;
    char *copy = malloc(text.size ? text.size : 1);
    enum json_token token;
    if (text.size) memcpy(copy, text.data, text.size);
    json_scan_begin(&s, (span){copy, text.size});
    do token = json_scan_next(&s);
    while (token != JSON_TOKEN_ERROR && token != JSON_TOKEN_END);
    if (offset) *offset = (uint32_t)(s.at - s.start);
    free(copy);
    return token == JSON_TOKEN_END ? DECODED : s.reason;
}

static void tokens_in_order(void **state)
{
    (void)state;
    static const struct {
        const char *text, *tokens;
    } cases[] = {
        {"{}", "{}."},
        {" \t\r\n{ } \n", "{}."},
        {"[]", "[]."},
        {"12", "0."},
        {"\"x\"", "\"."},
        {"null", "n."},
        {"{\"a\":1,\"b\":[true,false,null,\"x\",{}],\"c\":{\"d\":-0.5e+7}}",
         "{k0k[tfn\"{}]k{k0}}."},
        {"[[],[[]],{\"a\":[]}]", "[[][[]]{k[]}]."},
        {"[1,]", "[0!"},
        {"[,1]", "[!"},
        {"{\"a\"}", "{!"},
        {"{\"a\":}", "{k!"},
        {"{\"a\":1,}", "{k0!"},
        {"{,}", "{!"},
        {"{1:2}", "{!"},
        {"[1 2]", "[0!"},
        {"[1}", "[0!"},
        {"{\"a\":1]", "{k0!"},
        {"1 2", "0!"},
        {"]", "!"},
        {"", "!"},
    };
    struct buffer out = {0};
    struct json_scanner s;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scan_all(span_of(cases[i].text), &out, &s);
        assert_string_equal(buffer_text(&out), cases[i].tokens);
    }
    buffer_release(&out);
}

static void texts_of_tokens(void **state)
{
    (void)state;
    struct json_scanner s;
    json_scan_begin(&s,
                    SPAN("{\"k\\u0041y\" : \"plain text\", \"b\":-12.50E3,\"c\":\"\xC3\xA9\"}"));
    assert_int_equal(json_scan_next(&s), JSON_TOKEN_OBJECT);
    assert_int_equal(json_scan_next(&s), JSON_TOKEN_KEY);
    assert_true(span_is(s.text, "k\\u0041y") && s.escaped);
    assert_int_equal(json_scan_next(&s), JSON_TOKEN_STRING);
    assert_true(span_is(s.text, "plain text") && !s.escaped);
    assert_int_equal(json_scan_next(&s), JSON_TOKEN_KEY);
    assert_int_equal(json_scan_next(&s), JSON_TOKEN_NUMBER);
    assert_true(span_is(s.text, "-12.50E3"));
    assert_int_equal(json_scan_next(&s), JSON_TOKEN_KEY);
    assert_int_equal(json_scan_next(&s), JSON_TOKEN_STRING);
    assert_true(span_is(s.text, "\xC3\xA9") && !s.escaped);
    assert_int_equal(json_scan_next(&s), JSON_TOKEN_OBJECT_END);
    assert_int_equal(json_scan_next(&s), JSON_TOKEN_END);
    assert_int_equal(json_scan_next(&s), JSON_TOKEN_END);
}

static void skip_passes_whole_values(void **state)
{
    (void)state;
    struct json_scanner s;
    json_scan_begin(&s, SPAN("[{\"a\":[1,{\"b\":[]}]},\"x\",[[2]],7]"));
    assert_int_equal(json_scan_next(&s), JSON_TOKEN_ARRAY);
    for (int i = 0; i < 3; i++) assert_true(json_scan_skip(&s, json_scan_next(&s)));
    assert_int_equal(json_scan_next(&s), JSON_TOKEN_NUMBER);
    assert_true(span_is(s.text, "7"));
    assert_int_equal(json_scan_next(&s), JSON_TOKEN_ARRAY_END);
    json_scan_begin(&s, SPAN("{\"a\":[1,2}"));
    assert_false(json_scan_skip(&s, json_scan_next(&s)));
    assert_int_equal(s.reason, DECODE_MALFORMED);
    assert_int_equal(json_scan_next(&s), JSON_TOKEN_ERROR); /* stays failed */
}

static void refusals_say_why_and_where(void **state)
{
    (void)state;
    static const struct {
        span text;
        enum decode_reason reason;
        uint32_t offset;
    } cases[] = {
        {SPAN(""), DECODE_EMPTY, 0},
        {SPAN(" \n\t "), DECODE_EMPTY, 4},
        {SPAN("{\"a\":1}{\"a\":2}"), DECODE_TRAILING, 7},
        {SPAN("{\"a\":1}\n{\"a\":2}"), DECODE_TRAILING, 8},
        {SPAN("{\"a\":1}\0"), DECODE_TRAILING, 7},
        {SPAN("{}\xFF"), DECODE_INVALID_UTF8, 2},
        {SPAN("\xEF\xBB\xBF{}"), DECODE_MALFORMED, 0},
        {SPAN("{\"a\":01}"), DECODE_MALFORMED, 6},
        {SPAN("{\"a\":-01}"), DECODE_MALFORMED, 7},
        {SPAN("{\"a\":+1}"), DECODE_MALFORMED, 5},
        {SPAN("{\"a\":.5}"), DECODE_MALFORMED, 5},
        {SPAN("{\"a\":5.}"), DECODE_MALFORMED, 7},
        {SPAN("{\"a\":5e}"), DECODE_MALFORMED, 7},
        {SPAN("{\"a\":5e+}"), DECODE_MALFORMED, 8},
        {SPAN("{\"a\":-}"), DECODE_MALFORMED, 6},
        {SPAN("{\"a\":1_000}"), DECODE_MALFORMED, 6},
        {SPAN("{\"a\":0x10}"), DECODE_MALFORMED, 6},
        {SPAN("{\"a\":NaN}"), DECODE_MALFORMED, 5},
        {SPAN("{\"a\":Infinity}"), DECODE_MALFORMED, 5},
        {SPAN("{\"a\":nul}"), DECODE_MALFORMED, 8},
        {SPAN("{\"a\":True}"), DECODE_MALFORMED, 5},
        {SPAN("{'a':1}"), DECODE_MALFORMED, 1},
        {SPAN("{a:1}"), DECODE_MALFORMED, 1},
        {SPAN("[1]//x"), DECODE_TRAILING, 3},
        {SPAN("[/**/1]"), DECODE_MALFORMED, 1},
        {SPAN("[\"\x01\"]"), DECODE_MALFORMED, 2},
        {SPAN("[\"0123456789\n\"]"), DECODE_MALFORMED, 12},
        {SPAN("[\"\0\"]"), DECODE_MALFORMED, 2},
        {SPAN("[\"\\x41\"]"), DECODE_MALFORMED, 3},
        {SPAN("[\"\\'\"]"), DECODE_MALFORMED, 3},
        {SPAN("[\"\\\0\"]"), DECODE_MALFORMED, 3},
        {SPAN("[\"\\u12G4\"]"), DECODE_MALFORMED, 6},
        {SPAN("[\"a\\ud800\"]"), DECODE_MALFORMED, 3},
        {SPAN("[\"a\\udc00\"]"), DECODE_MALFORMED, 3},
        {SPAN("[\"\\ud800\\ud800\"]"), DECODE_MALFORMED, 2},
        {SPAN("[\"\\ud800\\n\"]"), DECODE_MALFORMED, 2},
        {SPAN("[\"\\ud800x\"]"), DECODE_MALFORMED, 2},
        {SPAN("[\"\\udc00\\ud800\"]"), DECODE_MALFORMED, 2},
        {SPAN("[\"\x80\"]"), DECODE_INVALID_UTF8, 2},
        {SPAN("[\"\xC0\xAF\"]"), DECODE_INVALID_UTF8, 2},
        {SPAN("[\"\xE0\x80\x80\"]"), DECODE_INVALID_UTF8, 2},
        {SPAN("[\"\xED\xA0\x80\"]"), DECODE_INVALID_UTF8, 2},
        {SPAN("[\"\xF4\x90\x80\x80\"]"), DECODE_INVALID_UTF8, 2},
        {SPAN("[\"\xF5\x80\x80\x80\"]"), DECODE_INVALID_UTF8, 2},
        {SPAN("[\"\xE2\x82\"]"), DECODE_INVALID_UTF8, 2},
        {SPAN("{\"\xFF\":1}"), DECODE_INVALID_UTF8, 2},
        {SPAN("[\xFF]"), DECODE_INVALID_UTF8, 1},
        {SPAN("[\xC2\xA0]"), DECODE_MALFORMED, 1},
        {SPAN("[\"\xE2\x82"), DECODE_TRUNCATED, 4},
        {SPAN("[\"\\ud83d\\"), DECODE_TRUNCATED, 9},
        {SPAN("[\f1]"), DECODE_MALFORMED, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t offset;
        enum decode_reason reason = verdict(cases[i].text, &offset);
        if (reason != cases[i].reason || offset != cases[i].offset)
            fail_msg("%.*s: %s at %u", (int)cases[i].text.size, cases[i].text.data,
                     decode_reason_text(reason), offset);
    }
}

static void depth_ends_at_the_limit(void **state)
{
    (void)state;
    for (int object = 0; object < 2; object++)
        for (int depth = DECODE_DEPTH_MAX - 1; depth <= DECODE_DEPTH_MAX + 1; depth++) {
            struct buffer text = {0};
            for (int i = 0; i < depth; i++) buffer_append_text(&text, object ? "{\"a\":" : "[");
            buffer_append_text(&text, "1");
            for (int i = 0; i < depth; i++) buffer_append_text(&text, object ? "}" : "]");
            assert_int_equal(verdict(buffer_span(&text), NULL),
                             depth > DECODE_DEPTH_MAX ? DECODE_TOO_DEEP : DECODED);
            buffer_release(&text);
        }
}

static void escapes_resolve(void **state)
{
    (void)state;
    static const struct {
        const char *raw;
        span text;
    } cases[] = {
        {"", SPAN("")},
        {"plain", SPAN("plain")},
        {"\\\"\\\\\\/\\b\\f\\n\\r\\t", SPAN("\"\\/\b\f\n\r\t")},
        {"\\u0000", SPAN("\0")},
        {"a\\u0041\\u00e9\\u20AC.", SPAN("aA\xC3\xA9\xE2\x82\xAC.")},
        {"\\uD83D\\uDE00", SPAN("\xF0\x9F\x98\x80")},
        {"\\uDBFF\\uDFFF", SPAN("\xF4\x8F\xBF\xBF")},
        {"\\uFFFF\\uE000", SPAN("\xEF\xBF\xBF\xEE\x80\x80")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[64];
        size_t size;
        assert_true(json_unescape(span_of(cases[i].raw), out, &size));
        assert_true(span_equal((span){out, size}, cases[i].text));
        strcpy(out, cases[i].raw); /* in place */
        assert_true(json_unescape((span){out, strlen(out)}, out, &size));
        assert_true(span_equal((span){out, size}, cases[i].text));
    }
    static const char *const bad[] = {"\\",       "\\u",     "\\u123",        "\\u12x4",
                                      "\\x",      "\\ud800", "\\udc00",       "\\ud800\\u0041",
                                      "\\ud800x", "a\\",     "\\ud800\\ud800"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char out[64];
        size_t size;
        assert_false(json_unescape(span_of(bad[i]), out, &size));
    }
}

/* ---- against jansson ---- */

static const char *const documents[] = {
    "{\"ventilatorid\": 29, \"eventtime\": \"2023-09-07 16:02:17\", \"manufacturer\": \"GE\"}",
    "{\"a\":[1,-2.5e-3,0,-0,1E5,\"\\u00e9\\ud83d\\ude00\\n\\\\\"],\"b\":{\"c\":null,\"d\":true}}",
    " [ false , { \"k\xC3\xA9\" : [ ] , \"\xE2\x82\xAC\xF0\x9F\x98\x80\" : { } } , \"\" ] \r\n",
    "[0.1,10.01e10,123456789012345678,-1e-10,0e0,0E+1,1.0,\"a\\/b\\\"c\\b\\f\\r\\t\"]",
    "\"12345678\\u0000 0123456789abcdef 0123456789abcdef\"",
};

/* Known differences: jansson refuses integers beyond 64 bits and reals beyond double (both are
 * syntactically fine), and swallows a NUL byte behind a number. */
static bool jansson_accepts(span text)
{
    if (memchr(text.data, 0, text.size)) return false;
    json_error_t problem;
    json_t *value = json_loadb(text.data, text.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &problem);
    bool too_big = !value && (json_error_code(&problem) == json_error_numeric_overflow);
    json_decref(value);
    return value || too_big;
}

static void agree(span text)
{
    bool ours = verdict(text, NULL) == DECODED, theirs = jansson_accepts(text);
    if (ours != theirs) {
        struct buffer shown = {0};
        for (size_t i = 0; i < text.size; i++) buffer_printf(&shown, "%02x", (uint8_t)text.data[i]);
        fail_msg("scanner %s, jansson %s: %s", ours ? "accepts" : "refuses",
                 theirs ? "accepts" : "refuses", buffer_text(&shown));
    }
}

static void truncation_at_every_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        span whole = span_of(documents[i]);
        size_t end = span_trim(whole).data + span_trim(whole).size - whole.data;
        assert_int_equal(verdict(whole, NULL), DECODED);
        for (size_t cut = 0; cut < end; cut++) {
            agree((span){whole.data, cut});
            enum decode_reason reason = verdict((span){whole.data, cut}, NULL);
            assert_true(reason == DECODE_TRUNCATED || (cut < 2 && reason == DECODE_EMPTY));
        }
    }
}

static void every_byte_value_at_every_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        size_t size = strlen(documents[i]);
        char text[256];
        for (size_t at = 0; at < size; at++)
            for (int byte = 0; byte < 256; byte++) {
                memcpy(text, documents[i], size);
                text[at] = (char)byte;
                agree((span){text, size}); /* replaced */
                memmove(text + at + 1, documents[i] + at, size - at);
                agree((span){text, size + 1}); /* inserted */
            }
    }
}

/* Every string position of the eight-byte steps, every two-byte content. */
static void every_byte_pair_in_strings(void **state)
{
    (void)state;
    for (size_t lead = 0; lead < 9; lead++)
        for (int pair = 0; pair < 0x10000; pair += lead == 0 ? 1 : 257) {
            char text[40];
            size_t size = (size_t)sprintf(text, "[\"%.*s??%.*s\"]", (int)lead, "abcdefgh",
                                          (int)(lead * 2), "0123456789abcdef");
            text[2 + lead] = (char)(pair >> 8);
            text[3 + lead] = (char)pair;
            agree((span){text, size});
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_in_order),
        cmocka_unit_test(texts_of_tokens),
        cmocka_unit_test(skip_passes_whole_values),
        cmocka_unit_test(refusals_say_why_and_where),
        cmocka_unit_test(depth_ends_at_the_limit),
        cmocka_unit_test(escapes_resolve),
        cmocka_unit_test(truncation_at_every_byte),
        cmocka_unit_test(every_byte_value_at_every_place),
        cmocka_unit_test(every_byte_pair_in_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
