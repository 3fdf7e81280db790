"""Exactly once under SIGKILL: a producer puts records while the job is killed at random moments and
started again, 200 times; then every acknowledged record is in the table once, and the quarantined
ones are in quarantine once."""
import json, os, random, signal, sys, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

KILLS = int(os.environ.get("SLUICE_KILLS", "200"))
RECORDS = 100000
BAD_EVERY = 997  # one record in so many is not JSON

COLUMNS = [("id", "bigint"), ("name", "string")]


def producer(server, acknowledged, stop):
    kinesis = server.client("kinesis")
    number = 0
    while number < RECORDS and not stop.is_set():
        batch = []
        for _ in range(250):
            bad = number % BAD_EVERY == 0
            text = ("{bad %d" % number) if bad else json.dumps({"id": number, "name": "n%d" % number})
            batch.append({"Data": text.encode(), "PartitionKey": str(number % 50)})
            number += 1
        reply = kinesis.put_records(StreamName="events", Records=batch)
        for at, result in enumerate(reply["Records"]):
            if "SequenceNumber" in result:
                acknowledged.append(number - len(batch) + at)
        time.sleep(0.02)


def main():
    server = Server()
    server.client("kinesis").create_stream(StreamName="events", ShardCount=4)
    server.client("s3").create_bucket(Bucket="lake")
    glue = server.client("glue")
    glue.create_database(DatabaseInput={"Name": "db"})
    glue.create_table(DatabaseName="db", TableInput=stream_table("events", "events", COLUMNS))
    job = job_document("killed", "db", "events", [("id", "bigint", "id", "bigint"),
                                                  ("name", "string", "name", "string")],
                       "s3://lake/events/", "events_parquet")
    acknowledged, stop = [], threading.Event()
    thread = threading.Thread(target=producer, args=(server, acknowledged, stop))
    thread.start()
    random.seed(7)
    kills = 0
    while kills < KILLS:
        process = server.run_job(job, "--window", "0.05", wait=False)
        time.sleep(random.uniform(0.0, 0.25))
        if process.poll() is not None:
            ok(False, "the job ended by itself", process.stdout.read() + open(server.log.name).read()[-2000:])
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
    thread.join()
    equal(kills, KILLS, "the job was killed %d times" % KILLS)
    batches = server.run_job(job, "--window", "0", "--drain")
    good = {n for n in acknowledged if n % BAD_EVERY}
    equal(len(acknowledged), RECORDS, "every record was acknowledged")
    [row] = server.sql("SELECT count(*) AS n, count(DISTINCT id) AS d, min(id) AS low, max(id) AS high, "
                       "sum(CASE WHEN name = 'n' || CAST(id AS varchar) THEN 0 ELSE 1 END) AS wrong "
                       "FROM db.events_parquet")
    equal((row["n"], row["d"]), (len(good), len(good)), "every good record is in the table exactly once")
    equal((row["low"], row["high"], int(row["wrong"])), (min(good), max(good), 0), "with its values")
    staging = os.path.join(server.directory, "objects", ".staging")
    equal(os.listdir(staging), [], "no staged bytes are left")
    committed = [f for f in os.listdir(os.path.join(server.directory, "objects", "lake", "cp", "killed"))]
    ok("metadata" in committed, "the checkpoint is under cp/")
    [row] = server.sql("SELECT count(*) AS n, count(DISTINCT data) AS d FROM db.events_parquet_quarantine")
    bad = len(acknowledged) - len(good)
    equal((row["n"], row["d"]), (bad, bad), "every bad record is in quarantine exactly once")
    print("# %d batches after the last kill" % len(batches))


case(main)
done()
