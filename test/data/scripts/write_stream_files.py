"""A streaming query without a batch function: format parquet, with a path and partitions."""
import sys

from awsglue.utils import getResolvedOptions
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

args = getResolvedOptions(sys.argv, ["JOB_NAME", "stream"])
spark = SparkSession.builder.getOrCreate()
records = (spark.readStream.format("aws-kinesis")
           .option("kinesis.region", "us-east-1")
           .option("kinesis.streamName", args["stream"])
           .option("kinesis.consumerType", "GetRecords")
           .option("kinesis.endpointUrl", "https://kinesis.us-east-1.amazonaws.com")
           .option("kinesis.startingposition", "TRIM_HORIZON")
           .load())
words = records.select(F.col("data").cast("string").alias("word"), F.length(F.col("data").cast("string")).alias("size"))
query = (words.filter("word != ''").writeStream.format("parquet").outputMode("append")
         .option("path", "s3://lake/%s/out" % args["stream"])
         .option("checkpointLocation", "s3://lake/cp/" + args["JOB_NAME"])
         .partitionBy("size").start())
spark.streams.awaitAnyTermination()
