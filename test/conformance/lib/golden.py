"""Golden statements of another engine: what it answered beside what build/tool/query_select answers."""
import json, os, subprocess, sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BUILD = os.path.join(ROOT, os.environ.get("SLUICE_BUILD", "build"))
os.environ.setdefault("SLUICE_DUCKDB", os.path.join(
    ROOT, "deps/engine/node_modules/@duckdb/node-bindings-linux-x64/libduckdb.so"))
FLOATS = ("double", "real", "float")
SHOWN_MOST = 600


def unordered(rows):
    return sorted(rows, key=lambda row: [(v is not None, v or "") for v in row])


def rows_same(types, a, b, part):
    """Doubles may differ by that part of theirs: sums are added in an order that is nobody's."""
    def close(x, y):
        try:
            return abs(float(x) - float(y)) <= part * abs(float(x))
        except (TypeError, ValueError):
            return False
    return len(a) == len(b) and all(
        len(row) == len(other) and
        all(x == y or (t in FLOATS and close(x, y)) for t, x, y in zip(types, row, other))
        for row, other in zip(a, b))


def judge(name, asked, differs, refused_most, options=()):
    """Asks all of test/data/NAME.jsonl. `asked` is an answer's request: {"sql"}, or {"table", "sql"} for
    what the others stand on; `differs` says what is wrong with ours, or None. What is refused as not
    mapped (NOT_SUPPORTED) is no failure unless it is more than refused_most."""
    with open(os.path.join(ROOT, "test/data", name + ".jsonl"), encoding="utf-8") as file:
        golden = [json.loads(line) for line in file]
    requests = [asked(g) for g in golden]
    run = subprocess.run([os.path.join(BUILD, "tool/query_select"), *options], text=True,
                         capture_output=True, input="".join(json.dumps(r) + "\n" for r in requests))
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    statements = [g for g, r in zip(golden, requests) if "table" not in r]
    if len(answers) != len(statements):
        print(run.stderr, file=sys.stderr)
    print(f"1..{len(statements)}")
    failed = refused = 0
    for i, want in enumerate(statements, 1):
        got = answers[i - 1] if i <= len(answers) else {"error": "no answer"}
        problem = differs(want, got)
        if problem and "NOT_SUPPORTED" in got.get("error", ""):
            refused += 1
            print(f"ok {i} - refused by name: {want['sql'][:90]}")
            continue
        failed += problem is not None
        print(f"{'not ok' if problem else 'ok'} {i} - {want['sql'][:110]}")
        if problem:
            print(f"#   {problem[:SHOWN_MOST]}")
    print(f"# {len(statements)} statements, {refused} refused by name")
    return 1 if failed or refused > refused_most else 0
