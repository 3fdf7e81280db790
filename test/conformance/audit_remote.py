"""sluice audit, checkpoint and requeue over remote stores: with an endpoint and keys alone, on a good
network and on one that fails, also killed in the middle."""
import collections, os, signal, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "crash"))
from crash import *
from proxy import Proxy

BATCHES, BATCH, COPIES = 4, 60, 3  # each record that is not JSON comes so often
SERVER = Server()
HOME = tempfile.mkdtemp(prefix="sluice-home-", dir=SERVER.directory)
acknowledged = []
URL = "s3://lake/cp/crash"


def start(*command, endpoint=None):
    return subprocess.Popen([SLUICE, *command], env=SERVER.remote_environment(HOME, endpoint), cwd=HOME,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def remote(*command, endpoint=None, status=0):
    process = start(*command, "--remote", endpoint=endpoint)
    out, err = process.communicate(timeout=120)
    assert process.returncode == status, (command, process.returncode, out, err)
    return out, err


def drain(endpoint=None):
    remote("run", os.path.join(SERVER.directory, "job.json"), "--window", "0", "--drain", "--json",
           endpoint=endpoint)


def audit(status=0, endpoint=None):
    out, _ = remote("audit", "db.lake", "--json", status=status, endpoint=endpoint)
    return json.loads(out)


def exact():
    [row] = SERVER.sql("SELECT count(*) AS n, count(DISTINCT id) AS d FROM db.lake")
    good = sum(n % BAD_EVERY != 0 for n in acknowledged)
    assert (row["n"], row["d"]) == (good, good), (row, good)
    report = audit()
    assert report["clean"], report["problems"]


def make():
    make_tables(SERVER)
    for batch in range(BATCHES):
        put(SERVER.client("kinesis"), batch * BATCH, BATCH, acknowledged)
        drain()


make()
s3, glue = SERVER.client("s3"), SERVER.client("glue")
flaky = Proxy(SERVER.endpoint, rate=0.15)


@test
def a_table_is_audited_over_the_network():
    exact()
    assert audit(endpoint=flaky.endpoint)["clean"]
    local = json.loads(run([SLUICE, "audit", "db.lake", "--dir", SERVER.directory, "--json"]).stdout)
    assert local == audit(), (local, audit())


@test
def damage_is_found_over_the_network():
    key = next(o["Key"] for o in s3.list_objects_v2(Bucket="lake", Prefix="events/")["Contents"])
    body = s3.get_object(Bucket="lake", Key=key)["Body"].read()
    s3.delete_object(Bucket="lake", Key=key)
    assert "missing file" in [p["kind"] for p in audit(2)["problems"]]
    s3.put_object(Bucket="lake", Key=key, Body=body[:-100])
    assert {"damaged file"} <= {p["kind"] for p in audit(2, flaky.endpoint)["problems"]}
    s3.put_object(Bucket="lake", Key=key, Body=body)
    [partition] = glue.get_partitions(DatabaseName="db", TableName="lake")["Partitions"][:1]
    glue.delete_partition(DatabaseName="db", TableName="lake", PartitionValues=partition["Values"])
    assert not audit(2)["clean"]
    glue.create_partition(DatabaseName="db", TableName="lake", PartitionInput={
        k: partition[k] for k in ("Values", "StorageDescriptor")})
    exact()


@test
def a_checkpoint_is_shown_by_its_url():
    shown = json.loads(remote("checkpoint", "export", URL, endpoint=flaky.endpoint)[0])
    assert shown["committed"] == BATCHES - 1 and shown["metadata"]["stream"] == "events", shown
    _, err = remote("checkpoint", "show", "crash", status=64)
    assert "s3://BUCKET/cp/crash" in err, err


@test
def batches_are_taken_back_over_the_network():
    out, _ = remote("checkpoint", "rewind", URL, "--to-batch", "1", "--remove-files",
                    endpoint=flaky.endpoint)
    assert "2 batches taken back" in out, out
    keys = [o["Key"] for o in s3.list_objects_v2(Bucket="lake", Prefix="events/")["Contents"]]
    assert not any("-%012d-" % b in k for k in keys for b in (2, 3)), keys
    drain()
    exact()
    remote("checkpoint", "rewind", URL, "--to-batch", "-1", "--remove-files")
    assert not glue.get_partitions(DatabaseName="db", TableName="lake")["Partitions"]
    drain()
    exact()


@test
def a_rewind_that_is_killed_is_finished():
    for after in range(3, 16, 3):
        seen = [0]

        def late(method, path, _):
            seen[0] += method in ("PUT", "DELETE") or "DeletePartition" in _.get("X-Amz-Target", "")
            return seen[0] >= after
        proxy = Proxy(SERVER.endpoint, rate=1.0, faults=("slow", "reset before"), only=late)
        process = start("checkpoint", "rewind", URL, "--to-batch", "-1", "--remove-files", "--remote",
                        endpoint=proxy.endpoint)
        deadline = time.monotonic() + 30
        while process.poll() is None and seen[0] < after and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        proxy.close()
        time.sleep(0.6)  # what was slow has arrived
        remote("checkpoint", "rewind", URL, "--to-batch", "-1", "--remove-files")
        drain()
        exact()


@test
def a_lost_checkpoint_is_rebuilt_over_the_network():
    keys = [o["Key"] for o in s3.list_objects_v2(Bucket="lake", Prefix="cp/")["Contents"]]
    for key in keys:
        s3.delete_object(Bucket="lake", Key=key)
    out, _ = remote("checkpoint", "rebuild", os.path.join(SERVER.directory, "job.json"), "--json",
                    endpoint=flaky.endpoint)
    assert json.loads(out)["rebuilt"], out
    put(SERVER.client("kinesis"), BATCHES * BATCH, BATCH, acknowledged)
    drain()
    exact()


# ---- requeue: every record that is not JSON goes back, and fails again ----

def requeue(*arguments, endpoint=None, status=0):
    out, _ = remote("requeue", "db.lake_quarantine", "--json", *arguments, endpoint=endpoint,
                    status=status)
    return json.loads(out)


def quarantined():
    drain()
    return collections.Counter(r["d"] for r in SERVER.sql(
        "SELECT to_hex(data) AS d FROM db.lake_quarantine"))


@test
def records_go_back_once_over_the_network():
    before = quarantined()
    assert requeue()["sent"] == sum(before.values())
    assert requeue()["sent"] == 0
    assert quarantined() == {k: 2 * n for k, n in before.items()}


@test
def a_put_without_an_answer_is_looked_for():
    for fault in ("reset after", "reset before"):
        before = quarantined()
        proxy = Proxy(SERVER.endpoint, rate=1.0, faults=(fault,), only=lambda m, p, h:
                      h.get("X-Amz-Target", "").endswith("PutRecords") and not proxy.counts[fault])
        done = [requeue(endpoint=proxy.endpoint, status=2 if fault == "reset before" else 0),
                requeue()]
        total, sent = sum(before.values()), sum(d["sent"] for d in done)
        assert proxy.counts[fault] == 1 and sent + done[0]["sent_before"] == total, (fault, done, before)
        after = quarantined()
        assert sum(after.values()) == total + sent, (fault, done, before, after)
        assert max(after.values()) == min(after.values()), (fault, after)


@test
def a_requeue_that_died_needs_somebody_to_say_so():
    for fault in ("reset before",):
        before = quarantined()
        proxy = Proxy(SERVER.endpoint, rate=1.0, faults=(fault,), only=lambda m, p, h:
                      h.get("X-Amz-Target", "").endswith("PutRecords"))
        process = start("requeue", "db.lake_quarantine", "--remote", "--json", endpoint=proxy.endpoint)
        deadline = time.monotonic() + 30
        while not proxy.counts[fault] and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        _, err = remote("requeue", "db.lake_quarantine", status=1)
        assert "--take-over" in err, err
        done = requeue("--take-over")
        assert requeue()["sent"] == 0
        after = quarantined()
        assert sum(after.values()) == sum(before.values()) + done["sent"] + done["found"], (done, before)
        assert max(after.values()) == min(after.values()), (fault, done, after)


exact()
done()
