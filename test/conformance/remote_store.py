"""The remote object store and the remote catalog against `sluice up` over HTTP: all of their functions,
then the same through a network that loses requests and replies, answers with faults and is slow:
nothing of it may show."""
import os, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *
from proxy import Proxy



def drive(tool, endpoint, place, name, **environment):
    done = subprocess.run([os.path.abspath(os.path.join(BUILD, "tool", tool)), endpoint, place],
                          capture_output=True, text=True, timeout=280,
                          env={**os.environ, **environment})
    lines = done.stdout.splitlines()
    for at, line in enumerate(lines):
        if line.startswith(("ok ", "not ok ")):
            said = [l for l in lines[at + 1:at + 3] if l.startswith("#")]
            ok(line.startswith("ok "), "%s: %s" % (name, line.split(" - ", 1)[1]), "\n".join(said))
    ok(done.returncode == 0 and "1.." in done.stdout, name + ": ran to its end",
       done.stdout[-300:] + done.stderr[-3000:])


def main():
    server = Server()
    s3 = server.client("s3")
    for bucket in ("plain", "failing", "hosted"):
        s3.create_bucket(Bucket=bucket)
    proxy = Proxy(server.endpoint, rate=0.25)
    for tool in ("object_s3", "catalog_glue"):
        drive(tool, server.endpoint, "plain", tool)
        drive(tool, proxy.endpoint, "failing", tool + ", failing network")
    ok(all(proxy.counts.values()), "every kind of fault occurred", proxy.counts)
    aws = Proxy(server.endpoint)
    drive("object_s3", "http://s3.us-east-1.amazonaws.com", "hosted", "buckets as hosts",
          http_proxy=aws.endpoint, no_proxy="")
    equal(aws.hosts, {"hosted.s3.us-east-1.amazonaws.com",
                      "no-such-bucket-here.s3.us-east-1.amazonaws.com"}, "AWS's hosts were named")
    print("# %d requests, faults %s" % (proxy.requests, proxy.counts))


case(main)
done()
