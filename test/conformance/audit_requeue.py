"""sluice requeue: quarantined records go back into their stream once, over any number of runs, also
when the command is killed at any of its writing system calls."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "crash"))
from crash import *

KILLS, BAD = 16, 40

made = Server()


def make():
    make_tables(made)
    made.client("kinesis").put_records(StreamName="events", Records=[
        {"Data": b"{bad %d" % (n // 2), "PartitionKey": "k%d" % (n // 2)} for n in range(BAD)])  # each twice
    done = run(job_command(made.directory))
    assert done.returncode == 0, done.stderr
    made.stop()


class Made(Copy):
    def __init__(self):
        super().__init__(made)


def requeue(directory, *arguments):
    return [SLUICE, "requeue", "db.lake_quarantine", "--dir", directory, "--json", *arguments]


def sent(done):
    assert done.returncode == 0, done
    return json.loads(done.stdout)["sent"]


def quarantined(directory):
    """Every record that the stream holds, as quarantined by the job: key and bytes -> how often."""
    done = run(job_command(directory))
    assert done.returncode == 0, done
    return collections.Counter((r["k"], r["d"]) for r in sql(
        directory, "SELECT partition_key AS k, to_hex(data) AS d FROM db.lake_quarantine"))


make()


@test
def every_record_goes_once():
    with Made() as directory:
        assert sent(run(requeue(directory))) == BAD
        done = run(requeue(directory))
        assert sent(done) == 0 and json.loads(done.stdout)["sent_before"] == BAD, done
        found = quarantined(directory)
        assert len(found) == BAD // 2 and set(found.values()) == {4}, found
        assert sent(run(requeue(directory))) == BAD  # those that failed again
        assert run([SLUICE, "audit", "db.lake_quarantine", "--dir", directory]).returncode == 0


@test
def a_condition_chooses():
    with Made() as directory:
        assert sent(run(requeue(directory, "--where", "partition_key = 'k3'"))) == 2
        assert sent(run(requeue(directory, "--where", "partition_key IN ('k3', 'k4')"))) == 2
        assert sent(run(requeue(directory))) == BAD - 4
        assert set(quarantined(directory).values()) == {4}


@test
def failures_are_told():
    with Made() as directory:
        for arguments, status in ((["db.nothing"], 1), (["nothing"], 64),
                                  (["db.lake_quarantine", "--where", "no_such_column = 1"], 1),
                                  (["db.lake_quarantine", "--stream-name", "other"], 1)):
            done = run([SLUICE, "requeue", *arguments, "--dir", directory])
            assert done.returncode == status, done
        assert sent(run(requeue(directory))) == BAD


@test
def killed_at_any_call_each_record_goes_once():
    with Made() as directory:
        calls = record_calls(requeue(directory))
    chosen = calls[::max(1, len(calls) // KILLS)]
    found_in_stream = 0
    for call, number, _ in chosen:
        with Made() as directory:
            assert run(injected(requeue(directory), call, number, "kill")).returncode, (call, number)
            done = run(requeue(directory))
            assert done.returncode == 0, (call, number, done)
            found_in_stream += json.loads(done.stdout)["found"]
            found = quarantined(directory)
            assert set(found.values()) == {4}, (call, number, found)
    assert found_in_stream, "no kill came between the put and its record"


done()
