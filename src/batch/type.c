/* In: type text of the catalog or of a mapping. Out: types in an arena, and their text again.
 * Follows the type grammar of Hive as the AWS Glue Data Catalog keeps it (docs of AWS Glue,
 * "Table structure", and of Amazon Athena, "Data types in Amazon Athena"). */
#include "batch/batch.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

enum {
    TEXT_MAX = 131072, /* Glue model: ColumnTypeString */
    CHAR_MAX_LENGTH = 255,
    VARCHAR_MAX_LENGTH = 65535,
    DECIMAL_MAX_PRECISION = 38,
    DECIMAL_DEFAULT_PRECISION = 10,
    QUOTE_MAX = 40 /* bytes of the input an error repeats */
};

/* The first row of a kind is the name it prints as. */
static const struct {
    const char *name;
    enum type_kind kind;
} names[] = {
    {"boolean", TYPE_BOOLEAN}, {"tinyint", TYPE_TINYINT}, {"smallint", TYPE_SMALLINT},
    {"int", TYPE_INT},         {"bigint", TYPE_BIGINT},   {"float", TYPE_FLOAT},
    {"double", TYPE_DOUBLE},   {"decimal", TYPE_DECIMAL}, {"string", TYPE_STRING},
    {"char", TYPE_CHAR},       {"varchar", TYPE_VARCHAR}, {"binary", TYPE_BINARY},
    {"date", TYPE_DATE},       {"timestamp", TYPE_TIMESTAMP},
    {"array", TYPE_ARRAY},     {"map", TYPE_MAP},         {"struct", TYPE_STRUCT},
    {"byte", TYPE_TINYINT},    {"short", TYPE_SMALLINT},  {"integer", TYPE_INT},
    {"long", TYPE_BIGINT},     {"real", TYPE_FLOAT},      {"dec", TYPE_DECIMAL},
    {"numeric", TYPE_DECIMAL},
};

static const struct type plain[TYPE_KINDS] = {
    [TYPE_BOOLEAN] = {.kind = TYPE_BOOLEAN},     [TYPE_TINYINT] = {.kind = TYPE_TINYINT},
    [TYPE_SMALLINT] = {.kind = TYPE_SMALLINT},   [TYPE_INT] = {.kind = TYPE_INT},
    [TYPE_BIGINT] = {.kind = TYPE_BIGINT},       [TYPE_FLOAT] = {.kind = TYPE_FLOAT},
    [TYPE_DOUBLE] = {.kind = TYPE_DOUBLE},       [TYPE_STRING] = {.kind = TYPE_STRING},
    [TYPE_BINARY] = {.kind = TYPE_BINARY},       [TYPE_DATE] = {.kind = TYPE_DATE},
    [TYPE_TIMESTAMP] = {.kind = TYPE_TIMESTAMP},
};

const struct type *type_of(enum type_kind kind)
{
    CHECK((unsigned)kind < TYPE_KINDS && kind != TYPE_DECIMAL && kind != TYPE_CHAR &&
          kind != TYPE_VARCHAR && kind < TYPE_ARRAY);
    return &plain[kind];
}

/* ---- parsing ---- */

struct parser {
    struct arena *arena;
    span text;
    size_t at;
    int depth, fields; /* nesting now; struct fields so far */
};

static void skip_blanks(struct parser *p)
{
    while (p->at < p->text.size && isspace((unsigned char)p->text.data[p->at])) p->at++;
}

/* How much of the text an error repeats: whole characters. */
static int shown(span text)
{
    if (text.size > QUOTE_MAX) text.size = QUOTE_MAX;
    return (int)utf8_valid_prefix(text);
}

static error expected(const struct parser *p, const char *what)
{
    span rest = {p->text.data + p->at, p->text.size - p->at};
    if (rest.size == 0)
        return fail(ERR_PARSE, "type: %s expected at position %zu, text ends", what, p->at);
    return fail(ERR_PARSE, "type: %s expected at position %zu, found '%.*s'", what, p->at,
                shown(rest), rest.data);
}

/* Takes `c` when it comes next, after blanks. */
static bool take(struct parser *p, char c)
{
    skip_blanks(p);
    if (p->at >= p->text.size || p->text.data[p->at] != c) return false;
    p->at++;
    return true;
}

static error need(struct parser *p, char c)
{
    return take(p, c) ? OK : expected(p, (char[]){'\'', c, '\'', '\0'});
}

static span take_word(struct parser *p)
{
    skip_blanks(p);
    size_t start = p->at;
    while (p->at < p->text.size &&
           (isalnum((unsigned char)p->text.data[p->at]) || p->text.data[p->at] == '_'))
        p->at++;
    return (span){p->text.data + start, p->at - start};
}

static error parse_number(struct parser *p, int min, int max, const char *what, int *out)
{
    skip_blanks(p);
    size_t start = p->at;
    int64_t value = 0;
    while (p->at < p->text.size && p->text.data[p->at] >= '0' && p->text.data[p->at] <= '9') {
        value = value * 10 + (p->text.data[p->at++] - '0');
        if (value > max) value = (int64_t)max + 1;
    }
    if (p->at == start) return expected(p, what);
    if (value < min || value > max)
        return fail(ERR_PARSE, "type: %s at position %zu must be from %d to %d", what, start, min,
                    max);
    *out = (int)value;
    return OK;
}

static error parse_decimal(struct parser *p, struct type *type)
{
    type->precision = DECIMAL_DEFAULT_PRECISION;
    if (!take(p, '(')) return OK;
    TRY(parse_number(p, 1, DECIMAL_MAX_PRECISION, "precision", &type->precision));
    if (take(p, ',')) TRY(parse_number(p, 0, type->precision, "scale", &type->scale));
    return need(p, ')');
}

static error parse_length(struct parser *p, struct type *type)
{
    if (!take(p, '(')) { /* mappings of Glue jobs write "char" and "varchar" bare */
        type->kind = TYPE_VARCHAR;
        type->length = VARCHAR_MAX_LENGTH;
        return OK;
    }
    int max = type->kind == TYPE_CHAR ? CHAR_MAX_LENGTH : VARCHAR_MAX_LENGTH;
    TRY(parse_number(p, 1, max, "length", &type->length));
    return need(p, ')');
}

static error parse_type(struct parser *p, struct type *out);

static error parse_child(struct parser *p, const char *name, bool required, struct field *field)
{
    struct type *type = ARENA_NEW(p->arena, struct type);
    *field = (struct field){name, type, required};
    return parse_type(p, type);
}

static error parse_array(struct parser *p, struct type *type)
{
    struct field *children = ARENA_ARRAY(p->arena, struct field, 1);
    type->children = children;
    type->child_count = 1;
    TRY(need(p, '<'));
    TRY(parse_child(p, "element", false, &children[0]));
    return need(p, '>');
}

static error parse_map(struct parser *p, struct type *type)
{
    struct field *children = ARENA_ARRAY(p->arena, struct field, 2);
    type->children = children;
    type->child_count = 2;
    TRY(need(p, '<'));
    skip_blanks(p);
    size_t start = p->at;
    TRY(parse_child(p, "key", true, &children[0]));
    if (type_is_nested(children[0].type))
        return fail(ERR_PARSE, "type: map key at position %zu must be primitive", start);
    TRY(need(p, ','));
    TRY(parse_child(p, "value", false, &children[1]));
    return need(p, '>');
}

/* `quoted name`; a doubled back-tick stands for one. p->at is on the first back-tick. */
static error parse_quoted_name(struct parser *p, span *out)
{
    size_t start = ++p->at, end = start, doubled = 0;
    for (;; end++) {
        if (end >= p->text.size) return expected(p, "closing back-tick of the name");
        if (p->text.data[end] != '`') continue;
        if (end + 1 >= p->text.size || p->text.data[end + 1] != '`') break;
        end++, doubled++;
    }
    char *name = arena_alloc(p->arena, end - start - doubled + 1);
    size_t size = 0;
    for (size_t i = start; i < end; i++) {
        name[size++] = p->text.data[i];
        if (p->text.data[i] == '`') i++;
    }
    name[size] = '\0';
    p->at = end + 1;
    *out = (span){name, size};
    return OK;
}

/* Bytes that end a name without quotes. */
static bool ends_name(char c)
{
    return strchr(":,<>()`", c) || isspace((unsigned char)c); /* strchr finds NUL too */
}

static error parse_name(struct parser *p, const char **out)
{
    skip_blanks(p);
    size_t start = p->at;
    span name;
    if (p->at < p->text.size && p->text.data[p->at] == '`') {
        TRY(parse_quoted_name(p, &name));
    } else {
        while (p->at < p->text.size && !ends_name(p->text.data[p->at])) p->at++;
        name = arena_span(p->arena, (span){p->text.data + start, p->at - start});
    }
    if (name.size == 0) return expected(p, "field name");
    if (utf8_valid_prefix(name) != name.size || memchr(name.data, '\0', name.size))
        return fail(ERR_PARSE, "type: field name at position %zu is not valid UTF-8", start);
    *out = name.data;
    return OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

/* Catalog names are the same when they differ by case only. */
static error check_names(struct parser *p, const struct type *type)
{
    if (type->child_count < 2) return OK;
    const char **sorted = ARENA_ARRAY(p->arena, const char *, (size_t)type->child_count);
    for (int i = 0; i < type->child_count; i++) sorted[i] = type->children[i].name;
    qsort(sorted, (size_t)type->child_count, sizeof *sorted, compare_names);
    for (int i = 1; i < type->child_count; i++)
        if (compare_names(&sorted[i - 1], &sorted[i]) == 0)
            return fail(ERR_PARSE, "type: struct has two fields '%.*s'", shown(span_of(sorted[i])),
                        sorted[i]);
    return OK;
}

static error parse_struct(struct parser *p, struct type *type)
{
    struct field *fields = NULL;
    int count = 0, room = 0;
    TRY(need(p, '<'));
    do {
        if (++p->fields > TYPE_FIELDS_MAX)
            return fail(ERR_LIMIT, "type: more than %d struct fields", TYPE_FIELDS_MAX);
        if (count == room) {
            struct field *wider = ARENA_ARRAY(p->arena, struct field, (size_t)(room * 2 + 8));
            if (count) memcpy(wider, fields, (size_t)count * sizeof *fields);
            fields = wider;
            room = room * 2 + 8;
        }
        const char *name = NULL;
        TRY(parse_name(p, &name));
        TRY(need(p, ':'));
        TRY(parse_child(p, name, false, &fields[count++]));
    } while (take(p, ','));
    type->children = fields;
    type->child_count = count;
    TRY(need(p, '>'));
    return check_names(p, type);
}

static error parse_type(struct parser *p, struct type *out)
{
    skip_blanks(p);
    size_t start = p->at;
    span word = take_word(p);
    size_t row = 0, rows = sizeof names / sizeof *names;
    while (row < rows && !span_equal_nocase(word, span_of(names[row].name))) row++;
    if (row == rows) {
        p->at = start;
        if (span_equal_nocase(word, SPAN("uniontype")))
            return fail(ERR_UNSUPPORTED, "type: uniontype at position %zu is not supported", start);
        return expected(p, "type name");
    }
    *out = (struct type){.kind = names[row].kind};
    if (!type_is_nested(out)) {
        if (out->kind == TYPE_DECIMAL) return parse_decimal(p, out);
        if (out->kind == TYPE_CHAR || out->kind == TYPE_VARCHAR) return parse_length(p, out);
        size_t behind = p->at;
        if (out->kind == TYPE_DOUBLE && !span_equal_nocase(take_word(p), SPAN("precision")))
            p->at = behind;
        return OK;
    }
    if (++p->depth > TYPE_DEPTH_MAX)
        return fail(ERR_LIMIT, "type: nested deeper than %d levels", TYPE_DEPTH_MAX);
    if (out->kind == TYPE_ARRAY) TRY(parse_array(p, out));
    else if (out->kind == TYPE_MAP) TRY(parse_map(p, out));
    else TRY(parse_struct(p, out));
    p->depth--;
    return OK;
}

error type_parse(struct arena *arena, span text, const struct type **out)
{
    if (text.size > TEXT_MAX)
        return fail(ERR_LIMIT, "type: text of %zu bytes, limit %d", text.size, TEXT_MAX);
    struct parser parser = {.arena = arena, .text = text};
    struct type *type = ARENA_NEW(arena, struct type);
    TRY(parse_type(&parser, type));
    skip_blanks(&parser);
    if (parser.at != text.size) return expected(&parser, "end of the type");
    *out = type;
    return OK;
}

/* ---- printing, comparing, copying ---- */

static void print_name(struct buffer *out, const char *name)
{
    bool quoted = false;
    for (const char *c = name; *c; c++) quoted |= ends_name(*c);
    if (!quoted) {
        buffer_append_text(out, name);
        return;
    }
    buffer_append_byte(out, '`');
    for (; *name; name++) {
        if (*name == '`') buffer_append_byte(out, '`');
        buffer_append_byte(out, (uint8_t)*name);
    }
    buffer_append_byte(out, '`');
}

void type_print(struct buffer *out, const struct type *type)
{
    buffer_append_text(out, names[type->kind].name);
    if (type->kind == TYPE_DECIMAL) buffer_printf(out, "(%d,%d)", type->precision, type->scale);
    if (type->kind == TYPE_CHAR || type->kind == TYPE_VARCHAR)
        buffer_printf(out, "(%d)", type->length);
    if (!type_is_nested(type)) return;
    buffer_append_byte(out, '<');
    for (int i = 0; i < type->child_count; i++) {
        if (i) buffer_append_byte(out, ',');
        if (type->kind == TYPE_STRUCT) {
            print_name(out, type->children[i].name);
            buffer_append_byte(out, ':');
        }
        type_print(out, type->children[i].type);
    }
    buffer_append_byte(out, '>');
}

static bool fields_equal(const struct field *a, const struct field *b, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(a[i].name, b[i].name) != 0 || a[i].required != b[i].required ||
            !type_equal(a[i].type, b[i].type))
            return false;
    return true;
}

bool type_equal(const struct type *a, const struct type *b)
{
    return a == b ||
           (a->kind == b->kind && a->precision == b->precision && a->scale == b->scale &&
            a->length == b->length && a->child_count == b->child_count &&
            fields_equal(a->children, b->children, a->child_count));
}

static const struct field *fields_copy(struct arena *arena, const struct field *fields, int count)
{
    struct field *copy = ARENA_ARRAY(arena, struct field, (size_t)count);
    for (int i = 0; i < count; i++)
        copy[i] = (struct field){arena_text(arena, span_of(fields[i].name)),
                                 type_copy(arena, fields[i].type), fields[i].required};
    return copy;
}

const struct type *type_copy(struct arena *arena, const struct type *type)
{
    struct type *copy = arena_copy(arena, type, sizeof *type);
    copy->children = fields_copy(arena, type->children, type->child_count);
    return copy;
}

int schema_find(const struct schema *schema, span name)
{
    for (int i = 0; i < schema->field_count; i++)
        if (span_is(name, schema->fields[i].name)) return i;
    for (int i = 0; i < schema->field_count; i++)
        if (span_equal_nocase(name, span_of(schema->fields[i].name))) return i;
    return -1;
}

bool schema_equal(const struct schema *a, const struct schema *b)
{
    return a == b || (a->field_count == b->field_count &&
                      fields_equal(a->fields, b->fields, a->field_count));
}

struct schema *schema_copy(struct arena *arena, const struct schema *schema)
{
    struct schema *copy = ARENA_NEW(arena, struct schema);
    copy->field_count = schema->field_count;
    copy->fields = fields_copy(arena, schema->fields, schema->field_count);
    return copy;
}
