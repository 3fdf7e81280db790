/* Partition projection (Athena User Guide, "Set up partition projection"): table properties say
 * which partitions there are; the catalog's are not asked.
 *
 *   enum      projection.C.values      a,b
 *   integer   projection.C.range       1,12   [.interval 1] [.digits 2]
 *   date      projection.C.range       2020-01-01,NOW   .format yyyy-MM-dd [.interval 1]
 *             [.interval.unit DAYS]    also NOW-3YEARS, NOW+1DAYS
 *   injected  the values that the query asks for by = or IN */
#include "table/internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

enum { VALUES_MAX = 100000, PARTITIONS_MAX = 200000 };

struct projected_key {
    const char **values;
    size_t count;
};

struct projection {
    struct arena *arena;
    const struct table *table;
    const json_t *parameters;
    const struct table_filter *filter; /* may be NULL */
};

static const char *setting(const struct projection *p, const char *column, const char *name)
{
    return json_text(p->parameters, arena_printf(p->arena, "projection.%s.%s", column, name));
}

static error wrong(const struct projection *p, const char *column, const char *what)
{
    return fail(ERR_INVALID_INPUT,
                "INVALID_TABLE_PROPERTY: table %s.%s: the partition projection of "
                "column %s: %s",
                p->table->database, p->table->name, column, what);
}

static error needed(const struct projection *p, const char *column, const char *name,
                    const char **out)
{
    *out = setting(p, column, name);
    if (*out && **out) return OK;
    return wrong(p, column, arena_printf(p->arena, "projection.%s.%s is missing", column, name));
}

static error value_add(struct projected_key *k, struct arena *arena, size_t *room,
                       const char *value)
{
    if (k->count == VALUES_MAX)
        return fail(ERR_LIMIT, "a projected column has more than %d values", VALUES_MAX);
    if (k->count == *room) {
        *room = *room ? 2 * *room : 64;
        const char **larger = ARENA_ARRAY(arena, const char *, *room);
        if (k->count) memcpy(larger, k->values, k->count * sizeof *k->values);
        k->values = larger;
    }
    k->values[k->count++] = value;
    return OK;
}

/* "a,b" -> its two parts. */
static bool range_split(struct arena *arena, const char *text, const char **from, const char **to)
{
    const char *comma = strchr(text, ',');
    if (!comma || strchr(comma + 1, ',')) return false;
    *from = arena_text(arena, span_trim((span){text, (size_t)(comma - text)}));
    *to = arena_text(arena, span_trim(span_of(comma + 1)));
    return true;
}

/* ---- enum, integer ---- */

static error enum_values(const struct projection *p, const char *column, struct projected_key *k)
{
    const char *text;
    size_t room = 0;
    TRY(needed(p, column, "values", &text));
    for (const char *at = text;;) {
        size_t size = strcspn(at, ",");
        TRY(value_add(k, p->arena, &room, arena_text(p->arena, span_trim((span){at, size}))));
        if (!at[size]) return OK;
        at += size + 1;
    }
}

static error integer_values(const struct projection *p, const char *column, struct projected_key *k)
{
    const char *text, *from, *to, *interval = setting(p, column, "interval");
    const char *digits = setting(p, column, "digits");
    int64_t least, most, step = 1, width = 0;
    size_t room = 0;
    TRY(needed(p, column, "range", &text));
    if (!range_split(p->arena, text, &from, &to) || !parse_int64(span_of(from), &least) ||
        !parse_int64(span_of(to), &most) || most < least)
        return wrong(p, column, arena_printf(p->arena, "'%s' is no range of integers", text));
    if ((interval && (!parse_int64(span_of(interval), &step) || step < 1)) ||
        (digits && (!parse_int64(span_of(digits), &width) || width < 1 || width > 18)))
        return wrong(p, column, "interval or digits is no positive integer");
    for (int64_t i = least; i <= most; i += step) {
        TRY(value_add(k, p->arena, &room,
                      arena_printf(p->arena, "%0*lld", (int)width, (long long)i)));
        if (most - i < step) break;
    }
    return OK;
}

/* ---- date ---- */

static int *small_part(struct civil *c, char letter)
{
    switch (letter) {
    case 'M':
        return &c->month;
    case 'd':
        return &c->day;
    case 'H':
        return &c->hour;
    case 'm':
        return &c->minute;
    case 's':
        return &c->second;
    default:
        return NULL;
    }
}

/* A piece of a Java pattern: letters, or a literal. */
struct piece {
    char letter;
    size_t width;
    span literal;
};

static bool piece_next(const char **at, struct piece *out)
{
    const char *p = *at;
    *out = (struct piece){0};
    if (*p == '\'') {
        const char *end = strchr(p + 1, '\'');
        if (!end) return false;
        out->literal = (span){p + 1, (size_t)(end - p - 1)};
        *at = end + 1;
    } else if (isalpha((unsigned char)*p)) {
        while (p[out->width] == *p) out->width++;
        out->letter = *p;
        *at = p + out->width;
        return strchr("yMdHms", *p) && (*p == 'y' ? out->width == 4 : out->width <= 2);
    } else {
        out->literal = (span){p, 1};
        *at = p + 1;
    }
    return true;
}

static bool date_read(const char *format, const char *text, struct civil *c)
{
    struct piece piece;
    *c = (struct civil){.year = 1970, .month = 1, .day = 1};
    while (*format) {
        if (!piece_next(&format, &piece)) return false;
        if (!piece.letter) {
            if (strncmp(text, piece.literal.data, piece.literal.size) != 0) return false;
            text += piece.literal.size;
            continue;
        }
        int64_t value = 0;
        size_t n = 0, most = piece.width == 1 ? 2 : piece.width;
        for (; n < most && isdigit((unsigned char)text[n]); n++)
            value = value * 10 + (text[n] - '0');
        if (n == 0 || n < piece.width) return false;
        if (piece.letter == 'y') c->year = value;
        else *small_part(c, piece.letter) = (int)value;
        text += n;
    }
    return *text == '\0' && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= days_in_month(c->year, c->month) && c->hour < 24 && c->minute < 60 &&
           c->second < 60;
}

static const char *date_write(struct arena *arena, const char *format, const struct civil *given)
{
    struct civil c = *given;
    struct buffer out = {0};
    struct piece piece;
    while (*format && piece_next(&format, &piece)) {
        if (!piece.letter) buffer_append_span(&out, piece.literal);
        else if (piece.letter == 'y') buffer_printf(&out, "%04lld", (long long)c.year);
        else buffer_printf(&out, "%0*d", (int)piece.width, *small_part(&c, piece.letter));
    }
    const char *text = arena_text(arena, buffer_span(&out));
    buffer_release(&out);
    return text;
}

/* Months are counted by the calendar, all else in microseconds. */
static const struct {
    const char *name;
    int months;
    int64_t us;
} units[] = {
    {"YEARS", 12, 0},
    {"MONTHS", 1, 0},
    {"WEEKS", 0, 7 * US_PER_DAY},
    {"DAYS", 0, US_PER_DAY},
    {"HOURS", 0, US_PER_DAY / 24},
    {"MINUTES", 0, 60 * (int64_t)US_PER_SECOND},
    {"SECONDS", 0, US_PER_SECOND},
};

static int unit_find(const char *text)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t n = strlen(units[i].name);
        if (strncasecmp(text, units[i].name, n) == 0 && !text[n]) return (int)i;
        if (strncasecmp(text, units[i].name, n - 1) == 0 && !text[n - 1]) return (int)i;
    }
    return -1;
}

static int64_t add_units(int64_t us, int64_t count, int unit)
{
    struct civil c = civil_from_us(us);
    int64_t months = c.year * 12 + c.month - 1 + count * units[unit].months;
    if (!units[unit].months) return us + count * units[unit].us;
    c.year = floor_div(months, 12);
    c.month = (int)(months - c.year * 12) + 1;
    if (c.day > days_in_month(c.year, c.month)) c.day = days_in_month(c.year, c.month);
    return us_from_civil(&c);
}

/* A date in the format, or NOW, NOW-3YEARS, NOW+1DAYS. */
static bool bound_read(const char *format, const char *text, int64_t *us)
{
    struct civil c;
    char *end;
    if (strncasecmp(text, "NOW", 3) != 0) {
        if (!date_read(format, text, &c)) return false;
        *us = us_from_civil(&c);
        return true;
    }
    *us = now_us();
    text += 3;
    while (*text == ' ') text++;
    if (!*text) return true;
    if (*text != '+' && *text != '-') return false;
    int sign = *text++ == '-' ? -1 : 1;
    while (*text == ' ') text++;
    long count = strtol(text, &end, 10);
    while (*end == ' ') end++;
    int unit = end == text || count < 0 || count > 100000 ? -1 : unit_find(end);
    if (unit < 0) return false;
    *us = add_units(*us, sign * count, unit);
    return true;
}

/* The smallest part that the format shows. */
static int unit_of_format(const char *format)
{
    static const char letters[] = "smHdMy";
    static const char *const names[] = {"SECONDS", "MINUTES", "HOURS", "DAYS", "MONTHS", "YEARS"};
    for (size_t i = 0; letters[i]; i++)
        if (strchr(format, letters[i])) return unit_find(names[i]);
    return -1;
}

static error date_values(const struct projection *p, const char *column, struct projected_key *k)
{
    const char *range, *format, *from, *to, *interval = setting(p, column, "interval");
    const char *named = setting(p, column, "interval.unit");
    struct piece piece;
    int64_t first, last, step = 1;
    size_t room = 0;
    TRY(needed(p, column, "range", &range));
    TRY(needed(p, column, "format", &format));
    for (const char *at = format; *at;)
        if (!piece_next(&at, &piece))
            return wrong(p, column,
                         arena_printf(p->arena, "the format '%s' is not supported", format));
    if (!range_split(p->arena, range, &from, &to) || !bound_read(format, from, &first) ||
        !bound_read(format, to, &last))
        return wrong(p, column, arena_printf(p->arena, "'%s' is no range of dates", range));
    int unit = named ? unit_find(named) : unit_of_format(format);
    if (unit < 0 || (interval && (!parse_int64(span_of(interval), &step) || step < 1)))
        return wrong(p, column, "the interval is none");
    for (int64_t i = 0;; i++) {
        int64_t us = add_units(first, i * step, unit);
        struct civil c = civil_from_us(us);
        if (us > last) return OK;
        TRY(value_add(k, p->arena, &room, date_write(p->arena, format, &c)));
    }
}

/* ---- injected ---- */

static error injected_values(const struct projection *p, const char *column,
                             struct projected_key *out)
{
    int key = schema_find(p->table->partition_keys, span_of(column));
    const char *const *values;
    if (!p->filter || !p->filter->values(p->filter->context, key, p->arena, &values, &out->count))
        return fail(ERR_USAGE,
                    "CONSTRAINT_VIOLATION: For the injected projected partition column %s, the "
                    "WHERE clause must contain only static equality conditions, and at least "
                    "one such condition must be present.",
                    column);
    out->values = arena_copy(p->arena, values, out->count * sizeof *values);
    return OK;
}

/* ---- all columns ---- */

static const struct {
    const char *type;
    error (*values)(const struct projection *, const char *column, struct projected_key *);
} types[] = {{"enum", enum_values}, {"integer", integer_values}, {"date", date_values}};

static error key_values(const struct projection *p, const char *column, struct projected_key *out)
{
    const char *type;
    TRY(needed(p, column, "type", &type));
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcasecmp(type, types[i].type) == 0) return types[i].values(p, column, out);
    if (strcasecmp(type, "injected") == 0) return injected_values(p, column, out);
    return wrong(p, column, arena_printf(p->arena, "'%s' is none of enum, integer, date", type));
}

/* storage.location.template with its ${column}s, or k=v folders below the table's location. */
static error location_of(const struct projection *p, const char *template,
                         const char *const *values, const char **out)
{
    const struct schema *keys = p->table->partition_keys;
    struct buffer text = {0};
    error e = OK;
    size_t base = strlen(p->table->location);
    if (!template) {
        buffer_append_text(&text, p->table->location);
        if (base && p->table->location[base - 1] != '/') buffer_append_byte(&text, '/');
        for (int i = 0; i < keys->field_count; i++)
            hive_append(&text, keys->fields[i].name, span_of(values[i]));
    }
    for (const char *at = template; e == OK && at && *at;) {
        const char *end = at[0] == '$' && at[1] == '{' ? strchr(at, '}') : NULL;
        if (!end) {
            buffer_append_byte(&text, (uint8_t)*at++);
            continue;
        }
        int k = schema_find(keys, (span){at + 2, (size_t)(end - at - 2)});
        if (k < 0)
            e = fail(ERR_INVALID_INPUT,
                     "INVALID_TABLE_PROPERTY: storage.location.template names "
                     "'%.*s', which is no partition column",
                     (int)(end - at - 2), at + 2);
        else buffer_append_text(&text, values[k]);
        at = end + 1;
    }
    *out = arena_text(p->arena, buffer_span(&text));
    buffer_release(&text);
    return e;
}

static error combine(const struct projection *p, const struct projected_key *keys, size_t count,
                     struct projected_partition *out)
{
    const char *template = json_text(p->parameters, "storage.location.template");
    int key_count = p->table->partition_keys->field_count;
    for (size_t n = 0; n < count; n++) {
        const char **values = ARENA_ARRAY(p->arena, const char *, (size_t)key_count);
        size_t rest = n;
        for (int k = key_count; k-- > 0; rest /= keys[k].count)
            values[k] = keys[k].values[rest % keys[k].count];
        out[n].values = values;
        TRY(location_of(p, template, values, &out[n].location));
    }
    return OK;
}

/* A value named twice is one partition. */
static void values_once(struct projected_key *k)
{
    json_t *seen = json_object();
    size_t kept = 0;
    for (size_t i = 0; i < k->count; i++) {
        if (json_object_get(seen, k->values[i])) continue;
        json_object_set_new(seen, k->values[i], json_true());
        k->values[kept++] = k->values[i];
    }
    k->count = kept;
    json_decref(seen);
}

error projection_list(struct arena *arena, const json_t *document, const struct table *table,
                      const struct table_filter *filter, bool *enabled,
                      struct projected_partition **out, size_t *count)
{
    struct projection p = {arena, table, json_object_get(document, "Parameters"), filter};
    const char *on = json_text(p.parameters, "projection.enabled");
    int key_count = table->partition_keys->field_count;
    *enabled = on && strcasecmp(on, "true") == 0 && key_count > 0;
    if (!*enabled) return OK;
    struct projected_key *keys = ARENA_ARRAY(arena, struct projected_key, (size_t)key_count);
    *count = 1;
    for (int k = 0; k < key_count; k++) {
        TRY(key_values(&p, table->partition_keys->fields[k].name, &keys[k]));
        values_once(&keys[k]);
        *count *= keys[k].count;
        if (*count > PARTITIONS_MAX)
            return fail(ERR_LIMIT, "table %s.%s: more than %d partitions are projected",
                        table->database, table->name, PARTITIONS_MAX);
    }
    *out = ARENA_ARRAY(arena, struct projected_partition, *count + 1);
    return combine(&p, keys, *count, *out);
}
