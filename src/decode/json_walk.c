/* In: one record's text. Out: one value appended to each builder of the row, or the fault.
 * One pass in the record's own order; only maps and objects with duplicate keys are indexed first.
 */
#include "decode/json_walk.h"

#include <stdlib.h>

/* ---- the schema made ready ---- */

static void make_scalar(struct walk_node *n, enum decode_policy policy)
{
    n->scalar = conversion_of(policy, n->kind);
    n->direct = direct_of(n->scalar);
    if (n->direct != DIRECT_INTEGER) return;
    struct range range = integer_range(n->kind);
    n->min = range.min;
    n->max = range.max;
}

void walk_node_from_text(struct walk_node *n)
{
    n->scalar = conversion_from_text(n->kind);
    n->direct = direct_of(n->scalar);
}

void walk_node_open(struct walk_node *n, const struct type *type, enum decode_policy policy)
{
    bool fields = type->kind == TYPE_STRUCT;
    *n = (struct walk_node){.kind = type->kind, .child_count = type->child_count, .cells = 1};
    if (!type_is_nested(type)) make_scalar(n, policy);
    else if (fields) n->direct = DIRECT_STRUCT;
    else if (type->kind == TYPE_ARRAY) n->direct = DIRECT_ARRAY;
    n->children = must_calloc((size_t)type->child_count, sizeof *n->children);
    for (int i = 0; i < type->child_count; i++) {
        walk_node_open(&n->children[i], type->children[i].type, policy);
        if (fields) n->cells += n->children[i].cells;
    }
    /* keys are text whatever the map's key type: they are cast */
    if (type->kind == TYPE_MAP && !type_is_nested(type->children[0].type))
        n->children[0].scalar = conversion_of(DECODE_INFERRED, type->children[0].type->kind);
    if (!fields) return;
    keys_open(&n->keys, type->children, n->children, type->child_count,
              policy != DECODE_PERMISSIVE);
    n->seen = must_calloc((size_t)type->child_count, sizeof *n->seen);
    n->chosen = must_calloc((size_t)type->child_count, sizeof *n->chosen);
}

void walk_node_close(struct walk_node *n)
{
    for (int i = 0; i < n->child_count; i++) walk_node_close(&n->children[i]);
    if (n->kind == TYPE_STRUCT) keys_close(&n->keys);
    free(n->children);
    free(n->seen);
    free(n->chosen);
}

/* Buffers that are views of nothing at first would point nowhere. */
void walk_init(struct walk *w)
{
    buffer_reserve(&w->text, 1);
    buffer_reserve(&w->scratch, 1);
    buffer_reserve(&w->entries, sizeof(struct entry));
}

void walk_release(struct walk *w)
{
    buffer_release(&w->bad);
    buffer_release(&w->text);
    buffer_release(&w->scratch);
    buffer_release(&w->padded);
    buffer_release(&w->entries);
    arena_release(&w->keys);
}

span walk_copy_padded(struct walk *w, span record)
{
    buffer_reset(&w->padded);
    buffer_reserve(&w->padded, record.size + RECORD_PADDING);
    padded_copy(w->padded.data, record);
    return (span){w->padded.data, record.size};
}

/* ---- single values ---- */

/* A value did not fit: NULL, and counted. `at` is where it begins, `after` where the walk goes on.
 */
static const char *refuse(struct walk *w, struct builder *to, const char *at, const char *after)
{
    int32_t column = w->column;
    if (!after) return NULL;
    if (w->strict) return scan_fail(&w->scanner, DECODE_BAD_VALUE, at);
    if (to) builder_null(to);
    buffer_append(&w->bad, &column, sizeof column);
    return after;
}

/* The scanner's string token, escapes resolved (in w->text). */
static span token_text(struct walk *w)
{
    span text = w->scanner.text;
    if (!w->scanner.escaped) return text;
    buffer_reset(&w->text);
    buffer_reserve(&w->text, text.size);
    CHECK(json_unescape(text, w->text.data, &w->text.size));
    return buffer_span(&w->text);
}

static const char *walk_string(struct walk *w, struct walk_node *n, struct builder *to,
                               const char *p)
{
    const char *after = scan_string(&w->scanner, p + 1);
    if (!after) return NULL;
    bool fits = n->scalar && n->scalar->text && n->scalar->text(to, token_text(w), &w->scratch);
    return fits ? after : refuse(w, to, p, after);
}

static const char *walk_number(struct walk *w, struct walk_node *n, struct builder *to,
                               const char *p)
{
    struct number number;
    const char *after = scan_number(&w->scanner, p, &number);
    if (!after) return NULL;
    bool fits = n->scalar && n->scalar->number && n->scalar->number(to, &number, &w->scratch);
    return fits ? after : refuse(w, to, p, after);
}

static const char *walk_boolean(struct walk *w, struct walk_node *n, struct builder *to,
                                const char *p)
{
    bool value = *p == 't';
    const char *after =
        value ? scan_literal(&w->scanner, p, "true", 4) : scan_literal(&w->scanner, p, "false", 5);
    if (!after) return NULL;
    bool fits = n->scalar && n->scalar->boolean && n->scalar->boolean(to, value);
    return fits ? after : refuse(w, to, p, after);
}

static const char *walk_null(struct walk *w, struct builder *to, const char *p)
{
    const char *after = scan_literal(&w->scanner, p, "null", 4);
    if (after) builder_null(to);
    return after;
}

/* An object or array that meets a column of another kind: text columns keep it as JSON text. */
static const char *walk_container(struct walk *w, struct walk_node *n, struct builder *to,
                                  const char *p)
{
    if (n->kind != TYPE_STRING && n->kind != TYPE_CHAR && n->kind != TYPE_VARCHAR)
        return refuse(w, to, p, scan_skip_value(&w->scanner, p));
    buffer_reset(&w->text);
    const char *after = json_copy_value(&w->scanner, p, w->policy == DECODE_OPENX, &w->text);
    if (after) builder_bytes(to, buffer_span(&w->text));
    return after;
}

/* ---- lists ---- */

bool walk_count_cells(struct walk *w, const struct walk_node *element, const char *at)
{
    w->cells += element->cells;
    return w->cells <= RECORD_CELLS_MAX || scan_fail(&w->scanner, DECODE_TOO_LARGE, at);
}

const char *walk_comma(struct walk *w, const char *p, char close, bool *more)
{
    const char *end = w->scanner.end;
    p = scan_blanks(p, end);
    if (p == end || (*p != ',' && *p != close)) return scan_unexpected(&w->scanner, p);
    *more = *p == ',';
    return *more ? scan_blanks(p + 1, end) : p;
}

static const char *walk_array(struct walk *w, struct walk_node *n, struct builder *to,
                              const char *p)
{
    struct json_scanner *s = &w->scanner;
    struct walk_node *element = &n->children[0];
    p = scan_open(s, p, false);
    if (!p) return NULL;
    p = scan_blanks(p, s->end);
    bool more = p == s->end || *p != ']';
    while (more) {
        if (!walk_count_cells(w, element, p)) return NULL;
        p = walk_value(w, element, &to->children[0], p);
        if (!p || !(p = walk_comma(w, p, ']', &more))) return NULL;
    }
    s->depth--;
    builder_list_end(to);
    return p + 1;
}

/* OPENX: what is not an array becomes an array of one. */
static const char *walk_promoted(struct walk *w, struct walk_node *n, struct builder *to,
                                 const char *p)
{
    p = walk_value(w, &n->children[0], &to->children[0], p);
    if (p) builder_list_end(to);
    return p;
}

/* An entry whose key does not fit the map's key type is left out, and counted. */
static const char *walk_map(struct walk *w, struct walk_node *n, struct builder *to, const char *p)
{
    struct json_scanner *s = &w->scanner;
    size_t first;
    const char *start = p, *after = index_object(w, p, &first);
    if (!after || !scan_open(s, start, true)) return NULL;
    index_keep_last(w, first);
    for (size_t i = first, last = index_count(w); i < last; i++) {
        struct entry entry = *index_entry(w, i);
        const struct conversion *key = n->children[0].scalar;
        if (!walk_count_cells(w, &n->children[1], entry.value)) return NULL;
        if (!key || !key->text || !key->text(&to->children[0], entry.key, &w->scratch)) {
            if (!refuse(w, NULL, entry.value, entry.value)) return NULL;
            continue;
        }
        if (!walk_value(w, &n->children[1], &to->children[1], entry.value)) return NULL;
    }
    index_drop(w, first);
    s->depth--;
    builder_list_end(to);
    return after;
}

/* ---- objects ---- */

/* The key at p that was not the expected one. *key is NULL when it is not to be remembered. */
static const char *walk_key(struct walk *w, struct keys *keys, const char *p, struct key **key)
{
    struct json_scanner *s = &w->scanner;
    if (p == s->end || *p != '"') return scan_unexpected(s, p);
    p = scan_string(s, p + 1);
    if (p) *key = keys_find(keys, token_text(w), !s->escaped);
    return p;
}

static const char *walk_colon(struct walk *w, const char *p)
{
    const char *end = w->scanner.end;
    p = scan_blanks(p, end);
    if (p == end || *p != ':') return scan_unexpected(&w->scanner, p);
    return scan_blanks(p + 1, end);
}

/* The value at p belongs to this field. */
static const char *walk_field(struct walk *w, struct walk_node *n, int field,
                              struct builder *fields, const char *p)
{
    if (n->seen[field] == n->object) return scan_fail(&w->scanner, DECODE_DUPLICATE_KEY, p);
    n->seen[field] = n->object;
    return walk_value(w, &n->children[field], &fields[field], p);
}

void walk_object_begin(struct walk_node *n)
{
    if (++n->object != 0) return;
    memset(n->seen, 0, (size_t)n->child_count * sizeof *n->seen); /* the count went round */
    n->object = 1;
}

void walk_fill_missing(struct walk_node *n, struct builder *fields)
{
    for (int i = 0; i < n->child_count; i++)
        if (n->seen[i] != n->object) builder_null(&fields[i]);
}

const char *walk_to_value(struct walk *w, struct walk_node *n, struct step *step, const char *p,
                          bool *more)
{
    const char *end = w->scanner.end, *lead = p;
    bool first = step->first;
    if (first) {
        p = scan_blanks(p, end);
        *more = p == end || *p != '}';
    } else if (!(p = walk_comma(w, p, '}', more))) return NULL;
    if (!*more) return p;
    step->first = false;
    step->key = step->previous->next;
    if (key_follows(step->key, p, end)) p += step->key->guess;
    else if (!(p = walk_key(w, &n->keys, p, &step->key))) return NULL;
    if (!(p = walk_colon(w, p))) return NULL;
    if (!step->key) return p;
    step->previous = step->previous->next = step->key;
    key_learn_lead(step->key, lead, p, first);
    return p;
}

const char *walk_in_order(struct walk *w, struct walk_node *n, struct builder *fields,
                          const char *p)
{
    struct json_scanner *s = &w->scanner;
    struct step step = {.first = true, .previous = n->keys.list};
    int found = 0;
    bool top = s->depth == 0, more;
    p = scan_open(s, p, true);
    if (!p) return NULL;
    walk_object_begin(n);
    while ((p = walk_to_value(w, n, &step, p, &more)) && more) {
        int field = step.key ? step.key->field : KEY_UNMAPPED;
        if (top) w->column = field;
        found += field != KEY_UNMAPPED;
        p = field == KEY_UNMAPPED ? scan_skip_value(s, p) : walk_field(w, n, field, fields, p);
        if (!p) return NULL;
    }
    if (!p) return NULL;
    s->depth--;
    if (found < n->child_count) walk_fill_missing(n, fields);
    return p + 1;
}

/* For each field the last entry of its name; an exact name goes before one that differs in case. */
static void choose_entries(struct walk *w, struct walk_node *n, size_t first)
{
    for (int i = 0; i < n->child_count; i++) n->chosen[i] = -1;
    for (size_t i = first; i < index_count(w); i++) {
        span key = index_entry(w, i)->key;
        const struct key *found = keys_find(&n->keys, key, false);
        int field = found ? found->field : KEY_UNMAPPED;
        if (field == KEY_UNMAPPED) continue;
        const struct key *name = &n->keys.list[1 + field];
        span exact = {name->quoted + 1, name->size - 2};
        bool taken = n->chosen[field] >= 0 &&
                     span_equal(index_entry(w, (size_t)n->chosen[field])->key, exact);
        if (!taken || span_equal(key, exact)) n->chosen[field] = (int64_t)i;
    }
}

static const char *walk_indexed(struct walk *w, struct walk_node *n, struct builder *fields,
                                const char *p)
{
    struct json_scanner *s = &w->scanner;
    size_t first;
    bool top = s->depth == 0;
    const char *after = index_object(w, p, &first);
    if (!after || !scan_open(s, p, true)) return NULL;
    choose_entries(w, n, first);
    for (int i = 0; i < n->child_count; i++) {
        if (top) w->column = i;
        if (n->chosen[i] < 0) {
            builder_null(&fields[i]);
            continue;
        }
        const char *value = index_entry(w, (size_t)n->chosen[i])->value;
        if (!walk_value(w, &n->children[i], &fields[i], value)) return NULL;
    }
    index_drop(w, first);
    s->depth--;
    return after;
}

const char *walk_fields(struct walk *w, struct walk_node *n, struct builder *fields, const char *p)
{
    return (w->indexed ? walk_indexed : w->in_order)(w, n, fields, p);
}

const char *walk_positions(struct walk *w, struct walk_node *n, struct builder *fields,
                           const char *p)
{
    struct json_scanner *s = &w->scanner;
    int i = 0;
    p = scan_open(s, p, false);
    if (!p) return NULL;
    p = scan_blanks(p, s->end);
    for (bool more = p == s->end || *p != ']'; more; i++) {
        w->column = i;
        p = i < n->child_count ? walk_value(w, &n->children[i], &fields[i], p)
                               : scan_skip_value(s, p);
        if (!p || !(p = walk_comma(w, p, ']', &more))) return NULL;
    }
    s->depth--;
    for (; i < n->child_count; i++) builder_null(&fields[i]);
    return p + 1;
}

static const char *walk_object(struct walk *w, struct walk_node *n, struct builder *to,
                               const char *p)
{
    if (n->kind == TYPE_MAP) return walk_map(w, n, to, p);
    if (n->kind != TYPE_STRUCT) return walk_container(w, n, to, p);
    builder_struct(to);
    return walk_fields(w, n, to->children, p);
}

const char *walk_value(struct walk *w, struct walk_node *n, struct builder *to, const char *p)
{
    char c = p < w->scanner.end ? *p : '\0';
    if (c == 'n') return walk_null(w, to, p);
    if (n->kind == TYPE_ARRAY && c != '[' && w->policy == DECODE_OPENX)
        return walk_promoted(w, n, to, p);
    switch (c) {
    case '"': return walk_string(w, n, to, p);
    case '{': return walk_object(w, n, to, p);
    case '[': return n->kind == TYPE_ARRAY ? walk_array(w, n, to, p) : walk_container(w, n, to, p);
    case 't':
    case 'f': return walk_boolean(w, n, to, p);
    default: break;
    }
    if (c != '-' && !is_digit(c)) return scan_unexpected(&w->scanner, p);
    return walk_number(w, n, to, p);
}
