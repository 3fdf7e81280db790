/* Catalog schema -> leaves (Parquet's columns) and the footer's list of schema elements, and back.
 * Types as Spark 3 writes them; annotations as LogicalTypes.md, both the old converted type and the
 * new logical type. Reading follows LogicalTypes.md's rules for older lists and maps too. */
#include "parquet/internal.h"

enum { REQUIRED, OPTIONAL, REPEATED };

/* ConvertedType */
enum {
    CONVERTED_NONE = -1,
    CONVERTED_UTF8 = 0,
    CONVERTED_MAP = 1,
    CONVERTED_MAP_KEY_VALUE = 2,
    CONVERTED_LIST = 3,
    CONVERTED_ENUM = 4,
    CONVERTED_DECIMAL = 5,
    CONVERTED_DATE = 6,
    CONVERTED_TIMESTAMP_MILLIS = 9,
    CONVERTED_TIMESTAMP_MICROS = 10,
    CONVERTED_INT_8 = 15,
    CONVERTED_INT_16 = 16,
    CONVERTED_INT_32 = 17,
    CONVERTED_INT_64 = 18,
    CONVERTED_JSON = 19
};

/* Fields of the union LogicalType */
enum {
    LOGICAL_NONE = 0,
    LOGICAL_STRING = 1,
    LOGICAL_MAP = 2,
    LOGICAL_LIST = 3,
    LOGICAL_ENUM = 4,
    LOGICAL_DECIMAL = 5,
    LOGICAL_DATE = 6,
    LOGICAL_TIMESTAMP = 8,
    LOGICAL_INTEGER = 10,
    LOGICAL_JSON = 12
};

enum { PATH_MAX_PARTS = 3 * TYPE_DEPTH_MAX + 1, DECIMAL_INT32 = 9, DECIMAL_INT64 = 18 };

int decimal_bytes(int precision)
{
    unsigned __int128 most = 1; /* 10^precision - 1 needs its bits and a sign bit */
    for (int i = 0; i < precision; i++) most *= 10;
    most -= 1;
    int bits = most >> 64 ? 64 + bit_width((uint64_t)(most >> 64)) : bit_width((uint64_t)most);
    return (bits + 1 + 7) / 8;
}

static enum physical physical_of(const struct type *t, enum parquet_timestamps timestamps)
{
    switch (t->kind) {
    case TYPE_BOOLEAN: return PHYSICAL_BOOLEAN;
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_DATE: return PHYSICAL_INT32;
    case TYPE_BIGINT: return PHYSICAL_INT64;
    case TYPE_FLOAT: return PHYSICAL_FLOAT;
    case TYPE_DOUBLE: return PHYSICAL_DOUBLE;
    case TYPE_TIMESTAMP: return timestamps == PARQUET_INT96 ? PHYSICAL_INT96 : PHYSICAL_INT64;
    case TYPE_DECIMAL:
        return t->precision <= DECIMAL_INT32   ? PHYSICAL_INT32
               : t->precision <= DECIMAL_INT64 ? PHYSICAL_INT64
                                               : PHYSICAL_FIXED;
    default: return PHYSICAL_BYTE_ARRAY;
    }
}

static enum store store_of(enum physical p)
{
    static const enum store stores[] = {
        [PHYSICAL_BOOLEAN] = STORE_1,  [PHYSICAL_INT32] = STORE_4,
        [PHYSICAL_INT64] = STORE_8,    [PHYSICAL_INT96] = STORE_8,
        [PHYSICAL_FLOAT] = STORE_4,    [PHYSICAL_DOUBLE] = STORE_8,
        [PHYSICAL_FIXED] = STORE_16,   [PHYSICAL_BYTE_ARRAY] = STORE_BYTES,
    };
    return stores[p];
}

/* ---- leaves ---- */

struct place {
    int definition, repetition, step_count, path_count;
};

struct walk { /* the way from the root to where we are */
    struct arena *arena;
    enum parquet_timestamps timestamps;
    struct buffer leaves;
    int field;
    struct place at;
    struct step steps[PATH_MAX_PARTS];
    span path[PATH_MAX_PARTS];
};

static void walk_leaf(struct walk *w, const struct type *t)
{
    struct leaf leaf = {.type = t,
                        .physical = physical_of(t, w->timestamps),
                        .field = w->field,
                        .max_definition = w->at.definition,
                        .max_repetition = w->at.repetition,
                        .step_count = w->at.step_count,
                        .path_count = w->at.path_count};
    leaf.store = store_of(leaf.physical);
    if (leaf.physical == PHYSICAL_FIXED) leaf.type_length = decimal_bytes(t->precision);
    leaf.steps = arena_copy(w->arena, w->steps, (size_t)w->at.step_count * sizeof *w->steps);
    leaf.path = arena_copy(w->arena, w->path, (size_t)w->at.path_count * sizeof *w->path);
    buffer_append(&w->leaves, &leaf, sizeof leaf);
}

static void walk_step(struct walk *w, struct step step)
{
    w->at.definition += step.kind == STEP_OPTIONAL || step.kind == STEP_REPEAT;
    w->at.repetition += step.kind == STEP_REPEAT;
    w->steps[w->at.step_count++] = step;
}

static error walk_field(struct walk *, span name, const struct type *, bool required, int depth);

static error walk_children(struct walk *w, const struct type *t, int depth)
{
    static const char *const element[] = {"element"}, *const pair[] = {"key", "value"};
    const char *const *names = t->kind == TYPE_ARRAY ? element : t->kind == TYPE_MAP ? pair : NULL;
    if (t->child_count == 0) return fail(ERR_UNSUPPORTED, "Parquet has no struct without fields");
    if (t->kind != TYPE_STRUCT) {
        walk_step(w, (struct step){.kind = STEP_REPEAT});
        w->path[w->at.path_count++] = span_of(t->kind == TYPE_ARRAY ? "list" : "key_value");
    }
    for (int i = 0; i < t->child_count; i++) {
        const struct field *f = &t->children[i];
        struct place here = w->at;
        walk_step(w, (struct step){.kind = STEP_CHILD, .child = i});
        TRY(walk_field(w, span_of(names ? names[i] : f->name), f->type,
                       f->required || (t->kind == TYPE_MAP && i == 0), depth + 1));
        w->at = here;
    }
    return OK;
}

static error walk_field(struct walk *w, span name, const struct type *t, bool required, int depth)
{
    if (depth > TYPE_DEPTH_MAX)
        return fail(ERR_LIMIT, "column nested deeper than %d", TYPE_DEPTH_MAX);
    w->path[w->at.path_count++] = name;
    walk_step(w, (struct step){.kind = required ? STEP_REQUIRED : STEP_OPTIONAL});
    if (type_is_nested(t)) return walk_children(w, t, depth);
    walk_leaf(w, t);
    return OK;
}

error layout_make(struct layout *out, struct arena *arena, const struct schema *schema,
                  enum parquet_timestamps timestamps)
{
    if (schema->field_count == 0) return fail(ERR_USAGE, "Parquet needs at least one column");
    struct walk w = {.arena = arena, .timestamps = timestamps};
    error result = OK;
    for (int i = 0; i < schema->field_count && result == OK; i++) {
        const struct field *f = &schema->fields[i];
        w.field = i;
        w.at = (struct place){0};
        result = walk_field(&w, span_of(f->name), f->type, f->required, 1);
    }
    out->leaf_count = (int)(w.leaves.size / sizeof(struct leaf));
    out->leaves = arena_copy(arena, w.leaves.data, w.leaves.size);
    buffer_release(&w.leaves);
    return result;
}

/* ---- schema elements, written ---- */

/* What a type is called in the footer. */
struct annotation {
    int converted, logical;
};

static struct annotation annotation_of(const struct type *t, enum parquet_timestamps timestamps)
{
    switch (t->kind) {
    case TYPE_TINYINT: return (struct annotation){CONVERTED_INT_8, LOGICAL_INTEGER};
    case TYPE_SMALLINT: return (struct annotation){CONVERTED_INT_16, LOGICAL_INTEGER};
    case TYPE_DECIMAL: return (struct annotation){CONVERTED_DECIMAL, LOGICAL_DECIMAL};
    case TYPE_STRING:
    case TYPE_CHAR:
    case TYPE_VARCHAR: return (struct annotation){CONVERTED_UTF8, LOGICAL_STRING};
    case TYPE_DATE: return (struct annotation){CONVERTED_DATE, LOGICAL_DATE};
    case TYPE_ARRAY: return (struct annotation){CONVERTED_LIST, LOGICAL_LIST};
    case TYPE_MAP: return (struct annotation){CONVERTED_MAP, LOGICAL_MAP};
    case TYPE_TIMESTAMP:
        if (timestamps == PARQUET_INT64_MICROS)
            return (struct annotation){CONVERTED_TIMESTAMP_MICROS, LOGICAL_TIMESTAMP};
        break;
    default: break;
    }
    return (struct annotation){CONVERTED_NONE, LOGICAL_NONE};
}

static void logical_write(struct thrift_out *o, int logical, const struct type *t)
{
    if (logical == LOGICAL_NONE) return;
    thrift_struct_begin(o, 10);
    thrift_struct_begin(o, (int16_t)logical);
    if (logical == LOGICAL_DECIMAL) {
        thrift_i32(o, 1, t->scale);
        thrift_i32(o, 2, t->precision);
    } else if (logical == LOGICAL_INTEGER) {
        thrift_int(o, 1, THRIFT_BYTE, t->kind == TYPE_TINYINT ? 8 : 16);
        thrift_bool(o, 2, true);
    } else if (logical == LOGICAL_TIMESTAMP) {
        thrift_bool(o, 1, true); /* adjusted to UTC */
        thrift_struct_begin(o, 2);
        thrift_struct_begin(o, 2); /* MICROS */
        thrift_struct_end(o);
        thrift_struct_end(o);
    }
    thrift_struct_end(o);
    thrift_struct_end(o);
}

static void group_write(struct thrift_out *o, int repetition, span name, int children,
                        struct annotation a)
{
    thrift_item_begin(o);
    if (repetition >= 0) thrift_i32(o, 3, repetition);
    thrift_binary(o, 4, name);
    thrift_i32(o, 5, children);
    if (a.converted != CONVERTED_NONE) thrift_i32(o, 6, a.converted);
    logical_write(o, a.logical, NULL);
    thrift_item_end(o);
}

static void primitive_write(struct thrift_out *o, int repetition, span name, const struct type *t,
                            enum parquet_timestamps timestamps)
{
    struct annotation a = annotation_of(t, timestamps);
    enum physical physical = physical_of(t, timestamps);
    thrift_item_begin(o);
    thrift_i32(o, 1, physical);
    if (physical == PHYSICAL_FIXED) thrift_i32(o, 2, decimal_bytes(t->precision));
    thrift_i32(o, 3, repetition);
    thrift_binary(o, 4, name);
    if (a.converted != CONVERTED_NONE) thrift_i32(o, 6, a.converted);
    if (t->kind == TYPE_DECIMAL) {
        thrift_i32(o, 7, t->scale);
        thrift_i32(o, 8, t->precision);
    }
    logical_write(o, a.logical, t);
    thrift_item_end(o);
}

/* Depth first; returns the number of elements. */
static size_t element_write(struct thrift_out *o, span name, const struct type *t, bool required,
                            enum parquet_timestamps timestamps)
{
    const struct annotation none = {CONVERTED_NONE, LOGICAL_NONE};
    int repetition = required ? REQUIRED : OPTIONAL;
    size_t count = 1;
    if (!type_is_nested(t)) {
        primitive_write(o, repetition, name, t, timestamps);
        return count;
    }
    bool is_struct = t->kind == TYPE_STRUCT, is_map = t->kind == TYPE_MAP;
    group_write(o, repetition, name, is_struct ? t->child_count : 1, annotation_of(t, timestamps));
    if (!is_struct) {
        group_write(o, REPEATED, is_map ? SPAN("key_value") : SPAN("list"), t->child_count, none);
        count++;
    }
    for (int i = 0; i < t->child_count; i++) {
        const struct field *f = &t->children[i];
        span child = is_struct ? span_of(f->name)
                     : !is_map ? SPAN("element")
                     : i == 0  ? SPAN("key")
                               : SPAN("value");
        count += element_write(o, child, f->type, f->required || (is_map && i == 0), timestamps);
    }
    return count;
}

void schema_write(struct thrift_out *o, int16_t id, const struct schema *s,
                  enum parquet_timestamps timestamps)
{
    /* the list's header holds the number of elements: they are written aside first */
    struct buffer body = {0};
    struct thrift_out aside = {.out = &body};
    size_t count = 1;
    group_write(&aside, -1, SPAN("spark_schema"), s->field_count,
                (struct annotation){CONVERTED_NONE, LOGICAL_NONE});
    for (int i = 0; i < s->field_count; i++)
        count += element_write(&aside, span_of(s->fields[i].name), s->fields[i].type,
                               s->fields[i].required, timestamps);
    thrift_list(o, id, THRIFT_STRUCT, count);
    buffer_append_span(o->out, buffer_span(&body));
    buffer_release(&body);
}

/* ---- schema elements, read ---- */

struct node {
    const struct element *e;
    struct node *child, *next;
};

struct tree {
    const struct element *elements;
    size_t count, at, leaves;
    struct node *nodes;
};

/* The next element and all below it. */
static struct node *tree_take(struct tree *t, int depth)
{
    if (t->at == t->count || depth > PATH_MAX_PARTS) return NULL;
    struct node *n = &t->nodes[t->at];
    n->e = &t->elements[t->at++];
    if (n->e->physical >= 0) {
        t->leaves++;
        return n->e->children > 0 ? NULL : n;
    }
    struct node **link = &n->child;
    for (int i = 0; i < n->e->children; i++) {
        struct node *child = tree_take(t, depth + 1);
        if (!child || child->e->repetition < 0) return NULL;
        *link = child;
        link = &child->next;
    }
    return n;
}

static struct type *type_new(struct arena *a, enum type_kind kind)
{
    struct type *t = ARENA_NEW(a, struct type);
    t->kind = kind;
    return t;
}

static const struct type *decimal_from(struct arena *a, const struct element *e)
{
    bool holds = e->physical == PHYSICAL_INT32   ? e->precision <= DECIMAL_INT32
                 : e->physical == PHYSICAL_INT64 ? e->precision <= DECIMAL_INT64
                                                 : e->physical >= PHYSICAL_BYTE_ARRAY;
    if (!holds || e->precision < 1 || e->precision > 38) return NULL;
    if (e->scale < 0 || e->scale > e->precision) return NULL;
    struct type *t = type_new(a, TYPE_DECIMAL);
    t->precision = e->precision;
    t->scale = e->scale;
    return t;
}

static const struct type *int32_from(const struct element *e)
{
    bool plain = e->converted == CONVERTED_NONE && e->logical == LOGICAL_NONE;
    if (plain || e->converted == CONVERTED_INT_32) return type_of(TYPE_INT);
    if (e->converted == CONVERTED_INT_8) return type_of(TYPE_TINYINT);
    if (e->converted == CONVERTED_INT_16) return type_of(TYPE_SMALLINT);
    if (e->converted == CONVERTED_DATE || e->logical == LOGICAL_DATE) return type_of(TYPE_DATE);
    if (e->logical != LOGICAL_INTEGER || !e->is_signed) return NULL;
    return e->bit_width == 8    ? type_of(TYPE_TINYINT)
           : e->bit_width == 16 ? type_of(TYPE_SMALLINT)
           : e->bit_width == 32 ? type_of(TYPE_INT)
                                : NULL;
}

static const struct type *int64_from(const struct element *e)
{
    if (e->logical == LOGICAL_TIMESTAMP || e->converted == CONVERTED_TIMESTAMP_MICROS ||
        e->converted == CONVERTED_TIMESTAMP_MILLIS)
        return type_of(TYPE_TIMESTAMP);
    if (e->converted == CONVERTED_INT_64) return type_of(TYPE_BIGINT);
    if (e->logical == LOGICAL_INTEGER && e->is_signed && e->bit_width == 64)
        return type_of(TYPE_BIGINT);
    bool plain = e->converted == CONVERTED_NONE && e->logical == LOGICAL_NONE;
    return plain ? type_of(TYPE_BIGINT) : NULL;
}

static const struct type *bytes_from(const struct element *e)
{
    if (e->converted == CONVERTED_UTF8 || e->converted == CONVERTED_ENUM ||
        e->converted == CONVERTED_JSON || e->logical == LOGICAL_STRING ||
        e->logical == LOGICAL_ENUM || e->logical == LOGICAL_JSON)
        return type_of(TYPE_STRING);
    return type_of(TYPE_BINARY);
}

static const struct type *primitive_from(struct arena *a, const struct element *e)
{
    if (e->converted == CONVERTED_DECIMAL || e->logical == LOGICAL_DECIMAL)
        return decimal_from(a, e);
    switch (e->physical) {
    case PHYSICAL_BOOLEAN: return type_of(TYPE_BOOLEAN);
    case PHYSICAL_INT32: return int32_from(e);
    case PHYSICAL_INT64: return int64_from(e);
    case PHYSICAL_INT96: return type_of(TYPE_TIMESTAMP);
    case PHYSICAL_FLOAT: return type_of(TYPE_FLOAT);
    case PHYSICAL_DOUBLE: return type_of(TYPE_DOUBLE);
    default: return bytes_from(e);
    }
}

static const struct type *type_from(struct arena *, const struct node *, int depth);

static bool field_from(struct arena *a, struct field *f, const char *name, const struct node *n,
                       int depth)
{
    if (n->e->repetition == REPEATED) return false;
    *f = (struct field){.name = name, .required = n->e->repetition == REQUIRED};
    return (f->type = type_from(a, n, depth)) != NULL;
}

static bool name_is(const struct node *n, const char *head, const char *tail)
{
    size_t size = strlen(head);
    span name = n->e->name;
    return name.size == size + strlen(tail) && memcmp(name.data, head, size) == 0 &&
           memcmp(name.data + size, tail, name.size - size) == 0;
}

/* LogicalTypes.md, "Lists": the repeated node is the element itself in three older forms. */
static const struct type *list_from(struct arena *a, const struct node *n, int depth)
{
    const struct node *repeated = n->child;
    if (!repeated || repeated->next || repeated->e->repetition != REPEATED) return NULL;
    struct field *f = ARENA_NEW(a, struct field);
    struct type *t = type_new(a, TYPE_ARRAY);
    t->child_count = 1;
    t->children = f;
    const char *list = arena_text(a, n->e->name);
    bool itself = repeated->e->physical >= 0 || !repeated->child || repeated->child->next ||
                  name_is(repeated, "array", "") || name_is(repeated, list, "_tuple");
    if (!itself) return field_from(a, f, "element", repeated->child, depth + 1) ? t : NULL;
    *f = (struct field){"element", type_from(a, repeated, depth + 1), true};
    return f->type ? t : NULL;
}

static const struct type *map_from(struct arena *a, const struct node *n, int depth)
{
    const struct node *pair = n->child;
    if (!pair || pair->next || pair->e->repetition != REPEATED || pair->e->physical >= 0)
        return NULL;
    if (!pair->child || !pair->child->next || pair->child->next->next) return NULL;
    struct field *f = ARENA_ARRAY(a, struct field, 2);
    struct type *t = type_new(a, TYPE_MAP);
    t->child_count = 2;
    t->children = f;
    bool ok = field_from(a, &f[0], "key", pair->child, depth + 1) &&
              field_from(a, &f[1], "value", pair->child->next, depth + 1);
    f[0].required = true;
    return ok ? t : NULL;
}

static bool fields_from(struct arena *a, const struct node *n, int depth, int *count,
                        const struct field **out)
{
    if (n->e->children < 1 || n->e->children > TYPE_FIELDS_MAX) return false;
    struct field *fields = ARENA_ARRAY(a, struct field, (size_t)n->e->children);
    int i = 0;
    for (const struct node *c = n->child; c; c = c->next, i++) {
        span name = c->e->name;
        if (memchr(name.data, 0, name.size) || utf8_valid_prefix(name) != name.size) return false;
        if (!field_from(a, &fields[i], arena_text(a, name), c, depth + 1)) return false;
    }
    *count = i;
    *out = fields;
    return true;
}

static const struct type *type_from(struct arena *a, const struct node *n, int depth)
{
    const struct element *e = n->e;
    if (depth > TYPE_DEPTH_MAX) return NULL;
    if (e->physical >= 0) return primitive_from(a, e);
    if (e->converted == CONVERTED_LIST || e->logical == LOGICAL_LIST) return list_from(a, n, depth);
    if (e->converted == CONVERTED_MAP || e->converted == CONVERTED_MAP_KEY_VALUE ||
        e->logical == LOGICAL_MAP)
        return map_from(a, n, depth);
    struct type *t = type_new(a, TYPE_STRUCT);
    return fields_from(a, n, depth, &t->child_count, &t->children) ? t : NULL;
}

error schema_from_elements(struct arena *a, const struct element *elements, size_t count,
                           const struct schema **out, size_t *leaf_count)
{
    struct tree t = {.elements = elements, .count = count};
    t.nodes = ARENA_ARRAY(a, struct node, count);
    struct node *root = tree_take(&t, 0);
    if (!root || root->e->physical >= 0 || t.at != count)
        return fail(ERR_CORRUPT, "Parquet footer: the schema is not a tree");
    struct schema *s = ARENA_NEW(a, struct schema);
    *leaf_count = t.leaves;
    *out = fields_from(a, root, 0, &s->field_count, &s->fields) ? s : NULL;
    return OK;
}
