/* In: names of fields. Out: which field a key belongs to, by guess or by hash. */
#include "decode/json_walk.h"

#include <stdlib.h>

/* What stands for keys of no field. */
static struct walk_node skipped = {.direct = DIRECT_SKIP};

/* FNV-1a over bytes with the case bit set, so that spellings differing in case share a chain. */
static uint32_t key_hash(span text)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ (uint8_t)(text.data[i] | 0x20)) * 16777619u;
    return hash ^ hash >> 15;
}

static span key_text(const struct key *k)
{
    return (span){k->quoted + 1, k->size - 2};
}

/* The name can stand between quotes as it is. */
static bool name_is_plain(span name)
{
    for (size_t i = 0; i < name.size; i++)
        if ((uint8_t)name.data[i] < 0x20 || name.data[i] == '"' || name.data[i] == '\\')
            return false;
    return utf8_valid_prefix(name) == name.size;
}

static struct key *keys_add(struct keys *keys, span text, int32_t field, struct walk_node *node)
{
    char *quoted = must_alloc(text.size + 2);
    uint32_t index = keys->count++, size = (uint32_t)text.size + 2;
    quoted[0] = quoted[size - 1] = '"';
    if (text.size) memcpy(quoted + 1, text.data, text.size);
    keys->list[index] = (struct key){.quoted = quoted,
                                     .lead_size = {LEAD_NONE, LEAD_NONE},
                                     .size = size,
                                     .guess = name_is_plain(text) ? size : UINT32_MAX,
                                     .field = field,
                                     .node = node ? node : &skipped,
                                     .at = field < 0 ? 0 : (uint32_t)field * sizeof(struct builder),
                                     .next = keys->list};
    uint32_t slot = key_hash(text) & keys->mask;
    while (keys->slots[slot]) slot = (slot + 1) & keys->mask;
    keys->slots[slot] = index;
    return &keys->list[index];
}

void keys_open(struct keys *keys, const struct field *fields, struct walk_node *nodes, int count,
               bool fold)
{
    size_t capacity = 1 + (size_t)count + KEYS_LEARNED_MAX, slots = 4;
    while (slots < capacity * 2) slots *= 2;
    *keys = (struct keys){.fold = fold, .mask = (uint32_t)slots - 1};
    keys->list = must_calloc(capacity, sizeof *keys->list);
    keys->slots = must_calloc(slots, sizeof *keys->slots);
    keys->list[keys->count++] = (struct key){.lead_size = {LEAD_NONE, LEAD_NONE},
                                             .guess = UINT32_MAX,
                                             .field = KEY_UNMAPPED,
                                             .next = keys->list};
    for (int i = 0; i < count; i++) keys_add(keys, span_of(fields[i].name), i, &nodes[i]);
    for (uint32_t i = 0; i + 1 < keys->count; i++) keys->list[i].next = &keys->list[i + 1];
}

void keys_close(struct keys *keys)
{
    for (uint32_t i = 1; i < keys->count; i++) free((char *)keys->list[i].quoted);
    free(keys->list);
    free(keys->slots);
    *keys = (struct keys){0};
}

struct key *keys_find(struct keys *keys, span text, bool learn)
{
    struct key *folded = NULL;
    for (uint32_t slot = key_hash(text) & keys->mask; keys->slots[slot];
         slot = (slot + 1) & keys->mask) {
        struct key *k = &keys->list[keys->slots[slot]];
        if (span_equal(key_text(k), text)) return k;
        bool named = k->field != KEY_UNMAPPED && !folded && keys->fold;
        if (named && span_equal_nocase(key_text(k), text)) folded = k;
    }
    bool room = keys->learned < KEYS_LEARNED_MAX && text.size <= KEY_LEARNED_BYTES_MAX;
    if (!learn || !room) return folded;
    keys->learned++;
    return folded ? keys_add(keys, text, folded->field, folded->node)
                  : keys_add(keys, text, KEY_UNMAPPED, NULL);
}
