"""The operations' member rows of a service against AWS's own service model, as botocore brings it:
names, types, required, bounds, patterns, enumerations, map keys. Where the installed model is older
than the rows, a script lists the difference with its reason; anything else is a fault."""
import glob, gzip, json, os, subprocess

from testing import BUILD, done, equal

import botocore

UNBOUNDED = 2147483647  # integers without an upper bound have 32 bits


class Judge:
    def __init__(self, target, service, model=None, **known):
        """`known`: the differences with a reason, by name of the member:
        not_required_any_more, still_required  sets; the model requires it and the rows do not, or not yet
        grew        {name: (the model's upper bound, ours)}
        rewritten   {the model's pattern: ours}
        more_values {name: set of what the rows take beyond the model}
        open        paths whose inside the rows leave to those who use it
        not_served  members that name nothing Sluice has"""
        [path] = glob.glob(os.path.join(os.path.dirname(botocore.__file__), "data", service, "service-2.json*"))
        path = model or path
        self.model = json.loads(gzip.open(path).read() if path.endswith(".gz") else open(path, "rb").read())
        self.shapes = self.model["shapes"]
        self.rows = json.loads(subprocess.run([os.path.join(BUILD, "tool", "aws_model"), target],
                                              check=True, capture_output=True, text=True).stdout)
        self.known = {name: set() for name in ("not_required_any_more", "still_required", "open", "not_served")}
        self.known.update({name: {} for name in ("grew", "rewritten", "more_values")})
        self.known.update(known)

    def our_bounds(self, row):
        if "max" not in row:
            return None
        low, high = int(row["min"]), int(row["max"])
        high = None if high in (UNBOUNDED, 0) or row["max"] >= 9e18 else high
        return (None if low == -UNBOUNDED - 1 else low, high)

    def their_bounds(self, name, shape):
        if "min" not in shape and "max" not in shape:
            return (None, None) if shape["type"] == "integer" else None
        high = shape.get("max")
        known, grown = self.known["grew"].get(name, (None, None))
        if high is not None and high == known:
            high = grown
        return (shape.get("min", 0), high)

    def compare(self, path, name, row, shape, problems):
        """A row against a shape, and what is inside them."""
        def complain(what, ours, theirs):
            problems.append("%s %s %s, AWS says %s" % (path, what, ours, theirs))
        kind = {"long": "integer", "float": "double"}.get(shape["type"], shape["type"])
        if row["type"] != kind:
            complain("is", row["type"], shape["type"])
            return
        ours, theirs = self.our_bounds(row), self.their_bounds(name, shape)
        nothing = (None, (None, None)) + (() if kind == "integer" else ((0, None),))
        if ours != theirs and not (ours in nothing and theirs in nothing):
            complain("has bounds", ours, theirs)
        if set(row["values"]) - self.known["more_values"].get(name, set()) != set(shape.get("enum", [])):
            complain("takes", row["values"], shape.get("enum"))
        pattern = shape.get("pattern")
        if row.get("pattern") != self.known["rewritten"].get(pattern, pattern):
            complain("matches", row.get("pattern"), pattern)
        if path in self.known["open"]:
            return
        if shape["type"] == "structure":
            self.members(path, row["of"], shape, problems)
        if shape["type"] in ("list", "map"):
            inner = shape["member" if shape["type"] == "list" else "value"]["shape"]
            self.compare(path + "[]", None, row["of"], self.shapes[inner], problems)
        if shape["type"] == "map":
            self.compare(path + " keys", None, row["keys"], self.shapes[shape["key"]["shape"]], problems)

    def members(self, path, rows, shape, problems):
        ours = {row["name"]: row for row in rows}
        for name, target in shape["members"].items():
            if name in self.known["not_served"]:
                continue
            if name not in ours:
                problems.append("%s has no %s" % (path, name))
                continue
            required = name in shape.get("required", [])
            allowed = self.known["not_required_any_more" if required else "still_required"]
            if ours[name]["required"] != required and name not in allowed:
                problems.append("%s.%s is %srequired" % (path, name, "" if ours[name]["required"] else "not "))
            self.compare(path + "." + name, name, ours[name], self.shapes[target["shape"]], problems)

    def all(self):
        """One test per operation of the model; each must have its row, served or not."""
        for operation in sorted(self.model["operations"]):
            problems = []
            if operation not in self.rows:
                problems.append("no row")
            elif self.rows[operation]["served"]:
                shape = self.model["operations"][operation].get("input")
                if shape:
                    self.members(operation, self.rows[operation]["input"], self.shapes[shape["shape"]], problems)
            equal(problems, [], operation)
        done()
