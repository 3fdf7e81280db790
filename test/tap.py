"""Tests as functions, results in TAP (https://testanything.org), for scripts that judge the binary.

    @test
    def what_holds(): assert ...
    main()

SLUICE_BUILD names the folder of the build under test, relative to the repository.
"""
import os, sys, tempfile, traceback

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, os.environ.get("SLUICE_BUILD", "build"))
SLUICE = os.path.join(BUILD, "sluice")

_tests = []

class Skip(Exception):
    """Raised by a test that cannot judge here; its text says why."""

def test(function):
    _tests.append(function)
    return function

def scratch():
    """A new folder that is removed with the object it returns."""
    return tempfile.TemporaryDirectory(prefix="sluice-test-")

def main():
    print("1..%d" % len(_tests))
    failed = 0
    for number, function in enumerate(_tests, 1):
        name = function.__name__.replace("_", " ")
        try:
            function()
            print("ok %d - %s" % (number, name), flush=True)
        except Skip as why:
            print("ok %d - %s # SKIP %s" % (number, name, why), flush=True)
        except Exception:
            failed += 1
            print("not ok %d - %s" % (number, name))
            print("".join("# " + line for line in traceback.format_exc().splitlines(True)),
                  flush=True)
    sys.exit(1 if failed else 0)
