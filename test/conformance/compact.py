"""sluice compact: many small files of closed hours become few, with the same rows for every reader, a
clean audit, and jobs that go on; over a data directory and over the APIs."""
import glob, json, os, re, signal, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from duckdb import DuckDB
from testing import *
import clock

COLUMNS = [("id", "bigint"), ("small", "tinyint"), ("price", "decimal(20,3)"), ("ratio", "double"), ("day", "date"),
           ("time", "timestamp"), ("good", "boolean"), ("name", "string"), ("tags", "array<string>"),
           ("place", "struct<x:int,y:array<double>>"), ("counts", "map<string,bigint>")]
MAPPING = [(n, t, n, t) for n, t in COLUMNS]
BATCHES, RECORDS, BAD = 12, 50, 7
server = Server()
duck = DuckDB()
glue, s3, kinesis = server.client("glue"), server.client("s3"), server.client("kinesis")
PATH = os.path.join(server.directory, "objects/lake/events")
FIRST, SECOND = clock.hours_ago(5), clock.hours_ago(4)


def record(n):
    return json.dumps({
        "id": n, "small": n % 100 - 50, "price": "%d.%03d" % (n, n % 1000), "ratio": n / 7, "day": "2023-01-%02d" % (n % 28 + 1),
        "time": "2023-01-10T06:07:08.%06dZ" % n, "good": None if n % 5 == 0 else n % 2 == 0,
        "name": "" if n % 11 == 0 else "näme %d" % n, "tags": [None, "a", str(n)][:n % 4],
        "place": None if n % 3 == 0 else {"x": n, "y": [n / 3] * (n % 3)},
        "counts": {"k%d" % k: k * n for k in range(n % 3)}}) if n % RECORDS != BAD else "{bad %d" % n


def run(name, table, when, *options, wait=True, **target):
    document = job_document(name, "db", "events", MAPPING, "s3://lake/%s/" % table, table, **target)
    path = os.path.join(server.directory, name + ".json")
    json.dump(document, open(path, "w"))
    process = subprocess.Popen([SLUICE, "run", path, "--dir", server.directory, "--json", "--window", "0", "--drain",
                                *options], env=clock.at(when), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if not wait:
        return process
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return [json.loads(line) for line in out.splitlines()], err


put = 0


def put_batch():
    global put
    kinesis.put_records(StreamName="events", Records=[
        {"Data": record(n), "PartitionKey": str(n)} for n in range(put, put + RECORDS)])
    put += RECORDS


def compact(*options, table="events", status=0, grace="0", environment=None):
    done = subprocess.run([SLUICE, "compact", "db." + table, "--json", "--grace", grace,
                           *(options if "--remote" in options else ["--dir", server.directory, *options])],
                          capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == status, done
    return json.loads(done.stdout)["partitions"] if done.stdout else done.stderr


def states(partitions):
    return [p["state"] for p in partitions]


def audit(table="events"):
    done = subprocess.run([SLUICE, "audit", "db." + table, "--dir", server.directory, "--json"], capture_output=True, text=True)
    return [p for p in json.loads(done.stdout)["problems"]]


def files(table="events"):
    return sorted(glob.glob(os.path.join(server.directory, "objects/lake", table, "*/*/*/*/*.parquet")))


def by_path(table="events"):
    """What a reader of the plain Hive path sees."""
    return duck("SELECT * EXCLUDE (filename) FROM read_parquet('%s/*/*/*/*/*.parquet', hive_partitioning=true, filename=true, "
                "hive_types_autocast=false) ORDER BY id" % os.path.join(server.directory, "objects/lake", table))


def by_catalog(table="events"):
    return server.sql("SELECT * FROM db.%s ORDER BY id" % table)


def make():
    kinesis.create_stream(StreamName="events", ShardCount=3)
    s3.create_bucket(Bucket="lake")
    glue.create_database(DatabaseInput={"Name": "db"})
    glue.create_table(DatabaseName="db", TableInput=stream_table("events", "events", COLUMNS))
    glue_input = stream_table("events_in", "events", COLUMNS)
    for batch in range(BATCHES):
        put_batch()
        run("job", "lake", FIRST if batch < BATCHES // 2 else SECOND)


make()
TABLE = "lake"
before = by_path(TABLE), by_catalog(TABLE)


@test
def what_is_compacted_here_is_many_small_files_of_two_hours():
    assert len(files(TABLE)) == BATCHES and len(before[0]) == BATCHES * (RECORDS - 1) and audit(TABLE) == []


@test
def a_dry_run_changes_nothing():
    found = compact("--dry-run", table=TABLE)
    assert states(found) == ["to do"] * 2 and [p["files_after"] for p in found] == [1, 1], found
    assert len(files(TABLE)) == BATCHES
    assert "Contents" not in s3.list_objects_v2(Bucket="lake", Prefix="compact/")


@test
def an_hour_that_has_not_been_closed_long_enough_is_left_alone():
    found = compact("--closed-for", "600", table=TABLE)
    assert states(found) == ["open"] * 2 and "still open" in found[0]["reason"], found


@test
def wrong_options_are_refused_by_name():
    assert "no partition key" in compact("--partition", "colour=red", table=TABLE, status=1)
    assert "no such partition" in compact("--partition", "year=1999", table=TABLE, status=1)
    assert "KEY=VALUE" in compact("--partition", "year", table=TABLE, status=64)
    assert "Table none not found" in compact(table="none", status=1)
    assert "--target-size" in compact("--target-size", "0", table=TABLE, status=64)
    assert "is not in the lake" in compact(table="events", status=1)


@test
def one_hour_becomes_one_file_with_the_same_rows_for_every_reader():
    hour = time.strftime("year=%Y,month=%m,day=%d,hour=%H", time.gmtime(FIRST))
    [found] = compact("--partition", hour, table=TABLE)
    assert (found["state"], found["files_before"], found["files_after"]) == ("compacted", BATCHES // 2, 1), found
    assert found["rows"] == len(before[0]) // 2
    assert len(files(TABLE)) == BATCHES // 2 + 1
    assert by_path(TABLE) == before[0]
    assert by_catalog(TABLE) == before[1]
    assert audit(TABLE) == []
    [file] = [f for f in files(TABLE) if "compact-" in f]
    assert "ingest_hour=%s%%3%s/" % (found["values"][3][0], found["values"][3][1]) in file
    types = "SELECT name, type, converted_type, logical_type, repetition_type FROM parquet_schema('%s')"
    [source] = [f for f in files(TABLE) if "compact-" not in f][:1]
    assert duck(types % file) == duck(types % source)
    assert duck("SELECT count(*) FROM (SELECT DISTINCT row_group_id FROM parquet_metadata('%s'))" % file) == [["1"]]


@test
def compacting_again_finds_nothing_to_do_there():
    found = compact("--dry-run", table=TABLE)
    assert states(found) == ["nothing", "to do"] and found[0]["reason"] == "it was compacted before", found


@test
def readers_that_were_told_the_old_folder_have_their_grace():
    process = subprocess.Popen([SLUICE, "compact", "db." + TABLE, "--dir", server.directory, "--grace", "600"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    def location():
        return [p["StorageDescriptor"]["Location"] for p in glue.get_partitions(DatabaseName="db", TableName=TABLE)["Partitions"]][-1]
    while "%3" not in location():
        time.sleep(0.05)
        assert process.poll() is None, process.communicate()
    assert by_catalog(TABLE) == before[1]                       # swapped, the old files still there
    assert len(by_path(TABLE)) == len(before[0]) * 3 // 2       # which the plain path shows
    assert {p["kind"] for p in audit(TABLE)} == {"unfinished compaction"}, audit(TABLE)
    process.kill()
    process.wait()
    assert states(compact("--dry-run", table=TABLE)) == ["nothing", "unfinished"]
    assert states(compact(table=TABLE)) == ["nothing", "compacted"]
    assert len(files(TABLE)) == 2
    assert (by_path(TABLE), by_catalog(TABLE)) == before and audit(TABLE) == []


@test
def a_repair_and_a_checker_find_nothing_wrong():
    assert server.sql("MSCK REPAIR TABLE db.%s" % TABLE) == []
    assert len(glue.get_partitions(DatabaseName="db", TableName=TABLE)["Partitions"]) == 2
    lint = subprocess.run([SLUICE, "lint", "db." + TABLE, "--dir", server.directory], capture_output=True, text=True)
    assert lint.returncode == 0 and "clean" in lint.stdout, lint


@test
def merged_batches_cannot_be_taken_back():
    done = subprocess.run([SLUICE, "checkpoint", "rewind", "job", "--to-batch", "3", "--remove-files", "--dir", server.directory],
                          capture_output=True, text=True)
    assert done.returncode == 1 and "was merged with other files" in done.stderr, done
    assert audit(TABLE) == [] and by_catalog(TABLE) == before[1]


@test
def a_batch_that_comes_late_for_a_compacted_hour_goes_into_the_present_one():
    put_batch()
    done = run("job", TABLE, SECOND, wait=False)   # its clock stands: there is no present hour to go to
    err = done.communicate(timeout=60)[1]
    assert done.returncode == 1 and "an hour that was compacted: is this machine's clock slow?" in err, err
    assert by_catalog(TABLE) == before[1]
    [batch], err = run("job", TABLE, time.time())
    assert batch["recovered"] and batch["written"] == RECORDS - 1, batch
    assert audit(TABLE) == [] and len(by_catalog(TABLE)) == len(by_path(TABLE)) == len(before[0]) + RECORDS - 1


@test
def a_job_that_reads_while_its_hour_is_compacted_loses_nothing():
    third = clock.hours_ago(3)
    for _ in range(3):
        put_batch()
        run("job", TABLE, third)
    rows = len(by_catalog(TABLE))
    put_batch()
    path = os.path.join(server.directory, "job.json")
    process = subprocess.Popen([SLUICE, "run", path, "--dir", server.directory, "--json", "--window", "4"],
                               env=clock.at(third, 5), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(1)                                  # it reads for four seconds, as of the third hour
    assert "compacted" in states(compact(table=TABLE))
    batch = json.loads(process.stdout.readline())  # and finds its hour compacted
    process.terminate()
    process.communicate(timeout=30)
    assert batch["written"] == RECORDS - 1, batch
    assert audit(TABLE) == [] and len(by_catalog(TABLE)) == len(by_path(TABLE)) == rows + RECORDS - 1
    hours = {tuple(p["Values"]) for p in glue.get_partitions(DatabaseName="db", TableName=TABLE)["Partitions"]}
    assert len(hours) == 4, hours


@test
def a_job_that_died_behind_its_plan_keeps_its_hour_open():
    when = clock.hours_ago(2)
    for _ in range(2):
        put_batch()
        run("job", TABLE, when)
    put_batch()
    trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=rename", "-e", "inject=rename:signal=SIGKILL:when=3"]
    subprocess.run(trace + [SLUICE, "run", os.path.join(server.directory, "job.json"), "--dir", server.directory, "--drain",
                            "--window", "0"], env=clock.at(when), capture_output=True)
    [found] = [p for p in compact(table=TABLE) if "not committed" in (p["reason"] or "")]
    assert "is not committed: the job's next run finishes it" in found["reason"], found
    [batch], _ = run("job", TABLE, time.time())
    assert batch["recovered"], batch
    assert states(compact(table=TABLE)).count("compacted") == 1 and audit(TABLE) == []


@test
def the_quarantine_is_compacted_like_any_table():
    rows = server.sql("SELECT * FROM db.%s_quarantine" % TABLE)
    found = compact(table="%s_quarantine" % TABLE)
    assert "compacted" in states(found) and not {"refused", "skipped"} & set(states(found)), found
    again = server.sql("SELECT * FROM db.%s_quarantine" % TABLE)
    assert sorted(map(json.dumps, again)) == sorted(map(json.dumps, rows)) and audit(TABLE) == []


@test
def a_lost_checkpoint_is_rebuilt_from_merged_files():
    for o in s3.list_objects_v2(Bucket="lake", Prefix="cp/job/")["Contents"]:
        s3.delete_object(Bucket="lake", Key=o["Key"])
    done = subprocess.run([SLUICE, "checkpoint", "rebuild", os.path.join(server.directory, "job.json"), "--dir", server.directory],
                          capture_output=True, text=True)
    assert done.returncode == 0, done
    put_batch()
    [batch], _ = run("job", TABLE, time.time())
    assert batch["read"] == RECORDS and audit(TABLE) == [], batch


@test
def over_the_apis_it_is_the_same():
    for _ in range(3):
        put_batch()
        run("remote", "other", FIRST, PartitionKeys=[["ingest_year"], ["ingest_month"], ["ingest_day"], ["ingest_hour"], ["good"]])
    rows = by_catalog("other")
    with tempfile.TemporaryDirectory() as home:
        there = server.remote_environment(home)
        found = compact("--remote", table="other", environment=there)
        assert states(found) == ["compacted"] * 3, found
        assert states(compact("--remote", table="other", environment=there)) == ["nothing"] * 3
    assert by_catalog("other") == rows and audit("other") == []
    everything = glob.glob(os.path.join(server.directory, "objects/lake/other/**/*.parquet"), recursive=True)
    assert len(everything) == 3 and all("%3" in f for f in everything), everything


done()
