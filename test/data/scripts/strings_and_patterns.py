"""Texts: split, regexp_extract, regexp_replace, substring, trim, pad, initcap, concat_ws, instr."""
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
        data_frame.select(
            F.split("line", "[,;]").getItem(1).alias("second"),
            F.regexp_extract("line", r"(\d+)-(\d+)", 2).alias("number"),
            F.regexp_replace("line", "[^a-z]", "").alias("letters"),
            F.substring("line", 1, 3).alias("head"),
            F.lpad(F.trim(F.col("code")), 5, "0").alias("padded"),
            F.initcap("name").alias("name"),
            F.concat_ws("/", F.col("name"), F.col("code"), F.lit("x")).alias("path"),
            F.length("line").alias("size"), F.instr("line", ",").alias("at"),
            F.col("line").contains("12").alias("has"), F.col("name").like("a%").alias("is_a"),
            F.col("line").rlike("^[a-z]+,").alias("word_first"),
        ).write.mode("append").parquet(lake + "/out/")


glueContext.forEachBatch(
    frame=source, batch_function=processBatch,
    options={"windowSize": "60 seconds", "checkpointLocation": "s3://lake/cp/" + args["JOB_NAME"]})
job.commit()
