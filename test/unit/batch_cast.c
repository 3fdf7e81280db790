/* column_cast against what Spark answered (test/data/spark_cast.tsv, made and described by
 * tool/oracle/spark_cast.py), the deviations that batch.h names, and nested casts. */
#include "batch/batch.h" /* before cmocka, which makes a macro of fail */

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- values as the golden file writes them ---- */

static int hex_digit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

static void unescape(struct buffer *out, span text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '\\') {
            c = text.data[++i];
            if (c == 't') c = '\t';
            else if (c == 'x') {
                c = (char)(hex_digit(text.data[i + 1]) << 4 | hex_digit(text.data[i + 2]));
                i += 2;
            }
        }
        buffer_append_byte(out, (uint8_t)c);
    }
}

static __int128 parse_wide(span text)
{
    bool negative = text.data[0] == '-';
    __int128 value = 0;
    for (size_t i = negative; i < text.size; i++) value = value * 10 + (text.data[i] - '0');
    return negative ? -value : value;
}

/* Splits off the part of `rest` up to `separator` on this level of brackets. */
static span take_part(span *rest, char separator)
{
    int depth = 0;
    size_t i = 0;
    for (; i < rest->size; i++) {
        char c = rest->data[i];
        if (c == '[' || c == '{' || c == '<') depth++;
        if (c == ']' || c == '}' || c == '>') depth--;
        if (c == separator && depth == 0) break;
    }
    span part = {rest->data, i};
    size_t skip = i < rest->size ? i + 1 : i;
    rest->data += skip;
    rest->size -= skip;
    return part;
}

static void append_value(struct builder *b, span text)
{
    struct buffer bytes = {0};
    span inside = {text.data + 1, text.size - 2};
    if (span_is(text, "\\N")) {
        builder_null(b);
        return;
    }
    switch (b->type->kind) {
    case TYPE_BOOLEAN: builder_bool(b, span_is(text, "true")); break;
    case TYPE_FLOAT: {
        uint32_t bits = (uint32_t)strtoul(text.data, NULL, 16);
        float value;
        memcpy(&value, &bits, sizeof value);
        builder_double(b, (double)value);
        break;
    }
    case TYPE_DOUBLE: {
        uint64_t bits = strtoull(text.data, NULL, 16);
        double value;
        memcpy(&value, &bits, sizeof value);
        builder_double(b, value);
        break;
    }
    case TYPE_DECIMAL: builder_decimal(b, parse_wide(text)); break;
    case TYPE_BINARY:
        buffer_reserve(&bytes, text.size);
        assert_int_equal(hex_decode(bytes.data, text), OK);
        builder_bytes(b, (span){bytes.data, text.size / 2});
        break;
    case TYPE_STRING:
    case TYPE_VARCHAR:
        unescape(&bytes, text);
        builder_bytes(b, buffer_span(&bytes));
        break;
    case TYPE_ARRAY:
    case TYPE_MAP:
        while (inside.size) {
            span element = take_part(&inside, '|');
            if (b->type->kind == TYPE_MAP) append_value(&b->children[0], take_part(&element, '='));
            append_value(&b->children[b->type->kind == TYPE_MAP], element);
        }
        builder_list_end(b);
        break;
    case TYPE_STRUCT:
        builder_struct(b);
        for (int i = 0; i < b->child_count; i++)
            append_value(&b->children[i], take_part(&inside, '|'));
        break;
    default: builder_int(b, (int64_t)parse_wide(text));
    }
    buffer_release(&bytes);
}

static void escape(struct buffer *out, span text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = (uint8_t)text.data[i];
        if (c == '\\') buffer_append_text(out, "\\\\");
        else if (c == '\t') buffer_append_text(out, "\\t");
        else if (c >= 0x20 && c < 0x7F) buffer_append_byte(out, c);
        else buffer_printf(out, "\\x%02x", c);
    }
}

static void show_value(struct buffer *out, const struct column *c, int64_t row)
{
    const void *v = c->values;
    if (!column_valid(c, row)) {
        buffer_append_text(out, "\\N");
        return;
    }
    switch (c->type->kind) {
    case TYPE_BOOLEAN: buffer_append_text(out, bit_get(v, row) ? "true" : "false"); break;
    case TYPE_TINYINT: buffer_printf(out, "%d", ((const int8_t *)v)[row]); break;
    case TYPE_SMALLINT: buffer_printf(out, "%d", ((const int16_t *)v)[row]); break;
    case TYPE_INT:
    case TYPE_DATE: buffer_printf(out, "%" PRId32, ((const int32_t *)v)[row]); break;
    case TYPE_BIGINT:
    case TYPE_TIMESTAMP: buffer_printf(out, "%" PRId64, ((const int64_t *)v)[row]); break;
    case TYPE_FLOAT:
        if (isnan(((const float *)v)[row])) buffer_append_text(out, "7fc00000");
        else buffer_printf(out, "%08" PRIx32, ((const uint32_t *)v)[row]);
        break;
    case TYPE_DOUBLE:
        if (isnan(((const double *)v)[row])) buffer_append_text(out, "7ff8000000000000");
        else buffer_printf(out, "%016" PRIx64, ((const uint64_t *)v)[row]);
        break;
    case TYPE_DECIMAL: cast_decimal_to_text(out, ((const __int128 *)v)[row], 0); break;
    case TYPE_BINARY: {
        span bytes = column_span(c, row);
        buffer_reserve(out, bytes.size * 2);
        hex_encode(out->data + out->size, bytes.data, bytes.size);
        out->size += bytes.size * 2;
        break;
    }
    case TYPE_ARRAY:
    case TYPE_MAP:
        buffer_append_byte(out, c->type->kind == TYPE_MAP ? '<' : '[');
        for (int32_t i = c->offsets[row]; i < c->offsets[row + 1]; i++) {
            if (i > c->offsets[row]) buffer_append_byte(out, '|');
            show_value(out, &c->children[0], i);
            if (c->type->kind == TYPE_MAP) {
                buffer_append_byte(out, '=');
                show_value(out, &c->children[1], i);
            }
        }
        buffer_append_byte(out, c->type->kind == TYPE_MAP ? '>' : ']');
        break;
    case TYPE_STRUCT:
        buffer_append_byte(out, '{');
        for (int i = 0; i < c->type->child_count; i++) {
            if (i) buffer_append_byte(out, '|');
            show_value(out, &c->children[i], row);
        }
        buffer_append_byte(out, '}');
        break;
    default: escape(out, column_span(c, row));
    }
}

/* ---- deviations on purpose ---- */

struct answer {
    const struct type *from, *to;
    span value, spark, ours;
};

static bool is_number(const struct type *t)
{
    return t->kind >= TYPE_TINYINT && t->kind <= TYPE_DECIMAL;
}

static bool ours_null(const struct answer *a)
{
    return span_is(a->ours, "\\N");
}

/* The number or the seconds that the text of the golden file stands for. */
static double seconds_or_number(const struct answer *a)
{
    if (a->from->kind == TYPE_DOUBLE || a->from->kind == TYPE_FLOAT) {
        uint64_t bits = strtoull(a->value.data, NULL, 16);
        uint32_t narrow_bits = (uint32_t)bits;
        double value;
        float narrow;
        memcpy(&value, &bits, sizeof value);
        memcpy(&narrow, &narrow_bits, sizeof narrow);
        return a->from->kind == TYPE_FLOAT ? (double)narrow : value;
    }
    double value = strtod(a->value.data, NULL);
    return a->from->kind == TYPE_TIMESTAMP ? floor(value / 1e6) : value / pow(10, a->from->scale);
}

/* Spark wraps, saturates, or makes 0 of NaN. */
static bool does_not_fit(const struct answer *a)
{
    static const double limits[TYPE_KINDS] = {
        [TYPE_TINYINT] = 0x1p7, [TYPE_SMALLINT] = 0x1p15,          [TYPE_INT] = 0x1p31,
        [TYPE_BIGINT] = 0x1p63, [TYPE_TIMESTAMP] = 9223372036854.7};
    double limit = limits[a->to->kind], value = trunc(seconds_or_number(a));
    bool from = is_number(a->from) || a->from->kind == TYPE_TIMESTAMP;
    return from && limit != 0 && ours_null(a) && !(value >= -limit && value < limit);
}

static bool region_zone(const struct answer *a)
{
    return a->from->kind == TYPE_STRING && a->to->kind == TYPE_TIMESTAMP && ours_null(a) &&
           memmem(a->value.data, a->value.size, "/", 1);
}

static bool region_alias(const struct answer *a) /* PST and CET are regions, with summer time */
{
    span zone = {a->value.data + a->value.size - 3, 3};
    return a->to->kind == TYPE_TIMESTAMP && ours_null(a) && a->value.size > 3 &&
           (span_is(zone, "PST") || span_is(zone, "CET"));
}

static bool not_utf8(const struct answer *a)
{
    return a->from->kind == TYPE_BINARY && a->to->kind == TYPE_STRING && ours_null(a);
}

/* Before version 19 Java printed some values with a digit too many, or not the closest; its
 * decimals come from that text. */
static bool shorter_digits(const struct answer *a)
{
    if (a->from->kind != TYPE_FLOAT && a->from->kind != TYPE_DOUBLE) return false;
    double ours = strtod(a->ours.data, NULL), spark = strtod(a->spark.data, NULL);
    if (a->to->kind == TYPE_DECIMAL) return fabs(ours - spark) <= fabs(spark) * 0x1p-52;
    if (a->to->kind != TYPE_STRING || a->ours.size > a->spark.size) return false;
    return a->from->kind == TYPE_FLOAT ? (float)ours == (float)spark : ours == spark;
}

static bool other_digits(const struct answer *a) /* Java takes digits of any script */
{
    return a->from->kind == TYPE_STRING && a->to->kind == TYPE_DECIMAL && ours_null(a) &&
           span_is(a->value, "\\xd9\\xa1");
}

static bool refused(const struct answer *a) /* Spark refuses the query, we fail every value */
{
    return span_is(a->spark, "!") && ours_null(a);
}

static bool narrow_key(const struct answer *a) /* Spark refuses keys that might become NULL */
{
    return span_is(a->spark, "!") && a->to->kind == TYPE_MAP && a->from->kind == TYPE_MAP;
}

static const struct {
    const char *name;
    bool (*applies)(const struct answer *);
    int count; /* in the golden file */
} deviations[] = {
    {"number that does not fit", does_not_fit, 1799}, {"region zone", region_zone, 4},
    {"region zone by its short name", region_alias, 5}, {"not UTF-8", not_utf8, 3},
    {"shorter digits", shorter_digits, 54},         {"digits of other scripts", other_digits, 4},
    {"no such cast", refused, 2280},
    {"map keys", narrow_key, 1},
};
enum { DEVIATIONS = sizeof deviations / sizeof *deviations };

/* ---- replay ---- */

struct section {
    struct arena arena;
    const struct type *from, *to[32];
    int targets;
    struct {
        span value, answers[32];
    } *rows;
    int64_t count;
};

struct totals {
    int64_t compared, wrong;
    int by_deviation[DEVIATIONS];
};

static void compare(const struct answer *a, struct totals *totals)
{
    totals->compared++;
    if (span_equal(a->ours, a->spark)) return;
    for (int i = 0; i < DEVIATIONS; i++)
        if (deviations[i].applies(a)) {
            totals->by_deviation[i]++;
            return;
        }
    if (totals->wrong++ > 40) return;
    struct buffer types = {0};
    type_print(&types, a->from);
    buffer_append_text(&types, " -> ");
    type_print(&types, a->to);
    print_error("# %s: '%.*s': Spark %.*s, ours %.*s\n", buffer_text(&types), (int)a->value.size,
                a->value.data, (int)a->spark.size, a->spark.data, (int)a->ours.size, a->ours.data);
    buffer_release(&types);
}

static void replay_section(struct section *s, struct totals *totals)
{
    struct batch_builder builder = {0};
    const struct field field = {"x", s->from, false};
    const struct schema schema = {1, &field};
    batch_begin(&builder, &schema);
    for (int64_t i = 0; i < s->count; i++) {
        append_value(&builder.columns[0], s->rows[i].value);
        batch_row_done(&builder);
    }
    const struct column *in = &batch_finish(&builder, &s->arena)->columns[0];
    for (int t = 0; t < s->targets; t++) {
        const struct column *out;
        struct cast_report report;
        assert_int_equal(column_cast(&s->arena, in, s->to[t], &out, &report), OK);
        int64_t nulls = 0;
        for (int64_t i = 0; i < s->count; i++) {
            struct buffer ours = {0};
            show_value(&ours, out, i);
            buffer_text(&ours);
            compare(&(struct answer){s->from, s->to[t], s->rows[i].value, s->rows[i].answers[t],
                                     buffer_span(&ours)},
                    totals);
            bool failed = report.failed && bit_get(report.failed, i);
            if (!type_is_nested(s->from) && !type_is_nested(s->to[t]))
                assert_int_equal(failed, column_valid(in, i) && !column_valid(out, i));
            nulls += !column_valid(out, i);
            buffer_release(&ours);
        }
        assert_int_equal(out->null_count, nulls);
    }
    batch_builder_release(&builder);
}

static void matches_spark(void **state)
{
    (void)state;
    FILE *file = fopen("test/data/spark_cast.tsv", "r");
    assert_non_null(file);
    struct section s = {0};
    struct totals totals = {0};
    char *line = NULL;
    size_t room = 0;
    for (ssize_t size; (size = getline(&line, &room, file)) > 0 || s.count;) {
        span rest = arena_span(&s.arena, (span){line, size > 0 ? (size_t)size - 1 : 0});
        if (size <= 0 || line[0] == '@') {
            if (s.count) replay_section(&s, &totals);
            free(s.rows);
            arena_release(&s.arena);
            s = (struct section){0};
            if (size <= 0) break;
            rest = arena_span(&s.arena, (span){line, (size_t)size - 1});
            take_part(&rest, '\t');
            span from = take_part(&rest, '\t');
            assert_int_equal(type_parse(&s.arena, from, &s.from), OK);
            while (rest.size)
                assert_int_equal(
                    type_parse(&s.arena, take_part(&rest, '\t'), &s.to[s.targets++]), OK);
            s.rows = calloc(2000, sizeof *s.rows);
            continue;
        }
        assert_true(s.count < 2000);
        /* text may hold brackets: cut at tabs alone */
        for (int i = -1; i < s.targets; i++) {
            const char *tab = memchr(rest.data, '\t', rest.size);
            size_t n = tab ? (size_t)(tab - rest.data) : rest.size;
            *(i < 0 ? &s.rows[s.count].value : &s.rows[s.count].answers[i]) = (span){rest.data, n};
            rest = (span){rest.data + n + (tab != NULL), rest.size - n - (tab != NULL)};
        }
        s.count++;
    }
    free(line);
    fclose(file);
    for (int i = 0; i < DEVIATIONS; i++)
        print_message("# %s: %d\n", deviations[i].name, totals.by_deviation[i]);
    print_message("# %d compared\n", (int)totals.compared);
    assert_int_equal(totals.wrong, 0);
    for (int i = 0; i < DEVIATIONS; i++)
        assert_int_equal(totals.by_deviation[i], deviations[i].count);
}

/* ---- what Spark does not say ---- */

static struct arena arena;
static struct batch_builder builder;

static const struct type *parse(const char *text)
{
    const struct type *type;
    assert_int_equal(type_parse(&arena, span_of(text), &type), OK);
    return type;
}

/* A column of the values, written as in the golden file. */
static const struct column *column_of(const char *type, const char *const *values)
{
    struct schema *schema = ARENA_NEW(&arena, struct schema);
    struct field *field = ARENA_NEW(&arena, struct field);
    *field = (struct field){"x", parse(type), false};
    *schema = (struct schema){1, field};
    batch_begin(&builder, schema);
    for (; *values; values++) {
        append_value(&builder.columns[0], span_of(*values));
        batch_row_done(&builder);
    }
    return &batch_finish(&builder, &arena)->columns[0];
}

/* `failed`: one character per row, x where the report must say so. */
static void expect(const char *from, const char *const *values, const char *to,
                   const char *const *answers, const char *failed, int failures)
{
    const struct column *out;
    struct cast_report report;
    assert_int_equal(column_cast(&arena, column_of(from, values), parse(to), &out, &report), OK);
    assert_int_equal(report.failures, failures);
    int64_t nulls = 0;
    for (int64_t i = 0; answers[i]; i++) {
        struct buffer shown = {0};
        show_value(&shown, out, i);
        assert_string_equal(buffer_text(&shown), answers[i]);
        assert_int_equal(report.failed && bit_get(report.failed, i), failed[i] == 'x');
        nulls += !column_valid(out, i);
        buffer_release(&shown);
    }
    assert_int_equal(out->null_count, nulls);
    assert_true((out->validity == NULL) == (nulls == 0));
}

#define V(...) (const char *const[]){__VA_ARGS__, NULL}

static void same_type_is_shared(void **state)
{
    (void)state;
    const struct column *in = column_of("array<string>", V("[a|b]")), *out;
    struct cast_report report;
    assert_int_equal(column_cast(&arena, in, parse("array<string>"), &out, &report), OK);
    assert_ptr_equal(out, in);
    in = column_of("varchar(3)", V("\\N"));
    assert_int_equal(column_cast(&arena, in, parse("string"), &out, &report), OK);
    assert_ptr_equal(out->values, in->values);
    assert_int_equal(out->type->kind, TYPE_STRING);
}

static void lengths_cut(void **state)
{
    (void)state;
    expect("string", V("abcd", "abc", "\\xc3\\xa9\\xe2\\x82\\xacxy", "", "\\N"), "varchar(3)",
           V("abc", "abc", "\\xc3\\xa9\\xe2\\x82\\xacx", "", "\\N"), "-----", 0);
    expect("int", V("12345", "-1"), "char(2)", V("12", "-1"), "--", 0);
}

static void no_such_cast(void **state)
{
    (void)state;
    expect("int", V("1", "\\N"), "struct<a:int,b:array<int>>", V("\\N", "\\N"), "x-", 1);
    expect("date", V("1", "\\N"), "int", V("\\N", "\\N"), "x-", 1);
    expect("array<int>", V("[1]", "[]"), "map<string,int>", V("\\N", "\\N"), "xx", 2);
    assert_false(cast_exists(parse("int"), parse("array<int>")));
    assert_false(cast_exists(parse("date"), parse("double")));
    assert_false(cast_exists(parse("array<date>"), parse("array<int>")));
    assert_true(cast_exists(parse("array<int>"), parse("string")));
    assert_true(cast_exists(parse("string"), parse("timestamp")));
    assert_true(cast_exists(parse("struct<a:int,b:date>"), parse("struct<B:string,c:int>")));
}

static void nested_to_text(void **state)
{
    (void)state;
    expect("struct<a:int,b:array<string>>", V("{1|[x|\\N]}", "\\N", "{\\N|\\N}"), "string",
           V("{\"a\":1,\"b\":[\"x\",null]}", "\\N", "{\"a\":null,\"b\":null}"), "---", 0);
    expect("map<int,double>", V("<1=3fe0000000000000>", "<>"), "string", V("{\"1\":0.5}", "{}"),
           "--", 0);
}

static void structs_by_name(void **state)
{
    (void)state;
    expect("struct<a:int,B:string,c:date>", V("{1|2|3}", "\\N", "{\\N|x|4}"),
           "struct<b:int,new:array<int>,a:string>", V("{2|\\N|1}", "\\N", "{\\N|\\N|\\N}"), "--x",
           1);
}

static void nested_failures_name_their_row(void **state)
{
    (void)state;
    expect("array<string>", V("[1|2]", "[x|y]", "[]", "[3|z]", "\\N"), "array<tinyint>",
           V("[1|2]", "[\\N|\\N]", "[]", "[3|\\N]", "\\N"), "-x-x-", 3);
    expect("array<struct<a:map<string,string>>>", V("[{<k=1>}|{<k=u>}]", "[\\N|{\\N}]", "[]"),
           "array<struct<a:map<string,int>>>", V("[{<k=1>}|{<k=\\N>}]", "[\\N|{\\N}]", "[]"), "x--",
           1);
}

static void maps_without_key(void **state)
{
    (void)state;
    expect("map<string,string>", V("<1=a>", "<1=a|x=b|2=c>", "<>", "\\N", "<3=q|4=r>"),
           "map<int,string>", V("<1=a>", "\\N", "<>", "\\N", "<3=q|4=r>"), "-x---", 1);
    expect("map<bigint,string>", V("<1=7|2=x>", "<3000=8>"), "map<tinyint,int>",
           V("<1=7|2=\\N>", "\\N"), "xx", 2);
}

/* Their values would depend on the day, or on the machine. */
static void times_that_depend(void **state)
{
    (void)state;
    int64_t us;
    assert_false(cast_text_to_timestamp(SPAN("12:30:00"), &us));
    assert_false(cast_text_to_timestamp(SPAN("T12:30:00"), &us));
    assert_false(cast_text_to_timestamp(SPAN("2023-09-07 12:30:00 Europe/Berlin"), &us));
    assert_true(cast_text_to_timestamp(SPAN("2023-09-07 12:30:00 Etc/UTC"), &us));
}

static void shortest_digits(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } doubles[] = {{0x1p-44, "5.684341886080802E-14"}, {0x1p-1074, "4.9E-324"}, {1e23, "1.0E23"},
                   {2e-3, "0.002"}, {0x1p-1022, "2.2250738585072014E-308"}, {9999999, "9999999.0"},
                   {1e7, "1.0E7"}, {1e-3, "0.001"}, {0.00099, "9.9E-4"}, {123456.75, "123456.75"},
                   {-0.0, "-0.0"}, {0x1p53, "9.007199254740992E15"}, {2e-323, "2.0E-323"}};
    struct buffer text = {0};
    for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) {
        buffer_reset(&text);
        cast_double_to_text(&text, doubles[i].value);
        assert_string_equal(buffer_text(&text), doubles[i].text);
    }
    uint64_t random = 1;
    for (int i = 0; i < 20000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint32_t high = (uint32_t)(random >> 32);
        double value;
        float narrow;
        memcpy(&value, &random, sizeof value);
        memcpy(&narrow, &high, sizeof narrow);
        buffer_reset(&text);
        cast_double_to_text(&text, value);
        assert_true(isnan(value) || strtod(buffer_text(&text), NULL) == value);
        buffer_reset(&text);
        cast_float_to_text(&text, narrow);
        assert_true(isnan(narrow) || strtof(buffer_text(&text), NULL) == narrow);
        assert_true(text.size <= 15);
    }
    buffer_release(&text);
}

static int release(void **state)
{
    (void)state;
    batch_builder_release(&builder);
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_spark),
        cmocka_unit_test(same_type_is_shared),
        cmocka_unit_test(lengths_cut),
        cmocka_unit_test(no_such_cast),
        cmocka_unit_test(nested_to_text),
        cmocka_unit_test(structs_by_name),
        cmocka_unit_test(nested_failures_name_their_row),
        cmocka_unit_test(maps_without_key),
        cmocka_unit_test(times_that_depend),
        cmocka_unit_test(shortest_digits),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
