/* Inside decode/: the keys of one struct, with a guess at which comes next.
 *
 * Producers write keys in the same order in every record, so each key remembers which key followed
 * it last time; that guess is one comparison of bytes, quotes included, without scanning the key.
 * A wrong guess costs a lookup by hash. Keys of no field are learned too (up to a bound), so that
 * they are skipped as cheaply as others are found. */
#pragma once

#include "decode/scan.h"

struct key {
    const char *quoted; /* the key with its quotes */
    uint32_t size;      /* of `quoted` */
    uint32_t guess;     /* `size`, or beyond any record when the name needs escapes in JSON */
    int32_t field;      /* KEY_UNMAPPED: no field */
    uint32_t next;      /* the key that followed last time */
};

enum {
    KEY_UNMAPPED = -1,
    KEY_START = 0,
    KEY_NONE = -1,
    KEYS_LEARNED_MAX = 256,
    KEY_LEARNED_BYTES_MAX = 64
};

struct keys {
    struct key *list; /* [KEY_START] stands in front of the first key */
    uint32_t count, learned;
    uint32_t *slots; /* hash table of indices into list; 0: free */
    uint32_t mask;
    bool fold; /* a key may differ from its field's name in ASCII case */
};

void keys_open(struct keys *, const struct field *, int count, bool fold);
void keys_close(struct keys *);
/* Index of the key of this text (no quotes, escapes resolved), or KEY_NONE. An exact name goes
 * before one that differs in case. `learn`: unknown spellings are taken in while there is room. */
int64_t keys_find(struct keys *, span text, bool learn);

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
