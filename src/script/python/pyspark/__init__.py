from pyspark.conf import SparkConf
from pyspark.context import SparkContext

__version__ = "3.5.0"
__all__ = ["SparkConf", "SparkContext"]
