// The pipeline that can be put together from packages: reads a Kinesis stream with the AWS SDK,
// makes a Parquet file of every 50,000 records with DuckDB, and counts the rows at last.
//
//   node consumer.mjs CLIENTS ENDPOINT STREAM RECORDS FOLDER
//
// CLIENTS is the node_modules folder that has the SDK and DuckDB. Prints "ready", then the count.
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";

const [, , clients, endpoint, stream, wanted, folder] = process.argv;
const require = createRequire(path.join(clients, "x.js"));
const { KinesisClient, DescribeStreamCommand, GetShardIteratorCommand, GetRecordsCommand } =
  require("@aws-sdk/client-kinesis");
const { NodeHttpHandler } = require("@smithy/node-http-handler");
const { DuckDBInstance } = require("@duckdb/node-api");

const BATCH = 50000;
const COLUMNS = "{ventilatorid:'INTEGER',eventtime:'TIMESTAMP',serialnumber:'VARCHAR'," +
  "pressurecontrol:'INTEGER',o2stats:'INTEGER',minutevolume:'INTEGER',manufacturer:'VARCHAR'}";

const kinesis = new KinesisClient({
  endpoint, region: "us-east-1", credentials: { accessKeyId: "bench", secretAccessKey: "bench" },
  requestHandler: new NodeHttpHandler(), // HTTP/1.1: kinesalite has HTTP/2 over TLS alone
});
const duckdb = await (await DuckDBInstance.create(":memory:")).connect();
await duckdb.run("SET preserve_insertion_order=false");

let files = 0;
async function writeFile(lines) {
  const json = path.join(folder, "batch.ndjson"), out = path.join(folder, `part-${files++}.parquet`);
  fs.writeFileSync(json, Buffer.concat(lines));
  await duckdb.run(`COPY (SELECT * FROM read_json('${json}', format='newline_delimited',
    auto_detect=false, columns=${COLUMNS})) TO '${out}' (FORMAT parquet, COMPRESSION snappy)`);
}

const shards = (await kinesis.send(new DescribeStreamCommand({ StreamName: stream })))
  .StreamDescription.Shards;
const iterators = await Promise.all(shards.map(async (shard) =>
  (await kinesis.send(new GetShardIteratorCommand({
    StreamName: stream, ShardId: shard.ShardId, ShardIteratorType: "TRIM_HORIZON",
  }))).ShardIterator));
console.log("ready");

const newline = Buffer.from("\n");
let lines = [], read = 0, held = 0;
while (read < Number(wanted)) {
  const replies = await Promise.all(iterators.map((ShardIterator) =>
    kinesis.send(new GetRecordsCommand({ ShardIterator, Limit: 10000 }))));
  replies.forEach((reply, i) => {
    iterators[i] = reply.NextShardIterator;
    for (const record of reply.Records) lines.push(record.Data, newline);
    read += reply.Records.length;
    held += reply.Records.length;
  });
  if (held >= BATCH || read >= Number(wanted)) {
    await writeFile(lines);
    lines = [];
    held = 0;
  }
}
const count = await duckdb.runAndReadAll(`SELECT count(*) FROM read_parquet('${folder}/part-*.parquet')`);
console.log(String(count.getRows()[0][0]));
process.exit(0);
