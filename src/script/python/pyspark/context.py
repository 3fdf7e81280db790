"""SparkContext: there is no cluster; it is the way to the session."""
from pyspark.conf import SparkConf


class SparkContext:
    _active = None

    def __init__(self, master=None, appName=None, conf=None, **_):
        self._conf = conf or SparkConf()
        SparkContext._active = self

    @classmethod
    def getOrCreate(cls, conf=None):
        return cls._active or cls(conf=conf)

    def getConf(self):
        return self._conf

    def setLogLevel(self, level):
        pass

    def emptyRDD(self):
        from pyspark.sql.dataframe import _Values
        return _Values([])

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        import sluice_plan
        sluice_plan.unsupported("SparkContext." + name, "use spark.createDataFrame and spark.read")
