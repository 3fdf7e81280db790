"""Starts a script: its packages come from the binary, its time is the batch's, its exceptions become
the run's error."""
import sys
import _sluice

NOTHING = None
PACKAGES = "/usr/lib/python3/dist-packages"  # boto3 and the like, where the machine has them


class Importer:
    """Finds the modules that are in the binary, before any on disk."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        found = _sluice.source(name)
        if found is None:
            return None
        from importlib.machinery import ModuleSpec
        return ModuleSpec(name, Loader(name, *found), origin="<sluice>", is_package=found[1])


class Loader:
    def __init__(self, name, text, package):
        self.name, self.text, self.package = name, text, package

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        file = "<sluice>/%s.py" % self.name
        exec(compile(self.text, file, "exec", dont_inherit=True), module.__dict__)


class Boto3:
    """boto3, where the machine has it, asks $AWS_ENDPOINT_URL, which its older versions do not know of."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        import os
        if name != "boto3.session" or not os.environ.get("AWS_ENDPOINT_URL"):
            return None
        from importlib.machinery import PathFinder
        spec = PathFinder.find_spec(name, path)
        if spec is not None:
            run = spec.loader.exec_module

            def exec_module(module):
                run(module)
                for method in ("client", "resource"):
                    setattr(module.Session, method, _with_endpoint(getattr(module.Session, method)))
            spec.loader.exec_module = exec_module
        return spec


def _with_endpoint(method):
    def call(self, *args, **kwargs):
        import os
        if kwargs.get("endpoint_url") is None and len(args) < 6:
            kwargs["endpoint_url"] = os.environ["AWS_ENDPOINT_URL"]
        return method(self, *args, **kwargs)
    return call


class Stopped(BaseException):
    """The run was told to stop: the script ends as if it had come to its end."""


def message_of(problem):
    """As Glue says it: the exception's type and text."""
    text = str(problem)
    return "%s: %s" % (type(problem).__name__, text) if text else type(problem).__name__


def print_traceback(problem):
    """The traceback without the frames of this package: what is left is the script's."""
    import traceback
    told = traceback.TracebackException.from_exception(problem)
    seen = told
    while seen is not None:
        own = [f for f in seen.stack if not f.filename.startswith("<sluice>")]
        seen.stack = traceback.StackSummary.from_list(own)
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    sys.stdout.flush()
    sys.stderr.write("".join(told.format()))
    sys.stderr.flush()


def prepare(path, arguments):
    import json
    import os
    sys.meta_path[:0] = [Importer, Boto3]
    sys.path.append(PACKAGES)
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    if not any(a.split("=")[0] == "--JOB_NAME" for a in arguments):  # by hand: the run's name
        arguments = arguments + ["--JOB_NAME", json.loads(_sluice.facts()).get("job") or "job"]
    sys.argv = [path] + arguments
    sys.stdout.reconfigure(line_buffering=True)


def run(path, arguments):
    """None, or why the run failed."""
    import builtins
    import types
    prepare(path, arguments)
    import sluice_time
    sluice_time.install(path)
    main = types.ModuleType("__main__")
    main.__file__ = path
    main.__builtins__ = builtins
    sys.modules["__main__"] = main
    try:
        with open(path, "rb") as file:
            code = compile(file.read(), path, "exec", dont_inherit=True)
        exec(code, main.__dict__)
    except Stopped:
        return None
    except SystemExit as end:
        if end.code is None or end.code == 0:
            return None
        print_traceback(end)
        return "SystemExit: %s" % end.code
    except BaseException as problem:
        print_traceback(problem)
        return message_of(problem)
    finally:
        sys.stdout.flush()
    return None


def check(path, arguments):
    prepare(path, arguments)
    import sluice_check
    return sluice_check.check(path)
