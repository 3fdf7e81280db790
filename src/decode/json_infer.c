/* In: records. Out: the narrowest schema that holds them and what was known before (decode.h says
 * the rules). A record is checked whole before any of it counts, so a broken one changes nothing.
 */
#include "decode/scan.h"

/* What is known of a value's type. */
struct guess {
    enum guess_kind {
        GUESS_NOTHING, /* nulls, empty arrays and empty objects say nothing */
        GUESS_INT,     /* these three widen in this order */
        GUESS_BIGINT,
        GUESS_DOUBLE,
        GUESS_BOOLEAN,
        GUESS_STRING,
        GUESS_ARRAY,
        GUESS_STRUCT,
        GUESS_GIVEN /* a type inference would not choose: it stays */
    } kind;
    const struct type *given;
    struct guess *element;
    struct guess_field *fields;
    int count, capacity;
};

struct guess_field {
    span name;
    struct guess guess;
};

struct infer {
    struct arena *arena;
    struct json_scanner scanner;
    struct buffer text; /* an escaped key, resolved */
    int fields;         /* of all structs, for the limit */
    bool too_many;
};

static void guess_value(struct infer *, struct guess *, enum json_token first);

/* ---- fields ---- */

static struct guess *add_field(struct infer *in, struct guess *g, span name)
{
    if (in->fields >= TYPE_FIELDS_MAX) {
        in->too_many = true;
        return NULL;
    }
    if (g->count == g->capacity) {
        int capacity = g->capacity ? g->capacity * 2 : 8;
        struct guess_field *grown = ARENA_ARRAY(in->arena, struct guess_field, (size_t)capacity);
        if (g->count) memcpy(grown, g->fields, (size_t)g->count * sizeof *grown);
        g->fields = grown;
        g->capacity = capacity;
    }
    struct guess_field *field = &g->fields[g->count++];
    *field = (struct guess_field){.name = arena_span(in->arena, name)};
    in->fields++;
    return &field->guess;
}

/* Keys mostly come in the order of the fields, so the search starts at *next. */
static struct guess *find_field(struct infer *in, struct guess *g, span name, int *next)
{
    for (int k = 0; k < g->count; k++) {
        int i = *next + k < g->count ? *next + k : *next + k - g->count;
        if (!span_equal(g->fields[i].name, name)) continue;
        *next = i + 1;
        return &g->fields[i].guess;
    }
    return add_field(in, g, name);
}

/* ---- widening ---- */

static void widen(struct guess *g, enum guess_kind to)
{
    bool numbers = g->kind <= GUESS_DOUBLE && to <= GUESS_DOUBLE;
    if (g->kind == GUESS_GIVEN || g->kind == to) return;
    if (g->kind == GUESS_NOTHING) g->kind = to;
    else if (numbers) g->kind = g->kind > to ? g->kind : to;
    else g->kind = GUESS_STRING;
}

static enum guess_kind number_kind(span text)
{
    int64_t value;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == '.' || (text.data[i] | 0x20) == 'e') return GUESS_DOUBLE;
    if (!parse_int64(text, &value)) return GUESS_DOUBLE;
    return value >= INT32_MIN && value <= INT32_MAX ? GUESS_INT : GUESS_BIGINT;
}

static span key_text(struct infer *in)
{
    span raw = in->scanner.text;
    if (!in->scanner.escaped) return raw;
    buffer_reset(&in->text);
    buffer_reserve(&in->text, raw.size);
    CHECK(json_unescape(raw, in->text.data, &in->text.size));
    return buffer_span(&in->text);
}

static void guess_object(struct infer *in, struct guess *g)
{
    int next = 0;
    while (json_scan_next(&in->scanner) == JSON_TOKEN_KEY) {
        struct guess *field = find_field(in, g, key_text(in), &next);
        enum json_token first = json_scan_next(&in->scanner);
        if (field) guess_value(in, field, first);
        else CHECK(json_scan_skip(&in->scanner, first));
    }
}

static void guess_array(struct infer *in, struct guess *g)
{
    enum json_token first;
    if (!g->element) g->element = ARENA_NEW(in->arena, struct guess);
    while ((first = json_scan_next(&in->scanner)) != JSON_TOKEN_ARRAY_END)
        guess_value(in, g->element, first);
}

/* An object or array; deeper than types go it is text. */
static void guess_container(struct infer *in, struct guess *g, enum json_token first)
{
    bool object = first == JSON_TOKEN_OBJECT;
    bool deep = in->scanner.depth > TYPE_DEPTH_MAX - 1;
    widen(g, deep ? GUESS_STRING : object ? GUESS_STRUCT : GUESS_ARRAY);
    if (g->kind == GUESS_STRUCT) guess_object(in, g);
    else if (g->kind == GUESS_ARRAY) guess_array(in, g);
    else CHECK(json_scan_skip(&in->scanner, first));
}

static void guess_value(struct infer *in, struct guess *g, enum json_token first)
{
    switch (first) {
    case JSON_TOKEN_OBJECT:
    case JSON_TOKEN_ARRAY: guess_container(in, g, first); break;
    case JSON_TOKEN_STRING: widen(g, GUESS_STRING); break;
    case JSON_TOKEN_NUMBER: widen(g, number_kind(in->scanner.text)); break;
    case JSON_TOKEN_TRUE:
    case JSON_TOKEN_FALSE: widen(g, GUESS_BOOLEAN); break;
    case JSON_TOKEN_NULL: break;
    default: CHECK(!"a token of a checked record");
    }
}

/* ---- types in and out ---- */

static void guess_from_fields(struct infer *, struct guess *, const struct field *, int count);

static void guess_from_type(struct infer *in, struct guess *g, const struct type *type)
{
    switch (type->kind) {
    case TYPE_INT: g->kind = GUESS_INT; break;
    case TYPE_BIGINT: g->kind = GUESS_BIGINT; break;
    case TYPE_DOUBLE: g->kind = GUESS_DOUBLE; break;
    case TYPE_BOOLEAN: g->kind = GUESS_BOOLEAN; break;
    case TYPE_STRING: g->kind = GUESS_STRING; break;
    case TYPE_ARRAY:
        g->kind = GUESS_ARRAY;
        g->element = ARENA_NEW(in->arena, struct guess);
        guess_from_type(in, g->element, type->children[0].type);
        break;
    case TYPE_STRUCT:
        g->kind = GUESS_STRUCT;
        guess_from_fields(in, g, type->children, type->child_count);
        break;
    default: g->kind = GUESS_GIVEN; g->given = type_copy(in->arena, type);
    }
}

static void guess_from_fields(struct infer *in, struct guess *g, const struct field *fields,
                              int count)
{
    for (int i = 0; i < count; i++) {
        struct guess *field = add_field(in, g, span_of(fields[i].name));
        if (field) guess_from_type(in, field, fields[i].type);
    }
}

static const struct field *guess_fields(struct infer *, const struct guess *, int *count);

/* NULL: nothing is known. */
static const struct type *guess_type(struct infer *in, const struct guess *g)
{
    static const enum type_kind scalars[] = {[GUESS_INT] = TYPE_INT,
                                             [GUESS_BIGINT] = TYPE_BIGINT,
                                             [GUESS_DOUBLE] = TYPE_DOUBLE,
                                             [GUESS_BOOLEAN] = TYPE_BOOLEAN,
                                             [GUESS_STRING] = TYPE_STRING};
    if (g->kind == GUESS_NOTHING) return NULL;
    if (g->kind == GUESS_GIVEN) return g->given;
    if (g->kind <= GUESS_STRING) return type_of(scalars[g->kind]);
    struct type *type = ARENA_NEW(in->arena, struct type);
    if (g->kind == GUESS_STRUCT) {
        type->kind = TYPE_STRUCT;
        type->children = guess_fields(in, g, &type->child_count);
        return type->child_count ? type : NULL;
    }
    struct field *element = ARENA_NEW(in->arena, struct field);
    *element = (struct field){.name = "element", .type = guess_type(in, g->element)};
    *type = (struct type){.kind = TYPE_ARRAY, .child_count = 1, .children = element};
    return element->type ? type : NULL;
}

static const struct field *guess_fields(struct infer *in, const struct guess *g, int *count)
{
    struct field *fields = ARENA_ARRAY(in->arena, struct field, (size_t)g->count);
    *count = 0;
    for (int i = 0; i < g->count; i++) {
        const struct type *type = guess_type(in, &g->fields[i].guess);
        /* arena_span left a NUL behind the name */
        if (type) fields[(*count)++] = (struct field){.name = g->fields[i].name.data, .type = type};
    }
    return fields;
}

/* ---- records ---- */

/* One whole object, and no key with a NUL (a field's name is C text). */
static bool record_is_good(struct infer *in, span record)
{
    struct json_scanner *s = &in->scanner;
    json_scan_begin(s, record);
    enum json_token first = json_scan_next(s), token = first;
    while (token != JSON_TOKEN_ERROR && token != JSON_TOKEN_END) {
        if (token == JSON_TOKEN_KEY) {
            span key = key_text(in);
            if (memchr(key.data, '\0', key.size)) return false;
        }
        token = json_scan_next(s);
    }
    return first == JSON_TOKEN_OBJECT && token == JSON_TOKEN_END;
}

error decode_infer(struct arena *arena, const struct schema *so_far, const span *records,
                   size_t count, const struct schema **out)
{
    struct infer in = {.arena = arena};
    struct guess root = {.kind = GUESS_STRUCT};
    if (so_far) guess_from_fields(&in, &root, so_far->fields, so_far->field_count);
    for (size_t i = 0; i < count; i++) {
        if (!record_is_good(&in, records[i])) continue;
        json_scan_begin(&in.scanner, records[i]);
        guess_value(&in, &root, json_scan_next(&in.scanner));
    }
    buffer_release(&in.text);
    if (in.too_many)
        return fail(ERR_LIMIT, "the records have more than %d different fields", TYPE_FIELDS_MAX);
    struct schema *schema = ARENA_NEW(arena, struct schema);
    schema->fields = guess_fields(&in, &root, &schema->field_count);
    *out = schema;
    return OK;
}
