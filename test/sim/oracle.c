/* What must be true, row at a time and from the objects' own bytes: at every publication, at every
 * commit, and at the end. It knows each record by construction and asks the engine for nothing. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { NAME_DIGITS = 12 };

/* ---- names ---- */

static bool is_quarantine(const char *key)
{
    return span_starts(span_of(key), "quarantine/") && strrchr(key, '/')[1] != '_'; /* a journal's */
}

/* -1: of no target. */
static int target_of(const char *key)
{
    if (span_starts(span_of(key), "table/")) return 0;
    return span_starts(span_of(key), "table2/") ? 1 : -1;
}

static bool is_data(const char *key)
{
    return target_of(key) >= 0 || is_quarantine(key);
}

static const char *table_of(const char *key)
{
    return is_quarantine(key) ? "rows_quarantine" : target_of(key) ? "rows2" : "rows";
}

/* .../JOB-CHECKPOINT-BATCH...: -1 when it is no such name. */
static int64_t batch_of_key(const char *key)
{
    const char *base = strrchr(key, '/');
    enum { BEFORE = sizeof JOB "-" - 1 + 16 + 1 };
    int64_t batch;
    if (!base || strlen(++base) < BEFORE + NAME_DIGITS) return -1;
    return parse_int64((span){base + BEFORE, NAME_DIGITS}, &batch) ? batch : -1;
}

static json_t *document_of(json_t *documents, int64_t batch)
{
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)batch);
    return json_object_get(documents, number);
}

/* ---- files ---- */

static struct sim_record *record_of(const char *shard, span sequence, int64_t sub)
{
    struct sequence s;
    int at = sim_shard_find(shard);
    if (at < 0 || sequence_parse(sequence, &s) != OK || s.low == 0 ||
        s.low > (uint64_t)sim.shards[at].count || s.middle != (uint64_t)at + 1)
        return NULL;
    for (int i = sim.shards[at].stored[s.low - 1]; i < sim.record_count; i++) {
        struct sim_record *r = &sim.records[i];
        if (r->shard == at && r->stored == (int)s.low - 1 && r->sub == sub) return r;
        if (r->shard == at && r->stored >= (int)s.low) break;
    }
    return NULL;
}

typedef void row_found(struct sim_record *, const char *key, void *context);

/* Each row against its record; calls `found` for it. */
static void file_rows(struct arena *arena, const char *key, span bytes, row_found *found, void *context)
{
    int64_t rows;
    struct row_column t[] = {{.name = "id", .is_int = true}, {.name = "n", .is_int = true,
                              .optional = sim.detected}, {.name = "k"}};
    const char *folder = strstr(key, "/k=");
    if (!rows_read(arena, bytes, t, folder ? 2 : 3, &rows)) {
        sim_fail("%s (%zu bytes) is no readable Parquet file", key, bytes.size);
        return;
    }
    for (int64_t i = 0; i < rows; i++) {
        int64_t id = t[0].ints[i];
        if (t[0].nulls[i] || id < 0 || id >= sim.record_count) {
            sim_fail("%s: row %lld has an id that was never sent", key, (long long)i);
            return;
        }
        struct sim_record *r = &sim.records[id];
        char kind[3] = {'k', (char)('0' + r->kind), 0};
        bool same_kind = folder ? strncmp(folder + 3, kind, 2) == 0 && folder[5] == '/'
                                : !t[2].nulls[i] && span_is(t[2].texts[i], kind);
        bool same_n = r->n < 0 ? t[1].nulls[i] : !t[1].nulls[i] && t[1].ints[i] == r->n;
        if (r->reason != DECODED || !same_kind || !same_n)
            sim_fail("%s: the row of record %lld is not what was sent", key, (long long)id);
        found(r, key, context);
    }
}

static const char *reason_of(const struct sim_record *r)
{
    return r->long_key ? "partition values too long for an object's key" : decode_reason_text(r->reason);
}

static void file_faults(struct arena *arena, const char *key, span bytes, row_found *found,
                        void *context)
{
    int64_t rows;
    struct row_column q[] = {{.name = "shard"}, {.name = "sequence_number"}, {.name = "reason"},
                             {.name = "data"}, {.name = "sub_sequence_number", .is_int = true}};
    if (!rows_read(arena, bytes, q, 5, &rows)) {
        sim_fail("%s (%zu bytes) is no readable Parquet file", key, bytes.size);
        return;
    }
    for (int64_t i = 0; i < rows; i++) {
        struct sim_record *r =
            record_of(arena_text(arena, q[0].texts[i]), q[1].texts[i], q[4].ints[i]);
        if (!r || !span_equal(r->data, q[3].texts[i]) ||
            !span_is(q[2].texts[i], reason_of(r)) || r->reason == DECODED) {
            sim_fail("%s: row %lld is not a record that belongs into quarantine", key, (long long)i);
            return;
        }
        found(r, key, context);
    }
}

static void file_each(struct arena *arena, const char *key, span bytes, row_found *found, void *context)
{
    (is_quarantine(key) ? file_faults : file_rows)(arena, key, bytes, found, context);
}

/* ---- at every step ---- */

static void digest_row(struct sim_record *r, const char *key, void *context)
{
    (void)key;
    uint64_t z = ((uint64_t)(r - sim.records) + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 31) * 0xbf58476d1ce4e5b9u;
    *(uint64_t *)context += z ^ z >> 29;
}

static bool is_merged(const char *key)
{
    return span_starts(span_of(strrchr(key, '/') + 1), "compact-");
}

static void digest_below(struct arena *arena, const char *location, uint64_t *digest)
{
    const char *folder = location + strlen("s3://" BUCKET "/");
    for (int i = 0; i < sim.object_count; i++)
        if (span_starts(span_of(sim.objects[i].key), folder))
            file_each(arena, sim.objects[i].key, sim.objects[i].bytes, digest_row, digest);
}

/* Who asks the catalog sees the same rows before and behind the swap. */
void oracle_swapped(const char *from, const char *to)
{
    struct arena arena = {0};
    uint64_t before = 0, behind = 0;
    digest_below(&arena, from, &before);
    digest_below(&arena, to, &behind);
    if (before != behind) sim_fail("%s does not have the rows of %s at the swap", to, from);
    arena_release(&arena);
}

/* Visible only behind a plan, and a name never stands for other rows. */
void oracle_published(const char *key, span bytes)
{
    struct arena arena = {0};
    uint64_t digest = 0;
    int64_t batch = batch_of_key(key);
    if (is_data(key) && is_merged(key)) ;
    else if (!is_data(key) || batch < 0) sim_fail("published an object of no batch: %s", key);
    else if (!document_of(sim.plans, batch)) sim_fail("%s is visible before its plan", key);
    file_each(&arena, key, bytes, digest_row, &digest);
    arena_release(&arena);
    json_t *before = json_object_get(sim.contents, key);
    if (before && (uint64_t)json_integer_value(before) != digest)
        sim_fail("%s was used again for other rows", key);
    if (!before) json_object_set_new(sim.contents, key, json_integer((json_int_t)digest));
}

static int stored_through(const json_t *position, int shard)
{
    struct sequence s = {0};
    const char *type = json_text(position, "type");
    if (strcmp(type, "SHARD_END") == 0) return sim.shards[shard].count;
    if (strcmp(type, "AT_TIMESTAMP") == 0)
        return sim_stored_before(shard, json_integer_or(position, "timestamp_us", 0));
    if (strcmp(type, "AFTER_SEQUENCE_NUMBER") != 0) return 0;
    if (sequence_parse(span_of(json_text(position, "sequence")), &s) != OK) sim_fail("a bad position");
    return (int)s.low;
}

static void committed(int64_t batch, const json_t *record)
{
    json_t *plan = document_of(sim.plans, batch);
    if (!plan) {
        sim_fail("batch %lld is committed without a plan", (long long)batch);
        return;
    }
    bool back = json_object_get(plan, "rewind_to") != NULL;
    for (int i = 0; back && i < sim.shard_count; i++) {
        sim.shards[i].committed = 0;
        sim.shards[i].committed_end = false;
    }
    if (!back && json_integer_or(record, "read", -1) !=
        json_integer_or(record, "written", 0) + json_integer_or(record, "quarantined", 0) +
            json_integer_or(record, "filtered", 0))
        sim_fail("batch %lld: read is not written + quarantined + filtered", (long long)batch);
    const char *id;
    json_t *position;
    json_object_foreach(json_object_get(plan, "positions"), id, position) {
        int shard = sim_shard_find(id);
        int through = stored_through(position, shard);
        if (through > sim.shards[shard].committed) sim.shards[shard].committed = through;
        if (strcmp(json_text(position, "type"), "SHARD_END") == 0)
            sim.shards[shard].committed_end = true;
    }
}

/* Where the job says that it begins: what was there when it was first started may be left out, what
 * came afterwards may not. */
static void begun(const json_t *metadata)
{
    const char *id;
    json_t *position;
    if (sim.begun) sim_fail("the checkpoint was made twice");
    sim.begun = true;
    json_object_foreach(json_object_get(metadata, "shards"), id, position) {
        int shard = sim_shard_find(id);
        struct sim_shard *s = &sim.shards[shard];
        int least = sim.start == START_LATEST ? s->first_seen : 0, most = s->count;
        s->begin = stored_through(position, shard);
        if (sim.start == START_TIMESTAMP) least = most = sim_stored_before(shard, sim.start_us);
        if (sim.start == START_TRIM_HORIZON) most = 0;
        if (s->begin < least || s->begin > most)
            sim_fail("the job begins behind record %d of %s, not %d to %d", s->begin, id, least, most);
        if (sim.start == START_LATEST && sim.remote &&
            (json_integer_or(position, "timestamp_us", 0) < sim.started_us ||
             json_integer_or(position, "timestamp_us", 0) > sim.true_us))
            sim_fail("LATEST of %s is a time that is not now", id);
    }
}

/* A batch that is made again is of the same hour, unless that was compacted. */
static void remade(json_t *plan, const json_t *again)
{
    json_t *wall_us = json_object_get(again, "wall_us");
    if (!sim.compacts && !json_equal(json_object_get(plan, "wall_us"), wall_us))
        sim_fail("a batch was made again as of another time");
    json_object_set(plan, "wall_us", wall_us);
}

void oracle_put(const char *key, span bytes)
{
    int64_t batch;
    json_t *document;
    const char *slash = strrchr(key, '/');
    if (json_read(bytes, &document) != OK) {
        sim_fail("%s is no document", key);
        return;
    }
    bool compaction = span_starts(span_of(key), "compact/");
    bool plan = !compaction && strstr(key, "/plan/") != NULL, commit = strstr(key, "/commit/") != NULL;
    sim.replays += strstr(key, "/replan/") != NULL;
    if (strcmp(slash, "/metadata") == 0) begun(document);
    if ((plan || commit) && parse_int64(span_of(slash + 1), &batch)) {
        json_t *all = plan ? sim.plans : sim.commits;
        char number[24];
        snprintf(number, sizeof number, "%lld", (long long)batch);
        if (!json_object_get(all, number)) json_object_set(all, number, document);
        if (plan && json_object_get(document, "rewind_to")) sim.rewound = true;
        if (commit) committed(batch, document);
    }
    if (strstr(key, "/replan/") && parse_int64((span){slash - NAME_DIGITS, NAME_DIGITS}, &batch))
        remade(document_of(sim.plans, batch), document);
    plan |= compaction && strstr(key, "/plan/") != NULL;
    /* Bytes lost behind their plan, while another run may look at it: the hardest of all. */
    if ((plan || strstr(key, "/replan/")) && sim.loses_staged && !sim.calm &&
        sim_chance(sim.contest ? 700 : 200)) {
        sim_lose_staged();
        sim.overlap_now = sim.overlaps;
    }
    json_decref(document);
}

/* ---- the end ---- */

/* Ranges lie end to end per shard and count what they cover; tells each record's batch. */
static void check_ranges(int64_t batch, const json_t *plan, int *reached, int *batches)
{
    size_t i;
    json_t *range;
    int64_t total = 0;
    json_array_foreach(json_object_get(plan, "ranges"), i, range) {
        int shard = sim_shard_find(json_text(range, "shard"));
        int after = stored_through(json_object_get(range, "after"), shard);
        int through = stored_through(json_object_get(range, "through"), shard);
        int64_t count = 0;
        if (after != reached[shard])
            sim_fail("batch %lld begins behind record %d of %s, the one before ended at %d",
                     (long long)batch, after, sim.shards[shard].id, reached[shard]);
        for (int k = 0; k < sim.record_count; k++) {
            const struct sim_record *r = &sim.records[k];
            if (r->shard != shard || r->stored < after || r->stored >= through) continue;
            batches[k] = (int)batch;
            count++;
        }
        if (count != json_integer_or(range, "records", -1))
            sim_fail("batch %lld counts %lld records of %s, there are %lld", (long long)batch,
                     (long long)json_integer_or(range, "records", -1), sim.shards[shard].id,
                     (long long)count);
        reached[shard] = through;
        total += count;
    }
    json_array_foreach(json_object_get(plan, "ranges"), i, range) {
        const struct sim_shard *s = &sim.shards[sim_shard_find(json_text(range, "shard"))];
        if ((s->parent >= 0 && reached[s->parent] < sim.shards[s->parent].count) ||
            (s->adjacent >= 0 && reached[s->adjacent] < sim.shards[s->adjacent].count))
            sim_fail("batch %lld has records of %s before the last ones of its parent",
                     (long long)batch, s->id);
    }
    if (total != json_integer_or(json_object_get(plan, "counts"), "read", -1))
        sim_fail("batch %lld: the ranges do not sum up to the records read", (long long)batch);
}

/* The leading ingest folders are the hour of the plan's wall time. */
static void check_hour(const char *key, const json_t *plan)
{
    if ((sim.layout + target_of(key)) % 3 == 2 && !is_quarantine(key)) return;
    char want[64];
    time_t seconds = (time_t)(json_integer_or(plan, "wall_us", 0) / US_PER_SECOND);
    struct tm tm;
    strftime(want, sizeof want, "/ingest_year=%Y/ingest_month=%m/ingest_day=%d/ingest_hour=%H/",
             gmtime_r(&seconds, &tm));
    if (!strstr(key, want)) sim_fail("%s is not in the hour of its plan (%s)", key, want);
}

static void check_partition(const char *key)
{
    char folder[OBJECT_KEY_MAX];
    snprintf(folder, sizeof folder, "s3://" BUCKET "/%.*s", (int)(strrchr(key, '/') - key + 1), key);
    json_t *values = json_object_get(json_object_get(sim.partitions, table_of(key)), folder);
    if (!values) {
        sim_fail("the partition of %s is not in the catalog", key);
        return;
    }
    size_t i;
    json_t *value;
    const char *at = folder;
    json_array_foreach(values, i, value) {
        at = strchr(at, '=');
        struct buffer text = {0};
        size_t size = at ? strcspn(++at, "/") : 0;
        bool good = at && percent_decode(&text, (span){at, size}, false) == OK &&
                    span_is(buffer_span(&text), json_string_value(value));
        buffer_release(&text);
        if (!good)
            sim_fail("the values of the partition of %s are not its folders'", key);
    }
}

static bool has_column(const json_t *columns, const char *name)
{
    size_t i;
    json_t *column;
    json_array_foreach(columns, i, column)
        if (strcmp(json_text(column, "Name"), name) == 0) return true;
    return false;
}

/* What a file holds can be asked for. */
static void check_columns(const char *key, const struct schema *schema)
{
    const json_t *table = json_object_get(sim.database_tables, table_of(key));
    const json_t *columns = json_object_get(json_object_get(table, "StorageDescriptor"), "Columns");
    if (!table) sim_fail("the table of %s is not in the catalog", key);
    for (int i = 0; table && i < schema->field_count; i++)
        if (!has_column(columns, schema->fields[i].name))
            sim_fail("column %s of %s is not in the catalog", schema->fields[i].name, key);
}

struct count { int64_t batch; const int *batches; };

static void count_row(struct sim_record *r, const char *key, void *context)
{
    const struct count *c = context;
    if (is_quarantine(key)) r->faults++;
    else r->rows[target_of(key)]++;
    if (c->batch < 0 ? c->batches[r - sim.records] < 0 : c->batches[r - sim.records] != c->batch)
        sim_fail("%s holds a record of batch %d", key, c->batches[r - sim.records]);
}

static void check_merged(const struct sim_object *o, const int *batches)
{
    struct arena arena = {0};
    struct count count = {-1, batches};
    check_partition(o->key);
    file_each(&arena, o->key, o->bytes, count_row, &count);
    arena_release(&arena);
}

static void check_file(const struct sim_object *o, const int *batches)
{
    struct arena arena = {0};
    if (is_merged(o->key)) {
        check_merged(o, batches);
        return;
    }
    struct count count = {batch_of_key(o->key), batches};
    json_t *plan = document_of(sim.plans, count.batch);
    if (!plan || !document_of(sim.commits, count.batch)) {
        sim_fail("%s is visible, its batch is not committed", o->key);
        return;
    }
    check_hour(o->key, plan);
    check_partition(o->key);
    struct parquet_footer *footer;
    size_t need;
    int64_t named;
    bool read = parquet_footer_read(&arena, o->bytes, (int64_t)o->bytes.size, &footer, &need) == OK;
    if (read && (!parse_int64(parquet_footer_value(footer, "sluice.batch"), &named) || named != count.batch))
        sim_fail("the footer of %s names another batch", o->key);
    if (read) check_columns(o->key, footer->schema);
    file_each(&arena, o->key, o->bytes, count_row, &count);
    arena_release(&arena);
}

void oracle_quarantined(row_found *each, void *context)
{
    struct arena arena = {0};
    for (int i = 0; i < sim.object_count; i++) {
        const struct sim_object *o = &sim.objects[i];
        if (is_quarantine(o->key)) file_faults(&arena, o->key, o->bytes, each, context);
    }
    arena_release(&arena);
}

/* Batches behind `to` are taken back: their records are to come again. */
static void take_back(int64_t to, int *batches)
{
    for (int i = 0; i < sim.record_count; i++)
        if (batches[i] > to) batches[i] = -1;
}

/* Each batch in order: how far the shards were read, and which batch has each record. */
static void check_batches(int64_t count, int *batches)
{
    typedef int places[SHARDS_MAX];
    places *behind = must_calloc((size_t)count + 1, sizeof *behind); /* batch b: at b + 1 */
    for (int i = 0; i < sim.shard_count; i++) behind[0][i] = sim.shards[i].begin;
    for (int64_t b = 0; b < count; b++) {
        const json_t *plan = document_of(sim.plans, b);
        int64_t to = json_integer_or(plan, "rewind_to", b - 1);
        memcpy(behind[b + 1], behind[to + 1], sizeof *behind);
        take_back(to, batches);
        if (!document_of(sim.commits, b)) sim_fail("batch %lld was left out", (long long)b);
        else if (!json_object_get(plan, "rewind_to")) check_ranges(b, plan, behind[b + 1], batches);
    }
    free(behind);
}

static bool any_below(const char *location)
{
    const char *folder = location + strlen("s3://" BUCKET "/");
    for (int i = 0; i < sim.object_count; i++)
        if (span_starts(span_of(sim.objects[i].key), folder)) return true;
    return false;
}

/* What was taken back has left no partition without a file. */
static void check_partitions_used(void)
{
    const char *table, *location;
    json_t *of, *values;
    json_object_foreach(sim.partitions, table, of)
        json_object_foreach(of, location, values)
            if (!any_below(location)) sim_fail("partition %s of %s has no file", location, table);
}

static void check_requeued(void)
{
    for (int i = 0; i < sim.record_count; i++) {
        const struct sim_record *r = &sim.records[i];
        if (r->faults && r->copy_of < 0 && r->copies != 1)
            sim_fail("record %d is in quarantine and was requeued %d times", i, r->copies);
    }
}

void oracle_finish(void)
{
    int *batches = must_alloc(((size_t)sim.record_count + 1) * sizeof *batches);
    for (int i = 0; i < sim.record_count; i++) batches[i] = -1;
    int64_t count = (int64_t)json_object_size(sim.commits);
    check_batches(count, batches);
    for (int i = 0; i < sim.shard_count; i++)
        if (sim.shards[i].closed && !sim.shards[i].committed_end && !sim.lost)
            sim_fail("%s was read to its end, but no batch says so", sim.shards[i].id);
    if ((int64_t)json_object_size(sim.plans) != count)
        sim_fail("%zu plans, %lld commits", json_object_size(sim.plans), (long long)count);
    for (int i = 0; i < sim.object_count; i++)
        if (is_data(sim.objects[i].key)) check_file(&sim.objects[i], batches);
    for (int i = 0; i < sim.record_count; i++) {
        const struct sim_record *r = &sim.records[i];
        int meant = r->stored >= sim.shards[r->shard].begin;
        bool good = r->faults == (r->reason == DECODED ? 0 : meant);
        for (int t = 0; t < sim.targets; t++) good &= r->rows[t] == (r->reason == DECODED ? meant : 0);
        if (!good)
            sim_fail("record %d (%s, number %d, sub-record %u; batch %d) is %d times in the table, "
                     "%d times in the second one, %d times in quarantine", i, sim.shards[r->shard].id,
                     r->stored, r->sub, batches[i], r->rows[0], r->rows[1], r->faults);
    }
    for (const struct upload *u = sim.uploads; u; u = u->next)
        if (!is_merged(u->key)) sim_fail("staged bytes of %s are left (%s)", u->key, u->token);
    if (sim.admin) check_requeued();
    if (sim.rewound) check_partitions_used();
    free(batches);
}
