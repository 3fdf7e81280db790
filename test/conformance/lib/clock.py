"""Processes with another wall clock, so that their hours are over already."""
import atexit, os, shutil, subprocess, tempfile, time

_folder = tempfile.mkdtemp(prefix="sluice-clock-")
atexit.register(shutil.rmtree, _folder, True)
_library = os.path.join(_folder, "clock.so")
subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", _library,
                os.path.join(os.path.dirname(os.path.abspath(__file__)), "clock.c")], check=True)


def at(when, seconds=10**9):
    """The environment of a process whose clock says `when` (seconds since 1970) now, and is right again
    after some seconds."""
    return {**os.environ, "LD_PRELOAD": _library, "SLUICE_TEST_CLOCK": str(int(when - time.time())),
            "SLUICE_TEST_CLOCK_UNTIL": str(int(time.monotonic() + seconds))}


def hours_ago(hours, minute=5):
    """That many whole hours ago, some minutes past the hour."""
    return time.time() // 3600 * 3600 - hours * 3600 + minute * 60
