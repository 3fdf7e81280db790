"""`sluice script check` lists what a script uses and Sluice does not serve, without running it; and every
script of the tests that runs has nothing on that list."""
import glob, json, os, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

FOLDER = os.path.join(ROOT, "test", "data", "scripts")
REFUSED = {"unserved", "merge_is_named", "unsupported_is_named"}


def check(path, *options):
    return subprocess.run([SLUICE, "script", "check", *options, path], capture_output=True, text=True)


@test
def every_finding_has_its_line_and_name():
    done = check(os.path.join(FOLDER, "unserved.py"), "--json")
    found = [(p["line"], p["name"]) for p in map(json.loads, done.stdout.splitlines())]
    assert found == [
        (2, "no_such_module"), (5, "pyspark.sql.functions.frobnicate"), (5, "pyspark.sql.functions.pandas_udf"),
        (8, "format('jdbc')"), (9, "mode('overwrite')"), (10, "DataFrame.writeTo"), (11, "spark.sql of MERGE INTO"),
        (12, "spark.sql of CREATE TABLE"), (15, "pyspark.sql.functions.zip_with"), (17, "parallelize")], found
    assert done.returncode == 2, done


@test
def findings_are_lines_for_people_too():
    done = check(os.path.join(FOLDER, "unserved.py"))
    assert "unserved.py:9: mode('overwrite'): use append" in done.stdout, done.stdout


@test
def the_scripts_that_run_have_none():
    paths = [p for p in glob.glob(FOLDER + "/*.py") if os.path.basename(p)[:-3] not in REFUSED]
    paths.append(os.path.join(ROOT, "example", "ventilators", "glue_streaming_from_kds_to_s3.py"))
    assert len(paths) > 20
    for path in paths:
        done = check(path)
        assert done.returncode == 0 and "nothing" in done.stdout, (path, done)


@test
def wrong_use_and_broken_scripts_are_told():
    assert check("/no/such/file.py").returncode == 1
    broken = os.path.join(os.environ.get("TMPDIR", "/tmp"), "sluice-broken-%d.py" % os.getpid())
    with open(broken, "w") as file:
        file.write("def f(:\n")
    done = check(broken)
    os.unlink(broken)
    assert done.returncode == 2 and ":1: SyntaxError" in done.stdout, done


done()
