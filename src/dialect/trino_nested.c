/* Trino's functions of arrays and maps that take more than a row of the table: mostly lambdas, by
 * which an argument that is needed twice gets a name. */
#include "dialect/trino.h"

static bool is_kind(const struct call *c, int i, enum dialect_kind kind)
{
    return i < c->count && c->values[i].type && c->values[i].type->kind == kind;
}

static bool is_lambda(const struct call *c, int i)
{
    return i < c->count && c->node->items[i]->kind == NODE_LAMBDA;
}

error trino_contains(struct call *c)
{
    struct arena *arena = c->a->arena;
    if (c->count != 2 || c->values[0].type->kind != DIALECT_ARRAY) return no_match(c);
    const struct dialect_type *element =
        common_type(arena, c->values[0].type->fields[0].type, c->values[1].type);
    if (!element) return no_match(c);
    if (element->field_count)
        return unmapped(c->node, "contains for arrays of arrays, maps or rows");
    TRY(coerce(c->a, &c->values[0], type_array(arena, element)));
    TRY(coerce(c->a, &c->values[1], element));
    return give(
        c, &type_boolean,
        code_of(arena,
                "list_transform([%c], lambda ta: list_transform([%c], lambda tv: CASE WHEN "
                "list_contains(ta, tv) THEN true WHEN ta IS NULL OR tv IS NULL OR len(ta) > "
                "list_count(ta) THEN NULL ELSE false END)[1])[1]",
                c->values[0].code, c->values[1].code));
}

/* The elements of an array of numbers, or what "max" of anything else is. */
static error array_extreme(struct call *c, const char *list)
{
    if (c->count != 1 || c->values[0].type->kind != DIALECT_ARRAY) return no_match(c);
    return give(c, c->values[0].type->fields[0].type,
                code_of(c->a->arena,
                        "list_transform([%c], lambda tv: CASE WHEN len(tv) > list_count(tv) "
                        "THEN NULL ELSE %s(tv) END)[1]",
                        c->values[0].code, list));
}

error trino_array_max(struct call *c)
{
    return array_extreme(c, "list_max");
}

error trino_array_min(struct call *c)
{
    return array_extreme(c, "list_min");
}

error trino_map_concat(struct call *c)
{
    const struct dialect_type *type;
    if (c->count < 2) return no_match(c);
    for (int i = 0; i < c->count; i++)
        if (c->values[i].type->kind != DIALECT_MAP) return no_match(c);
    TRY(values_unify(c->a, c->values, c->count, "arguments must be of one type", &type));
    /* one NULL map makes all NULL */
    const struct code **codes = ARENA_ARRAY(c->a->arena, const struct code *, (size_t)c->count);
    for (int i = 0; i < c->count; i++)
        codes[i] = code_of(c->a->arena, "map_entries(%c)", c->values[i].code);
    return give(
        c, type,
        code_of(c->a->arena,
                "list_transform([[%c]], lambda tm: CASE WHEN len(tm) > list_count(tm) "
                "THEN NULL ELSE map_from_entries(list_filter(flatten(tm), lambda te, ti: NOT "
                "list_contains(list_transform(flatten(tm)[ti + 1:], lambda tf: tf.key), te.key))) "
                "END)[1]",
                code_join(c->a->arena, codes, c->count, ", ")));
}

error trino_sequence(struct call *c)
{
    struct arena *arena = c->a->arena;
    if (c->count < 2 || c->count > 3) return no_match(c);
    const struct dialect_type *t = c->values[0].type;
    if (is_integral(t)) {
        for (int i = 0; i < c->count; i++) {
            if (!can_coerce(arena, c->values[i].type, &type_bigint)) return no_match(c);
            TRY(coerce(c->a, &c->values[i], &type_bigint));
        }
        return give(
            c, type_array(arena, &type_bigint),
            code_of(arena,
                    c->count == 2
                        ? "list_transform([{a: %c, b: %c}], lambda ts: generate_series(ts.a, ts.b, "
                          "trino_sequence_unit(ts.a, ts.b, 0)))[1]"
                        : "list_transform([{a: %c, b: %c, s: %c}], lambda ts: generate_series("
                          "ts.a, ts.b, trino_sequence_step(ts.a, ts.b, ts.s)))[1]",
                    c->values[0].code, c->values[1].code, c->count > 2 ? c->values[2].code : NULL));
    }
    if ((t->kind != DIALECT_DATE && t->kind != DIALECT_TIMESTAMP) ||
        c->values[1].type->kind != t->kind)
        return no_match(c);
    if (c->count == 3 && c->values[2].type->kind != DIALECT_INTERVAL_DAY &&
        c->values[2].type->kind != DIALECT_INTERVAL_YEAR)
        return no_match(c);
    const struct code *step = c->count == 3 ? c->values[2].code : code_of(arena, "to_days(1)");
    const char *duck = t->kind == DIALECT_DATE ? "DATE" : "TIMESTAMP";
    return give(
        c, type_array(arena, t),
        code_of(
            arena,
            "list_transform([CAST(generate_series(CAST(%c AS TIMESTAMP), CAST(%c AS TIMESTAMP), "
            "%c) AS %s[])], lambda ts: CASE WHEN len(ts) > 10000 THEN CAST(trino_fail("
            "'INVALID_FUNCTION_ARGUMENT: result of sequence function must not have more than "
            "10000 entries') AS %s[]) ELSE ts END)[1]",
            c->values[0].code, c->values[1].code, step, duck, duck));
}

/* reduce(array, state, (s, x) -> s, s -> result): each element goes with a place for the state, so
 * that the two may have different types. */
error trino_reduce(struct call *c)
{
    struct arena *arena = c->a->arena;
    if (c->count != 4 || !is_kind(c, 0, DIALECT_ARRAY) || !is_lambda(c, 2) || !is_lambda(c, 3))
        return no_match(c);
    const struct dialect_type *element = c->values[0].type->fields[0].type;
    const char *x = new_name(c->a, "v"), *s = new_name(c->a, "v"), *r = new_name(c->a, "v");
    const struct dialect_type *types[2] = {c->values[1].type, element};
    const struct code *codes[2] = {code_of(arena, "%s.s", s), code_of(arena, "%s.x", x)};
    struct value step;
    TRY(lambda_body(c, c->node->items[2], types, codes, 2, &step));
    const struct dialect_type *state = common_type(arena, types[0], step.type);
    if (!state) return no_match(c);
    if (!same_type(state, types[0])) { /* the state is wider than its first value */
        types[0] = state;
        TRY(lambda_body(c, c->node->items[2], types, codes, 2, &step));
        if (!can_coerce(arena, step.type, state)) return no_match(c);
    }
    TRY(coerce(c->a, &step, state));
    TRY(coerce(c->a, &c->values[1], state));
    codes[0] = code_of(arena, "%s", r);
    struct value result;
    TRY(lambda_body(c, c->node->items[3], &state, codes, 1, &result));
    const char *ds = duck_type(arena, state), *dx = duck_type(arena, element);
    return give(
        c, result.type,
        code_of(arena,
                "list_transform([list_reduce(list_transform(%c, lambda tx: struct_pack(s := "
                "CAST(NULL AS %s), x := tx)), "
                "lambda %s, %s: struct_pack(s := CAST(%c AS %s), x := CAST(NULL AS %s)), "
                "struct_pack(s := CAST(%c AS %s), x := CAST(NULL AS %s))).s], lambda %s: %c)[1]",
                c->values[0].code, ds, s, x, step.code, ds, dx, c->values[1].code, ds, dx, r,
                result.code));
}

error trino_zip(struct call *c)
{
    struct arena *arena = c->a->arena;
    const struct code **codes = ARENA_ARRAY(arena, const struct code *, (size_t)c->count + 1);
    const struct code **fields = ARENA_ARRAY(arena, const struct code *, (size_t)c->count + 1);
    struct dialect_field *row = ARENA_ARRAY(arena, struct dialect_field, (size_t)c->count + 1);
    if (c->count < 2) return no_match(c);
    for (int i = 0; i < c->count; i++) {
        if (!is_kind(c, i, DIALECT_ARRAY)) return no_match(c);
        codes[i] = c->values[i].code;
        fields[i] = code_of(arena, "field%d := tz[%d]", i, i + 1);
        row[i].type = c->values[i].type->fields[0].type;
    }
    return give(c, type_array(arena, type_row(arena, row, c->count)),
                code_of(arena, "list_transform(list_zip(%c), lambda tz: struct_pack(%c))",
                        code_join(arena, codes, c->count, ", "),
                        code_join(arena, fields, c->count, ", ")));
}

error trino_zip_with(struct call *c)
{
    struct arena *arena = c->a->arena;
    if (c->count != 3 || !is_kind(c, 0, DIALECT_ARRAY) || !is_kind(c, 1, DIALECT_ARRAY) ||
        !is_lambda(c, 2))
        return no_match(c);
    const char *v = new_name(c->a, "v");
    const struct dialect_type *types[2] = {c->values[0].type->fields[0].type,
                                           c->values[1].type->fields[0].type};
    const struct code *codes[2] = {code_of(arena, "%s[1]", v), code_of(arena, "%s[2]", v)};
    struct value body;
    TRY(lambda_body(c, c->node->items[2], types, codes, 2, &body));
    return give(c, type_array(arena, body.type),
                code_of(arena, "list_transform(list_zip(%c, %c), lambda %s: %c)", c->values[0].code,
                        c->values[1].code, v, body.code));
}

/* The body of a lambda over a map's entries, the second argument. */
static error over_entries(struct call *c, const char **v, struct value *body)
{
    struct arena *arena = c->a->arena;
    if (c->count != 2 || !is_kind(c, 0, DIALECT_MAP) || !is_lambda(c, 1)) return no_match(c);
    const struct dialect_type *t = c->values[0].type;
    *v = new_name(c->a, "v");
    const struct dialect_type *types[2] = {t->fields[0].type, t->fields[1].type};
    const struct code *codes[2] = {code_of(arena, "%s.key", *v), code_of(arena, "%s.value", *v)};
    return lambda_body(c, c->node->items[1], types, codes, 2, body);
}

error trino_map_filter(struct call *c)
{
    const char *v;
    struct value body;
    TRY(over_entries(c, &v, &body));
    return give(c, c->values[0].type,
                code_of(c->a->arena,
                        "map_from_entries(list_filter(map_entries(%c), lambda %s: %c))",
                        c->values[0].code, v, body.code));
}

error trino_transform_values(struct call *c)
{
    const char *v;
    struct value body;
    TRY(over_entries(c, &v, &body));
    return give(c, type_map(c->a->arena, c->values[0].type->fields[0].type, body.type),
                code_of(c->a->arena,
                        "map_from_entries(list_transform(map_entries(%c), lambda %s: "
                        "struct_pack(key := %s.key, value := %c)))",
                        c->values[0].code, v, v, body.code));
}

error trino_transform_keys(struct call *c)
{
    const char *v;
    struct value body;
    TRY(over_entries(c, &v, &body));
    return give(c, type_map(c->a->arena, body.type, c->values[0].type->fields[1].type),
                code_of(c->a->arena,
                        "map_from_entries(list_transform(map_entries(%c), lambda %s: "
                        "struct_pack(key := %c, value := %s.value)))",
                        c->values[0].code, v, body.code, v));
}

error trino_map_entries(struct call *c)
{
    struct arena *arena = c->a->arena;
    if (c->count != 1 || !is_kind(c, 0, DIALECT_MAP)) return no_match(c);
    struct dialect_field *row = ARENA_ARRAY(arena, struct dialect_field, 2);
    for (int i = 0; i < 2; i++) row[i].type = c->values[0].type->fields[i].type;
    return give(c, type_array(arena, type_row(arena, row, 2)),
                code_of(arena,
                        "list_transform(map_entries(%c), lambda te: struct_pack(field0 := te.key, "
                        "field1 := te.value))",
                        c->values[0].code));
}

error trino_map_from_entries(struct call *c)
{
    struct arena *arena = c->a->arena;
    if (c->count != 1 || !is_kind(c, 0, DIALECT_ARRAY)) return no_match(c);
    const struct dialect_type *row = c->values[0].type->fields[0].type;
    if (row->kind != DIALECT_ROW || row->field_count != 2) return no_match(c);
    return give(c, type_map(arena, row->fields[0].type, row->fields[1].type),
                code_of(arena,
                        "map_from_entries(list_transform(%c, lambda te: struct_pack(key := "
                        "struct_extract(te, %t), value := struct_extract(te, %t))))",
                        c->values[0].code, row_field_name(arena, row, 0),
                        row_field_name(arena, row, 1)));
}

error trino_map(struct call *c)
{
    struct arena *arena = c->a->arena;
    if (!c->count)
        return give(c, type_map(arena, &type_unknown, &type_unknown),
                    code_of(arena, "CAST(map([], []) AS MAP(INTEGER, INTEGER))"));
    if (c->count != 2 || !is_kind(c, 0, DIALECT_ARRAY) || !is_kind(c, 1, DIALECT_ARRAY))
        return no_match(c);
    return give(
        c, type_map(arena, c->values[0].type->fields[0].type, c->values[1].type->fields[0].type),
        code_of(arena, "map(%c, %c)", c->values[0].code, c->values[1].code));
}
