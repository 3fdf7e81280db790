"""The example's Glue script and its job document make the same table of the same stream, byte for byte
up to the footers, which name their job and time."""
import glob, json, os, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

EXAMPLE = os.path.join(ROOT, "example", "ventilators")
SCRIPT = os.path.join(EXAMPLE, "glue_streaming_from_kds_to_s3.py")
RECORDS = 30000

server = Server()
kinesis, glue, s3 = (server.client(s) for s in ("kinesis", "glue", "s3"))


def document(name):
    return json.load(open(os.path.join(EXAMPLE, name)))


def run_script(path, *arguments, options=()):
    """`sluice run` of a script; its committed batches."""
    done = subprocess.run([SLUICE, "run", "--dir", server.directory, "--json", *options, path, *arguments],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError("sluice run: " + done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")], done.stderr


def pages(file):
    """The bytes before the footer."""
    data = open(file, "rb").read()
    return data[:len(data) - 8 - int.from_bytes(data[-8:-4], "little")]


def files(prefix):
    """Folder below the prefix -> its files' pages, in order."""
    root = os.path.join(server.directory, "objects", "ventilator-lake", prefix)
    found = {}
    for path in sorted(glob.glob(root + "/**/*.parquet", recursive=True)):
        found.setdefault(os.path.relpath(os.path.dirname(path), root), []).append(pages(path))
    return found


kinesis.create_stream(**document("stream.json"))
s3.create_bucket(Bucket="ventilator-lake")
glue.create_database(DatabaseInput={"Name": "ventilatordb"})
glue.create_table(DatabaseName="ventilatordb", TableInput=document("table.json"))
subprocess.run([SLUICE, "gen", "--dir", server.directory, "--endpoint-url", server.endpoint, "--stream-name",
                "ventilatorstream", "--max-count", str(RECORDS), "--seed", "5", "--malformed", "1"],
               check=True, stdout=subprocess.DEVNULL)
ARGUMENTS = ["--glue_database", "ventilatordb", "--glue_table_name", "ventilators_table",
             "--stream_starting_position", "TRIM_HORIZON", "--output_path", "s3://ventilator-lake/by_script/",
             "--window_size", "100 seconds", "--TempDir", "s3://ventilator-lake/temp", "--JOB_NAME", "by_script"]


@test
def script_and_document_write_the_same_bytes():
    by_document = server.run_job(document("job.json"), "--window", "0", "--drain")
    by_script, log = run_script(SCRIPT, *ARGUMENTS, options=["--window", "0", "--drain"])
    for name in ("read", "written", "quarantined", "nulled", "files"):
        assert sum(b[name] for b in by_script) == sum(b[name] for b in by_document), (name, by_script, by_document)
    assert sum(b["read"] for b in by_script) == RECORDS
    one, other = files("by_script"), files("ventilator_metrics")
    hours = sorted(one)
    assert [h.split("/")[0][:12] for h in hours] == ["ingest_year="] * len(hours), hours
    assert len(hours) == len(other), (hours, sorted(other))
    assert [one[h] for h in hours] == [other[h] for h in sorted(other)]
    assert "batch 0 is in s3://ventilator-lake/by_script/ingest_year=" in log, log


@test
def the_checkpoint_is_where_the_script_says():
    keys = [o["Key"] for o in s3.list_objects_v2(Bucket="ventilator-lake", Prefix="temp/")["Contents"]]
    assert "temp/by_script/checkpoint/metadata" in keys, keys


@test
def a_second_run_reads_nothing_again():
    batches, _ = run_script(SCRIPT, *ARGUMENTS, options=["--window", "0", "--drain"])
    assert batches == [], batches


@test
def a_batch_whose_files_are_lost_is_made_again_in_the_same_hour():
    """As if the process had died between plan and publish, and the staged bytes were gone."""
    root = os.path.join(server.directory, "objects", "ventilator-lake")
    before = files("by_script")
    [hour] = before
    commits = s3.list_objects_v2(Bucket="ventilator-lake", Prefix="temp/by_script/checkpoint/commit/")["Contents"]
    keys = [o["Key"] for o in s3.list_objects_v2(Bucket="ventilator-lake", Prefix="by_script/")["Contents"]]
    s3.delete_object(Bucket="ventilator-lake", Key=commits[-1]["Key"])
    for key in keys:
        s3.delete_object(Bucket="ventilator-lake", Key=key)
    batches, log = run_script(SCRIPT, *ARGUMENTS, options=["--window", "0", "--drain"])
    assert [b["recovered"] for b in batches] == [True] and "reading its ranges again" in log, (batches, log)
    after = files("by_script")
    assert list(after) == [hour] and after[hour] == before[hour], (sorted(after), hour)
    names = os.listdir(os.path.join(root, "by_script", hour))
    assert all("-r1-" in n for n in names), names


done()
