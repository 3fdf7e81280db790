"""pyspark.sql.functions: each makes the Spark SQL of its name. A row of the table says how a
function takes its arguments: c a column or a column's name, l a literal or a column; ? may be left
out, * any number."""
import sluice_plan
from pyspark.sql.column import Column, Item, Said, call, case_when, literal, literal_part, named, parts_of, path_part

_TABLE = """
abs c|acos c|asin c|atan c|atan2 c c|cbrt c|ceil c|ceiling c|cos c|cosh c|cot c|degrees c|exp c|expm1 c
factorial c|floor c|hypot c c|log1p c|log10 c|log2 c|pow c c|power c c|radians c|rint c|round c l?|bround c l?
sign c|signum c|sin c|sinh c|sqrt c|tan c|tanh c|pmod c c|bin c|hex c|unhex c|conv c l l|shiftleft c l|shiftright c l
ascii c|base64 c|unbase64 c|char_length c|character_length c|chr c|concat c*|concat_ws l c*|contains c c
decode c l|encode c l|endswith c c|format_number c l|format_string l c*|initcap c|instr c l|lcase c|left c l|length c
levenshtein c c|locate l c l?|lower c|lpad c l l|ltrim c|overlay c c c c?|regexp_count c c|regexp_extract c l l
regexp_extract_all c l l?|regexp_like c l|regexp_replace c l l|regexp_substr c l|repeat c l|replace c l l?|reverse c
right c l|rpad c l l|rtrim c|soundex c|split c l l?|split_part c c c|startswith c c|substr c c c?|substring c l l
substring_index c l l|translate c l l|trim c|ucase c|upper c|url_decode c|url_encode c|crc32 c|md5 c|sha c|sha1 c
sha2 c l|hash c*|xxhash64 c*|uuid|nullif c c|nvl c c|nvl2 c c c|ifnull c c|coalesce c*|greatest c*|least c*|isnan c
nanvl c c|zeroifnull c|nullifzero c
add_months c l|current_date|current_timestamp|now|localtimestamp|current_timezone|date_add c l|dateadd c l
date_diff c c|datediff c c|date_format c l|date_from_unix_date c|date_sub c l|date_trunc l c|day c|dayofmonth c
dayofweek c|dayofyear c|from_unixtime c l?|from_utc_timestamp c l|hour c|last_day c|make_date c c c|minute c|month c
months_between c c l?|next_day c l|quarter c|second c|timestamp_micros c|timestamp_millis c|timestamp_seconds c
to_date c l?|to_timestamp c l?|to_unix_timestamp c l?|to_utc_timestamp c l|trunc c l|try_to_timestamp c l?|unix_date c
unix_micros c|unix_millis c|unix_seconds c|weekday c|weekofyear c|year c|convert_timezone l c c
array c*|array_append c l|array_compact c|array_contains c l|array_distinct c|array_except c c|array_insert c l l
array_intersect c c|array_join c l l?|array_max c|array_min c|array_position c l|array_prepend c l|array_remove c l
array_repeat c l|array_size c|array_sort c|array_union c c|arrays_overlap c c|arrays_zip c*|cardinality c|element_at c l
explode c|explode_outer c|flatten c|get c l|inline c|inline_outer c|map_concat c*|map_contains_key c l|map_entries c
map_from_arrays c c|map_from_entries c|map_keys c|map_values c|named_struct c*|posexplode c|posexplode_outer c
sequence c c c?|shuffle c|size c|slice c l l|sort_array c l?|try_element_at c l|get_json_object c l
json_array_length c|json_object_keys c|schema_of_json l|str_to_map c l? l?
any_value c|avg c|bit_and c|bit_or c|bit_xor c|bool_and c|bool_or c|collect_list c|collect_set c|corr c c|count c
count_if c|covar_pop c c|covar_samp c c|every c|kurtosis c|max c|max_by c c|mean c|median c|min c|min_by c c|mode c
percentile c l|product c|skewness c|some c|std c|stddev c|stddev_pop c|stddev_samp c|sum c|try_avg c|try_sum c
var_pop c|var_samp c|variance c|array_agg c|grouping c|grouping_id c*
cume_dist|dense_rank|ntile l|percent_rank|rank|row_number|nth_value c l
bitwise_not c|bit_count c|input_file_name|monotonically_increasing_id|spark_partition_id|version|current_user|e|pi
assert_true c l?|raise_error l|typeof c|try_add c c|try_divide c c|try_multiply c c|try_subtract c c|to_number c l
window_time c|to_binary c l?|to_char c l|to_varchar c l|luhn_check c|bitmap_count c|positive c|negative c|negate c
"""

# Spark has them; what to do here instead.
_UNSUPPORTED = {
    "pandas_udf": "write the computation with functions of pyspark.sql.functions",
    "udtf": "use explode", "from_avro": "", "to_avro": "", "from_csv": "use split", "to_csv": "use concat_ws",
    "schema_of_csv": "", "session_window": "use window", "xpath": "",
    "call_udf": "", "input_file_block_start": "", "input_file_block_length": "", "from_xml": "",
    "percentile_approx": "use percentile", "histogram_numeric": "", "count_min_sketch": "",
    "aes_encrypt": "", "aes_decrypt": "", "sentences": "", "map_zip_with": "", "zip_with": "",
    "bucket": "", "years": "",
    "months": "", "days": "", "hours": "", "partitioning": "", "unwrap_udt": "", "approxCountDistinct": "",
}


_SPECS = {row.split()[0]: row.split()[1:] for row in _TABLE.strip().replace("\n", "|").split("|")}


def _make(name, specification):
    def function(*given, **keywords):
        given = list(given) + list(keywords.values())
        if specification and specification[0] == "c*" and len(given) == 1 and isinstance(given[0], (list, tuple)):
            given = list(given[0])
        arguments, kinds = [], list(specification)
        for value in given:
            kind = kinds[0] if kinds else None
            if kind is None:
                raise TypeError("%s() takes %d arguments, %d were given" % (name, len(specification), len(given)))
            if not kind.endswith("*"):
                kinds.pop(0)
            if value is None and kind == "l?":
                continue
            arguments.append(named(value) if kind[0] == "c" else parts_of(value))
        if any(not k.endswith(("?", "*")) for k in kinds):
            raise TypeError("%s() misses arguments: it takes %d" % (name, len(specification)))
        return call(name, *arguments)
    function.__name__ = function.__qualname__ = name
    return function


def __getattr__(name):
    if name in _SPECS:
        function = globals()[name] = _make(name, _SPECS[name])
        return function
    if name in _UNSUPPORTED:
        def refuse(*_, **__):
            sluice_plan.unsupported("pyspark.sql.functions." + name, _UNSUPPORTED[name])
        return refuse
    raise AttributeError("module 'pyspark.sql.functions' has no attribute '%s'" % name)


# ---- columns and literals ----

def col(name):
    return Column((path_part(name),))


column = col


def lit(value):
    return value if isinstance(value, Column) else Column(literal_part(value))


def expr(text):
    from pyspark.sql.dataframe import split_alias
    body, name = split_alias(text)
    import re
    made = Column(Said("(%s)" % body, body if re.fullmatch(r"[\w.`]+(\(.*\))?", body) else "(%s)" % body))
    made._output, made._raw = name, text
    return made


def when(condition, value):
    return case_when(condition, value)


def asc(column):
    return _column(column).asc()


def desc(column):
    return _column(column).desc()


def asc_nulls_first(column):
    return _column(column).asc_nulls_first()


def asc_nulls_last(column):
    return _column(column).asc_nulls_last()


def desc_nulls_first(column):
    return _column(column).desc_nulls_first()


def desc_nulls_last(column):
    return _column(column).desc_nulls_last()


def _column(value):
    return value if isinstance(value, Column) else col(value)


def broadcast(frame):
    return frame


def create_map(*columns):
    if len(columns) == 1 and isinstance(columns[0], (list, tuple)):
        columns = columns[0]
    return call("map", *[named(c) for c in columns])


def struct(*columns):
    """Fields are called as the columns would be."""
    if len(columns) == 1 and isinstance(columns[0], (list, tuple)):
        columns = columns[0]
    fields = []
    if any(c == "*" for c in columns if isinstance(c, str)):
        return call("struct", *[named(c) for c in columns])
    for number, one in enumerate(map(_column, columns), 1):
        last = one._parts[-1]
        name = one._output_name() or (last.key if isinstance(last, Item) else "col%d" % number)
        fields += [(literal_part(name),), one._parts]
    return call("named_struct", *fields)


def log(base, column=None):
    if column is None:
        return call("ln", named(base))
    return call("log", parts_of(base), named(column))


def ln(column):
    return call("ln", named(column))


def isnull(column):
    return _column(column).isNull()


def isnotnull(column):
    return _column(column).isNotNull()


def json_tuple(column, *fields):
    """Columns of their own, called c0, c1... where they have no names."""
    made = Column(("json_tuple(",) + named(column) + (")",))
    made._several = [call("get_json_object", named(column), (literal("$." + f),)) for f in fields]
    return made


def rand(seed=None):
    return call("rand", *([] if seed is None else [parts_of(seed)]))


def randn(seed=None):
    return call("randn", *([] if seed is None else [parts_of(seed)]))


def unix_timestamp(timestamp=None, format=None):
    arguments = [] if timestamp is None else [named(timestamp)]
    return call("unix_timestamp", *(arguments + ([] if format is None else [parts_of(format)])))


# ---- aggregates ----

def _distinct(name, columns):
    parts = [name]
    for at, one in enumerate(columns):
        parts += ([", "] if at else []) + list(named(one))
    return Column(tuple(parts + [")"]))


def countDistinct(column, *more):
    return _distinct("count(DISTINCT ", (column,) + more)


count_distinct = countDistinct


def sumDistinct(column):
    return _distinct("sum(DISTINCT ", (column,))


sum_distinct = sumDistinct


def approx_count_distinct(column, rsd=None):
    return _distinct(Said("count(DISTINCT ", "approx_count_distinct("), (column,))  # exact: a batch is small


def _first(name):
    def function(column, ignorenulls=False):
        return call(name, named(column), (Said("true", None),)) if ignorenulls else call(name, named(column))
    return function


first, last, first_value, last_value = _first("first"), _first("last"), _first("first"), _first("last")


def _shift(name):
    def function(column, offset=1, default=None):
        arguments = [named(column), parts_of(offset)]
        return call(name, *(arguments + ([] if default is None else [parts_of(default)])))
    return function


lag, lead = _shift("lag"), _shift("lead")


def window(timeColumn, windowDuration, slideDuration=None, startTime=None):
    arguments = [named(timeColumn), parts_of(windowDuration)]
    if slideDuration or startTime:
        arguments.append(parts_of(slideDuration or windowDuration))
    if startTime:
        arguments.append(parts_of(startTime))
    made = call("window", *arguments)
    made._output = "window"
    return made


# ---- JSON ----

def _schema_text(schema):
    from pyspark.sql.types import DataType, type_of
    if isinstance(schema, Column):
        return schema._parts
    return (Said(literal((schema if isinstance(schema, DataType) else type_of(schema)).simpleString()), None),)


def from_json(column, schema, options=None):
    if options:
        _check_options("from_json", options, {"mode": "permissive", "dropfieldifallnull": "false"})
    return call("from_json", named(column), _schema_text(schema))


def to_json(column, options=None):
    if options:
        _check_options("to_json", options, {"ignorenullfields": "true"})
    return call("to_json", named(column))


def _check_options(name, options, known):
    for key, value in options.items():
        if known.get(key.lower()) != str(value).lower():
            sluice_plan.unsupported("%s with the option %s=%s" % (name, key, value))


# ---- functions over arrays ----

def _lambda(function):
    import inspect
    names = ["x", "y", "z"][:len(inspect.signature(function).parameters)]
    variable = "namedlambdavariable()"
    body = function(*[Column(Said(n, variable)) for n in names])
    head = names[0] if len(names) == 1 else "(%s)" % ", ".join(names)
    return (Said(head + " -> ", "lambdafunction("),) + parts_of(body) + (Said("", (", " + variable) * len(names) + ")"),)


def transform(column, function):
    return call("transform", named(column), _lambda(function))


def filter(column, function):
    return call("filter", named(column), _lambda(function))


def forall(column, function):
    return call("forall", named(column), _lambda(function))


def map_filter(column, function):
    return call("map_filter", named(column), _lambda(function))


def transform_values(column, function):
    return call("transform_values", named(column), _lambda(function))


def transform_keys(column, function):
    return call("transform_keys", named(column), _lambda(function))


def aggregate(column, initialValue, merge, finish=None):
    more = [_lambda(finish)] if finish else []
    return call("aggregate", named(column), named(initialValue), _lambda(merge), *more)


reduce = aggregate


def exists(column, function):
    return call("exists", named(column), _lambda(function))


# ---- functions in Python ----

def udf(f=None, returnType=None):
    from pyspark.sql.udf import make
    return make(f, returnType)


__all__ = [n for n in list(_SPECS) + list(_UNSUPPORTED) + list(globals()) if not n.startswith("_")
           and n not in ("sluice_plan", "Column", "Item", "Said", "call", "case_when", "literal", "literal_part",
                         "named", "parts_of", "path_part")]
