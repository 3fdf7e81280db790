#!/usr/bin/env python3
"""Statements of Spark's dialect give what Spark gave: column names and types, rows as
CAST(value AS STRING) (test/data/spark_select.jsonl, made by tool/oracle/spark_select.py). A statement
that is refused as not mapped counts as refused, never as right."""
import json, os, re, subprocess, sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("SLUICE_BUILD", "build"))
GOLDEN = os.path.join(ROOT, "test/data/spark_select.jsonl")
VIEW = re.compile(r"CREATE TEMP VIEW (\w+) AS (.*)", re.S)

os.environ.setdefault("SLUICE_DUCKDB", os.path.join(
    ROOT, "deps/engine/node_modules/@duckdb/node-bindings-linux-x64/libduckdb.so"))


def close(x, y):
    """Doubles may differ in their last digits: sums are added in an order that is nobody's."""
    try:
        return abs(float(x) - float(y)) <= 1e-13 * abs(float(x))
    except (TypeError, ValueError):
        return False


def row_same(types, a, b):
    return len(a) == len(b) and all(
        x == y or (t in ("double", "float") and close(x, y)) for t, x, y in zip(types, a, b))


def columns_of(answer):
    """Names and types; of a lone expression the type: the names that Spark makes up for each of its
    functions are not all ours, those of columns, aggregates and operators are."""
    named = re.search(r" FROM (events|lookup|nested|raw|range|VALUES|\()", answer["sql"])
    return answer["columns"] if named else [kind for _, kind in answer["columns"]]


def differs(want, got):
    """What is different, or None."""
    if "error" in want:
        return None if "error" in got else f"{want['error']} expected, got rows {got['rows']}"
    if "error" in got:
        return got["error"]
    if columns_of(want) != columns_of({**got, "sql": want["sql"]}):
        return f"columns {want['columns']} expected, got {got['columns']}"
    a, b = want["rows"], got["rows"]
    if "ORDER BY" not in want["sql"]:
        a, b = (sorted(rows, key=lambda r: [(v is not None, v or "") for v in r]) for rows in (a, b))
    types = [t for _, t in want["columns"]]
    same = len(a) == len(b) and all(row_same(types, x, y) for x, y in zip(a, b))
    return None if same else f"rows {a} expected, got {b}"


def asked(golden):
    view = VIEW.match(golden["sql"])
    return {"table": view.group(1), "sql": view.group(2)} if view else {"sql": golden["sql"]}


def main():
    golden = [json.loads(line) for line in open(GOLDEN, encoding="utf-8")]
    run = subprocess.run([os.path.join(BUILD, "tool/query_select"), "--spark"], text=True,
                         capture_output=True, input="".join(json.dumps(asked(g)) + "\n" for g in golden))
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    statements = [g for g in golden if not VIEW.match(g["sql"])]
    if len(answers) != len(statements):
        print(run.stderr, file=sys.stderr)
    print(f"1..{len(statements)}")
    failed = refused = 0
    for i, want in enumerate(statements, 1):
        got = answers[i - 1] if i <= len(answers) else {"error": "no answer"}
        problem = differs(want, got)
        if problem and "NOT_SUPPORTED" in problem and "error" in got:
            refused += 1
            print(f"ok {i} - refused by name: {want['sql'][:90]}")
            continue
        failed += problem is not None
        print(f"{'not ok' if problem else 'ok'} {i} - {want['sql'][:110]}")
        if problem:
            print(f"#   {problem[:600]}")
    print(f"# {len(statements)} statements, {refused} refused by name")
    return 1 if failed else 0


sys.exit(main())
