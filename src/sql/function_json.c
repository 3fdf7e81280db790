/* Trino's JSON: values are texts, read in place; numbers keep their digits where Trino keeps them.
 * Paths are JSONPath's plain steps: $.name, $['name'], $[0]. */
#include "sql/function.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { JSON_DEPTH_MAX = 500, STEPS_MAX = 64 };

static error invalid(const char *what)
{
    return fail(ERR_USAGE, "INVALID_FUNCTION_ARGUMENT: %s", what);
}

/* ---- reading ---- */

struct cursor {
    const char *p, *end;
    int depth;
};

static void blanks(struct cursor *c)
{
    while (c->p < c->end && strchr(" \t\r\n", *c->p) && *c->p) c->p++;
}

static bool take(struct cursor *c, char byte)
{
    blanks(c);
    if (c->p >= c->end || *c->p != byte) return false;
    c->p++;
    return true;
}

static bool string_skip(struct cursor *c)
{
    if (c->p >= c->end || *c->p++ != '"') return false;
    for (; c->p < c->end && *c->p != '"'; c->p++) {
        if ((unsigned char)*c->p < 0x20) return false;
        if (*c->p != '\\') continue;
        if (++c->p >= c->end || !strchr("\"\\/bfnrtu", *c->p) || !*c->p) return false;
        if (*c->p == 'u')
            for (int i = 0; i < 4; i++)
                if (++c->p >= c->end || !isxdigit((unsigned char)*c->p)) return false;
    }
    return c->p++ < c->end;
}

static bool number_skip(struct cursor *c)
{
    const char *start;
    if (c->p < c->end && *c->p == '-') c->p++;
    start = c->p;
    while (c->p < c->end && isdigit((unsigned char)*c->p)) c->p++;
    if (c->p == start || (*start == '0' && c->p > start + 1)) return false;
    if (c->p < c->end && *c->p == '.') {
        start = ++c->p;
        while (c->p < c->end && isdigit((unsigned char)*c->p)) c->p++;
        if (c->p == start) return false;
    }
    if (c->p < c->end && (*c->p == 'e' || *c->p == 'E')) {
        c->p++;
        if (c->p < c->end && (*c->p == '+' || *c->p == '-')) c->p++;
        start = c->p;
        while (c->p < c->end && isdigit((unsigned char)*c->p)) c->p++;
        if (c->p == start) return false;
    }
    return true;
}

static bool word_skip(struct cursor *c, const char *word)
{
    size_t size = strlen(word);
    if ((size_t)(c->end - c->p) < size || memcmp(c->p, word, size) != 0) return false;
    c->p += size;
    return true;
}

/* The next value, whatever it is. */
static bool skip(struct cursor *c)
{
    blanks(c);
    if (c->p >= c->end) return false;
    char first = *c->p;
    if (first == '"') return string_skip(c);
    if (first != '{' && first != '[')
        return first == 't'   ? word_skip(c, "true")
               : first == 'f' ? word_skip(c, "false")
               : first == 'n' ? word_skip(c, "null")
                              : number_skip(c);
    if (++c->depth > JSON_DEPTH_MAX) return false;
    char close = first == '{' ? '}' : ']';
    c->p++;
    if (!take(c, close)) {
        do {
            blanks(c);
            if (first == '{' && (!string_skip(c) || !take(c, ':'))) return false;
            if (!skip(c)) return false;
        } while (take(c, ','));
        if (!take(c, close)) return false;
    }
    c->depth--;
    return true;
}

static bool value_take(struct cursor *c, span *out)
{
    blanks(c);
    out->data = c->p;
    if (!skip(c)) return false;
    out->size = (size_t)(c->p - out->data);
    return true;
}

/* The whole text as one value. */
static bool whole(span text, span *out)
{
    struct cursor c = {text.data, text.data + text.size, 0};
    if (!value_take(&c, out)) return false;
    blanks(&c);
    return c.p == c.end;
}

/* Members or elements, one after the other: the cursor stands behind the opening. */
static bool member_next(struct cursor *c, bool object, bool first, span *name, span *value)
{
    if (take(c, object ? '}' : ']')) return false;
    if (!first) take(c, ',');
    if (object) {
        if (!value_take(c, name)) return false;
        take(c, ':');
    }
    return value_take(c, value);
}

static struct cursor inside(span value)
{
    return (struct cursor){value.data + 1, value.data + value.size, 0};
}

static uint32_t hex4(const char *p)
{
    char text[5] = {p[0], p[1], p[2], p[3], 0};
    return (uint32_t)strtoul(text, NULL, 16);
}

/* What stands between a string's quotes, escapes resolved. */
static void unescape(struct buffer *out, span s)
{
    for (const char *p = s.data + 1, *end = s.data + s.size - 1; p < end; p++) {
        if (*p != '\\') {
            buffer_append_byte(out, (uint8_t)*p);
            continue;
        }
        static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
        const char *at = strchr(from, *++p);
        if (*p != 'u') {
            buffer_append_byte(out, (uint8_t)(at ? to[at - from] : *p));
            continue;
        }
        char bytes[4];
        uint32_t code = hex4(p + 1);
        p += 4;
        if (code >= 0xd800 && code < 0xdc00 && end - p > 6 && p[1] == '\\' && p[2] == 'u') {
            uint32_t low = hex4(p + 3);
            if (low >= 0xdc00 && low < 0xe000) {
                code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                p += 6;
            }
        }
        if (code >= 0xd800 && code < 0xe000) code = 0xfffd;
        buffer_append(out, bytes, utf8_encode(bytes, code));
    }
}

/* ---- writing ---- */

static void string_write(struct buffer *out, span text)
{
    buffer_append_byte(out, '"');
    json_escape(out, text);
    buffer_append_byte(out, '"');
}

static bool is_real(span number)
{
    return memchr(number.data, '.', number.size) || memchr(number.data, 'e', number.size) ||
           memchr(number.data, 'E', number.size);
}

static void number_write(struct buffer *out, span number)
{
    char text[400];
    if (!is_real(number) || number.size >= sizeof text) {
        buffer_append_span(out, number);
        return;
    }
    memcpy(text, number.data, number.size);
    text[number.size] = 0;
    cast_double_to_text(out, strtod(text, NULL));
}

struct pair {
    span name, value;
};

static int by_name(const void *a, const void *b)
{
    return span_compare(((const struct pair *)a)->name, ((const struct pair *)b)->name);
}

static void write(struct buffer *out, span value, bool sorted);

static void object_write(struct buffer *out, span value, bool sorted)
{
    struct cursor c = inside(value);
    struct buffer members = {0}, name = {0};
    struct pair m;
    for (bool first = true; member_next(&c, true, first, &m.name, &m.value); first = false)
        buffer_append(&members, &m, sizeof m);
    struct pair *all = (struct pair *)(void *)members.data;
    size_t count = members.size / sizeof m;
    if (sorted && count) qsort(all, count, sizeof m, by_name);
    buffer_append_byte(out, '{');
    for (size_t i = 0, written = 0; i < count; i++) {
        if (sorted && i + 1 < count && span_equal(all[i].name, all[i + 1].name)) continue;
        if (written++) buffer_append_byte(out, ',');
        buffer_reset(&name);
        unescape(&name, all[i].name);
        string_write(out, buffer_span(&name));
        buffer_append_byte(out, ':');
        write(out, all[i].value, sorted);
    }
    buffer_append_byte(out, '}');
    buffer_release(&members);
    buffer_release(&name);
}

/* A value without blanks, doubles as Java prints them; members by name if sorted. */
static void write(struct buffer *out, span value, bool sorted)
{
    struct buffer text = {0};
    struct cursor c;
    span item;
    switch (*value.data) {
    case '{':
        object_write(out, value, sorted);
        break;
    case '[':
        c = inside(value);
        buffer_append_byte(out, '[');
        for (bool first = true; member_next(&c, false, first, NULL, &item); first = false) {
            if (!first) buffer_append_byte(out, ',');
            write(out, item, sorted);
        }
        buffer_append_byte(out, ']');
        break;
    case '"':
        unescape(&text, value);
        string_write(out, buffer_span(&text));
        buffer_release(&text);
        break;
    case 't':
    case 'f':
    case 'n':
        buffer_append_span(out, value);
        break;
    default:
        number_write(out, value);
    }
}

static error parse(const struct argument *a, struct result *r, const void *detail)
{
    span value;
    (void)detail;
    if (!whole(a->text, &value))
        return fail(ERR_USAGE, "INVALID_FUNCTION_ARGUMENT: Cannot convert value to JSON: '%.*s'",
                    (int)(a->text.size > 200 ? 200 : a->text.size), a->text.data);
    write(&r->text, value, true);
    return OK;
}

static error quote(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    string_write(&r->text, a->text);
    return OK;
}

static error real_json(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    bool plain = a->real - a->real == 0;
    if (!plain) buffer_append_byte(&r->text, '"');
    cast_double_to_text(&r->text, a->real);
    if (!plain) buffer_append_byte(&r->text, '"');
    return OK;
}

/* The elements are JSON; NULL among them is null. */
static error array_json(const struct argument *a, struct result *r, const void *detail)
{
    (void)detail;
    buffer_append_byte(&r->text, '[');
    for (size_t i = 0; i < a->count; i++) {
        if (i) buffer_append_byte(&r->text, ',');
        buffer_append_span(&r->text, a->texts[i].data ? a->texts[i] : SPAN("null"));
    }
    buffer_append_byte(&r->text, ']');
    return OK;
}

static error object_json(const struct argument *a, struct result *r, const void *detail)
{
    struct buffer members = {0};
    (void)detail;
    for (size_t i = 0; i < a[0].count && i < a[1].count; i++) {
        struct pair m = {a[0].texts[i], a[1].texts[i].data ? a[1].texts[i] : SPAN("null")};
        buffer_append(&members, &m, sizeof m);
    }
    struct pair *all = (struct pair *)(void *)members.data;
    size_t count = members.size / sizeof *all;
    if (count) qsort(all, count, sizeof *all, by_name);
    buffer_append_byte(&r->text, '{');
    for (size_t i = 0; i < count; i++) {
        if (i) buffer_append_byte(&r->text, ',');
        buffer_append_span(&r->text, all[i].name);
        buffer_append_byte(&r->text, ':');
        buffer_append_span(&r->text, all[i].value);
    }
    buffer_append_byte(&r->text, '}');
    buffer_release(&members);
    return OK;
}

/* ---- paths ---- */

struct step {
    span name;
    int64_t index;
}; /* name without data: an index */

static error no_path(span path)
{
    return fail(ERR_USAGE, "INVALID_FUNCTION_ARGUMENT: Invalid JSON path: '%.*s'", (int)path.size,
                path.data);
}

static error path_read(span path, struct step *steps, int *count)
{
    const char *p = path.data, *end = p + path.size;
    *count = 0;
    if (p >= end || *p++ != '$') return no_path(path);
    while (p < end && *count < STEPS_MAX) {
        struct step s = {{NULL, 0}, 0};
        const char *start;
        if (*p == '.') {
            start = ++p;
            while (p < end && *p != '.' && *p != '[') p++;
            s.name = (span){start, (size_t)(p - start)};
            if (!s.name.size || *start == '*') return no_path(path);
        } else if (*p == '[' && p + 1 < end && (p[1] == '"' || p[1] == '\'')) {
            start = p + 2;
            const char *close = memchr(start, p[1], (size_t)(end - start));
            if (!close || close + 1 >= end || close[1] != ']') return no_path(path);
            s.name = (span){start, (size_t)(close - start)};
            p = close + 2;
        } else if (*p == '[') {
            start = ++p;
            while (p < end && *p != ']') p++;
            span index = {start, (size_t)(p - start)};
            if (span_is(index, "*")) return no_path(path);
            if (p++ >= end) return no_path(path);
            if (!parse_int64(index, &s.index)) s.name = index;
        } else {
            return no_path(path);
        }
        steps[(*count)++] = s;
    }
    return p < end ? no_path(path) : OK;
}

static bool step_take(span *value, const struct step *s)
{
    bool object = *value->data == '{', found = false;
    if (!object && *value->data != '[') return false;
    if (object != (s->name.data != NULL)) return false;
    struct cursor c = inside(*value);
    struct buffer name = {0};
    span key, item;
    int64_t i = 0;
    for (bool first = true; member_next(&c, object, first, &key, &item); first = false, i++) {
        if (object) {
            buffer_reset(&name);
            unescape(&name, key);
        }
        if (!(object ? span_equal(buffer_span(&name), s->name) : i == s->index)) continue;
        *value = item;
        found = true;
        break;
    }
    buffer_release(&name);
    return found;
}

/* Whether the path leads to a value; malformed JSON leads nowhere. */
static error path_follow(span text, span path, span *out, bool *found)
{
    struct step steps[STEPS_MAX];
    int count;
    TRY(path_read(path, steps, &count));
    *found = whole(text, out);
    for (int i = 0; i < count && *found; i++) *found = step_take(out, &steps[i]);
    return OK;
}

static error extract(const struct argument *a, struct result *r, const void *detail)
{
    span value;
    bool found;
    (void)detail;
    TRY(path_follow(a[0].text, a[1].text, &value, &found));
    if (!found) return no_result(r);
    write(&r->text, value, false);
    return OK;
}

static void scalar_text(struct buffer *out, span value)
{
    if (*value.data == '"') unescape(out, value);
    else buffer_append_span(out, value);
}

static error extract_scalar(const struct argument *a, struct result *r, const void *detail)
{
    span value;
    bool found;
    (void)detail;
    TRY(path_follow(a[0].text, a[1].text, &value, &found));
    if (!found || strchr("{[n", *value.data)) return no_result(r);
    scalar_text(&r->text, value);
    return OK;
}

static int64_t size_of(span value)
{
    bool object = *value.data == '{';
    span name, item;
    int64_t count = 0;
    if (!object && *value.data != '[') return 0;
    struct cursor c = inside(value);
    while (member_next(&c, object, count == 0, &name, &item)) count++;
    return count;
}

static error size(const struct argument *a, struct result *r, const void *detail)
{
    span value;
    bool found;
    (void)detail;
    TRY(path_follow(a[0].text, a[1].text, &value, &found));
    if (!found) return no_result(r);
    r->number = size_of(value);
    return OK;
}

static error array_length(const struct argument *a, struct result *r, const void *detail)
{
    span value;
    (void)detail;
    if (!whole(a->text, &value) || *value.data != '[') return no_result(r);
    r->number = size_of(value);
    return OK;
}

static error array_get(const struct argument *a, struct result *r, const void *detail)
{
    span value;
    struct step s = {{NULL, 0}, a[1].number};
    (void)detail;
    if (!whole(a[0].text, &value) || *value.data != '[') return no_result(r);
    if (s.index < 0) s.index += size_of(value);
    if (!step_take(&value, &s) || *value.data == 'n') return no_result(r);
    if (*value.data == '"')
        unescape(&r->text, value); /* as Trino does, though it is no JSON then */
    else write(&r->text, value, false);
    return OK;
}

static error array_contains(const struct argument *a, struct result *r, const void *detail)
{
    span value, item;
    struct buffer text = {0};
    (void)detail;
    if (!whole(a[0].text, &value) || *value.data != '[') return no_result(r);
    struct cursor c = inside(value);
    r->number = 0;
    for (bool first = true; !r->number && member_next(&c, false, first, NULL, &item);
         first = false) {
        buffer_reset(&text);
        write(&text, item, false);
        r->number = span_equal(buffer_span(&text), a[1].text);
    }
    buffer_release(&text);
    return OK;
}

static error is_scalar(const struct argument *a, struct result *r, const void *detail)
{
    span value;
    (void)detail;
    if (!whole(a->text, &value)) return invalid("Invalid JSON value");
    r->number = *value.data != '{' && *value.data != '[';
    return OK;
}

/* ---- casts from JSON ---- */

static error no_cast(span text, const char *type)
{
    return fail(ERR_USAGE, "INVALID_CAST_ARGUMENT: Cannot cast '%.*s' to %s",
                (int)(text.size > 200 ? 200 : text.size), text.data, type);
}

static error as_text(const struct argument *a, struct result *r, const void *detail)
{
    span value;
    (void)detail;
    if (!whole(a->text, &value) || strchr("{[", *value.data)) return no_cast(a->text, "varchar");
    if (*value.data == 'n') return no_result(r);
    if (*value.data == '-' || isdigit((unsigned char)*value.data)) number_write(&r->text, value);
    else scalar_text(&r->text, value);
    return OK;
}

static error as_double(const struct argument *a, struct result *r, const void *detail)
{
    span value;
    struct buffer text = {0};
    char *end = NULL;
    (void)detail;
    if (!whole(a->text, &value) || strchr("{[", *value.data)) return no_cast(a->text, "DOUBLE");
    if (*value.data == 'n') return no_result(r);
    scalar_text(&text, value);
    const char *p = buffer_text(&text);
    r->real = *value.data == 't' ? 1 : *value.data == 'f' ? 0 : strtod(p, &end);
    bool good = strchr("tf", *value.data) || (*p && end && !*end);
    buffer_release(&text);
    return good ? OK : no_cast(a->text, "DOUBLE");
}

static error as_bigint(const struct argument *a, struct result *r, const void *detail)
{
    span value;
    (void)detail;
    if (whole(a->text, &value) && !strchr("{[", *value.data)) {
        if (*value.data == 'n') return no_result(r);
        struct buffer text = {0};
        scalar_text(&text, value);
        bool good = parse_int64(buffer_span(&text), &r->number);
        buffer_release(&text);
        if (good) return OK;
        if (strchr("tf", *value.data)) {
            r->number = *value.data == 't';
            return OK;
        }
        TRY(as_double(a, r, NULL));
        if (*value.data != '"' && r->real > -9.2e18 && r->real < 9.2e18) {
            r->number = (int64_t)(r->real < 0 ? r->real - 0.5 : r->real + 0.5);
            return OK;
        }
    }
    return no_cast(a->text, "BIGINT");
}

static error as_boolean(const struct argument *a, struct result *r, const void *detail)
{
    span value;
    (void)detail;
    if (!whole(a->text, &value) || strchr("{[", *value.data)) return no_cast(a->text, "BOOLEAN");
    if (*value.data == 'n') return no_result(r);
    bool truth = span_is(value, "true") || span_is(value, "\"true\"");
    bool number = *value.data == '-' || isdigit((unsigned char)*value.data);
    if (!truth && !number && !span_is(value, "false") && !span_is(value, "\"false\""))
        return no_cast(a->text, "BOOLEAN");
    r->number = number ? strtod(value.data, NULL) != 0 : truth;
    return OK;
}

enum { PART_ITEMS, PART_KEYS, PART_VALUES };
static const int part_items = PART_ITEMS, part_keys = PART_KEYS, part_values = PART_VALUES;

static error parts(const struct argument *a, struct result *r, const void *detail)
{
    int part = *(const int *)detail;
    span value, name, item;
    bool object = part != PART_ITEMS;
    if (!whole(a->text, &value) || !strchr(object ? "{n" : "[n", *value.data))
        return no_cast(a->text, object ? "map" : "array");
    if (*value.data == 'n') return no_result(r);
    struct cursor c = inside(value);
    for (bool first = true; member_next(&c, object, first, &name, &item); first = false) {
        if (part == PART_KEYS) unescape(&r->text, name);
        else write(&r->text, item, true);
        buffer_append(&r->ends, &r->text.size, sizeof r->text.size);
    }
    return OK;
}

/* A row's field: by name of an object, by place of an array. */
static error field(const struct argument *a, struct result *r, const void *detail)
{
    span value;
    (void)detail;
    if (!whole(a[0].text, &value) || !strchr("{[", *value.data)) return no_cast(a[0].text, "row");
    struct step s = {*value.data == '{' ? a[1].text : (span){NULL, 0}, a[2].number};
    if (!step_take(&value, &s)) return no_result(r);
    write(&r->text, value, true);
    return OK;
}

/* ---- Spark's from_json: values that do not fit are NULL ---- */

static error is_object(const struct argument *a, struct result *r, const void *detail)
{
    span value;
    (void)detail;
    r->number = whole(a->text, &value) && *value.data == '{';
    return OK;
}

static error is_whole(const struct argument *a, struct result *r, const void *detail)
{
    span value;
    (void)detail;
    r->number = whole(a->text, &value);
    return OK;
}

static bool taken(const struct argument *a, span *value, const char *firsts)
{
    return whole(a->text, value) && strchr(firsts, *value->data) && *value->data != 'n';
}

static error member(const struct argument *a, struct result *r, const void *detail)
{
    span value;
    (void)detail;
    if (!taken(a, &value, "{")) return no_result(r);
    struct step s = {a[1].text, 0};
    if (!step_take(&value, &s) || *value.data == 'n') return no_result(r);
    result_text(r, value);
    return OK;
}

/* Of an array the elements, of an object the keys or the values; JSON's null is kept as its word.
 */
static error pieces(const struct argument *a, struct result *r, const void *detail)
{
    int part = *(const int *)detail;
    bool object = part != PART_ITEMS, first = true;
    span value, name, item;
    if (!taken(a, &value, object ? "{" : "[")) return no_result(r);
    for (struct cursor c = inside(value); member_next(&c, object, first, &name, &item);
         first = false) {
        if (part == PART_KEYS) unescape(&r->text, name);
        else buffer_append_span(&r->text, item);
        buffer_append(&r->ends, &r->text.size, sizeof r->text.size);
    }
    return OK;
}

/* A string's characters; anything else as its JSON text. */
static error piece_text(const struct argument *a, struct result *r, const void *detail)
{
    span value;
    const char *firsts = detail ? detail : "\"{[tf-0123456789";
    if (!taken(a, &value, firsts)) return no_result(r);
    if (*value.data == '"') unescape(&r->text, value);
    else write(&r->text, value, false);
    return OK;
}

static error piece_boolean(const struct argument *a, struct result *r, const void *detail)
{
    span value;
    (void)detail;
    if (!taken(a, &value, "tf")) return no_result(r);
    r->number = *value.data == 't';
    return OK;
}

static error piece_integer(const struct argument *a, struct result *r, const void *detail)
{
    span value;
    (void)detail;
    if (!taken(a, &value, "-0123456789") || !parse_int64(value, &r->number)) return no_result(r);
    return OK;
}

static error piece_double(const struct argument *a, struct result *r, const void *detail)
{
    span value;
    (void)detail;
    if (!taken(a, &value, "-0123456789") || !cast_text_to_double(value, &r->real))
        return no_result(r);
    return OK;
}

/* Malformed JSON and a path that leads nowhere, or to null: NULL. $.a[*].b gives an array. */
static error json_path(const struct argument *a, struct result *r, const void *detail)
{
    span value;
    bool found;
    (void)detail;
    if (memchr(a[1].text.data, '*', a[1].text.size))
        return fail(ERR_USAGE, "NOT_SUPPORTED: wildcards in a JSON path are not mapped: '%.*s'",
                    (int)a[1].text.size, a[1].text.data);
    TRY(path_follow(a[0].text, a[1].text, &value, &found));
    if (!found || *value.data == 'n') return no_result(r);
    if (*value.data == '"') unescape(&r->text, value);
    else write(&r->text, value, false);
    return OK;
}

const struct function_row json_functions[] = {
    {"spark_json_is_object", "s>q", is_object, NULL, 0},
    {"spark_json_is_whole", "s>q", is_whole, NULL, 0},
    {"spark_json_member", "ss>s", member, NULL, 0},
    {"spark_json_items", "s>S", pieces, &part_items, 0},
    {"spark_json_keys", "s>S", pieces, &part_keys, 0},
    {"spark_json_values", "s>S", pieces, &part_values, 0},
    {"spark_json_text", "s>s", piece_text, NULL, 0},
    {"spark_json_string", "s>s", piece_text, "\"", 0},
    {"spark_json_number", "s>s", piece_text, "-0123456789", 0},
    {"spark_json_boolean", "s>q", piece_boolean, NULL, 0},
    {"spark_json_integer", "s>l", piece_integer, NULL, 0},
    {"spark_json_double", "s>d", piece_double, NULL, 0},
    {"spark_json_path", "ss>s", json_path, NULL, 0},
    {"trino_json_parse", "s>s", parse, NULL, 0},
    {"trino_json_quote", "s>s", quote, NULL, 0},
    {"trino_json_double", "d>s", real_json, NULL, 0},
    {"trino_json_array", "S>s", array_json, NULL, 0},
    {"trino_json_object", "SS>s", object_json, NULL, 0},
    {"trino_json_extract", "ss>s", extract, NULL, 0},
    {"trino_json_extract_scalar", "ss>s", extract_scalar, NULL, 0},
    {"trino_json_size", "ss>l", size, NULL, 0},
    {"trino_json_array_length", "s>l", array_length, NULL, 0},
    {"trino_json_array_get", "sl>s", array_get, NULL, 0},
    {"trino_json_array_contains", "ss>q", array_contains, NULL, 0},
    {"trino_is_json_scalar", "s>q", is_scalar, NULL, 0},
    {"trino_json_text", "s>s", as_text, NULL, 0},
    {"trino_json_as_double", "s>d", as_double, NULL, 0},
    {"trino_json_as_bigint", "s>l", as_bigint, NULL, 0},
    {"trino_json_as_boolean", "s>q", as_boolean, NULL, 0},
    {"trino_json_items", "s>S", parts, &part_items, 0},
    {"trino_json_keys", "s>S", parts, &part_keys, 0},
    {"trino_json_values", "s>S", parts, &part_values, 0},
    {"trino_json_field", "ssi>s", field, NULL, 0},
    {0},
};
