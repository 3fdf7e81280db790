/* Scalar functions of ours in DuckDB: what translated SQL calls as trino_... .
 *
 * A row of a table is a name, a signature and a kernel, which gets one row's arguments:
 *
 *   s text  b bytes  i int32  l int64  d double  f float  q boolean  D date  t timestamp  z zoned
 *   timestamp  m time  v interval  h 128-bit integer  S list of texts  Q list of booleans
 *   x decimal of any width (its scale comes with it)  X a decimal result, of the scale in `number`
 *
 * "ss>i" takes two texts and gives an int32. An argument that is NULL gives NULL without a call,
 * except inside lists. A kernel that fails words the error with Trino's code in front; TRY() in the
 * statement makes NULL of it. */
#pragma once

#include "sql/internal.h"

struct argument {
    span text;
    int64_t number;              /* i l q D t z m; microseconds for moments */
    __int128 big;                /* h x */
    int scale;                   /* x */
    double real;                 /* d f */
    struct duck_interval interval;
    const span *texts;           /* S: data NULL for NULL */
    const int8_t *truths;        /* Q: -1 for NULL */
    size_t count;                /* of S, Q */
};

struct result {                  /* set what the signature says */
    bool null;
    struct buffer text;          /* s b; S: the texts one behind the other */
    struct buffer ends;          /* S: size_t each, where a text ends */
    int64_t number;
    __int128 big;
    double real;
    struct duck_interval interval;
};

typedef error (*function_kernel)(const struct argument *, struct result *, const void *detail);

struct function_row {
    const char *name, *signature;
    function_kernel kernel;
    const void *detail;          /* what rows with one kernel differ by */
    int number;                  /* X: the result's scale */
};

extern const struct function_row text_functions[], number_functions[], time_functions[],
    json_functions[], spark_functions_of_sql[], spark_time_functions[];

void result_text(struct result *, span);        /* the result, or the next of a list */
void result_item(struct result *, span);
error no_result(struct result *);               /* NULL */
error functions_register(const struct duck *, duck_connection) MUST_CHECK;
