/* stream_put: records in, routed to shards by hash key, out as frames in one durable transaction.
 *
 * Group commit: callers queue; the one who finds no leader takes the queue and commits everybody's
 * records in one transaction, then wakes them and hands the lead on. A caller returns after the
 * commit its records were in. When that commit fails, all its callers get the error and nothing of
 * it is in the log. */
#include "stream/store.h"

#include <stdlib.h>

enum {
    FRAME_BYTES = 64 * 1024, /* a frame is closed when it has as much: 16 pages, so that
                                freed space is found again without long runs */
    FRAME_RECORDS = 4096,
    COMMIT_BYTES = 32 * 1024 * 1024, /* of one transaction, soft: LMDB keeps its pages in memory */
    TEXT_MAX = 512,
    KEY_BYTES_MAX = UINT16_MAX,
};

struct put_call {
    struct put_call *next;
    struct stream_key key;
    const struct put_record *records;
    struct put_result *results;
    struct hash_key *hashes;
    size_t count, bytes;
    bool done;
    error code;
    char text[TEXT_MAX];
    pthread_cond_t wake;
};

/* A record on its way to a shard. */
struct pending {
    struct pending *next;
    const struct put_record *record;
    struct put_result *result;
};

struct slot { /* an open shard */
    uint32_t ordinal;
    const char *id;
    struct hash_key start;
    struct slot *next_touched;
    struct pending *first, *last;
};

/* A stream's open shards as of `topology_generation`, by range. */
struct topology {
    struct topology *next;
    char *account, *region, *name;
    uint32_t stream;
    size_t count;
    struct slot *slots, *touched;
};

void topologies_forget(struct stream_store *s)
{
    while (s->topologies) {
        struct topology *t = s->topologies;
        s->topologies = t->next;
        free(t->account);
        free(t->region);
        free(t->name);
        free(t->slots);
        free(t);
    }
}

static int slot_compare(const void *a, const void *b)
{
    u128 x = hash_number(((const struct slot *)a)->start);
    u128 y = hash_number(((const struct slot *)b)->start);
    return x < y ? -1 : x > y;
}

static error topology_load(struct stream_store *s, MDB_txn *txn, struct stream_key key,
                           struct topology **out)
{
    json_t *document;
    uint32_t stream;
    TRY(document_get(s, txn, key, &document, &stream));
    json_decref(document);
    struct shard_set set = {0};
    error e = shard_rows(s, txn, stream, &set);
    if (e != OK) {
        shard_set_release(&set);
        return e;
    }
    struct topology *t = must_calloc(1, sizeof *t);
    t->account = must_strdup(key.account);
    t->region = must_strdup(key.region);
    t->name = must_strdup(key.name);
    t->stream = stream;
    t->slots = must_calloc(shard_set_open(&set), sizeof *t->slots);
    for (size_t i = 0; i < set.count; i++)
        if (!set.rows[i].closed)
            t->slots[t->count++] = (struct slot){.ordinal = set.rows[i].ordinal,
                                                 .id = store_shard_id(s, set.rows[i].ordinal),
                                                 .start = set.rows[i].start};
    qsort(t->slots, t->count, sizeof *t->slots, slot_compare);
    shard_set_release(&set);
    t->next = s->topologies;
    s->topologies = t;
    *out = t;
    return OK;
}

static error topology_find(struct stream_store *s, MDB_txn *txn, struct stream_key key,
                           struct topology **out)
{
    for (struct topology *t = s->topologies; t; t = t->next) {
        if (strcmp(t->name, key.name) == 0 && strcmp(t->region, key.region) == 0 &&
            strcmp(t->account, key.account) == 0) {
            *out = t;
            return OK;
        }
    }
    return topology_load(s, txn, key, out);
}

/* The last shard that starts at or below the key; open shards leave no gap. */
static struct slot *topology_route(struct topology *t, struct hash_key key)
{
    u128 hash = hash_number(key);
    size_t low = 0, high = t->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (hash_number(t->slots[middle].start) <= hash) low = middle;
        else high = middle;
    }
    return &t->slots[low];
}

static void call_fail(struct put_call *call, error code)
{
    if (call->code != OK) return;
    call->code = code;
    size_t size = strnlen(error_text(), TEXT_MAX - 1);
    memcpy(call->text, error_text(), size);
    call->text[size] = '\0';
}

static void route_record(struct stream_store *s, struct topology *t, struct put_call *call,
                         size_t i)
{
    struct slot *slot = topology_route(t, call->hashes[i]);
    struct put_result *result = &call->results[i];
    const struct put_record *record = &call->records[i];
    *result = (struct put_result){.shard_id = slot->id};
    if (!limit_take_put(s, t->stream, slot->ordinal,
                        record->partition_key.size + record->data.size)) {
        result->code = ERR_THROUGHPUT;
        return;
    }
    struct pending *p = arena_alloc(&s->work, sizeof *p);
    *p = (struct pending){.record = record, .result = result};
    if (slot->first) {
        slot->last->next = p;
    } else {
        slot->first = p;
        slot->next_touched = t->touched;
        t->touched = slot;
    }
    slot->last = p;
}

/* Writes the records from `from` on that fit one frame; *out is the first that did not. */
static error write_frame(struct stream_store *s, MDB_txn *txn, struct topology *t,
                         struct shard_row *row, struct pending *from, struct pending **out)
{
    uint32_t count = 0;
    size_t payload = 0;
    struct pending *end = from;
    while (end && count < FRAME_RECORDS && (count == 0 || payload < FRAME_BYTES)) {
        payload += end->record->partition_key.size + end->record->data.size;
        count++;
        end = end->next;
    }
    struct frame_key k = frame_key_of(t->stream, row->ordinal, row->next_index);
    MDB_val key = {sizeof k, &k}, value = {frame_size(count, payload), NULL};
    TRY(store_fail(s, mdb_put(txn, s->frames, &key, &value, MDB_RESERVE | MDB_NOOVERWRITE), "put"));
    struct frame_writer w;
    frame_begin(&w, value.mv_data, value.mv_size, count, row->last_us);
    struct sequence sequence = shard_sequence(row, row->next_index, row->last_us);
    row->next_index += count;
    for (; from != end; from = from->next, sequence = sequence_next(sequence)) {
        frame_add(&w, from->record->partition_key, from->record->data);
        from->result->sequence = sequence;
    }
    frame_finish(&w);
    *out = end;
    return OK;
}

static error write_slot(struct stream_store *s, MDB_txn *txn, struct topology *t, struct slot *slot,
                        int64_t now)
{
    struct shard_row row;
    bool found;
    TRY(shard_row_get(s, txn, t->stream, slot->ordinal, &row, &found));
    CHECK(found && !row.closed);
    if (now > row.last_us) row.last_us = now;
    for (struct pending *p = slot->first; p;) TRY(write_frame(s, txn, t, &row, p, &p));
    return shard_row_put(s, txn, t->stream, &row);
}

static error append_calls(struct stream_store *s, MDB_txn *txn, struct put_call *calls)
{
    uint64_t generation;
    int64_t now = now_us();
    TRY(meta_get(s, txn, "generation", &generation));
    if (generation != s->topology_generation) topologies_forget(s);
    s->topology_generation = generation;
    for (struct put_call *call = calls; call; call = call->next) {
        struct topology *t = NULL;
        error e = topology_find(s, txn, call->key, &t);
        if (e != OK) call_fail(call, e); /* its own fault: the others go on */
        for (size_t i = 0; e == OK && i < call->count; i++) route_record(s, t, call, i);
    }
    for (struct topology *t = s->topologies; t; t = t->next)
        for (struct slot *slot = t->touched; slot; slot = slot->next_touched)
            TRY(write_slot(s, txn, t, slot, now));
    return OK;
}

static void topologies_settle(struct stream_store *s)
{
    for (struct topology *t = s->topologies; t; t = t->next) {
        for (struct slot *slot = t->touched; slot; slot = slot->next_touched)
            slot->first = slot->last = NULL;
        t->touched = NULL;
    }
    arena_reset(&s->work);
}

static void commit_calls(struct stream_store *s, struct put_call *calls)
{
    MDB_txn *txn;
    error e = txn_begin(s, true, &txn);
    if (e == OK) {
        e = append_calls(s, txn, calls);
        if (e == OK) e = txn_commit(s, txn);
        else mdb_txn_abort(txn);
    }
    topologies_settle(s);
    for (struct put_call *call = calls; e != OK && call; call = call->next) call_fail(call, e);
}

/* Takes calls off the queue up to COMMIT_BYTES; never none. */
static struct put_call *queue_take(struct stream_store *s)
{
    struct put_call *first = s->queue_first, *last = first;
    size_t bytes = first->bytes;
    while (last->next && bytes + last->next->bytes <= COMMIT_BYTES) {
        last = last->next;
        bytes += last->bytes;
    }
    s->queue_first = last->next;
    if (!s->queue_first) s->queue_last = NULL;
    last->next = NULL;
    return first;
}

static void queue_lead(struct stream_store *s)
{
    struct put_call *calls = queue_take(s);
    s->leading = true;
    pthread_mutex_unlock(&s->queue_lock);
    commit_calls(s, calls);
    pthread_mutex_lock(&s->queue_lock);
    s->leading = false;
    while (calls) { /* a call is gone as soon as it is done */
        struct put_call *next = calls->next;
        calls->done = true;
        pthread_cond_signal(&calls->wake);
        calls = next;
    }
    if (s->queue_first) pthread_cond_signal(&s->queue_first->wake);
}

static void queue_run(struct stream_store *s, struct put_call *call)
{
    pthread_mutex_lock(&s->queue_lock);
    if (s->queue_last) s->queue_last->next = call;
    else s->queue_first = call;
    s->queue_last = call;
    while (!call->done) {
        if (s->leading) pthread_cond_wait(&call->wake, &s->queue_lock);
        else queue_lead(s);
    }
    pthread_mutex_unlock(&s->queue_lock);
}

static void hash_records(struct hash_key *out, const struct put_record *records, size_t count)
{
    span keys[MD5_LANES];
    for (size_t i = 0; i < count; i += MD5_LANES) {
        size_t few = count - i < MD5_LANES ? count - i : MD5_LANES;
        for (size_t k = 0; k < few; k++) keys[k] = records[i + k].partition_key;
        hash_partition_keys(out + i, keys, few);
        for (size_t k = i; k < i + few; k++)
            if (records[k].has_explicit_hash) out[k] = records[k].explicit_hash;
    }
}

error stream_put(struct stream_store *s, struct stream_key key, const struct put_record *records,
                 size_t count, struct put_result *results)
{
    TRY(store_check(s));
    struct put_call call = {.key = key, .records = records, .results = results, .count = count};
    for (size_t i = 0; i < count; i++) {
        if (records[i].partition_key.size > KEY_BYTES_MAX || records[i].data.size > COMMIT_BYTES)
            return fail(ERR_VALIDATION, "record %zu of the put is too large", i);
        call.bytes += records[i].partition_key.size + records[i].data.size;
    }
    call.hashes = must_calloc(count ? count : 1, sizeof *call.hashes);
    hash_records(call.hashes, records, count);
    pthread_cond_init(&call.wake, NULL);
    queue_run(s, &call);
    pthread_cond_destroy(&call.wake);
    free(call.hashes);
    return call.code == OK ? OK : fail(call.code, "%s", call.text);
}
