"""What the rows stand on: folders, records, servers under measure, signed requests, the driver."""
import contextlib, json, os, shutil, socket, subprocess, sys, tempfile, time
import urllib.request

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from row import Absent

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.abspath(os.path.join(ROOT, os.environ.get("SLUICE_BUILD", "build")))
SLUICE = os.path.join(BUILD, "sluice")
LOAD = os.path.join(BUILD, "bench", "load")
PEERS = os.path.join(ROOT, "deps", "bench", "node_modules")
CLIENTS = os.path.join(ROOT, "deps", "test", "node_modules")
REGION = "us-east-1"
START_TIMEOUT = 30


def process_tree(pid):
    pids = [pid]
    for task in os.listdir("/proc/%d/task" % pid):
        with contextlib.suppress(OSError):  # a thread that has ended meanwhile
            with open("/proc/%d/task/%s/children" % (pid, task)) as children:
                for child in children.read().split():
                    pids += process_tree(int(child))
    return pids


def memory_mib(pid, what):
    """Of a process and its children: VmRSS now, VmHWM at its peak."""
    total = 0
    for each in process_tree(pid):
        with open("/proc/%d/status" % each) as status:
            total += sum(int(line.split()[1]) for line in status if line.startswith(what))
    return total / 1024


def run_timed(command, **options):
    """Runs a command to its end: (seconds, peak MiB, stdout). Fails unless it exits with 0."""
    with tempfile.NamedTemporaryFile("r", prefix="sluice-peak-") as peak:
        start = time.monotonic()
        done = subprocess.run([os.path.join(BUILD, "bench", "launch"), peak.name, *command],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
        seconds = time.monotonic() - start
        if done.returncode != 0:
            raise RuntimeError("%s ended with %d: %s" % (" ".join(command), done.returncode,
                                                         done.stderr[-1000:]))
        return seconds, int(peak.read()) / 1024, done.stdout


class Server:
    """A process that answers HTTP on a port of this machine; ended with the stage."""

    def __init__(self, command, port, log, **options):
        self.port, self.log = port, log
        self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT,
                                        stdin=subprocess.DEVNULL, **options)
        self.credentials = Credentials("bench", "bench")

    def wait(self):
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            time.sleep(0.005)
        raise RuntimeError("no server on port %d: %s" % (self.port, open(self.log.name).read()))

    def peak_mib(self):
        return memory_mib(self.process.pid, "VmHWM")

    def forget_peak(self):
        for pid in process_tree(self.process.pid):
            with open("/proc/%d/clear_refs" % pid, "w") as file:
                file.write("5")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    # ---- requests ----

    def head(self, service, method, path, headers, body=b""):
        """A request's head, signed unless the server has no credentials: good for a quarter of an
        hour and as often as one likes."""
        url = "http://127.0.0.1:%d%s" % (self.port, path)
        request = AWSRequest(method, url, headers=dict(headers), data=body)
        signer = S3SigV4Auth if service == "s3" else SigV4Auth
        if self.credentials:
            signer(self.credentials, service, REGION).add_auth(request)
        lines = ["%s %s HTTP/1.1" % (method, path), "Host: 127.0.0.1:%d" % self.port]
        lines += ["%s: %s" % item for item in request.headers.items()]
        lines.append("Content-Length: %d" % len(body))
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def kinesis_head(self, operation, body, form="json"):
        return self.head("kinesis", "POST", "/", {
            "Content-Type": "application/x-amz-%s-1.1" % form,
            "X-Amz-Target": "Kinesis_20131202." + operation}, body)

    def call(self, service, method, path, headers, body=b""):
        """One signed request; its reply's body."""
        lines = self.head(service, method, path, headers, body).decode().split("\r\n")[1:-2]
        request = urllib.request.Request("http://127.0.0.1:%d%s" % (self.port, path),
                                         body or None, dict(l.split(": ", 1) for l in lines),
                                         method=method)
        with urllib.request.urlopen(request) as reply:
            return reply.read()

    def json(self, target, **members):
        """An operation of an AWS JSON service: "kinesis:Kinesis_20131202.ListShards"."""
        service, operation = target.split(":")
        reply = self.call(service, "POST", "/", {"Content-Type": "application/x-amz-json-1.1",
                                                 "X-Amz-Target": operation},
                          json.dumps(members).encode())
        return json.loads(reply) if reply else {}

    def kinesis(self, operation, **members):
        return self.json("kinesis:Kinesis_20131202." + operation, **members)

    def load(self, heads, body=b"", connections=1, requests=100):
        """Sends the requests by the driver; its report. A refused request is an error."""
        with tempfile.TemporaryDirectory(prefix="sluice-load-") as folder:
            paths = []
            for name, content in (("heads", b"".join(heads)), ("body", body)):
                paths.append(os.path.join(folder, name))
                with open(paths[-1], "wb") as file:
                    file.write(content)
            _, _, out = run_timed([LOAD, str(self.port), str(connections), str(requests), *paths])
        report = json.loads(out)
        if report["failed"]:
            raise RuntimeError("%(failed)d requests failed, first: %(first_failure)s" % report)
        return report


class Stage(contextlib.ExitStack):
    """The set of one row; everything goes at its end."""

    def __init__(self, quick=False):
        super().__init__()
        self.quick = quick
        self.folder = tempfile.mkdtemp(prefix="sluice-bench-", dir=os.path.join(BUILD, "bench"))
        self.callback(shutil.rmtree, self.folder, ignore_errors=True)

    def count(self, full, quick=None):
        """How much work: a tenth, or `quick`, for a look."""
        return full if not self.quick else quick or max(1, full // 10)

    def path(self, name):
        return os.path.join(self.folder, name)

    def fresh(self, name):
        """A path where nothing stands: to cut a file of half a gigabyte off is nobody's work to measure."""
        path = self.path(name)
        if os.path.exists(path):
            os.remove(path)
        return path

    def warm(self, path):
        """What is read is in the page cache, as the rows say: systems drop what was not used for long."""
        files = [path] if os.path.isfile(path) else [
            os.path.join(at, name) for at, _, names in os.walk(path) for name in names]
        for name in files:
            with open(name, "rb", buffering=0) as file:
                while file.read(1 << 22):
                    pass

    def records(self, count):
        """A file of so many ventilator records, a line each; made once."""
        path = os.path.join(BUILD, "bench", "records-%d.ndjson" % count)
        if not os.path.exists(path):
            with open(path + ".part", "wb") as file:
                subprocess.run([SLUICE, "gen", "--dry-run", "--seed", "1", "--max-count",
                                str(count)], stdout=file, check=True)
            os.rename(path + ".part", path)
        return path

    def server(self, name, command, port, **options):
        log = self.enter_context(open(self.path(name + ".log"), "w"))
        server = Server(command, port, log, **options)
        self.callback(server.stop)
        return server.wait()

    def sluice(self, *options, directory="data"):
        """`sluice up`, with the signatures it verifies."""
        port = free_port()
        server = self.server("sluice", [SLUICE, "up", "--port", str(port), "--dir",
                                        self.path(directory), *options], port)
        server.directory = self.path(directory)
        server.endpoint = "http://127.0.0.1:%d" % port
        while not os.path.exists(os.path.join(server.directory, "credentials")):
            time.sleep(0.005)
        with open(os.path.join(server.directory, "credentials")) as file:
            keys = dict(line.strip().replace(" ", "").split("=", 1) for line in file if "=" in line)
        server.credentials = Credentials(keys["aws_access_key_id"], keys["aws_secret_access_key"])
        return server

    def kinesalite(self):
        port = free_port()
        return self.server("kinesalite", [
            "node", os.path.join(PEERS, "kinesalite", "cli.js"), "--port", str(port),
            "--createStreamMs", "10", "--deleteStreamMs", "10", "--shardLimit", "1000"], port)

    def moto(self):
        """No package of Debian's or npm's: measured where $MOTO_PYTHON, or this Python, has it."""
        python = os.environ.get("MOTO_PYTHON", sys.executable)
        if subprocess.run([python, "-c", "import moto.server"], capture_output=True).returncode:
            raise Absent("%s cannot import moto.server. To have it, outside the repository: "
                         "python3 -m venv DIR && DIR/bin/pip install 'moto[server]'; then "
                         "MOTO_PYTHON=DIR/bin/python ./dev bench put-records-moto" % python)
        port = free_port()
        return self.server("moto", [python, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
                           port)

    def s3rver(self, bucket):
        port = free_port()
        os.mkdir(self.path("s3rver"))
        server = self.server("s3rver", [
            "node", os.path.join(PEERS, "s3rver", "bin", "s3rver.js"), "--silent", "--directory",
            self.path("s3rver"), "--address", "127.0.0.1", "--port", str(port),
            "--configure-bucket", bucket], port)
        server.credentials = None  # takes anonymous requests, which cost it less
        return server


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
