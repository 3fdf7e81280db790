"""AWS Glue: the operations' member rows against AWS's own service model."""
import os, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from model import Judge

NEWER_WORKERS = {"G.4X", "G.8X", "Z.2X", "G.12X", "G.16X", "R.1X", "R.2X", "R.4X", "R.8X"}

Judge("AWSGlue", "glue/2017-03-31", os.environ.get("GLUE_MODEL"),
      # Newer services take more.
      more_values={"WorkerType": NEWER_WORKERS, "Provider": {"GITLAB", "BITBUCKET"}},
      # A job's visual nodes are stored as they come; the engine checks those it runs.
      open={"CreateJob.CodeGenConfigurationNodes", "UpdateJob.JobUpdate.CodeGenConfigurationNodes"}).all()
