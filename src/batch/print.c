/* In: columns. Out: rows as JSON text. Dates and timestamps as their cast to string, binary in
 * base64, decimals in full, NaN and the infinities as strings (JSON has no literal for them). */
#include "batch/internal.h"

#include <math.h>

static void print_quoted(struct buffer *out, span text)
{
    buffer_append_byte(out, '"');
    json_escape(out, text);
    buffer_append_byte(out, '"');
}

static void print_base64(struct buffer *out, span bytes)
{
    size_t size = base64_encoded_size(bytes.size);
    buffer_append_byte(out, '"');
    buffer_reserve(out, size);
    base64_encode(out->data + out->size, bytes);
    out->size += size;
    buffer_append_byte(out, '"');
}

static void print_real(struct buffer *out, const struct column *c, int64_t row)
{
    bool single = c->type->kind == TYPE_FLOAT;
    double value =
        single ? (double)((const float *)c->values)[row] : ((const double *)c->values)[row];
    if (!isfinite(value)) buffer_append_byte(out, '"');
    if (single) cast_float_to_text(out, (float)value);
    else cast_double_to_text(out, value);
    if (!isfinite(value)) buffer_append_byte(out, '"');
}

/* Keys of a JSON object are strings whatever their type. */
static void print_key(struct buffer *out, const struct column *keys, int64_t row)
{
    size_t start = out->size;
    column_print_json(out, keys, row);
    if (out->data[start] == '"') return;
    buffer_append_text(out, "\"\"");
    memmove(out->data + start + 1, out->data + start, out->size - start - 2);
    out->data[start] = '"';
}

static void print_list(struct buffer *out, const struct column *c, int64_t row)
{
    bool map = c->type->kind == TYPE_MAP;
    buffer_append_byte(out, map ? '{' : '[');
    for (int64_t i = c->offsets[row]; i < c->offsets[row + 1]; i++) {
        if (i > c->offsets[row]) buffer_append_byte(out, ',');
        if (map) {
            print_key(out, &c->children[0], i);
            buffer_append_byte(out, ':');
        }
        column_print_json(out, &c->children[map], i);
    }
    buffer_append_byte(out, map ? '}' : ']');
}

static void print_fields(struct buffer *out, const struct field *fields, int count,
                         const struct column *columns, int64_t row)
{
    buffer_append_byte(out, '{');
    for (int i = 0; i < count; i++) {
        if (i) buffer_append_byte(out, ',');
        print_quoted(out, span_of(fields[i].name));
        buffer_append_byte(out, ':');
        column_print_json(out, &columns[i], row);
    }
    buffer_append_byte(out, '}');
}

void column_print_json(struct buffer *out, const struct column *c, int64_t row)
{
    if (!column_valid(c, row)) {
        buffer_append_text(out, "null");
        return;
    }
    const void *values = c->values;
    switch (c->type->kind) {
    case TYPE_BOOLEAN: buffer_append_text(out, bit_get(values, row) ? "true" : "false"); break;
    case TYPE_TINYINT: buffer_printf(out, "%d", ((const int8_t *)values)[row]); break;
    case TYPE_SMALLINT: buffer_printf(out, "%d", ((const int16_t *)values)[row]); break;
    case TYPE_INT: buffer_printf(out, "%d", ((const int32_t *)values)[row]); break;
    case TYPE_BIGINT: buffer_printf(out, "%lld", (long long)((const int64_t *)values)[row]); break;
    case TYPE_FLOAT:
    case TYPE_DOUBLE: print_real(out, c, row); break;
    case TYPE_DECIMAL:
        decimal_print_plain(out, ((const __int128 *)values)[row], c->type->scale);
        break;
    case TYPE_STRING:
    case TYPE_CHAR:
    case TYPE_VARCHAR: print_quoted(out, column_span(c, row)); break;
    case TYPE_BINARY: print_base64(out, column_span(c, row)); break;
    case TYPE_DATE:
        buffer_append_byte(out, '"');
        cast_date_to_text(out, ((const int32_t *)values)[row]);
        buffer_append_byte(out, '"');
        break;
    case TYPE_TIMESTAMP:
        buffer_append_byte(out, '"');
        cast_timestamp_to_text(out, ((const int64_t *)values)[row]);
        buffer_append_byte(out, '"');
        break;
    case TYPE_ARRAY:
    case TYPE_MAP: print_list(out, c, row); break;
    case TYPE_STRUCT:
        print_fields(out, c->type->children, c->type->child_count, c->children, row);
        break;
    case TYPE_KINDS: CHECK(!"a type kind");
    }
}

void batch_print_row(struct buffer *out, const struct batch *batch, int64_t row)
{
    print_fields(out, batch->schema->fields, batch->schema->field_count, batch->columns, row);
}
