"""spark.sql: the statement's kind, and the tables that it names."""
import re
import sluice_plan
from pyspark.sql.dataframe import DataFrame

_NAME = r"((?:`[^`]+`|\w+)(?:\s*\.\s*(?:`[^`]+`|\w+))*)"
_CATALOGS = ("glue_catalog", "spark_catalog", "awsdatacatalog", "hive")

_REFUSED = {
    "merge": "MERGE INTO needs Iceberg, Hudi or Delta tables; append to a Parquet table, and ask for the latest row "
             "per key when reading",
    "update": "rows of a Parquet table are not changed: append", "delete": "rows of a Parquet table are not deleted",
    "create": "make tables in the Glue catalog (aws glue create-table), or let getSink with enableUpdateCatalog do it",
    "alter": "partitions are registered by getSink with enableUpdateCatalog, or by df.write.insertInto",
    "msck": "partitions are registered by getSink with enableUpdateCatalog, or by df.write.insertInto",
    "drop": "drop it with the Glue API", "show": "ask boto3's glue client", "describe": "use printSchema",
    "call": "procedures are Iceberg's", "truncate": "", "load": "", "explain": "use df.explain()",
}


def _code(text):
    """The statement with its comments and the insides of its texts blanked, place by place."""
    return re.sub(r"(?s)--[^\n]*|/\*.*?\*/|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"",
                  lambda m: " " * len(m.group()), text)


def _strip(text):
    return re.sub(r"(?s)^(\s|--[^\n]*\n|/\*.*?\*/)+|[\s;]+$", "", text)


def query(session, text):
    """A SELECT as a frame: views and tables that it names become leaves and queries of the plan."""
    code = _code(text)
    withs, tables, names = [], {}, {}
    local = {m.group(1).strip("`").lower() for m in re.finditer(r"(?is)(?:\bwith|,)\s+(`[^`]+`|\w+)\s*(?:\([^()]*\)\s*)?as\s*\(", code)}
    source = None
    words = {w.lower() for w in re.findall(r"\w+", code)}
    for name, view in session._views.items():
        if name in words and name not in local:
            below, more = view._source()
            withs.append("%s AS (SELECT * FROM %s)" % ("`%s`" % name, below))
            tables.update(more)
            source = view._plan.get("source", source)
    edits = []
    for found in re.finditer(r"(?is)\b(?:from|join)\s+" + _NAME + r"(?![\w`.])(?!\s*\()", code):
        parts = [p.strip().strip("`") for p in re.split(r"\s*\.\s*", text[found.start(1):found.end(1)])]
        if len(parts) == 1 and (parts[0].lower() in session._views or parts[0].lower() in local
                                or parts[0].lower() in ("values", "lateral", "select", "unnest", "range")):
            continue
        if len(parts) == 2 and parts[0].lower() == "global_temp" and parts[1].lower() in session._views:
            edits.append((found.start(1), found.end(1), "`%s`" % parts[1].lower()))
            continue
        if len(parts) > 2 and parts[0].lower() in _CATALOGS:
            parts = parts[1:]
        if len(parts) > 2:
            continue
        from pyspark.sql.session import table_frame
        try:
            frame = table_frame(".".join(parts))
        except RuntimeError:
            raise sluice_plan.AnalysisException("[TABLE_OR_VIEW_NOT_FOUND] The table or view `%s` cannot be found."
                                                % "`.`".join(parts)) from None
        below, more = frame._source()
        tables.update(more)
        after = re.match(r"(?is)\s+(?:as\s+)?(?!(?:where|group|order|having|limit|join|inner|left|right|full|cross|on|"
                         r"union|intersect|except|lateral|using|natural|semi|anti|window|tablesample|pivot|as)\b)[`\w]",
                         code[found.end(1):])
        edits.append((found.start(1), found.end(1), below if after else "%s AS `%s`" % (below, parts[-1])))
    for start, end, new in reversed(edits):
        text = text[:start] + new + text[end:]
    sql = "WITH %s SELECT * FROM (%s)" % (", ".join(withs), text) if withs else text
    plan = {"sql": sql, "tables": tables}
    if source is not None:
        plan["source"] = source
    return DataFrame(plan)


def run(session, text, args=None):
    from pyspark.sql.column import literal
    text = _strip(text)
    if args:
        if not isinstance(args, dict):
            sluice_plan.unsupported("spark.sql with positional parameters", "use named ones")
        text = re.sub(r":(\w+)\b", lambda m: literal(args[m.group(1)]) if m.group(1) in args else m.group(), text)
    words = re.findall(r"\w+", text)[:4]
    first = words[0].lower() if words else ""
    empty = session.createDataFrame([], "value string")
    if first in ("select", "with", "values", "from", "table") or text.startswith("("):
        return query(session, text)
    if first in ("set", "reset", "refresh", "cache", "uncache", "clear", "analyze", "add"):
        found = re.match(r"(?is)set\s+([\w.]+)\s*=\s*(.*)$", text)
        if found:
            session.conf.set(found.group(1), found.group(2).strip())
        return empty
    if first == "use":
        session._database = words[-1] if len(words) < 4 else words[1]
        return empty
    found = re.match(r"(?is)create\s+(?:or\s+replace\s+)?(?:global\s+)?temp(?:orary)?\s+view\s+(`[^`]+`|\w+)\s+as\s+(.*)$", text)
    if found:
        query(session, found.group(2)).createOrReplaceTempView(found.group(1).strip("`"))
        return empty
    found = re.match(r"(?is)insert\s+into\s+(?:table\s+)?" + _NAME + r"\s*(\([^()]*\))?\s*((?:select|with|values|from)\b.*)$", text)
    if found and not found.group(2):
        query(session, found.group(3)).write.insertInto(found.group(1))
        return empty
    if first not in _REFUSED:
        raise sluice_plan.ParseException("[PARSE_SYNTAX_ERROR] Syntax error at or near '%s'." % (words + [""])[0])
    sluice_plan.unsupported("spark.sql of %s" % " ".join(words[:2]).upper(), _REFUSED.get(first, "SELECT, INSERT INTO and "
                            "temporary views are served"))
