/* Processes: each runs job_run on a stack of its own and may be left at any call of a back end, so
 * that two runs of one job interleave. A killed one goes on without effect until job_run returns. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

enum { STACK_BYTES = 1 << 20 };

static const json_t *document_to_run;

static void on_batch(void *context, const struct batch_report *report)
{
    const struct process *p = context;
    sim.batches++;
    sim_say("p%d batch %lld done: %lld read, %lld quarantined%s", p->number,
            (long long)report->batch, (long long)report->read, (long long)report->quarantined,
            report->recovered ? ", recovered" : "");
}

static error process_work(struct process *p)
{
    switch (p->work) {
    case WORK_REWIND: return admin_rewind(p);
    case WORK_REQUEUE: return admin_requeue(p);
    case WORK_COMPACT: return compact_work(p);
    default: return job_run(document_to_run, &p->options);
    }
}

static void process_main(unsigned index)
{
    struct process *p = &sim.processes[index];
    p->result = sim.on_disk ? sim_lake_open() : OK;
    if (p->result == OK) p->result = process_work(p);
    snprintf(p->text, sizeof p->text, "%s", p->result == OK ? "" : error_text());
    sim_uploads_drop(p);
    sim_say("p%d ends: %s %s", p->number, p->result == OK ? "OK" : error_row(p->result)->code, p->text);
    p->alive = false;
}

void process_start(struct process *p, enum work work, const json_t *document)
{
    char *stack = p->stack ? p->stack : must_alloc(STACK_BYTES);
    bool others = false;
    for (int i = 0; i < PROCESSES_MAX; i++)
        if (&sim.processes[i] != p && sim.processes[i].alive)
            others = sim.processes[i].overlapped = true;
    *p = (struct process){.number = ++sim.process_count, .work = work, .alive = true,
                          .stack = stack, .overlapped = others};
    p->store = (struct sim_store){{sim.on_disk ? &sim_lake_ops : &sim_object_ops}, p};
    p->catalog = (struct sim_catalog){{&sim_catalog_ops}, p};
    p->options = (struct job_options){
        .name = JOB,
        .memory_bytes = sim_chance(500) ? 4 << 20 : 96 << 10,
        .window_us = -1,
        .drain = work == WORK_JOB && (sim.calm || sim_chance(800)),
        .retries = sim_below(4),
        .stop = &p->stop,
        .catalog = &p->catalog.base,
        .objects = &p->store.base,
        .open_stream = sim_stream_open,
        .on_batch = on_batch,
        .context = p,
    };
    if (sim.on_disk) disk_die_at(!sim.calm && sim_chance(500) ? 1 + sim_below(400) : 0);
    if (!sim.calm && sim_chance(800)) p->kill_at = 1 + sim_below(sim_chance(300) ? 20 : 150);
    for (int i = 0; i < sim.shard_count; i++) p->began_at[i] = sim.shards[i].count;
    for (int i = 0; i < sim.shard_count && !sim.started_us; i++)
        sim.shards[i].first_seen = sim.shards[i].count;
    if (!sim.started_us) sim.started_us = sim.true_us;
    static const char *const works[] = {"", " to rewind", " to requeue", " to compact"};
    sim_say("p%d starts%s%s", p->number, works[work], p->options.drain ? ", to drain" : "");
    document_to_run = document;
    CHECK(getcontext(&p->context) == 0);
    p->context.uc_stack.ss_sp = p->stack;
    p->context.uc_stack.ss_size = STACK_BYTES;
    p->context.uc_link = &sim.scheduler;
    makecontext(&p->context, (void (*)(void))process_main, 1, (unsigned)(p - sim.processes));
}

static bool any_alive(void)
{
    for (int i = 0; i < PROCESSES_MAX; i++)
        if (sim.processes[i].alive) return true;
    return false;
}

void process_resume(struct process *p)
{
    sim.current = p;
    CHECK(swapcontext(&sim.scheduler, &p->context) == 0);
    sim.current = NULL;
    if (!sim.on_disk || any_alive()) return;
    sim_lake_close(p->dead);
    disk_settle(p->dead && sim_chance(300));
}

void process_yield(struct process *p)
{
    CHECK(swapcontext(&p->context, &sim.scheduler) == 0);
}

void processes_release(void)
{
    for (int i = 0; i < PROCESSES_MAX; i++) {
        free(sim.processes[i].stack);
        sim.processes[i].stack = NULL;
    }
}
