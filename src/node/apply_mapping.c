/* ApplyMapping: picks, renames, nests, drops and casts fields.
 * Semantics: AWS Glue API "Mapping" and the ApplyMapping transform: only listed fields come out, in
 * list order; names match ignoring case; dots in ToKey nest (back-quotes protect a dot); Children
 * map the fields of a struct, or of the structs in an array. A declared field that the input lacks
 * comes out as NULL. Conversion starts from the field's actual type. */
#include "node/node.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAPPING_DEPTH_MAX = 32 };

static const struct member path_element = {.type = MEMBER_STRING};
static const struct member input = {.type = MEMBER_STRING};
static const struct member mapping_members[];

static const struct member mapping_item = {.type = MEMBER_STRUCTURE, .of = mapping_members};

static const struct member mapping_members[] = {
    {.name = "ToKey", .type = MEMBER_STRING},
    {.name = "FromPath", .type = MEMBER_LIST, .of = &path_element},
    {.name = "FromType", .type = MEMBER_STRING},
    {.name = "ToType", .type = MEMBER_STRING},
    {.name = "Dropped", .type = MEMBER_BOOLEAN},
    {.name = "Children", .type = MEMBER_LIST, .of = &mapping_item},
    {0},
};

static const struct member members[] = {
    {.name = "Name", .type = MEMBER_STRING, .flags = MEMBER_REQUIRED, .max = 255},
    {.name = "Inputs", .type = MEMBER_LIST, .flags = MEMBER_REQUIRED, .of = &input, .min = 1, .max = 1},
    {.name = "Mapping", .type = MEMBER_LIST, .flags = MEMBER_REQUIRED, .of = &mapping_item},
    {0},
};

enum output_kind {
    OUTPUT_CAST,    /* the source column, cast */
    OUTPUT_STRUCT,  /* a source struct (or none: made by dots in ToKey), its children mapped */
    OUTPUT_LIST,    /* a source array of structs, its elements mapped by children[0] */
    OUTPUT_NULL,    /* the input has no such field */
};

/* One output field: how to make it from the columns of its context (the batch, or the struct or
 * element of the parent). */
struct output {
    enum output_kind kind;
    const char *name;
    const struct type *type;
    int *path;            /* field indexes from the context to the source column */
    int path_length;      /* 0 with STRUCT: no source, never NULL */
    struct output *children;
    int child_count, child_capacity;
};

struct mapping {
    struct output root;   /* STRUCT without source */
};

/* ---- opening: Mapping document -> outputs ---- */

/* Follows FromPath through struct fields, ignoring case. False: no such field. */
static bool resolve_path(struct arena *arena, const json_t *from, const struct field *fields,
                         int field_count, struct output *out, const struct type **type)
{
    size_t length = json_array_size(from);
    out->path = ARENA_ARRAY(arena, int, length);
    for (size_t i = 0; i < length; i++) {
        const char *name = json_string_value(json_array_get(from, i));
        int at = schema_find(&(struct schema){field_count, fields}, span_of(name));
        if (at < 0) return false;
        out->path[i] = at;
        *type = fields[at].type;
        bool is_struct = (*type)->kind == TYPE_STRUCT;
        field_count = is_struct ? (*type)->child_count : 0;
        fields = is_struct ? (*type)->children : NULL;
    }
    out->path_length = (int)length;
    return length > 0;
}

/* ToType text; NULL means "as the source" (absent, or a bare container name as the console writes). */
static error to_type(struct arena *arena, const json_t *item, const struct type **out)
{
    const char *text = json_text(item, "ToType");
    *out = NULL;
    if (!text || !*text || strcasecmp(text, "struct") == 0 || strcasecmp(text, "array") == 0 ||
        strcasecmp(text, "map") == 0)
        return OK;
    if (strcasecmp(text, "decimal") == 0) text = "decimal(10,2)"; /* visual jobs' default */
    return type_parse(arena, span_of(text), out);
}

static struct output *add_child(struct arena *arena, struct output *parent, const char *name)
{
    if (parent->child_count == parent->child_capacity) {
        int capacity = parent->child_capacity ? 2 * parent->child_capacity : 8;
        struct output *larger = ARENA_ARRAY(arena, struct output, (size_t)capacity);
        if (parent->child_count)
            memcpy(larger, parent->children, (size_t)parent->child_count * sizeof *larger);
        parent->children = larger;
        parent->child_capacity = capacity;
    }
    struct output *child = &parent->children[parent->child_count++];
    *child = (struct output){.name = name};
    return child;
}

static struct output *find_child(struct output *parent, span name)
{
    for (int i = 0; i < parent->child_count; i++)
        if (span_equal_nocase(span_of(parent->children[i].name), name)) return &parent->children[i];
    return NULL;
}

/* The next name of a ToKey: up to a dot outside back-quotes. */
static span next_key(span *rest)
{
    if (rest->size && rest->data[0] == '`') {
        const char *close = memchr(rest->data + 1, '`', rest->size - 1);
        if (close) {
            span name = {rest->data + 1, (size_t)(close - rest->data) - 1};
            size_t used = name.size + 2;
            if (used < rest->size && rest->data[used] == '.') used++;
            *rest = (span){rest->data + used, rest->size - used};
            return name;
        }
    }
    const char *dot = memchr(rest->data, '.', rest->size);
    span name = {rest->data, dot ? (size_t)(dot - rest->data) : rest->size};
    size_t used = name.size + (dot != NULL);
    *rest = (span){rest->data + used, rest->size - used};
    return name;
}

/* The output of a ToKey below `parent`, structs made on the way. */
static error place(struct arena *arena, struct output *parent, const char *key, struct output **out)
{
    span rest = span_of(key);
    while (true) {
        span name = next_key(&rest);
        if (name.size == 0) return fail(ERR_INVALID_INPUT, "ToKey '%s' has an empty name", key);
        struct output *child = find_child(parent, name);
        bool last = rest.size == 0;
        if (child && (last || child->kind != OUTPUT_STRUCT || child->path_length))
            return fail(ERR_INVALID_INPUT, "two mappings write the field '%s'", key);
        if (!child) {
            child = add_child(arena, parent, arena_text(arena, name));
            child->kind = OUTPUT_STRUCT;
        }
        if (last) {
            *out = child;
            return OK;
        }
        parent = child;
    }
}

static error open_items(struct arena *arena, const json_t *items, const struct field *fields,
                        int field_count, struct output *parent, int depth);

static error open_item(struct arena *arena, const json_t *item, const struct field *fields,
                       int field_count, struct output *parent, int depth)
{
    const json_t *from = json_object_get(item, "FromPath"), *children = json_object_get(item, "Children");
    const char *key = json_text(item, "ToKey");
    size_t length = json_array_size(from);
    if (length == 0) return fail(ERR_INVALID_INPUT, "a mapping without FromPath");
    const char *last = json_string_value(json_array_get(from, length - 1));
    struct output *out = NULL, source = {0};
    TRY(place(arena, parent, key ? key : arena_printf(arena, "`%s`", last), &out));
    const struct type *actual = NULL, *wanted, *declared;
    TRY(to_type(arena, item, &wanted));
    bool found = resolve_path(arena, from, fields, field_count, &source, &actual);
    out->path = source.path;
    out->path_length = source.path_length;
    if (!found) {
        const char *from_type = json_text(item, "FromType");
        declared = wanted;
        if (!declared && from_type) TRY(type_parse(arena, span_of(from_type), &declared));
        if (!declared)
            return fail(ERR_INVALID_INPUT, "the input has no field '%s' and no type is given for it",
                        last);
        log_line(LOG_WARN, "job", "mapping: the input has no field '%s': '%s' will be NULL", last,
                 out->name);
        out->kind = OUTPUT_NULL;
        out->type = declared;
        return OK;
    }
    if (json_array_size(children) == 0) {
        out->kind = OUTPUT_CAST;
        out->type = wanted ? wanted : actual;
        return OK;
    }
    if (depth == MAPPING_DEPTH_MAX)
        return fail(ERR_INVALID_INPUT, "Children nest deeper than %d levels", MAPPING_DEPTH_MAX);
    if (actual->kind == TYPE_STRUCT) {
        out->kind = OUTPUT_STRUCT;
        return open_items(arena, children, actual->children, actual->child_count, out, depth + 1);
    }
    if (actual->kind == TYPE_ARRAY && actual->children[0].type->kind == TYPE_STRUCT) {
        const struct type *element = actual->children[0].type;
        out->kind = OUTPUT_LIST;
        struct output *elements = add_child(arena, out, "element");
        elements->kind = OUTPUT_STRUCT;
        return open_items(arena, children, element->children, element->child_count, elements, depth + 1);
    }
    return fail(ERR_INVALID_INPUT, "'%s' has Children but is no struct and no array of structs", last);
}

static error open_items(struct arena *arena, const json_t *items, const struct field *fields,
                        int field_count, struct output *parent, int depth)
{
    size_t i;
    json_t *item;
    json_array_foreach(items, i, item) {
        if (json_is_set(item, "Dropped")) continue;
        error e = open_item(arena, item, fields, field_count, parent, depth);
        if (e != OK) return fail_context(e, "Mapping[%zu]", i);
    }
    return OK;
}

/* Types of the structs and lists, once their children are complete. */
static error settle_types(struct arena *arena, struct output *out)
{
    if (out->kind != OUTPUT_STRUCT && out->kind != OUTPUT_LIST) return OK;
    if (out->child_count == 0)
        return fail(ERR_INVALID_INPUT, "%s%s: every field is dropped", out->name ? "field " : "Mapping",
                    out->name ? out->name : "");
    struct field *fields = ARENA_ARRAY(arena, struct field, (size_t)out->child_count);
    for (int i = 0; i < out->child_count; i++) {
        TRY(settle_types(arena, &out->children[i]));
        fields[i] = (struct field){.name = out->children[i].name, .type = out->children[i].type};
    }
    struct type *type = ARENA_NEW(arena, struct type);
    *type = (struct type){.kind = out->kind == OUTPUT_LIST ? TYPE_ARRAY : TYPE_STRUCT,
                          .child_count = out->child_count,
                          .children = fields};
    out->type = type;
    return OK;
}

static error build(struct arena *arena, const json_t *config, const struct schema *in,
                   struct mapping **out)
{
    struct mapping *mapping = ARENA_NEW(arena, struct mapping);
    mapping->root.kind = OUTPUT_STRUCT;
    TRY(open_items(arena, json_object_get(config, "Mapping"), in->fields, in->field_count,
                   &mapping->root, 0));
    TRY(settle_types(arena, &mapping->root));
    *out = mapping;
    return OK;
}

static error open_mapping(struct node *node, struct node_context *context)
{
    const struct schema *in = node->inputs[0]->schema;
    if (!in)
        return fail(ERR_INVALID_INPUT,
                    "its input's schema is only detected from the records; map directly after the source");
    struct mapping *mapping;
    TRY(build(context->arena, node->config, in, &mapping));
    struct schema *schema = ARENA_NEW(context->arena, struct schema);
    *schema = (struct schema){mapping->root.type->child_count, mapping->root.type->children};
    node->schema = schema;
    node->cast_failures = ARENA_ARRAY(context->arena, int64_t, (size_t)schema->field_count);
    node->state = mapping;
    return OK;
}

/* ---- what it reads of a detected schema: FromPath and FromType ---- */

struct wanted {
    const char *name;
    const struct type *leaf;      /* NULL: a struct of `children` */
    bool list;                    /* an array of that struct */
    struct wanted *children;
    int count, capacity;
};

static struct wanted *wanted_child(struct arena *arena, struct wanted *parent, const char *name)
{
    for (int i = 0; i < parent->count; i++)
        if (strcasecmp(parent->children[i].name, name) == 0) return &parent->children[i];
    if (parent->count == parent->capacity) {
        int capacity = parent->capacity ? 2 * parent->capacity : 8;
        struct wanted *larger = ARENA_ARRAY(arena, struct wanted, (size_t)capacity);
        if (parent->count) memcpy(larger, parent->children, (size_t)parent->count * sizeof *larger);
        parent->children = larger;
        parent->capacity = capacity;
    }
    parent->children[parent->count] = (struct wanted){.name = name};
    return &parent->children[parent->count++];
}

static error want_items(struct arena *arena, const json_t *items, struct wanted *parent, int depth)
{
    if (depth > MAPPING_DEPTH_MAX)
        return fail(ERR_INVALID_INPUT, "Children nest deeper than %d levels", MAPPING_DEPTH_MAX);
    size_t i, k;
    json_t *item, *name;
    json_array_foreach(items, i, item) {
        struct wanted *at = parent;
        if (json_is_set(item, "Dropped")) continue;
        json_array_foreach(json_object_get(item, "FromPath"), k, name)
            at = wanted_child(arena, at, json_string_value(name));
        const json_t *children = json_object_get(item, "Children");
        const char *text = json_text(item, "FromType");
        if (!text) text = json_text(item, "ToType");
        if (json_array_size(children)) {
            at->list = text && strncasecmp(text, "array", 5) == 0;
            TRY(want_items(arena, children, at, depth + 1));
        } else if (text) {
            error e = type_parse(arena, span_of(text), &at->leaf);
            if (e != OK) return fail_context(e, "Mapping[%zu].FromType", i);
        } else {
            return fail(ERR_INVALID_INPUT, "Mapping[%zu] needs FromType: the source detects its schema", i);
        }
    }
    return OK;
}

static const struct type *wanted_type(struct arena *arena, const struct wanted *wanted)
{
    if (wanted->leaf) return wanted->leaf;
    struct field *fields = ARENA_ARRAY(arena, struct field, (size_t)wanted->count);
    for (int i = 0; i < wanted->count; i++)
        fields[i] = (struct field){.name = wanted->children[i].name,
                                   .type = wanted_type(arena, &wanted->children[i])};
    struct type *type = ARENA_NEW(arena, struct type);
    *type = (struct type){.kind = TYPE_STRUCT, .child_count = wanted->count, .children = fields};
    if (!wanted->list) return type;
    struct field *element = ARENA_NEW(arena, struct field);
    *element = (struct field){.name = "element", .type = type};
    struct type *list = ARENA_NEW(arena, struct type);
    *list = (struct type){.kind = TYPE_ARRAY, .child_count = 1, .children = element};
    return list;
}

static error wants(const struct node *node, struct arena *arena, const struct schema **out)
{
    struct wanted root = {0};
    TRY(want_items(arena, json_object_get(node->config, "Mapping"), &root, 0));
    const struct type *type = wanted_type(arena, &root);
    struct schema *schema = ARENA_NEW(arena, struct schema);
    *schema = (struct schema){type->child_count, type->children};
    *out = schema;
    return OK;
}

/* ---- which casts its source may make for it ---- */

/* How often the outputs read each of the context's columns, and how often as a timestamp alone. */
static void count_reads(const struct output *parent, int *reads, int *timestamps)
{
    for (int i = 0; i < parent->child_count; i++) {
        const struct output *out = &parent->children[i];
        if (out->kind == OUTPUT_STRUCT && out->path_length == 0) {
            count_reads(out, reads, timestamps);
        } else if (out->kind != OUTPUT_NULL) {
            bool whole = out->kind == OUTPUT_CAST && out->path_length == 1;
            reads[out->path[0]]++;
            timestamps[out->path[0]] += whole && out->type->kind == TYPE_TIMESTAMP;
        }
    }
}

static void casts(const struct node *node, const struct schema *in, bool *columns)
{
    const struct mapping *mapping = node->state;
    int known = node->inputs[0]->schema->field_count;
    int *reads = must_calloc((size_t)known, sizeof *reads);
    int *timestamps = must_calloc((size_t)known, sizeof *timestamps);
    count_reads(&mapping->root, reads, timestamps);
    for (int i = 0; i < in->field_count; i++)
        columns[i] = in->fields[i].type->kind == TYPE_STRING && reads[i] && reads[i] == timestamps[i];
    free(reads);
    free(timestamps);
}

/* ---- running: outputs over a batch ---- */

/* Columns of one context and, per element of it, whether a cast failed there. */
struct evaluation {
    struct arena *arena;
    int64_t failures;
};

static const struct column *follow(const struct column *columns, const struct output *out)
{
    const struct column *column = &columns[out->path[0]];
    for (int i = 1; i < out->path_length; i++) column = &column->children[out->path[i]];
    return column;
}

static void null_column(struct arena *arena, const struct type *type, int64_t length,
                        struct column *out)
{
    static const size_t widths[TYPE_KINDS] = {
        [TYPE_TINYINT] = 1, [TYPE_SMALLINT] = 2, [TYPE_INT] = 4, [TYPE_BIGINT] = 8, [TYPE_FLOAT] = 4,
        [TYPE_DOUBLE] = 8, [TYPE_DECIMAL] = 16, [TYPE_DATE] = 4, [TYPE_TIMESTAMP] = 8};
    *out = (struct column){.type = type, .length = length, .null_count = length};
    out->validity = arena_calloc(arena, (size_t)(length + 7) / 8, 1);
    bool has_offsets = type->kind == TYPE_STRING || type->kind == TYPE_CHAR ||
                       type->kind == TYPE_VARCHAR || type->kind == TYPE_BINARY ||
                       type->kind == TYPE_ARRAY || type->kind == TYPE_MAP;
    if (has_offsets) out->offsets = arena_calloc(arena, (size_t)length + 1, sizeof(int32_t));
    size_t bytes = type->kind == TYPE_BOOLEAN ? (size_t)(length + 7) / 8
                                              : (size_t)length * widths[type->kind];
    out->values = arena_calloc(arena, bytes, 1);
    struct column *children = ARENA_ARRAY(arena, struct column, (size_t)type->child_count);
    for (int i = 0; i < type->child_count; i++)
        null_column(arena, type->children[i].type, type->kind == TYPE_STRUCT ? length : 0, &children[i]);
    out->children = children;
}

static void mark(struct evaluation *run, uint8_t **failed, int64_t length, int64_t at)
{
    if (!*failed) *failed = arena_calloc(run->arena, (size_t)(length + 7) / 8, 1);
    bit_set(*failed, at);
}

/* Makes one output column of `length` values; *failed gets a bit per value, or stays NULL. */
static error evaluate(struct evaluation *run, const struct output *out, const struct column *columns,
                      int64_t length, struct column *made, uint8_t **failed)
{
    if (out->kind == OUTPUT_NULL) {
        null_column(run->arena, out->type, length, made);
        return OK;
    }
    const struct column *source = out->path_length ? follow(columns, out) : NULL;
    if (out->kind == OUTPUT_CAST) {
        const struct column *cast;
        struct cast_report report = {0};
        TRY(column_cast(run->arena, source, out->type, &cast, &report));
        *made = *cast;
        run->failures += report.failures;
        if (report.failures) *failed = report.failed;
        return OK;
    }
    const struct column *inner = source ? source->children : columns;
    int64_t inner_length = length;
    if (out->kind == OUTPUT_LIST) inner_length = source->children[0].length;
    *made = (struct column){.type = out->type, .length = length};
    if (source) {
        made->validity = source->validity;
        made->null_count = source->null_count;
        made->offsets = source->offsets;
    }
    struct column *children = ARENA_ARRAY(run->arena, struct column, (size_t)out->child_count);
    made->children = children;
    for (int i = 0; i < out->child_count; i++) {
        uint8_t *child_failed = NULL;
        if (out->kind == OUTPUT_LIST) {
            /* The element struct itself: its fields are the context of the children. */
            struct output element = out->children[i];
            TRY(evaluate(run, &element, source->children[0].children, inner_length, &children[i],
                         &child_failed));
            children[i].validity = source->children[0].validity;
            children[i].null_count = source->children[0].null_count;
        } else {
            TRY(evaluate(run, &out->children[i], inner, inner_length, &children[i], &child_failed));
        }
        for (int64_t at = 0, row = 0; child_failed && at < inner_length; at++) {
            if (out->kind == OUTPUT_LIST)
                while (source->offsets[row + 1] <= at) row++;
            else row = at;
            if (bit_get(child_failed, at)) mark(run, failed, length, row);
        }
    }
    return OK;
}

/* Strict casts: rows with a failure leave the batch and are reported by record. */
static void quarantine_failed(struct arena *arena, uint8_t *const *failed, struct batch *batch,
                              struct node_output *out)
{
    uint8_t *keep = arena_alloc(arena, (size_t)(batch->rows + 7) / 8);
    memset(keep, 0xff, (size_t)(batch->rows + 7) / 8);
    struct node_fault *faults = ARENA_ARRAY(arena, struct node_fault, (size_t)batch->rows);
    for (int64_t row = 0; row < batch->rows; row++) {
        int column = 0;
        while (column < batch->schema->field_count && !(failed[column] && bit_get(failed[column], row)))
            column++;
        if (column == batch->schema->field_count) continue;
        keep[row >> 3] &= (uint8_t) ~(1u << (row & 7));
        faults[out->fault_count++] = (struct node_fault){
            .record = batch->origin ? batch->origin[row] : (uint32_t)row,
            .column = batch->schema->fields[column].name,
        };
    }
    out->faults = faults;
    if (out->fault_count) out->batch = batch_select(arena, batch, keep);
}

static error apply(const struct node *node, const struct batch *in, struct arena *arena,
                   struct node_output *out)
{
    const struct mapping *mapping = node->state;
    int count = mapping->root.child_count;
    struct column *columns = ARENA_ARRAY(arena, struct column, (size_t)count);
    uint8_t **failed = ARENA_ARRAY(arena, uint8_t *, (size_t)count);
    int64_t *cast_failures = ARENA_ARRAY(arena, int64_t, (size_t)count);
    int64_t failures = 0;
    for (int i = 0; i < count; i++) {
        struct evaluation run = {.arena = arena};
        TRY(evaluate(&run, &mapping->root.children[i], in->columns, in->rows, &columns[i], &failed[i]));
        cast_failures[i] = run.failures;
        failures += run.failures;
    }
    struct batch *batch = ARENA_NEW(arena, struct batch);
    *batch = (struct batch){
        .schema = node->schema, .rows = in->rows, .columns = columns, .origin = in->origin};
    *out = (struct node_output){.batch = batch, .cast_failures = cast_failures};
    if (node->strict_casts && failures) quarantine_failed(arena, failed, batch, out);
    return OK;
}

const struct node_type node_apply_mapping = {
    .name = "ApplyMapping",
    .role = NODE_TRANSFORM,
    .inputs = 1,
    .members = members,
    .open = open_mapping,
    .apply = apply,
    .wants = wants,
    .casts = casts,
};
