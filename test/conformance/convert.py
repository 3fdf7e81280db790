#!/usr/bin/env python3
"""sluice convert: one Parquet file of JSON lines, judged by DuckDB reading both."""
import json, os, random, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from duckdb import DuckDB
from testing import *

FOLDER = tempfile.TemporaryDirectory(prefix="sluice-convert-")
duck = DuckDB()
SCHEMA = "id:bigint,moment:timestamp,name:string,load:double,tags:array<string>,place:struct<x:int,y:int>"
COLUMNS = ("{id:'BIGINT', moment:'TIMESTAMP', name:'VARCHAR', load:'DOUBLE', tags:'VARCHAR[]', "
           "place:'STRUCT(x INTEGER, y INTEGER)'}")

def path(name):
    return os.path.join(FOLDER.name, name)

def convert(source, target, *options):
    return subprocess.run([SLUICE, "convert", path(source), "-o", path(target), *options],
                          capture_output=True, text=True, timeout=120)

def event(r, i):
    names = ["plain", "Zoë", "with \"quotes\"", "two\nlines", "", "long " * r.randrange(1, 60)]
    members = [("id", i), ("moment", "2024-%02d-%02d %02d:%02d:%02d" % (
                    r.randrange(1, 13), r.randrange(1, 29), r.randrange(24), r.randrange(60), r.randrange(60))),
               ("name", r.choice(names)), ("load", round(r.uniform(-1e4, 1e4), r.randrange(12))),
               ("tags", [r.choice("abc") * k for k in range(r.randrange(4))]),
               ("place", {"x": r.randrange(-9, 1 << 30), "y": None})]
    if r.random() < 0.1: r.shuffle(members)
    if r.random() < 0.1: members.pop(r.randrange(1, len(members)))
    if r.random() < 0.1: members.insert(2, ("extra", {"deep": [1, {"er": "x"}]}))
    return dict(members)

def write_lines(name, records, newline="\n"):
    with open(path(name), "w", newline="", encoding="utf-8") as out:
        for i, record in enumerate(records):
            compact = i % 5 == 0
            out.write(json.dumps(record, separators=(",", ":") if compact else None,
                                 ensure_ascii=i % 3 == 0) + newline)

def rows_of(relation):
    return duck("SELECT count(*), sum(hash(id, moment::VARCHAR, name, load, tags::VARCHAR, place.x, place.y)) "
                "FROM " + relation)

def make_events():
    if os.path.exists(path("events.ndjson")): return
    r = random.Random(7)
    write_lines("events.ndjson", (event(r, i) for i in range(20000)))

@test
def the_rows_are_those_that_duckdb_reads():
    make_events()
    want = rows_of("read_json('%s', format='newline_delimited', columns=%s)" % (path("events.ndjson"), COLUMNS))
    for codec in ("snappy", "zstd", "none"):
        done = convert("events.ndjson", "events.parquet", "--schema", SCHEMA, "--timestamps", "int64", "--codec", codec)
        assert done.returncode == 0, done
        have = rows_of("(SELECT * REPLACE (moment AT TIME ZONE 'UTC' AS moment) FROM '%s')" % path("events.parquet"))
        assert have == want, (codec, have, want)

@test
def any_number_of_threads_makes_the_same_file():
    make_events()
    files = []
    for threads in ("1", "2", "3", "8"):
        done = convert("events.ndjson", threads, "--schema", SCHEMA, "--threads", threads, "--row-group-size", "1")
        assert done.returncode == 0, done
        files.append(open(path(threads), "rb").read())
    assert all(one == files[0] for one in files) and len(files[0]) > 100000

@test
def a_detected_schema_holds_what_the_first_records_have():
    write_lines("small.ndjson", [{"a": 1, "b": "x"}, {"a": 1 << 40, "c": [True]}])
    done = convert("small.ndjson", "small.parquet", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["rows"] == 2, done
    assert duck("DESCRIBE SELECT * FROM '%s'" % path("small.parquet"))[0][:2] == ["a", "BIGINT"]
    assert duck("SELECT a, b, c::VARCHAR FROM '%s' ORDER BY a" % path("small.parquet")) == [
        ["1", "x", None], ["1099511627776", None, "[true]"]]

@test
def lines_of_any_length_and_the_last_one_without_a_newline():
    records = [{"a": i, "b": "x" * n} for i, n in enumerate([1, 600000, 3, 524288, 0, 2000000, 5])]
    write_lines("long.ndjson", records, "\r\n\n")
    with open(path("long.ndjson"), "ab") as out: out.write(b'{"a": 7, "b": ""}')
    done = convert("long.ndjson", "long.parquet", "--schema", "a:int,b:string", "--threads", "2")
    assert done.returncode == 0, done
    assert duck("SELECT list(a ORDER BY a)::VARCHAR, sum(length(b)) FROM '%s'" % path("long.parquet")) == [
        ["[0, 1, 2, 3, 4, 5, 6, 7]", str(sum(len(r["b"]) for r in records))]]
    open(path("empty.ndjson"), "w").close()
    done = convert("empty.ndjson", "empty.parquet", "--schema", "a:int")
    assert done.returncode == 0 and duck("SELECT count(*) FROM '%s'" % path("empty.parquet")) == [["0"]], done

@test
def a_record_that_is_refused_ends_it_unless_skipped():
    with open(path("bad.ndjson"), "w") as out: out.write('{"a": 1}\n{"a": }\n{"a": "x"}\n')
    done = convert("bad.ndjson", "bad.parquet", "--schema", "a:int")
    assert done.returncode == 1 and "byte 9 is refused, malformed JSON at its byte 6" in done.stderr, done
    assert not os.path.exists(path("bad.parquet"))
    done = convert("bad.ndjson", "bad.parquet", "--schema", "a:int", "--skip-refused", "--json")
    said = json.loads(done.stdout)
    assert done.returncode == 2 and (said["rows"], said["refused"], said["nulled"]) == (2, 1, 1), done

@test
def wrong_use_is_told():
    make_events()
    for arguments, words in ((["--schema", "a:number"], "number"), (["--threads", "0"], "1 to 64")):
        done = convert("events.ndjson", "x.parquet", *arguments)
        assert done.returncode in (1, 64) and words in done.stderr, done
    assert "no record to take a schema from" in convert("empty.ndjson", "x.parquet").stderr
    assert "No such file" in convert("nowhere.ndjson", "x.parquet").stderr


done()
