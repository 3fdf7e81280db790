"""A Glue script from exec to its first committed batch, beside the job document of the same work."""
import json, os, time

from row import Row, Sample
from stage import SLUICE, run_timed

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
EXAMPLE = os.path.join(ROOT, "example", "ventilators")
RECORDS = 2000


def prepare(stage):
    """The example's stream with records, its table and its bucket."""
    server = stage.sluice()
    with open(os.path.join(EXAMPLE, "table.json")) as file:
        table = json.load(file)
    server.kinesis("CreateStream", StreamName="ventilatorstream", ShardCount=4)
    server.call("s3", "PUT", "/ventilator-lake", {})
    server.json("glue:AWSGlue.CreateDatabase", DatabaseInput={"Name": "ventilatordb"})
    server.json("glue:AWSGlue.CreateTable", DatabaseName="ventilatordb", TableInput=table)
    run_timed([SLUICE, "gen", "--dir", server.directory, "--endpoint-url", server.endpoint, "--stream-name",
               "ventilatorstream", "--max-count", str(RECORDS)])
    return server


def first_batch(server, *words):
    """Milliseconds of a run that reads what is there in one batch, under a name of its own."""
    count = [0]

    def measure():
        count[0] += 1
        name = "%s%d" % ("script" if words[0].endswith(".py") else "document", count[0])
        own = [w.replace("NAME", name) for w in words]
        start = time.monotonic()
        _, peak, _ = run_timed([SLUICE, "run", "--dir", server.directory, "--json", "--window", "0", "--drain",
                                "--name", name, *own])
        return Sample((time.monotonic() - start) * 1000, peak)
    return measure


def script_start(stage):
    server = prepare(stage)
    script = first_batch(server, os.path.join(EXAMPLE, "glue_streaming_from_kds_to_s3.py"),
                         "--glue_database", "ventilatordb", "--glue_table_name", "ventilators_table",
                         "--stream_starting_position", "TRIM_HORIZON", "--window_size", "100 seconds",
                         "--output_path", "s3://ventilator-lake/NAME/", "--TempDir", "s3://ventilator-lake/temp")
    return script, first_batch(server, os.path.join(EXAMPLE, "job.json"))


ROWS = [
    Row("script-start", "a Glue script, exec to the end of its first batch of %d records" % RECORDS, "ms",
        script_start, "the job document", less=True),
]
