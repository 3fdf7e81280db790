"""CloudWatch Logs: the operations' member rows against AWS's own service model."""
import os, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from model import Judge

Judge("Logs_20140328", "logs/2014-03-28", os.environ.get("LOGS_MODEL"),
      # logGroupIdentifier may stand for it.
      not_required_any_more={"logGroupName"}).all()
