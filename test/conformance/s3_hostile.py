"""Thousands of hostile S3 requests: torn heads, wild paths, chunk sizes, signatures, documents that
blow up. The server goes on serving, and no file appears outside its data directory.

$SLUICE_HOSTILE_REQUESTS says how many (300); the seed is told and can be given as SLUICE_SEED."""
import os, random, socket, sys, threading, urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

COUNT = int(os.environ.get("SLUICE_HOSTILE_REQUESTS", "300"))
SEED = int(os.environ.get("SLUICE_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
dice = random.Random(SEED)
around = tempfile.mkdtemp(prefix="sluice-hostile-")
server = Server(directory=os.path.join(around, "data"))
HOST, PORT = server.endpoint.split("//")[1].split(":")
BEFORE = sorted(os.listdir(server.directory))
s3 = server.client("s3")
s3.create_bucket(Bucket="hostile")
s3.put_object(Bucket="hostile", Key="k", Body=b"0123456789")

BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    '<!ENTITY %s "%s">' % (chr(98 + i), "&%s;" % chr(97 + i) * 10) for i in range(9)) + "]><Tagging>&j;</Tagging>"
BODIES = [b"", b"x" * 100, BOMB.encode(), b"<Tagging>" * 5000, b"\xff\x00\xfe" * 50, b"<Delete>" + b"<Object><Key>../k</Key></Object>" * 50 + b"</Delete>",
          b"<CompleteMultipartUpload><Part><PartNumber>99999999999999999999</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>",
          b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><Tagging/>', b"ffffffffffffffff\r\nx", b"5\r\nhello\r\n0\r\n\r\n",
          b"-1\r\n", b"0;chunk-signature=" + b"0" * 64 + b"\r\n\r\n", b"5;chunk-signature=x\r\nhello\r\n"]
PATHS = ["../" * 20 + "tmp/escaped", "..%2f" * 20 + "tmp/escaped", "%2e%2e/%2e%2e/escaped", "%00", "a%00b", "/" * 500, "%", "%zz", "%ff%fe",
         "..", ".", "a/../../b", "~root", "C:\\x", "k" * 2000, "a/" * 600, "%0d%0aX: y", "CON", ".index/data.mdb", "../.index/lock.mdb", "../../credentials"]
QUERIES = ["", "acl", "delete", "tagging", "versions", "uploads", "uploadId=../../x&partNumber=1", "uploadId=%00", "partNumber=-1&uploadId=x",
           "list-type=2&max-keys=-1", "list-type=2&continuation-token=////", "list-type=2&prefix=%ff", "versionId=../..", "versionId=%s" % ("9" * 400),
           "X-Amz-Algorithm=AWS4-HMAC-SHA256", "AWSAccessKeyId=x&Signature=y&Expires=z", "&&&==&", "a=" * 300, "lifecycle", "versioning", "policy", "x-id=PutObject"]
HEADERS = [("x-amz-content-sha256", ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
                                     "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "0" * 64, "x"]),
           ("x-amz-decoded-content-length", ["5", "-5", "99999999999999999999", "x", "5368709121"]),
           ("x-amz-trailer", ["x-amz-checksum-crc32", "x", ""]), ("x-amz-checksum-crc32", ["NhCmhg==", "x", "=" * 100]),
           ("content-md5", ["x", "XUFAKrxLKna5cZ2REBfFkg=="]), ("range", ["bytes=0-0", "bytes=-", "bytes=99999999999999999999-", "bytes=5-1", "bytes=0-1,2-3"]),
           ("if-match", ['"x"', "*", "," * 500]), ("if-modified-since", ["yesterday", "Tue, 10 Jan 2023 06:07:08 GMT", "x" * 300]),
           ("x-amz-copy-source", ["../../../etc/passwd", "/hostile/k", "hostile/%00", "?versionId=", "/", "hostile/k?versionId=%zz"]),
           ("x-amz-tagging", ["a=b&a=b", "%zz=1", "=" * 100]), ("x-amz-meta-a", ["\xff\xfe", "v" * 3000]), ("expect", ["100-continue", "the unexpected"]),
           ("x-amz-date", ["20260101T000000Z", "x"]), ("transfer-encoding", ["chunked", "gzip"]), ("host", ["a", "x" * 300, "../..", "bucket.localhost", ""]),
           ("authorization", ["AWS4-HMAC-SHA256 Credential=%s/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=%s" % (
               "A" * 20, "0" * 64), "AWS4-HMAC-SHA256", "AWS a:b", "Basic eDp5", "AWS4-HMAC-SHA256 Credential=/////"])]


def noise(size):
    return bytes(dice.randrange(256) for _ in range(size))


def request():
    method = dice.choice(["GET", "PUT", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH", "\x01"])
    target = "/" + dice.choice(["hostile/", "hostile", "", "other/", "HOSTILE/"]) + dice.choice(PATHS + ["k"] * 8)
    query = dice.choice(QUERIES)
    body = dice.choice(BODIES) if dice.random() < 0.8 else noise(dice.randrange(2000))
    lines = ["%s %s%s HTTP/1.1" % (method, target, "?" + query if query else "")]
    chosen = {name: dice.choice(values) for name, values in dice.sample(HEADERS, dice.randrange(6))}
    chosen.setdefault("host", HOST)
    lines += ["%s: %s" % item for item in chosen.items()]
    if "transfer-encoding" not in chosen:
        lines.append("Content-Length: %d" % dice.choice([len(body)] * 6 + [len(body) + 5, 0, 2 ** 40, -1]))
    data = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
    if dice.random() < 0.1:  # torn
        data = data[:dice.randrange(len(data))]
    if dice.random() < 0.1:  # bent
        at = dice.randrange(len(data))
        data = data[:at] + noise(3) + data[at + 3:]
    return data


def send(data):
    with socket.create_connection((HOST, int(PORT)), timeout=20) as s:
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            while s.recv(65536):
                pass
        except (BrokenPipeError, ConnectionResetError):
            pass


def signed(count):
    """The same wild names and bodies behind a good signature."""
    import botocore.auth, botocore.awsrequest
    signer = botocore.auth.S3SigV4Auth(s3._request_signer._credentials, "s3", REGION)
    for _ in range(count):
        body = dice.choice(BODIES)
        query = dice.choice(QUERIES)
        target = "/hostile/" + dice.choice(PATHS + ["k"] * 8) + ("?" + query if query else "")
        made = botocore.awsrequest.AWSRequest(dice.choice(["GET", "PUT", "PUT", "POST", "DELETE", "HEAD"]),
                                              "http://%s:%s%s" % (HOST, PORT, target), data=body,
                                              headers={n: dice.choice(v) for n, v in dice.sample(HEADERS[1:13], dice.randrange(4))
                                                       if n not in ("x-amz-date", "expect")})
        try:
            signer.add_auth(made)
        except Exception:
            continue
        if dice.random() < 0.05:
            made.headers["Authorization"] = made.headers["Authorization"][:-1] + "0"
        head = "%s %s HTTP/1.1\r\nHost: %s:%s\r\nContent-Length: %d\r\n" % (made.method, target, HOST, PORT, len(body))
        send((head + "".join("%s: %s\r\n" % item for item in made.headers.items()) + "\r\n").encode("latin-1", "replace") + body)


@test
def the_server_goes_on_serving():
    print("# seed %d, %d requests" % (SEED, COUNT))
    for i in range(COUNT // 2):
        send(request())
    signed(COUNT - COUNT // 2)
    assert server.process.poll() is None, "the server has ended"
    fresh = os.urandom(1000)
    s3.create_bucket(Bucket="after")
    s3.put_object(Bucket="after", Key="k", Body=fresh)
    assert s3.get_object(Bucket="after", Key="k")["Body"].read() == fresh


@test
def no_file_is_outside():
    assert sorted(os.listdir(around)) == ["data", "data-up.log"], os.listdir(around)
    assert sorted(os.listdir(server.directory)) == BEFORE, os.listdir(server.directory)
    assert not os.path.exists("/tmp/escaped") and not os.path.exists("/escaped")


@test
def nothing_is_left_behind():
    assert server.stop() == 0, "status %s" % server.process.returncode
    assert os.listdir(os.path.join(server.directory, "objects", ".staging")) == []
    assert "Sanitizer" not in server.said() and "runtime error" not in server.said(), server.said()[-3000:]


shutil.rmtree(around, ignore_errors=True)
done()
