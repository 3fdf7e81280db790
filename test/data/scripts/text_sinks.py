"""JSON and CSV sinks, partitioned or not."""
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
        df = data_frame.withColumn("at", F.to_timestamp("at"))
        df.write.mode("append").partitionBy("kind").json(lake + "/json/")
        df.select("id", "note", "at").write.mode("append").option("header", "true").option("sep", ";").csv(lake + "/csv/")
        glueContext.write_dynamic_frame.from_options(
            frame=DynamicFrame.fromDF(df.select("id", "kind"), glueContext, "f"), connection_type="s3", format="csv",
            connection_options={"path": lake + "/glue/"}, format_options={"separator": "|"})


glueContext.forEachBatch(
    frame=source, batch_function=processBatch,
    options={"windowSize": "60 seconds", "checkpointLocation": "s3://lake/cp/" + args["JOB_NAME"]})
job.commit()
