#!/usr/bin/env python3
"""Runs every command of README.md's sh blocks, in order, in one shell, in a folder that looks like
the repository. Port 4566 is replaced by a free one, and a command that starts a server is given
the time until its port answers. `./dev test` is what runs this, so it is left out."""
import os, re, shlex, socket, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import BUILD, ROOT

def commands(text):
    """Logical lines of the sh blocks: continued ones and open quotes belong together."""
    for block in re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S):
        command = ""
        for line in block.splitlines():
            command += line
            try:
                complete = not command.endswith("\\") and shlex.split(command, comments=True)
            except ValueError:  # an open quote
                complete = None
            if complete:
                yield command
            command = "" if complete or not command.strip() else command + "\n"

def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

def script(wanted, port):
    yield "trap 'kill $(jobs -p) 2>/dev/null' EXIT"
    for number, command in enumerate(wanted, 1):
        if re.match(r"\./dev test\b", command):
            yield "echo '::status %d skip'" % number
            continue
        yield command.replace("4566", str(port))
        yield "status=$?"
        if command.rstrip().endswith("&"):
            yield "for i in $(seq 600); do (: </dev/tcp/127.0.0.1/%d) 2>/dev/null && break; " \
                  "sleep 0.05; done" % port
        yield "echo; echo '::status' %d $status" % number

def main():
    wanted = list(commands(open(os.path.join(ROOT, "README.md")).read()))
    print("1..%d" % (len(wanted) + 1))
    with tempfile.TemporaryDirectory(prefix="sluice-test-") as folder:
        for name in os.listdir(ROOT):
            if not name.startswith(".") and name != "build":
                os.symlink(os.path.join(ROOT, name), os.path.join(folder, name))
        os.symlink(os.path.abspath(BUILD), os.path.join(folder, "build"))
        clean = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        done = subprocess.run(["bash"], input="\n".join(script(wanted, free_port())), cwd=folder,
                              env=clean, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    statuses = dict(re.findall(r"^::status (\d+) (\w+)$", done.stdout, re.M))
    for number, command in enumerate(wanted, 1):
        status = statuses.get(str(number), "never reached")
        print("%s %d - %s%s" % ("ok" if status in ("0", "skip") else "not ok", number,
                                " ".join(command.split()).replace("#", "-"),
                                " # SKIP it is what runs this" if status == "skip" else
                                "" if status == "0" else " (status %s)" % status))
    proof = "Exactly once" in done.stdout and re.search(r"^ *25000$", done.stdout, re.M)
    print("%s %d - the table holds the demo's records and the generator's" %
          ("ok" if proof else "not ok", len(wanted) + 1))
    print("".join("# " + line for line in done.stdout.splitlines(True)))
    sys.exit(0 if proof and all(statuses.get(str(n)) in ("0", "skip")
                                for n in range(1, len(wanted) + 1)) else 1)

main()
