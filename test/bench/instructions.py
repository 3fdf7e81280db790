#!/usr/bin/python3
"""Instructions a record takes, counted by callgrind: the same on every run of a machine, noisy or not.

usage: test/bench/instructions.py [--keep]      after `make bench`

Prints decoding alone and the whole of `sluice convert` for each shape of records, beside what
bench/instructions.json has; --keep writes them there. The counts are differences of two runs, so that
starting up does not count. Valgrind shows programs a processor with AVX2 and without AVX-512."""
import json, os, re, subprocess, sys, tempfile

import shapes
from core import VENTILATOR
from stage import BUILD, ROOT, SLUICE

FEW, MANY = 3000, 23000
KEPT = os.path.join(ROOT, "bench", "instructions.json")


def count(command):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command],
                          capture_output=True, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", done.stderr).group(1))


def records(folder, shape, number):
    path = os.path.join(folder, "%s-%d.ndjson" % (shape, number))
    if shape == "ventilator":
        with open(path, "wb") as file:
            subprocess.run([SLUICE, "gen", "--dry-run", "--seed", "1", "--max-count", str(number)],
                           stdout=file, check=True)
    else:
        shapes.make(path, shape, number)
    return path


def of_shape(folder, shape):
    schema = VENTILATOR if shape == "ventilator" else shapes.schema_of(shape)
    few, many = (records(folder, shape, n) for n in (FEW, MANY))
    programs = {
        "decode": lambda source: [os.path.join(BUILD, "tool", "decode_speed"), source, schema],
        "convert": lambda source: [SLUICE, "convert", source, "-o", os.path.join(folder, "out"), "--schema", schema,
                                   "--timestamps", "int64"],
    }
    return {name: round((count(command(many)) - count(command(few))) / (MANY - FEW))
            for name, command in programs.items()}


def main():
    kept = {}
    if os.path.exists(KEPT):
        with open(KEPT) as file: kept = json.load(file)
    counted = {}
    with tempfile.TemporaryDirectory(prefix="sluice-instructions-") as folder:
        for shape in ("ventilator", *shapes.SHAPES):
            counted[shape] = of_shape(folder, shape)
            for name, number in counted[shape].items():
                before = kept.get(shape, {}).get(name)
                change = "" if before is None else " (%+.1f %%)" % (100 * (number / before - 1))
                print("%-12s %-8s %7d instructions a record%s" % (shape, name, number, change), flush=True)
    if "--keep" in sys.argv:
        os.makedirs(os.path.dirname(KEPT), exist_ok=True)
        with open(KEPT, "w") as file:
            json.dump(counted, file, indent=1)
            file.write("\n")


main()
