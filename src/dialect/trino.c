/* What is Trino's alone: its reserved words, and the functions whose result depends on more than
 * the types of their arguments. */
#include "dialect/trino.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const reserved[] = {"ALTER",
                                       "AND",
                                       "AS",
                                       "BETWEEN",
                                       "BY",
                                       "CASE",
                                       "CAST",
                                       "CONSTRAINT",
                                       "CREATE",
                                       "CROSS",
                                       "CUBE",
                                       "CURRENT_CATALOG",
                                       "CURRENT_DATE",
                                       "CURRENT_PATH",
                                       "CURRENT_ROLE",
                                       "CURRENT_SCHEMA",
                                       "CURRENT_TIME",
                                       "CURRENT_TIMESTAMP",
                                       "CURRENT_USER",
                                       "DEALLOCATE",
                                       "DELETE",
                                       "DESCRIBE",
                                       "DISTINCT",
                                       "DROP",
                                       "ELSE",
                                       "END",
                                       "ESCAPE",
                                       "EXCEPT",
                                       "EXECUTE",
                                       "EXISTS",
                                       "EXTRACT",
                                       "FALSE",
                                       "FOR",
                                       "FROM",
                                       "FULL",
                                       "GROUP",
                                       "GROUPING",
                                       "HAVING",
                                       "IN",
                                       "INNER",
                                       "INSERT",
                                       "INTERSECT",
                                       "INTO",
                                       "IS",
                                       "JOIN",
                                       "JSON_ARRAY",
                                       "JSON_EXISTS",
                                       "JSON_OBJECT",
                                       "JSON_QUERY",
                                       "JSON_TABLE",
                                       "JSON_VALUE",
                                       "LEFT",
                                       "LIKE",
                                       "LISTAGG",
                                       "LOCALTIME",
                                       "LOCALTIMESTAMP",
                                       "NATURAL",
                                       "NORMALIZE",
                                       "NOT",
                                       "NULL",
                                       "ON",
                                       "OR",
                                       "ORDER",
                                       "OUTER",
                                       "PREPARE",
                                       "RECURSIVE",
                                       "RIGHT",
                                       "ROLLUP",
                                       "SELECT",
                                       "SKIP",
                                       "TABLE",
                                       "THEN",
                                       "TRIM",
                                       "TRUE",
                                       "UESCAPE",
                                       "UNION",
                                       "UNNEST",
                                       "USING",
                                       "VALUES",
                                       "WHEN",
                                       "WHERE",
                                       "WITH",
                                       NULL};

const struct dialect dialect_trino = {
    .name = "trino",
    .reserved = reserved,
    .backquote_refusal =
        "backquoted identifiers are not supported; use double quotes to quote identifiers",
    .functions = trino_functions,
    .refused = trino_refused,
};

static error unexpected(const struct call *c)
{
    return no_match(c);
}

static bool is_simple(const struct value *v)
{
    return v->node && v->node->kind >= NODE_NULL && v->node->kind <= NODE_NAME;
}

/* ---- conditional ---- */

error trino_try(struct call *c)
{
    if (c->count != 1) return unexpected(c);
    return give(c, c->values[0].type, code_of(c->a->arena, "TRY(%c)", c->values[0].code));
}

error trino_if(struct call *c)
{
    struct value branches[2];
    const struct dialect_type *type;
    if (c->count != 2 && c->count != 3) return unexpected(c);
    if (c->values[0].type->kind != DIALECT_BOOLEAN && c->values[0].type->kind != DIALECT_UNKNOWN)
        return refuse(c->node->items[0], ERR_USAGE, "TYPE_MISMATCH",
                      "IF condition must evaluate to a boolean: actual type %s",
                      type_name(c->a->arena, c->values[0].type));
    branches[0] = c->values[1];
    branches[1] = c->count == 3 ? c->values[2]
                                : zero_value(c->node, &type_unknown, code_of(c->a->arena, "NULL"));
    TRY(values_unify(c->a, branches, 2, "Result types for IF must be the same", &type));
    return give(c, type,
                code_of(c->a->arena, "(CASE WHEN %c THEN %c ELSE %c END)", c->values[0].code,
                        branches[0].code, branches[1].code));
}

error trino_coalesce(struct call *c)
{
    const struct dialect_type *type;
    if (c->count < 2)
        return refuse(c->node, ERR_PARSE, "SYNTAX_ERROR",
                      "The 'coalesce' function must have at least two arguments");
    TRY(values_unify(c->a, c->values, c->count, "All COALESCE operands must be the same type",
                     &type));
    return give(c, type, code_of(c->a->arena, "coalesce(%c)", arguments_join(c, 0)));
}

error trino_nullif(struct call *c)
{
    const struct code *equal;
    if (c->count != 2) return unexpected(c);
    if (!common_type(c->a->arena, c->values[0].type, c->values[1].type))
        return refuse(
            c->node, ERR_USAGE, "TYPE_MISMATCH", "Types are not comparable with NULLIF: %s vs %s",
            type_name(c->a->arena, c->values[0].type), type_name(c->a->arena, c->values[1].type));
    TRY(compare(c->a, c->node, "=", c->values[0], c->values[1], &equal));
    return give(
        c, c->values[0].type,
        code_of(c->a->arena, "(CASE WHEN %c THEN NULL ELSE %c END)", equal, c->values[0].code));
}

/* NULL if one argument is; the arguments are a list, so that each is computed once. */
static error extreme(struct call *c, const char *list)
{
    const struct dialect_type *type;
    if (!c->count) return unexpected(c);
    for (int i = 1; i < c->count; i++)
        if (!common_type(c->a->arena, c->values[0].type, c->values[i].type)) return unexpected(c);
    TRY(values_unify(c->a, c->values, c->count, "arguments must be of one type", &type));
    if (!is_orderable(type)) return unexpected(c);
    return give(c, type,
                code_of(c->a->arena,
                        "list_transform([CAST([%c] AS %s)], lambda tv: CASE WHEN "
                        "len(tv) > list_count(tv) THEN NULL ELSE %s(tv) END)[1]",
                        arguments_join(c, 0), duck_type(c->a->arena, type_array(c->a->arena, type)), list));
}

error trino_greatest(struct call *c)
{
    return extreme(c, "list_max");
}

error trino_least(struct call *c)
{
    return extreme(c, "list_min");
}

error trino_typeof(struct call *c)
{
    if (c->count != 1) return unexpected(c);
    return give(c, &type_varchar,
                code_of(c->a->arena, "%t", type_name(c->a->arena, c->values[0].type)));
}

/* ---- text ---- */

error trino_concat(struct call *c)
{
    if (c->count < 2)
        return refuse(c->node, ERR_USAGE, "INVALID_FUNCTION_ARGUMENT",
                      "There must be two or more concatenation arguments");
    for (int i = 0; i < c->count; i++)
        if (!is_text(c->values[i].type) && c->values[i].type->kind != DIALECT_ARRAY &&
            c->values[i].type->kind != DIALECT_VARBINARY &&
            c->values[i].type->kind != DIALECT_UNKNOWN)
            return unexpected(c);
    return analyze_concatenation(c->a, c->node, c->values, c->count, c->out);
}

/* Lengths of results in varchar(n) follow those of the arguments. */
static const struct dialect_type *length_type(struct call *c, int64_t length, bool bounded)
{
    if (!bounded || length >= INT32_MAX) return &type_varchar;
    return type_text(c->a->arena, DIALECT_VARCHAR, (int)length);
}

static error texts_coerce(struct call *c, int least, int most)
{
    if (c->count < least || c->count > most) return no_match(c);
    for (int i = 0; i < c->count; i++) {
        if (!c->values[i].type ||
            (!is_text(c->values[i].type) && c->values[i].type->kind != DIALECT_UNKNOWN))
            return no_match(c);
        if (c->values[i].type->kind != DIALECT_VARCHAR)
            TRY(coerce(c->a, &c->values[i], &type_varchar));
    }
    return OK;
}

error trino_replace(struct call *c)
{
    TRY(texts_coerce(c, 2, 3));
    int64_t x = c->values[0].type->length, z = c->count > 2 ? c->values[2].type->length : 0;
    const struct dialect_type *type =
        c->count == 2 ? c->values[0].type : length_type(c, x + z * (x + 1), x >= 0 && z >= 0);
    return give(c, type,
                code_of(c->a->arena, "trino_replace(%c, %c, %c)", c->values[0].code,
                        c->values[1].code,
                        c->count > 2 ? c->values[2].code : code_of(c->a->arena, "''")));
}

error trino_regexp_replace(struct call *c)
{
    if (c->count == 3 && c->node->items[2]->kind == NODE_LAMBDA)
        return unmapped(c->node, "regexp_replace with a lambda");
    TRY(texts_coerce(c, 2, 3));
    int64_t x = c->values[0].type->length, z = c->count > 2 ? c->values[2].type->length : 0;
    const struct dialect_type *type =
        c->count == 2
            ? c->values[0].type
            : length_type(c, x + (x * z / 2 > z ? x * z / 2 : z) * (x + 1), x >= 0 && z >= 0);
    return give(c, type,
                code_of(c->a->arena, "regexp_replace(%c, trino_regexp(%c), %c, 'g')",
                        c->values[0].code, c->values[1].code,
                        c->count > 2 ? code_of(c->a->arena, "trino_regexp_replacement(%c)",
                                               c->values[2].code)
                                     : code_of(c->a->arena, "''")));
}

error trino_url_encode(struct call *c)
{
    TRY(texts_coerce(c, 1, 1));
    int64_t x = c->values[0].type->length;
    return give(c, length_type(c, x * 12, x >= 0),
                code_of(c->a->arena, "trino_url_encode(%c)", c->values[0].code));
}

error trino_codepoint(struct call *c)
{
    if (c->count != 1 || !is_text(c->values[0].type) || c->values[0].type->length != 1)
        return no_match(c);
    return give(c, &type_integer, code_of(c->a->arena, "trino_codepoint(%c)", c->values[0].code));
}

/* The arguments as texts with their kind in front: what %d, %f and %s may be given. */
error trino_format(struct call *c)
{
    struct arena *arena = c->a->arena;
    const struct code **codes = ARENA_ARRAY(arena, const struct code *, (size_t)c->count + 1);
    if (c->count < 2 || !is_text(c->values[0].type)) return unexpected(c);
    for (int i = 1; i < c->count; i++) {
        struct value v = c->values[i];
        const char *kind = is_integral(v.type) ? "i" : is_numeric(v.type) ? "f" : "s";
        if (*kind == 'f' && v.type->kind != DIALECT_DECIMAL) TRY(coerce(c->a, &v, &type_double));
        const struct code *text = code_of(arena, "CAST(%c AS VARCHAR)", v.code);
        if (*kind == 's')
            TRY(cast_code(c->a, v.node, v.code, v.type, &type_varchar, CAST_EXPLICIT, &text));
        codes[i - 1] = code_of(arena, "%t || %c", kind, text);
    }
    return give(c, &type_varchar,
                code_of(arena, "trino_format(%c, CAST([%c] AS VARCHAR[]))", c->values[0].code,
                        code_join(arena, codes, c->count - 1, ", ")));
}

/* ---- dates and times ---- */

static const struct {
    const char *name, *duck;
    int scale;
    bool of_date, of_time;
} units[] = {
    {"millisecond", "to_milliseconds", 1, false, true},
    {"second", "to_seconds", 1, false, true},
    {"minute", "to_minutes", 1, false, true},
    {"hour", "to_hours", 1, false, true},
    {"day", "to_days", 1, true, false},
    {"week", "to_days", 7, true, false},
    {"month", "to_months", 1, true, false},
    {"quarter", "to_months", 3, true, false},
    {"year", "to_months", 12, true, false},
};

static error unit_of(struct call *c, int *out)
{
    const struct node *n = c->node->items[0];
    const struct dialect_type *t = c->values[c->count - 1].type;
    if (n->kind != NODE_STRING) return unmapped(n, "a unit that is no literal");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!span_equal_nocase(span_of(units[i].name), span_of(n->text))) continue;
        *out = (int)i;
        if (t->kind == DIALECT_DATE ? units[i].of_date
                                    : t->kind != DIALECT_TIME || units[i].of_time)
            return OK;
    }
    return refuse(NULL, ERR_USAGE, "INVALID_FUNCTION_ARGUMENT", "'%s' is not a valid %s field",
                  n->text,
                  t->kind == DIALECT_DATE   ? "DATE"
                  : t->kind == DIALECT_TIME ? "Time"
                                            : "Timestamp");
}

static bool is_moment(const struct dialect_type *t)
{
    return t->kind >= DIALECT_DATE && t->kind <= DIALECT_TIMESTAMP_TZ;
}

static const struct dialect_type *moment_result(struct call *c, const struct dialect_type *t)
{
    return t->kind == DIALECT_DATE ? t : type_moment(c->a->arena, t->kind, t->precision, t->zone);
}

error trino_date_trunc(struct call *c)
{
    struct arena *arena = c->a->arena;
    int unit;
    if (c->count != 2 || !is_moment(c->values[1].type)) return unexpected(c);
    TRY(unit_of(c, &unit));
    const struct value *v = &c->values[1];
    const struct code *code = v->code;
    if (v->type->kind == DIALECT_TIMESTAMP_TZ) code = zoned_local(arena, code, v->type);
    if (v->type->kind == DIALECT_TIME)
        code = code_of(arena, "CAST(date_trunc('%s', DATE '1970-01-01' + %c) AS TIME)",
                       units[unit].name, code);
    else
        code = code_of(arena, "CAST(date_trunc('%s', %c) AS %s)", units[unit].name, code,
                       v->type->kind == DIALECT_DATE ? "DATE" : "TIMESTAMP");
    if (v->type->kind == DIALECT_TIMESTAMP_TZ) {
        if (!v->type->zone)
            return unmapped(c->node, "date_trunc of a timestamp that has a zone of its own in "
                                     "every row (use AT TIME ZONE first)");
        code = zoned_from_local(arena, code, v->type);
    }
    return give(c, moment_result(c, v->type), code);
}

error trino_date_add(struct call *c)
{
    struct arena *arena = c->a->arena;
    int unit;
    if (c->count != 3 || !is_moment(c->values[2].type) ||
        !can_coerce(arena, c->values[1].type, &type_bigint))
        return unexpected(c);
    TRY(unit_of(c, &unit));
    TRY(coerce(c->a, &c->values[1], &type_bigint));
    struct value *v = &c->values[2];
    const struct code *number = units[unit].of_date ? code_of(arena, "CAST(%c * %d AS INTEGER)",
                                                              c->values[1].code, units[unit].scale)
                                                    : c->values[1].code;
    struct value interval = {strcmp(units[unit].duck, "to_months") == 0 ? &type_interval_year
                                                                        : &type_interval_day,
                             code_of(arena, "%s(%c)", units[unit].duck, number), c->node};
    struct value moment = *v, out = {.node = c->node};
    if (v->type->kind == DIALECT_TIMESTAMP_TZ && units[unit].of_date && v->type->zone) {
        /* days are days of the zone's calendar */
        const struct code *local = zoned_local(arena, v->code, v->type);
        return give(
            c, v->type,
            zoned_from_local(arena, code_of(arena, "(%c + %c)", local, interval.code), v->type));
    }
    TRY(analyze_arithmetic(c->a, c->node, "+", moment, interval, &out));
    return give(c, v->type->precision || v->type->kind == DIALECT_DATE ? v->type : out.type,
                out.code);
}

error trino_date_diff(struct call *c)
{
    struct arena *arena = c->a->arena;
    int unit;
    if (c->count != 3 || !is_moment(c->values[1].type) || !is_moment(c->values[2].type))
        return unexpected(c);
    const struct dialect_type *type = common_type(arena, c->values[1].type, c->values[2].type);
    if (!type) return unexpected(c);
    TRY(unit_of(c, &unit));
    const struct code *codes[2];
    for (int i = 0; i < 2; i++) {
        struct value *v = &c->values[i + 1];
        if (v->type->kind != DIALECT_TIMESTAMP_TZ) TRY(coerce(c->a, v, type));
        codes[i] =
            v->type->kind != DIALECT_TIMESTAMP_TZ
                ? v->code
                : code_of(arena, "timezone('UTC', %c)", zoned_instant(arena, v->code, v->type));
    }
    return give(c, &type_bigint,
                code_of(arena, "date_sub('%s', %c, %c)", units[unit].name, codes[0], codes[1]));
}

static const char *instant_text(struct call *c)
{
    struct civil t = civil_from_us(c->a->now - c->a->now % US_PER_MS);
    return arena_printf(c->a->arena, "%04d-%02d-%02d %02d:%02d:%02d.%03d", (int)t.year, t.month,
                        t.day, t.hour, t.minute, t.second, t.us / US_PER_MS);
}

error trino_now(struct call *c)
{
    if (c->count) return unmapped(c->node, "the precision of the current time");
    return give(c, &type_utc,
                code_of(c->a->arena, "CAST(%t AS TIMESTAMPTZ)",
                        arena_printf(c->a->arena, "%s+00", instant_text(c))));
}

error trino_localtimestamp(struct call *c)
{
    if (c->count) return unmapped(c->node, "the precision of the current time");
    return give(c, &type_timestamp, code_of(c->a->arena, "CAST(%t AS TIMESTAMP)", instant_text(c)));
}

error trino_current_date(struct call *c)
{
    return give(c, &type_date,
                code_of(c->a->arena, "CAST(%t AS DATE)",
                        arena_printf(c->a->arena, "%.10s", instant_text(c))));
}

error trino_localtime(struct call *c)
{
    return give(c, type_moment(c->a->arena, DIALECT_TIME, 3, NULL),
                code_of(c->a->arena, "CAST(%t AS TIME)", instant_text(c) + 11));
}

static error zone_literal(struct call *c, int i, const char **out)
{
    int minutes;
    const struct node *n = c->node->items[i];
    if (n->kind != NODE_STRING) return unmapped(n, "a time zone that is no literal");
    *out = zone_offset(n->text, &minutes) && !minutes ? "UTC" : n->text;
    return OK;
}

error trino_at_timezone(struct call *c)
{
    const char *zone;
    if (c->count != 2 || c->values[0].type->kind != DIALECT_TIMESTAMP_TZ) return unexpected(c);
    TRY(zone_literal(c, 1, &zone));
    return give(c,
                type_moment(c->a->arena, DIALECT_TIMESTAMP_TZ, c->values[0].type->precision, zone),
                zoned_instant(c->a->arena, c->values[0].code, c->values[0].type));
}

error trino_with_timezone(struct call *c)
{
    const char *zone;
    if (c->count != 2) return unexpected(c);
    if (c->values[0].type->kind == DIALECT_DATE)
        TRY(coerce(c->a, &c->values[0], type_moment(c->a->arena, DIALECT_TIMESTAMP, 0, NULL)));
    if (c->values[0].type->kind != DIALECT_TIMESTAMP) return unexpected(c);
    TRY(zone_literal(c, 1, &zone));
    const struct dialect_type *type =
        type_moment(c->a->arena, DIALECT_TIMESTAMP_TZ, c->values[0].type->precision, zone);
    return give(c, type, zoned_from_local(c->a->arena, c->values[0].code, type));
}

error trino_from_unixtime(struct call *c)
{
    const char *zone = "UTC";
    if (c->count == 3) return unmapped(c->node, "from_unixtime with hours and minutes");
    if (c->count < 1 || !can_coerce(c->a->arena, c->values[0].type, &type_double))
        return unexpected(c);
    if (c->count == 2) TRY(zone_literal(c, 1, &zone));
    TRY(coerce(c->a, &c->values[0], &type_double));
    return give(c, type_moment(c->a->arena, DIALECT_TIMESTAMP_TZ, 3, zone),
                code_of(c->a->arena, "trino_from_unixtime(%c)", c->values[0].code));
}

error trino_parse_datetime(struct call *c)
{
    if (c->count != 2 || !is_text(c->values[0].type) || !is_text(c->values[1].type))
        return unexpected(c);
    return give(
        c, type_moment(c->a->arena, DIALECT_TIMESTAMP_TZ, 3, NULL),
        code_of(c->a->arena, "trino_parse_datetime(%c, %c)", c->values[0].code, c->values[1].code));
}

error trino_from_iso8601(struct call *c)
{
    if (c->count != 1 || !is_text(c->values[0].type)) return unexpected(c);
    return give(c, type_moment(c->a->arena, DIALECT_TIMESTAMP_TZ, 3, NULL),
                code_of(c->a->arena, "trino_from_iso8601(%c)", c->values[0].code));
}

error trino_to_iso8601(struct call *c)
{
    struct arena *arena = c->a->arena;
    if (c->count != 1) return unexpected(c);
    struct value *v = &c->values[0];
    switch (v->type->kind) {
    case DIALECT_DATE:
        return give(c, type_text(arena, DIALECT_VARCHAR, 16),
                    code_of(arena, "CAST(%c AS VARCHAR)", v->code));
    case DIALECT_TIMESTAMP:
        return give(c,
                    type_text(arena, DIALECT_VARCHAR,
                              22 + (v->type->precision ? 1 + v->type->precision : 0)),
                    code_of(arena, "replace(trino_timestamp_text(%c, %d), ' ', 'T')", v->code,
                            v->type->precision));
    case DIALECT_TIMESTAMP_TZ: {
        if (!v->type->zone)
            return unmapped(c->node,
                            "to_iso8601 of a timestamp that has a zone of its own in every row");
        const struct code *local = zoned_local(arena, v->code, v->type);
        return give(c,
                    type_text(arena, DIALECT_VARCHAR,
                              28 + (v->type->precision ? 1 + v->type->precision : 0)),
                    code_of(arena,
                            "(replace(trino_timestamp_text(%c, %d), ' ', 'T') || "
                            "trino_offset_text(date_sub('minute', timezone('UTC', %c), %c)))",
                            local, v->type->precision, v->code, local));
    }
    default:
        return unexpected(c);
    }
}

/* ---- aggregates ---- */

/* approx_percentile(x, p) and (x, array[p...]): the value at that rank. */
error trino_approx_percentile(struct call *c)
{
    struct arena *arena = c->a->arena;
    const struct node *n = c->node;
    if (c->count == 3 || c->count == 4)
        return unmapped(n, "approx_percentile with weights or accuracy");
    if (c->count != 2 || !is_numeric(c->values[0].type)) return unexpected(c);
    if (n->parts[CALL_OVER] || n->parts[CALL_FILTER] || n->flag)
        return unmapped(n, "approx_percentile with DISTINCT, FILTER or OVER");
    bool many = c->values[1].type->kind == DIALECT_ARRAY;
    const struct dialect_type *type = is_integral(c->values[0].type)              ? &type_bigint
                                      : c->values[0].type->kind == DIALECT_DOUBLE ? &type_double
                                                                                  : &type_real;
    TRY(coerce(c->a, &c->values[0], type));
    TRY(coerce(c->a, &c->values[1], many ? type_array(arena, &type_double) : &type_double));
    if (!many)
        return give(c, type,
                    code_of(arena,
                            "list_transform([{l: list_sort(list(%c) FILTER (WHERE %c IS NOT "
                            "NULL)), p: any_value(%c)}], "
                            "lambda ts: ts.l[trino_rank(ts.p, len(ts.l))])[1]",
                            c->values[0].code, c->values[0].code, c->values[1].code));
    return give(c, type_array(arena, type),
                code_of(arena,
                        "list_transform([{l: list_sort(list(%c) FILTER (WHERE %c IS NOT NULL)), p: "
                        "any_value(%c)}], "
                        "lambda ts: CASE WHEN ts.l IS NULL THEN NULL ELSE list_transform(ts.p, "
                        "lambda tq: ts.l[trino_rank(tq, len(ts.l))]) END)[1]",
                        c->values[0].code, c->values[0].code, c->values[1].code));
}

error trino_grouping(struct call *c)
{
    if (!c->scope->grouping || !c->scope->grouping->count || !c->count)
        return refuse(c->a->select, ERR_USAGE, "MISSING_GROUP_BY",
                      "A GROUPING() operation can only be used with a "
                      "corresponding GROUPING SET/CUBE/ROLLUP/GROUP BY clause");
    return give(c, c->count < 32 ? &type_integer : &type_bigint,
                code_of(c->a->arena, "CAST(grouping(%c) AS %s)", arguments_join(c, 0),
                        c->count < 32 ? "INTEGER" : "BIGINT"));
}

/* NULL results count, NULL keys do not */
static error extreme_by(struct call *c, const char *code)
{
    if (c->count == 3) return unmapped(c->node, "max_by and min_by of several values");
    if (c->count != 2) return unexpected(c);
    return aggregate_give(c, c->values[0].type, code);
}

error trino_max_by(struct call *c)
{
    return extreme_by(c, "arg_max_null@($1, $2)@");
}

error trino_min_by(struct call *c)
{
    return extreme_by(c, "arg_min_null@($1, $2)@");
}

error trino_sum(struct call *c)
{
    struct arena *arena = c->a->arena;
    if (c->count != 1) return unexpected(c);
    const struct dialect_type *t = c->values[0].type;
    if (t->kind == DIALECT_DECIMAL) {
        t = type_decimal(arena, 38, t->scale);
        return aggregate_give(c, t,
                              arena_printf(arena, "trino_sum_decimal_%d(sum@($1)@)", t->scale));
    }
    if (t->kind == DIALECT_REAL) return aggregate_give(c, t, "CAST(sum@($1)@ AS FLOAT)");
    if (t->kind == DIALECT_DOUBLE) return aggregate_give(c, t, "sum@($1)@");
    if (t->kind == DIALECT_INTERVAL_DAY || t->kind == DIALECT_INTERVAL_YEAR)
        return unmapped(c->node, "sum of intervals");
    if (!is_integral(t) && t->kind != DIALECT_UNKNOWN) return unexpected(c);
    TRY(coerce(c->a, &c->values[0], &type_bigint));
    return aggregate_give(c, &type_bigint, "trino_sum_bigint(sum@($1)@)");
}

error trino_avg(struct call *c)
{
    struct arena *arena = c->a->arena;
    if (c->count != 1) return unexpected(c);
    const struct dialect_type *t = c->values[0].type;
    if (t->kind == DIALECT_DECIMAL)
        return aggregate_give(c, t,
                              arena_printf(arena,
                                           "CAST(trino_divide_decimal_%d(sum@($1)@, "
                                           "CAST(count@($1)@ AS DECIMAL(19,0))) AS $R)",
                                           t->scale));
    if (t->kind == DIALECT_REAL) return aggregate_give(c, t, "CAST(avg@($1)@ AS FLOAT)");
    if (t->kind == DIALECT_INTERVAL_DAY || t->kind == DIALECT_INTERVAL_YEAR)
        return unmapped(c->node, "avg of intervals");
    if (!is_numeric(t) && t->kind != DIALECT_UNKNOWN) return unexpected(c);
    if (t->kind != DIALECT_DOUBLE) TRY(coerce(c->a, &c->values[0], &type_bigint));
    return aggregate_give(c, &type_double, "avg@($1)@");
}

error trino_histogram(struct call *c)
{
    if (c->count != 1) return unexpected(c);
    return aggregate_give(c, type_map(c->a->arena, c->values[0].type, &type_bigint),
                          "CAST(histogram@($1)@ AS $R)");
}

/* The first value of a key stays; NULL keys are skipped. */
error trino_map_agg(struct call *c)
{
    if (c->count != 2) return unexpected(c);
    return aggregate_give(
        c, type_map(c->a->arena, c->values[0].type, c->values[1].type),
        "list_transform([list_filter(list@(struct_pack(key := $1, value := $2))@, lambda te: "
        "te.key IS NOT NULL)], "
        "lambda tl: list_transform([list_transform(tl, lambda te: te.key)], lambda tk: "
        "map_from_entries(list_filter(tl, lambda te, ti: list_position(tk, te.key) = ti)))[1])[1]");
}

/* round(x[, digits]) keeps the type; of decimals precision and scale follow the digits */
error trino_round(struct call *c)
{
    struct arena *arena = c->a->arena;
    if (c->count < 1 || c->count > 2) return unexpected(c);
    struct value *v = &c->values[0];
    if (v->type->kind == DIALECT_UNKNOWN) v->type = &type_double;
    if (!is_numeric(v->type)) return unexpected(c);
    if (c->count == 2) {
        if (!can_coerce(arena, c->values[1].type, &type_integer)) return unexpected(c);
        TRY(coerce(c->a, &c->values[1], &type_integer));
    }
    const struct code *digits = c->count == 2 ? c->values[1].code : code_of(arena, "0");
    if (is_integral(v->type)) {
        if (c->count == 1) return give(c, v->type, v->code);
        return give(c, v->type,
                    code_of(arena, "CAST(trino_round_integer(%c, %c) AS %s)", v->code, digits,
                            duck_type(arena, v->type)));
    }
    if (v->type->kind == DIALECT_DECIMAL) {
        int p = v->type->precision, s = v->type->scale;
        const struct dialect_type *type =
            c->count == 2 ? type_decimal(arena, p + 1, s)
                          : type_decimal(arena, p - s + (s > 0) > 0 ? p - s + (s > 0) : 1, 0);
        if (c->count == 1 || is_simple(&c->values[1]))
            return give(c, type,
                        code_of(arena, "CAST(round(%c, %c) AS %s)", v->code, digits,
                                duck_type(arena, type)));
        return unmapped(c->node, "round of a decimal to a number of digits that is no literal");
    }
    return give(c, v->type,
                code_of(arena, "CAST(trino_round_double(%c, %c) AS %s)", v->code, digits,
                        duck_type(arena, v->type)));
}

/* ceiling, floor and truncate keep the type; decimals lose their scale */
static error to_whole(struct call *c, const char *duck, int carries)
{
    struct arena *arena = c->a->arena;
    if (c->count != 1 || !is_numeric(c->values[0].type)) return unexpected(c);
    const struct value *v = &c->values[0];
    if (is_integral(v->type)) return give(c, v->type, v->code);
    const struct dialect_type *type = v->type;
    if (type->kind == DIALECT_DECIMAL) {
        int whole = type->precision - type->scale + (carries && type->scale > 0);
        type = type_decimal(arena, whole > 0 ? whole : 1, 0);
    }
    return give(c, type,
                code_of(arena, "CAST(%s(%c) AS %s)", duck, v->code, duck_type(arena, type)));
}

error trino_ceiling(struct call *c)
{
    return to_whole(c, "ceil", 1);
}

error trino_floor(struct call *c)
{
    return to_whole(c, "floor", 1);
}

error trino_truncate(struct call *c)
{
    struct arena *arena = c->a->arena;
    if (c->count == 1) return to_whole(c, "trunc", 0);
    if (c->count != 2 || !can_coerce(arena, c->values[1].type, &type_integer)) return unexpected(c);
    return unmapped(c->node, "truncate to a number of digits");
}

error trino_sign(struct call *c)
{
    if (c->count != 1 || !is_numeric(c->values[0].type)) return unexpected(c);
    const struct value *v = &c->values[0];
    const struct dialect_type *type =
        v->type->kind == DIALECT_DECIMAL ? type_decimal(c->a->arena, 1, 0) : v->type;
    return give(
        c, type,
        code_of(c->a->arena, "CAST(sign(%c) AS %s)", v->code, duck_type(c->a->arena, type)));
}

error trino_mod(struct call *c)
{
    if (c->count != 2 || !is_numeric(c->values[0].type) || !is_numeric(c->values[1].type))
        return unexpected(c);
    return analyze_arithmetic(c->a, c->node, "%", c->values[0], c->values[1], c->out);
}
