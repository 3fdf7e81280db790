"""The same job document over the network: `sluice run` with an endpoint and keys and no data directory,
against `sluice up`. Killed 30 times with SIGKILL, run twice at once, through a network that fails:
every record is in the table exactly once."""
import json, os, random, signal, subprocess, sys, tempfile, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *
from proxy import Proxy

KILLS = int(os.environ.get("SLUICE_KILLS", "30"))
COLUMNS = [("id", "bigint"), ("name", "string")]
BAD_EVERY = 997  # one record in so many is not JSON
SERVER = Server()
HOME = tempfile.mkdtemp(prefix="sluice-home-", dir=SERVER.directory)


def environment(endpoint, server=SERVER, **more):
    return server.remote_environment(HOME, endpoint, **more)


def start(document, *options, endpoint=None, env=None):
    path = os.path.join(HOME, document["Name"] + ".json")
    with open(path, "w") as out:
        json.dump(document, out)
    return subprocess.Popen([SLUICE, "run", path, "--json", *(options or ("--remote",))],
                            env=env or environment(endpoint or SERVER.endpoint), cwd=HOME,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process, how=None, timeout=240):
    """Exit status, committed batches, standard error."""
    if how:
        process.send_signal(how)
    out, err = process.communicate(timeout=timeout)
    lines = [l for l in out.splitlines() if l.endswith("}")]
    return process.returncode, [json.loads(l) for l in lines], err


def record(number):
    bad = number % BAD_EVERY == 0
    return ("{bad %d" % number) if bad else json.dumps({"id": number, "name": "n%d" % number})


def put(stream, numbers, pause=0.0):
    kinesis, numbers = SERVER.client("kinesis"), list(numbers)
    for at in range(0, len(numbers), 250):
        reply = kinesis.put_records(StreamName=stream, Records=[
            {"Data": record(n).encode(), "PartitionKey": str(n % 50)} for n in numbers[at:at + 250]])
        assert reply["FailedRecordCount"] == 0
        time.sleep(pause)


def make(name):
    """A stream, a bucket, the stream's table and the job that moves it into another one."""
    SERVER.client("kinesis").create_stream(StreamName=name, ShardCount=3)
    SERVER.client("s3").create_bucket(Bucket=name + "-lake")
    SERVER.client("glue").create_table(DatabaseName="db",
                                       TableInput=stream_table(name, name, COLUMNS))
    return job_document(name, "db", name, [(n, t, n, t) for n, t in COLUMNS],
                        "s3://%s-lake/rows/" % name, name + "_rows")


def exact(name, count):
    good = count - len(range(0, count, BAD_EVERY))
    [row] = SERVER.sql(
        "SELECT count(*) AS n, count(DISTINCT id) AS d, "
        "sum(CASE WHEN name = 'n' || CAST(id AS varchar) THEN 0 ELSE 1 END) AS wrong "
        "FROM db.%s_rows" % name)
    equal((row["n"], row["d"], int(row["wrong"])), (good, good, 0),
          "%s: every record is in the table exactly once" % name)
    s3 = SERVER.client("s3")
    equal(s3.list_multipart_uploads(Bucket=name + "-lake").get("Uploads", []), [],
          "%s: no staged bytes are left" % name)
    partitions = SERVER.client("glue").get_partitions(DatabaseName="db", TableName=name + "_rows")
    ok(len(partitions["Partitions"]) >= 1, "%s: the catalog has its partitions" % name)


def drained(document):
    """Runs once to the stream's end, on a good network, when nothing that was sent before a kill can
    arrive any more."""
    time.sleep(0.5)
    status, batches, err = finish(start(document, "--remote", "--window", "0", "--drain"))
    equal(status, 0, document["Name"] + ": the last run drained the stream") or print("# " + err)
    return batches


def plain():
    document = make("plain")
    put("plain", range(5000))
    status, batches, err = finish(start(document, "--remote", "--window", "0", "--drain"))
    ok(status == 0, "plain: a run with an endpoint and keys alone", err)
    equal(sum(b["read"] for b in batches), 5000, "plain: all was read")
    exact("plain", 5000)
    put("plain", range(5000, 6000))
    status, batches, err = finish(start(document, "--endpoint-url", SERVER.endpoint, "--window", "0",
                                        "--drain", endpoint="http://127.0.0.1:9"))
    ok(status == 0 and sum(b["read"] for b in batches) == 1000,
       "plain: --endpoint-url goes before the environment, without --remote", err)
    exact("plain", 6000)
    keys = [o["Key"] for o in SERVER.client("s3").list_objects_v2(Bucket="plain-lake")["Contents"]]
    ok("cp/plain/metadata" in keys, "plain: the checkpoint lies in the bucket", keys)
    equal([n for n in os.listdir(HOME) if not n.endswith(".json")], [],
          "plain: nothing was kept at home")


def services_apart():
    """Each service's own endpoint is taken, and nothing of another service goes there."""
    document = make("apart")
    put("apart", range(500))
    proxies = {name: Proxy(SERVER.endpoint) for name in ("kinesis", "s3", "glue")}
    env = environment("http://127.0.0.1:9", **{"AWS_ENDPOINT_URL_" + n.upper(): p.endpoint
                                               for n, p in proxies.items()})
    seen = {name: set() for name in proxies}

    def watch(name):
        def only(method, path, headers):
            scope = headers.get("Authorization", "").split("/")
            seen[name].add(scope[3] if len(scope) > 3 else "unsigned")
            return False
        return only
    for name, proxy in proxies.items():
        proxy.only = watch(name)
    status, _, err = finish(start(document, "--remote", "--window", "0", "--drain", env=env))
    ok(status == 0, "apart: a run with an endpoint for each service", err)
    equal(seen, {n: {n} for n in proxies}, "apart: each got its own calls")
    exact("apart", 500)


def page_forms():
    """Pages come as CBOR; from a service that reads every body as JSON, after one refusal, as JSON."""
    asked = []

    def note(headers, no_cbor):
        if not headers.get("X-Amz-Target", "").endswith(".GetRecords"):
            return None
        asked.append(headers["Content-Type"].rsplit("-", 2)[1])
        return no_cbor and asked[-1] == "cbor" and b'{"__type":"SerializationException"}'

    for name, no_cbor in (("cbor", False), ("json", True)):
        document = make(name + "pages")
        put(name + "pages", range(3000))
        asked.clear()
        proxy = Proxy(SERVER.endpoint, refuse=lambda headers: note(headers, no_cbor))
        status, batches, err = finish(start(document, "--remote", "--window", "0", "--drain",
                                            endpoint=proxy.endpoint))
        ok(status == 0 and sum(b["read"] for b in batches) == 3000, name + ": the job read all", err)
        first, rest = set(asked[:1]), set(asked[1:])
        equal((first, rest), ({"cbor"}, {name}), name + ": the forms of GetRecords")
        exact(name + "pages", 3000)
        proxy.close()


def refused():
    document = make("refused")
    put("refused", range(10))
    status, _, err = finish(start(document, "--remote", "--dir", HOME))
    ok(status != 0 and "--remote and --dir" in err, "refused: a data directory beside", err)
    env = environment(SERVER.endpoint, AWS_SECRET_ACCESS_KEY="wrong")
    status, _, err = finish(start(document, "--remote", "--drain", env=env))
    ok(status != 0 and "signature" in err, "refused: a wrong secret key", err)
    env = environment(SERVER.endpoint)
    del env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"]
    status, _, err = finish(start(document, "--remote", "--drain", env=env))
    ok(status != 0 and "no AWS credentials" in err, "refused: no keys", err)
    env = environment("")
    del env["AWS_ENDPOINT_URL"], env["AWS_REGION"]
    status, _, err = finish(start(document, "--remote", "--drain", env=env))
    ok(status != 0 and "no region" in err, "refused: AWS without a region", err)


def killed():
    document, count = make("killed"), 30000
    thread = threading.Thread(target=put, args=("killed", range(count), 0.1))
    thread.start()
    random.seed(11)
    kills = recovered = overtaken = 0
    while kills < KILLS:
        process = start(document, "--remote", "--window", "0.1")
        time.sleep(random.uniform(0.05, 0.8))
        if process.poll() is not None:
            # The last plan of a killed run may reach S3 when the next run has begun: that one is refused,
            # and whoever supervises it starts it again.
            status, _, err = finish(process)
            overtaken += 1
            if "another run of this job" in err:
                continue
            ok(False, "killed: the job ended by itself", err)
            break
        _, batches, _ = finish(process, signal.SIGKILL)
        recovered += sum(b["recovered"] for b in batches)
        kills += 1
    thread.join()
    equal(kills, KILLS, "killed: %d times" % KILLS)
    drained(document)
    exact("killed", count)
    print("# %d batches were finished for a run that had died, %d runs refused" % (recovered, overtaken))


def two_at_once():
    document, count = make("twice"), 20000
    thread = threading.Thread(target=put, args=("twice", range(count), 0.05))
    thread.start()
    runs = [start(document, "--remote", "--window", "0.3") for _ in range(2)]
    deadline = time.monotonic() + 60
    while all(r.poll() is None for r in runs) and time.monotonic() < deadline:
        time.sleep(0.05)
    ended = [r for r in runs if r.poll() is not None]
    equal(len(ended), 1, "twice: one of two runs ends")
    for run in ended[:1]:
        status, _, err = finish(run)
        ok(status != 0 and "another run of this job" in err, "twice: it says why", err)
    thread.join()
    for run in runs:
        if run not in ended:
            status, _, err = finish(run, signal.SIGTERM)
            equal(status, 0, "twice: the other goes on until it is stopped") or print("# " + err)
    drained(document)
    exact("twice", count)


def failing_network():
    document, count = make("failing"), 10000
    proxy = Proxy(SERVER.endpoint, rate=0.15)
    thread = threading.Thread(target=put, args=("failing", range(count), 0.1))
    thread.start()
    process = start(document, "--remote", "--window", "0.5", endpoint=proxy.endpoint)
    thread.join()
    time.sleep(1)
    status, batches, err = finish(process, signal.SIGTERM)
    ok(status == 0, "failing: the run survived until it was stopped", err)
    status, rest, err = finish(start(document, "--remote", "--window", "0", "--drain",
                                     endpoint=proxy.endpoint))
    ok(status == 0, "failing: so did the one that drained the stream", err)
    equal(sum(b["read"] for b in batches + rest), count, "failing: all was read")
    ok(all(proxy.counts.values()), "failing: every kind of fault occurred", proxy.counts)
    exact("failing", count)
    print("# %d requests, faults %s" % (proxy.requests, proxy.counts))


def staged_bytes_lost():
    """Between a plan and its files somebody aborts the uploads: the planned ranges are read again."""
    document = make("lost")
    put("lost", range(3000))
    proxy = Proxy(SERVER.endpoint, rate=1.0, faults=("reset before",),
                  only=lambda method, path, _: method == "POST" and "uploadId=" in path)
    process = start(document, "--remote", "--window", "0.2", endpoint=proxy.endpoint)
    deadline = time.monotonic() + 60
    while not proxy.counts["reset before"] and time.monotonic() < deadline:
        time.sleep(0.02)
    finish(process, signal.SIGKILL)
    s3 = SERVER.client("s3")
    uploads = s3.list_multipart_uploads(Bucket="lost-lake").get("Uploads", [])
    ok(len(uploads) > 0, "lost: a killed run left staged bytes with a plan")
    for upload in uploads:
        s3.abort_multipart_upload(Bucket="lost-lake", Key=upload["Key"], UploadId=upload["UploadId"])
    put("lost", range(3000, 4000))
    batches = drained(document)
    ok(batches and batches[0]["recovered"], "lost: the planned batch was made again")
    exact("lost", 4000)


def over_tls():
    global SERVER
    SERVER = Server("--tls", "self-signed")
    secure, SERVER.endpoint = SERVER.endpoint, SERVER.ready["http_endpoint"]
    SERVER.client("glue").create_database(DatabaseInput={"Name": "db"})
    document = make("secret")
    put("secret", range(2000))
    options = ("--remote", "--window", "0", "--drain")
    env = environment(secure, SERVER)
    status, _, err = finish(start(document, *options, env=env))
    ok(status != 0 and "certificate" in err.lower(), "secret: an unknown certificate is refused", err)
    env["AWS_CA_BUNDLE"] = SERVER.ready["ca_bundle"]
    status, _, err = finish(start(document, *options, env=env))
    ok(status == 0, "secret: a run over https with AWS_CA_BUNDLE", err)
    exact("secret", 2000)


SERVER.client("glue").create_database(DatabaseInput={"Name": "db"})
for one in (plain, page_forms, services_apart, refused, killed, staged_bytes_lost, two_at_once,
            failing_network, over_tls):
    case(one)
done()
