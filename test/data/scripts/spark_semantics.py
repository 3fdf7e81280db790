"""Where Spark differs from other SQL: integer overflow wraps, casts that fail are NULL, 1/0 is NULL, NULLs sort first."""
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
        df = data_frame.select(
            (F.col("big") + 1).alias("wrapped"), F.col("text").cast("int").alias("number"), (F.lit(1) / F.col("zero")).alias("quotient"),
            (F.col("zero") % F.col("zero")).alias("rest"), F.col("text").cast("boolean").alias("truth"),
            (F.lit(7) / F.lit(2)).alias("half"), F.expr("7 div 2").alias("whole"), F.round(F.lit(2.5)).alias("rounded"),
            F.bround(F.lit(2.5)).alias("even"), (F.col("text") == F.lit("x")).alias("same"), F.col("TEXT").alias("text"))
        df.write.mode("append").parquet(lake + "/out/")
        print("order", [r[0] for r in data_frame.orderBy("text").select("text").collect()],
              [r[0] for r in data_frame.orderBy(F.desc("text")).select("text").collect()])


glueContext.forEachBatch(
    frame=source, batch_function=processBatch,
    options={"windowSize": "60 seconds", "checkpointLocation": "s3://lake/cp/" + args["JOB_NAME"]})
job.commit()
