"""Athena through boto3: the replies parse as the service's own model says; rows, files, pages, states,
work groups, saved queries, metadata, permissions; a stopped query stops, a killed server leaves none
that runs for ever."""
import os, signal, sys, time, urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

from botocore.exceptions import ClientError

server = Server()
athena, glue, s3, lake, iam, sts = map(server.client, ("athena", "glue", "s3", "lakeformation", "iam", "sts"))
s3.create_bucket(Bucket="results")
s3.create_bucket(Bucket="lake")
OUT = {"OutputLocation": "s3://results/here"}
SLOW = ("SELECT COUNT(*) FROM UNNEST(sequence(1, 10000)) AS a(x) CROSS JOIN UNNEST(sequence(1, 10000)) AS b(y) "
        "CROSS JOIN UNNEST(sequence(1, 1000)) AS c(z) WHERE x + y + z = 7")


def start(text, **more):
    return athena.start_query_execution(QueryString=text, **{"ResultConfiguration": OUT, **more})["QueryExecutionId"]


def wait(query, client=athena):
    while True:
        execution = client.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            return execution
        time.sleep(0.02)


def run(text, **more):
    query = start(text, **more)
    execution = wait(query)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    return query, execution


def rows(query, **more):
    return [[d.get("VarCharValue") for d in row["Data"]]
            for row in athena.get_query_results(QueryExecutionId=query, **more)["ResultSet"]["Rows"]]


def fails(text, **more):
    execution = wait(start(text, **more))
    assert execution["Status"]["State"] == "FAILED", execution["Status"]
    return execution["Status"]


def refused(call, code="InvalidRequestException", athena_code=None, says="", **arguments):
    try:
        call(**arguments)
    except ClientError as problem:
        error = problem.response["Error"]
        assert error["Code"] == code, error
        assert says in error["Message"], error
        assert not athena_code or problem.response.get("AthenaErrorCode") == athena_code, problem.response
        return
    raise AssertionError("not refused")


def body(url):
    bucket, key = urllib.parse.urlparse(url).netloc, urllib.parse.urlparse(url).path[1:]
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def protobuf(data):
    """Fields of a message as (number, value)."""
    at, fields = 0, []

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
    while at < len(data):
        tag = number()
        if tag & 7 == 2:
            size = number()
            fields.append((tag >> 3, data[at:at + size]))
            at += size
        else:
            fields.append((tag >> 3, number()))
    return fields


def workers():
    """Processes of queries of this server."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            status = open("/proc/%s/status" % pid).read()
            line = open("/proc/%s/cmdline" % pid, "rb").read()
        except OSError:
            continue
        if b"query-worker" in line and "PPid:\t%d\n" % server.process.pid in status and "State:\tZ" not in status:
            found.append(pid)
    return found


@test
def a_result_is_a_file_whose_path_the_execution_shows():
    query, execution = run("SELECT 1 AS a, CAST(NULL AS varchar) AS n, '' AS e, 'x\"y,z' AS q, "
                           "TIMESTAMP '2023-01-02 03:04:05.678' AS t, ARRAY[1, NULL] AS l, CAST(1.50 AS decimal(5,2)) AS d")
    where = execution["ResultConfiguration"]["OutputLocation"]
    assert where == "s3://results/here/%s.csv" % query, where
    assert body(where) == (b'"a","n","e","q","t","l","d"\n'
                           b'"1",,"","x""y,z","2023-01-02 03:04:05.678","[1, null]","1.50"\n'), body(where)
    assert rows(query) == [["a", "n", "e", "q", "t", "l", "d"],
                           ["1", None, "", 'x"y,z', "2023-01-02 03:04:05.678", "[1, null]", "1.50"]], rows(query)
    info = athena.get_query_results(QueryExecutionId=query)["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [(c["Type"], c["Precision"], c["Scale"], c["CaseSensitive"]) for c in info] == [
        ("integer", 10, 0, False), ("varchar", 2147483647, 0, True), ("varchar", 0, 0, True),
        ("varchar", 5, 0, True), ("timestamp", 3, 0, False), ("array", 0, 0, False),
        ("decimal", 5, 2, False)], info
    assert execution["StatementType"] == "DML" and execution.get("SubstatementType", "SELECT") == "SELECT"
    message = protobuf(body(where + ".metadata"))
    columns = [dict(protobuf(value)) for number, value in message if number == 4]
    assert message[0] == (1, query.encode()) and len(columns) == 7, message
    assert (columns[1][4], columns[1][6], columns[1][10]) == (b"n", b"varchar", 1), columns[1]


@test
def a_single_NULL_is_an_empty_line():
    query, execution = run("SELECT CAST(NULL AS integer) AS n")
    assert body(execution["ResultConfiguration"]["OutputLocation"]) == b'"n"\n\n'
    assert rows(query) == [["n"], [None]]


@test
def pages_count_the_header_and_a_full_one_has_a_token():
    query, _ = run("SELECT i FROM UNNEST(sequence(0, 2499)) AS t(i)")
    seen, token, sizes = [], {}, []
    while True:
        page = athena.get_query_results(QueryExecutionId=query, **token)
        sizes.append(len(page["ResultSet"]["Rows"]))
        seen += [row["Data"][0]["VarCharValue"] for row in page["ResultSet"]["Rows"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert sizes == [1000, 1000, 501], sizes
    assert seen[0] == "i" and sorted(map(int, seen[1:])) == list(range(2500))
    paged = list(athena.get_paginator("get_query_results").paginate(QueryExecutionId=query, PaginationConfig={"PageSize": 100}))
    assert sum(len(p["ResultSet"]["Rows"]) for p in paged) == 2501
    refused(athena.get_query_results, QueryExecutionId=query, NextToken="x", says="Malformed NextToken")


@test
def DDL_and_utility_results_have_no_header():
    query, execution = run("CREATE DATABASE shop COMMENT 'c' LOCATION 's3://lake/shop/'")
    assert rows(query) == [] and body(execution["ResultConfiguration"]["OutputLocation"]) == b""
    assert execution["ResultConfiguration"]["OutputLocation"].endswith(query + ".txt")
    query, _ = run("SHOW DATABASES LIKE 'sh*|x'")
    assert rows(query) == [["shop"]]
    run("CREATE EXTERNAL TABLE t (`Id` bigint COMMENT 'key', tags array<struct<a:int,b:decimal(5,2)>>) "
        "PARTITIONED BY (day date) STORED AS PARQUET LOCATION 's3://lake/t' TBLPROPERTIES ('k'='v')",
        QueryExecutionContext={"Database": "shop"})
    query, execution = run("DESCRIBE shop.t")
    lines = [row[0] for row in rows(query)]
    assert lines[0] == "id                  \tbigint              \tkey                 ", lines
    assert "# Partition Information\t \t " in lines and len(lines) == 8, lines
    info = athena.get_query_results(QueryExecutionId=query)["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [c["Name"] for c in info] == ["col_name", "data_type", "comment"], info
    assert execution["StatementType"] == "UTILITY"
    table = glue.get_table(DatabaseName="shop", Name="t")["Table"]
    assert table["TableType"] == "EXTERNAL_TABLE" and table["Parameters"]["EXTERNAL"] == "TRUE"
    assert table["StorageDescriptor"]["Columns"][1]["Type"] == "array<struct<a:int,b:decimal(5,2)>>"
    assert table["StorageDescriptor"]["NumberOfBuckets"] == -1
    query, _ = run("SHOW CREATE TABLE shop.t")
    statement = "\n".join(row[0] for row in rows(query)).replace("`shop.t`", "`shop`.`again`")
    run(statement)
    again = glue.get_table(DatabaseName="shop", Name="again")["Table"]
    assert again["StorageDescriptor"] == table["StorageDescriptor"], "SHOW CREATE TABLE makes the same again"


@test
def ALTER_TABLE_changes_what_it_says():
    run("ALTER TABLE shop.t ADD COLUMNS (extra varchar(10))")
    run("ALTER TABLE shop.t SET TBLPROPERTIES ('k'='w', 'l'='1')")
    run("ALTER TABLE shop.t SET LOCATION 's3://lake/elsewhere/'")
    run("ALTER TABLE shop.t ADD PARTITION (day='2023-01-01') PARTITION (day='2023-01-02') LOCATION 's3://lake/two/'")
    run("ALTER TABLE shop.t PARTITION (day='2023-01-01') RENAME TO PARTITION (day='2023-01-03')")
    run("ALTER TABLE shop.t PARTITION (day='2023-01-02') SET LOCATION 's3://lake/three/'")
    table = glue.get_table(DatabaseName="shop", Name="t")["Table"]
    assert table["StorageDescriptor"]["Columns"][2] == {"Name": "extra", "Type": "varchar(10)"}
    assert table["Parameters"]["k"] == "w" and table["StorageDescriptor"]["Location"] == "s3://lake/elsewhere/"
    found = {p["Values"][0]: p["StorageDescriptor"]["Location"]
             for p in glue.get_partitions(DatabaseName="shop", TableName="t")["Partitions"]}
    assert found == {"2023-01-03": "s3://lake/elsewhere/day=2023-01-01", "2023-01-02": "s3://lake/three/"}, found
    run("ALTER TABLE shop.t DROP PARTITION (day >= '2023-01-02')")
    assert glue.get_partitions(DatabaseName="shop", TableName="t")["Partitions"] == []
    run("ALTER TABLE shop.t REPLACE COLUMNS (one string)")
    assert [c["Name"] for c in glue.get_table(DatabaseName="shop", Name="t")["Table"]["StorageDescriptor"]["Columns"]] == ["one"]


@test
def what_fails_says_so_in_Athenas_words():
    status = fails("CREATE DATABASE shop")
    assert "AlreadyExistsException(message:Database shop already exists)" in status["StateChangeReason"], status
    assert status["AthenaError"]["ErrorCategory"] == 2 and status["AthenaError"]["ErrorType"] == 1003, status
    status = fails("DESCRIBE shop.nope")
    assert status["StateChangeReason"] == "FAILED: SemanticException [Error 10001]: Table not found shop.nope", status
    status = fails("DROP DATABASE shop")
    assert "Database shop is not empty" in status["StateChangeReason"], status
    status = fails("TRUNCATE TABLE shop.t")
    assert status["AthenaError"]["ErrorType"] == 1200, status
    run("DROP TABLE IF EXISTS shop.nope")
    run("CREATE EXTERNAL TABLE shop.torn (a int) STORED AS PARQUET LOCATION 's3://lake/torn/'")
    for key in ("torn/a.parquet", "torn/b c.parquet", "torn/a.parquet"):
        s3.put_object(Bucket="lake", Key=key, Body=b"no file of Parquet's")
    for text in ("SELECT COUNT(*) FROM shop.torn", "SELECT a FROM shop.torn"):
        reason = fails(text)["StateChangeReason"]
        assert "s3://lake/torn/a.parquet" in reason and server.directory not in reason, reason
    run("DROP TABLE shop.torn")
    assert "10001" in fails("DROP TABLE shop.nope")["StateChangeReason"]


@test
def requests_that_cannot_be_queries_are_refused_at_once():
    refused(athena.start_query_execution, QueryString="SELECT 1", says="No output location provided")
    refused(athena.start_query_execution, QueryString="SELECT 1", ResultConfiguration={"OutputLocation": "s3://nope/"},
            says="Unable to verify/create output bucket nope")
    refused(athena.start_query_execution, QueryString="SELECT 1",
            ResultConfiguration={**OUT, "ExpectedBucketOwner": "210987654321"}, says="expected bucket owner 210987654321")
    refused(athena.start_query_execution, QueryString="SELECT 1", ResultConfiguration=OUT, WorkGroup="nope",
            says="WorkGroup is not found.")
    before = athena.list_query_executions(MaxResults=1)["QueryExecutionIds"]
    refused(athena.start_query_execution, QueryString="SELECT 1 FROM WHERE", ResultConfiguration=OUT,
            athena_code="MALFORMED_QUERY", says="line 1:15: mismatched input 'WHERE'")
    assert athena.list_query_executions(MaxResults=1)["QueryExecutionIds"] == before, "no trace of it"
    refused(athena.get_query_execution, QueryExecutionId="nope", says="QueryExecution nope was not found",
            athena_code="QUERY_EXECUTION_NOT_FOUND")
    failed = start("DESCRIBE shop.nope")
    wait(failed)
    refused(athena.get_query_results, QueryExecutionId=failed,
            says="Query did not finish successfully. Final query state: FAILED")


@test
def the_same_request_again_is_the_same_query():
    token = "t" * 32
    first = start("SELECT 1", ClientRequestToken=token)
    assert start("SELECT 1", ClientRequestToken=token) == first
    refused(athena.start_query_execution, QueryString="SELECT 2", ClientRequestToken=token, ResultConfiguration=OUT,
            athena_code="IDEMPOTENT_PARAMETER_MISMATCH")
    wait(first)


@test
def a_result_may_be_used_again():
    reuse = {"ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 5}}}
    query, before = run("SELECT 41 + 1 AS answer")
    again, execution = run("SELECT 41 + 1 AS answer", **reuse)
    assert execution["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"], execution
    assert execution["ResultConfiguration"]["OutputLocation"] == before["ResultConfiguration"]["OutputLocation"]
    assert rows(again) == [["answer"], ["42"]]

    def is_reused(text):
        return run(text, **reuse)[1]["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]

    run("CREATE EXTERNAL TABLE shop.reused (a int) STORED AS PARQUET LOCATION 's3://lake/reused/'")
    counted = "SELECT COUNT(*) AS n FROM shop.reused"
    assert not is_reused(counted) and is_reused(counted)
    run("ALTER TABLE shop.reused ADD COLUMNS (b int)")
    assert not is_reused(counted), "the table is another"
    _, last = run(counted)
    place = urllib.parse.urlparse(last["ResultConfiguration"]["OutputLocation"])
    s3.delete_object(Bucket=place.netloc, Key=place.path[1:])
    _, then = run(counted, **reuse)
    assert then["ResultConfiguration"]["OutputLocation"] != last["ResultConfiguration"]["OutputLocation"], "it is gone"
    run("DROP TABLE shop.reused")


@test
def a_stopped_query_stops():
    query = start(SLOW)
    while athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]["State"] == "QUEUED":
        time.sleep(0.02)
    refused(athena.get_query_results, QueryExecutionId=query, says="Query has not yet finished. Current state: RUNNING")
    while not (running := set(workers())):  # its own, and one that waits ready for the next perhaps
        time.sleep(0.02)
    athena.stop_query_execution(QueryExecutionId=query)
    status = wait(query)["Status"]
    assert status["State"] == "CANCELLED" and status["StateChangeReason"] == "Query cancelled by user", status
    for _ in range(250):
        if running - set(workers()):
            break
        time.sleep(0.02)
    assert running - set(workers()), "its process is gone"
    athena.stop_query_execution(QueryExecutionId=query)  # again is OK


@test
def the_history_is_told_newest_first():
    listed = [i for page in athena.get_paginator("list_query_executions").paginate(PaginationConfig={"PageSize": 7})
              for i in page["QueryExecutionIds"]]
    latest, _ = run("SELECT 1")
    assert athena.list_query_executions(MaxResults=1)["QueryExecutionIds"] == [latest]
    assert len(listed) == len(set(listed)) > 20
    batch = athena.batch_get_query_execution(QueryExecutionIds=[latest, "nope"])
    assert batch["QueryExecutions"][0]["QueryExecutionId"] == latest
    assert batch["UnprocessedQueryExecutionIds"][0]["QueryExecutionId"] == "nope"
    statistics = athena.get_query_runtime_statistics(QueryExecutionId=latest)["QueryRuntimeStatistics"]
    assert statistics["Rows"]["OutputRows"] == 1, statistics


@test
def work_groups_say_where_results_go():
    athena.create_work_group(Name="team", Description="d", Tags=[{"Key": "k", "Value": "v"}], Configuration={
        "ResultConfiguration": {"OutputLocation": "s3://results/team/"}, "EnforceWorkGroupConfiguration": True})
    refused(athena.create_work_group, Name="team", says="already created")
    query, execution = run("SELECT 1", WorkGroup="team")
    assert execution["ResultConfiguration"]["OutputLocation"] == "s3://results/team/%s.csv" % query
    assert execution["WorkGroup"] == "team"
    assert athena.list_query_executions(WorkGroup="team")["QueryExecutionIds"] == [query]
    athena.update_work_group(WorkGroup="team", State="DISABLED", ConfigurationUpdates={
        "EnforceWorkGroupConfiguration": False, "ResultConfigurationUpdates": {"RemoveOutputLocation": True}})
    group = athena.get_work_group(WorkGroup="team")["WorkGroup"]
    assert group["State"] == "DISABLED" and group["Configuration"]["ResultConfiguration"] == {}, group
    refused(athena.start_query_execution, QueryString="SELECT 1", WorkGroup="team", ResultConfiguration=OUT, says="disabled")
    arn = "arn:aws:athena:us-east-1:123456789012:workgroup/team"
    athena.tag_resource(ResourceARN=arn, Tags=[{"Key": "l", "Value": "w"}])
    athena.untag_resource(ResourceARN=arn, TagKeys=["k"])
    assert athena.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "l", "Value": "w"}]
    assert [g["Name"] for g in athena.list_work_groups()["WorkGroups"]] == ["primary", "team"]
    refused(athena.delete_work_group, WorkGroup="team", says="is not empty")
    athena.delete_work_group(WorkGroup="team", RecursiveDeleteOption=True)
    refused(athena.get_work_group, WorkGroup="team", says="WorkGroup is not found.")
    refused(athena.delete_work_group, WorkGroup="primary")


@test
def queries_are_named_and_prepared():
    named = athena.create_named_query(Name="n", Database="shop", QueryString="SELECT 1")["NamedQueryId"]
    athena.update_named_query(NamedQueryId=named, Name="m", QueryString="SELECT 2")
    got = athena.get_named_query(NamedQueryId=named)["NamedQuery"]
    assert (got["Name"], got["QueryString"], got["WorkGroup"]) == ("m", "SELECT 2", "primary"), got
    assert athena.list_named_queries()["NamedQueryIds"] == [named]
    assert athena.batch_get_named_query(NamedQueryIds=[named])["NamedQueries"] == [got]
    athena.delete_named_query(NamedQueryId=named)
    refused(athena.get_named_query, NamedQueryId=named)
    athena.create_prepared_statement(StatementName="ps", WorkGroup="primary", QueryStatement="SELECT ?")
    athena.update_prepared_statement(StatementName="ps", WorkGroup="primary", QueryStatement="SELECT ? + 1")
    got = athena.get_prepared_statement(StatementName="ps", WorkGroup="primary")["PreparedStatement"]
    assert got["QueryStatement"] == "SELECT ? + 1", got
    assert [p["StatementName"] for p in athena.list_prepared_statements(WorkGroup="primary")["PreparedStatements"]] == ["ps"]
    athena.delete_prepared_statement(StatementName="ps", WorkGroup="primary")
    refused(athena.get_prepared_statement, "ResourceNotFoundException", StatementName="ps", WorkGroup="primary")


@test
def the_catalog_is_told():
    assert athena.list_data_catalogs()["DataCatalogsSummary"][0]["CatalogName"] == "AwsDataCatalog"
    assert athena.get_data_catalog(Name="AwsDataCatalog")["DataCatalog"]["Type"] == "GLUE"
    assert [d["Name"] for d in athena.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"]] == ["shop"]
    table = athena.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="shop", TableName="again")["TableMetadata"]
    assert table["PartitionKeys"] == [{"Name": "day", "Type": "date"}] and table["Columns"][0]["Comment"] == "key", table
    listed = athena.list_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="shop", Expression="ag.*")["TableMetadataList"]
    assert [t["Name"] for t in listed] == ["again"], listed
    refused(athena.get_database, "MetadataException", CatalogName="AwsDataCatalog", DatabaseName="nope")


@test
def a_caller_does_what_Lake_Formation_lets_it():
    lake.put_data_lake_settings(DataLakeSettings={"CreateDatabaseDefaultPermissions": [], "CreateTableDefaultPermissions": []})
    iam.create_role(RoleName="analyst", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}))
    keys = sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/analyst", RoleSessionName="session")["Credentials"]
    import boto3
    analyst = boto3.session.Session().client(
        "athena", endpoint_url=server.endpoint, region_name=REGION, aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"], aws_session_token=keys["SessionToken"])
    run("CREATE DATABASE closed")
    run("CREATE EXTERNAL TABLE closed.c (open int, secret string) STORED AS PARQUET LOCATION 's3://lake/closed/'")

    def as_analyst(text):
        query = analyst.start_query_execution(QueryString=text, ResultConfiguration=OUT)["QueryExecutionId"]
        return query, wait(query, analyst)["Status"]
    for text in ("CREATE EXTERNAL TABLE closed.d (a int) LOCATION 's3://lake/d/'", "DESCRIBE closed.c",
                 "DROP TABLE closed.c", "SELECT open FROM closed.c"):
        _, status = as_analyst(text)
        assert status["State"] == "FAILED" and "Insufficient Lake Formation permission" in status["StateChangeReason"], (text, status)
        assert status["AthenaError"]["ErrorType"] == 1500, status
    lake.grant_permissions(Principal={"DataLakePrincipalIdentifier": "arn:aws:iam::123456789012:role/analyst"},
                           Resource={"TableWithColumns": {"DatabaseName": "closed", "Name": "c", "ColumnNames": ["open"]}},
                           Permissions=["SELECT"])
    query, status = as_analyst("SELECT * FROM closed.c")
    assert status["State"] == "SUCCEEDED", status
    assert rows(query) == [["open"]], "only the columns granted"
    _, status = as_analyst("SELECT secret FROM closed.c")
    assert status["State"] == "FAILED", status
    lake.register_resource(ResourceArn="arn:aws:s3:::lake/registered", UseServiceLinkedRole=True)
    refused(analyst.start_query_execution, QueryString="SELECT 1", says="Access denied when writing to location",
            ResultConfiguration={"OutputLocation": "s3://lake/registered/results/"})


@test
def a_killed_server_leaves_no_query_that_runs_for_ever():
    query = start(SLOW)
    while athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]["State"] == "QUEUED":
        time.sleep(0.02)
    while not (children := workers()):
        time.sleep(0.02)
    server.stop(signal.SIGKILL)
    server.start()
    status = wait(query)["Status"]
    assert status["State"] == "FAILED" and status["AthenaError"]["ErrorCategory"] == 1, status
    for _ in range(250):
        if not any(os.path.exists("/proc/" + pid) for pid in children):
            break
        time.sleep(0.02)
    assert not any(os.path.exists("/proc/" + pid) for pid in children), "its process went with the server"
    run("SELECT 1")


done()
