"""What the cost of a piece of work becomes as there is more of it: a flat line is linear cost."""
import base64, json, time

import kinesis, pipeline
from row import Curve, Sample
from stage import SLUICE, run_timed

KIB = 1024
SHARDS = [1, 10, 100, 500]  # what an account may have
PARTITIONS = [1, 100, 10000, 100000]
COLUMNS = [1, 10, 50, 200]
SIZES = [1, 10, 100, 1000]  # KiB
PARTITION_BATCH = 100
TABLE = {"DatabaseName": "grown", "TableName": "rows"}


# ---- shards ----

def put_into_shards(stage, shards):
    server = stage.sluice()
    kinesis.make_stream(server, "bench", shards)
    body = kinesis.put_body(stage, "bench")
    head = server.kinesis_head("PutRecords", body)
    calls = stage.count(400)
    return lambda: server.load([head], body, 1, calls)["seconds"] * 1e6 / calls / kinesis.BATCH


def job_over_shards(stage, shards):
    server, records = stage.sluice(), stage.count(200000)
    pipeline.make_lake(server, shards)
    pipeline.put_all(stage, server, records)
    measure = pipeline.drain(stage, server, records, remote=False)

    def cost():
        sample = measure()
        return Sample(1e6 / sample.value, sample.rss_mib)
    return cost


# ---- partitions ----

def partition(number):
    return {"Values": ["%06d" % number],
            "StorageDescriptor": {**pipeline.example("lake-table.json")["StorageDescriptor"],
                                  "Location": "s3://grown/rows/p=%06d/" % number}}


def make_table(server):
    server.call("s3", "PUT", "/grown", {})
    server.json("glue:AWSGlue.CreateDatabase", DatabaseInput={"Name": "grown"})
    server.json("glue:AWSGlue.CreateTable", DatabaseName="grown", TableInput={
        **pipeline.example("lake-table.json"), "Name": "rows",
        "PartitionKeys": [{"Name": "p", "Type": "string"}]})


def register(server, first, count):
    for at in range(first, first + count, PARTITION_BATCH):
        rows = range(at, min(at + PARTITION_BATCH, first + count))
        reply = server.json("glue:AWSGlue.BatchCreatePartition", **TABLE,
                            PartitionInputList=[partition(n) for n in rows])
        assert not reply.get("Errors"), reply


def grown_table(stage, partitions):
    server = stage.sluice()
    make_table(server)
    register(server, 0, partitions)
    return server


def register_partitions(stage, partitions):
    """The cost of a hundred more beside those that are there."""
    server = grown_table(stage, partitions)
    numbers = iter(range(900000, 1000000, PARTITION_BATCH))

    def measure():
        start = time.monotonic()
        register(server, next(numbers), PARTITION_BATCH)
        return (time.monotonic() - start) * 1e6 / PARTITION_BATCH
    return measure


def get_partitions(stage, partitions):
    server = grown_table(stage, partitions)

    def measure():
        start, token, got = time.monotonic(), {}, 0
        while token is not None:
            reply = server.json("glue:AWSGlue.GetPartitions", **TABLE, **token)
            got += len(reply["Partitions"])
            token = {"NextToken": reply["NextToken"]} if reply.get("NextToken") else None
        assert got == partitions
        return (time.monotonic() - start) * 1e6 / partitions
    return measure


def prune_partitions(stage, partitions):
    server = grown_table(stage, partitions)

    def measure():
        start = time.monotonic()
        reply = server.json("glue:AWSGlue.GetPartitions", **TABLE, Expression="p = '000000'")
        assert len(reply["Partitions"]) == 1
        return (time.monotonic() - start) * 1e3
    return measure


def query_partitions(stage, partitions):
    server = grown_table(stage, partitions)
    source = stage.records(kinesis.BATCH)
    run_timed([SLUICE, "convert", source, "--schema", pipeline.lake_schema(), "--output",
               stage.path("one.parquet")])
    with open(stage.path("one.parquet"), "rb") as file:
        server.call("s3", "PUT", "/grown/rows/p%3D000000/one.parquet", {}, file.read())

    def measure():
        start = time.monotonic()
        assert pipeline.sql(server, "SELECT count(*) FROM grown.rows WHERE p = '000000'") == 500
        return (time.monotonic() - start) * 1e3
    return measure


# ---- columns and sizes ----

def convert_columns(stage, columns):
    values = stage.count(4000000)
    rows = values // columns
    names = ["column%d" % i for i in range(columns)]
    with open(stage.path("wide.ndjson"), "w") as file:
        for row in range(rows):
            file.write(json.dumps({n: row * 7 + i for i, n in enumerate(names)}) + "\n")
    command = [SLUICE, "convert", stage.path("wide.ndjson"), "--output", stage.path("w.parquet"),
               "--schema", ",".join(n + ":int" for n in names)]

    def measure():
        took, peak, _ = run_timed(command)
        return Sample(took * 1e9 / rows / columns, peak)
    return measure


def put_sizes(stage, size):
    server = stage.sluice()
    kinesis.make_stream(server, "bench")
    per_call = max(1, min(500, 4000 // size))
    data = base64.b64encode(json.dumps({"text": "x" * (size * KIB - 12)}).encode()).decode()
    body = json.dumps({"StreamName": "bench", "Records": [
        {"Data": data, "PartitionKey": "part-%d" % i} for i in range(per_call)]}).encode()
    head = server.kinesis_head("PutRecords", body)
    calls = stage.count(60)
    return lambda: server.load([head], body, 1, calls)["seconds"] * 1e6 / calls / per_call / size


ROWS = [
    Curve("curve-shards-put", "PutRecords of 500 records into a stream", "shards", SHARDS,
          "us a record", put_into_shards),
    Curve("curve-shards-job", "a job over a stream", "shards", SHARDS, "us a record",
          job_over_shards),
    Curve("curve-partitions-register", "BatchCreatePartition of a hundred beside",
          "partitions", PARTITIONS, "us a partition", register_partitions),
    Curve("curve-partitions-get", "GetPartitions, all pages", "partitions", PARTITIONS,
          "us a partition", get_partitions),
    Curve("curve-partitions-prune", "GetPartitions with an expression that leaves one of",
          "partitions", PARTITIONS, "ms", prune_partitions),
    Curve("curve-partitions-sql", "a query of one partition of", "partitions", PARTITIONS, "ms",
          query_partitions),
    Curve("curve-columns", "four million JSON values to Parquet, in", "columns", COLUMNS,
          "ns a value", convert_columns),
    Curve("curve-record-size", "PutRecords of records of", "KiB", SIZES, "us a KiB", put_sizes),
]
