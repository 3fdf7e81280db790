"""Relationalize: nested rows as flat tables. Structs become columns called a.b; an array becomes a
table of its own, ROOT_a, with the id that its column now holds, the element's index and the element."""
from pyspark.sql.column import Column, call, quote
from pyspark.sql.types import ArrayType, MapType, StructType


def relationalize(frame, root):
    tables = {}
    _table(frame, root, tables)
    return tables


def _leaves(text, name, type_):
    """Columns of a value: (SQL, name, type); arrays and maps stay."""
    if not isinstance(type_, StructType):
        return [(text, name, type_)]
    found = []
    for field in type_.fields:
        found += _leaves("%s.%s" % (text, quote(field.name)), "%s.%s" % (name, field.name) if name else field.name,
                         field.dataType)
    return found


def _table(frame, name, tables):
    leaves = [leaf for f in frame.schema.fields for leaf in _leaves(quote(f.name), f.name, f.dataType)]
    arrays = [leaf for leaf in leaves if isinstance(leaf[2], (ArrayType, MapType))]
    if arrays:
        frame = frame.select("*", Column("row_number() OVER (ORDER BY 1)").alias("__row"))
    columns = []
    for text, leaf, type_ in leaves:
        if isinstance(type_, (ArrayType, MapType)):
            text = "CASE WHEN %s IS NULL THEN NULL ELSE CAST(`__row` AS BIGINT) END" % text
        columns.append(Column(text).alias(leaf))
    tables[name] = frame.select(*columns)
    for text, leaf, type_ in arrays:
        if isinstance(type_, MapType):
            import sluice_plan
            sluice_plan.unsupported("relationalize of the map '%s'" % leaf, "use map_entries first")
        rows = frame.select(Column("CAST(`__row` AS BIGINT)").alias("id"),
                            call("posexplode", (text,)).alias("index", leaf + ".val"))
        _table(rows, "%s_%s" % (name, leaf), tables)
