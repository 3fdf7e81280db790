#!/usr/bin/env python3
"""`sluice deploy`, `diff` and `destroy` against `sluice up`, and what is deployed beside what the
CDK's own templates deploy, as the AWS CLI shows it."""
import copy, json, os, pty, signal, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

DATA = os.path.join(ROOT, "test", "data", "cdk")
GOOD = json.load(open(os.path.join(DATA, "cdk.context.json")))
GOOD["glue_job_input_arguments"]["--stream_starting_position"] = \
    GOOD["glue_job_input_arguments"].pop("stream_starting_position")
BUCKET = "aws-glue-streaming-output-parquet-atq4q5u"
ASSETS = "aws-glue-assets-123456789012-us-east-1"
EXECUTION = "arn:aws:iam::123456789012:role/cdk-hnb659fds-cfn-exec-role-123456789012-us-east-1"
PATH, STREAM, ROLE, SCHEMA, GRANT, JOB = STACKS = [
    "GlueStreamingSinkToS3Path", "KinesisStreamAsGlueStreamingJobDataSource",
    "GlueStreamingSinkToS3JobRole", "GlueSchemaOnKinesisStream",
    "GrantLFPermissionsOnGlueJobRole", "GlueStreamingSinkToS3Job"]
FAILED, USAGE = 1, 64

AWS_CLI = """
import contextlib, io, json, sys
from awscli.clidriver import create_clidriver
for words in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = create_clidriver().main(words)
    print(json.dumps([status, out.getvalue(), err.getvalue()]))
"""

class Project:
    """A server and a folder with a cdk.context.json."""

    def __init__(self):
        self.server = Server()
        self.clients = {}
        self.folder = tempfile.TemporaryDirectory(prefix="sluice-test-")
        self.context(GOOD)

    def context(self, value):
        with open(os.path.join(self.folder.name, "cdk.context.json"), "w") as out:
            json.dump(value, out)

    def changed(self, change):
        value = copy.deepcopy(GOOD)
        change(value)
        self.context(value)

    def environment(self):
        return dict(os.environ, AWS_ENDPOINT_URL=self.server.endpoint)

    def sluice(self, *args):
        return subprocess.run([SLUICE, *args], capture_output=True, text=True, timeout=120,
                              cwd=self.folder.name, env=self.environment(),
                              stdin=subprocess.DEVNULL)

    def lines(self, *args):
        done = self.sluice(*args)
        assert done.returncode == 0, done
        return [json.loads(line) for line in done.stdout.splitlines()]

    def ends(self, *args):
        """What the stacks came to: name -> its last line."""
        return {line["Stack"]: line for line in self.lines(*args) if "StackStatus" in line}

    def client(self, service):
        if service not in self.clients:
            self.clients[service] = self.server.client(service)
        return self.clients[service]

    def aws(self, *commands):
        """What each of the AWS CLI's commands answers; loaded once, it takes a tenth of the time."""
        options = ["--endpoint-url", self.server.endpoint, "--output", "json"]
        done = subprocess.run(["/usr/bin/python3", "-c", AWS_CLI], capture_output=True, text=True,
                              input=json.dumps([options + words for words in commands]), timeout=120,
                              env=self.environment())
        assert done.returncode == 0, done
        replies = [json.loads(line) for line in done.stdout.splitlines()]
        return [{"error": err.strip()} if status else json.loads(out or "{}")
                for status, out, err in replies]

    def stacks(self):
        cloudformation = self.client("cloudformation")
        return {s["StackName"]: s["StackStatus"] for s in cloudformation.describe_stacks()["Stacks"]
                if s["StackName"] != "CDKToolkit"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.remove()
        self.folder.cleanup()

DESCRIBED = [
    ["s3api", "get-bucket-location", "--bucket", BUCKET],
    ["s3api", "list-object-versions", "--bucket", BUCKET],
    ["kinesis", "describe-stream-summary", "--stream-name", "ventilatorstream"],
    ["kinesis", "list-shards", "--stream-name", "ventilatorstream"],
    ["iam", "get-role", "--role-name", "GlueStreamingJobRole"],
    ["iam", "list-attached-role-policies", "--role-name", "GlueStreamingJobRole"],
    ["iam", "list-role-policies", "--role-name", "GlueStreamingJobRole"],
    ["iam", "get-role-policy", "--role-name", "GlueStreamingJobRole", "--policy-name",
     "aws_glue_job_role_policy"],
    ["iam", "get-role-policy", "--role-name", "GlueStreamingJobRole", "--policy-name",
     "GlueStreamingJobRoleDefaultPolicy08665BA5"],
    ["glue", "get-database", "--name", "ventilatordb"],
    ["glue", "get-table", "--database-name", "ventilatordb", "--name", "ventilators_table"],
    ["glue", "get-job", "--job-name", "glue_streaming_from_kds_to_s3"],
    ["lakeformation", "get-data-lake-settings"],
    ["lakeformation", "list-permissions"],
    ["cloudformation", "list-exports"],
]

def scrubbed(value):
    """Without what differs each time: times and generated ids."""
    if isinstance(value, dict):
        return {k: scrubbed(v) for k, v in value.items()
                if k not in ("CreateTime", "UpdateTime", "CreateDate", "CreatedOn", "LastModifiedOn",
                             "StreamCreationTimestamp", "RoleId", "VersionId", "LastUpdated",
                             "ExportingStackId", "RoleLastUsed", "SequenceNumberRange")}
    if isinstance(value, list):
        return [scrubbed(v) for v in value]
    return value

GONE = [words for words in DESCRIBED if words[1] in (
    "get-bucket-location", "describe-stream-summary", "get-role", "get-database", "get-job",
    "list-exports")]

def described(project, commands=DESCRIBED):
    return {" ".join(words): scrubbed(reply)
            for words, reply in zip(commands, project.aws(*commands))}

def outputs(project):
    cloudformation = project.client("cloudformation")
    return {s["StackName"]: sorted((o["OutputKey"], o["OutputValue"], o.get("ExportName"))
                                   for o in s.get("Outputs", []))
            for s in cloudformation.describe_stacks()["Stacks"] if s["StackName"] != "CDKToolkit"}

# ---- deploying ----

@test
def what_is_deployed_is_what_the_cdks_templates_deploy():
    with Project() as project:
        ends = project.ends("deploy", "--all")
        assert list(ends) == STACKS, list(ends)
        assert all(e["StackStatus"] == "CREATE_COMPLETE" and e["Changed"] for e in ends.values())
        ours, our_outputs = described(project), outputs(project)
        for name, reply in ours.items():
            assert "error" not in reply, (name, reply)
        done = project.sluice("destroy", "--all", "--force")
        assert done.returncode == 0 and project.stacks() == {}, done
        for name, reply in described(project, GONE).items():
            assert "error" in reply or reply == {"Exports": []}, (name, reply)
    with Project() as project:
        cloudformation = project.client("cloudformation")
        for stack in STACKS:
            template = json.load(open(os.path.join(DATA, "2.111.0", stack + ".template.json")))
            if stack == JOB:  # the slip that GOOD has mended
                given = template["Resources"]["GlueStreamingETLJob"]["Properties"]["DefaultArguments"]
                given["--stream_starting_position"] = given.pop("stream_starting_position")
            cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(template),
                                        Capabilities=["CAPABILITY_NAMED_IAM"], RoleARN=EXECUTION)
            cloudformation.get_waiter("stack_create_complete").wait(
                StackName=stack, WaiterConfig={"Delay": 1})
        theirs = described(project)
        for name in ours:
            assert ours[name] == theirs[name], (name, ours[name], theirs[name])
        assert our_outputs == outputs(project)
        assert all(not end["Changed"] for end in project.ends("deploy", "--all").values())

@test
def only_what_changed_is_changed():
    with Project() as project:
        project.ends("deploy", "--all")
        again = project.ends("deploy", "--all")
        assert list(again) == STACKS and not any(e["Changed"] for e in again.values()), again
        assert project.sluice("diff", "--fail").returncode == 0
        def change(c):
            c["glue_kinesis_table"]["columns"].append({"name": "room", "type": "string"})
            c["glue_job_input_arguments"]["--window"] = "10"
        project.changed(change)
        done = project.sluice("diff", "--fail")
        assert done.returncode == FAILED, done
        assert '      + TableInput.StorageDescriptor.Columns[7]: {"Name":"room","Type":"string"}' \
            in done.stdout.splitlines(), done.stdout
        assert '      + DefaultArguments.--window: "10"' in done.stdout.splitlines(), done.stdout
        assert "Stacks with differences: 2" in done.stdout and project.sluice("diff").returncode == 0
        found = project.lines("diff", "--json")
        assert [(d["Stack"], d["Difference"]) for d in found] == [(SCHEMA, "add"), (JOB, "add")]
        ends = project.ends("deploy", "--all")
        assert [s for s in STACKS if ends[s]["Changed"]] == [SCHEMA, JOB], ends
        assert ends[JOB]["StackStatus"] == "UPDATE_COMPLETE"
        table = project.aws(DESCRIBED[10])[0]["Table"]["StorageDescriptor"]
        assert table["Columns"][7] == {"Name": "room", "Type": "string"}, table
        assert project.sluice("diff", "--fail").returncode == 0

def yaml(value, indent=""):
    """Block style, as the CDK sends small templates."""
    if isinstance(value, (dict, list)) and value:
        pairs = value.items() if isinstance(value, dict) else [(None, v) for v in value]
        return "".join("\n%s%s%s" % (indent, "-" if k is None else json.dumps(k) + ":",
                                     yaml(v, indent + "  ")) for k, v in pairs)
    return " " + json.dumps(value)

@test
def what_was_deployed_as_yaml_is_the_same():
    with Project() as project:
        for stack in PATH, STREAM, SCHEMA:
            template = json.load(open(os.path.join(DATA, "2.111.0", stack + ".template.json")))
            project.client("cloudformation").create_stack(
                StackName=stack, TemplateBody=yaml(template).lstrip() + "\n", RoleARN=EXECUTION)
        assert project.sluice("diff", PATH, STREAM, SCHEMA, "--fail").returncode == 0
        ends = project.ends("deploy", SCHEMA)
        assert len(ends) == 3 and not any(e["Changed"] for e in ends.values()), ends
        assert list(project.ends("destroy", SCHEMA, STREAM, PATH, "--force")) == [SCHEMA, STREAM, PATH]

@test
def the_cdk_deploys_what_synth_writes():
    cdk = os.path.join(ROOT, "deps", "cdk", "node_modules", "aws-cdk", "bin", "cdk")
    if not os.path.exists(cdk):
        raise Skip("no packages in deps/cdk (./dev test installs them)")
    with Project() as project:
        assert project.sluice("synth", "--output", "cdk.out").returncode == 0
        environment = project.server.remote_environment(
            project.folder.name, CI="1", NODE_NO_WARNINGS="1", CDK_DISABLE_CLI_TELEMETRY="true")
        def run(*words):
            return subprocess.run(["node", cdk, "--app", "cdk.out", *words, "--no-notices"],
                                  cwd=project.folder.name, env=environment, capture_output=True,
                                  text=True, timeout=120)
        assert run("ls").stdout.split() == STACKS
        done = run("deploy", "--all", "--require-approval", "never")
        assert done.returncode == 0 and project.stacks() == {s: "CREATE_COMPLETE" for s in STACKS}, done
        assert project.sluice("diff", "--fail").returncode == 0
        assert not any(e["Changed"] for e in project.ends("deploy", "--all").values())
        assert list(project.ends("destroy", "--all", "--force")) == STACKS[::-1]

@test
def a_change_that_replaces_says_so_and_does():
    with Project() as project:
        project.ends("deploy", JOB)
        project.changed(lambda c: c.update(glue_job_name="another_job"))
        assert '      ~ Name: "glue_streaming_from_kds_to_s3" -> "another_job"  ' \
            '(replaces the resource)' in project.sluice("diff", JOB).stdout.splitlines()
        project.ends("deploy", JOB)
        assert project.aws(["glue", "list-jobs"])[0]["JobNames"] == ["another_job"]

@test
def what_a_stack_needs_comes_along_unless_told():
    with Project() as project:
        done = project.sluice("deploy", SCHEMA, "--exclusively")
        assert done.returncode == FAILED and "No export named" in done.stderr, done
        assert "What to do: deploy the stack that exports it first" in done.stderr, done
        assert list(project.ends("deploy", SCHEMA)) == [PATH, STREAM, SCHEMA]
        assert project.stacks() == {s: "CREATE_COMPLETE" for s in (PATH, STREAM, SCHEMA)}

@test
def events_name_every_resource():
    with Project() as project:
        events = [e for e in project.lines("deploy", ROLE) if "ResourceStatus" in e]
        made = [(e["ResourceType"], e["LogicalResourceId"]) for e in events
                if e["ResourceStatus"] == "CREATE_COMPLETE" and "Stack" not in e["ResourceType"]]
        assert made == [("AWS::S3::Bucket", "s3bucketFBFA637E"),
                        ("AWS::Kinesis::Stream", "SourceKinesisStreams11CE8FFC"),
                        ("AWS::IAM::Role", "GlueStreamingJobRoleB98D72B4"),
                        ("AWS::IAM::Policy", "GlueStreamingJobRoleDefaultPolicy08665BA5")], made
        assert all(e["Timestamp"] and e["PhysicalResourceId"] for e in events
                   if e["ResourceStatus"] == "CREATE_COMPLETE")

@test
def on_a_terminal_people_are_told():
    with Project() as project:
        parent, child = pty.openpty()
        process = subprocess.Popen([SLUICE, "deploy", PATH], stdout=child, stderr=child,
                                   cwd=project.folder.name, env=dict(project.environment(), NO_COLOR="1"))
        os.close(child)
        text = b""
        try:
            while True:
                text += os.read(parent, 4096)
        except OSError:  # the other end is closed
            pass
        assert process.wait(60) == 0, text
        assert b"CREATE_COMPLETE     AWS::S3::Bucket" in text and b"{" not in text, text
        assert b"GlueStreamingSinkToS3PathS3Bucket = " + BUCKET.encode() in text, text

# ---- failing ----

@test
def a_failure_names_resource_and_reason_and_the_next_deploy_goes_on():
    with Project() as project:
        iam = project.client("iam")
        iam.create_role(RoleName="GlueStreamingJobRole", AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
             "Principal": {"Service": "glue.amazonaws.com"}}]}))
        done = project.sluice("deploy", "--all")
        assert done.returncode == FAILED, done
        assert "GlueStreamingJobRoleB98D72B4 (AWS::IAM::Role)" in done.stderr, done.stderr
        assert "already exists" in done.stderr and "What to do: " in done.stderr, done.stderr
        assert project.stacks() == {PATH: "CREATE_COMPLETE", STREAM: "CREATE_COMPLETE",
                                    ROLE: "ROLLBACK_COMPLETE"}, project.stacks()
        iam.delete_role(RoleName="GlueStreamingJobRole")
        ends = project.ends("deploy", "--all")
        assert ends[ROLE]["StackStatus"] == "CREATE_COMPLETE" and not ends[PATH]["Changed"], ends

@test
def a_killed_deploy_is_finished_by_the_next():
    with Project() as project:
        for number in range(1, 6):
            process = subprocess.Popen([SLUICE, "deploy", "--all"], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, cwd=project.folder.name,
                                       env=project.environment())
            for _ in range(4 * number):
                if not process.stdout.readline():
                    break
            process.send_signal(signal.SIGKILL)
            process.communicate()
        project.ends("deploy", "--all")
        assert project.stacks() == {s: "CREATE_COMPLETE" for s in STACKS}

@test
def administrators_of_the_lake_are_kept_and_named():
    with Project() as project:
        lake = project.client("lakeformation")
        mine = "arn:aws:iam::123456789012:role/Mine"
        project.client("iam").create_role(RoleName="Mine", AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
             "Principal": {"Service": "glue.amazonaws.com"}}]}))
        lake.put_data_lake_settings(DataLakeSettings={
            "DataLakeAdmins": [{"DataLakePrincipalIdentifier": mine}]})
        done = project.sluice("deploy", "--all")
        assert done.returncode == 0, done
        admins = [a["DataLakePrincipalIdentifier"] for a in
                  lake.get_data_lake_settings()["DataLakeSettings"]["DataLakeAdmins"]]
        assert mine in admins and len(admins) == 2, admins
        assert "note: data lake administrator kept: " + mine in done.stderr, done.stderr
        done = project.sluice("destroy", "--all", "--force")
        assert done.returncode == 0, done
        assert [a["DataLakePrincipalIdentifier"] for a in
                lake.get_data_lake_settings()["DataLakeSettings"]["DataLakeAdmins"]] == [mine]

# ---- destroying ----

@test
def what_is_in_the_way_is_told_before_anything_is_deleted():
    with Project() as project:
        project.ends("deploy", "--all")
        s3, glue = project.client("s3"), project.client("glue")
        for number in range(3):
            s3.put_object(Bucket=BUCKET, Key="a/%d" % number, Body=b"x" * 1000)
        glue.create_table(DatabaseName="ventilatordb", TableInput={"Name": "made_by_hand"})
        done = project.sluice("destroy", "--all", "--force")
        assert done.returncode == FAILED and not done.stdout, done
        for words in ("%s: bucket %s has 3 objects" % (PATH, BUCKET), "--empty-buckets",
                      "%s: table ventilatordb.made_by_hand" % SCHEMA, "--drop-tables",
                      "nothing was destroyed: 2 things are in the way"):
            assert words in done.stderr, (words, done.stderr)
        assert project.stacks() == {s: "CREATE_COMPLETE" for s in STACKS}
        done = project.sluice("destroy", PATH, "--force", "--empty-buckets")
        assert done.returncode == FAILED and STREAM + " needs it" in done.stderr, done
        done = project.sluice("destroy", "--all", "--force", "--empty-buckets", "--drop-tables")
        assert done.returncode == 0 and project.stacks() == {}, done
        assert "3 objects of %s removed" % BUCKET in done.stderr, done

@test
def destroying_goes_backwards_and_twice():
    with Project() as project:
        project.ends("deploy", "--all")
        assert list(project.ends("destroy", "--all", "--force")) == STACKS[::-1]
        done = project.sluice("destroy", "--all", "--force")
        assert done.returncode == 0 and not done.stdout, done

@test
def wrong_use_is_told():
    with Project() as project:
        for args, words in [(["deploy"], "or give --all"), (["destroy"], "or give --all"),
                            (["deploy", "--all", PATH], "either"),
                            (["deploy", "Nonsense"], "is no stack"),
                            (["diff", "--remote", "--dir", "x"], "--remote excludes"),
                            (["deploy", "--all", "--remote", "--endpoint-url", "http://x"],
                             "--remote excludes")]:
            done = project.sluice(*args)
            assert done.returncode == USAGE and words in done.stderr, (args, done)
        project.ends("deploy", PATH)
        done = project.sluice("destroy", PATH)
        assert done.returncode == USAGE and "--force" in done.stderr, done
        project.changed(lambda c: c.pop("glue_job_name"))
        for command in "deploy", "diff":
            done = project.sluice(command, *(["--all"] if command == "deploy" else []))
            assert done.returncode == FAILED and "glue_job_name: missing" in done.stderr, done

@test
def an_endpoint_that_is_not_there_is_named():
    with tempfile.TemporaryDirectory(prefix="sluice-test-") as folder:
        with open(os.path.join(folder, "cdk.context.json"), "w") as out:
            json.dump(GOOD, out)
        done = subprocess.run([SLUICE, "diff", "--endpoint-url", "http://127.0.0.1:1"], cwd=folder,
                              capture_output=True, text=True, timeout=60,
                              env=dict(os.environ, AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b"))
        assert done.returncode == FAILED and "127.0.0.1:1" in done.stderr, done

# ---- the job ----

@test
def the_stacks_job_runs_the_examples_script():
    example = os.path.join(ROOT, "example", "ventilators")
    with Project() as project:
        project.context(json.load(open(example + "/cdk.context.json")))
        done = project.sluice("deploy", "--all")
        assert done.returncode == 0 and "the job's script is not at s3://" + ASSETS in done.stderr
        s3 = project.client("s3")
        s3.create_bucket(Bucket=ASSETS)
        s3.upload_file(example + "/glue_streaming_from_kds_to_s3.py", ASSETS,
                       "scripts/glue_streaming_from_kds_to_s3.py")
        done = project.sluice("deploy", "--all")
        assert done.returncode == 0 and not done.stderr, done
        gen = project.sluice("gen", "--stream-name", "ventilatorstream", "--max-count", "500")
        assert gen.returncode == 0, gen
        job = "glue_streaming_from_kds_to_s3"
        started = project.sluice("job", "start", job, "--arguments", json.dumps(
            {"--stream_starting_position": "TRIM_HORIZON", "--drain": "true", "--window": "1"}))
        assert started.returncode == 0, started
        logs = project.sluice("job", "logs", "--follow", job)
        runs = project.client("glue").get_job_runs(JobName=job)["JobRuns"]
        assert [r["JobRunState"] for r in runs] == ["SUCCEEDED"], (runs, logs)
        keys = [o["Key"] for o in s3.list_objects_v2(Bucket="ventilator-lake")["Contents"]]
        assert any(k.startswith("ventilator_metrics/ingest_year=") and k.endswith(".parquet")
                   for k in keys), keys
        done = project.sluice("destroy", "--all", "--force")
        assert done.returncode == FAILED and "bucket ventilator-lake has" in done.stderr, done

@test
def a_run_that_goes_on_is_in_the_way():
    with Project() as project:
        project.ends("deploy", "--all")
        script = "import time\nwhile True: time.sleep(1)\n"
        s3 = project.client("s3")
        s3.create_bucket(Bucket=ASSETS)
        s3.put_object(Bucket=ASSETS, Key="scripts/glue_streaming_from_kds_to_s3.py",
                      Body=script.encode())
        run = project.lines("job", "start", "glue_streaming_from_kds_to_s3", "--json")[0]["JobRunId"]
        done = project.sluice("destroy", "--all", "--force")
        assert done.returncode == FAILED and "%s: run %s" % (JOB, run) in done.stderr, done
        assert "sluice job stop glue_streaming_from_kds_to_s3" in done.stderr, done
        assert project.sluice("job", "stop", "glue_streaming_from_kds_to_s3").returncode == 0

done()
