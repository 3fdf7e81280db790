#include "cli/print.h"

#include <stdio.h>
#include <stdlib.h>

struct printer {
    enum print_format format;
    struct arena arena; /* for the schema, which may go before a table is printed */
    const struct schema *schema;
    int64_t rows;
    struct buffer text;   /* of the rows being written; for a table, of all cells */
    size_t *ends;         /* table: where each cell ends in `text` */
    size_t cells, cell_capacity;
};

/* ---- values ---- */

static void print_integer(struct buffer *out, const struct column *column, int64_t row)
{
    long long value = 0;
    switch (column->type->kind) {
    case TYPE_TINYINT: value = ((const int8_t *)column->values)[row]; break;
    case TYPE_SMALLINT: value = ((const int16_t *)column->values)[row]; break;
    case TYPE_INT: value = ((const int32_t *)column->values)[row]; break;
    default: value = ((const int64_t *)column->values)[row]; break;
    }
    buffer_printf(out, "%lld", value);
}

void print_value(struct buffer *out, const struct column *column, int64_t row,
                 const char *null_text)
{
    if (!column_valid(column, row)) {
        buffer_append_text(out, null_text);
        return;
    }
    switch (column->type->kind) {
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
        print_integer(out, column, row);
        break;
    case TYPE_BOOLEAN:
        buffer_append_text(out, bit_get(column->values, row) ? "true" : "false");
        break;
    case TYPE_FLOAT:
        cast_float_to_text(out, ((const float *)column->values)[row]);
        break;
    case TYPE_DOUBLE:
        cast_double_to_text(out, ((const double *)column->values)[row]);
        break;
    case TYPE_DECIMAL:
        cast_decimal_to_text(out, ((const __int128 *)column->values)[row], column->type->scale);
        break;
    case TYPE_DATE:
        cast_date_to_text(out, ((const int32_t *)column->values)[row]);
        break;
    case TYPE_TIMESTAMP:
        cast_timestamp_to_text(out, ((const int64_t *)column->values)[row]);
        break;
    case TYPE_STRING:
    case TYPE_CHAR:
    case TYPE_VARCHAR:
        buffer_append_span(out, column_span(column, row));
        break;
    default:
        column_print_json(out, column, row);
        break;
    }
}

/* ---- CSV and JSON lines ---- */

static void csv_field(struct buffer *out, span text)
{
    bool quoted = false;
    for (size_t i = 0; i < text.size && !quoted; i++)
        quoted = strchr(",\"\r\n", text.data[i]) != NULL;
    if (!quoted) {
        buffer_append_span(out, text);
        return;
    }
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"') buffer_append_byte(out, '"');
        buffer_append_byte(out, (uint8_t)text.data[i]);
    }
    buffer_append_byte(out, '"');
}

static void csv_row(struct buffer *out, const struct batch *batch, int64_t row)
{
    struct buffer cell = {0};
    for (int i = 0; i < batch->schema->field_count; i++) {
        const struct column *column = &batch->columns[i];
        if (i) buffer_append_byte(out, ',');
        buffer_reset(&cell);
        print_value(&cell, column, row, "");
        /* an empty text is not a NULL */
        if (!cell.size && column_valid(column, row)) buffer_append_text(out, "\"\"");
        else csv_field(out, buffer_span(&cell));
    }
    buffer_append_byte(out, '\n');
    buffer_release(&cell);
}

static void json_row(struct buffer *out, const struct batch *batch, int64_t row)
{
    for (int i = 0; i < batch->schema->field_count; i++) {
        buffer_append_text(out, i ? ",\"" : "{\"");
        json_escape(out, span_of(batch->schema->fields[i].name));
        buffer_append_text(out, "\":");
        column_print_json(out, &batch->columns[i], row);
    }
    buffer_append_text(out, "}\n");
}

static void flush_text(struct printer *printer)
{
    fwrite(printer->text.data, 1, printer->text.size, stdout);
    buffer_reset(&printer->text);
}

/* ---- tables ---- */

static void table_cell_done(struct printer *printer)
{
    if (printer->cells == printer->cell_capacity) {
        printer->cell_capacity = printer->cell_capacity ? printer->cell_capacity * 2 : 256;
        printer->ends = must_realloc(printer->ends, printer->cell_capacity * sizeof *printer->ends);
    }
    printer->ends[printer->cells++] = printer->text.size;
}

static span table_cell(const struct printer *printer, size_t index)
{
    size_t start = index ? printer->ends[index - 1] : 0;
    return (span){printer->text.data + start, printer->ends[index] - start};
}

/* Line breaks and other control characters would break the table: shown as blanks. */
static void blank_controls(char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) text[i] = ' ';
}

static void table_row(struct printer *printer, const struct batch *batch, int64_t row)
{
    for (int i = 0; i < batch->schema->field_count; i++) {
        size_t start = printer->text.size;
        print_value(&printer->text, &batch->columns[i], row, "NULL");
        blank_controls(printer->text.data + start, printer->text.size - start);
        table_cell_done(printer);
    }
}

static bool right_aligned(const struct type *type)
{
    return type->kind >= TYPE_TINYINT && type->kind <= TYPE_DECIMAL;
}

static void put_padding(size_t width, char with)
{
    while (width--) putchar(with);
}

static void print_table(const struct printer *printer)
{
    size_t columns = (size_t)printer->schema->field_count;
    size_t *widths = must_calloc(columns, sizeof *widths);
    for (size_t i = 0; i < printer->cells; i++) {
        size_t width = utf8_count(table_cell(printer, i));
        if (width > widths[i % columns]) widths[i % columns] = width;
    }
    for (size_t i = 0; i < printer->cells; i++) {
        size_t at = i % columns;
        span cell = table_cell(printer, i);
        size_t padding = widths[at] - utf8_count(cell);
        bool right = right_aligned(printer->schema->fields[at].type);
        if (at) fputs("  ", stdout);
        if (right) put_padding(padding, ' ');
        fwrite(cell.data, 1, cell.size, stdout);
        if (!right && at + 1 < columns) put_padding(padding, ' ');
        if (at + 1 < columns) continue;
        putchar('\n');
        if (i >= columns) continue;
        for (size_t j = 0; j < columns; j++) { /* under the names */
            if (j) fputs("  ", stdout);
            put_padding(widths[j], '-');
        }
        putchar('\n');
    }
    free(widths);
}

/* ---- the printer ---- */

struct printer *printer_open(enum print_format format, const struct schema *schema)
{
    struct printer *printer = must_calloc(1, sizeof *printer);
    printer->format = format;
    printer->schema = schema_copy(&printer->arena, schema);
    for (int i = 0; i < schema->field_count && format != PRINT_JSON; i++) {
        span name = span_of(schema->fields[i].name);
        if (format == PRINT_TABLE) {
            size_t start = printer->text.size;
            buffer_append_span(&printer->text, name);
            blank_controls(printer->text.data + start, name.size);
            table_cell_done(printer);
        } else {
            if (i) buffer_append_byte(&printer->text, ',');
            csv_field(&printer->text, name);
        }
    }
    if (format == PRINT_CSV) buffer_append_byte(&printer->text, '\n');
    return printer;
}

void printer_add(struct printer *printer, const struct batch *batch)
{
    for (int64_t row = 0; row < batch->rows; row++) {
        if (printer->format == PRINT_TABLE) table_row(printer, batch, row);
        else if (printer->format == PRINT_CSV) csv_row(&printer->text, batch, row);
        else json_row(&printer->text, batch, row);
    }
    printer->rows += batch->rows;
    if (printer->format != PRINT_TABLE) flush_text(printer);
}

int64_t printer_close(struct printer *printer)
{
    int64_t rows = printer->rows;
    if (printer->format == PRINT_TABLE) print_table(printer);
    else flush_text(printer);
    fflush(stdout);
    buffer_release(&printer->text);
    arena_release(&printer->arena);
    free(printer->ends);
    free(printer);
    return rows;
}
