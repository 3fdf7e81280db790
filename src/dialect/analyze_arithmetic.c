/* + - * / % || on typed operands, with Trino's result types: integers stay integers, decimals keep
 * precision and scale, dates and intervals add up. */
#include "dialect/internal.h"

enum { DIGITS_MAX = 38 };

static error refuse_operator(struct analyzer *a, const struct node *at, const char *sign,
                             const struct dialect_type *x, const struct dialect_type *y)
{
    return refuse(at, ERR_USAGE, "TYPE_MISMATCH", "Cannot apply operator: %s %s %s",
                  type_name(a->arena, x), sign, type_name(a->arena, y));
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* Division by a literal other than 0 and -1 can neither fail nor overflow. */
static bool is_harmless_divisor(const struct value *v)
{
    return v->node && v->node->kind == NODE_INTEGER &&
           strspn(v->node->text, "0") != strlen(v->node->text);
}

static error integers(struct analyzer *a, const char *sign, struct value x, struct value y,
                      struct value *out)
{
    const struct dialect_type *type = common_type(a->arena, x.type, y.type);
    const char *duck = duck_type(a->arena, type);
    TRY(coerce(a, &x, type));
    TRY(coerce(a, &y, type));
    out->type = type;
    if (*sign == '/')
        out->code = is_harmless_divisor(&y) ? code_of(a->arena, "(%c // %c)", x.code, y.code)
                                            : code_of(a->arena, "trino_divide_%s(%c, %c)",
                                                      type_name(a->arena, type), x.code, y.code);
    else if (*sign == '%' && !is_harmless_divisor(&y))
        out->code = code_of(a->arena, "CAST(trino_modulus(%c, %c) AS %s)", x.code, y.code, duck);
    else out->code = code_of(a->arena, "(%c %s %c)", x.code, sign, y.code);
    return OK;
}

static error floats(struct analyzer *a, const char *sign, struct value x, struct value y,
                    struct value *out)
{
    const struct dialect_type *type = common_type(a->arena, x.type, y.type);
    TRY(coerce(a, &x, type));
    TRY(coerce(a, &y, type));
    out->type = type;
    if (*sign == '%')
        out->code = code_of(a->arena, "CAST(trino_fmod(%c, %c) AS %s)", x.code, y.code,
                            duck_type(a->arena, type));
    else out->code = code_of(a->arena, "(%c %s %c)", x.code, sign, y.code);
    return OK;
}

static const struct dialect_type *as_decimal(struct analyzer *a, const struct dialect_type *t)
{
    return is_integral(t) ? type_decimal(a->arena, decimal_digits(t), 0) : t;
}

/* Both operands as decimals of the widest precision that hold them, with the scale given. */
static error widen(struct analyzer *a, struct value *v, int precision, int scale)
{
    return coerce(a, v, type_decimal(a->arena, smaller(precision, DIGITS_MAX), scale));
}

static error decimals(struct analyzer *a, const struct node *at, const char *sign, struct value x,
                      struct value y, struct value *out)
{
    TRY(coerce(a, &x, as_decimal(a, x.type)));
    TRY(coerce(a, &y, as_decimal(a, y.type)));
    int px = x.type->precision, sx = x.type->scale, py = y.type->precision, sy = y.type->scale;
    int scale = larger(sx, sy), whole = larger(px - sx, py - sy);
    const struct dialect_type *type;
    switch (*sign) {
    case '*':
        if (sx + sy > DIGITS_MAX)
            return refuse(at, ERR_USAGE, "INVALID_FUNCTION_ARGUMENT",
                          "DECIMAL scale must be in range [0, precision (38)]: %d", sx + sy);
        type = type_decimal(a->arena, px + py, sx + sy);
        out->code = code_of(a->arena, "(%c * %c)", x.code, y.code);
        break;
    case '/':
        type = type_decimal(a->arena, px + sy + larger(sy - sx, 0), scale);
        out->code = code_of(a->arena, "trino_divide_decimal_%d(%c, %c)", scale, x.code, y.code);
        break;
    case '%':
        type = type_decimal(a->arena, smaller(px - sx, py - sy) + scale, scale);
        out->code = code_of(a->arena, "trino_modulus_decimal_%d(%c, %c)", scale, x.code, y.code);
        break;
    default:
        type = type_decimal(a->arena, whole + scale + 1, scale);
        TRY(widen(a, &x, whole + scale + 1, scale));
        TRY(widen(a, &y, whole + scale + 1, scale));
        out->code = code_of(a->arena, "(%c %s %c)", x.code, sign, y.code);
    }
    out->type = type;
    out->code = code_of(a->arena, "CAST(%c AS %s)", out->code, duck_type(a->arena, type));
    return OK;
}

/* ---- dates, times and intervals ---- */

static bool is_interval(const struct dialect_type *t)
{
    return t->kind == DIALECT_INTERVAL_DAY || t->kind == DIALECT_INTERVAL_YEAR;
}

static bool is_moment(const struct dialect_type *t)
{
    return t->kind >= DIALECT_DATE && t->kind <= DIALECT_TIMESTAMP_TZ;
}

static error shift_moment(struct analyzer *a, const char *sign, struct value moment,
                          struct value interval, struct value *out)
{
    struct arena *arena = a->arena;
    const struct dialect_type *t = moment.type;
    out->type = t;
    switch (t->kind) {
    case DIALECT_DATE:
        out->code =
            interval.type->kind == DIALECT_INTERVAL_DAY
                ? code_of(arena, "CAST(%c %s trino_whole_days(%c) AS DATE)", moment.code, sign,
                          interval.code)
                : code_of(arena, "CAST(%c %s %c AS DATE)", moment.code, sign, interval.code);
        return OK;
    case DIALECT_TIMESTAMP_TZ:
        out->code =
            code_of(arena, "(%c %s %c)", zoned_local(arena, moment.code, t), sign, interval.code);
        if (interval.type->kind == DIALECT_INTERVAL_DAY && t->zone)
            out->code = code_of(arena, "(%c %s %c)", moment.code, sign, interval.code);
        else if (!t->zone)
            out->code = code_of(arena, "trino_packed_add(%c, %s%c)", moment.code,
                                *sign == '-' ? "-" : "", interval.code);
        else out->code = zoned_from_local(arena, out->code, t);
        break;
    default:
        out->code = code_of(arena, "(%c %s %c)", moment.code, sign, interval.code);
    }
    if (t->precision < 3 && interval.type->kind == DIALECT_INTERVAL_DAY)
        out->type = type_moment(arena, t->kind, 3, t->zone);
    return OK;
}

static error moments_apart(struct analyzer *a, const struct node *at, struct value x,
                           struct value y, struct value *out)
{
    const struct dialect_type *type = common_type(a->arena, x.type, y.type);
    if (!type) return refuse_operator(a, at, "-", x.type, y.type);
    TRY(coerce(a, &x, type));
    TRY(coerce(a, &y, type));
    out->type = &type_interval_day;
    if (type->kind == DIALECT_TIMESTAMP_TZ)
        out->code = code_of(a->arena, "(%c - %c)", zoned_instant(a->arena, x.code, type),
                            zoned_instant(a->arena, y.code, type));
    else if (type->kind == DIALECT_DATE)
        out->code = code_of(a->arena, "to_days(CAST(%c - %c AS INTEGER))", x.code, y.code);
    else if (type->kind == DIALECT_TIME)
        out->code = code_of(
            a->arena, "(CAST(DATE '1970-01-01' + %c AS TIMESTAMP) - (DATE '1970-01-01' + %c))",
            x.code, y.code);
    else out->code = code_of(a->arena, "(%c - %c)", x.code, y.code);
    return OK;
}

static error scale_interval(struct analyzer *a, const char *sign, struct value interval,
                            struct value number, struct value *out)
{
    const char *unit = interval.type->kind == DIALECT_INTERVAL_DAY ? "day" : "year";
    TRY(coerce(a, &number, &type_double));
    out->type = interval.type;
    out->code = code_of(a->arena, "trino_scale_interval_%s(%c, %c, %s)", unit, interval.code,
                        number.code, *sign == '*' ? "true" : "false");
    return OK;
}

static error moments(struct analyzer *a, const struct node *at, const char *sign, struct value x,
                     struct value y, struct value *out)
{
    bool sum = *sign == '+' || *sign == '-';
    if (sum && is_moment(x.type) && is_interval(y.type)) {
        if (x.type->kind == DIALECT_TIME && y.type->kind == DIALECT_INTERVAL_YEAR)
            return refuse_operator(a, at, sign, x.type, y.type);
        return shift_moment(a, sign, x, y, out);
    }
    if (*sign == '+' && is_interval(x.type) && is_moment(y.type))
        return shift_moment(a, sign, y, x, out);
    if (*sign == '-' && is_moment(x.type) && is_moment(y.type))
        return moments_apart(a, at, x, y, out);
    if (sum && is_interval(x.type) && x.type->kind == y.type->kind) {
        out->type = x.type;
        out->code = code_of(a->arena, "(%c %s %c)", x.code, sign, y.code);
        return OK;
    }
    if ((*sign == '*' || *sign == '/') && is_interval(x.type) && is_numeric(y.type))
        return scale_interval(a, sign, x, y, out);
    if (*sign == '*' && is_numeric(x.type) && is_interval(y.type))
        return scale_interval(a, sign, y, x, out);
    return refuse_operator(a, at, sign, x.type, y.type);
}

error analyze_arithmetic(struct analyzer *a, const struct node *at, const char *sign,
                         struct value x, struct value y, struct value *out)
{
    if (a->dialect->rules) return a->dialect->rules->arithmetic(a, at, sign, x, y, out);
    bool null_x = x.type->kind == DIALECT_UNKNOWN, null_y = y.type->kind == DIALECT_UNKNOWN;
    if (null_x && null_y) x.type = y.type = &type_integer;
    if (null_x && !null_y) TRY(coerce(a, &x, is_moment(y.type) ? &type_interval_day : y.type));
    if (null_y && !null_x) TRY(coerce(a, &y, is_moment(x.type) ? &type_interval_day : x.type));
    if (!is_numeric(x.type) || !is_numeric(y.type)) return moments(a, at, sign, x, y, out);
    if (is_integral(x.type) && is_integral(y.type)) return integers(a, sign, x, y, out);
    const struct dialect_type *type = common_type(a->arena, x.type, y.type);
    if (type->kind == DIALECT_DECIMAL) return decimals(a, at, sign, x, y, out);
    return floats(a, sign, x, y, out);
}

error analyze_negation(struct analyzer *a, const struct node *at, struct value v, struct value *out)
{
    if (a->dialect->rules) return a->dialect->rules->negation(a, v, out);
    if (!is_numeric(v.type) && !is_interval(v.type) && v.type->kind != DIALECT_UNKNOWN)
        return refuse(at, ERR_USAGE, "TYPE_MISMATCH", "Cannot negate %s",
                      type_name(a->arena, v.type));
    out->type = v.type;
    out->code = code_of(a->arena, "(-%c)", v.code);
    return OK;
}

/* ---- || ---- */

static error refuse_concat(struct analyzer *a, const struct node *at, const struct dialect_type *x,
                           const struct dialect_type *y)
{
    return refuse(at, ERR_USAGE, "FUNCTION_NOT_FOUND",
                  "Unexpected parameters (%s, %s) for function concat. Expected: concat(char(x), "
                  "char(y)), concat(array(E), E), concat(E, array(E)), concat(array(E)), "
                  "concat(varchar), concat(varbinary)",
                  type_name(a->arena, x), type_name(a->arena, y));
}

static error concatenate_arrays(struct analyzer *a, const struct node *at, struct value x,
                                struct value y, struct value *out)
{
    const struct dialect_type *element = NULL, *type;
    if (x.type->kind == DIALECT_ARRAY && y.type->kind == DIALECT_ARRAY) {
        type = common_type(a->arena, x.type, y.type);
        if (!type) return refuse_concat(a, at, x.type, y.type);
        TRY(coerce(a, &x, type));
        TRY(coerce(a, &y, type));
        out->code = code_of(a->arena, "(%c || %c)", x.code, y.code);
    } else {
        bool first = x.type->kind == DIALECT_ARRAY;
        struct value *array = first ? &x : &y, *item = first ? &y : &x;
        element = common_type(a->arena, array->type->fields[0].type, item->type);
        if (!element) return refuse_concat(a, at, x.type, y.type);
        type = type_array(a->arena, element);
        TRY(coerce(a, array, type));
        TRY(coerce(a, item, element));
        out->code = first ? code_of(a->arena, "(%c || [%c])", x.code, y.code)
                          : code_of(a->arena, "([%c] || %c)", x.code, y.code);
    }
    out->type = type;
    return OK;
}

static error concatenate_two(struct analyzer *a, const struct node *at, struct value x,
                             struct value y, struct value *out)
{
    if (x.type->kind == DIALECT_ARRAY || y.type->kind == DIALECT_ARRAY)
        return concatenate_arrays(a, at, x, y, out);
    const struct dialect_type *type = common_type(a->arena, x.type, y.type);
    bool texts = type && (is_text(type) || type->kind == DIALECT_UNKNOWN);
    if (!type || (!texts && type->kind != DIALECT_VARBINARY))
        return refuse_concat(a, at, x.type, y.type);
    if (x.type->kind == DIALECT_CHAR || y.type->kind == DIALECT_CHAR)
        return unmapped(at, "a concatenation of char (cast it to varchar)");
    if (x.type->kind == DIALECT_UNKNOWN || y.type->kind == DIALECT_UNKNOWN)
        return unmapped(at, "a concatenation with an untyped NULL, which makes an array,");
    if (texts) type = &type_varchar;
    TRY(coerce(a, &x, type));
    TRY(coerce(a, &y, type));
    out->type = type;
    out->code = code_of(a->arena, "%c || %c", x.code, y.code);
    return OK;
}

error analyze_concatenation(struct analyzer *a, const struct node *at, struct value *values,
                            int count, struct value *out)
{
    struct value joined = values[0];
    for (int i = 1; i < count; i++) {
        struct value next = {.node = at};
        TRY(concatenate_two(a, at, joined, values[i], &next));
        joined = next;
    }
    out->type = joined.type;
    out->code = code_of(a->arena, "(%c)", joined.code);
    return OK;
}
