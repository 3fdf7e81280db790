"""Job runs and their logs, judged by boto3, the AWS CLI and jq: runs start, write, stop; they go on
when the server or their process is killed, and every record is in the table once."""
import atexit, glob, json, os, re, shutil, signal, subprocess, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

AWS = "/usr/bin/aws"
COLUMNS = [("id", "bigint"), ("name", "string")]
MAPPING = [("id", "bigint", "id", "bigint"), ("name", "string", "name", "string")]
ENDED = {"STOPPED", "SUCCEEDED", "FAILED", "TIMEOUT"}

server = Server()
kinesis, glue, s3, logs = (server.client(s) for s in ("kinesis", "glue", "s3", "logs"))
from botocore.exceptions import ClientError

put_so_far = {}


def until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError("waited in vain: %s\n%s" % (what, server.said()[-3000:]))


def refused(code, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except ClientError as problem:
        assert problem.response["Error"]["Code"] == code, problem
        return problem.response["Error"]["Message"]
    raise AssertionError("not refused with " + code)


def aws(*words, text=None):
    command = [AWS, "--endpoint-url", server.endpoint, "--region", REGION, *words]
    done = subprocess.run(command, capture_output=True, text=True, input=text)
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout


def make_job(name, nodes=True, **more):
    """A stream, a table and a job of one name."""
    kinesis.create_stream(StreamName=name, ShardCount=2)
    glue.create_table(DatabaseName="db", TableInput=stream_table(name, name, COLUMNS))
    document = job_document(name, "db", name, MAPPING, "s3://lake/%s/" % name, name + "_parquet")
    if nodes:
        more["CodeGenConfigurationNodes"] = document["CodeGenConfigurationNodes"]
    more.setdefault("DefaultArguments", {"--window": "0.2", "--job-language": "python"})
    glue.create_job(Name=name, Role="arn:aws:iam::123456789012:role/glue",
                    Command={"Name": "gluestreaming", **more.pop("Command", {})}, **more)
    return document


def put(name, count):
    first = put_so_far.get(name, 0)
    for at in range(first, first + count, 250):
        batch = [{"Data": json.dumps({"id": n, "name": "n%d" % n}).encode(), "PartitionKey": str(n)}
                 for n in range(at, min(at + 250, first + count))]
        reply = kinesis.put_records(StreamName=name, Records=batch)
        assert reply["FailedRecordCount"] == 0
    put_so_far[name] = first + count


def rows(name):
    [row] = server.sql("SELECT count(*) AS n, count(DISTINCT id) AS d FROM db.%s_parquet" % name)
    return row["n"], row["d"]


def arrived(name):
    def all_there():
        try:
            return rows(name)[0] >= put_so_far[name]
        except RuntimeError:  # the table is made by the first batch
            return False
    until(all_there, "records of " + name)


def exactly_once(name):
    assert rows(name) == (put_so_far[name],) * 2, (rows(name), put_so_far[name])


def run_of(name, run):
    return glue.get_job_run(JobName=name, RunId=run)["JobRun"]


def state(name, run):
    return run_of(name, run)["JobRunState"]


def reaches(name, run, *states):
    until(lambda: state(name, run) in states or (state(name, run) in ENDED), "%s of %s" % (states, name))
    assert state(name, run) in states, run_of(name, run)
    return run_of(name, run)


def start(name, **more):
    return glue.start_job_run(JobName=name, **more)["JobRunId"]


def stop(name, *runs):
    reply = glue.batch_stop_job_run(JobName=name, JobRunIds=list(runs))
    assert not reply["Errors"] and len(reply["SuccessfulSubmissions"]) == len(runs), reply


def process_of(run):
    """Process ids whose command line names the run."""
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            words = open(path, "rb").read().split(b"\0")
        except OSError:
            continue
        if len(words) > 2 and words[1] == b"run" and any(run.encode() in w for w in words):
            found.append(int(path.split("/")[2]))
    return found


def end_processes():
    """Runs outlive a server that is killed; nothing outlives this script."""
    server.stop(signal.SIGKILL)
    for pid in process_of(server.directory):
        os.kill(pid, signal.SIGKILL)


atexit.register(end_processes)


def log_of(run, ending=".err"):
    return open(os.path.join(server.directory, "logs", run + ending)).read()


def children(pid):
    """Of all its threads, zombies too."""
    return [int(p) for path in glob.glob("/proc/%d/task/*/children" % pid) for p in open(path).read().split()]


s3.create_bucket(Bucket="lake")
glue.create_database(DatabaseInput={"Name": "db"})
make_job("first")
first = start("first")


@test
def a_run_has_glues_id_and_reaches_running():
    assert re.fullmatch("jr_[0-9a-f]{64}", first), first
    run = reaches("first", first, "RUNNING")
    assert run["JobName"] == "first" and run["Attempt"] == 0 and run["PredecessorRuns"] == []
    assert run["LogGroupName"] == "/aws-glue/jobs" and run["GlueVersion"] == "0.9"
    assert run["Arguments"] == {"--window": "0.2", "--job-language": "python"}
    assert "Timeout" not in run and "CompletedOn" not in run and "ErrorMessage" not in run


@test
def its_records_arrive_in_the_table():
    put("first", 3000)
    arrived("first")
    exactly_once("first")


@test
def a_second_run_is_refused_while_one_goes_on():
    text = refused("ConcurrentRunsExceededException", glue.start_job_run, JobName="first")
    assert text == "Concurrent runs exceeded for first", text
    assert len(glue.get_job_runs(JobName="first")["JobRuns"]) == 1


@test
def the_process_is_clean():
    [pid] = process_of(first)
    names = {e.split(b"=")[0].decode() for e in open("/proc/%d/environ" % pid, "rb").read().split(b"\0") if e}
    known = ("PATH", "HOME", "TMPDIR", "SLUICE_DUCKDB")
    assert all(n in known or n.startswith("AWS_") for n in names), names
    assert "AWS_EC2_METADATA_DISABLED" not in names, names
    files = {os.readlink(f) for f in glob.glob("/proc/%d/fd/*" % pid)}
    assert not any("socket:" in f or "lock" == os.path.basename(f) for f in files), files
    assert os.getsid(pid) == pid


@test
def the_server_leaks_no_descriptor_over_runs():
    def count():
        return len(os.listdir("/proc/%d/fd" % server.process.pid))
    make_job("short", DefaultArguments={"--window": "0", "--drain": "true"})
    put("short", 10)
    reaches("short", start("short"), "SUCCEEDED")
    before = count()
    for _ in range(3):
        put("short", 10)
        reaches("short", start("short"), "SUCCEEDED")
    until(lambda: count() <= before, "%d descriptors instead of %d" % (count(), before), 5)
    exactly_once("short")
    assert children(server.process.pid) == process_of(first), children(server.process.pid)


@test
def runs_are_listed_as_the_readme_does():
    listed = aws("glue", "get-job-runs", "--job-name", "first")
    filtered = subprocess.run(["jq", "-r", '.JobRuns[] | select(.JobRunState=="RUNNING") | .Id'],
                              input=listed, capture_output=True, text=True, check=True).stdout.split()
    assert filtered == [first], filtered
    ids = [r["Id"] for r in glue.get_job_runs(JobName="short")["JobRuns"]]
    started = [r["StartedOn"] for r in glue.get_job_runs(JobName="short")["JobRuns"]]
    assert len(ids) == 4 and started == sorted(started, reverse=True)
    paged = []
    for page in glue.get_paginator("get_job_runs").paginate(JobName="short", PaginationConfig={"PageSize": 3}):
        paged += [r["Id"] for r in page["JobRuns"]]
    assert paged == ids, (paged, ids)
    refused("InvalidInputException", glue.get_job_runs, JobName="short", NextToken="forged")


@test
def a_stopped_run_has_committed_everything():
    put("first", 1500)
    time.sleep(0.3)
    aws("glue", "batch-stop-job-run", "--job-name", "first", "--job-run-ids", first)
    stop_again = glue.batch_stop_job_run(JobName="first", JobRunIds=[first])  # stopping or stopped
    assert len(stop_again["SuccessfulSubmissions"]) + len(stop_again["Errors"]) == 1
    run = reaches("first", first, "STOPPED")
    assert run["CompletedOn"] >= run["StartedOn"] and run["ExecutionTime"] >= 0, run
    assert process_of(first) == []
    n, d = rows("first")
    assert n == d <= put_so_far["first"], (n, d)
    assert glob.glob(server.directory + "/objects/.staging/*") == []
    assert os.listdir(server.directory + "/runs") == []


@test
def a_stopped_run_cannot_be_stopped_and_an_unknown_one_neither():
    reply = glue.batch_stop_job_run(JobName="first", JobRunIds=[first, "jr_nobody"])
    assert reply["SuccessfulSubmissions"] == [], reply
    codes = {e["JobRunId"]: e["ErrorDetail"]["ErrorCode"] for e in reply["Errors"]}
    assert codes == {first: "InvalidInputException", "jr_nobody": "EntityNotFoundException"}, codes


@test
def the_next_run_goes_on_where_the_last_one_stopped():
    run = start("first")
    put("first", 500)
    arrived("first")
    exactly_once("first")
    stop("first", run)
    reaches("first", run, "STOPPED")


@test
def a_killed_process_is_started_again():
    make_job("killed")
    run = start("killed")
    reaches("killed", run, "RUNNING")
    put("killed", 2000)
    for _ in range(3):
        [pid] = until(lambda: process_of(run), "process")
        os.kill(pid, signal.SIGKILL)
        put("killed", 500)
        until(lambda: process_of(run) not in ([], [pid]), "another process")
    arrived("killed")
    assert state("killed", run) == "RUNNING"
    stop("killed", run)
    reaches("killed", run, "STOPPED")
    exactly_once("killed")
    assert "ended by signal 9: starting it again" in log_of(run), log_of(run)


@test
def a_run_outlives_a_server_that_is_killed():
    make_job("orphan")
    run = start("orphan")
    put("orphan", 1000)
    reaches("orphan", run, "RUNNING")
    [pid] = process_of(run)
    server.stop(signal.SIGKILL)
    assert process_of(run) == [pid]
    server.start()
    put("orphan", 1000)
    arrived("orphan")
    assert process_of(run) == [pid] and state("orphan", run) == "RUNNING"
    refused("ConcurrentRunsExceededException", glue.start_job_run, JobName="orphan")
    stop("orphan", run)
    reaches("orphan", run, "STOPPED")
    exactly_once("orphan")


@test
def both_killed_the_run_goes_on_with_the_next_server():
    make_job("both")
    run = start("both")
    put("both", 1000)
    reaches("both", run, "RUNNING")
    [pid] = process_of(run)
    server.stop(signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    until(lambda: process_of(run) == [], "its end")
    server.start()
    put("both", 1000)
    arrived("both")
    [other] = process_of(run)
    assert other != pid and state("both", run) == "RUNNING"


@test
def a_server_that_ends_ends_its_runs_and_the_next_one_starts_them():
    [run] = [r["Id"] for r in glue.get_job_runs(JobName="both")["JobRuns"]]
    assert server.stop() == 0
    assert process_of(run) == []
    server.start()
    put("both", 500)
    arrived("both")
    assert state("both", run) == "RUNNING"
    exactly_once("both")


@test
def with_runs_fail_a_dead_process_is_a_failed_run():
    [run] = [r["Id"] for r in glue.get_job_runs(JobName="both")["JobRuns"]]
    server.options = ["--runs", "fail"]
    server.stop(signal.SIGKILL)
    [pid] = process_of(run)
    os.kill(pid, signal.SIGKILL)
    until(lambda: process_of(run) == [], "its end")
    server.start()
    ended = reaches("both", run, "FAILED")
    assert ended["ErrorMessage"] == "the process is gone", ended
    server.stop()
    server.options = []
    server.start()


@test
def a_document_in_the_object_store_runs():
    document = make_job("script", nodes=False, Command={"ScriptLocation": "s3://lake/jobs/script.json"},
                        DefaultArguments={"--TempDir": "s3://lake/temporary/", "window": "200 ms"})
    s3.put_object(Bucket="lake", Key="jobs/script.json", Body=json.dumps(document).encode())
    failed = reaches("script", start("script"), "FAILED")
    assert "window: '200 ms' is not a length of time" in failed["ErrorMessage"], failed
    put("script", 100)
    run = start("script", Arguments={"window": "0.2", "--unheard-of": "x", "--enable-metrics": "true"})
    arrived("script")
    assert run_of("script", run)["Arguments"] == {
        "--TempDir": "s3://lake/temporary/", "window": "0.2", "--unheard-of": "x", "--enable-metrics": "true"}
    said = log_of(run)
    assert re.search("WARN run: argument 'window' lacks its dashes", said), said
    assert re.search("WARN run: unknown arguments, without effect: --unheard-of", said), said
    assert re.search("INFO run: arguments without effect here: --enable-metrics", said), said
    checkpoint = s3.list_objects_v2(Bucket="lake", Prefix="temporary/script/checkpoint/")
    assert any(o["Key"].endswith("/metadata") for o in checkpoint["Contents"]), checkpoint
    stop("script", run)
    reaches("script", run, "STOPPED")


@test
def arguments_have_their_order():
    make_job("order", NonOverridableArguments={"--drain": "true"},
             DefaultArguments={"--window": "60 seconds", "--memory": "32", "--drain": "false"})
    put("order", 10)
    run = start("order", Arguments={"--window": "0", "--drain": "false"})
    ended = reaches("order", run, "SUCCEEDED")
    assert ended["Arguments"] == {"--window": "0", "--memory": "32", "--drain": "true"}, ended
    exactly_once("order")


@test
def scala_scripts_are_refused_in_words():
    make_job("scala", nodes=False, Command={"ScriptLocation": "s3://lake/scripts/job.scala"})
    ended = reaches("scala", start("scala"), "FAILED")
    assert "only Python scripts (.py) and job documents (.json) are run" in ended["ErrorMessage"], ended


@test
def a_python_script_runs_from_its_place():
    """The example's: fetched from S3, with the job's arguments; one of them lacks its dashes."""
    example = os.path.join(ROOT, "example", "ventilators")
    kinesis.create_stream(StreamName="ventilatorstream", ShardCount=1)
    glue.create_database(DatabaseInput={"Name": "ventilatordb"})
    glue.create_table(DatabaseName="ventilatordb", TableInput=json.load(open(example + "/table.json")))
    s3.upload_file(example + "/glue_streaming_from_kds_to_s3.py", "lake", "scripts/example.py")
    kinesis.put_records(StreamName="ventilatorstream", Records=[
        {"Data": json.dumps({"ventilatorid": n, "eventtime": "2024-02-29 10:00:00"}).encode(), "PartitionKey": "p"}
        for n in range(100)])
    make_job("by_script", nodes=False, Command={"ScriptLocation": "s3://lake/scripts/example.py"}, DefaultArguments={
        "--glue_database": "ventilatordb", "--glue_table_name": "ventilators_table", "--drain": "true",
        "stream_starting_position": "TRIM_HORIZON", "--output_path": "s3://lake/by_script", "--window_size": "1 second",
        "--TempDir": "s3://lake/temp"})
    run = start("by_script")
    reaches("by_script", run, "SUCCEEDED")
    assert glob.glob(server.directory + "/objects/lake/by_script/ingest_year=*/ingest_month=*/*/*/*.parquet")
    assert "batch 0 is in s3://lake/by_script/ingest_year=" in log_of(run)


def make_script(name, text):
    s3.put_object(Bucket="lake", Key="scripts/%s.py" % name, Body=text.encode())
    make_job(name, nodes=False, Command={"ScriptLocation": "s3://lake/scripts/%s.py" % name},
             DefaultArguments={})


@test
def a_scripts_exception_is_the_runs_error_and_its_traceback_in_the_log():
    make_script("raises", "def work():\n    return {}['no such key']\n\nwork()\n")
    run = start("raises")
    ended = reaches("raises", run, "FAILED")
    assert ended["ErrorMessage"] == "KeyError: 'no such key'", ended
    log = log_of(run)
    assert "Traceback (most recent call last):" in log and "line 2, in work" in log, log
    assert "<sluice>" not in log, log


@test
def a_scripts_boto3_asks_this_server():
    make_script("asks", "import boto3\nboto3.client('s3').put_object(Bucket='lake', Key='from_script', Body=b'x')\n"
                "print(boto3.resource('s3').Bucket('lake').name)\n")
    reaches("asks", start("asks"), "SUCCEEDED")
    assert s3.get_object(Bucket="lake", Key="from_script")["Body"].read() == b"x"


@test
def a_script_that_misbehaves_hurts_its_run_alone():
    for name, text in (("exits", "import os; os._exit(3)"), ("recurses", "def f(n): return f(n + 1)\nf(0)"),
                       ("eats", "x = bytes(8 << 30)")):
        make_script(name, text)
    ends = [reaches(name, start(name), "FAILED") for name in ("exits", "recurses", "eats")]
    assert ends[0]["ErrorMessage"] == "the process ended with status 3", ends[0]
    assert ends[1]["ErrorMessage"].startswith("RecursionError: maximum recursion depth exceeded"), ends[1]
    assert ends[2]["ErrorMessage"].startswith("MemoryError"), ends[2]
    assert server.process.poll() is None and glue.get_databases()["DatabaseList"]


@test
def a_script_without_end_is_stopped():
    make_script("endless", "import time\nwhile True: time.sleep(0.01)\n")
    run = start("endless")
    reaches("endless", run, "RUNNING")
    stop("endless", run)
    reaches("endless", run, "STOPPED")


@test
def a_failed_run_says_why():
    make_job("bad", DefaultArguments={"--memory": "none"})
    ended = reaches("bad", start("bad"), "FAILED")
    assert "--memory: 'none' is not a whole number" in ended["ErrorMessage"], ended
    ended = reaches("bad", start("bad", Arguments={"--memory": "64", "--checkpoint": "s3://nowhere/cp"}), "FAILED")
    assert "nowhere" in ended["ErrorMessage"], ended
    assert "FAILED: " in log_of(ended["Id"]), log_of(ended["Id"])


@test
def max_retries_makes_new_attempts():
    make_job("again", DefaultArguments={"--checkpoint": "s3://nowhere/cp"}, MaxRetries=2)
    run = start("again")
    listed = until(lambda: [r for r in [glue.get_job_runs(JobName="again")["JobRuns"]] if len(r) == 3 and
                            all(x["JobRunState"] == "FAILED" for x in r)], "three failures")[0]
    assert [r["Attempt"] for r in listed] == [2, 1, 0], listed
    assert [r["Id"] for r in listed] == [run + "_attempt_2", run + "_attempt_1", run], listed
    assert listed[0]["PreviousRunId"] == run + "_attempt_1" and listed[1]["PreviousRunId"] == run
    retried = start("bad", JobRunId=glue.get_job_runs(JobName="bad")["JobRuns"][0]["Id"],
                    Arguments={"--checkpoint": "s3://lake/cp/bad", "--drain": "true"})
    assert retried.endswith("_attempt_1")
    reaches("bad", retried, "SUCCEEDED")


@test
def what_glue_refuses():
    text = refused("EntityNotFoundException", glue.start_job_run, JobName="nobody")
    assert text == "Failed to start job run due to missing metadata", text
    refused("EntityNotFoundException", glue.get_job_runs, JobName="nobody")
    refused("EntityNotFoundException", glue.get_job_run, JobName="first", RunId="jr_nobody")
    refused("EntityNotFoundException", glue.get_job_run, JobName="short", RunId=first)
    refused("EntityNotFoundException", glue.start_job_run, JobName="first", JobRunId="jr_nobody")
    refused("InvalidInputException", glue.start_job_run, JobName="first", WorkerType="G.1X", NumberOfWorkers=2,
            MaxCapacity=2.0)
    refused("NotImplemented", glue.get_job_bookmark, JobName="first")
    refused("NotImplemented", glue.reset_job_bookmark, JobName="first")


# ---- logs ----

@test
def log_groups_are_glues():
    groups = logs.describe_log_groups(logGroupNamePrefix="/aws-glue")["logGroups"]
    assert [g["logGroupName"] for g in groups] == [
        "/aws-glue/jobs/error", "/aws-glue/jobs/logs-v2", "/aws-glue/jobs/output"], groups
    assert all(g["arn"].endswith(g["logGroupName"] + ":*") and g["storedBytes"] > 0 for g in groups)
    paged = [g["logGroupName"] for page in logs.get_paginator("describe_log_groups").paginate(
        PaginationConfig={"PageSize": 2}) for g in page["logGroups"]]
    assert paged == [g["logGroupName"] for g in groups], paged


@test
def streams_are_runs():
    runs = {r["Id"] for r in glue.get_job_runs(JobName="short")["JobRuns"]} | {first}
    names = [s["logStreamName"] for page in logs.get_paginator("describe_log_streams").paginate(
        logGroupName="/aws-glue/jobs/output", PaginationConfig={"PageSize": 4}) for s in page["logStreams"]]
    assert runs <= set(names) and names == sorted(names) and len(set(names)) == len(names), names
    [one] = logs.describe_log_streams(logGroupName="/aws-glue/jobs/error", logStreamNamePrefix=first)["logStreams"]
    assert one["firstEventTimestamp"] <= one["lastEventTimestamp"] and one["arn"].endswith("log-stream:" + first)
    latest = logs.describe_log_streams(logGroupName="/aws-glue/jobs/error", orderBy="LastEventTime",
                                       descending=True, limit=50)["logStreams"]
    times = [s["lastEventTimestamp"] for s in latest]
    assert times == sorted(times, reverse=True), times


@test
def events_are_lines_forward_and_backward():
    group = {"logGroupName": "/aws-glue/jobs/output", "logStreamName": first}
    lines = log_of(first, ".out").splitlines()
    whole = logs.get_log_events(**group, startFromHead=True)["events"]
    assert [e["message"] for e in whole] == lines and json.loads(lines[0])["batch"] == 0, lines
    forward, token = [], None
    while True:
        page = logs.get_log_events(**group, startFromHead=True, limit=2, **({"nextToken": token} if token else {}))
        forward += [e["message"] for e in page["events"]]
        if page["nextForwardToken"] == token: break
        token = page["nextForwardToken"]
    assert forward == lines, (forward, lines)
    backward, token = [], None
    while True:
        page = logs.get_log_events(**group, limit=2, **({"nextToken": token} if token else {}))
        backward = [e["message"] for e in page["events"]] + backward
        if page["nextBackwardToken"] == token: break
        token = page["nextBackwardToken"]
    assert backward == lines, (backward, lines)
    middle = whole[len(whole) // 2]["timestamp"]
    late = logs.get_log_events(**group, startTime=middle, startFromHead=True)["events"]
    early = logs.get_log_events(**group, endTime=middle, startFromHead=True)["events"]
    assert len(late) + len(early) == len(whole) and all(e["timestamp"] >= middle for e in late)


@test
def what_logs_refuses():
    text = refused("ResourceNotFoundException", logs.get_log_events, logGroupName="/nowhere", logStreamName="s")
    assert text == "The specified log group does not exist.", text
    text = refused("ResourceNotFoundException", logs.get_log_events, logGroupName="/aws-glue/jobs/error",
                   logStreamName="nobody")
    assert text == "The specified log stream does not exist.", text
    for token in ("f/7/s", "f/-1/s", "b/999999999/s", "x", "f//s"):
        refused("InvalidParameterException", logs.get_log_events, logGroupName="/aws-glue/jobs/error",
                logStreamName=first, nextToken=token)
    refused("NotImplemented", logs.filter_log_events, logGroupName="/aws-glue/jobs/error",
            filterPattern='{ $.batch = 1 }')
    refused("NotImplemented", logs.put_log_events, logGroupName="g", logStreamName="s",
            logEvents=[{"timestamp": 1, "message": "m"}])


@test
def events_are_filtered_by_terms():
    def found(pattern, **more):
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName="/aws-glue/jobs/error", filterPattern=pattern, PaginationConfig={"PageSize": 7}, **more)
        events = [e for p in pages for e in p["events"]]
        assert len({e["eventId"] for e in events}) == len(events)
        return events
    every = "".join(open(f).read() for f in glob.glob(server.directory + "/logs/*.err")).splitlines()
    assert len(found("")) == len(every), (len(found("")), len(every))
    assert len(found("FAILED")) == sum("FAILED" in l for l in every) > 0
    assert len(found("FAILED Python")) == sum("FAILED" in l and "Python" in l for l in every) > 0
    assert len(found('"Python scripts (.py)" -FAILED')) == 0
    assert len(found("?FAILED ?starting")) == sum("FAILED" in l or "starting" in l for l in every)
    mine = found("", logStreamNames=[first])
    assert {e["logStreamName"] for e in mine} == {first} and len(mine) == len(log_of(first).splitlines())


@test
def the_aws_cli_tails():
    shown = aws("logs", "tail", "/aws-glue/jobs/output", "--log-stream-names", first, "--since", "1h", "--format", "short")
    assert len(shown.splitlines()) == len(log_of(first, ".out").splitlines()), shown
    shown = aws("logs", "get-log-events", "--log-group-name", "/aws-glue/jobs/error", "--log-stream-name", first)
    assert json.loads(shown)["events"][0]["message"].endswith("run: starting"), shown
    shown = aws("logs", "filter-log-events", "--log-group-name", "/aws-glue/jobs/logs-v2", "--filter-pattern", "STOPPED")
    assert json.loads(shown)["events"], shown


# ---- the command ----

def sluice(*words):
    done = subprocess.run([SLUICE, "job", *words, "--endpoint-url", server.endpoint], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@test
def the_job_command():
    put("first", 10)
    run = sluice("start", "first", "--arguments", '{"--window": "0.1"}').strip()
    assert re.fullmatch("jr_[0-9a-f]{64}", run), run
    arrived("first")
    assert run in sluice("runs", "first") and "first" in sluice("list")
    [line] = [l for l in map(json.loads, sluice("runs", "first", "--json").splitlines()) if l["Id"] == run]
    assert line["JobRunState"] == "RUNNING", line
    follow = subprocess.Popen([SLUICE, "job", "logs", "-f", "first", "--endpoint-url", server.endpoint],
                              stdout=subprocess.PIPE, text=True)
    time.sleep(1)
    put("first", 10)
    arrived("first")
    assert sluice("stop", "first").split() == [run]
    reaches("first", run, "STOPPED")
    out, _ = follow.communicate(timeout=30)  # ends with the run
    assert out == log_of(run), (out, log_of(run))
    assert sluice("logs", "first") == log_of(run)
    assert "STOPPED" in sluice("list")
    none = subprocess.run([SLUICE, "job", "stop", "first", "--endpoint-url", server.endpoint], capture_output=True, text=True)
    assert none.returncode == 1 and "no run" in none.stderr, none
    path = os.path.join(server.directory, "made.json")
    with open(path, "w") as out:
        json.dump(dict(job_document("made", "db", "first", MAPPING, "s3://lake/made/", "made_parquet"),
                       Role="role", Command={"Name": "gluestreaming"}), out)
    assert sluice("create", path) == "made\n" and glue.get_job(JobName="made")["Job"]["Role"] == "role"
    wrong = subprocess.run([SLUICE, "job", "dance"], capture_output=True, text=True)
    assert wrong.returncode == 64, wrong


@test
def nothing_is_left_behind():
    for job in glue.get_jobs()["Jobs"]:
        for run in glue.get_job_runs(JobName=job["Name"])["JobRuns"]:
            assert run["JobRunState"] in ENDED, run
    assert children(server.process.pid) == []
    assert os.listdir(server.directory + "/runs") == []
    assert server.stop() == 0


done()
