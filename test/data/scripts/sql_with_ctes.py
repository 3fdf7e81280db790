"""A long statement: WITH, row_number, CASE, LATERAL VIEW explode, HAVING, string literals in both quotes."""
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
        DynamicFrame.fromDF(data_frame, glueContext, "f").toDF().createOrReplaceTempView("orders")
        spark.sql("""
            WITH ranked AS (
                SELECT *, row_number() OVER (PARTITION BY order_id ORDER BY version DESC) AS rn FROM orders
            ), newest AS (SELECT * FROM ranked WHERE rn = 1)
            SELECT n.order_id, tag, CASE WHEN n.amount > 50 THEN "big" ELSE 'small' END AS size,
                   count(*) OVER (PARTITION BY tag) AS of_tag
            FROM newest n LATERAL VIEW explode(n.tags) t AS tag
            WHERE tag <> 'skip'
        """).write.mode("append").parquet(lake + "/out/")
        totals = spark.sql("SELECT customer, sum(amount) total FROM orders GROUP BY customer HAVING sum(amount) > 20 ORDER BY total DESC")
        print("totals", [(r["customer"], r["total"]) for r in totals.collect()])


glueContext.forEachBatch(
    frame=source, batch_function=processBatch,
    options={"windowSize": "60 seconds", "checkpointLocation": "s3://lake/cp/" + args["JOB_NAME"]})
job.commit()
