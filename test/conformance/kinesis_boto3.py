"""boto3 against the gateway: every Kinesis operation it has, waiters, paginators, typed errors, and
SubscribeToShard as an event stream over HTTP/1.1."""
import datetime, os, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

server = Server()
kinesis = server.client("kinesis")
ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/"


@test
def a_stream_is_created_waited_for_and_described():
    kinesis.create_stream(StreamName="s", ShardCount=2)
    kinesis.get_waiter("stream_exists").wait(StreamName="s")
    d = kinesis.describe_stream(StreamName="s")["StreamDescription"]
    assert d["StreamStatus"] == "ACTIVE" and d["StreamARN"] == ARN + "s" and len(d["Shards"]) == 2
    age = datetime.datetime.now(datetime.timezone.utc) - d["StreamCreationTimestamp"]
    assert abs(age.total_seconds()) < 60, age
    s = kinesis.describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]
    assert s["OpenShardCount"] == 2 and s["EncryptionType"] == "NONE"


@test
def paginators_walk_streams_shards_and_consumers():
    for i in range(5):
        kinesis.create_stream(StreamName="page-%d" % i, ShardCount=1)
    pages = kinesis.get_paginator("list_streams").paginate(PaginationConfig={"PageSize": 2})
    names = [n for page in pages for n in page["StreamNames"]]
    assert names == ["page-%d" % i for i in range(5)] + ["s"], names
    pages = kinesis.get_paginator("describe_stream").paginate(StreamName="s", PaginationConfig={"PageSize": 1})
    assert len([s for page in pages for s in page["StreamDescription"]["Shards"]]) == 2
    # its paginator for ListShards sends StreamName along with NextToken, which AWS refuses as well
    page = kinesis.list_shards(StreamName="s", MaxResults=1)
    page = kinesis.list_shards(NextToken=page["NextToken"], MaxResults=1)
    assert [s["ShardId"][-1] for s in page["Shards"]] == ["1"] and "NextToken" not in page
    for i in range(3):
        kinesis.register_stream_consumer(StreamARN=ARN + "page-0", ConsumerName="c%d" % i)
    pages = kinesis.get_paginator("list_stream_consumers").paginate(
        StreamARN=ARN + "page-0", PaginationConfig={"PageSize": 2})
    assert [c["ConsumerName"] for page in pages for c in page["Consumers"]] == ["c0", "c1", "c2"]
    for i in range(5):
        kinesis.delete_stream(StreamName="page-%d" % i, EnforceConsumerDeletion=True)
    kinesis.get_waiter("stream_not_exists").wait(StreamName="page-0")


@test
def the_producer_and_consumer_of_the_introduction():
    put = kinesis.put_record(StreamName="s", Data='{"ventilatorid": 7}\n', PartitionKey="7")
    got = []
    for shard in kinesis.describe_stream(StreamName="s")["StreamDescription"]["Shards"]:
        iterator = kinesis.get_shard_iterator(StreamName="s", ShardId=shard["ShardId"],
                                              ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        page = kinesis.get_records(ShardIterator=iterator, Limit=123)
        assert page["MillisBehindLatest"] == 0 and page["NextShardIterator"]
        got += page["Records"]
    [record] = got
    assert record["SequenceNumber"] == put["SequenceNumber"]
    assert record["Data"] == b'{"ventilatorid": 7}\n' and record["PartitionKey"] == "7"
    arrived = datetime.datetime.now(datetime.timezone.utc) - record["ApproximateArrivalTimestamp"]
    assert abs(arrived.total_seconds()) < 60


@test
def all_five_iterator_types():
    kinesis.create_stream(StreamName="five", ShardCount=1)
    first = kinesis.put_record(StreamName="five", Data=b"1", PartitionKey="k")["SequenceNumber"]
    kinesis.put_record(StreamName="five", Data=b"2", PartitionKey="k")
    def read(**position):
        it = kinesis.get_shard_iterator(StreamName="five", ShardId="shardId-000000000000", **position)
        return [r["Data"] for r in kinesis.get_records(ShardIterator=it["ShardIterator"])["Records"]]
    assert read(ShardIteratorType="TRIM_HORIZON") == [b"1", b"2"]
    assert read(ShardIteratorType="LATEST") == []
    assert read(ShardIteratorType="AT_SEQUENCE_NUMBER", StartingSequenceNumber=first) == [b"1", b"2"]
    assert read(ShardIteratorType="AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=first) == [b"2"]
    past = datetime.datetime.now() - datetime.timedelta(hours=1)
    assert read(ShardIteratorType="AT_TIMESTAMP", Timestamp=past) == [b"1", b"2"]


@test
def five_hundred_records_of_any_bytes_at_once():
    kinesis.create_stream(StreamName="many", ShardCount=3)
    records = [{"Data": bytes((i * j) % 256 for j in range(i)), "PartitionKey": "k%d" % i} for i in range(500)]
    answer = kinesis.put_records(StreamName="many", Records=records)
    assert answer["FailedRecordCount"] == 0
    stored = {}
    for shard in kinesis.list_shards(StreamName="many")["Shards"]:
        iterator = kinesis.get_shard_iterator(StreamName="many", ShardId=shard["ShardId"],
                                              ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        while True:
            page = kinesis.get_records(ShardIterator=iterator, Limit=50)
            if not page["Records"]:
                break
            stored.update({r["PartitionKey"]: r for r in page["Records"]})
            iterator = page["NextShardIterator"]
    assert len(stored) == 500
    for record, result in zip(records, answer["Records"]):
        assert stored[record["PartitionKey"]]["Data"] == record["Data"]
        assert stored[record["PartitionKey"]]["SequenceNumber"] == result["SequenceNumber"]


@test
def errors_have_their_own_classes():
    for error, call in (
            (kinesis.exceptions.ResourceNotFoundException, lambda: kinesis.describe_stream(StreamName="none")),
            (kinesis.exceptions.ResourceInUseException, lambda: kinesis.create_stream(StreamName="s", ShardCount=1)),
            (kinesis.exceptions.InvalidArgumentException, lambda: kinesis.get_records(ShardIterator="x")),
            (kinesis.exceptions.LimitExceededException, lambda: kinesis.create_stream(StreamName="l", ShardCount=501)),
            (kinesis.exceptions.ClientError, lambda: kinesis.list_streams(Limit=10001))):
        try:
            call()
        except error as e:
            assert e.response["Error"]["Message"] and e.response["ResponseMetadata"]["RequestId"]
        else:
            raise AssertionError("no " + error.__name__)


@test
def settings_tags_and_monitoring():
    kinesis.add_tags_to_stream(StreamName="s", Tags={"a": "1", "b": "2"})
    kinesis.remove_tags_from_stream(StreamName="s", TagKeys=["a"])
    assert kinesis.list_tags_for_stream(StreamName="s")["Tags"] == [{"Key": "b", "Value": "2"}]
    kinesis.increase_stream_retention_period(StreamName="s", RetentionPeriodHours=48)
    kinesis.decrease_stream_retention_period(StreamName="s", RetentionPeriodHours=24)
    kinesis.start_stream_encryption(StreamName="s", EncryptionType="KMS", KeyId="alias/aws/kinesis")
    assert kinesis.put_record(StreamName="s", Data=b"", PartitionKey="k")["EncryptionType"] == "KMS"
    kinesis.stop_stream_encryption(StreamName="s", EncryptionType="KMS", KeyId="alias/aws/kinesis")
    kinesis.enable_enhanced_monitoring(StreamName="s", ShardLevelMetrics=["ALL"])
    kinesis.disable_enhanced_monitoring(StreamName="s", ShardLevelMetrics=["ALL"])
    kinesis.update_stream_mode(StreamARN=ARN + "s", StreamModeDetails={"StreamMode": "ON_DEMAND"})
    kinesis.update_stream_mode(StreamARN=ARN + "s", StreamModeDetails={"StreamMode": "PROVISIONED"})
    answer = kinesis.update_shard_count(StreamName="s", TargetShardCount=4, ScalingType="UNIFORM_SCALING")
    assert (answer["CurrentShardCount"], answer["TargetShardCount"]) == (2, 4)
    assert kinesis.describe_limits()["ShardLimit"] == 500


@test
def a_subscription_pushes_records_and_ends_with_the_children():
    kinesis.create_stream(StreamName="push", ShardCount=1)
    consumer = kinesis.register_stream_consumer(StreamARN=ARN + "push", ConsumerName="app")["Consumer"]
    kinesis.put_record(StreamName="push", Data=b"before", PartitionKey="k")
    answer = kinesis.subscribe_to_shard(ConsumerARN=consumer["ConsumerARN"], ShardId="shardId-000000000000",
                                        StartingPosition={"Type": "TRIM_HORIZON"})
    data, last = [], None
    for event in answer["EventStream"]:
        event = event["SubscribeToShardEvent"]
        data += [r["Data"] for r in event["Records"]]
        last = event.get("ContinuationSequenceNumber", last)
        if "ChildShards" in event:
            assert [c["ParentShards"] for c in event["ChildShards"]] == [["shardId-000000000000"]] * 2
        elif data == [b"before"]:
            kinesis.put_record(StreamName="push", Data=b"after", PartitionKey="k")
        elif data == [b"before", b"after"]:
            kinesis.split_shard(StreamName="push", ShardToSplit="shardId-000000000000", NewStartingHashKey="99")
    assert data == [b"before", b"after"] and last


@test
def a_second_subscription_at_once_is_refused():
    consumer = kinesis.describe_stream_consumer(StreamARN=ARN + "push", ConsumerName="app")["ConsumerDescription"]
    start = dict(ConsumerARN=consumer["ConsumerARN"], ShardId="shardId-000000000001",
                 StartingPosition={"Type": "LATEST"})
    answer = kinesis.subscribe_to_shard(**start)
    try:
        kinesis.subscribe_to_shard(**start)
    except kinesis.exceptions.ResourceInUseException:
        pass
    else:
        raise AssertionError("no ResourceInUseException")
    finally:
        answer["EventStream"].close()
    kinesis.deregister_stream_consumer(ConsumerARN=consumer["ConsumerARN"])


@test
def the_server_ends_in_good_order_with_a_subscription_open():
    consumer = kinesis.register_stream_consumer(StreamARN=ARN + "push", ConsumerName="last")["Consumer"]
    kinesis.subscribe_to_shard(ConsumerARN=consumer["ConsumerARN"], ShardId="shardId-000000000002",
                               StartingPosition={"Type": "LATEST"})
    assert server.stop() == 0


done()
