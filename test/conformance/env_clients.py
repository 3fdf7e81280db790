"""`eval "$(sluice env)"` in a shell, then the AWS CLI, boto3 and the AWS SDK for JavaScript with no
flag and no argument: Debian's AWS CLI and boto3 know no AWS_ENDPOINT_URL."""
import atexit, json, os, shutil, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

JS = """
import { createRequire } from "node:module";
const require = createRequire(process.argv[1]);
const { KinesisClient, ListStreamsCommand } = require("@aws-sdk/client-kinesis");
console.log((await new KinesisClient({}).send(new ListStreamsCommand({}))).StreamNames.join());
"""


def environment(home, **more):
    """That of a user who has never heard of AWS."""
    return {"PATH": "/usr/bin:/bin", "HOME": home, "LANG": "C.UTF-8", **more}


def shell(server, script, home, options="", **more):
    """Runs a script behind the eval; the program is in the path and the directory its variable."""
    values = environment(home, DIR=server.directory, **more)
    values["PATH"] = os.path.dirname(SLUICE) + ":" + values["PATH"]
    return subprocess.run(["sh", "-euc", 'eval "$(sluice env --dir "$DIR" %s)"\n%s' % (options, script)],
                          capture_output=True, text=True, env=values, timeout=60)


def said(done):
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


home = tempfile.mkdtemp(prefix="sluice-home-")
parent = tempfile.mkdtemp(prefix="sluice-test-")
odd = os.path.join(parent, "it's a \\ dir")
os.mkdir(odd)
atexit.register(shutil.rmtree, home)
atexit.register(shutil.rmtree, parent)
plain = Server(directory=odd)
secure = Server("--tls", "self-signed", "--region", "eu-west-1")
both = {"http": plain, "https": secure}


def for_both(function):
    for scheme, server in both.items():
        def one():
            function(server)
        one.__name__ = "%s over %s" % (function.__name__, scheme)
        test(one)


@for_both
def the_cli_with_no_flag(server):
    said(shell(server, "aws kinesis create-stream --stream-name s --shard-count 1", home))
    assert json.loads(said(shell(server, "aws kinesis list-streams", home)))["StreamNames"] == ["s"]
    said(shell(server, "aws glue create-database --database-input Name=d", home))
    assert "s3://bucket" not in said(shell(server, "aws s3 ls", home))
    said(shell(server, "aws s3 mb s3://bucket; echo hello | aws s3 cp - s3://bucket/folder/key", home))
    assert said(shell(server, "aws s3 cp s3://bucket/folder/key -", home)) == "hello"
    assert said(shell(server, "aws s3 ls --recursive s3://bucket", home)).endswith(" folder/key")


@for_both
def boto3_with_no_argument(server):
    script = ("/usr/bin/python3 -c 'import boto3; print(boto3.client(\"kinesis\").list_streams()"
              "[\"StreamNames\"], boto3.client(\"s3\").list_objects_v2(Bucket=\"bucket\")[\"KeyCount\"])'")
    assert said(shell(server, script, home)) == "['s'] 1"


@for_both
def javascript_with_no_argument(server):
    path = os.path.join(home, "list.mjs")
    with open(path, "w") as out:
        out.write(JS.replace("process.argv[1]", json.dumps(os.path.join(ROOT, "deps", "test", "x.js"))))
    assert said(shell(server, "node " + path, home, PATH=os.environ["PATH"])) == "s"


@for_both
def the_region_is_in_the_config_file(server):
    assert said(shell(server, "aws configure get region", home)) == server.ready["region"]
    assert said(shell(server, "aws configure get region", home, "--region ap-south-1")) == "ap-south-1"


@test
def what_would_win_is_unset():
    rivals = {"AWS_PROFILE": "other", "AWS_SESSION_TOKEN": "old", "AWS_ACCESS_KEY_ID": "AKIAOTHER",
              "AWS_ENDPOINT_URL_KINESIS": "http://127.0.0.1:1", "AWS_REGION": "eu-north-1",
              "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
    path = os.path.join(home, "list.mjs")
    assert '"s"' in said(shell(plain, "aws kinesis list-streams", home, **rivals))
    assert said(shell(plain, "node " + path, home, **{**rivals, "PATH": os.environ["PATH"]})) == "s"


@test
def json_says_the_same_as_sh():
    out = subprocess.run([SLUICE, "env", "--dir", odd, "--shell", "json"], capture_output=True,
                         text=True, env=environment(home, AWS_PROFILE="x"))
    variables = json.loads(said(out))
    assert variables.pop("AWS_PROFILE") is None
    for name, value in variables.items():
        assert said(shell(plain, "printenv " + name, home)) == value, name


@test
def fish_quotes_in_its_own_way():
    out = said(subprocess.run([SLUICE, "env", "--dir", odd, "--shell", "fish"], capture_output=True,
                              text=True, env=environment(home, AWS_PROFILE="x")))
    quoted = odd.replace("\\", "\\\\").replace("'", "\\'")
    assert "set -gx AWS_CONFIG_FILE '%s/client/config';\n" % quoted in out, out
    assert "set -e AWS_PROFILE;\n" in out, out


@test
def no_file_of_the_users_is_made_without_asking():
    assert not os.path.exists(os.path.join(home, ".aws", "cli", "alias")), os.listdir(home)
    assert sorted(os.listdir(os.path.join(odd, "client"))) == ["config", "data"]


@test
def aliases_on_request():
    alias = os.path.join(home, ".aws", "cli", "alias")
    done = shell(plain, "aws mb s3://other; aws cp %s s3://other/key; aws s3 ls s3://other" %
                 os.path.join(home, "list.mjs"), home, "--write")
    assert said(done).endswith("key") and alias in done.stderr, done
    os.unlink(alias)
    with open(alias, "w") as out:
        out.write("[toplevel]\nwho = sts get-caller-identity\n")
    mine = open(alias).read()
    done = shell(plain, "true", home, "--write")
    assert "left alone" in done.stderr and open(alias).read() == mine, done
    done = shell(plain, "true", home, "--write --force")
    assert "mb = s3 mb" in open(alias).read() and open(alias + ".before-sluice").read() == mine, done


@test
def nobody_serves():
    secure.stop()
    for directory in (secure.directory, "/none"):
        done = subprocess.run([SLUICE, "env", "--dir", directory], capture_output=True, text=True)
        assert done.returncode == 1 and done.stdout == "", done
        assert "no `sluice up' serves " + directory in done.stderr, done.stderr
    done = subprocess.run([SLUICE, "env", "--dir", odd, "--endpoint-url", "127.0.0.1:1"],
                          capture_output=True, text=True)
    assert done.returncode == 64 and "does not begin with" in done.stderr, done
    done = subprocess.run([SLUICE, "env", "--dir", secure.directory, "--endpoint-url",
                           "https://127.0.0.1:9"], capture_output=True, text=True)
    assert "AWS_CA_BUNDLE" in done.stdout and "https://127.0.0.1:9" in done.stdout, done


done()
