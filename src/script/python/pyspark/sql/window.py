"""Window: what OVER (...) says."""
from pyspark.sql.column import Column, named

_LONG_MIN, _LONG_MAX = -2 ** 63, 2 ** 63 - 1


class WindowSpec:
    def __init__(self, partition=(), order=(), frame=None):
        self._partition, self._order, self._frame = partition, order, frame

    def partitionBy(self, *columns):
        return WindowSpec(_flat(columns), self._order, self._frame)

    def orderBy(self, *columns):
        return WindowSpec(self._partition, _flat(columns), self._frame)

    def rowsBetween(self, start, end):
        return WindowSpec(self._partition, self._order, ("ROWS", start, end))

    def rangeBetween(self, start, end):
        return WindowSpec(self._partition, self._order, ("RANGE", start, end))

    def _parts(self):
        parts = []
        for words, columns in (("PARTITION BY ", self._partition), ("ORDER BY ", self._order)):
            for at, column in enumerate(columns):
                parts += [", " if at else (" " if parts else "") + words, *named(column)]
                if words == "ORDER BY " and not (isinstance(column, Column) and "NULLS" in str(parts[-1])):
                    parts.append(" ASC NULLS FIRST")
        if self._frame:
            kind, start, end = self._frame
            parts.append(" %s BETWEEN %s AND %s" % (kind, _bound(start), _bound(end)))
        return tuple(parts)


def _flat(columns):
    if len(columns) == 1 and isinstance(columns[0], (list, tuple)):
        return tuple(columns[0])
    return columns


def _bound(value):
    if value <= _LONG_MIN:
        return "UNBOUNDED PRECEDING"
    if value >= _LONG_MAX:
        return "UNBOUNDED FOLLOWING"
    if value == 0:
        return "CURRENT ROW"
    return "%d %s" % (abs(value), "PRECEDING" if value < 0 else "FOLLOWING")


class Window:
    unboundedPreceding, unboundedFollowing, currentRow = _LONG_MIN, _LONG_MAX, 0

    @staticmethod
    def partitionBy(*columns):
        return WindowSpec().partitionBy(*columns)

    @staticmethod
    def orderBy(*columns):
        return WindowSpec().orderBy(*columns)

    @staticmethod
    def rowsBetween(start, end):
        return WindowSpec().rowsBetween(start, end)

    @staticmethod
    def rangeBetween(start, end):
        return WindowSpec().rangeBetween(start, end)
