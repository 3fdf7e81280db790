#!/usr/bin/env python3
"""Asks Apache Spark what CAST gives, for test/unit/batch_cast.c.

usage: spark_cast.py > test/data/spark_cast.tsv     (needs pyspark 3.5 and a Java runtime)

Spark runs with spark.sql.ansi.enabled=false and session zone UTC. The output is sections:

    @<TAB>from type<TAB>to type<TAB>to type...
    value<TAB>its cast to the first type<TAB>...

Values: integers as decimal text, float and double as the hexadecimal digits of their bits, decimal
as unscaled integer, date as days and timestamp as microseconds since 1970, binary as hexadecimal
digits, text with \\\\, \\t and \\xHH, NULL as \\N. Nested: [element|element], {field|field},
<key=value|key=value>. A lone "!" instead of a cast: Spark knows no such cast.
Times without a date are left out: their value is a matter of the day.
"""
import random, re, struct, sys, time
from decimal import Decimal, getcontext
from pyspark.sql import SparkSession
from pyspark.sql.utils import AnalysisException

random.seed(20230907)
getcontext().prec = 100
spark = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
         .config("spark.sql.ansi.enabled", "false").config("spark.sql.session.timeZone", "UTC")
         .config("spark.driver.extraJavaOptions", "-Duser.timezone=UTC")
         .config("spark.sql.shuffle.partitions", "1").getOrCreate())
spark.sparkContext.setLogLevel("ERROR")
INTEGERS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}

def escape(data):
    out = ""
    for byte in data:
        c = chr(byte)
        out += "\\\\" if c == "\\" else "\\t" if c == "\t" else \
            c if 0x20 <= byte < 0x7F else "\\x%02x" % byte
    return out

def bits(value, kind):
    if value != value:
        return "7fc00000" if kind == "float" else "7ff8000000000000"
    return struct.pack(">f" if kind == "float" else ">d", value).hex()

def scale_of(kind):
    return int(kind.split(",")[1].rstrip(")"))

# How a value of each type goes in (SQL over a column v) and comes out (SQL over a column x).
def sql_in(kind):
    if kind == "timestamp": return "timestamp_micros(v)", "bigint"
    if kind == "date": return "date_from_unix_date(v)", "int"
    if kind == "float": return "cast(v as float)", "double"
    if kind.startswith("decimal"): return f"cast(v as {kind})", "string"
    if kind == "string": return "cast(v as string)", "binary"
    return "v", kind

def sql_out(kind, x):
    if kind == "timestamp": return f"unix_micros({x})"
    if kind == "date": return f"unix_date({x})"
    if kind == "float": return f"cast({x} as double)"
    if kind.startswith("decimal"): return f"cast({x} as string)"
    if kind == "string": return f"cast({x} as binary)"
    return x

def to_spark(kind, value):
    if value is None: return None
    if kind.startswith("decimal"): return str(Decimal(value).scaleb(-scale_of(kind)))
    if kind == "string": return bytearray(value if isinstance(value, bytes) else value.encode())
    if kind == "binary": return bytearray(value)
    return value

def to_text(kind, value):
    if value is None: return "\\N"
    if kind == "boolean": return "true" if value else "false"
    if kind in ("float", "double"): return bits(value, kind)
    if kind == "binary": return bytes(value).hex()
    if kind == "string": return escape(value.encode() if isinstance(value, str) else bytes(value))
    return str(value)

def out_text(kind, value):
    if value is not None and kind.startswith("decimal"):
        sign, digits, exponent = Decimal(value).as_tuple()
        number = int("".join(map(str, digits))) * 10 ** (exponent + scale_of(kind))
        return str(-number if sign else number)
    return to_text(kind, value)

def section(kind, values, targets, keep=lambda value, results: True):
    values = list(dict.fromkeys(values))
    wrap, carrier = sql_in(kind)
    rows = spark.createDataFrame([(i, to_spark(kind, v)) for i, v in enumerate(values)],
                                 f"i int, v {carrier}").selectExpr("i", f"{wrap} as x")
    known = {}
    for to in targets:
        try:
            rows.selectExpr(f"cast(x as {to})").schema
            known[to] = True
        except AnalysisException:
            known[to] = False
    chosen = [to for to in targets if known[to]]
    answers = rows.selectExpr("i", *[sql_out(to, f"cast(x as {to})") + f" as c{n}"
                                     for n, to in enumerate(chosen)]).orderBy("i").collect()
    print("@", kind, *targets, sep="\t")
    for value, answer in zip(values, answers):
        if not keep(value, dict(zip(chosen, answer[1:]))): continue
        given = iter(answer[1:])
        print(to_text(kind, value),
              *[out_text(to, next(given)) if known[to] else "!" for to in targets], sep="\t")

def mutate(seeds, alphabet, count):
    out = []
    for _ in range(count):
        text = random.choice(seeds)
        for _ in range(random.choice((1, 1, 1, 2, 2, 3))):
            at = random.randint(0, len(text))
            how = random.random()
            if how < 0.4: text = text[:at] + random.choice(alphabet) + text[at:]
            elif how < 0.7: text = text[:at] + text[at + 1:]
            else: text = text[:at] + random.choice(alphabet) + text[at + 1:]
        out.append(text)
    return out

# ---- text ----
whole = ["", " ", "0", "-0", "+0", "1", "-1", "+1", "127", "128", "-128", "-129", "32767", "32768",
         "-32768", "-32769", "2147483647", "2147483648", "-2147483648", "-2147483649",
         "9223372036854775807", "9223372036854775808", "-9223372036854775808",
         "-9223372036854775809", "99999999999999999999", "00000000000000000000000000000012", "12.9",
         "-12.9", "1.", ".", "-.", "+.", "-", "+", ".5", "-.5", "1..2", "1.2.3", "1e3", "0x1F", "1_000",
         "1,000", "--1", "+-1", " 42 ", "\t42\n", "\x0042\x00", "\x7f42\x7f", "\x1f42\x1c", "4 2",
         "\u00a042", "42\u2003", "\u0664\u0662", "42L", "4\x002", "12.x", "12.3 ", "127.999", "-128.999",
         "1.00000000000000000000000000000000000000", "null", "NULL", "true", "NaN", "\u0085" + "1"]
section("string", whole + mutate(whole, "0123456789+-. e\t\x00", 250), ["tinyint", "smallint", "int", "bigint"])

real = ["0", "-0", "0.0", "-0.0", "1", "+1", "-1", "1.", ".5", ".", "-.5", "+.5e3", "1e3", "1E3", "1e+3", "1e-3",
        "1e", "1e+", "e3", ".e3", "1.5e3", "1e400", "-1e400", "1e-400", "4.9e-324", "2.4e-324", "2.5e-324",
        "1.7976931348623157e308", "1.7976931348623159e308", "3.4028235e38", "3.4028236e38", "1.4e-45",
        "7e-46", "0.1", "0.2", "0.30000000000000004", "123456789.123456789", "9007199254740993",
        "9007199254740992.5", "1.00000017881393421514957253748434595763683319091796875", "16777217",
        "inf", "+inf", "-inf", "Inf", "INF", "infinity", "+infinity", "-Infinity", "INFINITY", "infin",
        "nan", "NaN", "NAN", "+nan", "-nan", "+NaN", "-NaN", "1d", "1D", "1f", "1.5F", "1L", "0x1p3", "0x1.8p1",
        "0X.8P-1", "0x1", "0x", "0x1p", "0x1.p3f", "-0x1p-2d", "inff", "nand", " 1.5 ", "\t1.5\n", "\x001.5\x00", "\x7f1.5",
        "\u00a01.5", "1,5", "1 5", "", " ", "+", "-", "--1", "1.2.3", "1e3.5", "1e99999999999", "1e-99999999999",
        "0e99999999999", "0." + "0" * 50 + "1", "1" + "0" * 50, "1" * 39, "9" * 38, "9" * 39, "-" + "9" * 38,
        "0.005", "0.0049999999", "-0.005", "1.005", "2.675", "99999999.994", "99999999.995", "-99999999.995",
        "12345678.125", "123456789", "99999", "99999.5", "99999.4", "1E-10", "1E10", "1E38", "1E37", "1E-18", "5E-19",
        "4E-19", "1E-38", "5E-39", "1e2147483647", "1e2147483648", "1e-2147483647", "1e-2147483648", "1E+2", "1e 2",
        "0" * 60 + "1.50", "1." + "0" * 60, "1." + "9" * 60, "true", "null", "0_1", "1e0005", "00.5", "\u0661", "0e0",
        "123456789012345678901234567890.123456789", "0.1e-17", "-1E-400", "0E-400", "0E400"]
real += mutate(real, "0123456789+-.eE dfx \x00", 420)
# Spark itself fails on decimals of such exponents
huge = [text for text in real if re.search("[eEpP][+-]?[0-9]{5}", text)]
section("string", huge, ["float", "double"])
section("string", [text for text in real if text not in huge],
        ["float", "double", "decimal(10,2)", "decimal(38,18)", "decimal(5,0)", "decimal(38,0)", "decimal(38,38)"])

truth = ["t", "true", "y", "yes", "1", "f", "false", "n", "no", "0", "T", "TRUE", "True", "tRuE", "Y", "YES", "F",
         "FALSE", "N", "NO", "on", "off", "", " ", " true ", "\ttrue\n", "\x00true\x7f", "tr", "truee", "2", "-1", "01",
         "1.0", "\u00a0true", "null", "t rue", "ye", "\u0130", "\u017fo", "no\u2003", "fal\x00se"]
section("string", truth, ["boolean", "binary", "string"])

when = ["2023-09-07 16:02:17", "2023-09-07T16:02:17", "2023-09-07 16:02:17.123456", "2023-09-07 16:02:17.123456789",
        "2023-09-07T16:02:17Z", "2023-09-07 16:02:17.5+09:00", "2023-09-07T16:02:17.123456789+09:00", "2023-9-7 1:2:3",
        "2023-09-07", "2023-9-7", "2023-09", "2023-9", "2023", "2023-02-30", "2023-02-29", "2024-02-29", "1900-02-29",
        "2000-02-29", "2023-13-01", "2023-00-01", "2023-01-00", "2023-01-32", "2023-04-31", "2023-09-07 24:00:00",
        "2023-09-07 23:59:60", "2023-09-07 23:60:00", "2023-09-07 16:02", "2023-09-07 16", "2023-09-07 16:", "2023-09-07 16:02:",
        "2023-09-07 ", "2023-09-07T", "2023-09-07t16:02:17", "2023-09-07 16:02:17.", "2023-09-07 16:02:17.1", "2023-09-07 16:02:17.12Z",
        "2023-09-07 16:02:17 Z", "2023-09-07 16:02:17 UTC", "2023-09-07 16:02:17UTC", "2023-09-07 16:02:17 GMT+1", "2023-09-07 16:02:17 GMT+01:00",
        "2023-09-07 16:02:17 UTC+1:30", "2023-09-07 16:02:17 UT-08:00", "2023-09-07 16:02:17+1", "2023-09-07 16:02:17+01", "2023-09-07 16:02:17+0130",
        "2023-09-07 16:02:17+01:30", "2023-09-07 16:02:17+1:30", "2023-09-07 16:02:17+01:3", "2023-09-07 16:02:17+1:3", "2023-09-07 16:02:17+18:00",
        "2023-09-07 16:02:17+18:01", "2023-09-07 16:02:17-18:00", "2023-09-07 16:02:17-18:00:01", "2023-09-07 16:02:17+01:30:30", "2023-09-07 16:02:17+013030",
        "2023-09-07 16:02:17+01:60", "2023-09-07 16:02:17-00:30", "2023-09-07 16:02:17z", "2023-09-07 16:02:17 utc", "2023-09-07 16:02:17 EST",
        "2023-09-07 16:02:17 MST", "2023-09-07 16:02:17 HST", "2023-09-07 16:02:17 Etc/UTC", "2023-09-07 16:02:17 Europe/Berlin",
        "2023-01-07 16:02:17 America/New_York", "2023-09-07 16:02:17Asia/Tokyo", "2023-09-07 16:02:17 PST", "2023-09-07 16:02:17 CET", "2023-09-07 16:02:17 Nowhere/City",
        "2023-09-07 16:02 Z", "2023-09-07 16:02Z", "2023-09-07 16:02+01:00", "2023-09-07Z", "2023-09-07 Z", "2023-09-07+01:00", "2023-09-07 16Z",
        " 2023-09-07 16:02:17 ", "\t2023-09-07 16:02:17\n", "\x002023-09-07\x7f", "2023-09-07  16:02:17", "2023-09-07 16:02:17  Z", "2023-09-07 16:02:17. Z",
        "+2023-09-07", "-2023-09-07", "-0001-01-01", "-0000-01-01", "0000-01-01", "0000-12-31 23:59:59", "0001-01-01", "0001-01-01 00:00:00.000001",
        "9999-12-31 23:59:59.999999", "9999-12-31", "10000-01-01", "+10000-01-01", "100000-01-01", "294247-01-10 04:00:54.775807", "294247-01-10 04:00:54.775808",
        "-290308-12-21 19:59:05.224192", "-290308-12-21 19:59:05.224191", "999999-12-31", "-999999-01-01", "1000000-01-01", "5881580-07-11", "5881580-07-12", "-5877641-06-23",
        "-5877641-06-22", "9999999-01-01", "10000000-01-01", "999-01-01", "23-09-07", "02023-09-07", "002023-09-07", "0002023-09-07", "2023-009-07", "2023-09-007",
        "1582-10-04", "1582-10-05", "1582-10-10 12:00:00", "1582-10-15", "1969-12-31 23:59:59.999999", "1970-01-01", "1969-12-31 23:59:59.9999999", "1969-07-20 20:17:40",
        "07/09/2023", "Sep 7 2023", "20230907", "2023-09-07-01", "1694102537", "1694102537123", "2023/09/07", "2023-250", "2023-W36", "", " ", "-", "+", "T", "Z", "now",
        "epoch", "2023-09-07 016:02:17", "2023-09-07 16:002:17", "2023-09-07 16:02:017", "2023-09-07 1:2:3.4 -5:6", "2023-09-07 16:02:17.1234567+05:00",
        "2023-09-07 16:02:17,123", "2023-09-07T16:02:17.123+0000", "2023-09-07T16:02:17 +00:00", "2023-09-07T16:02:17GMT0", "2023-09-07T16:02:17UTCZ", "2023-09-07T16:02:17 UTC+",
        "2023-09-07T16:02:17+", "2023-09-07T16:02:17-", "2023-09-07T16:02:17+:30", "2023-09-07T16:02:17+01:", "2023-09-07T16:02:17+123", "2023-09-07T16:02:17+00:00:00",
        "2023-09-07 16:02:17\u00a0", "\u00b2023-09-07", "2023-09-07 16:02:17 GMT+013030", "2023-09-07 16:02:17UT", "2023-09-07 16:02:17UT+5", "2023-09-07 16:02:17GMT-0530",
        "2023-09-07 16:02:17.123456 UTC", "2023-09-07 16:02:17.999999999 -00:01", "2023-09-07T16:02:17.000000000000000000001", "2023-09-07 anything", "2023-09 anything", "2023T",
        "2023-09T00", "2023-9-7T25:61:61", "2023-09-07 T16:02:17", "2023--09-07", "2023-09-07-", "2023-", "2023-09-", "--2023-09-07", "+-2023-09-07"]
today = time.time() * 1e6
section("string", when + mutate(when, "0123456789-:T .+Z/", 1100), ["timestamp", "date"],
        lambda v, r: r["timestamp"] is None or abs(r["timestamp"] - today) > 3 * 86400e6 or "2023" in v)

# ---- numbers ----
TARGETS = ["boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal(10,2)", "decimal(3,1)",
           "decimal(38,10)", "string", "timestamp", "date", "binary"]
for kind, size in INTEGERS.items():
    top = 2 ** (size - 1)
    numbers = [0, 1, -1, 2, 10, 99, 100, -100, 127, -128, top - 1, -top, top - 2, top // 2, top // 3]
    if size > 8: numbers += [128, -129, 255, 256, 9999, -10000]
    if size > 16: numbers += [32768, 65535, 65536, 16777217, 99999999, 100000000, -99999999]
    if size > 32: numbers += [2 ** 31, -2 ** 31 - 1, 2 ** 32, 2 ** 53 + 1, 9223372036854, 9223372036855, -9223372036854,
                              -9223372036855, 253402300799, 253402300800, -62135596800, -62135596801, 1694102537]
    numbers += [random.randint(-top, top - 1) >> random.randint(0, size) for _ in range(25)]
    section(kind, numbers, TARGETS)

doubles = [0.0, -0.0, 1.0, -1.0, 0.1, 0.2, 0.3, 1e7, 9999999.0, 9999999.999999998, 1e-3, 9.99e-4, 0.001, 1e10, 1e21, 1e22, 1e23,
           123456.789, 1e100, 1e-100, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 2.0 ** -44, 2.0 ** 63, -2.0 ** 63, 2.0 ** 31,
           2.0 ** 31 - 1, -2.0 ** 31 - 0.5, 2.0 ** 53, 127.9, 128.0, -128.9, -129.0, 32767.5, 32768.0, 0.5, -0.5, 0.005, 1.005, 2.675,
           0.125, 99.95, 99.94, 99.949999, 99999999.995, 99999999.994, float("inf"), float("-inf"), float("nan"), 1694102537.123456,
           1694102537.1234567, -0.0000015, -0.5e-6, 253402300800.0, 9223372036854.77, 9223372036855.0, 3.4028234663852886e38, 3.5e38, 1e-46, 1.1754943508222875e-38,
           4.35, 100.0, 12345678.9, 1.0E-5, 8.41E21, 2.0E-3, 9.007199254740993e15, 4.8726570057e288]
doubles += [struct.unpack("<d", random.randbytes(8))[0] for _ in range(120)]
doubles += [random.uniform(-1, 1) * 10 ** random.randint(-6, 18) for _ in range(80)]
doubles += [round(random.uniform(-1000, 1000), random.randint(0, 6)) for _ in range(80)]
doubles = [float("nan") if d != d else d for d in doubles]
section("double", doubles, TARGETS)
floats = [d for d in doubles if abs(d) < 3.4e38 or d in (float("inf"), float("-inf"))] + [3.4028234663852886e38, 1.4e-45, 16777216.0, 3.3554432E7]
floats += [struct.unpack("<f", random.randbytes(4))[0] for _ in range(80)]
section("float", [struct.unpack("<f", struct.pack("<f", d))[0] for d in floats if d == d] + [float("nan")], TARGETS)
for kind, digits in (("decimal(10,2)", 10), ("decimal(38,10)", 38), ("decimal(20,0)", 20), ("decimal(5,5)", 5), ("decimal(38,38)", 38), ("decimal(18,7)", 18)):
    top = 10 ** digits - 1
    unscaled = [0, 1, -1, 5, 10, 15, 25, 49, 50, 51, 99, 100, 149, 150, 151, -150, 12345, top, -top, top // 2]
    unscaled = [u for u in unscaled if abs(u) <= top]
    unscaled += [random.randint(-top, top) // 10 ** random.randint(0, digits) for _ in range(30)]
    section(kind, unscaled, TARGETS + ["decimal(38,0)", "decimal(20,2)"])

# ---- the rest ----
section("boolean", [True, False], TARGETS)
days = [0, 1, -1, 19607, 10957, -719162, -719528, -719163, 2932896, 2932897, -141427, -141428, 11016, -25509, -1000000, 50000000]
section("date", days, TARGETS)
DAY = 86400 * 10 ** 6
instants = [0, 1, -1, 999999, 1000000, -1000000, -999999, 1694102537000000, 1694102537100000, 1694102537123000, 1694102537123456, 1694102537000001,
            DAY, DAY - 1, -DAY, -DAY - 1, -62135596800000000, -62135596800000001, -62167219200000000, -62167219200000001, 253402300799999999, 253402300800000000,
            2 ** 63 - 1, -2 ** 63 + 10 ** 6 * 86400, 2147483647 * 10 ** 6, 2147483648 * 10 ** 6, -2147483649 * 10 ** 6, 128 * 10 ** 6, 127999999, -12219292800000000]
instants += [random.randint(-62135596800000000, 253402300799999999) for _ in range(40)] + [random.randint(0, 2 * 10 ** 15) for _ in range(20)]
section("timestamp", instants, TARGETS)
section("binary", [b"", b"abc", b"\x00\xff", b"12", "\u00e9\u20ac\U0001F600".encode(), b"\xc3", b"true", b"\xed\xa0\x80"], TARGETS)

# ---- nested: built by SQL, shown by hand ----
def show(value):
    if value is None: return "\\N"
    if isinstance(value, bool): return "true" if value else "false"
    if isinstance(value, float): return bits(value, "double")
    if isinstance(value, dict): return "<" + "|".join(f"{show(k)}={show(v)}" for k, v in value.items()) + ">"
    if isinstance(value, tuple): return "{" + "|".join(map(show, value)) + "}"
    if isinstance(value, list): return "[" + "|".join(map(show, value)) + "]"
    return str(value)

NESTED = [
    ("array<string>", "array<int>", ["array('1','x',null,'-7')", "array()", "null", "array('2.9')"]),
    ("array<array<string>>", "array<array<double>>", ["array(array('1'),null,array('a','2.5'))", "array(array())", "null"]),
    ("struct<a:string,b:int>", "struct<a:int,b:string>", ["('12',3)", "('x',null)", "null", "(null,null)"]),
    ("struct<a:array<string>,b:struct<c:string>>", "struct<a:array<boolean>,b:struct<c:double>>",
     ["(array('true','2'),struct('1.5'))", "(null,null)", "null", "(array(),struct('q'))"]),
    ("map<string,string>", "map<string,int>", ["map('a','1','b','z')", "map()", "null", "map('k',null)"]),
    ("map<int,string>", "map<string,boolean>", ["map(1,'t',2,'no',3,'maybe')", "map()", "null"]),
    ("array<map<string,struct<a:string>>>", "array<map<string,struct<a:int>>>",
     ["array(map('k',struct('1'),'l',struct('u')),null,map())", "null", "array()"]),
    ("array<struct<a:string,b:array<int>>>", "array<struct<a:int,b:array<string>>>",
     ["array(struct('1',array(1,null)),null,struct('e',null))", "array()", "null"]),
    ("array<bigint>", "array<string>", ["array(1,null,-5)", "null"]),
    ("array<int>", "int", ["array(1)", "null"]), ("int", "array<int>", ["1", "null"]),
    ("struct<a:int>", "map<string,int>", ["struct(1)", "null"]), ("map<string,string>", "map<int,string>", ["map('1','a')", "null"]),
]
for source, target, expressions in NESTED:
    print("@", source, target, sep="\t")
    for text in expressions:
        typed = f"struct{text}" if text.startswith("(") else text
        rows = spark.sql(f"select cast({typed} as {source}) as x")
        try:
            answer = show(rows.selectExpr(f"cast(x as {target})").collect()[0][0])
        except AnalysisException:
            answer = "!"
        print(show(rows.collect()[0][0]), answer, sep="\t")
