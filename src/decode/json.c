/* In: records (one JSON document each) and a schema. Out: a batch with one row per good record, in
 * order, and a fault per other record. Who reads what: json_scan.c the bytes, json_walk.c a record
 * along the schema, json_value.c one value for one column. */
#include "decode/json_template.h"

#include <stdlib.h>

/* Text may triple when an object is copied into a string column; offsets are 31 bits. */
#define RUN_BYTES_MAX ((size_t)512 << 20)

enum { BLOCK_LEAST = 8, ALONE_MAX = 255 };

struct decoder {
    struct decode_options options;
    const struct schema *schema;
    struct arena arena; /* the schema's copy */
    struct walk_node root;
    struct batch_builder builder;
    struct walk walk;
    walk_block_fn *block_walk; /* NULL: records are walked one by one */
    struct block *block;   /* NULL too */
    size_t block_most; /* records: fewer after values that were not plain */
    size_t alone, patience; /* records to walk one by one before the next block */
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
    const struct direct_walk *form = direct_find(options->walk);
    CHECK(form);
    d->walk.in_order = form->in_order;
    d->block_walk = form->block;
    d->block_most = BLOCK_LEAST;
    if (d->block_walk) d->block = block_open(options->record_bytes_max);
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
    block_close(d->block);
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

/* ---- records alike ---- */

static void structs_and_missing(struct decoder *d, size_t rows)
{
    const struct template *t = &d->block->template;
    struct builder **structs = (struct builder **)(void *)t->structs.data;
    struct builder **missing = (struct builder **)(void *)t->missing.data;
    for (size_t i = 0; i < t->structs.size / sizeof *structs; i++)
        structs[i]->length += (int64_t)rows;
    for (size_t i = 0; i < t->missing.size / sizeof *missing; i++)
        for (size_t r = 0; r < rows; r++) builder_null(missing[i]);
}

/* NULLs of rows that are not taken are not counted: their records are walked again. */
static void take_block(struct decoder *d, size_t first, size_t rows)
{
    const struct buffer *bad = &d->walk.bad;
    const uint32_t *bad_rows = (const uint32_t *)(const void *)d->block->bad_rows.data;
    uint32_t *origin = (uint32_t *)(void *)d->origin.data + d->builder.rows;
    for (size_t i = 0; i < bad->size / sizeof(int32_t); i++)
        d->bad_values[get_le32(bad->data + i * sizeof(int32_t))] += bad_rows[i] < rows;
    for (size_t i = 0; i < rows; i++) origin[i] = (uint32_t)(first + i);
    structs_and_missing(d, rows);
    d->builder.rows += (int64_t)rows;
}

/* How many records from `first` on became rows, all at once. Blocks are shorter after one that was
 * not taken whole, whose columns were parsed for nothing behind the last row. */
static size_t decode_block(struct decoder *d, const span *records, size_t first, size_t count)
{
    struct block *b = d->block;
    size_t n = count - first < d->block_most ? count - first : d->block_most;
    if (!b->template.count || !(n = block_fill(b, records + first, n))) return 0;
    buffer_reset(&b->bad_rows);
    walk_begin(&d->walk, records[first], false);
    size_t rows = d->block_walk(b, &d->walk, n);
    take_block(d, first, rows);
    if (rows < n) batch_rewind(&d->builder);
    d->block_most = rows == n ? 2 * n : rows;
    if (d->block_most < BLOCK_LEAST) d->block_most = BLOCK_LEAST;
    if (d->block_most > BLOCK_RECORDS) d->block_most = BLOCK_RECORDS;
    return rows;
}

/* As many records as are alike, and one more by itself; how many. The longer no record is like
 * another, the rarer it is tried. */
static size_t decode_some(struct decoder *d, const span *records, size_t first, size_t count)
{
    bool together = d->block_walk && d->alone == 0;
    size_t rows = together ? decode_block(d, records, first, count) : 0, at = first + rows;
    if (d->alone) d->alone--;
    if (rows) d->patience = 0;
    if (at == count) return rows;
    bool taken = decode_record(d, records[at]);
    if (taken) take_row(d, at);
    else take_fault(d, at);
    if (taken && together && rows == 0) {
        block_learn(d->block, &d->root, d->builder.columns, records[at]);
        d->alone = d->patience;
        d->patience = d->patience < ALONE_MAX ? 2 * d->patience + 1 : ALONE_MAX;
    }
    return rows + 1;
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
    for (size_t i = 0; i < count;) i += decode_some(d, records, i, count);
    *out = (struct decoded){.batch = finish(d, arena, d->faults.size == 0),
                            .faults = (const struct decode_fault *)(void *)d->faults.data,
                            .fault_count = d->faults.size / sizeof(struct decode_fault),
                            .bad_values = d->bad_values};
    return OK;
}
