"""Events into two tables, in one batch function."""
import sys

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

source = glueContext.create_data_frame.from_catalog(
    database="db", table_name="events",
    additional_options={"startingPosition": "TRIM_HORIZON", "inferSchema": "true"})


def processBatch(data_frame, batchId):
    if data_frame.count() > 0:
        frame = DynamicFrame.fromDF(data_frame, glueContext, "frame")
        for table, mappings in (
                ("events_one", [("id", "int", "id", "long"), ("name", "string", "name", "string")]),
                ("events_two", [("name", "string", "name", "string"), ("id", "int", "number", "string")])):
            mapped = ApplyMapping.apply(frame=frame, mappings=mappings, transformation_ctx="mapped")
            glueContext.write_dynamic_frame.from_options(
                frame=mapped, connection_type="s3", connection_options={"path": "s3://lake/%s/" % table},
                format="glueparquet", format_options={"compression": "snappy"}, transformation_ctx=table)


glueContext.forEachBatch(
    frame=source, batch_function=processBatch,
    options={"windowSize": "1 second", "checkpointLocation": "s3://lake/checkpoint/two_sinks"})
job.commit()
