"""Three clients of Kinesis behind one function: call(operation, **input) -> output, Data as bytes."""
import base64, json, os, re, subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


class Refused(Exception):
    """A client's error; args: AWS's name and message."""


def snake(name):
    return re.sub(r"(?<=[a-z0-9])([A-Z])|(?<=[A-Z])([A-Z])(?=[a-z])", r"_\1\2", name).lower().lstrip("_")


def blobs(value, turn, name=None):
    """The value with every member Data turned."""
    if isinstance(value, dict):
        return {k: blobs(v, turn, k) for k, v in value.items()}
    if isinstance(value, list):
        return [blobs(v, turn) for v in value]
    return turn(value) if name == "Data" else value


def to_text(data):
    return base64.b64encode(data).decode()


class Boto3:
    name = "boto3"

    def __init__(self, server):
        self.client = server.client("kinesis")

    def call(self, operation, **members):
        try:
            return getattr(self.client, snake(operation))(**members)
        except self.client.exceptions.ClientError as e:
            raise Refused(e.response["Error"]["Code"], e.response["Error"]["Message"])

    def close(self):
        self.client.close()


class Cli:
    name = "AWS CLI"

    def __init__(self, server):
        self.endpoint = server.endpoint

    def run(self, *arguments):
        return subprocess.run(["/usr/bin/aws", "--endpoint-url", self.endpoint, "--output", "json",
                               "kinesis", *arguments], capture_output=True, text=True)

    def call(self, operation, **members):
        done = self.run(snake(operation).replace("_", "-"), "--cli-input-json",
                        json.dumps(blobs(members, to_text)))
        if done.returncode:
            found = re.search(r"An error occurred \((\w+)\).*?: (.*)", done.stderr)
            raise Refused(*(found.groups() if found else ("?", done.stderr)))
        return blobs(json.loads(done.stdout), base64.b64decode) if done.stdout.strip() else {}

    def close(self):
        pass


class Js:
    name = "AWS SDK for JavaScript"

    def __init__(self, server):
        self.process = subprocess.Popen(
            ["node", os.path.join(HERE, "kinesis_client.mjs"), server.endpoint],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def call(self, operation, **members):
        line = json.dumps({"operation": operation, "input": blobs(members, to_text)})
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        output = json.loads(self.process.stdout.readline())
        if "error" in output:
            raise Refused(output["error"], output["message"])
        return blobs(output, base64.b64decode)

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def read_shard(client, stream, shard, limit=1000):
    """All records of a shard from the oldest to its end, or to where nothing more is known."""
    iterator = client.call("GetShardIterator", StreamName=stream, ShardId=shard,
                           ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    records = []
    while iterator:
        page = client.call("GetRecords", ShardIterator=iterator, Limit=limit)
        records += page["Records"]
        iterator = page.get("NextShardIterator")
        if page["MillisBehindLatest"] == 0 and not page["Records"]:
            break
    return records


def read_stream(client, stream, limit=1000):
    """All records of a stream, parents before children: ListShards lists them in that order."""
    records = []
    for shard in client.call("ListShards", StreamName=stream)["Shards"]:
        records += read_shard(client, stream, shard["ShardId"], limit)
    return records
