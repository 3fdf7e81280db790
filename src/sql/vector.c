/* In: DuckDB's vectors (its own layout: bytes for booleans, 16-byte strings, offset and length per
 * list). Out: columns in Arrow layout, in types of the catalog:
 *
 *   unsigned 8, 16, 32 bit      the next wider signed type
 *   unsigned 64 bit             decimal(20,0)
 *   128 bit, signed, unsigned   decimal(38,0); beyond 38 digits an error
 *   timestamps of any unit      timestamp, microseconds, UTC
 *   enum, uuid, time, interval  string
 *   anything else               refused: the query can cast it
 *
 * A nested value's children are gathered row by row, because lists need not lie in order. */
#include "sql/internal.h"

enum { HUGE_DIGITS = 38, UBIGINT_DIGITS = 20 };

/* ---- types ---- */

static const struct type *decimal_of(struct arena *arena, int precision, int scale)
{
    struct type *t = ARENA_NEW(arena, struct type);
    *t = (struct type){.kind = TYPE_DECIMAL, .precision = precision, .scale = scale};
    return t;
}

/* Takes over the child types; makes the reader's own type of them. */
static error children_make(const struct duck *duck, struct arena *arena, struct reader *out,
                           enum type_kind kind, duck_logical_type *types, const char *const *names,
                           int count)
{
    struct reader *readers = ARENA_ARRAY(arena, struct reader, (size_t)count);
    struct field *fields = ARENA_ARRAY(arena, struct field, (size_t)count);
    struct type *type = ARENA_NEW(arena, struct type);
    error e = OK;
    for (int i = 0; i < count; i++) {
        if (e == OK) e = reader_make(duck, types[i], arena, &readers[i]);
        duck->destroy_logical_type(&types[i]);
        fields[i] = (struct field){.name = names[i], .type = readers[i].type,
                                   .required = kind == TYPE_MAP && i == 0};
    }
    *type = (struct type){.kind = kind, .child_count = count, .children = fields};
    out->children = readers;
    out->type = type;
    return e;
}

static error struct_make(const struct duck *duck, duck_logical_type logical, struct arena *arena,
                         struct reader *out)
{
    int count = (int)duck->struct_type_child_count(logical);
    duck_logical_type *types = ARENA_ARRAY(arena, duck_logical_type, (size_t)count);
    const char **names = ARENA_ARRAY(arena, const char *, (size_t)count);
    for (int i = 0; i < count; i++) {
        char *name = duck->struct_type_child_name(logical, (duck_index)i);
        names[i] = name && *name ? arena_text(arena, span_of(name))
                                 : arena_printf(arena, "field%d", i);
        if (name) duck->free(name);
        types[i] = duck->struct_type_child_type(logical, (duck_index)i);
    }
    return children_make(duck, arena, out, TYPE_STRUCT, types, names, count);
}

static void enum_make(const struct duck *duck, duck_logical_type logical, struct arena *arena,
                      struct reader *out)
{
    out->internal = duck->enum_internal_type(logical);
    out->label_count = duck->enum_dictionary_size(logical);
    span *labels = ARENA_ARRAY(arena, span, out->label_count);
    for (uint32_t i = 0; i < out->label_count; i++) {
        char *label = duck->enum_dictionary_value(logical, i);
        labels[i] = arena_span(arena, span_of(label));
        duck->free(label);
    }
    out->labels = labels;
    out->type = type_of(TYPE_STRING);
}

static error nested_make(const struct duck *duck, duck_logical_type logical, struct arena *arena,
                         struct reader *out)
{
    static const char *const list_names[] = {"element"}, *const map_names[] = {"key", "value"};
    duck_logical_type types[2];
    switch (out->id) {
    case DUCK_LIST:
        types[0] = duck->list_type_child_type(logical);
        return children_make(duck, arena, out, TYPE_ARRAY, types, list_names, 1);
    case DUCK_ARRAY:
        out->array_size = duck->array_type_array_size(logical);
        types[0] = duck->array_type_child_type(logical);
        return children_make(duck, arena, out, TYPE_ARRAY, types, list_names, 1);
    case DUCK_MAP:
        types[0] = duck->map_type_key_type(logical);
        types[1] = duck->map_type_value_type(logical);
        return children_make(duck, arena, out, TYPE_MAP, types, map_names, 2);
    case DUCK_STRUCT:
        return struct_make(duck, logical, arena, out);
    default:
        return fail(ERR_UNSUPPORTED, "its SQL type (number %d) has no counterpart among the "
                                     "catalog's types: cast it to varchar", (int)out->id);
    }
}

error reader_make(const struct duck *duck, duck_logical_type logical, struct arena *arena,
                  struct reader *out)
{
    static const enum type_kind kinds[] = {
        [DUCK_BOOLEAN] = TYPE_BOOLEAN,        [DUCK_TINYINT] = TYPE_TINYINT,
        [DUCK_SMALLINT] = TYPE_SMALLINT,      [DUCK_INTEGER] = TYPE_INT,
        [DUCK_BIGINT] = TYPE_BIGINT,          [DUCK_UTINYINT] = TYPE_SMALLINT,
        [DUCK_USMALLINT] = TYPE_INT,          [DUCK_UINTEGER] = TYPE_BIGINT,
        [DUCK_FLOAT] = TYPE_FLOAT,            [DUCK_DOUBLE] = TYPE_DOUBLE,
        [DUCK_TIMESTAMP] = TYPE_TIMESTAMP,    [DUCK_DATE] = TYPE_DATE,
        [DUCK_TIME] = TYPE_STRING,            [DUCK_INTERVAL] = TYPE_STRING,
        [DUCK_VARCHAR] = TYPE_STRING,         [DUCK_BLOB] = TYPE_BINARY,
        [DUCK_TIMESTAMP_S] = TYPE_TIMESTAMP,  [DUCK_TIMESTAMP_MS] = TYPE_TIMESTAMP,
        [DUCK_TIMESTAMP_NS] = TYPE_TIMESTAMP, [DUCK_UUID] = TYPE_STRING,
        [DUCK_TIMESTAMP_TZ] = TYPE_TIMESTAMP, [DUCK_SQLNULL] = TYPE_STRING,
    };
    *out = (struct reader){.id = duck->get_type_id(logical)};
    switch (out->id) {
    case DUCK_UBIGINT:
        out->type = decimal_of(arena, UBIGINT_DIGITS, 0);
        return OK;
    case DUCK_HUGEINT:
    case DUCK_UHUGEINT:
        out->type = decimal_of(arena, HUGE_DIGITS, 0);
        return OK;
    case DUCK_DECIMAL:
        out->internal = duck->decimal_internal_type(logical);
        out->type = decimal_of(arena, duck->decimal_width(logical), duck->decimal_scale(logical));
        return OK;
    case DUCK_ENUM:
        enum_make(duck, logical, arena, out);
        return OK;
    default:
        break;
    }
    bool simple = (size_t)out->id < sizeof kinds / sizeof *kinds &&
                  (kinds[out->id] || out->id == DUCK_BOOLEAN);
    if (!simple) return nested_make(duck, logical, arena, out);
    out->type = type_of(kinds[out->id]);
    return OK;
}

/* ---- values ---- */

/* The rows asked for of one vector; -1 where the result is NULL. */
struct source {
    const struct duck *duck;
    const void *data;
    const int64_t *rows;
    int64_t count;
    struct arena *arena;
};

/* Resolves NULLs: fills in validity and the rows that are left. */
static void nulls_resolve(struct source *s, const uint64_t *validity, const int64_t *rows,
                          struct column *out)
{
    int64_t *resolved = arena_alloc(s->arena, (size_t)s->count * sizeof *resolved);
    uint8_t *bits = ARENA_ARRAY(s->arena, uint8_t, (size_t)(s->count + 7) / 8);
    for (int64_t i = 0; i < s->count; i++) {
        int64_t row = rows ? rows[i] : i;
        if (row >= 0 && validity && !(validity[row >> 6] >> (row & 63) & 1)) row = -1;
        resolved[i] = row;
        if (row >= 0) bit_set(bits, i);
        else out->null_count++;
    }
    s->rows = resolved;
    out->validity = out->null_count ? bits : NULL;
}

/* out[i] = expression of v, the value at i; zero under NULL. */
#define VALUES_READ(from, to, expression)                                                          \
    do {                                                                                           \
        const from *in = s->data;                                                                  \
        to *values = ARENA_ARRAY(s->arena, to, (size_t)s->count);                                  \
        for (int64_t i = 0; i < s->count; i++) {                                                   \
            if (s->rows[i] < 0) continue;                                                          \
            from v;                                                                                \
            memcpy(&v, in + s->rows[i], sizeof v);                                                 \
            values[i] = (to)(expression);                                                          \
        }                                                                                          \
        out->values = values;                                                                      \
    } while (0)

static void booleans_read(const struct source *s, struct column *out)
{
    const uint8_t *in = s->data;
    uint8_t *bits = ARENA_ARRAY(s->arena, uint8_t, (size_t)(s->count + 7) / 8);
    for (int64_t i = 0; i < s->count; i++)
        if (s->rows[i] >= 0 && in[s->rows[i]]) bit_set(bits, i);
    out->values = bits;
}

static error huge_read(const struct source *s, bool is_signed, struct column *out)
{
    unsigned __int128 limit = 1;
    for (int i = 0; i < HUGE_DIGITS; i++) limit *= 10;
    VALUES_READ(__int128, __int128, v);
    const __int128 *values = out->values;
    for (int64_t i = 0; i < s->count; i++) {
        unsigned __int128 size = (unsigned __int128)values[i];
        if (is_signed && values[i] < 0) size = -size;
        if (size >= limit)
            return fail(ERR_PARSE, "an integer has more than %d digits", HUGE_DIGITS);
    }
    return OK;
}

static error numbers_read(const struct source *s, enum duck_type id, struct column *out)
{
    switch (id) {
    case DUCK_TINYINT: VALUES_READ(int8_t, int8_t, v); break;
    case DUCK_SMALLINT: VALUES_READ(int16_t, int16_t, v); break;
    case DUCK_INTEGER:
    case DUCK_DATE: VALUES_READ(int32_t, int32_t, v); break;
    case DUCK_BIGINT:
    case DUCK_TIMESTAMP:
    case DUCK_TIMESTAMP_TZ: VALUES_READ(int64_t, int64_t, v); break;
    case DUCK_UTINYINT: VALUES_READ(uint8_t, int16_t, v); break;
    case DUCK_USMALLINT: VALUES_READ(uint16_t, int32_t, v); break;
    case DUCK_UINTEGER: VALUES_READ(uint32_t, int64_t, v); break;
    case DUCK_UBIGINT: VALUES_READ(uint64_t, __int128, v); break;
    case DUCK_FLOAT: VALUES_READ(float, float, v); break;
    case DUCK_DOUBLE: VALUES_READ(double, double, v); break;
    case DUCK_TIMESTAMP_S: VALUES_READ(int64_t, int64_t, (uint64_t)v * 1000000); break;
    case DUCK_TIMESTAMP_MS: VALUES_READ(int64_t, int64_t, (uint64_t)v * 1000); break;
    case DUCK_TIMESTAMP_NS: VALUES_READ(int64_t, int64_t, floor_div(v, 1000)); break;
    case DUCK_HUGEINT: return huge_read(s, true, out);
    case DUCK_UHUGEINT: return huge_read(s, false, out);
    default: return fail(ERR_INTERNAL, "type %d is no number", (int)id);
    }
    return OK;
}

static void decimals_read(const struct source *s, enum duck_type internal, struct column *out)
{
    if (internal == DUCK_SMALLINT) VALUES_READ(int16_t, __int128, v);
    else if (internal == DUCK_INTEGER) VALUES_READ(int32_t, __int128, v);
    else if (internal == DUCK_BIGINT) VALUES_READ(int64_t, __int128, v);
    else VALUES_READ(__int128, __int128, v);
}

/* ---- texts ---- */

static span string_at(const struct source *s, int64_t row)
{
    const union duck_string *text = (const union duck_string *)s->data + row;
    return (span){duck_string_data(text), text->inlined.length};
}

static error strings_read(const struct source *s, struct column *out)
{
    int32_t *offsets = ARENA_ARRAY(s->arena, int32_t, (size_t)s->count + 1);
    size_t size = 0;
    for (int64_t i = 0; i < s->count; i++) {
        if (s->rows[i] >= 0) size += string_at(s, s->rows[i]).size;
        if (size > INT32_MAX) return fail(ERR_TOO_LARGE, "texts of more than 2 GiB in one batch");
        offsets[i + 1] = (int32_t)size;
    }
    char *bytes = arena_alloc(s->arena, size);
    for (int64_t i = 0; i < s->count; i++) {
        if (s->rows[i] < 0) continue;
        span text = string_at(s, s->rows[i]);
        if (text.size) memcpy(bytes + offsets[i], text.data, text.size);
    }
    out->offsets = offsets;
    out->values = bytes;
    return OK;
}

static void time_print(struct buffer *out, int64_t us)
{
    if (us < 0) {
        buffer_append_byte(out, '-');
        us = -us;
    }
    buffer_printf(out, "%02lld:%02lld:%02lld.%03lld", (long long)(us / 3600000000),
                  (long long)(us / 60000000 % 60), (long long)(us / 1000000 % 60),
                  (long long)(us / 1000 % 1000));
}

/* As Athena: "1-2" years and months, "3 04:05:06.000" days and time. */
static void interval_print(struct buffer *out, struct duck_interval v)
{
    if (v.months || (!v.days && !v.us)) {
        int months = v.months < 0 ? -v.months : v.months;
        buffer_printf(out, "%s%d-%d", v.months < 0 ? "-" : "", months / 12, months % 12);
        if (!v.days && !v.us) return;
        buffer_append_byte(out, ' ');
    }
    buffer_printf(out, "%d ", v.days);
    time_print(out, v.us);
}

static void uuid_print(struct buffer *out, unsigned __int128 v)
{
    uint8_t bytes[16];
    char hex[32];
    v ^= (unsigned __int128)1 << 127; /* stored so that it sorts as a signed integer */
    put_be64(bytes, (uint64_t)(v >> 64));
    put_be64(bytes + 8, (uint64_t)v);
    hex_encode(hex, bytes, sizeof bytes);
    buffer_printf(out, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static void enum_print(struct buffer *out, const struct reader *reader, const struct source *s,
                       int64_t row)
{
    uint32_t label = reader->internal == DUCK_UTINYINT    ? ((const uint8_t *)s->data)[row]
                     : reader->internal == DUCK_USMALLINT ? ((const uint16_t *)s->data)[row]
                                                          : ((const uint32_t *)s->data)[row];
    if (label < reader->label_count) buffer_append_span(out, reader->labels[label]);
}

static void text_print(struct buffer *out, const struct reader *reader, const struct source *s,
                       int64_t row)
{
    struct duck_interval interval;
    unsigned __int128 uuid;
    int64_t time;
    switch (reader->id) {
    case DUCK_TIME:
        memcpy(&time, (const int64_t *)s->data + row, sizeof time);
        time_print(out, time);
        break;
    case DUCK_INTERVAL:
        memcpy(&interval, (const struct duck_interval *)s->data + row, sizeof interval);
        interval_print(out, interval);
        break;
    case DUCK_UUID:
        memcpy(&uuid, (const char *)s->data + row * 16, sizeof uuid);
        uuid_print(out, uuid);
        break;
    case DUCK_ENUM:
        enum_print(out, reader, s, row);
        break;
    default:
        break; /* SQLNULL has no values */
    }
}

static error printed_read(const struct source *s, const struct reader *reader, struct column *out)
{
    struct buffer text = {0};
    int32_t *offsets = ARENA_ARRAY(s->arena, int32_t, (size_t)s->count + 1);
    for (int64_t i = 0; i < s->count && text.size <= INT32_MAX; i++) {
        if (s->rows[i] >= 0) text_print(&text, reader, s, s->rows[i]);
        offsets[i + 1] = (int32_t)text.size;
    }
    error e = text.size <= INT32_MAX ? OK : fail(ERR_TOO_LARGE, "texts of more than 2 GiB");
    out->offsets = offsets;
    out->values = arena_copy(s->arena, text.data, text.size);
    buffer_release(&text);
    return e;
}

/* ---- nested ---- */

static error list_read(const struct source *s, const struct reader *reader, duck_vector vector,
                       struct column *out)
{
    const struct duck *duck = s->duck;
    const struct duck_list_entry *entries = s->data;
    bool fixed = reader->id == DUCK_ARRAY;
    int32_t *offsets = ARENA_ARRAY(s->arena, int32_t, (size_t)s->count + 1);
    uint64_t total = 0;
    for (int64_t i = 0; i < s->count; i++) {
        if (s->rows[i] >= 0) total += fixed ? reader->array_size : entries[s->rows[i]].length;
        if (total > INT32_MAX) return fail(ERR_TOO_LARGE, "lists of more than 2^31 elements");
        offsets[i + 1] = (int32_t)total;
    }
    int64_t *rows = arena_alloc(s->arena, total * sizeof *rows);
    for (int64_t i = 0; i < s->count; i++) {
        if (s->rows[i] < 0) continue;
        uint64_t row = (uint64_t)s->rows[i];
        uint64_t start = fixed ? row * reader->array_size : entries[row].offset;
        for (int32_t k = offsets[i]; k < offsets[i + 1]; k++)
            rows[k] = (int64_t)start + k - offsets[i];
    }
    duck_vector child =
        fixed ? duck->array_vector_get_child(vector) : duck->list_vector_get_child(vector);
    struct column *children =
        ARENA_ARRAY(s->arena, struct column, (size_t)reader->type->child_count);
    out->offsets = offsets;
    out->children = children;
    if (reader->id != DUCK_MAP)
        return reader_read(duck, &reader->children[0], child, rows, (int64_t)total, s->arena,
                           children);
    for (duck_index i = 0; i < 2; i++)
        TRY(reader_read(duck, &reader->children[i], duck->struct_vector_get_child(child, i), rows,
                        (int64_t)total, s->arena, &children[i]));
    return OK;
}

static error struct_read(const struct source *s, const struct reader *reader, duck_vector vector,
                         struct column *out)
{
    int count = reader->type->child_count;
    struct column *children = ARENA_ARRAY(s->arena, struct column, (size_t)count);
    for (int i = 0; i < count; i++)
        TRY(reader_read(s->duck, &reader->children[i],
                        s->duck->struct_vector_get_child(vector, (duck_index)i), s->rows, s->count,
                        s->arena, &children[i]));
    out->children = children;
    return OK;
}

error reader_read(const struct duck *duck, const struct reader *reader, duck_vector vector,
                  const int64_t *rows, int64_t count, struct arena *arena, struct column *out)
{
    struct source s = {.duck = duck, .data = duck->vector_get_data(vector), .count = count,
                       .arena = arena};
    *out = (struct column){.type = reader->type, .length = count};
    nulls_resolve(&s, duck->vector_get_validity(vector), rows, out);
    switch (reader->id) {
    case DUCK_BOOLEAN:
        booleans_read(&s, out);
        return OK;
    case DUCK_DECIMAL:
        decimals_read(&s, reader->internal, out);
        return OK;
    case DUCK_VARCHAR:
    case DUCK_BLOB:
        return strings_read(&s, out);
    case DUCK_TIME:
    case DUCK_INTERVAL:
    case DUCK_UUID:
    case DUCK_ENUM:
    case DUCK_SQLNULL:
        return printed_read(&s, reader, out);
    case DUCK_LIST:
    case DUCK_ARRAY:
    case DUCK_MAP:
        return list_read(&s, reader, vector, out);
    case DUCK_STRUCT:
        return struct_read(&s, reader, vector, out);
    default:
        return numbers_read(&s, reader->id, out);
    }
}
