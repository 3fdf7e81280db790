"""A JSON text in a field: base64 undone, from_json with an array of structs, get_json_object, to_json."""
import sys

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import functions as F
from pyspark.sql.types import *

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


schema = ArrayType(StructType([StructField("code", StringType()), StructField("n", IntegerType())]))


def processBatch(data_frame, batchId):
    if data_frame.count() > 0:
        df = data_frame.withColumn("text", F.unbase64("payload").cast("string"))
        df = df.withColumn("parsed", F.from_json("text", "struct<kind:string,parts:array<struct<code:string,n:int>>>"))
        parts = df.select("id", "parsed.kind", F.explode_outer("parsed.parts").alias("part"))
        parts.select("id", "kind", "part.code", "part.n").write.mode("append").parquet(lake + "/parts/")
        df.select("id", F.get_json_object("text", "$.kind").alias("kind"),
                  F.to_json(F.struct("id", F.lit("x").alias("tag"))).alias("json"),
                  F.size(F.from_json(F.get_json_object("text", "$.parts"), schema)).alias("parts")
                  ).write.mode("append").parquet(lake + "/texts/")


glueContext.forEachBatch(
    frame=source, batch_function=processBatch,
    options={"windowSize": "60 seconds", "checkpointLocation": "s3://lake/cp/" + args["JOB_NAME"]})
job.commit()
