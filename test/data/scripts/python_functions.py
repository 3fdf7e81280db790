"""Functions in Python per row: udf as a function, as a decorator, in an expression, in a filter."""
import sys

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StringType

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


@F.udf(returnType=StringType())
def mask(text):
    return None if text is None else text[:1] + "*" * (len(text) - 1)


square = F.udf(lambda n: n * n, LongType())


def processBatch(data_frame, batchId):
    if data_frame.count() > 0:
        df = data_frame.withColumn("name", mask(F.col("name"))).withColumn("sq", square("n") + 1)
        df = df.filter(square(F.col("n")) > 1)
        df.select("n", "name", "sq", mask("name").alias("again"), "when").write.mode("append").parquet(lake + "/out/")


glueContext.forEachBatch(
    frame=source, batch_function=processBatch,
    options={"windowSize": "60 seconds", "checkpointLocation": "s3://lake/cp/" + args["JOB_NAME"]})
job.commit()
