/* Members of an object's text where they stand in it: no document is made, what is not asked for is
 * stepped over. */
#include "base/json.h"

#include "base/text.h"

/* The quote that ends the text which begins at `at`. */
static const char *text_end(const char *at, const char *end)
{
    const char *quote = at;
    while (quote < end && (quote = memchr(quote, '"', (size_t)(end - quote)))) {
        const char *slash = quote;
        while (slash > at && slash[-1] == '\\') slash--;
        if ((quote - slash) % 2 == 0) return quote;
        quote++;
    }
    return NULL;
}

/* Behind the array or object that begins at `at`. */
static const char *nested_end(const char *at, const char *end)
{
    for (int depth = 0; at && at < end; at++) {
        if (*at == '"') at = text_end(at + 1, end);
        else if (*at == '{' || *at == '[') depth++;
        else if ((*at == '}' || *at == ']') && --depth == 0) return at + 1;
        if (!at) break;
    }
    return NULL;
}

/* Behind the value that begins at `at`; NULL: it has no end. */
static const char *value_end(const char *at, const char *end)
{
    if (at < end && *at == '"') {
        const char *quote = text_end(at + 1, end);
        return quote ? quote + 1 : NULL;
    }
    if (at < end && (*at == '{' || *at == '[')) return nested_end(at, end);
    const char *from = at;
    while (at < end && *at != ',' && *at != '}') at++;
    return at > from ? at : NULL;
}

static void pick_set(struct json_pick *picks, size_t count, span name, span value)
{
    for (size_t i = 0; i < count; i++) {
        if (!span_equal(picks[i].name, name)) continue;
        picks[i].value = value;
        return;
    }
}

static const char *members_pick(const char *at, const char *end, struct json_pick *picks,
                                size_t count)
{
    for (;;) {
        if (at == end || *at++ != '"') return NULL;
        const char *quote = text_end(at, end);
        if (!quote || quote + 1 == end || quote[1] != ':') return NULL;
        const char *value = quote + 2, *behind = value_end(value, end);
        if (!behind || behind == end) return NULL;
        pick_set(picks, count, (span){at, (size_t)(quote - at)},
                 (span){value, (size_t)(behind - value)});
        if (*behind == '}') return behind + 1;
        if (*behind != ',') return NULL;
        at = behind + 1;
    }
}

error json_pick(span text, struct json_pick *picks, size_t count)
{
    const char *at = text.data, *end = at + text.size;
    for (size_t i = 0; i < count; i++) picks[i].value = (span){0};
    if (span_is(text, "{}")) return OK;
    bool object = text.size > 0 && *at == '{' && members_pick(at + 1, end, picks, count) == end;
    return object ? OK : fail(ERR_PARSE, "JSON: not a compact object");
}

const char *json_picked_text(struct arena *arena, span value)
{
    if (value.size < 2 || value.data[0] != '"') return NULL;
    if (!memchr(value.data, '\\', value.size))
        return arena_text(arena, (span){value.data + 1, value.size - 2});
    json_t *read;
    if (json_read(value, &read) != OK) return NULL;
    const char *text = arena_text(arena, span_of(json_string_value(read)));
    json_decref(read);
    return text;
}

int64_t json_picked_integer(span value, int64_t otherwise)
{
    int64_t number;
    return parse_int64(value, &number) ? number : otherwise;
}

bool json_picked_set(span value)
{
    return span_is(value, "true");
}
