#!/usr/bin/env python3
"""Statements of Trino's dialect give what Trino gave: column names and types, rows, or the error's
name and position (test/data/trino_select.jsonl, made by tool/oracle/trino_select.sh). A statement
may also be refused by name; more of them than REFUSED_MOST is a failure."""
import json, os, re, subprocess, sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD", os.path.join(ROOT, "build"))
GOLDEN = os.path.join(ROOT, "test/data/trino_select.jsonl")
REFUSED_MOST = 11
PARSE = re.compile(r"^line \d+:\d+: ")


os.environ.setdefault("SLUICE_DUCKDB", os.path.join(
    ROOT, "deps/engine/node_modules/@duckdb/node-bindings-linux-x64/libduckdb.so"))


def error_of(text):
    """(name, line:column or None) of one of our errors."""
    position = re.search(r"line (\d+:\d+): ", text)
    if PARSE.match(text):
        return "SYNTAX_ERROR", position.group(1)
    return text.split(":")[0], position.group(1) if position else None


def canonical(sql, rows):
    """Without an ORDER BY of its own the order of rows means nothing; nor does that of map keys."""
    def sort_map(match):
        entries = sorted(match.group(1).split(", "))
        return "{" + ", ".join(entries) + "}"
    rows = [[re.sub(r"^\{([^{}\[\]]*)\}$", sort_map, v) if v else v for v in row] for row in rows]
    ordered = re.search(r"order by (?!.*\) *(over|from))", sql, re.I)
    return rows if ordered else sorted(rows, key=lambda r: [(v is not None, v or "") for v in r])


def same(types, a, b):
    """Doubles may differ in their last digit: sums are added in an order that is nobody's."""
    def close(x, y):
        try:
            return abs(float(x) - float(y)) <= 1e-14 * abs(float(x))
        except (TypeError, ValueError):
            return False
    return len(a) == len(b) and all(
        x == y or (t in ("double", "real") and close(x, y))
        for row, other in zip(a, b) for t, x, y in zip(types, row, other))


def differs(want, got):
    """What is different, or None."""
    if "error" in want:
        if "error" not in got:
            return f"{want['error']} expected, got rows {got.get('rows')}"
        name, place = error_of(got["error"])
        wanted = want["error"]
        if name != wanted:
            return f"{wanted} expected ({want['message']}), got {got['error']}"
        position = re.search(r"line (\d+:\d+): ", want["message"] or "")
        if position and wanted != "SYNTAX_ERROR" and place != position.group(1):
            return f"at {position.group(1)} expected ({want['message']}), got {got['error']}"
        return None
    if "error" in got:
        return got["error"]
    if want["columns"] != got["columns"]:
        return f"columns {want['columns']} expected, got {got['columns']}"
    a, b = canonical(want["sql"], want["rows"]), canonical(want["sql"], got["rows"])
    types = [t for _, t in want["columns"]]
    return None if same(types, a, b) else f"rows {a} expected, got {b}"


def main():
    golden = [json.loads(line) for line in open(GOLDEN)]
    run = subprocess.run([os.path.join(BUILD, "tool/query_select")], text=True, capture_output=True,
                         input="".join(json.dumps({k: g[k] for k in ("table", "sql") if k in g}) + "\n"
                                       for g in golden))
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    statements = [g for g in golden if "table" not in g]
    if len(answers) != len(statements):
        print(run.stderr, file=sys.stderr)
    print(f"1..{len(statements)}")
    failed = refused = 0
    for i, want in enumerate(statements, 1):
        got = answers[i - 1] if i <= len(answers) else {"error": "no answer"}
        problem = differs(want, got)
        if problem and problem.startswith("NOT_SUPPORTED"):
            refused += 1
            print(f"ok {i} - refused by name: {want['sql'][:90]}")
            continue
        failed += problem is not None
        print(f"{'not ok' if problem else 'ok'} {i} - {want['sql'][:110]}")
        if problem:
            print(f"#   {problem}")
    print(f"# {len(statements)} statements, {refused} refused by name")
    return 1 if failed or refused > REFUSED_MOST else 0


sys.exit(main())
