"""lag, lead, running sums, ranks and shares over windows."""
import sys

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import functions as F
from pyspark.sql.window import Window

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
        w = Window.partitionBy("meter").orderBy("at")
        df = (data_frame
              .withColumn("before", F.lag("value").over(w))
              .withColumn("step", F.col("value") - F.col("before"))
              .withColumn("after", F.lead("value", 1, -1).over(w))
              .withColumn("running", F.sum("value").over(w.rowsBetween(Window.unboundedPreceding, Window.currentRow)))
              .withColumn("place", F.rank().over(Window.partitionBy("meter").orderBy(F.col("value").desc())))
              .withColumn("of", F.count("*").over(Window.partitionBy("meter"))))
        df.write.mode("append").parquet(lake + "/out/")


glueContext.forEachBatch(
    frame=source, batch_function=processBatch,
    options={"windowSize": "60 seconds", "checkpointLocation": "s3://lake/cp/" + args["JOB_NAME"]})
job.commit()
