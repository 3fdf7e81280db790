"""when/otherwise, literals, concat, coalesce, NULL handling."""
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
        df = (data_frame
              .withColumn("level", F.when(F.col("amount") >= 50, "high").when(F.col("amount") >= 10, "middle").otherwise("low"))
              .withColumn("source", F.lit("kinesis"))
              .withColumn("label", F.concat(F.col("customer"), F.lit("-"), F.col("status")))
              .withColumn("note", F.coalesce(F.col("note"), F.lit("none")))
              .withColumn("has_note", F.col("note") != "none")
              .fillna({"amount": 0.0})
              .na.drop(subset=["customer"]))
        df.select("order_id", "level", "source", "label", "note", "has_note", "amount").write.mode("append").parquet(lake + "/out/")


glueContext.forEachBatch(
    frame=source, batch_function=processBatch,
    options={"windowSize": "60 seconds", "checkpointLocation": "s3://lake/cp/" + args["JOB_NAME"]})
job.commit()
