"""Three clients write to one stream before a split, after it, and after a merge; each of them reads
what all have written: every record once, byte for byte, in order by key."""
import os, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *
from kinesis import Boto3, Cli, Js, read_stream

KEYS = ["alpha", "beta", "gamma", "Zürich", "\U0001f30a"]
written = {key: [] for key in KEYS}


def write(client, epoch):
    """One single record and three together for every key; remembers their order."""
    def data(key, n):
        return ("%s %s %s %d" % (epoch, client.name, key, n)).encode() + bytes([0, 255, n])
    for n, key in enumerate(KEYS[:2]):
        client.call("PutRecord", StreamName="s", Data=data(key, n), PartitionKey=key)
        written[key].append(data(key, n))
    batch = [(key, data(key, n)) for n in range(2, 5) for key in KEYS]
    answer = client.call("PutRecords", StreamName="s",
                         Records=[{"Data": d, "PartitionKey": k} for k, d in batch])
    assert answer["FailedRecordCount"] == 0 and len(answer["Records"]) == len(batch)
    for key, d in batch:
        written[key].append(d)


def main():
    server = Server()
    clients = [Boto3(server), Cli(server), Js(server)]
    boto3, cli, js = clients
    js.call("CreateStream", StreamName="s", ShardCount=1)
    for client in clients:
        write(client, "whole")
    cli.call("SplitShard", StreamName="s", ShardToSplit="shardId-000000000000",
             NewStartingHashKey=str(2 ** 127))
    for client in clients:
        write(client, "split")
    js.call("MergeShards", StreamName="s", ShardToMerge="shardId-000000000001",
            AdjacentShardToMerge="shardId-000000000002")
    for client in clients:
        write(client, "merged")
    sequences = None
    for client in clients:
        records = read_stream(client, "s")
        equal(len(records), sum(map(len, written.values())), client.name + " reads every record once")
        for key in KEYS:
            equal([r["Data"] for r in records if r["PartitionKey"] == key], written[key],
                  "%s reads the records of %s in order" % (client.name, ascii(key)))
        numbers = [r["SequenceNumber"] for r in records]
        sequences = sequences or numbers
        equal(numbers, sequences, client.name + " sees the same sequence numbers")
        client.close()


case(main)
done()
