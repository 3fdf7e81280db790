"""From stream to SQL: whole pipelines of processes, ours and one put together from packages."""
import contextlib, json, os, signal, statistics, subprocess, threading, time

from kinesis import BATCH, make_stream, put_body
from row import Row, Sample
from stage import CLIENTS, REGION, ROOT, SLUICE, memory_mib, run_timed

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLE = os.path.join(ROOT, "example", "ventilators")
STREAM, TABLE = "ventilatorstream", "ventilatordb.ventilators_parquet"
SHARDS = 4
MEMORY_MIB, WINDOW_SECONDS = 64, 600


# ---- ours ----

def example(name):
    with open(os.path.join(EXAMPLE, name)) as file:
        return json.load(file)


def make_lake(server, shards=SHARDS):
    """The example's stream, bucket, database and tables."""
    make_stream(server, STREAM, shards)
    server.call("s3", "PUT", "/ventilator-lake", {})
    server.json("glue:AWSGlue.CreateDatabase", DatabaseInput={"Name": "ventilatordb"})
    for table in "table.json", "lake-table.json":
        server.json("glue:AWSGlue.CreateTable", DatabaseName="ventilatordb",
                    TableInput=example(table))


def environment(server):
    return dict(os.environ, AWS_ACCESS_KEY_ID=server.credentials.access_key,
                AWS_SECRET_ACCESS_KEY=server.credentials.secret_key, AWS_REGION=REGION)


def run_command(server, *options, remote):
    where = ["--endpoint-url", server.endpoint] if remote else ["--dir", server.directory]
    return [SLUICE, "run", os.path.join(EXAMPLE, "job.json"), "--json", *where, *options]


def put_all(stage, server, records, connections=2):
    body = put_body(stage, STREAM)
    return server.load([server.kinesis_head("PutRecords", body)], body, connections,
                       records // BATCH)


def sql(server, query):
    _, _, out = run_timed([SLUICE, "sql", "--dir", server.directory, "--json", query])
    return list(json.loads(out.splitlines()[0]).values())[0]


def count_rows(server):
    return sql(server, "SELECT count(*) FROM " + TABLE)


@contextlib.contextmanager
def running(stage, command, env=None):
    log = stage.enter_context(open(stage.path("job.log"), "a"))
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=env)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.stdout.close()
        process.wait()


def read_until(process, records):
    """Follows the committed batches until they hold so many records."""
    read = 0
    while read < records:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("the job ended with %s" % process.wait())
        read += json.loads(line)["read"]


class Fresh:
    """A server of its own for every round: `with Fresh(stage) as server`."""
    number = 0

    def __init__(self, stage):
        self.stage = stage
        Fresh.number += 1

    def __enter__(self):
        self.server = self.stage.sluice(directory="data-%d" % Fresh.number)
        make_lake(self.server)
        return self.server

    def __exit__(self, *_):
        self.server.stop()


def live(stage, records):
    """The producer, the server and the job at once; done when SQL counts all."""
    def measure():
        with Fresh(stage) as server:
            command = run_command(server, "--window", "1", remote=True)
            with running(stage, command, environment(server)) as job:
                start = time.monotonic()
                producer = threading.Thread(target=put_all, args=(stage, server, records))
                producer.start()
                read_until(job, records)
                producer.join()
                assert count_rows(server) == records
                took = time.monotonic() - start
                peak = memory_mib(job.pid, "VmHWM") + server.peak_mib()
        return Sample(records / took, peak)
    return measure


def live_assembled(stage, records):
    server = stage.kinesalite()
    numbers = iter(range(1000))

    def measure():
        stream = "bench-%d" % next(numbers)
        folder = stage.path(stream)
        os.mkdir(folder)
        make_stream(server, stream, SHARDS)
        endpoint = "http://127.0.0.1:%d" % server.port
        with running(stage, ["node", os.path.join(HERE, "consumer.mjs"), CLIENTS, endpoint, stream,
                      str(records), folder]) as consumer:
            assert consumer.stdout.readline() == "ready\n"
            start = time.monotonic()
            body = put_body(stage, stream)
            producer = threading.Thread(target=server.load, args=(
                [server.kinesis_head("PutRecords", body)], body, 1, records // BATCH))
            producer.start()
            counted = int(consumer.stdout.readline())
            took = time.monotonic() - start
            producer.join()
            assert counted == records
        server.kinesis("DeleteStream", StreamName=stream)
        return Sample(records / took)
    return measure


def live_row(stage):
    return (live(stage, stage.count(1500000, 300000)),
            live_assembled(stage, stage.count(60000, 20000)))


# ---- a loaded stream, over HTTP and not ----

def drain(stage, server, records, remote):
    """A new run of the whole stream each time: its checkpoint is new."""
    numbers = iter(range(1000))

    def measure():
        name = "%s-%d" % ("remote" if remote else "local", next(numbers))
        took, peak, out = run_timed(
            run_command(server, "--drain", "--window", "0", "--name", name, remote=remote),
            env=environment(server))
        assert sum(json.loads(line)["read"] for line in out.splitlines()) == records
        return Sample(records / took, peak)
    return measure


def lake_schema():
    columns = example("lake-table.json")["StorageDescriptor"]["Columns"]
    return ",".join("%(Name)s:%(Type)s" % column for column in columns)


def core(stage, records):
    source = stage.records(records)

    def measure():
        took, peak, _ = run_timed([SLUICE, "convert", source, "--threads", "2", "--schema",
                                   lake_schema(), "--output", stage.path("core.parquet")])
        return Sample(records / took, peak)
    return measure


def drain_row(stage):
    records = stage.count(1000000)
    server = stage.sluice()
    make_lake(server)
    put_all(stage, server, records)
    return drain(stage, server, records, remote=True), core(stage, records)


# ---- how late, how large ----

def visible(stage):
    """The 99th percentile over records put one by one; asked for by one query after another."""
    puts = stage.count(200, 40)

    def measure():
        with Fresh(stage) as server:
            with running(stage, run_command(server, "--window", "1", remote=False)):
                acknowledged, seen = [], []
                ended = threading.Event()

                def ask():
                    while not ended.is_set() or len(seen) < puts:
                        count = count_rows(server)
                        seen.extend([time.monotonic()] * (count - len(seen)))

                asking = threading.Thread(target=ask)
                asking.start()
                for number in range(puts):
                    body = put_body(stage, STREAM, 1, number)
                    server.call("kinesis", "POST", "/", {
                        "Content-Type": "application/x-amz-json-1.1",
                        "X-Amz-Target": "Kinesis_20131202.PutRecords"}, body)
                    acknowledged.append(time.monotonic())
                    time.sleep(0.05)
                ended.set()
                asking.join()
        delays = sorted(s - a for a, s in zip(acknowledged, seen))
        return Sample(delays[len(delays) * 99 // 100], None,
                      {"median": statistics.median(delays), "max": delays[-1]})
    return measure


def full_load(stage):
    records = stage.count(4000000, 400000)

    def measure():
        with Fresh(stage) as server:
            options = "--window", str(WINDOW_SECONDS), "--memory", str(MEMORY_MIB)
            with running(stage, run_command(server, *options, remote=False)) as job:
                put_all(stage, server, records)
                time.sleep(2)
                peak = memory_mib(job.pid, "VmHWM")
                job.send_signal(signal.SIGTERM)
                read_until(job, records)
        return Sample(peak, peak)
    return measure


ROWS = [
    Row("live", "records put, read, written as Parquet and counted by SQL over HTTP, all at once",
        "records/s", live_row, "kinesalite, node and DuckDB", floor=25, goal=50),
    Row("job-http", "a job over HTTP (GetRecords, PutObject, Glue) beside the job core on a file",
        "records/s", drain_row, "sluice convert, 2 threads", floor=0.15, goal=0.3),
    Row("visible", "put acknowledged to visible in SQL, window 1 s, 99th percentile", "s", visible,
        less=True, floor=1.5, goal=1.1),
    Row("full-load-memory", "peak memory of a job at full load in a window of ten minutes, "
        "budget 64 MiB", "MiB", full_load, less=True, floor=MEMORY_MIB + 16, goal=MEMORY_MIB + 16),
]
