"""`sluice up` over TLS: the AWS CLI, boto3 and the AWS SDK for JavaScript (HTTP/2 by ALPN) verify the
certificate, sign and move bodies of megabytes; plain connections go on on the same port."""
import hashlib, os, socket, ssl, stat, subprocess, sys, tempfile, urllib.error, urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *
from kinesis import Boto3, Cli, Js, read_stream

import boto3
from botocore.config import Config
from botocore.exceptions import SSLError

AWS = "/usr/bin/aws"
server = Server("--tls", "self-signed")
CA = server.ready["ca_bundle"]


def aws(*arguments, **variables):
    environment = {k: v for k, v in os.environ.items() if k != "AWS_CA_BUNDLE"}
    return subprocess.run([AWS, "--endpoint-url", server.endpoint, *arguments], text=True,
                          capture_output=True, env={**environment, **variables})


def client(service, **more):
    return boto3.session.Session().client(service, endpoint_url=server.endpoint, region_name=REGION,
                                          config=Config(retries={"max_attempts": 0}), **more)


def up(*options):
    with tempfile.TemporaryDirectory() as directory:
        return subprocess.run([SLUICE, "up", "--port", "0", "--dir", directory, *options],
                              capture_output=True, text=True, timeout=90)


@test
def the_ready_line_names_both_schemes():
    assert server.endpoint == "https://127.0.0.1:%d" % server.port
    assert server.ready["http_endpoint"] == "http://127.0.0.1:%d" % server.port
    assert CA == os.path.join(server.directory, "tls", "ca.pem")


@test
def the_files_are_their_owners():
    for name in ("ca.pem", "certificate.pem", "key.pem"):
        mode = os.stat(os.path.join(server.directory, "tls", name)).st_mode
        assert stat.S_IMODE(mode) == 0o600, name


@test
def the_certificate_holds_for_the_loopback_and_ten_years():
    text = subprocess.run(["openssl", "x509", "-noout", "-ext", "subjectAltName", "-enddate", "-in",
                           os.path.join(server.directory, "tls", "certificate.pem")],
                          capture_output=True, text=True, check=True).stdout
    for name in ("DNS:localhost", "IP Address:127.0.0.1", "IP Address:0:0:0:0:0:0:0:1"):
        assert name in text, text
    nine_years = str(9 * 365 * 24 * 3600)
    subprocess.run(["openssl", "x509", "-checkend", nine_years, "-noout", "-in",
                    os.path.join(server.directory, "tls", "certificate.pem")], check=True,
                   capture_output=True)
    subprocess.run(["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", CA,
                    os.path.join(server.directory, "tls", "certificate.pem")], check=True,
                   capture_output=True)


@test
def clients_that_do_not_know_the_authority_refuse():
    try:
        client("kinesis").list_streams()
    except SSLError:
        pass
    else:
        raise AssertionError("boto3 trusted it")
    done = aws("kinesis", "list-streams")
    assert done.returncode != 0 and "SSL validation failed" in done.stderr, done.stderr


@test
def boto3_verifies_by_argument():
    client("kinesis", verify=CA).create_stream(StreamName="b", ShardCount=1)
    assert client("kinesis", verify=False).list_streams()["StreamNames"] == ["b"]


@test
def the_cli_verifies_by_its_variable_or_not_at_all():
    for done in (aws("kinesis", "describe-stream-summary", "--stream-name", "b", AWS_CA_BUNDLE=CA),
                 aws("--ca-bundle", CA, "kinesis", "list-streams"),
                 aws("--no-verify-ssl", "kinesis", "list-streams")):
        assert done.returncode == 0 and '"b"' in done.stdout, done.stderr


@test
def both_names_and_both_schemes():
    context = ssl.create_default_context(cafile=CA)
    for url in ("https://localhost:%d/", "https://127.0.0.1:%d/", "http://127.0.0.1:%d/"):
        try:
            urllib.request.urlopen(url % server.port, context=context, timeout=90)
        except urllib.error.HTTPError as e:
            assert e.code == 403 and b"AccessDenied" in e.read(), url  # S3: nobody signed


@test
def alpn_prefers_http2():
    for offered, chosen in ((["h2", "http/1.1"], "h2"), (["http/1.1"], "http/1.1"), ([], None)):
        context = ssl.create_default_context(cafile=CA)
        if offered:
            context.set_alpn_protocols(offered)
        with socket.create_connection(("127.0.0.1", server.port), 90) as plain, \
                context.wrap_socket(plain, server_hostname="localhost") as secure:
            assert secure.selected_alpn_protocol() == chosen
            assert secure.version() == "TLSv1.3"


@test
def tls_1_1_is_refused():
    done = subprocess.run(["openssl", "s_client", "-connect", "127.0.0.1:%d" % server.port, "-tls1_1",
                           "-cipher", "ALL:@SECLEVEL=0"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    assert done.returncode != 0 and "Cipher is (NONE)" in done.stdout, done.stdout


@test
def objects_of_megabytes_go_up_and_come_down():
    s3 = client("s3", verify=CA)
    s3.create_bucket(Bucket="large")
    data = os.urandom(20 << 20)
    s3.put_object(Bucket="large", Key="object", Body=data)  # with Expect: 100-continue
    s3.put_object(Bucket="large", Key="small", Body=b"x")   # on the connection that was kept
    got = s3.get_object(Bucket="large", Key="object")["Body"].read()
    assert hashlib.sha256(got).digest() == hashlib.sha256(data).digest()
    assert s3.get_object(Bucket="large", Key="small")["Body"].read() == b"x"
    with tempfile.TemporaryDirectory() as folder:
        path, copy = os.path.join(folder, "file"), os.path.join(folder, "copy")
        with open(path, "wb") as out:
            out.write(data)
        for source, target in ((path, "s3://large/file"), ("s3://large/file", copy)):  # in parts
            done = aws("s3", "cp", "--no-progress", source, target, AWS_CA_BUNDLE=CA)
            assert done.returncode == 0, done.stderr
        assert open(copy, "rb").read() == data


os.environ["AWS_CA_BUNDLE"] = os.environ["NODE_EXTRA_CA_CERTS"] = CA


@test
def three_clients_write_and_read_one_stream():
    clients = [Boto3(server), Cli(server), Js(server)]
    clients[0].call("CreateStream", StreamName="s", ShardCount=2)
    written = []
    for one in clients:
        data = [("%s %d" % (one.name, n)).encode() for n in range(5)]
        one.call("PutRecords", StreamName="s",
                 Records=[{"Data": d, "PartitionKey": d.decode()} for d in data])
        written += data
    for one in clients:
        got = sorted(r["Data"] for r in read_stream(one, "s"))
        assert got == sorted(written), one.name
        one.close()


@test
def javascript_moves_megabytes_over_http2():
    js = Js(server)
    js.call("CreateStream", StreamName="large", ShardCount=1)
    data = [bytes([n]) * 30000 for n in range(200)]
    js.call("PutRecords", StreamName="large",
            Records=[{"Data": d, "PartitionKey": "p"} for d in data])
    assert [r["Data"] for r in read_stream(js, "large")] == data
    js.close()


@test
def our_own_client_verifies_too():
    def generate(**variables):
        return subprocess.run([SLUICE, "gen", "--stream-name", "b", "--max-count", "10", "--endpoint-url",
                               server.endpoint], capture_output=True, text=True,
                              env={**os.environ, **variables})
    assert generate().returncode == 0, generate().stderr
    assert generate(AWS_CA_BUNDLE="/dev/null").returncode != 0


@test
def a_restart_keeps_the_certificate():
    before = open(CA).read()
    server.stop()
    server.start()
    assert open(CA).read() == before
    assert client("kinesis").list_streams()["StreamNames"] == ["b", "large", "s"]


@test
def a_certificate_of_the_users_own():
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=own", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key,
                        "-out", certificate], check=True, capture_output=True)
        with Server("--tls-cert", certificate, "--tls-key", key) as own:
            assert own.endpoint.startswith("https://") and "ca_bundle" not in own.ready
            assert not os.path.exists(os.path.join(own.directory, "tls"))
            session = boto3.session.Session()
            assert session.client("kinesis", endpoint_url=own.endpoint, region_name=REGION,
                                  verify=certificate).list_streams()["StreamNames"] == []
        done = up("--tls-cert", certificate, "--tls-key", certificate)
        assert done.returncode != 0 and certificate in done.stderr, done.stderr


@test
def wrong_use_is_told():
    for options, words in ((["--tls-cert", "x"], "come together"), (["--tls-key", "x"], "come together"),
                           (["--tls-cert", "/none", "--tls-key", "/none"], "/none"),
                           (["--tls-cert", "x", "--tls-key", "x", "--tls", "self-signed"], "not both"),
                           (["--tls", "yes"], "is not one of")):
        done = up(*options)
        assert done.returncode == 64 and words in done.stderr, (options, done)


done()
