"""spark.read and df.write."""
import json
import _sluice
import sluice_plan
from pyspark.sql.dataframe import DataFrame, engine_plan, flat


def columns_of(schema):
    """A schema, in any form a script gives it, as [[name, type]]; None: to be detected."""
    from pyspark.sql.types import type_of
    return None if schema is None else [[f.name, f.dataType.simpleString()] for f in type_of(schema).fields]


class _Options:
    def __init__(self):
        self._options, self._format = {}, None

    def option(self, key, value=None):
        self._options[key.lower()] = value if value is None else _text(value)
        return self

    def options(self, **options):
        for key, value in options.items():
            self.option(key, value)
        return self

    def format(self, name):
        self._format = name.lower().replace("org.apache.spark.sql.", "")
        return self


def _text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def static_frame(leaf):
    """Rows that are there before the batch; those read within a batch function are the batch's."""
    if sluice_plan.batch is not None:
        leaf = dict(leaf, batch=sluice_plan.batch)
    return DataFrame({"leaf": leaf, "steps": []})


class DataFrameReader(_Options):
    _schema = None

    def schema(self, schema):
        self._schema = schema
        return self

    def load(self, path=None, format=None, schema=None, **options):
        self.options(**options)
        name = (format or self._format or "parquet").lower()
        if name not in ("parquet", "json", "csv", "orc", "text"):
            sluice_plan.unsupported("spark.read.format('%s')" % name, "parquet, json and csv are read")
        if name in ("orc", "text"):
            sluice_plan.unsupported("spark.read.%s" % name, "parquet, json and csv are read")
        paths = [path] if isinstance(path, str) else list(path or [self._options.get("path")])
        if None in paths:
            raise sluice_plan.AnalysisException("spark.read.load needs a path")
        return static_frame({"kind": "files", "format": name, "paths": paths, "options": self._options,
                             "schema": columns_of(schema or self._schema)})

    def parquet(self, *paths, **options):
        return self.load(flat(paths), "parquet", **options)

    def json(self, path, schema=None, **options):
        if not isinstance(path, (str, list, tuple)):
            sluice_plan.unsupported("spark.read.json of an RDD", "use from_json")
        return self.load(path, "json", schema, **options)

    def csv(self, path, schema=None, sep=None, header=None, inferSchema=None, **options):
        for key, value in (("sep", sep), ("header", header), ("inferschema", inferSchema)):
            if value is not None:
                self.option(key, value)
        return self.load(path, "csv", schema, **options)

    def table(self, name):
        from pyspark.sql.session import SparkSession
        return SparkSession.builder.getOrCreate().table(name)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        sluice_plan.unsupported("spark.read." + name, "parquet, json, csv and tables of the catalog are read")


# ---- writing ----

def write_frame(frame, path, format="parquet", keys=(), compression=None, database=None, table=None,
                update="UPDATE_IN_DATABASE", options=None):
    """A sink of the batch: its files are published with it."""
    names = [frame._shown_as(own).lower() for own, _ in frame._own()]
    twice = {n for n in names if names.count(n) > 1}
    if twice:
        raise sluice_plan.AnalysisException("[COLUMN_ALREADY_EXISTS] The column `%s` already exists." % min(twice))
    target = {"Name": "sink", "Inputs": ["frame"], "Path": path}
    if compression:
        target["Compression"] = str(compression)
    if keys:
        target["PartitionKeys"] = [[k] for k in keys]
    if table:
        target["SchemaChangePolicy"] = {"EnableUpdateCatalog": True, "Database": database, "Table": table,
                                        "UpdateBehavior": update}
    options = {k.lower(): v for k, v in (options or {}).items()}
    options.setdefault("sep", options.get("delimiter", ","))
    sluice_plan.call(_sluice.write, engine_plan(frame._plan), target, {"format": format, "options": options})


def catalog_table(name):
    """ "db.table", with or without a catalog in front -> (database, table, what the catalog says) """
    from pyspark.sql.session import SparkSession
    parts = [p.strip("`") for p in name.split(".")]
    database = parts[-2] if len(parts) > 1 else SparkSession.builder.getOrCreate()._database
    return database, parts[-1], json.loads(sluice_plan.call(_sluice.table, database, parts[-1]))


def write_table(frame, name, keys=(), register=True, reorder=True):
    database, table, document = catalog_table(name)
    descriptor = document.get("StorageDescriptor", {})
    kind = (document.get("Parameters", {}).get("classification") or "").lower()
    if document.get("Parameters", {}).get("table_type", "").upper() == "ICEBERG":
        sluice_plan.unsupported("writing the Iceberg table %s.%s" % (database, table), "write to a Parquet table")
    kind = kind or ("parquet" if "parquet" in str(descriptor.get("InputFormat")).lower() else "")
    if kind not in ("parquet", "glueparquet"):
        sluice_plan.unsupported("writing table %s.%s of classification '%s'" % (database, table, kind),
                                "Parquet tables are written")
    own_keys = [k["Name"] for k in document.get("PartitionKeys", [])]
    write_frame(frame, descriptor["Location"], keys=own_keys or list(keys), update="LOG",
                **({"database": database, "table": table} if register else {}))


class DataFrameWriter(_Options):
    def __init__(self, frame):
        super().__init__()
        self._frame, self._mode, self._keys = frame, "error", []

    def mode(self, mode):
        self._mode = (mode or "error").lower()
        return self

    def partitionBy(self, *columns):
        self._keys = flat(columns)
        return self

    def bucketBy(self, *_):
        sluice_plan.unsupported("DataFrameWriter.bucketBy", "use partitionBy")

    def sortBy(self, *_):
        sluice_plan.unsupported("DataFrameWriter.sortBy", "use orderBy before the write")

    def _check_mode(self, path):
        if self._mode == "overwrite":
            sluice_plan.unsupported("write mode overwrite", "use append: what a batch wrote is never taken back")
        if self._mode in ("error", "errorifexists", "default", "ignore") and \
                sluice_plan.call(_sluice.exists, path):
            if self._mode == "ignore":
                return False
            raise sluice_plan.AnalysisException("[PATH_ALREADY_EXISTS] Path %s already exists. Set mode as "
                                                "\"append\" to add to it." % path)
        return True

    def save(self, path=None, format=None, mode=None, partitionBy=None, **options):
        self.options(**options)
        if mode:
            self.mode(mode)
        if partitionBy:
            self.partitionBy(*([partitionBy] if isinstance(partitionBy, str) else partitionBy))
        name = (format or self._format or "parquet").lower()
        if name not in ("parquet", "json", "csv"):
            sluice_plan.unsupported("df.write.format('%s')" % name, {
                "iceberg": "write a Parquet table", "hudi": "write a Parquet table", "delta": "write a Parquet table",
                "jdbc": "write to S3"}.get(name, "parquet, json and csv are written"))
        path = path or self._options.get("path")
        if path is None:
            raise sluice_plan.AnalysisException("df.write.save needs a path")
        if self._check_mode(path):
            write_frame(self._frame, path, name, self._keys, self._options.get("compression"),
                        options=self._options)

    def parquet(self, path, mode=None, partitionBy=None, compression=None):
        if compression:
            self.option("compression", compression)
        self.save(path, "parquet", mode, partitionBy)

    def json(self, path, mode=None, compression=None, **options):
        if compression:
            self.option("compression", compression)
        self.save(path, "json", mode, **options)

    def csv(self, path, mode=None, compression=None, sep=None, header=None, **options):
        for key, value in (("compression", compression), ("sep", sep), ("header", header)):
            if value is not None:
                self.option(key, value)
        self.save(path, "csv", mode, **options)

    def insertInto(self, tableName, overwrite=None):
        if overwrite or self._mode == "overwrite":
            sluice_plan.unsupported("insertInto with overwrite", "append: what a batch wrote is never taken back")
        _, _, document = catalog_table(tableName)
        names = [c["Name"] for c in document["StorageDescriptor"]["Columns"] + document.get("PartitionKeys", [])]
        write_table(self._frame.toDF(*names), tableName)  # by position, as Spark does

    def saveAsTable(self, name, format=None, mode=None, partitionBy=None, **options):
        if mode:
            self.mode(mode)
        if self._mode != "append":
            sluice_plan.unsupported("saveAsTable with mode %s" % self._mode, "make the table in the catalog, then append")
        write_table(self._frame, name, self._keys)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        sluice_plan.unsupported("df.write." + name, "parquet, json and csv are written")
