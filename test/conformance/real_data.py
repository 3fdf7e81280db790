"""Real, dirty data through stream, catalog, mapping and Parquet, equal value by value to DuckDB's own
reading of the same file; what cannot be typed is counted, nothing is missing."""
import gzip, os, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *
from duckdb import DuckDB

PROPERTIES = ("struct<mag:double,place:string,time:bigint,updated:bigint,tz:int,url:string,"
              "felt:int,cdi:double,mmi:double,alert:string,status:string,tsunami:int,sig:int,"
              "net:string,code:string,ids:string,nst:int,dmin:double,rms:double,gap:double,"
              "magtype:string,type:string,title:string>")
DUCK = {"string": "VARCHAR", "bigint": "BIGINT", "int": "INTEGER", "double": "DOUBLE"}


def duck_type(text):
    if text.startswith("struct<"):
        fields = [f.split(":", 1) for f in text[7:-1].split(",")]
        return "STRUCT(%s)" % ", ".join('"%s" %s' % (n, duck_type(t)) for n, t in fields)
    if text.startswith("array<"):
        return duck_type(text[6:-1]) + "[]"
    return DUCK[text]


# name -> columns of the stream's table, mapping (from, type, to, type), SELECT over the file's
# columns that gives the same rows, values that become NULL
SETS = {
    "flights": (
        [("date", "string"), ("delay", "int"), ("distance", "int"), ("origin", "string"),
         ("destination", "string")],
        [("date", "string", "date", "string"), ("date", "string", "flown", "timestamp"),
         ("delay", "int", "delay", "double"), ("distance", "int", "distance", "string"),
         ("origin", "string", "origin", "string"), ("destination", "string", "destination", "string")],
        "date, CAST(NULL AS TIMESTAMP) AS flown, CAST(delay AS DOUBLE) AS delay, "
        "CAST(distance AS VARCHAR) AS distance, origin, destination",
        20000),
    "movies": (
        [("Title", "string"), ("US Gross", "bigint"), ("Worldwide Gross", "bigint"),
         ("US DVD Sales", "bigint"), ("Production Budget", "bigint"), ("Release Date", "string"),
         ("MPAA Rating", "string"), ("Running Time min", "int"), ("Distributor", "string"),
         ("Source", "string"), ("Major Genre", "string"), ("Creative Type", "string"),
         ("Director", "string"), ("Rotten Tomatoes Rating", "int"), ("IMDB Rating", "double"),
         ("IMDB Votes", "int")],
        None, None, 0),
    "earthquakes": (
        [("type", "string"), ("properties", PROPERTIES),
         ("geometry", "struct<type:string,coordinates:array<double>>"), ("id", "string")],
        [("id", "string", "id", "string"), ("properties.mag", "double", "mag", "double"),
         ("properties.time", "long", "time_ms", "long"), ("properties.alert", "string", "alert", "string"),
         ("geometry.coordinates", "array<double>", "place", "array<double>"),
         ("properties", PROPERTIES, "everything", PROPERTIES), ("type", "string", "kind.type", "string")],
        "id, properties.mag AS mag, properties.time AS time_ms, properties.alert AS alert, "
        "geometry.coordinates AS place, properties AS everything, {'type': type} AS kind",
        0),
}


def put_lines(kinesis, stream, lines):
    for at in range(0, len(lines), 500):
        records = [{"Data": line, "PartitionKey": str(at + i)} for i, line in enumerate(lines[at:at + 500])]
        reply = kinesis.put_records(StreamName=stream, Records=records)
        assert reply["FailedRecordCount"] == 0


def try_set(server, duck, name):
    columns, mapping, select, nulled = SETS[name]
    path = os.path.join(ROOT, "test/data/real", name + ".ndjson.gz")
    with gzip.open(path, "rb") as file:
        lines = file.read().splitlines()
    glue = server.client("glue")
    server.client("kinesis").create_stream(StreamName=name, ShardCount=3)
    put_lines(server.client("kinesis"), name, lines)
    glue.create_table(DatabaseName="real", TableInput=stream_table(name, name, columns))
    if mapping is None:
        mapping = [("`%s`" % c, t, "`%s`" % c.lower().replace(" ", "_"), t) for c, t in columns]
        select = ", ".join('"%s" AS %s' % (c, c.lower().replace(" ", "_")) for c, t in columns)
    document = job_document(name, "real", name, mapping, "s3://lake/%s/" % name, name + "_parquet")
    for item in document["CodeGenConfigurationNodes"]["mapping"]["ApplyMapping"]["Mapping"]:
        item["FromPath"] = ["".join(item["FromPath"]).strip("`")] if item["FromPath"][0][0] == "`" \
            else item["FromPath"]
    batches = server.run_job(document, "--window", "0", "--drain")
    equal(sum(b["read"] for b in batches), len(lines), name + ": every record was read")
    equal(sum(b["written"] for b in batches), len(lines), name + ": every record was written")
    equal(sum(b["nulled"] for b in batches), nulled, name + ": values that could not be typed are counted")
    spec = ", ".join("'%s': '%s'" % (c, duck_type(t)) for c, t in columns)
    original = "SELECT %s FROM read_json('%s', format='newline_delimited', columns={%s})" % (
        select, path, spec)
    names = [c.split(" AS ")[-1].strip() for c in select.split(", ") if " AS " in c or c.isidentifier()]
    parquet = "SELECT %s FROM read_parquet('%s/objects/lake/%s/**/*.parquet')" % (
        ", ".join(names), server.directory, name)
    counts, examples = duck.difference(original, parquet)
    ok(counts == [0, 0], name + ": the table equals DuckDB's reading of the file, value by value",
       "only in the file, only in the table: %s\n%s" % (counts, examples))
    [row] = server.sql("SELECT count(*) AS n FROM real.%s_parquet" % name)
    equal(row["n"], len(lines), name + ": counted by SQL")


def main():
    server, duck = Server(), DuckDB()
    server.client("s3").create_bucket(Bucket="lake")
    server.client("glue").create_database(DatabaseInput={"Name": "real"})
    for name in SETS:
        case(lambda: try_set(server, duck, name))


case(main)
done()
