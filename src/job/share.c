/* In: a slice of records. Out: per share of it the decoded batch and what each transform made of it,
 * in the share's arena until the next slice. */
#include "job/internal.h"

#include <stdlib.h>

enum { RECORD_MAX_DEFAULT = 10 << 20 };

error shares_open(struct pipeline *p, const struct schema *schema)
{
    size_t max = p->options->record_bytes_max ? p->options->record_bytes_max : RECORD_MAX_DEFAULT;
    struct decode_options options = {
        .policy = p->graph->source->source.policy,
        .strict = p->options->strict_casts,
        .record_bytes_max = max,
    };
    shares_release(p);
    p->shares = must_calloc(SHARES_MAX, sizeof *p->shares);
    for (int i = 0; i < SHARES_MAX; i++)
        TRY(decoder_open(&p->shares[i].decoder, schema, &options));
    p->decoded_schema = schema;
    return OK;
}

void shares_release(struct pipeline *p)
{
    for (int i = 0; p->shares && i < SHARES_MAX; i++) {
        if (p->shares[i].decoder) decoder_close(p->shares[i].decoder);
        arena_release(&p->shares[i].arena);
    }
    free(p->shares);
    p->shares = NULL;
    p->share_count = 0;
    p->decoded_schema = NULL;
}

int64_t shares_bad_values(const struct pipeline *p, int column)
{
    int64_t sum = 0;
    for (int i = 0; p->shares && i < SHARES_MAX; i++)
        if (p->shares[i].decoded.bad_values) sum += p->shares[i].decoded.bad_values[column];
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

static error share_run(const struct pipeline *p, struct share *share)
{
    const struct graph *graph = p->graph;
    arena_reset(&share->arena);
    share->rejected = NULL;
    share->outputs = ARENA_ARRAY(&share->arena, struct node_output, (size_t)graph->count);
    TRY(decoder_run(share->decoder, share->records.data, share->records.count, &share->arena,
                    &share->decoded));
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
