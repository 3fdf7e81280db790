"""Glue's own transforms one after the other."""
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
    frame = DynamicFrame.fromDF(data_frame, glueContext, "frame")
    frame = Filter.apply(frame=frame, f=lambda row: (row["amount"] > 5) & (row["status"] != "CANCELLED"))
    frame = RenameField.apply(frame, "customer", "client")
    frame = DropFields.apply(frame=frame, paths=["note"])
    frame = ResolveChoice.apply(frame=frame, specs=[("amount", "cast:float")], transformation_ctx="choice")
    frame = SelectFields.apply(frame=frame, paths=["order_id", "client", "amount", "empty"])
    frame = DropNullFields.apply(frame=frame)
    assert frame.count() == 3
    glueContext.write_dynamic_frame.from_options(
        frame=frame, connection_type="s3", connection_options={"path": lake + "/out"}, format="glueparquet")


glueContext.forEachBatch(
    frame=source, batch_function=processBatch,
    options={"windowSize": "60 seconds", "checkpointLocation": "s3://lake/cp/" + args["JOB_NAME"]})
job.commit()
