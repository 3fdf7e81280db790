/* sluice-sim: runs seeds and tells which fail.
 *
 *   sluice-sim [--seed N] [--runs M] [--jobs J] [--first] [--trace] [--plant NAME]
 *
 * --first ends at the first failure; --plant makes the world itself wrong (run.py).
 *
 * A seed is a story: producers, reshards and retention between the steps of job runs that fault, die
 * and overlap; then the faults end, a last run drains the stream, and the oracle looks. */
#include "sim.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS_MAX = 64, LAST_RUNS = 12, DISK_PERMILLE = 100, ON_DISK_PERMILLE = 60,
       ADMIN_PERMILLE = 100, COMPACTS_EVERY = 8 };

/* ---- one seed ---- */

static json_t *target_document(const char *name, const char *path, int layout)
{
    static const char *const ingest[] = {"ingest_year", "ingest_month", "ingest_day", "ingest_hour"};
    json_t *keys = json_array();
    for (int i = 0; layout == 1 && i < 4; i++)
        json_array_append_new(keys, json_pack("[s]", ingest[i]));
    if (layout) json_array_append_new(keys, json_pack("[s]", "k"));
    return json_pack("{s:{s:s, s:[s], s:s, s:s, s:o, s:{s:b, s:s, s:s, s:s}}}", "S3GlueParquetTarget",
                     "Name", name, "Inputs", "source", "Path", path, "Compression",
                     sim_chance(500) ? "none" : "snappy", "PartitionKeys", keys, "SchemaChangePolicy",
                     "EnableUpdateCatalog", 1, "Database", "db", "Table", name, "UpdateBehavior",
                     "UPDATE_IN_DATABASE");
}

static json_t *job_document(void)
{
    static const char *const starts[] = {"TRIM_HORIZON", "LATEST", "timestamp"};
    json_t *options = json_pack("{s:s}", "StartingPosition", starts[sim.start]);
    if (sim.start == START_TIMESTAMP)
        json_object_set_new(options, "StartingTimestamp", json_integer(sim.start_us / US_PER_SECOND));
    json_t *source = json_pack("{s:s, s:i, s:o}", "Name", "events", "WindowSize", sim.window_s,
                               "StreamingOptions", options);
    if (sim.detected) {
        json_object_set_new(options, "StreamName", json_string("events"));
        json_object_set_new(options, "Classification", json_string("json"));
    } else {
        json_object_set_new(source, "Database", json_string("db"));
        json_object_set_new(source, "Table", json_string("events"));
    }
    json_t *nodes = json_pack("{s:{s:o}, s:o}", "source",
                              sim.detected ? "DirectKinesisSource" : "CatalogKinesisSource", source,
                              "target", target_document("rows", "s3://" BUCKET "/table/", sim.layout));
    if (sim.targets > 1)
        json_object_set_new(nodes, "target2", target_document("rows2", "s3://" BUCKET "/table2/",
                                                              (sim.layout + 1) % 3));
    return nodes;
}

static void clock_jump(void)
{
    sim.skew_us += (sim_below(4 * 3600) - 2 * 3600) * (int64_t)US_PER_SECOND;
    sim_say("the clock jumps");
}

static void seed_begin(uint64_t seed)
{
    sim.seed = seed;
    sim.random = seed * 0x2545f4914f6cdd1du + 1;
    sim.calm = sim.failed = false;
    arena_reset(&sim.memory);
    /* a minute or so before an hour ends */
    sim.true_us = INT64_C(1768042500000000) + sim_below(3600) * (int64_t)US_PER_SECOND;
    sim.skew_us = sim.full_until_us = 0;
    static const int rates[] = {0, 5, 20, 60};
    sim.fault_permille = rates[sim_below(4)];
    sim.switch_permille = rates[sim_below(4)] * 5;
    sim.empty_permille = rates[sim_below(4)] * 5;
    sim.loses_staged = sim_chance(400);
    sim.overlaps = sim_chance(400);
    sim.duel = sim_chance(150); /* two runs at all times, call by call */
    if (sim.duel) {
        sim.overlaps = true;
        sim.switch_permille = 300;
        sim.fault_permille = 5;
    }
    sim.contest = sim_chance(40); /* over one batch whose staged bytes are lost again and again */
    if (sim.contest) {
        sim.loses_staged = sim.overlaps = true;
        sim.switch_permille = 300;
        sim.fault_permille = 5;
    }
    sim.trims = sim_chance(400);
    sim.overtrims = sim_chance(150);
    sim.trims |= sim.overtrims;
    sim.lost = sim.told = false;
    sim.jumps = sim_chance(400);
    if (sim.jumps && sim_chance(500)) clock_jump();
    sim.layout = sim_below(3);
    sim.targets = sim_chance(150) ? 2 : 1;
    sim.detected = sim_chance(150);
    sim.remote = sim_chance(300);
    sim.on_disk = sim.rewound = false;
    sim.admin = sim_chance(ADMIN_PERMILLE);
    if (sim.admin) sim.trims = sim.overtrims = false; /* what is taken back must be there to be read */
    sim.compacts = false;
    sim.start = sim_chance(300) ? START_LATEST + sim_below(2) : START_TRIM_HORIZON;
    sim.start_us = sim.started_us = 0;
    sim.begun = false;
    sim.window_s = sim_chance(300) ? 0 : 1 + sim_below(5);
    sim.clock_calls = 0;
    sim.overlap_now = false;
    sim.shard_count = sim.record_count = sim.object_count = sim.token_count = sim.process_count = 0;
    sim_uploads_drop(NULL);
    sim_catalog_reset();
    json_decref(sim.contents);
    json_decref(sim.plans);
    json_decref(sim.commits);
    sim.contents = json_object();
    sim.plans = json_object();
    sim.commits = json_object();
}

static void world_turns(void)
{
    sim.true_us += sim_below(200000);
    switch (sim_below(12)) {
    case 0: case 1: case 2: case 3: sim_produce(); break;
    case 4: if (sim_chance(400)) sim_reshard(); break;
    case 5: if (sim.trims) sim_trim(); break;
    case 6: if (sim.loses_staged && sim_chance(300)) sim_lose_staged(); break;
    case 7: if (sim.jumps && sim_chance(300)) clock_jump(); break;
    case 8: if (sim.fault_permille && sim_chance(100)) {
                sim.full_until_us = sim.true_us + sim_below(20) * (int64_t)US_PER_SECOND;
                sim_say("the disk is full");
            }
            break;
    case 9: if (sim_chance(200)) sim.true_us += sim_below(900) * (int64_t)US_PER_SECOND; break;
    case 11: if (sim.on_disk && sim_chance(60)) sim_lake_power(); break;
    case 10: if (sim.loses_staged && sim_chance(300)) sim_reshard(); break;
    default: break;
    }
}

static struct process *process_pick(bool alive)
{
    struct process *found = NULL;
    int count = 0;
    for (int i = 0; i < PROCESSES_MAX; i++)
        if (sim.processes[i].alive == alive && (sim.calm || !sim.processes[i].nap) &&
            sim_below(++count) == 0)
            found = &sim.processes[i];
    for (int i = 0; i < PROCESSES_MAX; i++)
        if (sim.processes[i].nap) sim.processes[i].nap--;
    return found;
}

/* How a run may end while the world is wild. */
static void check_result(const struct process *p)
{
    if (p->work != WORK_JOB) {
        (p->work == WORK_COMPACT ? compact_check : admin_check)(p);
        return;
    }
    bool fine = p->result == OK || p->result == ERR_STOPPED || p->result == ERR_FENCED ||
                error_row(p->result)->retry == RETRY_BACKOFF;
    if (sim.on_disk && !sim.calm && (p->result == ERR_IO || p->result == ERR_NO_SPACE)) fine = true;
    if ((sim.rewound || sim.compacts) && !sim.calm && p->result == ERR_CONFLICT) fine = true; /* a slow clock */
    if (p->overlapped && p->result == ERR_DATA_LOSS) fine = true; /* another run committed, then retention */
    if (sim.loses_staged && p->result == ERR_NO_SUCH_UPLOAD) fine = true; /* lost again and again */
    if (sim.lost && p->result == ERR_DATA_LOSS) fine = sim.told = true;
    bool drained = p->result == OK && p->options.drain && !p->stop && !(sim.rewound && p->overlapped);
    for (int i = 0; drained && i < sim.shard_count; i++)
        if (sim.shards[i].committed < p->began_at[i] && sim.shards[i].begin < p->began_at[i] && !sim.lost)
            sim_fail("run p%d ended as drained, but committed %s only up to %d of %d", p->number,
                     sim.shards[i].id, sim.shards[i].committed, p->began_at[i]);
    if (!fine) sim_fail("run p%d ended with %s: %s", p->number, error_row(p->result)->code, p->text);
}

static void process_turn(struct process *p)
{
    if (sim_chance(10)) atomic_store(&p->stop, true); /* SIGTERM */
    process_resume(p);
    if (!p->alive) check_result(p);
    else if (sim.overlaps && sim_chance(50)) p->nap = sim_below(60); /* another run goes on meanwhile */
}

static struct process *admin_start(struct process *p, const json_t *document)
{
    int planned = (int)json_object_size(sim.plans);
    process_start(p, sim_chance(500) ? WORK_REWIND : WORK_REQUEUE, document);
    p->rewind_to = sim_below(planned + 1) - 1;
    return p;
}

static void wild_time(const json_t *document)
{
    for (int turns = 10 + sim_below(100); turns > 0 && !sim.failed; turns--) {
        for (int n = sim_below(3); n > 0; n--) world_turns();
        struct process *p = process_pick(true);
        if (!p || sim.overlap_now || sim.duel || (sim.overlaps && sim_chance(30))) {
            sim.overlap_now = false;
            struct process *fresh = process_pick(false);
            if (fresh) process_start(p = fresh, WORK_JOB, document);
        }
        if (sim.admin && sim_chance(60) && !admin_alive()) {
            struct process *fresh = process_pick(false);
            if (fresh) p = admin_start(fresh, document);
        }
        if (sim.compacts && sim_chance(250)) {
            sim.true_us += sim_below(2) * sim_below(3600) * (int64_t)US_PER_SECOND;
            struct process *fresh = process_pick(false);
            if (fresh) process_start(p = fresh, WORK_COMPACT, document);
        }
        if (p) process_turn(p);
    }
}

/* A run sleeps while another commits so many batches that the oldest plans are removed. */
static void long_sleep(const json_t *document)
{
    enum { BATCHES = 104, TURNS = 4000 };
    struct process *sleeper = &sim.processes[0], *other = &sim.processes[1];
    sim.fault_permille = 0;
    sim.switch_permille = 200;
    sim.window_s = 0;
    process_start(sleeper, WORK_JOB, document);
    sleeper->kill_at = 0;
    for (int turns = 10 + sim_below(60); turns > 0 && sleeper->alive; turns--) {
        sim_produce();
        process_resume(sleeper);
    }
    sim_say("p%d sleeps", sleeper->number);
    sim.switch_permille = 0;
    process_start(other, WORK_JOB, document);
    other->kill_at = 0;
    other->options.drain = false;
    long enough = sim.batches + BATCHES;
    for (int turns = 0; turns < TURNS && sim.batches < enough && other->alive; turns++) {
        if (sim_chance(300)) sim_produce();
        process_resume(other);
    }
    sim_say("p%d wakes up", sleeper->number);
    sim.switch_permille = 50;
    while (sleeper->alive && !sim.failed) process_turn(sleeper);
}

static struct process *run_calmly(enum work work, const json_t *document)
{
    struct process *p = &sim.processes[0];
    process_start(p, work, document);
    p->rewind_to = INT64_MAX; /* only goes on with what was begun */
    while (p->alive) process_resume(p);
    check_result(p);
    return p;
}

/* No more faults: whoever lives ends, a last run drains, and one more finds nothing to do. */
static void calm_time(const json_t *document)
{
    sim.calm = true;
    sim.true_us += INT64_C(12) * 3600 * US_PER_SECOND; /* behind every jump of the clock */
    sim.skew_us = 0;
    for (struct process *p; (p = process_pick(true));) {
        if (!p->options.drain) atomic_store(&p->stop, true);
        process_resume(p);
        if (!p->alive) check_result(p);
    }
    if (sim.admin) {
        run_calmly(WORK_REWIND, document);
        run_calmly(WORK_JOB, document);
        run_calmly(WORK_REQUEUE, document);
    }
    if (sim.compacts) {
        run_calmly(WORK_JOB, document);
        run_calmly(WORK_COMPACT, document);
    }
    int drained = 0;
    for (int i = 0; i < LAST_RUNS && drained < 2 && !sim.failed; i++) {
        struct process *p = run_calmly(WORK_JOB, document);
        if (p->result != OK && !(sim.told && p->result == ERR_DATA_LOSS))
            sim_fail("in peace run p%d ended with %s: %s", p->number, error_row(p->result)->code,
                     p->text);
        drained++;
    }
}

/* Some time of a short history, in whole seconds. */
static void choose_start(void)
{
    int64_t first_us = sim.true_us;
    for (int n = sim_below(6); n > 0; n--) {
        sim.true_us += sim_below(20) * (int64_t)US_PER_SECOND;
        sim_produce();
    }
    int seconds = (int)((sim.true_us - first_us) / US_PER_SECOND);
    int64_t chosen_us = first_us + sim_below(seconds + 1) * (int64_t)US_PER_SECOND;
    sim.start_us = chosen_us / US_PER_SECOND * US_PER_SECOND;
}

static void choose_compaction(void)
{
    if (sim.layout == 2) sim.layout = 1; /* by hour; records are there that fit either */
    sim.trims = sim.overtrims = false;   /* a late batch is read again */
    sim.overlaps = true;
    sim.switch_permille = sim_chance(500) ? 20 : 100;
}

static bool seed_ended(uint64_t seed)
{
    if (sim.failed) printf("seed %llu FAILED: %s\n", (unsigned long long)seed, sim.failure);
    return !sim.failed;
}

static bool seed_run(uint64_t seed)
{
    seed_begin(seed);
    if (sim_chance(DISK_PERMILLE)) {
        disk_story();
        return seed_ended(seed);
    }
    sim_produce();
    if (sim.start == START_TIMESTAMP) choose_start();
    bool sleeps = sim_chance(10);
    if (sleeps) sim.window_s = 0;
    sim.on_disk = !sleeps && sim_chance(ON_DISK_PERMILLE);
    if (sim.on_disk) sim_lake_begin();
    sim.compacts = seed % COMPACTS_EVERY == 3 && !sleeps && !sim.on_disk && !sim.admin;
    if (sim.compacts) choose_compaction();
    json_t *document = job_document();
    CHECK(document);
    if (sleeps) long_sleep(document);
    else wild_time(document);
    calm_time(document);
    if (sim.on_disk) sim_lake_load();
    if (!sim.failed && !sim.told) oracle_finish(); /* told: nothing more can be asked for */
    if (sim.on_disk) sim_lake_end();
    json_decref(document);
    return seed_ended(seed);
}

/* ---- many seeds ---- */

struct tally { long runs, failures, steps, kills, faults, batches, replays, records, files; };

static void on_crash(int signal_number)
{
    char text[96];
    int size = snprintf(text, sizeof text, "seed %llu FAILED: the engine crashed (signal %d)\n",
                        (unsigned long long)sim.seed, signal_number);
    ssize_t ignored = write(STDOUT_FILENO, text, (size_t)size);
    (void)ignored;
    _exit(3);
}

static void tally_add(struct tally *t)
{
    t->steps = sim.steps;
    t->kills = sim.kills;
    t->faults = sim.faults;
    t->batches = sim.batches;
    t->replays = sim.replays;
    t->records += sim.record_count;
    for (int i = 0; i < sim.object_count; i++)
        t->files += sim.objects[i].key[0] == 't' || sim.objects[i].key[0] == 'q';
}

static struct tally *tallies; /* of all workers, shared */
static int64_t failures_max = 5;

static bool enough_failures(int workers)
{
    long failures = 0;
    for (int i = 0; i < workers; i++) failures += tallies[i].failures;
    return failures >= failures_max;
}

static void seeds_run(uint64_t first, long runs, int step, struct tally *t)
{
    static char stack[64 << 10]; /* a crash may be of a run's own stack */
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&alternate, NULL);
    struct sigaction crash = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};
    sigaction(SIGABRT, &crash, NULL);
#if !defined(__SANITIZE_ADDRESS__)
    sigaction(SIGSEGV, &crash, NULL);
    sigaction(SIGBUS, &crash, NULL);
#endif
    world = &sim_world;
    mallopt(M_MMAP_THRESHOLD, 1 << 30); /* pages stay: a third faster */
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    log_set_level(LOG_ERROR);
    for (long i = 0; i < runs && !enough_failures(step); i += step) {
        t->runs++;
        if (!seed_run(first + (uint64_t)i)) {
            t->failures++;
            /* A failed story may have runs that never end; each is abandoned with its stack. */
            for (int p = 0; p < PROCESSES_MAX; p++)
                if (sim.processes[p].alive) sim.processes[p] = (struct process){0};
        }
        fflush(stdout);
        tally_add(t);
    }
}

static void seed_release(void)
{
    sim_uploads_drop(NULL);
    processes_release();
    for (int i = 0; i < SHARDS_MAX; i++) free(sim.shards[i].stored);
    free(sim.records);
    free(sim.objects);
    json_decref(sim.contents);
    json_decref(sim.plans);
    json_decref(sim.commits);
    json_decref(sim.database_tables);
    json_decref(sim.partitions);
    arena_release(&sim.memory);
}

static enum plant plant_named(const char *name)
{
    static const char *const names[] = {"none", "no-sync", "no-fence", "forget-shards"};
    for (int i = 0; i < 4; i++)
        if (strcmp(name, names[i]) == 0) return (enum plant)i;
    fprintf(stderr, "sluice-sim: no plant '%s'\n", name);
    exit(2);
}

static void usage(void)
{
    fprintf(stderr, "usage: sluice-sim [--seed N] [--runs M] [--jobs J] [--first] [--trace] "
                    "[--plant NAME]\n");
    exit(2);
}

int main(int argc, char **argv)
{
    int64_t seed = 1, runs = 1000, jobs = sysconf(_SC_NPROCESSORS_ONLN);
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc, good = true;
        if (strcmp(argv[i], "--trace") == 0) sim.trace = true;
        else if (strcmp(argv[i], "--first") == 0) failures_max = 1;
        else if (strcmp(argv[i], "--seed") == 0 && more) good = parse_int64(span_of(argv[++i]), &seed);
        else if (strcmp(argv[i], "--runs") == 0 && more) good = parse_int64(span_of(argv[++i]), &runs);
        else if (strcmp(argv[i], "--jobs") == 0 && more) good = parse_int64(span_of(argv[++i]), &jobs);
        else if (strcmp(argv[i], "--plant") == 0 && more) sim.plant = plant_named(argv[++i]);
        else usage();
        if (!good) usage();
    }
    if (sim.trace || jobs < 1 || runs == 1) jobs = 1;
    if (jobs > JOBS_MAX) jobs = JOBS_MAX;
    tallies = mmap(NULL, JOBS_MAX * sizeof *tallies, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(tallies != MAP_FAILED);
    int64_t begin = real_world.monotonic_us();
    pid_t children[JOBS_MAX];
    fflush(stdout);
    for (int64_t j = 0; j < jobs; j++) {
        children[j] = fork();
        if (children[j]) continue;
        seeds_run((uint64_t)(seed + j), runs - j, (int)jobs, &tallies[j]);
        seed_release();
        exit(0);
    }
    struct tally all = {0};
    for (int64_t j = 0; j < jobs; j++) {
        int status = 0;
        waitpid(children[j], &status, 0);
        const struct tally *t = &tallies[j];
        all.failures += t->failures + (status != 0);
        all.runs += t->runs;
        all.steps += t->steps;
        all.kills += t->kills;
        all.faults += t->faults;
        all.batches += t->batches;
        all.replays += t->replays;
        all.records += t->records;
        all.files += t->files;
    }
    double seconds = (double)(real_world.monotonic_us() - begin) / US_PER_SECOND;
    printf("%ld runs, %ld failed; %ld steps, %ld kills, %ld faults, %ld batches, %ld records, %ld files, "
           "%ld batches made again; %.1f s\n", all.runs, all.failures, all.steps, all.kills, all.faults,
           all.batches, all.records, all.files, all.replays, seconds);
    return all.failures != 0;
}
