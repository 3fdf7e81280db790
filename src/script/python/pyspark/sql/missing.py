"""DataFrame.na: rows and values that are missing, and values that stand for others."""
import sluice_plan
from pyspark.sql.column import Column, literal, quote


class Missing:

    def __init__(self, frame):
        self._frame = frame

    def _names(self, subset):
        names = [subset] if isinstance(subset, str) else subset
        for name in names or ():
            if not self._frame._has(name):
                raise sluice_plan.AnalysisException("[UNRESOLVED_COLUMN] Cannot resolve column name `%s` among (%s)"
                                                    % (name, ", ".join(self._frame.columns)))
        return None if names is None else {n.lower() for n in names}

    def fill(self, value, subset=None):
        frame, names = self._frame, self._names(subset)
        values = {k.lower(): v for k, v in value.items()} if isinstance(value, dict) else None
        changes = {}
        for name, type_ in frame.dtypes:
            if values is not None:
                if name.lower() not in values:
                    continue
                one = values[name.lower()]
            elif names is not None and name.lower() not in names:
                continue
            else:
                one = value
            if _fits(one, type_):
                changes[name] = Column("coalesce(%s, CAST(%s AS %s))" % (quote(name), literal(one), type_))
        return frame._replace(changes) if changes else frame

    def drop(self, how="any", thresh=None, subset=None):
        frame, names = self._frame, self._names(subset)
        columns = [quote(o) for o, _ in frame._own() if names is None or frame._shown_as(o).lower() in names]
        if thresh is not None:
            condition = "(%s) >= %d" % (" + ".join("CASE WHEN %s IS NULL THEN 0 ELSE 1 END" % c for c in columns), thresh)
        else:
            condition = (" AND " if how == "any" else " OR ").join("%s IS NOT NULL" % c for c in columns)
        return frame.filter(condition)

    def replace(self, to_replace, value=None, subset=None):
        frame, names = self._frame, self._names(subset)
        if isinstance(to_replace, dict):
            pairs = list(to_replace.items())
        else:
            olds = to_replace if isinstance(to_replace, (list, tuple)) else [to_replace]
            pairs = list(zip(olds, value if isinstance(value, (list, tuple)) else [value] * len(olds)))
        changes = {}
        for name, type_ in frame.dtypes:
            fitting = [p for p in pairs if _fits(p[0], type_)]
            if fitting and (names is None or name.lower() in names):
                whens = " ".join("WHEN %s = %s THEN %s" % (quote(name), literal(o), literal(n)) for o, n in fitting)
                changes[name] = Column("CASE %s ELSE %s END" % (whens, quote(name)))
        return frame._replace(changes) if changes else frame


def _fits(value, type_):
    numbers = ("tinyint", "smallint", "int", "bigint", "float", "double")
    if isinstance(value, bool):
        return type_ == "boolean"
    if isinstance(value, (int, float)):
        return type_ in numbers or type_.startswith("decimal")
    return isinstance(value, str) and (type_ == "string" or type_.startswith(("varchar", "char")))
