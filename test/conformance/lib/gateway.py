"""The gateway of test/tool/aws_server.c on a free port, with a clock the test can move."""
import json, os, subprocess, tempfile

from testing import BUILD

class Gateway:
    """With `with`: serving inside; ended at the end by closing its input (status 0 is checked)."""

    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory(prefix="sluice-test-")
        self.directory, self.options = self.folder.name, options
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [os.path.join(BUILD, "tool", "aws_server"), self.directory, *self.options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line, "the gateway did not start: status %s" % self.process.wait()
        ready = json.loads(line)
        self.port, self.account, self.region = ready["port"], ready["account"], ready["region"]
        self.access_key, self.secret_key = ready["access_key"], ready["secret_key"]
        self.endpoint = "http://127.0.0.1:%d" % self.port

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "ok\n"

    def stop(self):
        self.process.stdin.close()
        status = self.process.wait(30)
        self.process.stdout.close()
        assert status == 0, "the gateway ended with %s" % status

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        if kind:
            self.process.kill()
            self.process.wait()
        else:
            self.stop()
        self.folder.cleanup()
