"""Maps and arrays: create_map, element access, array_contains, size, collect_list, sort_array, array_join, pivot."""
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
            "id", F.size("tags").alias("n"), F.array_contains("tags", "b").alias("has_b"),
            F.array_join(F.sort_array("tags"), "+").alias("joined"), F.col("tags")[0].alias("first"),
            F.create_map(F.lit("k"), F.col("id"))["k"].alias("from_map"),
            F.array_distinct(F.col("tags")).alias("kinds"))
        df.write.mode("append").parquet(lake + "/out/")
        by = (data_frame.select("grp", F.explode("tags").alias("tag")).groupBy("grp")
              .pivot("tag", ["a", "b"]).count())
        by.write.mode("append").parquet(lake + "/pivot/")
        lists = data_frame.orderBy("id").groupBy("grp").agg(F.collect_list("id").alias("ids"), F.collect_set("grp").alias("one"))
        lists.write.mode("append").parquet(lake + "/lists/")


glueContext.forEachBatch(
    frame=source, batch_function=processBatch,
    options={"windowSize": "60 seconds", "checkpointLocation": "s3://lake/cp/" + args["JOB_NAME"]})
job.commit()
