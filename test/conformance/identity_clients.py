"""AWS CLI and boto3 against STS, IAM, Parameter Store and Lake Formation, as people use them."""
import os, shlex, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *
import boto3

server = Server()
ACCOUNT = "123456789012"
ROLE = "arn:aws:iam::%s:role/GlueStreamingJobRole" % ACCOUNT
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": ACCOUNT, "Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})


def aws(command, **environment):
    done = subprocess.run(["/usr/bin/aws", "--endpoint-url", server.endpoint, "--output", "json", *shlex.split(command)],
                          capture_output=True, text=True, env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout.strip() else None


def session(credentials):
    return boto3.session.Session(
        aws_access_key_id=credentials["AccessKeyId"], aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials.get("SessionToken"), region_name=REGION)


@test
def the_cli_knows_who_calls():
    assert aws("sts get-caller-identity")["Arn"] == "arn:aws:iam::%s:root" % ACCOUNT


@test
def a_role_is_made_and_assumed_and_its_session_calls_every_service():
    iam = server.client("iam")
    role = iam.create_role(RoleName="GlueStreamingJobRole", AssumeRolePolicyDocument=TRUST)["Role"]
    assert role["Arn"] == ROLE and role["AssumeRolePolicyDocument"] == json.loads(TRUST)
    iam.attach_role_policy(RoleName="GlueStreamingJobRole",
                           PolicyArn="arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole")
    iam.put_role_policy(RoleName="GlueStreamingJobRole", PolicyName="s3", PolicyDocument=POLICY)
    assert iam.get_role_policy(RoleName="GlueStreamingJobRole", PolicyName="s3")["PolicyDocument"] == json.loads(POLICY)
    assumed = server.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="me")
    inside = session(assumed["Credentials"])
    for service, call, member in (("sts", "get_caller_identity", "Arn"), ("kinesis", "list_streams", "StreamNames"),
                                  ("s3", "list_buckets", "Buckets"), ("glue", "get_databases", "DatabaseList"),
                                  ("ssm", "describe_parameters", "Parameters"), ("iam", "list_roles", "Roles"),
                                  ("lakeformation", "get_data_lake_settings", "DataLakeSettings")):
        client = inside.client(service, endpoint_url=server.endpoint)
        assert member in getattr(client, call)(), service
    assert inside.client("sts", endpoint_url=server.endpoint).get_caller_identity()["Arn"].endswith(
        ":assumed-role/GlueStreamingJobRole/me")


@test
def paginators_walk_roles_and_parameters():
    iam, ssm = server.client("iam"), server.client("ssm")
    for i in range(5):
        iam.create_role(RoleName="r%d" % i, AssumeRolePolicyDocument=TRUST)
        ssm.put_parameter(Name="/p/%d" % i, Value=str(i), Type="String")
    pages = iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 2})
    names = [r["RoleName"] for page in pages for r in page["Roles"]]
    assert [n for n in names if n[0] == "r"] == ["r%d" % i for i in range(5)], names
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path="/p", PaginationConfig={"PageSize": 2})
    assert [p["Value"] for page in pages for p in page["Parameters"]] == list("01234")


@test
def errors_are_typed():
    iam, ssm = server.client("iam"), server.client("ssm")
    try:
        iam.get_role(RoleName="none")
        assert False
    except iam.exceptions.NoSuchEntityException as e:
        assert e.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    try:
        iam.put_role_policy(RoleName="r0", PolicyName="p", PolicyDocument="{")
        assert False
    except iam.exceptions.MalformedPolicyDocumentException:
        pass
    try:
        ssm.get_parameter(Name="none")
        assert False
    except ssm.exceptions.ParameterNotFound:
        pass
    lake = server.client("lakeformation")
    try:
        lake.describe_resource(ResourceArn="arn:aws:s3:::none")
        assert False
    except lake.exceptions.EntityNotFoundException:
        pass


@test
def a_users_key_works_until_it_is_deleted():
    iam = server.client("iam")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    sts = session({"AccessKeyId": key["AccessKeyId"], "SecretAccessKey": key["SecretAccessKey"]}).client(
        "sts", endpoint_url=server.endpoint)
    assert sts.get_caller_identity()["Arn"] == "arn:aws:iam::%s:user/ann" % ACCOUNT
    iam.delete_access_key(UserName="ann", AccessKeyId=key["AccessKeyId"])
    try:
        sts.get_caller_identity()
        assert False
    except sts.exceptions.ClientError as e:
        assert e.response["Error"]["Code"] == "InvalidClientTokenId"


@test
def the_grants_of_the_example_by_the_cli():
    aws("glue create-database --database-input Name=ventilatordb")
    aws("lakeformation grant-permissions --principal DataLakePrincipalIdentifier=%s "
        "--permissions SELECT DESCRIBE --resource "
        "'{\"Table\": {\"DatabaseName\": \"ventilatordb\", \"TableWildcard\": {}}}'" % ROLE)
    aws("lakeformation grant-permissions --principal DataLakePrincipalIdentifier=arn:aws:iam::%s:user/dev "
        "--permissions CREATE_TABLE DESCRIBE ALTER DROP --resource "
        "'{\"Database\": {\"Name\": \"ventilatordb\"}}'" % ACCOUNT)
    listed = aws("lakeformation list-permissions")["PrincipalResourcePermissions"]
    # the filter that the example pipes them through
    filtered = [p for p in listed
                if p["Principal"]["DataLakePrincipalIdentifier"].endswith(":role/GlueStreamingJobRole")]
    assert [p["Permissions"] for p in filtered] == [["SELECT"], ["DESCRIBE"]], filtered
    assert filtered[0]["Resource"]["TableWithColumns"]["Name"] == "ALL_TABLES"
    assert filtered[1]["Resource"]["Table"]["TableWildcard"] == {}
    settings = aws("lakeformation get-data-lake-settings")["DataLakeSettings"]
    settings["DataLakeAdmins"] = [{"DataLakePrincipalIdentifier": "arn:aws:iam::%s:user/dev" % ACCOUNT}]
    aws("lakeformation put-data-lake-settings --data-lake-settings " + shlex.quote(json.dumps(settings)))
    assert aws("lakeformation get-data-lake-settings")["DataLakeSettings"]["DataLakeAdmins"] == settings["DataLakeAdmins"]


@test
def parameters_by_the_cli():
    assert aws("ssm put-parameter --name /a/b --value v --type String")["Version"] == 1
    assert aws("ssm get-parameter --name /a/b")["Parameter"]["Value"] == "v"
    aws("ssm delete-parameter --name /a/b")


@test
def roles_by_the_cli():
    aws("iam create-role --role-name cli --assume-role-policy-document " + shlex.quote(TRUST))
    assert aws("iam get-role --role-name cli")["Role"]["AssumeRolePolicyDocument"] == json.loads(TRUST)
    assumed = aws("sts assume-role --role-arn arn:aws:iam::%s:role/cli --role-session-name ses" % ACCOUNT)["Credentials"]
    who = aws("sts get-caller-identity", AWS_ACCESS_KEY_ID=assumed["AccessKeyId"],
              AWS_SECRET_ACCESS_KEY=assumed["SecretAccessKey"], AWS_SESSION_TOKEN=assumed["SessionToken"])
    assert who["Arn"] == "arn:aws:sts::%s:assumed-role/cli/ses" % ACCOUNT
    aws("iam delete-role --role-name cli")


done()
