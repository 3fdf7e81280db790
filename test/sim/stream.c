/* The stream: producers, reshards and retention, and the reading side with throttles, short and
 * empty pages. A stored record has one or more sub-records, as KPL aggregates do. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

#define STREAM_CREATED_US INT64_C(1760000000000000)

/* ---- producing ---- */

int sim_shard_find(const char *id)
{
    for (int i = 0; i < sim.shard_count; i++)
        if (strcmp(sim.shards[i].id, id) == 0) return i;
    return -1;
}

static void shard_add(int parent, int adjacent)
{
    struct sim_shard *s = &sim.shards[sim.shard_count];
    int *stored = s->stored, capacity = s->capacity;
    *s = (struct sim_shard){.parent = parent, .adjacent = adjacent, .stored = stored,
                            .capacity = capacity};
    snprintf(s->id, sizeof s->id, "shardId-%012d", sim.shard_count++ % 1000);
}

/* Some target has folders by kind. */
static bool kinds_are_folders(void)
{
    return sim.layout != 0 || sim.targets > 1;
}

/* A kind of as many bytes as a key may have. */
static const char *long_text(long long id)
{
    char *kind = arena_alloc(&sim.memory, OBJECT_KEY_MAX + 1);
    memset(kind, 'k', OBJECT_KEY_MAX);
    kind[OBJECT_KEY_MAX] = '\0';
    return arena_printf(&sim.memory, "{\"id\":%lld,\"k\":\"%s\"}", id, kind);
}

/* What a producer may send, and what must become of it. */
static void record_make(struct sim_record *r)
{
    r->id = sim.record_count;
    r->kind = sim_below(KINDS);
    r->n = sim_chance(200) ? -1 : sim_below(1000);
    const char *text;
    int shape = sim_chance(850) ? sim_below(3) : 3 + sim_below(6);
    if (sim.detected && shape == 2) shape = 9; /* a type of its own would change the column's */
    if (kinds_are_folders() && sim_chance(10)) shape = 10;
    long long id = (long long)r->id;
    r->reason = DECODED;
    switch (shape) {
    case 0: text = arena_printf(&sim.memory, "{\"id\":%lld,\"k\":\"k%d\",\"n\":%lld}", id, r->kind,
                                (long long)(r->n < 0 ? 0 : r->n));
            if (r->n < 0) r->n = 0;
            break;
    case 1: text = arena_printf(&sim.memory, "{\"k\":\"k%d\",\"other\":%s,\"id\":%lld}", r->kind,
                                sim.detected ? "\"x\"" : "[1,{\"x\":2}]", id);
            r->n = -1;
            break;
    case 2: text = arena_printf(&sim.memory, " {\"id\" : %lld, \"n\":\"many\", \"k\":\"k%d\"}\n", id,
                                r->kind); /* a value that does not fit is NULL */
            r->n = -1;
            break;
    case 9: text = arena_printf(&sim.memory, " {\"id\" : %lld, \"k\":\"k%d\"}\n", id, r->kind);
            r->n = -1;
            break;
    case 10: text = long_text(id); r->reason = DECODE_BAD_VALUE; r->long_key = true; break;
    case 3: text = ""; r->reason = DECODE_EMPTY; break;
    case 4: text = arena_printf(&sim.memory, "%lld", id); r->reason = DECODE_NOT_OBJECT; break;
    case 5: text = arena_printf(&sim.memory, "{\"id\":%lld,}", id); r->reason = DECODE_MALFORMED; break;
    case 6: text = arena_printf(&sim.memory, "{\"id\":%lld", id); r->reason = DECODE_TRUNCATED; break;
    case 7: text = arena_printf(&sim.memory, "{\"id\":%lld} 1", id); r->reason = DECODE_TRAILING; break;
    default: text = arena_printf(&sim.memory, "{\"id\":%lld,\"k\":\"\xff\"}", id);
             r->reason = DECODE_INVALID_UTF8;
    }
    r->data = span_of(text);
    r->key = span_of(arena_printf(&sim.memory, "p%lld", id));
}

static struct sim_record *record_new(int shard, int sub)
{
    if (sim.record_count == sim.record_capacity) {
        sim.record_capacity = sim.record_capacity ? 2 * sim.record_capacity : 256;
        sim.records = must_realloc(sim.records, (size_t)sim.record_capacity * sizeof *sim.records);
    }
    struct sim_record *r = &sim.records[sim.record_count];
    *r = (struct sim_record){.shard = shard, .stored = sim.shards[shard].count, .sub = (uint32_t)sub,
                             .arrival_us = sim.true_us, .copy_of = -1};
    return r;
}

static void stored_new(struct sim_shard *s)
{
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 64;
        s->stored = must_realloc(s->stored, (size_t)s->capacity * sizeof *s->stored);
    }
    s->stored[s->count] = sim.record_count;
}

static void put(int shard)
{
    struct sim_shard *s = &sim.shards[shard];
    stored_new(s);
    int subs = sim_chance(200) ? 2 + sim_below(4) : 1;
    for (int sub = 0; sub < subs; sub++) {
        record_make(record_new(shard, sub));
        sim.record_count++;
    }
    s->count++;
}

/* A record of the quarantine comes once more, as bad as it was. */
static void put_copy(const struct put_record *record)
{
    int64_t of;
    int shard;
    do shard = sim_below(sim.shard_count);
    while (sim.shards[shard].closed);
    span number = {record->partition_key.data + 1, record->partition_key.size - 1};
    if (!parse_int64(number, &of) || of < 0 || of >= sim.record_count ||
        !span_equal(sim.records[of].data, record->data)) {
        sim_fail("a record is requeued that was never sent");
        return;
    }
    stored_new(&sim.shards[shard]);
    struct sim_record *copy = record_new(shard, 0), *original = &sim.records[of];
    copy->id = sim.record_count++;
    copy->copy_of = (int)of;
    copy->reason = original->reason;
    copy->long_key = original->long_key;
    copy->data = original->data;
    copy->key = original->key;
    sim.shards[shard].count++;
    sim_say("record %d is requeued in %s", (int)of, sim.shards[shard].id);
    if (original->reason == DECODED) sim_fail("record %d is requeued, but was good", (int)of);
    if (++original->copies > 1) sim_fail("record %d is requeued twice", (int)of);
}

void sim_produce(void)
{
    if (sim.shard_count == 0)
        for (int i = 1 + sim_below(3); i > 0; i--) shard_add(-1, -1);
    for (int n = 1 + sim_below(12); n > 0; n--) {
        int shard = sim_below(sim.shard_count);
        if (!sim.shards[shard].closed) put(shard);
    }
}

void sim_reshard(void)
{
    int open[SHARDS_MAX], count = 0;
    for (int i = 0; i < sim.shard_count; i++)
        if (!sim.shards[i].closed) open[count++] = i;
    int a = open[sim_below(count)], b = open[sim_below(count)];
    if (a == b && sim.shard_count + 2 <= SHARDS_MAX) {
        sim_say("split %s", sim.shards[a].id);
        shard_add(a, -1);
        shard_add(a, -1);
    } else if (a != b && sim.shard_count + 1 <= SHARDS_MAX) {
        sim_say("merge %s, %s", sim.shards[a].id, sim.shards[b].id);
        shard_add(a, b);
    } else {
        return;
    }
    sim.shards[a].closed = sim.shards[b].closed = true;
}

/* Retention takes what a committed batch covers, in some stories more (but not from a shard that was
 * never read: a gap at its beginning cannot be told); closed shards go when all of them is gone. */
void sim_trim(void)
{
    for (int i = 0; i < sim.shard_count; i++) {
        struct sim_shard *s = &sim.shards[i];
        int gone = sim_below((sim.overtrims && s->committed ? s->count : s->committed) + 1);
        if (sim.overtrims && s->closed && s->committed && sim_chance(300)) gone = s->count;
        if (gone > s->trimmed) s->trimmed = gone;
        bool all_read = s->committed_end && s->committed == s->count;
        sim.lost |= s->trimmed > s->committed;
        if (s->closed && !s->expired && (all_read || sim.overtrims) && s->trimmed == s->count && sim_chance(500)) {
            sim_say("%s expires", s->id);
            s->expired = true;
            sim.lost |= !all_read; /* nobody can tell */
        }
    }
}

/* ---- reading ---- */

struct sim_cursor {
    struct stream_cursor base;
    int shard, next;
    int64_t asked_us;            /* of a remote one, until it has read a record: its time, else 0 */
    int64_t seen_us;
    struct sequence *sequences;  /* the slice out; freed by release, so that a late use is seen */
    uint32_t *subs;
    int64_t *arrivals;
    span *keys, *datas;
};

static struct process *process_of(struct stream *s)
{
    return ((struct sim_stream *)s)->process;
}

static struct sequence sequence_at(int shard, int stored)
{
    return (struct sequence){.middle = (uint64_t)shard + 1, .low = (uint64_t)stored + 1};
}

static error sim_shards(struct stream *base, struct arena *arena, struct shard **out, size_t *count)
{
    enum fate fate = sim_step(process_of(base), "shards", "");
    if (fate != FATE_GOOD) return fate == FATE_DEAD ? sim_dead() : sim_fault();
    *out = ARENA_ARRAY(arena, struct shard, (size_t)sim.shard_count);
    *count = 0;
    for (int i = 0; i < sim.shard_count; i++) {
        const struct sim_shard *s = &sim.shards[i];
        if (s->expired || (sim.plant == PLANT_FORGET_SHARDS && s->closed)) continue;
        (*out)[(*count)++] = (struct shard){
            .id = s->id,
            .parent = s->parent < 0 ? NULL : sim.shards[s->parent].id,
            .adjacent_parent = s->adjacent < 0 ? NULL : sim.shards[s->adjacent].id,
            .starting = sequence_at(i, -1),
            .closed = s->closed,
        };
    }
    return OK;
}

int sim_stored_before(int shard, int64_t time_us)
{
    const struct sim_shard *s = &sim.shards[shard];
    int count = 0;
    while (count < s->count && sim.records[s->stored[count]].arrival_us < time_us) count++;
    return count;
}

static error sim_open_cursor(struct stream *base, const char *id, struct position position,
                             struct stream_cursor **out)
{
    enum fate fate = sim_step(process_of(base), "open_cursor", id);
    if (fate != FATE_GOOD) return fate == FATE_DEAD ? sim_dead() : sim_fault();
    int shard = sim_shard_find(id), next = 0;
    int64_t asked_us = 0;
    if (shard < 0 || sim.shards[shard].expired) return fail(ERR_RESOURCE_NOT_FOUND, "no shard %s", id);
    const struct sim_shard *s = &sim.shards[shard];
    switch (position.type) {
    case POSITION_TRIM_HORIZON: next = s->trimmed; break;
    case POSITION_SHARD_END: next = s->count; break;
    case POSITION_LATEST:
        next = s->count;
        asked_us = sim.true_us++;
        break;
    case POSITION_AT_TIMESTAMP:
        next = sim_stored_before(shard, position.timestamp_us);
        asked_us = position.timestamp_us;
        break;
    case POSITION_AFTER_SEQUENCE:
        if (position.sequence.middle != (uint64_t)shard + 1)
            sim_fail("a sequence number of another shard was used in %s", id);
        next = (int)position.sequence.low;
        break;
    default: sim_fail("a cursor at a position that is never stored");
    }
    struct sim_cursor *c = must_calloc(1, sizeof *c);
    *c = (struct sim_cursor){.base.stream = base, .shard = shard, .next = next,
                             .asked_us = sim.remote ? asked_us : 0, .seen_us = position.seen_us};
    *out = &c->base;
    return OK;
}

static void sim_release(struct stream_cursor *base)
{
    struct sim_cursor *c = (struct sim_cursor *)base;
    free(c->sequences);
    free(c->subs);
    free(c->arrivals);
    free(c->keys);
    free(c->datas);
    c->sequences = NULL;
    c->subs = NULL;
    c->arrivals = NULL;
    c->keys = c->datas = NULL;
}

static void slice_fill(struct sim_cursor *c, int end, struct records *out)
{
    const struct sim_shard *s = &sim.shards[c->shard];
    int first = s->stored[c->next], last = first;
    while (last < sim.record_count && !(sim.records[last].shard == c->shard &&
                                        sim.records[last].stored >= end))
        last++; /* other shards' records lie between */
    size_t room = (size_t)(last - first);
    c->sequences = must_calloc(room, sizeof *c->sequences);
    c->subs = must_calloc(room, sizeof *c->subs);
    c->arrivals = must_calloc(room, sizeof *c->arrivals);
    c->keys = must_calloc(room, sizeof *c->keys);
    c->datas = must_calloc(room, sizeof *c->datas);
    for (int i = first; i < last; i++) {
        const struct sim_record *r = &sim.records[i];
        if (r->shard != c->shard) continue;
        c->sequences[out->count] = sequence_at(c->shard, r->stored);
        c->subs[out->count] = r->sub;
        c->arrivals[out->count] = r->arrival_us;
        c->keys[out->count] = r->key;
        c->datas[out->count++] = r->data;
        out->bytes += r->data.size;
    }
    out->sequence = c->sequences;
    out->sub = c->subs;
    out->arrival_us = c->arrivals;
    out->partition_key = c->keys;
    out->data = c->datas;
    out->any = true;
    out->last = sequence_at(c->shard, end - 1);
    c->next = end;
    c->asked_us = 0;
}

static error sim_read(struct stream_cursor *base, struct read_limits limits, struct records *out)
{
    struct sim_cursor *c = (struct sim_cursor *)base;
    struct sim_shard *s = &sim.shards[c->shard];
    *out = (struct records){0};
    sim_release(base);
    enum fate fate = sim_step(process_of(base->stream), "read", s->id);
    if (fate != FATE_GOOD) {
        if (fate != FATE_DEAD && sim_chance(500)) return fail(ERR_THROUGHPUT, "Rate exceeded");
        return fate == FATE_DEAD ? sim_dead() : sim_fault();
    }
    if (s->expired) return fail(ERR_RESOURCE_NOT_FOUND, "no shard %s", s->id);
    if (c->next < s->trimmed) {
        c->next = s->trimmed;
        return fail(ERR_DATA_LOSS, "records of %s left unread", s->id);
    }
    int end = s->count;
    if (limits.through && (uint64_t)end > limits.through->low) end = (int)limits.through->low;
    if (end > c->next && sim_chance(500)) end = c->next + 1 + sim_below(end - c->next);
    if (!sim.calm && sim_chance(sim.empty_permille)) end = c->next;
    if (end > c->next) slice_fill(c, end, out);
    out->behind_ms = c->next < s->count ? 1 + sim_below(1000) : 0;
    out->shard_end = s->closed && c->next >= s->count;
    if (sim.remote && out->behind_ms == 0) c->seen_us = sim.true_us;
    out->seen_us = c->seen_us;
    return OK;
}

static void sim_close_cursor(struct stream_cursor *base)
{
    sim_release(base);
    free(base);
}

static struct position sim_position(const struct stream_cursor *base)
{
    const struct sim_cursor *c = (const struct sim_cursor *)base;
    if (c->asked_us)
        return (struct position){.type = POSITION_AT_TIMESTAMP, .timestamp_us = c->asked_us};
    if (c->next == 0) return (struct position){.type = POSITION_TRIM_HORIZON};
    return (struct position){.type = POSITION_AFTER_SEQUENCE,
                             .sequence = sequence_at(c->shard, c->next - 1)};
}

static void sim_wait(struct stream *base, int64_t timeout_us)
{
    sim.true_us += 1 + (timeout_us > 1 ? (int64_t)(sim_random() % (uint64_t)timeout_us) : 0);
    process_yield(process_of(base));
}

/* All or none; a remote one may refuse some. */
static error sim_put(struct stream *base, const struct put_record *records, size_t count,
                     struct put_result *results)
{
    enum fate fate = sim_step(process_of(base), "put_records", "");
    if (fate == FATE_GOOD && !sim.calm && sim_chance(300)) fate = FATE_LOST; /* the hardest */
    if (fate == FATE_DEAD) return sim_dead();
    if (fate == FATE_FAULT) return sim_fault();
    for (size_t i = 0; i < count; i++) {
        bool refused = sim.remote && !sim.calm && sim_chance(100);
        results[i] = (struct put_result){.code = refused ? ERR_THROUGHPUT : OK};
        if (!refused) put_copy(&records[i]);
    }
    return fate == FATE_LOST ? sim_fault() : OK;
}

static void sim_close(struct stream *base)
{
    free(base);
}

static const struct stream_ops ops = {
    .shards = sim_shards,
    .open_cursor = sim_open_cursor,
    .read = sim_read,
    .close_cursor = sim_close_cursor,
    .release = sim_release,
    .position = sim_position,
    .wait = sim_wait,
    .put = sim_put,
    .close = sim_close,
};

error sim_stream_open(void *process, const struct source *source, struct stream **out)
{
    (void)source;
    struct sim_stream *s = must_calloc(1, sizeof *s);
    *s = (struct sim_stream){{.ops = &ops, .name = "events", .created_us = STREAM_CREATED_US}, process};
    *out = &s->base;
    return OK;
}
