#include "base/json.h"

#include "base/date.h"
#include "base/digest.h"
#include "base/text.h"

error json_read(span text, json_t **out)
{
    json_error_t problem;
    json_t *value = json_loadb(text.data ? text.data : "", text.size,
                               JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &problem);
    if (!value)
        return fail(ERR_PARSE, "JSON: %s (line %d, column %d)", problem.text, problem.line,
                    problem.column);
    *out = value;
    return OK;
}

static int append(const char *data, size_t size, void *buffer)
{
    buffer_append(buffer, data, size);
    return 0;
}

void json_print(struct buffer *out, const json_t *value)
{
    CHECK(json_dump_callback(value, append, out,
                             JSON_COMPACT | JSON_ENCODE_ANY |
                                 JSON_REAL_PRECISION(JSON_NUMBER_DIGITS)) == 0);
}

void json_print_indented(struct buffer *out, const json_t *value, int blanks)
{
    CHECK(json_dump_callback(value, append, out,
                             (size_t)JSON_INDENT(blanks) | JSON_ENCODE_ANY |
                                 JSON_REAL_PRECISION(JSON_NUMBER_DIGITS)) == 0);
}

void json_print_pretty(struct buffer *out, const json_t *value)
{
    json_print_indented(out, value, 2);
    buffer_append_byte(out, '\n');
}

const char *json_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

int64_t json_integer_or(const json_t *object, const char *name, int64_t otherwise)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool json_is_set(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

error json_print_kept(struct buffer *out, const json_t *value)
{
    size_t start = out->size;
    json_print(out, value);
    span text = {out->data + start, out->size - start};
    if (!memmem(text.data, text.size, "\\u0000", 6)) return OK;
    json_t *read; /* a backslash before it makes it something else */
    if (json_read(text, &read) != OK)
        return fail(ERR_INVALID_INPUT, "a text with a zero byte cannot be kept");
    json_decref(read);
    return OK;
}

const char *json_digest(struct arena *arena, const json_t *value)
{
    struct buffer text = {0};
    uint8_t digest[SHA256_SIZE];
    char *hex = arena_calloc(arena, 1, 2 * SHA256_SIZE + 1);
    json_print(&text, value);
    sha256(digest, buffer_span(&text));
    buffer_release(&text);
    hex_encode(hex, digest, sizeof digest);
    return hex;
}

json_t *json_from_span(span s)
{
    return json_stringn(s.data ? s.data : "", s.size);
}

json_t *json_timestamp(int64_t us)
{
    return json_real((double)floor_div(us, 1000) / 1000.0);
}
