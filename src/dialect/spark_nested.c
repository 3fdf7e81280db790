/* Spark's arrays, maps, structs and JSON: access to them, and the functions that make them. */
#include "dialect/spark.h"

#include <stdio.h>

static error mismatch_of(const struct call *c, const char *what)
{
    return refuse(c->node, ERR_USAGE, "DATATYPE_MISMATCH", "%s takes %s", c->node->text, what);
}

/* The value under a name, since it is used more than once. */
static const struct code *once(struct analyzer *a, const struct code *value, const char *name,
                               const struct code *body)
{
    return code_of(a->arena, "list_transform([%c], lambda %s: %c)[1]", value, name, body);
}

/* ---- access ---- */

static error map_value(struct analyzer *a, struct value base, struct value key, struct value *out)
{
    TRY(coerce(a, &key, base.type->fields[0].type));
    out->type = base.type->fields[1].type;
    out->code = code_of(a->arena, "map_extract(%c, %c)[1]", base.code, key.code);
    return OK;
}

/* From 0; what is outside is NULL. */
error spark_subscript(struct analyzer *a, const struct node *at, struct value base,
                      struct value index, struct value *out)
{
    if (base.type->kind == DIALECT_MAP) return map_value(a, base, index, out);
    if (base.type->kind == DIALECT_ROW && at->items[1]->kind == NODE_STRING) {
        *out = base;
        return spark_field(a, at, at->items[1]->text, out);
    }
    if (base.type->kind != DIALECT_ARRAY)
        return refuse(at, ERR_USAGE, "INVALID_EXTRACT_BASE_FIELD_TYPE",
                      "cannot take an element of %s", spark_type_name(a->arena, base.type));
    const char *i = new_name(a, "v");
    TRY(coerce(a, &index, &type_integer));
    out->type = base.type->fields[0].type;
    out->code = once(
        a, index.code, i,
        code_of(a->arena, "CASE WHEN %s >= 0 THEN list_extract(%c, %s + 1) END", i, base.code, i));
    return OK;
}

error spark_field(struct analyzer *a, const struct node *at, const char *name, struct value *v)
{
    if (v->type->kind == DIALECT_ARRAY && v->type->fields[0].type->kind == DIALECT_ROW) {
        const char *e = new_name(a, "v");
        struct value element = {v->type->fields[0].type, code_of(a->arena, "%s", e), NULL};
        TRY(spark_field(a, at, name, &element));
        v->code = code_of(a->arena, "list_transform(%c, lambda %s: %c)", v->code, e, element.code);
        v->type = type_array(a->arena, element.type);
        return OK;
    }
    if (v->type->kind == DIALECT_MAP) {
        struct value key = {&type_varchar, code_of(a->arena, "%t", name), at};
        return map_value(a, *v, key, v);
    }
    if (v->type->kind != DIALECT_ROW)
        return refuse(at, ERR_USAGE, "INVALID_EXTRACT_BASE_FIELD_TYPE",
                      "cannot take the field %s of %s", name, spark_type_name(a->arena, v->type));
    for (int i = 0; i < v->type->field_count; i++)
        if (v->type->fields[i].name &&
            span_equal_nocase(span_of(v->type->fields[i].name), span_of(name))) {
            v->code = code_of(a->arena, "struct_extract(%c, %t)", v->code,
                              row_field_name(a->arena, v->type, i));
            v->type = v->type->fields[i].type;
            return OK;
        }
    return refuse(at, ERR_NOT_FOUND, "FIELD_NOT_FOUND", "no field %s in %s", name,
                  spark_type_name(a->arena, v->type));
}

error spark_element_at(struct call *c)
{
    struct value *v = c->values;
    if (c->count != 2) return no_match(c);
    if (v[0].type->kind == DIALECT_MAP) return map_value(c->a, v[0], v[1], c->out);
    if (v[0].type->kind != DIALECT_ARRAY) return mismatch_of(c, "an array or a map");
    TRY(coerce(c->a, &v[1], &type_integer));
    return give(c, v[0].type->fields[0].type,
                code_of(c->a->arena, "list_extract(%c, %c)", v[0].code, v[1].code));
}

error spark_size(struct call *c)
{
    if (c->count != 1) return no_match(c);
    if (c->values[0].type->kind == DIALECT_UNKNOWN)
        return give(c, &type_integer, code_of(c->a->arena, "CAST(-1 AS INTEGER)"));
    bool map = c->values[0].type->kind == DIALECT_MAP;
    if (!map && c->values[0].type->kind != DIALECT_ARRAY)
        return mismatch_of(c, "an array or a map");
    return give(c, &type_integer,
                code_of(c->a->arena, "CAST(coalesce(%s(%c), -1) AS INTEGER)",
                        map ? "cardinality" : "len", c->values[0].code));
}

/* ---- making them ---- */

error spark_array(struct call *c)
{
    const struct dialect_type *element = &type_unknown;
    if (c->count)
        TRY(values_unify(c->a, c->values, c->count, "the elements of array differ", &element));
    const struct dialect_type *type = type_array(c->a->arena, element);
    if (element->kind == DIALECT_UNKNOWN)
        return give(c, type, code_of(c->a->arena, "[%c]", arguments_join(c, 0)));
    return give(c, type,
                code_of(c->a->arena, "CAST([%c] AS %s)", arguments_join(c, 0),
                        duck_type(c->a->arena, type)));
}

error spark_map(struct call *c)
{
    struct arena *arena = c->a->arena;
    int pairs = c->count / 2;
    struct value *sides[2];
    const struct code *lists[2];
    const struct dialect_type *types[2] = {&type_unknown, &type_unknown};
    if (c->count % 2) return mismatch_of(c, "keys and values in turn");
    for (int s = 0; s < 2; s++) {
        const struct code **codes = ARENA_ARRAY(arena, const struct code *, (size_t)pairs + 1);
        sides[s] = ARENA_ARRAY(arena, struct value, (size_t)pairs + 1);
        for (int i = 0; i < pairs; i++) sides[s][i] = c->values[2 * i + s];
        if (pairs)
            TRY(values_unify(c->a, sides[s], pairs,
                             s ? "the values of map differ" : "the keys of map differ", &types[s]));
        for (int i = 0; i < pairs; i++) codes[i] = sides[s][i].code;
        lists[s] = code_join(arena, codes, pairs, ", ");
    }
    const struct dialect_type *type = type_map(arena, types[0], types[1]);
    if (!pairs) return give(c, type, code_of(arena, "map([], [])"));
    return give(
        c, type,
        code_of(arena, "CAST(map([%c], [%c]) AS %s)", lists[0], lists[1], duck_type(arena, type)));
}

static error struct_give(struct call *c, const char *const *names, const struct value *values,
                         int count)
{
    struct arena *arena = c->a->arena;
    struct dialect_field *fields = ARENA_ARRAY(arena, struct dialect_field, (size_t)count + 1);
    const struct code **codes = ARENA_ARRAY(arena, const struct code *, (size_t)count + 1);
    for (int i = 0; i < count; i++) fields[i] = (struct dialect_field){names[i], values[i].type};
    const struct dialect_type *type = type_row(arena, fields, count);
    for (int i = 0; i < count; i++)
        codes[i] = code_of(arena, "%n := CAST(%c AS %s)", row_field_name(arena, type, i),
                           values[i].code, duck_type(arena, values[i].type));
    return give(c, type, code_of(arena, "struct_pack(%c)", code_join(arena, codes, count, ", ")));
}

/* struct(a, b AS c, *) */
error spark_struct(struct call *c)
{
    struct arena *arena = c->a->arena;
    struct buffer names = {0}, values = {0};
    error e = OK;
    for (int i = 0; i < c->count && e == OK; i++) {
        const struct node *n = c->node->items[i];
        if (n->kind == NODE_STAR) {
            for (int k = 0; k < c->scope->count; k++) {
                const struct attribute *column = &c->scope->columns[k];
                struct value v = {column->type, column->code, n};
                attribute_read(c->a, column);
                buffer_append(&names, &column->name, sizeof column->name);
                buffer_append(&values, &v, sizeof v);
            }
            continue;
        }
        const char *name = n->kind == NODE_ITEM ? n->text
                           : n->kind == NODE_NAME || n->kind == NODE_FIELD
                               ? n->text
                               : arena_printf(arena, "col%d", i + 1);
        buffer_append(&names, &name, sizeof name);
        buffer_append(&values, &c->values[i], sizeof *c->values);
    }
    e = struct_give(c, (const char *const *)(void *)names.data,
                    (const struct value *)(void *)values.data,
                    (int)(values.size / sizeof(struct value)));
    buffer_release(&names);
    buffer_release(&values);
    return e;
}

error spark_named_struct(struct call *c)
{
    int count = c->count / 2;
    const char **names = ARENA_ARRAY(c->a->arena, const char *, (size_t)count + 1);
    struct value *values = ARENA_ARRAY(c->a->arena, struct value, (size_t)count + 1);
    if (c->count % 2) return mismatch_of(c, "names and values in turn");
    for (int i = 0; i < count; i++) {
        if (c->node->items[2 * i]->kind != NODE_STRING)
            return mismatch_of(c, "names that are literals");
        names[i] = c->node->items[2 * i]->text;
        values[i] = c->values[2 * i + 1];
    }
    return struct_give(c, names, values, count);
}

error spark_sequence(struct call *c)
{
    struct arena *arena = c->a->arena;
    const struct dialect_type *type;
    if (c->count < 2 || c->count > 3) return no_match(c);
    TRY(values_unify(c->a, c->values, 2, "the ends of sequence differ", &type));
    const struct code *from = c->values[0].code, *to = c->values[1].code;
    if (is_integral(type)) {
        if (c->count == 3) TRY(coerce(c->a, &c->values[2], &type_bigint));
        const struct code *step =
            c->count == 3 ? c->values[2].code
                          : code_of(arena, "CASE WHEN %c <= %c THEN 1 ELSE -1 END", from, to);
        const struct dialect_type *array = type_array(arena, type);
        return give(c, array,
                    code_of(arena, "CAST(generate_series(%c, %c, %c) AS %s)", from, to, step,
                            duck_type(arena, array)));
    }
    if (type->kind != DIALECT_DATE && type->kind != DIALECT_TIMESTAMP)
        return mismatch_of(c, "whole numbers, dates or timestamps");
    const struct code *step = c->count == 3 ? c->values[2].code : code_of(arena, "to_days(1)");
    const struct dialect_type *array = type_array(arena, type);
    return give(
        c, array,
        code_of(arena,
                "CAST(generate_series(CAST(%c AS TIMESTAMP), CAST(%c AS TIMESTAMP), %c) AS %s)",
                from, to, step, duck_type(arena, array)));
}

/* aggregate(array, start, (sum, x) -> ..., [sum -> ...]) */
error spark_aggregate(struct call *c)
{
    struct arena *arena = c->a->arena;
    struct value *v = c->values, merged, finished;
    if (c->count < 3 || c->count > 4) return no_match(c);
    if (v[0].type->kind != DIALECT_ARRAY) return mismatch_of(c, "an array");
    const char *sum = new_name(c->a, "v"), *x = new_name(c->a, "v");
    const struct dialect_type *types[] = {v[1].type, v[0].type->fields[0].type};
    /* what is folded is a list of [sum, element] pairs as one type: a struct of both */
    const struct code *codes[] = {code_of(arena, "struct_extract(%s, 's')", sum),
                                  code_of(arena, "struct_extract(%s, 'x')", x)};
    TRY(lambda_body(c, c->node->items[2], types, codes, 2, &merged));
    TRY(coerce(c->a, &merged, v[1].type));
    const char *acc = duck_type(arena, v[1].type), *element = duck_type(arena, types[1]);
    const struct code *folded = code_of(
        arena,
        "struct_extract(list_reduce(list_prepend(CAST(struct_pack(s := %c, x := NULL) AS STRUCT(s "
        "%s, x %s)), list_transform(%c, lambda se: "
        "CAST(struct_pack(s := NULL, x := se) AS STRUCT(s %s, x %s)))), lambda %s, %s: "
        "CAST(struct_pack(s := %c, x := NULL) AS STRUCT(s %s, x %s))), 's')",
        v[1].code, acc, element, v[0].code, acc, element, sum, x, merged.code, acc, element);
    folded = code_of(arena, "CASE WHEN %c IS NOT NULL THEN %c END", v[0].code, folded);
    if (c->count == 3) return give(c, v[1].type, folded);
    const char *end = new_name(c->a, "v");
    const struct code *name = code_of(arena, "%s", end);
    TRY(lambda_body(c, c->node->items[3], &v[1].type, &name, 1, &finished));
    return give(c, finished.type, once(c->a, folded, end, finished.code));
}

/* ---- maps ---- */

error spark_map_entries(struct call *c)
{
    struct dialect_field *fields = ARENA_ARRAY(c->a->arena, struct dialect_field, 2);
    if (c->count != 1 || c->values[0].type->kind != DIALECT_MAP) return mismatch_of(c, "a map");
    fields[0] = (struct dialect_field){"key", c->values[0].type->fields[0].type};
    fields[1] = (struct dialect_field){"value", c->values[0].type->fields[1].type};
    return give(c, type_array(c->a->arena, type_row(c->a->arena, fields, 2)),
                code_of(c->a->arena, "map_entries(%c)", c->values[0].code));
}

error spark_map_from_entries(struct call *c)
{
    const struct dialect_type *t = c->values[0].type;
    struct arena *arena = c->a->arena;
    if (c->count != 1 || t->kind != DIALECT_ARRAY || t->fields[0].type->kind != DIALECT_ROW ||
        t->fields[0].type->field_count != 2)
        return mismatch_of(c, "an array of structs of two fields");
    const struct dialect_type *row = t->fields[0].type;
    const char *v = new_name(c->a, "v");
    return give(c, type_map(arena, row->fields[0].type, row->fields[1].type),
                code_of(arena,
                        "map_from_entries(list_transform(%c, lambda %s: struct_pack(key := "
                        "struct_extract(%s, %t), value := struct_extract(%s, %t))))",
                        c->values[0].code, v, v, row_field_name(arena, row, 0), v,
                        row_field_name(arena, row, 1)));
}

/* The lambda of (key, value) over the entries of a map; which of the two it gives anew: -1 neither.
 */
static error over_entries(struct call *c, int makes)
{
    struct arena *arena = c->a->arena;
    const struct dialect_type *t = c->values[0].type;
    struct value body;
    if (c->count != 2 || t->kind != DIALECT_MAP) return mismatch_of(c, "a map and a lambda");
    const char *v = new_name(c->a, "v");
    const struct dialect_type *types[] = {t->fields[0].type, t->fields[1].type};
    const struct code *codes[] = {code_of(arena, "%s.key", v), code_of(arena, "%s.value", v)};
    TRY(lambda_body(c, c->node->items[1], types, codes, 2, &body));
    if (makes < 0)
        return give(c, t,
                    code_of(arena, "map_from_entries(list_filter(map_entries(%c), lambda %s: %c))",
                            c->values[0].code, v, body.code));
    types[makes] = body.type;
    codes[makes] = body.code;
    return give(c, type_map(arena, types[0], types[1]),
                code_of(arena,
                        "map_from_entries(list_transform(map_entries(%c), lambda %s: "
                        "struct_pack(key := %c, value := %c)))",
                        c->values[0].code, v, codes[0], codes[1]));
}

error spark_map_filter(struct call *c)
{
    return over_entries(c, -1);
}

error spark_transform_values(struct call *c)
{
    return over_entries(c, 1);
}

error spark_transform_keys(struct call *c)
{
    return over_entries(c, 0);
}

/* ---- from JSON ---- */

static error json_as(struct analyzer *a, const struct node *at, const struct code *json,
                     const struct dialect_type *to, const struct code **out)
{
    struct arena *arena = a->arena;
    const char *v = new_name(a, "v"), *m = new_name(a, "v");
    const struct code *inner;
    switch (to->kind) {
    case DIALECT_VARCHAR: *out = code_of(arena, "spark_json_text(%c)", json); return OK;
    case DIALECT_BOOLEAN: *out = code_of(arena, "spark_json_boolean(%c)", json); return OK;
    case DIALECT_TINYINT:
    case DIALECT_SMALLINT:
    case DIALECT_INTEGER:
    case DIALECT_BIGINT:
        *out = code_of(arena, "TRY_CAST(spark_json_integer(%c) AS %s)", json, duck_type(arena, to));
        return OK;
    case DIALECT_REAL:
    case DIALECT_DOUBLE:
        *out = code_of(arena, "CAST(spark_json_double(%c) AS %s)", json, duck_type(arena, to));
        return OK;
    case DIALECT_DECIMAL:
        *out = code_of(arena, "CAST(spark_text_decimal(spark_json_number(%c), %d, %d) AS %s)", json,
                       to->precision, to->scale, duck_type(arena, to));
        return OK;
    case DIALECT_DATE:
        *out = code_of(arena, "spark_text_date(spark_json_string(%c))", json);
        return OK;
    case DIALECT_TIMESTAMP:
        *out = code_of(arena, "spark_text_timestamp(spark_json_string(%c))", json);
        return OK;
    case DIALECT_ARRAY:
        TRY(json_as(a, at, code_of(arena, "%s", v), to->fields[0].type, &inner));
        *out =
            code_of(arena, "list_transform(spark_json_items(%c), lambda %s: %c)", json, v, inner);
        return OK;
    case DIALECT_MAP:
        if (!is_text(to->fields[0].type))
            return unmapped(at, "a map from JSON whose keys are not strings");
        TRY(json_as(a, at, code_of(arena, "%s", v), to->fields[1].type, &inner));
        *out =
            once(a, json, m,
                 code_of(arena,
                         "CASE WHEN spark_json_keys(%s) IS NOT NULL THEN map(spark_json_keys(%s), "
                         "list_transform(spark_json_values(%s), lambda %s: %c)) END",
                         m, m, m, v, inner));
        return OK;
    case DIALECT_ROW: {
        const struct code **fields =
            ARENA_ARRAY(arena, const struct code *, (size_t)to->field_count + 1);
        for (int i = 0; i < to->field_count; i++) {
            const char *name = row_field_name(arena, to, i);
            TRY(json_as(a, at, code_of(arena, "spark_json_member(%s, %t)", m, name),
                        to->fields[i].type, &inner));
            fields[i] = code_of(arena, "%n := %c", name, inner);
        }
        *out = once(a, json, m,
                    code_of(arena, "CASE WHEN spark_json_is_object(%s) THEN struct_pack(%c) END", m,
                            code_join(arena, fields, to->field_count, ", ")));
        return OK;
    }
    default: return unmapped(at, arena_printf(arena, "%s from JSON", spark_type_name(arena, to)));
    }
}

/* The schema as a type, or as the fields of a struct: 'a INT, b STRING'. */
static error schema_type(struct call *c, const struct node *n, const struct dialect_type **out)
{
    const struct type *type = NULL;
    if (n->kind != NODE_STRING) return unmapped(n, "a schema that is no literal");
    error e = type_parse(c->a->arena, span_of(n->text), &type);
    if (e != OK)
        e = type_parse(c->a->arena, span_of(spark_schema_text(c->a->arena, n->text)), &type);
    if (e != OK)
        return refuse(n, ERR_USAGE, "PARSE_SYNTAX_ERROR", "'%s' is no schema: 'a INT, b STRING'",
                      n->text);
    *out = dialect_type_of(c->a->arena, type);
    return OK;
}

/* Malformed text: a struct of NULLs, as Spark's PERMISSIVE mode gives. */
error spark_from_json(struct call *c)
{
    struct arena *arena = c->a->arena;
    const struct dialect_type *type = NULL;
    const struct code *code;
    const char *v = new_name(c->a, "v");
    if (c->count < 2 || c->count > 3) return no_match(c);
    TRY(coerce(c->a, &c->values[0], &type_varchar));
    TRY(schema_type(c, c->node->items[1], &type));
    bool row = type->kind == DIALECT_ROW;
    const struct code *text =
        code_of(arena,
                row ? "CASE WHEN spark_json_is_object(%s) THEN %s ELSE '{}' END"
                    : "CASE WHEN spark_json_is_whole(%s) THEN %s END",
                v, v);
    TRY(json_as(c->a, c->node, text, type, &code));
    return give(c, type,
                once(c->a, c->values[0].code, v,
                     code_of(arena, "CASE WHEN %s IS NULL OR trim(%s) = '' THEN NULL ELSE %c END",
                             v, v, code)));
}

/* ---- to JSON ---- */

static error as_json(struct analyzer *a, const struct node *at, const struct code *code,
                     const struct dialect_type *from, const struct code **out)
{
    struct arena *arena = a->arena;
    const char *v = new_name(a, "v");
    const struct code *inner, *key;
    switch (from->kind) {
    case DIALECT_UNKNOWN: *out = code_of(arena, "NULL"); return OK;
    case DIALECT_VARCHAR: *out = code_of(arena, "trino_json_quote(%c)", code); return OK;
    case DIALECT_DATE:
        *out = code_of(arena, "('\"' || CAST(%c AS VARCHAR) || '\"')", code);
        return OK;
    case DIALECT_TIMESTAMP:
        *out = code_of(arena,
                       "('\"' || spark_date_format(%c, 'yyyy-MM-dd''T''HH:mm:ss.SSSXXX') || '\"')",
                       code);
        return OK;
    case DIALECT_VARBINARY:
        *out = code_of(arena, "('\"' || to_base64(%c) || '\"')", code);
        return OK;
    case DIALECT_ARRAY:
        TRY(as_json(a, at, code_of(arena, "%s", v), from->fields[0].type, &inner));
        *out = code_of(arena,
                       "('[' || array_to_string(list_transform(%c, lambda %s: coalesce(%c, "
                       "'null')), ',') || ']')",
                       code, v, inner);
        return OK;
    case DIALECT_MAP:
        TRY(spark_cast(a, at, code_of(arena, "%s.key", v), from->fields[0].type, &type_varchar,
                       CAST_EXPLICIT, &key));
        TRY(as_json(a, at, code_of(arena, "%s.value", v), from->fields[1].type, &inner));
        *out = code_of(arena,
                       "('{' || array_to_string(list_transform(map_entries(%c), lambda %s: "
                       "trino_json_quote(%c) || ':' || coalesce(%c, 'null')), ',') || '}')",
                       code, v, key, inner);
        return OK;
    case DIALECT_ROW: { /* fields that are NULL are left out */
        const struct code **fields =
            ARENA_ARRAY(arena, const struct code *, (size_t)from->field_count + 1);
        for (int i = 0; i < from->field_count; i++) {
            const char *name = row_field_name(arena, from, i);
            TRY(as_json(a, at, code_of(arena, "struct_extract(%s, %t)", v, name),
                        from->fields[i].type, &inner));
            fields[i] = code_of(arena, "trino_json_quote(%t) || ':' || %c",
                                from->fields[i].name ? from->fields[i].name : name, inner);
        }
        *out = once(
            a, code, v,
            code_of(arena,
                    "CASE WHEN %s IS NOT NULL THEN '{' || array_to_string(list_filter(CAST([%c] AS "
                    "VARCHAR[]), lambda sj: sj IS NOT NULL), ',') || '}' END",
                    v, code_join(arena, fields, from->field_count, ", ")));
        return OK;
    }
    default: return spark_cast(a, at, code, from, &type_varchar, CAST_EXPLICIT, out);
    }
}

error spark_to_json(struct call *c)
{
    if (c->count < 1 || c->count > 2 || !c->values[0].type->field_count)
        return mismatch_of(c, "a struct, a map or an array");
    c->out->type = &type_varchar;
    return as_json(c->a, c->node, c->values[0].code, c->values[0].type, &c->out->code);
}
