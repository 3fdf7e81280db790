"""A job that finds its schema in the records: whatever is in them, its rows are in tables that SQL sees
and the audit calls whole, also when the run dies at any of its writing system calls and another one,
which has not seen the records, finishes its batch."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "crash"))
from crash import *

KILLS = 16
VALUES = ["a", "a\0b", "", "x/y=z %", "\u00fc\n", None, "__HIVE_DEFAULT_PARTITION__", "...", "A", " a"]
ROWS = [{"k": value, "n": number, "extra": {"of": number}} for number, value in enumerate(VALUES)]

made = Server()


def target(name, *keys):
    return {"S3GlueParquetTarget": {
        "Name": name, "Inputs": ["source"], "Path": "s3://lake/%s/" % name, "PartitionKeys": [[k] for k in keys],
        "SchemaChangePolicy": {"EnableUpdateCatalog": True, "Database": "db", "Table": name,
                               "UpdateBehavior": "UPDATE_IN_DATABASE"}}}


def make():
    made.client("kinesis").create_stream(StreamName="events", ShardCount=2)
    made.client("s3").create_bucket(Bucket="lake")
    made.client("glue").create_database(DatabaseInput={"Name": "db"})
    made.client("kinesis").put_records(StreamName="events", Records=[
        {"Data": json.dumps(row).encode(), "PartitionKey": str(row["n"])} for row in ROWS])
    with open(os.path.join(made.directory, "job.json"), "w") as out:
        json.dump({"Name": "crash", "CodeGenConfigurationNodes": {
            "source": {"DirectKinesisSource": {
                "Name": "source", "WindowSize": 1, "StreamingOptions": {
                    "StreamName": "events", "StartingPosition": "earliest", "Classification": "json"}}},
            "one": target("by_value", "k"), "two": target("by_hour", "ingest_year", "ingest_month", "ingest_day")}}, out)
    made.stop()


class Made(Copy):
    def __init__(self):
        super().__init__(made)


def whole(directory):
    expected = [{"n": row["n"], "k": (row["k"] or "").replace("\0", "\ufffd") or None} for row in ROWS]
    for row in expected:
        row["k"] = None if row["k"] == "__HIVE_DEFAULT_PARTITION__" else row["k"]
    found = sql(directory, "SELECT n, k FROM db.by_value ORDER BY n")
    assert found == expected, found
    assert [r["n"] for r in sql(directory, "SELECT n FROM db.by_hour ORDER BY n")] == list(range(len(ROWS)))
    for table in "by_value", "by_hour":
        audit = run([SLUICE, "audit", "db." + table, "--dir", directory])
        assert audit.returncode == 0, audit.stdout


make()


@test
def every_value_has_its_partition():
    with Made() as directory:
        done = run(job_command(directory))
        assert done.returncode == 0, done
        whole(directory)


@test
def killed_at_any_call_the_next_run_knows_the_tables():
    recovered = 0
    with Made() as directory:
        calls = record_calls(job_command(directory))
    for call, number, _ in calls[::max(1, len(calls) // KILLS)]:
        with Made() as directory:
            run(injected(job_command(directory), call, number, "kill"))
            done = run(job_command(directory))
            assert done.returncode == 0, (call, number, done)
            recovered += '"recovered":true' in done.stdout
            whole(directory)
    assert recovered, "no kill left a planned batch"


done()
