/* Expressions of the tree -> typed code: names, predicates, CASE, casts, constructors. */
#include "dialect/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

error refuse(const struct node *at, error code, const char *name, const char *format, ...)
{
    char text[900];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!at) return fail(code, "%s: %s", name, text);
    return fail(code, "%s: line %d:%d: %s", name, at->at.line, at->at.column, text);
}

error unmapped(const struct node *at, const char *what)
{
    return refuse(at, ERR_UNSUPPORTED, "NOT_SUPPORTED", "%s is not mapped", what);
}

struct value zero_value(const struct node *node, const struct dialect_type *type,
                        const struct code *code)
{
    return (struct value){type, code, node};
}

/* ---- names ---- */

enum { PARTS_MAX = 32 };

static bool is_name(const struct node *n)
{
    return n->kind == NODE_NAME || n->kind == NODE_FIELD;
}

/* a.b.c as ["a", "b", "c"]; 0 when it is no chain of names */
static int name_parts(const struct node *n, const char **parts)
{
    const struct node *fields[PARTS_MAX];
    int count = 0;
    for (; n->kind == NODE_FIELD && count < PARTS_MAX - 1; n = n->items[0]) fields[count++] = n;
    if (n->kind != NODE_NAME) return 0;
    parts[0] = n->text;
    for (int i = 0; i < count; i++) parts[i + 1] = fields[count - 1 - i]->text;
    return count + 1;
}

static bool same_name(const char *a, const char *b)
{
    return a && b && span_equal_nocase(span_of(a), span_of(b));
}

/* Whether parts[0..count) is this column's name, with as many qualifiers. */
static bool is_named(const struct attribute *c, const char *const *parts, int count)
{
    if (!same_name(c->name, parts[count - 1])) return false;
    if (count >= 2 && !same_name(c->relation, parts[count - 2])) return false;
    if (count >= 3 && !same_name(c->database, parts[count - 3])) return false;
    return count <= 3 || same_name("awsdatacatalog", parts[count - 4]);
}

const struct attribute *resolve(const struct scope *scope, const struct node *n, int *used,
                                const struct scope **where, bool *ambiguous)
{
    const char *parts[PARTS_MAX];
    int count = name_parts(n, parts);
    *ambiguous = false;
    for (const struct scope *s = scope; s && count; s = s->outer) {
        for (int size = count < 4 ? count : 4; size; size--) {
            const struct attribute *found = NULL;
            for (int i = 0; i < s->count; i++) {
                if (!is_named(&s->columns[i], parts, size)) continue;
                *ambiguous = *ambiguous || found;
                found = &s->columns[i];
            }
            if (!found) continue;
            *used = size;
            *where = s;
            return found;
        }
    }
    return NULL;
}

void attribute_read(struct analyzer *a, const struct attribute *c)
{
    if (c->scan < 0) return;
    struct scan_state *s = ((struct scan_state **)(void *)a->scans.data)[c->scan];
    const struct dialect_relation *r = s->scan.relation;
    int columns = r->schema->field_count;
    if (c->source < columns) s->columns[c->source] = true;
    else s->keys[c->source - columns] = true;
}

static error field_of(struct analyzer *a, const struct node *n, const char *name, struct value *v)
{
    if (a->dialect->rules) return a->dialect->rules->field(a, n, name, v);
    if (v->type->kind != DIALECT_ROW)
        return refuse(n, ERR_USAGE, "TYPE_MISMATCH", "Expression %s is not of type ROW", name);
    for (int i = 0; i < v->type->field_count; i++)
        if (same_name(v->type->fields[i].name, name)) {
            v->code = code_of(a->arena, "struct_extract(%c, %t)", v->code,
                              row_field_name(a->arena, v->type, i));
            v->type = v->type->fields[i].type;
            return OK;
        }
    return refuse(n, ERR_NOT_FOUND, "COLUMN_NOT_FOUND", "Column '%s' cannot be resolved", name);
}

static const char *name_text(struct arena *arena, const struct node *n)
{
    const char *parts[PARTS_MAX];
    int count = name_parts(n, parts);
    const char *text = count ? parts[0] : "?";
    for (int i = 1; i < count; i++) text = arena_printf(arena, "%s.%s", text, parts[i]);
    return text;
}

static error analyze_name(struct analyzer *a, const struct scope *scope, const struct node *n,
                          struct value *out)
{
    const char *parts[PARTS_MAX];
    int used = 0, count = name_parts(n, parts);
    const struct scope *where;
    bool ambiguous;
    const struct attribute *c = resolve(scope, n, &used, &where, &ambiguous);
    if (!c && n->kind == NODE_FIELD && !count) { /* a field of an expression */
        TRY(analyze(a, scope, n->items[0], out));
        return field_of(a, n, n->text, out);
    }
    if (!c && count && *parts[count - 1] == '$') /* "$path" and its like */
        return unmapped(n, arena_printf(a->arena, "the hidden column %s", parts[count - 1]));
    if (!c)
        return refuse(n, ERR_NOT_FOUND, "COLUMN_NOT_FOUND",
                      "Column '%s' cannot be resolved or requester is not authorized to access "
                      "requested resources", name_text(a->arena, n));
    if (ambiguous)
        return refuse(n, ERR_USAGE, "AMBIGUOUS_NAME", "Column '%s' is ambiguous",
                      name_text(a->arena, n));
    struct grouping *g = where->grouping;
    *out = zero_value(n, c->type, c->code);
    if (g && !a->in_aggregate) {
        bool key = false;
        for (int i = 0; i < g->count && !key; i++) {
            int key_used;
            const struct scope *key_where;
            bool twice;
            if (g->keys[i].node && resolve(g->source, g->keys[i].node, &key_used, &key_where,
                                           &twice) == c)
                key = true;
        }
        if (!key && !g->ungrouped) g->ungrouped = c;
    }
    attribute_read(a, c);
    for (int i = used; i < count; i++) TRY(field_of(a, n, parts[i], out));
    return OK;
}

bool same_expression(const struct scope *scope, const struct node *x, const struct node *y)
{
    int used_x, used_y;
    const struct scope *where;
    bool ambiguous;
    if (!x || !y) return x == y;
    if ((x->kind == NODE_NAME || x->kind == NODE_FIELD) &&
        (y->kind == NODE_NAME || y->kind == NODE_FIELD)) {
        const char *px[PARTS_MAX], *py[PARTS_MAX];
        const struct attribute *cx = resolve(scope, x, &used_x, &where, &ambiguous);
        const struct attribute *cy = resolve(scope, y, &used_y, &where, &ambiguous);
        if (cx || cy) {
            int nx = name_parts(x, px), ny = name_parts(y, py);
            if (cx != cy || nx - used_x != ny - used_y) return false;
            for (int i = 0; i < nx - used_x; i++)
                if (!same_name(px[used_x + i], py[used_y + i])) return false;
            return true;
        }
    }
    if (x->kind != y->kind || x->flag != y->flag || x->number != y->number ||
        x->count != y->count || !x->text != !y->text)
        return false;
    bool exact = x->kind == NODE_STRING || x->kind == NODE_TYPED || x->kind == NODE_BYTES;
    if (x->text && !(exact ? strcmp(x->text, y->text) == 0 : same_name(x->text, y->text)))
        return false;
    if (x->kind == NODE_SCALAR || x->kind == NODE_EXISTS || x->kind == NODE_IN_QUERY)
        return x == y;
    if (x->kind == NODE_CALL)
        for (int i = 0; i < CALL_PARTS; i++)
            if (x->parts[i] || y->parts[i]) return x == y;
    for (int i = 0; i < x->count; i++)
        if (!same_expression(scope, x->items[i], y->items[i])) return false;
    return true;
}

/* ---- types written in a statement ---- */

static error type_number(const struct node *n, int i, int lowest, int highest, int *out)
{
    int64_t number;
    if (i >= n->count) return OK;
    if (n->items[i]->kind != NODE_INTEGER || !parse_int64(span_of(n->items[i]->text), &number) ||
        number < lowest || number > highest)
        return refuse(n, ERR_USAGE, "TYPE_NOT_FOUND", "Unknown type: %s", n->text);
    *out = (int)number;
    return OK;
}

static error nested_from_node(struct analyzer *a, const struct node *n,
                              const struct dialect_type **out)
{
    const struct dialect_type *first, *second;
    if (same_name(n->text, "row")) {
        struct dialect_field *fields =
            ARENA_ARRAY(a->arena, struct dialect_field, (size_t)n->count / 2 + 1);
        for (int i = 0; i + 1 < n->count; i += 2) {
            const struct node *name = n->items[i];
            if (name) fields[i / 2].name = name->text;
            TRY(type_from_node(a, n->items[i + 1], &fields[i / 2].type));
        }
        *out = type_row(a->arena, fields, n->count / 2);
        return OK;
    }
    if (n->count < 1 || n->items[0]->kind != NODE_TYPE)
        return refuse(n, ERR_USAGE, "TYPE_NOT_FOUND", "Unknown type: %s", n->text);
    TRY(type_from_node(a, n->items[0], &first));
    if (same_name(n->text, "array")) return *out = type_array(a->arena, first), OK;
    if (n->count < 2 || n->items[1]->kind != NODE_TYPE)
        return refuse(n, ERR_USAGE, "TYPE_NOT_FOUND", "Unknown type: %s", n->text);
    TRY(type_from_node(a, n->items[1], &second));
    *out = type_map(a->arena, first, second);
    return OK;
}

error type_from_node(struct analyzer *a, const struct node *n, const struct dialect_type **out)
{
    static const struct { const char *name; const struct dialect_type *type; } simple[] = {
        {"boolean", &type_boolean},   {"tinyint", &type_tinyint},   {"smallint", &type_smallint},
        {"integer", &type_integer},   {"int", &type_integer},       {"bigint", &type_bigint},
        {"real", &type_real},         {"double", &type_double},     {"varbinary", &type_varbinary},
        {"date", &type_date},         {"json", &type_json},         {"uuid", &type_uuid},
    };
    int precision = 3, scale = 0, length = DIALECT_UNBOUNDED;
    if (a->dialect->rules) return a->dialect->rules->type_from_node(a, n, out);
    for (size_t i = 0; i < sizeof simple / sizeof *simple; i++)
        if (same_name(n->text, simple[i].name)) return *out = simple[i].type, OK;
    if (same_name(n->text, "decimal") || same_name(n->text, "dec") ||
        same_name(n->text, "numeric")) {
        precision = 38;
        TRY(type_number(n, 0, 1, 38, &precision));
        TRY(type_number(n, 1, 0, precision, &scale));
        *out = type_decimal(a->arena, precision, scale);
        return OK;
    }
    if (same_name(n->text, "varchar")) {
        TRY(type_number(n, 0, 0, INT32_MAX - 1, &length));
        return *out = type_text(a->arena, DIALECT_VARCHAR, length), OK;
    }
    if (same_name(n->text, "char")) {
        length = 1;
        TRY(type_number(n, 0, 0, 65536, &length));
        return *out = type_text(a->arena, DIALECT_CHAR, length), OK;
    }
    if (same_name(n->text, "time") || same_name(n->text, "timestamp")) {
        bool time = same_name(n->text, "time");
        TRY(type_number(n, 0, 0, 12, &precision));
        if (precision > 6) return unmapped(n, "a time with more than six fraction digits");
        if (time && n->flag) return unmapped(n, "time with time zone");
        *out = type_moment(a->arena,
                           time      ? DIALECT_TIME
                           : n->flag ? DIALECT_TIMESTAMP_TZ
                                     : DIALECT_TIMESTAMP,
                           precision, n->flag ? "UTC" : NULL);
        return OK;
    }
    if (same_name(n->text, "array") || same_name(n->text, "map") || same_name(n->text, "row"))
        return nested_from_node(a, n, out);
    if (same_name(n->text, "ipaddress") || same_name(n->text, "hyperloglog"))
        return unmapped(n, arena_printf(a->arena, "the type %s", n->text));
    return refuse(n, ERR_USAGE, "TYPE_NOT_FOUND", "Unknown type: %s", n->text);
}

/* ---- comparisons ---- */

static bool is_finite_literal(const struct value *v)
{
    const struct node *n = v->node;
    if (n && n->kind == NODE_UNARY) n = n->items[0];
    return n && (n->kind == NODE_INTEGER || n->kind == NODE_DECIMAL || n->kind == NODE_DOUBLE);
}

/* NaN is less than nothing and equal to nothing in Trino, the largest of all in DuckDB. */
static const struct code *compare_floats(struct analyzer *a, const char *sign, struct value x,
                                         struct value y)
{
    bool less = *sign == '<' && sign[1] != '>', equal = *sign == '=';
    bool column = x.node && is_name(x.node);
    if (is_finite_literal(&y) && (equal || less))
        return code_of(a->arena, "(%c %s %c)", x.code, sign, y.code);
    if (is_finite_literal(&y) && column &&
        *sign == '>') /* x is there twice, so that statistics help */
        return code_of(a->arena, "(%c %s %c AND %c <= CAST('Infinity' AS DOUBLE))", x.code, sign,
                       y.code, x.code);
    return code_of(a->arena, "trino_compare_double(%c, %t, %c)", x.code, sign, y.code);
}

static error compare_rows(struct analyzer *a, const struct node *at, const char *sign,
                          struct value x, struct value y, const struct code **out)
{
    const struct dialect_type *type = x.type;
    const struct code **codes =
        ARENA_ARRAY(a->arena, const struct code *, (size_t)type->field_count);
    const char *v = new_name(a, "v"), *w = new_name(a, "v");
    if (*sign != '=' && strcmp(sign, "<>") != 0)
        return unmapped(at, "an order of rows or arrays");
    for (int i = 0; i < type->field_count; i++) {
        struct value p = zero_value(
            at, type->fields[i].type,
            code_of(a->arena, "struct_extract(%s, %t)", v, row_field_name(a->arena, x.type, i)));
        struct value q = zero_value(
            at, type->fields[i].type,
            code_of(a->arena, "struct_extract(%s, %t)", w, row_field_name(a->arena, y.type, i)));
        TRY(compare(a, at, "=", p, q, &codes[i]));
    }
    *out = code_of(a->arena, "list_transform([%c], lambda %s: list_transform([%c], lambda %s: CASE "
                             "WHEN %s IS NULL OR %s IS NULL THEN NULL ELSE %s(%c) END)[1])[1]",
                   x.code, v, y.code, w, v, w, *sign == '=' ? "" : "NOT ",
                   code_join(a->arena, codes, type->field_count, " AND "));
    return OK;
}

static error compare_arrays(struct analyzer *a, const struct node *at, const char *sign,
                            struct value x, struct value y, const struct code **out)
{
    const struct dialect_type *element = x.type->fields[0].type;
    const char *v = new_name(a, "v"), *w = new_name(a, "v"), *p = new_name(a, "v");
    const struct code *equal;
    if (*sign != '=' && strcmp(sign, "<>") != 0)
        return unmapped(at, "an order of rows or arrays");
    TRY(compare(a, at, "=", zero_value(at, element, code_of(a->arena, "%s[1]", p)),
                zero_value(at, element, code_of(a->arena, "%s[2]", p)), &equal));
    *out =
        code_of(a->arena,
                "list_transform([%c], lambda %s: list_transform([%c], lambda %s: CASE WHEN %s IS "
                "NULL OR %s IS NULL THEN NULL WHEN len(%s) <> len(%s) THEN %s ELSE %s"
                "trino_all(list_transform(list_zip(%s, %s), lambda %s: %c)) END)[1])[1]",
                x.code, v, y.code, w, v, w, v, w, *sign == '=' ? "false" : "true",
                *sign == '=' ? "" : "NOT ", v, w, p, equal);
    return OK;
}

error compare(struct analyzer *a, const struct node *at, const char *sign, struct value x,
              struct value y, const struct code **out)
{
    if (a->dialect->rules) return a->dialect->rules->compare(a, at, sign, x, y, out);
    const struct dialect_type *type = common_type(a->arena, x.type, y.type);
    bool equality = *sign == '=' || strcmp(sign, "<>") == 0;
    if (!type || (!equality && !is_orderable(type)))
        return refuse(at, ERR_USAGE, "TYPE_MISMATCH", "Cannot apply operator: %s %s %s",
                      type_name(a->arena, x.type), sign, type_name(a->arena, y.type));
    if (type->kind == DIALECT_TIMESTAMP_TZ && x.type->kind == type->kind &&
        y.type->kind == type->kind) { /* instants, whatever their zones */
        *out = code_of(a->arena, "(%c %s %c)", zoned_instant(a->arena, x.code, x.type), sign,
                       zoned_instant(a->arena, y.code, y.type));
        return OK;
    }
    TRY(coerce(a, &x, type));
    TRY(coerce(a, &y, type));
    switch (type->kind) {
    case DIALECT_DOUBLE:
    case DIALECT_REAL: *out = compare_floats(a, sign, x, y); return OK;
    case DIALECT_ROW: return compare_rows(a, at, sign, x, y, out);
    case DIALECT_ARRAY: return compare_arrays(a, at, sign, x, y, out);
    case DIALECT_MAP: return unmapped(at, "a comparison of maps");
    default: break;
    }
    *out = code_of(a->arena, "(%c %s %c)", x.code, sign, y.code);
    return OK;
}

error values_unify(struct analyzer *a, struct value *values, int count, const char *what,
                   const struct dialect_type **out)
{
    const struct dialect_type *type = count ? values[0].type : &type_unknown;
    for (int i = 1; i < count; i++) {
        const struct dialect_type *next = shared_type(a, type, values[i].type);
        if (!next)
            return refuse(values[i].node, ERR_USAGE, "TYPE_MISMATCH", "%s: %s vs %s", what,
                          type_name(a->arena, type), type_name(a->arena, values[i].type));
        type = next;
    }
    for (int i = 0; i < count; i++) TRY(coerce(a, &values[i], type));
    *out = type;
    return OK;
}

error analyze_boolean(struct analyzer *a, const struct scope *scope, const struct node *n,
                      const char *what, const struct code **out)
{
    struct value v;
    TRY(analyze(a, scope, n, &v));
    if (v.type->kind != DIALECT_BOOLEAN && v.type->kind != DIALECT_UNKNOWN)
        return refuse(n, ERR_USAGE, "TYPE_MISMATCH",
                      "%s must evaluate to a boolean: actual type %s", what,
                      type_name(a->arena, v.type));
    TRY(coerce(a, &v, &type_boolean));
    *out = v.code;
    return OK;
}

static error analyze_items(struct analyzer *a, const struct scope *scope, struct node *const *items,
                           int count, struct value **out)
{
    *out = ARENA_ARRAY(a->arena, struct value, (size_t)count + 1);
    for (int i = 0; i < count; i++) TRY(analyze(a, scope, items[i], &(*out)[i]));
    return OK;
}

static const struct code *negated(struct analyzer *a, bool negates, const struct code *code)
{
    return negates ? code_of(a->arena, "(NOT %c)", code) : code;
}

static error boolean(struct value *out, const struct code *code)
{
    out->type = &type_boolean;
    out->code = code;
    return OK;
}

static error analyze_junction(struct analyzer *a, const struct scope *scope, const struct node *n,
                              struct value *out)
{
    bool both = n->kind == NODE_AND;
    const struct code **codes = ARENA_ARRAY(a->arena, const struct code *, (size_t)n->count);
    for (int i = 0; i < n->count; i++)
        TRY(analyze_boolean(a, scope, n->items[i],
                            "Logical expression term",
                            &codes[i]));
    return boolean(out, code_of(a->arena, "(%c)",
                                code_join(a->arena, codes, n->count, both ? " AND " : " OR ")));
}

static error analyze_between(struct analyzer *a, const struct scope *scope, const struct node *n,
                             struct value *out)
{
    struct value *v;
    const struct code *low, *high;
    TRY(analyze_items(a, scope, n->items, 3, &v));
    if (!shared_type(a, v[0].type, v[1].type) || !shared_type(a, v[0].type, v[2].type))
        return refuse(n, ERR_USAGE, "TYPE_MISMATCH", "Cannot check if %s is BETWEEN %s and %s",
                      type_name(a->arena, v[0].type), type_name(a->arena, v[1].type),
                      type_name(a->arena, v[2].type));
    TRY(compare(a, n, ">=", v[0], v[1], &low));
    TRY(compare(a, n, "<=", v[0], v[2], &high));
    return boolean(out, negated(a, n->flag, code_of(a->arena, "(%c AND %c)", low, high)));
}

static bool is_float(const struct dialect_type *t)
{
    return t->kind == DIALECT_REAL || t->kind == DIALECT_DOUBLE;
}

static error analyze_in(struct analyzer *a, const struct scope *scope, const struct node *n,
                        struct value *out)
{
    struct value *v;
    const struct dialect_type *type;
    const struct code **codes = ARENA_ARRAY(a->arena, const struct code *, (size_t)n->count);
    TRY(analyze_items(a, scope, n->items, n->count, &v));
    for (int i = 1; i < n->count; i++)
        if (!shared_type(a, v[0].type, v[i].type))
            return refuse(v[i].node, ERR_USAGE, "TYPE_MISMATCH",
                          "IN value and list items must be the same type or coercible to a common "
                          "type. Cannot find common type between %s and %s",
                          type_name(a->arena, v[0].type), type_name(a->arena, v[i].type));
    TRY(values_unify(a, v, n->count, "IN value and list items must be the same type", &type));
    if (type->field_count || is_float(type) || type->kind == DIALECT_TIMESTAMP_TZ) {
        for (int i = 1; i < n->count; i++) TRY(compare(a, n, "=", v[0], v[i], &codes[i - 1]));
        return boolean(out, negated(a, n->flag, code_of(a->arena, "(%c)",
                                    code_join(a->arena, codes, n->count - 1, " OR "))));
    }
    for (int i = 1; i < n->count; i++) codes[i - 1] = v[i].code;
    return boolean(out, negated(a, n->flag,
                                code_of(a->arena, "(%c IN (%c))", v[0].code,
                                        code_join(a->arena, codes, n->count - 1, ", "))));
}

static error analyze_like(struct analyzer *a, const struct scope *scope, const struct node *n,
                          struct value *out)
{
    struct value *v;
    TRY(analyze_items(a, scope, n->items, n->count, &v));
    for (int i = 0; i < n->count; i++) {
        if (!is_text(v[i].type) && v[i].type->kind != DIALECT_UNKNOWN)
            return refuse(
                v[i].node, ERR_USAGE, "TYPE_MISMATCH",
                i == 0   ? "Left side of LIKE expression must evaluate to a varchar (actual: %s)"
                : i == 1 ? "Pattern for LIKE expression must evaluate to a varchar (actual: %s)"
                         : "Escape for LIKE expression must evaluate to a varchar (actual: %s)",
                type_name(a->arena, v[i].type));
        TRY(coerce(a, &v[i], &type_varchar));
    }
    const struct code *code =
        n->count > 2 ? code_of(a->arena, "trino_like(%c, %c, %c)", v[0].code, v[1].code, v[2].code)
                     : code_of(a->arena, "(%c LIKE %c)", v[0].code, v[1].code);
    return boolean(out, negated(a, n->flag, code));
}

static error analyze_distinct(struct analyzer *a, const struct scope *scope, const struct node *n,
                              struct value *out)
{
    struct value *v;
    const struct dialect_type *type;
    TRY(analyze_items(a, scope, n->items, 2, &v));
    if (!shared_type(a, v[0].type, v[1].type))
        return refuse(n, ERR_USAGE, "TYPE_MISMATCH",
                      "Cannot apply operator: %s IS DISTINCT FROM %s",
                      type_name(a->arena, v[0].type), type_name(a->arena, v[1].type));
    TRY(values_unify(a, v, 2, "IS DISTINCT FROM", &type));
    if (type->kind == DIALECT_TIMESTAMP_TZ)
        for (int i = 0; i < 2; i++) v[i].code = zoned_instant(a->arena, v[i].code, type);
    return boolean(out, code_of(a->arena, "(%c IS %sDISTINCT FROM %c)", v[0].code,
                                n->flag ? "NOT " : "", v[1].code));
}

/* ---- subqueries ---- */

static error analyze_subquery(struct analyzer *a, const struct scope *scope, const struct node *n,
                              struct relation *out)
{
    bool aggregate = a->in_aggregate;
    a->in_aggregate = false;
    error e = analyze_query(a, scope, n, out);
    a->in_aggregate = aggregate;
    return e;
}

static error one_column(const struct node *n, const struct relation *r)
{
    if (r->count == 1) return OK;
    return refuse(
        n, ERR_USAGE, "TYPE_MISMATCH",
        "Value expression and result of subquery must be of the same type: one column vs %d",
        r->count);
}

static error analyze_scalar(struct analyzer *a, const struct scope *scope, const struct node *n,
                            struct value *out)
{
    struct relation r;
    TRY(analyze_subquery(a, scope, n->items[0], &r));
    if (r.count != 1) return unmapped(n, "a subquery of several columns as a row");
    out->type = r.attributes[0].type;
    out->code = code_of(a->arena, "(%c)", r.code);
    return OK;
}

/* The subquery's column as the type given, under a name of its own. */
static const struct code *column_as(struct analyzer *a, const struct node *n,
                                    const struct relation *r, const struct dialect_type *type,
                                    error *e)
{
    const char *name = new_name(a, "r");
    const struct code *column = code_of(a->arena, "%s.c0", name);
    *e = cast_code(a, n, column, r->attributes[0].type, type, CAST_IMPLICIT, &column);
    return code_of(a->arena, "SELECT %c FROM (%c) AS %s", column, r->code, name);
}

static error analyze_in_query(struct analyzer *a, const struct scope *scope, const struct node *n,
                              struct value *out)
{
    struct value v;
    struct relation r;
    error e;
    bool all = n->kind == NODE_QUANTIFIED && n->number;
    const char *sign = n->kind == NODE_QUANTIFIED ? n->text : "=";
    TRY(analyze(a, scope, n->items[0], &v));
    TRY(analyze_subquery(a, scope, n->items[1], &r));
    TRY(one_column(n, &r));
    const struct dialect_type *type = shared_type(a, v.type, r.attributes[0].type);
    if (!type)
        return refuse(n, ERR_USAGE, "TYPE_MISMATCH",
                      "Value expression and result of subquery must be of the same type: %s vs %s",
                      type_name(a->arena, v.type), type_name(a->arena, r.attributes[0].type));
    if (type->field_count || type->kind == DIALECT_TIMESTAMP_TZ)
        return unmapped(n, "IN or a comparison with a subquery of rows, arrays or zoned times");
    TRY(coerce(a, &v, type));
    const struct code *column = column_as(a, n, &r, type, &e);
    TRY(e);
    const struct code *code =
        n->kind == NODE_IN_QUERY
            ? code_of(a->arena, "(%c IN (%c))", v.code, column)
            : code_of(a->arena, "(%c %s %s (%c))", v.code, sign, all ? "ALL" : "ANY", column);
    return boolean(out, negated(a, n->kind == NODE_IN_QUERY && n->flag, code));
}

static error analyze_exists(struct analyzer *a, const struct scope *scope, const struct node *n,
                            struct value *out)
{
    struct relation r;
    TRY(analyze_subquery(a, scope, n->items[0], &r));
    return boolean(out, code_of(a->arena, "EXISTS (%c)", r.code));
}

/* ---- CASE, casts, constructors, access ---- */

static error analyze_case(struct analyzer *a, const struct scope *scope, const struct node *n,
                          struct value *out)
{
    int count = (n->count - 2) / 2;
    struct value operand = {0};
    struct value *results = ARENA_ARRAY(a->arena, struct value, (size_t)count + 1);
    const struct code **whens = ARENA_ARRAY(a->arena, const struct code *, (size_t)count);
    const struct code **parts = ARENA_ARRAY(a->arena, const struct code *, (size_t)count + 1);
    bool simple = n->items[0] != NULL;
    if (simple) TRY(analyze(a, scope, n->items[0], &operand));
    for (int i = 0; i < count; i++) {
        struct value when;
        if (simple) {
            TRY(analyze(a, scope, n->items[2 + 2 * i], &when));
            if (!shared_type(a, operand.type, when.type))
                return refuse(n->items[2 + 2 * i], ERR_USAGE, "TYPE_MISMATCH",
                              "CASE operand type does not match WHEN clause operand type: %s vs %s",
                              type_name(a->arena, operand.type), type_name(a->arena, when.type));
            TRY(compare(a, n, "=", operand, when, &whens[i]));
        } else {
            TRY(analyze_boolean(a, scope, n->items[2 + 2 * i], "CASE WHEN clause", &whens[i]));
        }
        TRY(analyze(a, scope, n->items[3 + 2 * i], &results[i]));
    }
    results[count] = zero_value(n, &type_unknown, code_of(a->arena, "NULL"));
    if (n->items[1]) TRY(analyze(a, scope, n->items[1], &results[count]));
    TRY(values_unify(a, results, count + 1,
                     "All CASE results must be the same type or coercible to "
                     "a common type. Cannot find common type between",
                     &out->type));
    for (int i = 0; i < count; i++)
        parts[i] = code_of(a->arena, " WHEN %c THEN %c", whens[i], results[i].code);
    out->code = code_of(a->arena, "(CASE%c ELSE %c END)", code_join(a->arena, parts, count, ""),
                        results[count].code);
    return OK;
}

/* A literal text with a zone keeps it; any other text has a zone per value. */
static const struct dialect_type *zoned_target(struct analyzer *a, const struct value *v,
                                               const struct dialect_type *to)
{
    if (to->kind != DIALECT_TIMESTAMP_TZ) return to;
    if (is_text(v->type)) return type_moment(a->arena, to->kind, to->precision, NULL);
    if (v->type->kind == DIALECT_TIMESTAMP_TZ)
        return type_moment(a->arena, to->kind, to->precision, v->type->zone);
    return to;
}

static error analyze_cast(struct analyzer *a, const struct scope *scope, const struct node *n,
                          struct value *out)
{
    struct value v;
    TRY(analyze(a, scope, n->items[0], &v));
    if (type_from_node(a, n->items[1], &out->type) != OK) { /* placed at the whole cast */
        bool unknown = strncmp(error_text(), "TYPE_NOT_FOUND", 14) == 0;
        return !unknown
                   ? ERR_UNSUPPORTED
                   : refuse(n, ERR_USAGE, "TYPE_MISMATCH", "Unknown type: %s", n->items[1]->text);
    }
    out->type = zoned_target(a, &v, out->type);
    TRY(cast_code(a, n, v.code, v.type, out->type, CAST_EXPLICIT, &out->code));
    if (n->flag) out->code = code_of(a->arena, "TRY(%c)", out->code);
    return OK;
}

static error analyze_at_zone(struct analyzer *a, const struct scope *scope, const struct node *n,
                             struct value *out)
{
    struct value v;
    const struct node *zone = n->items[1];
    int minutes;
    TRY(analyze(a, scope, n->items[0], &v));
    if (v.type->kind == DIALECT_TIMESTAMP)
        TRY(coerce(a, &v, type_moment(a->arena, DIALECT_TIMESTAMP_TZ, v.type->precision, "UTC")));
    if (v.type->kind != DIALECT_TIMESTAMP_TZ)
        return refuse(n, ERR_USAGE, "TYPE_MISMATCH",
                      "Type of value must be a time or timestamp with "
                      "or without time zone (actual %s)",
                      type_name(a->arena, v.type));
    if (zone->kind != NODE_STRING) return unmapped(n, "AT TIME ZONE with anything but a literal");
    const char *name = zone_offset(zone->text, &minutes) && !minutes ? "UTC" : zone->text;
    out->code = zoned_instant(a->arena, v.code, v.type);
    out->type = type_moment(a->arena, DIALECT_TIMESTAMP_TZ, v.type->precision, name);
    return OK;
}

static error analyze_array(struct analyzer *a, const struct scope *scope, const struct node *n,
                           struct value *out)
{
    struct value *v;
    const struct dialect_type *element;
    const struct code **codes = ARENA_ARRAY(a->arena, const struct code *, (size_t)n->count + 1);
    TRY(analyze_items(a, scope, n->items, n->count, &v));
    TRY(values_unify(a, v, n->count, "All ARRAY elements must be the same type", &element));
    for (int i = 0; i < n->count; i++) codes[i] = v[i].code;
    out->type = type_array(a->arena, element);
    out->code = code_of(a->arena, "CAST([%c] AS %s)", code_join(a->arena, codes, n->count, ", "),
                        duck_type(a->arena, out->type));
    return OK;
}

static error analyze_row(struct analyzer *a, const struct scope *scope, const struct node *n,
                         struct value *out)
{
    struct value *v;
    const struct code **codes = ARENA_ARRAY(a->arena, const struct code *, (size_t)n->count + 1);
    struct dialect_field *fields =
        ARENA_ARRAY(a->arena, struct dialect_field, (size_t)n->count + 1);
    TRY(analyze_items(a, scope, n->items, n->count, &v));
    for (int i = 0; i < n->count; i++) {
        fields[i].type = v[i].type;
        codes[i] = code_of(a->arena, "field%d := %c", i, v[i].code);
    }
    out->type = type_row(a->arena, fields, n->count);
    out->code = code_of(a->arena, "struct_pack(%c)", code_join(a->arena, codes, n->count, ", "));
    return OK;
}

static error analyze_subscript(struct analyzer *a, const struct scope *scope, const struct node *n,
                               struct value *out)
{
    struct value *v;
    TRY(analyze_items(a, scope, n->items, 2, &v));
    if (a->dialect->rules) return a->dialect->rules->subscript(a, n, v[0], v[1], out);
    const struct dialect_type *t = v[0].type;
    if (t->kind == DIALECT_ROW) {
        int64_t i = 0;
        if (n->items[1]->kind != NODE_INTEGER || !parse_int64(span_of(n->items[1]->text), &i) ||
            i < 1 || i > t->field_count)
            return refuse(n->items[1], ERR_USAGE, "INVALID_FUNCTION_ARGUMENT",
                          "Subscript expression on ROW requires a constant index in its range");
        out->type = t->fields[i - 1].type;
        out->code = code_of(a->arena, "struct_extract(%c, %t)", v[0].code,
                            row_field_name(a->arena, t, (int)i - 1));
        return OK;
    }
    const struct dialect_type *index = t->kind == DIALECT_ARRAY ? &type_bigint
                                       : t->kind == DIALECT_MAP ? t->fields[0].type
                                                                : NULL;
    if (!index || !can_coerce(a->arena, v[1].type, index))
        return refuse(n, ERR_USAGE, "TYPE_MISMATCH", "Cannot use %s for subscript of %s",
                      type_name(a->arena, v[1].type), type_name(a->arena, t));
    TRY(coerce(a, &v[1], index));
    out->type = t->fields[t->kind == DIALECT_MAP].type;
    if (t->kind == DIALECT_ARRAY) {
        const struct code *array = v[0].code;
        const char *name = is_name(n->items[0]) ? NULL : new_name(a, "v");
        if (name) array = code_of(a->arena, "%s", name);
        out->code = code_of(a->arena, "list_extract(%c, trino_subscript(%c, len(%c)))", array,
                            v[1].code, array);
        if (name)
            out->code = code_of(a->arena, "list_transform([%c], lambda %s: %c)[1]", v[0].code, name,
                                out->code);
        return OK;
    }
    const char *m = new_name(a, "v"), *k = new_name(a, "v");
    out->code = code_of(
        a->arena,
        "list_transform([%c], lambda %s: list_transform([%c], lambda %s: CASE WHEN "
        "%s IS NULL OR %s IS NULL OR map_contains(%s, %s) THEN map_extract(%s, %s)[1] "
        "ELSE CAST(trino_fail('INVALID_FUNCTION_ARGUMENT: Key not present in map: ' || CAST(%s AS "
        "VARCHAR)) AS %s) END)[1])[1]",
        v[0].code, m, v[1].code, k, m, k, m, k, m, k, k, duck_type(a->arena, out->type));
    return OK;
}

static error analyze_parameter(struct analyzer *a, const struct node *n, struct value *out)
{
    struct arena *arena = a->arena;
    struct token *tokens;
    struct node *tree;
    if (n->number >= a->context->parameter_count)
        return refuse(n, ERR_USAGE, "INVALID_PARAMETER_USAGE",
                      "Incorrect number of parameters: expected %d but found %d", n->number + 1,
                      a->context->parameter_count);
    const char *text = a->context->parameters[n->number];
    TRY(tokens_read(a->dialect, text, arena, &tokens));
    struct parser p = {.dialect = a->dialect, .arena = arena, .text = text, .token = tokens};
    TRY(parse_expression(&p, &tree));
    if (p.token->kind != TOKEN_END || p.placeholders)
        return refuse(n, ERR_USAGE, "INVALID_PARAMETER_USAGE", "the value %s is no literal", text);
    const struct scope none = {0};
    return analyze(a, &none, tree, out);
}

/* ---- everything ---- */

static error analyze_by_kind(struct analyzer *a, const struct scope *scope, const struct node *n,
                             struct value *out)
{
    struct value *v;
    const struct code *code;
    switch (n->kind) {
    case NODE_NAME:
    case NODE_FIELD: return analyze_name(a, scope, n, out);
    case NODE_PARAMETER: return analyze_parameter(a, n, out);
    case NODE_CALL: return analyze_call(a, scope, n, out);
    case NODE_UNARY:
        if (*n->text == '-' && n->items[0]->kind == NODE_INTEGER)
            return analyze_negative(a, n, out);
        TRY(analyze(a, scope, n->items[0], out));
        return *n->text == '-' ? analyze_negation(a, n, *out, out) : OK;
    case NODE_ARITHMETIC:
        TRY(analyze_items(a, scope, n->items, n->count, &v));
        if (*n->text == '|') return analyze_concatenation(a, n, v, n->count, out);
        return analyze_arithmetic(a, n, n->text, v[0], v[1], out);
    case NODE_COMPARE:
        TRY(analyze_items(a, scope, n->items, 2, &v));
        TRY(compare(a, n, n->text, v[0], v[1], &code));
        return boolean(out, code);
    case NODE_DISTINCT: return analyze_distinct(a, scope, n, out);
    case NODE_NOT:
        TRY(analyze_boolean(a, scope, n->items[0], "Value of logical NOT expression", &code));
        return boolean(out, negated(a, true, code));
    case NODE_AND:
    case NODE_OR: return analyze_junction(a, scope, n, out);
    case NODE_BETWEEN: return analyze_between(a, scope, n, out);
    case NODE_IN: return analyze_in(a, scope, n, out);
    case NODE_IN_QUERY:
    case NODE_QUANTIFIED: return analyze_in_query(a, scope, n, out);
    case NODE_LIKE: return analyze_like(a, scope, n, out);
    case NODE_IS_NULL:
        TRY(analyze(a, scope, n->items[0], out));
        return boolean(out, code_of(a->arena, "(%c IS %sNULL)", out->code, n->flag ? "NOT " : ""));
    case NODE_EXISTS: return analyze_exists(a, scope, n, out);
    case NODE_SCALAR: return analyze_scalar(a, scope, n, out);
    case NODE_CASE: return analyze_case(a, scope, n, out);
    case NODE_CAST: return analyze_cast(a, scope, n, out);
    case NODE_AT_ZONE: return analyze_at_zone(a, scope, n, out);
    case NODE_ARRAY: return analyze_array(a, scope, n, out);
    case NODE_ROW: return analyze_row(a, scope, n, out);
    case NODE_ITEM: return analyze(a, scope, n->items[0], out); /* struct(x AS name) */
    case NODE_SUBSCRIPT: return analyze_subscript(a, scope, n, out);
    case NODE_LAMBDA:
        return refuse(n, ERR_USAGE, "TYPE_MISMATCH",
                      "Lambda expression should always be used inside a function");
    case NODE_STAR:
        return refuse(n, ERR_USAGE, "SYNTAX_ERROR", "* is no expression");
    default: return analyze_literal(a, n, out);
    }
}

error analyze(struct analyzer *a, const struct scope *scope, const struct node *n,
              struct value *out)
{
    struct grouping *g = scope->grouping;
    for (int i = 0; g && !a->in_aggregate && i < g->count; i++)
        if (g->keys[i].node && n->kind != NODE_NAME && n->kind != NODE_FIELD &&
            same_expression(g->source, n, g->keys[i].node)) {
            *out = g->keys[i];
            out->node = n;
            return OK;
        }
    *out = (struct value){.node = n};
    TRY(analyze_by_kind(a, scope, n, out));
    out->node = n;
    return OK;
}
