/* Values as Athena writes them in results: timestamps with three digits, decimals in their scale,
 * bytes in hexadecimal, nested values in brackets with the texts inside as they are. */
#include "query/internal.h"

#include <math.h>

static int64_t integer_at(const struct column *c, int64_t row)
{
    switch (c->type->kind) {
    case TYPE_TINYINT: return ((const int8_t *)c->values)[row];
    case TYPE_SMALLINT: return ((const int16_t *)c->values)[row];
    case TYPE_INT: return ((const int32_t *)c->values)[row];
    default: return ((const int64_t *)c->values)[row];
    }
}

/* Digits with exactly `scale` of them behind the point. */
static void print_decimal(struct buffer *out, __int128 value, int scale)
{
    char digits[64];
    int n = 0;
    unsigned __int128 rest = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
    do {
        digits[n++] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest || n <= scale);
    if (value < 0) buffer_append_byte(out, '-');
    while (n--) {
        buffer_append_byte(out, (uint8_t)digits[n]);
        if (n == scale && n) buffer_append_byte(out, '.');
    }
}

static void print_timestamp(struct buffer *out, int64_t us)
{
    struct civil c = civil_from_us(floor_div(us, US_PER_MS) * US_PER_MS);
    buffer_printf(out, "%04lld-%02d-%02d %02d:%02d:%02d.%03d", (long long)c.year, c.month, c.day,
                  c.hour, c.minute, c.second, c.us / US_PER_MS);
}

static void print_bytes(struct buffer *out, span bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        buffer_printf(out, i ? " %02x" : "%02x", (uint8_t)bytes.data[i]);
}

static void print_inner(struct buffer *out, const struct column *c, int64_t row)
{
    if (column_valid(c, row)) query_print_value(out, c, row);
    else buffer_append_text(out, "null");
}

static void print_list(struct buffer *out, const struct column *c, int64_t row)
{
    bool map = c->type->kind == TYPE_MAP;
    buffer_append_byte(out, map ? '{' : '[');
    for (int64_t i = c->offsets[row]; i < c->offsets[row + 1]; i++) {
        if (i > c->offsets[row]) buffer_append_text(out, ", ");
        print_inner(out, &c->children[0], i);
        if (!map) continue;
        buffer_append_byte(out, '=');
        print_inner(out, &c->children[1], i);
    }
    buffer_append_byte(out, map ? '}' : ']');
}

static void print_struct(struct buffer *out, const struct column *c, int64_t row)
{
    buffer_append_byte(out, '{');
    for (int i = 0; i < c->type->child_count; i++) {
        if (i) buffer_append_text(out, ", ");
        buffer_printf(out, "%s=", c->type->children[i].name);
        print_inner(out, &c->children[i], row);
    }
    buffer_append_byte(out, '}');
}

void query_print_value(struct buffer *out, const struct column *c, int64_t row)
{
    switch (c->type->kind) {
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT: buffer_printf(out, "%lld", (long long)integer_at(c, row)); break;
    case TYPE_BOOLEAN:
        buffer_append_text(out, bit_get(c->values, row) ? "true" : "false");
        break;
    case TYPE_FLOAT: cast_float_to_text(out, ((const float *)c->values)[row]); break;
    case TYPE_DOUBLE: cast_double_to_text(out, ((const double *)c->values)[row]); break;
    case TYPE_DECIMAL:
        print_decimal(out, ((const __int128 *)c->values)[row], c->type->scale);
        break;
    case TYPE_DATE: cast_date_to_text(out, ((const int32_t *)c->values)[row]); break;
    case TYPE_TIMESTAMP: print_timestamp(out, ((const int64_t *)c->values)[row]); break;
    case TYPE_BINARY: print_bytes(out, column_span(c, row)); break;
    case TYPE_ARRAY:
    case TYPE_MAP: print_list(out, c, row); break;
    case TYPE_STRUCT: print_struct(out, c, row); break;
    default: buffer_append_span(out, column_span(c, row));
    }
}
