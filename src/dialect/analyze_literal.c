/* Literals -> typed constants. */
#include "dialect/internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { DECIMAL_DIGITS_MAX = 38, TEXT_MAX_FRACTION = 12 };

static error decimal_value(struct analyzer *a, const struct node *n, const char *text,
                           struct value *out)
{
    const char *p = text + (*text == '-' || *text == '+');
    int whole = 0, scale = 0;
    while (*p == '0') p++;
    while (isdigit((unsigned char)*p)) p++, whole++;
    if (*p == '.') p++;
    while (isdigit((unsigned char)*p)) p++, scale++;
    if (*p || whole + scale > DECIMAL_DIGITS_MAX)
        return refuse(n, ERR_USAGE, "INVALID_LITERAL", "'%s' is not a valid DECIMAL literal", text);
    out->type = type_decimal(a->arena, whole + scale ? whole + scale : 1, scale);
    out->code = code_of(a->arena, "CAST(%t AS %s)", text, duck_type(a->arena, out->type));
    return OK;
}

static error integer_literal(struct analyzer *a, const struct node *n, struct value *out)
{
    int64_t number;
    if (a->dialect->spark && !parse_int64(span_of(n->text), &number))
        return decimal_value(a, n, n->text, out);
    if (!parse_int64(span_of(n->text), &number))
        return refuse(n, ERR_PARSE, "SYNTAX_ERROR", "Invalid numeric literal: %s", n->text);
    out->type = number <= INT32_MAX ? &type_integer : &type_bigint;
    out->code = code_of(a->arena, "CAST(%s AS %s)", n->text, duck_type(a->arena, out->type));
    return OK;
}

error analyze_negative(struct analyzer *a, const struct node *n, struct value *out)
{
    int64_t number;
    const char *text = arena_printf(a->arena, "-%s", n->items[0]->text);
    if (!parse_int64(span_of(text), &number))
        return refuse(n, ERR_PARSE, "SYNTAX_ERROR", "Invalid numeric literal: %s",
                      n->items[0]->text);
    out->type = number >= INT32_MIN ? &type_integer : &type_bigint;
    out->code = code_of(a->arena, "CAST(%t AS %s)", text, duck_type(a->arena, out->type));
    return OK;
}

static error bytes_literal(struct analyzer *a, const struct node *n, struct value *out)
{
    struct buffer text = {0};
    int digits = 0;
    bool good = true;
    for (const char *p = n->text; *p; p++) {
        if (isspace((unsigned char)*p)) continue;
        good = good && isxdigit((unsigned char)*p);
        if (digits++ % 2 == 0) buffer_append_text(&text, "\\x");
        buffer_append_byte(&text, (uint8_t)*p);
    }
    out->type = &type_varbinary;
    out->code = code_of(a->arena, "CAST(%t AS BLOB)", buffer_text(&text));
    buffer_release(&text);
    return good && digits % 2 == 0 ? OK
                                   : refuse(n, ERR_PARSE, "SYNTAX_ERROR",
                                            "Binary literal must contain an even number "
                                            "of hexadecimal digits");
}

/* ---- intervals ---- */

static const struct {
    const char *name;
    int64_t us;
    int months;
} interval_units[] = {
    {"SECOND", 1000000, 0}, {"MINUTE", 60000000, 0}, {"HOUR", 3600000000, 0},
    {"DAY", US_PER_DAY, 0}, {"MONTH", 0, 1},         {"YEAR", 0, 12},
};

static int unit_of(const struct node *n)
{
    for (size_t i = 0; i < sizeof interval_units / sizeof *interval_units; i++)
        if (span_equal_nocase(span_of(n->text), span_of(interval_units[i].name))) return (int)i;
    return 0;
}

/* "1", "1.5" of seconds; "1 02:03:04.5" from one unit to another; "1-2" of years and months. */
static bool interval_parse(const struct node *n, int from, int to, int64_t *us, int64_t *months)
{
    const char *p = n->text;
    bool negative = *p == '-';
    p += *p == '-' || *p == '+';
    *us = *months = 0;
    for (int unit = from; unit >= to; unit--) {
        char *end;
        if (!isdigit((unsigned char)*p)) return false;
        long long number = strtoll(p, &end, 10);
        if (number > 1000000000000LL) return false;
        *us += number * interval_units[unit].us;
        *months += number * interval_units[unit].months;
        p = end;
        if (unit == 0 && *p == '.') {
            int64_t scale = 1000000;
            for (p++; isdigit((unsigned char)*p); p++) *us += (*p - '0') * (scale /= 10);
        }
        if (unit > to) {
            if (*p != (interval_units[unit].months ? '-' : unit == 3 ? ' ' : ':')) return false;
            p++;
        }
    }
    if (negative) *us = -*us, *months = -*months;
    return *p == 0;
}

static error interval_literal(struct analyzer *a, const struct node *n, struct value *out)
{
    int64_t us, months;
    int from = unit_of(n->items[0]), to = n->count > 1 ? unit_of(n->items[1]) : from;
    if (!interval_parse(n, from, to, &us, &months) || months > INT32_MAX || months < INT32_MIN)
        return refuse(n, ERR_USAGE, "INVALID_LITERAL", "'%s' is not a valid INTERVAL literal",
                      n->text);
    if (n->flag) us = -us, months = -months;
    bool years = interval_units[from].months != 0;
    out->type = years ? &type_interval_year : &type_interval_day;
    out->code = years ? code_of(a->arena, "to_months(CAST(%d AS INTEGER))", (int)months)
                      : code_of(a->arena, "to_microseconds(CAST(%s AS BIGINT))",
                                arena_printf(a->arena, "%lld", (long long)us));
    return OK;
}

/* ---- DATE '...' and its like ---- */

static error invalid(const struct node *n, const char *type)
{
    return refuse(n, ERR_USAGE, "INVALID_LITERAL", "'%s' is not a valid %s literal", n->text, type);
}

static bool take_number(const char **p, int digits_max, int *out)
{
    int digits = 0;
    for (*out = 0; isdigit((unsigned char)**p) && digits < digits_max; ++*p, digits++)
        *out = *out * 10 + (**p - '0');
    return digits > 0;
}

static bool take_date(const char **p, struct civil *c)
{
    int year;
    if (!take_number(p, 4, &year) || *(*p)++ != '-' || !take_number(p, 2, &c->month) ||
        *(*p)++ != '-' || !take_number(p, 2, &c->day))
        return false;
    c->year = year;
    return c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= days_in_month(year, c->month);
}

/* HH:MM[:SS[.fraction]]; the fraction's digits are counted. */
static bool take_time(const char **p, struct civil *c, int *precision)
{
    int scale = 1000000;
    *precision = 0;
    if (!take_number(p, 2, &c->hour) || **p != ':') return false;
    ++*p;
    if (!take_number(p, 2, &c->minute)) return false;
    if (**p == ':') {
        ++*p;
        if (!take_number(p, 2, &c->second)) return false;
        if (**p == '.')
            for (++*p; isdigit((unsigned char)**p); ++*p, ++*precision)
                c->us += (**p - '0') * (scale /= 10);
    }
    return c->hour < 24 && c->minute < 60 && c->second < 60;
}

static error moment_precision(const struct node *n, int precision)
{
    return precision <= 6 ? OK : unmapped(n, "a time with more than six fraction digits");
}

static error timestamp_literal(struct analyzer *a, const struct node *n, struct value *out)
{
    struct civil c = {0};
    const char *p = n->text;
    int precision = 0, minutes;
    while (*p == ' ') p++;
    if (!take_date(&p, &c)) return invalid(n, "TIMESTAMP");
    if (*p == ' ') {
        p++;
        if (isdigit((unsigned char)*p) && !take_time(&p, &c, &precision))
            return invalid(n, "TIMESTAMP");
    }
    TRY(moment_precision(n, precision));
    const char *local = arena_printf(a->arena, "%04d-%02d-%02d %02d:%02d:%02d.%06d", (int)c.year,
                                     c.month, c.day, c.hour, c.minute, c.second, c.us);
    out->code = code_of(a->arena, "CAST(%t AS TIMESTAMP)", local);
    while (*p == ' ') p++;
    out->type = type_moment(a->arena, DIALECT_TIMESTAMP, precision, NULL);
    if (!*p) return OK;
    const char *zone = strcmp(p, "Z") == 0 || strcmp(p, "UTC") == 0 ? "UTC" : p;
    bool region = isalpha((unsigned char)*zone) && !strpbrk(zone, ": ");
    if (!zone_offset(zone, &minutes) && !region) return invalid(n, "TIMESTAMP");
    out->type =
        type_moment(a->arena, DIALECT_TIMESTAMP_TZ, precision, arena_text(a->arena, span_of(zone)));
    out->code = zoned_from_local(a->arena, out->code, out->type);
    if (region) /* whether there is such a zone the engine knows */
        out->code = code_of(a->arena,
                            "CASE WHEN %t IN (SELECT name FROM pg_timezone_names()) THEN %c ELSE "
                            "CAST(trino_fail(%t) AS TIMESTAMPTZ) END",
                            zone, out->code,
                            arena_printf(a->arena,
                                         "INVALID_LITERAL: line %d:%d: '%s' is not a valid "
                                         "TIMESTAMP literal",
                                         n->at.line, n->at.column, n->text));
    return OK;
}

static error time_literal(struct analyzer *a, const struct node *n, struct value *out)
{
    struct civil c = {0};
    const char *p = n->text;
    int precision;
    if (!take_time(&p, &c, &precision)) return invalid(n, "TIME");
    if (*p == '+' || *p == '-' || *p == ' ') return unmapped(n, "time with time zone");
    if (*p) return invalid(n, "TIME");
    TRY(moment_precision(n, precision));
    out->type = type_moment(a->arena, DIALECT_TIME, precision, NULL);
    out->code = code_of(a->arena, "CAST(%t AS TIME)", n->text);
    return OK;
}

static error date_literal(struct analyzer *a, const struct node *n, struct value *out)
{
    struct civil c = {0};
    const char *p = n->text;
    if (!take_date(&p, &c) || *p) return invalid(n, "DATE");
    out->type = &type_date;
    out->code = code_of(a->arena, "CAST(%t AS DATE)", n->text);
    return OK;
}

static error typed_literal(struct analyzer *a, const struct node *n, struct value *out)
{
    const struct dialect_type *type;
    const char *name = n->items[0]->text;
    if (span_equal_nocase(span_of(name), SPAN("timestamp"))) return timestamp_literal(a, n, out);
    if (span_equal_nocase(span_of(name), SPAN("time"))) return time_literal(a, n, out);
    if (span_equal_nocase(span_of(name), SPAN("date"))) return date_literal(a, n, out);
    if (span_equal_nocase(span_of(name), SPAN("decimal"))) return decimal_value(a, n, n->text, out);
    if (span_equal_nocase(span_of(name), SPAN("json"))) {
        out->type = &type_json;
        out->code = code_of(a->arena, "trino_json_parse(%t)", n->text);
        return OK;
    }
    TRY(type_from_node(a, n->items[0], &type));
    if (type->kind == DIALECT_CHAR)
        type = type_text(a->arena, DIALECT_CHAR, (int)utf8_count(span_of(n->text)));
    out->type = type;
    const char *upper = n->items[0]->text;
    TRY(cast_code(a, n, code_of(a->arena, "%t", n->text), &type_varchar, type, CAST_EXPLICIT,
                  &out->code));
    if (is_text(type)) return OK;
    out->code = code_of(a->arena, "coalesce(TRY(%c), CAST(trino_fail(%t) AS %s))", out->code,
                        arena_printf(a->arena,
                                     "INVALID_LITERAL: line %d:%d: '%s' is not a valid %s "
                                     "literal",
                                     n->at.line, n->at.column, n->text, upper),
                        duck_type(a->arena, type));
    return OK;
}

error analyze_literal(struct analyzer *a, const struct node *n, struct value *out)
{
    switch (n->kind) {
    case NODE_NULL:
        out->type = &type_unknown;
        out->code = code_of(a->arena, "NULL");
        return OK;
    case NODE_BOOLEAN:
        out->type = &type_boolean;
        out->code = code_of(a->arena, "%s", *n->text == 't' || *n->text == 'T' ? "true" : "false");
        return OK;
    case NODE_INTEGER:
        return integer_literal(a, n, out);
    case NODE_DECIMAL:
        return decimal_value(a, n, n->text, out);
    case NODE_DOUBLE:
        out->type = &type_double;
        out->code = code_of(a->arena, "CAST(%t AS DOUBLE)", n->text);
        return OK;
    case NODE_STRING:
        out->type = a->dialect->spark
                        ? &type_varchar
                        : type_text(a->arena, DIALECT_VARCHAR, (int)utf8_count(span_of(n->text)));
        out->code = code_of(a->arena, "%t", n->text);
        return OK;
    case NODE_BYTES:
        return bytes_literal(a, n, out);
    case NODE_INTERVAL:
        return interval_literal(a, n, out);
    default:
        return typed_literal(a, n, out);
    }
}
