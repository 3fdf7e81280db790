"""GlueContext: sources, sinks and the batch loop."""
import logging
import sluice_plan
from pyspark.sql.dataframe import DataFrame, stream_plan
from pyspark.sql.session import SparkSession


class GlueContext:
    def __init__(self, sparkContext, **options):
        self._sc = sparkContext
        self.spark_session = SparkSession.builder.getOrCreate()
        self.create_data_frame = _Reader(self, dynamic=False)
        self.create_dynamic_frame = _Reader(self, dynamic=True)
        self.write_dynamic_frame = _Writer(self)
        self.write_data_frame = _Writer(self)

    def get_logger(self):
        return _Logger()

    def forEachBatch(self, frame, batch_function, options={}):
        if "windowSize" not in options:
            raise Exception("Missing windowSize argument")
        if "checkpointLocation" not in options:
            raise Exception("Missing checkpointLocation argument")
        retries = int(options.get("batchMaxRetries", 3))
        if not 0 <= retries <= 100:
            raise ValueError("batchMaxRetries must be between 0 and 100")
        window = sluice_plan.seconds_of(options["windowSize"], "windowSize")
        sluice_plan.run_batches(
            frame._plan["source"],
            {"checkpoint": options["checkpointLocation"], "window_us": int(window * 1e6),
             "retries": retries},
            lambda number: batch_function(DataFrame(frame._plan), number))


class _Reader:
    def __init__(self, context, dynamic):
        self._context, self._dynamic = context, dynamic

    def from_catalog(self, database=None, table_name=None, redshift_tmp_dir="", transformation_ctx="",
                     push_down_predicate="", additional_options={}, catalog_id=None, name_space=None,
                     **_):
        source = {"CatalogKinesisSource": {
            "Name": "source", "Database": database or name_space, "Table": table_name,
            **kinesis_options(additional_options)}}
        return DataFrame(stream_plan(source))


# A script's option -> StreamingOptions of a node; the rest of what Glue knows has no effect here.
_OPTIONS = {"startingposition": "StartingPosition", "addrecordtimestamp": "AddRecordTimestamp",
            "endpointurl": "EndpointUrl", "streamarn": "StreamArn", "streamname": "StreamName",
            "classification": "Classification"}
_IGNORED = {"typeofdata", "inferschema", "windowsize"}


def kinesis_options(options):
    streaming, detect = {}, False
    for key, value in options.items():
        name = key.lower()
        if name in _OPTIONS:
            streaming[_OPTIONS[name]] = str(value)
        elif name == "inferschema":
            detect = str(value).lower() == "true"
    position = streaming.get("StartingPosition")
    if position and position.lower() in ("latest", "trim_horizon", "earliest"):
        streaming["StartingPosition"] = position.upper()
    return {"DetectSchema": detect, "StreamingOptions": streaming}


class _Writer:
    def __init__(self, context):
        self._context = context

    def from_options(self, frame, connection_type, connection_options={}, format={},
                     format_options={}, transformation_ctx=""):
        from _sluice import write
        if connection_type != "s3" or format not in ("parquet", "glueparquet"):
            sluice_plan.unsupported("write to %s as %s" % (connection_type, format))
        target = {"Name": "sink", "Inputs": ["frame"], "Path": connection_options["path"],
                  "Compression": format_options.get("compression",
                                                    connection_options.get("compression", "snappy")),
                  "PartitionKeys": [[k] for k in connection_options.get("partitionKeys", [])]}
        plan = {k: v for k, v in frame._plan.items() if k != "source"}
        sluice_plan.call(write, plan, target)
        return frame


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
    from _sluice import log
    log(level, str(text))
