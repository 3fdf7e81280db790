"""A job and a query whose principal lacks grants: refused in Lake Formation's words, cured by the very
command the refusal prints, run by the AWS CLI."""
import os, re, shlex, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

server = Server()
ACCOUNT = "123456789012"
ROLE = "arn:aws:iam::%s:role/GlueStreamingJobRole" % ACCOUNT
TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
glue, kinesis, lake, iam, s3 = map(
    server.client, ("glue", "kinesis", "lakeformation", "iam", "s3"))

iam.create_role(RoleName="GlueStreamingJobRole", AssumeRolePolicyDocument=json.dumps(TRUST))
lake.put_data_lake_settings(DataLakeSettings={"CreateDatabaseDefaultPermissions": [],
                                              "CreateTableDefaultPermissions": []})
s3.create_bucket(Bucket="lake")
kinesis.create_stream(StreamName="s", ShardCount=1)
kinesis.get_waiter("stream_exists").wait(StreamName="s")
for i in range(10):
    kinesis.put_record(StreamName="s", Data=json.dumps({"id": i, "secret": "x"}), PartitionKey="k")
glue.create_database(DatabaseInput={"Name": "ventilatordb"})
glue.create_table(DatabaseName="ventilatordb",
                  TableInput=stream_table("source", "s", [("id", "int"), ("secret", "string")]))
document = job_document("job", "ventilatordb", "source",
                        [("id", "int", "id", "int"), ("secret", "string", "secret", "string")],
                        "s3://lake/t/", "rows")
document["Role"] = ROLE
glue.create_table(DatabaseName="ventilatordb", TableInput={
    "Name": "rows", "TableType": "EXTERNAL_TABLE",
    "PartitionKeys": [{"Name": "ingest_" + n, "Type": "string"} for n in ("year", "month", "day", "hour")],
    "StorageDescriptor": {
        "Columns": [{"Name": "id", "Type": "int"}, {"Name": "secret", "Type": "string"}],
        "Location": "s3://lake/t/",
        "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"}}})


def job():
    try:
        server.run_job(document, "--drain")
        return None
    except RuntimeError as refusal:
        return str(refusal)


def query(text, principal=ROLE):
    done = subprocess.run([SLUICE, "sql", "--dir", server.directory, "--json", "--principal",
                           principal, text], capture_output=True, text=True)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def obey(refusal):
    """Runs the command that a refusal prints."""
    [command] = re.findall(r"To grant it: (aws lakeformation .*'\{.*\}')", refusal)
    words = shlex.split(command)
    done = subprocess.run(["/usr/bin/aws", "--endpoint-url", server.endpoint, *words[1:]],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@test
def a_role_without_grants_is_refused_on_the_source():
    refusal = job()
    assert "Insufficient Lake Formation permission(s): Required Describe on source" in refusal, refusal
    obey(refusal)


@test
def then_on_the_target():
    refusal = job()
    assert "Insufficient Lake Formation permission(s): Required Alter on rows" in refusal, refusal
    obey(refusal)


@test
def then_on_the_database_for_the_table_of_quarantined_records():
    refusal = job()
    assert "Required Create Table on ventilatordb" in refusal, refusal
    obey(refusal)


@test
def with_these_grants_the_job_runs():
    refusal = job()
    assert refusal is None, refusal
    assert server.sql("SELECT COUNT(*) AS n FROM ventilatordb.rows") == [{"n": 10}]


@test
def a_query_needs_select():
    status, rows, refusal = query("SELECT COUNT(*) AS n FROM ventilatordb.rows")
    assert status != 0 and "Required Select on rows" in refusal, refusal
    obey(refusal)
    assert query("SELECT COUNT(*) AS n FROM ventilatordb.rows")[1] == [{"n": 10}]


@test
def a_grant_on_one_column_shows_that_column():
    user = "arn:aws:iam::%s:user/analyst" % ACCOUNT
    lake.grant_permissions(
        Principal={"DataLakePrincipalIdentifier": user}, Permissions=["SELECT"],
        Resource={"TableWithColumns": {"DatabaseName": "ventilatordb", "Name": "rows",
                                       "ColumnNames": ["id"]}})
    status, rows, said = query("SELECT * FROM ventilatordb.rows ORDER BY id LIMIT 1", user)
    assert (status, rows) == (0, [{"id": 0}]), (rows, said)
    status, rows, said = query("SELECT secret FROM ventilatordb.rows", user)
    assert status != 0 and not rows, rows


@test
def a_registered_location_asks_for_its_own_grant():
    lake.register_resource(ResourceArn="arn:aws:s3:::lake", UseServiceLinkedRole=True)
    refusal = job()
    assert "Required Data Location Access on arn:aws:s3:::lake/t" in refusal, refusal
    lake.grant_permissions(Principal={"DataLakePrincipalIdentifier": ROLE},
                           Resource={"DataLocation": {"ResourceArn": "arn:aws:s3:::lake"}},
                           Permissions=["DATA_LOCATION_ACCESS"])
    refusal = job()
    assert refusal is None, refusal


done()
