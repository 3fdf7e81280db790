/* Inside decode/: one record walked along the schema, value by value, into the row's builders. */
#pragma once

#include "decode/internal.h"
#include "decode/json_keys.h"

/* A type of the schema, made ready for the walk. */
struct walk_node {
    enum type_kind kind;
    enum direct direct;
    int64_t min, max; /* of DIRECT_INTEGER */
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
void walk_node_from_text(struct walk_node *); /* of decode_options.from_text */
void walk_node_close(struct walk_node *);

enum { RECORD_CELLS_MAX = 1 << 24 };

struct walk;
/* An object whose brace is at p into one builder per field. Returns the cursor behind it; NULL
 * after a fault, DECODE_DUPLICATE_KEY meaning that the row must be walked again, indexed. */
typedef const char *walk_object_fn(struct walk *, struct walk_node *, struct builder *fields,
                                   const char *p);

/* The months of the year that was last asked for. */
struct calendar {
    uint32_t year;
    uint8_t length[16]; /* by month; 0: none */
    int32_t before[16]; /* days from 1970 to the day before the month's first */
};

struct walk {
    struct json_scanner scanner;
    walk_object_fn *in_order; /* walks objects that are not indexed */
    enum decode_policy policy;
    bool strict;
    bool indexed;  /* objects are indexed before they are decoded: the last of equal keys wins */
    int column;    /* the top-level column being filled, or -1 */
    int64_t cells; /* values of lists, for the limit */
    struct calendar calendar;
    struct buffer bad; /* int32_t per value of this row that became NULL: its top-level column */
    struct buffer text, scratch;
    struct buffer padded; /* the record, when it must not be read where it is */
    struct buffer entries; /* struct entry: those of the objects being decoded, innermost last */
    struct arena keys;     /* texts of escaped keys, for one record */
};

void calendar_set(struct calendar *, uint32_t year);

void walk_init(struct walk *);
void walk_release(struct walk *);

enum { RECORD_PADDING = 192 };

/* Sanitizers see more than pages: there, nothing behind a record may be read. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { PAGES_READABLE = 0 };
#elif !defined __has_feature
enum { PAGES_READABLE = 1 };
#elif __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
enum { PAGES_READABLE = 0 };
#else
enum { PAGES_READABLE = 1 };
#endif

/* Reading past the end within a page cannot fault. */
static inline bool readable_behind(const char *end)
{
    enum { PAGE = 4096 };
    return PAGES_READABLE && ((uintptr_t)end - 1) % PAGE < PAGE - RECORD_PADDING;
}

/* `to` has room for the record and its padding. */
static inline void padded_copy(char *to, span record)
{
    if (record.size) memcpy(to, record.data, record.size);
    memset(to + record.size, 0, RECORD_PADDING);
}

span walk_copy_padded(struct walk *, span record);
/* The record where RECORD_PADDING bytes behind its end can be read, whatever they hold: where it is,
 * unless a page of memory ends there. */
static inline span walk_padded(struct walk *w, span record)
{
    bool there = record.size && readable_behind(record.data + record.size);
    return there ? record : walk_copy_padded(w, record);
}

/* Begins a record (or begins it again, indexed). */
static inline void walk_begin(struct walk *w, span record, bool indexed)
{
    struct json_scanner *s = &w->scanner;
    s->start = s->at = record.data ? record.data : "";
    s->end = s->start + record.size;
    s->reason = DECODED;
    s->depth = 0;
    s->state = SCAN_START;
    w->indexed = indexed;
    w->column = -1;
    w->cells = 0;
    w->bad.size = 0;
    w->entries.size = 0;
    if (w->keys.used) arena_reset(&w->keys);
}

walk_object_fn walk_fields;
/* In one pass, each key compared first with the one that followed its predecessor last time. */
walk_object_fn walk_in_order;
/* An array whose bracket is at p: values by position (OPENX). */
walk_object_fn walk_positions;

/* ---- the steps that every walk shares ---- */

/* The value that begins at p, whatever it is, into the builder. */
const char *walk_value(struct walk *, struct walk_node *, struct builder *to, const char *p);

struct step {
    bool first;           /* nothing of the object has been read yet */
    struct key *previous; /* the last key that is remembered, or the one in front of all */
    struct key *key;      /* the one found; NULL: not remembered */
};
/* From behind the brace (first) or a value to the next value, learning the key and its lead; onto
 * the closing brace with *more false. */
const char *walk_to_value(struct walk *, struct walk_node *, struct step *, const char *p,
                          bool *more);
/* Behind an element or an entry: over a comma to the next one, or onto the closing bracket. */
const char *walk_comma(struct walk *, const char *p, char close, bool *more);
void walk_object_begin(struct walk_node *);
void walk_fill_missing(struct walk_node *, struct builder *fields);
/* One more value of a list; false: too many in this record. */
bool walk_count_cells(struct walk *, const struct walk_node *element, const char *at);

/* ---- the direct walk (json_direct.h), in the forms that machines have ---- */

struct block;
/* The first n records of a filled block, as far as they are alike: their values into the builders.
 * Returns how many records gave all of theirs; some builders may hold more. */
typedef size_t walk_block_fn(struct block *, struct walk *, size_t n);

struct direct_walk {
    const char *name;
    bool (*runs_here)(void);
    walk_object_fn *in_order;
    walk_block_fn *block; /* NULL: none, records are walked one by one */
};
extern const struct direct_walk direct_avx512, direct_avx2, direct_neon, direct_portable;
/* By name, or the fastest that runs here; NULL: none of that name does. */
const struct direct_walk *direct_find(const char *name);

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
