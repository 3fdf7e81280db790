"""Kinesis: the operations' member rows against AWS's own service model."""
import os, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from model import Judge

Judge("Kinesis_20131202", "kinesis/2013-12-02", os.environ.get("KINESIS_MODEL"),
      # StreamARN may stand for StreamName in newer models.
      not_required_any_more={"StreamName"},
      # Newer models require no key, for streams that Sluice does not serve: without
      # RecordDistributionStrategy AUTO every record needs one.
      still_required={"PartitionKey"},
      # Records of up to 10 MiB.
      grew={"Data": (1048576, 10485760)},
      # Names nothing Sluice has.
      not_served={"StreamId"},
      # Patterns that one model writes otherwise than the other, and the form that the rows tell.
      rewritten={r"^(0|([1-9]\d{0,38}))$": r"0|([1-9]\d{0,38})",
                 r"^(0|([1-9]\d{0,128}))$": r"0|([1-9]\d{0,128})",
                 r"arn:aws.*:kinesis:.*:\d{12}:stream/.+": r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+"}).all()
