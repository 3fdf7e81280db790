"""DataFrame: a plan. Nothing is computed before an action (count, write, collect...). A plan is a leaf
with nodes of job documents, or Spark SQL over such leaves, which the engine understands and runs."""
import itertools
import json
import _sluice
import sluice_plan
from pyspark.sql.column import Call, Column, Ref, named, path_part, quote

_ids = itertools.count(1)
_schemas = {}  # what a plan's columns are, by its text and that of the stream's columns
JSON_COLUMN = "$json$data_infer_schema$_temporary$"


def stream_plan(source, schema=None):
    """The rows of the batch whose function runs; `schema`: [[name, type]], as far as it is known."""
    leaf = {"kind": "stream"}
    if schema is not None:
        leaf["schema"] = schema
    return {"leaf": leaf, "steps": [], "source": source}


def engine_plan(plan):
    """What the engine reads of a plan."""
    return {k: v for k, v in plan.items() if k != "source"}


def _table_name(native):
    """The same plan has the same name in every batch."""
    import zlib
    return "t%08x" % zlib.crc32(json.dumps(native, sort_keys=True).encode())


def split_alias(text):
    """ "a + 1 AS b" -> ("a + 1", "b"); without an alias (text, None) """
    import re
    found = re.match(r"(?s)^(.*\S)\s+as\s+(`(?:[^`]|``)+`|\w+)\s*$", text, re.I)
    if found and found.group(1).count("(") == found.group(1).count(")"):
        return found.group(1), found.group(2).strip("`").replace("``", "`")
    return text, None


_GENERATORS = {"explode": (), "explode_outer": (), "posexplode": ("pos",), "posexplode_outer": ("pos",),
               "inline": (), "inline_outer": ()}


def shown_name(column, type_of=lambda name: None):
    """The name Spark gives a column without an alias."""
    name = column._output_name()
    return name if name is not None else column._said(type_of)


def _calls(columns):
    return [p for c in columns if isinstance(c, Column) for p in c._parts if isinstance(p, Call)]


def _called(column, names):
    """The column with its calls' results in their places."""
    if not isinstance(column, Column) or not _calls([column]):
        return column
    made = Column(tuple(quote(names[id(p)]) if isinstance(p, Call) else p for p in column._parts))
    made._name = column._name if column._name is not None else shown_name(column)
    return made


def flat(columns):
    if len(columns) == 1 and isinstance(columns[0], (list, tuple, set)):
        return list(columns[0])
    return list(columns)


class DataFrame:
    def __init__(self, plan, shown=None, places=None, lineage=(), aliases=(), order=None):
        self._plan = plan
        self._shown = shown or {}      # a column's own name -> the one it shows, where they differ
        self._places = places or {}    # (frame or alias, name) -> a column's own name
        self._id = next(_ids)
        self._lineage = frozenset(lineage) | {self._id}
        self._aliases = frozenset(aliases)
        self._order = order            # (SQL of what is ordered, order) of a frame that is

    # ---- making plans ----

    def _source(self):
        """FROM what, and the leaves below it by name."""
        if "sql" in self._plan:
            return "(%s)" % self._plan["sql"], self._plan["tables"]
        native = {"leaf": self._plan["leaf"], "steps": self._plan["steps"]}
        name = _table_name(native)
        return name, {name: native}

    def _derive(self, sql, tables=None, **more):
        plan = {"sql": sql, "tables": self._source()[1] if tables is None else tables}
        if "source" in self._plan:
            plan["source"] = self._plan["source"]
        return DataFrame(plan, lineage=self._lineage, **more)

    def _same_columns(self, sql, **more):
        return self._derive(sql, shown=self._shown, places=self._places, aliases=self._aliases, **more)

    def _resolve(self, ref):
        if ref.frame is not None:
            return quote(self._places.get((ref.frame, ref.name.lower()), ref.name))
        parts = ref.name.split(".")
        if len(parts) > 1 and parts[0].lower() in self._aliases:
            own = self._places.get((parts[0].lower(), parts[1].lower()), parts[1])
            parts = [own] + parts[2:]
        elif len(parts) > 1 and not self._has(parts[0]) and self._has(ref.name):
            parts = [ref.name]
        return ".".join(p if p == "*" or p.startswith("`") else quote(p) for p in parts)

    def _has(self, name):
        return any(n.lower() == name.lower() for n in self.columns)

    def _text(self, value):
        """An operand as SQL: a Column, or SQL text."""
        return self._column_text(value) if isinstance(value, Column) else value

    def _column_text(self, value):
        """A Column, or a column's name."""
        parts = named(value)
        if self._shown and self._places:
            self._refuse_ambiguous(parts)
        return "".join(p if isinstance(p, str) else self._resolve(p) for p in parts)

    def _refuse_ambiguous(self, parts):
        """A bare name that two columns have, of a join's sides for example."""
        twice = {n.lower() for o, n in self._shown.items() if o in self._places.values() and self._has(n)}
        for part in parts:
            if isinstance(part, str) and part.strip("`").lower() in twice and part.startswith("`") \
                    and [c.lower() for c in self.columns].count(part.strip("`").lower()) > 1:
                raise sluice_plan.AnalysisException("[AMBIGUOUS_REFERENCE] Reference %s is ambiguous" % part)

    def _type_of(self, name):
        """The type of a column, for how its items are called."""
        from pyspark.sql.types import type_of
        found = {self._shown_as(own).lower(): text for own, text in self._own()}.get(name.lower())
        return type_of(found) if found else None

    def _own(self):
        """[own name, type] of every column."""
        stream = sluice_plan.stream_schema
        key = json.dumps(engine_plan(self._plan), sort_keys=True) + "\0" + str(stream)
        if key not in _schemas:
            _schemas[key] = json.loads(sluice_plan.call(_sluice.schema, engine_plan(self._plan)))
        return _schemas[key]

    def _shown_as(self, own):
        return self._shown.get(own, own)

    # ---- schema ----

    @property
    def columns(self):
        return [self._shown_as(own) for own, _ in self._own()]

    @property
    def schema(self):
        from pyspark.sql.types import StructField, StructType, type_of
        return StructType([StructField(self._shown_as(own), type_of(text)) for own, text in self._own()])

    @property
    def dtypes(self):
        return [(self._shown_as(own), text) for own, text in self._own()]

    @property
    def isStreaming(self):
        return "source" in self._plan and sluice_plan.batch is None

    @property
    def sparkSession(self):
        from pyspark.sql.session import SparkSession
        return SparkSession.builder.getOrCreate()

    @property
    def sql_ctx(self):
        return self.sparkSession

    def printSchema(self, level=None):
        print(self.schema.treeString())

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        if name in _UNSUPPORTED:
            sluice_plan.unsupported("DataFrame." + name, _UNSUPPORTED[name])
        if not self._has(name):
            raise AttributeError("'DataFrame' object has no attribute '%s'" % name)
        return Column((Ref(self._id, name),))

    def __getitem__(self, key):
        if isinstance(key, str):
            if key != "*" and "." not in key and not self._has(key):
                raise sluice_plan.AnalysisException(
                    "[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column or function parameter with name `%s` cannot be "
                    "resolved. Did you mean one of the following? [%s]." % (key, ", ".join(quote(c) for c in self.columns)))
            return Column((Ref(self._id if "." not in key else None, key),))
        if isinstance(key, int):
            return Column((Ref(self._id, self.columns[key]),))
        if isinstance(key, Column):
            return self.filter(key)
        return self.select(*key)

    # ---- columns ----

    def _items(self, columns):
        """SELECT items, and how they are called."""
        items, names = [], []
        for column in columns:
            if isinstance(column, str):
                column = Column((path_part(column),))
            of_alias = self._of_alias(column)
            if of_alias is not None:
                items += map(quote, of_alias)
                names += [(own, self._shown_as(own)) for own in of_alias]
                continue
            text = self._text(column)
            if text == "*" and not self._shown and len(columns) == 1:
                items.append("*")
            elif text == "*":
                items += [quote(own) for own, _ in self._own()]
                names += [(own, self._shown_as(own)) for own, _ in self._own()]
            elif text.endswith(".*"):
                items.append(text)
            elif column._raw is not None:
                items.append(column._raw)
            else:
                name = shown_name(column, self._type_of)
                name = name.split(".")[-1] if len(column._parts) == 1 and isinstance(column._parts[0], Ref) \
                    and column._name is None and quote(name) != text else name
                own, number = name, 2
                while own.lower() in (n[0].lower() for n in names):
                    own, number = "%s__%d" % (name, number), number + 1
                names.append((own, name))
                items.append(text if text == quote(own) else "%s AS %s" % (text, quote(own)))
        return items, {own: name for own, name in names if own != name}

    def _of_alias(self, column):
        """The columns that `a.*` means after a join of frames with aliases; None: it is not that."""
        part = column._parts[0]
        if len(column._parts) > 1 or not isinstance(part, Ref) or not part.name.endswith(".*"):
            return None
        owns = self._places.get((part.name[:-2].lower(), "*"))
        return owns and [own for own, _ in self._own() if own in owns]

    def _generated(self, columns):
        """Columns with those that make rows of several columns replaced by what they make, and how."""
        plain, laterals = [], []
        for column in columns:
            if not isinstance(column, Column):
                plain.append(column)
            elif column._several:
                names = column._names or (["c%d" % i for i in range(len(column._several))]
                                          if column._name is None else [column._name])
                plain += [c.alias(n) for c, n in zip(column._several, names)]
            elif column._parts[0] in _GENERATORS and column._name is None:
                lateral, made = self._lateral(column, "__g%d" % len(laterals))
                laterals.append(lateral)
                plain += made
            else:
                plain.append(column)
        return plain, "".join(laterals)

    def select(self, *columns):
        columns = flat(columns)
        if _calls(columns):
            frame, columns = self._call_python(columns)
            return frame.select(*columns)
        columns, laterals = self._generated(columns)
        items, shown = self._items(columns)
        source, tables = self._source()
        source += laterals
        json_wanted = JSON_COLUMN in "".join(items)
        if json_wanted and "leaf" in self._plan and not self._plan["steps"]:
            native = {"leaf": dict(self._plan["leaf"], json=JSON_COLUMN), "steps": []}
            source = _table_name(native)
            tables = {source: native}
        twice = {(None, own): own for own, name in shown.items() if "%s AS %s" % (quote(name), quote(own)) not in items}
        return self._derive("SELECT %s FROM %s" % (", ".join(items), source), tables, shown=shown, places=twice,
                            aliases=self._aliases)

    def _call_python(self, columns):
        """This frame with the results of the functions in Python that the columns call as columns of
        its own, and the columns in terms of these. Its rows become Python values: slow, and exact."""
        from pyspark.sql.types import StructField, StructType, reader_of, type_of
        from pyspark.sql.values import frame_of
        calls, own = _calls(columns), self._own()
        items = [quote(o) for o, _ in own]
        for number, call in enumerate(calls):
            items += ["%s AS `__a%d_%d`" % (Column(a)._text(self._resolve), number, at) for at, a in enumerate(call.arguments)]
        wide = self._derive("SELECT %s FROM %s" % (", ".join(items), self._source()[0]))
        readers = [reader_of(type_of(text)) for _, text in wide._own()]
        names, rows = ["__f%d" % n for n in range(len(calls))], []
        for row in wide._rows():
            values = [r(v) if r else v for r, v in zip(readers, row)]
            made, at = values[:len(own)], len(own)
            for call in calls:
                made.append(call.function(*values[at:at + len(call.arguments)]))
                at += len(call.arguments)
            rows.append(made)
        struct = StructType([StructField(o, text) for o, text in own] +
                            [StructField(n, c.type) for n, c in zip(names, calls)])
        plan = frame_of(rows, struct)._plan
        frame = DataFrame(plan, self._shown, self._places, self._lineage, self._aliases)
        return frame, [_called(c, dict(zip(map(id, calls), names))) for c in columns]

    def _lateral(self, column, prefix):
        """A function that makes rows of several columns, under names that no column has."""
        from pyspark.sql.types import MapType
        text, name = self._text(column), str(column._parts[0])
        plain = name[:-6] if name.endswith("_outer") else name
        of = self._derive("SELECT %s AS x FROM %s" % (text[len(name):], self._source()[0])).schema["x"].dataType
        if plain == "inline":
            made = tuple(of.elementType.names)
        else:
            made = _GENERATORS[name] + (("key", "value") if isinstance(of, MapType) else ("col",))
        owns = ["%s_%d" % (prefix, i) for i in range(len(made))]
        view = " LATERAL VIEW%s %s%s AS %s" % (" OUTER" if plain != name else "", plain, text[len(name):],
                                               ", ".join(map(quote, owns)))
        return view, [Column(quote(own)).alias(n) for own, n in zip(owns, column._names or made)]

    def selectExpr(self, *texts):
        from pyspark.sql.functions import expr
        return self.select(*[expr(t) if t.strip() != "*" else "*" for t in flat(texts)])

    def _replace(self, changes):
        """Columns by name, changed in their place or added behind."""
        if _calls(changes.values()):
            own = [o for o, _ in self._own()]
            frame, columns = self._call_python(list(changes.values()))
            made = frame._replace(dict(zip(changes, columns)))
            return made.drop(*[o for o, _ in frame._own() if o not in own])
        items, left = [], {n.lower(): (n, c) for n, c in changes.items()}
        for own, _ in self._own():
            change = left.pop(self._shown_as(own).lower(), None)
            items.append(quote(own) if change is None else "%s AS %s" % (
                self._text(change[1]), quote(change[0] if own not in self._shown else own)))
        items += ["%s AS %s" % (self._text(c), quote(n)) for n, c in left.values()]
        return self._same_columns("SELECT %s FROM %s" % (", ".join(items), self._source()[0]))

    def withColumn(self, name, column):
        if not isinstance(column, Column):
            raise TypeError("[NOT_COLUMN] Argument `col` should be a Column, got %s." % type(column).__name__)
        return self._replace({name: column})

    def withColumns(self, changes):
        return self._replace(changes)

    def withColumnRenamed(self, existing, new):
        return self.withColumnsRenamed({existing: new})

    def withColumnsRenamed(self, names):
        names = {k.lower(): v for k, v in names.items()}
        items, shown = [], {}
        for own, _ in self._own():
            new = names.get(self._shown_as(own).lower())
            items.append("%s AS %s" % (quote(own), quote(new)) if new else quote(own))
            if not new and own in self._shown:
                shown[own] = self._shown[own]
        return self._derive("SELECT %s FROM %s" % (", ".join(items), self._source()[0]), shown=shown,
                            places=self._places, aliases=self._aliases)

    def toDF(self, *names):
        names = flat(names)
        own = self._own()
        if not names:
            return self
        if len(names) != len(own):
            raise sluice_plan.IllegalArgumentException(
                "The number of columns doesn't match: %d names for %d columns" % (len(names), len(own)))
        items = ["%s AS %s" % (quote(o), quote(n)) for (o, _), n in zip(own, names)]
        return self._derive("SELECT %s FROM %s" % (", ".join(items), self._source()[0]))

    def drop(self, *columns):
        gone = set()
        for column in flat(columns):
            if isinstance(column, Column):
                gone.add(self._text(column).strip("`").lower())
            else:
                gone |= {own.lower() for own, _ in self._own() if self._shown_as(own).lower() == column.lower()}
        kept = [own for own, _ in self._own() if own.lower() not in gone]
        if len(kept) == len(self._own()):
            return self
        shown = {o: n for o, n in self._shown.items() if o in kept}
        return self._derive("SELECT %s FROM %s" % (", ".join(map(quote, kept)), self._source()[0]),
                            shown=shown, places=self._places, aliases=self._aliases)

    def alias(self, name):
        made = DataFrame(self._plan, self._shown, dict(self._places), self._lineage, {name.lower()}, self._order)
        for own, shown in self._shown.items():
            made._places[(name.lower(), shown.lower())] = own
        return made

    def colRegex(self, pattern):
        import re
        made = Column("*")
        found = [c for c in self.columns if re.fullmatch(pattern.strip("`"), c)]
        made._several, made._names = [Column(quote(c)) for c in found], found
        return made

    # ---- rows ----

    def filter(self, condition):
        if not isinstance(condition, (str, Column)):
            raise TypeError("[NOT_COLUMN_OR_STR] Argument `condition` should be a Column or str, got %s."
                            % type(condition).__name__)
        if _calls([condition]):
            own = [o for o, _ in self._own()]
            frame, columns = self._call_python([condition])
            return frame.filter(columns[0]).drop(*[o for o, _ in frame._own() if o not in own])
        return self._same_columns("SELECT * FROM %s WHERE %s" % (self._from_aliased(), self._text(condition)))

    where = filter

    def _from_aliased(self):
        """With its alias, for conditions that are SQL text."""
        source = self._source()[0]
        return "%s AS %s" % (source, quote(next(iter(self._aliases)))) if len(self._aliases) == 1 and \
            not self._places else source

    def distinct(self):
        return self._same_columns("SELECT DISTINCT * FROM %s" % self._source()[0])

    def dropDuplicates(self, subset=None):
        if isinstance(subset, str):
            raise TypeError("[NOT_LIST_OR_TUPLE] Argument `subset` should be a list or tuple, got str.")
        if not subset:
            return self.distinct()
        keys = {self._column_text(s).lower() for s in subset}
        own = [quote(o) for o, _ in self._own()]
        missing = keys - {o.lower() for o in own}
        if missing:
            raise sluice_plan.AnalysisException("Cannot resolve column name %s among (%s)"
                                                % (", ".join(missing), ", ".join(self.columns)))
        items = [o if o.lower() in keys else "first(%s) AS %s" % (o, o) for o in own]
        group = [o for o in own if o.lower() in keys]
        return self._same_columns("SELECT %s FROM %s GROUP BY %s" % (
            ", ".join(items), self._source()[0], ", ".join(group)))

    drop_duplicates = dropDuplicates

    def dropDuplicatesWithinWatermark(self, subset=None):
        sluice_plan.unsupported("DataFrame.dropDuplicatesWithinWatermark",
                                "dropDuplicates in the batch function removes duplicates of a batch")

    def _order_texts(self, columns, ascending):
        columns = flat(columns)
        flags = ascending if isinstance(ascending, (list, tuple)) else [ascending] * len(columns)
        texts = []
        for column, up in zip(columns, flags):
            text = self._column_text(column)
            if not text.endswith((" NULLS FIRST", " NULLS LAST")):
                text += " ASC NULLS FIRST" if up else " DESC NULLS LAST"
            texts.append(text)
        return ", ".join(texts)

    def orderBy(self, *columns, ascending=True):
        order = self._order_texts(columns, ascending)
        source = self._source()[0]
        return self._same_columns("SELECT * FROM %s ORDER BY %s" % (source, order), order=(source, order))

    sort = sortWithinPartitions = orderBy

    def limit(self, count):
        if self._order:
            return self._same_columns("SELECT * FROM %s ORDER BY %s LIMIT %d" % (*self._order, count))
        return self._same_columns("SELECT * FROM %s LIMIT %d" % (self._source()[0], count))

    def offset(self, count):
        return self._same_columns("%s OFFSET %d" % (
            "SELECT * FROM %s ORDER BY %s" % self._order if self._order
            else "SELECT * FROM %s" % self._source()[0], count))

    def _set(self, other, words, by_name=False):
        left, right = self._source(), other._source()
        names = "*"
        if by_name:
            names = ", ".join(quote(o) for o, _ in self._own())
        return self._derive("SELECT %s FROM %s %s SELECT %s FROM %s" % (names, left[0], words, names, right[0]),
                            {**left[1], **right[1]}, shown=self._shown)

    def union(self, other):
        return self._set(other, "UNION ALL")

    unionAll = union

    def unionByName(self, other, allowMissingColumns=False):
        if allowMissingColumns:
            mine, theirs = self._own(), other._own()
            known, there = {o.lower() for o, _ in mine}, {o.lower() for o, _ in theirs}
            left = self._replace({o: Column("CAST(NULL AS %s)" % t) for o, t in theirs if o.lower() not in known})
            right = other._replace({o: Column("CAST(NULL AS %s)" % t) for o, t in mine if o.lower() not in there})
            return left._set(right, "UNION ALL", True)
        return self._set(other, "UNION ALL", True)

    def intersect(self, other):
        return self._set(other, "INTERSECT")

    def intersectAll(self, other):
        return self._set(other, "INTERSECT ALL")

    def exceptAll(self, other):
        return self._set(other, "EXCEPT ALL")

    def subtract(self, other):
        return self._set(other, "EXCEPT")

    # ---- joins ----

    def join(self, other, on=None, how=None):
        from pyspark.sql.join import join
        return join(self, other, on, how or "inner")

    def crossJoin(self, other):
        return self.join(other, None, "cross")

    # ---- groups ----

    def groupBy(self, *columns):
        from pyspark.sql.group import GroupedData
        return GroupedData(self, flat(columns))

    groupby = groupBy

    def rollup(self, *columns):
        from pyspark.sql.group import GroupedData
        return GroupedData(self, flat(columns), "ROLLUP")

    def cube(self, *columns):
        from pyspark.sql.group import GroupedData
        return GroupedData(self, flat(columns), "CUBE")

    def agg(self, *columns):
        return self.groupBy().agg(*columns)

    # ---- missing values ----

    @property
    def na(self):
        from pyspark.sql.missing import Missing
        return Missing(self)

    def fillna(self, value, subset=None):
        return self.na.fill(value, subset)

    def dropna(self, how="any", thresh=None, subset=None):
        return self.na.drop(how, thresh, subset)

    def replace(self, to_replace, value=None, subset=None):
        return self.na.replace(to_replace, value, subset)

    # ---- hints: there is one machine, and nothing is computed twice that matters ----

    def _itself(self, *_, **__):
        return self

    cache = persist = unpersist = repartition = coalesce = hint = checkpoint = localCheckpoint = _itself
    repartitionByRange = withWatermark = observe = _itself

    def transform(self, function, *args, **kwargs):
        return function(self, *args, **kwargs)

    # ---- actions ----

    def count(self):
        if "sql" not in self._plan:
            return sluice_plan.call(_sluice.count, engine_plan(self._plan))
        return self._derive("SELECT count(*) AS n FROM %s" % self._source()[0])._rows()[0][0]

    def isEmpty(self):
        return self.count() == 0 if "sql" not in self._plan else not self.limit(1)._rows()

    def _rows(self):
        return sluice_plan.call(_sluice.rows, engine_plan(self._plan))

    def collect(self):
        from pyspark.sql.types import make_row, reader_of
        struct = self.schema
        names, readers = struct.names, [reader_of(f.dataType) for f in struct.fields]
        return [make_row(names, [r(v) if r else v for r, v in zip(readers, row)]) for row in self._rows()]

    def toLocalIterator(self, prefetchPartitions=False):
        return iter(self.collect())

    def take(self, count):
        return self.limit(count).collect()

    def tail(self, count):
        return self.collect()[-count:] if count else []

    def head(self, n=None):
        rows = self.take(1 if n is None else n)
        return rows if n is not None else rows[0] if rows else None

    def first(self):
        return self.head()

    def foreach(self, function):
        for row in self.collect():
            function(row)

    def foreachPartition(self, function):
        function(iter(self.collect()))

    def toJSON(self, use_unicode=True):
        own = ", ".join("%s AS %s" % (quote(o), quote(self._shown_as(o))) for o, _ in self._own())
        return _Values([r[0] for r in self._derive(
            "SELECT to_json(struct(*)) AS value FROM (SELECT %s FROM %s)" % (own, self._source()[0]))._rows()])

    def toPandas(self):
        try:
            import pandas
        except ImportError:
            raise ImportError("[PACKAGE_NOT_INSTALLED] toPandas needs pandas, which this machine's Python has not: "
                              "collect() gives the rows") from None
        return pandas.DataFrame.from_records([tuple(r) for r in self.collect()], columns=self.columns)

    @property
    def rdd(self):
        return _Values(self.collect(), "RDD")

    def show(self, n=20, truncate=True, vertical=False):
        from pyspark.sql.show import table
        print(table(self, n, truncate, vertical))

    def explain(self, *_, **__):
        print(self._plan.get("sql", json.dumps(engine_plan(self._plan))))

    def createOrReplaceTempView(self, name):
        self.sparkSession._views[name.lower()] = self

    createTempView = createOrReplaceGlobalTempView = createGlobalTempView = createOrReplaceTempView
    registerTempTable = createOrReplaceTempView

    # ---- writing ----

    @property
    def write(self):
        from pyspark.sql.readwriter import DataFrameWriter
        return DataFrameWriter(self)

    @property
    def writeStream(self):
        from pyspark.sql.streaming import DataStreamWriter
        return DataStreamWriter(self)

    def __repr__(self):
        return "DataFrame[%s]" % ", ".join("%s: %s" % pair for pair in self.dtypes)


_UNSUPPORTED = {
    "writeTo": "use df.write or write_dynamic_frame", "sample": "", "sampleBy": "", "randomSplit": "",
    "approxQuantile": "use the function percentile", "corr": "use the function corr", "cov": "", "crosstab": "",
    "freqItems": "", "stat": "", "summary": "use agg", "describe": "use agg", "mapInPandas": "", "mapInArrow": "",
    "pandas_api": "use toPandas", "melt": "use the SQL function stack", "unpivot": "", "storageLevel": "",
    "semanticHash": "", "sameSemantics": "", "inputFiles": "", "to": "use select and cast", "isLocal": "",
    "to_pandas_on_spark": "use toPandas", "to_koalas": "use toPandas",
}


class _Values:
    """Collected values, where Spark gives an RDD: for small results."""

    def __init__(self, values, name="RDD"):
        self._values = values

    def collect(self):
        return list(self._values)

    def count(self):
        return len(self._values)

    def isEmpty(self):
        return not self._values

    def first(self):
        return self._values[0]

    def take(self, count):
        return self._values[:count]

    def map(self, function):
        return _Values([function(v) for v in self._values])

    def flatMap(self, function):
        return _Values([e for v in self._values for e in function(v)])

    def filter(self, function):
        return _Values([v for v in self._values if function(v)])

    def foreach(self, function):
        for value in self._values:
            function(value)

    def foreachPartition(self, function):
        function(iter(self._values))

    def getNumPartitions(self):
        return 1

    def toDF(self, schema=None):
        from pyspark.sql.session import SparkSession
        return SparkSession.builder.getOrCreate().createDataFrame(self._values, schema)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        sluice_plan.unsupported("RDD." + name, "use the functions of DataFrame")
