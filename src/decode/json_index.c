/* In: JSON objects. Out: their entries as a list, for what one pass cannot do: maps, objects with
 * duplicate keys, and the check for duplicates. */
#include "decode/json_walk.h"

#include <ctype.h>
#include <stdlib.h>

size_t index_count(const struct walk *w)
{
    return w->entries.size / sizeof(struct entry);
}

struct entry *index_entry(struct walk *w, size_t i)
{
    return (struct entry *)(void *)w->entries.data + i;
}

void index_drop(struct walk *w, size_t first)
{
    w->entries.size = first * sizeof(struct entry);
}

/* The scanner's key, escapes resolved. */
static span index_key(struct walk *w)
{
    struct json_scanner *s = &w->scanner;
    if (!s->escaped) return s->text;
    char *text = arena_alloc(&w->keys, s->text.size);
    size_t size;
    CHECK(json_unescape(s->text, text, &size));
    return (span){text, size};
}

const char *index_object(struct walk *w, const char *p, size_t *first)
{
    struct json_scanner *s = &w->scanner;
    enum json_token token;
    *first = index_count(w);
    s->at = p;
    s->state = SCAN_VALUE;
    json_scan_next(s);
    while ((token = json_scan_next(s)) == JSON_TOKEN_KEY) {
        struct entry entry = {index_key(w), scan_blanks(s->at, s->end)};
        buffer_append(&w->entries, &entry, sizeof entry);
        if (!json_scan_skip(s, json_scan_next(s))) return NULL;
    }
    return token == JSON_TOKEN_OBJECT_END ? s->at : NULL;
}

static int compare_places(const struct entry *a, const struct entry *b)
{
    return a->value < b->value ? -1 : a->value > b->value;
}

static int by_key(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = span_compare(x->key, y->key);
    return order ? order : compare_places(x, y);
}

static int by_place(const void *a, const void *b)
{
    return compare_places(a, b);
}

void index_keep_last(struct walk *w, size_t first)
{
    size_t count = index_count(w) - first, kept = 0;
    struct entry *entries = index_entry(w, first);
    if (count < 2) return;
    qsort(entries, count, sizeof *entries, by_key);
    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || !span_equal(entries[i].key, entries[i + 1].key))
            entries[kept++] = entries[i];
    qsort(entries, kept, sizeof *entries, by_place);
    index_drop(w, first + kept);
}

/* The place of the later of two equal keys, or NULL. */
static const char *find_equal(struct entry *entries, size_t count)
{
    if (count > 1) qsort(entries, count, sizeof *entries, by_key);
    for (size_t i = 1; i < count; i++)
        if (span_equal(entries[i - 1].key, entries[i].key)) return entries[i].value;
    return NULL;
}

bool index_keys_differ(struct walk *w)
{
    struct json_scanner *s = &w->scanner;
    size_t first[DECODE_DEPTH_MAX + 1] = {0};
    enum json_token token;
    while ((token = json_scan_next(s)) != JSON_TOKEN_ERROR && token != JSON_TOKEN_END) {
        if (token == JSON_TOKEN_OBJECT) {
            first[s->depth] = index_count(w);
        } else if (token == JSON_TOKEN_KEY) {
            const char *at = s->text.data - 1;
            span key = arena_span(&w->keys, index_key(w));
            for (size_t i = 0; i < key.size; i++)
                ((char *)key.data)[i] =
                    (char)((uint8_t)key.data[i] < 0x80 ? tolower(key.data[i]) : key.data[i]);
            buffer_append(&w->entries, &(struct entry){key, at}, sizeof(struct entry));
        } else if (token == JSON_TOKEN_OBJECT_END) {
            size_t mine = first[s->depth + 1];
            const char *twice = find_equal(index_entry(w, mine), index_count(w) - mine);
            index_drop(w, mine);
            if (twice) return scan_fail(s, DECODE_DUPLICATE_KEY, twice) != NULL;
        }
    }
    return token == JSON_TOKEN_END;
}
