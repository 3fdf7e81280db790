"""`eval "$(sluice env)"` in a shell, then the AWS CLI, boto3 and the AWS SDK for JavaScript with no
flag and no argument: Debian's AWS CLI and boto3 know no AWS_ENDPOINT_URL."""
import atexit, json, os, shutil, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *
from user import User, environment, said

JS = """
import { createRequire } from "node:module";
const require = createRequire(process.argv[1]);
const { KinesisClient, ListStreamsCommand } = require("@aws-sdk/client-kinesis");
console.log((await new KinesisClient({}).send(new ListStreamsCommand({}))).StreamNames.join());
"""


user = User()
home = user.home
parent = tempfile.mkdtemp(prefix="sluice-test-")
odd = os.path.join(parent, "it's a \\ dir")
os.mkdir(odd)
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
    said(user.shell(server, "aws kinesis create-stream --stream-name s --shard-count 1"))
    assert json.loads(said(user.shell(server, "aws kinesis list-streams")))["StreamNames"] == ["s"]
    said(user.shell(server, "aws glue create-database --database-input Name=d"))
    assert "s3://bucket" not in said(user.shell(server, "aws s3 ls"))
    said(user.shell(server, "aws s3 mb s3://bucket; echo hello | aws s3 cp - s3://bucket/folder/key"))
    assert said(user.shell(server, "aws s3 cp s3://bucket/folder/key -")) == "hello"
    assert said(user.shell(server, "aws s3 ls s3://bucket")) == "PRE folder/"
    identity = json.loads(said(user.shell(server, "aws sts get-caller-identity")))
    assert identity["Account"] == server.ready["account"]
    said(user.shell(server, "aws iam list-roles; aws lakeformation list-permissions; aws logs describe-log-groups"))
    done = user.shell(server, "aws ssm get-parameter --name none")
    assert "ParameterNotFound" in done.stderr, done


@for_both
def boto3_with_no_argument(server):
    script = ("/usr/bin/python3 -c 'import boto3; print(boto3.client(\"kinesis\").list_streams()"
              "[\"StreamNames\"], boto3.client(\"s3\").list_objects_v2(Bucket=\"bucket\")[\"KeyCount\"])'")
    assert said(user.shell(server, script)) == "['s'] 1"


@for_both
def javascript_with_no_argument(server):
    path = os.path.join(home, "list.mjs")
    with open(path, "w") as out:
        out.write(JS.replace("process.argv[1]", json.dumps(os.path.join(ROOT, "deps", "test", "x.js"))))
    assert said(user.shell(server, "node " + path, PATH=os.environ["PATH"])) == "s"


@for_both
def the_region_is_in_the_config_file(server):
    assert said(user.shell(server, "aws configure get region")) == server.ready["region"]
    assert said(user.shell(server, "aws configure get region", "--region ap-south-1")) == "ap-south-1"


@test
def what_would_win_is_unset():
    rivals = {"AWS_PROFILE": "other", "AWS_SESSION_TOKEN": "old", "AWS_ACCESS_KEY_ID": "AKIAOTHER",
              "AWS_ENDPOINT_URL_KINESIS": "http://127.0.0.1:1", "AWS_REGION": "eu-north-1",
              "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
    path = os.path.join(home, "list.mjs")
    assert '"s"' in said(user.shell(plain, "aws kinesis list-streams", **rivals))
    assert said(user.shell(plain, "node " + path, **{**rivals, "PATH": os.environ["PATH"]})) == "s"


@test
def json_says_the_same_as_sh():
    out = subprocess.run([SLUICE, "env", "--dir", odd, "--shell", "json"], capture_output=True,
                         text=True, env=environment(home, AWS_PROFILE="x"))
    variables = json.loads(said(out))
    assert variables.pop("AWS_PROFILE") is None
    for name, value in variables.items():
        assert said(user.shell(plain, "printenv " + name)) == value, name


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
    done = user.shell(plain, "aws mb s3://other; aws cp %s s3://other/key; aws s3 ls s3://other" %
                 os.path.join(home, "list.mjs"), "--write")
    assert said(done).endswith("key") and alias in done.stderr, done
    os.unlink(alias)
    with open(alias, "w") as out:
        out.write("[toplevel]\nwho = sts get-caller-identity\n")
    mine = open(alias).read()
    done = user.shell(plain, "true", "--write")
    assert "left alone" in done.stderr and open(alias).read() == mine, done
    done = user.shell(plain, "true", "--write --force")
    assert "mb = s3 mb" in open(alias).read() and open(alias + ".before-sluice").read() == mine, done


@test
def right_behind_the_start():
    """As two lines pasted at once; what a killed server said of itself is not believed."""
    directory = os.path.join(parent, "fresh")
    for end in ("kill -9 $!", "kill $!; wait $!"):
        script = ("%s up --dir %s --port 0 2>/dev/null & eval \"$(%s env --dir %s)\";"
                  " aws kinesis list-streams; %s" % (SLUICE, directory, SLUICE, directory, end))
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True,
                              env=environment(home), timeout=60)
        assert json.loads(done.stdout)["StreamNames"] == [], done
    assert not os.path.exists(os.path.join(directory, "endpoint.json"))


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
