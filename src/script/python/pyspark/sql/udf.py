"""Functions in Python per row: udf. Their columns are computed from collected rows."""
import _sluice
from pyspark.sql.column import Call, Column, named
from pyspark.sql.types import StringType, type_of

_told = set()


def make(f=None, returnType=None):
    """A decorator, or a function of columns."""
    if not callable(f) or isinstance(f, type):
        return lambda g: make(g, returnType or f)
    type_ = type_of(returnType) if returnType is not None else StringType()
    name = getattr(f, "__name__", "udf")

    def use(*columns):
        if name not in _told:
            _told.add(name)
            _sluice.log("WARN", "%s is called in Python for every row: functions of pyspark.sql.functions are faster" % name)
        arguments = [named(c) for c in columns]
        return Column((Call(f, arguments, type_, "%s(%s)" % (name, ", ".join(
            Column(a)._text().replace("`", "") for a in arguments))),))
    use.func, use.returnType, use.__name__ = f, type_, name
    return use


def register(name, f, returnType=None):
    """For columns; statements of spark.sql do not see it."""
    return f if hasattr(f, "func") else make(f, returnType)
