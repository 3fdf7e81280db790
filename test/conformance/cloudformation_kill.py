"""`sluice up` killed while it creates, updates and deletes a stack: strace kills it at a commit of its
store, every STRIDE-th one. The next server finishes the stack, whichever way; nothing is orphaned."""
import json, os, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
import boto3

STRIDE = int(os.environ.get("SLUICE_KILL_STRIDE", "9"))
TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def resource(kind, **properties):
    return {"Type": "AWS::" + kind, "Properties": properties}


def template(second):
    """Nine resources; `second`: changed in place, by replacement, one gone, one new."""
    resources = {
        "Bucket": resource("S3::Bucket", BucketName="kill-two" if second else "kill-one"),
        "Stream": resource("Kinesis::Stream", Name="kill", RetentionPeriodHours=48 if second else 24),
        "Role": resource("IAM::Role", RoleName="Kill", AssumeRolePolicyDocument=TRUST,
                         Policies=[{"PolicyName": "p", "PolicyDocument": ALLOW}]),
        "Policy": resource("IAM::Policy", PolicyName="inline", PolicyDocument=ALLOW, Roles=[{"Ref": "Role"}]),
        "Database": resource("Glue::Database", CatalogId={"Ref": "AWS::AccountId"},
                             DatabaseInput={"Name": "kill"}),
        "Table": resource("Glue::Table", CatalogId={"Ref": "AWS::AccountId"},
                          DatabaseName={"Ref": "Database"},
                          TableInput={"Name": "t", "Parameters": {"bucket": {"Ref": "Bucket"}}}),
        "Grant": resource("LakeFormation::PrincipalPermissions", Permissions=["SELECT"],
                          PermissionsWithGrantOption=[],
                          Principal={"DataLakePrincipalIdentifier": {"Fn::GetAtt": ["Role", "Arn"]}},
                          Resource={"Table": {"DatabaseName": {"Ref": "Database"}, "Name": {"Ref": "Table"}}}),
        "Parameter": resource("SSM::Parameter", Name="/kill", Type="String", Value={"Ref": "Stream"}),
    }
    if second:
        del resources["Parameter"]
        resources["Job"] = resource("Glue::Job", Name="kill", Role={"Ref": "Role"},
                                    Command={"Name": "gluestreaming", "ScriptLocation": "s3://kill-two/j.py"})
    return json.dumps({"Resources": resources})


def gone(call, **arguments):
    try:
        call(**arguments)
        return False
    except ClientError as e:
        return "NotFound" in str(e) or "NoSuchEntity" in str(e)


def inventory(server):
    """What there is of the stack's things."""
    s3, kinesis, glue, iam, ssm = map(server.client, ("s3", "kinesis", "glue", "iam", "ssm"))
    lake = server.client("lakeformation")
    grants = lake.list_permissions()["PrincipalResourcePermissions"]
    return {
        "buckets": [b["Name"] for b in s3.list_buckets()["Buckets"]],
        "streams": kinesis.list_streams()["StreamNames"],
        "roles": [r["RoleName"] for r in iam.list_roles()["Roles"]],
        "databases": [d["Name"] for d in glue.get_databases()["DatabaseList"]],
        "jobs": glue.list_jobs()["JobNames"],
        "parameter": not gone(ssm.get_parameter, Name="/kill"),
        "grants": sum("role/Kill" in g["Principal"]["DataLakePrincipalIdentifier"] for g in grants),
    }


NOTHING = {"buckets": [], "streams": [], "roles": [], "databases": [], "jobs": [], "parameter": False,
           "grants": 0}
FIRST = {"buckets": ["kill-one"], "streams": ["kill"], "roles": ["Kill"], "databases": ["kill"], "jobs": [],
         "parameter": True, "grants": 1}
SECOND = dict(FIRST, buckets=["kill-two"], jobs=["kill"], parameter=False)


def attach(pid, when):
    """The process dies at the Nth sync of a thread of its, from now on."""
    tracer = subprocess.Popen(["strace", "-f", "-qq", "-p", str(pid), "-o", "/dev/null", "-e", "trace=fdatasync",
                               "-e", "inject=fdatasync:signal=SIGKILL:when=%d" % when])
    while "TracerPid:\t%d\n" % tracer.pid not in open("/proc/%d/status" % pid).read():
        assert tracer.poll() is None
    return tracer


def status(server):
    try:
        [stack] = server.client("cloudformation").describe_stacks(StackName="kill")["Stacks"]
        return stack["StackStatus"]
    except ClientError:
        return None


def killed(directory, when, operation, **arguments):
    """Runs the operation on a server that is killed; whether it was."""
    server = Server(directory=directory)
    tracer = attach(server.process.pid, when)
    client = boto3.session.Session().client(
        "cloudformation", endpoint_url=server.endpoint, region_name=REGION,
        config=Config(retries={"max_attempts": 0}, read_timeout=60))
    try:
        getattr(client, operation)(StackName="kill", **arguments)
        return False
    except BotoCoreError:
        return True
    finally:
        server.stop(signal.SIGKILL)
        tracer.wait()


def points(directory, prepare, operation, judge, **arguments):
    """Kills at one commit after another until none is left; returns how often."""
    when, kills = 1, 0
    while True:
        with Server(directory=directory) as server:
            prepare(server)
        died = killed(directory, when, operation, **arguments)
        with Server(directory=directory) as server:
            judge(server, died)
        if not died:
            return kills
        kills += 1
        when += STRIDE


def create(server, second=False):
    client = server.client("cloudformation")
    client.create_stack(StackName="kill", TemplateBody=template(second), Capabilities=["CAPABILITY_NAMED_IAM"])
    assert status(server) == "CREATE_COMPLETE"


def delete(server):
    server.client("cloudformation").delete_stack(StackName="kill")
    assert status(server) is None
    assert inventory(server) == NOTHING, inventory(server)


first = Server()
first.stop()
DIRECTORY = first.directory


@test
def killed_while_it_creates():
    def judge(server, died):
        if status(server) is None:
            assert died and inventory(server) == NOTHING, inventory(server)
            return
        assert status(server) == "CREATE_COMPLETE", status(server)
        assert inventory(server) == FIRST, inventory(server)
        delete(server)
    kills = points(DIRECTORY, lambda server: None, "create_stack", judge, TemplateBody=template(False),
                   Capabilities=["CAPABILITY_NAMED_IAM"])
    assert kills >= 27 // STRIDE, kills


@test
def killed_while_it_updates():
    def judge(server, died):
        if status(server) == "CREATE_COMPLETE":  # it had not begun
            assert died and inventory(server) == FIRST, inventory(server)
        else:
            assert status(server) == "UPDATE_COMPLETE", status(server)
            assert inventory(server) == SECOND, inventory(server)
        delete(server)
    kills = points(DIRECTORY, create, "update_stack", judge, TemplateBody=template(True),
                   Capabilities=["CAPABILITY_NAMED_IAM"])
    assert kills >= 27 // STRIDE, kills


@test
def killed_while_it_deletes():
    def judge(server, died):
        if status(server) is not None:
            assert died
            delete(server)
        assert inventory(server) == NOTHING, inventory(server)
    kills = points(DIRECTORY, lambda server: create(server, True), "delete_stack", judge)
    assert kills >= 27 // STRIDE, kills


done()
