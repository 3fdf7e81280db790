"""Glue scripts, each over a stream of its own: test/data/scripts/NAME.py, with what is in the stream and
in the lake, and the tables that must come of it, in NAME.json. Expected rows are worked out by hand; the
columns' types are DuckDB's names for what is in the files.

    script_cases.py [NAME...]     only these"""
import concurrent.futures, json, os, re, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from duckdb import DuckDB
from testing import *

FOLDER = os.path.join(ROOT, "test", "data", "scripts")
NAMES = sorted(f[:-5] for f in os.listdir(FOLDER) if f.endswith(".json"))

server = Server()
kinesis, glue, s3 = (server.client(s) for s in ("kinesis", "glue", "s3"))


def lake_table(name, columns, keys=(), classification="parquet", **serde):
    formats = {"parquet": ("org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                           "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"),
               "csv": ("org.apache.hadoop.mapred.TextInputFormat", "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"),
               "json": ("org.apache.hadoop.mapred.TextInputFormat", "org.openx.data.jsonserde.JsonSerDe")}
    return {"Name": name.split("/")[-1], "TableType": "EXTERNAL_TABLE", "Parameters": {"classification": classification},
            "PartitionKeys": [{"Name": n, "Type": t} for n, t in keys],
            "StorageDescriptor": {"Columns": [{"Name": n, "Type": t} for n, t in columns],
                                  "Location": "s3://lake/%s/" % name, "InputFormat": formats[classification][0],
                                  "SerdeInfo": {"SerializationLibrary": formats[classification][1], "Parameters": serde}}}


def prepare(name, case):
    """Stream, its table, and what lies in the lake; {name} stands for the case's name."""
    kinesis.create_stream(StreamName=name, ShardCount=case.get("shards", 1))
    glue.create_table(DatabaseName="db", TableInput=stream_table(name, name, case.get("columns", [["id", "bigint"]])))
    for key, text in case.get("objects", {}).items():
        s3.put_object(Bucket="lake", Key="%s/%s" % (name, key), Body=text.encode())
    for table in case.get("catalog", []):
        glue.create_table(DatabaseName="db", TableInput=lake_table("%s/%s" % (name, table["name"]), table["columns"],
                                                                   table.get("keys", ()), table.get("classification", "parquet"),
                                                                   **table.get("serde", {})))
    put(name, case["records"])


def put(name, records):
    for record in records:
        data = record if isinstance(record, str) else json.dumps(record)
        kinesis.put_record(StreamName=name, Data=data.encode(), PartitionKey="p")


def run(name, case):
    command = [SLUICE, "run", "--dir", server.directory, "--json", "--window", "0", "--drain", "--name", name,
               os.path.join(FOLDER, name + ".py"), "--JOB_NAME", name, "--stream", name]
    done = subprocess.run(command, capture_output=True, text=True)
    if "more_records" in case:
        put(name, case["more_records"])
        done = subprocess.run(command, capture_output=True, text=True)
    return done


def files(name, table, ending):
    root = os.path.join(server.directory, "objects", "lake", name, table)
    return sorted(os.path.join(at, f) for at, _, names in os.walk(root) for f in names if f.endswith(ending))


def written(duckdb, name, table, expected):
    """(column types, rows in order) of what is in the lake."""
    form = expected.get("format", "parquet")
    paths = files(name, table, form)
    if not paths:
        return None, []
    keys = sorted(set(re.findall(r"/(\w+)=", " ".join(paths))) & set(expected["columns"]))
    typed = ", hive_types={%s}" % ", ".join("'%s': %s" % (k, expected["columns"][k]) for k in keys) if keys else ""
    more = ", hive_partitioning=true, union_by_name=true" + typed if form != "csv" else ""
    source = "read_%s([%s]%s)" % (form, ", ".join("'%s'" % p for p in paths), more)
    if form == "csv":
        source = "read_csv([%s], header=%s, all_varchar=true)" % (", ".join("'%s'" % p for p in paths), expected.get("header", "false"))
    types = {row[0]: row[1] for row in duckdb("DESCRIBE SELECT * FROM " + source)}
    names = [expected["check"]] if "check" in expected else list(expected["columns"])
    rows = duckdb("SELECT %s FROM %s" % (", ".join('CAST("%s" AS VARCHAR)' % n for n in names), source))
    return types, sorted(rows, key=str)


def judge(duckdb, name, case, done):
    if done.returncode != case.get("status", 0):
        return "status %d\n%s" % (done.returncode, done.stderr)
    for line in case.get("said", []):
        if line not in done.stdout + done.stderr:
            return "did not say %r, but\n%s%s" % (line, done.stdout, done.stderr)
    for table, expected in case.get("tables", {}).items():
        types, rows = written(duckdb, name, table, expected)
        if types is None and expected["rows"]:
            return "nothing is in %s\n%s" % (table, done.stderr)
        wrong = {c: types.get(c) for c, t in expected["columns"].items() if types and types.get(c) != t}
        if wrong:
            return "%s: columns are %s\n%s" % (table, types, done.stderr)
        if types and set(types) != set(expected["columns"]):
            return "%s: columns are %s" % (table, types)
        wanted = sorted([[None if v is None else str(v) for v in row] for row in expected["rows"]], key=str)
        if rows != wanted:
            return "%s:\ngot      %s\nexpected %s\n%s" % (table, rows, wanted, done.stderr)
    for query, wanted in case.get("catalog_rows", {}).items():
        rows = [list(row.values()) for row in server.sql(query)]
        if rows != wanted:
            return "%s: %s" % (query, rows)
    batches = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{\"time")]
    for member, value in case.get("counts", {}).items():
        if sum(b[member] for b in batches) != value:
            return "%s is not %d in %s" % (member, value, batches)
    return ""


def main():
    s3.create_bucket(Bucket="lake")
    glue.create_database(DatabaseInput={"Name": "db"})
    names = sys.argv[1:] or NAMES
    cases = {name: json.load(open(os.path.join(FOLDER, name + ".json"))) for name in names}
    for name, case in cases.items():
        prepare(name, case)
    duckdb = DuckDB()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = {name: pool.submit(run, name, case) for name, case in cases.items()}
        for name, case in cases.items():
            problem = judge(duckdb, name, case, runs[name].result())
            ok(not problem, name.replace("_", " "), problem)


case(main)
done()
