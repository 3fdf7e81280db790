"""Functions in Python are refused by name for now."""
import sluice_plan


def make(f=None, returnType=None):
    """A decorator, or a function; it fails when a frame uses it."""
    if f is None or not callable(f):
        return lambda g: make(g, returnType or f)

    def use(*_):
        sluice_plan.unsupported("the Python function '%s' per row (udf)" % getattr(f, "__name__", "lambda"),
                                "write it with functions of pyspark.sql.functions: when, regexp_extract, transform")
    use.func = f
    return use


def register(name, f, returnType=None):
    sluice_plan.unsupported("spark.udf.register('%s')" % name, "use Spark's own SQL functions")
