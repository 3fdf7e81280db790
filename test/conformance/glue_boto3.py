"""The Glue Data Catalog and jobs through boto3: the replies parse as the service's own model says,
waiters and paginators work, what was set reads back, and 10,000 partitions stay quick to page."""
import os, sys, threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

from botocore.exceptions import ClientError

server = Server()
glue = server.client("glue")

DESCRIPTOR = {
    "Columns": [{"Name": "id", "Type": "bigint", "Comment": "key"}, {"Name": "tags", "Type": "array<struct<a:int>>"}],
    "Location": "s3://lake/pumps/", "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat", "Compressed": False,
    "NumberOfBuckets": -1, "SerdeInfo": {
        "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        "Parameters": {"serialization.format": "1"}},
    "BucketColumns": [], "SortColumns": [], "Parameters": {}, "StoredAsSubDirectories": False}
KEYS = [{"Name": "year", "Type": "int"}, {"Name": "site", "Type": "string"}]


def refused(name, function, **arguments):
    try:
        function(**arguments)
    except ClientError as problem:
        return equal(problem.response["Error"]["Code"], name, "%s: %s" % (function.__name__, name))
    ok(False, "%s is refused" % function.__name__)


def no_drift():
    """What an infrastructure tool sets is what it reads, member by member."""
    table = {"Name": "pumps", "Description": "d", "Owner": "o", "Retention": 5, "StorageDescriptor": DESCRIPTOR,
             "PartitionKeys": KEYS, "TableType": "EXTERNAL_TABLE",
             "Parameters": {"classification": "parquet", "EXTERNAL": "TRUE"}}
    glue.create_database(DatabaseInput={"Name": "db", "Description": "x", "Parameters": {"a": "b"},
                                        "LocationUri": "s3://lake/", "CreateTableDefaultPermissions": []})
    glue.create_table(DatabaseName="db", TableInput=table)
    got = glue.get_table(DatabaseName="db", Name="pumps")["Table"]
    equal({name: got.get(name) for name in table}, table, "a table reads back as it was set")
    glue.create_partition(DatabaseName="db", TableName="pumps", PartitionInput={
        "Values": ["2023", "a"], "StorageDescriptor": DESCRIPTOR, "Parameters": {"k": "v"}})
    got = glue.get_partition(DatabaseName="db", TableName="pumps", PartitionValues=["2023", "a"])["Partition"]
    equal((got["Values"], got["StorageDescriptor"], got["Parameters"]), (["2023", "a"], DESCRIPTOR, {"k": "v"}),
          "a partition reads back as it was set")
    got = glue.get_database(Name="db")["Database"]
    equal((got["Description"], got["Parameters"], got["CreateTableDefaultPermissions"]), ("x", {"a": "b"}, []),
          "a database reads back as it was set")


def refusals():
    refused("EntityNotFoundException", glue.get_table, DatabaseName="db", Name="none")
    refused("AlreadyExistsException", glue.create_database, DatabaseInput={"Name": "DB"})
    refused("InvalidInputException", glue.get_partitions, DatabaseName="db", TableName="pumps", Expression="a b")
    refused("NotImplemented", glue.get_crawlers)
    try:
        glue.get_table(DatabaseName="db", Name="none")
    except glue.exceptions.EntityNotFoundException as problem:
        equal(problem.response["Error"]["Message"], "Table none not found.", "the exception has its own class and words")


def ten_thousand_partitions():
    def batches(first):
        client = server.client("glue")
        for number in range(first, 100, 4):
            reply = client.batch_create_partition(DatabaseName="db", TableName="pumps", PartitionInputList=[
                {"Values": [str(3000 + number), "site-%02d" % i], "StorageDescriptor": DESCRIPTOR} for i in range(100)])
            failures.extend(reply["Errors"])
    failures = []
    threads = [threading.Thread(target=batches, args=(first,)) for first in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    equal(failures, [], "10,000 partitions by four clients at once")
    pages = list(glue.get_paginator("get_partitions").paginate(
        DatabaseName="db", TableName="pumps", Expression="year >= 3000", ExcludeColumnSchema=True))
    values = [tuple(p["Values"]) for page in pages for p in page["Partitions"]]
    equal((len(values), len(set(values)), len(pages)), (10000, 10000, 10), "every partition once, a thousand a page")
    ok(not any("Columns" in p["StorageDescriptor"] for page in pages for p in page["Partitions"]),
       "without their columns")
    segments = [tuple(p["Values"]) for number in range(4)
                for page in glue.get_paginator("get_partitions").paginate(
                    DatabaseName="db", TableName="pumps", Segment={"SegmentNumber": number, "TotalSegments": 4})
                for p in page["Partitions"]]
    equal((len(segments), len(set(segments))), (10001, 10001), "four segments make the whole")
    found = glue.get_partitions(DatabaseName="db", TableName="pumps",
                                Expression="year in (3007, '03008') and site like 'site-_7'")["Partitions"]
    equal(sorted(p["Values"][0] + p["Values"][1][-2:] for p in found),
          [y + s for y in ("3007", "3008") for s in sorted("%d7" % t for t in range(10))], "a condition over them")


def versions():
    table = {"Name": "v", "StorageDescriptor": DESCRIPTOR}
    glue.create_table(DatabaseName="db", TableInput=table)
    for number in range(1, 151):
        glue.update_table(DatabaseName="db", TableInput=dict(table, Description=str(number)), VersionId=str(number - 1))
    pages = list(glue.get_paginator("get_table_versions").paginate(DatabaseName="db", TableName="v"))
    equal([v["VersionId"] for page in pages for v in page["TableVersions"]], [str(n) for n in range(150, -1, -1)],
          "150 updates leave 150 versions, newest first")
    equal(len(pages), 2, "in pages of a hundred")
    old = glue.get_table_version(DatabaseName="db", TableName="v", VersionId="7")["TableVersion"]["Table"]
    equal((old["Description"], old["VersionId"]), ("7", "7"), "each as it was")
    refused("ConcurrentModificationException", glue.update_table, DatabaseName="db", TableInput=table, VersionId="3")


def one_winner():
    """Of many who update the same version one wins."""
    outcomes = []
    def update(number):
        try:
            server.client("glue").update_table(DatabaseName="db", VersionId="150",
                                               TableInput={"Name": "v", "Description": "thread %d" % number})
            outcomes.append("won")
        except ClientError as problem:
            outcomes.append(problem.response["Error"]["Code"])
    threads = [threading.Thread(target=update, args=(number,)) for number in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    # a client may have repeated a refused request: it stays refused
    equal(sorted(outcomes), ["ConcurrentModificationException"] * 7 + ["won"], "one of eight updates wins")


def durable():
    """What was answered is there after a kill."""
    import signal
    glue.create_job(Name="kept", Role="r", Command={"Name": "gluestreaming"}, Tags={"a": "b"})
    server.stop(signal.SIGKILL)
    server.start()
    again = server.client("glue")
    equal(again.get_job(JobName="kept")["Job"]["Command"], {"Name": "gluestreaming"}, "a job outlives a kill")
    equal(again.get_table(DatabaseName="db", Name="v")["Table"]["VersionId"], "151", "so does a table")
    again.delete_database(Name="db")
    equal(again.get_databases()["DatabaseList"], [], "a database goes with its 10,000 partitions")


def listing():
    for number in range(130):
        glue.create_job(Name="job-%03d" % number, Role="r", Command={"Name": "glueetl"}, MaxCapacity=2.5)
    names = [n for page in glue.get_paginator("get_jobs").paginate(PaginationConfig={"PageSize": 50})
             for n in (j["Name"] for j in page["Jobs"])]
    equal(names, ["job-%03d" % number for number in range(130)], "jobs page by page")
    equal(glue.get_job(JobName="job-000")["Job"]["MaxCapacity"], 2.5, "a capacity that is no whole number")
    for number in range(130): glue.delete_job(JobName="job-%03d" % number)
    equal(glue.list_jobs()["JobNames"], [], "and are gone")


for function in (no_drift, refusals, ten_thousand_partitions, versions, one_winner, listing, durable):
    case(function)
done()
