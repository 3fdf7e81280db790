CREATE TEMP VIEW events AS SELECT * FROM VALUES (1, 'A', 10, 1.5D, '2023-09-07 10:00:00', true, 'x,y,z'), (2, 'B', NULL, 2.25D, '2023-09-07T11:30:00Z', false, ''), (3, 'A', 30, NULL, 'not a time', NULL, 'x'), (4, NULL, 40, -0.5D, '2023-09-08 00:00:00.123456', true, NULL), (5, 'B', 50, 1e10D, '2023-12-31', false, ' y ') AS t(id, kind, amount, ratio, at, flag, tags)
CREATE TEMP VIEW lookup AS SELECT * FROM VALUES ('A', 'Alpha', 1L), ('B', 'Beta', 2L), ('C', 'Gamma', 3L) AS t(kind, name, rank)
CREATE TEMP VIEW nested AS SELECT 1 AS id, array(3, 1, NULL, 2) AS xs, map('a', 1, 'b', 2) AS m, named_struct('p', 'q', 'n', 7, 'deep', named_struct('z', 1.5D)) AS s, array(named_struct('k', 'one', 'v', 1), named_struct('k', 'two', 'v', 2)) AS items UNION ALL SELECT 2, array(), map(), named_struct('p', CAST(NULL AS STRING), 'n', 0, 'deep', CAST(NULL AS STRUCT<z: DOUBLE>)), array() UNION ALL SELECT 3, NULL, NULL, NULL, NULL
CREATE TEMP VIEW raw AS SELECT * FROM VALUES (1, '{"device":"v1","metrics":{"o2":97.5,"n":3},"tags":["a","b"],"ts":"2023-09-07 10:11:12"}'), (2, '{"device":"v2","metrics":{"o2":null}}'), (3, 'broken'), (4, '{"device":5,"metrics":{"o2":"88.1","n":"x"},"extra":true}'), (5, NULL) AS t(id, body)
SELECT 1 AS Foo
SELECT 'a' b
SELECT 2L
SELECT 1.5
SELECT 1.5D
SELECT 1.5F
SELECT 1S
SELECT 1Y
SELECT 1.50BD
SELECT true
SELECT NULL
SELECT 'it''s'
SELECT "double quoted"
SELECT 'tab\tnew'
SELECT r'raw\n'
SELECT 'a' 'b'
SELECT 7 / 2
SELECT 7 % 2
SELECT -7 % 3
SELECT 7 div 2
SELECT -7 div 2
SELECT 7.5 % 2
SELECT 5 / 0
SELECT 5 % 0
SELECT 5 div 0
SELECT 1 / 3
SELECT 1.0 / 3
SELECT 10.00 / 3.0
SELECT 2L / 4
SELECT 1D / 0
SELECT 0D / 0
SELECT 2147483647 + 1
SELECT -2147483648 - 1
SELECT 9223372036854775807 + 1
SELECT 2147483647 * 2
SELECT 127Y + 1Y
SELECT abs(-2147483648)
SELECT 1.1 + 2.22
SELECT 1.1 * 2.22
SELECT 1.1 - 2.22
SELECT 99999999999999999999999999999999999999 + 1
SELECT 1.5 + 1
SELECT 1.5 + 1.5D
SELECT '3' + 4
SELECT '3' * '4'
SELECT '3.5' + 1
SELECT 'x' + 1
SELECT '10' / 4
SELECT '7' % 2
SELECT -'5'
SELECT 1 = '1'
SELECT 1 = '1.0'
SELECT '10' < 9
SELECT 'a' < 'b'
SELECT 1.0 = 1
SELECT true = 1
SELECT true = 'true'
SELECT NULL = NULL
SELECT NULL <=> NULL
SELECT 1 <=> NULL
SELECT 1 IN (1, 2)
SELECT 3 IN (1, NULL)
SELECT NULL IN (1)
SELECT '1' IN (1, 2)
SELECT 1 NOT IN (2, 3)
SELECT 5 BETWEEN 1 AND 5, '5' BETWEEN 1 AND 10, NULL BETWEEN 1 AND 2, 5 NOT BETWEEN 6 AND 7
SELECT true AND NULL
SELECT false AND NULL
SELECT true OR NULL
SELECT false OR NULL
SELECT NOT NULL
SELECT NOT true
SELECT !false
SELECT 'abc' LIKE 'a%'
SELECT 'abc' LIKE 'a_c'
SELECT 'a%c' LIKE 'a\\%c'
SELECT 'abc' NOT LIKE 'b%'
SELECT 'ABC' ILIKE 'abc'
SELECT 'abc' RLIKE '^a.c$'
SELECT 'abc' REGEXP 'b'
SELECT NULL LIKE 'a'
SELECT CASE WHEN 1 > 2 THEN 'a' ELSE 'c' END, CASE 3 WHEN 1 THEN 'one' WHEN 3 THEN 'three' END, CASE WHEN false THEN 1 END, CASE WHEN true THEN 1 ELSE 2.5 END
SELECT if(true, 1, 2)
SELECT if(NULL, 1, 2)
SELECT coalesce(NULL, NULL, 3)
SELECT coalesce(NULL, 'a')
SELECT nvl(NULL, 5)
SELECT nvl2(NULL, 1, 2)
SELECT nvl2(1, 'a', 'b')
SELECT ifnull(NULL, 'z')
SELECT nullif(1, 1)
SELECT nullif(1, 2)
SELECT isnull(NULL)
SELECT isnotnull(NULL)
SELECT NULL IS NULL
SELECT 1 IS NOT NULL
SELECT cast('12' AS int)
SELECT cast(' 12 ' AS int)
SELECT cast('12.7' AS int)
SELECT cast('abc' AS int)
SELECT cast('' AS int)
SELECT cast('9999999999' AS int)
SELECT cast('1e3' AS int)
SELECT cast('+5' AS bigint)
SELECT cast('0x10' AS int)
SELECT cast(12.7D AS int)
SELECT cast(-12.7D AS int)
SELECT cast(1e10D AS int)
SELECT cast('NaN' AS double)
SELECT cast(cast('NaN' AS double) AS int)
SELECT cast('inf' AS double)
SELECT cast('-Infinity' AS float)
SELECT cast(300 AS tinyint)
SELECT cast(70000 AS smallint)
SELECT cast(5000000000 AS int)
SELECT cast(12.5 AS int)
SELECT cast(true AS int)
SELECT cast(2 AS boolean)
SELECT cast('yes' AS boolean)
SELECT cast('t' AS boolean)
SELECT cast('0' AS boolean)
SELECT cast('maybe' AS boolean)
SELECT cast(1.5D AS string)
SELECT cast(1e10D AS string)
SELECT cast(1e-5D AS string)
SELECT cast(100D AS string)
SELECT cast(1.0F AS string)
SELECT cast(12345678.9D AS string)
SELECT cast(0.001D AS string)
SELECT cast(1.50 AS string)
SELECT cast(true AS string)
SELECT cast(123L AS string)
SELECT cast('1.256' AS decimal(5,2))
SELECT cast('1.255' AS decimal(5,2))
SELECT cast(1234567 AS decimal(5,2))
SELECT cast(-1.255D AS decimal(5,2))
SELECT cast('x' AS decimal(5,2))
SELECT cast(1.5 AS decimal(10,0))
SELECT cast(2.5 AS decimal(10,0))
SELECT cast('2023-09-07' AS date)
SELECT cast('2023-9-7' AS date)
SELECT cast('2023-09-07 10:00:00' AS date)
SELECT cast('2023' AS date)
SELECT cast('2023-13-01' AS date)
SELECT cast('nope' AS date)
SELECT cast(timestamp '2023-09-07 23:59:59' AS date)
SELECT cast('2023-09-07 10:00:00' AS timestamp)
SELECT cast('2023-09-07T10:00:00Z' AS timestamp)
SELECT cast('2023-09-07T10:00:00.123456+02:00' AS timestamp)
SELECT cast('2023-09-07' AS timestamp)
SELECT cast('2023-09-07 10' AS timestamp)
SELECT cast('bad' AS timestamp)
SELECT cast(1694080800 AS timestamp)
SELECT cast(1694080800.5D AS timestamp)
SELECT cast(timestamp '2023-09-07 10:00:00.5' AS string)
SELECT cast(timestamp '2023-09-07 10:00:00' AS bigint)
SELECT cast(timestamp '2023-09-07 10:00:00.25' AS double)
SELECT cast(date '2023-09-07' AS string)
SELECT cast(date '2023-09-07' AS timestamp)
SELECT cast(array(1, 2) AS array<string>)
SELECT cast(named_struct('a', 1) AS struct<b: string>)
SELECT cast(map('a', 1) AS map<string, double>)
SELECT cast(array('1', 'x') AS array<int>)
SELECT cast(array(1, NULL) AS string)
SELECT cast(map('k', 1.5D) AS string)
SELECT cast(named_struct('a', 1, 'b', NULL) AS string)
SELECT int('5')
SELECT bigint(5.9D)
SELECT double('1.5')
SELECT string(5)
SELECT date('2023-01-02')
SELECT timestamp('2023-01-02')
SELECT boolean('true')
SELECT float('2')
SELECT decimal(3)
SELECT try_cast('x' AS int), try_cast('5' AS int)
SELECT upper('abc')
SELECT lower('ABC')
SELECT ucase('a')
SELECT lcase('B')
SELECT initcap('hello wORLD')
SELECT length('abc')
SELECT char_length('héllo')
SELECT octet_length('héllo')
SELECT reverse('abc')
SELECT repeat('ab', 3)
SELECT ascii('A')
SELECT chr(66)
SELECT trim('  a b ')
SELECT ltrim('  a ')
SELECT rtrim('  a ')
SELECT trim(BOTH 'x' FROM 'xxaxx')
SELECT trim(LEADING 'x' FROM 'xxaxx')
SELECT trim('x' FROM 'xax')
SELECT btrim('  b  ')
SELECT ltrim('x', 'xxa')
SELECT rtrim('x', 'axx')
SELECT substring('hello', 2, 3)
SELECT substring('hello', 0, 2)
SELECT substring('hello', -3)
SELECT substring('hello', -3, 2)
SELECT substr('hello', 2)
SELECT substring('hello' FROM 2 FOR 2)
SELECT substring('hello', 10)
SELECT left('hello', 2)
SELECT right('hello', 2)
SELECT left('hello', -1)
SELECT substring('hello', 2, -1)
SELECT concat('a', 'b', 1)
SELECT concat('a', NULL)
SELECT concat_ws('-', 'a', NULL, 'b', array('c', NULL, 'd'))
SELECT concat_ws(NULL, 'a')
SELECT 'a' || 1 || 'b'
SELECT NULL || 'a'
SELECT concat(array(1), array(2, 3))
SELECT concat_ws(',')
SELECT split('a,b,,c', ',')
SELECT split('a,b,c', ',', 2)
SELECT split('a1b2', '[0-9]')
SELECT split('', ',')
SELECT split(NULL, ',')
SELECT split('a.b', '\\.')
SELECT split('abc', '')
SELECT split('a,b,', ',')
SELECT split_part('a-b-c', '-', 2)
SELECT split_part('a-b-c', '-', -1)
SELECT split_part('a', '-', 5)
SELECT substring_index('a.b.c', '.', 2)
SELECT substring_index('a.b.c', '.', -1)
SELECT regexp_replace('a1b22', '[0-9]+', '#')
SELECT regexp_replace('abc', '(a)(b)', '$2$1')
SELECT regexp_extract('id=42;', 'id=([0-9]+)', 1)
SELECT regexp_extract('abc', '(x)', 1)
SELECT regexp_extract('foo123', '[a-z]+([0-9]+)')
SELECT regexp_extract(NULL, 'a', 0)
SELECT regexp_extract_all('1a2b', '([0-9])', 1)
SELECT regexp_count('aXbX', 'X')
SELECT regexp_like('abc', 'b')
SELECT replace('aXbX', 'X', 'y')
SELECT replace('aXb', 'X')
SELECT translate('abc', 'ab', '12')
SELECT instr('hello', 'l')
SELECT instr('hello', 'z')
SELECT locate('l', 'hello')
SELECT locate('l', 'hello', 4)
SELECT position('l' IN 'hello')
SELECT lpad('7', 3, '0')
SELECT rpad('7', 3, '0')
SELECT lpad('12345', 3, '0')
SELECT lpad('a', 3)
SELECT overlay('abcdef' PLACING 'X' FROM 3)
SELECT startswith('abc', 'a')
SELECT endswith('abc', 'c')
SELECT contains('abc', 'b')
SELECT levenshtein('kitten', 'sitting')
SELECT soundex('Robert')
SELECT format_number(12345.678, 2)
SELECT format_number(5, 0)
SELECT format_string('%s-%05d-%.2f', 'a', 42, 1.5D)
SELECT printf('%d%%', 5)
SELECT base64('abc')
SELECT cast(unbase64('YWJj') AS string)
SELECT hex('abc')
SELECT hex(255)
SELECT cast(unhex('616263') AS string)
SELECT md5('abc')
SELECT sha1('abc')
SELECT sha2('abc', 256)
SELECT sha('abc')
SELECT crc32('abc')
SELECT encode('abc', 'UTF-8') = cast('abc' AS binary)
SELECT decode(encode('é', 'UTF-8'), 'UTF-8')
SELECT hash('abc')
SELECT hash(1)
SELECT hash(1L)
SELECT hash(NULL)
SELECT hash('a', 2)
SELECT xxhash64('abc')
SELECT xxhash64(1)
SELECT abs(-5)
SELECT abs(-1.5)
SELECT sign(-3)
SELECT signum(2.5D)
SELECT negative(3)
SELECT positive(3)
SELECT ceil(1.2D)
SELECT ceil(1.2)
SELECT floor(-1.2D)
SELECT ceiling(2)
SELECT floor(1.25, 1)
SELECT round(2.5)
SELECT round(-2.5D)
SELECT round(2.675D, 2)
SELECT round(1234.567, -2)
SELECT bround(2.5)
SELECT bround(3.5D)
SELECT round(15, -1)
SELECT rint(2.5D)
SELECT sqrt(2)
SELECT cbrt(27D)
SELECT pow(2, 10)
SELECT power(2D, 0.5D)
SELECT exp(1)
SELECT ln(10)
SELECT log(2, 8)
SELECT log10(1000)
SELECT log2(8)
SELECT log1p(0D)
SELECT expm1(0D)
SELECT ln(0)
SELECT ln(-1)
SELECT log(10D)
SELECT sqrt(-1)
SELECT sin(1D)
SELECT cos(1D)
SELECT tan(1D)
SELECT asin(1D)
SELECT acos(1D)
SELECT atan(1D)
SELECT atan2(1D, 2D)
SELECT sinh(1D)
SELECT degrees(3.14159D)
SELECT radians(180D)
SELECT pi()
SELECT e()
SELECT factorial(5)
SELECT hypot(3D, 4D)
SELECT greatest(1, 5, 3)
SELECT least(1, NULL, 3)
SELECT greatest('a', 'b')
SELECT greatest(NULL, NULL)
SELECT greatest(1, 2.5)
SELECT mod(10, 3)
SELECT pmod(-7, 3)
SELECT pmod(7, -3)
SELECT bin(13)
SELECT conv('ff', 16, 10)
SELECT shiftleft(1, 4)
SELECT shiftright(-8, 1)
SELECT shiftrightunsigned(-8, 28)
SELECT 5 & 3
SELECT 5 | 3
SELECT 5 ^ 3
SELECT ~5
SELECT bit_count(7)
SELECT to_date('2023-09-07')
SELECT to_date('07/09/2023', 'dd/MM/yyyy')
SELECT to_date('bad')
SELECT to_date('2023-09-07 10:11:12')
SELECT to_timestamp('2023-09-07 10:11:12')
SELECT to_timestamp('07-09-2023 10:11', 'dd-MM-yyyy HH:mm')
SELECT to_timestamp('2023-09-07T10:11:12.345Z')
SELECT to_timestamp('bad')
SELECT to_timestamp(NULL)
SELECT to_timestamp('2023-09-07T10:11:12.345', "yyyy-MM-dd'T'HH:mm:ss.SSS")
SELECT to_timestamp('Sep 7, 2023 3 PM', 'MMM d, yyyy h a')
SELECT to_timestamp('2023-09-07 10:11:12 +0200', 'yyyy-MM-dd HH:mm:ss Z')
SELECT to_timestamp('20230907101112', 'yyyyMMddHHmmss')
SELECT to_timestamp('2023-09-07T10:11:12+02:00', "yyyy-MM-dd'T'HH:mm:ssXXX")
SELECT date_format(timestamp '2023-09-07 15:04:05.678', 'yyyy-MM-dd')
SELECT date_format(timestamp '2023-09-07 15:04:05.678', 'HH:mm:ss.SSS')
SELECT date_format(timestamp '2023-09-07 15:04:05.678', 'EEE, d MMM yyyy h:mm a')
SELECT date_format(date '2023-01-05', 'yyyyMMdd')
SELECT date_format('2023-09-07', 'MM/dd/yy')
SELECT date_format(timestamp '2023-09-07 15:04:05', 'EEEE MMMM D')
SELECT date_format(timestamp '2023-09-07 15:04:05', "yyyy'T'HH")
SELECT date_format(timestamp '2023-09-07 15:04:05', 'Q k K')
SELECT year('2023-09-07')
SELECT month(date '2023-09-07')
SELECT day(timestamp '2023-09-07 10:00:00')
SELECT dayofmonth('2023-09-07')
SELECT hour('2023-09-07 10:11:12')
SELECT minute(timestamp '2023-09-07 10:11:12')
SELECT second('2023-09-07 10:11:12')
SELECT quarter('2023-09-07')
SELECT weekofyear('2023-01-01')
SELECT dayofweek('2023-09-07')
SELECT dayofyear('2023-09-07')
SELECT weekday('2023-09-07')
SELECT year(NULL)
SELECT year('bad')
SELECT extract(YEAR FROM date '2023-09-07')
SELECT extract(HOUR FROM timestamp '2023-09-07 10:11:12.5')
SELECT extract(SECOND FROM timestamp '2023-09-07 10:11:12.5')
SELECT date_part('month', date '2023-09-07')
SELECT extract(DOW FROM date '2023-09-07')
SELECT extract(WEEK FROM date '2023-09-07')
SELECT date_add('2023-09-07', 5)
SELECT date_sub(date '2023-09-07', 7)
SELECT datediff('2023-09-07', '2023-08-30')
SELECT datediff(timestamp '2023-09-07 23:00:00', timestamp '2023-09-06 01:00:00')
SELECT add_months('2023-01-31', 1)
SELECT months_between('2023-09-07', '2023-06-01')
SELECT last_day('2023-02-10')
SELECT next_day('2023-09-07', 'Mon')
SELECT trunc('2023-09-07', 'MM')
SELECT trunc('2023-09-07', 'year')
SELECT trunc('2023-09-07', 'week')
SELECT date '2023-09-07' + 3
SELECT date '2023-09-07' - 3
SELECT date_trunc('hour', timestamp '2023-09-07 10:45:30')
SELECT date_trunc('DAY', '2023-09-07 10:45:30')
SELECT date_trunc('month', timestamp '2023-09-07 10:45:30')
SELECT date_trunc('week', timestamp '2023-09-07 10:45:30')
SELECT date_trunc('quarter', date '2023-09-07')
SELECT date_trunc('minute', timestamp '2023-09-07 10:45:30')
SELECT date_trunc('nonsense', timestamp '2023-09-07 10:45:30')
SELECT unix_timestamp('2023-09-07 10:00:00')
SELECT unix_timestamp('07/09/2023', 'dd/MM/yyyy')
SELECT unix_timestamp(timestamp '2023-09-07 10:00:00')
SELECT from_unixtime(1694080800)
SELECT from_unixtime(1694080800, 'yyyy/MM/dd')
SELECT to_unix_timestamp('2023-09-07 10:00:00')
SELECT unix_timestamp('bad')
SELECT timestamp_seconds(1694080800)
SELECT timestamp_millis(1694080800123)
SELECT timestamp_micros(1694080800123456)
SELECT unix_millis(timestamp '2023-09-07 10:00:00.5')
SELECT unix_seconds(timestamp '2023-09-07 10:00:00.5')
SELECT unix_micros(timestamp '2023-09-07 10:00:00.5')
SELECT unix_date(date '1970-01-02')
SELECT date_from_unix_date(1)
SELECT timestamp '2023-09-07 10:00:00' + interval 1 hour
SELECT timestamp '2023-09-07 10:00:00' - interval '1' day
SELECT date '2023-09-07' + interval 1 month
SELECT date '2023-09-07' + interval 1 day
SELECT interval 2 days + interval 3 hours
SELECT timestamp '2023-01-31 00:00:00' + interval 1 month
SELECT timestamp '2023-09-07 10:00:00' + interval 1 hour 30 minutes
SELECT timestamp '2023-09-07 10:00:00' > '2023-09-07 09:00:00'
SELECT date '2023-09-07' = '2023-09-07'
SELECT timestamp '2023-09-07 00:00:00' = date '2023-09-07'
SELECT timestamp '2023-09-08 00:00:00' - timestamp '2023-09-07 10:00:00'
SELECT date '2023-09-07' - date '2023-09-01'
SELECT make_date(2023, 9, 7)
SELECT make_timestamp(2023, 9, 7, 10, 11, 12.5)
SELECT make_date(2023, 13, 1)
SELECT from_utc_timestamp('2023-09-07 10:00:00', 'America/New_York')
SELECT to_utc_timestamp('2023-09-07 10:00:00', 'Asia/Tokyo')
SELECT from_utc_timestamp(timestamp '2023-09-07 10:00:00', '+03:00')
SELECT timestampdiff(HOUR, timestamp '2023-09-07 10:00:00', timestamp '2023-09-08 11:30:00')
SELECT timestampadd(DAY, 2, timestamp '2023-09-07 10:00:00')
SELECT dateadd(DAY, 2, date '2023-09-07')
SELECT dateadd(date '2023-09-07', 2)
SELECT date_diff('2023-09-07', '2023-09-01')
SELECT current_date() = to_date(current_timestamp())
SELECT now() = current_timestamp()
SELECT current_date = current_date()
SELECT typeof(now())
SELECT typeof(current_date())
SELECT size(array(1, 2, 3))
SELECT size(NULL)
SELECT size(map('a', 1))
SELECT cardinality(array(1))
SELECT array_contains(array(1, 2), 2)
SELECT array_contains(array(1, NULL), 3)
SELECT sort_array(array(3, 1, NULL, 2))
SELECT sort_array(array(3, 1, 2), false)
SELECT array_sort(array(3, NULL, 1))
SELECT array_distinct(array(1, 1, NULL, NULL))
SELECT array_max(array(1, 5, NULL))
SELECT array_min(array(3, 1))
SELECT array(1, 2)[0]
SELECT array(1, 2)[5]
SELECT element_at(array(1, 2), 1)
SELECT element_at(array(1, 2), -1)
SELECT element_at(array(1, 2), 5)
SELECT map('a', 1)['a']
SELECT map('a', 1)['z']
SELECT element_at(map('a', 1), 'z')
SELECT named_struct('a', 5).a
SELECT get(array(1, 2), 1)
SELECT array_join(array('a', NULL, 'b'), ',')
SELECT array_join(array('a', NULL, 'b'), ',', '?')
SELECT array_union(array(1, 2), array(2, 3))
SELECT array_intersect(array(1, 2), array(2, 3))
SELECT array_except(array(1, 2), array(2))
SELECT array_position(array('a', 'b'), 'b')
SELECT array_remove(array(1, 2, 1), 1)
SELECT array_repeat('x', 3)
SELECT slice(array(1, 2, 3, 4), 2, 2)
SELECT slice(array(1, 2, 3), -2, 2)
SELECT reverse(array(1, 2))
SELECT flatten(array(array(1), array(2, 3)))
SELECT arrays_overlap(array(1, 2), array(2))
SELECT sequence(1, 5)
SELECT sequence(5, 1, -2)
SELECT array_append(array(1), 2)
SELECT array_compact(array(1, NULL, 2))
SELECT arrays_zip(array(1, 2), array('a', 'b'))
SELECT transform(array(1, 2, 3), x -> x * 2)
SELECT transform(array(1, 2), (x, i) -> x + i)
SELECT filter(array(1, 2, 3), x -> x > 1)
SELECT exists(array(1, 2), x -> x = 2)
SELECT forall(array(1, 2), x -> x > 0)
SELECT aggregate(array(1, 2, 3), 0, (a, x) -> a + x)
SELECT aggregate(array(1, 2, 3), 0, (a, x) -> a + x, a -> a * 10)
SELECT zip_with(array(1, 2), array(3, 4), (x, y) -> x + y)
SELECT transform(array('a'), s -> upper(s))
SELECT map_keys(map('a', 1, 'b', 2))
SELECT map_values(map('a', 1, 'b', 2))
SELECT map_entries(map('a', 1))
SELECT map_from_arrays(array('a', 'b'), array(1, 2))
SELECT map_from_entries(array(struct('a', 1)))
SELECT map_concat(map('a', 1), map('b', 2))
SELECT map_contains_key(map('a', 1), 'a')
SELECT map_filter(map('a', 1, 'b', 2), (k, v) -> v > 1)
SELECT transform_values(map('a', 1), (k, v) -> v + 1)
SELECT transform_keys(map('a', 1), (k, v) -> upper(k))
SELECT str_to_map('a:1,b:2')
SELECT str_to_map('a=1;b=2', ';', '=')
SELECT struct(1, 'a'), named_struct('x', 1, 'y', 'b'), struct(1 AS p, 'a' AS q).q, named_struct('a', array(1)).a[0], struct(id, kind) FROM events WHERE id = 1
SELECT get_json_object('{"a":{"b":[1,2]}}', '$.a.b[1]')
SELECT get_json_object('{"a":1}', '$.z')
SELECT get_json_object('bad', '$.a')
SELECT get_json_object('{"a":"x"}', '$.a')
SELECT get_json_object('{"a":{"b":1}}', '$.a')
SELECT get_json_object('{"a":[{"b":1},{"b":2}]}', '$.a[*].b')
SELECT get_json_object('{"a":null}', '$.a')
SELECT json_array_length('[1,2,3]')
SELECT json_object_keys('{"a":1,"b":2}')
SELECT id, from_json(body, 'device STRING, metrics STRUCT<o2: DOUBLE, n: INT>, tags ARRAY<STRING>, ts TIMESTAMP') AS j FROM raw ORDER BY id
SELECT id, j.device, j.metrics.o2, j.tags[0] AS tag, size(j.tags) AS n FROM (SELECT id, from_json(body, 'device STRING, metrics STRUCT<o2: DOUBLE, n: INT>, tags ARRAY<STRING>') AS j FROM raw) ORDER BY id
SELECT from_json('{"a":1}', 'map<string,int>')
SELECT from_json('[1,2]', 'array<int>')
SELECT from_json('{"a":1.9}', 'a INT')
SELECT from_json('{"a":"5"}', 'a INT')
SELECT from_json('{"A":5}', 'a INT')
SELECT from_json('{"a":5}', 'struct<a:string>')
SELECT from_json('', 'a INT')
SELECT from_json('{"a":{"b":1}}', 'a STRING')
SELECT to_json(named_struct('a', 1, 'b', NULL, 'c', 'x"y'))
SELECT to_json(map('k', 1.5D))
SELECT to_json(array(1, 2))
SELECT to_json(named_struct('t', timestamp '2023-09-07 10:00:00', 'd', date '2023-09-07'))
SELECT to_json(named_struct('n', named_struct('x', array('a'))))
SELECT schema_of_json('{"a":1,"b":[1.5],"c":"x"}'), to_csv(named_struct('a', 1, 'b', 'x')), from_csv('1,abc', 'a INT, b STRING')
SELECT * FROM events ORDER BY id
SELECT id, KIND, Amount FROM Events WHERE Amount > 10 ORDER BY ID DESC
SELECT kind, count(*), count(amount), sum(amount), avg(amount), min(amount), max(amount) FROM events GROUP BY kind ORDER BY kind
SELECT kind, count(DISTINCT amount) AS d, sum(ratio) AS s FROM events GROUP BY kind ORDER BY kind NULLS LAST
SELECT count(*), count(1), sum(amount), avg(ratio), min(kind), max(at) FROM events WHERE id > 100
SELECT sum(cast(amount AS bigint)), sum(cast(amount AS decimal(10,2))), avg(cast(amount AS decimal(10,2))), sum(ratio), avg(amount), sum(cast(amount AS float)) FROM events
SELECT stddev(amount), stddev_samp(amount), stddev_pop(amount), variance(amount), var_pop(amount), corr(amount, id), covar_samp(amount, id), covar_pop(amount, id) FROM events
SELECT collect_list(amount), collect_list(kind) AS l, sort_array(collect_set(kind)) AS s, array_sort(collect_list(kind)) AS a FROM (SELECT * FROM events ORDER BY id)
SELECT approx_count_distinct(kind), percentile(amount, 0.5) AS p, percentile_approx(amount, 0.5) AS a, median(amount), bool_and(flag), bool_or(flag), every(flag), any(flag), some(flag), count_if(flag), max_by(id, amount), min_by(id, amount), any_value(1) FROM events
SELECT first(amount, true), last(ratio, true), first_value(id), last_value(id), sum(DISTINCT amount), count(DISTINCT kind, flag), bit_and(id), bit_or(id), bit_xor(id) FROM (SELECT * FROM events ORDER BY id)
SELECT kind, sum(amount) FILTER (WHERE flag) AS t, count(*) FILTER (WHERE amount > 20) AS c FROM events GROUP BY kind HAVING count(*) > 0 ORDER BY 1
SELECT kind, flag, count(*) AS n FROM events GROUP BY kind, flag ORDER BY kind, flag
SELECT kind, flag, count(*) AS n, grouping(kind) AS g, grouping_id() AS gi FROM events GROUP BY CUBE (kind, flag) ORDER BY gi, kind, flag
SELECT kind, count(*) AS n FROM events GROUP BY ROLLUP (kind) ORDER BY kind, n
SELECT kind, flag, count(*) AS n FROM events GROUP BY GROUPING SETS ((kind), (flag), ()) ORDER BY kind, flag, n
SELECT upper(kind) AS k, sum(amount) AS s FROM events GROUP BY k ORDER BY s
SELECT substring(at, 1, 10) AS d, count(*) AS n FROM events GROUP BY 1 ORDER BY n DESC, d LIMIT 3
SELECT DISTINCT kind FROM events ORDER BY kind
SELECT DISTINCT kind, flag FROM events ORDER BY 1, 2 DESC
SELECT kind FROM events ORDER BY kind DESC, id
SELECT amount FROM events ORDER BY amount
SELECT amount FROM events ORDER BY amount DESC NULLS FIRST
SELECT id FROM events ORDER BY id LIMIT 2 OFFSET 1
SELECT id, row_number() OVER (PARTITION BY kind ORDER BY amount DESC) AS rn FROM events ORDER BY id
SELECT * FROM (SELECT id, kind, amount, row_number() OVER (PARTITION BY kind ORDER BY id DESC) AS rn FROM events) WHERE rn = 1 ORDER BY id
SELECT id, rank() OVER (ORDER BY kind) AS r, dense_rank() OVER (ORDER BY kind) AS d, percent_rank() OVER (ORDER BY kind) AS p, cume_dist() OVER (ORDER BY kind) AS c, ntile(2) OVER (ORDER BY id) AS nt FROM events ORDER BY id
SELECT id, lag(amount) OVER (ORDER BY id) AS a, lag(amount, 2, -1) OVER (ORDER BY id) AS b, lead(kind) OVER (ORDER BY id) AS c, first_value(amount) OVER (ORDER BY id) AS f, last_value(amount) OVER (ORDER BY id) AS l, nth_value(amount, 2) OVER (ORDER BY id) AS n FROM events ORDER BY id
SELECT id, sum(amount) OVER (ORDER BY id) AS running, sum(amount) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS two, avg(amount) OVER (PARTITION BY kind) AS a, count(*) OVER () AS n, max(amount) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS m FROM events ORDER BY id
SELECT id, sum(amount) OVER w AS s, count(*) OVER w AS c FROM events WINDOW w AS (PARTITION BY kind ORDER BY id) ORDER BY id
SELECT id, last(amount, true) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS filled FROM events ORDER BY id
SELECT e.id, l.name FROM events e JOIN lookup l ON e.kind = l.kind ORDER BY e.id
SELECT e.id, l.name FROM events e LEFT JOIN lookup l ON e.kind = l.kind ORDER BY e.id
SELECT e.id, l.name, l.rank FROM events e RIGHT OUTER JOIN lookup l ON e.kind = l.kind AND e.amount > 20 ORDER BY l.rank, e.id
SELECT e.id, l.kind FROM events e FULL OUTER JOIN lookup l ON e.kind = l.kind ORDER BY e.id, l.kind
SELECT * FROM events JOIN lookup USING (kind) ORDER BY id
SELECT kind, id, name FROM events NATURAL JOIN lookup ORDER BY id
SELECT e.id FROM events e LEFT SEMI JOIN lookup l ON e.kind = l.kind ORDER BY e.id
SELECT e.id FROM events e LEFT ANTI JOIN lookup l ON e.kind = l.kind ORDER BY e.id
SELECT count(*) FROM events CROSS JOIN lookup
SELECT a.id, b.id AS other FROM events a, events b WHERE a.id = b.amount / 10 ORDER BY a.id
SELECT e.id, l.name FROM events e JOIN lookup l ON e.kind <=> l.kind ORDER BY e.id
SELECT /*+ BROADCAST(l) */ e.id, l.name FROM events e JOIN lookup l ON e.kind = l.kind ORDER BY 1
SELECT id FROM events WHERE kind IN (SELECT kind FROM lookup WHERE rank > 1) ORDER BY id
SELECT id FROM events WHERE amount > (SELECT avg(amount) FROM events) ORDER BY id
SELECT id FROM events e WHERE EXISTS (SELECT 1 FROM lookup l WHERE l.kind = e.kind AND l.rank = 1) ORDER BY id
SELECT id FROM events WHERE kind NOT IN (SELECT kind FROM lookup WHERE rank = 1) ORDER BY id
WITH big AS (SELECT * FROM events WHERE amount >= 30), named AS (SELECT b.id, l.name FROM big b JOIN lookup l USING (kind)) SELECT * FROM named ORDER BY id
SELECT id FROM events WHERE id < 3 UNION ALL SELECT rank FROM lookup ORDER BY 1
SELECT kind FROM events UNION SELECT kind FROM lookup ORDER BY 1
SELECT kind FROM events INTERSECT SELECT kind FROM lookup ORDER BY 1
SELECT kind FROM lookup EXCEPT SELECT kind FROM events ORDER BY 1
SELECT kind FROM lookup MINUS SELECT kind FROM events ORDER BY 1
SELECT id, explode(xs) AS x FROM nested ORDER BY id, x
SELECT id, x FROM nested LATERAL VIEW explode(xs) t AS x ORDER BY id, x
SELECT id, x FROM nested LATERAL VIEW OUTER explode(xs) t AS x ORDER BY id, x
SELECT id, explode_outer(xs) AS x FROM nested ORDER BY id, x
SELECT id, posexplode(xs) FROM nested ORDER BY id, pos
SELECT id, pos, x FROM nested LATERAL VIEW posexplode(xs) t AS pos, x ORDER BY id, pos
SELECT id, explode(m) FROM nested ORDER BY id, key
SELECT id, k, v FROM nested LATERAL VIEW explode(m) t AS k, v ORDER BY id, k
SELECT id, item.k, item.v FROM nested LATERAL VIEW explode(items) t AS item ORDER BY id, item.k
SELECT id, inline(items) FROM nested ORDER BY id, k
SELECT id, s.p, s.n, s.deep.z, s.* FROM nested ORDER BY id
SELECT id, items.k, items[0].v, m['a'], m.b, xs[1], xs[9] FROM nested ORDER BY id
SELECT id, explode(split(tags, ',')) AS tag FROM events ORDER BY id, tag
SELECT tag, count(*) AS n FROM (SELECT explode(split(tags, ',')) AS tag FROM events) GROUP BY tag ORDER BY n DESC, tag
SELECT stack(2, 'a', 1, 'b', 2)
SELECT * FROM VALUES (1, 'a'), (2, 'b') AS t(n, s)
SELECT * FROM (VALUES (1), (NULL)) ORDER BY 1
SELECT * FROM range(3)
SELECT id * 2 AS d FROM range(2, 8, 3) ORDER BY id
SELECT id, CASE WHEN amount >= 40 THEN 'high' WHEN amount >= 20 THEN 'mid' WHEN amount IS NULL THEN 'none' ELSE 'low' END AS level FROM events ORDER BY id
SELECT id, to_timestamp(at) AS t, to_date(at) AS d, year(to_timestamp(at)) AS y, hour(to_timestamp(at)) AS h FROM events ORDER BY id
SELECT id, date_format(to_timestamp(at), 'yyyy-MM-dd-HH') AS p FROM events ORDER BY id
SELECT window.start AS s, window.end AS e, count(*) AS n FROM events WHERE to_timestamp(at) IS NOT NULL GROUP BY window(to_timestamp(at), '1 hour') ORDER BY 1
SELECT window(to_timestamp(at), '1 day').start AS s, sum(amount) AS total FROM events WHERE to_timestamp(at) IS NOT NULL GROUP BY window(to_timestamp(at), '1 day') ORDER BY 1
SELECT w.start, n FROM (SELECT window(to_timestamp(at), '10 minutes', '5 minutes') AS w, count(*) AS n FROM events WHERE id = 1 GROUP BY 1) ORDER BY 1
SELECT * FROM (SELECT kind, flag, amount FROM events) PIVOT (sum(amount) FOR flag IN (true AS yes, false AS no)) ORDER BY kind
SELECT *, amount * 2 AS twice FROM events WHERE id = 1
SELECT e.*, 1 AS one FROM events e WHERE e.id = 2
SELECT `id` AS `my id`, kind AS `k-1` FROM events WHERE id = 1
SELECT count(*) AS `count`, sum(id) AS `sum` FROM events
SELECT amount + 1, sum(amount) + 1, count(*) * 2 FROM events WHERE id = 1 GROUP BY amount
SELECT id + 1, -id, kind || 'x', amount > 5, cast(id AS string), upper(kind), id IS NULL, NOT flag FROM events WHERE id = 1
SELECT abs(id), id % 2, id = 1, id IN (1, 2), id BETWEEN 1 AND 2, CASE WHEN id = 1 THEN 'a' END, coalesce(amount, 0), substring(at, 1, 4) FROM events WHERE id = 1
SELECT count(DISTINCT kind), avg(amount), min(at), first(kind), collect_list(id), row_number() OVER (ORDER BY kind) AS n FROM events WHERE id = 1 GROUP BY kind
SELECT sum(amount) s, kind k FROM events GROUP BY kind HAVING s > 20 ORDER BY k
SELECT id FROM events WHERE flag ORDER BY id
SELECT id FROM events WHERE NOT flag ORDER BY id
SELECT id FROM events WHERE amount != 10 ORDER BY id
SELECT id FROM events WHERE kind = 'A' OR amount IS NULL ORDER BY id
SELECT id FROM events WHERE at LIKE '2023-09%' AND ratio > 0 ORDER BY id
SELECT id FROM events WHERE amount = '10'
SELECT id FROM events WHERE ratio > 'abc'
SELECT id, ratio FROM events WHERE isnan(ratio) OR ratio IS NULL
SELECT nanvl(cast('NaN' AS double), 1D), isnan(cast('NaN' AS double)), cast('NaN' AS double) = cast('NaN' AS double), cast('NaN' AS double) > 1e300D
SELECT id, monotonically_increasing_id() >= 0 AS m, spark_partition_id() >= 0 AS p, uuid() IS NOT NULL AS u, rand() < 1 AS r FROM events WHERE id = 1
SELECT input_file_name() IS NOT NULL AS f
SELECT typeof(1)
SELECT typeof(1.5)
SELECT typeof('a')
SELECT typeof(array(1))
SELECT typeof(NULL)
SELECT typeof(map('a', 1))
SELECT typeof(named_struct('a', 1))
SELECT nosuch FROM events
SELECT id FROM nosuch
SELECT nosuchfunction(1)
SELECT kind, amount FROM events GROUP BY kind
SELECT id FROM events e JOIN events f ON e.id = f.id
SELECT 1 + array(1)
SELECT cast(1 AS array<int>)
SELECT id FROM events UNION ALL SELECT id, kind FROM events
SELECT sum(kind), avg(kind), max(flag) FROM events
SELECT concat(id, '-', kind, '-', amount) FROM events ORDER BY id
SELECT kind, concat_ws('|', collect_list(cast(id AS string))) AS ids FROM (SELECT * FROM events ORDER BY id) GROUP BY kind ORDER BY kind
SELECT date_format(timestamp '2023-09-07 10:00:00', 'yyyy') AS ingest_year, date_format(timestamp '2023-09-07 10:00:00', 'MM') AS ingest_month, date_format(timestamp '2023-09-07 10:00:00', 'dd') AS ingest_day, date_format(timestamp '2023-09-07 10:00:00', 'HH') AS ingest_hour
SELECT cast(id AS double) / 2, id / 2, cast(amount AS float), cast(ratio AS decimal(12,3)), cast(ratio AS int) FROM events ORDER BY id
SELECT round(avg(ratio), 2) AS r, round(sum(amount) / count(*), 1) AS q FROM events
SELECT kind, max(struct(amount, id)).id AS id_of_max FROM events GROUP BY kind ORDER BY kind
SELECT sha2(concat_ws('||', id, kind), 256) AS k FROM events ORDER BY id
SELECT id, array(id, amount) AS a, map(coalesce(kind, '?'), amount) AS m, struct(id, kind AS k) AS s FROM events ORDER BY id
SELECT id, to_json(struct(id, kind, amount, ratio, flag)) AS j FROM events ORDER BY id
SELECT id, to_json(struct(*)) AS j FROM events ORDER BY id
SELECT id, transform(xs, x -> coalesce(x, 0) + 1) AS t, filter(xs, x -> x IS NOT NULL) AS f, aggregate(filter(xs, x -> x IS NOT NULL), 0, (a, x) -> a + x) AS a FROM nested ORDER BY id
SELECT id, map_keys(m) AS k, size(m) AS n, size(xs) AS c, array_contains(xs, 3) AS has, sort_array(xs) AS o FROM nested ORDER BY id
SELECT elt(2, 'a', 'b')
SELECT find_in_set('b', 'a,b,c')
SELECT space(3) || '|'
SELECT char(65)
SELECT ascii('')
SELECT length('')
SELECT bit_length('a')
SELECT parse_url('http://h.com/p?q=1', 'HOST')
SELECT parse_url('http://h.com/p?q=1', 'QUERY', 'q')
SELECT url_encode('a b')
SELECT url_decode('a+b')
SELECT decode(2, 1, 'one', 2, 'two', 'other')
SELECT assert_true(true)
SELECT width_bucket(5.3, 0.2, 10.6, 5)
SELECT try_add(2147483647, 1)
SELECT try_divide(1, 0)
SELECT try_subtract(1, 2)
SELECT try_multiply(3, 4)
SELECT equal_null(NULL, NULL)
SELECT to_number('454', '999')
SELECT to_binary('abc', 'utf-8') = cast('abc' AS binary)
SELECT timestamp '2023-09-07 10:00:00' = to_timestamp('2023-09-07 10:00:00'), date '2023-09-07' < timestamp '2023-09-07 00:00:01', '2023-09-07' = date '2023-09-07', greatest(date '2023-09-07', date '2023-09-08')
SELECT sequence(date '2023-09-07', date '2023-09-09', interval 1 day)
SELECT sequence(timestamp '2023-09-07 00:00:00', timestamp '2023-09-07 02:00:00', interval 1 hour)
SELECT shuffle(array(1))
SELECT array_insert(array(1, 3), 2, 2)
SELECT array_prepend(array(2), 1)
SELECT id, amount, sum(amount) OVER (PARTITION BY kind ORDER BY to_timestamp(at) RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS s FROM events WHERE to_timestamp(at) IS NOT NULL ORDER BY id
SELECT id, collect_list(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS around FROM events ORDER BY id
TABLE lookup
VALUES (1, 'x'), (2, 'y')
