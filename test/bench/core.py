"""The job core: JSON lines -> typed columns -> Parquet, beside DuckDB, Polars and simdjson; and the
whole job beside its core."""
import json, os, subprocess

import shapes
from row import Curve, Row, Sample
from stage import BUILD, PEERS, ROOT, SLUICE, run_timed

MIB = 1024 * 1024
HERE = os.path.dirname(os.path.abspath(__file__))
DUCKDB = os.path.join(ROOT, "deps/engine/node_modules/@duckdb/node-bindings-linux-x64/libduckdb.so")
VENTILATOR = ("ventilatorid:int,eventtime:timestamp,serialnumber:string,pressurecontrol:int,o2stats:int,"
              "minutevolume:int,manufacturer:string")
BEST = {"snappy": "PARQUET_VERSION V2, DICTIONARY_SIZE_LIMIT 1000",
        "zstd": "PARQUET_VERSION V2, DICTIONARY_SIZE_LIMIT 1000, COMPRESSION_LEVEL 1"}
RECORDS = 10000000
SQL_TYPES = {"int": "INTEGER", "string": "VARCHAR"}


def sql_type(text):
    """The catalog's type as DuckDB says it."""
    if text.startswith("array<"):
        return sql_type(text[6:-1]) + "[]"
    if text.startswith("struct<"):
        return "STRUCT(%s)" % ", ".join('"%s" %s' % (n, sql_type(t)) for n, t in split_fields(text[7:-1]))
    return SQL_TYPES.get(text, text.upper())


def split_fields(text):
    fields, depth, start = [], 0, 0
    for i, c in enumerate(text + ","):
        depth += (c == "<") - (c == ">")
        if c == "," and depth == 0:
            fields.append(text[start:i].split(":", 1))
            start = i + 1
    return fields


# ---- who does the work: each returns (seconds, peak MiB, bytes of the file) ----

def sluice(source, schema, threads, codec, out, *options):
    _, peak, text = run_timed([SLUICE, "convert", source, "-o", out, "--schema", schema, "--codec", codec,
                               "--timestamps", "int64", "--threads", str(threads), "--json", *options])
    return json.loads(text)["seconds"], peak, os.path.getsize(out)


def duckdb(source, schema, threads, codec, out, settings=None):
    columns = ", ".join("'%s': '%s'" % (n, sql_type(t)) for n, t in split_fields(schema))
    rows = ("SELECT * FROM read_json('%s', format = 'newline_delimited', auto_detect = false, columns = {%s})"
            % (source, columns))
    extra = BEST[codec] if settings is None else settings
    copy = "COPY (%s) TO '%s' (FORMAT parquet, COMPRESSION %s%s)" % (rows, out, codec, extra and ", " + extra)
    _, peak, text = run_timed([os.path.join(BUILD, "bench", "duckdb"), DUCKDB, "SET threads=%d" % threads,
                               "SET preserve_insertion_order=false", copy])
    return json.loads(text)["seconds"], peak, os.path.getsize(out)


def polars(source, schema, threads, codec, out):
    _, peak, text = run_timed(["node", os.path.join(HERE, "polars.cjs"), source, out, codec],
                              env={**os.environ, "NODE_PATH": PEERS, "POLARS_MAX_THREADS": str(threads)})
    return json.loads(text)["seconds"], peak, os.path.getsize(out)


def rate(stage, program, source, schema, count, threads, codec, unit=None):
    def measure():
        stage.warm(source)
        seconds, peak, size = program(source, schema, threads, codec, stage.fresh("out.parquet"))
        return Sample((unit or count) / seconds, peak, {"seconds": seconds, "bytes": size})
    return measure


# ---- rows ----

def ventilators(threads, codec, peer, peer_threads=None):
    def run(stage):
        count = stage.count(RECORDS)
        source = stage.records(count)
        return (rate(stage, sluice, source, VENTILATOR, count, threads, codec),
                rate(stage, peer, source, VENTILATOR, count, peer_threads or threads, codec))
    return run


def size(codec):
    """Bytes a record; the peer with its defaults."""
    def run(stage):
        count = stage.count(RECORDS // 10)
        source = stage.records(count)

        def of(program, *options):
            return lambda: program(source, VENTILATOR, 2, codec, stage.path("out.parquet"), *options)[2] / count
        return of(sluice), of(duckdb, "")
    return run


def memory(threads):
    def run(stage):
        source = stage.records(stage.count(RECORDS))
        return lambda: sluice(source, VENTILATOR, threads, "snappy", stage.path("out.parquet"))[1]
    return run


def parse(stage):
    count = stage.count(RECORDS // 10)
    source = stage.records(count)

    def of(*command):
        def measure():
            _, peak, text = run_timed([*command])
            return Sample(count / json.loads(text)["seconds"], peak)
        return measure
    return (of(os.path.join(BUILD, "tool", "decode_speed"), source, VENTILATOR),
            of(os.path.join(BUILD, "bench", "simdjson"), source))


def shape(name, count):
    def run(stage):
        n = stage.count(count)
        source = os.path.join(BUILD, "bench", "%s-%d.ndjson" % (name, n))
        shapes.make(source, name, n)
        schema = shapes.schema_of(name)
        return (rate(stage, sluice, source, schema, n, 1, "snappy"),
                rate(stage, duckdb, source, schema, n, 1, "snappy"))
    return run


def curve(name, total_bytes):
    """MiB of JSON a second, one thread, as one thing of the shape grows."""
    def run(stage, point):
        sample = os.path.join(BUILD, "bench", "%s-%d" % (name, point))
        shapes.make(sample + "-1.ndjson", "%s-%d" % (name, point), 1)
        count = max(4, stage.count(total_bytes) // os.path.getsize(sample + "-1.ndjson"))
        source = "%s-%d.ndjson" % (sample, count)
        shapes.make(source, "%s-%d" % (name, point), count)
        return rate(stage, sluice, source, shapes.schema_of("%s-%d" % (name, point)), count, 1, "snappy",
                    os.path.getsize(source) / MIB)
    return run


# ---- the whole job ----

def filled_lake(stage, count):
    """A data directory with the example's tables and so many records in its stream."""
    example = os.path.join(ROOT, "example", "ventilators")
    server = stage.sluice()

    def document(name):
        with open(os.path.join(example, name)) as file: return json.load(file)

    server.kinesis("CreateStream", **document("stream.json"))
    server.json("glue:AWSGlue.CreateDatabase", DatabaseInput={"Name": "ventilatordb"})
    for name in "table.json", "lake-table.json":
        server.json("glue:AWSGlue.CreateTable", DatabaseName="ventilatordb", TableInput=document(name))
    server.call("s3", "PUT", "/ventilator-lake", {})
    subprocess.run([SLUICE, "gen", "--stream-name", "ventilatorstream", "--seed", "1", "--max-count", str(count),
                    "--endpoint-url", server.endpoint, "--dir", server.directory, "--json"],
                   check=True, stdout=subprocess.DEVNULL)
    server.stop()
    return server.directory, os.path.join(example, "job.json")


def whole_job(threads):
    def run(stage):
        count = stage.count(RECORDS)
        directory, document = filled_lake(stage, count)
        log = os.path.join(directory, "streams")
        source, names = stage.records(count), iter(range(1000))

        def job():
            """A name of its own: a checkpoint of its own, from the stream's beginning."""
            stage.warm(log)
            seconds, peak, text = run_timed(
                [SLUICE, "run", document, "--dir", directory, "--drain", "--json", "--window", "100", "--timestamps",
                 "int64", "--threads", str(threads), "--name", "bench-%d" % next(names)])
            assert sum(json.loads(line)["written"] for line in text.splitlines()) == count
            return Sample(count / seconds, peak)
        return job, rate(stage, sluice, source, VENTILATOR, count, threads, "snappy")
    return run


BEST_DUCKDB = "DuckDB 1.5.6, its best settings"
ROWS = [
    Row("core", "10 M records of JSON lines to one Parquet file, snappy, 1 thread", "records/s",
        ventilators(1, "snappy", duckdb), BEST_DUCKDB, floor=4.5, goal=7),
    Row("core-threads", "the same, 2 threads", "records/s",
        ventilators(2, "snappy", duckdb), BEST_DUCKDB, floor=4.5, goal=7),
    Row("core-polars", "the same, 2 threads", "records/s",
        ventilators(2, "snappy", polars), "Polars (nodejs-polars 0.25.2)", floor=8, goal=12),
    Row("core-zstd", "the same with zstd, 1 thread", "records/s",
        ventilators(1, "zstd", duckdb), BEST_DUCKDB, floor=3, goal=4.5),
    Row("core-scaling", "the same with snappy, 2 threads", "records/s",
        ventilators(2, "snappy", sluice, 1), "ours with 1 thread", floor=1.7, goal=1.9),
    Row("core-memory", "10 M records to Parquet, 1 thread: peak memory", "MiB",
        memory(1), less=True, floor=24, goal=16),
    Row("core-memory-2", "the same, 2 threads", "MiB", memory(2), less=True, floor=24, goal=20),
    Row("core-size", "bytes of the file, snappy", "bytes/record", size("snappy"), "DuckDB 1.5.6, defaults",
        less=True, floor=1, goal=1.03),
    Row("core-size-zstd", "bytes of the file, zstd", "bytes/record", size("zstd"), "DuckDB 1.5.6, defaults",
        less=True, floor=1, goal=1.03),
    Row("core-parse", "records in memory to columns, 1 thread", "records/s", parse, "simdjson 3.0.1 On-Demand",
        floor=3, goal=5),
    Row("core-wide", "a nested event of 60 fields to Parquet, 1 thread", "records/s", shape("wide", 200000),
        BEST_DUCKDB),
    Row("core-log", "a log line of long texts to Parquet, 1 thread", "records/s", shape("log", 500000), BEST_DUCKDB),
    Row("core-telemetry", "22 numbers to Parquet, 1 thread", "records/s", shape("telemetry", 500000), BEST_DUCKDB),
    Row("job", "local stream to committed Parquet, checkpoint and partition, whole process, 1 thread",
        "records/s", whole_job(1), "the job core alone", floor=0.6, goal=0.8),
    Row("job-threads", "the same, 2 threads", "records/s", whole_job(2), "the job core alone", floor=0.6, goal=0.8),
    Curve("core-columns", "integers to Parquet, 1 thread", "columns", [1, 10, 50, 200], "MiB/s",
          curve("columns", 100 * MIB), less=False),
    Curve("core-record-size", "texts to Parquet, 1 thread", "bytes a record", [1000, 10000, 100000, 1000000], "MiB/s",
          curve("bytes", 200 * MIB), less=False),
]
