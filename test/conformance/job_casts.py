"""Texts that a job's first mapping turns into timestamps are cast as they are decoded: with the same rows,
counts and quarantine as by a mapping that finds them as texts, whatever stands in their place."""
import json, os, random, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

RECORDS, BATCH = 40000, 500
COLUMNS = [("id", "int"), ("seen", "string"), ("twice", "string")]
TEXTS = [("id", "int", "id", "int"), ("seen", "string", "seen", "string"), ("twice", "string", "twice", "string")]
CASTS = [("id", "int", "id", "int"), ("seen", "string", "seen", "timestamp"), ("twice", "string", "twice", "string"),
         ("twice", "string", "nested.at", "timestamp")]
PLAIN = ['"2023-09-07 16:02:17"', '"2024-02-29T23:59:59.123456Z"', '"1969-12-31 00:00:00.5"', "null"]
ODD = ['"2023-09-07"', '"2023"', "2023", "1694102537", "1.5e3", "true", '{"a":"2023-09-07 16:02:17"}', '["2023"]',
       '"2023-02-30 00:00:00"', '""', '"soon"', '" 2023-09-07 16:02:17 "', '"2023-09-07 16:02:17 GMT"',
       '"2023-09-07T16:02:17+05:30"', '"2023-09\\u002d07 16:02:17"', '"2023-09-07 16:02:17","seen":"2024-01-01 00:00:00"',
       '"no","seen":"2024-01-01 00:00:00"', '"2024-01-01 00:00:00","seen":7', '"\\ud800"', "2023-09", '"2023-09-07 16:02:17']


def records(seed):
    """Runs of plain values, and runs in which some are odd."""
    some = random.Random(seed)
    for n in range(RECORDS):
        odd = n // 3000 % 3 == 1 and some.random() < 0.01
        yield ('{"id":%d,"seen":%s,"twice":%s}' % (n, some.choice(ODD if odd else PLAIN), some.choice(PLAIN))).encode()


def document(name, early):
    job = job_document(name, "db", "times", CASTS, "s3://lake/%s/" % name, name)
    if not early:
        nodes = job["CodeGenConfigurationNodes"]
        nodes["texts"] = job_document(name, "db", "times", TEXTS, "s3://lake/", name)["CodeGenConfigurationNodes"]["mapping"]
        nodes["mapping"]["ApplyMapping"]["Inputs"] = ["texts"]
    return job


def outcome(server, name, early, *options):
    batches = server.run_job(document(name, early), "--window", "0", "--drain", *options)
    counts = {k: sum(b[k] for b in batches) for k in ("read", "written", "quarantined", "nulled")}
    nulled = {}
    for b in batches:
        for column, count in b["nulled_columns"].items():
            nulled[column] = nulled.get(column, 0) + count
    rows = server.sql("SELECT id, seen, twice, nested.at AS at FROM db.%s ORDER BY id" % name)
    bad = server.sql("SELECT reason, column_name, sequence_number, byte_offset, to_base64(data) AS data "
                     "FROM db.%s_quarantine ORDER BY sequence_number" % name)
    return counts, nulled, rows, bad


def main():
    server = Server()
    kinesis = server.client("kinesis")
    kinesis.create_stream(StreamName="times", ShardCount=1)
    everything = list(records(8))
    for at in range(0, RECORDS, BATCH):
        kinesis.put_records(StreamName="times", Records=[
            {"Data": data, "PartitionKey": "p"} for data in everything[at:at + BATCH]])
    server.client("s3").create_bucket(Bucket="lake")
    glue = server.client("glue")
    glue.create_database(DatabaseInput={"Name": "db"})
    glue.create_table(DatabaseName="db", TableInput=stream_table("times", "times", COLUMNS))
    for kind, options in (("loose", ()), ("strict", ("--strict-casts",))):
        early = outcome(server, kind + "_early", True, *options)
        late = outcome(server, kind + "_late", False, *options)
        ok(early[0]["read"] == RECORDS and early[0]["quarantined"] > 0, kind + ": all was read", early[0])
        for what, a, b in zip(("counts", "values that became NULL", "rows", "quarantine"), early, late):
            ok(a == b, "%s: the same %s" % (kind, what), str([p for p in zip(a, b) if p[0] != p[1]][:2])
               if isinstance(a, list) else "%s, late: %s" % (a, b))
    ok(sum(row["seen"] is not None for row in early[2]) > RECORDS / 2, "times are there")


case(main)
done()
