"""DataFrame.show, in Spark's form."""
from pyspark.sql.column import quote


def _width(text):
    """Places on the screen: letters of East Asia take two."""
    import unicodedata
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _texts(type_):
    """The type with its leaves as texts: what is NULL within is said otherwise than by a cast."""
    from pyspark.sql.types import ArrayType, MapType, StringType, StructField, StructType
    if isinstance(type_, ArrayType):
        return ArrayType(_texts(type_.elementType))
    if isinstance(type_, MapType):
        return MapType(_texts(type_.keyType), _texts(type_.valueType))
    if isinstance(type_, StructType):
        return StructType([StructField(f.name, _texts(f.dataType)) for f in type_.fields])
    return StringType()


def _said(value):
    if isinstance(value, tuple):
        return "{%s}" % ", ".join(map(_said, value))
    if isinstance(value, list):
        return "[%s]" % ", ".join(map(_said, value))
    if isinstance(value, dict):
        return "{%s}" % ", ".join("%s -> %s" % (_said(k), _said(v)) for k, v in value.items())
    return "NULL" if value is None else value


def table(frame, n, truncate, vertical):
    width = 20 if truncate is True else 0 if truncate is False else int(truncate)
    names = frame.columns
    some = frame.limit(n + 1)
    texts = some._derive("SELECT %s FROM %s" % (
        ", ".join("CAST(%s AS %s) AS %s" % (quote(own), _texts(field.dataType).simpleString(), quote("c%d" % i))
                  for i, ((own, _), field) in enumerate(zip(frame._own(), frame.schema))),
        some._source()[0])).collect() if names else []
    more, rows = len(texts) > n, [[_cell(v, width) for v in row] for row in texts[:n]]
    if vertical:
        return _vertical(names, rows, more, n)
    heads = [_cell(name, width) for name in names]
    widths = [max(3, *[_width(r[i]) for r in [heads] + rows]) for i in range(len(names))]
    line = "+" + "+".join("-" * w for w in widths) + "+\n"

    def place(cell, wide):
        blank = " " * (wide - _width(cell))
        return blank + cell if width else cell + blank

    out = line + "|" + "|".join(place(h, w) for h, w in zip(heads, widths)) + "|\n" + line
    for row in rows:
        out += "|" + "|".join(place(c, w) for c, w in zip(row, widths)) + "|\n"
    out += line
    return out + ("only showing top %d row%s\n" % (n, "" if n == 1 else "s") if more else "")


def _cell(value, width):
    text = _said(value)
    if width and len(text) > width:
        return text[:width] if width < 4 else text[:width - 3] + "..."
    return text


def _vertical(names, rows, more, n):
    wide = max([3] + [_width(name) for name in names])
    data = max([3] + [_width(cell) for row in rows for cell in row])
    out = ""
    for at, row in enumerate(rows):
        out += ("-RECORD %d" % at).ljust(wide + data + 5, "-") + "\n"
        out += "".join(" %s | %s \n" % (name.ljust(wide), cell + " " * (data - _width(cell)))
                       for name, cell in zip(names, row))
    return out + ("only showing top %d row%s\n" % (n, "" if n == 1 else "s") if more else "")
