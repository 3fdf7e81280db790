"""The example's statements through the AWS CLI, as printed, on files that the job wrote: the count
equals the records put, by MSCK REPAIR TABLE and by ADD PARTITION alike."""
import json, os, subprocess, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

AWS = os.environ.get("SLUICE_AWS", "/usr/bin/aws")
RECORDS = 500
server = Server()
kinesis, glue, s3, client = map(server.client, ("kinesis", "glue", "s3", "athena"))
told = []


def aws(*arguments):
    done = subprocess.run([AWS, "--endpoint-url", server.endpoint, "--region", REGION, "--output", "json",
                           "--no-cli-pager", *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return json.loads(done.stdout) if done.stdout.strip() else None


def athena(statement, state="SUCCEEDED"):
    """The execution and its rows: started by the CLI, waited for by boto3, which starts faster."""
    query = aws("athena", "start-query-execution", "--query-string", statement,
                "--result-configuration", "OutputLocation=s3://athena-results/out/")["QueryExecutionId"]
    while True:
        execution = client.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(0.02)
    reason = execution["Status"].get("StateChangeReason")
    equal(execution["Status"]["State"], state, "%s (%s)" % (statement.split("(")[0][:60].replace("\n", " "), reason))
    if state != "SUCCEEDED":
        return execution, reason
    results = client.get_query_results(QueryExecutionId=query)["ResultSet"]
    if statement.startswith("SELECT") and not told:
        told.append(aws("athena", "get-query-results", "--query-execution-id", query)["ResultSet"])
        equal(told[0], results, "the CLI reads the same results")
    return execution, [[datum.get("VarCharValue") for datum in row["Data"]] for row in results["Rows"]]


# ---- the example's stream, tables and job ----
s3.create_bucket(Bucket="ventilator-lake")
s3.create_bucket(Bucket="athena-results")
kinesis.create_stream(StreamName="ventilators", ShardCount=2)
kinesis.get_waiter("stream_exists").wait(StreamName="ventilators")
glue.create_database(DatabaseInput={"Name": "ventilatordb"})
columns = [("ventilatorid", "int"), ("eventtime", "string"), ("serialnumber", "string"),
           ("pressurecontrol", "int"), ("o2stats", "int"), ("minutevolume", "int"), ("manufacturer", "string")]
glue.create_table(DatabaseName="ventilatordb", TableInput=stream_table("ventilators_table", "ventilators", columns))
kinds = {"ventilatorid": "long", "eventtime": "timestamp", "pressurecontrol": "long", "o2stats": "long",
         "minutevolume": "long"}
document = job_document("ventilators_to_lake", "ventilatordb", "ventilators_table",
                        [(n, t, n, kinds.get(n, t)) for n, t in columns], "s3://ventilator-lake/ventilator_metrics/",
                        None, SchemaChangePolicy={"EnableUpdateCatalog": False})
for start in range(0, RECORDS, 100):
    kinesis.put_records(StreamName="ventilators", Records=[
        {"PartitionKey": str(i), "Data": json.dumps({
            "ventilatorid": i % 100, "eventtime": "2023-09-07 16:02:17", "serialnumber": "s-%d" % i,
            "pressurecontrol": 26, "o2stats": 91, "minutevolume": 5, "manufacturer": "GE"})}
        for i in range(start, start + 100)])
server.run_job(document, "--drain")
folder = sorted({key["Key"].rsplit("/", 1)[0] for key in
                 s3.list_objects_v2(Bucket="ventilator-lake", Prefix="ventilator_metrics/")["Contents"]
                 if key["Key"].endswith(".parquet")})[0]
values = [part.split("=")[1] for part in folder.split("/")[1:]]

# ---- the statements as printed ----
CREATE = """CREATE EXTERNAL TABLE {}(
  ventilatorid integer,
  eventtime timestamp,
  serialnumber string,
  pressurecontrol integer,
  o2stats integer,
  minutevolume integer,
  manufacturer string)
PARTITIONED BY (
  ingest_year int,
  ingest_month int,
  ingest_day int,
  ingest_hour int)
ROW FORMAT SERDE
  'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
STORED AS INPUTFORMAT
  'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
OUTPUTFORMAT
  'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
LOCATION
  's3://ventilator-lake/ventilator_metrics/'
"""
HEADER = ["_col0"]

athena("CREATE DATABASE IF NOT EXISTS ventilatordb")
athena(CREATE.format("ventilatordb.ventilators_parquet"))
equal(athena("SELECT COUNT(*) FROM ventilatordb.ventilators_parquet")[1], [HEADER, ["0"]], "no partition, no rows")

execution, lines = athena("MSCK REPAIR TABLE ventilatordb.ventilators_parquet")
name = "ingest_year=%s/ingest_month=%s/ingest_day=%s/ingest_hour=%s" % tuple(values)
ok(["Repair: Added partition to metastore ventilators_parquet:" + name] in lines, "MSCK tells the partition", lines)
equal(execution["StatementType"], "DDL", "MSCK is DDL")
equal(athena("MSCK REPAIR TABLE ventilatordb.ventilators_parquet")[1], [], "nothing to repair")
equal(athena("SHOW PARTITIONS ventilatordb.ventilators_parquet")[1], [[name]], "SHOW PARTITIONS has no header")
equal(athena("SELECT COUNT(*) FROM ventilatordb.ventilators_parquet")[1], [HEADER, [str(RECORDS)]],
      "the count is the records put")

# the same partition by number: no second entry, no row twice
athena("ALTER TABLE ventilatordb.ventilators_parquet ADD IF NOT EXISTS PARTITION "
       "(ingest_year=%d, ingest_month=%d, ingest_day=%d, ingest_hour=%d) LOCATION 's3://ventilator-lake/%s'"
       % (*map(int, values), folder))
athena("ALTER TABLE ventilatordb.ventilators_parquet ADD PARTITION "
       "(ingest_year=%d, ingest_month='0%s', ingest_day=%d, ingest_hour=%d)"
       % (int(values[0]), values[1], int(values[2]), int(values[3])), "FAILED")
equal(athena("SELECT COUNT(*) FROM ventilatordb.ventilators_parquet")[1], [HEADER, [str(RECORDS)]],
      "still each row once")

# by ADD PARTITION alone
athena(CREATE.format("ventilatordb.by_hand"))
athena("ALTER TABLE ventilatordb.by_hand ADD IF NOT EXISTS PARTITION (ingest_year='%s', ingest_month='%s', "
       "ingest_day='%s', ingest_hour='%s')" % tuple(values))
equal(athena("SELECT COUNT(*), MIN(ingest_hour) FROM ventilatordb.by_hand")[1],
      [["_col0", "_col1"], [str(RECORDS), str(int(values[3]))]], "ADD PARTITION finds the same rows")

# two entries for one folder, made by another door
athena(CREATE.format("ventilatordb.twins"))
for month in ("7", "07"):
    descriptor = glue.get_table(DatabaseName="ventilatordb", Name="twins")["Table"]["StorageDescriptor"]
    glue.create_partition(DatabaseName="ventilatordb", TableName="twins", PartitionInput={
        "Values": [values[0], month, values[2], values[3]],
        "StorageDescriptor": {**descriptor, "Location": "s3://ventilator-lake/" + folder + "/"}})
equal(athena("SELECT COUNT(*) FROM ventilatordb.twins WHERE ingest_month = 7")[1], [HEADER, [str(RECORDS)]],
      "a folder with two entries that are one number is read once")

execution, reason = athena("CREATE EXTERNAL TABLE ventilatordb.t (a foo)", "FAILED")
equal(reason, "FAILED: ParseException line 1:40 cannot recognize input near 'foo' ')' '<EOF>' in column type",
      "a wrong type, with line and column")
equal(execution["Status"]["AthenaError"]["ErrorType"], 1006, "it is a syntax error")
done()
