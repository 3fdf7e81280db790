/* The generator, the clock and the faults: what happens to each call. */
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct sim sim;

/* splitmix64 (Steele, Lea, Flood 2014) */
uint64_t sim_random(void)
{
    uint64_t z = sim.random += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

int sim_below(int n)
{
    return (int)(sim_random() % (uint64_t)n);
}

bool sim_chance(int permille)
{
    return sim_below(1000) < permille;
}

void sim_say(const char *format, ...)
{
    if (!sim.trace) return;
    va_list args;
    va_start(args, format);
    printf("%10.6f ", (double)(sim.true_us % US_PER_DAY) / US_PER_SECOND);
    vprintf(format, args);
    printf("\n");
    va_end(args);
}

void sim_fail(const char *format, ...)
{
    if (sim.failed) return;
    va_list args;
    va_start(args, format);
    vsnprintf(sim.failure, sizeof sim.failure, format, args);
    va_end(args);
    sim.failed = true;
    sim_say("FAILED: %s", sim.failure);
}

/* ---- faults ---- */

error sim_dead(void)
{
    return fail(ERR_STOPPED, "killed");
}

error sim_fault(void)
{
    static const error codes[] = {ERR_UNAVAILABLE, ERR_INTERNAL, ERR_NETWORK, ERR_TIMEOUT};
    if (sim.current && sim.current->dead) return sim_dead();
    return fail(codes[sim_below(4)], "simulated fault");
}

void sim_kill(struct process *p)
{
    sim_say("p%d KILLED", p->number);
    p->dead = true;
    atomic_store(&p->stop, true);
    sim.kills++;
    for (int i = 0; i < sim.object_count; i++) /* the plant no-sync: the power fails */
        if (!sim.objects[i].synced) sim.objects[i].bytes.size = 0;
}

enum fate sim_step(struct process *p, const char *what, const char *name)
{
    if (p->dead) return FATE_DEAD;
    sim.steps++;
    sim.true_us += 1 + sim_below(sim_chance(20) ? 3000000 : 2000); /* some calls are slow */
    if (sim_chance(sim.switch_permille)) process_yield(p);
    enum fate fate = FATE_GOOD;
    if (++p->ops == p->kill_at && !sim.calm) {
        fate = sim_chance(500) ? FATE_DEAD : FATE_LOST;
    } else if (!sim.calm && sim_chance(sim.fault_permille)) {
        fate = sim_chance(500) ? FATE_FAULT : FATE_LOST;
        sim.faults++;
    }
    static const char *const texts[] = {"", " FAULT", " LOST REPLY", " NOT DONE"};
    sim_say("p%d %s %s%s", p->number, what, name, texts[fate]);
    if (p->ops == p->kill_at && !sim.calm) sim_kill(p);
    return fate;
}

/* ---- the world seam ---- */

static void tick(void)
{
    sim.true_us++;
    if (++sim.clock_calls > 20000000) {
        fprintf(stderr, "seed %llu: the engine turns in circles\n", (unsigned long long)sim.seed);
        abort();
    }
}

static int64_t sim_now(void)
{
    tick();
    return sim.true_us + sim.skew_us;
}

static int64_t sim_monotonic(void)
{
    tick();
    return sim.true_us;
}

static void sim_sleep(int64_t us)
{
    sim.true_us += us > 0 ? us : 0;
    if (sim.current) process_yield(sim.current);
}

static void sim_random_bytes(void *out, size_t size)
{
    for (size_t i = 0; i < size; i++) ((uint8_t *)out)[i] = (uint8_t)sim_random();
}

const struct world sim_world = {
    .now_us = sim_now,
    .monotonic_us = sim_monotonic,
    .sleep_us = sim_sleep,
    .random = sim_random_bytes,
};
