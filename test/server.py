"""A `sluice up` on a free port, for tests in Python."""
import json, os, signal, subprocess

import tap

class Server:
    """With `with`: serving inside, ended with SIGTERM at the end (status 0 is checked)."""

    def __init__(self, directory, *options):
        self.process = subprocess.Popen(
            [tap.SLUICE, "up", "--port", "0", "--dir", directory, "--json", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("not ready: " + self.process.communicate()[1])
        self.ready = json.loads(line)
        self.endpoint = self.ready["endpoint"]
        self.directory = directory

    def environment(self):
        """Where its clients find it and its access key, and nothing else of AWS."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        return dict(clean, AWS_ENDPOINT_URL=self.endpoint, AWS_REGION="us-east-1",
                    AWS_DEFAULT_REGION="us-east-1",
                    AWS_SHARED_CREDENTIALS_FILE=os.path.join(self.directory, "credentials"))

    def client(self, service):
        import boto3, botocore.config
        keys = dict(line.split(" = ") for line in
                    open(os.path.join(self.directory, "credentials")).read().splitlines()[1:])
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name="us-east-1",
            aws_access_key_id=keys["aws_access_key_id"],
            aws_secret_access_key=keys["aws_secret_access_key"],
            config=botocore.config.Config(retries={"max_attempts": 0}))

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        out, self.errors = self.process.communicate(timeout=30)
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        if self.process.poll() is None:
            status = self.stop()
            assert kind or status == 0, "ended with %s: %s" % (status, self.errors)
