/* In: records (one JSON document each) and a schema. Out: a batch with one row per good record, in
 * order, and a fault per other record. Who reads what: json_scan.c the bytes, json_walk.c a record
 * along the schema, json_value.c one value for one column. */
#include "decode/json_walk.h"

#include <stdlib.h>

/* Text may triple when an object is copied into a string column; offsets are 31 bits. */
#define RUN_BYTES_MAX ((size_t)512 << 20)

struct decoder {
    struct decode_options options;
    const struct schema *schema;
    struct arena arena; /* the schema's copy */
    struct walk_node root;
    struct batch_builder builder;
    struct walk walk;
    struct buffer faults; /* struct decode_fault */
    struct buffer origin; /* the record (uint32_t) of each row; room for all */
    int64_t *bad_values;
};

error decoder_open(struct decoder **out, const struct schema *schema,
                   const struct decode_options *options)
{
    if (schema->field_count > TYPE_FIELDS_MAX)
        return fail(ERR_LIMIT, "schema of %d fields, limit %d", schema->field_count,
                    TYPE_FIELDS_MAX);
    struct decoder *d = must_calloc(1, sizeof *d);
    d->options = *options;
    d->schema = schema_copy(&d->arena, schema);
    d->bad_values = must_calloc((size_t)schema->field_count, sizeof *d->bad_values);
    d->walk.policy = options->policy;
    d->walk.strict = options->strict;
    walk_init(&d->walk);
    d->walk.in_order = direct_find(options->walk);
    CHECK(d->walk.in_order);
    walk_node_open(&d->root,
                   &(struct type){.kind = TYPE_STRUCT,
                                  .child_count = d->schema->field_count,
                                  .children = d->schema->fields},
                   options->policy);
    for (int i = 0; options->from_text && i < schema->field_count; i++)
        if (options->from_text[i]) walk_node_from_text(&d->root.children[i]);
    batch_begin(&d->builder, d->schema);
    *out = d;
    return OK;
}

void decoder_close(struct decoder *d)
{
    if (!d) return;
    walk_node_close(&d->root);
    batch_builder_release(&d->builder);
    walk_release(&d->walk);
    buffer_release(&d->faults);
    buffer_release(&d->origin);
    free(d->bad_values);
    arena_release(&d->arena);
    free(d);
}

const int64_t *decoder_bad_values(const struct decoder *d)
{
    return d->bad_values;
}

/* Not an object: is it a document at all? */
static bool refuse_document(struct json_scanner *s, const char *p)
{
    enum json_token token;
    do token = json_scan_next(s);
    while (token != JSON_TOKEN_ERROR && token != JSON_TOKEN_END);
    if (token == JSON_TOKEN_END) scan_fail(s, DECODE_NOT_OBJECT, p);
    return false;
}

/* One row, or false with the scanner's reason. */
static inline bool decode_row(struct decoder *d, span record, bool indexed)
{
    struct walk *w = &d->walk;
    struct json_scanner *s = &w->scanner;
    walk_begin(w, record, indexed);
    const char *p = scan_blanks(s->at, s->end);
    char c = p < s->end ? *p : '\0';
    if (c == '{') p = walk_fields(w, &d->root, d->builder.columns, p);
    else if (c == '[' && d->options.policy == DECODE_OPENX)
        p = walk_positions(w, &d->root, d->builder.columns, p);
    else return refuse_document(s, p);
    return p && scan_document_end(s, p);
}

static inline bool decode_record(struct decoder *d, span record)
{
    struct walk *w = &d->walk;
    record = walk_padded(w, record);
    struct json_scanner *s = &w->scanner;
    if (d->options.record_bytes_max && record.size > d->options.record_bytes_max) {
        walk_begin(w, record, false);
        return scan_fail(s, DECODE_TOO_LARGE, s->start + d->options.record_bytes_max) != NULL;
    }
    if (d->options.policy == DECODE_OPENX) {
        walk_begin(w, record, false);
        if (!index_keys_differ(w)) return false;
    }
    if (decode_row(d, record, false)) return true;
    /* Which of several equal keys counts is known only at the object's end. */
    if (s->reason != DECODE_DUPLICATE_KEY && s->reason != DECODE_BAD_VALUE) return false;
    batch_rewind(&d->builder);
    return decode_row(d, record, true);
}

static void take_row(struct decoder *d, size_t record)
{
    const struct buffer *bad = &d->walk.bad;
    for (size_t i = 0; i < bad->size; i += sizeof(int32_t))
        d->bad_values[get_le32(bad->data + i)]++;
    ((uint32_t *)(void *)d->origin.data)[d->builder.rows] = (uint32_t)record;
    batch_row_done(&d->builder);
}

static void take_fault(struct decoder *d, size_t record)
{
    const struct json_scanner *s = &d->walk.scanner;
    struct decode_fault fault = {.record = (uint32_t)record,
                                 .reason = s->reason,
                                 .offset = (uint32_t)(s->at - s->start),
                                 .column = s->reason == DECODE_BAD_VALUE ? d->walk.column : -1};
    buffer_append(&d->faults, &fault, sizeof fault);
    batch_rewind(&d->builder);
}

static const struct batch *finish(struct decoder *d, struct arena *arena, bool all)
{
    const struct batch *batch = batch_finish(&d->builder, arena);
    if (all) return batch;
    struct batch *partial = arena_copy(arena, batch, sizeof *batch);
    partial->origin = arena_copy(arena, d->origin.data, (size_t)batch->rows * sizeof(uint32_t));
    return partial;
}

error decoder_run(struct decoder *d, const span *records, size_t count, struct arena *arena,
                  struct decoded *out)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        if (__builtin_add_overflow(bytes, records[i].size, &bytes)) bytes = SIZE_MAX;
    if (bytes > RUN_BYTES_MAX || count > RUN_BYTES_MAX)
        return fail(ERR_LIMIT, "%zu records of %zu bytes to decode at once, limit %zu bytes", count,
                    bytes, RUN_BYTES_MAX);
    batch_reset(&d->builder);
    buffer_reset(&d->faults);
    buffer_reserve(&d->origin, (count + 1) * sizeof(uint32_t));
    for (size_t i = 0; i < count; i++)
        if (decode_record(d, records[i])) take_row(d, i);
        else take_fault(d, i);
    *out = (struct decoded){.batch = finish(d, arena, d->faults.size == 0),
                            .faults = (const struct decode_fault *)(void *)d->faults.data,
                            .fault_count = d->faults.size / sizeof(struct decode_fault),
                            .bad_values = d->bad_values};
    return OK;
}
