#!/usr/bin/env python3
"""A job's files: their number, size and encodings by its options, the same rows whatever they are."""
import glob, json, os, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from duckdb import DuckDB
from testing import *

RECORDS = 60000
LAKE = tempfile.TemporaryDirectory(prefix="sluice-files-")
MIB = 1024 * 1024
duck = DuckDB()

def run(name, *options):
    """The example's job from the stream's beginning, in one window: its files."""
    process = subprocess.Popen([SLUICE, "run", os.path.join(ROOT, "example/ventilators/job.json"), "--dir", LAKE.name,
                                "--name", name, "--drain", "--window", "100", "--json", *options],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    report = json.loads(out.splitlines()[0])
    assert report["written"] == RECORDS, report
    files = sorted(glob.glob(os.path.join(LAKE.name, "objects/ventilator-lake/ventilator_metrics/**/%s-*" % name),
                             recursive=True))
    assert len(files) == report["files"], (files, report)
    return files

def content(files):
    return duck("SELECT count(*), sum(hash(ventilatorid, eventtime, serialnumber, pressurecontrol, o2stats, "
                "minutevolume, manufacturer)) FROM read_parquet(%s)" % files)

def encodings(files):
    return {e for row in duck("SELECT DISTINCT encodings FROM parquet_metadata('%s')" % files[0])
            for e in row[0].split(", ")}

@test
def all_shards_of_a_window_are_one_file():
    done = subprocess.run([SLUICE, "demo", "--records", str(RECORDS), "--keep", LAKE.name, "--json"],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done
    assert len(run("one")) == 1

@test
def a_size_makes_more_files_and_a_number_keeps_them_few():
    whole = content(run("whole"))
    small = run("small", "--file-size", "1")
    assert len(small) > 2 and all(os.path.getsize(f) < 2 * MIB for f in small), small
    few = run("few", "--file-size", "1", "--max-files-per-window", "2")
    assert len(few) == 2, few
    assert whole == content(small) == content(few)

@test
def threads_change_no_byte_but_the_names():
    one, four = run("t1", "--threads", "1", "--timestamps", "int64"), run("t4", "--threads", "4", "--timestamps", "int64")
    assert content(one) == content(four)
    assert abs(os.path.getsize(one[0]) - os.path.getsize(four[0])) < 64  # footers name job and ranges

@test
def the_compatibility_level_decides_on_encodings():
    assert "DELTA_BYTE_ARRAY" in encodings(run("new", "--timestamps", "int64"))
    old = encodings(run("old", "--timestamps", "int64", "--parquet-compat", "1.0"))
    assert old <= {"PLAIN", "PLAIN_DICTIONARY", "RLE", "BIT_PACKED"}, old

done()
