#!/usr/bin/env python3
"""Asks Apache Spark for the answers to the DataFrame programs of test/data/spark_frames.py.

usage: spark_frames.py > test/data/spark_frames.jsonl
       (needs pyspark 3.5 and a Java runtime; the product and its tests need neither)

Spark runs with spark.sql.ansi.enabled=false and session zone UTC, as AWS Glue's jobs do. Output, a line
per program: {"name", "columns": [[name, type]], "rows": [[value]]}, {"name", "value"} or
{"name", "error": the exception's class}."""
import os
import sys
from pyspark.sql import SparkSession

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../test/data"))
os.environ["TZ"] = "UTC"
import spark_frames

spark = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
         .config("spark.sql.ansi.enabled", "false").config("spark.sql.session.timeZone", "UTC")
         .config("spark.driver.extraJavaOptions", "-Duser.timezone=UTC")
         .config("spark.sql.shuffle.partitions", "1").getOrCreate())
spark.sparkContext.setLogLevel("OFF")
spark_frames.answers(spark)
