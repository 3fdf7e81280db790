"""readStream from Kinesis, writeStream to a batch function or to files."""
import sluice_plan
from pyspark.sql.dataframe import DataFrame, stream_plan
from pyspark.sql.readwriter import DataFrameWriter, _Options, columns_of

# The columns of a record, as the Kinesis connectors for Spark call them.
_RECORD = [["data", "binary"], ["streamName", "string"], ["partitionKey", "string"],
           ["sequenceNumber", "string"], ["approximateArrivalTimestamp", "timestamp"]]
_STARTS = {"latest": "LATEST", "trim_horizon": "TRIM_HORIZON", "earliest": "TRIM_HORIZON", "trimhorizon": "TRIM_HORIZON"}


class DataStreamReader(_Options):
    def schema(self, schema):
        sluice_plan.unsupported("readStream.schema", "read Kinesis records and use from_json")

    def load(self, path=None, format=None, schema=None, **options):
        self.options(**options)
        name = (format or self._format or "").lower()
        if name not in ("kinesis", "aws-kinesis"):
            sluice_plan.unsupported("readStream.format('%s')" % name, "streams are read from Kinesis: format('kinesis')")
        plain = {k[8:] if k.startswith("kinesis.") else k: v for k, v in self._options.items()}
        streaming = {"AddRecordTimestamp": "false"}
        start = plain.get("startingposition") or plain.get("initialposition") or "latest"
        streaming["StartingPosition"] = _STARTS.get(start.lower(), start)
        if "streamarn" in plain:
            streaming["StreamArn"] = plain["streamarn"]
        elif plain.get("streamname"):
            streaming["StreamName"] = plain["streamname"]
        else:
            raise ValueError("the Kinesis source needs the option streamName")
        endpoint = plain.get("endpointurl")
        if endpoint and "amazonaws.com" not in endpoint:
            streaming["EndpointUrl"] = endpoint
        source = {"source": {"DirectKinesisSource": {"Name": "source", "DetectSchema": False,
                                                     "StreamingOptions": streaming}}, "raw": True}
        return DataFrame(stream_plan(source, _RECORD))

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        sluice_plan.unsupported("readStream." + name, "streams are read from Kinesis: format('kinesis')")


class StreamingQuery:
    def __init__(self, name, run):
        self.name, self._run = name, run
        self.id = self.runId = "query"
        self.isActive = True
        self.lastProgress, self.recentProgress = None, []

    def awaitTermination(self, timeout=None):
        from pyspark.sql.session import SparkSession
        SparkSession.builder.getOrCreate().streams.active.clear()
        if self.isActive:
            self.isActive = False
            self._run()
        return True

    processAllAvailable = awaitTermination

    def stop(self):
        self.isActive = False

    def exception(self):
        return None

    @property
    def status(self):
        return {"message": "Waiting for data to arrive", "isDataAvailable": False, "isTriggerActive": False}


class DataStreamWriter(_Options):
    def __init__(self, frame):
        super().__init__()
        self._frame, self._function, self._keys, self._name = frame, None, [], None
        self._window, self._drain = 0.0, False

    def foreachBatch(self, function):
        self._function = function
        return self

    def foreach(self, f):
        sluice_plan.unsupported("writeStream.foreach", "use foreachBatch")

    def outputMode(self, mode):
        if mode.lower() != "append":
            # within a batch function every mode is the same; over batches there is no state
            self._mode = mode.lower()
        return self

    def queryName(self, name):
        self._name = name
        return self

    def partitionBy(self, *columns):
        self._keys = list(columns[0]) if len(columns) == 1 and isinstance(columns[0], (list, tuple)) else list(columns)
        return self

    def trigger(self, processingTime=None, once=None, continuous=None, availableNow=None):
        if continuous:
            sluice_plan.unsupported("trigger(continuous=...)", "use processingTime")
        self._drain = bool(once or availableNow)
        if processingTime:
            self._window = sluice_plan.seconds_of(processingTime, "processingTime")
        return self

    def start(self, path=None, format=None, outputMode=None, partitionBy=None, queryName=None, **options):
        self.options(**options)
        from pyspark.sql.session import SparkSession
        streams = SparkSession.builder.getOrCreate().streams
        if streams.active:
            sluice_plan.unsupported("a second streaming query in one script",
                                    "write several sinks in one batch function, or start another job")
        if partitionBy:
            self.partitionBy(partitionBy)
        function = self._function or self._files(path, format)
        if not self._options.get("checkpointlocation"):
            raise sluice_plan.AnalysisException("checkpointLocation must be specified either through "
                                                "option(\"checkpointLocation\", ...) or "
                                                "SparkSession.conf.set(\"spark.sql.streaming.checkpointLocation\", ...)")
        query = StreamingQuery(queryName or self._name, lambda: run_stream(
            self._frame, {"checkpoint": self._options["checkpointlocation"], "window_us": int(self._window * 1e6),
                          "retries": 0, "drain": self._drain}, function))
        streams.active.append(query)
        return query

    def _files(self, path, format):
        name = (format or self._format or "parquet").lower()
        target = path or self._options.get("path")
        if name not in ("parquet", "json", "csv") or not target:
            sluice_plan.unsupported("writeStream.format('%s')" % name, "use foreachBatch, or format('parquet') with a path")

        def write(frame, _):
            writer = DataFrameWriter(frame).format(name).mode("append").partitionBy(*self._keys)
            writer._options = dict(self._options)
            writer.save(target)
        return write

    def toTable(self, name, **_):
        self._function = lambda frame, _: frame.write.mode("append").saveAsTable(name)
        return self.start()


def run_stream(frame, options, function):
    """A loop over the frame's batches: the function gets the frame, whose leaf is the batch's rows."""
    source = frame._plan.get("source")
    if source is None:
        raise sluice_plan.AnalysisException("'writeStream' can be called only on streaming Dataset/DataFrame")

    def one(number):
        plan = {k: v for k, v in frame._plan.items() if k != "source"}
        made = DataFrame(plan, frame._shown, frame._places, frame._lineage, frame._aliases)
        if "sql" in plan or made.count():
            function(made, number)
    sluice_plan.run_batches(source, options, one)
