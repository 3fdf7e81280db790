"""What the crash tests share: a recording run that lists every writing system call of a process, and
runs in which one of them is the last thing the process does, or fails.

`strace -e inject=CALL:signal=SIGKILL:when=N` kills at the entry of the Nth CALL of a thread: the
call itself is not made. "After call N" is the same state on disk as "before the next writing call",
which is a point of its own; the state after the last one is that of a run that ended. What is
written through memory maps (LMDB's reader table) is not lost by a kill."""
import collections, contextlib, json, os, re, shutil, signal, subprocess, sys, tempfile, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "conformance", "lib"))
from testing import *
import clock, proxy

WRITING = ("write,pwrite64,writev,pwritev,pwritev2,rename,renameat,renameat2,unlink,unlinkat,rmdir,"
           "fsync,fdatasync,msync,sync_file_range,mkdir,mkdirat,link,linkat,ftruncate,truncate,"
           "fallocate,copy_file_range,sendfile")
LINE = re.compile(r"^(\d+) +(?:<\.\.\. )?(\w+)[( ]")
COLUMNS = [("id", "bigint"), ("name", "string")]
MAPPING = [("id", "bigint", "id", "bigint"), ("name", "string", "name", "string")]
BAD_EVERY = 19

# Errors that a call is made to return instead of doing its work.
FAULTS = ("ENOSPC", "EIO")


def record(number):
    if number % BAD_EVERY == 0:
        return b"{bad %d" % number
    return json.dumps({"id": number, "name": "n%d" % number}).encode()


def put(kinesis, first, count, acknowledged):
    """Puts records first .. first+count-1; collects those that got a sequence number."""
    reply = kinesis.put_records(StreamName="events", Records=[
        {"Data": record(n), "PartitionKey": str(n % 50)} for n in range(first, first + count)])
    acknowledged += [first + at for at, r in enumerate(reply["Records"]) if "SequenceNumber" in r]


def make_tables(server):
    server.client("kinesis").create_stream(StreamName="events", ShardCount=2)
    server.client("s3").create_bucket(Bucket="lake")
    glue = server.client("glue")
    glue.create_database(DatabaseInput={"Name": "db"})
    glue.create_table(DatabaseName="db", TableInput=stream_table("events", "events", COLUMNS))
    path = os.path.join(server.directory, "job.json")
    with open(path, "w") as out:
        json.dump(job_document("crash", "db", "events", MAPPING, "s3://lake/events/", "lake"), out)


def job_command(directory, *options):
    return [SLUICE, "run", os.path.join(directory, "job.json"), "--dir", directory, "--json",
            "--window", "0", "--drain", *options]


def run(command, **options):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                          **options)


def read_trace(trace):
    """Of a strace log: the calls that did something, in order, as (call, N, whether on a file): the
    Nth call of its kind in its thread, as strace counts."""
    per_thread, points, known = collections.Counter(), [], set()
    for line in open(trace, errors="replace"):
        found = LINE.match(line)
        if not found or "resumed>" in line:
            continue
        per_thread[found.groups()] += 1
        point = found.group(2), per_thread[found.groups()]
        if "= -1" not in line and point not in known:
            known.add(point)
            points.append((*point, not re.search(r"\(\d+<(pipe|anon_inode|socket|UNIX|TCP|/dev/)", line)))
    return points


def record_calls(command):
    """The writing calls of a command, by a run of it."""
    with tempfile.NamedTemporaryFile(prefix="sluice-trace-") as trace:
        done = run(["strace", "-f", "-y", "-qq", "-o", trace.name, "-e", "trace=" + WRITING, *command])
        if done.returncode:
            raise RuntimeError("the recorded run failed: " + done.stderr)
        return read_trace(trace.name)


def injected(command, call, number, what):
    """The command, killed at (what "kill") or failing in (an errno) its Nth call."""
    action = "signal=SIGKILL" if what == "kill" else "error=" + what
    return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e",
            "inject=%s:%s:when=%d" % (call, action, number), *command]


def copy_tree(source, target):
    """Sparse: LMDB's files are mostly holes."""
    subprocess.run(["cp", "-a", "--sparse=always", source, target], check=True)


def sql(directory, text):
    done = run([SLUICE, "sql", "--dir", directory, "--json", text])
    if done.returncode:
        raise RuntimeError("sluice sql: " + done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def judge(directory, acknowledged, sent=None):
    """What is wrong with the tables, or "": every acknowledged record once, others of those that
    were sent at most once; the audit clean; nothing staged left."""
    rows = [r["id"] for r in sql(directory, "SELECT id FROM db.lake")]
    bad = [bytes.fromhex(r["d"]).decode() for r in
           sql(directory, "SELECT to_hex(data) AS d FROM db.lake_quarantine")]
    found = collections.Counter(rows)
    found.update(int(text.split()[1]) for text in bad)
    twice = [n for n, times in found.items() if times > 1]
    lost = [n for n in acknowledged if n not in found]
    strange = [n for n in found if n not in (sent if sent is not None else acknowledged)]
    wrong = []
    if twice: wrong.append("%d records twice: %s" % (len(twice), twice[:5]))
    if lost: wrong.append("%d records lost: %s" % (len(lost), lost[:5]))
    if strange: wrong.append("%d records from nowhere: %s" % (len(strange), strange[:5]))
    for table in "lake", "lake_quarantine":
        audit = run([SLUICE, "audit", "db." + table, "--dir", directory, "--json"])
        if audit.returncode:
            wrong.append("audit of %s: %s%s" % (table, audit.stderr, "; ".join(
                p["text"] for p in json.loads(audit.stdout or "{}").get("problems", []))))
    staged = os.listdir(os.path.join(directory, "objects", ".staging"))
    if staged: wrong.append("staged bytes are left: %s" % staged[:3])
    return "; ".join(wrong)


class Scenario:
    """A data directory before a run of the job; a command; what must hold in the end."""

    command = staticmethod(job_command)

    def __init__(self, name, directory, acknowledged):
        self.name, self.directory, self.acknowledged = name, directory, acknowledged
        with Copy(self) as copy:
            self.calls = record_calls(self.command(copy))

    def points(self):
        return [(self, call, number, what) for call, number, on_file in self.calls
                for what in ("kill", *(FAULTS if on_file else ()))]

    def run_point(self, call, number, what):
        """Injects once; "" or what was wrong; and whether the job survived it."""
        with Copy(self) as copy:
            first = run(injected(self.command(copy), call, number, what))
            if what == "kill" and first.returncode == 0:
                return "it was not killed", True
            between = self.look(copy)
            again = run(self.command(copy))
            if again.returncode:
                return "the next run failed: " + again.stderr, False
            return between or judge(copy, self.acknowledged) or self.look_again(copy), first.returncode == 0

    def look(self, copy):
        """What is wrong already before the next run, or ""."""
        return ""

    def look_again(self, copy):
        return ""


class Copy:
    def __init__(self, scenario):
        self.scenario = scenario

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-crash-")
        directory = os.path.join(self.folder, "data")
        copy_tree(self.scenario.directory, directory)
        return directory

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)


def make_scenarios(folder):
    """first: the job never ran. later: it did, and there is more to read. pending: it died behind
    a plan. lost: the same, and the staged bytes are gone, so that the batch is read again."""
    server = Server(directory=os.path.join(folder, "made"))
    make_tables(server)
    kinesis, acknowledged = server.client("kinesis"), []
    for n in range(0, 300, 100):
        put(kinesis, n, 100, acknowledged)
    server.stop()
    copy_tree(server.directory, os.path.join(folder, "first"))
    first = Scenario("first", os.path.join(folder, "first"), list(acknowledged))
    done = run(job_command(server.directory))
    if done.returncode:
        raise RuntimeError(done.stderr)
    server.start()
    kinesis = server.client("kinesis")
    for n in range(300, 600, 100):
        put(kinesis, n, 100, acknowledged)
    server.stop()
    later = os.path.join(folder, "later")
    copy_tree(server.directory, later)
    scenarios = [first, Scenario("later", later, list(acknowledged))]
    pending = make_pending(scenarios[1], os.path.join(folder, "pending"))
    scenarios.append(Scenario("pending", pending, list(acknowledged)))
    lost = os.path.join(folder, "lost")
    copy_tree(pending, lost)
    for name in os.listdir(os.path.join(lost, "objects", ".staging")):
        os.unlink(os.path.join(lost, "objects", ".staging", name))
    scenarios.append(Scenario("lost", lost, list(acknowledged)))
    return scenarios


def has_pending_plan(directory):
    def entries(kind):
        path = os.path.join(directory, "objects", "lake", "cp", "crash", kind)
        return set(os.listdir(path)) if os.path.isdir(path) else set()
    return entries("plan") - entries("commit") and \
        os.listdir(os.path.join(directory, "objects", ".staging"))


def make_pending(scenario, target):
    """Kills a run behind its plan, before the first file is published: at the first call behind the
    first rename, which made the plan visible."""
    calls = [call for call, _, _ in scenario.calls]
    for call, number, _ in scenario.calls[calls.index("rename") + 1:]:
        with Copy(scenario) as copy:
            run(injected(job_command(copy), call, number, "kill"))
            if has_pending_plan(copy):
                copy_tree(copy, target)
                return target
    raise RuntimeError("no point of the run leaves a pending plan")


# ---- the server ----

def plain_client(server):
    """Without retries: what was not acknowledged is not sent again."""
    import boto3
    from botocore.config import Config
    return boto3.session.Session().client(
        "kinesis", endpoint_url=server.endpoint, region_name=REGION,
        config=Config(retries={"max_attempts": 0}, connect_timeout=5, read_timeout=20))


class TracedServer(Server):
    """`sluice up` under strace; `wrap` makes the command line of the first start."""

    def __init__(self, directory, wrap=None):
        self.wrap = wrap or (lambda command: command)
        super().__init__(directory=directory)

    def start(self):
        self.log = open(self.directory + "-up.log", "ab")
        command = self.wrap([SLUICE, "up", "--json", "--port", str(self.port), "--dir", self.directory])
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log,
                                        stdin=subprocess.DEVNULL)
        line = self.process.stdout.readline()
        if line:
            self.ready = json.loads(line)
            self.endpoint = self.ready["endpoint"]
            self.port = int(self.endpoint.rsplit(":", 1)[1])
            os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.path.join(self.directory, "credentials")
        else:
            self.endpoint = None

    def end(self):
        """SIGTERM for the server itself, not for strace, which passes nothing on."""
        if self.process.poll() is None:
            children = open("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)).read().split() \
                if self.wrap([])[:1] == ["strace"] else [str(self.process.pid)]
            for child in children:
                with contextlib.suppress(ProcessLookupError):  # it has just died
                    os.kill(int(child), signal.SIGTERM)
            self.process.wait(30)
        self.process.stdout.close()
        self.log.close()

    def remove(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if os.path.exists(self.directory + "-up.log"):
            os.unlink(self.directory + "-up.log")


PUTS, PUT_RECORDS = 6, 20


def produce(server, first, acknowledged, sent):
    """A few puts, until the server is gone. Returns the next number."""
    if server.endpoint is None:
        return first
    kinesis = plain_client(server)
    for _ in range(PUTS):
        sent.update(range(first, first + PUT_RECORDS))
        try:
            put(kinesis, first, PUT_RECORDS, acknowledged)
        except Exception:
            if server.process.poll() is not None:
                break
        first += PUT_RECORDS
    kinesis.close()
    return first + PUT_RECORDS


class ServerScenario(Scenario):
    """`sluice up` dies or fails at a call while records are put; then it starts again."""

    def __init__(self, name, directory, acknowledged):
        self.name, self.directory, self.acknowledged = name, directory, acknowledged
        with Copy(self) as copy, tempfile.NamedTemporaryFile(prefix="sluice-trace-") as trace:
            server = TracedServer(copy, lambda command: ["strace", "-f", "-y", "-qq", "-o", trace.name, "-e",
                                                         "trace=" + WRITING, *command])
            produce(server, 10000, [], set())
            server.end()
            server.remove()
            self.calls = read_trace(trace.name)

    def run_point(self, call, number, what):
        acknowledged, sent = list(self.acknowledged), set(self.acknowledged)
        with Copy(self) as copy:
            server = TracedServer(copy, lambda command: injected(command, call, number, what))
            after = produce(server, 10000, acknowledged, sent)
            survived = server.process.poll() is None
            server.end()
            server.remove()
            server = TracedServer(copy)
            produce(server, after, acknowledged, sent)
            server.end()
            server.remove()
            done = run(job_command(copy))
            if done.returncode:
                return "the job failed: " + done.stderr, survived
            return judge(copy, acknowledged, sent), survived


class TogetherScenario(Scenario):
    """The job dies at a call while records are put, and the server with it."""

    def points(self):
        return [(self, call, number, "kill") for call, number, _ in self.calls]

    def run_point(self, call, number, what):
        acknowledged, sent = list(self.acknowledged), set(self.acknowledged)
        with Copy(self) as copy:
            server, ends = TracedServer(copy), []
            thread = threading.Thread(
                target=lambda: ends.append(produce(server, 10000, acknowledged, sent)))
            thread.start()
            run(injected(job_command(copy), call, number, what))
            server.process.kill()
            server.process.wait()
            thread.join()
            server.end()
            server.remove()
            server = TracedServer(copy)
            produce(server, ends[0], acknowledged, sent)
            server.end()
            server.remove()
            done = run(job_command(copy))
            if done.returncode:
                return "the job failed: " + done.stderr, False
            return judge(copy, acknowledged, sent), False


def compact_command(directory, *options):
    return [SLUICE, "compact", "db.lake", "--grace", "0", *(options or ["--dir", directory])]


class CompactScenario(Scenario):
    """Files of an hour that is over are compacted; whoever asks the catalog sees every row once whenever
    that dies."""

    command = staticmethod(compact_command)

    def look(self, copy):
        rows = [r["id"] for r in sql(copy, "SELECT id FROM db.lake")]
        good = [n for n in self.acknowledged if n % BAD_EVERY]
        return "" if sorted(rows) == good else "behind the crash %d rows of %d" % (len(rows), len(good))

    def look_again(self, copy):
        files = json.loads(run([SLUICE, "audit", "db.lake", "--dir", copy, "--json"]).stdout)["files"]
        return "" if files == 1 else "%d files behind a compaction" % files


class RemoteScenario(Scenario):
    """The job works over the network; one of its requests fails there, or is the last thing it does:
    killed before the server has it, or when the server has done it."""

    KILLS = {"kill before": "reset before", "kill after": "reset after"}

    def __init__(self, name, directory, acknowledged):
        self.name, self.directory, self.acknowledged = name, directory, acknowledged
        with self.served() as (copy, server):
            between = proxy.Proxy(server.endpoint)
            self.run_remote(copy, server, between.endpoint)
            between.close()
            self.calls = [("request", n + 1, True) for n in range(between.requests)]

    def points(self):
        return [(self, call, number, what) for call, number, _ in self.calls
                for what in (*self.KILLS, *proxy.FAULTS)]

    @contextlib.contextmanager
    def served(self):
        with Copy(self) as copy:
            server = TracedServer(copy)
            try:
                yield copy, server
            finally:
                server.end()
                server.remove()

    def remote_command(self, copy):
        return [SLUICE, "run", os.path.join(copy, "job.json"), "--remote", "--json", "--window", "0", "--drain"]

    def run_remote(self, copy, server, endpoint, started=lambda process: None):
        process = subprocess.Popen(self.remote_command(copy), env=server.remote_environment(copy, endpoint), text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        started(process)
        _, err = process.communicate(timeout=120)
        return process.returncode, err

    def run_point(self, call, number, what):
        known, jobs = threading.Event(), []

        def started(process):
            jobs.append(process)
            known.set()

        def kill():
            known.wait(30)
            jobs[0].kill()
            jobs[0].wait(30)
        with self.served() as (copy, server):
            between = proxy.Proxy(server.endpoint, rate=1.0, faults=(self.KILLS.get(what, what),),
                                  only=lambda *_: between.requests == number,
                                  on_cut=kill if what in self.KILLS else None)
            status, _ = self.run_remote(copy, server, between.endpoint, started)
            between.close()
            seen = self.look(copy)
            again, err = self.run_remote(copy, server, server.endpoint)
            if again:
                return "the next run failed: " + err, False
            return seen or judge(copy, self.acknowledged) or self.look_again(copy), status == 0


class RemoteCompactScenario(RemoteScenario):
    look, look_again = CompactScenario.look, CompactScenario.look_again

    def remote_command(self, copy):
        return compact_command(copy, "--remote")


def make_closed(folder):
    """Four batches of an hour that is over: their files are to be compacted."""
    server = Server(directory=os.path.join(folder, "closed"))
    make_tables(server)
    acknowledged, hour = [], clock.hours_ago(3)
    for n in range(0, 200, 50):
        put(server.client("kinesis"), n, 50, acknowledged)
        done = run(job_command(server.directory), env=clock.at(hour))
        if done.returncode:
            raise RuntimeError(done.stderr)
    server.stop()
    return server.directory, acknowledged


def all_scenarios(folder):
    scenarios = make_scenarios(folder)
    first, later = scenarios[0], scenarios[1]
    scenarios.append(ServerScenario("server", later.directory, later.acknowledged))
    scenarios.append(TogetherScenario("together", first.directory, first.acknowledged))
    scenarios.append(RemoteScenario("remote", first.directory, first.acknowledged))
    closed = make_closed(folder)
    scenarios.append(CompactScenario("compact", *closed))
    scenarios.append(RemoteCompactScenario("compact over the network", *closed))
    return scenarios
