/* One type's value as another's, as Spark's CAST does it without ANSI mode: what does not convert
 * is NULL, numbers wrap or saturate as Java's do. Source: Spark 3.5, Cast; checked against Spark's
 * own answers in test/data/spark_select.jsonl. */
#include "dialect/spark.h"

struct cast {
    struct analyzer *a;
    const struct node *at;
};

static error convert(const struct cast *, const struct code *, const struct dialect_type *from,
                     const struct dialect_type *to, const struct code **out);

static error refuse_cast(const struct cast *c, const struct dialect_type *from,
                         const struct dialect_type *to)
{
    return refuse(c->at, ERR_USAGE, "DATATYPE_MISMATCH", "cannot cast %s to %s",
                  spark_type_name(c->a->arena, from), spark_type_name(c->a->arena, to));
}

static const struct code *plain(const struct cast *c, const struct code *code,
                                const struct dialect_type *to)
{
    return code_of(c->a->arena, "CAST(%c AS %s)", code, duck_type(c->a->arena, to));
}

static bool is_float(const struct dialect_type *t)
{
    return t->kind == DIALECT_REAL || t->kind == DIALECT_DOUBLE;
}

static const char *kernel_suffix(const struct dialect_type *t)
{
    static const char *const names[DIALECT_KINDS] = {
        [DIALECT_BOOLEAN] = "boolean", [DIALECT_TINYINT] = "tinyint",
        [DIALECT_SMALLINT] = "smallint", [DIALECT_INTEGER] = "integer", [DIALECT_BIGINT] = "bigint",
        [DIALECT_REAL] = "real", [DIALECT_DOUBLE] = "double", [DIALECT_DATE] = "date",
        [DIALECT_TIMESTAMP] = "timestamp",
    };
    return names[t->kind];
}

/* ---- nested values, element by element ---- */

static const struct code *over_array(const struct cast *c, const struct code *code, const char *v,
                                     const struct code *element)
{
    return code_of(c->a->arena, "list_transform(%c, lambda %s: %c)", code, v, element);
}

/* One look at a value that is used more than once: a lambda over a list of one binds it to a name.
 */
static const struct code *once(const struct cast *c, const struct code *code, const char *v,
                               const struct code *body)
{
    return code_of(c->a->arena,
                   "list_transform([%c], lambda %s: CASE WHEN %s IS NULL THEN NULL ELSE "
                   "%c END)[1]",
                   code, v, v, body);
}

static error convert_array(const struct cast *c, const struct code *code,
                           const struct dialect_type *from, const struct dialect_type *to,
                           const struct code **out)
{
    const char *v = new_name(c->a, "v");
    const struct code *element;
    TRY(convert(c, code_of(c->a->arena, "%s", v), from->fields[0].type, to->fields[0].type,
                &element));
    *out = over_array(c, code, v, element);
    return OK;
}

static error entry_codes(const struct cast *c, const char *v, const struct dialect_type *from,
                         const struct dialect_type *const to[2], const struct code *out[2])
{
    for (int i = 0; i < 2; i++)
        TRY(convert(c, code_of(c->a->arena, "%s.%s", v, i ? "value" : "key"), from->fields[i].type,
                    to[i], &out[i]));
    return OK;
}

static error convert_map(const struct cast *c, const struct code *code,
                         const struct dialect_type *from, const struct dialect_type *to,
                         const struct code **out)
{
    const char *v = new_name(c->a, "v");
    const struct dialect_type *const types[] = {to->fields[0].type, to->fields[1].type};
    const struct code *entry[2];
    TRY(entry_codes(c, v, from, types, entry));
    *out = code_of(c->a->arena,
                   "map_from_entries(list_transform(map_entries(%c), lambda %s: "
                   "struct_pack(key := %c, value := %c)))",
                   code, v, entry[0], entry[1]);
    return OK;
}

static error field_code(const struct cast *c, const char *v, const struct dialect_type *from, int i,
                        const struct dialect_type *to, const struct code **out)
{
    const struct code *field = code_of(c->a->arena, "struct_extract(%s, %t)", v,
                                       row_field_name(c->a->arena, from, i));
    return convert(c, field, from->fields[i].type, to, out);
}

static error convert_row(const struct cast *c, const struct code *code,
                         const struct dialect_type *from, const struct dialect_type *to,
                         const struct code **out)
{
    struct arena *arena = c->a->arena;
    const char *v = new_name(c->a, "v");
    const struct code **fields =
        ARENA_ARRAY(arena, const struct code *, (size_t)to->field_count + 1);
    for (int i = 0; i < to->field_count; i++) {
        TRY(field_code(c, v, from, i, to->fields[i].type, &fields[i]));
        fields[i] = code_of(arena, "%n := %c", row_field_name(arena, to, i), fields[i]);
    }
    *out = once(c, code, v, code_of(arena, "struct_pack(%c)",
                                    code_join(arena, fields, to->field_count, ", ")));
    return OK;
}

/* ---- to text: [1, 2], {k -> v}, {a, b} ---- */

static error array_text(const struct cast *c, const struct code *code,
                        const struct dialect_type *from, const struct code **out)
{
    const char *v = new_name(c->a, "v");
    const struct code *element;
    TRY(convert(c, code_of(c->a->arena, "%s", v), from->fields[0].type, &type_varchar, &element));
    element = code_of(c->a->arena, "coalesce(%c, 'null')", element);
    *out = code_of(c->a->arena, "('[' || array_to_string(%c, ', ') || ']')",
                   over_array(c, code, v, element));
    return OK;
}

static error map_text(const struct cast *c, const struct code *code,
                      const struct dialect_type *from, const struct code **out)
{
    const char *v = new_name(c->a, "v");
    const struct dialect_type *const types[] = {&type_varchar, &type_varchar};
    const struct code *entry[2];
    TRY(entry_codes(c, v, from, types, entry));
    const struct code *text =
        code_of(c->a->arena, "%c || ' -> ' || coalesce(%c, 'null')", entry[0], entry[1]);
    *out = code_of(c->a->arena,
                   "('{' || array_to_string(list_transform(map_entries(%c), lambda %s: "
                   "%c), ', ') || '}')",
                   code, v, text);
    return OK;
}

static error row_text(const struct cast *c, const struct code *code,
                      const struct dialect_type *from, const struct code **out)
{
    struct arena *arena = c->a->arena;
    const char *v = new_name(c->a, "v");
    const struct code **fields =
        ARENA_ARRAY(arena, const struct code *, (size_t)from->field_count + 1);
    for (int i = 0; i < from->field_count; i++) {
        TRY(field_code(c, v, from, i, &type_varchar, &fields[i]));
        fields[i] = code_of(arena, "coalesce(%c, 'null')", fields[i]);
    }
    *out = once(c, code, v, code_of(arena, "'{' || %c || '}'",
                                    code_join(arena, fields, from->field_count, " || ', ' || ")));
    return OK;
}

static error to_text(const struct cast *c, const struct code *code,
                     const struct dialect_type *from, const struct code **out)
{
    switch (from->kind) {
    case DIALECT_REAL:
    case DIALECT_DOUBLE:
    case DIALECT_TIMESTAMP:
        *out = code_of(c->a->arena, "spark_%s_text(%c)", kernel_suffix(from), code);
        return OK;
    case DIALECT_VARBINARY: *out = code_of(c->a->arena, "TRY(decode(%c))", code); return OK;
    case DIALECT_ARRAY: return array_text(c, code, from, out);
    case DIALECT_MAP: return map_text(c, code, from, out);
    case DIALECT_ROW: return row_text(c, code, from, out);
    case DIALECT_INTERVAL_DAY:
    case DIALECT_INTERVAL_YEAR: return unmapped(c->at, "an interval as text");
    default: *out = plain(c, code, &type_varchar); return OK;
    }
}

/* ---- numbers, truths, times ---- */

static error to_integral(const struct cast *c, const struct code *code,
                         const struct dialect_type *from, const struct dialect_type *to,
                         const struct code **out)
{
    struct arena *arena = c->a->arena;
    const char *suffix = kernel_suffix(to);
    if (from->kind == DIALECT_TIMESTAMP) {
        code = code_of(arena, "CAST(floor(epoch(%c)) AS BIGINT)", code);
        from = &type_bigint;
    }
    if (from->kind == DIALECT_DECIMAL) {
        code = code_of(arena, "TRY_CAST(trunc(%c) AS BIGINT)", code);
        from = &type_bigint;
    }
    if (is_float(from)) *out = code_of(arena, "spark_double_%s(CAST(%c AS DOUBLE))", suffix, code);
    else if (from->kind > to->kind)
        *out = code_of(arena, "spark_%s(CAST(%c AS BIGINT))", suffix, code);
    else *out = plain(c, code, to);
    return OK;
}

static error to_decimal(const struct cast *c, const struct code *code,
                        const struct dialect_type *from, const struct dialect_type *to,
                        const struct code **out)
{
    struct arena *arena = c->a->arena;
    if (is_float(from)) {
        TRY(to_text(c, code, from, &code));
        *out = plain(
            c, code_of(arena, "spark_text_decimal(%c, %d, %d)", code, to->precision, to->scale),
            to);
        return OK;
    }
    if (from->kind == DIALECT_BOOLEAN) code = plain(c, code, &type_integer);
    if (from->kind == DIALECT_TIMESTAMP)
        code = code_of(arena, "(CAST(epoch_us(%c) AS DECIMAL(20,0)) / 1000000)", code);
    *out = code_of(arena, "TRY_CAST(%c AS %s)", code, duck_type(arena, to));
    return OK;
}

static error to_timestamp(const struct cast *c, const struct code *code,
                          const struct dialect_type *from, const struct code **out)
{
    struct arena *arena = c->a->arena;
    if (from->kind == DIALECT_DATE) *out = plain(c, code, &type_timestamp);
    else if (is_integral(from))
        *out = code_of(arena, "make_timestamp(spark_multiply(CAST(%c AS BIGINT), 1000000))", code);
    else
        *out = code_of(arena,
                       "make_timestamp(spark_double_bigint(nullif(CAST(%c AS DOUBLE) * 1000000, "
                       "CAST('NaN' AS DOUBLE))))",
                       code);
    return OK;
}

static error from_text(const struct cast *c, const struct code *code,
                       const struct dialect_type *from, const struct dialect_type *to,
                       const struct code **out)
{
    struct arena *arena = c->a->arena;
    if (kernel_suffix(to)) *out = code_of(arena, "spark_text_%s(%c)", kernel_suffix(to), code);
    else if (to->kind == DIALECT_VARBINARY) *out = code_of(arena, "encode(%c)", code);
    else if (to->kind == DIALECT_DECIMAL)
        *out = plain(
            c, code_of(arena, "spark_text_decimal(%c, %d, %d)", code, to->precision, to->scale),
            to);
    else return refuse_cast(c, from, to);
    return OK;
}

static bool is_number_like(const struct dialect_type *t)
{
    return is_numeric(t) || t->kind == DIALECT_BOOLEAN || t->kind == DIALECT_TIMESTAMP;
}

static error convert_scalar(const struct cast *c, const struct code *code,
                            const struct dialect_type *from, const struct dialect_type *to,
                            const struct code **out)
{
    bool date_and_time = from->kind == DIALECT_TIMESTAMP && to->kind == DIALECT_DATE;
    if (is_text(from)) return from_text(c, code, from, to, out);
    if (date_and_time) return *out = plain(c, code, to), OK;
    if (to->kind == DIALECT_TIMESTAMP && (is_numeric(from) || from->kind == DIALECT_DATE))
        return to_timestamp(c, code, from, out);
    if (!is_number_like(from) || !is_number_like(to)) return refuse_cast(c, from, to);
    if (to->kind == DIALECT_BOOLEAN) return *out = code_of(c->a->arena, "(%c <> 0)", code), OK;
    if (is_integral(to)) return to_integral(c, code, from, to, out);
    if (to->kind == DIALECT_DECIMAL) return to_decimal(c, code, from, to, out);
    if (from->kind == DIALECT_TIMESTAMP) code = code_of(c->a->arena, "epoch(%c)", code);
    if (from->kind == DIALECT_BOOLEAN) code = plain(c, code, &type_integer);
    *out = plain(c, code, to);
    return OK;
}

static error convert(const struct cast *c, const struct code *code, const struct dialect_type *from,
                     const struct dialect_type *to, const struct code **out)
{
    *out = code;
    if (from->kind == DIALECT_UNKNOWN) {
        if (to->kind != DIALECT_UNKNOWN) *out = plain(c, code, to);
        return OK;
    }
    if (is_text(to)) return is_text(from) ? OK : to_text(c, code, from, out);
    if (same_type(from, to) && !from->field_count) return OK;
    if (from->kind == to->kind && from->field_count == to->field_count && from->field_count) {
        if (from->kind == DIALECT_ARRAY) return convert_array(c, code, from, to, out);
        if (from->kind == DIALECT_MAP) return convert_map(c, code, from, to, out);
        return convert_row(c, code, from, to, out);
    }
    if (from->kind == to->kind && from->kind != DIALECT_DECIMAL) /* precisions of moments */
        return from->field_count ? refuse_cast(c, from, to) : OK;
    return convert_scalar(c, code, from, to, out);
}

error spark_cast(struct analyzer *a, const struct node *at, const struct code *code,
                 const struct dialect_type *from, const struct dialect_type *to,
                 enum cast_mode mode, const struct code **out)
{
    struct cast c = {a, at};
    (void)mode;
    return convert(&c, code, from, to, out);
}
