/* Rows for people and programs: an aligned table, CSV (RFC 4180) or JSON lines, on stdout. */
#pragma once

#include "batch/batch.h"

enum print_format { PRINT_TABLE, PRINT_CSV, PRINT_JSON };

struct printer;
struct printer *printer_open(enum print_format, const struct schema *);
/* CSV and JSON are written as they come; a table, whose widths depend on all rows, at the end. */
void printer_add(struct printer *, const struct batch *);
/* Writes what is left and frees the printer; returns the rows printed. */
int64_t printer_close(struct printer *);

/* One value as text: a string as it is, nested values as JSON, NULL as `null_text`. */
void print_value(struct buffer *out, const struct column *, int64_t row, const char *null_text);
