from pyspark.sql.utils import (AnalysisException, IllegalArgumentException, ParseException, PythonException,
                               StreamingQueryException)


class PySparkException(Exception):
    pass


class Py4JJavaError(Exception):
    pass
