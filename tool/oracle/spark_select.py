#!/usr/bin/env python3
"""Asks Apache Spark for the answers to test/data/spark_select.sql.

usage: spark_select.py test/data/spark_select.sql > test/data/spark_select.jsonl
       (needs pyspark 3.5 and a Java runtime; the product and its tests need neither)

Spark runs with spark.sql.ansi.enabled=false and session zone UTC, as AWS Glue's jobs do. A line is a
statement; CREATE TEMP VIEW lines set up what the others read. Output, a line each:
    {"sql", "columns": [[name, type]], "rows": [[text or null]]}  each value as CAST(value AS STRING),
                                                                   binary as hexadecimal digits
    {"sql", "error": class}                                        Spark's error class or exception
"""
import json
import sys
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import BinaryType

spark = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
         .config("spark.sql.ansi.enabled", "false").config("spark.sql.session.timeZone", "UTC")
         .config("spark.driver.extraJavaOptions", "-Duser.timezone=UTC")
         .config("spark.sql.shuffle.partitions", "1").getOrCreate())
spark.sparkContext.setLogLevel("OFF")


def texts(frame):
    """The frame's rows as Spark prints each value, in the frame's order."""
    names = ["c%d" % i for i in range(len(frame.columns))]
    plain = frame.toDF(*names)
    shown = [F.hex(plain[n]) if isinstance(f.dataType, BinaryType) else plain[n].cast("string")
             for n, f in zip(names, frame.schema)]
    return [list(row) for row in plain.select(*shown).collect()]


def answer(sql):
    frame = spark.sql(sql)
    if sql.startswith("CREATE"):
        return None
    columns = [[f.name, f.dataType.simpleString()] for f in frame.schema]
    return {"sql": sql, "columns": columns, "rows": texts(frame)}


for line in open(sys.argv[1], encoding="utf-8"):
    statement = line.rstrip("\n")
    if not statement:
        continue
    try:
        found = answer(statement)
    except Exception as problem:
        name = getattr(problem, "getErrorClass", lambda: None)()
        found = {"sql": statement, "error": name or type(problem).__name__}
    print(json.dumps(found or {"sql": statement}, ensure_ascii=False))
