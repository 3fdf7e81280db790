#!/usr/bin/env python3
"""Statements of Trino's dialect give what Trino gave: column names and types, rows, or the error's
name and position (test/data/trino_select.jsonl, made by tool/oracle/trino_select.sh). A statement
may also be refused by name; more of them than REFUSED_MOST is a failure."""
import os, re, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from golden import judge, rows_same, unordered

REFUSED_MOST = 11
PARSE = re.compile(r"^line \d+:\d+: ")


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
    return rows if ordered else unordered(rows)


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
    return None if rows_same(types, a, b, 1e-14) else f"rows {a} expected, got {b}"


def asked(golden):
    return {k: golden[k] for k in ("table", "sql") if k in golden}


sys.exit(judge("trino_select", asked, differs, REFUSED_MOST))
