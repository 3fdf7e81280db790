#!/usr/bin/env python3
"""The command line as its users meet it: help, exit statuses, generator, server, SQL output."""
import collections, csv, io, json, os, re, shutil, signal, stat, subprocess, sys, tempfile, uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

COMMANDS = ["up", "gen", "run", "sql", "synth", "ls", "deploy", "diff", "destroy",
            "demo", "help"]
FAILED, USAGE = 1, 64

def scratch():
    return tempfile.TemporaryDirectory(prefix="sluice-test-")

def sluice(*args, **options):
    return subprocess.run([SLUICE, *args], capture_output=True, text=True, timeout=120, **options)

def options_of(command):
    text = sluice(command, "--help").stdout
    return set(re.findall(r"^\s+(?:-\S, )?--([a-z0-9-]+)", text, re.M)) - {"help", "usage"}

# ---- help ----

@test
def version_and_list_of_commands():
    version = open(os.path.join(ROOT, "VERSION")).read()
    done = sluice("--version")
    assert done.returncode == 0 and done.stdout == "sluice " + version, done
    done = sluice("help")
    assert done.returncode == 0
    for command in COMMANDS:
        assert re.search(r"^  %s +\S" % command, done.stdout, re.M), command

@test
def unknown_command_suggests_the_nearest():
    done = sluice("gne")
    assert done.returncode == USAGE and "did you mean 'gen'" in done.stderr, done
    done = sluice("frobnicate")
    assert done.returncode == USAGE and "did you mean" not in done.stderr, done

@test
def every_option_is_in_help_man_page_and_completion():
    completion = sluice("help", "--completion").stdout
    for command in COMMANDS:
        options = options_of(command)
        assert options, command
        page = sluice("help", "--man", command).stdout.replace("\\-", "-")
        words = re.search(r"^    %s,\*\) words='([^']*)'" % command, completion, re.M).group(1)
        for option in options:
            assert "--" + option in page, (command, option)
            assert "--" + option in words.split(), (command, option)

@test
def completion_works_in_bash():
    def complete(*words):
        script = 'eval "$(%s help --completion)"; COMP_WORDS=(%s); COMP_CWORD=%d; ' \
                 '_sluice sluice "%s" "%s"; echo "${COMPREPLY[*]}"' % (
                     SLUICE, " ".join("'%s'" % w for w in words), len(words) - 1,
                     words[-1], words[-2])
        return subprocess.run(["bash", "-c", script], capture_output=True, text=True).stdout.split()
    assert complete("sluice", "d") == ["deploy", "diff", "destroy", "demo"]
    assert complete("sluice", "up", "--a") == ["--auth", "--account"], complete("sluice", "up", "--a")
    assert complete("sluice", "job", "st") == ["start", "stop"], complete("sluice", "job", "st")
    assert complete("sluice", "deploy", "GlueSch") == ["GlueSchemaOnKinesisStream"]
    assert complete("sluice", "deploy", "--all", "Kin") == ["KinesisStreamAsGlueStreamingJobDataSource"]
    assert complete("sluice", "help", "de") == ["deploy", "destroy", "demo"]
    assert complete("sluice", "up", "--auth", "o") == ["on", "off"]

@test
def man_pages_are_clean_roff():
    if not shutil.which("groff"):
        raise Skip("groff is not installed")
    for page in [[], *[[c] for c in COMMANDS]]:
        text = sluice("help", "--man", *page).stdout
        done = subprocess.run(["groff", "-man", "-Tascii", "-ww"], input=text,
                              capture_output=True, text=True)
        assert done.returncode == 0 and not done.stderr, (page, done.stderr)

@test
def the_list_of_operations_is_the_binarys():
    path = os.path.join(ROOT, "COMPATIBILITY.md")
    assert open(path).read() == sluice("help", "--compatibility").stdout, \
        "write it anew: build/sluice help --compatibility > COMPATIBILITY.md"

@test
def wrong_use_is_told_with_status_64():
    for args, words in [
        (["gen"], "--stream-name is missing"),
        (["gen", "--dry-run", "--max-count", "-1"], "--max-count"),
        (["gen", "--dry-run", "--max-count", "ten"], "--max-count"),
        (["gen", "--dry-run", "--malformed", "101"], "0 to 100"),
        (["gen", "--dry-run", "--nonsense"], "nonsense"),
        (["up", "--auth", "maybe"], "on, off"),
        (["up", "--port", "65536"], "65535"),
        (["up", "--account", "12"], "12 digits"),
        (["run"], "JOB.json|SCRIPT.py... is missing"),
        (["sql"], "QUERY is missing"),
        (["sql", "SELECT 1", "SELECT 2"], "too many"),
        (["sql", "--csv", "--json", "SELECT 1"], "either"),
        (["help", "nonsense"], "nonsense"),
    ]:
        done = sluice(*args)
        assert done.returncode == USAGE and words in done.stderr and not done.stdout, (args, done)

@test
def output_that_cannot_be_written_is_a_failure():
    with open("/dev/full", "w") as full:
        for args in ["help"], ["gen", "--dry-run", "--max-count", "5"], ["help", "--man", "up"]:
            done = subprocess.run([SLUICE, *args], stdout=full, stderr=subprocess.PIPE, text=True)
            assert done.returncode == FAILED and "writ" in done.stderr, (args, done)

# ---- gen ----

def dry_run(*args):
    done = subprocess.run([SLUICE, "gen", "--dry-run", *args], capture_output=True, timeout=60)
    assert done.returncode == 0 and not done.stderr, done
    return done.stdout

@test
def records_depend_on_the_seed_alone():
    many = dry_run("--max-count", "2000", "--seed", "7")
    assert many == dry_run("--max-count", "2000", "--seed", "7")
    assert many.startswith(dry_run("--max-count", "700", "--seed", "7"))
    assert many != dry_run("--max-count", "2000", "--seed", "8")

@test
def records_have_the_documented_fields():
    seen = collections.defaultdict(set)
    for line in dry_run("--max-count", "20000", "--seed", "1").decode().splitlines():
        record = json.loads(line)
        for name, value in record.items():
            seen[name].add(value)
    assert list(seen) == ["ventilatorid", "eventtime", "serialnumber", "pressurecontrol", "o2stats",
                          "minutevolume", "manufacturer"], list(seen)
    assert seen["ventilatorid"] == set(range(1, 51))
    assert seen["pressurecontrol"] == set(range(3, 41))
    assert seen["o2stats"] == set(range(90, 101))
    assert seen["minutevolume"] == set(range(2, 11))
    assert seen["manufacturer"] == {"3M", "GE", "Vyaire", "Getinge"}
    assert len(seen["serialnumber"]) == 20000
    assert all(uuid.UUID(u).version == 4 and uuid.UUID(u).variant == uuid.RFC_4122
               for u in seen["serialnumber"])
    assert all(re.fullmatch(r"2023-\d\d-\d\d \d\d:\d\d:\d\d", t) for t in seen["eventtime"])

@test
def malformed_records_are_as_many_as_asked_for():
    def bad(line):
        try:
            return not isinstance(json.loads(line.decode()), dict)
        except ValueError:
            return True
    lines = dry_run("--max-count", "10000", "--seed", "1", "--malformed", "10").split(b"\n")[:-1]
    assert len(lines) == 10000 and 900 < sum(map(bad, lines)) < 1100, sum(map(bad, lines))
    assert all(map(bad, dry_run("--max-count", "500", "--malformed", "100").split(b"\n")[:-1]))

def stored_records(kinesis, stream):
    """All records of a stream, as boto3 reads them."""
    records = []
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        iterator = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard["ShardId"],
                                              ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        while True:
            reply = kinesis.get_records(ShardIterator=iterator, Limit=10000)
            records += reply["Records"]
            iterator = reply["NextShardIterator"]
            if not reply["Records"] and reply["MillisBehindLatest"] == 0:
                break
    return records

def environment(server):
    return dict(os.environ, AWS_ENDPOINT_URL=server.endpoint)

def gen(server, *args):
    done = sluice("gen", "--json", *args, env=environment(server))
    assert done.returncode == 0, done
    return json.loads(done.stdout)

@test
def acknowledged_records_are_the_stored_ones():
    with Server() as server:
        kinesis = server.client("kinesis")
        kinesis.create_stream(StreamName="s", ShardCount=3)
        counts = gen(server, "--stream-name", "s", "--max-count", "2345", "--seed", "5",
                     "--malformed", "5")
        stored = stored_records(kinesis, "s")
        assert counts["acknowledged"] == len(stored) == 2345, (counts, len(stored))
        expected = dry_run("--max-count", "2345", "--seed", "5", "--malformed", "5")
        assert sorted(r["Data"] for r in stored) == sorted(
            line + b"\n" for line in expected.split(b"\n")[:-1])
        for record in stored:
            try:
                value = json.loads(record["Data"])
            except ValueError:
                continue
            if isinstance(value, dict):
                assert record["PartitionKey"] == str(value["ventilatorid"])

@test
def throttled_records_are_sent_again():
    with Server("--limits", "aws") as server:
        kinesis = server.client("kinesis")
        kinesis.create_stream(StreamName="s", ShardCount=1)
        counts = gen(server, "--stream-name", "s", "--max-count", "2500", "--seed", "5")
        assert counts["acknowledged"] == 2500 and counts["resent"] > 0, counts
        assert len(stored_records(kinesis, "s")) == 2500

@test
def a_stopped_generator_counts_what_it_put():
    with Server() as server:
        kinesis = server.client("kinesis")
        kinesis.create_stream(StreamName="s", ShardCount=1)
        process = subprocess.Popen(
            [SLUICE, "gen", "--stream-name", "s", "--max-count", "0", "--rate", "2000", "--json"],
            env=environment(server), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while not stored_records(kinesis, "s"):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=30)
        assert process.returncode == 0 and not errors, (process.returncode, errors)
        assert json.loads(out)["acknowledged"] == len(stored_records(kinesis, "s")) > 0

@test
def a_missing_stream_is_an_error_in_words():
    with Server() as server:
        done = sluice("gen", "--stream-name", "none", env=environment(server))
        assert done.returncode == FAILED and "none" in done.stderr, done
    done = sluice("gen", "--stream-name", "none", "--endpoint-url", "http://127.0.0.1:1",
                  env=dict(os.environ, AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b"))
    assert done.returncode == FAILED and done.stderr.startswith("sluice gen: "), done

# ---- up ----

@test
def ready_line_and_credentials():
    server = Server()
    ready = server.ready
    assert set(ready) == {"endpoint", "directory", "region", "account", "access_key", "pid"}
    assert ready["directory"] == server.directory and ready["pid"] == server.process.pid
    assert ready["account"] == "123456789012" and ready["region"] == "us-east-1"
    path = os.path.join(server.directory, "credentials")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    text = open(path).read()
    secret = re.search(r"aws_secret_access_key = (\S+)", text).group(1)
    assert "aws_access_key_id = %s\n" % ready["access_key"] in text
    assert server.client("kinesis").list_streams()["StreamNames"] == []
    said = server.said()
    assert ready["endpoint"] in said and "auth on" in said and "limits off" in said, said
    assert "new access key " + ready["access_key"] in said and secret not in said, said
    assert server.stop() == 0
    server.start()
    assert server.ready["access_key"] == ready["access_key"] and open(path).read() == text
    assert server.said().count("new access key") == 1
    assert server.stop() == 0

@test
def a_directory_is_served_once():
    with Server() as server:
        done = sluice("up", "--port", "0", "--dir", server.directory)
        assert done.returncode == FAILED and str(server.ready["pid"]) in done.stderr, done

@test
def a_killed_server_leaves_its_directory_free():
    server = Server()
    server.stop(signal.SIGKILL)
    server.start()
    assert server.stop() == 0

@test
def both_signals_end_the_server_cleanly():
    for number in signal.SIGTERM, signal.SIGINT:
        server = Server()
        assert server.stop(number) == 0, (number, server.said())

@test
def a_port_in_use_is_an_error():
    with scratch() as other, Server() as server:
        done = sluice("up", "--port", str(server.port), "--dir", other)
        assert done.returncode == FAILED and str(server.port) in done.stderr, done

@test
def signatures_matter_unless_auth_is_off():
    import boto3, botocore.exceptions
    def list_streams(server):
        return boto3.client("kinesis", endpoint_url=server.endpoint, region_name="us-east-1",
                            aws_access_key_id=server.ready["access_key"],
                            aws_secret_access_key="wrong").list_streams()
    with Server() as server:
        try:
            list_streams(server)
            raise AssertionError("a wrong secret was accepted")
        except botocore.exceptions.ClientError:
            pass
    with Server("--auth", "off") as server:
        assert list_streams(server)["StreamNames"] == []

# ---- sql ----

QUERY = "SELECT * FROM (VALUES (1, 'a,b', CAST(NULL AS INTEGER)), (22, 'c\"d', 3)) t(n, text, maybe)"

def sql(*args):
    with Server() as server:
        return sluice("sql", "--dir", server.directory, *args)

@test
def rows_as_an_aligned_table():
    done = sql(QUERY)
    assert done.returncode == 0, done
    assert done.stdout == (' n  text  maybe\n'
                           '--  ----  -----\n'
                           ' 1  a,b    NULL\n'
                           '22  c"d       3\n'
                           '(2 rows)\n'), done.stdout

@test
def rows_as_csv_and_json():
    done = sql("--csv", QUERY)
    assert list(csv.reader(io.StringIO(done.stdout))) == [
        ["n", "text", "maybe"], ["1", "a,b", ""], ["22", 'c"d', "3"]], done
    done = sql("--json", QUERY)
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"n": 1, "text": "a,b", "maybe": None}, {"n": 22, "text": 'c"d', "maybe": 3}], done

@test
def values_of_every_kind_as_text():
    query = ("SELECT DATE '2023-01-02' AS d, TIMESTAMP '2023-01-02 03:04:05.5' AS t, "
             "CAST(1.5 AS DECIMAL(6,2)) AS m, TRUE AS b, '' AS empty, CAST(NULL AS VARCHAR) AS n, "
             "'zw\u00f6lf' AS u, 'a' || chr(10) || 'b' AS lines, ARRAY[1, 2] AS l, "
             "CAST(ROW(1, 'x') AS ROW(a integer, b varchar)) AS s")
    assert sql(query).stdout.splitlines() == [
        'd           t                         m  b     empty  n     u      lines  l      s',
        '----------  ---------------------  ----  ----  -----  ----  -----  -----  -----  ---------------',
        '2023-01-02  2023-01-02 03:04:05.5  1.50  true         NULL  zw\u00f6lf  a b    [1,2]  '
        '{"a":1,"b":"x"}',
        '(1 row)'], sql(query).stdout
    header, row = csv.reader(io.StringIO(sql("--csv", query).stdout))
    assert row == ['2023-01-02', '2023-01-02 03:04:05.5', '1.50', 'true', '', '', 'zw\u00f6lf', 'a\nb',
                   '[1,2]', '{"a":1,"b":"x"}'], row
    assert ',true,"",,zw' in sql("--csv", query).stdout  # an empty text is not a NULL
    [value] = map(json.loads, sql("--json", query).stdout.splitlines())
    assert value["l"] == [1, 2] and value["s"] == {"a": 1, "b": "x"} and value["empty"] == ""
    assert value["n"] is None and value["b"] is True and value["lines"] == "a\nb"

@test
def statements_that_cannot_be_answered():
    done = sql("SELECT * FROM nowhere.nothing")
    assert done.returncode == FAILED and "not" in done.stderr, done
    done = sql("DROP TABLE x")
    assert done.returncode != 0 and done.stderr.startswith("sluice sql: "), done
    done = sql("SELECT * FROM read_csv('/etc/passwd')")
    assert done.returncode != 0 and "root" not in done.stdout, done
    with scratch() as directory:
        done = sluice("sql", "--dir", directory, "SELECT 1")
        assert done.returncode == FAILED and directory in done.stderr, done

done()
