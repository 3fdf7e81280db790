"""SQL over many small files, beside DuckDB's own glob over the same files; whole processes."""
import os

import pipeline
from core import DUCKDB
from row import Row, Sample
from stage import BUILD, SLUICE, run_timed

HOURS, FILES_PER_HOUR, ROWS_PER_FILE = 10, 100, 1000


def partition(hour):
    return {"Values": ["%02d" % hour],
            "StorageDescriptor": {**pipeline.example("lake-table.json")["StorageDescriptor"],
                                  "Location": "s3://small/rows/hour=%02d/" % hour}}


def small_files(stage):
    """A table of a thousand files of a thousand rows in ten partitions."""
    server = stage.sluice()
    server.call("s3", "PUT", "/small", {})
    server.json("glue:AWSGlue.CreateDatabase", DatabaseInput={"Name": "small"})
    server.json("glue:AWSGlue.CreateTable", DatabaseName="small", TableInput={
        **pipeline.example("lake-table.json"), "Name": "rows",
        "PartitionKeys": [{"Name": "hour", "Type": "string"}]})
    run_timed([SLUICE, "convert", stage.records(ROWS_PER_FILE), "--schema", pipeline.lake_schema(),
               "--output", stage.path("small.parquet")])
    with open(stage.path("small.parquet"), "rb") as file:
        body = file.read()
    heads = [server.head("s3", "PUT", "/small/rows/hour%%3D%02d/part-%03d.parquet" % (hour, part),
                         {}, body) for hour in range(HOURS) for part in range(FILES_PER_HOUR)]
    server.load(heads, body, 4, len(heads))
    server.json("glue:AWSGlue.BatchCreatePartition", DatabaseName="small", TableName="rows",
                PartitionInputList=[partition(hour) for hour in range(HOURS)])
    return server


def query_row(where, rows):
    def run(stage):
        server = small_files(stage)
        files = os.path.join(server.directory, "objects/small/rows/*/*.parquet")
        commands = {
            "ours": [SLUICE, "sql", "--dir", server.directory, "--csv",
                     "SELECT count(*) AS n FROM small.rows" + where],
            "theirs": [os.path.join(BUILD, "bench", "duckdb"), DUCKDB,
                       "SELECT count(*) FROM read_parquet('%s', hive_partitioning = true, "
                       "hive_types_autocast = false)%s" % (files, where)]}
        _, _, out = run_timed(commands["ours"])
        assert out.split()[-1] == str(rows), out

        def timed(side):
            took, peak, _ = run_timed(commands[side])
            return Sample(took * 1e3, peak)
        return (lambda: timed("ours")), (lambda: timed("theirs"))
    return run


ROWS = [
    Row("sql-count", "count(*) of 1,000 files of 1,000 rows in 10 partitions", "ms",
        query_row("", HOURS * FILES_PER_HOUR * ROWS_PER_FILE), "DuckDB's glob", less=True, floor=5),
    Row("sql-hour", "count(*) of one of the 10 partitions", "ms",
        query_row(" WHERE hour = '03'", FILES_PER_HOUR * ROWS_PER_FILE), "DuckDB's glob",
        less=True, floor=5),
]
