"""DataFrame programs as Glue scripts write them, for a comparison with Apache Spark.

cases(spark, F, Window, T) is a list of (name, function): the function gives a DataFrame, or a value.
The same file is run by tool/oracle/spark_frames.py on Spark, which writes spark_frames.jsonl, and by
test/conformance/spark_frames.py on Sluice. Rows whose order is part of the answer: the name ends in
" *". answers() is what both write."""
import contextlib
import datetime
import decimal
import io
import json
from datetime import date, datetime as dt
from decimal import Decimal

EVENTS = [
    (1, "ann", "click", 1.5, Decimal("10.25"), dt(2024, 3, 1, 10, 15, 30), date(2024, 3, 1), True, ["a", "b"],
     {"os": "mac", "lang": "en"}, ("Oslo", (59.9, 10.7)), '{"a": 1, "b": {"c": "x"}, "d": [1, 2]}'),
    (2, "bob", "view", -2.0, Decimal("0.50"), dt(2024, 3, 1, 23, 59, 59, 123456), date(2024, 2, 29), False, [],
     {"os": "win"}, ("Rome", (41.9, 12.5)), '{"a": "2", "d": []}'),
    (3, "ann", "view", None, None, None, None, None, None, None, None, None),
    (4, None, "buy", 100.0, Decimal("99999.99"), dt(2023, 12, 31, 0, 0), date(2023, 12, 31), True, ["c", None],
     {}, (None, None), "not json"),
    (5, "Cyd_%", "click", 0.1, Decimal("3.00"), dt(2024, 3, 2, 6, 7, 8), date(2024, 3, 2), False, ["a"],
     {"os": None}, ("Rome", (None, 12.5)), '{"b": {"c": null}}'),
    (6, "bob", None, 2.5, Decimal("-7.77"), dt(2024, 3, 1, 10, 20, 0), date(2024, 3, 1), None, ["b", "b", "a"],
     {"lang": "no"}, ("Oslo", (59.9, 10.7)), '{"a": 6}'),
]
SCHEMA = ("id int, user string, kind string, amount double, price decimal(10,2), at timestamp, day date, ok boolean, "
          "tags array<string>, attrs map<string,string>, place struct<city:string,geo:struct<lat:double,lon:double>>, "
          "payload string")


def printed(function, *arguments, **keywords):
    """What is printed, as a list of lines."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        function(*arguments, **keywords)
    return out.getvalue().split("\n")


def cases(spark, F, Window, T):
    events = spark.createDataFrame(EVENTS, SCHEMA).cache()
    small = events.select("id", "user", "kind", "amount").cache()
    users = spark.createDataFrame([("ann", "NO", 30), ("bob", "IT", None), ("dan", "SE", 5)], ["user", "country", "age"]).cache()
    col, lit = F.col, F.lit
    made = []
    for section in (choosing, columns, conditions, literals, nested, texts, dates, groups, joins, sets, missing,
                    windows, json_columns, sql_texts, creating, actions, errors, jobs, together):
        made += section(**{k: v for k, v in dict(spark=spark, F=F, Window=Window, T=T, events=events, small=small,
                                                 users=users, col=col, lit=lit).items()
                           if k in section.__code__.co_varnames[:section.__code__.co_argcount]})
    return made


def choosing(F, events, small, col):
    return [
        ("select names", lambda: events.select("id", "user")),
        ("select a list", lambda: events.select(["id", col("kind")])),
        ("select star", lambda: small.select("*")),
        ("select star and more", lambda: small.select("*", (col("amount") * 2).alias("twice"))),
        ("select star of a struct", lambda: events.select("id", "place.*")),
        ("select a path", lambda: events.select("place.city", "place.geo.lat")),
        ("select frame columns", lambda: events.select(events.id, events["user"], events.place.city)),
        ("select by position", lambda: small.select(small[1], small[0])),
        ("brackets with a list", lambda: small[["id", "user"]]),
        ("brackets with a condition", lambda: small[small.id > 3]),
        ("select twice the same", lambda: small.select("id", "id")),
        ("other letter case", lambda: small.select("ID", col("UsEr"))),
        ("selectExpr", lambda: small.selectExpr("id", "amount * 2 as twice", "upper(user) AS u", "concat(user, '-', kind)")),
        ("selectExpr star", lambda: small.selectExpr("*", "id + 1 AS next")),
        ("selectExpr cast", lambda: small.selectExpr("cast(id as string) id", "CAST(amount AS INT)")),
        ("withColumn new", lambda: small.withColumn("next", col("id") + 1)),
        ("withColumn replaces", lambda: small.withColumn("amount", col("amount") * 10)),
        ("withColumn replaces, letter case", lambda: small.withColumn("AMOUNT", col("amount") * 10)),
        ("withColumn of withColumn", lambda: small.withColumn("a", col("id") + 1).withColumn("b", col("a") * 2)),
        ("withColumns", lambda: small.withColumns({"a": col("id") + 1, "id": col("id") * 100})),
        ("withColumnRenamed", lambda: small.withColumnRenamed("user", "who")),
        ("withColumnRenamed of nothing", lambda: small.withColumnRenamed("nobody", "who")),
        ("withColumnsRenamed", lambda: small.withColumnsRenamed({"user": "who", "id": "key"})),
        ("drop one", lambda: small.drop("user")),
        ("drop several", lambda: small.drop("user", "kind", "nothing")),
        ("drop a Column", lambda: small.drop(small.user)),
        ("drop columns by list", lambda: small.drop(*["id", "user"])),
        ("toDF", lambda: small.select("id", "user").toDF("a", "b")),
        ("alias then star", lambda: small.alias("s").select("s.*")),
        ("alias then path", lambda: small.alias("s").select("s.id", col("s.user").alias("w"))),
        ("loop over columns", lambda: small.select([col(c).cast("string").alias(c.upper()) for c in small.columns])),
        ("name with a dot", lambda: small.select(col("id").alias("a.b")).select("`a.b`")),
        ("name with blanks", lambda: small.withColumnRenamed("id", "an id").select("an id", col("an id") + 1)),
        ("colRegex", lambda: small.select(small.colRegex("`(id|user)`"))),
        ("transform", lambda: small.transform(lambda f: f.withColumn("x", F.lit(1)))),
        ("transform with arguments", lambda: small.transform(lambda f, n: f.withColumn(n, F.lit("v")), "name")),
        ("where and select later", lambda: small.select("id").filter(col("id") > 2)),
        ("metadata alias", lambda: small.select(col("id").alias("i", metadata={"a": 1}))),
    ]


def columns(F, T, events, small, col, lit):
    return [
        ("arithmetic", lambda: small.select("id", col("id") + 1, col("id") - col("amount"), 10 - col("id"), col("id") * 2)),
        ("division", lambda: small.select("id", col("id") / 2, 1 / col("id"), col("id") / 0, col("id") % 3)),
        ("negation and power", lambda: small.select(-col("id"), col("id") ** 2, 2 ** col("id"))),
        ("decimal arithmetic", lambda: events.select(col("price") * 2, col("price") + col("id"), col("price") / 3,
                                                     col("price") * col("price"), col("price") * 1.5)),
        ("bitwise", lambda: small.select(col("id").bitwiseAND(1), col("id").bitwiseOR(8), col("id").bitwiseXOR(2))),
        ("comparisons", lambda: small.select(col("id") > 2, col("id") <= 2, col("user") == "ann", col("user") != "ann")),
        ("eqNullSafe", lambda: small.select(col("user").eqNullSafe(None), col("user").eqNullSafe("bob"))),
        ("and or not", lambda: events.select((col("ok") & (col("id") > 1)), (col("ok") | (col("id") > 5)), ~col("ok"))),
        ("cast by text", lambda: small.select(col("id").cast("string"), col("amount").cast("int"), col("amount").cast("decimal(5,1)"))),
        ("cast by type", lambda: small.select(col("id").cast(T.StringType()), col("id").cast(T.DoubleType()),
                                              col("amount").cast(T.DecimalType(10, 2)), col("id").cast(T.TimestampType()))),
        ("cast texts", lambda: small.select(col("user").cast("int"), col("user").cast("double"), col("user").cast("boolean"))),
        ("cast dates", lambda: events.select(col("at").cast("date"), col("at").cast("long"), col("day").cast("timestamp"),
                                             col("day").cast("string"), col("at").cast("string"))),
        ("cast structures", lambda: events.select(col("place").cast("string"), col("tags").cast("string"), col("attrs").cast("string"))),
        ("cast then alias", lambda: small.select(col("id").cast("bigint").alias("id"))),
        ("astype", lambda: small.select(col("id").astype("double"))),
        ("when otherwise", lambda: small.withColumn("size", F.when(col("amount") > 10, "big").when(col("amount") > 0, "small").otherwise("none"))),
        ("when without otherwise", lambda: small.select("id", F.when(col("id") > 3, col("user")))),
        ("when named", lambda: small.select(F.when(col("id") == 1, "one").otherwise("other").alias("w"))),
        ("when of types", lambda: small.select(F.when(col("id") > 3, 1).otherwise(2.5).alias("w"), F.when(col("id") > 3, lit(None)).otherwise(1).alias("v"))),
        ("coalesce", lambda: small.select(F.coalesce("user", "kind", lit("?")), F.coalesce(col("amount"), lit(0)))),
        ("greatest and least", lambda: small.select(F.greatest("id", "amount"), F.least(col("id"), lit(3)))),
        ("isNull", lambda: small.select(col("user").isNull(), col("user").isNotNull(), F.isnull("user"), F.isnan("amount"))),
        ("nvl family", lambda: small.select(F.nvl("user", lit("x")), F.ifnull("user", lit("y")), F.nvl2("user", lit(1), lit(0)))),
        ("rounding", lambda: small.select(F.round("amount"), F.round("amount", 1), F.bround("amount"), F.ceil("amount"), F.floor("amount"), F.abs("amount"))),
        ("mathematics", lambda: small.select(F.sqrt("id"), F.pow("id", 2), F.exp(lit(0)), F.log("id"), F.log(2.0, "id"), F.log10("id"), F.signum("amount"))),
        ("hashes", lambda: small.select(F.md5("user"), F.sha2("user", 256), F.sha1("user"), F.crc32("user"), F.hash("user", "id"), F.xxhash64("user", "id"))),
        ("expr", lambda: small.select(F.expr("id + 1"), F.expr("CASE WHEN id > 2 THEN 'x' ELSE user END AS w"), F.expr("length(user)"))),
        ("isin", lambda: small.select(col("id").isin(1, 2), col("user").isin(["ann", "bob"]), col("id").isin([]))),
        ("between", lambda: small.select(col("id").between(2, 4), col("amount").between(0, 2))),
        ("type names", lambda: small.select(F.typeof("id"), F.typeof(col("amount")))),
        ("sort keys as columns", lambda: small.select(F.hex("id"), F.bin("id"), F.conv("id", 10, 2))),
        ("alias of arithmetic", lambda: small.select((col("id") * 2 + 1).alias("n"), (col("id").cast("double") / 3).alias("d"))),
        ("cast in arithmetic", lambda: small.select(col("id").cast("double") * 2, (col("id") + 1).cast("string"))),
        ("negative modulo", lambda: small.select(col("amount") % 2, F.pmod(col("amount"), lit(2)), F.pmod("id", lit(4)))),
        ("string concat by plus", lambda: small.select(col("user") + 1, col("id") + "1")),
        ("monotonically increasing", lambda: small.limit(1).select(F.monotonically_increasing_id() >= 0)),
        ("stack of conditions", lambda: small.select(((col("id") > 1) & (col("id") < 5) & ~(col("kind") == "buy")).alias("c"))),
        ("reversed operators", lambda: small.select(1 + col("id"), 2 * col("id"), 7 % col("id"))),
    ]


def conditions(F, events, small, col, lit):
    return [
        ("filter text", lambda: small.filter("id > 2 and user is not null")),
        ("filter Column", lambda: small.filter(col("id") > 2)),
        ("filter frame column", lambda: small.filter((small.id > 2) & (small["kind"] == "view"))),
        ("where or", lambda: small.where((col("id") == 1) | (col("kind") == "buy"))),
        ("filter not", lambda: small.filter(~(col("kind") == "view"))),
        ("filter not isin", lambda: small.filter(~col("kind").isin("view", "buy"))),
        ("filter like", lambda: small.filter(col("user").like("%n%"))),
        ("filter like escape", lambda: small.filter(col("user").like("Cyd\\_\\%"))),
        ("filter ilike", lambda: small.filter(col("user").ilike("ANN"))),
        ("filter rlike", lambda: small.filter(col("user").rlike("^[a-z]+$"))),
        ("filter startswith", lambda: small.filter(col("user").startswith("b") | col("user").endswith("n") | col("user").contains("_"))),
        ("filter isNull", lambda: small.filter(col("user").isNull() | col("amount").isNull())),
        ("filter dates", lambda: events.select("id", "day").filter(col("day") >= "2024-03-01")),
        ("filter timestamps", lambda: events.select("id", "at").filter(col("at") > lit(dt(2024, 3, 1, 10, 16)))),
        ("filter boolean column", lambda: events.select("id", "ok").filter(col("ok"))),
        ("filter boolean literal", lambda: events.select("id", "ok").filter(col("ok") == False)),  # noqa: E712
        ("filter by array", lambda: events.select("id", "tags").filter(F.array_contains("tags", "a"))),
        ("filter size", lambda: events.select("id", "tags").filter(F.size("tags") > 0)),
        ("filter text with quotes", lambda: small.filter("user = 'ann' or kind = \"buy\"")),
        ("filter text of functions", lambda: small.filter("length(user) = 3 AND lower(kind) IN ('view', 'click')")),
        ("filter chain", lambda: small.filter("id > 1").filter(col("id") < 5).where("kind = 'view'")),
        ("filter nested", lambda: events.filter("place.city = 'Rome'").select("id")),
        ("filter alias", lambda: small.alias("s").filter("s.id = 2")),
        ("distinct", lambda: small.select("kind").distinct()),
        ("dropDuplicates", lambda: small.select("user", "kind").dropDuplicates()),
        ("dropDuplicates subset", lambda: small.orderBy("id").dropDuplicates(["user"]).select("user")),
        ("dropDuplicates two", lambda: small.dropDuplicates(["user", "kind"]).select("user", "kind")),
        ("orderBy *", lambda: small.orderBy("user", "id")),
        ("orderBy desc *", lambda: small.orderBy(col("amount").desc())),
        ("orderBy list *", lambda: small.orderBy(["user", "id"], ascending=[False, True])),
        ("orderBy ascending *", lambda: small.orderBy("id", ascending=False)),
        ("orderBy nulls *", lambda: small.orderBy(col("user").asc_nulls_last(), col("id").desc_nulls_first())),
        ("sort functions *", lambda: small.sort(F.desc("kind"), F.asc("id"))),
        ("orderBy expression *", lambda: small.orderBy(F.length("user").desc(), col("id") * -1)),
        ("orderBy frame column *", lambda: small.sort(small.amount.desc_nulls_last())),
        ("limit *", lambda: small.orderBy("id").limit(2)),
        ("orderBy then select *", lambda: small.orderBy(col("id").desc()).select("user")),
        ("orderBy dropped column *", lambda: small.orderBy("amount", "id").select("id")),
        ("offset *", lambda: small.orderBy("id").offset(4)),
        ("limit zero", lambda: small.limit(0)),
        ("hints and copies", lambda: small.cache().persist().repartition(4).repartition("id").coalesce(1).hint("broadcast").unpersist()),
        ("sortWithinPartitions", lambda: small.coalesce(1).sortWithinPartitions("id")),
    ]


def literals(small, col, lit):
    one = small.limit(1)
    return [
        ("lit None cast", lambda: one.select(lit(None).cast("string").alias("n"))),
        ("lit bool", lambda: one.select(lit(True), lit(False))),
        ("lit int", lambda: one.select(lit(1), lit(-1), lit(2147483648), lit(-9223372036854775808))),
        ("lit float", lambda: one.select(lit(1.5), lit(-0.1), lit(1e20), lit(1e-7))),
        ("lit infinities", lambda: one.select(lit(float("inf")).alias("i"), lit(float("nan")).alias("n"))),
        ("lit str", lambda: one.select(lit("a'b").alias("a"), lit('say "x"').alias("b"), lit("back\\slash").alias("c"), lit("").alias("d"), lit("é\n\t").alias("e"))),
        ("lit str names", lambda: one.select(lit("plain"), lit("two words"))),
        ("lit datetime", lambda: one.select(lit(dt(2024, 1, 2, 3, 4, 5)), lit(dt(2024, 1, 2, 3, 4, 5, 600000)).alias("u"))),
        ("lit datetime with zone", lambda: one.select(lit(dt(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)).alias("z"))),
        ("lit date", lambda: one.select(lit(date(2024, 2, 29)))),
        ("lit Decimal", lambda: one.select(lit(Decimal("1.50")), lit(Decimal("-0.001")).alias("m"), lit(Decimal("100")).alias("h"))),
        ("lit list", lambda: one.select(lit([1, 2, 3]).alias("l"), lit(["a", "b"]))),
        ("lit bytes", lambda: one.select(lit(b"\x01\xff").alias("b"))),
        ("lit in comparison", lambda: small.select(lit(2) < col("id"), lit("ann") == col("user"))),
        ("lit of a Column", lambda: small.select(lit(col("id")))),
    ]


def nested(F, events, col, lit):
    return [
        ("field by dots", lambda: events.select(col("place.geo.lat"), col("place.city").alias("c"))),
        ("field by brackets", lambda: events.select(events["place"]["geo"]["lon"], col("place")["city"])),
        ("field by getField", lambda: events.select(col("place").getField("city"), col("place").getField("geo").getField("lat"))),
        ("field by attribute", lambda: events.select(events.place.geo.lat, col("place").city)),
        ("items of arrays", lambda: events.select(col("tags")[0], col("tags").getItem(1), col("tags").getItem(9))),
        ("items of maps", lambda: events.select(col("attrs")["os"], col("attrs").getItem("lang"), col("attrs.os"))),
        ("element_at", lambda: events.select(F.element_at("tags", 1), F.element_at("tags", -1), F.element_at("attrs", "os"))),
        ("size and contains", lambda: events.select(F.size("tags"), F.size("attrs"), F.array_contains("tags", "b"))),
        ("struct", lambda: events.select(F.struct("id", "user").alias("s"), F.struct(col("id"), (col("amount") * 2).alias("d")).alias("t"))),
        ("struct names", lambda: events.select(F.struct("id", col("id") + 1, lit(1)).alias("s"))),
        ("struct star", lambda: events.select("id", "user").select(F.struct("*").alias("s"))),
        ("struct field after", lambda: events.select(F.struct("id", "kind").alias("s")).select("s.kind", col("s.id") + 1)),
        ("array", lambda: events.select(F.array("user", "kind").alias("a"), F.array(lit(1), lit(2)))),
        ("create_map", lambda: events.select(F.create_map(lit("k"), "id").alias("m"), F.create_map(lit("a"), lit("b"), lit("c"), col("kind")).alias("n"))),
        ("explode", lambda: events.select("id", F.explode("tags"))),
        ("explode named", lambda: events.select("id", F.explode(col("tags")).alias("tag"))),
        ("explode_outer", lambda: events.select("id", F.explode_outer("tags").alias("tag"))),
        ("explode in withColumn", lambda: events.select("id", "tags").withColumn("tag", F.explode("tags"))),
        ("explode replaces", lambda: events.select("id", "tags").withColumn("tags", F.explode("tags"))),
        ("explode a map", lambda: events.select("id", F.explode("attrs"))),
        ("explode a map named", lambda: events.select("id", F.explode("attrs").alias("k", "v"))),
        ("posexplode", lambda: events.select("id", F.posexplode("tags"))),
        ("posexplode named", lambda: events.select("id", F.posexplode("tags").alias("at", "tag"))),
        ("posexplode_outer", lambda: events.select("id", F.posexplode_outer("tags"))),
        ("explode of split", lambda: events.select(F.explode(F.split(lit("a,b"), ",")).alias("w")).distinct()),
        ("explode structs", lambda: events.select("id", F.explode(F.array("place")).alias("p")).select("id", "p.city")),
        ("inline", lambda: events.filter("id < 3").select(F.inline(F.array("place")))),
        ("array functions", lambda: events.select(F.array_distinct("tags"), F.sort_array("tags"), F.array_join("tags", "-"), F.array_join("tags", "-", "?"))),
        ("array sets", lambda: events.select(F.array_union("tags", F.array(lit("z"))), F.array_except("tags", F.array(lit("a"))), F.array_intersect("tags", F.array(lit("b"))))),
        ("array more", lambda: events.select(F.array_max("tags"), F.array_min("tags"), F.reverse("tags"), F.slice("tags", 1, 1), F.array_position("tags", "b"), F.array_remove("tags", "b"))),
        ("flatten and concat", lambda: events.select(F.flatten(F.array("tags", "tags")), F.concat("tags", F.array(lit("x"))))),
        ("array_repeat and sequence", lambda: events.select(F.array_repeat(col("id"), 2), F.sequence(lit(1), col("id")))),
        ("map functions", lambda: events.select(F.map_keys("attrs"), F.map_values("attrs"), F.map_entries("attrs"))),
        ("map_concat", lambda: events.select(F.map_concat("attrs", F.create_map(lit("n"), lit("1"))))),
        ("map_from_arrays", lambda: events.select(F.map_from_arrays(F.array(lit("a"), lit("b")), F.array("id", lit(0))))),
        ("transform array", lambda: events.select(F.transform("tags", lambda t: F.upper(t)), F.transform("tags", lambda t, i: i))),
        ("filter array", lambda: events.select(F.filter("tags", lambda t: t != "a"), F.exists("tags", lambda t: t == "c"))),
        ("forall", lambda: events.select(F.forall("tags", lambda t: t.isNotNull()).alias("all"))),
        ("aggregate array", lambda: events.select(F.aggregate(F.array(lit(1), lit(2), col("id")), lit(0), lambda a, x: a + x).alias("sum"))),
        ("withField", lambda: events.select(col("place").withField("land", lit("IT"))["land"])),
        ("dropFields", lambda: events.select(col("place").dropFields("geo"))),
        ("flatten a struct by loop", lambda: events.select("id", *[col("place." + f).alias("place_" + f) for f in events.schema["place"].dataType.names])),
        ("map_filter", lambda: events.select(F.map_filter("attrs", lambda k, v: k == "os"))),
        ("transform_values", lambda: events.select(F.transform_values("attrs", lambda k, v: F.upper(v)))),
        ("zip_with", lambda: events.select(F.zip_with("tags", "tags", lambda a, b: F.concat(a, b)))),
    ]


def texts(F, events, small, col, lit):
    return [
        ("letter case", lambda: small.select(F.upper("user"), F.lower(col("user")), F.initcap("kind"), F.length("user"))),
        ("trimming", lambda: small.select(F.trim(lit("  x ")), F.ltrim(lit("  x ")), F.rtrim(lit("  x ")))),
        ("padding", lambda: small.select(F.lpad("user", 5, "*"), F.rpad("user", 5, "-"), F.repeat("user", 2), F.reverse("user"))),
        ("substr", lambda: small.select(col("user").substr(1, 2), F.substring("user", 2, 2), col("user").substr(lit(2), col("id")))),
        ("substring_index", lambda: small.select(F.substring_index("user", "_", 1), F.instr("user", "n"), F.locate("n", "user"))),
        ("concat", lambda: small.select(F.concat("user", lit("-"), "kind"), F.concat_ws("-", "user", "kind"), F.concat_ws(",", F.array("user", "kind")))),
        ("split", lambda: small.select(F.split("user", "n"), F.split("kind", "i")[0], F.split("user", "", 2))),
        ("regexp_replace", lambda: small.select(F.regexp_replace("user", "[aeiou]", "#"), F.regexp_replace("user", "(n)", "<$1>"))),
        ("regexp_extract", lambda: small.select(F.regexp_extract("user", "([a-z])([a-z])", 2), F.regexp_extract("user", "x", 0))),
        ("translate", lambda: small.select(F.translate("user", "an", "12"), F.ascii("user"), F.base64("user"), F.unbase64(F.base64("user")))),
        ("format", lambda: small.filter("user is not null").select(F.format_string("%d-%s", "id", "user"), F.format_number("amount", 2))),
        ("levenshtein", lambda: small.select(F.levenshtein("user", "kind"), F.soundex("user"))),
        ("encode", lambda: small.select(F.encode("user", "UTF-8"), F.decode(F.encode("user", "UTF-8"), "UTF-8"))),
        ("str_to_map", lambda: small.select(F.expr("str_to_map('a:1,b:2')").alias("m"))),
    ]


def dates(F, events, col, lit):
    when = events.select("id", "at", "day")
    return [
        ("parts of dates", lambda: when.select(F.year("at"), F.month("at"), F.dayofmonth("at"), F.hour("at"), F.minute("at"), F.second("at"))),
        ("more parts", lambda: when.select(F.dayofweek("day"), F.dayofyear("day"), F.weekofyear("day"), F.quarter("day"), F.last_day("day"))),
        ("date_format", lambda: when.select(F.date_format("at", "yyyy-MM-dd"), F.date_format("at", "yyyy/MM/dd HH:mm:ss.SSS"), F.date_format("day", "EEE, d MMM yy"))),
        ("to_date", lambda: when.select(F.to_date("at"), F.to_date(lit("01/02/2024"), "dd/MM/yyyy"), F.to_date(lit("2024-02-30")))),
        ("to_timestamp", lambda: when.select(F.to_timestamp(lit("2024-01-02T03:04:05Z")), F.to_timestamp(lit("2024-01-02 03:04"), "yyyy-MM-dd HH:mm"), F.to_timestamp(lit("x")))),
        ("unix times", lambda: when.select(F.unix_timestamp("at"), F.unix_timestamp(lit("2024-01-02"), "yyyy-MM-dd"), F.from_unixtime(lit(1700000000)), F.from_unixtime(lit(0), "yyyy"))),
        ("date arithmetic", lambda: when.select(F.date_add("day", 1), F.date_sub("day", 30), F.datediff("day", lit(date(2024, 1, 1))), F.add_months("day", 1), F.months_between("day", lit("2024-01-01")))),
        ("date_trunc", lambda: when.select(F.date_trunc("hour", "at"), F.date_trunc("day", "at"), F.trunc("day", "month"), F.next_day("day", "Mon"))),
        ("intervals", lambda: when.select((col("at") + F.expr("INTERVAL 1 DAY")).alias("a"), (col("at") - F.expr("interval 2 hours")).alias("b"), F.expr("day + interval 1 month").alias("c"))),
        ("time zones", lambda: when.select(F.from_utc_timestamp("at", "Europe/Oslo"), F.to_utc_timestamp("at", "America/New_York"))),
        ("timestamp differences", lambda: when.select((col("at").cast("long") - lit(1700000000)), F.unix_timestamp("at") - 5)),
        ("timestamp_seconds", lambda: when.select(F.timestamp_seconds(lit(1700000000)), F.expr("timestamp_millis(1700000000123)"))),
        ("epoch milliseconds", lambda: when.select((lit(1700000000123) / 1000).cast("timestamp"), F.from_unixtime(lit(1700000000123) / 1000))),
        ("partition columns", lambda: when.withColumn("year", F.year("at")).withColumn("month", F.date_format("at", "MM")).withColumn("hour", F.lpad(F.hour("at").cast("string"), 2, "0"))),
        ("date comparisons", lambda: when.select(col("at") > col("day"), F.to_date("at") == col("day"), col("day") > lit(date(2024, 1, 1)))),
        ("make_date", lambda: when.select(F.make_date(lit(2024), lit(2), col("id")))),
        ("current times", lambda: when.select((F.current_timestamp() > col("at")).alias("later"), (F.current_date() > col("day")).alias("after"))),
        ("min and max of times", lambda: when.agg(F.min("at"), F.max("day"))),
    ]


def groups(F, events, small, col, lit):
    return [
        ("groupBy count", lambda: small.groupBy("user").count()),
        ("groupBy two", lambda: small.groupBy("user", "kind").count()),
        ("groupBy list", lambda: small.groupBy(["user"]).count()),
        ("groupBy agg", lambda: small.groupBy("user").agg(F.sum("amount"), F.avg("amount"), F.min("id"), F.max("id"), F.count("*"))),
        ("groupBy named", lambda: small.groupBy("user").agg(F.sum("amount").alias("total"), F.count(lit(1)).alias("n"))),
        ("groupBy dict", lambda: small.groupBy("user").agg({"amount": "sum", "id": "max"})),
        ("groupBy dict star", lambda: small.groupBy("user").agg({"*": "count"})),
        ("groupBy Column", lambda: small.groupBy(col("kind")).agg(F.sum("id"))),
        ("groupBy expression", lambda: small.groupBy(F.upper("kind")).count()),
        ("groupBy named expression", lambda: small.groupBy(F.upper(col("kind")).alias("k")).agg(F.sum("id").alias("s"))),
        ("groupBy date", lambda: events.groupBy(F.to_date("at").alias("d"), "kind").count()),
        ("groupBy sum", lambda: small.groupBy("user").sum("amount", "id")),
        ("groupBy sum of all", lambda: small.groupBy("kind").sum()),
        ("groupBy avg", lambda: small.groupBy("user").avg("amount")),
        ("groupBy min max mean", lambda: small.groupBy("user").max("id").union(small.groupBy("user").min("id"))),
        ("groupBy nothing", lambda: small.groupBy().sum("id")),
        ("agg", lambda: small.agg(F.sum("id"), F.countDistinct("user"), F.count("user"), F.avg("id"))),
        ("agg dict", lambda: small.agg({"id": "max"})),
        ("agg of agg name", lambda: small.groupBy("user").agg(F.sum("amount")).filter(col("sum(amount)") > 1)),
        ("agg then orderBy *", lambda: small.groupBy("user").count().orderBy(col("count").desc(), "user")),
        ("agg then filter", lambda: small.groupBy("user").agg(F.count("*").alias("n")).filter("n > 1")),
        ("countDistinct", lambda: small.groupBy("kind").agg(F.countDistinct("user"), F.countDistinct("user", "id"), F.approx_count_distinct("user"))),
        ("sum of condition", lambda: small.agg(F.sum(F.when(col("kind") == "view", 1).otherwise(0)).alias("views"), F.count(F.when(col("id") > 2, 1)))),
        ("collect_list", lambda: small.orderBy("id").groupBy("kind").agg(F.sort_array(F.collect_list("id")).alias("ids"), F.sort_array(F.collect_set("user")).alias("users"))),
        ("first and last", lambda: small.coalesce(1).orderBy("id").agg(F.first("user"), F.last("amount"), F.first("amount", ignorenulls=True), F.last("kind", True))),
        ("statistics", lambda: small.agg(F.stddev("amount"), F.variance("id"), F.stddev_pop("id"), F.corr("id", "amount"))),
        ("max_by", lambda: small.agg(F.max_by("user", "id"), F.min_by("user", "id"))),
        ("sum of decimals", lambda: events.agg(F.sum("price"), F.avg("price"), F.max("price"))),
        ("sum of expression", lambda: small.groupBy("user").agg(F.sum(col("amount") * col("id")), (F.sum("id") / F.count("*")).alias("mean"))),
        ("rounded", lambda: small.groupBy("user").agg(F.round(F.avg("amount"), 2).alias("a"))),
        ("having distinct list", lambda: small.select("user").distinct().groupBy().count()),
        ("rollup", lambda: small.filter("kind is not null").rollup("kind").count()),
        ("cube", lambda: small.filter("kind is not null and user is not null").cube("kind", "user").agg(F.sum("id"))),
        ("pivot with values", lambda: small.groupBy("user").pivot("kind", ["view", "click"]).agg(F.sum("id"))),
        ("pivot", lambda: small.groupBy("user").pivot("kind").count()),
        ("pivot two", lambda: small.groupBy("user").pivot("kind", ["view"]).agg(F.sum("id").alias("s"), F.max("id").alias("m"))),
        ("tumbling window", lambda: events.groupBy(F.window("at", "10 minutes")).count()),
        ("tumbling window fields", lambda: events.groupBy(F.window(col("at"), "1 hour").alias("w"), "kind").agg(F.sum("id").alias("s")).select("w.start", "w.end", "kind", "s")),
        ("sliding window", lambda: events.groupBy(F.window("at", "1 day", "12 hours")).agg(F.count("*").alias("n")).select(col("window.start"), col("window")["end"], "n")),
        ("window column", lambda: events.select("id", F.window("at", "1 hour").start.alias("s"), F.window("at", "1 hour").alias("w"))),
        ("count_if and any", lambda: events.agg(F.count_if(col("ok")), F.bool_or("ok"), F.bool_and("ok"))),
        ("mean of frame column", lambda: small.groupBy(small.user).agg(F.mean(small.amount), F.max(small["id"]))),
        ("percentile_approx", lambda: small.agg(F.percentile_approx("id", 0.5))),
    ]


def joins(spark, F, small, users, col):
    other = spark.createDataFrame([(1, "x"), (2, "y"), (2, "z"), (9, "w")], "id int, user string")
    kinds = ["inner", "left", "leftouter", "left_outer", "right", "rightouter", "right_outer", "outer", "full", "fullouter",
             "full_outer", "semi", "leftsemi", "left_semi", "anti", "leftanti", "left_anti"]
    return [("join how " + kind, lambda kind=kind: small.join(users, "user", kind)) for kind in kinds] + [
        ("join default", lambda: small.join(users, "user")),
        ("join list", lambda: small.join(other, ["id", "user"], "left")),
        ("join how keyword", lambda: small.join(users, on=["user"], how="left")),
        ("join Column", lambda: small.join(users, small.user == users.user).select("id", "country", small.user)),
        ("join Column, both kept", lambda: small.join(users, small.user == users.user, "left")),
        ("join Column, drop one", lambda: small.join(users, small.user == users.user, "left").drop(users.user)),
        ("join two conditions", lambda: small.join(other, (small.id == other.id) & (small.user != other.user)).select(small.id, other.user.alias("o"))),
        ("join list of Columns", lambda: small.join(other, [small.id == other.id, small.kind.isNotNull()], "left").select(small["id"], other["user"])),
        ("join full Columns", lambda: small.join(other, small.id == other.id, "outer").select(small.id.alias("a"), other.id.alias("b"))),
        ("join aliases", lambda: small.alias("a").join(other.alias("b"), col("a.id") == col("b.id"), "left").select("a.id", "b.user", col("a.user").alias("mine"))),
        ("join aliases star", lambda: small.alias("a").join(users.alias("b"), col("a.user") == col("b.user")).select("a.*", "b.country")),
        ("join aliases expr", lambda: small.alias("a").join(other.alias("b"), F.expr("a.id = b.id AND b.user > 'x'")).select("a.id", "b.user")),
        ("join to itself", lambda: small.alias("l").join(small.alias("r"), col("l.id") == col("r.id") + 1).select(col("l.id"), col("r.id").alias("before"))),
        ("join renamed", lambda: small.join(users.withColumnRenamed("user", "u"), col("user") == col("u")).drop("u")),
        ("join cross", lambda: small.select("id").crossJoin(users.select("country")).filter("id < 3")),
        ("join null safe", lambda: small.join(small.select(col("user").alias("u"), col("id").alias("i")), col("user").eqNullSafe(col("u"))).select("id", "i")),
        ("join inequality", lambda: small.join(other.select(col("id").alias("o")), col("id") < col("o")).select("id", "o")),
        ("join broadcast", lambda: small.join(F.broadcast(users), "user", "left").select("id", "age")),
        ("join then group", lambda: small.join(users, "user").groupBy("country").agg(F.sum("amount").alias("t"))),
        ("join chain", lambda: small.join(users, "user", "left").join(other.select("id", F.col("user").alias("o")), "id", "left")),
        ("join semi Column", lambda: small.join(users, small.user == users.user, "left_semi")),
        ("join anti Column", lambda: small.join(users, small.user == users.user, "left_anti")),
        ("join filter after", lambda: small.join(users, small.user == users.user, "left").filter(users.country.isNull()).select(small.id)),
        ("join withColumn after", lambda: small.join(users, "user").withColumn("x", F.coalesce(users.age, F.lit(0)))),
        ("join columns", lambda: small.join(other, small.id == other.id).columns),
        ("join ambiguous", lambda: small.join(other, small.id == other.id).select("id")),
        ("join unknown how", lambda: small.join(users, "user", "sideways")),
        ("join unknown column", lambda: small.join(users, "nothing")),
    ]


def sets(spark, F, small, col):
    a, b = small.select("id", "user").filter("id < 4"), small.select("id", "user").filter("id > 2")
    return [
        ("union", lambda: a.union(b)),
        ("unionAll", lambda: a.unionAll(b)),
        ("union by place", lambda: a.union(b.select("user", "id"))),
        ("union names", lambda: a.union(b.toDF("x", "y"))),
        ("union types", lambda: a.select("id").union(small.select("amount"))),
        ("unionByName", lambda: a.unionByName(b.select("user", "id"))),
        ("unionByName missing", lambda: a.unionByName(small.select("id", "kind"), allowMissingColumns=True)),
        ("unionByName refused", lambda: a.unionByName(small.select("id", "kind"))),
        ("union of counts differ", lambda: a.union(small)),
        ("union then distinct", lambda: a.union(b).distinct()),
        ("intersect", lambda: a.intersect(b)),
        ("subtract", lambda: a.subtract(b)),
        ("exceptAll", lambda: a.union(a).exceptAll(b)),
        ("reduce union", lambda: __import__("functools").reduce(lambda x, y: x.union(y), [a, b, a])),
    ]


def missing(F, events, small, col):
    return [
        ("fillna text", lambda: small.fillna("?")),
        ("fillna number", lambda: small.fillna(0)),
        ("fillna subset", lambda: small.fillna("?", subset=["user"])),
        ("fillna dict", lambda: small.fillna({"user": "?", "amount": 1.5})),
        ("na.fill float to int", lambda: small.withColumn("n", F.when(col("id") > 3, col("id"))).na.fill(7.9)),
        ("fillna bool", lambda: events.select("id", "ok").fillna(False)),
        ("fillna decimal", lambda: events.select("id", "price").na.fill(0)),
        ("dropna", lambda: small.dropna()),
        ("dropna all", lambda: small.select("user", "amount").dropna("all")),
        ("dropna subset", lambda: small.dropna(subset=["user"])),
        ("na.drop thresh", lambda: small.na.drop(thresh=4)),
        ("na.drop how subset", lambda: small.na.drop(how="any", subset=["user", "kind"])),
        ("replace", lambda: small.replace("ann", "eve")),
        ("replace subset", lambda: small.na.replace("view", "seen", subset=["kind"])),
        ("replace dict", lambda: small.replace({"ann": "eve", "bob": "rob"})),
        ("replace lists", lambda: small.replace(["ann", "bob"], ["1", "2"], "user")),
        ("replace numbers", lambda: small.replace(1, 100)),
        ("replace by None", lambda: small.replace("ann", None)),
        ("replace dict None", lambda: small.na.replace({"ann": None})),
    ]


def windows(F, Window, events, small, col):
    by_user = Window.partitionBy("user").orderBy("id")
    return [
        ("row_number", lambda: small.withColumn("n", F.row_number().over(by_user))),
        ("latest per key", lambda: small.withColumn("n", F.row_number().over(Window.partitionBy("user").orderBy(col("id").desc()))).filter("n = 1").drop("n")),
        ("ranks", lambda: small.select("id", F.rank().over(Window.orderBy("kind")).alias("r"), F.dense_rank().over(Window.orderBy("kind")).alias("d"))),
        ("lag and lead", lambda: small.select("id", F.lag("amount").over(by_user).alias("a"), F.lag("id", 1, 0).over(by_user).alias("b"), F.lead("id", 2).over(by_user).alias("c"))),
        ("sum over partition", lambda: small.select("id", F.sum("id").over(Window.partitionBy("user")).alias("s"))),
        ("running sum", lambda: small.select("id", F.sum("id").over(by_user).alias("s"))),
        ("rowsBetween", lambda: small.select("id", F.sum("id").over(Window.orderBy("id").rowsBetween(-1, 1)).alias("s"))),
        ("rowsBetween unbounded", lambda: small.select("id", F.sum("id").over(by_user.rowsBetween(Window.unboundedPreceding, Window.currentRow)).alias("s"))),
        ("rangeBetween", lambda: small.select("id", F.count("*").over(Window.orderBy("id").rangeBetween(-2, 0)).alias("n"))),
        ("rangeBetween unbounded", lambda: small.select("id", F.max("id").over(Window.partitionBy("kind").orderBy("id").rangeBetween(Window.unboundedPreceding, Window.unboundedFollowing)).alias("m"))),
        ("range of seconds", lambda: events.filter("at is not null").select("id", F.count("*").over(Window.orderBy(col("at").cast("long")).rangeBetween(-3600, 0)).alias("n"))),
        ("first and last over", lambda: small.select("id", F.first("id").over(by_user).alias("f"), F.last("id").over(by_user.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)).alias("l"))),
        ("last ignoring nulls", lambda: small.select("id", F.last("amount", ignorenulls=True).over(Window.orderBy("id")).alias("l"))),
        ("ntile", lambda: small.select("id", F.ntile(2).over(Window.orderBy("id")).alias("t"), F.percent_rank().over(Window.orderBy("id")).alias("p"))),
        ("difference to before", lambda: small.withColumn("d", col("id") - F.lag("id").over(by_user))),
        ("order desc", lambda: small.select("id", F.row_number().over(Window.partitionBy("kind").orderBy(F.desc("amount"), F.asc("id"))).alias("n"))),
        ("partition by Columns", lambda: small.select("id", F.count("id").over(Window.partitionBy(col("user"), small.kind)).alias("n"))),
        ("collect_list over", lambda: small.select("id", F.collect_list("id").over(by_user).alias("l"))),
        ("order by a window's *", lambda: small.select("id", F.row_number().over(by_user).alias("n")).orderBy("n", "id").select("id")),
    ]


def json_columns(F, T, events, col, lit):
    schema = T.StructType([T.StructField("a", T.IntegerType(), True), T.StructField("b", T.StructType([T.StructField("c", T.StringType())])),
                           T.StructField("d", T.ArrayType(T.LongType()))])
    raw = events.select("id", "payload")
    return [
        ("from_json StructType", lambda: raw.select("id", F.from_json("payload", schema).alias("j"))),
        ("from_json fields", lambda: raw.withColumn("j", F.from_json(col("payload"), schema)).select("id", "j.*")),
        ("from_json DDL", lambda: raw.select(F.from_json("payload", "a STRING, d ARRAY<INT>").alias("j")).select("j.a", "j.d")),
        ("from_json unnamed", lambda: raw.select(F.from_json("payload", "a INT"))),
        ("from_json map", lambda: raw.select(F.from_json("payload", T.MapType(T.StringType(), T.StringType())).alias("m"))),
        ("from_json array", lambda: raw.limit(1).select(F.from_json(lit("[1,2]"), "array<int>").alias("l"))),
        ("from_json array of structs", lambda: raw.limit(1).select(F.explode(F.from_json(lit('[{"x":1},{"x":2}]'), T.ArrayType(T.StructType().add("x", "integer")))).alias("e")).select("e.x")),
        ("from_json option", lambda: raw.select(F.from_json("payload", schema, {"mode": "PERMISSIVE"}).alias("j"))),
        ("to_json", lambda: events.select("id", F.to_json("place"), F.to_json(F.struct("id", "user", "amount")).alias("s"))),
        ("to_json more", lambda: events.select(F.to_json("attrs"), F.to_json("tags"), F.to_json(F.struct("at", "day", "price", "ok")).alias("t"))),
        ("get_json_object", lambda: raw.select(F.get_json_object("payload", "$.a"), F.get_json_object("payload", "$.b.c").alias("c"), F.get_json_object("payload", "$.d[0]").alias("d"))),
        ("json_tuple", lambda: raw.select("id", F.json_tuple("payload", "a", "d"))),
        ("json_tuple named", lambda: raw.select("id", F.json_tuple(col("payload"), "a", "b").alias("a", "b"))),
        ("schema from JSON", lambda: raw.select(F.from_json("payload", T.StructType.fromJson(json.loads(schema.json()))).alias("j"))),
        ("schema text", lambda: schema.simpleString()),
        ("schema JSON", lambda: json.loads(schema.json())),
        ("schema add", lambda: T.StructType().add("a", T.StringType()).add("b", "integer", False).add(T.StructField("c", T.DateType())).simpleString()),
        ("schema names", lambda: [schema.names, schema.fieldNames(), len(schema), schema["a"].dataType.simpleString(), [f.name for f in schema]]),
        ("types by repr", lambda: [repr(schema), repr(T.MapType(T.StringType(), T.DecimalType(5, 1))), str(T.LongType())]),
        ("types equal", lambda: [T.StringType() == T.StringType(), T.ArrayType(T.IntegerType()) == T.ArrayType(T.LongType()), schema == T.StructType.fromJson(schema.jsonValue())]),
    ]


def sql_texts(spark, F, small, users):
    def view(sql):
        small.createOrReplaceTempView("small")
        users.createOrReplaceTempView("users")
        return spark.sql(sql)
    texts = [
        "SELECT * FROM small WHERE id > 3",
        "SELECT kind, count(*) AS n, sum(amount) FROM small GROUP BY kind HAVING count(*) > 1",
        "SELECT s.id, u.country FROM small s LEFT JOIN users u ON s.user = u.user",
        "SELECT s.*, u.age FROM small AS s JOIN users AS u USING (user)",
        "WITH recent AS (SELECT * FROM small WHERE id > 2), named AS (SELECT id, upper(user) AS u FROM recent) SELECT * FROM named WHERE u IS NOT NULL",
        "SELECT id FROM small WHERE user IN (SELECT user FROM users)",
        "SELECT id FROM small s WHERE EXISTS (SELECT 1 FROM users u WHERE u.user = s.user)",
        "SELECT id, row_number() OVER (PARTITION BY user ORDER BY id DESC) AS n FROM small",
        "SELECT user, max(amount) m FROM small GROUP BY 1",
        "SELECT id FROM small UNION ALL SELECT age FROM users",
        "SELECT id FROM (SELECT id, user FROM small) t WHERE t.user = 'ann'",
        "SELECT CASE WHEN id > 3 THEN 'hi' ELSE 'lo' END AS c, id % 2 = 0 AS even FROM small",
        "SELECT id, t FROM small LATERAL VIEW explode(split(kind, 'i')) x AS t",
        "SELECT named_struct('a', id, 'b', user) AS s, map('k', kind) AS m FROM small",
        "SELECT `id` AS `my id` FROM `small`",
        "SELECT small.id, users.age FROM small, users WHERE small.user = users.user",
        "SELECT count(DISTINCT user), count(1), avg(amount) FROM small",
        "SELECT * FROM small TABLESAMPLE (100 PERCENT)",
        "VALUES (1, 'a'), (2, 'b')",
        "SELECT 1 AS one",
    ]
    return [("sql: " + text, lambda text=text: view(text)) for text in texts] + [
        ("sql order *", lambda: view("SELECT id, user FROM small ORDER BY user DESC, id LIMIT 4")),
        ("sql then frame", lambda: view("SELECT id, user FROM small").filter("id = 1").withColumn("x", F.lit(2))),
        ("sql with parameters", lambda: view("SELECT 1") and spark.sql("SELECT id FROM small WHERE id > :low AND user = :who", args={"low": 1, "who": "ann"})),
        ("table of a view", lambda: view("SELECT 1") and spark.table("small").select("id")),
        ("view replaced", lambda: (small.limit(0).createOrReplaceTempView("v"), small.filter("id = 2").createOrReplaceTempView("v"))[1] or spark.sql("SELECT * FROM v")),
        ("create temp view by sql", lambda: view("SELECT 1") and spark.sql("CREATE OR REPLACE TEMP VIEW made AS SELECT id * 2 AS n FROM small") and spark.sql("SELECT sum(n) FROM made")),
        ("sql wrong name", lambda: spark.sql("SELECT * FROM there_is_no_such_view")),
        ("sql wrong column", lambda: view("SELECT nothing FROM small")),
        ("sql wrong syntax", lambda: spark.sql("SELEKT 1")),
        ("catalog", lambda: [view("SELECT 1") and spark.catalog.tableExists("small"), spark.catalog.dropTempView("small"), spark.catalog.dropTempView("small")]),
    ]


def creating(spark, T, F):
    Row = T.Row
    return [
        ("create tuples", lambda: spark.createDataFrame([(1, "a", 1.5), (2, None, None)], ["i", "s", "d"])),
        ("create tuples without names", lambda: spark.createDataFrame([(1, "a"), (2, "b")])),
        ("create dicts", lambda: spark.createDataFrame([{"b": 1, "a": "x"}, {"a": "y", "b": None}])),
        ("create Rows", lambda: spark.createDataFrame([Row(id=1, name="a"), Row(id=2, name=None)])),
        ("create Row class", lambda: spark.createDataFrame([Row("x", "y")(1, "a")])),
        ("create DDL", lambda: spark.createDataFrame([(1, "a"), (None, None)], "i int, s string")),
        ("create colon DDL", lambda: spark.createDataFrame([(1, "a")], "i: int, s: string")),
        ("create StructType", lambda: spark.createDataFrame([(1, Decimal("1.1"), [1], {"k": 2}, (3,))], T.StructType([
            T.StructField("i", T.ShortType()), T.StructField("d", T.DecimalType(5, 2)), T.StructField("l", T.ArrayType(T.IntegerType())),
            T.StructField("m", T.MapType(T.StringType(), T.IntegerType())), T.StructField("s", T.StructType([T.StructField("x", T.LongType())]))]))),
        ("create inferred", lambda: spark.createDataFrame([(True, Decimal("1.5"), date(2024, 1, 1), dt(2024, 1, 1, 1, 1, 1), [1, 2], {"a": 1.5}, bytearray(b"x"))], ["b", "d", "day", "at", "l", "m", "x"])),
        ("create nested Rows", lambda: spark.createDataFrame([Row(id=1, inner=Row(a=1, b="x"), l=[Row(c=1)])])),
        ("create empty", lambda: spark.createDataFrame([], "a int, b string")),
        ("create empty StructType", lambda: spark.createDataFrame([], T.StructType([]))),
        ("create one column", lambda: spark.createDataFrame([1, 2, None], "int")),
        ("create one type", lambda: spark.createDataFrame(["a", "b"], T.StringType())),
        ("create dicts with schema", lambda: spark.createDataFrame([{"a": 1}, {"b": "x", "a": 2}], "a int, b string")),
        ("create not null", lambda: spark.createDataFrame([(1,)], T.StructType([T.StructField("i", T.IntegerType(), False)]))),
        ("create wrong type", lambda: spark.createDataFrame([("x",)], "i int")),
        ("create null in not null", lambda: spark.createDataFrame([(None,)], T.StructType([T.StructField("i", T.IntegerType(), False)]))),
        ("create no schema", lambda: spark.createDataFrame([])),
        ("create all None", lambda: spark.createDataFrame([(1, None)], ["a", "b"])),
        ("create mixed numbers", lambda: spark.createDataFrame([(1,), (2.5,)], ["a"])),
        ("create int for double", lambda: spark.createDataFrame([(1,)], "d double")),
        ("create names too few", lambda: spark.createDataFrame([(1, 2)], ["a"])),
        ("create length differs", lambda: spark.createDataFrame([(1, 2)], "a int")),
        ("range", lambda: spark.range(3)),
        ("range steps", lambda: spark.range(2, 10, 3)),
        ("toDF of rdd", lambda: spark.sparkContext.parallelize([(1, "a")]).toDF(["i", "s"])),
        ("emptyRDD", lambda: spark.createDataFrame(spark.sparkContext.emptyRDD(), "a int")),
    ]


def actions(spark, F, T, events, small, users, col):
    ordered = small.orderBy("id")
    return [
        ("columns", lambda: events.columns),
        ("dtypes", lambda: events.dtypes),
        ("schema", lambda: events.schema.simpleString()),
        ("schema after", lambda: small.withColumn("x", F.lit(1)).schema["x"].dataType.simpleString()),
        ("printSchema", lambda: printed(events.printSchema)),
        ("printSchema after", lambda: printed(events.select("id", F.array("user").alias("l"), F.struct("id").alias("s")).drop("l", "s").printSchema)),
        ("show", lambda: printed(ordered.show)),
        ("show some", lambda: printed(ordered.show, 2)),
        ("show one", lambda: printed(ordered.show, 1)),
        ("show untruncated", lambda: printed(events.orderBy("id").select("id", "payload", "place", "tags", "attrs").show, truncate=False)),
        ("show truncated", lambda: printed(events.orderBy("id").select("payload", "place", "at", "price").show, 3, 10)),
        ("show vertical", lambda: printed(events.orderBy("id").show, 2, vertical=True)),
        ("show vertical untruncated", lambda: printed(ordered.show, n=1, truncate=False, vertical=True)),
        ("show nothing", lambda: printed(small.limit(0).show)),
        ("show wide letters", lambda: printed(spark.createDataFrame([("日本", "é"), (None, "")], ["a", "b"]).show)),
        ("show numbers", lambda: printed(spark.createDataFrame([(1e10, 1.0, float("nan"), 1e-5), (0.1, -0.0, float("inf"), 123456789.125)], ["a", "b", "c", "d"]).show)),
        ("collect", lambda: ordered.collect()),
        ("collect all types", lambda: events.orderBy("id").collect()),
        ("first", lambda: ordered.first()),
        ("head", lambda: [ordered.head(), ordered.head(2), small.limit(0).head(), small.limit(0).first()]),
        ("take", lambda: ordered.take(2)),
        ("tail", lambda: ordered.tail(1)),
        ("row access", lambda: [ordered.first()["user"], ordered.first().user, ordered.first()[0], len(ordered.first())]),
        ("row asDict", lambda: [ordered.first().asDict(), events.orderBy("id").first().asDict(True)["place"]]),
        ("row repr", lambda: repr(ordered.first())),
        ("row in nested", lambda: [events.orderBy("id").first().place.geo.lat, events.orderBy("id").first()["attrs"]["os"]]),
        ("row contains", lambda: ["user" in ordered.first(), "nobody" in ordered.first()]),
        ("row wrong name", lambda: ordered.first()["nobody"]),
        ("row wrong attribute", lambda: ordered.first().nobody),
        ("row unpack", lambda: [[i, u] for i, u, *_ in ordered.collect()]),
        ("count", lambda: small.count()),
        ("count filtered", lambda: small.filter("id > 3").count()),
        ("isEmpty", lambda: [small.isEmpty(), small.limit(0).isEmpty()]),
        ("rdd.isEmpty", lambda: [small.rdd.isEmpty(), small.filter("false").rdd.isEmpty()]),
        ("rdd.map", lambda: small.rdd.map(lambda r: r["id"] * 2).collect()),
        ("rdd.flatMap", lambda: ordered.select("id").rdd.flatMap(lambda r: r).collect()),
        ("agg value", lambda: small.agg(F.max("id")).collect()[0][0]),
        ("agg value by name", lambda: small.agg(F.max("id")).first()["max(id)"]),
        ("distinct values", lambda: sorted(r.user for r in small.select("user").distinct().collect() if r.user)),
        ("toJSON", lambda: [json.loads(t) for t in ordered.toJSON().collect()]),
        ("toLocalIterator", lambda: [r.id for r in ordered.toLocalIterator()]),
        ("frame repr", lambda: repr(small)),
        ("column repr", lambda: [repr(col("a")), repr(col("a") + 1), repr(F.sum("x").alias("y"))]),
        ("isStreaming", lambda: small.isStreaming),
        ("in columns", lambda: "user" in small.columns),
        ("describe", lambda: small.describe("id")),
        ("summary", lambda: small.summary("count")),
        ("sample", lambda: small.sample(1.0).count()),
        ("randomSplit", lambda: [f.count() for f in small.randomSplit([1.0], 1)]),
        ("spark.version", lambda: spark.version.split(".")[:2]),
        ("conf", lambda: (spark.conf.set("spark.sql.shuffle.partitions", "1"), spark.conf.get("spark.sql.shuffle.partitions"))[1]),
        ("checkpoint", lambda: small.localCheckpoint()),
        ("session", lambda: small.sparkSession is spark),
    ]


def errors(F, small, col):
    return [
        ("select unknown", lambda: small.select("nothing").collect()),
        ("select unknown is told at once", lambda: small.select("nothing")),
        ("filter unknown", lambda: small.filter(col("nothing") > 1)),
        ("withColumn unknown", lambda: small.withColumn("x", col("nothing"))),
        ("withColumn not a Column", lambda: small.withColumn("x", 1)),
        ("attribute unknown", lambda: small.nothing),
        ("brackets unknown", lambda: small["nothing"]),
        ("column as bool", lambda: bool(col("id") > 1)),
        ("and instead of &", lambda: small.filter((col("id") > 1) and (col("id") < 2))),
        ("filter wrong syntax", lambda: small.filter("id >> > 1")),
        ("expr wrong syntax", lambda: small.select(F.expr("id +"))),
        ("group by missing", lambda: small.groupBy("nothing").count()),
        ("not grouped", lambda: small.groupBy("user").agg(col("id"))),
        ("sum of text", lambda: small.agg(F.sum("user"))),
        ("sum over struct", lambda: small.select(F.sum(F.struct("id")))),
        ("iterate a column", lambda: [c for c in col("id")]),
        ("filter by number", lambda: small.filter(1)),
        ("unknown function", lambda: small.select(F.expr("no_such_function(id)"))),
        ("cast to nothing", lambda: small.select(col("id").cast("nothing"))),
        ("toDF too few", lambda: small.toDF("a")),
        ("union with nothing", lambda: small.union(None)),
        ("dropDuplicates unknown", lambda: small.dropDuplicates(["nothing"])),
        ("dropDuplicates text", lambda: small.dropDuplicates("user").select("user")),
        ("fillna unknown", lambda: small.fillna(0, ["nothing"])),
        ("orderBy unknown", lambda: small.orderBy("nothing")),
        ("drop nothing", lambda: small.drop("nothing")),
    ]


def together(spark, F, Window, events, small, users, col, lit):
    other = spark.createDataFrame([(1, "x", 10), (2, "y", 20), (3, "z", None)], "id int, tag string, amount int")
    totals = small.groupBy("user").agg(F.sum("amount").alias("total"), F.count("*").alias("n"))
    return [
        ("three aliases", lambda: small.alias("a").join(other.alias("b"), col("a.id") == col("b.id"), "left").join(users.alias("c"), col("a.user") == col("c.user"), "left").select("a.id", "b.amount", "c.age", col("a.amount").alias("mine"))),
        ("three aliases of one", lambda: small.alias("a").join(small.alias("b"), col("a.id") == col("b.id")).join(small.alias("c"), col("b.id") == col("c.id")).select("a.id", "b.user", "c.kind")),
        ("join back the groups", lambda: small.join(totals, "user").select("id", "total", "n")),
        ("join back by frame columns", lambda: small.alias("s").join(totals.alias("t"), col("s.user") == col("t.user"), "left").select("s.id", "t.total")),
        ("join two of one name", lambda: small.join(other, small.id == other.id).select(small.id, small.amount, other.amount.alias("theirs"))),
        ("join two of one name, arithmetic", lambda: small.join(other, small.id == other.id).withColumn("d", small.amount - other.amount).select("d", "tag")),
        ("join and drop both", lambda: small.join(other, small.id == other.id).drop("amount").select("user", "tag")),
        ("join and drop theirs", lambda: small.join(other, small.id == other.id, "left").drop(other.id).drop(other.amount).orderBy("id")),
        ("join renamed before", lambda: small.join(other.select(col("id").alias("oid"), "tag"), col("id") == col("oid"), "left").select("id", "tag")),
        ("join and filter by theirs", lambda: small.join(other, small.id == other.id).where(other.amount > 10).select(small.user)),
        ("join and group by theirs", lambda: small.join(other, small.id == other.id).groupBy(other.tag).agg(F.sum(small.amount).alias("s"))),
        ("join and group by alias", lambda: small.alias("a").join(other.alias("b"), col("a.id") == col("b.id")).groupBy("a.user").agg(F.max("b.amount").alias("m"))),
        ("join and order by alias *", lambda: small.alias("a").join(other.alias("b"), col("a.id") == col("b.id")).orderBy(col("b.amount").desc()).select("b.tag")),
        ("join of filtered self", lambda: small.filter("id < 3").alias("x").join(small.filter("id > 1").alias("y"), col("x.user") == col("y.user"), "left").select("x.id", col("y.id").alias("other"))),
        ("join on two names, full", lambda: small.select("id", "amount").join(other.select("id", col("amount").cast("double").alias("amount"), "tag"), ["id", "amount"], "full")),
        ("join on upper", lambda: small.join(users, F.upper(small.user) == F.upper(users.user)).select("id", "country")),
        ("join between", lambda: small.join(other, small.id.between(other.id, other.id + 1)).select(small.id, "tag")),
        ("join then window", lambda: small.join(users, "user").withColumn("r", F.row_number().over(Window.partitionBy("country").orderBy("id"))).select("id", "r")),
        ("join then sql", lambda: (small.join(users, "user", "left").createOrReplaceTempView("joined"), spark.sql("SELECT id, country FROM joined WHERE age > 1"))[1]),
        ("join dtypes", lambda: small.join(users, "user").dtypes),
        ("select after ambiguous select", lambda: small.alias("a").join(other.alias("b"), col("a.id") == col("b.id")).select("a.id", "b.id").select("id")),
        ("old frame's column later", lambda: small.withColumn("x", col("id") + 1).filter(small.id > 2).select(small.user, "x")),
        ("column reused", lambda: (lambda c: small.select(c.alias("a"), c.cast("string").alias("b"), F.when(c > 2, c).alias("d")))(col("id") * 2)),
        ("conditions in a list", lambda: small.filter(__import__("functools").reduce(lambda a, b: a & b, [col(c).isNotNull() for c in small.columns]))),
        ("sum of columns", lambda: small.withColumn("s", sum([col("id"), col("amount")], lit(0)))),
        ("rename all", lambda: small.select([col(c).alias("c_" + c) for c in small.columns])),
        ("rename by loop", lambda: __import__("functools").reduce(lambda f, c: f.withColumnRenamed(c, c.upper()), small.columns, small)),
        ("cast by loop", lambda: __import__("functools").reduce(lambda f, c: f.withColumn(c, col(c).cast("string")), ["id", "amount"], small)),
        ("missing columns added", lambda: __import__("functools").reduce(lambda f, c: f if c in f.columns else f.withColumn(c, lit(None).cast("string")), ["id", "extra"], small)),
        ("when of when", lambda: small.select(F.when(col("kind") == "view", F.when(col("id") > 2, "late").otherwise("early")).otherwise(col("kind")).alias("w"))),
        ("when of None", lambda: small.select(F.when(col("user").isNull(), None).otherwise(col("user")).alias("u"))),
        ("when equality with None", lambda: small.filter(col("user") == None)),  # noqa: E711
        ("filter of a null condition", lambda: small.filter(~col("user").like("a%"))),
        ("text and number", lambda: small.filter(col("id") == "2")),
        ("text and number, sql", lambda: small.filter("id = '2' OR amount = '100'")),
        ("text and timestamp", lambda: events.filter(col("at") >= "2024-03-01 12:00:00").select("id")),
        ("timestamp and date", lambda: events.filter(col("at") > lit(date(2024, 3, 1))).select("id")),
        ("number overflow", lambda: small.select((col("id") + 2147483647).alias("i"), (col("id").cast("tinyint") * lit(100).cast("tinyint")).alias("t"))),
        ("cast overflow", lambda: small.select((col("id") * 100).cast("tinyint").alias("t"), lit("12.7").cast("int").alias("i"), lit(" 7 ").cast("int").alias("s"), lit("1e3").cast("double").alias("d"))),
        ("cast texts to dates", lambda: small.limit(1).select(*[lit(t).cast("date").alias("d%d" % i) for i, t in enumerate(["2024-1-2", "2024-01-02T03:04", "2024", "x", "2024-13-01"])])),
        ("cast texts to timestamps", lambda: small.limit(1).select(*[lit(t).cast("timestamp").alias("t%d" % i) for i, t in enumerate(["2024-01-02", "2024-01-02 03:04:05.123456789", "2024-01-02T03:04:05+02:00", "x"])])),
        ("cast doubles to texts", lambda: small.limit(1).select(*[lit(v).cast("string").alias("s%d" % i) for i, v in enumerate([1.0, 1e7, 1.5e-5, 123456789.125, -0.0])])),
        ("cast booleans", lambda: small.limit(1).select(lit("yes").cast("boolean").alias("a"), lit("0").cast("boolean").alias("b"), lit(True).cast("int").alias("c"), lit(2).cast("boolean").alias("d"))),
        ("cast decimals", lambda: small.limit(1).select(lit("1.005").cast("decimal(5,2)").alias("a"), lit(123456).cast("decimal(5,2)").alias("b"), lit(2.675).cast("decimal(5,2)").alias("c"))),
        ("sum of nothing", lambda: small.filter("false").agg(F.sum("id"), F.count("*"), F.max("user"), F.collect_list("id"))),
        ("group of nothing", lambda: small.filter("false").groupBy("user").count()),
        ("average of ints", lambda: small.groupBy("kind").agg(F.avg("id").alias("a"), F.round(F.avg("amount"), 1).alias("r"))),
        ("arrays gathered", lambda: small.groupBy("user").agg(F.sort_array(F.collect_list(F.struct("id", "kind"))).alias("l")).withColumn("first", col("l")[0]["kind"])),
        ("latest by struct", lambda: small.groupBy("user").agg(F.max(F.struct("id", "kind")).alias("m")).select("user", "m.id", "m.kind")),
        ("explode then group", lambda: events.select("id", F.explode("tags").alias("tag")).groupBy("tag").agg(F.count("*").alias("n"))),
        ("explode two", lambda: events.select("id", F.explode("tags").alias("tag")).join(events.select("id", F.explode("attrs").alias("k", "v")), "id")),
        ("explode with star", lambda: events.select("id", "tags").select("*", F.explode("tags").alias("tag"))),
        ("explode with star, sql", lambda: events.select("id", "tags").selectExpr("*", "explode(tags) AS tag")),
        ("star and explode, sql", lambda: (events.createOrReplaceTempView("ev"), spark.sql("SELECT *, explode(tags) AS tag FROM (SELECT id, tags FROM ev)"))[1]),
        ("posexplode and star, sql", lambda: (events.createOrReplaceTempView("ev"), spark.sql("SELECT posexplode(tags), * FROM (SELECT id, tags FROM ev)"))[1]),
        ("lateral view and star, sql", lambda: (events.createOrReplaceTempView("ev"), spark.sql("SELECT * FROM (SELECT id, tags FROM ev) LATERAL VIEW explode(tags) e AS tag"))[1]),
        ("window and star, sql", lambda: (events.createOrReplaceTempView("ev"), spark.sql("SELECT *, window(at, '1 hour') AS w FROM (SELECT id, at FROM ev) WHERE at IS NOT NULL"))[1]),
        ("nested names twice", lambda: small.alias("a").join(other.alias("b"), col("a.id") == col("b.id")).join(other.alias("c"), col("a.id") == col("c.id")).select("c.amount", "b.amount", "a.amount", "a.id")),
        ("stars of three", lambda: small.alias("a").join(other.alias("b"), col("a.id") == col("b.id")).join(users.alias("c"), col("a.user") == col("c.user")).select("b.*", "c.age")),
        ("explode map in withColumn", lambda: events.select("id", F.map_keys("attrs").alias("k")).withColumn("k", F.explode("k"))),
        ("array of structs' field", lambda: events.limit(1).select(F.array(F.struct(lit(1).alias("a")), F.struct(lit(2).alias("a"))).alias("l")).select("l.a", col("l.a")[0])),
        ("JSON of all", lambda: small.select(F.to_json(F.struct([col(c) for c in small.columns])).alias("value"))),
        ("JSON of star", lambda: small.select(F.to_json(F.struct("*")).alias("value"))),
        ("JSON there and back", lambda: small.select(F.from_json(F.to_json(F.struct("id", "amount")), "id int, amount double").alias("j")).select("j.*")),
        ("hash key", lambda: small.select(F.sha2(F.concat_ws("|", *[F.coalesce(col(c).cast("string"), lit("")) for c in small.columns]), 256).alias("key"))),
        ("date partitions", lambda: events.select(F.date_format("at", "yyyy").alias("y"), F.date_format("at", "MM").alias("m"), F.date_format("at", "HH").alias("h"), F.date_format("at", "yyyyMMdd'T'HHmm").alias("t"))),
        ("date from parts", lambda: events.select(F.to_timestamp(F.concat(F.to_date("at").cast("string"), lit(" 01:02:03"))).alias("t"))),
        ("seconds between", lambda: events.select((F.col("at").cast("long") - F.lag("at").over(Window.orderBy("id")).cast("long")).alias("d"))),
        ("cumulative by day", lambda: events.filter("at is not null").groupBy(F.to_date("at").alias("d")).agg(F.count("*").alias("n")).withColumn("c", F.sum("n").over(Window.orderBy("d").rowsBetween(Window.unboundedPreceding, 0)))),
        ("percent of total", lambda: small.withColumn("p", F.round(col("id") / F.sum("id").over(Window.partitionBy()), 3)).select("id", "p")),
        ("top two per group", lambda: small.withColumn("r", F.rank().over(Window.partitionBy("kind").orderBy(F.col("amount").desc_nulls_last()))).where(col("r") <= 2).drop("r")),
        ("split and trim", lambda: small.limit(1).select(F.transform(F.split(lit("a , b,c"), ","), lambda x: F.trim(x)).alias("l"))),
        ("literals of lists in conditions", lambda: small.filter(F.array_contains(F.array(lit("ann"), lit("bob")), col("user")))),
        ("count by condition", lambda: small.groupBy("user").agg(F.sum((col("kind") == "view").cast("int")).alias("views"), F.max(col("kind") == "buy").alias("bought"))),
        ("having by Column", lambda: small.groupBy("user").agg(F.sum("id").alias("s")).filter((col("s") > 2) & col("user").isNotNull())),
        ("agg by list", lambda: small.groupBy("user").agg(*[F.max(c).alias("max_" + c) for c in ("id", "amount")])),
        ("agg by dict of several", lambda: small.agg({"id": "sum", "amount": "avg", "user": "count"})),
        ("repeated keys in agg", lambda: small.groupBy("user").agg(F.first("user").alias("u"), F.last("id").alias("l")).select("u")),
        ("empty frame unions", lambda: spark.createDataFrame([], small.schema).union(small)),
        ("schema of empty", lambda: small.filter("false").schema.simpleString()),
        ("limit then count", lambda: small.limit(3).count()),
        ("order by two places *", lambda: small.select("id", (col("amount") * -1).alias("m")).orderBy("m", "id").limit(3)),
        ("fill then group", lambda: small.fillna({"user": "none"}).groupBy("user").count()),
        ("names in other letter case", lambda: small.groupBy("USER").agg(F.sum("Amount")).filter("user = 'bob'")),
        ("back-quoted", lambda: small.select("`id`", col("`user`"), F.expr("`kind`"))),
        ("keywords as names", lambda: small.select(col("id").alias("order"), col("user").alias("select")).filter(col("order") > 1).select("order", "select")),
    ]


def jobs(spark, F, Window, T, events, small, users, col, lit):
    def daily():
        return (events.filter(col("at").isNotNull()).withColumn("date", F.to_date("at"))
                .groupBy("date", F.coalesce("kind", lit("none")).alias("kind"))
                .agg(F.count("*").alias("events"), F.countDistinct("user").alias("users"), F.sum("price").alias("revenue"))
                .withColumn("share", F.round(col("events") / F.sum("events").over(Window.partitionBy("date")), 3)))

    def flattened():
        schema = T.StructType().add("a", "integer").add("b", T.StructType().add("c", "string"))
        return (events.select("id", F.from_json("payload", schema).alias("p")).select("id", "p.a", col("p.b.c").alias("c"))
                .filter(col("a").isNotNull() | col("c").isNotNull()))

    def sessions():
        order = Window.partitionBy("user").orderBy("at")
        return (events.filter("at is not null and user is not null")
                .withColumn("gap", F.unix_timestamp("at") - F.unix_timestamp(F.lag("at").over(order)))
                .withColumn("new", F.when(col("gap").isNull() | (col("gap") > 1800), 1).otherwise(0))
                .withColumn("session", F.sum("new").over(order)).select("id", "gap", "session"))

    def enriched():
        return (small.join(F.broadcast(users), "user", "left").na.fill({"country": "??", "age": 0})
                .withColumn("adult", col("age") >= 18).withColumn("tier", F.expr("CASE WHEN amount > 1 THEN 'A' ELSE 'B' END"))
                .select("id", "user", "country", "adult", "tier"))

    def upsert():
        new = small.select("id", "user", lit(2).alias("version"))
        old = spark.createDataFrame([(1, "old", 1), (7, "old", 1)], "id int, user string, version int")
        newest = Window.partitionBy("id").orderBy(col("version").desc())
        return old.unionByName(new).withColumn("rank", F.row_number().over(newest)).where("rank = 1").drop("rank")

    def quality():
        checks = [F.sum(F.when(col(c).isNull(), 1).otherwise(0)).alias(c + "_missing") for c in small.columns]
        return small.agg(F.count("*").alias("rows"), *checks)

    return [("job " + f.__name__, f) for f in (daily, flattened, sessions, enriched, upsert, quality)]


# ---- answers ----

def plain(value):
    """A value of a row, as JSON that both write alike."""
    if isinstance(value, (dt, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return "%s as decimal" % value
    if isinstance(value, (bytes, bytearray)):
        return "0x" + bytes(value).hex()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, tuple) and hasattr(value, "__fields__"):
        return {"row": [[n, plain(v)] for n, v in zip(value.__fields__, value)]}
    if isinstance(value, dict):
        return {"map": sorted(([plain(k), plain(v)] for k, v in value.items()), key=repr)}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def answer(name, function):
    try:
        made = function()
        if not hasattr(made, "sparkSession"):
            return {"name": name, "value": plain(made)}
        rows = [[plain(v) for v in row] for row in made.collect()]
        return {"name": name, "columns": [[f.name, f.dataType.simpleString()] for f in made.schema],
                "rows": rows if name.endswith(" *") else sorted(rows, key=repr)}
    except Exception as problem:
        told = {"name": name, "error": type(problem).__name__.replace("PySpark", "")}
        return dict(told, text=str(problem)[:300]) if told["error"] == "Unsupported" or SHOW_TEXTS else told


SHOW_TEXTS = False


def answers(spark):
    """Prints a line of JSON per case."""
    from pyspark.sql import Window, functions, types
    for name, function in cases(spark, functions, Window, types):
        print(json.dumps(answer(name, function), ensure_ascii=False))
