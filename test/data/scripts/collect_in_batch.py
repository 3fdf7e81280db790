"""Ordinary Python in the batch function: collect, Row, datetime, json, logging."""
import sys
import json
import logging
from datetime import datetime, timezone


from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import functions as F
log = logging.getLogger("batch")


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
    rows = data_frame.orderBy(F.col("order_id").asc(), F.col("status")).collect()
    assert rows[0].order_id == 1 and rows[0]["status"] == "NEW" and rows[0].asDict()["customer"] == "c1", rows
    started = datetime.now(timezone.utc)
    assert abs((datetime.now(timezone.utc) - started).total_seconds()) == 0, "time stands still in a batch"
    summary = {"ids": [r.order_id for r in rows], "batch": batchId, "day": started.strftime("%Y") >= "2024"}
    print("summary " + json.dumps(summary, sort_keys=True))
    first = data_frame.first()
    top = data_frame.sort(F.desc("amount")).limit(1).collect()[0]
    for row in data_frame.select("customer").distinct().toLocalIterator():
        print("customer " + row.customer)
    log.warning("top is %s with %.1f", top.customer, top.amount)
    spark.createDataFrame([(batchId, len(rows), top.customer)], ["batch", "rows", "top"]).write.mode("append").parquet(lake + "/out")


glueContext.forEachBatch(
    frame=source, batch_function=processBatch,
    options={"windowSize": "60 seconds", "checkpointLocation": "s3://lake/cp/" + args["JOB_NAME"]})
job.commit()
