"""Both sides of a join have columns of the same names: by reference, by alias, dropped."""
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
        a = data_frame.alias("a")
        b = data_frame.groupBy("customer").agg(F.max("amount").alias("amount")).alias("b")
        best = a.join(b, (F.col("a.customer") == F.col("b.customer")) & (F.col("a.amount") == F.col("b.amount")), "inner")
        best.select("a.order_id", "a.customer", F.col("b.amount").alias("best")).write.mode("append").parquet(lake + "/best/")
        totals = data_frame.groupBy("customer").agg(F.count("*").alias("orders"))
        joined = data_frame.join(totals, data_frame.customer == totals.customer, "left").drop(totals.customer)
        joined.select("order_id", "customer", "orders").write.mode("append").parquet(lake + "/counted/")
        lonely = data_frame.join(totals.filter(F.col("orders") > 1), on="customer", how="left_anti")
        lonely.select("order_id").write.mode("append").parquet(lake + "/lonely/")


glueContext.forEachBatch(
    frame=source, batch_function=processBatch,
    options={"windowSize": "60 seconds", "checkpointLocation": "s3://lake/cp/" + args["JOB_NAME"]})
job.commit()
