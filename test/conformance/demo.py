#!/usr/bin/env python3
"""The demo, whole: every record put over HTTP is in the table exactly once, and nothing stays
behind, neither when it ends nor when it is stopped."""
import json, os, signal, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

def scratch():
    return tempfile.TemporaryDirectory(prefix="sluice-test-")

def demo(*args, **options):
    return subprocess.run([SLUICE, "demo", *args], capture_output=True, text=True, timeout=240,
                          **options)

def processes_of(directory):
    """Command lines that name the directory."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = open("/proc/%s/cmdline" % pid).read().split("\0")
        except OSError:
            continue
        if any(directory in word for word in words) and "demo" not in words:
            found.append(words)
    return found

@test
def every_record_is_in_the_table_exactly_once():
    with scratch() as folder:
        kept = os.path.join(folder, "lake")
        done = demo("--records", "20000", "--window", "0.2", "--keep", kept, "--json")
        assert done.returncode == 0, done
        counts = json.loads(done.stdout)
        assert counts["acknowledged"] == counts["rows"] == counts["distinct"] == 20000, counts
        assert counts["exactly_once"] and counts["quarantined"] == 0 and counts["batches"] > 0
        files = [os.path.join(root, name) for root, _, names in os.walk(os.path.join(kept, "objects"))
                 for name in names if name.endswith(".parquet")]
        assert len(files) == counts["files"], (len(files), counts)
        assert not processes_of(kept)
        # and what was kept can be asked again
        done = subprocess.run(
            [SLUICE, "sql", "--dir", kept, "--csv", "--region", "us-east-1",
             "SELECT COUNT(*) AS n FROM ventilatordb.ventilators_parquet"],
            capture_output=True, text=True)
        assert done.returncode == 0 and done.stdout == "n\n20000\n", done

@test
def a_temporary_demo_leaves_nothing():
    with scratch() as folder:
        done = demo("--records", "1000", "--window", "0.1",
                    env=dict(os.environ, TMPDIR=folder, AWS_REGION="eu-central-1"))
        assert done.returncode == 0 and "Exactly once" in done.stdout, done
        assert os.listdir(folder) == [], os.listdir(folder)
        assert not processes_of(folder)

@test
def a_directory_in_use_is_refused():
    with scratch() as folder:
        open(os.path.join(folder, "something"), "w").close()
        done = demo("--keep", folder)
        assert done.returncode == 64 and "not empty" in done.stderr, done
        assert os.listdir(folder) == ["something"]

@test
def an_interrupted_demo_ends_its_processes():
    for number in signal.SIGINT, signal.SIGKILL:
        with scratch() as folder:
            kept = os.path.join(folder, "lake")
            process = subprocess.Popen([SLUICE, "demo", "--records", "100000000", "--keep", kept],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            line = process.stdout.readline()
            while b"job" not in line:
                assert line, process.communicate()
                line = process.stdout.readline()
            process.send_signal(number)
            process.communicate(timeout=60)
            assert process.returncode != 0
            while number == signal.SIGKILL and processes_of(kept):
                pass  # they are told by the system, a moment later
            assert not processes_of(kept), processes_of(kept)

done()
