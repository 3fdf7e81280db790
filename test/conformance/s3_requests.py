"""S3 request by request, as no well-behaved client sends them: every payload mode signed by hand,
what is refused and in which words, hosts, dates, documents."""
import base64, datetime, hashlib, hmac, http.client, os, re, socket, struct, sys, urllib.parse, zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

server = Server()
keys = server.client("s3")._request_signer._credentials
HOST = server.endpoint.split("//")[1]
EMPTY = hashlib.sha256(b"").hexdigest()


def sha(data):
    return hashlib.sha256(data).hexdigest()


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Signer:
    """Signature Version 4, written from its description: a second opinion on the server's."""

    def __init__(self, secret=None, when=None, access_key=None, region=REGION, service="s3"):
        now = when or datetime.datetime.utcnow()
        self.date, self.day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
        self.scope = "/".join((self.day, region, service, "aws4_request"))
        self.id = access_key or keys.access_key
        key = ("AWS4" + (secret or keys.secret_key)).encode()
        for part in self.scope.split("/"):
            key = mac(key, part)
        self.key, self.last = key, None

    def sign(self, method, target, headers, payload):
        path, _, query = target.partition("?")
        headers.update({"x-amz-date": self.date, "x-amz-content-sha256": payload})
        lower = {k.lower(): " ".join(v.split()) for k, v in headers.items()}
        names = ";".join(sorted(lower))
        pairs = sorted(tuple(p.partition("=")[::2]) for p in query.split("&") if p)
        canonical = "\n".join([method, path, "&".join("%s=%s" % p for p in pairs)] +
                              ["%s:%s" % (k, lower[k]) for k in sorted(lower)] + ["", names, payload])
        text = "\n".join(("AWS4-HMAC-SHA256", self.date, self.scope, sha(canonical.encode())))
        self.last = mac(self.key, text).hex()
        headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s" % (
            self.id, self.scope, names, self.last)

    def chunk(self, data):
        text = "\n".join(("AWS4-HMAC-SHA256-PAYLOAD", self.date, self.scope, self.last, EMPTY, sha(data)))
        self.last = mac(self.key, text).hex()
        return b"%x;chunk-signature=%s\r\n" % (len(data), self.last.encode()) + data

    def trailer(self, lines):
        text = "\n".join(("AWS4-HMAC-SHA256-TRAILER", self.date, self.scope, self.last,
                          sha("".join(l + "\n" for l in lines).encode())))
        return mac(self.key, text).hex()


class Reply:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()
        found = re.search(b"<Error><Code>(.*?)</Code><Message>(.*?)</Message>", self.body)
        self.code, self.message = (part.decode() for part in found.groups()) if found else (None, None)

    def __repr__(self):
        return "%s %s %s" % (self.status, dict(self.headers), self.body[:500])


def send(method, target, body=b"", headers=None, host=HOST):
    connection = http.client.HTTPConnection(HOST, timeout=30)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        headers = dict(headers or {})
        headers.setdefault("Host", host)
        if "Content-Length" not in headers and "Transfer-Encoding" not in headers:
            headers["Content-Length"] = str(len(body))
        for name, value in headers.items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders()
        try:
            connection.send(body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before the body; the reply is there
        return Reply(connection.getresponse())
    finally:
        connection.close()


def call(method, target, body=b"", headers=None, payload=None, signer=None, host=HOST):
    """A signed request."""
    headers = {"Host": host, **(headers or {})}
    (signer or Signer()).sign(method, target, headers, payload or sha(body))
    return send(method, target, body, headers, host)


def chunked(target, pieces, trailer=None, tamper=None, signed=True, decoded=None, headers=None):
    """A PUT in aws-chunked form; `tamper` changes the body on its way."""
    signer = Signer()
    data = b"".join(pieces)
    headers = {"Host": HOST, "Content-Encoding": "aws-chunked",
               "x-amz-decoded-content-length": str(len(data) if decoded is None else decoded), **(headers or {})}
    if trailer:
        headers["x-amz-trailer"] = trailer.split(":")[0]
    kind = ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD" + ("-TRAILER" if trailer else "")) if signed \
        else "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    signer.sign("PUT", target, headers, kind)
    body = b""
    for piece in pieces:
        body += (signer.chunk(piece) if signed else b"%x\r\n" % len(piece) + piece) + b"\r\n"
    body += signer.chunk(b"") if signed else b"0\r\n"
    if trailer:
        body += trailer.encode() + b"\r\n"
        if signed:
            body += b"x-amz-trailer-signature:" + signer.trailer([trailer]).encode() + b"\r\n"
    body += b"\r\n"
    return send("PUT", target, tamper(body) if tamper else body, headers)


def refused(reply, status, code, message=None):
    assert (reply.status, reply.code) == (status, code), reply
    assert message is None or reply.message == message, reply
    assert reply.headers["x-amz-request-id"], "no request id"


assert call("PUT", "/bucket").status == 200
FIRST, SECOND = os.urandom(65536), os.urandom(70000)
CRC = lambda data: base64.b64encode(struct.pack(">I", zlib.crc32(data))).decode()


@test
def bodies_in_signed_chunks():
    reply = chunked("/bucket/chunks", [FIRST, SECOND, b"end"])
    assert reply.status == 200 and reply.headers["ETag"] == '"%s"' % hashlib.md5(FIRST + SECOND + b"end").hexdigest()
    got = call("GET", "/bucket/chunks")
    assert got.body == FIRST + SECOND + b"end" and got.headers["Content-Encoding"] is None
    assert chunked("/bucket/chunks", []).status == 200 and call("GET", "/bucket/chunks").body == b""
    chunked("/bucket/zip", [b"data"], headers={"Content-Encoding": "aws-chunked,gzip"})
    assert call("GET", "/bucket/zip").headers["Content-Encoding"] == "gzip"


@test
def every_chunk_signature_is_verified():
    for name, tamper in (("a byte", lambda b: b.replace(FIRST, FIRST[:-1] + bytes([FIRST[-1] ^ 1]))),
                         ("a signature", lambda b: b.replace(b"chunk-signature=", b"chunk-signature=0", 1)[:len(b)]),
                         ("the last signature", lambda b: b[:-10] + b"000000\r\n\r\n")):
        reply = chunked("/bucket/bad", [FIRST, SECOND], tamper=tamper)
        assert reply.code in ("SignatureDoesNotMatch", "IncompleteBody") and reply.status in (400, 403), (name, reply)
    refused(chunked("/bucket/bad", [FIRST, FIRST[::-1]], tamper=lambda b: b.replace(FIRST, b"@").replace(
        FIRST[::-1], FIRST).replace(b"@", FIRST[::-1])), 403, "SignatureDoesNotMatch")
    assert call("GET", "/bucket/bad").status == 404


@test
def malformed_chunks():
    for name, tamper in (("cut", lambda b: b.split(b"\r\n")[0] + b"\r\n" + b"x" * 10),
                         ("no size", lambda b: b"zz" + b[2:]),
                         ("a huge size", lambda b: b"f" * 16 + b";chunk-signature=" + b"0" * 64 + b"\r\n"),
                         ("a negative size", lambda b: b"-1" + b[1:]),
                         ("an endless line", lambda b: b"0" * 5000),
                         ("no line end", lambda b: b.replace(b"\r\n", b"\n")),
                         ("more behind the end", lambda b: b + b"more"),
                         ("nothing", lambda b: b"")):
        refused(chunked("/bucket/bad", [FIRST], tamper=tamper), 400, "IncompleteBody")
    refused(chunked("/bucket/bad", [FIRST], decoded=10), 400, "IncompleteBody")
    refused(chunked("/bucket/bad", [FIRST], decoded=100000), 400, "IncompleteBody")
    refused(chunked("/bucket/bad", [b"x" * 100, FIRST]), 403, "InvalidChunkSizeError")
    refused(chunked("/bucket/bad", [FIRST], headers={"x-amz-decoded-content-length": "ten"}), 400, "InvalidArgument")
    refused(call("PUT", "/bucket/bad", b"", payload="STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), 411, "MissingContentLength")
    refused(call("PUT", "/bucket/bad", b"", payload="STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"), 501, "NotImplemented")
    assert call("GET", "/bucket/bad").status == 404


@test
def checksums_in_trailers():
    both = FIRST + SECOND
    for signed in (True, False):
        reply = chunked("/bucket/trailer", [FIRST, SECOND], "x-amz-checksum-crc32:" + CRC(both), signed=signed)
        assert reply.status == 200 and reply.headers["x-amz-checksum-crc32"] == CRC(both), reply
        got = call("GET", "/bucket/trailer", headers={"x-amz-checksum-mode": "ENABLED"})
        assert got.body == both and got.headers["x-amz-checksum-crc32"] == CRC(both)
        assert got.headers["x-amz-checksum-type"] == "FULL_OBJECT"
        refused(chunked("/bucket/bad", [FIRST], "x-amz-checksum-crc32:" + CRC(b"x"), signed=signed), 400, "BadDigest")
        refused(chunked("/bucket/bad", [FIRST], "x-amz-checksum-crc32:nonsense", signed=signed), 400, "InvalidRequest")
        refused(chunked("/bucket/bad", [FIRST], "x-other:1", signed=signed), 400, "InvalidRequest")
    sha1 = base64.b64encode(hashlib.sha1(both).digest()).decode()
    assert chunked("/bucket/trailer", [FIRST, SECOND], "x-amz-checksum-sha1:" + sha1).status == 200
    refused(chunked("/bucket/bad", [FIRST], "x-amz-checksum-crc32:" + CRC(FIRST),
                    tamper=lambda b: re.sub(b"trailer-signature:..", b"trailer-signature:00", b)), 403, "SignatureDoesNotMatch")
    refused(chunked("/bucket/bad", [FIRST], "x-amz-checksum-crc32:" + CRC(FIRST),
                    tamper=lambda b: re.sub(b"x-amz-trailer-signature:.*\r\n", b"", b)), 403, "SignatureDoesNotMatch")
    # examples of the algorithms' own descriptions
    for name, text in (("crc32c", "4waSgw=="), ("crc64nvme", "rosUhgp5mIg="), ("crc32", "y/Q5Jg==")):
        reply = call("PUT", "/bucket/digits", b"123456789", {"x-amz-checksum-" + name: text})
        assert reply.status == 200 and reply.headers["x-amz-checksum-" + name] == text, reply
        refused(call("PUT", "/bucket/digits", b"12345678", {"x-amz-checksum-" + name: text}), 400, "BadDigest")
    refused(call("PUT", "/bucket/bad", b"1", {"x-amz-checksum-crc32": CRC(b"1"), "x-amz-checksum-sha1": sha1}),
            400, "InvalidRequest")
    assert call("GET", "/bucket/bad").status == 404


@test
def payloads_and_their_digests():
    assert call("PUT", "/bucket/unsigned", b"body", payload="UNSIGNED-PAYLOAD").status == 200
    refused(call("PUT", "/bucket/bad", b"body", payload=sha(b"other")), 400, "XAmzContentSHA256Mismatch")
    refused(call("PUT", "/bucket/bad", b"body", payload="what"), 400, "InvalidArgument")
    refused(call("PUT", "/bucket?tagging", b"<Tagging/>", payload=sha(b"other")), 400, "XAmzContentSHA256Mismatch")
    assert call("GET", "/bucket/bad").status == 404


@test
def who_is_refused():
    refused(send("GET", "/bucket/k"), 403, "AccessDenied", "Access Denied")
    refused(call("GET", "/bucket/k", signer=Signer(access_key="AKIAAAAAAAAAAAAAAAAA")), 403, "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.")
    refused(call("GET", "/bucket/k", signer=Signer(secret="x" * 40)), 403, "SignatureDoesNotMatch")
    for minutes in (-20, 20):
        when = datetime.datetime.utcnow() + datetime.timedelta(minutes=minutes)
        refused(call("GET", "/bucket/k", signer=Signer(when=when)), 403, "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.")
    headers = {"Host": HOST}
    Signer().sign("GET", "/bucket/k", headers, EMPTY)
    refused(send("GET", "/bucket/other", headers=headers), 403, "SignatureDoesNotMatch")
    refused(send("GET", "/bucket/k", headers={**headers, "x-amz-content-sha256": None}), 400, "InvalidRequest")
    refused(send("GET", "/bucket/k", headers={"Authorization": "AWS AKID:sig"}), 400, "InvalidRequest")
    refused(send("GET", "/bucket/k", headers={"Authorization": "AWS4-HMAC-SHA256 nonsense"}), 400, "AuthorizationHeaderMalformed")
    refused(send("GET", "/bucket/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a/20260101/us-east-1/s3/aws4_request"),
            400, "AuthorizationQueryParametersError")
    refused(send("GET", "/bucket/k?AWSAccessKeyId=%s&Expires=9999999999&Signature=x" % keys.access_key), 403, "SignatureDoesNotMatch")
    refused(send("GET", "/bucket/k?AWSAccessKeyId=%s&Expires=1&Signature=x" % keys.access_key), 403, "SignatureDoesNotMatch")
    refused(send("GET", "/bucket/k?AWSAccessKeyId=%s" % keys.access_key), 403, "AccessDenied")
    refused(call("GET", "/bucket", headers={"x-amz-expected-bucket-owner": "210987654321"}), 403, "AccessDenied")


@test
def a_large_body_is_refused_before_it_is_sent():
    with socket.create_connection(HOST.split(":"), timeout=10) as s:
        s.sendall(b"PUT /bucket/k HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\nExpect: 100-continue\r\n\r\n")
        assert s.recv(100).startswith(b"HTTP/1.1 403")
    refused(call("PUT", "/bucket/k", b"", {"Content-Length": str(5 * 1024 ** 3 + 1)}), 400, "EntityTooLarge")
    with socket.create_connection(HOST.split(":"), timeout=10) as s:
        headers = {"Host": HOST}
        Signer().sign("PUT", "/bucket/hundred", headers, sha(b"body"))
        s.sendall(("PUT /bucket/hundred HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n%s\r\n" % "".join(
            "%s: %s\r\n" % h for h in headers.items())).encode())
        assert s.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        s.sendall(b"body")
        assert s.recv(1000).startswith(b"HTTP/1.1 200")


@test
def buckets_as_hosts():
    assert call("PUT", "/a/key", b"by host", host="bucket.localhost:%s" % HOST.split(":")[1]).status == 200
    assert call("GET", "/bucket/a/key").body == b"by host"
    for host in ("bucket.127.0.0.1", "bucket.s3.amazonaws.com", "bucket.s3.eu-west-1.amazonaws.com"):
        assert call("GET", "/a/key", host=host).body == b"by host", host
    for host in ("s3.amazonaws.com", "localhost:1", "s3.localhost", "anything"):
        assert call("GET", "/bucket/a/key", host=host).body == b"by host", host


@test
def what_is_no_operation():
    refused(call("POST", "/bucket/k"), 405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
    refused(call("PUT", "/"), 405, "MethodNotAllowed")
    refused(call("GET", "/bucket?website"), 501, "NotImplemented")
    refused(call("GET", "/bucket/%zz"), 400, "InvalidURI")
    refused(call("GET", "/bucket/a%00b"), 400, "InvalidURI")
    refused(call("PUT", "/bucket/%ff", b""), 400, "InvalidURI")
    refused(call("GET", "/bucket?prefix=%ff"), 400, "InvalidURI")
    refused(call("GET", "/Bad_Bucket/k"), 400, "InvalidBucketName")
    refused(call("GET", "/bucket?max-keys=x"), 400, "InvalidArgument")
    refused(call("GET", "/bucket?encoding-type=x"), 400, "InvalidArgument")
    refused(call("GET", "/bucket/k?versionId="), 400, "InvalidArgument")
    refused(call("PUT", "/bucket/k", b"", {"x-amz-server-side-encryption-customer-algorithm": "AES256"}), 501, "NotImplemented")
    refused(call("PUT", "/bucket/k", b"", {"x-amz-copy-source": "nothing"}), 400, "InvalidArgument")
    refused(call("PUT", "/bucket/k", b"", {"x-amz-tagging": "a=%00b"}), 400, "InvalidArgument")
    refused(call("PUT", "/bucket/k", b"", {"x-amz-tagging": "%ff=b"}), 400, "InvalidArgument")


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9)) + b"]><Tagging>&j;</Tagging>"


@test
def documents_that_are_none():
    malformed = "The XML you provided was not well-formed or did not validate against our published schema"
    for text in (b"", b"<", b"<Tagging>", b"<Other/>", b"<Tagging/>", b"<Tagging><TagSet><Tag/></TagSet></Tagging>",
                 b"<Tagging><TagSet/><TagSet/></Tagging>", b"<Tagging><What/></Tagging>", b"\xff\xfe\x00",
                 b"<Tagging>" + b"<TagSet>" * 10000, BOMB,
                 b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><Tagging><TagSet/></Tagging>'):
        refused(call("PUT", "/bucket?tagging", text), 400, "MalformedXML", malformed)
    assert call("PUT", "/bucket?tagging", b'<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet>'
                b"<Tag><Key>a</Key><Value>&lt;&#228;</Value></Tag></TagSet></Tagging>").status == 204
    assert "<Value>&lt;ä</Value>".encode() in call("GET", "/bucket?tagging").body
    digest = lambda b: {"Content-MD5": base64.b64encode(hashlib.md5(b).digest()).decode()}
    refused(call("POST", "/bucket?delete", b"<Delete/>"), 400, "InvalidRequest")
    refused(call("POST", "/bucket?delete", b"<Delete/>", digest(b"<Delete/>")), 400, "MalformedXML")
    many = b"<Delete>" + b"<Object><Key>k</Key></Object>" * 1001 + b"</Delete>"
    refused(call("POST", "/bucket?delete", many, digest(many)), 400, "MalformedXML")
    refused(call("POST", "/bucket?delete", many, digest(b"other")), 400, "BadDigest")
    refused(call("PUT", "/bucket?versioning", b"<VersioningConfiguration><Status>On</Status></VersioningConfiguration>"),
            400, "MalformedXML")


@test
def full_checksums_of_multipart_uploads():
    headers = {"x-amz-checksum-algorithm": "CRC64NVME"}
    upload = re.search(b"<UploadId>(.*)</UploadId>", call("POST", "/bucket/m?uploads=", headers=headers).body).group(1).decode()
    tag = call("PUT", "/bucket/m?partNumber=1&uploadId=" + upload, b"123456789").headers["ETag"]
    refused(call("PUT", "/bucket/m?partNumber=1&uploadId=" + upload, b"1", {"x-amz-checksum-crc32": CRC(b"1")}),
            400, "InvalidRequest")
    document = ("<CompleteMultipartUpload><Part><ETag>%s</ETag><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>" % tag).encode()
    target = "/bucket/m?uploadId=" + upload
    refused(call("POST", target, document, {"x-amz-checksum-crc64nvme": "AAAAAAAAAAA="}), 400, "BadDigest")
    refused(call("POST", target, document, {"x-amz-mp-object-size": "8"}), 400, "InvalidRequest")
    call("PUT", "/bucket/m", b"there")
    refused(call("POST", target, document, {"If-None-Match": "*"}), 412, "PreconditionFailed")
    reply = call("POST", target, document, {"x-amz-checksum-crc64nvme": "rosUhgp5mIg="})
    assert reply.status == 200 and b"<ChecksumCRC64NVME>rosUhgp5mIg=</ChecksumCRC64NVME>" in reply.body, reply
    refused(call("POST", "/bucket/m?uploads=", headers={**headers, "x-amz-checksum-type": "COMPOSITE"}), 400, "InvalidRequest")


@test
def an_upload_that_is_cut_leaves_nothing():
    with socket.create_connection(HOST.split(":"), timeout=10) as s:
        headers = {"Host": HOST}
        Signer().sign("PUT", "/bucket/cut", headers, "UNSIGNED-PAYLOAD")
        s.sendall(("PUT /bucket/cut HTTP/1.1\r\nContent-Length: 1000\r\n%s\r\n" % "".join(
            "%s: %s\r\n" % h for h in headers.items())).encode() + b"x" * 500)
    assert call("GET", "/bucket/cut").status == 404
    server.stop()
    assert os.listdir(os.path.join(server.directory, "objects", ".staging")) == []


ok("ERROR" not in server.said(), "the server has no error to tell", server.said())
done()
