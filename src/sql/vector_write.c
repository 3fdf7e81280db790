/* Columns to DuckDB's vectors: the way back of vector.c. */
#include "sql/internal.h"

/* ---- types ---- */

static duck_logical_type struct_make(const struct duck *duck, const struct type *type)
{
    duck_logical_type types[TYPE_FIELDS_MAX];
    const char *names[TYPE_FIELDS_MAX];
    int count = type->child_count;
    for (int i = 0; i < count; i++) {
        types[i] = logical_make(duck, type->children[i].type);
        names[i] = type->children[i].name;
    }
    duck_logical_type made = duck->create_struct_type(types, names, (duck_index)count);
    for (int i = 0; i < count; i++) duck->destroy_logical_type(&types[i]);
    return made;
}

static duck_logical_type list_make(const struct duck *duck, const struct type *type)
{
    duck_logical_type first = logical_make(duck, type->children[0].type), made, second;
    if (type->kind == TYPE_ARRAY) {
        made = duck->create_list_type(first);
    } else {
        second = logical_make(duck, type->children[1].type);
        made = duck->create_map_type(first, second);
        duck->destroy_logical_type(&second);
    }
    duck->destroy_logical_type(&first);
    return made;
}

duck_logical_type logical_make(const struct duck *duck, const struct type *type)
{
    static const enum duck_type kinds[TYPE_KINDS] = {
        [TYPE_BOOLEAN] = DUCK_BOOLEAN, [TYPE_TINYINT] = DUCK_TINYINT,
        [TYPE_SMALLINT] = DUCK_SMALLINT, [TYPE_INT] = DUCK_INTEGER,
        [TYPE_BIGINT] = DUCK_BIGINT,   [TYPE_FLOAT] = DUCK_FLOAT,
        [TYPE_DOUBLE] = DUCK_DOUBLE,   [TYPE_STRING] = DUCK_VARCHAR,
        [TYPE_CHAR] = DUCK_VARCHAR,    [TYPE_VARCHAR] = DUCK_VARCHAR,
        [TYPE_BINARY] = DUCK_BLOB,     [TYPE_DATE] = DUCK_DATE,
        [TYPE_TIMESTAMP] = DUCK_TIMESTAMP,
    };
    switch (type->kind) {
    case TYPE_STRUCT:
        return struct_make(duck, type);
    case TYPE_ARRAY:
    case TYPE_MAP:
        return list_make(duck, type);
    case TYPE_DECIMAL:
        return duck->create_decimal_type((uint8_t)type->precision, (uint8_t)type->scale);
    default:
        return duck->create_logical_type(kinds[type->kind]);
    }
}

/* ---- values ---- */

static void nulls_write(const struct duck *duck, const struct column *c, int64_t first,
                        int64_t count, int64_t at, duck_vector vector)
{
    if (!c->validity) return;
    duck->vector_ensure_validity_writable(vector);
    uint64_t *validity = duck->vector_get_validity(vector);
    for (int64_t i = 0; i < count; i++)
        if (!bit_get(c->validity, first + i))
            validity[(at + i) >> 6] &= ~((uint64_t)1 << ((at + i) & 63));
}

/* DuckDB keeps a decimal in the least integer that has room for its digits. */
static void decimals_write(const struct type *type, const __int128 *values, int64_t count,
                           void *data)
{
    enum { SMALL = 4, INTEGER = 9, BIG = 18 };
    for (int64_t i = 0; i < count; i++) {
        if (type->precision <= SMALL) ((int16_t *)data)[i] = (int16_t)values[i];
        else if (type->precision <= INTEGER) ((int32_t *)data)[i] = (int32_t)values[i];
        else if (type->precision <= BIG) ((int64_t *)data)[i] = (int64_t)values[i];
        else memcpy((char *)data + i * (int64_t)sizeof *values, &values[i], sizeof *values);
    }
}

static size_t decimal_width(int precision)
{
    return precision <= 4 ? 2 : precision <= 9 ? 4 : precision <= 18 ? 8 : 16;
}

static size_t value_width(const struct type *type)
{
    static const uint8_t widths[TYPE_KINDS] = {
        [TYPE_TINYINT] = 1, [TYPE_SMALLINT] = 2, [TYPE_INT] = 4,  [TYPE_BIGINT] = 8,
        [TYPE_FLOAT] = 4,   [TYPE_DOUBLE] = 8,   [TYPE_DATE] = 4, [TYPE_TIMESTAMP] = 8,
    };
    return widths[type->kind];
}

static error rows_write(const struct duck *, const struct column *, int64_t first, int64_t count,
                        int64_t at, duck_vector);

/* Elements go behind those that the vector has. */
static error lists_write(const struct duck *duck, const struct column *c, int64_t first,
                         int64_t count, int64_t at, duck_vector vector)
{
    duck_index have = duck->list_vector_get_size(vector);
    int64_t begin = c->offsets[first], more = c->offsets[first + count] - begin;
    struct duck_list_entry *entries = (struct duck_list_entry *)duck->vector_get_data(vector) + at;
    for (int64_t i = 0; i < count; i++)
        entries[i] = (struct duck_list_entry){
            have + (uint64_t)(c->offsets[first + i] - begin),
            (uint64_t)(c->offsets[first + i + 1] - c->offsets[first + i])};
    if (duck->list_vector_reserve(vector, have + (duck_index)more) != DUCK_SUCCESS ||
        duck->list_vector_set_size(vector, have + (duck_index)more) != DUCK_SUCCESS)
        return fail(ERR_MEMORY, "the SQL engine has no room for %lld list elements",
                    (long long)more);
    duck_vector child = duck->list_vector_get_child(vector);
    if (c->type->kind == TYPE_ARRAY)
        return rows_write(duck, &c->children[0], begin, more, (int64_t)have, child);
    for (duck_index i = 0; i < 2; i++)
        TRY(rows_write(duck, &c->children[i], begin, more, (int64_t)have,
                       duck->struct_vector_get_child(child, i)));
    return OK;
}

static void texts_write(const struct duck *duck, const struct column *c, int64_t first,
                        int64_t count, int64_t at, duck_vector vector)
{
    for (int64_t i = 0; i < count; i++) {
        span text = column_span(c, first + i);
        duck->vector_assign_string_element_len(vector, (duck_index)(at + i), text.data, text.size);
    }
}

/* Rows of the column to the vector's rows from `at` on. */
static error rows_write(const struct duck *duck, const struct column *c, int64_t first,
                        int64_t count, int64_t at, duck_vector vector)
{
    char *data = duck->vector_get_data(vector);
    size_t width = value_width(c->type);
    nulls_write(duck, c, first, count, at, vector);
    switch (c->type->kind) {
    case TYPE_BOOLEAN:
        for (int64_t i = 0; i < count; i++) data[at + i] = bit_get(c->values, first + i);
        return OK;
    case TYPE_STRING:
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_BINARY:
        texts_write(duck, c, first, count, at, vector);
        return OK;
    case TYPE_DECIMAL:
        decimals_write(c->type, (const __int128 *)c->values + first, count,
                       data + (size_t)at * decimal_width(c->type->precision));
        return OK;
    case TYPE_ARRAY:
    case TYPE_MAP:
        return lists_write(duck, c, first, count, at, vector);
    case TYPE_STRUCT:
        for (int i = 0; i < c->type->child_count; i++)
            TRY(rows_write(duck, &c->children[i], first, count, at,
                           duck->struct_vector_get_child(vector, (duck_index)i)));
        return OK;
    default:
        memcpy(data + (size_t)at * width, (const char *)c->values + (size_t)first * width,
               (size_t)count * width);
        return OK;
    }
}

error vector_write(const struct duck *duck, const struct column *c, int64_t first, int64_t count,
                   duck_vector vector)
{
    return rows_write(duck, c, first, count, 0, vector);
}
