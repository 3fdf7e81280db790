/* The main path of a job: one function per batch, read top to bottom (run_batch, then complete).
 *
 * Whatever fails before the plan is durable is forgotten: staged bytes are removed, the reader goes
 * back to the checkpoint. Whatever fails after it is finished by complete(), by this process or the
 * next one; complete() is idempotent. */
#include "job/compact_log.h"

enum {
    SLICE_RECORDS = 16384,
    SLICE_BYTES = 4 << 20,
    WAIT_US = 200 * 1000,
    EAGER_BATCH_US = 1000 * 1000, /* a window of 0 commits at least this often */
    REPLAYS_MAX = 3,              /* of one batch in one attempt to finish it */
};

struct job {
    const struct job_options *options;
    struct arena arena;              /* the job's life */
    json_t *document;
    struct graph graph;
    struct stream *stream;
    struct checkpoint checkpoint;
    struct reader reader;
    bool reader_open;
    struct pipeline pipeline;
    bool pipeline_open;
    bool checkpoint_stale;           /* a failure left open what is durable: read it again */
    bool tables_ensured;
    bool idle;                       /* the last window found nothing */
    bool recovered;                  /* the last step finished a batch of an earlier one */
    int failures;                    /* in a row */
};

static bool stopping(const struct job *job)
{
    return job->options->stop && atomic_load(job->options->stop);
}

/* ---- opening ---- */

static const char *checkpoint_url(struct job *job)
{
    if (job->options->checkpoint) return job->options->checkpoint;
    for (int i = 0; i < job->graph.count; i++)
        if (job->graph.nodes[i].type->role == NODE_TARGET)
            return arena_printf(&job->arena, "s3://%s/cp/%s", job->graph.nodes[i].target.bucket,
                                job_safe_name(&job->arena, job->options->name));
    return NULL;
}

/* LATEST becomes a place, or a time of the service's, so that a crash before the first commit loses
 * nothing, whatever this machine's clock does. */
static error first_position(struct stream *stream, const char *shard, struct position *position)
{
    struct stream_cursor *cursor;
    if (position->type == POSITION_TRIM_HORIZON) return OK;
    TRY(stream->ops->open_cursor(stream, shard, *position, &cursor));
    *position = stream->ops->position(cursor);
    stream->ops->close_cursor(cursor);
    return OK;
}

static error first_positions(void *context, json_t **out)
{
    struct job *job = context;
    struct shard *shards;
    size_t count;
    TRY(stream_shards(job->stream, &job->arena, &shards, &count));
    json_t *positions = json_object();
    error e = OK;
    for (size_t i = 0; e == OK && i < count; i++) {
        struct position position = job->graph.source->source.starting;
        e = first_position(job->stream, shards[i].id, &position);
        bool gone = e == ERR_RESOURCE_NOT_FOUND; /* expired since it was listed */
        if (gone) e = OK;
        else if (e == OK) json_object_set_new(positions, shards[i].id, position_document(position));
    }
    if (e == OK) *out = positions;
    else json_decref(positions);
    return e;
}

static error open_checkpoint(struct job *job)
{
    struct checkpoint_start start = {
        .job = job->options->name,
        .stream = job->stream->name,
        .stream_created_us = job->stream->created_us,
        .first_positions = first_positions,
        .context = job,
    };
    return checkpoint_open(&job->arena, job->options->objects, checkpoint_url(job), &start,
                           &job->checkpoint);
}

/* Staged bytes of dead runs of this job, except what the pending plan still needs. */
static error sweep_orphans(struct job *job)
{
    struct staged_file *files = NULL;
    size_t count = 0;
    if (job->checkpoint.pending)
        TRY(plan_files(&job->arena, job->checkpoint.pending, &files, &count));
    const char **keep = ARENA_ARRAY(&job->arena, const char *, count);
    for (size_t i = 0; i < count; i++) keep[i] = files[i].file.token;
    const char *stem = arena_printf(&job->arena, "%s-%s-", job_safe_name(&job->arena, job->options->name),
                                    job->checkpoint.id);
    struct object_store *objects = job->options->objects;
    for (int i = 0; i < job->graph.count; i++) {
        const struct node *node = &job->graph.nodes[i];
        if (node->type->role != NODE_TARGET) continue;
        TRY(objects->ops->upload_sweep(objects, node->target.bucket, stem, now_us(), keep,
                                       count));
    }
    return OK;
}

static error open_reader(struct job *job)
{
    TRY(reader_open(&job->reader, job->stream, &job->checkpoint, job->options->skip_lost));
    job->reader_open = true;
    return OK;
}

static error job_open(struct job *job, const json_t *document)
{
    const struct job_options *o = job->options;
    job->document = json_deep_copy(document);
    TRY(o->program ? graph_read_source(&job->arena, job->document, &job->graph)
                   : graph_read(&job->arena, job->document, &job->graph));
    struct node_context context = {
        .arena = &job->arena,
        .catalog = o->catalog,
        .strict_casts = o->strict_casts,
        .timestamps = o->timestamps,
    };
    TRY(graph_open(&job->graph, &context));
    if (o->window_us >= 0) job->graph.source->source.window_us = o->window_us;
    TRY(o->open_stream(o->context, &job->graph.source->source, &job->stream));
    TRY(open_checkpoint(job));
    TRY(sweep_orphans(job));
    TRY(pipeline_open(&job->pipeline, o, &job->graph, &job->reader, job->checkpoint.id));
    job->pipeline_open = true;
    return pipeline_ensure_tables(&job->pipeline);
}

static void job_close(struct job *job)
{
    if (job->pipeline_open) pipeline_close(&job->pipeline);
    if (job->reader_open) reader_close(&job->reader);
    checkpoint_close(&job->checkpoint);
    if (job->stream) job->stream->ops->close(job->stream);
    json_decref(job->document);
    arena_release(&job->arena);
}

/* ---- reading ---- */

static const struct read_limits slice_limits = {.records = SLICE_RECORDS, .bytes = SLICE_BYTES};

/* A slice that is read while the one before it is decoded and written. */
struct slice_ahead {
    struct reader *reader;
    struct shard_reader *shard; /* NULL: no other shard has records now */
    struct records records;
    struct pool_job job;
    error failed;
    char failure[512];          /* the task's error text */
};

static void read_task(void *context, int task, int worker)
{
    struct slice_ahead *s = context;
    (void)task, (void)worker;
    s->failed = reader_next(s->reader, slice_limits, &s->shard, &s->records);
    if (s->failed) snprintf(s->failure, sizeof s->failure, "%s", error_text());
}

static bool window_ended(struct job *job, int64_t end)
{
    bool may_wait = job->graph.source->source.window_us == 0 && job->pipeline.counts.read == 0;
    return stopping(job) || (end <= monotonic_us() && !may_wait) || program_is_full(&job->pipeline);
}

static error slice_make(struct job *job, struct shard_reader *shard, const struct records *records)
{
    TRY(pipeline_decode(&job->pipeline, shard->id, records));
    reader_release(&job->reader, shard);
    return pipeline_write(&job->pipeline);
}

/* Rows of this slice, and beside it the next slice, when there is to be one. */
static error make_and_read(struct job *job, struct slice_ahead *slice, bool more)
{
    struct shard_reader *shard = slice->shard;
    struct records records = slice->records;
    slice->shard = NULL;
    slice->job = (struct pool_job){.run = read_task, .context = slice, .count = more};
    pool_start(job->pipeline.pool, &slice->job);
    error e = slice_make(job, shard, &records);
    pool_wait(job->pipeline.pool, &slice->job);
    TRY(e);
    return slice->failed ? fail(slice->failed, "%s", slice->failure) : OK;
}

/* Reads, decodes, applies and stages until the window ends. Windows begin at multiples of their
 * size since the epoch, as Spark's processing-time triggers do; the first one is cut short. */
static error read_window(struct job *job, int64_t wall_us)
{
    int64_t window = job->graph.source->source.window_us;
    int64_t end = monotonic_us() + (window ? window - (wall_us - floor_div(wall_us, window) * window)
                                           : EAGER_BATCH_US);
    struct slice_ahead slice = {.reader = &job->reader};
    while (slice.shard || !window_ended(job, end)) {
        if (!slice.shard)
            TRY(reader_next(&job->reader, slice_limits, &slice.shard, &slice.records));
        if (slice.shard) {
            TRY(make_and_read(job, &slice, !window_ended(job, end)));
            continue;
        }
        if (job->options->drain && reader_drained(&job->reader)) break;
        if (window == 0 && job->pipeline.counts.read) break;
        int64_t left = window ? end - monotonic_us() : WAIT_US;
        if (left > 0) job->stream->ops->wait(job->stream, left < WAIT_US ? left : WAIT_US);
    }
    return OK;
}

/* ---- after the plan ---- */

/* Reads the planned ranges again and stages the files anew, as of the wall time. */
static error read_again(struct job *job, const json_t *plan, int64_t wall_us)
{
    if (job->reader_open) reader_close(&job->reader);
    job->reader_open = false;
    TRY(open_reader(job));
    TRY(reader_restrict(&job->reader, json_object_get(plan, "ranges")));
    job->pipeline.previous = job->checkpoint.previous;
    TRY(pipeline_begin(&job->pipeline, job->checkpoint.next, job->checkpoint.replays + 1, wall_us));
    while (!reader_drained(&job->reader)) {
        struct shard_reader *shard;
        struct records records;
        TRY(reader_next(&job->reader, slice_limits, &shard, &records));
        if (shard) TRY(slice_make(job, shard, &records));
        else if (!reader_drained(&job->reader)) job->stream->ops->wait(job->stream, WAIT_US);
    }
    int64_t planned = json_integer_or(json_object_get(plan, "counts"), "read", 0);
    if (job->pipeline.counts.read != planned)
        return fail(ERR_DATA_LOSS, "batch %lld was planned with %lld records, the stream now gives %lld",
                    (long long)job->checkpoint.next, (long long)planned,
                    (long long)job->pipeline.counts.read);
    return OK;
}

/* The batch anew, under a plan that takes the place of the pending one. That plan fences: of two
 * runs that make a batch again, one goes on. */
static error replay(struct job *job, const char *why, int64_t wall_us)
{
    struct staged_file *files;
    size_t count;
    log_line(LOG_WARN, "job", "batch %lld: %s, reading its ranges again", (long long)job->checkpoint.next,
             why);
    TRY(read_again(job, job->checkpoint.pending, wall_us));
    TRY(pipeline_finish(&job->pipeline, &files, &count));
    json_t *plan = plan_again(&job->pipeline, job->checkpoint.pending, files, count);
    error e = checkpoint_replan(&job->checkpoint, plan);
    if (e != OK) {
        json_decref(plan);
        return e;
    }
    json_decref(job->checkpoint.pending);
    job->checkpoint.pending = plan;
    return OK;
}

/* Files of plans that were replaced go before the new ones come, so that a reader may miss rows for a
 * moment but never sees one twice. Staged bytes first: a late run can then no longer publish them. */
static error remove_superseded(struct job *job, struct arena *arena)
{
    struct object_store *objects = job->options->objects;
    struct staged_file *old;
    size_t count;
    TRY(plan_superseded(arena, job->checkpoint.pending, &old, &count));
    for (size_t i = 0; i < count; i++) {
        error e = table_discard(objects, &old[i].file);
        if (e != OK && e != ERR_NO_SUCH_UPLOAD) return e;
        TRY(objects->ops->remove(objects, old[i].file.bucket, old[i].file.key));
    }
    return OK;
}

/* Makes the pending plan's files visible, or those of a replay: when their bytes are gone, as of the
 * same time; when their hour was compacted meanwhile, as of now. */
static error publish(struct job *job, struct arena *arena, struct staged_file **files, size_t *count)
{
    for (int replays = 0;; replays++) {
        const struct data_file *closed;
        TRY(remove_superseded(job, arena));
        TRY(plan_files(arena, job->checkpoint.pending, files, count));
        TRY(compact_claim(arena, job->options->objects, job->options->name, *files, *count, &closed));
        error e = closed ? fail(ERR_CONFLICT, "batch %lld has files for an hour that was compacted: is this "
                                              "machine's clock slow?", (long long)job->checkpoint.next)
                         : OK;
        for (size_t i = 0; e == OK && i < *count; i++)
            e = table_publish(job->options->objects, &(*files)[i].file);
        if ((e != ERR_NO_SUCH_UPLOAD && !closed) || replays == REPLAYS_MAX) return e;
        TRY(checkpoint_still_pending(&job->checkpoint));
        int64_t wall_us = closed ? now_us() : json_integer_or(job->checkpoint.pending, "wall_us", 0);
        TRY(replay(job, closed ? "its hour was compacted" : "staged files are gone", wall_us));
    }
}

static void fill_report(struct job *job, const json_t *plan, const struct staged_file *files,
                        size_t count, struct batch_report *report)
{
    const json_t *counts = json_object_get(plan, "counts");
    report->job = job->options->name;
    report->batch = json_integer_or(plan, "batch", 0);
    report->wall_us = json_integer_or(plan, "wall_us", 0);
    report->read = json_integer_or(counts, "read", 0);
    report->written = json_integer_or(counts, "written", 0);
    report->quarantined = json_integer_or(counts, "quarantined", 0);
    report->filtered = json_integer_or(counts, "filtered", 0);
    report->nulled_columns = json_object_get(plan, "nulled");
    const char *column;
    json_t *nulled;
    json_object_foreach((json_t *)report->nulled_columns, column, nulled)
        report->nulled += json_integer_value(nulled);
    report->files = (int)count;
    for (size_t i = 0; i < count; i++) report->bytes += files[i].file.bytes;
}

static json_t *record_document(const struct batch_report *r)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:O, s:i, s:I, s:b}", "batch", (json_int_t)r->batch,
                     "read", (json_int_t)r->read, "written", (json_int_t)r->written, "quarantined",
                     (json_int_t)r->quarantined, "filtered", (json_int_t)r->filtered, "nulled",
                     r->nulled_columns, "files", r->files, "committed_us", (json_int_t)now_us(),
                     "recovered", r->recovered);
}

/* Registers what was published and commits the plan. */
static error commit(struct job *job, const json_t *plan, const struct staged_file *files, size_t count,
                    bool recovered, int64_t end_us)
{
    struct batch_report report = {.recovered = recovered};
    if (recovered) TRY(plan_schemas(&job->pipeline, plan));
    if (!job->tables_ensured || !job->graph.source->source.schema)
        TRY(pipeline_ensure_tables(&job->pipeline));
    job->tables_ensured = true;
    TRY(pipeline_register(&job->pipeline, files, count, &report.partitions_added));
    TRY(program_register(&job->pipeline, plan, files, count, &report.partitions_added));
    fill_report(job, plan, files, count, &report);
    json_t *record = record_document(&report);
    error e = checkpoint_commit(&job->checkpoint, plan, record);
    json_decref(record);
    if (e != OK) return e;
    report.lag_ms = job->reader_open ? reader_lag_ms(&job->reader) : 0;
    report.commit_us = monotonic_us() - end_us;
    if (job->options->on_batch) job->options->on_batch(job->options->context, &report);
    return OK;
}

static error complete(struct job *job, bool recovered, int64_t end_us)
{
    struct arena arena = {0};
    struct staged_file *files;
    size_t count;
    error e = publish(job, &arena, &files, &count);
    json_t *plan = json_incref(job->checkpoint.pending); /* the commit lets go of it */
    if (e == OK) e = commit(job, plan, files, count, recovered, end_us);
    json_decref(plan);
    arena_release(&arena);
    return e;
}

/* ---- one batch ---- */

static error make_plan(struct job *job, json_t **plan)
{
    struct staged_file *files;
    size_t count;
    const struct pipeline_counts *c = &job->pipeline.counts;
    TRY(pipeline_finish(&job->pipeline, &files, &count));
    if (job->pipeline.target_count) CHECK(c->read == c->written + c->quarantined + c->filtered);
    *plan = plan_document(&job->pipeline, &job->reader, files, count);
    return OK;
}

static error run_batch(struct job *job)
{
    int64_t wall_us = now_us(); /* frozen: a replay writes to the same hour */
    reader_begin(&job->reader);
    job->pipeline.previous = job->checkpoint.previous;
    TRY(pipeline_begin(&job->pipeline, job->checkpoint.next, 0, wall_us));
    TRY(read_window(job, wall_us));
    int64_t end_us = monotonic_us();
    /* The end of a shard counts, without records too: it is what tells later that all was read. */
    job->idle = job->pipeline.counts.read == 0 && !reader_moved(&job->reader);
    if (job->idle) {
        pipeline_abandon(&job->pipeline);
        return OK;
    }
    json_t *plan;
    TRY(make_plan(job, &plan));
    error e = checkpoint_plan(&job->checkpoint, plan);
    if (e == OK) job->checkpoint.pending = json_incref(plan);
    json_decref(plan);
    if (e != OK) return e;
    return complete(job, false, end_us);
}

static error reload_checkpoint(struct job *job)
{
    checkpoint_close(&job->checkpoint);
    TRY(open_checkpoint(job));
    job->pipeline.checkpoint_id = job->checkpoint.id;
    job->checkpoint_stale = false;
    return sweep_orphans(job);
}

/* Continues where the checkpoint stands. */
static error step(struct job *job)
{
    if (job->checkpoint_stale) TRY(reload_checkpoint(job));
    job->recovered = job->checkpoint.pending != NULL;
    if (job->recovered) return complete(job, true, monotonic_us());
    if (!job->reader_open) TRY(open_reader(job));
    return run_batch(job);
}

/* After a failure: as if the process had died here, without dying. */
static void start_over(struct job *job)
{
    pipeline_abandon(&job->pipeline);
    if (job->reader_open) reader_close(&job->reader);
    job->reader_open = false;
    job->checkpoint_stale = true;
}

static bool worth_retrying(const struct job *job, error e)
{
    return error_row(e)->retry == RETRY_BACKOFF && job->failures <= job->options->retries &&
           !stopping(job);
}

static error run_steps(struct job *job)
{
    static const int64_t pauses_us[] = {1000000, 2000000, 5000000}; /* as Glue's forEachBatch */
    while (!stopping(job)) {
        error e = step(job);
        if (e == OK) {
            job->failures = 0;
            /* A reader that a replay restricted is of no further use. */
            if (job->recovered || job->reader.restricted) start_over(job);
            else if (job->options->drain && job->idle && reader_drained(&job->reader)) return OK;
            continue;
        }
        job->failures++;
        if (!worth_retrying(job, e)) return e;
        int pause = job->failures < 3 ? job->failures - 1 : 2;
        log_line(LOG_WARN, "job", "batch %lld failed, trying again: %s",
                 (long long)job->checkpoint.next, error_text());
        start_over(job);
        world->sleep_us(pauses_us[pause]);
    }
    return OK;
}

error job_run(const json_t *document, const struct job_options *options)
{
    struct job job = {.options = options};
    error e = job_open(&job, document);
    if (e == OK) e = run_steps(&job);
    job_close(&job);
    return e;
}
