"""Exactly once at every system call: the job, the server, or both are killed at a call that writes, or
the call fails with ENOSPC or EIO; of a job over the network, the same around every request. Then
everything starts again, and every acknowledged record is in the tables exactly once. The list of calls
comes from recorded runs (crash.py).

Without arguments a sample of the points runs; --all: every one; --seed N: another sample."""
import concurrent.futures, random

from crash import *

SAMPLE = int(os.environ.get("SLUICE_CRASH_POINTS", "60"))
WORKERS = int(os.environ.get("SLUICE_CRASH_WORKERS", max(2, os.cpu_count() or 2)))


def choose(scenarios, seed):
    """Every scenario has its share; so has every kind of fault."""
    random.seed(seed)
    chosen = []
    for scenario in scenarios:
        points = scenario.points()
        random.shuffle(points)
        share = SAMPLE // len(scenarios)
        kills = [p for p in points if p[3].startswith("kill")]
        faults = [p for p in points if not p[3].startswith("kill")]
        chosen += kills[:share // 2 if faults else share] + faults[:share - share // 2]
    return chosen


def run_point(point):
    scenario, call, number, what = point
    try:
        wrong, survived = scenario.run_point(call, number, what)
    except Exception:
        wrong, survived = traceback.format_exc(), False
    return point, wrong, survived


def main():
    everything = "--all" in sys.argv
    seed = int(sys.argv[sys.argv.index("--seed") + 1]) if "--seed" in sys.argv else 1
    folder = tempfile.mkdtemp(prefix="sluice-crash-")
    try:
        scenarios = all_scenarios(folder)
        points = [p for s in scenarios for p in s.points()] if everything else choose(scenarios, seed)
        random.shuffle(points) # scenarios take turns: they differ in what they wait for
        for s in scenarios:
            kinds = collections.Counter(call for call, _, _ in s.calls)
            print("# %s: %s" % (s.name, ", ".join("%d %s" % (n, c) for c, n in sorted(kinds.items()))))
        totals = collections.Counter()
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for (s, call, number, what), wrong, survived in pool.map(run_point, points):
                totals[s.name, what, "wrong" if wrong else "survived" if survived else "recovered"] += 1
                ok(not wrong, "%s: %s at %s %d%s" % (s.name, what, call, number,
                                                     ", survived" if survived else ""), wrong)
        for (name, what, end), count in sorted(totals.items()):
            print("# %-8s %-12s %-9s %d" % (name, what, end, count))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


case(main)
done()
