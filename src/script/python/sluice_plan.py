"""What pyspark and awsglue share: plans, the batch loop, errors that say where and what instead."""
import json
import sys
import _sluice
import sluice_boot
import sluice_time


class Unsupported(NotImplementedError):
    """Something of Spark or Glue that Sluice does not serve: never half done."""


class AnalysisException(RuntimeError):
    """What Spark finds wrong with a plan before it runs."""


class ParseException(AnalysisException):
    """A text that is no SQL."""


class IllegalArgumentException(ValueError):
    """An argument that means nothing."""


def script_line():
    """The line of the script that is being run, for messages."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith("<sluice>"):
        frame = frame.f_back
    return "%s:%d: " % (frame.f_code.co_filename.rsplit("/", 1)[-1], frame.f_lineno) if frame else ""


def unsupported(name, instead=""):
    raise Unsupported("%s%s is not supported by Sluice%s"
                      % (script_line(), name, ": " + instead if instead else ""))


def call(function, *arguments):
    """Calls the engine; its documents are Python values here."""
    try:
        return function(*[a if isinstance(a, str) or callable(a) else json.dumps(a) for a in arguments])
    except NotImplementedError as problem:
        raise Unsupported(script_line() + str(problem)) from None
    except RuntimeError as problem:
        if function in (_sluice.schema, _sluice.rows, _sluice.count, _sluice.write):
            if "NOT_SUPPORTED" in str(problem):
                raise Unsupported(script_line() + str(problem)) from None
            kind = ParseException if "mismatched input" in str(problem) else AnalysisException
            raise kind(str(problem)) from None
        raise


# ---- the batch loop ----

batch = None  # the number of the batch whose function runs
stream_schema = None  # its columns, as a text
_failure = None


def _caller(function):
    """What the engine calls per batch: None is told as ("", no failure)."""
    def one(number, wall_us, schema):
        global batch, stream_schema, _failure
        batch, stream_schema = number, schema
        sluice_time.freeze(wall_us / 1e6)
        try:
            function(number)
            return (0, "")
        except BaseException as problem:
            _failure = problem
            sluice_time.freeze(None)
            sluice_boot.print_traceback(problem)
            final = isinstance(problem, (Unsupported, SystemExit)) \
                or str(problem).startswith("CheckpointMetadataNotFound")
            return (0 if final else 1, sluice_boot.message_of(problem) or "failed")
        finally:
            batch = stream_schema = None
            sluice_time.freeze(None)
    return one


def run_batches(source, options, function):
    """Runs until the run is told to stop, or, draining, everything is read."""
    global _failure
    _failure = None
    try:
        stopped = call(_sluice.for_each_batch, source, options, _caller(function))
    except RuntimeError:
        if _failure is not None:
            raise _failure from None
        raise
    if stopped:
        raise sluice_boot.Stopped()


# ---- lengths of time ----

def seconds_of(text, what):
    """ "100 seconds", "2 minutes", 30 """
    import re
    found = re.fullmatch(r"\s*(?:interval\s+)?(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*", str(text))
    unit = {"": 1, "second": 1, "seconds": 1, "sec": 1, "s": 1, "minute": 60, "minutes": 60, "min": 60,
            "hour": 3600, "hours": 3600, "day": 86400, "days": 86400, "millisecond": 0.001,
            "milliseconds": 0.001, "ms": 0.001}.get(found.group(2).lower()) if found else None
    if unit is None:
        raise ValueError("%s: '%s' is not a length of time like '100 seconds'" % (what, text))
    return float(found.group(1)) * unit
