/* In: a record that was walked, and the order of its keys. Out: the template of records like it. */
#include "decode/json_template.h"

#include <stdlib.h>

struct block *block_open(size_t record_max)
{
    struct block *b = must_calloc(1, sizeof *b);
    bool bounded = record_max && record_max < BLOCK_RECORD_MAX;
    b->record_max = bounded ? record_max : BLOCK_RECORD_MAX;
    b->at = b->places[0];
    b->after = b->places[1];
    buffer_reserve(&b->copies, BLOCK_COPY_BYTES); /* now, since records point into it */
    return b;
}

void block_close(struct block *b)
{
    if (!b) return;
    buffer_release(&b->template.structs);
    buffer_release(&b->template.missing);
    buffer_release(&b->copies);
    buffer_release(&b->bad_rows);
    free(b);
}

/* ---- learning ---- */

struct learner {
    struct template *t;
    const char *at, *end; /* in the record */
    const char *lead;     /* where the lead of the next value begins */
};

/* The text since the last value is value k's lead. */
static bool learn_text(struct learner *l, int k)
{
    size_t size = (size_t)(l->at - l->lead);
    if (size > LEAD_MAX) return false;
    memcpy(l->t->leads[k], l->lead, size);
    l->t->lead_size[k] = (int32_t)size;
    return true;
}

/* Behind a scalar; what it is, is not looked at. NULL: none is there. */
static const char *scalar_end(const char *p, const char *end)
{
    const char *start = p;
    if (p >= end || *p == '{' || *p == '[') return NULL;
    if (*p != '"') {
        while (p < end && *p != ',' && *p != '}' && (uint8_t)*p > ' ') p++;
        return p > start ? p : NULL;
    }
    for (p++; p < end; p++) {
        if (*p == '"') return p + 1;
        p += *p == '\\';
    }
    return NULL;
}

static bool learn_value(struct learner *l, const struct key *key, struct builder *to, int column)
{
    struct template *t = l->t;
    const char *stop = scalar_end(l->at, l->end);
    if (!stop || t->count == TEMPLATE_VALUES_MAX || !learn_text(l, t->count)) return false;
    t->slots[t->count++] = (struct slot){key->node->direct, column, key->node, to};
    l->lead = l->at = stop;
    return true;
}

/* Onto the key's value. */
static bool learn_lead(struct learner *l, const struct key *key, bool first)
{
    int32_t size = key->lead_size[first];
    if (size == LEAD_NONE || size > l->end - l->at || memcmp(l->at, key->lead, (size_t)size) != 0)
        return false;
    l->at += size;
    return true;
}

static bool learn_byte(struct learner *l, char byte)
{
    return l->at < l->end && *l->at++ == byte;
}

static void learn_missing(struct template *t, const struct walk_node *n, struct builder *fields)
{
    for (int field = 0; field < n->child_count; field++) {
        bool found = false;
        for (int i = 0; i < n->keys.order_count; i++) found |= n->keys.order[i]->field == field;
        struct builder *to = &fields[field];
        if (!found) buffer_append(&t->missing, &to, sizeof to);
    }
}

static bool learn_object(struct learner *l, struct walk_node *n, struct builder *fields, int column)
{
    if (!learn_byte(l, '{') || n->keys.order_count == 0) return false;
    for (int i = 0; i < n->keys.order_count; i++) {
        const struct key *key = n->keys.order[i];
        int top = column == KEY_UNMAPPED ? key->field : column;
        struct builder *to = key->field == KEY_UNMAPPED ? NULL : &fields[key->field];
        if (!learn_lead(l, key, i == 0)) return false;
        if (key->node->direct != DIRECT_STRUCT) {
            if (!learn_value(l, key, to, top)) return false;
            continue;
        }
        buffer_append(&l->t->structs, &to, sizeof to);
        if (!learn_object(l, key->node, to->children, top)) return false;
    }
    learn_missing(l->t, n, fields);
    return learn_byte(l, '}');
}

void block_learn(struct block *b, struct walk_node *root, struct builder *columns, span record)
{
    struct template *t = &b->template;
    struct learner l = {t, record.data, record.data + record.size, record.data};
    t->count = 0;
    buffer_reset(&t->structs);
    buffer_reset(&t->missing);
    bool learned =
        record.size <= b->record_max && learn_object(&l, root, columns, KEY_UNMAPPED);
    l.at = scan_blanks(l.at, l.end); /* many producers end a record with a newline */
    learned = learned && l.at == l.end && learn_text(&l, t->count);
    if (!learned) t->count = 0;
}

/* ---- a block ---- */

/* The next record begins so close behind this one that all between is there. */
static bool padding_follows(const span *record)
{
    const char *end = record->data + record->size;
    const span next = record[1];
    uintptr_t gap = (uintptr_t)next.data - (uintptr_t)end;
    return PAGES_READABLE && gap < RECORD_PADDING && gap + next.size >= RECORD_PADDING;
}

static const char *copied(struct block *b, span record)
{
    size_t size = record.size + RECORD_PADDING;
    if (b->copies.size + size > BLOCK_COPY_BYTES) return NULL;
    char *copy = b->copies.data + b->copies.size;
    padded_copy(copy, record);
    b->copies.size += size;
    return copy;
}

size_t block_fill(struct block *b, const span *records, size_t count)
{
    size_t n = 0;
    b->copies.size = 0;
    for (; n < count && n < BLOCK_RECORDS; n++) {
        span record = records[n];
        if (record.size - 1 >= b->record_max) break; /* none at all too */
        bool there = readable_behind(record.data + record.size) ||
                     (n + 1 < count && padding_follows(&records[n]));
        b->record[n] = there ? record.data : copied(b, record);
        if (!b->record[n]) break;
        b->end[n] = b->record[n] + record.size;
        b->at[n] = b->record[n];
    }
    return n;
}

const char *block_walk(struct block *b, struct walk *w, int k, size_t r, const char *p)
{
    struct json_scanner *s = &w->scanner;
    const struct slot *slot = &b->template.slots[k];
    size_t bad = w->bad.size;
    if (*p == '{' || *p == '[') return NULL; /* keys inside may be there twice */
    s->start = b->record[r];
    s->end = b->end[r];
    w->column = slot->column;
    const char *after = slot->to ? walk_value(w, slot->node, slot->to, p) : scan_skip_value(s, p);
    for (uint32_t row = (uint32_t)r; bad < w->bad.size; bad += sizeof(int32_t))
        buffer_append(&b->bad_rows, &row, sizeof row);
    return after;
}
