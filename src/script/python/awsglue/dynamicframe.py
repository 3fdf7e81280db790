"""DynamicFrame: the same plan as a DataFrame, in Glue's words."""
import sluice_plan


def path_of(text):
    """ `a.b` is b within a; back-quotes protect a dot. """
    import re
    return [a or b for a, b in re.findall(r"`([^`]*)`|([^.`]+)", text)]


def _sql_path(text):
    from pyspark.sql.column import quote
    return ".".join(quote(p) for p in path_of(text))


class DynamicFrame:
    def __init__(self, frame, glue_ctx=None, name="", info=None):
        self._df, self.glue_ctx, self.name = frame, glue_ctx, name
        self._choices = {}

    @classmethod
    def fromDF(cls, dataframe, glue_ctx, name=""):
        return cls(dataframe, glue_ctx, name)

    def toDF(self, options=None):
        return self._df

    def _with(self, frame, ctx=""):
        return DynamicFrame(frame, self.glue_ctx, ctx or self.name)

    @property
    def _plan(self):
        return self._df._plan

    # ---- looking ----

    def count(self):
        return self._df.count()

    def schema(self):
        return self._df.schema

    def printSchema(self):
        print("root\n" + _tree(self._df.schema, "|"))

    def show(self, num_rows=20):
        from pyspark.sql.dataframe import DataFrame
        for line in self._df.limit(num_rows).toJSON().collect():
            print(line)

    def getNumPartitions(self):
        return 1

    def errorsCount(self):
        return 0

    stageErrorsCount = errorsCount

    def repartition(self, num_partitions, *_, **__):
        return self

    coalesce = repartition

    # ---- columns ----

    def apply_mapping(self, mappings, case_sensitive=False, transformation_ctx="", info="",
                      stageThreshold=0, totalThreshold=0):
        from pyspark.sql.dataframe import DataFrame
        step = {"ApplyMapping": {"Name": "ApplyMapping", "Inputs": ["frame"],
                                 "Mapping": [_mapping_item(m) for m in mappings]}}
        df = self._df
        plan = df._plan
        if "sql" in plan:  # a native step over SQL: its columns are of these types in SQL too
            return self._with(_mapped(df, step["ApplyMapping"]["Mapping"]), transformation_ctx)
        plan = dict(plan, steps=plan["steps"] + [step])
        return self._with(DataFrame(plan, lineage=df._lineage), transformation_ctx)

    def select_fields(self, paths, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        from pyspark.sql.column import Column
        known = {c.lower(): c for c in self._df.columns}
        columns = [Column(_sql_path(p)).alias(path_of(p)[-1]) for p in paths if path_of(p)[0].lower() in known]
        return self._with(self._df.select(*columns), transformation_ctx)

    def drop_fields(self, paths, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        df = self._df
        for path in paths:
            parts = path_of(path)
            if len(parts) == 1:
                df = df.drop(parts[0])
            else:
                df = _rebuild(df, parts, None)
        return self._with(df, transformation_ctx)

    def rename_field(self, oldName, newName, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        old, new = path_of(oldName), path_of(newName)
        if len(old) == 1 and len(new) == 1:
            return self._with(self._df.withColumnRenamed(old[0], new[0]), transformation_ctx)
        if len(new) != 1:
            sluice_plan.unsupported("rename_field to the nested field '%s'" % newName, "use ApplyMapping")
        from pyspark.sql.column import Column
        df = self._df.withColumn(new[0], Column(_sql_path(oldName)))
        return self._with(_rebuild(df, old, None), transformation_ctx)

    def split_fields(self, paths, name1, name2, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        return DynamicFrameCollection({name1: self.select_fields(paths), name2: self.drop_fields(paths)}, self.glue_ctx)

    def unnest(self, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        """Fields of structs become columns called a.b."""
        return self._with(_flatten(self._df), transformation_ctx)

    def resolveChoice(self, specs=None, choice="", database=None, table_name=None, transformation_ctx="", info="",
                      stageThreshold=0, totalThreshold=0, catalog_id=None):
        """A detected column has one type here; of the actions those that convert have an effect."""
        from pyspark.sql.column import Column, quote
        df = self._df
        for path, action in specs or []:
            word, _, argument = action.partition(":")
            parts = path_of(path)
            if not df._has(parts[0]):
                continue
            if word in ("cast", "project") and argument:
                if len(parts) > 1:
                    df = _rebuild(df, parts, argument)
                else:
                    df = df.withColumn(parts[0], Column("CAST(%s AS %s)" % (quote(parts[0]), argument)))
            elif word not in ("make_cols", "make_struct"):
                sluice_plan.unsupported("resolveChoice with '%s'" % action, "use cast:type")
        if choice.startswith("cast:"):
            df = df._replace({n: Column("CAST(%s AS %s)" % (quote(n), choice[5:])) for n, _ in df.dtypes})
        elif choice.lower() == "match_catalog":
            import json
            from pyspark.sql.readwriter import catalog_table
            _, _, document = catalog_table("%s.%s" % (database, table_name))
            wanted = {c["Name"].lower(): c["Type"] for c in document["StorageDescriptor"]["Columns"]}
            df = df._replace({n: Column("CAST(%s AS %s)" % (quote(n), wanted[n.lower()]))
                              for n, t in df.dtypes if n.lower() in wanted and wanted[n.lower()] != t})
        elif choice and choice.lower() not in ("make_cols", "make_struct"):
            sluice_plan.unsupported("resolveChoice(choice='%s')" % choice, "use specs with cast:type")
        return self._with(df, transformation_ctx)

    # ---- rows ----

    def filter(self, f, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        from pyspark.sql.column import Column
        try:
            condition = f(_Record(self._df))
        except (TypeError, ValueError) as problem:
            condition = None
        if condition is None or not isinstance(condition, (Column, bool)):
            sluice_plan.unsupported("a filter function that is no expression of its row's fields",
                                    "combine conditions with &, | and ~ in parentheses, or use toDF().filter")
        if isinstance(condition, bool):
            return self if condition else self._with(self._df.limit(0))
        return self._with(self._df.filter(condition), transformation_ctx)

    def map(self, f, transformation_ctx="", preservesPartitioning=False, info="", stageThreshold=0, totalThreshold=0):
        from pyspark.sql.column import Column, literal
        record = _Record(self._df, writable=True)
        try:
            made = f(record)
        except (TypeError, ValueError, AttributeError):
            made = None
        if not isinstance(made, (_Record, dict)):
            sluice_plan.unsupported("a map function that is no expression of its row's fields",
                                    "use toDF().withColumn with functions of pyspark.sql.functions")
        columns = made._columns if isinstance(made, _Record) else made
        return self._with(self._df.select(*[
            (c if isinstance(c, Column) else Column(literal(c))).alias(n) for n, c in columns.items()]), transformation_ctx)

    def join(self, paths1, paths2, frame2, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        left, right = self._df, frame2._df
        condition = None
        for one, other in zip(paths1, paths2):
            term = left[one] == right[other]
            condition = term if condition is None else condition & term
        return self._with(left.join(right, condition), transformation_ctx)

    def union(self, other, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        return self._with(self._df.unionByName(other._df, allowMissingColumns=True), transformation_ctx)

    def mergeDynamicFrame(self, stage_dynamic_frame, primary_keys, transformation_ctx="", *_, **__):
        """Staged rows take the place of those with the same keys; the others are added."""
        stage = stage_dynamic_frame._df
        kept = self._df.join(stage, list(primary_keys), "leftanti")
        return self._with(kept.unionByName(stage, allowMissingColumns=True), transformation_ctx)

    def relationalize(self, root_table_name, staging_path=None, options={}, transformation_ctx="", info="",
                      stageThreshold=0, totalThreshold=0):
        from awsglue.relationalize import relationalize
        return DynamicFrameCollection({n: self._with(d, n) for n, d in relationalize(self._df, root_table_name).items()},
                                      self.glue_ctx)

    def drop_null_fields(self, transformation_ctx=""):
        """Columns that hold nothing but NULL in this frame."""
        from pyspark.sql.column import Column, quote
        names = self._df.columns
        if not names:
            return self
        counts = self._df._derive("SELECT %s FROM %s" % (
            ", ".join("count(%s) AS %s" % (quote(n), quote("c%d" % i)) for i, n in enumerate(names)),
            self._df._source()[0]))._rows()[0]
        return self._with(self._df.drop(*[n for n, c in zip(names, counts) if c == 0]), transformation_ctx)

    @property
    def write(self):
        return self.glue_ctx.write_dynamic_frame

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        sluice_plan.unsupported("DynamicFrame." + name, "use toDF() and the functions of DataFrame")


class _Record:
    """A row that is not there: its fields are columns, so that a function of a row is an expression."""

    def __init__(self, frame, writable=False):
        from pyspark.sql.column import Column, quote
        self._writable = writable
        self._columns = {n: Column(quote(n)) for n in frame.columns}

    def _name(self, key):
        for name in self._columns:
            if name.lower() == key.lower():
                return name
        raise KeyError(key)

    def __getitem__(self, key):
        from pyspark.sql.column import Column
        parts = path_of(key) if isinstance(key, str) else [key]
        column = self._columns[self._name(parts[0])]
        for part in parts[1:]:
            column = column.getField(part)
        return column

    def get(self, key, default=None):
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key):
        return any(n.lower() == key.lower() for n in self._columns)

    def __setitem__(self, key, value):
        try:
            key = self._name(key)
        except KeyError:
            pass
        self._columns[key] = value

    def __delitem__(self, key):
        del self._columns[self._name(key)]

    def keys(self):
        return self._columns.keys()

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]


def _tree(type_, prefix):
    """Glue's lines of a schema."""
    from pyspark.sql.types import ArrayType, MapType, StructType
    if isinstance(type_, StructType):
        children = [(f.name, f.dataType) for f in type_.fields]
    elif isinstance(type_, ArrayType):
        children = [("element", type_.elementType)]
    elif isinstance(type_, MapType):
        children = [("keyType", type_.keyType), ("valueType", type_.valueType)]
    else:
        return ""
    names = {"tinyint": "byte", "smallint": "short", "bigint": "long"}
    return "".join("%s-- %s: %s\n%s" % (prefix, name, names.get(t.simpleString(), t.typeName() if t.typeName() != "integer" else "int"),
                                        _tree(t, prefix + "    |")) for name, t in children)


def _mapping_item(mapping):
    if len(mapping) == 2:
        source, target, source_type, target_type = mapping[0], mapping[1], None, None
    elif len(mapping) == 3:
        (source, source_type, target), target_type = mapping, None
    else:
        source, source_type, target, target_type = mapping
    item = {"FromPath": path_of(source), "ToKey": target}
    if source_type:
        item["FromType"] = source_type
    if target_type:
        item["ToType"] = target_type
    return item


def _mapped(df, items):
    """ApplyMapping as SQL: the same fields, types and nesting."""
    from pyspark.sql.column import Column, quote
    tree = {}
    for item in items:
        path, node = path_of(item["ToKey"]), tree
        for part in path[:-1]:
            node = node.setdefault(part, {})
        known = df._has(item["FromPath"][0])
        type_ = item.get("ToType") or item.get("FromType")
        if type_ in ("struct", "array", "map", "choice"):
            type_ = None
        if type_ == "decimal":
            type_ = "decimal(10,2)"
        text = ".".join(quote(p) for p in item["FromPath"]) if known else "NULL"
        if not known and not type_:
            continue
        node[path[-1]] = "CAST(%s AS %s)" % (text, type_) if type_ else text

    def text_of(node):
        if isinstance(node, str):
            return node
        return "named_struct(%s)" % ", ".join("'%s', %s" % (n, text_of(c)) for n, c in node.items())
    return df.select(*[Column(text_of(c)).alias(n) for n, c in tree.items()])


def _rebuild(df, path, type_):
    """A struct anew, with the field at the path cast, or, without a type, left out."""
    from pyspark.sql.column import Column, quote
    from pyspark.sql.types import StructType

    def build(prefix, struct, rest):
        items = []
        for field in struct.fields:
            here = "%s.%s" % (prefix, quote(field.name))
            if field.name.lower() == rest[0].lower():
                if len(rest) > 1 and isinstance(field.dataType, StructType):
                    here = build(here, field.dataType, rest[1:])
                elif type_ is None:
                    continue
                else:
                    here = "CAST(%s AS %s)" % (here, type_)
            items.append("'%s', %s" % (field.name, here))
        return "named_struct(%s)" % ", ".join(items)
    for field in df.schema.fields:
        if field.name.lower() == path[0].lower() and isinstance(field.dataType, StructType):
            return df.withColumn(field.name, Column(build(quote(field.name), field.dataType, path[1:])))
    return df


def _flatten(df, separator="."):
    from pyspark.sql.column import Column, quote
    from pyspark.sql.types import StructType
    columns = []

    def walk(text, name, type_):
        if isinstance(type_, StructType):
            for field in type_.fields:
                walk("%s.%s" % (text, quote(field.name)), "%s%s%s" % (name, separator, field.name), field.dataType)
        else:
            columns.append(Column(text).alias(name))
    for field in df.schema.fields:
        walk(quote(field.name), field.name, field.dataType)
    return df.select(*columns)


class DynamicFrameCollection:
    def __init__(self, dynamic_frames, glue_ctx=None):
        self._frames, self.glue_ctx = dict(dynamic_frames), glue_ctx

    def __getitem__(self, key):
        return self._frames[key]

    def __len__(self):
        return len(self._frames)

    def keys(self):
        return self._frames.keys()

    def values(self):
        return self._frames.values()

    def select(self, key, default_key=""):
        return self._frames[key if key in self._frames else default_key]


class DynamicFrameReader:
    pass


class DynamicFrameWriter:
    pass
