"""The S3 door beside s3rver, which does not sync what it stores."""
import os

from row import Row, Sample

KIB, MIB = 1024, 1024 * 1024
BUCKET = "bench"
OCTETS = {"Content-Type": "application/octet-stream"}


def body_of(stage, size):
    with open(stage.records(100000), "rb") as file:
        return file.read(size)


def ours(stage):
    server = stage.sluice()
    server.call("s3", "PUT", "/" + BUCKET, {})
    return server


def put_object(stage, server, size, connections, requests):
    body = body_of(stage, size)

    def measure():
        heads = [server.head("s3", "PUT", "/%s/object-%d" % (BUCKET, i), OCTETS, body)
                 for i in range(requests)]
        server.forget_peak()
        report = server.load(heads, body, connections, requests)
        return Sample(requests * size / MIB / report["seconds"] if size >= MIB
                      else requests / report["seconds"], server.peak_mib(), report)
    return measure


def get_object(stage, server, size, connections, requests):
    body = body_of(stage, size)
    server.call("s3", "PUT", "/%s/object" % BUCKET, OCTETS, body)
    assert server.call("s3", "GET", "/%s/object" % BUCKET, {}) == body

    def measure():
        head = server.head("s3", "GET", "/%s/object" % BUCKET, {})
        server.forget_peak()
        report = server.load([head], b"", connections, requests)
        return Sample(requests * size / MIB / report["seconds"] if size >= MIB
                      else requests / report["seconds"], server.peak_mib(), report)
    return measure


def beside(operation, size, connections, requests, peer_requests):
    def run(stage):
        return (operation(stage, ours(stage), size, connections, stage.count(requests)),
                operation(stage, stage.s3rver(BUCKET), size, connections,
                          stage.count(peer_requests)))
    return run


ROWS = [
    Row("s3-get-8m", "GetObject of 8 MiB, 1 connection", "MiB/s",
        beside(get_object, 8 * MIB, 1, 200, 30), "s3rver 3.7.1", floor=3, goal=5),
    Row("s3-put-8m", "PutObject of 8 MiB with its ETag, 1 connection; ours durable and verified",
        "MiB/s", beside(put_object, 8 * MIB, 1, 40, 20), "s3rver 3.7.1", floor=1.5, goal=2.2),
    Row("s3-put-8m-4", "the same over 4 connections", "MiB/s",
        beside(put_object, 8 * MIB, 4, 40, 20), "s3rver 3.7.1"),
    Row("s3-put-1k", "PutObject of 1 KiB, 1 connection; ours durable and verified", "objects/s",
        beside(put_object, KIB, 1, 1500, 500), "s3rver 3.7.1", floor=2, goal=4),
    Row("s3-put-1k-4", "the same over 4 connections", "objects/s",
        beside(put_object, KIB, 4, 3000, 800), "s3rver 3.7.1"),
    Row("s3-get-1k", "GetObject of 1 KiB, 1 connection", "objects/s",
        beside(get_object, KIB, 1, 4000, 600), "s3rver 3.7.1"),
]
