"""Amazon Athena: the operations' member rows against AWS's own service model."""
import os, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from model import Judge

Judge("AmazonAthena", "athena/2017-05-18", os.environ.get("ATHENA_MODEL")).all()
