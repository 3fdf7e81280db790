"""From exec to the first answer, and what an idle server holds."""
import http.client, os, signal, subprocess, time

from row import Row, Sample
from stage import PEERS, SLUICE, free_port, memory_mib

SETTLE_SECONDS = 0.2


def first_answer(command, port, path):
    """Milliseconds until any HTTP answer came, and the resident memory a moment later."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", path)
                connection.getresponse().read()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() - start > 30:
                    raise
                time.sleep(0.0005)
        took = (time.monotonic() - start) * 1000
        time.sleep(SETTLE_SECONDS)
        return took, memory_mib(process.pid, "VmRSS")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def ours(stage, fresh):
    def measure():
        port = free_port()
        where = stage.path("fresh-%d" % port if fresh else "data")
        return first_answer([SLUICE, "up", "--port", str(port), "--dir", where], port,
                            "/_sluice/health")
    if not fresh:
        measure()
    return measure


def kinesalite():
    port = free_port()
    return first_answer(["node", os.path.join(PEERS, "kinesalite", "cli.js"), "--port", str(port)],
                        port, "/")


def start_row(fresh):
    def run(stage):
        measure = ours(stage, fresh)
        return (lambda: Sample(*measure())), (lambda: Sample(*kinesalite()))
    return run


def start_time(stage):
    measure = ours(stage, False)
    return lambda: Sample(*measure())


def idle_memory(stage):
    measure = ours(stage, False)
    return lambda: Sample(measure()[1])


ROWS = [
    Row("start", "sluice up, exec to the first answer", "ms", start_time, less=True,
        floor=20, goal=8),
    Row("start-fresh", "the same with a data directory to be made", "ms", start_row(True),
        "kinesalite 3.3.3", less=True),
    Row("idle-memory", "resident memory of sluice up that has nothing to do", "MiB", idle_memory,
        less=True, floor=12, goal=8),
]
