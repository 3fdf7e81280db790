"""What cannot be processed goes to quarantine with its reason and its bytes, everything else goes on;
casts that fail are counted, or quarantine their record when strict. A partition value that no object's
key can hold stops no job either, with one target or two, here and over the network."""
import base64, json, os, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *
from duckdb import DuckDB

COLUMNS = [("id", "int"), ("seen", "string"), ("value", "double")]
MAPPING = [("id", "int", "id", "int"), ("seen", "string", "seen", "timestamp"),
           ("value", "double", "value", "double")]

GOOD = [b'{"id":1,"seen":"2023-09-07 16:02:17","value":1.5}', b'{"id":2}\n',
        b' {"id":3,"seen":null,"value":2,"extra":[{"deep":{}}]} ']
# casts that fail: NULL and counted, or quarantined when strict
UNTYPED = [b'{"id":4,"seen":"09/07/2023","value":1}', b'{"id":"five","value":1}', b'{"id":2147483648}']
BAD = [(b'{"id":1', "truncated JSON"), (b'{"id":01}', "malformed JSON"),
       (b'{"id":1}{"id":2}', "data behind the JSON document"), (b'[1,2]', "not a JSON object"),
       (b'42', "not a JSON object"), (b'{"a":"\xff\xfe"}', "invalid UTF-8"), (b'   ', "empty record"),
       (b'{"a":' + b'[' * 200 + b']' * 200 + b'}', "nested too deep"),
       (b'\xef\xbb\xbf{"id":1}', "malformed JSON"),
       (b'{"pad":"' + b'x' * 20000 + b'"}', "record too large"), (b'{"id":nan}', "malformed JSON")]


def run(server, duck, name, *options):
    document = job_document(name, "db", "dirty", MAPPING, "s3://lake/%s/" % name, name)
    batches = server.run_job(document, "--window", "0", "--drain", "--record-max", "16384", *options)
    total = {k: sum(b[k] for b in batches) for k in ("read", "written", "quarantined", "filtered", "nulled")}
    equal(total["read"], total["written"] + total["quarantined"] + total["filtered"],
          name + ": read = written + quarantined + filtered")
    reasons = server.sql("SELECT reason, to_base64(data) AS data, shard, sequence_number, column_name, "
                         "arrival_time FROM db.%s_quarantine" % name)
    return total, {base64.b64decode(r["data"]): r for r in reasons}


# partition values, and whether an object's key of 1,024 bytes can hold them
KEYED = [("short", True), ("m" * 300, True), ("l" * 700, True), ("x" * 2000, False), (":" * 400, False),
         ("\u00e9" * 600, False), ("", True)]


def keyed(server, name, *options, environment=None):
    """Runs a job of two targets, one of them partitioned by k: where the records are then."""
    document = job_document(name, "db", "keyed", [("id", "int", "id", "int"), ("k", "string", "k", "string")],
                            "s3://lake/%s/" % name, name, PartitionKeys=[["k"]])
    nodes = document["CodeGenConfigurationNodes"]
    plain = json.loads(json.dumps(nodes["target"]))
    plain["S3GlueParquetTarget"].update(Name="plain", Path="s3://lake/%s_plain/" % name, PartitionKeys=[])
    plain["S3GlueParquetTarget"]["SchemaChangePolicy"]["Table"] = name + "_plain"
    nodes["plain"] = plain
    path = os.path.join(tempfile.mkdtemp(dir=server.directory), "job.json")
    with open(path, "w") as out:
        json.dump(document, out)
    done = subprocess.run([SLUICE, "run", path, "--json", "--window", "0", "--drain", *options],
                          env=environment, capture_output=True, text=True)
    ok(done.returncode == 0, name + ": the job goes on", done.stderr)
    fits = [n for n, (_, good) in enumerate(KEYED) if good]
    for table in name, name + "_plain":
        rows = server.sql("SELECT id, k FROM db.%s ORDER BY id" % table)
        equal([r["id"] for r in rows], fits, table + ": every record that fits, once")
    equal([server.sql("SELECT id FROM db.%s WHERE k = '%s'" % (name, KEYED[n][0]))
           for n in fits[:3]], [[{"id": n}] for n in fits[:3]], name + ": found by its value")
    rows = server.sql("SELECT reason, column_name, data FROM db.%s_quarantine" % name)
    equal(len(rows), len(KEYED) - len(fits), name + ": the others are in quarantine, once each")
    equal({(r["reason"], r["column_name"]) for r in rows},
          {("partition values too long for an object's key", "k")}, name + ": with the reason")


def long_keys(server):
    kinesis = server.client("kinesis")
    kinesis.create_stream(StreamName="keyed", ShardCount=1)
    kinesis.put_records(StreamName="keyed", Records=[
        {"Data": json.dumps({"id": n, "k": k}).encode(), "PartitionKey": "p"} for n, (k, _) in enumerate(KEYED)])
    server.client("glue").create_table(
        DatabaseName="db", TableInput=stream_table("keyed", "keyed", [("id", "int"), ("k", "string")]))
    keyed(server, "keyed_here", "--dir", server.directory)
    keyed(server, "keyed_far", "--remote",
          environment=server.remote_environment(tempfile.mkdtemp(dir=server.directory), server.endpoint))
    for name in "keyed_here", "keyed_far", "keyed_here_plain":
        audit = subprocess.run([SLUICE, "audit", "db." + name, "--dir", server.directory],
                               capture_output=True, text=True)
        ok(audit.returncode == 0, name + ": the audit finds nothing", audit.stdout + audit.stderr)


def main():
    server, duck = Server(), DuckDB()
    kinesis = server.client("kinesis")
    kinesis.create_stream(StreamName="dirty", ShardCount=2)
    everything = GOOD + UNTYPED + [data for data, _ in BAD]
    reply = kinesis.put_records(StreamName="dirty", Records=[
        {"Data": data, "PartitionKey": str(n)} for n, data in enumerate(everything)])
    places = {data: (r["ShardId"], r["SequenceNumber"]) for data, r in zip(everything, reply["Records"])}
    server.client("s3").create_bucket(Bucket="lake")
    glue = server.client("glue")
    glue.create_database(DatabaseInput={"Name": "db"})
    glue.create_table(DatabaseName="db", TableInput=stream_table("dirty", "dirty", COLUMNS))

    total, quarantine = run(server, duck, "counted")
    equal(total["written"], len(GOOD) + len(UNTYPED), "good records and untyped ones are written")
    equal(total["nulled"], len(UNTYPED), "casts that failed are counted")
    equal(set(quarantine), {data for data, _ in BAD}, "quarantine holds the bad records' bytes, once each")
    for data, reason in BAD:
        row = quarantine.get(data, {})
        ok(reason.split()[0] in row.get("reason", "") or reason == row.get("reason"),
           "reason of %r" % data[:20], "%s, expected about: %s" % (row.get("reason"), reason))
        equal((row.get("shard"), row.get("sequence_number")), places[data], "place of %r" % data[:20])
    rows = server.sql("SELECT id, seen, value FROM db.counted ORDER BY id NULLS LAST")
    equal([r["id"] for r in rows], [1, 2, 3, 4, None, None], "rows of the table")

    total, quarantine = run(server, duck, "strict", "--strict-casts")
    equal(total["written"], len(GOOD), "strict: only good records are written")
    equal(total["quarantined"], len(BAD) + len(UNTYPED), "strict: the others are quarantined")
    equal([quarantine.get(d, {}).get("column_name") for d in UNTYPED], ["seen", "id", "id"],
          "strict: the column is named")
    long_keys(server)


case(main)
done()
