"""`sluice script check`: what a script uses and Sluice does not serve, from its syntax tree. What a value
is at run time is not known: methods are judged by their names, formats and statements by their texts."""
import ast
import importlib
import importlib.util
import json
import re
import _sluice

# Texts that calls are given: (function, values, what to say).
_FORMATS = {"iceberg": "write to a Parquet table", "hudi": "write to a Parquet table", "delta": "write to a Parquet table",
            "kafka": "streams are read from Kinesis", "jdbc": "sinks are written to s3", "orc": "use parquet",
            "avro": "use parquet", "xml": "", "text": "", "rate": "", "socket": "", "ion": "", "grokLog": "",
            "com.databricks.spark.redshift": "", "dynamodb": "", "bigquery": ""}
_CONNECTIONS = {"kafka": "streams are read from Kinesis", "jdbc": "", "mysql": "", "postgresql": "", "redshift": "",
                "dynamodb": "", "mongodb": "", "oracle": "", "sqlserver": "", "opensearch": "", "snowflake": "",
                "custom.spark": "", "marketplace.spark": "", "custom.jdbc": "", "marketplace.jdbc": "", "bigquery": ""}
_METHODS = {"parallelize": "use spark.createDataFrame", "textFile": "use spark.read", "_jvm": "there is no JVM",
            "_jsc": "there is no JVM", "_jdf": "there is no JVM", "bucketBy": "use partitionBy",
            "from_jdbc_conf": "sinks are written to s3", "purge_s3_path": "delete objects with boto3",
            "transition_s3_path": "", "saveAsTextFile": "use df.write", "accumulator": "count with agg",
            "pandas_udf": "write it with functions of pyspark.sql.functions", "applyInPandas": "", "cogroup": "",
            "awaitOffset": "", "mapGroupsWithState": "", "applyInPandasWithState": ""}


class _Checker(ast.NodeVisitor):
    def __init__(self):
        self.problems, self.functions = [], set()

    def tell(self, node, name, text):
        problem = {"line": getattr(node, "lineno", 1), "name": name, "text": text}
        if problem not in self.problems:
            self.problems.append(problem)

    # ---- imports ----

    def visit_Import(self, node):
        for alias in node.names:
            self.module(node, alias.name)
            if alias.name == "pyspark.sql.functions" and alias.asname:
                self.functions.add(alias.asname)

    def visit_ImportFrom(self, node):
        if node.level or not self.module(node, node.module):
            return
        if node.module.split(".")[0] not in ("pyspark", "awsglue"):
            return
        module = importlib.import_module(node.module)
        for alias in node.names:
            if node.module == "pyspark.sql" and alias.name == "functions":
                self.functions.add(alias.asname or "functions")
            elif node.module == "pyspark.sql.functions" and alias.name != "*":
                self.function(node, alias.name)
            elif alias.name != "*" and not hasattr(module, alias.name) and \
                    _sluice.source("%s.%s" % (node.module, alias.name)) is None:
                self.tell(node, "%s.%s" % (node.module, alias.name), "does not exist here")

    def module(self, node, name):
        try:
            found = _sluice.source(name) is not None or importlib.util.find_spec(name) is not None
        except (ImportError, ValueError):
            found = False
        if not found:
            self.tell(node, name, "does not exist here" if name.split(".")[0] in ("pyspark", "awsglue")
                      else "is not installed on this machine")
        return found

    # ---- uses ----

    def function(self, node, name):
        from pyspark.sql import functions
        if name in functions._UNSUPPORTED:
            self.tell(node, "pyspark.sql.functions." + name, functions._UNSUPPORTED[name])
        elif not hasattr(functions, name):
            self.tell(node, "pyspark.sql.functions." + name, "does not exist here")

    def visit_Attribute(self, node):
        from pyspark.sql.dataframe import _UNSUPPORTED
        if isinstance(node.value, ast.Name) and node.value.id in self.functions:
            self.function(node, node.attr)
        elif node.attr in _METHODS:
            self.tell(node, node.attr, _METHODS[node.attr])
        elif node.attr in _UNSUPPORTED and node.attr not in ("to", "corr", "cov", "stat", "describe", "sample", "inputFiles"):
            self.tell(node, "DataFrame." + node.attr, _UNSUPPORTED[node.attr])
        self.generic_visit(node)

    def visit_Call(self, node):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        named = {k.arg: k.value.value for k in node.keywords
                 if k.arg and isinstance(k.value, ast.Constant) and isinstance(k.value.value, str)}
        if name == "format" and texts and isinstance(node.func, ast.Attribute) and \
                not isinstance(node.func.value, ast.Constant):
            self.text(node, "format('%s')", texts[0], _FORMATS)
        self.text(node, "format='%s'", named.get("format"), _FORMATS)
        self.text(node, "connection_type='%s'", named.get("connection_type"), _CONNECTIONS)
        if name == "mode" and texts and texts[0].lower() == "overwrite" or named.get("mode", "").lower() == "overwrite":
            self.tell(node, "mode('overwrite')", "use append: what a batch wrote is never taken back")
        if name == "sql" and node.args:
            self.statement(node, self.literal(node.args[0]))
        self.generic_visit(node)

    def text(self, node, form, value, known):
        if value is not None and value in known:
            self.tell(node, form % value, known[value])

    @staticmethod
    def literal(node):
        """The text that an expression begins with, as far as it is written down."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
            return node.values[0].value
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            return _Checker.literal(node.func.value)
        if isinstance(node, ast.BinOp):
            return _Checker.literal(node.left)
        return None

    def statement(self, node, text):
        from pyspark.sql.sqltext import _REFUSED, _strip
        words = re.findall(r"\w+", _strip(text or ""))[:4]
        first = words[0].lower() if words else ""
        if first in _REFUSED and not re.match(r"(?is)create\s+(or\s+replace\s+)?(global\s+)?temp", _strip(text)):
            self.tell(node, "spark.sql of %s" % " ".join(words[:2]).upper(), _REFUSED[first])


def check(path):
    """[{"line", "name", "text"}], as a JSON text."""
    with open(path, "rb") as file:
        source = file.read()
    try:
        tree = ast.parse(source, path)
    except SyntaxError as problem:
        return json.dumps([{"line": problem.lineno or 1, "name": "SyntaxError", "text": problem.msg}])
    checker = _Checker()
    checker.visit(tree)
    return json.dumps(sorted(checker.problems, key=lambda p: p["line"]))
