/* Inside decode/: one record walked along the schema, value by value, into the row's builders. */
#pragma once

#include "decode/internal.h"
#include "decode/json_keys.h"

/* A type of the schema, made ready for the walk. */
struct walk_node {
    enum type_kind kind;
    const struct conversion *scalar; /* not for nested kinds */
    struct walk_node *children;
    int child_count;
    int cells; /* values that one NULL of this type takes */
    /* structs */
    struct keys keys;
    uint32_t *seen; /* by field: the object it was last seen in */
    uint32_t object;
    int64_t *chosen; /* by field: scratch of the indexed walk */
};

void walk_node_open(struct walk_node *, const struct type *, enum decode_policy);
void walk_node_close(struct walk_node *);

enum { RECORD_CELLS_MAX = 1 << 24 };

struct walk {
    struct json_scanner scanner;
    enum decode_policy policy;
    bool strict;
    bool indexed;  /* objects are indexed before they are decoded: the last of equal keys wins */
    int column;    /* the top-level column being filled, or -1 */
    int64_t cells; /* values of lists, for the limit */
    struct buffer bad; /* int32_t per value of this row that became NULL: its top-level column */
    struct buffer text, scratch;
    struct buffer entries; /* struct entry: those of the objects being decoded, innermost last */
    struct arena keys;     /* texts of escaped keys, for one record */
};

void walk_init(struct walk *);
void walk_release(struct walk *);
/* Begins a record (or begins it again, indexed). */
void walk_begin(struct walk *, span record, bool indexed);
/* An object whose brace is at p into one builder per field. Returns the cursor behind it; NULL
 * after a fault, DECODE_DUPLICATE_KEY meaning that the row must be walked again, indexed. */
const char *walk_fields(struct walk *, struct walk_node *, struct builder *fields, const char *p);
/* An array whose bracket is at p: values by position (OPENX). */
const char *walk_positions(struct walk *, struct walk_node *, struct builder *fields,
                           const char *p);

/* ---- objects by index (json_index.c) ---- */

struct entry {
    span key; /* escapes resolved */
    const char *value;
};

/* Pushes the entries of the object at p; *first is the index of its first one. Returns the cursor
 * behind the object. */
const char *index_object(struct walk *, const char *p, size_t *first);
size_t index_count(const struct walk *);
struct entry *index_entry(struct walk *, size_t i);
void index_drop(struct walk *, size_t first); /* and all behind it */
/* Of entries with equal keys from `first` on only the last stays. */
void index_keep_last(struct walk *, size_t first);
/* No object of the record holds two keys that are equal but for ASCII case; checks its syntax. */
bool index_keys_differ(struct walk *);
