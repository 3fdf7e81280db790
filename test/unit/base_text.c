/* Base64, hexadecimal, percent-encoding, UTF-8, numbers, JSON escapes. */
#include "base/base.h" /* before cmocka, which makes a macro of fail */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void base64_round_trip(void **state)
{
    (void)state;
    static const char *const pairs[][2] = { /* RFC 4648, section 10 */
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        span plain = span_of(pairs[i][0]), code = span_of(pairs[i][1]);
        char text[16], bytes[16];
        size_t size = 99;
        assert_int_equal(base64_encoded_size(plain.size), code.size);
        base64_encode(text, plain);
        assert_memory_equal(text, code.data, code.size);
        assert_int_equal(base64_decode(bytes, &size, code), OK);
        assert_true(span_equal((span){bytes, size}, plain));
    }
    uint8_t all[256], back[256];
    char text[344];
    size_t size;
    for (int i = 0; i < 256; i++) all[i] = (uint8_t)(i * 167);
    base64_encode(text, (span){(char *)all, 256});
    assert_int_equal(base64_decode(back, &size, (span){text, sizeof text}), OK);
    assert_int_equal(size, 256);
    assert_memory_equal(back, all, 256);
}

static void base64_is_strict(void **state)
{
    (void)state;
    static const char *const bad[] = {"Z",      "Zg",   "Zg=",     "Zh==",     "Zm9=",
                                      "=AAA",   "A===", "====",    "Zg==Zg==", "Zm 9",
                                      "Zm9v\n", "Zm-_", "Zm9\x80", "Z=9v"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *exact = malloc(base64_decoded_max(strlen(bad[i])) + 1);
        size_t size;
        assert_int_equal(base64_decode(exact, &size, span_of(bad[i])), ERR_PARSE);
        free(exact);
    }
}

/* Long texts take another path than short ones: every length, and every place for a wrong digit. */
static void base64_of_any_length(void **state)
{
    (void)state;
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t size = 0; size < 200; size++) {
        size_t coded = base64_encoded_size(size), got;
        uint8_t *plain = malloc(size + 1), *back = malloc(base64_decoded_max(coded) + 1);
        char *text = malloc(coded + 1);
        for (size_t i = 0; i < size; i++) plain[i] = (uint8_t)(i * 89 + size);
        base64_encode(text, (span){(char *)plain, size});
        for (size_t i = 0; i + 3 <= size; i += 3) {
            unsigned v = (unsigned)plain[i] << 16 | (unsigned)plain[i + 1] << 8 | plain[i + 2];
            for (int d = 0; d < 4; d++)
                assert_int_equal(text[i / 3 * 4 + (size_t)d], digits[v >> (18 - 6 * d) & 63]);
        }
        assert_int_equal(base64_decode(back, &got, (span){text, coded}), OK);
        assert_int_equal(got, size);
        assert_memory_equal(back, plain, size);
        char *place = malloc(coded + 1);
        memcpy(place, text, coded);
        assert_int_equal(base64_decode(place, &got, (span){place, coded}), OK);
        assert_memory_equal(place, plain, size);
        free(place);
        for (size_t i = 0; i + 4 < coded; i++) {
            static const char wrong[] = "=-_ \x80\xff";
            char good = text[i];
            text[i] = wrong[i % (sizeof wrong - 1)];
            assert_int_equal(base64_decode(back, &got, (span){text, coded}), ERR_PARSE);
            text[i] = good;
        }
        free(plain);
        free(back);
        free(text);
    }
}

static void md5_in_lanes(void **state)
{
    (void)state;
    char memory[MD5_LANES][80];
    uint8_t many[MD5_LANES][MD5_SIZE], one[MD5_SIZE];
    for (size_t size = 0; size < 70; size++) {
        span texts[MD5_LANES];
        for (size_t lane = 0; lane < MD5_LANES; lane++) {
            size_t own = (size + lane * 7) % sizeof *memory;
            for (size_t i = 0; i < own; i++) memory[lane][i] = (char)(i * 31 + lane + size);
            texts[lane] = (span){memory[lane], own};
        }
        size_t count = 1 + size % MD5_LANES;
        md5_lanes(many, texts, count);
        for (size_t lane = 0; lane < count; lane++) {
            md5(one, texts[lane]);
            assert_memory_equal(many[lane], one, MD5_SIZE);
        }
    }
}

/* As the digest beside its bytes, whatever the pieces and whether a thread was worth it. */
static void digest_apart(void **state)
{
    (void)state;
    static char memory[3000000];
    uint8_t beside[SHA256_SIZE], alone[SHA256_SIZE];
    for (size_t i = 0; i < sizeof memory; i++) memory[i] = (char)(i * 7919 >> 5);
    const size_t sizes[] = {0, 1, 524288, 524289, 800000, sizeof memory};
    const size_t pieces[] = {1000, 65536, 262144, 700001, sizeof memory};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
            struct digest_apart *d = digest_apart_open(DIGEST_MD5);
            for (size_t at = 0; at < sizes[i]; at += pieces[k]) {
                size_t left = sizes[i] - at;
                digest_apart_update(d, (span){memory + at, left < pieces[k] ? left : pieces[k]});
            }
            assert_int_equal(digest_apart_close(d, beside), MD5_SIZE);
            md5(alone, (span){memory, sizes[i]});
            assert_memory_equal(beside, alone, MD5_SIZE);
        }
    }
}

static void hexadecimal(void **state)
{
    (void)state;
    char text[6];
    uint8_t bytes[3];
    hex_encode(text, "\x00\xAB\xff", 3);
    assert_memory_equal(text, "00abff", 6);
    assert_int_equal(hex_decode(bytes, SPAN("00aBFf")), OK);
    assert_memory_equal(bytes, "\x00\xAB\xff", 3);
    assert_int_equal(hex_decode(bytes, SPAN("0")), ERR_PARSE);
    assert_int_equal(hex_decode(bytes, SPAN("0g")), ERR_PARSE);
    assert_int_equal(hex_decode(bytes, SPAN("")), OK);
}

static void percent_encoding(void **state)
{
    (void)state;
    struct buffer out = {0};
    percent_encode(&out, SPAN("a/b c~%\xC3\xA9+"), false);
    assert_string_equal(buffer_text(&out), "a%2Fb%20c~%25%C3%A9%2B");
    buffer_reset(&out);
    percent_encode(&out, SPAN("a/b="), true);
    assert_string_equal(buffer_text(&out), "a/b%3D");
    buffer_reset(&out);
    assert_int_equal(percent_decode(&out, SPAN("a%2fb+%C3%a9%00"), false), OK);
    assert_true(span_equal(buffer_span(&out), SPAN("a/b+\xC3\xA9\0")));
    buffer_reset(&out);
    assert_int_equal(percent_decode(&out, SPAN("a+b%2B"), true), OK);
    assert_string_equal(buffer_text(&out), "a b+");
    static const char *const bad[] = {"%", "%2", "a%", "%zz", "%2x", "%x2", "%%20"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(percent_decode(&out, span_of(bad[i]), false), ERR_PARSE);
    buffer_release(&out);
}

static void utf8_validity(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "plain",
                                       "\x7f",
                                       "\xC2\x80",
                                       "\xDF\xBF",
                                       "\xE0\xA0\x80",
                                       "\xED\x9F\xBF",
                                       "\xEE\x80\x80",
                                       "\xEF\xBF\xBF",
                                       "\xF0\x90\x80\x80",
                                       "\xF4\x8F\xBF\xBF",
                                       "longer than eight \xC3\xA9"};
    static const char *const bad[] = { /* all wrong right after "12345678" and "x" */
        "\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x9F\xBF", "\xE2\x82", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3(",
        "\xE2\x28\xA1", "\xF0\x9F\x98"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(utf8_valid_prefix(span_of(good[i])), strlen(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[32];
        snprintf(text, sizeof text, "12345678x%s", bad[i]);
        assert_int_equal(utf8_valid_prefix(span_of(text)), 9);
        assert_int_equal(utf8_valid_prefix(span_of(bad[i])), 0);
    }
    for (uint32_t c = 0; c <= 0x10FFFF; c += c < 0x900 ? 1 : 97) {
        char text[4];
        size_t size = utf8_encode(text, c);
        bool surrogate = c >= 0xD800 && c < 0xE000;
        assert_int_equal(utf8_valid_prefix((span){text, size}), surrogate ? 0 : size);
        assert_int_equal(utf8_count((span){text, size}), 1);
    }
}

static void integers(void **state)
{
    (void)state;
    int64_t value;
    uint64_t wide;
    assert_true(parse_int64(SPAN("-9223372036854775808"), &value) && value == INT64_MIN);
    assert_true(parse_int64(SPAN("9223372036854775807"), &value) && value == INT64_MAX);
    assert_true(parse_int64(SPAN("-0"), &value) && value == 0);
    assert_true(parse_uint64(SPAN("18446744073709551615"), &wide) && wide == UINT64_MAX);
    static const char *const bad[] = {"", "-", "+1", " 1", "1 ", "1.0", "0x1", "--1", "1e3",
                                      "9223372036854775808", "-9223372036854775809"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(parse_int64(span_of(bad[i]), &value));
    assert_false(parse_uint64(SPAN("18446744073709551616"), &wide));
    assert_false(parse_uint64(SPAN("-1"), &wide));
}

static void json_escapes(void **state)
{
    (void)state;
    struct buffer out = {0};
    json_escape(&out, SPAN("a\"b\\c\n\r\t\x01\x1f\x7f/\xC3\xA9\0z"));
    assert_string_equal(buffer_text(&out),
                        "a\\\"b\\\\c\\n\\r\\t\\u0001\\u001f\x7f/\xC3\xA9\\u0000z");
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_round_trip), cmocka_unit_test(base64_is_strict),
        cmocka_unit_test(base64_of_any_length), cmocka_unit_test(md5_in_lanes),
        cmocka_unit_test(digest_apart),
        cmocka_unit_test(hexadecimal),       cmocka_unit_test(percent_encoding),
        cmocka_unit_test(utf8_validity),     cmocka_unit_test(integers),
        cmocka_unit_test(json_escapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
