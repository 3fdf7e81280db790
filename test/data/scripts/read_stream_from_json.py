"""The Kinesis connector of Spark: records as bytes, parsed by from_json; foreachBatch."""
import sys

from awsglue.utils import getResolvedOptions
from pyspark.sql import SparkSession
from pyspark.sql.functions import col, from_json
from pyspark.sql.types import DoubleType, LongType, StringType, StructField, StructType

args = getResolvedOptions(sys.argv, ["JOB_NAME", "stream"])
spark = SparkSession.builder.appName("reader").getOrCreate()

schema = StructType([
    StructField("id", LongType()),
    StructField("name", StringType()),
    StructField("value", DoubleType()),
])

records = (spark.readStream
           .format("kinesis")
           .option("streamName", args["stream"])
           .option("endpointUrl", "https://kinesis.us-east-1.amazonaws.com")
           .option("startingposition", "TRIM_HORIZON")
           .load())

parsed = (records
          .selectExpr("CAST(data AS STRING) AS json", "partitionKey")
          .select(from_json(col("json"), schema).alias("r"), "partitionKey")
          .select("r.*", "partitionKey"))


def write(df, epoch_id):
    df.write.mode("append").parquet("s3://lake/%s/out" % args["stream"])


query = (parsed.writeStream
         .foreachBatch(write)
         .option("checkpointLocation", "s3://lake/cp/" + args["JOB_NAME"])
         .trigger(processingTime="10 seconds")
         .start())
query.awaitTermination()
