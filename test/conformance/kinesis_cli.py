"""The AWS CLI against the gateway, command lines as people type them."""
import base64, json, os, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *
from kinesis import Cli

server = Server()
cli = Cli(server)


def run(*arguments):
    done = cli.run(*arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout.strip() else None


@test
def create_wait_describe_list():
    assert run("create-stream", "--stream-name", "s", "--shard-count", "1") is None
    run("wait", "stream-exists", "--stream-name", "s")
    summary = run("describe-stream-summary", "--stream-name", "s")["StreamDescriptionSummary"]
    assert summary["StreamStatus"] == "ACTIVE" and summary["OpenShardCount"] == 1
    assert run("list-streams")["StreamNames"] == ["s"]
    assert run("list-shards", "--stream-name", "s")["Shards"][0]["ShardId"] == "shardId-000000000000"


@test
def put_and_get_back():
    put = run("put-record", "--stream-name", "s", "--partition-key", "k", "--data",
              base64.b64encode(b"one").decode())
    raw = run("put-record", "--stream-name", "s", "--partition-key", "k", "--data", "two",
              "--cli-binary-format", "raw-in-base64-out")
    many = run("put-records", "--stream-name", "s", "--records", "Data=dGhyZWU=,PartitionKey=k",
               "Data=Zm91cg==,PartitionKey=k")
    assert many["FailedRecordCount"] == 0
    iterator = run("get-shard-iterator", "--stream-name", "s", "--shard-id", "shardId-000000000000",
                   "--shard-iterator-type", "TRIM_HORIZON")["ShardIterator"]
    page = run("get-records", "--shard-iterator", iterator)
    assert [base64.b64decode(r["Data"]) for r in page["Records"]] == [b"one", b"two", b"three", b"four"]
    numbers = [put["SequenceNumber"], raw["SequenceNumber"]] + [r["SequenceNumber"] for r in many["Records"]]
    assert [r["SequenceNumber"] for r in page["Records"]] == numbers
    assert sorted(numbers, key=int) == numbers


@test
def tags_and_encryption():
    run("add-tags-to-stream", "--stream-name", "s", "--tags", "team=water,env=test")
    assert [t["Key"] for t in run("list-tags-for-stream", "--stream-name", "s")["Tags"]] == ["env", "team"]
    run("start-stream-encryption", "--stream-name", "s", "--encryption-type", "KMS", "--key-id", "alias/aws/kinesis")
    summary = run("describe-stream-summary", "--stream-name", "s")["StreamDescriptionSummary"]
    assert (summary["EncryptionType"], summary["KeyId"]) == ("KMS", "alias/aws/kinesis")


@test
def errors_are_printed_as_for_aws():
    done = cli.run("describe-stream", "--stream-name", "none")
    assert done.returncode == 254
    assert done.stderr.strip() == (
        "An error occurred (ResourceNotFoundException) when calling the DescribeStream operation: "
        "Stream none under account 123456789012 not found."), done.stderr


@test
def delete_and_wait():
    run("delete-stream", "--stream-name", "s")
    run("wait", "stream-not-exists", "--stream-name", "s")


done()
