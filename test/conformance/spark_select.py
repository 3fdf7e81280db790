#!/usr/bin/env python3
"""Statements of Spark's dialect give what Spark gave: column names and types, rows as
CAST(value AS STRING) (test/data/spark_select.jsonl, made by tool/oracle/spark_select.py). A statement
that is refused as not mapped counts as refused, never as right; more of them than REFUSED_MOST is a
failure."""
import os, re, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from golden import judge, rows_same, unordered

REFUSED_MOST = 36
VIEW = re.compile(r"CREATE TEMP VIEW (\w+) AS (.*)", re.S)


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
        a, b = unordered(a), unordered(b)
    types = [t for _, t in want["columns"]]
    return None if rows_same(types, a, b, 1e-13) else f"rows {a} expected, got {b}"


def asked(golden):
    view = VIEW.match(golden["sql"])
    return {"table": view.group(1), "sql": view.group(2)} if view else {"sql": golden["sql"]}


sys.exit(judge("spark_select", asked, differs, REFUSED_MOST, ["--spark"]))
