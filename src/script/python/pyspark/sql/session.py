"""SparkSession."""
from pyspark.context import SparkContext


class _Builder:
    def __init__(self):
        self._options = {}

    def config(self, key=None, value=None, **_):
        self._options[key] = value
        return self

    def appName(self, name):
        return self

    def master(self, url):
        return self

    def enableHiveSupport(self):
        return self

    def getOrCreate(self):
        if SparkSession._active is None:
            SparkSession._active = SparkSession(SparkContext.getOrCreate())
        return SparkSession._active


class SparkSession:
    _active = None

    def __init__(self, sparkContext=None):
        self.sparkContext = sparkContext

    class _BuilderProperty:
        def __get__(self, instance, owner):
            return _Builder()

    builder = _BuilderProperty()
