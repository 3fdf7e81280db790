"""The example's README, step by step: with the AWS CLI in a shell behind `eval "$(sluice env)"`, its
slips (`aws mb`, `aws cp`) and its jq filters as printed, then with boto3 and the AWS SDK for
JavaScript. Nothing is passed to any client: no endpoint, no region, no credentials."""
import json, os, re, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *
from user import User, said

EXAMPLE = os.path.join(ROOT, "example", "ventilators")
STREAM, DATABASE, JOB = "ventilatorstream", "ventilatordb", "glue_streaming_from_kds_to_s3"
SCRIPTS, LAKE = "ventilator-scripts", "ventilator-lake"
ROLE = "arn:aws:iam::123456789012:role/GlueStreamingJobRole"
PATH_OF_FILE = (r"ventilator_metrics/ingest_year=\d{4}/ingest_month=\d\d/ingest_day=\d\d/"
                r"ingest_hour=\d\d/[^/]+\.parquet")
RECORDS = 5000

server = Server()
user = User()


def sh(script):
    return user.shell(server, "cd %s\n%s" % (EXAMPLE, script))


def until(script, expected, seconds=180):
    """Runs a command until its output is as expected."""
    end = time.monotonic() + seconds
    while (got := said(sh(script))) != expected:
        assert time.monotonic() < end, "%s: %r instead of %r\n%s" % (script, got, expected,
                                                                    server.said()[-2000:])
        time.sleep(0.3)


def until_written(rows):
    """The job has written so many rows, and no more."""
    end = time.monotonic() + 180
    while True:
        [row] = server.sql("SELECT count(*) AS n FROM %s.ventilators_parquet" % DATABASE)
        if row["n"] >= rows:
            break
        assert time.monotonic() < end, "%d rows\n%s" % (row["n"], server.said()[-2000:])
        time.sleep(0.3)
    assert row["n"] == rows


# ---- the AWS CLI ----

@test
def the_users_shell_is_set_up():
    said(user.shell(server, "true", "--write"))


@test
def aws_mb_and_aws_cp():
    assert said(sh("aws mb s3://%s --region $(aws configure get region)" % SCRIPTS)) == \
        "make_bucket: " + SCRIPTS
    assert said(sh("aws mb s3://" + LAKE)) == "make_bucket: " + LAKE
    out = said(sh("aws cp --no-progress job.json s3://%s/jobs/job.json" % SCRIPTS))
    assert out == "upload: ./job.json to s3://%s/jobs/job.json" % SCRIPTS, out
    out = said(sh("aws s3 ls --recursive s3://" + SCRIPTS))
    assert re.fullmatch(r"[-\d]{10} [:\d]{8} +%d jobs/job.json" %
                        os.path.getsize(os.path.join(EXAMPLE, "job.json")), out), out
    assert said(sh("aws s3 ls | cut -c21-")).split() == [LAKE, SCRIPTS]


@test
def aws_kinesis_create_stream():
    assert said(sh("aws kinesis create-stream --cli-input-json file://stream.json")) == ""
    said(sh("aws kinesis wait stream-exists --stream-name " + STREAM))
    summary = json.loads(said(sh("aws kinesis describe-stream-summary --stream-name " + STREAM)))
    assert summary["StreamDescriptionSummary"]["StreamARN"] == \
        "arn:aws:kinesis:us-east-1:123456789012:stream/" + STREAM


@test
def aws_glue_create_database_and_tables():
    said(sh("aws glue create-database --database-input Name=" + DATABASE))
    for name in ("table", "lake-table"):
        said(sh("aws glue create-table --database-name %s --table-input file://%s.json" %
                (DATABASE, name)))
    out = sh("aws glue get-table --database-name %s --name ventilators_table"
             " | jq -r '.Table.StorageDescriptor.Parameters.typeOfData'" % DATABASE)
    assert said(out) == "kinesis"


@test
def the_jobs_role():
    trust = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    account = said(sh("aws sts get-caller-identity | jq -r .Account"))
    arn = said(sh("aws iam create-role --role-name GlueStreamingJobRole --assume-role-policy-document"
                  " '%s' | jq -r .Role.Arn" % json.dumps(trust)))
    assert arn == "arn:aws:iam::%s:role/GlueStreamingJobRole" % account == ROLE, arn


@test
def aws_lakeformation_grant_permissions():
    list_permissions = (
        "aws lakeformation list-permissions | jq -c '.PrincipalResourcePermissions[] |"
        " select(.Principal.DataLakePrincipalIdentifier | endswith(\":role/GlueStreamingJobRole\"))'")
    assert said(sh(list_permissions)) == ""
    said(sh("aws lakeformation grant-permissions --principal DataLakePrincipalIdentifier=%s"
            " --permissions SELECT DESCRIBE ALTER INSERT DELETE"
            " --resource '{\"Table\": {\"DatabaseName\": \"%s\", \"TableWildcard\": {}}}'" %
            (ROLE, DATABASE)))
    granted = [json.loads(line) for line in said(sh(list_permissions)).splitlines()]
    for grant in granted:
        [resource] = grant["Resource"].values()
        assert (resource["DatabaseName"], resource["Name"]) == (DATABASE, "ALL_TABLES"), grant
    assert sorted(p for grant in granted for p in grant["Permissions"]) == \
        ["ALTER", "DELETE", "DESCRIBE", "INSERT", "SELECT"], granted


@test
def aws_glue_create_job():
    out = sh("aws glue create-job --name %s --role %s"
             " --command '{\"Name\": \"gluestreaming\", \"PythonVersion\": \"3\","
             " \"ScriptLocation\": \"s3://%s/jobs/job.json\"}'"
             " --default-arguments '{\"--window\": \"0.5\", \"--job-language\": \"python\","
             " \"stream_starting_position\": \"LATEST\"}'"
             " --glue-version 3.0 --number-of-workers 2 --worker-type G.1X | jq -r .Name" % (JOB, ROLE, SCRIPTS))
    assert said(out) == JOB


@test
def aws_glue_start_job_run():
    dashes = JOB.replace("_", "-")  # as the README writes it
    done = sh("aws glue start-job-run --job-name " + dashes)
    assert done.returncode != 0 and "EntityNotFoundException" in done.stderr, done
    run = said(sh("aws glue start-job-run --job-name %s | jq -r .JobRunId" % JOB))
    assert re.fullmatch("jr_[0-9a-f]{64}", run), run
    until("aws glue get-job-runs --job-name %s | jq -r '.JobRuns[] | select(.JobRunState==\"RUNNING\")"
          " | .Id'" % JOB, run)


@test
def records_arrive_as_parquet_by_the_hour():
    said(sh("sluice gen --stream-name %s --max-count %d --seed 1" % (STREAM, RECORDS)))
    until_written(RECORDS)
    lines = said(sh("aws s3 ls --recursive s3://%s/ventilator_metrics/" % LAKE)).splitlines()
    assert lines
    for line in lines:
        assert re.fullmatch(PATH_OF_FILE, line[31:]), line
    said(sh("cd; aws s3 cp --no-progress s3://%s/%s file.parquet" % (LAKE, lines[0][31:])))
    with open(os.path.join(user.home, "file.parquet"), "rb") as file:
        assert file.read(4) == b"PAR1"


@test
def partitions_are_registered():
    path = said(sh("aws s3 ls --recursive s3://%s/ventilator_metrics/ | tail -1" % LAKE))
    values = said(sh("aws glue get-partitions --database-name %s --table-name ventilators_parquet"
                     " | jq -r '.Partitions[-1].Values | join(\" \")'" % DATABASE))
    assert values.split() == re.findall(r"=(\d+)", path), (values, path)


@test
def aws_glue_batch_stop_job_run():
    job_runs = ("JOB_RUN_IDS=$(aws glue get-job-runs --job-name %s"
                " | jq -r '.JobRuns[] | select(.JobRunState==\"RUNNING\") | .Id')\n" % JOB)
    out = sh(job_runs + "aws glue batch-stop-job-run --job-name %s --job-run-ids $JOB_RUN_IDS"
             " | jq -r '.SuccessfulSubmissions | length'" % JOB)
    assert said(out) == "1"
    until("aws glue get-job-runs --job-name %s | jq -r '.JobRuns[].JobRunState'" % JOB, "STOPPED")
    done = sh(job_runs + "aws glue batch-stop-job-run --job-name %s --job-run-ids $JOB_RUN_IDS" % JOB)
    assert done.returncode != 0 and "JobRunIds, value: 0" in done.stderr, done


@test
def aws_s3_rm_and_rb():
    done = sh("aws s3 rb s3://" + LAKE)
    assert done.returncode != 0 and "BucketNotEmpty" in done.stderr, done
    for bucket in (LAKE, SCRIPTS):
        said(sh("aws s3 rm --recursive --quiet s3://" + bucket))
        assert said(sh("aws s3 rb s3://" + bucket)) == "remove_bucket: " + bucket
    assert said(sh("aws s3 ls")) == ""


@test
def the_rest_is_deleted():
    said(sh("aws glue delete-job --job-name " + JOB))
    said(sh("aws glue delete-database --name " + DATABASE))
    said(sh("aws iam delete-role --role-name GlueStreamingJobRole"))
    said(sh("aws kinesis delete-stream --stream-name " + STREAM))
    until("aws kinesis list-streams | jq -r '.StreamNames | length'", "0")


# ---- boto3 ----

BOTO3_CLIENTS = '''
import boto3, json, sys, time
stream, database, job, scripts, lake, records = sys.argv[1:7]
s3, kinesis, glue = (boto3.client(name) for name in ("s3", "kinesis", "glue"))

def wait(run, wanted, *before):
    while (state := glue.get_job_run(JobName=job, RunId=run)["JobRun"]["JobRunState"]) != wanted:
        assert state in before, state
        time.sleep(0.2)
'''

BOTO3_BEGIN = BOTO3_CLIENTS + '''
for bucket in (scripts, lake):
    s3.create_bucket(Bucket=bucket)
s3.upload_file("job.json", scripts, "jobs/job.json")
kinesis.create_stream(**json.load(open("stream.json")))
kinesis.get_waiter("stream_exists").wait(StreamName=stream, WaiterConfig={"Delay": 1})
glue.create_database(DatabaseInput={"Name": database})
for name in ("table", "lake-table"):
    glue.create_table(DatabaseName=database, TableInput=json.load(open(name + ".json")))
glue.create_job(Name=job, Role="arn:aws:iam::123456789012:role/GlueStreamingJobRole",
                Command={"Name": "gluestreaming", "ScriptLocation": "s3://%s/jobs/job.json" % scripts},
                DefaultArguments={"--window": "0.5"}, GlueVersion="3.0", NumberOfWorkers=2,
                WorkerType="G.1X")
run = glue.start_job_run(JobName=job)["JobRunId"]
wait(run, "RUNNING", "STARTING")
for at in range(0, int(records), 500):
    answer = kinesis.put_records(StreamName=stream, Records=[
        {"PartitionKey": str(n), "Data": json.dumps({
            "ventilatorid": n % 100, "eventtime": "2026-01-02 03:04:05", "serialnumber": str(n),
            "pressurecontrol": 10, "o2stats": 95, "minutevolume": 7, "manufacturer": "maker"})}
        for n in range(at, at + 500)])
    assert answer["FailedRecordCount"] == 0
print(run)
'''

BOTO3_END = BOTO3_CLIENTS + '''
[run] = [run["Id"] for run in glue.get_job_runs(JobName=job)["JobRuns"]
         if run["JobRunState"] == "RUNNING"]
glue.batch_stop_job_run(JobName=job, JobRunIds=[run])
wait(run, "STOPPED", "RUNNING", "STOPPING")
keys = {bucket: [o["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
                 for o in page["Contents"]] for bucket in (scripts, lake)}
for bucket in keys:
    for key in keys[bucket]:
        s3.delete_object(Bucket=bucket, Key=key)
    s3.delete_bucket(Bucket=bucket)
glue.delete_job(JobName=job)
glue.delete_database(Name=database)
kinesis.delete_stream(StreamName=stream)
print(json.dumps(keys[lake]))
'''


def boto3(text):
    path = os.path.join(user.home, "flow.py")
    with open(path, "w") as out:
        out.write(text)
    return said(sh("/usr/bin/python3 %s %s %s %s %s %s %d" %
                   (path, STREAM, DATABASE, JOB, SCRIPTS, LAKE, RECORDS)))


@test
def the_same_with_boto3():
    boto3(BOTO3_BEGIN)
    until_written(RECORDS)
    written = [key for key in json.loads(boto3(BOTO3_END)) if key.endswith(".parquet")]
    assert written and all(re.fullmatch(PATH_OF_FILE, key) for key in written), written


# ---- JavaScript ----

JS_CLIENTS = '''
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
const require = createRequire(%s);
const [stream, database, job, scripts, lake, records] = process.argv.slice(2);
function door(name, options = {}) {
    const sdk = require("@aws-sdk/client-" + name);
    const client = new sdk[{ s3: "S3Client", kinesis: "KinesisClient", glue: "GlueClient" }[name]](options);
    return { sdk, client, call: (operation, input) => client.send(new sdk[operation + "Command"](input)) };
}
const s3 = door("s3", { forcePathStyle: true }), kinesis = door("kinesis"), glue = door("glue");
async function wait(run, wanted, ...before) {
    for (;;) {
        const state = (await glue.call("GetJobRun", { JobName: job, RunId: run })).JobRun.JobRunState;
        if (state === wanted) return;
        if (!before.includes(state)) throw new Error(state);
        await new Promise((done) => setTimeout(done, 200));
    }
}
'''

JS_BEGIN = JS_CLIENTS + '''
for (const Bucket of [scripts, lake]) await s3.call("CreateBucket", { Bucket });
await s3.call("PutObject", { Bucket: scripts, Key: "jobs/job.json", Body: readFileSync("job.json") });
await kinesis.call("CreateStream", JSON.parse(readFileSync("stream.json")));
await kinesis.sdk.waitUntilStreamExists({ client: kinesis.client, minDelay: 1, maxWaitTime: 10 },
                                        { StreamName: stream });
await glue.call("CreateDatabase", { DatabaseInput: { Name: database } });
for (const name of ["table", "lake-table"])
    await glue.call("CreateTable", { DatabaseName: database,
                                     TableInput: JSON.parse(readFileSync(name + ".json")) });
await glue.call("CreateJob", {
    Name: job, Role: "arn:aws:iam::123456789012:role/GlueStreamingJobRole", GlueVersion: "3.0",
    Command: { Name: "gluestreaming", ScriptLocation: `s3://${scripts}/jobs/job.json` },
    DefaultArguments: { "--window": "0.5" }, NumberOfWorkers: 2, WorkerType: "G.1X" });
const { JobRunId } = await glue.call("StartJobRun", { JobName: job });
await wait(JobRunId, "RUNNING", "STARTING");
for (let at = 0; at < Number(records); at += 500) {
    const Records = Array.from({ length: 500 }, (_, i) => ({
        PartitionKey: String(at + i), Data: Buffer.from(JSON.stringify({
            ventilatorid: i %% 100, eventtime: "2026-01-02 03:04:05", serialnumber: String(at + i),
            pressurecontrol: 10, o2stats: 95, minutevolume: 7, manufacturer: "maker" })) }));
    const { FailedRecordCount } = await kinesis.call("PutRecords", { StreamName: stream, Records });
    if (FailedRecordCount) throw new Error(`${FailedRecordCount} failed`);
}
console.log(JobRunId);
'''

JS_END = JS_CLIENTS + '''
const [run] = (await glue.call("GetJobRuns", { JobName: job })).JobRuns
    .filter((one) => one.JobRunState === "RUNNING").map((one) => one.Id);
await glue.call("BatchStopJobRun", { JobName: job, JobRunIds: [run] });
await wait(run, "STOPPED", "RUNNING", "STOPPING");
const keys = {};
for (const Bucket of [scripts, lake]) {
    keys[Bucket] = (await s3.call("ListObjectsV2", { Bucket })).Contents.map((one) => one.Key);
    for (const Key of keys[Bucket]) await s3.call("DeleteObject", { Bucket, Key });
    await s3.call("DeleteBucket", { Bucket });
}
await glue.call("DeleteJob", { JobName: job });
await glue.call("DeleteDatabase", { Name: database });
await kinesis.call("DeleteStream", { StreamName: stream });
console.log(JSON.stringify(keys[lake]));
'''


def javascript(text):
    path = os.path.join(user.home, "flow.mjs")
    with open(path, "w") as out:
        out.write(text % json.dumps(os.path.join(ROOT, "deps", "test", "package.json")))
    return said(user.shell(server, "cd %s; node %s %s %s %s %s %s %d" % (
        EXAMPLE, path, STREAM, DATABASE, JOB, SCRIPTS, LAKE, RECORDS), PATH=os.environ["PATH"]))


@test
def the_same_with_javascript():
    until("aws kinesis list-streams | jq -r '.StreamNames | length'", "0")
    javascript(JS_BEGIN)
    until_written(RECORDS)
    written = [key for key in json.loads(javascript(JS_END)) if key.endswith(".parquet")]
    assert written and all(re.fullmatch(PATH_OF_FILE, key) for key in written), written


done()
