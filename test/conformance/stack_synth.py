#!/usr/bin/env python3
"""`sluice synth` and `sluice ls` beside the CDK: test/data/cdk/VERSION holds what the example's CDK
application gives for test/data/cdk/cdk.context.json with that version of the construct library. Left
out of it is what --no-version-reporting leaves out: the resource CDKMetadata and its condition.
Equal on purpose are the parameter BootstrapVersion and its rule. Assets are none: templates of this
size go along with the request."""
import copy, filecmp, json, os, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

DATA = os.path.join(ROOT, "test", "data", "cdk")
CONTEXT = os.path.join(DATA, "cdk.context.json")
GOOD = json.load(open(CONTEXT))
STACKS = ["GlueStreamingSinkToS3Path", "KinesisStreamAsGlueStreamingJobDataSource",
          "GlueStreamingSinkToS3JobRole", "GlueSchemaOnKinesisStream",
          "GrantLFPermissionsOnGlueJobRole", "GlueStreamingSinkToS3Job"]
FAILED, USAGE = 1, 64

def sluice(*args, **options):
    return subprocess.run([SLUICE, *args], capture_output=True, text=True, timeout=60, **options)

def golden(version, stack):
    return os.path.join(DATA, version, stack + ".template.json")

def synth_text(text, *stacks):
    with tempfile.TemporaryDirectory(prefix="sluice-test-") as folder:
        with open(os.path.join(folder, "cdk.context.json"), "w") as out:
            out.write(text)
        return sluice("synth", *stacks, cwd=folder)

def synth(context, *stacks):
    return synth_text(json.dumps(context), *stacks)

def changed(change):
    context = copy.deepcopy(GOOD)
    change(context)
    return context

def arguments(context):
    return context["glue_job_input_arguments"]

def columns(context):
    return context["glue_kinesis_table"]["columns"]

# ---- beside the CDK ----

@test
def templates_are_the_cdks_byte_by_byte():
    for stack in STACKS:
        done = sluice("synth", stack, "--file", CONTEXT)
        assert done.returncode == 0, done
        assert done.stdout == open(golden("2.111.0", stack)).read() + "\n", stack

def paths(value, at=()):
    if isinstance(value, (dict, list)) and value:
        for name, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(one, at + (name,))
    else:
        yield at, json.dumps(value)

@test
def a_newer_construct_library_differs_in_what_becomes_of_the_stream():
    expected = {("SourceKinesisStreams11CE8FFC", "UpdateReplacePolicy"): '"Retain"',
                ("SourceKinesisStreams11CE8FFC", "DeletionPolicy"): '"Retain"'}
    for stack in STACKS:
        ours = dict(paths(json.loads(sluice("synth", stack, "-f", CONTEXT).stdout)))
        theirs = dict(paths(json.load(open(golden("2.276.0", stack)))))
        assert not set(ours) - set(theirs), stack
        more = {path[1:]: value for path, value in theirs.items() if ours.get(path) != value}
        assert more == (expected if "Kinesis" in stack and "AsGlue" in stack else {}), (stack, more)

@test
def a_folder_is_a_cloud_assembly():
    with tempfile.TemporaryDirectory(prefix="sluice-test-") as folder:
        for name in "a", "b":
            done = sluice("synth", "--file", CONTEXT, "--output", os.path.join(folder, name))
            assert done.returncode == 0 and not done.stdout, done
        names = sorted(os.listdir(os.path.join(folder, "a")))
        assert names == sorted(["manifest.json"] + [s + ".template.json" for s in STACKS])
        same, other, errors = filecmp.cmpfiles(folder + "/a", folder + "/b", names, shallow=False)
        assert sorted(same) == names, (other, errors)
        artifacts = json.load(open(folder + "/a/manifest.json"))["artifacts"]
        assert list(artifacts) == STACKS
        for stack, artifact in artifacts.items():
            file = artifact["properties"]["templateFile"]
            assert open(os.path.join(folder, "a", file)).read() == \
                open(golden("2.111.0", stack)).read()

@test
def several_stacks_are_one_object():
    done = sluice("synth", "-f", CONTEXT)
    assert list(json.loads(done.stdout)) == STACKS
    done = sluice("synth", "Glue*Job", "-f", CONTEXT)
    assert list(json.loads(done.stdout)) == ["Resources", "Outputs", "Parameters", "Rules"], done
    done = sluice("synth", "-f", CONTEXT, "Nonsense")
    assert done.returncode == USAGE and all(s in done.stderr for s in STACKS), done

@test
def stacks_are_listed_in_the_order_of_their_needs():
    assert sluice("ls").stdout.split() == STACKS
    lines = [json.loads(line) for line in sluice("ls", "--json").stdout.splitlines()]
    seen = set()
    for line in lines:
        assert set(line["Needs"]) <= seen, line
        seen.add(line["Stack"])
    assert lines[4]["Needs"] == ["GlueStreamingSinkToS3JobRole", "GlueSchemaOnKinesisStream"]
    assert "  needs " in sluice("ls", "-l").stdout

# ---- values that the file has ----

@test
def arguments_come_over_the_built_in_ones_in_their_places():
    done = synth(changed(lambda c: arguments(c).update({"--TempDir": "s3://t/", "--x": "é\"\\"})),
                 "GlueStreamingSinkToS3Job")
    got = json.loads(done.stdout)["Resources"]["GlueStreamingETLJob"]["Properties"]["DefaultArguments"]
    assert list(got)[8:10] == ["--TempDir", "--aws_region"], list(got)
    assert got["--TempDir"] == "s3://t/" and got["--x"] == "é\"\\" and list(got)[-1] == "--x"

@test
def a_stream_without_a_name_gets_the_examples_own():
    for value in None, "":
        context = changed(lambda c: c.pop("kinesis_stream_name"))
        if value is not None:
            context["kinesis_stream_name"] = value
        done = synth(context, "Kinesis*")
        stream = json.loads(done.stdout)["Resources"]["SourceKinesisStreams11CE8FFC"]
        assert stream["Properties"]["Name"] == "PUT-aEhWz", done

@test
def columns_keep_their_comments():
    done = synth(changed(lambda c: columns(c)[1].update(comment="when")), "GlueSchema*")
    table = json.loads(done.stdout)["Resources"]["GlueCfnTable"]["Properties"]["TableInput"]
    assert table["StorageDescriptor"]["Columns"][1] == \
        {"Comment": "when", "Name": "eventtime", "Type": "string"}

# ---- slips ----

def rename(mapping, old, new):
    value = mapping.pop(old)
    mapping[new] = value

TOLERATED = [  # change, words of the note, what stdout has all the same
    (lambda c: None, 'stream_starting_position: no "--"', '"stream_starting_position": "LATEST"'),
    (lambda c: arguments(c).update({"-x": "1"}), 'write "--x"', '"-x": "1"'),
    (lambda c: arguments(c).update({"--window": 10}), 'read as "10"', '"--window": "10"'),
    (lambda c: arguments(c).update({"--flag": True}), 'true, where a text', '"--flag": "true"'),
    (lambda c: arguments(c).update({"--output_path": "s3://a-bucket"}), 'read as "s3://a-bucket/"',
     '"--output_path": "s3://a-bucket/"'),
    (lambda c: arguments(c).update({"--output_path": "s3://a-bucket/x"}), '"s3://a-bucket/x/"',
     '"BucketName": "a-bucket"'),
    (lambda c: rename(arguments(c), "--output_path", "output_path"), 'write "--output_path"',
     '"output_path": "s3://aws-glue-streaming-output-parquet-atq4q5u/"'),
    (lambda c: arguments(c).update({"--glue_database": "other"}), "database_name is", '"other"'),
    (lambda c: arguments(c).update({"--glue_table_name": "other"}), "table_name is", '"other"'),
    (lambda c: arguments(c).update({"stream_starting_position": "NEWEST"}), "none of LATEST",
     '"NEWEST"'),
    (lambda c: c.update(glue_job_name="glue-streaming-from-kds-to-s3"), "start the job by the first",
     '"Name": "glue-streaming-from-kds-to-s3"'),
    (lambda c: c.update(glue_job_nane="x"), 'did you mean "glue_job_name"', None),
    (lambda c: c.update(something="x"), "something: not known", None),
    (lambda c: rename(c, "glue_job_name", "glue-job-name"), 'read as "glue_job_name"',
     '"Name": "glue_streaming_from_kds_to_s3"'),
    (lambda c: rename(c, "kinesis_stream_name", "Kinesis_Stream_Name"), "read as",
     '"Name": "ventilatorstream"'),
    (lambda c: c.update(kinesis_stream_name=" s "), "blanks", '"Name": "s"'),
    (lambda c: c.update(kinesis_stream_name=7), 'read as "7"', '"Name": "7"'),
    (lambda c: c.update(kinesis_stream_name="arn:aws:kinesis:us-east-1:123456789012:stream/s"),
     "an ARN", '"Name": "s"'),
    (lambda c: c.update(glue_assets_s3_bucket_name="s3://assets/"), 'read as "assets"',
     '"s3://assets/temporary/"'),
    (lambda c: c.update(glue_job_script_file_name="scripts/a.py"), "scripts/scripts/a.py", None),
    (lambda c: c.update(glue_job_script_file_name="a.txt"), "does not end in .py", None),
    (lambda c: columns(c)[0].update(type="strng"), "columns[0].type", '"strng"'),
    (lambda c: columns(c)[0].update(name="VentilatorId"), "lower case", '"VentilatorId"'),
    (lambda c: columns(c).append({"Name": "n", "Type": "int"}), 'read as "name"', '"n"'),
    (lambda c: columns(c)[0].update(typ="int"), 'did you mean "type"', None),
    (lambda c: c["glue_kinesis_table"].update(partitions=[]), "partitions: not known", None),
    (lambda c: c["glue_kinesis_table"].update(database_name="VentilatorDB"), "lower case", None),
]

REFUSED = [  # change, words of the error
    (lambda c: c.pop("glue_job_name"), "glue_job_name: missing"),
    (lambda c: c.pop("glue_assets_s3_bucket_name"), "glue_assets_s3_bucket_name: missing"),
    (lambda c: c.pop("glue_job_script_file_name"), "glue_job_script_file_name: missing"),
    (lambda c: c.pop("glue_job_input_arguments"), "glue_job_input_arguments: missing"),
    (lambda c: c.pop("glue_kinesis_table"), "glue_kinesis_table: missing"),
    (lambda c: c.update(glue_job_name=""), "glue_job_name: empty"),
    (lambda c: c.update(glue_job_name="x" * 256), "the limit is 255"),
    (lambda c: c.update(glue_job_name=None), "null, where a text belongs"),
    (lambda c: c.update(glue_job_name=["x"]), "a list, where a text belongs"),
    (lambda c: c.update(glue_job_script_file_name="s3://b/a.py"), "a URL"),
    (lambda c: c.update(kinesis_stream_name="a b"), "no name of a stream"),
    (lambda c: c.update(kinesis_stream_name="x" * 129), "1 to 128"),
    (lambda c: c.update(kinesis_stream_name={}), "an object, where a text belongs"),
    (lambda c: c.update(glue_assets_s3_bucket_name="Assets_Bucket"), "no name of a bucket"),
    (lambda c: c.update(glue_assets_s3_bucket_name="<your bucket>"), "no name of a bucket"),
    (lambda c: arguments(c).pop("--output_path"), "--output_path: missing"),
    (lambda c: arguments(c).update({"--output_path": "bucket/"}), "no place in S3"),
    (lambda c: arguments(c).update({"--output_path": "https://b.s3.amazonaws.com/"}), "no place in S3"),
    (lambda c: arguments(c).update({"--output_path": "s3:///x"}), "no place in S3"),
    (lambda c: arguments(c).update({"--output_path": "s3://My_Bucket/"}), "no name of a bucket"),
    (lambda c: arguments(c).update({"--output_path": "s3://ab/"}), "3 to 63"),
    (lambda c: arguments(c).update({"--output_path": "s3://192.168.0.1/"}), "no name of a bucket"),
    (lambda c: arguments(c).update({"--x": {"a": 1}}), "--x: an object, where a text belongs"),
    (lambda c: arguments(c).update({"--x": None}), "--x: null, where a text belongs"),
    (lambda c: arguments(c).update({"\u2013x": "1"}), 'two hyphens, "--x"'),
    (lambda c: arguments(c).update({"--": "1"}), "without a name"),
    (lambda c: c.update(glue_job_input_arguments=["--x"]), "a list, where an object"),
    (lambda c: c.update(glue_kinesis_table="t"), "a text, where an object"),
    (lambda c: c["glue_kinesis_table"].pop("columns"), "columns: missing"),
    (lambda c: c["glue_kinesis_table"].pop("table_name"), "table_name: missing"),
    (lambda c: c["glue_kinesis_table"].update(columns=[]), "would have no columns"),
    (lambda c: c["glue_kinesis_table"].update(columns={"a": "int"}), "an object, where a list"),
    (lambda c: columns(c).append("a"), "columns[7]: a text"),
    (lambda c: columns(c)[2].pop("type"), "columns[2].type: missing"),
    (lambda c: columns(c)[2].pop("name"), "columns[2].name: missing"),
    (lambda c: columns(c)[2].update(name=""), "columns[2].name: empty"),
    (lambda c: columns(c).append({"name": "EventTime", "type": "int"}), "name of columns[1] already"),
]

@test
def slips_with_one_meaning_are_tolerated_and_named():
    for number, (change, words, all_the_same) in enumerate(TOLERATED):
        done = synth(changed(change))
        notes = [line for line in done.stderr.splitlines() if ": note: cdk.context.json: " in line]
        assert done.returncode == 0 and any(words in line for line in notes), (number, done.stderr)
        assert all_the_same is None or all_the_same in done.stdout, (number, done.stdout)

@test
def a_byte_order_mark_is_tolerated():
    done = synth_text("\ufeff" + json.dumps(GOOD), "GlueStreamingSinkToS3Path")
    assert done.returncode == 0 and "note: cdk.context.json: line 1: begins with" in done.stderr, done

@test
def slips_without_a_meaning_are_refused():
    assert len(REFUSED) >= 30
    for number, (change, words) in enumerate(REFUSED):
        done = synth(changed(change))
        assert done.returncode == FAILED and not done.stdout, (number, done)
        assert any(words in line and ": note: " not in line for line in done.stderr.splitlines()), \
            (number, words, done.stderr)
        assert done.stderr.endswith("not usable as it is\n"), done.stderr

@test
def all_slips_are_told_at_once():
    def spoil(c):
        for key in "glue_job_name", "glue_kinesis_table":
            c.pop(key)
        arguments(c)["--output_path"] = "x"
    done = synth(changed(spoil))
    for words in "glue_job_name: missing", "glue_kinesis_table: missing", "no place in S3":
        assert words in done.stderr, done

@test
def the_cdks_own_keys_are_no_slips():
    def add(c):
        c.update({"@aws-cdk/core:checkSecretUsage": True, "acknowledged-issue-numbers": [1],
                  "availability-zones:account=1:region=us-east-1": ["a"]})
        rename(arguments(c), "stream_starting_position", "--stream_starting_position")
    done = synth(changed(add))
    assert done.returncode == 0 and not done.stderr, done

@test
def what_is_no_json_object_is_told_with_its_place():
    for text, words in [("", "JSON:"), ("{", "line 1"), ("[]", "a list, where an object"),
                        ("{\"a\": 1,}", "line 1"), ("{\"a\": 1, \"a\": 2}", "duplicate"),
                        ("// x\n{}", "line 1"), ("{'a': 1}", "line 1"), ("\xff", "JSON:")]:
        done = synth_text(text)
        assert done.returncode == FAILED and words in done.stderr and not done.stdout, (text, done)
        assert "cdk.context.json" in done.stderr, done
    with tempfile.TemporaryDirectory(prefix="sluice-test-") as folder:
        done = sluice("synth", cwd=folder)
        assert done.returncode == FAILED and "give --file" in done.stderr, done

done()
