"""Everything at once, for minutes: constant load; a job, its server or both are killed every few
seconds; the stream is resharded; hours pass quickly (libfaketime moves the wall clock of all
processes, not the monotonic one). A second job is never killed: its memory and descriptors stay flat,
and so do the server's once the kills of it end (in the last third). In the end every acknowledged
record is in both tables once, and the audits are clean.

    soak.py [--minutes N] [--seed N]"""
import argparse, random

from crash import *

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
CLOCK_STEP, CLOCK_EVERY = 1200, 15  # seconds of the wall clock, every so many seconds
RATE, PER_PUT = 600, 100            # records per second
FLAT_KIB, FLAT_DESCRIPTORS = 24 * 1024, 8


class Soak:
    def __init__(self, minutes, seed):
        self.end = time.monotonic() + 60 * minutes
        self.begin, self.length = time.monotonic(), 60 * minutes
        self.random = random.Random(seed)
        self.folder = tempfile.mkdtemp(prefix="sluice-soak-")
        self.data = os.path.join(self.folder, "data")
        self.clock = os.path.join(self.folder, "clock")
        self.offset = 0
        self.set_clock()
        self.log = open(os.path.join(self.folder, "log"), "ab")
        self.port, self.endpoint = 0, None
        self.acknowledged, self.sent = [], 0
        self.counts = collections.Counter()
        self.samples = collections.defaultdict(list)  # pid's role -> (seconds, KiB, descriptors)
        self.server = self.killed = self.spared = None

    def set_clock(self):
        with open(self.clock + ".new", "w") as out:
            out.write("+%d\n" % self.offset)
        os.rename(self.clock + ".new", self.clock)

    def environment(self):
        fake = {} if not os.path.exists(FAKETIME) else {
            "LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": self.clock, "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        return {**os.environ, **fake}

    def start(self, *arguments, output=None):
        return subprocess.Popen([SLUICE, *arguments, "--dir", self.data, "--json"],
                                stdin=subprocess.DEVNULL, stdout=output or self.log, stderr=self.log,
                                env=self.environment())

    def start_server(self):
        self.server = self.start("up", "--port", str(self.port), "--auth", "off",
                                 output=subprocess.PIPE)
        line = self.server.stdout.readline()
        if not line:
            raise RuntimeError("sluice up did not start: " + open(self.log.name).read()[-2000:])
        ready = json.loads(line)
        self.endpoint = ready["endpoint"]
        self.port = int(self.endpoint.rsplit(":", 1)[1])
        self.directory = self.data

    def client(self, service):
        import boto3
        from botocore.config import Config
        return boto3.session.Session(aws_access_key_id="AKIDSOAK", aws_secret_access_key="soak").client(
            service, endpoint_url=self.endpoint, region_name=REGION,
            config=Config(retries={"max_attempts": 0}, connect_timeout=5, read_timeout=30))

    def start_job(self, name):
        return self.start("run", os.path.join(self.folder, name + ".json"), "--window", "0.5")

    def set_up(self):
        self.start_server()
        self.client("kinesis").create_stream(StreamName="events", ShardCount=2)
        self.client("s3").create_bucket(Bucket="lake")
        glue = self.client("glue")
        glue.create_database(DatabaseInput={"Name": "db"})
        glue.create_table(DatabaseName="db", TableInput=stream_table("events", "events", COLUMNS))
        for name in "killed", "spared":
            with open(os.path.join(self.folder, name + ".json"), "w") as out:
                json.dump(job_document(name, "db", "events", MAPPING, "s3://lake/%s/" % name, name), out)
        self.killed, self.spared = self.start_job("killed"), self.start_job("spared")

    # ---- what goes on all the time ----

    def produce(self):
        kinesis = self.client("kinesis")
        due = time.monotonic()
        while time.monotonic() < self.end:
            first, self.sent = self.sent, self.sent + PER_PUT
            try:
                put(kinesis, first, PER_PUT, self.acknowledged)
            except Exception:
                self.counts["puts without an answer"] += 1
                time.sleep(0.05)
            due += PER_PUT / RATE
            time.sleep(max(0, due - time.monotonic()))

    def kill(self, process):
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()

    def disturb(self):
        spare_server = time.monotonic() > self.begin + self.length * 2 / 3
        what = self.random.choice(["job"] * 3 + ([] if spare_server else ["server", "both"]))
        self.counts["kills of the " + what if what != "both" else "kills of both"] += 1
        if what != "server":
            self.kill(self.killed)
        if what != "job":
            self.kill(self.server)
            self.start_server()
        if what != "server":
            self.killed = self.start_job("killed")

    def reshard(self):
        try:
            self.client("kinesis").update_shard_count(
                StreamName="events", TargetShardCount=self.random.choice([2, 3, 4]),
                ScalingType="UNIFORM_SCALING")
            self.counts["reshards"] += 1
        except Exception as e:
            print("# reshard: %s" % e)

    def pass_time(self):
        if os.path.exists(FAKETIME):
            self.offset += CLOCK_STEP
            self.set_clock()
            self.counts["clock steps of %d minutes" % (CLOCK_STEP // 60)] += 1

    def sample(self):
        for role in "server", "spared":
            process = getattr(self, role)
            if process.poll() is not None:
                raise RuntimeError("%s ended by itself: %s" % (role, open(self.log.name).read()[-2000:]))
            # Anonymous memory: pages of mapped files are the page cache's.
            [line] = [l for l in open("/proc/%d/status" % process.pid) if l.startswith("RssAnon")]
            self.samples[role].append((time.monotonic() - self.begin, int(line.split()[1]),
                                       len(os.listdir("/proc/%d/fd" % process.pid))))

    def go(self):
        producer = threading.Thread(target=self.produce)
        producer.start()
        try:
            self.disturb_for_minutes()
        finally:
            self.end = min(self.end, time.monotonic())
            producer.join()

    def disturb_for_minutes(self):
        events = [(4, self.disturb), (23, self.reshard), (CLOCK_EVERY, self.pass_time), (1, self.sample)]
        due = [time.monotonic() + every for every, _ in events]
        while time.monotonic() < self.end:
            for at, (every, what) in enumerate(events):
                if time.monotonic() >= due[at]:
                    what()
                    due[at] = time.monotonic() + every * self.random.uniform(0.5, 1.5)
            time.sleep(0.1)

    # ---- the end ----

    def finish(self):
        for process in self.killed, self.spared, self.server:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
        for name in "killed", "spared":
            done = run([SLUICE, "run", os.path.join(self.folder, name + ".json"), "--dir", self.data,
                        "--json", "--window", "0", "--drain"], env=self.environment())
            ok(done.returncode == 0, "job %s drains" % name, done.stderr)

    def judge_table(self, table):
        good = {n for n in self.acknowledged if n % BAD_EVERY}
        rows = [r["id"] for r in sql(self.data, "SELECT id FROM db." + table)]
        found = collections.Counter(rows)
        ok(len(rows) == len(found), "%s: no record twice" % table, found.most_common(3))
        ok(not good - set(found), "%s: none of %d acknowledged records lost" % (table, len(good)),
           sorted(good - set(found))[:5])
        ok(all(0 <= n < self.sent for n in found), "%s: no record from nowhere" % table)
        for name in table, table + "_quarantine":
            audit = run([SLUICE, "audit", "db." + name, "--dir", self.data, "--json"])
            report = json.loads(audit.stdout or "{}")
            ok(audit.returncode == 0, "%s: the audit is clean" % name,
               audit.stderr + "\n".join(p["text"] for p in report.get("problems", [])))
        audit = json.loads(run([SLUICE, "audit", "db." + table, "--dir", self.data, "--json"]).stdout)
        print("# %s: %d files, %d rows, %d hours, %d batches, %d shards" % (
            table, audit["files"], audit["rows"], audit["partitions"],
            sum(j["batches"] for j in audit["jobs"]), len(audit["jobs"][0]["shards"])))

    def judge_flat(self, role, since):
        samples = [s for s in self.samples[role] if s[0] >= since]
        half = len(samples) // 2
        def typical(part, at):
            values = sorted(s[at] for s in part)
            return values[len(values) // 2] if values else 0
        memory = typical(samples[:half], 1), typical(samples[half:], 1)
        descriptors = typical(samples[:half], 2), typical(samples[half:], 2)
        print("# %s: %d -> %d KiB, %d -> %d descriptors (medians of two halves of %d samples)" % (
            role, *memory, *descriptors, len(samples)))
        ok(memory[1] <= memory[0] + FLAT_KIB, "%s: memory stays flat" % role, memory)
        ok(descriptors[1] <= descriptors[0] + FLAT_DESCRIPTORS, "%s: descriptors stay flat" % role, descriptors)

    def close(self):
        for process in self.killed, self.spared, self.server:
            if process and process.poll() is None:
                self.kill(process)
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    soak = Soak(options.minutes, options.seed)
    try:
        soak.set_up()
        soak.go()
        soak.finish()
        print("# %d records sent, %d acknowledged; %s" % (soak.sent, len(soak.acknowledged), ", ".join(
            "%d %s" % (n, what) for what, n in sorted(soak.counts.items()))))
        for table in "killed", "spared":
            soak.judge_table(table)
        soak.judge_flat("spared", soak.length / 5)
        soak.judge_flat("server", soak.length * 2 / 3 + 5)
        staged = os.listdir(os.path.join(soak.data, "objects", ".staging"))
        equal(staged, [], "no staged bytes are left")
        if not os.path.exists(FAKETIME):
            print("# without libfaketime no hour ended")
    finally:
        soak.close()


case(main)
done()
