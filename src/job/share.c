/* In: a slice of records. Out: per share of it the decoded batch and what each transform made of it,
 * in the share's arena until the next slice. */
#include "job/internal.h"

#include <stdlib.h>

enum { RECORD_MAX_DEFAULT = 10 << 20 };

/* The columns that the first transform does nothing with but cast; the schema with them cast, or NULL:
 * there are none. */
static const struct schema *early_schema(struct pipeline *p, const struct schema *schema)
{
    const struct node *source = p->graph->source;
    const struct node *first = source->consumer_count == 1 ? source->consumers[0] : NULL;
    struct schema *early = NULL;
    if (schema != source->source.schema || !first || !first->type->casts) return NULL;
    first->type->casts(first, schema, p->early);
    for (int i = 0; i < schema->field_count; i++) {
        if (!p->early[i]) continue;
        if (!early) early = (struct schema *)schema_copy(&p->decoder_arena, schema);
        ((struct field *)early->fields)[i].type = type_of(TYPE_TIMESTAMP);
    }
    return early;
}

error shares_open(struct pipeline *p, const struct schema *schema)
{
    size_t max = p->options->record_bytes_max ? p->options->record_bytes_max : RECORD_MAX_DEFAULT;
    shares_release(p);
    p->decoding = (struct decode_options){
        .policy = p->graph->source->source.policy,
        .strict = p->options->strict_casts,
        .record_bytes_max = max,
    };
    p->shares = must_calloc(SHARES_MAX, sizeof *p->shares);
    p->early = must_calloc((size_t)schema->field_count, sizeof *p->early);
    const struct schema *early = early_schema(p, schema);
    struct decode_options early_options = p->decoding;
    early_options.from_text = p->early;
    for (int i = 0; i < SHARES_MAX; i++) {
        struct share *share = &p->shares[i];
        share->bad_values = must_calloc((size_t)schema->field_count, sizeof *share->bad_values);
        if (early) TRY(decoder_open(&share->early, early, &early_options));
    }
    p->decoded_schema = schema;
    return OK;
}

void shares_release(struct pipeline *p)
{
    for (int i = 0; p->shares && i < SHARES_MAX; i++) {
        decoder_close(p->shares[i].decoder);
        decoder_close(p->shares[i].early);
        free(p->shares[i].bad_values);
        arena_release(&p->shares[i].arena);
    }
    free(p->shares);
    free(p->early);
    p->shares = NULL;
    p->early = NULL;
    p->share_count = 0;
    p->decoded_schema = NULL;
}

int64_t shares_bad_values(const struct pipeline *p, int column)
{
    int64_t sum = 0;
    for (int i = 0; p->shares && i < SHARES_MAX; i++) sum += p->shares[i].bad_values[column];
    return sum;
}

/* ---- one share ---- */

/* Adds __src_timestamp, the records' arrival times. */
static const struct batch *with_record_timestamp(struct share *share)
{
    struct arena *a = &share->arena;
    const struct batch *batch = share->decoded.batch;
    int count = batch->schema->field_count;
    int64_t *values = ARENA_ARRAY(a, int64_t, (size_t)batch->rows);
    for (int64_t i = 0; i < batch->rows; i++)
        values[i] = share->records.arrival_us[batch->origin ? batch->origin[i] : (uint32_t)i];
    struct field *fields = ARENA_ARRAY(a, struct field, (size_t)count + 1);
    struct column *columns = ARENA_ARRAY(a, struct column, (size_t)count + 1);
    memcpy(fields, batch->schema->fields, (size_t)count * sizeof *fields);
    memcpy(columns, batch->columns, (size_t)count * sizeof *columns);
    fields[count] = (struct field){.name = "__src_timestamp", .type = type_of(TYPE_TIMESTAMP)};
    columns[count] = (struct column){
        .type = fields[count].type, .length = batch->rows, .values = values};
    struct schema *schema = ARENA_NEW(a, struct schema);
    *schema = (struct schema){count + 1, fields};
    struct batch *wider = ARENA_NEW(a, struct batch);
    *wider = *batch;
    wider->schema = schema;
    wider->columns = columns;
    return wider;
}

/* Whether a column that is cast early had a value which is no such text: what becomes of it is the
 * declared type's and the transform's to say. */
static bool cast_too_early(const struct pipeline *p, const struct decoded *decoded,
                           const int64_t *bad_before)
{
    for (int i = 0; i < p->decoded_schema->field_count; i++)
        if (p->early[i] && decoded->bad_values[i] != bad_before[i]) return true;
    for (size_t i = 0; i < decoded->fault_count; i++)
        if (decoded->faults[i].column >= 0 && p->early[decoded->faults[i].column]) return true;
    return false;
}

static error decode_by(const struct pipeline *p, struct share *share, struct decoder *decoder,
                       bool *too_early)
{
    size_t columns = (size_t)p->decoded_schema->field_count;
    int64_t *before = ARENA_ARRAY(&share->arena, int64_t, columns);
    memcpy(before, decoder_bad_values(decoder), columns * sizeof *before);
    TRY(decoder_run(decoder, share->records.data, share->records.count, &share->arena,
                    &share->decoded));
    *too_early = decoder == share->early && cast_too_early(p, &share->decoded, before);
    for (size_t i = 0; i < columns && !*too_early; i++)
        share->bad_values[i] += share->decoded.bad_values[i] - before[i];
    return OK;
}

/* Where a value cannot be cast early, more of its kind are likely: the next slices are not tried. */
static error share_decode(const struct pipeline *p, struct share *share)
{
    enum { LATE_SLICES = 16 };
    bool again = true;
    if (share->early && share->late == 0) {
        TRY(decode_by(p, share, share->early, &again));
        if (again) share->late = LATE_SLICES;
    } else if (share->late) {
        share->late--;
    }
    if (!again) return OK;
    if (!share->decoder) TRY(decoder_open(&share->decoder, p->decoded_schema, &p->decoding));
    return decode_by(p, share, share->decoder, &again);
}

static error share_run(const struct pipeline *p, struct share *share)
{
    const struct graph *graph = p->graph;
    arena_reset(&share->arena);
    share->rejected = NULL;
    share->outputs = ARENA_ARRAY(&share->arena, struct node_output, (size_t)graph->count);
    TRY(share_decode(p, share));
    share->outputs[graph->source - graph->nodes].batch =
        graph->source->source.record_timestamp ? with_record_timestamp(share) : share->decoded.batch;
    for (int i = 0; i < graph->count; i++) {
        const struct node *node = &graph->nodes[i];
        if (node->type->role != NODE_TRANSFORM) continue;
        const struct batch *in = share->outputs[node->inputs[0] - graph->nodes].batch;
        TRY(node->type->apply(node, in, &share->arena, &share->outputs[i]));
    }
    return OK;
}

static void share_task(void *context, int task, int worker)
{
    const struct pipeline *p = context;
    struct share *share = &p->shares[task];
    (void)worker;
    share->failed = share_run(p, share);
    if (share->failed) share->failure = arena_text(&share->arena, span_of(error_text()));
}

/* ---- the slice ---- */

/* Records [from, from + count). */
static struct records records_part(const struct records *all, size_t from, size_t count)
{
    struct records part = *all;
    part.count = count;
    part.sequence += from;
    part.sub += from;
    part.arrival_us += from;
    part.partition_key += from;
    part.data += from;
    return part;
}

error shares_run(struct pipeline *p, const struct records *records)
{
    size_t each = (records->count + SHARES_MAX - 1) / SHARES_MAX;
    if (each < SHARE_RECORDS) each = SHARE_RECORDS;
    p->share_count = 0;
    for (size_t from = 0; from < records->count; from += each) {
        size_t left = records->count - from;
        p->shares[p->share_count++].records = records_part(records, from, left < each ? left : each);
    }
    pool_run(p->pool, &(struct pool_job){
                          .run = share_task, .context = p, .count = p->share_count});
    for (int i = 0; i < p->share_count; i++)
        if (p->shares[i].failed) return fail(p->shares[i].failed, "%s", p->shares[i].failure);
    return OK;
}
