"""Within a batch the script's clock stands still at the batch's wall time, so that a replay computes
the same paths. Libraries go on seeing the machine's clock: a signature needs it."""
import datetime as module
import sys
import time as clock

frozen = None  # seconds since 1970, while a batch function runs
_script = None
_date, _datetime = module.date, module.datetime
_real = {name: getattr(clock, name) for name in
         ("time", "time_ns", "gmtime", "localtime", "strftime", "ctime", "asctime")}


def _stands(depth=2):
    """Whether the caller is the script, in a batch."""
    if frozen is None:
        return False
    name = sys._getframe(depth).f_code.co_filename
    return name == _script or name.startswith(_script_folder) and "-packages/" not in name


class _Meta(type):
    def __instancecheck__(cls, value):
        return isinstance(value, cls._plain)

    def __subclasscheck__(cls, other):
        return issubclass(other, cls._plain)


class date(_date, metaclass=_Meta):
    _plain = _date

    def __new__(cls, *args, **kwargs):
        return _date.__new__(_date, *args, **kwargs)

    @classmethod
    def today(cls):
        return _date.fromtimestamp(frozen) if _stands() else _date.today()


class datetime(_datetime, metaclass=_Meta):
    _plain = _datetime

    def __new__(cls, *args, **kwargs):
        return _datetime.__new__(_datetime, *args, **kwargs)

    @classmethod
    def now(cls, tz=None):
        return _datetime.fromtimestamp(frozen, tz) if _stands() else _datetime.now(tz)

    @classmethod
    def today(cls):
        return _datetime.fromtimestamp(frozen) if _stands() else _datetime.today()

    @classmethod
    def utcnow(cls):
        return _datetime.utcfromtimestamp(frozen) if _stands() else _datetime.utcnow()


def _time():
    return frozen if _stands() else _real["time"]()


def _time_ns():
    return int(frozen * 1e6) * 1000 if _stands() else _real["time_ns"]()


def _of_seconds(name):
    real = _real[name]

    def call(seconds=None):
        if seconds is None and _stands():
            seconds = frozen
        return real(seconds)
    return call


def _strftime(format, t=None):
    if t is None:
        t = _real["localtime"](frozen if _stands() else None)
    return _real["strftime"](format, t)


def _asctime(t=None):
    if t is None:
        t = _real["localtime"](frozen if _stands() else None)
    return _real["asctime"](t)


def install(script):
    import os
    global _script, _script_folder
    _script = script
    _script_folder = os.path.dirname(os.path.abspath(script)) + os.sep
    for name in ("fromtimestamp", "utcfromtimestamp", "fromordinal", "fromisoformat", "strptime",
                 "combine", "fromisocalendar"):
        for ours, plain in ((datetime, _datetime), (date, _date)):
            if name in plain.__dict__ or plain is _datetime and hasattr(plain, name):
                setattr(ours, name, getattr(plain, name))
    module.date, module.datetime = date, datetime
    clock.time, clock.time_ns = _time, _time_ns
    clock.gmtime, clock.localtime = _of_seconds("gmtime"), _of_seconds("localtime")
    clock.ctime, clock.strftime, clock.asctime = _of_seconds("ctime"), _strftime, _asctime


def freeze(seconds):
    global frozen
    frozen = seconds
