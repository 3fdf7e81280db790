"""What Sluice does not serve, line by line: `sluice script check` finds it without running it."""
import no_such_module
from awsglue.transforms import *
from pyspark.sql import functions as F
from pyspark.sql.functions import col, frobnicate, pandas_udf
from pyspark.sql.types import *

df = spark.read.format("jdbc").load()
df.write.mode("overwrite").parquet("s3://lake/x")
df.writeTo("db.table").append()
spark.sql(f"MERGE INTO {df} USING b ON a.id = b.id")
spark.sql("""-- a table
    CREATE TABLE t (a int)""")
spark.sql("SELECT 1")
df.select(F.upper("a"), F.zip_with("a", "b", None))
"{}".format("jdbc")
rows = sc.parallelize([1, 2])
