"""createDataFrame: Python values as a frame."""
import datetime
import decimal
import json
import _sluice
import sluice_plan
from pyspark.sql import types as t


def _infer(value):
    if isinstance(value, bool):
        return t.BooleanType()
    if isinstance(value, int):
        return t.LongType()
    if isinstance(value, float):
        return t.DoubleType()
    if isinstance(value, str):
        return t.StringType()
    if isinstance(value, decimal.Decimal):
        return t.DecimalType(38, 18)
    if isinstance(value, datetime.datetime):
        return t.TimestampType()
    if isinstance(value, datetime.date):
        return t.DateType()
    if isinstance(value, (bytes, bytearray)):
        return t.BinaryType()
    if isinstance(value, t.Row) and "__fields__" in value.__dict__:
        return t.StructType([t.StructField(n, _infer(v)) for n, v in zip(value.__fields__, value)])
    if isinstance(value, dict):
        pairs = [(k, v) for k, v in value.items() if v is not None]
        return t.MapType(_infer(pairs[0][0]), _infer(pairs[0][1])) if pairs else t.MapType(t.StringType(), t.StringType())
    if isinstance(value, (list, tuple)):
        full = [v for v in value if v is not None]
        return t.ArrayType(_infer(full[0]) if full else t.StringType())
    return t.NullType()


def _struct(data, names):
    kinds = [t.NullType()] * len(names)
    for row in data:
        for at, value in enumerate(row):
            kind = _infer(value)
            if isinstance(kinds[at], t.NullType):
                kinds[at] = kind
            elif isinstance(kind, t.AtomicType) and kind != kinds[at]:
                raise TypeError("[CANNOT_MERGE_TYPE] Can not merge type `%s` and `%s`."
                                % (type(kinds[at]).__name__, type(kind).__name__))
    for name, kind in zip(names, kinds):
        if data and isinstance(kind, t.NullType):
            raise ValueError("[CANNOT_DETERMINE_TYPE] Some of types cannot be determined after inferring: "
                             "column `%s` is None everywhere, give its type in a schema." % name)
    return t.StructType([t.StructField(n, k) for n, k in zip(names, kinds)])


_ACCEPTED = {t.BooleanType: bool, t.ByteType: int, t.ShortType: int, t.IntegerType: int, t.LongType: int,
             t.FloatType: float, t.DoubleType: float, t.DecimalType: decimal.Decimal, t.DateType: datetime.date,
             t.TimestampType: datetime.datetime, t.BinaryType: (bytes, bytearray), t.ArrayType: (list, tuple),
             t.MapType: dict, t.StructType: (tuple, list, dict)}


def verify(value, type_, nullable=True, name="value"):
    """Refuses what Spark's createDataFrame refuses, before any of it is read."""
    if value is None:
        if not nullable:
            raise ValueError("[CANNOT_BE_NONE] field %s: This field is not nullable, but got None." % name)
        return
    accepted = _ACCEPTED.get(type(type_))
    if accepted and (not isinstance(value, accepted) or isinstance(value, bool) and accepted is int):
        raise TypeError("[CANNOT_ACCEPT_OBJECT_IN_TYPE] field %s: `%r` can not accept object `%r` in type `%s`."
                        % (name, type_, value, type(value).__name__))
    if isinstance(type_, t.ArrayType):
        for element in value:
            verify(element, type_.elementType, type_.containsNull, name)
    elif isinstance(type_, t.MapType):
        for key, element in value.items():
            verify(key, type_.keyType, False, name)
            verify(element, type_.valueType, type_.valueContainsNull, name)
    elif isinstance(type_, t.StructType):
        _verify_fields(value, type_)


def _verify_fields(value, struct):
    if not isinstance(value, dict) and len(value) != len(struct.fields):
        raise ValueError("[LENGTH_SHOULD_BE_THE_SAME] obj and fields should be of the same length, got %d and %d."
                         % (len(value), len(struct.fields)))
    for at, field in enumerate(struct.fields):
        verify(value.get(field.name) if isinstance(value, dict) else value[at], field.dataType, field.nullable,
               field.name)


def plain(value, type_):
    """A value as the decoder reads it, in JSON."""
    if value is None:
        return None
    if isinstance(type_, t.StructType):
        if isinstance(value, dict):
            return {f.name: plain(value.get(f.name), f.dataType) for f in type_.fields}
        return {f.name: plain(v, f.dataType) for f, v in zip(type_.fields, value)}
    if isinstance(type_, t.ArrayType):
        return [plain(v, type_.elementType) for v in value]
    if isinstance(type_, t.MapType):
        return {str(k): plain(v, type_.valueType) for k, v in value.items()}
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return value.isoformat(" ", "microseconds") if isinstance(type_, t.TimestampType) else value.date().isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, (bytes, bytearray)):
        import base64
        return base64.b64encode(value).decode()
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")
    if isinstance(type_, t.StringType) and not isinstance(value, str):
        return str(value)
    return value


def frame_of(data, schema=None, verified=True):
    from pyspark.sql.dataframe import _Values
    if isinstance(data, _Values):
        data = data.collect()
    if hasattr(data, "to_dict") and hasattr(data, "columns"):  # pandas
        names = list(map(str, data.columns))
        data = [tuple(None if v != v else v for v in row) for row in data.itertuples(index=False, name=None)]
        schema = schema or names
    data = list(data)
    if isinstance(schema, (list, tuple)) and all(isinstance(n, str) for n in schema):
        names = list(schema)
        rows = [list(r.values()) if isinstance(r, dict) else list(r) if isinstance(r, (tuple, list)) else [r] for r in data]
        names += ["_%d" % (i + 1) for i in range(len(names), max(map(len, rows), default=0))]
        struct = _struct(rows, names)
    elif schema is not None:
        struct = t.type_of(schema)
        if not isinstance(struct, t.StructType):
            struct, data = t.StructType([t.StructField("value", struct)]), [(v,) for v in data]
        rows = data
        for row in rows if verified else ():
            verify(row, struct, False)
    else:
        if not data:
            raise ValueError("can not infer schema from empty dataset")
        names = []
        for row in data:
            for name in row.__fields__ if isinstance(row, t.Row) and "__fields__" in row.__dict__ else \
                    sorted(row) if isinstance(row, dict) else ["_%d" % (i + 1) for i in range(len(row))]:
                if name not in names:
                    names.append(name)
        rows = [[r.get(n) for n in names] if isinstance(r, dict) else list(r) for r in data]
        struct = _struct(rows, names)
    lines = [json.dumps(plain(row, struct)) for row in rows]
    number = sluice_plan.call(_sluice.keep, [[f.name, f.dataType.simpleString()] for f in struct.fields], lines)
    from pyspark.sql.readwriter import static_frame
    return static_frame({"kind": "kept", "id": number})
