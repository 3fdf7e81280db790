"""sluice audit of a table that a script writes, when its checkpoint is lost: the footers alone say which
rows each batch wrote."""
import os, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "lib"))
from testing import *

NAME = "get_sink_catalog"
REGIONS = ["north", "south", "east"]
server = Server()
kinesis, glue, s3 = (server.client(s) for s in ("kinesis", "glue", "s3"))


def objects(prefix):
    return sorted(o["Key"] for o in s3.list_objects_v2(Bucket="lake", Prefix=prefix).get("Contents", []))


def audit(*options):
    done = subprocess.run([SLUICE, "audit", "db.readings_by_region", "--dir", server.directory, "--json", *options],
                          capture_output=True, text=True)
    report = json.loads(done.stdout)
    return done.returncode, report["rows"], sorted({p["kind"] for p in report["problems"]})


def make():
    """Two batches of a row in each of three partitions, then no checkpoint."""
    s3.create_bucket(Bucket="lake")
    glue.create_database(DatabaseInput={"Name": "db"})
    kinesis.create_stream(StreamName=NAME, ShardCount=1)
    glue.create_table(DatabaseName="db", TableInput=stream_table(
        NAME, NAME, [("id", "int"), ("region", "string"), ("value", "double")]))
    for batch in range(2):
        for n, region in enumerate(REGIONS):
            kinesis.put_record(StreamName=NAME, PartitionKey="p", Data=json.dumps(
                {"id": batch * 10 + n, "region": region, "value": 1.5}).encode())
        done = subprocess.run([SLUICE, "run", "--dir", server.directory, "--window", "0", "--drain", "--name", NAME,
                               os.path.join(ROOT, "test", "data", "scripts", NAME + ".py"), "--JOB_NAME", NAME,
                               "--stream", NAME], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@test
def with_its_checkpoint_it_is_clean():
    make()
    assert audit() == (0, 6, []), audit()


@test
def without_it_too():
    for key in objects("cp/"):
        s3.delete_object(Bucket="lake", Key=key)
    assert audit() == (0, 6, []), audit()


@test
def the_last_file_of_a_batch_is_missed():
    files = [k for k in objects(NAME + "/out/") if "-000000000001-" in k]
    last = max(files, key=lambda key: key[key.rindex("-0000"):])
    bytes_of_it = s3.get_object(Bucket="lake", Key=last)["Body"].read()
    s3.delete_object(Bucket="lake", Key=last)
    code, rows, kinds = audit()
    assert code != 0 and rows == 5 and "wrong count" in kinds, (code, rows, kinds)
    s3.put_object(Bucket="lake", Key=last, Body=bytes_of_it)
    assert audit() == (0, 6, []), audit()


@test
def its_checkpoint_is_not_rebuilt():
    script = os.path.join(ROOT, "test", "data", "scripts", NAME + ".py")
    done = subprocess.run([SLUICE, "checkpoint", "rebuild", script, "--dir", server.directory],
                          capture_output=True, text=True)
    assert done.returncode != 0 and "is a script" in done.stderr, done


done()
