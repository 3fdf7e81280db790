from pyspark.sql.column import Column
from pyspark.sql.dataframe import DataFrame
from pyspark.sql.group import GroupedData
from pyspark.sql.session import HiveContext, SparkSession, SQLContext
from pyspark.sql.types import Row
from pyspark.sql.window import Window, WindowSpec

__all__ = ["Column", "DataFrame", "GroupedData", "HiveContext", "Row", "SQLContext", "SparkSession", "Window",
           "WindowSpec"]
