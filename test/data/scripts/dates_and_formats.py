"""Dates: to_timestamp with a format, date_format, date arithmetic, truncation, unix time."""
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
        df = data_frame.withColumn("ts", F.to_timestamp(F.col("when"), "dd/MM/yyyy HH:mm"))
        df.select(
            "id",
            F.date_format("ts", "yyyy-MM-dd'T'HH:mm:ss").alias("iso"),
            F.to_date(F.col("ts")).alias("day"),
            F.date_add(F.to_date("ts"), 30).alias("due"),
            F.datediff(F.to_date(F.lit("2024-03-10")), F.to_date("ts")).alias("age"),
            F.date_trunc("hour", F.col("ts")).alias("hour"),
            F.unix_timestamp(F.col("ts")).alias("epoch"),
            F.from_unixtime(F.lit(0), "yyyy-MM-dd").alias("zero"),
            F.weekofyear("ts").alias("week"), F.dayofweek("ts").alias("dow"), F.quarter("ts").alias("quarter"),
            F.add_months(F.to_date("ts"), 1).alias("next_month"), F.last_day(F.to_date("ts")).alias("month_end"),
        ).write.mode("append").parquet(lake + "/out/")


glueContext.forEachBatch(
    frame=source, batch_function=processBatch,
    options={"windowSize": "60 seconds", "checkpointLocation": "s3://lake/cp/" + args["JOB_NAME"]})
job.commit()
