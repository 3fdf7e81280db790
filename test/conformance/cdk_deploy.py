"""The CDK's own command line, as npm has it, against `sluice up`: an app of the example's six stacks
(test/data/cdk-app) is bootstrapped, deployed, compared, changed, updated and destroyed; what it made
is looked at with the AWS CLI. Two command lines (2.1148.1, 3.0.0) and two libraries (2.111.0,
2.276.0); 3.0.0 is too old to read what 2.276.0 writes."""
import os, shutil, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

PACKAGES = os.path.join(ROOT, "deps", "cdk", "node_modules")
STACKS = ["GlueStreamingSinkToS3Path", "KinesisStreamAsGlueStreamingJobDataSource",
          "GlueStreamingSinkToS3JobRole", "GlueSchemaOnKinesisStream",
          "GrantLFPermissionsOnGlueJobRole", "GlueStreamingSinkToS3Job"]
BUCKET, STREAM, JOB = "sluice-cdk-output", "ventilatorstream", "glue_streaming_from_kds_to_s3"
ROLE = "arn:aws:iam::123456789012:role/GlueStreamingJobRole"

if not os.path.isdir(PACKAGES):
    ok(True, "the CDK deploys # SKIP no packages in deps/cdk (./dev test installs them)")
    done()


class App:
    """A copy of the app, and a server of its own."""

    def __init__(self, package, library):
        self.server = Server()
        self.folder = tempfile.mkdtemp(prefix="sluice-cdk-", dir=self.server.directory)
        self.path = os.path.join(self.folder, "app")
        shutil.copytree(os.path.join(ROOT, "test", "data", "cdk-app"), self.path)
        os.symlink(PACKAGES, os.path.join(self.path, "node_modules"))
        self.package = package
        self.environment = self.server.remote_environment(
            self.folder, CI="1", CDK_LIB=library, NODE_NO_WARNINGS="1", CDK_DISABLE_CLI_TELEMETRY="true")

    def cdk(self, *arguments, status=0):
        """What it printed; its progress is on standard error, or with CI set on standard output."""
        command = ["node", os.path.join(PACKAGES, self.package, "bin", "cdk"), *arguments, "--no-notices"]
        run = subprocess.run(command, cwd=self.path, env=self.environment, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        assert run.returncode == status, "cdk %s: status %d\n%s" % (" ".join(arguments), run.returncode,
                                                                   run.stdout)
        return run.stdout

    def aws(self, *arguments, fails=False):
        run = subprocess.run(["/usr/bin/aws", "--endpoint-url", self.server.endpoint, "--output", "json",
                              *arguments], env=self.environment, capture_output=True, text=True)
        assert (run.returncode != 0) == fails, run.stdout + run.stderr
        return run.stderr if fails else json.loads(run.stdout or "null")

    def statuses(self):
        stacks = self.aws("cloudformation", "describe-stacks")["Stacks"]
        return {stack["StackName"]: stack["StackStatus"] for stack in stacks}

    def change(self, change):
        path = os.path.join(self.path, "cdk.context.json")
        context = json.load(open(path))
        change(context)
        json.dump(context, open(path, "w"))


app = App("aws-cdk", "aws-cdk-lib")


@test
def cdk_ls_and_synth():
    listed = [line for line in app.cdk("ls").splitlines() if line in STACKS]
    assert listed == STACKS, listed
    assert json.loads(app.cdk("synth", STACKS[0], "--json", "--quiet") or "{}") == {}
    assert os.path.exists(os.path.join(app.path, "cdk.out", "manifest.json"))


@test
def a_diff_before_anything_is_deployed_leaves_nothing():
    said = app.cdk("diff", "GlueStreamingSinkToS3Path")
    assert "AWS::S3::Bucket" in said, said
    assert set(app.statuses()) <= {"CDKToolkit"}, app.statuses()


@test
def cdk_deploy_without_bootstrap():
    said = app.cdk("deploy", "--all", "--require-approval", "never")
    assert said.count("✅") == len(STACKS), said
    assert all(app.statuses()[name] == "CREATE_COMPLETE" for name in STACKS), app.statuses()


@test
def its_resources_are_there():
    assert BUCKET in [b["Name"] for b in app.aws("s3api", "list-buckets")["Buckets"]]
    stream = app.aws("kinesis", "describe-stream-summary", "--stream-name", STREAM)
    summary = stream["StreamDescriptionSummary"]
    assert summary["StreamModeDetails"]["StreamMode"] == "ON_DEMAND" and summary["EncryptionType"] == "KMS"
    table = app.aws("glue", "get-table", "--database-name", "ventilatordb", "--name", "ventilators_table")
    descriptor = table["Table"]["StorageDescriptor"]
    assert descriptor["Location"] == STREAM and descriptor["Parameters"]["streamARN"] == summary["StreamARN"]
    job = app.aws("glue", "get-job", "--job-name", JOB)["Job"]
    assert job["Role"] == ROLE and job["DefaultArguments"]["stream_starting_position"] == "LATEST"
    attached = app.aws("iam", "list-attached-role-policies", "--role-name", "GlueStreamingJobRole")
    assert len(attached["AttachedPolicies"]) == 2
    granted = app.aws("lakeformation", "list-permissions")["PrincipalResourcePermissions"]
    given = [p for g in granted if g["Principal"]["DataLakePrincipalIdentifier"] == ROLE for p in g["Permissions"]]
    assert sorted(given) == ["DESCRIBE", "SELECT"], granted
    admins = app.aws("lakeformation", "get-data-lake-settings")["DataLakeSettings"]["DataLakeAdmins"]
    assert any("cfn-exec-role" in a["DataLakePrincipalIdentifier"] for a in admins), admins


@test
def there_are_no_differences():
    assert "Number of stacks with differences: 0" in app.cdk("diff", "--all")


@test
def a_change_is_told_and_made():
    def change(context):
        context["glue_kinesis_table"]["columns"].append({"name": "manufacturer", "type": "string"})
        context["glue_job_input_arguments"]["--window"] = "60 seconds"
    app.change(change)
    said = app.cdk("diff", "--all")
    assert "manufacturer" in said and "--window" in said, said
    assert "Number of stacks with differences: 2" in said, said
    app.cdk("deploy", "--all", "--require-approval", "never")
    assert app.statuses()["GlueSchemaOnKinesisStream"] == "UPDATE_COMPLETE"
    table = app.aws("glue", "get-table", "--database-name", "ventilatordb", "--name", "ventilators_table")
    assert table["Table"]["StorageDescriptor"]["Columns"][-1]["Name"] == "manufacturer"
    assert app.aws("glue", "get-job", "--job-name", JOB)["Job"]["DefaultArguments"]["--window"] == "60 seconds"


@test
def a_failed_update_goes_back():
    app.change(lambda context: context["glue_kinesis_table"].update(columns=[{"name": "", "type": "int"}]))
    said = app.cdk("deploy", "GlueSchemaOnKinesisStream", "--exclusively", "--require-approval", "never",
                   status=1)
    assert "Member must have length greater than or equal to 1" in said and "GlueCfnTable" in said, said
    assert app.statuses()["GlueSchemaOnKinesisStream"] == "UPDATE_ROLLBACK_COMPLETE"
    table = app.aws("glue", "get-table", "--database-name", "ventilatordb", "--name", "ventilators_table")
    assert table["Table"]["StorageDescriptor"]["Columns"][-1]["Name"] == "manufacturer"


@test
def a_bucket_with_objects_stays_and_says_how_to_empty_it():
    app.aws("s3api", "put-object", "--bucket", BUCKET, "--key", "one")
    said = app.cdk("destroy", "--all", "--force", status=1)
    assert "aws s3 rm s3://%s --recursive" % BUCKET in said, said
    assert {k: v for k, v in app.statuses().items() if k in STACKS} == {STACKS[0]: "DELETE_FAILED"}
    app.aws("s3api", "delete-object", "--bucket", BUCKET, "--key", "one")
    app.cdk("destroy", "--all", "--force")


@test
def nothing_is_left():
    assert set(app.statuses()) == {"CDKToolkit"}
    assert BUCKET not in [b["Name"] for b in app.aws("s3api", "list-buckets")["Buckets"]]
    assert app.aws("kinesis", "list-streams")["StreamNames"] == []
    assert app.aws("glue", "get-databases")["DatabaseList"] == []
    assert app.aws("glue", "list-jobs")["JobNames"] == []
    assert "NoSuchEntity" in app.aws("iam", "get-role", "--role-name", "GlueStreamingJobRole", fails=True)
    granted = app.aws("lakeformation", "list-permissions")["PrincipalResourcePermissions"]
    assert not [g for g in granted if g["Principal"]["DataLakePrincipalIdentifier"] == ROLE]


@test
def cdk_bootstrap_updates_what_was_made_on_first_use():
    app.cdk("bootstrap", "aws://123456789012/us-east-1")
    assert app.statuses()["CDKToolkit"] == "UPDATE_COMPLETE"
    version = app.aws("ssm", "get-parameter", "--name", "/cdk-bootstrap/hnb659fds/version")
    assert version["Parameter"]["Value"] == "33"


app.server.stop()
other = App("aws-cdk-3", "aws-cdk-lib")


@test
def the_other_command_line():
    other.cdk("bootstrap", "aws://123456789012/us-east-1")
    other.cdk("deploy", "--all", "--require-approval", "never")
    assert all(other.statuses()[name] == "CREATE_COMPLETE" for name in STACKS), other.statuses()
    other.cdk("destroy", "--all", "--force")
    assert set(other.statuses()) == {"CDKToolkit"}


@test
def the_other_library():
    other.package, other.environment["CDK_LIB"] = "aws-cdk", "aws-cdk-lib-new"
    other.cdk("deploy", "--all", "--require-approval", "never")
    assert all(other.statuses()[name] == "CREATE_COMPLETE" for name in STACKS), other.statuses()


done()
