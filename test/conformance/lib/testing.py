"""What the conformance scripts share: TAP output, a `sluice up` of one's own, clients, SQL.

The binary is $SLUICE_BUILD/sluice (build/sluice). Servers listen on a free loopback port over a
temporary directory and end with the script."""
import atexit, configparser, json, os, shutil, signal, subprocess, sys, tempfile, traceback

BUILD = os.environ.get("SLUICE_BUILD", "build")
SLUICE = os.path.abspath(os.path.join(BUILD, "sluice"))
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
REGION = "us-east-1"

_count = _failed = 0


def ok(condition, name, detail=""):
    global _count, _failed
    _count += 1
    if not condition:
        _failed += 1
    print("%s %d - %s" % ("ok" if condition else "not ok", _count, name), flush=True)
    if not condition and detail:
        print("\n".join("# " + line for line in str(detail).splitlines()), flush=True)
    return condition


def equal(got, expected, name):
    return ok(got == expected, name, "got:      %r\nexpected: %r" % (got, expected))


def case(function):
    """Runs a test function; an exception is a failed test, not the end of the script."""
    try:
        function()
    except Exception:
        ok(False, function.__name__, traceback.format_exc())


class Skip(Exception):
    """Raised by a test that cannot judge here; its text says why."""


def test(function):
    """Decorates a function that is one test: it runs at once and fails by an exception."""
    name = function.__name__.replace("_", " ")
    try:
        function()
        ok(True, name)
    except Skip as why:
        ok(True, "%s # SKIP %s" % (name, why))
    except Exception:
        ok(False, name, traceback.format_exc())


def done():
    print("1..%d" % _count)
    sys.exit(1 if _failed or not _count else 0)


class Server:
    """`sluice up` as a child process, restartable over the same directory and port."""

    def __init__(self, *options, directory=None):
        self.directory = directory or tempfile.mkdtemp(prefix="sluice-test-")
        self.options = list(options)
        self.port = 0
        self.process = None
        atexit.register(self.remove)
        self.start()

    def start(self):
        self.log = open(self.directory + "-up.log", "ab")
        self.process = subprocess.Popen(
            [SLUICE, "up", "--json", "--port", str(self.port), "--dir", self.directory, *self.options],
            stdout=subprocess.PIPE, stderr=self.log, stdin=subprocess.DEVNULL)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("sluice up did not start: " + open(self.log.name).read()[-2000:])
        self.ready = json.loads(line)
        self.endpoint = self.ready["endpoint"]
        self.port = int(self.endpoint.rsplit(":", 1)[1])
        os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.path.join(self.directory, "credentials")
        os.environ.pop("AWS_ACCESS_KEY_ID", None)
        os.environ.pop("AWS_SECRET_ACCESS_KEY", None)
        os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
        os.environ["AWS_DEFAULT_REGION"] = REGION

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(30)
        return self.process.returncode if self.process else None

    def remove(self):
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.directory, ignore_errors=True)
        if os.path.exists(self.directory + "-up.log"):
            os.unlink(self.directory + "-up.log")

    def said(self):
        """What it wrote to its standard error."""
        return open(self.log.name).read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def client(self, service):
        import boto3
        from botocore.config import Config
        return boto3.session.Session().client(  # one of its own: the default one keeps credentials
            service, endpoint_url=self.endpoint, region_name=REGION,
            config=Config(retries={"max_attempts": 2}, max_pool_connections=16))

    def remote_environment(self, home, endpoint=None, **more):
        """Nothing but where to go and with which keys."""
        keys = configparser.ConfigParser()
        keys.read(os.path.join(self.directory, "credentials"))
        return {"PATH": os.environ["PATH"], "HOME": home, "AWS_REGION": REGION,
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_ACCESS_KEY_ID": keys["default"]["aws_access_key_id"],
                "AWS_SECRET_ACCESS_KEY": keys["default"]["aws_secret_access_key"],
                "AWS_ENDPOINT_URL": endpoint or self.endpoint,
                **{k: os.environ[k] for k in os.environ if k.endswith("SAN_OPTIONS")}, **more}

    def sql(self, text):
        """Rows of a query as lists of Python values, by `sluice sql --json`."""
        done = subprocess.run([SLUICE, "sql", "--dir", self.directory, "--json", text],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError("sluice sql: " + done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def run_job(self, document, *options, wait=True):
        """`sluice run` of a document; with wait, its committed batches."""
        path = os.path.join(tempfile.mkdtemp(prefix="sluice-job-", dir=self.directory), "job.json")
        with open(path, "w") as out:
            json.dump(document, out)
        command = [SLUICE, "run", path, "--dir", self.directory, "--json", *options]
        if not wait:
            return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError("sluice run: " + done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]


def stream_table(name, stream, columns):
    """Glue TableInput that describes a stream's JSON records."""
    return {
        "Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": {"classification": "json"},
        "StorageDescriptor": {
            "Columns": [{"Name": n, "Type": t} for n, t in columns],
            "Location": stream,
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
            "Parameters": {"typeOfData": "kinesis",
                           "streamARN": "arn:aws:kinesis:us-east-1:123456789012:stream/" + stream}}}


def job_document(name, database, table, mapping, path, lake_table, **target):
    """Catalog source -> ApplyMapping -> Parquet, registered as database.lake_table."""
    return {
        "Name": name,
        "CodeGenConfigurationNodes": {
            "source": {"CatalogKinesisSource": {
                "Name": "source", "Database": database, "Table": table, "WindowSize": 1,
                "StreamingOptions": {"StartingPosition": "TRIM_HORIZON"}}},
            "mapping": {"ApplyMapping": {
                "Name": "mapping", "Inputs": ["source"],
                "Mapping": [{"FromPath": f.split("."), "FromType": ft, "ToKey": t, "ToType": tt}
                            for f, ft, t, tt in mapping]}},
            "target": {"S3GlueParquetTarget": {
                "Name": "target", "Inputs": ["mapping"], "Path": path,
                "SchemaChangePolicy": {"EnableUpdateCatalog": True, "Database": database,
                                       "Table": lake_table,
                                       "UpdateBehavior": "UPDATE_IN_DATABASE"}, **target}}}}
