"""sluice checkpoint: what it shows, and batches taken back: their rows go and come again once, also
when the command is killed at any of its writing system calls."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "crash"))
from crash import *

KILLS = 12
BATCHES = 4

made = Server()
acknowledged = []


def make():
    make_tables(made)
    for batch in range(BATCHES):
        put(made.client("kinesis"), batch * 50, 50, acknowledged)
        done = run(job_command(made.directory))
        assert done.returncode == 0, done.stderr
    made.stop()


class Made(Copy):
    def __init__(self):
        super().__init__(made)


def checkpoint(directory, *arguments):
    return run([SLUICE, "checkpoint", *arguments, "--dir", directory])


def rewind(directory, *arguments):
    return [SLUICE, "checkpoint", "rewind", "crash", "--dir", directory, "--remove-files", *arguments]


def count(directory):
    return sql(directory, "SELECT count(*) AS n FROM db.lake")[0]["n"]


def comes_again(directory):
    done = run(job_command(directory))
    assert done.returncode == 0, done.stderr
    wrong = judge(directory, acknowledged)
    assert not wrong, wrong


make()


@test
def show_and_export():
    with Made() as directory:
        done = checkpoint(directory, "show", "crash")
        assert done.returncode == 0 and "job crash" in done.stdout and "committed" in done.stdout, done
        exported = json.loads(checkpoint(directory, "export", "s3://lake/cp/crash").stdout)
        assert exported["committed"] == exported["planned"] == BATCHES - 1, exported
        assert exported["metadata"]["stream"] == "events", exported
        assert set(exported["positions"]) == {"shardId-000000000000", "shardId-000000000001"}
        assert [b["batch"] for b in exported["batches"]] == list(range(BATCHES))


@test
def wrong_use_is_refused():
    with Made() as directory:
        for arguments, status in ((["show", "nothing"], 1), (["rewind", "crash"], 64),
                                  (["burn", "crash"], 64), (["show", "s3://lake/cp/nothing"], 1)):
            done = checkpoint(directory, *arguments)
            assert done.returncode == status, done


@test
def rewinding_needs_the_rows_to_go():
    with Made() as directory:
        done = checkpoint(directory, "rewind", "crash", "--to-batch", "1")
        assert done.returncode == 1 and "--remove-files" in done.stderr, done
        assert not judge(directory, acknowledged)


@test
def batches_taken_back_come_again_once():
    for to in BATCHES - 2, 1, 0, -1:
        with Made() as directory:
            done = run(rewind(directory, "--to-batch", str(to)))
            assert done.returncode == 0 and "goes on behind batch %d" % to in done.stdout, done
            audit = run([SLUICE, "audit", "db.lake", "--dir", directory, "--json"])
            if to >= 0:
                assert audit.returncode == 0, audit
                assert json.loads(audit.stdout)["jobs"][0]["last_batch"] == to
            else:
                assert json.loads(audit.stdout)["partitions"] == 0, audit
            comes_again(directory)


@test
def to_a_time():
    with Made() as directory:
        batches = json.loads(checkpoint(directory, "export", "crash").stdout)["batches"]
        wall = batches[2]["plan"]["wall_us"] / 1e6
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(wall)) + ".%06dZ" % (batches[2]["plan"]["wall_us"] % 1000000)
        done = run(rewind(directory, "--to-time", text))
        assert "goes on behind batch 2" in done.stdout, done
        comes_again(directory)


@test
def going_nowhere_does_nothing():
    with Made() as directory:
        done = run(rewind(directory, "--to-batch", str(BATCHES - 1)))
        assert done.returncode == 0 and not judge(directory, acknowledged), done


@test
def records_that_the_stream_lost_stay_in_the_lake():
    with Made() as directory:
        shutil.rmtree(os.path.join(directory, "streams"))
        done = run(rewind(directory, "--to-batch", "1"))
        assert done.returncode == 1 and not judge(directory, acknowledged), done


@test
def a_run_in_the_middle_of_its_window_stops():
    # Its number is taken for good: planning it later would skip the batches that were taken back.
    with Made() as directory:
        server, sent = TracedServer(directory), list(acknowledged)
        put(server.client("kinesis"), 5000, 50, sent)
        job = subprocess.Popen([SLUICE, "run", os.path.join(directory, "job.json"), "--dir", directory,
                                "--json", "--window", "4"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
        time.sleep(0.5)
        for _ in range(50):
            done = run(rewind(directory, "--to-batch", "1"))
            if "planned and not committed" not in done.stderr and "is running" not in done.stderr:
                break
        assert done.returncode == 0, done
        put(server.client("kinesis"), 6000, 50, sent)
        _, err = job.communicate(timeout=60)
        assert job.returncode == 1 and "another run" in err, err
        server.end()
        server.remove()
        done = run(job_command(directory))
        assert done.returncode == 0, done.stderr
        wrong = judge(directory, sent)
        assert not wrong, wrong


@test
def a_checkpoint_that_was_removed_stops_its_run():
    with Made() as directory:
        server = TracedServer(directory)
        job = subprocess.Popen([SLUICE, "run", os.path.join(directory, "job.json"), "--dir", directory,
                                "--json", "--window", "1"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
        time.sleep(0.5)
        s3 = server.client("s3")
        for entry in s3.list_objects_v2(Bucket="lake", Prefix="cp/")["Contents"]:
            s3.delete_object(Bucket="lake", Key=entry["Key"])
        put(server.client("kinesis"), 5000, 50, [])
        _, err = job.communicate(timeout=60)
        assert job.returncode == 1 and "removed or replaced" in err, err
        left = s3.list_objects_v2(Bucket="lake", Prefix="cp/").get("Contents", [])
        assert not left, left
        server.end()
        server.remove()


@test
def what_was_taken_back_is_no_place_to_go():
    with Made() as directory:
        assert run(rewind(directory, "--to-batch", "1")).returncode == 0
        comes_again(directory)
        done = run(rewind(directory, "--to-batch", "2"))
        assert done.returncode == 1 and "was taken back" in done.stderr, done
        shown = checkpoint(directory, "show", "crash").stdout
        assert "back to what lies behind batch 1" in shown, shown
        assert run(rewind(directory, "--to-batch", "-1")).returncode == 0
        comes_again(directory)


@test
def killed_at_any_call_it_can_be_finished():
    with Made() as directory:
        calls = record_calls(rewind(directory, "--to-batch", "0"))
    refused = 0
    for call, number, _ in calls[::max(1, len(calls) // KILLS)]:
        with Made() as directory:
            done = run(injected(rewind(directory, "--to-batch", "0"), call, number, "kill"))
            assert done.returncode, (call, number)
            early = run(job_command(directory))
            refused += early.returncode != 0
            done = run(rewind(directory, "--to-batch", "0"))
            assert done.returncode == 0, (call, number, done)
            comes_again(directory)
    assert refused, "no kill left a rewind half done: the job never had to wait"


done()
