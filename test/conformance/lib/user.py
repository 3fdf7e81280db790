"""A user's shell behind `eval "$(sluice env)"`: nothing of AWS in the environment but that."""
import atexit, os, shutil, subprocess, tempfile

from testing import SLUICE


def environment(home, **more):
    """That of a user who has never heard of AWS."""
    return {"PATH": "/usr/bin:/bin", "HOME": home, "LANG": "C.UTF-8", **more}


class User:
    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="sluice-home-")
        atexit.register(shutil.rmtree, self.home)

    def shell(self, server, script, options="", **more):
        """Runs a script; `sluice' is in the path, and DIR is the server's directory."""
        values = environment(self.home, DIR=server.directory, **more)
        values["PATH"] = os.path.dirname(SLUICE) + ":" + values["PATH"]
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c",
             'eval "$(sluice env --dir "$DIR" %s)"\n%s' % (options, script)],
            capture_output=True, text=True, env=values, cwd=self.home, timeout=180)


def said(done):
    """The output of a command that has to succeed."""
    assert done.returncode == 0, "%s\n%s" % (done.stdout, done.stderr)
    return done.stdout.strip()
