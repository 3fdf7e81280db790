"""sluice audit finds every kind of damage done by hand, and nothing where there is none."""
import json, os, shutil, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

COLUMNS = [("id", "bigint"), ("name", "string")]
MAPPING = [("id", "bigint", "id", "bigint"), ("name", "string", "name", "string")]
BATCHES, RECORDS = 4, 60
CLEAN, DATA = 0, 2

made = Server()


def job(name, table):
    return job_document(name, "db", "events", MAPPING, "s3://lake/%s/" % table, table)


def make():
    made.client("kinesis").create_stream(StreamName="events", ShardCount=2)
    made.client("s3").create_bucket(Bucket="lake")
    glue = made.client("glue")
    glue.create_database(DatabaseInput={"Name": "db"})
    glue.create_table(DatabaseName="db", TableInput=stream_table("events", "events", COLUMNS))
    for batch in range(BATCHES):
        records = [json.dumps({"id": n, "name": "n"}) for n in range(batch * RECORDS, (batch + 1) * RECORDS)]
        records[7] = "{bad"
        made.client("kinesis").put_records(StreamName="events", Records=[
            {"Data": r, "PartitionKey": str(n)} for n, r in enumerate(records)])
        made.run_job(job("one", "lake"), "--window", "0", "--drain")
    made.run_job(job("two", "other"), "--window", "0", "--drain")
    made.stop()


class Copy(Server):
    """A server over a copy of what was made."""

    def __init__(self):
        directory = tempfile.mkdtemp(prefix="sluice-test-")
        subprocess.run(["cp", "-a", "--sparse=always", made.directory + "/.", directory], check=True)
        super().__init__(directory=directory)
        self.s3, self.glue = self.client("s3"), self.client("glue")

    def keys(self, prefix="lake/"):
        return [o["Key"] for o in self.s3.list_objects_v2(Bucket="lake", Prefix=prefix)["Contents"]]

    def path(self, key):
        return os.path.join(self.directory, "objects", "lake", key)

    def copy(self, source, target):
        self.s3.put_object(Bucket="lake", Key=target,
                           Body=self.s3.get_object(Bucket="lake", Key=source)["Body"].read())

    def forget_checkpoint(self):
        for key in self.keys("cp/one/"):
            self.s3.delete_object(Bucket="lake", Key=key)

    def audit(self, *options, table="lake"):
        done = subprocess.run([SLUICE, "audit", "db." + table, "--dir", self.directory, "--json", *options],
                              capture_output=True, text=True)
        assert done.returncode in (CLEAN, DATA), done
        report = json.loads(done.stdout)
        assert (done.returncode == CLEAN) == report["clean"] == (not report["problems"]), done
        return report

    def problems(self, *options, table="lake"):
        return {(p["kind"], p.get("key") or p.get("location") or p.get("batch", p.get("first")))
                for p in self.audit(*options, table=table)["problems"]}

    def __exit__(self, *_):
        self.remove()


make()


@test
def an_untouched_table_is_clean():
    with Copy() as c:
        report = c.audit()
        assert report["clean"] and report["files"] == BATCHES and report["partitions"] >= 1, report
        assert report["rows"] == BATCHES * (RECORDS - 1), report
        [one] = report["jobs"]
        assert one["job"] == "one" and one["last_batch"] == BATCHES - 1, one
        assert (one["records"], one["quarantined"]) == (BATCHES * RECORDS, BATCHES), one
        assert len(one["shards"]) == 2 and not any(s["gaps"] or s["overlaps"] for s in one["shards"])
        assert c.audit(table="other")["clean"] and c.audit(table="lake_quarantine")["clean"]


@test
def for_people_it_says_so():
    with Copy() as c:
        done = subprocess.run([SLUICE, "audit", "db.lake", "--dir", c.directory], capture_output=True, text=True)
        assert done.returncode == CLEAN and "contiguous" in done.stdout, done
        assert "clean: every record" in done.stdout, done
        c.s3.delete_object(Bucket="lake", Key=c.keys()[0])
        done = subprocess.run([SLUICE, "audit", "db.lake", "--dir", c.directory], capture_output=True, text=True)
        assert done.returncode == DATA and "missing file: lake/" in done.stdout, done


@test
def a_removed_file():
    with Copy() as c:
        for key in c.keys()[1:3]:
            c.s3.delete_object(Bucket="lake", Key=key)
            assert ("missing file", key) in c.problems(), c.problems()


@test
def a_file_removed_behind_the_stores_back():
    with Copy() as c:
        key = c.keys()[2]
        os.unlink(c.path(key))
        assert ("damaged file", key) in c.problems(), c.problems()


@test
def a_truncated_file():
    with Copy() as c:
        for at, cut in enumerate((1, 100)):
            key = c.keys()[at]
            os.truncate(c.path(key), os.path.getsize(c.path(key)) - cut)
            assert ("damaged file", key) in c.problems(), c.problems()


@test
def a_truncated_object():
    with Copy() as c:
        key = c.keys()[1]
        body = c.s3.get_object(Bucket="lake", Key=key)["Body"].read()
        c.s3.put_object(Bucket="lake", Key=key, Body=body[:-9])
        assert ("damaged file", key) in c.problems(), c.problems()


@test
def a_file_twice():
    with Copy() as c:
        key = c.keys()[1]
        c.copy(key, os.path.dirname(key) + "/again.parquet")
        assert c.problems() == {("duplicate file", os.path.dirname(key) + "/again.parquet")}, c.problems()


@test
def a_file_twice_in_another_partition():
    with Copy() as c:
        key = c.keys()[1]
        again = "lake/ingest_year=2020/ingest_month=01/ingest_day=01/ingest_hour=01/" + os.path.basename(key)
        c.copy(key, again)
        assert c.problems() == {("duplicate file", again), (
            "unregistered folder", "s3://lake/" + os.path.dirname(again) + "/")}, c.problems()


@test
def a_file_of_another_job():
    with Copy() as c:
        source = c.keys("other/")[0]
        target = "lake/" + source.split("/", 1)[1]
        c.copy(source, target)
        assert ("foreign file", target) in c.problems(), c.problems()
        assert ("foreign file", target) in c.problems("--job", "one"), c.problems("--job", "one")


@test
def a_file_that_is_no_parquet():
    with Copy() as c:
        key = os.path.dirname(c.keys()[0]) + "/notes.txt"
        c.s3.put_object(Bucket="lake", Key=key, Body=b"hello, this is no table data at all")
        assert c.problems() == {("damaged file", key)}, c.problems()


@test
def a_partition_that_the_catalog_lacks():
    with Copy() as c:
        [partition] = c.glue.get_partitions(DatabaseName="db", TableName="lake")["Partitions"][:1]
        c.glue.delete_partition(DatabaseName="db", TableName="lake", PartitionValues=partition["Values"])
        location = partition["StorageDescriptor"]["Location"]
        assert c.problems() == {("unregistered folder", location)}, c.problems()


@test
def a_partition_without_data():
    with Copy() as c:
        descriptor = c.glue.get_partitions(DatabaseName="db", TableName="lake")["Partitions"][0]["StorageDescriptor"]
        descriptor["Location"] = "s3://lake/lake/ingest_year=2001/ingest_month=01/ingest_day=01/ingest_hour=01/"
        c.glue.create_partition(DatabaseName="db", TableName="lake", PartitionInput={
            "Values": ["2001", "01", "01", "01"], "StorageDescriptor": descriptor})
        assert c.problems() == {("empty partition", descriptor["Location"])}, c.problems()


@test
def without_a_checkpoint_the_footers_tell():
    with Copy() as c:
        c.forget_checkpoint()
        for key in c.keys("cp/two/"):
            c.s3.delete_object(Bucket="lake", Key=key)
        report = c.audit()
        assert report["clean"] and report["jobs"][0]["checkpoint_url"] is None, report
        for key in c.keys(""):
            if "-%012d-" % 1 in key and "one" in key:
                c.s3.delete_object(Bucket="lake", Key=key)
        kinds = {kind for kind, _ in c.problems()}
        assert kinds == {"missing batch", "gap"}, c.problems()
        assert ("missing batch", 1) in c.problems()


@test
def without_a_checkpoint_the_counts_tell():
    with Copy() as c:
        c.forget_checkpoint()
        for key in c.keys("cp/two/"):
            c.s3.delete_object(Bucket="lake", Key=key)
        [key] = [k for k in c.keys("quarantine/one/") if "-%012d-" % 2 in k]
        c.s3.delete_object(Bucket="lake", Key=key)
        assert c.problems() == {("wrong count", 2)}, c.problems()


@test
def a_job_that_started_over_into_the_same_table():
    with Copy() as c:
        c.forget_checkpoint()
        c.run_job(job("one", "lake"), "--window", "0", "--drain")
        assert {kind for kind, _ in c.problems()} == {"overlap"}, c.problems()


@test
def failures_are_told_apart_from_problems():
    with Copy() as c:
        for arguments, status in ((["db.nothing"], 1), (["nothing"], 64), (["db.events"], 1)):
            done = subprocess.run([SLUICE, "audit", *arguments, "--dir", c.directory],
                                  capture_output=True, text=True)
            assert done.returncode == status and not done.stdout, done


done()
