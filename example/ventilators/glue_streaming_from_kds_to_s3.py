"""Ventilator readings from a Kinesis stream into an S3 data lake, by the hour of their ingestion.

An AWS Glue streaming job (Glue 3.0 or later); `sluice run` takes it as it is."""
import sys
from datetime import datetime

from awsglue import DynamicFrame
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.transforms import ApplyMapping
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, [
    "JOB_NAME", "glue_database", "glue_table_name", "stream_starting_position", "output_path",
    "window_size", "TempDir"])

glue_context = GlueContext(SparkContext.getOrCreate())
logger = glue_context.get_logger()
job = Job(glue_context)
job.init(args["JOB_NAME"], args)

readings = glue_context.create_data_frame.from_catalog(
    database=args["glue_database"],
    table_name=args["glue_table_name"],
    transformation_ctx="readings",
    additional_options={"startingPosition": args["stream_starting_position"], "inferSchema": "false"})


def process_batch(data_frame, batch_id):
    now = datetime.now()
    if data_frame.count() == 0:
        return
    frame = DynamicFrame.fromDF(data_frame, glue_context, "frame")
    typed = ApplyMapping.apply(frame=frame, transformation_ctx="typed", mappings=[
        ("ventilatorid", "int", "ventilatorid", "int"),
        ("eventtime", "string", "eventtime", "timestamp"),
        ("serialnumber", "string", "serialnumber", "string"),
        ("pressurecontrol", "int", "pressurecontrol", "int"),
        ("o2stats", "int", "o2stats", "int"),
        ("minutevolume", "int", "minutevolume", "int"),
        ("manufacturer", "string", "manufacturer", "string"),
    ])
    path = "{}/ingest_year={:%Y}/ingest_month={:%m}/ingest_day={:%d}/ingest_hour={:%H}/".format(
        args["output_path"].rstrip("/"), now, now, now, now)
    glue_context.write_dynamic_frame.from_options(
        frame=typed,
        connection_type="s3",
        connection_options={"path": path},
        format="parquet",
        transformation_ctx="lake")
    logger.info("batch {} is in {}".format(batch_id, path))


glue_context.forEachBatch(
    frame=readings,
    batch_function=process_batch,
    options={
        "windowSize": args["window_size"],
        "checkpointLocation": "{}/{}/checkpoint/".format(args["TempDir"].rstrip("/"), args["JOB_NAME"]),
    })
job.commit()
