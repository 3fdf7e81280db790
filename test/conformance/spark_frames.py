#!/usr/bin/env python3
"""DataFrame programs give what Spark gave: columns' names and types, rows, values, or the class of the
exception (test/data/spark_frames.jsonl, made by tool/oracle/spark_frames.py of spark_frames.py). All run
in one `sluice run`. A program that is refused by name counts as refused, never as right.

    spark_frames.py [NAME...]     only these"""
import json, os, re, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

DATA = os.path.join(ROOT, "test/data")
SCRIPT = """import sys
sys.path.insert(0, %r)
from pyspark.sql import SparkSession
import spark_frames
spark_frames.answers(SparkSession.builder.getOrCreate())
"""
MOST_REFUSED = 18


def close(x, y):
    """Doubles may differ in their last digits: sums are added in an order that is nobody's."""
    try:
        return isinstance(x, str) and abs(float(x) - float(y)) <= 1e-13 * abs(float(x))
    except (TypeError, ValueError):
        return False


def same(x, y):
    if isinstance(x, list) and isinstance(y, list):
        return len(x) == len(y) and all(map(same, x, y))
    if isinstance(x, dict) and isinstance(y, dict):
        return x.keys() == y.keys() and all(same(x[k], y[k]) for k in x)
    return type(x) is type(y) and (x == y or close(x, y))


def differs(want, got):
    """What is different, or None."""
    for part in ("error", "value", "columns", "rows"):
        if not same(want.get(part), got.get(part)):
            return "%s %s expected, got %s" % (part, want.get(part), got.get(part) or got)
    return None


def answers():
    server = Server()
    with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
        script.write(SCRIPT % DATA)
        script.flush()
        done = subprocess.run([SLUICE, "run", "--dir", server.directory, script.name], text=True, capture_output=True,
                              env=dict(os.environ, TZ="UTC"))
    server.stop()
    print(done.stderr, file=sys.stderr, end="")
    return {a["name"]: a for a in map(json.loads, re.findall(r"(?m)^\{.*", done.stdout))}


def main():
    with open(os.path.join(DATA, "spark_frames.jsonl"), encoding="utf-8") as file:
        golden = [g for g in map(json.loads, file) if g["name"] in sys.argv[1:] or not sys.argv[1:]]
    got, failed, refused = answers(), 0, 0
    print("1..%d" % len(golden))
    for number, want in enumerate(golden, 1):
        mine = got.get(want["name"], {"error": "no answer"})
        named = mine.get("error") == "Unsupported"
        problem = None if named else differs(want, mine)
        refused += named
        failed += problem is not None
        print("%s %d - %s%s" % ("not ok" if problem else "ok", number, "refused by name: " if named else "", want["name"]))
        if problem or named:
            print("#   %s" % (problem or mine["text"])[:900])
    print("# %d programs, %d refused by name" % (len(golden), refused))
    return 1 if failed or refused > MOST_REFUSED else 0


sys.exit(main())
