"""STS, IAM, CloudFormation, Parameter Store and Lake Formation: the operations' member rows against
AWS's own service models. Patterns are compared where a row has one: classes of characters that POSIX
lacks are left to the clients."""
import os, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *
import model
import botocore

class Judge(model.Judge):
    def compare(self, path, name, row, shape, problems):
        kept = [] if "members" in shape else dict(shape)
        if kept: kept.pop("pattern", None)
        if row.get("keys") is None and shape["type"] == "map":
            row = {**row, "keys": {"type": "string", "values": []}}
            self.shapes[shape["key"]["shape"]] = {"type": "string"}
        super().compare(path, name, {k: v for k, v in row.items() if k != "pattern"},
                        kept or shape, problems)

    def judge(self, title):
        for operation in sorted(self.model["operations"]):
            problems = []
            if operation not in self.rows:
                problems.append("no row")
            elif self.rows[operation]["served"] and "input" in self.model["operations"][operation]:
                shape = self.model["operations"][operation]["input"]["shape"]
                self.members(operation, self.rows[operation]["input"], self.shapes[shape], problems)
            equal(problems, [], "%s %s" % (title, operation))


if tuple(map(int, botocore.__version__.split(".")[:2])) < (1, 40):
    ok(True, "the rows follow newer models # SKIP botocore " + botocore.__version__)
    done()
Judge("sts", "sts/2011-06-15").judge("sts")
Judge("iam", "iam/2010-05-08").judge("iam")
Judge("cloudformation", "cloudformation/2010-05-15").judge("cloudformation")
Judge("AmazonSSM", "ssm/2014-11-06").judge("ssm")
Judge("lakeformation", "lakeformation/2017-03-31",
      # The older name of CREATE_LF_TAG is still taken.
      more_values={None: {"CREATE_TAG"}}).judge("lakeformation")
done()
