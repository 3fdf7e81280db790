/* Slices of records -> staged files, for one batch: decode, apply the graph, write; what cannot be
 * processed goes to the quarantine table. Memory is the slice's arena, the decoder's builders and
 * the writers' open row groups, which share the job's budget. */
#include "job/internal.h"

#include <stdio.h>
#include <stdlib.h>

enum { MEMORY_DEFAULT = 64 << 20 };

/* ---- quarantine: why, where from, and the bytes themselves ---- */
enum {
    Q_JOB, Q_BATCH, Q_SHARD, Q_SEQUENCE, Q_SUB_SEQUENCE, Q_PARTITION_KEY, Q_ARRIVAL, Q_REASON, Q_COLUMN,
    Q_OFFSET, Q_DATA, Q_COLUMNS
};

static const struct schema *quarantine_schema(struct arena *arena)
{
    static const struct { const char *name; enum type_kind kind; } columns[Q_COLUMNS] = {
        [Q_JOB] = {"job", TYPE_STRING},
        [Q_BATCH] = {"batch", TYPE_BIGINT},
        [Q_SHARD] = {"shard", TYPE_STRING},
        [Q_SEQUENCE] = {"sequence_number", TYPE_STRING},
        [Q_SUB_SEQUENCE] = {"sub_sequence_number", TYPE_INT},
        [Q_PARTITION_KEY] = {"partition_key", TYPE_STRING},
        [Q_ARRIVAL] = {"arrival_time", TYPE_TIMESTAMP},
        [Q_REASON] = {"reason", TYPE_STRING},
        [Q_COLUMN] = {"column_name", TYPE_STRING},
        [Q_OFFSET] = {"byte_offset", TYPE_INT},
        [Q_DATA] = {"data", TYPE_BINARY},
    };
    struct field *fields = ARENA_ARRAY(arena, struct field, Q_COLUMNS);
    for (int i = 0; i < Q_COLUMNS; i++)
        fields[i] = (struct field){.name = columns[i].name, .type = type_of(columns[i].kind)};
    struct schema *schema = ARENA_NEW(arena, struct schema);
    *schema = (struct schema){Q_COLUMNS, fields};
    return schema;
}

struct quarantine_reason {
    uint32_t record;
    const char *reason, *column; /* column NULL: none */
    int64_t offset;              /* -1: none */
};

static void quarantine_add(struct pipeline *p, const char *shard, const struct records *records,
                           const struct quarantine_reason *why)
{
    struct builder *c = p->quarantine_rows.columns;
    char sequence[SEQUENCE_TEXT_MAX];
    sequence_print(sequence, records->sequence[why->record]);
    builder_bytes(&c[Q_JOB], span_of(p->options->name));
    builder_int(&c[Q_BATCH], p->batch);
    builder_bytes(&c[Q_SHARD], span_of(shard));
    builder_bytes(&c[Q_SEQUENCE], span_of(sequence));
    builder_int(&c[Q_SUB_SEQUENCE], records->sub[why->record]);
    builder_bytes(&c[Q_PARTITION_KEY], records->partition_key[why->record]);
    builder_int(&c[Q_ARRIVAL], records->arrival_us[why->record]);
    builder_bytes(&c[Q_REASON], span_of(why->reason));
    if (why->column) builder_bytes(&c[Q_COLUMN], span_of(why->column));
    else builder_null(&c[Q_COLUMN]);
    if (why->offset >= 0) builder_int(&c[Q_OFFSET], why->offset);
    else builder_null(&c[Q_OFFSET]);
    builder_bytes(&c[Q_DATA], records->data[why->record]);
    batch_row_done(&p->quarantine_rows);
    p->counts.quarantined++;
}

/* ---- opening ---- */

const char *job_safe_name(struct arena *arena, const char *name)
{
    char *safe = arena_text(arena, span_of(name));
    for (char *c = safe; *c; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
                     *c == '-' || *c == '_' || (*c == '.' && c != safe);
        if (!plain) *c = '-';
    }
    if (safe[0] == '_') safe[0] = '-'; /* hidden from Athena otherwise */
    return safe;
}

/* The quarantine lies beside the first target, never below its location, and is registered with
 * it as TABLE_quarantine. A program has no first target: beside its checkpoint, and the table of its
 * source. */
static error quarantine_neighbour(struct pipeline *p, struct target *out)
{
    const struct node *source = p->graph->source;
    const char *key;
    if (!p->options->program) {
        *out = *p->targets[0].target;
        return OK;
    }
    *out = (struct target){.database = json_text(source->config, "Database"),
                           .table = json_text(source->config, "Table")};
    out->registers = out->table != NULL;
    return object_url_parse(&p->arena, p->options->checkpoint, &out->bucket, &key);
}

static void open_quarantine(struct pipeline *p, const struct target *first)
{
    enum { INGEST_HOUR = 4 };
    p->quarantine_target = (struct target){
        .bucket = first->bucket,
        .prefix = arena_printf(&p->arena, "quarantine/%s", job_safe_name(&p->arena, p->options->name)),
        .parquet = {.codec = PARQUET_SNAPPY, .timestamps = p->options->timestamps},
        .codec = "snappy",
        .ingest_keys = INGEST_HOUR,
        .registers = first->registers,
        .update_schema = true,
        .database = first->database,
        .table = first->table ? arena_printf(&p->arena, "%s_quarantine", first->table) : NULL,
    };
    const struct schema *schema = quarantine_schema(&p->arena);
    p->targets[p->target_count] = (struct target_run){
        .id = "quarantine", .target = &p->quarantine_target, .schema = schema};
    batch_begin(&p->quarantine_rows, schema);
}

error pipeline_open(struct pipeline *p, const struct job_options *options, struct graph *graph,
                    struct reader *reader, const char *checkpoint_id)
{
    *p = (struct pipeline){
        .options = options, .graph = graph, .reader = reader, .checkpoint_id = checkpoint_id};
    TRY(pool_open(&p->pool, options->threads ? options->threads : 1));
    p->targets = must_calloc((size_t)graph->count + 1, sizeof *p->targets);
    for (int i = 0; i < graph->count; i++) {
        struct node *node = &graph->nodes[i];
        if (node->type->role != NODE_TARGET) continue;
        p->targets[p->target_count++] = (struct target_run){
            .id = node->id, .node = node, .target = &node->target, .schema = node->schema};
    }
    p->nulled = json_object();
    struct target neighbour;
    TRY(quarantine_neighbour(p, &neighbour));
    open_quarantine(p, &neighbour);
    return OK;
}

void pipeline_close(struct pipeline *p)
{
    pipeline_abandon(p);
    program_release(p);
    shares_release(p);
    pool_close(p->pool);
    batch_builder_release(&p->quarantine_rows);
    arena_release(&p->decoder_arena);
    arena_release(&p->slice);
    arena_release(&p->batch_arena);
    arena_release(&p->arena);
    json_decref(p->nulled);
    free(p->bad_values_seen);
    free(p->targets);
    *p = (struct pipeline){0};
}

size_t pipeline_memory(const struct pipeline *p)
{
    return p->options->memory_bytes ? p->options->memory_bytes : MEMORY_DEFAULT;
}

struct footer_source { struct pipeline *pipeline; const int64_t *rows; };

/* What every footer names: job, checkpoint, batch, target and the ranges it may hold rows of. */
static void footer_pairs(void *context, struct arena *arena, struct parquet_key_value **pairs,
                         size_t *count)
{
    const struct footer_source *source = context;
    struct pipeline *p = source->pipeline;
    struct buffer ranges = {0};
    json_t *document = reader_ranges(p->reader);
    json_print(&ranges, document);
    json_decref(document);
    struct parquet_key_value *out = ARENA_ARRAY(arena, struct parquet_key_value, 6);
    out[0] = (struct parquet_key_value){SPAN("sluice.job"), arena_span(arena, span_of(p->options->name))};
    out[1] = (struct parquet_key_value){SPAN("sluice.checkpoint"),
                                        arena_span(arena, span_of(p->checkpoint_id))};
    out[2] = (struct parquet_key_value){SPAN("sluice.batch"),
                                        span_of(arena_printf(arena, "%lld", (long long)p->batch))};
    out[3] = (struct parquet_key_value){SPAN("sluice.wall_time"), span_of(date_iso8601(arena, p->wall_us))};
    out[4] = (struct parquet_key_value){SPAN("sluice.ranges"), arena_span(arena, buffer_span(&ranges))};
    /* So far; of the last file: of the batch, "rows" of its table. A program has 0 targets, for its
     * rows are no records. */
    out[5] = (struct parquet_key_value){
        SPAN("sluice.counts"),
        span_of(arena_printf(arena, "{\"read\":%lld,\"quarantined\":%lld,\"filtered\":%lld,\"targets\":%d,"
                             "\"rows\":%lld,\"previous\":%lld}",
                             (long long)p->counts.read, (long long)p->counts.quarantined,
                             (long long)p->counts.filtered, p->target_count, (long long)*source->rows,
                             (long long)p->previous))};
    buffer_release(&ranges);
    *pairs = out;
    *count = 6;
}

/* The leading ingest_* folders of a target, from the batch's wall time. */
static struct partition_value *ingest_partition(struct pipeline *p, int keys)
{
    const char *values[INGEST_KEYS_MAX];
    ingest_key_values(&p->batch_arena, p->wall_us, values);
    struct partition_value *fixed = ARENA_ARRAY(&p->batch_arena, struct partition_value, (size_t)keys);
    for (int i = 0; i < keys; i++)
        fixed[i] = (struct partition_value){ingest_key_names[i], values[i]};
    return fixed;
}

/* Bytes of an object's name behind the job's: checkpoint, batch, replay, target, part, codec. */
enum { NAME_REST_MAX = 128 };

/* Objects of a batch carry the checkpoint's id and, when the batch is made again, which time it is:
 * a name is never used for other bytes. */
static const char *object_stem(struct pipeline *p, const char *suffix)
{
    if (p->replay) suffix = arena_printf(&p->batch_arena, "-r%lld%s", (long long)p->replay, suffix);
    return arena_printf(&p->batch_arena, "%s-%s-%012lld%s",
                        job_safe_name(&p->batch_arena, p->options->name), p->checkpoint_id,
                        (long long)p->batch, suffix);
}

void pipeline_layout(struct pipeline *p, const struct target *target, struct table_share share,
                     struct table_layout *out)
{
    struct footer_source *source = ARENA_NEW(&p->batch_arena, struct footer_source);
    *source = (struct footer_source){p, share.rows};
    *out = (struct table_layout){
        .bucket = target->bucket,
        .prefix = target->prefix,
        .fixed = ingest_partition(p, target->ingest_keys),
        .fixed_count = target->ingest_keys,
        .partition_columns = target->partition_columns,
        .partition_column_count = target->partition_column_count,
        .stem = object_stem(p, share.suffix),
        .name_room = strlen(p->options->name) + NAME_REST_MAX,
        .parquet = target->parquet,
        .memory_bytes = share.memory_bytes,
        .footer = footer_pairs,
        .footer_context = source,
    };
    out->parquet.delta = p->options->parquet_delta;
    out->parquet.pool = p->pool;
    out->file_bytes = p->options->file_bytes;
    out->files_max = p->options->files_max;
}

error pipeline_writer(struct pipeline *p, const struct target *target, struct table_share share,
                      struct table_writer **out)
{
    struct table_layout layout;
    pipeline_layout(p, target, share, &layout);
    return table_writer_open(p->options->objects, &layout, out);
}

static error open_writer(struct pipeline *p, int index)
{
    struct target_run *run = &p->targets[index];
    bool quarantine = index == p->target_count;
    struct table_share share = {"-q", pipeline_memory(p) / 8, &run->rows};
    if (!quarantine) {
        share.suffix = "";
        share.memory_bytes = pipeline_memory(p) / 2 / (size_t)p->target_count;
        if (p->target_count > 1) share.suffix = arena_printf(&p->batch_arena, "-t%d", index);
    }
    run->rows = 0;
    return pipeline_writer(p, run->target, share, &run->writer);
}

static void add_nulled(struct pipeline *p, const char *name, int64_t count)
{
    if (count)
        json_object_set_new(p->nulled, name,
                            json_integer(json_integer_or(p->nulled, name, 0) + count));
}

void pipeline_collect_nulled(struct pipeline *p)
{
    for (int i = 0; p->decoded_schema && i < p->decoded_schema->field_count; i++) {
        int64_t bad = shares_bad_values(p, i);
        add_nulled(p, p->decoded_schema->fields[i].name, bad - p->bad_values_seen[i]);
        p->bad_values_seen[i] = bad;
    }
    for (int n = 0; n < p->graph->count; n++) {
        struct node *node = &p->graph->nodes[n];
        for (int i = 0; node->cast_failures && i < node->schema->field_count; i++) {
            char name[512];
            snprintf(name, sizeof name, "%s.%s", node->id, node->schema->fields[i].name);
            add_nulled(p, name, node->cast_failures[i]);
            node->cast_failures[i] = 0;
        }
    }
}

error pipeline_begin(struct pipeline *p, int64_t batch, int64_t replay, int64_t wall_us)
{
    arena_reset(&p->batch_arena);
    p->batch = batch;
    p->replay = replay;
    p->wall_us = wall_us;
    p->counts = (struct pipeline_counts){0};
    pipeline_collect_nulled(p);
    json_object_clear(p->nulled);
    if (p->options->program) TRY(program_begin(p));
    for (int i = 0; i <= p->target_count; i++) TRY(open_writer(p, i));
    return OK;
}

/* ---- one slice ---- */

static error open_decoders(struct pipeline *p, const struct schema *schema)
{
    pipeline_collect_nulled(p);
    free(p->bad_values_seen);
    p->bad_values_seen = must_calloc((size_t)schema->field_count, sizeof *p->bad_values_seen);
    return shares_open(p, schema);
}

void pipeline_forget_schema(struct pipeline *p)
{
    pipeline_collect_nulled(p);
    shares_release(p);
    arena_reset(&p->decoder_arena);
}

/* The source's schema, or for a detected one the widest seen so far. */
static error prepare_decoder(struct pipeline *p, const struct records *records)
{
    const struct schema *schema = p->graph->source->source.schema;
    if (!schema) {
        const struct schema *wider;
        TRY(decode_infer(&p->slice, p->decoded_schema, records->data, records->count, &wider));
        if (p->decoded_schema && schema_equal(p->decoded_schema, wider)) return OK;
        schema = schema_copy(&p->decoder_arena, wider);
    } else if (p->decoded_schema) {
        return OK;
    }
    return open_decoders(p, schema);
}

static void take_faults(struct pipeline *p, const char *shard, const struct share *share)
{
    for (size_t i = 0; i < share->decoded.fault_count; i++) {
        const struct decode_fault *fault = &share->decoded.faults[i];
        const char *column =
            fault->column >= 0 ? p->decoded_schema->fields[fault->column].name : NULL;
        quarantine_add(p, shard, &share->records,
                       &(struct quarantine_reason){fault->record, decode_reason_text(fault->reason),
                                                   column, fault->offset});
    }
}

/* A record that one branch of the graph cannot take is in no table, and once in quarantine. */
static void reject(struct pipeline *p, const char *shard, struct share *share,
                   const struct quarantine_reason *why)
{
    if (!share->rejected)
        share->rejected = arena_calloc(&share->arena, (share->records.count + 7) / 8, 1);
    if (bit_get(share->rejected, why->record)) return;
    bit_set(share->rejected, why->record);
    quarantine_add(p, shard, &share->records, why);
}

/* What the transforms left out, and why. */
static void take_outputs(struct pipeline *p, const char *shard, struct share *share)
{
    for (int i = 0; i < p->graph->count; i++) {
        struct node *node = &p->graph->nodes[i];
        const struct node_output *out = &share->outputs[i];
        p->counts.filtered += out->filtered;
        for (int k = 0; out->cast_failures && k < node->schema->field_count; k++)
            node->cast_failures[k] += out->cast_failures[k];
        for (size_t f = 0; f < out->fault_count; f++)
            reject(p, shard, share,
                   &(struct quarantine_reason){out->faults[f].record,
                                               decode_reason_text(DECODE_BAD_VALUE),
                                               out->faults[f].column, -1});
    }
}

static const struct batch *target_batch(const struct pipeline *p, int target,
                                        const struct share *share)
{
    const struct node *input = p->targets[target].node->inputs[0];
    return share->outputs[input - p->graph->nodes].batch;
}

static uint32_t record_of(const struct batch *batch, int64_t row)
{
    return batch->origin ? batch->origin[row] : (uint32_t)row;
}

/* Records whose partition values no object's key can hold. */
static void take_long_keys(struct pipeline *p, const char *shard, struct share *share)
{
    for (int i = 0; i < p->target_count; i++) {
        struct table_long_row *rows;
        const struct batch *batch = target_batch(p, i, share);
        size_t count = table_long_rows(p->targets[i].writer, batch, &share->arena, &rows);
        for (size_t k = 0; k < count; k++)
            reject(p, shard, share,
                   &(struct quarantine_reason){record_of(batch, rows[k].row),
                                               "partition values too long for an object's key",
                                               rows[k].column, -1});
    }
}

static const struct batch *without_rejected(struct share *share, const struct batch *batch)
{
    if (!share->rejected) return batch;
    uint8_t *keep = arena_calloc(&share->arena, (size_t)(batch->rows + 7) / 8, 1);
    for (int64_t row = 0; row < batch->rows; row++)
        if (!bit_get(share->rejected, record_of(batch, row))) bit_set(keep, row);
    return batch_select(&share->arena, batch, keep);
}

static error write_rows(struct pipeline *p, struct target_run *run,
                        const struct batch *const *batches, size_t count)
{
    int64_t rows = 0;
    for (size_t i = 0; i < count; i++) rows += batches[i]->rows;
    if (rows == 0) return OK;
    if (!run->schema || !schema_equal(run->schema, batches[0]->schema)) /* detected */
        run->schema = schema_copy(&p->decoder_arena, batches[0]->schema);
    run->rows += rows;
    return table_write_all(run->writer, batches, count);
}

error pipeline_write(struct pipeline *p)
{
    const struct batch *batches[SHARES_MAX];
    for (int i = 0; i < p->target_count; i++) {
        for (int k = 0; k < p->share_count; k++)
            batches[k] = without_rejected(&p->shares[k], target_batch(p, i, &p->shares[k]));
        TRY(write_rows(p, &p->targets[i], batches, (size_t)p->share_count));
    }
    batches[0] = batch_finish(&p->quarantine_rows, &p->slice);
    return write_rows(p, &p->targets[p->target_count], batches, 1);
}

static error slice_decode(struct pipeline *p, const char *shard, const struct records *records)
{
    TRY(prepare_decoder(p, records));
    TRY(shares_run(p, records));
    for (int i = 0; i < p->share_count; i++) {
        struct share *share = &p->shares[i];
        take_faults(p, shard, share);
        if (p->options->program)
            program_take(p, share->outputs[p->graph->source - p->graph->nodes].batch);
        take_outputs(p, shard, share);
        take_long_keys(p, shard, share);
    }
    return OK;
}

error pipeline_decode(struct pipeline *p, const char *shard, const struct records *records)
{
    const struct job_program *program = p->options->program;
    arena_reset(&p->slice);
    batch_reset(&p->quarantine_rows);
    if (program && program->raw) program_take(p, program_raw(p, records));
    else TRY(slice_decode(p, shard, records));
    p->counts.read += (int64_t)records->count;
    return OK;
}

/* ---- the batch's end ---- */

error pipeline_files(struct pipeline *p, const char *target, struct table_writer *writer,
                struct buffer *all)
{
    struct data_file *files;
    size_t count;
    TRY(table_writer_finish(writer, &p->batch_arena, &files, &count));
    for (size_t i = 0; i < count; i++)
        buffer_append(all, &(struct staged_file){target, files[i]}, sizeof(struct staged_file));
    return OK;
}

error pipeline_finish(struct pipeline *p, struct staged_file **out, size_t *count)
{
    struct buffer all = {0};
    error e = p->options->program ? program_run(p) : OK;
    if (!p->options->program) p->counts.written = p->targets[0].rows;
    for (int i = 0; e == OK && i <= p->target_count; i++) {
        struct table_writer *writer = p->targets[i].writer;
        p->targets[i].writer = NULL; /* finish frees it, whatever happens */
        e = pipeline_files(p, p->targets[i].id, writer, &all);
    }
    if (e == OK && p->options->program) e = program_finish(p, &all);
    *count = all.size / sizeof **out;
    *out = arena_copy(&p->batch_arena, all.data, all.size);
    buffer_release(&all);
    return e;
}

void pipeline_abandon(struct pipeline *p)
{
    program_abandon(p);
    for (int i = 0; p->targets && i <= p->target_count; i++) {
        table_writer_abandon(p->targets[i].writer);
        p->targets[i].writer = NULL;
    }
}

/* ---- catalog ---- */

void pipeline_table_target(struct arena *arena, const struct target *target,
                           const struct schema *schema, struct table_target *out)
{
    int keys = target->ingest_keys + target->partition_column_count;
    struct field *key_fields = ARENA_ARRAY(arena, struct field, (size_t)keys);
    struct field *data_fields = ARENA_ARRAY(arena, struct field, (size_t)schema->field_count);
    int data_count = 0;
    for (int i = 0; i < target->ingest_keys; i++)
        key_fields[i] = (struct field){.name = ingest_key_names[i], .type = type_of(TYPE_INT)};
    for (int i = 0; i < schema->field_count; i++) {
        int key = -1;
        for (int k = 0; k < target->partition_column_count; k++)
            if (schema_find(schema, span_of(target->partition_columns[k])) == i) key = k;
        if (key >= 0) key_fields[target->ingest_keys + key] = schema->fields[i];
        else data_fields[data_count++] = schema->fields[i];
    }
    struct schema *data = ARENA_NEW(arena, struct schema);
    *data = (struct schema){data_count, data_fields};
    *out = (struct table_target){
        .database = target->database,
        .table = target->table,
        .location = arena_printf(arena, "s3://%s/%s%s", target->bucket, target->prefix,
                                 target->prefix[0] ? "/" : ""),
        .schema = data,
        .partition_keys = {keys, key_fields},
        .update_schema = target->update_schema,
        .codec = target->codec,
    };
}

error pipeline_ensure_tables(struct pipeline *p)
{
    struct arena arena = {0};
    error e = OK;
    for (int i = 0; e == OK && i <= p->target_count; i++) {
        struct target_run *run = &p->targets[i];
        if (!run->target->registers || !run->schema) continue;
        struct table_target target;
        pipeline_table_target(&arena, run->target, run->schema, &target);
        e = table_ensure(p->options->catalog, &target);
    }
    arena_release(&arena);
    return e;
}

error pipeline_register(struct pipeline *p, const struct staged_file *files, size_t count, int *added)
{
    struct arena arena = {0};
    error e = OK;
    *added = 0;
    for (int i = 0; e == OK && i <= p->target_count; i++) {
        struct target_run *run = &p->targets[i];
        if (!run->target->registers || !run->schema) continue;
        struct data_file *own = ARENA_ARRAY(&arena, struct data_file, count);
        size_t own_count = 0;
        for (size_t k = 0; k < count; k++)
            if (strcmp(files[k].target, run->id) == 0) own[own_count++] = files[k].file;
        struct table_target target;
        pipeline_table_target(&arena, run->target, run->schema, &target);
        int one = 0;
        e = table_register(p->options->catalog, &target, own, own_count, &one);
        *added += one;
    }
    arena_release(&arena);
    return e;
}
