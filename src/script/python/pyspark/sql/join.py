"""Joins: SQL with both sides' columns under names of their own."""
import sluice_plan
from pyspark.sql.column import Column, Ref, quote
from pyspark.sql.dataframe import DataFrame

_KINDS = {"inner": "INNER JOIN", "cross": "CROSS JOIN", "outer": "FULL OUTER JOIN", "full": "FULL OUTER JOIN",
          "fullouter": "FULL OUTER JOIN", "left": "LEFT OUTER JOIN", "leftouter": "LEFT OUTER JOIN",
          "right": "RIGHT OUTER JOIN", "rightouter": "RIGHT OUTER JOIN", "semi": "LEFT SEMI JOIN",
          "leftsemi": "LEFT SEMI JOIN", "anti": "LEFT ANTI JOIN", "leftanti": "LEFT ANTI JOIN"}


class _Side:
    def __init__(self, frame, name):
        self.frame = frame
        self.name = quote(next(iter(frame._aliases))) if len(frame._aliases) == 1 else name
        self.columns = [own for own, _ in frame._own()]

    def has(self, name):
        return any(c.lower() == name.lower() for c in self.columns)

    def at(self, own):
        return "%s.%s" % (self.name, quote(own))


def _place(sides, ref):
    """Where a column of the condition is."""
    if ref.frame is not None:
        found = [s for s in sides if ref.frame in s.frame._lineage]
        if found:  # of a frame that both come from, the left one is meant
            side = next((s for s in found if s.frame._id == ref.frame), found[0])
            return side.at(side.frame._places.get((ref.frame, ref.name.lower()), ref.name))
    parts = ref.name.split(".")
    for side in sides:
        if len(parts) > 1 and parts[0].lower() in side.frame._aliases:
            own = side.frame._places.get((parts[0].lower(), parts[1].lower()), parts[1])
            return ".".join([side.at(own)] + [quote(p) for p in parts[2:]])
    found = [s for s in sides if s.has(parts[0])]
    if len(found) > 1:
        raise sluice_plan.AnalysisException("[AMBIGUOUS_REFERENCE] Reference `%s` is ambiguous" % ref.name)
    if not found:
        raise sluice_plan.AnalysisException("[UNRESOLVED_COLUMN] the join has no column `%s`" % ref.name)
    return ".".join([found[0].at(parts[0])] + [quote(p) for p in parts[1:]])


def _condition(sides, on):
    conditions = on if isinstance(on, (list, tuple)) else [on]
    return " AND ".join(c._text(lambda ref: _place(sides, ref)) if isinstance(c, Column) else c
                        for c in conditions)


def _using(sides, names, kind):
    """Join columns by name come once, in front."""
    left, right = sides
    items, gone = [], {n.lower() for n in names}
    for name in names:
        for side in sides:
            if not side.has(name):
                raise sluice_plan.AnalysisException(
                    "[UNRESOLVED_USING_COLUMN_FOR_JOIN] USING column `%s` cannot be resolved" % name)
        text = right.at(name) if kind.startswith("RIGHT") else left.at(name)
        if kind.startswith("FULL"):
            text = "coalesce(%s, %s)" % (left.at(name), right.at(name))
        items.append((text, name, None))
    return items, gone, " AND ".join("%s = %s" % (left.at(n), right.at(n)) for n in names)


def join(frame, other, on, how):
    kind = _KINDS.get(how.lower().replace("_", ""))
    if kind is None:
        raise sluice_plan.IllegalArgumentException("Unsupported join type '%s'" % how)
    if frame._aliases and frame._aliases == other._aliases:
        other = other.alias(next(iter(other._aliases)) + "__2")
    sides = _Side(frame, "`__l`"), _Side(other, "`__r`")
    items, gone = [], set()
    if isinstance(on, str):
        on = [on]
    if isinstance(on, (list, tuple)) and on and all(isinstance(c, str) for c in on):
        items, gone, condition = _using(sides, on, kind)
    else:
        condition = _condition(sides, on) if on is not None else None
    only_left = "SEMI" in kind or "ANTI" in kind
    for side in sides[:1] if only_left else sides:
        items += [(side.at(c), side.frame._shown_as(c), (side, c)) for c in side.columns if c.lower() not in gone]
    if condition is None and kind == "INNER JOIN":
        kind = "CROSS JOIN"
    return _frame(sides, items, kind, condition)


def _note(places, place, name, own):
    """The column is `own` now, to who means it by its side's frames and aliases."""
    side, before = place
    known = side.frame._places
    for key in list(side.frame._lineage) + list(side.frame._aliases):
        if own != name and known.get((key, name.lower()), name) == before:
            places[(key, name.lower())] = own
    for alias in side.frame._aliases:
        if before in known.get((alias, "*"), (before,)):
            places.setdefault((alias, "*"), []).append(own)


def _frame(sides, items, kind, condition):
    texts, shown, places, taken = [], {}, {}, set()
    for text, name, place in items:
        own, number = name, 2
        while own.lower() in taken:
            own, number = "%s__%d" % (name, number), number + 1
        taken.add(own.lower())
        texts.append("%s AS %s" % (text, quote(own)))
        if own != name:
            shown[own] = name
        if place:
            _note(places, place, name, own)
    left, right = (s.frame._source() for s in sides)
    sql = "SELECT %s FROM %s AS %s %s %s AS %s" % (", ".join(texts), left[0], sides[0].name, kind, right[0],
                                                   sides[1].name)
    if condition:
        sql += " ON " + condition
    plan = {"sql": sql, "tables": {**left[1], **right[1]}}
    for side in sides:
        if "source" in side.frame._plan:
            plan["source"] = side.frame._plan["source"]
    return DataFrame(plan, shown, places, sides[0].frame._lineage | sides[1].frame._lineage,
                     sides[0].frame._aliases | sides[1].frame._aliases)
