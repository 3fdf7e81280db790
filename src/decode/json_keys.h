/* Inside decode/: the keys of one struct, with a guess at which comes next.
 *
 * Producers write keys in the same order in every record, so each key remembers which key followed
 * it last time; that guess is one comparison of bytes, quotes included, without scanning the key.
 * A wrong guess costs a lookup by hash. Keys of no field are learned too (up to a bound), so that
 * they are skipped as cheaply as others are found.
 *
 * A key also keeps its lead: all bytes that stood between the value before it (or the brace) and its
 * own value last time, such as `, "key": `. Where the same bytes stand again they mean the same. */
#pragma once

#include "decode/scan.h"

enum { LEAD_MAX = 64, LEAD_NONE = INT32_MAX };

struct walk_node;

struct key {
    char lead[LEAD_MAX];
    /* [1]: when the key stands first in its object, so without a comma; else [0]. LEAD_NONE: the
     * lead is not known, or is of the other kind */
    int32_t lead_size[2];
    int32_t field;          /* KEY_UNMAPPED: no field */
    uint32_t at;            /* of the field's builder, in bytes from the first one's */
    struct walk_node *node; /* of the field, or one that skips */
    struct key *next;       /* the key that followed last time */
    const char *quoted;     /* the key with its quotes */
    uint32_t size;          /* of `quoted` */
    uint32_t guess;         /* `size`, or beyond any record when the name needs escapes in JSON */
};

enum {
    KEY_UNMAPPED = -1,
    KEYS_ORDER_MAX = 256,
    KEYS_LEARNED_MAX = 256,
    KEY_LEARNED_BYTES_MAX = 64
};

struct keys {
    struct key *list; /* [0] stands in front of the first key; then the fields in order */
    /* The keys of an object that was walked to its end, in their order; of each field one. */
    struct key *order[KEYS_ORDER_MAX];
    int order_count, order_fields; /* those that are of fields */
    uint32_t count, learned;
    uint32_t *slots; /* hash table of indices into list; 0: free */
    uint32_t mask;
    bool fold; /* a key may differ from its field's name in ASCII case */
};

/* nodes: one per field. */
void keys_open(struct keys *, const struct field *, struct walk_node *nodes, int count, bool fold);
void keys_close(struct keys *);
/* The key of this text (no quotes, escapes resolved), or NULL. An exact name goes before one that
 * differs in case. `learn`: unknown spellings are taken in while there is room. */
struct key *keys_find(struct keys *, span text, bool learn);

/* Those bytes led to the key's value. */
static inline void key_learn_lead(struct key *k, const char *lead, const char *value, bool first)
{
    size_t size = (size_t)(value - lead);
    k->lead_size[first] = size <= LEAD_MAX ? (int32_t)size : LEAD_NONE;
    k->lead_size[!first] = LEAD_NONE;
    if (size <= LEAD_MAX) memcpy(k->lead, lead, size);
}

/* The key expected behind `previous` stands at p. */
static inline bool key_follows(const struct key *guess, const char *p, const char *end)
{
    size_t size = guess->guess;
    if ((size_t)(end - p) < size) return false;
    const char *q = guess->quoted;
    if (size < 8) return memcmp(p, q, size) == 0;
    for (size_t i = 0; i + 8 < size; i += 8)
        if (get_le64(p + i) != get_le64(q + i)) return false;
    return get_le64(p + size - 8) == get_le64(q + size - 8);
}
