from pyspark.conf import SparkConf
from pyspark.context import SparkContext
from pyspark.storagelevel import StorageLevel

__version__ = "3.5.0"
__all__ = ["SparkConf", "SparkContext", "StorageLevel", "SQLContext", "HiveContext", "Row"]


def __getattr__(name):
    if name in ("SQLContext", "HiveContext", "Row"):
        import pyspark.sql
        return getattr(pyspark.sql, name)
    raise AttributeError("module 'pyspark' has no attribute '%s'" % name)
