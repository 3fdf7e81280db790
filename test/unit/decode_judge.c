/* The decoder against two other JSON parsers: test/conformance/json_judge.py keeps what Python's
 * json and node's JSON.parse (who agree) say of a torture corpus; here the scanner must accept and
 * refuse the same documents, and the decoder read the same values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "decode/decode.h" /* before cmocka's own fail() */

#include <cmocka.h>

static bool scanner_accepts(span text)
{
    struct json_scanner s;
    enum json_token token;
    json_scan_begin(&s, text);
    do token = json_scan_next(&s);
    while (token != JSON_TOKEN_ERROR && token != JSON_TOKEN_END);
    return token == JSON_TOKEN_END;
}

/* Member "a" as the row's only value, under the type that keeps it as it was. */
static bool same_value(span text, const char *type, const char *wanted)
{
    bool real = strcmp(type, "double") == 0, string = strcmp(type, "string") == 0;
    const struct field field = {.name = "a", .type = type_of(real ? TYPE_DOUBLE : TYPE_STRING)};
    const struct schema schema = {1, &field};
    struct arena arena = {0};
    struct decoder *decoder;
    struct decoded out;
    assert_int_equal(decoder_open(&decoder, &schema, &(struct decode_options){0}), OK);
    assert_int_equal(decoder_run(decoder, &text, 1, &arena, &out), OK);
    bool same = out.batch->rows == 1;
    const struct column *column = out.batch->columns;
    if (same && real) {
        double value = strtod(wanted, NULL);
        same = memcmp(column->values, &value, sizeof value) == 0;
    } else if (same) {
        span bytes = span_of(wanted);
        if (string) {
            char *plain = arena_alloc(&arena, bytes.size + 1);
            assert_int_equal(base64_decode(plain, &bytes.size, bytes), OK);
            bytes.data = plain;
        }
        same = span_equal(column_span(column, 0), bytes);
    }
    decoder_close(decoder);
    arena_release(&arena);
    return same;
}

/* An object is a row, everything else is refused. */
static bool decodes(span text, bool object)
{
    const struct field field = {.name = "zz", .type = type_of(TYPE_INT)};
    const struct schema schema = {1, &field};
    struct arena arena = {0};
    struct decoder *decoder;
    struct decoded out;
    assert_int_equal(decoder_open(&decoder, &schema, &(struct decode_options){0}), OK);
    assert_int_equal(decoder_run(decoder, &text, 1, &arena, &out), OK);
    bool same = (out.batch->rows == 1) == object;
    decoder_close(decoder);
    arena_release(&arena);
    return same;
}

static bool agrees(const json_t *line)
{
    span coded = span_of(json_text(line, "base64"));
    char *document = malloc(coded.size + 1);
    span text = {document, 0};
    assert_int_equal(base64_decode(document, &text.size, coded), OK);
    document = realloc(document, text.size + !text.size); /* exact size: an over-read is seen */
    text.data = document;
    bool accept = json_is_set(line, "accept");
    bool object = accept && text.size && *span_trim(text).data == '{';
    const char *type = json_text(line, "type");
    bool same = scanner_accepts(text) == accept && decodes(text, object) &&
                (!type || same_value(text, type, json_text(line, "value")));
    if (!same) print_message("# differs: %s\n", coded.data);
    free(document);
    return same;
}

static void as_python_and_node(void **state)
{
    (void)state;
    struct buffer file = {0};
    size_t lines = 0, different = 0;
    assert_int_equal(file_read_whole("test/data/json_judge.jsonl", &file, 1 << 24), OK);
    for (const char *at = buffer_text(&file), *end; (end = strchr(at, '\n')); at = end + 1) {
        json_t *line;
        assert_int_equal(json_read((span){at, (size_t)(end - at)}, &line), OK);
        lines++;
        different += !agrees(line);
        json_decref(line);
    }
    buffer_release(&file);
    assert_true(lines > 1500);
    assert_int_equal(different, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_python_and_node)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
