#!/usr/bin/env python3
"""Asks Apache Spark what from_json makes of JSON records and keeps the answers for the unit test.

usage: spark_from_json.py > test/data/spark_from_json.jsonl     (needs pyspark 3.5 and Java)

One line per case: {"type": column type, "record": text, "spark": answer}. The answer is null, or
the column `a` of the row as text: a scalar as its cast to string (binary in base64), a nested value
as to_json prints it with NULL fields. Where Sluice answers otherwise on purpose, the line also has
"why" (a name in DEVIATIONS) and either "ours" (its answer) or "fault" (the record's fault).

Spark 3.1 (Glue 3.0) is not asked; where it is known to differ from 3.5 we follow 3.5: 3.1 gives up
a whole top-level column when a value inside a nested one does not fit, reads "+INF" and "-INF" as
misfits, and takes years of five and more digits for days since 1970.
"""
import json, sys

DEVIATIONS = {
    "strict JSON": "what RFC 8259 refuses is a fault of the record, never a row of NULLs or a guess",
    "whole record": "data behind the document is a fault of the record",
    "no wrap": "an integer outside its column is NULL; Spark wraps bytes and timestamps around",
    "partial lists": "one bad element becomes NULL; Spark gives up the whole array or map",
    "last key wins": "the last of equal keys counts even when its value does not fit, in maps too",
    "pad bits": "base64 whose unused bits are not zero is refused",
    "shortest double": "doubles print their shortest digits (Java 19), older Java may print more",
}

SCALARS = ["boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal(5,2)",
           "decimal(10,0)", "decimal(38,10)", "string", "binary", "date", "timestamp"]
NESTED = ["array<int>", "array<string>", "map<string,int>", "map<string,string>",
          "struct<b:int,c:string>", "array<struct<b:int,c:string>>",
          "struct<b:array<int>,c:map<string,double>>"]
SCALARS_FOR_NESTED = ["null", "true", "1", "1.5", '""', '"1"', '"abc"']

VALUES = r'''
null true false
0 -0 1 -1 127 128 -128 -129 200 255 256 32767 32768 -32768 -32769 2147483647 2147483648
-2147483648 -2147483649 9223372036854775807 9223372036854775808 -9223372036854775808
-9223372036854775809 123456789012345678901234567890 9007199254740993 16777217 1694102537
9223372036854 9223372036855 -9223372036855 99999999999999999999999999999999999999
0.0 -0.0 1.0 1.5 29.7 -29.7 0.1 1e2 1E-2 1e+2 1e400 -1e400 1e-400 1e40 -1e40 3.4028235e38
3.4028236e38 0.30000000000000004 1.7976931348623157e308 2.2250738585072014E-308 4.9E-324 100.5
123456789.0 1234567.0 12345678.0 0.001 0.0001 1.10 999.994 999.995 -999.995 0.005 -0.005 0.0049 1e38
1e28 1e27 12345678901234567890.12345678905 0.00000000005 0.00000000004 1e-1000000 0e5
"" " " "abc" "1" "1.5" " 1" "-1" "+1" "1." ".5" "true" "TRUE" "NaN" "Infinity" "-Infinity"
"+Infinity" "INF" "+INF" "-INF" "nan" "1,23.45" "1e2" "0x1F" "1234567890123456789012345678901"
"2023-09-07" "2023-9-7" " 2023-09-07 " "2023-09-07 16:02:17" "2023-09-07T16:02:17"
"2023-09-07T16:02:17Z" "2023-09-07 16:02:17.5" "2023-09-07T16:02:17.123456+09:00"
"2023-09-07 16:02" "2023-09-07 16" "2023-9-7 6:2:7" "2023-02-30" "2023-02-30 00:00:00"
"07/09/2023" "2023/09/07" "365" "-365" "+365" "2023" "2023-09" "2023-09-07x" "2023-09-07 "
"2023-09-07 25:00:00" "1969-12-31 23:59:59.999999" "0001-01-01" "9999-12-31 23:59:59"
"2023-09-07 16:02:17 UTC" "2023-09-07 16:02:17GMT" "2023-09-07GMT" "1694102537"
"YWJj" "YWI=" "YWI" "YQ==" "YR==" "YW Jj" "YWJj\nYWJj" "YWJjYWI= " "Y===" "Y*Jj"
"\u0000x" "\ud83d\ude00" "\u00e9" "a\"b\\c\/\b\f\n\r\t" "é😀" "\u001f"
{} {"b":1} {"b":"x"} {"b":1,"c":"y"} {"b":2.5,"c":true} {"c":null} {"b":[1,2],"c":{"k":1}}
{"b":[1,"x"],"c":"y"} {"k":"v","l":"w"} {"k":1,"l":null} {"k":1,"l":"x"} {"k":1,"k":2}
{"B":1,"C":"y"} {"c":{"x":[1.0,-0,-0.0,1e2,123456789012345678901,1e400,true,null,"\u00e9\/\u001f\t\"\\"]}}
{"b":5,"c":[1,{"y":"😀\u007f\u2028"}],"d":{"z":[]}}
[] [1,2] [1,null] [null] ["x"] ["1"] [1,"x",3] [1.5] [true] [[1],[2]] [{}] [{"b":1}]
[{"b":1,"c":"x"},{"b":2}] [{"b":"x","c":"y"}] [{"b":1},null] [{"b":1},2] [1,{"b":2}]
'''

DOCUMENTS = [("int", d) for d in [
    '{}', '{"b":1}', '{"A":1}', ' {"a" : 1 } \n', '{"a":1,"b":[{"c":[]}],"d":"\\u00e9"}',
    '{"b":{"a":2},"a":1}', '{"\\u0061":7}', '{"a":1,"a":2}', '{"a":2,"a":null}', '{"a":1,"a":"x"}',
    '', ' ', '[]', '[{"a":1}]', '1', '"x"', 'null', 'true', '{"a":1', '{"a":', '{"a"', '{', '{"a":1,}',
    '{"a":1}}', '{"a":1}{"a":2}', '{"a":1} x', "{'a':1}", '{a:1}', '{"a":01}', '{"a":+1}', '{"a":1.}',
    '{"a":.5}', '{"a":NaN}', '{"a":1,"b":NaN}', '{"a":1,"b":Infinity}', '{"a":1,"b":"\\ud800"}',
    '{"a":1,"b":"\\x"}', '{"a":1,"b":"\t"}', '{"a":1,"b":tru}', '{"a":1 "b":2}', '{"a":1,"b":}',
    '\ufeff{"a":1}', '{"a":1}//x', '/**/{"a":1}', '{"a":1,"b":' + '[' * 100 + ']' * 100 + '}']]

# (column type, record) -> the deviation's name and our answer or fault
OURS = {}

def ours(why, kind, answers):
    for record, answer in answers.items():
        OURS[(kind, record)] = {"why": why, "ours": answer}

def fault(why, reason, *records):
    for record in records:
        OURS[("int", record)] = {"why": why, "fault": reason}

fault("strict JSON", "empty record", '', ' ')
fault("strict JSON", "not a JSON object", '[]', '[{"a":1}]', '1', '"x"', 'null', 'true')
fault("strict JSON", "truncated JSON", '{"a":1', '{"a":', '{"a"', '{')
fault("strict JSON", "malformed JSON", '{"a":1,}', "{'a':1}", '{a:1}', '{"a":01}', '{"a":+1}',
      '{"a":1.}', '{"a":.5}', '{"a":NaN}', '{"a":1,"b":NaN}', '{"a":1,"b":Infinity}',
      '{"a":1,"b":"\\ud800"}', '{"a":1,"b":"\\x"}', '{"a":1,"b":"\t"}', '{"a":1,"b":tru}',
      '{"a":1 "b":2}', '{"a":1,"b":}', '\ufeff{"a":1}', '/**/{"a":1}')
fault("whole record", "data behind the JSON document", '{"a":1}}', '{"a":1}{"a":2}', '{"a":1} x',
      '{"a":1}//x')
ours("last key wins", "int", {'{"a":1,"a":"x"}': None})
ours('no wrap', 'tinyint', {
    r'{"a":128}': None,
    r'{"a":200}': None,
    r'{"a":255}': None,
})
ours('shortest double', 'float', {
    r'{"a":2147483647}': '2.1474836E9',
    r'{"a":2147483648}': '2.1474836E9',
    r'{"a":-2147483648}': '-2.1474836E9',
    r'{"a":-2147483649}': '-2.1474836E9',
    r'{"a":9007199254740993}': '9.007199E15',
    r'{"a":1694102537}': '1.6941025E9',
    r'{"a":123456789.0}': '1.2345679E8',
})
ours('pad bits', 'binary', {
    r'{"a":"YR=="}': None,
})
ours('no wrap', 'timestamp', {
    r'{"a":9223372036854775807}': None,
    r'{"a":-9223372036854775808}': None,
    r'{"a":9007199254740993}': None,
    r'{"a":9223372036855}': None,
    r'{"a":-9223372036855}': None,
})
ours('partial lists', 'array<int>', {
    r'{"a":["x"]}': '[null]',
    r'{"a":["1"]}': '[null]',
    r'{"a":[1,"x",3]}': '[1,null,3]',
    r'{"a":[1.5]}': '[null]',
    r'{"a":[true]}': '[null]',
    r'{"a":[[1],[2]]}': '[null,null]',
    r'{"a":[{}]}': '[null]',
    r'{"a":[{"b":1}]}': '[null]',
    r'{"a":[{"b":1,"c":"x"},{"b":2}]}': '[null,null]',
    r'{"a":[{"b":"x","c":"y"}]}': '[null]',
    r'{"a":[{"b":1},null]}': '[null,null]',
    r'{"a":[{"b":1},2]}': '[null,2]',
    r'{"a":[1,{"b":2}]}': '[1,null]',
})
ours('partial lists', 'map<string,int>', {
    r'{"a":{"b":"x"}}': '{"b":null}',
    r'{"a":{"b":1,"c":"y"}}': '{"b":1,"c":null}',
    r'{"a":{"b":2.5,"c":true}}': '{"b":null,"c":null}',
    r'{"a":{"b":[1,2],"c":{"k":1}}}': '{"b":null,"c":null}',
    r'{"a":{"b":[1,"x"],"c":"y"}}': '{"b":null,"c":null}',
    r'{"a":{"k":"v","l":"w"}}': '{"k":null,"l":null}',
    r'{"a":{"k":1,"l":"x"}}': '{"k":1,"l":null}',
    r'{"a":{"B":1,"C":"y"}}': '{"B":1,"C":null}',
    r'{"a":{"c":{"x":[1.0,-0,-0.0,1e2,123456789012345678901,1e400,true,null,"\u00e9\/\u001f\t\"\\"]}}}': '{"c":null}',
    r'{"a":{"b":5,"c":[1,{"y":"😀\u007f\u2028"}],"d":{"z":[]}}}': '{"b":5,"c":null,"d":null}',
})
ours('partial lists', 'array<struct<b:int,c:string>>', {
    r'{"a":[1,2]}': '[null,null]',
    r'{"a":[1,null]}': '[null,null]',
    r'{"a":["x"]}': '[null]',
    r'{"a":["1"]}': '[null]',
    r'{"a":[1,"x",3]}': '[null,null,null]',
    r'{"a":[1.5]}': '[null]',
    r'{"a":[true]}': '[null]',
    r'{"a":[[1],[2]]}': '[null,null]',
    r'{"a":[{"b":1},2]}': '[{"b":1,"c":null},null]',
    r'{"a":[1,{"b":2}]}': '[null,{"b":2,"c":null}]',
})
ours('partial lists', 'struct<b:array<int>,c:map<string,double>>', {
    r'{"a":{"b":[1,"x"],"c":"y"}}': '{"b":[1,null],"c":null}',
    r'{"a":{"c":{"x":[1.0,-0,-0.0,1e2,123456789012345678901,1e400,true,null,"\u00e9\/\u001f\t\"\\"]}}}': '{"b":null,"c":{"x":null}}',
})

def tokens(text):
    """JSON values separated by blanks."""
    found, decoder, at = [], json.JSONDecoder(strict=False), 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text):
            return found
        end = decoder.raw_decode(text, at)[1]
        found.append(text[at:end])
        at = end

def cases():
    for kind in SCALARS + NESTED:
        for value in tokens(VALUES):
            if kind in NESTED and value[0] not in '[{' and value not in SCALARS_FOR_NESTED:
                continue
            yield kind, '{"a":%s}' % value
    yield from DOCUMENTS

def main():
    from pyspark.sql import SparkSession, functions as f
    spark = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
             .config("spark.sql.session.timeZone", "UTC")
             .config("spark.sql.legacy.timeParserPolicy", "CORRECTED")
             .config("spark.sql.shuffle.partitions", "1").getOrCreate())
    spark.sparkContext.setLogLevel("OFF")
    by_type = {}
    for kind, record in cases():
        by_type.setdefault(kind, []).append(record)
    for kind, records in by_type.items():
        frame = spark.createDataFrame(list(enumerate(records)), ["i", "v"]).coalesce(1)
        row = f.from_json(f.col("v"), "a " + kind)
        if kind in NESTED:
            text = f.to_json(row, {"ignoreNullFields": "false"})
        elif kind == "binary":
            text = f.base64(row["a"])
        else:
            text = row["a"].cast("string")
        for i, answer in frame.select("i", text).orderBy("i").collect():
            if kind in NESTED and answer:
                answer = answer[len('{"a":'):-1]
                answer = None if answer == "null" else answer
            line = {"type": kind, "record": records[i], "spark": answer}
            line.update(OURS.get((kind, records[i]), {}))
            print(json.dumps(line, ensure_ascii=False))

if __name__ == "__main__":
    main()
