#!/usr/bin/env python3
"""The engine in the simulated world: seeds that must pass, and planted bugs that must be found.
Speaks TAP. Build first: make sim."""
import os, re, subprocess, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from plants import PLANTS

HERE = os.path.join(os.environ.get("SLUICE_BUILD", "build"), "sim")
WORLD_PLANTS = ("no-sync", "no-fence", "forget-shards")  # the world itself is wrong
SEEDS = 300
PLANTED_SEEDS = 1000

def run(program, *arguments):
    done = subprocess.run([os.path.join(HERE, program), *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, timeout=600)
    return done.returncode, done.stdout

def main():
    number = 0
    def check(good, name, detail=""):
        nonlocal number
        number += 1
        print("%s %d - %s" % ("ok" if good else "not ok", number, name))
        for line in detail.splitlines():
            print("# " + line)
        sys.stdout.flush()

    code, text = run("sluice-sim", "--seed", "1", "--runs", str(SEEDS))
    check(code == 0, "%d seeds: every record exactly once" % SEEDS, text)
    first, second = (run("sluice-sim", "--seed", "7", "--runs", "1", "--trace")[1].rsplit("\n", 2)[0]
                     for _ in range(2))
    check(first == second and first.count("\n") > 100, "a seed replays to the byte")

    planted = [("sluice-sim-" + name, name, ()) for name in PLANTS]
    planted += [("sluice-sim", "world " + name, ("--plant", name)) for name in WORLD_PLANTS]
    for program, name, extra in planted:
        code, text = run(program, "--runs", str(PLANTED_SEEDS), "--first", *extra)
        found = re.search(r"^seed (\d+) FAILED: (.*)$", text, re.M)
        check(code == 1 and found, "planted: %s" % name,
              found.group(0)[:140] if found else text)
    print("1..%d" % number)

if __name__ == "__main__":
    main()
