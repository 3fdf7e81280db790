/* Spark's common types, comparisons and arithmetic without ANSI mode. Source: Spark 3.5,
 * TypeCoercion and DecimalPrecision (spark.sql.decimalOperations.allowPrecisionLoss=true). */
#include "dialect/spark.h"

enum { DIGITS_MAX = 38, SCALE_KEPT = 6 };

const char *spark_type_name(struct arena *arena, const struct dialect_type *t)
{
    const struct type *type;
    struct buffer text = {0};
    if (t->kind == DIALECT_UNKNOWN) return "void";
    if (t->kind == DIALECT_INTERVAL_DAY) return "interval day to second";
    if (t->kind == DIALECT_INTERVAL_YEAR) return "interval year to month";
    if (dialect_type_catalog(arena, t, &type) != OK) return type_name(arena, t);
    type_print(&text, type);
    const char *name = arena_text(arena, buffer_span(&text));
    buffer_release(&text);
    return name;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* More than 38 digits: fraction digits give way, down to six. */
static const struct dialect_type *decimal_adjusted(struct arena *arena, int precision, int scale)
{
    if (precision <= DIGITS_MAX) return type_decimal(arena, precision, scale);
    int whole = precision - scale, least = scale < SCALE_KEPT ? scale : SCALE_KEPT;
    return type_decimal(arena, DIGITS_MAX, larger(DIGITS_MAX - whole, least));
}

static const struct dialect_type *as_decimal(struct arena *arena, const struct dialect_type *t)
{
    static const int digits[DIALECT_KINDS] = {[DIALECT_TINYINT] = 3,
                                              [DIALECT_SMALLINT] = 5,
                                              [DIALECT_INTEGER] = 10,
                                              [DIALECT_BIGINT] = 20};
    return t->kind == DIALECT_DECIMAL ? t : type_decimal(arena, digits[t->kind], 0);
}

/* ---- common types ---- */

static const struct dialect_type *common_number(struct arena *arena, const struct dialect_type *a,
                                                const struct dialect_type *b)
{
    const struct dialect_type *wide = a->kind > b->kind ? a : b; /* kinds grow with their width */
    if (a->kind != DIALECT_DECIMAL && b->kind != DIALECT_DECIMAL) return wide;
    if (!is_integral(a) && !is_integral(b) && a->kind != b->kind) return &type_double;
    a = as_decimal(arena, a);
    b = as_decimal(arena, b);
    int scale = larger(a->scale, b->scale);
    return decimal_adjusted(arena, larger(a->precision - a->scale, b->precision - b->scale) + scale,
                            scale);
}

static const struct dialect_type *common_nested(struct arena *arena, const struct dialect_type *a,
                                                const struct dialect_type *b)
{
    struct dialect_field *fields =
        ARENA_ARRAY(arena, struct dialect_field, (size_t)a->field_count + 1);
    for (int i = 0; i < a->field_count; i++) {
        const char *name = a->fields[i].name, *other = b->fields[i].name;
        if (a->kind == DIALECT_ROW && name && other &&
            !span_equal_nocase(span_of(name), span_of(other)))
            return NULL;
        const struct dialect_type *type =
            spark_common_type(arena, a->fields[i].type, b->fields[i].type);
        if (!type) return NULL;
        fields[i] = (struct dialect_field){name, type};
    }
    if (a->kind == DIALECT_ARRAY) return type_array(arena, fields[0].type);
    if (a->kind == DIALECT_MAP) return type_map(arena, fields[0].type, fields[1].type);
    return type_row(arena, fields, a->field_count);
}

static bool is_moment(const struct dialect_type *t)
{
    return t->kind == DIALECT_DATE || t->kind == DIALECT_TIMESTAMP;
}

const struct dialect_type *spark_common_type(struct arena *arena, const struct dialect_type *a,
                                             const struct dialect_type *b)
{
    if (a->kind == DIALECT_UNKNOWN) return b;
    if (b->kind == DIALECT_UNKNOWN) return a;
    if (is_numeric(a) && is_numeric(b)) return common_number(arena, a, b);
    if (is_moment(a) && is_moment(b)) return a->kind == DIALECT_TIMESTAMP ? a : b;
    if (is_text(a) && is_text(b)) return &type_varchar;
    if (is_text(a) && (is_numeric(b) || is_moment(b))) return &type_varchar;
    if (is_text(b) && (is_numeric(a) || is_moment(a))) return &type_varchar;
    if (a->kind != b->kind || a->field_count != b->field_count) return NULL;
    return a->field_count ? common_nested(arena, a, b) : a;
}

/* How far an argument is from a parameter: texts become anything scalar, anything scalar text. */
int spark_distance(struct arena *arena, const struct dialect_type *from,
                   const struct dialect_type *to)
{
    enum { BY_TEXT = 100, NARROWING = 50 };
    const struct dialect_type *common;
    if (from->kind == DIALECT_UNKNOWN) return 1;
    if (from->kind == to->kind) return 0;
    if (is_text(from))
        return to->field_count || to->kind == DIALECT_BOOLEAN ? -1 : BY_TEXT - (int)to->kind;
    if (is_text(to)) return from->field_count ? -1 : BY_TEXT;
    if (is_moment(from) && is_moment(to)) return to->kind > from->kind ? 1 : 2;
    if (to->kind == DIALECT_VARBINARY) return -1;
    if (is_numeric(from) && is_numeric(to)) {
        if (from->kind == DIALECT_DECIMAL) return to->kind == DIALECT_DOUBLE ? 2 : NARROWING;
        if (to->kind == DIALECT_DECIMAL) return is_integral(from) ? 10 : NARROWING;
        return to->kind > from->kind ? (int)(to->kind - from->kind)
                                     : NARROWING + (int)(from->kind - to->kind);
    }
    common = spark_common_type(arena, from, to);
    return common && common->kind == to->kind ? 5 : -1;
}

/* ---- comparisons ---- */

/* A text is compared as what stands on the other side. */
static const struct dialect_type *comparison_type(struct arena *arena, const struct dialect_type *x,
                                                  const struct dialect_type *y)
{
    const struct dialect_type *other = is_text(x) ? y : x;
    if (x->kind == DIALECT_BOOLEAN && is_numeric(y)) return y;
    if (y->kind == DIALECT_BOOLEAN && is_numeric(x)) return x;
    if (is_text(x) == is_text(y) || other->kind == DIALECT_UNKNOWN || other->field_count)
        return spark_common_type(arena, x, y);
    return other->kind == DIALECT_DECIMAL ? &type_double : other;
}

error spark_compare(struct analyzer *a, const struct node *at, const char *sign, struct value x,
                    struct value y, const struct code **out)
{
    const struct dialect_type *type = comparison_type(a->arena, x.type, y.type);
    if (!type || type->kind == DIALECT_MAP)
        return refuse(at, ERR_USAGE, "DATATYPE_MISMATCH", "cannot compare %s with %s",
                      spark_type_name(a->arena, x.type), spark_type_name(a->arena, y.type));
    TRY(coerce(a, &x, type));
    TRY(coerce(a, &y, type));
    *out = code_of(a->arena, "(%c %s %c)", x.code, sign, y.code);
    return OK;
}

/* ---- arithmetic ---- */

static error refuse_operator(struct analyzer *a, const struct node *at, const char *sign,
                             const struct value *x, const struct value *y)
{
    return refuse(at, ERR_USAGE, "DATATYPE_MISMATCH", "cannot apply %s to %s and %s", sign,
                  spark_type_name(a->arena, x->type), spark_type_name(a->arena, y->type));
}

static error integers(struct analyzer *a, const char *sign, struct value x, struct value y,
                      struct value *out)
{
    static const struct { char sign; const char *name;
    } kernels[] = {{'+', "spark_add"},
                   {'-', "spark_subtract"},
                   {'*', "spark_multiply"},
                   {'%', "spark_modulus"}};
    const struct dialect_type *type = common_number(a->arena, x.type, y.type);
    int i = 0;
    while (kernels[i].sign != *sign) i++;
    const struct code *code = code_of(a->arena, "%s(CAST(%c AS BIGINT), CAST(%c AS BIGINT))",
                                      kernels[i].name, x.code, y.code);
    out->type = type;
    return spark_cast(a, NULL, code, &type_bigint, type, CAST_IMPLICIT, &out->code);
}

static error floats(struct analyzer *a, const char *sign, struct value x, struct value y,
                    const struct dialect_type *type, struct value *out)
{
    TRY(coerce(a, &x, type));
    TRY(coerce(a, &y, type));
    out->type = type;
    if (*sign == '/') out->code = code_of(a->arena, "(%c / nullif(%c, 0))", x.code, y.code);
    else if (*sign == '%')
        out->code =
            code_of(a->arena, "CAST(spark_fmod(CAST(%c AS DOUBLE), CAST(%c AS DOUBLE)) AS %s)",
                    x.code, y.code, duck_type(a->arena, type));
    else out->code = code_of(a->arena, "(%c %s %c)", x.code, sign, y.code);
    return OK;
}

/* A literal has as many digits as it needs. */
static const struct dialect_type *operand_type(struct arena *arena, const struct value *v)
{
    if (v->node && v->node->kind == NODE_INTEGER)
        return type_decimal(arena, (int)strlen(v->node->text), 0);
    return as_decimal(arena, v->type);
}

static error decimals(struct analyzer *a, const char *sign, struct value x, struct value y,
                      struct value *out)
{
    struct arena *arena = a->arena;
    TRY(coerce(a, &x, operand_type(arena, &x)));
    TRY(coerce(a, &y, operand_type(arena, &y)));
    int px = x.type->precision, sx = x.type->scale, py = y.type->precision, sy = y.type->scale;
    int scale = larger(sx, sy), whole = larger(px - sx, py - sy);
    const struct dialect_type *type;
    const char *name = *sign == '/' ? "divide" : "modulus";
    switch (*sign) {
    case '*':
        type = decimal_adjusted(arena, px + py + 1, sx + sy);
        out->code = code_of(arena, "(%c * %c)", x.code, y.code);
        break;
    case '/':
        scale = larger(SCALE_KEPT, sx + py + 1);
        type = decimal_adjusted(arena, px - sx + sy + scale, scale);
        break;
    case '%':
        type = decimal_adjusted(arena, (px - sx < py - sy ? px - sx : py - sy) + scale, scale);
        break;
    default:
        type = decimal_adjusted(arena, whole + scale + 1, scale);
        TRY(coerce(a, &x, type));
        TRY(coerce(a, &y, type));
        out->code = code_of(arena, "(%c %s %c)", x.code, sign, y.code);
    }
    if (*sign == '/') { /* with the dividend's digits as many as the quotient has */
        TRY(coerce(a, &x, type_decimal(arena, DIGITS_MAX, type->scale > sy ? type->scale : sx)));
    }
    if (*sign == '/' || *sign == '%')
        out->code = code_of(arena, "trino_%s_decimal_%d(%c, nullif(%c, 0))", name, type->scale,
                            x.code, y.code);
    out->type = type;
    /* of fewer digits than 38 nothing is too large */
    const char *form =
        type->precision < DIGITS_MAX || *sign == '/' ? "CAST(%c AS %s)" : "TRY(CAST(%c AS %s))";
    out->code = code_of(arena, form, out->code, duck_type(arena, type));
    return OK;
}

/* ---- dates, times, intervals ---- */

static bool is_interval(const struct dialect_type *t)
{
    return t->kind == DIALECT_INTERVAL_DAY || t->kind == DIALECT_INTERVAL_YEAR;
}

static error moments(struct analyzer *a, const struct node *at, const char *sign, struct value x,
                     struct value y, struct value *out)
{
    bool sum = *sign == '+' || *sign == '-';
    if (*sign == '+' && is_interval(x.type) && !is_interval(y.type)) {
        struct value swap = x;
        x = y;
        y = swap;
    }
    if (sum && is_text(x.type) && is_interval(y.type)) TRY(coerce(a, &x, &type_timestamp));
    if (sum && is_moment(x.type) && is_interval(y.type)) {
        bool days = x.type->kind == DIALECT_DATE &&
                    (y.type->kind == DIALECT_INTERVAL_YEAR || spark_is_whole_days(y.node));
        out->type = days ? &type_date : &type_timestamp;
        out->code = code_of(a->arena, "CAST(%c %s %c AS %s)", x.code, sign, y.code,
                            duck_type(a->arena, out->type));
        return OK;
    }
    if (sum && x.type->kind == DIALECT_DATE && is_integral(y.type)) {
        out->type = &type_date;
        out->code = code_of(a->arena, "(%c %s CAST(%c AS INTEGER))", x.code, sign, y.code);
        return OK;
    }
    if (sum && is_interval(x.type) && x.type->kind == y.type->kind) {
        out->type = x.type;
        out->code = code_of(a->arena, "(%c %s %c)", x.code, sign, y.code);
        return OK;
    }
    if (*sign == '-' && (is_moment(x.type) || is_moment(y.type)) &&
        spark_common_type(a->arena, x.type, y.type)) {
        TRY(coerce(a, &x, &type_timestamp));
        TRY(coerce(a, &y, &type_timestamp));
        out->type = &type_interval_day;
        out->code = code_of(a->arena, "(%c - %c)", x.code, y.code);
        return OK;
    }
    return refuse_operator(a, at, sign, &x, &y);
}

error spark_arithmetic(struct analyzer *a, const struct node *at, const char *sign, struct value x,
                       struct value y, struct value *out)
{
    struct value *sides[] = {&x, &y};
    bool moment =
        is_moment(x.type) || is_moment(y.type) || is_interval(x.type) || is_interval(y.type);
    for (int i = 0; i < 2 && !moment; i++) {
        if (is_text(sides[i]->type)) TRY(coerce(a, sides[i], &type_double));
        if (sides[i]->type->kind == DIALECT_UNKNOWN)
            TRY(coerce(a, sides[i], is_numeric(sides[!i]->type) ? sides[!i]->type : &type_double));
    }
    if (!is_numeric(x.type) || !is_numeric(y.type)) return moments(a, at, sign, x, y, out);
    bool decimal = x.type->kind == DIALECT_DECIMAL || y.type->kind == DIALECT_DECIMAL;
    const struct dialect_type *type = common_number(a->arena, x.type, y.type);
    if (decimal && type->kind == DIALECT_DECIMAL) return decimals(a, sign, x, y, out);
    if (*sign == '/') return floats(a, sign, x, y, &type_double, out);
    if (is_integral(type)) return integers(a, sign, x, y, out);
    return floats(a, sign, x, y, type, out);
}

error spark_negation(struct analyzer *a, struct value v, struct value *out)
{
    struct value zero = {&type_integer, code_of(a->arena, "CAST(0 AS INTEGER)"), NULL};
    if (is_text(v.type)) TRY(coerce(a, &v, &type_double));
    if (is_integral(v.type)) {
        zero.type = v.type;
        return integers(a, "-", zero, v, out);
    }
    if (!is_numeric(v.type) && !is_interval(v.type) && v.type->kind != DIALECT_UNKNOWN)
        return refuse(v.node, ERR_USAGE, "DATATYPE_MISMATCH", "cannot negate %s",
                      spark_type_name(a->arena, v.type));
    out->type = v.type;
    out->code = code_of(a->arena, "(-%c)", v.code);
    return OK;
}
