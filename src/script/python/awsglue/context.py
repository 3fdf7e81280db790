"""GlueContext: sources, sinks and the batch loop."""
import json
import _sluice
import sluice_plan
from awsglue.dynamicframe import DynamicFrame
from pyspark.sql.dataframe import DataFrame, stream_plan
from pyspark.sql.readwriter import DataFrameReader, catalog_table, static_frame, write_frame, write_table
from pyspark.sql.session import SparkSession, table_frame
from pyspark.sql.streaming import run_stream


class GlueContext:
    def __init__(self, sparkContext=None, **options):
        self._sc = sparkContext
        self.spark_session = self.sparkSession = SparkSession.builder.getOrCreate()
        self.create_data_frame = _Reader(self, dynamic=False)
        self.create_dynamic_frame = _Reader(self, dynamic=True)
        self.write_dynamic_frame = _Writer(self)
        self.write_data_frame = _Writer(self)

    def getSparkSession(self):
        return self.spark_session

    get_spark_session = getSparkSession

    def get_logger(self):
        return _Logger()

    # ---- the batch loop ----

    def forEachBatch(self, frame, batch_function, options={}):
        if "windowSize" not in options:
            raise Exception("Missing windowSize argument")
        if "checkpointLocation" not in options:
            raise Exception("Missing checkpointLocation argument")
        retries = int(options.get("batchMaxRetries", 3))
        if not 0 <= retries <= 100:
            raise ValueError("batchMaxRetries must be between 0 and 100")
        window = sluice_plan.seconds_of(options["windowSize"], "windowSize")
        frame = frame._df if isinstance(frame, DynamicFrame) else frame
        run_stream(frame, {"checkpoint": options["checkpointLocation"], "window_us": int(window * 1e6),
                           "retries": retries}, batch_function)

    def add_ingestion_time_columns(self, frame, timeGranularity):
        from pyspark.sql.column import Column
        parts = ("year", "month", "day", "hour", "minute")
        if timeGranularity not in ("day", "hour", "minute"):
            raise ValueError("timeGranularity must be day, hour or minute")
        for part in parts[:parts.index(timeGranularity) + 1]:
            frame = frame.withColumn("ingest_" + part, Column("%s(current_timestamp())" % part))
        return frame

    # ---- sources and sinks by their functions ----

    def create_dynamic_frame_from_catalog(self, database, table_name, **options):
        return self.create_dynamic_frame.from_catalog(database=database, table_name=table_name, **options)

    def create_dynamic_frame_from_options(self, connection_type, connection_options={}, format=None, format_options={},
                                          transformation_ctx="", **options):
        return self.create_dynamic_frame.from_options(connection_type, connection_options, format, format_options,
                                                      transformation_ctx)

    def create_data_frame_from_catalog(self, database, table_name, **options):
        return self.create_data_frame.from_catalog(database=database, table_name=table_name, **options)

    def create_data_frame_from_options(self, connection_type, connection_options={}, format=None, format_options={},
                                       transformation_ctx="", **options):
        return self.create_data_frame.from_options(connection_type, connection_options, format, format_options,
                                                   transformation_ctx)

    def create_dynamic_frame_from_rdd(self, data, name, schema=None, *_, **__):
        return DynamicFrame(self.spark_session.createDataFrame(data, schema), self, name)

    def write_dynamic_frame_from_options(self, frame, connection_type, connection_options={}, format=None,
                                         format_options={}, transformation_ctx=""):
        return self.write_dynamic_frame.from_options(frame, connection_type, connection_options, format,
                                                     format_options, transformation_ctx)

    def write_dynamic_frame_from_catalog(self, frame, database, table_name, **options):
        return self.write_dynamic_frame.from_catalog(frame, database, table_name, **options)

    write_data_frame_from_options = write_dynamic_frame_from_options
    write_data_frame_from_catalog = write_dynamic_frame_from_catalog

    def getSink(self, connection_type, format=None, transformation_ctx="", **options):
        if connection_type not in ("s3", "file"):
            sluice_plan.unsupported("getSink(connection_type='%s')" % connection_type, "sinks are written to s3")
        return DataSink(self, format, options)

    get_sink = getSink

    def getSource(self, connection_type, transformation_ctx="", push_down_predicate="", **options):
        return _Source(self, connection_type, options)

    get_source = getSource

    def _nothing(self, *_, **__):
        pass

    begin_transaction = start_transaction = commit_transaction = cancel_transaction = _nothing

    def purge_s3_path(self, *_, **__):
        sluice_plan.unsupported("GlueContext.purge_s3_path", "delete objects with boto3")

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        if hasattr(SparkSession, name) and not name.startswith("sql_"):
            return getattr(self.spark_session, name)
        sluice_plan.unsupported("GlueContext." + name)


# ---- reading ----

# A script's option -> StreamingOptions of a node; the rest of what Glue knows has no effect here.
_OPTIONS = {"startingposition": "StartingPosition", "addrecordtimestamp": "AddRecordTimestamp",
            "endpointurl": "EndpointUrl", "streamarn": "StreamArn", "streamname": "StreamName",
            "classification": "Classification", "rolearn": "RoleArn", "rolesessionname": "RoleSessionName",
            "awsstsrolearn": "RoleArn", "awsstssessionname": "RoleSessionName"}
_STARTS = {"latest": "LATEST", "trim_horizon": "TRIM_HORIZON", "earliest": "TRIM_HORIZON"}
_IGNORED = {"typeofdata", "inferschema", "windowsize", "maxfetchtimeinms", "maxfetchrecordspershard",
            "maxrecordperread", "addidletimebetweenreads", "idletimebetweenreadsinms", "describeshardinterval",
            "numretries", "retryintervalms", "maxretryintervalms", "avoidemptybatches", "emitconsumerlagmetrics",
            "delimiter", "schema", "useenhancedfanout", "fanoutconsumerarn"}


def kinesis_options(options):
    streaming, detect = {}, False
    for key, value in options.items():
        name = key.lower()
        if name in _OPTIONS:
            streaming[_OPTIONS[name]] = str(value)
        elif name == "inferschema":
            detect = str(value).lower() == "true"
        elif name not in _IGNORED:
            _log("WARN", "the Kinesis option %s has no effect" % key)
    if "StartingPosition" in streaming:
        streaming["StartingPosition"] = _STARTS.get(streaming["StartingPosition"].lower(), streaming["StartingPosition"])
    endpoint = streaming.get("EndpointUrl", "")
    if "amazonaws.com" in endpoint:  # AWS's own: whoever runs the script says where that is
        del streaming["EndpointUrl"]
    return detect, streaming


class _Reader:
    def __init__(self, context, dynamic):
        self._context, self._dynamic = context, dynamic

    def _made(self, frame, ctx=""):
        return DynamicFrame(frame, self._context, ctx) if self._dynamic else frame

    def from_catalog(self, database=None, table_name=None, redshift_tmp_dir="", transformation_ctx="",
                     push_down_predicate="", additional_options={}, catalog_id=None, name_space=None, **_):
        database = database or name_space
        document = json.loads(sluice_plan.call(_sluice.table, database, table_name))
        descriptor = document.get("StorageDescriptor", {})
        kind = descriptor.get("Parameters", {}).get("typeOfData", "").lower()
        if kind == "kafka":
            sluice_plan.unsupported("the Kafka table %s.%s" % (database, table_name), "streams are read from Kinesis")
        if kind != "kinesis":
            frame = table_frame("%s.%s" % (database, table_name))
            return self._made(frame.filter(push_down_predicate) if push_down_predicate else frame, transformation_ctx)
        detect, streaming = kinesis_options(additional_options)
        source = {"source": {"CatalogKinesisSource": {"Name": "source", "Database": database, "Table": table_name,
                                                      "DetectSchema": detect, "StreamingOptions": streaming}}}
        columns = None if detect else [[c["Name"], c["Type"]] for c in descriptor.get("Columns", [])]
        if columns is not None and streaming.get("AddRecordTimestamp", "").lower() == "true":
            columns.append(["__src_timestamp", "timestamp"])
        return self._made(DataFrame(stream_plan(source, columns)), transformation_ctx)

    def from_options(self, connection_type, connection_options={}, format=None, format_options={},
                     transformation_ctx="", push_down_predicate="", **_):
        if connection_type == "kinesis":
            detect, streaming = kinesis_options(connection_options)
            source = {"source": {"DirectKinesisSource": {"Name": "source", "DetectSchema": True,
                                                         "StreamingOptions": streaming}}}
            return self._made(DataFrame(stream_plan(source)), transformation_ctx)
        if connection_type not in ("s3", "file", "parquet", "json", "csv"):
            sluice_plan.unsupported("reading from connection_type='%s'" % connection_type,
                                    "kinesis, s3 and tables of the catalog are read")
        kind = format or (connection_type if connection_type not in ("s3", "file") else None)
        if kind not in ("parquet", "glueparquet", "json", "csv"):
            sluice_plan.unsupported("reading files of the format '%s'" % kind, "parquet, json and csv are read")
        paths = connection_options.get("paths") or [connection_options["path"]]
        names = {"separator": "sep", "quoteChar": "quote", "escaper": "escape"}
        options = {names.get(k, k).lower(): str(v) for k, v in format_options.items()}
        if kind == "csv":
            header = str(format_options.get("withHeader", "false")).lower()
            options.update(header=header, inferschema="true")
        frame = static_frame({"kind": "files", "format": kind.replace("glue", ""), "paths": list(paths),
                              "options": options, "schema": None})
        return self._made(frame, transformation_ctx)

    def from_rdd(self, data, name, schema=None, *_, **__):
        return self._made(self._context.spark_session.createDataFrame(data, schema), name)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        sluice_plan.unsupported("create_dynamic_frame." + name, "use from_catalog or from_options")


class _Source:
    def __init__(self, context, connection_type, options):
        self._context, self._type, self._options = context, connection_type, options

    def setFormat(self, format, **options):
        self._format, self._format_options = format, options

    def getFrame(self, *_, **__):
        return self._context.create_dynamic_frame.from_options(self._type, self._options, getattr(self, "_format", None),
                                                               getattr(self, "_format_options", {}))


# ---- writing ----

def _frame_of(frame):
    if isinstance(frame, DynamicFrame):
        return frame._df
    return frame


def _text_options(options):
    """Glue's options of CSV files, in Spark's words; a header is written unless it is refused."""
    return {"sep": str(options.get("separator", ",")), "header": str(options.get("writeHeader", True)).lower()}


class _Writer:
    def __init__(self, context):
        self._context = context

    def from_options(self, frame, connection_type, connection_options={}, format=None, format_options={},
                     transformation_ctx=""):
        if connection_type not in ("s3", "file"):
            sluice_plan.unsupported("writing to connection_type='%s'" % connection_type, "sinks are written to s3")
        kind = (format or "json").lower()
        if kind not in ("parquet", "glueparquet", "json", "csv"):
            sluice_plan.unsupported("writing files of the format '%s'" % kind, "parquet, json and csv are written")
        write_frame(_frame_of(frame), connection_options["path"], kind.replace("glue", ""),
                    connection_options.get("partitionKeys", []),
                    format_options.get("compression", connection_options.get("compression")),
                    options=_text_options(format_options))
        return frame

    def from_catalog(self, frame, database=None, table_name=None, redshift_tmp_dir="", transformation_ctx="",
                     additional_options={}, catalog_id=None, name_space=None, **_):
        enabled = str(additional_options.get("enableUpdateCatalog", False)).lower() == "true"
        write_table(_frame_of(frame), "%s.%s" % (database or name_space, table_name),
                    additional_options.get("partitionKeys", []), register=enabled)
        return frame

    def from_jdbc_conf(self, *_, **__):
        sluice_plan.unsupported("write_dynamic_frame.from_jdbc_conf", "sinks are written to s3")

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        sluice_plan.unsupported("write_dynamic_frame." + name, "use from_options or from_catalog")


class DataSink:
    """getSink: setFormat, setCatalogInfo, writeFrame."""

    def __init__(self, context, format, options):
        self._context, self._format, self._options = context, format, options
        self._format_options, self._catalog = {}, None

    def setFormat(self, format, **options):
        self._format, self._format_options = format, options

    def setCatalogInfo(self, catalogDatabase=None, catalogTableName=None, catalogId="", **_):
        self._catalog = (catalogDatabase, catalogTableName)

    def setAccumulableSize(self, size):
        pass

    def writeFrame(self, dynamic_frame, info=""):
        kind = (self._format or "parquet").lower()
        if kind not in ("parquet", "glueparquet", "json", "csv"):
            sluice_plan.unsupported("a sink of the format '%s'" % kind, "parquet, json and csv are written")
        update = str(self._options.get("enableUpdateCatalog", False)).lower() == "true"
        if update and not self._catalog:
            raise ValueError("enableUpdateCatalog needs setCatalogInfo")
        write_frame(_frame_of(dynamic_frame), self._options["path"], kind.replace("glue", ""),
                    self._options.get("partitionKeys", []),
                    self._format_options.get("compression", self._options.get("compression")),
                    *(self._catalog if update else (None, None)),
                    update=self._options.get("updateBehavior") or "UPDATE_IN_DATABASE",
                    options=_text_options(self._format_options))
        return dynamic_frame

    write = writeFrame


class _Logger:
    """log4j's methods, into the run's log."""

    def info(self, text, *_):
        _log("INFO", text)

    def warn(self, text, *_):
        _log("WARN", text)

    def error(self, text, *_):
        _log("ERROR", text)

    def debug(self, text, *_):
        _log("DEBUG", text)

    warning, trace, fatal = warn, debug, error


def _log(level, text):
    _sluice.log(level, str(text))
