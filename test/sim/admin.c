/* What somebody does to a job from outside while it lives, dies and runs again: batches are taken back
 * (sluice checkpoint rewind), quarantined records go into the stream once more (sluice requeue). Both
 * are processes like the job's own: they fault, die at any call, and are run again. */
#include "sim.h"

#include <stdlib.h>

#define CHECKPOINT "s3://" BUCKET "/cp/" JOB

/* ---- rewind ---- */

error admin_rewind(struct process *p)
{
    struct stream *stream;
    int64_t to = -1, taken = 0;
    CHECK(sim_stream_open(p, NULL, &stream) == OK);
    struct rewind_options options = {
        .catalog = &p->catalog.base,
        .objects = &p->store.base,
        .stream = stream,
        .checkpoint = CHECKPOINT,
        .to_batch = p->rewind_to,
        .remove_files = true,
    };
    error e = job_rewind(&options, &to, &taken);
    stream->ops->close(stream);
    if (e == OK) sim_say("p%d took %lld batches back, to %lld", p->number, (long long)taken, (long long)to);
    return e;
}

/* ---- requeue ---- */

struct row_list { struct requeue_row *rows; size_t count, capacity; };

static void row_add(struct sim_record *r, const char *key, void *context)
{
    (void)key;
    struct row_list *list = context;
    struct buffer sequence = {0};
    char text[SEQUENCE_TEXT_MAX];
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 64;
        list->rows = must_realloc(list->rows, list->capacity * sizeof *list->rows);
    }
    sequence_print(text, (struct sequence){.middle = (uint64_t)r->shard + 1, .low = (uint64_t)r->stored + 1});
    buffer_append_text(&sequence, text);
    list->rows[list->count++] = (struct requeue_row){
        .shard = arena_span(&sim.memory, span_of(sim.shards[r->shard].id)),
        .sequence = arena_span(&sim.memory, buffer_span(&sequence)),
        .sub_sequence = r->sub,
        .partition_key = r->key,
        .data = r->data,
        .selected = r->copy_of < 0 && (sim.calm || sim_chance(700)), /* a copy is as bad as its record */
    };
    buffer_release(&sequence);
}

error admin_requeue(struct process *p)
{
    struct stream *stream;
    struct row_list list = {0};
    struct requeue_report report;
    if (sim.on_disk) sim_lake_load();
    oracle_quarantined(row_add, &list);
    CHECK(sim_stream_open(p, NULL, &stream) == OK);
    struct requeue_options options = {
        .objects = &p->store.base,
        .stream = stream,
        .take_over = true,
        .settle_us = sim.remote ? US_PER_SECOND : 0,
        .journal = "s3://" BUCKET "/quarantine/" JOB "/",
        .rows = list.rows,
        .count = list.count,
    };
    error e = job_requeue(&options, &report);
    stream->ops->close(stream);
    free(list.rows);
    if (e == OK)
        sim_say("p%d requeued %lld, found %lld", p->number, (long long)report.sent, (long long)report.found);
    return e;
}

/* ---- how they may end ---- */

void admin_check(const struct process *p)
{
    error e = p->result;
    bool fine = e == OK || (p->work == WORK_REWIND && (e == ERR_CONFLICT || e == ERR_NOT_FOUND));
    if (p->work == WORK_REWIND && e == ERR_INVALID_INPUT && p->rewind_to != INT64_MAX) fine = true; /* taken back before */
    if (!sim.calm)
        fine |= e == ERR_STOPPED || error_row(e)->retry == RETRY_BACKOFF || e == ERR_CONFLICT ||
                e == ERR_PRECONDITION || (sim.on_disk && (e == ERR_IO || e == ERR_NO_SPACE));
    if (!fine) sim_fail("p%d ended with %s: %s", p->number, error_row(e)->code, p->text);
}

bool admin_alive(void)
{
    for (int i = 0; i < PROCESSES_MAX; i++)
        if (sim.processes[i].alive && sim.processes[i].work != WORK_JOB) return true;
    return false;
}
