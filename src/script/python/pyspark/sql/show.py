"""DataFrame.show, in Spark's form."""
from pyspark.sql.column import quote


def table(frame, n, truncate, vertical):
    width = 20 if truncate is True else 0 if truncate is False else int(truncate)
    names = frame.columns
    texts = frame.limit(n + 1)._derive("SELECT %s FROM %s" % (
        ", ".join("CAST(%s AS STRING) AS %s" % (quote(o), quote("c%d" % i)) for i, (o, _) in enumerate(frame._own())),
        frame.limit(n + 1)._source()[0]))._rows() if names else []
    more, rows = len(texts) > n, [[_cell(v, width) for v in row] for row in texts[:n]]
    if vertical:
        return _vertical(names, rows, more, n)
    heads = [_cell(name, width) for name in names]
    widths = [max(3, *[len(r[i]) for r in [heads] + rows]) for i in range(len(names))]
    line = "+" + "+".join("-" * w for w in widths) + "+\n"
    place = str.rjust if width else str.ljust
    out = line + "|" + "|".join(place(h, w) for h, w in zip(heads, widths)) + "|\n" + line
    for row in rows:
        out += "|" + "|".join(place(c, w) for c, w in zip(row, widths)) + "|\n"
    out += line
    return out + ("only showing top %d row%s\n" % (n, "" if n == 1 else "s") if more else "")


def _cell(value, width):
    text = "NULL" if value is None else str(value)
    if width and len(text) > width:
        return text[:width] if width < 4 else text[:width - 3] + "..."
    return text


def _vertical(names, rows, more, n):
    wide = max([len(name) for name in names] + [0])
    out = ""
    for at, row in enumerate(rows):
        out += "-RECORD %d%s\n" % (at, "-" * max(0, wide - 4))
        out += "".join(" %s | %s \n" % (name.ljust(wide), cell) for name, cell in zip(names, row))
    return out + ("only showing top %d row%s\n" % (n, "" if n == 1 else "s") if more else "")
