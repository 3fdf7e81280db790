/* One row type describes the members of an AWS operation's input and of a Glue node's config
 * alike: the row parses, checks, refuses and documents.
 *
 * Wording follows AWS: wrong JSON kind -> ERR_SERIALIZATION, told at once; missing, out of bounds,
 * pattern or enum -> ERR_VALIDATION, all together: "2 validation errors detected: Value '20000' at
 * 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000; ...".
 * A null member is an absent one. Lengths count Unicode characters, of blobs the decoded bytes. */
#pragma once

#include "base/json.h"

enum member_type {
    MEMBER_STRING,
    MEMBER_INTEGER,
    MEMBER_DOUBLE,
    MEMBER_BOOLEAN,
    MEMBER_TIMESTAMP, /* number of seconds, or ISO 8601 text */
    MEMBER_BLOB,      /* base64 text */
    MEMBER_LIST,      /* `of`: one row for the elements */
    MEMBER_MAP,       /* `of`: one row for the values */
    MEMBER_STRUCTURE, /* `of`: rows up to one with name NULL; `of` NULL: any object */
    MEMBER_ANY,
};

enum member_flags { MEMBER_OPTIONAL = 0, MEMBER_REQUIRED = 1 };

struct member {
    const char *name;
    enum member_type type;
    enum member_flags flags;
    double min, max;             /* length, size or value; both 0: unbounded */
    const char *pattern;         /* POSIX extended, of the whole text (anchors may be left out; they
                                    are not told); a constant, kept compiled; NULL: any */
    const char *told;            /* the pattern as AWS words it, where POSIX spells it otherwise */
    const char *const *values;   /* NULL-terminated enumeration; NULL: any */
    const struct member *of;
    const struct member *keys;   /* MAP: one row for the keys (text); NULL: any */
};

/* Checks `input` (an object) against rows ended by a NULL name. Unknown members are ignored, as
 * AWS does, unless `strict` (node configs and job documents: a typo must not pass). */
error member_check(const struct member *members, const json_t *input, bool strict) MUST_CHECK;
/* New reference: what the rows know of `input`, which was checked: unknown and null members are
 * left out, timestamps become json_timestamp()s. What an AWS service would store. */
json_t *member_copy(const struct member *members, const json_t *input);
