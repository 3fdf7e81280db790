"""Events routed to one table per type, every sink in the same batch."""
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


ROUTES = {"click": ["user", "page"], "buy": ["user", "item", "price"]}


def processBatch(data_frame, batchId):
    if data_frame.count() > 0:
        for event_type, columns in ROUTES.items():
            part = data_frame.filter(F.col("type") == event_type).select(*columns)
            if part.count() > 0:
                part.write.mode("append").format("parquet").save(lake + "/" + event_type + "/")
        rest = data_frame.filter(~F.col("type").isin(list(ROUTES)) | F.col("type").isNull())
        if not rest.isEmpty():
            rest.select("user", "type").write.mode("append").parquet(lake + "/other/")


glueContext.forEachBatch(
    frame=source, batch_function=processBatch,
    options={"windowSize": "60 seconds", "checkpointLocation": "s3://lake/cp/" + args["JOB_NAME"]})
job.commit()
