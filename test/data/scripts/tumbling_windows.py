"""Readings per five minutes of event time."""
import sys

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
        df = (data_frame.withColumn("ts", F.col("ts").cast("timestamp"))
              .groupBy(F.window(F.col("ts"), "5 minutes"), "sensor")
              .agg(F.avg("value").alias("mean"), F.count(F.lit(1)).alias("n"))
              .select(F.col("window.start").alias("start"), F.col("window.end").alias("end"), "sensor", "mean", "n"))
        df.write.mode("append").parquet(lake + "/out/")


glueContext.forEachBatch(
    frame=source, batch_function=processBatch,
    options={"windowSize": "60 seconds", "checkpointLocation": "s3://lake/cp/" + args["JOB_NAME"]})
job.commit()
