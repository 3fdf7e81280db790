"""Temperatures per city: spark.sql on a temporary view of the batch."""
import sys

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import DataFrame, Row

args = getResolvedOptions(sys.argv, ["JOB_NAME", "stream"])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)


def sparkSqlQuery(glueContext, query, mapping, transformation_ctx) -> DynamicFrame:
    for alias, frame in mapping.items():
        frame.toDF().createOrReplaceTempView(alias)
    result = spark.sql(query)
    return DynamicFrame.fromDF(result, glueContext, transformation_ctx)


source = glueContext.create_data_frame.from_catalog(
    database="db", table_name=args["stream"], transformation_ctx="source",
    additional_options={"startingPosition": "earliest", "inferSchema": "true"})


def processBatch(data_frame, batchId):
    if data_frame.count() > 0:
        frame = DynamicFrame.fromDF(data_frame, glueContext, "from_data_frame")
        query = """
        select city, count(*) as readings, max(temperature) as highest
        from myDataSource where temperature is not null group by city
        """
        result = sparkSqlQuery(glueContext, query, {"myDataSource": frame}, "sql")
        glueContext.write_dynamic_frame.from_options(
            frame=result, connection_type="s3", format="glueparquet",
            connection_options={"path": "s3://lake/%s/out" % args["stream"], "partitionKeys": []},
            format_options={"compression": "snappy"}, transformation_ctx="sink")


glueContext.forEachBatch(
    frame=source, batch_function=processBatch,
    options={"windowSize": "100 seconds", "checkpointLocation": "s3://lake/cp/" + args["JOB_NAME"]})
job.commit()
