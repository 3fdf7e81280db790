"""The ingestion time as a hand-built path, and as columns."""
import sys
import datetime


from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import functions as F

args = getResolvedOptions(sys.argv, ["JOB_NAME", "stream"])
sc = SparkContext.getOrCreate()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
logger = glueContext.get_logger()
job = Job(glueContext)
job.init(args["JOB_NAME"], args)
lake = "s3://lake/" + args["stream"]

source = glueContext.create_data_frame.from_catalog(
    database="db", table_name=args["stream"], transformation_ctx="source",
    additional_options={"startingPosition": "TRIM_HORIZON", "inferSchema": "true"})


def processBatch(data_frame, batchId):
    if data_frame.count() > 0:
        now = datetime.datetime.now()
        year, month, day, hour = now.year, now.month, now.day, now.hour
        path = lake + "/by_path/ingest_year={:0>4}/ingest_month={:0>2}/ingest_day={:0>2}/ingest_hour={:0>2}/".format(
            str(year), str(month), str(day), str(hour))
        glueContext.write_dynamic_frame.from_options(
            frame=DynamicFrame.fromDF(data_frame, glueContext, "f"), connection_type="s3",
            connection_options={"path": path}, format="parquet")
        stamped = glueContext.add_ingestion_time_columns(data_frame, "hour")
        assert [r[0] for r in stamped.select("ingest_hour").distinct().collect()] == [hour]
        glueContext.write_dynamic_frame.from_options(
            frame=DynamicFrame.fromDF(stamped, glueContext, "s"), connection_type="s3", format="parquet",
            connection_options={"path": lake + "/by_column", "partitionKeys": ["ingest_year", "ingest_month", "ingest_day", "ingest_hour"]})


glueContext.forEachBatch(
    frame=source, batch_function=processBatch,
    options={"windowSize": "60 seconds", "checkpointLocation": "s3://lake/cp/" + args["JOB_NAME"]})
job.commit()
