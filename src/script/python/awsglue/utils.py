"""getResolvedOptions, as Glue's library behaves; and tolerant of keys that a job's arguments give
without their dashes, which Glue's own parser does not see."""
import argparse
import sys


class GlueArgumentError(Exception):
    pass


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise GlueArgumentError(message)


_RESERVED = ["continuation_option", "job_bookmark_option", "job_bookmark_from", "job_bookmark_to",
             "JOB_ID", "JOB_RUN_ID", "SECURITY_CONFIGURATION", "encryption_type",
             "enable_data_lineage", "RedshiftTempDir", "TempDir"]
_ALLOWED = {"TempDir", "JOB_ID", "JOB_RUN_ID"}
_BOOKMARK = {"job_bookmark_option": "job-bookmark-disable", "job_bookmark_from": None,
             "job_bookmark_to": None}


def _with_dashes(args, names):
    """`stream_starting_position X` is read as `--stream_starting_position X`."""
    wanted, given = set(names), {a[2:].split("=", 1)[0] for a in args if a.startswith("--")}
    out = list(args)
    for at, word in enumerate(out):
        if word in wanted and word not in given and not out[at - 1].startswith("--"):
            out[at] = "--" + word
    return out


def getResolvedOptions(args, options):
    reserved = [o for o in options if o in _RESERVED and o not in _ALLOWED]
    if reserved:
        raise RuntimeError("Using reserved arguments " + ",".join(reserved))
    parser = _Parser(allow_abbrev=False)
    for name in _RESERVED:
        names = ["--" + name] + (["--" + name.replace("_", "-")] if "_" in name else [])
        parser.add_argument(*names, dest=name, default=None)
    for name in options:
        if name not in _RESERVED:
            parser.add_argument("--" + name, required=True)
    parsed, _ = parser.parse_known_args(_with_dashes(args[1:], options))
    found = vars(parsed)
    for name, default in _BOOKMARK.items():
        if found.get(name) is None:
            found[name] = default
    for one, other in (("TempDir", "RedshiftTempDir"), ("RedshiftTempDir", "TempDir")):
        if found[one] is None:
            found[one] = found[other]
    missing = [o for o in options if found.get(o) is None and o in _RESERVED]
    if missing:
        raise GlueArgumentError("the following arguments are required: "
                                + ", ".join("--" + m for m in missing))
    return found
