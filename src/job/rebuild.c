/* A lost checkpoint, made again from the footers of the files in the bucket.
 *
 * The footers say what the checkpoint said: which ranges of the stream each batch holds. Where the
 * audit finds the ranges whole, and the last batch has as many rows as its counts say, the position
 * behind them is known. A batch without any file behind the last one is read again: it wrote nothing.
 *
 *   fence    plan/LAST+1, created only if absent: no run starts, one under way plans nothing any more
 *   write    metadata, plan/LAST, commit/LAST
 *   remove the fence    the next run continues behind batch LAST
 *
 * A crash leaves the fence; the same command removes what it wrote below it and starts over. */
#include "job/audit.h"

struct rebuild {
    const struct rebuild_options *options;
    struct arena arena;
    struct graph graph;
    const struct node *target;
    struct stream *stream;
    struct ledger place;             /* bucket and prefix alone */
    const char *fence;               /* key of the one that a dead rebuilding left, or NULL */
    const char *location;            /* of the table */
    struct audit audit;
    const struct audit_group *group; /* the newest of the job */
    const struct audit_batch *last;
    json_t *problems, *starting, *positions;
};

static void refuse(struct rebuild *r, const char *kind, const char *text)
{
    json_array_append_new(r->problems, json_pack("{s:s, s:s}", "kind", kind, "text", text));
}

/* ---- what is given ---- */

static error open_job(struct rebuild *r)
{
    const struct rebuild_options *o = r->options;
    struct node_context context = {.arena = &r->arena, .catalog = o->catalog};
    TRY(graph_read(&r->arena, o->document, &r->graph));
    TRY(graph_open(&r->graph, &context));
    for (int i = 0; i < r->graph.count; i++) {
        if (r->graph.nodes[i].type->role != NODE_TARGET) continue;
        if (r->target)
            return fail(ERR_INVALID_INPUT, "job '%s' has several targets: the footers of one do not prove "
                                           "what a batch wrote to the others", o->name);
        r->target = &r->graph.nodes[i];
    }
    if (!r->target || !r->target->target.registers)
        return fail(ERR_INVALID_INPUT, "job '%s' writes no table of the catalog", o->name);
    const struct target *t = &r->target->target;
    r->location = arena_printf(&r->arena, "s3://%s/%s%s", t->bucket, t->prefix, t->prefix[0] ? "/" : "");
    return o->open_stream(o->context, &r->graph.source->source, &r->stream);
}

/* ---- the place ---- */

struct place_search {
    struct rebuild *rebuild;
    const char *other;               /* some object at the place */
};

static error take_place(void *context, const struct object_info *object)
{
    struct place_search *s = context;
    struct rebuild *r = s->rebuild;
    const char *plans = arena_printf(&r->arena, "%s/plan/", r->place.prefix);
    s->other = object->key;
    if (strncmp(object->key, plans, strlen(plans)) != 0) return OK;
    json_t *plan;
    TRY(ledger_read(r->options->objects, r->place.bucket, object->key, &plan));
    if (json_is_integer(json_object_get(plan, "rebuild_to"))) r->fence = object->key;
    json_decref(plan);
    return OK;
}

static error remove_object(void *context, const struct object_info *object)
{
    struct rebuild *r = context;
    if (strcmp(object->key, r->fence) == 0) return OK;
    return r->options->objects->ops->remove(r->options->objects, r->place.bucket, object->key);
}

/* Empty, or left by a rebuilding that died: then all but its fence goes. */
static error take_over_place(struct rebuild *r)
{
    const char *prefix;
    const char *url = r->options->checkpoint;
    if (!url)
        url = arena_printf(&r->arena, "s3://%s/cp/%s", r->target->target.bucket,
                           job_safe_name(&r->arena, r->options->name));
    TRY(object_url_parse(&r->arena, url, &r->place.bucket, &prefix));
    size_t length = strlen(prefix);
    while (length && prefix[length - 1] == '/') length--;
    if (length == 0) return fail(ERR_INVALID_INPUT, "checkpoint '%s' needs a prefix in its bucket", url);
    r->place.prefix = arena_text(&r->arena, (span){prefix, length});
    const char *folder = arena_printf(&r->arena, "%s/", r->place.prefix);
    struct place_search search = {.rebuild = r};
    TRY(ledger_list(r->options->objects, r->place.bucket, folder, &r->arena, take_place, &search));
    if (!search.other) return OK;
    if (!r->fence)
        return fail(ERR_PRECONDITION, "there is a checkpoint at s3://%s/%s (%s): nothing is rebuilt over it",
                    r->place.bucket, r->place.prefix, search.other);
    log_line(LOG_INFO, "job", "starting over behind a rebuilding that was interrupted");
    return ledger_list(r->options->objects, r->place.bucket, folder, &r->arena, remove_object, r);
}

/* ---- is it all there? ---- */

static error audit_table(struct rebuild *r)
{
    json_t *report, *entry;
    const struct target *t = &r->target->target;
    struct audit_options audit = {.catalog = r->options->catalog, .objects = r->options->objects,
                                  .database = t->database, .table = t->table, .job = r->options->name};
    TRY(job_audit(&audit, &report));
    json_array_extend(r->problems, json_object_get(report, "problems"));
    error e = OK;
    size_t i;
    json_array_foreach(json_object_get(report, "jobs"), i, entry) {
        const char *url = json_text(entry, "checkpoint_url");
        if (e == OK && url) e = fail(ERR_PRECONDITION, "there is a checkpoint of this job at %s", url);
    }
    json_decref(report);
    return e;
}

static error find_newest(struct rebuild *r)
{
    r->audit.objects = r->options->objects;
    TRY(audit_read_files(&r->audit, r->location, false));
    TRY(audit_read_files(&r->audit, arena_printf(&r->arena, "s3://%s/quarantine/%s/", r->audit.bucket,
                                                 job_safe_name(&r->arena, r->options->name)), true));
    audit_group_files(&r->audit);
    for (size_t i = 0; i < r->audit.group_count; i++) {
        const struct audit_group *g = &r->audit.groups[i];
        if (strcmp(g->job, r->options->name) != 0) continue;
        const struct audit_batch *last = &g->batches[g->batch_count - 1];
        if (r->last && r->last->wall_us > last->wall_us) continue;
        r->group = g;
        r->last = last;
    }
    return r->last ? OK : fail(ERR_NOT_FOUND, "no file at %s is of job '%s'", r->location,
                               r->options->name);
}

/* Every batch must have the rows of its ranges: of the last one a part may never have been published,
 * and of one whose last file is gone the others know a part of its ranges alone. */
static void check_counts(struct rebuild *r)
{
    for (size_t i = 0; i < r->group->batch_count; i++) {
        const struct audit_batch *b = &r->group->batches[i];
        int64_t rows = 0, records = 0, read = json_integer_or(b->counts, "read", -1);
        const char *shard;
        json_t *range;
        for (size_t k = 0; k < b->file_count; k++) rows += b->files[k]->rows;
        json_object_foreach(b->ranges, shard, range) records += json_integer_or(range, "records", 0);
        int64_t filtered = json_integer_or(b->counts, "filtered", 0);
        if (json_integer_or(b->counts, "targets", 0) == 1 && read == records && read == rows + filtered)
            continue;
        const char *text =
            read < 0 ? arena_printf(&r->arena, "the files of batch %lld do not say what it read",
                                    (long long)b->number)
                     : arena_printf(&r->arena,
                                    "batch %lld read %lld records and filtered %lld: its files hold %lld "
                                    "rows, its ranges %lld records", (long long)b->number,
                                    (long long)read, (long long)filtered, (long long)rows,
                                    (long long)records);
        refuse(r, "wrong count", text);
    }
}

/* ---- positions ---- */

/* Behind the newest range of each shard; and where the job began: a first range that does not begin
 * at its shard's beginning tells. */
static void collect_positions(struct rebuild *r)
{
    for (size_t i = 0; i < r->group->batch_count; i++) {
        const char *shard;
        json_t *range;
        json_object_foreach(r->group->batches[i].ranges, shard, range) {
            json_t *after = json_object_get(range, "after");
            const char *type = json_text(after, "type");
            if (!r->starting && type && strcmp(type, "AT_TIMESTAMP") == 0) r->starting = json_incref(after);
            json_object_set(r->positions, shard, json_object_get(range, "through"));
        }
    }
}

/* Shards of which nothing was read yet begin where the job began. */
static error add_unread(struct rebuild *r)
{
    struct shard *shards;
    size_t count, unread = 0;
    struct position starting = r->graph.source->source.starting;
    TRY(stream_shards(r->stream, &r->arena, &shards, &count));
    for (size_t i = 0; i < count; i++) unread += !json_object_get(r->positions, shards[i].id);
    if (!r->starting) {
        if (unread && starting.type == POSITION_LATEST)
            return fail(ERR_INVALID_INPUT, "no footer says when job '%s' began, and %zu shards were never "
                        "read: where to begin in them is not known", r->options->name, unread);
        if (unread) r->starting = position_document(starting);
    }
    for (size_t i = 0; i < count; i++)
        if (!json_object_get(r->positions, shards[i].id))
            json_object_set(r->positions, shards[i].id, r->starting);
    return OK;
}

/* ---- documents ---- */

static json_t *partition_value(span escaped)
{
    struct buffer text = {0};
    bool good = percent_decode(&text, escaped, false) == OK;
    json_t *value = span_equal(escaped, SPAN(HIVE_NULL)) ? json_null()
                                                        : json_from_span(good ? buffer_span(&text) : escaped);
    buffer_release(&text);
    return value;
}

/* The folders KEY=VALUE between the table's location and the file. */
static json_t *partition_of(const struct rebuild *r, const struct audit_file *f)
{
    json_t *pairs = json_array();
    const char *at = f->quarantined ? f->key : f->key + strlen(r->audit.prefix);
    for (const char *slash; at < f->base && (slash = strchr(at, '/')) != NULL; at = slash + 1) {
        const char *equals = memchr(at, '=', (size_t)(slash - at));
        if (!equals) continue;
        json_array_append_new(pairs, json_pack("[o, o]", json_from_span((span){at, (size_t)(equals - at)}),
                                               partition_value((span){equals + 1,
                                                                      (size_t)(slash - equals) - 1})));
    }
    return pairs;
}

static json_t *last_plan(struct rebuild *r)
{
    const struct audit_batch *b = r->last;
    json_t *files = json_array(), *ranges = json_array(), *range;
    int64_t written = 0, quarantined = 0;
    const char *shard;
    for (size_t i = 0; i < b->file_count; i++) {
        const struct audit_file *f = b->files[i];
        *(f->quarantined ? &quarantined : &written) += f->rows;
        json_array_append_new(files, json_pack(
            "{s:s, s:s, s:s, s:s, s:I, s:I, s:o}", "target", f->quarantined ? "quarantine" : r->target->id,
            "bucket", f->bucket, "key", f->key, "token", "", "rows", (json_int_t)f->rows, "bytes",
            (json_int_t)f->size, "partition", partition_of(r, f)));
    }
    json_object_foreach(b->ranges, shard, range) json_array_append(ranges, range);
    return json_pack("{s:i, s:s, s:s, s:I, s:I, s:o, s:O, s:{s:I, s:I, s:I, s:I}, s:{}, s:o}", "version", 1,
                     "job", r->group->job, "checkpoint", r->group->checkpoint, "batch",
                     (json_int_t)b->number, "wall_us", (json_int_t)b->wall_us, "ranges", ranges,
                     "positions", r->positions, "counts", "read",
                     (json_int_t)json_integer_or(b->counts, "read", 0), "written", (json_int_t)written,
                     "quarantined", (json_int_t)quarantined, "filtered",
                     (json_int_t)json_integer_or(b->counts, "filtered", 0), "nulled", "files", files);
}

static json_t *last_commit(const struct rebuild *r, const json_t *plan)
{
    json_t *record = json_pack("{s:I, s:{}, s:i, s:I, s:b, s:b}", "batch", (json_int_t)r->last->number,
                               "nulled", "files", (int)r->last->file_count, "committed_us",
                               (json_int_t)now_us(), "recovered", 0, "rebuilt", 1);
    json_object_update(record, json_object_get(plan, "counts"));
    return record;
}

/* The plan has a position for every shard: no shard begins anywhere else. */
static json_t *metadata_document(const struct rebuild *r)
{
    return json_pack("{s:i, s:s, s:s, s:s, s:I, s:{}}", "version", METADATA_VERSION, "id",
                     r->group->checkpoint, "job", r->group->job, "stream", r->stream->name,
                     "stream_created_us", (json_int_t)r->stream->created_us, "shards");
}

/* ---- writing ---- */

static error create(struct rebuild *r, const char *key, json_t *document /* stolen */)
{
    error e = ledger_create(r->options->objects, r->place.bucket, key, document);
    json_decref(document);
    return e != ERR_PRECONDITION ? e : fail(ERR_PRECONDITION, "s3://%s/%s was made meanwhile: stop the job "
                                            "and other rebuildings of it", r->place.bucket, key);
}

static error write_checkpoint(struct rebuild *r)
{
    struct arena *arena = &r->arena;
    struct object_store *objects = r->options->objects;
    const char *fence = ledger_key(arena, &r->place, "plan", r->last->number + 1);
    if (!r->fence || strcmp(r->fence, fence) != 0)
        TRY(create(r, fence, json_pack("{s:i, s:I}", "version", 1, "rebuild_to",
                                       (json_int_t)r->last->number)));
    if (r->fence && strcmp(r->fence, fence) != 0)
        TRY(objects->ops->remove(objects, r->place.bucket, r->fence));
    json_t *plan = last_plan(r), *commit = last_commit(r, plan);
    error e = create(r, arena_printf(arena, "%s/metadata", r->place.prefix), metadata_document(r));
    if (e == OK)
        e = create(r, ledger_key(arena, &r->place, "plan", r->last->number), json_incref(plan));
    if (e == OK)
        e = create(r, ledger_key(arena, &r->place, "commit", r->last->number), json_incref(commit));
    json_decref(plan);
    json_decref(commit);
    return e == OK ? objects->ops->remove(objects, r->place.bucket, fence) : e;
}

static error rebuild(struct rebuild *r, json_t **report)
{
    TRY(open_job(r));
    TRY(take_over_place(r));
    TRY(audit_table(r));
    TRY(find_newest(r));
    check_counts(r);
    collect_positions(r);
    bool good = json_array_size(r->problems) == 0;
    if (good) {
        TRY(add_unread(r));
        TRY(write_checkpoint(r));
    }
    *report = json_pack("{s:b, s:s, s:s, s:s, s:I, s:O, s:O}", "rebuilt", good, "url",
                        arena_printf(&r->arena, "s3://%s/%s", r->place.bucket, r->place.prefix), "job",
                        r->group->job, "checkpoint", r->group->checkpoint, "batch",
                        (json_int_t)r->last->number, "positions", r->positions, "problems", r->problems);
    return OK;
}

error job_rebuild(const struct rebuild_options *options, json_t **report)
{
    struct rebuild r = {.options = options, .problems = json_array(), .positions = json_object()};
    error e = rebuild(&r, report);
    if (r.stream) r.stream->ops->close(r.stream);
    audit_release(&r.audit);
    json_decref(r.problems);
    json_decref(r.starting);
    json_decref(r.positions);
    arena_release(&r.arena);
    return e;
}
