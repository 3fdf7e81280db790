/* Types of the Glue Data Catalog (Hive) and the schemas made of them.
 * Grammar: specs of AWS Glue and Athena, "Data types": primitive | array<t> | map<k,v> |
 * struct<name:t,...>; case-insensitive, blanks allowed, names may be quoted with back-ticks. */
#pragma once

#include "base/base.h"

enum type_kind {
    TYPE_BOOLEAN,
    TYPE_TINYINT,
    TYPE_SMALLINT,
    TYPE_INT,
    TYPE_BIGINT,
    TYPE_FLOAT,
    TYPE_DOUBLE,
    TYPE_DECIMAL,   /* precision 1..38, scale 0..precision */
    TYPE_STRING,
    TYPE_CHAR,      /* length 1..255 */
    TYPE_VARCHAR,   /* length 1..65535 */
    TYPE_BINARY,
    TYPE_DATE,
    TYPE_TIMESTAMP,
    TYPE_ARRAY,     /* children[0]: "element" */
    TYPE_MAP,       /* children[0]: "key", children[1]: "value" */
    TYPE_STRUCT,    /* children: the fields */
    TYPE_KINDS
};

static inline bool kind_is_text(enum type_kind kind)
{
    return kind >= TYPE_STRING && kind <= TYPE_VARCHAR;
}

enum { TYPE_DEPTH_MAX = 64, TYPE_FIELDS_MAX = 4096 };

struct type;

struct field {
    const char *name;        /* UTF-8, as written; catalog names are lower case */
    const struct type *type;
    bool required;           /* never NULL (map keys); everything else is nullable */
};

struct type {
    enum type_kind kind;
    int precision, scale;    /* DECIMAL */
    int length;              /* CHAR, VARCHAR: Unicode characters */
    int child_count;
    const struct field *children;
};

/* Immutable; lives in the arena that made it. */
struct schema {
    int field_count;
    const struct field *fields;
};

/* Parses catalog text; also the other names of mappings and of Athena's DDL: long, short, byte,
 * integer, real, numeric, dec, double precision. `decimal` alone is decimal(10,0) as in Hive; bare
 * `char` and `varchar` are varchar(65535). At most 131,072 bytes. Errors name the position:
 * ERR_PARSE, ERR_LIMIT, or ERR_UNSUPPORTED for uniontype. */
error type_parse(struct arena *, span text, const struct type **out) MUST_CHECK;
/* Prints catalog text: lower case, no blanks ("struct<a:int,b:array<string>>"). */
void type_print(struct buffer *out, const struct type *);
bool type_equal(const struct type *, const struct type *); /* struct names compared exactly */
const struct type *type_of(enum type_kind); /* static, for kinds without parameters */
const struct type *type_copy(struct arena *, const struct type *);
static inline bool type_is_nested(const struct type *t) { return t->kind >= TYPE_ARRAY; }

/* Index of the field or -1; exact match first, then ignoring ASCII case. */
int schema_find(const struct schema *, span name);
bool schema_equal(const struct schema *, const struct schema *);
struct schema *schema_copy(struct arena *, const struct schema *);
