"""sluice checkpoint rebuild: a lost checkpoint comes again from the footers, and the job goes on exactly
once, also when the command is killed at any of its writing system calls; what the footers do not prove
is refused."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "crash"))
from crash import *

KILLS = 12
BATCHES = 3
MORE = 50

made = Server()
acknowledged, before = [], []


def make():
    """Batches, then a lost checkpoint, then records that no batch has."""
    make_tables(made)
    for batch in range(BATCHES):
        put(made.client("kinesis"), batch * 50, 50, before)
        done = run(job_command(made.directory))
        assert done.returncode == 0, done.stderr
    with Copy(made) as copy:
        copy_tree(copy, whole)
    s3 = made.client("s3")
    objects = s3.list_objects_v2(Bucket="lake", Prefix="cp/crash/")["Contents"]
    for each in objects:
        s3.delete_object(Bucket="lake", Key=each["Key"])
    acknowledged.extend(before)
    put(made.client("kinesis"), BATCHES * 50, MORE, acknowledged)
    made.stop()


class Made(Copy):
    def __init__(self):
        super().__init__(made)


def rebuild(directory, *options):
    return [SLUICE, "checkpoint", "rebuild", os.path.join(directory, "job.json"), "--dir", directory,
            *options]


def data_files():
    lake = os.path.join(made.directory, "objects", "lake")
    return sorted(os.path.relpath(os.path.join(folder, name), lake)
                  for folder, _, names in os.walk(lake) for name in names if name.endswith(".parquet"))


def remove(directory, *keys):
    server = Server(directory=directory)
    for key in keys:
        server.client("s3").delete_object(Bucket="lake", Key=key)
    server.stop()


def checkpoint_objects(directory):
    return sorted(name for _, _, names in os.walk(os.path.join(directory, "objects", "lake", "cp"))
                  for name in names)


def goes_on(directory):
    done = run(job_command(directory))
    assert done.returncode == 0, done.stderr
    wrong = judge(directory, acknowledged)
    assert not wrong, wrong


scratch = tempfile.mkdtemp(prefix="sluice-rebuild-")
whole = os.path.join(scratch, "whole")


class Whole:
    """Before the checkpoint was lost."""
    directory = whole


make()


@test
def a_lost_checkpoint_comes_again():
    with Made() as directory:
        done = run(rebuild(directory, "--json"))
        assert done.returncode == 0, done
        report = json.loads(done.stdout)
        exported = [json.loads(run([SLUICE, "checkpoint", "export", "crash", "--dir", where]).stdout)
                    for where in (whole, directory)]
        assert report["rebuilt"] and report["batch"] == BATCHES - 1, report
        for one in exported:
            del one["metadata"]["shards"]  # the last plan says where each shard stands
        for member in "metadata", "positions", "planned", "committed":
            assert exported[0][member] == exported[1][member], (member, exported)
        lost, plan = (e["batches"][-1]["plan"] for e in exported)
        for member in "counts", "job", "checkpoint", "batch":
            assert lost[member] == plan[member], (member, lost, plan)
        assert lost["wall_us"] // 1000 == plan["wall_us"] // 1000, (lost, plan)  # of the footer: milliseconds
        by_shard = lambda ranges: sorted(ranges, key=lambda r: r["shard"])
        assert by_shard(lost["ranges"]) == by_shard(plan["ranges"]), (lost, plan)
        named = lambda files: sorted((f["key"], f["target"], f["rows"], f["bytes"], str(f["partition"]))
                                     for f in files)
        assert named(lost["files"]) == named(plan["files"]), (lost, plan)
        goes_on(directory)


@test
def without_it_records_would_be_there_twice():
    with Made() as directory:
        assert run(job_command(directory)).returncode == 0
        assert "twice" in judge(directory, acknowledged)


@test
def a_checkpoint_that_exists_is_named():
    with Made() as directory:
        assert run(rebuild(directory)).returncode == 0
        found = checkpoint_objects(directory)
        for options in ([], ["--checkpoint", "s3://lake/elsewhere"]):
            done = run(rebuild(directory, *options))
            assert done.returncode == 1 and "s3://lake/cp/crash" in done.stderr, done
        assert checkpoint_objects(directory) == found
        goes_on(directory)


@test
def a_missing_file_is_refused():
    for key in data_files():
        with Made() as directory:
            remove(directory, key)
            done = run(rebuild(directory, "--json"))
            assert done.returncode == 2, (key, done)
            report = json.loads(done.stdout)
            assert report["problems"] and not report["rebuilt"], (key, report)
            assert not checkpoint_objects(directory)


@test
def a_last_batch_that_left_nothing_is_read_again():
    with Made() as directory:
        remove(directory, *[key for key in data_files() if "-%012d-" % (BATCHES - 1) in key])
        report = json.loads(run(rebuild(directory, "--json")).stdout)
        assert report["rebuilt"] and report["batch"] == BATCHES - 2, report
        goes_on(directory)


@test
def the_rest_of_a_checkpoint_is_refused():
    with Copy(Whole) as directory:
        remove(directory, "cp/crash/metadata")
        found = checkpoint_objects(directory)
        done = run(rebuild(directory))
        assert done.returncode == 1 and "cp/crash" in done.stderr, done
        assert checkpoint_objects(directory) == found


@test
def killed_at_any_call_it_can_be_finished():
    with Made() as directory:
        calls = record_calls(rebuild(directory))
    refused = 0
    for call, number, _ in calls[::max(1, len(calls) // KILLS)]:
        with Made() as directory:
            done = run(injected(rebuild(directory), call, number, "kill"))
            assert done.returncode, (call, number)
            if checkpoint_objects(directory):
                early = run(job_command(directory))
                refused += early.returncode != 0
                if early.returncode == 0:  # killed behind the last step
                    assert not judge(directory, acknowledged), (call, number)
                    continue
            done = run(rebuild(directory))
            assert done.returncode == 0, (call, number, done)
            goes_on(directory)
    assert refused, "no kill left a rebuilding half done: the job never had to wait"


shutil.rmtree(scratch)
done()
