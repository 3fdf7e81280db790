-- Statements whose answers by Trino are in trino_select.jsonl: tool/oracle/trino_select.sh
-- table readings: SELECT * FROM (VALUES (1, 'GE', TIMESTAMP '2023-01-10 06:07:08.123', 97.5e0, DECIMAL '36.60', true, DATE '2023-01-10'), (2, 'GE', TIMESTAMP '2023-01-10 07:00:00.000', 91.25e0, DECIMAL '38.10', false, DATE '2023-01-10'), (3, 'Draeger', TIMESTAMP '2023-02-28 23:59:59.999', 88.0e0, DECIMAL '37.05', true, DATE '2023-02-28'), (4, 'Draeger', TIMESTAMP '2024-02-29 00:00:00.000', NULL, NULL, NULL, DATE '2024-02-29'), (5, NULL, NULL, 99.0e0, DECIMAL '40.00', false, NULL), (6, 'Philips', TIMESTAMP '2023-12-31 12:30:45.500', 95.75e0, DECIMAL '36.60', true, DATE '2023-12-31')) AS t(id, maker, at, o2, temp, ok, day)
-- table sites: SELECT * FROM (VALUES ('GE', 'US', ARRAY['icu', 'er'], MAP(ARRAY['beds', 'floors'], ARRAY[20, 3])), ('Draeger', 'DE', ARRAY['icu'], MAP(ARRAY['beds'], ARRAY[12])), ('Mindray', 'CN', ARRAY[], MAP(ARRAY['floors'], ARRAY[1]))) AS t(maker, country, wards, sizes)
-- table events: SELECT * FROM (VALUES (1, '{"name":"alarm","level":3,"tags":["a","b"],"inner":{"x":1.50}}'), (2, '{"name":"ok","level":null,"tags":[]}'), (3, 'not json'), (4, NULL)) AS t(id, body)
SELECT 1 AS Foo, 'a' b
SELECT 7/2, -7/2, 7/-2, 7%3, -7%3, 7%-3
SELECT 7/2.0, 7.0/2, 1/3.0, 10.00/3, 1e0/3
SELECT 5 / 0
SELECT 5 % 0
SELECT 5.0 / 0
SELECT 1e0 / 0, -1e0 / 0, 0e0 / 0
SELECT 2147483647 + 1
SELECT 9223372036854775807 + 1
SELECT cast(127 as tinyint) + cast(1 as tinyint)
SELECT 2147483647 * 2
SELECT 2147483648 * 2, 2147483647 + bigint '1'
SELECT -2147483648, - 5, +5, -(-5)
SELECT 1 + 1.5, 1.5 + 1.25, 1.5 * 1.25, 1.5 - 0.25, 2 * 1.5
SELECT 0.1 + 0.2, 0.1e0 + 0.2e0
SELECT 100.00 * 3.5, 12345.678 / 3.21, 5.5 % 2
SELECT decimal '12345678901234567890.12' * 2, decimal '99999999999999999999999999999999999999' + 0
SELECT decimal '99999999999999999999999999999999999999' + 1
SELECT cast(1 as real) + 2, cast(1.5 as real) * 2e0, cast(3 as real) / 2
SELECT cast(1.5 as double), cast(2.5e0 as integer), cast(-2.5e0 as integer), cast(2.5 as integer), cast(-2.5 as bigint), cast(0.5e0 as integer)
SELECT cast(1e0 as varchar), cast(1e10 as varchar), cast(0.1e0 as varchar), cast(123456789.123e0 as varchar), cast(real '1.5' as varchar), cast(0e0 as varchar), cast(-1.5e-7 as varchar)
SELECT cast(true as varchar), cast(12 as varchar), cast(1.50 as varchar), cast(date '2020-01-02' as varchar), cast(timestamp '2020-01-02 03:04:05.678' as varchar), cast(time '01:02:03' as varchar)
SELECT cast(nan() as varchar), cast(infinity() as varchar), cast(-infinity() as varchar)
SELECT cast('12' as integer), cast('-12' as bigint), cast('1.5e3' as double), cast('1.25' as decimal(5,2)), cast('1.255' as decimal(5,2)), cast('true' as boolean), cast('F' as boolean)
SELECT cast(' 1' as integer)
SELECT cast('1.5' as integer)
SELECT cast('abc' as double)
SELECT cast('abc' as decimal(5,2))
SELECT cast('yes' as boolean)
SELECT cast('' as integer)
SELECT cast('300' as tinyint)
SELECT cast(300 as tinyint)
SELECT cast(5000000000 as integer)
SELECT cast(1e20 as bigint)
SELECT cast(1e10 as integer)
SELECT cast(nan() as integer)
SELECT cast(123.456 as decimal(4,1)), cast(123.45 as decimal(5,2)), cast(5 as decimal(3,1))
SELECT cast(1234.5 as decimal(4,1)), cast(999 as decimal(2,0))
SELECT cast(999 as decimal(2,0))
SELECT cast(1e0/3 as decimal(10,5))
SELECT cast('hello' as varchar(3)), cast(12345 as varchar(5))
SELECT cast(12345 as varchar(3))
SELECT cast('ab' as char(5)), cast('ab' as char(5)) || 'x', length(cast('ab' as char(5)))
SELECT try_cast('abc' as integer), try_cast('12' as integer), try_cast(300 as tinyint), try_cast('2020-13-01' as date)
SELECT try(1/0), try(cast('x' as bigint)), try(5/2), coalesce(try(1/0), -1)
SELECT id, try(10 / (id - 3)) FROM readings ORDER BY id
SELECT 1 = 1.0, 1 < 1.5e0, 'a' < 'b', date '2020-01-01' < timestamp '2020-01-01 00:00:00.001'
SELECT 1 = '1'
SELECT 'a' > 1
SELECT date '2020-01-01' = '2020-01-01'
SELECT true AND NULL, false AND NULL, true OR NULL, NOT NULL, NULL = NULL, NULL IS NULL, 1 IS NOT NULL
SELECT 1 IS DISTINCT FROM NULL, NULL IS DISTINCT FROM NULL, 1 IS NOT DISTINCT FROM 1
SELECT 1 IN (1, 2), 3 IN (1, NULL), 3 NOT IN (1, 2), NULL IN (1), 1 IN (1.0, 2.5)
SELECT 2 BETWEEN 1 AND 3, 2 NOT BETWEEN 1 AND 3, NULL BETWEEN 1 AND 2, 1.5 BETWEEN 1 AND 2
SELECT 1 AND true
SELECT NOT 1
SELECT nan() = nan(), nan() < 1e0, nan() > 1e0, nan() <> nan(), 1e0 > nan()
SELECT CASE WHEN 1 = 2 THEN 'a' WHEN true THEN 'bcd' ELSE 'e' END, CASE 3 WHEN 1 THEN 'one' WHEN 3 THEN 'three' END, CASE WHEN false THEN 1 END
SELECT CASE WHEN true THEN 1 ELSE 2.5 END, CASE WHEN true THEN 1 ELSE NULL END
SELECT CASE WHEN true THEN 1 ELSE 'a' END
SELECT CASE 1 WHEN 'a' THEN 1 END
SELECT if(1 > 2, 'a', 'b'), if(true, 1), if(false, 1), if(NULL, 1, 2)
SELECT coalesce(NULL, 1, 2), coalesce(NULL, NULL), coalesce('a', 'bc'), coalesce(1, 2.5)
SELECT coalesce(1, 'a')
SELECT nullif(1, 1), nullif(1, 2), nullif('a', 'b'), nullif(1, 1.0)
SELECT greatest(1, 2, 3), least(1, 2, NULL), greatest('a', 'c', 'b'), least(1.5, 2), greatest(date '2020-01-01', date '2021-01-01')
SELECT typeof(1), typeof(1.5), typeof('a'), typeof(NULL), typeof(ARRAY[1]), typeof(now()), typeof(1e0), typeof(MAP(ARRAY['a'], ARRAY[1.5])), typeof(current_date)
SELECT abs(-5), abs(-1.5), abs(-1e0), abs(NULL)
SELECT round(2.5e0), round(-2.5e0), round(2.45e0, 1), round(1234.5678e0, 2), round(1234.5678e0, -2), round(5)
SELECT round(2.5), round(-2.5), round(2.345, 2), round(99.99, 1), round(1234, -2), round(1250, -2)
SELECT ceil(1.2e0), ceiling(-1.2e0), floor(1.8e0), floor(-1.2e0), ceil(1.2), floor(-1.2), ceil(5), floor(5)
SELECT truncate(1.9e0), truncate(-1.9e0), truncate(12.99)
SELECT sign(-5), sign(0), sign(2.5), sign(-1.5e0), sign(0e0)
SELECT sqrt(16), sqrt(2e0), cbrt(27), power(2, 10), pow(2e0, 0.5), exp(1), ln(10), log2(8), log10(1000), log(2, 8)
SELECT sqrt(-1), ln(0), ln(-1), acos(2)
SELECT sin(0), cos(0), tan(0), atan2(1, 1), degrees(pi()), radians(180)
SELECT pi(), e(), infinity(), nan(), is_nan(nan()), is_infinite(infinity()), is_finite(1e0)
SELECT mod(7, 3), mod(-7, 3), mod(7.5, 2), mod(7e0, 2.5e0)
SELECT width_bucket(5.3e0, 0e0, 10e0, 5), width_bucket(-1, 0, 10, 5), width_bucket(10, 0, 10, 5), width_bucket(3, 10, 0, 5)
SELECT from_base('ff', 16), from_base('-101', 2), to_base(255, 16), to_base(-5, 2)
SELECT from_base('xyz', 10)
SELECT bitwise_and(12, 10), bitwise_or(12, 10), bitwise_xor(12, 10), bitwise_not(5), bitwise_left_shift(1, 4), bitwise_right_shift(16, 2), bit_count(9, 64), bit_count(-7, 64)
SELECT length('héllo'), length(''), length(NULL), length(x'0102')
SELECT lower('HeLLo'), upper('straße'), reverse('abc'), reverse('héé')
SELECT trim('  a b  '), ltrim('  a'), rtrim('a  '), trim(BOTH 'x' FROM 'xxaxx'), trim(LEADING 'x' FROM 'xxaxx'), trim(TRAILING FROM ' a ')
SELECT trim('  a' || chr(9))
SELECT substr('hello', 2), substr('hello', 2, 3), substr('hello', -3), substr('hello', -3, 2), substr('hello', 0), substr('hello', 10), substring('hello' FROM 2 FOR 2), substr('hello', 2, 0)
SELECT replace('hello', 'l', 'L'), replace('hello', 'l'), replace('abc', '', 'x'), replace('aaa', 'aa', 'b')
SELECT strpos('hello', 'l'), strpos('hello', 'z'), position('l' IN 'hello'), strpos('hello', 'l', 2), strpos('hello', 'l', -1), strpos('héllo', 'l')
SELECT 'a' || 'b', 'a' || NULL, concat('a', 'b', 'c'), concat('a', NULL)
SELECT 'a' || 1
SELECT concat_ws(',', 'a', NULL, 'b'), concat_ws('-', ARRAY['x', NULL, 'y'])
SELECT split('a,b,,c', ','), split('a,b,c', ',', 2), split('', ','), split('abc', 'x')
SELECT split_part('a,b,c', ',', 2), split_part('a,b,c', ',', 5), split_part('abc', ',', 1)
SELECT split_part('a,b', ',', 0)
SELECT split_to_map('a=1;b=2', ';', '=')
SELECT split_to_map('a=1;a=2', ';', '=')
SELECT lpad('7', 3, '0'), rpad('a', 4, 'xy'), lpad('hello', 2, 'x'), lpad('é', 3, 'ü')
SELECT lpad('a', -1, 'x')
SELECT chr(65), chr(8364), codepoint('A'), codepoint('€')
SELECT codepoint('ab')
SELECT levenshtein_distance('kitten', 'sitting'), hamming_distance('abc', 'axc')
SELECT hamming_distance('abc', 'ab')
SELECT starts_with('hello', 'he'), starts_with('hello', 'lo'), starts_with('a', '')
SELECT translate('abcd', 'bd', 'x'), normalize('é')
SELECT 'hello' LIKE 'h%', 'hello' LIKE 'h_llo', 'hello' NOT LIKE 'H%', '50%' LIKE '50!%' ESCAPE '!', 'a_b' LIKE 'a#_b' ESCAPE '#', 'axb' LIKE 'a#_b' ESCAPE '#', NULL LIKE 'a'
SELECT 'a' LIKE 'a' ESCAPE 'xx'
SELECT 1 LIKE 'a'
SELECT to_utf8('héllo'), from_utf8(to_utf8('héllo')), to_hex(to_utf8('abc')), from_hex('616263'), to_base64(to_utf8('hello')), from_utf8(from_base64('aGVsbG8='))
SELECT md5(to_utf8('a')), sha1(to_utf8('a')), to_hex(sha256(to_utf8('a'))), crc32(to_utf8('hello'))
SELECT from_hex('6x')
SELECT x'65 66', x'' = x'', x'01' < x'02', x'ab' || x'cd'
SELECT regexp_like('1a 2b', '\d+b'), regexp_like('abc', '^b'), regexp_like('abc', 'b')
SELECT regexp_extract('1a 2b 14m', '\d+'), regexp_extract('1a 2b', '(\d+)([a-z]+)', 2), regexp_extract('abc', 'x'), regexp_extract('abc', '(x)?b', 1)
SELECT regexp_extract_all('1a 2b 14m', '\d+'), regexp_replace('1a 2b', '\d+'), regexp_replace('1a 2b', '(\d+)([a-z])', '$2$1'), regexp_replace('fun', 'u', '\$')
SELECT regexp_split('1a 2b 14m', '\s*[a-z]+\s*'), regexp_count('1a 2b 14m', '\d'), regexp_like('a' || chr(10) || 'b', 'a.b')
SELECT regexp_like('foobar', 'foo(?=bar)')
SELECT url_extract_host('https://example.com:8080/a/b?x=1&y=%20z#f'), url_extract_port('https://example.com:8080/a'), url_extract_path('https://example.com/a/b?x'), url_extract_query('http://h/p?x=1&y=2'), url_extract_parameter('http://h/p?x=1&y=a%20b', 'y'), url_extract_protocol('ftp://h'), url_extract_fragment('http://h/#frag')
SELECT url_encode('a b&c=d/é'), url_decode('a+b%26c'), url_extract_port('http://h/'), url_extract_host('no url here')
SELECT format('%s is %d and %.2f', 'x', 42, 1.5e0), format('%05d|%-5s|%5s', 42, 'ab', 'cd'), format('%,d', 1234567), format('%x', 255)
SELECT date '2020-02-29' + interval '1' year, date '2020-01-31' + interval '1' month, date '2020-01-01' - interval '1' day, interval '2' day + date '2020-01-01'
SELECT date '2020-01-01' + interval '1' hour
SELECT timestamp '2020-01-31 10:00:00' + interval '1' month, timestamp '2020-01-01 00:00:00.123' - interval '1' second, timestamp '2020-01-01 00:00:00' + interval '1 02:03:04' day to second
SELECT date '2020-03-01' - date '2020-02-01', timestamp '2020-01-02 00:00:00' - timestamp '2020-01-01 12:30:00'
SELECT interval '1' day, interval '36' hour, interval '1:30' minute to second, interval '-3' day, interval '2' year, interval '1-6' year to month, interval '90' second * 2
SELECT interval '1' day < interval '25' hour, interval '1' year = interval '12' month, interval '3' day / 2, 2 * interval '1' month
SELECT interval '1' day + interval '1' month
SELECT date_trunc('month', date '2020-05-17'), date_trunc('hour', timestamp '2020-05-17 10:20:30.456'), date_trunc('week', date '2020-05-17'), date_trunc('quarter', timestamp '2020-05-17 10:20:30'), date_trunc('year', date '2020-05-17'), date_trunc('day', timestamp '2020-05-17 10:20:30.123456')
SELECT date_trunc('hour', date '2020-05-17')
SELECT date_trunc('century', timestamp '2020-05-17 10:20:30')
SELECT date_add('day', 3, date '2020-02-27'), date_add('month', 1, timestamp '2020-01-31 00:00:00.000'), date_add('hour', -5, timestamp '2020-01-01 02:00:00.000'), date_add('week', 2, date '2020-01-01'), date_add('quarter', 1, date '2020-01-01'), date_add('millisecond', 5, timestamp '2020-01-01 00:00:00.000')
SELECT date_diff('day', date '2020-02-27', date '2020-03-01'), date_diff('hour', timestamp '2020-01-01 00:00:00', timestamp '2020-01-01 23:59:59'), date_diff('month', date '2020-01-31', date '2020-02-29'), date_diff('month', date '2020-01-15', date '2020-03-14'), date_diff('year', date '2019-03-01', date '2020-02-29'), date_diff('second', timestamp '2020-01-01 00:00:10', timestamp '2020-01-01 00:00:00'), date_diff('week', date '2020-01-01', date '2020-01-20'), date_diff('quarter', date '2020-01-01', date '2020-12-31')
SELECT date_diff('day', timestamp '2020-01-02 00:00:00', timestamp '2020-01-01 12:00:00'), date_diff('millisecond', timestamp '2020-01-01 00:00:00.000', timestamp '2020-01-01 00:00:01.5')
SELECT year(date '2020-05-17'), quarter(date '2020-05-17'), month(date '2020-05-17'), week(date '2020-01-01'), day(date '2020-05-17'), day_of_week(date '2020-05-17'), dow(date '2020-05-18'), day_of_year(date '2020-12-31'), year_of_week(date '2021-01-01'), day_of_month(date '2020-05-17')
SELECT hour(timestamp '2020-05-17 10:20:30.456'), minute(timestamp '2020-05-17 10:20:30.456'), second(timestamp '2020-05-17 10:20:30.456'), millisecond(timestamp '2020-05-17 10:20:30.456'), hour(time '10:20:30'), last_day_of_month(date '2020-02-10')
SELECT extract(year FROM date '2020-05-17'), extract(dow FROM date '2020-05-17'), extract(hour FROM timestamp '2020-05-17 10:20:30'), extract(doy FROM date '2020-05-17'), extract(day FROM interval '36' hour), extract(hour FROM interval '36' hour)
SELECT extract(century FROM date '2020-05-17')
SELECT hour(date '2020-05-17')
SELECT date_format(timestamp '2020-05-07 08:09:03.456', '%Y-%m-%d %H:%i:%s.%f'), date_format(timestamp '2020-05-07 18:09:03', '%W %M %e %h:%i %p %y %b %a %j %T %r'), date_format(date '2020-05-07', '%d/%m/%Y'), date_format(timestamp '2020-05-07 08:09:03', '%k %l %c %v %x %%')
SELECT date_parse('2020-05-07 08:09:03', '%Y-%m-%d %H:%i:%s'), date_parse('07/May/2020', '%d/%b/%Y'), date_parse('2020-05-07 08:09:03.456789', '%Y-%m-%d %H:%i:%s.%f'), date_parse('5:30 PM', '%l:%i %p'), date_parse('20', '%y')
SELECT date_parse('2020-13-07', '%Y-%m-%d')
SELECT date_parse('abc', '%Y')
SELECT date_parse('2020-05-07x', '%Y-%m-%d')
SELECT format_datetime(timestamp '2020-05-07 08:09:03.456', 'yyyy-MM-dd HH:mm:ss.SSS'), format_datetime(timestamp '2020-05-07 18:09:03', 'EEEE, d MMMM yy h:mm a'), format_datetime(date '2020-05-07', 'EEE MMM dd D'), format_datetime(timestamp '2020-05-07 18:09:03', '''at'' HH''h''')
SELECT parse_datetime('2020-05-07 08:09', 'yyyy-MM-dd HH:mm'), parse_datetime('2020-05-07T08:09:00+02:00', 'yyyy-MM-dd''T''HH:mm:ssZ')
SELECT from_iso8601_timestamp('2020-01-01T10:00:00+02:00'), from_iso8601_timestamp('2020-01-01T10:00:00Z'), from_iso8601_timestamp('2020-01-01'), from_iso8601_timestamp('2020-01-01T10:00:00.123456Z')
SELECT from_iso8601_timestamp('not a date')
SELECT from_iso8601_date('2020-05-07'), to_iso8601(date '2020-05-07'), to_iso8601(timestamp '2020-05-07 08:09:03.456'), to_iso8601(timestamp '2020-05-07 08:09:03.456 UTC'), to_iso8601(timestamp '2020-05-07 08:09:03.456 America/New_York')
SELECT cast(from_iso8601_timestamp('2020-01-01T10:00:00+02:00') as timestamp), cast(from_iso8601_timestamp('2020-01-01T01:00:00+02:00') as date), from_iso8601_timestamp('2020-01-01T10:00:00+02:00') = from_iso8601_timestamp('2020-01-01T08:00:00Z'), hour(from_iso8601_timestamp('2020-01-01T10:00:00+02:00'))
SELECT from_unixtime(1700000000), from_unixtime(1700000000.5), from_unixtime(0, 'America/New_York'), to_unixtime(timestamp '2023-11-14 22:13:20.5 UTC'), to_unixtime(timestamp '2020-01-01 00:00:00')
SELECT timestamp '2020-01-01 00:00:00 UTC' AT TIME ZONE 'America/New_York', at_timezone(timestamp '2020-07-01 00:00:00 UTC', 'Europe/Berlin'), timestamp '2020-01-01 00:00:00' AT TIME ZONE 'Asia/Tokyo', with_timezone(timestamp '2020-01-01 00:00:00', 'Asia/Tokyo')
SELECT hour(timestamp '2020-01-01 00:00:00 UTC' AT TIME ZONE 'America/New_York'), date(timestamp '2020-01-01 00:00:00 UTC' AT TIME ZONE 'America/New_York'), date_trunc('day', timestamp '2020-01-01 03:00:00 UTC' AT TIME ZONE 'America/New_York'), cast(timestamp '2020-01-01 00:00:00 UTC' AT TIME ZONE '+05:30' as varchar)
SELECT timestamp '2020-01-01 00:00:00 America/New_York', timestamp '2020-01-01 00:00:00 +01:00', timestamp '2020-01-01 05:00:00 UTC' = timestamp '2020-01-01 00:00:00 America/New_York'
SELECT timestamp '2020-03-08 01:30:00 America/New_York' + interval '1' hour, date_add('day', 1, timestamp '2020-03-07 12:00:00 America/New_York'), timestamp '2020-01-31 00:00:00 UTC' + interval '1' month
SELECT cast('2020-01-01' as date), cast('2020-01-01 10:20:30.5' as timestamp), cast('2020-01-01' as timestamp), cast('10:20:30' as time), cast(timestamp '2020-01-01 10:20:30.5' as date), cast(date '2020-01-01' as timestamp), cast(timestamp '2020-01-01 10:20:30' as time), cast('2020-01-01 10:20:30 +02:00' as timestamp with time zone)
SELECT cast(timestamp '2020-01-01 10:20:30.123456' as timestamp(3)), cast(timestamp '2020-01-01 10:20:30.9996' as timestamp(3)), timestamp '2020-01-01 10:20:30.123456', cast(timestamp '2020-01-01 10:20:30.5' as timestamp(0))
SELECT cast('2020-02-30' as date)
SELECT cast('2020/01/01' as date)
SELECT cast('2020-01-01 25:00:00' as timestamp)
SELECT date '2020-02-30'
SELECT timestamp '2020-01-01T10:00:00'
SELECT time '10:20:30' + interval '15' hour, time '10:20' - interval '30' minute, time '01:02:03.456'
SELECT date('2020-05-07'), date(timestamp '2020-05-07 10:00:00'), typeof(date_trunc('hour', timestamp '2020-01-01 00:00:00.000000'))
SELECT parse_duration('1.5h'), parse_duration('250ms'), to_milliseconds(interval '1' second)
SELECT ARRAY[1, 2, 3], ARRAY[], ARRAY[1, NULL], ARRAY['a', 'bc'], ARRAY[ARRAY[1], ARRAY[]], ARRAY[1, 2.5], ARRAY[true]
SELECT ARRAY[1, 'a']
SELECT ARRAY[1, 2, 3][2], element_at(ARRAY[1, 2], 2), element_at(ARRAY[1, 2], -1), element_at(ARRAY[1, 2], 5)
SELECT ARRAY[1, 2][3]
SELECT ARRAY[1, 2][0]
SELECT ARRAY[1, 2][-1]
SELECT element_at(ARRAY[1, 2], 0)
SELECT cardinality(ARRAY[1, 2]), cardinality(MAP(ARRAY['a'], ARRAY[1])), cardinality(ARRAY[]), cardinality(NULL)
SELECT contains(ARRAY[1, 2], 2), contains(ARRAY[1, NULL], 3), contains(ARRAY[1, NULL], 1), contains(ARRAY['a'], 'b')
SELECT array_distinct(ARRAY[3, 1, 3, NULL, NULL, 1]), array_sort(ARRAY[3, 1, NULL, 2]), array_max(ARRAY[1, 5, 2]), array_min(ARRAY['b', 'a']), array_max(ARRAY[1, NULL])
SELECT array_join(ARRAY['a', NULL, 'b'], '-'), array_join(ARRAY['a', NULL, 'b'], '-', '?'), array_join(ARRAY[1, 2], ',')
SELECT array_position(ARRAY[5, 6, 7], 6), array_position(ARRAY[5], 1), array_remove(ARRAY[1, 2, 1], 1), array_remove(ARRAY['a', NULL], 'a')
SELECT array_union(ARRAY[1, 2], ARRAY[2, 3]), array_intersect(ARRAY[1, 2, 2], ARRAY[2, 3]), array_except(ARRAY[1, 2, 3], ARRAY[2]), arrays_overlap(ARRAY[1, 2], ARRAY[2]), arrays_overlap(ARRAY[1], ARRAY[NULL, 2]), arrays_overlap(ARRAY[1], ARRAY[2])
SELECT slice(ARRAY[1, 2, 3, 4], 2, 2), slice(ARRAY[1, 2, 3, 4], -2, 2), slice(ARRAY[1, 2], 5, 1), trim_array(ARRAY[1, 2, 3], 1), reverse(ARRAY[1, 2, 3])
SELECT slice(ARRAY[1], 0, 1)
SELECT sequence(1, 5), sequence(5, 1), sequence(1, 10, 3), sequence(date '2020-01-01', date '2020-01-03', interval '1' day), repeat('a', 3)
SELECT flatten(ARRAY[ARRAY[1, 2], ARRAY[3]]), ARRAY[1] || ARRAY[2], ARRAY[1] || 2, 0 || ARRAY[1], concat(ARRAY[1], ARRAY[2, 3])
SELECT transform(ARRAY[1, 2, 3], x -> x * 2), transform(ARRAY['a'], x -> x || 'b'), transform(ARRAY[1, NULL], x -> coalesce(x, 0) + 1), transform(ARRAY[], x -> 1)
SELECT filter(ARRAY[1, 2, 3], x -> x > 1), filter(ARRAY[1, NULL], x -> x IS NOT NULL), any_match(ARRAY[1, 2], x -> x = 2), all_match(ARRAY[1, 2], x -> x > 0), none_match(ARRAY[1, 2], x -> x > 5), any_match(ARRAY[1, NULL], x -> x > 5)
SELECT reduce(ARRAY[1, 2, 3], 0, (s, x) -> s + x, s -> s), reduce(ARRAY[5, 6], '', (s, x) -> s || cast(x as varchar), s -> length(s)), reduce(ARRAY[1, 2], 1.5e0, (s, x) -> s * x, s -> s)
SELECT zip(ARRAY[1, 2], ARRAY['a']), zip_with(ARRAY[1, 2], ARRAY[3, 4], (x, y) -> x + y), zip_with(ARRAY['a'], ARRAY[1], (x, y) -> x || cast(y as varchar))
SELECT transform(ARRAY[1, 2], x -> transform(ARRAY[10, 20], y -> x + y)), id, transform(ARRAY[1], x -> x + id) FROM readings WHERE id = 2
SELECT transform(ARRAY[1], x -> y)
SELECT transform(ARRAY[1], (x, y) -> x)
SELECT MAP(ARRAY['a', 'b'], ARRAY[1, 2]), MAP(), MAP(ARRAY[1], ARRAY['x'])['a']
SELECT MAP(ARRAY['a', 'b'], ARRAY[1, 2])['b'], element_at(MAP(ARRAY['a'], ARRAY[1]), 'z'), element_at(MAP(ARRAY['a'], ARRAY[1]), 'a')
SELECT MAP(ARRAY['a'], ARRAY[1])['z']
SELECT MAP(ARRAY['a', 'a'], ARRAY[1, 2])
SELECT map_keys(MAP(ARRAY['a', 'b'], ARRAY[1, 2])), map_values(MAP(ARRAY['a', 'b'], ARRAY[1, 2])), map_entries(MAP(ARRAY['a'], ARRAY[1])), map_from_entries(ARRAY[('x', 1), ('y', 2)])
SELECT map_filter(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> v > 1), transform_values(MAP(ARRAY['a'], ARRAY[1]), (k, v) -> v * 10), transform_keys(MAP(ARRAY['a'], ARRAY[1]), (k, v) -> k || 'x'), map_concat(MAP(ARRAY['a'], ARRAY[1]), MAP(ARRAY['a', 'b'], ARRAY[9, 2]))
SELECT ROW(1, 'a'), (1, 2.5, NULL), CAST(ROW(1, 'x') AS ROW(a integer, b varchar)), CAST(ROW(1, 'x') AS ROW(a integer, b varchar)).b, ROW(1, 'a')[2]
SELECT (1, 'a') = (1, 'a'), (1, 2) = (1, 3), (1, NULL) = (1, NULL), (1, 2) <> (1, 3), (1, 2) IN ((1, 2), (3, 4))
SELECT ARRAY[1, 2] = ARRAY[1, 2], ARRAY[1] = ARRAY[1, 2], ARRAY[1, NULL] = ARRAY[1, NULL], ARRAY[1] <> ARRAY[2]
SELECT CAST(ARRAY[1, 2] AS ARRAY(varchar)), CAST(ARRAY['1'] AS ARRAY(integer)), CAST(MAP(ARRAY['1'], ARRAY[2]) AS MAP(integer, varchar))
SELECT json_extract(body, '$.tags'), json_extract_scalar(body, '$.name'), json_extract_scalar(body, '$.level'), json_extract(body, '$.inner'), json_extract_scalar(body, '$.inner.x'), json_extract_scalar(body, '$.tags[1]'), json_extract_scalar(body, '$.tags'), json_extract(body, '$.level') FROM events WHERE id <> 3 ORDER BY id
SELECT id, json_extract(body, '$.name'), json_extract_scalar(body, '$.name') FROM events ORDER BY id
SELECT json_extract_scalar('{"a b":{"c":[1,2]}}', '$["a b"].c[0]'), json_extract_scalar('[10,20]', '$[1]'), json_extract_scalar('{"a":true}', '$.a'), json_extract_scalar('{"a":1.10}', '$.a'), json_extract('{"a":1.10}', '$.a'), json_extract('{"b":1,"a":2}', '$')
SELECT json_extract('{"a":1}', 'a.b')
SELECT json_extract_scalar('{"a":"x\u00e9\n"}', '$.a'), json_extract('{"a":"x\u00e9\n/"}', '$.a')
SELECT json_parse('{"b": 1, "a": [1, 2.50, "x", null, true]}'), json_format(json_parse('[1,  2]')), json_size('{"a":[1,2,3]}', '$.a'), json_array_length('[1,2,3]'), json_array_get('["a","b"]', 0), json_array_get('["a","b"]', -1), json_array_contains('[1,2]', 2), is_json_scalar('1'), is_json_scalar('[1]')
SELECT json_parse('{"a":')
SELECT JSON '{"a": 1}', json_extract_scalar(JSON '{"a": 1}', '$.a'), typeof(JSON '1')
SELECT cast(JSON '5' as bigint), cast(JSON '"x"' as varchar), cast(JSON 'true' as boolean), cast(JSON '1.5' as double), cast(JSON 'null' as integer), cast(JSON '[1,2]' as ARRAY(bigint)), cast(JSON '{"a":1}' as MAP(varchar, bigint)), cast(JSON '{"a":1,"b":"x"}' as ROW(a integer, b varchar)), cast(JSON '"12"' as bigint)
SELECT cast(JSON '{"a":1}' as bigint)
SELECT cast(JSON '["x"]' as ARRAY(bigint))
SELECT cast(1 as json), cast('a"b' as json), cast(1.5 as json), cast(1e0 as json), cast(ARRAY[1, NULL] as json), cast(MAP(ARRAY['b', 'a'], ARRAY[1, 2]) as json), cast(true as json), cast(date '2020-01-01' as json), cast(CAST(ROW(1, 'x') AS ROW(a integer, b varchar)) as json), cast(NULL as json)
SELECT cast('{"a":1}' as json), json_extract(cast('{"a":1}' as json), '$.a')
SELECT * FROM readings ORDER BY id
SELECT id, maker AS Producer, o2 * 2 AS "Double O2", temp + 1 FROM readings ORDER BY id LIMIT 2
SELECT r.id, R.MAKER, "o2" FROM readings r WHERE r.id <= 2 ORDER BY 1 DESC
SELECT readings.id FROM readings WHERE maker IS NULL
SELECT readings.* FROM readings WHERE id = 1
SELECT default.readings.id FROM readings WHERE id = 1
SELECT count(*), count(o2), count(DISTINCT maker), sum(id), avg(id), min(o2), max(maker), avg(temp), sum(temp) FROM readings
SELECT count(*) FROM readings WHERE false
SELECT sum(id), avg(o2), max(id), array_agg(id), count(id) FROM readings WHERE id > 100
SELECT maker, count(*) AS n, avg(o2), max(temp), sum(temp), avg(temp) FROM readings GROUP BY maker ORDER BY n DESC, maker
SELECT maker, count(*) FROM readings GROUP BY 1 HAVING count(*) > 1 ORDER BY 1
SELECT upper(maker) AS m, count(*) FROM readings GROUP BY upper(maker) ORDER BY m NULLS FIRST
SELECT date_trunc('month', at) AS month, count(*) FROM readings GROUP BY 1 ORDER BY 1
SELECT year(day), month(day), count(*) FROM readings GROUP BY year(day), month(day) ORDER BY 1, 2
SELECT maker, o2, count(*) FROM readings GROUP BY maker
SELECT maker FROM readings GROUP BY id
SELECT id + 1, count(*) FROM readings GROUP BY id + 1 ORDER BY id + 1
SELECT id, count(*) FROM readings
SELECT maker FROM readings HAVING count(*) > 1
SELECT count(*) FROM readings WHERE count(*) > 1
SELECT sum(count(*)) FROM readings
SELECT sum(maker) FROM readings
SELECT maker, ok, count(*) FROM readings GROUP BY ROLLUP (maker, ok) ORDER BY 1, 2, 3
SELECT maker, ok, count(*), grouping(maker, ok) FROM readings GROUP BY CUBE (maker, ok) ORDER BY 4, 1, 2
SELECT maker, ok, count(*) FROM readings GROUP BY GROUPING SETS ((maker), (ok), ()) ORDER BY 1, 2, 3
SELECT count(*) FILTER (WHERE ok), sum(id) FILTER (WHERE maker = 'GE'), count_if(o2 > 90) FROM readings
SELECT bool_and(ok), bool_or(ok), every(o2 > 80), arbitrary(1), count(DISTINCT ok) FROM readings
SELECT max_by(maker, o2), min_by(id, temp), max_by(temp, id) FROM readings
SELECT array_agg(id ORDER BY id DESC), array_agg(maker ORDER BY id), array_agg(DISTINCT ok ORDER BY ok), array_agg(id ORDER BY id) FILTER (WHERE ok) FROM readings
SELECT listagg(maker, ',') WITHIN GROUP (ORDER BY id), listagg(DISTINCT maker, '|') WITHIN GROUP (ORDER BY maker) FROM readings
SELECT histogram(maker), map_agg(maker, id) FROM readings WHERE maker = 'GE'
SELECT stddev(o2), variance(o2), stddev_pop(o2), var_pop(o2), corr(o2, id), covar_samp(o2, id), covar_pop(o2, id) FROM readings WHERE id < 4
SELECT regr_slope(o2, id), regr_intercept(o2, id), geometric_mean(id), bitwise_or_agg(id), bitwise_and_agg(id) FROM readings WHERE id < 4
SELECT approx_distinct(maker), approx_percentile(id, 0.5), approx_percentile(id, ARRAY[0.25, 0.75]), approx_percentile(id, 1.0), approx_percentile(id, 0.0) FROM readings
SELECT approx_percentile(x, 0.9) FROM (SELECT x FROM UNNEST(sequence(1, 100)) AS t(x))
SELECT min(id, 2), max(maker, 2) FROM readings
SELECT count(*), sum(x), avg(x) FROM (VALUES 9223372036854775807, 1) AS t(x)
SELECT avg(x), sum(x), min(x), max(x) FROM (VALUES 1.25, 2.50, NULL) AS t(x)
SELECT sum(x), avg(x) FROM (VALUES real '1.5', real '2.25') AS t(x)
SELECT max(x), min(x) FROM (VALUES date '2020-01-01', date '2021-01-01') AS t(x)
SELECT DISTINCT maker FROM readings ORDER BY maker
SELECT DISTINCT maker, ok FROM readings ORDER BY maker, ok
SELECT DISTINCT maker FROM readings ORDER BY id
SELECT id FROM readings ORDER BY maker, id DESC
SELECT maker, id FROM readings ORDER BY maker DESC, id
SELECT maker FROM readings ORDER BY maker NULLS FIRST, id
SELECT o2 FROM readings ORDER BY o2 DESC
SELECT id FROM readings ORDER BY id OFFSET 2 LIMIT 2
SELECT id FROM readings ORDER BY id OFFSET 4 ROWS FETCH NEXT 1 ROW ONLY
SELECT id FROM readings ORDER BY id FETCH FIRST 2 ROWS ONLY
SELECT id FROM readings ORDER BY 2
SELECT id AS maker FROM readings ORDER BY maker LIMIT 1
SELECT id * 10 AS x FROM readings ORDER BY x DESC LIMIT 1
SELECT -id AS x FROM readings ORDER BY abs(x) LIMIT 1
SELECT r.id, s.country FROM readings r JOIN sites s ON r.maker = s.maker ORDER BY 1
SELECT r.id, s.country FROM readings r LEFT JOIN sites s ON r.maker = s.maker ORDER BY 1
SELECT r.id, s.maker, s.country FROM readings r RIGHT JOIN sites s ON r.maker = s.maker ORDER BY 2, 1
SELECT r.id, s.country FROM readings r FULL JOIN sites s ON r.maker = s.maker ORDER BY 1, 2
SELECT maker, id, country FROM readings JOIN sites USING (maker) ORDER BY id
SELECT * FROM readings r JOIN sites USING (maker) WHERE r.id = 1
SELECT count(*) FROM readings CROSS JOIN sites
SELECT count(*) FROM readings, sites WHERE readings.maker = sites.maker
SELECT r.id FROM readings r JOIN sites s ON r.id = s.maker
SELECT a.id, b.id FROM readings a JOIN readings b ON a.maker = b.maker AND a.id < b.id ORDER BY 1, 2
SELECT s.maker, w FROM sites s CROSS JOIN UNNEST(s.wards) AS t(w) ORDER BY 1, 2
SELECT s.maker, w, n FROM sites s CROSS JOIN UNNEST(s.wards) WITH ORDINALITY AS t(w, n) ORDER BY 1, 3
SELECT s.maker, k, v FROM sites s CROSS JOIN UNNEST(s.sizes) AS t(k, v) ORDER BY 1, 2
SELECT s.maker, w FROM sites s LEFT JOIN UNNEST(s.wards) AS t(w) ON true ORDER BY 1, 2
SELECT * FROM UNNEST(ARRAY[1, 2], ARRAY['a', 'b', 'c']) AS t(x, y)
SELECT * FROM UNNEST(ARRAY[(1, 'a'), (2, 'b')]) AS t(n, s)
SELECT x FROM UNNEST(ARRAY[1, 2, 3]) WITH ORDINALITY AS t(x, o) WHERE o > 1
SELECT sum(x) FROM UNNEST(sequence(1, 10)) AS t(x)
SELECT s.sizes['beds'], element_at(s.sizes, 'beds'), s.wards[1] FROM sites s WHERE s.maker = 'GE'
SELECT maker, cardinality(wards), map_keys(sizes) FROM sites WHERE maker = 'Draeger'
SELECT * FROM UNNEST(1)
SELECT id FROM readings WHERE maker IN (SELECT maker FROM sites) ORDER BY id
SELECT id FROM readings WHERE maker NOT IN (SELECT maker FROM sites) ORDER BY id
SELECT id FROM readings r WHERE EXISTS (SELECT 1 FROM sites s WHERE s.maker = r.maker) ORDER BY id
SELECT id FROM readings r WHERE NOT EXISTS (SELECT 1 FROM sites s WHERE s.maker = r.maker) ORDER BY id
SELECT id, (SELECT country FROM sites s WHERE s.maker = r.maker) FROM readings r ORDER BY id
SELECT (SELECT max(id) FROM readings), (SELECT id FROM readings WHERE false)
SELECT (SELECT id FROM readings)
SELECT id FROM readings WHERE id > ALL (SELECT 2) AND id < ANY (VALUES 5, 6) ORDER BY id
SELECT id FROM readings WHERE o2 > (SELECT avg(o2) FROM readings) ORDER BY id
SELECT id FROM readings WHERE id IN (SELECT id, o2 FROM readings)
SELECT id FROM readings WHERE maker = (SELECT 1)
WITH a AS (SELECT id, maker FROM readings WHERE id < 4), b AS (SELECT maker, count(*) AS n FROM a GROUP BY maker) SELECT * FROM b ORDER BY maker
WITH t(x, y) AS (VALUES (1, 'a'), (2, 'b')) SELECT y, x FROM t ORDER BY x
WITH t AS (SELECT 1 AS x) SELECT * FROM t, t AS u WHERE t.x = u.x
WITH readings AS (SELECT 99 AS id) SELECT id FROM readings
WITH t(x) AS (VALUES (1, 2)) SELECT * FROM t
VALUES 1, 2, 3
VALUES (1, 'a'), (2, NULL)
VALUES (1, 2.5), (2.25, 3)
VALUES (1), ('a')
VALUES (1, 2), (3)
SELECT * FROM (VALUES (1, 'x'), (2, 'y')) AS t(a, b) WHERE b = 'y'
SELECT 1 UNION SELECT 2 UNION SELECT 1 ORDER BY 1
SELECT 1 UNION ALL SELECT 1
SELECT 1 AS x UNION ALL SELECT 2.5 ORDER BY x
SELECT id FROM readings EXCEPT SELECT 1 ORDER BY id
SELECT id FROM readings INTERSECT SELECT 2
SELECT maker FROM readings UNION SELECT maker FROM sites ORDER BY 1
SELECT 1 UNION SELECT 'a'
SELECT 1, 2 UNION SELECT 1
(SELECT 1 AS x) UNION ALL (SELECT 2) ORDER BY x DESC LIMIT 1
SELECT * FROM (SELECT id FROM readings UNION ALL SELECT id + 100 FROM readings) AS t WHERE id > 104 ORDER BY id
TABLE sites
SELECT id, row_number() OVER (ORDER BY id DESC), rank() OVER (ORDER BY maker), dense_rank() OVER (ORDER BY maker) FROM readings ORDER BY id
SELECT id, maker, row_number() OVER (PARTITION BY maker ORDER BY id) AS n FROM readings ORDER BY id
SELECT id, sum(id) OVER (ORDER BY id), sum(id) OVER (), avg(o2) OVER (PARTITION BY maker) FROM readings ORDER BY id
SELECT id, lag(id) OVER (ORDER BY id), lead(id, 2) OVER (ORDER BY id), lag(id, 1, 0) OVER (ORDER BY id), first_value(id) OVER (ORDER BY id), last_value(id) OVER (ORDER BY id), nth_value(id, 2) OVER (ORDER BY id) FROM readings ORDER BY id
SELECT id, sum(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING), count(*) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING), max(id) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) FROM readings ORDER BY id
SELECT id, sum(id) OVER (ORDER BY id RANGE BETWEEN 2 PRECEDING AND CURRENT ROW) FROM readings ORDER BY id
SELECT day, count(*) OVER (ORDER BY day RANGE BETWEEN INTERVAL '60' DAY PRECEDING AND CURRENT ROW) FROM readings WHERE day IS NOT NULL ORDER BY day
SELECT id, ntile(3) OVER (ORDER BY id), percent_rank() OVER (ORDER BY id), cume_dist() OVER (ORDER BY id) FROM readings ORDER BY id
SELECT id, o2, lag(o2) IGNORE NULLS OVER (ORDER BY id), last_value(o2) IGNORE NULLS OVER (ORDER BY id) FROM readings ORDER BY id
SELECT id, sum(id) OVER w, count(*) OVER (w ROWS 1 PRECEDING) FROM readings WINDOW w AS (ORDER BY id) ORDER BY id
SELECT maker, sum(count(*)) OVER (ORDER BY maker) FROM readings GROUP BY maker ORDER BY maker
SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY maker ORDER BY id DESC) AS n FROM readings) AS t WHERE n = 1 ORDER BY id
SELECT rank() FROM readings
SELECT id FROM readings WHERE row_number() OVER () = 1
SELECT abs(id) OVER () FROM readings
SELECT nosuch FROM readings
SELECT r.nosuch FROM readings r
SELECT x.id FROM readings r
SELECT id FROM readings a, readings b
SELECT * FROM nosuch
SELECT * FROM nosuch.t
SELECT nosuch(1)
SELECT abs('a')
SELECT substr('a')
SELECT 1 + 'a'
SELECT 'a' + 'b'
SELECT -'a'
SELECT maker + 1 FROM readings
SELECT id FROM readings WHERE id
SELECT id FROM readings WHERE maker = 1
SELECT CASE WHEN 1 THEN 2 END
SELECT cast('a' as nosuchtype)
SELECT cast(ARRAY[1] as integer)
SELECT cast(date '2020-01-01' as integer)
SELECT select
SELECT 1 FROM
SELECT FROM readings
SELECT 1 +
SELECT (1
SELECT 'abc
SELECT * FROM readings WHERE
SELECT * FROM readings GROUP id
SELECT a b c FROM readings
SELECT 1x
SELECT `id` FROM readings
SELECT * FROM readings LIMIT x
SELECT count(*) FROM readings ORDER BY
SELECT 1; SELECT 2
SELECT id FROM readings ORDER BY nosuch
SELECT id FROM readings GROUP BY 5
SELECT count(DISTINCT *) FROM readings
SELECT max(id) FROM readings GROUP BY max(id)
SELECT *
SELECT t.* FROM readings
SELECT id AS a, a + 1 FROM readings
SELECT row(1, 2).x
SELECT MAP(ARRAY['a'], ARRAY[1])[1]
SELECT ARRAY[1]['a']
SELECT "ID" FROM readings WHERE "Id" = 1
SELECT 'it''s', 'ünï', ''
SELECT id /* comment */ FROM readings -- tail
SELECT 1 WHERE 1 = 1
SELECT 1 WHERE NULL
SELECT NULL, cast(NULL as varchar)
SELECT 1 AS "select", 2 AS "a b", 3 AS "q""q"
SELECT id, maker FROM readings WHERE at >= timestamp '2023-01-10 00:00:00' AND at < timestamp '2023-01-11 00:00:00' ORDER BY id
SELECT id FROM readings WHERE day BETWEEN date '2023-01-01' AND date '2023-12-31' ORDER BY id
SELECT id FROM readings WHERE maker LIKE 'D%' OR o2 > 95 ORDER BY id
SELECT id FROM readings WHERE temp > 37 ORDER BY id
SELECT id FROM readings WHERE temp = 36.6 ORDER BY id
SELECT id FROM readings WHERE o2 > 95.5 AND ok ORDER BY id
SELECT id, o2 > 95, o2 > temp, temp * o2 FROM readings ORDER BY id
SELECT id FROM readings WHERE NOT (o2 > 90) ORDER BY id
SELECT maker, round(avg(o2), 2) AS avg_o2, count(*) AS n FROM readings WHERE at IS NOT NULL GROUP BY maker HAVING avg(o2) > 80 ORDER BY avg_o2 DESC
SELECT date_format(at, '%Y-%m') AS m, count(*) FROM readings WHERE at IS NOT NULL GROUP BY date_format(at, '%Y-%m') ORDER BY m
SELECT hour(at) AS h, approx_percentile(o2, 0.5), min(o2) FROM readings GROUP BY hour(at) ORDER BY h
SELECT id, cast(at as date), date_diff('day', at, timestamp '2024-01-01 00:00:00') FROM readings ORDER BY id
SELECT id, concat(maker, '-', cast(id as varchar)) FROM readings ORDER BY id
SELECT maker, max(at), min(day) FROM readings GROUP BY maker ORDER BY maker
SELECT id, temp / 3, temp % 7, -temp, abs(temp), round(temp, 1), floor(temp) FROM readings ORDER BY id
SELECT id, o2 / 3, o2 % 7, -o2, round(o2), floor(o2), cast(o2 as integer) FROM readings ORDER BY id
SELECT sum(CASE WHEN ok THEN 1 ELSE 0 END), sum(if(maker = 'GE', o2, 0)) FROM readings
SELECT count(*) FROM (SELECT DISTINCT maker FROM readings)
SELECT a.maker, a.n, b.total FROM (SELECT maker, count(*) n FROM readings GROUP BY maker) a CROSS JOIN (SELECT count(*) total FROM readings) b ORDER BY 1
SELECT maker, array_agg(id ORDER BY id), cardinality(array_agg(id)) FROM readings GROUP BY maker ORDER BY maker
SELECT transform(array_agg(id ORDER BY id), x -> x * 2) FROM readings
SELECT reduce(array_agg(id), 0, (s, x) -> s + x, s -> s) FROM readings
SELECT id, row_number() OVER (ORDER BY o2 DESC NULLS FIRST), rank() OVER (ORDER BY temp) FROM readings ORDER BY id
SELECT id, o2 - lag(o2) OVER (PARTITION BY maker ORDER BY at) AS delta FROM readings ORDER BY id
SELECT id FROM readings WHERE id IN (1, 3, 5) AND maker IS NOT NULL ORDER BY id
SELECT json_extract_scalar(body, '$.name') AS name, count(*) FROM events GROUP BY 1 ORDER BY 1
SELECT t.name, t.level FROM events CROSS JOIN UNNEST(ARRAY[CAST(ROW(json_extract_scalar(body, '$.name'), json_extract_scalar(body, '$.level')) AS ROW(name varchar, level varchar))]) AS t(name, level) WHERE id < 3 ORDER BY 1
SELECT tag FROM events CROSS JOIN UNNEST(CAST(json_extract(body, '$.tags') AS ARRAY(varchar))) AS t(tag) WHERE id = 1
SELECT id, try(json_parse(body)) FROM events ORDER BY id
SELECT current_date = date(now()), current_timestamp = now(), localtimestamp = cast(now() as timestamp)
SELECT grouping(id) FROM readings
SELECT count(*) OVER (PARTITION BY nosuch) FROM readings
SELECT 0.1 = 0.10, 1.0 = 1, cast(0.1 as double) = 0.1e0, 1e0 = 1
SELECT .5, 5., 1E3, 1.5e-3, 00012, 0.00
SELECT 12345678901, 1234567890123456789012
SELECT 1234567890123456789012.5
SELECT bigint '5', smallint '3', tinyint '1', real '1.5', double '2.5', varchar 'x', boolean 'true', decimal '1.20'
SELECT integer 'x'
SELECT row_number() OVER (ORDER BY x), x FROM (VALUES NULL, 1, NULL, 2) AS t(x) ORDER BY 1
SELECT x FROM (VALUES 'b', 'A', 'a', 'B') AS t(x) ORDER BY x
SELECT x, count(*) FROM (VALUES nan(), nan(), 1e0) AS t(x) GROUP BY x ORDER BY 2
SELECT uuid '12151fd2-7586-11e9-8f9e-2a86e4085a59'
SELECT EXTRACT(MONTH FROM timestamp '2020-05-17 00:00:00'), EXTRACT(WEEK FROM date '2020-12-31'), EXTRACT(QUARTER FROM date '2020-12-31')
SELECT checksum(id) FROM readings
SELECT xxhash64(to_utf8('a'))
SELECT * FROM readings TABLESAMPLE BERNOULLI (100)
-- wider: what else analysts write
SELECT 1 AS a, 2 AS b UNION ALL SELECT b, a FROM (SELECT 3 AS a, 4 AS b)
SELECT maker, count(*) FILTER (WHERE o2 > 90) * 100.0 / count(*) FROM readings GROUP BY maker ORDER BY maker
SELECT cast(count(*) AS double) / 3, count(*) / 4, count(*) * 1.0 / 4 FROM readings
SELECT sum(o2) / count(o2), sum(temp) / count(temp), avg(cast(temp AS double)) FROM readings
SELECT round(100.0 * sum(CASE WHEN ok THEN 1 ELSE 0 END) / count(*), 2) FROM readings
SELECT maker, max(at) - min(at) FROM readings GROUP BY maker ORDER BY maker
SELECT date_diff('minute', min(at), max(at)) FROM readings
SELECT id, at + interval '1' hour, at - interval '30' minute, date_trunc('minute', at) FROM readings ORDER BY id
SELECT id, at AT TIME ZONE 'America/New_York' FROM readings ORDER BY id
SELECT id, day + interval '7' day, day_of_week(day), week(day), day - date '2023-01-01' FROM readings ORDER BY id
SELECT to_unixtime(at), cast(to_unixtime(at) AS bigint) FROM readings ORDER BY id
SELECT from_unixtime(1673330828), cast(from_unixtime(1673330828) AS timestamp), date(from_unixtime(1673330828)), from_unixtime(1673330828.123)
SELECT date_format(from_unixtime(1673330828), '%Y-%m-%d %H:00'), format_datetime(from_unixtime(1673330828), 'yyyy-MM-dd')
SELECT date_parse('20230110', '%Y%m%d'), cast(date_parse('10-01-2023', '%d-%m-%Y') AS date), date_parse('2023-01-10T06:07:08', '%Y-%m-%dT%H:%i:%s')
SELECT cast('2023-01-10' AS date) - interval '1' month, date '2023-03-31' - interval '1' month, date_add('month', -1, date '2023-03-31'), date_add('year', 1, date '2024-02-29')
SELECT from_iso8601_timestamp('2023-01-10T06:07:08.123Z') AT TIME ZONE 'UTC', date_trunc('hour', from_iso8601_timestamp('2023-01-10T06:07:08.123Z') AT TIME ZONE 'UTC'), date_diff('second', from_iso8601_timestamp('2023-01-10T06:07:08Z'), from_iso8601_timestamp('2023-01-10T08:07:08+01:00'))
SELECT from_iso8601_timestamp('2023-01-10T06:07:08.123Z') + interval '1' day, from_iso8601_timestamp('2023-01-10T06:07:08Z') > timestamp '2023-01-01 00:00:00', to_unixtime(from_iso8601_timestamp('2023-01-10T06:07:08Z'))
SELECT max(t), min(t), count(DISTINCT cast(t AS date)) FROM (VALUES from_iso8601_timestamp('2023-01-10T06:07:08Z'), from_iso8601_timestamp('2023-01-11T06:07:08+02:00')) AS v(t)
SELECT t FROM (VALUES from_iso8601_timestamp('2023-01-10T06:07:08+05:00'), from_iso8601_timestamp('2023-01-10T04:07:08Z')) AS v(t) ORDER BY t
SELECT timestamp '2023-01-10 06:07:08 UTC' BETWEEN timestamp '2023-01-10 00:00:00 UTC' AND timestamp '2023-01-11 00:00:00 UTC', date '2023-01-10' IN (date '2023-01-10', date '2023-01-11')
SELECT year(at) * 100 + month(at), count(*) FROM readings WHERE at IS NOT NULL GROUP BY 1 ORDER BY 1
SELECT lpad(cast(month(day) AS varchar), 2, '0'), concat(cast(year(day) AS varchar), '-', lpad(cast(month(day) AS varchar), 2, '0')) FROM readings WHERE day IS NOT NULL ORDER BY id
SELECT substr(maker, 1, 2), upper(maker), length(maker), maker || '!', strpos(maker, 'r') FROM readings ORDER BY id
SELECT coalesce(maker, 'unknown') AS m, count(*) FROM readings GROUP BY coalesce(maker, 'unknown') ORDER BY m
SELECT CASE WHEN o2 >= 95 THEN 'good' WHEN o2 >= 90 THEN 'fair' WHEN o2 IS NULL THEN 'none' ELSE 'low' END AS class, count(*) FROM readings GROUP BY 1 ORDER BY 1
SELECT CASE WHEN o2 >= 95 THEN 'good' ELSE 'low' END AS class FROM readings GROUP BY CASE WHEN o2 >= 95 THEN 'good' ELSE 'low' END ORDER BY class
SELECT maker, sum(id) AS total FROM readings GROUP BY maker ORDER BY sum(id) DESC, maker LIMIT 2
SELECT maker, sum(id) AS total FROM readings GROUP BY maker HAVING sum(id) > 3 AND max(o2) IS NOT NULL ORDER BY total
SELECT maker m, count(*) c FROM readings GROUP BY maker ORDER BY c DESC, m NULLS FIRST
SELECT maker, id, sum(o2) OVER (PARTITION BY maker ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running FROM readings ORDER BY id
SELECT id, avg(o2) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM readings ORDER BY id
SELECT id, count(*) OVER (PARTITION BY ok), max(temp) OVER (PARTITION BY ok ORDER BY id) FROM readings ORDER BY id
SELECT id, first_value(maker) OVER (PARTITION BY ok ORDER BY id DESC), lead(at) OVER (ORDER BY id) FROM readings ORDER BY id
SELECT id, o2 - avg(o2) OVER () FROM readings ORDER BY id
SELECT id, rank() OVER (ORDER BY o2 DESC), dense_rank() OVER (ORDER BY ok) FROM readings ORDER BY id
SELECT maker, rank() OVER (ORDER BY count(*) DESC) FROM readings GROUP BY maker ORDER BY 2, 1
SELECT id, array_agg(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM readings ORDER BY id LIMIT 3
SELECT id, max_by(maker, o2) OVER (ORDER BY id) FROM readings ORDER BY id
SELECT a.id FROM readings a WHERE a.o2 = (SELECT max(b.o2) FROM readings b WHERE b.maker = a.maker) ORDER BY a.id
SELECT a.id, (SELECT count(*) FROM readings b WHERE b.id < a.id) FROM readings a ORDER BY a.id
SELECT s.maker, (SELECT max(r.o2) FROM readings r WHERE r.maker = s.maker) AS best FROM sites s ORDER BY s.maker
SELECT * FROM (SELECT maker, avg(o2) AS a FROM readings GROUP BY maker) t WHERE a > 90 ORDER BY maker
SELECT t.m, s.country FROM (SELECT DISTINCT maker AS m FROM readings) t LEFT JOIN sites s ON s.maker = t.m ORDER BY t.m
SELECT r.maker, count(*) FROM readings r JOIN sites s ON r.maker = s.maker AND s.country <> 'CN' GROUP BY r.maker ORDER BY 1
SELECT coalesce(r.maker, s.maker), count(r.id) FROM readings r FULL OUTER JOIN sites s ON r.maker = s.maker GROUP BY 1 ORDER BY 1
SELECT r.id, s.maker FROM readings r LEFT JOIN sites s ON r.maker = s.maker AND r.o2 > 95 ORDER BY r.id
SELECT count(*) FROM readings a JOIN readings b ON a.id = b.id JOIN readings c ON b.id = c.id
SELECT maker, country, r.o2 FROM sites JOIN readings r USING (maker) ORDER BY r.id
SELECT wards, cardinality(wards), contains(wards, 'icu'), array_join(wards, '+') FROM sites ORDER BY maker
SELECT maker FROM sites WHERE any_match(wards, w -> w LIKE 'i%') ORDER BY maker
SELECT maker, sizes FROM sites WHERE element_at(sizes, 'beds') > 15
SELECT maker, transform(wards, w -> upper(w)), filter(wards, w -> length(w) > 2), reduce(wards, 0, (s, w) -> s + length(w), s -> s) FROM sites ORDER BY maker
SELECT maker, transform_values(sizes, (k, v) -> v * 2), map_filter(sizes, (k, v) -> v > 5) FROM sites ORDER BY maker
SELECT w, count(*) FROM sites CROSS JOIN UNNEST(wards) AS t(w) GROUP BY w ORDER BY 2 DESC, 1
SELECT maker, k, v FROM sites, UNNEST(map_keys(sizes), map_values(sizes)) AS t(k, v) ORDER BY 1, 2
SELECT map_agg(maker, country)['GE'], cardinality(map_agg(maker, country)) FROM sites
SELECT array_agg(DISTINCT country ORDER BY country), array_distinct(array_agg(country)) = array_agg(country) FROM sites
SELECT array_sort(array_agg(maker)) FROM readings
SELECT x, y FROM (VALUES (1, ARRAY[1, 2]), (2, ARRAY[])) AS t(x, ys) CROSS JOIN UNNEST(ys) AS u(y)
SELECT json_extract_scalar(body, '$.inner.x') AS x, cast(json_extract_scalar(body, '$.level') AS integer) AS level FROM events WHERE id IN (1, 2) ORDER BY id
SELECT cast(json_extract(body, '$.level') AS bigint), cast(json_extract(body, '$.tags') AS ARRAY(varchar)) FROM events WHERE id IN (1, 2) ORDER BY id
SELECT json_array_length(json_extract(body, '$.tags')), json_size(body, '$.inner') FROM events WHERE id IN (1, 2) ORDER BY id
SELECT json_format(cast(MAP(ARRAY['a', 'b'], ARRAY[1.5e0, NULL]) AS json)), json_format(cast(ARRAY[ROW(1, 'x')] AS json))
SELECT id FROM events WHERE json_extract_scalar(body, '$.name') = 'alarm'
SELECT cast(cast(ARRAY[1, 2] AS json) AS varchar)
SELECT json_extract('{"a":[{"b":1},{"b":2}]}', '$.a[1].b'), json_extract('{"a":null}', '$.a'), json_extract('{"a":{}}', '$.b'), json_extract('[]', '$[0]'), json_extract_scalar('{"a":"1"}', '$.a')
SELECT json_extract('{"a":[{"b":1},{"b":2}]}', '$.a[*].b')
SELECT regexp_replace('2023-01-10', '(\d{4})-(\d{2})-(\d{2})', '$3.$2.$1'), regexp_extract('key=value; k2=v2', 'k2=(\w+)', 1), regexp_like('Serial-0042', '(?i)serial-\d+'), regexp_extract('abc', '(b)(c)?', 2)
SELECT regexp_split('a1b22c', '\d+'), regexp_extract_all('k1=v1,k2=v2', '(\w+)=(\w+)', 2)
SELECT regexp_like('abc', '(')
SELECT split('2023/01/10', '/')[1], split('a', '')
SELECT split_part('host:8080', ':', 2), cast(split_part('host:8080', ':', 2) AS integer) + 1
SELECT replace(replace('a-b_c', '-', ''), '_', ''), reverse('abc') || upper('x'), lower('ÀÉ'), upper('àé')
SELECT trim(' x ') = 'x', ltrim('00042', '0'), rtrim('1.500', '0'), trim('--x--', '-')
SELECT cast('0042' AS integer), cast('+7' AS integer), cast('1e3' AS double), cast('.5' AS double), cast('1.' AS decimal(3,1)), cast('Infinity' AS double), cast('NaN' AS double)
SELECT cast('1_000' AS integer)
SELECT cast('1,000' AS double)
SELECT cast('99999999999' AS integer)
SELECT cast(1.9 AS integer), cast(-1.5 AS integer), cast(2.4999e0 AS bigint), cast(true AS integer), cast(0 AS boolean), cast(2 AS boolean), cast('1' AS boolean), cast(1e0 AS boolean), cast(1.5 AS varchar), cast(cast(1.5 AS real) AS double)
SELECT cast(0.1 AS real), cast(0.1e0 AS real), cast(1e39 AS real), cast(16777217 AS real)
SELECT cast(12345.678 AS decimal(10,1)), cast(0.05 AS decimal(2,1)), cast(-0.05 AS decimal(2,1)), cast(1e0 AS decimal(10,3)), cast(1.005e0 AS decimal(10,2))
SELECT 1e308 * 10, -1e308 * 10, 1e-320, 1e0 / 3, 2e0 / 3e0, 1e15, 1e16, 123456789012345680e0, 1e-5, 0.001e0
SELECT 10 / 4, 10 / 4.0, 10 / 4e0, 10 % 4, 10.5 % 4, -10 % 3, 10 / -3
SELECT 1.0 / 3, 2.00 / 3, 1 / 3.000, 10.123 * 2, 0.1 * 0.1, 1.10 + 2.2, 5.00 - 5
SELECT decimal '1.50' = 1.5, decimal '1.5' > 1, 3 BETWEEN 2.5 AND 3.5, 1.0 IN (1, 2), decimal '0.1' + 0.2e0
SELECT abs(decimal '-1.50'), sign(-2), mod(10, 3), ceil(decimal '1.01'), round(decimal '1.005', 2), round(-1.5), round(0.5e0), round(1.5e0), round(-0.5e0)
SELECT round(1234567.891e0, -3), round(2.675e0, 2), round(1.005e0, 2), round(1e20, 2), truncate(12.345e0), round(nan()), round(123.456, -1), round(0.05, 1)
SELECT power(2, 0.5), power(-8, 1e0/3), exp(0), ln(e()), log10(0.001), sqrt(0), cbrt(-8), atan2(0, -1), degrees(1), mod(5.5e0, 2)
SELECT bitwise_and(5, 3) + 1, bitwise_xor(-1, 5), bitwise_left_shift(bigint '1', 40), bitwise_right_shift(bigint '-8', 1), bitwise_right_shift_arithmetic(bigint '-8', 1)
SELECT greatest(1, 2.5, 3e0), least('b', 'a'), greatest(NULL, 1), least(timestamp '2023-01-01 00:00:00', timestamp '2022-01-01 00:00:00')
SELECT nullif('', ''), coalesce(NULL, NULL, 'x'), if(NULL IS NULL, 'null'), try(cast('1' AS integer)), nullif(5, 5.0)
SELECT width_bucket(o2, 80, 100, 4), count(*) FROM readings WHERE o2 IS NOT NULL GROUP BY 1 ORDER BY 1
SELECT numeric_histogram(2, o2) FROM readings
SELECT count(DISTINCT maker), count(DISTINCT (maker, ok)), sum(DISTINCT id % 2) FROM readings
SELECT min(maker), max(at), min(ok) FROM readings
SELECT every(ok), bool_and(o2 > 0), arbitrary(maker) IS NULL FROM readings WHERE maker IS NULL
SELECT approx_percentile(o2, 0.5), approx_percentile(o2, 0.95), approx_percentile(temp, 0.5) FROM readings
SELECT approx_percentile(x, 0.25), approx_percentile(x, 0.5), approx_percentile(x, 0.99) FROM UNNEST(sequence(1, 1000)) AS t(x)
SELECT avg(x), sum(x), stddev(x) FROM (VALUES 1, 2, 3, 4) AS t(x)
SELECT sum(x), avg(x) FROM (VALUES decimal '0.01', decimal '0.02') AS t(x) WHERE x > 1
SELECT var_samp(x), stddev_samp(x), stddev_pop(x) FROM (VALUES 5) AS t(x)
SELECT maker, ok, sum(id) FROM readings GROUP BY GROUPING SETS ((maker, ok), (maker)) ORDER BY 1, 2, 3
SELECT coalesce(maker, 'all'), sum(id), grouping(maker) FROM readings GROUP BY ROLLUP (maker) ORDER BY 3, 1
SELECT maker, count(*) FROM readings GROUP BY maker, () ORDER BY 1
SELECT count(*) FROM readings GROUP BY ()
SELECT 1 FROM readings GROUP BY maker ORDER BY 1
SELECT maker, 'x' AS c, count(*) + 1 FROM readings GROUP BY maker, 2 ORDER BY 1
SELECT maker || 'x' FROM readings GROUP BY maker || 'x' ORDER BY 1
SELECT maker || 'x' FROM readings GROUP BY maker ORDER BY 1
SELECT max(id) + min(id), max(id) > 3 AND min(id) < 2 FROM readings
SELECT id % 2 AS even, count(*) FROM readings GROUP BY id % 2 HAVING id % 2 = 1
SELECT (id % 2) + 1, count(*) FROM readings GROUP BY id % 2 ORDER BY 1
SELECT sum(id + 1), sum(id) + 1, sum(-id), sum(id * 1.5), sum(id * 1e0) FROM readings
SELECT DISTINCT id % 3 FROM readings ORDER BY 1 DESC
SELECT DISTINCT o2 > 90 FROM readings ORDER BY 1
SELECT count(*) FROM (SELECT id FROM readings UNION SELECT id + 3 FROM readings)
SELECT id FROM readings WHERE id < 3 UNION ALL SELECT id FROM readings WHERE id > 4 ORDER BY id DESC
(SELECT id FROM readings ORDER BY id LIMIT 1) UNION ALL (SELECT id FROM readings ORDER BY id DESC LIMIT 1) ORDER BY 1
SELECT id FROM readings INTERSECT ALL SELECT id FROM readings WHERE id = 2
SELECT maker FROM readings EXCEPT ALL SELECT 'GE' ORDER BY 1
SELECT x FROM (VALUES 1, 2, 3) AS t(x) WHERE x NOT IN (SELECT NULL)
SELECT x FROM (VALUES 1, 2, 3) AS t(x) WHERE x IN (SELECT 2 UNION SELECT 3) ORDER BY x
SELECT x, x IN (SELECT NULL UNION SELECT 1) FROM (VALUES 1, 2) AS t(x) ORDER BY x
SELECT id FROM readings ORDER BY ok, o2 DESC, id
SELECT id FROM readings ORDER BY maker IS NULL, maker, id
SELECT id, o2 FROM readings ORDER BY CASE WHEN maker = 'GE' THEN 0 ELSE 1 END, id DESC LIMIT 3
SELECT id AS x FROM readings ORDER BY -x LIMIT 2
SELECT maker AS id FROM readings ORDER BY readings.id LIMIT 2
SELECT id FROM readings LIMIT 0
SELECT id FROM readings ORDER BY id LIMIT ALL
WITH x AS (SELECT maker, avg(o2) AS a FROM readings GROUP BY maker), y AS (SELECT max(a) AS top FROM x) SELECT x.maker FROM x, y WHERE x.a = y.top
WITH a AS (SELECT 1 AS n), b AS (SELECT n + 1 AS n FROM a), c AS (SELECT n + 1 AS n FROM b) SELECT * FROM a UNION ALL SELECT * FROM b UNION ALL SELECT * FROM c ORDER BY 1
WITH a AS (WITH b AS (SELECT 5 AS v) SELECT v FROM b) SELECT v * 2 FROM a
WITH RECURSIVE t(n) AS (VALUES 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT * FROM t
SELECT "readings"."ID" FROM "readings" WHERE "MAKER" = 'GE' ORDER BY 1
SELECT readings.maker AS "Maker Name", "id" "Id" FROM readings WHERE id = 1
SELECT current_date > date '2020-01-01', now() > timestamp '2020-01-01 00:00:00 UTC', year(current_timestamp) >= 2023, typeof(localtimestamp), typeof(current_timestamp)
SELECT date '0001-01-01', date '9999-12-31', timestamp '1969-12-31 23:59:59.999', date '1582-10-10', timestamp '1900-01-01 00:00:00'
SELECT year(date '0001-01-01'), date_diff('day', date '1970-01-01', date '1969-12-31'), date_trunc('day', timestamp '1969-12-31 23:59:59.999'), to_unixtime(timestamp '1969-12-31 23:59:59.5')
SELECT interval '1' day * 1.5, interval '10' second / 4, -interval '1' hour, interval '1' year * 2
SELECT time '10:00:00' < time '11:00:00', cast(time '10:00:00.5' AS varchar), cast('23:59' AS time), hour(time '10:20:30'), time '10:00:00' - time '09:30:00'
SELECT extract(second FROM timestamp '2023-01-10 06:07:08.9'), extract(minute FROM time '10:20:30'), extract(year FROM timestamp '2023-01-10 06:07:08 UTC'), extract(day_of_week FROM date '2023-01-08'), extract(year_of_week FROM date '2023-01-01')
SELECT date_format(timestamp '2023-01-10 00:07:08', '%H %h %I %k %l %p'), date_format(timestamp '2023-12-31 12:00:00', '%j %v %x %a %b %M'), date_format(date '2023-01-01', '%d-%b-%y')
SELECT date_format(timestamp '2023-01-10 00:07:08', '%D')
SELECT typeof(id), typeof(maker), typeof(at), typeof(o2), typeof(temp), typeof(ok), typeof(day) FROM readings WHERE id = 1
SELECT typeof(1 + bigint '1'), typeof(1.5 * 2), typeof(1 / 2.0), typeof('a' || 'b'), typeof(ARRAY[1, 2.5]), typeof(count(*)), typeof(sum(1)), typeof(avg(1)), typeof(sum(1.5)), typeof(max('abc')), typeof(interval '1' day)
SELECT x'00ff', to_hex(x'00ff'), length(x'00ff'), x'00' || x'ff' = x'00ff', from_utf8(x'e282ac'), to_base64(x'00ff')
SELECT * FROM readings r JOIN sites s ON maker = s.maker
SELECT id FROM readings JOIN sites
SELECT * FROM readings WHERE id = ANY (SELECT 1)
SELECT sum(o2) OVER (ORDER BY maker ROWS BETWEEN 'a' PRECEDING AND CURRENT ROW) FROM readings
SELECT lag(id, 'x') OVER (ORDER BY id) FROM readings
SELECT nth_value(id, 0) OVER (ORDER BY id) FROM readings
SELECT date_add('day', 'x', date '2023-01-01')
SELECT date_diff('fortnight', date '2023-01-01', date '2023-01-02')
SELECT cast(ROW(1) AS ROW(a varchar, b integer))
SELECT ARRAY[1] || 'a'
SELECT element_at(MAP(ARRAY['a'], ARRAY[1]), 1)
SELECT transform(1, x -> x)
SELECT filter(ARRAY[1], x -> 'a')
SELECT count(*) FROM readings WHERE o2 > 'x'
SELECT * FROM readings WHERE maker IN (1, 2)
SELECT * FROM readings WHERE day > '2023-01-01'
SELECT maker LIKE 5 FROM readings
SELECT coalesce(o2, 'x') FROM readings
SELECT if(1, 2, 3)
SELECT id FROM readings HAVING id > 1
SELECT id, maker FROM readings GROUP BY id, count(*)
SELECT r.* , s.nosuch FROM readings r, sites s
SELECT id FROM readings ORDER BY 1, 9
SELECT sequence(1, 20000)
SELECT repeat('a', -1)
SELECT chr(-1)
SELECT substr('abc', 'x')
SELECT approx_percentile(id, 1.5) FROM readings
SELECT cast(JSON '"a"' AS integer)
SELECT json_extract_scalar(body, 'name') FROM events
SELECT at_timezone(timestamp '2023-01-01 00:00:00 UTC', 'Mars/Olympus')
SELECT timestamp '2023-01-01 00:00:00 Mars/Olympus'
SELECT 1 FROM (SELECT 1
SELECT * FROM readings r r2
SELECT count(* FROM readings
SELECT ,1
SELECT 1 2
SELECT 'a' 'b'
SELECT * FROM readings WHERE id BETWEEN 1
SELECT CASE END
SELECT CASE WHEN true END
SELECT cast(1 integer)
SELECT extract(year date '2023-01-01')
SELECT * FROM readings ORDER maker
SELECT DISTINCT FROM readings
SELECT id FROM readings UNION
SELECT ARRAY[1
SELECT (1, 2
SELECT id FROM
SELECT id FROM readings WHERE maker LIKE
SELECT NOT
SELECT INTERVAL 1 DAY
SELECT DATE 2023
SELECT id FROM readings GROUP BY
