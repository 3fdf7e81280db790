"""One stream read through both doors, the local log and the Kinesis API over HTTP, across a split, a
merge and KPL-style aggregates: the same table."""
import hashlib, json, os, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

COLUMNS = [("id", "bigint"), ("text", "string"), ("list", "array<int>")]


def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def aggregate(payloads):
    """A KPL aggregated record (magic, protobuf, MD5) of payloads under one partition key."""
    body = field(1, b"key")
    for payload in payloads:
        body += field(3, varint(1 << 3) + varint(0) + field(3, payload))
    return b"\xf3\x89\x9a\xc2" + body + hashlib.md5(body).digest()


def payload(n):
    return json.dumps({"id": n, "text": "täxt %d" % n, "list": list(range(n % 5))}).encode()


def put(kinesis, numbers, aggregated=False):
    numbers = list(numbers)
    for at in range(0, len(numbers), 100):
        chunk = numbers[at:at + 100]
        records = ([{"Data": aggregate([payload(n) for n in chunk]), "PartitionKey": str(at)}] if aggregated
                   else [{"Data": payload(n), "PartitionKey": str(n)} for n in chunk])
        assert kinesis.put_records(StreamName="both", Records=records)["FailedRecordCount"] == 0


def main():
    server = Server()
    kinesis, glue = server.client("kinesis"), server.client("glue")
    kinesis.create_stream(StreamName="both", ShardCount=2)
    put(kinesis, range(0, 5000))
    kinesis.split_shard(StreamName="both", ShardToSplit="shardId-000000000000",
                        NewStartingHashKey=str(2 ** 126))
    put(kinesis, range(5000, 9000))
    kinesis.merge_shards(StreamName="both", ShardToMerge="shardId-000000000003",
                         AdjacentShardToMerge="shardId-000000000001")
    put(kinesis, range(9000, 10000))
    put(kinesis, range(10000, 12000), aggregated=True)
    server.client("s3").create_bucket(Bucket="lake")
    glue.create_database(DatabaseInput={"Name": "db"})
    glue.create_table(DatabaseName="db", TableInput=stream_table("both", "both", COLUMNS))
    for door in ("local", "http"):
        document = job_document("by-" + door, "db", "both", [(n, t, n, t) for n, t in COLUMNS],
                                "s3://lake/%s/" % door, door)
        if door == "http":
            source = document["CodeGenConfigurationNodes"]["source"]["CatalogKinesisSource"]
            source["StreamingOptions"]["EndpointUrl"] = server.endpoint
        batches = server.run_job(document, "--window", "0", "--drain")
        equal(sum(b["written"] for b in batches), 12000, door + ": every record was written")
    for one, other in (("local", "http"), ("http", "local")):
        [row] = server.sql("SELECT count(*) AS n FROM (SELECT id, text, list FROM db.%s EXCEPT ALL "
                           "SELECT id, text, list FROM db.%s)" % (one, other))
        equal(row["n"], 0, "no row only through the %s door" % one)
    [row] = server.sql("SELECT count(*) AS n, count(DISTINCT id) AS d, max(id) AS high FROM db.http")
    equal((row["n"], row["d"], row["high"]), (12000, 12000, 11999), "every id once")


case(main)
done()
