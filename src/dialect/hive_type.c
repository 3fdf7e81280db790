/* Types of columns. A type's text is what the catalog keeps: lower case, no blanks. */
#include "dialect/hive_internal.h"

/* Hive's words for primitive types, and the catalog's. */
enum lengths { LENGTHS_NONE, LENGTHS_OPTIONAL, LENGTHS_NEEDED };
static const struct {
    const char *word, *catalog;
    enum lengths lengths;
} primitives[] = {
    {"TINYINT", "tinyint", LENGTHS_NONE},
    {"SMALLINT", "smallint", LENGTHS_NONE},
    {"INT", "int", LENGTHS_NONE},
    {"INTEGER", "int", LENGTHS_NONE},
    {"BIGINT", "bigint", LENGTHS_NONE},
    {"BOOLEAN", "boolean", LENGTHS_NONE},
    {"FLOAT", "float", LENGTHS_NONE},
    {"DOUBLE", "double", LENGTHS_NONE},
    {"DATE", "date", LENGTHS_NONE},
    {"TIMESTAMP", "timestamp", LENGTHS_NONE},
    {"STRING", "string", LENGTHS_NONE},
    {"BINARY", "binary", LENGTHS_NONE},
    {"DECIMAL", "decimal", LENGTHS_OPTIONAL},
    {"DEC", "decimal", LENGTHS_OPTIONAL},
    {"NUMERIC", "decimal", LENGTHS_OPTIONAL},
    {"VARCHAR", "varchar", LENGTHS_NEEDED},
    {"CHAR", "char", LENGTHS_NEEDED},
};

static error read_any_type(struct reader *, struct buffer *, int depth);

static error read_lengths(struct reader *r, struct buffer *out, bool one)
{
    int64_t number;
    TRY(expect(r, "(", "number"));
    TRY(expect_number(r, one ? ")" : ", )", &number));
    buffer_printf(out, "(%lld", (long long)number);
    if (!one && take(r, ",")) {
        TRY(expect_number(r, ")", &number));
        buffer_printf(out, ",%lld", (long long)number);
    }
    buffer_append_byte(out, ')');
    return expect(r, ")", ", ) > COMMENT name");
}

static error read_primitive(struct reader *r, struct buffer *out)
{
    size_t k = 0, count = sizeof primitives / sizeof *primitives;
    clause_begin(r, "primitive type specification");
    while (k < count && !peek_is(r, 0, primitives[k].word)) k++;
    if (k == count) return no_alternative(r, 0);
    r->at++;
    buffer_append_text(out, primitives[k].catalog);
    if (strcmp(primitives[k].word, "DOUBLE") == 0) take(r, "PRECISION");
    enum lengths lengths = primitives[k].lengths;
    if (lengths == LENGTHS_NEEDED || (lengths == LENGTHS_OPTIONAL && peek_is(r, 0, "(")))
        TRY(read_lengths(r, out, lengths == LENGTHS_NEEDED));
    else if (lengths == LENGTHS_OPTIONAL) buffer_append_text(out, "(10,0)");
    clause_end(r);
    return OK;
}

#define TYPE_WORDS                                                                                 \
    "TINYINT SMALLINT INT INTEGER BIGINT BOOLEAN FLOAT DOUBLE DATE TIMESTAMP STRING BINARY "       \
    "DECIMAL DEC NUMERIC VARCHAR CHAR ARRAY MAP STRUCT UNIONTYPE"

static error read_array(struct reader *r, struct buffer *out, int depth)
{
    clause_begin(r, "list type");
    r->at++;
    TRY(expect(r, "<", TYPE_WORDS));
    buffer_append_text(out, "array<");
    TRY(read_any_type(r, out, depth));
    TRY(expect(r, ">", ", ) > COMMENT"));
    clause_end(r);
    return OK;
}

static error read_map(struct reader *r, struct buffer *out, int depth)
{
    clause_begin(r, "map type");
    r->at++;
    TRY(expect(r, "<", TYPE_WORDS));
    buffer_append_text(out, "map<");
    TRY(read_primitive(r, out));
    TRY(expect(r, ",", TYPE_WORDS));
    buffer_append_byte(out, ',');
    TRY(read_any_type(r, out, depth));
    TRY(expect(r, ">", ", ) > COMMENT"));
    clause_end(r);
    return OK;
}

static error read_column_type(struct reader *r, struct buffer *out, int depth)
{
    clause_begin(r, "column type");
    TRY(read_any_type(r, out, depth));
    clause_end(r);
    return OK;
}

static error read_struct(struct reader *r, struct buffer *out, int depth)
{
    const char *name, *comment;
    clause_begin(r, "struct type");
    r->at++;
    TRY(expect(r, "<", "name"));
    buffer_append_text(out, "struct<");
    for (bool more = false;; more = true) {
        clause_begin(r, "column specification");
        TRY(expect_name(r, &name));
        TRY(expect(r, ":", TYPE_WORDS));
        buffer_printf(out, "%s%s:", more ? "," : "", name);
        TRY(read_column_type(r, out, depth));
        if (take(r, "COMMENT")) TRY(expect_string(r, ", >", &comment));
        clause_end(r);
        if (!take(r, ",")) break;
    }
    TRY(expect(r, ">", ", ) > COMMENT"));
    clause_end(r);
    return OK;
}

static error read_any_type(struct reader *r, struct buffer *out, int depth)
{
    static const struct {
        const char *word;
        error (*read)(struct reader *, struct buffer *, int depth);
    } nested[] = {{"ARRAY", read_array}, {"MAP", read_map}, {"STRUCT", read_struct}};
    if (depth == 0)
        return fail(ERR_USAGE, "FAILED: SemanticException a column's type is nested too deeply");
    if (peek_is(r, 0, "UNIONTYPE"))
        return fail(ERR_UNSUPPORTED, "uniontype is not supported (line %d:%d)", peek(r, 0)->line,
                    peek(r, 0)->column);
    if (!peek_in(r, 0, TYPE_WORDS)) return no_alternative(r, 0);
    size_t k = 0;
    while (k < 3 && !peek_is(r, 0, nested[k].word)) k++;
    if (k == 3) {
        TRY(read_primitive(r, out));
    } else {
        TRY(nested[k].read(r, out, depth - 1));
        buffer_append_byte(out, '>');
    }
    return OK;
}

error read_type(struct reader *r, const char **out)
{
    enum { DEPTH_MAX = 15 }; /* each level has three clauses at most */
    struct buffer text = {0};
    const struct token *first = peek(r, 0);
    const struct type *type;
    error e = read_column_type(r, &text, DEPTH_MAX);
    *out = arena_text(r->arena, buffer_span(&text));
    buffer_release(&text);
    if (e != OK || r->repaired) return e;
    e = type_parse(r->arena, span_of(*out), &type); /* lengths, precisions, fields twice */
    return e == OK ? OK
                   : fail(ERR_USAGE, "FAILED: SemanticException line %d:%d %s", first->line,
                          first->column, arena_text(r->arena, span_of(error_text())));
}
