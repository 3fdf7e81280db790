/* What is Spark's alone: its reserved words, and the functions whose result depends on more than
 * the types of their arguments. */
#include "dialect/spark.h"

#include <stdio.h>

static const char *const reserved[] = {
    "ANTI",   "AND",   "AS",     "BETWEEN",   "BY",    "CASE",   "CROSS",   "DISTINCT",
    "DIV",    "ELSE",  "END",    "EXCEPT",    "FALSE", "FROM",   "FULL",    "GROUP",
    "HAVING", "IN",    "INNER",  "INTERSECT", "IS",    "JOIN",   "LATERAL", "LEFT",
    "LIKE",   "LIMIT", "MINUS",  "NATURAL",   "NOT",   "NULL",   "ON",      "OR",
    "ORDER",  "OUTER", "REGEXP", "RIGHT",     "RLIKE", "SELECT", "SEMI",    "THEN",
    "TRUE",   "UNION", "USING",  "WHEN",      "WHERE", "WINDOW", "WITH",    NULL};

static const struct dialect_rules rules = {
    .common_type = spark_common_type,
    .distance = spark_distance,
    .cast = spark_cast,
    .compare = spark_compare,
    .arithmetic = spark_arithmetic,
    .negation = spark_negation,
    .subscript = spark_subscript,
    .field = spark_field,
    .type_from_node = spark_type_from_node,
    .item_name = spark_item_name,
};

const struct dialect dialect_spark = {
    .name = "spark",
    .reserved = reserved,
    .spark = true,
    .rules = &rules,
    .functions = spark_functions,
    .refused = spark_refused,
};

static error counted(const struct call *c, int least, int most)
{
    return c->count >= least && c->count <= most ? OK : no_match(c);
}

/* ---- conditional ---- */

error spark_if(struct call *c)
{
    const struct dialect_type *type;
    TRY(counted(c, 3, 3));
    TRY(coerce(c->a, &c->values[0], &type_boolean));
    TRY(values_unify(c->a, c->values + 1, 2, "the branches of if differ", &type));
    return give(c, type,
                code_of(c->a->arena, "(CASE WHEN %c THEN %c ELSE %c END)", c->values[0].code,
                        c->values[1].code, c->values[2].code));
}

error spark_coalesce(struct call *c)
{
    const struct dialect_type *type;
    TRY(counted(c, 1, 100));
    TRY(values_unify(c->a, c->values, c->count, "the arguments differ", &type));
    return give(c, type, code_of(c->a->arena, "coalesce(%c)", arguments_join(c, 0)));
}

error spark_nvl2(struct call *c)
{
    const struct dialect_type *type;
    TRY(counted(c, 3, 3));
    TRY(values_unify(c->a, c->values + 1, 2, "the arguments differ", &type));
    return give(c, type, code_of(c->a->arena, "(CASE WHEN %c IS NOT NULL THEN %c ELSE %c END)",
                                 c->values[0].code, c->values[1].code, c->values[2].code));
}

error spark_nullif(struct call *c)
{
    const struct code *equal;
    TRY(counted(c, 2, 2));
    TRY(compare(c->a, c->node, "=", c->values[0], c->values[1], &equal));
    return give(
        c, c->values[0].type,
        code_of(c->a->arena, "(CASE WHEN %c THEN NULL ELSE %c END)", equal, c->values[0].code));
}

static error extreme(struct call *c, const char *function)
{
    const struct dialect_type *type;
    TRY(counted(c, 2, 100));
    TRY(values_unify(c->a, c->values, c->count, "the arguments differ", &type));
    return give(c, type, code_of(c->a->arena, "%s(%c)", function, arguments_join(c, 0)));
}

error spark_greatest(struct call *c)
{
    return extreme(c, "greatest");
}

error spark_least(struct call *c)
{
    return extreme(c, "least");
}

error spark_typeof(struct call *c)
{
    TRY(counted(c, 1, 1));
    return give(c, &type_varchar,
                code_of(c->a->arena, "%t", spark_type_name(c->a->arena, c->values[0].type)));
}

error spark_equal_null(struct call *c)
{
    const struct code *equal;
    TRY(counted(c, 2, 2));
    TRY(compare(c->a, c->node, "IS NOT DISTINCT FROM", c->values[0], c->values[1], &equal));
    return give(c, &type_boolean, equal);
}

/* decode(binary, charset), or decode(value, key, result, ..., default) */
error spark_decode(struct call *c)
{
    struct arena *arena = c->a->arena;
    const struct dialect_type *type;
    struct value results[100];
    int pairs = (c->count - 1) / 2, count = 0;
    if (c->count == 2) {
        TRY(coerce(c->a, &c->values[0], &type_varbinary));
        return give(c, &type_varchar, code_of(arena, "TRY(decode(%c))", c->values[0].code));
    }
    TRY(counted(c, 3, 100));
    for (int i = 0; i < pairs; i++) results[count++] = c->values[2 + 2 * i];
    bool otherwise = c->count % 2 == 0;
    if (otherwise) results[count++] = c->values[c->count - 1];
    TRY(values_unify(c->a, results, count, "the results of decode differ", &type));
    const struct code *code = code_of(arena, "CASE");
    for (int i = 0; i < pairs; i++) {
        const struct code *equal;
        TRY(compare(c->a, c->node, "IS NOT DISTINCT FROM", c->values[0], c->values[1 + 2 * i],
                    &equal));
        code = code_of(arena, "%c WHEN %c THEN %c", code, equal, results[i].code);
    }
    return give(c, type,
                otherwise ? code_of(arena, "(%c ELSE %c END)", code, results[count - 1].code)
                          : code_of(arena, "(%c END)", code));
}

error spark_cast_call(struct call *c)
{
    struct node type = {.kind = NODE_TYPE, .text = c->node->text, .at = c->node->at};
    TRY(counted(c, 1, 1));
    TRY(spark_type_from_node(c->a, &type, &c->out->type));
    return spark_cast(c->a, c->node, c->values[0].code, c->values[0].type, c->out->type,
                      CAST_EXPLICIT, &c->out->code);
}

/* ---- numbers ---- */

static error numeric(struct call *c, int i)
{
    if (is_numeric(c->values[i].type)) return OK;
    return coerce(c->a, &c->values[i], &type_double);
}

error spark_abs(struct call *c)
{
    struct value *v = &c->values[0], minus;
    TRY(counted(c, 1, 1));
    TRY(numeric(c, 0));
    if (!is_integral(v->type)) return give(c, v->type, code_of(c->a->arena, "abs(%c)", v->code));
    const char *name = new_name(c->a, "v");
    const struct value named = {v->type, code_of(c->a->arena, "%s", name), NULL};
    TRY(spark_negation(c->a, named, &minus));
    return give(c, v->type,
                code_of(c->a->arena,
                        "list_transform([%c], lambda %s: CASE WHEN %s < 0 THEN %c ELSE %s END)[1]",
                        v->code, name, name, minus.code, name));
}

error spark_positive(struct call *c)
{
    TRY(counted(c, 1, 1));
    TRY(numeric(c, 0));
    return give(c, c->values[0].type, c->values[0].code);
}

error spark_negative(struct call *c)
{
    TRY(counted(c, 1, 1));
    return spark_negation(c->a, c->values[0], c->out);
}

static bool literal_integer(const struct node *n, int *out)
{
    int64_t number;
    bool minus = n->kind == NODE_UNARY && *n->text == '-';
    if (minus) n = n->items[0];
    if (n->kind != NODE_INTEGER || !parse_int64(span_of(n->text), &number) || number > 100)
        return false;
    *out = (int)(minus ? -number : number);
    return true;
}

static error rounded(struct call *c, const char *kernel)
{
    struct arena *arena = c->a->arena;
    struct value *v = &c->values[0];
    int digits = 0;
    TRY(counted(c, 1, 2));
    if (c->count > 1 && !literal_integer(c->node->items[1], &digits))
        return unmapped(c->node, "round to a number of digits that is no literal");
    TRY(numeric(c, 0));
    if (v->type->kind == DIALECT_DECIMAL) {
        int scale = v->type->scale < digits ? v->type->scale : digits < 0 ? 0 : digits;
        int whole = v->type->precision - v->type->scale;
        const struct dialect_type *type = type_decimal(
            arena, (whole - (digits < 0 ? digits : 0)) + scale + 1 > 38 ? 38 : whole + scale + 1,
            scale);
        if (kernel[6] == 'b') return unmapped(c->node, "bround of a decimal");
        return give(c, type,
                    code_of(arena, "TRY_CAST(round(%c, %d) AS %s)", v->code, digits,
                            duck_type(arena, type)));
    }
    if (is_integral(v->type)) {
        const struct code *code =
            code_of(arena, "spark_round_bigint(CAST(%c AS BIGINT), %d)", v->code, digits);
        c->out->type = v->type;
        if (kernel[6] == 'b' && digits < 0) return unmapped(c->node, "bround to tens");
        return spark_cast(c->a, c->node, code, &type_bigint, v->type, CAST_IMPLICIT, &c->out->code);
    }
    return give(c, v->type,
                code_of(arena, "CAST(%s(CAST(%c AS DOUBLE), %d) AS %s)", kernel, v->code, digits,
                        duck_type(arena, v->type)));
}

error spark_round(struct call *c)
{
    return rounded(c, "spark_round");
}

error spark_bround(struct call *c)
{
    return rounded(c, "spark_bround");
}

static error whole(struct call *c, const char *function)
{
    struct arena *arena = c->a->arena;
    struct value *v = &c->values[0];
    TRY(counted(c, 1, 2));
    TRY(numeric(c, 0));
    if (c->count == 2) {
        int digits;
        if (!literal_integer(c->node->items[1], &digits) || digits < 0 ||
            v->type->kind != DIALECT_DECIMAL)
            return unmapped(c->node, "ceil and floor to a number of digits");
        int scale = digits < v->type->scale ? digits : v->type->scale;
        const struct dialect_type *type =
            type_decimal(arena, v->type->precision - v->type->scale + scale + 1, scale);
        const char *unit =
            arena_printf(arena, "1%.*s", scale, "00000000000000000000000000000000000000");
        return give(c, type,
                    code_of(arena, "CAST(CAST(%s(%c * %s) AS DECIMAL(38,%d)) / %s AS %s)", function,
                            v->code, unit, scale, unit, duck_type(arena, type)));
    }
    if (v->type->kind == DIALECT_DECIMAL) {
        const struct dialect_type *type = type_decimal(
            arena,
            v->type->precision - v->type->scale + 1 > 38 ? 38
                                                         : v->type->precision - v->type->scale + 1,
            0);
        return give(
            c, type,
            code_of(arena, "CAST(%s(%c) AS %s)", function, v->code, duck_type(arena, type)));
    }
    if (is_integral(v->type))
        return give(c, &type_bigint, code_of(arena, "CAST(%c AS BIGINT)", v->code));
    return give(c, &type_bigint,
                code_of(arena, "spark_double_bigint(CAST(%s(%c) AS DOUBLE))", function, v->code));
}

error spark_ceiling(struct call *c)
{
    return whole(c, "ceil");
}

error spark_floor(struct call *c)
{
    return whole(c, "floor");
}

error spark_div(struct call *c)
{
    TRY(counted(c, 2, 2));
    for (int i = 0; i < 2; i++)
        if (c->values[i].type->kind != DIALECT_DECIMAL || c->values[i].type->scale == 0)
            TRY(coerce(c->a, &c->values[i], &type_bigint));
    if (c->values[0].type->kind == DIALECT_DECIMAL || c->values[1].type->kind == DIALECT_DECIMAL)
        return give(c, &type_bigint,
                    code_of(c->a->arena,
                            "TRY(CAST(trunc(trino_divide_decimal_6(CAST(%c AS DECIMAL(38,6)), "
                            "nullif(CAST(%c AS DECIMAL(38,6)), 0))) AS BIGINT))",
                            c->values[0].code, c->values[1].code));
    return give(c, &type_bigint,
                code_of(c->a->arena, "spark_div(%c, %c)", c->values[0].code, c->values[1].code));
}

error spark_mod(struct call *c)
{
    TRY(counted(c, 2, 2));
    return spark_arithmetic(c->a, c->node, "%", c->values[0], c->values[1], c->out);
}

error spark_pmod(struct call *c)
{
    struct value rest, sum, again;
    const char *name = new_name(c->a, "v");
    TRY(counted(c, 2, 2));
    TRY(spark_arithmetic(c->a, c->node, "%", c->values[0], c->values[1], &rest));
    const struct value named = {rest.type, code_of(c->a->arena, "%s", name), NULL};
    TRY(spark_arithmetic(c->a, c->node, "+", named, c->values[1], &sum));
    TRY(spark_arithmetic(c->a, c->node, "%", sum, c->values[1], &again));
    *c->out = rest;
    TRY(coerce(c->a, &again, rest.type));
    c->out->code = code_of(
        c->a->arena, "list_transform([%c], lambda %s: CASE WHEN %s < 0 THEN %c ELSE %s END)[1]",
        rest.code, name, name, again.code, name);
    return OK;
}

error spark_bitwise(struct call *c)
{
    const char *name = c->node->text;
    const struct dialect_type *type;
    TRY(counted(c, 1, 2));
    TRY(values_unify(c->a, c->values, c->count, "the arguments differ", &type));
    if (!is_integral(type))
        return refuse(c->node, ERR_USAGE, "DATATYPE_MISMATCH", "%s takes whole numbers, not %s",
                      name, spark_type_name(c->a->arena, type));
    if (c->count == 1) return give(c, type, code_of(c->a->arena, "(~%c)", c->values[0].code));
    if (name[8] == 'x')
        return give(c, type,
                    code_of(c->a->arena, "xor(%c, %c)", c->values[0].code, c->values[1].code));
    return give(c, type,
                code_of(c->a->arena, "(%c %s %c)", c->values[0].code, name[8] == 'a' ? "&" : "|",
                        c->values[1].code));
}

/* ---- text ---- */

/* ltrim(text), ltrim(characters, text); TRIM(LEADING characters FROM text) comes with the text
 * first. */
error spark_one_side_trim(struct call *c)
{
    bool worded = c->node->number == 1;
    struct value text, chars = {&type_varchar, code_of(c->a->arena, "' '"), NULL};
    TRY(counted(c, 1, 2));
    text = c->values[c->count == 2 && !worded];
    if (c->count == 2) chars = c->values[worded];
    TRY(coerce(c->a, &text, &type_varchar));
    TRY(coerce(c->a, &chars, &type_varchar));
    return give(c, &type_varchar,
                code_of(c->a->arena, "%s(%c, %c)",
                        *c->node->text == 'l' || *c->node->text == 'L' ? "ltrim" : "rtrim",
                        text.code, chars.code));
}

error spark_concat(struct call *c)
{
    const struct dialect_type *type = &type_varchar;
    const struct code **codes = ARENA_ARRAY(c->a->arena, const struct code *, (size_t)c->count + 1);
    if (!c->count) return give(c, type, code_of(c->a->arena, "''"));
    if (c->values[0].type->kind == DIALECT_ARRAY)
        TRY(values_unify(c->a, c->values, c->count, "the arguments of concat differ", &type));
    for (int i = 0; i < c->count; i++) {
        TRY(coerce(c->a, &c->values[i], type));
        codes[i] = c->values[i].code;
    }
    return give(c, type,
                code_of(c->a->arena, "(%c)", code_join(c->a->arena, codes, c->count, " || ")));
}

/* What is NULL is left out, of arrays element by element. */
error spark_concat_ws(struct call *c)
{
    struct arena *arena = c->a->arena;
    const struct code **lists = ARENA_ARRAY(arena, const struct code *, (size_t)c->count + 1);
    TRY(counted(c, 1, 128));
    TRY(coerce(c->a, &c->values[0], &type_varchar));
    for (int i = 1; i < c->count; i++) {
        bool array = c->values[i].type->kind == DIALECT_ARRAY;
        TRY(coerce(c->a, &c->values[i], array ? type_array(arena, &type_varchar) : &type_varchar));
        lists[i - 1] = array ? code_of(arena, "coalesce(%c, [])", c->values[i].code)
                             : code_of(arena, "[%c]", c->values[i].code);
    }
    if (c->count == 1)
        return give(
            c, &type_varchar,
            code_of(arena, "CASE WHEN %c IS NULL THEN NULL ELSE '' END", c->values[0].code));
    const struct code *all = code_join(arena, lists, c->count - 1, " || ");
    return give(c, &type_varchar,
                code_of(arena,
                        "CASE WHEN %c IS NOT NULL THEN array_to_string(list_filter(CAST(%c AS "
                        "VARCHAR[]), lambda sv: sv IS NOT NULL), %c) END",
                        c->values[0].code, all, c->values[0].code));
}

error spark_elt(struct call *c)
{
    TRY(counted(c, 2, 128));
    TRY(coerce(c->a, &c->values[0], &type_integer));
    for (int i = 1; i < c->count; i++) TRY(coerce(c->a, &c->values[i], &type_varchar));
    return give(c, &type_varchar,
                code_of(c->a->arena, "list_extract([%c], greatest(%c, 0))", arguments_join(c, 1),
                        c->values[0].code));
}

error spark_format_number(struct call *c)
{
    int digits;
    TRY(counted(c, 2, 2));
    if (!literal_integer(c->node->items[1], &digits) || digits < 0)
        return unmapped(c->node, "format_number with anything but a number of digits");
    TRY(coerce(c->a, &c->values[0], &type_double));
    return give(c, &type_varchar,
                code_of(c->a->arena, "format('{:,.%df}', spark_bround(%c, %d))", digits,
                        c->values[0].code, digits));
}

error spark_sha2(struct call *c)
{
    int bits;
    TRY(counted(c, 2, 2));
    if (!literal_integer(c->node->items[1], &bits)) {
        const struct node *n = c->node->items[1];
        if (n->kind != NODE_INTEGER || strcmp(n->text, "256") != 0)
            return unmapped(c->node, "sha2 of other than 256 bits");
    } else if (bits != 0) {
        return unmapped(c->node, "sha2 of other than 256 bits");
    }
    TRY(coerce(c->a, &c->values[0], &type_varchar));
    return give(c, &type_varchar, code_of(c->a->arena, "sha256(%c)", c->values[0].code));
}

error spark_encode(struct call *c)
{
    TRY(counted(c, 2, 2));
    if (c->node->items[1]->kind != NODE_STRING ||
        (!span_equal_nocase(span_of(c->node->items[1]->text), SPAN("utf-8")) &&
         !span_equal_nocase(span_of(c->node->items[1]->text), SPAN("utf8"))))
        return unmapped(c->node, "encode to other than UTF-8");
    TRY(coerce(c->a, &c->values[0], &type_varchar));
    return give(c, &type_varbinary, code_of(c->a->arena, "encode(%c)", c->values[0].code));
}

/* ---- dates and times ---- */

static const struct code *now_code(const struct call *c)
{
    return code_of(c->a->arena, "make_timestamp(CAST(%s AS BIGINT))",
                   arena_printf(c->a->arena, "%lld", (long long)c->a->now));
}

error spark_now(struct call *c)
{
    TRY(counted(c, 0, 0));
    return give(c, &type_timestamp, now_code(c));
}

error spark_today(struct call *c)
{
    TRY(counted(c, 0, 0));
    return give(c, &type_date, code_of(c->a->arena, "CAST(%c AS DATE)", now_code(c)));
}

static error shift_unit(struct call *c, int *months, int64_t *us)
{
    static const struct { const char *name; int months; int64_t us;
    } units[] = {{"year", 12, 0},
                 {"quarter", 3, 0},
                 {"month", 1, 0},
                 {"week", 0, 7 * US_PER_DAY},
                 {"day", 0, US_PER_DAY},
                 {"hour", 0, 3600 * (int64_t)US_PER_SECOND},
                 {"minute", 0, 60 * (int64_t)US_PER_SECOND},
                 {"second", 0, US_PER_SECOND},
                 {"millisecond", 0, US_PER_MS},
                 {"microsecond", 0, 1}};
    const struct node *n = c->node->items[0];
    for (size_t i = 0; n->kind == NODE_STRING && i < sizeof units / sizeof *units; i++)
        if (span_equal_nocase(span_of(units[i].name), span_of(n->text))) {
            *months = units[i].months;
            *us = units[i].us;
            return OK;
        }
    return refuse(n, ERR_USAGE, "INVALID_PARAMETER_VALUE",
                  "%s takes a unit of time: YEAR, MONTH, DAY, HOUR...", c->node->text);
}

/* timestampadd(UNIT, count, time); dateadd(date, days) */
error spark_timestampadd(struct call *c)
{
    int months;
    int64_t us;
    if (c->count == 2) return call_by_row(c);
    TRY(counted(c, 3, 3));
    TRY(shift_unit(c, &months, &us));
    TRY(coerce(c->a, &c->values[1], &type_bigint));
    TRY(coerce(c->a, &c->values[2], &type_timestamp));
    if (months)
        return give(c, &type_timestamp,
                    code_of(c->a->arena, "(%c + to_months(CAST(%c * %d AS INTEGER)))",
                            c->values[2].code, c->values[1].code, months));
    return give(c, &type_timestamp,
                code_of(c->a->arena, "(%c + to_microseconds(spark_multiply(%c, %s)))",
                        c->values[2].code, c->values[1].code,
                        arena_printf(c->a->arena, "%lld", (long long)us)));
}

/* timestampdiff(UNIT, from, to): whole units; datediff(end, start) in days */
error spark_timestampdiff(struct call *c)
{
    int months;
    int64_t us;
    if (c->count == 2) return call_by_row(c);
    TRY(counted(c, 3, 3));
    TRY(shift_unit(c, &months, &us));
    for (int i = 1; i < 3; i++) TRY(coerce(c->a, &c->values[i], &type_timestamp));
    if (months)
        return give(c, &type_bigint,
                    code_of(c->a->arena, "CAST(date_sub('month', %c, %c) // %d AS BIGINT)",
                            c->values[1].code, c->values[2].code, months));
    return give(c, &type_bigint,
                code_of(c->a->arena, "((epoch_us(%c) - epoch_us(%c)) // %s)", c->values[2].code,
                        c->values[1].code, arena_printf(c->a->arena, "%lld", (long long)us)));
}

error spark_unix_timestamp(struct call *c)
{
    if (c->count) return call_by_row(c);
    return give(
        c, &type_bigint,
        code_of(c->a->arena, "CAST(%s AS BIGINT)",
                arena_printf(c->a->arena, "%lld", (long long)floor_div(c->a->now, US_PER_SECOND))));
}

/* extract(FIELD FROM x), date_part('field', x): the function of the field's name. */
error spark_date_part(struct call *c)
{
    static const char *const names[][2] = {
        {"year", "year"},
        {"years", "year"},
        {"quarter", "quarter"},
        {"month", "month"},
        {"months", "month"},
        {"week", "weekofyear"},
        {"day", "day"},
        {"days", "day"},
        {"doy", "dayofyear"},
        {"dow", "dayofweek"},
        {"dayofweek", "dayofweek"},
        {"hour", "hour"},
        {"hours", "hour"},
        {"minute", "minute"},
        {"minutes", "minute"},
    };
    const struct node *field = c->node->items[0];
    TRY(counted(c, 2, 2));
    for (size_t i = 0; field->kind == NODE_STRING && i < sizeof names / sizeof *names; i++) {
        if (!span_equal_nocase(span_of(names[i][0]), span_of(field->text))) continue;
        struct node *call = arena_copy(c->a->arena, c->node, sizeof *c->node);
        call->text = names[i][1];
        call->items = c->node->items + 1;
        call->count = 1;
        return analyze_call(c->a, c->scope, call, c->out);
    }
    if (field->kind == NODE_STRING && (span_equal_nocase(span_of(field->text), SPAN("second")) ||
                                       span_equal_nocase(span_of(field->text), SPAN("seconds")))) {
        TRY(coerce(c->a, &c->values[1], &type_timestamp));
        return give(c, type_decimal(c->a->arena, 8, 6),
                    code_of(c->a->arena, "CAST((epoch_us(%c) %% 60000000) / 1e6 AS DECIMAL(8,6))",
                            c->values[1].code));
    }
    return unmapped(field, "this field of a date");
}

static const char *unit_named(const struct node *n, bool date)
{
    static const char *const units[][2] = {
        {"year", "year"},
        {"yyyy", "year"},
        {"yy", "year"},
        {"quarter", "quarter"},
        {"month", "month"},
        {"mm", "month"},
        {"mon", "month"},
        {"week", "week"},
        {"day", "day"},
        {"dd", "day"},
        {"hour", "hour"},
        {"minute", "minute"},
        {"second", "second"},
        {"millisecond", "millisecond"},
        {"microsecond", "microsecond"},
    };
    for (size_t i = 0; i < sizeof units / sizeof *units - (date ? 6 : 0); i++)
        if (span_equal_nocase(span_of(units[i][0]), span_of(n->text))) return units[i][1];
    return NULL;
}

static error truncated(struct call *c, int unit, int value, const struct dialect_type *type)
{
    TRY(counted(c, 2, 2));
    if (c->node->items[unit]->kind != NODE_STRING)
        return unmapped(c->node, "a unit of time that is no literal");
    const char *name = unit_named(c->node->items[unit], type->kind == DIALECT_DATE);
    TRY(coerce(c->a, &c->values[value], type));
    const struct code *code =
        name ? code_of(c->a->arena, "date_trunc('%s', %c)", name, c->values[value].code)
             : code_of(c->a->arena, "NULL");
    return give(c, type,
                code_of(c->a->arena, "CAST(%c AS %s)", code, duck_type(c->a->arena, type)));
}

error spark_trunc(struct call *c)
{
    return truncated(c, 1, 0, &type_date);
}

error spark_date_trunc(struct call *c)
{
    return truncated(c, 0, 1, &type_timestamp);
}

/* ---- aggregates ---- */

/* A struct is as large as its first field that tells; NULL is the smallest. */
static error extreme_of_rows(struct call *c, bool largest)
{
    struct arena *arena = c->a->arena;
    const struct dialect_type *t = c->values[0].type;
    const char *order = "";
    if (c->node->parts[CALL_OVER]) return unmapped(c->node, "min and max of structs over a window");
    for (int i = 0; i < t->field_count; i++)
        order = arena_printf(arena, "%s%sstruct_extract($1, '%s') %s", order, i ? ", " : "",
                             row_field_name(arena, t, i),
                             largest ? "DESC NULLS LAST" : "ASC NULLS FIRST");
    return aggregate_give(c, t, arena_printf(arena, "first@($1 ORDER BY %s)@", order));
}

error spark_max(struct call *c)
{
    TRY(counted(c, 1, 1));
    if (c->values[0].type->kind == DIALECT_ROW) return extreme_of_rows(c, true);
    return aggregate_give(c, c->values[0].type, "max@($1)@");
}

error spark_min(struct call *c)
{
    TRY(counted(c, 1, 1));
    if (c->values[0].type->kind == DIALECT_ROW) return extreme_of_rows(c, false);
    return aggregate_give(c, c->values[0].type, "min@($1)@");
}

/* Of several columns: rows in which none is NULL. */
error spark_count(struct call *c)
{
    struct arena *arena = c->a->arena;
    if (c->count < 2) return call_by_row(c);
    const struct code **nulls = ARENA_ARRAY(arena, const struct code *, (size_t)c->count);
    for (int i = 0; i < c->count; i++) nulls[i] = code_of(arena, "%c IS NULL", c->values[i].code);
    c->values[0].code = code_of(arena, "CASE WHEN %c THEN NULL ELSE (%c) END",
                                code_join(arena, nulls, c->count, " OR "), arguments_join(c, 0));
    return aggregate_give(c, &type_bigint, "count@($1)@");
}

error spark_sum(struct call *c)
{
    const struct dialect_type *t = c->values[0].type;
    TRY(counted(c, 1, 1));
    if (is_integral(t)) {
        TRY(coerce(c->a, &c->values[0], &type_bigint));
        return aggregate_give(c, &type_bigint, "spark_sum(CAST(sum@($1)@ AS HUGEINT))");
    }
    if (t->kind == DIALECT_DECIMAL)
        return aggregate_give(
            c, type_decimal(c->a->arena, t->precision + 10 > 38 ? 38 : t->precision + 10, t->scale),
            "CAST(sum@($1)@ AS $R)");
    TRY(coerce(c->a, &c->values[0], &type_double));
    return aggregate_give(c, &type_double, "sum@($1)@");
}

error spark_avg(struct call *c)
{
    const struct dialect_type *t = c->values[0].type;
    TRY(counted(c, 1, 1));
    if (t->kind == DIALECT_DECIMAL) {
        int precision = t->precision + 4 > 38 ? 38 : t->precision + 4,
            scale = t->scale + 4 > precision ? precision : t->scale + 4;
        return aggregate_give(
            c, type_decimal(c->a->arena, precision, scale),
            arena_printf(c->a->arena,
                         "CAST(trino_divide_decimal_%d(CAST(sum@($1)@ AS DECIMAL(38,%d)), "
                         "CAST(nullif(count@($1)@, 0) AS DECIMAL(20,0))) AS $R)",
                         scale, scale));
    }
    TRY(coerce(c->a, &c->values[0], &type_double));
    return aggregate_give(c, &type_double, "avg@($1)@");
}

static error edge(struct call *c, const char *aggregate, const char *window)
{
    TRY(counted(c, 1, 2));
    bool skips = c->count == 2 && c->node->items[1]->kind == NODE_BOOLEAN &&
                 (*c->node->items[1]->text == 't' || *c->node->items[1]->text == 'T');
    bool over = c->node->parts[CALL_OVER];
    const char *name = over ? window : aggregate;
    if (over)
        return aggregate_give(
            c, c->values[0].type,
            arena_printf(c->a->arena, skips ? "%s@($1 IGNORE NULLS)@" : "%s@($1)@", name));
    if (skips && *aggregate == 'l')
        return aggregate_give(c, c->values[0].type,
                              "list_filter(list@($1)@, lambda sx: sx IS NOT NULL)[-1]");
    return aggregate_give(c, c->values[0].type,
                          arena_printf(c->a->arena, "%s@($1)@", skips ? "any_value" : name));
}

error spark_first(struct call *c)
{
    return edge(c, "first", "first_value");
}

error spark_last(struct call *c)
{
    return edge(c, "last", "last_value");
}

error spark_collect_set(struct call *c)
{
    TRY(counted(c, 1, 1));
    return aggregate_give(c, type_array(c->a->arena, c->values[0].type),
                          "coalesce(list_distinct(list@($1)@), [])");
}

/* The exact one: an approximation's error is then 0. */
error spark_percentile_approx(struct call *c)
{
    TRY(counted(c, 2, 3));
    if (!is_numeric(c->values[0].type)) return no_match(c);
    c->count = 2;
    TRY(coerce(c->a, &c->values[1], &type_double));
    return aggregate_give(c, c->values[0].type, "quantile_disc@($1, $2)@");
}

error spark_grouping(struct call *c)
{
    const struct grouping *g = c->scope->grouping;
    if (!g)
        return refuse(c->node, ERR_USAGE, "UNSUPPORTED_GROUPING_EXPRESSION",
                      "%s belongs to GROUPING SETS, ROLLUP or CUBE", c->node->text);
    bool id = strlen(c->node->text) > strlen("grouping");
    if (!c->count && id) {
        const struct code **codes =
            ARENA_ARRAY(c->a->arena, const struct code *, (size_t)g->count + 1);
        for (int i = 0; i < g->count; i++) codes[i] = g->keys[i].code;
        return give(c, &type_bigint,
                    code_of(c->a->arena, "CAST(grouping_id(%c) AS BIGINT)",
                            code_join(c->a->arena, codes, g->count, ", ")));
    }
    return give(c, id ? &type_bigint : &type_tinyint,
                code_of(c->a->arena, "CAST(grouping_id(%c) AS %s)", arguments_join(c, 0),
                        id ? "BIGINT" : "TINYINT"));
}
