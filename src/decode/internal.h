/* What the files of decode/ share: the walk over a record (json.c), the meeting of one JSON value
 * and one column type (json_value.c), JSON values as text (json_copy.c). */
#pragma once

#include "decode/scan.h"

/* What a column of one type does with each scalar token: appends its value and returns true, or
 * appends nothing and returns false when the token does not fit. NULL: never fits. Text comes
 * unescaped; scratch is free to use. */
struct conversion {
    bool (*text)(struct builder *, span text, struct buffer *scratch);
    bool (*number)(struct builder *, const struct number *, struct buffer *scratch);
    bool (*boolean)(struct builder *, bool value);
};

/* Values that the direct walk takes straight from the text into their column. Where the plain form
 * does not stand, the conversion decides. */
enum direct {
    DIRECT_NONE,
    DIRECT_INTEGER,   /* -?digits within the column's range */
    DIRECT_REAL,      /* -?digits.digits that a double holds exactly, and powers of ten */
    DIRECT_TEXT,      /* a string of plain ASCII */
    DIRECT_TIMESTAMP, /* "yyyy-mm-dd hh:mm:ss", with T, a fraction, Z */
    DIRECT_STRUCT,
    DIRECT_ARRAY,
    DIRECT_SKIP /* no column takes it */
};
/* Whether every policy's rules allow it for the conversion; not for nested kinds. */
enum direct direct_of(const struct conversion *);
struct range {
    int64_t min, max;
};
struct range integer_range(enum type_kind); /* TINYINT..BIGINT */

/* By policy and the kind of a type that is not nested. */
const struct conversion *conversion_of(enum decode_policy, enum type_kind);
/* Of decode_options.from_text. */
const struct conversion *conversion_from_text(enum type_kind);

bool number_to_int(const struct number *, int64_t min, int64_t max, int64_t *out);
double number_to_double(const struct number *); /* correctly rounded; beyond range: infinity */
float number_to_float(const struct number *);

/* Appends the value that begins at p as compact JSON text: `literal` keeps numbers as they are
 * written, else they are printed as Jackson copies them (doubles in Java's form). Returns the
 * cursor behind the value or NULL. */
const char *json_copy_value(struct json_scanner *, const char *p, bool literal, struct buffer *out);
/* A number as Jackson prints it: integers as they are, others as Java doubles. */
void json_copy_number(const struct number *, struct buffer *out);
