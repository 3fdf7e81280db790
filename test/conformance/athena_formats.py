"""Tables that are not Parquet folders of a catalog: JSON and CSV by their SerDes, partitions that table
properties project; each through CREATE EXTERNAL TABLE and SELECT, by boto3."""
import os, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

server = Server()
athena, s3 = map(server.client, ("athena", "s3"))
s3.create_bucket(Bucket="lake")


def execute(text):
    query = athena.start_query_execution(QueryString=text, QueryExecutionContext={"Database": "d"},
                                         ResultConfiguration={"OutputLocation": "s3://lake/out/"})["QueryExecutionId"]
    while True:
        status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
        if status["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(0.02)
    if status["State"] != "SUCCEEDED":
        return status["StateChangeReason"]
    return [[d.get("VarCharValue") for d in row["Data"]]
            for row in athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]][1:]


def table(name, columns, rest):
    reason = execute("CREATE EXTERNAL TABLE %s (%s) %s LOCATION 's3://lake/%s/' %s" % (
        name, columns, rest[0], name, rest[1] if len(rest) > 1 else ""))
    assert reason == [], reason


def put(key, text):
    s3.put_object(Bucket="lake", Key=key, Body=text.encode())


execute("CREATE DATABASE d")
OPENX = "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'"


@test
def JSON_lines_by_the_OpenX_SerDe():
    put("j/a.json", '{"Id": 1, "name": "x", "tags": ["a", "b"], "seen": "2023-01-02 03:04:05", "o": {"k": 9007199254740993}}\n'
        '{"id": "2", "name": {"n": 1}, "tags": "one", "seen": "2023-01-02T03:04:05+01:00"}\n\n')
    put("j/_hidden", "no JSON")
    table("j", "id int, name string, tags array<string>, seen timestamp, o struct<k:bigint>", [OPENX])
    rows = execute("SELECT id, name, tags, seen, o.k FROM j ORDER BY id NULLS LAST")
    assert rows == [["1", "x", "[a, b]", "2023-01-02 03:04:05.000", "9007199254740993"],
                    ["2", '{"n":1}', "[one]", "2023-01-02 02:04:05.000", None],
                    [None, None, None, None, None]], rows


@test
def malformed_JSON_is_an_error_unless_it_may_be_ignored():
    put("m/a.json", '{"id": 1}\n{"id": \n')
    table("m", "id int", [OPENX])
    assert "Row is not a valid JSON Object" in execute("SELECT * FROM m"), execute("SELECT * FROM m")
    execute("DROP TABLE m")
    table("m", "id int", [OPENX + " WITH SERDEPROPERTIES ('ignore.malformed.json'='true')"])
    assert execute("SELECT id FROM m ORDER BY 1") == [["1"], [None]]
    put("n/a.json", '{"id": 3000000000}\n')
    table("n", "id int", [OPENX])
    assert "HIVE_BAD_DATA: Error parsing field value for field id" in execute("SELECT * FROM n"), execute("SELECT * FROM n")


@test
def quoted_CSV_by_OpenCSVSerde():
    put("c/a.csv", 'id,name,price\n1,"a, ""b""",1.5\n2,,2.25\n')
    table("c", "id int, name string, price double",
          ["ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' WITH SERDEPROPERTIES "
           "('separatorChar'=',', 'quoteChar'='\"', 'escapeChar'='\\\\')", "TBLPROPERTIES ('skip.header.line.count'='1')"])
    rows = execute("SELECT * FROM c ORDER BY id")
    assert rows == [["1", 'a, "b"', "1.5"], ["2", "", "2.25"]], rows
    put("c/b.csv", "id,name,price\nx,y,1\n")
    assert 'HIVE_BAD_DATA: Error parsing field value for field id: For input string: "x"' in execute("SELECT * FROM c")


@test
def delimited_text_by_LazySimpleSerDe():
    put("l/a.tsv", "1\ta\\\tb\t2023-01-02\nx\t\\N\t\n3\n")
    table("l", "id int, name string, day date", ["ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\'"])
    rows = execute("SELECT * FROM l ORDER BY name NULLS LAST, id NULLS LAST")
    assert rows == [["1", "a\tb", "2023-01-02"], ["3", None, None], [None, None, None]], rows


@test
def text_without_a_SerDe_has_control_A_between_its_fields():
    put("p/a", "1\x01x\n")
    table("p", "id int, name string", ["STORED AS TEXTFILE"])
    assert execute("SELECT * FROM p") == [["1", "x"]]


@test
def other_formats_are_refused_by_name():
    put("o/a.orc", "ORC")
    table("o", "id int", ["STORED AS ORC"])
    assert "org.apache.hadoop.hive.ql.io.orc.OrcSerde" in execute("SELECT * FROM o"), execute("SELECT * FROM o")
    put("z/a.json.gz", "x")
    table("z", "id int", [OPENX])
    assert "compressed text is not read" in execute("SELECT * FROM z")


@test
def partitions_come_of_the_tables_properties():
    for month in ("01", "02"):
        for kind in ("a", "b"):
            put("proj/2023-%s-03/kind-%s/x.json" % (month, kind), '{"id": %s}\n' % int(month))
    put("proj/2023-03-03/kind-c/x.json", '{"id": 99}\n')
    reason = execute(
        "CREATE EXTERNAL TABLE proj (id int) PARTITIONED BY (day string, kind string) " + OPENX +
        " LOCATION 's3://lake/proj/' TBLPROPERTIES ('projection.enabled'='true', 'projection.day.type'='date', "
        "'projection.day.format'='yyyy-MM-dd', 'projection.day.range'='2023-01-01,2023-02-28', "
        "'projection.kind.type'='enum', 'projection.kind.values'='a,b', "
        "'storage.location.template'='s3://lake/proj/${day}/kind-${kind}/')")
    assert reason == [], reason
    rows = execute("SELECT day, kind, id FROM proj ORDER BY 1, 2")
    assert rows == [["2023-01-03", "a", "1"], ["2023-01-03", "b", "1"], ["2023-02-03", "a", "2"], ["2023-02-03", "b", "2"]], rows
    assert execute("SELECT COUNT(*) FROM proj WHERE kind = 'b' AND day > '2023-02'") == [["1"]]


@test
def the_examples_folders_as_a_projection():
    put("hours/ingest_year=2023/ingest_month=01/ingest_day=09/ingest_hour=07/x.json", '{"id": 1}\n')
    properties = {"enabled": "true", "ingest_year.type": "integer", "ingest_year.range": "2023,2023"}
    for name, most in (("month", "1,12"), ("day", "1,31"), ("hour", "0,23")):
        properties.update({"ingest_%s.type" % name: "integer", "ingest_%s.range" % name: most,
                           "ingest_%s.digits" % name: "2"})
    reason = execute(
        "CREATE EXTERNAL TABLE hours (id int) PARTITIONED BY (ingest_year int, ingest_month int, ingest_day int, "
        "ingest_hour int) " + OPENX + " LOCATION 's3://lake/hours' TBLPROPERTIES (" +
        ", ".join("'projection.%s'='%s'" % pair for pair in properties.items()) + ")")
    assert reason == [], reason
    assert execute("SELECT * FROM hours") == [["1", "2023", "1", "9", "7"]], execute("SELECT * FROM hours")
    execute("ALTER TABLE hours SET TBLPROPERTIES ('projection.ingest_hour.range'='x')")
    assert "'x' is no range of integers" in execute("SELECT * FROM hours"), execute("SELECT * FROM hours")


@test
def injected_values_come_of_the_query():
    for device in ("a", "b"):
        put("inj/%s/2023/x.json" % device, '{"id": "%s"}\n' % device)
    reason = execute(
        "CREATE EXTERNAL TABLE inj (id string) PARTITIONED BY (device string, year int) " + OPENX +
        " LOCATION 's3://lake/inj/' TBLPROPERTIES ('projection.enabled'='true', 'projection.device.type'='injected', "
        "'projection.year.type'='integer', 'projection.year.range'='2022,2024', "
        "'storage.location.template'='s3://lake/inj/${device}/${year}')")
    assert reason == [], reason
    got = execute("SELECT id, year FROM inj WHERE device = 'a' AND year > 2000")
    assert got == [["a", "2023"]], got
    assert execute("SELECT id FROM inj WHERE device IN ('a', 'b', 'c', 'a') ORDER BY 1") == [["a"], ["b"]]
    assert "must contain only static equality conditions" in execute("SELECT id FROM inj"), execute("SELECT id FROM inj")
    assert "must contain only static equality conditions" in execute("SELECT id FROM inj WHERE device > 'a'")


done()
