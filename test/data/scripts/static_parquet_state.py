"""A table of the lake read in the batch function: only new keys are written."""
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
        known = spark.read.parquet(lake + "/known/").select("id").distinct() if batchId > 0 else None
        fresh = data_frame.dropDuplicates(["id"])
        if known is not None:
            fresh = fresh.join(known, ["id"], "left_anti")
        glueContext.write_data_frame.from_options(
            frame=fresh, connection_type="s3", connection_options={"path": lake + "/known/"}, format="parquet")


glueContext.forEachBatch(
    frame=source, batch_function=processBatch,
    options={"windowSize": "60 seconds", "checkpointLocation": "s3://lake/cp/" + args["JOB_NAME"]})
job.commit()
