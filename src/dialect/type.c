/* Types: their names here, in DuckDB and in the catalog; which becomes which without a CAST. */
#include "dialect/internal.h"

#define SIMPLE(name, of) \
    const struct dialect_type type_##name = {.kind = DIALECT_##of, .length = DIALECT_UNBOUNDED}
SIMPLE(unknown, UNKNOWN);
SIMPLE(boolean, BOOLEAN);
SIMPLE(tinyint, TINYINT);
SIMPLE(smallint, SMALLINT);
SIMPLE(integer, INTEGER);
SIMPLE(bigint, BIGINT);
SIMPLE(real, REAL);
SIMPLE(double, DOUBLE);
SIMPLE(varchar, VARCHAR);
SIMPLE(varbinary, VARBINARY);
SIMPLE(date, DATE);
SIMPLE(interval_day, INTERVAL_DAY);
SIMPLE(interval_year, INTERVAL_YEAR);
SIMPLE(json, JSON);
SIMPLE(uuid, UUID);
const struct dialect_type type_timestamp = {.kind = DIALECT_TIMESTAMP, .precision = 3};
const struct dialect_type type_utc = {.kind = DIALECT_TIMESTAMP_TZ, .precision = 3, .zone = "UTC"};

enum { DIGITS_MAX = 38 };

static const struct { const char *name, *duck; int digits; } kinds[DIALECT_KINDS] = {
    [DIALECT_UNKNOWN] = {"unknown", "INTEGER", 0},
    [DIALECT_BOOLEAN] = {"boolean", "BOOLEAN", 0},
    [DIALECT_TINYINT] = {"tinyint", "TINYINT", 3},
    [DIALECT_SMALLINT] = {"smallint", "SMALLINT", 5},
    [DIALECT_INTEGER] = {"integer", "INTEGER", 10},
    [DIALECT_BIGINT] = {"bigint", "BIGINT", 19},
    [DIALECT_REAL] = {"real", "FLOAT", 0},
    [DIALECT_DOUBLE] = {"double", "DOUBLE", 0},
    [DIALECT_DECIMAL] = {"decimal", "DECIMAL", 0},
    [DIALECT_VARCHAR] = {"varchar", "VARCHAR", 0},
    [DIALECT_CHAR] = {"char", "VARCHAR", 0},
    [DIALECT_VARBINARY] = {"varbinary", "BLOB", 0},
    [DIALECT_DATE] = {"date", "DATE", 0},
    [DIALECT_TIME] = {"time", "TIME", 0},
    [DIALECT_TIMESTAMP] = {"timestamp", "TIMESTAMP", 0},
    [DIALECT_TIMESTAMP_TZ] = {"timestamp", "TIMESTAMPTZ", 0},
    [DIALECT_INTERVAL_DAY] = {"interval day to second", "INTERVAL", 0},
    [DIALECT_INTERVAL_YEAR] = {"interval year to month", "INTERVAL", 0},
    [DIALECT_JSON] = {"json", "VARCHAR", 0},
    [DIALECT_UUID] = {"uuid", "UUID", 0},
    [DIALECT_ARRAY] = {"array", NULL, 0},
    [DIALECT_MAP] = {"map", NULL, 0},
    [DIALECT_ROW] = {"row", NULL, 0},
};

/* ---- making ---- */

static struct dialect_type *type_new(struct arena *arena, enum dialect_kind kind)
{
    struct dialect_type *t = ARENA_NEW(arena, struct dialect_type);
    t->kind = kind;
    t->length = DIALECT_UNBOUNDED;
    return t;
}

const struct dialect_type *type_decimal(struct arena *arena, int precision, int scale)
{
    struct dialect_type *t = type_new(arena, DIALECT_DECIMAL);
    t->precision = precision > DIGITS_MAX ? DIGITS_MAX : precision;
    t->scale = scale;
    return t;
}

const struct dialect_type *type_text(struct arena *arena, enum dialect_kind kind, int length)
{
    struct dialect_type *t = type_new(arena, kind);
    t->length = length;
    return t;
}

const struct dialect_type *type_moment(struct arena *arena, enum dialect_kind kind, int precision,
                                       const char *zone)
{
    struct dialect_type *t = type_new(arena, kind);
    t->precision = precision;
    t->zone = zone;
    return t;
}

const struct dialect_type *type_row(struct arena *arena, const struct dialect_field *fields,
                                    int count)
{
    struct dialect_type *t = type_new(arena, DIALECT_ROW);
    t->fields = fields;
    t->field_count = count;
    return t;
}

const struct dialect_type *type_array(struct arena *arena, const struct dialect_type *element)
{
    struct dialect_type *t = type_new(arena, DIALECT_ARRAY);
    struct dialect_field *f = ARENA_ARRAY(arena, struct dialect_field, 1);
    f->type = element;
    t->fields = f;
    t->field_count = 1;
    return t;
}

const struct dialect_type *type_map(struct arena *arena, const struct dialect_type *key,
                                    const struct dialect_type *value)
{
    struct dialect_type *t = type_new(arena, DIALECT_MAP);
    struct dialect_field *f = ARENA_ARRAY(arena, struct dialect_field, 2);
    f[0].type = key;
    f[1].type = value;
    t->fields = f;
    t->field_count = 2;
    return t;
}

/* ---- names ---- */

static bool is_plain(const char *name)
{
    for (const char *c = name; *c; c++)
        if (!(*c >= 'a' && *c <= 'z') && !(*c >= '0' && *c <= '9' && c > name) && *c != '_')
            return false;
    return *name != 0;
}

static void fields_print(struct buffer *out, const struct dialect_type *t)
{
    for (int i = 0; i < t->field_count; i++) {
        const char *name = t->kind == DIALECT_ROW ? t->fields[i].name : NULL;
        if (i) buffer_append_text(out, ", ");
        if (name) buffer_printf(out, is_plain(name) ? "%s " : "\"%s\" ", name);
        dialect_type_print(out, t->fields[i].type);
    }
}

void dialect_type_print(struct buffer *out, const struct dialect_type *t)
{
    buffer_append_text(out, kinds[t->kind].name);
    switch (t->kind) {
    case DIALECT_DECIMAL:
        buffer_printf(out, "(%d,%d)", t->precision, t->scale);
        break;
    case DIALECT_CHAR:
    case DIALECT_VARCHAR:
        if (t->length != DIALECT_UNBOUNDED) buffer_printf(out, "(%d)", t->length);
        break;
    case DIALECT_TIME:
    case DIALECT_TIMESTAMP:
    case DIALECT_TIMESTAMP_TZ:
        buffer_printf(out, "(%d)%s", t->precision,
                      t->kind == DIALECT_TIMESTAMP_TZ ? " with time zone" : "");
        break;
    case DIALECT_ARRAY:
    case DIALECT_MAP:
    case DIALECT_ROW:
        buffer_append_byte(out, '(');
        fields_print(out, t);
        buffer_append_byte(out, ')');
        break;
    default:
        break;
    }
}

const char *type_name(struct arena *arena, const struct dialect_type *t)
{
    struct buffer text = {0};
    dialect_type_print(&text, t);
    const char *name = arena_text(arena, buffer_span(&text));
    buffer_release(&text);
    return name;
}

const char *row_field_name(struct arena *arena, const struct dialect_type *row, int i)
{
    const char *name = row->fields[i].name;
    return name ? name : arena_printf(arena, "field%d", i);
}

void duck_type_print(struct buffer *out, const struct dialect_type *t)
{
    switch (t->kind) {
    case DIALECT_DECIMAL:
        buffer_printf(out, "DECIMAL(%d,%d)", t->precision, t->scale);
        break;
    case DIALECT_TIMESTAMP_TZ:
        buffer_append_text(out, t->zone ? "TIMESTAMPTZ" : "BIGINT" /* packed */);
        break;
    case DIALECT_ARRAY:
        duck_type_print(out, t->fields[0].type);
        buffer_append_text(out, "[]");
        break;
    case DIALECT_MAP:
        buffer_append_text(out, "MAP(");
        duck_type_print(out, t->fields[0].type);
        buffer_append_byte(out, ',');
        duck_type_print(out, t->fields[1].type);
        buffer_append_byte(out, ')');
        break;
    case DIALECT_ROW:
        buffer_append_text(out, "STRUCT(");
        for (int i = 0; i < t->field_count; i++) {
            if (i) buffer_append_byte(out, ',');
            if (t->fields[i].name) quote(out, t->fields[i].name, '"');
            else buffer_printf(out, "field%d", i);
            buffer_append_byte(out, ' ');
            duck_type_print(out, t->fields[i].type);
        }
        buffer_append_byte(out, ')');
        break;
    default:
        buffer_append_text(out, kinds[t->kind].duck);
    }
}

const char *duck_type(struct arena *arena, const struct dialect_type *t)
{
    struct buffer text = {0};
    duck_type_print(&text, t);
    const char *name = arena_text(arena, buffer_span(&text));
    buffer_release(&text);
    return name;
}

/* ---- the catalog's types ---- */

static const struct { enum type_kind catalog; const struct dialect_type *type; } simple[] = {
    {TYPE_BOOLEAN, &type_boolean},   {TYPE_TINYINT, &type_tinyint},
    {TYPE_SMALLINT, &type_smallint}, {TYPE_INT, &type_integer},
    {TYPE_BIGINT, &type_bigint},     {TYPE_FLOAT, &type_real},
    {TYPE_DOUBLE, &type_double},     {TYPE_STRING, &type_varchar},
    {TYPE_BINARY, &type_varbinary},  {TYPE_DATE, &type_date},
    {TYPE_TIMESTAMP, &type_timestamp},
};

const struct dialect_type *dialect_type_of(struct arena *arena, const struct type *t)
{
    for (size_t i = 0; i < sizeof simple / sizeof *simple; i++)
        if (simple[i].catalog == t->kind) return simple[i].type;
    switch (t->kind) {
    case TYPE_DECIMAL: return type_decimal(arena, t->precision, t->scale);
    case TYPE_CHAR:    return type_text(arena, DIALECT_CHAR, t->length);
    case TYPE_VARCHAR: return type_text(arena, DIALECT_VARCHAR, t->length);
    default: break;
    }
    struct dialect_field *fields =
        ARENA_ARRAY(arena, struct dialect_field, (size_t)t->child_count);
    for (int i = 0; i < t->child_count; i++)
        fields[i] = (struct dialect_field){
            t->kind == TYPE_STRUCT ? arena_text(arena, span_of(t->children[i].name)) : NULL,
            dialect_type_of(arena, t->children[i].type)};
    struct dialect_type *made = type_new(arena, t->kind == TYPE_ARRAY ? DIALECT_ARRAY
                                                : t->kind == TYPE_MAP ? DIALECT_MAP
                                                                      : DIALECT_ROW);
    made->fields = fields;
    made->field_count = t->child_count;
    return made;
}

static error nested_catalog(struct arena *arena, const struct dialect_type *t,
                            const struct type **out)
{
    static const char *const names[][2] = {{"element", NULL}, {"key", "value"}};
    struct field *fields = ARENA_ARRAY(arena, struct field, (size_t)t->field_count);
    struct type *made = ARENA_NEW(arena, struct type);
    made->kind = t->kind == DIALECT_ARRAY ? TYPE_ARRAY
                 : t->kind == DIALECT_MAP ? TYPE_MAP
                                          : TYPE_STRUCT;
    made->child_count = t->field_count;
    made->children = fields;
    for (int i = 0; i < t->field_count; i++) {
        fields[i].name = t->kind == DIALECT_ROW ? row_field_name(arena, t, i)
                                                : names[t->kind == DIALECT_MAP][i];
        fields[i].required = t->kind == DIALECT_MAP && i == 0;
        TRY(dialect_type_catalog(arena, t->fields[i].type, &fields[i].type));
    }
    *out = made;
    return OK;
}

error dialect_type_catalog(struct arena *arena, const struct dialect_type *t,
                           const struct type **out)
{
    struct type made = {0};
    for (size_t i = 0; i < sizeof simple / sizeof *simple; i++)
        if (simple[i].type->kind == t->kind && t->length == DIALECT_UNBOUNDED) {
            *out = type_of(simple[i].catalog);
            return OK;
        }
    switch (t->kind) {
    case DIALECT_DECIMAL:
        made = (struct type){.kind = TYPE_DECIMAL, .precision = t->precision, .scale = t->scale};
        break;
    case DIALECT_CHAR:
    case DIALECT_VARCHAR:
        made = (struct type){.kind = t->kind == DIALECT_CHAR ? TYPE_CHAR : TYPE_VARCHAR,
                             .length = t->length > 65535 ? 65535 : t->length ? t->length : 1};
        break;
    case DIALECT_TIMESTAMP:
        made.kind = TYPE_TIMESTAMP;
        break;
    case DIALECT_ARRAY:
    case DIALECT_MAP:
    case DIALECT_ROW:
        return nested_catalog(arena, t, out);
    default:
        return fail(ERR_UNSUPPORTED, "NOT_SUPPORTED: Unsupported Hive type: %s",
                    type_name(arena, t));
    }
    *out = type_copy(arena, &made);
    return OK;
}

/* ---- kinds of types ---- */

bool is_integral(const struct dialect_type *t)
{
    return t->kind >= DIALECT_TINYINT && t->kind <= DIALECT_BIGINT;
}

bool is_numeric(const struct dialect_type *t)
{
    return t->kind >= DIALECT_TINYINT && t->kind <= DIALECT_DECIMAL;
}

bool is_text(const struct dialect_type *t)
{
    return t->kind == DIALECT_VARCHAR || t->kind == DIALECT_CHAR;
}

static bool all_fields(const struct dialect_type *t, bool (*is)(const struct dialect_type *))
{
    for (int i = 0; i < t->field_count; i++)
        if (!is(t->fields[i].type)) return false;
    return true;
}

bool is_comparable(const struct dialect_type *t)
{
    return all_fields(t, is_comparable);
}

bool is_orderable(const struct dialect_type *t)
{
    return t->kind != DIALECT_MAP && t->kind != DIALECT_JSON && all_fields(t, is_orderable);
}

int decimal_digits(const struct dialect_type *t)
{
    return kinds[t->kind].digits;
}

bool same_type(const struct dialect_type *a, const struct dialect_type *b)
{
    if (a == b) return true;
    if (a->kind != b->kind || a->field_count != b->field_count) return false;
    if (a->kind == DIALECT_DECIMAL || (a->kind >= DIALECT_TIME && a->kind <= DIALECT_TIMESTAMP_TZ))
        if (a->precision != b->precision || a->scale != b->scale) return false;
    if (is_text(a) && a->length != b->length) return false;
    if (!a->zone != !b->zone) return false;
    for (int i = 0; i < a->field_count; i++)
        if (!same_type(a->fields[i].type, b->fields[i].type)) return false;
    return true;
}

/* ---- common types ---- */

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static const struct dialect_type *as_decimal(struct arena *arena, const struct dialect_type *t)
{
    return is_integral(t) ? type_decimal(arena, decimal_digits(t), 0) : t;
}

static const struct dialect_type *common_number(struct arena *arena, const struct dialect_type *a,
                                                const struct dialect_type *b)
{
    if (a->kind == DIALECT_DOUBLE || b->kind == DIALECT_DOUBLE) return &type_double;
    if (a->kind == DIALECT_REAL || b->kind == DIALECT_REAL) return &type_real;
    if (is_integral(a) && is_integral(b)) return a->kind > b->kind ? a : b;
    a = as_decimal(arena, a);
    b = as_decimal(arena, b);
    int scale = larger(a->scale, b->scale);
    return type_decimal(arena, larger(a->precision - a->scale, b->precision - b->scale) + scale,
                        scale);
}

static const struct dialect_type *common_text(struct arena *arena, const struct dialect_type *a,
                                              const struct dialect_type *b)
{
    bool chars = a->kind == DIALECT_CHAR || b->kind == DIALECT_CHAR;
    int length = a->length < 0 || b->length < 0 ? DIALECT_UNBOUNDED : larger(a->length, b->length);
    if (chars && length < 0) return &type_varchar;
    return type_text(arena, chars ? DIALECT_CHAR : DIALECT_VARCHAR, length);
}

static bool is_moment(const struct dialect_type *t)
{
    return t->kind == DIALECT_DATE || t->kind == DIALECT_TIMESTAMP ||
           t->kind == DIALECT_TIMESTAMP_TZ;
}

static const struct dialect_type *common_moment(struct arena *arena, const struct dialect_type *a,
                                                const struct dialect_type *b)
{
    const struct dialect_type *wider = a->kind >= b->kind ? a : b, *other = wider == a ? b : a;
    int precision = larger(a->precision, b->precision);
    const char *zone = wider->zone;
    if (other->kind == DIALECT_TIMESTAMP_TZ) { /* one zone for all only if they agree */
        if (!zone || !other->zone || strcmp(zone, other->zone) != 0) zone = NULL;
    } else if (zone && strcmp(zone, "UTC") != 0) {
        zone = NULL; /* what becomes zoned gets the session's zone */
    }
    return type_moment(arena, wider->kind, precision, zone);
}

static const struct dialect_type *common_nested(struct arena *arena, const struct dialect_type *a,
                                                const struct dialect_type *b)
{
    struct dialect_field *fields =
        ARENA_ARRAY(arena, struct dialect_field, (size_t)a->field_count);
    for (int i = 0; i < a->field_count; i++) {
        const char *x = a->fields[i].name, *y = b->fields[i].name;
        fields[i].type = common_type(arena, a->fields[i].type, b->fields[i].type);
        fields[i].name = x && y && strcmp(x, y) == 0 ? x : NULL;
        if (!fields[i].type) return NULL;
    }
    struct dialect_type *t = type_new(arena, a->kind);
    t->fields = fields;
    t->field_count = a->field_count;
    return t;
}

const struct dialect_type *common_type(struct arena *arena, const struct dialect_type *a,
                                       const struct dialect_type *b)
{
    if (a->kind == DIALECT_UNKNOWN) return b;
    if (b->kind == DIALECT_UNKNOWN) return a;
    if (is_numeric(a) && is_numeric(b)) return common_number(arena, a, b);
    if (is_text(a) && is_text(b)) return common_text(arena, a, b);
    if (is_moment(a) && is_moment(b) && (a->kind != DIALECT_DATE || b->kind != DIALECT_DATE))
        return common_moment(arena, a, b);
    if (a->kind != b->kind || a->field_count != b->field_count) return NULL;
    if (a->kind == DIALECT_TIME) return a->precision > b->precision ? a : b;
    return a->field_count ? common_nested(arena, a, b) : a;
}

bool can_coerce(struct arena *arena, const struct dialect_type *from, const struct dialect_type *to)
{
    const struct dialect_type *common = common_type(arena, from, to);
    if (!common || common->kind != to->kind) return false;
    if (to->kind == DIALECT_DECIMAL) return same_type(common, to);
    if (is_text(to) && to->length >= 0 && (common->length < 0 || common->length > to->length))
        return false;
    for (int i = 0; i < to->field_count && from->kind != DIALECT_UNKNOWN; i++)
        if (!can_coerce(arena, from->fields[i].type, to->fields[i].type)) return false;
    return true;
}
