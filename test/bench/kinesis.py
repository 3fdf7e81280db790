"""The Kinesis door beside kinesalite, which keeps streams in memory and verifies nothing."""
import base64, json

from row import Row, Sample

BATCH = 500
GET_LIMIT = 10000


def put_body(stage, stream, count=BATCH, first=0):
    with open(stage.records(BATCH), "rb") as file:
        lines = [line.rstrip(b"\n") for line in file]
    return json.dumps({"StreamName": stream, "Records": [
        {"Data": base64.b64encode(lines[i % BATCH]).decode(), "PartitionKey": "part-%05d" % i}
        for i in range(first, first + count)]}, separators=(",", ":")).encode()


def make_stream(server, name, shards=1):
    import time
    server.kinesis("CreateStream", StreamName=name, ShardCount=shards)
    while server.kinesis("DescribeStreamSummary", StreamName=name)[
            "StreamDescriptionSummary"]["StreamStatus"] != "ACTIVE":
        time.sleep(0.01)


def iterator_of(server, stream, shard="shardId-000000000000"):
    return server.kinesis("GetShardIterator", StreamName=stream, ShardId=shard,
                          ShardIteratorType="TRIM_HORIZON")["ShardIterator"]


def put_records(stage, server, connections, shards, requests):
    """A stream of its own each round."""
    rounds = iter(range(1000))

    def measure():
        stream = "bench-%d" % next(rounds)
        make_stream(server, stream, shards)
        server.forget_peak()
        body = put_body(stage, stream)
        report = server.load([server.kinesis_head("PutRecords", body)], body, connections, requests)
        peak = server.peak_mib()
        server.kinesis("DeleteStream", StreamName=stream)
        return Sample(BATCH * requests / report["seconds"], peak, report)
    return measure


def put_records_row(connections, shards):
    def run(stage):
        return (put_records(stage, stage.sluice(), connections, shards, stage.count(1600)),
                put_records(stage, stage.kinesalite(), connections, shards, stage.count(60, 12)))
    return run


def put_records_moto(stage):
    peer = stage.moto()
    return (put_records(stage, stage.sluice(), 1, 1, stage.count(1600)),
            put_records(stage, peer, 1, 1, stage.count(20, 4)))


def put_record(stage):
    def side(server, requests):
        make_stream(server, "bench")
        body = json.dumps({"StreamName": "bench", "PartitionKey": "part-1", "Data": json.loads(
            put_body(stage, "bench", 1))["Records"][0]["Data"]}).encode()
        return lambda: Sample(1000 / server.load([server.kinesis_head("PutRecord", body)], body, 1,
                                                 requests)["p50_ms"], server.peak_mib())
    return side(stage.sluice(), stage.count(4000)), side(stage.kinesalite(), stage.count(1000))


def load_stream(stage, server, records, shards=1):
    make_stream(server, "bench", shards)
    for first in range(0, records, BATCH):
        body = put_body(stage, "bench", BATCH, first)
        server.load([server.kinesis_head("PutRecords", body)], body, 1, 1)


def get_records(stage, server, requests, form):
    load_stream(stage, server, GET_LIMIT)
    iterator = iterator_of(server, "bench")
    arrived = server.kinesis("GetRecords", ShardIterator=iterator, Limit=GET_LIMIT)["Records"]
    assert len(arrived) == GET_LIMIT

    def measure():
        input = {"ShardIterator": iterator_of(server, "bench"), "Limit": GET_LIMIT}
        body = json.dumps(input).encode() if form == "json" else cbor(input)
        server.forget_peak()
        report = server.load([server.kinesis_head("GetRecords", body, form)], body, 1, requests)
        return Sample(GET_LIMIT * requests / report["seconds"], server.peak_mib(), report)
    return measure


def cbor(value):
    """RFC 8949 of what requests hold: maps of texts and numbers."""
    def head(major, size):
        return bytes([major << 5 | 25]) + size.to_bytes(2, "big")
    if isinstance(value, dict):
        return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    return head(0, value)


def get_records_row(form):
    def run(stage):
        return (get_records(stage, stage.sluice(), stage.count(400), form),
                get_records(stage, stage.kinesalite(), stage.count(10, 3), form))
    return run


ROWS = [
    Row("put-records", "PutRecords of 500 x 191 B, signed, 1 connection; ours durable and verified",
        "records/s", put_records_row(1, 1), "kinesalite 3.3.3", floor=30, goal=48),
    Row("put-records-4", "the same over 4 connections: group commit", "records/s",
        put_records_row(4, 1), "kinesalite 3.3.3", floor=50, goal=80),
    Row("put-records-shards", "the same over 4 connections into 4 shards", "records/s",
        put_records_row(4, 4), "kinesalite 3.3.3"),
    Row("put-records-moto", "PutRecords of 500 x 191 B, signed, 1 connection, beside moto's server",
        "records/s", put_records_moto, "moto"),
    Row("put-record", "PutRecord of one record, 1 connection, at the median latency", "calls/s",
        put_record, "kinesalite 3.3.3"),
    Row("get-records", "GetRecords of 10,000 records as JSON", "records/s",
        get_records_row("json"), "kinesalite 3.3.3", floor=30, goal=80),
    Row("get-records-cbor", "GetRecords of 10,000 records as CBOR", "records/s",
        get_records_row("cbor"), "kinesalite 3.3.3", floor=30, goal=80),
]
