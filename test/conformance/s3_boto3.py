"""The S3 API by boto3: objects, ranges, conditions, copies, versions, tags, lists, multipart uploads,
settings of buckets, presigned URLs."""
import base64, hashlib, io, os, sys, time, urllib.error, urllib.request, zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

server = Server()
s3 = server.client("s3")
MB = 1 << 20


def code(function, **members):
    """(name, status) of the error a call fails with."""
    try:
        function(**members)
    except ClientError as e:
        return e.response["Error"]["Code"], e.response["ResponseMetadata"]["HTTPStatusCode"]
    return None


def body(bucket, key, **more):
    return s3.get_object(Bucket=bucket, Key=key, **more)["Body"].read()


def keys(reply):
    return [o["Key"] for o in reply.get("Contents", [])]


@test
def buckets():
    s3.create_bucket(Bucket="first")
    s3.create_bucket(Bucket="first")  # us-east-1 takes it for done
    west = boto3.session.Session().client("s3", endpoint_url=server.endpoint, region_name="eu-west-1")
    west.create_bucket(Bucket="west", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert code(west.create_bucket, Bucket="west",
                CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}) == ("BucketAlreadyOwnedByYou", 409)
    assert code(west.create_bucket, Bucket="else", CreateBucketConfiguration={
        "LocationConstraint": "eu-central-1"}) == ("IllegalLocationConstraintException", 400)
    assert s3.get_bucket_location(Bucket="first")["LocationConstraint"] is None
    assert s3.get_bucket_location(Bucket="west")["LocationConstraint"] == "eu-west-1"
    assert [b["Name"] for b in s3.list_buckets()["Buckets"]] == ["first", "west"]
    assert s3.head_bucket(Bucket="west")["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "eu-west-1"
    assert code(s3.head_bucket, Bucket="nowhere") == ("404", 404)
    s3.put_object(Bucket="west", Key="k", Body=b"")
    assert code(s3.delete_bucket, Bucket="west") == ("BucketNotEmpty", 409)
    s3.delete_object(Bucket="west", Key="k")
    s3.delete_bucket(Bucket="west")
    assert code(s3.delete_bucket, Bucket="west") == ("NoSuchBucket", 404)
    assert code(s3.create_bucket, Bucket="Upper_Case") == ("InvalidBucketName", 400)


@test
def objects_with_everything_they_carry():
    data = os.urandom(100_000)
    reply = s3.put_object(
        Bucket="first", Key="dir/ä ö+%.bin", Body=data, ContentType="application/x-thing",
        CacheControl="max-age=5", ContentDisposition="attachment", ContentEncoding="gzip",
        ContentLanguage="de", Metadata={"One": "1", "two": "zwei"}, Tagging="a=1&b=x%20y",
        StorageClass="STANDARD_IA", ServerSideEncryption="AES256")
    assert reply["ETag"] == '"%s"' % hashlib.md5(data).hexdigest()
    assert reply["ServerSideEncryption"] == "AES256"
    got = s3.get_object(Bucket="first", Key="dir/ä ö+%.bin")
    assert got["Body"].read() == data
    for name, value in dict(ContentType="application/x-thing", CacheControl="max-age=5",
                            ContentDisposition="attachment", ContentEncoding="gzip", TagCount=2,
                            ContentLanguage="de", Metadata={"one": "1", "two": "zwei"},
                            StorageClass="STANDARD_IA", ContentLength=100_000).items():
        assert got[name] == value, (name, got[name])
    head = s3.head_object(Bucket="first", Key="dir/ä ö+%.bin")
    assert head["ContentLength"] == 100_000 and head["Metadata"] == {"one": "1", "two": "zwei"}
    assert s3.get_object_tagging(Bucket="first", Key="dir/ä ö+%.bin")["TagSet"] == [
        {"Key": "a", "Value": "1"}, {"Key": "b", "Value": "x y"}]
    s3.put_object_tagging(Bucket="first", Key="dir/ä ö+%.bin",
                          Tagging={"TagSet": [{"Key": "c<&", "Value": "ü"}]})
    assert s3.get_object_tagging(Bucket="first", Key="dir/ä ö+%.bin")["TagSet"] == [
        {"Key": "c<&", "Value": "ü"}]
    s3.delete_object_tagging(Bucket="first", Key="dir/ä ö+%.bin")
    assert s3.get_object_tagging(Bucket="first", Key="dir/ä ö+%.bin")["TagSet"] == []
    got = s3.get_object(Bucket="first", Key="dir/ä ö+%.bin", ResponseContentType="text/plain",
                        ResponseContentDisposition="inline")
    assert got["ContentType"] == "text/plain" and got["ContentDisposition"] == "inline"
    assert code(s3.get_object, Bucket="first", Key="none") == ("NoSuchKey", 404)
    assert code(s3.head_object, Bucket="first", Key="none") == ("404", 404)
    assert code(s3.put_object, Bucket="first", Key="x" * 1025, Body=b"") == ("KeyTooLongError", 400)
    assert code(s3.put_object, Bucket="first", Key="m", Metadata={"k": "v" * 2048}) == ("MetadataTooLarge", 400)
    assert code(s3.put_object, Bucket="first", Key="m", StorageClass="NONE") == ("InvalidStorageClass", 400)
    assert code(s3.put_object, Bucket="first", Key="m", ACL="public-read") == ("AccessControlListNotSupported", 400)


@test
def ranges():
    s3.put_object(Bucket="first", Key="r", Body=b"0123456789")
    for asked, got, span in (("bytes=0-3", b"0123", "0-3"), ("bytes=7-", b"789", "7-9"),
                             ("bytes=-4", b"6789", "6-9"), ("bytes=5-100", b"56789", "5-9"),
                             ("bytes=-100", b"0123456789", "0-9")):
        reply = s3.get_object(Bucket="first", Key="r", Range=asked)
        assert reply["Body"].read() == got and reply["ContentRange"] == "bytes %s/10" % span, asked
        assert reply["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert code(s3.get_object, Bucket="first", Key="r", Range="bytes=10-") == ("InvalidRange", 416)
    assert code(s3.get_object, Bucket="first", Key="r", Range="bytes=-0") == ("InvalidRange", 416)
    for ignored in ("bytes=5-2", "lines=1-2", "bytes=0-1,3-4", "bytes=x-"):
        assert s3.get_object(Bucket="first", Key="r", Range=ignored)["Body"].read() == b"0123456789", ignored
    s3.put_object(Bucket="first", Key="empty", Body=b"")
    assert body("first", "empty") == b""
    assert s3.head_object(Bucket="first", Key="r", Range="bytes=2-5")["ContentLength"] == 4


@test
def conditions():
    from datetime import timedelta
    reply = s3.put_object(Bucket="first", Key="c", Body=b"1")
    tag, when = reply["ETag"], s3.head_object(Bucket="first", Key="c")["LastModified"]
    later, earlier = when + timedelta(seconds=60), when - timedelta(seconds=60)
    get = lambda **more: code(s3.get_object, Bucket="first", Key="c", **more)
    assert get(IfMatch=tag) is None and get(IfMatch='"x"') == ("PreconditionFailed", 412)
    assert get(IfNoneMatch='"x"') is None and get(IfNoneMatch=tag) == ("304", 304)
    assert get(IfModifiedSince=earlier) is None and get(IfModifiedSince=when) == ("304", 304)
    assert get(IfUnmodifiedSince=when) is None and get(IfUnmodifiedSince=earlier) == ("PreconditionFailed", 412)
    assert get(IfMatch=tag, IfUnmodifiedSince=earlier) is None
    assert get(IfNoneMatch='"x"', IfModifiedSince=later) is None
    assert code(s3.head_object, Bucket="first", Key="c", IfNoneMatch=tag) == ("304", 304)

    def put(**headers):  # this boto3 does not know the members yet
        client = server.client("s3")
        client.meta.events.register("before-sign.s3.PutObject", lambda request, **_: [
            request.headers.add_header(n.replace("_", "-"), v) for n, v in headers.items()])
        return code(client.put_object, Bucket="first", Key=put.key, Body=b"2")
    put.key = "c"
    assert put(If_None_Match="*") == ("PreconditionFailed", 412)
    assert put(If_Match='"x"') == ("PreconditionFailed", 412)
    assert put(If_Match=tag) is None
    put.key = "new"
    assert put(If_Match=tag) == ("NoSuchKey", 404)
    assert put(If_None_Match="*") is None and put(If_None_Match="*") == ("PreconditionFailed", 412)
    assert put(If_None_Match='"x"')[0] == "NotImplemented"


@test
def checksums():
    data = os.urandom(70_000)
    for algorithm, value in (("CRC32", zlib.crc32(data).to_bytes(4, "big")),
                             ("SHA1", hashlib.sha1(data).digest()),
                             ("SHA256", hashlib.sha256(data).digest())):
        text = base64.b64encode(value).decode()
        reply = s3.put_object(Bucket="first", Key=algorithm, Body=data, ChecksumAlgorithm=algorithm)
        assert reply["Checksum" + algorithm] == text
        assert s3.head_object(Bucket="first", Key=algorithm, ChecksumMode="ENABLED")["Checksum" + algorithm] == text
        got = s3.get_object(Bucket="first", Key=algorithm, ChecksumMode="ENABLED")
        assert got["Checksum" + algorithm] == text and got["Body"].read() == data
        got = s3.get_object(Bucket="first", Key=algorithm, ChecksumMode="ENABLED", Range="bytes=0-9")
        assert "Checksum" + algorithm not in got
        assert s3.get_object_attributes(Bucket="first", Key=algorithm, ObjectAttributes=["Checksum", "ObjectSize"])[
            "Checksum"]["Checksum" + algorithm] == text
    wrong = base64.b64encode(b"1234").decode()
    assert code(s3.put_object, Bucket="first", Key="w", Body=data, ChecksumCRC32=wrong) == ("BadDigest", 400)
    assert code(s3.put_object, Bucket="first", Key="w", Body=data, ChecksumCRC32="@") == ("InvalidRequest", 400)
    assert code(s3.put_object, Bucket="first", Key="w", Body=data,
                ContentMD5=base64.b64encode(b"x" * 16).decode()) == ("BadDigest", 400)
    assert code(s3.put_object, Bucket="first", Key="w", Body=data, ContentMD5="xyz") == ("InvalidDigest", 400)
    assert code(s3.head_object, Bucket="first", Key="w") == ("404", 404)


@test
def copies():
    data = os.urandom(3 * MB)
    s3.put_object(Bucket="first", Key="src +ü", Body=data, ContentType="a/b", Metadata={"m": "1"}, Tagging="t=1")
    s3.copy_object(Bucket="first", Key="copy", CopySource={"Bucket": "first", "Key": "src +ü"})
    got = s3.get_object(Bucket="first", Key="copy")
    assert got["Body"].read() == data and got["ContentType"] == "a/b" and got["Metadata"] == {"m": "1"}
    assert got["TagCount"] == 1
    s3.copy_object(Bucket="first", Key="copy", CopySource="/first/copy", MetadataDirective="REPLACE",
                   Metadata={"m": "2"}, ContentType="c/d", TaggingDirective="REPLACE")
    got = s3.head_object(Bucket="first", Key="copy")
    assert got["Metadata"] == {"m": "2"} and got["ContentType"] == "c/d"
    assert code(s3.copy_object, Bucket="first", Key="copy", CopySource="first/copy") == ("InvalidRequest", 400)
    assert code(s3.copy_object, Bucket="first", Key="copy", CopySource="first/none") == ("NoSuchKey", 404)
    assert code(s3.copy_object, Bucket="first", Key="copy", CopySource="none/none") == ("NoSuchBucket", 404)
    assert code(s3.copy_object, Bucket="first", Key="x", CopySource="first/copy",
                CopySourceIfMatch='"x"') == ("PreconditionFailed", 412)


@test
def lists():
    s3.create_bucket(Bucket="lists")
    names = ["a/1", "a/2", "a/b/3", "a0", "b&<>", "c d+é", "z/1", "z/2"]
    for name in names:
        s3.put_object(Bucket="lists", Key=name, Body=name.encode())
    for operation in (s3.list_objects, s3.list_objects_v2):
        assert keys(operation(Bucket="lists")) == names
        assert keys(operation(Bucket="lists", Prefix="a/")) == names[:3]
        reply = operation(Bucket="lists", Delimiter="/")
        assert keys(reply) == ["a0", "b&<>", "c d+é"]
        assert [p["Prefix"] for p in reply["CommonPrefixes"]] == ["a/", "z/"]
        reply = operation(Bucket="lists", Prefix="a/", Delimiter="/")
        assert keys(reply) == ["a/1", "a/2"] and [p["Prefix"] for p in reply["CommonPrefixes"]] == ["a/b/"]
        assert keys(operation(Bucket="lists", Prefix="none")) == []
    assert keys(s3.list_objects_v2(Bucket="lists", StartAfter="a0")) == names[4:]
    assert s3.list_objects_v2(Bucket="lists", FetchOwner=True)["Contents"][0]["Owner"]["ID"]
    reply = s3.list_objects_v2(Bucket="lists", MaxKeys=0)
    assert reply["KeyCount"] == 0 and not reply["IsTruncated"]
    for size in (1, 2, 3):
        for operation in ("list_objects", "list_objects_v2"):
            pages = list(s3.get_paginator(operation).paginate(
                Bucket="lists", Delimiter="/", PaginationConfig={"PageSize": size}))
            seen = [x for p in pages for x in keys(p)] + [x["Prefix"] for p in pages for x in p.get("CommonPrefixes", [])]
            assert sorted(seen) == ["a/", "a0", "b&<>", "c d+é", "z/"], (operation, size, seen)
            pages = list(s3.get_paginator(operation).paginate(Bucket="lists", PaginationConfig={"PageSize": size}))
            assert [x for p in pages for x in keys(p)] == names, (operation, size)
    assert code(s3.list_objects_v2, Bucket="lists", ContinuationToken="%%%")[0] == "InvalidArgument"
    assert code(s3.list_objects_v2, Bucket="none") == ("NoSuchBucket", 404)
    reply = s3.delete_objects(Bucket="lists", Delete={"Objects": [{"Key": n} for n in names] + [{"Key": "none"}]})
    assert [d["Key"] for d in reply["Deleted"]] == names + ["none"]
    assert keys(s3.list_objects_v2(Bucket="lists")) == []
    assert "Deleted" not in s3.delete_objects(Bucket="lists", Delete={"Objects": [{"Key": "x"}], "Quiet": True})


def versions(bucket, **more):
    reply = s3.list_object_versions(Bucket=bucket, **more)
    return ([(v["Key"], v["VersionId"], v["IsLatest"]) for v in reply.get("Versions", [])],
            [(v["Key"], v["VersionId"], v["IsLatest"]) for v in reply.get("DeleteMarkers", [])])


@test
def versioned_buckets():
    s3.create_bucket(Bucket="versions")
    assert "Status" not in s3.get_bucket_versioning(Bucket="versions")
    s3.put_object(Bucket="versions", Key="k", Body=b"null")
    turn = lambda how: s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": how})
    turn("Enabled")
    assert s3.get_bucket_versioning(Bucket="versions")["Status"] == "Enabled"
    one = s3.put_object(Bucket="versions", Key="k", Body=b"one")["VersionId"]
    two = s3.put_object(Bucket="versions", Key="k", Body=b"two")["VersionId"]
    assert versions("versions") == ([("k", two, True), ("k", one, False), ("k", "null", False)], [])
    assert body("versions", "k") == b"two" and body("versions", "k", VersionId=one) == b"one"
    assert body("versions", "k", VersionId="null") == b"null"
    gone = s3.delete_object(Bucket="versions", Key="k")
    assert gone["DeleteMarker"] and gone["VersionId"]
    assert code(s3.get_object, Bucket="versions", Key="k") == ("NoSuchKey", 404)
    assert code(s3.get_object, Bucket="versions", Key="k", VersionId=gone["VersionId"]) == ("MethodNotAllowed", 405)
    assert code(s3.get_object, Bucket="versions", Key="k", VersionId="none") == ("InvalidArgument", 400)
    assert keys(s3.list_objects_v2(Bucket="versions")) == []
    assert versions("versions") == ([("k", two, False), ("k", one, False), ("k", "null", False)],
                                    [("k", gone["VersionId"], True)])
    assert code(s3.delete_bucket, Bucket="versions") == ("BucketNotEmpty", 409)
    back = s3.delete_object(Bucket="versions", Key="k", VersionId=gone["VersionId"])
    assert back["DeleteMarker"] and body("versions", "k") == b"two"
    s3.delete_object(Bucket="versions", Key="k", VersionId=two)
    assert body("versions", "k") == b"one"
    turn("Suspended")
    s3.put_object(Bucket="versions", Key="k", Body=b"null again")
    assert versions("versions") == ([("k", "null", True), ("k", one, False)], [])
    s3.copy_object(Bucket="versions", Key="k2", CopySource={"Bucket": "versions", "Key": "k", "VersionId": one})
    assert body("versions", "k2") == b"one"
    s3.put_object_tagging(Bucket="versions", Key="k", VersionId=one, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.get_object_tagging(Bucket="versions", Key="k", VersionId=one)["TagSet"]
    assert s3.get_object_tagging(Bucket="versions", Key="k")["TagSet"] == []
    turn("Enabled")
    for i in range(5):
        for name in ("p/1", "p/2", "q"):
            s3.put_object(Bucket="versions", Key=name, Body=b"%d" % i)
    s3.delete_object(Bucket="versions", Key="p/2")
    whole = versions("versions")
    for size in (1, 2, 7):
        pages = list(s3.get_paginator("list_object_versions").paginate(
            Bucket="versions", PaginationConfig={"PageSize": size}))
        seen = [(v["Key"], v["VersionId"], v["IsLatest"]) for p in pages for v in p.get("Versions", [])]
        assert seen == whole[0], size
        assert sum(len(p.get("DeleteMarkers", [])) for p in pages) == 1
    reply = s3.list_object_versions(Bucket="versions", Delimiter="/")
    assert [p["Prefix"] for p in reply["CommonPrefixes"]] == ["p/"]
    boto3.session.Session().resource("s3", endpoint_url=server.endpoint, region_name=REGION) \
        .Bucket("versions").object_versions.delete()
    assert versions("versions") == ([], [])
    s3.delete_bucket(Bucket="versions")


@test
def multipart_uploads():
    parts = [os.urandom(5 * MB), os.urandom(5 * MB), b"tail"]
    start = lambda key, **more: s3.create_multipart_upload(Bucket="first", Key=key, **more)["UploadId"]
    upload = start("big", ContentType="x/y", Metadata={"m": "1"})
    tags = {}
    for number in (3, 1, 2):
        tags[number] = s3.upload_part(Bucket="first", Key="big", UploadId=upload, PartNumber=number,
                                      Body=parts[number - 1])["ETag"]
    listed = s3.list_parts(Bucket="first", Key="big", UploadId=upload)["Parts"]
    assert [(p["PartNumber"], p["Size"]) for p in listed] == [(1, 5 * MB), (2, 5 * MB), (3, 4)]
    page = s3.list_parts(Bucket="first", Key="big", UploadId=upload, MaxParts=1, PartNumberMarker=1)
    assert page["IsTruncated"] and page["Parts"][0]["PartNumber"] == 2 and page["NextPartNumberMarker"] == 2
    assert [u["UploadId"] for u in s3.list_multipart_uploads(Bucket="first")["Uploads"]] == [upload]
    complete = lambda numbers, key="big", **more: code(
        s3.complete_multipart_upload, Bucket="first", Key=key, UploadId=more.get("upload", upload),
        MultipartUpload={"Parts": [{"PartNumber": n, "ETag": more.get("tags", tags)[n]} for n in numbers]})
    assert complete([2, 1]) == ("InvalidPartOrder", 400)
    assert complete([1, 3, 4], tags={**tags, 4: '"x"'}) == ("InvalidPart", 400)
    assert complete([1], tags={1: '"%s"' % ("0" * 32)}) == ("InvalidPart", 400)
    assert code(s3.head_object, Bucket="first", Key="big") == ("404", 404)
    assert complete([1, 2, 3]) is None
    assert complete([1, 2, 3]) is None  # the answer may have been lost
    got = s3.get_object(Bucket="first", Key="big")
    assert got["Body"].read() == b"".join(parts)
    assert got["ContentType"] == "x/y" and got["Metadata"] == {"m": "1"}
    digests = b"".join(hashlib.md5(p).digest() for p in parts)
    assert got["ETag"] == '"%s-3"' % hashlib.md5(digests).hexdigest()
    part = s3.get_object(Bucket="first", Key="big", PartNumber=3)
    assert part["Body"].read() == b"tail" and part["PartsCount"] == 3
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="first")
    upload = start("small")
    tags = {n: s3.upload_part(Bucket="first", Key="small", UploadId=upload, PartNumber=n, Body=b"x")["ETag"]
            for n in (1, 2)}
    assert complete([1, 2], "small", upload=upload, tags=tags) == ("EntityTooSmall", 400)
    s3.abort_multipart_upload(Bucket="first", Key="small", UploadId=upload)
    assert code(s3.abort_multipart_upload, Bucket="first", Key="small", UploadId=upload) == ("NoSuchUpload", 404)
    assert code(s3.upload_part, Bucket="first", Key="small", UploadId=upload, PartNumber=1, Body=b"") == ("NoSuchUpload", 404)
    assert code(s3.upload_part, Bucket="first", Key="small", UploadId=upload, PartNumber=10001, Body=b"") == ("InvalidArgument", 400)
    upload = start("copied")
    s3.put_object(Bucket="first", Key="whole", Body=parts[0] + parts[1])
    tags = {}
    for number, span in ((1, "bytes=0-%d" % (5 * MB - 1)), (2, "bytes=%d-%d" % (5 * MB, 5 * MB + 9))):
        tags[number] = s3.upload_part_copy(
            Bucket="first", Key="copied", UploadId=upload, PartNumber=number, CopySource="first/whole",
            CopySourceRange=span)["CopyPartResult"]["ETag"]
    assert complete([1, 2], "copied", upload=upload, tags=tags) is None
    assert body("first", "copied") == (parts[0] + parts[1])[:5 * MB + 10]
    assert code(s3.upload_part_copy, Bucket="first", Key="copied", UploadId=upload, PartNumber=1,
                CopySource="first/whole") == ("NoSuchUpload", 404)


@test
def a_bucket_takes_its_unfinished_uploads_along():
    s3.create_bucket(Bucket="unfinished")
    upload = s3.create_multipart_upload(Bucket="unfinished", Key="k")["UploadId"]
    s3.upload_part(Bucket="unfinished", Key="k", UploadId=upload, PartNumber=1, Body=b"x")
    s3.delete_bucket(Bucket="unfinished")
    s3.create_bucket(Bucket="unfinished")
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="unfinished")
    s3.delete_bucket(Bucket="unfinished")
    assert os.listdir(os.path.join(server.directory, "objects", ".staging")) == []


@test
def checksums_of_multipart_uploads():
    parts = [os.urandom(5 * MB), b"tail"]
    upload = s3.create_multipart_upload(Bucket="first", Key="sum", ChecksumAlgorithm="SHA256")["UploadId"]
    done = []
    for number, data in enumerate(parts, 1):
        reply = s3.upload_part(Bucket="first", Key="sum", UploadId=upload, PartNumber=number, Body=data,
                               ChecksumAlgorithm="SHA256")
        done.append({"PartNumber": number, "ETag": reply["ETag"], "ChecksumSHA256": reply["ChecksumSHA256"]})
    reply = s3.complete_multipart_upload(Bucket="first", Key="sum", UploadId=upload, MultipartUpload={"Parts": done})
    whole = hashlib.sha256(b"".join(hashlib.sha256(p).digest() for p in parts)).digest()
    assert reply["ChecksumSHA256"] == base64.b64encode(whole).decode() + "-2"
    assert s3.head_object(Bucket="first", Key="sum", ChecksumMode="ENABLED")["ChecksumSHA256"].endswith("-2")


@test
def transfers_in_parallel_parts():
    data = os.urandom(30 * MB)
    s3.upload_fileobj(io.BytesIO(data), "first", "transfer")
    out = io.BytesIO()
    s3.download_fileobj("first", "transfer", out)
    assert out.getvalue() == data


@test
def presigned_urls():
    for version in ("s3v4", "s3"):
        client = boto3.session.Session().client("s3", endpoint_url=server.endpoint, region_name=REGION,
                                                config=Config(signature_version=version))
        for key in ("pre signed/ü", "plain"):
            url = client.generate_presigned_url("put_object", {"Bucket": "first", "Key": key})
            request = urllib.request.Request(url, data=version.encode() + b" body", method="PUT",
                                             headers={} if version == "s3v4" else {"Content-Type": ""})
            assert urllib.request.urlopen(request).status == 200
            url = client.generate_presigned_url(
                "get_object", {"Bucket": "first", "Key": key, "ResponseContentType": "x/y"})
            reply = urllib.request.urlopen(url)
            assert reply.read() == version.encode() + b" body" and reply.headers["Content-Type"] == "x/y"
        for change in (lambda u: u.replace("plain", "other"), lambda u: u.replace("Signature=", "Signature=A")):
            try:
                urllib.request.urlopen(change(client.generate_presigned_url(
                    "get_object", {"Bucket": "first", "Key": "plain"})))
                assert False, "a changed URL was served"
            except urllib.error.HTTPError as e:
                assert e.code == 403 and b"<Code>SignatureDoesNotMatch</Code>" in e.read(), version
        url = client.generate_presigned_url("get_object", {"Bucket": "first", "Key": "plain"}, ExpiresIn=1)
        time.sleep(2.5)  # neither signer makes one that is expired already
        try:
            urllib.request.urlopen(url)
            assert False, "an expired URL was served"
        except urllib.error.HTTPError as e:
            assert e.code == 403 and b"<Code>AccessDenied</Code>" in e.read(), e.code


@test
def settings_of_buckets():
    s3.create_bucket(Bucket="settings")
    tags = {"TagSet": [{"Key": "k", "Value": "v"}, {"Key": "l", "Value": ""}]}
    encryption = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": True}]}
    block = dict(BlockPublicAcls=True, IgnorePublicAcls=True, BlockPublicPolicy=False, RestrictPublicBuckets=True)
    cors = {"CORSRules": [{"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 5}]}
    lifecycle = {"Rules": [
        {"ID": "one", "Status": "Enabled", "Filter": {"And": {"Prefix": "p", "Tags": [{"Key": "a", "Value": "b"}]}},
         "Expiration": {"Days": 3}, "Transitions": [{"Days": 1, "StorageClass": "GLACIER"}],
         "NoncurrentVersionExpiration": {"NoncurrentDays": 4}},
        {"ID": "two", "Status": "Disabled", "Filter": {"Prefix": ""}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]}
    ownership = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    table = [
        ("tagging", "bucket_tagging", "Tagging", tags, "NoSuchTagSet", lambda r: {"TagSet": r["TagSet"]}),
        ("encryption", "bucket_encryption", "ServerSideEncryptionConfiguration", encryption,
         "ServerSideEncryptionConfigurationNotFoundError", lambda r: r["ServerSideEncryptionConfiguration"]),
        ("block", "public_access_block", "PublicAccessBlockConfiguration", block,
         "NoSuchPublicAccessBlockConfiguration", lambda r: r["PublicAccessBlockConfiguration"]),
        ("cors", "bucket_cors", "CORSConfiguration", cors, "NoSuchCORSConfiguration", lambda r: {"CORSRules": r["CORSRules"]}),
        ("lifecycle", "bucket_lifecycle_configuration", "LifecycleConfiguration", lifecycle,
         "NoSuchLifecycleConfiguration", lambda r: {"Rules": r["Rules"]}),
        ("ownership", "bucket_ownership_controls", "OwnershipControls", ownership,
         "OwnershipControlsNotFoundError", lambda r: r["OwnershipControls"]),
    ]
    for name, operation, member, value, missing, pick in table:
        get, put = getattr(s3, "get_" + operation), getattr(s3, "put_" + operation)
        delete = getattr(s3, "delete_" + operation.replace("lifecycle_configuration", "lifecycle"))
        assert code(get, Bucket="settings") == (missing, 404), name
        put(Bucket="settings", **{member: value})
        assert pick(get(Bucket="settings")) == value, (name, get(Bucket="settings"))
        delete(Bucket="settings")
        assert code(get, Bucket="settings") == (missing, 404), name
    policy = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}'
    assert code(s3.get_bucket_policy, Bucket="settings") == ("NoSuchBucketPolicy", 404)
    assert code(s3.put_bucket_policy, Bucket="settings", Policy="{") == ("MalformedPolicy", 400)
    s3.put_bucket_policy(Bucket="settings", Policy=policy)
    assert s3.get_bucket_policy(Bucket="settings")["Policy"] == policy
    s3.delete_bucket_policy(Bucket="settings")
    assert s3.get_bucket_acl(Bucket="settings")["Grants"][0]["Permission"] == "FULL_CONTROL"
    assert code(s3.put_bucket_acl, Bucket="settings", ACL="public-read")[0] == "AccessControlListNotSupported"
    assert code(s3.put_bucket_cors, Bucket="settings", CORSConfiguration={
        "CORSRules": [{"AllowedMethods": ["FLY"], "AllowedOrigins": ["*"]}]}) == ("InvalidRequest", 400)
    assert code(s3.put_bucket_lifecycle_configuration, Bucket="settings", LifecycleConfiguration={
        "Rules": [{"Status": "Enabled", "Filter": {"Prefix": ""}}]}) == ("InvalidRequest", 400)
    assert code(s3.put_bucket_tagging, Bucket="settings", Tagging={
        "TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}) == ("InvalidTag", 400)
    for operation in ("get_bucket_website", "get_bucket_logging", "get_bucket_replication"):
        assert code(getattr(s3, operation), Bucket="settings") == ("NotImplemented", 501)


@test
def keys_stay_in_the_store():
    outside = os.path.join(os.path.dirname(server.directory), "escaped")
    for key in ("../../escaped", "/etc/escaped", "a/../../../escaped", "..", "./x", "a//b", "\\..\\x", ".index/data.mdb",
                "~" * 20, "x\ny\r", "a/" * 200):
        data = os.urandom(20)
        s3.put_object(Bucket="first", Key=key, Body=data)
        assert body("first", key) == data, key
        assert key in keys(s3.list_objects_v2(Bucket="first", Prefix=key)), key
    assert not os.path.exists(outside) and not os.path.exists("/etc/escaped")


@test
def what_was_written_survives_a_restart():
    server.stop()
    server.start()
    assert body("first", "r") == b"0123456789"


@test
def the_engine_sees_the_files():
    with open(os.path.join(server.directory, "objects", "first", "r"), "rb") as file:
        assert file.read() == b"0123456789"


ok("ERROR" not in server.said(), "the server has no error to tell", server.said())
done()
