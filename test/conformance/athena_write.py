"""Statements of Athena that write: CREATE TABLE AS, INSERT INTO, UNLOAD, views, prepared statements,
through boto3, judged by DuckDB where files are concerned."""
import os, signal, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

server = Server()
athena, glue, s3 = map(server.client, ("athena", "glue", "s3"))
s3.create_bucket(Bucket="lake")


def run(text, state="SUCCEEDED", **more):
    query = athena.start_query_execution(QueryString=text, QueryExecutionContext={"Database": "d"},
                                         ResultConfiguration={"OutputLocation": "s3://lake/out/"}, **more)["QueryExecutionId"]
    while True:
        execution = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(0.02)
    assert execution["Status"]["State"] == state, (text, execution["Status"])
    return execution


def rows(text, **more):
    results = athena.get_query_results(QueryExecutionId=run(text, **more)["QueryExecutionId"])["ResultSet"]
    return [[d.get("VarCharValue") for d in row["Data"]] for row in results["Rows"]][1:]


def fails(text, **more):
    return run(text, "FAILED", **more)["Status"]["StateChangeReason"]


def keys(prefix):
    return sorted(o["Key"] for o in s3.list_objects_v2(Bucket="lake", Prefix=prefix).get("Contents", []))


run("CREATE DATABASE d")


@test
def CREATE_TABLE_AS_makes_files_a_table_and_a_manifest():
    execution = run("CREATE TABLE made WITH (external_location = 's3://lake/made/', partitioned_by = ARRAY['kind']) AS "
                    "SELECT id, CAST(id AS decimal(9,2)) AS price, TIMESTAMP '2023-01-02 03:04:05' AS at, kind "
                    "FROM (VALUES (1, 'a'), (2, 'b'), (3, 'a')) AS t (id, kind)")
    assert len(keys("made/kind=a/")) == 1 and len(keys("made/kind=b/")) == 1, keys("made/")
    manifest = s3.get_object(Bucket="lake", Key=execution["Statistics"]["DataManifestLocation"].split("lake/", 1)[1])["Body"].read()
    assert sorted(manifest.decode().split()) == ["s3://lake/" + k for k in keys("made/")], manifest
    assert execution["ResultConfiguration"]["OutputLocation"].endswith("tables/" + execution["QueryExecutionId"])
    results = athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    assert results["UpdateCount"] == 3 and results["ResultSet"]["Rows"] == [], results
    assert rows("SELECT * FROM made ORDER BY id") == [
        ["1", "1.00", "2023-01-02 03:04:05.000", "a"], ["2", "2.00", "2023-01-02 03:04:05.000", "b"],
        ["3", "3.00", "2023-01-02 03:04:05.000", "a"]]
    table = glue.get_table(DatabaseName="d", Name="made")["Table"]
    assert [(c["Name"], c["Type"]) for c in table["StorageDescriptor"]["Columns"]] == [
        ("id", "int"), ("price", "decimal(9,2)"), ("at", "timestamp")], table
    assert "already exists" in fails("CREATE TABLE made AS SELECT 1 AS a")
    run("CREATE TABLE IF NOT EXISTS made AS SELECT 1 AS a")
    assert "HIVE_PATH_ALREADY_EXISTS" in fails("CREATE TABLE other WITH (external_location = 's3://lake/made/') AS SELECT 1 AS a")
    assert "Partition keys must be the last columns" in fails(
        "CREATE TABLE other WITH (partitioned_by = ARRAY['a']) AS SELECT 1 AS a, 2 AS b")
    assert "format 'ORC' is not written" in fails("CREATE TABLE other WITH (format = 'ORC') AS SELECT 1 AS a")


@test
def a_table_without_a_place_lies_in_the_results():
    execution = run("CREATE TABLE placed AS SELECT 7 AS a")
    assert len(keys("out/tables/%s/" % execution["QueryExecutionId"])) == 1, keys("out/tables/")
    assert rows("SELECT a FROM placed") == [["7"]]
    run("CREATE TABLE empty WITH (external_location = 's3://lake/empty/') AS SELECT 1 AS a WITH NO DATA")
    assert rows("SELECT * FROM empty") == []


@test
def INSERT_INTO_appends():
    execution = run("INSERT INTO made SELECT 4, DECIMAL '4.5', TIMESTAMP '2024-01-01 00:00:00', 'c'")
    assert athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])["UpdateCount"] == 1
    run("INSERT INTO made (kind, id) VALUES ('a', 5), ('d', 6)")
    got = rows("SELECT id, price, kind FROM made WHERE id > 3 ORDER BY id")
    assert got == [["4", "4.50", "c"], ["5", None, "a"], ["6", None, "d"]], got
    assert "TYPE_MISMATCH" in fails("INSERT INTO made SELECT 'x', DECIMAL '1', TIMESTAMP '2024-01-01 00:00:00', 'c'")
    assert "TYPE_MISMATCH" in fails("INSERT INTO made SELECT 1")
    assert "TABLE_NOT_FOUND" in fails("INSERT INTO nope SELECT 1")
    assert len(rows("SELECT * FROM made")) == 6, "what failed left nothing"


@test
def a_number_that_a_folder_writes_otherwise_is_read_once():
    run("CREATE EXTERNAL TABLE months (id int) PARTITIONED BY (month int) STORED AS PARQUET LOCATION 's3://lake/months/'")
    run("ALTER TABLE months ADD PARTITION (month='01')")
    run("INSERT INTO months VALUES (1, 1), (2, 2)")
    assert rows("SELECT id, month FROM months ORDER BY 1") == [["1", "1"], ["2", "2"]]
    run("MSCK REPAIR TABLE months")
    assert rows("SELECT COUNT(*) FROM months") == [["2"]]


@test
def more_than_a_hundred_partitions_are_refused_and_leave_nothing():
    reason = fails("CREATE TABLE many WITH (external_location = 's3://lake/many/', partitioned_by = ARRAY['p']) AS "
                   "SELECT p AS id, p FROM UNNEST(sequence(1, 101)) AS t (p)")
    assert "HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100" in reason, reason
    assert keys("many/") == []


@test
def UNLOAD_writes_files_alone():
    execution = run("UNLOAD (SELECT id, kind FROM made) TO 's3://lake/unloaded/' WITH (format = 'PARQUET', compression = 'SNAPPY')")
    files = keys("unloaded/")
    assert len(files) == 1, files
    manifest = s3.get_object(Bucket="lake", Key=execution["Statistics"]["DataManifestLocation"].split("lake/", 1)[1])["Body"].read()
    assert manifest.decode() == "s3://lake/%s\n" % files[0]
    assert "HIVE_PATH_ALREADY_EXISTS" in fails("UNLOAD (SELECT 1 AS a) TO 's3://lake/unloaded/' WITH (format = 'PARQUET')")
    assert "is not written" in fails("UNLOAD (SELECT 1 AS a) TO 's3://lake/u2/' WITH (format = 'AVRO')")
    assert "compression = 'NONE'" in fails("UNLOAD (SELECT 1 AS a) TO 's3://lake/u2/' WITH (format = 'JSON')")
    query = "SELECT 1 AS a, CAST(NULL AS varchar) AS n, ARRAY['x', 'y\"z'] AS l, DATE '2023-01-02' AS d"
    for name, more, text in (("json", "", b'{"a":1,"n":null,"l":["x","y\\"z"],"d":"2023-01-02"}\n'),
                             ("textfile", ", field_delimiter = '|'", b'1|\\N|[x, y"z]|2023-01-02\n')):
        run("UNLOAD (%s) TO 's3://lake/u-%s/' WITH (format = '%s', compression = 'NONE'%s)" % (query, name, name, more))
        [key] = keys("u-%s/" % name)
        got = s3.get_object(Bucket="lake", Key=key)["Body"].read()
        assert got == text, got


@test
def CREATE_TABLE_AS_writes_JSON_and_text_that_is_read_again():
    rows_of = "SELECT * FROM (VALUES (1, 'a,b', true, DATE '2023-01-02'), (NULL, NULL, false, NULL)) AS t (i, s, b, d)"
    read = [["1", "a,b", "true", "2023-01-02"], [None, None, "false", None]]
    for name, how in (("as_json", "format = 'JSON'"), ("as_text", "format = 'TEXTFILE', field_delimiter = '|'"),
                      ("as_plain", "format = 'textfile'")):
        run(f"CREATE TABLE {name} WITH ({how}, write_compression = 'NONE', external_location = 's3://lake/{name}/') AS "
            + rows_of)
        assert rows(f"SELECT * FROM {name} ORDER BY i") == read, name
        assert len(keys(name + "/")) == 1
    assert "write_compression = 'NONE'" in fails("CREATE TABLE packed WITH (format = 'JSON') AS SELECT 1 AS a")
    for format in ("ORC", "AVRO"):
        assert f"format '{format}' is not written" in fails(f"CREATE TABLE no WITH (format = '{format}') AS SELECT 1 AS a")


@test
def views_are_queries_with_names():
    run("CREATE VIEW v AS SELECT kind, COUNT(*) AS n FROM made GROUP BY kind")
    assert rows("SELECT n FROM v WHERE kind = 'a'") == [["3"]]
    view = glue.get_table(DatabaseName="d", Name="v")["Table"]
    assert view["TableType"] == "VIRTUAL_VIEW" and view["ViewOriginalText"].startswith("/* Presto View: "), view
    assert [(c["Name"], c["Type"]) for c in view["StorageDescriptor"]["Columns"]] == [("kind", "string"), ("n", "bigint")] or \
        view["StorageDescriptor"]["Columns"][1]["Type"] == "bigint", view
    assert "already exists" in fails("CREATE VIEW v AS SELECT 1 AS a")
    run("CREATE OR REPLACE VIEW v AS SELECT 1 AS a")
    assert rows("SELECT * FROM v") == [["1"]]
    listed = athena.get_query_results(QueryExecutionId=run("SHOW VIEWS IN d")["QueryExecutionId"])["ResultSet"]["Rows"]
    assert listed == [{"Data": [{"VarCharValue": "v"}]}], listed
    text = athena.get_query_results(QueryExecutionId=run("SHOW CREATE VIEW v")["QueryExecutionId"])["ResultSet"]["Rows"]
    assert [r["Data"][0]["VarCharValue"] for r in text] == ["CREATE VIEW d.v AS", "SELECT 1 AS a"], text
    assert "is a view" in fails("DROP TABLE v")
    run("CREATE TABLE under WITH (external_location = 's3://lake/under/') AS SELECT 1 AS a, 'x' AS b")
    run("CREATE OR REPLACE VIEW v AS SELECT * FROM under")
    assert rows("SELECT * FROM v") == [["1", "x"]]
    run("ALTER TABLE under ADD COLUMNS (c int)")
    assert fails("SELECT * FROM v") == (
        "INVALID_VIEW: line 1:15: View 'awsdatacatalog.d.v' is stale or in invalid state: stored view column count (2) "
        "does not match column count derived from the view query analysis (3)")
    run("CREATE OR REPLACE VIEW v AS SELECT a, b FROM under")
    run("ALTER TABLE under REPLACE COLUMNS (a string, b string)")
    assert "column [a] of type varchar projected from query view at position 0 cannot be coerced to column [a] of type " \
        "integer stored in view definition" in fails("SELECT b FROM v")
    run("ALTER TABLE under REPLACE COLUMNS (b string)")
    reason = fails("SELECT b FROM v")
    assert reason.startswith("INVALID_VIEW: line 1:15: Failed analyzing stored view 'awsdatacatalog.d.v': line 1:8: "
                             "Column 'a' cannot be resolved"), reason
    run("DROP TABLE under")
    run("DROP VIEW v")
    run("DROP VIEW IF EXISTS v")
    assert "does not exist" in fails("DROP VIEW v")
    assert "COLUMN_NOT_FOUND" in fails("CREATE VIEW w AS SELECT nope FROM made")


@test
def statements_are_prepared_and_given_parameters():
    run("PREPARE p1 FROM SELECT id FROM made WHERE kind = ? AND id < ? ORDER BY id")
    assert rows("EXECUTE p1 USING 'a', 4") == [["1"], ["3"]]
    kept = athena.get_prepared_statement(StatementName="p1", WorkGroup="primary")["PreparedStatement"]["QueryStatement"]
    assert kept.startswith("SELECT id FROM made"), kept
    run("DEALLOCATE PREPARE p1")
    assert "not found" in fails("EXECUTE p1 USING 'a', 4")
    athena.create_prepared_statement(StatementName="q1", WorkGroup="primary", QueryStatement="SELECT ? + 1")
    assert rows("EXECUTE q1 USING 41") == [["42"]]
    assert rows("SELECT id FROM made WHERE kind = ?", ExecutionParameters=["'c'"]) == [["4"]]


@test
def bytes_scanned_are_those_of_the_columns_read():
    run("CREATE TABLE wide WITH (external_location = 's3://lake/wide/') AS SELECT n AS id, CAST(n AS varchar) || ' is the number' AS text "
        "FROM UNNEST(sequence(1, 5000)) AS t (n)")
    size = sum(o["Size"] for o in s3.list_objects_v2(Bucket="lake", Prefix="wide/")["Contents"])
    scanned = {q: run(q)["Statistics"]["DataScannedInBytes"] for q in (
        "SELECT COUNT(*) FROM wide", "SELECT MAX(id) FROM wide", "SELECT * FROM wide LIMIT 1")}
    nothing, one, all = scanned.values()
    assert nothing == 0 < one < all <= size, (scanned, size)
    athena.create_work_group(Name="frugal", Configuration={"BytesScannedCutoffPerQuery": 10000000})
    run("SELECT MAX(id) FROM wide", WorkGroup="frugal")


def start_writing_torn():
    return athena.start_query_execution(
        QueryString="CREATE TABLE d.torn WITH (external_location = 's3://lake/torn/') AS SELECT x, y, z FROM "
                    "UNNEST(sequence(1, 10000)) AS a(x) CROSS JOIN UNNEST(sequence(1, 10000)) AS b(y) "
                    "CROSS JOIN UNNEST(sequence(1, 1000)) AS c(z)",
        ResultConfiguration={"OutputLocation": "s3://lake/out/"})["QueryExecutionId"]


@test
def what_a_stopped_query_has_staged_goes():
    staging = os.path.join(server.directory, "objects", ".staging")
    query = start_writing_torn()
    while not os.listdir(staging):
        time.sleep(0.02)
    athena.stop_query_execution(QueryExecutionId=query)
    for _ in range(500):
        if not os.listdir(staging):
            break
        time.sleep(0.02)
    assert os.listdir(staging) == [] and keys("torn/") == []


@test
def what_a_killed_server_was_writing_is_not_there():
    query = start_writing_torn()
    while athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]["State"] == "QUEUED":
        time.sleep(0.02)
    time.sleep(0.5)  # some rows are staged, or not: nothing depends on it
    server.stop(signal.SIGKILL)
    server.start()
    status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
    assert status["State"] == "FAILED", status
    assert keys("torn/") == [], "no file is visible"
    run("CREATE TABLE torn WITH (external_location = 's3://lake/torn/') AS SELECT 1 AS a")
    assert rows("SELECT * FROM torn") == [["1"]]


done()
