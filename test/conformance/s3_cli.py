"""S3 by the AWS CLI, s3cmd and rclone: the same bytes and the same lists through all of them."""
import hashlib, os, shutil, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

MB = 1 << 20
FILES = int(os.environ.get("SLUICE_SYNC_FILES", "500"))
server = Server()
s3 = server.client("s3")
work = tempfile.mkdtemp(prefix="sluice-s3-", dir=server.directory)
credentials = s3._request_signer._credentials


def run(*command, fails=False, env=None):
    around = {name: value for name, value in os.environ.items() if name != "AWS_CA_BUNDLE"}
    done = subprocess.run(command, capture_output=True, text=True, env=dict(around, **(env or {})))
    if (done.returncode != 0) != fails:
        raise RuntimeError("%s: %d: %s%s" % (" ".join(command), done.returncode, done.stdout, done.stderr))
    return done.stderr if fails else done.stdout


def aws(*arguments, **more):
    return run("/usr/bin/aws", "--endpoint-url", server.endpoint, *arguments, **more)


def make(name, size):
    path = os.path.join(work, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(os.urandom(size))
    return path


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def tree(folder):
    return {os.path.relpath(os.path.join(root, name), folder): digest(os.path.join(root, name))
            for root, _, names in os.walk(folder) for name in names}


@test
def the_aws_cli_moves_files():
    small, big = make("small.txt", 1000), make("big.bin", 20 * MB + 17)
    aws("s3", "mb", "s3://cli")
    assert "NoSuchBucket" in aws("s3", "ls", "s3://none", fails=True)
    aws("s3", "cp", small, "s3://cli/a b/ü+small.txt")
    aws("s3", "cp", big, "s3://cli/big.bin")
    assert s3.head_object(Bucket="cli", Key="big.bin")["ETag"].endswith('-3"')
    for key, path in (("a b/ü+small.txt", small), ("big.bin", big)):
        back = os.path.join(work, "back")
        aws("s3", "cp", "s3://cli/" + key, back)
        assert digest(back) == digest(path), key
    assert aws("s3", "ls").split()[-1] == "cli"
    lines = aws("s3", "ls", "s3://cli").split("\n")
    assert lines[0].split() == ["PRE", "a", "b/"] and lines[1].endswith("20971537 big.bin"), lines
    aws("s3", "cp", "s3://cli/big.bin", "s3://cli/copy.bin")
    aws("s3", "cp", "s3://cli/copy.bin", back)
    assert digest(back) == digest(big)
    aws("s3", "mv", "s3://cli/copy.bin", "s3://cli/moved.bin")
    assert aws("s3", "presign", "s3://cli/moved.bin").startswith(server.endpoint)
    aws("s3", "rm", "s3://cli/moved.bin")
    assert "BucketNotEmpty" in aws("s3", "rb", "s3://cli", fails=True)
    aws("s3", "rb", "--force", "s3://cli")
    assert aws("s3", "ls").strip() == ""


@test
def the_aws_cli_syncs_a_tree():
    source = os.path.join(work, "tree")
    for i in range(FILES):
        make("tree/%02d/file-%05d" % (i % 17, i), i % 3000)
    aws("s3", "mb", "s3://tree")
    aws("s3", "sync", source, "s3://tree/up", "--only-show-errors")
    assert aws("s3", "sync", source, "s3://tree/up") == ""
    target = os.path.join(work, "down")
    aws("s3", "sync", "s3://tree/up", target, "--only-show-errors")
    assert tree(target) == tree(source)
    listed = aws("s3", "ls", "--recursive", "s3://tree").splitlines()
    assert len(listed) == FILES
    os.unlink(os.path.join(source, "00", "file-00000"))
    assert aws("s3", "sync", "--delete", source, "s3://tree/up").count("delete:") == 1


@test
def s3cmd_agrees():
    config = os.path.join(work, "s3cfg")
    host = server.endpoint.split("//")[1]
    with open(config, "w") as out:
        out.write("[default]\naccess_key = %s\nsecret_key = %s\nhost_base = %s\nhost_bucket = %s\nuse_https = False\n"
                  "bucket_location = us-east-1\nmultipart_chunk_size_mb = 5\n"
                  % (credentials.access_key, credentials.secret_key, host, host))
    s3cmd = lambda *arguments: run("s3cmd", "--no-progress", "-c", config, *arguments)
    small, big = make("small.txt", 1000), make("big.bin", 12 * MB + 5)
    s3cmd("mb", "s3://s3cmd")
    s3cmd("put", small, "s3://s3cmd/dir/small ü.txt")
    s3cmd("put", big, "s3://s3cmd/big.bin")
    assert s3.head_object(Bucket="s3cmd", Key="big.bin")["ETag"].endswith('-3"')
    assert sorted(line.split(None, 3)[3] for line in s3cmd("ls", "-r", "s3://s3cmd").splitlines()) == [
        "s3://s3cmd/big.bin", "s3://s3cmd/dir/small ü.txt"]
    for key, path in (("dir/small ü.txt", small), ("big.bin", big)):
        back = os.path.join(work, "back-s3cmd")
        s3cmd("get", "--force", "s3://s3cmd/" + key, back)
        assert digest(back) == digest(path), key
    s3cmd("cp", "s3://s3cmd/big.bin", "s3://s3cmd/copy.bin")
    s3cmd("del", "s3://s3cmd/copy.bin")
    s3cmd("rb", "--force", "--recursive", "s3://s3cmd")


@test
def rclone_agrees():
    env = {"RCLONE_CONFIG_S_TYPE": "s3", "RCLONE_CONFIG_S_PROVIDER": "Other",
           "RCLONE_CONFIG_S_ENDPOINT": server.endpoint, "RCLONE_CONFIG_S_REGION": REGION,
           "RCLONE_CONFIG_S_ACCESS_KEY_ID": credentials.access_key,
           "RCLONE_CONFIG_S_SECRET_ACCESS_KEY": credentials.secret_key,
           "RCLONE_S3_UPLOAD_CUTOFF": "5M", "RCLONE_S3_CHUNK_SIZE": "5M",
           "RCLONE_CONFIG": os.path.join(work, "rclone.conf")}
    rclone = lambda *arguments: run("rclone", *arguments, env=env)
    source = os.path.join(work, "rclone")
    make("rclone/big.bin", 12 * MB + 5)
    make("rclone/dir/small ü.txt", 1000)
    make("rclone/dir/deep/empty", 0)
    rclone("mkdir", "s:rclone")
    rclone("copy", source, "s:rclone/up")
    assert sorted(rclone("lsf", "-R", "--files-only", "s:rclone/up").split("\n")) == [
        "", "big.bin", "dir/deep/empty", "dir/small ü.txt"]
    rclone("check", "--download", source, "s:rclone/up")
    rclone("copy", "s:rclone/up", os.path.join(work, "rclone-back"))
    assert tree(os.path.join(work, "rclone-back")) == tree(source)
    rclone("purge", "s:rclone")
    assert s3.list_buckets()["Buckets"][-1]["Name"] == "tree"


ok("ERROR" not in server.said(), "the server has no error to tell", server.said())
done()
