/* The durable progress of a job, as objects below the checkpoint's prefix (see internal.h).
 * A plan is the truth about its batch: ranges, positions behind them, staged files. A commit only
 * says that all of it is done. */
#include "job/internal.h"

enum { OBJECT_MAX = 64 << 20, KEEP_BATCHES = 100 };

static const char *entry_key(struct arena *arena, const struct checkpoint *cp, const char *kind,
                             int64_t batch)
{
    return arena_printf(arena, "%s/%s/%012lld", cp->prefix, kind, (long long)batch);
}

/* Plans that take the place of plan/N; kept for good, since they fence late runs and are few. */
static const char *replan_kind(struct arena *arena, int64_t batch)
{
    return arena_printf(arena, "replan/%012lld", (long long)batch);
}

static error read_document(const struct checkpoint *cp, const char *key, json_t **out)
{
    struct buffer bytes = {0};
    error e = cp->objects->ops->get(cp->objects, cp->bucket, key, OBJECT_MAX, &bytes);
    if (e == OK) e = json_read(buffer_span(&bytes), out);
    buffer_release(&bytes);
    if (e != OK) return fail_context(e, "checkpoint s3://%s/%s", cp->bucket, key);
    return OK;
}

static error create_document(const struct checkpoint *cp, const char *key, const json_t *document)
{
    struct buffer bytes = {0};
    error e = json_print_kept(&bytes, document);
    if (e == OK)
        e = cp->objects->ops->put(cp->objects, cp->bucket, key, buffer_span(&bytes),
                                  "application/json", (struct object_condition){.if_absent = true});
    buffer_release(&bytes);
    return e;
}

/* Highest batch number below kind/, or -1. */
static error last_entry(const struct checkpoint *cp, struct arena *arena, const char *kind, int64_t *last)
{
    *last = -1;
    const char *prefix = arena_printf(arena, "%s/%s/", cp->prefix, kind), *after = NULL;
    for (bool more = true; more;) {
        struct object_info *page;
        size_t count;
        TRY(cp->objects->ops->list(cp->objects, cp->bucket, prefix, after, 1000, arena, &page, &count,
                                   &more));
        for (size_t i = 0; i < count; i++) {
            after = page[i].key;
            int64_t number;
            if (!parse_int64(span_of(after + strlen(prefix)), &number))
                return fail(ERR_CORRUPT, "checkpoint s3://%s/%s is not a batch of Sluice's",
                            cp->bucket, after);
            if (number > *last) *last = number;
        }
        if (count == 0) break;
    }
    return OK;
}

json_t *position_document(struct position p)
{
    char text[SEQUENCE_TEXT_MAX];
    switch (p.type) {
    case POSITION_TRIM_HORIZON: return json_pack("{s:s}", "type", "TRIM_HORIZON");
    case POSITION_AT_TIMESTAMP:
        return json_pack("{s:s, s:I}", "type", "AT_TIMESTAMP", "timestamp_us",
                         (json_int_t)p.timestamp_us);
    case POSITION_AFTER_SEQUENCE:
        sequence_print(text, p.sequence);
        return json_pack("{s:s, s:s, s:o*}", "type", "AFTER_SEQUENCE_NUMBER", "sequence", text, "seen_us",
                         p.seen_us ? json_integer(p.seen_us) : NULL);
    case POSITION_SHARD_END: return json_pack("{s:s}", "type", "SHARD_END");
    default: CHECK(!"a stored position is never LATEST or AT_SEQUENCE");
    }
    return NULL;
}

error position_read(const json_t *document, struct position *out)
{
    const char *type = json_text(document, "type");
    *out = (struct position){0};
    if (!type) return fail(ERR_CORRUPT, "checkpoint: a position without type");
    if (strcmp(type, "TRIM_HORIZON") == 0) {
        out->type = POSITION_TRIM_HORIZON;
    } else if (strcmp(type, "SHARD_END") == 0) {
        out->type = POSITION_SHARD_END;
    } else if (strcmp(type, "AT_TIMESTAMP") == 0) {
        out->type = POSITION_AT_TIMESTAMP;
        out->timestamp_us = json_integer_or(document, "timestamp_us", 0);
    } else if (strcmp(type, "AFTER_SEQUENCE_NUMBER") == 0 && json_text(document, "sequence")) {
        out->type = POSITION_AFTER_SEQUENCE;
        out->seen_us = json_integer_or(document, "seen_us", 0);
        return sequence_parse(span_of(json_text(document, "sequence")), &out->sequence);
    } else {
        return fail(ERR_CORRUPT, "checkpoint: unknown position type '%s'", type);
    }
    return OK;
}

static error make_metadata(struct checkpoint *cp, const char *key, const struct checkpoint_start *start)
{
    uint8_t random[8];
    char id[17] = {0};
    json_t *shards;
    TRY(start->first_positions(start->context, &shards));
    world->random(random, sizeof random);
    hex_encode(id, random, sizeof random);
    json_t *document = json_pack("{s:i, s:s, s:s, s:s, s:I, s:o}", "version", METADATA_VERSION, "id", id,
                                 "job", start->job, "stream", start->stream, "stream_created_us",
                                 (json_int_t)start->stream_created_us, "shards", shards);
    error e = create_document(cp, key, document);
    json_decref(document);
    /* Another run made it first: that one counts. */
    return e == ERR_PRECONDITION ? OK : e;
}

static error check_metadata(const struct checkpoint *cp, const struct checkpoint_start *start)
{
    const json_t *m = cp->metadata;
    if (json_integer_or(m, "version", 0) != METADATA_VERSION || !json_text(m, "id") ||
        !json_text(m, "stream") || !json_is_object(json_object_get(m, "shards")))
        return fail(ERR_CORRUPT, "checkpoint s3://%s/%s/metadata is not of this version", cp->bucket,
                    cp->prefix);
    if (strcmp(json_text(m, "stream"), start->stream) != 0)
        return fail(ERR_INVALID_INPUT,
                    "checkpoint s3://%s/%s belongs to stream '%s', the job reads '%s': give the job "
                    "another checkpoint or delete this one to start over",
                    cp->bucket, cp->prefix, json_text(m, "stream"), start->stream);
    int64_t created = json_integer_or(m, "stream_created_us", 0);
    if (created && start->stream_created_us && created != start->stream_created_us)
        return fail(ERR_DATA_LOSS,
                    "stream '%s' was deleted and created again since checkpoint s3://%s/%s was made: "
                    "its positions mean nothing in the new stream; delete the checkpoint to start over",
                    start->stream, cp->bucket, cp->prefix);
    return OK;
}

error checkpoint_open(struct arena *arena, struct object_store *objects, const char *url,
                      const struct checkpoint_start *start, struct checkpoint *cp)
{
    *cp = (struct checkpoint){.objects = objects};
    const char *prefix;
    TRY(object_url_parse(arena, url, &cp->bucket, &prefix));
    size_t length = strlen(prefix);
    while (length && prefix[length - 1] == '/') length--;
    if (length == 0) return fail(ERR_INVALID_INPUT, "checkpoint '%s' needs a prefix in its bucket", url);
    cp->prefix = arena_text(arena, (span){prefix, length});
    const char *key = arena_printf(arena, "%s/metadata", cp->prefix);
    error e = read_document(cp, key, &cp->metadata);
    if (e == ERR_NO_SUCH_KEY) {
        TRY(make_metadata(cp, key, start));
        e = read_document(cp, key, &cp->metadata);
    }
    if (e != OK) return e;
    TRY(check_metadata(cp, start));
    cp->id = json_text(cp->metadata, "id");

    /* Commits first: another run may plan and commit between the two listings. */
    int64_t planned, committed;
    TRY(last_entry(cp, arena, "commit", &committed));
    TRY(last_entry(cp, arena, "plan", &planned));
    if (planned > committed + 1)
        return fail(ERR_FENCED, "another run of this job is committing batches (checkpoint s3://%s/%s)",
                    cp->bucket, cp->prefix);
    if (committed > planned)
        return fail(ERR_CORRUPT, "checkpoint s3://%s/%s: batch %lld is committed without a plan",
                    cp->bucket, cp->prefix, (long long)committed);
    cp->next = committed + 1;
    cp->previous = -1;
    if (planned < 0) return OK;
    json_t *plan;
    cp->replays = 0;
    if (planned > committed) {
        TRY(last_entry(cp, arena, replan_kind(arena, planned), &cp->replays));
        if (cp->replays < 0) cp->replays = 0;
    }
    e = read_document(cp, cp->replays ? entry_key(arena, cp, replan_kind(arena, planned), cp->replays)
                                      : entry_key(arena, cp, "plan", planned), &plan);
    if (e == ERR_NO_SUCH_KEY) /* removed since it was listed */
        return fail(ERR_FENCED, "another run of this job is committing batches (checkpoint s3://%s/%s)",
                    cp->bucket, cp->prefix);
    TRY(e);
    cp->previous = planned > committed ? json_integer_or(plan, "previous", -1)
                                       : plan_last_with_files(plan);
    bool going_back = planned > committed && json_object_get(plan, "rewind_to");
    cp->positions = json_incref(json_object_get(plan, "positions"));
    if (planned > committed) cp->pending = json_incref(plan);
    json_decref(plan);
    if (going_back)
        return fail(ERR_CONFLICT,
                    "batches of checkpoint s3://%s/%s are being taken back: run `sluice checkpoint "
                    "rewind' again to finish that", cp->bucket, cp->prefix);
    if (!cp->positions)
        return fail(ERR_CORRUPT, "checkpoint s3://%s/%s: plan %lld has no positions", cp->bucket,
                    cp->prefix, (long long)planned);
    return OK;
}

static error fail_planned(const struct checkpoint *cp)
{
    return fail(ERR_FENCED,
                "batch %lld was planned by another run of this job (checkpoint s3://%s/%s): this run "
                "stops, nothing of it is visible",
                (long long)cp->next, cp->bucket, cp->prefix);
}

/* Somebody removed the checkpoint while this run went on, or it is another job's by now. */
static error check_same(const struct checkpoint *cp, struct arena *arena, const char *key)
{
    json_t *metadata = NULL;
    error e = read_document(cp, arena_printf(arena, "%s/metadata", cp->prefix), &metadata);
    bool same = e == OK && json_text(metadata, "id") && strcmp(json_text(metadata, "id"), cp->id) == 0;
    json_decref(metadata);
    if (same || (e != OK && e != ERR_NO_SUCH_KEY)) return e;
    error ignored = cp->objects->ops->remove(cp->objects, cp->bucket, key);
    (void)ignored;
    return fail(ERR_FENCED, "checkpoint s3://%s/%s was removed or replaced while this run went on: it "
                            "stops, nothing of batch %lld is visible",
                cp->bucket, cp->prefix, (long long)cp->next);
}

/* Old plans are removed, so a run that slept for long may find its number free again: then there are
 * later ones. */
static error check_newest(const struct checkpoint *cp, struct arena *arena, const char *key)
{
    struct object_info *page;
    size_t count;
    bool more;
    const char *prefix = arena_printf(arena, "%s/plan/", cp->prefix);
    TRY(cp->objects->ops->list(cp->objects, cp->bucket, prefix, key, 1, arena, &page, &count, &more));
    if (count == 0) return OK;
    error ignored = cp->objects->ops->remove(cp->objects, cp->bucket, key);
    (void)ignored;
    return fail_planned(cp);
}

error checkpoint_plan(struct checkpoint *cp, const json_t *plan)
{
    struct arena arena = {0};
    const char *key = entry_key(&arena, cp, "plan", cp->next);
    error e = create_document(cp, key, plan);
    if (e == ERR_PRECONDITION) e = fail_planned(cp);
    else if (e == OK) e = check_newest(cp, &arena, key);
    if (e == OK) e = check_same(cp, &arena, key);
    arena_release(&arena);
    return e;
}

error checkpoint_still_pending(const struct checkpoint *cp)
{
    struct arena arena = {0};
    int64_t committed;
    error e = last_entry(cp, &arena, "commit", &committed);
    if (e == OK && committed >= cp->next)
        e = fail(ERR_FENCED, "batch %lld was committed by another run of this job",
                 (long long)cp->next);
    arena_release(&arena);
    return e;
}

error checkpoint_replan(struct checkpoint *cp, const json_t *plan)
{
    struct arena arena = {0};
    const char *kind = replan_kind(&arena, cp->next);
    error e = create_document(cp, entry_key(&arena, cp, kind, cp->replays + 1), plan);
    arena_release(&arena);
    if (e == ERR_PRECONDITION)
        return fail(ERR_FENCED, "batch %lld was made again by another run of this job",
                    (long long)cp->next);
    if (e == OK) cp->replays++;
    return e;
}

error checkpoint_commit(struct checkpoint *cp, const json_t *plan, const json_t *record)
{
    struct arena arena = {0};
    error e = create_document(cp, entry_key(&arena, cp, "commit", cp->next), record);
    if (e == ERR_PRECONDITION) {
        e = fail(ERR_FENCED, "batch %lld was committed by another run of this job", (long long)cp->next);
    } else if (e == OK) {
        json_decref(cp->positions);
        cp->positions = json_incref(json_object_get(plan, "positions"));
        json_decref(cp->pending);
        cp->pending = NULL;
        cp->replays = 0;
        cp->previous = plan_last_with_files(plan);
        int64_t old = cp->next++ - KEEP_BATCHES;
        static const char *const kinds[] = {"commit", "plan"};
        for (int i = 0; i < 2 && old >= 0; i++) { /* a leftover is harmless */
            error ignored = cp->objects->ops->remove(cp->objects, cp->bucket,
                                                     entry_key(&arena, cp, kinds[i], old));
            (void)ignored;
        }
    }
    arena_release(&arena);
    return e;
}

void checkpoint_close(struct checkpoint *cp)
{
    json_decref(cp->metadata);
    json_decref(cp->positions);
    json_decref(cp->pending);
    *cp = (struct checkpoint){0};
}
