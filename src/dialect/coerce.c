/* One type's value as another's, in DuckDB's SQL. DuckDB's own CAST where it gives the same, else a
 * function of ours. A timestamp with time zone is an instant (TIMESTAMPTZ) with its zone in the
 * type, or, where every value has its own, a BIGINT of milliseconds and offset as in trino_pack. */
#include "dialect/internal.h"

#include <stdio.h>
#include <stdlib.h>

struct cast {
    struct analyzer *a;
    const struct node *at;
    enum cast_mode mode;
};

static error convert(const struct cast *, const struct code *, const struct dialect_type *from,
                     const struct dialect_type *to, const struct code **out);

static error refuse_cast(const struct cast *c, const struct dialect_type *from,
                         const struct dialect_type *to)
{
    return refuse(c->at, ERR_USAGE, "TYPE_MISMATCH", "Cannot cast %s to %s",
                  type_name(c->a->arena, from), type_name(c->a->arena, to));
}

static error plain_cast(const struct cast *c, const struct code *code,
                        const struct dialect_type *to, const struct code **out)
{
    *out = code_of(c->a->arena, "CAST(%c AS %s)", code, duck_type(c->a->arena, to));
    return OK;
}

/* ---- zones ---- */

bool zone_offset(const char *zone, int *minutes)
{
    int hours = 0, rest = 0, end = 0;
    *minutes = 0;
    if (strcmp(zone, "UTC") == 0 || strcmp(zone, "Z") == 0) return true;
    if (*zone != '+' && *zone != '-') return false;
    if (sscanf(zone + 1, "%2d:%2d%n", &hours, &rest, &end) != 2 || zone[1 + end]) return false;
    *minutes = (*zone == '-' ? -1 : 1) * (hours * 60 + rest);
    return hours <= 14 && rest < 60;
}

const struct code *zoned_instant(struct arena *arena, const struct code *code,
                                 const struct dialect_type *t)
{
    return t->zone ? code : code_of(arena, "trino_packed_instant(%c)", code);
}

const struct code *zoned_local(struct arena *arena, const struct code *code,
                               const struct dialect_type *t)
{
    int minutes;
    if (!t->zone) return code_of(arena, "trino_packed_local(%c)", code);
    if (!zone_offset(t->zone, &minutes)) return code_of(arena, "timezone(%t, %c)", t->zone, code);
    if (!minutes) return code_of(arena, "timezone('UTC', %c)", code);
    return code_of(arena, "(timezone('UTC', %c) + to_minutes(%d))", code, minutes);
}

const struct code *zoned_from_local(struct arena *arena, const struct code *code,
                                    const struct dialect_type *like)
{
    int minutes;
    if (!like->zone) return code_of(arena, "trino_pack(timezone('UTC', %c), 0)", code);
    if (!zone_offset(like->zone, &minutes))
        return code_of(arena, "timezone(%t, %c)", like->zone, code);
    if (!minutes) return code_of(arena, "timezone('UTC', %c)", code);
    return code_of(arena, "timezone('UTC', %c - to_minutes(%d))", code, minutes);
}

static error zoned_to_zoned(const struct cast *c, const struct code *code,
                            const struct dialect_type *from, const struct dialect_type *to,
                            const struct code **out)
{
    int minutes;
    *out = code;
    if (to->zone || !from->zone) {
        if (to->zone && !from->zone)
            return unmapped(c->at, "one zone for values that have each their own");
        return OK;
    }
    if (!zone_offset(from->zone, &minutes))
        return unmapped(c->at, "a mix of time zones, of which one is a region,");
    *out = code_of(c->a->arena, "trino_pack(%c, %d)", code, minutes);
    return OK;
}

/* ---- nested values ---- */

static const char *variable(struct analyzer *a)
{
    return arena_printf(a->arena, "v%d", a->names++);
}

static error convert_array(const struct cast *c, const struct code *code,
                           const struct dialect_type *from, const struct dialect_type *to,
                           const struct code **out)
{
    struct arena *arena = c->a->arena;
    const char *v = variable(c->a);
    const struct code *element;
    TRY(convert(c, code_of(arena, "%s", v), from->fields[0].type, to->fields[0].type, &element));
    *out = code_of(arena, "list_transform(%c, lambda %s: %c)", code, v, element);
    return OK;
}

static error convert_map(const struct cast *c, const struct code *code,
                         const struct dialect_type *from, const struct dialect_type *to,
                         const struct code **out)
{
    struct arena *arena = c->a->arena;
    const char *v = variable(c->a);
    const struct code *key, *value;
    TRY(convert(c, code_of(arena, "%s.key", v), from->fields[0].type, to->fields[0].type, &key));
    TRY(convert(c, code_of(arena, "%s.value", v), from->fields[1].type, to->fields[1].type,
                &value));
    *out = code_of(arena,
                   "map_from_entries(list_transform(map_entries(%c), lambda %s: "
                   "struct_pack(key := %c, value := %c)))",
                   code, v, key, value);
    return OK;
}

/* One look at the row for all of its fields: a lambda over a list of one binds it to a name. */
static error convert_row(const struct cast *c, const struct code *code,
                         const struct dialect_type *from, const struct dialect_type *to,
                         const struct code **out)
{
    struct arena *arena = c->a->arena;
    const char *v = variable(c->a);
    const struct code **fields = ARENA_ARRAY(arena, const struct code *, (size_t)to->field_count);
    for (int i = 0; i < to->field_count; i++) {
        const struct code *field =
            code_of(arena, "struct_extract(%s, %t)", v, row_field_name(arena, from, i));
        TRY(convert(c, field, from->fields[i].type, to->fields[i].type, &field));
        fields[i] = code_of(arena, "%n := %c", row_field_name(arena, to, i), field);
    }
    *out = code_of(arena,
                   "list_transform([%c], lambda %s: CASE WHEN %s IS NULL THEN NULL ELSE "
                   "struct_pack(%c) END)[1]",
                   code, v, v, code_join(arena, fields, to->field_count, ", "));
    return OK;
}

/* ---- to and from text ---- */

static error to_text(const struct cast *c, const struct code *code, const struct dialect_type *from,
                     const struct code **out)
{
    struct arena *arena = c->a->arena;
    switch (from->kind) {
    case DIALECT_DOUBLE:
        *out = code_of(arena, "trino_double_text(%c)", code);
        break;
    case DIALECT_REAL:
        *out = code_of(arena, "trino_real_text(%c)", code);
        break;
    case DIALECT_CHAR:
        *out = code_of(arena, "rpad(%c, %d, ' ')", code, from->length);
        break;
    case DIALECT_TIME:
        *out = code_of(arena, "trino_time_text(%c, %d)", code, from->precision);
        break;
    case DIALECT_TIMESTAMP:
        *out = code_of(arena, "trino_timestamp_text(%c, %d)", code, from->precision);
        break;
    case DIALECT_TIMESTAMP_TZ:
        if (from->zone)
            *out = code_of(arena, "(trino_timestamp_text(%c, %d) || %t)",
                           zoned_local(arena, code, from), from->precision,
                           arena_printf(arena, " %s", from->zone));
        else *out = code_of(arena, "trino_packed_text(%c)", code);
        break;
    case DIALECT_INTERVAL_DAY:
        *out = code_of(arena, "trino_interval_day_text(%c)", code);
        break;
    case DIALECT_INTERVAL_YEAR:
        *out = code_of(arena, "trino_interval_year_text(%c)", code);
        break;
    case DIALECT_JSON:
        *out = c->mode == CAST_PRESENT ? code : code_of(arena, "trino_json_text(%c)", code);
        break;
    case DIALECT_VARCHAR:
        *out = code;
        break;
    default:
        *out = code_of(arena, "CAST(%c AS VARCHAR)", code);
        break;
    }
    return OK;
}

static error to_bounded_text(const struct cast *c, const struct code *code,
                             const struct dialect_type *from, const struct dialect_type *to,
                             const struct code **out)
{
    struct arena *arena = c->a->arena;
    bool shortens = is_text(from) && (from->length < 0 || from->length > to->length);
    bool checks = !is_text(from);
    if (from->kind == DIALECT_CHAR && to->kind == DIALECT_CHAR) *out = code;
    else TRY(to_text(c, code, from, out));
    if (to->length < 0) return OK;
    if (shortens) *out = code_of(arena, "left(%c, %d)", *out, to->length);
    if (checks)
        *out = code_of(arena, "trino_fit_text(%c, %d, %t)", *out, to->length, type_name(arena, to));
    if (to->kind == DIALECT_CHAR) *out = code_of(arena, "rtrim(%c, ' ')", *out);
    return OK;
}

static error from_text(const struct cast *c, const struct code *code,
                       const struct dialect_type *from, const struct dialect_type *to,
                       const struct code **out)
{
    static const char *const names[DIALECT_KINDS] = {
        [DIALECT_BOOLEAN] = "boolean",   [DIALECT_TINYINT] = "tinyint",
        [DIALECT_SMALLINT] = "smallint", [DIALECT_INTEGER] = "integer",
        [DIALECT_BIGINT] = "bigint",     [DIALECT_REAL] = "real",
        [DIALECT_DOUBLE] = "double",     [DIALECT_DATE] = "date",
    };
    struct arena *arena = c->a->arena;
    if (from->kind == DIALECT_CHAR) TRY(to_text(c, code, from, &code));
    if (names[to->kind]) {
        *out = code_of(arena, "trino_text_%s(%c)", names[to->kind], code);
        return OK;
    }
    switch (to->kind) {
    case DIALECT_DECIMAL:
        *out = code_of(arena, "CAST(trino_text_number(%c, %t) AS %s)", code, type_name(arena, to),
                       duck_type(arena, to));
        return OK;
    case DIALECT_TIME:
    case DIALECT_TIMESTAMP:
        *out = code_of(arena, "trino_text_%s(%c, %d)",
                       to->kind == DIALECT_TIME ? "time" : "timestamp", code, to->precision);
        return OK;
    case DIALECT_TIMESTAMP_TZ:
        *out = code_of(arena, "trino_text_packed(%c)", code);
        return OK;
    case DIALECT_VARBINARY:
        *out = code_of(arena, "encode(%c)", code);
        return OK;
    case DIALECT_JSON:
        *out = code_of(arena, "trino_json_quote(%c)", code);
        return OK;
    case DIALECT_UUID:
        return plain_cast(c, code, to, out);
    default:
        return refuse_cast(c, from, to);
    }
}

/* ---- JSON ---- */

static error array_to_json(const struct cast *c, const struct code *code,
                           const struct dialect_type *from, const struct code **out)
{
    struct arena *arena = c->a->arena;
    const char *v = variable(c->a);
    const struct code *item;
    TRY(convert(c, code_of(arena, "%s", v), from->fields[0].type, &type_json, &item));
    *out = code_of(arena, "trino_json_array(list_transform(%c, lambda %s: %c))", code, v, item);
    return OK;
}

static error map_to_json(const struct cast *c, const struct code *code,
                         const struct dialect_type *from, const struct code **out)
{
    struct arena *arena = c->a->arena;
    const char *v = variable(c->a), *m = variable(c->a);
    const struct code *key, *value;
    if (!is_text(from->fields[0].type))
        return unmapped(c->at, "JSON of a map whose keys are not varchar");
    TRY(convert(c, code_of(arena, "%s.key", v), from->fields[0].type, &type_json, &key));
    TRY(convert(c, code_of(arena, "%s.value", v), from->fields[1].type, &type_json, &value));
    *out = code_of(arena,
                   "list_transform([map_entries(%c)], lambda %s: "
                   "trino_json_object(list_transform(%s, lambda %s: %c), "
                   "list_transform(%s, lambda %s: %c)))[1]",
                   code, m, m, v, key, m, v, value);
    return OK;
}

static error row_to_json(const struct cast *c, const struct code *code,
                         const struct dialect_type *from, const struct code **out)
{
    struct arena *arena = c->a->arena;
    const char *v = variable(c->a);
    const struct code **fields =
        ARENA_ARRAY(arena, const struct code *, (size_t)from->field_count + 1);
    for (int i = 0; i < from->field_count; i++) {
        const struct code *field =
            code_of(arena, "struct_extract(%s, %t)", v, row_field_name(arena, from, i));
        TRY(convert(c, field, from->fields[i].type, &type_json, &field));
        fields[i] = code_of(arena, "trino_json_quote(%t) || ':' || coalesce(%c, 'null')",
                            from->fields[i].name ? from->fields[i].name : "", field);
    }
    *out = code_of(arena,
                   "list_transform([%c], lambda %s: CASE WHEN %s IS NULL THEN NULL ELSE "
                   "'{' || %c || '}' END)[1]",
                   code, v, v, code_join(arena, fields, from->field_count, " || ',' || "));
    return OK;
}

static error to_json(const struct cast *c, const struct code *code, const struct dialect_type *from,
                     const struct code **out)
{
    struct arena *arena = c->a->arena;
    switch (from->kind) {
    case DIALECT_UNKNOWN:
    case DIALECT_BOOLEAN:
    case DIALECT_TINYINT:
    case DIALECT_SMALLINT:
    case DIALECT_INTEGER:
    case DIALECT_BIGINT:
    case DIALECT_DECIMAL:
        *out = code_of(arena, "CAST(%c AS VARCHAR)", code);
        return OK;
    case DIALECT_REAL:
    case DIALECT_DOUBLE:
        *out = code_of(arena, "trino_json_double(CAST(%c AS DOUBLE))", code);
        return OK;
    case DIALECT_DATE:
    case DIALECT_TIMESTAMP:
        TRY(to_text(c, code, from, &code));
        *out = code_of(arena, "trino_json_quote(%c)", code);
        return OK;
    case DIALECT_ARRAY:
        return array_to_json(c, code, from, out);
    case DIALECT_MAP:
        return map_to_json(c, code, from, out);
    case DIALECT_ROW:
        return row_to_json(c, code, from, out);
    default:
        return refuse_cast(c, from, &type_json);
    }
}

static error row_from_json(const struct cast *c, const struct code *code,
                           const struct dialect_type *to, const struct code **out)
{
    struct arena *arena = c->a->arena;
    const char *v = variable(c->a);
    const struct code **fields = ARENA_ARRAY(arena, const struct code *, (size_t)to->field_count);
    for (int i = 0; i < to->field_count; i++) {
        const struct code *field =
            code_of(arena, "trino_json_field(%s, %t, %d)", v, row_field_name(arena, to, i), i);
        TRY(convert(c, field, &type_json, to->fields[i].type, &field));
        fields[i] = code_of(arena, "%n := %c", row_field_name(arena, to, i), field);
    }
    *out = code_of(arena,
                   "list_transform([nullif(%c, 'null')], lambda %s: CASE WHEN %s IS NULL "
                   "THEN NULL ELSE struct_pack(%c) END)[1]",
                   code, v, v, code_join(arena, fields, to->field_count, ", "));
    return OK;
}

static error from_json(const struct cast *c, const struct code *code, const struct dialect_type *to,
                       const struct code **out)
{
    struct arena *arena = c->a->arena;
    const char *v = variable(c->a), *m;
    const struct code *item;
    switch (to->kind) {
    case DIALECT_BOOLEAN:
    case DIALECT_DOUBLE:
    case DIALECT_BIGINT:
        *out = code_of(arena, "trino_json_as_%s(%c)", type_name(arena, to), code);
        return OK;
    case DIALECT_TINYINT:
    case DIALECT_SMALLINT:
    case DIALECT_INTEGER:
        *out = code_of(arena, "CAST(trino_json_as_bigint(%c) AS %s)", code, duck_type(arena, to));
        return OK;
    case DIALECT_REAL:
        *out = code_of(arena, "CAST(trino_json_as_double(%c) AS FLOAT)", code);
        return OK;
    case DIALECT_DECIMAL:
    case DIALECT_DATE:
    case DIALECT_TIMESTAMP:
        return from_text(c, code_of(arena, "trino_json_text(%c)", code), &type_varchar, to, out);
    case DIALECT_ARRAY:
        TRY(convert(c, code_of(arena, "%s", v), &type_json, to->fields[0].type, &item));
        *out = code_of(arena, "list_transform(trino_json_items(%c), lambda %s: %c)", code, v, item);
        return OK;
    case DIALECT_MAP:
        m = variable(c->a);
        if (to->fields[0].type->kind != DIALECT_VARCHAR)
            return unmapped(c->at, "a cast of JSON to a map whose keys are not varchar");
        TRY(convert(c, code_of(arena, "%s", v), &type_json, to->fields[1].type, &item));
        *out = code_of(arena,
                       "list_transform([%c], lambda %s: map(trino_json_keys(%s), "
                       "list_transform(trino_json_values(%s), lambda %s: %c)))[1]",
                       code, m, m, m, v, item);
        return OK;
    case DIALECT_ROW:
        return row_from_json(c, code, to, out);
    default:
        return refuse_cast(c, &type_json, to);
    }
}

/* ---- numbers and moments ---- */

static error to_integral(const struct cast *c, const struct code *code,
                         const struct dialect_type *from, const struct dialect_type *to,
                         const struct code **out)
{
    if (from->kind != DIALECT_REAL && from->kind != DIALECT_DOUBLE)
        return plain_cast(c, code, to, out);
    *out = code_of(c->a->arena, "trino_double_%s(CAST(%c AS DOUBLE))", type_name(c->a->arena, to),
                   code);
    return OK;
}

static error to_timestamp(const struct cast *c, const struct code *code,
                          const struct dialect_type *from, const struct dialect_type *to,
                          const struct code **out)
{
    struct arena *arena = c->a->arena;
    if (from->kind == DIALECT_TIMESTAMP_TZ) code = zoned_local(arena, code, from);
    else if (from->kind == DIALECT_DATE) code = code_of(arena, "CAST(%c AS TIMESTAMP)", code);
    else if (from->kind != DIALECT_TIMESTAMP) return refuse_cast(c, from, to);
    *out = from->precision > to->precision && from->kind != DIALECT_DATE
               ? code_of(arena, "trino_round_timestamp(%c, %d)", code, to->precision)
               : code;
    return OK;
}

static error to_zoned(const struct cast *c, const struct code *code,
                      const struct dialect_type *from, const struct dialect_type *to,
                      const struct code **out)
{
    struct arena *arena = c->a->arena;
    if (from->kind == DIALECT_TIMESTAMP_TZ) return zoned_to_zoned(c, code, from, to, out);
    if (from->kind != DIALECT_TIMESTAMP && from->kind != DIALECT_DATE)
        return refuse_cast(c, from, to);
    if (from->kind == DIALECT_DATE) code = code_of(arena, "CAST(%c AS TIMESTAMP)", code);
    *out = code_of(arena, "timezone('UTC', %c)", code);
    if (!to->zone) *out = code_of(arena, "trino_pack(%c, 0)", *out);
    return OK;
}

static error to_date_or_time(const struct cast *c, const struct code *code,
                             const struct dialect_type *from, const struct dialect_type *to,
                             const struct code **out)
{
    struct arena *arena = c->a->arena;
    if (from->kind == DIALECT_TIMESTAMP_TZ) code = zoned_local(arena, code, from);
    else if (from->kind != DIALECT_TIMESTAMP && from->kind != to->kind)
        return refuse_cast(c, from, to);
    *out = code_of(arena, "CAST(%c AS %s)", code, to->kind == DIALECT_DATE ? "DATE" : "TIME");
    if (to->kind == DIALECT_TIME && from->precision > to->precision)
        *out = code_of(arena, "trino_round_time(%c, %d)", *out, to->precision);
    return OK;
}

static error convert_simple(const struct cast *c, const struct code *code,
                            const struct dialect_type *from, const struct dialect_type *to,
                            const struct code **out)
{
    bool numbers = (is_numeric(from) || from->kind == DIALECT_BOOLEAN);
    switch (to->kind) {
    case DIALECT_BOOLEAN:
        return numbers ? plain_cast(c, code, to, out) : refuse_cast(c, from, to);
    case DIALECT_TINYINT:
    case DIALECT_SMALLINT:
    case DIALECT_INTEGER:
    case DIALECT_BIGINT:
        return numbers ? to_integral(c, code, from, to, out) : refuse_cast(c, from, to);
    case DIALECT_REAL:
        if (from->kind != DIALECT_DOUBLE)
            return numbers ? plain_cast(c, code, to, out) : refuse_cast(c, from, to);
        *out = code_of(c->a->arena, "trino_double_real(%c)", code);
        return OK;
    case DIALECT_DECIMAL: /* of a float: the digits it is written with, rounded */
        if (from->kind == DIALECT_DOUBLE || from->kind == DIALECT_REAL) {
            TRY(to_text(c, code, from, &code));
            return plain_cast(c, code, to, out);
        }
        return numbers ? plain_cast(c, code, to, out) : refuse_cast(c, from, to);
    case DIALECT_DOUBLE:
        return numbers ? plain_cast(c, code, to, out) : refuse_cast(c, from, to);
    case DIALECT_DATE:
    case DIALECT_TIME:
        return to_date_or_time(c, code, from, to, out);
    case DIALECT_TIMESTAMP:
        return to_timestamp(c, code, from, to, out);
    case DIALECT_TIMESTAMP_TZ:
        return to_zoned(c, code, from, to, out);
    default:
        return refuse_cast(c, from, to);
    }
}

static error convert(const struct cast *c, const struct code *code, const struct dialect_type *from,
                     const struct dialect_type *to, const struct code **out)
{
    *out = code;
    if (same_type(from, to) && c->mode != CAST_PRESENT) return OK;
    if (from->kind == DIALECT_UNKNOWN) return plain_cast(c, code, to, out);
    if (c->mode == CAST_PRESENT && same_type(from, to) && from->kind != DIALECT_CHAR) return OK;
    if (from->kind == DIALECT_JSON && !is_text(to)) {
        if (to->kind == DIALECT_JSON) return OK;
        return from_json(c, code, to, out);
    }
    if (to->kind == DIALECT_JSON && !is_text(from)) return to_json(c, code, from, out);
    if (from->field_count || to->field_count) {
        if (from->kind != to->kind || from->field_count != to->field_count)
            return refuse_cast(c, from, to);
        return from->kind == DIALECT_ARRAY ? convert_array(c, code, from, to, out)
               : from->kind == DIALECT_MAP ? convert_map(c, code, from, to, out)
                                           : convert_row(c, code, from, to, out);
    }
    if (from->kind == DIALECT_VARBINARY || from->kind == DIALECT_INTERVAL_DAY ||
        from->kind == DIALECT_INTERVAL_YEAR)
        if (c->mode != CAST_PRESENT && !(is_text(to) && from->kind != DIALECT_VARBINARY))
            return refuse_cast(c, from, to);
    if (is_text(to)) return to_bounded_text(c, code, from, to, out);
    if (is_text(from)) return from_text(c, code, from, to, out);
    return convert_simple(c, code, from, to, out);
}

error cast_code(struct analyzer *a, const struct node *at, const struct code *code,
                const struct dialect_type *from, const struct dialect_type *to, enum cast_mode mode,
                const struct code **out)
{
    struct cast c = {a, at, mode};
    if (a->dialect->rules) return a->dialect->rules->cast(a, at, code, from, to, mode, out);
    return convert(&c, code, from, to, out);
}

const struct dialect_type *shared_type(const struct analyzer *a, const struct dialect_type *x,
                                       const struct dialect_type *y)
{
    return (a->dialect->rules ? a->dialect->rules->common_type : common_type)(a->arena, x, y);
}

error coerce(struct analyzer *a, struct value *v, const struct dialect_type *to)
{
    TRY(cast_code(a, v->node, v->code, v->type, to, CAST_IMPLICIT, &v->code));
    v->type = to;
    return OK;
}

/* ---- presenting ---- */

static const struct dialect_type *presented(struct arena *arena, const struct dialect_type *t)
{
    switch (t->kind) {
    case DIALECT_TIME:
    case DIALECT_TIMESTAMP_TZ:
    case DIALECT_INTERVAL_DAY:
    case DIALECT_INTERVAL_YEAR:
    case DIALECT_JSON:
    case DIALECT_UUID:
    case DIALECT_CHAR:
        return &type_varchar;
    case DIALECT_TIMESTAMP:
        return t->precision == 3 ? t : &type_varchar; /* its digits are shown */
    case DIALECT_ARRAY: {
        const struct dialect_type *element = presented(arena, t->fields[0].type);
        return same_type(element, t->fields[0].type) ? t : type_array(arena, element);
    }
    case DIALECT_MAP:
        return type_map(arena, presented(arena, t->fields[0].type),
                        presented(arena, t->fields[1].type));
    case DIALECT_ROW: {
        struct dialect_field *fields =
            ARENA_ARRAY(arena, struct dialect_field, (size_t)t->field_count);
        for (int i = 0; i < t->field_count; i++)
            fields[i] =
                (struct dialect_field){t->fields[i].name, presented(arena, t->fields[i].type)};
        return type_row(arena, fields, t->field_count);
    }
    default:
        return t;
    }
}

error present(struct analyzer *a, const struct node *at, struct value *v)
{
    const struct dialect_type *to = presented(a->arena, v->type);
    if (v->type->kind == DIALECT_UNKNOWN) {
        v->code = code_of(a->arena, "CAST(%c AS INTEGER)", v->code);
        return OK;
    }
    if (same_type(v->type, to)) return OK;
    return cast_code(a, at, v->code, v->type, to, CAST_PRESENT, &v->code);
}
