"""groupBy with several aggregates, and a total."""
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
        by_customer = data_frame.groupBy("customer").agg(
            F.count("*").alias("orders"), F.sum("amount").alias("total"), F.avg("amount").alias("mean"),
            F.max("status").alias("last_status"), F.countDistinct("status").alias("kinds"))
        by_customer.write.mode("append").parquet(lake + "/by_customer/")
        data_frame.groupBy("status").count().write.mode("append").parquet(lake + "/by_status/")
        total = data_frame.agg({"amount": "sum"}).collect()[0][0]
        logger.info("total of batch {}: {}".format(batchId, total))


glueContext.forEachBatch(
    frame=source, batch_function=processBatch,
    options={"windowSize": "60 seconds", "checkpointLocation": "s3://lake/cp/" + args["JOB_NAME"]})
job.commit()
