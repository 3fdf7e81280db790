/* In: a column and a type. Out: the column converted, NULL where a value has no conversion, and
 * which rows those were (batch.h says the rules). A pair of scalar types is a row of `conversions`
 * and one function from value to value; text is appended to the cast's buffer. */
#include "batch/internal.h"

#include <math.h>
#include <stdlib.h>

/* Kinds that convert alike. */
enum family { BOOL, INT, REAL, DECIMAL, TEXT, BINARY, DATE, TIMESTAMP, NESTED };
enum { FAMILIES = NESTED }; /* of scalars */

static enum family family_of(const struct type *type)
{
    static const uint8_t families[TYPE_KINDS] = {
        [TYPE_BOOLEAN] = BOOL,  [TYPE_TINYINT] = INT,      [TYPE_SMALLINT] = INT,
        [TYPE_INT] = INT,       [TYPE_BIGINT] = INT,       [TYPE_FLOAT] = REAL,
        [TYPE_DOUBLE] = REAL,   [TYPE_DECIMAL] = DECIMAL,  [TYPE_STRING] = TEXT,
        [TYPE_CHAR] = TEXT,     [TYPE_VARCHAR] = TEXT,     [TYPE_BINARY] = BINARY,
        [TYPE_DATE] = DATE,     [TYPE_TIMESTAMP] = TIMESTAMP, [TYPE_ARRAY] = NESTED,
        [TYPE_MAP] = NESTED,    [TYPE_STRUCT] = NESTED,
    };
    return (enum family)families[type->kind];
}

union cell {
    int64_t i; /* BOOL, INT, DATE, TIMESTAMP */
    double d;
    __int128 n;
};

struct cast {
    struct arena *arena;
    const struct column *in;
    const struct type *to;
    struct cast_report *report;
    struct buffer text; /* of all rows so far, when `to` is text or binary */
};

/* false: the value has no conversion. */
typedef bool convert_fn(struct cast *, int64_t row, union cell *out);

static void fail_row(struct arena *arena, struct cast_report *report, int64_t rows, int64_t row)
{
    if (!report->failed) report->failed = bitmap_new(arena, rows);
    bit_set(report->failed, row);
    report->failures++;
}

/* ---- reading the source ---- */

static int64_t load_int(const struct column *c, int64_t row)
{
    switch (c->type->kind) {
    case TYPE_BOOLEAN: return bit_get(c->values, row);
    case TYPE_TINYINT: return ((const int8_t *)c->values)[row];
    case TYPE_SMALLINT: return ((const int16_t *)c->values)[row];
    case TYPE_INT:
    case TYPE_DATE: return ((const int32_t *)c->values)[row];
    default: return ((const int64_t *)c->values)[row];
    }
}

static double load_real(const struct column *c, int64_t row)
{
    if (c->type->kind == TYPE_FLOAT) return (double)((const float *)c->values)[row];
    return ((const double *)c->values)[row];
}

static __int128 load_decimal(const struct column *c, int64_t row)
{
    return ((const __int128 *)c->values)[row];
}

static bool fits(const struct type *to, int64_t value)
{
    int bits = kind_width(to->kind) * 8;
    int64_t max = INT64_MAX >> (64 - bits);
    return value >= -max - 1 && value <= max;
}

static bool single(const struct cast *c)
{
    return c->to->kind == TYPE_FLOAT;
}

/* ---- to boolean ---- */

static bool bool_from_int(struct cast *c, int64_t row, union cell *out)
{
    out->i = load_int(c->in, row) != 0;
    return true;
}

static bool bool_from_real(struct cast *c, int64_t row, union cell *out)
{
    out->i = load_real(c->in, row) != 0;
    return true;
}

static bool bool_from_decimal(struct cast *c, int64_t row, union cell *out)
{
    out->i = load_decimal(c->in, row) != 0;
    return true;
}

static bool bool_from_text(struct cast *c, int64_t row, union cell *out)
{
    bool value;
    if (!cast_text_to_bool(column_span(c->in, row), &value)) return false;
    out->i = value;
    return true;
}

/* ---- to integers: what does not fit has no conversion ---- */

static bool int_from_int(struct cast *c, int64_t row, union cell *out)
{
    out->i = load_int(c->in, row);
    return fits(c->to, out->i);
}

static bool int_from_real(struct cast *c, int64_t row, union cell *out)
{
    double value = trunc(load_real(c->in, row));
    if (!(value >= -0x1p63 && value < 0x1p63)) return false;
    out->i = (int64_t)value;
    return fits(c->to, out->i);
}

static bool int_from_decimal(struct cast *c, int64_t row, union cell *out)
{
    __int128 value = load_decimal(c->in, row) / power_of_ten(c->in->type->scale);
    out->i = (int64_t)value;
    return value >= INT64_MIN && value <= INT64_MAX && fits(c->to, out->i);
}

static bool int_from_text(struct cast *c, int64_t row, union cell *out)
{
    return cast_text_to_int(column_span(c->in, row), INT64_MIN, INT64_MAX, &out->i) &&
           fits(c->to, out->i);
}

static bool int_from_timestamp(struct cast *c, int64_t row, union cell *out)
{
    out->i = floor_div(load_int(c->in, row), US_PER_SECOND);
    return fits(c->to, out->i);
}

/* ---- to float and double: rounded once ---- */

static bool real_from_int(struct cast *c, int64_t row, union cell *out)
{
    int64_t value = load_int(c->in, row);
    out->d = single(c) ? (double)(float)value : (double)value;
    return true;
}

static bool real_from_real(struct cast *c, int64_t row, union cell *out)
{
    out->d = load_real(c->in, row);
    return true;
}

static bool real_from_decimal(struct cast *c, int64_t row, union cell *out)
{
    __int128 value = load_decimal(c->in, row);
    int scale = c->in->type->scale;
    if (!single(c) && value >= -(1LL << 53) && value <= 1LL << 53 && scale <= 22) {
        out->d = (double)value / (double)power_of_ten(scale); /* both exact */
        return true;
    }
    struct buffer text = {0};
    decimal_print_plain(&text, value, scale);
    float narrow = 0;
    bool ok = single(c) ? cast_text_to_float(buffer_span(&text), &narrow)
                        : cast_text_to_double(buffer_span(&text), &out->d);
    if (single(c)) out->d = (double)narrow;
    buffer_release(&text);
    return ok;
}

static bool real_from_text(struct cast *c, int64_t row, union cell *out)
{
    if (!single(c)) return cast_text_to_double(column_span(c->in, row), &out->d);
    float narrow;
    if (!cast_text_to_float(column_span(c->in, row), &narrow)) return false;
    out->d = (double)narrow;
    return true;
}

static bool real_from_timestamp(struct cast *c, int64_t row, union cell *out)
{
    out->d = (double)load_int(c->in, row) / US_PER_SECOND;
    return true;
}

/* ---- to decimal ---- */

static bool decimal_from_int(struct cast *c, int64_t row, union cell *out)
{
    return decimal_rescale(load_int(c->in, row), 0, c->to->precision, c->to->scale, &out->n);
}

/* By way of the shortest text, so that 0.1 becomes 0.1 and not what the bits say. */
static bool decimal_of_real(const struct type *to, double value, __int128 *out)
{
    struct buffer text = {0};
    cast_double_to_text(&text, value);
    bool ok = cast_text_to_decimal(buffer_span(&text), to->precision, to->scale, out);
    buffer_release(&text);
    return ok;
}

static bool decimal_from_real(struct cast *c, int64_t row, union cell *out)
{
    return decimal_of_real(c->to, load_real(c->in, row), &out->n);
}

static bool decimal_from_decimal(struct cast *c, int64_t row, union cell *out)
{
    return decimal_rescale(load_decimal(c->in, row), c->in->type->scale, c->to->precision,
                           c->to->scale, &out->n);
}

static bool decimal_from_text(struct cast *c, int64_t row, union cell *out)
{
    return cast_text_to_decimal(column_span(c->in, row), c->to->precision, c->to->scale, &out->n);
}

static bool decimal_from_timestamp(struct cast *c, int64_t row, union cell *out)
{
    return decimal_of_real(c->to, (double)load_int(c->in, row) / US_PER_SECOND, &out->n);
}

/* ---- to text and binary ---- */

static bool text_from_bool(struct cast *c, int64_t row, union cell *out)
{
    (void)out;
    buffer_append_text(&c->text, load_int(c->in, row) ? "true" : "false");
    return true;
}

static bool text_from_int(struct cast *c, int64_t row, union cell *out)
{
    (void)out;
    decimal_print_plain(&c->text, load_int(c->in, row), 0);
    return true;
}

static bool text_from_real(struct cast *c, int64_t row, union cell *out)
{
    (void)out;
    if (c->in->type->kind == TYPE_FLOAT) cast_float_to_text(&c->text, (float)load_real(c->in, row));
    else cast_double_to_text(&c->text, load_real(c->in, row));
    return true;
}

static bool text_from_decimal(struct cast *c, int64_t row, union cell *out)
{
    (void)out;
    cast_decimal_to_text(&c->text, load_decimal(c->in, row), c->in->type->scale);
    return true;
}

static bool bytes_from_bytes(struct cast *c, int64_t row, union cell *out)
{
    (void)out;
    buffer_append_span(&c->text, column_span(c->in, row));
    return true;
}

static bool text_from_binary(struct cast *c, int64_t row, union cell *out)
{
    span bytes = column_span(c->in, row);
    return utf8_valid_prefix(bytes) == bytes.size && bytes_from_bytes(c, row, out);
}

static bool text_from_date(struct cast *c, int64_t row, union cell *out)
{
    (void)out;
    cast_date_to_text(&c->text, (int32_t)load_int(c->in, row));
    return true;
}

static bool text_from_timestamp(struct cast *c, int64_t row, union cell *out)
{
    (void)out;
    cast_timestamp_to_text(&c->text, load_int(c->in, row));
    return true;
}

static bool text_from_nested(struct cast *c, int64_t row, union cell *out)
{
    (void)out;
    column_print_json(&c->text, c->in, row);
    return true;
}

/* Big endian, as many bytes as the type has. */
static bool binary_from_int(struct cast *c, int64_t row, union cell *out)
{
    (void)out;
    char bytes[8];
    size_t width = kind_width(c->in->type->kind);
    put_be64(bytes, (uint64_t)load_int(c->in, row));
    buffer_append(&c->text, bytes + 8 - width, width);
    return true;
}

/* ---- to date and timestamp ---- */

static bool date_from_text(struct cast *c, int64_t row, union cell *out)
{
    int32_t days;
    if (!cast_text_to_date(column_span(c->in, row), &days)) return false;
    out->i = days;
    return true;
}

static bool date_from_timestamp(struct cast *c, int64_t row, union cell *out)
{
    out->i = floor_div(load_int(c->in, row), US_PER_DAY);
    return true;
}

/* Spark takes a boolean for microseconds, numbers for seconds. */
static bool timestamp_from_bool(struct cast *c, int64_t row, union cell *out)
{
    out->i = load_int(c->in, row);
    return true;
}

static bool timestamp_from_int(struct cast *c, int64_t row, union cell *out)
{
    return !__builtin_mul_overflow(load_int(c->in, row), (int64_t)US_PER_SECOND, &out->i);
}

static bool timestamp_from_real(struct cast *c, int64_t row, union cell *out)
{
    double us = load_real(c->in, row) * US_PER_SECOND;
    if (!(us >= -0x1p63 && us < 0x1p63)) return false;
    out->i = (int64_t)us;
    return true;
}

static bool timestamp_from_decimal(struct cast *c, int64_t row, union cell *out)
{
    __int128 us = load_decimal(c->in, row);
    int scale = c->in->type->scale;
    if (scale > 6) us /= power_of_ten(scale - 6);
    else if (__builtin_mul_overflow(us, power_of_ten(6 - scale), &us)) return false;
    out->i = (int64_t)us;
    return us >= INT64_MIN && us <= INT64_MAX;
}

static bool timestamp_from_text(struct cast *c, int64_t row, union cell *out)
{
    return cast_text_to_timestamp(column_span(c->in, row), &out->i);
}

static bool timestamp_from_date(struct cast *c, int64_t row, union cell *out)
{
    return !__builtin_mul_overflow(load_int(c->in, row), US_PER_DAY, &out->i);
}

/* [to][from]; NULL: no such conversion. */
static convert_fn *const conversions[FAMILIES][FAMILIES + 1] = {
    [BOOL] = {[BOOL] = bool_from_int, [INT] = bool_from_int, [REAL] = bool_from_real,
              [DECIMAL] = bool_from_decimal, [TEXT] = bool_from_text, [TIMESTAMP] = bool_from_int},
    [INT] = {[BOOL] = int_from_int, [INT] = int_from_int, [REAL] = int_from_real,
             [DECIMAL] = int_from_decimal, [TEXT] = int_from_text,
             [TIMESTAMP] = int_from_timestamp},
    [REAL] = {[BOOL] = real_from_int, [INT] = real_from_int, [REAL] = real_from_real,
              [DECIMAL] = real_from_decimal, [TEXT] = real_from_text,
              [TIMESTAMP] = real_from_timestamp},
    [DECIMAL] = {[BOOL] = decimal_from_int, [INT] = decimal_from_int, [REAL] = decimal_from_real,
                 [DECIMAL] = decimal_from_decimal, [TEXT] = decimal_from_text,
                 [TIMESTAMP] = decimal_from_timestamp},
    [TEXT] = {[BOOL] = text_from_bool, [INT] = text_from_int, [REAL] = text_from_real,
              [DECIMAL] = text_from_decimal, [TEXT] = bytes_from_bytes,
              [BINARY] = text_from_binary, [DATE] = text_from_date,
              [TIMESTAMP] = text_from_timestamp, [NESTED] = text_from_nested},
    [BINARY] = {[INT] = binary_from_int, [TEXT] = bytes_from_bytes},
    [DATE] = {[TEXT] = date_from_text, [TIMESTAMP] = date_from_timestamp},
    [TIMESTAMP] = {[BOOL] = timestamp_from_bool, [INT] = timestamp_from_int,
                   [REAL] = timestamp_from_real, [DECIMAL] = timestamp_from_decimal,
                   [TEXT] = timestamp_from_text, [DATE] = timestamp_from_date},
};

/* ---- columns ---- */

static void store(const struct type *to, void *values, int64_t row, union cell cell)
{
    switch (to->kind) {
    case TYPE_BOOLEAN:
        if (cell.i) bit_set(values, row);
        break;
    case TYPE_TINYINT: ((int8_t *)values)[row] = (int8_t)cell.i; break;
    case TYPE_SMALLINT: ((int16_t *)values)[row] = (int16_t)cell.i; break;
    case TYPE_INT:
    case TYPE_DATE: ((int32_t *)values)[row] = (int32_t)cell.i; break;
    case TYPE_FLOAT: ((float *)values)[row] = (float)cell.d; break;
    case TYPE_DOUBLE: ((double *)values)[row] = cell.d; break;
    case TYPE_DECIMAL: ((__int128 *)values)[row] = cell.n; break;
    default: ((int64_t *)values)[row] = cell.i;
    }
}

/* Cuts the last text, which starts at `start`, to the characters CHAR(n) and VARCHAR(n) have. */
static void cut_text(struct cast *c, size_t start)
{
    if (c->to->kind != TYPE_CHAR && c->to->kind != TYPE_VARCHAR) return;
    size_t characters = 0;
    for (size_t i = start; i < c->text.size; i++) {
        if (((uint8_t)c->text.data[i] & 0xC0) == 0x80) continue; /* within a character */
        if (characters++ == (size_t)c->to->length) {
            c->text.size = i;
            return;
        }
    }
}

/* What the rows have in common: NULL in is NULL out, a failure becomes NULL. */
static bool convert_row(struct cast *c, convert_fn *convert, int64_t row, union cell *out)
{
    if (!column_valid(c->in, row)) return false;
    if (convert && convert(c, row, out)) return true;
    fail_row(c->arena, c->report, c->in->length, row);
    return false;
}

static error convert_to_text(struct cast *c, convert_fn *convert, uint8_t *valid,
                             struct column *out)
{
    int32_t *offsets = ARENA_ARRAY(c->arena, int32_t, (size_t)(out->length + 1));
    union cell unused;
    for (int64_t row = 0; row < out->length; row++) {
        size_t start = c->text.size;
        if (convert_row(c, convert, row, &unused)) {
            bit_set(valid, row);
            cut_text(c, start);
        } else {
            c->text.size = start;
            out->null_count++;
        }
        if (c->text.size > COLUMN_OFFSET_MAX)
            return fail(ERR_LIMIT, "cast of %lld rows to text gives more than 2 GiB",
                        (long long)out->length);
        offsets[row + 1] = (int32_t)c->text.size;
    }
    out->offsets = offsets;
    out->values = arena_copy(c->arena, c->text.data, c->text.size);
    return OK;
}

static void convert_to_values(struct cast *c, convert_fn *convert, uint8_t *valid,
                              struct column *out)
{
    size_t bytes = c->to->kind == TYPE_BOOLEAN ? bitmap_bytes(out->length)
                                               : (size_t)out->length * kind_width(c->to->kind);
    void *values = arena_calloc(c->arena, bytes, 1);
    union cell cell;
    for (int64_t row = 0; row < out->length; row++) {
        if (convert_row(c, convert, row, &cell)) {
            bit_set(valid, row);
            store(c->to, values, row, cell);
        } else {
            out->null_count++;
        }
    }
    out->values = values;
}

/* A nested target that the source has no conversion to, or a conversion to a scalar. */
static error cast_values(struct cast *c, struct column *out)
{
    enum family from = family_of(c->in->type), to = family_of(c->to);
    uint8_t *valid = bitmap_new(c->arena, out->length);
    error status = OK;
    if (to == NESTED) {
        union cell unused;
        for (int64_t row = 0; row < out->length; row++) convert_row(c, NULL, row, &unused);
        *out = column_nulls(c->arena, c->to, out->length);
        return OK;
    }
    convert_fn *convert = conversions[to][from];
    if (to == TEXT || to == BINARY) status = convert_to_text(c, convert, valid, out);
    else convert_to_values(c, convert, valid, out);
    buffer_release(&c->text);
    if (out->null_count) out->validity = valid;
    return status;
}

static error cast_into(struct arena *, const struct column *in, const struct type *to,
                       struct column *out, struct cast_report *);

/* Failures of the elements as failures of the rows they belong to. */
static void report_elements(struct cast *c, const struct cast_report *below)
{
    c->report->failures += below->failures;
    if (!below->failed) return;
    if (!c->report->failed) c->report->failed = bitmap_new(c->arena, c->in->length);
    for (int64_t row = 0; row < c->in->length; row++) {
        int64_t first = c->in->offsets ? c->in->offsets[row] : row;
        int64_t end = c->in->offsets ? c->in->offsets[row + 1] : row + 1;
        for (int64_t i = first; i < end; i++)
            if (bit_get(below->failed, i)) bit_set(c->report->failed, row);
    }
}

/* Fields by name, exactly or ignoring case; one the source lacks is NULL. */
static error cast_struct(struct cast *c, struct column *out)
{
    const struct schema source = {c->in->type->child_count, c->in->type->children};
    struct column *children = ARENA_ARRAY(c->arena, struct column, (size_t)c->to->child_count);
    for (int i = 0; i < c->to->child_count; i++) {
        const struct field *field = &c->to->children[i];
        int from = schema_find(&source, span_of(field->name));
        if (from < 0) {
            children[i] = column_nulls(c->arena, field->type, c->in->length);
            continue;
        }
        struct cast_report below = {0};
        TRY(cast_into(c->arena, &c->in->children[from], field->type, &children[i], &below));
        report_elements(c, &below);
    }
    out->children = children;
    return OK;
}

/* A map whose key has no conversion has none itself: keys are never NULL. */
static void drop_maps(struct cast *c, const uint8_t *failed_keys, struct column *out)
{
    uint8_t *valid = bitmap_new(c->arena, out->length);
    int32_t *offsets = ARENA_ARRAY(c->arena, int32_t, (size_t)(out->length + 1));
    uint32_t *kept = arena_alloc(c->arena, (size_t)out->children[0].length * sizeof *kept);
    int32_t count = 0;
    out->null_count = 0;
    for (int64_t row = 0; row < out->length; row++) {
        bool whole = column_valid(c->in, row);
        for (int32_t i = out->offsets[row]; i < out->offsets[row + 1]; i++)
            whole &= !bit_get(failed_keys, i);
        if (whole) {
            bit_set(valid, row);
            for (int32_t i = out->offsets[row]; i < out->offsets[row + 1]; i++)
                kept[count++] = (uint32_t)i;
        }
        out->null_count += !whole;
        offsets[row + 1] = count;
    }
    struct column *children = ARENA_ARRAY(c->arena, struct column, 2);
    for (int i = 0; i < 2; i++)
        children[i] = column_gather(c->arena, &out->children[i], kept, count);
    out->validity = valid;
    out->offsets = offsets;
    out->children = children;
}

static error cast_list(struct cast *c, struct column *out)
{
    struct column *children = ARENA_ARRAY(c->arena, struct column, (size_t)c->to->child_count);
    struct cast_report below[2] = {0};
    out->children = children;
    for (int i = 0; i < c->to->child_count; i++) {
        TRY(cast_into(c->arena, &c->in->children[i], c->to->children[i].type, &children[i],
                      &below[i]));
        report_elements(c, &below[i]);
    }
    if (c->to->kind == TYPE_MAP && below[0].failed) drop_maps(c, below[0].failed, out);
    return OK;
}

/* Text is text: only the type changes. */
static bool same_bytes(const struct type *from, const struct type *to)
{
    return kind_is_text(from->kind) && (to->kind == TYPE_STRING || to->kind == TYPE_BINARY);
}

static error cast_into(struct arena *arena, const struct column *in, const struct type *to,
                       struct column *out, struct cast_report *report)
{
    struct cast c = {.arena = arena, .in = in, .to = to, .report = report};
    *out = *in;
    out->type = to;
    if (type_equal(in->type, to) || same_bytes(in->type, to)) return OK;
    if (in->type->kind == to->kind && to->kind == TYPE_STRUCT) return cast_struct(&c, out);
    if (in->type->kind == to->kind && type_is_nested(to)) return cast_list(&c, out);
    *out = (struct column){.type = to, .length = in->length};
    return cast_values(&c, out);
}

error column_cast(struct arena *arena, const struct column *in, const struct type *to,
                  const struct column **out, struct cast_report *report)
{
    *report = (struct cast_report){0};
    *out = in;
    if (type_equal(in->type, to)) return OK;
    struct column *column = ARENA_NEW(arena, struct column);
    *out = column;
    return cast_into(arena, in, to, column, report);
}

bool cast_exists(const struct type *from, const struct type *to)
{
    if (type_equal(from, to) || to->kind == TYPE_STRING) return true;
    if (!type_is_nested(to)) return conversions[family_of(to)][family_of(from)] != NULL;
    if (from->kind != to->kind) return false;
    const struct schema source = {from->child_count, from->children};
    for (int i = 0; i < to->child_count; i++) {
        int k = to->kind == TYPE_STRUCT ? schema_find(&source, span_of(to->children[i].name)) : i;
        if (k >= 0 && !cast_exists(from->children[k].type, to->children[i].type)) return false;
    }
    return true;
}
