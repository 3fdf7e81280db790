"""SparkSession."""
import re
import sluice_plan
from pyspark.context import SparkContext
from pyspark.sql.dataframe import DataFrame, _table_name


class _Builder:
    _options = {}

    def config(self, key=None, value=None, conf=None, map=None):
        if conf is not None:
            self._options.update(dict(conf.getAll()))
        elif map is not None:
            self._options.update(map)
        else:
            self._options[key] = str(value)
        return self

    def appName(self, name):
        return self.config("spark.app.name", name)

    def master(self, url):
        return self

    def enableHiveSupport(self):
        return self

    def getOrCreate(self):
        if SparkSession._active is None:
            SparkSession._active = SparkSession(SparkContext.getOrCreate())
        SparkSession._active.conf._values.update(self._options)
        return SparkSession._active


class _BuilderOf:
    def __get__(self, instance, owner):
        return _Builder()


class SparkSession:
    _active = None
    builder = _BuilderOf()
    Builder = _Builder

    def __init__(self, sparkContext=None, jsparkSession=None, options=None):
        self.sparkContext = self._sc = sparkContext or SparkContext.getOrCreate()
        self.conf = _Conf()
        self.catalog = _Catalog(self)
        self.streams = _Streams()
        self.udf = _Udf()
        self.version = "3.5.0"
        self._views = {}
        self._database = "default"
        SparkSession._active = self

    @classmethod
    def getActiveSession(cls):
        return cls._active

    @property
    def read(self):
        from pyspark.sql.readwriter import DataFrameReader
        return DataFrameReader()

    @property
    def readStream(self):
        from pyspark.sql.streaming import DataStreamReader
        return DataStreamReader()

    def newSession(self):
        return self

    def stop(self):
        pass

    def table(self, name):
        view = self._views.get(name.strip("`").lower())
        return view if view is not None else table_frame(name)

    def sql(self, text, args=None, **_):
        from pyspark.sql.sqltext import run
        return run(self, text, args)

    def range(self, start, end=None, step=1, numPartitions=None):
        if end is None:
            start, end = 0, start
        return self.createDataFrame([(n,) for n in range(start, end, step)], "id bigint")

    def createDataFrame(self, data, schema=None, samplingRatio=None, verifySchema=True):
        from pyspark.sql.values import frame_of
        return frame_of(data, schema, verifySchema)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        sluice_plan.unsupported("SparkSession." + name)


def table_frame(name):
    """A table of the catalog, as it stands when it is first read."""
    from pyspark.sql.readwriter import catalog_table, static_frame
    database, table, _ = catalog_table(name)
    return static_frame({"kind": "table", "database": database, "table": table})


class _Conf:
    """What a script sets is kept and has no effect, except what changes results: that is refused."""
    _fixed = {"spark.sql.ansi.enabled": "false", "spark.sql.session.timezone": "utc",
              "spark.sql.casesensitive": "false"}

    def __init__(self):
        self._values = {}

    def set(self, key, value):
        text = str(value).lower()
        fixed = self._fixed.get(key.lower())
        if fixed is not None and text != fixed and not (fixed == "utc" and text in ("gmt", "etc/utc", "+00:00", "z")):
            sluice_plan.unsupported("%s = %s" % (key, value), "it is always " + fixed)
        self._values[key] = str(value)

    def get(self, key, default=None):
        return self._values.get(key, default)

    def unset(self, key):
        self._values.pop(key, None)

    def isModifiable(self, key):
        return True


class _Catalog:
    def __init__(self, session):
        self._session = session

    def currentDatabase(self):
        return self._session._database

    def setCurrentDatabase(self, name):
        self._session._database = name

    def tableExists(self, tableName, dbName=None):
        from pyspark.sql.readwriter import catalog_table
        if dbName is None and tableName.lower() in self._session._views:
            return True
        try:
            catalog_table("%s.%s" % (dbName, tableName) if dbName else tableName)
            return True
        except RuntimeError:
            return False

    def dropTempView(self, name):
        return self._session._views.pop(name.lower(), None) is not None

    dropGlobalTempView = dropTempView

    def _nothing(self, *_, **__):
        pass

    cacheTable = uncacheTable = clearCache = refreshTable = refreshByPath = _nothing

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        sluice_plan.unsupported("spark.catalog." + name, "ask boto3's glue client")


class _Streams:
    active = []

    def awaitAnyTermination(self, timeout=None):
        for query in list(self.active):
            query.awaitTermination()

    def resetTerminated(self):
        pass


class _Udf:
    def register(self, name, f, returnType=None):
        from pyspark.sql.udf import register
        return register(name, f, returnType)


SQLContext = HiveContext = SparkSession
