"""Types, schemas, rows. simpleString() is the catalog's text of a type."""
import datetime
import decimal
import json


class DataType:
    def __eq__(self, other):
        return isinstance(other, self.__class__) and self.__dict__ == other.__dict__

    def __hash__(self):
        return hash(str(self))

    @classmethod
    def typeName(cls):
        return cls.__name__[:-4].lower()

    def simpleString(self):
        return self.typeName()

    def jsonValue(self):
        return self.typeName()

    def json(self):
        return json.dumps(self.jsonValue(), separators=(",", ":"), sort_keys=True)

    def __repr__(self):
        return "%s()" % self.__class__.__name__


class NullType(DataType):
    @classmethod
    def typeName(cls):
        return "void"


class AtomicType(DataType):
    pass


class NumericType(AtomicType):
    pass


class IntegralType(NumericType):
    pass


class FractionalType(NumericType):
    pass


class StringType(AtomicType):
    pass


class BinaryType(AtomicType):
    pass


class BooleanType(AtomicType):
    pass


class DateType(AtomicType):
    pass


class TimestampType(AtomicType):
    pass


class TimestampNTZType(AtomicType):
    @classmethod
    def typeName(cls):
        return "timestamp_ntz"


class ByteType(IntegralType):
    def simpleString(self):
        return "tinyint"


class ShortType(IntegralType):
    def simpleString(self):
        return "smallint"


class IntegerType(IntegralType):
    def simpleString(self):
        return "int"


class LongType(IntegralType):
    def simpleString(self):
        return "bigint"


class FloatType(FractionalType):
    pass


class DoubleType(FractionalType):
    pass


class DecimalType(FractionalType):
    def __init__(self, precision=10, scale=0):
        self.precision, self.scale, self.hasPrecisionInfo = precision, scale, True

    def simpleString(self):
        return "decimal(%d,%d)" % (self.precision, self.scale)

    jsonValue = simpleString

    def __repr__(self):
        return "DecimalType(%d,%d)" % (self.precision, self.scale)


class _Length(AtomicType):
    def __init__(self, length):
        self.length = length

    def simpleString(self):
        return "%s(%d)" % (self.typeName(), self.length)

    jsonValue = simpleString

    def __repr__(self):
        return "%s(%d)" % (self.__class__.__name__, self.length)


class CharType(_Length):
    pass


class VarcharType(_Length):
    pass


class ArrayType(DataType):
    def __init__(self, elementType, containsNull=True):
        self.elementType, self.containsNull = elementType, containsNull

    def simpleString(self):
        return "array<%s>" % self.elementType.simpleString()

    def jsonValue(self):
        return {"type": "array", "elementType": self.elementType.jsonValue(),
                "containsNull": self.containsNull}

    def __repr__(self):
        return "ArrayType(%r, %r)" % (self.elementType, self.containsNull)


class MapType(DataType):
    def __init__(self, keyType, valueType, valueContainsNull=True):
        self.keyType, self.valueType, self.valueContainsNull = keyType, valueType, valueContainsNull

    def simpleString(self):
        return "map<%s,%s>" % (self.keyType.simpleString(), self.valueType.simpleString())

    def jsonValue(self):
        return {"type": "map", "keyType": self.keyType.jsonValue(),
                "valueType": self.valueType.jsonValue(), "valueContainsNull": self.valueContainsNull}

    def __repr__(self):
        return "MapType(%r, %r, %r)" % (self.keyType, self.valueType, self.valueContainsNull)


class StructField(DataType):
    def __init__(self, name, dataType, nullable=True, metadata=None):
        self.name, self.dataType, self.nullable = name, type_of(dataType), nullable
        self.metadata = metadata or {}

    def simpleString(self):
        return "%s:%s" % (self.name, self.dataType.simpleString())

    def jsonValue(self):
        return {"name": self.name, "type": self.dataType.jsonValue(), "nullable": self.nullable,
                "metadata": self.metadata}

    def __repr__(self):
        return "StructField('%s', %r, %r)" % (self.name, self.dataType, self.nullable)


class StructType(DataType):
    def __init__(self, fields=None):
        self.fields = list(fields or [])

    def add(self, field, data_type=None, nullable=True, metadata=None):
        if not isinstance(field, StructField):
            field = StructField(field, data_type, nullable, metadata)
        self.fields.append(field)
        return self

    @property
    def names(self):
        return [f.name for f in self.fields]

    def fieldNames(self):
        return self.names

    def __iter__(self):
        return iter(self.fields)

    def __len__(self):
        return len(self.fields)

    def __getitem__(self, key):
        if isinstance(key, str):
            for field in self.fields:
                if field.name == key:
                    return field
            raise KeyError("No StructField named %s" % key)
        return StructType(self.fields[key]) if isinstance(key, slice) else self.fields[key]

    def __contains__(self, name):
        return any(f.name == name for f in self.fields)

    def simpleString(self):
        return "struct<%s>" % ",".join(
            "%s:%s" % (f.name if f.name.isidentifier() else "`%s`" % f.name.replace("`", "``"),
                       f.dataType.simpleString()) for f in self.fields)

    def jsonValue(self):
        return {"type": "struct", "fields": [f.jsonValue() for f in self.fields]}

    def treeString(self):
        return "root\n" + _tree(self, " |")

    @classmethod
    def fromJson(cls, document):
        return _from_json(document)

    def __repr__(self):
        return "StructType([%s])" % ", ".join(map(repr, self.fields))


def _flag(value):
    return "true" if value else "false"


def _tree(type_, prefix):
    """The lines of printSchema below a nested type."""
    lines = ""
    if isinstance(type_, StructType):
        children = [(f.name, f.dataType, "nullable", f.nullable) for f in type_.fields]
    elif isinstance(type_, ArrayType):
        children = [("element", type_.elementType, "containsNull", type_.containsNull)]
    elif isinstance(type_, MapType):
        children = [("key", type_.keyType, None, None),
                    ("value", type_.valueType, "valueContainsNull", type_.valueContainsNull)]
    else:
        return lines
    for name, child, word, flag in children:
        shown = child.simpleString() if isinstance(child, DecimalType) else {
            "tinyint": "byte", "smallint": "short", "int": "integer", "bigint": "long"}.get(
                child.simpleString(), child.typeName())
        lines += "%s-- %s: %s%s\n" % (prefix, name, shown, " (%s = %s)" % (word, _flag(flag)) if word else "")
        lines += _tree(child, prefix + "    |")
    return lines


# ---- from texts ----

_NAMES = {"string": StringType, "binary": BinaryType, "boolean": BooleanType, "date": DateType,
          "timestamp": TimestampType, "timestamp_ltz": TimestampType, "timestamp_ntz": TimestampNTZType,
          "byte": ByteType, "tinyint": ByteType, "short": ShortType, "smallint": ShortType,
          "int": IntegerType, "integer": IntegerType, "long": LongType, "bigint": LongType,
          "float": FloatType, "real": FloatType, "double": DoubleType, "void": NullType, "null": NullType}


class _Parser:
    """The catalog's text of a type, and DDL: `a INT, b STRUCT<c: STRING> NOT NULL COMMENT '...'`."""

    def __init__(self, text):
        import re
        self.text = text
        self.tokens = re.findall(r"`(?:[^`]|``)+`|'(?:[^'\\]|\\.)*'|[\w$]+|[<>(),:]|\S", text)
        self.at = 0

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected=None):
        token = self.peek()
        if expected is not None and token != expected or not token:
            raise ValueError("cannot read the type '%s': expected %s, found %s"
                             % (self.text, expected or "more", token or "its end"))
        self.at += 1
        return token

    def type(self):
        name = self.take().lower()
        if name in ("decimal", "dec", "numeric"):
            numbers = self.numbers()
            return DecimalType(*numbers) if numbers else DecimalType()
        if name in ("char", "varchar", "character"):
            numbers = self.numbers()
            return (VarcharType if name == "varchar" else CharType)(*numbers) if numbers else StringType()
        if name in ("array", "map", "struct"):
            return self.nested(name)
        if name not in _NAMES:
            raise ValueError("cannot read the type '%s': there is no type %s" % (self.text, name))
        return _NAMES[name]()

    def numbers(self):
        numbers = []
        if self.peek() == "(":
            while self.take() != ")":
                if self.peek() != ")":
                    numbers.append(int(self.take()))
        return numbers

    def nested(self, name):
        self.take("<")
        if name == "struct":
            made = StructType(self.fields(">"))
        elif name == "array":
            made = ArrayType(self.type())
        else:
            key = self.type()
            self.take(",")
            made = MapType(key, self.type())
        self.take(">")
        return made

    def fields(self, end):
        fields = []
        while self.peek() != end:
            name = self.take()
            name = name[1:-1].replace("``", "`") if name.startswith("`") else name
            if self.peek() == ":":
                self.take()
            field = StructField(name, self.type())
            if self.peek().lower() == "not":
                self.take()
                self.take()
                field.nullable = False
            if self.peek().lower() == "comment":
                self.take()
                field.metadata = {"comment": self.take()[1:-1]}
            fields.append(field)
            if self.peek() == ",":
                self.take()
        return fields


def type_of(given):
    """A type object, class or text as a type object; a text of several fields is a struct."""
    if isinstance(given, DataType):
        return given
    if isinstance(given, type) and issubclass(given, DataType):
        return given()
    text = given.strip()
    if text.startswith("{") or text.startswith('"'):
        return _from_json(json.loads(text))
    parser = _Parser(text)
    try:
        made = parser.type()
        if not parser.peek():
            return made
    except ValueError:
        pass
    parser = _Parser(text)
    return StructType(parser.fields(""))


def _parse_datatype_string(text):
    return type_of(text)


def _from_json(document):
    if isinstance(document, str):
        return type_of(document)
    kind = document["type"]
    if kind == "struct":
        return StructType([StructField(f["name"], _from_json(f["type"]), f.get("nullable", True),
                                       f.get("metadata")) for f in document["fields"]])
    if kind == "array":
        return ArrayType(_from_json(document["elementType"]), document.get("containsNull", True))
    return MapType(_from_json(document["keyType"]), _from_json(document["valueType"]),
                   document.get("valueContainsNull", True))


# ---- rows ----

class Row(tuple):
    """A tuple with names."""

    def __new__(cls, *args, **kwargs):
        if kwargs:
            made = tuple.__new__(cls, kwargs.values())
            made.__fields__ = list(kwargs)
            return made
        return tuple.__new__(cls, args)

    def __call__(self, *values):
        return make_row(list(self), values)

    def asDict(self, recursive=False):
        def plain(value):
            if isinstance(value, Row):
                return value.asDict(True)
            if isinstance(value, list):
                return [plain(v) for v in value]
            if isinstance(value, dict):
                return {k: plain(v) for k, v in value.items()}
            return value
        return {n: plain(v) if recursive else v for n, v in zip(self.__fields__, self)}

    def __getitem__(self, key):
        if isinstance(key, str):
            try:
                return tuple.__getitem__(self, self.__fields__.index(key))
            except ValueError:
                raise ValueError(key) from None
        return tuple.__getitem__(self, key)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return tuple.__getitem__(self, self.__fields__.index(name))
        except (ValueError, AttributeError):
            raise AttributeError(name) from None

    def __contains__(self, name):
        return name in self.__fields__ if "__fields__" in self.__dict__ else tuple.__contains__(self, name)

    def __reduce__(self):
        return make_row, (self.__dict__.get("__fields__"), tuple(self))

    def __repr__(self):
        if "__fields__" in self.__dict__:
            return "Row(%s)" % ", ".join("%s=%r" % pair for pair in zip(self.__fields__, self))
        return "<Row(%s)>" % ", ".join(map(repr, self))


def make_row(names, values):
    made = tuple.__new__(Row, values)
    if names is not None:
        made.__fields__ = names
    return made


_EPOCH = datetime.datetime(1970, 1, 1)
_DAY = datetime.date(1970, 1, 1)


def reader_of(type_):
    """What makes a Python value of the engine's; None: it is one already."""
    if isinstance(type_, TimestampType):
        return lambda v: None if v is None else _EPOCH + datetime.timedelta(microseconds=v)
    if isinstance(type_, DateType):
        return lambda v: None if v is None else _DAY + datetime.timedelta(days=v)
    if isinstance(type_, DecimalType):
        return lambda v: None if v is None else decimal.Decimal(v)
    if isinstance(type_, BinaryType):
        return lambda v: None if v is None else bytearray(v)
    if isinstance(type_, ArrayType):
        read = reader_of(type_.elementType)
        return read and (lambda v: None if v is None else [read(e) for e in v])
    if isinstance(type_, MapType):
        key, value = reader_of(type_.keyType) or _same, reader_of(type_.valueType) or _same
        return lambda v: None if v is None else {key(k): value(e) for k, e in zip(*v)}
    if isinstance(type_, StructType):
        return lambda v: None if v is None else read_row(type_, v)
    return None


def _same(value):
    return value


def read_row(struct, values):
    readers = [reader_of(f.dataType) for f in struct.fields]
    return make_row(struct.names, [r(v) if r else v for r, v in zip(readers, values)])
