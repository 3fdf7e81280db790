"""The operations' member rows against AWS's own service model, as botocore brings it: names, types,
required, bounds, enumerations. Where the installed model is older than the rows, the difference is
listed here with its reason; anything else is a fault."""
import glob, gzip, json, os, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

import botocore

UNBOUNDED = 2147483647  # integers without an upper bound have 32 bits


def load_model():
    [path] = glob.glob(os.path.join(os.path.dirname(botocore.__file__), "data/kinesis/2013-12-02/service-2.json*"))
    path = os.environ.get("KINESIS_MODEL", path)
    return json.loads(gzip.open(path).read() if path.endswith(".gz") else open(path, "rb").read())


model = load_model()
shapes = model["shapes"]
rows = json.loads(subprocess.run([os.path.join(BUILD, "tool", "aws_model"), "Kinesis_20131202"],
                                 check=True, capture_output=True, text=True).stdout)

# Members that newer models have or do not require any more: StreamARN may stand for StreamName.
NOT_REQUIRED_ANY_MORE = {"StreamName"}
# Members that newer models require no more, for streams that Sluice does not serve: without
# RecordDistributionStrategy AUTO every record needs its key.
STILL_REQUIRED = {"PartitionKey"}
# Bounds that grew: records of up to 10 MiB.
GREW = {"Data": (1048576, 10485760)}
# Members Sluice does not know: they name nothing it has.
NOT_SERVED = {"StreamId"}


def our_bounds(row):
    if "max" not in row:
        return None
    low, high = int(row["min"]), int(row["max"])
    return (None if low == -UNBOUNDED - 1 else low, None if high == UNBOUNDED else high)


def their_bounds(name, shape):
    if "min" not in shape and "max" not in shape:
        return (None, None) if shape["type"] == "integer" else None
    high = shape.get("max")
    if name in GREW and high == GREW[name][0]:
        high = GREW[name][1]
    return (shape.get("min", 0), high)


# Patterns that one model writes otherwise than the other, and the form that the rows tell.
REWRITTEN = {r"^(0|([1-9]\d{0,38}))$": r"0|([1-9]\d{0,38})", r"^(0|([1-9]\d{0,128}))$": r"0|([1-9]\d{0,128})",
             r"arn:aws.*:kinesis:.*:\d{12}:stream/.+": r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+"}


def compare(path, name, row, shape, problems):
    """A row against a shape, and what is inside them."""
    if row["type"] != {"long": "integer", "float": "double"}.get(shape["type"], shape["type"]):
        problems.append("%s is %s, AWS says %s" % (path, row["type"], shape["type"]))
        return
    if our_bounds(row) != their_bounds(name, shape) and \
            not (our_bounds(row) is None and their_bounds(name, shape) == (None, None)):
        problems.append("%s has bounds %s, AWS says %s" % (path, our_bounds(row), their_bounds(name, shape)))
    if row["values"] != shape.get("enum", []):
        problems.append("%s takes %s, AWS says %s" % (path, row["values"], shape.get("enum")))
    if row.get("pattern") != REWRITTEN.get(shape.get("pattern"), shape.get("pattern")):
        problems.append("%s matches %s, AWS says %s" % (path, row.get("pattern"), shape.get("pattern")))
    if shape["type"] == "structure":
        compare_members(path, row["of"], shape, problems)
    if shape["type"] in ("list", "map"):
        inner = shape["member" if shape["type"] == "list" else "value"]["shape"]
        compare(path + "[]", None, row["of"], shapes[inner], problems)
    if shape["type"] == "map":
        compare(path + " keys", None, row["keys"], shapes[shape["key"]["shape"]], problems)


def compare_members(path, members, shape, problems):
    ours = {row["name"]: row for row in members}
    for name, target in shape["members"].items():
        if name in NOT_SERVED:
            continue
        if name not in ours:
            problems.append("%s has no %s" % (path, name))
            continue
        required = name in shape.get("required", [])
        allowed = NOT_REQUIRED_ANY_MORE if required else STILL_REQUIRED
        if ours[name]["required"] != required and name not in allowed:
            problems.append("%s.%s is %srequired" % (path, name, "" if ours[name]["required"] else "not "))
        compare(path + "." + name, name, ours[name], shapes[target["shape"]], problems)


for operation in sorted(model["operations"]):
    problems = []
    if operation not in rows:
        problems.append("no row")
    elif rows[operation]["served"]:
        shape = model["operations"][operation].get("input")
        if shape:
            compare_members(operation, rows[operation]["input"], shapes[shape["shape"]], problems)
    equal(problems, [], operation)
done()
