// The AWS SDK for JavaScript against `sluice up`: it speaks HTTP/2 with prior knowledge for every
// operation, so this judges the gateway over HTTP/2, SubscribeToShard as an event stream included.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { connect, kinesis } from "./lib/kinesis_client.mjs";

const directory = mkdtempSync(join(tmpdir(), "sluice-test-"));
const server = spawn(resolve(process.env.SLUICE_BUILD ?? "build", "sluice"),
  ["up", "--json", "--port", "0", "--dir", directory], { stdio: ["ignore", "pipe", "inherit"] });
const ended = new Promise((done) => server.on("exit", (status) => done(status)));
process.on("exit", () => server.kill("SIGKILL"));

const [ready] = await new Promise((done) =>
  createInterface({ input: server.stdout }).once("line", (line) => done([JSON.parse(line)])));
for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"]) delete process.env[name];
process.env.AWS_SHARED_CREDENTIALS_FILE = join(directory, "credentials");
process.env.AWS_CONFIG_FILE = "/dev/null";
process.env.AWS_DEFAULT_REGION = process.env.AWS_REGION = "us-east-1";

const client = connect(ready.endpoint);
const call = (operation, input) => client.send(new kinesis[operation + "Command"](input));
const text = (record) => Buffer.from(record.Data).toString();
const arn = (name) => `arn:aws:kinesis:us-east-1:123456789012:stream/${name}`;

async function readShard(stream, shard) {
  const records = [];
  let iterator = (await call("GetShardIterator",
    { StreamName: stream, ShardId: shard, ShardIteratorType: "TRIM_HORIZON" })).ShardIterator;
  while (iterator) {
    const page = await call("GetRecords", { ShardIterator: iterator });
    records.push(...page.Records);
    iterator = page.NextShardIterator;
    if (page.Records.length === 0 && page.MillisBehindLatest === 0) break;
  }
  return records;
}

const tests = {
  async "a stream is created, waited for and described"() {
    await call("CreateStream", { StreamName: "s", ShardCount: 1, Tags: { team: "water" } });
    await kinesis.waitUntilStreamExists({ client, minDelay: 1, maxWaitTime: 10 }, { StreamName: "s" });
    const summary = (await call("DescribeStreamSummary", { StreamName: "s" })).StreamDescriptionSummary;
    assert.equal(summary.StreamStatus, "ACTIVE");
    assert.equal(summary.MaxRecordSizeInKiB, 1024);
    assert.ok(Math.abs(Date.now() - summary.StreamCreationTimestamp) < 60000);
    assert.deepEqual((await call("ListTagsForResource", { ResourceARN: arn("s") })).Tags,
      [{ Key: "team", Value: "water" }]);
  },

  async "eight calls at once, each on a connection of its own"() {
    const puts = await Promise.all(Array.from({ length: 8 }, (_, i) =>
      call("PutRecord", { StreamARN: arn("s"), Data: Buffer.from(`n${i}`), PartitionKey: "käy" })));
    assert.equal(new Set(puts.map((p) => p.SequenceNumber)).size, 8);
    const records = await readShard("s", "shardId-000000000000");
    assert.deepEqual(records.map(text).sort(), Array.from({ length: 8 }, (_, i) => `n${i}`));
    assert.ok(records.every((r) => r.PartitionKey === "käy" && r.ApproximateArrivalTimestamp instanceof Date));
  },

  async "bodies of megabytes both ways"() {
    await call("CreateStream", { StreamName: "large", ShardCount: 1 });
    const data = (i) => Buffer.alloc(30000, i);
    const answer = await call("PutRecords", { StreamName: "large",
      Records: Array.from({ length: 200 }, (_, i) => ({ Data: data(i), PartitionKey: `${i}` })) });
    assert.equal(answer.FailedRecordCount, 0);
    const records = await readShard("large", "shardId-000000000000");
    assert.equal(records.length, 200);
    records.forEach((r, i) => assert.ok(data(i).equals(Buffer.from(r.Data)), `record ${i}`));
  },

  async "errors have their classes and texts"() {
    await assert.rejects(call("DescribeStream", { StreamName: "none" }), (e) =>
      e instanceof kinesis.ResourceNotFoundException &&
      e.message === "Stream none under account 123456789012 not found.");
    await assert.rejects(call("GetRecords", { ShardIterator: "x" }), kinesis.InvalidArgumentException);
  },

  async "settings of the newest models"() {
    await call("UpdateMaxRecordSize", { StreamARN: arn("large"), MaxRecordSizeInKiB: 2048 });
    await call("PutRecord", { StreamName: "large", Data: Buffer.alloc(2000000), PartitionKey: "k" });
    await call("TagResource", { ResourceARN: arn("large"), Tags: { a: "b" } });
    await call("UntagResource", { ResourceARN: arn("large"), TagKeys: ["a"] });
    assert.deepEqual((await call("ListTagsForResource", { ResourceARN: arn("large") })).Tags, []);
  },

  async "a subscription pushes records and ends with the children"() {
    await call("CreateStream", { StreamName: "push", ShardCount: 1 });
    const { Consumer } = await call("RegisterStreamConsumer", { StreamARN: arn("push"), ConsumerName: "app" });
    await call("PutRecord", { StreamName: "push", Data: Buffer.from("before"), PartitionKey: "k" });
    const { EventStream } = await call("SubscribeToShard", { ConsumerARN: Consumer.ConsumerARN,
      ShardId: "shardId-000000000000", StartingPosition: { Type: "TRIM_HORIZON" } });
    const got = [];
    let children;
    for await (const { SubscribeToShardEvent: event } of EventStream) {
      got.push(...event.Records.map(text));
      if (event.ChildShards) children = event.ChildShards;
      else if (got.length === 1)
        await call("PutRecord", { StreamName: "push", Data: Buffer.from("after"), PartitionKey: "k" });
      else if (got.length === 2)
        await call("SplitShard", { StreamName: "push", ShardToSplit: "shardId-000000000000", NewStartingHashKey: "9" });
    }
    assert.deepEqual(got, ["before", "after"]);
    assert.deepEqual(children.map((c) => c.ShardId), ["shardId-000000000001", "shardId-000000000002"]);
  },

  async "the server ends in good order"() {
    client.destroy();
    server.kill("SIGTERM");
    assert.equal(await ended, 0);
  },
};

let number = 0, failed = 0;
console.log(`1..${Object.keys(tests).length}`);
for (const [name, run] of Object.entries(tests)) {
  try {
    await run();
    console.log(`ok ${++number} - ${name}`);
  } catch (error) {
    failed++;
    console.log(`not ok ${++number} - ${name}\n${(error.stack ?? `${error}`).replace(/^/gm, "# ")}`);
  }
}
rmSync(directory, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
