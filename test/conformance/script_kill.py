"""A script is exactly once under SIGKILL: killed at random moments while a producer puts records, 200
times; then every record is once in each of the two tables that its batch function writes."""
import json, os, random, signal, subprocess, sys, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

KILLS = int(os.environ.get("SLUICE_KILLS", "200"))
RECORDS = 50000
SCRIPT = os.path.join(ROOT, "test", "data", "scripts", "two_sinks.py")


def lake_table(name, columns):
    return {"Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": {"classification": "parquet"},
            "StorageDescriptor": {"Columns": [{"Name": n, "Type": t} for n, t in columns],
                                  "Location": "s3://lake/%s/" % name}}


def producer(server, stop):
    kinesis = server.client("kinesis")
    for first in range(0, RECORDS, 250):
        if stop.is_set():
            return
        reply = kinesis.put_records(StreamName="events", Records=[
            {"Data": json.dumps({"id": n, "name": "n%d" % n}).encode(), "PartitionKey": str(n % 50)}
            for n in range(first, first + 250)])
        assert reply["FailedRecordCount"] == 0
        time.sleep(0.03)


def start(server, *options):
    command = [SLUICE, "run", "--dir", server.directory, "--json", *options, SCRIPT, "--JOB_NAME", "killed"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=server.log, text=True)


def main():
    server = Server()
    server.client("kinesis").create_stream(StreamName="events", ShardCount=4)
    server.client("s3").create_bucket(Bucket="lake")
    glue = server.client("glue")
    glue.create_database(DatabaseInput={"Name": "db"})
    glue.create_table(DatabaseName="db", TableInput=stream_table(
        "events", "events", [("id", "bigint"), ("name", "string")]))
    glue.create_table(DatabaseName="db", TableInput=lake_table("events_one", [("id", "bigint"), ("name", "string")]))
    glue.create_table(DatabaseName="db", TableInput=lake_table("events_two", [("name", "string"), ("number", "string")]))
    stop = threading.Event()
    thread = threading.Thread(target=producer, args=(server, stop))
    thread.start()
    random.seed(11)
    for kill in range(KILLS):
        process = start(server, "--window", "0.05")
        time.sleep(random.uniform(0.0, 0.25))
        if process.poll() is not None:
            ok(False, "the script ended by itself", process.stdout.read() + server.said()[-2000:])
            stop.set()
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
    thread.join()
    process = start(server, "--window", "0", "--drain")
    said, _ = process.communicate()
    equal(process.returncode, 0, "the run after the last kill reads the rest")
    for table, column in (("events_one", "id"), ("events_two", "CAST(number AS bigint)")):
        [row] = server.sql("SELECT count(*) AS n, count(DISTINCT {0}) AS d, min({0}) AS low, max({0}) AS high, "
                           "sum(CASE WHEN name = 'n' || CAST({0} AS varchar) THEN 0 ELSE 1 END) AS wrong "
                           "FROM db.{1}".format(column, table))
        equal((row["n"], row["d"]), (RECORDS, RECORDS), "every record is in %s exactly once" % table)
        equal((row["low"], row["high"], int(row["wrong"])), (0, RECORDS - 1, 0), "with its values")
    equal(os.listdir(os.path.join(server.directory, "objects", ".staging")), [], "no staged bytes are left")


case(main)
done()
