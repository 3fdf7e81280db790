"""`sluice lint`: what Athena would trip over, named before it happens, the example's own long under
integer among it; exit status and JSON."""
import datetime, os, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

server = Server()
glue, kinesis, s3 = map(server.client, ("glue", "kinesis", "s3"))
s3.create_bucket(Bucket="lake")
kinesis.create_stream(StreamName="s", ShardCount=1)
kinesis.get_waiter("stream_exists").wait(StreamName="s")
glue.create_database(DatabaseInput={"Name": "d"})
glue.create_table(DatabaseName="d", TableInput=stream_table("source", "s", [("id", "bigint"), ("at", "string"), ("o2", "int"), ("name", "string")]))
JOB = job_document("writer", "d", "source", [("id", "long", "id", "long"), ("at", "string", "at", "timestamp"),
                                             ("o2", "int", "o2", "long"), ("name", "string", "Renamed", "string")],
                   "s3://lake/t/", None, SchemaChangePolicy={"EnableUpdateCatalog": False})
for value in (1, 3000000000):
    kinesis.put_record(StreamName="s", PartitionKey="k", Data=json.dumps({"id": value, "at": "2023-01-01 00:00:00", "o2": 5, "name": "x"}))
server.run_job(JOB, "--drain")
[folder] = {key["Key"].rsplit("/", 1)[0] for key in s3.list_objects_v2(Bucket="lake", Prefix="t/")["Contents"]
            if key["Key"].endswith(".parquet")}
values = [part.split("=")[1] for part in folder.split("/")[1:]]


def sql(text):
    done = subprocess.run([SLUICE, "sql", "--dir", server.directory, text], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def lint(table, *options):
    done = subprocess.run([SLUICE, "lint", "d." + table, "--dir", server.directory, "--json", *options], capture_output=True, text=True)
    assert done.returncode in (0, 2), done.stderr
    report = json.loads(done.stdout)
    assert (done.returncode == 0) == report["clean"], report
    return {(f["severity"], f["kind"], f.get("column")): f for f in report["findings"]}


KEYS = "PARTITIONED BY (ingest_year int, ingest_month int, ingest_day int, ingest_hour int) STORED AS PARQUET LOCATION 's3://lake/t/'"
sql("CREATE EXTERNAL TABLE d.t (id integer, at timestamp, o2 integer, name string) " + KEYS)


@test
def folders_that_nobody_registered():
    found = lint("t")
    assert ("warning", "unregistered folder", None) in found, found
    assert found["warning", "unregistered folder", None]["fix_table"] == "MSCK REPAIR TABLE d.t"


@test
def the_examples_long_under_integer():
    sql("MSCK REPAIR TABLE d.t")
    found = lint("t")
    narrow = found["warning", "narrower integer", "o2"]
    assert "bigint" in narrow["text"] and "Value exceeds MAX_INT" in narrow["text"], narrow
    assert 'ToType "int"' in narrow["fix_writer"] and "declare o2 as bigint" in narrow["fix_table"], narrow
    assert "3000000000" in found["error", "value out of range", "id"]["text"], found
    missing = found["warning", "missing column", "name"]
    assert "was it renamed? " in missing["text"] and "enamed" in missing["text"], missing


@test
def a_jobs_mapping_tells_the_same_before_there_is_a_file():
    sql("CREATE EXTERNAL TABLE d.fresh (id integer, at bigint, o2 double, renamed string) STORED AS PARQUET LOCATION 's3://lake/fresh/'")
    path = os.path.join(server.directory, "job.json")
    document = json.loads(json.dumps(JOB).replace("s3://lake/t/", "s3://lake/fresh/"))
    open(path, "w").write(json.dumps(document))
    found = lint("fresh", "--job", path)
    assert ("error", "type", "o2") in found and "HIVE_BAD_DATA" in found["error", "type", "o2"]["text"], found
    assert ("warning", "narrower integer", "id") in found, found
    assert ("warning", "type", "at") in found, found


@test
def one_partition_twice_empty_and_of_another_text():
    table = glue.get_table(DatabaseName="d", Name="t")["Table"]
    descriptor = {**table["StorageDescriptor"], "Location": "s3://lake/%s/" % folder}
    twin = [values[0], "0" + values[1], values[2], values[3]]
    glue.create_partition(DatabaseName="d", TableName="t", PartitionInput={"Values": twin, "StorageDescriptor": descriptor})
    sql("ALTER TABLE d.t ADD PARTITION (ingest_year=1999, ingest_month=1, ingest_day=1, ingest_hour=1)")
    found = lint("t")
    assert "counts its rows twice" in found["error", "partition twice", None]["text"], found
    assert ("warning", "partition text", "ingest_month") in found, found
    assert ("warning", "empty partition", None) in found, found


@test
def a_clean_table_is_clean():
    sql("CREATE EXTERNAL TABLE d.clean (id bigint, at timestamp, o2 bigint, renamed string) " + KEYS)
    sql("MSCK REPAIR TABLE d.clean")
    found = lint("clean")
    assert all(severity == "note" for severity, _, _ in found), found
    done = subprocess.run([SLUICE, "lint", "d.nope", "--dir", server.directory], capture_output=True, text=True)
    assert done.returncode == 1, done


done()
