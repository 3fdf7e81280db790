#!/usr/bin/python3
"""Benchmarks: Sluice beside its peers on this machine; see docs/benchmarks.md.

usage: ./dev bench [OPTION...] [NAME...]

A NAME is a row, or the beginning of several. Without one all of them run.

  --list       names and what they do
  --quick      a look: one round, a tenth of the work, nothing is kept
  --rounds N   rounds of each row (7); a curve takes three at most
  --json       a JSON object a row
"""
import argparse, importlib, json, os, platform, statistics, subprocess, sys, time

from row import Absent, Curve, Row, sample_of
from stage import BUILD, ROOT, Stage

MODULES = ["core", "kinesis", "s3", "start", "script", "pipeline", "query", "curve"]
RESULTS = os.path.join(ROOT, "bench", "results")
CURVE_ROUNDS = 3


def all_rows():
    return [row for module in MODULES for row in importlib.import_module(module).ROWS]


def chosen(rows, names):
    unknown = [n for n in names if not any(r.name.startswith(n) for r in rows)]
    if unknown:
        sys.exit("bench: no row %s (--list names them)" % ", ".join(unknown))
    return [r for r in rows if not names or any(r.name.startswith(n) for n in names)]


# ---- measuring ----

def measure_row(row, stage, rounds):
    """Peer and ours in turn; the first of a pair changes every round."""
    work = row.run(stage)
    sides = dict(zip(("ours", "theirs"), work if isinstance(work, tuple) else (work,)))
    taken = {side: [] for side in sides}
    for number in range(rounds):
        for side in sorted(sides, reverse=number % 2 == 0):
            taken[side].append(sample_of(sides[side]()))
    result = {side: summary(samples) for side, samples in taken.items()}
    if "theirs" in taken:
        ratios = [o.value / p.value for o, p in zip(taken["ours"], taken["theirs"])]
        result["ratios"] = [1 / r for r in ratios] if row.less else ratios
        result["ratio"] = statistics.median(result["ratios"])
    return result


def measure_curve(curve, rounds, quick):
    points = []
    for point in curve.points[:-1] if quick and len(curve.points) > 2 else curve.points:
        with Stage(quick) as stage:
            ours = curve.run(stage, point)
            points.append({"point": point, **summary([sample_of(ours()) for _ in range(rounds)])})
    return {"points": points}


def summary(samples):
    peaks = [s.rss_mib for s in samples if s.rss_mib is not None]
    return {"median": statistics.median(s.value for s in samples),
            "values": [s.value for s in samples],
            "rss_mib": max(peaks) if peaks else None,
            "details": [s.details for s in samples if s.details]}


def measure(row, options):
    rounds = 1 if options.quick else options.rounds
    if isinstance(row, Curve):
        result = measure_curve(row, min(rounds, CURVE_ROUNDS), options.quick)
    else:
        with Stage(options.quick) as stage:
            result = measure_row(row, stage, rounds)
    about = {k: v for k, v in vars(row).items() if k != "run" and v is not None}
    return {**about, **result, "load": os.getloadavg()[0]}


# ---- telling ----

def machine():
    with open("/proc/cpuinfo") as file:
        model = next((l.split(":", 1)[1].strip() for l in file if l.startswith("model name")), "?")
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1]) / 1024 / 1024
    flags = "--short=12", "HEAD"
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", *flags], capture_output=True, text=True)
    return {"cpu": model, "cores": os.cpu_count(), "memory_gib": round(memory, 1),
            "kernel": platform.release(), "arch": platform.machine(),
            "commit": commit.stdout.strip(), "load": os.getloadavg()[0]}


def number(value):
    return "-" if value is None else "%.4g" % value if value < 1000 else format(round(value), ",")


def verdict(row, result):
    """Of the bars, for the ratio or, without a peer, the value."""
    value = result.get("ratio", result["ours"]["median"])
    smaller = row.less and row.peer is None
    for name in "goal", "floor":
        bar = getattr(row, name)
        if bar is not None and (value <= bar if smaller else value >= bar):
            return name + " reached"
    return "below the floor"


def tell_row(row, result):
    ours, theirs = result["ours"], result.get("theirs")
    print("%s: %s" % (row.name, row.work))
    print("  ours   %s %s%s" % (number(ours["median"]), row.unit, memory(ours)))
    if theirs:
        print("  peer   %s %s%s  (%s)" % (number(theirs["median"]), row.unit, memory(theirs),
                                          row.peer))
        print("  ratio  %sx  (%s)" % (number(result["ratio"]),
                                      " ".join(number(r) for r in result["ratios"])))
    if row.floor is not None:
        of = "x" if row.peer else " " + row.unit
        print("  bars   floor %s%s, goal %s%s: %s" % (number(row.floor), of, number(row.goal), of,
                                                     verdict(row, result)))


def memory(side):
    return "" if side["rss_mib"] is None else ", peak %s MiB" % number(side["rss_mib"])


def tell_curve(curve, result):
    print("%s: %s" % (curve.name, curve.work))
    for point in result["points"]:
        print("  %9s %s  %s %s%s" % (format(point["point"], ","), curve.along,
                                     number(point["median"]), curve.unit, memory(point)))


def tell(row, result, as_json):
    if as_json:
        print(json.dumps(result), flush=True)
        return
    (tell_curve if isinstance(row, Curve) else tell_row)(row, result)
    sys.stdout.flush()


def keep(where, results):
    os.makedirs(RESULTS, exist_ok=True)
    when = time.strftime("%Y-%m-%dT%H%M%SZ", time.gmtime())
    path = os.path.join(RESULTS, "%s-%s-%dcore.json" % (when, where["arch"], where["cores"]))
    with open(path, "w") as file:
        json.dump({"date": when, "machine": where, "rows": results}, file, indent=1)
        file.write("\n")
    print("bench: kept in %s" % os.path.relpath(path, ROOT), file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(add_help=False)
    for flag in "--list", "--quick", "--json", "--help":
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    rows = chosen(all_rows(), options.names)
    if options.help:
        print(__doc__.strip())
        return
    if options.list:
        for row in rows:
            print("%-24s %s" % (row.name, row.work))
        return
    os.makedirs(os.path.join(BUILD, "bench"), exist_ok=True)
    where, results, failed = machine(), [], []
    if not options.json:
        print("%(cpu)s, %(cores)d cores, %(memory_gib)s GiB, Linux %(kernel)s, load %(load)s; "
              "commit %(commit)s" % where, flush=True)
    for row in rows:
        try:
            results.append(measure(row, options))
            tell(row, results[-1], options.json)
        except Absent as why:
            results.append({"name": row.name, "work": row.work, "absent": str(why)})
            print(json.dumps(results[-1]) if options.json else
                  "%s: %s\n  not present: %s" % (row.name, row.work, why), flush=True)
        except Exception as why:
            failed.append(row.name)
            print("bench: %s: %s" % (row.name, repr(why)), file=sys.stderr)
    if results and not options.quick:
        keep(where, results)
    sys.exit("bench: failed: " + ", ".join(failed) if failed else 0)


if __name__ == "__main__":
    main()
