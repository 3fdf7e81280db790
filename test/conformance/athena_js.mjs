// Athena through the AWS SDK for JavaScript against `sluice up`: start, wait, page, refuse.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(resolve("deps/test/package.json"));
const { AthenaClient, StartQueryExecutionCommand, GetQueryExecutionCommand, GetQueryResultsCommand,
  paginateGetQueryResults, ListWorkGroupsCommand, InvalidRequestException } = require("@aws-sdk/client-athena");
const { S3Client, CreateBucketCommand, GetObjectCommand } = require("@aws-sdk/client-s3");

const directory = mkdtempSync(join(tmpdir(), "sluice-test-"));
const server = spawn(resolve(process.env.SLUICE_BUILD ?? "build", "sluice"),
  ["up", "--json", "--port", "0", "--dir", directory], { stdio: ["ignore", "pipe", "inherit"] });
process.on("exit", () => { server.kill("SIGKILL"); rmSync(directory, { recursive: true, force: true }); });
const [ready] = await new Promise((done) =>
  createInterface({ input: server.stdout }).once("line", (line) => done([JSON.parse(line)])));
for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"]) delete process.env[name];
process.env.AWS_SHARED_CREDENTIALS_FILE = join(directory, "credentials");
process.env.AWS_CONFIG_FILE = "/dev/null";
const options = { endpoint: ready.endpoint, region: "us-east-1" };
const athena = new AthenaClient(options), s3 = new S3Client({ ...options, forcePathStyle: true });

let count = 0, failed = 0;
async function test(name, body) {
  count++;
  try {
    await body();
    console.log(`ok ${count} - ${name}`);
  } catch (problem) {
    failed++;
    console.log(`not ok ${count} - ${name}\n# ${String(problem.stack).replaceAll("\n", "\n# ")}`);
  }
}

async function run(text) {
  const { QueryExecutionId } = await athena.send(new StartQueryExecutionCommand({
    QueryString: text, ResultConfiguration: { OutputLocation: "s3://results/" } }));
  for (;;) {
    const { QueryExecution } = await athena.send(new GetQueryExecutionCommand({ QueryExecutionId }));
    if (!["QUEUED", "RUNNING"].includes(QueryExecution.Status.State)) return QueryExecution;
    await new Promise((done) => setTimeout(done, 20));
  }
}

await s3.send(new CreateBucketCommand({ Bucket: "results" }));

await test("DDL, then what it made is listed", async () => {
  assert.equal((await run("CREATE DATABASE shop")).Status.State, "SUCCEEDED");
  const listed = await run("SHOW DATABASES");
  const { ResultSet } = await athena.send(new GetQueryResultsCommand({ QueryExecutionId: listed.QueryExecutionId }));
  assert.deepEqual(ResultSet.Rows, [{ Data: [{ VarCharValue: "shop" }] }]);
  assert.equal(listed.SubstatementType, "SHOW_DATABASES");
  const altered = await run("ALTER TABLE shop.t SET LOCATION 's3://results/'");
  assert.equal(altered.SubstatementType, "ALTER_TABLE_SET_LOCATION");
  assert.equal(altered.Status.State, "FAILED");
});

await test("a query's rows, page by page, and its file", async () => {
  const query = await run("SELECT 1 AS a UNION ALL SELECT 2 UNION ALL SELECT 3");
  assert.equal(query.Status.State, "SUCCEEDED", query.Status.StateChangeReason);
  const rows = [];
  for await (const page of paginateGetQueryResults({ client: athena, pageSize: 2 }, { QueryExecutionId: query.QueryExecutionId }))
    rows.push(...page.ResultSet.Rows.map((row) => row.Data[0].VarCharValue));
  assert.equal(rows[0], "a");
  assert.deepEqual(rows.slice(1).sort(), ["1", "2", "3"]);
  const key = new URL(query.ResultConfiguration.OutputLocation).pathname.slice(1);
  const file = await (await s3.send(new GetObjectCommand({ Bucket: "results", Key: key }))).Body.transformToString();
  assert.equal(file.split("\n").length, 5);
});

await test("an error has Athena's class and code", async () => {
  await assert.rejects(athena.send(new GetQueryExecutionCommand({ QueryExecutionId: "nope" })), (problem) =>
    problem instanceof InvalidRequestException && problem.AthenaErrorCode === "QUERY_EXECUTION_NOT_FOUND");
  const status = (await run("CREATE EXTERNAL TABLE t (a foo)")).Status;
  assert.equal(status.AthenaError.ErrorType, 1006);
});

await test("the primary work group is there", async () => {
  const { WorkGroups } = await athena.send(new ListWorkGroupsCommand({}));
  assert.equal(WorkGroups[0].Name, "primary");
});

console.log(`1..${count}`);
process.exit(failed ? 1 : 0);
