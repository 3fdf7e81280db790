"""GroupedData."""
from pyspark.sql.column import Column, quote
from pyspark.sql.dataframe import flat, shown_name


def _in_order(pairs):
    """A dict's pairs as Spark takes them: by Java's hashes, of more than four in nobody's order."""
    def bucket(pair):
        code = 0
        for unit in memoryview(pair[0].encode("utf-16-le")).cast("H"):
            code = 31 * code + unit & 0xffffffff
        return (code ^ code >> 16) & 15
    return sorted(pairs.items(), key=bucket)


class GroupedData:
    def __init__(self, frame, keys, words=None, pivot=None):
        self._frame, self._keys, self._words, self._pivot = frame, keys, words, pivot

    def agg(self, *columns):
        from pyspark.sql import functions
        if len(columns) == 1 and isinstance(columns[0], dict):
            columns = [getattr(functions, "count" if f == "count" else f)(c).alias("%s(%s)" % (f, c if c != "*" else "1"))
                       for c, f in _in_order(columns[0])]
        columns = flat(columns)
        if self._pivot:
            columns = self._pivoted(columns)
        keys = list(self._keys)
        items, shown = self._frame._items(keys + list(columns))
        texts = [self._frame._column_text(k) for k in keys]
        group = ", ".join(texts)
        sql = "SELECT %s FROM %s" % (", ".join(items), self._frame._source()[0])
        if self._words:
            sql += " GROUP BY %s(%s)" % (self._words, group)
        elif texts:
            sql += " GROUP BY " + group
        return self._frame._derive(sql, shown=shown)

    def _pivoted(self, columns):
        """An aggregate per value, NULL where a group has no row of it."""
        from pyspark.sql.column import literal
        name, values = self._pivot
        made = []
        for value in values:
            for column in columns:
                of = "%s <=> %s" % (quote(name), literal(value))
                text = "CASE WHEN count_if(%s) > 0 THEN %s FILTER (WHERE %s) END" % (of, column._text(), of)
                value = "null" if value is None else value
                label = str(value) if len(columns) == 1 else "%s_%s" % (value, shown_name(column))
                made.append(Column(text).alias(label))
        return made

    def pivot(self, column, values=None):
        if values is None:
            values = sorted((r[0] for r in self._frame.select(column).distinct().collect()),
                            key=lambda v: (v is not None, v))
        return GroupedData(self._frame, self._keys, self._words, (column, values))

    def count(self):
        return self.agg(Column("count(1)").alias("count"))

    def _each(self, name, columns):
        numbers = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")
        keys = {k.lower() for k in self._keys if isinstance(k, str)}
        columns = columns or [c for c, t in self._frame.dtypes if t.startswith(numbers) and c.lower() not in keys]
        return self.agg(*[Column("%s(%s)" % (name, quote(c))) for c in columns])

    def sum(self, *columns):
        return self._each("sum", columns)

    def avg(self, *columns):
        return self._each("avg", columns)

    mean = avg

    def min(self, *columns):
        return self._each("min", columns)

    def max(self, *columns):
        return self._each("max", columns)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        import sluice_plan
        sluice_plan.unsupported("GroupedData." + name, "use agg with functions of pyspark.sql.functions")
