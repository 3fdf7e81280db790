"""Amazon S3: every operation of AWS's own service model is a row of ours, and its request, made as
the model says, is recognised: who is not served is told so by the operation's name."""
import http.client, os, re, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from gateway import Gateway
from model import Judge
from testing import done, equal

import botocore.auth, botocore.awsrequest, botocore.credentials

OLDER_NAMES = {"GetBucketLifecycle": "GetBucketLifecycleConfiguration",
               "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
               "GetBucketNotification": "GetBucketNotificationConfiguration",
               "PutBucketNotification": "PutBucketNotificationConfiguration"}
ANOTHER_ENDPOINT = {"WriteGetObjectResponse"}  # S3 Object Lambda's

# What tells requests of the same path apart, and what they cannot do without.
VALUES = {"PartNumber": "1", "UploadId": "none", "CopySource": "/bucket/none"}


def request_of(judge, operation):
    """Method and target by the model, the required members of query and headers in them."""
    described, headers = judge.model["operations"][operation], {}
    target = described["http"]["requestUri"].replace("{Bucket}", "bucket").replace("{Key+}", "key")
    shape = judge.shapes[described["input"]["shape"]] if "input" in described else {}
    for name in shape.get("required", []):
        member, value = shape["members"][name], VALUES.get(name, "x")
        if member.get("location") == "header":
            headers[member["locationName"]] = value
        if member.get("location") == "querystring":
            target += ("&" if "?" in target else "?") + member["locationName"] + "=" + value
    return described["http"]["method"], target, headers


def answer(gateway, method, target, headers):
    """Status, error code and message."""
    request = botocore.awsrequest.AWSRequest(method, gateway.endpoint + target, headers, b"")
    botocore.auth.S3SigV4Auth(botocore.credentials.Credentials(gateway.access_key, gateway.secret_key),
                              "s3", gateway.region).add_auth(request)
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
    connection.request(method, target, b"", dict(request.headers.items()))
    response = connection.getresponse()
    found = re.search("<Code>(.*?)</Code><Message>(.*?)</Message>", response.read().decode())
    connection.close()
    return (response.status, *(found.groups() if found else (None, None)))


judge = Judge("s3", "s3/2006-03-01", os.environ.get("S3_MODEL"))
with Gateway() as gateway:
    for operation in sorted(judge.model["operations"]):
        if operation in ANOTHER_ENDPOINT:
            continue
        name = OLDER_NAMES.get(operation) or operation
        if name not in judge.rows:
            equal("no row", "a row", operation)
            continue
        status, code, message = answer(gateway, *request_of(judge, operation))
        if judge.rows[name]["served"]:
            equal(status in (405, 501) or status >= 500, False, operation + " is served")
        else:
            equal((status, code, message),
                  (501, "NotImplemented", "Sluice does not serve %s of Amazon S3 yet" % name), operation)
done()
