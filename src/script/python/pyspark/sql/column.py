"""Column: an expression in Spark SQL, as text. Where a frame's own column is meant (df.x, df["x"]),
the text has a place that the frame that uses it fills in: after a join a name may be there twice."""
import sluice_plan


class Ref:
    """Column `name` of the frame `frame` or of one made from it."""
    __slots__ = ("frame", "name")

    def __init__(self, frame, name):
        self.frame, self.name = frame, name


class Call:
    """A function in Python, per row: the frame that uses it computes it."""
    __slots__ = ("function", "arguments", "type", "name")

    def __init__(self, function, arguments, type, name):
        self.function, self.arguments, self.type, self.name = function, arguments, type, name


class Said(str):
    """SQL that Spark says otherwise in the name of a column; None: not at all."""

    def __new__(cls, sql, shown):
        made = str.__new__(cls, sql)
        made.shown = shown
        return made


class Item(Said):
    """A field of a struct, or an element of a map or array: s.k is said of the one, m[k] of the other."""

    def __new__(cls, sql, key, field):
        made = Said.__new__(cls, sql, "[%s]" % key)
        made.key, made.field = key, field
        return made


def quote(name):
    return "`%s`" % name.replace("`", "``")


def quote_path(name):
    """ `a.b` is a field of a struct; a name in back-quotes, or *, is as it stands. """
    if name == "*" or name.startswith("`"):
        return name
    parts = name.split(".")
    return ".".join(p if p == "*" or p.startswith("`") else quote(p) for p in parts)


def literal(value):
    """A Python value as Spark SQL."""
    import datetime
    import decimal
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if -2 ** 31 <= value < 2 ** 31:
            return str(value)
        return "%dL" % value if value > -2 ** 63 else "(-9223372036854775807L - 1L)"
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return "CAST('%s' AS DOUBLE)" % {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")
        return "%rD" % value
    if isinstance(value, str):
        return "'%s'" % value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    if isinstance(value, decimal.Decimal):
        return "%sBD" % format(value, "f")
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return "TIMESTAMP '%s'" % value.isoformat(" ")
    if isinstance(value, datetime.date):
        return "DATE '%s'" % value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return "X'%s'" % value.hex()
    if isinstance(value, (list, tuple)):
        return "array(%s)" % ", ".join(literal(v) for v in value)
    if isinstance(value, dict):
        return "map(%s)" % ", ".join("%s, %s" % (literal(k), literal(v)) for k, v in value.items())
    if isinstance(value, datetime.timedelta):
        return "INTERVAL '%f' SECOND" % value.total_seconds()
    sluice_plan.unsupported("a literal of type %s" % type(value).__name__)


def _double(value):
    """As Java prints it."""
    import decimal
    if value in (float("inf"), float("-inf")) or value != value:
        return {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    sign, digits, exponent = decimal.Decimal(repr(value)).normalize().as_tuple()
    text = "".join(map(str, digits))
    return "%s%s.%sE%d" % ("-" if sign else "", text[0], text[1:] or "0", len(text) + exponent - 1)


def _shown_literal(value):
    """A Python value as the name of a column says it."""
    import decimal
    if isinstance(value, float):
        return _double(value)
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, (list, tuple)):
        return "array(%s)" % ", ".join(map(_shown_literal, value))
    if isinstance(value, str) or isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return literal(value)


def literal_part(value):
    return Said(literal(value), _shown_literal(value))


def parts_of(value):
    """The expression that an operand means: a Column, or a literal."""
    return value._parts if isinstance(value, Column) else (literal_part(value),)


def path_part(name):
    """ `a.b`: a field of a struct, or a column of the frame with the alias a: who uses it knows. """
    if name == "*" or name.startswith("`") or "`" in name:
        return quote_path(name)
    return Ref(None, name) if "." in name else quote(name)


def named(value):
    """The expression that an argument means where Spark takes a Column or a column's name."""
    if isinstance(value, Column):
        return value._parts
    if isinstance(value, str):
        return (path_part(value),)
    return (literal_part(value),)


# How the names of columns call functions, and the arguments that they add, by those given.
_CALLED = dict({n: n.upper() for n in (
    "acos asin atan atan2 cbrt ceil cos cosh cot degrees exp expm1 floor hypot log log10 log1p log2 power radians "
    "signum sin sinh sqrt tan tanh acosh asinh atanh").split()}, pow="POWER", variance="var_samp", mean="avg")
_TIME = ", yyyy-MM-dd HH:mm:ss"
_ADDED = {("round", 1): ", 0", ("bround", 1): ", 0", ("sort_array", 1): ", true", ("locate", 2): ", 1",
          ("regexp_replace", 3): ", 1", ("months_between", 2): ", true", ("split", 2): ", -1",
          ("unix_timestamp", 1): _TIME, ("from_unixtime", 1): _TIME, ("to_unix_timestamp", 1): _TIME,
          ("lag", 2): ", NULL", ("lead", 2): ", NULL", ("first", 2): "", ("last", 2): ""}


def call(name, *arguments):
    """name(arguments), each a tuple of parts."""
    parts = [Said(name, _CALLED.get(name, name)), "("]
    if name == "count" and arguments == (("*",),):
        arguments = ((Said("*", "1"),),)
    for at, argument in enumerate(arguments):
        if at:
            hidden = getattr(argument[0], "shown", "") is None
            parts.append(Said(", ", None) if hidden else ", ")
        parts.extend(argument)
    parts.append(Said(")", _ADDED.get((name, len(arguments)), "") + ")"))
    return Column(tuple(parts))


def _binary(operator, swap=False):
    def method(self, other):
        left, right = self._parts, parts_of(other)
        if swap:
            left, right = right, left
        return Column(("(",) + left + (" %s " % operator,) + right + (")",))
    return method


def _function(name):
    def method(self, *arguments):
        return call(name, self._parts, *[parts_of(a) for a in arguments])
    return method


class Column:
    def __init__(self, parts, name=None, generator=None):
        self._parts = parts if isinstance(parts, tuple) else (parts,)
        self._name = name          # an alias; NULL: none
        self._names = None         # several, of a generator
        self._when = None
        self._several = None       # the columns that it stands for
        self._raw = None           # its text, where it is one

    # -- operators --
    __add__ = __radd__ = _binary("+")
    __sub__, __rsub__ = _binary("-"), _binary("-", True)
    __mul__ = __rmul__ = _binary("*")
    __truediv__, __rtruediv__ = _binary("/"), _binary("/", True)
    __mod__, __rmod__ = _binary("%"), _binary("%", True)
    __and__ = __rand__ = _binary("AND")
    __or__ = __ror__ = _binary("OR")
    __lt__, __le__, __gt__, __ge__ = _binary("<"), _binary("<="), _binary(">"), _binary(">=")
    eqNullSafe = _binary("<=>")
    bitwiseAND, bitwiseOR, bitwiseXOR = _binary("&"), _binary("|"), _binary("^")

    def __eq__(self, other):
        return Column(("(",) + self._parts + (" = ",) + parts_of(other) + (")",))

    def __ne__(self, other):
        return Column(("(NOT (",) + self._parts + (" = ",) + parts_of(other) + ("))",))

    __hash__ = object.__hash__

    def __pow__(self, other):
        return call("power", self._parts, parts_of(other))

    def __rpow__(self, other):
        return call("power", parts_of(other), self._parts)

    def __neg__(self):
        return Column(("(- ",) + self._parts + (")",))

    def __invert__(self):
        return Column(("(NOT ",) + self._parts + (")",))

    def __bool__(self):
        raise ValueError("Cannot convert column into bool: please use '&' for 'and', '|' for 'or', "
                         "'~' for 'not' when building DataFrame boolean expressions.")

    def __iter__(self):
        raise TypeError("Column is not iterable")

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return self.getField(name)

    def __getitem__(self, key):
        if isinstance(key, slice):
            return self.substr(key.start, key.stop)
        return self.getItem(key)

    def getField(self, name):
        return Column(self._parts + (Item("." + quote(name), name, True),))

    def getItem(self, key):
        if isinstance(key, str):
            return Column(self._parts + (Item("[" + literal(key) + "]", key, False),))
        return Column(self._parts + ("[",) + parts_of(key) + ("]",))

    # -- predicates --
    def _suffix(self, text, *operand):
        return Column(("(",) + self._parts + (text,) + tuple(map(literal_part, operand)) + (")",))

    def isNull(self):
        return self._suffix(" IS NULL")

    def isNotNull(self):
        return self._suffix(" IS NOT NULL")

    def isin(self, *values):
        if len(values) == 1 and isinstance(values[0], (list, tuple, set, frozenset)):
            values = list(values[0])
        if not values:
            return Column(Said("false", "(%s IN ())" % self._said()))
        parts = ["("] + list(self._parts) + [" IN ("]
        for at, value in enumerate(values):
            parts.extend(([", "] if at else []) + list(parts_of(value)))
        return Column(tuple(parts + ["))"]))

    def between(self, low, high):
        return (self >= low) & (self <= high)

    def like(self, pattern):
        return self._suffix(" LIKE ", pattern)

    def ilike(self, pattern):
        return self._suffix(" ILIKE ", pattern)

    def rlike(self, pattern):
        return self._suffix(" RLIKE ", pattern)

    startswith, endswith, contains = _function("startswith"), _function("endswith"), _function("contains")

    def substr(self, start, length):
        return call("substring", self._parts, parts_of(start), parts_of(length))

    # -- types and names --
    def cast(self, dataType):
        text = dataType if isinstance(dataType, str) else dataType.simpleString()
        shown = {"long": "BIGINT", "integer": "INT", "short": "SMALLINT", "byte": "TINYINT"}.get(text.lower(), text.upper())
        made = Column(("CAST(",) + self._parts + (Said(" AS %s)" % text, " AS %s)" % shown),))
        made._name = self._name
        if made._name is None and len(self._parts) == 1:
            made._output = self._output_name()
        return made

    astype = cast

    def alias(self, *names, metadata=None):
        made = Column(self._parts)
        made._several = self._several
        made._when = None
        if len(names) == 1:
            made._name = names[0]
        else:
            made._names = names
        return made

    name = alias

    # -- when --
    def when(self, condition, value):
        if self._when is None:
            raise TypeError("when() can only be applied on a Column previously generated by when()")
        return _case(self._when + [(parts_of(condition), parts_of(value))])

    def otherwise(self, value):
        if self._when is None:
            raise TypeError("otherwise() can only be applied on a Column previously generated by when()")
        return _case(self._when, parts_of(value))

    # -- ordering --
    def asc(self):
        return Column(self._parts + (" ASC NULLS FIRST",))

    def desc(self):
        return Column(self._parts + (" DESC NULLS LAST",))

    def asc_nulls_first(self):
        return Column(self._parts + (" ASC NULLS FIRST",))

    def asc_nulls_last(self):
        return Column(self._parts + (" ASC NULLS LAST",))

    def desc_nulls_first(self):
        return Column(self._parts + (" DESC NULLS FIRST",))

    def desc_nulls_last(self):
        return Column(self._parts + (" DESC NULLS LAST",))

    def over(self, window):
        return Column(self._parts + (" OVER (",) + window._parts() + (")",))

    def dropFields(self, *names):
        sluice_plan.unsupported("Column.dropFields", "build the struct anew with struct()")

    def withField(self, name, column):
        sluice_plan.unsupported("Column.withField", "build the struct anew with struct()")

    # -- rendering --
    def _text(self, resolve=None):
        return "".join(p if isinstance(p, str) else p.name if isinstance(p, Call) else resolve(p) if resolve
                       else quote_path(p.name) if p.frame is None else quote(p.name) for p in self._parts)

    def _output_name(self):
        """The name that Spark gives the column without an alias; None: the engine's own."""
        output = self.__dict__.get("_output")
        if self._name is not None or output is not None:
            return self._name if self._name is not None else output
        if len(self._parts) == 1:
            part = self._parts[0]
            if isinstance(part, Ref):
                return part.name if part.frame is not None else part.name.split(".")[-1]
            if isinstance(part, Call):
                return part.name
            if part.startswith("`") and part.endswith("`"):
                return part.split("`.`")[-1].strip("`").replace("``", "`")
        return None

    def _said(self, type_of=lambda name: None):
        """The name that Spark gives the expression; `type_of`: the type of a column that it names."""
        said, kind = [], None
        for part in self._parts:
            if isinstance(part, Item):
                fields = getattr(kind, "fields", None)
                said.append("." + part.key if part.field or fields is not None else part.shown)
                kind = next((f.dataType for f in fields or () if f.name == part.key), None)
                continue
            plain = part if isinstance(part, str) else part.name
            kind = type_of(plain.replace("`", ""))
            said.append(part.shown or "" if isinstance(part, Said) else plain.replace("`", ""))
        return "".join(said)

    def __repr__(self):
        name = " AS " + self._name if self._name is not None else ""
        return "Column<'%s%s'>" % (self._said(), name)


def _case(branches, otherwise=None):
    parts = ["CASE"]
    for condition, value in branches:
        parts += [" WHEN ", *condition, " THEN ", *value]
    if otherwise is not None:
        parts += [" ELSE ", *otherwise]
    made = Column(tuple(parts + [" END"]))
    made._when = branches if otherwise is None else None
    return made


def case_when(condition, value):
    return _case([(parts_of(condition), parts_of(value))])
