"""Every resource type in one stack (test/data/stack/every.yaml): made, seen through the services' own
operations, changed in place and by replacement, changed back, and gone without a trace."""
import os, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *
from botocore.exceptions import ClientError

FIRST = open(os.path.join(ROOT, "test", "data", "stack", "every.yaml")).read()
CHANGES = [("Status: Enabled}\n", "Status: Suspended}\n"), ("MaxAge: 5", "MaxAge: 6"),
           ("ExpirationInDays: 3", "ExpirationInDays: 4"), ("BlockPublicAcls: true", "BlockPublicAcls: false"),
           ("Action: s3:GetObject", "Action: s3:PutObject"), ("ShardCount: 2, Tags: [{Key: a, Value: b}]", "ShardCount: 4, RetentionPeriodHours: 48, Tags: [{Key: c, Value: d}]"),
           ("Service: glue.amazonaws.com", "Service: lambda.amazonaws.com"), ("PolicyName: p", "PolicyName: q"),
           ("Description: d", "Description: e"), ("{Name: a, Type: int}", "{Name: a, Type: bigint}"),
           ("Values: [2024]", "Values: [2025]"), ("Timeout: '5'", "Timeout: '6'"),
           ("ConnectionType: NETWORK", "ConnectionType: KAFKA"), ("cron(0 3 * * ? *)", "cron(0 4 * * ? *)"),
           ("StartOnCreation: true", "StartOnCreation: false"), ("Permissions: [SELECT]", "Permissions: [SELECT, ALTER]"),
           ("Action: '*', Resource: '*'", "Action: 's3:*', Resource: '*'"),
           ("Permissions: [DESCRIBE]", "Permissions: [DROP]"), ("Description: g", "Description: h"),
           ("SELECT 1", "SELECT 2"), ("RetentionInDays: 7", "RetentionInDays: 30"), ("Analytics: x", "Analytics: y")]
SECOND = FIRST
for old, new in CHANGES:
    assert FIRST.count(old) >= 1, old
    SECOND = SECOND.replace(old, new)

server = Server()
names = ("cloudformation", "s3", "kinesis", "iam", "glue", "lakeformation", "athena", "logs", "ssm")
cfn, s3, kinesis, iam, glue, lake, athena, logs, ssm = map(server.client, names)


def physical():
    listed = cfn.list_stack_resources(StackName="every")["StackResourceSummaries"]
    return {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in listed}


def status():
    [stack] = cfn.describe_stacks(StackName="every")["Stacks"]
    events = cfn.describe_stack_events(StackName="every")["StackEvents"]
    failed = [e["LogicalResourceId"] + ": " + e.get("ResourceStatusReason", "") for e in events
              if "FAILED" in e["ResourceStatus"]]
    assert not failed, failed
    return stack["StackStatus"]


def inventory():
    """What there is, whoever made it."""
    return {
        "buckets": [b["Name"] for b in s3.list_buckets()["Buckets"]],
        "streams": kinesis.list_streams()["StreamNames"],
        "roles": [r["RoleName"] for r in iam.list_roles()["Roles"]],
        "policies": [p["PolicyName"] for p in iam.list_policies(Scope="Local")["Policies"]],
        "databases": glue.get_databases()["DatabaseList"], "jobs": glue.list_jobs()["JobNames"],
        "triggers": glue.get_triggers()["Triggers"], "connections": glue.get_connections()["ConnectionList"],
        "grants": lake.list_permissions()["PrincipalResourcePermissions"],
        "admins": lake.get_data_lake_settings()["DataLakeSettings"].get("DataLakeAdmins", []),
        "locations": lake.list_resources()["ResourceInfoList"],
        "groups": [g["Name"] for g in athena.list_work_groups()["WorkGroups"]],
        "logs": logs.describe_log_groups()["logGroups"],
        "parameters": [p["Name"] for p in ssm.describe_parameters()["Parameters"]],
    }


before = inventory()


@test
def all_types_are_made():
    cfn.create_stack(StackName="every", TemplateBody=FIRST, Capabilities=["CAPABILITY_IAM"])
    assert status() == "CREATE_COMPLETE"


@test
def they_are_there():
    p = physical()
    assert s3.get_bucket_versioning(Bucket="every-bucket")["Status"] == "Enabled"
    assert s3.get_bucket_cors(Bucket="every-bucket")["CORSRules"][0]["MaxAgeSeconds"] == 5
    rule = s3.get_bucket_lifecycle_configuration(Bucket="every-bucket")["Rules"][0]
    assert rule["Expiration"]["Days"] == 3 and rule["Prefix"] == "x", rule
    assert s3.get_bucket_tagging(Bucket="every-bucket")["TagSet"] == [{"Key": "a", "Value": "b"}]
    assert "s3:GetObject" in s3.get_bucket_policy(Bucket="every-bucket")["Policy"]
    assert kinesis.describe_stream_summary(StreamName=p["Stream"])["StreamDescriptionSummary"]["OpenShardCount"] == 2
    assert iam.list_role_policies(RoleName=p["Role"])["PolicyNames"] == ["p"]
    attached = iam.list_attached_role_policies(RoleName=p["Role"])["AttachedPolicies"]
    assert [a["PolicyArn"] for a in attached] == [p["Managed"]]
    table = glue.get_table(DatabaseName=p["Database"], Name="t")["Table"]
    assert table["StorageDescriptor"]["Columns"] == [{"Name": "a", "Type": "int"}]
    assert glue.get_partition(DatabaseName=p["Database"], TableName="t", PartitionValues=["2024"])
    job = glue.get_job(JobName=p["Job"])["Job"]
    assert job["Timeout"] == 5 and job["Role"].endswith(p["Role"])
    assert glue.get_connection(Name=p["Connection"])["Connection"]["ConnectionType"] == "NETWORK"
    assert glue.get_trigger(Name=p["Trigger"])["Trigger"]["State"] == "ACTIVATED"
    assert glue.get_trigger(Name="now")["Trigger"]["State"] == "CREATED"
    assert [r["ResourceArn"] for r in lake.list_resources()["ResourceInfoList"]] == ["arn:aws:s3:::every-bucket"]
    assert athena.get_work_group(WorkGroup="every")["WorkGroup"]["Description"] == "g"
    assert athena.get_named_query(NamedQueryId=p["Query"])["NamedQuery"]["QueryString"] == "SELECT 1"
    assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 7
    assert ssm.get_parameter(Name=p["Parameter"])["Parameter"]["Value"] == p["Query"]


@test
def they_change_in_place_or_make_room_for_others():
    first = physical()
    cfn.update_stack(StackName="every", TemplateBody=SECOND, Capabilities=["CAPABILITY_IAM"])
    assert status() == "UPDATE_COMPLETE"
    p = physical()
    others = {name for name in p if p[name] != first[name]}
    assert others == {"Partition", "Query"}, others
    assert s3.get_bucket_versioning(Bucket="every-bucket")["Status"] == "Suspended"
    assert "s3:PutObject" in s3.get_bucket_policy(Bucket="every-bucket")["Policy"]
    summary = kinesis.describe_stream_summary(StreamName=p["Stream"])["StreamDescriptionSummary"]
    assert (summary["OpenShardCount"], summary["RetentionPeriodHours"]) == (4, 48), summary
    assert kinesis.list_tags_for_stream(StreamName=p["Stream"])["Tags"] == [{"Key": "c", "Value": "d"}]
    assert iam.list_role_policies(RoleName=p["Role"])["PolicyNames"] == ["q"]
    version = iam.get_policy_version(PolicyArn=p["Managed"], VersionId="v1")["PolicyVersion"]
    assert version["Document"]["Statement"][0]["Action"] == "s3:*", version
    assert len(iam.list_attached_role_policies(RoleName=p["Role"])["AttachedPolicies"]) == 1
    assert glue.get_database(Name=p["Database"])["Database"]["Description"] == "e"
    table = glue.get_table(DatabaseName=p["Database"], Name="t")["Table"]
    assert table["StorageDescriptor"]["Columns"] == [{"Name": "a", "Type": "bigint"}]
    values = [x["Values"] for x in glue.get_partitions(DatabaseName=p["Database"], TableName="t")["Partitions"]]
    assert values == [["2025"]], values
    assert glue.get_job(JobName=p["Job"])["Job"]["Timeout"] == 6
    assert glue.get_connection(Name=p["Connection"])["Connection"]["ConnectionType"] == "KAFKA"
    trigger = glue.get_trigger(Name=p["Trigger"])["Trigger"]
    assert (trigger["State"], trigger["Schedule"]) == ("DEACTIVATED", "cron(0 4 * * ? *)"), trigger
    assert athena.get_work_group(WorkGroup="every")["WorkGroup"]["Description"] == "h"
    assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 30
    assert ssm.get_parameter(Name=p["Parameter"])["Parameter"]["Value"] == p["Query"]


@test
def they_change_back_and_then_not_at_all():
    cfn.update_stack(StackName="every", TemplateBody=FIRST, Capabilities=["CAPABILITY_IAM"])
    assert status() == "UPDATE_COMPLETE"
    try:
        cfn.update_stack(StackName="every", TemplateBody=FIRST, Capabilities=["CAPABILITY_IAM"])
        assert False
    except ClientError as e:
        assert "No updates are to be performed." in str(e), e


def half(timeout, tags):
    """A job whose update fails after its timeout has changed when it has too many tags."""
    return json.dumps({"Resources": {"Job": {"Type": "AWS::Glue::Job", "Properties": {
        "Name": "half", "Role": "r", "Command": {"Name": "gluestreaming", "ScriptLocation": "s3://b/j.py"},
        "Timeout": timeout, "Tags": {"t%d" % i: "v" for i in range(tags)}}}}})


def half_status():
    [stack] = cfn.describe_stacks(StackName="half")["Stacks"]
    return stack["StackStatus"], glue.get_job(JobName="half")["Job"]["Timeout"]


@test
def half_an_update_is_taken_back():
    cfn.create_stack(StackName="half", TemplateBody=half(5, 1))
    cfn.update_stack(StackName="half", TemplateBody=half(6, 51))
    assert half_status() == ("UPDATE_ROLLBACK_COMPLETE", 5), half_status()
    cfn.update_stack(StackName="half", TemplateBody=half(6, 51), DisableRollback=True)
    assert half_status() == ("UPDATE_FAILED", 6), half_status()
    cfn.update_stack(StackName="half", TemplateBody=half(5, 1))
    assert half_status() == ("UPDATE_COMPLETE", 5), half_status()
    cfn.delete_stack(StackName="half")


def shards(count, bad):
    """A stream; `bad`: and a bucket that cannot be made after it."""
    resources = {"Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "back", "ShardCount": count}}}
    if bad:
        resources["Bad"] = {"Type": "AWS::S3::Bucket", "DependsOn": "Stream", "Properties": {"BucketName": "No!"}}
    return json.dumps({"Resources": resources})


def back_status():
    [stack] = cfn.describe_stacks(StackName="back")["Stacks"]
    summary = kinesis.describe_stream_summary(StreamName="back")["StreamDescriptionSummary"]
    return stack["StackStatus"], summary["OpenShardCount"]


def scale(count):
    kinesis.update_shard_count(StreamName="back", TargetShardCount=count, ScalingType="UNIFORM_SCALING")


@test
def a_rollback_that_fails_goes_on_when_it_can():
    cfn.create_stack(StackName="back", TemplateBody=shards(1, False))
    for skipped in ([], ["Stream"]):
        scale(2)  # by hand: the way back from 4 to 1 is too long for one step
        cfn.update_stack(StackName="back", TemplateBody=shards(4, True))
        assert back_status() == ("UPDATE_ROLLBACK_FAILED", 4), back_status()
        cfn.continue_update_rollback(StackName="back")
        assert back_status() == ("UPDATE_ROLLBACK_FAILED", 4), back_status()
        if not skipped:
            scale(2)
        cfn.continue_update_rollback(StackName="back", ResourcesToSkip=skipped)
        assert back_status() == ("UPDATE_ROLLBACK_COMPLETE", 4 if skipped else 1), back_status()
    cfn.delete_stack(StackName="back")


@test
def several_stacks_at_once_and_one_stack_twice():
    from concurrent.futures import ThreadPoolExecutor
    def make(n):
        try:
            cfn.create_stack(StackName="at-once-%d" % (n // 2), TemplateBody=json.dumps({"Resources": {
                "P%d" % i: {"Type": "AWS::SSM::Parameter", "Properties": {
                    "Name": "/once/%d/%d" % (n // 2, i), "Type": "String", "Value": "1"}} for i in range(5)}}))
            return 1
        except ClientError as e:
            assert "already exists" in str(e), e
            return 0
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(make, range(16))) == 8
    for n in range(8):
        [stack] = cfn.describe_stacks(StackName="at-once-%d" % n)["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE", stack
        cfn.delete_stack(StackName="at-once-%d" % n)


@test
def an_export_in_use_keeps_its_value():
    def source(value):
        return json.dumps({"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {
            "Name": "/source", "Type": "String", "Value": value}}},
            "Outputs": {"O": {"Value": {"Fn::GetAtt": ["P", "Value"]}, "Export": {"Name": "shared"}}}})
    user = json.dumps({"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {
        "Name": "/user", "Type": "String", "Value": {"Fn::ImportValue": "shared"}}}}})
    cfn.create_stack(StackName="source", TemplateBody=source("one"))
    cfn.create_stack(StackName="user", TemplateBody=user)
    cfn.update_stack(StackName="source", TemplateBody=source("two"))
    events = cfn.describe_stack_events(StackName="source")["StackEvents"]
    assert any("Export shared cannot be updated as it is in use by user" in e.get("ResourceStatusReason", "")
               for e in events)
    assert ssm.get_parameter(Name="/source")["Parameter"]["Value"] == "one"
    cfn.create_stack(StackName="thief", TemplateBody=source("three").replace("/source", "/thief"))
    events = cfn.describe_stack_events(StackName="thief")["StackEvents"]
    assert any("Export with name shared is already exported by stack source" in e.get("ResourceStatusReason", "")
               for e in events)
    for name in ("thief", "user", "source"):
        cfn.delete_stack(StackName=name)


@test
def nothing_is_left_of_them():
    cfn.delete_stack(StackName="every")
    assert not cfn.describe_stacks()["Stacks"], status()
    assert inventory() == before, inventory()


done()
